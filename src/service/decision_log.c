/* SPDX-License-Identifier: Apache-2.0 */
#include "service/decision_log.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/ring.h"
#include "service/decision_file.h"

#define QUEUE_BYTES      ((size_t)16 * 1024 * 1024)
#define BATCH_BYTES      ((size_t)256 * 1024) /* that many are written at once, or a little more */
#define BUFFER_MAX_BYTES (BATCH_BYTES + CHAIN_LINE_MAX_BYTES + 65536)
#define HEAD_LINES       1000u
#define HEAD_MS          10000u
#define GATHER_MS        5u   /* entries gather for so long, so that a busy server wakes no thread for each */
#define NAP_MS           250u /* longest time without a look around: what a wake-up costs that is lost */
#define RETRY_MS         1000 /* a disk that refused is asked again */
#define NS_PER_MS        UINT64_C(1000000)

struct decision_log {
	struct ring *ring;
	char *path;
	const struct signing_key *key;
	uint64_t max_bytes;
	uint32_t head_lines, head_ms;

	/* The thread's own. */
	struct decision_file file;
	struct chain chain;
	struct buf out;         /* lines to be written */
	uint64_t n_in_out;      /* entries among them */
	struct chain then;      /* before them */
	uint64_t uncovered_ns;  /* since when there is a line that no head covers; 0: there is none */
	uint64_t retry_ns;      /* not before this, after a failure */
	uint64_t n_told;        /* dropped ones that the log tells of */
	uint64_t max_bytes_now; /* max_bytes, or more where a file could not be set aside */

	_Atomic uint64_t n_dropped, n_lines;
	_Atomic bool is_failing, wants_reopen, is_closing;
	_Atomic bool naps; /* the thread waits for an entry; who clears it wakes it */
	pthread_t thread;
	pthread_mutex_t lock; /* of what follows; nobody who decides takes it */
	pthread_cond_t wake, flushed;
	uint64_t settled; /* place in the ring up to which entries are written or dropped */
	bool is_hurried;  /* somebody waits for that */
};

static uint64_t ns_since(uint64_t ns)
{
	return clock_monotonic_ns() - ns;
}

static bool is_waiting_for_disk(const struct decision_log *log)
{
	return atomic_load(&log->is_failing) && clock_monotonic_ns() < log->retry_ns;
}

/* ---- lines ------------------------------------------------------------------------------------------------- */

static void add_line(struct decision_log *log, struct str object)
{
	chain_add(&log->chain, object, &log->out);
	if (!log->uncovered_ns)
		log->uncovered_ns = clock_monotonic_ns();
}

/* With a number, when `member` is not NULL. */
static void add_event(struct decision_log *log, const char *type, const char *member, uint64_t count)
{
	CLEANUP(buf_releasep) struct buf object = BUF_INIT(256);
	char at[32];

	buf_addf(&object, "{\"type\":\"%s\",\"at\":\"" STR_FMT "\"", type,
	         STR_ARG(time_format_rfc3339(clock_now_ms(), at)));
	if (member)
		buf_addf(&object, ",\"%s\":%llu", member, (unsigned long long)count);
	buf_add_char(&object, '}');
	add_line(log, buf_str(&object));
}

/* Writes out what is gathered, all or nothing; what fails is gone, and counted. */
static void write_out(struct decision_log *log)
{
	int r;

	if (!log->out.len)
		return;
	r = decision_file_write(&log->file, buf_str(&log->out), &log->is_closing);
	if (r == 0) {
		atomic_fetch_add(&log->n_lines, log->chain.n - log->then.n);
		if (atomic_exchange(&log->is_failing, false))
			log_msg(LOG_INFO, "the decision log %s can be written to again", log->path);
	} else {
		log->chain = log->then;
		log->retry_ns = clock_monotonic_ns() + RETRY_MS * NS_PER_MS;
		atomic_fetch_add(&log->n_dropped, log->n_in_out);
		if (!atomic_exchange(&log->is_failing, true))
			log_msg(LOG_ERROR, "cannot write to the decision log %s: %s", log->path, strerror(-r));
	}
	buf_clear(&log->out);
	log->n_in_out = 0;
	log->then = log->chain;
}

/* A head, unless the disk refuses: then it stays due. */
static void cover(struct decision_log *log)
{
	CLEANUP(buf_releasep) struct buf claims = BUF_INIT(1024), token = BUF_INIT(4096);

	chain_add_head_claims(&log->chain, clock_now_ms(), &claims);
	signing_key_sign(log->key, buf_str(&claims), &token);
	chain_add_head(&log->chain, buf_str(&token), &log->out);
	write_out(log);
	if (atomic_load(&log->is_failing))
		return;
	decision_file_sync(&log->file);
	log->uncovered_ns = 0;
}

