/* SPDX-License-Identifier: Apache-2.0
 *
 * What a decision costs some revisions back: the first, for which a state is built, and the following ones, beside a
 * decision in the present. An organization of policies and role memberships, and a history of small changes of them,
 * in a store of SQLite that is made anew.
 *
 * usage: bench-past URL [N_DOCUMENTS [N_REVISIONS [KEY_FILE]]]      the URL of a store that is empty
 *
 * With KEY_FILE nothing is measured: the store is left for a server (run.mjs), and its owner's key written there.
 */
#include "base/clock.h"
#include "base/random.h"
#include "policy/ask.h"
#include "service/history.h"
#include "service/internal.h"

#define ORG               STR("default")
#define SET_DOCUMENTS     10000u
#define SETS_A_COMMIT     256u
#define SEQ_POSITION_BITS 20u /* as service/txn.c gives out places */
#define FIRST_AT          1763800000000
#define N_DECISIONS       20000u
#define N_COLD            5u
#define N_ROLES           100u

__attribute__((noreturn)) static void die(const char *what, const char *why)
{
	(void)fprintf(stderr, "bench-past: %s: %s\n", what, why);
	exit(1);
}

/* ---- the store ---------------------------------------------------------------------------------------------- */

struct filling {
	struct store *store;
	uint64_t n_documents;
	uint64_t revision; /* the newest that is committed or waits */
	struct arena arena;
	struct store_set sets[SETS_A_COMMIT];
	size_t n_sets;
};

static void commit(struct filling *f)
{
	struct error err = {0};

	if (f->n_sets && store_commit(f->store, f->sets, f->n_sets, &err) != 0)
		die("commit", err.text);
	f->n_sets = 0;
	arena_reset(&f->arena);
}

static void add_set(struct filling *f, const struct store_change *changes, size_t n)
{
	f->sets[f->n_sets] = (struct store_set){.org = ORG,
	                                        .base_revision = f->revision,
	                                        .at_ms = FIRST_AT + (int64_t)f->revision,
	                                        .actor = STR("user:owner"),
	                                        .via = STR("bench"),
	                                        .outcome = AUDIT_DONE,
	                                        .changes = changes,
	                                        .n_changes = n};
	f->revision++;
	if (++f->n_sets == SETS_A_COMMIT)
		commit(f);
}

static struct store_change put(struct filling *f, const struct document *doc, uint64_t seq)
{
	CLEANUP(buf_releasep) struct buf body = BUF_INIT(BUF_MAX_LINE_BYTES);

	document_encode(doc, &body);
	assert(!body.overflowed);
	return (struct store_change){.kind = document_kind_name(doc->kind),
	                             .id = arena_str(&f->arena, doc->id),
	                             .seq = seq,
	                             .body = arena_str(&f->arena, buf_str(&body))};
}

static uint64_t place(uint64_t number)
{
	return (UINT64_C(2) << SEQ_POSITION_BITS) + number;
}

/* A policy for one user and one team. */
static struct store_change policy(struct filling *f, uint64_t number, bool deny)
{
	const struct str members[] = {arena_strf(&f->arena, "user:local:u%llu", (unsigned long long)number),
	                              arena_strf(&f->arena, "team:local:t%llu", (unsigned long long)(number % 1000))};
	const struct str actions[] = {STR("infra:nodes:get")}, any[] = {STR("*")};
	const struct str resources[] = {arena_strf(&f->arena, "infra:nodes:n%llu", (unsigned long long)number)};
	const struct policy_statement statement = {
	    .deny = deny, .actions = {actions, 1}, .resources = {resources, 1}, .tenants = {any, 1}};

	return put(
	    f,
	    &(struct statement_policy){
	        .doc = {.kind = DOC_STATEMENT_POLICY, .id = arena_strf(&f->arena, "p%llu", (unsigned long long)number)},
	        .name = STR("n"),
	        .type = STR(POLICY_TYPE_CUSTOM),
	        .members = {members, 2},
	        .statements = &statement,
	        .n_statements = 1,
	    }
	         .doc,
	    place(number));
}

