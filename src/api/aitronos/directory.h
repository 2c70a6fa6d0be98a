#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared by the handlers of departments, roles and knowledge: what their bodies and answers have in common.
 */
#include "api/aitronos/aitronos.h"

/* A text of the body: a name, or what may have several lines. Without control characters but those of lines. */
struct directory_text {
	const char *name;
	size_t max_chars;
	bool
	    is_required; /* must be there and not be blank; else it may be absent (nothing changes) or null (cleared) */
};
/* Fails the call (422) and returns false; `*ret` stays as it is when nothing was sent that may be absent. */
bool directory_read_text(struct api_call *call, const struct directory_text *text, struct str *ret);

#define DIRECTORY_MAX_DESCRIPTION_CHARS 1000u
#define DIRECTORY_MAX_COLOR_CHARS       32u

/* By any name; fails the call (404) and returns NULL when there is none. */
const struct user *directory_find_user(struct api_call *call, struct str name);
/* The user of the body's user_id; likewise, or 422. */
const struct user *directory_read_user(struct api_call *call);
/* The name of a user for people, or the id. */
struct str directory_full_name(const struct user *user);

/* True when the use case went well; else the call has failed, SERVICE_INVALID being about the body's `field`. */
bool directory_succeeded(struct api_call *call, enum service_result result, const struct error *err, const char *field);
