/* SPDX-License-Identifier: Apache-2.0
 *
 * The front of the store: picks the backend, checks arguments once for all backends, counts. What is refused here is
 * refused by every backend alike.
 */
#include "store/store.h"

#include <errno.h>

#include "base/clock.h"
#include "store/backend.h"

#define MAX_ID_BYTES 512

static const struct store_ops *const backends[] = {&store_memory_ops, &store_sqlite_ops};

/* A half-filled table is a bug of the backend; found when it is plugged in, so that calls need no test. */
static void check_ops(const struct store_ops *ops)
{
	assert(ops->scheme && ops->open && ops->close && ops->commit && ops->each_org && ops->revision);
	assert(ops->each_document && ops->each_change && ops->each_audit && ops->count_audit && ops->each_revision &&
	       ops->meta_get && ops->meta_put);
}

/* NULL: there is none of the URL's scheme. `*ret_rest` is the URL behind it. */
static const struct store_ops *find_backend(struct str url, struct str *ret_rest)
{
	struct str rest = url, scheme;

	if (str_find(url, ':', 0) != SIZE_MAX && str_split(&rest, ':', &scheme))
		for (size_t i = 0; i < N_ELEMENTS(backends); i++)
			if (str_eq(scheme, str_of(backends[i]->scheme))) {
				check_ops(backends[i]);
				*ret_rest = rest;
				return backends[i];
			}
	return NULL;
}

int store_open(struct str url, struct store **ret_store, struct error *err)
{
	struct str rest;
	const struct store_ops *ops = find_backend(url, &rest);

	if (ops)
		return ops->open(rest, ret_store, err);
	/* The URL is not quoted: it may hold a password. */
	error_set(err, EINVAL, "the store's URL must start with \"sqlite:\" or \"memory:\"");
	return -EINVAL;
}

int store_open_read_only(struct str url, struct store **ret_store, struct error *err)
{
	struct str rest;
	const struct store_ops *ops = find_backend(url, &rest);

	if (ops && ops->open_read_only)
		return ops->open_read_only(rest, ret_store, err);
	error_set(err, EINVAL, "a store that is read only must have a URL that starts with \"sqlite:\"");
	return -EINVAL;
}

void store_close(struct store *s)
{
	if (s)
		s->ops->close(s);
}

static int by_kind_and_id(const void *a, const void *b)
{
	const struct store_change *x = *(const struct store_change *const *)a;
	const struct store_change *y = *(const struct store_change *const *)b;
	int c = str_cmp(x->kind, y->kind);

	return c ? c : str_cmp(x->id, y->id);
}

/* The document that a set names twice, or NULL. Its order of ending and beginning would be undefined. */
static const struct store_change *find_duplicate(const struct store_set *set)
{
	CLEANUP(freep) const struct store_change **sorted = NULL;

	if (set->n_changes < 2)
		return NULL;
	sorted = mem_calloc(set->n_changes, sizeof(const struct store_change *));
	for (size_t i = 0; i < set->n_changes; i++)
		sorted[i] = &set->changes[i];
	qsort(sorted, set->n_changes, sizeof(sorted[0]), by_kind_and_id);
	for (size_t i = 1; i < set->n_changes; i++)
		if (by_kind_and_id(&sorted[i - 1], &sorted[i]) == 0)
			return sorted[i];
	return NULL;
}

static int refuse(struct error *err, const char *text)
{
	error_set(err, EINVAL, "%s", text);
	return -EINVAL;
}

static int check_changes(const struct store_set *set, struct error *err)
{
	if (set->outcome == AUDIT_REFUSED && set->n_changes > 0)
		return refuse(err, "a refused attempt cannot change documents");
	if (set->n_changes > 0 && str_is_empty(set->org))
		return refuse(err, "a change set needs an organization");
	for (size_t i = 0; i < set->n_changes; i++) {
		const struct store_change *c = &set->changes[i];

		if (str_is_empty(c->kind) || str_is_empty(c->id))
			return refuse(err, "a document needs a kind and an id");
		if (c->id.len > MAX_ID_BYTES)
			return refuse(err, "a document's id is longer than 512 bytes");
		if (c->seq > INT64_MAX)
			return refuse(err, "a document's place in creation order is out of range");
	}
	return 0;
}

static int check_set(struct store_set *set, struct error *err)
{
	const struct store_change *twice;
	int r = check_changes(set, err);

	if (r < 0)
		return r;
	twice = find_duplicate(set);
	if (!twice)
		return 0;
	set->result = STORE_CONFLICT;
	return error_set(err, STORE_CONFLICT, "%.*s \"%.*s\" is changed twice in one change set", STR_ARG(twice->kind),
	                 STR_ARG(twice->id));
}

