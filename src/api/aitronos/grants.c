/* SPDX-License-Identifier: Apache-2.0
 *
 * Access grants.
 */
#include "api/aitronos/aitronos.h"

const struct api_route_table aitronos_grant_routes = {NULL, 0};
