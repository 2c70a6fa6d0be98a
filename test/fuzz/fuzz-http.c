/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes to a real server over a loopback connection, in splits that the first byte chooses; and to the router and the
 * percent-decoder. Besides what the sanitizers see: whatever reaches the application obeys what http.h promises, and
 * whatever comes back begins like an answer.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/random.h"
#include "http/router.h"

#define MAX_SPLITS     8u
#define MAX_BODY_BYTES 4096u
/* Sent behind every input: ends whatever the input began (a line, a head, a body, a chunk) and then is no request, so
 * that the server closes at once rather than after its deadline. */
#define TAIL       "!\r\n\r\n"
#define TAIL_BYTES ((size_t)MAX_BODY_BYTES + 1000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct route routes[] = {
    {HTTP_GET, "/", NULL},
    {HTTP_GET, "/a/{id}", NULL},
    {HTTP_POST, "/a/b", NULL},
    {HTTP_PUT, "/a/{id}/{other}/c:d", NULL},
    {HTTP_GET, "/{a}/{b}/{c}/{d}/{e}/{f}", NULL},
};
static struct router *router;
static uint16_t port;
static char tail[TAIL_BYTES];
static atomic_long n_open; /* exchanges handed out and not done */

static void check_text(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		assert((unsigned char)s.ptr[i] >= ' ' || s.ptr[i] == '\t');
}

static enum http_action handle(struct http_app *app UNUSED, struct http_exchange *x)
{
	struct router_match match;
	struct str value;

	atomic_fetch_add(&n_open, 1);
	assert(x->path.len > 0 && x->path.ptr[0] == '/' && x->method_text.len > 0);
	assert(http_header_count(x, STR("Host")) <= 1 && http_header_count(x, STR("Content-Length")) <= 1);
	assert(http_header_count(x, STR("Transfer-Encoding")) + http_header_count(x, STR("Content-Length")) <= 1);
	assert(x->n_headers <= HTTP_MAX_REQUEST_HEADERS && x->request_id.len > 0 && x->body.len <= MAX_BODY_BYTES);
	for (size_t i = 0; i < x->n_headers; i++) {
		assert(x->headers[i].name.len > 0);
		check_text(x->headers[i].value);
	}
	check_text(x->path);
	check_text(x->query);
	(void)http_query_get(x, STR("q"), &value);
	(void)router_match(router, x->method, x->path, &x->arena, &match);
	x->status = 200;
	if (x->body.len)
		buf_add(&x->out, x->body);
	return HTTP_ANSWERED;
}

static void refuse(struct http_app *app UNUSED, struct http_exchange *x, enum http_refusal why, const char *text)
{
	atomic_fetch_add(&n_open, 1);
	x->status = (unsigned)why;
	buf_add(&x->out, str_of(text));
}

static void done(struct http_app *app UNUSED, struct http_exchange *x UNUSED, bool sent UNUSED)
{
	assert(atomic_fetch_sub(&n_open, 1) > 0);
}

/* Once for the whole run; it ends with the process. */
static void start_once(void)
{
	static struct http_app app = {handle, refuse, done};
	static struct http_server *server;
	const struct http_options options = {.address = "127.0.0.1",
	                                     .n_threads = 1,
	                                     .max_body_bytes = MAX_BODY_BYTES,
	                                     .max_header_bytes = 4096,
	                                     .request_deadline_s = 1};
	struct error err;

	if (server)
		return;
	for (size_t i = 0; i < sizeof(tail); i++)
		tail[i] = TAIL[i % (sizeof(TAIL) - 1)];
	router = router_new(routes, N_ELEMENTS(routes));
	if (http_server_start(&options, &app, &server, &err) < 0)
		abort();
	port = http_server_port(server);
}

static void send_in_splits(int fd, struct str bytes, uint8_t seed)
{
	struct prng splits = {seed};
	size_t n = prng_below(&splits, MAX_SPLITS) + 1;

	for (; n > 0 && bytes.len; n--) {
		size_t len = n == 1 ? bytes.len : (size_t)prng_below(&splits, bytes.len) + 1;
		ssize_t sent = send(fd, bytes.ptr, len, MSG_NOSIGNAL);

		if (sent < 0)
			return;
		bytes = str_slice(bytes, (size_t)sent, bytes.len);
	}
}

static void to_server(struct str bytes, uint8_t seed)
{
	const struct sockaddr_in to = {
	    .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	const struct linger reset = {.l_onoff = 1, .l_linger = 0};
	const int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char answer[4096];
	size_t total = 0;
	ssize_t n;

	assert(fd >= 0);
	if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) != 0) {
		/* Whatever else ran on the machine has left no port free, or the fuzzer's own timer came in between:
		 * the input was not tried, and nothing is wrong. */
		if (errno != EADDRNOTAVAIL && errno != EINTR) {
			perror("connect");
			abort();
		}
		(void)close(fd);
		return;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	send_in_splits(fd, bytes, seed);
	send_in_splits(fd, (struct str){tail, sizeof(tail)}, 0);
	(void)shutdown(fd, SHUT_WR);
	while ((n = recv(fd, answer, sizeof(answer), 0)) > 0) {
		assert(total > 0 || n < 9 || memcmp(answer, "HTTP/1.", 7) == 0);
		total += (size_t)n;
	}
	/* Leaves no port behind in TIME_WAIT: there are more inputs than ports. */
	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	(void)close(fd);
}

static void to_router(struct str bytes)
{
	struct arena a = ARENA_INIT;
	struct router_match match;
	struct str decoded;

	for (unsigned m = HTTP_OTHER; m <= HTTP_OPTIONS; m++) {
		enum router_result r = router_match(router, (enum http_method)m, bytes, &a, &match);

		assert((r == ROUTE_FOUND) == (match.route != NULL) || r == ROUTE_BAD_PATH);
		assert(r != ROUTE_FOUND || match.n_params <= ROUTER_MAX_PARAMS);
	}
	if (http_percent_decode(&a, bytes, &decoded))
		assert(decoded.len <= bytes.len && str_find(decoded, '\0', 0) == SIZE_MAX);
	arena_release(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes;

	if (size == 0)
		return 0;
	start_once();
	bytes = (struct str){(const char *)data + 1, size - 1};
	to_router(bytes);
	to_server(bytes, data[0]);
	return 0;
}
