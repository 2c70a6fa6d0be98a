/* SPDX-License-Identifier: Apache-2.0
 *
 * Durable commits through store_commit() beside a bare SQLite loop that inserts the same rows into the same tables with
 * the same settings in the same groups, taken in turns so that both meet the same machine; then the speed of loading.
 *
 * usage: bench-store [--dir DIR] [--rounds N] [--documents N] [--checkpoint-pages N] [--json FILE]
 */
#include <getopt.h>
#include <sqlite3.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "store/store.h"

#define MAX_GROUP   64
#define MAX_ROUNDS  100
#define MAX_SAMPLES 100000
#define ORG         STR("acme")

static const char body[] = "{\"name\":\"Deploy to production\",\"effect\":\"allow\",\"actions\":[\"projects:read\","
                           "\"projects:update\"],\"conditions\":[{\"key\":\"Env\",\"values\":[\"prod\"]}]}";

static const struct {
	size_t group;     /* change sets in one transaction */
	size_t n_commits; /* in one turn */
} shapes[] = {{1, 200}, {8, 100}, {64, 40}};

struct options {
	const char *dir, *json;
	size_t n_rounds, n_documents, checkpoint_pages;
};

/* Both sides of the comparison, each with its own file. */
struct sides {
	struct store *store;
	uint64_t store_revision;
	sqlite3 *bare;
	sqlite3_stmt *begin, *commit, *add_document, *add_audit;
	uint64_t bare_revision;
};

struct result {
	double store_rates[MAX_ROUNDS], bare_rates[MAX_ROUNDS], ratios[MAX_ROUNDS];
	size_t n_rounds;
	double *store_us, *bare_us; /* one sample a commit */
	size_t n_store_us, n_bare_us;
};

__attribute__((noreturn)) static void die(const char *what, const char *why)
{
	(void)fprintf(stderr, "bench-store: %s: %s\n", what, why);
	exit(1);
}

static void need(bool ok, const char *what, sqlite3 *db)
{
	if (!ok)
		die(what, db ? sqlite3_errmsg(db) : "failed");
}

static struct store *open_store(const char *url)
{
	struct error err = {0};
	struct store *s = NULL;

	if (store_open(str_of(url), &s, &err) != 0)
		die(url, err.text);
	return s;
}

static struct store_set make_set(uint64_t base, const struct store_change *change)
{
	return (struct store_set){.org = ORG,
	                          .base_revision = base,
	                          .at_ms = 1763800000000 + (int64_t)base,
	                          .actor = STR("user:owner"),
	                          .via = STR("native"),
	                          .operation = STR("policies:create"),
	                          .target = change->id,
	                          .remote = STR("192.0.2.1"),
	                          .request_id = STR("0123456789abcdef"),
	                          .outcome = AUDIT_DONE,
	                          .status = 201,
	                          .changes = change,
	                          .n_changes = 1};
}

/* One transaction of `n` sets, each creating one document. */
static void store_commit_group(struct store *s, uint64_t *revision, size_t n)
{
	static struct store_set sets[MAX_GROUP];
	static struct store_change changes[MAX_GROUP];
	static char ids[MAX_GROUP][32];
	struct error err = {0};

	for (size_t i = 0; i < n; i++) {
		uint64_t number = *revision + i;
		int len = snprintf(ids[i], sizeof(ids[i]), "policy-%016llx", (unsigned long long)number);

		changes[i] = (struct store_change){.kind = STR("policy"),
		                                   .id = {ids[i], (size_t)len},
		                                   .unique_key = {ids[i], (size_t)len},
		                                   .seq = number,
		                                   .body = {body, sizeof(body) - 1}};
		sets[i] = make_set(number, &changes[i]);
	}
	if (store_commit(s, sets, n, &err) != 0)
		die("commit", err.text);
	*revision += n;
}

static void bare_insert(struct sides *b, const char *id, int id_len, uint64_t revision)
{
	sqlite3_stmt *d = b->add_document, *a = b->add_audit;

	sqlite3_bind_text(d, 1, id, id_len, SQLITE_STATIC);
	sqlite3_bind_int64(d, 2, (sqlite3_int64)revision);
	sqlite3_bind_int64(d, 3, (sqlite3_int64)revision - 1);
	sqlite3_bind_text(d, 4, body, (int)sizeof(body) - 1, SQLITE_STATIC);
	need(sqlite3_step(d) == SQLITE_DONE, "insert", b->bare);
	sqlite3_reset(d);
	sqlite3_bind_text(a, 1, id, id_len, SQLITE_STATIC);
	sqlite3_bind_int64(a, 2, 1763800000000 + (sqlite3_int64)revision);
	sqlite3_bind_int64(a, 3, (sqlite3_int64)revision);
	need(sqlite3_step(a) == SQLITE_DONE, "insert", b->bare);
	sqlite3_reset(a);
}

static void bare_run(struct sides *b, sqlite3_stmt *stmt)
{
	need(sqlite3_step(stmt) == SQLITE_DONE, "transaction", b->bare);
	sqlite3_reset(stmt);
}

