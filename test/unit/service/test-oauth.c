/* SPDX-License-Identifier: Apache-2.0
 *
 * What OAuth is made of here: access tokens as text, secrets, blocks of addresses, devices that wait.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "service/access_token.h"
#include "service/cidr.h"
#include "service/device_flow.h"
#include "service/oauth_clients.h"

#define NOW_MS INT64_C(1700000000000)

static struct arena arena;

static int release(void **state UNUSED)
{
	arena_release(&arena);
	return 0;
}

/* ---- access tokens ----------------------------------------------------------------------------------------- */

static const struct access_claims some_claims = {
    .org = STR_INIT("acme"),
    .client = STR_INIT("blue-whale-1@h:1/pcc"),
    .user = STR_INIT("al\"ice"),
    .seq = 4194304,
    .expires_at_ms = NOW_MS,
    .limit_ms = 7,
};

static struct str written(struct str pepper)
{
	CLEANUP(buf_releasep) struct buf out = BUF_INIT(ACCESS_TOKEN_MAX_BYTES);
	struct key_hasher *h = key_hasher_new(pepper);

	access_token_write(&out, h, &some_claims);
	key_hasher_free(h);
	return arena_str(&arena, buf_str(&out));
}

static void test_token_is_read_as_written(void **state UNUSED)
{
	const struct str pepper = STR("0123456789abcdef0123456789abcdef");
	struct key_hasher *h = key_hasher_new(pepper);
	struct str text = written(pepper);
	struct access_claims read;

	assert_true(access_token_is(text));
	assert_true(access_token_read(h, text, &arena, &read));
	assert_true(str_eq(read.org, some_claims.org) && str_eq(read.client, some_claims.client) &&
	            str_eq(read.user, some_claims.user));
	assert_false(read.is_device);
	assert_int_equal(read.seq, some_claims.seq);
	assert_int_equal(read.expires_at_ms, some_claims.expires_at_ms);
	assert_int_equal(read.limit_ms, some_claims.limit_ms);
	key_hasher_free(h);
}

static void test_token_of_another_is_none(void **state UNUSED)
{
	struct key_hasher *h = key_hasher_new(STR("0123456789abcdef0123456789abcdef"));
	struct str text = written(STR("0123456789abcdef0123456789abcdeX")), own;
	struct access_claims read;
	char *changed;

	assert_false(access_token_read(h, text, &arena, &read));
	own = written(STR("0123456789abcdef0123456789abcdef"));
	assert_true(access_token_read(h, own, &arena, &read));
	for (size_t i = 0; i < own.len; i++) {
		changed = arena_alloc(&arena, own.len);
		memcpy(changed, own.ptr, own.len);
		changed[i] = changed[i] == 'A' ? 'B' : 'A';
		assert_false(access_token_read(h, (struct str){changed, own.len}, &arena, &read));
		assert_false(access_token_read(h, str_slice(own, 0, i), &arena, &read));
	}
	key_hasher_free(h);
}

/* ---- secrets ----------------------------------------------------------------------------------------------- */

/* The key of RFC 8037, appendix A.1. */
static void test_public_key_of_secret(void **state UNUSED)
{
	struct str secret = STR(OAUTH_SECRET_PREFIX
	                        "eyJrdHkiOiJPS1AiLCJjcnYiOiJFZDI1NTE5IiwiZCI6Im5XR3huZV85V21DNmhFcjBrdXdzeEVSSnhXbDdN"
	                        "bWtaY0R1c0F4eXVmMkEiLCJ4IjoieCJ9");
	struct str key = oauth_secret_public_key(secret, &arena);

	assert_true(str_eq(key, STR("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")));
	for (size_t i = 0; i < secret.len - 1; i++)
		assert_true(str_is_absent(oauth_secret_public_key(str_slice(secret, 0, i), &arena)));
	assert_true(str_is_absent(oauth_secret_public_key(STR_NONE, &arena)));
	/* {"kty":"RSA"} */
	assert_true(str_is_absent(oauth_secret_public_key(STR(OAUTH_SECRET_PREFIX "eyJrdHkiOiJSU0EifQ"), &arena)));
}

