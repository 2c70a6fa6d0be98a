/* SPDX-License-Identifier: Apache-2.0
 *
 * The audit trail as LangSmith shows it: events of OCSF's class "API Activity", of all that has an event name, whatever
 * dialect it came through. Newest first; the cursor marks the last row shown, and rows never get a place behind it, so
 * that a walk loses and repeats nothing while new ones come.
 */
#include "api/langsmith/langsmith.h"
#include "base/uuid.h"
#include "json/base64.h"
#include "service/langsmith_keys.h"

#define MAX_LIMIT           100u
#define DEFAULT_LIMIT       10u
#define MAX_CURSOR_BYTES    128u
#define MAX_OPERATION_CHARS 64u

/* ---- what is asked for -------------------------------------------------------------------------------------- */

static bool fail_query(struct api_call *call, const char *name, const char *text)
{
	call->field = name;
	api_fail(call, SERVICE_INVALID, 0, "%s %s", name, text);
	return false;
}

static bool read_time(struct api_call *call, const char *name, int64_t *ret_ms)
{
	struct str text;

	if (!langsmith_query_str(call, name, &text))
		return false;
	if (str_is_absent(text))
		return fail_query(call, name, "is required");
	return api_parse_time(call->arena, text, ret_ms) || fail_query(call, name, "must be an ISO 8601 time");
}

/* Both ends belong to the window; times are kept in whole milliseconds. */
static bool read_window(struct api_call *call, struct store_audit_filter *f)
{
	int64_t end_ms;

	if (!read_time(call, "start_time", &f->since_ms) || !read_time(call, "end_time", &end_ms))
		return false;
	f->until_ms = end_ms + 1;
	return f->since_ms <= end_ms || fail_query(call, "end_time", "is before start_time");
}

/* Workspaces that are gone can still be asked about, by id. */
static bool read_workspace(struct api_call *call, struct str *ret)
{
	const struct document *tenant;
	struct str name;

	*ret = STR_NONE;
	if (!langsmith_query_str(call, "workspace_id", &name))
		return false;
	if (str_is_absent(name))
		return true;
	tenant = snapshot_find_any(call->snapshot, DOC_TENANT, name);
	*ret = tenant ? tenant->id : name;
	return tenant || uuid_is(name) || fail_query(call, "workspace_id", "is not a valid UUID");
}

static bool is_operation(struct str s)
{
	if (s.len == 0 || s.len > MAX_OPERATION_CHARS)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!(s.ptr[i] >= 'a' && s.ptr[i] <= 'z') && !(s.ptr[i] >= '0' && s.ptr[i] <= '9') && s.ptr[i] != '_')
			return false;
	return true;
}

/* Names that this server does not record are let through: the vendor has more operations, and they find nothing. */
static bool read_operations(struct api_call *call, struct str_list *ret)
{
	if (!langsmith_query_strs(call, "operations", ret))
		return false;
	if (ret->n > STORE_MAX_AUDIT_EVENTS)
		return fail_query(call, "operations", "names too many");
	for (size_t i = 0; i < ret->n; i++)
		if (!is_operation(ret->items[i]))
			return fail_query(call, "operations", "must be names of operations such as create_role");
	return true;
}

/* ---- the cursor: {"before":17} in base64 ---------------------------------------------------------------------- */

static struct str cursor_text(struct arena *a, uint64_t before)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(MAX_CURSOR_BYTES), cursor = BUF_INIT(MAX_CURSOR_BYTES);
	struct json_writer w = JSON_WRITER(&text);

	json_begin_object(&w);
	json_put_u64(&w, STR("before"), before);
	json_end_object(&w);
	base64url_encode(&cursor, buf_str(&text));
	assert(!text.overflowed && !cursor.overflowed);
	return arena_str(a, buf_str(&cursor));
}

static bool cursor_parse(struct arena *a, struct str text, uint64_t *ret_before)
{
	CLEANUP(buf_releasep) struct buf bytes = BUF_INIT(MAX_CURSOR_BYTES);
	const struct json *tree, *before;

	if (text.len > MAX_CURSOR_BYTES || !base64url_decode(&bytes, text) || bytes.overflowed ||
	    json_parse(buf_str(&bytes), a, &tree, NULL) != JSON_OK)
		return false;
	before = json_get(tree, STR("before"));
	if (!json_is(before, JSON_INT) || before->i < 1)
		return false;
	*ret_before = (uint64_t)before->i;
	return true;
}

static bool read_cursor(struct api_call *call, uint64_t *ret_before)
{
	struct str text;

	*ret_before = 0;
	if (!langsmith_query_str(call, "cursor", &text))
		return false;
	return str_is_absent(text) || cursor_parse(call->arena, text, ret_before) ||
	       fail_query(call, "cursor", "is not one of this list");
}

