#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Who gains and who loses what between two snapshots of one lineage, decided by the evaluator on both (policy/ask.h).
 *
 *   principals  registered users and service accounts of either side; and of others those that a changed statement
 *               names: "user:saml:bob", and as one each "team:ldap:*" and "*" (anybody), who are nobody registered
 *   changed     a statement is, for a principal, when it is about her on one side only, or in other tenants: it came,
 *               went, or says something else, or she came, or went, to where it is held; and so is a grant
 *   questions   the actions and resources that statements changed for her name, and within these what other
 *               statements about her name. A pattern is one question, which stands for all that nothing else names.
 *               Where a condition has a say, also the registered resources that the pattern matches. Of a resource that
 *               was changed itself: all actions that statements about it name
 *   tenants     a resource registered in a tenant is asked about there (where it is in none on one side, in none); any
 *               other in each tenant of either side, and in none: what differs in some of them differs
 *
 * Of what nothing changed for her names, the decision is the same on both sides. Whatever differs is counted exactly;
 * samples are the first in order. Work is bounded: when the bounds do not suffice there is no answer, never a part of
 * one.
 *
 * Cost: principals for whom the same is said are one class, which is asked about once. The rest is finding them.
 *
 * Pure, as the evaluator. Any thread.
 */
#include "policy/snapshot.h"

/* A document that is not the same on both sides, or need not be. */
struct diff_document {
	enum document_kind kind;
	struct str id;
};

struct diff_query {
	const struct snapshot *before, *after;
	const struct diff_document *documents; /* all that changed */
	size_t n_documents;
	int64_t now_ms;
	uint64_t max_steps; /* questions and comparisons */
	size_t max_samples; /* of principals and of questions, in each group */
	size_t n_few;       /* so many principals are told apart one by one, more by statements; 0: as is fastest */
	/* Asked now and then: is that enough? It then ends as if max_steps were reached. NULL: it is not. */
	bool (*is_late)(const struct diff_query *self);
};

struct diff_principal {
	struct str type, id; /* "user", "service"; or "external", with the subject or pattern as id */
};

/* A question with another answer. */
struct diff_cell {
	struct str action;       /* may be a pattern, as statements spell it */
	struct str type;         /* of the resource; empty: any */
	struct str id;           /* "*": any other */
	bool in_its_tenant;      /* asked about where it is registered; tenants are not told */
	bool everywhere;         /* else: in all tenants and in none */
	struct str_list tenants; /* else: in these */
};

/* Principals who gain, or lose, the same for the same reason. */
struct diff_group {
	bool gains;
	enum document_kind kind; /* of the document by which it is so: what allows it now, or denied it; allowed it, or
	                            denies it now */
	struct str document;
	struct str through; /* the subject by which that is about them: "team:local:devs", "role:viewer", "*" */
	uint64_t n_users, n_services, n_others;
	const struct diff_principal *principals; /* the first of them */
	size_t n_principals;
	uint64_t n_cells_in_all; /* for each principal */
	const struct diff_cell *cells;
	size_t n_cells;
};

struct diff {
	const struct diff_group *groups; /* those of most principals first */
	size_t n_groups;
	uint64_t n_gained, n_lost;    /* questions, each for each principal */
	uint64_t n_gainers, n_losers; /* principals */
	uint64_t n_principals;        /* looked at */
	bool by_statements;           /* told apart by statements */
	uint64_t n_steps;
};

enum diff_result {
	DIFF_OK = 0,
	DIFF_TOO_MUCH = 1, /* the bounds do not suffice */
};

/* Results in `a` and the snapshots. */
enum diff_result diff_snapshots(const struct diff_query *q, struct arena *a, struct diff *ret) MUST_USE;
