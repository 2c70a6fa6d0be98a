#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The expressions in ConductorOne's policies (CEL, expr/expr.h): what they may name, and what that means in a snapshot.
 *
 * There are three environments. A condition (of a rule, of a step that waits) yields a bool and knows `subject`,
 * `account`, `entitlement`, `task` and `ip`; approvers (of an approval or provisioning step) are a user or a list of
 * users, and such an expression knows `subject`, `appOwners`, `entitlement` and `task`; a value is anything that can
 * be said of a user, `subject` or `user`. Fields have two spellings, jobTitle and job_title. Nothing is looked up
 * before an expression asks for it.
 *
 * Made once, immutable from then on, any thread. Pure: the time and the snapshot are arguments.
 */
#include "policy/snapshot.h"

enum condition_kind { CONDITION_MATCH, CONDITION_APPROVERS, CONDITION_VALUE, CONDITION_N_KINDS };

#define CONDITION_MAX_BYTES ((size_t)10000)

struct conditions;
struct conditions *conditions_new(void);
void conditions_free(struct conditions *c); /* accepts NULL */

/* A mistake in an expression; lines and columns from 1. */
struct condition_issue {
	struct str text; /* "undeclared reference to 'x'" */
	uint32_t line, column;
	uint32_t end_line, end_column; /* of what is behind it */
};
/* Compiles. True, or false and what is wrong with it, in order of place, in `a`. */
bool conditions_check(const struct conditions *c, enum condition_kind kind, struct str source, struct arena *a,
                      const struct condition_issue **ret_issues, size_t *ret_n);

/* What an expression is evaluated about. */
struct condition_input {
	const struct snapshot *snapshot;
	/*
	 * The "task": its user is `subject`, its entitlement and account are `entitlement` and `account`. An account
	 * that is not named is the user's only one in the application.
	 */
	const struct access_request *request;
	struct str ip; /* from where it was asked for; absent: not known, and to look at it fails */
	int64_t now_ms;
	struct arena *arena; /* where results live */
};

enum condition_result { CONDITION_FALSE, CONDITION_TRUE, CONDITION_ERROR };
/* CONDITION_ERROR: it does not compile or could not be evaluated; `err` says why. Only CONDITION_TRUE matches. */
enum condition_result conditions_match(const struct conditions *c, struct str source, const struct condition_input *in,
                                       struct error *err);
/*
 * The canonical ids of the users that it yields, each once, none for an empty list or null. 0, or -EINVAL with `err`.
 */
int conditions_approvers(const struct conditions *c, struct str source, const struct condition_input *in,
                         struct str_list *ret_users, struct error *err) MUST_USE;

/*
 * An expression compiled once, to be evaluated often: the two above compile anew each time, which takes longer than
 * most evaluations. Immutable, any thread; not to outlive the struct conditions it was made with.
 */
struct condition_program;
/* NULL: it does not compile, and `err` says why. */
struct condition_program *condition_program_new(const struct conditions *c, enum condition_kind kind, struct str source,
                                                struct error *err);
void condition_program_free(struct condition_program *p); /* accepts NULL */
/* What it takes of memory at most. */
size_t condition_program_bytes(const struct condition_program *p);
/* As conditions_match() and conditions_approvers(), of programs of those kinds. */
enum condition_result condition_program_match(const struct condition_program *p, const struct condition_input *in,
                                              struct error *err);
int condition_program_approvers(const struct condition_program *p, const struct condition_input *in,
                                struct str_list *ret_users, struct error *err) MUST_USE;

/* The name of the value's type and the value as text, in in->arena. 0, or -EINVAL with `err`. */
int conditions_value(const struct conditions *c, struct str source, const struct condition_input *in,
                     struct str *ret_type, struct str *ret_text, struct error *err) MUST_USE;
