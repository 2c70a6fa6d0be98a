/* SPDX-License-Identifier: Apache-2.0
 *
 * Opening, closing and all readers of the memory backend.
 */
#include "store/memory/memory.h"

#include <errno.h>

#include "store/memory/index.h"

void memory_reserve(void *array, size_t n, size_t *cap, size_t size)
{
	void *p;

	if (n < *cap)
		return;
	memcpy(&p, array, sizeof(p));
	*cap = *cap ? *cap * 2 : 16;
	p = mem_realloc_array(p, *cap, size);
	memcpy(array, &p, sizeof(p));
}

struct organization *memory_find_org(const struct memory_store *m, struct str name)
{
	size_t low = 0, high = m->n_orgs;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = str_cmp(m->orgs[mid].name, name);

		if (c == 0)
			return &m->orgs[mid];
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

static struct memory_store *begin_read(struct store *s)
{
	struct memory_store *m = CONTAINER_OF(s, struct memory_store, base);

	pthread_rwlock_rdlock(&m->lock);
	return m;
}

static int end_read(struct memory_store *m, int r)
{
	pthread_rwlock_unlock(&m->lock);
	return r;
}

static int each_org(struct store *s, int (*fn)(void *, struct str, uint64_t), void *ctx, struct error *err UNUSED)
{
	struct memory_store *m = begin_read(s);
	int r = 0;

	for (size_t i = 0; i < m->n_orgs && r == 0; i++)
		if (m->orgs[i].revision > 0)
			r = fn(ctx, m->orgs[i].name, m->orgs[i].revision);
	return end_read(m, r);
}

static int revision(struct store *s, struct str org, uint64_t *ret_revision, struct error *err UNUSED)
{
	struct memory_store *m = begin_read(s);
	const struct organization *o = memory_find_org(m, org);

	*ret_revision = o ? o->revision : 0;
	return end_read(m, 0);
}

/* A version on its way to a callback, with the revision of the event that it is reported for. */
struct event {
	uint64_t revision;
	bool is_begin;
	const struct version *version;
};

/* By revision, then seq, then ends before beginnings, then order of storing. */
static int by_event(const void *a, const void *b)
{
	const struct event *x = a, *y = b;
	const struct store_document *v = &x->version->row, *w = &y->version->row;

	if (x->revision != y->revision)
		return x->revision < y->revision ? -1 : 1;
	if (v->seq != w->seq)
		return v->seq < w->seq ? -1 : 1;
	if (x->is_begin != y->is_begin)
		return x->is_begin ? 1 : -1;
	return x->version->n < y->version->n ? -1 : x->version->n > y->version->n;
}

static int report(struct event *events, size_t n_events, store_document_fn *fn, void *ctx)
{
	int r = 0;

	if (n_events > 0)
		qsort(events, n_events, sizeof(events[0]), by_event);
	for (size_t i = 0; i < n_events && r == 0; i++)
		r = fn(ctx, &events[i].version->row);
	return r;
}

static bool was_current(const struct store_document *row, uint64_t rev)
{
	if (rev == 0)
		return row->rev_to == 0;
	return row->rev_from <= rev && (row->rev_to == 0 || row->rev_to > rev);
}

static int each_document(struct store *s, struct str org, uint64_t rev, store_document_fn *fn, void *ctx,
                         struct error *err UNUSED)
{
	struct memory_store *m = begin_read(s);
	CLEANUP(freep) struct event *events = mem_calloc(m->n_versions, sizeof(struct event));
	size_t n = 0;

	for (size_t i = 0; i < m->n_versions; i++)
		if (str_eq(m->versions[i]->row.org, org) && was_current(&m->versions[i]->row, rev))
			events[n++] = (struct event){.version = m->versions[i]};
	return end_read(m, report(events, n, fn, ctx));
}

static int each_change(struct store *s, struct str org, uint64_t from, uint64_t to, store_document_fn *fn, void *ctx,
                       struct error *err UNUSED)
{
	struct memory_store *m = begin_read(s);
	CLEANUP(freep) struct event *events = mem_calloc(m->n_versions, 2 * sizeof(struct event));
	size_t n = 0;

