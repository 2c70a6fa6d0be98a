/* SPDX-License-Identifier: Apache-2.0
 *
 * From the store to snapshots at start, and the making of an organization.
 */
#include <errno.h>

#include "base/clock.h"
#include "policy/assembly.h"
#include "service/builtin.h"
#include "service/import.h"
#include "service/internal.h"
#include "service/rows.h"

#define OWNER_USER   OWNER_ID
#define ADMINS_GROUP "admins"

/* ---- loading ---------------------------------------------------------------------------------------------- */

/* Whoever waits for the start is told after so many documents. */
#define REPORT_EVERY 4096u

struct loading {
	const struct service_options *options; /* NULL: nobody is told how far it is */
	struct assembly *assembly;
	struct str org;
	uint64_t n;
	struct error *err;
};

static void report(struct loading *l, bool is_over)
{
	if (l->options && l->options->loading)
		l->options->loading(l->options->loading_ctx, l->org, l->n, is_over);
}

static int load_document(void *ctx, const struct store_document *row)
{
	struct loading *l = ctx;
	const struct stored_version v = {row->kind, row->id, row->seq, row->rev_from, row->rev_to, row->body};

	if (++l->n % REPORT_EVERY == 0)
		report(l, false);
	return assembly_add(l->assembly, &v, l->err);
}

struct snapshot *org_empty(struct org *org)
{
	return snapshot_with_builtins(str_of(org->name), org->seed);
}

int org_load_at(struct org *org, uint64_t revision, bool reports, struct snapshot **ret, struct error *err)
{
	struct store *store = org->service->options.store;
	struct loading l = {.options = reports ? &org->service->options : NULL,
	                    .org = str_of(org->name),
	                    .assembly = assembly_new(str_of(org->name), org->seed),
	                    .err = err};
	const struct rows_place place = {l.org, revision};
	uint64_t newest = revision;
	int r = 0;

	if (revision == 0)
		r = store_revision(store, place.org, &newest, err);
	if (r == 0)
		r = rows_each(store, &place, load_document, &l, err);
	if (r == 0)
		r = assembly_finish(l.assembly, newest, ret, err);
	else
		assembly_free(l.assembly);
	report(&l, true);
	return r;
}

int org_load(struct org *org, struct error *err)
{
	struct edit_blocks retired;
	struct snapshot *s;
	int r = org_load_at(org, 0, true, &s, err);

	if (r != 0)
		return r;
	/* Nobody has seen any earlier version: what loading replaced can go at once. */
	snapshot_seal(s, &retired);
	edit_blocks_free_all(&retired);
	atomic_store(&org->current, s);
	atomic_store(&org->revision, s->revision);
	fire_rebuild(org, s);
	return 0;
}

/* ---- making an organization --------------------------------------------------------------------------------- */

/* The first user, and what makes it the owner. */
static void put_owner(struct txn *t)
{
	txn_put(t,
	        &(struct user){
	            .doc = {.kind = DOC_USER, .id = STR(OWNER_USER)},
	            .display_name = STR("Owner"),
	        }
	             .doc);
	txn_put(t,
	        &(struct group_member){
	            .doc = {.kind = DOC_GROUP_MEMBER, .id = STR(ADMINS_GROUP "/" OWNER_USER)},
	            .group = STR(ADMINS_GROUP),
	            .member = STR(OWNER_USER),
	        }
	             .doc);
	/* Also by role, so that taking admins out of administrator-access does not lock the owner out. */
	txn_put(t,
	        &(struct role_member){
	            .doc = {.kind = DOC_ROLE_MEMBER, .id = STR(BUILTIN_OWNER "/user/" OWNER_USER "/")},
	            .role = STR(BUILTIN_OWNER),
	            .principal_type = STR("user"),
	            .principal_id = STR(OWNER_USER),
	        }
	             .doc);
}

static void put_owner_key(struct txn *t, char key_text[KEY_MAX_TEXT_CHARS + 1])
{
	struct key_parts parts = key_make(service_key_hasher(t->service), KEY_NATIVE, t->arena, key_text);

	txn_put(t,
	        &(struct key){
	            .doc = {.kind = DOC_KEY, .id = parts.id},
	            .name = STR("owner key"),
	            .principal_type = STR("user"),
	            .principal_id = STR(OWNER_USER),
	            .hash = parts.hash,
	            .hint = parts.hint,
	            .created_by = STR("bootstrap"),
	        }
	             .doc);
}

/* What the organization begins with: the archive that it is made from, or what all of them begin with. */
static int put_beginning(struct txn *t, struct error *err)
{
	const struct archive *archive = t->service->options.made_from;
	struct import_report report;

	if (archive)
		return import_archive(t, archive, IMPORT_NEW, &report, err) == SERVICE_OK ? 0 : -EINVAL;
	txn_put(t,
	        &(struct organization){
	            .doc = {.kind = DOC_ORGANIZATION, .id = str_of(t->org->name)},
	            .display_name = str_of(t->org->name),
	        }
	             .doc);
	builtin_org_defaults(t);
	put_owner(t);
	return 0;
}

/* A change set of the start itself, on a fork of what was loaded: durable, then published. */
static int commit_at_start(struct txn *t, struct snapshot *fork, struct error *err)
{
	struct store_set set = txn_store_set(t, AUDIT_DONE);
	struct edit e;
	int r = store_commit(t->service->options.store, &set, 1, err);

	if (r != 0)
		return r;
	txn_apply(t, fork);
	snapshot_freeze(fork, &e);
	org_publish(t->org, fork, &e);
	return 0;
}

static struct txn txn_at_start(struct org *org, struct snapshot *fork, struct arena *a, const char *verb)
{
	return (struct txn){
	    .snapshot = fork,
	    .service = org->service,
	    .org = org,
	    .arena = a,
	    .base_revision = fork->revision,
	    .now_ms = clock_now_ms(),
	    .note = {.actor = STR(""),
	             .via = STR("bootstrap"),
	             .operation = arena_concat(a, STR("doorward:organizations:"), str_of(verb)),
	             .target = str_of(org->name),
	             .remote = STR(""),
	             .request_id = STR(""),
	             .status = 201},
	};
}

int org_complete(struct org *org, struct error *err)
{
	struct arena a = ARENA_INIT;
	struct snapshot *fork = snapshot_fork(atomic_load(&org->current));
	struct txn t = txn_at_start(org, fork, &a, "complete");
	int r = 0;

	builtin_org_missing(&t);
	if (t.n_changes)
		r = commit_at_start(&t, fork, err);
	if (t.n_changes == 0 || r != 0)
		snapshot_drop(fork);
	arena_release(&a);
	return r;
}

int org_bootstrap(struct org *org, struct buf *ret_key, struct error *err)
{
	struct arena a = ARENA_INIT;
	char key_text[KEY_MAX_TEXT_CHARS + 1];
	struct snapshot *fork = snapshot_fork(atomic_load(&org->current));
	struct txn t = txn_at_start(org, fork, &a, "create");
	int r;

	r = put_beginning(&t, err);
	if (r == 0) {
		put_owner_key(&t, key_text);
		r = commit_at_start(&t, fork, err);
	}
	if (r == 0)
		buf_add(ret_key, str_of(key_text));
	else
		snapshot_drop(fork);
	explicit_bzero(key_text, sizeof(key_text));
	arena_release(&a);
	return r;
}
