#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Resource tags on the wire, shared by tags.c (the catalog) and taggings.c (tags of resources) only. Everything is
 * looked for in the workspace that the request works in; what is in another one does not exist.
 */
#include "api/langsmith/langsmith.h"
#include "service/tags.h"

/* Lists are whole, as the vendor's are; these bound them from outside (the catalog: TAGS_MAX_KEYS, TAGS_MAX_VALUES). */
#define TAGS_MAX_RESOURCES_ASKED 500u    /* elements of POST tags/resources */
#define TAGS_MAX_TAGGINGS_LISTED 100000u /* of GET taggings; with more, a value has to be named */

/* By id; NULL after failing the call. */
const struct tag_key *tag_key_find(struct api_call *call, struct str id);
const struct tag_value *tag_value_find(struct api_call *call, struct str id);

/* In creation order, in the call's arena: the keys of the workspace, the values of a key. */
size_t tag_keys_of_workspace(struct api_call *call, const struct document *const **ret_keys);
size_t tag_values_of_key(struct api_call *call, const struct tag_key *key, const struct document *const **ret_values);

/* The members of an object that the caller has begun and will end. */
void tag_key_write_members(struct json_writer *w, const struct tag_key *key);
void tag_value_write_members(struct json_writer *w, const struct tag_value *value);

/* Handlers of taggings.c */
void tagging_create(struct api_call *call);
void tagging_delete(struct api_call *call);
void tagging_list(struct api_call *call);
void tags_of_workspace(struct api_call *call);
void tags_of_resource(struct api_call *call);
void tags_of_resources(struct api_call *call);
