/* SPDX-License-Identifier: Apache-2.0 */
#include "api/confident/confident.h"

const struct api_route_table confident_organization_routes = {NULL, 0};
