/* SPDX-License-Identifier: Apache-2.0
 *
 * Which deny policies a retagged resource loses, against a snapshot built by hand; and the words for it. What deletes,
 * detaches and changes policies is tested over the wire (test/wire/langsmith/widening.test.mjs).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "service/widening.h"

static struct arena arena;
static struct snapshot *snapshot;
static struct txn txn;

static int set_up(void **state UNUSED)
{
	arena_init(&arena);
	snapshot = snapshot_new(STR("test"), 1);
	txn = (struct txn){.snapshot = snapshot, .arena = &arena};
	return 0;
}

static int tear_down(void **state UNUSED)
{
	snapshot_drop(snapshot);
	arena_release(&arena);
	return 0;
}

static void put(const struct document *in)
{
	CLEANUP(buf_releasep) struct buf body = BUF_INIT(BUF_MAX_LINE_BYTES);
	struct document *doc;

	document_encode(in, &body);
	assert_int_equal(document_decode(in->kind, in->id, buf_str(&body), &doc, NULL), 0);
	snapshot_put(snapshot, doc);
}

#define EQUALS(k, v)                                                                                                   \
	{                                                                                                              \
		STR_INIT(TAG_ATTRIBUTE), STR_INIT(k), STR_INIT("equals"), STR_INIT(v)                                  \
	}
#define NOT_EQUALS_IF_EXISTS(k, v)                                                                                     \
	{                                                                                                              \
		STR_INIT(TAG_ATTRIBUTE), STR_INIT(k), STR_INIT("not_equals_if_exists"), STR_INIT(v)                    \
	}
#define GROUP(permission, type, conditions)                                                                            \
	{                                                                                                              \
		STR_INIT(permission), STR_INIT(type), conditions, N_ELEMENTS(conditions)                               \
	}

static const struct tag_condition secret[] = {EQUALS("Secret", "yes")};
static const struct tag_condition prod_not_acme[] = {EQUALS("Env", "prod"), NOT_EQUALS_IF_EXISTS("Client", "acme")};

static const struct tag_group secret_project[] = {GROUP("projects:read", "project", secret)};
static const struct tag_group secret_dataset[] = {GROUP("datasets:read", "dataset", secret)};
static const struct tag_group prod_or_secret[] = {
    GROUP("projects:read", "project", prod_not_acme),
    GROUP("projects:delete", "project", secret),
    GROUP("datasets:read", "dataset", secret),
};
static const struct tag_group secret_queue[] = {GROUP("annotation-queues:read", "queues", secret)};

static const struct str a_role[] = {STR_INIT("r")};

static void put_deny(const char *id, const struct tag_group *groups, size_t n_groups)
{
	put(&(struct tag_policy){
	    .doc = {.kind = DOC_TAG_POLICY, .id = str_of(id)},
	    .name = str_of(id),
	    .deny = true,
	    .groups = groups,
	    .n_groups = n_groups,
	    .roles = {a_role, 1},
	}
	         .doc);
}

/* Deny policies of all kinds, and others that nobody is to hear of. */
static void put_policies(void)
{
	struct tag_policy p = {
	    .doc = {.kind = DOC_TAG_POLICY},
	    .groups = secret_project,
	    .n_groups = 1,
	    .roles = {a_role, 1},
	};

	put_deny("project", secret_project, N_ELEMENTS(secret_project));
	put_deny("dataset", secret_dataset, N_ELEMENTS(secret_dataset));
	put_deny("mixed", prod_or_secret, N_ELEMENTS(prod_or_secret));
	put_deny("queue", secret_queue, N_ELEMENTS(secret_queue));
	p.doc.id = p.name = STR("allow");
	put(&p.doc);
	p.doc.id = p.name = STR("idle");
	p.deny = true;
	p.roles.n = 0;
	put(&p.doc);
	p.doc.id = p.name = STR("of-a-group");
	put(&p.doc);
	put(&(struct policy_attachment){
	    .doc = {.kind = DOC_POLICY_ATTACHMENT, .id = STR("of-a-group/g/")},
	    .policy = STR("of-a-group"),
	    .group = STR("g"),
	}
	         .doc);
}

/* "Env=prod Env=dev": tags in the form of tests. */
static size_t parse_tags(const char *text, struct resource_tag *ret)
{
	struct str rest = str_of(text), word, key;
	size_t n = 0;

	while (str_split(&rest, ' ', &word)) {
		if (str_is_empty(word) || !str_split(&word, '=', &key))
			continue;
		ret[n++] = (struct resource_tag){.key = key, .value = word};
	}
	return n;
}

static void retag(struct widening *w, const char *type, const char *before, const char *after)
{
	struct resource_tag *old = ARENA_ARRAY(&arena, struct resource_tag, 8);
	struct resource_tag *new = ARENA_ARRAY(&arena, struct resource_tag, 8);
	struct resource r = {.type = str_of(type), .resource_id = STR("x"), .tags = old};

	r.n_tags = parse_tags(before, old);
	widening_add_resource(w, &txn, &r, new, parse_tags(after, new));
}

static void assert_text(struct str got, const char *want)
{
	if (!str_eq(got, str_of(want)))
		fail_msg("\"" STR_FMT "\", want \"%s\"", STR_ARG(got), want);
}

#define ONE(id)     "access may have widened: 1 deny policy no longer matches: " id
#define SOME(n, id) "access may have widened: " n " deny policies no longer match: " id

