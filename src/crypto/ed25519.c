/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/ed25519.h"

#include <openssl/err.h>
#include <openssl/evp.h>

static EVP_PKEY *load_private(const uint8_t key[ED25519_KEY_BYTES])
{
	EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, key, ED25519_KEY_BYTES);

	/* Any 32 bytes are a private key: this fails only without memory or without the algorithm. */
	assert(pkey);
	return pkey;
}

void ed25519_public_key(const uint8_t private_key[ED25519_KEY_BYTES], uint8_t ret_public_key[ED25519_KEY_BYTES])
{
	EVP_PKEY *pkey = load_private(private_key);
	size_t n = ED25519_KEY_BYTES;
	int done = EVP_PKEY_get_raw_public_key(pkey, ret_public_key, &n);

	assert(done == 1 && n == ED25519_KEY_BYTES);
	EVP_PKEY_free(pkey);
}

void ed25519_sign(const uint8_t private_key[ED25519_KEY_BYTES], struct str message,
                  uint8_t ret_signature[ED25519_SIGNATURE_BYTES])
{
	EVP_PKEY *pkey = load_private(private_key);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t n = ED25519_SIGNATURE_BYTES;
	int done = ctx && EVP_DigestSignInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
	           EVP_DigestSign(ctx, ret_signature, &n, (const unsigned char *)(message.ptr ? message.ptr : ""),
	                          message.len) == 1;

	assert(done && n == ED25519_SIGNATURE_BYTES);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
}

bool ed25519_verify(struct str public_key, struct str message, struct str signature)
{
	const unsigned char *key = (const unsigned char *)public_key.ptr;
	EVP_PKEY *pkey;
	EVP_MD_CTX *ctx;
	bool ok;

	if (public_key.len != ED25519_KEY_BYTES || signature.len != ED25519_SIGNATURE_BYTES)
		return false;
	pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, ED25519_KEY_BYTES);
	ctx = EVP_MD_CTX_new();
	assert(ctx);
	ok = pkey && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
	     EVP_DigestVerify(ctx, (const unsigned char *)signature.ptr, signature.len,
	                      (const unsigned char *)(message.ptr ? message.ptr : ""), message.len) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	/* A wrong signature leaves its reason in the thread's queue, which nobody reads. */
	if (!ok)
		ERR_clear_error();
	return ok;
}
