/* SPDX-License-Identifier: Apache-2.0 */
#include "service/decision_chain.h"

#include <openssl/evp.h>

#include "base/arena.h"
#include "base/clock.h"
#include "json/base64.h"
#include "json/json.h"

#define SHA256_BYTES 32u

static void hash_line(struct decision_chain *c, struct str line)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(64);
	unsigned char digest[SHA256_BYTES];
	unsigned n = 0;
	int done = EVP_Digest(line.ptr, line.len, digest, &n, EVP_sha256(), NULL);

	assert(done == 1 && n == sizeof(digest));
	(void)done;
	base64url_encode(&text, (struct str){(const char *)digest, sizeof(digest)});
	assert(text.len == DECISION_HASH_CHARS);
	memcpy(c->prev, text.ptr, text.len);
	c->prev[text.len] = '\0';
}

static struct str quoted_prev(const struct decision_chain *c, char out[DECISION_HASH_CHARS + 3])
{
	if (c->prev[0] == '\0')
		return STR("null");
	(void)snprintf(out, DECISION_HASH_CHARS + 3, "\"%s\"", c->prev);
	return str_of(out);
}

void decision_chain_add(struct decision_chain *c, struct str object, struct buf *out)
{
	char prev[DECISION_HASH_CHARS + 3];
	size_t from = out->len;

	assert(str_starts_with(object, STR("{\"type\":")));
	buf_add(out, STR("{\"prev\":"));
	buf_add(out, quoted_prev(c, prev));
	buf_add(out, STR(",\"n\":"));
	buf_add_u64(out, c->n + 1);
	buf_add_char(out, ',');
	buf_add(out, str_slice(object, 1, object.len));
	if (out->overflowed)
		return;
	c->n++;
	hash_line(c, str_slice(buf_str(out), from, out->len));
	buf_add_char(out, '\n');
}

void decision_chain_add_head(struct decision_chain *c, const struct signing_key *key, int64_t now_ms, struct buf *out)
{
	CLEANUP(buf_releasep) struct buf claims = BUF_INIT(1024), line = BUF_INIT(4096);
	char prev[DECISION_HASH_CHARS + 3], at[32];

	buf_add(&claims, STR("{\"purpose\":\"decision-log-head\",\"prev\":"));
	buf_add(&claims, quoted_prev(c, prev));
	buf_addf(&claims, ",\"n\":%llu,\"at\":\"" STR_FMT "\"}", (unsigned long long)c->n + 1,
	         STR_ARG(time_format_rfc3339(now_ms, at)));
	buf_add(&line, STR("{\"type\":\"head\",\"jws\":\""));
	signing_key_sign(key, buf_str(&claims), &line);
	buf_add(&line, STR("\"}"));
	decision_chain_add(c, buf_str(&line), out);
	c->n_head = c->n;
}

bool decision_chain_read(struct decision_chain *c, struct str line)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	const struct json *object, *n;

	if (line.len > DECISION_LINE_MAX_BYTES || json_parse(line, &a, &object, NULL) != JSON_OK)
		return false;
	n = json_get(object, STR("n"));
	if (!json_is(n, JSON_INT) || n->i < 1 || !json_get(object, STR("prev")) ||
	    str_is_absent(json_get_str(object, STR("type"))))
		return false;
	c->n = c->n_head = (uint64_t)n->i;
	hash_line(c, line);
	return true;
}
