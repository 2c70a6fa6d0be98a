/* SPDX-License-Identifier: Apache-2.0 */
#include "service/decision_log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "json/base64.h"
#include "json/json.h"
#include "crypto/chain.h"
#include "service/jwt.h"

static struct signing_key key;
static char folder[] = "/tmp/doorward-log-XXXXXX";
static char path[128];

static int set_up(void **state)
{
	static const uint8_t private_key[ED25519_KEY_BYTES] = {1, 2, 3};

	(void)state;
	signing_key_init(&key, private_key);
	if (!mkdtemp(folder))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/log", folder);
	return 0;
}

static int remove_file(void **state)
{
	(void)state;
	(void)unlink(path);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	return rmdir(folder);
}

static struct decision_log *open_log(uint32_t head_lines)
{
	struct decision_log *log;
	struct error err = {0};

	assert_int_equal(
	    decision_log_open(
	        &(struct decision_log_options){
	            .path = path, .key = &key, .queue_bytes = 65536, .head_lines = head_lines, .head_ms = 3600000},
	        &log, &err),
	    0);
	return log;
}

static struct str read_file(struct arena *a)
{
	FILE *f = fopen(path, "re");
	struct stat st;
	char *text;

	assert_non_null(f);
	assert_int_equal(fstat(fileno(f), &st), 0);
	text = arena_alloc(a, (size_t)st.st_size + 1);
	assert_int_equal(fread(text, 1, (size_t)st.st_size, f), st.st_size);
	(void)fclose(f);
	return (struct str){text, (size_t)st.st_size};
}

struct seen {
	size_t n_lines, n_heads, n_decisions, n_starts, n_recovered, n_after_head;
	uint64_t n_dropped;
};

static void check_head(const struct json *line, const char *prev)
{
	struct str rest = json_get_str(line, STR("jws")), claims;

	assert_true(str_split(&rest, '.', &claims));
	assert_true(str_split(&rest, '.', &claims));
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(4096);
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	const struct json *object;

	assert_true(base64url_decode(&text, claims));
	assert_int_equal(json_parse(buf_str(&text), &a, &object, NULL), JSON_OK);
	assert_true(str_eq(json_get_str(object, STR("purpose")), STR("decision-log-head")));
	assert_true(str_eq(json_get_str(object, STR("prev")), str_of(prev)));
	assert_true(json_equal(json_get(object, STR("n")), json_get(line, STR("n"))));
}

/* Goes through the file as a reader would: the chain holds, numbers have no gaps. */
static struct seen check_file(void)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	struct chain c = {0};
	struct seen seen = {0};
	struct str rest = read_file(&a), line;

	while (rest.len && str_split(&rest, '\n', &line) && line.len) {
		char prev[CHAIN_HASH_CHARS + 1];
		const struct json *object;
		struct str type;
		uint64_t n = c.n;

		memcpy(prev, c.prev, sizeof(prev));
		assert_true(chain_take_up(&c, line));
		assert_true(n == 0 || c.n == n + 1);
		assert_int_equal(json_parse(line, &a, &object, NULL), JSON_OK);
		if (n)
			assert_true(str_eq(json_get_str(object, STR("prev")), str_of(prev)));
		type = json_get_str(object, STR("type"));
		seen.n_lines++;
		seen.n_after_head++;
		seen.n_starts += str_eq(type, STR("start"));
		seen.n_recovered += str_eq(type, STR("recovered"));
		seen.n_decisions += str_eq(type, STR("decision"));
		if (str_eq(type, STR("dropped")))
			seen.n_dropped += (uint64_t)json_get(object, STR("count"))->i;
		if (str_eq(type, STR("head"))) {
			check_head(object, prev);
			seen.n_heads++;
			seen.n_after_head = 0;
		}
	}
	return seen;
}

