#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The mapping file of forward auth: which method and path template is which action on which resource. Its form is
 * docs/forward-auth.md's. Read and checked once, then immutable: any thread may match.
 *
 * Matching is http/router.h's, host by host: routes of the host itself before routes of any host, then a literal
 * segment before a parameter. The path is matched twice, as sent and with its escapes decoded, and both must find the
 * same route and the same parameters: an escaped letter must not lead around a route that is more literal.
 */
#include "api/forward_auth/forwarded.h"
#include "base/error.h"
#include "json/json.h"

#define FORWARD_MAX_FILE_BYTES ((size_t)1024 * 1024)
#define FORWARD_MAX_ROUTES     1000u
#define FORWARD_MAX_PROPERTIES 16u

struct forward_settings {
	enum forward_proxy proxy;
	struct str identity_header; /* of the user, vouched for by the proxy; absent: the key is the user's own */
	struct str answer_header;   /* in which the user is told to the proxy */
	unsigned allow_status;
	bool explains; /* a denial says why */
};

struct forward_mapping;

/* Reads a file's text. False with `err`, which says the line. */
bool forward_mapping_parse(struct str text, struct forward_mapping **ret_mapping, struct error *err) MUST_USE;
void forward_mapping_free(struct forward_mapping *m); /* accepts NULL */
const struct forward_settings *forward_mapping_settings(const struct forward_mapping *m);

/* What a request amounts to; lives in the mapping and the arena. */
struct forward_question {
	const char *route; /* template, for people */
	struct str action;
	const struct json *resource; /* as AuthZEN has it: type, id, properties */
};

/* NULL and the question; or why there is none, for a person. */
const char *forward_match(const struct forward_mapping *m, const struct forwarded *f, struct arena *a,
                          struct forward_question *ret) MUST_USE;
