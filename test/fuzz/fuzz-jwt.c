/* SPDX-License-Identifier: Apache-2.0
 *
 * The bytes are a token. What jwt_read() takes is judged by all that looks at it; what it was signed with is not known
 * to the bytes, so that no signature may be right. And what jwt_write() makes of the claims is read back the same.
 */
#include "service/jwt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t private_key[ED25519_KEY_BYTES] = {7};

static void require(bool ok, const char *what)
{
	if (ok)
		return;
	(void)fprintf(stderr, "%s\n", what);
	abort();
}

static void rewrite(const struct jwt *t, struct arena *a)
{
	CLEANUP(buf_releasep) struct buf claims = BUF_INIT(BUF_MAX_LINE_BYTES), text = BUF_INIT(BUF_MAX_LINE_BYTES);
	struct json_writer w = JSON_WRITER(&claims);
	uint8_t public_key[ED25519_KEY_BYTES];
	struct error err = {0};
	struct jwt again;

	ed25519_public_key(private_key, public_key);
	json_add(&w, t->claims);
	jwt_write(&text, STR("{\"alg\":\"EdDSA\"}"), buf_str(&claims), private_key);
	if (text.len > JWT_MAX_BYTES)
		return;
	require(jwt_read(buf_str(&text), a, &again, &err) == 0, "what was written cannot be read");
	require(jwt_is_signed_by(&again, (struct str){(const char *)public_key, sizeof(public_key)}),
	        "wrong signature");
	require(json_equal(t->claims, again.claims), "the claims changed");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str hosts[] = {STR("host"), STR("")};
	const struct jwt_wanted wanted = {
	    .issuer = STR("c"), .audience = {hosts, 2}, .now_ms = 1, .max_ahead_ms = 300000};
	struct arena a = ARENA_INIT;
	struct error err = {0};
	uint8_t public_key[ED25519_KEY_BYTES];
	struct jwt t;

	if (jwt_read((struct str){(const char *)data, size}, &a, &t, &err) == 0) {
		ed25519_public_key(private_key, public_key);
		require(!jwt_is_signed_by(&t, (struct str){(const char *)public_key, sizeof(public_key)}),
		        "a signature out of nothing");
		require(jwt_check_claims(&t, &wanted, &err) == 0 || err.text[0] != '\0', "judged without a reason");
		rewrite(&t, &a);
	} else {
		require(err.text[0] != '\0', "refused without a reason");
	}
	arena_release(&a);
	return 0;
}
