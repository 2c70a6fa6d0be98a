/* SPDX-License-Identifier: Apache-2.0
 *
 * bench-grants: what access grants cost in organizations of very different sizes that take turns in one run, so that
 * what the machine does to one it does to the others. Questions are put together before the clock starts.
 */
#include <getopt.h>

#include "base/hash.h"
#include "policy/access.h"
#include "policy/ask.h"
#include "report.h"
#include "sharing.h"
#include "sizes.h"

enum { PAGE = 50, MAX_BATCH = 16 };

/* One question; each measure fills in what it needs. */
struct question {
	struct ask ask;
	bool is_allowed; /* it must be */
	struct grants_filter filter;
	uint64_t skip;
	const struct user *user;
	struct entity entity;
};

struct bench {
	struct report report;
	struct sharing *all;
	size_t n_sizes;
	size_t n_rounds;
};

/* ---- decisions ------------------------------------------------------------------------------------------- */

static const char *const actions[] = {"read", "write", "admin"};

static struct ask ask_of(size_t user, struct entity e, enum access_level level, struct arena *a)
{
	return (struct ask){.subject_type = STR("user"),
	                    .subject_id = sharing_user(user, a),
	                    .action = str_of(actions[level - ACCESS_READ]),
	                    .resource = {.type = entity_type_name(e.type), .id = e.id}};
}

/* A random user about a grant of one of her ten principals, and a level that it gives. */
static void make_hit(const struct sharing *sh, uint64_t random, struct question *q, struct arena *a)
{
	const struct access_grant *grant = NULL;
	size_t user = 0;

	for (uint64_t total; !grant; random = hash_u64(random)) {
		struct grants_filter f = {0};
		enum grantee_type type;

		user = random % sh->n_users;
		f.grantee_id = sharing_principal(sh, user, (random >> 32) % 10, &type, a);
		f.grantee_types = 1u << type;
		(void)grants_list(&sh->snapshot->grants, &f, 0, 1, a, &grant, &total);
		if (total > 0)
			(void)grants_list(&sh->snapshot->grants, &f, (random >> 40) % total, 1, a, &grant, NULL);
	}
	q->ask = ask_of(user, (struct entity){grant->entity_type, grant->entity_id},
	                (enum access_level)(ACCESS_READ + random % (unsigned)grant->level), a);
	q->is_allowed = true;
}

/* A random user about a random entity: hardly ever allowed, the less the larger the organization is. */
static void make_miss(const struct sharing *sh, uint64_t random, struct question *q, struct arena *a)
{
	q->ask = ask_of(random % sh->n_users, sharing_entity((random >> 24) % sh->n_entities, a),
	                (enum access_level)(ACCESS_READ + (random >> 60) % 3), a);
}

static size_t run_ask(struct sharing *sh, const struct question *q, struct arena *a)
{
	bool is_allowed = verdict_allows(snapshot_ask(sh->snapshot, &q->ask, a, NULL).verdict);

	assert(is_allowed || !q->is_allowed);
	return is_allowed;
}

/* What every decision begins with, whatever is granted. */
static size_t run_subjects(struct sharing *sh, const struct question *q, struct arena *a)
{
	const struct subject *subjects;
	size_t n;

	snapshot_subjects(sh->snapshot, STR("user"), q->ask.subject_id, a, &subjects, &n);
	return n;
}

/* ---- lists ----------------------------------------------------------------------------------------------- */

enum place { FIRST, MIDDLE, LAST };

static void set_place(const struct sharing *sh, enum place place, struct question *q, struct arena *a)
{
	const struct access_grant *items;
	uint64_t total;

	(void)grants_list(&sh->snapshot->grants, &q->filter, 0, 1, a, &items, &total);
	if (place == MIDDLE)
		q->skip = total / 2;
	else if (place == LAST)
		q->skip = total > PAGE ? total - PAGE : 0;
}

