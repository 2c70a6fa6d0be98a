/* SPDX-License-Identifier: Apache-2.0
 *
 * Whose turn it is: which call of a webhook is sent next.
 */
#include "service/internal.h"
#include "service/webhooks.h"

/* How far the best one found so far is ahead of others. */
struct turn {
	size_t n_of_org, n_of_receiver;
	int64_t due_at_ms;
};

static bool is_before(struct turn a, struct turn b)
{
	if (a.n_of_org != b.n_of_org)
		return a.n_of_org < b.n_of_org;
	if (a.n_of_receiver != b.n_of_receiver)
		return a.n_of_receiver < b.n_of_receiver;
	return a.due_at_ms < b.due_at_ms;
}

struct str webhook_receiver(struct str url)
{
	size_t colon = str_find(url, ':', 0), end;
	struct str rest = colon == SIZE_MAX ? STR("") : str_slice(url, colon + 3, url.len);

	for (end = 0; end < rest.len && rest.ptr[end] != '/' && rest.ptr[end] != '?' && rest.ptr[end] != '#'; end++)
		;
	return str_slice(rest, 0, end);
}

static size_t count_of_org(struct webhook_flights flights, const struct org *org)
{
	size_t n = 0;

	for (size_t i = 0; i < flights.n; i++)
		n += flights.items[i].org == org;
	return n;
}

/* Names of hosts are the same in capitals. A call that is only to be ended takes no room. */
static size_t count_of_receiver(struct webhook_flights flights, struct str receiver)
{
	size_t n = 0;

	for (size_t i = 0; i < flights.n && !str_is_absent(receiver); i++)
		n += !str_is_absent(flights.items[i].receiver) && str_eq_nocase(flights.items[i].receiver, receiver);
	return n;
}

static bool is_in_flight(struct webhook_flights flights, const struct org *org, struct str call)
{
	for (size_t i = 0; i < flights.n; i++)
		if (flights.items[i].org == org && str_eq(flights.items[i].call, call))
			return true;
	return false;
}

/* The best of one organization into `*best`, if it is before what is there. */
static void look_in(struct org *org, int64_t now_ms, struct webhook_flights flights, struct turn *best,
                    struct webhook_due *ret)
{
	const struct snapshot *s = org_snapshot(org);
	struct turn turn = {.n_of_org = count_of_org(flights, org)};
	const struct document *doc;
	uint64_t at = 0;

	if (turn.n_of_org >= WEBHOOK_MAX_FLIGHTS_OF_ORG || !s->n_docs[DOC_WEBHOOK_CALL])
		return;
	while ((doc = snapshot_next(s, DOC_WEBHOOK_CALL, &at))) {
		const struct webhook_call *call = as_webhook_call(doc);
		const struct webhook *webhook;
		struct str receiver = STR_NONE;

		/* The cheap questions first: there may be very many. */
		turn.due_at_ms = call->due_at_ms;
		turn.n_of_receiver = 0;
		if (call->is_waiting || call->due_at_ms > now_ms || !is_before(turn, *best))
			continue;
		webhook = FIND(s, webhook, WEBHOOK, call->webhook);
		if (webhook)
			receiver = webhook_receiver(webhook->url);
		turn.n_of_receiver = count_of_receiver(flights, receiver);
		if (turn.n_of_receiver >= WEBHOOK_MAX_FLIGHTS_OF_RECEIVER || !is_before(turn, *best) ||
		    is_in_flight(flights, org, doc->id))
			continue;
		*best = turn;
		*ret = (struct webhook_due){org, doc->id, receiver};
	}
}

bool webhook_calls_next(struct service *svc, int64_t now_ms, struct webhook_flights flights, struct arena *a,
                        struct webhook_due *ret)
{
	struct turn best = {SIZE_MAX, SIZE_MAX, INT64_MAX};
	struct webhook_due found = {0};

	if (flights.n >= WEBHOOK_MAX_FLIGHTS)
		return false;
	service_read_begin();
	for (size_t i = 0; i < svc->n_orgs; i++)
		look_in(svc->orgs[i], now_ms, flights, &best, &found);
	if (found.org)
		*ret = (struct webhook_due){
		    .org = found.org,
		    .call = arena_str(a, found.call),
		    .receiver = str_is_absent(found.receiver) ? STR_NONE : arena_str(a, found.receiver),
		};
	service_read_end();
	return found.org;
}
