/* SPDX-License-Identifier: Apache-2.0
 *
 * Readers at work while one thread commits: each must see whole revisions only, and never an older one after a newer.
 * Meant to be run under ThreadSanitizer as well. The argument is "memory" or "sqlite".
 */
#include "support.h"

#include <pthread.h>
#include <stdatomic.h>

enum { N_READERS = 3, N_REVISIONS = 150, N_DOCUMENTS = 8 };

static bool is_sqlite;

struct shared {
	struct store *store;
	_Atomic uint64_t n_read; /* rounds of all readers: the writer waits for them, the test needs both at work */
	_Atomic bool is_done;
	_Atomic bool is_broken;
};

/* Each revision writes all documents anew with its own number as the body. */
struct view {
	uint64_t revision; /* that all rows so far had; 0: none yet */
	size_t n;
	bool is_whole;
};

static int look(void *ctx, const struct store_document *row)
{
	struct view *v = ctx;
	uint64_t body;

	if (!str_to_u64(row->body, &body) || body != row->rev_from || (v->n > 0 && body != v->revision))
		v->is_whole = false;
	v->revision = row->rev_from;
	v->n++;
	return 0;
}

static int count_audit(void *ctx, const struct store_audit_row *row)
{
	uint64_t *last = ctx;

	if (row->revision != *last + 1)
		return 1;
	*last = row->revision;
	return 0;
}

/* One round of a reader; `*last` is the newest revision it has seen. */
static bool read_once(struct store *s, uint64_t *last)
{
	struct store_audit_filter f = everything();
	struct view v = {.is_whole = true}, old = {.is_whole = true};
	uint64_t revision = 0, n_audit = 0;

	f.ascending = true;
	if (store_revision(s, ORG, &revision, NULL) != 0 || revision < *last)
		return false;
	*last = revision;
	if (store_each_document(s, ORG, 0, look, &v, NULL) != 0 || !v.is_whole || v.revision < revision)
		return false;
	if (revision > 0 && v.n != N_DOCUMENTS)
		return false;
	if (revision > 1) {
		if (store_each_document(s, ORG, revision / 2, look, &old, NULL) != 0 || !old.is_whole)
			return false;
		if (old.revision != revision / 2 || old.n != N_DOCUMENTS)
			return false;
	}
	return store_each_audit(s, &f, count_audit, &n_audit, NULL) == 0 && n_audit >= revision;
}

static void *reader(void *arg)
{
	struct shared *shared = arg;
	uint64_t last = 0;

	do {
		if (!read_once(shared->store, &last))
			shared->is_broken = true;
		shared->n_read++;
	} while (!shared->is_done);
	return NULL;
}

static void write_revision(struct store *s, uint64_t revision)
{
	struct store_change changes[N_DOCUMENTS];
	char ids[N_DOCUMENTS][8], body[24];

	(void)snprintf(body, sizeof(body), "%llu", (unsigned long long)revision);
	for (size_t i = 0; i < N_DOCUMENTS; i++) {
		(void)snprintf(ids[i], sizeof(ids[i]), "d%zu", i);
		changes[i] = put(ids[i], ids[i], i, body);
	}
	assert_int_equal(commit_one(s, revision - 1, changes, N_DOCUMENTS, NULL), 0);
	assert_int_equal(store_meta_put(s, STR("last"), str_of(body), NULL), 0);
}

static void test_readers(void **state)
{
	struct place place;
	struct shared shared = {0};
	pthread_t threads[N_READERS];

	(void)state;
	place_make(&place, "?checkpoint_pages=20");
	shared.store = open_or_fail(is_sqlite ? place.url : "memory:");
	for (size_t i = 0; i < N_READERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, reader, &shared), 0);
	for (uint64_t revision = 1; revision <= N_REVISIONS && !shared.is_broken; revision++) {
		write_revision(shared.store, revision);
		while (shared.n_read < revision)
			sched_yield();
	}
	shared.is_done = true;
	for (size_t i = 0; i < N_READERS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_false(shared.is_broken);
	assert_int_equal(newest(shared.store, ORG), N_REVISIONS);
	store_close(shared.store);
	place_remove(&place);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_readers)};

	if (argc != 2)
		return 2;
	is_sqlite = strcmp(argv[1], "sqlite") == 0;
	return cmocka_run_group_tests_name(argv[1], tests, NULL, NULL);
}
