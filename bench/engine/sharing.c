/* SPDX-License-Identifier: Apache-2.0 */
#include "sharing.h"

#include <malloc.h>
#include <unistd.h>

#include "base/hash.h"
#include "timing.h"

enum {
	SEED = 23,
	DOCUMENTS_A_FORK = 1000,
	GRANTS_A_STEP = 4096,
	MIN_PRINCIPALS = 8,   /* of each type */
	N_MEMBERS = 10,       /* of a composite */
	COMPOSITE_EVERY = 100 /* entities */
};

/* ---- who and what ---------------------------------------------------------------------------------------- */

/* Twelve letters and digits, as ids are that a server makes. */
static struct str name(const char *prefix, uint64_t i, struct arena *a)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	uint64_t random = hash_u64(i + SEED);
	char text[13] = {0};

	for (size_t k = 0; k + 1 < sizeof(text); k++, random /= 36)
		text[k] = digits[random % 36];
	return arena_concat3(a, str_of(prefix), str_of(text), STR(""));
}

struct entity sharing_entity(size_t i, struct arena *a)
{
	if (i % 10 < 7)
		return (struct entity){ENTITY_KNOWLEDGE_SLICE, name("kslice_", i, a)};
	if (i % 10 < 9)
		return (struct entity){ENTITY_VECTOR_STORE, name("vs_", i, a)};
	return (struct entity){ENTITY_ASSISTANT, name("asst_", i, a)};
}

struct str sharing_user(size_t i, struct arena *a)
{
	return name("usr_", i, a);
}

struct str sharing_grantee(enum grantee_type type, size_t i, struct arena *a)
{
	return type == GRANTEE_USER ? sharing_user(i, a) : name(type == GRANTEE_ROLE ? "role_" : "dept_", i, a);
}

struct str sharing_grant_id(uint64_t i, struct arena *a)
{
	return name("agrant_", i, a);
}

struct str sharing_principal(const struct sharing *sh, size_t user, size_t k, enum grantee_type *ret_type,
                             struct arena *a)
{
	size_t at = (size_t)(hash_u64(user) >> 20); /* consecutive ones from there, so that none is drawn twice */
	size_t n_groups = k <= USER_DEPARTMENTS ? sh->n_departments : sh->n_roles;

	assert(k < 1 + USER_DEPARTMENTS + USER_ROLES && n_groups > 0);
	*ret_type = k == 0 ? GRANTEE_USER : k <= USER_DEPARTMENTS ? GRANTEE_DEPARTMENT : GRANTEE_ROLE;
	if (k == 0)
		return sharing_user(user, a);
	return sharing_grantee(*ret_type, (at + k) % n_groups, a);
}

/* ---- documents ------------------------------------------------------------------------------------------- */

static void refork(struct sharing *sh)
{
	struct snapshot *sealed = sh->snapshot;
	struct edit_blocks retired;

	snapshot_seal(sealed, &retired);
	edit_blocks_free_all(&retired);
	sh->snapshot = snapshot_fork(sealed);
	snapshot_free_shell(sealed);
}

static struct document *stored(const struct document *in)
{
	struct buf body = BUF_INIT(1 << 16);
	struct document *doc;
	int r;

	document_encode(in, &body);
	r = document_decode(in->kind, in->id, buf_str(&body), &doc, NULL);
	assert(r == 0);
	buf_releasep(&body);
	return doc;
}

static void put(struct sharing *sh, size_t *n, const struct document *in)
{
	snapshot_put(sh->snapshot, stored(in));
	if (++*n % DOCUMENTS_A_FORK == 0)
		refork(sh);
}

static void put_principal(struct sharing *sh, size_t *n, enum grantee_type type, size_t i)
{
	struct arena a = ARENA_INIT;
	struct str id = sharing_grantee(type, i, &a);

	if (type == GRANTEE_USER)
		put(sh, n, &(struct user){.doc = {.kind = DOC_USER, .id = id}}.doc);
	else if (type == GRANTEE_DEPARTMENT)
		put(sh, n, &(struct group){.doc = {.kind = DOC_GROUP, .id = id}, .type = STR(GROUP_DEPARTMENT)}.doc);
	else
		put(sh, n, &(struct role){.doc = {.kind = DOC_ROLE, .id = id}}.doc);
	arena_release(&a);
}

