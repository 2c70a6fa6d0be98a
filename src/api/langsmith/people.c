/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files about people share: permissions, roles as they are named, switches in queries.
 */
#include "api/langsmith/people.h"

#include "service/iam.h"

/* ---- who may -------------------------------------------------------------------------------------------- */

static struct authorization authorize(struct api_call *call, struct str permission, bool lists_tenants)
{
	const struct permission wanted = {
	    .action = permission,
	    .resource = arena_concat(call->arena, STR("organization:"), call->snapshot->org),
	    .lists_tenants = lists_tenants,
	};

	return service_authorize(call->present, &call->caller, &wanted, call->present_ms, call->arena);
}

bool people_may(struct api_call *call, struct str permission)
{
	return authorize(call, permission, false).everywhere;
}

bool people_may_in(struct api_call *call, struct str permission, struct str tenant)
{
	return api_may_in(call, permission, arena_concat(call->arena, STR("workspace:"), tenant), tenant);
}

struct people_reach people_reach(struct api_call *call, struct str permission)
{
	struct authorization given = authorize(call, permission, true);

	return (struct people_reach){given.everywhere, iam_sorted(given.tenants, call->arena)};
}

bool people_reaches(const struct people_reach *reach, struct str tenant)
{
	return reach->everywhere || iam_sorted_has(reach->tenants, tenant);
}

static bool is_administration(const struct role *role)
{
	return role && str_eq(role->doc.id, STR(LANGSMITH_ORGANIZATION_ADMIN));
}

bool people_may_assign(struct api_call *call, const struct role *before, const struct role *after)
{
	const struct role *admin = is_administration(before) ? before : after;

	if (is_administration(before) == is_administration(after))
		return true;
	for (size_t i = 0; i < admin->actions.n; i++) {
		if (!people_may(call, admin->actions.items[i])) {
			api_fail(call, SERVICE_DENIED, 0,
			         "Forbidden: only Organization Admins give or take the role of Organization Admin");
			return false;
		}
	}
	return true;
}

/* ---- roles ---------------------------------------------------------------------------------------------- */

const struct role *people_find_role(struct api_call *call, struct str id)
{
	const struct role *role = as_role(snapshot_find_any(call->snapshot, DOC_ROLE, id));

	if (role && langsmith_is_role(role))
		return role;
	langsmith_not_found(call, "Role", id);
	return NULL;
}

const struct role *people_find_organization_role(struct api_call *call, struct str id)
{
	const struct role *role = people_find_role(call, id);

	if (!role || membership_is_organization_role(role))
		return role;
	api_fail(call, SERVICE_FAILED_PRECONDITION, 0, "the role \"" STR_FMT "\" is not one of the organization",
	         STR_ARG(people_role_title(role)));
	return NULL;
}

const struct role *people_find_workspace_role(struct api_call *call, struct str id)
{
	const struct role *role = people_find_role(call, id);

	if (!role || membership_is_workspace_role(role))
		return role;
	api_fail(call, SERVICE_FAILED_PRECONDITION, 0, "the role \"" STR_FMT "\" is not one of workspaces",
	         STR_ARG(people_role_title(role)));
	return NULL;
}

struct str people_role_title(const struct role *role)
{
	return str_is_empty(role->display_name) ? role->doc.id : role->display_name;
}

void people_put_role(struct json_writer *w, const char *id_name, const char *title_name, const struct role *role)
{
	json_put_str(w, str_of(id_name), role ? role->doc.id : STR_NONE);
	json_put_str(w, str_of(title_name), role ? people_role_title(role) : STR_NONE);
}

/* ---- queries -------------------------------------------------------------------------------------------- */

bool people_query_flag(struct api_call *call, const char *name, struct people_flag *ret)
{
	struct str text;

	if (!langsmith_query_str(call, name, &text))
		return false;
	*ret = (struct people_flag){0};
	if (str_is_absent(text))
		return true;
	ret->is_sent = true;
	ret->value = str_eq_nocase(text, STR("true")) || str_eq(text, STR("1"));
	if (ret->value || str_eq_nocase(text, STR("false")) || str_eq(text, STR("0")))
		return true;
	call->field = name;
	api_fail(call, SERVICE_INVALID, 0, "%s must be true or false", name);
	return false;
}
