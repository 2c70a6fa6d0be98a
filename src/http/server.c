/* SPDX-License-Identifier: Apache-2.0
 *
 * Start, drain and end of the server, and what is set in the library below.
 */
#include "http/internal.h"

#include <errno.h>
#include <netdb.h>
#include <stdarg.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG                    1024
#define DEFAULT_MAX_CONNECTIONS    4096u
#define DEFAULT_MAX_BODY_BYTES     ((size_t)1024 * 1024)
#define DEFAULT_MAX_HEADER_BYTES   ((size_t)16 * 1024)
#define DEFAULT_IDLE_TIMEOUT_S     30u
#define DEFAULT_REQUEST_DEADLINE_S 30u
#define MAX_THREADS                256u
/* A target may be a quarter of the head; what the library needs besides the head for its lists of headers and
 * parameters and for the head of the answer. */
#define TARGET_SHARE  4u
#define LIBRARY_BYTES ((size_t)16 * 1024)
/* For sending the answers of what was given up when the grace was over. */
#define LAST_WORDS_MS  1000u
#define TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

static void fill_defaults(struct http_options *o)
{
	long n_cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (o->n_threads == 0)
		o->n_threads = n_cpus > 0 ? (unsigned)n_cpus : 1;
	if (o->n_threads > MAX_THREADS)
		o->n_threads = MAX_THREADS;
	if (o->max_connections == 0)
		o->max_connections = DEFAULT_MAX_CONNECTIONS;
	if (o->max_body_bytes == 0)
		o->max_body_bytes = DEFAULT_MAX_BODY_BYTES;
	if (o->max_header_bytes == 0)
		o->max_header_bytes = DEFAULT_MAX_HEADER_BYTES;
	if (o->idle_timeout_s == 0)
		o->idle_timeout_s = DEFAULT_IDLE_TIMEOUT_S;
	if (o->request_deadline_s == 0)
		o->request_deadline_s = DEFAULT_REQUEST_DEADLINE_S;
}

static int bind_and_listen(struct http_server *s, const struct addrinfo *where)
{
	const int on = 1;
	struct sockaddr_storage bound;
	socklen_t len = sizeof(bound);

	s->listen_fd = socket(where->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->listen_fd < 0 || setsockopt(s->listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(s->listen_fd, where->ai_addr, where->ai_addrlen) < 0 || listen(s->listen_fd, BACKLOG) < 0 ||
	    getsockname(s->listen_fd, (struct sockaddr *)&bound, &len) < 0)
		return -errno;
	s->port = ntohs(bound.ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)&bound)->sin6_port
	                                            : ((const struct sockaddr_in *)&bound)->sin_port);
	return 0;
}

static int open_socket(struct http_server *s, struct error *err)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
	struct addrinfo *where = NULL;
	char port[8];
	int r;

	(void)snprintf(port, sizeof(port), "%u", (unsigned)s->opt.port);
	r = getaddrinfo(s->opt.address, port, &hints, &where);
	if (r != 0) {
		(void)error_set(err, EINVAL, "%s: %s", s->opt.address, gai_strerror(r));
		return -EINVAL;
	}
	r = bind_and_listen(s, where);
	freeaddrinfo(where);
	if (r < 0)
		(void)error_set(err, -r, "cannot listen on %s port %s: %s", s->opt.address, port, strerror(-r));
	return r;
}

/* The library's own messages: told once, when it cannot start; while it runs they would be a log that clients write. */
__attribute__((format(printf, 2, 0))) static void library_message(void *cls, const char *fmt, va_list args)
{
	struct http_server *s = cls;
	char text[256];

	if (!s->start_err)
		return;
	(void)vsnprintf(text, sizeof(text), fmt, args);
	text[strcspn(text, "\n")] = '\0';
	(void)error_set(s->start_err, EINVAL, "%s", text);
}

/* Paths and queries stay as they were sent. */
static size_t keep_escapes(void *cls UNUSED, struct MHD_Connection *mhd UNUSED, char *text)
{
	return strlen(text);
}

static void add_option(struct MHD_OptionItem *list, size_t *n, enum MHD_OPTION option, intptr_t value)
{
	list[(*n)++] = (struct MHD_OptionItem){option, value, NULL};
}

