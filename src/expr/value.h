#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Values of CEL, the Common Expression Language (github.com/google/cel-spec, doc/langdef.md). A value is 16 bytes and
 * borrows what it points to: from the program (constants), from what was bound (request bodies, documents), or from the
 * arena of the evaluation. It is never freed by itself.
 *
 * JSON trees are values as they stand: nothing is copied, members become values when they are looked at. Numbers of
 * JSON are int when the tree says so (JSON_INT, JSON_UINT: uint), else double.
 */
#include "json/json.h"

enum cel_kind {
	CEL_ERROR, /* first, so that zeroed memory is an error */
	CEL_NULL,
	CEL_BOOL,
	CEL_INT,
	CEL_UINT,
	CEL_DOUBLE,
	CEL_STRING, /* valid UTF-8; lengths and indexes of the language are code points */
	CEL_BYTES,
	CEL_LIST,
	CEL_MAP,
	CEL_TIMESTAMP, /* 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999999Z */
	CEL_DURATION,  /* ns in an int64 */
	CEL_TYPE,
	CEL_OPTIONAL,
	CEL_STRUCT, /* an object of the host's, see env.h */
	CEL_IP,
	CEL_CIDR,
	CEL_OPAQUE, /* a value of a type that the host declared and only its functions know */
	CEL_N_KINDS
};

struct cel_type;
struct cel_map;
struct cel_error;
struct cel_struct;

struct cel_value {
	uint8_t kind;    /* enum cel_kind */
	uint8_t is_json; /* of lists and maps: the elements are JSON's */
	uint16_t of;     /* of structs: number of the type in the environment */
	uint32_t n;      /* bytes of strings and bytes, elements of lists and maps, nanoseconds of timestamps */
	union {
		bool b;
		int64_t i; /* also: seconds since 1970 of timestamps, nanoseconds of durations */
		uint64_t u;
		double d;
		const char *text;                  /* strings, bytes */
		const struct cel_value *items;     /* lists; optionals: the value, or NULL for none */
		const struct json *json_items;     /* lists of JSON */
		const struct cel_map *map;         /* maps */
		const struct json_member *members; /* maps of JSON */
		const struct cel_type *type;
		const struct cel_error *error; /* NULL: the evaluation was aborted, see eval.h */
		const struct cel_ip *ip;       /* IP and CIDR */
		const void *object;            /* structs, opaque ones */
	};
};
static_assert(sizeof(struct cel_value) == 16, "values are passed in two registers");

/* Why an evaluation yields no value. The text is made only when somebody asks for it. */
enum cel_error_code {
	CEL_NO_SUCH_OVERLOAD,
	CEL_NO_SUCH_ATTRIBUTE, /* detail: the name */
	CEL_NO_SUCH_KEY,       /* detail: the key as text */
	CEL_NO_SUCH_FIELD,
	CEL_INDEX_OUT_OF_BOUNDS,
	CEL_DIVISION_BY_ZERO,
	CEL_MODULUS_BY_ZERO,
	CEL_INTEGER_OVERFLOW,
	CEL_RANGE, /* timestamps, durations, conversions out of range */
	CEL_CONVERSION,
	CEL_DUPLICATE_KEY,
	CEL_UNSUPPORTED_KEY,
	CEL_BAD_ARGUMENT, /* detail says what */
	CEL_HOST,         /* a function of the host's failed; detail says why */
};
struct cel_error {
	enum cel_error_code code;
	uint32_t at;       /* byte offset in the source of what failed; set by the evaluator */
	struct str detail; /* may be absent */
};

/* A map: entries in the order in which they were made, keys distinct by cel_equal(). */
struct cel_entry {
	struct cel_value key, value;
};
struct cel_map {
	const struct cel_entry *entries;
	uint32_t
	    *index; /* table of places + 1 by hash of the key, `mask` + 1 long; NULL: few entries, which are searched */
	uint32_t mask;
};

/* An address or a network, in network byte order; IPv4 uses the first four bytes. */
struct cel_ip {
	uint8_t bytes[16];
	uint8_t is_v6;
	uint8_t prefix; /* CIDR: bits */
};

#define CEL_NS_PER_S INT64_C(1000000000)

