/* SPDX-License-Identifier: Apache-2.0 */
#include "api/connhex/connhex.h"

static void put_tenant(struct json_writer *w, const struct tenant *t)
{
	json_begin_object(w);
	json_put_str(w, STR("name"), str_is_absent(t->display_name) ? STR("") : t->display_name);
	json_put_str(w, STR("id"), t->doc.id);
	connhex_put_type(w, t->is_managed);
	json_end_object(w);
}

static void answer_tenant(struct api_call *call, const struct tenant *t)
{
	struct json_writer w = connhex_json_begin(call, 200);

	json_begin_object(&w);
	json_key(&w, STR("tenant"));
	put_tenant(&w, t);
	json_end_object(&w);
	connhex_json_end(call, &w);
}

static bool read_tenant(struct api_call *call, struct tenant *ret, bool *ret_skip_policies)
{
	static const char *const names[] = {"id", "name", "skip_policies", "skipPolicies", NULL};
	const char *skip;

	*ret_skip_policies = false;
	return connhex_known_fields(call, call->body, names) && api_get_str(call, call->body, "id", &ret->doc.id) &&
	       api_get_str(call, call->body, "name", &ret->display_name) &&
	       connhex_spelling(call, call->body, "skip_policies", "skipPolicies", &skip) &&
	       api_get_bool(call, call->body, skip, ret_skip_policies);
}

void connhex_tenant_list(struct api_call *call)
{
	struct iam_call c = connhex_begin(call);
	const struct tenant *const *list;
	size_t n = iam_tenant_list(&c, &list);
	struct json_writer w = connhex_json_begin(call, 200);

	json_begin_object(&w);
	json_key(&w, STR("tenants"));
	json_begin_array(&w);
	for (size_t i = 0; i < n; i++)
		put_tenant(&w, list[i]);
	json_end_array(&w);
	json_end_object(&w);
	connhex_json_end(call, &w);
}

void connhex_tenant_get(struct api_call *call)
{
	struct iam_call c = connhex_begin(call);
	const struct tenant *t;

	if (connhex_ok(call, &c, iam_tenant_get(&c, api_param(call, "id"), &t)))
		answer_tenant(call, t);
}

void connhex_tenant_create(struct api_call *call)
{
	struct iam_call c = connhex_begin(call);
	struct tenant in = {0};
	const struct tenant *t;
	bool skip_policies;

	if (read_tenant(call, &in, &skip_policies) &&
	    connhex_ok(call, &c, iam_tenant_create(&c, &in, skip_policies, &t)))
		answer_tenant(call, t);
}

void connhex_tenant_update(struct api_call *call)
{
	static const char *const names[] = {"id", "name", NULL};
	struct iam_call c = connhex_begin(call);
	struct tenant in = {.doc.id = api_param(call, "id")};
	const struct tenant *t;

	if (connhex_known_fields(call, call->body, names) && api_get_str(call, call->body, "name", &in.display_name) &&
	    connhex_ok(call, &c, iam_tenant_update(&c, &in, &t)))
		answer_tenant(call, t);
}

void connhex_tenant_delete(struct api_call *call)
{
	struct iam_call c = connhex_begin(call);

	if (connhex_ok(call, &c, iam_tenant_delete(&c, api_param(call, "id"))))
		connhex_answer_empty(call);
}
