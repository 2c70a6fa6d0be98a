/* SPDX-License-Identifier: Apache-2.0
 *
 * What each revision changed: its documents, member by member, and access.
 */
#include "service/changes.h"

#include "api/native/differences.h"
#include "api/native/native.h"

/* One page ends early rather than to take long; a revision is always shown whole, or says what it leaves out. */
#define MAX_PAGE_BYTES     ((size_t)2 << 20)
#define MAX_PAGE_DOCUMENTS 5000u
#define MAX_PAGE_REVISIONS 200u
#define MAX_DOCUMENTS      1000u /* of one revision, shown one by one */

/* ---- from and to ------------------------------------------------------------------------------------------ */

struct range {
	uint64_t from, to; /* (from, to] */
	struct page page;
};

/* The revision that a parameter means; `*ret` stays when it was not sent. */
static bool read_moment(struct api_call *call, const char *name, uint64_t *ret)
{
	struct past_when when;
	struct error err = {0};
	struct str text;
	int r;

	if (!native_query(call, str_of(name), &text))
		return false;
	if (str_is_absent(text) || (str_eq(text, STR("0")) && *ret == 0))
		return true;
	if (!past_when_parse(text, &when, &err)) {
		api_fail(call, SERVICE_INVALID, 0, "%s: %s", name, err.text);
		return false;
	}
	r = service_past_revision(call->service, call->caller.org, &when, call->present_ms, ret, &err);
	if (r != 0)
		api_fail_past(call, name, r, &err);
	return r == 0;
}

static bool read_range(struct api_call *call, struct range *ret)
{
	struct range range = {.to = call->present->revision};

	if (!page_read(call, &range.page) || !read_moment(call, "from", &range.from) ||
	    !read_moment(call, "to", &range.to))
		return false;
	if (range.from > range.to) {
		api_fail(call, SERVICE_INVALID, 0, "from is behind to");
		return false;
	}
	if (range.page.after > range.from)
		range.from = range.page.after < range.to ? range.page.after : range.to;
	*ret = range;
	return true;
}

/* ---- one document ------------------------------------------------------------------------------------------ */

/* When it was changed says the revision. */
static bool is_shown(struct str name)
{
	return !str_eq(name, STR("updated_at"));
}

static void write_member(struct json_writer *w, enum document_kind kind, const struct json_member *m)
{
	if (document_member_is_secret(kind, m->name))
		json_put_str(w, m->name, STR("(secret)"));
	else
		json_put(w, m->name, &m->value);
}

/* The members of `body` that are not the same in `other`, and null for those that only the other has. */
static void write_side(struct json_writer *w, enum document_kind kind, const struct json *body,
                       const struct json *other)
{
	if (!body) {
		json_add_null(w);
		return;
	}
	json_begin_object(w);
	for (uint32_t i = 0; i < body->n; i++) {
		const struct json_member *m = &body->members[i];
		const struct json *there = json_get(other, m->name);

		if (is_shown(m->name) && !(there && json_equal(&m->value, there)))
			write_member(w, kind, m);
	}
	for (uint32_t i = 0; other && i < other->n; i++)
		if (is_shown(other->members[i].name) && !json_get(body, other->members[i].name))
			json_put(w, other->members[i].name, NULL);
	json_end_object(w);
}

/* A stored body; NULL when there is none. */
static const struct json *body_of(struct api_call *call, struct str text)
{
	const struct json *body = NULL;

	if (str_is_absent(text) || json_parse(text, call->arena, &body, NULL) != JSON_OK)
		return NULL;
	return json_is(body, JSON_OBJECT) ? body : NULL;
}

static void write_document(struct api_call *call, struct json_writer *w, const struct changed_document *d)
{
	const struct json *before = body_of(call, d->before), *after = body_of(call, d->after);

	json_begin_object(w);
	json_put_str(w, STR("kind"), document_kind_name(d->kind));
	json_put_str(w, STR("id"), d->id);
	json_put_str(w, STR("change"),
	             str_is_absent(d->before)  ? STR("created")
	             : str_is_absent(d->after) ? STR("deleted")
	                                       : STR("updated"));
	json_key(w, STR("before"));
	write_side(w, d->kind, before, after);
	json_key(w, STR("after"));
	write_side(w, d->kind, after, before);
	json_end_object(w);
}

/* ---- one revision ------------------------------------------------------------------------------------------ */

struct page_writer {
	struct api_call *call;
	struct json_writer w;
	struct changes_walk walk;
	uint64_t last;
	size_t n_documents;
	struct error err;
};

static bool is_full(const struct page_writer *p)
{
	return p->n_documents >= MAX_PAGE_DOCUMENTS || p->call->x->out.len >= MAX_PAGE_BYTES;
}

