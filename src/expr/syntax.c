/* SPDX-License-Identifier: Apache-2.0
 *
 * Syntax errors in the words of cel-go, whose parser is ANTLR's: it drops one token when the next one fits, adds a
 * bracket when what is there could follow it, and gives up otherwise.
 */
#include "expr/parse-impl.h"

#define BIT(kind)         (UINT64_C(1) << CEL_TOKEN_##kind)
#define MAX_MESSAGE_BYTES ((size_t)2048)
#define MAX_TOKEN_BYTES   ((size_t)256)
#define OPERANDS                                                                                                       \
	(BIT(LBRACKET) | BIT(LBRACE) | BIT(LPAREN) | BIT(DOT) | BIT(MINUS) | BIT(NOT) | BIT(TRUE) | BIT(FALSE) |       \
	 BIT(NULL) | BIT(FLOAT) | BIT(INT) | BIT(UINT) | BIT(STRING) | BIT(BYTES) | BIT(IDENT))
static_assert(CEL_N_TOKENS <= 64, "sets of tokens are bits");

/* As they are named, in the order in which they are told. */
static const struct {
	uint8_t kind;
	struct str name;
} names[] = {
    {CEL_TOKEN_END, STR_INIT("<EOF>")},
    {CEL_TOKEN_LBRACKET, STR_INIT("'['")},
    {CEL_TOKEN_RBRACKET, STR_INIT("']'")},
    {CEL_TOKEN_LBRACE, STR_INIT("'{'")},
    {CEL_TOKEN_RBRACE, STR_INIT("'}'")},
    {CEL_TOKEN_LPAREN, STR_INIT("'('")},
    {CEL_TOKEN_RPAREN, STR_INIT("')'")},
    {CEL_TOKEN_DOT, STR_INIT("'.'")},
    {CEL_TOKEN_COMMA, STR_INIT("','")},
    {CEL_TOKEN_MINUS, STR_INIT("'-'")},
    {CEL_TOKEN_NOT, STR_INIT("'!'")},
    {CEL_TOKEN_QUESTION, STR_INIT("'?'")},
    {CEL_TOKEN_COLON, STR_INIT("':'")},
    {CEL_TOKEN_TRUE, STR_INIT("'true'")},
    {CEL_TOKEN_FALSE, STR_INIT("'false'")},
    {CEL_TOKEN_NULL, STR_INIT("'null'")},
    {CEL_TOKEN_FLOAT, STR_INIT("NUM_FLOAT")},
    {CEL_TOKEN_INT, STR_INIT("NUM_INT")},
    {CEL_TOKEN_UINT, STR_INIT("NUM_UINT")},
    {CEL_TOKEN_STRING, STR_INIT("STRING")},
    {CEL_TOKEN_BYTES, STR_INIT("BYTES")},
    {CEL_TOKEN_IDENT, STR_INIT("IDENTIFIER")},
    {CEL_TOKEN_QUOTED, STR_INIT("ESC_IDENTIFIER")},
};

static bool has(uint64_t set, const struct cel_token *t)
{
	return set >> t->kind & 1;
}

static void print_set(struct buf *out, uint64_t set)
{
	bool is_one = (set & (set - 1)) == 0;
	const char *between = "";

	buf_add(out, is_one ? STR("") : STR("{"));
	for (size_t i = 0; i < N_ELEMENTS(names); i++) {
		if (!(set >> names[i].kind & 1))
			continue;
		buf_addf(out, "%s" STR_FMT, between, STR_ARG(names[i].name));
		between = ", ";
	}
	buf_add(out, is_one ? STR("") : STR("}"));
}

static void print_text(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '\n' || text.ptr[i] == '\r' || text.ptr[i] == '\t')
			buf_add(out, text.ptr[i] == '\n' ? STR("\\n") : text.ptr[i] == '\r' ? STR("\\r") : STR("\\t"));
		else
			buf_add_char(out, text.ptr[i]);
	}
}

/* Enough of a long token to know it by. */
static struct str shortened(struct str text)
{
	size_t len = text.len < MAX_TOKEN_BYTES ? text.len : MAX_TOKEN_BYTES;

	while (len < text.len && ((unsigned char)text.ptr[len] & 0xc0) == 0x80)
		len--;
	return str_slice(text, 0, len);
}

static void print_token(struct buf *out, const struct parser *p)
{
	const struct cel_token *t = token(p, 0);

	buf_add(out, STR("'"));
	print_text(out, t->kind == CEL_TOKEN_END ? STR("<EOF>") : shortened(token_text(p, t)));
	buf_add(out, STR("'"));
}

static void tell(struct parser *p, const struct buf *text)
{
	cel_issue_add(p->issues, token(p, 0)->at, "Syntax error: " STR_FMT, STR_ARG(buf_str(text)));
}

