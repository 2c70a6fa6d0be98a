/* SPDX-License-Identifier: Apache-2.0
 *
 * Resolved access, case by case: the levels and paths of a user, the users with access to an entity, and that both say
 * the same as decisions do. Names AI-… are those of the conformance list of the dialect.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "model/aitronos.h"
#include "policy/access.h"
#include "policy/ask.h"

#define ALL_TYPES 0u

/* An organization under construction, and the number of its next grant. */
struct world {
	struct snapshot *snapshot;
	uint64_t next_seq;
	struct arena arena; /* of answers and of ids */
};

static void put(struct world *w, struct document *in)
{
	CLEANUP(buf_releasep) struct buf body = BUF_INIT(1 << 20);
	struct document *doc;

	document_encode(in, &body);
	assert_false(body.overflowed);
	assert_int_equal(document_decode(in->kind, in->id, buf_str(&body), &doc, NULL), 0);
	doc->seq = in->seq;
	snapshot_put(w->snapshot, doc);
}

static void put_user(struct world *w, const char *id)
{
	const struct str alias = arena_strf(&w->arena, "usr_%s", id);
	struct user user = {.doc = {.kind = DOC_USER, .id = str_of(id), .aliases = {&alias, 1}},
	                    .email = arena_strf(&w->arena, "%s@x.org", id)};

	put(w, &user.doc);
}

static void put_department(struct world *w, const char *id, const char *parent)
{
	put(w, &(struct group){.doc = {.kind = DOC_GROUP, .id = str_of(id)},
	                       .type = STR(GROUP_DEPARTMENT),
	                       .parent = str_of(parent)}
	            .doc);
}

static struct str member_id(struct world *w, const char *group, const char *member)
{
	return arena_strf(&w->arena, "%s/%s", group, member);
}

static void put_member(struct world *w, const char *group, const char *member)
{
	put(w, &(struct group_member){.doc = {.kind = DOC_GROUP_MEMBER, .id = member_id(w, group, member)},
	                              .group = str_of(group),
	                              .member = str_of(member)}
	            .doc);
}

static struct str holding_id(struct world *w, const char *role, const char *type, const char *id, const char *tenant)
{
	return arena_strf(&w->arena, "%s/%s/%s/%s", role, type, id, tenant ? tenant : "");
}

static void put_holding(struct world *w, const char *role, const char *type, const char *id, const char *tenant)
{
	put(w, &(struct role_member){.doc = {.kind = DOC_ROLE_MEMBER, .id = holding_id(w, role, type, id, tenant)},
	                             .role = str_of(role),
	                             .principal_type = str_of(type),
	                             .principal_id = str_of(id),
	                             .tenant = str_of(tenant)}
	            .doc);
}

/* A knowledge slice; with members a composite. */
static void put_slice(struct world *w, const char *id, struct str_list members)
{
	put(w, &(struct resource){.doc = {.kind = DOC_RESOURCE, .id = arena_strf(&w->arena, "knowledge_slice/%s", id)},
	                          .type = STR("knowledge_slice"),
	                          .resource_id = str_of(id),
	                          .members = members}
	            .doc);
}

static void put_organization(struct world *w, bool departments_inherit)
{
	put(w, &(struct organization){.doc = {.kind = DOC_ORGANIZATION, .id = STR("o")},
	                              .departments_inherit = departments_inherit}
	            .doc);
}

/* "agrant_1": "admin knowledge_slice s1 user ann". */
static void grant(struct world *w, const char *id, const char *what)
{
	struct access_grant g = {.doc = {.kind = DOC_ACCESS_GRANT, .id = str_of(id)}, .granted_by = STR("owner")};
	struct str rest = str_of(what), part[5];
	struct access_grant old;

	for (size_t i = 0; i < N_ELEMENTS(part); i++)
		assert_true(str_split(&rest, ' ', &part[i]));
	g.level = access_level_of(part[0]);
	g.entity_type = entity_type_of(part[1]);
	g.entity_id = part[2];
	g.grantee_type = grantee_type_of(part[3]);
	g.grantee_id = part[4];
	assert_true(g.level && g.entity_type && g.grantee_type);
	g.doc.seq = grants_find(&w->snapshot->grants, g.doc.id, &old) ? old.doc.seq : w->next_seq++;
	put(w, &g.doc);
}

