/* SPDX-License-Identifier: Apache-2.0 */
#include "case-store.h"

#define ALL_TENANTS STR("~~ALL-PROJECTS~~")

struct str case_str(const json_t *string)
{
	return json_is_string(string) ? (struct str){json_string_value(string), json_string_length(string)} : STR("");
}

struct str_list case_list(struct arena *a, const json_t *array)
{
	size_t n = json_array_size(array);
	struct str *items = ARENA_ARRAY(a, struct str, n);

	for (size_t i = 0; i < n; i++)
		items[i] = case_str(json_array_get(array, i));
	return (struct str_list){items, n};
}

void case_set_subjects(struct query *q, struct arena *a, const json_t *array)
{
	size_t n = json_array_size(array);
	struct subject *subjects = ARENA_ARRAY(a, struct subject, n);

	for (size_t i = 0; i < n; i++)
		subjects[i].text = case_str(json_array_get(array, i));
	q->subjects = subjects;
	q->n_subjects = n;
}

void case_store_init(struct case_store *s)
{
	*s = (struct case_store){0};
	twin_init(&s->twin, 1);
}

void case_store_release(struct case_store *s)
{
	twin_release(&s->twin);
	json_decref(s->owned);
	arena_release(&s->arena);
}

static void put(struct case_store *s, const struct statement_set *set)
{
	twin_change(&s->twin, &(struct change){.type = CHANGE_PUT, .set = *set}, 1);
}

/* ---- policies ---- */

static struct str_list actions_of(struct arena *a, const json_t *statement, const json_t *roles)
{
	struct str_list own = case_list(a, json_object_get(statement, "actions"));
	const char *role = json_string_value(json_object_get(statement, "role"));
	struct str_list of_role = case_list(a, role ? json_object_get(roles, role) : NULL);
	struct str *items = ARENA_ARRAY(a, struct str, own.n + of_role.n);

	for (size_t i = 0; i < own.n; i++)
		items[i] = own.items[i];
	for (size_t i = 0; i < of_role.n; i++)
		items[own.n + i] = of_role.items[i];
	return (struct str_list){items, own.n + of_role.n};
}

static bool names_all(struct str_list tenants)
{
	for (size_t i = 0; i < tenants.n; i++)
		if (str_eq(tenants.items[i], ALL_TENANTS))
			return true;
	return false;
}

static struct statement read_statement(struct arena *a, const json_t *statement, const json_t *roles)
{
	struct statement st = {
	    .effect = str_eq(case_str(json_object_get(statement, "effect")), STR("deny")) ? EFFECT_DENY : EFFECT_ALLOW,
	    .actions = actions_of(a, statement, roles),
	    .resources = case_list(a, json_object_get(statement, "resources")),
	    .tenants = case_list(a, json_object_get(statement, "projects")),
	    .valid_from_ms = INT64_MIN,
	    .valid_until_ms = INT64_MAX,
	};

	st.all_tenants = names_all(st.tenants);
	return st;
}

static void put_policy(struct case_store *s, const json_t *policy, const json_t *roles)
{
	const json_t *list = json_object_get(policy, "statements");
	size_t n = json_array_size(list);
	struct statement *statements = ARENA_ARRAY(&s->arena, struct statement, n);
	bool is_system = str_eq(case_str(json_object_get(policy, "type")), STR("system"));

	for (size_t i = 0; i < n; i++)
		statements[i] = read_statement(&s->arena, json_array_get(list, i), roles);
	put(s, &(struct statement_set){
	           .kind = is_system ? CASE_KIND_SYSTEM : CASE_KIND_CUSTOM,
	           .id = case_str(json_object_get(policy, "id")),
	           .subjects = case_list(&s->arena, json_object_get(policy, "members")),
	           .statements = statements,
	           .n_statements = n,
	       });
}

void case_store_put_policies(struct case_store *s, const json_t *policies, const json_t *roles)
{
	for (size_t i = 0; i < json_array_size(policies); i++)
		put_policy(s, json_array_get(policies, i), roles);
}

void case_store_add_tenants(struct case_store *s, const json_t *ids)
{
	for (size_t i = 0; i < json_array_size(ids); i++)
		twin_change(&s->twin,
		            &(struct change){.type = CHANGE_ADD_TENANT, .tenant = case_str(json_array_get(ids, i))}, 1);
}

void case_store_put_one(struct case_store *s, const struct case_statement *what)
{
	struct statement *st = ARENA_NEW(&s->arena, struct statement);
	struct str *words = ARENA_ARRAY(&s->arena, struct str, 3);

	words[0] = str_is_absent(what->subject) ? STR("*") : what->subject;
	words[1] = str_is_absent(what->action) ? STR("*") : what->action;
	words[2] = str_is_absent(what->resource) ? STR("*") : what->resource;
	*st = (struct statement){
	    .effect = EFFECT_ALLOW,
	    .actions = {&words[1], 1},
	    .resources = {&words[2], 1},
	    .tenants = what->tenants,
	    .all_tenants = what->all_tenants,
	    .valid_from_ms = INT64_MIN,
	    .valid_until_ms = INT64_MAX,
	};
	put(s, &(struct statement_set){.id = STR("p"), .subjects = {words, 1}, .statements = st, .n_statements = 1});
}

/* ---- the shipped policies ---- */

static json_t *roles_by_id(const json_t *roles)
{
	json_t *by_id = json_object();

	for (size_t i = 0; i < json_array_size(roles); i++) {
		const json_t *role = json_array_get(roles, i);

		json_object_set(by_id, json_string_value(json_object_get(role, "id")),
		                json_object_get(role, "actions"));
	}
	return by_id;
}

void case_store_put_defaults(struct case_store *s, const json_t *defaults)
{
	static const char *const personas[][2] = {
	    {"editor-access", "user:local:editor"},
	    {"viewer-access", "user:local:viewer"},
	};
	json_t *roles = roles_by_id(json_object_get(defaults, "roles"));
	json_t *policies = json_deep_copy(json_object_get(defaults, "policies"));

	for (size_t i = 0; i < json_array_size(policies); i++) {
		json_t *policy = json_array_get(policies, i);

		for (size_t k = 0; k < N_ELEMENTS(personas); k++)
			if (str_eq(case_str(json_object_get(policy, "id")), str_of(personas[k][0])))
				json_array_append_new(json_object_get(policy, "members"), json_string(personas[k][1]));
	}
	json_array_append_new(policies,
	                      json_pack("{s:s, s:s, s:[s], s:[{s:s, s:s, s:[s], s:[s]}]}", "id", "p-project-owners",
	                                "type", "custom", "members", "user:local:project-owner", "statements", "effect",
	                                "allow", "role", "project-owner", "resources", "*", "projects", "p"));
	s->owned = policies;
	case_store_put_policies(s, json_object_get(defaults, "system_policies_hidden"), roles);
	case_store_put_policies(s, policies, roles);
	twin_change(&s->twin, &(struct change){.type = CHANGE_ADD_TENANT, .tenant = STR("p")}, 1);
	json_decref(roles);
}
