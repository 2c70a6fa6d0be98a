/* SPDX-License-Identifier: Apache-2.0
 *
 * What may be filled into a form, and what is a form.
 */
#include "world.h"

#include "json/parse.h"

#define TEXT    "{\"fields\":[{\"name\":\"a\",\"stringField\":{}}]}"
#define FLAG    "{\"fields\":[{\"name\":\"a\",\"boolField\":{}}]}"
#define NUMBER  "{\"fields\":[{\"name\":\"a\",\"int64Field\":{}}]}"
#define LIST    "{\"fields\":[{\"name\":\"a\",\"stringSliceField\":{}}]}"
#define MAP     "{\"fields\":[{\"name\":\"a\",\"stringMapField\":{}}]}"
#define FILES   "{\"fields\":[{\"name\":\"a\",\"fileField\":{}}]}"
#define NEEDED  "{\"fields\":[{\"name\":\"a\",\"required\":true,\"stringField\":{}},{\"name\":\"b\"}]}"
#define UNKNOWN "the data has a field that the form has not"
#define LACKING "the data lacks a field that the form requires"
#define TYPE    "the data has a field that is not of the form's type"

static const struct json *json_of(struct arena *a, const char *text)
{
	const struct json *tree = NULL;
	struct error err = {0};

	if (text)
		assert_int_equal(json_parse(str_of(text), a, &tree, &err), JSON_OK);
	return tree;
}

static void assert_why(const char *got, const char *want, const char *what)
{
	if (!got != !want || (got && strcmp(got, want) != 0))
		fail_msg("%s: \"%s\", not \"%s\"", what, got ? got : "", want ? want : "");
}

static void test_data(void **state UNUSED)
{
	static const struct {
		const char *form, *data, *why;
	} cases[] = {
	    {NULL, "{\"any\":1}", NULL},
	    {"{}", "{\"any\":1}", NULL},
	    {"{\"fields\":[]}", "{\"any\":1}", NULL},
	    {TEXT, NULL, NULL},
	    {TEXT, "{}", NULL},
	    {TEXT, "{\"b\":\"x\"}", UNKNOWN},
	    {TEXT, "{\"a\":\"x\"}", NULL},
	    {TEXT, "{\"a\":null}", NULL},
	    {TEXT, "{\"a\":1}", TYPE},
	    {TEXT, "{\"a\":[\"x\"]}", TYPE},
	    {FLAG, "{\"a\":false}", NULL},
	    {FLAG, "{\"a\":\"false\"}", TYPE},
	    {NUMBER, "{\"a\":7}", NULL},
	    {NUMBER, "{\"a\":\"-7\"}", NULL},
	    {NUMBER, "{\"a\":7.5}", TYPE},
	    {NUMBER, "{\"a\":\"7.5\"}", TYPE},
	    {NUMBER, "{\"a\":\"-\"}", TYPE},
	    {NUMBER, "{\"a\":true}", TYPE},
	    {LIST, "{\"a\":[\"x\",\"y\"]}", NULL},
	    {LIST, "{\"a\":[]}", NULL},
	    {LIST, "{\"a\":[\"x\",1]}", TYPE},
	    {LIST, "{\"a\":\"x\"}", TYPE},
	    {MAP, "{\"a\":{\"k\":\"v\"}}", NULL},
	    {MAP, "{\"a\":{\"k\":1}}", TYPE},
	    {FILES, "{\"a\":{\"anything\":1}}", NULL},
	    {NEEDED, "{\"a\":\"x\"}", NULL},
	    {NEEDED, "{\"a\":\"x\",\"b\":[1]}", NULL},
	    {NEEDED, "{\"b\":1}", LACKING},
	    {NEEDED, "{\"a\":\"\"}", LACKING},
	    {NEEDED, "{\"a\":null}", LACKING},
	    {NEEDED, NULL, LACKING},
	};
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < N_ELEMENTS(cases); i++)
		assert_why(workflow_why_not_data(json_of(&a, cases[i].form), json_of(&a, cases[i].data)), cases[i].why,
		           cases[i].data ? cases[i].data : "no data");
	arena_release(&a);
}

static void test_form(void **state UNUSED)
{
	static const struct {
		const char *form, *why;
	} cases[] = {
	    {NULL, NULL},
	    {"{}", NULL},
	    {NEEDED, NULL},
	    {"{\"fields\":{}}", "fields must be a list of 100 at most"},
	    {"{\"fields\":[{\"required\":true}]}", "each field must have a name"},
	    {"{\"fields\":[\"a\"]}", "each field must have a name"},
	    {"{\"fields\":[{\"name\":\"a\"},{\"name\":\"b\"},{\"name\":\"a\"}]}", "two fields have the same name"},
	};
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < N_ELEMENTS(cases); i++)
		assert_why(workflow_why_not_form(json_of(&a, cases[i].form)), cases[i].why,
		           cases[i].form ? cases[i].form : "no form");
	arena_release(&a);
}

static void test_many_fields(void **state UNUSED)
{
	struct json_member names[WORKFLOW_MAX_FIELDS + 1];
	struct json items[WORKFLOW_MAX_FIELDS + 1];
	struct json_member fields = {STR("fields"), {.type = JSON_ARRAY, .items = items}};
	const struct json form = {.type = JSON_OBJECT, .n = 1, .members = &fields};
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < N_ELEMENTS(items); i++) {
		names[i] = (struct json_member){STR("name"), {.type = JSON_STRING, .s = arena_strf(&a, "f%zu", i)}};
		items[i] = (struct json){.type = JSON_OBJECT, .n = 1, .members = &names[i]};
	}
	fields.value.n = WORKFLOW_MAX_FIELDS;
	assert_null(workflow_why_not_form(&form));
	fields.value.n = WORKFLOW_MAX_FIELDS + 1;
	assert_non_null(workflow_why_not_form(&form));
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_data),
	    cmocka_unit_test(test_form),
	    cmocka_unit_test(test_many_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
