/* SPDX-License-Identifier: Apache-2.0 */
#include "main/move.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/session.h"
#include "main/open.h"
#include "model/archive.h"
#include "service/export.h"

/* ---- export ------------------------------------------------------------------------------------------------- */

/* An export makes no store: one that is not there is a mistake. */
static int open_existing(const char *url, struct store **ret, struct error *err)
{
	struct str path = str_of(url), rest = path;
	struct stat st;

	if (str_starts_with(path, STR("sqlite:"))) {
		CLEANUP(buf_releasep) struct buf name = BUF_INIT(BUF_MAX_LINE_BYTES);

		rest = str_slice(path, 7, path.len);
		(void)str_split(&rest, '?', &path);
		buf_add(&name, path);
		buf_add_char(&name, '\0');
		if (name.overflowed || stat(name.ptr, &st) != 0)
			return error_set(err, -ENOENT, "there is no store %s", url);
	}
	return store_open(str_of(url), ret, err);
}

static int write_store(struct cli_session *s, FILE *out)
{
	const struct cli_options *o = s->options;
	struct export_source source = {.org = o->org ? str_of(o->org) : STR("default"), .with_keys = o->with_keys};
	struct error err = {0};
	int r = open_existing(o->store, &source.store, &err);

	if (r == 0)
		r = export_store(&source, out, &err);
	store_close(source.store);
	return r == 0 ? CLI_EXIT_OK : cli_fail(s, "%s", err.text);
}

/* ---- import ------------------------------------------------------------------------------------------------- */

/* The file in memory; pages of it that were read can go again. */
static int map_file(const char *path, struct str *ret, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st = {0};
	void *p = NULL;

	if (fd < 0 || fstat(fd, &st) != 0)
		p = MAP_FAILED;
	else if (st.st_size > 0)
		p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		error_set(err, -errno, "cannot read %s: %s", path, strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	if (p == MAP_FAILED)
		return err->code;
	*ret = (struct str){p, (size_t)st.st_size};
	return 0;
}

static int import_text(const struct cli_options *o, struct str text, struct error *err)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	struct cli_options with_org = *o;
	struct opened opened = {0};
	struct archive archive;
	int r = archive_open(text, &a, &archive, err);

	if (r != 0)
		return r;
	if (!o->org)
		with_org.org = arena_str(&a, archive.head.organization).ptr;
	r = open_service(&with_org, &archive, &opened, err);
	opened_close(&opened);
	return r;
}

static int import_file(struct cli_session *s)
{
	const struct cli_options *o = s->options;
	struct str text = STR_NONE;
	struct error err = {0};
	int r = map_file(o->operands[0], &text, &err);

	if (r == 0)
		r = import_text(o, text, &err);
	if (text.len)
		(void)munmap((void *)(uintptr_t)text.ptr, text.len);
	if (r != 0)
		return cli_fail(s, "%s: %s", o->operands[0], err.text);
	(void)fprintf(s->out, "imported %s into %s\n", o->operands[0], o->store);
	return fflush(s->out) == 0 ? CLI_EXIT_OK : CLI_EXIT_ERROR;
}

int move_run(const struct cli_options *options)
{
	struct cli_session s = {.options = options, .out = stdout, .err = stderr};

	log_set_level(LOG_WARN);
	if (options->command == CLI_IMPORT)
		return import_file(&s);
	int status = cli_write_file(&s, write_store);
	if (fflush(stdout) != 0 || ferror(stdout))
		return cli_fail(&s, "cannot write the archive: %s", strerror(errno));
	return status;
}
