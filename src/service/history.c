/* SPDX-License-Identifier: Apache-2.0
 *
 * Which past states there are, who has them open, and the thread that builds them.
 */
#include "service/history.h"

#include <errno.h>

#include "base/clock.h"
#include "service/history_internal.h"

#define MAX_QUEUED     64u /* waiting for a state to be built */
#define MAX_WAIT_NS    (UINT64_C(10) * 1000000000)
#define MAX_KEPT       8u  /* built states that nobody has open */
#define MAX_BUILT      32u /* at all */
#define MAX_DEPTH      4u  /* of forks of forks */
#define MAX_KEPT_BYTES ((uint64_t)256 << 20)
#define MAX_HELD_BYTES ((uint64_t)64 << 20)
#define KEEP_NS        (UINT64_C(60) * 1000000000)

struct past {
	struct history *history;
	struct past_state *state;
	int64_t now_ms;
};

struct history {
	struct service *service;
	pthread_t builder;
	pthread_mutex_t lock; /* guards what follows; taken before any pin_lock */
	pthread_cond_t wake;
	bool closing;
	_Atomic bool is_relief_wanted; /* too much is held */
	struct past_job *first, *last;
	size_t n_queued;
	struct past_state *states; /* all that exist */
	struct past_stats stats;
};

/* ---- states --------------------------------------------------------------------------------------------------- */

/* Under the lock, as all here whose comment does not say otherwise. */
static struct past_state *find_state(struct history *h, const struct org *org, uint64_t revision)
{
	for (struct past_state *s = h->states; s; s = s->next)
		if (s->org == org && s->revision == revision)
			return s;
	return NULL;
}

static void add_state(struct history *h, struct past_state *state)
{
	state->next = h->states;
	h->states = state;
	if (state->make != STATE_PINNED) {
		h->stats.n_kept++;
		h->stats.kept_bytes += state->bytes;
	}
}

/* The current one; it may be found pinned already, by this revision. */
static struct past_state *pin_present(struct history *h, struct org *org)
{
	struct past_state *state = find_state(h, org, atomic_load(&org->revision));

	if (state)
		return state;
	state = mem_calloc(1, sizeof(*state));
	state->org = org;
	state->make = STATE_PINNED;
	org_pin(org, &state->pin);
	state->snapshot = state->pin.snapshot;
	state->revision = state->snapshot->revision;
	add_state(h, state);
	return state;
}

static struct past *open_state(struct history *h, struct past_state *state, int64_t now_ms)
{
	struct past *p = mem_calloc(1, sizeof(*p));

	state->refs++;
	*p = (struct past){h, state, now_ms};
	return p;
}

static bool is_evictable(const struct history *h, const struct past_state *s, uint64_t now_ns)
{
	return s->refs == 0 && (s->make == STATE_PINNED || h->closing || now_ns - s->used_ns >= KEEP_NS ||
	                        h->stats.n_kept > MAX_KEPT || h->stats.kept_bytes > MAX_KEPT_BYTES ||
	                        (s->make == STATE_APPLIED && atomic_load(&s->org->held_bytes) > MAX_HELD_BYTES));
}

/* The one that was not used for longest, of those that are to go; where it stands in the list. NULL: none is. */
static struct past_state **find_evictable(struct history *h, uint64_t now_ns)
{
	struct past_state **found = NULL;

	for (struct past_state **at = &h->states; *at; at = &(*at)->next)
		if (is_evictable(h, *at, now_ns) && (!found || (*at)->used_ns < (*found)->used_ns))
			found = at;
	return found;
}

/* Takes what is to go out of the list, also bases that only such need; the result is for free_states(). */
static struct past_state *evict(struct history *h)
{
	uint64_t now_ns = clock_monotonic_ns();
	struct past_state *gone = NULL, **end = &gone, **at;

	while ((at = find_evictable(h, now_ns))) {
		struct past_state *s = *at;

		*at = s->next;
		s->next = NULL;
		*end = s;
		end = &s->next;
		if (s->make != STATE_PINNED) {
			h->stats.n_kept--;
			h->stats.kept_bytes -= s->bytes;
		}
		if (s->base)
			s->base->refs--;
	}
	return gone;
}

