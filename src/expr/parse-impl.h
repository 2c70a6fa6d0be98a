#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The parser's state, which parse.c (operators, brackets), macro.c (calls) and syntax.c (what to say of mistakes)
 * share.
 *
 * Operands are nodes that no parent has taken yet; entries are operators and open brackets that still wait for theirs.
 * A token is either where an operand must begin, or where an operator or the end of what is around may stand.
 *
 * Only these files include it.
 */
#include "expr/lex.h"

enum entry_kind {
	ENTRY_SOURCE, /* the whole: ends at the end */
	ENTRY_PAREN,
	ENTRY_CALL,
	ENTRY_INDEX,
	ENTRY_LIST,
	ENTRY_MAP,
	ENTRY_STRUCT,
	ENTRY_QUESTION, /* of a conditional, before the ':' */
	ENTRY_COLON,    /* … and behind it */
	ENTRY_LOGIC,    /* a chain of && or || */
	ENTRY_BINARY,
	ENTRY_UNARY,
};

/* How tightly operators bind; brackets, which no operator closes, have BINDS_NOT. */
enum binding {
	BINDS_NOT,
	BINDS_CONDITIONAL,
	BINDS_OR,
	BINDS_AND,
	BINDS_RELATION,
	BINDS_SUM,
	BINDS_PRODUCT,
	BINDS_UNARY,
};

struct macro;
struct call;

struct entry {
	uint8_t kind;        /* enum entry_kind */
	uint8_t binding;     /* enum binding */
	uint8_t op;          /* enum cel_op; of chains: enum cel_node_kind */
	uint8_t is_optional; /* index: [?; list and map: the entry that is being read */
	uint16_t flags;      /* of the call's node */
	bool has_key;        /* map: the key was read */
	uint32_t at;
	uint32_t base;     /* operands below are not this one's */
	uint32_t open;     /* the token */
	struct call *call; /* of ENTRY_CALL and ENTRY_STRUCT */
};

/* What more is known of a call that is being read. */
struct call {
	const struct macro *macro;
	struct str name; /* of macros: the first variable */
	struct str name2;
};

struct operand {
	uint32_t node, height;
};

struct parser {
	struct str source;
	struct arena *arena;
	struct cel_issues *issues;
	unsigned libraries;
	struct cel_tokens tokens;
	uint32_t i; /* the token to look at */
	bool wants_operand;
	bool is_done;
	struct cel_node *nodes;
	uint32_t n_nodes;
	uint32_t *children;
	uint32_t n_children;
	struct operand *operands;
	uint32_t n_operands;
	struct entry *entries;
	size_t n_entries, cap;
	uint32_t n_nested; /* entries but chains and binary operators, of which only a few stand above each */
};

/* The token `ahead` of the current one; the last is repeated. */
static inline const struct cel_token *token(const struct parser *p, uint32_t ahead)
{
	uint32_t i = p->i + ahead;

	return &p->tokens.items[i < p->tokens.n ? i : p->tokens.n - 1];
}
static inline struct str token_text(const struct parser *p, const struct cel_token *t)
{
	return (struct str){p->source.ptr + t->at, t->len};
}
static inline struct entry *top(const struct parser *p)
{
	return &p->entries[p->n_entries - 1];
}

/* ---- parse.c -------------------------------------------------------------------------------------------------- */

/* A node over the operands from `base` on, which it replaces; the caller fills in the rest. NULL: too deep. */
struct cel_node *emit(struct parser *p, enum cel_node_kind kind, uint32_t at, uint32_t base) MUST_USE;
/* An entry at the current token; NULL: too deep. */
struct entry *push(struct parser *p, enum entry_kind kind, unsigned flags);
/* The entry is there until the next one is pushed. */
const struct entry *pop(struct parser *p);
/* Applies the operators that bind as tightly or more. */
bool reduce(struct parser *p, enum binding binding) MUST_USE;
bool too_deep(const struct parser *p, uint32_t at);

/* ---- parse-operand.c, parse-operator.c ------------------------------------------------------------------------ */

/* One step where an operand must begin, or behind one. */
bool read_operand(struct parser *p) MUST_USE;
bool read_operator(struct parser *p) MUST_USE;
/* What comes first in each element of a list, entry of a map or struct, or argument; at `close` the end of all. */
bool begin_part(struct parser *p, enum cel_token_kind close) MUST_USE;
/* At what closes the entry on top. */
bool close_bracket(struct parser *p) MUST_USE;

/* ---- macro.c ------------------------------------------------------------------------------------------------ */

/* At the '(' of a call; what stands before it, the name and the receiver, is read. */
bool open_call(struct parser *p, struct str name, unsigned flags) MUST_USE;
/* At a ',' within a call. */
void next_argument(struct parser *p, const struct entry *e);
/* At its ')'. The entry is popped. */
bool close_call(struct parser *p, const struct entry *e) MUST_USE;

/* ---- syntax.c ------------------------------------------------------------------------------------------------ */

/* How the parser may go on behind a mistake that was told, as cel-go's does. */
enum repair {
	REPAIR_NONE,
	REPAIR_DROP,  /* the token is one too many */
	REPAIR_CLOSE, /* a bracket was not closed */
};

/* Where an operand must begin, there is something else. */
enum repair not_an_operand(struct parser *p);
/* Behind an operand there is something that cannot follow; operators before it are applied. */
enum repair not_an_operator(struct parser *p) MUST_USE;
/* "Syntax error: no viable alternative at input '.'": the tokens from `from` up to the current one. Returns false. */
bool no_alternative(struct parser *p, uint32_t from);
