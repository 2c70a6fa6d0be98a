#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The data of the benchmark: an organization with `n_statements` statements in documents of one to three, held by users
 * and teams, some by wildcards; roles of ten action patterns; one statement in ten denies; 300 tenants. Everything is
 * a function of the size and the document's number.
 */
#include "policy/engine.h"

enum { N_TENANTS = 300, MAX_DOCUMENT_STATEMENTS = 3 };

struct workload {
	size_t n_documents;
	size_t n_users, n_teams, n_services;
	struct str tenants[N_TENANTS];
	struct arena names;
};

struct workload_document {
	struct statement statements[MAX_DOCUMENT_STATEMENTS];
	struct statement_set set;
};

void workload_init(struct workload *w, size_t n_statements);
void workload_release(struct workload *w);
/* Document number `i` in its `variant`-th edition; text and lists live in `a`. */
void workload_document(const struct workload *w, size_t i, uint64_t variant, struct arena *a,
                       struct workload_document *ret_document);
/* Builds the engine in edits of a thousand documents. */
void workload_load(const struct workload *w, struct engine *g);
/* Changes one document as a writer would, each in its own edit; what was retired is for the caller. */
struct edit_blocks workload_put(const struct workload *w, struct engine *g, size_t i, uint64_t variant);

enum query_kind { QUERY_HIT, QUERY_MISS };
/* A random query with `n_subjects` subjects about one tenant; a hit is made from a document's own words. */
struct query workload_query(const struct workload *w, enum query_kind kind, uint64_t random, size_t n_subjects,
                            struct arena *out);
