/* SPDX-License-Identifier: Apache-2.0
 *
 * What access policies are attached to: roles, and groups (the vendor's teams and user groups).
 */
#include "api/langsmith/policies.h"

#include "base/uuid.h"
#include "json/base64.h"

/* ---- roles ---------------------------------------------------------------------------------------------- */

static const struct role *role_of_path(struct api_call *call)
{
	struct str name = api_param(call, "role_id");
	const struct document *role = snapshot_find_any(call->snapshot, DOC_ROLE, name);

	langsmith_note_target(call, "role", role ? role->id : name);
	if (!role)
		langsmith_not_found(call, "Role", name);
	return as_role(role);
}

static bool list_fits(struct api_call *call, struct str_list ids)
{
	if (ids.n <= TAG_POLICY_MAX_LISTED)
		return true;
	call->field = "access_policy_ids";
	api_fail(call, SERVICE_INVALID, 0, "\"access_policy_ids\" must be at most %u", TAG_POLICY_MAX_LISTED);
	return false;
}

/* The body's list, which must be there but may be empty. */
static bool read_ids(struct api_call *call, struct str_list *ret)
{
	if (json_is(json_get(call->body, STR("access_policy_ids")), JSON_ARRAY))
		return api_get_strs(call, call->body, "access_policy_ids", ret) && list_fits(call, *ret);
	call->field = "access_policy_ids";
	api_fail(call, SERVICE_INVALID, 0, "\"access_policy_ids\" must be an array of strings");
	return false;
}

/* All of them exist, or the call fails. */
static bool find_policies(struct api_call *call, struct str_list ids, struct tag_policy_list *ret)
{
	const struct tag_policy **items = ARENA_ARRAY(call->arena, const struct tag_policy *, ids.n);

	for (size_t i = 0; i < ids.n; i++) {
		items[i] = as_tag_policy(snapshot_find_any(call->snapshot, DOC_TAG_POLICY, ids.items[i]));
		if (!items[i]) {
			call->field = "access_policy_ids";
			api_fail(call, SERVICE_INVALID, 0, "access policy \"" STR_FMT "\" not found",
			         STR_ARG(ids.items[i]));
			return false;
		}
	}
	*ret = (struct tag_policy_list){items, ids.n};
	return true;
}

void role_policies_attach(struct api_call *call)
{
	const struct role *role = policies_are_on(call) ? role_of_path(call) : NULL;
	struct tag_policy_list policies;
	struct error err = {0};
	enum service_result r;
	struct str_list ids;

	if (!role || !read_ids(call, &ids) || !find_policies(call, ids, &policies))
		return;
	r = tag_policies_attach(call->txn, role, policies, &err);
	if (r == SERVICE_OK)
		api_no_content(call);
	else
		langsmith_fail(call, r, &err);
}

/* From the query, else from the body. */
static bool read_ids_to_detach(struct api_call *call, struct str_list *ret)
{
	if (!langsmith_query_strs(call, "access_policy_ids", ret))
		return false;
	if (ret->n)
		return list_fits(call, *ret);
	if (call->body)
		return read_ids(call, ret);
	call->field = "access_policy_ids";
	api_fail(call, SERVICE_INVALID, 0, "the query parameter access_policy_ids is required");
	return false;
}

/* Those that exist: what is gone is not attached, and that is what was wanted. Only what never was an id is refused. */
static bool find_policies_left(struct api_call *call, struct str_list ids, struct tag_policy_list *ret)
{
	const struct tag_policy **items = ARENA_ARRAY(call->arena, const struct tag_policy *, ids.n);
	size_t n = 0;

	for (size_t i = 0; i < ids.n; i++) {
		const struct document *doc = snapshot_find_any(call->snapshot, DOC_TAG_POLICY, ids.items[i]);

		if (doc) {
			items[n++] = as_tag_policy(doc);
		} else if (!uuid_is(ids.items[i])) {
			langsmith_not_found(call, "Access policy", ids.items[i]);
			return false;
		}
	}
	*ret = (struct tag_policy_list){items, n};
	return true;
}

