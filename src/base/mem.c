/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base.h"

static void out_of_memory(void)
{
	/* No allocation and no formatting: there may be no memory for either. */
	static const char text[] = "doorward: out of memory\n";
	(void)!fwrite(text, 1, sizeof(text) - 1, stderr);
	abort();
}

void *mem_alloc(size_t size)
{
	void *p = malloc(size ? size : 1);
	if (!p)
		out_of_memory();
	return p;
}

void *mem_calloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);
	if (!p)
		out_of_memory();
	return p;
}

void *mem_realloc_array(void *p, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		out_of_memory();
	p = realloc(p, bytes ? bytes : 1);
	if (!p)
		out_of_memory();
	return p;
}

void freep(void *pp)
{
	void **p = pp;

	free(*p);
	*p = NULL;
}
