/* SPDX-License-Identifier: Apache-2.0
 *
 * The bytes are a layout, a line feed, and a text. What is read of the text is a time that there is, and the same one
 * again when it is written by a layout that says all of it.
 */
#include "base/arena.h"
#include "policy/layout.h"

#define MAX_TEXT_BYTES ((size_t)1 << 20)
#define FIRST_SECOND   INT64_C(-62167219200) /* 0000-01-01 */
#define LAST_SECOND    INT64_C(253402300799)
#define MAX_OFFSET     (25 * 3600)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_time(const struct layout_time *t)
{
	static const struct str whole = STR_INIT("2006-01-02 15:04:05.000000000 -07:00");
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(MAX_TEXT_BYTES);
	struct layout_time instant = *t, back;

	if (t->seconds < FIRST_SECOND || t->seconds > LAST_SECOND || t->ns > 999999999u || t->offset > MAX_OFFSET ||
	    t->offset < -MAX_OFFSET)
		abort();
	/* Parsed it is local time; written it is an instant. Half hours west are the offset's, seconds it has none. */
	instant.seconds -= instant.offset;
	layout_format(&text, whole, &instant);
	if (!layout_parse(buf_str(&text), whole, &back) || back.seconds != t->seconds || back.ns != t->ns ||
	    back.offset != t->offset)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(MAX_TEXT_BYTES);
	struct str rest = {(const char *)data, size}, layout;
	struct layout_time t = {.seconds = INT64_C(1770091506), .ns = 7008009u, .offset = -19800};

	if (size == 0 || !str_split(&rest, '\n', &layout))
		return 0;
	layout_format(&text, layout, &t);
	if (layout_parse(rest, layout, &t))
		check_time(&t);
	return 0;
}
