/* SPDX-License-Identifier: Apache-2.0 */
#include "tagged.h"

#include "base/hash.h"
#include "policy/ask.h"

enum {
	N_POLICIES = 10000,
	N_RESOURCES = 100000,
	N_USERS = 1000,
	N_ROLES = 100,
	N_WORKSPACES = 50,
	N_KEYS = 20,
	N_VALUES = 1000,
	N_RESOURCE_TAGS = 3,
	DOCUMENTS_A_FORK = 1000,
	SEED = 17,
	BATCH = 16,
	TURN = 64 * BATCH
};

/* How the policies are attached and what they say. */
enum mix {
	MIX_SPREAD,   /* each on two of the roles, all operators */
	MIX_ONE_ROLE, /* the same, all on one role that everybody holds */
	MIX_GLOBS     /* globs only, all on one role */
};

static const struct {
	const char *operator, * value; /* '#': a number */
	unsigned int percent;
} shapes[] = {{"equals", "team-#-x", 45},         {"equals_ignore_case", "TEAM-#-X", 10},
              {"matches", "team-#-*", 15},        {"matches", "*-#-x", 10},
              {"matches", "t*m-#-?", 10},         {"not_equals", "team-#-x", 5},
              {"equals_if_exists", "team-#-x", 5}},
  globs[] = {
      {"matches", "team-#-*", 50}, {"matches", "*-#-x", 25}, {"matches", "t*m-#-x", 20}, {"matches", "*m-#-*", 5}};

/*
 * A snapshot that is built in forks of a thousand documents, as a server does that loads. One that is built upon
 * another shares what both have, so that the two differ in nothing but the policies, not even in where things lie.
 */
struct building {
	struct snapshot *snapshot;
	const struct snapshot *base; /* stays; NULL: none */
	struct edit_blocks *garbage; /* of the base: lives as long as it does */
	size_t n_garbage;
	size_t n_pending;
};

static void keep_garbage(struct building *b, struct edit_blocks retired)
{
	b->garbage = mem_realloc_array(b->garbage, b->n_garbage + 1, sizeof(*b->garbage));
	b->garbage[b->n_garbage++] = retired;
}

static void seal(struct building *b)
{
	struct edit_blocks retired;

	snapshot_seal(b->snapshot, &retired);
	if (b->base)
		keep_garbage(b, retired);
	else
		edit_blocks_free_all(&retired);
	b->n_pending = 0;
}

static void refork(struct building *b)
{
	struct snapshot *sealed = b->snapshot;

	b->snapshot = snapshot_fork(sealed);
	snapshot_free_shell(sealed);
}

static void put(struct building *b, const struct document *in)
{
	struct buf body = BUF_INIT(1 << 16);
	struct document *doc;
	int r;

	document_encode(in, &body);
	r = document_decode(in->kind, in->id, buf_str(&body), &doc, NULL);
	assert(r == 0);
	snapshot_put(b->snapshot, doc);
	buf_releasep(&body);
	if (++b->n_pending == DOCUMENTS_A_FORK) {
		seal(b);
		refork(b);
	}
}

static uint64_t draw(uint64_t *state, uint64_t below)
{
	*state += UINT64_C(0x9e3779b97f4a7c15);
	return (hash_u64(*state) >> 16) % below;
}

static void put_role(struct building *b, size_t i, struct arena *a)
{
	static const struct str actions[] = {STR_INIT("projects:read"), STR_INIT("datasets:read")};

	put(b, &(struct role){.doc = {.kind = DOC_ROLE, .id = arena_strf(a, "role-%zu", i)},
	                      .actions = {actions, 2},
	                      .scope = STR(ROLE_SCOPE_WORKSPACE)}
	            .doc);
}

static void put_user(struct building *b, size_t i, bool one_role, struct arena *a)
{
	struct str id = arena_strf(a, "user-%zu", i), role = arena_strf(a, "role-%zu", one_role ? 0 : i % N_ROLES);
	struct str tenant = arena_strf(a, "workspace-%zu", i % N_WORKSPACES);

	put(b, &(struct user){.doc = {.kind = DOC_USER, .id = id}}.doc);
	put(b, &(struct role_member){.doc = {.kind = DOC_ROLE_MEMBER, .id = arena_concat3(a, role, id, tenant)},
	                             .role = role,
	                             .principal_type = STR("user"),
	                             .principal_id = id,
	                             .tenant = tenant}
	            .doc);
}

