/* SPDX-License-Identifier: Apache-2.0
 *
 * Names, selections and indexes. A chain of selections becomes one instruction.
 */
#include "expr/emit.h"

static struct cel_value has(struct cel_eval *ev, struct cel_value a, struct cel_value b)
{
	return cel_has(ev, a, cel_text(b));
}

static struct cel_value select_optional(struct cel_eval *ev, struct cel_value a, struct cel_value b)
{
	return cel_select_optional(ev, a, cel_text(b));
}

static const struct cel_value *new_text(struct cel_emitter *e, struct str text)
{
	struct cel_value *v = arena_alloc(&e->program->arena, sizeof(*v));

	*v = cel_string(cel_keep_name(e, text));
	return v;
}

/* Part of a chain: what it selects is constant, and it is meant as it stands. */
static bool is_link(const struct cel_emitter *e, uint32_t number)
{
	const struct cel_node *node = &e->ast->nodes[number];
	const struct cel_meaning *meaning = &e->checked->meanings[number];

	if (e->constants[number] || (meaning->kind != CEL_MEANS_NOTHING && meaning->kind != CEL_MEANS_FIELD))
		return false;
	if (node->flags & (CEL_OPTIONAL_ACCESS | CEL_TEST_ONLY))
		return false;
	return node->kind == CEL_NODE_SELECT || (node->kind == CEL_NODE_INDEX && e->constants[cel_child(e, node, 1)]);
}

/* Where the chain that ends at the node begins, and how long it is. */
static uint32_t base_of(const struct cel_emitter *e, uint32_t number, uint32_t *ret_n)
{
	uint32_t n = 0;

	for (; is_link(e, number); n++)
		number = cel_child(e, &e->ast->nodes[number], 0);
	*ret_n = n;
	return number;
}

static void fill_part(struct cel_emitter *e, uint32_t number, struct cel_path_part *part)
{
	const struct cel_node *node = &e->ast->nodes[number];
	const struct cel_meaning *meaning = &e->checked->meanings[number];

	*part = (struct cel_path_part){.at = node->at, .is_name = node->kind == CEL_NODE_SELECT};
	if (!part->is_name) {
		part->key = *e->constants[cel_child(e, node, 1)];
		return;
	}
	part->name = cel_keep_name(e, node->name);
	if (meaning->kind == CEL_MEANS_FIELD) {
		part->is_field = true;
		part->field = meaning->slot;
		part->of = (uint16_t)e->checked->types[cel_child(e, node, 0)]->number;
	}
}

static bool is_variable(const struct cel_emitter *e, uint32_t number)
{
	return e->checked->meanings[number].kind == CEL_MEANS_VARIABLE && !e->constants[number];
}

static struct cel_path *new_path(struct cel_emitter *e, uint32_t last, uint32_t n)
{
	struct arena *a = &e->program->arena;
	struct cel_path *path = ARENA_NEW(a, struct cel_path);
	struct cel_path_part *parts = arena_alloc(a, n * sizeof(*parts));

	*path = (struct cel_path){.n = n, .parts = parts};
	for (uint32_t i = n; i-- > 0; last = cel_child(e, &e->ast->nodes[last], 0))
		fill_part(e, last, &parts[i]);
	return path;
}

/* Whether the chain that ends at the node is this path. Of names alone: a.b["c"] and a.b[1] are looked up each time. */
static bool is_path(const struct cel_emitter *e, uint32_t last, const struct cel_path *path)
{
	for (uint32_t i = path->n; i-- > 0; last = cel_child(e, &e->ast->nodes[last], 0)) {
		const struct cel_node *node = &e->ast->nodes[last];

		if (!path->parts[i].is_name || node->kind != CEL_NODE_SELECT ||
		    !str_eq(path->parts[i].name, node->name))
			return false;
	}
	return true;
}

/* The path of a variable; one that was there before is worth to be remembered. */
static struct cel_path *path_of_variable(struct cel_emitter *e, uint32_t last, uint32_t n,
                                         const struct cel_meaning *base)
{
	struct cel_path *path;

	for (size_t i = 0; i < e->n_paths && n > 0; i++) {
		path = e->paths[i];
		if (path->slot != base->slot || path->n != n || !is_path(e, last, path))
			continue;
		if (!path->known && e->program->n_known < CEL_MAX_KNOWN)
			path->known = ++e->program->n_known;
		return path;
	}
	path = new_path(e, last, n);
	path->slot = base->slot;
	path->variable = base->variable->name;
	if (e->n_paths < N_ELEMENTS(e->paths) && n > 0)
		e->paths[e->n_paths++] = path;
	return path;
}

