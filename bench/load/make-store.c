/* SPDX-License-Identifier: Apache-2.0
 *
 * Fills a store with access grants, for the start-up benchmark: users, departments, roles and who is in them, then as
 * many grants as asked for, ten an entity, in change sets of ten thousand. The store must hold the organization
 * already (a server has been started on it once). The same numbers always make the same store.
 *
 * usage: make-store URL N_GRANTS
 */
#include "base/clock.h"
#include "model/kinds.h"
#include "store/store.h"

#define ORG                 STR("default")
#define SET_DOCUMENTS       10000u
#define SEQ_POSITION_BITS   20u /* as service/txn.c gives out places */
#define N_USERS             20000u
#define N_DEPARTMENTS       500u
#define N_ROLES             100u
#define GRANTS_AN_ENTITY    10u
#define PROGRESS_EVERY      1000000u
#define MAX_ID_CHARS        48u
#define MAX_DOCUMENT_BYTES  4096u
#define FIRST_DOCUMENT_AT   1763800000000
#define MEMBERS_DEPARTMENTS 2u /* departments that each user is in */

/* A change set that is being filled. */
struct filling {
	struct store *store;
	uint64_t revision; /* the newest that is committed */
	struct arena arena;
	struct store_change *changes;
	size_t n;
};

__attribute__((noreturn)) static void die(const char *what, const char *why)
{
	(void)fprintf(stderr, "make-store: %s: %s\n", what, why);
	exit(1);
}

static void commit(struct filling *f)
{
	struct error err = {0};
	struct store_set set = {
	    .org = ORG,
	    .base_revision = f->revision,
	    .at_ms = FIRST_DOCUMENT_AT + (int64_t)f->revision,
	    .actor = STR("user:owner"),
	    .via = STR("bench"),
	    .operation = STR("aitronos:grants:manage"),
	    .target = STR("organization:default"),
	    .remote = STR("127.0.0.1"),
	    .request_id = STR("make-store"),
	    .event = STR("knowledge_grant.created"),
	    .credential = STR(""),
	    .tenant = STR(""),
	    .method = STR("POST"),
	    .path = STR("/v1/organizations/default/access/grants/bulk"),
	    .warning = STR(""),
	    .outcome = AUDIT_DONE,
	    .status = 201,
	    .changes = f->changes,
	    .n_changes = f->n,
	};

	if (f->n == 0)
		return;
	if (store_commit(f->store, &set, 1, &err) != 0)
		die("commit", err.text);
	f->revision = set.revision;
	f->n = 0;
	arena_reset(&f->arena);
}

static void put(struct filling *f, const struct document *doc)
{
	CLEANUP(buf_releasep) struct buf body = BUF_INIT(MAX_DOCUMENT_BYTES);

	document_encode(doc, &body);
	assert(!body.overflowed);
	f->changes[f->n] = (struct store_change){
	    .kind = document_kind_name(doc->kind),
	    .id = arena_str(&f->arena, doc->id),
	    .unique_key = document_unique_key(doc, &f->arena),
	    .seq = ((f->revision + 1) << SEQ_POSITION_BITS) + f->n,
	    .body = arena_str(&f->arena, buf_str(&body)),
	};
	if (++f->n == SET_DOCUMENTS)
		commit(f);
}

/* "<prefix><twelve digits>"; `text` must outlive the name. */
static struct str numbered(char text[MAX_ID_CHARS], const char *prefix, uint64_t number)
{
	int n = snprintf(text, MAX_ID_CHARS, "%s%012llu", prefix, (unsigned long long)number);

	assert(n > 0 && (size_t)n < MAX_ID_CHARS);
	return (struct str){text, (size_t)n};
}

static struct document heading(enum document_kind kind, struct str id)
{
	return (struct document){
	    .kind = kind, .id = id, .created_at_ms = FIRST_DOCUMENT_AT, .updated_at_ms = FIRST_DOCUMENT_AT};
}

static void put_department(struct filling *f, uint64_t number)
{
	char id[MAX_ID_CHARS];
	struct str name = numbered(id, "dept_", number);

	put(f, &(struct group){.doc = heading(DOC_GROUP, name), .type = STR("department"), .display_name = name}.doc);
}

static void put_role(struct filling *f, uint64_t number)
{
	static const struct str capability = STR_INIT("view_audit_log");
	char id[MAX_ID_CHARS];
	struct str name = numbered(id, "role_", number);

	put(f, &(struct role){.doc = heading(DOC_ROLE, name),
	                      .display_name = name,
	                      .scope = STR("aitronos"),
	                      .actions = {&capability, 1}}
	            .doc);
}

