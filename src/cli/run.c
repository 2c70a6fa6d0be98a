/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "cli/session.h"

static int perform_http(struct cli_session *s UNUSED, const struct http_client_call *call, unsigned *ret_status,
                        struct buf *ret_body, struct error *err)
{
	return http_client_perform(call, ret_status, ret_body, err);
}

static bool pause_really(struct cli_session *s UNUSED, unsigned ms)
{
	struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

	while (nanosleep(&left, &left) != 0 && errno == EINTR)
		;
	return true;
}

int cli_run(const struct cli_options *options)
{
	struct cli_session s = {
	    .options = options, .out = stdout, .err = stderr, .perform = perform_http, .pause = pause_really};

	return cli_run_session(&s);
}
