/* SPDX-License-Identifier: Apache-2.0
 *
 * A batch: jobs run against forks, committed in one store transaction, published together or undone together.
 */
#include "base/clock.h"
#include "base/log.h"
#include "service/internal.h"

void batch_init(struct batch *b, struct service *svc)
{
	*b = (struct batch){.service = svc};
	b->end = &b->first;
	b->states = mem_calloc(svc->n_orgs, sizeof(*b->states));
}

void batch_release(struct batch *b)
{
	free(b->states);
	b->states = NULL;
}

/* With no tip nothing of the organization is on its way to be published, so the current one stays. */
static const struct snapshot *newest(const struct org *org)
{
	return org->tip ? org->tip : atomic_load(&org->current);
}

void batch_run(struct batch *b, struct write_job *job)
{
	struct org *org = job->org;
	struct batch_state *state = &b->states[org->index];

	if (!state->fork)
		state->fork = snapshot_fork(newest(org));
	job->txn = (struct txn){
	    .snapshot = state->fork,
	    .service = b->service,
	    .org = org,
	    .arena = job->arena,
	    .now_ms = clock_now_ms(),
	    .is_trial = job->is_trial,
	};
	job->saw_uncommitted = state->fork->revision != atomic_load(&org->revision);
	job->verdict = job->run(job, &job->txn);
	assert(!(job->is_trial && job->verdict == WRITE_ACCEPT));
	job->txn.base_revision = job->revision = state->fork->revision;
	if (job->verdict == WRITE_ACCEPT && job->txn.n_changes) {
		txn_apply(&job->txn, state->fork);
		job->revision = state->fork->revision;
	}
	job->next = NULL;
	*b->end = job;
	b->end = &job->next;
	b->n_jobs++;
}

void batch_freeze(struct batch *b)
{
	for (size_t i = 0; i < b->service->n_orgs; i++) {
		struct batch_state *state = &b->states[i];
		struct org *org = b->service->orgs[i];

		if (!state->fork)
			continue;
		/* A fork of jobs that were all refused is the state it was forked from. */
		if (state->fork->revision == newest(org)->revision) {
			snapshot_drop(TAKE(state->fork));
			continue;
		}
		snapshot_freeze(state->fork, &state->edit);
		org->tip = state->fork;
	}
}

static size_t collect_sets(const struct batch *b, struct store_set *sets)
{
	size_t n = 0;

	for (const struct write_job *j = b->first; j; j = j->next)
		if (j->verdict == WRITE_ACCEPT || j->verdict == WRITE_REFUSE_AUDITED)
			sets[n++] = txn_store_set(&j->txn, j->verdict == WRITE_ACCEPT ? AUDIT_DONE : AUDIT_REFUSED);
	for (const struct refusal *r = b->refusals; r; r = r->next) {
		const struct txn t = {.org = r->org, .note = r->note, .now_ms = r->at_ms};
		sets[n++] = txn_store_set(&t, AUDIT_REFUSED);
	}
	return n;
}

int batch_commit(struct batch *b)
{
	CLEANUP(freep) struct store_set *sets = mem_calloc(b->n_jobs + b->n_refusals, sizeof(*sets));
	size_t n = collect_sets(b, sets);
	struct error err = {0};
	int r;

	if (n == 0)
		return 0;
	r = store_commit(b->service->options.store, sets, n, &err);
	atomic_store(&b->service->is_writable, r == 0);
	if (r == 0)
		atomic_store(&b->service->fire_after_ns, 0);
	if (r != 0)
		log_msg(LOG_ERROR, "commit of %zu change sets failed (%d): %s", n, r, err.text);
	return r;
}

static void free_refusals(struct batch *b)
{
	for (struct refusal *r = TAKE(b->refusals), *next; r; r = next) {
		next = r->next;
		free(r);
	}
	b->n_refusals = 0;
}

/* Tells the jobs, which give their memory back, and empties the batch. */
static void tell_all(struct batch *b, int result)
{
	struct write_job *job = TAKE(b->first);

	b->end = &b->first;
	b->n_jobs = 0;
	free_refusals(b);
	while (job) {
		struct write_job *next = job->next;
		bool stands = result == 0 || (job->verdict != WRITE_ACCEPT && !job->saw_uncommitted);

		job->finish(job, stands ? 0 : result, result == 0 ? job->revision : atomic_load(&job->org->revision));
		job = next;
	}
}

void batch_publish(struct batch *b)
{
	uint64_t started = clock_monotonic_ns();

	for (size_t i = 0; i < b->service->n_orgs; i++) {
		struct batch_state *state = &b->states[i];

		if (state->fork)
			org_publish(b->service->orgs[i], TAKE(state->fork), &state->edit);
	}
	atomic_fetch_add(&b->service->publish_ns, clock_monotonic_ns() - started);
	tell_all(b, 0);
}

void batch_undo(struct batch *b, int result)
{
	for (size_t i = 0; i < b->service->n_orgs; i++) {
		struct batch_state *state = &b->states[i];

		if (!state->fork)
			continue;
		edit_drop(&state->edit);
		snapshot_drop(TAKE(state->fork));
		b->service->orgs[i]->tip = NULL;
		/* What was taken out for it is due still. */
		fire_rebuild(b->service->orgs[i], atomic_load(&b->service->orgs[i]->current));
	}
	tell_all(b, result);
}
