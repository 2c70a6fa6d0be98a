/* SPDX-License-Identifier: Apache-2.0
 *
 * Types: making, comparing, printing, reading. Whoever walks through one keeps what is left to do in an array of
 * CEL_TYPE_MAX_SIZE, which no type can fill.
 */
#include "expr/env.h"

#define SIMPLE(of)                                                                                                     \
	{                                                                                                              \
		.kind = (of), .size = 1                                                                                \
	}

const struct cel_type cel_type_dyn = SIMPLE(CEL_TYPE_DYN), cel_type_error = SIMPLE(CEL_TYPE_ERROR),
                      cel_type_null = SIMPLE(CEL_TYPE_NULL), cel_type_bool = SIMPLE(CEL_TYPE_BOOL),
                      cel_type_int = SIMPLE(CEL_TYPE_INT), cel_type_uint = SIMPLE(CEL_TYPE_UINT),
                      cel_type_double = SIMPLE(CEL_TYPE_DOUBLE), cel_type_string = SIMPLE(CEL_TYPE_STRING),
                      cel_type_bytes = SIMPLE(CEL_TYPE_BYTES), cel_type_timestamp = SIMPLE(CEL_TYPE_TIMESTAMP),
                      cel_type_duration = SIMPLE(CEL_TYPE_DURATION), cel_type_type = SIMPLE(CEL_TYPE_TYPE);
const struct cel_type cel_type_list_dyn = {.kind = CEL_TYPE_LIST, .n_params = 1, .size = 2, .params = {&cel_type_dyn}};
const struct cel_type cel_type_map_dyn = {
    .kind = CEL_TYPE_MAP, .n_params = 2, .size = 3, .params = {&cel_type_dyn, &cel_type_dyn}};
const struct cel_type cel_type_optional_dyn = {
    .kind = CEL_TYPE_OPTIONAL, .n_params = 1, .size = 2, .params = {&cel_type_dyn}};
const struct cel_type cel_type_ip = {.kind = CEL_TYPE_ABSTRACT, .size = 1, .name = STR_INIT("net.IP")};
const struct cel_type cel_type_cidr = {.kind = CEL_TYPE_ABSTRACT, .size = 1, .name = STR_INIT("net.CIDR")};

/* The words for types without parameters: the first of a kind is printed, all are read. */
static const struct {
	struct str name;
	const struct cel_type *type;
} words[] = {
    {STR_INIT("dyn"), &cel_type_dyn},
    {STR_INIT("!error!"), &cel_type_error},
    {STR_INIT("null"), &cel_type_null},
    {STR_INIT("bool"), &cel_type_bool},
    {STR_INIT("int"), &cel_type_int},
    {STR_INIT("uint"), &cel_type_uint},
    {STR_INIT("double"), &cel_type_double},
    {STR_INIT("string"), &cel_type_string},
    {STR_INIT("bytes"), &cel_type_bytes},
    {STR_INIT("timestamp"), &cel_type_timestamp},
    {STR_INIT("duration"), &cel_type_duration},
    {STR_INIT("list"), &cel_type_list_dyn},
    {STR_INIT("map"), &cel_type_map_dyn},
    {STR_INIT("type"), &cel_type_type},
    {STR_INIT("optional_type"), &cel_type_optional_dyn},
    {STR_INIT("null_type"), &cel_type_null},
    {STR_INIT("any"), &cel_type_dyn},
    {STR_INIT("google.protobuf.Timestamp"), &cel_type_timestamp},
    {STR_INIT("google.protobuf.Duration"), &cel_type_duration},
    {STR_INIT("net.IP"), &cel_type_ip},
    {STR_INIT("net.CIDR"), &cel_type_cidr},
};

/* ---- making ----------------------------------------------------------------------------------------------- */

static const struct cel_type *make(struct arena *a, struct cel_type t)
{
	struct cel_type *new;

	t.size = 1;
	for (uint32_t i = 0; i < t.n_params; i++)
		t.size += t.params[i]->size ? t.params[i]->size : 1;
	if (t.size > CEL_TYPE_MAX_SIZE)
		return &cel_type_dyn;
	new = arena_alloc(a, sizeof(*new));
	*new = t;
	return new;
}

const struct cel_type *cel_type_list(struct arena *a, const struct cel_type *of)
{
	return make(a, (struct cel_type){.kind = CEL_TYPE_LIST, .n_params = 1, .params = {of}});
}

const struct cel_type *cel_type_map(struct arena *a, const struct cel_type *key, const struct cel_type *value)
{
	return make(a, (struct cel_type){.kind = CEL_TYPE_MAP, .n_params = 2, .params = {key, value}});
}

