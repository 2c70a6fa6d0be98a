/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "http/router.h"

static const struct route routes[] = {
    {HTTP_GET, "/", "root"},
    {HTTP_GET, "/policies", "list"},
    {HTTP_POST, "/policies", "create"},
    {HTTP_GET, "/policies/{id}", "get"},
    {HTTP_PUT, "/policies/{id}", "put"},
    {HTTP_POST, "/policies/search", "search"},
    {HTTP_GET, "/policies/mine", "mine"},
    {HTTP_GET, "/policies/{id}/rules", "rules"},
    {HTTP_GET, "/policies/mine/rules/{rule}", "my-rule"},
    {HTTP_POST, "/groups/{id}/members:add", "add"},
    {HTTP_POST, "/groups/{id}/{verb}", "verb"},
    {HTTP_GET, "/slash/", "slash"},
    {HTTP_HEAD, "/heads", "heads"},
    {HTTP_GET, "/{a}/{b}/{c}/{d}/{e}/{f}", "six"},
};

static const struct {
	const char *name;
	enum http_method method;
	const char *path;
	enum router_result result;
	const char *target; /* or the Allow text */
	const char *params; /* joined by '|' */
} cases[] = {
    {"root", HTTP_GET, "/", ROUTE_FOUND, "root", ""},
    {"literal", HTTP_GET, "/policies", ROUTE_FOUND, "list", ""},
    {"method chooses", HTTP_POST, "/policies", ROUTE_FOUND, "create", ""},
    {"parameter", HTTP_GET, "/policies/p1", ROUTE_FOUND, "get", "p1"},
    {"literal beats a parameter", HTTP_GET, "/policies/mine", ROUTE_FOUND, "mine", ""},
    {"literal without the method gives way", HTTP_GET, "/policies/search", ROUTE_FOUND, "get", "search"},
    {"literal with its method", HTTP_POST, "/policies/search", ROUTE_FOUND, "search", ""},
    {"dead end behind a literal", HTTP_GET, "/policies/mine/rules", ROUTE_FOUND, "rules", "mine"},
    {"below a literal", HTTP_GET, "/policies/mine/rules/r", ROUTE_FOUND, "my-rule", "r"},
    {"colon is a literal", HTTP_POST, "/groups/g/members:add", ROUTE_FOUND, "add", "g"},
    {"another verb", HTTP_POST, "/groups/g/members:remove", ROUTE_FOUND, "verb", "g|members:remove"},
    {"literals are bytes as sent", HTTP_POST, "/groups/g/members%3Aadd", ROUTE_FOUND, "verb", "g|members:add"},
    {"literals have a case", HTTP_GET, "/Policies", ROUTE_NOT_FOUND, NULL, NULL},
    {"escaped slash", HTTP_GET, "/policies/a%2Fb", ROUTE_FOUND, "get", "a/b"},
    {"escaped UTF-8", HTTP_GET, "/policies/%C3%A9", ROUTE_FOUND, "get", "\xc3\xa9"},
    {"plus stays", HTTP_GET, "/policies/a+b", ROUTE_FOUND, "get", "a+b"},
    {"escape cut off", HTTP_GET, "/policies/a%2", ROUTE_BAD_PATH, NULL, NULL},
    {"escape of no hex digits", HTTP_GET, "/policies/%zz", ROUTE_BAD_PATH, NULL, NULL},
    {"escaped NUL", HTTP_GET, "/policies/a%00", ROUTE_BAD_PATH, NULL, NULL},
    {"escaped invalid UTF-8", HTTP_GET, "/policies/%ff", ROUTE_BAD_PATH, NULL, NULL},
    {"escaped overlong UTF-8", HTTP_GET, "/policies/%c0%af", ROUTE_BAD_PATH, NULL, NULL},
    {"escaped surrogate", HTTP_GET, "/policies/%ed%a0%80", ROUTE_BAD_PATH, NULL, NULL},
    {"parameter is never empty", HTTP_GET, "/policies/", ROUTE_NOT_FOUND, NULL, NULL},
    {"empty segment inside", HTTP_GET, "/policies//rules", ROUTE_NOT_FOUND, NULL, NULL},
    {"two slashes", HTTP_GET, "//", ROUTE_NOT_FOUND, NULL, NULL},
    {"trailing slash is not ignored", HTTP_GET, "/policies/p1/", ROUTE_NOT_FOUND, NULL, NULL},
    {"trailing slash that is there", HTTP_GET, "/slash/", ROUTE_FOUND, "slash", ""},
    {"trailing slash that is missing", HTTP_GET, "/slash", ROUTE_NOT_FOUND, NULL, NULL},
    {"dots mean nothing", HTTP_GET, "/policies/..", ROUTE_FOUND, "get", ".."},
    {"unknown", HTTP_GET, "/nothing", ROUTE_NOT_FOUND, NULL, NULL},
    {"too deep", HTTP_GET, "/policies/p1/rules/x", ROUTE_NOT_FOUND, NULL, NULL},
    {"deeper than any template", HTTP_GET, "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20/21/22/23/24/25",
     ROUTE_NOT_FOUND, NULL, NULL},
    {"no slash", HTTP_GET, "policies", ROUTE_NOT_FOUND, NULL, NULL},
    {"empty", HTTP_GET, "", ROUTE_NOT_FOUND, NULL, NULL},
    {"HEAD finds GET", HTTP_HEAD, "/policies/p1", ROUTE_FOUND, "get", "p1"},
    {"HEAD of its own", HTTP_HEAD, "/heads", ROUTE_FOUND, "heads", ""},
    {"method not allowed", HTTP_DELETE, "/policies", ROUTE_METHOD_NOT_ALLOWED, "GET, HEAD, POST", NULL},
    {"allow is in table order", HTTP_POST, "/policies/p1", ROUTE_METHOD_NOT_ALLOWED, "GET, HEAD, PUT", NULL},
    {"allow of the most literal", HTTP_DELETE, "/policies/search", ROUTE_METHOD_NOT_ALLOWED, "POST", NULL},
    {"HEAD is not GET", HTTP_GET, "/heads", ROUTE_METHOD_NOT_ALLOWED, "HEAD", NULL},
    {"unknown method", HTTP_OTHER, "/policies", ROUTE_METHOD_NOT_ALLOWED, "GET, HEAD, POST", NULL},
    {"six parameters", HTTP_GET, "/1/2/3/4/5/6", ROUTE_FOUND, "six", "1|2|3|4|5|6"},
};

