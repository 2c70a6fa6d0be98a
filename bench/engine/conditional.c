/* SPDX-License-Identifier: Apache-2.0 */
#include "conditional.h"

#include "policy/ask.h"

enum { N_POLICIES = 1000, N_USERS = N_POLICIES, N_RESOURCES = 10000, SEED = 17, BATCH = 16, TURN = 64 * BATCH };

/* What the policies ask, from a constant comparison to a text that a regular expression matches. */
static const struct {
	const char *what, *condition;
} kinds[] = {
    {"native policies, condition on what is stored", "resource.properties.status != \"archived\""},
    {"native policies, condition on what is sent", "context.amount < 100"},
    {"native policies, condition on both",
     "subject.properties.level >= 3 && resource.properties.status != \"archived\" && context.amount < 100"},
    {"native policies, condition with a pattern", "resource.id.matches(\"^doc-[0-9]+$\")"},
};

static void put(struct snapshot *s, const struct document *in)
{
	CLEANUP(buf_releasep) struct buf body = BUF_INIT(1 << 16);
	struct document *doc;
	int r;

	document_encode(in, &body);
	r = document_decode(in->kind, in->id, buf_str(&body), &doc, NULL);
	assert(r == 0);
	snapshot_put(s, doc);
}

static const struct json *parse(const char *text, struct arena *a)
{
	const struct json *tree = NULL;
	int r = json_parse(str_of(text), a, &tree, NULL);

	assert(r == JSON_OK);
	return tree;
}

/* User i may read everything by policy i. */
static struct snapshot *build(const char *condition)
{
	static const struct str actions[] = {STR_INIT("read")}, resources[] = {STR_INIT("doc/*")};
	struct snapshot *s = snapshot_new(STR("o"), SEED);
	struct arena a = ARENA_INIT;
	struct edit_blocks retired;

	for (size_t i = 0; i < N_USERS; i++) {
		struct str id = arena_strf(&a, "user-%zu", i), subject = arena_concat(&a, STR("user:"), id);

		put(s,
		    &(struct user){.doc = {.kind = DOC_USER, .id = id}, .attributes = parse("{\"level\":3}", &a)}.doc);
		put(s, &(struct access_policy){.doc = {.kind = DOC_ACCESS_POLICY, .id = arena_strf(&a, "p-%zu", i)},
		                               .subjects = {&subject, 1},
		                               .actions = {actions, 1},
		                               .resources = {resources, 1},
		                               .condition = str_of(condition)}
		            .doc);
	}
	for (size_t i = 0; i < N_RESOURCES; i++)
		put(s, &(struct resource){.doc = {.kind = DOC_RESOURCE, .id = arena_strf(&a, "doc/doc-%zu", i)},
		                          .type = STR("doc"),
		                          .resource_id = arena_strf(&a, "doc-%zu", i),
		                          .attributes = parse("{\"owner\":\"x\",\"status\":\"active\"}", &a)}
		            .doc);
	snapshot_seal(s, &retired);
	edit_blocks_free_all(&retired);
	arena_release(&a);
	return s;
}

static struct ask *make_asks(size_t first, struct arena *a)
{
	struct ask *asks = ARENA_ARRAY(a, struct ask, TURN);
	const struct json *context = parse("{\"ip\":\"10.0.0.1\",\"amount\":10}", a);

	for (size_t i = 0; i < TURN; i++)
		asks[i] = (struct ask){.subject_type = STR("user"),
		                       .subject_id = arena_strf(a, "user-%zu", (first + i) * 7 % N_USERS),
		                       .action = STR("read"),
		                       .resource.type = STR("doc"),
		                       .resource.id = arena_strf(a, "doc-%zu", (first + i) * 13 % N_RESOURCES),
		                       .context = context,
		                       .now_ms = 1};
	return asks;
}

static void turn(const struct snapshot *s, const struct ask *asks, struct samples *samples)
{
	struct arena scratch = ARENA_INIT;
	size_t n_allowed = 0;

	for (size_t i = 0; i < TURN; i += BATCH) {
		uint64_t start = timing_now_ns();

		for (size_t k = i; k < i + BATCH; k++)
			n_allowed += verdict_allows(snapshot_ask(s, &asks[k], &scratch, NULL).verdict);
		samples_add(samples, timing_now_ns() - start, BATCH);
		arena_reset(&scratch);
	}
	assert(n_allowed == TURN); /* all conditions hold: else nothing was compared */
	arena_release(&scratch);
}

static void bench(struct report *report, const char *what, const char *condition, size_t n_calls)
{
	struct snapshot *plain = build(NULL), *conditional = build(condition);
	struct samples of_plain = {0}, of_conditional = {0};
	struct arena a = ARENA_INIT;
	struct summary p, c;

	for (size_t i = 0; i < n_calls / TURN * TURN; i += TURN) {
		turn(plain, make_asks(i, &a), &of_plain);
		turn(conditional, make_asks(i, &a), &of_conditional);
		arena_reset(&a);
	}
	p = samples_finish(&of_plain);
	c = samples_finish(&of_conditional);
	report_row(report, N_POLICIES, what, c, c.p50_ns / p.p50_ns);
	report_row(report, N_POLICIES, "... the same without conditions", p, 1);
	snapshot_free_all(plain);
	snapshot_free_all(conditional);
	arena_release(&a);
}

void conditional_bench(struct report *report, size_t n_calls)
{
	for (size_t i = 0; i < N_ELEMENTS(kinds); i++)
		bench(report, kinds[i].what, kinds[i].condition, n_calls);
}
