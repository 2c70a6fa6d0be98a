/* SPDX-License-Identifier: Apache-2.0 */
#include "service/grants.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "model/aitronos.h"
#include "service/aitronos_id.h"

#define ID_PREFIX   "agrant_"
#define END_AT_ONCE 4096u /* grants that are held in memory while all of a grantee's are ended */
static_assert(sizeof(ID_PREFIX) - 1 + AITRONOS_ID_CHARS <= GRANT_MAX_ID_BYTES, "the table keeps ids of this length");

/* ---- who may -------------------------------------------------------------------------------------------- */

/* In the organization as a whole: a grant counts in all of it. */
static bool allows(const struct grants_asker *who, struct str action, struct str resource)
{
	const struct str everywhere = STR(TENANT_UNASSIGNED);
	const struct str_list only = {&everywhere, 1};
	const struct permission wanted = {.action = action, .resource = resource, .requested = &only};

	return verdict_allows(service_authorize(who->snapshot, who->caller, &wanted, who->now_ms, who->arena).verdict);
}

static struct str entity_resource(const struct grants_asker *who, enum entity_type type, struct str id)
{
	return arena_concat3(who->arena, entity_type_name(type), STR(":"), id);
}

/* The rights that are not about the entity itself. `resource`: it, or all of its type. */
static bool may_manage_as_administrator(const struct grants_asker *who, enum entity_type type, struct str resource)
{
	return allows(who, STR(ACTION_MANAGE_GRANTS), resource) ||
	       ((type == ENTITY_KNOWLEDGE_SLICE || type == ENTITY_VECTOR_STORE) &&
	        allows(who, STR(CAPABILITY_MANAGE_KNOWLEDGE_SLICES), STR(CAPABILITY_RESOURCE)));
}

bool grants_may_manage(const struct grants_asker *who, enum entity_type type, struct str id)
{
	struct str resource = entity_resource(who, type, id);

	return may_manage_as_administrator(who, type, resource) ||
	       allows(who, access_level_name(ACCESS_ADMIN), resource);
}

unsigned grants_visible_types(const struct grants_asker *who, unsigned wanted, struct str entity_id)
{
	unsigned visible = 0;

	for (unsigned type = 1; type < ENTITY_N_TYPES; type++) {
		enum entity_type t = (enum entity_type)type;

		if (wanted && !(wanted >> type & 1))
			continue;
		if (may_manage_as_administrator(who, t, entity_resource(who, t, STR("*"))) ||
		    (!str_is_empty(entity_id) && grants_may_manage(who, t, entity_id)))
			visible |= 1u << type;
	}
	return visible;
}

/* ---- checks --------------------------------------------------------------------------------------------- */

bool grants_is_entity_id(struct str id)
{
	if (id.len == 0 || id.len > GRANT_MAX_ENTITY_BYTES || !utf8_is_valid(id))
		return false;
	for (size_t at = 0; at < id.len;) {
		uint32_t c = utf8_next(id, &at);

		/* C0, DEL and C1. */
		if (c < 0x20 || (c >= 0x7f && c < 0xa0))
			return false;
	}
	return true;
}

static enum document_kind kind_of(enum grantee_type type)
{
	switch (type) {
	case GRANTEE_USER:
		return DOC_USER;
	case GRANTEE_DEPARTMENT:
		return DOC_GROUP;
	case GRANTEE_ROLE:
		return DOC_ROLE;
	case GRANTEE_NONE:
	case GRANTEE_N_TYPES:
		break;
	}
	return DOC_NONE;
}

/* The canonical id of the grantee; absent when there is none. */
static struct str find_grantee(const struct snapshot *s, const struct grant_share *share)
{
	const struct document *doc = snapshot_find_any(s, kind_of(share->type), share->id);

	if (!doc || (share->type == GRANTEE_DEPARTMENT && !str_eq(as_group(doc)->type, STR(GROUP_DEPARTMENT))))
		return STR_NONE;
	return doc->id;
}

struct str grants_grantee_id(const struct snapshot *s, enum grantee_type type, struct str name)
{
	struct str id = find_grantee(s, &(const struct grant_share){.type = type, .id = name});

	return str_is_absent(id) ? name : id;
}

static enum service_result check_share(const struct txn *t, struct grant_offer *offer, size_t i,
                                       struct access_grant *ret, struct error *err)
{
	const struct grant_share *share = &offer->shares[i];
	struct str grantee = find_grantee(t->snapshot, share);
	struct access_grant present;

	offer->failed = i;
	if (str_is_absent(grantee))
		return (enum service_result)error_set(err, SERVICE_NOT_FOUND, "Grantee not found");
	if (grants_find_pair(&t->snapshot->grants, offer->entity_type, offer->entity_id, share->type, grantee,
	                     &present))
		return (enum service_result)error_set(
		    err, SERVICE_CONFLICT,
		    "The " STR_FMT " \"" STR_FMT "\" already has the access grant \"" STR_FMT "\" on this entity",
		    STR_ARG(grantee_type_name(share->type)), STR_ARG(grantee), STR_ARG(present.doc.id));
	*ret = (struct access_grant){
	    .doc = {.kind = DOC_ACCESS_GRANT, .created_at_ms = t->now_ms, .updated_at_ms = t->now_ms},
	    .entity_type = offer->entity_type,
	    .entity_id = offer->entity_id,
	    .grantee_type = share->type,
	    .grantee_id = grantee,
	    .level = share->level,
	    .granted_by = offer->granted_by,
	};
	return SERVICE_OK;
}

