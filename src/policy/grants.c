/* SPDX-License-Identifier: Apache-2.0
 *
 * The table itself: one grant found, put, removed.
 */
#include "policy/grants-impl.h"

/* ---- names ------------------------------------------------------------------------------------------- */

static uint32_t find_hashed_name(const struct grants *g, uint64_t hash, char tag, struct str text)
{
	struct pset_iter it;
	uint64_t key;

	pset_iter_init(&it, &g->by_name, KEY(high_half(hash), 0));
	while (pset_iter_next(&it, &key) && high_half(key) == high_half(hash))
		if (name_is(pvec_get(&g->names, (uint32_t)key), tag, text))
			return (uint32_t)key;
	return NO_NAME;
}

uint32_t name_find(const struct grants *g, char tag, struct str text)
{
	return find_hashed_name(g, name_hash(g->seed, tag, text), tag, text);
}

struct grants_name *name_new(struct edit *e, char tag, struct str text)
{
	struct grants_name *name = edit_alloc(e, sizeof(*name) + text.len);

	name->len = (uint32_t)text.len;
	name->tag = tag;
	if (text.len)
		memcpy(name->text, text.ptr, text.len);
	return name;
}

static uint32_t need_name(struct grants *g, struct edit *e, char tag, struct str text)
{
	uint64_t hash = name_hash(g->seed, tag, text);
	uint32_t number = find_hashed_name(g, hash, tag, text);

	if (number != NO_NAME)
		return number;
	number = (uint32_t)g->next_name++;
	(void)pvec_set(&g->names, e, number, name_new(e, tag, text));
	(void)pset_add(&g->by_name, e, KEY(high_half(hash), number));
	return number;
}

static void drop_name(struct grants *g, struct edit *e, uint32_t number)
{
	struct grants_name *name = pvec_set(&g->names, e, number, NULL);
	uint64_t hash = name_hash(g->seed, name->tag, (struct str){name->text, name->len});

	(void)pset_remove(&g->by_name, e, KEY(high_half(hash), number));
	edit_retire(e, name);
}

static bool is_in_any(const struct pset *sets, size_t n, uint32_t number)
{
	struct pset_iter it;
	uint64_t key;

	for (size_t i = 0; i < n; i++) {
		pset_iter_init(&it, &sets[i], KEY(number, 0));
		if (pset_iter_next(&it, &key) && high_half(key) == number)
			return true;
	}
	return false;
}

/* Names that no grant has any more go; those of grantors stay, of whom there are few. */
static void drop_unused_names(struct grants *g, struct edit *e, uint32_t entity, uint32_t grantee)
{
	if (!is_in_any(g->by_entity, N_ELEMENTS(g->by_entity), entity))
		drop_name(g, e, entity);
	if (!is_in_any(g->by_grantee, N_ELEMENTS(g->by_grantee), grantee))
		drop_name(g, e, grantee);
}

/* ---- records ----------------------------------------------------------------------------------------- */

struct access_grant record_read(const struct grants *g, const struct grant_record *r)
{
	return (struct access_grant){
	    .doc = {.kind = DOC_ACCESS_GRANT,
	            .id = record_id(r),
	            .seq = r->seq,
	            .rev = r->rev,
	            .created_at_ms = r->created_at_ms,
	            .updated_at_ms = r->updated_at_ms},
	    .entity_type = (enum entity_type)r->entity_type,
	    .entity_id = name_text(g, r->entity),
	    .grantee_type = (enum grantee_type)r->grantee_type,
	    .grantee_id = name_text(g, r->grantee),
	    .level = (enum access_level)r->level,
	    .granted_by = name_text(g, r->grantor),
	};
}

struct grant_record record_of(const struct access_grant *grant, const uint32_t names[static 3])
{
	struct grant_record r = {
	    .seq = grant->doc.seq,
	    .rev = grant->doc.rev,
	    .created_at_ms = grant->doc.created_at_ms,
	    .updated_at_ms = grant->doc.updated_at_ms,
	    .entity = names[0],
	    .grantee = names[1],
	    .grantor = names[2],
	    .entity_type = (uint8_t)(grant->entity_type & 3),
	    .grantee_type = (uint8_t)(grant->grantee_type & 3),
	    .level = (uint8_t)(grant->level & 3),
	    .id_len = (uint8_t)grant->doc.id.len,
	};

