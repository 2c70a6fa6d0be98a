/* SPDX-License-Identifier: Apache-2.0
 *
 * The dialect as a whole: its envelope, its errors, its permissions, and what all of its handlers read.
 */
#include "api/confident/confident.h"

#include "base/utf8.h"
#include "service/confident_roles.h"

#define MAX_PAGE_SIZE     100u
#define DEFAULT_PAGE_SIZE 25u
#define MAX_PAGE          1000000000u

bool confident_is_v2(const struct api_call *call)
{
	return str_starts_with(call->x->path, STR("/v2/"));
}

/* ---- answers ----------------------------------------------------------------------------------------- */

struct json_writer confident_begin(struct api_call *call)
{
	struct json_writer w = api_json_begin(call, 200);

	json_begin_object(&w);
	json_put_bool(&w, STR("success"), true);
	json_key(&w, STR("data"));
	json_begin_object(&w);
	return w;
}

void confident_end(struct api_call *call, struct json_writer *w)
{
	json_end_object(w);
	json_put_bool(w, STR("deprecated"), false);
	json_end_object(w);
	api_json_end(call, w);
}

void confident_answer_gone(struct api_call *call, struct str id, const char *flag)
{
	struct json_writer w = confident_begin(call);

	json_put_str(&w, STR("id"), id);
	if (!confident_is_v2(call))
		json_put_bool(&w, str_of(flag), true);
	confident_end(call, &w);
}

void confident_answer_number_gone(struct api_call *call, uint64_t number)
{
	struct json_writer w = confident_begin(call);

	json_put_u64(&w, STR("id"), number);
	if (!confident_is_v2(call))
		json_put_bool(&w, STR("deleted"), true);
	confident_end(call, &w);
}

void confident_put_ref(struct json_writer *w, const char *name, struct str id, struct str shown)
{
	json_key(w, str_of(name));
	if (str_is_absent(id)) {
		json_add_null(w);
		return;
	}
	json_begin_object(w);
	json_put_str(w, STR("id"), id);
	json_put_str(w, STR("name"), shown);
	json_end_object(w);
}

void confident_put_time(struct json_writer *w, const char *name, int64_t ms)
{
	api_put_time(w, name, ms, 3);
}

void confident_put_total(const struct api_call *call, struct json_writer *w, const struct confident_page *page,
                         uint64_t total, const char *v2_name)
{
	bool is_v2 = confident_is_v2(call);

	json_put_u64(w, is_v2 ? str_of(v2_name) : STR("total"), total);
	if (!is_v2)
		return;
	json_put_u64(w, STR("page"), page->page);
	json_put_u64(w, STR("pageSize"), page->size);
}

static void write_error(struct api_call *call, enum service_result result UNUSED, unsigned status UNUSED,
                        struct str text)
{
	struct json_writer w = JSON_WRITER(&call->x->out);

	json_begin_object(&w);
	json_put_bool(&w, STR("success"), false);
	json_put_str(&w, STR("error"), text);
	json_put_bool(&w, STR("deprecated"), false);
	json_end_object(&w);
}

void confident_not_found(struct api_call *call, const char *what)
{
	api_fail(call, SERVICE_NOT_FOUND, 0, "%s not found", what);
}

void confident_fail(struct api_call *call, enum service_result result, const struct error *err)
{
	api_fail(call, result, 0, "%s", err->text);
}

void confident_note_target(struct api_call *call, const char *kind, struct str id)
{
	call->target = arena_concat3(call->arena, str_of(kind), STR(":"), id);
}

/* ---- permission -------------------------------------------------------------------------------------- */

static bool authorize_in(struct api_call *call, struct str action, struct str tenant)
{
	if (api_may_in(call, action, call->target, tenant))
		return true;
	api_fail(call, SERVICE_DENIED, 0, "You do not have permission to do this: " STR_FMT " is needed",
	         STR_ARG(action));
	return false;
}

static bool authorize(struct api_call *call, struct str action, struct str resource)
{
	const struct document *project;

	if (str_eq(resource, STR("organization"))) {
		call->target = arena_concat(call->arena, STR("organization:"), call->snapshot->org);
		return authorize_in(call, action, STR(TENANT_UNASSIGNED));
	}
	assert(str_eq(resource, STR("project")));
	project = snapshot_find_any(call->snapshot, DOC_TENANT, api_param(call, "projectId"));
	if (!project) {
		confident_not_found(call, "Project");
		return false;
	}
	call->tenant = project->id;
	call->target = arena_concat(call->arena, STR("project:"), project->id);
	return authorize_in(call, action, project->id);
}

/* The header as the vendor's clients spell it. */
static struct str key_of(const struct http_exchange *x)
{
	struct str key = http_header_get(x, STR("CONFIDENT_API_KEY"));

	return str_is_empty(key) ? http_header_get(x, STR("CONFIDENT-API-KEY")) : key;
}

/* ---- reading ----------------------------------------------------------------------------------------- */