/* By grantee, and the first of equal ones first: their places in the array, which is one. */
static int by_grantee(const void *a, const void *b)
{
	const struct access_grant *x = *(const struct access_grant *const *)a;
	const struct access_grant *y = *(const struct access_grant *const *)b;
	int order = str_cmp(x->grantee_id, y->grantee_id);

	if (order == 0)
		order = (x->grantee_type > y->grantee_type) - (x->grantee_type < y->grantee_type);
	return order ? order : (x > y) - (x < y);
}

/* Does a grantee stand in the offer twice? The later one fails. */
static enum service_result check_distinct(const struct txn *t, struct grant_offer *offer,
                                          const struct access_grant *made, struct error *err)
{
	const struct access_grant **sorted = ARENA_ARRAY(t->arena, const struct access_grant *, offer->n_shares);

	for (size_t i = 0; i < offer->n_shares; i++)
		sorted[i] = &made[i];
	qsort(sorted, offer->n_shares, sizeof(*sorted), by_grantee);
	for (size_t i = 1; i < offer->n_shares; i++) {
		const struct access_grant *x = sorted[i - 1], *y = sorted[i];

		if (x->grantee_type != y->grantee_type || !str_eq(x->grantee_id, y->grantee_id))
			continue;
		offer->failed = (size_t)(y - made);
		return (enum service_result)error_set(
		    err, SERVICE_CONFLICT, "The " STR_FMT " \"" STR_FMT "\" is named twice",
		    STR_ARG(grantee_type_name(y->grantee_type)), STR_ARG(y->grantee_id));
	}
	return SERVICE_OK;
}

/* ---- changes --------------------------------------------------------------------------------------------- */

static struct str new_id(const struct txn *t)
{
	struct access_grant present;
	struct str id;

	do {
		id = aitronos_new_id(t->arena, STR(ID_PREFIX));
	} while (grants_find(&t->snapshot->grants, id, &present));
	return id;
}

enum service_result grants_create(struct txn *t, struct grant_offer *offer, struct access_grant *ret, struct error *err)
{
	enum service_result r = SERVICE_OK;

	assert(offer->n_shares > 0 && grants_is_entity_id(offer->entity_id));
	for (size_t i = 0; i < offer->n_shares && r == SERVICE_OK; i++)
		r = check_share(t, offer, i, &ret[i], err);
	if (r == SERVICE_OK)
		r = check_distinct(t, offer, ret, err);
	for (size_t i = 0; i < offer->n_shares && r == SERVICE_OK; i++) {
		ret[i].doc.id = new_id(t);
		txn_put(t, &ret[i].doc);
	}
	return r;
}

void grants_set_level(struct txn *t, struct access_grant *grant, enum access_level level)
{
	grant->level = level;
	grant->doc.updated_at_ms = t->now_ms;
	txn_put(t, &grant->doc);
}

void grants_revoke(struct txn *t, const struct access_grant *grant)
{
	txn_delete(t, DOC_ACCESS_GRANT, grant->doc.id);
}

/* ---- of a grantee that goes -------------------------------------------------------------------------------- */

static bool filter_of(enum document_kind kind, struct str id, struct grants_filter *ret)
{
	enum grantee_type type = kind == DOC_USER    ? GRANTEE_USER
	                         : kind == DOC_GROUP ? GRANTEE_DEPARTMENT
	                         : kind == DOC_ROLE  ? GRANTEE_ROLE
	                                             : GRANTEE_NONE;

	*ret = (struct grants_filter){.grantee_types = 1u << type, .grantee_id = id};
	return type != GRANTEE_NONE;
}

uint64_t grants_held_by(const struct snapshot *s, enum document_kind kind, struct str id)
{
	struct arena scratch = ARENA_INIT;
	const struct access_grant *none;
	struct grants_filter filter;
	uint64_t total = 0;

	if (filter_of(kind, id, &filter))
		(void)grants_list(&s->grants, &filter, 0, 0, &scratch, &none, &total);
	arena_release(&scratch);
	return total;
}

void grants_end_all(struct txn *t, enum document_kind kind, struct str id)
{
	struct arena scratch = ARENA_INIT;
	const struct access_grant *some;
	struct grants_filter filter;
	uint64_t skip = 0;
	size_t n;

	if (!filter_of(kind, id, &filter))
		return;
	/* What is put meanwhile does not show in t->snapshot: the list stands still. */
	while ((n = grants_list(&t->snapshot->grants, &filter, skip, END_AT_ONCE, &scratch, &some, NULL)) > 0) {
		for (size_t i = 0; i < n; i++)
			txn_delete(t, DOC_ACCESS_GRANT, some[i].doc.id);
		skip += n;
		arena_reset(&scratch);
	}
	arena_release(&scratch);
}
