#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The HTTP/1.1 server behind which libmicrohttpd hides. It knows no access control: it
 * reads one exchange whole (limits checked on the way), hands it to the application, and
 * sends what the application left in it.
 *
 * Refused before the application sees anything (400 and the connection closed): a repeated or
 * malformed Content-Length, Content-Length beside Transfer-Encoding, a transfer coding other than a
 * single "chunked", header names or values with control characters or NUL, folded headers, no or
 * several Host on HTTP/1.1, a request target that is not origin-form. Too large: 413 (body), 431 (headers),
 * 414 (target). These go through http_app.refuse, so that the body is the dialect's own.
 *
 * Thread rule: `handle` runs on one of the server's threads; one exchange is touched by one thread at a time.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

#define HTTP_METHODS(X) X(GET) X(HEAD) X(POST) X(PUT) X(PATCH) X(DELETE) X(OPTIONS)
enum http_method {
	HTTP_OTHER, /* any other token */
#define X(name) HTTP_##name,
	HTTP_METHODS(X)
#undef X
};
/* "GET" …; "?" for HTTP_OTHER. */
struct str http_method_name(enum http_method m);

struct http_header {
	struct str name;
	struct str value;
};

#define HTTP_MAX_RESPONSE_HEADERS 24u
#define HTTP_MAX_REQUEST_HEADERS  64u

/* One exchange: what was asked and what is answered. Everything borrowed lives in `arena` or in the server until it is
 * over. */
struct http_exchange {
	/* asked */
	enum http_method method;
	struct str method_text;            /* as sent, for logs */
	struct str path;                   /* as sent, percent-encoding untouched, without the query; starts with '/' */
	struct str query;                  /* after '?', as sent; absent when there is none */
	struct str body;                   /* empty when there is none */
	struct str remote;                 /* peer address, without port */
	const struct http_header *headers; /* as sent, in order; names compared without case */
	size_t n_headers;
	struct str
	    request_id;      /* X-Request-ID of the client when it is 1..128 visible ASCII characters, else a new one */
	uint64_t started_ns; /* monotonic */

	/* answered */
	unsigned status; /* 0 until set: a handler that sets nothing answers 500 */
	struct buf out;  /* the body; at most BUF_MAX_RESPONSE_BYTES */
	struct http_header answer[HTTP_MAX_RESPONSE_HEADERS];
	size_t n_answer;
	struct str content_type; /* default application/json */
	struct str route;        /* template of the route, for metrics and logs; absent: none matched */

	/* shared */
	struct arena arena;
	void *app;      /* the application's own, for one exchange */
	void *internal; /* the server's own */
};

/* The request header's value, or the absent string. When a name is repeated, the first. */
struct str http_header_get(const struct http_exchange *x, struct str name);
/* How many times it was sent. */
size_t http_header_count(const struct http_exchange *x, struct str name);
/* Adds a response header; value copied into the arena. Line breaks in it are a bug. Ignored beyond
 * HTTP_MAX_RESPONSE_HEADERS. */
void http_answer_header(struct http_exchange *x, struct str name, struct str value);
/* Percent-decodes into the arena; false for a malformed escape, NUL, or invalid UTF-8. '+' stays '+'. */
bool http_percent_decode(struct arena *a, struct str s, struct str *ret);
/* The first value of a query parameter, decoded ('+' is a space); absent when not there; false when malformed. */
bool http_query_get(struct http_exchange *x, struct str name, struct str *ret_value);
/* All values of a parameter that may be repeated, in order, decoded, in the arena; false when one is malformed. */
bool http_query_all(struct http_exchange *x, struct str name, struct str_list *ret_values);
/* The same of a body of application/x-www-form-urlencoded. */
bool http_form_all(struct http_exchange *x, struct str name, struct str_list *ret_values);

enum http_action {
	HTTP_ANSWERED, /* the answer stands in the exchange */
	HTTP_PENDING,  /* http_finish() will be called, from any thread, once */
};

/* Why the server itself refuses. */
enum http_refusal {
	HTTP_REFUSE_BAD_REQUEST = 400,
	HTTP_REFUSE_BODY_TOO_LARGE = 413,
	HTTP_REFUSE_TARGET_TOO_LONG = 414,
	HTTP_REFUSE_HEADERS_TOO_LARGE = 431,
	HTTP_REFUSE_UNAVAILABLE = 503, /* shutting down */
};

struct http_app {
	/* Called once the exchange is read whole. */
	enum http_action (*handle)(struct http_app *app, struct http_exchange *x);
	/* Fill the answer (status, body) for a refusal; method, path and headers may be incomplete. */
	void (*refuse)(struct http_app *app, struct http_exchange *x, enum http_refusal why, const char *text);
	/* After the answer was sent, or the peer went away (`sent` false): access log and metrics. */
	void (*done)(struct http_app *app, struct http_exchange *x, bool sent);
};

struct http_options {
	const char *address;                  /* "127.0.0.1", "::1", "0.0.0.0" */
	uint16_t port;                        /* 0: any free one */
	unsigned n_threads;                   /* 0: as many as processors */
	unsigned max_connections;             /* 0: 4096; what comes above waits in the kernel's queue */
	unsigned max_connections_per_ip;      /* 0: no limit */
	size_t max_body_bytes;                /* 0: 1 MiB */
	size_t max_header_bytes;              /* request line and headers; 0: 16 KiB */
	unsigned idle_timeout_s;              /* between requests and between bytes; 0: 30 */
	unsigned request_deadline_s;          /* a request must be whole within this time of its first byte; 0: 30 */
	struct str tls_cert_pem, tls_key_pem; /* both, or neither */
};

struct http_server;

/* Binds and starts answering. 0, or -errno with `err` filled; nothing is left running then. `app` and options are
 * borrowed. */
int http_server_start(const struct http_options *options, struct http_app *app, struct http_server **ret_server,
                      struct error *err) MUST_USE;
uint16_t http_server_port(const struct http_server *s);
/* The answer of a pending exchange is complete. Callable from any thread, once; `x` must not be touched afterwards. */
void http_finish(struct http_exchange *x);
/* Stops accepting, lets what is in flight finish (at most `grace_ms`), closes. Idempotent. */
void http_server_drain(struct http_server *s, unsigned grace_ms);
/* Frees it; drains first with no grace when that was not done. Accepts NULL. */
void http_server_free(struct http_server *s);

struct http_server_stats {
	uint64_t n_connections; /* open now */
	uint64_t n_requests;    /* since the start */
	uint64_t n_refused;     /* by the server itself */
};
struct http_server_stats http_server_stats(const struct http_server *s);