static void writes_a_chain_with_heads(void **state)
{
	struct decision_log *log = open_log(10);
	struct seen seen;
	struct stat st;

	(void)state;
	for (int i = 0; i < 95; i++)
		assert_true(decision_log_put(log, STR("{\"type\":\"decision\",\"decision\":true}")));
	decision_log_flush(log);
	seen = check_file();
	assert_int_equal(seen.n_decisions, 95);
	assert_int_equal(seen.n_starts, 1);
	assert_in_range(seen.n_heads, 8, 10);
	decision_log_close(log);
	seen = check_file();
	assert_int_equal(seen.n_after_head, 0); /* all is covered at the end */
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void goes_on_where_it_ended(void **state)
{
	struct seen seen;

	(void)state;
	for (int run = 0; run < 3; run++) {
		struct decision_log *log = open_log(0);

		assert_true(decision_log_put(log, STR("{\"type\":\"decision\"}")));
		decision_log_close(log);
	}
	seen = check_file();
	assert_int_equal(seen.n_starts, 3);
	assert_int_equal(seen.n_decisions, 3);
	assert_int_equal(seen.n_lines, 9);
}

static void append(const char *text)
{
	FILE *f = fopen(path, "ae");

	assert_non_null(f);
	(void)fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void a_torn_line_is_cut_off_and_told(void **state)
{
	struct seen seen;

	(void)state;
	decision_log_close(open_log(0));
	append("{\"prev\":\"abc\",\"n\":3,\"ty");
	decision_log_close(open_log(0));
	seen = check_file();
	assert_int_equal(seen.n_recovered, 1);
	assert_int_equal(seen.n_starts, 2);
}

static void a_first_line_that_is_torn_is_cut_off(void **state)
{
	struct seen seen;

	(void)state;
	append("{\"prev\":nu");
	decision_log_close(open_log(0));
	seen = check_file();
	assert_int_equal(seen.n_recovered, 1);
	assert_int_equal(seen.n_starts, 1);
}

static void leaves_other_files_alone(void **state)
{
	static const char *const texts[] = {"127.0.0.1 - GET /\n", "{\"key\":\"precious\"}", "{\"key\":\"precious\"}\n",
	                                    "\n"};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(texts); i++) {
		CLEANUP(arena_release) struct arena a = ARENA_INIT;
		struct decision_log *log;
		struct error err = {0};

		append(texts[i]);
		assert_int_equal(
		    decision_log_open(&(struct decision_log_options){.path = path, .key = &key}, &log, &err), -EINVAL);
		assert_non_null(strstr(err.text, "none of a decision log"));
		assert_true(str_eq(read_file(&a), str_of(texts[i])));
		assert_int_equal(unlink(path), 0);
	}
}

static void one_file_has_one_log(void **state)
{
	struct decision_log *log = open_log(0), *other;
	struct error err = {0};

	(void)state;
	assert_int_equal(decision_log_open(&(struct decision_log_options){.path = path, .key = &key}, &other, &err),
	                 -EBUSY);
	decision_log_close(log);
	decision_log_close(open_log(0));
}

/* How large files may grow; RLIM_INFINITY: as they like. */
static void limit_files(rlim_t n_bytes)
{
	struct rlimit limit;

	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = n_bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static rlim_t size_of_file(void)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return (rlim_t)st.st_size;
}

static void put_and_flush(struct decision_log *log)
{
	assert_true(decision_log_put(log, STR("{\"type\":\"decision\"}")));
	decision_log_flush(log);
}

/* Half of a line fits: it is taken back, counted and told. */
static void a_full_disk_costs_whole_lines(void **state)
{
	struct decision_log *log = open_log(0);
	rlim_t size;
	struct seen seen;

	(void)state;
	put_and_flush(log);
	size = size_of_file();
	limit_files(size + 20);
	put_and_flush(log);
	assert_true(decision_log_stats(log).is_failing);
	assert_int_equal(decision_log_stats(log).n_dropped, 1);
	assert_int_equal(size_of_file(), size);
	limit_files(RLIM_INFINITY);
	decision_log_close(log);
	seen = check_file();
	assert_int_equal(seen.n_decisions, 1);
	assert_int_equal(seen.n_dropped, 1);
	assert_int_equal(seen.n_after_head, 0);
}

/* Where no new file can be made it goes on in the former, which keeps what it has when a write fails then. */
static void a_change_of_files_that_fails_loses_nothing(void **state)
{
	struct decision_log *log = open_log(0);
	char moved[160];
	struct seen seen;

	(void)state;
	(void)snprintf(moved, sizeof(moved), "%s.1", path);
	put_and_flush(log);
	assert_int_equal(rename(path, moved), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	decision_log_reopen(log);
	put_and_flush(log);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rename(moved, path), 0);
	limit_files(size_of_file() + 20);
	put_and_flush(log);
	limit_files(RLIM_INFINITY);
	decision_log_close(log);
	seen = check_file();
	assert_int_equal(seen.n_decisions + seen.n_dropped, 3);
	assert_in_range(seen.n_decisions, 2, 3);
}

static void a_large_file_is_set_aside(void **state)
{
	struct decision_log *log;
	struct error err = {0};
	char aside[160];
	struct seen seen;

	(void)state;
	assert_int_equal(
	    decision_log_open(&(struct decision_log_options){.path = path, .key = &key, .max_bytes = 120}, &log, &err),
	    0);
	put_and_flush(log);
	decision_log_close(log);
	(void)snprintf(aside, sizeof(aside), "%s.%012d", path, 3); /* start, decision, head */
	seen = check_file();
	assert_int_equal(seen.n_decisions, 0);
	assert_int_equal(rename(aside, path), 0);
	seen = check_file();
	assert_int_equal(seen.n_decisions, 1);
	assert_int_equal(seen.n_after_head, 0);
}

enum { N_THREADS = 4, N_EACH = 3000 };

static void *put_many(void *log)
{
	uintptr_t n_refused = 0;

	for (int i = 0; i < N_EACH; i++)
		n_refused += !decision_log_put(log, STR("{\"type\":\"decision\",\"of\":\"one of several threads\"}"));
	return (void *)n_refused;
}

/* What found no room is counted, in the figures and in the log. */
static void every_entry_is_written_or_counted(void **state)
{
	struct decision_log *log = open_log(0);
	pthread_t threads[N_THREADS];
	uint64_t n_refused = 0;
	struct seen seen;

	(void)state;
	for (int i = 0; i < N_THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, put_many, log), 0);
	for (int i = 0; i < N_THREADS; i++) {
		void *n;

		assert_int_equal(pthread_join(threads[i], &n), 0);
		n_refused += (uintptr_t)n;
	}
	decision_log_flush(log);
	assert_int_equal(decision_log_stats(log).n_dropped, n_refused);
	decision_log_close(log);
	seen = check_file();
	assert_int_equal(seen.n_decisions + n_refused, N_THREADS * N_EACH);
	assert_int_equal(seen.n_dropped, n_refused);
}

