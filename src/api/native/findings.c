/* SPDX-License-Identifier: Apache-2.0
 *
 * Findings (policy/lint.h): what is wrong, or of no use, in the documents. GET reads them; POST does, too, with what
 * the decision log says was used, which is too much for a query.
 */
#include "api/native/native.h"
#include "base/hash.h"
#include "policy/lint.h"

#define MAX_STEPS UINT64_C(200000) /* of work in one call; pages go on where it ends */

/* ---- reading ------------------------------------------------------------------------------------------------ */

static bool refuse(struct api_call *call, const char *text)
{
	api_fail(call, SERVICE_INVALID, 0, "%s", text);
	return false;
}

/* "access_policy/p1", or "access_policy" for all of them. */
static bool read_document(struct api_call *call, struct str name, const char *refusal, struct lint_document *ret)
{
	size_t slash;
	struct str text;

	if (!native_query(call, name, &text))
		return false;
	if (str_is_absent(text))
		return true;
	slash = str_find(text, '/', 0);
	ret->kind = document_kind_of(str_slice(text, 0, slash == SIZE_MAX ? text.len : slash));
	ret->id = slash == SIZE_MAX ? STR_NONE : str_slice(text, slash + 1, text.len);
	return ret->kind != DOC_NONE || refuse(call, refusal);
}

static bool read_deleted(struct api_call *call, struct lint *q)
{
	const char *refusal = "delete must be a kind and an id, such as tag_key/ID, of something that exists";

	if (!read_document(call, STR("delete"), refusal, &q->deleted))
		return false;
	return q->deleted.kind == DOC_NONE ||
	       (!str_is_absent(q->deleted.id) && snapshot_find(call->snapshot, q->deleted.kind, q->deleted.id)) ||
	       refuse(call, refusal);
}

static bool read_kinds(struct api_call *call, uint32_t *ret)
{
	struct str text, name;

	if (!native_query(call, STR("kind"), &text))
		return false;
	while (!str_is_absent(text) && str_split(&text, ',', &name)) {
		enum lint_kind kind = lint_kind_of(name);

		if (kind == LINT_N_KINDS)
			return refuse(call, "kind must be one or more kinds of finding, with commas between them");
		*ret |= 1u << kind;
	}
	return true;
}

/* That severity and what is worse. */
static bool read_severity(struct api_call *call, uint32_t *kinds)
{
	enum lint_severity severity;
	uint32_t at_least = 0;
	struct str text;

	if (!native_query(call, STR("severity"), &text))
		return false;
	if (str_is_absent(text))
		return true;
	severity = lint_severity_of(text);
	if (severity == LINT_N_SEVERITIES)
		return refuse(call, "severity must be info, warning or error");
	for (uint32_t kind = 0; kind < LINT_N_KINDS; kind++)
		at_least |= lint_kind_severity((enum lint_kind)kind) >= severity ? 1u << kind : 0;
	*kinds = *kinds ? *kinds & at_least : at_least;
	return *kinds || refuse(call, "no kind of finding that was asked for is of that severity");
}

static bool read_query(struct api_call *call, struct lint *q)
{
	const char *refusal = "document must be a kind, such as access_policy, or a kind and an id: access_policy/ID";
	struct page page;

	if (!page_read(call, &page) || !read_kinds(call, &q->kinds) || !read_severity(call, &q->kinds) ||
	    !read_document(call, STR("document"), refusal, &q->document) || !read_deleted(call, q))
		return false;
	q->snapshot = call->snapshot;
	q->now_ms = call->now_ms;
	q->place = page.after;
	q->limit = page.limit;
	q->max_steps = MAX_STEPS;
	return true;
}

/* ---- what was used ------------------------------------------------------------------------------------------ */

/* Documents by the hash of kind and id; open addressing, at most half full. */
struct usage {
	struct lint_usage base;
	struct lint_document *slots;
	size_t mask;
	uint64_t seed;
};

