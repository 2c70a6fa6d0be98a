/* SPDX-License-Identifier: Apache-2.0 */
#include "run.h"

#include <inttypes.h>

#include "base/hash.h"
#include "base/random.h"

#define MAX_MESSAGE ((size_t)4 << 20)

uint64_t number_from_environment(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);
	uint64_t value;

	if (!text)
		return otherwise;
	if (!str_to_u64(str_of(text), &value)) {
		fprintf(stderr, "%s: not a number: %s\n", name, text);
		exit(2);
	}
	return value;
}

void print_message(struct str message)
{
	struct str line;

	while (str_split(&message, '\n', &line))
		if (line.len)
			printf("# " STR_FMT "\n", STR_ARG(line));
}

bool report(bool is_good, size_t number, const char *name)
{
	printf("%sok %zu - %s\n", is_good ? "" : "not ", number, name);
	fflush(stdout);
	return is_good;
}

static bool run_world(const struct world_run *run, uint64_t seed)
{
	struct buf message = BUF_INIT(MAX_MESSAGE);
	bool is_good = run->run(seed, run->tally, &message);

	if (!is_good)
		print_message(buf_str(&message));
	buf_release(&message);
	return is_good;
}

static bool run_each(const struct world_run *run, uint64_t seed, uint64_t n_worlds)
{
	for (uint64_t i = 0; i < n_worlds; i++)
		if (!run_world(run, hash_u64(seed + hash_u64(i)))) {
			printf("# repeat with DOORWARD_SEED=%" PRIu64 " (world %" PRIu64 ")\n", seed, i);
			return false;
		}
	return true;
}

int run_worlds(const struct world_run *run)
{
	uint64_t seed = number_from_environment("DOORWARD_SEED", random_u64());
	uint64_t n_worlds = number_from_environment("DOORWARD_RANDOM_WORLDS", run->n_default);
	bool is_good;

	printf("1..2\n# DOORWARD_SEED=%" PRIu64 " DOORWARD_RANDOM_WORLDS=%" PRIu64 "\n", seed, n_worlds);
	fflush(stdout);
	is_good = report(run_each(run, seed, n_worlds), 1, run->name);
	is_good &= report(run->saw_enough(run->tally), 2, "every outcome was seen often enough");
	return is_good ? 0 : 1;
}
