/* SPDX-License-Identifier: Apache-2.0
 *
 * Others' keys, and what they signed: for ES256 the example of RFC 7515, appendix A.3, for EdDSA the key of RFC 8037,
 * for RS256 a key that node made once; and what is remembered of tokens.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "json/base64.h"
#include "service/jwk.h"
#include "service/key_sets.h"
#include "service/token_memory.h"

#define RSA_N                                                                                                          \
	"2iwSEpjGVzohw7geyGtJnXEBRq-50iZ2timvuVGTQelWiOlMnqv0uROsg-sIuj66E5y28gNZ58d7abWLNj5neTj9h5d4QzRDtLDg"         \
	"B69unT-IxXlpscPH8j80Ovtcrb8Ex6PyZTiwHJ-N1tXVaY3RrbcU3f5g5FifFLCgPpDTkn3s4xDZthDnOe0tE74YrGAZut9d1L5w"         \
	"kiMJV79aH0jxXVb-AgvKzr5v8NwB8qJlPohbULvknsAlaqPqSMCcw1Nunvkh9u-Q3tgQlufAtp7VsUoeIG4tQg3CPbviHhbhEXHE"         \
	"BZVWIqwgQ2384Z-a9eSvYjPnvAbXg-MfFr3dP8kqFw"
#define RSA_JWK "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"" RSA_N "\"}"
#define RSA_TOKEN                                                                                                      \
	"eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UifQ.Tmz8SOD7VfshhEGDJY-JUdTYgNA8CSKjVqcdOzetSlKelQBt-rAzOWW8Hg0V"         \
	"Bi519pPbXUyq_7IwWc2FCu98wpCmocVlu4qgb7YJKvg6wKLLa71WO8P3lxarhNSET4mUG8ErGxSHppCM6C0Rc-3u9VFX0NB8x8jr"         \
	"DOfD9qTrpXuj5o6o_vuwT-P1mMOgIdcQUUPKtimaIcNlj5Zk4xWyKpf1wUJdVJudvQHUGV6rcvpHGbClHtiMMajsZFGhS8lghYY0"         \
	"fEu0sJdo3Buv0HfQ32yiiuiw46APPe6GBzwAaM4xVAzuNVt6hDVSh8XpybJ4F_kC7woPlUo_z3tpizOKXA"
#define EC_X   "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define EC_Y   "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define EC_JWK "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\"}"
#define EC_TOKEN                                                                                                       \
	"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19"         \
	"yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU"         \
	"1Q"
#define ED_TOKEN                                                                                                       \
	"eyJhbGciOiJFZERTQSIsImtpZCI6ImVkIn0.eyJpc3MiOiJqb2UifQ.4PIV8-z7si-nNNH9sBvbCcvDvpA5gS7YhbD4WEwnSqJal"         \
	"YC3qBPt0--wwbD0t-2H6AaBRSsmrEMutzdO121gCQ"
#define ED_X      "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
#define ED_JWK    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" ED_X "\"}"
#define SET(keys) "{\"keys\":[" keys "]}"
#define ALL       SET(RSA_JWK "," EC_JWK "," ED_JWK)

static struct arena arena;

static int release(void **state UNUSED)
{
	arena_release(&arena);
	return 0;
}

static const struct json *parsed(const char *text)
{
	const struct json *j;

	assert_int_equal(json_parse(str_of(text), &arena, &j, NULL), JSON_OK);
	return j;
}

static struct jwt token(const char *text)
{
	struct error err = {0};
	struct jwt t;

	if (jwt_read(str_of(text), &arena, &t, &err) != 0)
		fail_msg("%s: %s", text, err.text);
	return t;
}

/* ---- signatures ---------------------------------------------------------------------------------------------- */

static const struct {
	const char *token, *jwk;
	enum jwt_algorithm algorithm;
} signers[] = {
    {RSA_TOKEN, RSA_JWK, JWT_RS256},
    {EC_TOKEN, EC_JWK, JWT_ES256},
    {ED_TOKEN, ED_JWK, JWT_EDDSA},
};

static const struct json *set_of(const char *jwk)
{
	const struct json *j;

	assert_int_equal(
	    json_parse(arena_concat3(&arena, STR("{\"keys\":["), str_of(jwk), STR("]}")), &arena, &j, NULL), JSON_OK);
	return j;
}

