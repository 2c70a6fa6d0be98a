/* SPDX-License-Identifier: Apache-2.0
 *
 * Commit in memory: the sets are applied in place, in order; when one cannot be, everything the call did is taken back.
 */
#include "store/memory/index.h"
#include "store/memory/memory.h"

/* What taking back needs to know. */
struct undo {
	size_t n_versions, n_audit; /* before the call */
	struct version **ended;     /* in order of ending */
	size_t n_ended, cap_ended;
	const struct store_set *sets; /* those with a revision moved their organization on */
	size_t n_sets;
};

/* Copies `s` to `*at` and moves `*at` behind it; the absent string stays absent. */
static struct str put_str(char **at, struct str s)
{
	struct str copy = {*at, s.len};

	if (str_is_absent(s))
		return STR_NONE;
	if (s.len)
		memcpy(*at, s.ptr, s.len);
	*at += s.len;
	return copy;
}

static struct version *version_new(struct str org, const struct store_change *c, uint64_t revision)
{
	struct version *v = mem_alloc(sizeof(*v) + org.len + c->kind.len + c->id.len + c->unique_key.len + c->body.len);
	char *at = (char *)(v + 1);

	*v = (struct version){.row = {.seq = c->seq, .rev_from = revision}};
	v->row.org = put_str(&at, org);
	v->row.kind = put_str(&at, c->kind);
	v->row.id = put_str(&at, c->id);
	v->row.unique_key = put_str(&at, c->unique_key);
	v->row.body = put_str(&at, c->body);
	return v;
}

/* Texts of the audit trail are never absent, so that each backend gives the same row. */
static struct str put_text(char **at, struct str s)
{
	return put_str(at, str_is_absent(s) ? STR("") : s);
}

static struct store_audit_row *audit_new(const struct store_set *set, uint64_t id, uint64_t revision)
{
	struct store_audit_row *row =
	    mem_alloc(sizeof(*row) + set->org.len + set->actor.len + set->via.len + set->operation.len +
	              set->target.len + set->remote.len + set->request_id.len + set->event.len + set->credential.len +
	              set->tenant.len + set->method.len + set->path.len + set->warning.len);
	char *at = (char *)(row + 1);

	*row = (struct store_audit_row){
	    .id = id, .at_ms = set->at_ms, .outcome = set->outcome, .status = set->status, .revision = revision};
	row->org = put_text(&at, set->org);
	row->actor = put_text(&at, set->actor);
	row->via = put_text(&at, set->via);
	row->operation = put_text(&at, set->operation);
	row->target = put_text(&at, set->target);
	row->remote = put_text(&at, set->remote);
	row->request_id = put_text(&at, set->request_id);
	row->event = put_text(&at, set->event);
	row->credential = put_text(&at, set->credential);
	row->tenant = put_text(&at, set->tenant);
	row->method = put_text(&at, set->method);
	row->path = put_text(&at, set->path);
	row->warning = put_text(&at, set->warning);
	return row;
}

static void add_to_indexes(struct memory_store *m, struct version *v)
{
	index_add(&m->by_id, v);
	if (!str_is_absent(v->row.unique_key))
		index_add(&m->by_unique_key, v);
}

static void remove_from_indexes(struct memory_store *m, struct version *v)
{
	index_remove(&m->by_id, v);
	if (!str_is_absent(v->row.unique_key))
		index_remove(&m->by_unique_key, v);
}

static int end_version(struct memory_store *m, struct undo *u, const struct store_set *set,
                       const struct store_change *c, struct error *err)
{
	struct version *v = index_find(&m->by_id, set->org, c->kind, c->id);

	if (!v && str_is_absent(c->body))
		return error_set(err, STORE_CONFLICT, "%.*s \"%.*s\" does not exist", STR_ARG(c->kind), STR_ARG(c->id));
	if (!v)
		return 0;
	remove_from_indexes(m, v);
	v->row.rev_to = set->revision;
	memory_reserve(&u->ended, u->n_ended, &u->cap_ended, sizeof(struct version *));
	u->ended[u->n_ended++] = v;
	return 0;
}

static int begin_version(struct memory_store *m, const struct store_set *set, const struct store_change *c,
                         struct error *err)
{
	struct version *v;

