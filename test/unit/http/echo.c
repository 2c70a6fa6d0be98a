/* SPDX-License-Identifier: Apache-2.0 */
#include "echo.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static void *finish_now(void *arg)
{
	http_finish(arg);
	return NULL;
}

static enum http_action wait_for_finish(struct echo *e, struct http_exchange *x)
{
	pthread_t thread;

	if (e->finish_at_once) {
		x->status = 200;
		buf_add(&x->out, STR("waited"));
		assert(pthread_create(&thread, NULL, finish_now, x) == 0);
		assert(pthread_join(thread, NULL) == 0);
		return HTTP_PENDING;
	}
	(void)pthread_mutex_lock(&e->lock);
	assert(e->n_waiting < N_ELEMENTS(e->waiting));
	e->waiting[e->n_waiting++] = x;
	(void)pthread_cond_broadcast(&e->changed);
	(void)pthread_mutex_unlock(&e->lock);
	return HTTP_PENDING;
}

static void write_echo(struct http_exchange *x)
{
	x->content_type = STR("text/plain");
	buf_add(&x->out, x->method_text);
	buf_add_char(&x->out, ' ');
	buf_add(&x->out, x->path);
	buf_add_char(&x->out, ' ');
	if (!str_is_absent(x->query))
		buf_add(&x->out, x->query);
	buf_add_char(&x->out, ' ');
	buf_add(&x->out, x->body);
}

static enum http_action handle(struct http_app *app, struct http_exchange *x)
{
	struct echo *e = CONTAINER_OF(app, struct echo, app);
	uint64_t n;

	(void)pthread_mutex_lock(&e->lock);
	e->n_handled++;
	(void)snprintf(e->last_request_id, sizeof(e->last_request_id), STR_FMT, STR_ARG(x->request_id));
	(void)snprintf(e->last_remote, sizeof(e->last_remote), STR_FMT, STR_ARG(x->remote));
	(void)pthread_mutex_unlock(&e->lock);
	if (str_eq(x->path, STR("/wait")))
		return wait_for_finish(e, x);
	if (str_eq(x->path, STR("/nothing")))
		return HTTP_ANSWERED;
	x->status = 200;
	http_answer_header(x, STR("X-Headers"), arena_strf(&x->arena, "%zu", x->n_headers));
	if (str_starts_with(x->path, STR("/big/")) && str_to_u64(str_slice(x->path, 5, x->path.len), &n))
		for (; n > 0; n--)
			buf_add_char(&x->out, 'b');
	else
		write_echo(x);
	return HTTP_ANSWERED;
}

static void refuse(struct http_app *app, struct http_exchange *x, enum http_refusal why, const char *text)
{
	struct echo *e = CONTAINER_OF(app, struct echo, app);

	(void)pthread_mutex_lock(&e->lock);
	e->n_refused++;
	(void)pthread_mutex_unlock(&e->lock);
	buf_addf(&x->out, "refused %d: %s", (int)why, text);
}

static void done(struct http_app *app, struct http_exchange *x UNUSED, bool sent)
{
	struct echo *e = CONTAINER_OF(app, struct echo, app);

	(void)pthread_mutex_lock(&e->lock);
	e->n_done++;
	e->n_sent += sent;
	(void)pthread_cond_broadcast(&e->changed);
	(void)pthread_mutex_unlock(&e->lock);
}

void echo_start(struct echo *e, struct http_options options)
{
	struct error err = {0};

	*e = (struct echo){.app = {handle, refuse, done}};
	(void)pthread_mutex_init(&e->lock, NULL);
	(void)pthread_cond_init(&e->changed, NULL);
	if (!options.address)
		options.address = "127.0.0.1";
	if (http_server_start(&options, &e->app, &e->server, &err) < 0) {
		(void)fprintf(stderr, "cannot start: %s\n", err.text);
		abort();
	}
}

void echo_stop(struct echo *e)
{
	http_server_free(e->server);
	assert(e->n_done == e->n_handled + e->n_refused);
	(void)pthread_mutex_destroy(&e->lock);
	(void)pthread_cond_destroy(&e->changed);
}

