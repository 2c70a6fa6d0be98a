/* SPDX-License-Identifier: Apache-2.0 */
#include "service/assign.h"

#include "model/confident.h"
#include "model/langsmith.h"
#include "policy/lower.h"

/* What is being given out, and by whom. */
struct gift {
	const struct txn *txn;
	const struct caller *caller;
	const struct role *role;
	const struct str_list *tenants; /* NULL: everywhere */
};

static bool holds_everywhere(const struct gift *g, struct str action)
{
	const struct permission wanted = {
	    .action = action,
	    .resource = arena_concat(g->txn->arena, STR("organization:"), g->txn->snapshot->org),
	};

	return service_authorize(g->txn->snapshot, g->caller, &wanted, g->txn->now_ms, g->txn->arena).everywhere;
}

static bool holds_in(const struct gift *g, struct str action, struct str tenant)
{
	const struct str_list only = {&tenant, 1};
	const struct permission wanted = {
	    .action = action,
	    .resource = arena_concat(g->txn->arena, STR("workspace:"), tenant),
	    .requested = &only,
	};

	return verdict_allows(
	    service_authorize(g->txn->snapshot, g->caller, &wanted, g->txn->now_ms, g->txn->arena).verdict);
}

/* An action that is a pattern is asked for as it stands: only who holds it, or more, has it. */
static bool holds(const struct gift *g, struct str action)
{
	if (holds_everywhere(g, action))
		return true;
	for (size_t i = 0; g->tenants && i < g->tenants->n; i++)
		if (!holds_in(g, action, g->tenants->items[i]))
			return false;
	return g->tenants != NULL;
}

static enum service_result check(const struct gift *g, struct str action, struct error *err)
{
	if (holds(g, action))
		return SERVICE_OK;
	return (enum service_result)error_set(err, SERVICE_DENIED,
	                                      "the role \"" STR_FMT "\" allows " STR_FMT ", which the caller may not",
	                                      STR_ARG(g->role->doc.id), STR_ARG(action));
}

static enum service_result check_policy(const struct gift *g, const struct tag_policy *p, struct error *err)
{
	enum service_result r = SERVICE_OK;

	for (size_t i = 0; i < p->n_groups && !p->deny && r == SERVICE_OK; i++)
		r = check(g, p->groups[i].permission, err);
	return r;
}

/* ---- denies ------------------------------------------------------------------------------------------------ */

/* The caller has this subject in some place where the role is going to be held. */
static bool has_subject(const struct gift *g, struct str text)
{
	for (size_t i = 0; i < g->caller->n_subjects; i++) {
		const struct subject *s = &g->caller->subjects[i];

		if (str_eq(s->text, text) &&
		    (str_is_absent(s->tenant) || !g->tenants || str_list_has(*g->tenants, s->tenant)))
			return true;
	}
	return false;
}

static bool has_role(const struct gift *g, struct str role)
{
	return has_subject(g, arena_concat(g->txn->arena, STR(SUBJECT_ROLE), role));
}

static bool reaches_caller(const struct gift *g, const struct tag_policy *p)
{
	struct str link = arena_concat(g->txn->arena, STR("policy:"), p->doc.id);
	const struct document *const *attachments;
	size_t n = snapshot_linked(g->txn->snapshot, DOC_POLICY_ATTACHMENT, link, g->txn->arena, &attachments);

	for (size_t i = 0; i < p->roles.n; i++)
		if (has_role(g, p->roles.items[i]))
			return true;
	/* An Organization Admin acts as Admin in every workspace. */
	if (str_list_has(p->roles, STR(LANGSMITH_WORKSPACE_ADMIN)) && has_role(g, STR(LANGSMITH_ORGANIZATION_ADMIN)))
		return true;
	for (size_t i = 0; i < n; i++)
		if (has_subject(g, arena_concat(g->txn->arena, STR(SUBJECT_GROUP),
		                                as_policy_attachment(attachments[i])->group)))
			return true;
	return false;
}

static enum service_result check_denies(const struct gift *g, struct error *err)
{
	const struct document *doc;
	uint64_t at = 0;

	if (holds_everywhere(g, STR("organization:manage")))
		return SERVICE_OK;
	while ((doc = snapshot_next(g->txn->snapshot, DOC_TAG_POLICY, &at))) {
		const struct tag_policy *p = as_tag_policy(doc);

		if (p->deny && !str_list_has(p->roles, g->role->doc.id) && reaches_caller(g, p))
			return (enum service_result)error_set(
			    err, SERVICE_DENIED,
			    "the policy \"" STR_FMT
			    "\" denies something to the caller, and is not attached to the role \"" STR_FMT "\"",
			    STR_ARG(p->doc.id), STR_ARG(g->role->doc.id));
	}
	return SERVICE_OK;
}

enum service_result assign_check(const struct txn *t, const struct caller *c, const struct role *role,
                                 const struct str_list *tenants, struct error *err)
{
	static const struct str unassigned = STR_INIT(TENANT_UNASSIGNED);
	static const struct str_list organization = {&unassigned, 1};
	/* Confident AI's roles of the organization say nothing in tenants, but by project:manage, which is one of them.
	 */
	const struct gift g = {t, c, role, confident_is_organization_role(role) && !tenants ? &organization : tenants};
	const struct document *const *policies;
	size_t n = snapshot_linked(t->snapshot, DOC_TAG_POLICY, arena_concat(t->arena, STR("role:"), role->doc.id),
	                           t->arena, &policies);
	const struct str_list actions =
	    lower_is_confident_role(role) ? lower_confident_actions(t->snapshot, role, t->arena) : role->actions;
	enum service_result r = SERVICE_OK;

	for (size_t i = 0; i < actions.n && r == SERVICE_OK; i++)
		r = check(&g, actions.items[i], err);
	for (size_t i = 0; i < n && r == SERVICE_OK; i++)
		r = check_policy(&g, as_tag_policy(policies[i]), err);
	return r == SERVICE_OK ? check_denies(&g, err) : r;
}
