/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdarg.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ONE_BLOCK_EACH 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ONE_BLOCK_EACH 1
#endif
#endif
#ifndef ARENA_ONE_BLOCK_EACH
#define ARENA_ONE_BLOCK_EACH 0
#endif

#define ARENA_ALIGN          ((size_t)16)
#define ARENA_FIRST_BYTES    ((size_t)4096)
#define ARENA_MAX_STEP_BYTES ((size_t)256 * 1024)

struct arena_chunk {
	struct arena_chunk *older;
	size_t size;
	_Alignas(16) char data[];
};

void arena_init(struct arena *a)
{
	*a = ARENA_INIT;
}

void arena_init_fixed(struct arena *a, void *mem, size_t size)
{
	*a = ARENA_INIT;
	a->next = mem;
	a->end = a->next + size;
	a->is_fixed = true;
}

void arena_release(struct arena *a)
{
	struct arena_chunk *c = a->chunks;

	while (c) {
		struct arena_chunk *older = c->older;
		free(c);
		c = older;
	}
	*a = ARENA_INIT;
}

void arena_reset(struct arena *a)
{
	struct arena_chunk *keep = a->chunks;

	if (!keep || ARENA_ONE_BLOCK_EACH) {
		arena_release(a);
		return;
	}
	for (struct arena_chunk *c = keep->older; c;) {
		struct arena_chunk *older = c->older;
		free(c);
		c = older;
	}
	keep->older = NULL;
	a->next = keep->data;
	a->end = keep->data + keep->size;
	a->used_bytes = 0;
}

size_t arena_held_bytes(const struct arena *a)
{
	size_t bytes = 0;

	for (const struct arena_chunk *c = a->chunks; c; c = c->older)
		bytes += sizeof(*c) + c->size;
	return bytes;
}

static void add_chunk(struct arena *a, size_t at_least)
{
	size_t size = a->chunks ? a->chunks->size * 2 : ARENA_FIRST_BYTES;
	struct arena_chunk *c;

	if (size > ARENA_MAX_STEP_BYTES)
		size = ARENA_MAX_STEP_BYTES;
	if (size < at_least || ARENA_ONE_BLOCK_EACH)
		size = at_least;
	c = mem_alloc(sizeof(*c) + size);
	c->size = size;
	c->older = a->chunks;
	a->chunks = c;
	a->next = c->data;
	a->end = c->data + size;
}

void *arena_alloc(struct arena *a, size_t size)
{
	void *p;

	if (size > SIZE_MAX / 2)
		abort();
	if (!ARENA_ONE_BLOCK_EACH || a->is_fixed)
		size = (size + ARENA_ALIGN - 1) & ~(ARENA_ALIGN - 1);
	if (a->is_fixed)
		assert((size_t)(a->end - a->next) >= size);
	else if (ARENA_ONE_BLOCK_EACH || (size_t)(a->end - a->next) < size || !a->next)
		add_chunk(a, size);
	p = a->next;
	a->next += size;
	a->used_bytes += (size + ARENA_ALIGN - 1) & ~(ARENA_ALIGN - 1);
	return p;
}

void *arena_calloc(struct arena *a, size_t n, size_t size)
{
	size_t bytes;
	void *p;

	if (__builtin_mul_overflow(n, size, &bytes))
		abort();
	p = arena_alloc(a, bytes);
	memset(p, 0, bytes);
	return p;
}

struct str arena_str(struct arena *a, struct str s)
{
	return str_is_absent(s) ? s : arena_concat(a, s, STR(""));
}

struct str arena_strf(struct arena *a, const char *fmt, ...)
{
	va_list args;
	char *p;
	int n;

	va_start(args, fmt);
	n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	assert(n >= 0);
	p = arena_alloc(a, (size_t)n + 1);
	va_start(args, fmt);
	(void)vsnprintf(p, (size_t)n + 1, fmt, args);
	va_end(args);
	return (struct str){p, (size_t)n};
}

struct str arena_concat(struct arena *a, struct str x, struct str y)
{
	return arena_concat3(a, x, y, STR(""));
}

struct str arena_concat3(struct arena *a, struct str x, struct str y, struct str z)
{
	size_t n = x.len + y.len + z.len;
	char *p = arena_alloc(a, n + 1);

	if (x.len)
		memcpy(p, x.ptr, x.len);
	if (y.len)
		memcpy(p + x.len, y.ptr, y.len);
	if (z.len)
		memcpy(p + x.len + y.len, z.ptr, z.len);
	p[n] = '\0';
	return (struct str){p, n};
}

struct str arena_lower_case(struct arena *a, struct str s)
{
	char *text;

	if (str_is_absent(s))
		return s;
	text = arena_alloc(a, s.len + 1);
	for (size_t i = 0; i < s.len; i++)
		text[i] = s.ptr[i] >= 'A' && s.ptr[i] <= 'Z' ? (char)(s.ptr[i] + ('a' - 'A')) : s.ptr[i];
	text[s.len] = '\0';
	return (struct str){text, s.len};
}

void *arena_room(struct arena *a, const void *items, size_t n, size_t *cap, size_t size)
{
	void *larger;

	assert(n <= *cap);
	if (n < *cap)
		return (void *)(uintptr_t)items;
	*cap = *cap ? *cap * 2 : 8;
	larger = arena_calloc(a, *cap, size);
	if (n)
		memcpy(larger, items, n * size);
	return larger;
}