	assert(grant->doc.id.len > 0 && grant->doc.id.len <= GRANT_MAX_ID_BYTES);
	memcpy(r.id, grant->doc.id.ptr, grant->doc.id.len);
	return r;
}

struct grants_page *page_open(struct grants *g, struct edit *e, uint32_t ordinal)
{
	struct grants_page *old = pvec_get(&g->pages, ordinal / GRANTS_PER_PAGE), *page;

	if (old && old->owner == e->owner)
		return old;
	page = edit_alloc(e, sizeof(*page));
	if (old)
		memcpy(page, old, sizeof(*page));
	else
		memset(page, 0, sizeof(*page));
	page->owner = e->owner;
	(void)pvec_set(&g->pages, e, ordinal / GRANTS_PER_PAGE, page);
	edit_retire(e, old);
	return page;
}

/* The ordinal of the grant of this id; false when there is none. */
static bool find_id(const struct grants *g, struct str id, uint32_t *ret_ordinal)
{
	uint32_t hash = id_hash(g->seed, id);
	struct pset_iter it;
	uint64_t key;

	pset_iter_init(&it, &g->by_id, KEY(hash, 0));
	while (pset_iter_next(&it, &key) && high_half(key) == hash) {
		if (str_eq(record_id(record_at(g, (uint32_t)key)), id)) {
			*ret_ordinal = (uint32_t)key;
			return true;
		}
	}
	return false;
}

static uint32_t pair_hash_of(const struct grants *g, const struct grant_record *r)
{
	char entity = tag_of_entity((enum entity_type)r->entity_type);
	char grantee = tag_of_grantee((enum grantee_type)r->grantee_type);

	return pair_hash(name_hash(g->seed, entity, name_text(g, r->entity)),
	                 name_hash(g->seed, grantee, name_text(g, r->grantee)));
}

typedef bool change_set(struct pset *s, struct edit *e, uint64_t key);

/* The grant at the ordinal comes into the sets, or goes out of them. */
static void change_sets(struct grants *g, struct edit *e, const struct grant_record *r, uint32_t ordinal,
                        change_set *change)
{
	bool is_changed = change(&g->by_id, e, KEY(id_hash(g->seed, record_id(r)), ordinal));

	is_changed &= change(&g->by_pair, e, KEY(pair_hash_of(g, r), ordinal));
	is_changed &= change(set_by_entity(g, r), e, KEY(r->entity, ordinal));
	is_changed &= change(set_by_grantee(g, r), e, KEY(r->grantee, ordinal));
	is_changed &= change(set_by_types(g, r), e, ordinal);
	assert(is_changed);
}

/* ---- changes ----------------------------------------------------------------------------------------- */

static void need_names(struct grants *g, struct edit *e, const struct access_grant *grant, uint32_t ret[static 3])
{
	ret[0] = need_name(g, e, tag_of_entity(grant->entity_type), grant->entity_id);
	ret[1] = need_name(g, e, tag_of_grantee(grant->grantee_type), grant->grantee_id);
	ret[2] = need_name(g, e, TAG_GRANTOR, grant->granted_by);
}

/* At a place that is free. */
static void put_at(struct grants *g, struct edit *e, const struct access_grant *grant, uint32_t ordinal)
{
	uint32_t names[3];
	struct grants_page *page;
	struct grant_record *r;

	need_names(g, e, grant, names);
	page = page_open(g, e, ordinal);
	r = &page->records[ordinal % GRANTS_PER_PAGE];
	*r = record_of(grant, names);
	page->n++;
	change_sets(g, e, r, ordinal, pset_add);
	g->n++;
}

static void put_new(struct grants *g, struct edit *e, const struct access_grant *grant)
{
	if (g->next_ordinal >= NUMBERS_LIMIT || g->next_name + 3 >= NUMBERS_LIMIT)
		grants_renumber(g, e);
	put_at(g, e, grant, (uint32_t)g->next_ordinal++);
}

