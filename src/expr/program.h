#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * What an expression is compiled to: instructions over registers, one block of memory with all that they point to.
 * The registers of an expression are those from its own on; how many there are at most is known. An instruction names
 * the function that does it, which returns the next one, so that each is a few lines and nothing recurses.
 *
 * An operation that fails leaves its error in the evaluation's `result` and goes where its instruction says: to the
 * end, or to the one that absorbs it. One that is aborted goes nowhere.
 *
 * Only files of this layer include it.
 */
#include "expr/check.h"
#include "expr/expr.h"
#include "expr/operators.h"

struct cel_instruction;
/* Runs one instruction; returns the next, or NULL when the evaluation is over. */
typedef const struct cel_instruction *cel_step(struct cel_eval *ev, const struct cel_instruction *in);

/* What reads the bool that an instruction yields, when it is the next one: it is done at once. */
enum cel_feeds { CEL_FEEDS_REGISTER, CEL_FEEDS_LOGIC, CEL_FEEDS_LOGIC_LAST };

struct cel_instruction {
	cel_step *run;
	uint32_t to; /* register of the result */
	uint32_t a;  /* registers of operands */
	uint32_t b;
	uint32_t target;   /* instruction to jump to */
	uint32_t on_error; /* instruction that takes care of an error */
	uint32_t at;       /* in the source */
	uint32_t feeds;    /* enum cel_feeds */
	union {
		cel_operator *operate;
		const struct cel_path *path;
		const struct cel_call *call;
		const struct cel_text_set *set;
		const struct cel_regex *regex;
		const struct str *name;
		uint32_t number;
		bool decides; /* && and all(): false; || and exists(): true */
		enum cel_error_code code;
		enum cel_op fold;
	};
	const struct cel_value *constant;
};

/* Where a comprehension is. */
struct cel_cursor {
	uint32_t at; /* in the range */
	uint32_t n;  /* elements, or pairs, in `out`; of exists_one: how many */
	void *out;   /* struct cel_value[], struct cel_entry[] */
};
union cel_register {
	struct cel_value value;
	struct cel_cursor cursor;
	uint32_t cap; /* of the cursor's `out` */
};

/* Registers of a comprehension, from its own on: the range, then these; its parts are evaluated behind them. */
enum { CEL_FOLD_CURSOR = 1, CEL_FOLD_CAP, CEL_FOLD_FIRST, CEL_FOLD_SECOND, CEL_FOLD_REGISTERS };

/* a.b["c"].d: what is looked up one after the other. */
struct cel_path_part {
	bool is_name;
	bool is_field;
	uint16_t of;     /* of fields: number of the struct */
	uint32_t field;  /* its number */
	uint32_t at;     /* in the source */
	struct str name; /* of names and fields */
	struct cel_value key;
};
struct cel_path {
	uint32_t slot;  /* of the variable, if it begins with one */
	uint32_t known; /* where an evaluation keeps what it found, from 1; 0: nowhere, it is looked up once */
	uint32_t n;
	struct str variable;
	const struct cel_path_part *parts;
};

/* A call: the first overload whose parameters take the arguments is the one. */
struct cel_candidate {
	const struct cel_overload *overload;
	uint32_t kinds[CEL_MAX_ARGS];   /* sets of enum cel_kind, as bits */
	uint32_t structs[CEL_MAX_ARGS]; /* number of the struct that it must be; UINT32_MAX: any */
};
struct cel_call {
	uint32_t n_args;
	uint32_t n;
	const struct cel_candidate *candidates;
};

/* x in ["a", "b"]: strings by hash. */
struct cel_text_set {
	uint32_t n;
	uint32_t longest; /* in bytes */
	uint32_t mask;    /* of `index`, which has places + 1 */
	const uint32_t *index;
	const struct cel_value *texts;
};

struct cel_program {
	struct arena arena; /* holds everything, this too */
	const struct cel_env *env;
	const struct cel_type *type;
	struct str source;
	const struct cel_instruction *code;
	uint32_t n_code;
	uint32_t n_registers;
	uint32_t n_known;   /* paths that are looked up at several places */
	uint32_t n_pending; /* places for errors that may be absorbed yet */
	struct cel_regexes {
		struct cel_regex *regex;
		struct cel_regexes *next;
	} * regexes; /* owned */
};

