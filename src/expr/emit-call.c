/* SPDX-License-Identifier: Apache-2.0
 *
 * Operators, calls and literals of lists and maps; those of texts with constants have instructions of their own.
 */
#include "base/hash.h"
#include "expr/emit.h"
#include "expr/lib-standard.h"
#include "expr/lib.h"

/* Comparing with longer texts costs, which the special instructions leave out. */
#define MAX_FREE_TEXT 256u
/* Sets up to this many texts are searched. */
#define SET_SEARCHED 6u

static bool is_short_text(const struct cel_value *v)
{
	return v && v->kind == CEL_STRING && v->n <= MAX_FREE_TEXT;
}

/* ---- operators ------------------------------------------------------------------------------------------- */

static bool is_text_list(const struct cel_value *v)
{
	if (!v || v->kind != CEL_LIST || v->is_json || v->n == 0)
		return false;
	for (uint32_t i = 0; i < v->n; i++) {
		if (!is_short_text(&v->items[i]))
			return false;
	}
	return true;
}

static void fill_index(struct arena *a, struct cel_text_set *set)
{
	uint32_t size = 16, at, *index;

	while (size < set->n * 2)
		size *= 2;
	index = ARENA_ARRAY(a, uint32_t, size);
	for (uint32_t i = 0; i < set->n; i++) {
		at = (uint32_t)hash_str(0, cel_text(set->texts[i])) & (size - 1);
		while (index[at] != 0)
			at = (at + 1) & (size - 1);
		index[at] = i + 1;
	}
	set->index = index;
	set->mask = size - 1;
}

static const struct cel_text_set *new_set(struct arena *a, struct cel_value list)
{
	struct cel_text_set *set = ARENA_NEW(a, struct cel_text_set);

	*set = (struct cel_text_set){.n = list.n, .texts = list.items};
	for (uint32_t i = 0; i < list.n; i++) {
		if (list.items[i].n > set->longest)
			set->longest = list.items[i].n;
	}
	if (set->n > SET_SEARCHED)
		fill_index(a, set);
	return set;
}

/* a < b as b > a: what stands on the right when a constant on the left changes sides; CEL_OP_NONE: it cannot. */
static enum cel_op mirrored(enum cel_op op)
{
	static const uint8_t mirror[CEL_OP_IN + 1] = {
	    [CEL_OP_EQUAL] = CEL_OP_EQUAL,  [CEL_OP_NOT_EQUAL] = CEL_OP_NOT_EQUAL,
	    [CEL_OP_LESS] = CEL_OP_GREATER, [CEL_OP_LESS_EQUAL] = CEL_OP_GREATER_EQUAL,
	    [CEL_OP_GREATER] = CEL_OP_LESS, [CEL_OP_GREATER_EQUAL] = CEL_OP_LESS_EQUAL,
	};

	return (enum cel_op)mirror[op];
}

/* With a constant on the right of what is in the register. */
static void emit_with_constant(struct cel_emitter *e, const struct cel_frame *f, enum cel_op op, uint32_t a,
                               const struct cel_value *constant)
{
	struct cel_instruction *in = cel_add(e, f, cel_step_operate_constant);

	in->a = a;
	in->constant = constant;
	if (op == CEL_OP_EQUAL && is_short_text(constant)) {
		in->run = cel_step_equal_text;
	} else if (op == CEL_OP_NOT_EQUAL && is_short_text(constant)) {
		in->run = cel_step_unequal_text;
	} else if (op == CEL_OP_IN && is_text_list(constant)) {
		in->run = cel_step_in_set;
		in->set = new_set(&e->program->arena, *constant);
	} else {
		in->operate = cel_operators[op];
	}
}

static void emit_with_registers(struct cel_emitter *e, const struct cel_frame *f, enum cel_op op, uint32_t a,
                                uint32_t b)
{
	struct cel_instruction *in = cel_add(e, f, op == CEL_OP_NOT ? cel_step_not : cel_step_operate);

	in->a = a;
	in->b = b;
	in->operate = cel_operators[op];
}

static void emit_constant_left(struct cel_emitter *e, const struct cel_frame *f, enum cel_op op,
                               const struct cel_value *left, uint32_t b)
{
	struct cel_instruction *in;

	if (op == CEL_OP_IN && is_short_text(left)) {
		in = cel_add(e, f, cel_step_text_in);
		in->a = b;
		in->constant = left;
	} else if (mirrored(op) != CEL_OP_NONE) {
		emit_with_constant(e, f, mirrored(op), b, left);
	} else {
		cel_add(e, f, cel_step_constant)->constant = left;
		emit_with_registers(e, f, op, f->to, b);
	}
}

