/* SPDX-License-Identifier: Apache-2.0 */
#include "api/conductorone/task_order.h"

#include "base/fold.h"
#include "service/applications.h"

enum task_order task_order_of(struct str sort_by)
{
	static const struct {
		struct str name;
		enum task_order order;
	} orders[] = {
	    {STR_INIT("TASK_SEARCH_SORT_BY_ACCOUNT"), TASK_ORDER_ACCOUNT},
	    {STR_INIT("TASK_SEARCH_SORT_BY_ACCOUNT_OWNER"), TASK_ORDER_ACCOUNT_OWNER},
	    {STR_INIT("TASK_SEARCH_SORT_BY_RESOURCE"), TASK_ORDER_TARGET},
	    {STR_INIT("TASK_SEARCH_SORT_BY_APP_RESOURCE_ID_AND_APP_ENTITLEMENT"), TASK_ORDER_TYPE},
	};

	for (size_t i = 0; i < N_ELEMENTS(orders); i++)
		if (str_eq(sort_by, orders[i].name))
			return orders[i].order;
	return TASK_ORDER_MADE;
}

/* ---- where one stands -------------------------------------------------------------------------------------- */

/* The first that says something. */
static struct str first_of(struct str one, struct str other)
{
	return str_is_empty(one) ? other : one;
}

/* By the account's name as it is shown; the account may be gone, or still to be made. */
static void place_by_account(struct task_place *p, const struct snapshot *s, const struct access_request *r,
                             struct arena *a)
{
	const struct app_user *u = app_user_find(s, r->app, r->account_id, a);

	p->key[0] = fold_str(a, u ? first_of(u->display_name, u->username) : r->account_id);
	p->key[1] = r->account_id;
}

static void place_by_user(struct task_place *p, const struct snapshot *s, const struct access_request *r,
                          struct arena *a)
{
	const struct user *user = str_is_empty(r->user) ? NULL : FIND(s, user, USER, r->user);

	p->key[0] = fold_str(a, user ? first_of(user->display_name, user->doc.id) : r->user);
	p->key[1] = r->user;
}

static void place_by_target(struct task_place *p, const struct snapshot *s, const struct access_request *r,
                            struct arena *a)
{
	const struct app *app = str_is_empty(r->app) ? NULL : FIND(s, app, APP, r->app);
	const struct app_entitlement *e = app_entitlement_find(s, r->app, r->entitlement_id, a);

	p->key[0] = fold_str(a, app ? app->display_name : r->app);
	p->key[1] = fold_str(a, e ? e->display_name : r->entitlement_id);
	p->key[2] = r->entitlement_id;
}

static void place_by_type(struct task_place *p, const struct snapshot *s, const struct access_request *r,
                          struct arena *a)
{
	const struct app_entitlement *e = app_entitlement_find(s, r->app, r->entitlement_id, a);

	p->key[0] = e ? e->resource_type : STR_NONE;
	p->key[1] = r->app;
	p->key[2] = r->entitlement_id;
}

struct task_place task_place_of(enum task_order order, const struct snapshot *s, const struct access_request *r,
                                struct arena *a)
{
	struct task_place p = {.doc = &r->doc};

	switch (order) {
	case TASK_ORDER_MADE:
		break;
	case TASK_ORDER_ACCOUNT:
		place_by_account(&p, s, r, a);
		break;
	case TASK_ORDER_ACCOUNT_OWNER:
		place_by_user(&p, s, r, a);
		break;
	case TASK_ORDER_TARGET:
		place_by_target(&p, s, r, a);
		break;
	case TASK_ORDER_TYPE:
		place_by_type(&p, s, r, a);
		break;
	}
	return p;
}

/* ---- a page ------------------------------------------------------------------------------------------------- */

static int compare(const struct task_place *x, const struct task_place *y)
{
	int c = 0;

	for (size_t i = 0; i < N_ELEMENTS(x->key) && c == 0; i++)
		c = str_cmp(x->key[i], y->key[i]);
	if (c != 0)
		return c;
	return x->doc->seq < y->doc->seq ? -1 : x->doc->seq > y->doc->seq;
}

struct task_page task_page_begin(enum task_order order, const struct snapshot *s, uint64_t after, size_t max,
                                 struct arena *a)
{
	struct task_page page = {.places = ARENA_ARRAY(a, struct task_place, max), .max = max};
	uint64_t at = after ? snapshot_ordinal_behind(s, DOC_ACCESS_REQUEST, after - 1) : 0;
	const struct document *doc = after ? snapshot_next(s, DOC_ACCESS_REQUEST, &at) : NULL;

	if (doc)
		page.after = task_place_of(order, s, as_access_request(doc), a);
	return page;
}

void task_page_add(struct task_page *page, const struct task_place *place)
{
	size_t low = 0, high = page->n;

	if (page->after.doc && compare(place, &page->after) <= 0)
		return;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(&page->places[middle], place) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == page->max)
		return;
	if (page->n < page->max)
		page->n++;
	memmove(&page->places[low + 1], &page->places[low], (page->n - low - 1) * sizeof(*place));
	page->places[low] = *place;
}
