/* SPDX-License-Identifier: Apache-2.0
 *
 * The bytes are a pattern, a zero byte and a text; glob_match() is compared with the plain matcher of the oracle. What
 * is not UTF-8 never reaches it, and ignoring case is compared where everybody agrees what that means: on ASCII.
 */
#include "base/glob.h"
#include "base/utf8.h"
#include "langsmith-oracle.h"

#define MAX_PATTERN_BYTES 1020u /* 255 characters, what a tag may have */
#define MAX_TEXT_BYTES    4096u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fail(const char *what, struct str pattern, struct str text)
{
	(void)fprintf(stderr, "%s: \"" STR_FMT "\" on \"" STR_FMT "\"\n", what, STR_ARG(pattern), STR_ARG(text));
	abort();
}

static bool is_ascii(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] >= 0x80)
			return false;
	return true;
}

static struct str lowered(struct str s, struct arena *a)
{
	char *text = arena_alloc(a, s.len + 1);

	for (size_t i = 0; i < s.len; i++)
		text[i] = (char)(s.ptr[i] >= 'A' && s.ptr[i] <= 'Z' ? s.ptr[i] - 'A' + 'a' : s.ptr[i]);
	return (struct str){text, s.len};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str input = {(const char *)data, size};
	size_t end = str_find(input, '\0', 0);
	struct str pattern = str_slice(input, 0, end),
	           text = end == SIZE_MAX ? STR("") : str_slice(input, end + 1, size);
	struct arena a = ARENA_INIT;

	if (pattern.len > MAX_PATTERN_BYTES || text.len > MAX_TEXT_BYTES || !utf8_is_valid(pattern) ||
	    !utf8_is_valid(text))
		return 0;
	if (glob_match(pattern, text) != world_glob(pattern, text, &a))
		fail("glob_match", pattern, text);
	if (is_ascii(pattern) && is_ascii(text) &&
	    glob_match_nocase(pattern, text, &a) != world_glob(lowered(pattern, &a), lowered(text, &a), &a))
		fail("glob_match_nocase", pattern, text);
	arena_release(&a);
	return 0;
}