static void put_memberships(struct sharing *sh, size_t *n, size_t user)
{
	struct arena a = ARENA_INIT;
	struct str id = sharing_user(user, &a);

	for (size_t k = 1; k < 1 + USER_DEPARTMENTS + USER_ROLES; k++) {
		enum grantee_type type;
		struct str of = sharing_principal(sh, user, k, &type, &a), both = arena_concat3(&a, of, STR("/"), id);

		if (type == GRANTEE_DEPARTMENT)
			put(sh, n,
			    &(struct group_member){
			        .doc = {.kind = DOC_GROUP_MEMBER, .id = both}, .group = of, .member = id}
			         .doc);
		else
			put(sh, n,
			    &(struct role_member){.doc = {.kind = DOC_ROLE_MEMBER, .id = both},
			                          .role = of,
			                          .principal_type = STR("user"),
			                          .principal_id = id}
			         .doc);
	}
	arena_release(&a);
}

static void put_composite(struct sharing *sh, size_t *n, size_t i)
{
	struct arena a = ARENA_INIT;
	struct entity e = sharing_entity(i, &a);
	struct str members[N_MEMBERS];

	for (size_t k = 0; k < N_MEMBERS; k++)
		members[k] = sharing_entity(hash_u64(i + k) % (sh->n_entities / 10) * 10 + 1, &a).id;
	put(sh, n,
	    &(struct resource){
	        .doc = {.kind = DOC_RESOURCE, .id = arena_concat3(&a, entity_type_name(e.type), STR("/"), e.id)},
	        .type = entity_type_name(e.type),
	        .resource_id = e.id,
	        .members = {members, N_MEMBERS}}
	         .doc);
	arena_release(&a);
}

static void put_all(struct sharing *sh)
{
	size_t n = 0;

	for (size_t i = 0; i < sh->n_departments; i++)
		put_principal(sh, &n, GRANTEE_DEPARTMENT, i);
	for (size_t i = 0; i < sh->n_roles; i++)
		put_principal(sh, &n, GRANTEE_ROLE, i);
	for (size_t i = 0; i < sh->n_users; i++) {
		put_principal(sh, &n, GRANTEE_USER, i);
		put_memberships(sh, &n, i);
	}
	for (size_t i = 0; i < sh->n_entities; i += COMPOSITE_EVERY)
		put_composite(sh, &n, i);
}

/* ---- grants ---------------------------------------------------------------------------------------------- */

/* Who gets access to what, as numbers; no two grants of one organization are about the same. */
struct pair {
	uint32_t entity, grantee;
	enum grantee_type type;
};

static struct pair draw(const struct sharing *sh, uint64_t random)
{
	double u = (double)(hash_u64(random) >> 11) * 0x1p-53;
	uint64_t share = hash_u64(random + 1) % 100, who = hash_u64(random + 2);
	struct pair p = {.entity = (uint32_t)((double)sh->n_entities * u * u)};

	p.type = share < 60 ? GRANTEE_USER : share < 85 ? GRANTEE_DEPARTMENT : GRANTEE_ROLE;
	p.grantee = (uint32_t)(who % (p.type == GRANTEE_USER   ? sh->n_users
	                              : p.type == GRANTEE_ROLE ? sh->n_roles
	                                                       : sh->n_departments));
	return p;
}

static uint64_t pair_number(struct pair p)
{
	return (uint64_t)p.entity << 32 | (uint64_t)p.type << 30 | p.grantee;
}

/* Draws pairs until there are `n` different ones. */
static struct pair *draw_all(const struct sharing *sh, size_t n)
{
	struct pair *pairs = mem_calloc(n, sizeof(*pairs));
	struct edit_blocks retired;
	struct pset seen = {0};
	size_t n_found = 0;
	struct edit e;

	edit_init(&e);
	for (uint64_t i = 0; n_found < n; i++) {
		pairs[n_found] = draw(sh, i * 3);
		n_found += pset_add(&seen, &e, pair_number(pairs[n_found]));
		if (i % 1000 == 999) {
			edit_seal(&e, &retired);
			edit_blocks_free_all(&retired);
			edit_init(&e);
		}
	}
	pset_retire_all(&seen, &e);
	edit_seal(&e, &retired);
	edit_blocks_free_all(&retired);
	return pairs;
}

static struct access_grant grant_of(struct pair p, uint64_t number, struct arena *a)
{
	struct entity e = sharing_entity(p.entity, a);

