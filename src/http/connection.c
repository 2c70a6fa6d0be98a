/* SPDX-License-Identifier: Apache-2.0
 *
 * From the library's callbacks to one exchange: target, head, body, answer, end.
 */
#include "http/internal.h"

#include "base/clock.h"

/* What an idle connection may keep for its next request. */
#define KEEP_BODY_BYTES  ((size_t)16 * 1024)
#define KEEP_OUT_BYTES   ((size_t)16 * 1024)
#define KEEP_ARENA_BYTES ((size_t)64 * 1024)
/* A body without a length that grows over the limit is read on (and thrown away) so far, so that the client, which
 * reads the answer when it has sent everything, sees the refusal. */
#define DISCARD_FACTOR 8u

static void keep_buf(struct buf *b, size_t max_kept)
{
	if (b->cap > max_kept)
		buf_release(b);
	buf_clear(b);
}

/* Ready for the next request; keeps memory of modest size. */
static void exchange_reset(struct exchange *ex)
{
	struct arena arena = ex->x.arena;
	struct buf out = ex->x.out;

	if (arena.used_bytes > KEEP_ARENA_BYTES)
		arena_release(&arena);
	arena_reset(&arena);
	keep_buf(&out, KEEP_OUT_BYTES);
	keep_buf(&ex->body, KEEP_BODY_BYTES);
	ex->x = (struct http_exchange){
	    .arena = arena,
	    .out = out,
	    .headers = ex->headers,
	    .path = STR(""),
	    .body = STR(""),
	    .remote = str_of(ex->remote),
	    .internal = ex,
	};
	if (ex->wait != WAIT_NONE) {
		/* respond_abandon_all() may be looking. */
		(void)pthread_mutex_lock(&ex->lock);
		ex->wait = WAIT_NONE;
		(void)pthread_mutex_unlock(&ex->lock);
	}
	ex->stage = STAGE_HEAD;
	ex->seen_by_app = ex->close_after = ex->target_too_long = false;
	ex->body_bytes = 0;
}

static void write_remote(struct exchange *ex)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(ex->mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *addr = info ? info->client_addr : NULL;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (addr && addr->sa_family == AF_INET) {
		memcpy(&v4, addr, sizeof(v4));
		(void)inet_ntop(AF_INET, &v4.sin_addr, ex->remote, sizeof(ex->remote));
	} else if (addr && addr->sa_family == AF_INET6) {
		memcpy(&v6, addr, sizeof(v6));
		(void)inet_ntop(AF_INET6, &v6.sin6_addr, ex->remote, sizeof(ex->remote));
	}
}

struct exchange *exchange_new(struct http_server *s, struct MHD_Connection *mhd)
{
	struct exchange *ex = mem_calloc(1, sizeof(*ex));

	ex->app = s->app;
	ex->mhd = mhd;
	(void)pthread_mutex_init(&ex->lock, NULL);
	ex->body = BUF_INIT(s->opt.max_body_bytes);
	ex->x.out = BUF_INIT(BUF_MAX_RESPONSE_BYTES);
	write_remote(ex);
	exchange_reset(ex);
	return ex;
}

void exchange_free(struct exchange *ex)
{
	if (!ex)
		return;
	(void)pthread_mutex_destroy(&ex->lock);
	arena_release(&ex->x.arena);
	buf_release(&ex->x.out);
	buf_release(&ex->body);
	free(ex);
}

static void connection_open(struct http_server *s, struct MHD_Connection *mhd, void **socket_context)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct connection *c = mem_calloc(1, sizeof(*c));

	c->server = s;
	c->fd = info ? info->connect_fd : -1;
	c->exchange = exchange_new(s, mhd);
	*socket_context = c;
	(void)pthread_mutex_lock(&s->lock);
	c->next = s->connections;
	if (c->next)
		c->next->prev = c;
	s->connections = c;
	(void)pthread_mutex_unlock(&s->lock);
}

/* The library closes the socket after this returns, so the sweep never sees a number that is another's. */
static void connection_close(struct http_server *s, struct connection *c)
{
	(void)pthread_mutex_lock(&s->lock);
	if (c->prev)
		c->prev->next = c->next;
	else
		s->connections = c->next;
	if (c->next)
		c->next->prev = c->prev;
	(void)pthread_mutex_unlock(&s->lock);
	exchange_free(c->exchange);
	free(c);
	(void)atomic_fetch_sub(&s->n_connections, 1);
	if (atomic_exchange(&s->waits_for_room, false))
		listener_wake(s);
}

void connection_notify(void *cls, struct MHD_Connection *mhd, void **socket_context,
                       enum MHD_ConnectionNotificationCode code)
{
	switch (code) {
	case MHD_CONNECTION_NOTIFY_STARTED:
		connection_open(cls, mhd, socket_context);
		break;
	case MHD_CONNECTION_NOTIFY_CLOSED:
		connection_close(cls, TAKE(*socket_context));
		break;
	}
}

