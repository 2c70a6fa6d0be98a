#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Routing: a table of (method, path template) compiled once, matched without allocation but
 * for the parameters. A template is literal segments and {name} segments; "members:add" is a
 * literal. Matching works on the path as sent: segments are split at '/', then a
 * parameter is percent-decoded, so an escaped slash stays inside its segment. A
 * literal beats a parameter. A parameter never matches an empty segment. A trailing slash is not
 * ignored. Immutable after router_new(); any thread.
 */
#include "http/http.h"

#define ROUTER_MAX_PARAMS 6u

struct route {
	enum http_method method;
	const char *path;   /* template */
	const void *target; /* what it means to the caller */
};

struct router;

/* Compiles; asserts on a malformed or doubled template. `routes` and its strings are borrowed. */
struct router *router_new(const struct route *routes, size_t n_routes);
void router_free(struct router *r);

enum router_result { ROUTE_NOT_FOUND, ROUTE_FOUND, ROUTE_METHOD_NOT_ALLOWED, ROUTE_BAD_PATH };

struct router_match {
	const struct route *route;
	struct str params[ROUTER_MAX_PARAMS]; /* decoded, in template order */
	size_t n_params;
	struct str allow; /* for ROUTE_METHOD_NOT_ALLOWED: "GET, PUT", in table order; HEAD where GET is */
};

/* HEAD finds the GET route. ROUTE_BAD_PATH: a parameter with a malformed escape, NUL or invalid UTF-8. */
enum router_result router_match(const struct router *r, enum http_method method, struct str path, struct arena *a,
                                struct router_match *ret_match);