static struct store_change member(struct filling *f, uint64_t number, uint64_t seq)
{
	struct str role = arena_strf(&f->arena, "r%llu", (unsigned long long)(number % N_ROLES));
	struct str user = arena_strf(&f->arena, "u%llu", (unsigned long long)number);

	return put(f,
	           &(struct role_member){
	               .doc = {.kind = DOC_ROLE_MEMBER,
	                       .id = arena_strf(&f->arena, STR_FMT "/user/" STR_FMT "/", STR_ARG(role), STR_ARG(user))},
	               .role = role,
	               .principal_type = STR("user"),
	               .principal_id = user,
	           }
	                .doc,
	           seq);
}

/* Half of them policies. */
static void fill(struct filling *f)
{
	for (uint64_t at = 0; at < f->n_documents; at += SET_DOCUMENTS) {
		uint64_t n = f->n_documents - at < SET_DOCUMENTS ? f->n_documents - at : SET_DOCUMENTS;
		struct store_change *changes = ARENA_ARRAY(&f->arena, struct store_change, n);

		for (uint64_t i = 0; i < n; i++)
			changes[i] = (at + i) % 2 ? member(f, at + i, place(at + i)) : policy(f, at + i, false);
		add_set(f, changes, n);
		commit(f);
	}
}

/* Of each three changes one turns a policy round, one adds a membership, and one ends it again. */
static void change(struct filling *f, uint64_t n)
{
	uint64_t number = (n / 3 * 7919) % (f->n_documents / 2) * 2;
	struct store_change *c = ARENA_NEW(&f->arena, struct store_change);

	if (n % 3 == 0) {
		*c = policy(f, number, n % 2 == 0);
	} else {
		*c = member(f, f->n_documents + n / 3, (f->revision + 1) << SEQ_POSITION_BITS);
		if (n % 3 == 2)
			c->body = STR_NONE;
	}
	add_set(f, c, 1);
}

/* ---- measuring ------------------------------------------------------------------------------------------------ */

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), by_size);
	return values[n / 2];
}

struct bench {
	struct service *service;
	struct org *org;
	uint64_t n_documents, newest;
};

static struct past *open_at(const struct bench *b, uint64_t revision)
{
	const struct past_when when = {.moment = PAST_REVISION, .revision = revision};
	struct past *p = NULL;
	struct error err = {0};

	if (service_past_open(b->service, b->org, &when, clock_now_ms(), &p, &err) != 0)
		die("open", err.text);
	return p;
}

static bool decide(const struct bench *b, const struct snapshot *s, uint64_t n, struct arena *a)
{
	uint64_t number = n * 7919 % b->n_documents;
	char user[32], node[32];
	struct ask q = {.subject_type = STR("user"),
	                .subject_id = {user, (size_t)snprintf(user, sizeof(user), "u%llu", (unsigned long long)number)},
	                .action = STR("infra:nodes:get")};

	q.resource.type = STR("infra:nodes");
	q.resource.id = (struct str){node, (size_t)snprintf(node, sizeof(node), "n%llu", (unsigned long long)number)};
	arena_reset(a);
	return verdict_allows(snapshot_ask(s, &q, a, NULL).verdict);
}

/* A decision with all that a call does to get at its state; ns. */
static double decisions(const struct bench *b, uint64_t revision)
{
	static double times[N_DECISIONS];
	struct arena a = ARENA_INIT;

	for (uint64_t i = 0; i < N_DECISIONS; i++) {
		uint64_t start = clock_monotonic_ns();

		if (revision == 0) {
			service_read_begin();
			(void)decide(b, org_snapshot(b->org), i, &a);
			service_read_end();
		} else {
			struct past *p = open_at(b, revision);

			(void)decide(b, past_snapshot(p), i, &a);
			past_close(p);
		}
		times[i] = (double)(clock_monotonic_ns() - start);
	}
	arena_release(&a);
	return median(times, N_DECISIONS);
}

