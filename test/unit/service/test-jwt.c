/* SPDX-License-Identifier: Apache-2.0
 *
 * Tokens taken apart, proved and judged. The key, its thumbprint and the signature are those of RFC 8037, appendix A.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "json/base64.h"
#include "service/jwt.h"
#include "service/signing.h"

#define D          STR("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
#define X          STR("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
#define THUMBPRINT "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
#define SIGNED     STR("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc")
#define SIGNATURE  STR("hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg")

#define NOW_MS     INT64_C(1700000000000)
#define HEADER     "{\"alg\":\"EdDSA\"}"
#define GOOD       "\"iss\":\"c\",\"sub\":\"c\",\"aud\":\"host\""
#define IN_A_WHILE "\"exp\":1700000120"

static struct arena arena;

static int release(void **state UNUSED)
{
	arena_release(&arena);
	return 0;
}

static struct str decoded(struct str text)
{
	CLEANUP(buf_releasep) struct buf bytes = BUF_INIT(BUF_MAX_LINE_BYTES);

	assert_true(base64url_decode(&bytes, text));
	return arena_str(&arena, buf_str(&bytes));
}

static const uint8_t *private_key(void)
{
	return (const uint8_t *)decoded(D).ptr;
}

static struct str made(const char *header, const char *claims)
{
	CLEANUP(buf_releasep) struct buf out = BUF_INIT(BUF_MAX_LINE_BYTES);

	jwt_write(&out, str_of(header), str_of(claims), private_key());
	return arena_str(&arena, buf_str(&out));
}

/* ---- the algorithm ----------------------------------------------------------------------------------------- */

static void test_known_signature(void **state UNUSED)
{
	uint8_t public_key[ED25519_KEY_BYTES], signature[ED25519_SIGNATURE_BYTES];

	ed25519_public_key(private_key(), public_key);
	assert_memory_equal(public_key, decoded(X).ptr, sizeof(public_key));
	ed25519_sign(private_key(), SIGNED, signature);
	assert_memory_equal(signature, decoded(SIGNATURE).ptr, sizeof(signature));
	assert_true(ed25519_verify(decoded(X), SIGNED, decoded(SIGNATURE)));
}

static void test_every_bit_counts(void **state UNUSED)
{
	struct str signature = decoded(SIGNATURE), key = decoded(X);
	char changed[ED25519_SIGNATURE_BYTES];

	for (size_t i = 0; i < sizeof(changed) * 8; i += 7) {
		memcpy(changed, signature.ptr, sizeof(changed));
		changed[i / 8] = (char)(changed[i / 8] ^ (1 << i % 8));
		assert_false(ed25519_verify(key, SIGNED, (struct str){changed, sizeof(changed)}));
	}
	assert_false(ed25519_verify(key, str_slice(SIGNED, 0, SIGNED.len - 1), signature));
	assert_false(ed25519_verify(key, SIGNED, str_slice(signature, 0, signature.len - 1)));
	assert_false(ed25519_verify(str_slice(key, 0, key.len - 1), SIGNED, signature));
	assert_false(ed25519_verify(STR_NONE, SIGNED, STR_NONE));
}

static void test_known_thumbprint(void **state UNUSED)
{
	CLEANUP(buf_releasep) struct buf out = BUF_INIT(BUF_MAX_LINE_BYTES);
	struct signing_key key;
	struct error err = {0};
	struct jwt token;

	signing_key_init(&key, private_key());
	assert_string_equal(key.id, THUMBPRINT);
	signing_key_sign(&key, STR("{\"aud\":\"x\"}"), &out);
	assert_int_equal(jwt_read(buf_str(&out), &arena, &token, &err), 0);
	assert_true(jwt_is_signed_by(&token, decoded(X)));
	assert_true(str_eq(json_get_str(token.header, STR("kid")), STR(THUMBPRINT)));
	assert_true(str_eq(json_get_str(token.claims, STR("aud")), STR("x")));
}

/* ---- taking apart ------------------------------------------------------------------------------------------ */

