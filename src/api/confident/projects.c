/* SPDX-License-Identifier: Apache-2.0
 *
 * Projects: tenants of the directory, whichever dialect made them.
 */
#include "api/confident/confident.h"
#include "service/confident_projects.h"

/* ---- answers ------------------------------------------------------------------------------------------- */

static void put_project(struct api_call *call, struct json_writer *w, const struct tenant *project)
{
	const struct governance_policy *policy =
	    FIND(call->snapshot, governance_policy, GOVERNANCE_POLICY, project->governance_policy);

	json_begin_object(w);
	json_put_str(w, STR("id"), project->doc.id);
	json_put_str(w, STR("name"), confident_project_name(project));
	json_put_str(w, STR("description"), project->description);
	json_put_str(w, STR("organizationId"), confident_organization_id(call));
	confident_put_time(w, "created_at", project->doc.created_at_ms);
	confident_put_ref(w, "governancePolicy", policy ? policy->doc.id : STR_NONE, policy ? policy->name : STR_NONE);
	json_end_object(w);
}

static void answer(struct api_call *call, const struct tenant *project)
{
	struct json_writer w = confident_begin(call);

	json_key(&w, STR("project"));
	put_project(call, &w, project);
	confident_end(call, &w);
}

/* All projects, in order. */
static struct str_list all_projects(struct api_call *call)
{
	struct str *items = ARENA_ARRAY(call->arena, struct str, (size_t)call->snapshot->n_docs[DOC_TENANT]);
	const struct document *doc;
	uint64_t at = 0;
	size_t n = 0;

	while ((doc = snapshot_next(call->snapshot, DOC_TENANT, &at)))
		items[n++] = doc->id;
	return (struct str_list){items, n};
}

/* Those in which the caller may project:read: asked by name, since the organization's project:manage counts in
 * projects. */
static void project_list(struct api_call *call)
{
	const struct str_list all = all_projects(call);
	const struct permission wanted = {
	    .action = STR("project:read"), .resource = call->target, .requested = &all, .lists_tenants = true};
	struct str_list may =
	    service_authorize(call->present, &call->caller, &wanted, call->present_ms, call->arena).tenants;
	struct json_writer w = confident_begin(call);

	json_key(&w, STR("projects"));
	json_begin_array(&w);
	for (size_t i = 0; i < may.n; i++)
		put_project(call, &w, FIND(call->snapshot, tenant, TENANT, may.items[i]));
	json_end_array(&w);
	confident_end(call, &w);
}

/* The project of the path, which authorizing the call has found. */
static const struct tenant *project_of(struct api_call *call)
{
	return FIND(call->snapshot, tenant, TENANT, call->tenant);
}

static void project_get(struct api_call *call)
{
	answer(call, project_of(call));
}

/* ---- changes ------------------------------------------------------------------------------------------- */

static void project_create(struct api_call *call)
{
	struct confident_project_order order = {0};
	struct confident_new_project made;
	struct error err = {0};
	enum service_result r;
	struct json_writer w;

	if (!confident_read_name(call, &order.name) || !confident_read_description(call, &order.description) ||
	    !api_get_str(call, call->body, "email", &order.email))
		return;
	r = confident_project_create(call->txn, &call->caller, &order, &made, &err);
	if (r != SERVICE_OK) {
		confident_fail(call, r, &err);
		return;
	}
	confident_note_target(call, "project", made.project.doc.id);
	http_answer_header(call->x, STR("Cache-Control"), STR("no-store"));
	w = confident_begin(call);
	json_key(&w, STR("project"));
	put_project(call, &w, &made.project);
	json_key(&w, STR("apiKey"));
	confident_put_key(call, &w, &made.key.key, str_of(made.key.text));
	confident_end(call, &w);
	explicit_bzero(made.key.text, sizeof(made.key.text));
}

static void project_update(struct api_call *call)
{
	struct tenant next = *project_of(call);
	struct error err = {0};
	enum service_result r;

	if ((json_get(call->body, STR("name")) && !confident_read_name(call, &next.display_name)) ||
	    !confident_read_description(call, &next.description))
		return;
	r = directory_update(call->txn, &next.doc, &err);
	if (r == SERVICE_OK)
		answer(call, &next);
	else
		confident_fail(call, r, &err);
}

static void project_delete(struct api_call *call)
{
	const struct tenant *project = project_of(call);
	struct cascade_effect effect = {0};
	struct error err = {0};
	enum service_result r = directory_delete(call->txn, &project->doc, &effect, &err);

	if (r != SERVICE_OK) {
		confident_fail(call, r, &err);
		return;
	}
	call->warning = widening_text(&effect.widening, effect.n_denies_lost, call->arena);
	confident_answer_gone(call, project->doc.id, "deleted");
}

/* clang-format off */
static const struct api_route routes[] = {
    CONFIDENT_ROUTE(HTTP_GET, "projects", API_READ, API_NO_BODY, "project:read", "organization", project_list, NULL),
    CONFIDENT_ROUTE(HTTP_POST, "projects", API_WRITE, API_JSON_BODY, "project:create", "organization", project_create, "org.projects.create"),
    CONFIDENT_ROUTE(HTTP_GET, "projects/{projectId}", API_READ, API_NO_BODY, "project:read", "project", project_get, NULL),
    CONFIDENT_ROUTE(HTTP_PUT, "projects/{projectId}", API_WRITE, API_JSON_BODY, "project:update", "project", project_update, "project.update"),
    CONFIDENT_ROUTE(HTTP_DELETE, "projects/{projectId}", API_WRITE, API_NO_BODY, "project:delete", "project", project_delete, "project.delete"),
};
/* clang-format on */

const struct api_route_table confident_project_routes = {routes, N_ELEMENTS(routes)};
