/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "api/forward_auth/forwarded.h"

#define CHARACTER "the path holds a character that has no place there"
#define EMPTY     "the path has an empty segment"
#define DOTS      "the path has a dot segment"
#define ESCAPE    "the path escapes a character that must not be escaped there"
#define MALFORMED "the path has a malformed escape"
#define NO_SLASH  "the path does not begin with \"/\""

/* URIs; `want` is the decoded path, or why there is none. */
static const struct {
	const char *uri;
	bool is_fine;
	const char *want;
} uris[] = {
    {"/", true, "/"},
    {"/a/b/", true, "/a/b/"},
    {"/a?b=../%2f//;#\\", true, "/a"},
    {"/a%20b", true, "/a b"},
    {"/%41", true, "/A"},
    {"/a:b@c+d,e=f$g!h'i(j)k*l&m~n_o-p.q", true, "/a:b@c+d,e=f$g!h'i(j)k*l&m~n_o-p.q"},
    {"/...", true, "/..."},
    {"/.a", true, "/.a"},
    {"/%e2%82%ac", true, "/\xe2\x82\xac"},
    {"", false, NO_SLASH},
    {"?a", false, NO_SLASH},
    {"a/b", false, NO_SLASH},
    {"*", false, NO_SLASH},
    {"http://host/a", false, NO_SLASH},
    {"//", false, EMPTY},
    {"//host/a", false, EMPTY},
    {"/a//b", false, EMPTY},
    {"/a/./b", false, DOTS},
    {"/a/../b", false, DOTS},
    {"/..", false, DOTS},
    {"/a/.", false, DOTS},
    {"/a/%2e%2E/b", false, DOTS},
    {"/a/.%2e", false, DOTS},
    {"/a/..;/b", false, CHARACTER},
    {"/a;x=1", false, CHARACTER},
    {"/a\\..\\b", false, CHARACTER},
    {"/a b", false, CHARACTER},
    {"/a#b", false, CHARACTER},
    {"/a\xc3\xa9", false, CHARACTER},
    {"/a\tb", false, CHARACTER},
    {"/a|b", false, CHARACTER},
    {"/{id}", false, CHARACTER},
    {"/a%2Fb", false, ESCAPE},
    {"/a%2fb", false, ESCAPE},
    {"/a%5Cb", false, ESCAPE},
    {"/a%252Fb", false, ESCAPE},
    {"/a%25", false, ESCAPE},
    {"/a%3Bb", false, ESCAPE},
    {"/a%3Fb", false, ESCAPE},
    {"/a%23b", false, ESCAPE},
    {"/a%00", false, ESCAPE},
    {"/a%0d%0a", false, ESCAPE},
    {"/a%7f", false, ESCAPE},
    {"/a%", false, MALFORMED},
    {"/a%4", false, MALFORMED},
    {"/a%zz", false, MALFORMED},
    {"/a%u002f", false, MALFORMED},
    {"/%c0%ae%c0%ae/a", false, "the path is not UTF-8"},
    {"/%ff", false, "the path is not UTF-8"},
};

static void test_uris(void **state UNUSED)
{
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < N_ELEMENTS(uris); i++) {
		struct forwarded f = {0};
		const char *bad = forwarded_judge_uri(str_of(uris[i].uri), &a, &f);
		struct str got = bad ? str_of(bad) : f.decoded;

		if ((bad == NULL) != uris[i].is_fine || !str_eq(got, str_of(uris[i].want)))
			fail_msg("%s: " STR_FMT, uris[i].uri, STR_ARG(got));
	}
	arena_release(&a);
}

static void test_long_uri(void **state UNUSED)
{
	char text[FORWARDED_MAX_URI_BYTES + 1];
	struct arena a = ARENA_INIT;
	struct forwarded f;

	memset(text, 'a', sizeof(text));
	text[0] = '/';
	text[10] = '?';
	assert_null(forwarded_judge_uri((struct str){text, sizeof(text) - 1}, &a, &f));
	assert_string_equal(forwarded_judge_uri((struct str){text, sizeof(text)}, &a, &f), "the URI is too long");
	arena_release(&a);
}

