#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared by lint*.c only: a run, and the checks of one document.
 */
#include "policy/lint.h"

struct lint_run {
	const struct lint *query;
	const struct snapshot *snapshot;
	struct arena *arena;
	struct lint_page *page;
	struct finding *items;
	size_t cap;
	uint64_t n_skipped, skip; /* of the document's findings, those that stood on pages before */
	uint64_t steps;           /* left */
	bool has_looked;          /* at one document at least */
	bool is_full;             /* a finding found no place: the page ends before it */
};

/* Is this kind of finding asked for? Before what costs something. */
bool lint_wants(const struct lint_run *r, enum lint_kind kind);
/* Takes steps; false: there are none left. */
bool lint_step(struct lint_run *r, uint64_t n);
/* Adds a finding about the document; the text is a sentence. */
void lint_add(struct lint_run *r, const struct finding *f, struct str text);
/* A finding about one document. */
struct finding lint_about(enum lint_kind kind, const struct document *doc, uint32_t statement);
void lint_name_other(struct finding *f, enum document_kind kind, struct str id);
/* "access policy p1", for sentences. */
struct str lint_spoken(const struct lint_run *r, enum document_kind kind, struct str id);

/* Each looks at one document. */
typedef void lint_check(struct lint_run *r, const struct document *doc);
lint_check lint_statements; /* shadowed, redundant, without a match */
lint_check lint_references; /* names what is not there */
lint_check lint_deletes;    /* denies that hang on something */
lint_check lint_holders;    /* unused grants, self approval, separations */

/* Does it come with the program or a dialect? Then there is nothing about it to be done. */
bool lint_is_built_in(const struct document *doc);

/* lint-conditions.c: can the condition of this statement hold at all? False: `*ret_why` is a sentence's end. */
bool lint_condition_is_possible(struct lint_run *r, const struct document *doc, uint32_t statement,
                                struct str *ret_why);
/* Do two statements have the same condition? Both of documents that the snapshot has. */
bool lint_same_condition(const struct snapshot *s, const struct statement_name *x, const struct statement_name *y);
