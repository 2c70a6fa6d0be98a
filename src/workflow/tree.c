/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "json/proto.h"
#include "workflow/internal.h"

struct json_member member_str(const char *name, struct str s)
{
	return (struct json_member){str_of(name), {.type = JSON_STRING, .s = s}};
}

struct json_member member_strs(struct arena *a, const char *name, struct str_list list)
{
	struct json *items = ARENA_ARRAY(a, struct json, list.n);

	for (size_t i = 0; i < list.n; i++)
		items[i] = (struct json){.type = JSON_STRING, .s = list.items[i]};
	return (struct json_member){str_of(name), {.type = JSON_ARRAY, .n = (uint32_t)list.n, .items = items}};
}

struct json_member member_bool(const char *name, bool b)
{
	return (struct json_member){str_of(name), {.type = JSON_BOOL, .b = b}};
}

struct json_member member_i64(const char *name, int64_t v)
{
	return (struct json_member){str_of(name), {.type = JSON_INT, .i = v}};
}

struct json_member member_tree(const char *name, const struct json *tree)
{
	return (struct json_member){str_of(name), tree ? *tree : (struct json){.type = JSON_NULL}};
}

struct json_member member_time(struct arena *a, const char *name, int64_t ms)
{
	char text[32];

	return member_str(name, ms ? arena_str(a, time_format_rfc3339(ms, text)) : STR_NONE);
}

static bool says_something(const struct json *value)
{
	switch (value->type) {
	case JSON_NULL:
		return false;
	case JSON_BOOL:
		return value->b;
	case JSON_INT:
		return value->i != 0;
	case JSON_STRING:
		return value->s.len != 0;
	case JSON_ARRAY:
		return value->n != 0;
	case JSON_UINT:
	case JSON_DOUBLE:
	case JSON_OBJECT:
		break;
	}
	return true;
}

const struct json *tree_object(struct arena *a, const struct json_member *members, size_t n)
{
	struct json_member *kept = ARENA_ARRAY(a, struct json_member, n);
	struct json *object = ARENA_NEW(a, struct json);

	object->type = JSON_OBJECT;
	object->members = kept;
	for (size_t i = 0; i < n; i++)
		if (says_something(&members[i].value))
			kept[object->n++] = members[i];
	return object;
}

struct str_list tree_strs(struct arena *a, const struct json *array)
{
	struct strs l = {.arena = a};

	for (uint32_t i = 0; json_is(array, JSON_ARRAY) && i < array->n; i++)
		if (array->items[i].type == JSON_STRING)
			strs_add(&l, array->items[i].s);
	return strs_list(&l);
}

bool tree_bool(const struct json *object, const char *name)
{
	const struct json *value = json_get(object, str_of(name));

	return json_is(value, JSON_BOOL) && value->b;
}

int64_t tree_i64(const struct json *object, const char *name)
{
	const struct json *value = json_get(object, str_of(name));

	return json_is(value, JSON_INT) ? value->i : 0;
}

int64_t tree_duration(const struct json *object, const char *name)
{
	int64_t ms;

	return proto_duration_parse(json_get_str(object, str_of(name)), &ms) ? ms : 0;
}

const struct json *tree_arm(const struct json *object, const char *const *names, size_t n, size_t *ret_index)
{
	for (size_t i = 0; i < n; i++) {
		const struct json *arm = json_get(object, str_of(names[i]));

		if (json_is(arm, JSON_OBJECT)) {
			*ret_index = i;
			return arm;
		}
	}
	return NULL;
}

/* ---- what is recorded ------------------------------------------------------------------------------------- */

void flow_record(struct flow *f, const char *kind, struct str user, const struct json *message)
{
	ARENA_ROOM(f->w->arena, f->events, f->n_events, &f->cap_events);
	f->events[f->n_events++] = (struct request_event){
	    .request = f->r.doc.id,
	    .kind = str_of(kind),
	    .user = user,
	    .state = f->r.state,
	    .message = message,
	};
	f->r.n_events++;
}

void flow_record_error(struct flow *f, const char *kind, struct str user, const struct json *message)
{
	flow_record(f, kind, user, message);
	f->events[f->n_events - 1].is_error = true;
}

void flow_record_step(struct flow *f, const char *kind, const struct request_step *step)
{
	flow_record(
	    f, kind, STR_NONE,
	    OBJECT(f->w->arena, member_str("policyStepId", step->id), member_bool("isOver", step->state == STEP_DONE)));
}

void flow_comment(struct flow *f, struct str user, struct str comment)
{
	if (str_is_empty(comment))
		return;
	flow_record(f, "comment", user, OBJECT(f->w->arena, member_str("comment", comment)));
	f->r.n_comments++;
}
