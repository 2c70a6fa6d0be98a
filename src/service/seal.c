/* SPDX-License-Identifier: Apache-2.0 */
#include "service/seal.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/random.h"
#include "json/base64.h"

#define PREFIX         "sealed."
#define NONCE_BYTES    12u
#define TAG_BYTES      16u
#define SHA256_BYTES   32u
#define MAX_BOX_BYTES  (NONCE_BYTES + SEAL_MAX_BYTES + TAG_BYTES)
#define MAX_BOUND_TEXT 256u

static_assert(sizeof(PREFIX) + SEAL_KEY_ID_CHARS + 1 + (MAX_BOX_BYTES * 8 + 5) / 6 <= SEAL_MAX_CHARS, "fits");

void seal_key_init(struct seal_key *k, const uint8_t bytes[SEAL_KEY_BYTES])
{
	static const char what[] = "doorward secret key id:";
	unsigned char digest[SHA256_BYTES];
	CLEANUP(buf_releasep) struct buf id = BUF_INIT(MAX_BOUND_TEXT);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned n = 0;
	/* Hashing of bytes in memory fails only without memory or without SHA-256. */
	int done = ctx && EVP_DigestInit_ex2(ctx, EVP_sha256(), NULL) &&
	           EVP_DigestUpdate(ctx, what, sizeof(what) - 1) && EVP_DigestUpdate(ctx, bytes, SEAL_KEY_BYTES) &&
	           EVP_DigestFinal_ex(ctx, digest, &n);

	assert(done && n == sizeof(digest));
	EVP_MD_CTX_free(ctx);
	memcpy(k->bytes, bytes, SEAL_KEY_BYTES);
	base64url_encode(&id, (struct str){(const char *)digest, sizeof(digest)});
	memcpy(k->id, id.ptr, SEAL_KEY_ID_CHARS);
	k->id[SEAL_KEY_ID_CHARS] = '\0';
}

/* What is authenticated beside the secret. */
static void write_bound_text(const struct seal_key *k, struct str purpose, struct buf *out)
{
	buf_add(out, STR("doorward:"));
	buf_add(out, str_of(k->id));
	buf_add_char(out, ':');
	buf_add(out, purpose);
	assert(!out->overflowed);
}

static const unsigned char *bytes_of(struct str s)
{
	return (const unsigned char *)s.ptr;
}

void seal_write(const struct seal_key *k, struct str purpose, struct str secret, struct buf *out)
{
	CLEANUP(buf_releasep) struct buf bound = BUF_INIT(MAX_BOUND_TEXT);
	unsigned char box[MAX_BOX_BYTES], *nonce = box, *body = box + NONCE_BYTES, *tag = body + secret.len;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0, done;

	assert(secret.len <= SEAL_MAX_BYTES);
	write_bound_text(k, purpose, &bound);
	/* Random nonces: a key seals a handful of texts in its life. */
	random_bytes(nonce, NONCE_BYTES);
	done = ctx && EVP_EncryptInit_ex2(ctx, EVP_aes_256_gcm(), k->bytes, nonce, NULL) &&
	       EVP_EncryptUpdate(ctx, NULL, &n, bytes_of(buf_str(&bound)), (int)bound.len) &&
	       EVP_EncryptUpdate(ctx, body, &n, bytes_of(secret), (int)secret.len) && (size_t)n == secret.len &&
	       EVP_EncryptFinal_ex(ctx, tag, &n) && n == 0 &&
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, (int)TAG_BYTES, tag);
	assert(done);
	EVP_CIPHER_CTX_free(ctx);
	buf_add(out, STR(PREFIX));
	buf_add(out, str_of(k->id));
	buf_add_char(out, '.');
	base64url_encode(out, (struct str){(const char *)box, NONCE_BYTES + secret.len + TAG_BYTES});
}

bool seal_is(struct str text, struct str *ret_key_id)
{
	struct str rest = str_slice(text, sizeof(PREFIX) - 1, text.len);

	if (!str_starts_with(text, STR(PREFIX)) || str_find(rest, '.', 0) != SEAL_KEY_ID_CHARS)
		return false;
	if (ret_key_id)
		*ret_key_id = str_slice(rest, 0, SEAL_KEY_ID_CHARS);
	return true;
}

/* `box` holds nonce, `n` bytes and tag. */
static bool open_box(const struct seal_key *k, struct str bound, struct str box, unsigned char *out, size_t n)
{
	const unsigned char *nonce = bytes_of(box), *body = nonce + NONCE_BYTES;
	unsigned char tag[TAG_BYTES];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int len = 0;
	bool ok;

	assert(ctx);
	memcpy(tag, body + n, TAG_BYTES);
	ok = EVP_DecryptInit_ex2(ctx, EVP_aes_256_gcm(), k->bytes, nonce, NULL) &&
	     EVP_DecryptUpdate(ctx, NULL, &len, bytes_of(bound), (int)bound.len) &&
	     EVP_DecryptUpdate(ctx, out, &len, body, (int)n) && (size_t)len == n &&
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, (int)TAG_BYTES, tag) &&
	     EVP_DecryptFinal_ex(ctx, out + n, &len) > 0;
	EVP_CIPHER_CTX_free(ctx);
	if (!ok)
		ERR_clear_error();
	return ok;
}

bool seal_open(const struct seal_key *k, struct str purpose, struct str text, void *ret, size_t n)
{
	CLEANUP(buf_releasep) struct buf bound = BUF_INIT(MAX_BOUND_TEXT), box = BUF_INIT(SEAL_MAX_CHARS);
	unsigned char secret[SEAL_MAX_BYTES + TAG_BYTES];
	struct str id;
	bool ok;

	if (!seal_is(text, &id) || !str_eq(id, str_of(k->id)) || n > SEAL_MAX_BYTES ||
	    !base64url_decode(&box, str_slice(text, sizeof(PREFIX) - 1 + SEAL_KEY_ID_CHARS + 1, text.len)) ||
	    box.len != NONCE_BYTES + n + TAG_BYTES)
		return false;
	write_bound_text(k, purpose, &bound);
	ok = open_box(k, buf_str(&bound), buf_str(&box), secret, n);
	if (ok)
		memcpy(ret, secret, n);
	explicit_bzero(secret, sizeof(secret));
	return ok;
}
