#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * What an answer refers to, shown beside it: a request's expandMask names what, the answer's "expanded" holds the
 * objects, each once, and the "…Path" members of its views say where. GET has no mask, and expands nothing.
 */
#include "api/conductorone/conductorone.h"
#include "json/object.h"
#include "model/kinds.h"

/* What stands in "expanded" so far. */
struct c1_expansion {
	struct str_list paths; /* of the mask; none: nothing is expanded */
	struct json *items;
	size_t n, cap;
	struct str *names; /* "<kind>:<id>" of each */
	size_t cap_names;
};

/* {"paths":[…]} of a message's expandMask; of NULL none. */
struct c1_expansion c1_expansion_of(struct api_call *call, const struct json *message);
/* Does the mask name the path, or all? */
bool c1_expands(const struct c1_expansion *x, const char *path);
/*
 * "$.expanded[0]", or of several "$.expanded[0,2]": where they stand now. Absent when there is none, or none that the
 * caller may look at: being referred to shows nobody anything.
 */
struct str c1_path_to(struct api_call *call, struct c1_expansion *x, enum document_kind kind, struct str_list ids);

/* A member of a view that says where what the mask calls so is. */
struct c1_path {
	const char *mask, *member;
	enum document_kind kind;
	struct str_list ids;
};
/* Adds those that the mask names. */
void c1_put_paths(struct api_call *call, struct json_object *o, struct c1_expansion *x, const struct c1_path *paths,
                  size_t n);

/* "expanded":[…] of what has been added. */
void c1_put_expanded(struct json_object *o, const struct c1_expansion *x);
/* The same behind a list that was begun by c1_begin_list(); leaves the array open that c1_end_list() closes. */
void c1_write_expanded(struct json_writer *w, const struct c1_expansion *x);
