#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Lowering: what a document of a dialect means, as statements. One file a dialect (lower_<dialect>.c). Called by
 * the snapshot for every document that is put; not for other layers.
 */
#include "policy/snapshot.h"

/*
 * Fills `*ret_set` (strings borrowed from the document, the snapshot and `a`) and returns true, or false when the
 * document's kind says nothing to the engine.
 */
bool lower_document(const struct snapshot *s, const struct document *doc, struct arena *a,
                    struct statement_set *ret_set);

/* Connhex IAM: statement_policy and role. */
void lower_statement_policy(const struct snapshot *s, const struct statement_policy *p, struct arena *a,
                            struct statement_set *ret_set);
void lower_role(const struct role *r, struct arena *a, struct statement_set *ret_set);

/* Confident AI: roles of its scopes, whose permissions follow from their policies. */
bool lower_is_confident_role(const struct role *r);
void lower_confident_role(const struct snapshot *s, const struct role *r, struct arena *a,
                          struct statement_set *ret_set);