static void revoke(struct world *w, const char *id)
{
	assert_true(snapshot_remove(w->snapshot, DOC_ACCESS_GRANT, str_of(id)));
}

/* ann is in d, bob in d2 below it, cat holds r; c is a composite of s1 and s2. */
static void world_init(struct world *w)
{
	static const struct str members[] = {STR_INIT("s1"), STR_INIT("s2")};

	*w = (struct world){.snapshot = snapshot_new(STR("o"), 7), .next_seq = 1, .arena = ARENA_INIT};
	put_organization(w, false);
	put(w, &(struct tenant){.doc = {.kind = DOC_TENANT, .id = STR("t1")}}.doc);
	put_user(w, "ann");
	put_user(w, "bob");
	put_user(w, "cat");
	put_user(w, "own");
	put_department(w, "d", NULL);
	put_department(w, "d2", "d");
	put_member(w, "d", "ann");
	put_member(w, "d2", "bob");
	put(w, &(struct role){.doc = {.kind = DOC_ROLE, .id = STR("r")}, .scope = STR(ROLE_SCOPE_AITRONOS)}.doc);
	put_holding(w, "r", "user", "cat", NULL);
	put_holding(w, AITRONOS_OWNER, "user", "own", NULL);
	put_slice(w, "s1", (struct str_list){0});
	put_slice(w, "s2", (struct str_list){0});
	put_slice(w, "c", (struct str_list){members, 2});
}

static void world_release(struct world *w)
{
	snapshot_drop(w->snapshot);
	arena_release(&w->arena);
}

/* ---- what is said, as text ------------------------------------------------------------------------------- */

static void add_paths(struct buf *b, enum access_level level, const struct access_path *paths, size_t n)
{
	static const char *const types[] = {[PATH_DIRECT] = "direct",
	                                    [PATH_DEPARTMENT] = "department",
	                                    [PATH_ROLE] = "role",
	                                    [PATH_COMPOSITE] = "composite"};

	buf_addf(b, STR_FMT " by", STR_ARG(access_level_name(level)));
	for (size_t i = 0; i < n; i++)
		buf_addf(b, " %s " STR_FMT, types[paths[i].type], STR_ARG(paths[i].grant.doc.id));
	buf_addf(b, "; ");
}

static void assert_text(struct buf *b, const char *want)
{
	buf_add_char(b, '\0');
	assert_string_equal(buf_str(b).ptr, want);
}

/* All that a user may do, "s1 write by direct g1 department g2; ". */
static void assert_user(struct world *w, const char *id, unsigned types, const char *want)
{
	CLEANUP(buf_releasep) struct buf b = BUF_INIT(1 << 20);
	const struct user *user = FIND(w->snapshot, user, USER, str_of(id));
	const struct entity_access *list;
	size_t n;

	assert_non_null(user);
	n = access_of_user(w->snapshot, user, types, &w->arena, &list);
	for (size_t i = 0; i < n; i++) {
		buf_addf(&b, STR_FMT " ", STR_ARG(list[i].id));
		add_paths(&b, list[i].level, list[i].paths, list[i].n_paths);
	}
	assert_text(&b, want);
}

/* Everybody with access to an entity, likewise. */
static void assert_users(struct world *w, enum entity_type type, const char *id, const char *want)
{
	CLEANUP(buf_releasep) struct buf b = BUF_INIT(1 << 20);
	const struct user_access *list;
	size_t n = access_to_entity(w->snapshot, type, str_of(id), &w->arena, &list);

	for (size_t i = 0; i < n; i++) {
		buf_addf(&b, STR_FMT " ", STR_ARG(list[i].user->doc.id));
		add_paths(&b, list[i].level, list[i].paths, list[i].n_paths);
	}
	assert_text(&b, want);
}

