#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * A question as people and AuthZEN put it (user alice, action, resource type and id) turned into a query
 * of the engine on one snapshot: who alice is there, which groups and roles she brings, and which tenants are meant.
 *
 *   subjects  user     user:local:<id>, team:local:<g> of each group, role:<r> of each role held by her or her groups
 *                      (only in its tenant where the role is held in one); unregistered: nothing of her own
 *             service  token:<id> and its roles; group: team:local:<id> and its roles; role: role:<id>
 *             (Confident AI's of a project: in it only)
 *             external only the raw subjects
 *             Where departments inherit, those above her departments, which only access grants know.
 *             Whoever is a member of a tenant (by one of LangSmith's roles held there, or as Organization Admin) also
 *             brings, there, the groups that tag policies are attached to: policies allow nothing to others, whatever
 *             group they are in.
 *   tenants   listed; else the one named; else that of the registered resource; else, of a run, that of its
 *             registered project; else the tenant whose id is the resource's id; else, for a permission of Confident
 *             AI, "(unassigned)", which is the organization; else none: then all tenants and "(unassigned)" are asked
 *             about, and any one is enough
 *   tags      those that the question states; else those of the registered resource; else, when the question
 *             describes the resource at all, none; else they are unknown: no allow depends on them, and every deny
 *             that does counts. A run (LangSmith) has no tags of its own: where the question states none, those of its
 *             project count, which is its parent (stated, else registered); they are unknown when that is no
 *             registered resource of type "project". Nothing of this is looked up in an organization without tag
 *             policies.
 *   app       an app_entitlement is called by its id, which is unique in its application only: the application stated
 *             counts, or the one that stands in the id as "<app>/<id>", else the only one that has such an
 *             entitlement. Where there is none or more than one, nothing is allowed.
 *   target    datasets:clone needs permission on the source and on what is cloned to: both must be allowed.
 *
 * An action with a '*' in it names no action: denied.
 */
#include "policy/snapshot.h"
#include "policy/tags.h"

/* A resource as a question names it. */
struct ask_resource {
	struct str type;
	struct str id; /* empty: the type alone */
	bool lists_tenants;
	struct str_list tenants; /* when lists_tenants */
	struct str tenant;       /* else, when present */
	bool is_described;       /* the question says more of it than type and id */
	bool states_tags;
	const struct tag *tags; /* when states_tags */
	size_t n_tags;
	struct str parent; /* "<type>/<id>"; absent: that of the registered resource */
	struct str app;    /* of an app_entitlement: in which application; absent: see above */
};

struct ask {
	struct str subject_type;
	struct str subject_id;
	struct str_list raw_subjects; /* vouched for by the asker; valid by iam_valid_query_subject() */
	struct str action;
	struct ask_resource resource;
	const struct ask_resource *target; /* NULL: none */
	bool is_bound;                     /* the asker may only ask about bound_tenants */
	struct str_list bound_tenants;
	/*
	 * What the question says of the three beside that, and of its circumstances, as it was sent: for conditions of
	 * native policies. Objects; NULL: nothing.
	 */
	const struct json *subject_properties, *action_properties, *resource_properties, *context;
	int64_t now_ms;
};

struct answer {
	struct verdict verdict;           /* the target's, when the resource is allowed and the target is not */
	const struct ask_resource *about; /* which of them the verdict is about */
	struct str_list
	    tenants; /* authorized ones, when the question listed tenants; none when the target is not allowed */
};

/* Does the action have a target beside its resource? */
bool ask_takes_target(struct str action);

/* Answers; allocations and results in `a`, the verdict's strings in the snapshot. `observer` may be NULL. */
struct answer snapshot_ask(const struct snapshot *s, const struct ask *q, struct arena *a, struct observer *observer);

/* What conditions learn of a query's tenants (struct attributes): it lists some, and "(unassigned)" is not among them.
 */
bool query_is_in_tenant(const struct query *q);

/* The tags that count for the resource; see above. In `a`. */
struct attributes ask_tags(const struct snapshot *s, const struct ask_resource *r, struct arena *a);

/* The engine subjects of a registered (or not) principal, in `a`; see above. */
void snapshot_subjects(const struct snapshot *s, struct str type, struct str id, struct arena *a,
                       const struct subject **ret_subjects, size_t *ret_n);

/*
 * For searches (policy/search.h), which look for what the engine could find before they ask: who the question is by, as
 * subjects of the query, and what its resource is called there, as resource and selectors. False: nothing can be
 * allowed on the resource. Nothing else of the query is set.
 */
void ask_name_subjects(const struct snapshot *s, const struct ask *q, struct arena *a, struct query *ret);
bool ask_name_resource(const struct snapshot *s, const struct ask_resource *r, struct arena *a, struct query *ret);

/*
 * The document that people know as the one that decided: a tag policy that is attached to a group is lowered under the
 * attachment, and this is the policy. Otherwise the verdict's own. Borrowed from the snapshot; absent id: nothing
 * decided.
 */
struct deciding {
	enum document_kind kind;
	struct str id;
};
struct deciding snapshot_deciding(const struct snapshot *s, struct verdict v);
