/* SPDX-License-Identifier: Apache-2.0
 *
 * The tag catalog against a snapshot built by hand: what a change set holds (every document at most once), its limits,
 * and what tags natively given become. What clients see is tested over the wire (test/wire/langsmith/tags*.test.mjs).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "service/cascade.h"
#include "service/internal.h"
#include "service/tags_internal.h"

static struct arena arena;
static struct snapshot *snapshot;
static struct txn txn;
static struct error err;

static int set_up(void **state UNUSED)
{
	arena_init(&arena);
	snapshot = snapshot_new(STR("test"), 1);
	txn = (struct txn){.snapshot = snapshot, .arena = &arena, .now_ms = 1000};
	err = (struct error){0};
	return 0;
}

static int tear_down(void **state UNUSED)
{
	snapshot_drop(snapshot);
	arena_release(&arena);
	return 0;
}

/* ---- helpers -------------------------------------------------------------------------------------------- */

static void put(const struct document *in)
{
	CLEANUP(buf_releasep) struct buf body = BUF_INIT(BUF_MAX_RESPONSE_BYTES);
	struct document *doc;

	document_encode(in, &body);
	assert_int_equal(document_decode(in->kind, in->id, buf_str(&body), &doc, NULL), 0);
	snapshot_put(snapshot, doc);
}

/* The transaction becomes the state, having touched each document once. */
static void commit(size_t n_changes)
{
	assert_int_equal(txn.n_changes, n_changes);
	for (size_t i = 0; i < txn.n_changes; i++)
		for (size_t k = 0; k < i; k++)
			assert_false(str_eq(txn.changes[i].kind, txn.changes[k].kind) &&
			             str_eq(txn.changes[i].id, txn.changes[k].id));
	txn_apply(&txn, snapshot);
	txn = (struct txn){.snapshot = snapshot, .arena = &arena, .now_ms = txn.now_ms + 1000};
}

static struct tag_key make_key(const char *tenant, const char *text)
{
	struct tag_key key = {.tenant = str_of(tenant), .key = str_of(text)};

	assert_int_equal(tags_create_key(&txn, &key, &err), SERVICE_OK);
	commit(1);
	return key;
}

static struct tag_value make_value(const struct tag_key *key, const char *text)
{
	struct tag_value value = {.tenant = key->tenant, .tag_key = key->doc.id, .value = str_of(text)};

	assert_int_equal(tags_create_value(&txn, &value, &err), SERVICE_OK);
	commit(1);
	return value;
}

static void tag(const struct tag_value *value, const char *resource)
{
	struct tagging tagging = {.resource_type = STR("project"), .resource_id = str_of(resource)};
	struct widening w = {0};

	assert_int_equal(tags_add(&txn, value, &tagging, &w, &err), SERVICE_OK);
	commit(1);
}

static const struct resource *project(const char *id)
{
	return FIND(snapshot, resource, RESOURCE, arena_concat(&arena, STR("project/"), str_of(id)));
}

/* "Env=prod Env=dev": the tags in their order. */
static void assert_tags(const struct resource *r, const char *want)
{
	struct str got = STR("");

	assert_non_null(r);
	for (size_t i = 0; i < r->n_tags; i++)
		got = arena_strf(&arena, STR_FMT "%s" STR_FMT "=" STR_FMT, STR_ARG(got), i ? " " : "",
		                 STR_ARG(r->tags[i].key), STR_ARG(r->tags[i].value));
	assert_string_equal(arena_str(&arena, got).ptr, want);
}

/* ---- what a change of the catalog does to resources -------------------------------------------------------- */

