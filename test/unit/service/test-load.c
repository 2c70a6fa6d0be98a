/* SPDX-License-Identifier: Apache-2.0
 *
 * A start: what is stored is there again, and what is damaged stops it, since missing data must not widen access.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "service/service.h"

#define ORG      STR("acme")
#define N_GRANTS 5000u /* more than what is reported at once */

#define WHOLE                                                                                                          \
	"{\"entity_type\":\"assistant\",\"entity_id\":\"a\",\"grantee_type\":\"user\",\"grantee_id\":\"owner\","       \
	"\"level\":\"read\",\"granted_by\":\"owner\",\"created_at\":5,\"updated_at\":7}"

/* What was told while it loaded. */
struct watched {
	uint64_t n;
	unsigned n_calls, n_ends;
};

static void watch(void *ctx, struct str org, uint64_t n, bool is_over)
{
	struct watched *w = ctx;

	assert_true(str_eq(org, ORG));
	assert_true(n >= w->n);
	w->n = n;
	w->n_calls++;
	w->n_ends += is_over;
}

static int start(struct store *store, struct watched *w, struct service **ret, struct error *err)
{
	CLEANUP(buf_releasep) struct buf key = BUF_INIT(BUF_MAX_LINE_BYTES);
	const struct service_options options = {
	    .store = store, .org = ORG, .loading = w ? watch : NULL, .loading_ctx = w};

	return service_open(&options, ret, &key, err);
}

/* A store with the organization, as a first start makes it, and these documents. */
static struct store *store_with(const struct store_change *changes, size_t n)
{
	struct service *svc = NULL;
	struct store *store = NULL;
	struct store_set set = {
	    .org = ORG, .base_revision = 1, .outcome = AUDIT_DONE, .changes = changes, .n_changes = n};

	assert_int_equal(store_open(STR("memory:"), &store, NULL), 0);
	assert_int_equal(start(store, NULL, &svc, NULL), 0);
	service_close(svc);
	assert_int_equal(store_commit(store, &set, 1, NULL), 0);
	return store;
}

static void test_grants_are_there(void **state)
{
	(void)state;
	struct arena a = ARENA_INIT;
	struct store_change *changes = ARENA_ARRAY(&a, struct store_change, N_GRANTS);
	struct service *svc = NULL;
	struct watched w = {0};
	struct access_grant g;

	for (size_t i = 0; i < N_GRANTS; i++)
		changes[i] = (struct store_change){
		    .kind = STR("access_grant"),
		    .id = arena_strf(&a, "agrant_%zu", i),
		    .seq = ((uint64_t)2 << 20) + i,
		    .body = arena_strf(
		        &a,
		        "{\"entity_type\":\"vector_store\",\"entity_id\":\"vs_%zu%s\",\"grantee_type\":\"role\","
		        "\"grantee_id\":\"r\",\"level\":\"admin\",\"granted_by\":\"owner\",\"created_at\":%zu,"
		        "\"updated_at\":7}",
		        i, i % 2 ? "" : "\\u00e9", i + 1)};
	struct store *store = store_with(changes, N_GRANTS);

	assert_int_equal(start(store, &w, &svc, NULL), 0);
	assert_true(w.n > N_GRANTS);
	assert_true(w.n_calls > 1);
	assert_int_equal(w.n_ends, 1);
	service_read_begin();
	const struct snapshot *s = org_snapshot(service_org(svc, ORG));
	assert_int_equal(s->grants.n, N_GRANTS);
	assert_true(grants_find(&s->grants, STR("agrant_4998"), &g));
	assert_true(str_eq(g.entity_id, STR("vs_4998\xc3\xa9")));
	assert_true(grants_find(&s->grants, STR("agrant_4999"), &g));
	assert_true(str_eq(g.entity_id, STR("vs_4999")));
	assert_int_equal(g.entity_type, ENTITY_VECTOR_STORE);
	assert_int_equal(g.grantee_type, GRANTEE_ROLE);
	assert_int_equal(g.level, ACCESS_ADMIN);
	assert_int_equal(g.doc.created_at_ms, 5000);
	assert_int_equal(g.doc.seq, ((uint64_t)2 << 20) + 4999);
	assert_int_equal(g.doc.rev, 2);
	service_read_end();
	service_close(svc);
	store_close(store);
	arena_release(&a);
}

