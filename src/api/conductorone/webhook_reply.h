#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * What the receiver of a webhook replies, at once or to the callback URL.
 */
#include "workflow/workflow.h"

#define C1_MAX_REPLY_BYTES ((size_t)250 * 1024)

/*
 * The reply as what is to happen to the request; strings and trees in `a` or borrowed from `reply`. 0, or -EINVAL when
 * it is none to such a step (`provisions`: one that is carried out).
 */
int c1_webhook_reply(const struct json *reply, bool provisions, struct arena *a, struct workflow_event *ret,
                     struct error *err) MUST_USE;