static bool may(struct world *w, const char *user, const char *action, const char *slice)
{
	const struct ask q = {.subject_type = STR("user"),
	                      .subject_id = str_of(user),
	                      .action = str_of(action),
	                      .resource = {.type = STR("knowledge_slice"), .id = str_of(slice)},
	                      .now_ms = 1};

	return verdict_allows(snapshot_ask(w->snapshot, &q, &w->arena, NULL).verdict);
}

/* ---- cases ----------------------------------------------------------------------------------------------- */

/* AI-26, AI-27, AI-29, AI-30: paths add up, the highest counts, and each goes with its grant. */
static void paths_add_up(void **state)
{
	struct world *w = *state;

	grant(w, "g1", "read knowledge_slice s1 user ann");
	assert_user(w, "ann", ALL_TYPES, "s1 read by direct g1; ");
	grant(w, "g2", "write knowledge_slice s1 department d");
	assert_user(w, "ann", ALL_TYPES, "s1 write by direct g1 department g2; ");
	assert_true(may(w, "ann", "write", "s1"));
	revoke(w, "g2");
	assert_user(w, "ann", ALL_TYPES, "s1 read by direct g1; ");
	assert_false(may(w, "ann", "write", "s1"));
	revoke(w, "g1");
	assert_user(w, "ann", ALL_TYPES, "");
	assert_users(w, ENTITY_KNOWLEDGE_SLICE, "s1", "");
	assert_false(may(w, "ann", "read", "s1"));
}

/* AI-28: a role's grant is its holders'; a direct grant neither overrides nor limits it. */
static void roles_bring_grants(void **state)
{
	struct world *w = *state;

	grant(w, "g1", "read knowledge_slice s1 user ann");
	grant(w, "g2", "read knowledge_slice s1 user cat");
	grant(w, "g3", "admin knowledge_slice s1 role r");
	assert_user(w, "cat", ALL_TYPES, "s1 admin by direct g2 role g3; ");
	assert_user(w, "ann", ALL_TYPES, "s1 read by direct g1; ");
	assert_users(w, ENTITY_KNOWLEDGE_SLICE, "s1", "ann read by direct g1; cat admin by direct g2 role g3; ");
}

/* AI-31: who leaves a department or a role loses what came through it at once. */
static void memberships_end(void **state)
{
	struct world *w = *state;

	grant(w, "g1", "write vector_store v1 department d");
	grant(w, "g2", "write vector_store v1 role r");
	assert_users(w, ENTITY_VECTOR_STORE, "v1", "ann write by department g1; cat write by role g2; ");
	assert_true(snapshot_remove(w->snapshot, DOC_GROUP_MEMBER, member_id(w, "d", "ann")));
	assert_user(w, "ann", ALL_TYPES, "");
	assert_true(snapshot_remove(w->snapshot, DOC_ROLE_MEMBER, holding_id(w, "r", "user", "cat", NULL)));
	assert_user(w, "cat", ALL_TYPES, "");
	assert_users(w, ENTITY_VECTOR_STORE, "v1", "");
}

/* AI-32: a department's grant is its own members', unless the organization says otherwise. */
static void departments_inherit_when_told(void **state)
{
	struct world *w = *state;

	grant(w, "g1", "read knowledge_slice s1 department d");
	grant(w, "g2", "read knowledge_slice s2 department d2");
	assert_user(w, "bob", ALL_TYPES, "s2 read by department g2; ");
	put_organization(w, true);
	assert_user(w, "bob", ALL_TYPES, "s1 read by department g1; s2 read by department g2; ");
	assert_user(w, "ann", ALL_TYPES, "s1 read by department g1; ");
	assert_users(w, ENTITY_KNOWLEDGE_SLICE, "s1", "ann read by department g1; bob read by department g1; ");
	assert_true(may(w, "bob", "read", "s1"));
	put_organization(w, false);
	assert_users(w, ENTITY_KNOWLEDGE_SLICE, "s1", "ann read by department g1; ");
	assert_false(may(w, "bob", "read", "s1"));
}