/* Each user is in some departments and holds one role. */
static void put_user(struct filling *f, uint64_t number)
{
	char user_id[MAX_ID_CHARS], other_id[MAX_ID_CHARS];
	struct str user = numbered(user_id, "usr_", number), other;

	put(f, &(struct user){.doc = heading(DOC_USER, user), .display_name = user}.doc);
	for (uint64_t i = 0; i < MEMBERS_DEPARTMENTS; i++) {
		other = numbered(other_id, "dept_", (number + i * 7) % N_DEPARTMENTS);
		put(f, &(struct group_member){.doc = heading(DOC_GROUP_MEMBER,
		                                             arena_concat3(&f->arena, other, STR("/"), user)),
		                              .group = other,
		                              .member = user}
		            .doc);
	}
	other = numbered(other_id, "role_", number % N_ROLES);
	put(f, &(struct role_member){.doc = heading(DOC_ROLE_MEMBER, arena_strf(&f->arena, STR_FMT "/user/" STR_FMT "/",
	                                                                        STR_ARG(other), STR_ARG(user))),
	                             .role = other,
	                             .principal_type = STR("user"),
	                             .principal_id = user}
	            .doc);
}

/*
 * Of the grants on an entity the first is a role's, the second a department's, the others are users', no two of them
 * the same.
 */
static void put_grant(struct filling *f, uint64_t number)
{
	uint64_t entity = number / GRANTS_AN_ENTITY, place = number % GRANTS_AN_ENTITY;
	enum grantee_type type = place == 0 ? GRANTEE_ROLE : place == 1 ? GRANTEE_DEPARTMENT : GRANTEE_USER;
	uint64_t user = (entity * 7919 + place * 2003) % N_USERS;
	char id[MAX_ID_CHARS], entity_id[MAX_ID_CHARS], grantee_id[MAX_ID_CHARS];
	struct access_grant g = {
	    .doc = heading(DOC_ACCESS_GRANT, numbered(id, "agrant_", number)),
	    .entity_type = (enum entity_type)(ENTITY_KNOWLEDGE_SLICE + entity % (ENTITY_N_TYPES - 1)),
	    .entity_id = numbered(entity_id, "kslice_", entity),
	    .grantee_type = type,
	    .grantee_id = type == GRANTEE_ROLE         ? numbered(grantee_id, "role_", entity % N_ROLES)
	                  : type == GRANTEE_DEPARTMENT ? numbered(grantee_id, "dept_", entity % N_DEPARTMENTS)
	                                               : numbered(grantee_id, "usr_", user),
	    .level = (enum access_level)(ACCESS_READ + number % (ACCESS_N_LEVELS - 1)),
	    .granted_by = STR("owner"),
	};

	put(f, &g.doc);
}

static void fill(struct filling *f, uint64_t n_grants)
{
	uint64_t start_ns = clock_monotonic_ns();

	for (uint64_t i = 0; i < N_DEPARTMENTS; i++)
		put_department(f, i);
	for (uint64_t i = 0; i < N_ROLES; i++)
		put_role(f, i);
	for (uint64_t i = 0; i < N_USERS; i++)
		put_user(f, i);
	for (uint64_t i = 0; i < n_grants; i++) {
		put_grant(f, i);
		if ((i + 1) % PROGRESS_EVERY == 0)
			(void)fprintf(stderr, "make-store: %llu grants, %.0f s\n", (unsigned long long)i + 1,
			              (double)(clock_monotonic_ns() - start_ns) / 1e9);
	}
	commit(f);
}

int main(int argc, char **argv)
{
	struct filling f = {.changes = mem_calloc(SET_DOCUMENTS, sizeof(struct store_change))};
	struct error err = {0};
	uint64_t n_grants;

	if (argc != 3 || !str_to_u64(str_of(argv[2]), &n_grants))
		die("usage", "make-store URL N_GRANTS");
	if (store_open(str_of(argv[1]), &f.store, &err) != 0)
		die(argv[1], err.text);
	if (store_revision(f.store, ORG, &f.revision, &err) != 0)
		die(argv[1], err.text);
	if (f.revision == 0)
		die(argv[1], "no server has been started on it yet");
	fill(&f, n_grants);
	store_close(f.store);
	arena_release(&f.arena);
	free(f.changes);
	return 0;
}
