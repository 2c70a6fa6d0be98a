/* SPDX-License-Identifier: Apache-2.0 */
#include "main/open.h"

#include <errno.h>

#include "base/clock.h"
#include "cli/progress.h"
#include "main/owner_key.h"
#include "main/secret_key.h"
#include "model/archive.h"

static void show_loading(void *progress, struct str org, uint64_t n_documents, bool is_over)
{
	if (is_over)
		progress_end(progress);
	else
		progress_show(progress, org, n_documents, clock_monotonic_ns());
}

static int read_secret_keys(const struct cli_options *o, const struct opened *p, struct secret_keys *ret,
                            struct error *err)
{
	bool is_used;
	int r = secrets_exist(p->store, &is_used, err);

	return r == 0 ? secret_keys_read(ret, o->secret_key_file, o->old_secret_key_file, !is_used, err) : r;
}

/* The service, with the owner key where it belongs. */
static int start_service(const struct cli_options *o, const struct service_options *options, struct opened *p,
                         struct error *err)
{
	struct owner_key_file owner_key = {.fd = -1};
	struct buf key = BUF_INIT(BUF_MAX_LINE_BYTES);
	int r = owner_key_file_open(&owner_key, o->owner_key_file, err);

	if (r != 0)
		return r;
	r = service_open(options, &p->service, &key, err);
	if (r == 0 && key.len)
		r = owner_key_file_write(&owner_key, options->org, buf_str(&key), err);
	owner_key_file_close(&owner_key);
	if (key.ptr)
		explicit_bzero(key.ptr, key.cap);
	buf_release(&key);
	return r;
}

static int open_with(const struct cli_options *o, const struct archive *made_from, struct opened *p,
                     const struct secret_keys *secrets, struct error *err)
{
	struct progress progress;

	progress_init(&progress);
	return start_service(o,
	                     &(struct service_options){.store = p->store,
	                                               .org = str_of(o->org),
	                                               .made_from = made_from,
	                                               .secret_key = secrets->has_key ? secrets->key : NULL,
	                                               .old_secret_key = secrets->has_old_key ? secrets->old_key : NULL,
	                                               .connhex_strict = o->connhex_strict,
	                                               .connhex_inert_statements = o->connhex_inert_statements,
	                                               .loading = show_loading,
	                                               .loading_ctx = &progress},
	                     p, err);
}

static int check_is_new(const struct cli_options *o, const struct opened *p, struct error *err)
{
	uint64_t revision;
	int r = store_revision(p->store, str_of(o->org), &revision, err);

	if (r == 0 && revision > 0)
		r = error_set(err, -EEXIST,
		              "%s has an organization \"%s\" already; take another --org, or import it into "
		              "a running server",
		              o->store, o->org);
	return r;
}

int open_service(const struct cli_options *o, const struct archive *made_from, struct opened *ret, struct error *err)
{
	struct secret_keys secrets = {0};
	int r = store_open(str_of(o->store), &ret->store, err);

	if (r == 0 && made_from)
		r = check_is_new(o, ret, err);
	if (r == 0)
		r = read_secret_keys(o, ret, &secrets, err);
	if (r == 0)
		r = open_with(o, made_from, ret, &secrets, err);
	explicit_bzero(&secrets, sizeof(secrets));
	/* What the store calls an expected outcome is no way to start. */
	return r > 0 ? -EUCLEAN : r;
}

void opened_close(struct opened *o)
{
	service_close(o->service);
	store_close(o->store);
}
