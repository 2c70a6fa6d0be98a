#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The engine: statements in, verdicts out. It knows nothing but statements; what a document
 * of a dialect means is said by lowering it to them (policy/lower.h).
 *
 *   decide:  candidates = statements indexed under the query's subjects, their wildcards and
 *                         "*", that can match the action and the resource
 *            deny  if a deny statement matches          -> the verdict names it
 *            allow if an allow statement matches        -> the verdict names it
 *            deny  otherwise
 *
 * Matching (Connhex IAM, of which the other dialects use a part):
 *   subject   equal; "*" matches every subject; a stored "p:*" matches every subject that
 *             starts with "p:" (at any depth, but not "p" itself). Nothing else is special.
 *   action    equal; "*"; and, when the asked action has exactly three sections a:b:c, also
 *             "a:*", "a:b:*", "a:*:c" and "*:c".
 *   resource  equal; "*"; a stored "p:*" matches everything that starts with "p:".
 *             A stored resource that contains "${": every "${a2:username}" is replaced by <name>
 *             of each query subject of the form user:<any>:<name> (exactly three sections) and
 *             the result matched as above; with no such subject it matches nothing. Other names
 *             stay literal.
 *             A query may bring selectors: further strings, each of which a stored resource may
 *             equal (no wildcards, no variables). They let statements be found by what a
 *             resource is like, not only by its name.
 *   tenants   a statement applies in all tenants or in those it lists; one that lists none is
 *             inert, except in the tenant-blind scope.
 *
 * Conditions have three values. A false condition does not match. An unknown one (an error, missing
 * data) does not match in an allow and DOES match in a deny:
 *
 *               true     unknown   false
 *     allow     match    -         -
 *     deny      match    match     -
 *
 * Pure: no clock, no I/O, no locks, no globals. An engine value is one immutable version;
 * changes go through a struct edit and leave other versions as they are. Any number of
 * threads may decide on one version.
 */
#include "base/arena.h"
#include "base/pmap.h"
#include "base/ptrie.h"
#include "base/pvec.h"

enum effect { EFFECT_NONE, EFFECT_ALLOW, EFFECT_DENY };
enum truth { TRUTH_FALSE, TRUTH_UNKNOWN, TRUTH_TRUE };

struct query;

/*
 * A condition of a statement, first member of the kind's own struct; owned by the engine once put, and released as
 * `object` says: one heap block has nothing to say. `eval` must be pure, bounded and thread-safe.
 */
struct condition {
	struct edit_object object;
	enum truth (*eval)(const struct condition *self, const struct query *query);
};

/* What a statement says. Borrowed by engine_put(), which copies what it keeps. */
struct statement {
	enum effect effect; /* never EFFECT_NONE */
	struct str_list actions;
	struct str_list resources;
	bool all_tenants;
	struct str_list tenants;           /* ids; ignored when all_tenants */
	int64_t valid_from_ms;             /* first ms in which it counts; INT64_MIN: always */
	int64_t valid_until_ms;            /* first ms in which it no longer counts; INT64_MAX: no such ms */
	const struct condition *condition; /* NULL: none. The statement set owns it until put */
};

/* All statements of one document, with the subjects they are about. */
struct statement_set {
	uint32_t kind; /* of the document; the engine only hands it back */
	struct str id; /* of the document */
	struct str_list subjects;
	const struct statement *statements;
	size_t n_statements;
};

/* One version of the index. A zeroed struct plus a seed is the empty engine. */
struct engine {
	uint64_t seed;              /* of the hashes; random per process, fixed in tests */
	struct pmap subjects;       /* subject pattern -> postings */
	struct pmap sets;           /* (kind, id) -> compiled set */
	struct ptrie resources;     /* resource pattern -> the sets that name it, for searches */
	struct ptrie actions;       /* actions that sets name, likewise */
	struct pmap action_numbers; /* action -> its number: those, and others that were named once */
	struct pvec action_counts;  /* by number: how many sets name it */
	struct pmap tenants_by_id;  /* tenant id -> its number */
	struct pvec tenants;        /* number -> tenant */
	uint64_t n_tenant_numbers;  /* numbers are never used twice in one lineage */
	uint64_t n_statements;
	uint64_t n_bytes; /* held by the compiled sets */
};

void engine_init(struct engine *g, uint64_t seed);
/* Replaces all that the document (kind, id) had. Cost: the subjects and statements of the two sets, not the size of the
 * engine. */
void engine_put(struct engine *g, struct edit *e, const struct statement_set *set);
/* Removes the document's statements; nothing when it has none. */
void engine_remove(struct engine *g, struct edit *e, uint32_t kind, struct str id);
/* Makes a tenant known (live), or no longer. The pseudo tenant "(unassigned)" is always known. */
void engine_add_tenant(struct engine *g, struct edit *e, struct str id);
void engine_remove_tenant(struct engine *g, struct edit *e, struct str id);
/* Retires every node and block of this version (a snapshot that nobody shares is freed so). */
void engine_retire_all(struct engine *g, struct edit *e);

