/* SPDX-License-Identifier: Apache-2.0
 *
 * From text to program, and what a program tells about itself.
 */
#include <errno.h>

#include "expr/lib.h"
#include "expr/program.h"
#include "expr/regex-re2.h"

#define SCRATCH_BYTES ((size_t)48 * 1024)

/* A type that waits for its copy. */
struct pending_type {
	const struct cel_type **place;
	const struct cel_type *type;
};

static bool is_lasting(const struct cel_type *type)
{
	return type->n_params == 0 && str_is_absent(type->name);
}

/* The checker's types go with its memory: the program has its own. No more than CEL_TYPE_MAX_SIZE of them. */
static const struct cel_type *copy_type(struct arena *a, struct arena *scratch, const struct cel_type *type)
{
	struct pending_type *stack = arena_alloc(scratch, CEL_TYPE_MAX_SIZE * sizeof(*stack));
	const struct cel_type *root = type;
	size_t n = 0;

	stack[n++] = (struct pending_type){&root, type};
	while (n > 0) {
		struct pending_type top = stack[--n];
		struct cel_type *copy = ARENA_NEW(a, struct cel_type);

		*copy = *top.type;
		copy->name = arena_str(a, copy->name);
		*top.place = copy;
		for (uint32_t i = 0; i < copy->n_params; i++) {
			assert(n < CEL_TYPE_MAX_SIZE);
			stack[n++] = (struct pending_type){&copy->params[i], copy->params[i]};
		}
	}
	return root;
}

static const struct cel_type *lasting_type(struct cel_program *p, struct arena *scratch, const struct cel_type *type)
{
	static const struct cel_type *const simple[] = {
	    &cel_type_dyn,    &cel_type_null,   &cel_type_bool,  &cel_type_int,       &cel_type_uint,
	    &cel_type_double, &cel_type_string, &cel_type_bytes, &cel_type_timestamp, &cel_type_duration,
	};

	for (size_t i = 0; is_lasting(type) && i < N_ELEMENTS(simple); i++) {
		if (simple[i]->kind == type->kind)
			return simple[i];
	}
	return copy_type(&p->arena, scratch, type);
}

/* The program lies in an arena that lies in the program. */
static struct cel_program *program_new(const struct cel_env *env, struct str source)
{
	struct arena arena = ARENA_INIT;
	struct cel_program *p = arena_calloc(&arena, 1, sizeof(*p));

	p->arena = arena;
	p->env = env;
	p->source = arena_str(&p->arena, source);
	return p;
}

void cel_program_free(struct cel_program *p)
{
	struct arena arena;

	if (!p)
		return;
	for (struct cel_regexes *held = p->regexes; held; held = held->next)
		cel_regex_free(held->regex);
	arena = p->arena;
	arena_release(&arena);
}

const struct cel_type *cel_program_type(const struct cel_program *p)
{
	return p->type;
}

struct str cel_program_source(const struct cel_program *p)
{
	return p->source;
}

size_t cel_program_bytes(const struct cel_program *p)
{
	size_t bytes = arena_held_bytes(&p->arena);

	for (const struct cel_regexes *held = p->regexes; held; held = held->next)
		bytes += RE2_MAX_MEMORY;
	return bytes;
}

/* The tree to a program; it was checked. */
static struct cel_program *new_of_tree(const struct cel_env *env, const struct cel_ast *ast,
                                       const struct cel_checked *checked, bool is_unchecked)
{
	struct cel_program *p = program_new(env, ast->source);

	p->type = is_unchecked ? &cel_type_dyn : lasting_type(p, checked->arena, checked->types[ast->n_nodes - 1]);
	cel_emit(p, ast, checked, checked->arena);
	return p;
}

int cel_compile(const struct cel_env *env, struct str source, const struct cel_options *options,
                struct cel_program **ret, struct cel_issues *issues)
{
	static const struct cel_options defaults = {0};
	CLEANUP(arena_release) struct arena scratch = ARENA_INIT;
	struct cel_checked checked = {.arena = &scratch};
	struct cel_ast ast;
	int r;

	assert(issues->arena);
	if (!options)
		options = &defaults;
	/* One block of memory for most expressions, instead of some that grow. */
	(void)arena_alloc(&scratch, SCRATCH_BYTES);
	arena_reset(&scratch);
	r = cel_parse(env, source, &scratch, &ast, issues);
	if (r == 0)
		r = cel_check(env, &ast, options, &checked, issues);
	if (r < 0) {
		cel_issues_sort(issues);
		return r;
	}
	*ret = new_of_tree(env, &ast, &checked, options->is_unchecked);
	return 0;
}

void cel_result_print_error(struct buf *out, const struct cel_result *r)
{
	switch (r->abort) {
	case CEL_OVER_BUDGET:
		buf_add(out, STR("operation cancelled: actual cost limit exceeded"));
		return;
	case CEL_OUT_OF_MEMORY:
		buf_add(out, STR("operation cancelled: memory limit exceeded"));
		return;
	case CEL_NOT_ABORTED:
		break;
	}
	if (cel_is_error(r->value) && r->value.error)
		cel_error_print(out, r->value.error);
	else if (cel_is_error(r->value))
		buf_add(out, STR("a function yielded nothing"));
}
