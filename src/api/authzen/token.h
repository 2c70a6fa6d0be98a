#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Tokens of searches: where a page ended, and of which search it was. Whoever has one can only go on with that search:
 * it says at which revision and moment the search began, and is authenticated with the installation's secret. It opens
 * nothing: what a page holds is judged by who asks for it.
 */
#include "api/authzen/evaluation.h"

struct search_token {
	enum evaluation_part part; /* that was searched for */
	uint64_t revision;
	int64_t at_ms; /* the moment at which the first page was decided, and all are */
	uint64_t limit;
	uint64_t hash;     /* of the search, search_hash() */
	struct str behind; /* absent: from the first on */
};

/* Of what the search asks; members may stand in any order, and what it looks for is not looked at. */
uint64_t search_hash(const struct evaluation *ev);
/* The token as text, in the call's arena. */
struct str search_token_write(const struct api_call *call, const struct search_token *t);
/* False: it is none that this installation gave out in this organization. Strings in the call's arena. */
bool search_token_read(const struct api_call *call, struct str text, struct search_token *ret) MUST_USE;
