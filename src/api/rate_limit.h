#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * How many calls a key may make: a bucket of tokens for each, full at first, from which a call takes one and into which
 * they come back at an even rate.
 *
 * Memory is fixed, whatever number of keys there is: a table of a few ten thousand buckets, in shards with a lock each,
 * so that keys do not wait for each other. A bucket that is full again is as good as none and makes room first; should
 * more keys than there are places be busy at once, those with the most tokens left begin anew with a full bucket.
 * Time is an argument. One that is a little earlier than the last (of a call that was overtaken) is the last one's; one
 * that is much earlier is a clock set back, from where on time counts again. Neither brings tokens. Any thread.
 */
#include "base/str.h"

struct rate_limiter;

struct rate_limit_options {
	uint64_t per_minute; /* tokens that come back; 1 to RATE_LIMIT_MAX */
	uint64_t burst;      /* tokens that a bucket holds; 0: a fifth more than per_minute */
};
#define RATE_LIMIT_MAX UINT64_C(1000000000)

struct rate_limiter *rate_limiter_new(const struct rate_limit_options *options);
void rate_limiter_free(struct rate_limiter *l);

struct rate_limit_state {
	bool is_allowed;
	uint64_t limit;         /* that a bucket holds */
	uint64_t remaining;     /* whole tokens that are left */
	int64_t full_after_ms;  /* until nothing is missing */
	int64_t retry_after_ms; /* until there is a token; 0: there is one */
};

/* Takes a token of the key's bucket, if there is one. */
struct rate_limit_state rate_limiter_take(struct rate_limiter *l, struct str key, int64_t now_ms);
