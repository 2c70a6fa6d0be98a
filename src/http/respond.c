/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers: now, refused, or later.
 */
#include "http/internal.h"

#include "base/random.h"

static bool is_request_id(struct str s)
{
	if (s.len == 0 || s.len > REQUEST_ID_MAX_BYTES)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] <= ' ' || s.ptr[i] > '~')
			return false;
	return true;
}

/* Request ids are names, not secrets: a generator of the thread's own, seeded once by the kernel. */
static struct str new_request_id(struct arena *a)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	static _Thread_local struct prng generator;
	static _Thread_local bool seeded;
	char *id = arena_alloc(a, REQUEST_ID_BYTES + 1);

	if (!seeded) {
		generator.state = random_u64();
		seeded = true;
	}
	for (size_t i = 0; i < REQUEST_ID_BYTES; i++)
		id[i] = digits[prng_below(&generator, sizeof(digits) - 1)];
	id[REQUEST_ID_BYTES] = '\0';
	return (struct str){id, REQUEST_ID_BYTES};
}

void exchange_name(struct exchange *ex)
{
	struct str sent = http_header_get(&ex->x, STR("X-Request-ID"));

	ex->x.request_id = is_request_id(sent) ? arena_str(&ex->x.arena, sent) : new_request_id(&ex->x.arena);
}

static void add_header(struct MHD_Response *r, const char *name, struct str value)
{
	/* Fails only for a malformed name or value of the application, which is then not sent. */
	(void)MHD_add_response_header(r, name, value.ptr);
}

static void add_headers(struct MHD_Response *r, struct exchange *ex, bool close_after)
{
	struct http_exchange *x = &ex->x;

	if (x->out.len && str_is_absent(x->content_type))
		add_header(r, "Content-Type", STR("application/json"));
	else if (x->out.len)
		add_header(r, "Content-Type", arena_str(&x->arena, x->content_type));
	add_header(r, "X-Request-ID", x->request_id);
	for (size_t i = 0; i < x->n_answer; i++)
		add_header(r, x->answer[i].name.ptr, x->answer[i].value);
	if (close_after)
		add_header(r, "Connection", STR("close"));
}

enum MHD_Result respond(struct http_server *s, struct exchange *ex)
{
	struct http_exchange *x = &ex->x;
	struct MHD_Response *r;
	enum MHD_Result queued;

	ex->stage = STAGE_ANSWER;
	if (x->out.overflowed || x->status < 200 || x->status > 599) {
		buf_clear(&x->out);
		x->status = MHD_HTTP_INTERNAL_SERVER_ERROR;
	}
	/* The body stays ours until connection_completed(): no copy. */
	r = MHD_create_response_from_buffer(x->out.len, x->out.ptr, MHD_RESPMEM_PERSISTENT);
	if (!r)
		return MHD_NO;
	add_headers(r, ex, ex->close_after || atomic_load_explicit(&s->draining, memory_order_relaxed));
	queued = MHD_queue_response(ex->mhd, x->status, r);
	MHD_destroy_response(r);
	return queued;
}

enum MHD_Result respond_refusal(struct http_server *s, struct exchange *ex, enum http_refusal why, const char *text)
{
	struct http_exchange *x = &ex->x;

	(void)atomic_fetch_add_explicit(&s->n_refused, 1, memory_order_relaxed);
	if (str_is_absent(x->request_id))
		exchange_name(ex);
	ex->close_after = true;
	ex->seen_by_app = true;
	s->app->refuse(s->app, x, why, text);
	if (x->status == 0)
		x->status = (unsigned)why;
	return respond(s, ex);
}

enum MHD_Result respond_later(struct http_server *s, struct connection *c)
{
	struct exchange *ex = c->exchange;
	struct MHD_Connection *mhd = ex->mhd;
	bool finished, abandon = false;

	(void)pthread_mutex_lock(&s->lock);
	(void)pthread_mutex_lock(&ex->lock);
	finished = ex->wait == WAIT_FINISHED;
	if (!finished) {
		abandon = s->stopping;
		ex->wait = abandon ? WAIT_ABANDONED : WAIT_SUSPENDED;
		if (abandon)
			c->exchange = exchange_new(s, mhd);
		else
			MHD_suspend_connection(mhd);
	}
	(void)pthread_mutex_unlock(&ex->lock);
	(void)pthread_mutex_unlock(&s->lock);
	if (finished)
		return respond(s, ex);
	if (!abandon)
		return MHD_YES;
	return respond_refusal(s, c->exchange, HTTP_REFUSE_UNAVAILABLE, "the server is shutting down");
}

void http_finish(struct http_exchange *x)
{
	struct exchange *ex = x->internal;
	bool abandoned;

	(void)pthread_mutex_lock(&ex->lock);
	abandoned = ex->wait == WAIT_ABANDONED;
	if (ex->wait == WAIT_SUSPENDED)
		MHD_resume_connection(ex->mhd);
	ex->wait = WAIT_FINISHED;
	(void)pthread_mutex_unlock(&ex->lock);
	if (!abandoned)
		return;
	ex->app->done(ex->app, x, false);
	exchange_free(ex);
}

size_t respond_abandon_all(struct http_server *s)
{
	size_t n = 0;

	(void)pthread_mutex_lock(&s->lock);
	s->stopping = true;
	for (struct connection *c = s->connections; c; c = c->next) {
		struct exchange *ex = c->exchange;

		if (!ex)
			continue;
		(void)pthread_mutex_lock(&ex->lock);
		if (ex->wait == WAIT_SUSPENDED) {
			ex->wait = WAIT_ABANDONED;
			c->exchange = NULL;
			MHD_resume_connection(ex->mhd);
			n++;
		}
		(void)pthread_mutex_unlock(&ex->lock);
	}
	(void)pthread_mutex_unlock(&s->lock);
	return n;
}
