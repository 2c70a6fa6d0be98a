/* SPDX-License-Identifier: Apache-2.0
 *
 * Group commit: all sets of one call in one transaction.
 */
#include <errno.h>

#include "store/sqlite/sqlite.h"

static int conflict(const struct store_change *c, const char *text, struct error *err)
{
	return error_set(err, STORE_CONFLICT, "%.*s \"%.*s\" %s", STR_ARG(c->kind), STR_ARG(c->id), text);
}

static int end_version(struct db *db, const struct store_set *set, const struct store_change *c, struct error *err)
{
	CLEANUP(db_releasep) sqlite3_stmt *stmt = NULL;
	int rc = SQLITE_OK, r = db_statement(db, STATEMENT_END_VERSION, &stmt, err);

	if (r < 0)
		return r;
	db_bind_text(stmt, 1, set->org, &rc);
	db_bind_text(stmt, 2, c->kind, &rc);
	db_bind_text(stmt, 3, c->id, &rc);
	db_bind_u64(stmt, 4, set->revision, &rc);
	rc = db_step(stmt, rc);
	if (rc != SQLITE_DONE)
		return db_fail(db, rc, "end a document", err);
	if (sqlite3_changes(db->handle) == 0 && str_is_absent(c->body))
		return conflict(c, "does not exist", err);
	return 0;
}

static int begin_version(struct db *db, const struct store_set *set, const struct store_change *c, struct error *err)
{
	CLEANUP(db_releasep) sqlite3_stmt *stmt = NULL;
	int rc = SQLITE_OK, r = db_statement(db, STATEMENT_BEGIN_VERSION, &stmt, err);

	if (r < 0)
		return r;
	db_bind_text(stmt, 1, set->org, &rc);
	db_bind_text(stmt, 2, c->kind, &rc);
	db_bind_text(stmt, 3, c->id, &rc);
	db_bind_u64(stmt, 4, set->revision, &rc);
	db_bind_str(stmt, 5, c->unique_key, &rc);
	db_bind_u64(stmt, 6, c->seq, &rc);
	db_bind_text(stmt, 7, c->body, &rc);
	rc = db_step(stmt, rc);
	if (rc == SQLITE_CONSTRAINT_UNIQUE)
		return error_set(err, STORE_CONFLICT, "the unique key \"%.*s\" of %.*s \"%.*s\" is taken",
		                 STR_ARG(c->unique_key), STR_ARG(c->kind), STR_ARG(c->id));
	return rc == SQLITE_DONE ? 0 : db_fail(db, rc, "store a document", err);
}

static int add_audit(struct db *db, const struct store_set *set, struct error *err)
{
	CLEANUP(db_releasep) sqlite3_stmt *stmt = NULL;
	int rc = SQLITE_OK, r = db_statement(db, STATEMENT_ADD_AUDIT, &stmt, err);

	if (r < 0)
		return r;
	db_bind_text(stmt, 1, set->org, &rc);
	db_bind_i64(stmt, 2, set->at_ms, &rc);
	db_bind_text(stmt, 3, set->actor, &rc);
	db_bind_text(stmt, 4, set->via, &rc);
	db_bind_text(stmt, 5, set->operation, &rc);
	db_bind_text(stmt, 6, set->target, &rc);
	db_bind_text(stmt, 7, set->remote, &rc);
	db_bind_text(stmt, 8, set->request_id, &rc);
	db_bind_i64(stmt, 9, set->outcome == AUDIT_DONE, &rc);
	db_bind_i64(stmt, 10, set->status, &rc);
	if (set->revision != 0)
		db_bind_u64(stmt, 11, set->revision, &rc);
	db_bind_text(stmt, 12, set->event, &rc);
	db_bind_text(stmt, 13, set->credential, &rc);
	db_bind_text(stmt, 14, set->tenant, &rc);
	db_bind_text(stmt, 15, set->method, &rc);
	db_bind_text(stmt, 16, set->path, &rc);
	db_bind_text(stmt, 17, set->warning, &rc);
	rc = db_step(stmt, rc);
	return rc == SQLITE_DONE ? 0 : db_fail(db, rc, "write the audit trail", err);
}