static void emit_operator(struct cel_emitter *e, const struct cel_node *node, const struct cel_frame *f)
{
	enum cel_op op = (enum cel_op)node->op;
	uint32_t first = cel_child(e, node, 0), second = node->n_children > 1 ? cel_child(e, node, 1) : first;
	const struct cel_value *left = e->constants[first], *right = e->constants[second];
	uint32_t a = cel_place(e, first, f->to), b = cel_place(e, second, f->to + (first != second));

	if (left && !right) {
		emit_constant_left(e, f, op, left, b);
	} else if (left) {
		/* Both are known, and what comes of them is an error. */
		cel_add(e, f, cel_step_constant)->constant = left;
		emit_with_constant(e, f, op, f->to, right);
	} else if (right) {
		emit_with_constant(e, f, op, a, right);
	} else {
		emit_with_registers(e, f, op, a, b);
	}
}

/* ---- calls ----------------------------------------------------------------------------------------------- */

static uint32_t kinds_of(const struct cel_type *type)
{
	static const uint8_t kinds[] = {
	    [CEL_TYPE_NULL] = CEL_NULL,         [CEL_TYPE_BOOL] = CEL_BOOL,
	    [CEL_TYPE_INT] = CEL_INT,           [CEL_TYPE_UINT] = CEL_UINT,
	    [CEL_TYPE_DOUBLE] = CEL_DOUBLE,     [CEL_TYPE_STRING] = CEL_STRING,
	    [CEL_TYPE_BYTES] = CEL_BYTES,       [CEL_TYPE_TIMESTAMP] = CEL_TIMESTAMP,
	    [CEL_TYPE_DURATION] = CEL_DURATION, [CEL_TYPE_LIST] = CEL_LIST,
	    [CEL_TYPE_MAP] = CEL_MAP,           [CEL_TYPE_TYPE] = CEL_TYPE,
	    [CEL_TYPE_OPTIONAL] = CEL_OPTIONAL, [CEL_TYPE_STRUCT] = CEL_STRUCT,
	    [CEL_TYPE_ABSTRACT] = CEL_OPAQUE,
	};

	if (type->kind >= N_ELEMENTS(kinds) || kinds[type->kind] == CEL_ERROR)
		return ~(1u << CEL_ERROR); /* dyn, parameters */
	if (type->kind == CEL_TYPE_ABSTRACT && str_eq(type->name, cel_type_ip.name))
		return 1u << CEL_IP;
	if (type->kind == CEL_TYPE_ABSTRACT && str_eq(type->name, cel_type_cidr.name))
		return 1u << CEL_CIDR;
	return 1u << kinds[type->kind];
}

static void fill_candidate(struct cel_candidate *c, const struct cel_overload *o)
{
	c->overload = o;
	for (size_t i = 0; i < o->n_params; i++) {
		c->kinds[i] = kinds_of(o->params[i]);
		c->structs[i] = o->params[i]->kind == CEL_TYPE_STRUCT ? o->params[i]->number : UINT32_MAX;
	}
}

const struct cel_call *cel_call_new(struct arena *a, const struct cel_meaning *meaning, uint32_t n_args,
                                    bool has_receiver)
{
	struct cel_call *call = ARENA_NEW(a, struct cel_call);
	struct cel_candidate *candidates = ARENA_ARRAY(a, struct cel_candidate, meaning->n_overloads);

	call->n_args = n_args;
	call->candidates = candidates;
	for (size_t i = 0; i < meaning->n_overloads; i++) {
		const struct cel_overload *o = meaning->overloads[i];

		if (o->n_params == n_args && has_receiver == ((o->flags & CEL_RECEIVER) != 0))
			fill_candidate(&candidates[call->n++], o);
	}
	return call;
}

/* The function that is called whatever the arguments are; NULL: that depends on them. */
static cel_function *only_function(const struct cel_meaning *meaning)
{
	return meaning->n_overloads == 1 ? meaning->overloads[0]->call : NULL;
}

static const struct cel_regex *new_regex(struct cel_program *p, struct cel_value pattern)
{
	struct cel_regex *regex = cel_regex_new(cel_text(pattern), NULL);
	struct cel_regexes *held;

	if (!regex)
		return NULL;
	held = ARENA_NEW(&p->arena, struct cel_regexes);
	*held = (struct cel_regexes){.regex = regex, .next = p->regexes};
	p->regexes = held;
	return regex;
}

/* text.f("constant"): the instruction that does it, or NULL. */
static cel_step *text_step(struct cel_emitter *e, cel_function *call, const struct cel_value *argument,
                           struct cel_instruction *in)
{
	if (!argument || argument->kind != CEL_STRING || !call)
		return NULL;
	if (call == cel_std_matches) {
		in->regex = new_regex(e->program, *argument);
		return in->regex ? cel_step_matches : NULL;
	}
	if (!is_short_text(argument))
		return NULL;
	if (call == cel_std_starts_with)
		return cel_step_starts_with;
	if (call == cel_std_ends_with)
		return cel_step_ends_with;
	return call == cel_std_contains ? cel_step_contains : NULL;
}

