/* SPDX-License-Identifier: Apache-2.0
 *
 * The lexer. Where a token fails is where the longest match of cel-go's lexer fails, so that issues name the same text.
 */
#include "expr/lex.h"

#include "base/utf8.h"

enum char_class {
	CLASS_BAD,
	CLASS_SPACE,
	CLASS_LETTER,
	CLASS_DIGIT,
	CLASS_QUOTE,
	CLASS_BACKTICK,
	CLASS_SINGLE, /* a token of one byte, see single_kinds */
	CLASS_OPERATOR,
	CLASS_SLASH,
	CLASS_DOT,
};

/* clang-format off */
static const uint8_t classes[256] = {
	[' '] = CLASS_SPACE, ['\t'] = CLASS_SPACE, ['\n'] = CLASS_SPACE, ['\f'] = CLASS_SPACE, ['\r'] = CLASS_SPACE,
	['A' ... 'Z'] = CLASS_LETTER, ['a' ... 'z'] = CLASS_LETTER, ['_'] = CLASS_LETTER, ['0' ... '9'] = CLASS_DIGIT,
	['"'] = CLASS_QUOTE, ['\''] = CLASS_QUOTE, ['`'] = CLASS_BACKTICK, ['/'] = CLASS_SLASH, ['.'] = CLASS_DOT,
	['('] = CLASS_SINGLE, [')'] = CLASS_SINGLE, ['['] = CLASS_SINGLE, [']'] = CLASS_SINGLE, ['{'] = CLASS_SINGLE,
	['}'] = CLASS_SINGLE, [','] = CLASS_SINGLE, [':'] = CLASS_SINGLE, ['?'] = CLASS_SINGLE, ['+'] = CLASS_SINGLE,
	['-'] = CLASS_SINGLE, ['*'] = CLASS_SINGLE, ['%'] = CLASS_SINGLE,
	['!'] = CLASS_OPERATOR, ['='] = CLASS_OPERATOR, ['<'] = CLASS_OPERATOR, ['>'] = CLASS_OPERATOR,
	['&'] = CLASS_OPERATOR, ['|'] = CLASS_OPERATOR,
};

static const uint8_t single_kinds[128] = {
	['('] = CEL_TOKEN_LPAREN, [')'] = CEL_TOKEN_RPAREN, ['['] = CEL_TOKEN_LBRACKET, [']'] = CEL_TOKEN_RBRACKET,
	['{'] = CEL_TOKEN_LBRACE, ['}'] = CEL_TOKEN_RBRACE, [','] = CEL_TOKEN_COMMA, [':'] = CEL_TOKEN_COLON,
	['?'] = CEL_TOKEN_QUESTION, ['+'] = CEL_TOKEN_PLUS, ['-'] = CEL_TOKEN_MINUS, ['*'] = CEL_TOKEN_STAR,
	['%'] = CEL_TOKEN_PERCENT, ['!'] = CEL_TOKEN_NOT, ['<'] = CEL_TOKEN_LESS, ['>'] = CEL_TOKEN_GREATER,
};

/* Operators of two bytes, by the first. */
static const struct { char second; uint8_t kind; } double_kinds[128] = {
	['!'] = {'=', CEL_TOKEN_NOT_EQUAL}, ['='] = {'=', CEL_TOKEN_EQUAL}, ['<'] = {'=', CEL_TOKEN_LESS_EQUAL},
	['>'] = {'=', CEL_TOKEN_GREATER_EQUAL}, ['&'] = {'&', CEL_TOKEN_AND}, ['|'] = {'|', CEL_TOKEN_OR},
};
/* clang-format on */

