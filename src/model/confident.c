/* SPDX-License-Identifier: Apache-2.0 */
#include "model/confident.h"

#include <stdlib.h>

/* The generated table. */
extern const struct confident_permission confident_permission_table[];
extern const size_t confident_n_permissions;
/* Places in the table, in the order of the ids. */
extern const uint16_t confident_permissions_by_id[];
/* The names alone, sorted, each once. */
extern const struct str confident_permission_names[];
extern const size_t confident_n_permission_names;

const struct confident_permission *confident_permissions(size_t *ret_n)
{
	*ret_n = confident_n_permissions;
	return confident_permission_table;
}

static bool is_spelled(const struct confident_permission *p, struct str text)
{
	static const struct str scopes[] = {STR_INIT("organization/"), STR_INIT("project/")};
	struct str scope = scopes[p->scope];

	return str_starts_with(text, scope) && str_eq(p->name, str_slice(text, scope.len, text.len));
}

static int compare_id(const void *id, const void *place)
{
	return str_cmp(*(const struct str *)id, confident_permission_table[*(const uint16_t *)place].id);
}

const struct confident_permission *confident_permission_find(struct str id)
{
	const uint16_t *place =
	    bsearch(&id, confident_permissions_by_id, confident_n_permissions, sizeof(*place), compare_id);

	if (place)
		return &confident_permission_table[*place];
	for (size_t i = 0; i < confident_n_permissions; i++)
		if (is_spelled(&confident_permission_table[i], id))
			return &confident_permission_table[i];
	return NULL;
}

bool confident_is_permission(struct str name)
{
	/* Asked of every question that names no tenant, hence not by going through the table. */
	return bsearch(&name, confident_permission_names, confident_n_permission_names, sizeof(name), str_qsort);
}

size_t confident_permission_index(const struct confident_permission *p)
{
	return (size_t)(p - confident_permission_table);
}

/* ---- built-in roles ----------------------------------------------------------------------------------- */

static const struct str aliases[] = {
    STR_INIT("CONFIDENT_OWNER"),         STR_INIT("CONFIDENT_ADMIN"),           STR_INIT("CONFIDENT_MEMBER"),
    STR_INIT("CONFIDENT_PROJECT_OWNER"), STR_INIT("CONFIDENT_PROJECT_MANAGER"), STR_INIT("CONFIDENT_PROJECT_MEMBER"),
};

#define ROLE(upper, n, shown, says, where)                                                                             \
	{                                                                                                              \
		.doc = {.kind = DOC_ROLE, .id = STR_INIT(CONFIDENT_##upper), .aliases = {&aliases[n], 1}},             \
		.display_name = STR_INIT(shown), .description = STR_INIT(says), .is_managed = true,                    \
		.scope = STR_INIT(where)                                                                               \
	}

static const struct role roles[] = {
    ROLE(OWNER, 0, "Owner", "Owner of the organization with full access to all resources",
         ROLE_SCOPE_CONFIDENT_ORGANIZATION),
    ROLE(ADMIN, 1, "Admin", "Administers the organization", ROLE_SCOPE_CONFIDENT_ORGANIZATION),
    ROLE(MEMBER, 2, "Member", "Reads the organization and creates projects", ROLE_SCOPE_CONFIDENT_ORGANIZATION),
    ROLE(PROJECT_OWNER, 3, "Owner", "Owner of the project with full access to all resources",
         ROLE_SCOPE_CONFIDENT_PROJECT),
    ROLE(PROJECT_MANAGER, 4, "Manager", "Manages the project", ROLE_SCOPE_CONFIDENT_PROJECT),
    ROLE(PROJECT_MEMBER, 5, "Member", "Works in the project", ROLE_SCOPE_CONFIDENT_PROJECT),
};

const struct role *confident_roles(size_t *ret_n)
{
	*ret_n = N_ELEMENTS(roles);
	return roles;
}

bool confident_role_is_full(const struct role *r)
{
	return str_eq(r->doc.id, STR(CONFIDENT_OWNER)) || str_eq(r->doc.id, STR(CONFIDENT_ADMIN)) ||
	       str_eq(r->doc.id, STR(CONFIDENT_PROJECT_OWNER)) || str_eq(r->doc.id, STR(CONFIDENT_PROJECT_MANAGER));
}