static void test_change_of_key(void **state UNUSED)
{
	struct tag_key env = make_key("w", "Env"), team = make_key("w", "Team"), next;
	struct tag_value prod = make_value(&env, "prod"), dev = make_value(&env, "dev"),
	                 core = make_value(&team, "prod");
	struct widening w = {0};

	/* One carries two values of the key, one carries none, and one none but of another key. */
	tag(&prod, "both");
	tag(&core, "both");
	tag(&dev, "both");
	tag(&dev, "one");
	tag(&core, "other");
	next = env;
	next.key = STR("Stage");
	assert_int_equal(tags_update_key(&txn, &next, &w, &err), SERVICE_OK);
	commit(3);
	assert_tags(project("both"), "Stage=prod Team=prod Stage=dev");
	assert_tags(project("one"), "Stage=dev");
	assert_tags(project("other"), "Team=prod");
	/* Another description alone touches nothing else. */
	next.description = STR("d");
	assert_int_equal(tags_update_key(&txn, &next, &w, &err), SERVICE_OK);
	commit(1);
	assert_int_equal(tags_delete_key(&txn, FIND(snapshot, tag_key, TAG_KEY, env.doc.id), &w, &err), SERVICE_OK);
	commit(5);
	assert_tags(project("both"), "Team=prod");
	assert_tags(project("one"), "");
	assert_null(snapshot_find(snapshot, DOC_TAG_VALUE, prod.doc.id));
	assert_null(snapshot_find(snapshot, DOC_TAG_VALUE, dev.doc.id));
	assert_non_null(snapshot_find(snapshot, DOC_TAG_VALUE, core.doc.id));
}

static void test_change_of_value(void **state UNUSED)
{
	struct tag_key env = make_key("w", "Env");
	struct tag_value prod = make_value(&env, "prod"), dev = make_value(&env, "dev"), next;
	struct widening w = {0};

	tag(&prod, "a");
	tag(&dev, "a");
	tag(&dev, "b");
	next = prod;
	next.value = STR("dev");
	assert_int_equal(tags_update_value(&txn, &next, &w, &err), SERVICE_CONFLICT);
	assert_int_equal(txn.n_changes, 0);
	next.value = STR("live");
	assert_int_equal(tags_update_value(&txn, &next, &w, &err), SERVICE_OK);
	commit(2);
	assert_tags(project("a"), "Env=live Env=dev");
	assert_int_equal(tags_delete_value(&txn, FIND(snapshot, tag_value, TAG_VALUE, dev.doc.id), &w, &err),
	                 SERVICE_OK);
	commit(3);
	assert_tags(project("a"), "Env=live");
	assert_tags(project("b"), "");
}

/* As many documents as a change set holds go; one more is refused, and nothing is put. */
static void test_too_many_at_once(void **state UNUSED)
{
	struct tag_key env = make_key("w", "Env");
	struct tag_value prod = make_value(&env, "prod");
	const struct document *values;
	struct widening w = {0};

	tag(&prod, "a");
	tag(&prod, "b");
	values = snapshot_find(snapshot, DOC_TAG_VALUE, prod.doc.id);
	struct tag_change change = {.values = &values, .n_values = 1, .old_key = STR("Env"), .takes = true};

	for (size_t n = CASCADE_MAX_DOCUMENTS - 1; n <= CASCADE_MAX_DOCUMENTS + 1; n++) {
		assert_int_equal(tags_retag(&txn, &change, n, &w, &err), SERVICE_FAILED_PRECONDITION);
		assert_int_equal(txn.n_changes, 0);
	}
	assert_non_null(strstr(err.text, "at once"));
	assert_int_equal(tags_retag(&txn, &change, CASCADE_MAX_DOCUMENTS - 2, &w, &err), SERVICE_OK);
	assert_int_equal(txn.n_changes, 2);
}

