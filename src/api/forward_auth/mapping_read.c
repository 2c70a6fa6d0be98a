/* SPDX-License-Identifier: Apache-2.0
 *
 * From the file to a mapping: tables of what may stand where, and what is checked beyond its form. Whatever the router
 * asserts was made sure of here before.
 */
#include "api/forward_auth/mapping_impl.h"
#include "api/forward_auth/yaml_reader.h"
#include "model/validate.h"

#define MAX_SEGMENTS    24u /* the router's limit */
#define MAX_NAME_BYTES  32u
#define MAX_TEXT_BYTES  256u
#define ALLOWED_STATUS  200u
#define DEFAULT_ANSWER  "X-Doorward-User"
#define IDENTITY_BEARER "bearer"
#define IDENTITY_HEADER "header"

/* The file while it is read. */
struct reading {
	struct forward_mapping *m;
	struct str identity;
	struct forward_route *route; /* being read */
	struct str id;               /* of its resource, placeholders not looked at yet */
	struct str values[FORWARD_MAX_PROPERTIES];
};

/* ---- the settings -------------------------------------------------------------------------------------- */

static bool read_proxy(struct yaml_reader *r, const char *name, void *ctx)
{
	static const struct {
		const char *name;
		enum forward_proxy proxy;
	} proxies[] = {
	    {"nginx", FORWARD_NGINX},
	    {"caddy", FORWARD_CADDY},
	    {"traefik", FORWARD_TRAEFIK},
	    {"envoy", FORWARD_ENVOY},
	};
	struct reading *in = ctx;
	unsigned line = yaml_line(r);
	struct str value;

	if (!yaml_read_text(r, name, &value))
		return false;
	for (size_t i = 0; i < N_ELEMENTS(proxies); i++) {
		if (str_eq(value, str_of(proxies[i].name))) {
			in->m->settings.proxy = proxies[i].proxy;
			return true;
		}
	}
	return yaml_fail(r, line, "proxy \"" STR_FMT "\" is none of nginx, caddy, traefik and envoy", STR_ARG(value));
}

static bool read_identity(struct yaml_reader *r, const char *name, void *ctx)
{
	struct reading *in = ctx;
	unsigned line = yaml_line(r);

	if (!yaml_read_text(r, name, &in->identity))
		return false;
	return str_eq(in->identity, STR(IDENTITY_BEARER)) || str_eq(in->identity, STR(IDENTITY_HEADER)) ||
	       yaml_fail(r, line, "identity \"" STR_FMT "\" is neither bearer nor header", STR_ARG(in->identity));
}

/* A header of the application's own. Underscores are left out: some servers cannot tell them from hyphens. */
static bool read_header_name(struct yaml_reader *r, const char *name, struct str *ret)
{
	unsigned line = yaml_line(r);

	if (!yaml_read_text(r, name, ret))
		return false;
	for (size_t i = 0; i < ret->len; i++) {
		char c = ret->ptr[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '-')
			return yaml_fail(r, line, "%s \"" STR_FMT "\" is not the name of a header", name,
			                 STR_ARG(*ret));
	}
	return str_starts_with(*ret, STR("X-")) ||
	       yaml_fail(r, line, "%s \"" STR_FMT "\" does not begin with X-", name, STR_ARG(*ret));
}

static bool read_identity_header(struct yaml_reader *r, const char *name, void *ctx)
{
	return read_header_name(r, name, &((struct reading *)ctx)->m->settings.identity_header);
}

static bool read_answer_header(struct yaml_reader *r, const char *name, void *ctx)
{
	return read_header_name(r, name, &((struct reading *)ctx)->m->settings.answer_header);
}

static bool read_status(struct yaml_reader *r, const char *name, void *ctx)
{
	struct reading *in = ctx;
	unsigned line = yaml_line(r);
	struct str value;

	if (!yaml_read_text(r, name, &value))
		return false;
	in->m->settings.allow_status = str_eq(value, STR("204")) ? 204 : ALLOWED_STATUS;
	return str_eq(value, STR("204")) || str_eq(value, STR("200")) ||
	       yaml_fail(r, line, "%s must be 200 or 204", name);
}

static bool read_explain(struct yaml_reader *r, const char *name, void *ctx)
{
	struct reading *in = ctx;
	unsigned line = yaml_line(r);
	struct str value;

	if (!yaml_read_text(r, name, &value))
		return false;
	in->m->settings.explains = str_eq(value, STR("true"));
	return in->m->settings.explains || str_eq(value, STR("false")) ||
	       yaml_fail(r, line, "%s must be true or false", name);
}

/* ---- a path -------------------------------------------------------------------------------------------- */

