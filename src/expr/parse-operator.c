/* SPDX-License-Identifier: Apache-2.0
 *
 * Behind an operand: selects, calls, indexes, operators, and what ends what is around.
 */
#include "expr/parse-impl.h"

/* An element of a list or a value of a map is complete. */
static void end_part(struct parser *p, struct entry *e)
{
	if (e->kind == ENTRY_LIST && e->is_optional)
		p->nodes[p->operands[p->n_operands - 1].node].flags |= CEL_OPTIONAL_ENTRY;
	if (e->kind == ENTRY_LIST)
		e->is_optional = false;
	e->has_key = false;
}

/* Something that cannot follow an operand. */
static bool mend_operator(struct parser *p)
{
	switch (not_an_operator(p)) {
	case REPAIR_NONE:
		return false;
	case REPAIR_DROP:
		p->i++;
		return true;
	case REPAIR_CLOSE:
		break;
	}
	end_part(p, top(p));
	p->i--; /* nothing is there to be read */
	return close_bracket(p);
}

static bool read_select(struct parser *p)
{
	uint32_t at = token(p, 0)->at, dot = p->i++;
	bool is_optional = token(p, 0)->kind == CEL_TOKEN_QUESTION;
	const struct cel_token *t;
	struct cel_node *node;

	if (is_optional) {
		if (!(p->libraries & CEL_LIB_OPTIONALS))
			cel_issue_add(p->issues, at, "unsupported syntax '.?'");
		p->i++;
	}
	t = token(p, 0);
	if (t->kind != CEL_TOKEN_IDENT && t->kind != CEL_TOKEN_QUOTED)
		return no_alternative(p, dot);
	p->i++;
	if (t->kind == CEL_TOKEN_IDENT && !is_optional && token(p, 0)->kind == CEL_TOKEN_LPAREN)
		return open_call(p, token_text(p, t), CEL_HAS_RECEIVER);
	node = emit(p, CEL_NODE_SELECT, at, p->n_operands - 1);
	if (!node)
		return false;
	node->name = token_text(p, t);
	node->flags = is_optional ? CEL_OPTIONAL_ACCESS : 0;
	if (t->kind == CEL_TOKEN_QUOTED) {
		node->name = str_slice(node->name, 1, node->name.len - 1);
		node->flags |= CEL_QUOTED;
	}
	return true;
}

static bool open_index(struct parser *p)
{
	struct entry *e = push(p, ENTRY_INDEX, CEL_HAS_RECEIVER);

	if (!e)
		return false;
	p->i++;
	if (token(p, 0)->kind == CEL_TOKEN_QUESTION) {
		if (!(p->libraries & CEL_LIB_OPTIONALS))
			cel_issue_add(p->issues, e->at, "unsupported syntax '[?'");
		e->is_optional = true;
		p->i++;
	}
	p->wants_operand = true;
	return true;
}

/* "a.b.C{": the operand is the type's name, and no node remains of it. */
static bool open_struct(struct parser *p)
{
	uint32_t number = p->operands[p->n_operands - 1].node;
	struct entry *e;
	struct str name;

	if (p->tokens.items[p->i - 1].kind != CEL_TOKEN_IDENT || !cel_node_name(p->nodes, number, p->arena, &name))
		return mend_operator(p);
	p->n_nodes = p->nodes[number].begin;
	p->n_children -= number - p->n_nodes;
	p->n_operands--;
	e = push(p, ENTRY_STRUCT, p->nodes[p->n_nodes].flags);
	if (!e)
		return false;
	e->call = ARENA_NEW(p->arena, struct call);
	e->call->name = name;
	p->i++;
	if (token(p, 0)->kind == CEL_TOKEN_COMMA && token(p, 1)->kind == CEL_TOKEN_RBRACE)
		p->i++;
	return begin_part(p, CEL_TOKEN_RBRACE);
}

bool close_bracket(struct parser *p)
{
	static const uint8_t kinds[] = {
	    [ENTRY_INDEX] = CEL_NODE_INDEX,
	    [ENTRY_LIST] = CEL_NODE_LIST,
	    [ENTRY_MAP] = CEL_NODE_MAP,
	    [ENTRY_STRUCT] = CEL_NODE_STRUCT,
	};
	const struct entry *e = pop(p);
	struct cel_node *node;

	p->i++;
	p->wants_operand = false;
	if (e->kind == ENTRY_PAREN)
		return true;
	if (e->kind == ENTRY_CALL)
		return close_call(p, e);
	node = emit(p, kinds[e->kind], e->at, e->base);
	if (!node)
		return false;
	if (e->kind == ENTRY_INDEX && e->is_optional)
		node->flags = CEL_OPTIONAL_ACCESS;
	if (e->kind == ENTRY_STRUCT) {
		node->flags = e->flags;
		node->name = e->call->name;
	}
	return true;
}

/* What closes an entry, and CEL_N_TOKENS for those that nothing does. */
static enum cel_token_kind closing(const struct entry *e)
{
	switch (e->kind) {
	case ENTRY_SOURCE:
		return CEL_TOKEN_END;
	case ENTRY_PAREN:
	case ENTRY_CALL:
		return CEL_TOKEN_RPAREN;
	case ENTRY_INDEX:
	case ENTRY_LIST:
		return CEL_TOKEN_RBRACKET;
	case ENTRY_MAP:
	case ENTRY_STRUCT:
		return CEL_TOKEN_RBRACE;
	default:
		return CEL_N_TOKENS;
	}
}

