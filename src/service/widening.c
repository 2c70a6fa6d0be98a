/* SPDX-License-Identifier: Apache-2.0 */
#include "service/widening.h"

#include "base/hash.h"
#include "model/langsmith.h"

/* Policies with a group that denies on one type of resource, without those that are counted already. */
struct widening_denies {
	const struct tag_policy **items;
	size_t n, cap;
};

/* ---- what is counted ------------------------------------------------------------------------------------- */

/* The slot of the document, or the free one where it belongs. */
static const struct document **slot_of(const struct document **seen, size_t cap, const struct document *doc)
{
	size_t i = (size_t)hash_u64((uintptr_t)doc) & (cap - 1);

	while (seen[i] && seen[i] != doc)
		i = (i + 1) & (cap - 1);
	return &seen[i];
}

static void grow(struct widening *w, struct arena *a)
{
	size_t cap = w->cap_seen ? 2 * w->cap_seen : 16;
	const struct document **seen = ARENA_ARRAY(a, const struct document *, cap);

	for (size_t i = 0; i < w->cap_seen; i++)
		if (w->seen[i])
			*slot_of(seen, cap, w->seen[i]) = w->seen[i];
	w->seen = seen;
	w->cap_seen = cap;
}

static bool is_counted(const struct widening *w, const struct tag_policy *p)
{
	return w->cap_seen && *slot_of(w->seen, w->cap_seen, &p->doc);
}

static void count(struct widening *w, const struct tag_policy *p, struct arena *a)
{
	if (is_counted(w, p))
		return;
	/* At most three quarters full, so that a search ends soon. */
	if (4 * (w->n_seen + 1) > 3 * w->cap_seen)
		grow(w, a);
	*slot_of(w->seen, w->cap_seen, &p->doc) = &p->doc;
	w->n_seen++;
	if (w->n_denies < WIDENING_MAX_NAMED)
		w->named[w->n_denies] = p;
	w->n_denies++;
}

/* Is it attached to anything, in the state before the change? */
static bool reaches_somebody(const struct txn *t, const struct tag_policy *p)
{
	const struct document *const *docs;

	return p->roles.n || snapshot_linked(t->snapshot, DOC_POLICY_ATTACHMENT,
	                                     arena_concat(t->arena, STR("policy:"), p->doc.id), t->arena, &docs);
}

void widening_add_policy(struct widening *w, struct txn *t, const struct tag_policy *p)
{
	const struct tag_policy *before = FIND(t->snapshot, tag_policy, TAG_POLICY, p->doc.id);

	if (before && before->deny && reaches_somebody(t, before))
		count(w, before, t->arena);
}

/* ---- tags of resources ------------------------------------------------------------------------------------- */

static void add_deny(struct widening *w, const struct tag_policy *p, struct arena *a)
{
	uint32_t added = 0;

	for (size_t i = 0; i < p->n_groups; i++) {
		enum langsmith_type type = langsmith_type_of(p->groups[i].resource_type);
		struct widening_denies *denies = &w->of_type[type];

		if (added & 1u << type)
			continue;
		added |= 1u << type;
		ARENA_ROOM(a, denies->items, denies->n, &denies->cap);
		denies->items[denies->n++] = p;
	}
}

/* Many resources may come: what they are compared with is looked up once. */
static void find_denies(struct widening *w, struct txn *t)
{
	const struct document *doc;
	uint64_t at = 0;

	w->of_type = ARENA_ARRAY(t->arena, struct widening_denies, LANGSMITH_N_TYPES);
	while ((doc = snapshot_next(t->snapshot, DOC_TAG_POLICY, &at)))
		if (as_tag_policy(doc)->deny && reaches_somebody(t, as_tag_policy(doc)))
			add_deny(w, as_tag_policy(doc), t->arena);
}

/* The tags of a resource before and after. */
struct retagging {
	enum langsmith_type type;
	const struct tag *before, *after;
	size_t n_before, n_after;
};

static const struct tag *texts_of(const struct resource_tag *tags, size_t n, struct arena *a)
{
	struct tag *texts = ARENA_ARRAY(a, struct tag, n);

	for (size_t i = 0; i < n; i++)
		texts[i] = (struct tag){tags[i].key, tags[i].value};
	return texts;
}

static bool loses(struct widening *w, const struct tag_policy *p, const struct retagging *r)
{
	for (size_t i = 0; i < p->n_groups; i++) {
		const struct tag_group *g = &p->groups[i];

		if (langsmith_type_of(g->resource_type) != r->type)
			continue;
		/* Every condition may look at every tag. */
		w->n_evaluations += g->n_conditions * (1 + r->n_before + r->n_after);
		if (tag_group_holds(g, r->before, r->n_before) && !tag_group_holds(g, r->after, r->n_after))
			return true;
	}
	return false;
}

void widening_add_resource(struct widening *w, struct txn *t, const struct resource *old,
                           const struct resource_tag *tags, size_t n_tags)
{
	struct retagging r = {.type = langsmith_type_of(old->type), .n_before = old->n_tags, .n_after = n_tags};
	struct widening_denies *denies;
	size_t kept = 0;

	if (r.type == LANGSMITH_NO_TYPE)
		return;
	if (!w->of_type)
		find_denies(w, t);
	denies = &w->of_type[r.type];
	if (denies->n == 0)
		return;
	r.before = texts_of(old->tags, old->n_tags, t->arena);
	r.after = texts_of(tags, n_tags, t->arena);
	for (size_t i = 0; i < denies->n; i++) {
		const struct tag_policy *p = denies->items[i];

		if (is_counted(w, p))
			continue;
		if (w->n_evaluations++ >= WIDENING_MAX_EVALUATIONS || loses(w, p, &r))
			count(w, p, t->arena);
		else
			denies->items[kept++] = p;
	}
	denies->n = kept;
}

/* ---- in words ---------------------------------------------------------------------------------------------- */

static struct str policies_text(const struct widening *w, struct arena *a)
{
	size_t n_named = w->n_denies < WIDENING_MAX_NAMED ? w->n_denies : WIDENING_MAX_NAMED;
	struct str text = arena_strf(a, "access may have widened: %zu deny %s no longer %s:", w->n_denies,
	                             w->n_denies == 1 ? "policy" : "policies", w->n_denies == 1 ? "matches" : "match");

	for (size_t i = 0; i < n_named; i++)
		text = arena_strf(a, STR_FMT "%s " STR_FMT, STR_ARG(text), i ? "," : "", STR_ARG(w->named[i]->doc.id));
	if (w->n_denies > n_named)
		text = arena_strf(a, STR_FMT " and %zu more", STR_ARG(text), w->n_denies - n_named);
	return text;
}

struct str widening_text(const struct widening *w, size_t n_statements, struct arena *a)
{
	if (w->n_denies == 0 && n_statements == 0)
		return STR_NONE;
	if (w->n_denies == 0)
		return arena_strf(a, "%zu deny statements went with it: access may have widened", n_statements);
	if (n_statements == 0)
		return policies_text(w, a);
	return arena_strf(a, STR_FMT "; %zu deny statements went with it", STR_ARG(policies_text(w, a)), n_statements);
}
