#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * What goes with an object when it is deleted, in the same change set. The rules are those of Connhex IAM's ancestor; a
 * deny statement that vanishes widens access, so each function says how many did, for the audit trail and the answer.
 *
 * All of them put or delete documents in `t`, once each, seen from t->snapshot. They do not delete the object itself.
 * Several may be called in one transaction only if they touch different documents; service/cascade.c merges where it
 * must.
 */
#include "service/widening.h"

struct cascade_effect {
	size_t n_policies_changed, n_policies_deleted;
	size_t n_denies_lost;     /* deny statements that no longer exist or apply to less */
	struct widening widening; /* tag policies that deny less */
};

/* A change set holds at most 2^20 documents; what an object takes with it must leave room for the object and others. */
#define CASCADE_MAX_DOCUMENTS ((size_t)1000000)
/*
 * Can the role, tenant, governance policy, group, resource, user, service, application, entitlement or account go in
 * one change set? To be asked before its cascade; false: refuse.
 */
bool cascade_fits(struct txn *t, enum document_kind kind, struct str id);

/*
 * Access policies that name a user, group, role or service lose it as a subject; one left with none stays, and is about
 * nobody. What was granted to a user, group or role (model/kinds.h, struct access_grant) ends with it. Grants on a
 * resource that goes stay: entities need not be registered.
 */

/*
 * A role goes: statements that name it and have actions of their own lose the role; statements with only the role are
 * removed; a policy left without statements is deleted (managed policies never are: they keep the rest). Role members
 * go; tag policies are detached from it, and invitations no longer offer it.
 */
struct cascade_effect cascade_role(struct txn *t, struct str role);
/*
 * A tenant goes: it is removed from statements (one left with no tenant is removed, a policy without statements is
 * deleted), from the tenant lists of policies, roles and groups; role members held in it go; keys bound to it lose it
 * (a key left with none is deleted, with the account made for it); attachments of tag policies in it go, its tag
 * catalog, and Confident AI's roles and policies of it; resources and invitations lose it, and resources keep their
 * tags as mere texts.
 * Access policies lose it, and one left with no tenant is deleted.
 */
struct cascade_effect cascade_tenant(struct txn *t, struct str tenant);
/* A permission policy goes: it is taken out of the roles that hold it. */
void cascade_permission_policy(struct txn *t, struct str policy);
/* A governance policy goes: tenants are no longer under it. */
void cascade_governance_policy(struct txn *t, struct str policy);
/*
 * A group goes: its memberships, roles and attached tag policies go, and its subject string from the members of all
 * policies. Wildcards stay.
 */
struct cascade_effect cascade_group(struct txn *t, struct str group);
/* A resource goes: composites lose it as a member. */
void cascade_resource(struct txn *t, const struct resource *r);
/*
 * A user or service goes: group memberships, roles, keys, and the subject string from the members of all policies. A
 * user's bindings end, the accounts stay and are nobody's, what the user owned the others own alone, whose delegate
 * she was has none, and open access requests about the user are cancelled.
 */
struct cascade_effect cascade_principal(struct txn *t, struct str type, struct str id);

/* ---- applications (service/cascade_apps.c) ---------------------------------------------------------------------- */

struct app_entitlement;
struct app_user;
struct app_action;
/* An application goes, with its resource types, entitlements, actions and accounts and all that goes with those. */
void cascade_app(struct txn *t, struct str app);
/* An entitlement goes: its bindings end, and open access requests for it are cancelled. */
void cascade_entitlement(struct txn *t, const struct app_entitlement *e);
/* An action goes: open access requests for it are cancelled. */
void cascade_action(struct txn *t, const struct app_action *action);
/* An account goes: its bindings end, and open access requests about it are cancelled. */
void cascade_account(struct txn *t, const struct app_user *u);
/* For cascade.c: what of applications and delegations goes with a user, and how many documents go with an application.
 */
void cascade_user_in_apps(struct txn *t, struct str user);
size_t cascade_size_of_app(struct txn *t, struct str app);
