/* SPDX-License-Identifier: Apache-2.0
 *
 * Invitations to the organization and to projects (call->tenant: the project; absent: the organization). They wait
 * until a user with the address comes into being: nobody declines one here, and one that was accepted is gone.
 */
#include "api/confident/confident.h"
#include "service/confident_invitations.h"

/* ---- answers ------------------------------------------------------------------------------------------- */

static void put_invitation(struct api_call *call, struct json_writer *w, const struct invitation *inv)
{
	json_begin_object(w);
	json_put_u64(w, STR("id"), inv->doc.seq);
	json_put_str(w, STR("email"), inv->email);
	json_put_str(w, STR("status"), STR("PENDING"));
	confident_put_time(w, "created_at", inv->doc.created_at_ms);
	json_put_str(w, str_is_absent(inv->tenant) ? STR("organizationRoleId") : STR("projectRoleId"),
	             confident_invitation_role(inv));
	if (confident_is_v2(call))
		json_put_str(w, STR("token"), inv->doc.id);
	json_end_object(w);
}

static void answer_list(struct api_call *call, const struct invitation *const *list, size_t n)
{
	struct json_writer w = confident_begin(call);

	json_key(&w, STR("invitations"));
	json_begin_array(&w);
	for (size_t i = 0; i < n; i++)
		put_invitation(call, &w, list[i]);
	json_end_array(&w);
	confident_end(call, &w);
}

static void invitation_list(struct api_call *call)
{
	const struct invitation *const *list;
	size_t n = confident_invitation_list(call->snapshot, call->tenant, call->arena, &list);

	answer_list(call, list, n);
}

/* ---- changes ------------------------------------------------------------------------------------------- */

static bool read_offer(struct api_call *call, struct confident_offer *ret)
{
	bool is_for_project = !str_is_absent(call->tenant);
	struct str role;

	*ret = (struct confident_offer){.tenant = call->tenant};
	if (!confident_read_ids(call, "emails", &ret->emails) ||
	    !api_get_str(call, call->body, is_for_project ? "projectRoleId" : "organizationRoleId", &role))
		return false;
	if (str_is_absent(role))
		role = is_for_project ? STR(CONFIDENT_PROJECT_MEMBER) : STR(CONFIDENT_MEMBER);
	ret->role = confident_find_role(call, role);
	return ret->role;
}

static void invitation_create(struct api_call *call)
{
	struct confident_offer offer;
	struct confident_invited invited;
	struct error err = {0};
	enum service_result r;

	if (!read_offer(call, &offer))
		return;
	r = confident_invite(call->txn, &call->caller, &offer, &invited, &err);
	if (r == SERVICE_OK)
		answer_list(call, invited.invitations, invited.n);
	else
		confident_fail(call, r, &err);
}

/* The one of the path; NULL after failing the call. */
static const struct invitation *find(struct api_call *call)
{
	const struct invitation *inv;
	uint64_t number;

	if (!confident_read_number(call, &number))
		return NULL;
	inv = as_invitation(confident_numbered(call, DOC_INVITATION, number));
	if (inv && confident_invitation_is_of(inv, call->tenant)) {
		confident_note_target(call, "invitation", inv->doc.id);
		return inv;
	}
	confident_not_found(call, "Invitation");
	return NULL;
}

/* There is no e-mail to send again: what waits goes on waiting. */
static void invitation_resend(struct api_call *call)
{
	const struct invitation *inv = find(call);
	struct json_writer w;

	if (!inv)
		return;
	w = confident_begin(call);
	json_key(&w, STR("invitation"));
	put_invitation(call, &w, inv);
	confident_end(call, &w);
}

static void invitation_delete(struct api_call *call)
{
	const struct invitation *inv = find(call);

	if (!inv)
		return;
	txn_delete(call->txn, DOC_INVITATION, inv->doc.id);
	confident_answer_number_gone(call, inv->doc.seq);
}

/* clang-format off */
static const struct api_route routes[] = {
    CONFIDENT_ROUTE(HTTP_GET, "organization/invitations", API_READ, API_NO_BODY, "user:read", "organization", invitation_list, NULL),
    CONFIDENT_ROUTE(HTTP_POST, "organization/invitations", API_WRITE, API_JSON_BODY, "user:manage", "organization", invitation_create, "org.invitations.create"),
    CONFIDENT_ROUTE(HTTP_PUT, "organization/invitations/{id}", API_WRITE, API_NO_BODY, "user:manage", "organization", invitation_resend, "org.invitations.resend"),
    CONFIDENT_ROUTE(HTTP_DELETE, "organization/invitations/{id}", API_WRITE, API_NO_BODY, "user:manage", "organization", invitation_delete, "org.invitations.delete"),
    CONFIDENT_ROUTE(HTTP_GET, "projects/{projectId}/invitations", API_READ, API_NO_BODY, "user:read", "project", invitation_list, NULL),
    CONFIDENT_ROUTE(HTTP_POST, "projects/{projectId}/invitations", API_WRITE, API_JSON_BODY, "user:manage", "project", invitation_create, "project.invitations.create"),
    CONFIDENT_ROUTE(HTTP_PUT, "projects/{projectId}/invitations/{id}", API_WRITE, API_NO_BODY, "user:manage", "project", invitation_resend, "project.invitations.resend"),
    CONFIDENT_ROUTE(HTTP_DELETE, "projects/{projectId}/invitations/{id}", API_WRITE, API_NO_BODY, "user:manage", "project", invitation_delete, "project.invitations.delete"),
};
/* clang-format on */

const struct api_route_table confident_invitation_routes = {routes, N_ELEMENTS(routes)};
