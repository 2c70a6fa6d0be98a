/* SPDX-License-Identifier: Apache-2.0
 *
 * The parser: precedence by a stack of operators and open brackets, so that nesting costs no stack of the machine's.
 */
#include "expr/parse-impl.h"

#include <errno.h>

#include "base/utf8.h"

#define FIRST_ENTRIES 24u

bool too_deep(const struct parser *p, uint32_t at)
{
	cel_issue_add(p->issues, at, "expression recursion limit exceeded: %u", CEL_MAX_NESTING);
	return false;
}

/* ---- nodes ------------------------------------------------------------------------------------------------ */

bool emit(struct parser *p, const struct cel_node *node, uint32_t base)
{
	uint32_t height = 0, number = p->n_nodes++, n = p->n_operands - base;
	struct cel_node *made = &p->nodes[number];

	assert(base <= p->n_operands && number < p->tokens.n);
	*made = *node;
	made->first = p->n_children;
	made->n_children = n;
	made->begin = n ? p->nodes[p->operands[base].node].begin : number;
	for (uint32_t i = base; i < p->n_operands; i++) {
		p->children[p->n_children++] = p->operands[i].node;
		if (p->operands[i].height > height)
			height = p->operands[i].height;
	}
	p->operands[base] = (struct operand){number, height + 1};
	p->n_operands = base + 1;
	return height < CEL_MAX_NESTING || too_deep(p, node->at);
}

static bool emit_leaf(struct parser *p, const struct cel_node *node)
{
	p->wants_operand = false;
	return emit(p, node, p->n_operands);
}

/* Is it one of those of which only a few stand above each other? */
static bool is_flat(const struct entry *e)
{
	return e->kind == ENTRY_BINARY || e->kind == ENTRY_LOGIC;
}

struct entry *push(struct parser *p, enum entry_kind kind, unsigned flags)
{
	struct entry *e;

	if (p->n_entries == p->cap)
		ARENA_ROOM(p->arena, p->entries, p->n_entries, &p->cap);
	e = &p->entries[p->n_entries];
	*e = (struct entry){.kind = (uint8_t)kind,
	                    .flags = (uint16_t)flags,
	                    .at = token(p, 0)->at,
	                    .base = p->n_operands - (flags & CEL_HAS_RECEIVER ? 1 : 0),
	                    .open = p->i};
	if (!is_flat(e) && ++p->n_nested > CEL_MAX_NESTING) {
		(void)too_deep(p, e->at);
		return NULL;
	}
	p->n_entries++;
	return e;
}

/* The entry is there until the next one is pushed. */
static const struct entry *pop(struct parser *p)
{
	const struct entry *e = &p->entries[--p->n_entries];

	p->n_nested -= !is_flat(e);
	return e;
}

/* Applies the operators that bind as tightly or more. */
static bool reduce(struct parser *p, enum binding binding)
{
	while (top(p)->binding >= binding) {
		const struct entry *e = pop(p);
		struct cel_node node = {.kind = CEL_NODE_CALL, .op = e->op, .at = e->at};
		uint32_t n = e->kind == ENTRY_UNARY ? 1 : 2;

		if (e->kind == ENTRY_LOGIC) {
			node.kind = e->op;
			node.op = CEL_OP_NONE;
			n = p->n_operands - e->base + 1;
		} else if (e->kind == ENTRY_COLON) {
			node.kind = CEL_NODE_CONDITIONAL;
			n = 3;
		}
		if (!emit(p, &node, p->n_operands - n))
			return false;
	}
	return true;
}

/* ---- operands --------------------------------------------------------------------------------------------- */

static bool read_literal(struct parser *p, bool is_negative)
{
	const struct cel_token *t = token(p, is_negative);
	struct cel_node node = {.kind = CEL_NODE_LITERAL, .at = token(p, 0)->at};

	if (!cel_token_value(p->source, t, is_negative, p->arena, &node.literal)) {
		cel_issue_add(p->issues, node.at, "%s", cel_token_error(t));
		node.literal = cel_null();
	}
	p->i += 1 + (uint32_t)is_negative;
	return emit_leaf(p, &node);
}

/* An identifier, or the call of a function. */
static bool read_ident(struct parser *p, unsigned flags)
{
	const struct cel_token *t = token(p, 0);
	struct str name = token_text(p, t);
	struct cel_node node = {.kind = CEL_NODE_IDENT, .flags = (uint16_t)flags, .at = t->at, .name = name};

	p->i++;
	if (t->flags & CEL_TOKEN_RESERVED)
		cel_issue_add(p->issues, t->at, "reserved identifier: " STR_FMT, STR_ARG(name));
	if (token(p, 0)->kind == CEL_TOKEN_LPAREN)
		return open_call(p, name, flags);
	return emit_leaf(p, &node);
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

	if ((t->kind != CEL_TOKEN_IDENT && t->kind != CEL_TOKEN_QUOTED) || token(p, 1)->kind != CEL_TOKEN_COLON) {
		p->i += t->kind == CEL_TOKEN_IDENT || t->kind == CEL_TOKEN_QUOTED;
		(void)not_an_operand(p);
		return false;
	}
	if (t->kind == CEL_TOKEN_QUOTED)
		name = str_slice(name, 1, name.len - 1);
	p->i += 2;
	top(p)->has_key = true;
	if (!emit_leaf(p, &(struct cel_node){.kind = CEL_NODE_LITERAL,
	                                     .flags = top(p)->is_optional ? CEL_OPTIONAL_ENTRY : 0,
	                                     .at = t->at,
	                                     .literal = cel_string(name)}))
		return false;
	top(p)->is_optional = false;
	p->wants_operand = true;
	return true;
}

