#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages of Protocol Buffers as JSON (protobuf.dev/programming-guides/json): what dialects with such an API send and
 * expect, by a table of each message's fields. Tables are made from text files (tools/proto-messages.py).
 *
 * Reading gives the canonical form of a message: an object whose members are the fields that are set, in the order of
 * the table and under their lowerCamelCase names; null, zero, "", [] and {} of scalars, lists and maps are left out, as
 * they say nothing; a message that is set stands there even when it is empty. int64 are numbers, times and durations
 * texts in their shortest form, enum values names. Unknown fields are refused, and so are two members of a oneof. Both
 * lowerCamelCase and snake_case are read.
 *
 * No recursion: messages are followed with a stack of fixed size.
 */
#include "json/json.h"

enum proto_type {
	PROTO_BOOL,
	PROTO_STRING,
	PROTO_INT32,
	PROTO_INT64,
	PROTO_DOUBLE,
	PROTO_ENUM,      /* `values` */
	PROTO_MESSAGE,   /* `message` */
	PROTO_TIMESTAMP, /* RFC 3339 */
	PROTO_DURATION,  /* "3600s" */
	PROTO_STRUCT,    /* any JSON object */
};

enum proto_flags {
	PROTO_REPEATED = 1 << 0,
	PROTO_MAP = 1 << 1,       /* of strings to the type */
	PROTO_READ_ONLY = 1 << 2, /* read, and left out */
	PROTO_NOT_ZERO = 1 << 3,  /* of enums */
	PROTO_ID = 1 << 4,        /* of strings: 27 letters and digits, when not empty */
	PROTO_NEEDED = 1 << 5,    /* of strings and messages: must be set */
};

struct proto_message;

struct proto_enum {
	struct str name;
	const struct str *values; /* values[0] is the zero value */
	size_t n;
};

struct proto_field {
	struct str name; /* "policySteps" */
	enum proto_type type;
	unsigned flags;
	unsigned oneof; /* number of its oneof in the message; 0: none */
	const struct proto_message *message;
	const struct proto_enum *values;
	uint32_t min, max; /* of a list: items; of a string: code points; max 0: any number */
};

struct proto_message {
	struct str name; /* "PolicySteps", without its package */
	const struct proto_field *fields;
	size_t n_fields;
};

#define PROTO_MAX_DEPTH 48u

/*
 * Reads a message. 0 and the canonical form (in `a`; strings borrowed from `in`), or -EINVAL and words as the Go
 * implementations have them: "unknown field \"x\"", "invalid PolicySteps.Steps: value must contain at least 1 item(s)".
 */
int proto_read(const struct proto_message *m, const struct json *in, struct arena *a, const struct json **ret,
               struct error *err) MUST_USE;

/*
 * Writes a canonical message as such servers do: every field that is no message and in no oneof, with its zero value
 * when it is not set; messages and members of a oneof only when set. int64 as strings. `tree` NULL: an empty message.
 */
void proto_write(struct json_writer *w, const struct proto_message *m, const struct json *tree);

/* The field under either spelling; NULL when there is none. */
const struct proto_field *proto_field_find(const struct proto_message *m, struct str name);
/* The field of the oneof that is set in a canonical message; NULL when none is. */
const struct proto_field *proto_oneof(const struct proto_message *m, unsigned oneof, const struct json *tree);
/*
 * A field mask, "displayName,policySteps": names of the message's own fields. 0 and the names (in `a`), none when it is
 * empty, or -EINVAL.
 */
int proto_mask_read(const struct proto_message *m, struct str mask, struct arena *a, struct str_list *ret,
                    struct error *err) MUST_USE;
/* "3600s", "-0.5s": nanoseconds are cut to ms. False: malformed, or beyond 10,000 years. */
bool proto_duration_parse(struct str text, int64_t *ret_ms);
struct str proto_duration_text(struct arena *a, int64_t ms);
