#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * What a document must be to be imported. For the import's own files.
 */
#include "service/result.h"
#include "service/service.h"

/* What can be said of a document before the others are there, so that it can be put: its form, and whether its id,
 * aliases and unique key are free in t->snapshot. */
enum service_result import_check_form(struct txn *t, const struct document *doc, struct error *err) MUST_USE;
/*
 * The rest, once all of them are in t->snapshot: what it refers to is there, and its own rules. SERVICE_INVALID also
 * when it is not spelled as it would be stored.
 */
enum service_result import_check_rules(struct txn *t, struct document *doc, struct error *err) MUST_USE;
