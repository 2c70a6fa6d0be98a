/* SPDX-License-Identifier: Apache-2.0
 *
 * Who gains and who loses where nobody comes or goes and policies alone change: principals are told apart by the
 * statements that have something in common with what changed, and brute force says whether that was enough.
 *
 *   DOORWARD_SEED            the run's seed; random when unset, always printed
 *   DOORWARD_RANDOM_WORLDS   how many worlds; 400 when unset, each with three changes
 */
#include <inttypes.h>

#include "base/hash.h"
#include "diff-check.h"
#include "generate.h"
#include "policy/snapshot.h"
#include "run.h"

enum { N_WORLDS = 400, N_USERS = 8, N_POLICIES = 14, N_FORKS = 3 };

static const struct str subjects[] = {
    STR_INIT("user:u0"),  STR_INIT("user:u1"), STR_INIT("user:u5"), STR_INIT("group:g0"),   STR_INIT("group:g1"),
    STR_INIT("group:g2"), STR_INIT("role:r0"), STR_INIT("role:r1"), STR_INIT("service:s0"), STR_INIT("*")};
static const struct str actions[] = {STR_INIT("read"),  STR_INIT("write"), STR_INIT("a:b:c"), STR_INIT("a:b:d"),
                                     STR_INIT("a:x:c"), STR_INIT("a:*"),   STR_INIT("a:b:*"), STR_INIT("a:*:c"),
                                     STR_INIT("*:c"),   STR_INIT("*")};
static const struct str resources[] = {STR_INIT("doc/1"), STR_INIT("doc/2"), STR_INIT("doc/1:x"), STR_INIT("doc/*"),
                                       STR_INIT("box/1"), STR_INIT("box/*"), STR_INIT("*")};
static const struct str tenants[] = {STR_INIT("t0"), STR_INIT("t1")};

struct trial {
	struct choices choices;
	struct arena arena;
	struct snapshot *snapshot;
};

static void put(struct snapshot *s, const struct document *in)
{
	CLEANUP(buf_releasep) struct buf body = BUF_INIT(1 << 16);
	struct document *doc;
	int r;

	document_encode(in, &body);
	r = document_decode(in->kind, in->id, buf_str(&body), &doc, NULL);
	assert(r == 0);
	snapshot_put(s, doc);
}

/* Mostly few of them; one that is wild is one of the last, and chosen less often. */
static struct str_list words(struct trial *t, const struct str *from, uint32_t n, uint32_t max)
{
	const uint32_t n_words = 1 + choose(&t->choices, max);
	struct str *items = ARENA_ARRAY(&t->arena, struct str, n_words);

	for (uint32_t i = 0; i < n_words; i++)
		items[i] = from[choose(&t->choices, choose(&t->choices, 3) ? n - n / 3 : n)];
	return (struct str_list){items, n_words};
}

static void put_policy(struct trial *t, struct snapshot *s, uint32_t i)
{
	put(s, &(struct access_policy){.doc = {.kind = DOC_ACCESS_POLICY, .id = arena_strf(&t->arena, "p%u", i)},
	                               .deny = choose(&t->choices, 4) == 0,
	                               .subjects = words(t, subjects, N_ELEMENTS(subjects), 3),
	                               .actions = words(t, actions, N_ELEMENTS(actions), 2),
	                               .resources = words(t, resources, N_ELEMENTS(resources), 2),
	                               .tenants = choose(&t->choices, 3) ? (struct str_list){0}
	                                                                 : words(t, tenants, N_ELEMENTS(tenants), 1)}
	            .doc);
}

static void put_role(struct trial *t, struct snapshot *s, uint32_t i)
{
	put(s, &(struct role){.doc = {.kind = DOC_ROLE, .id = arena_strf(&t->arena, "r%u", i)},
	                      .actions = words(t, actions, N_ELEMENTS(actions), 3)}
	            .doc);
}

