#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Searches on a snapshot: who may do this to that, what may she do it to, what may she do with it. A result is what the
 * evaluator allows (policy/ask.h), and everything that it allows is a result, of what there is:
 *
 *   subjects   registered users, service accounts, groups or roles, by the type asked for
 *   resources  registered ones of the type (for app_entitlement, entitlements), those of which a statement names the
 *              type and the id exactly, and entities that grants to the asker reach
 *   actions    those that the dialects' catalogs list and those that a statement names exactly
 *
 * A subject or an action is searched for on a resource that there is: one that the question describes (it has
 * properties), that is registered, that a statement names exactly, or that a grant reaches; of a type of which nothing
 * is registered, every id, if a statement or a dialect's catalog knows the type. On others nothing is found, even for
 * those who may do everything.
 *
 * Results come in the order of their bytes, each once, page by page: what stands behind a place follows from the
 * snapshot and the question alone, so any page can be had without those before it.
 *
 * Cost: candidates are those that the statements about what is given lead to, and each is put to the evaluator. Where
 * these are more than it would take to find a page by asking about what there is in its order, or where a statement is
 * about everything, that is done instead: then the work is the page over the share of those who are allowed. All work
 * is bounded, see struct search.
 *
 * Pure, as the evaluator. Any thread.
 */
#include "policy/ask.h"

struct search {
	/* What is searched for is not looked at in it: the id of the subject or resource, or the action. */
	const struct ask *ask;
	struct str behind; /* only results behind this one; absent: from the first on */
	size_t limit;      /* of results; may be 0 */
	uint64_t
	    max_asks; /* questions put to the evaluator; at least 1. Looking for candidates is bounded by it, too */
	/* Asked now and then: is that enough for one call? It then ends as if `max_asks` were reached. NULL: it is not.
	 */
	bool (*is_late)(const struct search *self);
};

struct search_page {
	const struct str *items; /* ids or actions; in the arena and the snapshot */
	size_t n;
	bool has_more; /* there are more results, or there may be, since the work had its bound: all behind `at` */
	struct str at; /* when has_more: what has been looked at; absent: nothing has */
};

enum search_result {
	SEARCH_OK = 0,
	SEARCH_TOO_MANY =
	    1, /* resources only: more than SEARCH_MAX_GRANTS grants lead to candidates; nothing is answered */
};
#define SEARCH_MAX_GRANTS ((size_t)100000)

void search_subjects(const struct snapshot *s, const struct search *q, struct arena *a, struct search_page *ret);
enum search_result search_resources(const struct snapshot *s, const struct search *q, struct arena *a,
                                    struct search_page *ret) MUST_USE;
void search_actions(const struct snapshot *s, const struct search *q, struct arena *a, struct search_page *ret);
