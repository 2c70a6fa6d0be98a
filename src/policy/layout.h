#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Times as text by Go's reference layouts (package time of its standard library): the layout shows how the time
 * 2006-01-02 15:04:05 -0700 would look. Pure.
 */
#include "base/buf.h"

struct layout_time {
	int64_t seconds; /* since 1970: to format, the instant; parsed, the local time, as if it were UTC */
	uint32_t ns;
	int32_t offset;  /* seconds east of UTC */
	bool has_offset; /* parsed: the text said it */
	struct str zone; /* to format: shown for "MST"; empty: UTC */
};

void layout_format(struct buf *out, struct str layout, const struct layout_time *t);
/* False: the text is not of the layout, or no such date exists. What the layout does not name is that of 0000-01-01. */
bool layout_parse(struct str text, struct str layout, struct layout_time *ret);