static bool is_name(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!(s.ptr[i] >= 'a' && s.ptr[i] <= 'z') && s.ptr[i] != '_' &&
		    !(i > 0 && s.ptr[i] >= '0' && s.ptr[i] <= '9'))
			return false;
	return s.len > 0 && s.len <= MAX_NAME_BYTES;
}

static bool is_literal(struct str segment)
{
	for (size_t i = 0; i < segment.len; i++)
		if (!forwarded_is_path_char(segment.ptr[i]))
			return false;
	return segment.len > 0 && !str_eq(segment, STR(".")) && !str_eq(segment, STR(".."));
}

static bool has_param(const struct forward_route *route, struct str name)
{
	return str_list_has((struct str_list){route->params, route->n_params}, name);
}

/* NULL, or what is wrong with the segment. */
static const char *add_segment(struct forward_route *route, struct str segment, bool is_last, struct buf *shape)
{
	struct str name;

	buf_add_char(shape, '/');
	if (str_is_empty(segment))
		return is_last ? NULL : "an empty segment";
	if (segment.ptr[0] != '{') {
		buf_add(shape, segment);
		return is_literal(segment) ? NULL : "a segment that is neither {name} nor characters of a path";
	}
	buf_add(shape, STR("{}"));
	name = str_slice(segment, 1, segment.len - 1);
	if (segment.ptr[segment.len - 1] != '}' || !is_name(name))
		return "a parameter that is not {name}, of lower-case letters, digits and _";
	if (has_param(route, name))
		return "the same parameter twice";
	if (route->n_params == ROUTER_MAX_PARAMS)
		return "too many parameters";
	route->params[route->n_params++] = name;
	return NULL;
}

static bool read_path(struct yaml_reader *r, const char *name, void *ctx)
{
	struct forward_route *route = ((struct reading *)ctx)->route;
	CLEANUP(buf_releasep) struct buf shape = BUF_INIT(BUF_MAX_LINE_BYTES);
	unsigned line = yaml_line(r);
	const char *bad = NULL;
	struct str rest, segment;
	size_t n = 0;

	if (!yaml_read_text(r, name, &route->path))
		return false;
	if (route->path.ptr[0] != '/' || route->path.len > FORWARDED_MAX_URI_BYTES)
		return yaml_fail(r, line, "%s must begin with \"/\" and be no longer than a URI", name);
	rest = str_slice(route->path, 1, route->path.len);
	while (!bad && str_split(&rest, '/', &segment))
		bad =
		    ++n > MAX_SEGMENTS ? "too many segments" : add_segment(route, segment, str_is_absent(rest), &shape);
	if (bad)
		return yaml_fail(r, line, "the path \"" STR_FMT "\" has %s", STR_ARG(route->path), bad);
	route->shape = arena_str(r->arena, buf_str(&shape));
	return true;
}

/* ---- text with parameters ------------------------------------------------------------------------------ */

static bool find_param(const struct forward_route *route, struct str name, uint8_t *ret)
{
	for (size_t i = 0; i < route->n_params; i++) {
		if (str_eq(route->params[i], name)) {
			*ret = (uint8_t)i;
			return true;
		}
	}
	return false;
}

/* The first '{' or '}'. */
static size_t find_brace(struct str s)
{
	size_t open = str_find(s, '{', 0), close = str_find(s, '}', 0);

	return open < close ? open : close;
}

/*
 * "a{x}b{y}" into parts. Between two parameters stands a '/': they never hold one, so that two paths which are about
 * different things do not come out as the same text.
 */
static const char *split_text(const struct forward_route *route, struct str s, struct forward_text *ret)
{
	for (;;) {
		size_t open = find_brace(s), close;
		struct str literal = str_slice(s, 0, open);

		if (ret->n_parts > 0 && open != SIZE_MAX && str_find(literal, '/', 0) == SIZE_MAX)
			return "two parameters without a \"/\" between them";
		ret->parts[ret->n_parts++] = literal;
		if (open == SIZE_MAX)
			return NULL;
		close = str_find(s, '}', open);
		if (s.ptr[open] == '}' || close == SIZE_MAX)
			return "a brace without its other half";
		if (ret->n_parts + 2 > N_ELEMENTS(ret->parts))
			return "too many parameters";
		if (!find_param(route, str_slice(s, open + 1, close), &ret->param[ret->n_parts]))
			return "a parameter that the path has not";
		ret->parts[ret->n_parts++] = str_slice(s, open, close + 1);
		s = str_slice(s, close + 1, s.len);
	}
}

static bool read_template(struct yaml_reader *r, const struct forward_route *route, struct str s,
                          struct forward_text *ret)
{
	const char *bad = s.len > MAX_TEXT_BYTES ? "too many characters" : split_text(route, s, ret);

