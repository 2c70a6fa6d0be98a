/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <dirent.h>
#include <unistd.h>

void place_make(struct place *p, const char *query)
{
	const char *tmp = getenv("TMPDIR");

	(void)snprintf(p->dir, sizeof(p->dir), "%s/doorward-store-XXXXXX", tmp && strlen(tmp) < 64 ? tmp : "/tmp");
	assert_non_null(mkdtemp(p->dir));
	(void)snprintf(p->file, sizeof(p->file), "%s/x.db", p->dir);
	(void)snprintf(p->url, sizeof(p->url), "sqlite:%s/x.db%s", p->dir, query);
}

void place_remove(const struct place *p)
{
	DIR *dir = opendir(p->dir);
	const struct dirent *e;

	assert_non_null(dir);
	while ((e = readdir(dir)))
		if (e->d_name[0] != '.')
			assert_int_equal(unlinkat(dirfd(dir), e->d_name, 0), 0);
	closedir(dir);
	assert_int_equal(rmdir(p->dir), 0);
}

struct store *open_or_fail(const char *url)
{
	struct error err = {0};
	struct store *s = NULL;

	if (store_open(str_of(url), &s, &err) != 0)
		fail_msg("%s: %s", url, err.text);
	return s;
}

struct store_change put(const char *id, const char *key, uint64_t seq, const char *body)
{
	return (struct store_change){
	    .kind = STR("user"), .id = str_of(id), .unique_key = str_of(key), .seq = seq, .body = str_of(body)};
}

struct store_change end(const char *id)
{
	return put(id, NULL, 0, NULL);
}

struct store_set set_of(uint64_t base, const struct store_change *changes, size_t n_changes)
{
	return (struct store_set){.org = ORG,
	                          .base_revision = base,
	                          .at_ms = 1000 * (int64_t)(base + 1),
	                          .actor = STR("user:owner"),
	                          .via = STR("native"),
	                          .operation = STR("users:create"),
	                          .target = STR("user:x"),
	                          .remote = STR("192.0.2.1"),
	                          .request_id = STR("r1"),
	                          .credential = STR("k1"),
	                          .method = STR("POST"),
	                          .path = STR("/users"),
	                          .outcome = AUDIT_DONE,
	                          .status = 201,
	                          .changes = changes,
	                          .n_changes = n_changes};
}

struct store_set refusal(const char *actor, unsigned status)
{
	struct store_set set = set_of(0, NULL, 0);

	set.actor = str_of(actor);
	set.outcome = AUDIT_REFUSED;
	set.status = status;
	return set;
}

int commit_one(struct store *s, uint64_t base, const struct store_change *changes, size_t n_changes,
               uint64_t *ret_revision)
{
	struct store_set set = set_of(base, changes, n_changes);
	int r = store_commit(s, &set, 1, NULL);

	if (r >= 0)
		assert_int_equal(set.result, r);
	if (ret_revision)
		*ret_revision = set.revision;
	return r;
}

uint64_t newest(struct store *s, struct str org)
{
	uint64_t revision = UINT64_MAX;

	assert_int_equal(store_revision(s, org, &revision, NULL), 0);
	return revision;
}

struct store_audit_filter everything(void)
{
	return (struct store_audit_filter){.org = ORG, .since_ms = INT64_MIN, .until_ms = INT64_MAX, .limit = SIZE_MAX};
}

/* Absent and empty must look different. */
static void add_text(struct buf *out, struct str s)
{
	if (str_is_absent(s))
		buf_add(out, STR(" -"));
	else
		buf_addf(out, " %zu:", s.len);
	buf_add(out, s);
}

int write_document(void *out, const struct store_document *row)
{
	buf_addf(out, "document %llu-%llu seq %llu", (unsigned long long)row->rev_from, (unsigned long long)row->rev_to,
	         (unsigned long long)row->seq);
	add_text(out, row->org);
	add_text(out, row->kind);
	add_text(out, row->id);
	add_text(out, row->unique_key);
	add_text(out, row->body);
	buf_add_char(out, '\n');
	return 0;
}

int write_audit(void *out, const struct store_audit_row *row)
{
	buf_addf(out, "audit %llu at %lld outcome %d status %u rev %llu", (unsigned long long)row->id,
	         (long long)row->at_ms, (int)row->outcome, row->status, (unsigned long long)row->revision);
	add_text(out, row->org);
	add_text(out, row->actor);
	add_text(out, row->via);
	add_text(out, row->operation);
	add_text(out, row->target);
	add_text(out, row->remote);
	add_text(out, row->request_id);
	add_text(out, row->event);
	add_text(out, row->credential);
	add_text(out, row->tenant);
	add_text(out, row->method);
	add_text(out, row->path);
	add_text(out, row->warning);
	buf_add_char(out, '\n');
	return 0;
}

int write_org(void *out, struct str org, uint64_t revision)
{
	buf_addf(out, "org %llu", (unsigned long long)revision);
	add_text(out, org);
	buf_add_char(out, '\n');
	return 0;
}

int write_brief(void *out, const struct store_document *row)
{
	buf_addf(out, STR_FMT "@%llu-%llu=" STR_FMT ";", STR_ARG(row->id), (unsigned long long)row->rev_from,
	         (unsigned long long)row->rev_to, STR_ARG(row->body));
	return 0;
}

void expect_documents(struct store *s, uint64_t revision, const char *want)
{
	struct buf out = BUF_INIT(TEST_MAX_TEXT);

	assert_int_equal(store_each_document(s, ORG, revision, write_brief, &out, NULL), 0);
	buf_add_char(&out, '\0');
	assert_string_equal(out.ptr, want);
	buf_release(&out);
}

static void dump_org(struct store *s, struct str org, struct buf *out)
{
	uint64_t last = newest(s, org);
	struct store_audit_filter f = everything();

	for (uint64_t rev = 0; rev <= last + 1; rev++) {
		buf_addf(out, "at %llu\n", (unsigned long long)rev);
		assert_int_equal(store_each_document(s, org, rev, write_document, out, NULL), 0);
	}
	for (uint64_t from = 0; from <= last; from += 3) {
		buf_addf(out, "since %llu\n", (unsigned long long)from);
		assert_int_equal(store_each_change(s, org, from, from + 5, write_document, out, NULL), 0);
		assert_int_equal(store_each_change(s, org, from, UINT64_MAX, write_document, out, NULL), 0);
	}
	assert_int_equal(store_each_revision(s, org, 0, UINT64_MAX, write_audit, out, NULL), 0);
	f.org = org;
	assert_int_equal(store_each_audit(s, &f, write_audit, out, NULL), 0);
}

struct dump {
	struct store *store;
	struct buf *out;
};

static int dump_each(void *ctx, struct str org, uint64_t revision)
{
	struct dump *d = ctx;

	write_org(d->out, org, revision);
	dump_org(d->store, org, d->out);
	return 0;
}

void dump_store(struct store *s, struct buf *out)
{
	struct dump d = {s, out};

	/* The callback reads the store again: that must work from within a reader. */
	assert_int_equal(store_each_org(s, dump_each, &d, NULL), 0);
	assert_false(out->overflowed);
}
