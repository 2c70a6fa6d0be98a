/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "api/forward_auth/mapping.h"
#include "base/buf.h"

#define HEAD    "proxy: nginx\nidentity: bearer\n"
#define ROUTES  "routes:\n"
#define A_ROUTE "- {method: GET, path: '/a/{id}', action: read, resource: {type: record, id: '{id}'}}\n"
/* A mapping of one route, written by its fields. */
#define ONE(fields) HEAD ROUTES "- {" fields "}\n"
#define MGP         "method: GET, path: '/a/{x}/{y}', action: read"

/* Mistakes, and what is said of them. */
static const struct {
	const char *text, *want;
} mistakes[] = {
    {"", "line 1: the file is empty"},
    {"[]", "line 1: the mapping must be a mapping"},
    {"proxy: nginx\n\tidentity: bearer", "line 2: not YAML: found a tab character that violates indentation"},
    {"proxy: nginx\n", "line 1: the mapping needs \"identity\""},
    {HEAD, "line 1: the mapping needs \"routes\""},
    {HEAD "routes: []\n", "line 1: \"routes\" is empty: everything would be denied"},
    {HEAD "routes: x\n", "line 3: routes must be a list"},
    {"proxy: haproxy\n", "line 1: proxy \"haproxy\" is none of nginx, caddy, traefik and envoy"},
    {"proxy: [nginx]\n", "line 1: proxy must be text"},
    {"identity: cookie\n", "line 1: identity \"cookie\" is neither bearer nor header"},
    {"proxy: nginx\nidentity: header\nroutes:\n" A_ROUTE, "line 1: identity: header needs \"identity_header\""},
    {HEAD "identity_header: X-User\nroutes:\n" A_ROUTE, "line 1: \"identity_header\" belongs to identity: header"},
    {"identity_header: X_User", "line 1: identity_header \"X_User\" is not the name of a header"},
    {"identity_header: 'X-A: b'", "line 1: identity_header \"X-A: b\" is not the name of a header"},
    {"answer_header: Authorization", "line 1: answer_header \"Authorization\" does not begin with X-"},
    {"allow_status: 302", "line 1: allow_status must be 200 or 204"},
    {"proxy: envoy\nidentity: bearer\nallow_status: 204\nroutes:\n" A_ROUTE,
     "line 1: Envoy lets pass on 200 only: \"allow_status\" must be 200"},
    {"explain: yes", "line 1: explain must be true or false"},
    {"explain: \"\"", "line 1: explain is empty"},
    {"explain: \"a\\x01\"", "line 1: explain holds control characters"},
    {"explain: \"a\\0b\"", "line 1: explain holds control characters"},
    {"proxy: nginx\nproxy: nginx\n", "line 2: \"proxy\" is there twice"},
    {"proxi: nginx\n", "line 1: the mapping has no field \"proxi\""},
    {"? [a]\n: b\n", "line 1: the name of a field must be text"},
    {"proxy: &p nginx\n", "line 1: proxy: anchors and tags are not taken here"},
    {"proxy: !!str nginx\n", "line 1: proxy: anchors and tags are not taken here"},
    {"proxy: nginx\nidentity: *p\n", "line 2: identity: aliases are not taken here"},
    {HEAD ROUTES A_ROUTE "---\nproxy: nginx\n", "line 5: a second document begins"},
    {HEAD ROUTES "- x\n", "line 4: a route must be a mapping"},
    {ONE("path: /a"), "line 4: a route needs \"method\""},
    {ONE("verb: GET"), "line 4: a route has no field \"verb\""},
    {ONE("method: get"), "line 4: method \"get\" is none of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS and *"},
    {ONE("method: [GET, GET]"), "line 4: the method GET is there twice"},
    {ONE("method: [], path: /a, action: x, resource: {type: t}"), "line 4: the route has no method"},
    {ONE("path: a"), "line 4: path must begin with \"/\" and be no longer than a URI"},
    {ONE("path: //a"), "line 4: the path \"//a\" has an empty segment"},
    {ONE("path: /a/../b"),
     "line 4: the path \"/a/../b\" has a segment that is neither {name} nor characters of a path"},
    {ONE("path: /a%20b"), "line 4: the path \"/a%20b\" has a segment that is neither {name} nor characters of a path"},
    {ONE("path: '/a{id}'"),
     "line 4: the path \"/a{id}\" has a segment that is neither {name} nor characters of a path"},
    {ONE("path: '/{id'"),
     "line 4: the path \"/{id\" has a parameter that is not {name}, of lower-case letters, digits and _"},
    {ONE("path: '/{}'"),
     "line 4: the path \"/{}\" has a parameter that is not {name}, of lower-case letters, digits and _"},
    {ONE("path: '/{'"),
     "line 4: the path \"/{\" has a parameter that is not {name}, of lower-case letters, digits and _"},
    {ONE("path: '/{1a}'"),
     "line 4: the path \"/{1a}\" has a parameter that is not {name}, of lower-case letters, digits and _"},
    {ONE("path: '/{a}/{a}'"), "line 4: the path \"/{a}/{a}\" has the same parameter twice"},
    {ONE("path: '/{a}/{b}/{c}/{d}/{e}/{f}/{g}'"),
     "line 4: the path \"/{a}/{b}/{c}/{d}/{e}/{f}/{g}\" has too many parameters"},
    {ONE("path: /1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20/21/22/23/24/25"),
     "line 4: the path \"/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20/21/22/23/24/25\" has too many segments"},
    {ONE("action: 'r*'"), "line 4: action \"r*\" is not one action"},
    {ONE("action: '{x}'"), "line 4: action \"{x}\" is not one action"},
    {ONE("host: a:80"), "line 4: host \"a:80\" is not the name of a host, without a port"},
    {ONE("host: 'a b'"), "line 4: host \"a b\" is not the name of a host, without a port"},
    {ONE("host: '*.example.com'"), "line 4: host \"*.example.com\" is not the name of a host, without a port"},
    {ONE(MGP ", resource: {}"), "line 4: a resource needs \"type\""},
    {ONE(MGP ", resource: {type: ':'}"), "line 4: \":\" is not a type of resource"},
    {ONE(MGP ", resource: {type: t, id: '{z}'}"),
     "line 4: \"{z}\" of the route /a/{x}/{y} has a parameter that the path has not"},
    {ONE(MGP ", resource: {type: t, id: '{x'}"),
     "line 4: \"{x\" of the route /a/{x}/{y} has a brace without its other half"},
    {ONE(MGP ", resource: {type: t, id: 'x}'}"),
     "line 4: \"x}\" of the route /a/{x}/{y} has a brace without its other half"},
    {ONE(MGP ", resource: {type: t, id: '{x}-{y}'}"),
     "line 4: \"{x}-{y}\" of the route /a/{x}/{y} has two parameters without a \"/\" between them"},
    {ONE(MGP ", resource: {type: t, tenant: '{z}'}"),
     "line 4: \"{z}\" of the route /a/{x}/{y} has a parameter that the path has not"},
    {ONE(MGP ", resource: {type: t, tenant: a, properties: {tenant: b}}"),
     "line 4: the property \"tenant\" is there twice"},
    {ONE(MGP ", resource: {type: t, properties: {tags: b}}"),
     "line 4: the property \"tags\" cannot be said in a mapping"},
    {ONE(MGP ", resource: {type: t, properties: {a: [b]}}"), "line 4: properties must be text"},
    {HEAD ROUTES A_ROUTE "- {method: [POST, GET], path: '/a/{other}', action: x, resource: {type: t}}\n",
     "line 5: the route /a/{other} is the same as that of line 4"},
};