#define MAKE_LIST(what, place)                                                                                         \
	static void make_##what##_##place(const struct sharing *sh, uint64_t random, struct question *q,               \
	                                  struct arena *a)                                                             \
	{                                                                                                              \
		filter_##what(sh, random, &q->filter, a);                                                              \
		set_place(sh, place, q, a);                                                                            \
	}

static void filter_all(const struct sharing *sh, uint64_t random, struct grants_filter *f, struct arena *a)
{
	(void)sh, (void)random, (void)f, (void)a;
}

static void filter_types(const struct sharing *sh, uint64_t random, struct grants_filter *f, struct arena *a)
{
	(void)sh, (void)random, (void)a;
	f->entity_types = 1u << ENTITY_KNOWLEDGE_SLICE | 1u << ENTITY_VECTOR_STORE;
	f->grantee_types = 1u << GRANTEE_USER;
}

static void filter_entity(const struct sharing *sh, uint64_t random, struct grants_filter *f, struct arena *a)
{
	struct entity e = sharing_entity(random % sh->n_entities, a);

	f->entity_types = 1u << e.type;
	f->entity_id = e.id;
}

/* The most shared one. */
static void filter_hot(const struct sharing *sh, uint64_t random, struct grants_filter *f, struct arena *a)
{
	(void)random;
	filter_entity(sh, 0, f, a);
}

static void filter_grantee(const struct sharing *sh, uint64_t random, struct grants_filter *f, struct arena *a)
{
	f->grantee_types = 1u << GRANTEE_DEPARTMENT;
	f->grantee_id = sharing_grantee(GRANTEE_DEPARTMENT, random % sh->n_departments, a);
}

MAKE_LIST(all, FIRST)
MAKE_LIST(all, MIDDLE)
MAKE_LIST(all, LAST)
MAKE_LIST(types, FIRST)
MAKE_LIST(types, MIDDLE)
MAKE_LIST(types, LAST)
MAKE_LIST(entity, FIRST)
MAKE_LIST(hot, MIDDLE)
MAKE_LIST(hot, LAST)
MAKE_LIST(grantee, FIRST)
MAKE_LIST(grantee, MIDDLE)
MAKE_LIST(grantee, LAST)

static size_t run_list(struct sharing *sh, const struct question *q, struct arena *a)
{
	const struct access_grant *items;
	uint64_t total;

	return grants_list(&sh->snapshot->grants, &q->filter, q->skip, PAGE, a, &items, &total);
}

/* ---- who has what ---------------------------------------------------------------------------------------- */

static void make_user(const struct sharing *sh, uint64_t random, struct question *q, struct arena *a)
{
	q->user = FIND(sh->snapshot, user, USER, sharing_user(random % sh->n_users, a));
}

static size_t run_user(struct sharing *sh, const struct question *q, struct arena *a)
{
	const struct entity_access *items;
	size_t n = access_of_user(sh->snapshot, q->user, 0, a, &items), n_paths = 0;

	if (n == ACCESS_TOO_MANY)
		return 0;
	for (size_t i = 0; i < n; i++)
		n_paths += items[i].n_paths;
	return n_paths;
}

static void make_entity(const struct sharing *sh, uint64_t random, struct question *q, struct arena *a)
{
	q->entity = sharing_entity(random % sh->n_entities, a);
}

static void make_hot(const struct sharing *sh, uint64_t random, struct question *q, struct arena *a)
{
	(void)random;
	make_entity(sh, 0, q, a);
}

static size_t run_entity(struct sharing *sh, const struct question *q, struct arena *a)
{
	const struct user_access *items;
	size_t n = access_to_entity(sh->snapshot, q->entity.type, q->entity.id, a, &items), n_paths = 0;

	/* Of very many grants: what is measured then is the refusal. */
	if (n == ACCESS_TOO_MANY)
		return 0;
	for (size_t i = 0; i < n; i++)
		n_paths += items[i].n_paths;
	return n_paths;
}