/* Ten policies and so many resources with the same tags: compared once, and so to the end. */
static void test_looks(void **state UNUSED)
{
	static const struct str role[] = {STR_INIT("r")};
	struct tag_condition condition = {STR(TAG_ATTRIBUTE), STR("Env"), STR("equals"), STR("prod")};
	struct tag_group group = {STR("projects:read"), STR("project"), &condition, 1};
	struct tag_key env = make_key("w", "Env");
	struct tag_value prod = make_value(&env, "prod");
	struct widening w = {0};

	for (int i = 0; i < 10; i++) {
		struct str id = arena_strf(&arena, "deny %d", i);

		condition.value = i == 3 ? STR("prod") : STR("something else");
		put(&(struct tag_policy){.doc = {.kind = DOC_TAG_POLICY, .id = id},
		                         .name = id,
		                         .deny = true,
		                         .groups = &group,
		                         .n_groups = 1,
		                         .roles = {role, 1}}
		         .doc);
	}
	for (int i = 0; i < 100; i++)
		tag(&prod, arena_strf(&arena, "p%d", i).ptr);
	assert_int_equal(tags_delete_value(&txn, FIND(snapshot, tag_value, TAG_VALUE, prod.doc.id), &w, &err),
	                 SERVICE_OK);
	assert_int_equal(w.n_denies, 1);
	assert_true(str_eq(w.named[0]->doc.id, STR("deny 3")));
	assert_true(w.n_evaluations < 100);
}

/* ---- what natively given tags become ------------------------------------------------------------------------ */

static struct resource blank(const char *tenant, const struct resource_tag *tags, size_t n)
{
	return (struct resource){
	    .doc = {.kind = DOC_RESOURCE, .id = STR("project/p")},
	    .type = STR("project"),
	    .resource_id = STR("p"),
	    .tenant = str_of(tenant),
	    .tags = tags,
	    .n_tags = n,
	};
}

static void test_bind(void **state UNUSED)
{
	const struct resource_tag given[] = {
	    {.key = STR("New"), .value = STR("a")},    {.key = STR("Env"), .value = STR("prod")},
	    {.key = STR("New"), .value = STR("b")},    {.key = STR("Env"), .value = STR("dev")},
	    {.key = STR("Env"), .value = STR("prod")},
	};
	struct tag_key env = make_key("w", "Env");
	struct tag_value prod = make_value(&env, "prod");
	struct resource r = blank("w", given, N_ELEMENTS(given));
	struct widening w = {0};
	struct str first_id;

	assert_int_equal(tags_bind(&txn, &r, NULL, &w, &err), SERVICE_OK);
	assert_int_equal(r.n_tags, 4);
	assert_true(str_eq(r.tags[1].value_id, prod.doc.id));
	txn_put(&txn, &r.doc);
	commit(5); /* the key New, three values, the resource */
	assert_tags(project("p"), "New=a Env=prod New=b Env=dev");
	assert_non_null(tags_key_of(&txn, STR("w"), STR("New")));
	first_id = arena_str(&arena, project("p")->tags[1].id);

	/* The same texts again in another order: the same taggings, and nothing new in the catalog. */
	r = blank("w", given + 1, 2);
	assert_int_equal(tags_bind(&txn, &r, project("p"), &w, &err), SERVICE_OK);
	assert_int_equal(txn.n_changes, 0);
	assert_true(str_eq(r.tags[0].id, first_id));
	assert_int_equal(r.tags[0].created_at_ms, project("p")->tags[1].created_at_ms);

	/* In another tenant it is another tagging of another catalog; in none, it is text. */
	r = blank("v", given + 1, 1);
	assert_int_equal(tags_bind(&txn, &r, project("p"), &w, &err), SERVICE_OK);
	assert_int_equal(txn.n_changes, 2);
	assert_false(str_eq(r.tags[0].id, first_id));
	r = blank(NULL, project("p")->tags, 2);
	assert_int_equal(tags_bind(&txn, &r, project("p"), &w, &err), SERVICE_OK);
	assert_int_equal(txn.n_changes, 2);
	assert_tags(&r, "New=a Env=prod");
	assert_true(str_is_absent(r.tags[1].id) && str_is_absent(r.tags[1].value_id));
}

