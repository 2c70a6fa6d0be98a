/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sqlite/schema.h"

#include <errno.h>

/* "Drwd": tells our files from those of other programs. */
#define APPLICATION_ID 0x44727764

/*
 * A revision is the audit row of a change set that changed something, so it is stored once and seen through a view.
 * Documents keep a rowid: bodies are large, and four indexes would otherwise each carry the whole primary key.
 */
static const char schema_1[] =
    "CREATE TABLE meta("
    "  key TEXT NOT NULL PRIMARY KEY,"
    "  value TEXT NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE audit("
    "  id INTEGER PRIMARY KEY,"
    "  org TEXT NOT NULL,"
    "  at INTEGER NOT NULL,"
    "  actor TEXT NOT NULL,"
    "  via TEXT NOT NULL,"
    "  operation TEXT NOT NULL,"
    "  target TEXT NOT NULL,"
    "  remote TEXT NOT NULL,"
    "  request_id TEXT NOT NULL,"
    "  outcome INTEGER NOT NULL CHECK(outcome IN (0, 1)),"
    "  status INTEGER NOT NULL,"
    "  rev INTEGER CHECK(rev > 0)"
    ") STRICT;"
    "CREATE INDEX audit_org ON audit(org);"
    "CREATE UNIQUE INDEX audit_revision ON audit(org, rev) WHERE rev IS NOT NULL;"
    "CREATE VIEW revision(org, rev, at, actor, via, operation, target, remote, request_id) AS"
    "  SELECT org, rev, at, actor, via, operation, target, remote, request_id FROM audit WHERE rev IS NOT NULL;"
    "CREATE TABLE document("
    "  n INTEGER PRIMARY KEY,"
    "  org TEXT NOT NULL,"
    "  kind TEXT NOT NULL,"
    "  id TEXT NOT NULL,"
    "  rev_from INTEGER NOT NULL CHECK(rev_from > 0),"
    "  rev_to INTEGER CHECK(rev_to > rev_from),"
    "  unique_key TEXT,"
    "  seq INTEGER NOT NULL,"
    "  body TEXT NOT NULL"
    ") STRICT;"
    "CREATE UNIQUE INDEX document_version ON document(org, kind, id, rev_from);"
    "CREATE UNIQUE INDEX document_unique ON document(org, kind, unique_key)"
    "  WHERE rev_to IS NULL AND unique_key IS NOT NULL;"
    "CREATE INDEX document_current ON document(org, seq) WHERE rev_to IS NULL;"
    "CREATE INDEX document_began ON document(org, rev_from);"
    "CREATE INDEX document_ended ON document(org, rev_to) WHERE rev_to IS NOT NULL;";

/*
 * What the audit trail says of a call beside what it did. Rows from before have empty texts. Most rows of a busy store
 * have no event, hence the index of those that do.
 */
static const char schema_2[] = "ALTER TABLE audit ADD COLUMN event TEXT NOT NULL DEFAULT '';"
                               "ALTER TABLE audit ADD COLUMN credential TEXT NOT NULL DEFAULT '';"
                               "ALTER TABLE audit ADD COLUMN tenant TEXT NOT NULL DEFAULT '';"
                               "ALTER TABLE audit ADD COLUMN method TEXT NOT NULL DEFAULT '';"
                               "ALTER TABLE audit ADD COLUMN path TEXT NOT NULL DEFAULT '';"
                               "ALTER TABLE audit ADD COLUMN warning TEXT NOT NULL DEFAULT '';"
                               "CREATE INDEX audit_event ON audit(org) WHERE event <> '';";

/* To count the rows of some events without reading them. */
static const char schema_3[] = "CREATE INDEX audit_event_name ON audit(org, event) WHERE event <> '';";

static const struct migration {
	int64_t version; /* 1, 2, 3 …, in this order; a published one is never edited */
	const char *sql;
} migrations[] = {
    {1, schema_1},
    {2, schema_2},
    {3, schema_3},
};
#define NEWEST_SCHEMA ((int64_t)N_ELEMENTS(migrations))

/* Whose file is it, and which schema has it (0: a new file)? Reads only. */
static int read_schema(struct db *db, int64_t *ret_schema, struct error *err)
{
	int64_t application_id, n_objects, schema = 0;
	int r = db_query_int(db, "PRAGMA application_id", &application_id, err);

	if (r == 0)
		r = db_query_int(db, "SELECT count(*) FROM sqlite_schema", &n_objects, err);
	if (r < 0)
		return r;
	if (application_id != APPLICATION_ID && (application_id != 0 || n_objects > 0)) {
		error_set(err, EINVAL, "the database belongs to another program (its application_id is not ours)");
		return -EINVAL;
	}
	if (n_objects > 0)
		r = db_query_int(db, "SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'schema'", &schema, err);
	if (r < 0)
		return r;
	if (schema > NEWEST_SCHEMA) {
		error_set(err, EINVAL, "the database has schema %lld, newer than %lld, the newest this program knows",
		          (long long)schema, (long long)NEWEST_SCHEMA);
		return -EINVAL;
	}
	*ret_schema = schema;
	return 0;
}

static int apply(struct db *db, struct error *err)
{
	char sql[160];
	int64_t schema;
	int r;

	/* Read again inside the transaction: what was true before it may not be any more. */
	r = read_schema(db, &schema, err);
	for (size_t i = 0; i < N_ELEMENTS(migrations) && r == 0; i++) {
		assert(migrations[i].version == (int64_t)i + 1);
		if (migrations[i].version > schema)
			r = db_exec(db, migrations[i].sql, "migrate the database", err);
	}
	if (r < 0 || schema == NEWEST_SCHEMA)
		return r;
	(void)snprintf(sql, sizeof(sql),
	               "PRAGMA application_id = %d; INSERT INTO meta(key, value) VALUES('schema', '%lld') "
	               "ON CONFLICT(key) DO UPDATE SET value = excluded.value",
	               APPLICATION_ID, (long long)NEWEST_SCHEMA);
	return db_exec(db, sql, "migrate the database", err);
}

int schema_migrate(struct db *db, struct error *err)
{
	int64_t schema;
	int r = read_schema(db, &schema, err);

	if (r == 0)
		r = db_exec(db, "PRAGMA journal_mode = WAL", "switch on the write-ahead log", err);
	if (r < 0 || schema == NEWEST_SCHEMA)
		return r;
	r = db_run(db, STATEMENT_BEGIN, "begin the migration", err);
	if (r == 0)
		r = apply(db, err);
	if (r == 0)
		r = db_run(db, STATEMENT_COMMIT, "commit the migration", err);
	if (r < 0)
		db_rollback(db);
	return r;
}

int schema_check(struct db *db, struct error *err)
{
	int64_t schema;
	int r = read_schema(db, &schema, err);

	if (r < 0 || schema == NEWEST_SCHEMA)
		return r;
	if (schema == 0)
		error_set(err, EINVAL, "the database is empty");
	else
		error_set(err, EINVAL,
		          "the database has schema %lld, older than %lld: a server of this version migrates it",
		          (long long)schema, (long long)NEWEST_SCHEMA);
	return -EINVAL;
}