const struct cel_type *cel_type_optional(struct arena *a, const struct cel_type *of)
{
	return make(a, (struct cel_type){.kind = CEL_TYPE_OPTIONAL, .n_params = 1, .params = {of}});
}

const struct cel_type *cel_type_type_of(struct arena *a, const struct cel_type *of)
{
	return make(a, (struct cel_type){.kind = CEL_TYPE_TYPE, .n_params = 1, .params = {of}});
}

const struct cel_type *cel_type_param(struct arena *a, struct str name)
{
	return make(a, (struct cel_type){.kind = CEL_TYPE_PARAM, .name = arena_str(a, name)});
}

const struct cel_type *cel_type_abstract(struct arena *a, struct str name, const struct cel_type *const *params,
                                         size_t n)
{
	struct cel_type t = {.kind = CEL_TYPE_ABSTRACT, .n_params = (uint32_t)n, .name = arena_str(a, name)};

	assert(n <= CEL_TYPE_MAX_PARAMS);
	for (size_t i = 0; i < n; i++)
		t.params[i] = params[i];
	return make(a, t);
}

const struct cel_type *cel_type_with_params(struct arena *a, const struct cel_type *t,
                                            const struct cel_type *const *params)
{
	struct cel_type copy = *t;

	for (uint32_t i = 0; i < t->n_params; i++)
		copy.params[i] = params[i];
	return make(a, copy);
}

/* ---- comparing -------------------------------------------------------------------------------------------- */

static bool is_same_but_params(const struct cel_type *a, const struct cel_type *b)
{
	return a->kind == b->kind && a->n_params == b->n_params && a->number == b->number && str_eq(a->name, b->name);
}

bool cel_type_equal(const struct cel_type *a, const struct cel_type *b)
{
	const struct cel_type *left[CEL_TYPE_MAX_SIZE] NO_INIT, *right[CEL_TYPE_MAX_SIZE] NO_INIT;
	size_t n = 0;

	if (a == b)
		return true;
	left[n] = a;
	right[n++] = b;
	while (n > 0) {
		a = left[--n];
		b = right[n];
		if (a == b)
			continue;
		if (!is_same_but_params(a, b))
			return false;
		for (uint32_t i = a->n_params; i-- > 0;) {
			left[n] = a->params[i];
			right[n++] = b->params[i];
		}
	}
	return true;
}

/* ---- printing --------------------------------------------------------------------------------------------- */

static struct str word_of(const struct cel_type *t)
{
	for (size_t i = 0; i < N_ELEMENTS(words); i++)
		if (words[i].type->kind == t->kind)
			return words[i].name;
	return t->name;
}

void cel_type_print(struct buf *out, const struct cel_type *t)
{
	/* What is left to print: a type, or NULL for the end of one. */
	const struct cel_type *todo[2 * CEL_TYPE_MAX_SIZE] NO_INIT;
	size_t n = 0;
	bool follows = false; /* another one of the same parent */

	todo[n++] = t;
	while (n > 0) {
		t = todo[--n];
		if (!t) {
			buf_add(out, STR(")"));
			follows = true;
			continue;
		}
		if (follows)
			buf_add(out, STR(", "));
		if (t->kind == CEL_TYPE_VARIABLE)
			buf_addf(out, "_var%u", t->number);
		else
			buf_add(out, str_is_absent(t->name) ? word_of(t) : t->name);
		follows = t->n_params == 0;
		if (follows)
			continue;
		buf_add(out, STR("("));
		todo[n++] = NULL;
		for (uint32_t i = t->n_params; i-- > 0;)
			todo[n++] = t->params[i];
	}
}

/* ---- reading ---------------------------------------------------------------------------------------------- */

struct reader {
	struct arena *arena;
	const struct cel_env *env;
	struct str text;
	size_t at;
};

/* A type whose parameters are being read. */
struct reading {
	struct str name;
	const struct cel_type *params[CEL_TYPE_MAX_PARAMS];
	uint32_t n;
};

static void skip_spaces(struct reader *r)
{
	while (r->at < r->text.len && r->text.ptr[r->at] == ' ')
		r->at++;
}

static bool accept(struct reader *r, char c)
{
	skip_spaces(r);
	if (r->at >= r->text.len || r->text.ptr[r->at] != c)
		return false;
	r->at++;
	return true;
}

static struct str read_name(struct reader *r)
{
	size_t begin;

	skip_spaces(r);
	for (begin = r->at; r->at < r->text.len; r->at++) {
		char c = r->text.ptr[r->at];
		bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '!';

		if (!is_letter && c != '.' && !(c >= '0' && c <= '9' && r->at > begin))
			break;
	}
	return str_slice(r->text, begin, r->at);
}