static int start_library(struct http_server *s, struct error *err)
{
	static char tls_priorities[] = TLS_PRIORITIES; /* not const: the library's lists hold plain pointers */
	struct MHD_OptionItem list[16];
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_TURBO | MHD_USE_ITC |
	                 MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
	size_t n = 0;

	/* Each worker may hold them all: the limit is the listener's. */
	add_option(list, &n, MHD_OPTION_CONNECTION_LIMIT, (intptr_t)s->opt.max_connections * s->opt.n_threads);
	add_option(list, &n, MHD_OPTION_PER_IP_CONNECTION_LIMIT, s->opt.max_connections_per_ip);
	add_option(list, &n, MHD_OPTION_CONNECTION_TIMEOUT, s->opt.idle_timeout_s);
	add_option(list, &n, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)(s->opt.max_header_bytes + LIBRARY_BYTES));
	/* What the strict level would refuse is refused by head.c, in the application's words. */
	add_option(list, &n, MHD_OPTION_STRICT_FOR_CLIENT, 0);
	if (s->opt.n_threads > 1)
		add_option(list, &n, MHD_OPTION_THREAD_POOL_SIZE, s->opt.n_threads);
	if (s->tls_cert) {
		flags |= MHD_USE_TLS;
		list[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, s->tls_cert};
		list[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, s->tls_key};
		list[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_PRIORITIES, 0, tls_priorities};
	}
	list[n] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};

	s->start_err = err;
	s->mhd =
	    MHD_start_daemon(flags, 0, NULL, NULL, connection_access, s, MHD_OPTION_EXTERNAL_LOGGER, library_message, s,
	                     MHD_OPTION_NOTIFY_CONNECTION, connection_notify, s, MHD_OPTION_NOTIFY_COMPLETED,
	                     connection_completed, s, MHD_OPTION_URI_LOG_CALLBACK, connection_target, s,
	                     MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL, MHD_OPTION_ARRAY, list, MHD_OPTION_END);
	s->start_err = NULL;
	if (s->mhd)
		return 0;
	if (err && err->code == 0)
		(void)error_set(err, EINVAL, "the HTTP library did not start");
	return -EINVAL;
}

static int start(struct http_server *s, struct error *err)
{
	int r;

	if (str_is_empty(s->opt.tls_cert_pem) != str_is_empty(s->opt.tls_key_pem)) {
		(void)error_set(err, EINVAL, "TLS needs both a certificate and its key");
		return -EINVAL;
	}
	if (!str_is_empty(s->opt.tls_cert_pem)) {
		s->tls_cert = str_dup_cstr(s->opt.tls_cert_pem);
		s->tls_key = str_dup_cstr(s->opt.tls_key_pem);
	}
	s->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->wake_fd < 0)
		return error_set(err, -errno, "eventfd: %s", strerror(errno));
	r = open_socket(s, err);
	if (r == 0)
		r = start_library(s, err);
	if (r == 0)
		r = listener_start(s);
	return r;
}

int http_server_start(const struct http_options *options, struct http_app *app, struct http_server **ret_server,
                      struct error *err)
{
	struct http_server *s = mem_calloc(1, sizeof(*s));
	pthread_condattr_t clock;
	int r;

	s->opt = *options;
	s->app = app;
	s->listen_fd = s->wake_fd = -1;
	fill_defaults(&s->opt);
	s->max_target_bytes = s->opt.max_header_bytes / TARGET_SHARE;
	(void)pthread_mutex_init(&s->lock, NULL);
	(void)pthread_condattr_init(&clock);
	(void)pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&s->quiet, &clock);
	(void)pthread_condattr_destroy(&clock);
	if (err)
		err->code = 0;
	r = start(s, err);
	if (r < 0) {
		http_server_free(s);
		return r;
	}
	*ret_server = s;
	return 0;
}

uint16_t http_server_port(const struct http_server *s)
{
	return s->port;
}

static void wait_until_quiet(struct http_server *s, unsigned grace_ms)
{
	struct timespec until;
	int r = 0;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += grace_ms / 1000;
	until.tv_nsec += (long)(grace_ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	(void)pthread_mutex_lock(&s->lock);
	while (r == 0 && atomic_load(&s->n_in_flight) > 0)
		r = pthread_cond_timedwait(&s->quiet, &s->lock, &until);
	(void)pthread_mutex_unlock(&s->lock);
}

void http_server_drain(struct http_server *s, unsigned grace_ms)
{
	if (s->drained)
		return;
	s->drained = true;
	atomic_store(&s->draining, true);
	listener_stop(s);
	if (!s->mhd)
		return;
	wait_until_quiet(s, grace_ms);
	/* A request may come in on an open connection just now: it is either counted already or sees the flag. */
	atomic_store(&s->refusing, true);
	wait_until_quiet(s, grace_ms);
	/* The library must not be stopped while a connection is suspended. */
	if (respond_abandon_all(s) > 0)
		wait_until_quiet(s, LAST_WORDS_MS);
	MHD_stop_daemon(s->mhd);
	s->mhd = NULL;
}

void http_server_free(struct http_server *s)
{
	if (!s)
		return;
	http_server_drain(s, 0);
	if (s->listen_fd >= 0)
		(void)close(s->listen_fd);
	if (s->wake_fd >= 0)
		(void)close(s->wake_fd);
	if (s->tls_key)
		explicit_bzero(s->tls_key, strlen(s->tls_key));
	free(s->tls_cert);
	free(s->tls_key);
	(void)pthread_cond_destroy(&s->quiet);
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
}

struct http_server_stats http_server_stats(const struct http_server *s)
{
	return (struct http_server_stats){
	    .n_connections = atomic_load(&s->n_connections),
	    .n_requests = atomic_load(&s->n_requests),
	    .n_refused = atomic_load(&s->n_refused),
	};
}