	return !bad || yaml_fail(r, route->line, "\"" STR_FMT "\" of the route " STR_FMT " has %s", STR_ARG(s),
	                         STR_ARG(route->path), bad);
}

/* ---- a resource ---------------------------------------------------------------------------------------- */

static bool read_type(struct yaml_reader *r, const char *name, void *ctx)
{
	struct forward_route *route = ((struct reading *)ctx)->route;
	unsigned line = yaml_line(r);

	if (!yaml_read_text(r, name, &route->type))
		return false;
	return valid_resource_type(route->type) ||
	       yaml_fail(r, line, "\"" STR_FMT "\" is not a type of resource", STR_ARG(route->type));
}

static bool read_id(struct yaml_reader *r, const char *name, void *ctx)
{
	return yaml_read_text(r, name, &((struct reading *)ctx)->id);
}

static bool take_property(struct yaml_reader *r, struct str name, struct str value, void *ctx)
{
	struct reading *in = ctx;
	struct forward_route *route = in->route;

	for (size_t i = 0; i < route->n_properties; i++)
		if (str_eq(route->properties[i].name, name))
			return yaml_fail(r, yaml_line(r), "the property \"" STR_FMT "\" is there twice", STR_ARG(name));
	if (route->n_properties == FORWARD_MAX_PROPERTIES)
		return yaml_fail(r, yaml_line(r), "more than %u properties", FORWARD_MAX_PROPERTIES);
	/* Of another type than text in a question; it would make every one of this route malformed. */
	if (str_eq(name, STR("tenants")) || str_eq(name, STR("tags")))
		return yaml_fail(r, yaml_line(r), "the property \"" STR_FMT "\" cannot be said in a mapping",
		                 STR_ARG(name));
	in->values[route->n_properties] = value;
	route->properties[route->n_properties++].name = name;
	return true;
}

static bool read_tenant(struct yaml_reader *r, const char *name, void *ctx)
{
	struct str value;

	return yaml_read_text(r, name, &value) && take_property(r, STR("tenant"), value, ctx);
}

static bool read_properties(struct yaml_reader *r, const char *name, void *ctx)
{
	return yaml_read_pairs(r, name, take_property, ctx);
}

static bool read_resource(struct yaml_reader *r, const char *name UNUSED, void *ctx)
{
	static const struct yaml_field items[] = {
	    {"type", true, read_type},
	    {"id", false, read_id},
	    {"tenant", false, read_tenant},
	    {"properties", false, read_properties},
	};
	static const struct yaml_fields fields = {"a resource", items, N_ELEMENTS(items)};

	return yaml_read_fields(r, &fields, ctx);
}

/* ---- a route ------------------------------------------------------------------------------------------- */

static bool read_host(struct yaml_reader *r, const char *name, void *ctx)
{
	struct forward_route *route = ((struct reading *)ctx)->route;
	unsigned line = yaml_line(r);
	struct forwarded f = {0};
	struct str value;

	if (!yaml_read_text(r, name, &value))
		return false;
	if (forwarded_judge_host(value, r->arena, &f) || f.host.len != value.len)
		return yaml_fail(r, line, "host \"" STR_FMT "\" is not the name of a host, without a port",
		                 STR_ARG(value));
	route->host = f.host;
	return true;
}

static bool take_method(struct yaml_reader *r, struct str value, void *ctx)
{
	static const enum http_method methods[] = {
#define X(name) HTTP_##name,
	    HTTP_METHODS(X)
#undef X
	};
	struct forward_route *route = ((struct reading *)ctx)->route;
	unsigned found = 0;

	for (size_t i = 0; i < N_ELEMENTS(methods); i++)
		if (str_eq(value, STR("*")) || str_eq(value, http_method_name(methods[i])))
			found |= 1u << methods[i];
	if (!found)
		return yaml_fail(r, yaml_line(r),
		                 "method \"" STR_FMT "\" is none of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS and *",
		                 STR_ARG(value));
	if (route->methods & found)
		return yaml_fail(r, yaml_line(r), "the method " STR_FMT " is there twice", STR_ARG(value));
	route->methods |= found;
	return true;
}

static bool read_method(struct yaml_reader *r, const char *name, void *ctx)
{
	return yaml_read_texts(r, name, take_method, ctx);
}

static bool read_action(struct yaml_reader *r, const char *name, void *ctx)
{
	struct forward_route *route = ((struct reading *)ctx)->route;
	unsigned line = yaml_line(r);

	if (!yaml_read_text(r, name, &route->action))
		return false;
	return (str_find(route->action, '*', 0) == SIZE_MAX && find_brace(route->action) == SIZE_MAX) ||
	       yaml_fail(r, line, "action \"" STR_FMT "\" is not one action", STR_ARG(route->action));
}