static void test_mistakes(void **state UNUSED)
{
	for (size_t i = 0; i < N_ELEMENTS(mistakes); i++) {
		struct forward_mapping *m = NULL;
		struct error err = {0};

		if (forward_mapping_parse(str_of(mistakes[i].text), &m, &err))
			fail_msg("taken: %s", mistakes[i].text);
		if (strcmp(err.text, mistakes[i].want) != 0)
			fail_msg("%s\nsays %s\nnot  %s", mistakes[i].text, err.text, mistakes[i].want);
		assert_null(m);
	}
}

static const char mapping[] =
    "# comments are welcome\n"
    "proxy: traefik\n"
    "identity: header\n"
    "identity_header: X-Forwarded-User\n"
    "answer_header: X-User\n"
    "allow_status: 204\n"
    "explain: true\n"
    "routes:\n"
    "- {method: GET, path: /, action: home, resource: {type: site, id: front}}\n"
    "- {method: GET, path: '/records/{id}', action: read, resource: {type: record, id: '{id}'}}\n"
    "- {method: [PUT, DELETE], path: '/records/{id}', action: write, resource: {type: record, id: '{id}'}}\n"
    "- {method: GET, path: /records/secret, action: admin, resource: {type: record, id: secret}}\n"
    "- {method: GET, path: '/records/', action: list, resource: {type: record}}\n"
    "- method: '*'\n"
    "  host: API.example.com\n"
    "  path: /{org}/{repo}/x:y\n"
    "  action: use\n"
    "  resource:\n"
    "    type: repo\n"
    "    id: r/{org}/{repo}.git\n"
    "    tenant: '{org}'\n"
    "    properties: {kind: code, name: '{repo}'}\n"
    "- {host: api.example.com, method: GET, path: '/records/{id}', action: api, resource: {type: record, id: '{id}'}}\n"
    "- {method: GET, path: '/t/{t}', action: see, resource: {type: t, id: x, tenant: '{t}'}}\n"
    "- {method: GET, path: /unassigned, action: see, resource: {type: t, id: x, tenant: (unassigned)}}\n";

