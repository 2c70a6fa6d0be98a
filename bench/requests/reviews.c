/* SPDX-License-Identifier: Apache-2.0
 *
 * What access reviews cost: to start and to close one of 1,000, 5,000 and 20,000 tasks, which is one change set, and
 * for how long other changes wait for it. Processor time, since other programs take turns, too: of all threads, and of
 * the writer, which nobody else gets meanwhile.
 *
 * usage: bench-reviews [--quick] [--dir DIR]     with DIR on SQLite there, else in memory
 */
#include <time.h>

#include "base/clock.h"
#include "service/access_reviews.h"
#include "world.h"

#define MAX_PATH    512u
#define USERS_A_JOB 100u

static const size_t sizes[] = {1000, 5000, 20000};

/* What happens to the review in one turn. */
struct turn {
	struct world_batch batch;
	struct str review;   /* its id */
	struct str decision; /* by which it closes */
	bool closes;
	uint64_t held_ns; /* processor time of the writer */
	size_t n_tasks, n_changes;
};

struct cost {
	double processor_ms, writer_ms, wait_ms; /* wait: of a change that is made right behind it */
};

static uint64_t processor_ns(clockid_t clock)
{
	struct timespec ts;

	(void)clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static const struct json *json_of(struct arena *a, const char *text)
{
	const struct json *tree;
	struct error err = {0};

	if (json_parse(str_of(text), a, &tree, &err) != JSON_OK)
		world_die("JSON", err.text);
	return tree;
}

/* ---- what is reviewed ------------------------------------------------------------------------------------------- */

static void put_binding(struct txn *t, struct str user, size_t entitlement)
{
	struct str of = arena_strf(t->arena, "e%zu", entitlement);

	txn_put(t, &(struct entitlement_binding){.doc = {.kind = DOC_ENTITLEMENT_BINDING,
	                                                 .id = arena_strf(t->arena, WORLD_APP "/" STR_FMT "/" STR_FMT,
	                                                                  STR_ARG(of), STR_ARG(user))},
	                                         .app = STR(WORLD_APP),
	                                         .entitlement_id = of,
	                                         .account_id = user,
	                                         .user = user}
	                .doc);
}

/* Users of whom each has every entitlement. */
static void make_holders(struct world_batch *b UNUSED, size_t i, struct txn *t)
{
	for (size_t k = i * USERS_A_JOB; k < (i + 1) * USERS_A_JOB; k++) {
		struct str id = arena_strf(t->arena, "h%zu", k);
		struct str account = arena_concat(t->arena, STR(WORLD_APP "/"), id);

		txn_put(t, &(struct user){.doc = {.kind = DOC_USER, .id = id}, .display_name = id}.doc);
		txn_put(t, &(struct app_user){.doc = {.kind = DOC_APP_USER, .id = account},
		                              .app = STR(WORLD_APP),
		                              .account_id = id,
		                              .user = id,
		                              .type = STR("USER"),
		                              .status = STR("ENABLED")}
		                .doc);
		for (size_t e = 0; e < WORLD_N_ENTITLEMENTS; e++)
			put_binding(t, id, e);
	}
}

static void make_policy(struct world_batch *b UNUSED, size_t i UNUSED, struct txn *t)
{
	txn_put(t,
	        &(struct approval_policy){
	            .doc = {.kind = DOC_APPROVAL_POLICY, .id = STR("certify")},
	            .display_name = STR("certify"),
	            .type = REQUEST_CERTIFY,
	            .steps = json_of(t->arena, "{\"certify\":{\"steps\":[{\"approval\":{\"appOwners\":{}}}]}}")}
	             .doc);
}

/* ---- its life --------------------------------------------------------------------------------------------------- */

static void make_review(struct world_batch *b, size_t i UNUSED, struct txn *t)
{
	static const struct str owner = STR_INIT(WORLD_APPROVER);
	struct turn *turn = CONTAINER_OF(b, struct turn, batch);
	struct access_review r = {.display_name = STR("Autumn"),
	                          .policy = STR("certify"),
	                          .owners = {&owner, 1},
	                          .auto_close_decision = turn->decision,
	                          .scope = json_of(t->arena, "{\"scopeV2\":{\"appAccess\":{}}}")};
	struct error err = {0};
	char *id;

	if (access_review_create(t, &r, &err) != SERVICE_OK)
		world_die("review", err.text);
	id = mem_calloc(r.doc.id.len, 1);
	memcpy(id, r.doc.id.ptr, r.doc.id.len);
	turn->review = (struct str){id, r.doc.id.len};
}

/* The first starts or closes it; the second changes nothing, and waits. */
static void take_turn(struct world_batch *b, size_t i, struct txn *t)
{
	struct turn *turn = CONTAINER_OF(b, struct turn, batch);
	struct access_review r;
	struct error err = {0};
	enum service_result result;
	uint64_t start;

	if (i > 0)
		return;
	start = processor_ns(CLOCK_THREAD_CPUTIME_ID);
	r = *access_review_find(t->snapshot, turn->review);
	result = turn->closes ? access_review_close(t, &r, &turn->n_tasks, &err)
	                      : access_review_start(t, &r, &turn->n_tasks, &err);
	if (result != SERVICE_OK)
		world_die(turn->closes ? "close" : "start", err.text);
	turn->n_changes = t->n_changes;
	turn->held_ns = processor_ns(CLOCK_THREAD_CPUTIME_ID) - start;
}

static struct cost measure(struct turn *turn)
{
	uint64_t processor = processor_ns(CLOCK_PROCESS_CPUTIME_ID), start = clock_monotonic_ns();

	turn->batch.run = take_turn;
	world_run(&turn->batch, 2);
	return (struct cost){.processor_ms = (double)(processor_ns(CLOCK_PROCESS_CPUTIME_ID) - processor) / 1e6,
	                     .writer_ms = (double)turn->held_ns / 1e6,
	                     .wait_ms = (double)(clock_monotonic_ns() - start) / 1e6};
}

static void print(const char *what, const struct turn *turn, struct cost c)
{
	double n = (double)turn->n_tasks;

	printf("%8zu  %-16s %9zu %10.0f %12.0f %10.0f %14.1f\n", turn->n_tasks, what, turn->n_changes, c.processor_ms,
	       c.writer_ms, c.wait_ms, c.processor_ms * 1000 / n);
}

static void review(struct world *w, const char *closing, struct str decision)
{
	struct turn turn = {.batch = {.world = w}, .decision = decision};

	turn.batch.run = make_review;
	world_run(&turn.batch, 1);
	print("start", &turn, measure(&turn));
	turn.closes = true;
	print(closing, &turn, measure(&turn));
	free((char *)(uintptr_t)turn.review.ptr);
}

static void run_size(size_t n, const char *dir)
{
	struct buf key = BUF_INIT(1000);
	struct world_batch b;
	char url[MAX_PATH] = "memory:";
	struct world w;

	if (dir)
		(void)snprintf(url, sizeof(url), "sqlite:%s/reviews-%zu.db", dir, n);
	world_open(&w, str_of(url), 0, &key);
	b = (struct world_batch){.world = &w, .run = make_policy};
	world_run(&b, 1);
	b.run = make_holders;
	world_run(&b, n / WORLD_N_ENTITLEMENTS / USERS_A_JOB);
	review(&w, "close, cancel", STR_NONE);
	review(&w, "close, revoke", STR(ACCESS_REVIEW_REVOKES));
	world_close(&w);
	buf_release(&key);
}

int main(int argc, char **argv)
{
	size_t n = N_ELEMENTS(sizes);
	const char *dir = NULL;

	for (int i = 1; i < argc; i++) {
		struct str arg = str_of(argv[i]);

		if (str_eq(arg, STR("--quick")))
			n = 1;
		else if (str_eq(arg, STR("--dir")) && i + 1 < argc)
			dir = argv[++i];
		else
			world_die("usage", "bench-reviews [--quick] [--dir DIR]");
	}
	printf("%8s  %-16s %9s %10s %12s %10s %14s\n", "tasks", "what", "changes", "cpu, ms", "writer, ms", "wait, ms",
	       "cpu a task, us");
	for (size_t i = 0; i < n; i++)
		run_size(sizes[i], dir);
	return 0;
}
