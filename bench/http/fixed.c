/* SPDX-License-Identifier: Apache-2.0
 *
 * The yardstick of bench/http/run.mjs: the same HTTP layer with the same threads, answering a fixed 17-byte body to
 * anything. What a server does above the HTTP layer is the distance from this one.
 */
#include <signal.h>

#include "http/http.h"

static enum http_action answer(struct http_app *app UNUSED, struct http_exchange *x)
{
	x->status = 200;
	buf_add(&x->out, STR("{\"decision\":true}"));
	return HTTP_ANSWERED;
}

static void refuse(struct http_app *app UNUSED, struct http_exchange *x, enum http_refusal why UNUSED, const char *text)
{
	x->content_type = STR("text/plain");
	buf_add(&x->out, str_of(text));
}

static void done(struct http_app *app UNUSED, struct http_exchange *x UNUSED, bool sent UNUSED)
{
}

int main(int argc, char **argv)
{
	const struct http_options options = {.address = "127.0.0.1",
	                                     .n_threads = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 0};
	struct http_app app = {answer, refuse, done};
	struct http_server *server = NULL;
	struct error err = {0};
	sigset_t stop;
	int signal_number;

	(void)sigemptyset(&stop);
	(void)sigaddset(&stop, SIGINT);
	(void)sigaddset(&stop, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &stop, NULL);
	if (http_server_start(&options, &app, &server, &err) < 0) {
		(void)fprintf(stderr, "fixed: %s\n", err.text);
		return 1;
	}
	(void)printf("listening on http://127.0.0.1:%u\n", http_server_port(server));
	(void)fflush(stdout);
	(void)sigwait(&stop, &signal_number);
	http_server_drain(server, 1000);
	http_server_free(server);
	return 0;
}
