/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sqlite/options.h"

#include <errno.h>

static const struct sqlite_options defaults = {.busy_timeout_ms = 2000, .checkpoint_pages = 4000};

static const struct {
	const char *name;
	size_t offset; /* of an int in struct sqlite_options */
	uint64_t max;
} known[] = {
    {"busy_timeout_ms", offsetof(struct sqlite_options, busy_timeout_ms), 600000},
    {"checkpoint_pages", offsetof(struct sqlite_options, checkpoint_pages), 1000000},
};

static int set_option(struct sqlite_options *options, struct str name, struct str value, struct error *err)
{
	uint64_t number;
	int as_int;

	for (size_t i = 0; i < N_ELEMENTS(known); i++) {
		if (!str_eq(name, str_of(known[i].name)))
			continue;
		if (!str_to_u64(value, &number) || number > known[i].max)
			break;
		as_int = (int)number;
		memcpy((char *)options + known[i].offset, &as_int, sizeof(as_int));
		return 0;
	}
	error_set(err, EINVAL, "the store's URL: \"%.*s=%.*s\" is not an option of sqlite:", STR_ARG(name),
	          STR_ARG(value));
	return -EINVAL;
}

int sqlite_options_parse(struct str rest, struct str *ret_path, struct sqlite_options *ret_options, struct error *err)
{
	struct sqlite_options options = defaults;
	struct str path, query, pair, name;
	int r;

	query = rest;
	if (!str_split(&query, '?', &path) || str_is_empty(path) || str_find(path, '\0', 0) != SIZE_MAX) {
		error_set(err, EINVAL, "the store's URL names no file: sqlite:PATH");
		return -EINVAL;
	}
	while (str_split(&query, '&', &pair)) {
		struct str value = pair;

		(void)str_split(&value, '=', &name);
		r = set_option(&options, name, value, err);
		if (r < 0)
			return r;
	}
	*ret_path = path;
	*ret_options = options;
	return 0;
}
