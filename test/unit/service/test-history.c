/* SPDX-License-Identifier: Apache-2.0
 *
 * Past states against loads of the same revision: the same documents in the same order, and the same decisions, from
 * whichever state they were built, after a restart, and while others write. Also run under ThreadSanitizer.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/random.h"
#include "policy/ask.h"
#include "service/history.h"
#include "service/internal.h"

#define ORG         STR("acme")
#define N_NAMES     6u
#define N_REVISIONS 250u
#define N_WRITERS   2u

static const struct str names[N_NAMES] = {STR_INIT("a"), STR_INIT("b"), STR_INIT("c"),
                                          STR_INIT("d"), STR_INIT("e"), STR_INIT("f")};
static const struct str actions[] = {STR_INIT("x:y:z"), STR_INIT("x:y:w"), STR_INIT("sso:read"),
                                     STR_INIT("project:manage")};

/* ---- an organization that changes ---------------------------------------------------------------------------- */

struct fixture {
	struct store *store;
	struct service *service;
	struct org *org;
};

static void start(struct fixture *f)
{
	CLEANUP(buf_releasep) struct buf key = BUF_INIT(BUF_MAX_LINE_BYTES);
	const struct service_options options = {.store = f->store, .org = ORG};
	struct error err = {0};

	if (service_open(&options, &f->service, &key, &err) != 0)
		fail_msg("%s", err.text);
	f->org = service_default_org(f->service);
}

static int set_up(void **state)
{
	struct fixture *f = mem_calloc(1, sizeof(*f));

	assert_int_equal(store_open(STR("memory:"), &f->store, NULL), 0);
	start(f);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	service_close(f->service);
	store_close(f->store);
	free(f);
	return 0;
}

static void restart(struct fixture *f)
{
	service_close(f->service);
	start(f);
}

/* A change set of some random changes, and a way to wait for it. */
struct change_job {
	struct write_job job;
	struct arena arena;
	struct prng *prng;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool is_over;
	uint64_t revision;
};

static struct str pick(struct prng *p)
{
	return names[prng_below(p, N_NAMES)];
}

static void put_policy(struct txn *t, struct prng *p)
{
	const struct str members[] = {arena_concat(t->arena, STR("user:local:"), pick(p)), STR("team:local:a")};
	const struct str any[] = {STR("*")}, some[] = {actions[prng_below(p, 2)]}, tenants[] = {pick(p)};
	const struct policy_statement statements[] = {
	    {.role = pick(p), .resources = {any, 1}, .tenants = {any, 1}},
	    {.deny = prng_below(p, 3) == 0, .actions = {some, 1}, .resources = {any, 1}, .tenants = {tenants, 1}},
	};

	txn_put(t,
	        &(struct statement_policy){
	            .doc = {.kind = DOC_STATEMENT_POLICY, .id = pick(p)},
	            .name = STR("n"),
	            .type = STR(POLICY_TYPE_CUSTOM),
	            .members = {members, 1 + prng_below(p, 2)},
	            .statements = statements,
	            .n_statements = 1 + prng_below(p, 2),
	        }
	             .doc);
}

static void put_role(struct txn *t, struct prng *p)
{
	const struct str some[] = {actions[prng_below(p, N_ELEMENTS(actions))]};

	txn_put(t, &(struct role){.doc = {.kind = DOC_ROLE, .id = pick(p)}, .actions = {some, 1}}.doc);
}

static void put_role_member(struct txn *t, struct prng *p)
{
	struct str role = pick(p), user = pick(p), tenant = prng_below(p, 2) ? pick(p) : STR_NONE;

	txn_put(t,
	        &(struct role_member){
	            .doc = {.kind = DOC_ROLE_MEMBER, .id = arena_concat3(t->arena, role, user, tenant)},
	            .role = role,
	            .principal_type = STR("user"),
	            .principal_id = user,
	            .tenant = tenant,
	        }
	             .doc);
}

static void put_member(struct txn *t, struct prng *p)
{
	struct str group = pick(p), member = pick(p);

	txn_put(t,
	        &(struct group_member){
	            .doc = {.kind = DOC_GROUP_MEMBER, .id = arena_concat3(t->arena, group, STR("/"), member)},
	            .group = group,
	            .member = member,
	        }
	             .doc);
}