static void bare_commit_group(struct sides *b, size_t n)
{
	char id[32];

	bare_run(b, b->begin);
	for (size_t i = 0; i < n; i++) {
		int len = snprintf(id, sizeof(id), "policy-%016llx", (unsigned long long)b->bare_revision);

		bare_insert(b, id, len, ++b->bare_revision);
	}
	bare_run(b, b->commit);
}

static sqlite3_stmt *prepare(struct sides *b, const char *sql)
{
	sqlite3_stmt *stmt = NULL;

	need(sqlite3_prepare_v3(b->bare, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL) == SQLITE_OK, sql, b->bare);
	return stmt;
}

/* The store itself makes the bare side's file: the tables and indexes are the same ones. */
static void open_sides(struct sides *b, const struct options *o)
{
	char url[512], sql[256];

	*b = (struct sides){0};
	(void)snprintf(url, sizeof(url), "sqlite:%s/bare.db", o->dir);
	store_close(open_store(url));
	need(sqlite3_open_v2(url + sizeof("sqlite:") - 1, &b->bare, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
	                     NULL) == SQLITE_OK,
	     "open", b->bare);
	(void)snprintf(sql, sizeof(sql),
	               "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = %zu; "
	               "PRAGMA cache_size = -16384; PRAGMA journal_size_limit = 67108864",
	               o->checkpoint_pages);
	need(sqlite3_exec(b->bare, sql, NULL, NULL, NULL) == SQLITE_OK, "pragmas", b->bare);
	b->begin = prepare(b, "BEGIN IMMEDIATE");
	b->commit = prepare(b, "COMMIT");
	b->add_document = prepare(b, "INSERT INTO document(org, kind, id, rev_from, unique_key, seq, body) "
	                             "VALUES('acme', 'policy', ?1, ?2, ?1, ?3, ?4)");
	b->add_audit = prepare(b, "INSERT INTO audit(org, at, actor, via, operation, target, remote, request_id, "
	                          "outcome, status, rev) VALUES('acme', ?2, 'user:owner', 'native', 'policies:create', "
	                          "?1, '192.0.2.1', '0123456789abcdef', 1, 201, ?3)");
	(void)snprintf(url, sizeof(url), "sqlite:%s/store.db?checkpoint_pages=%zu", o->dir, o->checkpoint_pages);
	b->store = open_store(url);
}

static void close_sides(struct sides *b)
{
	store_close(b->store);
	sqlite3_finalize(b->begin);
	sqlite3_finalize(b->commit);
	sqlite3_finalize(b->add_document);
	sqlite3_finalize(b->add_audit);
	need(sqlite3_close(b->bare) == SQLITE_OK, "close", b->bare);
}