static void put_role_member(struct trial *t, struct snapshot *s, struct str type, struct str id)
{
	const struct str role = arena_strf(&t->arena, "r%u", choose(&t->choices, 2));
	const struct str tenant = choose(&t->choices, 2) ? tenants[choose(&t->choices, 2)] : STR_NONE;
	struct str key =
	    arena_strf(&t->arena, STR_FMT "/" STR_FMT "/" STR_FMT "/", STR_ARG(role), STR_ARG(type), STR_ARG(id));

	if (!str_is_absent(tenant))
		key = arena_concat(&t->arena, key, tenant);
	put(s, &(struct role_member){.doc = {.kind = DOC_ROLE_MEMBER, .id = key},
	                             .role = role,
	                             .principal_type = type,
	                             .principal_id = id,
	                             .tenant = tenant}
	            .doc);
}

/* A member by id, or by the e-mail address. */
static void put_user(struct trial *t, struct snapshot *s, uint32_t i)
{
	const struct str id = arena_strf(&t->arena, "u%u", i), email = arena_concat(&t->arena, id, STR("@x.org"));
	const struct str group = arena_strf(&t->arena, "g%u", choose(&t->choices, 3));
	const struct str member = choose(&t->choices, 2) ? id : email;

	put(s, &(struct user){.doc = {.kind = DOC_USER, .id = id}, .email = email}.doc);
	put(s, &(struct group_member){.doc = {.kind = DOC_GROUP_MEMBER,
	                                      .id = arena_concat3(&t->arena, group, STR("/"), member)},
	                              .group = group,
	                              .member = member}
	            .doc);
	if (choose(&t->choices, 2))
		put_role_member(t, s, STR("user"), id);
}

static void build(struct trial *t, uint64_t seed)
{
	struct snapshot *s = t->snapshot = snapshot_new(STR("o"), seed);
	struct edit_blocks retired;

	for (size_t i = 0; i < N_ELEMENTS(tenants); i++)
		put(s, &(struct tenant){.doc = {.kind = DOC_TENANT, .id = tenants[i]}}.doc);
	for (uint32_t i = 0; i < 3; i++)
		put(s, &(struct group){.doc = {.kind = DOC_GROUP, .id = arena_strf(&t->arena, "g%u", i)},
		                       .type = STR(GROUP_TEAM)}
		            .doc);
	put_role(t, s, 0);
	put_role(t, s, 1);
	put(s, &(struct service_account){.doc = {.kind = DOC_SERVICE_ACCOUNT, .id = STR("s0")}}.doc);
	put_role_member(t, s, STR("group"), STR("g2"));
	for (uint32_t i = 0; i < N_USERS; i++)
		put_user(t, s, i);
	for (uint32_t i = 0; i < N_POLICIES; i++)
		put_policy(t, s, i);
	snapshot_seal(s, &retired);
	edit_blocks_free_all(&retired);
}

static void change(struct trial *t, struct snapshot *fork)
{
	const uint32_t i = choose(&t->choices, N_POLICIES + 2);

	if (choose(&t->choices, 4) == 0)
		put_role(t, fork, choose(&t->choices, 2));
	else if (choose(&t->choices, 2) || i >= N_POLICIES)
		put_policy(t, fork, i);
	else
		(void)snapshot_remove(fork, DOC_ACCESS_POLICY, arena_strf(&t->arena, "p%u", i));
}

static bool run_world(uint64_t seed, void *tally UNUSED, struct buf *message)
{
	struct trial t = {.choices.prng.state = seed};
	bool is_good = true;

	build(&t, seed);
	for (int i = 0; is_good && i < N_FORKS; i++) {
		struct snapshot *fork = snapshot_fork(t.snapshot);

		change(&t, fork);
		is_good = diff_check(t.snapshot, fork, 1, message);
		snapshot_drop(fork);
	}
	snapshot_free_all(t.snapshot);
	arena_release(&t.arena);
	return is_good;
}

static bool saw_enough(const void *tally UNUSED)
{
	printf("# %" PRIu64 " answers that a change made others, %" PRIu64
	       " changes where statements told who is the same\n",
	       diff_check_n_changed(), diff_check_n_by_statements());
	return diff_check_n_changed() > 0 && diff_check_n_by_statements() > 0;
}

int main(void)
{
	return run_worlds(&(struct world_run){.name = "the differences are those that asking about everything finds",
	                                      .n_default = N_WORLDS,
	                                      .run = run_world,
	                                      .saw_enough = saw_enough});
}