/* ---- addresses --------------------------------------------------------------------------------------------- */

static const struct {
	const char *block, *address;
	bool is_block, is_in;
} addresses[] = {
    {"10.0.0.0/8", "10.255.255.255", true, true},
    {"10.0.0.0/8", "11.0.0.0", true, false},
    {"10.0.0.0/8", "::ffff:10.1.2.3", true, true},
    {"10.0.0.0/8", "::10.1.2.3", true, false},
    {"10.1.2.3", "10.1.2.3", true, true},
    {"10.1.2.3", "10.1.2.4", true, false},
    {"10.1.2.2/31", "10.1.2.3", true, true},
    {"10.1.2.3/32", "10.1.2.3", true, true},
    {"0.0.0.0/0", "255.255.255.255", true, true},
    {"0.0.0.0/0", "::1", true, false},
    {"::/0", "10.0.0.1", true, true},
    {"::/0", "::1", true, true},
    {"2001:db8::/32", "2001:db8:ffff::1", true, true},
    {"2001:db8::/32", "2001:db9::1", true, false},
    {"2001:db8::/33", "2001:db8:8000::", true, false},
    {"::1", "::1", true, true},
    {"::1/128", "127.0.0.1", true, false},
    {"10.0.0.0/8", "", true, false},
    {"10.0.0.0/8", "10.0.0", true, false},
    {"10.0.0.0/8", "10.0.0.1/32", true, false},
    {"10.0.0.0/8", "host", true, false},
    {"10.0.0.1/8", "10.0.0.1", false, false},
    {"10.0.0.0/33", "10.0.0.0", false, false},
    {"2001:db8::/129", "2001:db8::", false, false},
    {"10.0.0.0/", "10.0.0.0", false, false},
    {"10.0.0.0/08", "10.0.0.0", false, false},
    {"10.0.0.0/-1", "10.0.0.0", false, false},
    {"010.0.0.0/8", "8.0.0.0", false, false},
    {"/8", "10.0.0.0", false, false},
    {"", "", false, false},
    {"::ffff:255.255.255.255:ffff:ffff:ffff:ffff:ffff:ffff", "::1", false, false},
};

static void test_addresses(void **state UNUSED)
{
	for (size_t i = 0; i < N_ELEMENTS(addresses); i++) {
		struct str block = str_of(addresses[i].block);
		struct cidr c;

		if (cidr_parse(block, &c) != addresses[i].is_block ||
		    cidr_list_has((struct str_list){&block, 1}, str_of(addresses[i].address)) != addresses[i].is_in)
			fail_msg("%s %s", addresses[i].block, addresses[i].address);
	}
	assert_false(cidr_list_has((struct str_list){0}, STR("10.0.0.1")));
	assert_false(cidr_list_has((struct str_list){0}, STR_NONE));
}

static void test_any_of_the_blocks(void **state UNUSED)
{
	const struct str blocks[] = {STR("nonsense"), STR("10.0.0.0/8"), STR("::1")};

	assert_true(cidr_list_has((struct str_list){blocks, 3}, STR("::1")));
	assert_true(cidr_list_has((struct str_list){blocks, 3}, STR("10.9.9.9")));
	assert_false(cidr_list_has((struct str_list){blocks, 3}, STR("::2")));
}

/* ---- devices ----------------------------------------------------------------------------------------------- */

static enum device_state polled(struct device_flows *f, const struct device_codes *codes, const char *client,
                                int64_t now_ms, struct device_approval *ret)
{
	const struct device_poll poll = {str_of(client), str_of(codes->device_code), now_ms};

	return device_flow_poll(f, &poll, &arena, ret);
}

