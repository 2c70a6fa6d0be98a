/* SPDX-License-Identifier: Apache-2.0
 *
 * How often a key may call, and what answers say of it. The vendor has two families of headers; both are given, and a
 * call is one token of the second's.
 */
#include "api/aitronos/internal.h"

#define NO_LIMIT UINT64_C(2147483647) /* what clients are told where nothing limits them */

static uint64_t seconds_of(int64_t ms)
{
	return (uint64_t)(ms / 1000 + (ms % 1000 != 0));
}

static void put_number(struct api_call *call, struct str name, uint64_t value)
{
	http_answer_header(call->x, name, arena_strf(call->arena, "%llu", (unsigned long long)value));
}

bool aitronos_limit(struct api_call *call)
{
	struct rate_limiter *limiter = api_aitronos_limiter(call->api);
	struct aitronos_state *own = aitronos_state(call);
	uint64_t wait_s;

	own->is_counted = true;
	own->rate = (struct rate_limit_state){.is_allowed = true, .limit = NO_LIMIT, .remaining = NO_LIMIT};
	if (limiter)
		own->rate = rate_limiter_take(limiter, call->caller.key->doc.id, call->present_ms);
	if (own->rate.is_allowed)
		return true;
	wait_s = seconds_of(own->rate.retry_after_ms);
	put_number(call, STR("Retry-After"), wait_s);
	put_number(call, STR("X-RateLimit-Retry-After"), wait_s);
	api_fail(call, SERVICE_UNAVAILABLE, 429, "Rate limit exceeded: try again in %llu s",
	         (unsigned long long)wait_s);
	return false;
}

void aitronos_put_limit(struct api_call *call)
{
	static const struct str kinds[] = {STR_INIT("requests"), STR_INIT("tokens")};
	const struct aitronos_state *own = aitronos_state(call);
	uint64_t full_after_s = seconds_of(own->rate.full_after_ms);
	struct str until = arena_strf(call->arena, "%llus", (unsigned long long)full_after_s);

	if (!own->is_counted)
		return;
	put_number(call, STR("X-RateLimit-Limit"), own->rate.limit);
	put_number(call, STR("X-RateLimit-Remaining"), own->rate.remaining);
	put_number(call, STR("X-RateLimit-Reset"), seconds_of(call->present_ms + own->rate.full_after_ms));
	for (size_t i = 0; i < N_ELEMENTS(kinds); i++) {
		put_number(call, arena_concat(call->arena, STR("x-ratelimit-limit-"), kinds[i]), own->rate.limit);
		put_number(call, arena_concat(call->arena, STR("x-ratelimit-remaining-"), kinds[i]),
		           own->rate.remaining);
		http_answer_header(call->x, arena_concat(call->arena, STR("x-ratelimit-reset-"), kinds[i]), until);
	}
}