static bool close_bracket(struct parser *p);
static void end_part(struct parser *p, struct entry *e);

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

static bool read_operand(struct parser *p)
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

/* ---- behind an operand ------------------------------------------------------------------------------------ */

static bool read_select(struct parser *p)
{
	uint32_t at = token(p, 0)->at, dot = p->i++;
	bool is_optional = token(p, 0)->kind == CEL_TOKEN_QUESTION;
	const struct cel_token *t;
	struct cel_node node = {.kind = CEL_NODE_SELECT, .at = at};

	if (is_optional) {
		if (!(p->libraries & CEL_LIB_OPTIONALS))
			cel_issue_add(p->issues, at, "unsupported syntax '.?'");
		node.flags = CEL_OPTIONAL_ACCESS;
		p->i++;
	}
	t = token(p, 0);
	node.name = token_text(p, t);
	if (t->kind == CEL_TOKEN_QUOTED) {
		node.name = str_slice(node.name, 1, node.name.len - 1);
		node.flags |= CEL_QUOTED;
	} else if (t->kind != CEL_TOKEN_IDENT) {
		return no_alternative(p, dot);
	}
	p->i++;
	if (t->kind == CEL_TOKEN_IDENT && !is_optional && token(p, 0)->kind == CEL_TOKEN_LPAREN)
		return open_call(p, node.name, CEL_HAS_RECEIVER);
	return emit(p, &node, p->n_operands - 1);
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

static bool close_bracket(struct parser *p)
{
	const struct entry *e = pop(p);
	struct cel_node node = {.at = e->at};

	p->i++;
	p->wants_operand = false;
	switch (e->kind) {
	case ENTRY_PAREN:
		return true;
	case ENTRY_CALL:
		return close_call(p, e);
	case ENTRY_INDEX:
		node.kind = CEL_NODE_INDEX;
		node.flags = e->is_optional ? CEL_OPTIONAL_ACCESS : 0;
		break;
	case ENTRY_LIST:
		node.kind = CEL_NODE_LIST;
		break;
	case ENTRY_MAP:
		node.kind = CEL_NODE_MAP;
		break;
	default:
		node.kind = CEL_NODE_STRUCT;
		node.flags = e->flags;
		node.name = e->call->name;
		break;
	}
	return emit(p, &node, e->base);
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

/* An element of a list or a value of a map is complete. */
static void end_part(struct parser *p, struct entry *e)
{
	if (e->kind == ENTRY_LIST && e->is_optional)
		p->nodes[p->operands[p->n_operands - 1].node].flags |= CEL_OPTIONAL_ENTRY;
	if (e->kind == ENTRY_LIST)
		e->is_optional = false;
	e->has_key = false;
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

static bool read_operator(struct parser *p)
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

/* ---- the whole -------------------------------------------------------------------------------------------- */

/* Most are, and need not be looked at byte for byte. */
static bool is_ascii(struct str s)
{
	uint64_t word, all = 0;
	size_t i;

	for (i = 0; i + sizeof(word) <= s.len; i += sizeof(word)) {
		memcpy(&word, s.ptr + i, sizeof(word));
		all |= word;
	}
	for (; i < s.len; i++)
		all |= (unsigned char)s.ptr[i];
	return (all & UINT64_C(0x8080808080808080)) == 0;
}

static bool check_source(struct str source, struct cel_issues *issues)
{
	size_t n = source.len;

	/* What is longer in bytes than so many code points can be is not even read. */
	if (n <= (size_t)CEL_MAX_SOURCE_CODE_POINTS * UTF8_MAX_BYTES && !is_ascii(source)) {
		if (!utf8_is_valid(source)) {
			cel_issue_add(issues, 0, "expression is not valid UTF-8");
			return false;
		}
		n = utf8_length(source);
	}
	if (n <= CEL_MAX_SOURCE_CODE_POINTS)
		return true;
	cel_issue_add(issues, 0, "expression code point size exceeds limit: size: %zu, limit %u", n,
	              CEL_MAX_SOURCE_CODE_POINTS);
	return false;
}

/* Room for all at once: a token makes at most one node, and a node has at most one parent. */
static void make_room(struct parser *p)
{
	uint32_t n = p->tokens.n + 1;

	p->nodes = arena_alloc(p->arena, n * sizeof(*p->nodes));
	p->children = arena_alloc(p->arena, n * sizeof(*p->children));
	p->operands = arena_alloc(p->arena, n * sizeof(*p->operands));
	p->cap = FIRST_ENTRIES;
	p->entries = arena_alloc(p->arena, p->cap * sizeof(*p->entries));
}

int cel_parse(const struct cel_env *env, struct str source, struct arena *a, struct cel_ast *ret,
              struct cel_issues *issues)
{
	struct parser p = {.arena = a, .issues = issues, .libraries = cel_env_libraries(env), .wants_operand = true};
	size_t n_before = issues->n;
	bool is_lexed, goes_on;

	if (!check_source(source, issues))
		return -EINVAL;
	p.source = arena_str(a, str_is_absent(source) ? STR("") : source);
	is_lexed = cel_lex(p.source, a, &p.tokens, issues);
	make_room(&p);
	goes_on = push(&p, ENTRY_SOURCE, 0) != NULL;
	p.n_nested = 0;
	while (goes_on && !p.is_done)
		goes_on = p.wants_operand ? read_operand(&p) : read_operator(&p);
	if (!is_lexed || issues->n > n_before) {
		cel_issues_sort(issues);
		return -EINVAL;
	}
	assert(goes_on && p.n_operands == 1 && p.n_nodes > 0);
	*ret = (struct cel_ast){.source = p.source, .nodes = p.nodes, .n_nodes = p.n_nodes, .children = p.children};
	return 0;
}
