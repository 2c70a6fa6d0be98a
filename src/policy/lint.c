/* SPDX-License-Identifier: Apache-2.0
 *
 * The run: documents in order, pages, and the table of kinds.
 */
#include "policy/lint-impl.h"

static const struct {
	struct str name;
	enum lint_severity severity;
	struct str advice;
} kinds[LINT_N_KINDS] = {
#define X(upper, name, severity, advice) [LINT_##upper] = {STR_INIT(name), LINT_##severity, STR_INIT(advice)},
    LINT_KINDS(X)
#undef X
};
static const struct str severities[LINT_N_SEVERITIES] = {STR_INIT("info"), STR_INIT("warning"), STR_INIT("error")};

struct str lint_kind_name(enum lint_kind kind)
{
	return kind < LINT_N_KINDS ? kinds[kind].name : STR_NONE;
}

enum lint_kind lint_kind_of(struct str name)
{
	size_t i = 0;

	while (i < LINT_N_KINDS && !str_eq(kinds[i].name, name))
		i++;
	return (enum lint_kind)i;
}

struct str lint_severity_name(enum lint_severity severity)
{
	return severity < LINT_N_SEVERITIES ? severities[severity] : STR_NONE;
}

enum lint_severity lint_severity_of(struct str name)
{
	size_t i = 0;

	while (i < LINT_N_SEVERITIES && !str_eq(severities[i], name))
		i++;
	return (enum lint_severity)i;
}

enum lint_severity lint_kind_severity(enum lint_kind kind)
{
	return kinds[kind].severity;
}

struct str lint_kind_advice(enum lint_kind kind)
{
	return kinds[kind].advice;
}

/* ---- findings ---------------------------------------------------------------------------------------------- */

bool lint_wants(const struct lint_run *r, enum lint_kind kind)
{
	return !r->is_full && (r->query->kinds == 0 || r->query->kinds >> kind & 1);
}

bool lint_step(struct lint_run *r, uint64_t n)
{
	r->steps -= n < r->steps ? n : r->steps;
	return r->steps > 0;
}

struct finding lint_about(enum lint_kind kind, const struct document *doc, uint32_t statement)
{
	return (struct finding){
	    .kind = kind, .documents = {{doc->kind, doc->id}}, .n_documents = 1, .statement = statement};
}

void lint_name_other(struct finding *f, enum document_kind kind, struct str id)
{
	if (f->n_documents < LINT_MAX_DOCUMENTS)
		f->documents[f->n_documents++] = (struct lint_document){kind, id};
}

struct str lint_spoken(const struct lint_run *r, enum document_kind kind, struct str id)
{
	struct str name = document_kind_name(kind);
	char *text = arena_alloc(r->arena, name.len);

	for (size_t i = 0; i < name.len; i++)
		text[i] = name.ptr[i] == '_' ? ' ' : name.ptr[i];
	return arena_concat3(r->arena, (struct str){text, name.len}, STR(" "), id);
}

void lint_add(struct lint_run *r, const struct finding *f, struct str text)
{
	if (!lint_wants(r, f->kind))
		return;
	if (r->n_skipped < r->skip) {
		r->n_skipped++;
		return;
	}
	if (r->page->n == r->query->limit) {
		r->is_full = true;
		return;
	}
	ARENA_ROOM(r->arena, r->items, r->page->n, &r->cap);
	r->items[r->page->n] = *f;
	r->items[r->page->n++].text = text;
	r->n_skipped++;
	r->page->items = r->items;
}

/* ---- documents in order ------------------------------------------------------------------------------------ */

/* Kind, ordinal and number of the finding of a place, in one number. */
enum { SKIP_BITS = 16, ORDINAL_BITS = 40, GRANTS_AT_ONCE = 1000 };
#define ORDINAL_MASK ((UINT64_C(1) << ORDINAL_BITS) - 1)
#define SKIP_MASK    ((UINT64_C(1) << SKIP_BITS) - 1)
static_assert(DOC_N_KINDS < 256, "a place fits in 64 bits");

static uint64_t pack(uint64_t kind, uint64_t ordinal, uint64_t skip)
{
	return kind << (SKIP_BITS + ORDINAL_BITS) | (ordinal & ORDINAL_MASK) << SKIP_BITS | (skip & SKIP_MASK);
}

static bool is_asked_for(const struct lint *q, const struct document *doc)
{
	return str_is_absent(q->document.id) || str_eq(q->document.id, doc->id);
}

static void check(struct lint_run *r, const struct document *doc)
{
	static lint_check *const checks[] = {lint_statements, lint_references, lint_deletes, lint_holders};

	for (size_t i = 0; i < N_ELEMENTS(checks) && !r->is_full; i++)
		checks[i](r, doc);
}

/* The documents of a kind from the ordinal on; false: the page ends here, and `next` says where the next begins. */
static bool run_kind(struct lint_run *r, enum document_kind kind, uint64_t ordinal)
{
	const struct document *doc;

	while ((doc = snapshot_next(r->snapshot, kind, &ordinal))) {
		/* What a page could begin with is looked at in any case: otherwise there would be no end. */
		if (r->page->n == r->query->limit || (r->steps == 0 && r->has_looked)) {
			r->page->next = pack(kind, ordinal - 1, 0);
			return false;
		}
		r->n_skipped = 0;
		r->has_looked = true;
		(void)lint_step(r, 1);
		if (is_asked_for(r->query, doc))
			check(r, doc);
		if (r->is_full) {
			r->page->next = pack(kind, ordinal - 1, r->n_skipped);
			return false;
		}
		r->skip = 0;
	}
	return true;
}

/* Grants are no documents of the snapshot's; of them only their use is looked at. */
static bool run_grants(struct lint_run *r, uint64_t skip)
{
	const struct grants_filter all = {0};
	const struct access_grant *grants;
	size_t n = 0;

	if (!r->query->usage)
		return true;
	for (; (n = grants_list(&r->snapshot->grants, &all, skip, GRANTS_AT_ONCE, r->arena, &grants, NULL));
	     skip += n) {
		for (size_t i = 0; i < n; i++) {
			if (r->page->n == r->query->limit || (r->steps == 0 && r->has_looked)) {
				r->page->next = pack(DOC_ACCESS_GRANT, skip + i, 0);
				return false;
			}
			r->n_skipped = 0;
			r->has_looked = true;
			(void)lint_step(r, 1);
			if (is_asked_for(r->query, &grants[i].doc))
				lint_holders(r, &grants[i].doc);
		}
	}
	return true;
}

static bool run_any(struct lint_run *r, enum document_kind kind, uint64_t ordinal)
{
	return kind == DOC_ACCESS_GRANT ? run_grants(r, ordinal) : run_kind(r, kind, ordinal);
}

static bool is_kind_asked_for(const struct lint *q, enum document_kind kind)
{
	return q->document.kind == DOC_NONE || q->document.kind == kind;
}

void lint_run(const struct lint *q, struct arena *a, struct lint_page *ret)
{
	struct lint_run r = {.query = q, .snapshot = q->snapshot, .arena = a, .page = ret, .steps = q->max_steps};
	uint64_t first = q->place >> (SKIP_BITS + ORDINAL_BITS), ordinal = q->place >> SKIP_BITS & ORDINAL_MASK;

	*ret = (struct lint_page){0};
	r.skip = q->place & SKIP_MASK;
	for (uint64_t kind = first ? first : DOC_NONE + 1; kind < DOC_N_KINDS; kind++, ordinal = 0)
		if (is_kind_asked_for(q, (enum document_kind)kind) && !run_any(&r, (enum document_kind)kind, ordinal))
			return;
}