/* Outside of the lock. A fork stands before its base, on which its blocks depend in no way while it is freed. */
static void free_states(struct past_state *gone)
{
	for (struct past_state *s = gone, *next; s; s = next) {
		next = s->next;
		if (s->make == STATE_PINNED)
			org_unpin(s->org, &s->pin);
		else
			past_unbuild(s);
		free(s);
	}
}

/* ---- opening ---------------------------------------------------------------------------------------------------- */

static struct history *history_of(struct service *svc)
{
	return svc->history;
}

int service_past_revision(struct service *svc UNUSED, struct org *org, const struct past_when *when, int64_t now_ms,
                          uint64_t *ret_revision, struct error *err)
{
	struct past_place place;
	int r = past_resolve(org, when, now_ms, &place, err);

	if (r == 0)
		*ret_revision = place.revision;
	return r;
}

/* By number, of a revision that is not the newest: nothing has to be looked up to know its moment. */
static struct past *open_built(struct history *h, struct org *org, const struct past_when *when)
{
	struct past_state *state;
	struct past *p = NULL;

	if (when->moment != PAST_REVISION)
		return NULL;
	(void)pthread_mutex_lock(&h->lock);
	state = find_state(h, org, when->revision);
	if (state && state->make != STATE_PINNED)
		p = open_state(h, state, state->last_ms);
	(void)pthread_mutex_unlock(&h->lock);
	return p;
}

static bool is_present(const struct org *org, const struct past_place *place)
{
	return place->revision == atomic_load(&org->revision);
}

/* The state if there is one; NULL: it must be built. Outside of the lock. */
static struct past *open_at_hand(struct history *h, struct org *org, const struct past_place *place)
{
	struct past_state *state;
	struct past *p = NULL;

	(void)pthread_mutex_lock(&h->lock);
	state = is_present(org, place) ? pin_present(h, org) : find_state(h, org, place->revision);
	/* What was published since is not what was asked for. */
	if (state && state->revision == place->revision)
		p = open_state(h, state, place->now_ms);
	struct past_state *gone = evict(h);
	(void)pthread_mutex_unlock(&h->lock);
	free_states(gone);
	return p;
}

int service_past_at_hand(struct service *svc, struct org *org, const struct past_when *when, int64_t now_ms,
                         struct past **ret_past, struct error *err)
{
	struct history *h = history_of(svc);
	struct past_place place;
	struct past *p = open_built(h, org, when);
	int r;

	if (p) {
		*ret_past = p;
		return 0;
	}
	do {
		r = past_resolve(org, when, now_ms, &place, err);
		if (r != 0)
			return r;
		p = open_at_hand(h, org, &place);
	} while (!p && when->moment == PAST_PRESENT);
	if (!p)
		return PAST_NOT_AT_HAND;
	*ret_past = p;
	return 0;
}

void past_close(struct past *p)
{
	struct past_state *gone;
	struct history *h;

	if (!p)
		return;
	h = p->history;
	(void)pthread_mutex_lock(&h->lock);
	assert(p->state->refs > 0);
	p->state->refs--;
	p->state->used_ns = clock_monotonic_ns();
	/* What was built is freed by its thread: there can be very much of it. */
	gone = NULL;
	if (p->state->make == STATE_PINNED)
		gone = evict(h);
	else
		(void)pthread_cond_signal(&h->wake);
	(void)pthread_mutex_unlock(&h->lock);
	free_states(gone);
	free(p);
}

const struct snapshot *past_snapshot(const struct past *p)
{
	return p->state->snapshot;
}

int64_t past_now_ms(const struct past *p)
{
	return p->now_ms;
}

/* ---- building --------------------------------------------------------------------------------------------------- */

static uint64_t distance(const struct past_state *s, uint64_t revision)
{
	return s->revision > revision ? s->revision - revision : revision - s->revision;
}

/* The state from which it is least far to the revision, referred to. */
static struct past_state *take_base(struct history *h, struct org *org, uint64_t revision)
{
	struct past_state *best = pin_present(h, org);

	for (struct past_state *s = h->states; s; s = s->next)
		if (s->org == org && s->depth < MAX_DEPTH && distance(s, revision) < distance(best, revision))
			best = s;
	best->refs++;
	return best;
}

