/* SPDX-License-Identifier: Apache-2.0 */
#include "service/separations.h"

#include "base/strs.h"
#include "policy/lint.h"

static enum service_result refuse(struct error *err, enum service_result result, const char *text, struct str which)
{
	error_set(err, (int)result, "%s" STR_FMT, text, STR_ARG(which));
	return result;
}

enum service_result separation_check(const struct txn *t, struct separation *p, struct error *err)
{
	struct strs roles = {.arena = t->arena};

	if (p->roles.n > SEPARATION_MAX_ROLES)
		return refuse(err, SERVICE_INVALID, "roles: there are too many", STR(""));
	for (size_t i = 0; i < p->roles.n; i++) {
		const struct document *role = snapshot_find_any(t->snapshot, DOC_ROLE, p->roles.items[i]);

		if (!role)
			return refuse(err, SERVICE_INVALID, "roles: there is no role ", p->roles.items[i]);
		if (!str_list_has(strs_list(&roles), role->id))
			strs_add(&roles, role->id);
	}
	if (roles.n < 2)
		return refuse(err, SERVICE_INVALID, "roles: name at least two", STR(""));
	if (p->max < 1 || p->max >= (int64_t)roles.n)
		return refuse(err, SERVICE_INVALID, "max must be at least 1 and less than there are roles", STR(""));
	if (!snapshot_find(t->snapshot, DOC_SEPARATION, p->doc.id) &&
	    t->snapshot->n_docs[DOC_SEPARATION] >= SEPARATIONS_MAX)
		return refuse(err, SERVICE_CONFLICT, "there are too many separations already", STR(""));
	p->roles = strs_list(&roles);
	return SERVICE_OK;
}

static size_t with_role(const struct txn *t, struct str role, const struct document *const **ret)
{
	return snapshot_linked(t->snapshot, DOC_SEPARATION, arena_concat(t->arena, STR("role:"), role), t->arena, ret);
}

void separations_lose_role(struct txn *t, struct str role)
{
	const struct document *const *docs;
	size_t n = with_role(t, role, &docs);

	for (size_t i = 0; i < n; i++) {
		struct separation p = *as_separation(docs[i]);
		struct strs rest = {.arena = t->arena};

		for (size_t k = 0; k < p.roles.n; k++)
			if (!str_eq(p.roles.items[k], role))
				strs_add(&rest, p.roles.items[k]);
		p.roles = strs_list(&rest);
		if ((int64_t)p.roles.n > p.max)
			txn_put(t, &p.doc);
		else
			txn_delete(t, DOC_SEPARATION, p.doc.id);
	}
}

/* How many of them the principal holds, with the role. */
static size_t n_held(const struct txn *t, const struct separation *p, struct str role, struct principal who)
{
	struct str_list held = lint_roles_held(t->snapshot, p, who.type, who.id, t->arena);

	return held.n + !str_list_has(held, role);
}

static struct str text_of(const struct txn *t, const struct separation *p, struct str role, struct principal who)
{
	size_t n = n_held(t, p, role, who);

	if ((int64_t)n <= p->max)
		return STR_NONE;
	return arena_strf(t->arena,
	                  "separation of duties broken: " STR_FMT " holds %zu of " STR_FMT ", at most %lld are meant",
	                  STR_ARG(who.id), n, STR_ARG(p->doc.id), (long long)p->max);
}

/* The first member of the group that comes to hold too many. */
static struct str text_of_group(const struct txn *t, const struct separation *p, struct str role, struct str group)
{
	const struct document *const *docs;
	size_t n = snapshot_linked(t->snapshot, DOC_GROUP_MEMBER, arena_concat(t->arena, STR("group:"), group),
	                           t->arena, &docs);

	for (size_t i = 0; i < n && i < SEPARATION_MAX_MEMBERS; i++) {
		struct principal who = {STR("user"), as_group_member(docs[i])->member};
		struct str text = text_of(t, p, role, who);

		if (!str_is_absent(text))
			return text;
	}
	return STR_NONE;
}

struct str separations_warning(const struct txn *t, struct str role, struct principal p)
{
	const struct document *const *docs;
	size_t n = with_role(t, role, &docs);

	for (size_t i = 0; i < n; i++) {
		const struct separation *s = as_separation(docs[i]);
		struct str text =
		    str_eq(p.type, STR("group")) ? text_of_group(t, s, role, p.id) : text_of(t, s, role, p);

		if (!str_is_absent(text))
			return text;
	}
	return STR_NONE;
}