/* One of the query's subjects: a concrete string such as "user:local:alice", never a pattern. */
struct subject {
	struct str text;
	struct str tenant; /* absent: counts everywhere; else only in this tenant (a role held in one tenant) */
};

enum tenant_scope {
	SCOPE_LISTED, /* the tenants of the query; unknown ids are asked about too and come back under an all-tenants
	                 allow */
	SCOPE_ALL,    /* every live tenant and "(unassigned)" */
	SCOPE_BLIND,  /* tenants play no part: allow if any allow matches and no deny does */
};

struct verdict;
struct observer;

/*
 * Further statements, kept by the asker in a form of their own: all of them allow, in all tenants, for subjects that
 * count everywhere, without condition. The first member of the keeper's own struct. `find` must be pure, bounded by the
 * query and thread-safe.
 */
struct allow_source {
	/*
	 * Sets effect, kind, document and statement of `*ret` and returns true when one of them matches. With an
	 * observer it shows all that are about the query's subjects and resource.
	 */
	bool (*find)(const struct allow_source *self, const struct query *q, struct arena *a, struct observer *observer,
	             struct verdict *ret);
};

struct query {
	const struct subject *subjects;
	size_t n_subjects;
	struct str action;
	struct str resource;
	struct str_list selectors; /* further names of the resource, matched as they stand */
	enum tenant_scope scope;
	struct str_list tenants; /* SCOPE_LISTED only; duplicates collapse */
	int64_t now_ms;
	const struct allow_source *source; /* NULL: none */
	const void *attributes;            /* handed to conditions; the engine does not look inside */
};

/* Zeroed memory denies. */
struct verdict {
	enum effect
	    effect; /* EFFECT_ALLOW only if allowed; EFFECT_DENY: a deny statement decided; NONE: nothing allowed it */
	uint32_t kind; /* the deciding document; valid while the version lives */
	struct str document;
	uint32_t statement; /* its position in the set */
	bool everywhere;    /* allowed in every tenant that was asked about; always cheap to know */
};

static inline bool verdict_allows(struct verdict v)
{
	return v.effect == EFFECT_ALLOW;
}

/*
 * Decides. With `ret_tenants` (may be NULL) also the authorized tenants, allocated in `a`, without duplicates: in the
 * order of the query (SCOPE_LISTED), or live tenants in the order they were added, then "(unassigned)" (SCOPE_ALL);
 * none for SCOPE_BLIND. The verdict allows exactly when at least one tenant is authorized (or, blind, when allowed).
 * `a` is scratch; a decision with few subjects and no tenant list takes nothing from it.
 */
struct verdict engine_decide(const struct engine *g, const struct query *q, struct arena *a,
                             struct str_list *ret_tenants);

/*
 * An observer of the same evaluator: called once for every statement that was a candidate, in the order first looked
 * at; `tenant_matches` is over all the subjects that lead to it. With an observer the evaluation does not stop early.
 * The result of the decision is the same.
 */
struct observed {
	uint32_t kind;
	struct str document;
	uint32_t statement;
	enum effect effect;
	bool action_matches, resource_matches, tenant_matches, is_valid_now;
	enum truth condition;
};
struct observer {
	void (*statement)(struct observer *self, const struct observed *what);
	/* Called once all have been shown, while the query's attributes are still there to be asked; NULL: nobody. */
	void (*end)(struct observer *self, const struct engine *g, const struct query *q, struct arena *a);
	/*
	 * How many more statements it is ready to be shown; 0: any number. When there are more, the rest is not looked
	 * at, `is_cut` is set, and the verdict is not to be used.
	 */
	uint64_t max_statements;
	bool is_cut;
};
struct verdict engine_explain(const struct engine *g, const struct query *q, struct arena *a,
                              struct str_list *ret_tenants, struct observer *observer);

/*
 * Shows the observer the statements that allow the action on the resource, whoever they are about: the query's subjects
 * are not looked at, and `tenant_matches` is said of subjects that count everywhere. Looks at no more than `*steps`
 * statements, and takes from it what it looked at; false: there are more.
 */
bool engine_show_allows(const struct engine *g, const struct query *q, struct arena *a, uint64_t *steps,
                        struct observer *observer);

/* The first `max` subjects that the document's statements are about, patterns as they are; in `a` and the version. */
struct str_list engine_subjects_of(const struct engine *g, uint32_t kind, struct str id, size_t max, struct arena *a);

/* ---- looking at statements, for lint (policy/lint.h): engine-facts.c, engine-cover.c ------------------------------
 */

struct statement_name {
	uint32_t kind;
	struct str document;
	uint32_t statement;
};

/* What is known of a statement without any question. Strings live in the version. */
struct statement_facts {
	enum effect effect;
	bool has_condition, all_tenants;
	size_t n_tenants; /* listed; none, and not all: inert */
	int64_t valid_from_ms, valid_until_ms;
	size_t n_actions, n_resources;
	size_t n_dead_actions;  /* that nobody can ask for: a '*' where it stands for nothing */
	struct str dead_action; /* the first of these */
};
/* How many statements the document has; 0: the engine does not know it. */
size_t engine_count_statements(const struct engine *g, uint32_t kind, struct str id);
/* False: there is none of that name. */
bool engine_statement_facts(const struct engine *g, const struct statement_name *name, struct statement_facts *ret);

