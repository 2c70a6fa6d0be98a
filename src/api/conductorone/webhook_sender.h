#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Sends the calls of webhooks (service/webhooks.h) when they are due and records what the receivers say: a few threads,
 * each with one call at a time, in an order that is fair to receivers and organizations. A call whose record could not
 * be stored is sent again.
 */
#include "api/api.h"

struct webhook_sender;

struct webhook_sender_options {
	struct api *api;         /* borrowed; its public URL is known */
	struct service *service; /* borrowed */
	bool allow_private;      /* call addresses that are not public, and without TLS */
};

/* 0 or a negative errno. */
int webhook_sender_start(const struct webhook_sender_options *options, struct webhook_sender **ret,
                         struct error *err) MUST_USE;
/* Breaks off what is being sent, and frees; before the service is closed. Accepts NULL. */
void webhook_sender_stop(struct webhook_sender *s);
