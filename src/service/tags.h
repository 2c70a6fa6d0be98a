#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The tag catalog of a tenant (LangSmith: tag keys, tag values, taggings) and the tags of resources, which it keeps in
 * step with: a resource in a tenant carries only tags of its tenant's catalog. A key or value that is renamed is
 * renamed on every resource that carries it, one that is deleted leaves them all, in the same change set.
 *
 * All functions that take a transaction run in a job of the writer, and put nothing unless they return SERVICE_OK;
 * `err` then says why in words for a person. Structs that are handed in without const are filled with what is stored:
 * id and times. `w` collects what denies stop matching (service/widening.h).
 */
#include "service/result.h"
#include "service/widening.h"

#define TAGS_MAX_KEYS              1000u   /* in a tenant */
#define TAGS_MAX_VALUES            100000u /* in a tenant, of all keys together */
#define TAGS_MAX_DESCRIPTION_CHARS 1024u

/* The key that may be given to a resource by whoever may change the resource. */
#define TAG_KEY_APPLICATION "Application"

/* ---- the catalog --------------------------------------------------------------------------------------- */

/* Every new tenant has the keys Application and Environment. To be called once when a tenant is created. */
void tags_put_default_keys(struct txn *t, struct str tenant);

/*
 * Adds a key; tenant, key and description are set. SERVICE_INVALID: a text is too short or too long. SERVICE_CONFLICT:
 * the tenant has that key. SERVICE_FAILED_PRECONDITION: it has as many as it can have.
 */
enum service_result tags_create_key(struct txn *t, struct tag_key *key, struct error *err) MUST_USE;
/*
 * Stores the next version of a key: another text, another description. SERVICE_FAILED_PRECONDITION: it is on too many
 * resources to be renamed in one change set (CASCADE_MAX_DOCUMENTS); otherwise as tags_create_key().
 */
enum service_result tags_update_key(struct txn *t, struct tag_key *next, struct widening *w,
                                    struct error *err) MUST_USE;
/* Deletes a key with its values and their taggings. SERVICE_FAILED_PRECONDITION: too many at once. */
enum service_result tags_delete_key(struct txn *t, const struct tag_key *key, struct widening *w,
                                    struct error *err) MUST_USE;

/* The same for a value of a key: tenant, tag_key, value and description are set. */
enum service_result tags_create_value(struct txn *t, struct tag_value *value, struct error *err) MUST_USE;
enum service_result tags_update_value(struct txn *t, struct tag_value *next, struct widening *w,
                                      struct error *err) MUST_USE;
enum service_result tags_delete_value(struct txn *t, const struct tag_value *value, struct widening *w,
                                      struct error *err) MUST_USE;

/* ---- the tags of resources ------------------------------------------------------------------------------ */

/* One tag of one resource. */
struct tagging {
	struct str resource_type, resource_id;
	struct resource_tag tag;
};

/*
 * Gives the value to a resource, which is registered in the value's tenant when nobody knows it; type and id are set,
 * the tag is filled. A resource that has the value keeps the tagging it has. SERVICE_INVALID: not the id of a
 * resource. SERVICE_NOT_FOUND: the resource is not in the value's tenant. SERVICE_FAILED_PRECONDITION: it has
 * RESOURCE_MAX_TAGS.
 */
enum service_result tags_add(struct txn *t, const struct tag_value *value, struct tagging *tagging, struct widening *w,
                             struct error *err) MUST_USE;
/* The tagging of that id in the tenant; false when there is none. Borrowed from the snapshot; `a` is scratch. */
bool tags_find_tagging(const struct snapshot *s, struct str tenant, struct str id, struct arena *a,
                       struct tagging *ret) MUST_USE;
/* Takes the tag from its resource, as found by tags_find_tagging() in the transaction's snapshot. */
void tags_remove(struct txn *t, const struct tagging *tagging, struct widening *w);

/* Can these be the texts of a resource's tags? SERVICE_INVALID: one is not 1 to 255 characters, or too many. */
enum service_result tags_check(const struct resource_tag *tags, size_t n, struct error *err) MUST_USE;

/*
 * Makes the tags of `next`, given as texts, entries of its tenant's catalog: missing keys and values are added to it,
 * tags that `old` (NULL: new) had in the same tenant keep the id and time of their tagging. Without a tenant they stay
 * texts. Duplicates collapse. SERVICE_INVALID: as tags_check(). SERVICE_FAILED_PRECONDITION: the catalog is full. To be
 * called before next is put; what denies stop matching is added to `w`.
 */
enum service_result tags_bind(struct txn *t, struct resource *next, const struct resource *old, struct widening *w,
                              struct error *err) MUST_USE;
