/* SPDX-License-Identifier: Apache-2.0
 *
 * The bytes choose statements, edits and queries (test/oracle/generate.h); the engine is compared with the oracle on
 * every version.
 */
#include "generate.h"
#include "print.h"

#define MAX_EDITS   3u
#define MAX_CHANGES 5u
#define MAX_QUERIES 4u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct shape shape = {
    .n_documents = 3,
    .n_subjects = 3,
    .n_statements = 3,
    .n_tenants = 3,
};

static void change_twin(struct twin *t, struct choices *c, struct arena *a)
{
	struct change changes[MAX_CHANGES];
	uint32_t n = 1 + choose(c, MAX_CHANGES);

	for (uint32_t i = 0; i < n; i++)
		changes[i] = generate_change(c, &shape, a);
	twin_change(t, changes, n);
}

static void check_version(const struct twin_version *v, struct choices *c, struct arena *a)
{
	CLEANUP(buf_releasep) struct buf complaint = BUF_INIT(1024 * 1024);
	struct query q = generate_query(c, &shape, &v->oracle, a);

	if (twin_check(v, &q, &complaint))
		return;
	print_query(&complaint, &q);
	print_oracle(&complaint, &v->oracle);
	fprintf(stderr, STR_FMT, STR_ARG(buf_str(&complaint)));
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct choices c = {.is_bytes = true, .bytes = {(const char *)data, size}};
	uint32_t n_edits = 1 + choose(&c, MAX_EDITS);
	struct arena a = ARENA_INIT;
	struct twin t;

	twin_init(&t, 1);
	for (uint32_t i = 0; i < n_edits; i++) {
		uint32_t n_queries;

		change_twin(&t, &c, &a);
		n_queries = choose(&c, MAX_QUERIES);
		for (uint32_t k = 0; k < n_queries; k++)
			check_version(twin_newest(&t), &c, &a);
	}
	/* What is left of the bytes asks every version, the oldest ones too. */
	for (size_t i = 0; i < t.n_versions; i++)
		check_version(&t.versions[i], &c, &a);
	twin_release(&t);
	arena_release(&a);
	return 0;
}
