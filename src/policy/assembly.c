/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/assembly.h"

#include <errno.h>

#include "model/aitronos.h"
#include "model/conductorone.h"
#include "model/confident.h"
#include "model/langsmith.h"
#include "model/system_policies.h"

/* ---- what is part of the program --------------------------------------------------------------------------- */

/* It goes through the same codec as a stored one. */
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
	size_t n = system_policies(&policies);

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

bool document_is_builtin(enum document_kind kind, struct str id)
{
	struct name name = {kind, id};

	return (kind == DOC_ROLE || kind == DOC_STATEMENT_POLICY) && find_builtin(has_name, &name);
}

struct snapshot *snapshot_with_builtins(struct str org, uint64_t seed)
{
	struct snapshot *s = snapshot_new(org, seed);

	(void)find_builtin(put_one, s);
	return s;
}

/* ---- what is stored ---------------------------------------------------------------------------------------- */

struct assembly {
	struct snapshot *snapshot;
	struct grants_loader *grants;
	struct arena scratch;    /* of one document */
	enum document_kind last; /* kind of the one before: most often the next one's, too */
};

struct assembly *assembly_new(struct str org, uint64_t seed)
{
	struct assembly *as = mem_calloc(1, sizeof(*as));

	as->snapshot = snapshot_with_builtins(org, seed);
	as->grants = grants_loader_new(seed);
	return as;
}

static enum document_kind kind_of(struct assembly *as, struct str name)
{
	if (as->last == DOC_NONE || !str_eq(document_kind_name(as->last), name))
		as->last = document_kind_of(name);
	return as->last;
}

bool access_grant_is_whole(const struct access_grant *g)
{
	return g->entity_type != ENTITY_NONE && g->grantee_type != GRANTEE_NONE && g->doc.id.len > 0 &&
	       g->doc.id.len <= GRANT_MAX_ID_BYTES;
}

static int add_grant(struct assembly *as, const struct access_grant *grant, struct error *err)
{
	if (!access_grant_is_whole(grant))
		return error_set(err, -EUCLEAN, "the stored access grant \"" STR_FMT "\" is damaged",
		                 STR_ARG(grant->doc.id));
	grants_loader_add(as->grants, &as->snapshot->edit, grant);
	return 0;
}

/* There may be millions of them: nothing is allocated for one. */
static int add_stored_grant(struct assembly *as, const struct stored_version *v, struct error *err)
{
	struct access_grant grant = {.doc = {.kind = DOC_ACCESS_GRANT, .id = v->id}};
	int r = document_read(&grant.doc, v->body, &as->scratch, err);

	grant.doc.seq = v->seq;
	grant.doc.rev = v->rev_from;
	if (r == 0)
		r = add_grant(as, &grant, err);
	arena_reset(&as->scratch);
	return r;
}

int assembly_add(struct assembly *as, const struct stored_version *v, struct error *err)
{
	enum document_kind kind = kind_of(as, v->kind);
	struct document *doc;
	int r;

	if (kind == DOC_NONE)
		return error_set(err, -EUCLEAN, "the store holds a document of the unknown kind \"" STR_FMT "\"",
		                 STR_ARG(v->kind));
	if (kind == DOC_ACCESS_GRANT)
		return add_stored_grant(as, v, err);
	r = document_decode(kind, v->id, v->body, &doc, err);
	if (r != 0)
		return r;
	doc->seq = v->seq;
	doc->rev = v->rev_from;
	snapshot_put(as->snapshot, doc);
	return 0;
}

int assembly_add_document(struct assembly *as, const struct document *doc, struct error *err)
{
	CLEANUP(buf_releasep) struct buf body = BUF_INIT(BUF_MAX_RESPONSE_BYTES);
	const struct document *there;
	struct document *mine;
	int r;

	/* Two grants of one id are found at the end. */
	if (doc->kind == DOC_ACCESS_GRANT)
		return add_grant(as, as_access_grant(doc), err);
	there = snapshot_find(as->snapshot, doc->kind, doc->id);
	if (there && there->seq > 0)
		return error_set(err, -EUCLEAN,
		                 "there are two documents of the kind \"" STR_FMT "\" with the id \"" STR_FMT "\"",
		                 STR_ARG(document_kind_name(doc->kind)), STR_ARG(doc->id));
	document_encode(doc, &body);
	if (body.overflowed)
		return error_set(err, -EUCLEAN, "the document \"" STR_FMT "\" is too long", STR_ARG(doc->id));
	r = document_decode(doc->kind, doc->id, buf_str(&body), &mine, err);
	if (r != 0)
		return r;
	mine->seq = doc->seq;
	mine->rev = doc->rev;
	snapshot_put(as->snapshot, mine);
	return 0;
}

int assembly_finish(struct assembly *as, uint64_t revision, struct snapshot **ret, struct error *err)
{
	int r = snapshot_load_grants(as->snapshot, TAKE(as->grants));

	if (r != 0) {
		assembly_free(as);
		return error_set(err, -EUCLEAN, "two stored access grants are the same");
	}
	as->snapshot->revision = revision;
	*ret = TAKE(as->snapshot);
	assembly_free(as);
	return 0;
}

void assembly_free(struct assembly *as)
{
	if (!as)
		return;
	/* The loader's texts belong to the snapshot's edit: only finishing frees it. */
	if (as->grants)
		(void)!snapshot_load_grants(as->snapshot, as->grants);
	snapshot_drop(as->snapshot);
	arena_release(&as->scratch);
	free(as);
}