/* First all ends, then all beginnings, so that a unique key can move from one document to another in one set. */
static int apply_changes(struct db *db, const struct store_set *set, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < set->n_changes && r == 0; i++)
		r = end_version(db, set, &set->changes[i], err);
	for (size_t i = 0; i < set->n_changes && r == 0; i++)
		if (!str_is_absent(set->changes[i].body))
			r = begin_version(db, set, &set->changes[i], err);
	return r;
}

/* The newest revision of the organization that was asked about last: most groups are of one. */
struct newest {
	struct str org;
	uint64_t revision;
	bool is_known;
};

static int find_newest(struct db *db, struct str org, struct newest *newest, struct error *err)
{
	int r;

	if (newest->is_known && str_eq(newest->org, org))
		return 0;
	*newest = (struct newest){.org = org};
	r = sqlite_read_revision(db, org, &newest->revision, err);
	newest->is_known = r == 0;
	return r;
}

static int apply_set(struct db *db, struct store_set *set, struct newest *newest, struct error *err)
{
	int r;

	if (set->outcome == AUDIT_DONE) {
		r = find_newest(db, set->org, newest, err);
		if (r < 0)
			return r;
		if (set->base_revision != newest->revision)
			return error_set(err, STORE_STALE, "the organization has moved on to revision %llu",
			                 (unsigned long long)newest->revision);
		if (set->n_changes > 0)
			set->revision = ++newest->revision;
	}
	r = apply_changes(db, set, err);
	return r == 0 ? add_audit(db, set, err) : r;
}

static int commit_sets(struct db *db, struct store_set *sets, size_t n_sets, struct error *err)
{
	struct newest newest = {0};
	int r = db_run(db, STATEMENT_BEGIN, "begin a transaction", err);

	for (size_t i = 0; i < n_sets && r == 0; i++) {
		r = apply_set(db, &sets[i], &newest, err);
		if (r > 0)
			sets[i].result = r;
	}
	if (r == 0)
		r = db_run(db, STATEMENT_COMMIT, "commit", err);
	if (r != 0)
		db_rollback(db);
	return r;
}

static int refuse_writing(struct error *err)
{
	error_set(err, EROFS, "the store is open for reading only");
	return -EROFS;
}

int sqlite_commit(struct store *base, struct store_set *sets, size_t n_sets, struct error *err)
{
	struct sqlite_store *s = CONTAINER_OF(base, struct sqlite_store, base);
	int r;

	if (!s->writer)
		return refuse_writing(err);
	pthread_mutex_lock(&s->write_lock);
	r = commit_sets(s->writer, sets, n_sets, err);
	pthread_mutex_unlock(&s->write_lock);
	return r;
}

static int put_meta(struct db *db, struct str key, struct str value, struct error *err)
{
	CLEANUP(db_releasep) sqlite3_stmt *stmt = NULL;
	int rc = SQLITE_OK, r = db_statement(db, STATEMENT_META_PUT, &stmt, err);

	if (r < 0)
		return r;
	db_bind_text(stmt, 1, key, &rc);
	db_bind_text(stmt, 2, value, &rc);
	rc = db_step(stmt, rc);
	return rc == SQLITE_DONE ? 0 : db_fail(db, rc, "store a value", err);
}

int sqlite_meta_put(struct store *base, struct str key, struct str value, struct error *err)
{
	struct sqlite_store *s = CONTAINER_OF(base, struct sqlite_store, base);
	int r;

	/* Any thread may put a value, also while another commits. */
	if (!s->writer)
		return refuse_writing(err);
	pthread_mutex_lock(&s->write_lock);
	r = put_meta(s->writer, key, value, err);
	pthread_mutex_unlock(&s->write_lock);
	return r;
}
