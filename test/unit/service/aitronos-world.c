/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aitronos-world.h"

#include "model/aitronos.h"
#include "service/builtin.h"

struct arena arena;
struct snapshot *snapshot;
struct txn txn;
static uint64_t seq;

/* The way every stored document takes. */
void put(const struct document *doc)
{
	CLEANUP(buf_releasep) struct buf body = BUF_INIT(BUF_MAX_RESPONSE_BYTES);
	struct document *copy;

	document_encode(doc, &body);
	assert_int_equal(document_decode(doc->kind, doc->id, buf_str(&body), &copy, NULL), 0);
	copy->seq = ++seq;
	snapshot_put(snapshot, copy);
}

void put_department(struct str id, struct str parent)
{
	put(&(struct group){.doc = {.kind = DOC_GROUP, .id = id}, .type = STR(GROUP_DEPARTMENT), .parent = parent}.doc);
}

void put_user(struct str id)
{
	put(&(struct user){.doc = {.kind = DOC_USER, .id = id}, .email = arena_concat(&arena, id, STR("@x.org"))}.doc);
}

void join(struct str department, struct str name)
{
	put(&(struct group_member){
	    .doc = {.kind = DOC_GROUP_MEMBER, .id = group_member_id(&arena, department, name)},
	    .group = department,
	    .member = name,
	}
	         .doc);
}

void hold(struct str role, struct str type, struct str id, struct str tenant)
{
	put(&(struct role_member){
	    .doc = {.kind = DOC_ROLE_MEMBER, .id = role_member_id(&arena, role, (struct principal){type, id}, tenant)},
	    .role = role,
	    .principal_type = type,
	    .principal_id = id,
	    .tenant = tenant,
	}
	         .doc);
}

void put_slice(struct str id, struct str tenant, struct str_list members)
{
	put(&(struct resource){
	    .doc = {.kind = DOC_RESOURCE, .id = arena_concat(&arena, STR("knowledge_slice/"), id)},
	    .type = STR("knowledge_slice"),
	    .resource_id = id,
	    .tenant = tenant,
	    .members = members,
	}
	         .doc);
}

int world_setup(void **state UNUSED)
{
	static const struct str everything = STR_INIT("*");
	size_t n;
	const struct role *roles = aitronos_roles(&n);

	seq = 0;
	snapshot = snapshot_new(STR("acme"), 1);
	put(&(struct organization){.doc = {.kind = DOC_ORGANIZATION, .id = STR("acme")}}.doc);
	for (size_t i = n; i-- > 0;) /* in another order than they are listed in */
		put(&roles[i].doc);
	put(&(struct role){.doc = {.kind = DOC_ROLE, .id = STR(BUILTIN_OWNER)}, .actions = {&everything, 1}}.doc);
	put(&(struct tenant){.doc = {.kind = DOC_TENANT, .id = STR("t1")}}.doc);
	put_user(STR("ann"));
	put_user(STR("bob"));
	txn = (struct txn){.snapshot = snapshot, .arena = &arena, .now_ms = 1};
	return 0;
}

int world_teardown(void **state UNUSED)
{
	snapshot_drop(snapshot);
	arena_release(&arena);
	return 0;
}

/* The changes as "+kind id" and "-kind id", in order; "+kind *" stands for an id that was made up. */
void assert_changes(const char *const *want, size_t n)
{
	assert_int_equal(txn.n_changes, n);
	for (size_t i = 0; i < n; i++) {
		const struct store_change *c = &txn.changes[i];
		bool is_any = str_ends_with(str_of(want[i]), STR(" *"));
		struct str text = arena_strf(&arena, "%s" STR_FMT " " STR_FMT, str_is_absent(c->body) ? "-" : "+",
		                             STR_ARG(c->kind), STR_ARG(is_any ? STR("*") : c->id));

		assert_string_equal(text.ptr, want[i]);
	}
	txn.n_changes = 0;
}
/* A caller who is this user, with a key that is bound to no tenant. */
struct caller caller(struct str id)
{
	static const struct key unbound;
	struct caller c = {.key = &unbound, .type = STR("user"), .id = id};

	snapshot_subjects(snapshot, c.type, c.id, &arena, &c.subjects, &c.n_subjects);
	return c;
}

const struct user *user(struct str id)
{
	return FIND(snapshot, user, USER, id);
}
