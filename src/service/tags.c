/* SPDX-License-Identifier: Apache-2.0
 *
 * The catalog itself: keys and values. What their changes mean for resources is in tags_retag.c.
 */
#include "base/utf8.h"
#include "base/uuid.h"
#include "service/tags_internal.h"

/* ---- checks -------------------------------------------------------------------------------------------- */

static enum service_result check_text(struct str text, const char *name, struct error *err)
{
	if (!str_is_empty(text) && utf8_length(text) <= TAG_MAX_CHARS)
		return SERVICE_OK;
	return (enum service_result)error_set(err, SERVICE_INVALID, "%s must be 1 to %u characters", name,
	                                      TAG_MAX_CHARS);
}

static enum service_result check_description(struct str text, struct error *err)
{
	if (utf8_length(text) <= TAGS_MAX_DESCRIPTION_CHARS)
		return SERVICE_OK;
	return (enum service_result)error_set(err, SERVICE_INVALID, "description must be at most %u characters",
	                                      TAGS_MAX_DESCRIPTION_CHARS);
}

const struct tag_key *tags_key_of(const struct txn *t, struct str tenant, struct str key)
{
	return as_tag_key(snapshot_find_unique(t->snapshot, DOC_TAG_KEY, tag_key_unique(t->arena, tenant, key)));
}

const struct tag_value *tags_value_of(const struct txn *t, struct str tag_key, struct str value)
{
	return as_tag_value(
	    snapshot_find_unique(t->snapshot, DOC_TAG_VALUE, tag_value_unique(t->arena, tag_key, value)));
}

enum service_result tags_have_room(const struct txn *t, enum document_kind kind, struct str tenant, size_t n_more,
                                   struct error *err)
{
	size_t max = kind == DOC_TAG_KEY ? TAGS_MAX_KEYS : TAGS_MAX_VALUES;
	size_t n = (size_t)t->snapshot->n_docs[kind];
	const struct document *const *docs;

	/* Counting takes its time: only where the organization as a whole has that many. */
	if (n_more == 0 || n + n_more <= max)
		return SERVICE_OK;
	n = snapshot_linked(t->snapshot, kind, arena_concat(t->arena, STR("tenant:"), tenant), t->arena, &docs);
	if (n + n_more <= max)
		return SERVICE_OK;
	return (enum service_result)error_set(err, SERVICE_FAILED_PRECONDITION, "there can be no more than %zu %s", max,
	                                      kind == DOC_TAG_KEY ? "tag keys" : "tag values of all keys");
}

/* ---- keys ---------------------------------------------------------------------------------------------- */

/* Texts that are not the same document's must not be taken. */
static enum service_result check_key(const struct txn *t, const struct tag_key *key, struct error *err)
{
	enum service_result r = check_text(key->key, "key", err);
	const struct tag_key *same;

	if (r == SERVICE_OK)
		r = check_description(key->description, err);
	if (r != SERVICE_OK)
		return r;
	same = tags_key_of(t, key->tenant, key->key);
	if (!same || str_eq(same->doc.id, key->doc.id))
		return SERVICE_OK;
	return (enum service_result)error_set(err, SERVICE_CONFLICT, "there is already a tag key \"" STR_FMT "\"",
	                                      STR_ARG(key->key));
}

/* As the answer shows it; the transaction sets the same. */
static void stamp(const struct txn *t, struct document *doc, const struct document *old)
{
	doc->created_at_ms = old ? old->created_at_ms : t->now_ms;
	doc->updated_at_ms = t->now_ms;
}

static void put_new_key(struct txn *t, struct tag_key *key)
{
	key->doc = (struct document){.kind = DOC_TAG_KEY, .id = uuid_new(t->arena)};
	stamp(t, &key->doc, NULL);
	txn_put(t, &key->doc);
}

void tags_put_default_keys(struct txn *t, struct str tenant)
{
	static const struct str names[] = {STR_INIT(TAG_KEY_APPLICATION), STR_INIT("Environment")};

	for (size_t i = 0; i < N_ELEMENTS(names); i++)
		put_new_key(t, &(struct tag_key){.tenant = tenant, .key = names[i]});
}

enum service_result tags_create_key(struct txn *t, struct tag_key *key, struct error *err)
{
	enum service_result r = check_key(t, key, err);

	if (r == SERVICE_OK)
		r = tags_have_room(t, DOC_TAG_KEY, key->tenant, 1, err);
	if (r == SERVICE_OK)
		put_new_key(t, key);
	return r;
}

