/* SPDX-License-Identifier: Apache-2.0
 *
 * Proto JSON in: null is the default, enums come as names or numbers, fields in either spelling.
 */
#include "api/connhex/connhex.h"

static bool is_one_of(struct str name, const char *const *names)
{
	for (; *names; names++)
		if (str_eq(name, str_of(*names)))
			return true;
	return false;
}

bool connhex_known_fields(struct api_call *call, const struct json *object, const char *const *names)
{
	if (!service_options(call->service)->connhex_strict)
		return true;
	for (uint32_t i = 0; i < object->n; i++)
		if (!is_one_of(object->members[i].name, names)) {
			api_fail(call, SERVICE_INVALID, 0, "unknown field \"" STR_FMT "\"",
			         STR_ARG(object->members[i].name));
			return false;
		}
	return true;
}

bool connhex_spelling(struct api_call *call, const struct json *object, const char *snake, const char *camel,
                      const char **ret_name)
{
	bool has_camel = json_get(object, str_of(camel)) != NULL;

	if (has_camel && json_get(object, str_of(snake))) {
		api_fail(call, SERVICE_INVALID, 0, "\"%s\" and \"%s\" are the same field", snake, camel);
		return false;
	}
	*ret_name = has_camel ? camel : snake;
	return true;
}

bool connhex_get_objects(struct api_call *call, const struct json *object, const char *name, const struct json **ret,
                         size_t *ret_n)
{
	const struct json *list = json_get(object, str_of(name));

	*ret = NULL;
	*ret_n = 0;
	if (!list || list->type == JSON_NULL)
		return true;
	if (list->type == JSON_ARRAY) {
		uint32_t n = 0;

		while (n < list->n && list->items[n].type == JSON_OBJECT)
			n++;
		if (n == list->n) {
			*ret = list->items;
			*ret_n = n;
			return true;
		}
	}
	api_fail(call, SERVICE_INVALID, 0, "\"%s\" must be an array of objects", name);
	return false;
}

/* The number of an enum value, however JSON spells it; -1: not a small integer. */
static int64_t enum_number(const struct json *j)
{
	if (j->type == JSON_INT)
		return j->i;
	if (j->type == JSON_DOUBLE && (j->d == 0.0 || j->d == 1.0))
		return (int64_t)j->d;
	return -1;
}

bool connhex_get_effect(struct api_call *call, const struct json *object, bool *ret_deny)
{
	const struct json *j = json_get(object, STR("effect"));

	*ret_deny = false;
	if (!j || j->type == JSON_NULL || str_eq(json_str(j), STR("ALLOW")) || enum_number(j) == 0)
		return true;
	*ret_deny = true;
	if (str_eq(json_str(j), STR("DENY")) || enum_number(j) == 1)
		return true;
	api_fail(call, SERVICE_INVALID, 0, "\"effect\" must be \"ALLOW\" or \"DENY\"");
	return false;
}
