#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * What stands in native access policies (struct access_policy): how subjects, actions and resources are spelled.
 *
 *   subject    "user:<id>", "group:<id>", "role:<id>", "service:<id>", with canonical ids once stored; "*"
 *   action     a name, as a question has it; "*"; with wildcards as Connhex IAM has them: a:*, a:b:*, a:*:c, *:c
 *   resource   "<type>/<id>", where "*" as the id stands for every id, and an id that ends in ":*" for those that begin
 *              with what is before the '*'; "<type>", the type without an id; "*"
 */
#include "model/kinds.h"

/* The parts of "user:alice". DOC_NONE: not of that form ("*" is not). */
enum document_kind access_policy_subject_kind(struct str subject, struct str *ret_id);
/* How the policy spells a subject: "group:devs". In `a`. */
struct str access_policy_subject(struct arena *a, enum document_kind kind, struct str id);
bool access_policy_valid_action(struct str action);
bool access_policy_valid_resource(struct str resource);

/* The same as the engine knows them; absent for a subject that is none. In `a`. */
struct str access_policy_engine_subject(struct arena *a, struct str subject);
struct str access_policy_engine_resource(struct arena *a, struct str resource);
