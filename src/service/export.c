/* SPDX-License-Identifier: Apache-2.0 */
#include "service/export.h"

#include <errno.h>
#include <stdio.h>

#define GRANTS_AT_ONCE 1000u

const struct document *export_document(const struct document *doc, bool with_keys, struct arena *a)
{
	struct service_account *copy;

	if (with_keys || doc->kind != DOC_SERVICE_ACCOUNT || str_is_absent(as_service_account(doc)->sole_key))
		return doc;
	copy = ARENA_NEW(a, struct service_account);
	*copy = *as_service_account(doc);
	copy->sole_key = STR_NONE;
	return &copy->doc;
}

/* ---- pages of a snapshot ------------------------------------------------------------------------------------- */

struct page {
	const struct snapshot *snapshot;
	const struct export_options *options;
	struct export_place *place;
	struct archive_writer *w;
	struct arena *arena;
};

static bool is_full(const struct page *p)
{
	return p->options->max_bytes && p->w->out->len >= p->options->max_bytes;
}

/* True: the page is full before the end of the list. */
static bool add_kind(struct page *p)
{
	uint64_t ordinal = snapshot_ordinal_behind(p->snapshot, p->place->kind, p->place->after);

	for (const struct document *d; (d = snapshot_next(p->snapshot, p->place->kind, &ordinal));) {
		if (d->seq == 0)
			continue;
		if (is_full(p))
			return true;
		archive_add(p->w, export_document(d, p->options->with_keys, p->arena));
		p->place->after = d->seq;
	}
	return false;
}

static bool add_grants(struct page *p)
{
	const struct grants_filter all = {0};
	const struct access_grant *grants;
	size_t n;

	do {
		if (is_full(p))
			return p->place->after < p->snapshot->grants.n;
		n = grants_list(&p->snapshot->grants, &all, p->place->after, GRANTS_AT_ONCE, p->arena, &grants, NULL);
		for (size_t i = 0; i < n; i++)
			archive_add(p->w, &grants[i].doc);
		p->place->after += n;
	} while (n == GRANTS_AT_ONCE);
	return false;
}

bool export_page(const struct snapshot *s, const struct export_options *options, struct export_place *place,
                 struct archive_writer *w, struct arena *a)
{
	struct page p = {s, options, place, w, a};

	for (int kind = place->kind == DOC_NONE ? DOC_NONE + 1 : (int)place->kind; kind < DOC_N_KINDS; kind++) {
		if (place->kind != (enum document_kind)kind)
			*place = (struct export_place){.kind = (enum document_kind)kind};
		if (archive_leaves_out(place->kind, options->with_keys))
			continue;
		if (kind == DOC_ACCESS_GRANT ? add_grants(&p) : add_kind(&p))
			return true;
	}
	return false;
}

/* ---- a store at once ------------------------------------------------------------------------------------------- */

struct spool {
	const struct export_source *source;
	FILE *lines[DOC_N_KINDS]; /* NULL: no document of the kind yet */
	struct error *err;
};

static int failed(const char *what, struct error *err)
{
	int code = errno ? -errno : -EIO;

	return error_set(err, code, "%s: %s", what, strerror(-code));
}

static int write_text(FILE *to, const struct buf *text, struct error *err)
{
	errno = 0;
	return fwrite(text->ptr, 1, text->len, to) == text->len ? 0 : failed("cannot write the archive", err);
}

/* One document a line; no text of JSON holds a line break. */
static int spool_document(struct spool *s, struct document *doc, struct arena *a)
{
	CLEANUP(buf_releasep) struct buf line = BUF_INIT(BUF_MAX_RESPONSE_BYTES);
	struct archive_writer w = {.out = &line, .kind = doc->kind};
	FILE **file = &s->lines[doc->kind];

	/* Behind another of the kind: the line begins with a comma and a break. */
	archive_add(&w, export_document(doc, s->source->with_keys, a));
	errno = 0;
	if (!*file && !(*file = tmpfile()))
		return failed("cannot make a temporary file", s->err);
	return write_text(*file, &line, s->err);
}

static int spool_row(void *ctx, const struct store_document *row)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	struct spool *s = ctx;
	enum document_kind kind = document_kind_of(row->kind);
	struct document *doc;
	int r;

	if (kind == DOC_NONE)
		return error_set(s->err, -EUCLEAN, "the store holds a document of the unknown kind \"" STR_FMT "\"",
		                 STR_ARG(row->kind));
	if (archive_leaves_out(kind, s->source->with_keys))
		return 0;
	r = document_decode(kind, row->id, row->body, &doc, s->err);
	if (r != 0)
		return r;
	r = spool_document(s, doc, &a);
	free(doc);
	return r;
}

/* The lines of a kind, without the comma and break before the first. */
static int copy_lines(FILE *from, FILE *to, struct error *err)
{
	char bytes[1 << 14];
	size_t n;

	errno = 0;
	if (fseek(from, 2, SEEK_SET) != 0)
		return failed("cannot read a temporary file", err);
	while ((n = fread(bytes, 1, sizeof(bytes), from)) > 0)
		if (fwrite(bytes, 1, n, to) != n)
			return failed("cannot write the archive", err);
	return ferror(from) ? failed("cannot read a temporary file", err) : 0;
}

static int write_archive(struct spool *s, uint64_t revision, FILE *out)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(BUF_MAX_LINE_BYTES);
	struct archive_writer w;
	int r = 0;

	archive_begin(&w, &text, &(struct archive_head){s->source->org, revision});
	for (int kind = DOC_NONE + 1; r == 0 && kind < DOC_N_KINDS; kind++) {
		if (!s->lines[kind])
			continue;
		archive_add_text(&w, (enum document_kind)kind, STR_NONE);
		r = write_text(out, &text, s->err);
		buf_clear(&text);
		if (r == 0)
			r = copy_lines(s->lines[kind], out, s->err);
	}
	archive_end(&w, STR_NONE);
	return r == 0 ? write_text(out, &text, s->err) : r;
}

int export_store(const struct export_source *source, FILE *out, struct error *err)
{
	struct spool s = {.source = source, .err = err};
	uint64_t revision;
	int r = store_revision(source->store, source->org, &revision, err);

	if (r == 0 && revision == 0)
		r = error_set(err, STORE_NOT_FOUND, "the store has no organization \"" STR_FMT "\"",
		              STR_ARG(source->org));
	if (r == 0)
		r = store_each_document(source->store, source->org, revision, spool_row, &s, err);
	if (r == 0)
		r = write_archive(&s, revision, out);
	for (int kind = 0; kind < DOC_N_KINDS; kind++)
		if (s.lines[kind])
			(void)fclose(s.lines[kind]);
	return r;
}