static void check_case(size_t i, const struct router_match *m, enum router_result result)
{
	CLEANUP(buf_releasep) struct buf params = BUF_INIT(1024);

	if (result != cases[i].result)
		fail_msg("%s: result %d, not %d", cases[i].name, (int)result, (int)cases[i].result);
	if (result == ROUTE_METHOD_NOT_ALLOWED && !str_eq(m->allow, str_of(cases[i].target)))
		fail_msg("%s: Allow: " STR_FMT, cases[i].name, STR_ARG(m->allow));
	if (result != ROUTE_FOUND)
		return;
	if (!str_eq(str_of(m->route->target), str_of(cases[i].target)))
		fail_msg("%s: found %s", cases[i].name, (const char *)m->route->target);
	for (size_t p = 0; p < m->n_params; p++)
		buf_addf(&params, "%s" STR_FMT, p ? "|" : "", STR_ARG(m->params[p]));
	if (!str_eq(buf_str(&params), str_of(cases[i].params)))
		fail_msg("%s: parameters " STR_FMT, cases[i].name, STR_ARG(buf_str(&params)));
}

static void test_table(void **state UNUSED)
{
	struct router *r = router_new(routes, N_ELEMENTS(routes));
	struct arena a = ARENA_INIT;
	struct router_match m;

	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		check_case(i, &m, router_match(r, cases[i].method, str_of(cases[i].path), &a, &m));
		arena_reset(&a);
	}
	arena_release(&a);
	router_free(r);
}

/* One route for each of several hundred literals and depths: the sorted children are searched, not guessed. */
static void test_many_literals(void **state UNUSED)
{
	enum { N = 300 };
	static char paths[N][32];
	static struct route many[N];
	struct arena a = ARENA_INIT;
	struct router_match m;
	struct router *r;

	for (size_t i = 0; i < N; i++) {
		(void)snprintf(paths[i], sizeof(paths[i]), "/v%zu/item%zu/{id}", i % 7, i * 37 % N);
		many[i] = (struct route){HTTP_GET, paths[i], paths[i]};
	}
	r = router_new(many, N);
	for (size_t i = 0; i < N; i++) {
		struct str path = arena_strf(&a, "/v%zu/item%zu/x%zu", i % 7, i * 37 % N, i);

		assert_int_equal(router_match(r, HTTP_GET, path, &a, &m), ROUTE_FOUND);
		assert_ptr_equal(m.route, &many[i]);
		assert_int_equal(m.n_params, 1);
		path = arena_strf(&a, "/v%zu/item%zu/x", (i + 1) % 7, i * 37 % N);
		assert_int_equal(router_match(r, HTTP_GET, path, &a, &m), ROUTE_NOT_FOUND);
	}
	arena_release(&a);
	router_free(r);
}

static void test_empty_table(void **state UNUSED)
{
	struct router *r = router_new(NULL, 0);
	struct arena a = ARENA_INIT;
	struct router_match m;

	assert_int_equal(router_match(r, HTTP_GET, STR("/"), &a, &m), ROUTE_NOT_FOUND);
	router_free(r);
	router_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_table),
	    cmocka_unit_test(test_many_literals),
	    cmocka_unit_test(test_empty_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
