#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * AuthZEN's searches over HTTP: /access/v1/search/….
 */
#include "api/api.h"

#define PATH_SEARCH_SUBJECT  "/access/v1/search/subject"
#define PATH_SEARCH_RESOURCE "/access/v1/search/resource"
#define PATH_SEARCH_ACTION   "/access/v1/search/action"

extern const struct api_route_table authzen_search_routes;