void role_policies_detach(struct api_call *call)
{
	const struct role *role = policies_are_on(call) ? role_of_path(call) : NULL;
	struct tag_policy_list policies;
	struct widening widening = {0};
	struct str_list ids;

	if (!role || !read_ids_to_detach(call, &ids) || !find_policies_left(call, ids, &policies))
		return;
	tag_policies_detach(call->txn, role, policies, &widening);
	policy_warn(call, &widening);
	api_no_content(call);
}

void role_policies_list(struct api_call *call)
{
	const struct role *role = policies_are_on(call) ? role_of_path(call) : NULL;
	const struct document *const *docs;
	struct json_writer w;
	size_t n;

	if (!role)
		return;
	n = snapshot_linked(call->snapshot, DOC_TAG_POLICY, arena_concat(call->arena, STR("role:"), role->doc.id),
	                    call->arena, &docs);
	w = api_json_begin(call, 200);
	json_begin_object(&w);
	json_key(&w, STR("access_policies"));
	json_begin_array(&w);
	for (size_t i = 0; i < n; i++)
		policy_write(&w, as_tag_policy(docs[i]));
	json_end_array(&w);
	json_end_object(&w);
	api_json_end(call, &w);
}

/* ---- groups --------------------------------------------------------------------------------------------- */

static const struct document *group_of_path(struct api_call *call)
{
	struct str name = api_param(call, "group_id");
	const struct document *group = snapshot_find_any(call->snapshot, DOC_GROUP, name);

	langsmith_note_target(call, "group", group ? group->id : name);
	if (!group)
		langsmith_not_found(call, "Group", name);
	return group;
}

/* The canonical id of the workspace that is named; absent stays absent. */
static bool find_workspace(struct api_call *call, struct str *id)
{
	const struct document *tenant;

	if (str_is_absent(*id))
		return true;
	tenant = snapshot_find_any(call->snapshot, DOC_TENANT, *id);
	if (!tenant) {
		langsmith_not_found(call, "Workspace", *id);
		return false;
	}
	*id = tenant->id;
	return true;
}

static void write_attachment(struct json_writer *w, const struct tag_policy *p, const struct policy_attachment *a)
{
	json_begin_object(w);
	json_put_str(w, STR("id"), p->doc.id);
	json_put_str(w, STR("name"), p->name);
	json_put_str(w, STR("description"), str_is_absent(p->description) ? STR("") : p->description);
	json_put_str(w, STR("effect"), policy_effect_name(p));
	langsmith_put_time(w, "attached_at", a->doc.created_at_ms);
	if (!str_is_absent(a->tenant))
		json_put_str(w, STR("workspace_id"), a->tenant);
	json_end_object(w);
}

void group_policy_attach(struct api_call *call)
{
	const struct document *group = policies_are_on(call) ? group_of_path(call) : NULL, *policy;
	struct policy_attachment wanted = {0};
	const struct policy_attachment *now;
	struct error err = {0};
	enum service_result r;
	struct json_writer w;

	if (!group || !langsmith_need_str(call, call->body, "access_policy_id", &wanted.policy) ||
	    !api_get_str(call, call->body, "workspace_id", &wanted.tenant) || !find_workspace(call, &wanted.tenant))
		return;
	policy = snapshot_find_any(call->snapshot, DOC_TAG_POLICY, wanted.policy);
	if (!policy) {
		langsmith_not_found(call, "Access policy", wanted.policy);
		return;
	}
	wanted.policy = policy->id;
	wanted.group = group->id;
	r = policy_attach_to_group(call->txn, &wanted, &now, &err);
	if (r != SERVICE_OK && r != SERVICE_CONFLICT) {
		langsmith_fail(call, r, &err);
		return;
	}
	w = api_json_begin(call, r == SERVICE_OK ? 201 : 200);
	write_attachment(&w, as_tag_policy(policy), now);
	api_json_end(call, &w);
}

