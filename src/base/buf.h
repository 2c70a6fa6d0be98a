#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * struct buf: growing bytes with a hard maximum. A write that would pass the maximum sets
 * `overflowed` and is dropped with all later ones, so that the caller checks once, at the
 * end. Owns its bytes: release with buf_release(). One thread at a time.
 */
#include "base/str.h"

struct buf {
	char *ptr;
	size_t len;
	size_t cap;
	size_t max_bytes; /* never holds more than this */
	bool overflowed;
};

/* Named ceilings, so that all of them can be read in one place. */
#define BUF_MAX_RESPONSE_BYTES ((size_t)256 * 1024 * 1024)
#define BUF_MAX_LINE_BYTES     ((size_t)64 * 1024)

#define BUF_INIT(max)          ((struct buf){.max_bytes = (max)})

void buf_release(struct buf *b);
static inline void buf_releasep(struct buf *b)
{
	buf_release(b);
}
/* Empties it, keeps the memory, clears `overflowed`. */
void buf_clear(struct buf *b);
/* Room for `n` more bytes: where to write them, or NULL when that passes the maximum. */
char *buf_reserve(struct buf *b, size_t n);
void buf_add(struct buf *b, struct str s);
void buf_add_char(struct buf *b, char c);
void buf_add_u64(struct buf *b, uint64_t v);
void buf_addf(struct buf *b, const char *fmt, ...) ATTR_PRINTF(2, 3);
/* The bytes so far; valid until the next write. */
static inline struct str buf_str(const struct buf *b)
{
	return (struct str){b->ptr ? b->ptr : "", b->len};
}
