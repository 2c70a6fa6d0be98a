/* SPDX-License-Identifier: Apache-2.0
 *
 * The queue and its two threads. The writer runs jobs into one batch while the committer commits the other: jobs that
 * arrive during a commit make the next batch (group commit without waiting), and neither thread waits for the other's
 * work.
 */
#include <time.h>

#include "service/internal.h"

#include "base/clock.h"

/* Of what is due, so many things happen at most before the next job that waits: nobody starves when very many are. */
#define MAX_FIRED 256u
/* What is due is tried again so long after a commit that failed. */
#define RETRY_AFTER_NS UINT64_C(1000000000)

/* ---- the writer ------------------------------------------------------------------------------------------ */

static bool is_empty(const struct batch *b)
{
	return b->n_jobs == 0 && b->n_refusals == 0;
}

static bool has_room(const struct batch *b)
{
	return b->n_jobs < b->service->options.max_batch;
}

static struct batch *other(struct batch *b)
{
	return b == &b->service->batches[0] ? &b->service->batches[1] : &b->service->batches[0];
}

enum step { STEP_RUN, STEP_HAND_OVER, STEP_UNDO, STEP_END };

/* What happens by itself next; NULL: nothing, or whoever waits has waited long enough. Lock held. */
static struct write_job *next_due(struct service *svc)
{
	struct write_job *job;

	if (svc->n_fired >= MAX_FIRED && svc->first)
		return NULL;
	job = fire_next(svc);
	svc->n_fired = job ? svc->n_fired + 1 : 0;
	return job;
}

/* Until it is woken, or something's time comes. Lock held. */
static void wait_for_work(struct service *svc)
{
	int64_t ms = fire_wait_ms(svc);
	struct timespec until;

	if (ms < 0) {
		(void)pthread_cond_wait(&svc->wake_writer, &svc->lock);
		return;
	}
	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	(void)pthread_cond_timedwait(&svc->wake_writer, &svc->lock, &until);
}

/* Waits for something to do. Refused attempts go straight into the batch. With STEP_RUN, `*ret_job` is the next job.
 * Lock held. */
static enum step next_step(struct service *svc, struct batch *b, struct write_job **ret_job)
{
	for (;;) {
		if (svc->commit_is_over)
			return STEP_UNDO;
		if (svc->first_refusal && !b->refusals) {
			b->refusals = TAKE(svc->first_refusal);
			b->n_refusals = svc->n_refusals;
			svc->last_refusal = NULL;
			svc->n_refusals = 0;
		}
		/* An idle committer is a commit not begun. */
		if (!svc->committing && !is_empty(b))
			return STEP_HAND_OVER;
		/* What is due comes before whatever is asked: nobody sees a state that time has overtaken. */
		if (has_room(b) && (*ret_job = next_due(svc)))
			return STEP_RUN;
		if (svc->first && has_room(b)) {
			svc->n_fired = 0;
			*ret_job = svc->first;
			svc->first = svc->first->next;
			if (!svc->first)
				svc->last = NULL;
			svc->n_queued--;
			return STEP_RUN;
		}
		if (svc->closing && !svc->first && !svc->first_refusal && is_empty(b) && !svc->committing)
			return STEP_END;
		wait_for_work(svc);
	}
}

/* The commit failed: what was run since was judged against a state that will not be. */
static void undo(struct service *svc, struct batch *b)
{
	struct batch *failed = svc->committing;
	int result = failed->result;

	batch_undo(b, result);
	batch_undo(failed, result);
	atomic_store(&svc->fire_after_ns, clock_monotonic_ns() + RETRY_AFTER_NS);
}

static void *writer_main(void *arg)
{
	struct service *svc = arg;
	struct batch *b = &svc->batches[0];
	struct write_job *job = NULL;
	enum step step;

	(void)pthread_mutex_lock(&svc->lock);
	while ((step = next_step(svc, b, &job)) != STEP_END) {
		(void)pthread_mutex_unlock(&svc->lock);
		if (step == STEP_RUN)
			batch_run(b, job);
		else if (step == STEP_HAND_OVER)
			batch_freeze(b);
		else
			undo(svc, b);
		(void)pthread_mutex_lock(&svc->lock);
		if (step == STEP_HAND_OVER) {
			svc->committing = b;
			b = other(b);
			(void)pthread_cond_signal(&svc->wake_committer);
		} else if (step == STEP_UNDO) {
			svc->committing = NULL;
			svc->commit_is_over = false;
		}
	}
	svc->closed = true;
	(void)pthread_cond_signal(&svc->wake_committer);
	(void)pthread_mutex_unlock(&svc->lock);
	return NULL;
}

