/* SPDX-License-Identifier: Apache-2.0 */
#include "service/decision_log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/ring.h"
#include "service/decision_chain.h"

#define QUEUE_BYTES      ((size_t)16 * 1024 * 1024)
#define BATCH_BYTES      ((size_t)256 * 1024) /* that many are written at once, or a little more */
#define BUFFER_MAX_BYTES (BATCH_BYTES + DECISION_LINE_MAX_BYTES + 65536)
#define HEAD_LINES       1000u
#define HEAD_MS          10000u
#define NAP_MS           50u  /* a signal to wake that is lost costs at most this */
#define RETRY_MS         1000 /* a disk that refused is asked again */

struct decision_log {
	struct ring *ring;
	char *path;
	bool is_file; /* not standard output */
	const struct signing_key *key;
	uint64_t max_bytes;
	uint32_t head_lines, head_ms;

	/* The thread's own. */
	int fd;
	uint64_t n_bytes; /* of the file, up to which all is whole */
	struct decision_chain chain;
	struct buf out;             /* lines to be written */
	uint64_t n_in_out;          /* entries among them */
	struct decision_chain then; /* before them */
	uint64_t uncovered_ns;      /* since when there is a line that no head covers; 0: there is none */
	uint64_t retry_ns;          /* not before this, after a failure */
	uint64_t n_told;            /* dropped ones that the log tells of */

	_Atomic uint64_t n_dropped, n_lines, n_flushed;
	_Atomic uint64_t n_put; /* entries that found room */
	_Atomic bool is_failing, wants_reopen, is_closing, naps;
	pthread_t thread;
	pthread_mutex_t lock; /* of the conditions; nobody who decides takes it */
	pthread_cond_t wake, flushed;
};

/* ---- the file ---------------------------------------------------------------------------------------- */

static int complain(const struct decision_log *log, struct error *err, const char *what)
{
	return error_set(err, -errno, "cannot %s the decision log %s: %s", what, log->path, strerror(errno));
}

