/* SPDX-License-Identifier: Apache-2.0
 *
 * The tags of one resource, and how texts become entries of the catalog.
 */
#include "base/utf8.h"
#include "base/uuid.h"
#include "model/validate.h"
#include "service/tags_internal.h"

/* ---- taggings ------------------------------------------------------------------------------------------- */

/* The resource of a tagging; NULL when nobody knows it. */
static const struct resource *resource_of(const struct txn *t, const struct tagging *tagging)
{
	return FIND(t->snapshot, resource, RESOURCE,
	            arena_concat3(t->arena, tagging->resource_type, STR("/"), tagging->resource_id));
}

static const struct resource_tag *tag_with_value(const struct resource *r, struct str value_id)
{
	for (size_t i = 0; i < r->n_tags; i++)
		if (str_eq(r->tags[i].value_id, value_id))
			return &r->tags[i];
	return NULL;
}

/* Stores the resource, new or known, with one more tag. */
static void put_with_tag(struct txn *t, const struct tag_value *value, const struct resource *old,
                         struct tagging *tagging, struct widening *w)
{
	const struct tag_key *key = FIND(t->snapshot, tag_key, TAG_KEY, value->tag_key);
	size_t n = old ? old->n_tags : 0;
	struct resource_tag *tags = ARENA_ARRAY(t->arena, struct resource_tag, n + 1);
	struct resource next = {
	    .doc = {.kind = DOC_RESOURCE,
	            .id = arena_concat3(t->arena, tagging->resource_type, STR("/"), tagging->resource_id)},
	    .type = tagging->resource_type,
	    .resource_id = tagging->resource_id,
	    .tenant = value->tenant,
	};

	assert(key); /* values go with their key */
	if (old)
		next = *old;
	if (n)
		memcpy(tags, old->tags, n * sizeof(*tags));
	tags[n] = (struct resource_tag){
	    .key = key->key,
	    .value = value->value,
	    .value_id = value->doc.id,
	    .id = uuid_new(t->arena),
	    .created_at_ms = t->now_ms,
	};
	tagging->tag = tags[n];
	next.tags = tags;
	next.n_tags = n + 1;
	/* A deny may have been about the key not being there. */
	if (old)
		widening_add_resource(w, t, old, next.tags, next.n_tags);
	txn_put(t, &next.doc);
}

enum service_result tags_add(struct txn *t, const struct tag_value *value, struct tagging *tagging, struct widening *w,
                             struct error *err)
{
	const struct resource *old;
	const struct resource_tag *same;

	if (!valid_resource_type(tagging->resource_type) || !valid_resource_id(tagging->resource_id))
		return (enum service_result)error_set(err, SERVICE_INVALID,
		                                      "resource_id must be 1 to 256 bytes without control characters");
	old = resource_of(t, tagging);
	if (old && (str_is_absent(old->tenant) || !str_eq(old->tenant, value->tenant)))
		return (enum service_result)error_set(err, SERVICE_NOT_FOUND, "Resource not found");
	same = old ? tag_with_value(old, value->doc.id) : NULL;
	if (same) {
		tagging->tag = *same;
		return SERVICE_OK;
	}
	if (old && old->n_tags >= RESOURCE_MAX_TAGS)
		return (enum service_result)error_set(err, SERVICE_FAILED_PRECONDITION,
		                                      "a resource can have no more than %u tags", RESOURCE_MAX_TAGS);
	put_with_tag(t, value, old, tagging, w);
	return SERVICE_OK;
}

bool tags_find_tagging(const struct snapshot *s, struct str tenant, struct str id, struct arena *a, struct tagging *ret)
{
	const struct document *const *docs;
	size_t n = snapshot_linked(s, DOC_RESOURCE, arena_concat(a, STR("tagging:"), id), a, &docs);

	for (size_t i = 0; i < n; i++) {
		const struct resource *r = as_resource(docs[i]);

		if (!str_eq(r->tenant, tenant))
			continue;
		for (size_t k = 0; k < r->n_tags; k++) {
			if (!str_eq(r->tags[k].id, id))
				continue;
			*ret = (struct tagging){r->type, r->resource_id, r->tags[k]};
			return true;
		}
	}
	return false;
}

void tags_remove(struct txn *t, const struct tagging *tagging, struct widening *w)
{
	const struct resource *old = resource_of(t, tagging);
	struct resource_tag *tags;
	struct resource next;
	size_t n = 0;

	assert(old);
	next = *old;
	tags = ARENA_ARRAY(t->arena, struct resource_tag, old->n_tags);
	for (size_t i = 0; i < old->n_tags; i++)
		if (!str_eq(old->tags[i].id, tagging->tag.id))
			tags[n++] = old->tags[i];
	next.tags = tags;
	next.n_tags = n;
	widening_add_resource(w, t, old, next.tags, next.n_tags);
	txn_put(t, &next.doc);
}

/* ---- texts and the catalog -------------------------------------------------------------------------------- */

static bool is_tag_text(struct str s)
{
	return !str_is_empty(s) && str_find(s, '\0', 0) == SIZE_MAX && utf8_length(s) <= TAG_MAX_CHARS;
}