/* Through a team nothing is inherited, and a circle of departments has an end; each member stands there once. */
static void ways_up_end(void **state)
{
	struct world *w = *state;

	put_organization(w, true);
	put_department(w, "d", "d3");
	put_department(w, "d3", "d2");
	put(w, &(struct group){.doc = {.kind = DOC_GROUP, .id = STR("t")}, .type = STR(GROUP_TEAM), .parent = STR("d")}
	            .doc);
	put_department(w, "d4", "t");
	put_member(w, "t", "cat");
	put_member(w, "d4", "own");
	put_member(w, "d3", "ann");
	grant(w, "g1", "read assistant a1 department d3");
	assert_users(w, ENTITY_ASSISTANT, "a1", "ann read by department g1; bob read by department g1; ");
	assert_user(w, "ann", ALL_TYPES, "a1 read by department g1; ");
	assert_user(w, "cat", ALL_TYPES, "");
	assert_user(w, "own", ALL_TYPES, "");
}

/* AI-33, AI-34, AI-35: what is granted on a composite reaches its members, not the other way round. */
static void composites_reach_members(void **state)
{
	struct world *w = *state;

	grant(w, "g1", "write knowledge_slice c user bob");
	grant(w, "g2", "admin knowledge_slice s1 user ann");
	assert_user(w, "bob", ALL_TYPES, "c write by direct g1; s1 write by composite g1; s2 write by composite g1; ");
	assert_user(w, "ann", ALL_TYPES, "s1 admin by direct g2; ");
	assert_users(w, ENTITY_KNOWLEDGE_SLICE, "c", "bob write by direct g1; ");
	grant(w, "g3", "read knowledge_slice c department d");
	assert_user(w, "ann", ALL_TYPES,
	            "s1 admin by direct g2 composite g3; c read by department g3; s2 read by composite g3; ");
	assert_users(w, ENTITY_KNOWLEDGE_SLICE, "s1",
	             "ann admin by direct g2 composite g3; bob write by composite g1; ");
	assert_true(may(w, "bob", "write", "s2"));
	assert_false(may(w, "ann", "write", "s2"));
}

/* One level deep, of slices alone, each member once, and itself not by itself. */
static void composites_reach_no_further(void **state)
{
	static const struct str odd[] = {STR_INIT("c"), STR_INIT("k"), STR_INIT("c"), STR_INIT("unregistered")};
	struct world *w = *state;

	put_slice(w, "k", (struct str_list){odd, N_ELEMENTS(odd)});
	put(w, &(struct resource){.doc = {.kind = DOC_RESOURCE, .id = STR("vector_store/v1")},
	                          .type = STR("vector_store"),
	                          .resource_id = STR("v1"),
	                          .members = {odd, N_ELEMENTS(odd)}}
	            .doc);
	grant(w, "g1", "read knowledge_slice k user ann");
	grant(w, "g2", "read vector_store v1 user ann");
	assert_user(
	    w, "ann", ALL_TYPES,
	    "k read by direct g1; c read by composite g1; unregistered read by composite g1; v1 read by direct g2; ");
	assert_users(w, ENTITY_KNOWLEDGE_SLICE, "k", "ann read by direct g1; ");
	assert_users(w, ENTITY_KNOWLEDGE_SLICE, "unregistered", "ann read by composite g1; ");
	assert_users(w, ENTITY_KNOWLEDGE_SLICE, "s1", "");
	assert_users(w, ENTITY_VECTOR_STORE, "unregistered", "");
	assert_false(may(w, "ann", "read", "s1"));
}

/* AI-36: only the types that are asked for; one id may be of several types. */
static void types_are_apart(void **state)
{
	struct world *w = *state;

	grant(w, "g1", "read assistant x user ann");
	grant(w, "g2", "write knowledge_slice x user ann");
	grant(w, "g3", "admin vector_store x user ann");
	assert_user(w, "ann", ALL_TYPES, "x read by direct g1; x write by direct g2; x admin by direct g3; ");
	assert_user(w, "ann", 1u << ENTITY_ASSISTANT, "x read by direct g1; ");
	assert_user(w, "ann", 1u << ENTITY_KNOWLEDGE_SLICE | 1u << ENTITY_VECTOR_STORE,
	            "x write by direct g2; x admin by direct g3; ");
	assert_users(w, ENTITY_KNOWLEDGE_SLICE, "x", "ann write by direct g2; ");
}

