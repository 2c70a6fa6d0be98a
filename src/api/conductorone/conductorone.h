#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * ConductorOne on the wire: shared by the dialect's files only. A handler reads the body as a message (json/proto.h,
 * tables made from messages*.txt), calls a use case of the service, and writes the answer.
 *
 * A success is always 200 with a JSON object. A failure is a google.rpc.Status, {"code":<gRPC code>,"message":…} and
 * "details" only where there are some; of the paths under /auth/v1/ it is that of OAuth 2,
 * {"error":…,"error_description":…}.
 *
 * Who may: a route's `action` is "conductorone:<objects>:<verb>", which must be held in the organization as a whole,
 * not in one tenant of it; reading is "get" or "list". Routes without action take any valid key, and what they need
 * beyond that is decided by the handler.
 */
#include "api/api.h"
#include "api/conductorone/c1_messages.h"
#include "service/conductorone_id.h"

extern const struct api_route_table c1_policy_routes, c1_app_routes, c1_owner_routes, c1_resource_type_routes,
    c1_entitlement_routes, c1_account_routes, c1_grant_routes, c1_grant_feed_routes, c1_review_routes, c1_user_routes,
    c1_oauth_routes, c1_iam_routes, c1_review_template_routes;
extern const struct api_route_table c1_task_routes, c1_task_search_routes, c1_webhook_routes;

#define C1_API "/api/v1/"

/* ---- failures ------------------------------------------------------------------------------------------ */

/* Fails with what a use case said. */
void c1_result(struct api_call *call, enum service_result result, const struct error *err);
/* The same with `details`, an array of messages with their "@type". */
void c1_fail_details(struct api_call *call, enum service_result result, const struct json *details, const char *text);
/*
 * Fails because nothing is called `id`: 404 "<what> not found", or, when it is not even of the form of an id, 400 with
 * the words of a message's check: "invalid <field>: value does not match regex pattern …", where `field` is
 * "PoliciesServiceGetRequest.Id" or the like.
 */
void c1_unknown(struct api_call *call, const char *what, const char *field, struct str id);
/* Fails an OAuth 2 path: `error` is its code ("invalid_client"). `status` 0: 400. */
void c1_oauth_fail(struct api_call *call, unsigned status, const char *error, const char *text);

/* ---- reading ------------------------------------------------------------------------------------------- */

/* The body as a message; without a body an empty one. False after failing the call. */
bool c1_read(struct api_call *call, const struct proto_message *m, const struct json **ret);
/* Members of a canonical message; absent, false, 0 when not set. */
struct str c1_str(const struct json *message, const char *name);
bool c1_bool(const struct json *message, const char *name);
int64_t c1_i64(const struct json *message, const char *name);
struct str_list c1_strs(struct api_call *call, const struct json *message, const char *name);

#define C1_DEFAULT_PAGE 25u
#define C1_MIN_PAGE     10u
#define C1_MAX_PAGE     100u

struct c1_page {
	size_t size;
	uint64_t after; /* the place, a seq say, that the page before ended at; 0: the first page */
};
/* The page that `pageSize` and `pageToken` of a request's message ask for. False after failing the call. */
bool c1_page_of(struct api_call *call, const struct json *message, struct c1_page *ret);
/* The same of ?page_size= and ?page_token=. */
bool c1_page_of_query(struct api_call *call, struct c1_page *ret);

/* ---- answers ------------------------------------------------------------------------------------------- */

/* Answers with a message. */
void c1_answer(struct api_call *call, const struct proto_message *m, const struct json *tree);
/* {"list":[ …: begins with the array open; write messages, then end it. */
struct json_writer c1_begin_list(struct api_call *call);
/* The token of a place, never 0: what the next page comes after. */
struct str c1_page_token(struct api_call *call, uint64_t place);
/* …],"nextPageToken":…}: `next` is what the next page comes after; 0: there is none. */
void c1_end_list(struct api_call *call, struct json_writer *w, uint64_t next);

/* ---- callbacks of webhooks ------------------------------------------------------------------------------- */

#define C1_CALLBACK "callback"
/* Lets in a call of /api/v1/webhooks/callback/{token} without key. False after failing the call. */
bool c1_admit_callback(struct api_call *call);

/* ---- permission ---------------------------------------------------------------------------------------- */

/* Does the caller hold the action in the organization as a whole? Does not fail the call. */
bool c1_may(struct api_call *call, struct str action, struct str resource);
/* For the audit record: "<kind>:<id>". */
void c1_note_target(struct api_call *call, enum document_kind kind, struct str id);