	if (!str_is_absent(c->unique_key) && index_find(&m->by_unique_key, set->org, c->kind, c->unique_key))
		return error_set(err, STORE_CONFLICT, "the unique key \"%.*s\" of %.*s \"%.*s\" is taken",
		                 STR_ARG(c->unique_key), STR_ARG(c->kind), STR_ARG(c->id));
	v = version_new(set->org, c, set->revision);
	v->n = m->n_versions;
	memory_reserve(&m->versions, m->n_versions, &m->cap_versions, sizeof(struct version *));
	m->versions[m->n_versions++] = v;
	add_to_indexes(m, v);
	return 0;
}

/* First all ends, then all beginnings, so that a unique key can move from one document to another in one set. */
static int apply_changes(struct memory_store *m, struct undo *u, const struct store_set *set, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < set->n_changes && r == 0; i++)
		r = end_version(m, u, set, &set->changes[i], err);
	for (size_t i = 0; i < set->n_changes && r == 0; i++)
		if (!str_is_absent(set->changes[i].body))
			r = begin_version(m, set, &set->changes[i], err);
	return r;
}

/* The organization's entry, made at revision 0 when it is new (it shows up with its first revision). */
static struct organization *need_org(struct memory_store *m, struct str name)
{
	struct organization *org = memory_find_org(m, name);
	size_t at = 0;

	if (org)
		return org;
	while (at < m->n_orgs && str_cmp(m->orgs[at].name, name) < 0)
		at++;
	memory_reserve(&m->orgs, m->n_orgs, &m->cap_orgs, sizeof(struct organization));
	memmove(&m->orgs[at + 1], &m->orgs[at], (m->n_orgs - at) * sizeof(struct organization));
	m->n_orgs++;
	m->orgs[at] = (struct organization){.name = {str_dup_cstr(name), name.len}};
	return &m->orgs[at];
}

static int apply_set(struct memory_store *m, struct undo *u, struct store_set *set, struct error *err)
{
	struct organization *org = need_org(m, set->org);

	if (set->outcome == AUDIT_DONE && set->base_revision != org->revision) {
		set->result = error_set(err, STORE_STALE, "the organization has moved on to revision %llu",
		                        (unsigned long long)org->revision);
		return set->result;
	}
	if (set->n_changes > 0) {
		set->revision = ++org->revision;
		set->result = apply_changes(m, u, set, err);
		if (set->result != STORE_OK)
			return set->result;
	}
	memory_reserve(&m->audit, m->n_audit, &m->cap_audit, sizeof(struct store_audit_row *));
	m->audit[m->n_audit] = audit_new(set, m->n_audit + 1, set->revision);
	m->n_audit++;
	return 0;
}

static void take_back(struct memory_store *m, struct undo *u)
{
	/* All new versions leave the indexes before an old one returns, which may need its unique key back. One that a
	 * later set of the same call ended has left already. */
	for (size_t i = u->n_versions; i < m->n_versions; i++)
		if (m->versions[i]->row.rev_to == 0)
			remove_from_indexes(m, m->versions[i]);
	for (size_t i = 0; i < u->n_ended; i++)
		if (u->ended[i]->n < u->n_versions) {
			u->ended[i]->row.rev_to = 0;
			add_to_indexes(m, u->ended[i]);
		}
	while (m->n_versions > u->n_versions)
		free(m->versions[--m->n_versions]);
	while (m->n_audit > u->n_audit)
		free(m->audit[--m->n_audit]);
	for (size_t i = 0; i < u->n_sets; i++)
		if (u->sets[i].revision != 0)
			memory_find_org(m, u->sets[i].org)->revision--;
}

int memory_commit(struct store *s, struct store_set *sets, size_t n_sets, struct error *err)
{
	struct memory_store *m = CONTAINER_OF(s, struct memory_store, base);
	struct undo u = {.sets = sets, .n_sets = n_sets};
	int r = 0;

	pthread_rwlock_wrlock(&m->lock);
	u.n_versions = m->n_versions;
	u.n_audit = m->n_audit;
	for (size_t i = 0; i < n_sets && r == 0; i++)
		r = apply_set(m, &u, &sets[i], err);
	if (r != 0)
		take_back(m, &u);
	pthread_rwlock_unlock(&m->lock);
	free(u.ended);
	return r;
}
