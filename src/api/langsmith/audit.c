/* SPDX-License-Identifier: Apache-2.0 */
#include "api/langsmith/langsmith.h"

const struct api_route_table langsmith_audit_routes = {NULL, 0};