	return (struct access_grant){
	    .doc = {.kind = DOC_ACCESS_GRANT,
	            .id = sharing_grant_id(number, a),
	            .seq = number + 1,
	            .rev = number + 1,
	            .created_at_ms = (int64_t)number,
	            .updated_at_ms = (int64_t)number},
	    .entity_type = e.type,
	    .entity_id = e.id,
	    .grantee_type = p.type,
	    .grantee_id = sharing_grantee(p.type, p.grantee, a),
	    .level = (enum access_level)(ACCESS_READ + hash_u64(number) % 3),
	    .granted_by = sharing_user(number % 50, a),
	};
}

static size_t heap_bytes(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

/* The second number of statm, in pages; 0 when it cannot be read. */
static size_t resident_bytes(void)
{
	char text[256] = {0};
	FILE *f = fopen("/proc/self/statm", "re");
	uint64_t n_pages = 0;
	struct str rest, part;

	(void)malloc_trim(0);
	if (f) {
		rest = str_of(fgets(text, sizeof(text), f) ? text : "");
		for (int i = 0; i < 2 && str_split(&rest, ' ', &part); i++) {
			if (!str_to_u64(part, &n_pages))
				n_pages = 0;
		}
		(void)fclose(f);
	}
	return (size_t)n_pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* Only the loader's time counts, not that of putting its input together. */
static void load_grants(struct sharing *sh, const struct pair *pairs)
{
	struct grants_loader *l = grants_loader_new(sh->snapshot->grants.seed);
	struct access_grant *step = mem_calloc(GRANTS_A_STEP, sizeof(*step));
	struct arena a = ARENA_INIT;
	uint64_t start;
	int r;

	for (size_t i = 0; i < sh->n_grants; i += GRANTS_A_STEP, arena_reset(&a)) {
		size_t n = sh->n_grants - i < GRANTS_A_STEP ? sh->n_grants - i : GRANTS_A_STEP;

		for (size_t k = 0; k < n; k++)
			step[k] = grant_of(pairs[i + k], i + k, &a);
		start = timing_now_ns();
		for (size_t k = 0; k < n; k++)
			grants_loader_add(l, &sh->snapshot->edit, &step[k]);
		sh->load_ns += timing_now_ns() - start;
	}
	start = timing_now_ns();
	r = snapshot_load_grants(sh->snapshot, l);
	assert(r == 0);
	sh->load_ns += timing_now_ns() - start;
	arena_release(&a);
	free(step);
	refork(sh);
}

static size_t at_least(size_t least, size_t n)
{
	return n < least ? least : n;
}

void sharing_init(struct sharing *sh, size_t n_grants)
{
	size_t heap, resident;
	struct pair *pairs;

	*sh = (struct sharing){
	    .n_grants = n_grants,
	    .n_users = at_least(MIN_PRINCIPALS, n_grants / 100),
	    .n_departments = at_least(MIN_PRINCIPALS, n_grants / 500),
	    .n_roles = at_least(MIN_PRINCIPALS, n_grants / 1000),
	    .n_entities = at_least(COMPOSITE_EVERY, n_grants / 20),
	    .n_made = n_grants,
	};
	sh->snapshot = snapshot_new(STR("o"), SEED);
	put_all(sh);
	refork(sh);
	pairs = draw_all(sh, n_grants);
	resident = resident_bytes();
	heap = heap_bytes();
	load_grants(sh, pairs);
	sh->heap_bytes = heap_bytes() - heap;
	sh->resident_bytes = resident_bytes() - resident;
	free(pairs);
}

void sharing_release(struct sharing *sh)
{
	refork(sh);
	snapshot_free_all(sh->snapshot);
	*sh = (struct sharing){0};
}

/* About an entity of its own, so that there is no such grant. */
struct document *sharing_new_grant(struct sharing *sh)
{
	struct pair p = draw(sh, sh->n_made * 3);
	struct access_grant grant;
	struct arena a = ARENA_INIT;
	struct document *doc;

	p.entity = (uint32_t)(sh->n_entities + sh->n_made - sh->n_grants);
	grant = grant_of(p, sh->n_made++, &a);
	doc = stored(&grant.doc);
	doc->seq = doc->rev = grant.doc.seq;
	arena_release(&a);
	return doc;
}

void sharing_change(struct sharing *sh, struct document *doc, struct str id)
{
	bool is_there = true;

	if (doc)
		snapshot_put(sh->snapshot, doc);
	else
		is_there = snapshot_remove(sh->snapshot, DOC_ACCESS_GRANT, id);
	assert(is_there);
	refork(sh);
}
