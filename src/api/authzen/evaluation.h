#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * One evaluation of AuthZEN: from its JSON members to a question, and from the answer to its JSON.
 *
 * Nothing is copied: questions borrow from the parsed body, answers from the snapshot. Faults are
 * told to the caller instead of failing the call, because in a batch they concern one item only.
 */
#include "api/api.h"

/* What a search looks for: of a subject or resource the id is left open, of an action everything. */
enum evaluation_part { PART_NONE, PART_SUBJECT, PART_RESOURCE, PART_ACTION };

/* The four members that make an evaluation; NULL where absent. In a batch, items and defaults have the same form. */
struct evaluation {
	const struct json *subject, *action, *resource, *context;
	enum evaluation_part open; /* PART_NONE: all must be complete. What is open is not looked at, if it is sent */
};

/* What one call has in common for all its evaluations. */
struct evaluator {
	struct api_call *call;
	bool explains;            /* context.reason was asked for */
	struct str bound_tenants; /* Doorward-Bound-Tenants; absent: none was sent */
	bool is_unlogged;         /* an answer could not be logged and must not be given: nothing of the call may be */
};

struct evaluator evaluator_of(struct api_call *call);

/* Takes the members of an object: those that are there, and not null, replace what stands in `*ret`. */
void evaluation_take(struct evaluation *ret, const struct json *object);

/* The members have the types the standard gives them, whether they are complete or not. */
bool evaluation_is_well_typed(const struct evaluation *ev, struct error *err);

/* The question that the evaluation puts, in the call's arena. False with `err` when it is incomplete or malformed. */
bool evaluation_read(const struct evaluator *e, const struct evaluation *ev, struct ask *ret,
                     struct error *err) MUST_USE;

/*
 * Decides, writes {"decision":…} with the context that was asked for, and counts it. `*ret_allowed` is the decision.
 * False with `err`, and nothing written, when the evaluation is incomplete or malformed.
 */
bool evaluation_decide(struct evaluator *e, const struct evaluation *ev, struct json_writer *w, bool *ret_allowed,
                       struct error *err) MUST_USE;
