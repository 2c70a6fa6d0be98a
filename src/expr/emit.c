/* SPDX-License-Identifier: Apache-2.0 */
#include "expr/emit.h"

struct cel_instruction *cel_add(struct cel_emitter *e, const struct cel_frame *f, cel_step *run)
{
	struct cel_instruction *in;

	if (UNLIKELY(e->n_code == e->cap_code))
		ARENA_ROOM(e->scratch, e->code, e->n_code, &e->cap_code);
	in = &e->code[e->n_code++];
	in->run = run;
	in->to = in->a = f->to;
	in->b = 0;
	in->target = CEL_LABEL_END_ERROR;
	in->on_error = f->on_error;
	in->at = e->ast->nodes[f->node].at;
	in->feeds = CEL_FEEDS_REGISTER;
	in->path = NULL;
	in->constant = NULL;
	return in;
}

uint32_t cel_new_label(struct cel_emitter *e)
{
	if (UNLIKELY(e->n_labels == e->cap_labels))
		ARENA_ROOM(e->scratch, e->labels, e->n_labels, &e->cap_labels);
	return (uint32_t)e->n_labels++;
}

void cel_set_label(struct cel_emitter *e, uint32_t label)
{
	e->labels[label] = (uint32_t)e->n_code;
}

void cel_use_register(struct cel_emitter *e, uint32_t number)
{
	if (number >= e->program->n_registers)
		e->program->n_registers = number + 1;
}

struct str cel_keep_name(struct cel_emitter *e, struct str name)
{
	return cel_program_text(e->program, e->ast, name);
}

struct str cel_program_text(struct cel_program *p, const struct cel_ast *ast, struct str text)
{
	uintptr_t at = (uintptr_t)text.ptr - (uintptr_t)ast->source.ptr;

	/* Most are parts of the source, of which the program has a copy. */
	if (at <= ast->source.len && text.len <= ast->source.len - at)
		return (struct str){p->source.ptr + at, text.len};
	return arena_str(&p->arena, text);
}

void cel_push(struct cel_emitter *e, uint32_t node, uint32_t to, uint32_t on_error)
{
	assert(e->n_frames < CEL_MAX_NESTING + 2);
	cel_use_register(e, to);
	e->frames[e->n_frames++] = (struct cel_frame){.node = node, .to = to, .on_error = on_error};
}

void cel_pop(struct cel_emitter *e)
{
	e->n_frames--;
}

bool cel_is_in_place(const struct cel_emitter *e, uint32_t node, uint32_t *ret_register)
{
	const struct cel_meaning *meaning = &e->checked->meanings[node];

	/* cel.bind()'s may be an error, which must be looked at. */
	if (meaning->kind != CEL_MEANS_LOCAL || e->ast->nodes[meaning->node].kind == CEL_NODE_BIND)
		return false;
	*ret_register = e->registers[meaning->node] + meaning->slot;
	return true;
}

uint32_t cel_place(const struct cel_emitter *e, uint32_t node, uint32_t to)
{
	(void)cel_is_in_place(e, node, &to);
	return to;
}

bool cel_push_operand(struct cel_emitter *e, const struct cel_node *node, struct cel_frame *f)
{
	uint32_t place;

	while (f->step < node->n_children) {
		uint32_t i = f->step++, child = cel_child(e, node, i);

		if (!e->constants[child] && !cel_is_in_place(e, child, &place)) {
			cel_push(e, child, f->to + i, f->on_error);
			return true;
		}
	}
	return false;
}

static void emit_constant(struct cel_emitter *e, const struct cel_frame *f)
{
	cel_add(e, f, cel_step_constant)->constant = e->constants[f->node];
	cel_pop(e);
}

static void visit(struct cel_emitter *e, struct cel_frame *f)
{
	static cel_visit *const visits[] = {
	    [CEL_NODE_IDENT] = cel_visit_ident,   [CEL_NODE_SELECT] = cel_visit_select,
	    [CEL_NODE_INDEX] = cel_visit_index,   [CEL_NODE_CALL] = cel_visit_call,
	    [CEL_NODE_LIST] = cel_visit_list,     [CEL_NODE_MAP] = cel_visit_map,
	    [CEL_NODE_STRUCT] = cel_visit_struct, [CEL_NODE_AND] = cel_visit_logic,
	    [CEL_NODE_OR] = cel_visit_logic,      [CEL_NODE_CONDITIONAL] = cel_visit_conditional,
	    [CEL_NODE_FOLD] = cel_visit_fold,     [CEL_NODE_BIND] = cel_visit_bind,
	};
	const struct cel_node *node = &e->ast->nodes[f->node];

	if (e->constants[f->node])
		emit_constant(e, f);
	else if (e->checked->meanings[f->node].kind == CEL_MEANS_VARIABLE)
		cel_visit_ident(e, node, f);
	else
		visits[node->kind](e, node, f);
}

/* Labels become places, and the code moves into the program. */
static void finish(struct cel_emitter *e)
{
	struct cel_program *p = e->program;

	for (size_t i = 0; i < e->n_code; i++) {
		e->code[i].target = e->labels[e->code[i].target];
		e->code[i].on_error = e->labels[e->code[i].on_error];
	}
	p->code =
	    memcpy(arena_alloc(&p->arena, e->n_code * sizeof(p->code[0])), e->code, e->n_code * sizeof(p->code[0]));
	p->n_code = (uint32_t)e->n_code;
}

void cel_emit(struct cel_program *p, const struct cel_ast *ast, const struct cel_checked *checked,
              struct arena *scratch)
{
	NO_INIT struct cel_emitter e;

	e.program = p;
	e.ast = ast;
	e.checked = checked;
	e.scratch = scratch;
	e.n_code = e.n_labels = e.n_paths = 0;
	e.n_frames = 0;
	e.constants = cel_fold_constants(p, ast, checked, scratch);
	/* As much as most expressions need, so that neither grows. */
	e.cap_code = (size_t)ast->n_nodes * 2 + 8;
	e.code = arena_alloc(scratch, e.cap_code * sizeof(e.code[0]));
	e.cap_labels = (size_t)ast->n_nodes + 8;
	e.labels = arena_alloc(scratch, e.cap_labels * sizeof(e.labels[0]));
	e.registers = arena_alloc(scratch, ast->n_nodes * sizeof(e.registers[0]));
	e.frames = arena_alloc(scratch, (CEL_MAX_NESTING + 2) * sizeof(e.frames[0]));
	(void)cel_new_label(&e);
	cel_push(&e, ast->n_nodes - 1, 0, CEL_LABEL_END_ERROR);
	while (e.n_frames > 0)
		visit(&e, &e.frames[e.n_frames - 1]);
	(void)cel_add(&e, &e.frames[0], cel_step_end);
	cel_set_label(&e, CEL_LABEL_END_ERROR);
	(void)cel_add(&e, &e.frames[0], cel_step_end_error);
	finish(&e);
}
