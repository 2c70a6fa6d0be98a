#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Between json.c and parse.cc only: simdjson's tape to our tree, duplicate names not yet looked for.
 */
#include "json/json.h"

int json_parse_raw(struct str text, struct arena *a, struct json *out, struct error *err) MUST_USE;
