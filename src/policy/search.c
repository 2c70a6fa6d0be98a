/* SPDX-License-Identifier: Apache-2.0
 *
 * What all searches share: candidates, the streams they come from, and the page that is filled from these.
 */
#include "policy/search-impl.h"

/* ---- candidates ---------------------------------------------------------------------------------------- */

bool candidates_add(struct candidates *c, struct str id)
{
	if (c->list.n >= c->max)
		c->is_all = true;
	if (!c->is_all)
		strs_add(&c->list, id);
	return !c->is_all;
}

void candidates_sort(struct candidates *c)
{
	struct strs *l = &c->list;
	size_t n = 0;

	if (l->n > 1)
		qsort(l->items, l->n, sizeof(*l->items), str_qsort);
	for (size_t i = 0; i < l->n; i++)
		if (n == 0 || !str_eq(l->items[n - 1], l->items[i]))
			l->items[n++] = l->items[i];
	l->n = n;
}

enum { MIN_WORTH = 1000 };

size_t candidates_worth(const struct search *q, uint64_t n_all)
{
	const uint64_t limit = q->limit < UINT32_MAX ? q->limit + 1 : UINT32_MAX;
	const uint64_t most = n_all < UINT32_MAX ? n_all : UINT32_MAX;
	uint64_t worth = MIN_WORTH;

	while (worth < q->max_asks && worth * worth < limit * most)
		worth *= 2;
	return worth < q->max_asks ? (size_t)worth : (size_t)q->max_asks;
}

/* ---- patterns ------------------------------------------------------------------------------------------ */

/* What of a pattern its matches begin with: all before a variable or the '*' at the end. */
static struct str fixed_part(struct str pattern)
{
	const char *variable = memmem(pattern.ptr, pattern.len, "${", 2);

	if (variable)
		return str_slice(pattern, 0, (size_t)(variable - pattern.ptr));
	return str_slice(pattern, 0, pattern.len - 1);
}

bool pattern_is_wild(struct str pattern)
{
	return str_eq(pattern, STR("*")) || str_ends_with(pattern, STR(":*")) ||
	       (pattern.len && memmem(pattern.ptr, pattern.len, "${", 2));
}

bool wild_pattern_meets(struct str pattern, struct str prefix)
{
	struct str fixed = fixed_part(pattern);

	/* With an empty name in the place of a variable, a '*' before it ends the pattern. */
	if (str_ends_with(fixed, STR("*")))
		fixed.len--;
	return str_starts_with(fixed, prefix) || str_starts_with(prefix, fixed);
}

/* ---- streams ------------------------------------------------------------------------------------------- */

struct stream stream_of_list(struct str_list list, struct str behind)
{
	struct stream t = {.kind = STREAM_LIST, .list = list};
	size_t low = 0, high = list.n;

