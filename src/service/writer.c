/* SPDX-License-Identifier: Apache-2.0
 *
 * The one writer. A batch: run each job against the forks, commit all change sets in one store transaction,
 * publish, tell the jobs. Jobs that arrive meanwhile make the next batch (group commit without waiting).
 */
#include <errno.h>
#include <urcu-bp.h>

#include "base/clock.h"
#include "base/log.h"
#include "service/internal.h"

#if defined(__SANITIZE_THREAD__)
/* ThreadSanitizer cannot see that a grace period orders readers before the freeing of what they read. */
void __tsan_acquire(void *addr);
void __tsan_release(void *addr);
static char grace_period;
#define NOTE_READ_END() __tsan_release(&grace_period)
#define NOTE_RECLAIM()  __tsan_acquire(&grace_period)
#else
#define NOTE_READ_END() ((void)0)
#define NOTE_RECLAIM()  ((void)0)
#endif

void service_read_begin(void)
{
	rcu_read_lock();
}

void service_read_end(void)
{
	NOTE_READ_END();
	rcu_read_unlock();
}

/* ---- publication ------------------------------------------------------------------------------------ */

/* What a superseded snapshot leaves behind, until no reader can hold it. */
struct leftover {
	struct rcu_head head;
	struct snapshot *shell;
	struct edit_blocks retired;
};

static void free_leftover(struct rcu_head *head)
{
	struct leftover *l = CONTAINER_OF(head, struct leftover, head);

	NOTE_RECLAIM();
	snapshot_free_shell(l->shell);
	edit_blocks_free_all(&l->retired);
	free(l);
}

void org_publish(struct org *org, struct snapshot *fork)
{
	struct leftover *l = mem_calloc(1, sizeof(*l));

	snapshot_seal(fork, &l->retired);
	l->shell = (struct snapshot *)(uintptr_t)atomic_load(&org->current);
	atomic_store(&org->current, fork);
	call_rcu(&l->head, free_leftover);
}

/* ---- a batch ------------------------------------------------------------------------------------------ */

struct batch {
	struct service *svc;
	struct write_job *jobs; /* list by next */
	struct refusal *refusals;
	struct store_set *sets;
	size_t n_sets;
	struct arena arena;
};

static void run_job(struct batch *b, struct write_job *job)
{
	struct org *org = job->org;
	struct snapshot *pending = org->pending;

	if (!pending)
		pending = org->pending = snapshot_fork(atomic_load(&org->current));
	job->txn = (struct txn){
	    .snapshot = pending,
	    .service = b->svc,
	    .org = org,
	    .arena = job->arena,
	    .now_ms = clock_now_ms(),
	};
	job->verdict = job->run(job, &job->txn);
	job->revision = pending->revision;
	if (job->verdict == WRITE_REFUSE)
		return;
	b->sets[b->n_sets++] =
	    txn_store_set(&job->txn, pending->revision, job->verdict == WRITE_ACCEPT ? AUDIT_DONE : AUDIT_REFUSED);
	if (job->verdict == WRITE_ACCEPT && job->txn.n_changes) {
		txn_apply(&job->txn, pending);
		job->revision = pending->revision;
	}
}

static void add_refusal(struct batch *b, const struct refusal *r)
{
	struct txn t = {.org = r->org, .note = r->note, .now_ms = r->at_ms};

	b->sets[b->n_sets++] = txn_store_set(&t, 0, AUDIT_REFUSED);
}

/* 0 when everything is durable. */
static int commit(struct batch *b)
{
	struct error err = {0};
	int r;

	if (b->n_sets == 0)
		return 0;
	r = store_commit(b->svc->options.store, b->sets, b->n_sets, &err);
	atomic_store(&b->svc->is_writable, r == 0);
	if (r != 0)
		log_msg(LOG_ERROR, "commit of %zu change sets failed (%d): %s", b->n_sets, r, err.text);
	return r;
}

static void settle_orgs(struct batch *b, bool keep)
{
	uint64_t started = clock_monotonic_ns();

	for (size_t i = 0; i < b->svc->n_orgs; i++) {
		struct org *org = b->svc->orgs[i];
		struct snapshot *pending = TAKE(org->pending);

		if (!pending)
			continue;
		if (keep && pending->revision != atomic_load(&org->current)->revision)
			org_publish(org, pending);
		else
			snapshot_drop(pending);
	}
	atomic_fetch_add(&b->svc->publish_ns, clock_monotonic_ns() - started);
}

