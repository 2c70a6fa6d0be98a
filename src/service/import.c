/* SPDX-License-Identifier: Apache-2.0 */
#include "service/import.h"

#include "policy/ask.h"
#include "service/builtin.h"
#include "service/import_check.h"
#include "service/internal.h"

/* One import on its way. */
struct import {
	struct txn *t;
	const struct archive *archive;
	enum import_mode mode;
	struct snapshot *after; /* the state that comes out, never published */
	struct txn check;       /* as `t`, but looking at `after` */
	struct import_report report;
	struct error *err;
};

static enum service_result invalid(struct import *in, const struct archive_cursor *c, enum service_result r,
                                   const struct error *why)
{
	return (enum service_result)error_set(in->err, (int)r, "/documents/" STR_FMT "/%llu: %s",
	                                      STR_ARG(document_kind_name(c->kind)), (unsigned long long)c->index,
	                                      why->text);
}

/* ---- is there room for it? ------------------------------------------------------------------------------------- */

/* The first document that came after the organization was made, keys apart; NULL: nobody has used it. */
static const struct document *first_use(const struct snapshot *s)
{
	for (int kind = DOC_NONE + 1; kind < DOC_N_KINDS; kind++) {
		uint64_t ordinal = 0;

		if (kind == DOC_KEY)
			continue;
		for (const struct document *d; (d = snapshot_next(s, (enum document_kind)kind, &ordinal));)
			if (d->rev > 1)
				return d;
	}
	return NULL;
}

static enum service_result check_unused(struct import *in)
{
	const struct snapshot *s = in->t->snapshot;
	const struct document *d = first_use(s);

	if (s->n_docs[DOC_ACCESS_GRANT])
		return (enum service_result)error_set(in->err, SERVICE_CONFLICT,
		                                      "the organization is in use: it has access grants");
	if (d)
		return (enum service_result)error_set(in->err, SERVICE_CONFLICT,
		                                      "the organization is in use: it has the " STR_FMT " \"" STR_FMT
		                                      "\"; merge, or take a new one",
		                                      STR_ARG(document_kind_name(d->kind)), STR_ARG(d->id));
	return SERVICE_OK;
}

/* ---- what goes -------------------------------------------------------------------------------------------------- */

#define OWNER_ROLE_MEMBER BUILTIN_OWNER "/user/" OWNER_ID "/"

/* The first owner and what makes one of it: they stay when the archive does not know such a user. */
static bool is_of_owner(const struct document *d)
{
	return (d->kind == DOC_USER && str_eq(d->id, STR(OWNER_ID))) ||
	       (d->kind == DOC_ROLE_MEMBER && str_eq(d->id, STR(OWNER_ROLE_MEMBER)));
}

/* Does a document that the organization was made with stay, though the archive may not have it? */
static bool stays(const struct document *d, bool keeps_owner)
{
	return d->seq == 0 || d->kind == DOC_KEY || d->kind == DOC_ORGANIZATION || (keeps_owner && is_of_owner(d));
}

struct names {
	const struct document **items;
	size_t n, cap;
};

/* All that may have to go, which is what the organization was made with: a few dozen documents. */
static struct names list_replaced(struct import *in, bool keeps_owner)
{
	struct names l = {0};

	for (int kind = DOC_NONE + 1; kind < DOC_N_KINDS; kind++) {
		uint64_t ordinal = 0;

		for (const struct document *d;
		     (d = snapshot_next(in->t->snapshot, (enum document_kind)kind, &ordinal));) {
			if (stays(d, keeps_owner))
				continue;
			ARENA_ROOM(in->t->arena, l.items, l.n, &l.cap);
			l.items[l.n++] = d;
		}
	}
	return l;
}

/* ---- putting ---------------------------------------------------------------------------------------------------- */

/* A copy that the snapshot owns, as it will be read from the store. */
static void put_after(struct import *in, const struct document *doc)
{
	CLEANUP(buf_releasep) struct buf body = BUF_INIT(BUF_MAX_RESPONSE_BYTES);
	struct document *copy;
	int r;

	document_encode(doc, &body);
	r = document_decode(doc->kind, doc->id, buf_str(&body), &copy, NULL);
	assert(r == 0);
	copy->rev = in->t->snapshot->revision + 1;
	copy->seq = in->report.n_documents + 1; /* any but 0: it is stored */
	snapshot_put(in->after, copy);
}

