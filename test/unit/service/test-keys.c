/* SPDX-License-Identifier: Apache-2.0
 *
 * The text of keys: its form, what the hash covers, and who is let in by it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "service/keys.h"

#define PEPPER STR("0123456789abcdef0123456789abcdef")
#define ID     STR("AAAABBBBCCCC")
#define SECRET STR("0123456789012345678901234567890123456789")

/* Made once with: printf %s ID_SECRET | openssl dgst -sha256 -hmac PEPPER -binary | basenc --base64url */
static void test_known_hash(void **state UNUSED)
{
	struct key_hasher *h = key_hasher_new(PEPPER);
	char hash[KEY_HASH_CHARS + 1];

	key_hash(h, ID, SECRET, hash);
	key_hasher_free(h);
	assert_string_equal(hash, "vbXoHZkOuKdC2bemD9Zuh0gxA4pQT7AdtOI3CCdOWBg");
}

static void expect_found_again(struct key_hasher *h, enum key_form form, const char *prefix)
{
	struct arena a = ARENA_INIT;
	char text[KEY_MAX_TEXT_CHARS + 1], other[KEY_MAX_TEXT_CHARS + 1];
	struct key_parts parts = key_make(h, form, &a, text), others = key_make(h, form, &a, other);
	struct str id, secret;

	assert_true(str_eq(key_prefix(form), str_of(prefix)));
	assert_true(str_starts_with(str_of(text), str_of(prefix)));
	assert_int_equal(strlen(text), strlen(prefix) + KEY_ID_CHARS + 1 + KEY_SECRET_CHARS);
	assert_string_not_equal(text, other);
	assert_true(key_split(str_of(text), &id, &secret));
	assert_true(str_eq(id, parts.id));
	assert_int_equal(secret.len, KEY_SECRET_CHARS);
	assert_true(str_eq(parts.hint, str_slice(secret, KEY_SECRET_CHARS - KEY_HINT_CHARS, KEY_SECRET_CHARS)));
	assert_true(key_hash_equals(h, id, secret, parts.hash));
	assert_false(key_hash_equals(h, id, secret, others.hash));
	arena_release(&a);
}

static void test_made_keys_are_found_again(void **state UNUSED)
{
	struct key_hasher *h = key_hasher_new(PEPPER);

	expect_found_again(h, KEY_NATIVE, "dw_");
	expect_found_again(h, KEY_LANGSMITH_SERVICE, "lsv2_sk_");
	expect_found_again(h, KEY_LANGSMITH_PERSONAL, "lsv2_pt_");
	expect_found_again(h, KEY_CONFIDENT_ORG, "confident_org_");
	expect_found_again(h, KEY_CONFIDENT_PROJECT, "confident_proj_");
	key_hasher_free(h);
}

static void test_hash_covers_pepper_id_and_secret(void **state UNUSED)
{
	static const struct {
		struct str pepper, id, secret;
	} others[] = {
	    {STR_INIT("x123456789abcdef0123456789abcdef"), STR_INIT("AAAABBBBCCCC"),
	     STR_INIT("0123456789012345678901234567890123456789")},
	    {STR_INIT("0123456789abcdef0123456789abcdef"), STR_INIT("AAAABBBBCCCD"),
	     STR_INIT("0123456789012345678901234567890123456789")},
	    {STR_INIT("0123456789abcdef0123456789abcdef"), STR_INIT("AAAABBBBCCCC"),
	     STR_INIT("0123456789012345678901234567890123456780")},
	};
	struct key_hasher *h = key_hasher_new(PEPPER);
	char hash[KEY_HASH_CHARS + 1];

	key_hash(h, ID, SECRET, hash);
	assert_true(key_hash_equals(h, ID, SECRET, str_of(hash)));
	for (size_t i = 0; i < N_ELEMENTS(others); i++) {
		struct key_hasher *other = key_hasher_new(others[i].pepper);

		assert_false(key_hash_equals(other, others[i].id, others[i].secret, str_of(hash)));
		key_hasher_free(other);
	}
	assert_false(key_hash_equals(h, ID, SECRET, str_of("")));
	assert_false(key_hash_equals(h, ID, SECRET, str_slice(str_of(hash), 0, KEY_HASH_CHARS - 1)));
	key_hasher_free(h);
}

static void test_split_refuses_other_forms(void **state UNUSED)
{
	static const char *const texts[] = {
	    "",
	    "dw_",
	    "dw_AAAABBBBCCCC",
	    "dw_AAAABBBBCCCC_",
	    "dw_AAAABBBBCCCC_012345678901234567890123456789012345678",
	    "dw_AAAABBBBCCCC_01234567890123456789012345678901234567890",
	    "ls__AAAABBBBCCCC_0123456789012345678901234567890123456789",
	    "lsv2_AAAABBBBCCCC_0123456789012345678901234567890123456789",
	    "lsv2_sk_",
	    "lsv2_sk_AAAABBBBCCCC_012345678901234567890123456789012345678",
	    "lsv2_sk-AAAABBBBCCCC_0123456789012345678901234567890123456789",
	    "lsv2_pk_AAAABBBBCCCC_0123456789012345678901234567890123456789",
	    "lsv2_pt_AAAABBBBCCCC_01234567890123456789012345678901234567890",
	    "dw_lsv2_pt_AAAABBBBCCCC_0123456789012345678901234567890123456789",
	    "DW_AAAABBBBCCCC_0123456789012345678901234567890123456789",
	    "dw-AAAABBBBCCCC_0123456789012345678901234567890123456789",
	    "dw_AAAABBBBCCCC-0123456789012345678901234567890123456789",
	    "dw_AAAABBBBCCC__0123456789012345678901234567890123456789",
	    "dw_AAAABBBBCCC/_0123456789012345678901234567890123456789",
	    "dw_AAAABBBBCCCC_012345678901234567890123456789012345678 ",
	    "dw_AAAABBBBCCCC_01234567890123456789012345678901234567\xc3\xa9",
	};
	struct str id = STR("untouched"), secret = STR("untouched");

	for (size_t i = 0; i < N_ELEMENTS(texts); i++)
		assert_false(key_split(str_of(texts[i]), &id, &secret));
	assert_true(str_eq(id, STR("untouched")) && str_eq(secret, STR("untouched")));
	assert_true(key_split(STR("dw_AAAABBBBCCCC_0123456789012345678901234567890123456789"), &id, &secret));
	assert_true(str_eq(id, ID) && str_eq(secret, SECRET));
	assert_true(key_split(STR("lsv2_pt_AAAABBBBCCCC_0123456789012345678901234567890123456789"), &id, &secret));
	assert_true(str_eq(id, ID) && str_eq(secret, SECRET));
}

static void test_live(void **state UNUSED)
{
	struct key key = {0};

	assert_true(key_is_live(&key, 1000));
	key.expires_at_ms = 1000;
	assert_true(key_is_live(&key, 999));
	assert_false(key_is_live(&key, 1000)); /* the first ms in which it no longer counts */
	key.expires_at_ms = 0;
	key.is_inactive = true;
	assert_false(key_is_live(&key, 0));
	key.is_inactive = false;
	assert_true(key_is_live(&key, 0));
	key.is_revoked = true;
	assert_false(key_is_live(&key, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_known_hash),
	    cmocka_unit_test(test_made_keys_are_found_again),
	    cmocka_unit_test(test_hash_covers_pepper_id_and_secret),
	    cmocka_unit_test(test_split_refuses_other_forms),
	    cmocka_unit_test(test_live),
	};

	return cmocka_run_group_tests_name("service/keys", tests, NULL, NULL);
}