	for (size_t i = 0; i < m->n_versions; i++) {
		const struct version *v = m->versions[i];

		if (!str_eq(v->row.org, org))
			continue;
		if (v->row.rev_from > from && v->row.rev_from <= to)
			events[n++] = (struct event){v->row.rev_from, true, v};
		if (v->row.rev_to > from && v->row.rev_to <= to)
			events[n++] = (struct event){v->row.rev_to, false, v};
	}
	return end_read(m, report(events, n, fn, ctx));
}

static struct str target_names(struct str target)
{
	size_t colon = str_find(target, ':', 0);

	return colon == SIZE_MAX ? target : str_slice(target, colon + 1, target.len);
}

/* Does `s` begin with the names, and end there or go on behind a slash? */
static bool begins_with_names(struct str s, struct str names)
{
	return str_starts_with(s, names) && (s.len == names.len || s.ptr[names.len] == '/');
}

static bool has_names(struct str s, struct str names)
{
	for (size_t at = 0;; at++) {
		if (begins_with_names(str_slice(s, at, s.len), names))
			return true;
		at = str_find(s, '/', at);
		if (at == SIZE_MAX)
			return false;
	}
}

static bool contains(struct str s, struct str part)
{
	for (size_t at = 0; at + part.len <= s.len; at++)
		if (str_eq_nocase(str_slice(s, at, at + part.len), part))
			return true;
	return false;
}

static bool wants_target(const struct store_audit_filter *f, const struct store_audit_row *row)
{
	struct str names = target_names(row->target);

	return (str_is_absent(f->target) || str_eq(row->target, f->target)) &&
	       (str_is_absent(f->target_name) || has_names(names, f->target_name)) &&
	       (str_is_absent(f->target_root) || begins_with_names(names, f->target_root));
}

static bool wants_text(const struct store_audit_filter *f, const struct store_audit_row *row)
{
	return str_is_absent(f->search) || contains(row->event, f->search) || contains(row->actor, f->search) ||
	       contains(row->target, f->search);
}

static bool wants(const struct store_audit_filter *f, const struct store_audit_row *row)
{
	if (f->cursor != 0 && (f->ascending ? row->id <= f->cursor : row->id >= f->cursor))
		return false;
	if (row->at_ms < f->since_ms || (f->until_ms != INT64_MAX && row->at_ms >= f->until_ms))
		return false;
	return str_eq(row->org, f->org) && (str_is_absent(f->actor) || str_eq(row->actor, f->actor)) &&
	       (str_is_absent(f->operation) || str_eq(row->operation, f->operation)) && wants_target(f, row) &&
	       wants_text(f, row) && (str_is_absent(f->tenant) || str_eq(row->tenant, f->tenant)) &&
	       (f->events.n == 0 || str_list_has(f->events, row->event)) &&
	       (!f->has_event || !str_is_empty(row->event)) && (f->revision == 0 || row->revision == f->revision);
}

static int each_audit(struct store *s, const struct store_audit_filter *filter,
                      int (*fn)(void *, const struct store_audit_row *), void *ctx, struct error *err UNUSED)
{
	struct memory_store *m = begin_read(s);
	uint64_t skip = filter->skip;
	size_t left = filter->limit;
	int r = 0;

	for (size_t i = 0; i < m->n_audit && left > 0 && r == 0; i++) {
		const struct store_audit_row *row = m->audit[filter->ascending ? i : m->n_audit - 1 - i];

		if (!wants(filter, row))
			continue;
		if (skip > 0) {
			skip--;
			continue;
		}
		left--;
		r = fn(ctx, row);
	}
	return end_read(m, r);
}

/* The row of a revision has as many before it at least: there is nothing to look at up to there. */
static int each_revision(struct store *s, struct str org, uint64_t from, uint64_t to,
                         int (*fn)(void *, const struct store_audit_row *), void *ctx, struct error *err UNUSED)
{
	struct memory_store *m = begin_read(s);
	int r = 0;

	for (size_t i = from; i < m->n_audit && r == 0; i++) {
		const struct store_audit_row *row = m->audit[i];

		if (row->revision <= from || !str_eq(row->org, org))
			continue;
		if (row->revision > to)
			break;
		r = fn(ctx, row);
	}
	return end_read(m, r);
}

static int count_row(void *n, const struct store_audit_row *row UNUSED)
{
	++*(uint64_t *)n;
	return 0;
}

static int count_audit(struct store *s, const struct store_audit_filter *filter, uint64_t *ret_n, struct error *err)
{
	uint64_t n = 0;
	int r = each_audit(s, filter, count_row, &n, err);

	if (r == 0)
		*ret_n = n;
	return r;
}

static struct meta_entry *find_meta(const struct memory_store *m, struct str key)
{
	for (size_t i = 0; i < m->n_meta; i++)
		if (str_eq(m->meta[i].key, key))
			return &m->meta[i];
	return NULL;
}

static int meta_get(struct store *s, struct str key, struct arena *a, struct str *ret_value, struct error *err UNUSED)
{
	struct memory_store *m = begin_read(s);
	const struct meta_entry *e = find_meta(m, key);

	if (!e)
		return end_read(m, STORE_NOT_FOUND);
	*ret_value = arena_str(a, e->value);
	return end_read(m, 0);
}

static struct str own(struct str s)
{
	return (struct str){str_dup_cstr(s), s.len};
}

static void disown(struct str s)
{
	/* The string was made by own(), so casting const away gives back what malloc() gave. */
	free((void *)(uintptr_t)s.ptr);
}

static int meta_put(struct store *s, struct str key, struct str value, struct error *err UNUSED)
{
	struct memory_store *m = CONTAINER_OF(s, struct memory_store, base);
	struct meta_entry *e;

	pthread_rwlock_wrlock(&m->lock);
	e = find_meta(m, key);
	if (e) {
		disown(e->value);
		e->value = own(value);
	} else {
		memory_reserve(&m->meta, m->n_meta, &m->cap_meta, sizeof(struct meta_entry));
		m->meta[m->n_meta++] = (struct meta_entry){own(key), own(value)};
	}
	pthread_rwlock_unlock(&m->lock);
	return 0;
}

static void close_memory(struct store *s)
{
	struct memory_store *m = CONTAINER_OF(s, struct memory_store, base);

	for (size_t i = 0; i < m->n_versions; i++)
		free(m->versions[i]);
	for (size_t i = 0; i < m->n_audit; i++)
		free(m->audit[i]);
	for (size_t i = 0; i < m->n_orgs; i++)
		disown(m->orgs[i].name);
	for (size_t i = 0; i < m->n_meta; i++) {
		disown(m->meta[i].key);
		disown(m->meta[i].value);
	}
	free(m->versions);
	free(m->audit);
	free(m->orgs);
	free(m->meta);
	index_release(&m->by_id);
	index_release(&m->by_unique_key);
	pthread_rwlock_destroy(&m->lock);
	free(m);
}

static int open_memory(struct str rest, struct store **ret_store, struct error *err)
{
	struct memory_store *m;

	if (!str_is_empty(rest)) {
		error_set(err, EINVAL, "\"memory:\" takes nothing behind the colon");
		return -EINVAL;
	}
	m = mem_calloc(1, sizeof(*m));
	m->base.ops = &store_memory_ops;
	pthread_rwlock_init(&m->lock, NULL);
	index_init(&m->by_id, BY_ID);
	index_init(&m->by_unique_key, BY_UNIQUE_KEY);
	*ret_store = &m->base;
	return 0;
}

const struct store_ops store_memory_ops = {
    .scheme = "memory",
    .open = open_memory,
    .close = close_memory,
    .commit = memory_commit,
    .each_org = each_org,
    .revision = revision,
    .each_document = each_document,
    .each_change = each_change,
    .each_audit = each_audit,
    .count_audit = count_audit,
    .each_revision = each_revision,
    .meta_get = meta_get,
    .meta_put = meta_put,
};
