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
/* And, with RBAC switched off, what every holder may do. */
void lower_role(const struct snapshot *s, const struct role *r, struct arena *a, struct statement_set *ret_set);

/*
 * A member of the group, in a tenant of which the asker is a member: allowing policies attached to groups are about
 * these subjects, which ask.c makes. Denying ones are about all members of the group. Cannot come from outside.
 */
#define SUBJECT_ATTACHED_GROUP "attached-group:"

/* LangSmith: tag_policy and policy_attachment. No statements when tag policies are switched off. */
void lower_tag_policy(const struct snapshot *s, const struct tag_policy *p, struct arena *a,
                      struct statement_set *ret_set);
void lower_policy_attachment(const struct snapshot *s, const struct policy_attachment *at, struct arena *a,
                             struct statement_set *ret_set);
/* The selector by which the group's statement is found of a resource of the type; absent: it is about other types. */
struct str lower_tag_selector(const struct tag_group *group, struct str type, struct arena *a);
/* The permissions that the role gives beside its own, because the organization has switched RBAC off; else none. */
struct str_list lower_permissions_without_rbac(const struct snapshot *s, const struct role *r, struct arena *a);

/* Confident AI: roles of its scopes, whose permissions follow from their policies. */
bool lower_is_confident_role(const struct role *r);
/* The names of what such a role allows in its own scope, in `a`. */
struct str_list lower_confident_actions(const struct snapshot *s, const struct role *r, struct arena *a);
void lower_confident_role(const struct snapshot *s, const struct role *r, struct arena *a,
                          struct statement_set *ret_set);

/* Native access policies, with their conditions. */
void lower_access_policy(const struct snapshot *s, const struct access_policy *p, struct arena *a,
                         struct statement_set *ret_set);

/* ConductorOne: what its holder may use, until it expires. */
void lower_entitlement_binding(const struct entitlement_binding *b, struct arena *a, struct statement_set *ret_set);