/* What a request amounts to, as text; or why it amounts to nothing. */
static const struct {
	enum http_method method;
	const char *host, *uri, *want;
} matches[] = {
    {HTTP_GET, NULL, "/", "home site front"},
    {HTTP_GET, NULL, "/?a=/../b", "home site front"},
    {HTTP_GET, NULL, "/records/r1", "read record r1"},
    {HTTP_HEAD, NULL, "/records/r1", "read record r1"},
    {HTTP_DELETE, NULL, "/records/r1", "write record r1"},
    {HTTP_POST, NULL, "/records/r1", "no route of the mapping is about this method and path"},
    {HTTP_GET, NULL, "/records", "no route of the mapping is about this method and path"},
    {HTTP_GET, NULL, "/records/", "list record "},
    {HTTP_GET, NULL, "/records/r1/", "no route of the mapping is about this method and path"},
    {HTTP_GET, NULL, "/records/secret", "admin record secret"},
    {HTTP_GET, NULL, "/records/SECRET", "read record SECRET"},
    {HTTP_GET, NULL, "/records/a%20b", "read record a b"},
    {HTTP_GET, NULL, "/records/a%40b", "read record a@b"},
    {HTTP_GET, NULL, "/records/%C3%A9", "read record \xc3\xa9"},
    /* An escaped letter leads around the literal: not for us. */
    {HTTP_GET, NULL, "/records/%73ecret", "the path is about one route as it was sent and about another one decoded"},
    {HTTP_GET, NULL, "/record%73/r1", "no route of the mapping is about this method and path"},
    {HTTP_GET, "api.example.com", "/records/r1", "api record r1"},
    {HTTP_GET, "www.example.com", "/records/r1", "read record r1"},
    {HTTP_PUT, "api.example.com", "/records/r1", "write record r1"},
    {HTTP_PATCH, "api.example.com", "/o/p/x:y", "use repo r/o/p.git tenant=o kind=code name=p"},
    {HTTP_PATCH, "api.example.com", "/o/p/x%3Ay", "no route of the mapping is about this method and path"},
    {HTTP_PATCH, NULL, "/o/p/x:y", "no route of the mapping is about this method and path"},
    {HTTP_GET, NULL, "/t/t1", "see t x tenant=t1"},
    {HTTP_GET, NULL, "/t/(unassigned)", "the path names a tenant that is none"},
    {HTTP_GET, NULL, "/t/%28unassigned%29", "the path names a tenant that is none"},
    {HTTP_GET, NULL, "/unassigned", "see t x tenant=(unassigned)"},
};

