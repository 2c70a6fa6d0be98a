/* SPDX-License-Identifier: Apache-2.0
 *
 * Which dialect a path belongs to, and which of its routes it names.
 */
#include "api/internal.h"

static bool has_prefix(struct str path, struct str prefix)
{
	/* "/iam/" also owns "/iam", so that even that gets the dialect's own 404. */
	return str_starts_with(path, prefix) ||
	       (str_ends_with(prefix, STR("/")) && str_eq(path, str_slice(prefix, 0, prefix.len - 1)));
}

struct mounted_dialect *api_find_dialect(struct api *api, struct str path)
{
	struct mounted_dialect *found = NULL;
	size_t longest = 0;

	for (size_t i = 0; i < api->n_dialects; i++) {
		struct mounted_dialect *m = &api->dialects[i];

		if (m->dialect == &api_native && !found)
			found = m;
		for (const char *const *p = m->dialect->prefixes; *p; p++) {
			struct str prefix = str_of(*p);

			if (prefix.len > longest && has_prefix(path, prefix)) {
				longest = prefix.len;
				found = m;
			}
		}
	}
	return found;
}

/* "/api/v1/policies/" is moved to where it is without the slash, for dialects that do so; true: it was answered. */
static bool redirect_slash(struct mounted_dialect *m, struct api_call *call)
{
	struct http_exchange *x = call->x;
	struct str path = str_slice(x->path, 0, x->path.len - 1);
	struct router_match match;

	if (!call->dialect->redirects_slash || !str_ends_with(x->path, STR("/")) ||
	    (x->method != HTTP_GET && x->method != HTTP_HEAD) ||
	    router_match(m->router, x->method, path, call->arena, &match) != ROUTE_FOUND)
		return false;
	if (!str_is_absent(x->query))
		path = arena_concat3(call->arena, path, STR("?"), x->query);
	http_answer_header(x, STR("Location"), path);
	buf_clear(&x->out);
	x->status = 301;
	return true;
}

static void take_route(struct api_call *call, const struct router_match *match)
{
	call->match = match;
	call->route = match->route->target;
	call->x->route = str_of(call->route->path);
}

bool api_find_route(struct api *api, struct api_call *call)
{
	struct router_match *match = ARENA_NEW(call->arena, struct router_match);
	struct mounted_dialect *m = api_find_dialect(api, call->x->path);

	if (m->dialect->takes_every_path) {
		assert(m->n_routes == 1);
		match->route = &m->routes[0];
		take_route(call, match);
		return true;
	}
	switch (router_match(m->router, call->x->method, call->x->path, call->arena, match)) {
	case ROUTE_FOUND:
		take_route(call, match);
		return true;
	case ROUTE_METHOD_NOT_ALLOWED:
		call->allow = match->allow;
		http_answer_header(call->x, STR("Allow"), match->allow);
		api_fail(call, SERVICE_INVALID,
		         call->dialect->wrong_method_status ? call->dialect->wrong_method_status : 405,
		         "Method Not Allowed");
		return false;
	case ROUTE_BAD_PATH:
		api_fail(call, SERVICE_INVALID, 0, "the path is not valid percent-encoded UTF-8");
		return false;
	case ROUTE_NOT_FOUND:
		if (redirect_slash(m, call))
			return false;
		break;
	}
	api_fail(call, SERVICE_NOT_FOUND, 0, "Not Found");
	return false;
}
