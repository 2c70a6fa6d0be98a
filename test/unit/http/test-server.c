/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "echo.h"

static void assert_last(struct str (*last)(struct echo *, struct arena *), struct echo *e, const char *want)
{
	struct arena a = ARENA_INIT;

	assert_string_equal(last(e, &a).ptr, want);
	arena_release(&a);
}

#define HOST "Host: h\r\n"

static struct raw_in in;
static struct buf answer = {.max_bytes = 1024 * 1024};

static int open_raw(const struct echo *e)
{
	int fd = raw_connect(e);

	assert_true(fd >= 0);
	in.len = 0;
	return fd;
}

static void expect(int fd, unsigned status, const char *body)
{
	assert_int_equal(raw_answer(fd, &in, false, &answer), status);
	if (body && !str_eq(raw_body(&answer), str_of(body)))
		fail_msg("not %s but " STR_FMT, body, STR_ARG(raw_body(&answer)));
}

static void expect_closed(int fd)
{
	assert_true(raw_is_closed(fd, &in));
	(void)close(fd);
}

static void test_keep_alive(void **state UNUSED)
{
	struct echo e;
	int fd;

	echo_start(&e, (struct http_options){0});
	fd = open_raw(&e);
	raw_send(fd, STR("GET /echo/a?q=1 HTTP/1.1\r\n" HOST "\r\n"));
	expect(fd, 200, "GET /echo/a q=1 ");
	assert_true(str_is_absent(raw_header(&answer, "Connection")));
	assert_true(str_eq(raw_header(&answer, "Content-Type"), STR("text/plain")));
	raw_send(fd, STR("POST /echo/b HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello"));
	expect(fd, 200, "POST /echo/b  hello");
	raw_send(fd, STR("GET /nothing HTTP/1.1\r\n" HOST "\r\n"));
	expect(fd, 500, "");
	raw_send(fd, STR("GET /echo/c HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n"));
	expect(fd, 200, "GET /echo/c  ");
	expect_closed(fd);
	assert_int_equal(http_server_stats(e.server).n_requests, 4);
	assert_int_equal(http_server_stats(e.server).n_refused, 0);
	assert_last(echo_last_remote, &e, "127.0.0.1");
	echo_stop(&e);
	assert_int_equal(e.n_sent, 4);
}

static void test_http_1_0(void **state UNUSED)
{
	struct echo e;
	int fd;

	echo_start(&e, (struct http_options){0});
	fd = open_raw(&e);
	raw_send(fd, STR("GET /echo HTTP/1.0\r\n\r\n"));
	expect(fd, 200, "GET /echo  ");
	expect_closed(fd);
	echo_stop(&e);
}

static void test_pipelining(void **state UNUSED)
{
	enum { N = 50 };
	CLEANUP(buf_releasep) struct buf all = BUF_INIT(64 * 1024);
	struct echo e;
	char want[64];
	int fd;

	echo_start(&e, (struct http_options){0});
	fd = open_raw(&e);
	for (unsigned i = 0; i < N; i++)
		buf_addf(&all, "POST /echo/%u HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\n%03u", i, i);
	raw_send(fd, buf_str(&all));
	for (unsigned i = 0; i < N; i++) {
		(void)snprintf(want, sizeof(want), "POST /echo/%u  %03u", i, i);
		expect(fd, 200, want);
	}
	(void)close(fd);
	echo_stop(&e);
}

static void test_chunked(void **state UNUSED)
{
	struct echo e;
	int fd;

	echo_start(&e, (struct http_options){0});
	fd = open_raw(&e);
	raw_send(fd, STR("PUT /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
	                 "3\r\nabc\r\n0A\r\n0123456789\r\n0\r\n\r\n"));
	expect(fd, 200, "PUT /echo  abc0123456789");
	raw_send(fd, STR("POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"));
	expect(fd, 200, "POST /echo  ");
	(void)close(fd);
	echo_stop(&e);
}

static void test_head(void **state UNUSED)
{
	struct echo e;
	int fd;

	echo_start(&e, (struct http_options){0});
	fd = open_raw(&e);
	raw_send(fd, STR("HEAD /echo/x HTTP/1.1\r\n" HOST "\r\nGET /echo/y HTTP/1.1\r\n" HOST "\r\n"));
	assert_int_equal(raw_answer(fd, &in, true, &answer), 200);
	/* "HEAD /echo/x  " is 14 bytes long and is not sent. */
	assert_true(str_eq(raw_header(&answer, "Content-Length"), STR("14")));
	expect(fd, 200, "GET /echo/y  ");
	(void)close(fd);
	echo_stop(&e);
}

