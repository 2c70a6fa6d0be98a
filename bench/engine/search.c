/* SPDX-License-Identifier: Apache-2.0
 *
 * bench-search: what searches cost in organizations of different sizes, page by page, beside decisions on the same
 * snapshots. Questions are put together before the clock starts.
 *
 *   n statements, each a policy on one of n/10 documents, for a user or, one in five, a team of fifty; n/10 users, one
 * in ten of whom holds the role "staff"; n/100 resources of type "pub", which everybody may read.
 */
#include <getopt.h>
#include <malloc.h>

#include "base/hash.h"
#include "policy/search.h"
#include "report.h"
#include "sizes.h"

enum { PAGE = 50, TEAM = 50, DOCUMENTS_A_FORK = 1000, MAX_ASKS = 20000 };

struct bench {
	struct report report;
	size_t n_rounds;
	size_t size, n_users, n_docs, n_pubs;
	struct snapshot *snapshot;
	size_t n_pending;
	volatile uint64_t sink;
};

/* ---- the organization --------------------------------------------------------------------------------------- */

static void seal(struct bench *b)
{
	struct snapshot *sealed = b->snapshot;
	struct edit_blocks retired;

	snapshot_seal(sealed, &retired);
	edit_blocks_free_all(&retired);
	b->n_pending = 0;
}

static void put(struct bench *b, const struct document *in)
{
	struct buf body = BUF_INIT(1 << 16);
	struct document *doc;
	int r;

	document_encode(in, &body);
	r = document_decode(in->kind, in->id, buf_str(&body), &doc, NULL);
	assert(r == 0);
	snapshot_put(b->snapshot, doc);
	buf_releasep(&body);
	if (++b->n_pending == DOCUMENTS_A_FORK) {
		struct snapshot *sealed = b->snapshot;

		seal(b);
		b->snapshot = snapshot_fork(sealed);
		snapshot_free_shell(sealed);
	}
}

static void put_user(struct bench *b, size_t i, struct arena *a)
{
	const struct str id = arena_strf(a, "u%zu", i), team = arena_strf(a, "g%zu", i / TEAM);

	put(b, &(struct user){.doc = {.kind = DOC_USER, .id = id}}.doc);
	put(b, &(struct group_member){.doc = {.kind = DOC_GROUP_MEMBER, .id = arena_concat3(a, team, STR("/"), id)},
	                              .group = team,
	                              .member = id}
	            .doc);
	if (i % 10 == 0)
		put(b, &(struct role_member){.doc = {.kind = DOC_ROLE_MEMBER, .id = arena_concat(a, STR("staff/"), id)},
		                             .role = STR("staff"),
		                             .principal_type = STR("user"),
		                             .principal_id = id}
		            .doc);
}

static void put_resource(struct bench *b, struct str type, size_t i, struct arena *a)
{
	const struct str id = arena_strf(a, "r%zu", i);

	put(b, &(struct resource){.doc = {.kind = DOC_RESOURCE, .id = arena_concat3(a, type, STR("/"), id)},
	                          .type = type,
	                          .resource_id = id}
	            .doc);
}

static void put_policy(struct bench *b, struct str id, struct str member, struct str action, struct str resource)
{
	static const struct str everywhere[] = {STR_INIT("*")};
	const struct policy_statement statement = {
	    .actions = {&action, 1}, .resources = {&resource, 1}, .tenants = {everywhere, 1}};

	put(b, &(struct statement_policy){.doc = {.kind = DOC_STATEMENT_POLICY, .id = id},
	                                  .name = id,
	                                  .type = STR(POLICY_TYPE_CUSTOM),
	                                  .members = {&member, 1},
	                                  .statements = &statement,
	                                  .n_statements = 1}
	            .doc);
}

static const char *const actions[] = {"docs:pages:get", "docs:pages:list", "docs:pages:update", "docs:pages:delete"};

static void put_grant(struct bench *b, size_t i, struct arena *a)
{
	const uint64_t r = hash_u64(i + 1);
	const bool is_team = r % 5 == 0;
	const struct str member = is_team ? arena_strf(a, "team:local:g%zu", (size_t)((r >> 8) % (b->n_users / TEAM)))
	                                  : arena_strf(a, "user:local:u%zu", (size_t)((r >> 8) % b->n_users));

	put_policy(b, arena_strf(a, "p%zu", i), member, str_of(actions[(r >> 40) % N_ELEMENTS(actions)]),
	           arena_strf(a, "doc:r%zu", i % b->n_docs));
}

static void fill(struct bench *b)
{
	static const struct str open[] = {STR_INIT("vault:doors:open")};
	struct arena a = ARENA_INIT;

	put(b, &(struct role){.doc = {.kind = DOC_ROLE, .id = STR("staff")}, .actions = {open, 1}}.doc);
	put_policy(b, STR("public"), STR("user:*"), STR("pub:pages:get"), STR("pub:*"));
	for (size_t i = 0; i < b->n_users; i++, arena_reset(&a))
		put_user(b, i, &a);
	for (size_t i = 0; i < b->n_docs; i++, arena_reset(&a))
		put_resource(b, STR("doc"), i, &a);
	for (size_t i = 0; i < b->n_pubs; i++, arena_reset(&a))
		put_resource(b, STR("pub"), i, &a);
	for (size_t i = 0; i < b->size; i++, arena_reset(&a))
		put_grant(b, i, &a);
	arena_release(&a);
	seal(b);
}

/* ---- questions ---------------------------------------------------------------------------------------------- */

enum what { DECISION, SUBJECTS, RESOURCES, ACTIONS };

