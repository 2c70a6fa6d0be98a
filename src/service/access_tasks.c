/* SPDX-License-Identifier: Apache-2.0 */
#include "service/access_tasks.h"

#include "base/random.h"
#include "base/strs.h"
#include "json/object.h"
#include "service/request_internal.h"

#define ID_CHARS 32u /* 190 bits */

static const struct str status_names[] = {
    [TASK_PENDING] = STR_INIT("pending"), [TASK_APPROVED] = STR_INIT("approved"),   [TASK_DENIED] = STR_INIT("denied"),
    [TASK_EXPIRED] = STR_INIT("expired"), [TASK_CANCELLED] = STR_INIT("cancelled"), [TASK_FAILED] = STR_INIT("failed"),
    [TASK_PARTIAL] = STR_INIT("partial"),
};
static_assert(N_ELEMENTS(status_names) == TASK_N_STATUSES, "a name for each");

struct str task_status_name(enum task_status status)
{
	return status_names[status];
}

/* ---- looking --------------------------------------------------------------------------------------- */

static enum task_status status_of_request(const struct access_request *r)
{
	if (!r)
		return TASK_FAILED;
	if (r->state == REQUEST_OPEN)
		return TASK_PENDING;
	switch (r->outcome) {
	case REQUEST_GRANTED:
		return TASK_APPROVED;
	case REQUEST_DENIED:
		return TASK_DENIED;
	case REQUEST_CANCELLED:
		return TASK_CANCELLED;
	case REQUEST_WAIT_TIMED_OUT:
		return TASK_EXPIRED;
	case REQUEST_UNDECIDED:
	case REQUEST_ERROR:
	case REQUEST_N_OUTCOMES:
		break;
	}
	return TASK_FAILED;
}

/* As the binding that it made was made (service/requests.c). */
static int64_t end_of(const struct access_request *r)
{
	int64_t end = INT64_MAX;

	if (r->duration_ms && __builtin_add_overflow(r->outcome_at_ms, r->duration_ms, &end))
		end = INT64_MAX;
	if (r->until_ms && r->until_ms < end)
		end = r->until_ms;
	return end < r->outcome_at_ms + ACCESS_TASK_APPROVAL_MS ? end : r->outcome_at_ms + ACCESS_TASK_APPROVAL_MS;
}

static struct task_item look_at(const struct json *json, const struct access_request *r)
{
	struct str ended = json_get_str(json, STR("ended"));
	struct task_item item = {.json = json, .request = r, .status = status_of_request(r)};

	if (str_eq(ended, status_names[TASK_CANCELLED]))
		item.status = TASK_CANCELLED;
	else if (str_eq(ended, status_names[TASK_EXPIRED]))
		item.status = TASK_EXPIRED;
	if (item.status != TASK_APPROVED)
		return item;
	item.approval = json_get_str(json, STR("approval"));
	item.approved_at_ms = r->outcome_at_ms;
	item.approved_until_ms = end_of(r);
	return item;
}

static enum task_status aggregate(const struct task_state *state)
{
	enum task_status all = state->n ? state->items[0].status : TASK_FAILED;

	for (size_t i = 0; i < state->n; i++)
		if (state->items[i].status == TASK_PENDING)
			return TASK_PENDING;
	for (size_t i = 1; i < state->n; i++)
		if (state->items[i].status != all)
			return TASK_PARTIAL;
	return all;
}

/* `news`: versions of access requests that the snapshot does not have yet. */
struct news {
	const struct access_request *items;
	size_t n;
};

static void look(const struct snapshot *s, const struct access_task *task, struct news news, struct task_state *ret)
{
	*ret = (struct task_state){.task = task};
	for (uint32_t i = 0; json_is(task->items, JSON_ARRAY) && i < task->items->n && i < ACCESS_TASK_MAX_ITEMS; i++) {
		const struct json *json = &task->items->items[i];
		struct str id = json_get_str(json, STR("request"));
		const struct access_request *r = str_is_empty(id) ? NULL : FIND(s, access_request, ACCESS_REQUEST, id);

		for (size_t k = 0; k < news.n; k++)
			if (str_eq(news.items[k].doc.id, id))
				r = &news.items[k];
		ret->items[ret->n++] = look_at(json, r);
	}
	ret->status = aggregate(ret);
}

void access_task_look(const struct snapshot *s, const struct access_task *task, struct task_state *ret)
{
	look(s, task, (struct news){0}, ret);
}

bool access_task_holds(const struct snapshot *s, const struct task_item *item, int64_t now_ms)
{
	const struct document *const *docs;
	const struct access_request *r = item->request;
	struct arena a = ARENA_INIT;
	bool holds = false;
	size_t n;

	if (item->status != TASK_APPROVED || item->approved_until_ms <= now_ms)
		return false;
	n = snapshot_linked(s, DOC_ENTITLEMENT_BINDING, arena_concat(&a, STR("user:"), r->user), &a, &docs);
	for (size_t i = 0; i < n && !holds; i++) {
		const struct entitlement_binding *b = as_entitlement_binding(docs[i]);

		holds = str_eq(b->request, r->doc.id) && (!b->expires_at_ms || b->expires_at_ms > now_ms);
	}
	arena_release(&a);
	return holds;
}

