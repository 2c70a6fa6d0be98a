/* SPDX-License-Identifier: Apache-2.0 */
#include "json/object.h"

#include "base/clock.h"

void json_object_put(struct json_object *o, const char *name, struct json value)
{
	ARENA_ROOM(o->arena, o->members, o->n, &o->cap);
	o->members[o->n++] = (struct json_member){str_of(name), value};
}

void json_object_tree(struct json_object *o, const char *name, const struct json *tree)
{
	if (tree)
		json_object_put(o, name, *tree);
}

void json_object_str(struct json_object *o, const char *name, struct str s)
{
	if (!str_is_empty(s))
		json_object_put(o, name, (struct json){.type = JSON_STRING, .s = s});
}

void json_object_bool(struct json_object *o, const char *name, bool b)
{
	if (b)
		json_object_put(o, name, (struct json){.type = JSON_BOOL, .b = true});
}

void json_object_i64(struct json_object *o, const char *name, int64_t i)
{
	if (i)
		json_object_put(o, name, (struct json){.type = JSON_INT, .i = i});
}

void json_object_time(struct json_object *o, const char *name, int64_t ms)
{
	char text[32];

	if (ms)
		json_object_str(o, name, arena_str(o->arena, time_format_rfc3339(ms, text)));
}

void json_object_strs(struct json_object *o, const char *name, struct str_list list)
{
	struct json *items = ARENA_ARRAY(o->arena, struct json, list.n);

	if (list.n == 0)
		return;
	assert(list.n <= UINT32_MAX);
	for (size_t i = 0; i < list.n; i++)
		items[i] = (struct json){.type = JSON_STRING, .s = list.items[i]};
	json_object_put(o, name, (struct json){.type = JSON_ARRAY, .n = (uint32_t)list.n, .items = items});
}

const struct json *json_object_end(const struct json_object *o)
{
	struct json *tree = ARENA_NEW(o->arena, struct json);

	assert(o->n <= UINT32_MAX);
	*tree = (struct json){.type = JSON_OBJECT, .n = (uint32_t)o->n, .members = o->members};
	return tree;
}
