/* SPDX-License-Identifier: Apache-2.0
 *
 * The bytes are a set of keys, as JSON. Whether it is taken or refused, with a reason; and a token that was signed with
 * a key that the bytes cannot know is not by one of theirs, whatever algorithm it says.
 */
#include "service/jwk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok, const char *what)
{
	if (ok)
		return;
	(void)fprintf(stderr, "%s\n", what);
	abort();
}

static void try_token(const struct json *set, enum jwt_algorithm algorithm, size_t signature_bytes)
{
	static const char zeros[256];
	static const struct json header = {.type = JSON_OBJECT};
	const struct jwt t = {
	    .header = &header,
	    .claims = &header,
	    .signed_text = STR("a.b"),
	    .signature = {zeros, signature_bytes},
	    .algorithm = algorithm,
	};

	require(!jwk_set_signed(set, &t), "a signature out of nothing");
	require(jwk_set_knows(set, &t) == json_is(json_get(set, STR("keys")), JSON_ARRAY) || !jwk_set_knows(set, &t),
	        "a key out of nothing");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = ARENA_INIT;
	struct error err = {0};
	const struct json *set;

	if (json_parse((struct str){(const char *)data, size}, &a, &set, &err) == JSON_OK) {
		err = (struct error){0};
		require(jwk_set_check(set, &err) == 0 || err.text[0] != '\0', "refused without a reason");
		try_token(set, JWT_ES256, 64);
		try_token(set, JWT_RS256, 256);
	}
	arena_release(&a);
	return 0;
}