static void unexpected(struct parser *p, const char *what, uint64_t expected)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(MAX_MESSAGE_BYTES);

	buf_addf(&text, "%s input ", what);
	print_token(&text, p);
	buf_add(&text, STR(" expecting "));
	print_set(&text, expected);
	tell(p, &text);
}

bool no_alternative(struct parser *p, uint32_t from)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(MAX_MESSAGE_BYTES);
	const struct cel_token *first = &p->tokens.items[from], *last = token(p, 0);

	if (from == p->i)
		last = token(p, 1);
	p->i = (uint32_t)(last - p->tokens.items);
	if (last->kind == CEL_TOKEN_END)
		last--;
	buf_add(&text, STR("no viable alternative at input '"));
	print_text(&text, shortened(str_slice(p->source, first->at, last->at + last->len)));
	buf_add(&text, STR("'"));
	tell(p, &text);
	return false;
}

/* ---- where an operand is missing --------------------------------------------------------------------------- */

/* What may stand there beside an operand. */
static uint64_t other_than_operand(const struct parser *p)
{
	const struct entry *e = top(p);
	bool is_first = p->i == e->open + 1;

	switch (e->kind) {
	case ENTRY_CALL:
		return is_first ? BIT(RPAREN) : 0;
	case ENTRY_INDEX:
		return is_first ? BIT(QUESTION) : 0;
	case ENTRY_LIST:
		return BIT(RBRACKET) | BIT(QUESTION) | (is_first ? BIT(COMMA) : 0);
	case ENTRY_MAP:
		return e->has_key ? 0 : BIT(RBRACE) | BIT(QUESTION) | (is_first ? BIT(COMMA) : 0);
	default:
		return 0;
	}
}

enum repair not_an_operand(struct parser *p)
{
	const struct entry *e = top(p);
	uint64_t operands = OPERANDS;
	bool fits;

	if (e->kind == ENTRY_STRUCT && !e->has_key) {
		bool is_name = p->i > 0 && (BIT(IDENT) | BIT(QUOTED)) >> p->tokens.items[p->i - 1].kind & 1;
		unexpected(p, "mismatched",
		           is_name ? BIT(COLON) : BIT(RBRACE) | BIT(COMMA) | BIT(QUESTION) | BIT(IDENT) | BIT(QUOTED));
		return REPAIR_NONE;
	}
	if (e->kind == ENTRY_UNARY && e->op == CEL_OP_NEGATE)
		operands &= ~BIT(NOT);
	fits = token(p, 0)->kind != CEL_TOKEN_END && has(operands, token(p, 1));
	unexpected(p, fits ? "extraneous" : "mismatched", operands | other_than_operand(p));
	return fits ? REPAIR_DROP : REPAIR_NONE;
}

/* ---- what cannot follow an operand ------------------------------------------------------------------------- */

/* What may end this part of the entry, operators aside. */
static uint64_t enders(const struct entry *e)
{
	switch (e->kind) {
	case ENTRY_SOURCE:
		return BIT(END);
	case ENTRY_PAREN:
	case ENTRY_CALL:
		return BIT(RPAREN);
	case ENTRY_INDEX:
		return BIT(RBRACKET);
	case ENTRY_LIST:
		return BIT(RBRACKET) | BIT(COMMA);
	case ENTRY_MAP:
	case ENTRY_STRUCT:
		return e->has_key ? BIT(RBRACE) | BIT(COMMA) : BIT(COLON);
	case ENTRY_QUESTION:
		return BIT(COLON);
	default:
		return 0; /* an operator: see what is around it */
	}
}

/* Could the token stand behind the bracket, if that were closed? */
static bool fits_outside(const struct parser *p)
{
	for (size_t i = p->n_entries - 1; i-- > 0;) {
		const struct entry *e = &p->entries[i];

		if (enders(e))
			return has(enders(e), token(p, 0)) ||
			       (e->kind == ENTRY_CALL && token(p, 0)->kind == CEL_TOKEN_COMMA);
	}
	return false;
}

enum repair not_an_operator(struct parser *p)
{
	const struct entry *e = top(p);
	uint64_t expected = enders(e);

	if (token(p, 0)->kind != CEL_TOKEN_END && has(expected, token(p, 1))) {
		unexpected(p, "extraneous", expected);
		return REPAIR_DROP;
	}
	if ((e->kind == ENTRY_PAREN || e->kind == ENTRY_CALL || e->kind == ENTRY_INDEX) && fits_outside(p)) {
		CLEANUP(buf_releasep) struct buf text = BUF_INIT(MAX_MESSAGE_BYTES);

		buf_addf(&text, "missing '%c' at ", e->kind == ENTRY_INDEX ? ']' : ')');
		print_token(&text, p);
		tell(p, &text);
		return REPAIR_CLOSE;
	}
	unexpected(p, "mismatched", expected);
	return REPAIR_NONE;
}
