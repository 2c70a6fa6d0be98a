#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared by native_*.c only: the environment, and what is found out about one question.
 */
#include "expr/expr.h"
#include "policy/native_condition.h"

/* Variables by slot; the first three are structs, whose numbers are the slots. */
enum native_slot { NATIVE_SUBJECT, NATIVE_ACTION, NATIVE_RESOURCE, NATIVE_CONTEXT, NATIVE_NOW, NATIVE_N_SLOTS };

struct native_env {
	struct edit_object object;
	struct cel_env *env;
};

/* What a condition said; NULL: nothing yet. */
struct memo {
	const struct condition *condition;
	enum truth truth;
};
enum { MEMO_FEW = 4 };

/* What takes looking up or building is done once a question. A zeroed value: not done yet. */
struct asked_facts {
	const struct query *query;
	uint64_t units; /* taken by all conditions so far */
	size_t n_bytes;
	struct cel_value subject_properties, resource_properties, groups, roles, tags;
	struct memo few[MEMO_FEW]; /* most questions meet no more */
	struct memo *table;        /* else all of them, by the hash of the condition; NULL: there are few */
	size_t n_memo, table_mask;
};

/* The variables of a question, by slot. */
void native_bind(struct asked *asked, struct cel_value ret_variables[static NATIVE_N_SLOTS]);
