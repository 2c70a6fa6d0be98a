/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <stdarg.h>

/* Cuts a UTF-8 sequence that the size limit split, so that the text stays valid UTF-8. */
static void trim_partial_utf8(char *text, size_t len)
{
	size_t back = 0;

	while (back < 4 && back < len && ((unsigned char)text[len - 1 - back] & 0xc0) == 0x80)
		back++;
	if (back < len && (unsigned char)text[len - 1 - back] >= 0xc0)
		text[len - 1 - back] = '\0';
}

int error_set(struct error *err, int code, const char *fmt, ...)
{
	va_list args;
	int n;

	if (!err)
		return code;
	err->code = code;
	va_start(args, fmt);
	n = vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	if (n >= (int)sizeof(err->text))
		trim_partial_utf8(err->text, sizeof(err->text) - 1);
	return code;
}
