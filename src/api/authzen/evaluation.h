#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * One evaluation of AuthZEN: from its JSON members to a question, and from the answer to its JSON.
 *
 * Nothing is copied: questions borrow from the parsed body, answers from the snapshot. Faults are
 * told to the caller instead of failing the call, because in a batch they concern one item only.
 */
#include "api/api.h"
#include "policy/ask_read.h"

/* What one call has in common for all its evaluations. */
struct evaluator {
	struct api_call *call;
	bool explains;            /* context.reason was asked for */
	bool explains_denials;    /* and context.explanation of what is denied */
	uint64_t explain_steps;   /* left for explanations, in all of the call (policy/explain.h) */
	struct str bound_tenants; /* Doorward-Bound-Tenants; absent: none was sent */
	bool is_unlogged;         /* an answer could not be logged and must not be given: nothing of the call may be */
};

struct evaluator evaluator_of(struct api_call *call);

/* The question that the evaluation puts, in the call's arena. False with `err` when it is incomplete or malformed. */
bool evaluation_read(const struct evaluator *e, const struct evaluation *ev, struct ask *ret,
                     struct error *err) MUST_USE;

/*
 * Decides, writes {"decision":…} with the context that was asked for, and counts it. `*ret_allowed` is the decision.
 * False with `err`, and nothing written, when the evaluation is incomplete or malformed.
 */
bool evaluation_decide(struct evaluator *e, const struct evaluation *ev, struct json_writer *w, bool *ret_allowed,
                       struct error *err) MUST_USE;

/*
 * Writes the member "explanation" of the context of a denial: whether it is forbidden or not granted, the nearest
 * statements with what they lack, and whether and from whom the access can be requested. (explanation.c)
 */
void evaluation_write_explanation(struct evaluator *e, const struct ask *ask, const struct answer *answer,
                                  struct json_writer *w);
/* "tag policy" of DOC_TAG_POLICY, and the document's name in brackets where people gave it one: for sentences. */
struct str evaluation_spoken_document(const struct snapshot *s, enum document_kind kind, struct str id,
                                      struct arena *a);
