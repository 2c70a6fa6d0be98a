#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Changing the organization itself: its name and the switches of dialects. Runs in a job of the writer.
 */
#include "service/result.h"
#include "service/service.h"

/*
 * Stores the organization's next version. `*ret_warning` says what that widens, in the words and place of
 * service/widening.h; absent when nothing.
 */
enum service_result organization_update(struct txn *t, const struct organization *next, struct str *ret_warning,
                                        struct error *err) MUST_USE;
