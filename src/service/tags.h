#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The tag catalog of a tenant (LangSmith: tag keys, tag values, taggings) and the tags of resources, which it keeps in
 * step with: a resource in a tenant carries only tags of its tenant's catalog.
 *
 * All functions run in a job of the writer, on its transaction, and put nothing unless they return SERVICE_OK; `err`
 * then says why in words for a person.
 */
#include "service/result.h"
#include "service/widening.h"

/* Every new tenant has the keys Application and Environment. To be called once when a tenant is created. */
void tags_put_default_keys(struct txn *t, struct str tenant);

/*
 * Makes the tags of `next`, given as texts, entries of its tenant's catalog: missing keys and values are added to it,
 * tags that `old` (NULL: new) had keep the id and time of their tagging. Without a tenant they stay texts. Duplicates
 * collapse. SERVICE_INVALID: a text is not 1 to 255 characters. To be called before next is put; what denies stop
 * matching is added to `w`.
 */
enum service_result tags_bind(struct txn *t, struct resource *next, const struct resource *old, struct widening *w,
                              struct error *err) MUST_USE;
