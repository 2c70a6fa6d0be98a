/* SPDX-License-Identifier: Apache-2.0
 *
 * What is wrong with an expression, and how it is shown.
 */
#include "expr/expr.h"

#include <stdarg.h>

#include "base/utf8.h"

#define MAX_ISSUE_BYTES   ((size_t)1024)  /* longer ones are cut */
#define MAX_SNIPPET_BYTES ((size_t)16384) /* longer lines are not shown, as in cel-go */

/* The text without the character that the end of the buffer split. */
static struct str whole(const char *text, size_t len)
{
	while (!utf8_is_valid((struct str){text, len}))
		len--;
	return (struct str){text, len};
}

void cel_issue_add(struct cel_issues *issues, uint32_t at, const char *fmt, ...)
{
	char text[MAX_ISSUE_BYTES] NO_INIT;
	struct str made;
	va_list args;
	int n;

	if (issues->n == CEL_MAX_ISSUES)
		return;
	va_start(args, fmt);
	n = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	assert(n >= 0);
	made = whole(text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
	ARENA_ROOM(issues->arena, issues->items, issues->n, &issues->cap);
	issues->items[issues->n++] = (struct cel_issue){at, arena_str(issues->arena, made)};
}

void cel_issues_sort(struct cel_issues *issues)
{
	for (size_t i = 1; i < issues->n; i++) {
		struct cel_issue x = issues->items[i];
		size_t k = i;

		for (; k > 0 && issues->items[k - 1].at > x.at; k--)
			issues->items[k] = issues->items[k - 1];
		issues->items[k] = x;
	}
}

/* Where the line around `at` begins and ends. */
static struct str line_around(struct str source, size_t at)
{
	size_t begin = at, end = at;

	while (begin > 0 && source.ptr[begin - 1] != '\n')
		begin--;
	while (end < source.len && source.ptr[end] != '\n')
		end++;
	return str_slice(source, begin, end);
}

static bool begins_code_point(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

struct cel_place cel_place_of(struct str source, uint32_t at)
{
	struct cel_place place = {1, 1};

	for (size_t i = 0; i < at && i < source.len; i++) {
		if (source.ptr[i] == '\n')
			place = (struct cel_place){place.line + 1, 1};
		else if (begins_code_point(source.ptr[i]))
			place.column++;
	}
	return place;
}

/* Dots up to the place and a caret under it, as wide as the characters above. */
static void print_caret(struct buf *out, struct str source, size_t at, struct str line)
{
	size_t begin = (size_t)(line.ptr - source.ptr);
	bool is_wide = at < source.len && (unsigned char)source.ptr[at] >= 0x80;

	buf_add(out, STR("\n | "));
	for (size_t i = begin; i < at && i < begin + line.len; i++) {
		if (begins_code_point(source.ptr[i]))
			buf_add(out, (unsigned char)source.ptr[i] < 0x80 ? STR(".") : STR("．"));
	}
	buf_add(out, is_wide ? STR("＾") : STR("^"));
}

static void print_line(struct buf *out, struct str line)
{
	buf_add(out, STR("\n | "));
	for (size_t i = 0; i < line.len; i++)
		buf_add_char(out, line.ptr[i] == '\t' ? ' ' : line.ptr[i]);
}

void cel_issues_print(struct buf *out, struct str source, const struct cel_issues *issues)
{
	for (size_t i = 0; i < issues->n; i++) {
		const struct cel_issue *issue = &issues->items[i];
		size_t at = issue->at < source.len ? issue->at : source.len;
		struct cel_place place = cel_place_of(source, issue->at);
		struct str line = source.len ? line_around(source, at) : STR("");

		buf_addf(out, "%sERROR: <input>:%u:%u: " STR_FMT, i ? "\n" : "", place.line, place.column,
		         STR_ARG(issue->text));
		if (line.len > MAX_SNIPPET_BYTES)
			continue;
		print_line(out, line);
		print_caret(out, source.len ? source : line, at, line);
	}
}
