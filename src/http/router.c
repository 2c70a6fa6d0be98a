/* SPDX-License-Identifier: Apache-2.0
 *
 * The table becomes a trie with one node a template segment. Children of a node are its literals, sorted, and at most
 * one parameter. Because a literal may lead into a dead end where the parameter beside it would have matched, matching
 * keeps the parameters it passed by on a small stack and takes the deepest one up again: literal first at every level.
 */
#include "http/router.h"

#define MAX_SEGMENTS 24u /* of a template; a longer path matches nothing */
#define NO_NODE      0u  /* the root is nobody's child */
#define NO_ROUTE     UINT16_MAX
#define N_METHODS    (HTTP_OPTIONS + 1u)
#define MAX_NODES    UINT16_MAX

struct node {
	struct str literal; /* the segment that leads here; of a parameter: absent */
	uint16_t first;     /* literal children: r->literals[first .. first + n_literals), sorted */
	uint16_t n_literals;
	uint16_t param;      /* the parameter child, or NO_NODE */
	uint16_t end;        /* index into r->ends, or NO_ROUTE when no template stops here */
	uint16_t n_children; /* while building */
	uint16_t parent;
};

/* The routes of one template, by method. */
struct end {
	uint16_t route[N_METHODS];
	char *allow;
	size_t allow_len;
};

struct router {
	const struct route *routes;
	struct node *nodes;
	size_t n_nodes;
	struct end *ends;
	size_t n_ends;
	uint16_t *literals;
};

static bool is_param(struct str segment)
{
	return segment.len > 2 && segment.ptr[0] == '{' && segment.ptr[segment.len - 1] == '}';
}

static void assert_segment(struct str segment)
{
	bool param = is_param(segment);

	for (size_t i = 0; i < segment.len; i++) {
		char c = segment.ptr[i];
		bool brace = c == '{' || c == '}';

		assert((unsigned char)c > ' ' && (unsigned char)c < 127 && c != '%' && c != '?' && c != '#');
		assert(!brace || (param && (i == 0 || i == segment.len - 1)));
	}
}

/* The child of `parent` for `segment`, made when it is not there. Building is quadratic in the table; matching is not.
 */
static uint16_t child_of(struct router *r, uint16_t parent, struct str segment)
{
	struct str literal = is_param(segment) ? STR_NONE : segment;
	struct node *n;

	for (size_t i = 1; i < r->n_nodes; i++)
		if (r->nodes[i].parent == parent && str_is_absent(r->nodes[i].literal) == str_is_absent(literal) &&
		    str_eq(r->nodes[i].literal, literal))
			return (uint16_t)i;
	assert(r->n_nodes < MAX_NODES);
	n = &r->nodes[r->n_nodes];
	*n = (struct node){.literal = literal, .parent = parent, .end = NO_ROUTE};
	if (str_is_absent(literal))
		r->nodes[parent].param = (uint16_t)r->n_nodes;
	else
		r->nodes[parent].n_children++;
	return (uint16_t)r->n_nodes++;
}

static void add_route(struct router *r, size_t index)
{
	const struct route *route = &r->routes[index];
	struct str rest = str_of(route->path), segment;
	size_t n_segments = 0, n_params = 0;
	uint16_t at = 0;
	struct end *end;

	assert(rest.len > 0 && rest.ptr[0] == '/' && route->method > HTTP_OTHER && route->method < N_METHODS);
	rest = str_slice(rest, 1, rest.len);
	while (str_split(&rest, '/', &segment)) {
		assert_segment(segment);
		n_params += is_param(segment);
		n_segments++;
		at = child_of(r, at, segment);
	}
	assert(n_segments <= MAX_SEGMENTS && n_params <= ROUTER_MAX_PARAMS);
	if (r->nodes[at].end == NO_ROUTE) {
		r->nodes[at].end = (uint16_t)r->n_ends;
		end = &r->ends[r->n_ends++];
		for (size_t m = 0; m < N_METHODS; m++)
			end->route[m] = NO_ROUTE;
	}
	end = &r->ends[r->nodes[at].end];
	assert(end->route[route->method] == NO_ROUTE);
	end->route[route->method] = (uint16_t)index;
}

