#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * CEL a second time, written from the language's definition as plainly as possible: a walk over the tree that looks up
 * every name when it meets it and copies every value. Strings are arrays of code points, maps are lists of pairs. It
 * shares nothing with the compiler, the evaluator and the functions; of the layer it sees the parser's tree, and reads
 * values by their accessors.
 *
 * Recursive, and without limits: for expressions that the generator made, which are a few levels deep.
 */
#include "expr/ast.h"

enum oracle_kind {
	O_ERROR, /* which one is not told: of several, any may be reported */
	O_NULL,
	O_BOOL,
	O_INT,
	O_UINT,
	O_DOUBLE,
	O_STRING,
	O_BYTES,
	O_LIST,
	O_MAP,
	O_TIMESTAMP,
	O_DURATION,
	O_OPTIONAL,
};

struct oracle_value {
	enum oracle_kind kind;
	bool b;
	int64_t i; /* also: seconds of timestamps, nanoseconds of durations */
	uint64_t u;
	double d;
	uint32_t ns; /* of timestamps */
	size_t n;    /* code points, bytes, elements; of maps: entries; of optionals: 0 or 1 */
	const uint32_t *text;
	const unsigned char *bytes;
	const struct oracle_value *items; /* of maps: key, value, key, value … */
};

/* The names in force, innermost first. */
struct oracle_scope {
	const struct oracle_scope *outer;
	struct str name;
	struct oracle_value value;
};

struct oracle_value oracle_eval(struct arena *a, const struct cel_ast *ast, const struct oracle_scope *variables);

/* Calls a function that is no operator and no macro; `name` with its namespace ("math.abs"), a receiver is args[0]. */
struct oracle_value oracle_call(struct arena *a, struct str name, const struct oracle_value *args, size_t n);

struct oracle_value oracle_unary(enum cel_op op, struct oracle_value x);
struct oracle_value oracle_binary(struct arena *a, enum cel_op op, struct oracle_value x, struct oracle_value y);
/* The value under a key that is equal; NULL: none. */
const struct oracle_value *oracle_find(struct oracle_value map, struct oracle_value key);

/* ---- values ------------------------------------------------------------------------------------------------------ */

struct oracle_value oracle_of(struct arena *a, struct cel_value v);
struct oracle_value oracle_text(struct arena *a, struct str utf8);
/* The language's ==, of values that are no errors. */
bool oracle_equal(struct oracle_value a, struct oracle_value b);
/* The language's order: -1, 0, 1; 2: not ordered (NaN); 3: no overload. */
int oracle_compare(struct oracle_value a, struct oracle_value b);
/* The same result: also in kind, and NaN is the same as NaN. Maps in any order. */
bool oracle_same(struct oracle_value a, struct oracle_value b);
void oracle_print(struct buf *out, struct oracle_value v);
/* What string() makes of it; false: it has no such text. Of strings too: no. */
bool oracle_to_text(struct buf *out, struct oracle_value v);

static inline struct oracle_value oracle_error(void)
{
	return (struct oracle_value){.kind = O_ERROR};
}
static inline struct oracle_value oracle_bool(bool b)
{
	return (struct oracle_value){.kind = O_BOOL, .b = b};
}
static inline struct oracle_value oracle_int(int64_t i)
{
	return (struct oracle_value){.kind = O_INT, .i = i};
}
static inline struct oracle_value oracle_uint(uint64_t u)
{
	return (struct oracle_value){.kind = O_UINT, .u = u};
}
static inline struct oracle_value oracle_double(double d)
{
	return (struct oracle_value){.kind = O_DOUBLE, .d = d};
}
static inline struct oracle_value oracle_list(const struct oracle_value *items, size_t n)
{
	return (struct oracle_value){.kind = O_LIST, .items = items, .n = n};
}
static inline struct oracle_value oracle_none(void)
{
	return (struct oracle_value){.kind = O_OPTIONAL};
}
struct oracle_value oracle_some(struct arena *a, struct oracle_value v);
