/* SPDX-License-Identifier: Apache-2.0
 *
 * bench-engine: decisions in process beside raw lookups in a flat table, taking turns in one run, so that what the
 * machine does to one it does to the other.
 */
#include <getopt.h>
#include <malloc.h>

#include "base/hash.h"
#include "flat.h"
#include "globs.h"
#include "sizes.h"
#include "conditional.h"
#include "tagged.h"
#include "writing.h"

enum { BATCH = 16, TURN = 64 * BATCH, FLAT_SEED = 5 };

struct options {
	struct sizes sizes;
	const char *json_path;
	size_t n_calls; /* of each measured kind */
	unsigned int window_ms;
};

/* One size under test. */
struct bench {
	struct report *report;
	const struct options *options;
	size_t size;
	struct workload workload;
	struct engine engine;
	struct str *keys; /* as many as there are statements, on the heap in random order */
	struct flat flat;
	struct pmap trie; /* the same keys */
	struct arena key_arena;
	double raw_p50_ns;
	volatile uint64_t sink;
};

static bool key_is(const void *value, const void *key)
{
	return str_eq(*(const struct str *)value, *(const struct str *)key);
}

static void make_keys(struct bench *b)
{
	struct edit_blocks retired;
	struct edit e;

	b->keys = ARENA_ARRAY(&b->key_arena, struct str, b->size);
	for (size_t i = 0; i < b->size; i++)
		b->keys[i] = arena_strf(&b->key_arena, "user:local:u%zu", (size_t)(hash_u64(i) % 1000000000));
	flat_init(&b->flat, FLAT_SEED, b->keys, b->size);
	edit_init(&e);
	for (size_t i = 0; i < b->size; i++) {
		(void)pmap_put(&b->trie, &e, hash_str(FLAT_SEED, b->keys[i]), key_is, &b->keys[i], &b->keys[i]);
		if (i % 1000 == 999 || i + 1 == b->size) {
			edit_seal(&e, &retired);
			edit_blocks_free_all(&retired);
			edit_init(&e);
		}
	}
	edit_drop(&e);
}

static void free_keys(struct bench *b)
{
	struct edit_blocks retired;
	struct edit e;

	edit_init(&e);
	pmap_retire_all(&b->trie, &e);
	edit_seal(&e, &retired);
	edit_blocks_free_all(&retired);
	flat_release(&b->flat);
	arena_release(&b->key_arena);
}

/* Copies of random keys, so that reading the question costs the same in all contestants. */
static struct str *make_questions(struct bench *b, size_t n, struct arena *a)
{
	struct str *out = ARENA_ARRAY(a, struct str, n);

	for (size_t i = 0; i < n; i++)
		out[i] = arena_str(a, b->keys[hash_u64(i + 1000003) % b->size]);
	return out;
}

/*
 * Reads the questions of a batch before the clock starts, for all contestants alike: whoever asks has just put the
 * question together, so it is in the cache.
 */
static uint64_t touch(struct str s)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < s.len; i++)
		sum += (uint8_t)s.ptr[i];
	return sum;
}

static void touch_keys(struct bench *b, const struct str *keys)
{
	for (size_t k = 0; k < BATCH; k++)
		b->sink += touch(keys[k]);
}

static void touch_queries(struct bench *b, const struct query *queries)
{
	for (size_t k = 0; k < BATCH; k++)
		b->sink += touch(queries[k].subjects[0].text) + touch(queries[k].action) + touch(queries[k].resource) +
		           touch(queries[k].tenants.items[0]);
}

static void turn_of_raw(struct bench *b, struct samples *s, const struct str *keys, size_t n)
{
	for (size_t i = 0; i < n; i += BATCH) {
		uint64_t start, found = 0;

		touch_keys(b, keys + i);
		start = timing_now_ns();
		for (size_t k = i; k < i + BATCH; k++)
			found += flat_get(&b->flat, keys[k]) != NULL;
		samples_add(s, timing_now_ns() - start, BATCH);
		b->sink += found;
	}
}

static void turn_of_trie(struct bench *b, struct samples *s, const struct str *keys, size_t n)
{
	for (size_t i = 0; i < n; i += BATCH) {
		uint64_t start, found = 0;

		touch_keys(b, keys + i);
		start = timing_now_ns();
		for (size_t k = i; k < i + BATCH; k++)
			found += pmap_get(&b->trie, hash_str(FLAT_SEED, keys[k]), key_is, &keys[k]) != NULL;
		samples_add(s, timing_now_ns() - start, BATCH);
		b->sink += found;
	}
}

