/* SPDX-License-Identifier: Apache-2.0 */
#include "service/jwk.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "json/base64.h"

#define MAX_RSA_BYTES      1024u /* of the modulus: 8192 bits */
#define MIN_RSA_BYTES      256u
#define MAX_EXPONENT_BYTES 8u
#define P256_BYTES         32u
#define MAX_KID_BYTES      1024u

static bool member_is(const struct json *jwk, const char *name, const char *value)
{
	return str_eq(json_get_str(jwk, str_of(name)), str_of(value));
}

/* What the key checks; JWT_NONE: nothing here. */
static enum jwt_algorithm algorithm_of(const struct json *jwk)
{
	const struct json *use = json_get(jwk, STR("use")), *alg = json_get(jwk, STR("alg"));

	if (use && !member_is(jwk, "use", "sig"))
		return JWT_NONE;
	if (member_is(jwk, "kty", "OKP") && member_is(jwk, "crv", "Ed25519") &&
	    (!alg || member_is(jwk, "alg", "EdDSA")))
		return JWT_EDDSA;
	if (member_is(jwk, "kty", "RSA") && (!alg || member_is(jwk, "alg", "RS256")))
		return JWT_RS256;
	if (member_is(jwk, "kty", "EC") && member_is(jwk, "crv", "P-256") && (!alg || member_is(jwk, "alg", "ES256")))
		return JWT_ES256;
	return JWT_NONE;
}

static bool read_bytes(const struct json *jwk, const char *name, struct buf *out)
{
	struct str text = json_get_str(jwk, str_of(name));

	return !str_is_empty(text) && base64url_decode(out, text) && !out->overflowed;
}

/* ---- OpenSSL's keys ------------------------------------------------------------------------------------------ */

static EVP_PKEY *key_of(const char *type, OSSL_PARAM_BLD *build)
{
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *key = NULL;

	assert(params && ctx);
	if (EVP_PKEY_fromdata_init(ctx) <= 0 || EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) <= 0)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	return key;
}

static BIGNUM *number_of(const struct buf *bytes)
{
	BIGNUM *n = BN_bin2bn((const unsigned char *)bytes->ptr, (int)bytes->len, NULL);

	assert(n);
	return n;
}

static EVP_PKEY *rsa_key(const struct json *jwk)
{
	CLEANUP(buf_releasep) struct buf n = BUF_INIT(MAX_RSA_BYTES), e = BUF_INIT(MAX_EXPONENT_BYTES);
	OSSL_PARAM_BLD *build;
	BIGNUM *modulus, *exponent;
	EVP_PKEY *key = NULL;

	if (!read_bytes(jwk, "n", &n) || !read_bytes(jwk, "e", &e))
		return NULL;
	modulus = number_of(&n);
	exponent = number_of(&e);
	build = OSSL_PARAM_BLD_new();
	assert(build);
	/* An exponent of 1 would make every text its own signature. */
	if ((unsigned)BN_num_bits(modulus) >= 8 * MIN_RSA_BYTES && BN_is_odd(modulus) && BN_is_odd(exponent) &&
	    !BN_is_one(exponent) && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus) &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent))
		key = key_of("RSA", build);
	OSSL_PARAM_BLD_free(build);
	BN_free(modulus);
	BN_free(exponent);
	return key;
}

/* A point that does not lie on the curve is none. */
static EVP_PKEY *p256_key(const struct json *jwk)
{
	CLEANUP(buf_releasep) struct buf point = BUF_INIT(1 + 2 * P256_BYTES);
	CLEANUP(buf_releasep) struct buf y = BUF_INIT(P256_BYTES);
	OSSL_PARAM_BLD *build;
	EVP_PKEY *key = NULL;

	buf_add_char(&point, '\x04'); /* not compressed: both coordinates follow */
	if (!read_bytes(jwk, "x", &point) || point.len != 1 + P256_BYTES || !read_bytes(jwk, "y", &y) ||
	    y.len != P256_BYTES)
		return NULL;
	buf_add(&point, buf_str(&y));
	build = OSSL_PARAM_BLD_new();
	assert(build && !point.overflowed);
	if (OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) &&
	    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point.ptr, point.len))
		key = key_of("EC", build);
	OSSL_PARAM_BLD_free(build);
	return key;
}

static EVP_PKEY *ed25519_key(const struct json *jwk)
{
	CLEANUP(buf_releasep) struct buf x = BUF_INIT(ED25519_KEY_BYTES);

	if (!read_bytes(jwk, "x", &x) || x.len != ED25519_KEY_BYTES)
		return NULL;
	return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, (const unsigned char *)x.ptr, x.len);
}

/* NULL: the key is broken. */
static EVP_PKEY *load(const struct json *jwk, enum jwt_algorithm algorithm)
{
	EVP_PKEY *key = NULL;

	switch (algorithm) {
	case JWT_EDDSA:
		key = ed25519_key(jwk);
		break;
	case JWT_RS256:
		key = rsa_key(jwk);
		break;
	case JWT_ES256:
		key = p256_key(jwk);
		break;
	case JWT_NONE:
		break;
	}
	if (!key)
		ERR_clear_error();
	return key;
}

/* ---- signatures ---------------------------------------------------------------------------------------------- */

/* The two numbers of ES256, one after the other, as OpenSSL wants them; the length, 0: it is no signature. To be freed
 * with OPENSSL_free(). */
