#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON text to an immutable tree in an arena (simdjson underneath) and back.
 *
 * Reading follows RFC 8259 and RFC 7493 (I-JSON): UTF-8 is checked, lone surrogates and
 * duplicate member names are refused, nesting is bounded. Strings may hold NUL; all have a
 * length. Trees are read-only and live as long as their arena. No recursion anywhere.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

enum json_type { JSON_NULL, JSON_BOOL, JSON_INT, JSON_UINT, JSON_DOUBLE, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json_member;

struct json {
	enum json_type type;
	uint32_t n; /* elements of an array, members of an object */
	union {
		bool b;
		int64_t i;  /* JSON_INT: fits int64 */
		uint64_t u; /* JSON_UINT: above INT64_MAX */
		double d;   /* JSON_DOUBLE: finite */
		struct str s;
		const struct json *items;
		const struct json_member *members;
	};
};

struct json_member {
	struct str name;
	struct json value;
};

#define JSON_MAX_DEPTH 64u /* nesting of arrays and objects; what is deeper is refused */

enum json_result { JSON_OK = 0, JSON_MALFORMED = 1, JSON_TOO_DEEP = 2, JSON_DUPLICATE_KEY = 3 };

/*
 * Parses the whole text. Returns JSON_OK and the tree, or a positive enum json_result with `err` saying what and, as
 * far as the parser knows, where. `text` need not outlive the call.
 */
int json_parse(struct str text, struct arena *a, const struct json **ret_json, struct error *err) MUST_USE;

/* The member's value, or NULL when `object` is NULL, not an object, or has no such member. */
const struct json *json_get(const struct json *object, struct str name);
static inline bool json_is(const struct json *j, enum json_type type)
{
	return j && j->type == type;
}
/* The string, or the absent string when `j` is NULL or not a string. */
struct str json_str(const struct json *j);
/* json_str(json_get(object, name)). */
struct str json_get_str(const struct json *object, struct str name);
/* Deep copy into another arena, strings included. */
const struct json *json_copy(struct arena *a, const struct json *j);
/* Deep equality; members in any order; 1 and 1.0 are equal. */
bool json_equal(const struct json *a, const struct json *b);

/*
 * Writer: appends JSON to a buffer, puts commas and colons itself. Misuse (a value where a name belongs) is a bug and
 * asserts. The caller checks buf.overflowed at the end. With `indent` > 0 it pretty-prints.
 */
#define JSON_WRITER_MAX_DEPTH (2 * JSON_MAX_DEPTH + 16u) /* a list and an object for each group below another */
struct json_writer {
	struct buf *out;
	uint32_t depth;
	uint32_t indent;
	bool needs_comma;
	bool after_key;
	bool spreads_empty; /* with indent: what is empty also ends on its own line, as protobuf's JSON writer has it */
};
#define JSON_WRITER(buf) ((struct json_writer){.out = (buf)})

void json_begin_object(struct json_writer *w);
void json_end_object(struct json_writer *w);
void json_begin_array(struct json_writer *w);
void json_end_array(struct json_writer *w);
void json_key(struct json_writer *w, struct str name);
void json_add_str(struct json_writer *w, struct str s); /* absent is written as null */
void json_add_bool(struct json_writer *w, bool b);
void json_add_i64(struct json_writer *w, int64_t v);
void json_add_u64(struct json_writer *w, uint64_t v);
void json_add_double(struct json_writer *w, double v); /* not finite: null */
void json_add_null(struct json_writer *w);
void json_add(struct json_writer *w, const struct json *tree); /* NULL is written as null */
/* A key with its value. */
void json_put_str(struct json_writer *w, struct str name, struct str s);
void json_put_bool(struct json_writer *w, struct str name, bool b);
void json_put_i64(struct json_writer *w, struct str name, int64_t v);
void json_put_u64(struct json_writer *w, struct str name, uint64_t v);
void json_put(struct json_writer *w, struct str name, const struct json *tree);
void json_put_strs(struct json_writer *w, struct str name, const struct str *items, size_t n);
