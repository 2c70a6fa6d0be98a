#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * From the members of an AuthZEN evaluation to a question (policy/ask.h). Every wrong type is told with the name of its
 * member. Nothing is copied: questions borrow from the JSON.
 */
#include "policy/ask.h"

/* What a search looks for: of a subject or resource the id is left open, of an action everything. */
enum evaluation_part { PART_NONE, PART_SUBJECT, PART_RESOURCE, PART_ACTION };

/* The four members that make an evaluation; NULL where absent. In a batch, items and defaults have the same form. */
struct evaluation {
	const struct json *subject, *action, *resource, *context;
	enum evaluation_part open; /* PART_NONE: all must be complete. What is open is not looked at, if it is sent */
};

/* Takes the members of an object: those that are there, and not null, replace what stands in `*ret`. */
void evaluation_take(struct evaluation *ret, const struct json *object);

/* The members have the types the standard gives them, whether they are complete or not. */
bool evaluation_is_well_typed(const struct evaluation *ev, struct error *err);

/*
 * The question that the evaluation puts, in `a`; when, and who may ask about which tenants, is the caller's to say.
 * False with `err` when it is incomplete or malformed.
 */
bool ask_read(const struct evaluation *ev, struct arena *a, struct ask *ret, struct error *err) MUST_USE;

/* A list of strings; `is_valid` (may be NULL) judges each. False: it is something else. In `a`. */
bool ask_read_strings(struct arena *a, const struct json *value, bool (*is_valid)(struct str), struct str_list *ret);
