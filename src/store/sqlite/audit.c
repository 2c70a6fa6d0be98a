/* SPDX-License-Identifier: Apache-2.0
 *
 * Listing and counting the audit trail. The statement is put together from the conditions that are asked for, so that
 * the planner sees only those and takes the index of the revision when there is one.
 */
#include "base/buf.h"
#include "store/sqlite/sqlite.h"

#define MAX_SQL_BYTES 2048

/*
 * Parameters have the same number whether their condition is there or not. Those of the events come last, as many as
 * are asked for.
 */
enum parameter {
	P_ORG = 1,
	P_CURSOR,
	P_SINCE,
	P_UNTIL,
	P_ACTOR,
	P_OPERATION,
	P_TARGET,
	P_REVISION,
	P_TENANT,
	P_TARGET_NAME,
	P_TARGET_ROOT,
	P_SEARCH,
	P_SKIP,
	P_LIMIT,
	P_EVENTS
};

static bool has_after(const struct store_audit_filter *f)
{
	return f->cursor != 0 && f->ascending;
}
static bool has_before(const struct store_audit_filter *f)
{
	return f->cursor != 0 && !f->ascending;
}
static bool has_since(const struct store_audit_filter *f)
{
	return f->since_ms != INT64_MIN;
}
static bool has_until(const struct store_audit_filter *f)
{
	return f->until_ms != INT64_MAX;
}
static bool has_actor(const struct store_audit_filter *f)
{
	return !str_is_absent(f->actor);
}
static bool has_operation(const struct store_audit_filter *f)
{
	return !str_is_absent(f->operation);
}
static bool has_target(const struct store_audit_filter *f)
{
	return !str_is_absent(f->target);
}
static bool has_revision(const struct store_audit_filter *f)
{
	return f->revision != 0;
}
static bool has_tenant(const struct store_audit_filter *f)
{
	return !str_is_absent(f->tenant);
}
static bool has_target_name(const struct store_audit_filter *f)
{
	return !str_is_absent(f->target_name);
}
static bool has_target_root(const struct store_audit_filter *f)
{
	return !str_is_absent(f->target_root);
}
static bool has_search(const struct store_audit_filter *f)
{
	return !str_is_absent(f->search);
}
/* Also when events are named: the planner takes the index of rows with one only if the statement says so. */
static bool has_event(const struct store_audit_filter *f)
{
	return f->has_event || (f->events.n > 0 && !str_list_has(f->events, STR("")));
}

/* Whatever contains the text, which is no pattern itself; LIKE takes capitals of ASCII for small letters. */
#define PATTERN "'%' || replace(replace(replace(?12, '\\', '\\\\'), '%', '\\%'), '_', '\\_') || '%' ESCAPE '\\'"

/* The names in a target "<kind>:<name>/<name>/…"; all of it when there is no colon. */
#define NAMES "substr(target, instr(target, ':') + 1)"

static const struct {
	bool (*applies)(const struct store_audit_filter *f);
	const char *sql;
} parts[] = {
    {has_after, " AND id > ?2"},
    {has_before, " AND id < ?2"},
    {has_since, " AND at >= ?3"},
    {has_until, " AND at < ?4"},
    {has_actor, " AND actor = ?5"},
    {has_operation, " AND operation = ?6"},
    {has_target, " AND target = ?7"},
    {has_revision, " AND rev = ?8"},
    {has_tenant, " AND tenant = ?9"},
    {has_event, " AND event <> ''"},
    {has_target_name, " AND instr('/' || " NAMES " || '/', '/' || ?10 || '/') > 0"},
    {has_target_root, " AND substr(" NAMES " || '/', 1, length(?11) + 1) = ?11 || '/'"},
    {has_search, " AND (event LIKE " PATTERN " OR actor LIKE " PATTERN " OR target LIKE " PATTERN ")"},
};

static void add_events(struct buf *sql, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_addf(sql, "%s?%zu", i ? ", " : " AND event IN (", (size_t)P_EVENTS + i);
	if (n)
		buf_add_char(sql, ')');
}

/* A statement's text up to its conditions, and from their end on. */
struct frame {
	const char *head, *tail;
	bool is_count;
};

