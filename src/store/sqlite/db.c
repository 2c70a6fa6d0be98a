/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sqlite/db.h"

#include <errno.h>

#define DOCUMENT_COLUMNS "kind, id, rev_from, rev_to, unique_key, seq, body, n"

/*
 * INDEXED BY pins each plan: without statistics the planner may prefer a partial index that fits the shape but reads
 * the whole organization. A migration that drops such an index makes the statement fail in every test, not slow.
 */
static const char *const statement_sql[] = {
    [STATEMENT_BEGIN] = "BEGIN IMMEDIATE",
    [STATEMENT_COMMIT] = "COMMIT",
    [STATEMENT_ROLLBACK] = "ROLLBACK",
    [STATEMENT_REVISION] = "SELECT rev FROM audit INDEXED BY audit_revision WHERE org = ?1 AND rev IS NOT NULL "
                           "ORDER BY rev DESC LIMIT 1",
    [STATEMENT_NEXT_ORG] = "SELECT org FROM audit INDEXED BY audit_revision WHERE org > ?1 AND rev IS NOT NULL "
                           "ORDER BY org LIMIT 1",
    /* The current version is always the one that began last. */
    [STATEMENT_END_VERSION] = "UPDATE document INDEXED BY document_version SET rev_to = ?4 "
                              "WHERE org = ?1 AND kind = ?2 AND id = ?3 AND rev_to IS NULL AND rev_from = "
                              "(SELECT max(rev_from) FROM document INDEXED BY document_version "
                              "WHERE org = ?1 AND kind = ?2 AND id = ?3)",
    [STATEMENT_BEGIN_VERSION] = "INSERT INTO document(org, kind, id, rev_from, unique_key, seq, body) "
                                "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [STATEMENT_ADD_AUDIT] = "INSERT INTO audit(org, at, actor, via, operation, target, remote, request_id, "
                            "outcome, status, rev, event, credential, tenant, method, path, warning) "
                            "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
    /* The way of a start: millions of rows, from which nothing is read that is known. */
    [STATEMENT_DOCUMENTS] = "SELECT kind, id, rev_from, NULL, unique_key, seq, body "
                            "FROM document INDEXED BY document_current "
                            "WHERE org = ?1 AND rev_to IS NULL ORDER BY seq, n",
    /* What is current and had begun by then, and what ended only later: both are ranges of an index. */
    [STATEMENT_DOCUMENTS_AS_OF] = "SELECT " DOCUMENT_COLUMNS " FROM document INDEXED BY document_current "
                                  "WHERE org = ?1 AND rev_to IS NULL AND rev_from <= ?2 "
                                  "UNION ALL "
                                  "SELECT " DOCUMENT_COLUMNS " FROM document INDEXED BY document_ended "
                                  "WHERE org = ?1 AND rev_to > ?2 AND rev_from <= ?2 ORDER BY seq, n",
    /* An end comes before the beginning that replaces it. */
    [STATEMENT_CHANGES] = "SELECT " DOCUMENT_COLUMNS ", rev_to AS event, 0 AS begins "
                          "FROM document INDEXED BY document_ended "
                          "WHERE org = ?1 AND rev_to > ?2 AND rev_to <= ?3 "
                          "UNION ALL "
                          "SELECT " DOCUMENT_COLUMNS ", rev_from AS event, 1 AS begins "
                          "FROM document INDEXED BY document_began "
                          "WHERE org = ?1 AND rev_from > ?2 AND rev_from <= ?3 ORDER BY event, seq, begins, n",
    [STATEMENT_REVISIONS] = "SELECT " AUDIT_COLUMNS " FROM audit INDEXED BY audit_revision "
                            "WHERE org = ?1 AND rev > ?2 AND rev <= ?3 ORDER BY rev",
    [STATEMENT_META_GET] = "SELECT value FROM meta WHERE key = ?1",
    [STATEMENT_META_PUT] = "INSERT INTO meta(key, value) VALUES(?1, ?2) "
                           "ON CONFLICT(key) DO UPDATE SET value = excluded.value",
};
static_assert(N_ELEMENTS(statement_sql) == N_STATEMENTS, "each statement has its text");

/* What a caller can tell apart; everything else is -EIO. */
static const struct {
	int rc;
	int error;
} errors[] = {{SQLITE_FULL, -ENOSPC},     {SQLITE_BUSY, -EBUSY},     {SQLITE_LOCKED, -EBUSY}, {SQLITE_READONLY, -EROFS},
              {SQLITE_CORRUPT, -EUCLEAN}, {SQLITE_NOTADB, -EUCLEAN}, {SQLITE_NOMEM, -ENOMEM}, {SQLITE_PERM, -EACCES},
              {SQLITE_TOOBIG, -EFBIG},    {SQLITE_PROTOCOL, -EBUSY}};

int db_fail(struct db *db, int rc, const char *what, struct error *err)
{
	int r = -EIO;

	for (size_t i = 0; i < N_ELEMENTS(errors); i++)
		if (errors[i].rc == (rc & 0xff))
			r = errors[i].error;
	error_set(err, -r, "cannot %s: %s", what, db->handle ? sqlite3_errmsg(db->handle) : sqlite3_errstr(rc));
	return r;
}

int db_open(const char *path, const struct sqlite_options *options, struct db **ret_db, struct error *err)
{
	CLEANUP(db_closep) struct db *db = mem_calloc(1, sizeof(*db));
	int rc;

	/* No creation: the file's owner has made it with its own mode. No mutex: the thread rule above. */
	rc = sqlite3_open_v2(path, &db->handle,
	                     (options->is_read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) |
	                         SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
	                     NULL);
	if (rc != SQLITE_OK)
		return db_fail(db, rc, "open the database", err);
	sqlite3_busy_timeout(db->handle, options->busy_timeout_ms);
	*ret_db = TAKE(db);
	return 0;
}

void db_close(struct db *db)
{
	int rc;

	if (!db)
		return;
	for (size_t i = 0; i < N_STATEMENTS; i++)
		sqlite3_finalize(db->statements[i]);
	rc = sqlite3_close(db->handle);
	assert(rc == SQLITE_OK); /* otherwise a statement was not finalized */
	free(db);
}

int db_exec(struct db *db, const char *sql, const char *what, struct error *err)
{
	int rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : db_fail(db, rc, what, err);
}

int db_query_int(struct db *db, const char *sql, int64_t *ret_value, struct error *err)
{
	sqlite3_stmt *stmt = NULL;
	int64_t value = 0;
	int rc = sqlite3_prepare_v2(db->handle, sql, -1, &stmt, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		value = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	if (rc != SQLITE_ROW)
		return db_fail(db, rc, "read the database", err);
	*ret_value = value;
	return 0;
}

int db_statement(struct db *db, enum statement which, sqlite3_stmt **ret_stmt, struct error *err)
{
	int rc;

	if (!db->statements[which]) {
		rc = sqlite3_prepare_v3(db->handle, statement_sql[which], -1, SQLITE_PREPARE_PERSISTENT,
		                        &db->statements[which], NULL);
		if (rc != SQLITE_OK)
			return db_fail(db, rc, "prepare a statement", err);
	}
	*ret_stmt = db->statements[which];
	return 0;
}

void db_release(sqlite3_stmt *stmt)
{
	if (!stmt)
		return;
	/* The error that reset repeats has been seen by whoever stepped. */
	(void)sqlite3_reset(stmt);
	(void)sqlite3_clear_bindings(stmt);
}

int db_run(struct db *db, enum statement which, const char *what, struct error *err)
{
	CLEANUP(db_releasep) sqlite3_stmt *stmt = NULL;
	int r = db_statement(db, which, &stmt, err), rc;

	if (r < 0)
		return r;
	rc = sqlite3_step(stmt);
	return rc == SQLITE_DONE ? 0 : db_fail(db, rc, what, err);
}

void db_rollback(struct db *db)
{
	/* SQLite leaves the transaction by itself after some errors, not after others. */
	if (sqlite3_get_autocommit(db->handle))
		return;
	if (db_run(db, STATEMENT_ROLLBACK, "roll back", NULL) < 0)
		assert(sqlite3_get_autocommit(db->handle));
}

void db_bind_str(sqlite3_stmt *stmt, int at, struct str s, int *rc)
{
	if (*rc != SQLITE_OK)
		return;
	if (str_is_absent(s))
		*rc = sqlite3_bind_null(stmt, at);
	else
		*rc = sqlite3_bind_text64(stmt, at, s.ptr, s.len, SQLITE_STATIC, SQLITE_UTF8);
}

void db_bind_text(sqlite3_stmt *stmt, int at, struct str s, int *rc)
{
	db_bind_str(stmt, at, str_is_absent(s) ? STR("") : s, rc);
}

void db_bind_i64(sqlite3_stmt *stmt, int at, int64_t v, int *rc)
{
	if (*rc == SQLITE_OK)
		*rc = sqlite3_bind_int64(stmt, at, v);
}

void db_bind_u64(sqlite3_stmt *stmt, int at, uint64_t v, int *rc)
{
	db_bind_i64(stmt, at, v > INT64_MAX ? INT64_MAX : (int64_t)v, rc);
}

int db_step(sqlite3_stmt *stmt, int rc)
{
	return rc == SQLITE_OK ? sqlite3_step(stmt) : rc;
}

struct str db_column_str(sqlite3_stmt *stmt, int at)
{
	/* As a blob: the bytes as they are. An empty one comes as NULL, as NULL itself does. */
	const char *p = sqlite3_column_blob(stmt, at);

	if (p)
		return (struct str){p, (size_t)sqlite3_column_bytes(stmt, at)};
	return sqlite3_column_type(stmt, at) == SQLITE_NULL ? STR_NONE : STR("");
}

uint64_t db_column_u64(sqlite3_stmt *stmt, int at)
{
	return (uint64_t)sqlite3_column_int64(stmt, at);
}
