/* SPDX-License-Identifier: Apache-2.0
 *
 * Secrets at rest: what is sealed opens with its key and purpose and with nothing else, and a store is opened by the
 * secret key that it was sealed with.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "service/seal.h"
#include "service/service.h"
#include "service/signing.h"

static const uint8_t key_a[SEAL_KEY_BYTES] = {1}, key_b[SEAL_KEY_BYTES] = {2};
static const char secret[] = "0123456789abcdef0123456789abcde";

static struct buf sealed(const uint8_t bytes[SEAL_KEY_BYTES], struct str purpose)
{
	struct buf out = BUF_INIT(SEAL_MAX_CHARS);
	struct seal_key k;

	seal_key_init(&k, bytes);
	seal_write(&k, purpose, (struct str){secret, sizeof(secret)}, &out);
	assert_false(out.overflowed);
	return out;
}

static bool opens(const uint8_t bytes[SEAL_KEY_BYTES], struct str purpose, struct str text)
{
	char out[sizeof(secret)] = "untouched";
	struct seal_key k;
	bool ok;

	seal_key_init(&k, bytes);
	ok = seal_open(&k, purpose, text, out, sizeof(out));
	assert_string_equal(out, ok ? secret : "untouched");
	return ok;
}

static void test_opens_with_its_own_only(void **state UNUSED)
{
	CLEANUP(buf_releasep) struct buf text = sealed(key_a, STR("one")), again = sealed(key_a, STR("one"));
	char out[sizeof(secret)];
	struct seal_key k;
	struct str id;

	assert_false(str_eq(buf_str(&text), buf_str(&again)));
	assert_true(opens(key_a, STR("one"), buf_str(&text)));
	assert_false(opens(key_a, STR("two"), buf_str(&text)));
	assert_false(opens(key_b, STR("one"), buf_str(&text)));
	seal_key_init(&k, key_a);
	assert_true(seal_is(buf_str(&text), &id) && str_eq(id, str_of(k.id)));
	assert_false(seal_open(&k, STR("one"), buf_str(&text), out, sizeof(out) - 1));
	assert_false(seal_is(STR("c2VjcmV0"), NULL) || seal_is(STR("sealed.short.x"), NULL) || seal_is(STR_NONE, NULL));
}

static void test_no_character_can_be_changed(void **state UNUSED)
{
	CLEANUP(buf_releasep) struct buf text = sealed(key_a, STR("one"));

	for (size_t i = 0; i < text.len; i++) {
		char was = text.ptr[i];

		text.ptr[i] = was == 'A' ? 'B' : 'A';
		assert_false(opens(key_a, STR("one"), buf_str(&text)));
		text.ptr[i] = was;
		assert_false(opens(key_a, STR("one"), str_slice(buf_str(&text), 0, i)));
	}
	assert_true(opens(key_a, STR("one"), buf_str(&text)));
}

/* A text of another key, said to be of this one. */
static void test_key_id_is_bound(void **state UNUSED)
{
	CLEANUP(buf_releasep) struct buf text = sealed(key_a, STR("one"));
	struct seal_key b;

	seal_key_init(&b, key_b);
	memcpy(text.ptr + sizeof("sealed.") - 1, b.id, SEAL_KEY_ID_CHARS);
	assert_false(opens(key_b, STR("one"), buf_str(&text)));
}

/* ---- stores -------------------------------------------------------------------------------------------------- */

/* The id of the installation's signing key, if it starts; else empty, and the store is as it was. */
static struct str start(struct store *store, const uint8_t *key, const uint8_t *old_key, struct arena *a)
{
	const struct service_options o = {
	    .store = store, .org = STR("acme"), .secret_key = key, .old_secret_key = old_key};
	CLEANUP(buf_releasep) struct buf owner = BUF_INIT(BUF_MAX_LINE_BYTES);
	struct service *svc = NULL;
	struct error err = {0};
	int r = service_open(&o, &svc, &owner, &err);
	struct str id = STR("");

	if (r == 0)
		id = arena_str(a, str_of(service_signing_key(svc)->id));
	else
		assert_int_equal(r, -EACCES);
	service_close(svc);
	return id;
}

