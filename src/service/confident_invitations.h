#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Confident AI's invitations to the organization, or (`tenant` present) to a project. This server sends no e-mail, so
 * what one does depends on whether the address is known:
 *
 *   a registered user's   is a member of the organization anyway: skipped there; in a project, the role is given at
 * once anybody else's        an invitation is stored, and the user who comes to have that address, by whichever
 * dialect, gets the role in the same change set (service/invitations.h)
 *
 * Functions with a transaction run in a job of the writer and put nothing unless they return SERVICE_OK.
 */
#include "service/confident_members.h"

#define CONFIDENT_INVITATIONS_MAX_BATCH 50u
#define CONFIDENT_INVITATIONS_MAX       1000u /* waiting, of the organization and of each project */

struct confident_offer {
	struct str_list emails; /* as they were sent */
	const struct role *role;
	struct str tenant;
};

struct confident_invited {
	const struct invitation **invitations; /* stored, in order; with their numbers */
	size_t n;
};

/*
 * Sends them all or none. Members and who is invited there already are skipped. SERVICE_INVALID: not an e-mail address,
 * none or too many of them, or the role is Owner. SERVICE_DENIED: the role allows what the caller may not.
 * SERVICE_CONFLICT: nobody is left to invite, or too many wait already.
 */
enum service_result confident_invite(struct txn *t, const struct caller *c, const struct confident_offer *offer,
                                     struct confident_invited *ret, struct error *err) MUST_USE;
/* Stores one, without asking anything; for an address that nobody has. */
const struct invitation *confident_invitation_put(struct txn *t, const struct caller *c, struct str email,
                                                  const struct role *role, struct str tenant);
/* The user is being stored with the address that was invited: gives what was offered and ends the offer. */
enum service_result confident_invitation_redeem(struct txn *t, const struct user *user, const struct invitation *inv,
                                                struct error *err) MUST_USE;
/* Deletes all of the address. */
void confident_invitations_forget(struct txn *t, struct str email);

/* Is it one of the place? */
bool confident_invitation_is_of(const struct invitation *inv, struct str tenant);
/* Those of the place, in the order they were made; the array lives in `a`. */
size_t confident_invitation_list(const struct snapshot *s, struct str tenant, struct arena *a,
                                 const struct invitation *const **ret);
/* The role that it offers. */
static inline struct str confident_invitation_role(const struct invitation *inv)
{
	return str_is_absent(inv->tenant) ? inv->role : inv->tenant_role;
}