static void emit_path(struct cel_emitter *e, const struct cel_frame *f, uint32_t base, uint32_t n)
{
	bool is_of_variable = is_variable(e, base);
	struct cel_instruction *in = cel_add(e, f, is_of_variable ? cel_step_path : cel_step_path_of);

	in->at = e->ast->nodes[base].at;
	if (is_of_variable) {
		in->path = path_of_variable(e, f->node, n, &e->checked->meanings[base]);
	} else {
		in->a = cel_place(e, base, f->to);
		in->path = new_path(e, f->node, n);
	}
}

static void visit_chain(struct cel_emitter *e, struct cel_frame *f)
{
	uint32_t n, base = base_of(e, f->node, &n), place;

	if (f->step++ == 0 && !is_variable(e, base) && !cel_is_in_place(e, base, &place)) {
		cel_push(e, base, f->to, f->on_error);
		return;
	}
	emit_path(e, f, base, n);
	cel_pop(e);
}

void cel_visit_ident(struct cel_emitter *e, const struct cel_node *node, struct cel_frame *f)
{
	const struct cel_meaning *meaning = &e->checked->meanings[f->node];
	struct cel_instruction *in;
	bool is_bound;

	if (meaning->kind == CEL_MEANS_VARIABLE) {
		emit_path(e, f, f->node, 0);
	} else if (meaning->kind == CEL_MEANS_LOCAL) {
		is_bound = e->ast->nodes[meaning->node].kind == CEL_NODE_BIND;
		in = cel_add(e, f, is_bound ? cel_step_checked_copy : cel_step_copy);
		in->a = e->registers[meaning->node] + meaning->slot;
	} else {
		in = cel_add(e, f, cel_step_fail);
		in->code = CEL_NO_SUCH_ATTRIBUTE;
		in->constant = new_text(e, node->name);
	}
	cel_pop(e);
}

/* An operator between the first child and a constant or the second child. */
static void emit_operator(struct cel_emitter *e, const struct cel_frame *f, cel_operator *operate,
                          const struct cel_value *constant)
{
	const struct cel_node *node = &e->ast->nodes[f->node];
	struct cel_instruction *in = cel_add(e, f, constant ? cel_step_operate_constant : cel_step_operate);

	in->a = cel_place(e, cel_child(e, node, 0), f->to);
	in->operate = operate;
	in->constant = constant;
	if (!constant)
		in->b = cel_place(e, cel_child(e, node, 1), f->to + 1);
}

void cel_visit_select(struct cel_emitter *e, const struct cel_node *node, struct cel_frame *f)
{
	if (is_link(e, f->node)) {
		visit_chain(e, f);
		return;
	}
	if (f->step++ == 0) {
		cel_push(e, cel_child(e, node, 0), f->to, f->on_error);
		return;
	}
	emit_operator(e, f, node->flags & CEL_TEST_ONLY ? has : select_optional, new_text(e, node->name));
	cel_pop(e);
}

void cel_visit_index(struct cel_emitter *e, const struct cel_node *node, struct cel_frame *f)
{
	uint32_t key = cel_child(e, node, 1);

	if (is_link(e, f->node)) {
		visit_chain(e, f);
		return;
	}
	/* The first operand has to be in a register, a constant too. */
	if (f->step == 0) {
		f->step = 1;
		cel_push(e, cel_child(e, node, 0), f->to, f->on_error);
		return;
	}
	if (cel_push_operand(e, node, f))
		return;
	emit_operator(e, f, node->flags & CEL_OPTIONAL_ACCESS ? cel_index_optional : cel_index, e->constants[key]);
	cel_pop(e);
}

/* No host declares struct literals: without a checker they end here. */
void cel_visit_struct(struct cel_emitter *e, const struct cel_node *node UNUSED, struct cel_frame *f)
{
	cel_add(e, f, cel_step_fail)->code = CEL_NO_SUCH_OVERLOAD;
	cel_pop(e);
}
