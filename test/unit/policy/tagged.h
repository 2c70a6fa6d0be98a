#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Snapshots with tag policies for tests, written as words.
 *
 *   policy     "projects:read project Env equals prod & Team matches a* | runs:read project Env equals prod"
 *   tags       "Env=prod Env=dev Team=a"; "" for none
 *
 * tagged_new() has the workspaces w1 and w2, LangSmith's built-in roles, and custom roles: "reader" (projects:read,
 * runs:read, datasets:read, datasets:clone, annotation-queues:read) and "empty" (nothing). In w1 alice holds reader,
 * bob empty, ada WORKSPACE_ADMIN; olga holds ORGANIZATION_ADMIN; nobody holds nothing. The group "team" has bob in it.
 */
#include "policy/ask.h"

struct snapshot *tagged_new(void);
void tagged_put(struct snapshot *s, const struct document *doc);
void tagged_organization(struct snapshot *s, bool rbac_is_off, bool abac_is_off);
/* `roles`: words; NULL or "" attaches it to none. */
void tagged_policy(struct snapshot *s, const char *id, bool deny, const char *groups, const char *roles);
void tagged_attach(struct snapshot *s, const char *policy, const char *group, const char *tenant);
void tagged_resource(struct snapshot *s, const char *type, const char *id, const char *tags);
/* Tags as words, in `a`. */
size_t tagged_tags(struct arena *a, const char *text, const struct tag **ret_tags);
/* A group from words, in `a`. */
struct tag_group tagged_group(struct arena *a, struct str text);
