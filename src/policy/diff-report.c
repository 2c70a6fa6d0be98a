/* SPDX-License-Identifier: Apache-2.0
 *
 * What was found, put together as somebody would ask: by reason, and by those for whom it is the same.
 */
#include "policy/diff-impl.h"

struct report_group {
	struct diff_group group;
	uint64_t hash;
	uint32_t next;
	struct diff_principal *principals; /* the first in order */
	size_t cap_cells;
	struct diff_cell *cells;
};

static int by_cell(const void *a, const void *b)
{
	const struct found_cell *x = a, *y = b;
	int c = (int)x->gains - (int)y->gains;

	c = c ? c : (int)x->kind - (int)y->kind;
	c = c ? c : str_cmp(x->document, y->document);
	c = c ? c : str_cmp(x->through, y->through);
	c = c ? c : str_cmp(x->cell.action, y->cell.action);
	c = c ? c : str_cmp(x->cell.type, y->cell.type);
	return c ? c : str_cmp(x->cell.id, y->cell.id);
}

static bool is_of_group(const struct found_cell *x, const struct found_cell *y)
{
	return x->gains == y->gains && x->kind == y->kind && str_eq(x->document, y->document) &&
	       str_eq(x->through, y->through);
}

static uint64_t add_text(uint64_t h, struct str s)
{
	return hash_u64(hash_str(h, s) + s.len);
}

/* Of cells of one group: the same cells, the same hash. */
static uint64_t hash_cells(const struct found_cell *c, size_t n)
{
	uint64_t h = (uint64_t)c->gains * 2 + (uint64_t)c->kind * 4;

	h = add_text(add_text(h, c->document), c->through);
	for (size_t i = 0; i < n; i++) {
		h = add_text(add_text(add_text(h, c[i].cell.action), c[i].cell.type), c[i].cell.id);
		for (size_t k = 0; k < c[i].cell.tenants.n; k++)
			h = add_text(h, c[i].cell.tenants.items[k]);
	}
	return h;
}

static void grow(struct report *r)
{
	r->n_heads = r->n_heads ? 2 * r->n_heads : 64;
	r->heads = ARENA_ARRAY(r->work->arena, uint32_t, r->n_heads);
	for (size_t i = 0; i < r->n; i++) {
		uint32_t *head = &r->heads[r->groups[i].hash & (r->n_heads - 1)];

		r->groups[i].next = *head;
		*head = (uint32_t)i + 1;
	}
}

static void fill(struct report *r, struct report_group *g, const struct found_cell *c, size_t n)
{
	const size_t max = r->work->q->max_samples, n_cells = n < max ? n : max;

	g->cells = ARENA_ARRAY(r->work->arena, struct diff_cell, n_cells);
	for (size_t i = 0; i < n_cells; i++)
		g->cells[i] = c[i].cell;
	g->principals = ARENA_ARRAY(r->work->arena, struct diff_principal, max);
	g->group = (struct diff_group){.gains = c->gains,
	                               .kind = c->kind,
	                               .document = c->document,
	                               .through = c->through,
	                               .principals = g->principals,
	                               .n_cells_in_all = n,
	                               .cells = g->cells,
	                               .n_cells = n_cells};
}

static struct report_group *group_of(struct report *r, const struct found_cell *c, size_t n)
{
	const uint64_t hash = hash_cells(c, n);
	uint32_t *head, at;

	if (r->n >= r->n_heads)
		grow(r);
	head = &r->heads[hash & (r->n_heads - 1)];
	for (at = *head; at; at = r->groups[at - 1].next)
		if (r->groups[at - 1].hash == hash)
			return &r->groups[at - 1];
	ARENA_ROOM(r->work->arena, r->groups, r->n, &r->cap);
	r->groups[r->n] = (struct report_group){.hash = hash, .next = *head};
	*head = (uint32_t)r->n + 1;
	fill(r, &r->groups[r->n], c, n);
	return &r->groups[r->n++];
}

/* ---- principals ------------------------------------------------------------------------------------------ */

static struct diff_principal principal_of(const struct person *p)
{
	switch (p->type) {
	case PERSON_USER:
		return (struct diff_principal){STR("user"), p->id};
	case PERSON_SERVICE:
		return (struct diff_principal){STR("service"), p->id};
	case PERSON_OTHER:
	case PERSON_NONE:
		break;
	}
	return (struct diff_principal){STR("external"), p->id};
}

static int compare(const struct diff_principal *x, const struct diff_principal *y)
{
	const int c = str_cmp(x->type, y->type);

	return c ? c : str_cmp(x->id, y->id);
}

/* Among the first in order, if it is one of them. */
static void add_sample(struct report_group *g, struct diff_principal p, size_t max)
{
	size_t at = g->group.n_principals;

	if (max == 0 || (at == max && compare(&g->principals[at - 1], &p) <= 0))
		return;
	if (at == max)
		at--;
	for (; at > 0 && compare(&g->principals[at - 1], &p) > 0; at--)
		g->principals[at] = g->principals[at - 1];
	g->principals[at] = p;
	if (g->group.n_principals < max)
		g->group.n_principals++;
}

enum { N_AHEAD = 16 }; /* whose ids are fetched while others are compared */

static void add_persons(struct report *r, struct report_group *g, const struct person *const *persons, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i + N_AHEAD < n)
			__builtin_prefetch(persons[i + N_AHEAD]->id.ptr);
		g->group.n_users += persons[i]->type == PERSON_USER;
		g->group.n_services += persons[i]->type == PERSON_SERVICE;
		g->group.n_others += persons[i]->type == PERSON_OTHER;
		add_sample(g, principal_of(persons[i]), r->work->q->max_samples);
	}
}

void report_add(struct report *r, const struct found *found, const struct person *const *persons, size_t n)
{
	uint64_t gained = 0, lost = 0;
	size_t from = 0;

	if (found->n > 1)
		qsort(found->items, found->n, sizeof(*found->items), by_cell);
	for (size_t i = 1; i <= found->n; i++) {
		if (i < found->n && is_of_group(&found->items[from], &found->items[i]))
			continue;
		add_persons(r, group_of(r, &found->items[from], i - from), persons, n);
		if (found->items[from].gains)
			gained += i - from;
		else
			lost += i - from;
		from = i;
	}
	r->diff.n_gained += gained * n;
	r->diff.n_lost += lost * n;
	r->diff.n_gainers += gained ? n : 0;
	r->diff.n_losers += lost ? n : 0;
}

/* ---- the end --------------------------------------------------------------------------------------------- */

static uint64_t size_of(const struct diff_group *g)
{
	return g->n_users + g->n_services + g->n_others;
}

static int by_size(const void *a, const void *b)
{
	const struct diff_group *x = a, *y = b;
	int c;

	if (size_of(x) != size_of(y))
		return size_of(x) > size_of(y) ? -1 : 1;
	c = (int)x->gains - (int)y->gains;
	c = c ? c : (int)x->kind - (int)y->kind;
	c = c ? c : str_cmp(x->document, y->document);
	c = c ? c : str_cmp(x->through, y->through);
	if (c == 0 && x->n_principals && y->n_principals)
		c = compare(&x->principals[0], &y->principals[0]);
	return c;
}

void report_finish(struct report *r, struct diff *ret)
{
	struct diff_group *groups = ARENA_ARRAY(r->work->arena, struct diff_group, r->n);

	for (size_t i = 0; i < r->n; i++)
		groups[i] = r->groups[i].group;
	if (r->n > 1)
		qsort(groups, r->n, sizeof(*groups), by_size);
	r->diff.groups = groups;
	r->diff.n_groups = r->n;
	*ret = r->diff;
}
