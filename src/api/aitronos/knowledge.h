#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared by the handlers of slices (knowledge.c) and stores (stores.c).
 */
#include "service/aitronos_knowledge.h"

#include "api/aitronos/directory.h"

/* The resource of the type that the path's `param` names; fails the call (404) and returns NULL when there is none. */
const struct resource *knowledge_named(struct api_call *call, struct str type, const char *param);
/* name (which may have to be there) and description; false after failing the call. */
bool knowledge_read_texts(struct api_call *call, bool name_is_required, struct resource *r);
/* The member choice->field; not sent or null: the attribute of `old` (may be NULL), else the first choice. */
bool knowledge_read_choice(struct api_call *call, const struct aitronos_choice *choice, const struct resource *old,
                           struct str attribute, struct str *ret);
/* Sets attributes. */
void knowledge_set(struct resource *r, const struct json_member *members, size_t n, struct arena *a);
/* What all answers end with: organization_id, created_by, created_at, updated_at. */
void knowledge_put_origin(struct api_call *call, struct json_writer *w, const struct resource *r);

struct knowledge_listing {
	const struct document *const *docs;
	size_t n;
	void (*put)(struct api_call *call, struct json_writer *w, const struct resource *r);
};
/* Answers with the page that the query asks for. */
void knowledge_answer_list(struct api_call *call, const struct knowledge_listing *listing);
/* Deletes and answers; nothing when `r` is NULL: the call has failed. */
void knowledge_remove(struct api_call *call, const struct resource *r);

/* stores.c */
void slice_store_list(struct api_call *call);
void slice_store_create(struct api_call *call);
void store_list(struct api_call *call);
void store_create(struct api_call *call);
void store_get(struct api_call *call);
void store_update(struct api_call *call);
void store_delete(struct api_call *call);
