#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * LangSmith's keys and service accounts.
 *
 *   service key            a key of a service account of its own (service_account.sole_key), which comes and goes with
 *                          it. Bound to tenants, it holds one workspace role in each; otherwise it holds a workspace
 *                          role in all of them and, if wanted, a role of the organization.
 *   personal access token  a further key of a user; acts as the user, as far as it is bound to tenants in those only.
 *   service account        a service with a role in each of some tenants.
 *
 * No key is a way up: roles follow service/assign.h, and no key reaches further, or lives longer, than the one it is
 * made with (service/directory_keys.h). Who may make keys at all is the business of the dialect.
 *
 * A key made here has a second id, a UUID that follows from the first, so that records of a key which is gone still
 * name it. Functions with a transaction run in a job of the writer and put nothing unless they return SERVICE_OK.
 * Tenants and roles are given by any of their names; what there is not is SERVICE_NOT_FOUND, or SERVICE_INVALID when it
 * could not even be an id.
 */
#include "service/directory.h"
#include "service/directory_keys.h"

#define LANGSMITH_MAX_KEY_TENANTS 200u /* that one key or service account names */

/* What is wanted. */
struct langsmith_key_order {
	struct str description;
	bool is_bound;
	struct str_list tenants;   /* when bound: at least one */
	struct str role, org_role; /* absent: WORKSPACE_ADMIN, none. Not for tokens, nor org_role for a bound key */
	struct str default_tenant; /* one of those that the key counts in; absent: none */
	int64_t expires_at_ms;     /* 0: never */
};

/* The roles of a service key; both NULL for a token. */
struct langsmith_key_roles {
	const struct role *role, *org_role;
};

/* What was made. Wipe the text once it is shown. */
struct langsmith_new_key {
	struct new_key made;
	struct langsmith_key_roles roles;
};

enum service_result langsmith_service_key_create(struct txn *t, const struct caller *c,
                                                 const struct langsmith_key_order *order, struct langsmith_new_key *ret,
                                                 struct error *err) MUST_USE;
/*
 * Gives a service key other roles where it counts; absent names leave what there is. SERVICE_FAILED_PRECONDITION: the
 * key's service account is not its own.
 */
struct langsmith_role_change {
	struct str role, org_role;
	struct langsmith_key_roles now; /* filled: what it holds then */
};
enum service_result langsmith_service_key_update(struct txn *t, const struct caller *c, const struct key *key,
                                                 struct langsmith_role_change *change, struct error *err) MUST_USE;
/* For the caller, who must be a user. */
enum service_result langsmith_token_create(struct txn *t, const struct caller *c,
                                           const struct langsmith_key_order *order, struct langsmith_new_key *ret,
                                           struct error *err) MUST_USE;

/* ---- looking --------------------------------------------------------------------------------------------- */

/* The id that LangSmith knows the key by: the UUID of one made here, its own of any other. */
struct str langsmith_key_id(const struct key *key);
/* The same by the key's own id, also when the key is gone. In `a`. */
struct str langsmith_key_id_of(const struct snapshot *s, struct str id, struct arena *a);
/* What the service behind the key holds: where it is bound, in its first tenant. */
struct langsmith_key_roles langsmith_roles_of_key(const struct snapshot *s, const struct key *key, struct arena *a);

/* ---- service accounts -------------------------------------------------------------------------------------- */

/* A role in a tenant, by any of their names; role absent: WORKSPACE_ADMIN. */
struct langsmith_grant {
	struct str tenant, role;
};
struct langsmith_account_order {
	struct str name;
	const struct langsmith_grant *grants; /* each tenant once; the first becomes the default */
	size_t n_grants;
};
enum service_result langsmith_account_create(struct txn *t, const struct caller *c,
                                             const struct langsmith_account_order *order, struct service_account *ret,
                                             struct error *err) MUST_USE;