/* Once the path is known, wherever in the route it stood. */
static bool finish_route(struct yaml_reader *r, struct reading *in)
{
	struct forward_route *route = in->route;

	if (!route->methods)
		return yaml_fail(r, route->line, "the route has no method");
	for (size_t i = 0; i < route->n_properties; i++)
		if (!read_template(r, route, in->values[i], &route->properties[i].value))
			return false;
	return read_template(r, route, in->id, &route->id);
}

static bool is_doubled(const struct forward_route *a, const struct forward_route *b)
{
	return (a->methods & b->methods) && str_eq(a->host, b->host) && str_eq(a->shape, b->shape);
}

static bool read_route(struct yaml_reader *r, void *ctx)
{
	static const struct yaml_field items[] = {
	    {"host", false, read_host},    {"method", true, read_method},     {"path", true, read_path},
	    {"action", true, read_action}, {"resource", true, read_resource},
	};
	static const struct yaml_fields fields = {"a route", items, N_ELEMENTS(items)};
	struct reading *in = ctx;
	struct forward_mapping *m = in->m;

	if (m->n_routes == FORWARD_MAX_ROUTES)
		return yaml_fail(r, yaml_line(r), "more than %u routes", FORWARD_MAX_ROUTES);
	ARENA_ROOM(&m->arena, m->routes, m->n_routes, &m->cap_routes);
	in->route = &m->routes[m->n_routes];
	in->id = STR(""); /* the type alone */
	*in->route = (struct forward_route){.line = yaml_line(r)};
	if (!yaml_read_fields(r, &fields, in) || !finish_route(r, in))
		return false;
	for (size_t i = 0; i < m->n_routes; i++)
		if (is_doubled(&m->routes[i], in->route))
			return yaml_fail(r, in->route->line, "the route " STR_FMT " is the same as that of line %u",
			                 STR_ARG(in->route->path), m->routes[i].line);
	m->n_routes++;
	return true;
}

static bool read_routes(struct yaml_reader *r, const char *name, void *ctx)
{
	return yaml_read_list(r, name, read_route, ctx);
}

/* ---- the file ------------------------------------------------------------------------------------------ */

/* What one field alone cannot say. */
static bool check_together(struct yaml_reader *r, const struct reading *in)
{
	const struct forward_settings *s = &in->m->settings;
	bool by_header = str_eq(in->identity, STR(IDENTITY_HEADER));

	if (by_header != !str_is_absent(s->identity_header))
		return yaml_fail(r, 1,
		                 by_header ? "identity: header needs \"identity_header\""
		                           : "\"identity_header\" belongs to identity: header");
	if (s->proxy == FORWARD_ENVOY && s->allow_status != ALLOWED_STATUS)
		return yaml_fail(r, 1, "Envoy lets pass on 200 only: \"allow_status\" must be 200");
	return in->m->n_routes > 0 || yaml_fail(r, 1, "\"routes\" is empty: everything would be denied");
}

static bool read_file(struct yaml_reader *r, struct reading *in)
{
	static const struct yaml_field items[] = {
	    {"proxy", true, read_proxy},
	    {"identity", true, read_identity},
	    {"identity_header", false, read_identity_header},
	    {"answer_header", false, read_answer_header},
	    {"allow_status", false, read_status},
	    {"explain", false, read_explain},
	    {"routes", true, read_routes},
	};
	static const struct yaml_fields fields = {"the mapping", items, N_ELEMENTS(items)};

	return yaml_read_fields(r, &fields, in) && yaml_reader_end(r) && check_together(r, in);
}

bool forward_mapping_parse(struct str text, struct forward_mapping **ret_mapping, struct error *err)
{
	struct forward_mapping *m;
	struct reading in = {0};
	struct yaml_reader r;
	bool ok;

	if (text.len > FORWARD_MAX_FILE_BYTES) {
		(void)error_set(err, 1, "the file is larger than %zu bytes", FORWARD_MAX_FILE_BYTES);
		return false;
	}
	m = mem_calloc(1, sizeof(*m));
	m->settings = (struct forward_settings){.answer_header = STR(DEFAULT_ANSWER), .allow_status = ALLOWED_STATUS};
	in.m = m;
	ok = yaml_reader_init(&r, text, &m->arena, err) && read_file(&r, &in);
	yaml_reader_release(&r);
	if (!ok) {
		forward_mapping_free(m);
		return false;
	}
	forward_mapping_compile(m);
	*ret_mapping = m;
	return true;
}
