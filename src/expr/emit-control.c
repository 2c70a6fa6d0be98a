/* SPDX-License-Identifier: Apache-2.0
 *
 * What decides which parts of an expression are evaluated, and how often.
 */
#include "expr/emit.h"

/* ---- && and || ------------------------------------------------------------------------------------------- */

/* Those that end with cel_yield_bool(). */
static bool can_feed(cel_step *run)
{
	return run == cel_step_equal_text || run == cel_step_unequal_text || run == cel_step_in_set ||
	       run == cel_step_text_in || run == cel_step_starts_with || run == cel_step_ends_with ||
	       run == cel_step_contains || run == cel_step_matches || run == cel_step_not;
}

/*
 * The instruction before the test is the child's last: it does the test itself. Others may jump to the test all the
 * same.
 */
static void feed(struct cel_emitter *e, const struct cel_instruction *test)
{
	struct cel_instruction *before = e->n_code > 1 ? &e->code[e->n_code - 2] : NULL;

	if (before && before->to == test->a && can_feed(before->run))
		before->feeds = test->run == cel_step_logic ? CEL_FEEDS_LOGIC : CEL_FEEDS_LOGIC_LAST;
}

/*
 * Where the decided goes: && that is false within ||, or || that is true within &&, has nothing to say there, and the
 * test of it is left out unless it is the last.
 */
static void set_decided(struct cel_emitter *e, const struct cel_node *node, const struct cel_frame *f)
{
	const struct cel_frame *above = e->n_frames > 1 ? f - 1 : NULL;
	const struct cel_node *outer = above ? &e->ast->nodes[above->node] : NULL;

	cel_set_label(e, f->labels[0]);
	if (outer && (outer->kind == CEL_NODE_AND || outer->kind == CEL_NODE_OR) && outer->kind != node->kind &&
	    above->step < outer->n_children)
		e->labels[f->labels[0]] += 2;
}

/* What follows the child before: the test of its value, and where it goes when it failed. */
static void emit_test(struct cel_emitter *e, const struct cel_node *node, const struct cel_frame *f)
{
	bool is_last = f->step == node->n_children;
	uint32_t operand = cel_place(e, cel_child(e, node, f->step - 1), f->to);
	struct cel_instruction *test, *on_error;

	test = cel_add(e, f, is_last ? cel_step_logic_last : cel_step_logic);
	test->a = operand;
	test->b = f->pending;
	test->target = f->labels[0];
	test->decides = node->kind == CEL_NODE_OR;
	feed(e, test);
	cel_set_label(e, f->labels[1]);
	on_error = cel_add(e, f, is_last ? cel_step_logic_catch_last : cel_step_logic_catch);
	on_error->b = f->pending;
}

void cel_visit_logic(struct cel_emitter *e, const struct cel_node *node, struct cel_frame *f)
{
	uint32_t child, place;

	if (f->step == 0) {
		f->pending = e->program->n_pending++;
		f->labels[0] = cel_new_label(e);
	}
	do {
		if (f->step > 0)
			emit_test(e, node, f);
		if (f->step == node->n_children) {
			set_decided(e, node, f);
			cel_pop(e);
			return;
		}
		f->labels[1] = cel_new_label(e);
		child = cel_child(e, node, f->step++);
	} while (cel_is_in_place(e, child, &place));
	cel_push(e, child, f->to, f->labels[1]);
}

/* ---- ?: -------------------------------------------------------------------------------------------------- */

static void emit_branch(struct cel_emitter *e, const struct cel_node *node, struct cel_frame *f)
{
	struct cel_instruction *in = cel_add(e, f, cel_step_branch);

	f->labels[0] = cel_new_label(e);
	f->labels[1] = cel_new_label(e);
	in->a = cel_place(e, cel_child(e, node, 0), f->to);
	in->target = f->labels[0];
}

void cel_visit_conditional(struct cel_emitter *e, const struct cel_node *node, struct cel_frame *f)
{
	uint32_t step = f->step++;

	switch (step) {
	case 0:
		cel_push(e, cel_child(e, node, 0), f->to, f->on_error);
		return;
	case 1:
		emit_branch(e, node, f);
		cel_push(e, cel_child(e, node, 1), f->to, f->on_error);
		return;
	case 2:
		cel_add(e, f, cel_step_jump)->target = f->labels[1];
		cel_set_label(e, f->labels[0]);
		cel_push(e, cel_child(e, node, 2), f->to, f->on_error);
		return;
	default:
		cel_set_label(e, f->labels[1]);
		cel_pop(e);
	}
}

/* ---- comprehensions -------------------------------------------------------------------------------------- */

enum { LABEL_NEXT, LABEL_END, LABEL_CATCH };

static bool absorbs(const struct cel_node *node)
{
	return node->op == CEL_FOLD_ALL || node->op == CEL_FOLD_EXISTS;
}

/* An instruction of the comprehension whose range is in f->to. */
static void emit_of_fold(struct cel_emitter *e, const struct cel_frame *f, cel_step *run, uint32_t b, uint32_t target)
{
	struct cel_instruction *in = cel_add(e, f, run);

	in->b = b;
	in->target = target;
	in->fold = (enum cel_op)e->ast->nodes[f->node].op;
}

/* all, exists: the test stands before the catch and the end, which it skips when it decides. */
static void emit_fold_test(struct cel_emitter *e, const struct cel_node *node, const struct cel_frame *f)
{
	struct cel_instruction *test = cel_add(e, f, cel_step_fold_test), *on_error;

	test->a = cel_place(e, cel_child(e, node, 1), f->to + CEL_FOLD_REGISTERS);
	test->b = f->pending;
	test->target = f->labels[LABEL_NEXT];
	test->decides = node->op == CEL_FOLD_EXISTS;
	cel_set_label(e, f->labels[LABEL_CATCH]);
	on_error = cel_add(e, f, cel_step_fold_catch);
	on_error->b = f->pending;
	on_error->target = f->labels[LABEL_NEXT];
}

