/* SPDX-License-Identifier: Apache-2.0
 *
 * Exchanges that are finished later, from another thread, and draining while they are open.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/socket.h>
#include <unistd.h>

#include "echo.h"

#define WAIT "GET /wait HTTP/1.1\r\nHost: h\r\n\r\n"
#define ECHO "GET /echo HTTP/1.1\r\nHost: h\r\n\r\n"

static struct raw_in in;
static struct buf answer = {.max_bytes = 64 * 1024};

static int send_on_new(const struct echo *e, struct str bytes)
{
	int fd = raw_connect(e);

	assert_true(fd >= 0);
	in.len = 0;
	raw_send(fd, bytes);
	return fd;
}

static void expect(int fd, unsigned status, const char *body)
{
	assert_int_equal(raw_answer(fd, &in, false, &answer), status);
	if (!str_eq(raw_body(&answer), str_of(body)))
		fail_msg("not %s but " STR_FMT, body, STR_ARG(raw_body(&answer)));
}

static void test_finished_from_here(void **state UNUSED)
{
	struct echo e;
	int fd;

	echo_start(&e, (struct http_options){.n_threads = 2});
	fd = send_on_new(&e, STR(WAIT ECHO));
	echo_await_waiting(&e, 1);
	echo_finish(&e, 0);
	expect(fd, 200, "waited");
	expect(fd, 200, "GET /echo  ");
	(void)close(fd);
	echo_stop(&e);
	assert_int_equal(e.n_done, 2);
}

/* http_finish() may be faster than the handler's return. */
static void test_finished_before_return(void **state UNUSED)
{
	struct echo e;
	int fd;

	echo_start(&e, (struct http_options){.n_threads = 2});
	e.finish_at_once = true;
	fd = send_on_new(&e, STR(WAIT WAIT WAIT ECHO));
	for (unsigned i = 0; i < 3; i++)
		expect(fd, 200, "waited");
	expect(fd, 200, "GET /echo  ");
	(void)close(fd);
	echo_stop(&e);
}

static void *finish_waiting(void *arg)
{
	struct echo *e = arg;

	for (size_t i = 0; i < N_ELEMENTS(e->waiting); i++) {
		echo_await_waiting(e, i + 1);
		echo_finish(e, i);
	}
	return NULL;
}

/* A thread races with the handlers to finish each as soon as it can see it. */
static void test_race(void **state UNUSED)
{
	int fds[N_ELEMENTS(((struct echo *)NULL)->waiting)];
	pthread_t thread;
	struct echo e;

	for (unsigned round = 0; round < 20; round++) {
		echo_start(&e, (struct http_options){.n_threads = 2});
		assert_int_equal(pthread_create(&thread, NULL, finish_waiting, &e), 0);
		for (size_t i = 0; i < N_ELEMENTS(fds); i++)
			fds[i] = send_on_new(&e, STR(WAIT));
		for (size_t i = 0; i < N_ELEMENTS(fds); i++) {
			in.len = 0;
			expect(fds[i], 200, "waited");
			(void)close(fds[i]);
		}
		(void)pthread_join(thread, NULL);
		echo_stop(&e);
		assert_int_equal(e.n_done, N_ELEMENTS(fds));
	}
}

/* The peer does not wait: nothing is lost but the answer. */
static void test_peer_gone(void **state UNUSED)
{
	const struct linger reset = {.l_onoff = 1, .l_linger = 0};
	struct echo e;
	int fd;

	echo_start(&e, (struct http_options){.n_threads = 1});
	fd = send_on_new(&e, STR(WAIT));
	echo_await_waiting(&e, 1);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)), 0);
	(void)close(fd);
	echo_finish(&e, 0);
	echo_await_done(&e, 1);
	echo_stop(&e);
	assert_int_equal(e.n_done, 1);
	assert_int_equal(e.n_sent, 0);
}

static void *drain(void *arg)
{
	struct echo *e = arg;

	http_server_drain(e->server, 60000);
	return NULL;
}

