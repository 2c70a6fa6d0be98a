/* SPDX-License-Identifier: Apache-2.0 */
#include "main/owner_key.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int owner_key_file_open(struct owner_key_file *f, const char *path, struct error *err)
{
	*f = (struct owner_key_file){.path = path, .fd = -1};
	if (!path)
		return 0;
	f->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	f->was_made = f->fd >= 0;
	if (f->fd < 0 && errno == EEXIST)
		f->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (f->fd < 0)
		return error_set(err, -errno, "cannot write the owner key file %s: %s", path, strerror(errno));
	return 0;
}

/* The whole text, or -errno. */
static int write_all(int fd, struct str s)
{
	while (s.len) {
		ssize_t n = write(fd, s.ptr, s.len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			s = str_slice(s, (size_t)n, s.len);
	}
	return 0;
}

int owner_key_file_write(struct owner_key_file *f, struct str org, struct str key, struct error *err)
{
	int r;

	if (f->fd < 0) {
		(void)fprintf(stderr, "owner key of organization " STR_FMT " (shown this once): " STR_FMT "\n",
		              STR_ARG(org), STR_ARG(key));
		return 0;
	}
	f->was_made = false;
	r = fchmod(f->fd, 0600) == 0 && ftruncate(f->fd, 0) == 0 ? 0 : -errno;
	if (r == 0)
		r = write_all(f->fd, key);
	if (r == 0)
		r = write_all(f->fd, STR("\n"));
	if (r == 0 && fsync(f->fd) != 0)
		r = -errno;
	if (r != 0)
		return error_set(err, r, "cannot write the owner key file %s: %s", f->path, strerror(-r));
	return 0;
}

void owner_key_file_close(struct owner_key_file *f)
{
	if (f->fd >= 0)
		(void)close(f->fd);
	if (f->was_made)
		(void)unlink(f->path);
	f->fd = -1;
}