static bool read_filter(struct api_call *call, struct store_audit_filter *ret)
{
	const struct langsmith_number limit = {"limit", 1, MAX_LIMIT, DEFAULT_LIMIT};
	struct store_audit_filter f = {.has_event = true};
	uint64_t n;

	if (!read_window(call, &f) || !langsmith_query_number(call, &limit, &n) || !read_cursor(call, &f.cursor) ||
	    !read_workspace(call, &f.tenant) || !read_operations(call, &f.events))
		return false;
	f.limit = (size_t)n;
	*ret = f;
	return true;
}

/* ---- one row as an OCSF event --------------------------------------------------------------------------------- */

#define CLASS_UID 6003u
#define OTHER     99u

/* By the verb that an operation's name begins with; the last stands for any other. */
static const struct {
	struct str verb;
	unsigned id;
	struct str name;
} activities[] = {
    {STR_INIT("create_"), 1, STR_INIT("Create")}, {STR_INIT("read_"), 2, STR_INIT("Read")},
    {STR_INIT("list_"), 2, STR_INIT("Read")},     {STR_INIT("get_"), 2, STR_INIT("Read")},
    {STR_INIT("update_"), 3, STR_INIT("Update")}, {STR_INIT("delete_"), 4, STR_INIT("Delete")},
    {STR_INIT(""), OTHER, STR_INIT("Other")},
};

/* The listing under way. */
struct listing {
	struct api_call *call;
	struct json_writer w;
	size_t n, limit;
	uint64_t last; /* id of the last row shown */
	bool has_more;
};

static bool succeeded(const struct store_audit_row *row)
{
	return row->outcome == AUDIT_DONE && row->status < 400;
}

/* What follows the first colon of "<kind>:<id>"; absent when there is none. */
static struct str after_colon(struct str s)
{
	size_t colon = str_find(s, ':', 0);

	return colon == SIZE_MAX ? STR_NONE : str_slice(s, colon + 1, s.len);
}

/* Empty is unknown, and that is null. */
static void put_known(struct json_writer *w, const char *name, struct str s)
{
	json_put_str(w, str_of(name), str_is_empty(s) ? STR_NONE : s);
}

static struct str resource_of(const struct api_call *call, const struct store_audit_row *row)
{
	return str_starts_with(row->target, STR("organization:")) ? langsmith_organization_id(call)
	                                                          : after_colon(row->target);
}

static struct str uid_of(const struct api_call *call, const struct store_audit_row *row)
{
	return uuid_of_text(call->arena, arena_strf(call->arena, STR_FMT "/audit/%llu", STR_ARG(row->org),
	                                            (unsigned long long)row->id));
}

static struct str credential_of(const struct api_call *call, const struct store_audit_row *row)
{
	return str_is_empty(row->credential) ? STR_NONE
	                                     : langsmith_key_id_of(call->snapshot, row->credential, call->arena);
}

static void put_class(struct json_writer *w, const struct store_audit_row *row)
{
	size_t i = 0;

	while (!str_starts_with(row->event, activities[i].verb))
		i++;
	json_put_u64(w, STR("class_uid"), CLASS_UID);
	json_put_str(w, STR("class_name"), STR("API Activity"));
	json_put_u64(w, STR("category_uid"), 6);
	json_put_str(w, STR("category_name"), STR("Application Activity"));
	json_put_u64(w, STR("severity_id"), OTHER);
	json_put_u64(w, STR("type_uid"), CLASS_UID * 100u + activities[i].id);
	json_put_u64(w, STR("activity_id"), activities[i].id);
	json_put_str(w, STR("activity_name"), activities[i].name);
	json_put_u64(w, STR("status_id"), succeeded(row) ? 1 : 2);
	json_put_str(w, STR("status"), succeeded(row) ? STR("Success") : STR("Failure"));
	json_put_i64(w, STR("time"), row->at_ms);
}

static void put_metadata(struct json_writer *w, struct str uid)
{
	json_key(w, STR("metadata"));
	json_begin_object(w);
	json_put_str(w, STR("uid"), uid);
	json_key(w, STR("product"));
	json_begin_object(w);
	json_put_str(w, STR("name"), STR("Doorward"));
	json_put_str(w, STR("vendor_name"), STR("Doorward"));
	json_end_object(w);
	json_end_object(w);
}

static void put_http(struct json_writer *w, const struct store_audit_row *row)
{
	json_key(w, STR("api"));
	json_begin_object(w);
	json_put_str(w, STR("operation"), row->event);
	json_end_object(w);
	json_key(w, STR("http_request"));
	json_begin_object(w);
	put_known(w, "http_method", row->method);
	json_key(w, STR("url"));
	json_begin_object(w);
	put_known(w, "path", row->path);
	json_end_object(w);
	json_end_object(w);
	json_key(w, STR("http_response"));
	json_begin_object(w);
	json_put_u64(w, STR("code"), row->status);
	json_end_object(w);
}

