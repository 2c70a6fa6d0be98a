#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Stores of test/cases/connhex.json as twins. The file is read with jansson, a reader that shares nothing with ours.
 * The sets are the plain reading of a policy: a statement's actions are its own and its role's, "~~ALL-PROJECTS~~"
 * means every tenant. Policies of type "system" get the kind CASE_KIND_SYSTEM.
 */
#include <jansson.h>

#include "twin.h"

#define CASE_KIND_CUSTOM 0u
#define CASE_KIND_SYSTEM 1u /* also what twin_check() skips in tenants_of */

/* Borrows strings of the JSON it was filled from. */
struct case_store {
	struct arena arena;
	json_t *owned; /* JSON made for this store alone */
	struct twin twin;
};

void case_store_init(struct case_store *s);
void case_store_release(struct case_store *s);

/* `roles`: {id: [action]} or NULL. */
void case_store_put_policies(struct case_store *s, const json_t *policies, const json_t *roles);
void case_store_add_tenants(struct case_store *s, const json_t *ids);
/* One policy "p" that allows; a NULL part is "anything". */
struct case_statement {
	struct str subject, action, resource;
	struct str_list tenants;
	bool all_tenants;
};
void case_store_put_one(struct case_store *s, const struct case_statement *what);
/* The store of the cases that refer to "defaults-matrix": the shipped policies, each persona in the policy of its name,
 * and the owners' policy of the one project "p". */
void case_store_put_defaults(struct case_store *s, const json_t *defaults);

struct str case_str(const json_t *string);
struct str_list case_list(struct arena *a, const json_t *array);
/* Subjects that count everywhere; adds their number to the query. */
void case_set_subjects(struct query *q, struct arena *a, const json_t *array);
