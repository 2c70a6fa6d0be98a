/* SPDX-License-Identifier: Apache-2.0 */
#include "service/keys.h"

#include <openssl/evp.h>

#include "base/random.h"
#include "json/base64.h"

#define MAC_BYTES   32u
#define BLOCK_BYTES 64u /* of SHA-256 */

#define TAIL_CHARS  (KEY_ID_CHARS + 1 + KEY_SECRET_CHARS) /* what follows the prefix */

static const struct str prefixes[] = {
    [KEY_NATIVE] = STR_INIT("dw_"),
    [KEY_LANGSMITH_SERVICE] = STR_INIT("lsv2_sk_"),
    [KEY_LANGSMITH_PERSONAL] = STR_INIT("lsv2_pt_"),
    [KEY_CONFIDENT_ORG] = STR_INIT("confident_org_"),
    [KEY_CONFIDENT_PROJECT] = STR_INIT("confident_proj_"),
};
static_assert(N_ELEMENTS(prefixes) == KEY_N_FORMS, "each form has its prefix");
static_assert(KEY_MAX_TEXT_CHARS == sizeof("confident_proj_") - 1 + TAIL_CHARS, "the longest form in the header");
static_assert(KEY_HASH_CHARS == (MAC_BYTES * 8 + 5) / 6, "base64url without padding");

static bool is_alnum_text(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		bool ok = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
		if (!ok)
			return false;
	}
	return true;
}

static void base64url(const uint8_t in[MAC_BYTES], char out[KEY_HASH_CHARS + 1])
{
	/* Of just the length, in the caller's place: never grows, not released. */
	struct buf b = {.ptr = out, .cap = KEY_HASH_CHARS, .max_bytes = KEY_HASH_CHARS};

	base64url_encode(&b, (struct str){(const char *)in, MAC_BYTES});
	assert(b.len == KEY_HASH_CHARS && !b.overflowed);
	out[KEY_HASH_CHARS] = '\0';
}

/* HMAC (RFC 2104): H(outer pad, H(inner pad, text)). The contexts have taken in their pads and are only copied. */
struct key_hasher {
	EVP_MD_CTX *inner, *outer;
};

static EVP_MD_CTX *start_with_pad(const EVP_MD *md, struct str pepper, unsigned char filler)
{
	unsigned char pad[BLOCK_BYTES];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	memset(pad, filler, sizeof(pad));
	for (size_t i = 0; i < pepper.len; i++)
		pad[i] ^= (unsigned char)pepper.ptr[i];
	/* Hashing of bytes in memory fails only without memory or without SHA-256: neither can be gone on from. */
	int done = ctx && EVP_DigestInit_ex2(ctx, md, NULL) && EVP_DigestUpdate(ctx, pad, sizeof(pad));
	assert(done);
	explicit_bzero(pad, sizeof(pad));
	return ctx;
}

struct key_hasher *key_hasher_new(struct str pepper)
{
	struct key_hasher *h = mem_calloc(1, sizeof(*h));
	EVP_MD *md = EVP_MD_fetch(NULL, "SHA256", NULL);

	assert(md && pepper.len == KEY_PEPPER_BYTES);
	h->inner = start_with_pad(md, pepper, 0x36);
	h->outer = start_with_pad(md, pepper, 0x5c);
	EVP_MD_free(md); /* the contexts hold it */
	return h;
}

void key_hasher_free(struct key_hasher *h)
{
	if (!h)
		return;
	EVP_MD_CTX_free(h->inner);
	EVP_MD_CTX_free(h->outer);
	free(h);
}

static void hash_from(EVP_MD_CTX *ctx, const EVP_MD_CTX *state, const void *text, size_t len, uint8_t out[MAC_BYTES])
{
	unsigned out_len = 0;
	int done = EVP_MD_CTX_copy_ex(ctx, state) && EVP_DigestUpdate(ctx, text, len) &&
	           EVP_DigestFinal_ex(ctx, out, &out_len);

	assert(done && out_len == MAC_BYTES);
}

static void mac_of(const struct key_hasher *h, const void *text, size_t len, char out[KEY_HASH_CHARS + 1])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t mac[MAC_BYTES];

	assert(ctx);
	hash_from(ctx, h->inner, text, len, mac);
	hash_from(ctx, h->outer, mac, sizeof(mac), mac);
	EVP_MD_CTX_free(ctx);
	base64url(mac, out);
}

