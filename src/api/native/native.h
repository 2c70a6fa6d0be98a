#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The native dialect, shared by its files only: what a noun looks like in JSON, lists in pages, and the handlers
 * that the route table in native.c names. JSON is snake_case, errors are RFC 9457 problems.
 */
#include "api/api.h"
#include "service/directory.h"
#include "service/directory_keys.h"

#define V1 "/doorward/v1/"

/* ---- native.c -------------------------------------------------------------------------------------- */

/* Fails the call as the use case ended. */
void native_fail(struct api_call *call, enum service_result result, const struct error *err);
/*
 * The document named by the path parameter `param`, by id or alias; fails the call when there is none. A name that is
 * not the canonical id is authorized a second time under that id: permissions are held on canonical ids, and an alias
 * must not lead around a denial.
 */
const struct document *native_find(struct api_call *call, enum document_kind kind, const char *param);
/* Says in the audit trail which object a create was about: the route only knows the noun. */
void native_note_created(struct api_call *call, struct str id);
/* Whether the call's permission reaches into this tenant; absent: what belongs to none. */
bool native_reaches(const struct api_call *call, struct str tenant);
/* A query parameter, absent when not sent; fails the call when malformed. */
bool native_query(struct api_call *call, struct str name, struct str *ret);
/* V1 and the parts, each percent-encoded: for Location. `b` may be absent. */
struct str native_path(struct arena *a, struct str noun, struct str id, struct str b);

/* ---- fields.c: documents and their JSON ------------------------------------------------------------ */

enum field_type {
	FIELD_STR,      /* string or null */
	FIELD_STRS,     /* array of strings; null clears */
	FIELD_SOME,     /* array of at least one string; null: none of them, which means all */
	FIELD_EFFECT,   /* "allow" or "deny", kept as whether it denies */
	FIELD_OBJECT,   /* free object; null clears; shown as {} when empty */
	FIELD_TAGS,     /* object of strings and arrays of strings, kept as arrays */
	FIELD_PARENT,   /* null, {"type","id"} or "type/id" */
	FIELD_CONTROLS, /* array of {"id","name","type"} */
	FIELD_BOOL,     /* shown only */
	FIELD_FLAG,     /* true or false; null clears */
	FIELD_SHOWN,    /* string or null, shown only */
	FIELD_TIME,     /* RFC 3339 or null */
	FIELD_SECONDS,  /* a whole number, kept in ms; null clears */
};

struct field {
	struct str name;
	enum field_type type;
	size_t offset; /* in the kind's struct */
};

struct noun {
	struct str name; /* as in the path */
	enum document_kind kind;
	const struct field *fields;
	size_t n_fields;
};

extern const struct noun noun_resources, noun_apps, noun_app_resource_types, noun_app_entitlements, noun_app_actions,
    noun_app_users, noun_bindings;
/* The noun that the call's route is about: the first segment behind V1. */
const struct noun *noun_of(const struct api_call *call);
/* A new object has no effect of its own, the safe one or another: it must be said. Fails the call. */
bool noun_has_required(struct api_call *call, const struct noun *noun);
/* Sets the fields that the body has, null clears, others stay. Fails the call on a wrong type. */
bool noun_read(struct api_call *call, const struct noun *noun, struct document *doc);
/* The object as clients see it, with its id and times. */
void noun_write(struct json_writer *w, const struct noun *noun, const struct document *doc);
/* The whole answer. */
void noun_answer(struct api_call *call, const struct noun *noun, const struct document *doc, unsigned status);
/* A zeroed struct of the kind. */
struct document *document_blank(struct arena *a, enum document_kind kind);
/* A copy to be changed. */
struct document *document_copy(struct arena *a, const struct document *doc);
/* As read from a stored document: times that the transaction will give it. */
void document_stamp(struct document *doc, const struct api_call *call);
void json_put_time(struct json_writer *w, struct str name, int64_t ms); /* 0: null */

/* ---- list.c: pages --------------------------------------------------------------------------------- */

struct page {
	uint64_t after; /* go on behind this one; 0: from the start */
	size_t limit;
};
/* From ?limit= and ?cursor=; fails the call when malformed. */
bool page_read(struct api_call *call, struct page *ret);
/* Writes "next_cursor": behind `last`, or null when that was the end. */
void page_write_next(struct json_writer *w, struct arena *a, uint64_t last, bool has_more);

/* What a list shows. */
struct listing {
	enum document_kind kind;
	bool (*shows)(const struct api_call *call, const struct document *doc, const void *ctx); /* NULL: all */
	void (*write)(struct json_writer *w, const struct document *doc, const void *ctx);
	const void *ctx;
};
/* Answers with a page of all documents of the kind, in creation order. */
void list_all(struct api_call *call, const struct listing *listing);
/* The same of those with a link (model/document.h). */
void list_linked(struct api_call *call, const struct listing *listing, struct str link);

/* ---- handlers -------------------------------------------------------------------------------------- */

/* objects.c */
void object_list(struct api_call *call);
void object_create(struct api_call *call);
void object_get(struct api_call *call);
void object_put(struct api_call *call);
void object_patch(struct api_call *call);
void object_delete(struct api_call *call);
/* resources.c */
void resource_list(struct api_call *call);
void resource_put(struct api_call *call);
void resource_get(struct api_call *call);
void resource_patch(struct api_call *call);
void resource_delete(struct api_call *call);
/* members.c */
void group_member_list(struct api_call *call);
void group_member_get(struct api_call *call);
void group_member_put(struct api_call *call);
void group_member_delete(struct api_call *call);
void role_member_list(struct api_call *call);
void role_member_get(struct api_call *call);
void role_member_put(struct api_call *call);
void role_member_delete(struct api_call *call);
/* apps.c */
void app_list(struct api_call *call);
void app_create(struct api_call *call);
void app_get(struct api_call *call);
void app_patch(struct api_call *call);
void app_delete(struct api_call *call);
void app_part_list(struct api_call *call);
void app_part_get(struct api_call *call);
void app_part_put(struct api_call *call);
void app_part_patch(struct api_call *call);
void app_part_delete(struct api_call *call);
void binding_list(struct api_call *call);
void binding_get(struct api_call *call);
void binding_put(struct api_call *call);
void binding_delete(struct api_call *call);
/* changes.c */
void change_list(struct api_call *call);
/* preview.c */
void preview_create(struct api_call *call);
/* reviews.c */
void access_review_post_start(struct api_call *call);
void access_review_post_close(struct api_call *call);
void access_review_template_post_launch(struct api_call *call);
/* keys.c */
void key_list(struct api_call *call);
void key_create(struct api_call *call);
void key_get(struct api_call *call);
void key_patch(struct api_call *call);
void key_delete(struct api_call *call);
/* oauth_clients.c */
void oauth_client_list(struct api_call *call);
void oauth_client_post(struct api_call *call);
void oauth_client_get(struct api_call *call);
void oauth_client_delete(struct api_call *call);
void device_get(struct api_call *call);
void device_decide(struct api_call *call);
/* token_issuers.c */
void token_issuer_list(struct api_call *call);
void token_issuer_post(struct api_call *call);
void token_issuer_get(struct api_call *call);
void token_issuer_patch(struct api_call *call);
void token_issuer_delete(struct api_call *call);
/* audit.c */
void audit_list(struct api_call *call);
void whoami_get(struct api_call *call);
/* organization.c */
void organization_get(struct api_call *call);
void organization_patch(struct api_call *call);