static void turn_of_engine(struct bench *b, struct samples *s, const struct query *queries, size_t n)
{
	struct arena scratch = ARENA_INIT;

	for (size_t i = 0; i < n; i += BATCH) {
		uint64_t start, allowed = 0;

		touch_queries(b, queries + i);
		start = timing_now_ns();
		for (size_t k = i; k < i + BATCH; k++)
			allowed += verdict_allows(engine_decide(&b->engine, &queries[k], &scratch, NULL));
		samples_add(s, timing_now_ns() - start, BATCH);
		b->sink += allowed;
		arena_reset(&scratch);
	}
	arena_release(&scratch);
}

/* Decisions and both kinds of lookups take turns. */
static void bench_decisions(struct bench *b, enum query_kind kind)
{
	struct samples engine = {0}, raw = {0}, trie = {0};
	size_t n = b->options->n_calls / TURN * TURN;
	struct arena a = ARENA_INIT;
	struct query *queries = ARENA_ARRAY(&a, struct query, n);
	struct str *keys = make_questions(b, n, &a);
	struct summary e, r, t;

	for (size_t i = 0; i < n; i++)
		queries[i] = workload_query(&b->workload, kind, i * 2 + (uint64_t)kind, 1, &a);
	for (size_t i = 0; i < n; i += TURN) {
		turn_of_engine(b, &engine, queries + i, TURN);
		turn_of_raw(b, &raw, keys + i, TURN);
		turn_of_trie(b, &trie, keys + i, TURN);
	}
	e = samples_finish(&engine);
	r = samples_finish(&raw);
	t = samples_finish(&trie);
	b->raw_p50_ns = r.p50_ns;
	report_row(b->report, b->size, kind == QUERY_HIT ? "decision, hit" : "decision, miss", e, e.p50_ns / r.p50_ns);
	if (kind == QUERY_HIT) {
		report_row(b->report, b->size, "raw lookup, flat table", r, 1);
		report_row(b->report, b->size, "raw lookup, trie", t, t.p50_ns / r.p50_ns);
	}
	arena_release(&a);
}

static void bench_subjects(struct bench *b, size_t n_subjects, size_t n_calls)
{
	struct samples s = {0};
	struct arena a = ARENA_INIT, scratch = ARENA_INIT;
	char what[64];

	for (size_t i = 0; i < n_calls; i++) {
		struct query q = workload_query(&b->workload, i % 2 ? QUERY_HIT : QUERY_MISS, i + 77, n_subjects, &a);
		uint64_t start;

		/* A hit of so many subjects may be a deny and end early; that is part of the mix. */
		start = timing_now_ns();
		b->sink += verdict_allows(engine_decide(&b->engine, &q, &scratch, NULL));
		samples_add(&s, timing_now_ns() - start, 1);
		arena_reset(&scratch);
		arena_reset(&a);
	}
	(void)snprintf(what, sizeof(what), "decision, %zu subjects", n_subjects);
	report_row(b->report, b->size, what, samples_finish(&s), 0);
	arena_release(&a);
	arena_release(&scratch);
}

static void bench_tenants(struct bench *b, enum tenant_scope scope, const char *what)
{
	struct samples s = {0};
	struct arena a = ARENA_INIT, scratch = ARENA_INIT;

	for (size_t i = 0; i < b->options->n_calls / 16; i++) {
		struct query q = workload_query(&b->workload, QUERY_HIT, i + 7777, 3, &a);
		struct str_list tenants;
		uint64_t start;

		q.scope = scope;
		q.tenants = (struct str_list){b->workload.tenants, N_TENANTS};
		start = timing_now_ns();
		(void)engine_decide(&b->engine, &q, &scratch, &tenants);
		samples_add(&s, timing_now_ns() - start, 1);
		b->sink += tenants.n;
		arena_reset(&scratch);
		arena_reset(&a);
	}
	report_row(b->report, b->size, what, samples_finish(&s), 0);
	arena_release(&a);
	arena_release(&scratch);
}

static void free_engine(struct engine *g)
{
	struct edit_blocks retired;
	struct edit e;

	edit_init(&e);
	engine_retire_all(g, &e);
	edit_seal(&e, &retired);
	edit_blocks_free_all(&retired);
}

/* One statement a document, each about a resource of its own. */
static void load_one_subject(struct engine *g, size_t n)
{
	struct arena a = ARENA_INIT;
	struct str subject = STR("team:local:everyone"), action = STR("app:object:get"), resource;
	struct statement st = {.effect = EFFECT_ALLOW,
	                       .actions = {&action, 1},
	                       .resources = {&resource, 1},
	                       .all_tenants = true,
	                       .valid_from_ms = INT64_MIN,
	                       .valid_until_ms = INT64_MAX};
	struct statement_set set = {.subjects = {&subject, 1}, .statements = &st, .n_statements = 1};

	engine_init(g, FLAT_SEED);
	for (size_t i = 0; i < n; i++) {
		struct edit_blocks retired;
		struct edit e;

		set.id = arena_strf(&a, "d%zu", i);
		resource = arena_strf(&a, "app:object:%zu", i);
		edit_init(&e);
		engine_put(g, &e, &set);
		edit_seal(&e, &retired);
		edit_blocks_free_all(&retired);
		arena_reset(&a);
	}
	arena_release(&a);
}

