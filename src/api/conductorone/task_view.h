#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Access requests as the vendor's messages: Task, TaskView with what is expanded beside it, and the trail.
 */
#include "api/conductorone/expansion.h"
#include "json/object.h"
#include "service/requests.h"

/* May the caller do what administrators of requests may? */
bool c1_is_request_admin(struct api_call *call);
/* The message Task as the caller sees it; canonical, in the call's arena. */
const struct json *c1_task(struct api_call *call, const struct access_request *r);
/* The message TaskView; adds to the expansion what its mask names. */
const struct json *c1_task_view(struct api_call *call, const struct access_request *r, struct c1_expansion *expansion);
/* The message TaskAuditView. */
const struct json *c1_task_event(struct api_call *call, const struct request_event *event);
