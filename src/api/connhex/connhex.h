#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Connhex IAM ("compiuta.api.iam.v2") on the wire: shared by the dialect's files only. A handler reads the body,
 * calls one use case of service/iam.h, and writes the answer.
 */
#include "api/api.h"
#include "service/iam.h"

/* ---- the call ------------------------------------------------------------------------------------------ */

/* The use case's view of the call. */
struct iam_call connhex_begin(struct api_call *call);
/* True when the use case went well; otherwise the call has failed with its text. */
bool connhex_ok(struct api_call *call, const struct iam_call *c, enum service_result result);
/* The answer of a delete. */
void connhex_answer_empty(struct api_call *call);

/* ---- bodies (read.c): each fails the call and returns false ------------------------------------------------- */

/* Strict mode: every member of `object` is one of `names` (NULL-ended). */
bool connhex_known_fields(struct api_call *call, const struct json *object, const char *const *names);
/* The name under which the field was sent: snake_case, or camelCase; both at once is refused. */
bool connhex_spelling(struct api_call *call, const struct json *object, const char *snake, const char *camel,
                      const char **ret_name);
/* A list of objects; absent or null: none. */
bool connhex_get_objects(struct api_call *call, const struct json *object, const char *name, const struct json **ret,
                         size_t *ret_n);
/* An Effect: "ALLOW", "DENY", or their numbers 0 and 1; absent or null: ALLOW. */
bool connhex_get_effect(struct api_call *call, const struct json *object, bool *ret_deny);

/* ---- answers ------------------------------------------------------------------------------------------- */

/* api_json_begin() and api_json_end() in the dialect's layout. */
struct json_writer connhex_json_begin(struct api_call *call, unsigned status);
void connhex_json_end(struct api_call *call, struct json_writer *w);

void connhex_put_list(struct json_writer *w, const char *name, struct str_list list);
/* "type": managed or custom. */
void connhex_put_type(struct json_writer *w, bool is_managed);

/* ---- handlers ------------------------------------------------------------------------------------------ */

void connhex_policy_create(struct api_call *call);
void connhex_policy_list(struct api_call *call);
void connhex_policy_get(struct api_call *call);
void connhex_policy_update(struct api_call *call);
void connhex_policy_delete(struct api_call *call);
void connhex_members_get(struct api_call *call);
void connhex_members_replace(struct api_call *call);
void connhex_members_add(struct api_call *call);
void connhex_members_remove(struct api_call *call);

void connhex_role_create(struct api_call *call);
void connhex_role_list(struct api_call *call);
void connhex_role_get(struct api_call *call);
void connhex_role_update(struct api_call *call);
void connhex_role_delete(struct api_call *call);

void connhex_tenant_create(struct api_call *call);
void connhex_tenant_list(struct api_call *call);
void connhex_tenant_get(struct api_call *call);
void connhex_tenant_update(struct api_call *call);
void connhex_tenant_delete(struct api_call *call);

void connhex_team_create(struct api_call *call);
void connhex_team_list(struct api_call *call);
void connhex_team_get(struct api_call *call);
void connhex_team_update(struct api_call *call);
void connhex_team_delete(struct api_call *call);
void connhex_team_users(struct api_call *call);
void connhex_team_add_users(struct api_call *call);
void connhex_team_remove_users(struct api_call *call);
void connhex_user_teams(struct api_call *call);

void connhex_introspect_pairs(struct api_call *call);