/* E-mail addresses and aliases go from one user to another. */
static void put_user(struct txn *t, struct prng *p)
{
	struct str id = pick(p), alias = arena_concat(t->arena, STR("alias-of-"), id);

	txn_put(t,
	        &(struct user){
	            .doc = {.kind = DOC_USER, .id = id, .aliases = {&alias, prng_below(p, 2)}},
	            .email = arena_concat3(t->arena, id, prng_below(p, 2) ? STR("1") : STR("2"), STR("@x.org")),
	        }
	             .doc);
}

/* One pair of entity and grantee has one grant, whatever its id. */
static void put_grant(struct txn *t, struct prng *p)
{
	struct str entity = pick(p), user = pick(p);
	struct access_grant old, grant = {.entity_type = ENTITY_ASSISTANT,
	                                  .entity_id = entity,
	                                  .grantee_type = GRANTEE_USER,
	                                  .grantee_id = user,
	                                  .level = (enum access_level)(1 + prng_below(p, 3)),
	                                  .granted_by = STR("owner")};

	grant.doc =
	    (struct document){.kind = DOC_ACCESS_GRANT,
	                      .id = arena_strf(t->arena, "agrant_%llu", (unsigned long long)prng_below(p, 1u << 20))};
	if (grants_find_pair(&t->snapshot->grants, grant.entity_type, entity, grant.grantee_type, user, &old))
		grant.doc.id = arena_str(t->arena, old.doc.id);
	txn_put(t, &grant.doc);
}

static void delete_grant(struct txn *t, struct prng *p)
{
	struct access_grant old;

	if (grants_find_pair(&t->snapshot->grants, ENTITY_ASSISTANT, pick(p), GRANTEE_USER, pick(p), &old))
		txn_delete(t, DOC_ACCESS_GRANT, old.doc.id);
}

static void switch_rbac(struct txn *t, struct prng *p)
{
	txn_put(
	    t,
	    &(struct organization){.doc = {.kind = DOC_ORGANIZATION, .id = ORG}, .rbac_is_off = prng_below(p, 2)}.doc);
}

static void delete_something(struct txn *t, struct prng *p)
{
	static const enum document_kind kinds[] = {DOC_STATEMENT_POLICY, DOC_ROLE, DOC_USER, DOC_TENANT};

	txn_delete(t, kinds[prng_below(p, N_ELEMENTS(kinds))], pick(p));
}

static void delete_member(struct txn *t, struct prng *p)
{
	txn_delete(t, DOC_GROUP_MEMBER, arena_concat3(t->arena, pick(p), STR("/"), pick(p)));
}

static enum write_verdict change_run(struct write_job *job, struct txn *t)
{
	static void (*const changes[])(struct txn *, struct prng *) = {
	    put_policy, put_role,     put_role_member,  put_member,       put_user,     put_grant,
	    put_grant,  delete_grant, delete_something, delete_something, delete_member};
	struct prng *p = CONTAINER_OF(job, struct change_job, job)->prng;
	uint64_t what = prng_below(p, N_ELEMENTS(changes) + 2);

	/* None of these deletes a tenant: one change of each document at most. */
	if (what < N_ELEMENTS(changes))
		changes[what](t, p);
	else if (what == N_ELEMENTS(changes))
		switch_rbac(t, p);
	if (what >= N_ELEMENTS(changes) || what < 5)
		txn_put(t, &(struct tenant){.doc = {.kind = DOC_TENANT, .id = pick(p)}}.doc);
	t->note = (struct audit_note){.actor = STR("user:test"),
	                              .via = STR("test"),
	                              .operation = STR("test:things:change"),
	                              .target = STR("thing:x"),
	                              .remote = STR(""),
	                              .request_id = STR(""),
	                              .status = 200};
	return WRITE_ACCEPT;
}

static void change_finish(struct write_job *job, int result, uint64_t revision)
{
	struct change_job *c = CONTAINER_OF(job, struct change_job, job);

	assert_int_equal(result, 0);
	(void)pthread_mutex_lock(&c->lock);
	c->revision = revision;
	c->is_over = true;
	(void)pthread_cond_signal(&c->wake);
	(void)pthread_mutex_unlock(&c->lock);
}

