/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/grant_source.h"
#include "policy/native_condition.h"
#include "service/federation.h"
#include "service/internal.h"
#include "service/oauth.h"

/* The key document and the organization it is in; `pending` stands in for its own organization's snapshot. */
static const struct key *find_key(struct service *svc, struct str id, const struct snapshot *pending,
                                  const struct snapshot **ret_snapshot, struct org **ret_org)
{
	for (size_t i = 0; i < svc->n_orgs; i++) {
		struct org *org = svc->orgs[i];
		const struct snapshot *s = org_snapshot(org);

		if (pending && str_eq(pending->org, str_of(org->name)))
			s = pending;
		const struct key *key = FIND(s, key, KEY, id);
		if (key) {
			*ret_snapshot = s;
			*ret_org = org;
			return key;
		}
	}
	return NULL;
}

static bool principal_exists(const struct snapshot *s, const struct key *key)
{
	if (str_eq(key->principal_type, STR("user")))
		return snapshot_find(s, DOC_USER, key->principal_id);
	return str_eq(key->principal_type, STR("service")) && snapshot_find(s, DOC_SERVICE_ACCOUNT, key->principal_id);
}

enum auth_result service_authenticate(struct service *svc, struct str key_text, const struct snapshot *pending,
                                      int64_t now_ms, struct arena *a, struct caller *ret_caller)
{
	const struct snapshot *s;
	const struct key *key;
	struct str id, secret;
	struct org *org;

	if (str_is_empty(key_text))
		return AUTH_MISSING;
	if (access_token_is(key_text))
		return oauth_authenticate(svc, key_text, pending, now_ms, a, ret_caller);
	if (federation_is_token(key_text))
		return federation_authenticate(svc, key_text, pending, now_ms, a, ret_caller);
	if (!key_split(key_text, &id, &secret))
		return AUTH_BAD;
	key = find_key(svc, id, pending, &s, &org);
	if (!key || !key_hash_equals(service_key_hasher(svc), id, secret, key->hash) || !key_is_live(key, now_ms) ||
	    !principal_exists(s, key))
		return AUTH_BAD;
	*ret_caller = (struct caller){
	    .org = org,
	    .key = key,
	    .type = key->principal_type,
	    .id = key->principal_id,
	    .actor = arena_concat3(a, key->principal_type, STR(":"), key->principal_id),
	};
	snapshot_subjects(s, key->principal_type, key->principal_id, a, &ret_caller->subjects, &ret_caller->n_subjects);
	return AUTH_OK;
}

/* The tenants to ask about: those requested (or those the key is bound to), as far as the key may. */
static struct str_list narrowed(const struct caller *c, const struct str_list *requested, struct arena *a)
{
	struct str_list bound = c->key->tenants;
	struct str *items;
	size_t n = 0;

	if (!c->key->is_bound)
		return *requested;
	if (!requested)
		return bound;
	items = ARENA_ARRAY(a, struct str, requested->n);
	for (size_t i = 0; i < requested->n; i++)
		if (str_list_has(bound, requested->items[i]))
			items[n++] = requested->items[i];
	return (struct str_list){items, n};
}

/* Who asks: the caller, or the roles that the caller's token is limited to. */
struct asking {
	const struct caller *caller;
	const struct subject *subjects;
	size_t n_subjects;
};

static struct authorization authorize(const struct snapshot *s, const struct asking *who, const struct permission *p,
                                      int64_t now_ms, struct arena *a)
{
	bool asks_all = !p->requested && !who->caller->key->is_bound;
	struct authorization ret = {0};
	struct grant_source grants;
	struct query q = {
	    .subjects = who->subjects,
	    .n_subjects = who->n_subjects,
	    .action = p->action,
	    .resource = p->resource,
	    .scope = asks_all ? SCOPE_ALL : SCOPE_LISTED,
	    .now_ms = now_ms,
	};

	if (!asks_all)
		q.tenants = narrowed(who->caller, p->requested, a);
	/* For conditions of policies: the resource is known by its whole name only. */
	const struct ask ask = {
	    .subject_type = who->caller->type,
	    .subject_id = who->caller->id,
	    .action = p->action,
	    .resource = {.type = p->resource},
	    .now_ms = now_ms,
	};
	struct asked asked = {.snapshot = s, .ask = &ask, .resource = &ask.resource, .arena = a};
	const struct attributes attributes = {.is_in_tenant = query_is_in_tenant(&q), .asked = &asked};
	q.attributes = &attributes;
	grant_source_use(&grants, s, &q, a);
	ret.verdict = engine_decide(&s->engine, &q, a, NULL);
	ret.everywhere = asks_all && verdict_allows(ret.verdict) && ret.verdict.everywhere;
	/* Most callers may everywhere, which is known without listing hundreds of tenants. */
	if (p->lists_tenants && verdict_allows(ret.verdict) && !ret.everywhere)
		(void)engine_decide(&s->engine, &q, a, &ret.tenants);
	return ret;
}

static struct asking limits_of(const struct caller *c, struct arena *a)
{
	struct str_list scopes = c->client->scopes;
	struct subject *subjects = ARENA_ARRAY(a, struct subject, scopes.n);

	for (size_t i = 0; i < scopes.n; i++)
		subjects[i].text = arena_concat(a, STR(SUBJECT_ROLE), scopes.items[i]);
	return (struct asking){c, subjects, scopes.n};
}

/* What both allow. Roles allow what they allow in every tenant, or not at all. */
static struct authorization both(struct authorization own, struct authorization limit)
{
	if (!verdict_allows(own.verdict))
		return own;
	if (!verdict_allows(limit.verdict) || !limit.verdict.everywhere)
		return (struct authorization){.verdict = {.effect = EFFECT_NONE}};
	return own;
}

struct authorization service_authorize(const struct snapshot *s, const struct caller *c, const struct permission *p,
                                       int64_t now_ms, struct arena *a)
{
	const struct asking self = {c, c->subjects, c->n_subjects};
	struct authorization own = authorize(s, &self, p, now_ms, a);

	if (!c->client || c->client->scopes.n == 0)
		return own;
	const struct asking limits = limits_of(c, a);
	return both(own, authorize(s, &limits, p, now_ms, a));
}
