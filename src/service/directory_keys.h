#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Making, changing and revoking API keys, with the rules that keep a key from becoming a way up:
 *
 *   - Anybody may make a key for themselves, but one that reaches no further than the key it was made with: bound to
 * the same tenants or fewer, and not longer lived.
 *   - A key for somebody else needs doorward:keys:create on doorward:keys:<type>:<id>, in all tenants, and even then
 *     nobody makes a key for a principal that administers access (the list is in directory_keys.c) in a way
 *     the maker may not.
 *   - Anybody may revoke their own keys; for the rest the permission on doorward:keys:<type>:<id> decides.
 *
 * Runs in a job of the writer, as service/directory.h.
 */
#include "service/cascade.h"
#include "service/keys.h"
#include "service/result.h"
#include "service/service.h"

/* What is wanted. */
struct key_order {
	struct str principal_type, principal_id; /* any name of the principal */
	struct str name;
	bool is_bound;
	struct str_list tenants; /* when bound: at least one */
	int64_t expires_at_ms;   /* 0: never */
};

/* What was made. Wipe the text once it is shown. */
struct new_key {
	struct key key;
	char text[KEY_MAX_TEXT_CHARS + 1];
};

/*
 * Parts of it, for dialects with principals of their own making: is the key well-formed, does it reach no further than
 * the one that `c` uses, and storing it (`ret->key` is the key without id, hash and hint, which are filled in).
 */
enum service_result key_check_form(const struct txn *t, const struct key *key, struct error *err) MUST_USE;
enum service_result key_check_reach(const struct caller *c, const struct key *key, struct error *err) MUST_USE;
/* Is it allowed `action` on the keys of the key's principal, another than the caller? */
enum service_result key_check_others(const struct txn *t, const struct caller *c, const struct key *key,
                                     struct str action, struct error *err) MUST_USE;
void key_put_new(struct txn *t, enum key_form form, struct new_key *ret);

enum service_result directory_create_key(struct txn *t, const struct caller *c, const struct key_order *order,
                                         struct new_key *ret, struct error *err) MUST_USE;

/* Stores a new name or expiry of a key. SERVICE_FAILED_PRECONDITION: it is revoked. */
enum service_result directory_update_key(struct txn *t, const struct caller *c, const struct key *next,
                                         struct error *err) MUST_USE;

/* Revokes for good; SERVICE_OK also when it was revoked before. */
void directory_revoke_key(struct txn *t, const struct key *key);

/*
 * Keys with an account of their own (service_account.sole_key): the service it was made with, NULL when it has none;
 * making that service, for a new key whose principal_id is to be its id; and deleting the key with it. A key without
 * is revoked instead and stays on record.
 */
const struct service_account *key_account(const struct snapshot *s, const struct key *key);
enum service_result key_put_account(struct txn *t, const struct key *key, struct error *err) MUST_USE;
enum service_result directory_delete_key(struct txn *t, const struct key *key, struct cascade_effect *ret_effect,
                                         struct error *err) MUST_USE;

/* "doorward:keys:user:bob": what permissions on the keys of a principal are held on. */
struct str key_permission_resource(struct arena *a, struct str principal_type, struct str principal_id);
/* The key belongs to the caller's own principal. */
bool key_is_own(const struct caller *c, const struct key *key);
/* The key's principal administers access in a way that the caller may not (the list is in directory_keys.c). */
bool key_is_of_more_powerful(const struct txn *t, const struct key *key, const struct caller *c);
/* The caller may administer access in every way of that list: nobody is more powerful. */
bool caller_administers_all(const struct txn *t, const struct caller *c);
/* The same of a user, service or group, by canonical id. */
bool principal_is_more_powerful(const struct txn *t, struct str type, struct str id, const struct caller *c);
