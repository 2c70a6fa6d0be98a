/* SPDX-License-Identifier: Apache-2.0
 *
 * Governance policies, which have nothing to do with permission policies: controls that projects are under, at most one
 * policy each. They are made and changed natively.
 */
#include "api/confident/confident.h"
#include "service/governance.h"

/* ---- answers ------------------------------------------------------------------------------------------- */

static void put_policy(struct api_call *call, struct json_writer *w, const struct governance_policy *p)
{
	const struct document *const *projects;

	json_begin_object(w);
	json_put_str(w, STR("id"), p->doc.id);
	json_put_str(w, STR("name"), p->name);
	json_put_str(w, STR("description"), p->description);
	json_put_u64(w, STR("projectsCount"), governance_projects(call->snapshot, p->doc.id, call->arena, &projects));
	json_key(w, STR("controls"));
	json_begin_array(w);
	for (size_t i = 0; i < p->n_controls; i++) {
		json_begin_object(w);
		json_put_str(w, STR("id"), p->controls[i].id);
		json_put_str(w, STR("name"), p->controls[i].name);
		json_put_str(w, STR("type"), p->controls[i].type);
		json_end_object(w);
	}
	json_end_array(w);
	json_end_object(w);
}

static void policy_list(struct api_call *call)
{
	struct json_writer w = confident_begin(call);
	const struct document *doc;
	uint64_t at = 0;

	json_key(&w, STR("governancePolicies"));
	json_begin_array(&w);
	while ((doc = snapshot_next(call->snapshot, DOC_GOVERNANCE_POLICY, &at)))
		put_policy(call, &w, as_governance_policy(doc));
	json_end_array(&w);
	confident_end(call, &w);
}

/* The one of the path; NULL after failing the call. */
static const struct governance_policy *find(struct api_call *call)
{
	const struct document *doc =
	    snapshot_find_any(call->snapshot, DOC_GOVERNANCE_POLICY, api_param(call, "policyId"));

	if (doc)
		confident_note_target(call, "governance_policy", doc->id);
	else
		confident_not_found(call, "Governance policy");
	return as_governance_policy(doc);
}

static void project_list(struct api_call *call)
{
	const struct governance_policy *policy = find(call);
	const struct document *const *projects;
	struct confident_page page;
	struct json_writer w;
	uint64_t total;

	if (!policy || !confident_read_page(call, &page))
		return;
	total = governance_projects(call->snapshot, policy->doc.id, call->arena, &projects);
	w = confident_begin(call);
	json_key(&w, STR("projects"));
	json_begin_array(&w);
	for (uint64_t i = (page.page - 1) * page.size; i < total && i < page.page * page.size; i++) {
		json_begin_object(&w);
		json_put_str(&w, STR("id"), projects[i]->id);
		json_put_str(&w, STR("name"), confident_project_name(as_tenant(projects[i])));
		json_end_object(&w);
	}
	json_end_array(&w);
	confident_put_total(call, &w, &page, total, "total");
	confident_end(call, &w);
}

/* ---- changes ------------------------------------------------------------------------------------------- */

static bool read_projects(struct api_call *call, struct str_list *ret)
{
	if (!confident_read_ids(call, "projectIds", ret))
		return false;
	if (ret->n)
		return true;
	api_fail(call, SERVICE_INVALID, 0, "\"projectIds\" must name at least one project");
	return false;
}

static void answer_change(struct api_call *call, const struct governance_policy *policy,
                          const struct governance_change *change, const char *const names[2])
{
	struct json_writer w = confident_begin(call);

	confident_put_ref(&w, "governancePolicy", policy->doc.id, policy->name);
	json_put_strs(&w, str_of(names[0]), change->done.items, change->done.n);
	json_put_strs(&w, str_of(names[1]), change->rest.items, change->rest.n);
	json_put_u64(&w, STR("count"), change->done.n);
	confident_end(call, &w);
}

static void policy_assign(struct api_call *call)
{
	static const char *const names[] = {"assignedProjectIds", "notFoundProjectIds"};
	const struct governance_policy *policy = find(call);
	struct governance_change change;
	struct str_list projects;

	if (!policy || !read_projects(call, &projects))
		return;
	change = governance_assign(call->txn, policy->doc.id, projects);
	answer_change(call, policy, &change, names);
}

static void policy_unassign(struct api_call *call)
{
	static const char *const names[] = {"unassignedProjectIds", "skippedProjectIds"};
	const struct governance_policy *policy = find(call);
	struct governance_change change;
	struct str_list projects;

	if (!policy || !read_projects(call, &projects))
		return;
	change = governance_unassign(call->txn, policy->doc.id, projects);
	answer_change(call, policy, &change, names);
}

/* clang-format off */
static const struct api_route routes[] = {
    CONFIDENT_ROUTE(HTTP_GET, "organization/governance-policies", API_READ, API_NO_BODY, "organization:read", "organization", policy_list, NULL),
    CONFIDENT_ROUTE(HTTP_POST, "organization/governance-policies/{policyId}/assign", API_WRITE, API_JSON_BODY, "organization:manage", "organization", policy_assign, "org.governancePolicies.assign"),
    CONFIDENT_ROUTE(HTTP_POST, "organization/governance-policies/{policyId}/unassign", API_WRITE, API_JSON_BODY, "organization:manage", "organization", policy_unassign, "org.governancePolicies.unassign"),
    CONFIDENT_ROUTE(HTTP_GET, "organization/governance-policies/{policyId}/projects", API_READ, API_NO_BODY, "organization:read", "organization", project_list, NULL),
};
/* clang-format on */

const struct api_route_table confident_governance_routes = {routes, N_ELEMENTS(routes)};