/* ---- all of them ----------------------------------------------------------------------------------------- */

/* `cost` is about how many microseconds a call takes: it says how many are made. */
static const struct measure {
	const char *what, *answer;
	void (*make)(const struct sharing *sh, uint64_t random, struct question *q, struct arena *a);
	size_t (*run)(struct sharing *sh, const struct question *q, struct arena *a);
	unsigned cost;
} measures[] = {
    {"decision, allowed", NULL, make_hit, run_ask, 5},
    {"decision, of any two", NULL, make_miss, run_ask, 5},
    {"... finding the principals alone", "subjects", make_miss, run_subjects, 5},
    {"page of all, first", "grants", make_all_FIRST, run_list, 20},
    {"page of all, middle", "grants", make_all_MIDDLE, run_list, 20},
    {"page of all, last", "grants", make_all_LAST, run_list, 20},
    {"page by types, first", "grants", make_types_FIRST, run_list, 20},
    {"page by types, middle", "grants", make_types_MIDDLE, run_list, 20},
    {"page by types, last", "grants", make_types_LAST, run_list, 20},
    {"page of an entity, first", "grants", make_entity_FIRST, run_list, 20},
    {"page of the most shared entity, middle", "grants", make_hot_MIDDLE, run_list, 20},
    {"page of the most shared entity, last", "grants", make_hot_LAST, run_list, 20},
    {"page of a department, first", "grants", make_grantee_FIRST, run_list, 20},
    {"page of a department, middle", "grants", make_grantee_MIDDLE, run_list, 20},
    {"page of a department, last", "grants", make_grantee_LAST, run_list, 20},
    {"access of a user", "paths", make_user, run_user, 1000},
    {"users with access to an entity", "paths", make_entity, run_entity, 200},
    {"... to the most shared one", "paths", make_hot, run_entity, 50000},
};

struct tally {
	struct samples samples;
	uint64_t n_answers, n_calls;
};

/* One batch of questions: about 16 decisions, or as many pages, or one answer that is long. */
static void turn(const struct measure *m, struct sharing *sh, uint64_t random, struct tally *t)
{
	size_t n_batch = m->cost < 100 ? MAX_BATCH : 1;
	struct arena a = ARENA_INIT, scratch = ARENA_INIT;
	struct question questions[MAX_BATCH] = {0};
	uint64_t start;

	for (size_t i = 0; i < n_batch; i++)
		m->make(sh, hash_u64(random + i), &questions[i], &a);
	start = timing_now_ns();
	for (size_t i = 0; i < n_batch; i++)
		t->n_answers += m->run(sh, &questions[i], &scratch);
	samples_add(&t->samples, timing_now_ns() - start, n_batch);
	t->n_calls += n_batch;
	arena_release(&scratch);
	arena_release(&a);
}

static void report_tally(struct bench *b, size_t i, const char *what, struct tally *t, double *base_ns)
{
	struct summary s = samples_finish(&t->samples);

	if (i == 0)
		*base_ns = s.p50_ns;
	report_row(&b->report, b->all[i].n_grants, what, s, s.p50_ns / *base_ns);
}

static void bench_measure(struct bench *b, const struct measure *m)
{
	size_t n_rounds = m->cost > 1000 ? b->n_rounds / 100 + 1 : m->cost > 100 ? b->n_rounds / 4 + 1 : b->n_rounds;
	struct tally tallies[MAX_SIZES] = {0};
	double base_ns = 0;

	for (size_t round = 0; round < n_rounds; round++) {
		for (size_t i = 0; i < b->n_sizes; i++)
			turn(m, &b->all[i], round * MAX_BATCH, &tallies[i]);
	}
	for (size_t i = 0; i < b->n_sizes; i++) {
		double n = (double)tallies[i].n_answers / (double)tallies[i].n_calls;

		report_tally(b, i, m->what, &tallies[i], &base_ns);
		report_value(&b->report, b->all[i].n_grants, m->answer ? "... answer" : "... allowed",
		             m->answer ? n : n * 100, m->answer ? m->answer : "%");
	}
}