/* Under the lock again after building. */
static struct past *keep(struct history *h, struct past_state *state, struct past_state *base, int64_t now_ms)
{
	if (state->make == STATE_APPLIED)
		h->stats.n_applied++;
	else
		h->stats.n_loaded++;
	/* A fork goes on referring to its base. */
	if (state->base != base)
		base->refs--;
	add_state(h, state);
	return open_state(h, state, now_ms);
}

static int build(struct history *h, struct org *org, const struct past_place *place, struct past **ret,
                 struct error *err)
{
	struct past_state *state = mem_calloc(1, sizeof(*state)), *base;
	int r;

	(void)pthread_mutex_lock(&h->lock);
	if (h->stats.n_kept >= MAX_BUILT) {
		(void)pthread_mutex_unlock(&h->lock);
		free(state);
		return error_set(err, PAST_BUSY, "too many past states are in use");
	}
	base = take_base(h, org, place->revision);
	(void)pthread_mutex_unlock(&h->lock);
	state->org = org;
	state->revision = place->revision;
	r = past_last_moment(org, place->revision, &state->last_ms, err);
	if (r == 0)
		r = past_build(state, base, err);
	(void)pthread_mutex_lock(&h->lock);
	if (r == 0)
		*ret = keep(h, state, base, place->now_ms);
	else
		base->refs--;
	(void)pthread_mutex_unlock(&h->lock);
	if (r != 0)
		free(state);
	return r;
}

static void run_job(struct history *h, struct past_job *job, bool closing)
{
	struct past_place place;
	struct past *p = NULL;
	struct error err = {0};
	int r;

	if (closing || clock_monotonic_ns() - job->queued_ns > MAX_WAIT_NS)
		r = error_set(&err, PAST_BUSY, "too many past states are asked for");
	else
		r = past_resolve(job->org, &job->when, job->now_ms, &place, &err);
	if (r == 0) {
		p = open_at_hand(h, job->org, &place);
		if (!p)
			r = build(h, job->org, &place, &p, &err);
	}
	job->done(job, r, p, &err);
}

static struct past_job *take_job(struct history *h)
{
	struct past_job *job = h->first;

	if (!job)
		return NULL;
	h->first = job->next;
	if (!h->first)
		h->last = NULL;
	h->n_queued--;
	return job;
}

/* Until there is something to do, or a state may have grown too old. */
static void wait_for_work(struct history *h)
{
	struct timespec until;

	if (h->stats.n_kept == 0) {
		(void)pthread_cond_wait(&h->wake, &h->lock);
		return;
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)(KEEP_NS / 1000000000);
	(void)pthread_cond_timedwait(&h->wake, &h->lock, &until);
}

static void *builder_main(void *arg)
{
	struct history *h = arg;
	struct past_state *gone;
	struct past_job *job;
	bool closing;

	(void)pthread_mutex_lock(&h->lock);
	for (;;) {
		atomic_store(&h->is_relief_wanted, false);
		gone = evict(h);
		job = take_job(h);
		closing = h->closing;
		if (!gone && !job && closing)
			break;
		if (!gone && !job) {
			wait_for_work(h);
			continue;
		}
		(void)pthread_mutex_unlock(&h->lock);
		free_states(gone);
		if (job)
			run_job(h, job, closing);
		(void)pthread_mutex_lock(&h->lock);
	}
	(void)pthread_mutex_unlock(&h->lock);
	return NULL;
}

bool service_past_submit(struct service *svc, struct past_job *job)
{
	struct history *h = history_of(svc);
	bool taken = false;

	job->next = NULL;
	job->queued_ns = clock_monotonic_ns();
	(void)pthread_mutex_lock(&h->lock);
	if (!h->closing && h->n_queued < MAX_QUEUED) {
		if (h->last)
			h->last->next = job;
		else
			h->first = job;
		h->last = job;
		h->n_queued++;
		taken = true;
		(void)pthread_cond_signal(&h->wake);
	}
	(void)pthread_mutex_unlock(&h->lock);
	return taken;
}

/* A caller that waits for its job. */
struct waiting {
	struct past_job job;
	pthread_mutex_t lock;
	pthread_cond_t over;
	bool is_over;
	int result;
	struct past *past;
	struct error err;
};

