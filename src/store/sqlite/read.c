/* SPDX-License-Identifier: Apache-2.0
 *
 * The readers. A single statement sees one state of the database; each_org() needs a transaction around its several.
 */
#include "base/buf.h"
#include "store/sqlite/sqlite.h"

int sqlite_read_revision(struct db *db, struct str org, uint64_t *ret_revision, struct error *err)
{
	CLEANUP(db_releasep) sqlite3_stmt *stmt = NULL;
	int rc = SQLITE_OK, r = db_statement(db, STATEMENT_REVISION, &stmt, err);

	if (r < 0)
		return r;
	db_bind_text(stmt, 1, org, &rc);
	rc = db_step(stmt, rc);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return db_fail(db, rc, "read the revision", err);
	*ret_revision = rc == SQLITE_ROW ? db_column_u64(stmt, 0) : 0;
	return 0;
}

int sqlite_revision(struct store *base, struct str org, uint64_t *ret_revision, struct error *err)
{
	struct sqlite_store *s = CONTAINER_OF(base, struct sqlite_store, base);
	struct db *db = NULL;
	int r = sqlite_take_reader(s, &db, err);

	if (r == 0)
		r = sqlite_read_revision(db, org, ret_revision, err);
	sqlite_give_reader(s, db);
	return r;
}

/* The organization behind `*org` in order of names goes to `*org`: 0, or STORE_NOT_FOUND at the end. */
static int next_org(struct db *db, struct buf *org, struct error *err)
{
	CLEANUP(db_releasep) sqlite3_stmt *stmt = NULL;
	int rc = SQLITE_OK, r = db_statement(db, STATEMENT_NEXT_ORG, &stmt, err);

	if (r < 0)
		return r;
	db_bind_text(stmt, 1, buf_str(org), &rc);
	rc = db_step(stmt, rc);
	if (rc == SQLITE_DONE)
		return STORE_NOT_FOUND;
	if (rc != SQLITE_ROW)
		return db_fail(db, rc, "list the organizations", err);
	buf_clear(org);
	buf_add(org, db_column_str(stmt, 0));
	assert(!org->overflowed);
	return 0;
}

/* Jumps from name to name through the index, since reading all revisions would take as long as there are many. */
static int list_orgs(struct db *db, int (*fn)(void *, struct str, uint64_t), void *ctx, struct error *err)
{
	CLEANUP(buf_releasep) struct buf org = BUF_INIT(SIZE_MAX / 4);
	uint64_t revision;
	int r;

	for (;;) {
		r = next_org(db, &org, err);
		if (r == STORE_NOT_FOUND)
			return 0;
		if (r == 0)
			r = sqlite_read_revision(db, buf_str(&org), &revision, err);
		if (r == 0)
			r = fn(ctx, buf_str(&org), revision);
		if (r != 0)
			return r;
	}
}

int sqlite_each_org(struct store *base, int (*fn)(void *, struct str, uint64_t), void *ctx, struct error *err)
{
	struct sqlite_store *s = CONTAINER_OF(base, struct sqlite_store, base);
	struct db *db = NULL;
	int r = sqlite_take_reader(s, &db, err);

	if (r == 0)
		r = db_exec(db, "BEGIN", "begin to read", err);
	if (r == 0)
		r = list_orgs(db, fn, ctx, err);
	sqlite_give_reader(s, db); /* which ends the transaction */
	return r;
}

/* A statement over documents: its organization is parameter 1, up to two numbers are 2 and 3. */
struct document_query {
	enum statement statement;
	struct str org;
	int n_numbers;
	uint64_t numbers[2];
	store_document_fn *fn;
	void *ctx;
};

/* Hands the statement's rows to the callback until it stops; columns as DOCUMENT_COLUMNS in db.c. */
static int each_row(struct db *db, sqlite3_stmt *stmt, const struct document_query *q, struct error *err)
{
	int rc, r;

	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct store_document row = {
		    .org = q->org,
		    .kind = db_column_str(stmt, 0),
		    .id = db_column_str(stmt, 1),
		    .rev_from = db_column_u64(stmt, 2),
		    .rev_to = db_column_u64(stmt, 3), /* NULL reads as 0: current */
		    .unique_key = db_column_str(stmt, 4),
		    .seq = db_column_u64(stmt, 5),
		    .body = db_column_str(stmt, 6),
		};

		r = q->fn(q->ctx, &row);
		if (r != 0)
			return r;
	}
	return rc == SQLITE_DONE ? 0 : db_fail(db, rc, "read documents", err);
}

static int run_query(struct db *db, const struct document_query *q, struct error *err)
{
	CLEANUP(db_releasep) sqlite3_stmt *stmt = NULL;
	int rc = SQLITE_OK, r = db_statement(db, q->statement, &stmt, err);

	if (r < 0)
		return r;
	db_bind_text(stmt, 1, q->org, &rc);
	for (int i = 0; i < q->n_numbers; i++)
		db_bind_u64(stmt, i + 2, q->numbers[i], &rc);
	if (rc != SQLITE_OK)
		return db_fail(db, rc, "read documents", err);
	return each_row(db, stmt, q, err);
}

static int query(struct store *base, const struct document_query *q, struct error *err)
{
	struct sqlite_store *s = CONTAINER_OF(base, struct sqlite_store, base);
	struct db *db = NULL;
	int r = sqlite_take_reader(s, &db, err);

	if (r == 0)
		r = run_query(db, q, err);
	sqlite_give_reader(s, db);
	return r;
}

int sqlite_each_document(struct store *s, struct str org, uint64_t revision, store_document_fn *fn, void *ctx,
                         struct error *err)
{
	const struct document_query q = {.statement = revision ? STATEMENT_DOCUMENTS_AS_OF : STATEMENT_DOCUMENTS,
	                                 .org = org,
	                                 .n_numbers = revision ? 1 : 0,
	                                 .numbers = {revision},
	                                 .fn = fn,
	                                 .ctx = ctx};

	return query(s, &q, err);
}

int sqlite_each_change(struct store *s, struct str org, uint64_t from, uint64_t to, store_document_fn *fn, void *ctx,
                       struct error *err)
{
	const struct document_query q = {
	    .statement = STATEMENT_CHANGES, .org = org, .n_numbers = 2, .numbers = {from, to}, .fn = fn, .ctx = ctx};

	return query(s, &q, err);
}

static int get_meta(struct db *db, struct str key, struct arena *a, struct str *ret_value, struct error *err)
{
	CLEANUP(db_releasep) sqlite3_stmt *stmt = NULL;
	int rc = SQLITE_OK, r = db_statement(db, STATEMENT_META_GET, &stmt, err);

	if (r < 0)
		return r;
	db_bind_text(stmt, 1, key, &rc);
	rc = db_step(stmt, rc);
	if (rc == SQLITE_DONE)
		return STORE_NOT_FOUND;
	if (rc != SQLITE_ROW)
		return db_fail(db, rc, "read a value", err);
	*ret_value = arena_str(a, db_column_str(stmt, 0));
	return 0;
}

int sqlite_meta_get(struct store *base, struct str key, struct arena *a, struct str *ret_value, struct error *err)
{
	struct sqlite_store *s = CONTAINER_OF(base, struct sqlite_store, base);
	struct db *db = NULL;
	int r = sqlite_take_reader(s, &db, err);

	if (r == 0)
		r = get_meta(db, key, a, ret_value, err);
	sqlite_give_reader(s, db);
	return r;
}
