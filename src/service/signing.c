/* SPDX-License-Identifier: Apache-2.0 */
#include "service/signing.h"

#include <openssl/evp.h>

#include "json/base64.h"
#include "service/jwt.h"

#define MAX_SMALL_BYTES 512u
#define SHA256_BYTES    32u

void signing_key_put_x(const struct signing_key *k, struct buf *out)
{
	base64url_encode(out, (struct str){(const char *)k->public_key, sizeof(k->public_key)});
}

/* Members in the order that the RFC prescribes, without white space. */
static void make_id(struct signing_key *k)
{
	CLEANUP(buf_releasep) struct buf jwk = BUF_INIT(MAX_SMALL_BYTES), id = BUF_INIT(MAX_SMALL_BYTES);
	char digest[SHA256_BYTES];
	unsigned n = 0;

	buf_add(&jwk, STR("{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\""));
	signing_key_put_x(k, &jwk);
	buf_add(&jwk, STR("\"}"));
	int done = EVP_Digest(jwk.ptr, jwk.len, (unsigned char *)digest, &n, EVP_sha256(), NULL);
	assert(done == 1 && n == sizeof(digest));
	base64url_encode(&id, (struct str){digest, sizeof(digest)});
	assert(id.len == SIGNING_KEY_ID_CHARS);
	memcpy(k->id, id.ptr, id.len);
	k->id[id.len] = '\0';
}

void signing_key_init(struct signing_key *k, const uint8_t private_key[ED25519_KEY_BYTES])
{
	memcpy(k->private_key, private_key, sizeof(k->private_key));
	ed25519_public_key(k->private_key, k->public_key);
	make_id(k);
}

void signing_key_sign(const struct signing_key *k, struct str claims, struct buf *out)
{
	CLEANUP(buf_releasep) struct buf header = BUF_INIT(MAX_SMALL_BYTES);

	buf_addf(&header, "{\"alg\":\"EdDSA\",\"typ\":\"JWT\",\"kid\":\"%s\"}", k->id);
	jwt_write(out, buf_str(&header), claims, k->private_key);
}
