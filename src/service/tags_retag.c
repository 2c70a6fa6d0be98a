/* SPDX-License-Identifier: Apache-2.0
 *
 * From an entry of the catalog to the resources that carry it.
 */
#include "base/hash.h"
#include "service/cascade.h"
#include "service/tags_internal.h"

/* Resources, each once. */
struct carriers {
	const struct document **docs;
	size_t n;
};

static int by_ordinal(const void *a, const void *b)
{
	const struct document *x = *(const struct document *const *)a, *y = *(const struct document *const *)b;

	return x->ordinal < y->ordinal ? -1 : x->ordinal > y->ordinal;
}

/* A resource may carry several values of one key. */
static void drop_duplicates(struct carriers *c)
{
	size_t kept = 0;

	if (c->n > 1)
		qsort((void *)c->docs, c->n, sizeof(*c->docs), by_ordinal);
	for (size_t i = 0; i < c->n; i++)
		if (kept == 0 || c->docs[kept - 1] != c->docs[i])
			c->docs[kept++] = c->docs[i];
	c->n = kept;
}

/* False when they are more taggings than `max`: no list is made of those. */
static bool find_carriers(struct txn *t, const struct tag_change *what, size_t max, struct carriers *ret)
{
	struct carriers c = {0};
	size_t cap = 0;

	for (size_t i = 0; i < what->n_values; i++) {
		const struct document *const *docs;
		size_t n =
		    snapshot_linked(t->snapshot, DOC_RESOURCE,
		                    arena_concat(t->arena, STR("tag_value:"), what->values[i]->id), t->arena, &docs);

		if (n > max - c.n)
			return false;
		for (size_t k = 0; k < n; k++) {
			ARENA_ROOM(t->arena, c.docs, c.n, &cap);
			c.docs[c.n++] = docs[k];
		}
	}
	drop_duplicates(&c);
	*ret = c;
	return true;
}

static bool is_meant(const struct tag_change *what, const struct resource_tag *tag)
{
	return str_eq(tag->key, what->old_key) &&
	       (str_is_absent(what->value_id) || str_eq(tag->value_id, what->value_id));
}

/* The resource with its tags as they are from now on. */
static struct resource retagged(const struct tag_change *what, const struct resource *old, struct arena *a)
{
	struct resource_tag *tags = ARENA_ARRAY(a, struct resource_tag, old->n_tags);
	struct resource next = *old;
	size_t n = 0;

	for (size_t i = 0; i < old->n_tags; i++) {
		struct resource_tag tag = old->tags[i];

		if (is_meant(what, &tag)) {
			if (what->takes)
				continue;
			tag.key = str_is_absent(what->key) ? tag.key : what->key;
			tag.value = str_is_absent(what->value) ? tag.value : what->value;
		}
		tags[n++] = tag;
	}
	next.tags = tags;
	next.n_tags = n;
	return next;
}

/*
 * Resources of one type with the same tags lose the same: of each such look one is compared with the policies, so that
 * a value of a hundred thousand resources is no reason to give up comparing (WIDENING_MAX_EVALUATIONS).
 */
struct looks {
	const struct resource **slots; /* by hash; more than can be filled */
	size_t mask;
	uint64_t seed;
};

static struct looks new_looks(const struct txn *t, size_t n)
{
	size_t cap = 16;

	while (cap < 2 * n)
		cap *= 2;
	return (struct looks){
	    .slots = (const struct resource **)arena_calloc(t->arena, cap, sizeof(struct resource *)),
	    .mask = cap - 1,
	    .seed = t->snapshot->engine.seed,
	};
}

static bool looks_like(const struct resource *x, const struct resource *y)
{
	if (!str_eq(x->type, y->type) || x->n_tags != y->n_tags)
		return false;
	for (size_t i = 0; i < x->n_tags; i++)
		if (!str_eq(x->tags[i].key, y->tags[i].key) || !str_eq(x->tags[i].value, y->tags[i].value))
			return false;
	return true;
}

static bool is_new_look(struct looks *looks, const struct resource *r)
{
	uint64_t hash = hash_str(looks->seed, r->type);
	size_t at;

	for (size_t i = 0; i < r->n_tags; i++)
		hash = hash_str(hash_str(hash, r->tags[i].key), r->tags[i].value);
	for (at = (size_t)hash & looks->mask; looks->slots[at]; at = (at + 1) & looks->mask)
		if (looks_like(looks->slots[at], r))
			return false;
	looks->slots[at] = r;
	return true;
}

enum service_result tags_retag(struct txn *t, const struct tag_change *what, size_t n_others, struct widening *w,
                               struct error *err)
{
	struct carriers c;
	struct looks looks;

	if (n_others > CASCADE_MAX_DOCUMENTS || !find_carriers(t, what, CASCADE_MAX_DOCUMENTS - n_others, &c))
		return (enum service_result)error_set(
		    err, SERVICE_FAILED_PRECONDITION,
		    "more than %zu resources and values would change at once: take the tag from some of them first",
		    CASCADE_MAX_DOCUMENTS);
	looks = new_looks(t, c.n);
	for (size_t i = 0; i < c.n; i++) {
		const struct resource *old = as_resource(c.docs[i]);
		struct resource next = retagged(what, old, t->arena);

		if (is_new_look(&looks, old))
			widening_add_resource(w, t, old, next.tags, next.n_tags);
		txn_put(t, &next.doc);
	}
	return SERVICE_OK;
}