static void test_texts(void **state UNUSED)
{
	char long_text[2 * (TAG_MAX_CHARS + 1) + 1];
	const struct {
		struct str text;
		enum service_result want;
	} cases[] = {
	    {STR(""), SERVICE_INVALID},
	    {STR_NONE, SERVICE_INVALID},
	    {STR("a\0b"), SERVICE_INVALID},
	    {{long_text, 2 * (TAG_MAX_CHARS + 1)}, SERVICE_INVALID},
	    {{long_text, 2 * TAG_MAX_CHARS}, SERVICE_OK},
	    {STR("x"), SERVICE_OK},
	};

	for (size_t i = 0; i <= TAG_MAX_CHARS; i++)
		memcpy(long_text + 2 * i, "é", 2);
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		const struct resource_tag as_key = {.key = cases[i].text, .value = STR("v")};
		const struct resource_tag as_value = {.key = STR("k"), .value = cases[i].text};

		assert_int_equal(tags_check(&as_key, 1, &err), cases[i].want);
		assert_int_equal(tags_check(&as_value, 1, &err), cases[i].want);
	}
}

/* ---- limits --------------------------------------------------------------------------------------------------- */

static void fill_keys(struct str tenant, size_t n)
{
	for (size_t i = 0; i < n; i++)
		put(&(struct tag_key){
		    .doc = {.kind = DOC_TAG_KEY, .id = arena_strf(&arena, STR_FMT "/%zu", STR_ARG(tenant), i)},
		    .tenant = tenant,
		    .key = arena_strf(&arena, "key %zu", i),
		}
		         .doc);
}

static void test_full_of_keys(void **state UNUSED)
{
	const struct resource_tag two[] = {{.key = STR("x"), .value = STR("v")}, {.key = STR("y"), .value = STR("v")}};
	struct tag_key key = {.tenant = STR("w"), .key = STR("more")};
	struct resource r = blank("w", two, 2);
	struct widening w = {0};

	fill_keys(STR("v"), TAGS_MAX_KEYS);
	fill_keys(STR("w"), TAGS_MAX_KEYS - 1);
	assert_int_equal(tags_bind(&txn, &r, NULL, &w, &err), SERVICE_FAILED_PRECONDITION);
	assert_int_equal(txn.n_changes, 0);
	assert_int_equal(tags_create_key(&txn, &key, &err), SERVICE_OK);
	commit(1);
	key.key = STR("one too many");
	assert_int_equal(tags_create_key(&txn, &key, &err), SERVICE_FAILED_PRECONDITION);
	r = blank("w", two, 1);
	assert_int_equal(tags_bind(&txn, &r, NULL, &w, &err), SERVICE_FAILED_PRECONDITION);
	assert_int_equal(txn.n_changes, 0);
}

static void test_full_of_values(void **state UNUSED)
{
	struct tag_key env = make_key("w", "Env");
	struct tag_value value = {.tenant = STR("w"), .tag_key = env.doc.id, .value = STR("more")};
	const struct resource_tag more = {.key = STR("Env"), .value = STR("more")};
	const struct resource_tag known = {.key = STR("Env"), .value = STR("7")};
	struct resource r = blank("w", &more, 1);
	struct widening w = {0};

	for (size_t i = 0; i < TAGS_MAX_VALUES; i++) {
		char text[16];

		assert_true(snprintf(text, sizeof(text), "%zu", i) > 0);
		put(&(struct tag_value){
		    .doc = {.kind = DOC_TAG_VALUE, .id = str_of(text)},
		    .tenant = STR("w"),
		    .tag_key = env.doc.id,
		    .value = str_of(text),
		}
		         .doc);
	}
	assert_int_equal(tags_create_value(&txn, &value, &err), SERVICE_FAILED_PRECONDITION);
	assert_int_equal(tags_bind(&txn, &r, NULL, &w, &err), SERVICE_FAILED_PRECONDITION);
	assert_int_equal(txn.n_changes, 0);
	/* What is there already can be given. */
	r = blank("w", &known, 1);
	assert_int_equal(tags_bind(&txn, &r, NULL, &w, &err), SERVICE_OK);
	assert_int_equal(txn.n_changes, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_change_of_key),
	    TEST(test_change_of_value),
	    TEST(test_too_many_at_once),
	    TEST(test_looks),
	    TEST(test_bind),
	    TEST(test_texts),
	    TEST(test_full_of_keys),
	    TEST(test_full_of_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
