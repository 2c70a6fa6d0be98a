#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Objects made by hand, member by member, as trees in an arena: messages in the canonical form of json/proto.h, where
 * what says nothing is left out. Strings and trees are borrowed. One thread.
 *
 *     struct json_object o = {.arena = a};
 *     json_object_str(&o, "id", id);
 *     const struct json *tree = json_object_end(&o);
 */
#include "json/json.h"

struct json_object {
	struct arena *arena;
	struct json_member *members;
	size_t n, cap;
};

void json_object_put(struct json_object *o, const char *name, struct json value);
/* Left out when NULL. */
void json_object_tree(struct json_object *o, const char *name, const struct json *tree);
/* Left out when absent or empty. */
void json_object_str(struct json_object *o, const char *name, struct str s);
/* Left out when false. */
void json_object_bool(struct json_object *o, const char *name, bool b);
/* Left out when 0. */
void json_object_i64(struct json_object *o, const char *name, int64_t i);
/* As RFC 3339; left out when 0. */
void json_object_time(struct json_object *o, const char *name, int64_t ms);
/* Left out when the list is empty. */
void json_object_strs(struct json_object *o, const char *name, struct str_list list);
/* The tree, in the arena; the object is not to be added to any more. */
const struct json *json_object_end(const struct json_object *o);