static size_t der_of(struct str signature, unsigned char **ret)
{
	const unsigned char *bytes = (const unsigned char *)signature.ptr;
	ECDSA_SIG *sig;
	BIGNUM *r, *s;
	int len;

	if (signature.len != (size_t)2 * P256_BYTES)
		return 0;
	sig = ECDSA_SIG_new();
	r = BN_bin2bn(bytes, (int)P256_BYTES, NULL);
	s = BN_bin2bn(bytes + P256_BYTES, (int)P256_BYTES, NULL);
	assert(sig && r && s);
	(void)ECDSA_SIG_set0(sig, r, s);
	*ret = NULL;
	len = i2d_ECDSA_SIG(sig, ret);
	ECDSA_SIG_free(sig);
	return len > 0 ? (size_t)len : 0;
}

static bool verify(EVP_PKEY *key, const EVP_MD *md, struct str text, struct str signature)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok;

	assert(ctx);
	ok = EVP_DigestVerifyInit(ctx, NULL, md, NULL, key) == 1 &&
	     EVP_DigestVerify(ctx, (const unsigned char *)signature.ptr, signature.len, (const unsigned char *)text.ptr,
	                      text.len) == 1;
	EVP_MD_CTX_free(ctx);
	/* A wrong signature leaves its reason in the thread's queue, which nobody reads. */
	if (!ok)
		ERR_clear_error();
	return ok;
}

static bool is_signed_by(const struct jwt *t, EVP_PKEY *key)
{
	unsigned char *der = NULL;
	size_t len;
	bool ok;

	if (t->algorithm == JWT_EDDSA)
		return verify(key, NULL, t->signed_text, t->signature);
	if (t->algorithm == JWT_RS256)
		return verify(key, EVP_sha256(), t->signed_text, t->signature);
	len = der_of(t->signature, &der);
	ok = len && verify(key, EVP_sha256(), t->signed_text, (struct str){(const char *)der, len});
	OPENSSL_free(der);
	return ok;
}

/* ---- sets ---------------------------------------------------------------------------------------------------- */

static const struct json *keys_of(const struct json *set)
{
	const struct json *keys = json_get(set, STR("keys"));

	return json_is(keys, JSON_ARRAY) ? keys : NULL;
}

/* Does the token name this key, or leave it open which it is? */
static bool may_be_of(const struct json *jwk, const struct jwt *t)
{
	struct str wanted = json_get_str(t->header, STR("kid")), kid = json_get_str(jwk, STR("kid"));

	return str_is_absent(wanted) || str_is_absent(kid) || str_eq(kid, wanted);
}

bool jwk_set_knows(const struct json *set, const struct jwt *t)
{
	const struct json *keys = keys_of(set);

	for (uint32_t i = 0; keys && i < keys->n; i++)
		if (may_be_of(&keys->items[i], t))
			return true;
	return false;
}

bool jwk_set_signed(const struct json *set, const struct jwt *t)
{
	const struct json *keys = keys_of(set);
	bool found = false;

	for (uint32_t i = 0; keys && i < keys->n && i < JWK_SET_MAX_KEYS && !found; i++) {
		const struct json *jwk = &keys->items[i];
		EVP_PKEY *key;

		if (algorithm_of(jwk) != t->algorithm || !may_be_of(jwk, t))
			continue;
		key = load(jwk, t->algorithm);
		found = key && is_signed_by(t, key);
		EVP_PKEY_free(key);
	}
	return found;
}

/* Such a key was to be shown to nobody: kept here, it would be shown to whoever may look. */
static bool is_secret(const struct json *jwk)
{
	return json_get(jwk, STR("d")) || json_get(jwk, STR("p")) || json_get(jwk, STR("k")) ||
	       member_is(jwk, "kty", "oct");
}

static int check_key(const struct json *jwk, uint32_t i, size_t *n_usable, struct error *err)
{
	enum jwt_algorithm algorithm;
	EVP_PKEY *key;

	if (!json_is(jwk, JSON_OBJECT) || str_is_empty(json_get_str(jwk, STR("kty"))))
		return error_set(err, -EINVAL, "key %u is not a JWK", i + 1);
	if (is_secret(jwk))
		return error_set(err, -EINVAL, "key %u is private or secret: send the public half only", i + 1);
	if (json_get_str(jwk, STR("kid")).len > MAX_KID_BYTES)
		return error_set(err, -EINVAL, "the \"kid\" of key %u is too long", i + 1);
	algorithm = algorithm_of(jwk);
	if (algorithm == JWT_NONE)
		return 0;
	key = load(jwk, algorithm);
	if (!key)
		return error_set(err, -EINVAL,
		                 "key %u is broken, or of RSA with fewer than 2048 or more than 8192 bits", i + 1);
	EVP_PKEY_free(key);
	(*n_usable)++;
	return 0;
}

int jwk_set_check(const struct json *set, struct error *err)
{
	const struct json *keys = keys_of(set);
	size_t n_usable = 0;
	int r = 0;

	if (!keys)
		return error_set(err, -EINVAL, "the keys must be a JWK Set: {\"keys\":[…]}");
	if (keys->n > JWK_SET_MAX_KEYS)
		return error_set(err, -EINVAL, "the set has more than %u keys", JWK_SET_MAX_KEYS);
	for (uint32_t i = 0; r == 0 && i < keys->n; i++)
		r = check_key(&keys->items[i], i, &n_usable, err);
	if (r == 0 && n_usable == 0)
		return error_set(err, -EINVAL, "the set has no key for EdDSA (Ed25519), RS256 or ES256");
	return r;
}
