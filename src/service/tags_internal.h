#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared by the files of the tag catalog only.
 */
#include "service/tags.h"

/* Further keys or values for the tenant: has it room? Otherwise fills `err` and returns SERVICE_FAILED_PRECONDITION. */
enum service_result tags_have_room(const struct txn *t, enum document_kind kind, struct str tenant, size_t n_more,
                                   struct error *err) MUST_USE;

/* The entry of the catalog with this text; NULL when there is none. */
const struct tag_key *tags_key_of(const struct txn *t, struct str tenant, struct str key);
const struct tag_value *tags_value_of(const struct txn *t, struct str tag_key, struct str value);

/*
 * What becomes of tags whose entry in the catalog changes: all those with a key, or those with one of its values. The
 * resources that carry them are found by the values' links.
 */
struct tag_change {
	const struct document *const *values; /* tag_value documents whose tags are meant */
	size_t n_values;
	struct str old_key;    /* the text of their key */
	struct str value_id;   /* only tags with this value; absent: all of the key */
	struct str key, value; /* the texts from now on; absent: as they are */
	bool takes;            /* the tags go */
};
/*
 * Rewrites the resources. `n_others`: documents that the change set gets beside them. SERVICE_FAILED_PRECONDITION:
 * together more than CASCADE_MAX_DOCUMENTS.
 */
enum service_result tags_retag(struct txn *t, const struct tag_change *what, size_t n_others, struct widening *w,
                               struct error *err) MUST_USE;
