#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * What the server tests share: a small application on a real server, and a client that writes raw bytes and reads until
 * it has what it waits for or the connection is closed. Reading blocks; a test that hangs is stopped by the test
 * runner.
 *
 * The application answers with what it was asked:
 *   /echo/...   "METHOD PATH QUERY BODY"
 *   /wait       pending: the exchange is kept until echo_finish()
 *   /nothing    leaves the status unset
 *   /big/N      N bytes
 */
#include <pthread.h>
#include <stdatomic.h>

#include "http/http.h"

struct echo {
	struct http_app app;
	struct http_server *server;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct http_exchange *waiting[8];
	size_t n_waiting;
	_Atomic unsigned n_handled, n_refused, n_done, n_sent;
	char last_request_id[130]; /* guarded by lock, as the next */
	char last_remote[64];
	_Atomic bool finish_at_once; /* /wait: http_finish() from another thread before `handle` returns */
};

void echo_start(struct echo *e, struct http_options options);
/* Drains without grace, frees, and checks that every exchange was done exactly once. */
void echo_stop(struct echo *e);
/* Blocks until `n` exchanges are pending. */
void echo_await_waiting(struct echo *e, size_t n);
/* Answers the pending exchange `i` (200, "waited"). */
void echo_finish(struct echo *e, size_t i);
void echo_await_done(struct echo *e, unsigned n);

/* What the application was last asked by; `a` owns the copy. */
struct str echo_last_request_id(struct echo *e, struct arena *a);
struct str echo_last_remote(struct echo *e, struct arena *a);

/* A connected socket. */
int raw_connect(const struct echo *e);
void raw_send(int fd, struct str bytes);
/* Reads one answer: status line and headers, and the body by Content-Length (none for `head`); what follows stays in
 * `in` for the next call. The status, or 0 at the end of the stream. */
struct raw_in {
	char bytes[256 * 1024];
	size_t len;
};
unsigned raw_answer(int fd, struct raw_in *in, bool head, struct buf *ret_answer);
/* True when nothing but the end of the stream follows. */
bool raw_is_closed(int fd, struct raw_in *in);
/* Body of an answer read by raw_answer(). */
struct str raw_body(const struct buf *answer);
/* Value of a header of the answer, or absent. */
struct str raw_header(const struct buf *answer, const char *name);
