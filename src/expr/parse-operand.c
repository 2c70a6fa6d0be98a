/* SPDX-License-Identifier: Apache-2.0
 *
 * Where an operand must begin: literals, names, prefixes, and what opens a bracket.
 */
#include "expr/parse-impl.h"

static struct cel_node *emit_leaf(struct parser *p, enum cel_node_kind kind, uint32_t at)
{
	p->wants_operand = false;
	return emit(p, kind, at, p->n_operands);
}

static bool read_literal(struct parser *p, bool is_negative)
{
	const struct cel_token *t = token(p, is_negative);
	struct cel_node *node = emit_leaf(p, CEL_NODE_LITERAL, token(p, 0)->at);

	if (!node)
		return false;
	if (!cel_token_value(p->source, t, is_negative, p->arena, &node->literal)) {
		cel_issue_add(p->issues, node->at, "%s", cel_token_error(t));
		node->literal = cel_null();
	}
	p->i += 1 + (uint32_t)is_negative;
	return true;
}

/* An identifier, or the call of a function. */
static bool read_ident(struct parser *p, unsigned flags)
{
	const struct cel_token *t = token(p, 0);
	struct str name = token_text(p, t);
	struct cel_node *node;

	p->i++;
	if (t->flags & CEL_TOKEN_RESERVED)
		cel_issue_add(p->issues, t->at, "reserved identifier: " STR_FMT, STR_ARG(name));
	if (token(p, 0)->kind == CEL_TOKEN_LPAREN)
		return open_call(p, name, flags);
	node = emit_leaf(p, CEL_NODE_IDENT, t->at);
	if (!node)
		return false;
	node->name = name;
	node->flags = (uint16_t)flags;
	return true;
}

/* A "?" that makes an element or entry optional. */
static void read_optional_mark(struct parser *p)
{
	const struct cel_token *t = token(p, 0);

	if (t->kind != CEL_TOKEN_QUESTION)
		return;
	if (!(p->libraries & CEL_LIB_OPTIONALS))
		cel_issue_add(p->issues, t->at, "unsupported syntax '?'");
	top(p)->is_optional = true;
	p->i++;
}

/* Something else than an operand. */
static bool mend_operand(struct parser *p)
{
	if (not_an_operand(p) != REPAIR_DROP)
		return false;
	p->i++;
	return true;
}

/* In a struct literal: the name of a field up to the ':'. */
static bool read_field_name(struct parser *p)
{
	const struct cel_token *t = token(p, 0);
	struct str name = token_text(p, t);
	struct cel_node *node;

	if ((t->kind != CEL_TOKEN_IDENT && t->kind != CEL_TOKEN_QUOTED) || token(p, 1)->kind != CEL_TOKEN_COLON) {
		p->i += t->kind == CEL_TOKEN_IDENT || t->kind == CEL_TOKEN_QUOTED;
		(void)not_an_operand(p);
		return false;
	}
	if (t->kind == CEL_TOKEN_QUOTED)
		name = str_slice(name, 1, name.len - 1);
	p->i += 2;
	top(p)->has_key = true;
	node = emit_leaf(p, CEL_NODE_LITERAL, t->at);
	if (!node)
		return false;
	node->literal = cel_string(name);
	node->flags = top(p)->is_optional ? CEL_OPTIONAL_ENTRY : 0;
	top(p)->is_optional = false;
	p->wants_operand = true;
	return true;
}

bool begin_part(struct parser *p, enum cel_token_kind close)
{
	p->wants_operand = true;
	if (token(p, 0)->kind == close)
		return close_bracket(p);
	if (top(p)->kind == ENTRY_CALL)
		return true;
	read_optional_mark(p);
	return top(p)->kind != ENTRY_STRUCT || read_field_name(p);
}

static bool read_brackets(struct parser *p, enum entry_kind kind)
{
	if (!push(p, kind, 0))
		return false;
	p->i++;
	if (kind == ENTRY_PAREN)
		return true;
	/* "[,]" and "{,}" are empty, too. */
	if (token(p, 0)->kind == CEL_TOKEN_COMMA &&
	    token(p, 1)->kind == (kind == ENTRY_LIST ? CEL_TOKEN_RBRACKET : CEL_TOKEN_RBRACE))
		p->i++;
	return begin_part(p, kind == ENTRY_LIST ? CEL_TOKEN_RBRACKET : CEL_TOKEN_RBRACE);
}

/* A minus before a number is part of it, unless another operator of this kind stands before. ! and - do not mix. */
static bool read_unary(struct parser *p, enum cel_op op)
{
	const struct cel_token *next = token(p, 1);
	bool is_number = next->kind == CEL_TOKEN_INT || next->kind == CEL_TOKEN_FLOAT;
	struct entry *e = top(p);

	if (op == CEL_OP_NEGATE && is_number && !(e->kind == ENTRY_UNARY && e->op == op))
		return read_literal(p, true);
	if (e->kind == ENTRY_UNARY && e->op != op)
		return op == CEL_OP_NOT ? mend_operand(p) : no_alternative(p, p->i);
	e = push(p, ENTRY_UNARY, 0);
	if (!e)
		return false;
	e->op = (uint8_t)op;
	e->binding = BINDS_UNARY;
	p->i++;
	return true;
}

bool read_operand(struct parser *p)
{
	switch (token(p, 0)->kind) {
	case CEL_TOKEN_INT:
	case CEL_TOKEN_UINT:
	case CEL_TOKEN_FLOAT:
	case CEL_TOKEN_STRING:
	case CEL_TOKEN_BYTES:
	case CEL_TOKEN_TRUE:
	case CEL_TOKEN_FALSE:
	case CEL_TOKEN_NULL:
		return read_literal(p, false);
	case CEL_TOKEN_IDENT:
		return read_ident(p, 0);
	case CEL_TOKEN_DOT:
		if (token(p, 1)->kind != CEL_TOKEN_IDENT)
			return mend_operand(p);
		p->i++;
		return read_ident(p, CEL_ROOT);
	case CEL_TOKEN_LPAREN:
		return read_brackets(p, ENTRY_PAREN);
	case CEL_TOKEN_LBRACKET:
		return read_brackets(p, ENTRY_LIST);
	case CEL_TOKEN_LBRACE:
		return read_brackets(p, ENTRY_MAP);
	case CEL_TOKEN_NOT:
		return read_unary(p, CEL_OP_NOT);
	case CEL_TOKEN_MINUS:
		return read_unary(p, CEL_OP_NEGATE);
	default:
		return mend_operand(p);
	}
}
