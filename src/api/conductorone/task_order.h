#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Orders that a search for tasks may ask for besides that in which they were made. All that match must be looked at for
 * a page, of which only as many are kept as it shows, and one more.
 */
#include "api/conductorone/task_view.h"

enum task_order {
	TASK_ORDER_MADE, /* as they were made, which takes none of this */
	TASK_ORDER_ACCOUNT,
	TASK_ORDER_ACCOUNT_OWNER,
	TASK_ORDER_TARGET, /* the application and the entitlement, by their names */
	TASK_ORDER_TYPE,   /* the entitlement's resource type, then it itself, by their ids */
};

/* Of a sortBy. */
enum task_order task_order_of(struct str sort_by);

/* Where a task stands; of equal places the one made first comes first. Borrows from snapshot and arena. */
struct task_place {
	struct str key[3];
	const struct document *doc;
};
struct task_place task_place_of(enum task_order order, const struct snapshot *s, const struct access_request *r,
                                struct arena *a);

/* The first so many behind a place. */
struct task_page {
	struct task_place *places; /* in order */
	size_t n, max;
	struct task_place after; /* without doc: from the beginning */
};
/* `after`: doc.seq of the task that the page before ended at; 0: the first page. */
struct task_page task_page_begin(enum task_order order, const struct snapshot *s, uint64_t after, size_t max,
                                 struct arena *a);
/* Takes the place in if it is among the first behind. */
void task_page_add(struct task_page *page, const struct task_place *place);
