/* SPDX-License-Identifier: Apache-2.0
 *
 * Native access policies: one is one statement. What it says is the engine's in other words.
 */
#include "model/native.h"
#include "policy/lower.h"
#include "policy/native_condition.h"

/* What is none of these means nothing, and is left out: the empty string matches nothing either. */
static struct str_list engine_subjects(const struct access_policy *p, struct arena *a)
{
	struct str *items = ARENA_ARRAY(a, struct str, p->subjects.n);
	size_t n = 0;

	for (size_t i = 0; i < p->subjects.n; i++) {
		struct str subject = access_policy_engine_subject(a, p->subjects.items[i]);

		if (!str_is_absent(subject))
			items[n++] = subject;
	}
	return (struct str_list){items, n};
}

static struct str_list engine_resources(const struct access_policy *p, struct arena *a)
{
	struct str *items = ARENA_ARRAY(a, struct str, p->resources.n);

	for (size_t i = 0; i < p->resources.n; i++)
		items[i] = access_policy_engine_resource(a, p->resources.items[i]);
	return (struct str_list){items, p->resources.n};
}

void lower_access_policy(const struct snapshot *s, const struct access_policy *p, struct arena *a,
                         struct statement_set *ret_set)
{
	struct statement *statement = ARENA_NEW(a, struct statement);

	*statement = (struct statement){
	    .effect = p->deny ? EFFECT_DENY : EFFECT_ALLOW,
	    .actions = p->actions,
	    .resources = engine_resources(p, a),
	    .all_tenants = p->tenants.n == 0,
	    .tenants = p->tenants,
	    .valid_from_ms = p->valid_from_ms ? p->valid_from_ms : INT64_MIN,
	    .valid_until_ms = p->valid_until_ms ? p->valid_until_ms : INT64_MAX,
	};
	if (!str_is_absent(p->condition))
		statement->condition = native_condition_new(s->native_env, p->condition);
	ret_set->subjects = engine_subjects(p, a);
	ret_set->statements = statement;
	ret_set->n_statements = 1;
}
