/* SPDX-License-Identifier: Apache-2.0 */
#include "service/last_used.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/random.h"
#include "json/json.h"

#define N_SEEN        16384u /* a power of two */
#define FIRST_PLACES  64u
#define LOOK_EVERY_NS 250000000L /* at the program's clock, which tests drive */

struct entry {
	char *id; /* owned; NULL: free */
	size_t id_len;
	uint64_t hash;
	int64_t at_ms;
};

struct last_used {
	uint64_t seed;
	/*
	 * What was noted: the upper half of an id's hash and the minute. Ids that share a place take turns in it, which
	 * costs them the lock but nothing else.
	 */
	_Atomic uint64_t seen[N_SEEN];
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t changed;
	struct entry *entries; /* a hash table with linear probing, at most half full */
	size_t n, n_places;
	bool is_dirty, has_ended;
	int64_t dirty_since_ms;
};

struct last_used *last_used_new(void)
{
	struct last_used *u = mem_calloc(1, sizeof(*u));
	pthread_condattr_t monotonic;

	u->seed = random_u64();
	u->n_places = FIRST_PLACES;
	u->entries = mem_calloc(u->n_places, sizeof(*u->entries));
	(void)pthread_mutex_init(&u->lock, NULL);
	(void)pthread_condattr_init(&monotonic);
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&u->changed, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
	return u;
}

void last_used_free(struct last_used *u)
{
	if (!u)
		return;
	for (size_t i = 0; i < u->n_places; i++)
		free(u->entries[i].id);
	free(u->entries);
	(void)pthread_cond_destroy(&u->changed);
	(void)pthread_mutex_destroy(&u->lock);
	free(u);
}

/* ---- the table ----------------------------------------------------------------------------------------------- */

/* The id's entry, or the free one where it would be. Lock held. */
static struct entry *find(const struct last_used *u, struct str id, uint64_t hash)
{
	size_t at = (size_t)hash & (u->n_places - 1);

	while (u->entries[at].id &&
	       !(u->entries[at].hash == hash && str_eq((struct str){u->entries[at].id, u->entries[at].id_len}, id)))
		at = (at + 1) & (u->n_places - 1);
	return &u->entries[at];
}

/* Moves all that are wanted into a table of that size. Lock held. */
static void rebuild(struct last_used *u, size_t n_places, bool (*keep)(void *ctx, struct str id), void *ctx)
{
	struct entry *old = u->entries;
	size_t n_old = u->n_places;

	u->entries = mem_calloc(n_places, sizeof(*u->entries));
	u->n_places = n_places;
	u->n = 0;
	for (size_t i = 0; i < n_old; i++) {
		struct str id = {old[i].id, old[i].id_len};

		if (!old[i].id)
			continue;
		if (keep && !keep(ctx, id)) {
			free(old[i].id);
			continue;
		}
		*find(u, id, old[i].hash) = old[i];
		u->n++;
	}
	free(old);
}

/* A time never goes back, and stays in its minute. Lock held. */
static void set(struct last_used *u, struct str id, uint64_t hash, int64_t at_ms)
{
	struct entry *e = find(u, id, hash);

	if (!e->id && 2 * (u->n + 1) > u->n_places) {
		rebuild(u, 2 * u->n_places, NULL, NULL);
		e = find(u, id, hash);
	}
	if (!e->id) {
		*e = (struct entry){.id = str_dup_cstr(id), .id_len = id.len, .hash = hash};
		u->n++;
	}
	if (at_ms / LAST_USED_EVERY_MS > e->at_ms / LAST_USED_EVERY_MS || e->at_ms == 0)
		e->at_ms = at_ms;
}

