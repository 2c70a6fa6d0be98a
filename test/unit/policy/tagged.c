/* SPDX-License-Identifier: Apache-2.0 */
#include "tagged.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct str next_word(struct str *rest)
{
	struct str word;

	while (str_split(rest, ' ', &word))
		if (!str_is_empty(word))
			return word;
	return STR_NONE;
}

static struct str_list words(struct arena *a, const char *text)
{
	struct str rest = str_of(text), word, *items = NULL;
	size_t n = 0, cap = 0;

	while (!str_is_absent(word = next_word(&rest))) {
		ARENA_ROOM(a, items, n, &cap);
		items[n++] = word;
	}
	return (struct str_list){items, n};
}

void tagged_put(struct snapshot *s, const struct document *in)
{
	CLEANUP(buf_releasep) struct buf body = BUF_INIT(1 << 20);
	struct document *doc;

	document_encode(in, &body);
	assert_int_equal(document_decode(in->kind, in->id, buf_str(&body), &doc, NULL), 0);
	snapshot_put(s, doc);
}

static void put_role(struct snapshot *s, const char *id, const char *actions)
{
	struct arena a = ARENA_INIT;

	tagged_put(s, &(struct role){.doc = {.kind = DOC_ROLE, .id = str_of(id)},
	                             .actions = words(&a, actions),
	                             .scope = STR(ROLE_SCOPE_WORKSPACE)}
	                   .doc);
	arena_release(&a);
}

static void put_holder(struct snapshot *s, const char *user, const char *role, const char *tenant)
{
	struct arena a = ARENA_INIT;
	struct str id = arena_strf(&a, "%s/user/%s/%s", role, user, tenant ? tenant : "");

	tagged_put(s, &(struct user){.doc = {.kind = DOC_USER, .id = str_of(user)}}.doc);
	tagged_put(s, &(struct role_member){.doc = {.kind = DOC_ROLE_MEMBER, .id = id},
	                                    .role = str_of(role),
	                                    .principal_type = STR("user"),
	                                    .principal_id = str_of(user),
	                                    .tenant = str_of(tenant)}
	                   .doc);
	arena_release(&a);
}

void tagged_organization(struct snapshot *s, bool rbac_is_off, bool abac_is_off)
{
	tagged_put(s, &(struct organization){.doc = {.kind = DOC_ORGANIZATION, .id = STR("o")},
	                                     .rbac_is_off = rbac_is_off,
	                                     .abac_is_off = abac_is_off}
	                   .doc);
}

struct snapshot *tagged_new(void)
{
	struct snapshot *s = snapshot_new(STR("o"), 3);
	size_t n;
	const struct role *roles = langsmith_roles(&n);

	for (size_t i = 0; i < n; i++)
		tagged_put(s, &roles[i].doc);
	tagged_organization(s, false, false);
	tagged_put(s, &(struct tenant){.doc = {.kind = DOC_TENANT, .id = STR("w1")}}.doc);
	tagged_put(s, &(struct tenant){.doc = {.kind = DOC_TENANT, .id = STR("w2")}}.doc);
	put_role(s, "reader", "projects:read runs:read datasets:read datasets:clone annotation-queues:read");
	put_role(s, "empty", "");
	put_holder(s, "alice", "reader", "w1");
	put_holder(s, "bob", "empty", "w1");
	put_holder(s, "ada", LANGSMITH_WORKSPACE_ADMIN, "w1");
	put_holder(s, "olga", LANGSMITH_ORGANIZATION_ADMIN, NULL);
	tagged_put(s, &(struct user){.doc = {.kind = DOC_USER, .id = STR("nobody")}}.doc);
	tagged_put(s, &(struct group){.doc = {.kind = DOC_GROUP, .id = STR("team")}, .type = STR("team")}.doc);
	tagged_put(s, &(struct group_member){.doc = {.kind = DOC_GROUP_MEMBER, .id = STR("team/bob")},
	                                     .group = STR("team"),
	                                     .member = STR("bob")}
	                   .doc);
	return s;
}

struct tag_group tagged_group(struct arena *a, struct str text)
{
	struct tag_group g = {.permission = next_word(&text), .resource_type = next_word(&text)};
	struct tag_condition *items = NULL;
	struct str key;
	size_t cap = 0;

	while (!str_is_absent(key = next_word(&text))) {
		if (str_eq(key, STR("&")))
			continue;
		ARENA_ROOM(a, items, g.n_conditions, &cap);
		items[g.n_conditions] = (struct tag_condition){.attribute = STR(TAG_ATTRIBUTE), .key = key};
		items[g.n_conditions].operator= next_word(&text);
		items[g.n_conditions++].value = next_word(&text);
	}
	g.conditions = items;
	return g;
}

void tagged_policy(struct snapshot *s, const char *id, bool deny, const char *groups, const char *roles)
{
	struct arena a = ARENA_INIT;
	struct str rest = str_of(groups), text;
	struct tag_group *items = NULL;
	size_t n = 0, cap = 0;

	while (str_split(&rest, '|', &text)) {
		ARENA_ROOM(&a, items, n, &cap);
		items[n++] = tagged_group(&a, text);
	}
	tagged_put(s, &(struct tag_policy){.doc = {.kind = DOC_TAG_POLICY, .id = str_of(id)},
	                                   .name = str_of(id),
	                                   .deny = deny,
	                                   .groups = items,
	                                   .n_groups = n,
	                                   .roles = words(&a, roles)}
	                   .doc);
	arena_release(&a);
}

void tagged_attach(struct snapshot *s, const char *policy, const char *group, const char *tenant)
{
	struct arena a = ARENA_INIT;
	struct str id = arena_strf(&a, "%s/%s/%s", policy, group, tenant ? tenant : "");

	tagged_put(s, &(struct policy_attachment){.doc = {.kind = DOC_POLICY_ATTACHMENT, .id = id},
	                                          .policy = str_of(policy),
	                                          .group = str_of(group),
	                                          .tenant = str_of(tenant)}
	                   .doc);
	arena_release(&a);
}

size_t tagged_tags(struct arena *a, const char *text, const struct tag **ret_tags)
{
	struct str_list list = words(a, text);
	struct tag *tags = ARENA_ARRAY(a, struct tag, list.n);

	for (size_t i = 0; i < list.n; i++) {
		struct str rest = list.items[i];

		assert_true(str_split(&rest, '=', &tags[i].key));
		tags[i].value = rest;
	}
	*ret_tags = tags;
	return list.n;
}

void tagged_resource(struct snapshot *s, const char *type, const char *id, const char *tags)
{
	struct arena a = ARENA_INIT;
	const struct tag *from;
	size_t n = tagged_tags(&a, tags, &from);
	struct resource_tag *to = ARENA_ARRAY(&a, struct resource_tag, n);

	for (size_t i = 0; i < n; i++)
		to[i] = (struct resource_tag){.key = from[i].key, .value = from[i].value};
	tagged_put(s, &(struct resource){.doc = {.kind = DOC_RESOURCE, .id = arena_strf(&a, "%s/%s", type, id)},
	                                 .type = str_of(type),
	                                 .resource_id = str_of(id),
	                                 .tenant = STR("w1"),
	                                 .tags = to,
	                                 .n_tags = n}
	                   .doc);
	arena_release(&a);
}