/* Keywords and reserved words, in the order of the alphabet. */
static const struct {
	struct str word;
	uint8_t kind;
} words[] = {
    {STR_INIT("as"), CEL_TOKEN_IDENT},     {STR_INIT("break"), CEL_TOKEN_IDENT},
    {STR_INIT("const"), CEL_TOKEN_IDENT},  {STR_INIT("continue"), CEL_TOKEN_IDENT},
    {STR_INIT("else"), CEL_TOKEN_IDENT},   {STR_INIT("false"), CEL_TOKEN_FALSE},
    {STR_INIT("for"), CEL_TOKEN_IDENT},    {STR_INIT("function"), CEL_TOKEN_IDENT},
    {STR_INIT("if"), CEL_TOKEN_IDENT},     {STR_INIT("import"), CEL_TOKEN_IDENT},
    {STR_INIT("in"), CEL_TOKEN_IN},        {STR_INIT("let"), CEL_TOKEN_IDENT},
    {STR_INIT("loop"), CEL_TOKEN_IDENT},   {STR_INIT("namespace"), CEL_TOKEN_IDENT},
    {STR_INIT("null"), CEL_TOKEN_NULL},    {STR_INIT("package"), CEL_TOKEN_IDENT},
    {STR_INIT("return"), CEL_TOKEN_IDENT}, {STR_INIT("true"), CEL_TOKEN_TRUE},
    {STR_INIT("var"), CEL_TOKEN_IDENT},    {STR_INIT("void"), CEL_TOKEN_IDENT},
    {STR_INIT("while"), CEL_TOKEN_IDENT},
};
#define MAX_WORD_LEN 9u
/* By first letter: which word is the first with it, counted from 1; 0: none is. */
static const uint8_t first_words[26] = {
    ['a' - 'a'] = 1,  ['b' - 'a'] = 2,  ['c' - 'a'] = 3,  ['e' - 'a'] = 5,  ['f' - 'a'] = 6,
    ['i' - 'a'] = 9,  ['l' - 'a'] = 12, ['n' - 'a'] = 14, ['p' - 'a'] = 16, ['r' - 'a'] = 17,
    ['t' - 'a'] = 18, ['v' - 'a'] = 19, ['w' - 'a'] = 21,
};

struct lexer {
	const char *text; /* NUL behind it, so that one byte further may always be read */
	uint32_t len, at;
	struct arena *arena;
	struct cel_issues *issues;
	struct cel_token *tokens;
	size_t n, cap;
	uint32_t open[CEL_MAX_NESTING]; /* tokens of the open brackets */
	uint32_t n_open;                /* may be more: those are not counted in, and the parser refuses them */
	bool has_failed;
};

static inline struct cel_token *add(struct lexer *l, enum cel_token_kind kind, uint32_t len)
{
	struct cel_token *t;

	if (UNLIKELY(l->n == l->cap))
		ARENA_ROOM(l->arena, l->tokens, l->n, &l->cap);
	t = &l->tokens[l->n++];
	*t = (struct cel_token){.kind = (uint8_t)kind, .at = l->at, .len = len};
	l->at += len;
	return t;
}

/* A text that no token begins with: from where the lexer stands through the character at `bad`. */
static void fail(struct lexer *l, uint32_t bad)
{
	struct str text = {l->text, l->len};
	size_t end = bad;

	if (end < l->len)
		(void)utf8_next(text, &end);
	else
		end = l->len;
	cel_issue_add(l->issues, l->at, "Syntax error: token recognition error at: '" STR_FMT "'",
	              STR_ARG(str_slice(text, l->at, end)));
	l->has_failed = true;
	l->at = (uint32_t)end;
}

