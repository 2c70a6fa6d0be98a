/* SPDX-License-Identifier: Apache-2.0
 *
 * Jobs that nobody submits: one for each thing whose time has come.
 */
#include "base/clock.h"
#include "service/access_review_templates.h"
#include "service/access_reviews.h"
#include "service/access_tasks.h"
#include "service/internal.h"
#include "service/requests.h"

/* The longest that the writer sleeps while something is to come: clocks are set, and tests drive them. */
#define MAX_WAIT_MS 1000

struct firing {
	struct write_job job;
	struct arena arena;
	struct timer timer;
};

/* False: it is not due (any more), and nothing was put. */
static bool fire(struct txn *t, enum document_kind kind, struct str id)
{
	const struct document *doc = snapshot_find(t->snapshot, kind, id);

	if (doc && kind == DOC_ACCESS_REVIEW)
		return access_review_fire(t, as_access_review(doc));
	if (doc && kind == DOC_ACCESS_REVIEW_TEMPLATE)
		return access_review_template_fire(t, as_access_review_template(doc));
	if (doc && kind == DOC_ACCESS_TASK)
		return access_task_fire(t, as_access_task(doc));
	return doc && requests_fire(t, kind, id);
}

static enum write_verdict run(struct write_job *job, struct txn *t)
{
	const struct firing *f = CONTAINER_OF(job, struct firing, job);
	struct str kind = document_kind_name(f->timer.kind), id = str_of(f->timer.id);
	bool is_review = f->timer.kind == DOC_ACCESS_REVIEW || f->timer.kind == DOC_ACCESS_REVIEW_TEMPLATE;

	if (!fire(t, f->timer.kind, id))
		return WRITE_REFUSE;
	t->note = (struct audit_note){
	    .actor = STR(""),
	    .via = STR("timer"),
	    .operation = is_review ? STR("conductorone:accessReviews:timer") : STR("conductorone:tasks:timer"),
	    .target = arena_concat3(t->arena, kind, STR(":"), id),
	    .remote = STR(""),
	    .request_id = STR(""),
	    .event = is_review ? STR("c1.accessReview.timer") : STR("c1.task.timer"),
	    .credential = STR(""),
	    .tenant = STR(""),
	    .method = STR(""),
	    .path = STR(""),
	    .warning = STR(""),
	};
	return WRITE_ACCEPT;
}

/* When it could not be committed the timers were made anew, and it comes again. */
static void finish(struct write_job *job, int result UNUSED, uint64_t revision UNUSED)
{
	struct firing *f = CONTAINER_OF(job, struct firing, job);

	atomic_fetch_sub(&job->org->timers.n_firing, 1);
	free(f->timer.id);
	arena_release(&f->arena);
	free(f);
}

struct write_job *fire_next(struct service *svc)
{
	struct timer timer;
	uint64_t not_before_ns = atomic_load(&svc->fire_after_ns);

	if (not_before_ns && clock_monotonic_ns() < not_before_ns)
		return NULL;
	for (size_t i = 0; i < svc->n_orgs; i++) {
		struct org *org = svc->orgs[i];
		struct firing *f;

		if (org->timers.n == 0 || !timers_take(&org->timers, clock_now_ms(), &timer))
			continue;
		f = mem_calloc(1, sizeof(*f));
		f->timer = timer;
		f->job = (struct write_job){.org = org, .arena = &f->arena, .run = run, .finish = finish};
		return &f->job;
	}
	return NULL;
}

int64_t fire_wait_ms(const struct service *svc)
{
	int64_t next = INT64_MAX, now;

	for (size_t i = 0; i < svc->n_orgs; i++) {
		int64_t due = atomic_load(&svc->orgs[i]->timers.next_due_ms);

		next = due < next ? due : next;
	}
	if (next == INT64_MAX)
		return -1;
	now = clock_now_ms();
	if (next <= now)
		return MAX_WAIT_MS; /* there is no room for it now; whoever makes room wakes the writer */
	return next - now < MAX_WAIT_MS ? next - now : MAX_WAIT_MS;
}

void fire_rebuild(struct org *org, const struct snapshot *s)
{
	static const enum document_kind kinds[] = {DOC_ACCESS_REQUEST, DOC_ENTITLEMENT_BINDING,    DOC_WEBHOOK_CALL,
	                                           DOC_ACCESS_REVIEW,  DOC_ACCESS_REVIEW_TEMPLATE, DOC_ACCESS_TASK};

	timers_clear(&org->timers);
	for (size_t i = 0; i < N_ELEMENTS(kinds); i++) {
		const struct document *doc;
		uint64_t at = 0;

		while ((doc = snapshot_next(s, kinds[i], &at)))
			timers_add(&org->timers, doc);
	}
}

static bool are_left(const struct service *svc, int64_t now_ms)
{
	for (size_t i = 0; i < svc->n_orgs; i++)
		if (atomic_load(&svc->orgs[i]->timers.next_due_ms) <= now_ms)
			return true;
	return false;
}

/* Does nothing happen by itself for now, since it could not be stored? */
static bool is_held_back(const struct service *svc)
{
	uint64_t not_before_ns = atomic_load(&svc->fire_after_ns);

	return not_before_ns && clock_monotonic_ns() < not_before_ns;
}

/* The writer lets happen what is due before it runs a job, but not without end: then some is left. */
static enum write_verdict wait_run(struct write_job *job, struct txn *t UNUSED)
{
	struct due_wait *w = CONTAINER_OF(job, struct due_wait, job);

	w->saw_all = !are_left(w->service, w->now_ms);
	return WRITE_REFUSE;
}

/* What was taken out before the job is published by now, or is due again since it could not be stored. */
static void wait_finish(struct write_job *job, int result, uint64_t revision UNUSED)
{
	struct due_wait *w = CONTAINER_OF(job, struct due_wait, job);

	if (result == 0 && w->saw_all && !are_left(w->service, w->now_ms)) {
		w->done(w, true);
		return;
	}
	if (result != 0 || clock_monotonic_ns() >= w->deadline_ns || !service_submit_behind_due(w->service, job))
		w->done(w, false);
}

bool txn_is_behind(const struct txn *t)
{
	return atomic_load(&t->org->timers.next_due_ms) <= t->now_ms;
}

bool service_submit_behind_due(struct service *svc, struct write_job *job)
{
	return !is_held_back(svc) && service_submit(svc, job);
}

bool service_wait_for_due(struct service *svc, struct due_wait *w)
{
	w->service = svc;
	w->job = (struct write_job){
	    .org = service_default_org(svc), .arena = w->arena, .run = wait_run, .finish = wait_finish};
	return service_submit(svc, &w->job);
}

bool service_is_due(const struct service *svc, int64_t now_ms)
{
	for (size_t i = 0; i < svc->n_orgs; i++)
		if (timers_are_due(&svc->orgs[i]->timers, now_ms))
			return true;
	return false;
}
