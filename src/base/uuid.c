/* SPDX-License-Identifier: Apache-2.0 */
#include "base/uuid.h"

#include "base/hash.h"
#include "base/random.h"

enum { UUID_BYTES = 16, AT_VERSION = 6, AT_VARIANT = 8 };

static struct str to_text(struct arena *a, unsigned char bytes[UUID_BYTES], unsigned version)
{
	static const char digits[] = "0123456789abcdef";
	char *text = arena_alloc(a, UUID_CHARS + 1), *p = text;

	bytes[AT_VERSION] = (unsigned char)(version << 4 | (bytes[AT_VERSION] & 0x0f));
	bytes[AT_VARIANT] = (unsigned char)(0x80 | (bytes[AT_VARIANT] & 0x3f));
	for (unsigned i = 0; i < UUID_BYTES; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*p++ = '-';
		*p++ = digits[bytes[i] >> 4];
		*p++ = digits[bytes[i] & 0x0f];
	}
	*p = '\0';
	return (struct str){text, UUID_CHARS};
}

struct str uuid_new(struct arena *a)
{
	unsigned char bytes[UUID_BYTES];

	random_bytes(bytes, sizeof(bytes));
	return to_text(a, bytes, 4);
}

struct str uuid_of_text(struct arena *a, struct str text)
{
	uint64_t halves[2] = {hash_str(1, text), hash_str(2, text)};
	unsigned char bytes[UUID_BYTES];

	memcpy(bytes, halves, sizeof(bytes));
	return to_text(a, bytes, 8);
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool uuid_is(struct str s)
{
	if (s.len != UUID_CHARS)
		return false;
	for (size_t i = 0; i < UUID_CHARS; i++) {
		bool is_hyphen = i == 8 || i == 13 || i == 18 || i == 23;

		if (is_hyphen ? s.ptr[i] != '-' : !is_hex(s.ptr[i]))
			return false;
	}
	return true;
}