/* The worst shape for an index by subject: everything is held by one team. */
static void bench_one_subject(struct bench *b)
{
	struct engine big, usual = b->engine;
	struct samples s = {0};
	struct subject subject = {STR("team:local:everyone"), STR_NONE};
	struct arena a = ARENA_INIT;

	load_one_subject(&big, b->size);
	b->engine = big;
	for (size_t i = 0; i < b->options->n_calls / BATCH; i++) {
		struct query *queries = ARENA_ARRAY(&a, struct query, BATCH);

		for (size_t k = 0; k < BATCH; k++)
			queries[k] = (struct query){
			    .subjects = &subject,
			    .n_subjects = 1,
			    .action = STR("app:object:get"),
			    .resource = arena_strf(&a, "app:object:%zu", (size_t)(hash_u64(i * BATCH + k) % b->size)),
			    .scope = SCOPE_LISTED,
			    .tenants = {b->workload.tenants, 1}};
		turn_of_engine(b, &s, queries, BATCH);
		arena_reset(&a);
	}
	b->engine = usual;
	report_row(b->report, b->size, "decision, all held by one subject", samples_finish(&s), 0);
	free_engine(&big);
	arena_release(&a);
}

static size_t heap_bytes(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

static void load(struct bench *b)
{
	size_t before = heap_bytes();
	uint64_t start = timing_now_ns();
	double n;

	workload_load(&b->workload, &b->engine);
	n = (double)b->engine.n_statements;
	report_value(b->report, b->size, "load", (double)(timing_now_ns() - start) / 1e6, "ms");
	report_value(b->report, b->size, "statements", n, "");
	report_value(b->report, b->size, "memory a statement", (double)(heap_bytes() - before) / n, "bytes");
	report_value(b->report, b->size, "of that in compiled sets", (double)b->engine.n_bytes / n, "bytes");
}

static void run_size(struct report *report, const struct options *o, size_t size)
{
	struct bench b = {.report = report, .options = o, .size = size};

	workload_init(&b.workload, size);
	load(&b);
	make_keys(&b);
	bench_decisions(&b, QUERY_HIT);
	bench_decisions(&b, QUERY_MISS);
	bench_subjects(&b, 100, o->n_calls / 64);
	if (size == 100000)
		bench_subjects(&b, 10000, o->n_calls / 1024);
	bench_tenants(&b, SCOPE_LISTED, "decision, list of 300 tenants");
	bench_tenants(&b, SCOPE_ALL, "decision, all tenants");
	free_keys(&b);
	bench_one_subject(&b);
	writing_bench_puts(report, &b.workload, &b.engine, o->n_calls / 64);
	writing_bench_readers(report, &b.workload, &b.engine, o->window_ms);
	free_engine(&b.engine);
	workload_release(&b.workload);
}

static bool parse_options(struct options *o, int argc, char **argv)
{
	static const struct option known[] = {{"quick", no_argument, NULL, 'q'},
	                                      {"sizes", required_argument, NULL, 's'},
	                                      {"json", required_argument, NULL, 'j'},
	                                      {0}};
	bool is_quick = false, has_sizes = false;
	int c;

	*o = (struct options){{{1000, 10000, 100000, 1000000}, 4}, NULL, 131072, 1000};
	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (c == 'q')
			is_quick = true;
		else if (c == 'j')
			o->json_path = optarg;
		else if (c == 's' && sizes_parse(&o->sizes, optarg))
			has_sizes = true;
		else
			return false;
	}
	if (is_quick) {
		o->n_calls = 16384;
		o->window_ms = 100;
		if (!has_sizes)
			o->sizes.n = 3;
	}
	return optind == argc;
}

int main(int argc, char **argv)
{
	struct report report;
	struct options o;
	int r;

	if (!parse_options(&o, argc, argv)) {
		fputs("usage: bench-engine [--quick] [--sizes N,N…] [--json PATH]\n", stderr);
		return 2;
	}
	r = report_open(&report, o.json_path, "statements", "raw");
	if (r == 0) {
		for (size_t i = 0; i < o.sizes.n; i++)
			run_size(&report, &o, o.sizes.items[i]);
		conditional_bench(&report, o.n_calls);
		tagged_bench(&report, o.n_calls);
		globs_bench(&report, o.n_calls / 10);
		r = report_close(&report);
	}
	if (r < 0) {
		fprintf(stderr, "bench-engine: %s: %s\n", o.json_path, strerror(-r));
		return 1;
	}
	return 0;
}