/* AI-37: users in the order in which they were made, each with all her paths in the order of the grants. */
static void users_are_listed(void **state)
{
	struct world *w = *state;

	put_member(w, "d", "cat");
	grant(w, "g1", "read knowledge_slice s1 user cat");
	grant(w, "g2", "admin knowledge_slice s1 role r");
	grant(w, "g3", "write knowledge_slice s1 department d");
	grant(w, "g4", "read knowledge_slice s1 user nobody");
	grant(w, "g5", "read knowledge_slice s1 department nothing");
	grant(w, "g6", "read knowledge_slice s1 role nothing");
	assert_users(w, ENTITY_KNOWLEDGE_SLICE, "s1",
	             "ann write by department g3; cat admin by direct g1 role g2 department g3; ");
}

/* AI-40: the owner manages grants, and has access to nothing. */
static void owners_have_no_access(void **state)
{
	struct world *w = *state;

	grant(w, "g1", "admin knowledge_slice s1 user ann");
	assert_user(w, "own", ALL_TYPES, "");
	assert_user(w, "bob", ALL_TYPES, "");
	assert_users(w, ENTITY_KNOWLEDGE_SLICE, "unknown", "");
}

/* AI-41: another organization knows nothing of it, whatever is called the same there. */
static void organizations_are_apart(void **state)
{
	struct world *w = *state, other;

	world_init(&other);
	grant(w, "g1", "admin knowledge_slice s1 user ann");
	assert_user(&other, "ann", ALL_TYPES, "");
	assert_users(&other, ENTITY_KNOWLEDGE_SLICE, "s1", "");
	assert_user(w, "ann", ALL_TYPES, "s1 admin by direct g1; ");
	world_release(&other);
}

/* AI-42: a level that is changed keeps its place, and is everybody's at once. */
static void levels_change(void **state)
{
	struct world *w = *state;

	put_member(w, "d", "cat");
	grant(w, "g1", "admin knowledge_slice s1 department d");
	grant(w, "g2", "write knowledge_slice s2 department d");
	grant(w, "g1", "read knowledge_slice s1 department d");
	assert_user(w, "ann", ALL_TYPES, "s1 read by department g1; s2 write by department g2; ");
	assert_users(w, ENTITY_KNOWLEDGE_SLICE, "s1", "ann read by department g1; cat read by department g1; ");
}

/* A role held by a group is its members'; one held in a tenant alone brings nothing, nor does one that a service holds.
 */
static void roles_are_held_in_many_ways(void **state)
{
	struct world *w = *state;

	put_holding(w, "r", "group", "d", NULL);
	put_holding(w, "r", "user", "bob", "t1");
	put_holding(w, "r", "group", "d2", "t1");
	put(w, &(struct service_account){.doc = {.kind = DOC_SERVICE_ACCOUNT, .id = STR("own")}}.doc);
	put_holding(w, "r", "service", "own", NULL);
	grant(w, "g1", "read knowledge_slice s1 role r");
	assert_users(w, ENTITY_KNOWLEDGE_SLICE, "s1", "ann read by role g1; cat read by role g1; ");
	assert_user(w, "bob", ALL_TYPES, "");
	assert_user(w, "own", ALL_TYPES, "");
	put_organization(w, true); /* what is granted is inherited, what is held is not */
	assert_user(w, "bob", ALL_TYPES, "");
	assert_users(w, ENTITY_KNOWLEDGE_SLICE, "s1", "ann read by role g1; cat read by role g1; ");
}

/* Members may have been added under any of their names, and under several. */
static void members_have_names(void **state)
{
	struct world *w = *state;

	put_member(w, "d", "usr_ann");
	put_member(w, "d", "usr_bob");
	put_member(w, "d", "cat@x.org");
	grant(w, "g1", "read knowledge_slice s1 department d");
	assert_users(w, ENTITY_KNOWLEDGE_SLICE, "s1",
	             "ann read by department g1; bob read by department g1; cat read by department g1; ");
	assert_user(w, "ann", ALL_TYPES, "s1 read by department g1; ");
}