/* The tags with any value of the key. */
static struct tag_change tags_of_key(struct txn *t, const struct tag_key *key)
{
	struct tag_change what = {.old_key = key->key};

	what.n_values = snapshot_linked(t->snapshot, DOC_TAG_VALUE,
	                                arena_concat(t->arena, STR("tag_key:"), key->doc.id), t->arena, &what.values);
	return what;
}

enum service_result tags_update_key(struct txn *t, struct tag_key *next, struct widening *w, struct error *err)
{
	const struct tag_key *old = FIND(t->snapshot, tag_key, TAG_KEY, next->doc.id);
	enum service_result r = check_key(t, next, err);

	assert(old);
	if (r == SERVICE_OK && !str_eq(next->key, old->key)) {
		struct tag_change what = tags_of_key(t, old);

		what.key = next->key;
		r = tags_retag(t, &what, 1, w, err);
	}
	if (r != SERVICE_OK)
		return r;
	stamp(t, &next->doc, &old->doc);
	txn_put(t, &next->doc);
	return SERVICE_OK;
}

enum service_result tags_delete_key(struct txn *t, const struct tag_key *key, struct widening *w, struct error *err)
{
	struct tag_change what = tags_of_key(t, key);
	enum service_result r;

	what.takes = true;
	r = tags_retag(t, &what, what.n_values + 1, w, err);
	if (r != SERVICE_OK)
		return r;
	for (size_t i = 0; i < what.n_values; i++)
		txn_delete(t, DOC_TAG_VALUE, what.values[i]->id);
	txn_delete(t, DOC_TAG_KEY, key->doc.id);
	return SERVICE_OK;
}

/* ---- values -------------------------------------------------------------------------------------------- */

static enum service_result check_value(const struct txn *t, const struct tag_value *value, struct error *err)
{
	enum service_result r = check_text(value->value, "value", err);
	const struct tag_value *same;

	if (r == SERVICE_OK)
		r = check_description(value->description, err);
	if (r != SERVICE_OK)
		return r;
	same = tags_value_of(t, value->tag_key, value->value);
	if (!same || str_eq(same->doc.id, value->doc.id))
		return SERVICE_OK;
	return (enum service_result)error_set(
	    err, SERVICE_CONFLICT, "the tag key already has the value \"" STR_FMT "\"", STR_ARG(value->value));
}

enum service_result tags_create_value(struct txn *t, struct tag_value *value, struct error *err)
{
	enum service_result r = check_value(t, value, err);

	if (r == SERVICE_OK)
		r = tags_have_room(t, DOC_TAG_VALUE, value->tenant, 1, err);
	if (r != SERVICE_OK)
		return r;
	value->doc = (struct document){.kind = DOC_TAG_VALUE, .id = uuid_new(t->arena)};
	stamp(t, &value->doc, NULL);
	txn_put(t, &value->doc);
	return SERVICE_OK;
}

/* The tags with this value. `*doc` points to the value, and must live as long as the result. */
static struct tag_change tags_of_value(const struct txn *t, const struct document *const *doc)
{
	const struct tag_key *key = FIND(t->snapshot, tag_key, TAG_KEY, as_tag_value(*doc)->tag_key);

	assert(key); /* values go with their key */
	return (struct tag_change){.values = doc, .n_values = 1, .old_key = key->key, .value_id = (*doc)->id};
}

enum service_result tags_update_value(struct txn *t, struct tag_value *next, struct widening *w, struct error *err)
{
	const struct document *old = snapshot_find(t->snapshot, DOC_TAG_VALUE, next->doc.id);
	enum service_result r = check_value(t, next, err);

	assert(old);
	if (r == SERVICE_OK && !str_eq(next->value, as_tag_value(old)->value)) {
		struct tag_change what = tags_of_value(t, &old);

		what.value = next->value;
		r = tags_retag(t, &what, 1, w, err);
	}
	if (r != SERVICE_OK)
		return r;
	stamp(t, &next->doc, old);
	txn_put(t, &next->doc);
	return SERVICE_OK;
}

enum service_result tags_delete_value(struct txn *t, const struct tag_value *value, struct widening *w,
                                      struct error *err)
{
	const struct document *doc = &value->doc;
	struct tag_change what = tags_of_value(t, &doc);
	enum service_result r;

	what.takes = true;
	r = tags_retag(t, &what, 1, w, err);
	if (r == SERVICE_OK)
		txn_delete(t, DOC_TAG_VALUE, value->doc.id);
	return r;
}
