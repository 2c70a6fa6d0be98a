/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sqlite/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static int fail(int error, const char *path, struct error *err)
{
	char text[128];

	error_set(err, error, "cannot open the database %s: %s", path, strerror_r(error, text, sizeof(text)));
	return -error;
}

int lock_make_file(struct str path, char **ret_path, struct error *err)
{
	CLEANUP(freep) char *given = str_dup_cstr(path);
	char *real;
	int fd;

	/* O_EXCL: a file that exists is not opened here, since closing it would drop SQLite's locks on it. */
	fd = open(given, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
	else if (errno != EEXIST)
		return fail(errno, given, err);
	real = realpath(given, NULL);
	if (!real)
		return fail(errno, given, err);
	*ret_path = real;
	return 0;
}

int lock_find_file(struct str path, char **ret_path, struct error *err)
{
	CLEANUP(freep) char *given = str_dup_cstr(path);
	char *real = realpath(given, NULL);

	if (!real)
		return fail(errno, given, err);
	*ret_path = real;
	return 0;
}

int lock_take(const char *path, int *ret_fd, struct error *err)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	size_t size = strlen(path) + sizeof(".lock");
	CLEANUP(freep) char *name = mem_alloc(size);
	int fd, error;

	(void)snprintf(name, size, "%s.lock", path);
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return fail(errno, name, err);
	if (fcntl(fd, F_OFD_SETLK, &lock) < 0) {
		error = errno;
		close(fd);
		if (error != EAGAIN && error != EACCES)
			return fail(error, name, err);
		error_set(err, EBUSY, "the database %s is in use by another process", path);
		return -EBUSY;
	}
	*ret_fd = fd;
	return 0;
}