/*
 * A statement covers another when it matches whatever the other matches: all of its subjects, actions, resources,
 * tenants and times, and it has no condition, or `same_condition` says that both have the same. Sound, not complete:
 * one statement is compared with one, and patterns as they are written. Selectors are taken to begin with a control
 * character or a byte of no UTF-8, as the name of no resource does.
 */
struct cover_search {
	/* NULL: two conditions are never the same. */
	bool (*same_condition)(const struct cover_search *self, const struct statement_name *x,
	                       const struct statement_name *y);
	/* Called for each that covers; `is_mutual`: it is covered in turn. True: enough. */
	bool (*covered)(struct cover_search *self, const struct statement_name *by, enum effect effect, bool is_mutual);
	uint64_t steps; /* statements that may be compared; what was is taken from it */
};
/* Looks for statements of other documents, and of its own, that cover it. False: there were not enough steps. */
bool engine_find_covers(const struct engine *g, const struct statement_name *name, struct cover_search *search,
                        struct arena *a);

/*
 * The union of the tenants named by allow statements whose subjects match, whatever their actions and resources,
 * without those of the documents for which `skip` (may be NULL) is true; tenants that are not live are among them. A
 * subject that counts in one tenant only gives that tenant, live or not, when the statement applies there. `*ret_all`
 * is set when a statement applies in all tenants and its subject everywhere.
 */
struct str_list engine_tenants_of(const struct engine *g, const struct subject *subjects, size_t n_subjects,
                                  struct arena *a, bool (*skip)(uint32_t kind, struct str document), bool *ret_all);

/*
 * For searches (policy/search.h): what statements name. They are found as decisions find them, and only narrow where to
 * look: whether something is allowed is for a decision to say.
 */
struct engine_names {
	/* Called for each name, which may come more than once; false: that is enough. */
	bool (*name)(struct engine_names *self, struct str name);
	uint64_t max_steps; /* statements looked at; when there are more to look at, the calls return false */
};
/*
 * Each subject that a document is about which allows the query's action on its resource, under a condition or not, in
 * whatever tenants, at whatever time, and for whatever user a variable stands. The query's subjects are not looked at.
 * False when it was not looked at all, for lack of steps or since there was enough.
 */
bool engine_each_subject(const struct engine *g, const struct query *q, struct arena *a, struct engine_names *names);
/* Each resource that a statement names which allows the query's subjects its action; its resource is not looked at. */
bool engine_each_resource(const struct engine *g, const struct query *q, struct arena *a, struct engine_names *names);
/* Each action that a statement names which allows it the query's subjects on its resource. */
bool engine_each_action(const struct engine *g, const struct query *q, struct arena *a, struct engine_names *names);
/* The next resource behind `behind`, or from there on, that any statement names, patterns among them, in the order of
 * bytes; absent at the end. Lives in the version, as do actions, which are without those that have a '*' in them. */
struct str engine_next_resource(const struct engine *g, struct str behind, bool is_included);
struct str engine_next_action(const struct engine *g, struct str behind, bool is_included);

/*
 * For differences between versions (policy/diff.h): statements as the engine keeps them. Two versions that share a set
 * say the same by it; it is one pointer there.
 */
struct cset;
struct said {
	const struct cset *set;
	uint32_t statement;
	uint32_t kind; /* of the document */
	struct str document;
	enum effect effect;
	struct str_list actions, resources; /* patterns; the arrays live in the arena, their texts in the version */
	bool has_condition;
};
size_t said_count(const struct cset *set);
struct said said_at(const struct cset *set, size_t i, struct arena *a);
/* Calls `visit` for each set that is there, until it returns false. */
void engine_each_set(const struct engine *g, bool (*visit)(void *self, const struct cset *set), void *self);
/*
 * The same for those that may have an action and a resource in common with what is looked for: none that has is left
 * out, and few others are not. Much cheaper than to look at all, unless there is a wild pattern in both lists.
 */
struct said_search {
	struct str_list actions, resources; /* patterns */
	uint64_t by_action; /* bits of the kinds (< 64) whose resources do not count: they are selectors */
};
void engine_each_set_about(const struct engine *g, const struct said_search *search,
                           bool (*visit)(void *self, const struct cset *set), void *self);
/* The set of the document, and the subjects it is about (in `a`, each once); NULL: there is none. */
const struct cset *engine_set_of(const struct engine *g, uint32_t kind, struct str id, struct arena *a,
                                 struct str_list *ret_subjects);
/* A subject pattern under which there are sets. */
struct said_under {
	struct str pattern;
	const void *sets; /* for engine_each_under(); the same in two versions: nothing has changed under it */
};
/* The patterns with sets that match the subject: their number; `*ret` in `a`. */
size_t engine_patterns_of(const struct engine *g, struct str subject, struct arena *a, struct said_under **ret);
/* Each set under the pattern, until `visit` returns false; one may come more than once. */
void engine_each_under(const struct said_under *under, bool (*visit)(void *self, const struct cset *set), void *self);
