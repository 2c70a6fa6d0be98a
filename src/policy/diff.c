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

static int by_signature(const void *a, const void *b)
{
	const struct person *x = *(const struct person *const *)a, *y = *(const struct person *const *)b;

	return x->signature < y->signature ? -1 : x->signature > y->signature;
}

/* A signature is 64 bits of a hash: that two who differ have the same is not to be expected in this world. */
static void ask_classes(struct diff_work *w, struct report *r)
{
	const struct person **persons = ARENA_ARRAY(w->arena, const struct person *, w->n_persons);
	CLEANUP(arena_release) struct arena scratch = ARENA_INIT;
	struct found found = {0};
	size_t from = 0;

	for (size_t i = 0; i < w->n_persons; i++)
		persons[i] = &w->persons[i];
	if (w->n_persons > 1)
		qsort((void *)persons, w->n_persons, sizeof(*persons), by_signature);
	for (size_t i = 1; i <= w->n_persons && diff_step(w, 1); i++) {
		if (i < w->n_persons && persons[i]->signature == persons[from]->signature)
			continue;
		found.n = 0;
		find_cells(w, persons[from], &scratch, &found);
		report_add(r, &found, &persons[from], i - from);
		arena_reset(&scratch);
		from = i;
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
	report_finish(&r, ret);
	return DIFF_OK;
}
