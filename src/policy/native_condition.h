#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Conditions of native access policies: CEL (expr/expr.h) over the question.
 *
 *   subject    type, id: as asked; groups, roles: ids of those that count in the question, roles held in one tenant
 *              only where that is the one tenant asked about; properties
 *   action     name; properties
 *   resource   type, id; tenant: the one asked about, not there when there is none or more than one;
 *              tags: map(string, list(string)), not there when they are unknown; properties
 *   context    as sent, empty when there is none
 *   now        timestamp
 *
 * Properties are maps: of a user its attributes, of other subjects nothing; over them email, display_name and manager
 * where the directory has them; of a resource its attributes; and over all that what the question says, member by
 * member. The asker vouches for what it sends.
 *
 * Three values, as conditions have them: what is not there, an error and an exhausted budget are unknown. Evaluated
 * once a question, in its arena. One may take so much, and all of a question together so much: which ones are unknown
 * then depends on the order in which the engine meets them, but no allow comes of it. Pure; any thread.
 */
#include "policy/conditions.h"

#define NATIVE_CONDITION_BUDGET UINT64_C(20000)      /* units of expr/eval.h */
#define NATIVE_CONDITION_MEMORY ((size_t)256 * 1024) /* bytes */
#define NATIVE_QUESTION_BUDGET  (100 * NATIVE_CONDITION_BUDGET)
#define NATIVE_QUESTION_MEMORY  (16 * NATIVE_CONDITION_MEMORY)

/* What conditions may name. Belongs to the snapshots of one lineage, as one object of their edits. */
struct native_env;
struct native_env *native_env_new(void);
void native_env_free(struct native_env *env); /* accepts NULL */
struct edit_object *native_env_object(struct native_env *env);

/* Does it compile to a bool? False: the first mistake, in `a`. `env` may be NULL: none was made yet. */
bool native_condition_check(const struct native_env *env, struct str source, struct arena *a,
                            struct condition_issue *ret_issue);

/* To be put into an engine. One that does not compile, which no dialect lets in, is always unknown. */
struct condition *native_condition_new(const struct native_env *env, struct str source);

/* ---- the question, as conditions see it --------------------------------------------------------------- */

struct ask;
struct ask_resource;
struct asked_facts;

/* A query's attributes have one; whoever makes the query fills in the first four. Zeroed otherwise. One thread. */
struct asked {
	const struct snapshot *snapshot;
	const struct ask *ask;
	const struct ask_resource *resource; /* the ask's own, or its target */
	struct arena *arena;
	struct asked_facts *facts; /* what was found out so far */
};

/* ---- why not ----------------------------------------------------------------------------------------------- */

/* The part of a condition that decided that it does not hold, or that it is unknown. Texts in the arena, or absent. */
struct native_failure {
	struct str expression;  /* the part, as it is written */
	struct str left, right; /* of a comparison, && or ||: the values of both sides, as JSON; absent: it has none */
	struct str missing;     /* what was looked up and is not there: "resource.properties.status" */
	struct str fault;       /* why it is unknown: "no such key: status" */
};

#define NATIVE_FAILURE_MAX_VALUE_BYTES ((size_t)1024) /* a longer value is left out, as absent */

/*
 * Looks for it in the question, with the evaluator that decided: parts of the condition are compiled and evaluated as
 * conditions of their own. For a condition that holds, and one that does not compile: nothing but its text.
 */
struct native_failure native_condition_failure(const struct native_env *env, struct str source, struct asked *asked,
                                               const struct query *query);
