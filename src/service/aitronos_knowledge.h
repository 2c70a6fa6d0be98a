#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Knowledge slices, composites of them, and vector stores, as far as access to them needs: resources of the directory,
 * of the types knowledge_slice and vector_store. Whichever dialect registered one, it is shown.
 *
 * A composite is a slice with members. What is granted on it reaches them, one level deep: a member is a registered
 * slice, and no composite. It stays a composite when its last member has gone.
 *
 * What the vendor says of slices and stores beyond that (whose they are, access_mode and its lists) is kept in the
 * resource's attributes, shown again, and decides nothing.
 *
 * Reading is for any snapshot. The rest runs in a job of the writer; what it does not return SERVICE_OK for has put
 * nothing, and `err` says why. Who may call is the business of the dialect.
 */
#include "service/directory.h"

#define KNOWLEDGE_TYPE_SLICE     "knowledge_slice"
#define KNOWLEDGE_TYPE_STORE     "vector_store"
#define KNOWLEDGE_MAX_MEMBERS    1000u /* of one composite */
#define KNOWLEDGE_MAX_NAME_CHARS 255u

/* Names of attributes. */
#define KNOWLEDGE_IS_COMPOSITE "is_composite"

/* ---- looking ------------------------------------------------------------------------------------------- */

/* By type and id; NULL: not registered. `a` is scratch. */
const struct resource *knowledge_find(const struct snapshot *s, struct str type, struct str id, struct arena *a);
/* All of a type, in the order in which they were registered; the array lives in `a`. */
size_t knowledge_list(const struct snapshot *s, struct str type, struct arena *a, const struct document *const **ret);
/* The stores of a slice, likewise. */
size_t knowledge_stores(const struct snapshot *s, const struct resource *slice, struct arena *a,
                        const struct document *const **ret);
bool knowledge_is_composite(const struct resource *r);
/* What was registered without a name is shown by its id. */
struct str knowledge_name(const struct resource *r);
/* The text of an attribute; absent when there is none of that name, or it is no text. */
struct str knowledge_attribute(const struct resource *r, struct str name);

/* ---- changing ------------------------------------------------------------------------------------------ */

/*
 * Registers a new one: type, names, members, parent, attributes and created_by are set; ids and times are filled in.
 * SERVICE_INVALID: knowledge_check_members().
 */
enum service_result knowledge_create(struct txn *t, struct resource *r, struct error *err) MUST_USE;
/* Stores the next version; otherwise the same. */
enum service_result knowledge_update(struct txn *t, struct resource *r, struct error *err) MUST_USE;
/* Ends the registration; composites lose it as a member. The grants on it stay: entities need not be registered. */
enum service_result knowledge_delete(struct txn *t, const struct resource *r, struct cascade_effect *ret_effect,
                                     struct error *err) MUST_USE;

/*
 * For directory_create() and directory_update(), of resources of any type. SERVICE_INVALID: only slices have members;
 * there are too many; one stands twice, is not registered, is a composite, or is in another tenant than the composite;
 * or the resource is itself a member.
 */
enum service_result knowledge_check_members(const struct txn *t, const struct resource *r, struct error *err) MUST_USE;

/* `object` (may be NULL) with these members in place of those of the same names. In `a`. */
const struct json *knowledge_attributes(const struct json *object, const struct json_member *members, size_t n,
                                        struct arena *a);