static double cold(const struct bench *b, uint64_t revision)
{
	double times[N_COLD];

	for (size_t i = 0; i < N_COLD; i++) {
		service_past_forget(b->service);
		uint64_t start = clock_monotonic_ns();

		past_close(open_at(b, revision));
		times[i] = (double)(clock_monotonic_ns() - start) / 1e6;
	}
	return median(times, N_COLD);
}

static double load(const struct bench *b, uint64_t revision)
{
	double times[N_COLD];

	for (size_t i = 0; i < N_COLD; i++) {
		struct snapshot *s = NULL;
		uint64_t start = clock_monotonic_ns();

		if (org_load_at(b->org, revision, false, &s, NULL) != 0)
			die("load", "the store");
		times[i] = (double)(clock_monotonic_ns() - start) / 1e6;
		snapshot_drop(s);
	}
	return median(times, N_COLD);
}

static void measure(const struct bench *b)
{
	static const uint64_t back[] = {1, 100, 1000, 10000};
	double present = decisions(b, 0);

	printf("%llu documents, %llu revisions\n", (unsigned long long)b->n_documents, (unsigned long long)b->newest);
	printf("present: %.0f ns a decision\n", present);
	for (size_t i = 0; i < N_ELEMENTS(back) && back[i] < b->newest; i++) {
		uint64_t revision = b->newest - back[i];
		uint64_t n_loaded = service_past_stats(b->service).n_loaded;
		double first = cold(b, revision);
		bool is_loaded = service_past_stats(b->service).n_loaded != n_loaded;
		double following = decisions(b, revision);

		printf("%llu back: first %.2f ms (%s; a load takes %.2f ms), then %.0f ns a decision, %.2f of the "
		       "present\n",
		       (unsigned long long)back[i], first, is_loaded ? "loaded" : "applied", load(b, revision),
		       following, following / present);
	}
}

static void write_key(const char *path, struct str key)
{
	FILE *f = fopen(path, "w");

	if (!f || fwrite(key.ptr, 1, key.len, f) != key.len || fclose(f) != 0)
		die(path, "it cannot be written");
}

int main(int argc, char **argv)
{
	CLEANUP(buf_releasep) struct buf key = BUF_INIT(BUF_MAX_LINE_BYTES);
	static struct filling f;
	struct service_options options = {.org = ORG};
	struct error err = {0};
	uint64_t n_revisions = 12000;
	struct bench b;

	f.n_documents = 100000;
	if (argc < 2 || (argc > 2 && !str_to_u64(str_of(argv[2]), &f.n_documents)) ||
	    (argc > 3 && !str_to_u64(str_of(argv[3]), &n_revisions)))
		die("usage", "bench-past URL [N_DOCUMENTS [N_REVISIONS [KEY_FILE]]]");
	if (store_open(str_of(argv[1]), &f.store, &err) != 0)
		die(argv[1], err.text);
	options.store = f.store;
	if (service_open(&options, &b.service, &key, &err) != 0)
		die("open", err.text);
	service_close(b.service);
	f.revision = 1;
	fill(&f);
	for (uint64_t i = 0; i < n_revisions; i++)
		change(&f, i);
	commit(&f);
	if (argc > 4) {
		write_key(argv[4], buf_str(&key));
		store_close(f.store);
		arena_release(&f.arena);
		return 0;
	}
	if (service_open(&options, &b.service, &key, &err) != 0)
		die("open again", err.text);
	b.org = service_default_org(b.service);
	b.newest = atomic_load(&b.org->revision);
	b.n_documents = f.n_documents;
	measure(&b);
	service_close(b.service);
	store_close(f.store);
	arena_release(&f.arena);
	return 0;
}