static struct str copy_locked(struct echo *e, const char *text, struct arena *a)
{
	struct str copy;

	(void)pthread_mutex_lock(&e->lock);
	copy = arena_str(a, str_of(text));
	(void)pthread_mutex_unlock(&e->lock);
	return copy;
}

struct str echo_last_request_id(struct echo *e, struct arena *a)
{
	return copy_locked(e, e->last_request_id, a);
}

struct str echo_last_remote(struct echo *e, struct arena *a)
{
	return copy_locked(e, e->last_remote, a);
}

void echo_await_waiting(struct echo *e, size_t n)
{
	(void)pthread_mutex_lock(&e->lock);
	while (e->n_waiting < n)
		(void)pthread_cond_wait(&e->changed, &e->lock);
	(void)pthread_mutex_unlock(&e->lock);
}

void echo_await_done(struct echo *e, unsigned n)
{
	(void)pthread_mutex_lock(&e->lock);
	while (e->n_done < n)
		(void)pthread_cond_wait(&e->changed, &e->lock);
	(void)pthread_mutex_unlock(&e->lock);
}

void echo_finish(struct echo *e, size_t i)
{
	struct http_exchange *x;

	(void)pthread_mutex_lock(&e->lock);
	x = e->waiting[i];
	(void)pthread_mutex_unlock(&e->lock);
	x->status = 200;
	buf_add(&x->out, STR("waited"));
	http_finish(x);
}

int raw_connect(const struct echo *e)
{
	const struct sockaddr_in to = {.sin_family = AF_INET,
	                               .sin_port = htons(http_server_port(e->server)),
	                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert(fd >= 0);
	if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) < 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

void raw_send(int fd, struct str bytes)
{
	while (bytes.len) {
		ssize_t n = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);

		/* The server may have refused and closed before it was sent everything. */
		if (n < 0)
			return;
		bytes = str_slice(bytes, (size_t)n, bytes.len);
	}
}

static bool read_more(int fd, struct raw_in *in)
{
	ssize_t n;

	assert(in->len < sizeof(in->bytes));
	n = recv(fd, in->bytes + in->len, sizeof(in->bytes) - in->len, 0);
	if (n <= 0)
		return false;
	in->len += (size_t)n;
	return true;
}

struct str raw_header(const struct buf *answer, const char *name)
{
	struct str rest = buf_str(answer), line;

	while (str_split(&rest, '\n', &line)) {
		size_t colon = str_find(line, ':', 0);

		if (colon != SIZE_MAX && str_eq_nocase(str_slice(line, 0, colon), str_of(name)))
			return str_trim(str_slice(line, colon + 1, line.len));
	}
	return STR_NONE;
}

struct str raw_body(const struct buf *answer)
{
	const char *end = memmem(answer->ptr, answer->len, "\r\n\r\n", 4);

	assert(end);
	return str_slice(buf_str(answer), (size_t)(end - answer->ptr) + 4, answer->len);
}

unsigned raw_answer(int fd, struct raw_in *in, bool head, struct buf *ret_answer)
{
	const char *end;
	uint64_t length = 0, status = 0;
	size_t total;

	buf_clear(ret_answer);
	while (!(end = memmem(in->bytes, in->len, "\r\n\r\n", 4)))
		if (!read_more(fd, in))
			return 0;
	total = (size_t)(end - in->bytes) + 4;
	buf_add(ret_answer, (struct str){in->bytes, total});
	if (!head)
		(void)str_to_u64(raw_header(ret_answer, "Content-Length"), &length);
	total += length;
	while (in->len < total)
		if (!read_more(fd, in))
			return 0;
	buf_clear(ret_answer);
	buf_add(ret_answer, (struct str){in->bytes, total});
	memmove(in->bytes, in->bytes + total, in->len - total);
	in->len -= total;
	assert(ret_answer->len > 12 && str_to_u64(str_slice(buf_str(ret_answer), 9, 12), &status));
	return (unsigned)status;
}

bool raw_is_closed(int fd, struct raw_in *in)
{
	return in->len == 0 && !read_more(fd, in);
}