/* The first grant at or behind `*ordinal`, which becomes its own; NULL: there is none. */
static const struct grant_record *next_record(const struct grants *g, uint64_t *ordinal)
{
	uint64_t at = *ordinal / GRANTS_PER_PAGE, first = *ordinal % GRANTS_PER_PAGE;
	const struct grants_page *page;

	for (; (page = pvec_next(&g->pages, &at)); at++, first = 0) {
		if (at != *ordinal / GRANTS_PER_PAGE)
			first = 0;
		for (uint64_t i = first; i < GRANTS_PER_PAGE; i++) {
			if (page->records[i].id_len == 0)
				continue;
			*ordinal = at * GRANTS_PER_PAGE + i;
			return &page->records[i];
		}
	}
	return NULL;
}

/* Where grants begin that were made behind the place `seq`: right behind the last one made before. */
static uint64_t ordinal_behind(const struct grants *g, uint64_t seq)
{
	uint64_t low = 0, high = g->next_ordinal;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2, at = middle;
		const struct grant_record *r = next_record(g, &at);

		if (!r || r->seq > seq)
			high = middle;
		else
			low = at + 1;
	}
	return low;
}

bool grants_put_back(struct grants *g, struct edit *e, const struct access_grant *grant)
{
	uint64_t ordinal = ordinal_behind(g, grant->doc.seq), next = ordinal;
	const struct grant_record *r = next_record(g, &next);

	if (!r)
		put_new(g, e, grant);
	else if (next == ordinal || g->next_name + 3 >= NUMBERS_LIMIT)
		return false;
	else
		put_at(g, e, grant, (uint32_t)ordinal);
	return true;
}

static void put_again(struct grants *g, struct edit *e, const struct access_grant *grant, uint32_t ordinal)
{
	struct grant_record *r = &page_open(g, e, ordinal)->records[ordinal % GRANTS_PER_PAGE];
	const struct grant_record old = *r;
	uint32_t names[3];

	need_names(g, e, grant, names);
	*r = record_of(grant, names);
	if (old.entity == r->entity && old.grantee == r->grantee)
		return;
	change_sets(g, e, &old, ordinal, pset_remove);
	change_sets(g, e, r, ordinal, pset_add);
	drop_unused_names(g, e, old.entity, old.grantee);
}

void grants_put(struct grants *g, struct edit *e, const struct access_grant *grant)
{
	uint32_t ordinal;

	assert(grant->entity_type != ENTITY_NONE && grant->grantee_type != GRANTEE_NONE);
	if (find_id(g, grant->doc.id, &ordinal))
		put_again(g, e, grant, ordinal);
	else
		put_new(g, e, grant);
}

bool grants_remove(struct grants *g, struct edit *e, struct str id)
{
	struct grants_page *page;
	struct grant_record *r;
	uint32_t ordinal;

	if (!find_id(g, id, &ordinal))
		return false;
	page = page_open(g, e, ordinal);
	r = &page->records[ordinal % GRANTS_PER_PAGE];
	change_sets(g, e, r, ordinal, pset_remove);
	drop_unused_names(g, e, r->entity, r->grantee);
	*r = (struct grant_record){0};
	g->n--;
	if (--page->n == 0) {
		(void)pvec_set(&g->pages, e, ordinal / GRANTS_PER_PAGE, NULL);
		edit_retire(e, page);
	}
	return true;
}

static void retire_values(struct pvec *v, struct edit *e)
{
	uint64_t i = 0;

	for (void *value = pvec_next(v, &i); value; i++, value = pvec_next(v, &i))
		edit_retire(e, value);
	pvec_retire_all(v, e);
}

