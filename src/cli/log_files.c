/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/log_files.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#define CHUNK_BYTES ((size_t)65536)

struct log_file {
	const char *name;
	FILE *stream;
	uint64_t first; /* number of its first line; 0: it has none yet */
	uint64_t
	    n_bytes; /* when it was opened: what a server adds meanwhile, such as what is asked again, is not read */
};

struct log_files {
	struct log_file *files;
	size_t n, at;
	struct buf text; /* read and not yet given out from `done` on */
	size_t done;
	uint64_t left; /* bytes of the file at hand not yet read */
	uint64_t n_lines;
	uint64_t n_torn;
	struct chain_check check;
};

struct chain_check *log_files_check(struct log_files *f)
{
	return &f->check;
}

uint64_t log_files_torn_bytes(const struct log_files *f)
{
	return f->n_torn;
}

/* ---- text -------------------------------------------------------------------------------------------------- */

/* More of the file at hand behind what is there. False with `err`: it cannot be read, or no line is that long. */
static bool read_more(struct log_files *f, struct error *err)
{
	struct log_file *file = &f->files[f->at];
	char *to;
	size_t n;

	if (f->done) {
		memmove(f->text.ptr, f->text.ptr + f->done, f->text.len - f->done);
		f->text.len -= f->done;
		f->done = 0;
	}
	to = buf_reserve(&f->text, CHUNK_BYTES);
	if (!to) {
		(void)error_set(err, LOG_BROKEN, "%s, line %llu: the line is too long", file->name,
		                (unsigned long long)f->n_lines + 1);
		return false;
	}
	n = fread(to, 1, f->left < CHUNK_BYTES ? (size_t)f->left : CHUNK_BYTES, file->stream);
	f->text.len += n;
	f->left = n ? f->left - n : 0;
	if (!ferror(file->stream))
		return true;
	(void)error_set(err, LOG_FAILED, "cannot read %s: %s", file->name, strerror(errno));
	return false;
}

/* The next whole line of the file at hand; LOG_END with `n_torn`. */
static enum log_read next_text(struct log_files *f, struct str *ret, struct error *err)
{
	size_t looked = f->done;

	for (;;) {
		size_t end = str_find(buf_str(&f->text), '\n', looked);

		if (end != SIZE_MAX) {
			*ret = str_slice(buf_str(&f->text), f->done, end);
			f->done = end + 1;
			f->n_lines++;
			return LOG_LINE;
		}
		f->n_torn = f->text.len - f->done;
		if (!f->left)
			return LOG_END;
		looked = f->text.len - f->done;
		if (!read_more(f, err))
			return (enum log_read)err->code;
	}
}

static void begin(struct log_files *f, size_t at)
{
	f->at = at;
	f->n_lines = f->done = 0;
	f->n_torn = 0;
	f->left = f->files[at].n_bytes;
	buf_clear(&f->text);
}

/* ---- files ------------------------------------------------------------------------------------------------- */

static int by_first(const void *x, const void *y)
{
	const struct log_file *a = x, *b = y;

	/* One without a line is the newest: its server has just begun it. */
	return a->first - 1 < b->first - 1 ? -1 : a->first - 1 > b->first - 1;
}

/* Notes the number of the first line, which is checked later. */
static bool look_at(struct log_files *f, size_t at, struct error *err)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	struct log_file *file = &f->files[at];
	struct chain_check check = {0};
	const struct json *object;
	struct str line;
	struct stat st;

	file->stream = fopen(file->name, "re");
	if (!file->stream || fstat(fileno(file->stream), &st) != 0) {
		(void)error_set(err, LOG_FAILED, "cannot read %s: %s", file->name, strerror(errno));
		return false;
	}
	file->n_bytes = st.st_size > 0 ? (uint64_t)st.st_size : 0;
	begin(f, at);
	switch (next_text(f, &line, err)) {
	case LOG_LINE:
		/* One that is none comes last, and is complained of there. */
		if (chain_check_line(&check, line, &a, &object, NULL) == 0)
			file->first = check.n_first;
		break;
	case LOG_END:
		break;
	case LOG_BROKEN:
	case LOG_FAILED:
		return false;
	}
	if (fseek(file->stream, 0, SEEK_SET) == 0)
		return true;
	(void)error_set(err, LOG_FAILED, "cannot read %s twice: %s", file->name, strerror(errno));
	return false;
}

struct log_files *log_files_open(struct cli_session *s)
{
	struct log_files *f = mem_calloc(1, sizeof(*f));
	struct error err = {0};

	f->n = s->options->n_operands;
	f->files = mem_calloc(f->n, sizeof(*f->files));
	f->text = BUF_INIT(CHAIN_LINE_MAX_BYTES + CHUNK_BYTES);
	for (size_t i = 0; i < f->n; i++) {
		f->files[i].name = s->options->operands[i];
		if (!look_at(f, i, &err)) {
			(void)cli_fail(s, "%s", err.text);
			log_files_close(f);
			return NULL;
		}
	}
	qsort(f->files, f->n, sizeof(*f->files), by_first);
	begin(f, 0);
	return f;
}

void log_files_close(struct log_files *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->n; i++)
		if (f->files[i].stream)
			(void)fclose(f->files[i].stream);
	buf_release(&f->text);
	free(f->files);
	free(f);
}

static enum log_read broken(const struct log_files *f, uint64_t line, const char *why, struct error *err)
{
	return (enum log_read)error_set(err, LOG_BROKEN, "%s, line %llu: %s", f->files[f->at].name,
	                                (unsigned long long)line, why);
}

enum log_read log_files_next(struct log_files *f, struct arena *a, struct log_line *ret, struct error *err)
{
	struct error why = {0};
	enum log_read r;
	struct str text;

	while ((r = next_text(f, &text, err)) == LOG_END && f->at + 1 < f->n) {
		if (f->n_torn)
			return broken(f, f->n_lines + 1, "the line has no end", err);
		begin(f, f->at + 1);
	}
	if (r != LOG_LINE)
		return r;
	if (chain_check_line(&f->check, text, a, &ret->object, &why) != 0)
		return broken(f, f->n_lines, why.text, err);
	ret->type = json_get_str(ret->object, STR("type"));
	return LOG_LINE;
}

int log_files_fail(struct cli_session *s, enum log_read why, const struct error *err)
{
	return why == LOG_BROKEN ? cli_fail(s, "%s; see doorward audit verify", err->text)
	                         : cli_fail(s, "%s", err->text);
}
