/* SPDX-License-Identifier: Apache-2.0 */
#include "api/forward_auth/mapping_impl.h"
#include "model/kinds.h"

/* ---- building ------------------------------------------------------------------------------------------ */

static int site_cmp(const void *a, const void *b)
{
	return str_cmp(((const struct forward_site *)a)->host, ((const struct forward_site *)b)->host);
}

static struct forward_site *site_of(struct forward_mapping *m, struct str host)
{
	for (size_t i = 0; i < m->n_sites; i++)
		if (str_eq(m->sites[i].host, host))
			return &m->sites[i];
	m->sites[m->n_sites] = (struct forward_site){.host = host};
	return &m->sites[m->n_sites++];
}

static size_t count_methods(const struct forward_route *r)
{
	return (size_t)__builtin_popcount(r->methods);
}

static void add_to_site(struct forward_site *site, const struct forward_route *r)
{
	for (unsigned m = HTTP_OTHER + 1; m <= HTTP_OPTIONS; m++)
		if (r->methods & 1u << m)
			site->routes[site->n_routes++] = (struct route){(enum http_method)m, r->path.ptr, r};
}

void forward_mapping_compile(struct forward_mapping *m)
{
	m->sites = ARENA_ARRAY(&m->arena, struct forward_site, m->n_routes + 1);
	for (size_t i = 0; i < m->n_routes; i++)
		site_of(m, m->routes[i].host)->n_routes += count_methods(&m->routes[i]);
	qsort(m->sites, m->n_sites, sizeof(*m->sites), site_cmp);
	for (size_t i = 0; i < m->n_sites; i++) {
		m->sites[i].routes = ARENA_ARRAY(&m->arena, struct route, m->sites[i].n_routes);
		m->sites[i].n_routes = 0;
	}
	for (size_t i = 0; i < m->n_routes; i++)
		add_to_site(site_of(m, m->routes[i].host), &m->routes[i]);
	for (size_t i = 0; i < m->n_sites; i++)
		m->sites[i].router = router_new(m->sites[i].routes, m->sites[i].n_routes);
}

void forward_mapping_free(struct forward_mapping *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->n_sites; i++)
		router_free(m->sites[i].router);
	arena_release(&m->arena);
	free(m);
}

const struct forward_settings *forward_mapping_settings(const struct forward_mapping *m)
{
	return &m->settings;
}

/* ---- matching ------------------------------------------------------------------------------------------ */

static const struct forward_site *find_site(const struct forward_mapping *m, struct str host)
{
	const struct forward_site wanted = {.host = host};

	return m->n_sites ? bsearch(&wanted, m->sites, m->n_sites, sizeof(*m->sites), site_cmp) : NULL;
}

/* On the site of the host, then on that of any. False: on neither. */
static bool find_route(const struct forward_mapping *m, const struct forwarded *f, struct str path, struct arena *a,
                       struct router_match *ret)
{
	const struct forward_site *own = str_is_absent(f->host) ? NULL : find_site(m, f->host);
	const struct forward_site *any = find_site(m, STR_NONE);

	if (own && router_match(own->router, f->method, path, a, ret) == ROUTE_FOUND)
		return true;
	return any && router_match(any->router, f->method, path, a, ret) == ROUTE_FOUND;
}

static bool is_same(const struct router_match *a, const struct router_match *b)
{
	if (a->route->target != b->route->target || a->n_params != b->n_params)
		return false;
	for (size_t i = 0; i < a->n_params; i++)
		if (!str_eq(a->params[i], b->params[i]))
			return false;
	return true;
}

static struct json text_of(struct str s)
{
	return (struct json){.type = JSON_STRING, .s = s};
}

static struct json fill_in(const struct forward_text *t, const struct router_match *match, struct arena *a)
{
	size_t len = 0;
	char *text, *at;

	if (t->n_parts == 1)
		return text_of(t->parts[0]);
	for (size_t i = 0; i < t->n_parts; i++)
		len += i % 2 ? match->params[t->param[i]].len : t->parts[i].len;
	at = text = arena_alloc(a, len + 1);
	for (size_t i = 0; i < t->n_parts; i++) {
		struct str part = i % 2 ? match->params[t->param[i]] : t->parts[i];

		if (part.len)
			memcpy(at, part.ptr, part.len);
		at += part.len;
	}
	return text_of((struct str){text, len});
}

static struct json properties_of(const struct forward_route *r, const struct router_match *match, struct arena *a)
{
	struct json_member *members = ARENA_ARRAY(a, struct json_member, r->n_properties);

	for (size_t i = 0; i < r->n_properties; i++)
		members[i] = (struct json_member){r->properties[i].name, fill_in(&r->properties[i].value, match, a)};
	return (struct json){.type = JSON_OBJECT, .n = (uint32_t)r->n_properties, .members = members};
}

static const struct json *resource_of(const struct forward_route *r, const struct router_match *match, struct arena *a)
{
	struct json_member *members = ARENA_ARRAY(a, struct json_member, 3);
	struct json *resource = ARENA_NEW(a, struct json);

	members[0] = (struct json_member){STR("type"), text_of(r->type)};
	members[1] = (struct json_member){STR("id"), fill_in(&r->id, match, a)};
	if (r->n_properties)
		members[2] = (struct json_member){STR("properties"), properties_of(r, match, a)};
	*resource = (struct json){.type = JSON_OBJECT, .n = r->n_properties ? 3 : 2, .members = members};
	return resource;
}

/* The pseudo tenant of what belongs to none may be named by whoever writes a mapping, not by whoever writes a path. */
static bool names_pseudo_tenant(const struct forward_route *r, const struct json *resource)
{
	const struct json *properties = json_get(resource, STR("properties"));

	for (size_t i = 0; i < r->n_properties; i++)
		if (r->properties[i].value.n_parts > 1 && str_eq(r->properties[i].name, STR("tenant")))
			return str_eq(json_get_str(properties, STR("tenant")), STR(TENANT_UNASSIGNED));
	return false;
}

const char *forward_match(const struct forward_mapping *m, const struct forwarded *f, struct arena *a,
                          struct forward_question *ret)
{
	struct router_match match, decoded;
	const struct forward_route *r;
	const struct json *resource;

	if (!find_route(m, f, f->path, a, &match))
		return "no route of the mapping is about this method and path";
	if (f->decoded.ptr != f->path.ptr && (!find_route(m, f, f->decoded, a, &decoded) || !is_same(&match, &decoded)))
		return "the path is about one route as it was sent and about another one decoded";
	r = match.route->target;
	resource = resource_of(r, &match, a);
	if (names_pseudo_tenant(r, resource))
		return "the path names a tenant that is none";
	*ret = (struct forward_question){.route = r->path.ptr, .action = r->action, .resource = resource};
	return NULL;
}
