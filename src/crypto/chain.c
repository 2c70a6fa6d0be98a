/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/chain.h"

#include <openssl/evp.h>
#include <pthread.h>

#include "base/clock.h"
#include "json/base64.h"

#define SHA256_BYTES 32u

/* Found once: looking for it takes OpenSSL as long as hashing a line. */
static EVP_MD *sha256;
static pthread_once_t sha256_once = PTHREAD_ONCE_INIT;

static void find_sha256(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	assert(sha256);
}

static void hash_line(struct chain *c, struct str line)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(64);
	unsigned char digest[SHA256_BYTES];
	unsigned n = 0;
	int done;

	(void)pthread_once(&sha256_once, find_sha256);
	done = EVP_Digest(line.ptr, line.len, digest, &n, sha256, NULL);
	assert(done == 1 && n == sizeof(digest));
	(void)done;
	base64url_encode(&text, (struct str){(const char *)digest, sizeof(digest)});
	assert(text.len == CHAIN_HASH_CHARS);
	memcpy(c->prev, text.ptr, text.len);
	c->prev[text.len] = '\0';
}

static void add_prev(const struct chain *c, struct buf *out)
{
	if (c->prev[0] == '\0') {
		buf_add(out, STR("null"));
		return;
	}
	buf_add_char(out, '"');
	buf_add(out, str_of(c->prev));
	buf_add_char(out, '"');
}

void chain_add(struct chain *c, struct str object, struct buf *out)
{
	size_t from = out->len;

	assert(str_starts_with(object, STR("{\"type\":")));
	buf_add(out, STR("{\"prev\":"));
	add_prev(c, out);
	buf_add(out, STR(",\"n\":"));
	buf_add_u64(out, c->n + 1);
	buf_add_char(out, ',');
	buf_add(out, str_slice(object, 1, object.len));
	assert(!out->overflowed); /* the hash of half a line would be that of none */
	c->n++;
	hash_line(c, str_slice(buf_str(out), from, out->len));
	buf_add_char(out, '\n');
}

void chain_add_head_claims(const struct chain *c, int64_t now_ms, struct buf *out)
{
	char at[32];

	buf_add(out, STR("{\"purpose\":\"" CHAIN_HEAD_PURPOSE "\",\"prev\":"));
	add_prev(c, out);
	buf_add(out, STR(",\"n\":"));
	buf_add_u64(out, c->n + 1);
	buf_addf(out, ",\"at\":\"" STR_FMT "\"}", STR_ARG(time_format_rfc3339(now_ms, at)));
}

void chain_add_head(struct chain *c, struct str token, struct buf *out)
{
	CLEANUP(buf_releasep) struct buf line = BUF_INIT(8192);

	buf_add(&line, STR("{\"type\":\"head\",\"jws\":\""));
	buf_add(&line, token);
	buf_add(&line, STR("\"}"));
	chain_add(c, buf_str(&line), out);
	c->n_head = c->n;
}

bool chain_take_up(struct chain *c, struct str line)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	struct chain_check check = {0};
	const struct json *object;

	if (chain_check_line(&check, line, &a, &object, NULL) != 0)
		return false;
	*c = check.chain;
	c->n_head = c->n;
	return true;
}

bool chain_may_begin(struct str text)
{
	struct str begin = STR("{\"prev\":");
	size_t n = text.len < begin.len ? text.len : begin.len;

	return str_find(text, '\n', 0) == SIZE_MAX && str_eq(str_slice(text, 0, n), str_slice(begin, 0, n));
}

void chain_follow(struct chain *c, struct str line)
{
	c->n++;
	hash_line(c, line);
}
