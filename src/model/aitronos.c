/* SPDX-License-Identifier: Apache-2.0 */
#include "model/aitronos.h"

#define USERS       STR_INIT("User Management")
#define DEPARTMENTS STR_INIT("Department Management")
#define ROLES       STR_INIT("Role Management")
#define KNOWLEDGE   STR_INIT("Knowledge Management")
#define BILLING     STR_INIT("Billing")
#define AUDIT       STR_INIT("Audit")

static const struct capability capabilities[] = {
    {STR_INIT(CAPABILITY_MANAGE_USERS), STR_INIT("Manage users"), STR_INIT("Change users and their details."), USERS},
    {STR_INIT(CAPABILITY_INVITE_USERS), STR_INIT("Invite users"), STR_INIT("Invite people to the organization."),
     USERS},
    {STR_INIT(CAPABILITY_DEACTIVATE_USERS), STR_INIT("Deactivate users"), STR_INIT("Suspend and restore users."),
     USERS},
    {STR_INIT(CAPABILITY_REMOVE_USERS), STR_INIT("Remove users"), STR_INIT("Remove users from the organization."),
     USERS},
    {STR_INIT(CAPABILITY_MANAGE_DEPARTMENTS), STR_INIT("Manage departments"),
     STR_INIT("Create, change and delete departments, and decide who is in them."), DEPARTMENTS},
    {STR_INIT(CAPABILITY_MANAGE_ROLES), STR_INIT("Manage roles"),
     STR_INIT("Create, change and delete roles, and decide who holds them."), ROLES},
    {STR_INIT(CAPABILITY_MANAGE_KNOWLEDGE_SLICES), STR_INIT("Manage knowledge slices"),
     STR_INIT("Create and change knowledge slices and vector stores, and grant access to them."), KNOWLEDGE},
    {STR_INIT(CAPABILITY_MANAGE_BILLING), STR_INIT("Manage billing"), STR_INIT("See and change how the bill is paid."),
     BILLING},
    {STR_INIT(CAPABILITY_VIEW_AUDIT_LOG), STR_INIT("View audit log"), STR_INIT("Read who changed what."), AUDIT},
};

const struct capability *aitronos_capabilities(size_t *ret_n)
{
	*ret_n = N_ELEMENTS(capabilities);
	return capabilities;
}

const struct capability *aitronos_capability_find(struct str key)
{
	for (size_t i = 0; i < N_ELEMENTS(capabilities); i++)
		if (str_eq(capabilities[i].key, key))
			return &capabilities[i];
	return NULL;
}

/* ---- built-in roles ----------------------------------------------------------------------------------- */

/* clang-format off */
static const struct str administrator[] = {
    STR_INIT(CAPABILITY_MANAGE_USERS), STR_INIT(CAPABILITY_INVITE_USERS), STR_INIT(CAPABILITY_DEACTIVATE_USERS),
    STR_INIT(CAPABILITY_REMOVE_USERS), STR_INIT(CAPABILITY_MANAGE_DEPARTMENTS), STR_INIT(CAPABILITY_MANAGE_ROLES),
    STR_INIT(CAPABILITY_MANAGE_KNOWLEDGE_SLICES), STR_INIT(CAPABILITY_MANAGE_BILLING),
    STR_INIT(CAPABILITY_VIEW_AUDIT_LOG), STR_INIT(ACTION_MANAGE_GRANTS),
};
/* clang-format on */
static const struct str department_manager[] = {STR_INIT(CAPABILITY_INVITE_USERS),
                                                STR_INIT(CAPABILITY_MANAGE_DEPARTMENTS)};
static const struct str knowledge_manager[] = {STR_INIT(CAPABILITY_MANAGE_KNOWLEDGE_SLICES)};
static const struct str billing_manager[] = {STR_INIT(CAPABILITY_MANAGE_BILLING)};

#define ROLE(upper, shown, says, ...)                                                                                  \
	{                                                                                                              \
		.doc = {.kind = DOC_ROLE, .id = STR_INIT(AITRONOS_##upper)}, .display_name = STR_INIT(shown),          \
		.description = STR_INIT(says), .is_managed = true, .scope = STR_INIT(ROLE_SCOPE_AITRONOS), __VA_ARGS__ \
	}
#define MAY(list) .actions = {(list), N_ELEMENTS(list)}

static const struct role roles[] = {
    ROLE(OWNER, "Owner", "Owns the organization and manages everything in it", MAY(administrator)),
    ROLE(ADMIN, "Admin", "Manages everything in the organization", MAY(administrator)),
    ROLE(MEMBER, "Member", "Is in the organization", .actions = {0}),
    ROLE(DEPARTMENT_MANAGER, "Department Manager", "Manages departments and who is in them", MAY(department_manager)),
    ROLE(KNOWLEDGE_MANAGER, "Knowledge Manager", "Manages knowledge slices, vector stores and access to them",
         MAY(knowledge_manager)),
    ROLE(BILLING_MANAGER, "Billing Manager", "Manages billing", MAY(billing_manager)),
};

const struct role *aitronos_roles(size_t *ret_n)
{
	*ret_n = N_ELEMENTS(roles);
	return roles;
}
