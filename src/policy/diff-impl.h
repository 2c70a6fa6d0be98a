#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of differences; only diff*.c include it.
 */
#include "base/hash.h"
#include "base/strs.h"
#include "policy/ask.h"
#include "policy/diff.h"

/* What a part of a pattern stands for that nothing names. */
#define DIFF_ANY "(any)"

/* ---- patterns (diff-patterns.c) -------------------------------------------------------------------------- */

/* The part that two patterns have in common, as a pattern; absent: none. In `a` where it is neither. */
struct str meet_actions(struct str x, struct str y, struct arena *a);
struct str meet_resources(struct str x, struct str y);
/* Can it match anything that can be asked? */
bool action_pattern_is_alive(struct str pattern);
/* Something that the pattern matches and that nothing else names. In `a`. */
struct str action_of_pattern(struct str pattern, struct arena *a);
bool resource_pattern_is_wild(struct str pattern);
bool has_variable(struct str resource);
/* With the user's name in the place of variables. In `a`. */
struct str replace_variables(struct str resource, struct str name, struct arena *a);

/* ---- statements ------------------------------------------------------------------------------------------ */

/* A statement, or a grant, in patterns. */
struct line {
	struct str_list actions, resources;
	bool has_condition; /* on the resource */
	bool is_personal;   /* says something else to each */
};
struct line_list {
	const struct line *items;
	size_t n;
};
/* Of a set; each set is read once. `s`: a snapshot it is in. */
struct diff_work;
struct line_list lines_of_set(struct diff_work *w, const struct snapshot *s, const struct cset *set);
/* The same, read anew. */
struct line_list read_lines(const struct snapshot *s, const struct cset *set, struct arena *a);
/* Of a grant, with what its entity has as members. */
struct line line_of_grant(const struct snapshot *s, const struct access_grant *grant, struct arena *a);
bool lines_overlap(struct diff_work *w, const struct line *x, const struct line *y);

/* A table by pointer, twice as large as what is in it. */
struct set_slot {
	const void *key;
	struct line_list lines;
	bool is_personal;
};
struct set_table {
	struct set_slot *slots;
	size_t n, n_slots;
};
/* The slot of the key; `key` NULL in it: it is new. */
struct set_slot *set_slot(struct set_table *t, const void *key, struct arena *a);

/* ---- principals (diff-principals.c) ---------------------------------------------------------------------- */

enum person_type { PERSON_NONE, PERSON_USER, PERSON_SERVICE, PERSON_OTHER };
struct person {
	enum person_type type;
	struct str id;              /* of others: the subject or pattern */
	const struct document *doc; /* of one side; NULL: of others */
	bool is_changed;            /* what she is a member of, or holds, or she herself may not be the same */
	uint64_t signature;         /* those with the same are asked about once */
	uint32_t next;              /* in the table's chain of others */
};

/*
 * Where in the table those are whose documents have these ordinals: index + 1, in pages that are made when needed.
 * Those of both sides are found under the document before.
 */
enum { PERSONS_A_PAGE = 1024 };
struct person_places {
	uint32_t **pages;
	size_t n_pages;
};

struct forced_grant {
	struct line line;
	struct str subject; /* the grantee */
};

struct diff_work {
	const struct diff_query *q;
	struct arena *arena;
	const struct snapshot *sides[2]; /* before, after */
	uint64_t n_steps;
	bool is_over;

	struct person *persons;
	size_t n_persons, cap_persons;
	struct person_places places[2][PERSON_OTHER]; /* by side and type */
	uint32_t *heads;                              /* others, by hash: index + 1 */
	size_t n_heads, n_others;
	bool has_everyone;
	bool same_members;  /* on both sides */
	bool by_statements; /* principals are told apart */
	struct strs marked; /* subjects that are in the signatures of those who bring them */

	struct set_table sets;
	struct set_table under; /* by group of sets: is one of them personal? */

	struct line *delta; /* what changed sets say */
	size_t n_delta, cap_delta;
	const struct cset **changed_sets; /* as they are after */
	size_t n_changed_sets, cap_changed_sets;
	struct forced_grant *grants; /* that changed */
	size_t n_grants, cap_grants;
	struct strs resources;   /* that changed: ids of documents */
	struct str_list tenants; /* of either side, and "(unassigned)" last */
	bool is_by_tenant;       /* conditions may know the tenant: each is asked about alone */
};

/* The table, and who brings a subject (diff-bringers.c). */
/* Called for each who does, once for each way; `tenant`: where it counts. */
struct bringers {
	struct diff_work *work;
	const struct snapshot *snapshot;
	void (*bring)(struct bringers *b, enum person_type type, const struct document *doc, struct str tenant);
	uint64_t mark; /* mark_of_subject(); 0: none */
};

uint64_t person_hash(enum person_type type, struct str id);
/* A registered one, by her document of either side. */
struct person *find_person(const struct diff_work *w, enum person_type type, const struct document *doc);
/* The same; comes into the table if she is not there. NULL: the bounds do not suffice. */
struct person *add_person(struct diff_work *w, enum person_type type, const struct document *doc);
struct person *add_other(struct diff_work *w, struct str subject);
uint64_t first_signature(enum person_type type, struct str id);
/* What a signature has of a text, which counts in a tenant; and of a subject, by its mark. */
uint64_t mark_of(const struct diff_work *w, uint64_t salt, struct str text, struct str tenant);
uint64_t mark_of_subject(const struct diff_work *w, struct str subject);
uint64_t mark_in(const struct diff_work *w, uint64_t mark, struct str tenant);
void bring_members(struct bringers *b, const struct str *names, size_t n, struct str tenant);
void bring_principal(struct bringers *b, const struct role_member *m);
bool bring_subject(struct bringers *b, struct str subject);
void bring_below(struct bringers *b, struct str department);

/* Counts work; false when that was too much. */
bool diff_step(struct diff_work *w, uint64_t n);
/* Everybody whom the changed documents may concern. */
void find_persons(struct diff_work *w);
/* Do those who bring the subject have it in their signatures already? */
bool subject_is_marked(const struct diff_work *w, struct str subject);
/* Who are the same (diff-signatures.c). */
void sign_persons(struct diff_work *w);
void person_subjects(const struct snapshot *s, const struct person *p, struct arena *a, const struct subject **ret,
                     size_t *ret_n);
/* The question by the person, its action and resource left open. In `a`. */
struct ask person_ask(const struct diff_work *w, const struct person *p, struct arena *a);

/* ---- questions (diff-cells.c) ---------------------------------------------------------------------------- */

/* One that has another answer. */
struct found_cell {
	struct diff_cell cell;
	bool gains;
	enum document_kind kind;
	struct str document, through;
};
struct found {
	struct found_cell *items; /* in the work's arena */
	size_t n, cap;
};
/* Asks all that is to be asked of the person. */
void find_cells(struct diff_work *w, const struct person *p, struct arena *scratch, struct found *ret);

/* ---- the report (diff-report.c) --------------------------------------------------------------------------- */

struct report {
	struct diff_work *work;
	struct report_group *groups;
	size_t n, cap;
	uint32_t *heads;
	size_t n_heads;
	struct diff diff;
};
void report_add(struct report *r, const struct found *found, const struct person *const *persons, size_t n);
void report_finish(struct report *r, struct diff *ret);
