/* SPDX-License-Identifier: Apache-2.0 */
#include "api/forward_auth/forwarded.h"

/* ---- the path ------------------------------------------------------------------------------------------ */

static bool is_alphanumeric(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

/* RFC 3986 §3.3: pchar without escapes, and without ';'. */
bool forwarded_is_path_char(char c)
{
	return is_alphanumeric(c) || is_one_of(c, "-._~!$&'()*+,=:@");
}

/* What an escape may not stand for: it would mean something else to whoever decodes once more, or not at all. */
static bool is_dangerous(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f || is_one_of(c, "/\\%;?#");
}

static const char *judge_characters(struct str path)
{
	if (path.len == 0 || path.ptr[0] != '/')
		return "the path does not begin with \"/\"";
	for (size_t i = 0; i < path.len; i++)
		if (path.ptr[i] != '/' && path.ptr[i] != '%' && !forwarded_is_path_char(path.ptr[i]))
			return "the path holds a character that has no place there";
	return NULL;
}

/* `path` is decoded: what is found here stood there escaped or not. */
static const char *judge_segments(struct str path)
{
	struct str rest = str_slice(path, 1, path.len), segment;

	while (str_split(&rest, '/', &segment)) {
		bool is_last = str_is_absent(rest);

		if (str_is_empty(segment) && !is_last)
			return "the path has an empty segment";
		if (str_eq(segment, STR(".")) || str_eq(segment, STR("..")))
			return "the path has a dot segment";
	}
	return NULL;
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static const char *judge_escapes(struct str path)
{
	for (size_t i = 0; i < path.len; i++) {
		int high, low;

		if (path.ptr[i] != '%')
			continue;
		if (path.len - i < 3)
			return "the path has a malformed escape";
		high = nibble(path.ptr[i + 1]);
		low = nibble(path.ptr[i + 2]);
		if (high < 0 || low < 0)
			return "the path has a malformed escape";
		if (is_dangerous((char)(high * 16 + low)))
			return "the path escapes a character that must not be escaped there";
		i += 2;
	}
	return NULL;
}

const char *forwarded_judge_uri(struct str uri, struct arena *a, struct forwarded *ret)
{
	struct str path = str_slice(uri, 0, str_find(uri, '?', 0)), decoded = path;
	const char *bad;

	if (uri.len > FORWARDED_MAX_URI_BYTES)
		return "the URI is too long";
	bad = judge_characters(path);
	if (!bad)
		bad = judge_escapes(path);
	if (bad)
		return bad;
	if (str_find(path, '%', 0) != SIZE_MAX && !http_percent_decode(a, path, &decoded))
		return "the path is not UTF-8";
	bad = judge_segments(decoded);
	if (bad)
		return bad;
	ret->path = path;
	ret->decoded = decoded;
	return NULL;
}

/* ---- the host ------------------------------------------------------------------------------------------ */

static bool is_port(struct str s)
{
	uint64_t port;

	return str_to_u64(s, &port) && port <= UINT16_MAX;
}

static bool is_host_char(char c, bool is_v6)
{
	return is_v6 ? nibble(c) >= 0 || is_one_of(c, ":.") : is_alphanumeric(c) || is_one_of(c, "-._");
}

/* A name, an IPv4 address, or an IPv6 address in brackets; with or without a port. */
const char *forwarded_judge_host(struct str host, struct arena *a, struct forwarded *ret)
{
	static const char bad[] = "the host is malformed";
	bool is_v6 = host.len > 2 && host.ptr[0] == '[';
	size_t end = is_v6 ? str_find(host, ']', 0) : str_find(host, ':', 0);
	struct str name;

	if (is_v6 && end == SIZE_MAX)
		return bad;
	end += is_v6; /* behind the bracket; SIZE_MAX (a name without port) stays */
	name = str_slice(host, 0, end);
	if (name.len < host.len && (host.ptr[name.len] != ':' || !is_port(str_slice(host, name.len + 1, host.len))))
		return bad;
	if (str_ends_with(name, STR("."))) /* the same host to a resolver, another to a table of hosts */
		return bad;
	if (str_is_empty(name) || name.len > FORWARDED_MAX_HOST_BYTES)
		return bad;
	for (size_t i = is_v6; i < name.len - is_v6; i++)
		if (!is_host_char(name.ptr[i], is_v6))
			return bad;
	ret->host = arena_lower_case(a, name);
	return NULL;
}

/* ---- the headers --------------------------------------------------------------------------------------- */

static enum http_method method_of(struct str text)
{
	static const enum http_method methods[] = {
#define X(name) HTTP_##name,
	    HTTP_METHODS(X)
#undef X
	};

	for (size_t i = 0; i < N_ELEMENTS(methods); i++)
		if (str_eq(text, http_method_name(methods[i])))
			return methods[i];
	return HTTP_OTHER;
}

/* A method and a URI, as text. */
struct said {
	struct str method, uri, host;
};

/*
 * Headers by which a server behind the proxy, or a proxy before it, could be told of another request than the one that
 * is being asked about. Their values must agree with it, every one of them.
 */
static const struct {
	struct str name;
	bool is_method; /* else a URI */
} rivals[] = {
    {STR_INIT("X-Original-Method"), true}, {STR_INIT("X-Forwarded-Method"), true},
    {STR_INIT("X-HTTP-Method"), true},     {STR_INIT("X-HTTP-Method-Override"), true},
    {STR_INIT("X-Method-Override"), true}, {STR_INIT("X-Original-URI"), false},
    {STR_INIT("X-Original-URL"), false},   {STR_INIT("X-Forwarded-Uri"), false},
    {STR_INIT("X-Forwarded-Path"), false}, {STR_INIT("X-Rewrite-URL"), false},
};

/* "https://host/path" to "/path": some proxies say the whole. */
static struct str without_origin(struct str uri)
{
	size_t scheme = str_starts_with(uri, STR("http://")) ? 7 : str_starts_with(uri, STR("https://")) ? 8 : 0;

	return scheme ? str_slice(uri, str_find(uri, '/', scheme), uri.len) : uri;
}

static bool agrees(const struct http_header *h, const struct said *said)
{
	for (size_t i = 0; i < N_ELEMENTS(rivals); i++) {
		if (!str_eq_nocase(h->name, rivals[i].name))
			continue;
		return rivals[i].is_method ? str_eq(h->value, said->method)
		                           : str_eq(without_origin(h->value), said->uri);
	}
	return true;
}

static const char *take_once(const struct http_exchange *x, const char *name, struct str *ret)
{
	switch (http_header_count(x, str_of(name))) {
	case 0:
		return "the proxy did not say which method and URI it is about";
	case 1:
		*ret = http_header_get(x, str_of(name));
		return NULL;
	default:
		return "a header of the proxy is there more than once";
	}
}

/* `names`: of method, URI and host. */
static const char *take_headers(const struct http_exchange *x, const char *const names[3], struct said *ret)
{
	const char *bad = NULL;

	if (!str_eq(x->path, STR(FORWARD_PREFIX)))
		return "the proxy asked at another path than " FORWARD_PREFIX;
	bad = take_once(x, names[0], &ret->method);
	if (!bad)
		bad = take_once(x, names[1], &ret->uri);
	/* Which host it was does not matter to every mapping; two of them always do. */
	if (!bad && http_header_count(x, str_of(names[2])) > 0)
		bad = take_once(x, names[2], &ret->host);
	return bad;
}

/* The proxy's request is the client's, with the path behind a prefix. */
static const char *take_itself(struct http_exchange *x, struct said *ret)
{
	const struct str prefix = STR(FORWARD_PREFIX);

	if (!str_starts_with(x->path, prefix))
		return "the proxy asked at another path than " FORWARD_PREFIX;
	ret->method = x->method_text;
	ret->uri = str_slice(x->path, prefix.len, x->path.len);
	if (!str_is_absent(x->query))
		ret->uri = arena_concat3(&x->arena, ret->uri, STR("?"), x->query);
	ret->host = http_header_get(x, STR("Host"));
	return NULL;
}

static const char *take(struct http_exchange *x, enum forward_proxy proxy, struct said *ret)
{
	static const char *const original[] = {"X-Original-Method", "X-Original-URI", "X-Original-Host"};
	static const char *const forwarded[] = {"X-Forwarded-Method", "X-Forwarded-Uri", "X-Forwarded-Host"};

	switch (proxy) {
	case FORWARD_NGINX:
		return take_headers(x, original, ret);
	case FORWARD_CADDY:
	case FORWARD_TRAEFIK:
		return take_headers(x, forwarded, ret);
	case FORWARD_ENVOY:
		return take_itself(x, ret);
	case FORWARD_NONE:
		break;
	}
	return "no proxy is configured";
}

const char *forwarded_read(struct http_exchange *x, enum forward_proxy proxy, struct forwarded *ret)
{
	struct forwarded f = {0};
	struct said said = {0};
	const char *bad = take(x, proxy, &said);

	for (size_t i = 0; !bad && i < x->n_headers; i++)
		if (!agrees(&x->headers[i], &said))
			bad = "two headers say different things about the request";
	if (!bad)
		bad = forwarded_judge_uri(said.uri, &x->arena, &f);
	if (!bad && !str_is_absent(said.host))
		bad = forwarded_judge_host(said.host, &x->arena, &f);
	if (bad)
		return bad;
	f.method = method_of(said.method);
	if (f.method == HTTP_OTHER)
		return "the method is none that can be asked about";
	*ret = f;
	return NULL;
}
