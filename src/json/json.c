/* SPDX-License-Identifier: Apache-2.0 */
#include "json/json.h"

#include "json/parse.h"

/* The first name that occurs twice, or the absent string. Small objects are compared pairwise, larger ones sorted. */
static struct str doubled_name(const struct json *object)
{
	struct str found = STR_NONE;

	if (object->n <= 12) {
		for (uint32_t i = 1; i < object->n; i++)
			for (uint32_t k = 0; k < i; k++)
				if (str_eq(object->members[i].name, object->members[k].name))
					return object->members[i].name;
		return found;
	}
	struct str *names = mem_calloc(object->n, sizeof(*names));
	for (uint32_t i = 0; i < object->n; i++)
		names[i] = object->members[i].name;
	qsort(names, object->n, sizeof(*names), str_qsort);
	for (uint32_t i = 1; i < object->n && str_is_absent(found); i++)
		if (str_eq(names[i - 1], names[i]))
			found = names[i];
	free(names);
	return found;
}

/*
 * A depth-first walk without recursion, shared by what visits whole trees. The stack holds one entry for each open
 * array or object; trees are never deeper than JSON_MAX_DEPTH.
 */
struct walk {
	struct {
		const struct json *node;
		uint32_t next;
	} stack[JSON_MAX_DEPTH];
	uint32_t depth;
};

static bool is_open(const struct json *j)
{
	return j->type == JSON_ARRAY || j->type == JSON_OBJECT;
}

static void walk_enter(struct walk *w, const struct json *j)
{
	assert(w->depth < JSON_MAX_DEPTH);
	w->stack[w->depth].node = j;
	w->stack[w->depth++].next = 0;
}

static int check_names(const struct json *root, struct error *err)
{
	struct walk w NO_INIT;

	w.depth = 0;
	if (is_open(root))
		walk_enter(&w, root);
	while (w.depth) {
		const struct json *j = w.stack[w.depth - 1].node;
		uint32_t i = w.stack[w.depth - 1].next++;

		if (i == 0 && j->type == JSON_OBJECT) {
			struct str name = doubled_name(j);
			if (!str_is_absent(name))
				return error_set(err, JSON_DUPLICATE_KEY, "duplicate member name \"" STR_FMT "\"",
				                 STR_ARG(str_slice(name, 0, 64)));
		}
		if (i == j->n) {
			w.depth--;
			continue;
		}
		const struct json *child = j->type == JSON_OBJECT ? &j->members[i].value : &j->items[i];
		if (is_open(child))
			walk_enter(&w, child);
	}
	return JSON_OK;
}

int json_parse(struct str text, struct arena *a, const struct json **ret_json, struct error *err)
{
	struct json *root = ARENA_NEW(a, struct json);
	int r = json_parse_raw(text, a, root, err);

	if (r == JSON_OK)
		r = check_names(root, err);
	if (r == JSON_OK)
		*ret_json = root;
	return r;
}

const struct json *json_get(const struct json *object, struct str name)
{
	if (!json_is(object, JSON_OBJECT))
		return NULL;
	for (uint32_t i = 0; i < object->n; i++)
		if (str_eq(object->members[i].name, name))
			return &object->members[i].value;
	return NULL;
}

struct str json_str(const struct json *j)
{
	return json_is(j, JSON_STRING) ? j->s : STR_NONE;
}

struct str json_get_str(const struct json *object, struct str name)
{
	return json_str(json_get(object, name));
}

/* Copies one node; its children are still those of the original. */
static struct json copy_node(struct arena *a, const struct json *j)
{
	struct json c = *j;

	if (j->type == JSON_STRING) {
		c.s = arena_str(a, j->s);
	} else if (j->type == JSON_ARRAY) {
		struct json *items = ARENA_ARRAY(a, struct json, j->n);
		if (j->n)
			memcpy(items, j->items, j->n * sizeof(*items));
		c.items = items;
	} else if (j->type == JSON_OBJECT) {
		struct json_member *members = ARENA_ARRAY(a, struct json_member, j->n);
		for (uint32_t i = 0; i < j->n; i++) {
			members[i].name = arena_str(a, j->members[i].name);
			members[i].value = j->members[i].value;
		}
		c.members = members;
	}
	return c;
}

const struct json *json_copy(struct arena *a, const struct json *j)
{
	struct json *root;
	struct {
		struct json *node; /* a copy whose children are to be copied, from `next` on */
		uint32_t next;
	} stack[JSON_MAX_DEPTH] NO_INIT;
	uint32_t depth = 0;

	if (!j)
		return NULL;
	root = ARENA_NEW(a, struct json);
	*root = copy_node(a, j);
	if (is_open(root)) {
		stack[depth].node = root;
		stack[depth++].next = 0;
	}
	while (depth) {
		struct json *node = stack[depth - 1].node;
		uint32_t i = stack[depth - 1].next++;

		if (i == node->n) {
			depth--;
			continue;
		}
		/* The child arrays were allocated by copy_node() above: ours to write. */
		struct json *child = node->type == JSON_OBJECT ? (struct json *)(uintptr_t)&node->members[i].value
		                                               : (struct json *)(uintptr_t)&node->items[i];
		*child = copy_node(a, child);
		if (is_open(child)) {
			assert(depth < JSON_MAX_DEPTH);
			stack[depth].node = child;
			stack[depth++].next = 0;
		}
	}
	return root;
}

static bool is_number(const struct json *j)
{
	return j->type == JSON_INT || j->type == JSON_UINT || j->type == JSON_DOUBLE;
}

static long double number(const struct json *j)
{
	if (j->type == JSON_INT)
		return (long double)j->i;
	return j->type == JSON_UINT ? (long double)j->u : (long double)j->d;
}

/* Equality of two nodes without their children. */
static bool shallow_equal(const struct json *a, const struct json *b)
{
	if (is_number(a) && is_number(b)) {
		long double x = number(a), y = number(b);
		return !(x < y) && !(x > y);
	}
	if (a->type != b->type)
		return false;
	switch (a->type) {
	case JSON_BOOL:
		return a->b == b->b;
	case JSON_STRING:
		return str_eq(a->s, b->s);
	case JSON_ARRAY:
	case JSON_OBJECT:
		return a->n == b->n;
	case JSON_NULL:
	case JSON_INT:
	case JSON_UINT:
	case JSON_DOUBLE:
		break;
	}
	return true;
}

bool json_equal(const struct json *a, const struct json *b)
{
	struct {
		const struct json *a, *b;
		uint32_t next;
	} stack[JSON_MAX_DEPTH] NO_INIT;
	uint32_t depth = 0;

	for (;;) {
		if (!a || !b || !shallow_equal(a, b))
			return a == b;
		if (is_open(a)) {
			assert(depth < JSON_MAX_DEPTH);
			stack[depth].a = a;
			stack[depth].b = b;
			stack[depth++].next = 0;
		}
		while (depth && stack[depth - 1].next == stack[depth - 1].a->n)
			depth--;
		if (!depth)
			return true;
		const struct json *x = stack[depth - 1].a, *y = stack[depth - 1].b;
		uint32_t i = stack[depth - 1].next++;
		a = x->type == JSON_OBJECT ? &x->members[i].value : &x->items[i];
		b = x->type == JSON_OBJECT ? json_get(y, x->members[i].name) : &y->items[i];
		if (!b)
			return false;
	}
}
