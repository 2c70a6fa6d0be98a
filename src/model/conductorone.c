/* SPDX-License-Identifier: Apache-2.0 */
#include "model/conductorone.h"

#define ON(objects, verb) STR_INIT("conductorone:" objects ":" verb)

#define LOOK              ON("*", "get"), ON("*", "list")

/*
 * Anybody may see what can be requested, request it, and act on the requests that concern them: for whom and on which
 * is decided where it is done. Their credentials are their own.
 */
/* clang-format off */
#define TAKE_PART \
    ON("auth", "get"), ON("personalClients", "*"), \
    ON("users", "get"), ON("users", "list"), ON("apps", "get"), ON("apps", "list"), \
    ON("entitlements", "get"), ON("entitlements", "list"), ON("grants", "list"), \
    ON("tasks", "get"), ON("tasks", "list"), ON("tasks", "create"), ON("tasks", "comment"), ON("tasks", "approve"), \
    ON("tasks", "deny"), ON("tasks", "reassign"), ON("tasks", "escalate"), ON("tasks", "close"), ON("tasks", "update")
/* clang-format on */

/* clang-format off */
static const struct str actions[] = {
    ON("auth", "get"),
    ON("personalClients", "create"), ON("personalClients", "get"), ON("personalClients", "list"),
    ON("personalClients", "update"), ON("personalClients", "delete"),
    ON("policies", "create"), ON("policies", "get"), ON("policies", "list"), ON("policies", "update"),
    ON("policies", "delete"),
    ON("users", "get"), ON("users", "list"), ON("users", "update"),
    ON("apps", "create"), ON("apps", "get"), ON("apps", "list"), ON("apps", "update"), ON("apps", "delete"),
    ON("entitlements", "create"), ON("entitlements", "get"), ON("entitlements", "list"),
    ON("entitlements", "update"), ON("entitlements", "delete"),
    ON("grants", "list"), ON("grants", "update"),
    ON("accessReviews", "create"), ON("accessReviews", "get"), ON("accessReviews", "list"),
    ON("accessReviews", "update"), ON("accessReviews", "delete"),
    ON("tasks", "create"), ON("tasks", "createForOthers"), ON("tasks", "offboard"), ON("tasks", "get"), ON("tasks", "list"),
    ON("tasks", "comment"), ON("tasks", "approve"), ON("tasks", "deny"), ON("tasks", "reassign"),
    ON("tasks", "escalate"), ON("tasks", "close"), ON("tasks", "update"), ON("tasks", "manage"),
    ON("webhooks", "create"), ON("webhooks", "get"), ON("webhooks", "list"), ON("webhooks", "update"),
    ON("webhooks", "delete"), ON("webhooks", "test"),
};
/* clang-format on */

size_t conductorone_actions(const struct str **ret)
{
	*ret = actions;
	return N_ELEMENTS(actions);
}

static const struct str super_admin[] = {STR_INIT("conductorone:*")};
static const struct str read_only_super_admin[] = {LOOK};
static const struct str access_request_admin[] = {TAKE_PART, ON("tasks", "*"), ON("policies", "get"),
                                                  ON("policies", "list")};
static const struct str access_request_helpdesk[] = {TAKE_PART, ON("tasks", "createForOthers")};
static const struct str basic_user[] = {TAKE_PART};

#define ROLE(upper, shown, says, list)                                                                                 \
	{                                                                                                              \
		.doc = {.kind = DOC_ROLE, .id = STR_INIT(C1_##upper)}, .display_name = STR_INIT(shown),                \
		.description = STR_INIT(says), .is_managed = true, .actions = {list, N_ELEMENTS(list)},                \
		.scope = STR_INIT(ROLE_SCOPE_CONDUCTORONE)                                                             \
	}

static const struct role roles[] = {
    ROLE(SUPER_ADMIN, "Super Admin", "Manages policies, applications and every access request", super_admin),
    ROLE(READ_ONLY_SUPER_ADMIN, "Read-Only Super Admin", "Sees everything and changes nothing", read_only_super_admin),
    ROLE(ACCESS_REQUEST_ADMIN, "Access Request Admin", "Manages every access request", access_request_admin),
    ROLE(ACCESS_REQUEST_HELPDESK, "Access Request Helpdesk", "Requests access for others", access_request_helpdesk),
    ROLE(BASIC_USER, "Basic User", "Requests access and decides what is assigned to them", basic_user),
};

const struct role *conductorone_roles(size_t *ret_n)
{
	*ret_n = N_ELEMENTS(roles);
	return roles;
}
