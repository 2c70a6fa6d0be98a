/* SPDX-License-Identifier: Apache-2.0
 *
 * One thread that accepts connections and enforces the deadline of requests. It hands each connection to the library
 * (MHD_add_connection), rather than lending it the listening socket: so the limit leaves what comes above it in the
 * kernel's queue, and draining need not call MHD_quiesce_daemon(), which in 0.9.75 can abort the process when a worker
 * takes the socket out of its epoll set at the same moment.
 *
 * The deadline: the library tells when a request line is complete, not when its first byte came. So the kernel is
 * asked, at each sweep, how many bytes a connection has received; more than at the sweep before means that a request
 * has begun (known to within one sweep, an eighth of the deadline and at most a second).
 */
#include "http/internal.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

#define NS_PER_S         UINT64_C(1000000000)
#define NS_PER_MS        UINT64_C(1000000)
#define SWEEPS_PER_LIMIT 8u
#define MAX_SWEEP_NS     NS_PER_S
#define ACCEPTS_A_ROUND  64u
/* tcpi_state; named in <netinet/tcp.h>, which knows no byte counts and cannot be included beside <linux/tcp.h>. */
#define STATE_CLOSE_WAIT 8
#define PAUSE_MS         20 /* when the process is out of descriptors */

struct received {
	uint64_t bytes;
	bool ended; /* the peer will send no more */
};

static struct received look_at_socket(int fd)
{
	struct tcp_info info = {0};
	socklen_t len = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) < 0)
		return (struct received){0};
	return (struct received){info.tcpi_bytes_received, info.tcpi_state == STATE_CLOSE_WAIT};
}

/* Notes what has come since the last sweep; `ret_silent`: nothing, and nothing more can come. */
static void note_received(struct connection *c, uint64_t n_exchanges, uint64_t now, bool *ret_silent)
{
	struct received r = look_at_socket(c->fd);
	bool first_look = n_exchanges != c->sweep.n_exchanges;

	*ret_silent = r.ended && c->sweep.ended && !first_look && r.bytes == c->sweep.bytes;
	if (first_look)
		c->sweep.begun_ns = 0;
	else if (c->sweep.begun_ns == 0 && r.bytes != c->sweep.bytes)
		c->sweep.begun_ns = now;
	c->sweep.n_exchanges = n_exchanges;
	c->sweep.bytes = r.bytes;
	c->sweep.ended = r.ended;
}

/*
 * True for a request that is over its deadline, and for a connection that its peer has ended: the library overlooks an
 * end of stream that arrives together with a whole request, and would wait for the idle timeout.
 */
static bool is_over(struct connection *c, uint64_t now, uint64_t limit_ns)
{
	uint64_t since = atomic_load_explicit(&c->reading_since_ns, memory_order_acquire);
	bool silent;

	if (since == READING_DONE)
		return false;
	note_received(c, atomic_load_explicit(&c->n_exchanges, memory_order_relaxed), now, &silent);
	if (c->sweep.begun_ns && (since == READING_NOTHING || c->sweep.begun_ns < since))
		since = c->sweep.begun_ns;
	return silent || (since && now > since && now - since > limit_ns);
}

static void sweep(struct http_server *s, uint64_t now)
{
	uint64_t limit_ns = s->opt.request_deadline_s * NS_PER_S;

	(void)pthread_mutex_lock(&s->lock);
	/* The library's thread wakes up to the end of the stream, and closes. */
	for (struct connection *c = s->connections; c; c = c->next)
		if (is_over(c, now, limit_ns))
			(void)shutdown(c->fd, SHUT_RDWR);
	(void)pthread_mutex_unlock(&s->lock);
}

static bool has_room(struct http_server *s)
{
	if (atomic_load(&s->n_connections) < s->opt.max_connections)
		return true;
	atomic_store(&s->waits_for_room, true);
	/* Looked at again, because one may have been closed before the flag was up. */
	return atomic_load(&s->n_connections) < s->opt.max_connections;
}

/* False when accepting should pause. */
static bool accept_one(struct http_server *s)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);
	int fd = accept4(s->listen_fd, (struct sockaddr *)&addr, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			(void)poll(NULL, 0, PAUSE_MS);
		return false;
	}
	(void)atomic_fetch_add(&s->n_connections, 1);
	/* Closes the socket itself when it refuses (the limit per address). */
	if (MHD_add_connection(s->mhd, fd, (struct sockaddr *)&addr, len) != MHD_YES)
		(void)atomic_fetch_sub(&s->n_connections, 1);
	return true;
}

static void *listen_loop(void *arg)
{
	struct http_server *s = arg;
	uint64_t period = s->opt.request_deadline_s * NS_PER_S / SWEEPS_PER_LIMIT, now, next_sweep, woken;

	if (period > MAX_SWEEP_NS)
		period = MAX_SWEEP_NS;
	next_sweep = clock_monotonic_ns() + period;
	while (!atomic_load(&s->draining)) {
		struct pollfd fds[] = {{.fd = s->wake_fd, .events = POLLIN},
		                       {.fd = has_room(s) ? s->listen_fd : -1, .events = POLLIN}};

		now = clock_monotonic_ns();
		(void)poll(fds, N_ELEMENTS(fds), now < next_sweep ? (int)((next_sweep - now) / NS_PER_MS) + 1 : 0);
		if (fds[0].revents)
			(void)!read(s->wake_fd, &woken, sizeof(woken));
		for (unsigned n = 0; fds[1].revents && n < ACCEPTS_A_ROUND; n++)
			if (!has_room(s) || !accept_one(s))
				break;
		now = clock_monotonic_ns();
		if (now < next_sweep)
			continue;
		sweep(s, now);
		next_sweep = now + period;
	}
	return NULL;
}

int listener_start(struct http_server *s)
{
	int r = pthread_create(&s->listener, NULL, listen_loop, s);

	s->listening = r == 0;
	return -r;
}

void listener_wake(struct http_server *s)
{
	uint64_t one = 1;

	/* Fails only when the counter is full, and then it wakes as well. */
	(void)!write(s->wake_fd, &one, sizeof(one));
}

void listener_stop(struct http_server *s)
{
	if (!s->listening)
		return;
	listener_wake(s);
	(void)pthread_join(s->listener, NULL);
	s->listening = false;
	(void)close(s->listen_fd);
	s->listen_fd = -1;
}
