/* SPDX-License-Identifier: Apache-2.0
 *
 * The yardstick of bench/writes: inserts the rows that one creation makes (a document and its audit row, copied from
 * the newest ones of a database that a server has just written) into that database, in transactions of a given number
 * of creations, with the server's settings, as fast as one thread can.
 *
 * usage: bare-loop DATABASE GROUP MILLISECONDS        prints creations a second
 */
#include <sqlite3.h>

#include "base/clock.h"
#include "base/str.h"

static sqlite3 *db;

static void need(bool ok, const char *what)
{
	if (ok)
		return;
	(void)fprintf(stderr, "bare-loop: %s: %s\n", what, db ? sqlite3_errmsg(db) : "failed");
	exit(1);
}

static sqlite3_stmt *prepare(const char *sql)
{
	sqlite3_stmt *stmt = NULL;

	need(sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL) == SQLITE_OK, sql);
	return stmt;
}

static void run(sqlite3_stmt *stmt)
{
	need(sqlite3_step(stmt) == SQLITE_DONE, "step");
	sqlite3_reset(stmt);
}

/* The text values of the first row of `sql`, copied; `n` of them. */
static void read_row(const char *sql, int n, char **ret)
{
	sqlite3_stmt *stmt = prepare(sql);

	need(sqlite3_step(stmt) == SQLITE_ROW, "the database has no creation to copy");
	for (int i = 0; i < n; i++) {
		const void *text = sqlite3_column_blob(stmt, i);
		ret[i] = str_dup_cstr((struct str){text ? text : "", (size_t)sqlite3_column_bytes(stmt, i)});
	}
	sqlite3_finalize(stmt);
}

static sqlite3_int64 read_number(const char *sql)
{
	sqlite3_stmt *stmt = prepare(sql);

	need(sqlite3_step(stmt) == SQLITE_ROW, sql);
	sqlite3_int64 v = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return v;
}

enum { ORG, KIND, BODY, N_DOCUMENT };
enum { A_ORG, ACTOR, VIA, OPERATION, TARGET, REMOTE, REQUEST_ID, N_AUDIT };

static void bind(sqlite3_stmt *stmt, int first, char *const *texts, int n)
{
	for (int i = 0; i < n; i++)
		need(sqlite3_bind_text(stmt, first + i, texts[i], -1, SQLITE_STATIC) == SQLITE_OK, "bind");
}

int main(int argc, char **argv)
{
	char *document[N_DOCUMENT], *audit[N_AUDIT], id[32];
	uint64_t group, duration_ms, started, n = 0;
	sqlite3_int64 first_revision;

	if (argc != 4 || !str_to_u64(str_of(argv[2]), &group) || !str_to_u64(str_of(argv[3]), &duration_ms) ||
	    group == 0) {
		(void)fprintf(stderr, "usage: bare-loop DATABASE GROUP MILLISECONDS\n");
		return 2;
	}
	need(sqlite3_open_v2(argv[1], &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK, "open");
	need(sqlite3_exec(db,
	                  "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000; "
	                  "PRAGMA cache_size = -16384; PRAGMA journal_size_limit = 67108864",
	                  NULL, NULL, NULL) == SQLITE_OK,
	     "pragmas");
	read_row("SELECT org, kind, body FROM document ORDER BY n DESC LIMIT 1", N_DOCUMENT, document);
	read_row("SELECT org, actor, via, operation, target, remote, request_id FROM audit ORDER BY id DESC LIMIT 1",
	         N_AUDIT, audit);
	first_revision = read_number("SELECT COALESCE(MAX(rev), 0) FROM audit");
	sqlite3_stmt *begin = prepare("BEGIN IMMEDIATE"), *commit = prepare("COMMIT");
	sqlite3_stmt *add =
	    prepare("INSERT INTO document(org, kind, body, id, rev_from, seq) VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
	sqlite3_stmt *note =
	    prepare("INSERT INTO audit(org, actor, via, operation, target, remote, request_id, at, outcome, status, "
	            "rev) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1, 201, ?9)");
	bind(add, 1, document, N_DOCUMENT);
	bind(note, 1, audit, N_AUDIT);
	started = clock_monotonic_ns();
	while (clock_monotonic_ns() - started < duration_ms * 1000000) {
		run(begin);
		for (uint64_t i = 0; i < group; i++, n++) {
			sqlite3_int64 revision = first_revision + 1 + (sqlite3_int64)n;
			int len = snprintf(id, sizeof(id), "bare-%llu-%llu", (unsigned long long)(started % 1000000),
			                   (unsigned long long)n);

			sqlite3_bind_text(add, 4, id, len, SQLITE_STATIC);
			sqlite3_bind_int64(add, 5, revision);
			sqlite3_bind_int64(add, 6, revision << 20);
			run(add);
			sqlite3_bind_int64(note, 8, clock_now_ms());
			sqlite3_bind_int64(note, 9, revision);
			run(note);
		}
		run(commit);
	}
	(void)printf("%.0f\n", (double)n * 1e9 / (double)(clock_monotonic_ns() - started));
	return 0;
}
