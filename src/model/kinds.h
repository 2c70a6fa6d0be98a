#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The nouns. All strings are UTF-8 without NUL; an absent string means "not set". Lists are
 * in the order given. Times are ms since 1970, 0 when not set.
 */
#include "model/document.h"
#include "model/request_kinds.h"

/* Prefixes of engine subjects (what statements name and queries carry). */
#define SUBJECT_USER      "user:local:"
#define SUBJECT_GROUP     "team:local:"
#define SUBJECT_SERVICE   "token:"
#define SUBJECT_ROLE      "role:" /* cannot come from outside: no dialect accepts it as a member */

#define TENANT_UNASSIGNED "(unassigned)" /* pseudo tenant of what belongs to none */

struct organization {
	struct document doc;
	struct str display_name;
	/* LangSmith's feature switches (can_use_rbac, can_use_abac, can_use_audit_logs), named so that zero is "on". */
	bool rbac_is_off; /* every member of a tenant may do all that LangSmith knows there */
	bool abac_is_off; /* tag policies say nothing */
	bool audit_logs_are_off;
	/* Aitronos: what is granted to a department reaches the members of those below it, too. */
	bool departments_inherit;
};

struct tenant {
	struct document doc;
	struct str display_name;
	bool is_managed;
	struct str handle; /* LangSmith's tenant_handle */
	struct str description;
	struct str governance_policy; /* Confident AI: id of the one it is under */
};

struct user {
	struct document doc;
	struct str email; /* lower-cased; unique in the organization */
	struct str display_name;
	struct str manager;            /* user id */
	struct str delegate;           /* id of the user who gets what is assigned to this one; absent: nobody */
	int64_t delegate_from_ms;      /* 0: from always */
	int64_t delegate_until_ms;     /* 0: for ever */
	const struct json *attributes; /* object, or NULL */
};

/* A service as a principal (type "service"); the name leaves struct service to the service layer. */
struct service_account {
	struct document doc;
	struct str display_name;
	struct str default_tenant; /* the one it works in when a request names none */
	struct str sole_key;       /* id of the key it was made for, with which it goes */
};

#define GROUP_TEAM       "team"
#define GROUP_DEPARTMENT "department" /* no two of them have one display_name */

struct group {
	struct document doc;
	struct str type; /* GROUP_TEAM or GROUP_DEPARTMENT */
	struct str display_name;
	struct str description;
	struct str parent;       /* group id */
	struct str_list tenants; /* it belongs to (Connhex) */
	struct str color;        /* how a department is shown (Aitronos) */
	struct str created_by;   /* id of the principal; absent: not known */
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
	struct str_list tenants;  /* it belongs to (Connhex) */
	struct str scope;         /* where it can be held: "organization" or "workspace" (LangSmith), those of
	                             model/confident.h; absent: anywhere */
	struct str_list policies; /* Confident AI: ids of the permission policies whose permissions it holds */
};

#define ROLE_SCOPE_ORGANIZATION "organization"
#define ROLE_SCOPE_WORKSPACE    "workspace"

/* id: "<role>/<principal type>/<principal id>/<tenant or nothing>" */
struct role_member {
	struct document doc;
	struct str role;
	struct str principal_type; /* "user", "service", "group" */
	struct str principal_id;
	struct str tenant;  /* absent: organization-wide */
	struct str subject; /* not stored: "role:<role>" */
};

/*
 * One value of one key on a resource. In a tenant it is an entry of the tenant's catalog (tag_key, tag_value) and says
 * so; the texts are kept as well, since decisions read them. Without a tenant there are only the texts.
 */
struct resource_tag {
	struct str key, value;
	struct str value_id; /* tag_value; absent: text only */
	struct str id;       /* of the tagging; absent: text only */
	int64_t created_at_ms;
};

#define RESOURCE_MAX_TAGS 1000u /* values of all keys together */

/* id: "<type>/<resource id>" */
struct resource {
	struct document doc;
	struct str type;
	struct str resource_id;
	struct str tenant;
	struct str parent; /* "<type>/<resource id>" */
	struct str display_name;
	struct str description;
	struct str_list members; /* resource ids, of the same type: what is granted on this one reaches them (Aitronos'
	                            composite knowledge slices); absent: no composite */
	struct str created_by;   /* id of the principal; absent: not known */
	const struct resource_tag *tags; /* no (key, value) twice; values of one key in the order they were given */
	size_t n_tags;
	const struct json *attributes; /* object, or NULL */
};

