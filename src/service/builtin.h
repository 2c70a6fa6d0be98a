#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * What an organization has before anybody made anything: the shipped roles, policies and teams of Connhex IAM's
 * ancestor (Chef Automate IAM v2), spelled with tenants. The hidden policies that protect them are the model's.
 */
#include "model/system_policies.h"
#include "service/service.h"

/* Id of the first user of an organization. */
#define OWNER_ID "owner"

/* Puts the shipped roles, policies, teams and approval policies into the change set that makes the organization. */
void builtin_org_defaults(struct txn *t);
/*
 * Puts those among them that an earlier version did not have and that nobody can have deleted: managed roles and
 * approval policies.
 */
void builtin_org_missing(struct txn *t);
