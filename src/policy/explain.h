#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Why a question was denied: the statements that came nearest to deciding otherwise, and what each of them lacked.
 *
 *   forbidden    a deny statement decided. Shown first: the denies that match, then what would have allowed
 *   not granted  no statement allows it. Shown: what would, if one thing or a few were different
 *
 * Nearer is what fewer things are in the way of; of as many, what is easier to change: a condition, then time, tenant,
 * subject, action, resource. Statements about others are shown too, when they allow this action on this resource: then
 * it is the subject that does not match. What an asker who is bound to tenants must not know is left out: statements
 * that do not apply in them, and with these all that their conditions have read.
 *
 * An observer on the evaluator (policy/ask.h), after it has decided: the decision is the evaluator's own, the same as
 * without. Pure; any thread.
 */
#include "policy/ask.h"
#include "policy/native_condition.h"

#define EXPLAIN_MAX_NEAREST  5u
#define EXPLAIN_MAX_SUBJECTS 3u              /* that are named of a statement about others */
#define EXPLAIN_MAX_STEPS    UINT64_C(20000) /* statements looked at for one question */

/* What a statement lacked, as bits. */
enum explain_part {
	EXPLAIN_CONDITION = 1u << 0,
	EXPLAIN_TIME = 1u << 1,
	EXPLAIN_TENANT = 1u << 2,
	EXPLAIN_SUBJECT = 1u << 3,
	EXPLAIN_ACTION = 1u << 4,
	EXPLAIN_RESOURCE = 1u << 5,
};
#define EXPLAIN_N_PARTS 6u
/* "condition" …, by the number of the bit. */
struct str explain_part_name(unsigned bit);

/* The part of a condition by which it is false or unknown. */
struct explained_condition {
	bool is_unknown;                 /* else false */
	const struct tag_condition *tag; /* of a tag policy; else NULL */
	const struct str *values;        /* then: those that the resource has under the key */
	size_t n_values;
	bool tags_are_known;
	struct native_failure native; /* of an access policy: expression is not absent */
};

struct explained {
	enum document_kind kind; /* as people know the document: snapshot_deciding() */
	struct str id;
	uint32_t statement;
	enum effect effect;
	unsigned failed;                      /* enum explain_part; 0: it matches */
	struct explained_condition condition; /* when it is among them, or when it is unknown and denies */
	bool has_condition;
	struct str_list subjects; /* EXPLAIN_SUBJECT: whom it is about, the first few: "group:devs" … */
};

struct explanation {
	struct explained nearest[EXPLAIN_MAX_NEAREST];
	size_t n_nearest;
	bool is_complete; /* all statements were looked at */
};

/*
 * Explains the denial of a question that snapshot_ask() answered so. `*steps`: how many statements may be looked at;
 * what was used is taken from it.
 */
void snapshot_explain_denial(const struct snapshot *s, const struct ask *q, struct arena *a, uint64_t *steps,
                             struct explanation *ret);
