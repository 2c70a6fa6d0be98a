/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements as tag policies of roles. A policy's group is about one permission on all resources of one type, in every
 * tenant, and always has a condition. A statement without one gets a condition that holds whatever the tags are; where
 * nobody knows them it is unknown, so that an allow does not count there.
 */
#include "base/strs.h"
#include "model/langsmith.h"
#include "model/native.h"
#include "policy/convert_impl.h"

static bool is_off(struct convert *c)
{
	const struct organization *o = snapshot_organization(c->snapshot);

	return o && o->abac_is_off;
}

/* ---- roles ---------------------------------------------------------------------------------------------------- */

/* Why the policy cannot be attached to it; NULL: it can. */
static const char *why_no_carrier(struct convert *c, const struct middle *m, struct str subject)
{
	static const struct str prefix = STR_INIT(SUBJECT_ROLE);
	const struct role *r = NULL;

	if (str_starts_with(subject, prefix))
		r = FIND(c->snapshot, role, ROLE, str_slice(subject, prefix.len, subject.len));
	if (!r || !(str_is_absent(r->scope) || str_eq(r->scope, STR(ROLE_SCOPE_WORKSPACE))))
		return "is no role of workspaces";
	if (str_eq(r->doc.id, STR(LANGSMITH_WORKSPACE_ADMIN)) &&
	    !str_list_has(m->subjects, STR(SUBJECT_ROLE LANGSMITH_ORGANIZATION_ADMIN)))
		return "would bring Organization Admins, too";
	return NULL;
}

/* Organization Admins come with Admins. */
static bool comes_with_another(const struct middle *m, struct str subject)
{
	return str_eq(subject, STR(SUBJECT_ROLE LANGSMITH_ORGANIZATION_ADMIN)) &&
	       str_list_has(m->subjects, STR(SUBJECT_ROLE LANGSMITH_WORKSPACE_ADMIN));
}

static struct str_list say_roles(struct convert *c, const struct middle *m)
{
	const size_t prefix = STR(SUBJECT_ROLE).len;
	struct strs roles = {.arena = c->arena};

	for (size_t i = 0; i < m->subjects.n; i++) {
		struct str subject = m->subjects.items[i];
		const char *why = NULL;

		if (comes_with_another(m, subject))
			continue;
		why = roles.n == CONVERT_MAX_TAG_ROLES ? "is one too many" : why_no_carrier(c, m, subject);
		if (why)
			convert_lose(c, m, "subjects", convert_quoted(c, subject, why));
		else
			strs_add(&roles, str_slice(subject, prefix, subject.len));
	}
	return strs_list(&roles);
}

/* ---- groups --------------------------------------------------------------------------------------------------- */

struct groups {
	struct tag_group conditions; /* that all of them have */
	struct tag_group items[CONVERT_MAX_TAG_GROUPS];
	size_t n;
};

static const struct tag_condition always = {STR_INIT(TAG_ATTRIBUTE), STR_INIT("Any"), STR_INIT("matches_if_exists"),
                                            STR_INIT("*")};

/* Does the statement speak of everything that the group is about? Adds that to `about`. */
static bool speaks_of(struct convert *c, const struct middle *m, const struct tag_group *group, struct strs *about)
{
	const struct str_list spelled = convert_tag_resources(c, group);
	struct strs engine = {.arena = c->arena};
	bool is_any = str_list_has(m->s.resources, STR("*"));

	for (size_t i = 0; i < spelled.n; i++) {
		struct str resource = access_policy_engine_resource(c->arena, spelled.items[i]);

		if (!is_any && !str_list_has(m->s.resources, resource))
			return false;
		strs_add(&engine, resource);
	}
	for (size_t i = 0; i < engine.n; i++)
		strs_add(about, engine.items[i]);
	return true;
}

static void say_permission(struct convert *c, const struct middle *m, struct str action, struct groups *out)
{
	const struct langsmith_permission *p = langsmith_permission_find(action);
	struct strs about = {.arena = c->arena};

	for (int type = 1; p && type < LANGSMITH_N_TYPES; type++) {
		struct tag_group group = out->conditions;

		if (!langsmith_permission_applies(p, (enum langsmith_type)type))
			continue;
		group.permission = p->name;
		group.resource_type = langsmith_type_name((enum langsmith_type)type);
		if (out->n < CONVERT_MAX_TAG_GROUPS && speaks_of(c, m, &group, &about))
			out->items[out->n++] = group;
	}
	/* Of what cannot be said the first is named: there may be very many. */
	for (size_t i = 0; i < m->s.resources.n; i++) {
		if (str_list_has(strs_list(&about), m->s.resources.items[i]))
			continue;
		convert_lose(c, m, p ? "resources" : "actions",
		             arena_strf(c->arena, "\"" STR_FMT "\" cannot be said wholly on \"" STR_FMT "\"" STR_FMT,
		                        STR_ARG(action), STR_ARG(m->s.resources.items[i]),
		                        STR_ARG(i + 1 < m->s.resources.n ? STR(" and perhaps others") : STR(""))));
		break;
	}
}

/* Are there conditions on tags that say the same? */
static bool read_condition(struct convert *c, const struct middle *m, struct tag_group *ret)
{
	*ret = (struct tag_group){.conditions = &always, .n_conditions = 1};
	return str_is_absent(m->odd_condition) &&
	       (str_is_absent(m->condition) || convert_read_tag_condition(m->condition, c->arena, ret));
}

static bool can_be_said(struct convert *c, const struct middle *m, struct tag_group *ret)
{
	if (is_off(c))
		convert_lose(c, m, "policy", STR("tag policies are switched off"));
	else if (!m->group && !read_condition(c, m, ret))
		convert_lose(c, m, "condition", STR("tag policies have only conditions on tags"));
	else if (!convert_is_unlimited(&m->s))
		convert_lose(c, m, "valid_from, valid_until", STR("tag policies have no time"));
	else if (!m->s.all_tenants)
		convert_lose(c, m, "tenants", STR("tag policies of roles count in every tenant"));
	else
		return true;
	return false;
}

static void say_groups(struct convert *c, const struct middle *m, struct groups *out)
{
	if (m->group) {
		out->items[out->n++] = *m->group;
		return;
	}
	for (size_t i = 0; i < m->s.actions.n; i++)
		say_permission(c, m, m->s.actions.items[i], out);
	if (out->n && m->s.effect == EFFECT_ALLOW && str_is_absent(m->condition))
		convert_lose(c, m, "condition", STR("it does not count where nobody knows the tags"));
}

void convert_to_langsmith(struct convert *c, const struct middle *m)
{
	struct groups *groups;
	struct tag_policy *p;

	groups = ARENA_NEW(c->arena, struct groups);
	groups->n = 0;
	if (!can_be_said(c, m, &groups->conditions))
		return;
	say_groups(c, m, groups);
	p = ARENA_NEW(c->arena, struct tag_policy);
	*p = (struct tag_policy){
	    .doc = {.kind = DOC_TAG_POLICY, .id = convert_new_id(c, m)},
	    .name = convert_new_id(c, m),
	    .deny = m->s.effect == EFFECT_DENY,
	    .groups = groups->items,
	    .n_groups = groups->n,
	    .roles = say_roles(c, m),
	};
	if (p->n_groups && p->roles.n)
		convert_add_document(c, &p->doc);
}
