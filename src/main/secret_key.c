/* SPDX-License-Identifier: Apache-2.0 */
#include "main/secret_key.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/random.h"
#include "json/base64.h"

#define MAX_FILE_BYTES 256u
#define MAKE_FILE_HINT "make one, for instance by: openssl rand -hex 32"

static bool hex_digit(char c, uint8_t *ret)
{
	if (c >= '0' && c <= '9')
		*ret = (uint8_t)(c - '0');
	else if (c >= 'a' && c <= 'f')
		*ret = (uint8_t)(c - 'a' + 10);
	else if (c >= 'A' && c <= 'F')
		*ret = (uint8_t)(c - 'A' + 10);
	else
		return false;
	return true;
}

static bool parse_hex(struct str text, uint8_t ret[SECRET_KEY_BYTES])
{
	uint8_t high, low;

	if (text.len != (size_t)2 * SECRET_KEY_BYTES)
		return false;
	for (size_t i = 0; i < SECRET_KEY_BYTES; i++) {
		if (!hex_digit(text.ptr[2 * i], &high) || !hex_digit(text.ptr[2 * i + 1], &low))
			return false;
		ret[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static bool parse_base64(struct str text, uint8_t ret[SECRET_KEY_BYTES])
{
	CLEANUP(buf_releasep) struct buf bytes = BUF_INIT(MAX_FILE_BYTES);
	bool ok = base64url_decode(&bytes, text) && bytes.len == SECRET_KEY_BYTES;

	if (ok)
		memcpy(ret, bytes.ptr, SECRET_KEY_BYTES);
	if (bytes.ptr)
		explicit_bzero(bytes.ptr, bytes.cap);
	return ok;
}

/* All of a small file, of which a little more would already be too much. */
static int read_text(int fd, char *text, size_t size, size_t *ret_n)
{
	size_t used = 0;
	ssize_t n = 1;

	while (used < size && n != 0) {
		n = read(fd, text + used, size - used);
		if (n < 0 && errno != EINTR)
			return -errno;
		used += n > 0 ? (size_t)n : 0;
	}
	*ret_n = used;
	return 0;
}

/* Not an error: containers often mount secrets so. */
static void warn_if_open(int fd, const char *path)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && (st.st_mode & (S_IROTH | S_IWOTH)))
		log_msg(LOG_WARN, "the secret key file %s can be read or written by everybody", path);
}

static int read_key(int fd, const char *path, uint8_t ret[SECRET_KEY_BYTES], struct error *err)
{
	char text[MAX_FILE_BYTES];
	struct str trimmed;
	size_t n = 0;
	bool ok;
	int r = read_text(fd, text, sizeof(text), &n);

	if (r != 0)
		return error_set(err, r, "cannot read the secret key file %s: %s", path, strerror(-r));
	warn_if_open(fd, path);
	trimmed = str_trim((struct str){text, n});
	ok = parse_hex(trimmed, ret) || parse_base64(trimmed, ret);
	explicit_bzero(text, sizeof(text));
	return ok ? 0
	          : error_set(err, -EINVAL,
	                      "the secret key file %s must hold 32 bytes in hexadecimal or base64url; " MAKE_FILE_HINT,
	                      path);
}

/* The file and the folder's entry of it are durable before anything is sealed with the key. */
static int sync_folder(const char *path)
{
	CLEANUP(freep) char *folder = str_dup_cstr(str_of(path));
	char *slash = strrchr(folder, '/');
	int fd, r;

	if (slash && slash != folder)
		*slash = '\0';
	fd = open(slash ? (slash == folder ? "/" : folder) : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = fsync(fd) == 0 ? 0 : -errno;
	(void)close(fd);
	return r;
}

static int write_key(int fd, const uint8_t key[SECRET_KEY_BYTES])
{
	char text[2 * SECRET_KEY_BYTES + 2];
	size_t n = 0;
	ssize_t written;

	for (size_t i = 0; i < SECRET_KEY_BYTES; i++) {
		text[n++] = "0123456789abcdef"[key[i] >> 4];
		text[n++] = "0123456789abcdef"[key[i] & 15];
	}
	text[n++] = '\n';
	/* So short a text is written at once or not at all. */
	written = write(fd, text, n);
	explicit_bzero(text, sizeof(text));
	if (written != (ssize_t)n)
		return written < 0 ? -errno : -EIO;
	return fsync(fd) == 0 ? 0 : -errno;
}

static int make_key(const char *path, uint8_t ret[SECRET_KEY_BYTES], struct error *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600), r;

	if (fd < 0)
		return error_set(err, -errno, "cannot make the secret key file %s: %s", path, strerror(errno));
	random_bytes(ret, SECRET_KEY_BYTES);
	r = write_key(fd, ret);
	(void)close(fd);
	if (r == 0)
		r = sync_folder(path);
	if (r == 0)
		return 0;
	(void)unlink(path);
	return error_set(err, r, "cannot write the secret key file %s: %s", path, strerror(-r));
}

static int read_file(const char *path, bool may_make, uint8_t ret[SECRET_KEY_BYTES], struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), r;

	if (fd < 0 && errno == ENOENT && may_make)
		return make_key(path, ret, err);
	if (fd < 0 && errno == ENOENT)
		return error_set(err, -ENOENT, "there is no secret key file %s; " MAKE_FILE_HINT, path);
	if (fd < 0)
		return error_set(err, -errno, "cannot read the secret key file %s: %s", path, strerror(errno));
	r = read_key(fd, path, ret, err);
	(void)close(fd);
	return r;
}

int secret_keys_read(struct secret_keys *ret, const char *path, const char *old_path, bool may_make, struct error *err)
{
	int r = path ? read_file(path, may_make, ret->key, err) : 0;

	if (r == 0 && old_path)
		r = read_file(old_path, false, ret->old_key, err);
	ret->has_key = r == 0 && path;
	ret->has_old_key = r == 0 && old_path;
	return r;
}
