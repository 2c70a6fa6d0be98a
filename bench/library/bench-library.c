/* SPDX-License-Identifier: Apache-2.0
 *
 * bench-library: decisions through libdoorward beside the evaluator itself, on the same snapshot and the same
 * questions, in turns.
 */
#include <getopt.h>

#include "base/hash.h"
#include "libdoorward/decider.h"
#include "model/archive.h"
#include "policy/ask.h"
#include "report.h"

enum { BATCH = 16, TURN = 64 * BATCH };

#define NOW_MS         INT64_C(1780000000000)
#define MAX_TEXT_BYTES ((size_t)512 << 20)

/* A question in the three forms in which it is asked. */
struct asked_question {
	struct doorward_question question, with_properties;
	struct doorward_text json;
	struct ask ask;
};

struct bench {
	struct report *report;
	size_t size, n_calls;
	struct doorward_organization *org;
	struct doorward_decider *decider;
	struct asked_question *questions;
	struct arena arena;
	uint64_t n_allowed[4]; /* of each contestant: all must be the same */
};

/* ---- the data: a policy for each user, about a record of her own ------------------------------------------------- */

static void add_users(struct bench *b, struct archive_writer *w)
{
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < b->size; i++) {
		struct user user = {.doc = {.kind = DOC_USER, .id = arena_strf(&a, "u%zu", i)}};

		archive_add(w, &user.doc);
		arena_reset(&a);
	}
	arena_release(&a);
}

static void add_policies(struct bench *b, struct archive_writer *w)
{
	struct arena a = ARENA_INIT;
	const struct str action = STR("read");

	for (size_t i = 0; i < b->size; i++) {
		struct str subject = arena_strf(&a, "user:u%zu", i), resource = arena_strf(&a, "record/r%zu", i);
		struct access_policy p = {
		    .doc = {.kind = DOC_ACCESS_POLICY, .id = arena_strf(&a, "p%zu", i)},
		    .subjects = {&subject, 1},
		    .actions = {&action, 1},
		    .resources = {&resource, 1},
		};

		archive_add(w, &p.doc);
		arena_reset(&a);
	}
	arena_release(&a);
}

static bool load(struct bench *b)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(MAX_TEXT_BYTES);
	struct doorward_error err;
	struct archive_writer w;
	uint64_t start;

	archive_begin(&w, &text, &(struct archive_head){STR("bench"), 1});
	add_users(b, &w);
	add_policies(b, &w);
	archive_end(&w, STR_NONE);
	start = timing_now_ns();
	if (doorward_open_export_text((struct doorward_text){text.ptr, text.len}, &b->org, &err) != DOORWARD_OK) {
		fprintf(stderr, "bench-library: %s\n", err.text);
		return false;
	}
	report_value(b->report, b->size, "opening an export, a document",
	             (double)(timing_now_ns() - start) / (2.0 * (double)b->size), "ns");
	b->decider = doorward_decider_new(b->org);
	return true;
}

/* ---- the questions ------------------------------------------------------------------------------------------------
 */

/* Every second one is about somebody else's record. */
static void make_question(struct bench *b, size_t i)
{
	struct asked_question *q = &b->questions[i];
	size_t user = (size_t)(hash_u64(i) % b->size), record = i % 2 ? (user + 1) % b->size : user;
	struct doorward_question asked = DOORWARD_QUESTION_INIT;
	struct str json;

	asked.subject_type = "user";
	asked.subject_id = arena_strf(&b->arena, "u%zu", user).ptr;
	asked.action = "read";
	asked.resource_type = "record";
	asked.resource_id = arena_strf(&b->arena, "r%zu", record).ptr;
	asked.now_ms = NOW_MS;
	q->question = q->with_properties = asked;
	q->with_properties.resource_properties = "{\"status\":\"open\",\"size\":17,\"owner\":\"u7\"}";
	json = arena_strf(&b->arena,
	                  "{\"subject\":{\"type\":\"user\",\"id\":\"%s\"},\"action\":{\"name\":\"read\"},"
	                  "\"resource\":{\"type\":\"record\",\"id\":\"%s\"}}",
	                  asked.subject_id, asked.resource_id);
	q->json = (struct doorward_text){json.ptr, json.len};
	q->ask = (struct ask){
	    .subject_type = STR("user"),
	    .subject_id = str_of(asked.subject_id),
	    .action = STR("read"),
	    .resource = {.type = STR("record"), .id = str_of(asked.resource_id)},
	    .now_ms = NOW_MS,
	};
}

