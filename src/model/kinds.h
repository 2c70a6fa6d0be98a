#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The nouns. All strings are UTF-8 without NUL; an absent string means "not set". Lists are
 * in the order given. Times are ms since 1970, 0 when not set.
 */
#include "model/document.h"

/* Prefixes of engine subjects (what statements name and queries carry). */
#define SUBJECT_USER      "user:local:"
#define SUBJECT_GROUP     "team:local:"
#define SUBJECT_SERVICE   "token:"
#define SUBJECT_ROLE      "role:" /* cannot come from outside: no dialect accepts it as a member */

#define TENANT_UNASSIGNED "(unassigned)" /* pseudo tenant of what belongs to none */

struct organization {
	struct document doc;
	struct str display_name;
};

struct tenant {
	struct document doc;
	struct str display_name;
	bool is_managed;
};

struct user {
	struct document doc;
	struct str email; /* lower-cased; unique in the organization */
	struct str display_name;
	struct str manager;            /* user id */
	const struct json *attributes; /* object, or NULL */
};

/* A service as a principal (type "service"); the name leaves struct service to the service layer. */
struct service_account {
	struct document doc;
	struct str display_name;
};

struct group {
	struct document doc;
	struct str type; /* "team" or "department" */
	struct str display_name;
	struct str parent;       /* group id */
	struct str_list tenants; /* it belongs to (Connhex) */
};

/* id: "<group>/<member>" */
struct group_member {
	struct document doc;
	struct str group;
	struct str member;  /* user id (or, for Connhex, any membership id) */
	struct str subject; /* not stored: "team:local:<group>" */
};

struct role {
	struct document doc;
	struct str display_name;
	struct str description;
	bool is_managed; /* shipped; its definition cannot be changed through a dialect */
	struct str_list actions;
	struct str_list tenants; /* it belongs to (Connhex) */
};

/* id: "<role>/<principal type>/<principal id>/<tenant or nothing>" */
struct role_member {
	struct document doc;
	struct str role;
	struct str principal_type; /* "user", "service", "group" */
	struct str principal_id;
	struct str tenant;  /* absent: organization-wide */
	struct str subject; /* not stored: "role:<role>" */
};

/* id: "<type>/<resource id>" */
struct resource {
	struct document doc;
	struct str type;
	struct str resource_id;
	struct str tenant;
	struct str parent;             /* "<type>/<resource id>" */
	const struct json *tags;       /* object of arrays of strings, or NULL */
	const struct json *attributes; /* object, or NULL */
};

/* An API key. The secret itself is shown once and never kept. */
struct key {
	struct document doc;
	struct str name;
	struct str principal_type; /* "user" or "service" */
	struct str principal_id;
	struct str hash; /* base64url of HMAC-SHA-256 of the secret part */
	struct str hint; /* last four characters, to tell keys apart */
	bool is_bound;   /* counts only in `tenants` */
	struct str_list tenants;
	int64_t expires_at_ms; /* 0: never */
	bool is_revoked;
	struct str created_by; /* "user:owner" */
};

struct policy_statement {
	bool deny;
	struct str_list actions;
	struct str role;
	struct str_list resources; /* never empty once stored: ["*"] */
	struct str_list tenants;   /* "*" in it: all */
};

#define POLICY_TYPE_CUSTOM  "custom"
#define POLICY_TYPE_MANAGED "managed"
#define POLICY_TYPE_SYSTEM  "system" /* built in, never listed */

/* Connhex IAM policy. */
struct statement_policy {
	struct document doc;
	struct str name;
	struct str type;
	struct str_list members;
	const struct policy_statement *statements;
	size_t n_statements;
	struct str_list tenants; /* it belongs to */
};

/* The document as its kind's struct: NULL stays NULL; another kind is a bug (asserts). */
#define X(upper, lower)                                                                                                \
	static inline const struct lower *as_##lower(const struct document *doc)                                       \
	{                                                                                                              \
		assert(!doc || doc->kind == DOC_##upper);                                                              \
		return (const struct lower *)(const void *)doc;                                                        \
	}
DOCUMENT_KINDS(X)
#undef X
