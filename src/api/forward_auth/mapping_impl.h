#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Between mapping_read.c, which fills this from the file, and mapping.c, which matches by it.
 */
#include "api/forward_auth/mapping.h"
#include "http/router.h"

/* Text with parameters of the path in it. */
struct forward_text {
	struct str parts[2 * ROUTER_MAX_PARAMS + 1]; /* literal, parameter's name, literal, … */
	uint8_t param[2 * ROUTER_MAX_PARAMS + 1];    /* of every odd part: which one it is */
	size_t n_parts;
};

struct forward_property {
	struct str name;
	struct forward_text value;
};

struct forward_route {
	unsigned line;
	struct str host;  /* in lower case; absent: any */
	unsigned methods; /* 1u << http_method */
	struct str path;  /* NUL behind it */
	struct str params[ROUTER_MAX_PARAMS];
	size_t n_params;
	struct str shape; /* the path with parameters' names left out: equal shapes match the same paths */
	struct str action, type;
	struct forward_text id;
	struct forward_property properties[FORWARD_MAX_PROPERTIES];
	size_t n_properties;
};

/* The routes of one host, or of any. */
struct forward_site {
	struct str host;
	struct route *routes;
	size_t n_routes;
	struct router *router;
};

struct forward_mapping {
	struct arena arena; /* all below, but for the routers */
	struct forward_settings settings;
	struct forward_route *routes;
	size_t n_routes, cap_routes;
	struct forward_site *sites; /* sorted by host: any host, which is absent, first */
	size_t n_sites;
};

/* Once all routes are there and checked. */
void forward_mapping_compile(struct forward_mapping *m);