/* Is what is there just this document? */
static bool is_same(const struct snapshot *s, const struct document *doc)
{
	CLEANUP(buf_releasep) struct buf here = BUF_INIT(BUF_MAX_RESPONSE_BYTES);
	CLEANUP(buf_releasep) struct buf there = BUF_INIT(BUF_MAX_RESPONSE_BYTES);
	const struct document *present = snapshot_find(s, doc->kind, doc->id);
	struct access_grant grant;

	if (doc->kind == DOC_ACCESS_GRANT && grants_find(&s->grants, doc->id, &grant))
		present = &grant.doc;
	if (!present)
		return false;
	document_encode(doc, &here);
	document_encode(present, &there);
	return str_eq(buf_str(&here), buf_str(&there));
}

/* Stands the id in the archive twice, or, merging, in the organization with something else? */
static enum service_result check_free(struct import *in, const struct document *doc, bool *ret_is_same,
                                      struct error *err)
{
	struct document present;

	*ret_is_same = false;
	if (!snapshot_version(in->after, doc->kind, doc->id, &present))
		return SERVICE_OK;
	if (present.rev > in->t->snapshot->revision)
		return (enum service_result)error_set(err, SERVICE_CONFLICT, "\"" STR_FMT "\" stands there twice",
		                                      STR_ARG(doc->id));
	*ret_is_same = is_same(in->t->snapshot, doc);
	if (in->mode != IMPORT_MERGE || *ret_is_same || doc->kind == DOC_ORGANIZATION)
		return SERVICE_OK;
	return (enum service_result)error_set(err, SERVICE_CONFLICT, "there is another \"" STR_FMT "\" already",
	                                      STR_ARG(doc->id));
}

static enum service_result put_one(struct import *in, struct document *doc, struct error *err)
{
	bool same;
	enum service_result r = check_free(in, doc, &same, err);

	/* The organization's own document says how it is to be called and which switches are on: of the one there is.
	 */
	if (r == SERVICE_OK && (same || (in->mode == IMPORT_MERGE && doc->kind == DOC_ORGANIZATION))) {
		in->report.n_same++;
		return r;
	}
	if (r == SERVICE_OK)
		r = import_check_form(&in->check, doc, err);
	if (r != SERVICE_OK)
		return r;
	if (doc->created_at_ms == 0)
		doc->created_at_ms = in->t->now_ms;
	if (doc->updated_at_ms == 0)
		doc->updated_at_ms = in->t->now_ms;
	txn_adopt(in->t, doc);
	put_after(in, doc);
	in->report.n_documents++;
	return r;
}

/* The organization is called as it is here. */
static void rename_organization(const struct import *in, struct document *doc)
{
	if (doc->kind == DOC_ORGANIZATION && str_eq(doc->id, in->archive->head.organization))
		doc->id = in->t->snapshot->org;
}

typedef enum service_result each_fn(struct import *in, struct document *doc, struct error *err);

static enum service_result each(struct import *in, each_fn *fn)
{
	struct archive_cursor c = {.archive = in->archive};
	struct error why = {0};
	struct document *doc;
	int r;

	while ((r = archive_next(&c, in->t->arena, &doc, in->err)) == 1) {
		enum service_result result;

		if (c.n > IMPORT_MAX_DOCUMENTS)
			return (enum service_result)error_set(in->err, SERVICE_FAILED_PRECONDITION,
			                                      "the archive holds more than %u documents",
			                                      IMPORT_MAX_DOCUMENTS);
		rename_organization(in, doc);
		result = fn(in, doc, &why);
		if (result != SERVICE_OK)
			return invalid(in, &c, result, &why);
	}
	return r == 0 ? SERVICE_OK : SERVICE_INVALID;
}

static enum service_result check_one(struct import *in, struct document *doc, struct error *err)
{
	return import_check_rules(&in->check, doc, err);
}

/* ---- who can go on ------------------------------------------------------------------------------------------------
 */

/* An archive in which the first owner may not manage anything would leave an organization that nobody can. */
static enum service_result check_owner(struct import *in)
{
	const struct ask q = {.subject_type = STR("user"),
	                      .subject_id = STR(OWNER_ID),
	                      .action = STR("doorward:organization:import"),
	                      .resource = {.type = STR("doorward"), .id = STR("organization")},
	                      .now_ms = in->t->now_ms};

