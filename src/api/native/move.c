/* SPDX-License-Identifier: Apache-2.0
 *
 * An organization as an archive, and back.
 */
#include "api/native/native.h"
#include "service/export.h"
#include "service/import.h"

/* A page ends with the document that exceeds this. */
#define MAX_PAGE_BYTES ((size_t)8 << 20)

/* ---- cursors: "17.user.1048583" is what comes, of revision 17, behind the user of that place ------------------- */

static struct str cursor_text(struct arena *a, uint64_t revision, const struct export_place *place)
{
	return arena_strf(a, "%llu." STR_FMT ".%llu", (unsigned long long)revision,
	                  STR_ARG(document_kind_name(place->kind)), (unsigned long long)place->after);
}

static bool cursor_parse(struct str text, uint64_t *ret_revision, struct export_place *ret)
{
	struct str rest = text, revision, kind;

	if (!str_split(&rest, '.', &revision) || !str_split(&rest, '.', &kind) || !str_to_u64(revision, ret_revision) ||
	    *ret_revision == 0 || !str_to_u64(rest, &ret->after))
		return false;
	ret->kind = document_kind_of(kind);
	return ret->kind != DOC_NONE;
}

/* ---- export ------------------------------------------------------------------------------------------------- */

static bool read_flag(struct api_call *call, const char *name, bool *ret)
{
	struct str text;

	*ret = false;
	if (!native_query(call, str_of(name), &text))
		return false;
	*ret = str_eq(text, STR("true"));
	if (*ret || str_is_absent(text) || str_eq(text, STR("false")))
		return true;
	api_fail(call, SERVICE_INVALID, 0, "%s must be true or false", name);
	return false;
}

/* Where the page begins, and the state that it is of; false: there is no answer yet, or a refusal. */
static bool read_place(struct api_call *call, struct export_place *ret)
{
	uint64_t revision;
	struct str cursor;

	if (!native_query(call, STR("cursor"), &cursor))
		return false;
	if (str_is_absent(cursor))
		return true;
	if (!cursor_parse(cursor, &revision, ret)) {
		api_fail(call, SERVICE_INVALID, 0, "cursor is not one that this server gave out");
		return false;
	}
	if (!api_past(call, &(struct past_when){.moment = PAST_REVISION, .revision = revision}))
		return false;
	if (call->snapshot->revision == revision)
		return true;
	api_fail(call, SERVICE_INVALID, 0, "cursor is of another state than Doorward-As-Of names");
	return false;
}

void export_get(struct api_call *call)
{
	struct export_options options = {.max_bytes = MAX_PAGE_BYTES};
	struct export_place place = {0};
	struct archive_writer w;
	bool has_more;

	if (!read_flag(call, "keys", &options.with_keys) || !read_place(call, &place))
		return;
	call->revision = call->snapshot->revision;
	archive_begin(&w, &call->x->out, &(struct archive_head){call->snapshot->org, call->snapshot->revision});
	has_more = export_page(call->snapshot, &options, &place, &w, call->arena);
	archive_end(&w, has_more ? cursor_text(call->arena, call->snapshot->revision, &place) : STR_NONE);
	call->x->content_type = STR("application/json");
	call->x->status = 200;
}

/* ---- import -------------------------------------------------------------------------------------------------- */

void import_post(struct api_call *call)
{
	struct import_report report = {0};
	struct archive archive;
	struct error err = {0};
	struct json_writer w;
	enum service_result r;
	bool merge;

	if (!read_flag(call, "merge", &merge))
		return;
	if (archive_open(call->x->body, call->arena, &archive, &err) != 0) {
		api_fail(call, SERVICE_INVALID, 0, "%s", err.text);
		return;
	}
	r = import_archive(call->txn, &archive, merge ? IMPORT_MERGE : IMPORT_REPLACE, &report, &err);
	if (r != SERVICE_OK) {
		native_fail(call, r, &err);
		return;
	}
	w = api_json_begin(call, 200);
	json_begin_object(&w);
	json_put_u64(&w, STR("imported"), report.n_documents);
	json_put_u64(&w, STR("unchanged"), report.n_same);
	json_put_u64(&w, STR("removed"), report.n_removed);
	json_end_object(&w);
	api_json_end(call, &w);
}
