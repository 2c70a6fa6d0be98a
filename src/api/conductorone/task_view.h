#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Access requests as the vendor's messages: Task, TaskView with what is expanded beside it, and the trail.
 */
#include "api/conductorone/conductorone.h"
#include "json/object.h"
#include "service/requests.h"

/* Objects beside what is answered: what stands in "expanded", each once. */
struct c1_expansion {
	struct str_list paths; /* of the expand mask; none: nothing is expanded */
	struct json *items;
	size_t n, cap;
	struct str *names; /* "<kind>:<id>" of each */
	size_t cap_names;
};

/* May the caller do what administrators of requests may? */
bool c1_is_request_admin(struct api_call *call);
/* The message Task as the caller sees it; canonical, in the call's arena. */
const struct json *c1_task(struct api_call *call, const struct access_request *r);
/* The message TaskView; adds to the expansion what its mask names. */
const struct json *c1_task_view(struct api_call *call, const struct access_request *r, struct c1_expansion *expansion);
/* An object as it stands in "expanded": its message with "@type". */
const struct json *c1_expanded_message(struct api_call *call, const struct document *doc);
/* {"paths":[…]} of a message's expandMask. */
struct c1_expansion c1_expansion_of(struct api_call *call, const struct json *message);
/* Does the mask name the path, or all? */
bool c1_expands(const struct c1_expansion *x, const char *path);
/* "$.expanded[0]", or of several "$.expanded[0,2]": where they stand now; absent when there is none. */
struct str c1_path_to(struct api_call *call, struct c1_expansion *x, enum document_kind kind, struct str_list ids);
/* "expanded":[…] of what has been added. */
void c1_put_expanded(struct json_object *o, const struct c1_expansion *expansion);
/* The message TaskAuditView. */
const struct json *c1_task_event(struct api_call *call, const struct request_event *event);
