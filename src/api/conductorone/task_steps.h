#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The steps of an access request as the vendor's PolicyInstance.
 */
#include "api/conductorone/conductorone.h"
#include "json/object.h"

/* Canonical, in `a`. */
const struct json *c1_policy_instance(const struct access_request *r, struct arena *a);
/* One of its steps: a PolicyStepInstance. */
const struct json *c1_step_message(const struct access_request *r, const struct request_step *step, struct arena *a);