	if (in->mode == IMPORT_MERGE || verdict_allows(snapshot_ask(in->after, &q, in->t->arena, NULL).verdict))
		return SERVICE_OK;
	return (enum service_result)error_set(in->err, SERVICE_FAILED_PRECONDITION,
	                                      "in this archive the user \"" OWNER_ID
	                                      "\", whose key is the only one there would be, may do nothing");
}

/* ---- all of it
 * -------------------------------------------------------------------------------------------------------- */

static bool has_owner(struct import *in)
{
	struct archive_cursor c = {.archive = in->archive};
	struct document *doc;

	while (archive_next(&c, in->t->arena, &doc, NULL) == 1 && c.kind <= DOC_USER)
		if (doc->kind == DOC_USER && str_eq(doc->id, STR(OWNER_ID)))
			return true;
	return false;
}

/* What is to go goes first, so that its names are free. */
static struct names begin_replacing(struct import *in)
{
	struct names replaced = list_replaced(in, !has_owner(in));

	for (size_t i = 0; i < replaced.n; i++)
		(void)snapshot_remove(in->after, replaced.items[i]->kind, replaced.items[i]->id);
	return replaced;
}

static void end_replacing(struct import *in, const struct names *replaced)
{
	for (size_t i = 0; i < replaced->n; i++) {
		const struct document *d = replaced->items[i];

		if (snapshot_find(in->after, d->kind, d->id))
			continue;
		txn_delete(in->t, d->kind, d->id);
		in->report.n_removed++;
	}
}

/* What no organization can be without, as far as the archive is. */
static enum service_result complete_new(struct import *in)
{
	struct str org = in->t->snapshot->org;
	struct organization organization = {.doc = {.kind = DOC_ORGANIZATION, .id = org}, .display_name = org};
	struct user user = {.doc = {.kind = DOC_USER, .id = STR(OWNER_ID)}, .display_name = STR("Owner")};
	struct role_member member = {.doc = {.kind = DOC_ROLE_MEMBER, .id = STR(OWNER_ROLE_MEMBER)},
	                             .role = STR(BUILTIN_OWNER),
	                             .principal_type = STR("user"),
	                             .principal_id = STR(OWNER_ID)};
	enum service_result r = SERVICE_OK;

	if (!snapshot_organization(in->after))
		r = put_one(in, &organization.doc, in->err);
	if (r != SERVICE_OK || snapshot_find(in->after, DOC_USER, user.doc.id))
		return r;
	r = put_one(in, &user.doc, in->err);
	return r == SERVICE_OK ? put_one(in, &member.doc, in->err) : r;
}

static enum service_result run(struct import *in)
{
	enum service_result r = in->mode == IMPORT_REPLACE ? check_unused(in) : SERVICE_OK;
	struct names replaced = {0};

	if (r == SERVICE_OK && in->mode == IMPORT_REPLACE)
		replaced = begin_replacing(in);
	if (r == SERVICE_OK)
		r = each(in, put_one);
	if (r == SERVICE_OK && in->mode == IMPORT_NEW)
		r = complete_new(in);
	if (r == SERVICE_OK)
		r = each(in, check_one);
	if (r == SERVICE_OK)
		r = check_owner(in);
	if (r == SERVICE_OK)
		end_replacing(in, &replaced);
	return r;
}

enum service_result import_archive(struct txn *t, const struct archive *archive, enum import_mode mode,
                                   struct import_report *ret, struct error *err)
{
	struct import in = {.t = t, .archive = archive, .mode = mode, .err = err};
	enum service_result r;

	if (!str_is_absent(archive->next_cursor))
		return (enum service_result)error_set(err, SERVICE_INVALID,
		                                      "/next_cursor: this is a part of an archive only");
	in.after = snapshot_fork(t->snapshot);
	in.check = *t;
	in.check.snapshot = in.after;
	in.check.now_ms = 0; /* what has expired since is imported as it is */
	r = run(&in);
	snapshot_drop(in.after);
	if (r == SERVICE_OK)
		*ret = in.report;
	else
		txn_forget(t);
	return r;
}