/* A name without parentheses. */
static const struct cel_type *named(struct reader *r, struct str name)
{
	const struct cel_type *t;

	if (str_is_empty(name))
		return NULL;
	for (size_t i = 0; i < N_ELEMENTS(words); i++)
		if (str_eq(words[i].name, name))
			return words[i].type;
	if (name.len == 1 && name.ptr[0] >= 'A' && name.ptr[0] <= 'Z')
		return cel_type_param(r->arena, name);
	t = r->env ? cel_env_struct_type(r->env, name) : NULL;
	return t ? t : cel_type_abstract(r->arena, name, NULL, 0);
}

/* With its parameters; NULL: it has other ones. */
static const struct cel_type *complete(struct reader *r, const struct reading *t)
{
	static const struct {
		struct str name;
		uint32_t n_params;
		enum cel_type_kind kind;
	} known[] = {
	    {STR_INIT("list"), 1, CEL_TYPE_LIST},
	    {STR_INIT("map"), 2, CEL_TYPE_MAP},
	    {STR_INIT("type"), 1, CEL_TYPE_TYPE},
	    {STR_INIT("optional_type"), 1, CEL_TYPE_OPTIONAL},
	};

	for (size_t i = 0; i < N_ELEMENTS(known); i++) {
		struct cel_type made = {.kind = known[i].kind, .n_params = t->n};

		if (!str_eq(known[i].name, t->name))
			continue;
		memcpy(made.params, t->params, sizeof(made.params));
		return t->n == known[i].n_params ? make(r->arena, made) : NULL;
	}
	return str_is_empty(t->name) ? NULL : cel_type_abstract(r->arena, t->name, t->params, t->n);
}

/* Ends all types that `t` is the last parameter of. NULL: malformed; `*depth` is what remains open. */
static const struct cel_type *close_all(struct reader *r, struct reading *open, size_t *depth, const struct cel_type *t)
{
	while (*depth > 0 && t) {
		struct reading *outer = &open[*depth - 1];

		if (outer->n == CEL_TYPE_MAX_PARAMS)
			return NULL;
		outer->params[outer->n++] = t;
		if (accept(r, ','))
			return t;
		if (!accept(r, ')'))
			return NULL;
		t = complete(r, outer);
		(*depth)--;
	}
	return t;
}

const struct cel_type *cel_type_parse(struct arena *a, const struct cel_env *env, struct str text)
{
	struct reader r = {.arena = a, .env = env, .text = text};
	struct reading open[CEL_MAX_DEPTH] NO_INIT;
	const struct cel_type *t;
	size_t depth = 0;

	do {
		struct str name = read_name(&r);

		if (accept(&r, '(')) {
			if (depth == CEL_MAX_DEPTH)
				return NULL;
			open[depth++] = (struct reading){.name = name};
			t = &cel_type_dyn;
			continue;
		}
		t = close_all(&r, open, &depth, named(&r, name));
	} while (t && depth > 0);
	skip_spaces(&r);
	return r.at == text.len ? t : NULL;
}

/* ---- of values -------------------------------------------------------------------------------------------- */

const struct cel_type *cel_type_of(const struct cel_env *env, struct cel_value v)
{
	static const struct cel_type *const types[CEL_N_KINDS] = {
	    [CEL_ERROR] = &cel_type_error,
	    [CEL_NULL] = &cel_type_null,
	    [CEL_BOOL] = &cel_type_bool,
	    [CEL_INT] = &cel_type_int,
	    [CEL_UINT] = &cel_type_uint,
	    [CEL_DOUBLE] = &cel_type_double,
	    [CEL_STRING] = &cel_type_string,
	    [CEL_BYTES] = &cel_type_bytes,
	    [CEL_LIST] = &cel_type_list_dyn,
	    [CEL_MAP] = &cel_type_map_dyn,
	    [CEL_TIMESTAMP] = &cel_type_timestamp,
	    [CEL_DURATION] = &cel_type_duration,
	    [CEL_TYPE] = &cel_type_type,
	    [CEL_OPTIONAL] = &cel_type_optional_dyn,
	    [CEL_IP] = &cel_type_ip,
	    [CEL_CIDR] = &cel_type_cidr,
	    [CEL_OPAQUE] = &cel_type_dyn, /* only its functions know it */
	};
	const struct cel_struct *s = v.kind == CEL_STRUCT && env ? cel_env_struct(env, v.of) : NULL;

	if (v.kind == CEL_STRUCT)
		return s ? cel_env_struct_type(env, s->name) : &cel_type_dyn;
	return types[v.kind];
}
