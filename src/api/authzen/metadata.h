#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * AuthZEN's metadata: where the endpoints are, signed by the installation.
 */
#include "api/api.h"

#define PATH_METADATA    "/.well-known/authzen-configuration"
#define PATH_EVALUATION  "/access/v1/evaluation"
#define PATH_EVALUATIONS "/access/v1/evaluations"

extern const struct api_route_table authzen_metadata_routes;