static void put_resource(struct building *b, size_t i, struct arena *a)
{
	struct resource_tag tags[N_RESOURCE_TAGS];
	uint64_t random = i;

	for (size_t k = 0; k < N_RESOURCE_TAGS; k++) {
		size_t key = (i + k * 7) % N_KEYS;

		tags[k] =
		    (struct resource_tag){.key = arena_strf(a, "key-%zu", key),
		                          .value = arena_strf(a, "team-%04zu-x", (size_t)draw(&random, N_VALUES))};
	}
	put(b, &(struct resource){.doc = {.kind = DOC_RESOURCE, .id = arena_strf(a, "project/project-%zu", i)},
	                          .type = STR("project"),
	                          .resource_id = arena_strf(a, "project-%zu", i),
	                          .tenant = arena_strf(a, "workspace-%zu", i % N_WORKSPACES),
	                          .tags = tags,
	                          .n_tags = N_RESOURCE_TAGS}
	            .doc);
}

static struct tag_condition condition(enum mix mix, uint64_t *random, struct arena *a)
{
	const size_t n = mix == MIX_GLOBS ? N_ELEMENTS(globs) : N_ELEMENTS(shapes);
	struct str value, number = arena_strf(a, "%04zu", (size_t)draw(random, N_VALUES));
	unsigned int left = (unsigned int)draw(random, 100);
	size_t i = 0, at;

	while (i + 1 < n && left >= (mix == MIX_GLOBS ? globs[i].percent : shapes[i].percent)) {
		left -= mix == MIX_GLOBS ? globs[i].percent : shapes[i].percent;
		i++;
	}
	value = str_of(mix == MIX_GLOBS ? globs[i].value : shapes[i].value);
	at = str_find(value, '#', 0);
	value = arena_concat3(a, str_slice(value, 0, at), number, str_slice(value, at + 1, value.len));
	return (struct tag_condition){STR(TAG_ATTRIBUTE), arena_strf(a, "key-%zu", (size_t)draw(random, N_KEYS)),
	                              str_of(mix == MIX_GLOBS ? globs[i].operator: shapes[i].operator), value};
}

/*
 * Two groups of one condition, or of two. One policy in ten denies, of those whose first condition wants a tag to be
 * there: else almost everything would be denied and decided by the first policy in sight.
 */
static void put_policy(struct building *b, size_t i, enum mix mix, struct arena *a)
{
	uint64_t random = i * 31 + 7;
	struct tag_condition conditions[2] = {condition(mix, &random, a), condition(mix, &random, a)};
	struct tag_group groups[2] = {
	    {STR("projects:read"), STR("project"), conditions, 1 + (size_t)draw(&random, 2)},
	    {STR("datasets:read"), STR("dataset"), conditions, 1},
	};
	struct str first = conditions[0].operator;
	bool may_deny = str_starts_with(first, STR("matches")) || str_eq(first, STR("equals"));
	struct str roles[2] = {STR("role-0"), STR("role-0")};

	if (mix == MIX_SPREAD) {
		roles[0] = arena_strf(a, "role-%zu", (size_t)draw(&random, N_ROLES));
		roles[1] = arena_strf(a, "role-%zu", (size_t)draw(&random, N_ROLES));
	}
	put(b, &(struct tag_policy){.doc = {.kind = DOC_TAG_POLICY, .id = arena_strf(a, "policy-%zu", i)},
	                            .name = arena_strf(a, "Policy %zu", i),
	                            .deny = may_deny && i % 10 == 0,
	                            .groups = groups,
	                            .n_groups = 2,
	                            .roles = {roles, mix == MIX_SPREAD ? 2 : 1}}
	            .doc);
}