static void test_each_key_checks_its_own(void **state UNUSED)
{
	for (size_t i = 0; i < N_ELEMENTS(signers); i++) {
		struct jwt t = token(signers[i].token);

		assert_int_equal(t.algorithm, signers[i].algorithm);
		assert_true(jwk_set_signed(parsed(ALL), &t));
		for (size_t k = 0; k < N_ELEMENTS(signers); k++)
			assert_int_equal(jwk_set_signed(set_of(signers[k].jwk), &t), i == k);
		assert_false(jwk_set_signed(NULL, &t) || jwk_set_signed(parsed("{\"keys\":[]}"), &t));
	}
}

static void test_every_byte_counts(void **state UNUSED)
{
	const struct json *all = parsed(ALL);

	for (size_t i = 0; i < N_ELEMENTS(signers); i++) {
		struct jwt t = token(signers[i].token);
		struct str whole = t.signature;
		char *changed = arena_alloc(&arena, whole.len);

		for (size_t k = 0; k < whole.len; k += 5) {
			memcpy(changed, whole.ptr, whole.len);
			changed[k] = (char)(changed[k] ^ 1);
			t.signature = (struct str){changed, whole.len};
			assert_false(jwk_set_signed(all, &t));
		}
		t.signature = str_slice(whole, 0, whole.len - 1);
		assert_false(jwk_set_signed(all, &t));
		t.signature = STR("");
		assert_false(jwk_set_signed(all, &t));
		t.signature = whole;
		t.signed_text = str_slice(t.signed_text, 0, t.signed_text.len - 1);
		assert_false(jwk_set_signed(all, &t));
	}
}

/* The token cannot make a key check another algorithm than its own. */
static void test_the_key_says_the_algorithm(void **state UNUSED)
{
	const struct json *all = parsed(ALL);

	for (size_t i = 0; i < N_ELEMENTS(signers); i++) {
		struct jwt t = token(signers[i].token);

		for (enum jwt_algorithm a = JWT_NONE; a <= JWT_ES256; a++) {
			t.algorithm = a;
			assert_int_equal(jwk_set_signed(all, &t), a == signers[i].algorithm);
		}
	}
	struct jwt t = token(RSA_TOKEN);

	assert_false(
	    jwk_set_signed(set_of("{\"alg\":\"RS512\",\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"" RSA_N "\"}"), &t));
	assert_false(
	    jwk_set_signed(set_of("{\"use\":\"enc\",\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"" RSA_N "\"}"), &t));
	assert_true(jwk_set_signed(
	    set_of("{\"use\":\"sig\",\"alg\":\"RS256\",\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"" RSA_N "\"}"), &t));
}

static void test_names_of_keys(void **state UNUSED)
{
	struct jwt t = token(ED_TOKEN); /* its "kid" is "ed" */

	assert_true(
	    jwk_set_signed(set_of("{\"kid\":\"ed\",\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" ED_X "\"}"), &t));
	assert_false(
	    jwk_set_signed(set_of("{\"kid\":\"xx\",\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" ED_X "\"}"), &t));
	assert_false(jwk_set_knows(set_of("{\"kid\":\"xx\",\"kty\":\"RSA\"}"), &t));
	assert_true(jwk_set_knows(set_of("{\"kty\":\"RSA\"}"), &t));
	assert_false(jwk_set_knows(parsed("{\"keys\":[]}"), &t));
}

/* ---- sets ---------------------------------------------------------------------------------------------------- */

static const struct {
	const char *set, *text; /* NULL: it is taken */
} sets[] = {
    {ALL, NULL},
    {SET("{\"kty\":\"X\"}," ED_JWK), NULL},
    {SET("{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"AA\",\"y\":\"AA\"}," ED_JWK), NULL},
    {"[]", "JWK Set"},
    {"{}", "JWK Set"},
    {"{\"keys\":{}}", "JWK Set"},
    {SET(""), "no key"},
    {SET("{\"kty\":\"X\"}"), "no key"},
    {SET("1"), "not a JWK"},
    {SET("{\"kty\":1}"), "not a JWK"},
    {SET("{\"kty\":\"oct\"}"), "secret"},
    {SET(ED_JWK ",{\"kty\":\"X\",\"d\":\"AA\"}"), "secret"},
    {SET("{\"kty\":\"OKP\",\"crv\":\"Ed25519\"}"), "broken"},
    {SET("{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAA\"}"), "broken"},
    {SET("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X "\"}"), "broken"},
    {SET("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X "\",\"y\":\"" EC_X "\"}"), "broken"},
    {SET("{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"AAAA\"}"), "broken"},
    {SET("{\"kty\":\"RSA\",\"e\":\"AQ\",\"n\":\"" RSA_N "\"}"), "broken"},
    {SET("{\"kty\":\"RSA\",\"e\":\"\",\"n\":\"" RSA_N "\"}"), "broken"},
    {SET("{\"kty\":\"RSA\",\"n\":\"" RSA_N "\"}"), "broken"},
};

