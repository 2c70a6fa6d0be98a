/* SPDX-License-Identifier: Apache-2.0
 *
 * What access requests cost: to make and to approve one while 1,000, 10,000 and 100,000 others are open, in turns in
 * one run, and to route one through sixteen rules. Processor time of all threads, since other programs take turns, too.
 *
 * usage: bench-requests [--quick] [--json FILE] [--dir DIR]     with DIR on SQLite there, else in memory
 */
#include <time.h>

#include "../engine/report.h"
#include "base/clock.h"
#include "world.h"

#define N_WORLDS 3u
#define MAX_PATH 512u

static const size_t sizes[N_WORLDS] = {1000, 10000, 100000};

struct options {
	bool is_quick;
	const char *json, *dir;
};

static uint64_t processor_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static uint64_t timed(struct world *w, void (*run)(struct world_batch *, size_t, struct txn *))
{
	struct world_batch b = {.world = w, .run = run};
	uint64_t start = processor_ns();

	world_run(&b, WORLD_N_SPARE);
	return processor_ns() - start;
}

/* One round: every world makes and approves its spare users' requests. */
static void round_of(struct world *worlds, size_t n, struct samples *created, struct samples *approved)
{
	for (size_t i = 0; i < n; i++) {
		samples_add(&created[i], timed(&worlds[i], world_create), WORLD_N_SPARE);
		samples_add(&approved[i], timed(&worlds[i], world_approve), WORLD_N_SPARE);
	}
}

static void report_requests(struct report *r, struct world *worlds, size_t n, size_t n_rounds)
{
	struct samples created[N_WORLDS] = {0}, approved[N_WORLDS] = {0};
	double base_created = 0, base_approved = 0;

	for (size_t round = 0; round < n_rounds; round++)
		round_of(worlds, n, created, approved);
	for (size_t i = 0; i < n; i++) {
		struct summary c = samples_finish(&created[i]), d = samples_finish(&approved[i]);

		if (i == 0) {
			base_created = c.p50_ns;
			base_approved = d.p50_ns;
		}
		report_row(r, worlds[i].n_open, "create a request", c, c.p50_ns / base_created);
		report_row(r, worlds[i].n_open, "approve it", d, d.p50_ns / base_approved);
	}
}

/* ---- routing -------------------------------------------------------------------------------------------------------
 */

/* The policy that the request names is the one. */
static struct str policy_named(void *ctx UNUSED, const struct access_request *r)
{
	return r->policy;
}

static void route(const struct world *w, struct str policy, struct arena *a)
{
	struct workflow_host host = request_host;
	const struct snapshot *s = org_snapshot(w->org);
	struct request_host ctx = {s, service_expressions(w->service), clock_now_ms()};
	struct access_request request = world_request(STR("spare0"), policy);
	const struct workflow_event start = {.verb = VERB_START, .actor = request.user};
	struct workflow flow = {.host = &host, .ctx = &ctx, .arena = a, .now_ms = ctx.now_ms};
	struct workflow_next next;
	struct error err = {0};

	host.policy_for = policy_named;
	flow.entitlement = FIND(s, app_entitlement, APP_ENTITLEMENT, STR(WORLD_APP "/e0"));
	if (workflow_run(&flow, &request, &start, &next, &err) != WORKFLOW_OK)
		world_die("route", err.text);
	if (!str_eq(next.request.policy, policy) || !workflow_current(&next.request))
		world_die("route", "it went another way");
}

static uint64_t timed_routes(const struct world *w, struct str policy, size_t n, struct arena *a)
{
	uint64_t start = processor_ns();

	for (size_t i = 0; i < n; i++) {
		route(w, policy, a);
		arena_reset(a);
	}
	return processor_ns() - start;
}

static void report_routes(struct report *r, const struct world *w, size_t n_rounds)
{
	enum { N_CALLS = 50 };
	struct samples with = {0}, without = {0};
	struct summary plain, ruled;
	struct arena a = ARENA_INIT;

	service_read_begin();
	for (size_t i = 0; i < n_rounds; i++) {
		samples_add(&without, timed_routes(w, STR("plain"), N_CALLS, &a), N_CALLS);
		samples_add(&with, timed_routes(w, STR("rules"), N_CALLS, &a), N_CALLS);
	}
	service_read_end();
	plain = samples_finish(&without);
	ruled = samples_finish(&with);
	report_row(r, w->n_open, "begin a request, policy without rules", plain, 1);
	report_row(r, w->n_open, "begin a request, 16 rules", ruled, ruled.p50_ns / plain.p50_ns);
	report_value(r, w->n_open, "routing through 16 rules", (ruled.p50_ns - plain.p50_ns) / 1000, "us");
	arena_release(&a);
}

/* ---- the program ---------------------------------------------------------------------------------------------------
 */

static struct options options_of(int argc, char **argv)
{
	struct options o = {0};

	for (int i = 1; i < argc; i++) {
		struct str arg = str_of(argv[i]);

		if (str_eq(arg, STR("--quick")))
			o.is_quick = true;
		else if (str_eq(arg, STR("--json")) && i + 1 < argc)
			o.json = argv[++i];
		else if (str_eq(arg, STR("--dir")) && i + 1 < argc)
			o.dir = argv[++i];
		else
			world_die("usage", "bench-requests [--quick] [--json FILE] [--dir DIR]");
	}
	return o;
}

static void open_world(struct world *w, const struct options *o, size_t n_open)
{
	struct buf key = BUF_INIT(1000);
	char url[MAX_PATH] = "memory:";

	if (o->dir)
		(void)snprintf(url, sizeof(url), "sqlite:%s/requests-%zu.db", o->dir, n_open);
	world_open(w, str_of(url), n_open, &key);
	buf_release(&key);
}

int main(int argc, char **argv)
{
	struct options o = options_of(argc, argv);
	size_t n = o.is_quick ? 2 : N_WORLDS, n_rounds = o.is_quick ? 20 : 60;
	struct world worlds[N_WORLDS];
	struct report r;

	if (report_open(&r, o.json, "open", "1,000") != 0)
		world_die("report", "it cannot be written");
	for (size_t i = 0; i < n; i++)
		open_world(&worlds[i], &o, sizes[i]);
	report_requests(&r, worlds, n, n_rounds);
	report_routes(&r, &worlds[n - 1], n_rounds * 10);
	for (size_t i = 0; i < n; i++)
		world_close(&worlds[i]);
	return report_close(&r) == 0 ? 0 : 1;
}
