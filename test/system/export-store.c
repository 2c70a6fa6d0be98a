/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes an organization of a store as an archive: export-store PATH ORG > FILE.
 */
#include "model/archive.h"
#include "store/store.h"

struct exporting {
	struct archive_writer w;
	struct buf out;
	enum document_kind kind;
};

static int add(void *ctx, const struct store_document *row)
{
	struct exporting *e = ctx;
	struct document *doc;
	int r = 0;

	if (document_kind_of(row->kind) != e->kind)
		return 0;
	r = document_decode(e->kind, row->id, row->body, &doc, NULL);
	if (r != 0)
		return r;
	archive_add(&e->w, doc);
	free(doc);
	return 0;
}

static int export_all(struct store *store, struct str org, struct exporting *e)
{
	uint64_t revision;
	int r = store_revision(store, org, &revision, NULL);

	archive_begin(&e->w, &e->out, &(struct archive_head){org, r == 0 ? revision : 0});
	for (int kind = DOC_NONE + 1; kind < DOC_N_KINDS && r == 0; kind++) {
		e->kind = (enum document_kind)kind;
		if (!archive_leaves_out(e->kind, false))
			r = store_each_document(store, org, 0, add, e, NULL);
	}
	archive_end(&e->w, STR_NONE);
	return r;
}

int main(int argc, char **argv)
{
	struct exporting e = {.out = BUF_INIT((size_t)64 << 20)};
	struct store *store = NULL;
	struct error err = {0};
	struct arena a = ARENA_INIT;
	int r = -1;

	if (argc == 3)
		r = store_open_read_only(arena_concat(&a, STR("sqlite:"), str_of(argv[1])), &store, &err);
	if (r == 0)
		r = export_all(store, str_of(argv[2]), &e);
	if (r == 0 && fwrite(e.out.ptr, 1, e.out.len, stdout) != e.out.len)
		r = -1;
	if (r != 0)
		(void)fprintf(stderr, "export-store: %s\n", err.text);
	buf_release(&e.out);
	arena_release(&a);
	store_close(store);
	return r != 0;
}
