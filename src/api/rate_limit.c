/* SPDX-License-Identifier: Apache-2.0
 *
 * Tokens are counted in parts, as many to a token as a minute has milliseconds: then `per_minute` parts come back each
 * millisecond, and nothing is ever rounded.
 */
#include "api/rate_limit.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/random.h"

#define PARTS_PER_TOKEN UINT64_C(60000)
#define N_SHARDS        64u
#define N_SETS          128u /* of a shard: the places that a key can be in */
#define N_WAYS          8u
/* Calls that are under way together bring their times a little out of order; a clock goes back further than that. */
#define MAX_DELAY_MS 10000u

struct bucket {
	uint64_t key; /* hash; 0: nobody's */
	uint64_t parts;
	int64_t at_ms; /* when that was so */
};

struct shard {
	pthread_mutex_t lock;
	struct bucket buckets[N_SETS][N_WAYS];
};

struct rate_limiter {
	uint64_t seed;
	uint64_t per_minute, burst;
	struct shard *shards;
};

struct rate_limiter *rate_limiter_new(const struct rate_limit_options *options)
{
	struct rate_limiter *l = mem_calloc(1, sizeof(*l));

	assert(options->per_minute >= 1 && options->per_minute <= RATE_LIMIT_MAX && options->burst <= RATE_LIMIT_MAX);
	l->seed = random_u64();
	l->per_minute = options->per_minute;
	l->burst = options->burst ? options->burst : options->per_minute + options->per_minute / 5;
	l->shards = mem_calloc(N_SHARDS, sizeof(*l->shards));
	for (size_t i = 0; i < N_SHARDS; i++)
		(void)pthread_mutex_init(&l->shards[i].lock, NULL);
	return l;
}

void rate_limiter_free(struct rate_limiter *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < N_SHARDS; i++)
		(void)pthread_mutex_destroy(&l->shards[i].lock);
	free(l->shards);
	free(l);
}

/* Brings the bucket up to now. */
static void refill(const struct rate_limiter *l, struct bucket *b, int64_t now_ms)
{
	uint64_t full = l->burst * PARTS_PER_TOKEN, missing = full - b->parts;
	uint64_t elapsed_ms = now_ms > b->at_ms ? (uint64_t)now_ms - (uint64_t)b->at_ms : 0;

	/* What was counted once must not count again, or who calls often enough at once is never out of tokens. */
	if (now_ms < b->at_ms && (uint64_t)b->at_ms - (uint64_t)now_ms <= MAX_DELAY_MS)
		return;
	/* A clock that was set back is not made up for: from here on time counts again. */
	b->at_ms = now_ms;
	b->parts = elapsed_ms >= missing / l->per_minute + 1 ? full : b->parts + elapsed_ms * l->per_minute;
	if (b->parts > full)
		b->parts = full;
}

/* The key's bucket, as of now; made in the place of the fullest when it has none. */
static struct bucket *find_bucket(const struct rate_limiter *l, struct bucket *set, uint64_t key, int64_t now_ms)
{
	struct bucket *fullest = &set[0];

	for (size_t i = 0; i < N_WAYS; i++) {
		struct bucket *b = &set[i];

		if (b->key == 0) {
			fullest = b;
			break;
		}
		refill(l, b, now_ms);
		if (b->key == key)
			return b;
		if (b->parts > fullest->parts)
			fullest = b;
	}
	*fullest = (struct bucket){key, l->burst * PARTS_PER_TOKEN, now_ms};
	return fullest;
}

/* Until `parts` of them have come back. */
static int64_t time_for(const struct rate_limiter *l, uint64_t parts)
{
	return (int64_t)(parts / l->per_minute + (parts % l->per_minute != 0));
}

struct rate_limit_state rate_limiter_take(struct rate_limiter *l, struct str key, int64_t now_ms)
{
	uint64_t hash = hash_str(l->seed, key) | 1; /* never 0, which is nobody's */
	struct shard *shard = &l->shards[(hash >> 8) % N_SHARDS];
	struct rate_limit_state ret = {.limit = l->burst};
	uint64_t parts;

	(void)pthread_mutex_lock(&shard->lock);
	struct bucket *b = find_bucket(l, shard->buckets[(hash >> 16) % N_SETS], hash, now_ms);
	ret.is_allowed = b->parts >= PARTS_PER_TOKEN;
	if (ret.is_allowed)
		b->parts -= PARTS_PER_TOKEN;
	parts = b->parts;
	(void)pthread_mutex_unlock(&shard->lock);
	ret.remaining = parts / PARTS_PER_TOKEN;
	ret.full_after_ms = time_for(l, l->burst * PARTS_PER_TOKEN - parts);
	ret.retry_after_ms = parts < PARTS_PER_TOKEN ? time_for(l, PARTS_PER_TOKEN - parts) : 0;
	return ret;
}