static void stop_waiting(struct past_job *job, int result, struct past *past, const struct error *err)
{
	struct waiting *w = CONTAINER_OF(job, struct waiting, job);

	(void)pthread_mutex_lock(&w->lock);
	w->result = result;
	w->past = past;
	w->err = *err;
	w->is_over = true;
	(void)pthread_cond_signal(&w->over);
	(void)pthread_mutex_unlock(&w->lock);
}

int service_past_open(struct service *svc, struct org *org, const struct past_when *when, int64_t now_ms,
                      struct past **ret_past, struct error *err)
{
	struct waiting w = {.job = {.org = org, .when = *when, .now_ms = now_ms, .done = stop_waiting}};
	int r = service_past_at_hand(svc, org, when, now_ms, ret_past, err);

	if (r != PAST_NOT_AT_HAND)
		return r;
	(void)pthread_mutex_init(&w.lock, NULL);
	(void)pthread_cond_init(&w.over, NULL);
	if (!service_past_submit(svc, &w.job)) {
		w.result = error_set(&w.err, PAST_BUSY, "too many past states are asked for");
		w.is_over = true;
	}
	(void)pthread_mutex_lock(&w.lock);
	while (!w.is_over)
		(void)pthread_cond_wait(&w.over, &w.lock);
	(void)pthread_mutex_unlock(&w.lock);
	(void)pthread_cond_destroy(&w.over);
	(void)pthread_mutex_destroy(&w.lock);
	if (w.result == 0)
		*ret_past = w.past;
	else if (err)
		*err = w.err;
	return w.result;
}

/* ---- life ------------------------------------------------------------------------------------------------------- */

int history_start(struct service *svc)
{
	struct history *h = mem_calloc(1, sizeof(*h));
	pthread_condattr_t monotonic;
	int r;

	h->service = svc;
	(void)pthread_mutex_init(&h->lock, NULL);
	(void)pthread_condattr_init(&monotonic);
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&h->wake, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
	r = pthread_create(&h->builder, NULL, builder_main, h);
	if (r == 0) {
		svc->history = h;
		return 0;
	}
	(void)pthread_cond_destroy(&h->wake);
	(void)pthread_mutex_destroy(&h->lock);
	free(h);
	return -r;
}

void history_stop(struct service *svc)
{
	struct history *h = TAKE(svc->history);

	if (!h)
		return;
	(void)pthread_mutex_lock(&h->lock);
	h->closing = true;
	(void)pthread_cond_signal(&h->wake);
	(void)pthread_mutex_unlock(&h->lock);
	(void)pthread_join(h->builder, NULL);
	assert(!h->states);
	(void)pthread_cond_destroy(&h->wake);
	(void)pthread_mutex_destroy(&h->lock);
	free(h);
}

void history_relieve(struct service *svc)
{
	struct history *h = svc->history;
	uint64_t held = 0;

	for (size_t i = 0; i < svc->n_orgs; i++) {
		uint64_t n = atomic_load(&svc->orgs[i]->held_bytes);

		held = n > held ? n : held;
	}
	/* Somebody is told already, or there is nothing to be done. */
	if (held <= MAX_HELD_BYTES || atomic_exchange(&h->is_relief_wanted, true))
		return;
	(void)pthread_mutex_lock(&h->lock);
	(void)pthread_cond_signal(&h->wake);
	(void)pthread_mutex_unlock(&h->lock);
}

struct past_stats service_past_stats(struct service *svc)
{
	struct history *h = history_of(svc);
	struct past_stats stats;

	(void)pthread_mutex_lock(&h->lock);
	stats = h->stats;
	(void)pthread_mutex_unlock(&h->lock);
	for (size_t i = 0; i < svc->n_orgs; i++)
		stats.held_bytes += atomic_load(&svc->orgs[i]->held_bytes);
	return stats;
}

void service_past_forget(struct service *svc)
{
	struct history *h = history_of(svc);
	struct past_state *gone;

	(void)pthread_mutex_lock(&h->lock);
	for (struct past_state *s = h->states; s; s = s->next)
		s->used_ns = 0;
	gone = evict(h);
	(void)pthread_mutex_unlock(&h->lock);
	free_states(gone);
}
