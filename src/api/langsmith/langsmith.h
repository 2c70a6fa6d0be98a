#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * LangSmith on the wire: shared by the dialect's files only. A handler reads the body, calls a use case of the service,
 * and writes the answer.
 *
 * The vendor's API has two halves, and so have the errors here:
 *   platform   /v1/platform/… and /api/v1/platform/…: 400 for bad input; the body holds the members of all of the
 *              vendor's generations (error; type, title, status, detail)
 *   the rest   /api/v1/…: 422 for bad input with a list of faults, otherwise {"detail": "…"}; 200 on create and delete
 * A handler fails with SERVICE_INVALID for bad input and need not know which half it is in; a rule of the API that a
 * well-formed body breaks is SERVICE_FAILED_PRECONDITION (400 on both), a name that is taken SERVICE_CONFLICT (409,
 * which the vendor's clients would send twice more without the x-should-retry header that goes with it).
 *
 * Who may: a route's `resource` is "organization" (the permission must hold everywhere) or "workspace" (it must hold in
 * the workspace that the request works in, then call->tenant). A workspace is a tenant.
 */
#include "api/api.h"
#include "model/langsmith.h"
#include "service/cascade.h"

/* Tables of the dialect's files. */
extern const struct api_route_table langsmith_policy_routes, langsmith_role_routes, langsmith_workspace_routes,
    langsmith_member_routes, langsmith_tag_routes, langsmith_key_routes, langsmith_organization_routes,
    langsmith_audit_routes, langsmith_service_account_routes;

/* ---- the call ------------------------------------------------------------------------------------------ */

/*
 * The organization's id in LangSmith's format: its name when that is a UUID, else one made of it. Headers take both.
 */
struct str langsmith_organization_id(const struct api_call *call);
/*
 * Fails the call for an id that names nothing: 404 "<what> not found", or, when the id could not be one of this
 * dialect's, as bad input. `what` begins with a capital: "Role".
 */
void langsmith_not_found(struct api_call *call, const char *what, struct str id);
/* Fails with what a use case said. */
void langsmith_fail(struct api_call *call, enum service_result result, const struct error *err);
/* Says, as the call's warning, what a deletion took along that denied something. */
void langsmith_warn(struct api_call *call, const struct cascade_effect *effect);
/* For the audit record: the object that the call made or was about, "<kind>:<id>". */
void langsmith_note_target(struct api_call *call, const char *kind, struct str id);

/* ---- reading: each fails the call and returns false --------------------------------------------------------- */

/* A string member that must be there. */
bool langsmith_need_str(struct api_call *call, const struct json *object, const char *name, struct str *ret);
/* Whether the member was sent at all, be it null. */
bool langsmith_was_sent(const struct json *object, const char *name);
/* A query parameter as a number in [min, max]; absent: `fallback`. */
struct langsmith_number {
	const char *name;
	uint64_t min, max, fallback;
};
bool langsmith_query_number(struct api_call *call, const struct langsmith_number *what, uint64_t *ret);
/* A query parameter; absent when it was not sent. */
bool langsmith_query_str(struct api_call *call, const char *name, struct str *ret);
/* All values of a repeatable query parameter. */
bool langsmith_query_strs(struct api_call *call, const char *name, struct str_list *ret);

/* ---- writing ------------------------------------------------------------------------------------------- */

/* RFC 3339 in UTC with microseconds; 0 is written as null. */
void langsmith_put_time(struct json_writer *w, const char *name, int64_t ms);