static const struct access_task *first_linked(const struct snapshot *s, struct str relation, struct str id,
                                              struct arena *a)
{
	const struct document *const *docs;

	return !str_is_empty(id) && snapshot_linked(s, DOC_ACCESS_TASK, arena_concat(a, relation, id), a, &docs)
	           ? as_access_task(docs[0])
	           : NULL;
}

const struct access_task *access_task_by_key(const struct snapshot *s, struct str requester, struct str key,
                                             struct arena *a)
{
	const struct document *doc =
	    str_is_empty(key) ? NULL : snapshot_find_unique(s, DOC_ACCESS_TASK, access_task_unique(a, requester, key));

	return doc ? as_access_task(doc) : NULL;
}

const struct access_task *access_task_by_approval(const struct snapshot *s, struct str approval, struct arena *a)
{
	return first_linked(s, STR("approval:"), approval, a);
}

const struct access_task *access_task_by_token(const struct snapshot *s, struct str token, struct arena *a)
{
	return first_linked(s, STR("token:"), token, a);
}

/* ---- making ---------------------------------------------------------------------------------------- */

static struct str new_id(struct arena *a, struct str prefix)
{
	char text[ID_CHARS + 1];

	random_alnum(text, ID_CHARS);
	return arena_concat(a, prefix, str_of(text));
}

/* The request of one wish, made or joined. */
struct asked {
	struct access_request request;
	bool is_joined;
};

static enum service_result ask_for(struct txn *t, const struct access_task_new *n, size_t i, struct asked *ret,
                                   struct error *err)
{
	struct request_new wanted = {
	    .type = REQUEST_GRANT,
	    .app = n->wishes[i].entitlement->app,
	    .entitlement_id = n->wishes[i].entitlement->entitlement_id,
	    .user = n->task.user,
	    .created_by = n->task.user,
	    .description = n->description,
	    .duration_ms = n->until_ms[i] ? n->until_ms[i] - t->now_ms : 0,
	    .until_ms = n->until_ms[i],
	    .is_emergency = n->is_emergency[i],
	    .origin = STR("API"),
	};
	enum service_result result = requests_create(t, &wanted, &ret->request, err);
	const struct access_request *open;

	if (result != SERVICE_CONFLICT)
		return result;
	open = FIND(t->snapshot, access_request, ACCESS_REQUEST, wanted.duplicate);
	assert(open); /* it is in the way */
	*ret = (struct asked){.request = *open, .is_joined = true};
	return SERVICE_OK;
}

static const struct json *item_of(struct arena *a, const struct task_wish *w, const struct asked *asked)
{
	struct json_object o = {.arena = a};

	json_object_tree(&o, "resource", w->resource);
	json_object_tree(&o, "action", w->action);
	json_object_tree(&o, "context", w->context);
	json_object_str(&o, "request", asked->request.doc.id);
	json_object_bool(&o, "joined", asked->is_joined);
	json_object_str(&o, "approval", new_id(a, STR("apr_")));
	json_object_str(&o, "evaluation", w->evaluation);
	json_object_str(&o, "token", w->token);
	return json_object_end(&o);
}

static int64_t expiry_of(const struct txn *t, const struct access_task_new *n)
{
	int64_t latest = 0;

	for (size_t i = 0; i < n->n; i++) {
		int64_t end = n->until_ms[i] ? n->until_ms[i] : INT64_MAX;

		latest = end > latest ? end : latest;
	}
	return latest < t->now_ms + ACCESS_TASK_LIFETIME_MS ? latest : t->now_ms + ACCESS_TASK_LIFETIME_MS;
}

enum service_result access_task_create(struct txn *t, const struct access_task_new *n, struct access_task *ret_task,
                                       struct task_state *ret_state, struct error *err)
{
	struct access_request *made = ARENA_ARRAY(t->arena, struct access_request, n->n);
	struct asked asked = {0};
	struct json *items = ARENA_ARRAY(t->arena, struct json, n->n);
	struct json *list = ARENA_NEW(t->arena, struct json);
	struct access_task task = n->task;

	assert(n->n > 0 && n->n <= ACCESS_TASK_MAX_ITEMS);
	for (size_t i = 0; i < n->n; i++) {
		enum service_result result = ask_for(t, n, i, &asked, err);

		if (result != SERVICE_OK)
			return result;
		made[i] = asked.request;
		items[i] = *item_of(t->arena, &n->wishes[i], &asked);
	}
	*list = (struct json){.type = JSON_ARRAY, .n = (uint32_t)n->n, .items = items};
	task.doc = (struct document){.kind = DOC_ACCESS_TASK,
	                             .id = new_id(t->arena, STR("arq_")),
	                             .created_at_ms = t->now_ms,
	                             .updated_at_ms = t->now_ms};
	task.items = list;
	task.expires_at_ms = task.due_at_ms = expiry_of(t, n);
	txn_put(t, &task.doc);
	*ret_task = task;
	look(t->snapshot, ret_task, (struct news){made, n->n}, ret_state);
	return SERVICE_OK;
}

