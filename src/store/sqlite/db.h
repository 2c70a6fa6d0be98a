#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * struct db: one SQLite connection with its prepared statements and how its errors become ours.
 *
 * Every string is bound and read with its length, so that NUL bytes survive. A statement is reset before its function
 * returns, or an idle read would hold on to its view and keep the log from being emptied.
 * Thread rule: one thread at a time; the owner sees to that.
 */
#include <sqlite3.h>

#include "base/arena.h"
#include "base/error.h"
#include "store/sqlite/options.h"

/* All statements that are kept; their text is the table in db.c. */
enum statement {
	STATEMENT_BEGIN,
	STATEMENT_COMMIT,
	STATEMENT_ROLLBACK,
	STATEMENT_REVISION,
	STATEMENT_NEXT_ORG,
	STATEMENT_END_VERSION,
	STATEMENT_BEGIN_VERSION,
	STATEMENT_ADD_AUDIT,
	STATEMENT_DOCUMENTS,
	STATEMENT_DOCUMENTS_AS_OF,
	STATEMENT_CHANGES,
	STATEMENT_REVISIONS,
	STATEMENT_META_GET,
	STATEMENT_META_PUT,
	N_STATEMENTS
};

/* What audit.c reads of a row, in this order. */
#define AUDIT_COLUMNS                                                                                                  \
	"id, at, actor, via, operation, target, remote, request_id, outcome, status, rev, event, credential, tenant, " \
	"method, path, warning"

struct db {
	sqlite3 *handle;
	sqlite3_stmt *statements[N_STATEMENTS]; /* prepared at first use */
	struct db *next;                        /* in the list of idle readers */
};

/* Opens the existing file `path`; sets nothing but the busy timeout. */
int db_open(const char *path, const struct sqlite_options *options, struct db **ret_db, struct error *err) MUST_USE;
void db_close(struct db *db); /* accepts NULL */
static inline void db_closep(struct db **db)
{
	db_close(*db);
}

/* Turns the SQLite result `rc` into a negative errno and says what was being done: "cannot `what`: …". */
int db_fail(struct db *db, int rc, const char *what, struct error *err) MUST_USE;
/* Runs SQL text that gives no rows one cares for. */
int db_exec(struct db *db, const char *sql, const char *what, struct error *err) MUST_USE;
/* The first column of the first row of `sql` as an integer. */
int db_query_int(struct db *db, const char *sql, int64_t *ret_value, struct error *err) MUST_USE;
/* The kept statement, ready for binding; let go of it with db_release(). */
int db_statement(struct db *db, enum statement which, sqlite3_stmt **ret_stmt, struct error *err) MUST_USE;
/* Resets and forgets what was bound. */
void db_release(sqlite3_stmt *stmt);
static inline void db_releasep(sqlite3_stmt **stmt)
{
	db_release(*stmt);
}
/* Runs a statement without parameters and rows, e.g. STATEMENT_COMMIT. */
int db_run(struct db *db, enum statement which, const char *what, struct error *err) MUST_USE;
/* Leaves a transaction, if there is one, whatever state an error left it in. */
void db_rollback(struct db *db);

/* Binding: the first failure stays in `*rc`, later calls do nothing, so that it is looked at once, with db_step(). */
void db_bind_str(sqlite3_stmt *stmt, int at, struct str s, int *rc);
/* As db_bind_str(), the absent string as an empty one. */
void db_bind_text(sqlite3_stmt *stmt, int at, struct str s, int *rc);
void db_bind_i64(sqlite3_stmt *stmt, int at, int64_t v, int *rc);
/* Clamped to INT64_MAX, which no stored number reaches. */
void db_bind_u64(sqlite3_stmt *stmt, int at, uint64_t v, int *rc);
/* Steps when binding went well (`rc` is SQLITE_OK); otherwise hands `rc` on. */
int db_step(sqlite3_stmt *stmt, int rc) MUST_USE;

/* Valid until the next step or reset; NULL is the absent string. */
struct str db_column_str(sqlite3_stmt *stmt, int at);
uint64_t db_column_u64(sqlite3_stmt *stmt, int at);
