/* SPDX-License-Identifier: Apache-2.0
 *
 * The bytes choose a world of LangSmith, edits and questions (test/oracle/langsmith-generate.h); the snapshot is
 * compared with the reference evaluator after every edit.
 */
#include "langsmith-twin.h"

#define MAX_EDITS     3u
#define MAX_QUESTIONS 4u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct world *w, const struct snapshot *s, struct choices *c, struct arena *a)
{
	CLEANUP(buf_releasep) struct buf complaint = BUF_INIT(1024 * 1024);
	uint32_t n = 1 + choose(c, MAX_QUESTIONS);

	for (uint32_t i = 0; i < n; i++) {
		struct ask q = generate_question(c, w, a);

		if (world_check(w, s, &q, &complaint))
			continue;
		print_question(&complaint, &q);
		print_world(&complaint, w);
		(void)fprintf(stderr, STR_FMT, STR_ARG(buf_str(&complaint)));
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct choices c = {.is_bytes = true, .bytes = {(const char *)data, size}};
	struct snapshot *s = world_snapshot_new(1);
	uint32_t n_edits = choose(&c, MAX_EDITS + 1);
	struct arena a = ARENA_INIT;
	struct edit_blocks retired;
	struct world w;

	generate_world(&c, &w, &a);
	world_move(s, NULL, &w, &c);
	check(&w, s, &c, &a);
	for (uint32_t i = 0; i < n_edits; i++) {
		struct world changed = w;

		generate_edit(&c, &changed, &a);
		world_move(s, &w, &changed, &c);
		w = changed;
		check(&w, s, &c, &a);
	}
	snapshot_seal(s, &retired);
	edit_blocks_free_all(&retired);
	snapshot_free_all(s);
	arena_release(&a);
	return 0;
}
