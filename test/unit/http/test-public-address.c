/* SPDX-License-Identifier: Apache-2.0
 *
 * Which addresses are public; the first and last ones of blocks that are not, and their neighbours.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>

#include "http/public_address.h"

static bool is_public(const char *text)
{
	struct sockaddr_storage storage = {0};
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

	if (strchr(text, ':')) {
		assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
		memcpy(&storage, &v6, sizeof(v6));
	} else {
		assert_int_equal(inet_pton(AF_INET, text, &v4.sin_addr), 1);
		memcpy(&storage, &v4, sizeof(v4));
	}
	return address_is_public((const struct sockaddr *)&storage);
}

static void test_public(void **state UNUSED)
{
	static const char *const addresses[] = {
	    "1.0.0.0",        "8.8.8.8",         "9.255.255.255",   "11.0.0.0",        "100.63.255.255",
	    "100.128.0.0",    "126.255.255.255", "128.0.0.0",       "169.253.255.255", "169.255.0.0",
	    "172.15.255.255", "172.32.0.0",      "192.0.1.0",       "192.167.255.255", "192.169.0.0",
	    "198.17.255.255", "198.20.0.0",      "223.255.255.255", "2000::1",         "2001:200::1",
	    "2606:4700::1",   "2003::1",         "::ffff:8.8.8.8",
	};

	for (size_t i = 0; i < N_ELEMENTS(addresses); i++)
		if (!is_public(addresses[i]))
			fail_msg("%s is public", addresses[i]);
}

static void test_special(void **state UNUSED)
{
	static const char *const addresses[] = {
	    "0.0.0.0",
	    "0.255.255.255",
	    "10.0.0.0",
	    "10.255.255.255",
	    "100.64.0.0",
	    "100.127.255.255",
	    "127.0.0.1",
	    "127.255.255.255",
	    "169.254.169.254",
	    "172.16.0.0",
	    "172.31.255.255",
	    "192.0.0.8",
	    "192.168.0.0",
	    "192.168.255.255",
	    "198.18.0.0",
	    "198.19.255.255",
	    "224.0.0.1",
	    "239.255.255.255",
	    "240.0.0.0",
	    "255.255.255.255",
	    "::",
	    "::1",
	    "::ffff:127.0.0.1",
	    "::ffff:10.0.0.1",
	    "::127.0.0.1",
	    "64:ff9b::7f00:1",
	    "fc00::1",
	    "fd00::1",
	    "fe80::1",
	    "ff02::1",
	    "2001::1",
	    "2001:1ff:ffff::",
	    "2002:7f00:1::",
	    "4000::",
	};

	for (size_t i = 0; i < N_ELEMENTS(addresses); i++)
		if (is_public(addresses[i]))
			fail_msg("%s is not public", addresses[i]);
}

static void test_other_family(void **state UNUSED)
{
	const struct sockaddr address = {.sa_family = AF_UNIX};

	assert_false(address_is_public(&address));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_public),
	    cmocka_unit_test(test_special),
	    cmocka_unit_test(test_other_family),
	};

	return cmocka_run_group_tests_name("http/public-address", tests, NULL, NULL);
}