static bool must_cover(const struct decision_log *log)
{
	return log->uncovered_ns && !is_waiting_for_disk(log) &&
	       (log->chain.n - log->chain.n_head >= log->head_lines ||
	        ns_since(log->uncovered_ns) >= log->head_ms * NS_PER_MS);
}

static void tell_dropped(struct decision_log *log)
{
	uint64_t n = atomic_load(&log->n_dropped);

	if (n == log->n_told)
		return;
	add_event(log, "dropped", "count", n - log->n_told);
	write_out(log);
	if (!atomic_load(&log->is_failing))
		log->n_told = n;
}

/* While the disk refuses, entries go: those that are there now. */
static void drop_all(struct decision_log *log)
{
	for (uint64_t end = ring_given(log->ring);
	     ring_taken(log->ring) < end && !str_is_absent(ring_peek(log->ring));) {
		ring_drop(log->ring);
		atomic_fetch_add(&log->n_dropped, 1);
	}
}

static void take_batch(struct decision_log *log)
{
	struct str entry;

	while (log->out.len < BATCH_BYTES && !str_is_absent(entry = ring_peek(log->ring))) {
		add_line(log, entry);
		ring_drop(log->ring);
		log->n_in_out++;
		if (log->chain.n - log->chain.n_head >= log->head_lines)
			break;
	}
	write_out(log);
}

/* ---- files ------------------------------------------------------------------------------------------------- */

/* What a file begins with. */
static void begin_file(struct decision_log *log, size_t torn)
{
	log->then = log->chain;
	if (torn)
		add_event(log, "recovered", "bytes", torn);
	add_event(log, "start", NULL, 0);
	write_out(log);
}

/* A file of its own from here on; the chain goes on, unless that of another log is there. */
static void change_file(struct decision_log *log)
{
	struct decision_file file;
	struct error err = {0};
	size_t torn;

	if (decision_file_open(log->path, &file, &log->chain, &torn, &err) != 0) {
		log_msg(LOG_ERROR, "%s; going on in the former one", err.text);
		return;
	}
	decision_file_close(&log->file);
	log->file = file;
	begin_file(log, torn);
}

/* Names the file after its last line: "<path>.000000001234". False: it stays where it is. */
static bool set_aside(struct decision_log *log)
{
	char name[4096];
	int n = snprintf(name, sizeof(name), "%s.%012llu", log->path, (unsigned long long)log->chain.n);

	if (n > 0 && (size_t)n < sizeof(name) && decision_file_is_at(&log->file, log->path) &&
	    access(name, F_OK) != 0 && rename(log->path, name) == 0)
		return true;
	log_msg(LOG_ERROR, "cannot set the decision log %s aside; going on in it", log->path);
	log->max_bytes_now = log->file.n_bytes + log->max_bytes;
	return false;
}

static void look_after_file(struct decision_log *log)
{
	if (log->file.is_stdout || is_waiting_for_disk(log))
		return;
	if (atomic_exchange(&log->wants_reopen, false) && !decision_file_is_at(&log->file, log->path)) {
		cover(log);
		change_file(log);
	} else if (log->max_bytes && log->file.n_bytes >= log->max_bytes_now) {
		cover(log);
		if (!atomic_load(&log->is_failing) && set_aside(log)) {
			log->max_bytes_now = log->max_bytes;
			change_file(log);
		}
	}
}

/* ---- the thread -------------------------------------------------------------------------------------------- */

static void add_ms(struct timespec *t, uint32_t ms)
{
	t->tv_sec += ms / 1000;
	t->tv_nsec += (long)(ms % 1000) * 1000000L;
	if (t->tv_nsec >= 1000000000L) {
		t->tv_sec++;
		t->tv_nsec -= 1000000000L;
	}
}

/* Under the lock; woken early by who is in a hurry. */
static void pause_for(struct decision_log *log, uint32_t ms)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	add_ms(&until, ms);
	if (!log->is_hurried && !atomic_load(&log->is_closing))
		(void)pthread_cond_timedwait(&log->wake, &log->lock, &until);
}

/* Waits for entries to gather or, when there are none, for the first. */
static void nap(struct decision_log *log)
{
	uint32_t longest = log->head_ms < NAP_MS ? log->head_ms : NAP_MS;

	(void)pthread_mutex_lock(&log->lock);
	pause_for(log, GATHER_MS);
	atomic_store(&log->naps, true);
	if (str_is_absent(ring_peek(log->ring)) && (log->file.is_stdout || !atomic_load(&log->wants_reopen)))
		pause_for(log, longest);
	atomic_store(&log->naps, false);
	(void)pthread_mutex_unlock(&log->lock);
}

static void say_settled(struct decision_log *log)
{
	(void)pthread_mutex_lock(&log->lock);
	log->settled = ring_taken(log->ring);
	log->is_hurried = false;
	(void)pthread_cond_broadcast(&log->flushed);
	(void)pthread_mutex_unlock(&log->lock);
}

