#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the server share. A connection lives as long as its socket; it keeps one exchange, with its arena
 * and buffers, and uses it for one request after the other, so that a warm connection allocates nothing of its own.
 *
 * Threads: a connection and its exchange belong to the library's thread that serves the socket, but for: an exchange
 * that is pending (the application's, until http_finish), the atomics, and the list links and sweep (the server's
 * lock). Lock order: http_server.lock, then exchange.lock, then the library's own.
 */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#include "http/http.h"

#define REQUEST_ID_BYTES     16u
#define REQUEST_ID_MAX_BYTES 128u

enum stage {
	STAGE_HEAD,   /* request line seen, headers not yet judged */
	STAGE_BODY,   /* head accepted */
	STAGE_ANSWER, /* the application has it, or the answer is queued */
};

/* Guarded by exchange.lock from the moment the application is called. */
enum wait_state {
	WAIT_NONE,      /* not suspended */
	WAIT_SUSPENDED, /* the library sleeps on it until http_finish */
	WAIT_FINISHED,  /* http_finish was called */
	WAIT_ABANDONED, /* the server did not wait any longer; http_finish frees the exchange */
};

struct exchange {
	struct http_exchange x;
	struct http_app *app;
	struct MHD_Connection *mhd;
	pthread_mutex_t lock;
	enum wait_state wait;
	enum stage stage;
	bool seen_by_app; /* handle or refuse was called, so done is owed */
	bool close_after;
	bool target_too_long;
	const char *target_at; /* where the library holds the target, for the layout check; never read through later */
	size_t target_len;
	uint64_t body_bytes; /* received, kept or not */
	struct buf body;
	struct http_header headers[HTTP_MAX_REQUEST_HEADERS];
	char remote[INET6_ADDRSTRLEN];
};

#define READING_NOTHING UINT64_C(0)
#define READING_DONE    UINT64_MAX

struct connection {
	struct http_server *server;
	struct connection *prev, *next;
	_Atomic(struct exchange *) exchange; /* NULL after it was abandoned, by the thread that drains */
	int fd;
	_Atomic uint64_t reading_since_ns; /* of the request being read; or one of the two above */
	_Atomic uint64_t n_exchanges;      /* over so far */
	/* What the last sweep saw (listener.c). */
	struct {
		uint64_t n_exchanges;
		uint64_t bytes;
		uint64_t begun_ns; /* first byte of the next request seen by then; 0: none */
		bool ended;        /* the peer has sent its last byte */
	} sweep;
};

struct http_server {
	struct http_options opt; /* defaults filled in */
	struct http_app *app;
	struct MHD_Daemon *mhd;
	_Atomic(struct error *) start_err; /* where the library's messages go; only while starting */
	char *tls_cert, *tls_key;
	size_t max_target_bytes;
	int listen_fd;
	int wake_fd; /* eventfd: the listener looks up (stop, or room again) */
	uint16_t port;
	pthread_t listener;
	bool listening;
	bool drained;

	pthread_mutex_t lock;
	pthread_cond_t quiet; /* n_in_flight fell to zero while draining */
	struct connection *connections;
	bool stopping; /* no more suspending */

	_Atomic bool draining;
	_Atomic bool refusing; /* what becomes whole from now on is refused: its answer might not be sent any more */
	_Atomic bool waits_for_room;
	_Atomic uint64_t n_connections;
	_Atomic uint64_t n_in_flight;
	_Atomic uint64_t n_requests;
	_Atomic uint64_t n_refused;
};

/* listener.c: one thread that accepts connections and cuts off requests that are over their deadline. */
int listener_start(struct http_server *s) MUST_USE;
/* Stops accepting at once; afterwards connecting is refused. */
void listener_stop(struct http_server *s);
void listener_wake(struct http_server *s);

/* connection.c: the library's callbacks. */
struct exchange *exchange_new(struct http_server *s, struct MHD_Connection *mhd);
void exchange_free(struct exchange *ex);
void connection_notify(void *cls, struct MHD_Connection *mhd, void **socket_context,
                       enum MHD_ConnectionNotificationCode code);
void *connection_target(void *cls, const char *target, struct MHD_Connection *mhd);
void connection_completed(void *cls, struct MHD_Connection *mhd, void **con_cls, enum MHD_RequestTerminationCode code);
enum MHD_Result connection_access(void *cls, struct MHD_Connection *mhd, const char *url, const char *method,
                                  const char *version, const char *data, size_t *data_size, void **con_cls);

/* head.c: judges the request line and the headers, and copies them into the exchange. */
struct head_verdict {
	enum http_refusal refusal; /* 0: accepted */
	const char *text;
	uint64_t content_length;
};
struct head_verdict head_read(const struct http_server *s, struct exchange *ex, const char *method,
                              const char *version);

/* respond.c */
/* Sets x.request_id: the client's, or a new one. */
void exchange_name(struct exchange *ex);
enum MHD_Result respond(struct http_server *s, struct exchange *ex);
enum MHD_Result respond_refusal(struct http_server *s, struct exchange *ex, enum http_refusal why, const char *text);
/* Suspends until http_finish(), or answers at once when that has been called already. */
enum MHD_Result respond_later(struct http_server *s, struct connection *c);
/* Wakes every suspended exchange to be answered 503, and lets none be suspended any more. How many there were. */
size_t respond_abandon_all(struct http_server *s);
