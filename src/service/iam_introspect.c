/* SPDX-License-Identifier: Apache-2.0
 *
 * What may I do? Asked by user interfaces about many actions at once.
 */
#include "model/validate.h"
#include "policy/native_condition.h"
#include "service/iam.h"

#define FAIL_PAIR(c, at, field, pattern)                                                                               \
	iam_fail((c), SERVICE_INVALID,                                                                                 \
	         "invalid FilterAuthorizedPairsReq.Pairs[%zu]: embedded message failed validation | caused by: "       \
	         "invalid Pair." field ": value does not match regex pattern \"" pattern "\"",                         \
	         (at))

static enum service_result check_pairs(struct iam_call *c, const struct iam_pair *pairs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!iam_valid_query_resource(pairs[i].resource))
			return FAIL_PAIR(c, i, "Resource", "^[a-z][^:*]*(?::[^:*]+)*$");
		if (!iam_valid_query_action(pairs[i].action))
			return FAIL_PAIR(c, i, "Action", "^[a-z][a-zA-Z]*(?::[a-z][a-zA-Z]*){2}$");
	}
	return SERVICE_OK;
}

/*
 * Tenant-blind, as in the ancestor: a deny anywhere hides the pair. A key bound to tenants must be good for the action
 * in one of them, too.
 */
static bool may(struct iam_call *c, const struct iam_pair *pair)
{
	const struct ask ask = {
	    .subject_type = c->caller->type,
	    .subject_id = c->caller->id,
	    .action = pair->action,
	    .resource = {.type = pair->resource},
	    .now_ms = c->now_ms,
	};
	struct asked asked = {.snapshot = c->snapshot, .ask = &ask, .resource = &ask.resource, .arena = c->arena};
	const struct attributes attributes = {.asked = &asked};
	const struct query q = {
	    .attributes = &attributes,
	    .subjects = c->caller->subjects,
	    .n_subjects = c->caller->n_subjects,
	    .action = pair->action,
	    .resource = pair->resource,
	    .scope = SCOPE_BLIND,
	    .now_ms = c->now_ms,
	};

	if (!verdict_allows(engine_decide(&c->snapshot->engine, &q, c->arena, NULL)))
		return false;
	if (!c->caller->key || !c->caller->key->is_bound)
		return true;
	return verdict_allows(
	    service_authorize(c->snapshot, c->caller,
	                      &(struct permission){.action = pair->action, .resource = pair->resource}, c->now_ms,
	                      c->arena)
	        .verdict);
}

/* One text for one pair; neither half holds a newline that the other could be mistaken over: actions have none. */
static struct str pair_key(const struct iam_pair *pair, struct arena *a)
{
	return arena_concat3(a, pair->action, STR("\n"), pair->resource);
}

enum service_result iam_introspect_pairs(struct iam_call *c, const struct iam_pair *pairs, size_t n,
                                         const struct iam_pair **ret, size_t *ret_n)
{
	enum service_result r = check_pairs(c, pairs, n);
	struct iam_pair *allowed;
	struct str *keys;
	struct str_list unique;

	if (r != SERVICE_OK)
		return r;
	keys = ARENA_ARRAY(c->arena, struct str, n);
	for (size_t i = 0; i < n; i++)
		keys[i] = pair_key(&pairs[i], c->arena);
	unique = iam_without_repeats((struct str_list){keys, n}, c->arena);
	allowed = ARENA_ARRAY(c->arena, struct iam_pair, unique.n);
	*ret_n = 0;
	for (size_t i = 0; i < unique.n; i++) {
		size_t cut = str_find(unique.items[i], '\n', 0);
		struct iam_pair pair = {.action = str_slice(unique.items[i], 0, cut),
		                        .resource = str_slice(unique.items[i], cut + 1, unique.items[i].len)};

		if (may(c, &pair))
			allowed[(*ret_n)++] = pair;
	}
	*ret = allowed;
	return SERVICE_OK;
}