static struct str meta(struct store *store, const char *name, struct arena *a)
{
	struct str text = STR_NONE;
	int r = store_meta_get(store, str_of(name), a, &text, NULL);

	assert_true(r == STORE_OK || r == STORE_NOT_FOUND);
	return text;
}

static const char *const names[] = {"key_pepper", "token_key", "signing_key"};

static bool all_sealed(struct store *store, struct arena *a)
{
	size_t n = 0;

	for (size_t i = 0; i < N_ELEMENTS(names); i++)
		n += seal_is(meta(store, names[i], a), NULL);
	assert_true(n == 0 || n == N_ELEMENTS(names));
	return n != 0;
}

static void test_a_store_is_sealed_and_moves_to_another_key(void **state UNUSED)
{
	CLEANUP(store_closep) struct store *store = NULL;
	struct arena a = ARENA_INIT;
	struct str id, before;

	assert_int_equal(store_open(STR("memory:"), &store, NULL), 0);
	id = start(store, NULL, NULL, &a);
	assert_false(str_is_empty(id) || all_sealed(store, &a));
	/* At the first start with a key; an old one that was never used does no harm. */
	assert_true(str_eq(start(store, key_a, key_b, &a), id));
	assert_true(all_sealed(store, &a));
	assert_true(str_eq(start(store, key_a, NULL, &a), id));
	/* Without it, or with another: nothing changes. */
	before = meta(store, "store_key", &a);
	assert_true(str_is_empty(start(store, NULL, NULL, &a)));
	assert_true(str_is_empty(start(store, key_b, NULL, &a)));
	assert_true(str_eq(meta(store, "store_key", &a), before));
	/* To another, once and again. */
	assert_true(str_eq(start(store, key_b, key_a, &a), id));
	assert_true(str_eq(start(store, key_b, key_a, &a), id));
	assert_true(str_is_empty(start(store, key_a, NULL, &a)));
	assert_true(str_eq(start(store, key_b, NULL, &a), id));
	arena_release(&a);
}

/* A crash between the store key and the rest, and a secret that was taken away to end tokens. */
static void test_what_lies_open_is_sealed_at_the_next_start(void **state UNUSED)
{
	CLEANUP(store_closep) struct store *store = NULL;
	struct arena a = ARENA_INIT;
	struct str id, open;

	assert_int_equal(store_open(STR("memory:"), &store, NULL), 0);
	id = start(store, NULL, NULL, &a);
	open = meta(store, "signing_key", &a);
	assert_false(str_is_empty(start(store, key_a, NULL, &a)));
	assert_int_equal(store_meta_put(store, STR("signing_key"), open, NULL), 0);
	assert_true(str_eq(start(store, key_a, NULL, &a), id));
	assert_true(all_sealed(store, &a));
	arena_release(&a);
}

static void test_a_secret_in_anothers_place_is_damage(void **state UNUSED)
{
	const struct service_options o = {.org = STR("acme"), .secret_key = key_a};
	CLEANUP(store_closep) struct store *store = NULL;
	CLEANUP(buf_releasep) struct buf owner = BUF_INIT(BUF_MAX_LINE_BYTES);
	struct service_options with = o;
	struct service *svc = NULL;
	struct arena a = ARENA_INIT;
	struct error err = {0};

	assert_int_equal(store_open(STR("memory:"), &store, NULL), 0);
	assert_false(str_is_empty(start(store, key_a, NULL, &a)));
	assert_int_equal(store_meta_put(store, STR("token_key"), meta(store, "key_pepper", &a), NULL), 0);
	with.store = store;
	assert_int_equal(service_open(&with, &svc, &owner, &err), -EUCLEAN);
	assert_string_equal(err.text, "the stored token_key is damaged");
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_opens_with_its_own_only),
	    cmocka_unit_test(test_no_character_can_be_changed),
	    cmocka_unit_test(test_key_id_is_bound),
	    cmocka_unit_test(test_a_store_is_sealed_and_moves_to_another_key),
	    cmocka_unit_test(test_what_lies_open_is_sealed_at_the_next_start),
	    cmocka_unit_test(test_a_secret_in_anothers_place_is_damage),
	};

	return cmocka_run_group_tests_name("service/seal", tests, NULL, NULL);
}