void key_hash(const struct key_hasher *h, struct str id, struct str secret, char out[KEY_HASH_CHARS + 1])
{
	unsigned char text[KEY_ID_CHARS + 1 + KEY_SECRET_CHARS];

	assert(id.len == KEY_ID_CHARS && secret.len == KEY_SECRET_CHARS);
	memcpy(text, id.ptr, KEY_ID_CHARS);
	text[KEY_ID_CHARS] = '_';
	memcpy(text + KEY_ID_CHARS + 1, secret.ptr, KEY_SECRET_CHARS);
	mac_of(h, text, sizeof(text), out);
	explicit_bzero(text, sizeof(text));
}

void key_mac(const struct key_hasher *h, struct str text, char out[KEY_HASH_CHARS + 1])
{
	assert(text.len <= KEY_ID_CHARS || text.ptr[KEY_ID_CHARS] != '_' ||
	       !is_alnum_text(str_slice(text, 0, KEY_ID_CHARS)));
	mac_of(h, text.ptr, text.len, out);
}

bool key_hash_equals(const struct key_hasher *h, struct str id, struct str secret, struct str hash)
{
	char made[KEY_HASH_CHARS + 1];
	key_hash(h, id, secret, made);
	bool same = str_eq_const_time((struct str){made, KEY_HASH_CHARS}, hash);
	explicit_bzero(made, sizeof(made));
	return same;
}

struct str key_prefix(enum key_form form)
{
	assert(form < KEY_N_FORMS);
	return prefixes[form];
}

struct key_parts key_make(const struct key_hasher *h, enum key_form form, struct arena *a,
                          char ret_text[KEY_MAX_TEXT_CHARS + 1])
{
	const struct str prefix = key_prefix(form);
	const size_t secret_at = prefix.len + KEY_ID_CHARS + 1;
	char id[KEY_ID_CHARS + 1], secret[KEY_SECRET_CHARS + 1], hash[KEY_HASH_CHARS + 1];
	random_alnum(id, KEY_ID_CHARS);
	random_alnum(secret, KEY_SECRET_CHARS);

	memcpy(ret_text, prefix.ptr, prefix.len);
	memcpy(ret_text + prefix.len, id, KEY_ID_CHARS);
	ret_text[secret_at - 1] = '_';
	memcpy(ret_text + secret_at, secret, KEY_SECRET_CHARS);
	ret_text[secret_at + KEY_SECRET_CHARS] = '\0';

	struct str secret_text = {secret, KEY_SECRET_CHARS};
	key_hash(h, (struct str){id, KEY_ID_CHARS}, secret_text, hash);
	struct key_parts parts = {
	    .id = arena_str(a, (struct str){id, KEY_ID_CHARS}),
	    .hash = arena_str(a, (struct str){hash, KEY_HASH_CHARS}),
	    .hint = arena_str(a, str_slice(secret_text, KEY_SECRET_CHARS - KEY_HINT_CHARS, KEY_SECRET_CHARS)),
	};
	explicit_bzero(secret, sizeof(secret));
	return parts;
}

/* What follows the prefix; absent when there is none of ours. */
static struct str without_prefix(struct str text)
{
	for (size_t i = 0; i < N_ELEMENTS(prefixes); i++)
		if (str_starts_with(text, prefixes[i]))
			return str_slice(text, prefixes[i].len, text.len);
	return STR_NONE;
}

bool key_split(struct str text, struct str *ret_id, struct str *ret_secret)
{
	struct str tail = without_prefix(text);
	if (tail.len != TAIL_CHARS || tail.ptr[KEY_ID_CHARS] != '_')
		return false;
	struct str id = str_slice(tail, 0, KEY_ID_CHARS), secret = str_slice(tail, KEY_ID_CHARS + 1, TAIL_CHARS);
	if (!is_alnum_text(id) || !is_alnum_text(secret))
		return false;
	*ret_id = id;
	*ret_secret = secret;
	return true;
}

bool key_is_live(const struct key *key, int64_t now_ms)
{
	return !key->is_revoked && !key->is_inactive && (key->expires_at_ms == 0 || now_ms < key->expires_at_ms);
}