/* ---- in turns -----------------------------------------------------------------------------------------------------
 */

static bool ask_engine(struct bench *b, const struct asked_question *q)
{
	const struct snapshot *s = decider_begin(b->decider);

	return verdict_allows(snapshot_ask(s, &q->ask, &b->decider->arena, NULL).verdict);
}

static bool decide(struct bench *b, const struct doorward_question *q)
{
	struct doorward_answer answer = DOORWARD_ANSWER_INIT;

	return doorward_decide(b->decider, q, &answer, NULL) == DOORWARD_OK && answer.allowed == 1;
}

static bool ask_library(struct bench *b, const struct asked_question *q)
{
	return decide(b, &q->question);
}

static bool ask_with_properties(struct bench *b, const struct asked_question *q)
{
	return decide(b, &q->with_properties);
}

static bool ask_json(struct bench *b, const struct asked_question *q)
{
	struct doorward_answer answer = DOORWARD_ANSWER_INIT;

	return doorward_decide_json(b->decider, q->json, NOW_MS, &answer, NULL) == DOORWARD_OK && answer.allowed == 1;
}

static const struct {
	const char *name;
	bool (*ask)(struct bench *b, const struct asked_question *q);
} contestants[] = {
    {"the evaluator itself", ask_engine},
    {"doorward_decide", ask_library},
    {"doorward_decide, three properties", ask_with_properties},
    {"doorward_decide_json", ask_json},
};

static void turn(struct bench *b, size_t which, struct samples *s, const struct asked_question *questions)
{
	for (size_t i = 0; i < TURN; i += BATCH) {
		uint64_t start = timing_now_ns(), n_allowed = 0;

		for (size_t k = i; k < i + BATCH; k++)
			n_allowed += contestants[which].ask(b, &questions[k]);
		samples_add(s, timing_now_ns() - start, BATCH);
		b->n_allowed[which] += n_allowed;
	}
}

static void measure(struct bench *b)
{
	struct samples samples[N_ELEMENTS(contestants)] = {0};
	struct summary all[N_ELEMENTS(contestants)];

	for (size_t i = 0; i < b->n_calls; i += TURN)
		for (size_t k = 0; k < N_ELEMENTS(contestants); k++)
			turn(b, k, &samples[k], b->questions + i);
	for (size_t k = 0; k < N_ELEMENTS(contestants); k++) {
		all[k] = samples_finish(&samples[k]);
		assert(b->n_allowed[k] == b->n_calls / 2);
		report_row(b->report, b->size, contestants[k].name, all[k], all[k].p50_ns / all[0].p50_ns);
	}
}

static bool run_size(struct report *report, size_t size, size_t n_calls)
{
	struct bench b = {.report = report, .size = size, .n_calls = n_calls / TURN * TURN};

	if (!load(&b))
		return false;
	b.questions = ARENA_ARRAY(&b.arena, struct asked_question, b.n_calls);
	for (size_t i = 0; i < b.n_calls; i++)
		make_question(&b, i);
	measure(&b);
	doorward_decider_free(b.decider);
	doorward_close(b.org);
	arena_release(&b.arena);
	return true;
}

struct options {
	const char *json_path;
	size_t n_calls;
};

static bool parse_options(struct options *o, int argc, char **argv)
{
	static const struct option known[] = {
	    {"quick", no_argument, NULL, 'q'}, {"json", required_argument, NULL, 'j'}, {0}};
	int c;

	*o = (struct options){NULL, 131072};
	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (c == 'q')
			o->n_calls = 16384;
		else if (c == 'j')
			o->json_path = optarg;
		else
			return false;
	}
	return optind == argc;
}

int main(int argc, char **argv)
{
	static const size_t sizes[] = {1000, 100000};
	struct report report;
	struct options o;
	bool is_ok = true;

	if (!parse_options(&o, argc, argv)) {
		fputs("usage: bench-library [--quick] [--json PATH]\n", stderr);
		return 2;
	}
	if (report_open(&report, o.json_path, "policies", "evaluator") != 0) {
		fprintf(stderr, "bench-library: cannot write %s\n", o.json_path);
		return 1;
	}
	for (size_t i = 0; i < N_ELEMENTS(sizes) && is_ok; i++)
		is_ok = run_size(&report, sizes[i], o.n_calls);
	return report_close(&report) == 0 && is_ok ? 0 : 1;
}
