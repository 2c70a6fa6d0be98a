#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The tokens of an expression, all at once, so that the parser can look ahead: a call's number of arguments is known at
 * its '(', and with it whether it is a macro. Tokens borrow from the source.
 *
 * Only files of this layer include it.
 */
#include "expr/ast.h"

enum cel_token_kind {
	CEL_TOKEN_END,
	CEL_TOKEN_IDENT,
	CEL_TOKEN_QUOTED, /* `a-b`, backticks included */
	CEL_TOKEN_INT,
	CEL_TOKEN_UINT,
	CEL_TOKEN_FLOAT,
	CEL_TOKEN_STRING,
	CEL_TOKEN_BYTES,
	CEL_TOKEN_TRUE,
	CEL_TOKEN_FALSE,
	CEL_TOKEN_NULL,
	CEL_TOKEN_IN,
	CEL_TOKEN_LPAREN,
	CEL_TOKEN_RPAREN,
	CEL_TOKEN_LBRACKET,
	CEL_TOKEN_RBRACKET,
	CEL_TOKEN_LBRACE,
	CEL_TOKEN_RBRACE,
	CEL_TOKEN_DOT,
	CEL_TOKEN_COMMA,
	CEL_TOKEN_COLON,
	CEL_TOKEN_QUESTION,
	CEL_TOKEN_PLUS,
	CEL_TOKEN_MINUS,
	CEL_TOKEN_STAR,
	CEL_TOKEN_SLASH,
	CEL_TOKEN_PERCENT,
	CEL_TOKEN_NOT,
	CEL_TOKEN_EQUAL,
	CEL_TOKEN_NOT_EQUAL,
	CEL_TOKEN_LESS,
	CEL_TOKEN_LESS_EQUAL,
	CEL_TOKEN_GREATER,
	CEL_TOKEN_GREATER_EQUAL,
	CEL_TOKEN_AND,
	CEL_TOKEN_OR,
	CEL_N_TOKENS
};

enum cel_token_flags {
	CEL_TOKEN_RESERVED = 1 << 0, /* of identifiers: only a selector */
	CEL_TOKEN_RAW = 1 << 1,      /* of strings: a backslash is one */
	CEL_TOKEN_TRIPLE = 1 << 2,   /* of strings: three quotes at each end */
	CEL_TOKEN_ESCAPES = 1 << 3,  /* of strings: not what it says as it stands */
};

struct cel_token {
	uint8_t kind;
	uint8_t flags;
	uint16_t prefix; /* of strings: letters before the first quote */
	uint32_t at, len;
	uint32_t n_parts; /* of opening brackets: parts between commas up to the closing one; 0: nothing is inside */
};

struct cel_tokens {
	struct cel_token *items; /* the last one is CEL_TOKEN_END */
	uint32_t n;
};

/*
 * What is no token becomes an issue in cel-go's words ("token recognition error at: '&'"), and the scan goes on behind
 * it. False: there are such.
 */
bool cel_lex(struct str source, struct arena *a, struct cel_tokens *ret, struct cel_issues *issues);

/*
 * The value of a number or string token; `is_negative`: a minus stands before it and is part of it. Texts without
 * escapes are borrowed from the source. False: it has none.
 */
bool cel_token_value(struct str source, const struct cel_token *t, bool is_negative, struct arena *a,
                     struct cel_value *ret) MUST_USE;
/* Why cel_token_value() failed. */
const char *cel_token_error(const struct cel_token *t);
