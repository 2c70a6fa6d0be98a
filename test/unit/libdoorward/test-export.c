/* SPDX-License-Identifier: Apache-2.0
 *
 * An export opened: what was exported decides as it did in its store; what is not whole, or not understood, is refused.
 */
#include "world.h"

#include <unistd.h>

#include "model/archive.h"

#define MAX_TEXT ((size_t)1 << 20)

/* ---- from a store to an export -------------------------------------------------------------------------------- */

struct exporting {
	struct archive_writer w;
	enum document_kind kind;
	struct arena arena;
};

static int add(void *ctx, const struct store_document *row)
{
	struct exporting *e = ctx;
	struct document *doc;

	if (document_kind_of(row->kind) != e->kind)
		return 0;
	assert_int_equal(document_decode(e->kind, row->id, row->body, &doc, NULL), 0);
	archive_add(&e->w, doc);
	free(doc);
	return 0;
}

static void export_store(const struct world *w, struct buf *out)
{
	struct exporting e = {0};

	archive_begin(&e.w, out, &(struct archive_head){STR(ORG), w->revision});
	for (int kind = DOC_NONE + 1; kind < DOC_N_KINDS; kind++) {
		e.kind = (enum document_kind)kind;
		assert_int_equal(store_each_document(w->store, STR(ORG), 0, add, &e, NULL), 0);
	}
	archive_end(&e.w, STR_NONE);
	assert_false(out->overflowed);
}

static void write_file(const char *path, struct str text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text.ptr, 1, text.len, f), text.len);
	assert_int_equal(fclose(f), 0);
}

static void test_decides_alike(void **state)
{
	(void)state;
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(MAX_TEXT);
	static const char *const actions[] = {"read", "write", "freeze", "other"};
	struct doorward_organization *here, *there;
	struct doorward_decider *a, *b;
	struct doorward_error err;
	struct world w;
	uint64_t revision;
	char path[128];

	world_make(&w);
	world_put_policy(&w, "writers", "allow", "write", "subject.properties.email == \\\"alice@x.org\\\"");
	world_put_policy(&w, "freezers", "allow", "freeze", "context.is_cold");
	world_put(
	    &w, "access_grant", "g1", 0,
	    "{\"entity_type\":\"assistant\",\"entity_id\":\"a1\",\"grantee_type\":\"user\",\"grantee_id\":\"alice\","
	    "\"level\":\"read\"}");
	export_store(&w, &text);
	(void)snprintf(path, sizeof(path), "%s/export.json", w.dir);
	write_file(path, buf_str(&text));
	here = world_open(&w);
	if (doorward_open_export(path, &there, &err) != DOORWARD_OK)
		fail_msg("%s", err.text);
	assert_int_equal(doorward_revision(there), w.revision);
	a = doorward_decider_new(here);
	b = doorward_decider_new(there);
	for (size_t i = 0; i < N_ELEMENTS(actions); i++)
		assert_int_equal(may(a, actions[i]), may(b, actions[i]));
	assert_true(may(b, "write"));
	assert_false(may(b, "freeze"));
	/* There is nothing that it could catch up with. */
	assert_int_equal(doorward_refresh(there, &revision, &err), DOORWARD_OK);
	assert_int_equal(revision, w.revision);
	doorward_decider_free(a);
	doorward_decider_free(b);
	doorward_close(here);
	doorward_close(there);
	world_remove(&w);
}

/* ---- what is refused ------------------------------------------------------------------------------------------ */

#define HEAD           "{\"format\":\"doorward-organization\",\"version\":1,\"organization\":\"o\",\"revision\":3,"
#define DOCUMENTS(...) HEAD "\"documents\":{" __VA_ARGS__ "}}"
#define GRANT(id)                                                                                                      \
	"{\"id\":\"" id "\",\"entity_type\":\"assistant\",\"entity_id\":\"a1\",\"grantee_type\":\"user\","             \
	"\"grantee_id\":\"alice\",\"level\":\"read\"}"

