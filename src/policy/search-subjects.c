/* SPDX-License-Identifier: Apache-2.0
 *
 * From a resource and an action to the subjects of statements and grants about them, and from these to who brings them:
 * what snapshot_subjects() does, undone.
 */
#include "policy/departments.h"
#include "policy/grant_source.h"
#include "policy/lower.h"
#include "policy/search-impl.h"

static const struct {
	struct str type;
	enum document_kind kind;
	struct str brings[5]; /* the beginnings of the subjects that those of the type bring; absent: no more */
} types[] = {
    {STR_INIT("user"),
     DOC_USER,
     {STR_INIT(SUBJECT_USER), STR_INIT(SUBJECT_GROUP), STR_INIT(SUBJECT_ROLE), STR_INIT(SUBJECT_ATTACHED_GROUP),
      STR_INIT(SUBJECT_INHERITED_DEPARTMENT)}},
    {STR_INIT("service"), DOC_SERVICE_ACCOUNT, {STR_INIT(SUBJECT_SERVICE), STR_INIT(SUBJECT_ROLE)}},
    {STR_INIT("group"),
     DOC_GROUP,
     {STR_INIT(SUBJECT_GROUP), STR_INIT(SUBJECT_ROLE), STR_INIT(SUBJECT_ATTACHED_GROUP),
      STR_INIT(SUBJECT_INHERITED_DEPARTMENT)}},
    {STR_INIT("role"), DOC_ROLE, {STR_INIT(SUBJECT_ROLE)}},
};

/* The subjects that are named, and then who brings them. */
struct hunt {
	struct engine_names names; /* takes subjects in */
	const struct snapshot *snapshot;
	struct arena *arena;
	size_t type; /* in the table */
	struct candidates subjects;
	struct candidates found;
};

static bool is_wild_for(const struct hunt *h, struct str subject)
{
	if (!str_eq(subject, STR("*")) && !str_ends_with(subject, STR(":*")))
		return false;
	for (size_t i = 0; i < N_ELEMENTS(types[0].brings) && !str_is_absent(types[h->type].brings[i]); i++)
		if (wild_pattern_meets(subject, types[h->type].brings[i]))
			return true;
	return false;
}

static bool take_subject(struct engine_names *self, struct str subject)
{
	struct hunt *h = CONTAINER_OF(self, struct hunt, names);

	if (is_wild_for(h, subject))
		h->subjects.is_all = true;
	return !h->subjects.is_all && candidates_add(&h->subjects, subject);
}

/* ---- grants -------------------------------------------------------------------------------------------- */

static bool take_grantee(struct hunt *h, const struct access_grant *grant)
{
	const struct str id = grant->grantee_id;
	struct arena *a = h->arena;

	switch (grant->grantee_type) {
	case GRANTEE_USER:
		return take_subject(&h->names, arena_concat(a, STR(SUBJECT_USER), id));
	case GRANTEE_DEPARTMENT:
		return take_subject(&h->names, arena_concat(a, STR(SUBJECT_GROUP), id)) &&
		       take_subject(&h->names, arena_concat(a, STR(SUBJECT_INHERITED_DEPARTMENT), id));
	case GRANTEE_ROLE:
		return take_subject(&h->names, arena_concat(a, STR(SUBJECT_ROLE), id));
	case GRANTEE_NONE:
	case GRANTEE_N_TYPES:
		break;
	}
	return true;
}

/* The grants on the entity, of which one more is looked at than there is room for. */
static bool take_grants_on(struct hunt *h, const struct grant_source *src, struct str entity)
{
	const struct grants_filter filter = {.entity_types = 1u << (unsigned)src->type, .entity_id = entity};
	const struct access_grant *grants;
	const size_t room = h->subjects.max - h->subjects.list.n + 1;
	const size_t n = grants_list(src->grants, &filter, 0, room, h->arena, &grants, NULL);

	for (size_t i = 0; i < n; i++)
		if (grants[i].level >= src->level && !take_grantee(h, &grants[i]))
			return false;
	if (n == room)
		h->subjects.is_all = true;
	return n < room;
}

static void take_grants(struct hunt *h, struct query *query)
{
	struct grant_source src;

	grant_source_use(&src, h->snapshot, query, h->arena);
	if (!query->source)
		return;
	if (src.entities.n > h->subjects.max)
		h->subjects.is_all = true;
	for (size_t i = 0; i < src.entities.n && !h->subjects.is_all; i++)
		if (!take_grants_on(h, &src, src.entities.items[i]))
			return;
}

/* ---- who brings a subject ------------------------------------------------------------------------------ */

static bool found(struct hunt *h, const struct document *doc)
{
	return !doc || candidates_add(&h->found, doc->id);
}

static bool find_id(struct hunt *h, enum document_kind kind, struct str id)
{
	return types[h->type].kind != kind || found(h, snapshot_find(h->snapshot, kind, id));
}

/* The documents with the link; false when they are too many. */
static bool linked(struct hunt *h, enum document_kind kind, struct str link, const struct document *const **ret,
                   size_t *ret_n)
{
	const size_t room = h->found.max - h->found.list.n;

	if (snapshot_count_linked(h->snapshot, kind, link) > room) {
		h->found.is_all = true;
		return false;
	}
	*ret_n = snapshot_linked(h->snapshot, kind, link, h->arena, ret);
	return true;
}

