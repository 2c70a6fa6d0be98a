#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The reference evaluator: what policy/engine.h promises, written as plain lists and loops so that a reader can check
 * it against the contract line by line. No hash, no index, no early exit that needs an argument. It exists to disagree
 * with the engine.
 *
 * An oracle borrows everything it is given (sets, strings, conditions): all of it must outlive the oracle and its
 * copies. It owns its two arrays only. One thread.
 */
#include "policy/engine.h"

struct oracle {
	struct statement_set *sets; /* in the order put */
	size_t n_sets;
	struct str *tenants; /* live ones, in the order added; never "(unassigned)" */
	size_t n_tenants;
};

#define ORACLE_UNASSIGNED STR("(unassigned)")

void oracle_release(struct oracle *o);
/* An independent second oracle with the same content (a fork, or an older version that is kept). */
void oracle_copy(const struct oracle *o, struct oracle *ret_copy);

/* The edits of engine.h. */
void oracle_put(struct oracle *o, const struct statement_set *set);
void oracle_remove(struct oracle *o, uint32_t kind, struct str id);
void oracle_add_tenant(struct oracle *o, struct str id);
void oracle_remove_tenant(struct oracle *o, struct str id);

struct oracle_answer {
	enum effect effect;
	struct str_list tenants; /* authorized ones, in the documented order; empty for SCOPE_BLIND */
};
struct oracle_answer oracle_decide(const struct oracle *o, const struct query *q, struct arena *a);

/* True when a verdict of `effect` may name this statement: it takes that effect in a tenant asked about, and for an
 * allow in one that is authorized. */
bool oracle_may_decide(const struct oracle *o, const struct query *q, const struct verdict *v, struct arena *a);

/* What one statement says to a query, each part on its own, as engine_explain() tells it. */
struct oracle_view {
	bool is_known; /* the oracle has such a statement */
	bool subject_matches;
	enum effect effect;
	bool action_matches, resource_matches, tenant_matches, is_valid_now;
	enum truth condition;
};
struct oracle_view oracle_view(const struct oracle *o, const struct query *q, const struct observed *what,
                               struct arena *a);
/* True when the statement as a whole takes effect in at least one tenant asked about (or, blind, at all). */
bool oracle_takes_effect(const struct oracle *o, const struct query *q, const struct statement_set *set,
                         const struct statement *st, struct arena *a);

/* As engine_tenants_of(), without duplicates, in no particular order. */
struct oracle_who {
	const struct subject *subjects;
	size_t n_subjects;
	bool (*skip)(uint32_t kind, struct str document);
	/* For subjects that count in one tenant only. Leave them out: */
	bool without_dead;    /* where that tenant is not live */
	bool without_covered; /* from statements that apply in all tenants */
};
struct str_list oracle_tenants_of(const struct oracle *o, const struct oracle_who *who, struct arena *a, bool *ret_all);