static struct building build_plain(bool one_role)
{
	struct building b = {.snapshot = snapshot_new(STR("o"), SEED)};
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < N_WORKSPACES; i++)
		put(&b, &(struct tenant){.doc = {.kind = DOC_TENANT, .id = arena_strf(&a, "workspace-%zu", i)}}.doc);
	for (size_t i = 0; i < N_ROLES; i++)
		put_role(&b, i, &a);
	for (size_t i = 0; i < N_USERS; i++, arena_reset(&a))
		put_user(&b, i, one_role, &a);
	for (size_t i = 0; i < N_RESOURCES; i++, arena_reset(&a))
		put_resource(&b, i, &a);
	seal(&b);
	arena_release(&a);
	return b;
}

static struct building build_tagged(const struct snapshot *plain, enum mix mix)
{
	struct building b = {.snapshot = snapshot_fork(plain), .base = plain};
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < N_POLICIES; i++, arena_reset(&a))
		put_policy(&b, i, mix, &a);
	seal(&b);
	arena_release(&a);
	return b;
}

static void release(struct building *plain, struct building *tagged)
{
	snapshot_free_all(tagged->snapshot);
	for (size_t i = 0; i < tagged->n_garbage; i++)
		edit_blocks_free_all(&tagged->garbage[i]);
	free(tagged->garbage);
	snapshot_free_shell(plain->snapshot);
}

/* Of a user, about a resource in her workspace, as a gateway asks it that knows no more than the two names. */
static struct ask question(size_t i, struct arena *a)
{
	uint64_t random = i * 13 + 5;
	size_t user = (size_t)draw(&random, N_USERS);
	size_t resource = (size_t)draw(&random, N_RESOURCES / N_WORKSPACES) * N_WORKSPACES + user % N_WORKSPACES;

	return (struct ask){.subject_type = STR("user"),
	                    .subject_id = arena_strf(a, "user-%zu", user),
	                    .action = STR("projects:read"),
	                    .resource.type = STR("project"),
	                    .resource.id = arena_strf(a, "project-%zu", resource)};
}

static size_t turn(const struct snapshot *s, const struct ask *asks, struct samples *samples)
{
	struct arena scratch = ARENA_INIT;
	size_t n_allowed = 0;

	for (size_t i = 0; i < TURN; i += BATCH) {
		uint64_t start = timing_now_ns();

		for (size_t k = i; k < i + BATCH; k++)
			n_allowed += verdict_allows(snapshot_ask(s, &asks[k], &scratch, NULL).verdict);
		samples_add(samples, timing_now_ns() - start, BATCH);
		arena_reset(&scratch);
	}
	arena_release(&scratch);
	return n_allowed;
}

static struct ask *make_asks(size_t first, struct arena *a)
{
	struct ask *asks = ARENA_ARRAY(a, struct ask, TURN);

	for (size_t i = 0; i < TURN; i++)
		asks[i] = question(first + i, a);
	return asks;
}

/* The two are asked different questions: else the second would find in the cache what the first has fetched. */
static void bench_mix(struct report *report, enum mix mix, const char *what, size_t n_calls)
{
	struct building plain = build_plain(mix != MIX_SPREAD), tagged = build_tagged(plain.snapshot, mix);
	size_t n_plain = 0, n_tagged = 0, n = n_calls / TURN * TURN;
	struct samples of_plain = {0}, of_tagged = {0};
	struct arena a = ARENA_INIT;
	struct summary p, t;

	for (size_t i = 0; i < n; i += TURN) {
		n_plain += turn(plain.snapshot, make_asks(i, &a), &of_plain);
		n_tagged += turn(tagged.snapshot, make_asks(n + i, &a), &of_tagged);
		arena_reset(&a);
	}
	p = samples_finish(&of_plain);
	t = samples_finish(&of_tagged);
	report_row(report, N_POLICIES, what, t, t.p50_ns / p.p50_ns);
	report_row(report, 0, "... the same without tag policies", p, 1);
	report_value(report, N_POLICIES, "... denied by them", 100.0 * (double)(n_plain - n_tagged) / (double)n, "%");
	release(&plain, &tagged);
	arena_release(&a);
}

void tagged_bench(struct report *report, size_t n_calls)
{
	bench_mix(report, MIX_SPREAD, "tag policies, spread over roles", n_calls);
	bench_mix(report, MIX_ONE_ROLE, "tag policies, all on one role", n_calls);
	bench_mix(report, MIX_GLOBS, "tag policies, only globs, one role", n_calls);
}