/* The request line has come; the target is still as it was sent, which it will not be later. */
void *connection_target(void *cls, const char *target, struct MHD_Connection *mhd)
{
	struct http_server *s = cls;
	struct connection *c = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
	struct exchange *ex = c->exchange;
	struct str text;
	size_t query;

	(void)atomic_fetch_add(&s->n_in_flight, 1);
	(void)atomic_fetch_add_explicit(&s->n_requests, 1, memory_order_relaxed);
	ex->x.started_ns = clock_monotonic_ns();
	atomic_store_explicit(&c->reading_since_ns, ex->x.started_ns, memory_order_relaxed);
	ex->target_at = target;
	ex->target_len = target ? strlen(target) : 0;
	ex->target_too_long = ex->target_len > s->max_target_bytes;
	text = (struct str){target ? target : "", ex->target_too_long ? s->max_target_bytes : ex->target_len};
	text = arena_str(&ex->x.arena, text);
	query = str_find(text, '?', 0);
	ex->x.path = str_slice(text, 0, query);
	if (query != SIZE_MAX)
		ex->x.query = str_slice(text, query + 1, text.len);
	return c;
}

void connection_completed(void *cls, struct MHD_Connection *mhd UNUSED, void **con_cls,
                          enum MHD_RequestTerminationCode code)
{
	struct http_server *s = cls;
	struct connection *c = TAKE(*con_cls);
	struct exchange *ex = c ? c->exchange : NULL;

	if (!c)
		return;
	if (ex && ex->seen_by_app)
		s->app->done(s->app, &ex->x, code == MHD_REQUEST_TERMINATED_COMPLETED_OK);
	if (ex)
		exchange_reset(ex);
	(void)atomic_fetch_add_explicit(&c->n_exchanges, 1, memory_order_relaxed);
	atomic_store_explicit(&c->reading_since_ns, READING_NOTHING, memory_order_release);
	if (atomic_fetch_sub(&s->n_in_flight, 1) == 1 && atomic_load(&s->draining)) {
		(void)pthread_mutex_lock(&s->lock);
		(void)pthread_cond_broadcast(&s->quiet);
		(void)pthread_mutex_unlock(&s->lock);
	}
}

static enum MHD_Result refuse(struct http_server *s, struct connection *c, enum http_refusal why, const char *text)
{
	atomic_store_explicit(&c->reading_since_ns, READING_DONE, memory_order_relaxed);
	return respond_refusal(s, c->exchange, why, text);
}

/* The head is here, nothing of the body was read, and no "100 Continue" was sent. */
static enum MHD_Result take_head(struct http_server *s, struct connection *c, const char *method, const char *version)
{
	struct exchange *ex = c->exchange;
	struct head_verdict v = head_read(s, ex, method, version);

	if (v.refusal)
		return refuse(s, c, v.refusal, v.text);
	exchange_name(ex);
	ex->stage = STAGE_BODY;
	if (v.content_length)
		(void)buf_reserve(&ex->body,
		                  v.content_length < KEEP_BODY_BYTES ? (size_t)v.content_length : KEEP_BODY_BYTES);
	return MHD_YES;
}

/* The library cannot answer in the middle of a body; what is over the limit is dropped, and refused at its end. */
static enum MHD_Result take_body(struct http_server *s, struct exchange *ex, const char *data, size_t *data_size)
{
	struct str part = {data, *data_size};

	*data_size = 0;
	ex->body_bytes += part.len;
	if (ex->body_bytes <= s->opt.max_body_bytes) {
		buf_add(&ex->body, part);
		return MHD_YES;
	}
	if (ex->body_bytes / DISCARD_FACTOR <= s->opt.max_body_bytes)
		return MHD_YES;
	(void)atomic_fetch_add_explicit(&s->n_refused, 1, memory_order_relaxed);
	return MHD_NO;
}

static enum MHD_Result take_whole(struct http_server *s, struct connection *c)
{
	struct exchange *ex = c->exchange;

	if (ex->body_bytes > s->opt.max_body_bytes)
		return refuse(s, c, HTTP_REFUSE_BODY_TOO_LARGE, "the body is too large");
	if (atomic_load(&s->refusing))
		return refuse(s, c, HTTP_REFUSE_UNAVAILABLE, "the server is shutting down");
	atomic_store_explicit(&c->reading_since_ns, READING_DONE, memory_order_relaxed);
	ex->x.body = buf_str(&ex->body);
	ex->stage = STAGE_ANSWER;
	ex->seen_by_app = true;
	if (s->app->handle(s->app, &ex->x) == HTTP_ANSWERED)
		return respond(s, ex);
	return respond_later(s, c);
}

enum MHD_Result connection_access(void *cls, struct MHD_Connection *mhd, const char *url UNUSED, const char *method,
                                  const char *version, const char *data, size_t *data_size, void **con_cls)
{
	struct http_server *s = cls;
	struct connection *c = *con_cls;

	if (!c->exchange) {
		/* The application still has the old one. */
		c->exchange = exchange_new(s, mhd);
		return refuse(s, c, HTTP_REFUSE_UNAVAILABLE, "the server is shutting down");
	}
	switch (c->exchange->stage) {
	case STAGE_HEAD:
		return take_head(s, c, method, version);
	case STAGE_BODY:
		return *data_size ? take_body(s, c->exchange, data, data_size) : take_whole(s, c);
	case STAGE_ANSWER:
		break;
	}
	return respond_later(s, c);
}