/* Returns the revision that it became. */
static uint64_t change(struct fixture *f, struct prng *p)
{
	struct change_job c = {.prng = p, .lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};

	c.job = (struct write_job){.org = f->org, .arena = &c.arena, .run = change_run, .finish = change_finish};
	assert_true(service_submit(f->service, &c.job));
	(void)pthread_mutex_lock(&c.lock);
	while (!c.is_over)
		(void)pthread_cond_wait(&c.wake, &c.lock);
	(void)pthread_mutex_unlock(&c.lock);
	arena_release(&c.arena);
	return c.revision;
}

static uint64_t newest_of(struct fixture *f)
{
	return atomic_load(&f->org->revision);
}

/* ---- two states side by side ----------------------------------------------------------------------------------- */

static void assert_same_document(const struct document *x, const struct document *y)
{
	CLEANUP(buf_releasep) struct buf a = BUF_INIT(BUF_MAX_RESPONSE_BYTES);
	CLEANUP(buf_releasep) struct buf b = BUF_INIT(BUF_MAX_RESPONSE_BYTES);

	assert_true(x && y);
	assert_true(str_eq(x->id, y->id));
	assert_int_equal(x->seq, y->seq);
	assert_int_equal(x->rev, y->rev);
	document_encode(x, &a);
	document_encode(y, &b);
	assert_true(str_eq(buf_str(&a), buf_str(&b)));
}

static void assert_same_documents(const struct snapshot *x, const struct snapshot *y)
{
	for (int kind = 1; kind < DOC_N_KINDS; kind++) {
		uint64_t at_x = 0, at_y = 0;
		const struct document *doc;

		assert_int_equal(x->n_docs[kind], y->n_docs[kind]);
		while ((doc = snapshot_next(x, (enum document_kind)kind, &at_x)))
			assert_same_document(doc, snapshot_next(y, (enum document_kind)kind, &at_y));
		assert_null(snapshot_next(y, (enum document_kind)kind, &at_y));
	}
	assert_int_equal(x->engine.n_statements, y->engine.n_statements);
	assert_int_equal(x->aliases.n, y->aliases.n);
	assert_int_equal(x->links.n, y->links.n);
}

static void assert_same_grants(const struct snapshot *x, const struct snapshot *y, struct arena *a)
{
	const struct grants_filter all = {0};
	const struct access_grant *gx, *gy;
	uint64_t total_x, total_y;
	size_t n = grants_list(&x->grants, &all, 0, 1000, a, &gx, &total_x);

	assert_int_equal(n, grants_list(&y->grants, &all, 0, 1000, a, &gy, &total_y));
	assert_int_equal(total_x, total_y);
	for (size_t i = 0; i < n; i++)
		assert_same_document(&gx[i].doc, &gy[i].doc);
}

static void assert_same_answer(const struct answer *x, const struct answer *y)
{
	assert_int_equal(x->verdict.effect, y->verdict.effect);
	assert_int_equal(x->verdict.kind, y->verdict.kind);
	assert_true(str_eq(x->verdict.document, y->verdict.document));
	assert_int_equal(x->verdict.everywhere, y->verdict.everywhere);
	assert_int_equal(x->tenants.n, y->tenants.n);
	for (size_t i = 0; i < x->tenants.n; i++)
		assert_true(str_eq(x->tenants.items[i], y->tenants.items[i]));
}

/* Verdicts of one effect may name different statements when several match; a state has its own order of looking. */
static void assert_same_decisions(const struct snapshot *x, const struct snapshot *y, struct arena *a)
{
	for (size_t i = 0; i < N_NAMES * N_ELEMENTS(actions) * 2; i++) {
		struct ask q = {
		    .subject_type = STR("user"),
		    .subject_id = names[i / 2 / N_ELEMENTS(actions)],
		    .action = actions[i / 2 % N_ELEMENTS(actions)],
		    .resource = {.type = STR("r"), .id = STR("1"), .tenant = i % 2 ? names[i % 3] : STR_NONE}};
		struct answer in_x = snapshot_ask(x, &q, a, NULL), in_y = snapshot_ask(y, &q, a, NULL);

		in_x.verdict.document = in_y.verdict.document = STR("");
		in_x.verdict.kind = in_y.verdict.kind = 0;
		assert_same_answer(&in_x, &in_y);
	}
	for (size_t i = 0; i < N_NAMES * N_NAMES; i++) {
		const struct ask q = {.subject_type = STR("user"),
		                      .subject_id = names[i / N_NAMES],
		                      .action = STR("write"),
		                      .resource = {.type = STR("assistant"), .id = names[i % N_NAMES]}};
		struct answer in_x = snapshot_ask(x, &q, a, NULL), in_y = snapshot_ask(y, &q, a, NULL);

		assert_same_answer(&in_x, &in_y);
	}
}

