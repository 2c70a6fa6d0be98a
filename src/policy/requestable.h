#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * What a denied question could be turned into by asking for access: the entitlements (ConductorOne) whose grant would
 * allow it. Found by trying: the binding that the grant would make is put into a fork of the snapshot that nobody else
 * sees, and the evaluator (policy/ask.h) is asked again. So what is requestable is never more than what would be
 * allowed: a deny, or tenants in which the asker may not ask, stay in the way.
 *
 * Who approves such a request is not said here: its policy does, through the workflow (service/requests.h).
 *
 * Pure. Any thread, also while the snapshot is read by others.
 */
#include "policy/ask.h"

enum requestable_why {
	REQUESTABLE_NO,   /* no grant of an entitlement would change the answer */
	REQUESTABLE_YES,  /* the one below would */
	REQUESTABLE_OPEN, /* it would, and a request for it, for this user, is open already */
};

struct requestable {
	enum requestable_why why;
	/* What follows is set unless NO; borrowed from the snapshot. */
	const struct app_entitlement *entitlement;
	const struct user *user;           /* who would get it: the one who was asked about */
	struct str account_id;             /* hers in the application; absent: none, one is made by the grant */
	const struct access_request *open; /* OPEN: that one */
};

/*
 * For a question that snapshot_ask() denied. At most one entitlement gives what was asked for: bindings allow "use" of
 * it alone. Costs one fork and one decision; nothing when the question is not about an entitlement.
 */
struct requestable requestable_find(const struct snapshot *s, const struct ask *q, struct arena *a);
