#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of searches; only search*.c include it.
 */
#include "base/strs.h"
#include "policy/search.h"

/* Candidates while they are collected. Once there are more than `max`, they are of no use: all there are are asked. */
struct candidates {
	struct strs list;
	size_t max;
	bool is_all; /* whatever there is may be one */
};
/* False when that is enough. */
bool candidates_add(struct candidates *c, struct str id);
/* In order, each once. */
void candidates_sort(struct candidates *c);
/*
 * How many candidates are worth to be collected for a page, of `n_all` that could be asked in order: with C of them
 * among N, a page of L takes C steps one way and about L * N / C the other.
 */
size_t candidates_worth(const struct search *q, uint64_t n_all);

/* Where candidates come from, in order: a list, or what there is of something. */
enum stream_kind { STREAM_LIST, STREAM_DOCUMENTS, STREAM_RESOURCES, STREAM_ACTIONS };
struct stream {
	enum stream_kind kind;
	struct str head; /* the next one; absent: there is none */
	/* private */
	struct str_list list;
	size_t at;
	const struct snapshot *snapshot;
	enum document_kind doc_kind; /* STREAM_DOCUMENTS; of resources those of the type */
	struct str type;
	struct str prefix; /* of the keys, before the ids: only those with it */
	struct str key;    /* of the head, whole */
};
/* Each begins behind `behind`; absent: at its first. */
struct stream stream_of_list(struct str_list list, struct str behind);
/* The ids of documents with the prefix, without it; `type`: of resources. */
struct stream stream_of_documents(const struct snapshot *s, enum document_kind kind, struct str type, struct str prefix,
                                  struct str behind, struct arena *a);
/* The resources that statements name exactly, by engine text. */
struct stream stream_of_resources(const struct snapshot *s, struct str prefix, struct str behind, struct arena *a);
struct stream stream_of_actions(const struct snapshot *s, struct str behind);

/* The question with the candidate in its place; what it is made of lives in `a`. */
typedef void put_candidate(struct ask *ask, const struct search *q, struct str candidate);
#define MAX_STREAMS 3u
struct streams {
	struct stream items[MAX_STREAMS];
	size_t n;
};
/* Asks about the candidates of all streams in order, until the page is full. */
void search_fill(const struct snapshot *s, const struct search *q, struct streams *streams, put_candidate *put,
                 struct arena *a, struct search_page *ret);

/* Does the pattern match anything but its own text, and could that begin with `prefix`? */
bool pattern_is_wild(struct str pattern);
bool wild_pattern_meets(struct str pattern, struct str prefix);

/* Is there such a resource, see search.h? `name`: its text in the engine. */
bool search_knows(const struct snapshot *s, const struct ask_resource *r, struct str name, struct arena *a);
