#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Aitronos on the wire: shared by the dialect's files only. A handler reads the body, calls a use case of the service,
 * and writes the answer.
 *
 * A success is the bare resource: 201 what was created, 200 what was read or changed, 204 nothing. A failure is
 *
 *     {"success":false,"error":{"code","message","system_message","type","status","details","trace_id","timestamp"}}
 *
 * where `message` is the same for all failures of a code and `system_message` says what happened. Bad input is 422
 * with details {"field","message"}; only a body that is no JSON is 400.
 *
 * Who may: a route's `action` is a capability (model/aitronos.h) and its `resource` CAPABILITY_RESOURCE: it must be
 * held in the organization as a whole, not in one tenant of it. Routes without action take any valid key, and what
 * they need beyond that is decided by the handler. Paths name the organization as {org}: its id, one of its aliases,
 * or "org_" before its id; any other is refused before anything is looked at.
 */
#include "api/api.h"
#include "model/aitronos.h"
#include "service/grants.h"

extern const struct api_route_table aitronos_grant_routes, aitronos_access_routes, aitronos_department_routes,
    aitronos_role_routes, aitronos_knowledge_routes, aitronos_audit_routes;

#define AITRONOS_ORG              "/v1/organizations/{org}"
#define AITRONOS_DEFAULT_LIMIT    20u
#define AITRONOS_MAX_LIMIT        100u
#define AITRONOS_MAX_SKIP         UINT32_MAX
#define AITRONOS_MAX_BULK_ENTRIES 1000u

/* The id by which the call names the organization, as it was sent; where the path names none, the organization's own.
 */
struct str aitronos_org(const struct api_call *call);

/* ---- failures ------------------------------------------------------------------------------------------ */

/* One that is not told by its status alone. */
struct aitronos_fault {
	unsigned status;
	const char *code;           /* "ROLE_HAS_MEMBERS" */
	const char *message;        /* for people who use a client */
	const char *system_message; /* for people who write one; NULL: as `message` */
	const char *type;           /* NULL: "client_error" */
	const char *detail;         /* the one member of `details`; NULL: details are null */
};
/* Fails; `value` is the detail's. */
void aitronos_fail(struct api_call *call, const struct aitronos_fault *fault, struct str value);
/* 422 VALIDATION_ERROR about a member of the body or a query parameter; see aitronos_enter(). */
void aitronos_invalid(struct api_call *call, const char *field, const char *fmt, ...) ATTR_PRINTF(3, 4);
/* 404 RESOURCE_NOT_FOUND: system_message, e.g. "Access grant not found", and details {<detail>: <id>}. */
void aitronos_not_found(struct api_call *call, const char *system_message, const char *detail, struct str id);
/* 403 INSUFFICIENT_PERMISSIONS; `why` is the system_message. */
void aitronos_denied(struct api_call *call, const char *why);
/* Fails with what a use case said. */
void aitronos_result(struct api_call *call, enum service_result result, const struct error *err);

/* ---- reading: each fails the call (422) and returns false ----------------------------------------------------- */

/* A string member without NUL; absent or null gives STR_NONE. */
bool aitronos_get_str(struct api_call *call, const struct json *object, const char *name, struct str *ret);
/* One that must be there and not be empty. */
bool aitronos_need_str(struct api_call *call, const struct json *object, const char *name, struct str *ret);
/* A query parameter; absent when it was not sent. */
bool aitronos_query_str(struct api_call *call, const char *name, struct str *ret);

/* The names that a member can have, in the order of the enum's values from 1 on. */
struct aitronos_choice {
	const char *field;
	const struct str *names;
	size_t n;
};
extern const struct aitronos_choice aitronos_entity_type, aitronos_grantee_type, aitronos_access_level;

/* The member choice->field, which must be there and be one of them: its value, from 1. */
bool aitronos_need_choice(struct api_call *call, const struct json *object, const struct aitronos_choice *choice,
                          unsigned *ret);
/* The same of a query parameter; 0 when it was not sent. */
bool aitronos_query_choice(struct api_call *call, const struct aitronos_choice *choice, unsigned *ret);

/*
 * From here on what is read stands in the index-th element of the body's array `list`, and failures name it so:
 * "grants.3.grantee_id". Until aitronos_leave().
 */
void aitronos_enter(struct api_call *call, const char *list, size_t index);
void aitronos_leave(struct api_call *call);

struct aitronos_page {
	uint64_t skip;
	size_t limit;
};
/* ?skip= (default 0) and ?limit= (1 to 100). */
bool aitronos_read_page(struct api_call *call, size_t default_limit, struct aitronos_page *ret);

/* ---- answers ------------------------------------------------------------------------------------------- */

/* {"items":[ … ],"total":…,"skip":…,"limit":…,"has_more":…}: begins with the array open; end it after `n` elements. */
struct json_writer aitronos_begin_list(struct api_call *call);
void aitronos_end_list(struct api_call *call, struct json_writer *w, const struct aitronos_page *page, size_t n,
                       uint64_t total);
/* "2025-06-15T10:00:00Z"; 0 is written as null. */
void aitronos_put_time(struct json_writer *w, const char *name, int64_t ms);
/* "2025-06-15T10:00:00+00:00", as role assignments have it. */
void aitronos_put_offset_time(struct json_writer *w, const char *name, int64_t ms);

/* ---- the caller ---------------------------------------------------------------------------------------- */

/* The call as the use cases of grants want to know it. */
struct grants_asker aitronos_asker(const struct api_call *call);
/* For the audit record: "<kind>:<id>". */
void aitronos_note_target(struct api_call *call, const char *kind, struct str id);