/* ---- costs, told by the memory that answers take ---------------------------------------------------------- */

enum { MANY = 1000 };

/* What an answer of `n` paths may take: some copies of each on its way, and no more when there is more beside it. */
static void assert_cost(size_t bytes, size_t n)
{
	assert_true(bytes < n * 1000 + 4000);
}

static size_t bytes_of_user(const struct world *w, const char *id, size_t want_n)
{
	struct arena a = ARENA_INIT;
	const struct entity_access *list;
	size_t n = access_of_user(w->snapshot, FIND(w->snapshot, user, USER, str_of(id)), ALL_TYPES, &a, &list), bytes;

	assert_int_equal(n, want_n);
	bytes = a.used_bytes;
	arena_release(&a);
	return bytes;
}

static size_t bytes_of_entity(const struct world *w, const char *id, size_t want_n, size_t want_paths)
{
	struct arena a = ARENA_INIT;
	const struct user_access *list;
	size_t n = access_to_entity(w->snapshot, ENTITY_KNOWLEDGE_SLICE, str_of(id), &a, &list), bytes;

	assert_int_equal(n, want_n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(list[i].n_paths, want_paths);
	bytes = a.used_bytes;
	arena_release(&a);
	return bytes;
}

static const char *numbered(struct world *w, const char *prefix, int i)
{
	return arena_strf(&w->arena, "%s%d", prefix, i).ptr;
}

static void grant_numbered(struct world *w, const char *id, const char *level, const char *entity, const char *grantee)
{
	grant(w, id, arena_strf(&w->arena, "%s knowledge_slice %s %s", level, entity, grantee).ptr);
}

/* `n` composites, each of the same MANY slices. */
static void put_composites(struct world *w, int n)
{
	struct str *members = ARENA_ARRAY(&w->arena, struct str, MANY);

	for (int i = 0; i < MANY; i++)
		members[i] = str_of(numbered(w, "part", i));
	for (int i = 0; i < n; i++)
		put_slice(w, numbered(w, "all", i), (struct str_list){members, MANY});
}

/* A grant on each of a hundred composites of a thousand members: a composite is a path, too. */
static void an_answer_of_too_many_paths_is_none(void **state)
{
	enum { FULL = (int)ACCESS_MAX_PATHS / (MANY + 1) };
	struct world *w = *state;
	const struct entity_access *entities = NULL;
	const struct user_access *users = NULL;
	const struct user *cat = FIND(w->snapshot, user, USER, STR("cat"));
	const size_t n_left = ACCESS_MAX_PATHS - (size_t)FULL * (MANY + 1);

	put_composites(w, FULL);
	for (int i = 0; i < FULL; i++)
		grant_numbered(w, numbered(w, "c", i), "read", numbered(w, "all", i), "role r");
	for (size_t i = 0; i < n_left; i++)
		grant_numbered(w, numbered(w, "l", (int)i), "read", numbered(w, "left", (int)i), "user cat");
	assert_int_equal(access_of_user(w->snapshot, cat, ALL_TYPES, &w->arena, &entities), MANY + FULL + n_left);
	grant(w, "last", "read knowledge_slice s1 user cat");
	entities = NULL;
	assert_int_equal(access_of_user(w->snapshot, cat, ALL_TYPES, &w->arena, &entities), ACCESS_TOO_MANY);
	assert_null(entities);
	/* Of another type there is less, and decisions are as they were. */
	assert_int_equal(access_of_user(w->snapshot, cat, 1u << ENTITY_ASSISTANT, &w->arena, &entities), 0);
	assert_true(may(w, "cat", "read", "part7"));
	assert_int_equal(access_to_entity(w->snapshot, ENTITY_KNOWLEDGE_SLICE, STR("part7"), &w->arena, &users), 1);
	assert_int_equal(users[0].n_paths, FULL);
}

/* Each of a thousand users by each of a hundred grants, and by one more. */
static void too_many_users_are_none(void **state)
{
	enum { FULL = (int)ACCESS_MAX_PATHS / MANY };
	struct world *w = *state;
	const struct user_access *users = NULL;

	for (int i = 0; i < MANY; i++) {
		put_user(w, numbered(w, "u", i));
		put_holding(w, "r", "user", numbered(w, "u", i), NULL);
	}
	assert_true(snapshot_remove(w->snapshot, DOC_ROLE_MEMBER, holding_id(w, "r", "user", "cat", NULL)));
	put_composites(w, FULL);
	for (int i = 0; i < FULL; i++)
		grant_numbered(w, numbered(w, "c", i), "read", numbered(w, "all", i), "role r");
	assert_int_equal(access_to_entity(w->snapshot, ENTITY_KNOWLEDGE_SLICE, STR("part7"), &w->arena, &users), MANY);
	grant(w, "last", "read knowledge_slice part7 user u1");
	users = NULL;
	assert_int_equal(access_to_entity(w->snapshot, ENTITY_KNOWLEDGE_SLICE, STR("part7"), &w->arena, &users),
	                 ACCESS_TOO_MANY);
	assert_null(users);
}

/* A user in a thousand departments, all of which have the same two grants and one of their own. */
static void many_departments_cost_their_paths(void **state)
{
	struct world *w = *state;
	size_t alone;

	for (int i = 0; i < MANY; i++) {
		const char *department = numbered(w, "many", i);
		const char *grantee = arena_strf(&w->arena, "department %s", department).ptr;

		put_department(w, department, "d");
		put_member(w, department, "cat");
		grant_numbered(w, numbered(w, "a", i), "read", "shared", grantee);
		grant_numbered(w, numbered(w, "b", i), "write", numbered(w, "own", i), grantee);
	}
	assert_cost(bytes_of_user(w, "cat", MANY + 1), 2 * (size_t)MANY);
	assert_cost(bytes_of_entity(w, "shared", 1, MANY), MANY);
	alone = bytes_of_entity(w, "own7", 1, 1);
	assert_cost(alone, 1);
	/* All of them below one that has a grant, with the switch on: a thousand ways, one path. */
	put_organization(w, true);
	grant(w, "g1", "read knowledge_slice s1 department d");
	assert_cost(bytes_of_entity(w, "s1", 3, 1), MANY + 3);
	assert_true(bytes_of_entity(w, "own7", 1, 1) < alone + 1000);
}

/* A slice in a thousand composites, each granted to the same department of many. */
static void many_composites_cost_their_paths(void **state)
{
	static const struct str member[] = {STR_INIT("s1")};
	struct world *w = *state;

	for (int i = 0; i < MANY; i++) {
		const char *composite = numbered(w, "c", i);

		put_slice(w, composite, (struct str_list){member, 1});
		grant_numbered(w, numbered(w, "g", i), i % 2 ? "read" : "write", composite, "department d");
	}
	put_member(w, "d", "cat");
	assert_cost(bytes_of_entity(w, "s1", 2, MANY), 2 * (size_t)MANY);
	assert_cost(bytes_of_user(w, "ann", MANY + 1), 2 * (size_t)MANY);
	assert_true(may(w, "ann", "write", "s1"));
	assert_false(may(w, "ann", "admin", "s1"));
	assert_int_equal(bytes_of_user(w, "bob", 0) < 4000, true);
}

static int set_up(void **state)
{
	static struct world w;

	world_init(&w);
	*state = &w;
	return 0;
}

static int tear_down(void **state)
{
	world_release(*state);
	return 0;
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(paths_add_up),
	    CASE(roles_bring_grants),
	    CASE(memberships_end),
	    CASE(departments_inherit_when_told),
	    CASE(ways_up_end),
	    CASE(composites_reach_members),
	    CASE(composites_reach_no_further),
	    CASE(types_are_apart),
	    CASE(users_are_listed),
	    CASE(owners_have_no_access),
	    CASE(organizations_are_apart),
	    CASE(levels_change),
	    CASE(roles_are_held_in_many_ways),
	    CASE(members_have_names),
	    CASE(many_departments_cost_their_paths),
	    CASE(many_composites_cost_their_paths),
	    CASE(an_answer_of_too_many_paths_is_none),
	    CASE(too_many_users_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