/* Rows of events are counted in an index of their own, unless something else has to be looked at, too. */
static const char *index_for(const struct frame *frame, const struct store_audit_filter *f)
{
	bool looks_at_rows = false;

	for (size_t i = 0; i < N_ELEMENTS(parts); i++)
		looks_at_rows |= parts[i].applies != has_event && parts[i].applies(f);
	return frame->is_count && has_event(f) && !looks_at_rows ? " INDEXED BY audit_event_name" : "";
}

static void add_order(struct buf *sql, const struct frame *frame, const struct store_audit_filter *f)
{
	if (!frame->is_count)
		buf_addf(sql, " ORDER BY id%s", f->ascending ? "" : " DESC");
	buf_addf(sql, " LIMIT ?14 OFFSET ?13%s", frame->tail);
}

static int prepare(struct db *db, const struct store_audit_filter *f, const struct frame *frame,
                   sqlite3_stmt **ret_stmt, struct error *err)
{
	CLEANUP(buf_releasep) struct buf sql = BUF_INIT(MAX_SQL_BYTES);
	int rc;

	buf_addf(&sql, "%s FROM audit%s WHERE org = ?1", frame->head, index_for(frame, f));
	for (size_t i = 0; i < N_ELEMENTS(parts); i++)
		if (parts[i].applies(f))
			buf_add(&sql, str_of(parts[i].sql));
	add_events(&sql, f->events.n);
	add_order(&sql, frame, f);
	assert(!sql.overflowed);
	rc = sqlite3_prepare_v2(db->handle, sql.ptr, (int)sql.len, ret_stmt, NULL);
	return rc == SQLITE_OK ? 0 : db_fail(db, rc, "prepare a statement", err);
}

static int bind(struct db *db, sqlite3_stmt *stmt, const struct store_audit_filter *f, struct error *err)
{
	int rc = SQLITE_OK;

	/* Parameters up to that of the limit exist in every statement, named or not. */
	db_bind_text(stmt, P_ORG, f->org, &rc);
	db_bind_u64(stmt, P_CURSOR, f->cursor, &rc);
	db_bind_i64(stmt, P_SINCE, f->since_ms, &rc);
	db_bind_i64(stmt, P_UNTIL, f->until_ms, &rc);
	db_bind_str(stmt, P_ACTOR, f->actor, &rc);
	db_bind_str(stmt, P_OPERATION, f->operation, &rc);
	db_bind_str(stmt, P_TARGET, f->target, &rc);
	db_bind_u64(stmt, P_REVISION, f->revision, &rc);
	db_bind_str(stmt, P_TENANT, f->tenant, &rc);
	db_bind_str(stmt, P_TARGET_NAME, f->target_name, &rc);
	db_bind_str(stmt, P_TARGET_ROOT, f->target_root, &rc);
	db_bind_str(stmt, P_SEARCH, f->search, &rc);
	db_bind_u64(stmt, P_SKIP, f->skip, &rc);
	db_bind_u64(stmt, P_LIMIT, f->limit, &rc);
	for (size_t i = 0; i < f->events.n; i++)
		db_bind_text(stmt, P_EVENTS + (int)i, f->events.items[i], &rc);
	return rc == SQLITE_OK ? 0 : db_fail(db, rc, "read the audit trail", err);
}

static struct store_audit_row read_row(sqlite3_stmt *stmt, struct str org)
{
	return (struct store_audit_row){
	    .id = db_column_u64(stmt, 0),
	    .org = org,
	    .at_ms = sqlite3_column_int64(stmt, 1),
	    .actor = db_column_str(stmt, 2),
	    .via = db_column_str(stmt, 3),
	    .operation = db_column_str(stmt, 4),
	    .target = db_column_str(stmt, 5),
	    .remote = db_column_str(stmt, 6),
	    .request_id = db_column_str(stmt, 7),
	    .outcome = sqlite3_column_int(stmt, 8) ? AUDIT_DONE : AUDIT_REFUSED,
	    .status = (unsigned)sqlite3_column_int(stmt, 9),
	    .revision = db_column_u64(stmt, 10), /* NULL reads as 0: none */
	    .event = db_column_str(stmt, 11),
	    .credential = db_column_str(stmt, 12),
	    .tenant = db_column_str(stmt, 13),
	    .method = db_column_str(stmt, 14),
	    .path = db_column_str(stmt, 15),
	    .warning = db_column_str(stmt, 16),
	};
}

