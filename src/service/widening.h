#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Denies that a change makes stop matching: collected while the change is made, and said in one line of plain ASCII
 * (ids, never names) in the answer's Doorward-Warning header, the log and the audit record.
 *
 *   policies   a tag policy that denies is deleted, detached, attached to less, or says something else
 *   tags       a resource loses or changes a tag, be it by the tagging, the tag's key or value, or the resource itself,
 * and a condition group of an attached deny policy held for its tags before and does not after
 *
 * A group that held before and holds after with other tags is not counted. A false alarm is possible only where a
 * change touches so many resources that not every group is evaluated for each (WIDENING_MAX_EVALUATIONS).
 */
#include "policy/tags.h"
#include "service/service.h"

#define WIDENING_MAX_EVALUATIONS 1000000u
#define WIDENING_MAX_NAMED       8u

/* A zeroed one is empty. Lives as long as the transaction's arena and snapshot. */
struct widening {
	size_t n_denies; /* policies, each counted once */
	const struct tag_policy *named[WIDENING_MAX_NAMED];
	/* private */
	const struct document **seen; /* the policies counted, in an open hash table */
	size_t n_seen, cap_seen;
	struct widening_denies *of_type; /* by type, those that resources are still compared with; NULL until needed */
	size_t n_evaluations;
};

/* The deny policy stops matching something. Allow policies are ignored, and so are those that reach nobody. */
void widening_add_policy(struct widening *w, struct txn *t, const struct tag_policy *p);
/* The tags of a resource become `tags` (none when it goes). `old` is the version in t->snapshot. */
void widening_add_resource(struct widening *w, struct txn *t, const struct resource *old,
                           const struct resource_tag *tags, size_t n_tags);
/*
 * "access may have widened: 2 deny policies no longer match: <id>, <id>"; absent when nothing widened. In `a`.
 * n_statements: deny statements of other kinds of document that went, told in the same line.
 */
struct str widening_text(const struct widening *w, size_t n_statements, struct arena *a);
