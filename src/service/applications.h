#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Applications and what can be asked for in them: resource types, entitlements, accounts, and bindings: the
 * entitlements that accounts have. What is allowed to stand there is said here, once for every dialect.
 *
 * An entitlement belongs to one application and its id is unique there only; an account belongs to one application
 * and, mostly, to a user; a binding is of one entitlement and one account of the same application, and whoever has the
 * account has what the binding gives.
 *
 * All functions that change run in a job of the writer, on its transaction. What they do not return SERVICE_OK for has
 * put nothing, and `err` says why. Who may call what is the business of the dialects.
 */
#include "service/cascade.h"
#include "service/result.h"

#define APP_MAX_OWNERS      1000u
#define APP_MAX_DURATION_MS ((int64_t)10 * 366 * 86400 * 1000) /* of a grant */
#define APP_USER_TYPE_USER  "USER"
#define APP_USER_ENABLED    "ENABLED"

/* The ids under which they are stored, in `a`. */
struct str app_part_id(struct arena *a, struct str app, struct str id); /* resource types, entitlements, accounts */
struct str entitlement_binding_id(struct arena *a, struct str app, struct str entitlement, struct str account);

/* By application and id in it; NULL when there is none. `scratch` is for the key alone. */
const struct app_resource_type *app_resource_type_find(const struct snapshot *s, struct str app, struct str id,
                                                       struct arena *scratch);
const struct app_entitlement *app_entitlement_find(const struct snapshot *s, struct str app, struct str id,
                                                   struct arena *scratch);
const struct app_user *app_user_find(const struct snapshot *s, struct str app, struct str id, struct arena *scratch);

/* Documents of a kind in the order they were made; the array lives in `a`. */
struct app_parts {
	const struct document *const *docs;
	size_t n;
};
/* The resource types, entitlements or accounts of an application. */
struct app_parts app_parts_of(const struct snapshot *s, enum document_kind kind, struct str app, struct arena *a);
/* The accounts that a user has in an application. */
struct app_parts app_users_of(const struct snapshot *s, struct str app, struct str user, struct arena *a);

/* Does it still count? */
bool entitlement_binding_is_live(const struct entitlement_binding *b, int64_t now_ms);

/*
 * Checks and stores a new object of kind APP, APP_RESOURCE_TYPE, APP_ENTITLEMENT, APP_ACTION, APP_USER or
 * ENTITLEMENT_BINDING.
 * `doc` is the kind's struct, with its ids set (doc.id is made from them, but for an application); it is normalized
 * in place: users by canonical id, defaults filled in, and whose a binding is taken from its account.
 * SERVICE_NOT_FOUND: what it belongs to does not exist; SERVICE_CONFLICT: it exists already.
 */
enum service_result applications_create(struct txn *t, struct document *doc, struct error *err) MUST_USE;
/* The same for the next version of one that exists. An account that passes to another user takes its bindings along. */
enum service_result applications_update(struct txn *t, struct document *doc, struct error *err) MUST_USE;
/* Deletes and what goes with it (service/cascade.h). SERVICE_FAILED_PRECONDITION: too much goes with it, or a resource
 * type that entitlements are of. */
enum service_result applications_delete(struct txn *t, const struct document *doc, struct error *err) MUST_USE;
