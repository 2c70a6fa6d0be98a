#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * CEL, the Common Expression Language: compile once, evaluate often. What other layers need; see env.h for
 * declarations, value.h for values, eval.h for functions of the host's.
 *
 *     struct cel_env *env = cel_env_new(CEL_LIB_ALL);
 *     uint32_t subject = cel_env_add_variable(env, STR("subject"), &cel_type_map_dyn);
 *     struct cel_program *p;
 *     if (cel_compile(env, STR("subject.department == 'Engineering'"), &options, &p, &issues) == 0) {
 *             struct cel_value variables[] = {[0] = cel_json(tree)};
 *             struct cel_result r = cel_evaluate(p, &(struct cel_input){.variables = variables, .arena = &arena});
 *
 * Pure: no I/O, no clock, no globals. Programs are immutable; any number of threads may evaluate one at the same time.
 * Hostile expressions end in an issue or an error: source, nesting, program size, budget and memory are bounded.
 * Regular expressions are RE2's, in linear time.
 */
#include "expr/ast.h"
#include "expr/eval.h"

struct cel_program;

struct cel_options {
	const struct cel_type *result; /* what it must yield, e.g. &cel_type_bool; NULL: anything */
	bool is_unchecked;             /* names and types are looked at when it runs */
};

/* 0 and the program (owned by the caller, cel_program_free()), or -EINVAL with issues, sorted by place. */
int cel_compile(const struct cel_env *env, struct str source, const struct cel_options *options,
                struct cel_program **ret, struct cel_issues *issues) MUST_USE;
void cel_program_free(struct cel_program *p); /* accepts NULL */
/* The type that the checker found; dyn when unchecked. */
const struct cel_type *cel_program_type(const struct cel_program *p);
struct str cel_program_source(const struct cel_program *p);
/* What it takes at most, with what its regular expressions may come to take when they are used. */
size_t cel_program_bytes(const struct cel_program *p);

struct cel_result {
	struct cel_value value; /* in the input's arena, the program, and what was bound */
	enum cel_abort abort;   /* why there is none although nothing failed */
	uint64_t units;         /* of the budget, used */
};
struct cel_result cel_evaluate(const struct cel_program *p, const struct cel_input *input);

/*
 * The issues as cel-go displays them: "ERROR: <input>:1:20: text", the line of the source and a caret under the place,
 * counting code points.
 */
void cel_issues_print(struct buf *out, struct str source, const struct cel_issues *issues);
/* Where a byte offset is: line and column, in code points, both from 1. */
struct cel_place {
	uint32_t line, column;
};
struct cel_place cel_place_of(struct str source, uint32_t at);
/* The error of a result as one line: "no such key: k", "operation cancelled: actual cost limit exceeded". */
void cel_result_print_error(struct buf *out, const struct cel_result *r);
/* The value as JSON, as CEL converts it (int beyond 2^53 and uint as strings, bytes as base64, …); false: it has none.
 */
bool cel_value_to_json(struct json_writer *w, struct cel_value v);
