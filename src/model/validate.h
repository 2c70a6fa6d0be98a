#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The grammar of names: which strings may be an id, a member, an action … All checks are linear, by hand,
 * on bytes with a length. Sources: Chef Automate IAM v2 (the ancestor of Connhex IAM) where marked IAM.
 */
#include "base/arena.h"

/* Canonical ids of native objects: 1..128 of [A-Za-z0-9_.@+-], not starting with '.'. */
bool valid_native_id(struct str s);
/* Resource type: 1..128 bytes, [A-Za-z][A-Za-z0-9_.:-]*, not ending in ':'. */
bool valid_resource_type(struct str s);
/* Resource id: 1..256 bytes of UTF-8 without control characters. */
bool valid_resource_id(struct str s);
bool valid_email(struct str s);

/* IAM ids of policies, roles, teams: [A-Za-z0-9_-]{1,64}; strict: no capitals (Chef). */
bool iam_valid_id(struct str s, bool strict);
/* IAM tenant ids: {1,64}; strict: no capitals, {1,48}. */
bool iam_valid_tenant_id(struct str s, bool strict);
/* At least one character that is not white space. */
bool iam_valid_name(struct str s);
/* team:local:x, user:ldap:*, user:*, token:x, tls:service:n:*, * … */
bool iam_valid_member(struct str s);
/* *, *:verb, svc:type:verb, svc:*, svc:*:verb, svc:type:* */
bool iam_valid_action(struct str s);
/* a:b:c, a:b:*, * */
bool iam_valid_resource(struct str s);
/* Connhex membership ids: [[:alnum:]_.+@-]+ */
bool iam_valid_membership_id(struct str s);
/* What a decision may be asked about: no wildcards. */
bool iam_valid_query_subject(struct str s);
bool iam_valid_query_resource(struct str s);
bool iam_valid_query_action(struct str s);

/* The first item that stands before already (textually), or SIZE_MAX: lists are sets. `a` is scratch. */
size_t iam_first_duplicate(struct str_list list, struct arena *a);
