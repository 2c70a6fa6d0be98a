/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements as access grants: one for each grantee and entity. A grant counts in every tenant, brings the lower levels
 * with its own, reaches what a composite slice is made of and, where departments inherit, those below: what would reach
 * further than the statement is lost.
 */
#include "base/strs.h"
#include "model/aitronos.h"
#include "model/validate.h"
#include "policy/convert_impl.h"
#include "policy/departments.h"

/* ---- one for a grantee and entity ---------------------------------------------------------------------------- */

void convert_add_grant(struct convert *c, const struct access_grant *grant)
{
	struct access_grant *copy;

	if (c->n_grants == CONVERT_MAX_DOCUMENTS) {
		c->out->is_too_large = true;
		return;
	}
	copy = ARENA_NEW(c->arena, struct access_grant);
	*copy = *grant;
	copy->doc.ordinal = c->n_grants;
	ARENA_ROOM(c->arena, c->grants, c->n_grants, &c->cap_grants);
	c->grants[c->n_grants++] = copy;
}

static int compare_pairs(const struct access_grant *x, const struct access_grant *y)
{
	int order;

	if (x->entity_type != y->entity_type)
		return x->entity_type < y->entity_type ? -1 : 1;
	if (x->grantee_type != y->grantee_type)
		return x->grantee_type < y->grantee_type ? -1 : 1;
	order = str_cmp(x->entity_id, y->entity_id);
	return order ? order : str_cmp(x->grantee_id, y->grantee_id);
}

/* Those of one pair beside each other, in the order in which they came. */
static int by_pair(const void *a, const void *b)
{
	const struct access_grant *x = *(struct access_grant *const *)a, *y = *(struct access_grant *const *)b;
	int order = compare_pairs(x, y);

	return order ? order : (x->doc.ordinal > y->doc.ordinal) - (x->doc.ordinal < y->doc.ordinal);
}

void convert_finish_grants(struct convert *c)
{
	struct access_grant **sorted = ARENA_ARRAY(c->arena, struct access_grant *, c->n_grants);
	size_t first = 0;

	for (size_t i = 0; i < c->n_grants; i++)
		sorted[i] = c->grants[i];
	if (c->n_grants > 1)
		qsort((void *)sorted, c->n_grants, sizeof(*sorted), by_pair);
	for (size_t i = 1; i < c->n_grants; i++) {
		if (compare_pairs(sorted[first], sorted[i]) != 0) {
			first = i;
			continue;
		}
		if (sorted[i]->level > sorted[first]->level)
			sorted[first]->level = sorted[i]->level;
		sorted[i]->level = ACCESS_NONE;
	}
	for (size_t i = 0; i < c->n_grants; i++)
		if (c->grants[i]->level != ACCESS_NONE)
			convert_add_document(c, &c->grants[i]->doc);
}

/* ---- what can be said ---------------------------------------------------------------------------------------- */

/* The highest level all of whose actions are allowed; what else is allowed is lost. */
static enum access_level say_actions(struct convert *c, const struct middle *m)
{
	const struct str_list actions = m->s.actions;
	bool is_any = str_list_has(actions, STR("*"));
	unsigned level = ACCESS_NONE;

	while (level < ACCESS_ADMIN &&
	       (is_any || str_list_has(actions, access_level_name((enum access_level)(level + 1)))))
		level++;
	for (size_t i = 0; i < actions.n; i++) {
		enum access_level needed = access_level_of(actions.items[i]);

		if (needed == ACCESS_NONE)
			convert_lose(c, m, "actions", convert_quoted(c, actions.items[i], "is no level of access"));
		else if (needed > level)
			convert_lose(c, m, "actions",
			             convert_quoted(c, actions.items[i], "brings the levels below it as well"));
	}
	return (enum access_level)level;
}

