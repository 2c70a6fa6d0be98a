#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared by the frame's own files (aitronos.c, limit.c, read.c), not by the handlers.
 */
#include "api/aitronos/aitronos.h"
#include "api/rate_limit.h"

/* What the dialect knows of a call beside what all do (call->own). */
struct aitronos_state {
	struct str org;                     /* admitted; absent: not known yet */
	struct str entry;                   /* what aitronos_enter() named: "grants.3." */
	struct str field, detail;           /* of the failure being made: the field found wrong, the detail's value */
	const struct aitronos_fault *fault; /* of the failure being made; NULL: what its status says */
	bool is_counted;                    /* the call took, or was refused, a token: */
	struct rate_limit_state rate;
};

struct aitronos_state *aitronos_state(struct api_call *call);

/* limit.c */
/* Counts the call of a known key; false after api_fail(): there were too many. */
bool aitronos_limit(struct api_call *call);
/* The headers that say how many calls are left; none when the key is not known. */
void aitronos_put_limit(struct api_call *call);
