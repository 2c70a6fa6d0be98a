#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * What an organization has before anybody made anything: the shipped roles, policies and teams of Connhex IAM's
 * ancestor (Chef Automate IAM v2), spelled with tenants, and the hidden system policies that protect them.
 */
#include "service/service.h"

/* The policy that makes administrators, and the team it is for: the one may not be taken from the other. */
#define BUILTIN_ADMIN_POLICY "administrator-access"
#define BUILTIN_ADMIN_TEAM   "team:local:admins"

/* The role of whom nothing is denied but what protects managed objects; the first user of an organization holds it. */
#define BUILTIN_OWNER "owner"
/* Roles that the policies of a new tenant grant. */
#define BUILTIN_TENANT_ADMIN "tenant-admin"
#define BUILTIN_EDITOR       "editor"
#define BUILTIN_VIEWER       "viewer"

/*
 * The system policies: never stored, never listed, in every snapshot. Constants; the array's length is returned. Their
 * ids hold a ':', so that no policy made by a client can have one.
 */
size_t builtin_system_policies(const struct statement_policy **ret);
/* Puts the shipped roles, policies, teams and approval policies into the change set that makes the organization. */
void builtin_org_defaults(struct txn *t);
/*
 * Puts those among them that an earlier version did not have and that nobody can have deleted: managed roles and
 * approval policies.
 */
void builtin_org_missing(struct txn *t);
