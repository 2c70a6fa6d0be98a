#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Types of CEL, as declarations and the checker know them. Immutable; the simple ones are constants, others live in the
 * arena of whoever made them (the environment's for declarations). Two types are the same when cel_type_equal() says
 * so.
 */
#include "expr/value.h"

enum cel_type_kind {
	CEL_TYPE_DYN,
	CEL_TYPE_ERROR, /* of what is wrong already: fits everything, so that one mistake is told once */
	CEL_TYPE_NULL,
	CEL_TYPE_BOOL,
	CEL_TYPE_INT,
	CEL_TYPE_UINT,
	CEL_TYPE_DOUBLE,
	CEL_TYPE_STRING,
	CEL_TYPE_BYTES,
	CEL_TYPE_TIMESTAMP,
	CEL_TYPE_DURATION,
	CEL_TYPE_LIST,     /* 1 parameter */
	CEL_TYPE_MAP,      /* 2 */
	CEL_TYPE_TYPE,     /* 1: type(int) is the type of `int` */
	CEL_TYPE_OPTIONAL, /* 1 */
	CEL_TYPE_STRUCT,   /* name; declared in the environment */
	CEL_TYPE_ABSTRACT, /* name and parameters: net.IP, net.CIDR, and what a host declares */
	CEL_TYPE_PARAM,    /* name: any type, the same in all of a declaration */
	CEL_TYPE_VARIABLE, /* the checker's own: not known yet */
};

#define CEL_TYPE_MAX_PARAMS 4u

struct cel_type {
	enum cel_type_kind kind;
	uint32_t n_params;
	uint32_t number; /* CEL_TYPE_VARIABLE: which; CEL_TYPE_STRUCT: number in the environment */
	uint32_t size;   /* types in it, itself among them; 0 counts as 1: set by the functions below */
	struct str name; /* STRUCT, ABSTRACT, PARAM */
	const struct cel_type *params[CEL_TYPE_MAX_PARAMS];
};

extern const struct cel_type cel_type_dyn, cel_type_error, cel_type_null, cel_type_bool, cel_type_int, cel_type_uint,
    cel_type_double, cel_type_string, cel_type_bytes, cel_type_timestamp, cel_type_duration, cel_type_list_dyn,
    cel_type_map_dyn, cel_type_type, cel_type_optional_dyn, cel_type_ip, cel_type_cidr;

/*
 * Made of other types. One of more than CEL_TYPE_MAX_SIZE types is dyn: an expression can double a type at each step,
 * and whoever walks through types relies on the limit.
 */
#define CEL_TYPE_MAX_SIZE 1024u
const struct cel_type *cel_type_list(struct arena *a, const struct cel_type *of);
const struct cel_type *cel_type_map(struct arena *a, const struct cel_type *key, const struct cel_type *value);
const struct cel_type *cel_type_optional(struct arena *a, const struct cel_type *of);
const struct cel_type *cel_type_type_of(struct arena *a, const struct cel_type *of);
const struct cel_type *cel_type_param(struct arena *a, struct str name);
const struct cel_type *cel_type_abstract(struct arena *a, struct str name, const struct cel_type *const *params,
                                         size_t n);
/* The same type with other parameters, as many as it has. */
const struct cel_type *cel_type_with_params(struct arena *a, const struct cel_type *t,
                                            const struct cel_type *const *params);
bool cel_type_equal(const struct cel_type *a, const struct cel_type *b);
/*
 * "list(string)", "map(string, dyn)", "timestamp", "null", "optional_type(int)" …: as cel-go's checker spells types.
 * (The language's names of the values are cel_kind_name()'s: "google.protobuf.Timestamp", "null_type".)
 */
void cel_type_print(struct buf *out, const struct cel_type *t);
/*
 * Reads that spelling and the language's; other names are structs that the environment has, single capital letters
 * parameters, and what remains abstract types. NULL: malformed or deeper than CEL_MAX_DEPTH. `env` may be NULL.
 */
struct cel_env;
const struct cel_type *cel_type_parse(struct arena *a, const struct cel_env *env, struct str text);
/* The type of a value as far as the value shows it: list(dyn) for lists. What type(x) yields. */
const struct cel_type *cel_type_of(const struct cel_env *env, struct cel_value v);
