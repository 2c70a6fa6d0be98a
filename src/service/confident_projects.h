#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Making Confident AI's projects, which are tenants. Runs in a job of the writer, as service/directory.h. Changing one
 * is directory_update(), deleting one directory_delete().
 */
#include "service/directory.h"
#include "service/directory_keys.h"

struct confident_project_order {
	struct str name;
	struct str description;
	struct str email; /* of the user who is to own it; absent: the caller, if a user */
};

struct confident_new_project {
	struct tenant project;
	struct new_key key; /* its first. Wipe the text once it is shown */
};

/*
 * Stores a new project with its first key and its Owner. SERVICE_INVALID: nobody has that e-mail address.
 * SERVICE_DENIED: the caller's key is bound to tenants, of which this one is none.
 */
enum service_result confident_project_create(struct txn *t, const struct caller *c,
                                             const struct confident_project_order *order,
                                             struct confident_new_project *ret, struct error *err) MUST_USE;