/* What is in flight is answered, and says that the connection ends; then the server is gone. */
static void test_drain_in_flight(void **state UNUSED)
{
	struct echo e;
	pthread_t thread;
	int waiting, idle, refused;

	echo_start(&e, (struct http_options){.n_threads = 2});
	idle = send_on_new(&e, STR(ECHO));
	expect(idle, 200, "GET /echo  ");
	waiting = send_on_new(&e, STR(WAIT));
	echo_await_waiting(&e, 1);
	assert_int_equal(pthread_create(&thread, NULL, drain, &e), 0);
	/* The listening socket is closed before anything else: connecting fails from some moment on. */
	while ((refused = raw_connect(&e)) >= 0)
		(void)close(refused);
	echo_finish(&e, 0);
	in.len = 0;
	expect(waiting, 200, "waited");
	assert_true(str_eq(raw_header(&answer, "Connection"), STR("close")));
	assert_true(raw_is_closed(waiting, &in));
	assert_true(raw_is_closed(idle, &in));
	(void)close(waiting);
	(void)close(idle);
	(void)pthread_join(thread, NULL);
	echo_stop(&e);
	assert_int_equal(e.n_sent, 2);
}

/* Grace runs out: the client is told, and the application may finish when the server is long gone. */
static void test_drain_abandons(void **state UNUSED)
{
	struct echo e;
	int first, second;

	echo_start(&e, (struct http_options){.n_threads = 2});
	first = send_on_new(&e, STR(WAIT));
	second = send_on_new(&e, STR("GET /wait HTTP/1.1\r\nHost: h\r\nX-Kept: yes\r\n\r\n"));
	echo_await_waiting(&e, 2);
	http_server_drain(e.server, 1);
	http_server_drain(e.server, 1);
	http_server_free(e.server);
	e.server = NULL;
	expect(first, 503, "refused 503: the server is shutting down");
	assert_true(raw_is_closed(first, &in));
	expect(second, 503, "refused 503: the server is shutting down");
	assert_true(raw_is_closed(second, &in));
	assert_true(str_eq(e.waiting[0]->path, STR("/wait")));
	assert_int_equal(
	    http_header_count(e.waiting[0], STR("X-Kept")) + http_header_count(e.waiting[1], STR("X-Kept")), 1);
	echo_finish(&e, 1);
	echo_finish(&e, 0);
	(void)close(first);
	(void)close(second);
	echo_stop(&e);
	assert_int_equal(e.n_done, e.n_handled + e.n_refused);
}

static void *client(void *arg)
{
	const struct echo *e = arg;
	static _Thread_local struct raw_in mine;
	CLEANUP(buf_releasep) struct buf got = BUF_INIT(64 * 1024);
	int fd = raw_connect(e);

	/* Until the server goes away. */
	while (fd >= 0) {
		raw_send(fd, STR(ECHO));
		if (raw_answer(fd, &mine, false, &got) != 200)
			break;
	}
	if (fd >= 0)
		(void)close(fd);
	return NULL;
}

static void test_drain_under_load(void **state UNUSED)
{
	pthread_t threads[4];
	struct echo e;

	for (unsigned round = 0; round < 10; round++) {
		echo_start(&e, (struct http_options){.n_threads = 2});
		for (size_t i = 0; i < N_ELEMENTS(threads); i++)
			assert_int_equal(pthread_create(&threads[i], NULL, client, &e), 0);
		echo_await_done(&e, 100);
		http_server_drain(e.server, 60000);
		for (size_t i = 0; i < N_ELEMENTS(threads); i++)
			(void)pthread_join(threads[i], NULL);
		echo_stop(&e);
	}
}

static int release_answer(void **state UNUSED)
{
	buf_release(&answer);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_finished_from_here),
	    cmocka_unit_test(test_finished_before_return),
	    cmocka_unit_test(test_race),
	    cmocka_unit_test(test_peer_gone),
	    cmocka_unit_test(test_drain_in_flight),
	    cmocka_unit_test(test_drain_abandons),
	    cmocka_unit_test(test_drain_under_load),
	};

	return cmocka_run_group_tests(tests, NULL, release_answer);
}
