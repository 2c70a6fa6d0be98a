#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Tag policies (LangSmith): how the conditions of a group meet the tags of a resource.
 *
 *   condition   on the resource's values under the key, which is compared exactly:
 *               none      holds for the six _if_exists operators, and for no other
 *               some      equals, equals_ignore_case, matches: any value compares true
 *                         their not_ forms: no value does
 *   group       all of its conditions hold; it is about one permission on one type of resource
 *   unknown     tags that nobody stated and nobody registered: then every group is unknown
 *
 * equals compares bytes; equals_ignore_case after simple case folding of Unicode (no locale); matches is a glob
 * over the whole value: '*' any run of characters, '?' exactly one, everything else itself.
 *
 * Pure. Any thread.
 */
#include "model/kinds.h"
#include "model/langsmith.h"
#include "policy/engine.h"

struct tag {
	struct str key, value;
};

struct asked;

/* What a query's `attributes` point to. NULL stands for unknown tags, and for no tenant. */
struct attributes {
	bool is_in_tenant; /* the question names tenants, and "(unassigned)" is not among them */
	bool tags_are_known;
	const struct tag *tags;
	size_t n_tags;
	struct asked *asked; /* for conditions of native policies (policy/native_condition.h); NULL: they are unknown */
};

/* Does one value satisfy the comparison? Linear in the two lengths. */
bool tag_compare(enum tag_comparison comparison, struct str pattern, struct str value);

/* Does the group hold for these tags? What its permission and type are is not looked at. */
bool tag_group_holds(const struct tag_group *group, const struct tag *tags, size_t n_tags);

/*
 * The condition of the group by which it does not hold, or is not known to hold: the first that is false, else the
 * first that is unknown. NULL: it holds.
 */
const struct tag_condition *tag_group_failure(const struct tag_group *group, const struct attributes *known);

/*
 * The conditions of a group as a condition of the engine: one heap block that holds everything it needs, owned by
 * the caller until put. Evaluates to TRUTH_UNKNOWN when the tags are, or when an operator or attribute is none that
 * this program knows (no dialect lets one in).
 */
struct condition *tag_condition_new(const struct tag_group *group);

/*
 * Selectors (engine.h): strings by which a statement that can only match resources with a certain tag is found from
 * that tag, so that a decision does not look at statements about other tags. They only narrow the search, and those of
 * one type collide at random: the condition itself is always evaluated too. They are no UTF-8, so no resource string
 * that a dialect accepts equals one. `type` is the type of resource as the question spells it.
 *
 *   by value          equals; a glob without '*' and '?'
 *   by folded value   equals_ignore_case
 *   by first or last bytes of the value, of certain lengths; by some bytes anywhere in it: other globs
 *   by key            negated operators, and globs with hardly anything but '*' and '?'
 */

/*
 * What the selectors of all groups are like: by which of these ways the values of a key are looked up, and a filter of
 * the selectors there are. A decision makes no others, which is what keeps it from searching for each tag in vain. Keys
 * share slots and selectors bits, and nothing is ever taken back. Zeroed: no policies. The filter is a block that
 * versions share: changed under an edit, retired by whoever ends the last version.
 */
#define TAG_PLAN_SLOTS 128u
struct tag_filter;
struct tag_plan {
	uint64_t ways[TAG_PLAN_SLOTS];
	struct tag_filter *filter; /* NULL: no group has a selector by a tag */
	bool has_type;             /* a group is found by the type of the resource alone */
};
void tag_plan_add(struct tag_plan *plan, struct edit *e, const struct tag_group *group);

/*
 * For a group: by its most selective condition; by the type alone, when no condition requires a tag to be there. In
 * `a`.
 */
struct str tag_selector_of_group(const struct tag_group *group, struct str type, struct arena *a);
/* For a deny group that has a tag's selector, too: with unknown tags any may hold. In `a`. */
struct str tag_selector_of_unknown(struct str type, struct arena *a);
/* For a resource: all that a statement about its type or one of its tags could be found by. In `a`. */
struct str_list tag_selectors_of_tags(const struct tag_plan *plan, struct str type, const struct tag *tags,
                                      size_t n_tags, struct arena *a);
/* The same for a resource whose tags are unknown. */
struct str_list tag_selectors_of_unknown(struct str type, struct arena *a);
