/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/requestable.h"

static const struct app_entitlement *entitlement_of(const struct snapshot *s, const struct ask *q, struct arena *a)
{
	const struct str type = STR("app_entitlement");
	struct query named = {0};

	if (!str_eq(q->resource.type, type) || !ask_name_resource(s, &q->resource, a, &named))
		return NULL;
	return FIND(s, app_entitlement, APP_ENTITLEMENT, str_slice(named.resource, type.len + 1, named.resource.len));
}

static const struct user *user_of(const struct snapshot *s, const struct ask *q)
{
	return str_eq(q->subject_type, STR("user")) ? as_user(snapshot_find_any(s, DOC_USER, q->subject_id)) : NULL;
}

/* The first of hers in the application, as requests choose it (service/requests.c). */
static struct str account_of(const struct snapshot *s, struct str app, struct str user, struct arena *a)
{
	const struct document *const *docs;
	size_t n = snapshot_linked(s, DOC_APP_USER, arena_concat(a, STR("user:"), user), a, &docs);

	for (size_t i = 0; i < n; i++)
		if (str_eq(as_app_user(docs[i])->app, app))
			return as_app_user(docs[i])->account_id;
	return STR_NONE;
}

static void put_binding(struct snapshot *fork, const struct requestable *r, struct arena *a)
{
	CLEANUP(buf_releasep) struct buf body = BUF_INIT(BUF_MAX_LINE_BYTES);
	const struct app_entitlement *e = r->entitlement;
	struct entitlement_binding b = {.app = e->app, .entitlement_id = e->entitlement_id, .user = r->user->doc.id};
	struct document *doc;
	int is_bad;

	b.account_id = str_is_absent(r->account_id) ? r->user->doc.id : r->account_id;
	b.doc = (struct document){.kind = DOC_ENTITLEMENT_BINDING,
	                          .id = arena_concat3(a, e->doc.id, STR("/"), b.account_id)};
	document_encode(&b.doc, &body);
	is_bad = document_decode(b.doc.kind, b.doc.id, buf_str(&body), &doc, NULL);
	assert(!is_bad); /* what this program writes it reads */
	snapshot_put(fork, doc);
}

/* Would the same question be allowed with the entitlement? */
static bool would_allow(const struct snapshot *s, const struct ask *q, const struct requestable *r, struct arena *a)
{
	struct snapshot *fork = snapshot_fork(s);
	struct answer answer;

	put_binding(fork, r, a);
	answer = snapshot_ask(fork, q, a, NULL);
	snapshot_drop(fork);
	return verdict_allows(answer.verdict);
}

static const struct access_request *open_request(const struct snapshot *s, const struct requestable *r, struct arena *a)
{
	const struct access_request like = {
	    .app = r->entitlement->app, .entitlement_id = r->entitlement->entitlement_id, .user = r->user->doc.id};
	const struct document *const *docs;
	size_t n = snapshot_linked(s, DOC_ACCESS_REQUEST, open_request_link(a, &like, REQUEST_USER), a, &docs);

	for (size_t i = 0; i < n; i++)
		if (as_access_request(docs[i])->type == REQUEST_GRANT)
			return as_access_request(docs[i]);
	return NULL;
}

struct requestable requestable_find(const struct snapshot *s, const struct ask *q, struct arena *a)
{
	struct requestable r = {.entitlement = entitlement_of(s, q, a)};

	if (!r.entitlement || !snapshot_find(s, DOC_APP, r.entitlement->app) || !(r.user = user_of(s, q)))
		return (struct requestable){0};
	r.account_id = account_of(s, r.entitlement->app, r.user->doc.id, a);
	if (!would_allow(s, q, &r, a))
		return (struct requestable){0};
	r.open = open_request(s, &r, a);
	r.why = r.open ? REQUESTABLE_OPEN : REQUESTABLE_YES;
	return r;
}
