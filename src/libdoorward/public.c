/* SPDX-License-Identifier: Apache-2.0 */
#include "libdoorward/public.h"

#include <errno.h>

const char *doorward_version(void)
{
	return DOORWARD_VERSION;
}

/* ---- errors ------------------------------------------------------------------------------------------------- */

enum doorward_result public_result(int r)
{
	switch (r) {
	case 0:
		return DOORWARD_OK;
	case -ENOENT:
	case -ENOTDIR:
		return DOORWARD_NOT_FOUND;
	case -EINVAL:
	case -EBADMSG:
		return DOORWARD_FORMAT;
	case -EUCLEAN:
		return DOORWARD_DAMAGED;
	case -EBUSY:
		return DOORWARD_BUSY;
	default:
		return DOORWARD_SYSTEM;
	}
}

int public_fail(struct doorward_error *err, enum doorward_result result, const struct error *cause)
{
	if (!err)
		return (int)result;
	err->text[0] = '\0';
	if (result != DOORWARD_OK && cause)
		(void)snprintf(err->text, sizeof(err->text), "%s", cause->text);
	return (int)result;
}

int public_invalid(struct doorward_error *err, const char *text)
{
	struct error cause;

	(void)error_set(&cause, DOORWARD_INVALID, "%s", text);
	return public_fail(err, DOORWARD_INVALID, &cause);
}

/* ---- structs ------------------------------------------------------------------------------------------------- */

static size_t size_of(const void *theirs)
{
	size_t size;

	memcpy(&size, theirs, sizeof(size));
	return size;
}

bool public_read(void *ours, size_t our_size, const void *theirs, size_t first_size)
{
	size_t size = theirs ? size_of(theirs) : 0;
	const char *bytes = theirs;

	if (size < first_size)
		return false;
	for (size_t i = our_size; i < size; i++)
		if (bytes[i] != 0)
			return false;
	memset(ours, 0, our_size);
	memcpy(ours, theirs, size < our_size ? size : our_size);
	memcpy(ours, &our_size, sizeof(our_size));
	return true;
}

bool public_write(void *theirs, const void *ours, size_t our_size, size_t first_size)
{
	size_t size = theirs ? size_of(theirs) : 0, known = size < our_size ? size : our_size;
	char *bytes = theirs;

	if (size < first_size)
		return false;
	memcpy(bytes + sizeof(size), (const char *)ours + sizeof(size), known - sizeof(size));
	memset(bytes + known, 0, size - known);
	return true;
}

/* ---- texts --------------------------------------------------------------------------------------------------- */

struct doorward_text public_text(struct arena *a, struct str s)
{
	struct str copy = arena_str(a, s);

	return (struct doorward_text){copy.ptr, copy.len};
}

const struct doorward_text *public_texts(struct arena *a, const struct str *items, size_t n)
{
	struct doorward_text *texts = ARENA_ARRAY(a, struct doorward_text, n);

	for (size_t i = 0; i < n; i++)
		texts[i] = public_text(a, items[i]);
	return texts;
}
