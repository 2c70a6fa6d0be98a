#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared by the files of the conversion only.
 */
#include "policy/convert.h"

/* A statement on its way, with all that was found out about it. */
struct middle {
	enum document_kind kind;
	struct str id;
	uint64_t seq;
	uint32_t index, n; /* which of how many statements */
	struct str_list subjects;
	struct statement s;
	struct str condition;      /* in CEL; absent: none */
	struct str odd_condition;  /* why its condition cannot be said in CEL; absent: it can */
	struct str_list resources; /* of tag policies, which are lowered to selectors; none: those of the statement */
	const struct tag_group *group; /* of a tag policy; NULL: it is none */
};

struct convert {
	const struct snapshot *snapshot;
	const struct convert_query *q;
	struct arena *arena;
	struct conversion *out;
	struct access_grant **grants; /* that are to be written: one for an entity and grantee, once they are merged */
	size_t n_grants, cap_grants;
};

/* What cannot be said of the statement. */
void convert_lose(struct convert *c, const struct middle *m, const char *what, struct str why);
/* "\"item\" why" */
struct str convert_quoted(struct convert *c, struct str item, const char *why);
/* Is it an allow without condition and time? Otherwise it is lost, for dialects that have nothing of that. */
bool convert_is_plain_allow(struct convert *c, const struct middle *m);
/* That of the document where it can be; else one of its place. Statements of one document are numbered from 1. */
struct str convert_new_id(struct convert *c, const struct middle *m);
void convert_add_document(struct convert *c, const struct document *doc);

static inline bool convert_is_unlimited(const struct statement *s)
{
	return s->valid_from_ms == INT64_MIN && s->valid_until_ms == INT64_MAX;
}
/* Does the id of a resource stand for others in a statement? */
static inline bool convert_is_pattern(struct str id)
{
	return str_eq(id, STR("*")) || str_ends_with(id, STR(":*")) ||
	       (id.len && memmem(id.ptr, id.len, "${", 2) != NULL);
}
/* Is the role held in a tenant by anybody? There grants to it do not count. */
bool convert_is_held_in_tenant(struct convert *c, struct str role);
/* What a group is about, spelled natively: its type, and those spelled otherwise that count as such. */
struct str_list convert_tag_resources(struct convert *c, const struct tag_group *group);

/* The conditions of a group whose convert_tag_condition() is this text, in `a`; false: it is that of none. */
bool convert_read_tag_condition(struct str text, struct arena *a, struct tag_group *ret);

/* Adds a copy of the grant to those that are to be written. */
void convert_add_grant(struct convert *c, const struct access_grant *grant);
/* Writes them, of those for one entity and grantee the highest: there can be only one. */
void convert_finish_grants(struct convert *c);

/* One for each dialect that is not in convert.c. Cedar: adds one policy to q->cedar. */
void convert_to_cedar(struct convert *c, const struct middle *m);
void convert_to_aitronos(struct convert *c, const struct middle *m);
void convert_to_confident(struct convert *c, const struct middle *m);
void convert_to_langsmith(struct convert *c, const struct middle *m);