	while (low < high && !str_is_absent(behind)) {
		const size_t middle = low + (high - low) / 2;

		if (str_cmp(list.items[middle], behind) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	t.at = low;
	t.head = low < list.n ? list.items[low] : STR_NONE;
	return t;
}

/* The key of the stream's next, from `key` on. */
static struct str next_key(const struct stream *t, struct str key, bool is_included)
{
	const struct document *doc;

	switch (t->kind) {
	case STREAM_DOCUMENTS:
		doc = snapshot_next_id(t->snapshot, t->doc_kind, key, is_included);
		return doc ? doc->id : STR_NONE;
	case STREAM_RESOURCES:
		return engine_next_resource(&t->snapshot->engine, key, is_included);
	case STREAM_ACTIONS:
		return engine_next_action(&t->snapshot->engine, key, is_included);
	case STREAM_LIST:
		break;
	}
	return STR_NONE;
}

/* Is there a candidate under the key? Not under patterns, nor under what only looks as if it were of the type. */
static bool is_candidate(const struct stream *t)
{
	if (t->kind == STREAM_RESOURCES)
		return !str_is_empty(t->head) && !pattern_is_wild(t->key);
	if (t->kind == STREAM_DOCUMENTS && t->doc_kind == DOC_RESOURCE)
		return str_eq(FIND(t->snapshot, resource, RESOURCE, t->key)->type, t->type);
	return true;
}

/* To the first candidate from `key` on. */
static void move_to(struct stream *t, struct str key, bool is_included)
{
	do {
		t->key = next_key(t, key, is_included);
		if (str_is_absent(t->key) || !str_starts_with(t->key, t->prefix)) {
			t->head = STR_NONE;
			return;
		}
		t->head = str_slice(t->key, t->prefix.len, t->key.len);
		key = t->key;
		is_included = false;
	} while (!is_candidate(t));
}

static void begin(struct stream *t, struct str behind, struct arena *a)
{
	if (str_is_absent(behind))
		move_to(t, str_is_absent(t->prefix) ? STR("") : t->prefix, true);
	else
		move_to(t, str_is_empty(t->prefix) ? behind : arena_concat(a, t->prefix, behind), false);
}

struct stream stream_of_documents(const struct snapshot *s, enum document_kind kind, struct str type, struct str prefix,
                                  struct str behind, struct arena *a)
{
	struct stream t = {.kind = STREAM_DOCUMENTS, .snapshot = s, .doc_kind = kind, .type = type, .prefix = prefix};

	begin(&t, behind, a);
	return t;
}

struct stream stream_of_resources(const struct snapshot *s, struct str prefix, struct str behind, struct arena *a)
{
	struct stream t = {.kind = STREAM_RESOURCES, .snapshot = s, .prefix = prefix};

	begin(&t, behind, a);
	return t;
}

struct stream stream_of_actions(const struct snapshot *s, struct str behind)
{
	struct stream t = {.kind = STREAM_ACTIONS, .snapshot = s};

	begin(&t, behind, NULL); /* without a prefix nothing is put together */
	return t;
}

static void advance(struct stream *t)
{
	if (t->kind != STREAM_LIST) {
		move_to(t, t->key, false);
		return;
	}
	t->at++;
	t->head = t->at < t->list.n ? t->list.items[t->at] : STR_NONE;
}

/* ---- the page ------------------------------------------------------------------------------------------ */

static struct str first_head(const struct streams *l)
{
	struct str first = STR_NONE;

	for (size_t i = 0; i < l->n; i++) {
		const struct str head = l->items[i].head;

		if (!str_is_absent(head) && (str_is_absent(first) || str_cmp(head, first) < 0))
			first = head;
	}
	return first;
}

static void pass(struct streams *l, struct str head)
{
	for (size_t i = 0; i < l->n; i++)
		if (!str_is_absent(l->items[i].head) && str_eq(l->items[i].head, head))
			advance(&l->items[i]);
}

enum { ASKS_A_LOOK = 64 }; /* at the clock, which costs little beside so many questions */

static bool is_enough(const struct search *q, uint64_t n_asks)
{
	if (n_asks >= q->max_asks)
		return true;
	return q->is_late && n_asks > 0 && n_asks % ASKS_A_LOOK == 0 && q->is_late(q);
}

static bool is_allowed(const struct snapshot *s, const struct ask *ask, struct arena *scratch)
{
	const bool allowed = verdict_allows(snapshot_ask(s, ask, scratch, NULL).verdict);

	arena_reset(scratch);
	return allowed;
}

/* One result more than the page takes is looked for, so that a last page is known to be the last. */
void search_fill(const struct snapshot *s, const struct search *q, struct streams *streams, put_candidate *put,
                 struct arena *a, struct search_page *ret)
{
	CLEANUP(arena_release) struct arena scratch = ARENA_INIT;
	struct strs results = {.arena = a};
	struct ask ask = *q->ask;
	uint64_t n_asks = 0;
	struct str head;

	*ret = (struct search_page){.at = q->behind};
	for (; !str_is_absent(head = first_head(streams)); pass(streams, head)) {
		ret->has_more = is_enough(q, n_asks++);
		if (ret->has_more)
			break;
		put(&ask, q, head);
		if (is_allowed(s, &ask, &scratch)) {
			ret->has_more = results.n == q->limit;
			if (ret->has_more)
				break;
			strs_add(&results, head);
		}
		ret->at = head;
	}
	ret->items = results.items;
	ret->n = results.n;
}