/* An API key. The secret itself is shown once and never kept. */
struct key {
	struct document doc;
	struct str name;
	struct str principal_type; /* "user" or "service" */
	struct str principal_id;
	struct str hash; /* base64url of HMAC-SHA-256 of the secret part */
	struct str hint; /* last characters, to tell keys apart */
	bool is_bound;   /* counts only in `tenants` */
	struct str_list tenants;
	int64_t expires_at_ms;     /* 0: never */
	bool is_revoked;           /* for good */
	bool is_inactive;          /* until it is activated again */
	struct str via;            /* the dialect whose own it is; absent: anybody's */
	struct str created_by;     /* "user:owner" */
	struct str default_tenant; /* the one it works in when a request names none */
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

/* A tag key of a tenant's catalog (LangSmith). Unique by tenant and key. */
struct tag_key {
	struct document doc;
	struct str tenant;
	struct str key;
	struct str description;
};

/* A value that a tag key can have. Unique by key and value. */
struct tag_value {
	struct document doc;
	struct str tenant;
	struct str tag_key; /* id */
	struct str value;
	struct str description;
};

/* How a condition compares; LangSmith's names, see model/langsmith.h. */
struct tag_condition {
	struct str attribute; /* "resource_tag_key" */
	struct str key;
	struct str operator;
	struct str value;
};

/* Applies to one permission on one type of resource, where all conditions hold. */
struct tag_group {
	struct str permission;
	struct str resource_type; /* as it was sent: "queue" and "queues" mean the same */
	const struct tag_condition *conditions;
	size_t n_conditions; /* at least 1 */
};

/* LangSmith access policy: a permission allowed or denied where the tags of the resource satisfy conditions. */
struct tag_policy {
	struct document doc;
	struct str name; /* unique in the organization */
	struct str description;
	bool deny;
	const struct tag_group *groups; /* any one is enough */
	size_t n_groups;                /* at least 1 */
	struct str_list roles;          /* ids of the roles it is attached to, in the order attached */
};

/* A tag policy attached to a group, everywhere or in one tenant. id: "<policy>/<group>/<tenant or nothing>" */
struct policy_attachment {
	struct document doc;
	struct str policy;
	struct str group;
	struct str tenant; /* absent: everywhere */
};

/* Somebody who is to become a user: the user who comes with that e-mail address gets the roles. */
struct invitation {
	struct document doc;
	struct str email;  /* lower-cased; unique in the organization, or among those of one dialect and tenant */
	struct str via;    /* the dialect whose it is; absent: LangSmith */
	struct str tenant; /* the one it is an invitation to (Confident AI: a project); absent: the organization */
	struct str display_name;
	struct str role;         /* held organization-wide; absent: none */
	struct str_list tenants; /* where tenant_role is held */
	struct str tenant_role;
	struct str created_by; /* "user:owner" */
};

/* Permissions of Confident AI as a set: bit i is the i-th of the table of model/confident.h. */
#define PERMISSION_SET_WORDS 4u
struct permission_set {
	uint64_t words[PERMISSION_SET_WORDS];
};

/* Confident AI policy: named permissions of the organization or of one project, held through roles. */
struct permission_policy {
	struct document doc;
	struct str name;               /* unique in the organization, or in the project */
	struct str description;        /* absent: null */
	struct str tenant;             /* the project; absent: of the organization */
	struct str_list permissions;   /* ids (model/confident.h), of either catalogue, in the order given */
	struct permission_set granted; /* not stored: the same */
};

struct governance_control {
	struct str id, name, type;
};

/* Confident AI governance policy: controls on projects. Not about permissions. */
struct governance_policy {
	struct document doc;
	struct str name; /* unique in the organization */
	struct str description;
	const struct governance_control *controls;
	size_t n_controls;
};

/* What an access grant is about, who it is for, and how far it goes (Aitronos); zero is none of them. */
enum entity_type { ENTITY_NONE, ENTITY_KNOWLEDGE_SLICE, ENTITY_VECTOR_STORE, ENTITY_ASSISTANT, ENTITY_N_TYPES };
enum grantee_type { GRANTEE_NONE, GRANTEE_USER, GRANTEE_DEPARTMENT, GRANTEE_ROLE, GRANTEE_N_TYPES };
enum access_level {
	ACCESS_NONE,
	ACCESS_READ,
	ACCESS_WRITE,
	ACCESS_ADMIN,
	ACCESS_N_LEVELS
}; /* each holds those before */

#define GRANT_MAX_ID_BYTES     23u  /* of a grant's own id */
#define GRANT_MAX_ENTITY_BYTES 200u /* of an entity's id */

/*
 * Aitronos access grant: a user, department or role gets a level of access to one entity. At most one a grantee and
 * entity. There may be millions of them, so snapshots keep them in a form of their own (policy/grants.h).
 */
struct access_grant {
	struct document doc; /* no aliases */
	enum entity_type entity_type;
	struct str entity_id; /* of a resource that need not be registered */
	enum grantee_type grantee_type;
	struct str grantee_id; /* canonical: of a user, a group, or a role */
	enum access_level level;
	struct str granted_by; /* id of the principal */
};

/*
 * Native access policy: subjects may, or may not, do actions on resources where its condition holds. Spelled as
 * model/native.h says.
 */
struct access_policy {
	struct document doc;
	struct str description;
	bool deny;
	struct str_list subjects;  /* none: it is about nobody */
	struct str_list actions;   /* at least 1 */
	struct str_list resources; /* at least 1 */
	struct str_list tenants;   /* ids; none: everywhere */
	struct str condition;      /* CEL (policy/native_condition.h); absent: none */
	int64_t valid_from_ms;     /* first ms in which it counts; 0: always */
	int64_t valid_until_ms;    /* first ms in which it no longer counts; 0: no such ms */
};

/* Separation of duties: roles of which nobody should hold more than so many, in whatever tenants. */
struct separation {
	struct document doc;
	struct str description;
	struct str_list roles; /* at least 2 */
	int64_t max;           /* from 1 to one less than there are roles */
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

/* "knowledge_slice" …; the absent string for none. */
struct str entity_type_name(enum entity_type type);
struct str grantee_type_name(enum grantee_type type);
struct str access_level_name(enum access_level level);
/* By name; 0 (…_NONE) when there is none of that name. */
enum entity_type entity_type_of(struct str name);
enum grantee_type grantee_type_of(struct str name);
enum access_level access_level_of(struct str name);

/* The unique keys of the tag catalog (document_unique_key()), to look entries up by. In `a`. */
struct str tag_key_unique(struct arena *a, struct str tenant, struct str key);
struct str tag_value_unique(struct arena *a, struct str tag_key, struct str value);
/* The same of a permission policy. */
struct str permission_policy_unique(struct arena *a, struct str tenant, struct str name);
/* The link (document_links()) of composites that have the resource as a member. In `a`. */
struct str resource_member_link(struct arena *a, struct str type, struct str id);