static const struct {
	const char *header, *claims, *wrong; /* NULL: nothing is */
} forms[] = {
    {HEADER, "{}", NULL},
    {"{\"alg\":\"EdDSA\",\"kid\":\"k\",\"nonce\":\"00\",\"typ\":\"JWT\"}", "{}", NULL},
    {"{\"alg\":\"none\"}", "{}", "algorithm"},
    {"{\"alg\":\"eddsa\"}", "{}", "algorithm"},
    {"{\"alg\":\"HS256\"}", "{}", "algorithm"},
    {"{\"alg\":[\"EdDSA\"]}", "{}", "algorithm"},
    {"{}", "{}", "algorithm"},
    {"{\"alg\":\"EdDSA\",\"alg\":\"none\"}", "{}", "header is not JSON"},
    {"{\"alg\":\"EdDSA\",\"crit\":[]}", "{}", "extensions"},
    {"[]", "{}", "header is not a JSON object"},
    {"x", "{}", "header is not JSON"},
    {"", "{}", "header is not JSON"},
    {HEADER, "[]", "claims is not a JSON object"},
    {HEADER, "{", "claims is not JSON"},
    {HEADER, "", "claims is not JSON"},
    {HEADER, "{\"exp\":1,\"exp\":2}", "claims is not JSON"},
};

static void test_forms(void **state UNUSED)
{
	for (size_t i = 0; i < N_ELEMENTS(forms); i++) {
		struct error err = {0};
		struct jwt token;
		int r = jwt_read(made(forms[i].header, forms[i].claims), &arena, &token, &err);

		if (forms[i].wrong) {
			assert_true(r < 0);
			if (!strstr(err.text, forms[i].wrong))
				fail_msg("%s %s: %s", forms[i].header, forms[i].claims, err.text);
		} else {
			assert_int_equal(r, 0);
			assert_true(jwt_is_signed_by(&token, decoded(X)));
		}
	}
}

static void expect_malformed(struct str text, const char *wrong)
{
	struct error err = {0};
	struct jwt token;

	assert_true(jwt_read(text, &arena, &token, &err) < 0);
	if (!strstr(err.text, wrong))
		fail_msg(STR_FMT ": %s", STR_ARG(text), err.text);
}

static void test_malformed(void **state UNUSED)
{
	struct str good = made(HEADER, "{}");
	char *huge = arena_alloc(&arena, JWT_MAX_BYTES + 1);

	expect_malformed(STR(""), "three parts");
	expect_malformed(STR("a.b"), "three parts");
	expect_malformed(STR("a.b.c.d"), "three parts");
	expect_malformed(STR(".."), "header is not JSON");
	expect_malformed(STR("e30=.e30.x"), "header is not base64url");
	expect_malformed(arena_concat(&arena, good, STR("=")), "signature is not base64url");
	expect_malformed(arena_concat(&arena, good, STR(".x")), "three parts");
	memset(huge, 'A', JWT_MAX_BYTES + 1);
	memcpy(huge, good.ptr, good.len);
	expect_malformed((struct str){huge, JWT_MAX_BYTES + 1}, "longer than");
}

static void test_wrong_key(void **state UNUSED)
{
	uint8_t other[ED25519_KEY_BYTES] = {1}, other_public[ED25519_KEY_BYTES];
	struct jwt token;

	ed25519_public_key(other, other_public);
	assert_int_equal(jwt_read(made(HEADER, "{}"), &arena, &token, NULL), 0);
	assert_false(jwt_is_signed_by(&token, (struct str){(const char *)other_public, sizeof(other_public)}));
	/* What is signed is the text, not what it means. */
	token.signed_text = str_slice(token.signed_text, 0, token.signed_text.len - 1);
	assert_false(jwt_is_signed_by(&token, decoded(X)));
}

/* ---- claims ------------------------------------------------------------------------------------------------ */

