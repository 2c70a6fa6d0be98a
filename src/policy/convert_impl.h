#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared by the files of the conversion only.
 */
#include "policy/convert.h"

/* A statement on its way, with all that was found out about it. */
struct middle {
	enum document_kind kind;
	struct str id;
	uint64_t seq;
	uint32_t index, n; /* which of how many statements */
	struct str_list subjects;
	struct statement s;
	struct str condition;      /* in CEL; absent: none */
	struct str odd_condition;  /* why its condition cannot be said in CEL; absent: it can */
	struct str_list resources; /* of tag policies, which are lowered to selectors; none: those of the statement */
};

struct convert {
	const struct snapshot *snapshot;
	const struct convert_query *q;
	struct arena *arena;
	struct conversion *out;
};

/* What cannot be said of the statement. */
void convert_lose(struct convert *c, const struct middle *m, const char *what, struct str why);
/* Adds one policy to q->cedar. */
void convert_to_cedar(struct convert *c, const struct middle *m);