static void *write_down(void *arg)
{
	struct decision_log *log = arg;

	for (;;) {
		bool is_closing = atomic_load(&log->is_closing);

		if (is_waiting_for_disk(log) && !is_closing) {
			drop_all(log);
		} else {
			tell_dropped(log);
			take_batch(log);
		}
		if (must_cover(log))
			cover(log);
		look_after_file(log);
		say_settled(log);
		if (!str_is_absent(ring_peek(log->ring)))
			continue;
		if (is_closing)
			break;
		nap(log);
	}
	tell_dropped(log);
	if (log->uncovered_ns)
		cover(log);
	return NULL;
}

/* ---- for others ------------------------------------------------------------------------------------------ */

static void free_log(struct decision_log *log)
{
	decision_file_close(&log->file);
	(void)pthread_cond_destroy(&log->flushed);
	(void)pthread_cond_destroy(&log->wake);
	(void)pthread_mutex_destroy(&log->lock);
	ring_free(log->ring);
	buf_release(&log->out);
	free(log->path);
	free(log);
}

static void init_sync(struct decision_log *log)
{
	pthread_condattr_t attr;

	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_mutex_init(&log->lock, NULL);
	(void)pthread_cond_init(&log->wake, &attr);
	(void)pthread_cond_init(&log->flushed, NULL);
	(void)pthread_condattr_destroy(&attr);
}

static struct decision_log *new_log(const struct decision_log_options *options)
{
	struct decision_log *log = mem_calloc(1, sizeof(*log));

	log->path = str_dup_cstr(str_of(options->path));
	log->key = options->key;
	log->max_bytes = log->max_bytes_now = options->max_bytes;
	log->head_lines = options->head_lines ? options->head_lines : HEAD_LINES;
	log->head_ms = options->head_ms ? options->head_ms : HEAD_MS;
	log->ring = ring_new(options->queue_bytes ? options->queue_bytes : QUEUE_BYTES);
	log->out = BUF_INIT(BUFFER_MAX_BYTES);
	log->file.fd = -1;
	init_sync(log);
	return log;
}

/* The file with its first lines, and the thread. */
static int start(struct decision_log *log, struct error *err)
{
	size_t torn;
	int r = decision_file_open(log->path, &log->file, &log->chain, &torn, err);

	if (r != 0)
		return r;
	begin_file(log, torn);
	if (atomic_load(&log->is_failing))
		return error_set(err, -EIO, "cannot write to the decision log %s", log->path);
	r = -pthread_create(&log->thread, NULL, write_down, log);
	return r == 0 ? 0 : error_set(err, r, "cannot start a thread for the decision log: %s", strerror(-r));
}

int decision_log_open(const struct decision_log_options *options, struct decision_log **ret, struct error *err)
{
	struct decision_log *log = new_log(options);
	int r = start(log, err);

	if (r == 0)
		*ret = log;
	else
		free_log(log);
	return r;
}

bool decision_log_drop(struct decision_log *log)
{
	atomic_fetch_add_explicit(&log->n_dropped, 1, memory_order_relaxed);
	return false;
}

bool decision_log_put(struct decision_log *log, struct str object)
{
	if (object.len > CHAIN_LINE_MAX_BYTES - CHAIN_PLACE_BYTES || !ring_put(log->ring, object))
		return decision_log_drop(log);
	if (atomic_load_explicit(&log->naps, memory_order_relaxed) && atomic_exchange(&log->naps, false))
		(void)pthread_cond_signal(&log->wake);
	return true;
}

void decision_log_reopen(struct decision_log *log)
{
	atomic_store(&log->wants_reopen, true);
	(void)pthread_cond_signal(&log->wake);
}

void decision_log_flush(struct decision_log *log)
{
	uint64_t end = ring_given(log->ring);

	(void)pthread_mutex_lock(&log->lock);
	while (log->settled < end) {
		log->is_hurried = true;
		(void)pthread_cond_signal(&log->wake);
		(void)pthread_cond_wait(&log->flushed, &log->lock);
	}
	(void)pthread_mutex_unlock(&log->lock);
}

struct decision_log_stats decision_log_stats(const struct decision_log *log)
{
	return (struct decision_log_stats){
	    .n_lines = atomic_load(&log->n_lines),
	    .n_dropped = atomic_load(&log->n_dropped),
	    .is_failing = atomic_load(&log->is_failing),
	};
}

void decision_log_close(struct decision_log *log)
{
	if (!log)
		return;
	atomic_store(&log->is_closing, true);
	(void)pthread_mutex_lock(&log->lock);
	(void)pthread_cond_signal(&log->wake);
	(void)pthread_mutex_unlock(&log->lock);
	(void)pthread_join(log->thread, NULL);
	free_log(log);
}