/* Members may be named by id, by alias, or by e-mail address. */
static bool find_member(struct hunt *h, struct str name)
{
	return found(h, snapshot_find(h->snapshot, DOC_USER, name)) &&
	       found(h, snapshot_find_unique(h->snapshot, DOC_USER, name));
}

/* The group itself, or its members. */
static bool find_group(struct hunt *h, struct str group)
{
	const struct document *const *docs;
	size_t n;

	if (types[h->type].kind != DOC_USER)
		return find_id(h, DOC_GROUP, group);
	if (!linked(h, DOC_GROUP_MEMBER, arena_concat(h->arena, STR("group:"), group), &docs, &n))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!find_member(h, as_group_member(docs[i])->member))
			return false;
	return true;
}

static bool find_below(struct hunt *h, struct str department)
{
	const struct str_list below = departments_below(h->snapshot, department, h->arena);

	for (size_t i = 0; i < below.n; i++)
		if (!find_group(h, below.items[i]))
			return false;
	return true;
}

static bool find_holder(struct hunt *h, const struct role_member *m)
{
	if (str_eq(m->principal_type, STR("user")))
		return find_id(h, DOC_USER, m->principal_id);
	if (str_eq(m->principal_type, STR("service")))
		return find_id(h, DOC_SERVICE_ACCOUNT, m->principal_id);
	return !str_eq(m->principal_type, STR("group")) || find_group(h, m->principal_id);
}

/* The role itself, or its holders, wherever they hold it. */
static bool find_role(struct hunt *h, struct str role)
{
	const struct document *const *docs;
	size_t n;

	if (types[h->type].kind == DOC_ROLE)
		return find_id(h, DOC_ROLE, role);
	if (!linked(h, DOC_ROLE_MEMBER, arena_concat(h->arena, STR("role:"), role), &docs, &n))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!find_holder(h, as_role_member(docs[i])))
			return false;
	return true;
}

static bool cut(struct str subject, struct str prefix, struct str *ret_rest)
{
	if (!str_starts_with(subject, prefix))
		return false;
	*ret_rest = str_slice(subject, prefix.len, subject.len);
	return true;
}

/* Others, such as those of a directory elsewhere, are nobody's that is registered. */
static bool find_bringers(struct hunt *h, struct str subject)
{
	struct str id;

	if (cut(subject, STR(SUBJECT_USER), &id))
		return find_id(h, DOC_USER, id);
	if (cut(subject, STR(SUBJECT_SERVICE), &id))
		return find_id(h, DOC_SERVICE_ACCOUNT, id);
	if (cut(subject, STR(SUBJECT_GROUP), &id) || cut(subject, STR(SUBJECT_ATTACHED_GROUP), &id))
		return find_group(h, id);
	if (cut(subject, STR(SUBJECT_INHERITED_DEPARTMENT), &id))
		return find_below(h, id);
	return !cut(subject, STR(SUBJECT_ROLE), &id) || find_role(h, id);
}

/* ---- the search ---------------------------------------------------------------------------------------- */

static void find_all(struct hunt *h, const struct search *q, struct query *query)
{
	/* What else the asker vouches for, she vouches for of everybody. */
	if (q->ask->raw_subjects.n || !engine_each_subject(&h->snapshot->engine, query, h->arena, &h->names))
		h->subjects.is_all = true;
	if (!h->subjects.is_all)
		take_grants(h, query);
	candidates_sort(&h->subjects);
	for (size_t i = 0; i < h->subjects.list.n && !h->subjects.is_all && !h->found.is_all; i++)
		if (!find_bringers(h, h->subjects.list.items[i]))
			h->found.is_all = true;
	h->found.is_all |= h->subjects.is_all;
	candidates_sort(&h->found);
}

static void put_subject(struct ask *ask, const struct search *q UNUSED, struct str candidate)
{
	ask->subject_id = candidate;
}

void search_subjects(const struct snapshot *s, const struct search *q, struct arena *a, struct search_page *ret)
{
	struct query query = {.action = q->ask->action, .now_ms = q->ask->now_ms};
	struct hunt h = {.snapshot = s, .arena = a, .names = {take_subject, 0}};
	struct streams streams = {.n = 1};

	*ret = (struct search_page){.at = q->behind};
	while (h.type < N_ELEMENTS(types) && !str_eq(types[h.type].type, q->ask->subject_type))
		h.type++;
	if (h.type == N_ELEMENTS(types) || !ask_name_resource(s, &q->ask->resource, a, &query) ||
	    !search_knows(s, &q->ask->resource, query.resource, a))
		return;
	h.subjects = h.found =
	    (struct candidates){.list = {.arena = a}, .max = candidates_worth(q, s->by_id[types[h.type].kind].n)};
	h.names.max_steps = 2 * h.found.max;
	find_all(&h, q, &query);
	streams.items[0] = h.found.is_all ? stream_of_documents(s, types[h.type].kind, STR_NONE, STR_NONE, q->behind, a)
	                                  : stream_of_list(strs_list(&h.found.list), q->behind);
	search_fill(s, q, &streams, put_subject, a, ret);
}
