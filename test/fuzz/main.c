/* SPDX-License-Identifier: Apache-2.0
 *
 * Replays a corpus through a fuzz target without libFuzzer, so that what once was found stays found in every build:
 * every file of every directory named, and then every proper prefix of the small ones, which is cheap and finds
 * what is read past the end.
 */
#include <dirent.h>
#include <errno.h>

#include "base/buf.h"

#define MAX_INPUT_BYTES    ((size_t)1024 * 1024)
#define MAX_PREFIXED_BYTES ((size_t)64)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run(struct str input)
{
	/* Its own block of exactly its size, so that a sanitizer sees the first byte beyond it. */
	uint8_t *copy = mem_alloc(input.len);

	if (input.len)
		memcpy(copy, input.ptr, input.len);
	(void)LLVMFuzzerTestOneInput(copy, input.len);
	free(copy);
}

static bool read_file(const char *path, struct buf *ret_content)
{
	FILE *f = fopen(path, "rb");
	char part[4096];
	size_t n;
	bool ok;

	if (!f)
		return false;
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		buf_add(ret_content, (struct str){part, n});
	ok = !ferror(f) && !ret_content->overflowed;
	(void)fclose(f);
	return ok;
}

static bool replay_file(const char *path)
{
	CLEANUP(buf_releasep) struct buf content = BUF_INIT(MAX_INPUT_BYTES);

	if (!read_file(path, &content)) {
		(void)fprintf(stderr, "%s: cannot be read\n", path);
		return false;
	}
	run(buf_str(&content));
	for (size_t n = 0; content.len <= MAX_PREFIXED_BYTES && n < content.len; n++)
		run(str_slice(buf_str(&content), 0, n));
	return true;
}

/* The number of files replayed, or -1. */
static int replay_directory(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;
	int n = 0;

	if (!dir) {
		(void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return -1;
	}
	while (n >= 0 && (entry = readdir(dir))) {
		CLEANUP(buf_releasep) struct buf file = BUF_INIT(4096);

		if (entry->d_name[0] == '.')
			continue;
		buf_addf(&file, "%s/%s", path, entry->d_name);
		buf_add_char(&file, '\0');
		n = !file.overflowed && replay_file(file.ptr) ? n + 1 : -1;
	}
	(void)closedir(dir);
	return n;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		int n = replay_directory(argv[i]);

		if (n < 0)
			return 1;
		/* A corpus that is gone must not look like one that passed. */
		if (n == 0) {
			(void)fprintf(stderr, "%s: no corpus\n", argv[i]);
			return 1;
		}
		(void)printf("%s: %d inputs\n", argv[i], n);
	}
	return argc > 1 ? 0 : 1;
}