/* Gathers the literal children of every node, sorted, so that matching is a binary search. */
static void sort_literals(struct router *r)
{
	size_t at = 0;

	for (size_t i = 0; i < r->n_nodes; i++) {
		r->nodes[i].first = (uint16_t)at;
		at += r->nodes[i].n_children;
	}
	for (size_t i = 1; i < r->n_nodes; i++) {
		struct node *parent = &r->nodes[r->nodes[i].parent];
		size_t slot;

		if (str_is_absent(r->nodes[i].literal))
			continue;
		slot = parent->first + parent->n_literals++;
		for (; slot > parent->first; slot--) {
			if (str_cmp(r->nodes[r->literals[slot - 1]].literal, r->nodes[i].literal) <= 0)
				break;
			r->literals[slot] = r->literals[slot - 1];
		}
		r->literals[slot] = (uint16_t)i;
	}
}

static void write_allow(const struct router *r, struct end *end)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(256);
	uint16_t order[N_METHODS];
	size_t n = 0;

	/* Table order: insertion sort of the handful of routes by their index. */
	for (size_t m = 0; m < N_METHODS; m++) {
		size_t slot = n;

		if (end->route[m] == NO_ROUTE)
			continue;
		for (; slot > 0 && order[slot - 1] > end->route[m]; slot--)
			order[slot] = order[slot - 1];
		order[slot] = end->route[m];
		n++;
	}
	for (size_t i = 0; i < n; i++) {
		enum http_method m = r->routes[order[i]].method;

		if (i)
			buf_add(&text, STR(", "));
		buf_add(&text, http_method_name(m));
		if (m == HTTP_GET && end->route[HTTP_HEAD] == NO_ROUTE)
			buf_add(&text, STR(", HEAD"));
	}
	end->allow = str_dup_cstr(buf_str(&text));
	end->allow_len = text.len;
}

static size_t count_segments(const struct route *routes, size_t n_routes)
{
	size_t n = 1;

	for (size_t i = 0; i < n_routes; i++)
		for (const char *p = routes[i].path; *p; p++)
			n += *p == '/';
	return n;
}

struct router *router_new(const struct route *routes, size_t n_routes)
{
	struct router *r = mem_calloc(1, sizeof(*r));
	size_t most = count_segments(routes, n_routes);

	assert(n_routes < NO_ROUTE);
	r->routes = routes;
	r->nodes = mem_calloc(most, sizeof(*r->nodes));
	r->ends = mem_calloc(n_routes, sizeof(*r->ends));
	r->literals = mem_calloc(most, sizeof(*r->literals));
	r->n_nodes = 1;
	r->nodes[0].end = NO_ROUTE;
	for (size_t i = 0; i < n_routes; i++)
		add_route(r, i);
	sort_literals(r);
	for (size_t i = 0; i < r->n_ends; i++)
		write_allow(r, &r->ends[i]);
	return r;
}

void router_free(struct router *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n_ends; i++)
		free(r->ends[i].allow);
	free(r->ends);
	free(r->nodes);
	free(r->literals);
	free(r);
}

static uint16_t find_literal(const struct router *r, const struct node *n, struct str segment)
{
	size_t low = n->first, high = low + n->n_literals;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = str_cmp(r->nodes[r->literals[mid]].literal, segment);

		if (c == 0)
			return r->literals[mid];
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NO_NODE;
}

/* A parameter that was passed by in favour of a literal. */
struct waiting {
	uint16_t node;
	uint16_t depth;
	uint16_t n_params;
};

struct walk {
	struct str segments[MAX_SEGMENTS];
	size_t n_segments;
	struct waiting waiting[MAX_SEGMENTS];
	size_t n_waiting;
	struct str params[ROUTER_MAX_PARAMS]; /* as sent */
	size_t n_params;
};

