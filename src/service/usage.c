/* SPDX-License-Identifier: Apache-2.0
 *
 * Keeps when credentials were last used: a thread of its own, so that neither an answer nor a commit waits for it. What
 * cannot be stored is tried again; it is never a reason to refuse anything, a start included.
 */
#include "base/log.h"
#include "service/internal.h"

#define META_KEY STR("last_used")

/* Is it still there? Inside a read section. */
static bool is_credential(void *ctx, struct str id)
{
	static const enum document_kind kinds[] = {DOC_KEY, DOC_OAUTH_CLIENT, DOC_TOKEN_ISSUER};
	const struct service *svc = ctx;

	for (size_t i = 0; i < svc->n_orgs; i++)
		for (size_t k = 0; k < N_ELEMENTS(kinds); k++)
			if (snapshot_find(org_snapshot(svc->orgs[i]), kinds[k], id))
				return true;
	return false;
}

static void store_now(struct service *svc)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(BUF_MAX_RESPONSE_BYTES);
	struct error err = {0};
	bool is_new;
	int r;

	service_read_begin();
	is_new = last_used_write(svc->last_used, is_credential, svc, &text);
	service_read_end();
	if (!is_new || text.overflowed)
		return;
	r = store_meta_put(svc->options.store, META_KEY, buf_str(&text), &err);
	if (r == 0)
		return;
	last_used_retry(svc->last_used);
	log_msg(LOG_WARN, "when credentials were last used could not be stored: %s", err.text);
}

static void *usage_main(void *arg)
{
	struct service *svc = arg;

	while (last_used_wait(svc->last_used))
		store_now(svc);
	store_now(svc);
	return NULL;
}

static void load(struct service *svc)
{
	struct arena a = ARENA_INIT;
	struct error err = {0};
	struct str text;
	int r = store_meta_get(svc->options.store, META_KEY, &a, &text, &err);

	if (r == STORE_OK)
		r = last_used_read(svc->last_used, text, &err);
	if (r < 0)
		log_msg(LOG_WARN, "%s", err.text);
	arena_release(&a);
}

int usage_start(struct service *svc)
{
	int r;

	load(svc);
	r = pthread_create(&svc->usage, NULL, usage_main, svc);
	svc->usage_runs = r == 0;
	return -r;
}

void usage_stop(struct service *svc)
{
	if (!svc->usage_runs)
		return;
	last_used_end(svc->last_used);
	(void)pthread_join(svc->usage, NULL);
	svc->usage_runs = false;
}

void service_note_use(struct service *svc, struct str credential, int64_t now_ms)
{
	last_used_note(svc->last_used, credential, now_ms);
}

int64_t service_last_used(struct service *svc, struct str credential)
{
	return last_used_at(svc->last_used, credential);
}