static void assert_same_tenants(const struct snapshot *x, const struct snapshot *y, struct arena *a)
{
	const struct subject anybody = {.text = STR("user:local:owner")};
	const struct subject role = {.text = STR("role:owner")};
	const struct subject both[] = {anybody, role};
	const struct query q = {.subjects = both,
	                        .n_subjects = 2,
	                        .action = STR("iam:policies:get"),
	                        .resource = STR("iam:policies:p"),
	                        .scope = SCOPE_ALL};
	struct str_list in_x = {0}, in_y = {0};

	(void)engine_decide(&x->engine, &q, a, &in_x);
	(void)engine_decide(&y->engine, &q, a, &in_y);
	assert_int_equal(in_x.n, in_y.n);
	for (size_t i = 0; i < in_x.n; i++)
		assert_true(str_eq(in_x.items[i], in_y.items[i]));
}

static void assert_same(const struct snapshot *x, const struct snapshot *y)
{
	struct arena a = ARENA_INIT;

	assert_int_equal(x->revision, y->revision);
	assert_same_documents(x, y);
	assert_same_grants(x, y, &a);
	assert_same_decisions(x, y, &a);
	assert_same_tenants(x, y, &a);
	arena_release(&a);
}

static struct past *open_revision(struct fixture *f, uint64_t revision)
{
	const struct past_when when = {.moment = PAST_REVISION, .revision = revision};
	struct past *p = NULL;
	struct error err = {0};

	if (service_past_open(f->service, f->org, &when, clock_now_ms(), &p, &err) != 0)
		fail_msg("revision %llu: %s", (unsigned long long)revision, err.text);
	return p;
}

static void check_revision(struct fixture *f, uint64_t revision)
{
	struct past *p = open_revision(f, revision);
	struct snapshot *loaded = NULL;

	assert_int_equal(org_load_at(f->org, revision, false, &loaded, NULL), 0);
	assert_same(past_snapshot(p), loaded);
	snapshot_drop(loaded);
	past_close(p);
}

/* ---- tests ------------------------------------------------------------------------------------------------------ */

static void test_every_revision(void **state)
{
	struct fixture *f = *state;
	struct prng p = {.state = 20261122};
	struct past_stats stats;

	while (change(f, &p) < N_REVISIONS)
		;
	for (uint64_t r = newest_of(f); r >= 1; r--)
		check_revision(f, r);
	for (uint64_t r = 1; r <= newest_of(f); r++)
		check_revision(f, r);
	for (size_t i = 0; i < 100; i++) {
		if (prng_below(&p, 4) == 0)
			service_past_forget(f->service);
		check_revision(f, 1 + prng_below(&p, newest_of(f)));
	}
	stats = service_past_stats(f->service);
	assert_true(stats.n_applied > N_REVISIONS);
	/* Tenants that were deleted have no place to come back to. */
	assert_true(stats.n_loaded > 0);
	/* After a start there are no free places, and more places are taken afterwards. */
	restart(f);
	for (uint64_t r = newest_of(f); r >= 1; r -= r > 7 ? 7 : 1)
		check_revision(f, r);
	for (size_t i = 0; i < 50; i++)
		change(f, &p);
	for (uint64_t r = newest_of(f); r >= 1; r -= r > 5 ? 5 : 1)
		check_revision(f, r);
}

struct load {
	struct fixture *f;
	uint64_t seed, n;
};

static void *write_load(void *arg)
{
	struct load *l = arg;
	struct prng p = {.state = l->seed};

	for (uint64_t i = 0; i < l->n; i++)
		(void)change(l->f, &p);
	return NULL;
}