/* True when the path is short enough for any template; an empty first segment is the path "/". */
static bool split_path(struct walk *w, struct str path)
{
	struct str rest;

	if (path.len == 0 || path.ptr[0] != '/')
		return false;
	rest = str_slice(path, 1, path.len);
	while (!str_is_absent(rest)) {
		if (w->n_segments == MAX_SEGMENTS)
			return false;
		if (!str_split(&rest, '/', &w->segments[w->n_segments++]))
			return false;
	}
	return true;
}

/* One segment further down from `at`; NO_NODE for a dead end. */
static uint16_t step(const struct router *r, struct walk *w, uint16_t at, size_t depth)
{
	struct str segment = w->segments[depth];
	uint16_t literal = find_literal(r, &r->nodes[at], segment);
	uint16_t param = str_is_empty(segment) ? (uint16_t)NO_NODE : r->nodes[at].param;

	if (literal != NO_NODE) {
		if (param != NO_NODE)
			w->waiting[w->n_waiting++] = (struct waiting){param, (uint16_t)depth, (uint16_t)w->n_params};
		return literal;
	}
	if (param != NO_NODE)
		w->params[w->n_params++] = segment;
	return param;
}

/* Follows the path down from `*at`; the template end it reaches, or NULL for a dead end. */
static const struct end *descend(const struct router *r, struct walk *w, uint16_t at, size_t depth)
{
	for (; depth < w->n_segments; depth++) {
		at = step(r, w, at, depth);
		if (at == NO_NODE)
			return NULL;
	}
	return r->nodes[at].end == NO_ROUTE ? NULL : &r->ends[r->nodes[at].end];
}

/* Takes the parameter that was passed by last, which is the deepest; false when there is none left. */
static bool back_up(struct walk *w, uint16_t *ret_at, size_t *ret_depth)
{
	struct waiting back;

	if (w->n_waiting == 0)
		return false;
	back = w->waiting[--w->n_waiting];
	w->n_params = back.n_params;
	w->params[w->n_params++] = w->segments[back.depth];
	*ret_at = back.node;
	*ret_depth = back.depth + 1u;
	return true;
}

static uint16_t route_for(const struct end *end, enum http_method method)
{
	uint16_t route = method > HTTP_OTHER && method < N_METHODS ? end->route[method] : NO_ROUTE;

	if (route == NO_ROUTE && method == HTTP_HEAD)
		route = end->route[HTTP_GET];
	return route;
}

static enum router_result decode_params(const struct walk *w, struct arena *a, struct router_match *m)
{
	for (size_t i = 0; i < w->n_params; i++)
		if (!http_percent_decode(a, w->params[i], &m->params[i]))
			return ROUTE_BAD_PATH;
	m->n_params = w->n_params;
	return ROUTE_FOUND;
}

/*
 * A template without the method gives way to a less literal one that has it, so that GET /policies/search is a policy
 * named "search" where only POST /policies/search is a route. Every node is visited at most once.
 */
enum router_result router_match(const struct router *r, enum http_method method, struct str path, struct arena *a,
                                struct router_match *ret_match)
{
	struct walk w;
	const struct end *best = NULL;
	size_t depth = 0;
	uint16_t at = 0;

	w.n_segments = w.n_waiting = w.n_params = 0;
	*ret_match = (struct router_match){0};
	if (!split_path(&w, path))
		return ROUTE_NOT_FOUND;
	do {
		const struct end *end = descend(r, &w, at, depth);
		uint16_t route = end ? route_for(end, method) : NO_ROUTE;

		if (route != NO_ROUTE) {
			ret_match->route = &r->routes[route];
			return decode_params(&w, a, ret_match);
		}
		best = best ? best : end;
	} while (back_up(&w, &at, &depth));
	if (!best)
		return ROUTE_NOT_FOUND;
	ret_match->allow = (struct str){best->allow, best->allow_len};
	return ROUTE_METHOD_NOT_ALLOWED;
}
