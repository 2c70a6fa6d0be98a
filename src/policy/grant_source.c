/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/grant_source.h"

/* A subject that a grant can be for. */
struct grantee {
	enum grantee_type type;
	struct str id;
	uint64_t hash;
};

struct grantees {
	struct grantee *items;
	size_t n;
};

static struct grantees grantees_of(const struct grants *g, const struct query *q, struct arena *a)
{
	struct grantees l = {ARENA_ARRAY(a, struct grantee, q->n_subjects), 0};

	for (size_t i = 0; i < q->n_subjects; i++) {
		const struct subject *subject = &q->subjects[i];
		struct grantee *to = &l.items[l.n];

		if (!str_is_absent(subject->tenant))
			continue;
		to->type = grantee_of_subject(subject->text, &to->id);
		if (to->type == GRANTEE_NONE)
			continue;
		to->hash = grants_grantee_hash(g, to->type, to->id);
		l.n++;
	}
	return l;
}

static void show(struct observer *observer, const struct grant_source *src, const struct access_grant *grant)
{
	const struct observed what = {
	    .kind = DOC_ACCESS_GRANT,
	    .document = grant->doc.id,
	    .effect = EFFECT_ALLOW,
	    .action_matches = grant->level >= src->level,
	    .resource_matches = true,
	    .tenant_matches = true,
	    .is_valid_now = true,
	    .condition = TRUTH_TRUE,
	};

	observer->statement(observer, &what);
}

enum { N_AHEAD = 16 }; /* look-ups that are on their way at the same time */

/* The first grant on the entity for one of the grantees that goes far enough. */
static bool find_on(const struct grant_source *src, struct str entity, const struct grantees *l,
                    struct observer *observer, struct verdict *ret)
{
	struct grants_pair pair = {.entity_type = src->type, .entity_id = entity};
	struct access_grant grant;
	bool is_found = false;

	pair.entity_hash = grants_entity_hash(src->grants, src->type, entity);
	for (size_t i = 0; i < l->n && (!is_found || observer); i++) {
		if (i % N_AHEAD == 0)
			for (size_t k = i; k < l->n && k < i + N_AHEAD; k++)
				grants_prefetch(src->grants, pair.entity_hash, l->items[k].hash);
		pair.grantee_type = l->items[i].type;
		pair.grantee_id = l->items[i].id;
		pair.grantee_hash = l->items[i].hash;
		if (!grants_find_hashed(src->grants, &pair, &grant))
			continue;
		if (observer)
			show(observer, src, &grant);
		if (grant.level < src->level || is_found)
			continue;
		*ret = (struct verdict){.effect = EFFECT_ALLOW, .kind = DOC_ACCESS_GRANT, .document = grant.doc.id};
		is_found = true;
	}
	return is_found;
}

static bool find(const struct allow_source *self, const struct query *q, struct arena *a, struct observer *observer,
                 struct verdict *ret)
{
	const struct grant_source *src =
	    CONTAINER_OF((struct allow_source *)(uintptr_t)self, struct grant_source, source);
	struct grantees l = grantees_of(src->grants, q, a);
	struct verdict later;
	bool is_found = false;

	for (size_t i = 0; i < src->entities.n && (!is_found || observer); i++)
		is_found |= find_on(src, src->entities.items[i], &l, observer, is_found ? &later : ret);
	return is_found;
}

size_t grant_composites(const struct snapshot *s, enum entity_type type, struct str id, struct arena *a,
                        const struct document *const **ret)
{
	*ret = NULL;
	if (type != ENTITY_KNOWLEDGE_SLICE || s->n_docs[DOC_RESOURCE] == 0)
		return 0;
	return snapshot_linked(s, DOC_RESOURCE, resource_member_link(a, entity_type_name(type), id), a, ret);
}

void grant_source_use(struct grant_source *src, const struct snapshot *s, struct query *q, struct arena *a)
{
	const struct document *const *composites;
	enum access_level level;
	enum entity_type type;
	struct str *entities;
	struct str id;
	size_t n;

	if (s->grants.n == 0 || (level = grants_level_of(q->action)) == ACCESS_NONE ||
	    (type = entity_of_resource(q->resource, &id)) == ENTITY_NONE)
		return;
	n = grant_composites(s, type, id, a, &composites);
	entities = ARENA_ARRAY(a, struct str, n + 1);
	entities[0] = id;
	for (size_t i = 0; i < n; i++)
		entities[i + 1] = as_resource(composites[i])->resource_id;
	*src = (struct grant_source){{find}, &s->grants, type, level, {entities, n + 1}};
	q->source = &src->source;
}
