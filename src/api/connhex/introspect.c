/* SPDX-License-Identifier: Apache-2.0 */
#include "api/connhex/connhex.h"

static bool read_pairs(struct api_call *call, const struct iam_pair **ret, size_t *ret_n)
{
	static const char *const names[] = {"pairs", NULL}, *const pair_names[] = {"resource", "action", NULL};
	const struct json *objects;
	struct iam_pair *pairs;
	size_t n;

	if (!connhex_known_fields(call, call->body, names) ||
	    !connhex_get_objects(call, call->body, "pairs", &objects, &n))
		return false;
	pairs = ARENA_ARRAY(call->arena, struct iam_pair, n);
	for (size_t i = 0; i < n; i++)
		if (!connhex_known_fields(call, &objects[i], pair_names) ||
		    !api_get_str(call, &objects[i], "resource", &pairs[i].resource) ||
		    !api_get_str(call, &objects[i], "action", &pairs[i].action))
			return false;
	*ret = pairs;
	*ret_n = n;
	return true;
}

void connhex_introspect_pairs(struct api_call *call)
{
	struct iam_call c = connhex_begin(call);
	const struct iam_pair *asked, *allowed;
	size_t n;
	struct json_writer w;

	if (!read_pairs(call, &asked, &n) || !connhex_ok(call, &c, iam_introspect_pairs(&c, asked, n, &allowed, &n)))
		return;
	w = connhex_json_begin(call, 200);
	json_begin_object(&w);
	json_key(&w, STR("pairs"));
	json_begin_array(&w);
	for (size_t i = 0; i < n; i++) {
		json_begin_object(&w);
		json_put_str(&w, STR("resource"), allowed[i].resource);
		json_put_str(&w, STR("action"), allowed[i].action);
		json_end_object(&w);
	}
	json_end_array(&w);
	json_end_object(&w);
	connhex_json_end(call, &w);
}