/* ---- telling --------------------------------------------------------------------------------------- */

static bool wants_to_know(const struct access_task *task, enum task_status status)
{
	return !str_is_empty(task->webhook) && status != TASK_PENDING &&
	       (task->webhook_events.n == 0 || str_list_has(task->webhook_events, task_status_name(status)));
}

/* A task is over once: the call has its id. */
static void tell(struct txn *t, const struct task_state *state)
{
	const struct webhook_call call = {
	    .doc = {.kind = DOC_WEBHOOK_CALL, .id = state->task->doc.id},
	    .webhook = state->task->webhook,
	    .task = state->task->doc.id,
	    .due_at_ms = t->now_ms,
	};

	if (wants_to_know(state->task, state->status))
		txn_put(t, &call.doc);
}

void access_tasks_request_closed(struct txn *t, const struct access_request *r)
{
	const struct document *const *docs;
	size_t n = snapshot_linked(t->snapshot, DOC_ACCESS_TASK, arena_concat(t->arena, STR("request:"), r->doc.id),
	                           t->arena, &docs);

	for (size_t i = 0; i < n; i++) {
		const struct access_task *task = as_access_task(docs[i]);
		struct task_state before, now;

		/* Whoever changes the task itself tells of that. */
		if (request_is_changed(t, DOC_ACCESS_TASK, task->doc.id))
			continue;
		look(t->snapshot, task, (struct news){0}, &before);
		look(t->snapshot, task, (struct news){r, 1}, &now);
		if (before.status == TASK_PENDING)
			tell(t, &now);
	}
}

/* ---- ending ---------------------------------------------------------------------------------------- */

/* With one member more. */
static struct json with_ended(struct arena *a, const struct json *item, enum task_status how)
{
	struct json_member *members = ARENA_ARRAY(a, struct json_member, item->n + 1);

	memcpy(members, item->members, item->n * sizeof(*members));
	members[item->n] = (struct json_member){STR("ended"), {.type = JSON_STRING, .s = task_status_name(how)}};
	return (struct json){.type = JSON_OBJECT, .n = item->n + 1, .members = members};
}

/* The items with `how` for those that are pending. */
static const struct json *ended_items(struct arena *a, const struct task_state *state, enum task_status how)
{
	struct json *items = ARENA_ARRAY(a, struct json, state->n);
	struct json *list = ARENA_NEW(a, struct json);

	for (size_t i = 0; i < state->n; i++) {
		const struct task_item *item = &state->items[i];

		items[i] = item->status == TASK_PENDING ? with_ended(a, item->json, how) : *item->json;
	}
	*list = (struct json){.type = JSON_ARRAY, .n = (uint32_t)state->n, .items = items};
	return list;
}

/* Was the request made for this task, and not joined? */
static bool is_own(const struct task_item *item)
{
	const struct json *joined = json_get(item->json, STR("joined"));

	return !json_is(joined, JSON_BOOL) || !joined->b;
}

/* What is pending ends, and with it the requests that were made for it. */
static void end_pending(struct txn *t, const struct access_task *task, enum task_status how,
                        struct access_task *ret_task, struct task_state *ret_state)
{
	struct task_state before;

	look(t->snapshot, task, (struct news){0}, &before);
	*ret_task = *task;
	ret_task->items = ended_items(t->arena, &before, how);
	ret_task->doc.updated_at_ms = t->now_ms;
	look(t->snapshot, ret_task, (struct news){0}, ret_state);
	txn_put(t, &ret_task->doc);
	for (size_t i = 0; i < before.n; i++)
		if (before.items[i].status == TASK_PENDING && is_own(&before.items[i]))
			requests_cancel(t, before.items[i].request);
	tell(t, ret_state);
}

enum service_result access_task_cancel(struct txn *t, const struct access_task *task, struct access_task *ret_task,
                                       struct task_state *ret_state)
{
	look(t->snapshot, task, (struct news){0}, ret_state);
	if (ret_state->status != TASK_PENDING)
		return SERVICE_FAILED_PRECONDITION;
	end_pending(t, task, TASK_CANCELLED, ret_task, ret_state);
	return SERVICE_OK;
}

/* Once nobody can look at it, and no approval of it holds. */
static int64_t forget_at(const struct task_state *state)
{
	int64_t at = state->task->expires_at_ms;

	for (size_t i = 0; i < state->n; i++)
		if (state->items[i].approved_until_ms > at)
			at = state->items[i].approved_until_ms;
	return at + ACCESS_TASK_KEPT_MS;
}

bool access_task_fire(struct txn *t, const struct access_task *task)
{
	struct task_state state;
	struct access_task next = *task;

	if (task->due_at_ms > t->now_ms)
		return false;
	look(t->snapshot, task, (struct news){0}, &state);
	if (task->due_at_ms > task->expires_at_ms) {
		txn_delete(t, DOC_ACCESS_TASK, task->doc.id);
		return true;
	}
	next.due_at_ms = forget_at(&state);
	if (state.status == TASK_PENDING)
		end_pending(t, &next, TASK_EXPIRED, &next, &state);
	else
		txn_put(t, &next.doc);
	return true;
}