static void put_actor(struct json_writer *w, const struct api_call *call, const struct store_audit_row *row)
{
	json_key(w, STR("actor"));
	json_begin_object(w);
	json_key(w, STR("user"));
	json_begin_object(w);
	put_known(w, "uid", after_colon(row->actor));
	json_put_str(w, STR("credential_uid"), credential_of(call, row));
	json_end_object(w);
	json_end_object(w);
	json_key(w, STR("src_endpoint"));
	json_begin_object(w);
	put_known(w, "ip", row->remote);
	json_put(w, STR("port"), NULL);
	json_put(w, STR("intermediate_ips"), NULL);
	json_end_object(w);
}

static void put_resources(struct json_writer *w, struct str uid)
{
	json_key(w, STR("resources"));
	json_begin_array(w);
	if (!str_is_empty(uid)) {
		json_begin_object(w);
		json_put_str(w, STR("uid"), uid);
		json_end_object(w);
	}
	json_end_array(w);
}

/* The row itself: the vendor's names where it has one, ours where it has none. */
static void put_original(struct json_writer *w, const struct api_call *call, const struct store_audit_row *row)
{
	struct str resource = resource_of(call, row);

	json_key(w, STR("unmapped"));
	json_begin_object(w);
	json_key(w, STR("original_audit_log"));
	json_begin_object(w);
	json_put_str(w, STR("id"), uid_of(call, row));
	json_put_str(w, STR("operation_name"), row->event);
	json_put_strs(w, STR("resource_ids"), &resource, str_is_empty(resource) ? 0 : 1);
	json_put_bool(w, STR("operation_succeeded"), succeeded(row));
	langsmith_put_time(w, "request_time", row->at_ms);
	put_known(w, "request_method", row->method);
	put_known(w, "request_path", row->path);
	put_known(w, "client_host", row->remote);
	json_put(w, STR("client_port"), NULL);
	json_put(w, STR("x_forwarded_for"), NULL);
	json_put_str(w, STR("api_key_id"), credential_of(call, row));
	put_known(w, "user_id", after_colon(row->actor));
	put_known(w, "ls_user_id", after_colon(row->actor));
	json_put_str(w, STR("organization_id"), langsmith_organization_id(call));
	put_known(w, "workspace_id", row->tenant);
	json_put_u64(w, STR("response_status_code"), row->status);
	json_put_u64(w, STR("number"), row->id);
	put_known(w, "actor", row->actor);
	put_known(w, "via", row->via);
	put_known(w, "permission", row->operation);
	put_known(w, "target", row->target);
	put_known(w, "request_id", row->request_id);
	if (row->revision)
		json_put_u64(w, STR("revision"), row->revision);
	else
		json_put(w, STR("revision"), NULL);
	put_known(w, "warning", row->warning);
	json_end_object(w);
	json_end_object(w);
}

static int write_row(void *ctx, const struct store_audit_row *row)
{
	struct listing *l = ctx;
	struct json_writer *w = &l->w;

	if (l->n == l->limit) {
		l->has_more = true;
		return 0;
	}
	json_begin_object(w);
	put_class(w, row);
	put_metadata(w, uid_of(l->call, row));
	put_http(w, row);
	put_actor(w, l->call, row);
	put_resources(w, resource_of(l->call, row));
	put_original(w, l->call, row);
	json_end_object(w);
	l->n++;
	l->last = row->id;
	return 0;
}

/* ---- the route ------------------------------------------------------------------------------------------------- */

static bool is_enabled(struct api_call *call)
{
	const struct organization *org = snapshot_organization(call->snapshot);

	if (!org || !org->audit_logs_are_off)
		return true;
	api_fail(call, SERVICE_DENIED, 0, "audit logs are not enabled");
	return false;
}

static void audit_list(struct api_call *call)
{
	struct store_audit_filter filter;
	struct error err = {0};
	struct listing l = {.call = call};

	if (!is_enabled(call) || !read_filter(call, &filter))
		return;
	l.limit = filter.limit;
	l.w = api_json_begin(call, 200);
	json_begin_object(&l.w);
	json_key(&l.w, STR("items"));
	json_begin_array(&l.w);
	filter.limit++; /* one more, to know whether there is more */
	if (service_each_audit(call->service, call->caller.org, &filter, write_row, &l, &err) != 0) {
		api_fail(call, SERVICE_UNAVAILABLE, 0, "%s", err.text);
		return;
	}
	json_end_array(&l.w);
	json_put_str(&l.w, STR("cursor"), l.has_more ? cursor_text(call->arena, l.last) : STR_NONE);
	json_end_object(&l.w);
	api_json_end(call, &l.w);
}

static const struct api_route routes[] = {
    {HTTP_GET, "/api/v1/audit-logs", API_READ, API_NO_BODY, "organization:manage", "organization", audit_list, NULL,
     true},
};

const struct api_route_table langsmith_audit_routes = {routes, N_ELEMENTS(routes)};