struct measure {
	const char *name;
	enum what what;
	const char *action, *type;
	bool is_anywhere; /* a page from anywhere in the results */
};

static const struct measure measures[] = {
    {"decision", DECISION, "docs:pages:get", "doc", false},
    {"subjects of a document", SUBJECTS, "docs:pages:get", "doc", false},
    {"subjects: everybody", SUBJECTS, "pub:pages:get", "pub", true},
    {"subjects: one in ten", SUBJECTS, "vault:doors:open", "doc", true},
    {"resources of a user", RESOURCES, "docs:pages:get", "doc", false},
    {"resources: all of a type", RESOURCES, "pub:pages:get", "pub", true},
    {"actions", ACTIONS, "", "doc", false},
};

/* Who, what and where from: as many as a page begins with. */
static void make_question(const struct bench *b, const struct measure *m, uint64_t random, struct ask *ask,
                          struct str *ret_behind, struct arena *a)
{
	const size_t user = (size_t)(random % b->n_users), n = *m->type == 'd' ? b->n_docs : b->n_pubs;
	const struct str behind = arena_strf(a, "%c%zu", m->what == SUBJECTS ? 'u' : 'r',
	                                     (size_t)((random >> 40) % (m->what == SUBJECTS ? b->n_users : n)));

	*ask = (struct ask){
	    .subject_type = STR("user"),
	    .subject_id = arena_strf(a, "u%zu", user),
	    .action = str_of(m->action),
	    .resource = {.type = str_of(m->type), .id = arena_strf(a, "r%zu", (size_t)((random >> 20) % n))},
	};
	*ret_behind = m->is_anywhere ? behind : STR_NONE;
}

static size_t run_one(const struct bench *b, const struct measure *m, const struct search *q, struct arena *a)
{
	struct search_page page = {0};

	switch (m->what) {
	case DECISION:
		(void)verdict_allows(snapshot_ask(b->snapshot, q->ask, a, NULL).verdict);
		return 1;
	case SUBJECTS:
		search_subjects(b->snapshot, q, a, &page);
		break;
	case RESOURCES:
		if (search_resources(b->snapshot, q, a, &page) != SEARCH_OK)
			abort(); /* nobody has so many grants here */
		break;
	case ACTIONS:
		search_actions(b->snapshot, q, a, &page);
		break;
	}
	return page.n;
}

/* A page, and what each of its results cost; a decision is one result. */
static void measure(struct bench *b, const struct measure *m, double *decision_ns)
{
	struct samples pages = {0}, results = {0};
	struct arena names = ARENA_INIT, a = ARENA_INIT;
	struct summary page, result;
	struct ask ask;
	struct search q = {.ask = &ask, .limit = PAGE, .max_asks = MAX_ASKS};

	for (size_t i = 0; i < b->n_rounds; i++, arena_reset(&names), arena_reset(&a)) {
		uint64_t started, elapsed;
		size_t n;

		make_question(b, m, hash_u64(b->size + i), &ask, &q.behind, &names);
		started = timing_now_ns();
		n = run_one(b, m, &q, &a);
		elapsed = timing_now_ns() - started;
		samples_add(&pages, elapsed, 1);
		if (n)
			samples_add(&results, elapsed, n);
		b->sink += n;
	}
	page = samples_finish(&pages);
	result = results.n ? samples_finish(&results) : (struct summary){0};
	if (m->what == DECISION)
		*decision_ns = page.p50_ns;
	else
		report_row(&b->report, b->size, m->name, page, page.p50_ns / *decision_ns);
	report_row(&b->report, b->size, m->what == DECISION ? m->name : "  each result", result,
	           result.p50_ns / *decision_ns);
	arena_release(&names);
	arena_release(&a);
}

static void run(struct bench *b, size_t size)
{
	const size_t before = mallinfo2().uordblks;
	double decision_ns = 0;

	b->size = size;
	b->n_users = b->n_docs = size / 10;
	b->n_pubs = size / 100;
	b->snapshot = snapshot_new(STR("o"), 7);
	fill(b);
	report_value(&b->report, size, "memory", (double)(mallinfo2().uordblks - before) / (double)size,
	             "bytes a statement");
	for (size_t i = 0; i < N_ELEMENTS(measures); i++)
		measure(b, &measures[i], &decision_ns);
	snapshot_free_all(b->snapshot);
}

int main(int argc, char **argv)
{
	static const struct option known[] = {{"quick", no_argument, NULL, 'q'},
	                                      {"sizes", required_argument, NULL, 's'},
	                                      {"json", required_argument, NULL, 'j'},
	                                      {0}};
	struct sizes sizes = {{10000, 100000, 1000000}, 3};
	struct bench b = {.n_rounds = 2000};
	const char *json_path = NULL;
	bool is_good = true;
	int c, r;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (c == 'q') {
			sizes = (struct sizes){{10000}, 1};
			b.n_rounds = 200;
		} else if (c == 'j') {
			json_path = optarg;
		} else {
			is_good &= c == 's' && sizes_parse(&sizes, optarg) && sizes.items[0] >= 1000;
		}
	}
	if (!is_good || optind != argc) {
		fputs("usage: bench-search [--quick] [--sizes N,N…] [--json PATH]\n", stderr);
		return 2;
	}
	r = report_open(&b.report, json_path, "statements", "decision");
	for (size_t i = 0; r == 0 && i < sizes.n; i++)
		run(&b, sizes.items[i]);
	if (r == 0)
		r = report_close(&b.report);
	if (r < 0) {
		fprintf(stderr, "bench-search: %s: %s\n", json_path, strerror(-r));
		return 1;
	}
	return 0;
}