static const struct {
	const char *name, *text;
	enum doorward_result want;
	const char *message;
} refused[] = {
    {"nothing", "", DOORWARD_FORMAT, "no archive"},
    {"no JSON", "doorward", DOORWARD_FORMAT, "no archive"},
    {"cut off", HEAD "\"documents\":{\"user\":[{\"id\":\"a\"}", DOORWARD_FORMAT, "not whole"},
    {"a newer version", "{\"format\":\"doorward-organization\",\"version\":2}", DOORWARD_FORMAT, "/version"},
    {"another format", "{\"format\":\"cedar\"}", DOORWARD_FORMAT, "/format"},
    {"a part", HEAD "\"documents\":{},\"next_cursor\":\"3.user.9\"}", DOORWARD_FORMAT, "only a part"},
    {"a name with a NUL",
     "{\"format\":\"doorward-organization\",\"version\":1,\"organization\":\"o\\u0000\",\"revision\":3,\"documents\":{}"
     "}",
     DOORWARD_FORMAT, "/organization"},
    {"an unknown kind", DOCUMENTS("\"spell\":[]"), DOORWARD_FORMAT, "/documents/spell"},
    {"an unknown member", DOCUMENTS("\"access_policy\":[{\"id\":\"p\",\"unless\":\"x\"}]"), DOORWARD_DAMAGED,
     "/documents/access_policy/0"},
    {"a wrong type", DOCUMENTS("\"user\":[{\"id\":\"a\",\"email\":7}]"), DOORWARD_DAMAGED, "/documents/user/0"},
    {"an id twice", DOCUMENTS("\"user\":[{\"id\":\"a\"},{\"id\":\"a\"}]"), DOORWARD_DAMAGED, "two documents"},
    {"a grant twice", DOCUMENTS("\"access_grant\":[" GRANT("g1") "," GRANT("g2") "]"), DOORWARD_DAMAGED, "the same"},
    {"a grant of nothing", DOCUMENTS("\"access_grant\":[{\"id\":\"g\"}]"), DOORWARD_DAMAGED, "g"},
};

static void test_refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(refused); i++) {
		struct doorward_text text = {refused[i].text, strlen(refused[i].text)};
		struct doorward_organization *org = (void *)(uintptr_t)1;
		struct doorward_error err;

		if (doorward_open_export_text(text, &org, &err) != (int)refused[i].want)
			fail_msg("%s: %s", refused[i].name, err.text);
		assert_null(org);
		if (!strstr(err.text, refused[i].message))
			fail_msg("%s: %s", refused[i].name, err.text);
	}
}

static void test_files(void **state)
{
	(void)state;
	struct doorward_organization *org;
	struct doorward_error err;
	struct world w;

	world_make(&w);
	assert_int_equal(doorward_open_export("/nowhere/export.json", &org, &err), DOORWARD_NOT_FOUND);
	assert_non_null(strstr(err.text, "/nowhere/export.json"));
	assert_int_equal(doorward_open_export(w.dir, &org, &err), DOORWARD_FORMAT);
	assert_int_equal(doorward_open_export(w.file, &org, &err), DOORWARD_FORMAT);
	assert_int_equal(doorward_open_export("", &org, &err), DOORWARD_INVALID);
	assert_int_equal(doorward_open_export_text((struct doorward_text){NULL, 5}, &org, &err), DOORWARD_INVALID);
	assert_null(org);
	world_remove(&w);
}

/* However it is cut, a whole one never becomes another whole one. */
static void test_every_cut(void **state)
{
	(void)state;
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(MAX_TEXT);
	struct doorward_organization *org;
	struct world w;

	world_make(&w);
	export_store(&w, &text);
	world_remove(&w);
	while (text.len > 0 && (text.ptr[text.len - 1] == '\n' || text.ptr[text.len - 1] == ' '))
		text.len--;
	for (size_t n = 0; n < text.len; n++) {
		assert_int_equal(doorward_open_export_text((struct doorward_text){text.ptr, n}, &org, NULL),
		                 DOORWARD_FORMAT);
		assert_null(org);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_decides_alike),
	    cmocka_unit_test(test_refuses),
	    cmocka_unit_test(test_files),
	    cmocka_unit_test(test_every_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
