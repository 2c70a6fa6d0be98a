/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests that are about no entitlement: offboarding a user, whose parts are requests to revoke, and actions.
 *
 * A change set sees the state before it: what else it has changed already is told by request_is_changed(), so that no
 * document is put twice.
 */
#include "base/strs.h"
#include "service/applications.h"
#include "service/request_internal.h"

bool request_is_changed(const struct txn *t, enum document_kind kind, struct str id)
{
	struct str name = document_kind_name(kind);

	for (size_t i = 0; i < t->n_changes; i++)
		if (str_eq(t->changes[i].id, id) && str_eq(t->changes[i].kind, name))
			return true;
	return false;
}

static struct app_parts linked(struct txn *t, enum document_kind kind, struct str relation, struct str id)
{
	struct app_parts parts;

	parts.n = snapshot_linked(t->snapshot, kind, arena_concat(t->arena, relation, id), t->arena, &parts.docs);
	return parts;
}

/* ---- the parts of an offboarding -------------------------------------------------------------------------------- */

/* One that was open before becomes a part, unless it is one of another. */
static void adopt(struct txn *t, struct str id, struct str parent)
{
	const struct access_request *open = FIND(t->snapshot, access_request, ACCESS_REQUEST, id);
	struct access_request r = *open;

	if (!str_is_empty(r.parent))
		return;
	r.parent = parent;
	txn_put(t, &r.doc);
}

/* Is there now a request that is open? */
static bool begin_part(struct txn *t, const struct access_request *whole, const struct entitlement_binding *b)
{
	const struct json_member by = {STR_INIT("requestUserId"), {.type = JSON_STRING, .s = whole->created_by}};
	const struct json_member request = {STR_INIT("request"), {.type = JSON_OBJECT, .n = 1, .members = &by}};
	const struct json source = {.type = JSON_OBJECT, .n = 1, .members = &request};
	struct request_new n = {
	    .type = REQUEST_REVOKE,
	    .app = b->app,
	    .entitlement_id = b->entitlement_id,
	    .account_id = b->account_id,
	    .created_by = whole->created_by,
	    .description = whole->description,
	    .origin = whole->origin,
	    .source = json_copy(t->arena, &source),
	    .parent = whole->doc.id,
	};
	struct access_request made;
	struct error err;
	enum service_result result = requests_create(t, &n, &made, &err);

	if (result == SERVICE_CONFLICT)
		adopt(t, n.duplicate, whole->doc.id);
	return result == SERVICE_CONFLICT || (result == SERVICE_OK && made.state == REQUEST_OPEN);
}

/* What would be granted to the user is no longer asked for. */
static void cancel_grants(struct txn *t, struct str user)
{
	struct app_parts open = linked(t, DOC_ACCESS_REQUEST, STR("open-user:"), user);

	for (size_t i = 0; i < open.n; i++)
		if (as_access_request(open.docs[i])->type == REQUEST_GRANT)
			requests_cancel(t, as_access_request(open.docs[i]));
}

bool request_begin_parts(struct txn *t, const struct access_request *r)
{
	struct app_parts bindings = linked(t, DOC_ENTITLEMENT_BINDING, STR("user:"), r->user);
	bool must_wait = false;

	cancel_grants(t, r->user);
	for (size_t i = 0; i < bindings.n; i++)
		if (entitlement_binding_is_live(as_entitlement_binding(bindings.docs[i]), t->now_ms) &&
		    begin_part(t, r, as_entitlement_binding(bindings.docs[i])))
			must_wait = true;
	return must_wait;
}

void request_cancel_parts(struct txn *t, const struct access_request *r)
{
	struct app_parts parts = linked(t, DOC_ACCESS_REQUEST, STR("parent:"), r->doc.id);

	for (size_t i = 0; i < parts.n; i++)
		requests_cancel(t, as_access_request(parts.docs[i]));
}

/* Does the user still have what the part was to take away? */
static bool is_left(struct txn *t, const struct access_request *part)
{
	struct str id = entitlement_binding_id(t->arena, part->app, part->entitlement_id, part->account_id);

	return snapshot_find(t->snapshot, DOC_ENTITLEMENT_BINDING, id) &&
	       !request_is_changed(t, DOC_ENTITLEMENT_BINDING, id);
}

void request_end_part(struct txn *t, const struct access_request *r)
{
	const struct access_request *whole = FIND(t->snapshot, access_request, ACCESS_REQUEST, r->parent);
	struct workflow_event event = {.verb = VERB_PARTS_OVER};
	struct access_request next;
	struct app_parts parts;
	struct error err;
	size_t n_left = 0;

	/* One that only begins counts its parts itself. */
	if (!whole || whole->state != REQUEST_OPEN || request_is_changed(t, DOC_ACCESS_REQUEST, whole->doc.id))
		return;
	parts = linked(t, DOC_ACCESS_REQUEST, STR("parent:"), whole->doc.id);
	for (size_t i = 0; i < parts.n; i++) {
		const struct access_request *part = as_access_request(parts.docs[i]);

		if (part->state == REQUEST_OPEN && !request_is_changed(t, DOC_ACCESS_REQUEST, part->doc.id))
			return;
		n_left += is_left(t, part);
	}
	if (n_left)
		event.fault = arena_strf(t->arena, "%zu of %zu grants were not revoked", n_left, parts.n);
	enum service_result result = requests_act(t, whole, &event, &next, &err);
	assert(result == SERVICE_OK); /* an open one waits for just that */
}