static void test_damaged(void **state)
{
	(void)state;
	static const struct {
		const char *kind, *id, *body;
		const char *says; /* NULL: it starts */
		int want;
	} cases[] = {
	    {"access_grant", "agrant_1", WHOLE, NULL, 0},
	    {"access_grant", "agrant_1", "{\"entity_type\":\"assistant\",\"entity_id\":\"a\"}", "agrant_1", -EUCLEAN},
	    {"access_grant", "agrant_1", "{}", "agrant_1", -EUCLEAN},
	    {"access_grant", "agrant_0123456789012345", WHOLE, NULL, 0},
	    {"access_grant", "agrant_01234567890123456789", WHOLE, "damaged", -EUCLEAN},
	    {"access_grant", "agrant_1", "{\"level\":\"owner\"}", "wrong type", -EBADMSG},
	    {"access_grant", "agrant_1", "{", "not a JSON object", -EBADMSG},
	    {"user", "u", "[]", "not a JSON object", -EBADMSG},
	    {"spell", "s", "{}", "unknown kind \"spell\"", -EUCLEAN},
	};

	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		const struct store_change c = {.kind = str_of(cases[i].kind),
		                               .id = str_of(cases[i].id),
		                               .seq = (uint64_t)2 << 20,
		                               .body = str_of(cases[i].body)};
		struct store *store = store_with(&c, 1);
		struct service *svc = NULL;
		struct error err = {0};

		assert_int_equal(start(store, NULL, &svc, &err), cases[i].want);
		if (cases[i].says && !strstr(err.text, cases[i].says))
			fail_msg("case %zu: \"%s\"", i, err.text);
		service_close(svc);
		store_close(store);
	}
}

static void test_same_grant_twice(void **state)
{
	(void)state;
	const struct store_change changes[] = {
	    {.kind = STR("access_grant"), .id = STR("agrant_1"), .seq = 2 << 20, .body = STR(WHOLE)},
	    {.kind = STR("access_grant"), .id = STR("agrant_2"), .seq = (2 << 20) + 1, .body = STR(WHOLE)},
	};
	struct store *store = store_with(changes, N_ELEMENTS(changes));
	struct service *svc = NULL;
	struct error err = {0};

	assert_int_equal(start(store, NULL, &svc, &err), -EUCLEAN);
	assert_string_equal(err.text, "two stored access grants are the same");
	assert_null(svc);
	store_close(store);
}

/* A store as an earlier version left it: without what it did not have yet. */
static struct store *store_of_before(struct arena *a)
{
	struct store_change changes[8] = {{.kind = STR("role"), .id = STR("pdp-client")}};
	struct service *svc = NULL;
	struct store *store = NULL;
	const struct document *doc;
	uint64_t at = 0;
	size_t n = 1;

	assert_int_equal(store_open(STR("memory:"), &store, NULL), 0);
	assert_int_equal(start(store, NULL, &svc, NULL), 0);
	service_read_begin();
	const struct snapshot *s = org_snapshot(service_org(svc, ORG));

	changes[0].seq = snapshot_find(s, DOC_ROLE, STR("pdp-client"))->seq;
	while ((doc = snapshot_next(s, DOC_APPROVAL_POLICY, &at))) {
		assert_true(n < N_ELEMENTS(changes));
		changes[n++] =
		    (struct store_change){.kind = STR("approval_policy"), .id = arena_str(a, doc->id), .seq = doc->seq};
	}
	service_read_end();
	service_close(svc);
	assert_int_equal(n, 3);

	struct store_set set = {
	    .org = ORG, .base_revision = 1, .outcome = AUDIT_DONE, .changes = changes, .n_changes = n};
	assert_int_equal(store_commit(store, &set, 1, NULL), 0);
	return store;
}

/* Starts, and asserts that the built-in documents are there, at this revision. */
static void assert_complete(struct store *store, uint64_t revision)
{
	struct service *svc = NULL;
	const struct document *doc;
	unsigned types = 0;
	uint64_t at = 0;

	assert_int_equal(start(store, NULL, &svc, NULL), 0);
	service_read_begin();
	const struct snapshot *s = org_snapshot(service_org(svc, ORG));

	assert_int_equal(s->revision, revision);
	assert_non_null(snapshot_find(s, DOC_ROLE, STR("pdp-client")));
	assert_int_equal(s->n_docs[DOC_APPROVAL_POLICY], 2);
	while ((doc = snapshot_next(s, DOC_APPROVAL_POLICY, &at))) {
		assert_true(as_approval_policy(doc)->is_builtin);
		types |= 1u << as_approval_policy(doc)->type;
	}
	assert_int_equal(types, 1u << REQUEST_GRANT | 1u << REQUEST_CERTIFY);
	service_read_end();
	service_close(svc);
}

static void test_store_of_before_is_completed_once(void **state)
{
	(void)state;
	struct arena a = ARENA_INIT;
	struct store *store = store_of_before(&a);

	assert_complete(store, 3);
	assert_complete(store, 3);
	store_close(store);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_grants_are_there),
	    cmocka_unit_test(test_damaged),
	    cmocka_unit_test(test_same_grant_twice),
	    cmocka_unit_test(test_store_of_before_is_completed_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