/* NULL: malformed. */
static const struct {
	const char *host, *want;
} hosts[] = {
    {"a.example", "a.example"},
    {"A.Example:8443", "a.example"},
    {"127.0.0.1:80", "127.0.0.1"},
    {"[::1]", "[::1]"},
    {"[::1]:80", "[::1]"},
    {"a_b", "a_b"},
    {"", NULL},
    {":80", NULL},
    {"a:", NULL},
    {"a:x", NULL},
    {"a:80:80", NULL},
    {"a:65536", NULL},
    {"a.", NULL},
    {"a.:80", NULL},
    {"a, b", NULL},
    {"a b", NULL},
    {"a/b", NULL},
    {"user@a", NULL},
    {"[::1", NULL},
    {"[]", NULL},
    {"[::1]a", NULL},
    {"[a.example]", NULL},
    {"a\xc3\xa9", NULL},
    {"a%2eb", NULL},
    {"[", NULL},
    {"]", NULL},
    {"[[::1]]", NULL},
};

static void test_hosts(void **state UNUSED)
{
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < N_ELEMENTS(hosts); i++) {
		struct forwarded f = {0};
		const char *bad = forwarded_judge_host(str_of(hosts[i].host), &a, &f);

		if ((bad != NULL) != (hosts[i].want == NULL) || !str_eq(f.host, str_of(hosts[i].want)))
			fail_msg("%s: %s " STR_FMT, hosts[i].host, bad ? bad : "", STR_ARG(f.host));
	}
	arena_release(&a);
}

#define H(name, value)                                                                                                 \
	{                                                                                                              \
		STR_INIT(name), STR_INIT(value)                                                                        \
	}
#define TWICE    "a header of the proxy is there more than once"
#define RIVAL    "two headers say different things about the request"
#define NOT_SAID "the proxy did not say which method and URI it is about"

