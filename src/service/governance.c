/* SPDX-License-Identifier: Apache-2.0 */
#include "service/governance.h"

size_t governance_projects(const struct snapshot *s, struct str policy, struct arena *a,
                           const struct document *const **ret)
{
	return snapshot_linked(s, DOC_TENANT, arena_concat(a, STR("governance_policy:"), policy), a, ret);
}

static void put_under(struct txn *t, const struct tenant *project, struct str policy)
{
	struct tenant next = *project;

	next.governance_policy = policy;
	if (!str_eq(project->governance_policy, policy))
		txn_put(t, &next.doc);
}

/* `required`: the policy that a project must be under; absent: any or none. */
static struct governance_change change(struct txn *t, struct str_list names, struct str required, struct str next)
{
	struct str *done = ARENA_ARRAY(t->arena, struct str, names.n);
	struct str *rest = ARENA_ARRAY(t->arena, struct str, names.n);
	struct governance_change ret = {{done, 0}, {rest, 0}};

	for (size_t i = 0; i < names.n; i++) {
		const struct tenant *project = as_tenant(snapshot_find_any(t->snapshot, DOC_TENANT, names.items[i]));

		if (!project || (!str_is_absent(required) && !str_eq(project->governance_policy, required))) {
			rest[ret.rest.n++] = names.items[i];
			continue;
		}
		if (str_list_has(ret.done, project->doc.id))
			continue;
		done[ret.done.n++] = project->doc.id;
		put_under(t, project, next);
	}
	return ret;
}

struct governance_change governance_assign(struct txn *t, struct str policy, struct str_list projects)
{
	return change(t, projects, STR_NONE, policy);
}

struct governance_change governance_unassign(struct txn *t, struct str policy, struct str_list projects)
{
	return change(t, projects, policy, STR_NONE);
}
