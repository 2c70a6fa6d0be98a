#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * What is wrong, or of no use, in the documents of an organization. A finding is never wrong: a statement that is said
 * to be shadowed, redundant or without a match can be taken away, alone or together with all the others, and no
 * decision changes (test/oracle compares). Not all there is to find is found: statements are compared one with one, by
 * their patterns, and conditions by what is written in them.
 *
 * Documents are looked at one after the other, in the order of kinds and of creation, so findings come in pages: where
 * one ends follows from the snapshot. The work of a page is bounded; a document is looked at wholly or, where that took
 * too much, told in `n_unchecked`.
 *
 * Pure; any thread. Findings live in the arena and the snapshot.
 */
#include "policy/snapshot.h"

/* Kinds, with the name that stands for good, how bad it is, and what to do. */
#define LINT_KINDS(X)                                                                                                  \
	X(SHADOWED, "shadowed", WARNING, "Remove the allow, or make the deny narrower.")                               \
	X(REDUNDANT, "redundant", INFO, "Remove the statement: the other one says it already.")                        \
	X(NO_SUBJECT, "no_subject", WARNING, "Say whom it is about, or remove it.")                                    \
	X(NO_ACTION, "no_action", WARNING, "Name an action, or remove the statement.")                                 \
	X(DEAD_ACTION, "dead_action", WARNING,                                                                         \
	  "A '*' stands for other actions as a whole section only, as in \"a:*\", \"a:b:*\" or \"*:c\": write it so.") \
	X(NO_RESOURCE, "no_resource", WARNING, "Name a resource, or remove the statement.")                            \
	X(NO_TENANT, "no_tenant", WARNING, "Name a tenant, or remove the statement.")                                  \
	X(EXPIRED, "expired", INFO, "Remove it, or give it another end.")                                              \
	X(IMPOSSIBLE_CONDITION, "impossible_condition", WARNING, "Correct the condition: nothing can satisfy it.")     \
	X(DANGLING, "dangling", ERROR, "Make what is named, or stop naming it.")                                       \
	X(DENY_ON_TAG, "deny_on_tag", INFO, "Know that whoever may change this tag can end the deny.")                 \
	X(DENY_LOST, "deny_lost", WARNING, "Do not delete it before the deny stands without it.")                      \
	X(UNUSED_GRANT, "unused_grant", INFO, "Ask whether it is still needed; take it away if not.")                  \
	X(SELF_APPROVAL, "self_approval", WARNING, "Forbid it, or name other approvers.")                              \
	X(SEPARATION_BROKEN, "separation_broken", ERROR, "Take one of the roles away.")

enum lint_kind {
#define X(upper, name, severity, advice) LINT_##upper,
	LINT_KINDS(X)
#undef X
	    LINT_N_KINDS
};
static_assert(LINT_N_KINDS <= 32, "kinds are bits of a mask");

enum lint_severity { LINT_INFO, LINT_WARNING, LINT_ERROR, LINT_N_SEVERITIES };

/* "shadowed" …; "info" …; absent, and _N_, when there is none of that number or name. */
struct str lint_kind_name(enum lint_kind kind);
enum lint_kind lint_kind_of(struct str name);
struct str lint_severity_name(enum lint_severity severity);
enum lint_severity lint_severity_of(struct str name);
enum lint_severity lint_kind_severity(enum lint_kind kind);
struct str lint_kind_advice(enum lint_kind kind);

struct lint_document {
	enum document_kind kind;
	struct str id;
};
#define LINT_MAX_DOCUMENTS 4u
#define LINT_NO_STATEMENT  UINT32_MAX

struct finding {
	enum lint_kind kind;
	struct lint_document documents[LINT_MAX_DOCUMENTS]; /* the one it is about, then others it has to do with */
	size_t n_documents;
	uint32_t statement; /* of the first document; LINT_NO_STATEMENT: the whole of it */
	struct str text;    /* one sentence */
};

/* What has been used, by the decision log. */
struct lint_usage {
	/* Did the document allow anything since then? */
	bool (*is_used)(const struct lint_usage *self, enum document_kind kind, struct str id);
	int64_t since_ms; /* the log is whole from then on: documents that are younger are not looked at */
};

/* Everything but the snapshot may be zeroed: then all there is. */
struct lint {
	const struct snapshot *snapshot;
	int64_t now_ms;
	uint32_t kinds; /* bits of enum lint_kind; 0: all */
	struct lint_document
	    document; /* kind and id: findings about this one; kind alone: about all such; neither: all */
	struct lint_document
	    deleted; /* is to be deleted: what denies would be lost (LINT_DENY_LOST); none: not asked */
	const struct lint_usage *usage; /* NULL: it is not known what is used */
	uint64_t place;                 /* where the page begins: 0, or `next` of the one before */
	size_t limit;                   /* findings; at least 1 */
	uint64_t max_steps;             /* of work; at least 1 */
};

struct lint_page {
	const struct finding *items;
	size_t n;
	uint64_t next;        /* where the next page begins; 0: there is none */
	uint64_t n_unchecked; /* statements that were too much work to compare with all others */
};

void lint_run(const struct lint *q, struct arena *a, struct lint_page *ret);

/*
 * The roles of a separation of duties that the principal ("user", "service") holds, herself or through a group, in
 * whatever tenant; in `a`. Too many if more than its max.
 */
struct str_list lint_roles_held(const struct snapshot *s, const struct separation *p, struct str type, struct str id,
                                struct arena *a);