/* Reads what stands at `from`, up to the end of the file, which is `n` bytes later. */
static int read_at(int fd, char *to, size_t n, uint64_t from)
{
	size_t done = 0;

	while (done < n) {
		ssize_t got = pread(fd, to + done, n - done, (off_t)(from + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : -EIO;
		done += (size_t)got;
	}
	return 0;
}

/*
 * Takes up the chain where the file ends. `*ret_torn` is how many bytes of a line without end there are behind it.
 * False: the last line is none of a decision log.
 */
static bool take_up(struct decision_log *log, uint64_t size, size_t *ret_torn, int *ret_errno)
{
	size_t n = size < DECISION_LINE_MAX_BYTES * 2 ? (size_t)size : DECISION_LINE_MAX_BYTES * 2, end, from;
	char *tail = mem_alloc(n);
	bool is_fine = false;

	*ret_errno = -read_at(log->fd, tail, n, size - n);
	if (*ret_errno == 0) {
		for (end = n; end > 0 && tail[end - 1] != '\n';)
			end--;
		for (from = end ? end - 1 : 0; from > 0 && tail[from - 1] != '\n';)
			from--;
		*ret_torn = n - end;
		/* A file that holds nothing but a torn line: its first. */
		is_fine = end == 0 ? n == size && str_starts_with((struct str){tail, n}, STR("{"))
		                   : decision_chain_read(&log->chain, (struct str){tail + from, end - 1 - from});
	}
	free(tail);
	return is_fine;
}

static void add_line(struct decision_log *log, struct str object)
{
	decision_chain_add(&log->chain, object, &log->out);
	if (!log->uncovered_ns)
		log->uncovered_ns = clock_monotonic_ns();
}

static void add_event(struct decision_log *log, const char *type, const char *member, uint64_t count)
{
	char object[160], at[32];
	int n = snprintf(object, sizeof(object), "{\"type\":\"%s\",\"at\":\"%s\"", type,
	                 time_format_rfc3339(clock_now_ms(), at).ptr);

	if (member)
		n +=
		    snprintf(object + n, sizeof(object) - (size_t)n, ",\"%s\":%llu", member, (unsigned long long)count);
	(void)snprintf(object + n, sizeof(object) - (size_t)n, "}");
	add_line(log, str_of(object));
}

static int open_file(struct decision_log *log, struct error *err)
{
	struct stat st;
	size_t torn = 0;
	int e = 0;

	if (!log->is_file) {
		log->fd = STDOUT_FILENO;
		add_event(log, "start", NULL, 0);
		return 0;
	}
	log->fd = open(log->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (log->fd < 0 || fstat(log->fd, &st) != 0)
		return complain(log, err, "open");
	if (!S_ISREG(st.st_mode))
		return error_set(err, -EINVAL, "the decision log %s is no regular file", log->path);
	log->n_bytes = (uint64_t)st.st_size;
	if (st.st_size > 0 && !take_up(log, log->n_bytes, &torn, &e)) {
		errno = e;
		return e ? complain(log, err, "read")
		         : error_set(err, -EINVAL, "%s is there and its last line is none of a decision log",
		                     log->path);
	}
	log->n_bytes -= torn;
	log->then = log->chain;
	if (torn && ftruncate(log->fd, (off_t)log->n_bytes) != 0)
		return complain(log, err, "cut off the torn last line of");
	if (torn)
		add_event(log, "recovered", "bytes", torn);
	add_event(log, "start", NULL, 0);
	return 0;
}

/* A file of its own from here on; the chain goes on. */
static void change_file(struct decision_log *log)
{
	struct decision_chain chain = log->chain;
	struct error err = {0};
	int former = log->fd;

	log->n_bytes = 0;
	if (open_file(log, &err) != 0) {
		log_msg(LOG_ERROR, "%s; going on in the former one", err.text);
		if (log->fd >= 0 && log->fd != former)
			(void)close(log->fd);
		log->fd = former;
		log->chain = chain;
		buf_clear(&log->out);
		return;
	}
	(void)close(former);
}

/* ---- writing down -------------------------------------------------------------------------------------- */

static bool write_all(struct decision_log *log)
{
	size_t done = 0;

	while (done < log->out.len) {
		ssize_t n = write(log->fd, log->out.ptr + done, log->out.len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int e = errno;

			if (!atomic_exchange(&log->is_failing, true))
				log_msg(LOG_ERROR, "cannot write to the decision log %s: %s", log->path, strerror(e));
			/* What was half written is taken back: the file holds whole lines. */
			if (log->is_file && done && ftruncate(log->fd, (off_t)log->n_bytes) != 0)
				log_msg(LOG_ERROR, "the decision log %s holds part of a line", log->path);
			return false;
		}
		done += (size_t)n;
	}
	log->n_bytes += done;
	atomic_store(&log->is_failing, false);
	return true;
}

/* Writes out what is gathered, all or nothing; what fails is gone, and counted. */
static void write_out(struct decision_log *log)
{
	if (!log->out.len)
		return;
	if (write_all(log)) {
		atomic_fetch_add(&log->n_lines, log->chain.n - log->then.n);
	} else {
		log->chain = log->then;
		atomic_fetch_add(&log->n_dropped, log->n_in_out);
		log->retry_ns = clock_monotonic_ns() + RETRY_MS * UINT64_C(1000000);
	}
	buf_clear(&log->out);
	log->n_in_out = 0;
	log->then = log->chain;
}

static void cover(struct decision_log *log)
{
	decision_chain_add_head(&log->chain, log->key, clock_now_ms(), &log->out);
	write_out(log);
	if (!atomic_load(&log->is_failing) && log->is_file)
		(void)fdatasync(log->fd);
	log->uncovered_ns = 0;
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

/* While the disk refuses, entries go. */
static void drop_all(struct decision_log *log, uint64_t *n_taken)
{
	while (!str_is_absent(ring_peek(log->ring))) {
		ring_drop(log->ring);
		atomic_fetch_add(&log->n_dropped, 1);
		(*n_taken)++;
	}
}

static void take_batch(struct decision_log *log, uint64_t *n_taken)
{
	struct str entry;

	while (log->out.len < BATCH_BYTES && !str_is_absent(entry = ring_peek(log->ring))) {
		add_line(log, entry);
		ring_drop(log->ring);
		log->n_in_out++;
		(*n_taken)++;
		if (log->chain.n - log->chain.n_head >= log->head_lines)
			break;
	}
	write_out(log);
}

static bool must_cover(const struct decision_log *log)
{
	return log->uncovered_ns && (log->chain.n - log->chain.n_head >= log->head_lines ||
	                             clock_monotonic_ns() - log->uncovered_ns >= log->head_ms * UINT64_C(1000000));
}

static void begin_file_anew(struct decision_log *log)
{
	char name[4096], at[32];

	cover(log);
	if (log->max_bytes && log->n_bytes >= log->max_bytes) {
		int n = snprintf(name, sizeof(name), "%s.%s", log->path, time_format_rfc3339(clock_now_ms(), at).ptr);

		if (n < 0 || (size_t)n >= sizeof(name) || access(name, F_OK) == 0 || rename(log->path, name) != 0) {
			log_msg(LOG_ERROR, "cannot set the decision log %s aside", log->path);
			log->max_bytes += log->max_bytes / 2 + 1;
			return;
		}
	}
	change_file(log);
	write_out(log);
}

static void nap(struct decision_log *log)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += NAP_MS * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000L;
	}
	(void)pthread_mutex_lock(&log->lock);
	atomic_store(&log->naps, true);
	if (str_is_absent(ring_peek(log->ring)) && !atomic_load(&log->is_closing))
		(void)pthread_cond_timedwait(&log->wake, &log->lock, &until);
	atomic_store(&log->naps, false);
	(void)pthread_mutex_unlock(&log->lock);
}

static void say_flushed(struct decision_log *log, uint64_t n_taken)
{
	(void)pthread_mutex_lock(&log->lock);
	atomic_store(&log->n_flushed, n_taken);
	(void)pthread_cond_broadcast(&log->flushed);
	(void)pthread_mutex_unlock(&log->lock);
}

static void *write_down(void *arg)
{
	struct decision_log *log = arg;
	uint64_t n_taken = 0;

	for (;;) {
		bool is_closing = atomic_load(&log->is_closing);

		if (atomic_load(&log->is_failing) && clock_monotonic_ns() < log->retry_ns && !is_closing)
			drop_all(log, &n_taken);
		else
			tell_dropped(log);
		take_batch(log, &n_taken);
		if (must_cover(log))
			cover(log);
		if (log->is_file &&
		    (atomic_exchange(&log->wants_reopen, false) || (log->max_bytes && log->n_bytes >= log->max_bytes)))
			begin_file_anew(log);
		say_flushed(log, n_taken);
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
	if (log->is_file && log->fd >= 0)
		(void)close(log->fd);
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

int decision_log_open(const struct decision_log_options *options, struct decision_log **ret, struct error *err)
{
	struct decision_log *log = mem_calloc(1, sizeof(*log));
	int r;

	log->path = mem_alloc(strlen(options->path) + 1);
	memcpy(log->path, options->path, strlen(options->path) + 1);
	log->is_file = strcmp(options->path, "-") != 0;
	log->key = options->key;
	log->max_bytes = options->max_bytes;
	log->head_lines = options->head_lines ? options->head_lines : HEAD_LINES;
	log->head_ms = options->head_ms ? options->head_ms : HEAD_MS;
	log->ring = ring_new(options->queue_bytes ? options->queue_bytes : QUEUE_BYTES);
	log->out = BUF_INIT(BUFFER_MAX_BYTES);
	log->fd = -1;
	init_sync(log);
	r = open_file(log, err);
	if (r == 0) {
		write_out(log);
		r = atomic_load(&log->is_failing)
		        ? error_set(err, -EIO, "cannot write to the decision log %s", log->path)
		        : 0;
	}
	if (r == 0) {
		r = -pthread_create(&log->thread, NULL, write_down, log);
		if (r != 0)
			(void)error_set(err, r, "cannot start a thread for the decision log: %s", strerror(-r));
	}
	if (r != 0) {
		free_log(log);
		return r;
	}
	*ret = log;
	return 0;
}

bool decision_log_drop(struct decision_log *log)
{
	atomic_fetch_add_explicit(&log->n_dropped, 1, memory_order_relaxed);
	return false;
}

bool decision_log_put(struct decision_log *log, struct str object)
{
	if (object.len > DECISION_LINE_MAX_BYTES - 256 || !ring_put(log->ring, object))
		return decision_log_drop(log);
	atomic_fetch_add_explicit(&log->n_put, 1, memory_order_release);
	if (atomic_load_explicit(&log->naps, memory_order_relaxed))
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
	uint64_t n = atomic_load(&log->n_put);

	(void)pthread_mutex_lock(&log->lock);
	while (atomic_load(&log->n_flushed) < n)
		(void)pthread_cond_wait(&log->flushed, &log->lock);
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