/* One writer, so that a plain read of one's own count is exact; the stores are atomic for those who look. */
static void count_up(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

int store_commit(struct store *s, struct store_set *sets, size_t n_sets, struct error *err)
{
	uint64_t start_ns = clock_monotonic_ns();
	int r = 0;

	for (size_t i = 0; i < n_sets; i++) {
		sets[i].result = STORE_OK;
		sets[i].revision = 0;
	}
	for (size_t i = 0; i < n_sets && r == 0; i++)
		r = check_set(&sets[i], err);
	if (r == 0 && n_sets > 0)
		r = s->ops->commit(s, sets, n_sets, err);
	if (r != 0) {
		for (size_t i = 0; i < n_sets; i++)
			sets[i].revision = 0;
		return r;
	}
	if (n_sets > 0) {
		count_up(&s->stats.n_commits, 1);
		count_up(&s->stats.n_sets, n_sets);
		count_up(&s->stats.commit_ns, clock_monotonic_ns() - start_ns);
	}
	return 0;
}

int store_each_org(struct store *s, int (*fn)(void *ctx, struct str org, uint64_t revision), void *ctx,
                   struct error *err)
{
	return s->ops->each_org(s, fn, ctx, err);
}

int store_revision(struct store *s, struct str org, uint64_t *ret_revision, struct error *err)
{
	return s->ops->revision(s, org, ret_revision, err);
}

int store_each_document(struct store *s, struct str org, uint64_t revision, store_document_fn *fn, void *ctx,
                        struct error *err)
{
	return s->ops->each_document(s, org, revision, fn, ctx, err);
}

int store_each_change(struct store *s, struct str org, uint64_t from, uint64_t to, store_document_fn *fn, void *ctx,
                      struct error *err)
{
	return s->ops->each_change(s, org, from, to, fn, ctx, err);
}

static bool has_nul(struct str s)
{
	return !str_is_absent(s) && str_find(s, '\0', 0) != SIZE_MAX;
}

static int check_audit_filter(const struct store_audit_filter *f, struct error *err)
{
	if (f->limit == 0)
		return refuse(err, "the limit of an audit list must be at least 1");
	if (f->events.n > STORE_MAX_AUDIT_EVENTS)
		return refuse(err, "the audit trail is asked for too many events at once");
	/* Text functions of databases end at it. */
	if (has_nul(f->target_name) || has_nul(f->target_root) || has_nul(f->search))
		return refuse(err, "the audit trail is searched for a text with a NUL");
	return 0;
}

int store_each_audit(struct store *s, const struct store_audit_filter *filter,
                     int (*fn)(void *ctx, const struct store_audit_row *row), void *ctx, struct error *err)
{
	int r = check_audit_filter(filter, err);

	return r == 0 ? s->ops->each_audit(s, filter, fn, ctx, err) : r;
}

int store_count_audit(struct store *s, const struct store_audit_filter *filter, uint64_t *ret_n, struct error *err)
{
	int r = check_audit_filter(filter, err);

	return r == 0 ? s->ops->count_audit(s, filter, ret_n, err) : r;
}

int store_each_revision(struct store *s, struct str org, uint64_t from, uint64_t to,
                        int (*fn)(void *ctx, const struct store_audit_row *row), void *ctx, struct error *err)
{
	return s->ops->each_revision(s, org, from, to, fn, ctx, err);
}

/* "schema" is the store's own value: it says how its tables are made. */
static bool is_own_key(struct str key)
{
	return str_eq(key, STR("schema"));
}

int store_meta_get(struct store *s, struct str key, struct arena *a, struct str *ret_value, struct error *err)
{
	if (is_own_key(key))
		return STORE_NOT_FOUND;
	return s->ops->meta_get(s, key, a, ret_value, err);
}

int store_meta_put(struct store *s, struct str key, struct str value, struct error *err)
{
	if (is_own_key(key))
		return refuse(err, "\"schema\" is reserved for the store");
	return s->ops->meta_put(s, key, value, err);
}

struct store_stats store_stats(struct store *s)
{
	return (struct store_stats){
	    .n_commits = __atomic_load_n(&s->stats.n_commits, __ATOMIC_RELAXED),
	    .n_sets = __atomic_load_n(&s->stats.n_sets, __ATOMIC_RELAXED),
	    .commit_ns = __atomic_load_n(&s->stats.commit_ns, __ATOMIC_RELAXED),
	};
}