/* ---- the committer ------------------------------------------------------------------------------------------ */

static void *committer_main(void *arg)
{
	struct service *svc = arg;

	(void)pthread_mutex_lock(&svc->lock);
	for (;;) {
		while (!svc->closed && (!svc->committing || svc->commit_is_over))
			(void)pthread_cond_wait(&svc->wake_committer, &svc->lock);
		if (svc->closed)
			break;
		struct batch *b = svc->committing;
		(void)pthread_mutex_unlock(&svc->lock);
		b->result = batch_commit(b);
		if (b->result == 0)
			batch_publish(b);
		(void)pthread_mutex_lock(&svc->lock);
		if (b->result == 0)
			svc->committing = NULL;
		else
			svc->commit_is_over = true;
		(void)pthread_cond_signal(&svc->wake_writer);
	}
	(void)pthread_mutex_unlock(&svc->lock);
	return NULL;
}

/* ---- from outside ------------------------------------------------------------------------------------- */

bool service_submit(struct service *svc, struct write_job *job)
{
	bool taken = false;

	job->next = NULL;
	(void)pthread_mutex_lock(&svc->lock);
	if (!svc->closing && svc->n_queued < svc->options.max_queue) {
		if (svc->last)
			svc->last->next = job;
		else
			svc->first = job;
		svc->last = job;
		svc->n_queued++;
		taken = true;
		(void)pthread_cond_signal(&svc->wake_writer);
	}
	(void)pthread_mutex_unlock(&svc->lock);
	return taken;
}

/* Every text of a note. */
#define NOTE_TEXTS(X)                                                                                                  \
	X(actor)                                                                                                       \
	X(via)                                                                                                         \
	X(operation)                                                                                                   \
	X(target)                                                                                                      \
	X(remote)                                                                                                      \
	X(request_id)                                                                                                  \
	X(event)                                                                                                       \
	X(credential)                                                                                                  \
	X(tenant)                                                                                                      \
	X(method)                                                                                                      \
	X(path)                                                                                                        \
	X(warning)

static size_t note_bytes(const struct audit_note *note)
{
	size_t n = 0;

#define X(name) n += note->name.len;
	NOTE_TEXTS(X)
#undef X
	return n;
}

static struct str put_text(char **at, struct str s)
{
	struct str copy = {*at, s.len};

	if (s.len)
		memcpy(*at, s.ptr, s.len);
	*at += s.len;
	return copy;
}

/* Copies a note with its texts behind `at`, where note_bytes() have room. */
static void copy_note(struct audit_note *to, const struct audit_note *from, char *at)
{
	to->status = from->status;
#define X(name) to->name = put_text(&at, from->name);
	NOTE_TEXTS(X)
#undef X
}

void service_audit_refused(struct service *svc, struct org *org, const struct audit_note *note)
{
	struct refusal *r = mem_calloc(1, sizeof(*r) + note_bytes(note));
	bool taken = false;

	r->org = org;
	r->at_ms = clock_now_ms();
	copy_note(&r->note, note, (char *)(r + 1));
	(void)pthread_mutex_lock(&svc->lock);
	if (!svc->closing && svc->n_refusals < svc->options.max_queue) {
		if (svc->last_refusal)
			svc->last_refusal->next = r;
		else
			svc->first_refusal = r;
		svc->last_refusal = r;
		svc->n_refusals++;
		taken = true;
		(void)pthread_cond_signal(&svc->wake_writer);
	}
	(void)pthread_mutex_unlock(&svc->lock);
	if (!taken) {
		atomic_fetch_add(&svc->n_dropped_audit, 1);
		free(r);
	}
}

int writer_start(struct service *svc)
{
	int r;

	for (size_t i = 0; i < 2; i++)
		batch_init(&svc->batches[i], svc);
	r = pthread_create(&svc->writer, NULL, writer_main, svc);
	svc->writer_runs = r == 0;
	if (r == 0) {
		r = pthread_create(&svc->committer, NULL, committer_main, svc);
		svc->committer_runs = r == 0;
	}
	return -r;
}

void writer_stop(struct service *svc)
{
	(void)pthread_mutex_lock(&svc->lock);
	svc->closing = true;
	(void)pthread_cond_broadcast(&svc->wake_writer);
	(void)pthread_mutex_unlock(&svc->lock);
	if (svc->writer_runs)
		(void)pthread_join(svc->writer, NULL);
	if (svc->committer_runs)
		(void)pthread_join(svc->committer, NULL);
	svc->writer_runs = svc->committer_runs = false;
	for (size_t i = 0; i < 2; i++)
		batch_release(&svc->batches[i]);
}