static void test_device_is_let_in_once(void **state UNUSED)
{
	const struct device_approval approval = {STR("acme"), STR("alice"), 42};
	struct device_flows *f = device_flows_new();
	struct device_approval got = {0};
	struct device_codes codes;

	assert_true(device_flow_begin(f, STR("c"), NOW_MS, &codes));
	assert_true(str_eq(device_flow_client(f, str_of(codes.user_code), NOW_MS, &arena), STR("c")));
	assert_int_equal(polled(f, &codes, "c", NOW_MS, &got), DEVICE_PENDING);
	assert_int_equal(polled(f, &codes, "c", NOW_MS + 4999, &got), DEVICE_TOO_SOON);
	assert_int_equal(polled(f, &codes, "c", NOW_MS + 4999 + 10000, &got), DEVICE_PENDING);
	assert_int_equal(polled(f, &codes, "other", NOW_MS + 60000, &got), DEVICE_UNKNOWN);
	assert_true(device_flow_decide(f, str_of(codes.user_code), &approval, NOW_MS + 60000));
	assert_false(device_flow_decide(f, str_of(codes.user_code), NULL, NOW_MS + 60000));
	assert_true(str_is_absent(device_flow_client(f, str_of(codes.user_code), NOW_MS, &arena)));
	assert_int_equal(polled(f, &codes, "c", NOW_MS + 60000, &got), DEVICE_APPROVED);
	assert_true(str_eq(got.org, STR("acme")) && str_eq(got.user, STR("alice")));
	assert_int_equal(got.limit_ms, 42);
	assert_int_equal(polled(f, &codes, "c", NOW_MS + 60000, &got), DEVICE_UNKNOWN);
	device_flows_free(f);
}

static void test_device_is_denied_or_late(void **state UNUSED)
{
	const struct device_approval approval = {STR("acme"), STR("alice"), 0};
	struct device_flows *f = device_flows_new();
	struct device_codes denied, late;
	struct device_approval got;

	assert_true(device_flow_begin(f, STR("c"), NOW_MS, &denied));
	assert_true(device_flow_begin(f, STR("c"), NOW_MS, &late));
	assert_string_not_equal(denied.user_code, late.user_code);
	assert_true(device_flow_decide(f, str_of(denied.user_code), NULL, NOW_MS));
	assert_int_equal(polled(f, &denied, "c", NOW_MS, &got), DEVICE_DENIED);
	assert_int_equal(polled(f, &denied, "c", NOW_MS, &got), DEVICE_UNKNOWN);
	assert_false(device_flow_decide(f, str_of(late.user_code), &approval, NOW_MS + DEVICE_FLOW_LIFETIME_MS));
	assert_true(device_flow_decide(f, str_of(late.user_code), &approval, NOW_MS + DEVICE_FLOW_LIFETIME_MS - 1));
	assert_int_equal(polled(f, &late, "c", NOW_MS + DEVICE_FLOW_LIFETIME_MS, &got), DEVICE_UNKNOWN);
	assert_false(device_flow_decide(f, STR(""), &approval, NOW_MS));
	assert_false(device_flow_decide(f, STR_NONE, &approval, NOW_MS));
	device_flows_free(f);
}

/* Who asks without end fills what there is, and it empties by itself. */
static void test_devices_are_bounded(void **state UNUSED)
{
	struct device_flows *f = device_flows_new();
	struct device_codes codes;

	for (size_t i = 0; i < DEVICE_FLOW_MAX; i++)
		assert_true(device_flow_begin(f, STR("c"), NOW_MS, &codes));
	assert_false(device_flow_begin(f, STR("c"), NOW_MS + DEVICE_FLOW_LIFETIME_MS - 1, &codes));
	assert_true(device_flow_begin(f, STR("c"), NOW_MS + DEVICE_FLOW_LIFETIME_MS, &codes));
	device_flows_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(test_token_is_read_as_written, release),
	    cmocka_unit_test_teardown(test_token_of_another_is_none, release),
	    cmocka_unit_test_teardown(test_public_key_of_secret, release),
	    cmocka_unit_test_teardown(test_addresses, release),
	    cmocka_unit_test_teardown(test_any_of_the_blocks, release),
	    cmocka_unit_test_teardown(test_device_is_let_in_once, release),
	    cmocka_unit_test_teardown(test_device_is_denied_or_late, release),
	    cmocka_unit_test_teardown(test_devices_are_bounded, release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
