/* SPDX-License-Identifier: Apache-2.0
 *
 * Opening and closing, and the readers' free list.
 */
#include "store/sqlite/sqlite.h"

#include <errno.h>
#include <unistd.h>

#include "store/sqlite/lock.h"
#include "store/sqlite/schema.h"

#define MAX_IDLE_READERS 8

static void close_sqlite(struct store *base)
{
	struct sqlite_store *s = CONTAINER_OF(base, struct sqlite_store, base);
	struct db *next;

	for (struct db *db = s->idle; db; db = next) {
		next = db->next;
		db_close(db);
	}
	/* The last connection: it copies the log into the database and removes it. */
	db_close(s->writer);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	pthread_mutex_destroy(&s->idle_lock);
	pthread_mutex_destroy(&s->write_lock);
	free(s->path);
	free(s);
}

static int open_writer(struct sqlite_store *s, struct error *err)
{
	char sql[320];
	int r = db_open(s->path, &s->options, &s->writer, err);

	if (r == 0)
		r = schema_migrate(s->writer, err);
	if (r < 0)
		return r;
	/*
	 * FULL: each commit is synced. The log is cut when it has grown far past a checkpoint. What is overwritten may
	 * have been a secret that is sealed now: nothing of it is to stay in the file.
	 */
	(void)snprintf(sql, sizeof(sql),
	               "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA wal_autocheckpoint = %d; PRAGMA "
	               "cache_size = -16384; "
	               "PRAGMA journal_size_limit = 67108864",
	               s->options.checkpoint_pages);
	return db_exec(s->writer, sql, "set up the database", err);
}

static int open_sqlite(struct str rest, struct store **ret_store, struct error *err)
{
	struct sqlite_store *s = mem_calloc(1, sizeof(*s));
	struct str path;
	int r;

	s->base.ops = &store_sqlite_ops;
	s->lock_fd = -1;
	pthread_mutex_init(&s->write_lock, NULL);
	pthread_mutex_init(&s->idle_lock, NULL);
	r = sqlite_options_parse(rest, &path, &s->options, err);
	if (r == 0)
		r = lock_make_file(path, &s->path, err);
	if (r == 0)
		r = lock_take(s->path, &s->lock_fd, err);
	if (r == 0)
		r = open_writer(s, err);
	if (r < 0) {
		close_sqlite(&s->base);
		return r;
	}
	*ret_store = &s->base;
	return 0;
}

static int open_sqlite_read_only(struct str rest, struct store **ret_store, struct error *err)
{
	struct sqlite_store *s = mem_calloc(1, sizeof(*s));
	struct db *db = NULL;
	struct str path;
	int r;

	s->base.ops = &store_sqlite_ops;
	s->lock_fd = -1;
	pthread_mutex_init(&s->write_lock, NULL);
	pthread_mutex_init(&s->idle_lock, NULL);
	r = sqlite_options_parse(rest, &path, &s->options, err);
	s->options.is_read_only = true;
	if (r == 0)
		r = lock_find_file(path, &s->path, err);
	if (r == 0)
		r = sqlite_take_reader(s, &db, err);
	if (r == 0)
		r = schema_check(db, err);
	sqlite_give_reader(s, db);
	if (r < 0) {
		close_sqlite(&s->base);
		return r;
	}
	*ret_store = &s->base;
	return 0;
}

int sqlite_take_reader(struct sqlite_store *s, struct db **ret_db, struct error *err)
{
	CLEANUP(db_closep) struct db *db = NULL;
	int r;

	pthread_mutex_lock(&s->idle_lock);
	db = s->idle;
	if (db) {
		s->idle = db->next;
		s->n_idle--;
	}
	pthread_mutex_unlock(&s->idle_lock);
	if (!db) {
		r = db_open(s->path, &s->options, &db, err);
		if (r == 0)
			r = db_exec(db, "PRAGMA query_only = ON; PRAGMA wal_autocheckpoint = 0", "set up a reader",
			            err);
		if (r < 0)
			return r;
	}
	*ret_db = TAKE(db);
	return 0;
}

void sqlite_give_reader(struct sqlite_store *s, struct db *db)
{
	if (!db)
		return;
	db_rollback(db);
	pthread_mutex_lock(&s->idle_lock);
	if (s->n_idle < MAX_IDLE_READERS) {
		db->next = s->idle;
		s->idle = TAKE(db);
		s->n_idle++;
	}
	pthread_mutex_unlock(&s->idle_lock);
	db_close(db);
}

const struct store_ops store_sqlite_ops = {
    .scheme = "sqlite",
    .open = open_sqlite,
    .open_read_only = open_sqlite_read_only,
    .close = close_sqlite,
    .commit = sqlite_commit,
    .each_org = sqlite_each_org,
    .revision = sqlite_revision,
    .each_document = sqlite_each_document,
    .each_change = sqlite_each_change,
    .each_audit = sqlite_each_audit,
    .count_audit = sqlite_count_audit,
    .each_revision = sqlite_each_revision,
    .meta_get = sqlite_meta_get,
    .meta_put = sqlite_meta_put,
};