/* Why the subject is no grantee; NULL: it is the one of `ret`. */
static const char *read_grantee(struct convert *c, struct str subject, struct access_grant *ret)
{
	static const enum document_kind kinds[GRANTEE_N_TYPES] = {
	    [GRANTEE_USER] = DOC_USER, [GRANTEE_DEPARTMENT] = DOC_GROUP, [GRANTEE_ROLE] = DOC_ROLE};
	const struct document *doc;

	ret->grantee_type = grantee_of_subject(subject, &ret->grantee_id);
	if (ret->grantee_type == GRANTEE_NONE)
		return "is no user, department or role";
	doc = snapshot_find(c->snapshot, kinds[ret->grantee_type], ret->grantee_id);
	if (!doc)
		return "is not in the directory";
	if (ret->grantee_type == GRANTEE_ROLE && convert_is_held_in_tenant(c, doc->id))
		return "is held in tenants, too, and grants to it do not count for those";
	if (ret->grantee_type != GRANTEE_DEPARTMENT)
		return NULL;
	if (!str_eq(as_group(doc)->type, STR(GROUP_DEPARTMENT)))
		return "is no department";
	return departments_below(c->snapshot, doc->id, c->arena).n ? "is inherited by the departments below it" : NULL;
}

static bool is_composite(struct convert *c, struct str slice)
{
	const struct resource *r =
	    FIND(c->snapshot, resource, RESOURCE,
	         arena_concat3(c->arena, entity_type_name(ENTITY_KNOWLEDGE_SLICE), STR("/"), slice));

	return r && r->members.n;
}

/* The same for entities. */
static const char *read_entity(struct convert *c, struct str resource, struct access_grant *ret)
{
	ret->entity_type = entity_of_resource(resource, &ret->entity_id);
	if (ret->entity_type == ENTITY_NONE || convert_is_pattern(ret->entity_id) ||
	    ret->entity_id.len > GRANT_MAX_ENTITY_BYTES || !valid_resource_id(ret->entity_id))
		return "is no single entity";
	if (ret->entity_type == ENTITY_KNOWLEDGE_SLICE && is_composite(c, ret->entity_id))
		return "is a composite, and a grant reaches what it is made of";
	return NULL;
}

typedef const char *read_fn(struct convert *c, struct str item, struct access_grant *ret);

/* Those of the list that can be said, each as the half of a grant; the others are lost. */
static size_t read_halves(struct convert *c, const struct middle *m, bool is_subject, const struct access_grant **ret)
{
	const struct str_list list = is_subject ? m->subjects : m->s.resources;
	struct access_grant *halves = ARENA_ARRAY(c->arena, struct access_grant, list.n);
	read_fn *read = is_subject ? read_grantee : read_entity;
	size_t n = 0;

	for (size_t i = 0; i < list.n; i++) {
		const char *why = read(c, list.items[i], &halves[n]);

		if (why)
			convert_lose(c, m, is_subject ? "subjects" : "resources",
			             convert_quoted(c, list.items[i], why));
		else
			n++;
	}
	*ret = halves;
	return n;
}

void convert_to_aitronos(struct convert *c, const struct middle *m)
{
	const struct access_grant *grantees, *entities;
	size_t n_grantees, n_entities;
	enum access_level level;

	if (!convert_is_plain_allow(c, m))
		return;
	if (!m->s.all_tenants) {
		convert_lose(c, m, "tenants", STR("grants count in every tenant"));
		return;
	}
	level = say_actions(c, m);
	n_grantees = read_halves(c, m, true, &grantees);
	n_entities = read_halves(c, m, false, &entities);
	if (level == ACCESS_NONE)
		return;
	for (size_t i = 0; i < n_grantees; i++)
		for (size_t k = 0; k < n_entities && !c->out->is_too_large; k++)
			convert_add_grant(c, &(const struct access_grant){
			                         .doc = {.kind = DOC_ACCESS_GRANT, .id = m->id, .seq = m->seq},
			                         .entity_type = entities[k].entity_type,
			                         .entity_id = entities[k].entity_id,
			                         .grantee_type = grantees[i].grantee_type,
			                         .grantee_id = grantees[i].grantee_id,
			                         .level = level,
			                     });
}
