#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Fetches the keys that issuers show under a URL (service/key_sets.h): two threads, each with one URL at a time, so
 * that nobody who asks for a key waits for another server.
 */
#include "base/error.h"
#include "service/service.h"

struct key_fetcher;

struct key_fetcher_options {
	struct service *service; /* borrowed */
	bool allow_private;      /* call addresses that are not public, and without TLS */
};

/* 0 or a negative errno. Fetches the keys of all issuers first. */
int key_fetcher_start(const struct key_fetcher_options *options, struct key_fetcher **ret, struct error *err) MUST_USE;
/* Breaks off what is being fetched, and frees; before the service is closed. Accepts NULL. */
void key_fetcher_stop(struct key_fetcher *f);
