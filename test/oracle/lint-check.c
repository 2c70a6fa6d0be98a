/* SPDX-License-Identifier: Apache-2.0 */
#include "lint-check.h"

/* What is said to be of no use, or cannot be: after the finding's own words. */
static bool is_removable(const struct snapshot *s, const struct finding *f)
{
	struct statement_name name = {(uint32_t)f->documents[0].kind, f->documents[0].id, f->statement};
	struct statement_facts facts;

	switch ((int)f->kind) {
	case LINT_SHADOWED:
	case LINT_REDUNDANT:
	case LINT_NO_ACTION:
	case LINT_NO_RESOURCE:
	case LINT_NO_TENANT:
	case LINT_EXPIRED:
		return true;
	case LINT_IMPOSSIBLE_CONDITION: /* a deny counts where its condition is unknown */
		return engine_statement_facts(&s->engine, &name, &facts) && facts.effect == EFFECT_ALLOW;
	default:
		return false;
	}
}

static void put(struct snapshot *fork, const struct document *in)
{
	CLEANUP(buf_releasep) struct buf body = BUF_INIT(1 << 20);
	struct document *doc;
	int is_bad;

	document_encode(in, &body);
	is_bad = document_decode(in->kind, in->id, buf_str(&body), &doc, NULL);
	assert(!is_bad);
	doc->seq = in->seq;
	snapshot_put(fork, doc);
}

/* The policy without these of its groups; without any it goes. */
static void remove_groups(struct snapshot *fork, const struct tag_policy *p, const bool *gone, struct arena *a)
{
	struct tag_group *groups = ARENA_ARRAY(a, struct tag_group, p->n_groups);
	struct tag_policy rest = *p;

	rest.groups = groups;
	rest.n_groups = 0;
	for (size_t i = 0; i < p->n_groups; i++)
		if (!gone[i])
			groups[rest.n_groups++] = p->groups[i];
	if (rest.n_groups)
		put(fork, &rest.doc);
	else
		(void)snapshot_remove(fork, DOC_TAG_POLICY, p->doc.id);
}

static void remove_statements(struct snapshot *fork, const struct finding *items, size_t n, struct arena *a)
{
	const struct lint_document *doc = &items[0].documents[0];
	const struct tag_policy *p = doc->kind == DOC_TAG_POLICY ? FIND(fork, tag_policy, TAG_POLICY, doc->id) : NULL;
	bool *gone;

	if (doc->kind == DOC_ACCESS_POLICY)
		(void)snapshot_remove(fork, DOC_ACCESS_POLICY, doc->id);
	if (!p)
		return;
	gone = ARENA_ARRAY(a, bool, p->n_groups);
	for (size_t i = 0; i < n; i++)
		gone[items[i].statement] = true;
	remove_groups(fork, p, gone, a);
}

/* All removable findings, in the order of documents, from pages of three. */
static size_t collect(const struct snapshot *s, const struct ask *q, struct lint_tally *tally, struct arena *a,
                      struct finding **ret)
{
	struct lint lint = {.snapshot = s, .now_ms = q->now_ms, .limit = 3, .max_steps = 100};
	struct lint_page page;
	size_t n = 0, cap = 0;

	*ret = NULL;
	do {
		lint_run(&lint, a, &page);
		for (size_t i = 0; i < page.n; i++) {
			tally->by_kind[page.items[i].kind]++;
			if (!is_removable(s, &page.items[i]))
				continue;
			ARENA_ROOM(a, *ret, n, &cap);
			(*ret)[n++] = page.items[i];
		}
		lint.place = page.next;
	} while (page.next);
	return n;
}

static bool same_answer(const struct answer *x, const struct answer *y)
{
	bool is_same = verdict_allows(x->verdict) == verdict_allows(y->verdict) && x->tenants.n == y->tenants.n;

	for (size_t i = 0; is_same && i < x->tenants.n; i++)
		is_same = str_list_has(y->tenants, x->tenants.items[i]);
	return is_same;
}

bool lint_check(const struct snapshot *s, const struct ask *q, struct lint_tally *tally, struct buf *complaint)
{
	struct arena a = ARENA_INIT;
	struct finding *items;
	size_t n = collect(s, q, tally, &a, &items);
	struct answer before = snapshot_ask(s, q, &a, NULL), after = before;
	struct snapshot *fork = snapshot_fork(s);
	bool is_good;

	tally->n_runs++;
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && str_eq(items[end].documents[0].id, items[i].documents[0].id);)
			end++;
		remove_statements(fork, &items[i], end - i, &a);
	}
	tally->n_compared += n > 0;
	after = snapshot_ask(fork, q, &a, NULL);
	is_good = same_answer(&before, &after);
	for (size_t i = 0; i < n && !is_good; i++)
		buf_addf(complaint, "lint: " STR_FMT " (taken away, it decides differently)\n", STR_ARG(items[i].text));
	snapshot_drop(fork);
	arena_release(&a);
	return is_good;
}
