/* SPDX-License-Identifier: Apache-2.0 */
#include "service/decision_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"

#define POLL_MS      100
#define LAST_WAIT_NS (UINT64_C(2) * 1000000000)

/* ---- opening ----------------------------------------------------------------------------------------------- */

static int complain(const char *path, struct error *err, const char *what)
{
	return error_set(err, -errno, "cannot %s the decision log %s: %s", what, path, strerror(errno));
}

static int read_at(int fd, char *to, size_t n, uint64_t from)
{
	size_t done = 0;

	while (done < n) {
		ssize_t got = pread(fd, to + done, n - done, (off_t)(from + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			errno = got < 0 ? errno : EIO;
			return -errno;
		}
		done += (size_t)got;
	}
	return 0;
}

/* The chain behind the last line of a text that a file ends with. False: it is none of a decision log. */
static bool take_up(struct str text, bool is_whole_file, struct chain *chain, size_t *ret_torn)
{
	size_t end = text.len, from;

	while (end > 0 && text.ptr[end - 1] != '\n')
		end--;
	*ret_torn = text.len - end;
	if (end == 0)
		return is_whole_file && chain_may_begin(text);
	for (from = end - 1; from > 0 && text.ptr[from - 1] != '\n';)
		from--;
	return chain_take_up(chain, str_slice(text, from, end - 1));
}

/* Reads the end of the file, where at most two lines of the greatest length stand, the second of them torn. */
static int read_end(struct decision_file *f, const char *path, struct chain *chain, size_t *ret_torn, struct error *err)
{
	bool is_whole = f->n_bytes < CHAIN_LINE_MAX_BYTES * 2;
	size_t n = is_whole ? (size_t)f->n_bytes : CHAIN_LINE_MAX_BYTES * 2;
	CLEANUP(freep) char *text = mem_alloc(n);

	if (read_at(f->fd, text, n, f->n_bytes - n) != 0)
		return complain(path, err, "read");
	if (!take_up((struct str){text, n}, is_whole, chain, ret_torn))
		return error_set(err, -EINVAL, "%s is there and its last line is none of a decision log", path);
	f->n_bytes -= *ret_torn;
	if (*ret_torn && ftruncate(f->fd, (off_t)f->n_bytes) != 0)
		return complain(path, err, "cut off the torn last line of");
	return 0;
}

static int open_at(struct decision_file *f, const char *path, struct chain *chain, size_t *ret_torn, struct error *err)
{
	struct stat st;

	f->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (f->fd < 0 || fstat(f->fd, &st) != 0)
		return complain(path, err, "open");
	if (!S_ISREG(st.st_mode))
		return error_set(err, -EINVAL, "the decision log %s is no regular file", path);
	if (flock(f->fd, LOCK_EX | LOCK_NB) != 0)
		return error_set(err, -EBUSY, "another server writes to the decision log %s", path);
	/* Once more: whoever had it may have written until now. */
	if (fstat(f->fd, &st) != 0)
		return complain(path, err, "open");
	f->n_bytes = (uint64_t)st.st_size;
	return f->n_bytes ? read_end(f, path, chain, ret_torn, err) : 0;
}

int decision_file_open(const char *path, struct decision_file *ret, struct chain *chain, size_t *ret_torn,
                       struct error *err)
{
	struct decision_file f = {.fd = -1};
	struct chain found = *chain;
	int r = 0;

	*ret_torn = 0;
	if (strcmp(path, "-") == 0) {
		f.fd = STDOUT_FILENO;
		f.is_stdout = true;
	} else {
		r = open_at(&f, path, &found, ret_torn, err);
	}
	if (r != 0) {
		decision_file_close(&f);
		return r;
	}
	*ret = f;
	*chain = found;
	return 0;
}

void decision_file_close(struct decision_file *f)
{
	if (f->fd >= 0 && !f->is_stdout)
		(void)close(f->fd);
	f->fd = -1;
}

bool decision_file_is_at(const struct decision_file *f, const char *path)
{
	struct stat own, there;

	return fstat(f->fd, &own) == 0 && lstat(path, &there) == 0 && own.st_dev == there.st_dev &&
	       own.st_ino == there.st_ino;
}

void decision_file_sync(const struct decision_file *f)
{
	if (!f->is_stdout)
		(void)fdatasync(f->fd);
}

/* ---- writing ----------------------------------------------------------------------------------------------- */

/* False: the reader of standard output does not read, and the end has come. */
static bool wait_for_reader(const struct decision_file *f, const _Atomic bool *is_ending)
{
	struct pollfd p = {.fd = f->fd, .events = POLLOUT};
	uint64_t ending_ns = 0;

	while (poll(&p, 1, POLL_MS) <= 0) {
		if (!atomic_load(is_ending))
			continue;
		if (!ending_ns)
			ending_ns = clock_monotonic_ns();
		if (clock_monotonic_ns() - ending_ns > LAST_WAIT_NS)
			return false;
	}
	return true;
}

/* A pipe that is ready takes this much without making anybody wait. */
static size_t piece(const struct decision_file *f, size_t n)
{
	return f->is_stdout && n > PIPE_BUF ? PIPE_BUF : n;
}

static int write_all(const struct decision_file *f, struct str text, const _Atomic bool *is_ending)
{
	for (size_t done = 0; done < text.len;) {
		ssize_t n;

		if (f->is_stdout && !wait_for_reader(f, is_ending))
			return -EAGAIN;
		n = write(f->fd, text.ptr + done, piece(f, text.len - done));
		if (n > 0)
			done += (size_t)n;
		else if (n == 0)
			return -EIO;
		else if (errno != EINTR && !(f->is_stdout && errno == EAGAIN))
			return -errno;
	}
	return 0;
}

int decision_file_write(struct decision_file *f, struct str text, const _Atomic bool *is_ending)
{
	int r = 0;

	if (f->is_torn && ftruncate(f->fd, (off_t)f->n_bytes) != 0)
		return -errno;
	f->is_torn = false;
	r = write_all(f, text, is_ending);
	if (r == 0)
		f->n_bytes += text.len;
	else if (!f->is_stdout)
		f->is_torn = ftruncate(f->fd, (off_t)f->n_bytes) != 0;
	return r;
}
