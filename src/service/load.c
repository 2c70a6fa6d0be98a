/* SPDX-License-Identifier: Apache-2.0
 *
 * From the store to snapshots at start, and the making of an organization.
 */
#include <errno.h>

#include "base/clock.h"
#include "model/aitronos.h"
#include "model/conductorone.h"
#include "model/confident.h"
#include "model/langsmith.h"
#include "service/builtin.h"
#include "service/internal.h"
#include "service/rows.h"

#define OWNER_USER   "owner"
#define ADMINS_GROUP "admins"

/* ---- loading ---------------------------------------------------------------------------------------------- */

/* Whoever waits for the start is told after so many documents. */
#define REPORT_EVERY 4096u

struct loading {
	const struct service_options *options; /* NULL: nobody is told how far it is */
	struct snapshot *snapshot;
	struct grants_loader *grants;
	struct arena scratch;    /* of one document */
	enum document_kind last; /* kind of the row before: most often the next one's, too */
	uint64_t n;
	struct error *err;
};

static enum document_kind kind_of(struct loading *l, struct str name)
{
	if (l->last == DOC_NONE || !str_eq(document_kind_name(l->last), name))
		l->last = document_kind_of(name);
	return l->last;
}

/* One that names nothing to grant, or nobody to grant it to, is not what this program writes. */
static bool is_whole(const struct access_grant *g)
{
	return g->entity_type != ENTITY_NONE && g->grantee_type != GRANTEE_NONE && g->doc.id.len > 0 &&
	       g->doc.id.len <= GRANT_MAX_ID_BYTES;
}

/* There may be millions of them: nothing is allocated for one. */
static int load_grant(struct loading *l, const struct store_document *row)
{
	struct access_grant grant = {.doc = {.kind = DOC_ACCESS_GRANT, .id = row->id}};
	int r = document_read(&grant.doc, row->body, &l->scratch, l->err);

	if (r == 0 && !is_whole(&grant))
		r = error_set(l->err, -EUCLEAN, "the stored access grant \"" STR_FMT "\" is damaged", STR_ARG(row->id));
	if (r == 0) {
		grant.doc.seq = row->seq;
		grant.doc.rev = row->rev_from;
		grants_loader_add(l->grants, &l->snapshot->edit, &grant);
	}
	arena_reset(&l->scratch);
	return r;
}

static void report(struct loading *l, bool is_over)
{
	if (l->options && l->options->loading)
		l->options->loading(l->options->loading_ctx, l->snapshot->org, l->n, is_over);
}

static int load_document(void *ctx, const struct store_document *row)
{
	struct loading *l = ctx;
	enum document_kind kind = kind_of(l, row->kind);
	struct document *doc;
	int r;

	/* Missing data must not widen access: a document we do not understand stops the start. */
	if (kind == DOC_NONE)
		return error_set(l->err, -EUCLEAN, "the store holds a document of the unknown kind \"" STR_FMT "\"",
		                 STR_ARG(row->kind));
	if (++l->n % REPORT_EVERY == 0)
		report(l, false);
	if (kind == DOC_ACCESS_GRANT)
		return load_grant(l, row);
	r = document_decode(kind, row->id, row->body, &doc, l->err);
	if (r != 0)
		return r;
	doc->seq = row->seq;
	doc->rev = row->rev_from;
	snapshot_put(l->snapshot, doc);
	return 0;
}

/* A document that is part of the program; it goes through the same codec as a stored one. */
static void put_builtin(struct snapshot *s, const struct document *constant)
{
	CLEANUP(buf_releasep) struct buf body = BUF_INIT(BUF_MAX_RESPONSE_BYTES);
	struct document *doc;

	document_encode(constant, &body);
	int r = document_decode(constant->kind, constant->id, buf_str(&body), &doc, NULL);
	assert(r == 0);
	snapshot_put(s, doc);
}

/* Every document that is part of the program, one after the other, until `fn` says true. */
static bool find_builtin(bool (*fn)(void *ctx, const struct document *doc), void *ctx)
{
	static const struct role *(*const lists[])(size_t *) = {langsmith_roles, confident_roles, aitronos_roles,
	                                                        conductorone_roles};
	const struct statement_policy *policies;
	size_t n = builtin_system_policies(&policies);

	for (size_t i = 0; i < n; i++)
		if (fn(ctx, &policies[i].doc))
			return true;
	for (size_t k = 0; k < N_ELEMENTS(lists); k++) {
		const struct role *roles = lists[k](&n);

		for (size_t i = 0; i < n; i++)
			if (fn(ctx, &roles[i].doc))
				return true;
	}
	return false;
}

static bool put_one(void *ctx, const struct document *doc)
{
	put_builtin(ctx, doc);
	return false;
}

struct name {
	enum document_kind kind;
	struct str id;
};

static bool has_name(void *ctx, const struct document *doc)
{
	const struct name *name = ctx;

	return doc->kind == name->kind && str_eq(doc->id, name->id);
}

bool is_builtin(enum document_kind kind, struct str id)
{
	struct name name = {kind, id};

	return (kind == DOC_ROLE || kind == DOC_STATEMENT_POLICY) && find_builtin(has_name, &name);
}

struct snapshot *org_empty(struct org *org)
{
	struct snapshot *s = snapshot_new(str_of(org->name), org->seed);

	(void)find_builtin(put_one, s);
	return s;
}

int org_load_at(struct org *org, uint64_t revision, bool reports, struct snapshot **ret, struct error *err)
{
	struct store *store = org->service->options.store;
	struct snapshot *s = org_empty(org);
	struct loading l = {.options = reports ? &org->service->options : NULL,
	                    .snapshot = s,
	                    .grants = grants_loader_new(org->seed),
	                    .err = err};
	const struct rows_place place = {str_of(org->name), revision};
	int r = 0;

	s->revision = revision;
	if (revision == 0)
		r = store_revision(store, place.org, &s->revision, err);
	if (r == 0)
		r = rows_each(store, &place, load_document, &l, err);
	if (snapshot_load_grants(s, l.grants) != 0 && r == 0)
		r = error_set(err, -EUCLEAN, "two stored access grants are the same");
	arena_release(&l.scratch);
	report(&l, true);
	if (r == 0)
		*ret = s;
	else
		snapshot_drop(s);
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

static void put_owner(struct txn *t, char key_text[KEY_MAX_TEXT_CHARS + 1])
{
	struct key_parts parts = key_make(service_key_hasher(t->service), KEY_NATIVE, t->arena, key_text);

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

	txn_put(&t,
	        &(struct organization){
	            .doc = {.kind = DOC_ORGANIZATION, .id = str_of(org->name)},
	            .display_name = str_of(org->name),
	        }
	             .doc);
	builtin_org_defaults(&t);
	put_owner(&t, key_text);
	r = commit_at_start(&t, fork, err);
	if (r == 0)
		buf_add(ret_key, str_of(key_text));
	else
		snapshot_drop(fork);
	explicit_bzero(key_text, sizeof(key_text));
	arena_release(&a);
	return r;
}
