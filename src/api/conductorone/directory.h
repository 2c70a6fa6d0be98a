#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared by the handlers of users, applications, entitlements, accounts and grants.
 *
 * Functions that make messages give them in the canonical form of json/proto.h, in the call's arena.
 */
#include "api/conductorone/expansion.h"
#include "service/applications.h"

/* ---- what the path names: each fails the call and returns NULL when there is none ------------------------ */

/* By any name of the user. `field` as for c1_unknown(). */
const struct user *c1_find_user(struct api_call *call, const char *param, const char *field);
const struct app *c1_find_app(struct api_call *call, const char *param);
/* In the application of {app_id}. */
const struct app_entitlement *c1_find_entitlement(struct api_call *call, const char *param);
const struct app_user *c1_find_account(struct api_call *call, const char *param);

/* ---- messages -------------------------------------------------------------------------------------------- */

/* A text among the user's attributes: {"job_title":…} or {"jobTitle":…}; absent when there is none. */
struct str c1_user_attribute(const struct user *u, const char *snake, const char *camel);
const struct json *c1_user_message(struct api_call *call, const struct user *u);
const struct json *c1_app_message(struct api_call *call, const struct app *app);
const struct json *c1_entitlement_message(struct api_call *call, const struct app_entitlement *e);
const struct json *c1_account_message(struct api_call *call, const struct app_user *u);
const struct json *c1_resource_type_message(struct api_call *call, const struct app_resource_type *type);
/* The views of the same names, with what the mask names beside them. */
const struct json *c1_user_view(struct api_call *call, const struct user *u, struct c1_expansion *x);
const struct json *c1_entitlement_view(struct api_call *call, const struct app_entitlement *e, struct c1_expansion *x);
const struct json *c1_account_view(struct api_call *call, const struct app_user *u, struct c1_expansion *x);
/* {"<name>":<message>}: a view of it. */
const struct json *c1_wrap(struct api_call *call, const char *name, const struct json *message);

/* What `tree` says of the message `m` beside the fields known by name: kept as it came. NULL: nothing. */
const struct json *c1_details(struct api_call *call, const struct proto_message *m, const struct json *tree,
                              struct str_list known);
/* Adds the members of such details. */
void c1_put_details(struct json_object *o, const struct json *details);

/* The field of the body as it was sent, in either spelling, when it was read as this message and is set. */
const struct json *c1_raw(struct api_call *call, const struct proto_message *m, struct str field);
/* The message as it is to become. */
struct c1_change {
	const struct proto_message *message;
	const struct json *old;   /* as it is now */
	const struct json *given; /* as it was sent, read */
	const struct json *raw;   /* as it was sent: says which members were given */
	struct str mask;          /* names of fields; empty: those that were given */
};
/*
 * Takes the fields over that the mask names; annotations are merged, and an empty one is dropped. False after failing
 * the call.
 */
bool c1_merge(struct api_call *call, const struct c1_change *change, const struct json **ret);

/* Ends a write: fails the call with what the use case said, or returns true. */
bool c1_stored(struct api_call *call, enum service_result result, const struct error *err);
/* As the document stands once it is committed: its times. */
void c1_stamp(struct api_call *call, struct document *doc);

/* ---- lists ------------------------------------------------------------------------------------------------ */

/* Writes one of a list; what it refers to is added to the expansion. */
typedef void c1_put_fn(struct api_call *call, struct json_writer *w, const struct document *doc,
                       struct c1_expansion *x);
struct c1_listing {
	enum document_kind kind;
	struct str link; /* only those with it; absent: all of the kind */
	bool (*shows)(struct api_call *call, const struct document *doc, const void *ctx); /* NULL: all */
	c1_put_fn *put;
	const void *ctx;
	bool is_of_views;           /* the answer has "expanded" */
	const struct json *request; /* whose expandMask counts; NULL: none */
};
/* Answers with a page. */
void c1_list(struct api_call *call, const struct c1_page *page, const struct c1_listing *listing);
/* Answers with the page that the query asks for of all views of a kind in the application of {app_id}. */
void c1_list_of_app(struct api_call *call, enum document_kind kind, c1_put_fn *put);

/* Does the text hold the part, whatever the case? An empty part is in every text. */
bool c1_holds(struct str text, struct str part);
/* Is the list empty, or does it name this one? */
bool c1_is_wanted(struct str_list wanted, struct str one);

/* {appId, id} as such references are sent. */
struct c1_ref {
	struct str app, id;
};
struct c1_refs {
	const struct c1_ref *items;
	size_t n;
};
struct c1_refs c1_refs_of(struct api_call *call, const struct json *message, const char *name);
bool c1_refs_have(const struct c1_refs *refs, struct str app, struct str id);
/* The ids of a list of {id}. */
struct str_list c1_ids_of(struct api_call *call, const struct json *message, const char *name);