static void finalizep(sqlite3_stmt **stmt)
{
	sqlite3_finalize(*stmt);
}

static const struct frame list = {.head = "SELECT " AUDIT_COLUMNS, .tail = ""};
static const struct frame count = {.head = "SELECT count(*) FROM (SELECT id", .tail = ")", .is_count = true};

/* What to do with the rows of a statement. */
struct audit_reader {
	struct str org;
	int (*fn)(void *, const struct store_audit_row *);
	void *ctx;
};

static int each_row(struct db *db, sqlite3_stmt *stmt, const struct audit_reader *reader, struct error *err)
{
	int r, rc;

	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct store_audit_row row = read_row(stmt, reader->org);

		r = reader->fn(reader->ctx, &row);
		if (r != 0)
			return r;
	}
	return rc == SQLITE_DONE ? 0 : db_fail(db, rc, "read the audit trail", err);
}

static int list_audit(struct db *db, const struct store_audit_filter *f,
                      int (*fn)(void *, const struct store_audit_row *), void *ctx, struct error *err)
{
	const struct audit_reader reader = {f->org, fn, ctx};
	CLEANUP(finalizep) sqlite3_stmt *stmt = NULL;
	int r = prepare(db, f, &list, &stmt, err);

	if (r == 0)
		r = bind(db, stmt, f, err);
	return r == 0 ? each_row(db, stmt, &reader, err) : r;
}

int sqlite_each_audit(struct store *base, const struct store_audit_filter *filter,
                      int (*fn)(void *, const struct store_audit_row *), void *ctx, struct error *err)
{
	struct sqlite_store *s = CONTAINER_OF(base, struct sqlite_store, base);
	struct db *db = NULL;
	int r = sqlite_take_reader(s, &db, err);

	if (r == 0)
		r = list_audit(db, filter, fn, ctx, err);
	sqlite_give_reader(s, db);
	return r;
}

static int count_audit(struct db *db, const struct store_audit_filter *f, uint64_t *ret_n, struct error *err)
{
	CLEANUP(finalizep) sqlite3_stmt *stmt = NULL;
	int r = prepare(db, f, &count, &stmt, err), rc;

	if (r == 0)
		r = bind(db, stmt, f, err);
	if (r < 0)
		return r;
	rc = sqlite3_step(stmt);
	if (rc != SQLITE_ROW)
		return db_fail(db, rc, "count the audit trail", err);
	*ret_n = db_column_u64(stmt, 0);
	return 0;
}

int sqlite_count_audit(struct store *base, const struct store_audit_filter *filter, uint64_t *ret_n, struct error *err)
{
	struct sqlite_store *s = CONTAINER_OF(base, struct sqlite_store, base);
	struct db *db = NULL;
	int r = sqlite_take_reader(s, &db, err);

	if (r == 0)
		r = count_audit(db, filter, ret_n, err);
	sqlite_give_reader(s, db);
	return r;
}

static int list_revisions(struct db *db, const struct audit_reader *reader, const uint64_t range[static 2],
                          struct error *err)
{
	CLEANUP(db_releasep) sqlite3_stmt *stmt = NULL;
	int rc = SQLITE_OK, r = db_statement(db, STATEMENT_REVISIONS, &stmt, err);

	if (r < 0)
		return r;
	db_bind_text(stmt, 1, reader->org, &rc);
	db_bind_u64(stmt, 2, range[0], &rc);
	db_bind_u64(stmt, 3, range[1], &rc);
	return rc == SQLITE_OK ? each_row(db, stmt, reader, err) : db_fail(db, rc, "read revisions", err);
}

int sqlite_each_revision(struct store *base, struct str org, uint64_t from, uint64_t to,
                         int (*fn)(void *, const struct store_audit_row *), void *ctx, struct error *err)
{
	struct sqlite_store *s = CONTAINER_OF(base, struct sqlite_store, base);
	const struct audit_reader reader = {org, fn, ctx};
	const uint64_t range[2] = {from, to};
	struct db *db = NULL;
	int r = sqlite_take_reader(s, &db, err);

	if (r == 0)
		r = list_revisions(db, &reader, range, err);
	sqlite_give_reader(s, db);
	return r;
}