static void write_head(struct json_writer *w, const struct store_audit_row *row)
{
	json_put_u64(w, STR("revision"), row->revision);
	json_put_time(w, STR("at"), row->at_ms);
	json_put_str(w, STR("actor"), row->actor);
	json_put_str(w, STR("via"), row->via);
	json_put_str(w, STR("operation"), row->operation);
	json_put_str(w, STR("target"), row->target);
	json_put_str(w, STR("request_id"), row->request_id);
}

/* So much work is done to compare one revision: many are shown at once. */
#define MAX_REVISION_STEPS UINT64_C(2000000)

/* Who gained and who lost, exactly; null where that is more work than a list may cause. */
static void write_gains(struct page_writer *p, const struct store_audit_row *row, const struct change *c)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	struct diff_document *documents = ARENA_ARRAY(&a, struct diff_document, c->n_documents);
	const struct diff_query q = {.before = p->walk.before,
	                             .after = p->walk.after,
	                             .documents = documents,
	                             .n_documents = c->n_documents,
	                             .now_ms = row->at_ms,
	                             .max_steps = MAX_REVISION_STEPS};
	struct diff d;

	for (size_t i = 0; i < c->n_documents; i++)
		documents[i] = (struct diff_document){c->documents[i].kind, c->documents[i].id};
	if (diff_snapshots(&q, &a, &d) == DIFF_OK) {
		differences_write_counts(&p->w, &d);
		return;
	}
	json_put(&p->w, STR("gains"), NULL);
	json_put(&p->w, STR("loses"), NULL);
}

static void write_revision(struct page_writer *p, const struct store_audit_row *row, const struct change *c)
{
	size_t n = c->n_documents < MAX_DOCUMENTS ? c->n_documents : MAX_DOCUMENTS;

	json_begin_object(&p->w);
	write_head(&p->w, row);
	json_key(&p->w, STR("documents"));
	json_begin_array(&p->w);
	for (size_t i = 0; i < n; i++)
		write_document(p->call, &p->w, &c->documents[i]);
	json_end_array(&p->w);
	json_put_u64(&p->w, STR("documents_left_out"), c->n_documents - n);
	json_key(&p->w, STR("access"));
	json_begin_object(&p->w);
	access_change_write(p->walk.before, p->walk.after, c, &p->w);
	write_gains(p, row, c);
	json_end_object(&p->w);
	json_end_object(&p->w);
}

/* A row of the store; another value than 0 ends the page. */
static int add_revision(void *ctx, const struct store_audit_row *row)
{
	struct page_writer *p = ctx;
	struct change c;
	int r;

	if (is_full(p))
		return 1;
	r = change_read(p->call->service, p->call->caller.org, row->revision, p->call->arena, &c, &p->err);
	if (r == 0)
		r = changes_walk_step(&p->walk, &c, &p->err);
	if (r != 0)
		return r;
	write_revision(p, row, &c);
	p->last = row->revision;
	p->n_documents += c.n_documents;
	return 0;
}

/* False after failing the call. */
static bool write_revisions(struct page_writer *p, const struct range *range)
{
	size_t limit = range->page.limit < MAX_PAGE_REVISIONS ? range->page.limit : MAX_PAGE_REVISIONS;
	uint64_t end = range->to - range->from > limit ? range->from + limit : range->to;
	int r =
	    service_each_revision(p->call->service, p->call->caller.org, range->from, end, add_revision, p, &p->err);

	if (r >= 0)
		return true;
	api_fail(p->call, SERVICE_UNAVAILABLE, 0, "%s", p->err.text);
	return false;
}

void change_list(struct api_call *call)
{
	struct page_writer p = {.call = call};
	struct range range;

	if (!read_range(call, &range))
		return;
	/* The state before the first one shown; further ones are made from it, one after the other. */
	if (range.from > 0 && range.from < range.to &&
	    !api_past(call, &(struct past_when){.moment = PAST_REVISION, .revision = range.from}))
		return;
	call->revision = call->present->revision;
	changes_walk_init(&p.walk, call->caller.org, range.from > 0 ? call->snapshot : NULL);
	p.last = range.from;
	p.w = api_json_begin(call, 200);
	json_begin_object(&p.w);
	json_key(&p.w, STR("items"));
	json_begin_array(&p.w);
	if (write_revisions(&p, &range)) {
		json_end_array(&p.w);
		page_write_next(&p.w, call->arena, p.last, p.last < range.to);
		json_end_object(&p.w);
		api_json_end(call, &p.w);
	}
	changes_walk_release(&p.walk);
}
