/* SPDX-License-Identifier: Apache-2.0
 *
 * What all handlers read and write: members, query parameters, pages, times.
 */
#include "api/aitronos/internal.h"
#include "base/clock.h"

/* ---- strings -------------------------------------------------------------------------------------------- */

bool aitronos_get_str(struct api_call *call, const struct json *object, const char *name, struct str *ret)
{
	const struct json *j = json_get(object, str_of(name));

	if (!j || j->type == JSON_NULL) {
		*ret = STR_NONE;
		return true;
	}
	/* NUL is legal in JSON and has no place in any name of ours. */
	if (j->type != JSON_STRING || str_find(j->s, '\0', 0) != SIZE_MAX) {
		aitronos_invalid(call, name, "%s must be a string", name);
		return false;
	}
	*ret = j->s;
	return true;
}

bool aitronos_need_str(struct api_call *call, const struct json *object, const char *name, struct str *ret)
{
	struct str text;

	if (!aitronos_get_str(call, object, name, &text))
		return false;
	if (str_is_empty(text)) {
		aitronos_invalid(call, name, "%s %s", name, str_is_absent(text) ? "is required" : "must not be empty");
		return false;
	}
	*ret = text;
	return true;
}

bool aitronos_query_str(struct api_call *call, const char *name, struct str *ret)
{
	if (http_query_get(call->x, str_of(name), ret))
		return true;
	aitronos_invalid(call, name, "%s is not valid percent-encoded UTF-8", name);
	return false;
}

/* ---- choices ---------------------------------------------------------------------------------------------- */

static const struct str entity_types[] = {
    STR_INIT("knowledge_slice"),
    STR_INIT("vector_store"),
    STR_INIT("assistant"),
};
static const struct str grantee_types[] = {STR_INIT("user"), STR_INIT("department"), STR_INIT("role")};
static const struct str access_levels[] = {STR_INIT("read"), STR_INIT("write"), STR_INIT("admin")};

const struct aitronos_choice aitronos_entity_type = {"entity_type", entity_types, N_ELEMENTS(entity_types)};
const struct aitronos_choice aitronos_grantee_type = {"grantee_type", grantee_types, N_ELEMENTS(grantee_types)};
const struct aitronos_choice aitronos_access_level = {"access_level", access_levels, N_ELEMENTS(access_levels)};
static_assert(N_ELEMENTS(entity_types) + 1 == ENTITY_N_TYPES, "every entity type has its name");
static_assert(N_ELEMENTS(grantee_types) + 1 == GRANTEE_N_TYPES, "every grantee type has its name");
static_assert(N_ELEMENTS(access_levels) + 1 == ACCESS_N_LEVELS, "every level has its name");

/* The place of the text among the names, from 1; in the vendor's words when it is none of them. */
static bool choose(struct api_call *call, const struct aitronos_choice *choice, struct str text, unsigned *ret)
{
	CLEANUP(buf_releasep) struct buf all = BUF_INIT(BUF_MAX_LINE_BYTES);

	for (size_t i = 0; i < choice->n; i++) {
		if (str_eq(choice->names[i], text)) {
			*ret = (unsigned)i + 1;
			return true;
		}
		buf_add(&all, i ? STR(", '") : STR("'"));
		buf_add(&all, choice->names[i]);
		buf_add(&all, STR("'"));
	}
	aitronos_invalid(call, choice->field, "%s must be one of {" STR_FMT "}", choice->field, STR_ARG(buf_str(&all)));
	return false;
}

bool aitronos_need_choice(struct api_call *call, const struct json *object, const struct aitronos_choice *choice,
                          unsigned *ret)
{
	struct str text;

	return aitronos_need_str(call, object, choice->field, &text) && choose(call, choice, text, ret);
}

bool aitronos_query_choice(struct api_call *call, const struct aitronos_choice *choice, unsigned *ret)
{
	struct str text;

	if (!aitronos_query_str(call, choice->field, &text))
		return false;
	*ret = 0;
	return str_is_absent(text) || choose(call, choice, text, ret);
}

/* ---- lists ------------------------------------------------------------------------------------------------- */

void aitronos_enter(struct api_call *call, const char *list, size_t index)
{
	aitronos_state(call)->entry = arena_strf(call->arena, "%s.%zu.", list, index);
}

void aitronos_leave(struct api_call *call)
{
	aitronos_state(call)->entry = STR_NONE;
}

/* A number of the query from `min` to `max`; `*value` stays when it was not sent. */
static bool read_number(struct api_call *call, const char *name, uint64_t min, uint64_t max, uint64_t *value)
{
	struct str text;

	if (!aitronos_query_str(call, name, &text))
		return false;
	if (str_is_absent(text) || (str_to_u64(text, value) && *value >= min && *value <= max))
		return true;
	aitronos_invalid(call, name, "%s must be a number from %llu to %llu", name, (unsigned long long)min,
	                 (unsigned long long)max);
	return false;
}

bool aitronos_read_page(struct api_call *call, size_t default_limit, struct aitronos_page *ret)
{
	uint64_t skip = 0, limit = default_limit;

	if (!read_number(call, "skip", 0, AITRONOS_MAX_SKIP, &skip) ||
	    !read_number(call, "limit", 1, AITRONOS_MAX_LIMIT, &limit))
		return false;
	*ret = (struct aitronos_page){skip, (size_t)limit};
	return true;
}

struct json_writer aitronos_begin_list(struct api_call *call)
{
	struct json_writer w = api_json_begin(call, 200);

	json_begin_object(&w);
	json_key(&w, STR("items"));
	json_begin_array(&w);
	return w;
}

void aitronos_end_list(struct api_call *call, struct json_writer *w, const struct aitronos_page *page, size_t n,
                       uint64_t total)
{
	json_end_array(w);
	json_put_u64(w, STR("total"), total);
	json_put_u64(w, STR("skip"), page->skip);
	json_put_u64(w, STR("limit"), page->limit);
	json_put_bool(w, STR("has_more"), page->skip + n < total);
	json_end_object(w);
	api_json_end(call, w);
}

/* ---- times ------------------------------------------------------------------------------------------------- */

static struct str format_second(int64_t ms, char out[32])
{
	return time_format_rfc3339(ms - ((ms % 1000) + 1000) % 1000, out);
}

void aitronos_put_time(struct json_writer *w, const char *name, int64_t ms)
{
	char text[32];

	json_put_str(w, str_of(name), ms ? format_second(ms, text) : STR_NONE);
}

void aitronos_put_offset_time(struct json_writer *w, const char *name, int64_t ms)
{
	char text[40];
	struct str s;

	if (ms == 0) {
		json_put_str(w, str_of(name), STR_NONE);
		return;
	}
	s = format_second(ms, text);
	memcpy(text + s.len - 1, "+00:00", sizeof("+00:00")); /* in the place of "Z" */
	json_put_str(w, str_of(name), str_of(text));
}