bool confident_read_name(struct api_call *call, struct str *ret)
{
	struct str name;

	if (!api_get_str(call, call->body, "name", &name))
		return false;
	if (str_is_empty(str_trim(name)) || utf8_length(name) > CONFIDENT_MAX_NAME_CHARS) {
		api_fail(call, SERVICE_INVALID, 0, "\"name\" must be 1 to %u characters that are not all blank",
		         CONFIDENT_MAX_NAME_CHARS);
		return false;
	}
	*ret = name;
	return true;
}

bool confident_read_description(struct api_call *call, struct str *ret)
{
	struct str text;

	if (!json_get(call->body, STR("description")))
		return true;
	if (!api_get_str(call, call->body, "description", &text))
		return false;
	if (text.len > CONFIDENT_MAX_TEXT_BYTES) {
		api_fail(call, SERVICE_INVALID, 0, "\"description\" is longer than %u bytes", CONFIDENT_MAX_TEXT_BYTES);
		return false;
	}
	*ret = text;
	return true;
}

bool confident_read_ids(struct api_call *call, const char *name, struct str_list *ret)
{
	struct str_list sent;
	struct str *items;
	size_t n = 0;

	if (!json_is(json_get(call->body, str_of(name)), JSON_ARRAY)) {
		api_fail(call, SERVICE_INVALID, 0, "\"%s\" must be an array of strings", name);
		return false;
	}
	if (!api_get_strs(call, call->body, name, &sent))
		return false;
	if (sent.n > CONFIDENT_MAX_IDS) {
		api_fail(call, SERVICE_INVALID, 0, "\"%s\" holds more than %u ids", name, CONFIDENT_MAX_IDS);
		return false;
	}
	items = ARENA_ARRAY(call->arena, struct str, sent.n);
	for (size_t i = 0; i < sent.n; i++)
		if (!str_list_has((struct str_list){items, n}, sent.items[i]))
			items[n++] = sent.items[i];
	*ret = (struct str_list){items, n};
	return true;
}

bool confident_read_number(struct api_call *call, uint64_t *ret)
{
	if (str_to_u64(api_param(call, "id"), ret) && *ret <= INT64_MAX)
		return true;
	api_fail(call, SERVICE_INVALID, 0, "the id must be a number");
	return false;
}

bool confident_need_str(struct api_call *call, const char *name, struct str *ret)
{
	struct str text;

	if (!api_get_str(call, call->body, name, &text))
		return false;
	if (str_is_empty(text)) {
		api_fail(call, SERVICE_INVALID, 0, "\"%s\" is required", name);
		return false;
	}
	*ret = text;
	return true;
}

static bool read_count(struct api_call *call, const char *name, uint64_t max, uint64_t *value)
{
	struct str text;

	if (http_query_get(call->x, str_of(name), &text) &&
	    (str_is_absent(text) || (str_to_u64(text, value) && *value >= 1 && *value <= max)))
		return true;
	api_fail(call, SERVICE_INVALID, 0, "%s must be a number from 1 to %llu", name, (unsigned long long)max);
	return false;
}

bool confident_read_page(struct api_call *call, struct confident_page *ret)
{
	*ret = (struct confident_page){1, DEFAULT_PAGE_SIZE};
	return read_count(call, "page", MAX_PAGE, &ret->page) &&
	       read_count(call, "pageSize", MAX_PAGE_SIZE, &ret->size);
}

/* ---- looking ----------------------------------------------------------------------------------------- */

struct str confident_organization_id(const struct api_call *call)
{
	return call->snapshot->org;
}

const struct role *confident_find_role(struct api_call *call, struct str id)
{
	const struct role *role = confident_role_find(call->snapshot, call->tenant, id);

	if (!role)
		api_fail(call, SERVICE_INVALID, 0, "there is no role \"" STR_FMT "\" in this %s", STR_ARG(id),
		         str_is_absent(call->tenant) ? "organization" : "project");
	return role;
}

const struct document *confident_numbered(struct api_call *call, enum document_kind kind, uint64_t number)
{
	const struct document *const *docs;
	struct str link = arena_strf(call->arena, "number:%llu", (unsigned long long)number);

	return snapshot_linked(call->snapshot, kind, link, call->arena, &docs) ? docs[0] : NULL;
}

/* ---- the dialect ------------------------------------------------------------------------------------- */

static const struct api_route_table *const tables[] = {
    &confident_policy_routes, &confident_role_routes,    &confident_member_routes,       &confident_invitation_routes,
    &confident_key_routes,    &confident_project_routes, &confident_organization_routes, &confident_governance_routes,
};

/* /v1/organization itself is meant too, /v1/organizations (another dialect's) is not. */
static const char *const prefixes[] = {"/v1/organization/", "/v1/projects/", "/v2/organization/", "/v2/projects/",
                                       NULL};

const struct api_dialect api_confident = {
    .name = "confident",
    .prefixes = prefixes,
    .tables = tables,
    .n_tables = N_ELEMENTS(tables),
    .error = write_error,
    .key_of = key_of,
    .authorize = authorize,
};