/* Each in a version of its own that is sealed, with what it replaced given back. */
static void bench_changes(struct bench *b)
{
	struct tally creates[MAX_SIZES] = {0}, revokes[MAX_SIZES] = {0};
	double base_ns = 0;

	for (size_t round = 0; round < b->n_rounds; round++) {
		for (size_t i = 0; i < b->n_sizes; i++) {
			struct document *doc = sharing_new_grant(&b->all[i]);
			struct arena a = ARENA_INIT;
			struct str id = arena_str(&a, doc->id);
			uint64_t start = timing_now_ns();

			sharing_change(&b->all[i], doc, STR_NONE);
			samples_add(&creates[i].samples, timing_now_ns() - start, 1);
			start = timing_now_ns();
			sharing_change(&b->all[i], NULL, id);
			samples_add(&revokes[i].samples, timing_now_ns() - start, 1);
			arena_release(&a);
		}
	}
	for (size_t i = 0; i < b->n_sizes; i++)
		report_tally(b, i, "create", &creates[i], &base_ns);
	for (size_t i = 0; i < b->n_sizes; i++)
		report_tally(b, i, "revoke", &revokes[i], &base_ns);
}

static void load(struct bench *b, const struct sizes *sizes)
{
	b->n_sizes = sizes->n;
	b->all = mem_calloc(sizes->n, sizeof(*b->all));
	for (size_t i = 0; i < sizes->n; i++) {
		struct sharing *sh = &b->all[i];
		double n = (double)sizes->items[i];

		sharing_init(sh, sizes->items[i]);
		report_value(&b->report, sh->n_grants, "load", (double)sh->load_ns / 1e6, "ms");
		report_value(&b->report, sh->n_grants, "load, each", (double)sh->load_ns / n, "ns");
		report_value(&b->report, sh->n_grants, "memory a grant, allocated", (double)sh->heap_bytes / n,
		             "bytes");
		report_value(&b->report, sh->n_grants, "memory a grant, resident", (double)sh->resident_bytes / n,
		             "bytes");
	}
}

static void run(struct bench *b, const struct sizes *sizes)
{
	load(b, sizes);
	for (size_t i = 0; i < N_ELEMENTS(measures); i++)
		bench_measure(b, &measures[i]);
	bench_changes(b);
	for (size_t i = 0; i < b->n_sizes; i++)
		sharing_release(&b->all[i]);
	free(b->all);
}

int main(int argc, char **argv)
{
	static const struct option known[] = {{"quick", no_argument, NULL, 'q'},
	                                      {"sizes", required_argument, NULL, 's'},
	                                      {"json", required_argument, NULL, 'j'},
	                                      {0}};
	struct sizes sizes = {{10000, 1000000, 10000000}, 3};
	struct bench b = {.n_rounds = 2000};
	const char *json_path = NULL;
	bool is_good = true;
	int c, r;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (c == 'q') {
			sizes = (struct sizes){{10000, 100000}, 2};
			b.n_rounds = 200;
		} else if (c == 'j') {
			json_path = optarg;
		} else {
			is_good &= c == 's' && sizes_parse(&sizes, optarg);
		}
	}
	if (!is_good || optind != argc) {
		fputs("usage: bench-grants [--quick] [--sizes N,N…] [--json PATH]\n", stderr);
		return 2;
	}
	r = report_open(&b.report, json_path, "grants", "first");
	if (r == 0) {
		run(&b, &sizes);
		r = report_close(&b.report);
	}
	if (r < 0) {
		fprintf(stderr, "bench-grants: %s: %s\n", json_path, strerror(-r));
		return 1;
	}
	return 0;
}
