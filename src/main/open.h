#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * A store and the service on it, as the options of a command say; also for commands that do without a server.
 */
#include "cli/cli.h"
#include "service/service.h"

struct archive;

struct opened {
	struct store *store;
	struct service *service;
};

/*
 * Opens the store of the options, reads or makes the secret key, loads the service, and writes a new organization's
 * owner key to where it belongs. `made_from` (may be NULL): a new organization is made from this archive; one of that
 * name that is there is refused. 0, or -errno with `err`; what was opened until then is to be closed as well.
 */
int open_service(const struct cli_options *o, const struct archive *made_from, struct opened *ret,
                 struct error *err) MUST_USE;
void opened_close(struct opened *o);
