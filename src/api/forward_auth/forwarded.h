#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The request that a proxy asks about, as it was made to the proxy.
 *
 * Whoever makes it wants us to read it otherwise than the server that will answer it. So nothing is repaired: what two
 * programs could read in two ways is no request that can be asked about. Of a path that is
 *
 *   anything but '/' and the characters of RFC 3986's pchar, without ';' (path parameters are cut off by some servers)
 *   an empty segment, but for the last one; "." and "..", escaped or not
 *   an escape that is malformed, or of '/', '\', '%', ';', '?', '#', a control character, or no UTF-8
 *   longer than FORWARDED_MAX_URI_BYTES with its query
 *
 * and of headers: the proxy's must be there exactly once, and any other header by which some program would read
 * another method or path must say the same. Pure; any thread.
 */
#include "http/http.h"

#define FORWARDED_MAX_URI_BYTES  4096u
#define FORWARDED_MAX_HOST_BYTES 255u
#define FORWARD_PREFIX           "/doorward/v1/forward-auth"

/* How a proxy says what it was asked; zero is none, which no request can come from. */
enum forward_proxy {
	FORWARD_NONE,
	FORWARD_NGINX,   /* X-Original-Method, X-Original-URI, X-Original-Host */
	FORWARD_CADDY,   /* X-Forwarded-Method, X-Forwarded-Uri, X-Forwarded-Host */
	FORWARD_TRAEFIK, /* the same */
	FORWARD_ENVOY,   /* the method itself, the path behind FORWARD_PREFIX, Host */
};

struct forwarded {
	enum http_method method;
	struct str host;    /* in lower case, without port; absent: not said */
	struct str path;    /* as sent, without the query */
	struct str decoded; /* the path with its escapes decoded; the same as `path` when it has none */
};

/* NULL and the request; or what is wrong with it, for a person. */
const char *forwarded_read(struct http_exchange *x, enum forward_proxy proxy, struct forwarded *ret) MUST_USE;

/* The parts of that: a URI in origin form to path and decoded; the text of a Host header to a host. */
const char *forwarded_judge_uri(struct str uri, struct arena *a, struct forwarded *ret) MUST_USE;
const char *forwarded_judge_host(struct str host, struct arena *a, struct forwarded *ret) MUST_USE;
/* A character that may stand in a path as it is; '/' is none. */
bool forwarded_is_path_char(char c);