/* Exchanges; `want` is "METHOD host path", or why there is none. */
static const struct {
	enum forward_proxy proxy;
	const char *path, *query;
	struct http_header headers[5];
	const char *want;
} exchanges[] = {
    {FORWARD_NGINX, FORWARD_PREFIX, NULL, {H("X-Original-Method", "GET"), H("X-Original-URI", "/a?b")}, "GET  /a"},
    {FORWARD_NGINX,
     FORWARD_PREFIX,
     NULL,
     {H("x-original-method", "PUT"), H("x-original-uri", "/a"), H("X-Original-Host", "H:80")},
     "PUT h /a"},
    {FORWARD_TRAEFIK, FORWARD_PREFIX, NULL, {H("X-Forwarded-Method", "GET"), H("X-Forwarded-Uri", "/a")}, "GET  /a"},
    {FORWARD_CADDY,
     FORWARD_PREFIX,
     NULL,
     {H("X-Forwarded-Method", "GET"), H("X-Forwarded-Uri", "/a"), H("X-Forwarded-Host", "h")},
     "GET h /a"},
    {FORWARD_ENVOY, FORWARD_PREFIX "/a/b", "c", {H("Host", "h:1")}, "POST h /a/b"},
    {FORWARD_ENVOY, FORWARD_PREFIX, NULL, {H("Host", "h")}, NO_SLASH},
    {FORWARD_ENVOY, FORWARD_PREFIX "/../whoami", NULL, {H("Host", "h")}, DOTS},
    {FORWARD_ENVOY, FORWARD_PREFIX "//a", NULL, {H("Host", "h")}, EMPTY},
    {FORWARD_ENVOY, "/doorward", NULL, {H("Host", "h")}, "the proxy asked at another path than " FORWARD_PREFIX},
    {FORWARD_NONE,
     FORWARD_PREFIX,
     NULL,
     {H("X-Original-Method", "GET"), H("X-Original-URI", "/a")},
     "no proxy is configured"},
    /* nobody's, or the other convention's */
    {FORWARD_NGINX, FORWARD_PREFIX, NULL, {H("Host", "h")}, NOT_SAID},
    {FORWARD_NGINX, FORWARD_PREFIX, NULL, {H("X-Original-URI", "/a")}, NOT_SAID},
    {FORWARD_NGINX, FORWARD_PREFIX, NULL, {H("X-Forwarded-Method", "GET"), H("X-Forwarded-Uri", "/a")}, NOT_SAID},
    {FORWARD_TRAEFIK, FORWARD_PREFIX, NULL, {H("X-Original-Method", "GET"), H("X-Original-URI", "/a")}, NOT_SAID},
    {FORWARD_NGINX,
     FORWARD_PREFIX "/x",
     NULL,
     {H("X-Original-Method", "GET"), H("X-Original-URI", "/a")},
     "the proxy asked at another path than " FORWARD_PREFIX},
    /* twice, or in disagreement */
    {FORWARD_NGINX,
     FORWARD_PREFIX,
     NULL,
     {H("X-Original-Method", "GET"), H("X-Original-URI", "/a"), H("X-Original-URI", "/a")},
     TWICE},
    {FORWARD_NGINX,
     FORWARD_PREFIX,
     NULL,
     {H("X-Original-Method", "GET"), H("X-Original-Method", "PUT"), H("X-Original-URI", "/a")},
     TWICE},
    {FORWARD_NGINX,
     FORWARD_PREFIX,
     NULL,
     {H("X-Original-Method", "GET"), H("X-Original-URI", "/a"), H("X-Original-Host", "a"), H("X-Original-Host", "b")},
     TWICE},
    {FORWARD_NGINX,
     FORWARD_PREFIX,
     NULL,
     {H("X-Original-Method", "GET"), H("X-Original-URI", "/a"), H("X-Forwarded-Uri", "/b")},
     RIVAL},
    {FORWARD_TRAEFIK,
     FORWARD_PREFIX,
     NULL,
     {H("X-Forwarded-Method", "GET"), H("X-Forwarded-Uri", "/a"), H("X-Original-URI", "/b")},
     RIVAL},
    {FORWARD_TRAEFIK,
     FORWARD_PREFIX,
     NULL,
     {H("X-Forwarded-Method", "GET"), H("X-Forwarded-Uri", "/a"), H("X-Original-URI", "/a"), H("x-original-uri", "/b")},
     RIVAL},
    {FORWARD_ENVOY, FORWARD_PREFIX "/a", NULL, {H("Host", "h"), H("X-HTTP-Method-Override", "DELETE")}, RIVAL},
    {FORWARD_ENVOY, FORWARD_PREFIX "/a", NULL, {H("Host", "h"), H("X-HTTP-Method", "DELETE")}, RIVAL},
    {FORWARD_ENVOY, FORWARD_PREFIX "/a", NULL, {H("Host", "h"), H("X-Method-Override", "PUT")}, RIVAL},
    {FORWARD_ENVOY, FORWARD_PREFIX "/a", NULL, {H("Host", "h"), H("X-Rewrite-URL", "/admin")}, RIVAL},
    {FORWARD_ENVOY, FORWARD_PREFIX "/a", NULL, {H("Host", "h"), H("X-Original-URL", "/admin")}, RIVAL},
    {FORWARD_ENVOY, FORWARD_PREFIX "/a", "q", {H("Host", "h"), H("X-Original-URL", "/a")}, RIVAL},
    {FORWARD_ENVOY, FORWARD_PREFIX "/a", "q", {H("Host", "h"), H("X-Original-URL", "https://h/a?q")}, "POST h /a"},
    {FORWARD_ENVOY, FORWARD_PREFIX "/a", NULL, {H("Host", "h"), H("X-HTTP-Method-Override", "POST")}, "POST h /a"},
    {FORWARD_ENVOY, FORWARD_PREFIX "/a", NULL, {H("Host", "h, g")}, "the host is malformed"},
    {FORWARD_NGINX,
     FORWARD_PREFIX,
     NULL,
     {H("X-Original-Method", "get"), H("X-Original-URI", "/a")},
     "the method is none that can be asked about"},
    {FORWARD_NGINX,
     FORWARD_PREFIX,
     NULL,
     {H("X-Original-Method", "TRACE"), H("X-Original-URI", "/a")},
     "the method is none that can be asked about"},
    {FORWARD_NGINX,
     FORWARD_PREFIX,
     NULL,
     {H("X-Original-Method", ""), H("X-Original-URI", "/a")},
     "the method is none that can be asked about"},
};

static void test_exchanges(void **state UNUSED)
{
	for (size_t i = 0; i < N_ELEMENTS(exchanges); i++) {
		struct http_exchange x = {
		    .method = HTTP_POST,
		    .method_text = STR("POST"),
		    .path = str_of(exchanges[i].path),
		    .query = str_of(exchanges[i].query),
		    .headers = exchanges[i].headers,
		};
		struct forwarded f = {0};
		const char *bad;
		struct str got;

		while (x.n_headers < N_ELEMENTS(exchanges[i].headers) && x.headers[x.n_headers].name.len)
			x.n_headers++;
		bad = forwarded_read(&x, exchanges[i].proxy, &f);
		got = bad ? str_of(bad)
		          : arena_strf(&x.arena, STR_FMT " " STR_FMT " " STR_FMT, STR_ARG(http_method_name(f.method)),
		                       STR_ARG(f.host), STR_ARG(f.path));
		if (!str_eq(got, str_of(exchanges[i].want)))
			fail_msg("%zu: " STR_FMT ", not %s", i, STR_ARG(got), exchanges[i].want);
		arena_release(&x.arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_uris),
	    cmocka_unit_test(test_long_uri),
	    cmocka_unit_test(test_hosts),
	    cmocka_unit_test(test_exchanges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