static void test_sets(void **state UNUSED)
{
	for (size_t i = 0; i < N_ELEMENTS(sets); i++) {
		struct error err = {0};
		int r = jwk_set_check(parsed(sets[i].set), &err);

		if ((r == 0) != !sets[i].text || (sets[i].text && !strstr(err.text, sets[i].text)))
			fail_msg("%s: %d %s", sets[i].set, r, err.text);
	}
	assert_true(jwk_set_check(NULL, NULL) < 0);
}

/* ---- memory -------------------------------------------------------------------------------------------------- */

static void test_verified_is_what_was_set(void **state UNUSED)
{
	struct token_memory *m = token_memory_new(7);
	uint8_t hash[TOKEN_HASH_BYTES], other[TOKEN_HASH_BYTES];

	assert_int_equal(token_memory_started_ms(m), 7);
	token_hash(STR("ab"), STR("c"), hash);
	token_hash(STR("a"), STR("bc"), other);
	assert_memory_not_equal(hash, other, sizeof(hash));
	assert_false(token_is_verified(m, hash));
	token_set_verified(m, hash);
	assert_true(token_is_verified(m, hash));
	assert_false(token_is_verified(m, other));
	/* In the same place: only the later one is known then. */
	memcpy(other, hash, sizeof(other));
	other[TOKEN_HASH_BYTES - 1] ^= 1;
	assert_false(token_is_verified(m, other));
	token_set_verified(m, other);
	assert_true(token_is_verified(m, other));
	assert_false(token_is_verified(m, hash));
	token_memory_free(m);
}

static void test_used_up_until_expired(void **state UNUSED)
{
	struct token_memory *m = token_memory_new(0);
	uint8_t hash[TOKEN_HASH_BYTES];

	token_hash(STR("i"), STR("j"), hash);
	assert_int_equal(token_use_up(m, hash, 100, 1), TOKEN_USE_FIRST);
	assert_int_equal(token_use_up(m, hash, 100, 2), TOKEN_USE_AGAIN);
	assert_int_equal(token_use_up(m, hash, 100, 99), TOKEN_USE_AGAIN);
	assert_int_equal(token_use_up(m, hash, 200, 100), TOKEN_USE_FIRST);
	for (uint32_t i = 0; i < TOKEN_MEMORY_USED - 1; i++) {
		memcpy(hash, &i, sizeof(i));
		assert_int_equal(token_use_up(m, hash, 150, 100), TOKEN_USE_FIRST);
	}
	/* Full: nothing is forgotten for what comes. */
	hash[TOKEN_HASH_BYTES - 1] ^= 1;
	assert_int_equal(token_use_up(m, hash, 300, 149), TOKEN_USE_REFUSED);
	assert_int_equal(token_use_up(m, hash, 300, 150), TOKEN_USE_FIRST);
	assert_int_equal(token_use_up(m, hash, 300, 150), TOKEN_USE_AGAIN);
	token_memory_free(m);
}

/* ---- sets that are fetched ----------------------------------------------------------------------------------- */

#define URL STR("https://issuer/jwks")

static bool fetches(struct key_sets *k, int64_t now_ms)
{
	struct str url;
	bool found = key_sets_next(k, now_ms, &arena, &url);

	assert_true(!found || str_eq(url, URL));
	return found;
}

static uint64_t version_at(struct key_sets *k, int64_t now_ms)
{
	const struct json *set;
	uint64_t version = 0;

	if (key_sets_get(k, URL, now_ms, &arena, &set, &version))
		assert_int_equal(jwk_set_check(set, NULL), 0);
	return version;
}

