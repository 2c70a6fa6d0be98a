#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The environment of expressions: what names mean. Made once by the host, filled, and from then on immutable and shared
 * by all threads; programs refer to it and must not outlive it.
 */
#include "base/error.h"
#include "expr/type.h"

struct cel_env;
struct cel_eval;

/* Libraries beside the standard one. */
enum cel_library {
	CEL_LIB_STRINGS = 1 << 0,  /* charAt indexOf lastIndexOf join lowerAscii upperAscii replace split substring trim
	                              reverse quote format */
	CEL_LIB_MATH = 1 << 1,     /* math.greatest … */
	CEL_LIB_LISTS = 1 << 2,    /* slice flatten distinct range reverse sort sortBy first last */
	CEL_LIB_SETS = 1 << 3,     /* sets.contains equivalent intersects */
	CEL_LIB_ENCODERS = 1 << 4, /* base64.encode, base64.decode */
	CEL_LIB_BINDINGS = 1 << 5, /* cel.bind */
	CEL_LIB_COMPREHENSIONS = 1 << 6, /* the two-variable macros */
	CEL_LIB_OPTIONALS = 1 << 7,      /* optional syntax and functions */
	CEL_LIB_NETWORK = 1 << 8,        /* ip, cidr … */
	CEL_LIB_REGEX = 1 << 9,          /* regex.replace extract extractAll */
	CEL_LIB_ALL = (1 << 10) - 1,
};

struct cel_env *cel_env_new(unsigned libraries);
void cel_env_free(struct cel_env *env); /* accepts NULL */
/* Memory that lives as long as the environment, for the types of declarations. */
struct arena *cel_env_arena(struct cel_env *env);
/* Names are tried as "<container>.<name>" first, then in the containers around it. Absent or empty: none. */
void cel_env_set_container(struct cel_env *env, struct str container);

/*
 * A variable; the name may have dots ("a.b.c"), and the longest one wins over fields. Returns its slot: 0, 1, 2 … in
 * the order of declaration. Asserts that the name is new.
 */
uint32_t cel_env_add_variable(struct cel_env *env, struct str name, const struct cel_type *type);
/* A name for a constant: an enum value "UserStatus.ENABLED" (int), a type. */
void cel_env_add_constant(struct cel_env *env, struct str name, const struct cel_type *type, struct cel_value value);

/* ---- structs ------------------------------------------------------------------------------------------ */

/* A field; looked up at compile time under any of its names, read at run time by its number. */
struct cel_field {
	struct str name;  /* "employmentType" */
	struct str alias; /* "employment_type"; absent: none */
	const struct cel_type *type;
};

struct cel_struct {
	struct str name; /* "User" */
	const struct cel_field *fields;
	size_t n_fields;
	/*
	 * The value of a field of an object. Absent fields: the type's zero value, or an error (cel_fail()), as the
	 * host's language has it. Borrowed from the object or made in the evaluation's arena. Called from
	 * evaluations on any thread.
	 */
	struct cel_value (*get)(struct cel_eval *ev, const void *object, uint32_t field);
	/* has(object.field); NULL: every declared field is there. */
	bool (*has)(struct cel_eval *ev, const void *object, uint32_t field);
};

/* Declares a struct type; everything in `s` is borrowed and must live as long as the environment. Returns its type. */
const struct cel_type *cel_env_add_struct(struct cel_env *env, const struct cel_struct *s);
/* An object of the type. */
struct cel_value cel_object(const struct cel_type *type, const void *object);

/* ---- functions ---------------------------------------------------------------------------------------- */

/*
 * A function's overload. Arguments are evaluated, none is an error, and each is of the kind that the overload declares
 * (dyn and parameters: any kind). Returns a value, or cel_fail(). A receiver is args[0].
 */
typedef struct cel_value cel_function(struct cel_eval *ev, const struct cel_value *args, size_t n_args);

#define CEL_MAX_ARGS 8u /* of an overload; calls of variadic macros are expanded to lists */

enum cel_overload_flags {
	CEL_RECEIVER = 1 << 0, /* x.f(y), else f(x, y) */
	CEL_PURE = 1 << 1,     /* the same arguments, the same result: may be folded */
	CEL_MEMOISE = 1 << 2,  /* asks the outside world: called at most once an evaluation for the same arguments */
};

struct cel_overload {
	struct str name; /* "startsWith", "c1.user.v1.HasApp" */
	struct str id;   /* "string_starts_with": unique */
	unsigned flags;
	const struct cel_type *params[CEL_MAX_ARGS];
	size_t n_params;
	const struct cel_type *result;
	cel_function *call;
};

/* Borrowed: must live as long as the environment. Asserts that the id is new. */
void cel_env_add_function(struct cel_env *env, const struct cel_overload *overloads, size_t n);

/* ---- what the layer's own files look up -------------------------------------------------------------------- */

struct cel_variable {
	struct str name;
	const struct cel_type *type;
	uint32_t slot;
};
struct cel_constant {
	struct str name;
	const struct cel_type *type;
	struct cel_value value;
};
/* By exact name; NULL when there is none. */
const struct cel_variable *cel_env_variable(const struct cel_env *env, struct str name);
const struct cel_constant *cel_env_constant(const struct cel_env *env, struct str name);
const struct cel_struct *cel_env_struct(const struct cel_env *env, uint32_t number);
const struct cel_type *cel_env_struct_type(const struct cel_env *env, struct str name);
/* Do declared names begin with this one and a dot? When not, nothing longer need be looked up. */
bool cel_env_is_prefix(const struct cel_env *env, struct str name);
/* All overloads of a name; the receiver ones and the others together, in the order in which they were added. */
size_t cel_env_overloads(const struct cel_env *env, struct str name, const struct cel_overload *const **ret);
struct str cel_env_container(const struct cel_env *env);
unsigned cel_env_libraries(const struct cel_env *env);
uint32_t cel_env_n_variables(const struct cel_env *env);