static bool is_text_call(const struct cel_emitter *e, const struct cel_node *node, const struct cel_frame *f)
{
	cel_function *call = only_function(&e->checked->meanings[f->node]);

	return node->n_children == 2 && !e->checked->meanings[f->node].is_qualified && call &&
	       (call == cel_std_matches || call == cel_std_starts_with || call == cel_std_ends_with ||
	        call == cel_std_contains) &&
	       e->constants[cel_child(e, node, 1)];
}

static void emit_call(struct cel_emitter *e, const struct cel_node *node, const struct cel_frame *f, uint32_t from)
{
	const struct cel_meaning *meaning = &e->checked->meanings[f->node];
	bool has_receiver = (node->flags & CEL_HAS_RECEIVER) && from == 0;

	cel_add(e, f, cel_step_call)->call =
	    cel_call_new(&e->program->arena, meaning, node->n_children - from, has_receiver);
}

/* The text is in its place or in f->to; the constant has not been loaded. */
static void emit_text_call(struct cel_emitter *e, const struct cel_node *node, const struct cel_frame *f)
{
	const struct cel_value *argument = e->constants[cel_child(e, node, 1)];
	struct cel_instruction *in = cel_add(e, f, NULL);

	in->a = cel_place(e, cel_child(e, node, 0), f->to);
	in->constant = argument;
	in->run = text_step(e, only_function(&e->checked->meanings[f->node]), argument, in);
	if (in->run)
		return;
	in->run = cel_step_copy;
	in = cel_add(e, f, cel_step_constant);
	in->to = f->to + 1;
	in->constant = argument;
	cel_use_register(e, in->to);
	emit_call(e, node, f, 0);
}

static void visit_operator(struct cel_emitter *e, const struct cel_node *node, struct cel_frame *f)
{
	if (cel_push_operand(e, node, f))
		return;
	emit_operator(e, node, f);
	cel_pop(e);
}

static void visit_text_call(struct cel_emitter *e, const struct cel_node *node, struct cel_frame *f)
{
	if (f->step++ == 0 && cel_place(e, cel_child(e, node, 0), f->to) == f->to) {
		cel_push(e, cel_child(e, node, 0), f->to, f->on_error);
		return;
	}
	emit_text_call(e, node, f);
	cel_pop(e);
}

/* dyn() is for the checker. */
static void visit_dyn(struct cel_emitter *e, const struct cel_node *node, struct cel_frame *f)
{
	if (f->step++ == 0)
		cel_push(e, cel_child(e, node, 0), f->to, f->on_error);
	else
		cel_pop(e);
}

void cel_visit_call(struct cel_emitter *e, const struct cel_node *node, struct cel_frame *f)
{
	const struct cel_meaning *meaning = &e->checked->meanings[f->node];
	uint32_t from = meaning->is_qualified && (node->flags & CEL_HAS_RECEIVER) ? 1 : 0, i;

	if (node->op != CEL_OP_NONE) {
		visit_operator(e, node, f);
	} else if (only_function(meaning) == cel_std_dyn && node->n_children - from == 1 && from == 0) {
		visit_dyn(e, node, f);
	} else if (is_text_call(e, node, f)) {
		visit_text_call(e, node, f);
	} else if (from + f->step < node->n_children) {
		i = f->step++;
		cel_push(e, cel_child(e, node, from + i), f->to + i, f->on_error);
	} else {
		emit_call(e, node, f, from);
		cel_pop(e);
	}
}

/* ---- literals -------------------------------------------------------------------------------------------- */

/* Children stand in registers one behind the other; those of optional entries are looked into. */
static bool push_entry(struct cel_emitter *e, const struct cel_node *node, struct cel_frame *f, bool was_optional)
{
	uint32_t i = f->step++;

	if (was_optional)
		cel_add(e, f, cel_step_optional_entry)->a = f->to + i - 1;
	if (i == node->n_children)
		return false;
	cel_push(e, cel_child(e, node, i), f->to + i, f->on_error);
	return true;
}

static bool is_optional(const struct cel_emitter *e, const struct cel_node *node, uint32_t i)
{
	return e->ast->nodes[cel_child(e, node, i)].flags & CEL_OPTIONAL_ENTRY;
}

void cel_visit_list(struct cel_emitter *e, const struct cel_node *node, struct cel_frame *f)
{
	if (push_entry(e, node, f, f->step > 0 && is_optional(e, node, f->step - 1)))
		return;
	cel_add(e, f, cel_step_list)->number = node->n_children;
	cel_pop(e);
}

/* The flag is the key's, the optional the value. */
void cel_visit_map(struct cel_emitter *e, const struct cel_node *node, struct cel_frame *f)
{
	bool is_after_value = f->step > 0 && f->step % 2 == 0;

	if (push_entry(e, node, f, is_after_value && is_optional(e, node, f->step - 2)))
		return;
	cel_add(e, f, cel_step_map)->number = node->n_children / 2;
	cel_pop(e);
}