static void an_entry_that_is_too_large_is_counted(void **state)
{
	struct decision_log *log = open_log(0);
	size_t n = CHAIN_LINE_MAX_BYTES;
	char *text = calloc(1, n);

	(void)state;
	assert_false(decision_log_put(log, (struct str){text, n}));
	free(text);
	decision_log_close(log);
	assert_int_equal(check_file().n_dropped, 1);
}

static void goes_on_in_a_new_file(void **state)
{
	struct decision_log *log = open_log(0);
	char moved[160];
	struct seen seen;
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	struct chain c = {0};
	struct str rest, line, last = STR("");
	char prev[CHAIN_HASH_CHARS + 3];

	(void)state;
	(void)snprintf(moved, sizeof(moved), "%s.1", path);
	assert_true(decision_log_put(log, STR("{\"type\":\"decision\"}")));
	decision_log_flush(log);
	assert_int_equal(rename(path, moved), 0);
	decision_log_reopen(log);
	while (access(path, F_OK) != 0)
		(void)sched_yield();
	decision_log_close(log);
	rest = read_file(&a);
	assert_true(str_split(&rest, '\n', &line));
	assert_int_equal(rename(moved, path), 0);
	seen = check_file();
	assert_int_equal(seen.n_after_head, 0); /* a head stands at its end */
	/* The first line of the new one is chained to it. */
	rest = read_file(&a);
	for (struct str l; rest.len && str_split(&rest, '\n', &l) && l.len;)
		last = l;
	assert_true(chain_take_up(&c, last));
	(void)snprintf(prev, sizeof(prev), "\"%s\"", c.prev);
	assert_non_null(memmem(line.ptr, line.len, prev, strlen(prev)));
}

int main(void)
{
#define LOG_TEST(f) cmocka_unit_test_teardown(f, remove_file)
	const struct CMUnitTest tests[] = {
	    LOG_TEST(writes_a_chain_with_heads),
	    LOG_TEST(goes_on_where_it_ended),
	    LOG_TEST(a_torn_line_is_cut_off_and_told),
	    LOG_TEST(a_first_line_that_is_torn_is_cut_off),
	    LOG_TEST(leaves_other_files_alone),
	    LOG_TEST(one_file_has_one_log),
	    LOG_TEST(a_full_disk_costs_whole_lines),
	    LOG_TEST(a_change_of_files_that_fails_loses_nothing),
	    LOG_TEST(a_large_file_is_set_aside),
	    LOG_TEST(every_entry_is_written_or_counted),
	    LOG_TEST(an_entry_that_is_too_large_is_counted),
	    LOG_TEST(goes_on_in_a_new_file),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
