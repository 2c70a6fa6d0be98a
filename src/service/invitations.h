#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Bringing people in (LangSmith). This server sends no e-mail and has no page to log in at, so what an invitation does
 * depends on whether the address is known:
 *
 *   a registered user's   the roles are given at once
 *   anybody else's        with make_user the user is made at once; else an invitation is stored, and the user who
 *                         comes to have that address, by whichever dialect, gets the roles in the same change set
 *
 * Hence no registered user has an invitation. All functions run in a job of the writer, on its transaction, and put
 * nothing unless they return SERVICE_OK.
 */
#include "service/memberships.h"

#define INVITATIONS_MAX_BATCH   500u
#define INVITATIONS_MAX_TENANTS 500u /* of one */

struct invite {
	struct str email;
	struct str display_name;
	const struct role *role;        /* organization-wide; NULL: none */
	const struct role *tenant_role; /* in each of the tenants; NULL: none */
	struct str_list tenants;        /* canonical ids, each once */
	bool make_user;
	struct str created_by; /* "user:owner" */
};

/* What became of it: one of the two. */
struct invited {
	const struct invitation *invitation;
	const struct user *user;
};

/*
 * Sends them all or none; `ret` has room for n. SERVICE_INVALID: not an e-mail address, or one twice in the call.
 * SERVICE_CONFLICT: invited already; is a member of the organization, when a role in it is offered; or is in one of
 * the tenants, when only roles there are.
 */
enum service_result invitations_send(struct txn *t, const struct invite *list, size_t n, struct invited *ret,
                                     struct error *err) MUST_USE;

/*
 * The user is being stored with this e-mail address: gives what was offered to it, by whichever dialect, if anything,
 * and ends the offers.
 */
enum service_result invitation_redeem(struct txn *t, const struct user *user, struct error *err) MUST_USE;

/* Takes an offer back: as a whole, or (`tenant` present) for one tenant. */
void invitation_withdraw(struct txn *t, const struct invitation *inv, struct str tenant);

/* A role or tenant goes: nothing is offered under its id any more, so that whoever takes the id later gives nothing. */
void invitations_lose_role(struct txn *t, struct str role);
void invitations_lose_tenant(struct txn *t, struct str tenant);