static void run_batch(struct batch *b)
{
	size_t n = 0;
	int r;

	for (struct write_job *j = b->jobs; j; j = j->next)
		n++;
	for (struct refusal *x = b->refusals; x; x = x->next)
		n++;
	b->sets = ARENA_ARRAY(&b->arena, struct store_set, n);
	for (struct write_job *j = b->jobs; j; j = j->next)
		run_job(b, j);
	for (struct refusal *x = b->refusals; x; x = x->next)
		add_refusal(b, x);
	r = commit(b);
	settle_orgs(b, r == 0);
	for (struct write_job *j = b->jobs, *next; j; j = next) {
		next = j->next; /* finish() gives the job's memory back */
		j->finish(j, j->verdict == WRITE_ACCEPT ? r : 0,
		          r == 0 ? j->revision : atomic_load(&j->org->current)->revision);
	}
	for (struct refusal *x = b->refusals, *next; x; x = next) {
		next = x->next;
		free(x);
	}
}

/* Takes what waits, at most a batch; false when the service closes and nothing is left. */
static bool take(struct service *svc, struct batch *b)
{
	unsigned left = svc->options.max_batch;

	(void)pthread_mutex_lock(&svc->lock);
	while (!svc->first && !svc->first_refusal && !svc->closing)
		(void)pthread_cond_wait(&svc->wake, &svc->lock);
	b->jobs = svc->first;
	struct write_job **end = &b->jobs;
	while (*end && left--) {
		end = &(*end)->next;
		svc->n_queued--;
	}
	svc->first = *end;
	*end = NULL;
	if (!svc->first)
		svc->last = NULL;
	b->refusals = TAKE(svc->first_refusal);
	svc->last_refusal = NULL;
	svc->n_refusals = 0;
	(void)pthread_mutex_unlock(&svc->lock);
	return b->jobs || b->refusals;
}

static void *writer_main(void *arg)
{
	struct batch b = {.svc = arg};

	while (take(b.svc, &b)) {
		run_batch(&b);
		b.n_sets = 0;
		arena_reset(&b.arena);
	}
	arena_release(&b.arena);
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
		(void)pthread_cond_signal(&svc->wake);
	}
	(void)pthread_mutex_unlock(&svc->lock);
	return taken;
}

/* Copies the strings of a note behind `at`. */
static void copy_note(struct audit_note *to, const struct audit_note *from, char *at)
{
	const struct str *in[] = {&from->actor,  &from->via,    &from->operation,
	                          &from->target, &from->remote, &from->request_id};
	struct str *out[] = {&to->actor, &to->via, &to->operation, &to->target, &to->remote, &to->request_id};

	to->status = from->status;
	for (size_t i = 0; i < N_ELEMENTS(in); i++) {
		if (in[i]->len)
			memcpy(at, in[i]->ptr, in[i]->len);
		*out[i] = (struct str){at, in[i]->len};
		at += in[i]->len;
	}
}

void service_audit_refused(struct service *svc, struct org *org, const struct audit_note *note)
{
	size_t bytes = note->actor.len + note->via.len + note->operation.len + note->target.len + note->remote.len +
	               note->request_id.len;
	struct refusal *r = mem_calloc(1, sizeof(*r) + bytes);
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
		(void)pthread_cond_signal(&svc->wake);
	}
	(void)pthread_mutex_unlock(&svc->lock);
	if (!taken) {
		atomic_fetch_add(&svc->n_dropped_audit, 1);
		free(r);
	}
}

int writer_start(struct service *svc)
{
	int r = pthread_create(&svc->writer, NULL, writer_main, svc);

	svc->writer_runs = r == 0;
	return -r;
}

void writer_stop(struct service *svc)
{
	if (!svc->writer_runs)
		return;
	(void)pthread_mutex_lock(&svc->lock);
	svc->closing = true;
	(void)pthread_cond_broadcast(&svc->wake);
	(void)pthread_mutex_unlock(&svc->lock);
	(void)pthread_join(svc->writer, NULL);
	svc->writer_runs = false;
	/* Everything superseded is freed before the snapshots themselves go. */
	rcu_barrier();
}