static void test_expect_continue(void **state UNUSED)
{
	struct echo e;
	int fd;

	echo_start(&e, (struct http_options){.max_body_bytes = 100});
	fd = open_raw(&e);
	raw_send(fd, STR("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n"));
	assert_int_equal(raw_answer(fd, &in, true, &answer), 100);
	raw_send(fd, STR("hi"));
	expect(fd, 200, "POST /echo  hi");
	/* What is refused is not asked for. */
	raw_send(fd, STR("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 101\r\nExpect: 100-continue\r\n\r\n"));
	expect(fd, 413, "refused 413: the body is too large");
	expect_closed(fd);
	echo_stop(&e);
}

static void test_request_id(void **state UNUSED)
{
	CLEANUP(buf_releasep) struct buf line = BUF_INIT(1024);
	struct echo e;
	struct str first;
	char id[64];
	int fd;

	echo_start(&e, (struct http_options){0});
	fd = open_raw(&e);
	raw_send(fd, STR("GET /echo HTTP/1.1\r\n" HOST "X-Request-Id: abc-!~\r\n\r\n"));
	expect(fd, 200, NULL);
	assert_true(str_eq(raw_header(&answer, "X-Request-ID"), STR("abc-!~")));
	assert_last(echo_last_request_id, &e, "abc-!~");
	raw_send(fd, STR("GET /echo HTTP/1.1\r\n" HOST "X-Request-Id: not visible\r\n\r\n"));
	expect(fd, 200, NULL);
	first = raw_header(&answer, "X-Request-ID");
	assert_int_equal(first.len, 16);
	(void)snprintf(id, sizeof(id), STR_FMT, STR_ARG(first));
	buf_addf(&line, "GET /echo HTTP/1.1\r\n" HOST "X-Request-Id: %0129d\r\n\r\n", 7);
	raw_send(fd, buf_str(&line));
	expect(fd, 200, NULL);
	assert_int_equal(raw_header(&answer, "X-Request-ID").len, 16);
	assert_false(str_eq(raw_header(&answer, "X-Request-ID"), str_of(id)));
	raw_send(fd, STR("GET /echo HTTP/1.1\r\n" HOST "X-Request-Id: kept\r\nBroken Name: x\r\n\r\n"));
	expect(fd, 400, NULL);
	assert_true(str_eq(raw_header(&answer, "X-Request-ID"), STR("kept")));
	expect_closed(fd);
	echo_stop(&e);
}

