#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The compiler's second half: from a tree that is resolved and folded to instructions. The tree is walked with a stack
 * of frames, one for each node that is being emitted; a node's function is called once before each of its children and
 * once after the last.
 *
 * Only files of this layer include it.
 */
#include "expr/program.h"

/* Labels stand for instructions that are not emitted yet. This one is the end of an evaluation that failed. */
#define CEL_LABEL_END_ERROR 0u

struct cel_frame {
	uint32_t node;
	uint32_t step;      /* how many times it was called */
	uint32_t to;        /* register of the result; those behind it are free */
	uint32_t on_error;  /* label */
	uint32_t labels[3]; /* its own use */
	uint32_t pending;   /* its own use */
};

struct cel_emitter {
	struct cel_program *program;
	const struct cel_ast *ast;
	const struct cel_checked *checked;
	const struct cel_value **constants;
	struct arena *scratch;
	struct cel_instruction *code;
	size_t n_code, cap_code;
	uint32_t *labels; /* instructions */
	size_t n_labels, cap_labels;
	uint32_t *registers; /* by node: where the variables that it binds are */
	struct cel_frame *frames;
	uint32_t n_frames;
	/* The first different paths of variables, so that those that come again are known. */
	struct cel_path *paths[2 * CEL_MAX_KNOWN];
	size_t n_paths;
};

static inline uint32_t cel_child(const struct cel_emitter *e, const struct cel_node *node, uint32_t i)
{
	return e->ast->children[node->first + i];
}

/*
 * Appends an instruction of the frame's node, to be filled in before the next one: `to` and `a` are the frame's
 * register, `on_error` its label, what else there is zero. Labels stand in `target` and `on_error`.
 */
struct cel_instruction *cel_add(struct cel_emitter *e, const struct cel_frame *f, cel_step *run);
uint32_t cel_new_label(struct cel_emitter *e);
/* The label is the next instruction. */
void cel_set_label(struct cel_emitter *e, uint32_t label);
/* The register is used. */
void cel_use_register(struct cel_emitter *e, uint32_t number);
/* A name of the tree that the program keeps. */
struct str cel_keep_name(struct cel_emitter *e, struct str name);

/* Emits a node next, whatever it is. */
void cel_push(struct cel_emitter *e, uint32_t node, uint32_t to, uint32_t on_error);
/* The node on top is done. */
void cel_pop(struct cel_emitter *e);
/* A variable of a comprehension, which can be read where it stands: true and its register. */
bool cel_is_in_place(const struct cel_emitter *e, uint32_t node, uint32_t *ret_register);
/* The register where the node's value is once it is emitted to `to`, or is where it stands. */
uint32_t cel_place(const struct cel_emitter *e, uint32_t node, uint32_t to);
/*
 * Emits the next child, from f->step on, that is neither constant nor in place, child i to f->to + i; false: there is
 * none any more.
 */
bool cel_push_operand(struct cel_emitter *e, const struct cel_node *node, struct cel_frame *f);

typedef void cel_visit(struct cel_emitter *e, const struct cel_node *node, struct cel_frame *f);
/* emit-call.c */
extern cel_visit cel_visit_call, cel_visit_list, cel_visit_map;
/* emit-name.c */
extern cel_visit cel_visit_ident, cel_visit_select, cel_visit_index, cel_visit_struct;
/* emit-control.c */
extern cel_visit cel_visit_logic, cel_visit_conditional, cel_visit_fold, cel_visit_bind;
