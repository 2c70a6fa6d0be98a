/* SPDX-License-Identifier: Apache-2.0
 *
 * From what a caller says to a question: it is put as an evaluation of AuthZEN, and read by what reads those that come
 * over the wire, so that both mean the same.
 */
#include "base/utf8.h"
#include "libdoorward/decider.h"

#define FIRST_QUESTION_SIZE (offsetof(struct doorward_question, context) + sizeof(const char *))

/* An object of at most three members; `n` of them are there. */
struct entity {
	struct json json;
	struct json_member members[3];
};

struct reader {
	struct doorward_decider *decider;
	size_t n_bytes; /* of JSON so far */
	struct error *err;
};

/* False: it is no UTF-8. Text that is not given is left out. */
static bool add_string(struct reader *r, struct entity *e, const char *name, const char *text)
{
	struct str value = text ? str_of(text) : STR_NONE;

	if (!text)
		return true;
	if (!utf8_is_valid(value)) {
		(void)error_set(r->err, DOORWARD_INVALID, "%s is not UTF-8", name);
		return false;
	}
	e->members[e->json.n++] = (struct json_member){str_of(name), {.type = JSON_STRING, .s = value}};
	return true;
}

/* NULL: `text` is, or it is not JSON, and then `*ret_ok` is false. */
static const struct json *parse(struct reader *r, const char *text, const char *what, bool *ret_ok)
{
	const struct json *tree = NULL;
	struct error cause = {0};
	size_t n = text ? strlen(text) : 0;

	if (!text || !*ret_ok)
		return NULL;
	*ret_ok = false;
	if (n > DOORWARD_MAX_QUESTION_BYTES - r->n_bytes) {
		(void)error_set(r->err, DOORWARD_INVALID, "the question is longer than %zu bytes",
		                DOORWARD_MAX_QUESTION_BYTES);
		return NULL;
	}
	r->n_bytes += n;
	if (json_parse((struct str){text, n}, &r->decider->arena, &tree, &cause) != JSON_OK) {
		(void)error_set(r->err, DOORWARD_INVALID, "%s: %s", what, cause.text);
		return NULL;
	}
	*ret_ok = true;
	return tree;
}

static bool add_properties(struct reader *r, struct entity *e, const char *text, const char *what)
{
	bool is_ok = true;
	const struct json *tree = parse(r, text, what, &is_ok);

	if (tree)
		e->members[e->json.n++] = (struct json_member){STR("properties"), *tree};
	return is_ok;
}

static const struct json *entity_json(struct entity *e)
{
	e->json.type = JSON_OBJECT;
	e->json.members = e->members;
	return &e->json;
}

bool decider_read(struct doorward_decider *d, const struct doorward_question *q, enum evaluation_part open,
                  struct ask *ret, struct error *err)
{
	struct reader r = {.decider = d, .err = err};
	struct entity *subject = ARENA_NEW(&d->arena, struct entity);
	struct entity *action = ARENA_NEW(&d->arena, struct entity);
	struct entity *resource = ARENA_NEW(&d->arena, struct entity);
	struct evaluation ev = {.open = open};
	struct doorward_question mine;
	bool is_ok = true;

	if (!public_read(&mine, sizeof(mine), q, FIRST_QUESTION_SIZE)) {
		(void)error_set(err, DOORWARD_INVALID, "the question was not initialized, or is of a newer version");
		return false;
	}
	if (!add_string(&r, subject, "type", mine.subject_type) || !add_string(&r, subject, "id", mine.subject_id) ||
	    !add_string(&r, action, "name", mine.action) || !add_string(&r, resource, "type", mine.resource_type) ||
	    !add_string(&r, resource, "id", mine.resource_id) ||
	    !add_properties(&r, subject, mine.subject_properties, "subject_properties") ||
	    !add_properties(&r, action, mine.action_properties, "action_properties") ||
	    !add_properties(&r, resource, mine.resource_properties, "resource_properties"))
		return false;
	ev.context = parse(&r, mine.context, "context", &is_ok);
	if (json_is(ev.context, JSON_NULL))
		ev.context = NULL;
	ev.subject = entity_json(subject);
	ev.action = entity_json(action);
	ev.resource = entity_json(resource);
	if (!is_ok || !ask_read(&ev, &d->arena, ret, err))
		return false;
	ret->now_ms = mine.now_ms;
	return true;
}

bool decider_read_json(struct doorward_decider *d, struct doorward_text json, int64_t now_ms, struct ask *ret,
                       struct error *err)
{
	struct evaluation ev = {.open = PART_NONE};
	const struct json *tree;

	if (!json.ptr || json.len > DOORWARD_MAX_QUESTION_BYTES) {
		(void)error_set(err, DOORWARD_INVALID, "the question is missing, or longer than %zu bytes",
		                DOORWARD_MAX_QUESTION_BYTES);
		return false;
	}
	if (json_parse((struct str){json.ptr, json.len}, &d->arena, &tree, err) != JSON_OK)
		return false;
	if (tree->type != JSON_OBJECT) {
		(void)error_set(err, DOORWARD_INVALID, "the question must be a JSON object");
		return false;
	}
	evaluation_take(&ev, tree);
	if (!ask_read(&ev, &d->arena, ret, err))
		return false;
	ret->now_ms = now_ms;
	return true;
}