/* ---- the instructions' functions, by file --------------------------------------------------------------------- */

/* vm.c */
extern cel_step cel_step_end, cel_step_end_error, cel_step_constant, cel_step_copy, cel_step_checked_copy,
    cel_step_variable, cel_step_fail, cel_step_operate, cel_step_operate_constant, cel_step_call, cel_step_branch,
    cel_step_jump, cel_step_catch_value, cel_step_not, cel_step_list, cel_step_map, cel_step_optional_entry;
/* vm-path.c */
extern cel_step cel_step_path, cel_step_path_of;
/* vm-logic.c */
extern cel_step cel_step_logic, cel_step_logic_catch, cel_step_logic_last, cel_step_logic_catch_last;
/* vm-fold.c */
extern cel_step cel_step_fold_begin, cel_step_fold_next, cel_step_fold_test, cel_step_fold_catch, cel_step_fold_filter,
    cel_step_fold_count, cel_step_fold_append, cel_step_fold_put, cel_step_fold_put_map, cel_step_fold_end,
    cel_step_opt_begin, cel_step_opt_end;
/* vm-text.c */
extern cel_step cel_step_equal_text, cel_step_unequal_text, cel_step_in_set, cel_step_text_in, cel_step_starts_with,
    cel_step_ends_with, cel_step_contains, cel_step_matches;

/* Sorts pairs of key and value by key, stably; not of one comparable kind: false and the error. */
bool cel_sort_pairs(struct cel_eval *ev, struct cel_entry *pairs, uint32_t n, struct cel_value *ret_error);
/* Calls the overload, or remembers what it said to the same arguments. */
struct cel_value cel_call_memoised(struct cel_eval *ev, const struct cel_overload *o, const struct cel_value *args);
/* The first candidate that takes the arguments; NULL: none. */
const struct cel_overload *cel_call_choose(const struct cel_call *call, const struct cel_value *args);

/* ---- what the compiler's files share ------------------------------------------------------------------------- */

/*
 * The value of each node that is known before it runs, NULL for others. Values live in the program; of each other
 * nothing is left but what could not be folded.
 */
const struct cel_value **cel_fold_constants(struct cel_program *p, const struct cel_ast *ast,
                                            const struct cel_checked *checked, struct arena *scratch);
/* A text of the tree as one of the program's. */
struct str cel_program_text(struct cel_program *p, const struct cel_ast *ast, struct str text);
/* The candidates of a call with `n_args` arguments, in `a`. */
const struct cel_call *cel_call_new(struct arena *a, const struct cel_meaning *meaning, uint32_t n_args,
                                    bool has_receiver);
/* Instructions for the tree, into the program. */
void cel_emit(struct cel_program *p, const struct cel_ast *ast, const struct cel_checked *checked,
              struct arena *scratch);

/* ---- helpers of the instructions ----------------------------------------------------------------------------- */

static inline struct cel_value *cel_register(struct cel_eval *ev, uint32_t number)
{
	return &ev->registers[number].value;
}

static inline const struct cel_instruction *cel_failed(struct cel_eval *ev, const struct cel_instruction *in,
                                                       struct cel_value error)
{
	ev->result = error;
	return error.error ? ev->code + in->on_error : NULL;
}

/* Goes on with the value as the result, which may be an error. */
static inline const struct cel_instruction *cel_yield(struct cel_eval *ev, const struct cel_instruction *in,
                                                      struct cel_value v)
{
	if (UNLIKELY(v.kind == CEL_ERROR))
		return cel_failed(ev, in, v);
	*cel_register(ev, in->to) = v;
	return in + 1;
}

static inline const struct cel_instruction *cel_no_overload(struct cel_eval *ev, const struct cel_instruction *in)
{
	ev->at = in->at;
	return cel_failed(ev, in, cel_fail_with(ev, CEL_NO_SUCH_OVERLOAD, STR_NONE));
}
