/* SPDX-License-Identifier: Apache-2.0
 *
 * Opening, catching up, closing.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libdoorward/loading.h"
#include "libdoorward/public.h"

/* ---- a store ------------------------------------------------------------------------------------------------- */

static enum doorward_result open_store(const char *path, struct str name, struct doorward_organization **ret,
                                       struct error *err)
{
	CLEANUP(freep) char *url = mem_alloc(sizeof("sqlite:") + strlen(path));
	CLEANUP(organization_unrefp) struct doorward_organization *org = NULL;
	enum doorward_result result;
	struct store *store;
	int r;

	(void)snprintf(url, sizeof("sqlite:") + strlen(path), "sqlite:%s", path);
	r = store_open_read_only(str_of(url), &store, err);
	if (r != 0)
		return public_result(r);
	org = organization_new(name, store);
	result = load_from_store(org, err);
	if (result == DOORWARD_OK)
		*ret = TAKE(org);
	return result;
}

int doorward_open_store(const char *path, const char *organization, struct doorward_organization **ret,
                        struct doorward_error *err)
{
	struct error cause = {0};

	if (!ret)
		return public_invalid(err, "there is no place for the organization");
	*ret = NULL;
	if (!path || !*path || !organization || !*organization)
		return public_invalid(err, "a store needs a path and the name of an organization");
	/* It would begin options of the server's URLs. */
	if (strchr(path, '?'))
		return public_invalid(err, "the path of a store must not hold a '?'");
	return public_fail(err, open_store(path, str_of(organization), ret, &cause), &cause);
}

int doorward_refresh(struct doorward_organization *org, uint64_t *ret_revision, struct doorward_error *err)
{
	struct error cause = {0};
	enum doorward_result result;

	(void)pthread_mutex_lock(&org->refresh_lock);
	result = load_changes(org, &cause);
	/* Nobody makes a newer one here, which would take this one away. */
	if (ret_revision)
		*ret_revision = atomic_load(&org->newest)->snapshot->revision;
	(void)pthread_mutex_unlock(&org->refresh_lock);
	return public_fail(err, result, &cause);
}

uint64_t doorward_revision(struct doorward_organization *org)
{
	uint64_t revision;

	(void)pthread_mutex_lock(&org->lock);
	revision = atomic_load(&org->newest)->snapshot->revision;
	(void)pthread_mutex_unlock(&org->lock);
	return revision;
}

void doorward_close(struct doorward_organization *org)
{
	organization_unref(org);
}

/* ---- an export ----------------------------------------------------------------------------------------------- */

static enum doorward_result open_text(struct doorward_text text, struct doorward_organization **ret, struct error *err)
{
	return load_from_archive((struct str){text.ptr, text.len}, ret, err);
}

int doorward_open_export_text(struct doorward_text text, struct doorward_organization **ret, struct doorward_error *err)
{
	struct error cause = {0};

	if (!ret)
		return public_invalid(err, "there is no place for the organization");
	*ret = NULL;
	if (!text.ptr)
		return public_invalid(err, "there is no text");
	return public_fail(err, open_text(text, ret, &cause), &cause);
}

static int fail_system(struct error *err, const char *path)
{
	int error = errno;
	char text[128];

	(void)error_set(err, error, "cannot read %s: %s", path, strerror_r(error, text, sizeof(text)));
	return -error;
}

/* All `size` bytes; a file that ends before them is no longer the one that was looked at. */
static int read_all(int fd, char *bytes, size_t size, const char *path, struct error *err)
{
	for (size_t at = 0; at < size;) {
		ssize_t n = read(fd, bytes + at, size - at);

		if (n < 0 && errno != EINTR)
			return fail_system(err, path);
		if (n == 0)
			return error_set(err, -EBADMSG, "%s became shorter while it was read", path);
		at += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static int read_file(int fd, const char *path, struct doorward_text *ret, struct error *err)
{
	char *bytes = NULL;
	struct stat st;
	int r;

	if (fstat(fd, &st) != 0)
		return fail_system(err, path);
	if (!S_ISREG(st.st_mode) || st.st_size <= 0)
		return error_set(err, -EBADMSG, "%s is empty, or no file", path);
	/* Its size is somebody else's choice: not having so much memory is no reason to end. */
	bytes = malloc((size_t)st.st_size);
	r = bytes ? read_all(fd, bytes, (size_t)st.st_size, path, err) : fail_system(err, path);
	if (r == 0)
		*ret = (struct doorward_text){bytes, (size_t)st.st_size};
	else
		free(bytes);
	return r;
}

/* The caller frees the text. 0 or -errno. */
static int open_and_read(const char *path, struct doorward_text *ret, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int r;

	if (fd < 0)
		return fail_system(err, path);
	r = read_file(fd, path, ret, err);
	close(fd);
	return r;
}

int doorward_open_export(const char *path, struct doorward_organization **ret, struct doorward_error *err)
{
	struct error cause = {0};
	struct doorward_text text = {NULL, 0};
	enum doorward_result result;

	if (!ret)
		return public_invalid(err, "there is no place for the organization");
	*ret = NULL;
	if (!path || !*path)
		return public_invalid(err, "an export needs a path");
	result = public_result(open_and_read(path, &text, &cause));
	if (result == DOORWARD_OK) {
		result = open_text(text, ret, &cause);
		free((char *)(uintptr_t)text.ptr);
	}
	return public_fail(err, result, &cause);
}