/* What is done with the value of the last part, of each element. */
static void emit_fold_use(struct cel_emitter *e, const struct cel_node *node, const struct cel_frame *f)
{
	uint32_t value = cel_place(e, cel_child(e, node, node->n_children - 1), f->to + CEL_FOLD_REGISTERS);
	uint32_t next = f->labels[LABEL_NEXT];

	if (absorbs(node)) {
		emit_fold_test(e, node, f);
	} else if (node->op == CEL_FOLD_EXISTS_ONE) {
		emit_of_fold(e, f, cel_step_fold_count, value, next);
	} else if (node->op == CEL_FOLD_FILTER) {
		emit_of_fold(e, f, cel_step_fold_filter, value, next);
		emit_of_fold(e, f, cel_step_fold_append, f->to + CEL_FOLD_FIRST, next);
	} else if (node->op == CEL_FOLD_MAP || node->op == CEL_FOLD_TRANSFORM_LIST) {
		emit_of_fold(e, f, cel_step_fold_append, value, next);
	} else if (node->op == CEL_FOLD_TRANSFORM_MAP_ENTRY) {
		emit_of_fold(e, f, cel_step_fold_put_map, value, next);
	} else {
		emit_of_fold(e, f, cel_step_fold_put, value, next);
	}
	cel_set_label(e, f->labels[LABEL_END]);
	emit_of_fold(e, f, cel_step_fold_end, f->pending, CEL_LABEL_END_ERROR);
}

static bool is_optional_macro(const struct cel_node *node)
{
	return node->op == CEL_FOLD_OPT_MAP || node->op == CEL_FOLD_OPT_FLAT_MAP;
}

static void begin_fold(struct cel_emitter *e, const struct cel_node *node, struct cel_frame *f)
{
	for (uint32_t i = 0; i < N_ELEMENTS(f->labels); i++)
		f->labels[i] = cel_new_label(e);
	if (absorbs(node))
		f->pending = e->program->n_pending++;
	e->registers[f->node] = f->to + CEL_FOLD_FIRST;
	cel_use_register(e, f->to + CEL_FOLD_REGISTERS);
	cel_push(e, cel_child(e, node, 0), f->to, f->on_error);
}

static void emit_fold_loop(struct cel_emitter *e, const struct cel_node *node, const struct cel_frame *f)
{
	if (is_optional_macro(node)) {
		emit_of_fold(e, f, cel_step_opt_begin, 0, f->labels[LABEL_END]);
		return;
	}
	emit_of_fold(e, f, cel_step_fold_begin, 0, CEL_LABEL_END_ERROR);
	cel_set_label(e, f->labels[LABEL_NEXT]);
	emit_of_fold(e, f, cel_step_fold_next, !str_is_absent(node->name2), f->labels[LABEL_END]);
}

static void end_fold(struct cel_emitter *e, const struct cel_node *node, const struct cel_frame *f)
{
	if (is_optional_macro(node)) {
		emit_of_fold(e, f, cel_step_opt_end, cel_place(e, cel_child(e, node, 1), f->to + CEL_FOLD_REGISTERS),
		             CEL_LABEL_END_ERROR);
		cel_set_label(e, f->labels[LABEL_END]);
	} else {
		emit_fold_use(e, node, f);
	}
	cel_pop(e);
}

void cel_visit_fold(struct cel_emitter *e, const struct cel_node *node, struct cel_frame *f)
{
	uint32_t step = f->step++, to = f->to + CEL_FOLD_REGISTERS, child, place;

	if (step == 0) {
		begin_fold(e, node, f);
		return;
	}
	if (step == 1)
		emit_fold_loop(e, node, f);
	/* With two parts the first one filters. */
	if (step == 2 && node->n_children == 3)
		emit_of_fold(e, f, cel_step_fold_filter, cel_place(e, cel_child(e, node, 1), to),
		             f->labels[LABEL_NEXT]);
	if (step == node->n_children) {
		end_fold(e, node, f);
		return;
	}
	child = cel_child(e, node, step);
	if (!cel_is_in_place(e, child, &place))
		cel_push(e, child, to, absorbs(node) ? f->labels[LABEL_CATCH] : f->on_error);
}

/* ---- cel.bind -------------------------------------------------------------------------------------------- */

/* The error of what is bound waits in its register until somebody reads it. */
static void emit_bound(struct cel_emitter *e, const struct cel_frame *f)
{
	cel_add(e, f, cel_step_jump)->target = f->labels[1];
	cel_set_label(e, f->labels[0]);
	(void)cel_add(e, f, cel_step_catch_value);
	cel_set_label(e, f->labels[1]);
}

void cel_visit_bind(struct cel_emitter *e, const struct cel_node *node, struct cel_frame *f)
{
	uint32_t step = f->step++;

	switch (step) {
	case 0:
		f->labels[0] = cel_new_label(e);
		f->labels[1] = cel_new_label(e);
		e->registers[f->node] = f->to;
		cel_push(e, cel_child(e, node, 0), f->to, f->labels[0]);
		return;
	case 1:
		emit_bound(e, f);
		cel_push(e, cel_child(e, node, 1), f->to + 1, f->on_error);
		return;
	default:
		cel_add(e, f, cel_step_copy)->a = f->to + 1;
		cel_pop(e);
	}
}