enum service_result requests_offboard(struct txn *t, struct request_new *n, struct access_request *ret,
                                      struct error *err)
{
	static const struct json_member action_step[] = {{STR_INIT("action"), {.type = JSON_OBJECT}}};
	static const struct json steps[] = {{.type = JSON_OBJECT, .n = 1, .members = action_step}};
	static const struct json queue = {.type = JSON_ARRAY, .n = 1, .items = steps};
	const struct workflow_event start = {.verb = VERB_START, .actor = n->created_by, .steps = &queue};
	const struct document *user = str_is_empty(n->user) ? NULL : snapshot_find_any(t->snapshot, DOC_USER, n->user);
	struct access_request r;
	struct app_parts open;

	if (!user)
		return request_refuse(err, SERVICE_NOT_FOUND, "user not found");
	if (n->description.len > REQUEST_MAX_TEXT_BYTES)
		return request_refuse(err, SERVICE_INVALID, "description is too long");
	if (!cascade_fits(t, DOC_USER, user->id))
		return request_refuse(err, SERVICE_FAILED_PRECONDITION, "the user has too much for one task");
	open = linked(t, DOC_ACCESS_REQUEST, STR("open-user:"), user->id);
	for (size_t i = 0; i < open.n; i++) {
		if (as_access_request(open.docs[i])->type != REQUEST_OFFBOARDING)
			continue;
		n->duplicate = open.docs[i]->id;
		return request_refuse(err, SERVICE_CONFLICT, "duplicate ticket found");
	}
	n->type = REQUEST_OFFBOARDING;
	n->user = user->id;
	r = request_blank(t, n);
	return request_start(t, &r, &start, ret, err);
}

/* ---- actions ---------------------------------------------------------------------------------------------------- */

/* By "<app>/<id>", or by an id that only one application has. */
static const struct app_action *find_action(struct txn *t, struct str name)
{
	const struct app_action *found = str_is_empty(name) ? NULL : FIND(t->snapshot, app_action, APP_ACTION, name);
	struct app_parts named;

	if (found)
		return found;
	named = linked(t, DOC_APP_ACTION, STR("action:"), name);
	return named.n == 1 ? as_app_action(named.docs[0]) : NULL;
}

/* The action as it is now: what becomes of it later changes nothing of what was asked for. */
static const struct json *source_of(struct txn *t, const struct app_action *action)
{
	const struct json_member members[] = {
	    {STR_INIT("actionId"), {.type = JSON_STRING, .s = action->action_id}},
	    {STR_INIT("displayName"), {.type = JSON_STRING, .s = action->display_name}},
	    {STR_INIT("createsType"), {.type = JSON_STRING, .s = action->creates_type}},
	};
	const struct json source = {
	    .type = JSON_OBJECT,
	    .n = str_is_empty(action->creates_type) ? N_ELEMENTS(members) - 1 : N_ELEMENTS(members),
	    .members = members,
	};

	return json_copy(t->arena, &source);
}

enum service_result requests_ask_action(struct txn *t, struct request_new *n, bool creates, struct access_request *ret,
                                        struct error *err)
{
	const struct workflow_event start = {.verb = VERB_START, .actor = n->created_by};
	const struct app_action *action = find_action(t, n->action);
	const char *why_not_data;
	struct access_request r;

	if (!action)
		return request_refuse(err, SERVICE_NOT_FOUND, "action not found");
	if (creates == str_is_empty(action->creates_type))
		return request_refuse(err, SERVICE_INVALID,
		                      creates ? "the action does not create a resource"
		                              : "the action creates a resource: request it as a resource action");
	if (n->description.len > REQUEST_MAX_TEXT_BYTES)
		return request_refuse(err, SERVICE_INVALID, "description is too long");
	why_not_data = workflow_why_not_data(action->form, n->data);
	if (why_not_data)
		return request_refuse(err, SERVICE_INVALID, why_not_data);
	n->type = REQUEST_ACTION;
	n->app = action->app;
	n->source = source_of(t, action);
	r = request_blank(t, n);
	r.action_id = action->action_id;
	return request_start(t, &r, &start, ret, err);
}

void request_create_entitlement(struct txn *t, struct access_request *r)
{
	struct str type = json_get_str(r->source, STR("createsType"));
	struct str name = json_get_str(r->data, STR("name"));
	struct app_entitlement e = {
	    .doc = {.kind = DOC_APP_ENTITLEMENT},
	    .app = r->app,
	    .display_name = str_is_empty(str_trim(name)) ? json_get_str(r->source, STR("displayName")) : name,
	    .description = json_get_str(r->data, STR("description")),
	    .resource_type = type,
	    .owners = {&r->user, 1},
	};
	struct error err;

	/* The type may have gone since; then it is of none. */
	if (str_is_empty(type))
		return;
	if (!app_resource_type_find(t->snapshot, r->app, type, t->arena))
		e.resource_type = STR_NONE;
	e.entitlement_id = request_host.new_id(NULL, t->arena);
	if (applications_create(t, &e.doc, &err) == SERVICE_OK)
		r->entitlement_id = e.entitlement_id;
}