void group_policy_detach(struct api_call *call)
{
	const struct document *group = policies_are_on(call) ? group_of_path(call) : NULL, *policy;
	struct str name = api_param(call, "access_policy_id");
	struct policy_attachment which = {0};
	struct widening widening = {0};

	if (!group || !langsmith_query_str(call, "workspace_id", &which.tenant) || !find_workspace(call, &which.tenant))
		return;
	policy = snapshot_find_any(call->snapshot, DOC_TAG_POLICY, name);
	if (!policy && !uuid_is(name)) {
		langsmith_not_found(call, "Access policy", name);
		return;
	}
	/* A policy that is gone is not attached. */
	if (policy) {
		which.policy = policy->id;
		which.group = group->id;
		policy_detach_from_group(call->txn, &which, &widening);
	}
	policy_warn(call, &widening);
	api_no_content(call);
}

/* ---- pages of a group's policies ---------------------------------------------------------------------------- */

#define DEFAULT_PAGE_SIZE 50u
#define MAX_PAGE_SIZE     100u

/*
 * A cursor says whose it is and where to go on: the place in creation order of the last item shown. Any other text
 * stands for the beginning, as the vendor has it.
 */
static struct str cursor_text(struct arena *a, struct str group, uint64_t after)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(BUF_MAX_LINE_BYTES);

	base64url_encode(&text, arena_strf(a, "%llu:" STR_FMT, (unsigned long long)after, STR_ARG(group)));
	return arena_str(a, buf_str(&text));
}

static uint64_t cursor_place(struct str cursor, struct str group)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(BUF_MAX_LINE_BYTES);
	struct str rest, number;
	uint64_t after;

	if (!base64url_decode(&text, cursor))
		return 0;
	rest = buf_str(&text);
	if (!str_split(&rest, ':', &number) || !str_eq(rest, group) || !str_to_u64(number, &after))
		return 0;
	return after;
}

/* Writes at most `size` of the attachments behind `after`; gives the place of the last one when there are more. */
static uint64_t write_page(struct api_call *call, struct json_writer *w, struct str group, uint64_t after, size_t size)
{
	const struct document *const *docs;
	size_t n = snapshot_linked(call->snapshot, DOC_POLICY_ATTACHMENT,
	                           arena_concat(call->arena, STR("group:"), group), call->arena, &docs);
	uint64_t last = 0;

	for (size_t i = 0; i < n; i++) {
		const struct policy_attachment *a = as_policy_attachment(docs[i]);

		if (docs[i]->seq <= after)
			continue;
		if (size-- == 0)
			return last;
		write_attachment(w, FIND(call->snapshot, tag_policy, TAG_POLICY, a->policy), a);
		last = docs[i]->seq;
	}
	return 0;
}

void group_policies_list(struct api_call *call)
{
	static const struct langsmith_number page_size = {
	    .name = "page_size", .min = 1, .max = MAX_PAGE_SIZE, .fallback = DEFAULT_PAGE_SIZE};
	const struct document *group = policies_are_on(call) ? group_of_path(call) : NULL;
	struct str cursor;
	struct json_writer w;
	uint64_t size, last;

	if (!group || !langsmith_query_str(call, "cursor", &cursor) || !langsmith_query_number(call, &page_size, &size))
		return;
	w = api_json_begin(call, 200);
	json_begin_object(&w);
	json_key(&w, STR("items"));
	json_begin_array(&w);
	last =
	    write_page(call, &w, group->id, str_is_absent(cursor) ? 0 : cursor_place(cursor, group->id), (size_t)size);
	json_end_array(&w);
	json_put_str(&w, STR("next_cursor"), last ? cursor_text(call->arena, group->id, last) : STR_NONE);
	json_end_object(&w);
	api_json_end(call, &w);
}
