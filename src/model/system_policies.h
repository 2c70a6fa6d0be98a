#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The hidden policies of Connhex IAM's ancestor (Chef Automate IAM v2), spelled with tenants: they protect what every
 * organization has before anybody made anything, and say what everybody may. Part of every snapshot
 * (policy/assembly.h).
 */
#include "model/kinds.h"

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
 * Never stored, never listed, in every snapshot. Constants; the array's length is returned. Their ids hold a ':', so
 * that no policy made by a client can have one.
 */
size_t system_policies(const struct statement_policy **ret);
