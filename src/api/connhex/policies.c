/* SPDX-License-Identifier: Apache-2.0 */
#include "api/connhex/connhex.h"

/* ---- out --------------------------------------------------------------------------------------------- */

static void put_statement(struct json_writer *w, const struct policy_statement *s)
{
	json_begin_object(w);
	json_put_str(w, STR("effect"), s->deny ? STR("DENY") : STR("ALLOW"));
	connhex_put_list(w, "actions", s->actions);
	json_put_str(w, STR("role"), str_is_absent(s->role) ? STR("") : s->role);
	connhex_put_list(w, "resources", s->resources);
	connhex_put_list(w, "tenants", s->tenants);
	json_end_object(w);
}

static void put_policy(struct json_writer *w, const struct statement_policy *p)
{
	json_begin_object(w);
	json_put_str(w, STR("name"), p->name);
	json_put_str(w, STR("id"), p->doc.id);
	connhex_put_type(w, str_eq(p->type, STR(POLICY_TYPE_MANAGED)));
	connhex_put_list(w, "members", p->members);
	json_key(w, STR("statements"));
	json_begin_array(w);
	for (size_t i = 0; i < p->n_statements; i++)
		put_statement(w, &p->statements[i]);
	json_end_array(w);
	connhex_put_list(w, "tenants", p->tenants);
	json_end_object(w);
}

static void answer_policy(struct api_call *call, const struct statement_policy *p)
{
	struct json_writer w = connhex_json_begin(call, 200);

	json_begin_object(&w);
	json_key(&w, STR("policy"));
	put_policy(&w, p);
	json_end_object(&w);
	connhex_json_end(call, &w);
}

static void answer_members(struct api_call *call, struct str_list members)
{
	struct json_writer w = connhex_json_begin(call, 200);

	json_begin_object(&w);
	connhex_put_list(&w, "members", members);
	json_end_object(&w);
	connhex_json_end(call, &w);
}

/* ---- in ---------------------------------------------------------------------------------------------- */

static bool read_statement(struct api_call *call, const struct json *object, struct policy_statement *ret)
{
	static const char *const names[] = {"effect", "actions", "role", "resources", "tenants", NULL};

	return connhex_known_fields(call, object, names) && connhex_get_effect(call, object, &ret->deny) &&
	       api_get_strs(call, object, "actions", &ret->actions) && api_get_str(call, object, "role", &ret->role) &&
	       api_get_strs(call, object, "resources", &ret->resources) &&
	       api_get_strs(call, object, "tenants", &ret->tenants);
}

/* The body of create and update; the id of an update is the path's, whatever the body says. */
static bool read_policy(struct api_call *call, struct statement_policy *ret)
{
	static const char *const names[] = {"id", "name", "members", "statements", "tenants", NULL};
	const struct json *objects;
	struct policy_statement *statements;
	size_t n;

	if (!connhex_known_fields(call, call->body, names) || !api_get_str(call, call->body, "id", &ret->doc.id) ||
	    !api_get_str(call, call->body, "name", &ret->name) ||
	    !api_get_strs(call, call->body, "members", &ret->members) ||
	    !api_get_strs(call, call->body, "tenants", &ret->tenants) ||
	    !connhex_get_objects(call, call->body, "statements", &objects, &n))
		return false;
	statements = ARENA_ARRAY(call->arena, struct policy_statement, n);
	for (size_t i = 0; i < n; i++)
		if (!read_statement(call, &objects[i], &statements[i]))
			return false;
	ret->statements = statements;
	ret->n_statements = n;
	return true;
}

/* ---- handlers ---------------------------------------------------------------------------------------- */

void connhex_policy_list(struct api_call *call)
{
	struct iam_call c = connhex_begin(call);
	const struct statement_policy *const *list;
	size_t n = iam_policy_list(&c, &list);
	struct json_writer w = connhex_json_begin(call, 200);

	json_begin_object(&w);
	json_key(&w, STR("policies"));
	json_begin_array(&w);
	for (size_t i = 0; i < n; i++)
		put_policy(&w, list[i]);
	json_end_array(&w);
	json_end_object(&w);
	connhex_json_end(call, &w);
}

void connhex_policy_get(struct api_call *call)
{
	struct iam_call c = connhex_begin(call);
	const struct statement_policy *p;

	if (connhex_ok(call, &c, iam_policy_get(&c, api_param(call, "id"), &p)))
		answer_policy(call, p);
}

void connhex_policy_create(struct api_call *call)
{
	struct iam_call c = connhex_begin(call);
	struct statement_policy in = {0};
	const struct statement_policy *p;

	if (read_policy(call, &in) && connhex_ok(call, &c, iam_policy_create(&c, &in, &p)))
		answer_policy(call, p);
}

void connhex_policy_update(struct api_call *call)
{
	struct iam_call c = connhex_begin(call);
	struct statement_policy in = {0};
	const struct statement_policy *p;

	if (!read_policy(call, &in))
		return;
	in.doc.id = api_param(call, "id");
	if (connhex_ok(call, &c, iam_policy_update(&c, &in, &p)))
		answer_policy(call, p);
}

void connhex_policy_delete(struct api_call *call)
{
	struct iam_call c = connhex_begin(call);

	if (connhex_ok(call, &c, iam_policy_delete(&c, api_param(call, "id"))))
		connhex_answer_empty(call);
}

void connhex_members_get(struct api_call *call)
{
	struct iam_call c = connhex_begin(call);
	struct str_list members;

	if (connhex_ok(call, &c, iam_policy_members(&c, api_param(call, "id"), &members)))
		answer_members(call, members);
}

static void change_members(struct api_call *call, enum iam_member_change change)
{
	static const char *const names[] = {"id", "members", NULL};
	struct iam_call c = connhex_begin(call);
	struct str_list given, members;

	if (connhex_known_fields(call, call->body, names) && api_get_strs(call, call->body, "members", &given) &&
	    connhex_ok(call, &c, iam_policy_change_members(&c, api_param(call, "id"), change, given, &members)))
		answer_members(call, members);
}

void connhex_members_replace(struct api_call *call)
{
	change_members(call, IAM_MEMBERS_REPLACE);
}

void connhex_members_add(struct api_call *call)
{
	change_members(call, IAM_MEMBERS_ADD);
}

void connhex_members_remove(struct api_call *call)
{
	change_members(call, IAM_MEMBERS_REMOVE);
}