/* The held present stays what it was, and past states are right, whatever is written meanwhile. */
static void test_while_others_write(void **state)
{
	struct fixture *f = *state;
	struct prng p = {.state = 7};
	struct load loads[N_WRITERS];
	pthread_t threads[N_WRITERS];
	struct past *held;
	struct snapshot *same = NULL;
	const struct past_when present = {.moment = PAST_PRESENT};

	for (size_t i = 0; i < 30; i++)
		change(f, &p);
	assert_int_equal(service_past_at_hand(f->service, f->org, &present, 5, &held, NULL), 0);
	assert_int_equal(past_now_ms(held), 5);
	for (size_t i = 0; i < N_WRITERS; i++) {
		loads[i] = (struct load){f, 100 + i, 150};
		assert_int_equal(pthread_create(&threads[i], NULL, write_load, &loads[i]), 0);
	}
	for (size_t i = 0; i < 60; i++)
		check_revision(f, 1 + prng_below(&p, newest_of(f)));
	for (size_t i = 0; i < N_WRITERS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(org_load_at(f->org, past_snapshot(held)->revision, false, &same, NULL), 0);
	assert_same(past_snapshot(held), same);
	snapshot_drop(same);
	assert_true(service_past_stats(f->service).held_bytes > 0);
	past_close(held);
	service_past_forget(f->service);
	assert_int_equal(service_past_stats(f->service).held_bytes, 0);
	assert_int_equal(service_past_stats(f->service).n_kept, 0);
	assert_int_equal(service_past_stats(f->service).kept_bytes, 0);
}

/* Two hold different versions: what the older one needs stays until it is closed, in whichever order. */
static void test_pins_overlap(void **state)
{
	struct fixture *f = *state;
	struct prng p = {.state = 11};
	const struct past_when present = {.moment = PAST_PRESENT};

	for (unsigned order = 0; order < 2; order++) {
		struct past *held[2];
		struct snapshot *same[2];

		for (size_t i = 0; i < 2; i++) {
			assert_int_equal(service_past_at_hand(f->service, f->org, &present, 5, &held[i], NULL), 0);
			assert_int_equal(org_load_at(f->org, 0, false, &same[i], NULL), 0);
			for (size_t k = 0; k < 10; k++)
				change(f, &p);
		}
		past_close(held[order]);
		for (size_t k = 0; k < 10; k++)
			change(f, &p);
		publish_barrier();
		assert_same(past_snapshot(held[1 - order]), same[1 - order]);
		past_close(held[1 - order]);
		snapshot_drop(same[0]);
		snapshot_drop(same[1]);
		assert_int_equal(service_past_stats(f->service).held_bytes, 0);
	}
}

static void test_kept_are_few(void **state)
{
	struct fixture *f = *state;
	struct prng p = {.state = 3};
	struct past *open[12];

	while (change(f, &p) < 40)
		;
	for (size_t i = 0; i < N_ELEMENTS(open); i++)
		open[i] = open_revision(f, 1 + i);
	assert_int_equal(service_past_stats(f->service).n_kept, N_ELEMENTS(open));
	for (size_t i = 0; i < N_ELEMENTS(open); i++) {
		struct past *again = open_revision(f, 1 + i);

		/* The same one, not another. */
		assert_ptr_equal(past_snapshot(again), past_snapshot(open[i]));
		past_close(again);
	}
	for (size_t i = 0; i < N_ELEMENTS(open); i++)
		past_close(open[i]);
	past_close(open_revision(f, 20));
	past_close(open_revision(f, 21));
	/* Twelve, and the bases of forks; the builder lets go of what is too many before it builds another. */
	assert_true(service_past_stats(f->service).n_kept <= 8 + 4);
}

/* A revision's last moment, and the revision of a time. */
static void commit_at(struct store *s, uint64_t base, int64_t at_ms)
{
	const struct store_change c = {
	    .kind = STR("tenant"), .id = STR("t"), .seq = UINT64_C(2) << 20, .body = STR("{}")};
	struct store_set set = {
	    .org = ORG, .base_revision = base, .at_ms = at_ms, .outcome = AUDIT_DONE, .changes = &c, .n_changes = 1};

	assert_int_equal(store_commit(s, &set, 1, NULL), 0);
}

static void test_moments(void **state)
{
	struct fixture *f = *state;
	const int64_t first = INT64_C(4000000000000), now = first + 1000; /* after the organization was made */
	static const struct {
		struct past_when when;
		int want;
		uint64_t revision;
		int64_t ms; /* from `first` */
	} cases[] = {
	    {{.moment = PAST_PRESENT}, 0, 5, 1000},
	    {{.moment = PAST_REVISION, .revision = 0}, PAST_UNKNOWN, 0, 0},
	    {{.moment = PAST_REVISION, .revision = 6}, PAST_UNKNOWN, 0, 0},
	    {{.moment = PAST_REVISION, .revision = UINT64_MAX}, PAST_UNKNOWN, 0, 0},
	    {{.moment = PAST_REVISION, .revision = 1}, 0, 1, -1},
	    {{.moment = PAST_REVISION, .revision = 2}, 0, 2, 9},
	    {{.moment = PAST_REVISION, .revision = 3}, 0, 3, 10}, /* within one millisecond */
	    {{.moment = PAST_REVISION, .revision = 4}, 0, 4, 99},
	    {{.moment = PAST_REVISION, .revision = 5}, 0, 5, 1000},
	    {{.moment = PAST_TIME, .at_ms = INT64_C(4000000000000)}, 0, 2, 0},
	    {{.moment = PAST_TIME, .at_ms = INT64_C(4000000000009)}, 0, 2, 9},
	    {{.moment = PAST_TIME, .at_ms = INT64_C(4000000000010)}, 0, 4, 10},
	    {{.moment = PAST_TIME, .at_ms = INT64_C(4000000000099)}, 0, 4, 99},
	    {{.moment = PAST_TIME, .at_ms = INT64_C(4000000000100)}, 0, 5, 100},
	    {{.moment = PAST_TIME, .at_ms = INT64_C(4000000001000)}, 0, 5, 1000},
	    {{.moment = PAST_TIME, .at_ms = INT64_C(4000000001001)}, PAST_UNKNOWN, 0, 0},
	    {{.moment = PAST_TIME, .at_ms = 0}, PAST_UNKNOWN, 0, 0},
	    {{.moment = PAST_TIME, .at_ms = INT64_MIN}, PAST_UNKNOWN, 0, 0},
	    {{.moment = PAST_BOTH, .revision = 3, .at_ms = INT64_C(4000000000010)}, 0, 3, 10},
	    {{.moment = PAST_BOTH, .revision = 4, .at_ms = INT64_C(4000000000010)}, 0, 4, 10},
	    {{.moment = PAST_BOTH, .revision = 5, .at_ms = INT64_C(4000000000100)}, 0, 5, 100},
	    {{.moment = PAST_BOTH, .revision = 5, .at_ms = INT64_C(4000000001001)}, PAST_UNKNOWN, 0, 0},
	    {{.moment = PAST_BOTH, .revision = 6, .at_ms = INT64_C(4000000000100)}, PAST_UNKNOWN, 0, 0},
	};

	commit_at(f->store, 1, first);
	commit_at(f->store, 2, first + 10);
	commit_at(f->store, 3, first + 10);
	commit_at(f->store, 4, first + 100);
	restart(f);
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		struct past *p = NULL;
		struct error err = {0};
		int r = service_past_open(f->service, f->org, &cases[i].when, now, &p, &err);

		if (r != cases[i].want)
			fail_msg("case %zu: %d %s", i, r, err.text);
		if (r != 0) {
			assert_null(p);
			assert_true(err.text[0]);
			continue;
		}
		assert_int_equal(past_snapshot(p)->revision, cases[i].revision);
		assert_int_equal(past_now_ms(p), first + cases[i].ms);
		past_close(p);
	}
}

/* What is not at hand is not waited for. */
static void test_at_hand(void **state)
{
	struct fixture *f = *state;
	struct prng p = {.state = 5};
	const struct past_when second = {.moment = PAST_REVISION, .revision = 2};
	struct past *past = NULL;

	while (change(f, &p) < 4)
		;
	assert_int_equal(service_past_at_hand(f->service, f->org, &second, 0, &past, NULL), PAST_NOT_AT_HAND);
	assert_null(past);
	past_close(open_revision(f, 2));
	assert_int_equal(service_past_at_hand(f->service, f->org, &second, 0, &past, NULL), 0);
	assert_int_equal(past_snapshot(past)->revision, 2);
	past_close(past);
	past_close(NULL);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(test_##name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    CASE(every_revision), CASE(while_others_write), CASE(pins_overlap), CASE(kept_are_few), CASE(moments),
	    CASE(at_hand),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