static void write_question(struct buf *out, const struct forward_question *q)
{
	const struct json *properties = json_get(q->resource, STR("properties"));

	buf_addf(out, STR_FMT " " STR_FMT " " STR_FMT, STR_ARG(q->action),
	         STR_ARG(json_get_str(q->resource, STR("type"))), STR_ARG(json_get_str(q->resource, STR("id"))));
	for (uint32_t i = 0; properties && i < properties->n; i++)
		buf_addf(out, " " STR_FMT "=" STR_FMT, STR_ARG(properties->members[i].name),
		         STR_ARG(json_str(&properties->members[i].value)));
}

static void test_matches(void **state UNUSED)
{
	struct forward_mapping *m = NULL;
	const struct forward_settings *s;
	struct arena a = ARENA_INIT;
	struct error err = {0};

	if (!forward_mapping_parse(str_of(mapping), &m, &err))
		fail_msg("%s", err.text);
	s = forward_mapping_settings(m);
	assert_int_equal(s->proxy, FORWARD_TRAEFIK);
	assert_true(str_eq(s->identity_header, STR("X-Forwarded-User")));
	assert_true(str_eq(s->answer_header, STR("X-User")));
	assert_int_equal(s->allow_status, 204);
	assert_true(s->explains);
	for (size_t i = 0; i < N_ELEMENTS(matches); i++) {
		CLEANUP(buf_releasep) struct buf out = BUF_INIT(1024);
		struct forwarded f = {.method = matches[i].method, .host = str_of(matches[i].host)};
		struct forward_question q;
		const char *bad = forwarded_judge_uri(str_of(matches[i].uri), &a, &f);

		assert_null(bad);
		bad = forward_match(m, &f, &a, &q);
		if (bad)
			buf_add(&out, str_of(bad));
		else
			write_question(&out, &q);
		if (!str_eq(buf_str(&out), str_of(matches[i].want)))
			fail_msg("%s: " STR_FMT ", not %s", matches[i].uri, STR_ARG(buf_str(&out)), matches[i].want);
	}
	arena_release(&a);
	forward_mapping_free(m);
}

static void test_defaults(void **state UNUSED)
{
	struct forward_mapping *m = NULL;
	struct error err = {0};
	const struct forward_settings *s;

	if (!forward_mapping_parse(str_of(HEAD ROUTES A_ROUTE), &m, &err))
		fail_msg("%s", err.text);
	s = forward_mapping_settings(m);
	assert_true(str_is_absent(s->identity_header));
	assert_true(str_eq(s->answer_header, STR("X-Doorward-User")));
	assert_int_equal(s->allow_status, 200);
	assert_false(s->explains);
	forward_mapping_free(m);
	forward_mapping_free(NULL);
}

static void test_bounds(void **state UNUSED)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(2 * FORWARD_MAX_FILE_BYTES);
	struct forward_mapping *m = NULL;
	struct error err = {0};

	buf_add(&text, STR(HEAD ROUTES));
	for (unsigned i = 0; i < FORWARD_MAX_ROUTES; i++)
		buf_addf(&text, "- {method: GET, path: /a/%u, action: x, resource: {type: t}}\n", i);
	assert_true(forward_mapping_parse(buf_str(&text), &m, &err));
	forward_mapping_free(m);
	buf_add(&text, STR("- {method: GET, path: /b, action: x, resource: {type: t}}\n"));
	assert_false(forward_mapping_parse(buf_str(&text), &m, &err));
	assert_string_equal(err.text, "line 1004: more than 1000 routes");
	while (text.len <= FORWARD_MAX_FILE_BYTES)
		buf_add(&text, STR("# one line more\n"));
	assert_false(forward_mapping_parse(buf_str(&text), &m, &err));
	assert_string_equal(err.text, "the file is larger than 1048576 bytes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_mistakes),
	    cmocka_unit_test(test_matches),
	    cmocka_unit_test(test_defaults),
	    cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
