#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * What the documents of one dialect allow and deny, said in the documents of another. The middle are the statements
 * that the engine evaluates (policy/lower.h), so that what is converted is what counts: the actions of roles, the
 * attachments of tag policies, the holders of grants.
 *
 * What the other dialect cannot say is told, one loss each. An allow that cannot be said is left out: nobody gains. A
 * deny that cannot be said is left out as well, and then the whole is not safe to use in place of what was converted:
 * somebody may gain. Without losses both decide alike. Pure; one thread.
 */
#include "policy/snapshot.h"

enum convert_dialect {
	CONVERT_NONE,
	CONVERT_NATIVE,       /* access policies */
	CONVERT_CONNHEX,      /* statement policies */
	CONVERT_LANGSMITH,    /* tag policies and their attachments */
	CONVERT_CONFIDENT,    /* roles with permission policies */
	CONVERT_CONDUCTORONE, /* bindings of entitlements */
	CONVERT_AITRONOS,     /* access grants */
	CONVERT_CEDAR,        /* the policy language of that name, policy/cedar.c; is only written */
	CONVERT_N_DIALECTS
};
/* "native" …; CONVERT_NONE when there is none of that name. */
enum convert_dialect convert_dialect_of(struct str name);
/* Can it be read? All but CONVERT_NONE can be written, though nothing can be said in approval policies. */
bool convert_reads(enum convert_dialect dialect);

struct convert_loss {
	enum document_kind kind; /* of the document that is not said wholly */
	struct str id;
	uint32_t statement;
	bool is_deny;
	struct str what; /* "subjects", "condition" …: the part that cannot be said */
	struct str why;
};

/* A permission policy says nothing before roles hold it. */
struct converted_permissions {
	struct permission_policy policy;
	struct str_list roles; /* ids: of the policy's project, or of the organization */
};
static_assert(offsetof(struct converted_permissions, policy.doc) == 0, "that of a document is where the document is");
static inline const struct converted_permissions *converted_permissions_of(const struct document *doc)
{
	assert(doc->kind == DOC_PERMISSION_POLICY);
	return (const struct converted_permissions *)(const void *)doc;
}

#define CONVERT_MAX_DOCUMENTS 100000u
/* Of one tag policy that is written: what such calls take (service/tag_policies.h). */
#define CONVERT_MAX_TAG_GROUPS     100u
#define CONVERT_MAX_TAG_CONDITIONS 10u /* that are read from CEL, of one group */
#define CONVERT_MAX_TAG_ROLES      1000u

struct conversion {
	/*
	 * Of kind ACCESS_POLICY, STATEMENT_POLICY, ACCESS_GRANT, TAG_POLICY, or PERMISSION_POLICY (which is one of
	 * struct converted_permissions); with ids or names made from those of what they say.
	 */
	const struct document **documents;
	size_t n_documents, cap_documents;
	struct convert_loss *losses;
	size_t n_losses, cap_losses;
	bool is_unsafe;
	bool is_too_large; /* there are more documents than CONVERT_MAX_DOCUMENTS: it is not complete */
};

struct convert_query {
	enum convert_dialect from, to;
	struct buf *cedar; /* CONVERT_CEDAR: where the text goes; it may overflow */
	struct str id;     /* of one document; absent: all of the dialect, but for those that are part of the program */
};
/* Everything is allocated in `a`, or borrowed from the snapshot. */
void convert(const struct snapshot *s, const struct convert_query *q, struct arena *a, struct conversion *ret);

/*
 * The entities that the text speaks of, as a list in Cedar's JSON: every user and service, with the groups and the
 * roles it has everywhere as parents.
 */
void convert_cedar_entities(const struct snapshot *s, struct json_writer *w);

/* The condition of a tag policy's group in CEL, over resource.tags. In `a`. */
struct str convert_tag_condition(const struct tag_group *group, struct arena *a);
