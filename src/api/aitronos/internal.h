#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared by the frame's own files (aitronos.c, read.c), not by the handlers.
 */
#include "api/aitronos/aitronos.h"

/* What the dialect knows of a call beside what all do (call->own). */
struct aitronos_state {
	struct str org;                     /* admitted; absent: not known yet */
	struct str entry;                   /* what aitronos_enter() named: "grants.3." */
	struct str field, detail;           /* of the failure being made: the field found wrong, the detail's value */
	const struct aitronos_fault *fault; /* of the failure being made; NULL: what its status says */
};

struct aitronos_state *aitronos_state(struct api_call *call);
