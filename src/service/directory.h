#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The shared directory: users, services, groups, tenants, roles, resources, and who is in what. What is
 * allowed to stand in it is said here, once for every dialect that writes to it.
 *
 * All functions run in a job of the writer, on its transaction. What they do not return SERVICE_OK for has put
 * nothing, and `err` says why in words for a person. Strings in and out may live in the job's arena or the snapshot.
 * Who may call what is the business of the dialects; nothing here asks for permission except keys
 * (service/directory_keys.h), where the rule cannot be told in one permission.
 */
#include "service/cascade.h"
#include "service/result.h"

#define DIRECTORY_MAX_TEXT_BYTES 4096u /* display names and descriptions */
#define GROUP_MAX_DEPTH          64u   /* groups above a group */
#define GOVERNANCE_POLICIES_MAX  1000u
#define GOVERNANCE_MAX_CONTROLS  100u /* of one policy */

/*
 * Checks and stores a new object of kind USER, SERVICE_ACCOUNT, GROUP, TENANT, ROLE, GOVERNANCE_POLICY,
 * ACCESS_POLICY, SEPARATION or RESOURCE. `doc` is the kind's struct with kind and id set; it is normalized in place
 * (e-mail address in lower case, references by canonical id). SERVICE_CONFLICT: the id, or a name it would answer to,
 * is taken. A user who comes to have an e-mail address that was invited gets what was offered (service/invitations.h),
 * here and by directory_update().
 */
enum service_result directory_create(struct txn *t, struct document *doc, struct error *err) MUST_USE;

/*
 * The checks of both, but for those of the id: may the object stand in t->snapshot, in which it may be already? It is
 * normalized in place.
 */
enum service_result directory_check(const struct txn *t, struct document *doc, struct error *err) MUST_USE;

/* The same for the next version of an object that exists. SERVICE_DENIED: it is managed and cannot be changed. */
enum service_result directory_update(struct txn *t, struct document *doc, struct error *err) MUST_USE;

/*
 * Deletes an object and what goes with it (service/cascade.h); `*ret_effect` says what the cascade did.
 * SERVICE_DENIED: managed. SERVICE_FAILED_PRECONDITION: a group that still has groups below it.
 */
enum service_result directory_delete(struct txn *t, const struct document *doc, struct cascade_effect *ret_effect,
                                     struct error *err) MUST_USE;

/*
 * Stores who gets what is assigned to the user, from when and until when, as they stand in `u`, a copy of the user's
 * document; an absent or empty delegate ends it. SERVICE_INVALID: nobody of that name, the user, or a time that is
 * over.
 */
enum service_result directory_set_delegate(struct txn *t, struct user *u, struct error *err) MUST_USE;

/* A principal as it stands in memberships: type "user", "service" or "group", and the canonical id. */
struct principal {
	struct str type, id;
};

/* The kind of document behind a principal type; DOC_NONE when it is none. */
enum document_kind principal_kind(struct str type);

/*
 * Reads "alice", "user:alice", "service:ci" or "group:devs". SERVICE_INVALID: not of that form. SERVICE_NOT_FOUND:
 * nobody of that name; `*ret` is then filled with the name as given, so that leftovers can still be removed.
 */
enum service_result principal_read(const struct snapshot *s, struct str text, struct principal *ret,
                                   struct error *err) MUST_USE;

/* The ids under which memberships are stored, in `a`. `tenant` absent: organization-wide. */
struct str group_member_id(struct arena *a, struct str group, struct str member);
struct str role_member_id(struct arena *a, struct str role, struct principal p, struct str tenant);

/* Puts a user into a group; nothing changes when she is in it. The caller has found both. */
void directory_add_group_member(struct txn *t, struct str group, struct str user);
/* Gives a role to a principal, org-wide or in one tenant. SERVICE_INVALID: no such tenant, or the role is not one
 * to be held there (Confident AI's). */
enum service_result directory_add_role_member(struct txn *t, struct str role, struct principal p, struct str tenant,
                                              struct error *err) MUST_USE;
/* Removes a membership by kind and id (GROUP_MEMBER, ROLE_MEMBER). SERVICE_NOT_FOUND: it is not there. */
enum service_result directory_remove_member(struct txn *t, enum document_kind kind, struct str id,
                                            struct error *err) MUST_USE;
