#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Making workspaces, which are tenants with LangSmith's rules for names. Runs in a job of the writer, as
 * service/directory.h. Deleting one is directory_delete().
 */
#include "service/memberships.h"

#define WORKSPACE_MAX_HANDLE_BYTES 64u

/*
 * Stores a new workspace; without an id it gets one. Who makes it becomes its Admin, unless an Organization Admin, who
 * is that anyway. SERVICE_CONFLICT: the id or the handle is taken.
 */
enum service_result workspace_create(struct txn *t, struct tenant *w, struct principal creator,
                                     struct error *err) MUST_USE;
/* Stores a new display name. */
enum service_result workspace_rename(struct txn *t, const struct tenant *old, struct str display_name,
                                     struct tenant *ret, struct error *err) MUST_USE;
