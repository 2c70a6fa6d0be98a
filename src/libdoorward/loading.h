#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Where an organization comes from: a store, which it can catch up with, or an archive. Results are those of
 * doorward.h. What cannot be read wholly is not opened, and does not replace what there is.
 */
#include "base/error.h"
#include "libdoorward/organization.h"

/* The whole of it, from its store. */
enum doorward_result load_from_store(struct doorward_organization *org, struct error *err) MUST_USE;
/* What has changed since the newest version. Under refresh_lock. */
enum doorward_result load_changes(struct doorward_organization *org, struct error *err) MUST_USE;
/* A new one, from the text of an archive. */
enum doorward_result load_from_archive(struct str text, struct doorward_organization **ret, struct error *err) MUST_USE;
