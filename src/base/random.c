/* SPDX-License-Identifier: Apache-2.0 */
#include "base/random.h"

#include <errno.h>
#include <sys/random.h>

#include "base/hash.h"

void random_bytes(void *out, size_t len)
{
	char *p = out;

	while (len) {
		ssize_t n = getrandom(p, len, 0);
		if (n < 0) {
			if (errno == EINTR)
				continue;
			abort();
		}
		p += n;
		len -= (size_t)n;
	}
}

uint64_t random_u64(void)
{
	uint64_t v;

	random_bytes(&v, sizeof(v));
	return v;
}

void random_alnum(char *out, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	unsigned char raw[64];
	size_t have = 0;

	for (size_t i = 0; i < len;) {
		if (have == 0) {
			random_bytes(raw, sizeof(raw));
			have = sizeof(raw);
		}
		unsigned char b = raw[--have];
		/* 248 = 4 * 62: larger bytes would favour the first characters. */
		if (b < 248)
			out[i++] = digits[b % 62];
	}
	out[len] = '\0';
	explicit_bzero(raw, sizeof(raw));
}

uint64_t prng_next(struct prng *p)
{
	p->state += UINT64_C(0x9e3779b97f4a7c15);
	return hash_u64(p->state);
}

uint64_t prng_below(struct prng *p, uint64_t n)
{
	return (uint64_t)(((unsigned __int128)prng_next(p) * n) >> 64);
}