void grants_retire_all(struct grants *g, struct edit *e)
{
	retire_values(&g->pages, e);
	retire_values(&g->names, e);
	pset_retire_all(&g->by_name, e);
	pset_retire_all(&g->by_id, e);
	pset_retire_all(&g->by_pair, e);
	for (size_t i = 0; i < N_ELEMENTS(g->by_entity); i++)
		pset_retire_all(&g->by_entity[i], e);
	for (size_t i = 0; i < N_ELEMENTS(g->by_grantee); i++)
		pset_retire_all(&g->by_grantee[i], e);
	for (size_t i = 0; i < N_ELEMENTS(g->by_types); i++)
		for (size_t k = 0; k < N_ELEMENTS(g->by_types[i]); k++)
			pset_retire_all(&g->by_types[i][k], e);
	*g = (struct grants){.seed = g->seed};
}

/* ---- looking ------------------------------------------------------------------------------------------ */

bool grants_find(const struct grants *g, struct str id, struct access_grant *ret)
{
	uint32_t ordinal;

	if (!find_id(g, id, &ordinal))
		return false;
	*ret = record_read(g, record_at(g, ordinal));
	return true;
}

uint64_t grants_entity_hash(const struct grants *g, enum entity_type type, struct str id)
{
	return name_hash(g->seed, tag_of_entity(type), id);
}

uint64_t grants_grantee_hash(const struct grants *g, enum grantee_type type, struct str id)
{
	return name_hash(g->seed, tag_of_grantee(type), id);
}

void grants_prefetch(const struct grants *g, uint64_t entity_hash, uint64_t grantee_hash)
{
	pset_prefetch(&g->by_pair, KEY(pair_hash(entity_hash, grantee_hash), 0));
}

bool grants_find_hashed(const struct grants *g, const struct grants_pair *pair, struct access_grant *ret)
{
	uint32_t hash = pair_hash(pair->entity_hash, pair->grantee_hash);
	struct pset_iter it;
	uint64_t key;

	pset_iter_init(&it, &g->by_pair, KEY(hash, 0));
	while (pset_iter_next(&it, &key) && high_half(key) == hash) {
		const struct grant_record *r = record_at(g, (uint32_t)key);

		if (r->entity_type == pair->entity_type && r->grantee_type == pair->grantee_type &&
		    str_eq(name_text(g, r->entity), pair->entity_id) &&
		    str_eq(name_text(g, r->grantee), pair->grantee_id)) {
			*ret = record_read(g, r);
			return true;
		}
	}
	return false;
}

bool grants_find_pair(const struct grants *g, enum entity_type entity_type, struct str entity_id,
                      enum grantee_type grantee_type, struct str grantee_id, struct access_grant *ret)
{
	const struct grants_pair pair = {
	    .entity_type = entity_type,
	    .entity_id = entity_id,
	    .grantee_type = grantee_type,
	    .grantee_id = grantee_id,
	    .entity_hash = grants_entity_hash(g, entity_type, entity_id),
	    .grantee_hash = grants_grantee_hash(g, grantee_type, grantee_id),
	};

	return g->n > 0 && grants_find_hashed(g, &pair, ret);
}

/* ---- for the engine ---------------------------------------------------------------------------------------- */

static bool is_of(struct str text, struct str prefix, struct str *ret_rest)
{
	if (!str_starts_with(text, prefix))
		return false;
	*ret_rest = str_slice(text, prefix.len, text.len);
	return true;
}

enum grantee_type grantee_of_subject(struct str subject, struct str *ret_id)
{
	if (is_of(subject, STR(SUBJECT_USER), ret_id))
		return GRANTEE_USER;
	if (is_of(subject, STR(SUBJECT_GROUP), ret_id) || is_of(subject, STR(SUBJECT_INHERITED_DEPARTMENT), ret_id))
		return GRANTEE_DEPARTMENT;
	return is_of(subject, STR(SUBJECT_ROLE), ret_id) ? GRANTEE_ROLE : GRANTEE_NONE;
}

enum entity_type entity_of_resource(struct str resource, struct str *ret_id)
{
	size_t colon = str_find(resource, ':', 0);

	if (colon == SIZE_MAX)
		return ENTITY_NONE;
	*ret_id = str_slice(resource, colon + 1, resource.len);
	return entity_type_of(str_slice(resource, 0, colon));
}
