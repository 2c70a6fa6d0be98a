#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Confident AI on the wire: shared by the dialect's files only. A handler reads the body, calls a use case of the
 * service, and writes the answer.
 *
 * Every answer is an envelope: {"success":true,"data":{…},"deprecated":false}, always with status 200, also on create,
 * or {"success":false,"error":"<text>","deprecated":false} with the status of the failure. Bad input is 400.
 *
 * Who may: a route's `resource` is "organization" (the permission must hold there, outside of all projects) or
 * "project" (it must hold in the project that the path names as {projectId}, which is then call->tenant). A project is
 * a tenant. A project that does not exist is 404 before anything else is said.
 *
 * Paths of generation 2 (/v2/…) lead to the same handlers; confident_is_v2() tells them apart where answers differ.
 */
#include "api/api.h"
#include "model/confident.h"

extern const struct api_route_table confident_policy_routes, confident_role_routes, confident_member_routes,
    confident_invitation_routes, confident_key_routes, confident_project_routes, confident_organization_routes,
    confident_governance_routes;

/* A route under both generations: CONFIDENT_ROUTE(HTTP_GET, "organization/policies", …). */
#define CONFIDENT_ROUTE(method, path, ...)                                                                             \
	{method, "/v1/" path, __VA_ARGS__},                                                                            \
	{                                                                                                              \
		method, "/v2/" path, __VA_ARGS__                                                                       \
	}

#define CONFIDENT_MAX_TEXT_BYTES 4096u /* descriptions */
#define CONFIDENT_MAX_NAME_CHARS 255u
#define CONFIDENT_MAX_IDS        1000u /* in one list */

bool confident_is_v2(const struct api_call *call);

struct confident_page {
	uint64_t page, size; /* from 1; at least 1 */
};

/* ---- answers ------------------------------------------------------------------------------------------- */

/* Begins an answer: the envelope is open and so is its `data` object; confident_end() closes both. */
struct json_writer confident_begin(struct api_call *call);
void confident_end(struct api_call *call, struct json_writer *w);
/* data {"id":…,"<flag>":true}, flag "deleted" or "removed"; in generation 2 the id alone. */
void confident_answer_gone(struct api_call *call, struct str id, const char *flag);
/* The same for what is numbered. */
void confident_answer_number_gone(struct api_call *call, uint64_t number);
/* {"id":…,"name":…}, or null when `id` is absent. */
void confident_put_ref(struct json_writer *w, const char *name, struct str id, struct str shown);
/* RFC 3339 in UTC with milliseconds; 0 is written as null. */
void confident_put_time(struct json_writer *w, const char *name, int64_t ms);

/* "total", and the page in generation 2, which has a name of its own for the total. */
void confident_put_total(const struct api_call *call, struct json_writer *w, const struct confident_page *page,
                         uint64_t total, const char *v2_name);
/* The key as an object, with its text where that is present: right after it was made (keys.c). */
void confident_put_key(struct api_call *call, struct json_writer *w, const struct key *key, struct str text);

/* ---- failures ------------------------------------------------------------------------------------------ */

/* 404 "<what> not found". */
void confident_not_found(struct api_call *call, const char *what);
/* Fails with what a use case said. */
void confident_fail(struct api_call *call, enum service_result result, const struct error *err);
/* For the audit record: "<kind>:<id>". */
void confident_note_target(struct api_call *call, const char *kind, struct str id);

/* ---- reading: each fails the call and returns false ----------------------------------------------------------- */

/* "name": there, a string that is not blank, at most CONFIDENT_MAX_NAME_CHARS. */
bool confident_read_name(struct api_call *call, struct str *ret);
/* "description": `*ret` stays as it is when it was not sent, and becomes absent for null. */
bool confident_read_description(struct api_call *call, struct str *ret);
/* A list of strings that must be there; duplicates collapse, the first stands. */
bool confident_read_ids(struct api_call *call, const char *name, struct str_list *ret);
/* The path's {id} as the number of a key or invitation. */
bool confident_read_number(struct api_call *call, uint64_t *ret);
/* A string that must be there. */
bool confident_need_str(struct api_call *call, const char *name, struct str *ret);
/* ?page= (from 1, default 1) and ?pageSize= (1 to 100, default 25). */
bool confident_read_page(struct api_call *call, struct confident_page *ret);

/* ---- looking ------------------------------------------------------------------------------------------- */

/* The id of the organization as this dialect shows it (its name). */
struct str confident_organization_id(const struct api_call *call);
/* Tenants made elsewhere may have no name: they are shown by their ids. */
static inline struct str confident_project_name(const struct tenant *project)
{
	return str_is_absent(project->display_name) ? project->doc.id : project->display_name;
}
/* The role that can be held where the call works; fails the call (400) when there is none of that id. */
const struct role *confident_find_role(struct api_call *call, struct str id);
/* The document of the kind (KEY or INVITATION) with this number; NULL when there is none. Its number is its `seq`. */
const struct document *confident_numbered(struct api_call *call, enum document_kind kind, uint64_t number);