static void test_body_limit(void **state UNUSED)
{
	CLEANUP(buf_releasep) struct buf body = BUF_INIT(1024 * 1024);
	struct echo e;
	int fd;

	echo_start(&e, (struct http_options){.max_body_bytes = 5000});
	fd = open_raw(&e);
	/* Exactly the limit passes, whole and chunked. */
	buf_addf(&body, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 5000\r\n\r\n%05000d", 0);
	buf_addf(&body, "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1388\r\n%05000d\r\n0\r\n\r\n",
	         0);
	raw_send(fd, buf_str(&body));
	expect(fd, 200, NULL);
	expect(fd, 200, NULL);
	/* Refused on the promise, before a byte of it came. */
	raw_send(fd, STR("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 5001\r\n\r\n"));
	expect(fd, 413, NULL);
	expect_closed(fd);
	/* Chunked, over the limit by one. */
	fd = open_raw(&e);
	buf_clear(&body);
	buf_addf(&body, "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1389\r\n%05001d\r\n0\r\n\r\n",
	         0);
	buf_add(&body, STR("GET /echo HTTP/1.1\r\n" HOST "\r\n"));
	raw_send(fd, buf_str(&body));
	expect(fd, 413, NULL);
	expect_closed(fd);
	assert_int_equal(http_server_stats(e.server).n_refused, 2);
	echo_stop(&e);
}

/* A body without end is not read for ever. */
static void test_endless_body(void **state UNUSED)
{
	CLEANUP(buf_releasep) struct buf chunk = BUF_INIT(8192);
	struct echo e;
	int fd;

	echo_start(&e, (struct http_options){.max_body_bytes = 5000});
	fd = open_raw(&e);
	raw_send(fd, STR("POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"));
	buf_addf(&chunk, "1000\r\n%04096d\r\n", 0);
	for (size_t sent = 0; sent < 64 * 4096; sent += 4096)
		raw_send(fd, buf_str(&chunk));
	expect_closed(fd);
	echo_stop(&e);
	assert_int_equal(e.n_handled, 0);
}

/* `before`, `size` zeros, `after`. */
static void expect_sized(const struct echo *e, const char *before, const char *after, int size, unsigned status)
{
	CLEANUP(buf_releasep) struct buf all = BUF_INIT(1024 * 1024);
	int fd = open_raw(e);

	buf_addf(&all, "%s%0*d%s", before, size, 0, after);
	raw_send(fd, buf_str(&all));
	assert_int_equal(raw_answer(fd, &in, false, &answer), status);
	if (status != 200)
		assert_true(raw_is_closed(fd, &in));
	(void)close(fd);
}

static void expect_target(const struct echo *e, int size, unsigned status)
{
	expect_sized(e, "GET /", " HTTP/1.1\r\n" HOST "\r\n", size, status);
}

static void expect_header(const struct echo *e, int size, unsigned status)
{
	expect_sized(e, "GET /echo HTTP/1.1\r\n" HOST "X: ", "\r\n\r\n", size, status);
}

static void test_head_limits(void **state UNUSED)
{
	CLEANUP(buf_releasep) struct buf many = BUF_INIT(64 * 1024);
	struct echo e;
	int fd;

	echo_start(&e, (struct http_options){.max_header_bytes = 8192});
	expect_target(&e, 2000, 200);
	expect_target(&e, 2100, 414);
	expect_target(&e, 100000, 414);
	expect_header(&e, 8000, 200);
	expect_header(&e, 8200, 431);
	expect_header(&e, 100000, 431);
	for (unsigned n = HTTP_MAX_REQUEST_HEADERS; n <= HTTP_MAX_REQUEST_HEADERS + 1; n++) {
		buf_clear(&many);
		buf_add(&many, STR("GET /echo HTTP/1.1\r\n" HOST));
		for (unsigned i = 1; i < n; i++)
			buf_addf(&many, "X-%u: v\r\n", i);
		buf_add(&many, STR("\r\n"));
		fd = open_raw(&e);
		raw_send(fd, buf_str(&many));
		expect(fd, n <= HTTP_MAX_REQUEST_HEADERS ? 200 : 431, NULL);
		(void)close(fd);
	}
	echo_stop(&e);
}

static void test_large_answer(void **state UNUSED)
{
	struct echo e;
	int fd;

	echo_start(&e, (struct http_options){0});
	fd = open_raw(&e);
	raw_send(fd, STR("GET /big/200000 HTTP/1.1\r\n" HOST "\r\n"));
	assert_int_equal(raw_answer(fd, &in, false, &answer), 200);
	assert_int_equal(raw_body(&answer).len, 200000);
	(void)close(fd);
	echo_stop(&e);
}

/* Each begins a request and never ends it; the read blocks until the server cuts the connection. */
static void test_deadline(void **state UNUSED)
{
	static const struct str beginnings[] = {
	    STR_INIT("G"),
	    STR_INIT("GET /echo HT"),
	    STR_INIT("GET /echo HTTP/1.1\r\nHo"),
	    STR_INIT("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\n12345"),
	    STR_INIT("POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n5\r\n12"),
	};
	int fds[N_ELEMENTS(beginnings)], kept_alive;
	struct echo e;

	echo_start(&e, (struct http_options){.request_deadline_s = 1, .idle_timeout_s = 600});
	for (size_t i = 0; i < N_ELEMENTS(beginnings); i++) {
		fds[i] = open_raw(&e);
		raw_send(fds[i], beginnings[i]);
	}
	/* The beginning of a second request counts as well. */
	kept_alive = open_raw(&e);
	raw_send(kept_alive, STR("GET /echo HTTP/1.1\r\n" HOST "\r\n"));
	expect(kept_alive, 200, NULL);
	raw_send(kept_alive, STR("GET /echo HTTP/1.1\r\nX"));
	for (size_t i = 0; i < N_ELEMENTS(beginnings); i++)
		expect_closed(fds[i]);
	expect_closed(kept_alive);
	echo_stop(&e);
	assert_int_equal(e.n_handled, 1);
}

/* The peer has said its last: the connection does not wait for the idle timeout. */
static void test_half_closed(void **state UNUSED)
{
	struct echo e;

	echo_start(&e, (struct http_options){.request_deadline_s = 1, .idle_timeout_s = 600});
	for (unsigned i = 0; i < 20; i++) {
		int fd = open_raw(&e);

		raw_send(fd, STR("GET /echo HTTP/1.1\r\n" HOST "\r\n"));
		assert_int_equal(shutdown(fd, SHUT_WR), 0);
		expect(fd, 200, "GET /echo  ");
		expect_closed(fd);
	}
	echo_stop(&e);
}

static void test_idle_timeout(void **state UNUSED)
{
	struct echo e;
	int fd;

	echo_start(&e, (struct http_options){.idle_timeout_s = 1});
	fd = open_raw(&e);
	expect_closed(fd);
	echo_stop(&e);
}

/* The third connection waits in the kernel's queue until the first is closed. */
static void test_max_connections(void **state UNUSED)
{
	struct echo e;
	int first, second, third;

	echo_start(&e, (struct http_options){.max_connections = 2, .n_threads = 2});
	first = open_raw(&e);
	raw_send(first, STR("GET /echo/1 HTTP/1.1\r\n" HOST "\r\n"));
	expect(first, 200, "GET /echo/1  ");
	second = open_raw(&e);
	raw_send(second, STR("GET /echo/2 HTTP/1.1\r\n" HOST "\r\n"));
	expect(second, 200, "GET /echo/2  ");
	third = open_raw(&e);
	raw_send(third, STR("GET /echo/3 HTTP/1.1\r\n" HOST "\r\n"));
	raw_send(second, STR("GET /echo/4 HTTP/1.1\r\n" HOST "\r\n"));
	expect(second, 200, "GET /echo/4  ");
	assert_int_equal(http_server_stats(e.server).n_connections, 2);
	assert_int_equal(e.n_handled, 3);
	(void)close(first);
	expect(third, 200, "GET /echo/3  ");
	(void)close(second);
	(void)close(third);
	echo_stop(&e);
}

static void test_max_connections_per_ip(void **state UNUSED)
{
	struct echo e;
	int first, second;

	echo_start(&e, (struct http_options){.max_connections_per_ip = 1});
	first = open_raw(&e);
	raw_send(first, STR("GET /echo HTTP/1.1\r\n" HOST "\r\n"));
	expect(first, 200, NULL);
	second = open_raw(&e);
	expect_closed(second);
	raw_send(first, STR("GET /echo HTTP/1.1\r\n" HOST "\r\n"));
	expect(first, 200, NULL);
	(void)close(first);
	echo_stop(&e);
}

static void test_start_errors(void **state UNUSED)
{
	struct http_server *s = NULL;
	struct error err = {0};
	struct echo e;

	echo_start(&e, (struct http_options){0});
	assert_true(http_server_start(&(struct http_options){.address = "nonsense"}, &e.app, &s, &err) < 0);
	assert_true(strlen(err.text) > 0);
	err = (struct error){0};
	assert_int_equal(
	    http_server_start(&(struct http_options){.address = "127.0.0.1", .port = http_server_port(e.server)},
	                      &e.app, &s, &err),
	    -EADDRINUSE);
	assert_true(strlen(err.text) > 0);
	err = (struct error){0};
	assert_true(http_server_start(&(struct http_options){.address = "127.0.0.1", .tls_cert_pem = STR("x")}, &e.app,
	                              &s, &err) < 0);
	assert_true(strlen(err.text) > 0);
	err = (struct error){0};
	assert_true(
	    http_server_start(
	        &(struct http_options){.address = "127.0.0.1", .tls_cert_pem = STR("x"), .tls_key_pem = STR("y")},
	        &e.app, &s, &err) < 0);
	assert_true(strlen(err.text) > 0);
	assert_null(s);
	echo_stop(&e);
	http_server_free(NULL);
}

static int release_answer(void **state UNUSED)
{
	buf_release(&answer);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_keep_alive),
	    cmocka_unit_test(test_http_1_0),
	    cmocka_unit_test(test_pipelining),
	    cmocka_unit_test(test_chunked),
	    cmocka_unit_test(test_head),
	    cmocka_unit_test(test_expect_continue),
	    cmocka_unit_test(test_request_id),
	    cmocka_unit_test(test_body_limit),
	    cmocka_unit_test(test_endless_body),
	    cmocka_unit_test(test_head_limits),
	    cmocka_unit_test(test_large_answer),
	    cmocka_unit_test(test_deadline),
	    cmocka_unit_test(test_half_closed),
	    cmocka_unit_test(test_idle_timeout),
	    cmocka_unit_test(test_max_connections),
	    cmocka_unit_test(test_max_connections_per_ip),
	    cmocka_unit_test(test_start_errors),
	};

	return cmocka_run_group_tests(tests, NULL, release_answer);
}
