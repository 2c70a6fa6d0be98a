/* SPDX-License-Identifier: Apache-2.0 */
#include "service/device_flow.h"

#include <pthread.h>

#include "base/random.h"

/* Consonants only, so that no code is a word, without those that look alike (RFC 8628, section 6.1). */
static const char letters[] = "BCDFGHJKLMNPQRSTVWXZ";

/* One attempt; free when it has no client. */
struct flow {
	struct device_codes codes;
	char *client; /* owned, as the next two */
	char *org, *user;
	enum device_state state;
	int64_t expires_at_ms;
	int64_t next_poll_ms; /* not before */
	int64_t interval_ms;
	int64_t limit_ms;
};

struct device_flows {
	pthread_mutex_t lock; /* guards all */
	struct flow flows[DEVICE_FLOW_MAX];
};

struct device_flows *device_flows_new(void)
{
	struct device_flows *f = mem_calloc(1, sizeof(*f));

	(void)pthread_mutex_init(&f->lock, NULL);
	return f;
}

static void clear(struct flow *flow)
{
	free(flow->client);
	free(flow->org);
	free(flow->user);
	explicit_bzero(flow, sizeof(*flow));
}

void device_flows_free(struct device_flows *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < DEVICE_FLOW_MAX; i++)
		clear(&f->flows[i]);
	(void)pthread_mutex_destroy(&f->lock);
	free(f);
}

static void make_codes(struct device_codes *codes)
{
	const uint64_t n_letters = sizeof(letters) - 1;

	random_alnum(codes->device_code, DEVICE_CODE_CHARS);
	/* Each letter from 64 fresh bits: the remainder's bias is 2^-59. */
	for (unsigned i = 0; i < USER_CODE_CHARS; i++)
		codes->user_code[i] = i == USER_CODE_CHARS / 2 ? '-' : letters[random_u64() % n_letters];
	codes->user_code[USER_CODE_CHARS] = '\0';
}

/* The place of a new attempt: one that is free or over. */
static struct flow *find_room(struct device_flows *f, int64_t now_ms)
{
	for (size_t i = 0; i < DEVICE_FLOW_MAX; i++)
		if (!f->flows[i].client || f->flows[i].expires_at_ms <= now_ms)
			return &f->flows[i];
	return NULL;
}

bool device_flow_begin(struct device_flows *f, struct str client, int64_t now_ms, struct device_codes *ret)
{
	struct flow *flow;

	(void)pthread_mutex_lock(&f->lock);
	flow = find_room(f, now_ms);
	if (flow) {
		clear(flow);
		*flow = (struct flow){
		    .client = str_dup_cstr(client),
		    .state = DEVICE_PENDING,
		    .expires_at_ms = now_ms + DEVICE_FLOW_LIFETIME_MS,
		    .next_poll_ms = now_ms,
		    .interval_ms = DEVICE_FLOW_INTERVAL_S * 1000,
		};
		make_codes(&flow->codes);
		*ret = flow->codes;
	}
	(void)pthread_mutex_unlock(&f->lock);
	return flow;
}

static struct flow *find_by_user_code(struct device_flows *f, struct str user_code, int64_t now_ms)
{
	for (size_t i = 0; i < DEVICE_FLOW_MAX; i++) {
		struct flow *flow = &f->flows[i];

		if (flow->client && flow->state == DEVICE_PENDING && flow->expires_at_ms > now_ms &&
		    str_eq_const_time(str_of(flow->codes.user_code), user_code))
			return flow;
	}
	return NULL;
}

struct str device_flow_client(struct device_flows *f, struct str user_code, int64_t now_ms, struct arena *a)
{
	struct str client = STR_NONE;
	const struct flow *flow;

	(void)pthread_mutex_lock(&f->lock);
	flow = find_by_user_code(f, user_code, now_ms);
	if (flow)
		client = arena_str(a, str_of(flow->client));
	(void)pthread_mutex_unlock(&f->lock);
	return client;
}

bool device_flow_decide(struct device_flows *f, struct str user_code, const struct device_approval *approval,
                        int64_t now_ms)
{
	struct flow *flow;

	(void)pthread_mutex_lock(&f->lock);
	flow = find_by_user_code(f, user_code, now_ms);
	if (flow && approval) {
		flow->state = DEVICE_APPROVED;
		flow->org = str_dup_cstr(approval->org);
		flow->user = str_dup_cstr(approval->user);
		flow->limit_ms = approval->limit_ms;
	} else if (flow) {
		flow->state = DEVICE_DENIED;
	}
	(void)pthread_mutex_unlock(&f->lock);
	return flow;
}

static struct flow *find_by_device_code(struct device_flows *f, const struct device_poll *poll)
{
	for (size_t i = 0; i < DEVICE_FLOW_MAX; i++) {
		struct flow *flow = &f->flows[i];

		if (flow->client && flow->expires_at_ms > poll->now_ms &&
		    str_eq_const_time(str_of(flow->codes.device_code), poll->device_code) &&
		    str_eq(str_of(flow->client), poll->client))
			return flow;
	}
	return NULL;
}

/* What a poll is told; the attempt is used up once it was decided. */
static enum device_state answer(struct flow *flow, int64_t now_ms, struct arena *a, struct device_approval *ret)
{
	enum device_state state = flow->state;

	if (state == DEVICE_PENDING) {
		if (now_ms < flow->next_poll_ms) {
			state = DEVICE_TOO_SOON;
			flow->interval_ms += DEVICE_FLOW_INTERVAL_S * 1000;
		}
		flow->next_poll_ms = now_ms + flow->interval_ms;
		return state;
	}
	if (state == DEVICE_APPROVED)
		*ret = (struct device_approval){arena_str(a, str_of(flow->org)), arena_str(a, str_of(flow->user)),
		                                flow->limit_ms};
	clear(flow);
	return state;
}

enum device_state device_flow_poll(struct device_flows *f, const struct device_poll *poll, struct arena *a,
                                   struct device_approval *ret)
{
	enum device_state state = DEVICE_UNKNOWN;
	struct flow *flow;

	(void)pthread_mutex_lock(&f->lock);
	flow = find_by_device_code(f, poll);
	if (flow)
		state = answer(flow, poll->now_ms, a, ret);
	(void)pthread_mutex_unlock(&f->lock);
	return state;
}
