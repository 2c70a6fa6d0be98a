/* SPDX-License-Identifier: Apache-2.0 */
#include "api/connhex/connhex.h"

static void put_role(struct json_writer *w, const struct role *role)
{
	json_begin_object(w);
	json_put_str(w, STR("name"), str_is_absent(role->display_name) ? STR("") : role->display_name);
	json_put_str(w, STR("id"), role->doc.id);
	connhex_put_type(w, role->is_managed);
	connhex_put_list(w, "actions", role->actions);
	connhex_put_list(w, "tenants", role->tenants);
	json_end_object(w);
}

static void answer_role(struct api_call *call, const struct role *role)
{
	struct json_writer w = connhex_json_begin(call, 200);

	json_begin_object(&w);
	json_key(&w, STR("role"));
	put_role(&w, role);
	json_end_object(&w);
	connhex_json_end(call, &w);
}

static bool read_role(struct api_call *call, struct role *ret)
{
	static const char *const names[] = {"id", "name", "actions", "tenants", NULL};

	return connhex_known_fields(call, call->body, names) && api_get_str(call, call->body, "id", &ret->doc.id) &&
	       api_get_str(call, call->body, "name", &ret->display_name) &&
	       api_get_strs(call, call->body, "actions", &ret->actions) &&
	       api_get_strs(call, call->body, "tenants", &ret->tenants);
}

void connhex_role_list(struct api_call *call)
{
	struct iam_call c = connhex_begin(call);
	const struct role *const *list;
	size_t n = iam_role_list(&c, &list);
	struct json_writer w = connhex_json_begin(call, 200);

	json_begin_object(&w);
	json_key(&w, STR("roles"));
	json_begin_array(&w);
	for (size_t i = 0; i < n; i++)
		put_role(&w, list[i]);
	json_end_array(&w);
	json_end_object(&w);
	connhex_json_end(call, &w);
}

void connhex_role_get(struct api_call *call)
{
	struct iam_call c = connhex_begin(call);
	const struct role *role;

	if (connhex_ok(call, &c, iam_role_get(&c, api_param(call, "id"), &role)))
		answer_role(call, role);
}

void connhex_role_create(struct api_call *call)
{
	struct iam_call c = connhex_begin(call);
	struct role in = {0};
	const struct role *role;

	if (read_role(call, &in) && connhex_ok(call, &c, iam_role_create(&c, &in, &role)))
		answer_role(call, role);
}

void connhex_role_update(struct api_call *call)
{
	struct iam_call c = connhex_begin(call);
	struct role in = {0};
	const struct role *role;

	if (!read_role(call, &in))
		return;
	in.doc.id = api_param(call, "id");
	if (connhex_ok(call, &c, iam_role_update(&c, &in, &role)))
		answer_role(call, role);
}

void connhex_role_delete(struct api_call *call)
{
	struct iam_call c = connhex_begin(call);

	if (connhex_ok(call, &c, iam_role_delete(&c, api_param(call, "id"))))
		connhex_answer_empty(call);
}