static const struct {
	const char *claims, *wrong;
} claims[] = {
    {GOOD "," IN_A_WHILE, NULL},
    {GOOD "," IN_A_WHILE ",\"nbf\":1700000000,\"iat\":1700000000", NULL},
    {GOOD "," IN_A_WHILE ",\"nbf\":1699999880.5,\"iat\":1700000000.25", NULL},
    {GOOD ",\"exp\":1700000300", NULL},
    {GOOD ",\"exp\":1700000000.001", NULL},
    {"\"iss\":\"c\",\"sub\":\"c\",\"aud\":[\"x\",\"host\"]," IN_A_WHILE, NULL},
    {GOOD ",\"exp\":1700000300.001", "ahead"},
    {GOOD ",\"exp\":1700000000", "expired"},
    {GOOD ",\"exp\":0", "expired"},
    {GOOD ",\"exp\":-1", "exp"},
    {GOOD ",\"exp\":1e300", "exp"},
    {GOOD ",\"exp\":9223372036854775807", "exp"},
    {GOOD ",\"exp\":18446744073709551615", "exp"},
    {GOOD ",\"exp\":\"1700000120\"", "exp"},
    {GOOD ",\"exp\":null", "exp"},
    {GOOD, "exp"},
    {GOOD "," IN_A_WHILE ",\"nbf\":1700000000.001", "not count yet"},
    {GOOD "," IN_A_WHILE ",\"nbf\":\"0\"", "nbf"},
    {GOOD "," IN_A_WHILE ",\"iat\":{}", "iat"},
    {"\"iss\":\"x\",\"sub\":\"c\",\"aud\":\"host\"," IN_A_WHILE, "iss"},
    {"\"sub\":\"c\",\"aud\":\"host\"," IN_A_WHILE, "iss"},
    {"\"iss\":\"c\",\"sub\":\"x\",\"aud\":\"host\"," IN_A_WHILE, "sub"},
    {"\"iss\":\"c\",\"aud\":\"host\"," IN_A_WHILE, "sub"},
    {"\"iss\":\"c\",\"sub\":\"c\",\"aud\":\"host:8080\"," IN_A_WHILE, "aud"},
    {"\"iss\":\"c\",\"sub\":\"c\",\"aud\":[]," IN_A_WHILE, "aud"},
    {"\"iss\":\"c\",\"sub\":\"c\",\"aud\":[[\"host\"],{\"host\":\"host\"},1]," IN_A_WHILE, "aud"},
    {"\"iss\":\"c\",\"sub\":\"c\"," IN_A_WHILE, "aud"},
};

static void test_claims(void **state UNUSED)
{
	const struct str host = STR("host");
	const struct jwt_wanted wanted = {
	    .issuer = STR("c"), .audience = {&host, 1}, .now_ms = NOW_MS, .max_ahead_ms = 300000};

	for (size_t i = 0; i < N_ELEMENTS(claims); i++) {
		struct str text = arena_strf(&arena, "{%s}", claims[i].claims);
		struct error err = {0};
		struct jwt token;

		assert_int_equal(jwt_read(made(HEADER, text.ptr), &arena, &token, NULL), 0);
		int r = jwt_check_claims(&token, &wanted, &err);
		if (!claims[i].wrong && r != 0)
			fail_msg("%s: %s", claims[i].claims, err.text);
		if (claims[i].wrong && (r == 0 || !strstr(err.text, claims[i].wrong)))
			fail_msg("%s: %d, %s", claims[i].claims, r, err.text);
	}
}

/* Without a name for the client or the server nothing fits. */
static void test_nothing_wanted_fits_nothing(void **state UNUSED)
{
	const struct str host = STR("host"), nothing = STR("");
	const struct jwt_wanted nobody = {.audience = {&host, 1}, .now_ms = NOW_MS, .max_ahead_ms = 300000};
	struct jwt_wanted nowhere = {.issuer = STR("c"), .now_ms = NOW_MS, .max_ahead_ms = 300000};
	struct jwt token;

	assert_int_equal(
	    jwt_read(made(HEADER, "{\"iss\":\"\",\"sub\":\"\",\"aud\":\"host\"," IN_A_WHILE "}"), &arena, &token, NULL),
	    0);
	assert_true(jwt_check_claims(&token, &nobody, NULL) < 0);
	assert_int_equal(jwt_read(made(HEADER, "{" GOOD "," IN_A_WHILE "}"), &arena, &token, NULL), 0);
	assert_true(jwt_check_claims(&token, &nowhere, NULL) < 0);
	nowhere.audience = (struct str_list){&nothing, 1};
	assert_int_equal(
	    jwt_read(made(HEADER, "{\"iss\":\"c\",\"sub\":\"c\",\"aud\":[\"\"]," IN_A_WHILE "}"), &arena, &token, NULL),
	    0);
	assert_true(jwt_check_claims(&token, &nowhere, NULL) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(test_known_signature, release),
	    cmocka_unit_test_teardown(test_every_bit_counts, release),
	    cmocka_unit_test_teardown(test_known_thumbprint, release),
	    cmocka_unit_test_teardown(test_forms, release),
	    cmocka_unit_test_teardown(test_malformed, release),
	    cmocka_unit_test_teardown(test_wrong_key, release),
	    cmocka_unit_test_teardown(test_claims, release),
	    cmocka_unit_test_teardown(test_nothing_wanted_fits_nothing, release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