enum service_result tags_check(const struct resource_tag *tags, size_t n, struct error *err)
{
	if (n > RESOURCE_MAX_TAGS)
		return (enum service_result)error_set(err, SERVICE_INVALID, "tags: more than %u values",
		                                      RESOURCE_MAX_TAGS);
	for (size_t i = 0; i < n; i++)
		if (!is_tag_text(tags[i].key) || !is_tag_text(tags[i].value))
			return (enum service_result)error_set(
			    err, SERVICE_INVALID, "tags: keys and values must be 1 to %u characters", TAG_MAX_CHARS);
	return SERVICE_OK;
}

static const struct resource_tag *tag_with_texts(const struct resource_tag *tags, size_t n,
                                                 const struct resource_tag *wanted)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(tags[i].key, wanted->key) && str_eq(tags[i].value, wanted->value))
			return &tags[i];
	return NULL;
}

/* The texts alone, each pair once. */
static struct resource_tag *texts_of(const struct resource *r, struct arena *a, size_t *ret_n)
{
	struct resource_tag *tags = ARENA_ARRAY(a, struct resource_tag, r->n_tags);
	size_t n = 0;

	for (size_t i = 0; i < r->n_tags; i++)
		if (!tag_with_texts(tags, n, &r->tags[i]))
			tags[n++] = (struct resource_tag){.key = r->tags[i].key, .value = r->tags[i].value};
	*ret_n = n;
	return tags;
}

/* The catalog's entries for the tags of one resource. What a transaction put cannot be found in its snapshot. */
struct binding {
	struct txn *txn;
	struct str tenant;
	struct resource_tag *tags;
	size_t n;
	struct str *key_ids;     /* of each tag's key; absent: there is none yet */
	size_t n_keys, n_values; /* that there are not yet */
};

/* Finds what there is, and counts what is missing. */
static void look_up(struct binding *b)
{
	b->key_ids = ARENA_ARRAY(b->txn->arena, struct str, b->n);
	for (size_t i = 0; i < b->n; i++) {
		const struct tag_key *key = tags_key_of(b->txn, b->tenant, b->tags[i].key);
		const struct tag_value *value = key ? tags_value_of(b->txn, key->doc.id, b->tags[i].value) : NULL;

		b->key_ids[i] = key ? key->doc.id : STR_NONE;
		b->tags[i].value_id = value ? value->doc.id : STR_NONE;
		b->n_values += !value;
	}
	for (size_t i = 0; i < b->n; i++) {
		size_t first = 0;

		while (!str_eq(b->tags[first].key, b->tags[i].key))
			first++;
		b->n_keys += first == i && str_is_absent(b->key_ids[i]);
	}
}

/* Puts the key of the tag, for all the tags that have it. */
static void put_key_of(struct binding *b, size_t tag)
{
	struct tag_key key = {
	    .doc = {.kind = DOC_TAG_KEY, .id = uuid_new(b->txn->arena)},
	    .tenant = b->tenant,
	    .key = b->tags[tag].key,
	};

	txn_put(b->txn, &key.doc);
	for (size_t i = tag; i < b->n; i++)
		if (str_eq(b->tags[i].key, key.key))
			b->key_ids[i] = key.doc.id;
}

static void put_missing(struct binding *b)
{
	for (size_t i = 0; i < b->n; i++) {
		struct tag_value value = {.tenant = b->tenant, .value = b->tags[i].value};

		if (!str_is_absent(b->tags[i].value_id))
			continue;
		if (str_is_absent(b->key_ids[i]))
			put_key_of(b, i);
		value.doc = (struct document){.kind = DOC_TAG_VALUE, .id = uuid_new(b->txn->arena)};
		value.tag_key = b->key_ids[i];
		txn_put(b->txn, &value.doc);
		b->tags[i].value_id = value.doc.id;
	}
}

static enum service_result bind_to_catalog(struct binding *b, struct error *err)
{
	enum service_result r;

	look_up(b);
	r = tags_have_room(b->txn, DOC_TAG_KEY, b->tenant, b->n_keys, err);
	if (r == SERVICE_OK)
		r = tags_have_room(b->txn, DOC_TAG_VALUE, b->tenant, b->n_values, err);
	if (r == SERVICE_OK)
		put_missing(b);
	return r;
}

/* The tags that were there before stay the taggings they were. */
static void give_ids(struct binding *b, const struct resource *old)
{
	bool stays = old && !str_is_absent(old->tenant) && str_eq(old->tenant, b->tenant);

	for (size_t i = 0; i < b->n; i++) {
		const struct resource_tag *same = stays ? tag_with_texts(old->tags, old->n_tags, &b->tags[i]) : NULL;
		bool is_same = same && !str_is_absent(same->id);

		b->tags[i].id = is_same ? same->id : uuid_new(b->txn->arena);
		b->tags[i].created_at_ms = is_same ? same->created_at_ms : b->txn->now_ms;
	}
}

enum service_result tags_bind(struct txn *t, struct resource *next, const struct resource *old, struct widening *w,
                              struct error *err)
{
	struct binding b = {.txn = t, .tenant = next->tenant};
	enum service_result r = tags_check(next->tags, next->n_tags, err);

	if (r != SERVICE_OK)
		return r;
	b.tags = texts_of(next, t->arena, &b.n);
	if (!str_is_absent(b.tenant)) {
		r = bind_to_catalog(&b, err);
		if (r != SERVICE_OK)
			return r;
		give_ids(&b, old);
	}
	next->tags = b.tags;
	next->n_tags = b.n;
	if (old)
		widening_add_resource(w, t, old, next->tags, next->n_tags);
	return SERVICE_OK;
}
