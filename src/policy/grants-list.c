/* SPDX-License-Identifier: Apache-2.0
 *
 * Filtered lists: the grants of a filter are a few ranges of the sets, each in creation order. A page is found by
 * counting, and read by merging.
 */
#include "policy/grants-impl.h"

enum { MAX_RANGES = (ENTITY_N_TYPES - 1) * (GRANTEE_N_TYPES - 1) };

/* The keys of a set that begin with one number (of an entity or a grantee); the low halves are the ordinals. */
struct range {
	const struct pset *set;
	uint32_t number;
	uint64_t at, n; /* where it begins in the set, and its length */
};

struct ranges {
	size_t n;
	uint64_t total;
	struct range items[MAX_RANGES];
};

static bool has_type(unsigned mask, unsigned type)
{
	return mask == 0 || (mask >> type & 1);
}

static void add_range(struct ranges *l, const struct pset *set, uint32_t number)
{
	struct range r = {.set = set, .number = number};

	if (set->n == 0)
		return;
	r.at = number ? pset_rank(set, KEY(number, 0)) : 0;
	r.n = pset_rank(set, KEY((uint64_t)number + 1, 0)) - r.at;
	if (r.n == 0)
		return;
	assert(l->n < MAX_RANGES);
	l->items[l->n++] = r;
	l->total += r.n;
}

static void ranges_of_entity(const struct grants *g, const struct grants_filter *f, struct ranges *l)
{
	for (unsigned type = 1; type < ENTITY_N_TYPES; type++) {
		uint32_t number = has_type(f->entity_types, type)
		                      ? name_find(g, tag_of_entity((enum entity_type)type), f->entity_id)
		                      : NO_NAME;

		for (unsigned to = 1; to < GRANTEE_N_TYPES && number != NO_NAME; to++)
			if (has_type(f->grantee_types, to))
				add_range(l, &g->by_entity[to], number);
	}
}

static void ranges_of_grantee(const struct grants *g, const struct grants_filter *f, struct ranges *l)
{
	for (unsigned to = 1; to < GRANTEE_N_TYPES; to++) {
		uint32_t number = has_type(f->grantee_types, to)
		                      ? name_find(g, tag_of_grantee((enum grantee_type)to), f->grantee_id)
		                      : NO_NAME;

		for (unsigned type = 1; type < ENTITY_N_TYPES && number != NO_NAME; type++)
			if (has_type(f->entity_types, type))
				add_range(l, &g->by_grantee[type], number);
	}
}

static void ranges_of_types(const struct grants *g, const struct grants_filter *f, struct ranges *l)
{
	for (unsigned type = 1; type < ENTITY_N_TYPES; type++)
		for (unsigned to = 1; to < GRANTEE_N_TYPES; to++)
			if (has_type(f->entity_types, type) && has_type(f->grantee_types, to))
				add_range(l, &g->by_types[type][to], 0);
}

/* How many of the range have an ordinal below. */
static uint64_t n_below(const struct range *r, uint64_t ordinal)
{
	return pset_rank(r->set, KEY(r->number, 0) + ordinal) - r->at;
}

static uint64_t all_below(const struct ranges *l, uint64_t ordinal)
{
	uint64_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		n += n_below(&l->items[i], ordinal);
	return n;
}

/* The ordinal of the grant that has `skip` of them before it. */
static uint64_t ordinal_after(const struct ranges *l, uint64_t skip)
{
	uint64_t low = 0, high = UINT32_MAX;

	if (skip == 0)
		return 0;
	if (l->n == 1)
		return (uint32_t)pset_at(l->items[0].set, l->items[0].at + skip);
	while (low < high) {
		uint64_t middle = low + (high - low + 1) / 2;

		if (all_below(l, middle) <= skip)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

/* Reads ranges side by side, smallest ordinal first. */
struct merge {
	const struct ranges *ranges;
	struct pset_iter its[MAX_RANGES];
	uint64_t keys[MAX_RANGES]; /* next of each; UINT64_MAX: at its end */
};

static void advance(struct merge *m, size_t i)
{
	uint64_t key;

	if (!pset_iter_next(&m->its[i], &key) || high_half(key) != m->ranges->items[i].number)
		m->keys[i] = UINT64_MAX;
	else
		m->keys[i] = (uint32_t)key;
}

static void merge_init(struct merge *m, const struct ranges *l, uint64_t from)
{
	m->ranges = l;
	for (size_t i = 0; i < l->n; i++) {
		pset_iter_init(&m->its[i], l->items[i].set, KEY(l->items[i].number, 0) + from);
		advance(m, i);
	}
}

static uint32_t merge_next(struct merge *m)
{
	size_t least = 0;
	uint32_t ordinal;

	for (size_t i = 1; i < m->ranges->n; i++)
		if (m->keys[i] < m->keys[least])
			least = i;
	ordinal = (uint32_t)m->keys[least];
	advance(m, least);
	return ordinal;
}

static int by_seq(const void *a, const void *b)
{
	const struct access_grant *x = a, *y = b;

	return x->doc.seq < y->doc.seq ? -1 : x->doc.seq > y->doc.seq;
}

/* One entity id and one grantee id: at most one grant for each pair of types. */
static size_t list_pairs(const struct grants *g, const struct grants_filter *f, struct arena *a,
                         struct access_grant **ret)
{
	struct access_grant *found = ARENA_ARRAY(a, struct access_grant, MAX_RANGES);
	size_t n = 0;

	for (unsigned type = 1; type < ENTITY_N_TYPES; type++)
		for (unsigned to = 1; to < GRANTEE_N_TYPES; to++)
			if (has_type(f->entity_types, type) && has_type(f->grantee_types, to))
				n += grants_find_pair(g, (enum entity_type)type, f->entity_id, (enum grantee_type)to,
				                      f->grantee_id, &found[n]);
	qsort(found, n, sizeof(*found), by_seq);
	*ret = found;
	return n;
}

static size_t list_ranges(const struct grants *g, const struct ranges *l, uint64_t skip, size_t n, struct arena *a,
                          const struct access_grant **ret)
{
	struct access_grant *items = ARENA_ARRAY(a, struct access_grant, n);
	struct merge m;

	merge_init(&m, l, ordinal_after(l, skip));
	for (size_t i = 0; i < n; i++)
		items[i] = record_read(g, record_at(g, merge_next(&m)));
	*ret = items;
	return n;
}

/* How many of `total` a page has. */
static size_t page_size(uint64_t total, uint64_t skip, size_t limit)
{
	uint64_t left = skip < total ? total - skip : 0;

	return left < limit ? (size_t)left : limit;
}

size_t grants_list(const struct grants *g, const struct grants_filter *f, uint64_t skip, size_t limit, struct arena *a,
                   const struct access_grant **ret, uint64_t *ret_total)
{
	bool has_entity = !str_is_absent(f->entity_id), has_grantee = !str_is_absent(f->grantee_id);
	struct ranges l = {0};
	size_t n;

	*ret = NULL;
	if (has_entity && has_grantee) {
		struct access_grant *found;

		l.total = list_pairs(g, f, a, &found);
		n = page_size(l.total, skip, limit);
		*ret = n ? found + skip : NULL;
	} else {
		if (has_entity)
			ranges_of_entity(g, f, &l);
		else if (has_grantee)
			ranges_of_grantee(g, f, &l);
		else
			ranges_of_types(g, f, &l);
		n = page_size(l.total, skip, limit);
		if (n)
			(void)list_ranges(g, &l, skip, n, a, ret);
	}
	if (ret_total)
		*ret_total = l.total;
	return n;
}
