/* SPDX-License-Identifier: Apache-2.0 */
#include "run.h"

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