static bool read_close(struct parser *p)
{
	struct entry *e;
	enum cel_token_kind kind = token(p, 0)->kind;

	if (!reduce(p, BINDS_CONDITIONAL))
		return false;
	e = top(p);
	if (closing(e) != kind || (e->kind == ENTRY_MAP && !e->has_key))
		return mend_operator(p);
	if (kind == CEL_TOKEN_END) {
		p->is_done = true;
		return true;
	}
	end_part(p, e);
	return close_bracket(p);
}

static bool read_comma(struct parser *p)
{
	struct entry *e;

	if (!reduce(p, BINDS_CONDITIONAL))
		return false;
	e = top(p);
	if (e->kind == ENTRY_CALL)
		next_argument(p, e);
	else if (e->kind != ENTRY_LIST && (e->kind != ENTRY_MAP || !e->has_key) && e->kind != ENTRY_STRUCT)
		return mend_operator(p);
	end_part(p, e);
	p->i++;
	/* Calls have no comma behind the last argument. */
	return begin_part(p, e->kind == ENTRY_CALL ? CEL_N_TOKENS : closing(e));
}

/* Of a conditional or between a key and its value. */
static bool read_colon(struct parser *p)
{
	struct entry *e;

	if (!reduce(p, BINDS_OR))
		return false;
	if (top(p)->kind == ENTRY_QUESTION) {
		top(p)->kind = ENTRY_COLON;
		top(p)->binding = BINDS_CONDITIONAL;
	} else {
		if (!reduce(p, BINDS_CONDITIONAL))
			return false;
		e = top(p);
		if (e->kind != ENTRY_MAP || e->has_key)
			return mend_operator(p);
		if (e->is_optional)
			p->nodes[p->operands[p->n_operands - 1].node].flags |= CEL_OPTIONAL_ENTRY;
		e->is_optional = false;
		e->has_key = true;
	}
	p->i++;
	p->wants_operand = true;
	return true;
}

static bool read_question(struct parser *p)
{
	if (!reduce(p, BINDS_OR))
		return false;
	/* What stands between ? and : is no conditional itself, as the grammar has it. */
	if (top(p)->kind == ENTRY_QUESTION)
		return mend_operator(p);
	if (!push(p, ENTRY_QUESTION, 0))
		return false;
	p->i++;
	p->wants_operand = true;
	return true;
}

static bool push_operator(struct parser *p, enum entry_kind kind, uint8_t op, enum binding binding)
{
	struct entry *e = push(p, kind, 0);

	if (!e)
		return false;
	e->op = op;
	e->binding = (uint8_t)binding;
	return true;
}

/* && and || take as many operands as are in a row. */
static bool read_logic(struct parser *p, enum cel_node_kind kind, enum binding binding)
{
	if (!reduce(p, binding + 1))
		return false;
	if (top(p)->binding != binding && !push_operator(p, ENTRY_LOGIC, (uint8_t)kind, binding))
		return false;
	p->i++;
	p->wants_operand = true;
	return true;
}

static bool read_binary(struct parser *p, enum cel_op op, enum binding binding)
{
	if (!reduce(p, binding) || !push_operator(p, ENTRY_BINARY, (uint8_t)op, binding))
		return false;
	p->i++;
	p->wants_operand = true;
	return true;
}

bool read_operator(struct parser *p)
{
	static const struct {
		uint8_t op, binding;
	} binary[CEL_N_TOKENS] = {
	    [CEL_TOKEN_IN] = {CEL_OP_IN, BINDS_RELATION},
	    [CEL_TOKEN_EQUAL] = {CEL_OP_EQUAL, BINDS_RELATION},
	    [CEL_TOKEN_NOT_EQUAL] = {CEL_OP_NOT_EQUAL, BINDS_RELATION},
	    [CEL_TOKEN_LESS] = {CEL_OP_LESS, BINDS_RELATION},
	    [CEL_TOKEN_LESS_EQUAL] = {CEL_OP_LESS_EQUAL, BINDS_RELATION},
	    [CEL_TOKEN_GREATER] = {CEL_OP_GREATER, BINDS_RELATION},
	    [CEL_TOKEN_GREATER_EQUAL] = {CEL_OP_GREATER_EQUAL, BINDS_RELATION},
	    [CEL_TOKEN_PLUS] = {CEL_OP_ADD, BINDS_SUM},
	    [CEL_TOKEN_MINUS] = {CEL_OP_SUBTRACT, BINDS_SUM},
	    [CEL_TOKEN_STAR] = {CEL_OP_MULTIPLY, BINDS_PRODUCT},
	    [CEL_TOKEN_SLASH] = {CEL_OP_DIVIDE, BINDS_PRODUCT},
	    [CEL_TOKEN_PERCENT] = {CEL_OP_MODULO, BINDS_PRODUCT},
	};
	uint8_t kind = token(p, 0)->kind;

	if (binary[kind].op)
		return read_binary(p, binary[kind].op, binary[kind].binding);
	switch (kind) {
	case CEL_TOKEN_DOT:
		return read_select(p);
	case CEL_TOKEN_LBRACKET:
		return open_index(p);
	case CEL_TOKEN_LBRACE:
		return open_struct(p);
	case CEL_TOKEN_AND:
		return read_logic(p, CEL_NODE_AND, BINDS_AND);
	case CEL_TOKEN_OR:
		return read_logic(p, CEL_NODE_OR, BINDS_OR);
	case CEL_TOKEN_QUESTION:
		return read_question(p);
	case CEL_TOKEN_COLON:
		return read_colon(p);
	case CEL_TOKEN_COMMA:
		return read_comma(p);
	case CEL_TOKEN_END:
	case CEL_TOKEN_RPAREN:
	case CEL_TOKEN_RBRACKET:
	case CEL_TOKEN_RBRACE:
		return read_close(p);
	default:
		return reduce(p, BINDS_CONDITIONAL) && mend_operator(p);
	}
}
