/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/diff-impl.h"

enum { STEPS_A_LOOK = 4096 }; /* at the clock, which costs little beside so many steps */

bool diff_step(struct diff_work *w, uint64_t n)
{
	const uint64_t looks = w->n_steps / STEPS_A_LOOK;

	w->n_steps += n;
	if (w->n_steps > w->q->max_steps)
		w->is_over = true;
	else if (w->q->is_late && w->n_steps / STEPS_A_LOOK != looks && w->q->is_late(w->q))
		w->is_over = true;
	return !w->is_over;
}

/* ---- tenants --------------------------------------------------------------------------------------------- */

static void find_tenants(struct diff_work *w)
{
	struct strs l = {.arena = w->arena};

	for (size_t side = 0; side < 2; side++) {
		uint64_t at = 0;

		for (const struct document *d; (d = snapshot_next(w->sides[side], DOC_TENANT, &at));)
			if (side == 0 || !snapshot_find(w->sides[0], DOC_TENANT, d->id))
				strs_add(&l, d->id);
	}
	strs_add(&l, STR(TENANT_UNASSIGNED));
	w->tenants = strs_list(&l);
}

/* ---- classes --------------------------------------------------------------------------------------------- */

/* Principals with one signature. */
struct class
{
	uint64_t signature;
	size_t n, end; /* in the order of classes: behind those that are there already */
};

struct classes {
	struct class *items;
	size_t n, cap;
	uint32_t *heads; /* open addressing by signature: index + 1; twice as many as there are classes */
	size_t n_heads;
};

static uint32_t *class_slot(const struct classes *l, uint64_t signature)
{
	size_t at = (size_t)hash_u64(signature) & (l->n_heads - 1);

	while (l->heads[at] && l->items[l->heads[at] - 1].signature != signature)
		at = (at + 1) & (l->n_heads - 1);
	return &l->heads[at];
}

static struct class *class_of(struct classes *l, uint64_t signature, struct arena *a)
{
	uint32_t *slot;

	if (2 * (l->n + 1) > l->n_heads) {
		l->n_heads = l->n_heads ? 2 * l->n_heads : 64;
		l->heads = ARENA_ARRAY(a, uint32_t, l->n_heads);
		for (size_t i = 0; i < l->n; i++)
			*class_slot(l, l->items[i].signature) = (uint32_t)i + 1;
	}
	slot = class_slot(l, signature);
	if (!*slot) {
		ARENA_ROOM(a, l->items, l->n, &l->cap);
		l->items[l->n++] = (struct class){.signature = signature};
		*slot = (uint32_t)l->n;
	}
	return &l->items[*slot - 1];
}

/* All principals, those of a class together. */
static const struct person **sort_persons(struct diff_work *w, struct classes *l)
{
	const struct person **persons = ARENA_ARRAY(w->arena, const struct person *, w->n_persons);
	size_t end = 0;

	for (size_t i = 0; i < w->n_persons; i++)
		class_of(l, w->persons[i].signature, w->arena)->n++;
	for (size_t i = 0; i < l->n; i++) {
		l->items[i].end = end;
		end += l->items[i].n;
	}
	for (size_t i = 0; i < w->n_persons; i++)
		persons[class_of(l, w->persons[i].signature, w->arena)->end++] = &w->persons[i];
	return persons;
}

/* A signature is 64 bits of a hash: that two who differ have the same is not to be expected in this world. */
static void ask_classes(struct diff_work *w, struct report *r)
{
	CLEANUP(arena_release) struct arena scratch = ARENA_INIT;
	struct classes classes = {0};
	const struct person **persons = sort_persons(w, &classes);
	struct found found = {0};

	for (size_t i = 0; i < classes.n && diff_step(w, classes.items[i].n); i++) {
		const struct class *c = &classes.items[i];
		const struct person *const *of_class = &persons[c->end - c->n];

		found.n = 0;
		find_cells(w, of_class[0], &scratch, &found);
		report_add(r, &found, of_class, c->n);
		arena_reset(&scratch);
	}
}

/* Is everybody a member of, and holder of, the same on both sides? */
static bool has_same_members(const struct diff_query *q)
{
	static const enum document_kind kinds[] = {DOC_USER,         DOC_SERVICE_ACCOUNT, DOC_GROUP,
	                                           DOC_GROUP_MEMBER, DOC_ROLE_MEMBER,     DOC_ORGANIZATION};

	for (size_t i = 0; i < q->n_documents; i++)
		for (size_t k = 0; k < N_ELEMENTS(kinds); k++)
			if (q->documents[i].kind == kinds[k])
				return false;
	return true;
}

enum diff_result diff_snapshots(const struct diff_query *q, struct arena *a, struct diff *ret)
{
	struct diff_work w = {
	    .q = q, .arena = a, .sides = {q->before, q->after}, .resources = {.arena = a}, .marked = {.arena = a}};
	struct report r = {.work = &w};

	find_tenants(&w);
	/* A condition can tell a question about one tenant from one about several. */
	w.is_by_tenant = q->before->native_env || q->after->native_env;
	w.same_members = has_same_members(q);
	find_persons(&w);
	sign_persons(&w);
	ask_classes(&w, &r);
	if (w.is_over)
		return DIFF_TOO_MUCH;
	r.diff.n_principals = w.n_persons;
	r.diff.n_steps = w.n_steps;
	r.diff.by_statements = w.by_statements;
	report_finish(&r, ret);
	return DIFF_OK;
}