static inline struct cel_value cel_null(void)
{
	return (struct cel_value){.kind = CEL_NULL};
}
static inline struct cel_value cel_bool(bool b)
{
	return (struct cel_value){.kind = CEL_BOOL, .b = b};
}
static inline struct cel_value cel_int(int64_t i)
{
	return (struct cel_value){.kind = CEL_INT, .i = i};
}
static inline struct cel_value cel_uint(uint64_t u)
{
	return (struct cel_value){.kind = CEL_UINT, .u = u};
}
static inline struct cel_value cel_double(double d)
{
	return (struct cel_value){.kind = CEL_DOUBLE, .d = d};
}
/* Asserts that it is shorter than 4 GiB. */
static inline struct cel_value cel_string(struct str s)
{
	assert(s.len <= UINT32_MAX);
	return (struct cel_value){.kind = CEL_STRING, .n = (uint32_t)s.len, .text = s.ptr ? s.ptr : ""};
}
static inline struct cel_value cel_bytes(struct str s)
{
	assert(s.len <= UINT32_MAX);
	return (struct cel_value){.kind = CEL_BYTES, .n = (uint32_t)s.len, .text = s.ptr ? s.ptr : ""};
}
static inline struct cel_value cel_list(const struct cel_value *items, uint32_t n)
{
	return (struct cel_value){.kind = CEL_LIST, .n = n, .items = items};
}
/* `seconds` since 1970 (floor) and `ns` in [0, 10^9). */
static inline struct cel_value cel_timestamp(int64_t seconds, uint32_t ns)
{
	return (struct cel_value){.kind = CEL_TIMESTAMP, .n = ns, .i = seconds};
}
static inline struct cel_value cel_duration(int64_t ns)
{
	return (struct cel_value){.kind = CEL_DURATION, .i = ns};
}
static inline struct cel_value cel_type_value(const struct cel_type *type)
{
	return (struct cel_value){.kind = CEL_TYPE, .type = type};
}
/* `value` NULL: optional.none(). */
static inline struct cel_value cel_optional(const struct cel_value *value)
{
	return (struct cel_value){.kind = CEL_OPTIONAL, .items = value};
}
/* The JSON value as a value; it must live as long. */
struct cel_value cel_json(const struct json *j);
/* The bytes of a string or bytes value. */
static inline struct str cel_text(struct cel_value v)
{
	return (struct str){v.text, v.n};
}
static inline bool cel_is_error(struct cel_value v)
{
	return v.kind == CEL_ERROR;
}

/* ---- looking into ---------------------------------------------------------------------------------------- */

/* Element i < n of a list. */
struct cel_value cel_list_at(struct cel_value list, uint32_t i);
/* Entry i < n of a map, in its order. */
struct cel_entry cel_map_at(struct cel_value map, uint32_t i);
/* The value under the key; false when there is none. Numbers find equal numbers of other types (1, 1u, 1.0). */
bool cel_map_get(struct cel_value map, struct cel_value key, struct cel_value *ret);
/* The same by a string key. */
bool cel_map_get_str(struct cel_value map, struct str key, struct cel_value *ret);

/* ---- comparing ------------------------------------------------------------------------------------------ */

/*
 * The language's ==: false for values of different types, except numbers, which compare by value; NaN is equal to
 * nothing; lists and maps deeply. Neither value is an error. No recursion: nesting is followed with a stack of fixed
 * size, and `*ret_too_deep` (may be NULL) is set beyond CEL_MAX_DEPTH, where the answer is false.
 */
#define CEL_MAX_DEPTH 512u
bool cel_equal(struct cel_value a, struct cel_value b, bool *ret_too_deep);
enum cel_order { CEL_LESS = -1, CEL_SAME = 0, CEL_GREATER = 1, CEL_UNORDERED = 2, CEL_INCOMPARABLE = 3 };
/*
 * The language's < and its kin: numbers across types (int with double as the conformance suite has it: the int is
 * converted), strings and bytes by bytes, false before true, timestamps, durations. CEL_UNORDERED: a NaN is among them;
 * CEL_INCOMPARABLE: no overload.
 */
enum cel_order cel_compare(struct cel_value a, struct cel_value b);
/* Equal values have equal hashes, also numbers of different types. Of scalars only (what can be a key). */
uint64_t cel_hash(struct cel_value v);

/* Code points of a valid UTF-8 text. */
uint64_t cel_text_size(struct str s);
/* "int", "google.protobuf.Timestamp", …, "list", "map"; of structs and opaque ones the name of their type. */
struct str cel_kind_name(enum cel_kind kind);
