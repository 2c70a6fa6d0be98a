#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Documents: what the store keeps and the dialects speak of, as plain structs. Every kind's
 * struct begins with struct document; model/kinds.h holds them all, and one table per kind
 * (model/codec.c) says how its fields stand in the stored JSON body.
 *
 * A document that came from document_decode() is one heap block, strings included, immutable
 * from then on, and released by free(). A document on its way in is an ordinary struct
 * whose strings borrow from the caller. Adding a kind: a line in DOCUMENT_KINDS, its struct, its table.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "json/json.h"

#define DOCUMENT_KINDS(X)                                                                                              \
	X(ORGANIZATION, organization)                                                                                  \
	X(TENANT, tenant)                                                                                              \
	X(USER, user)                                                                                                  \
	X(SERVICE_ACCOUNT, service_account)                                                                            \
	X(GROUP, group)                                                                                                \
	X(GROUP_MEMBER, group_member)                                                                                  \
	X(ROLE, role)                                                                                                  \
	X(ROLE_MEMBER, role_member)                                                                                    \
	X(RESOURCE, resource)                                                                                          \
	X(KEY, key)                                                                                                    \
	X(STATEMENT_POLICY, statement_policy)                                                                          \
	X(TAG_KEY, tag_key)                                                                                            \
	X(TAG_VALUE, tag_value)                                                                                        \
	X(TAG_POLICY, tag_policy)                                                                                      \
	X(POLICY_ATTACHMENT, policy_attachment)                                                                        \
	X(INVITATION, invitation)                                                                                      \
	X(PERMISSION_POLICY, permission_policy)                                                                        \
	X(GOVERNANCE_POLICY, governance_policy)                                                                        \
	X(ACCESS_GRANT, access_grant)                                                                                  \
	X(APPROVAL_POLICY, approval_policy)                                                                            \
	X(APP, app)                                                                                                    \
	X(APP_RESOURCE_TYPE, app_resource_type)                                                                        \
	X(APP_ENTITLEMENT, app_entitlement)                                                                            \
	X(APP_USER, app_user)                                                                                          \
	X(ENTITLEMENT_BINDING, entitlement_binding)                                                                    \
	X(ACCESS_REQUEST, access_request)                                                                              \
	X(REQUEST_EVENT, request_event)                                                                                \
	X(ACCESS_REVIEW, access_review)                                                                                \
	X(ACCESS_REVIEW_TEMPLATE, access_review_template)                                                              \
	X(WEBHOOK, webhook)                                                                                            \
	X(WEBHOOK_CALL, webhook_call)                                                                                  \
	X(OAUTH_CLIENT, oauth_client)                                                                                  \
	X(APP_ACTION, app_action)                                                                                      \
	X(ACCESS_POLICY, access_policy)                                                                                \
	X(TOKEN_ISSUER, token_issuer)                                                                                  \
	X(SEPARATION, separation)                                                                                      \
	X(ACCESS_TASK, access_task)

enum document_kind {
	DOC_NONE,
#define X(upper, lower) DOC_##upper,
	DOCUMENT_KINDS(X)
#undef X
	    DOC_N_KINDS
};

#define DOCUMENT_MAX_ID_BYTES 400u

struct document {
	enum document_kind kind;
	struct str id;           /* canonical, unique among its kind in the organization */
	struct str_list aliases; /* further ids by which it can be named */
	uint64_t seq;            /* place in creation order, the same for all versions; 0: not stored yet */
	uint64_t rev;            /* revision that made this version; 0: built in */
	uint64_t ordinal;        /* used by the snapshot only */
	int64_t created_at_ms;
	int64_t updated_at_ms;
};

/* "user" …; the name under which the store keeps the kind. */
struct str document_kind_name(enum document_kind kind);
/* DOC_NONE when unknown. */
enum document_kind document_kind_of(struct str name);

/* sizeof the kind's struct. */
size_t document_kind_size(enum document_kind kind);

/* Appends the stored body (JSON object). Field order is fixed, absent and empty values are left out. */
void document_encode(const struct document *doc, struct buf *out);
/*
 * Makes a document from a stored body. 0 and the document (owned by the caller, free()), or -EBADMSG with `err`: the
 * body is not what this program writes. Unknown members are ignored (a newer version may have written them).
 */
int document_decode(enum document_kind kind, struct str id, struct str body, struct document **ret_doc,
                    struct error *err) MUST_USE;
/*
 * The same into a document of the caller's, for very many one after the other: `doc` has its kind and id and is zeroed
 * otherwise, with room for the kind's struct. Its strings borrow from it and `body`, or live in `a`.
 */
int document_read(struct document *doc, struct str body, struct arena *a, struct error *err) MUST_USE;
/* The same of a body that is parsed already and holds the id as a member; all in `a`. False: it is not what this
 * program writes. */
bool document_from_tree(enum document_kind kind, const struct json *tree, struct arena *a,
                        struct document **ret) MUST_USE;
/* Is the member of a stored body not for others to see, though it is no key by itself? */
bool document_member_is_secret(enum document_kind kind, struct str member);
/*
 * What the store keeps unique among current documents of the kind, and under which the snapshot finds it
 * (snapshot_find_unique()); absent when nothing. Allocated in `a`.
 */
struct str document_unique_key(const struct document *doc, struct arena *a);
/*
 * The links of a document: "relation:id" strings under which the snapshot finds it again, e.g. "group:devs" for a
 * group_member. Allocated in `a`, without duplicates. Depends on nothing but the document, its seq included.
 */
struct str_list document_links(const struct document *doc, struct arena *a);