/* One turn of one side: rows (documents) a second; each commit's time goes to `us`. */
static double turn(struct sides *b, bool is_bare, size_t shape, double *us, size_t *n_us)
{
	uint64_t start = clock_monotonic_ns(), before = start, now;

	for (size_t i = 0; i < shapes[shape].n_commits; i++) {
		if (is_bare)
			bare_commit_group(b, shapes[shape].group);
		else
			store_commit_group(b->store, &b->store_revision, shapes[shape].group);
		now = clock_monotonic_ns();
		if (*n_us < MAX_SAMPLES)
			us[(*n_us)++] = (double)(now - before) / 1e3;
		before = now;
	}
	return (double)(shapes[shape].n_commits * shapes[shape].group) * 1e9 / (double)(before - start);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* Sorts, and picks the value that `share` of all are below. */
static double quantile(double *values, size_t n, double share)
{
	size_t at = (size_t)((double)n * share);

	qsort(values, n, sizeof(values[0]), by_value);
	return values[at < n ? at : n - 1];
}

static void measure_commits(struct sides *b, struct result *results, size_t n_rounds)
{
	for (size_t round = 0; round < n_rounds; round++)
		for (size_t shape = 0; shape < N_ELEMENTS(shapes); shape++) {
			struct result *r = &results[shape];
			double rates[2];

			/* Who goes first changes, too. */
			for (size_t k = 0; k < 2; k++) {
				bool is_bare = (k + round) % 2 == 0;

				rates[is_bare] = is_bare ? turn(b, true, shape, r->bare_us, &r->n_bare_us)
				                         : turn(b, false, shape, r->store_us, &r->n_store_us);
			}
			r->store_rates[r->n_rounds] = rates[false];
			r->bare_rates[r->n_rounds] = rates[true];
			r->ratios[r->n_rounds++] = rates[false] / rates[true];
		}
}

static int count_row(void *ctx, const struct store_document *row)
{
	*(uint64_t *)ctx += row->body.len > 0;
	return 0;
}

/* Fills the store up to `n` documents and reads them all, three times; rows a second of the best. */
static double measure_load(struct sides *b, size_t n, uint64_t *ret_n_rows)
{
	double best = 0;

	while (b->store_revision < n)
		store_commit_group(b->store, &b->store_revision, MAX_GROUP);
	for (int i = 0; i < 3; i++) {
		uint64_t n_rows = 0, start = clock_monotonic_ns();
		struct error err = {0};
		double rate;

		if (store_each_document(b->store, ORG, 0, count_row, &n_rows, &err) != 0)
			die("load", err.text);
		rate = (double)n_rows * 1e9 / (double)(clock_monotonic_ns() - start);
		best = rate > best ? rate : best;
		*ret_n_rows = n_rows;
	}
	return best;
}

static void report_shape(struct buf *json, size_t shape, struct result *r)
{
	double store_rate = quantile(r->store_rates, r->n_rounds, 0.5);
	double bare_rate = quantile(r->bare_rates, r->n_rounds, 0.5), ratio = quantile(r->ratios, r->n_rounds, 0.5);
	double p50 = quantile(r->store_us, r->n_store_us, 0.5), p99 = quantile(r->store_us, r->n_store_us, 0.99);
	double max = r->store_us[r->n_store_us - 1], bare_p99 = quantile(r->bare_us, r->n_bare_us, 0.99);
	double bare_max = r->bare_us[r->n_bare_us - 1];

	(void)printf("%5zu  %9.0f  %9.0f  %5.2f  %8.0f %8.0f %8.0f  %8.0f %8.0f\n", shapes[shape].group, store_rate,
	             bare_rate, ratio, p50, p99, max, bare_p99, bare_max);
	buf_addf(json,
	         "%s{\"group\":%zu,\"store_rows_per_s\":%.0f,\"bare_rows_per_s\":%.0f,\"ratio\":%.3f,"
	         "\"commit_us\":{\"p50\":%.0f,\"p99\":%.0f,\"max\":%.0f}}",
	         shape ? "," : "", shapes[shape].group, store_rate, bare_rate, ratio, p50, p99, max);
}

static void write_json(const char *path, const struct buf *json)
{
	FILE *f = fopen(path, "w");

	if (!f || fwrite(json->ptr, 1, json->len, f) != json->len || fclose(f) != 0)
		die(path, "cannot be written");
}

static void run(const struct options *o)
{
	static struct result results[N_ELEMENTS(shapes)];
	struct buf json = BUF_INIT(BUF_MAX_LINE_BYTES);
	struct sides b;
	uint64_t n_rows;
	double load;

	for (size_t i = 0; i < N_ELEMENTS(results); i++) {
		results[i].store_us = mem_calloc(MAX_SAMPLES, sizeof(double));
		results[i].bare_us = mem_calloc(MAX_SAMPLES, sizeof(double));
	}
	open_sides(&b, o);
	measure_commits(&b, results, o->n_rounds);
	(void)printf("       document rows a second          store: µs a commit         bare: µs a commit\n"
	             "group      store       bare  ratio       p50      p99      max       p99      max\n");
	buf_addf(&json, "{\"checkpoint_pages\":%zu,\"commits\":[", o->checkpoint_pages);
	for (size_t i = 0; i < N_ELEMENTS(results); i++)
		report_shape(&json, i, &results[i]);
	load = measure_load(&b, o->n_documents, &n_rows);
	(void)printf("load: %.0f rows a second at %llu documents\n", load, (unsigned long long)n_rows);
	buf_addf(&json, "],\"load\":{\"documents\":%llu,\"rows_per_s\":%.0f}}\n", (unsigned long long)n_rows, load);
	close_sides(&b);
	if (o->json)
		write_json(o->json, &json);
	buf_release(&json);
	for (size_t i = 0; i < N_ELEMENTS(results); i++) {
		free(results[i].store_us);
		free(results[i].bare_us);
	}
}

static void remove_files(const char *dir)
{
	static const char *const names[] = {"bare.db", "bare.db.lock", "store.db", "store.db.lock"};
	char path[512];

	for (size_t i = 0; i < N_ELEMENTS(names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(dir);
}

static size_t number(const char *text, size_t max)
{
	uint64_t v;

	if (!str_to_u64(str_of(text), &v) || v == 0 || v > max)
		die(text, "not a number in range");
	return (size_t)v;
}

int main(int argc, char **argv)
{
	static const struct option known[] = {{"dir", 1, NULL, 'd'},       {"rounds", 1, NULL, 'r'},
	                                      {"documents", 1, NULL, 'n'}, {"checkpoint-pages", 1, NULL, 'c'},
	                                      {"json", 1, NULL, 'j'},      {NULL, 0, NULL, 0}};
	struct options o = {.n_rounds = 10, .n_documents = 100000, .checkpoint_pages = 4000};
	char tmp[] = "/tmp/doorward-bench-XXXXXX";
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (c == 'd')
			o.dir = optarg;
		else if (c == 'r')
			o.n_rounds = number(optarg, MAX_ROUNDS);
		else if (c == 'n')
			o.n_documents = number(optarg, 10000000);
		else if (c == 'c')
			o.checkpoint_pages = number(optarg, 1000000);
		else if (c == 'j')
			o.json = optarg;
		else
			return 2;
	}
	if (!o.dir) {
		o.dir = mkdtemp(tmp);
		if (!o.dir)
			die(tmp, "cannot be made");
	}
	run(&o);
	if (o.dir == tmp)
		remove_files(o.dir);
	return 0;
}
