/* SPDX-License-Identifier: Apache-2.0 */
#include "service/webhook_seal.h"

#include <openssl/evp.h>

#include "json/base64.h"
#include "json/json.h"
#include "service/conductorone_id.h"
#include "service/signing.h"

#define SHA256_BYTES     32u
#define MAX_TOKEN_BYTES  16384u /* a URL of 2 kB, escaped, in base64url */
#define MAX_CLAIMS_BYTES 8192u

/* The host of "scheme://host:port/path", without port. */
static struct str host_of(struct str url)
{
	size_t start = str_find(url, ':', 0), end;
	struct str rest = str_slice(url, start == SIZE_MAX ? 0 : start + 3, url.len);

	for (end = 0; end < rest.len && rest.ptr[end] != '/' && rest.ptr[end] != '?'; end++)
		;
	rest = str_slice(rest, 0, end);
	if (str_starts_with(rest, STR("[")))
		return str_slice(rest, 0, str_find(rest, ']', 0) + 1);
	return str_slice(rest, 0, str_find(rest, ':', 0));
}

static void write_claims(struct buf *out, const struct webhook_envelope *e, struct str digest, struct arena *a)
{
	struct json_writer w = JSON_WRITER(out);
	int64_t now_s = e->now_ms / 1000;

	json_begin_object(&w);
	json_put_str(&w, STR("iss"), host_of(e->public_url));
	json_put_str(&w, STR("aud"), host_of(e->url));
	json_put_str(&w, STR("jti"), conductorone_new_id(a));
	json_put_i64(&w, STR("iat"), now_s);
	json_put_i64(&w, STR("nbf"), now_s - WEBHOOK_TOKEN_SKEW_S);
	json_put_i64(&w, STR("exp"), now_s + WEBHOOK_TOKEN_LIFETIME_S);
	json_put_str(&w, STR("c1typ"), STR("wh"));
	json_put_str(&w, STR("htm"), STR("POST"));
	json_put_str(&w, STR("htu"), str_slice(e->url, 0, str_find(e->url, '?', 0)));
	json_put_str(&w, STR("htb_s256"), digest);
	json_end_object(&w);
}

struct webhook_seal webhook_seal(const struct signing_key *key, const struct webhook_envelope *e, struct arena *a)
{
	CLEANUP(buf_releasep) struct buf digest = BUF_INIT(BUF_MAX_LINE_BYTES), claims = BUF_INIT(MAX_CLAIMS_BYTES);
	CLEANUP(buf_releasep) struct buf token = BUF_INIT(MAX_TOKEN_BYTES);
	unsigned char hash[SHA256_BYTES], text[4 * ((SHA256_BYTES + 2) / 3) + 1];
	unsigned n = 0;
	int done = EVP_Digest(e->body.ptr, e->body.len, hash, &n, EVP_sha256(), NULL);

	assert(done == 1 && n == sizeof(hash));
	(void)EVP_EncodeBlock(text, hash, (int)sizeof(hash));
	base64url_encode(&digest, (struct str){(const char *)hash, sizeof(hash)});
	write_claims(&claims, e, buf_str(&digest), a);
	signing_key_sign(key, buf_str(&claims), &token);
	assert(!claims.overflowed && !token.overflowed);
	return (struct webhook_seal){
	    .authorization = arena_concat(a, STR("bearer "), buf_str(&token)),
	    .digest = arena_concat(a, STR("sha-256="), str_of((const char *)text)),
	};
}