static struct lint_document *slot_of(const struct usage *u, enum document_kind kind, struct str id)
{
	size_t i = hash_u64(hash_str(u->seed, id) ^ (uint64_t)kind) & u->mask;

	while (u->slots[i].kind != DOC_NONE && !(u->slots[i].kind == kind && str_eq(u->slots[i].id, id)))
		i = (i + 1) & u->mask;
	return &u->slots[i];
}

static bool is_used(const struct lint_usage *self, enum document_kind kind, struct str id)
{
	const struct usage *u = CONTAINER_OF((struct lint_usage *)(uintptr_t)self, struct usage, base);

	return slot_of(u, kind, id)->kind != DOC_NONE;
}

static bool read_usage(struct api_call *call, struct usage *ret)
{
	const struct json *used = json_get(call->body, STR("used"));
	size_t n = json_is(used, JSON_ARRAY) ? used->n : 0;

	if (!api_get_time(call, call->body, "since", &ret->base.since_ms))
		return false;
	if (ret->base.since_ms <= 0 || !json_is(used, JSON_ARRAY))
		return refuse(call, "since must be a time, and used an array of {\"kind\",\"document\"}");
	ret->base.is_used = is_used;
	ret->seed = call->snapshot->engine.seed;
	for (ret->mask = 15; ret->mask < n * 2;)
		ret->mask = ret->mask * 2 + 1;
	ret->slots = ARENA_ARRAY(call->arena, struct lint_document, ret->mask + 1);
	for (size_t i = 0; i < n; i++) {
		enum document_kind kind = document_kind_of(json_get_str(&used->items[i], STR("kind")));
		struct str id = json_get_str(&used->items[i], STR("document"));

		if (kind == DOC_NONE || str_is_empty(id))
			return refuse(call, "used must be an array of {\"kind\",\"document\"}");
		*slot_of(ret, kind, id) = (struct lint_document){kind, id};
	}
	return true;
}

/* ---- answering ---------------------------------------------------------------------------------------------- */

static void write_finding(struct json_writer *w, const struct finding *f)
{
	json_begin_object(w);
	json_put_str(w, STR("kind"), lint_kind_name(f->kind));
	json_put_str(w, STR("severity"), lint_severity_name(lint_kind_severity(f->kind)));
	json_key(w, STR("documents"));
	json_begin_array(w);
	for (size_t i = 0; i < f->n_documents; i++) {
		json_begin_object(w);
		json_put_str(w, STR("kind"), document_kind_name(f->documents[i].kind));
		json_put_str(w, STR("id"), f->documents[i].id);
		json_end_object(w);
	}
	json_end_array(w);
	if (f->statement == LINT_NO_STATEMENT)
		json_put(w, STR("statement"), NULL);
	else
		json_put_u64(w, STR("statement"), f->statement);
	json_put_str(w, STR("text"), f->text);
	json_put_str(w, STR("advice"), lint_kind_advice(f->kind));
	json_end_object(w);
}

static void answer(struct api_call *call, const struct lint *q)
{
	struct lint_page page;
	struct json_writer w = api_json_begin(call, 200);

	lint_run(q, call->arena, &page);
	json_begin_object(&w);
	json_key(&w, STR("items"));
	json_begin_array(&w);
	for (size_t i = 0; i < page.n; i++)
		write_finding(&w, &page.items[i]);
	json_end_array(&w);
	json_put_u64(&w, STR("unchecked_statements"), page.n_unchecked);
	page_write_next(&w, call->arena, page.next, page.next != 0);
	json_end_object(&w);
	api_json_end(call, &w);
}

void finding_list(struct api_call *call)
{
	struct lint q = {0};

	if (read_query(call, &q))
		answer(call, &q);
}

void finding_list_with_usage(struct api_call *call)
{
	struct usage usage = {0};
	struct lint q = {.usage = &usage.base};

	if (read_query(call, &q) && read_usage(call, &usage))
		answer(call, &q);
}