static bool is_word_char(char c)
{
	uint8_t class = classes[(unsigned char)c];

	return class == CLASS_LETTER || class == CLASS_DIGIT;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

static void lex_word(struct lexer *l)
{
	const char *p = l->text + l->at;
	uint32_t len = 1;
	struct cel_token *t;

	while (is_word_char(p[len]))
		len++;
	t = add(l, CEL_TOKEN_IDENT, len);
	if (len < 2 || len > MAX_WORD_LEN || *p < 'a' || *p > 'z' || first_words[*p - 'a'] == 0)
		return;
	for (size_t i = first_words[*p - 'a'] - 1u; i < N_ELEMENTS(words) && words[i].word.ptr[0] == *p; i++) {
		if (words[i].word.len != len || memcmp(words[i].word.ptr, p, len) != 0)
			continue;
		t->kind = words[i].kind;
		if (t->kind == CEL_TOKEN_IDENT)
			t->flags = CEL_TOKEN_RESERVED;
		return;
	}
}

/* ---- numbers ---------------------------------------------------------------------------------------------- */

static uint32_t digits(const char *p, uint32_t from)
{
	while (is_digit(p[from]))
		from++;
	return from;
}

/* Where an exponent that begins at `from` ends; `from` when there is none. */
static uint32_t exponent(const char *p, uint32_t from)
{
	uint32_t at = from + 1;

	if (p[from] != 'e' && p[from] != 'E')
		return from;
	if (p[at] == '+' || p[at] == '-')
		at++;
	return is_digit(p[at]) ? digits(p, at) : from;
}

static void lex_number(struct lexer *l)
{
	const char *p = l->text + l->at;
	enum cel_token_kind kind = CEL_TOKEN_INT;
	uint32_t len, whole;

	if (p[0] == '0' && p[1] == 'x' && hex_digit(p[2]) >= 0) {
		for (len = 3; hex_digit(p[len]) >= 0;)
			len++;
	} else {
		len = whole = digits(p, 0);
		if (p[len] == '.' && is_digit(p[len + 1]))
			len = digits(p, len + 1);
		len = exponent(p, len);
		if (len > whole || whole == 0)
			kind = CEL_TOKEN_FLOAT;
	}
	if (kind == CEL_TOKEN_INT && (p[len] == 'u' || p[len] == 'U')) {
		kind = CEL_TOKEN_UINT;
		len++;
	}
	(void)add(l, kind, len);
}

/* ---- strings ---------------------------------------------------------------------------------------------- */

/* The bytes of the escape at p (a backslash), or 0 and in `*ret_bad` the number of those that were right. */
static uint32_t escape_len(const char *p, uint32_t *ret_bad)
{
	static const char singles[] = "abfnrtv\"'\\?`";
	uint32_t n = 0, want = 0;

	*ret_bad = 1;
	if (p[1] == '\0')
		return 0;
	if (strchr(singles, p[1]))
		return 2;
	if (p[1] >= '0' && p[1] <= '3') {
		while (n < 2 && is_octal(p[2 + n]))
			n++;
		want = 2;
	} else if (p[1] == 'x' || p[1] == 'X' || p[1] == 'u' || p[1] == 'U') {
		want = p[1] == 'u' ? 4 : p[1] == 'U' ? 8 : 2;
		while (n < want && hex_digit(p[2 + n]) >= 0)
			n++;
	}
	if (want && n == want)
		return 2 + want;
	*ret_bad = want ? 2 + n : 1;
	return 0;
}

static bool is_quote_run(const char *p, char quote, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (p[i] != quote)
			return false;
	return true;
}

/*
 * Scans a string whose first quote is at `at`, with one or three quotes at each end. True: `*ret_end` is behind it;
 * false: the offset of what cannot be.
 */
static bool scan_string(struct lexer *l, uint32_t at, struct cel_token *t, uint32_t *ret_end)
{
	char quote = l->text[at];
	uint32_t n_quotes = t->flags & CEL_TOKEN_TRIPLE ? 3 : 1, len, bad;

	for (at += n_quotes; at < l->len;) {
		char c = l->text[at];

		if (c == quote && is_quote_run(l->text + at, quote, n_quotes)) {
			*ret_end = at + n_quotes;
			return true;
		}
		if ((c == '\n' || c == '\r') && n_quotes == 1)
			break;
		if (c == '\r')
			t->flags |= CEL_TOKEN_ESCAPES; /* line ends are normalised */
		if (c == '\\' && !(t->flags & CEL_TOKEN_RAW)) {
			t->flags |= CEL_TOKEN_ESCAPES;
			len = escape_len(l->text + at, &bad);
			if (len == 0) {
				at += bad;
				break;
			}
			at += len;
		} else {
			at++;
		}
	}
	*ret_end = at < l->len ? at : l->len;
	return false;
}

/* A string whose quote stands `prefix` bytes on. When it fails, its longest beginning that is a token is one. */
static void lex_string(struct lexer *l, uint32_t prefix)
{
	uint32_t start = l->at + prefix, end;
	char quote = l->text[start];
	struct cel_token t = {.kind = CEL_TOKEN_STRING, .at = l->at, .prefix = (uint16_t)prefix};

	for (uint32_t i = 0; i < prefix; i++) {
		if ((l->text[l->at + i] | 0x20) == 'b')
			t.kind = CEL_TOKEN_BYTES;
		else
			t.flags |= CEL_TOKEN_RAW;
	}
	if (is_quote_run(l->text + start, quote, 3)) {
		struct cel_token triple = t;
		triple.flags |= CEL_TOKEN_TRIPLE;
		if (scan_string(l, start, &triple, &end)) {
			triple.len = end - l->at;
			*add(l, CEL_TOKEN_STRING, triple.len) = triple;
			return;
		}
	}
	if (scan_string(l, start, &t, &end)) {
		t.len = end - l->at;
		*add(l, CEL_TOKEN_STRING, t.len) = t;
	} else if (prefix) {
		(void)add(l, CEL_TOKEN_IDENT, prefix);
	} else {
		fail(l, end);
	}
}

/* The letters before a quote that make a string of it: r, b, br; 0: none. */
static uint32_t string_prefix(const char *p)
{
	uint32_t n = 0;

	if ((p[n] | 0x20) == 'b')
		n++;
	if ((p[n] | 0x20) == 'r')
		n++;
	return n && (p[n] == '"' || p[n] == '\'') ? n : 0;
}

static void lex_quoted_name(struct lexer *l)
{
	static const char others[] = "_.-/ ";
	uint32_t end = l->at + 1;

	while (is_word_char(l->text[end]) || (l->text[end] && strchr(others, l->text[end])))
		end++;
	if (l->text[end] == '`' && end > l->at + 1)
		(void)add(l, CEL_TOKEN_QUOTED, end + 1 - l->at);
	else
		fail(l, end);
}

/* ---- the rest --------------------------------------------------------------------------------------------- */

/* Brackets and commas count the parts of calls. */
static void lex_single(struct lexer *l)
{
	enum cel_token_kind kind = single_kinds[(unsigned char)l->text[l->at]];
	bool is_first = l->n > 0 && l->n_open > 0 && l->n_open <= CEL_MAX_NESTING && l->open[l->n_open - 1] == l->n - 1;
	bool closes = kind == CEL_TOKEN_RPAREN || kind == CEL_TOKEN_RBRACKET || kind == CEL_TOKEN_RBRACE;
	struct cel_token *t = add(l, kind, 1);

	if (kind == CEL_TOKEN_LPAREN || kind == CEL_TOKEN_LBRACKET || kind == CEL_TOKEN_LBRACE) {
		t->n_parts = 1;
		if (l->n_open < CEL_MAX_NESTING)
			l->open[l->n_open] = (uint32_t)l->n - 1;
		l->n_open++;
	} else if (l->n_open > 0 && l->n_open <= CEL_MAX_NESTING && (closes || kind == CEL_TOKEN_COMMA)) {
		struct cel_token *open = &l->tokens[l->open[l->n_open - 1]];
		if (kind == CEL_TOKEN_COMMA)
			open->n_parts++;
		else if (is_first)
			open->n_parts = 0;
	}
	if (closes && l->n_open > 0)
		l->n_open--;
}

static void lex_operator(struct lexer *l)
{
	unsigned char c = (unsigned char)l->text[l->at];

	if (l->text[l->at + 1] == double_kinds[c].second)
		(void)add(l, double_kinds[c].kind, 2);
	else if (single_kinds[c])
		(void)add(l, single_kinds[c], 1);
	else
		fail(l, l->at + 1);
}

static void lex_one(struct lexer *l)
{
	const char *p = l->text + l->at;
	uint32_t prefix;

	switch ((enum char_class)classes[(unsigned char)*p]) {
	case CLASS_SPACE:
		l->at++;
		break;
	case CLASS_LETTER:
		prefix = string_prefix(p);
		if (prefix)
			lex_string(l, prefix);
		else
			lex_word(l);
		break;
	case CLASS_DIGIT:
		lex_number(l);
		break;
	case CLASS_QUOTE:
		lex_string(l, 0);
		break;
	case CLASS_BACKTICK:
		lex_quoted_name(l);
		break;
	case CLASS_SINGLE:
		lex_single(l);
		break;
	case CLASS_OPERATOR:
		lex_operator(l);
		break;
	case CLASS_SLASH:
		if (p[1] != '/') {
			(void)add(l, CEL_TOKEN_SLASH, 1);
			break;
		}
		while (l->at < l->len && l->text[l->at] != '\n')
			l->at++;
		break;
	case CLASS_DOT:
		if (is_digit(p[1]))
			lex_number(l);
		else
			(void)add(l, CEL_TOKEN_DOT, 1);
		break;
	case CLASS_BAD:
		fail(l, l->at);
		break;
	}
}

bool cel_lex(struct str source, struct arena *a, struct cel_tokens *ret, struct cel_issues *issues)
{
	struct lexer l NO_INIT;

	l.text = source.ptr;
	l.len = (uint32_t)source.len;
	l.at = l.n_open = 0;
	l.arena = a;
	l.issues = issues;
	l.n = 0;
	l.has_failed = false;
	/* As policies are written, a token is three to four bytes long. */
	l.cap = source.len / 3 + 16;
	l.tokens = arena_alloc(a, l.cap * sizeof(*l.tokens));
	while (l.at < l.len)
		lex_one(&l);
	(void)add(&l, CEL_TOKEN_END, 0);
	ret->items = l.tokens;
	ret->n = (uint32_t)l.n;
	return !l.has_failed;
}