static void test_retagging(void **state UNUSED)
{
	static const struct {
		const char *name, *type, *before, *after, *want;
	} cases[] = {
	    {"value removed", "project", "Secret=yes", "", SOME("3", "project, mixed, of-a-group")},
	    {"value changed", "project", "Secret=yes", "Secret=no", SOME("3", "project, mixed, of-a-group")},
	    {"one of two values stays", "project", "Secret=yes Secret=no", "Secret=yes", ""},
	    {"value added", "project", "Secret=yes", "Secret=yes Secret=no", ""},
	    {"nothing changed", "project", "Env=prod Secret=yes", "Secret=yes Env=prod", ""},
	    {"never held", "project", "Secret=no", "", ""},
	    {"begins to hold", "project", "", "Secret=yes", ""},
	    {"other type", "dataset", "Secret=yes", "", SOME("2", "dataset, mixed")},
	    {"both spellings of a type", "queue", "Secret=yes", "", ONE("queue")},
	    {"the other spelling", "queues", "Secret=yes", "", ONE("queue")},
	    {"a type no policy is about", "prompt", "Secret=yes", "", ""},
	    {"a type that carries no tags here", "castle", "Secret=yes", "", ""},
	    {"AND: one condition goes", "project", "Env=prod", "Env=dev", ONE("mixed")},
	    {"a negated condition ceases by an added tag", "project", "Env=prod", "Env=prod Client=acme", ONE("mixed")},
	    {"a negated condition goes on", "project", "Env=prod Client=x", "Env=prod", ""},
	    /* The groups of a policy are about different permissions: losing one is losing something. */
	    {"another group begins", "project", "Env=prod", "Secret=yes", ONE("mixed")},
	};

	put_policies();
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		struct widening w = {0};
		struct str got;

		retag(&w, cases[i].type, cases[i].before, cases[i].after);
		got = widening_text(&w, 0, &arena);
		if (!str_eq(str_is_absent(got) ? STR("") : got, str_of(cases[i].want)))
			fail_msg("%s: \"" STR_FMT "\", want \"%s\"", cases[i].name, STR_ARG(got), cases[i].want);
	}
}

static void test_counted_once(void **state UNUSED)
{
	struct widening w = {0};
	const struct tag_policy *project;

	put_policies();
	project = FIND(snapshot, tag_policy, TAG_POLICY, STR("project"));
	widening_add_policy(&w, &txn, project);
	widening_add_policy(&w, &txn, project);
	retag(&w, "project", "Secret=yes", "");
	retag(&w, "project", "Secret=yes", "");
	retag(&w, "dataset", "Secret=yes", "");
	widening_add_policy(&w, &txn, FIND(snapshot, tag_policy, TAG_POLICY, STR("dataset")));
	assert_int_equal(w.n_denies, 4);
	assert_text(widening_text(&w, 0, &arena), SOME("4", "project, mixed, of-a-group, dataset"));
}

static void test_policies_that_deny_nobody_anything(void **state UNUSED)
{
	struct widening w = {0};

	put_policies();
	widening_add_policy(&w, &txn, FIND(snapshot, tag_policy, TAG_POLICY, STR("allow")));
	widening_add_policy(&w, &txn, FIND(snapshot, tag_policy, TAG_POLICY, STR("idle")));
	assert_int_equal(w.n_denies, 0);
	assert_true(str_is_absent(widening_text(&w, 0, &arena)));
	assert_text(widening_text(&w, 2, &arena), "2 deny statements went with it: access may have widened");
}

static void test_many_are_counted_and_some_named(void **state UNUSED)
{
	struct widening w = {0};
	char id[16];

	for (unsigned i = 0; i < 1000; i++) {
		(void)snprintf(id, sizeof(id), "p%u", i);
		put_deny(id, secret_project, N_ELEMENTS(secret_project));
	}
	retag(&w, "project", "Secret=yes", "");
	for (unsigned i = 0; i < 1000; i++) {
		(void)snprintf(id, sizeof(id), "p%u", i);
		widening_add_policy(&w, &txn, FIND(snapshot, tag_policy, TAG_POLICY, str_of(id)));
	}
	assert_int_equal(w.n_denies, 1000);
	assert_text(widening_text(&w, 1, &arena), SOME("1000", "p0, p1, p2, p3, p4, p5, p6, p7 and 992 more; "
	                                                       "1 deny statements went with it"));
}

/* Beyond the limit nothing is evaluated any more, and a false alarm is better than none. */
static void test_limit(void **state UNUSED)
{
	struct widening w = {0};
	size_t evaluated;

	put_policies();
	for (unsigned i = 0; w.n_denies == 0; i++) {
		assert_true(i < WIDENING_MAX_EVALUATIONS);
		arena_reset(&arena);
		w.of_type = NULL; /* it lay in the arena; what was counted by then is nothing */
		retag(&w, "project", "Secret=no", "Secret=never");
	}
	assert_true(w.n_evaluations >= WIDENING_MAX_EVALUATIONS);
	assert_true(w.n_denies <= 3);
	retag(&w, "project", "", "");
	assert_int_equal(w.n_denies, 3);
	evaluated = w.n_evaluations;
	/* All that could be lost is: further resources of the type cost nothing. */
	retag(&w, "project", "Secret=yes", "");
	assert_int_equal(w.n_evaluations, evaluated);
	assert_int_equal(w.n_denies, 3);
	retag(&w, "dataset", "", "");
	assert_int_equal(w.n_denies, 4);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_retagging),
	    TEST(test_counted_once),
	    TEST(test_policies_that_deny_nobody_anything),
	    TEST(test_many_are_counted_and_some_named),
	    TEST(test_limit),
	};

	return cmocka_run_group_tests_name("widening", tests, NULL, NULL);
}
