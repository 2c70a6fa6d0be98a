/* SPDX-License-Identifier: Apache-2.0
 *
 * Which part of a condition decided. From the outermost operator inwards: of an "and" that is false the side that is
 * false, of one that is unknown the side that is; until there is a comparison, whose two values are told, or something
 * that cannot be taken apart.
 */
#include "expr/parts.h"
#include "policy/native_impl.h"

enum { MAX_DEPTH = 32 }; /* operators on the way; deeper ones are told as they stand */

struct search {
	const struct native_env *env;
	struct arena *arena;
	struct cel_value variables[NATIVE_N_SLOTS];
	int64_t now_ms;
};

/* The part evaluated by itself; the value lives in the arena, as does what it borrows from the program. */
struct part_value {
	struct cel_result result;
	struct cel_program *program; /* NULL: it does not compile */
};

static struct part_value evaluate(const struct search *s, struct str source)
{
	const struct cel_options options = {0};
	struct cel_issues issues = {.arena = s->arena};
	struct part_value v = {0};

	if (cel_compile(s->env->env, source, &options, &v.program, &issues) < 0)
		return (struct part_value){0};
	v.result = cel_evaluate(v.program, &(struct cel_input){
	                                       .variables = s->variables,
	                                       .arena = s->arena,
	                                       .budget = NATIVE_CONDITION_BUDGET,
	                                       .memory = NATIVE_CONDITION_MEMORY,
	                                       .now_ms = s->now_ms,
	                                   });
	return v;
}

static enum truth truth_of(const struct search *s, struct str source)
{
	struct part_value v = evaluate(s, source);
	enum truth truth = TRUTH_UNKNOWN;

	if (v.program && v.result.value.kind == CEL_BOOL)
		truth = v.result.value.b ? TRUTH_TRUE : TRUTH_FALSE;
	cel_program_free(v.program);
	return truth;
}

/* ---- the part ---------------------------------------------------------------------------------------------- */

/* The side of && or || that has the same value as the whole; absent: both are needed to tell. */
static struct str deciding_side(const struct search *s, const struct cel_parts *p, enum truth whole)
{
	enum truth absorbs = p->kind == CEL_PART_AND ? TRUTH_FALSE : TRUTH_TRUE;

	if (whole != absorbs && whole != TRUTH_UNKNOWN)
		return STR_NONE;
	return truth_of(s, p->left) == whole ? p->left : p->right;
}

static struct cel_parts find_part(const struct search *s, struct str source)
{
	struct cel_parts p = cel_parts(source, s->arena);

	for (int depth = 0; depth < MAX_DEPTH; depth++) {
		struct str next = STR_NONE;

		if (p.kind == CEL_PART_NOT)
			next = p.left;
		else if (p.kind == CEL_PART_AND || p.kind == CEL_PART_OR)
			next = deciding_side(s, &p, truth_of(s, p.text));
		if (str_is_absent(next))
			break;
		/* A bare value that is negated says more with its "!". */
		if (p.kind == CEL_PART_NOT && cel_parts(next, s->arena).kind == CEL_PART_WHOLE)
			break;
		p = cel_parts(next, s->arena);
	}
	return p;
}

/* ---- what is told of it ------------------------------------------------------------------------------------ */

static struct str text_of_value(const struct search *s, struct cel_value v)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(NATIVE_FAILURE_MAX_VALUE_BYTES);
	struct json_writer w = JSON_WRITER(&text);

	if (!cel_value_to_json(&w, v) || text.overflowed)
		return STR_NONE;
	return arena_str(s->arena, buf_str(&text));
}

static bool is_missing(const struct cel_error *e)
{
	return e && (e->code == CEL_NO_SUCH_KEY || e->code == CEL_NO_SUCH_FIELD || e->code == CEL_NO_SUCH_ATTRIBUTE);
}

static void tell_fault(const struct search *s, struct str source, const struct cel_result *r,
                       struct native_failure *ret)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(NATIVE_FAILURE_MAX_VALUE_BYTES);

	if (!str_is_absent(ret->fault))
		return;
	cel_result_print_error(&text, r);
	ret->fault = arena_str(s->arena, buf_str(&text));
	if (is_missing(r->value.error))
		ret->missing = source;
}

/* The value of one side; when there is none, why. */
static struct str value_of(const struct search *s, struct str source, struct native_failure *ret)
{
	struct part_value v = evaluate(s, source);
	struct str text = STR_NONE;

	if (v.program && v.result.value.kind == CEL_ERROR)
		tell_fault(s, source, &v.result, ret);
	else if (v.program)
		text = text_of_value(s, v.result.value);
	cel_program_free(v.program);
	return text;
}

struct native_failure native_condition_failure(const struct native_env *env, struct str source, struct asked *asked,
                                               const struct query *query)
{
	struct native_failure f = {.expression = source};
	struct search s = {.env = env, .arena = asked->arena, .now_ms = query->now_ms};
	struct cel_parts p;

	if (!env)
		return f;
	if (!asked->facts)
		asked->facts = ARENA_NEW(asked->arena, struct asked_facts);
	asked->facts->query = query;
	native_bind(asked, s.variables);
	p = find_part(&s, source);
	f.expression = p.text;
	if (p.kind == CEL_PART_WHOLE || p.kind == CEL_PART_NOT) {
		(void)value_of(&s, p.kind == CEL_PART_NOT ? p.left : p.text, &f);
	} else {
		f.left = value_of(&s, p.left, &f);
		f.right = value_of(&s, p.right, &f);
	}
	return f;
}