static void test_fetched_when_it_is_needed(void **state UNUSED)
{
	struct key_sets *k = key_sets_new();
	struct error err = {0};
	uint64_t first;

	assert_false(fetches(k, 1));
	assert_int_equal(version_at(k, 1), 0);
	assert_true(fetches(k, 1));
	assert_false(fetches(k, 1));
	/* Not come yet: asked for again, but only after a minute. */
	assert_int_equal(version_at(k, 2), 0);
	assert_false(fetches(k, KEY_SET_RETRY_MS));
	assert_true(fetches(k, KEY_SET_RETRY_MS + 1));
	assert_int_equal(key_sets_put(k, URL, STR(SET(RSA_JWK)), 0, &err), 0);
	first = version_at(k, 1);
	assert_true(first > 0);
	assert_false(fetches(k, 10 * KEY_SET_RETRY_MS));
	/* A token of a key that is not in it. */
	key_sets_want(k, URL);
	assert_true(fetches(k, 10 * KEY_SET_RETRY_MS));
	assert_int_equal(key_sets_put(k, URL, STR(SET(RSA_JWK)), 0, &err), 0);
	assert_int_equal(version_at(k, 1), first);
	assert_int_equal(key_sets_put(k, URL, STR(SET(EC_JWK)), 0, &err), 0);
	assert_true(version_at(k, 1) > first);
	key_sets_free(k);
}

static void test_old_sets(void **state UNUSED)
{
	struct key_sets *k = key_sets_new();
	struct error err = {0};

	(void)version_at(k, 0);
	assert_true(fetches(k, 0));
	assert_int_equal(key_sets_put(k, URL, STR(SET(RSA_JWK)), 0, &err), 0);
	assert_true(version_at(k, KEY_SET_REFRESH_MS - 1) > 0);
	assert_false(fetches(k, KEY_SET_REFRESH_MS - 1));
	assert_true(version_at(k, KEY_SET_REFRESH_MS) > 0);
	assert_true(fetches(k, KEY_SET_REFRESH_MS));
	/* What makes no sense leaves what there is. */
	assert_true(key_sets_put(k, URL, STR("x"), KEY_SET_REFRESH_MS, &err) < 0 && err.text[0]);
	assert_true(key_sets_put(k, URL, STR("{\"keys\":[]}"), KEY_SET_REFRESH_MS, &err) < 0);
	assert_true(version_at(k, KEY_SET_STALE_MS - 1) > 0);
	assert_int_equal(version_at(k, KEY_SET_STALE_MS), 0);
	assert_true(fetches(k, KEY_SET_STALE_MS));
	/* A URL that nobody asked for is not kept. */
	assert_int_equal(key_sets_put(k, STR("https://other"), STR(SET(RSA_JWK)), 0, &err), 0);
	key_sets_free(k);
}

/* The one that was asked for the longest ago is forgotten. */
static void test_bounded(void **state UNUSED)
{
	struct key_sets *k = key_sets_new();
	struct error err = {0};

	(void)version_at(k, 0);
	assert_int_equal(key_sets_put(k, URL, STR(SET(RSA_JWK)), 0, &err), 0);
	for (size_t i = 1; i < KEY_SETS_MAX; i++)
		key_sets_want(k, arena_strf(&arena, "https://%zu", i));
	assert_true(version_at(k, 0) > 0);
	key_sets_want(k, STR("https://one-more"));
	assert_true(version_at(k, 0) > 0);
	for (size_t i = 0; i < KEY_SETS_MAX; i++)
		key_sets_want(k, arena_strf(&arena, "https://again/%zu", i));
	assert_int_equal(version_at(k, 0), 0);
	key_sets_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(test_each_key_checks_its_own, release),
	    cmocka_unit_test_teardown(test_every_byte_counts, release),
	    cmocka_unit_test_teardown(test_the_key_says_the_algorithm, release),
	    cmocka_unit_test_teardown(test_names_of_keys, release),
	    cmocka_unit_test_teardown(test_sets, release),
	    cmocka_unit_test(test_verified_is_what_was_set),
	    cmocka_unit_test(test_used_up_until_expired),
	    cmocka_unit_test_teardown(test_fetched_when_it_is_needed, release),
	    cmocka_unit_test_teardown(test_old_sets, release),
	    cmocka_unit_test_teardown(test_bounded, release),
	};

	return cmocka_run_group_tests_name("service/jwk", tests, NULL, NULL);
}