void last_used_note(struct last_used *u, struct str id, int64_t now_ms)
{
	uint64_t hash = hash_str(u->seed, id), minute = (uint64_t)(now_ms / LAST_USED_EVERY_MS) & UINT32_MAX;
	uint64_t mark = (hash & ~(uint64_t)UINT32_MAX) | minute;
	_Atomic uint64_t *seen = &u->seen[hash & (N_SEEN - 1)];

	if (atomic_load_explicit(seen, memory_order_relaxed) == mark)
		return;
	(void)pthread_mutex_lock(&u->lock);
	set(u, id, hash, now_ms);
	if (!u->is_dirty) {
		u->is_dirty = true;
		u->dirty_since_ms = now_ms;
		(void)pthread_cond_signal(&u->changed);
	}
	(void)pthread_mutex_unlock(&u->lock);
	atomic_store_explicit(seen, mark, memory_order_relaxed);
}

int64_t last_used_at(struct last_used *u, struct str id)
{
	uint64_t hash = hash_str(u->seed, id);
	const struct entry *e;
	int64_t at_ms;

	(void)pthread_mutex_lock(&u->lock);
	e = find(u, id, hash);
	at_ms = e->id ? e->at_ms : 0;
	(void)pthread_mutex_unlock(&u->lock);
	return at_ms;
}

/* ---- storing ------------------------------------------------------------------------------------------------- */

/* Lock held. */
static void wait_a_moment(struct last_used *u)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += LOOK_EVERY_NS;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	(void)pthread_cond_timedwait(&u->changed, &u->lock, &until);
}

bool last_used_wait(struct last_used *u)
{
	bool go_on;

	(void)pthread_mutex_lock(&u->lock);
	while (!u->has_ended && !u->is_dirty)
		(void)pthread_cond_wait(&u->changed, &u->lock);
	while (!u->has_ended && clock_now_ms() < u->dirty_since_ms + LAST_USED_EVERY_MS)
		wait_a_moment(u);
	go_on = !u->has_ended;
	(void)pthread_mutex_unlock(&u->lock);
	return go_on;
}

void last_used_end(struct last_used *u)
{
	(void)pthread_mutex_lock(&u->lock);
	u->has_ended = true;
	(void)pthread_cond_signal(&u->changed);
	(void)pthread_mutex_unlock(&u->lock);
}

bool last_used_write(struct last_used *u, bool (*keep)(void *ctx, struct str id), void *ctx, struct buf *out)
{
	struct json_writer w = JSON_WRITER(out);
	bool was_dirty;

	(void)pthread_mutex_lock(&u->lock);
	was_dirty = u->is_dirty;
	u->is_dirty = false;
	rebuild(u, u->n_places, keep, ctx);
	json_begin_object(&w);
	for (size_t i = 0; i < u->n_places; i++)
		if (u->entries[i].id)
			json_put_i64(&w, (struct str){u->entries[i].id, u->entries[i].id_len}, u->entries[i].at_ms);
	json_end_object(&w);
	(void)pthread_mutex_unlock(&u->lock);
	return was_dirty;
}

void last_used_retry(struct last_used *u)
{
	(void)pthread_mutex_lock(&u->lock);
	u->is_dirty = true;
	u->dirty_since_ms = clock_now_ms();
	(void)pthread_mutex_unlock(&u->lock);
}

int last_used_read(struct last_used *u, struct str text, struct error *err)
{
	struct arena a = ARENA_INIT;
	const struct json *all;
	bool ok = json_parse(text, &a, &all, NULL) == JSON_OK && all->type == JSON_OBJECT;

	(void)pthread_mutex_lock(&u->lock);
	for (uint32_t i = 0; ok && i < all->n; i++) {
		const struct json_member *m = &all->members[i];

		ok = m->value.type == JSON_INT && m->value.i > 0;
		if (ok)
			set(u, m->name, hash_str(u->seed, m->name), m->value.i);
	}
	(void)pthread_mutex_unlock(&u->lock);
	arena_release(&a);
	return ok ? 0 : error_set(err, -EBADMSG, "when credentials were last used is damaged in the store");
}
