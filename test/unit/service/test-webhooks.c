/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls of webhooks on a hand-made snapshot: what follows from each answer, when a call is sent again and when it is
 * given up, whose turn it is, and the seal of a message.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aitronos-world.h"
#include "json/base64.h"
#include "service/internal.h"
#include "service/jwt.h"
#include "service/webhook_seal.h"
#include "service/webhooks.h"

#define NOW INT64_C(1700000000000)
#define ID  STR("step1")

static struct service service; /* knows no expressions */

static const struct json *parsed(const char *text)
{
	const struct json *j;

	assert_int_equal(json_parse(str_of(text), &arena, &j, NULL), JSON_OK);
	return j;
}

/* An open request whose step asks the webhook, and the call that has begun for it. */
static int setup(void **state)
{
	int r = world_setup(state);
	struct request_step *step = ARENA_NEW(&arena, struct request_step);

	*step = (struct request_step){
	    .id = ID,
	    .generation = STR("g"),
	    .kind = STEP_APPROVAL,
	    .state = STEP_ACTIVE,
	    .definition = parsed("{\"approval\":{\"webhook\":{\"webhookId\":\"w1\"}}}"),
	    .assigned_at_ms = NOW,
	};
	txn.service = &service;
	txn.now_ms = NOW;
	put(&(struct webhook){.doc = {.kind = DOC_WEBHOOK, .id = STR("w1")},
	                      .display_name = STR("W"),
	                      .url = STR("https://hooks.example.com/in"),
	                      .callback_timeout_ms = 2 * WEBHOOK_MIN_CALLBACK_MS}
	         .doc);
	put(&(struct access_request){.doc = {.kind = DOC_ACCESS_REQUEST, .id = STR("r1")},
	                             .number = 1,
	                             .type = REQUEST_GRANT,
	                             .state = REQUEST_OPEN,
	                             .app = STR("crm"),
	                             .entitlement_id = STR("admin"),
	                             .account_id = STR("a"),
	                             .user = STR("ann"),
	                             .generation = STR("g"),
	                             .queue = parsed("[]"),
	                             .steps = step,
	                             .n_steps = 1}
	         .doc);
	webhook_call_begin(&txn, FIND(snapshot, access_request, ACCESS_REQUEST, STR("r1")));
	txn_apply(&txn, snapshot);
	txn.n_changes = 0;
	return r;
}

static const struct webhook_call *the_call(void)
{
	return FIND(snapshot, webhook_call, WEBHOOK_CALL, ID);
}

static const struct access_request *the_request(void)
{
	return FIND(snapshot, access_request, ACCESS_REQUEST, STR("r1"));
}

static void settle(struct webhook_answer answer)
{
	webhook_call_settle(&txn, ID, &answer);
	txn_apply(&txn, snapshot);
	txn.n_changes = 0;
}

static bool has_event(const char *kind)
{
	const struct document *doc;
	uint64_t at = 0;

	while ((doc = snapshot_next(snapshot, DOC_REQUEST_EVENT, &at)))
		if (str_eq(as_request_event(doc)->kind, str_of(kind)))
			return true;
	return false;
}

/* ---- answers ------------------------------------------------------------------------------------------------- */

static void test_begun(void **state UNUSED)
{
	const struct webhook_call *call = the_call();

	assert_non_null(call);
	assert_true(str_eq(call->webhook, STR("w1")) && str_eq(call->request, STR("r1")));
	assert_int_equal(call->due_at_ms, NOW);
	assert_int_equal(call->n_attempts, 0);
	assert_ptr_equal(webhook_call_request(snapshot, call), the_request());
	assert_false(webhook_call_provisions(the_request()));
}

static void test_sent_again_and_given_up(void **state UNUSED)
{
	const struct webhook_answer failed = {.reply = WEBHOOK_FAILED, .fault = STR("no answer")};
	int64_t shortest = INT64_MAX, longest = 0;

	for (int i = 1; i < WEBHOOK_MAX_ATTEMPTS; i++) {
		int64_t wait_ms;

		settle(failed);
		assert_non_null(the_call());
		assert_int_equal(the_call()->n_attempts, i);
		assert_int_equal(the_call()->attempted_at_ms, txn.now_ms);
		assert_false(the_call()->is_waiting);
		wait_ms = the_call()->due_at_ms - txn.now_ms;
		shortest = wait_ms < shortest ? wait_ms : shortest;
		longest = wait_ms > longest ? wait_ms : longest;
		txn.now_ms = the_call()->due_at_ms;
		assert_false(webhook_call_expire(&txn, the_call()));
	}
	assert_true(shortest >= WEBHOOK_RETRY_MIN_MS && longest <= WEBHOOK_RETRY_MAX_MS);
	/* Forty-nine of them: they are spread. */
	assert_true(longest - shortest > (WEBHOOK_RETRY_MAX_MS - WEBHOOK_RETRY_MIN_MS) / 4);
	assert_false(has_event("webhookApprovalFatalError"));
	settle(failed);
	assert_null(the_call());
	assert_true(has_event("webhookApprovalFatalError"));
	/* What comes now is about nothing. */
	settle(failed);
	assert_null(the_call());
}

static void test_gone_is_given_up_at_once(void **state UNUSED)
{
	settle((struct webhook_answer){.reply = WEBHOOK_GONE, .fault = STR("410"), .status = 410});
	assert_null(the_call());
	assert_true(has_event("webhookApprovalFatalError"));
}

static void test_put_off_until_its_end(void **state UNUSED)
{
	settle((struct webhook_answer){.reply = WEBHOOK_PUT_OFF});
	assert_true(the_call()->is_waiting);
	assert_int_equal(the_call()->due_at_ms, NOW + 2 * WEBHOOK_MIN_CALLBACK_MS);
	txn.now_ms = the_call()->due_at_ms - 1;
	assert_false(webhook_call_expire(&txn, the_call()));
	assert_int_equal(txn.n_changes, 0);
	txn.now_ms++;
	assert_true(webhook_call_expire(&txn, the_call()));
	txn_apply(&txn, snapshot);
	assert_null(the_call());
	assert_true(has_event("webhookApprovalFatalError"));
}

static void test_denied(void **state UNUSED)
{
	const struct workflow_event deny = {.verb = VERB_WEBHOOK_DENY, .comment = STR("no")};

	settle((struct webhook_answer){.reply = WEBHOOK_ANSWERED, .event = &deny, .status = 200});
	assert_null(the_call());
	assert_int_equal(the_request()->state, REQUEST_CLOSED);
	assert_int_equal(the_request()->outcome, REQUEST_DENIED);
}

/* Nobody of that name: as good as no answer, and the one that may come later as well. */
static void test_an_answer_that_makes_no_sense(void **state UNUSED)
{
	const struct workflow_event reassign = {.verb = VERB_WEBHOOK_REASSIGN, .users = LIST(STR("nobody"))};
	struct error err = {0};

	settle((struct webhook_answer){.reply = WEBHOOK_ANSWERED, .event = &reassign, .status = 200});
	assert_int_equal(the_call()->n_attempts, 1);
	assert_int_equal(the_request()->state, REQUEST_OPEN);
	assert_int_equal(webhook_call_answer(&txn, ID, &reassign, &err), SERVICE_INVALID);
	assert_int_equal(txn.n_changes, 0);
	assert_int_equal(webhook_call_answer(&txn, STR("x"), &reassign, &err), SERVICE_NOT_FOUND);
}

static void test_a_test_is_sent_once(void **state UNUSED)
{
	const struct webhook_answer failed = {.reply = WEBHOOK_FAILED, .fault = STR("no answer")};
	struct webhook_call made;

	webhook_call_test(&txn, FIND(snapshot, webhook, WEBHOOK, STR("w1")), &made);
	txn_apply(&txn, snapshot);
	txn.n_changes = 0;
	assert_non_null(FIND(snapshot, webhook_call, WEBHOOK_CALL, made.doc.id));
	webhook_call_settle(&txn, made.doc.id, &failed);
	txn_apply(&txn, snapshot);
	assert_null(FIND(snapshot, webhook_call, WEBHOOK_CALL, made.doc.id));
	assert_non_null(the_call());
}

/* ---- whose turn it is ---------------------------------------------------------------------------------------- */

static void put_call(const char *id, const char *webhook, int64_t due_at_ms)
{
	put(&(struct webhook_call){
	    .doc = {.kind = DOC_WEBHOOK_CALL, .id = str_of(id)}, .webhook = str_of(webhook), .due_at_ms = due_at_ms}
	         .doc);
}

/* "slow-07" */
static const char *numbered(const char *prefix, int i)
{
	char *text = arena_alloc(&arena, 32);

	(void)snprintf(text, 32, "%s%02d", prefix, i);
	return text;
}

static struct org org_a, org_b;

/* The organization of the world, and another one. */
static void put_orgs(struct snapshot *other)
{
	static struct org *orgs[] = {&org_a, &org_b};

	service.orgs = orgs;
	service.n_orgs = 2;
	atomic_store(&org_a.current, snapshot);
	atomic_store(&org_b.current, other);
}

static struct webhook_due items[WEBHOOK_MAX_FLIGHTS];
static struct webhook_flights flights = {items, 0};

/* The next call takes off; "" when none may. */
static const char *take_off(void)
{
	struct webhook_due due;

	if (!webhook_calls_next(&service, NOW, flights, &arena, &due))
		return "";
	items[flights.n++] = due;
	return arena_concat(&arena, due.call, (struct str){"", 1}).ptr;
}

static void test_turns(void **state UNUSED)
{
	struct snapshot *world = snapshot, *other = snapshot_new(STR("other"), 2);

	flights.n = 0;
	put_orgs(other);
	put(&(struct webhook){.doc = {.kind = DOC_WEBHOOK, .id = STR("slow")}, .url = STR("https://slow:1/a")}.doc);
	put(&(struct webhook){.doc = {.kind = DOC_WEBHOOK, .id = STR("same")}, .url = STR("https://SLOW:1?b")}.doc);
	for (int i = 0; i < 30; i++)
		put_call(numbered("slow-", i), i % 2 ? "slow" : "same", NOW - 1000 + i);
	put_call("later", "w1", NOW + 1);
	snapshot = other;
	put(&(struct webhook){.doc = {.kind = DOC_WEBHOOK, .id = STR("w")}, .url = STR("https://fast/")}.doc);
	put_call("b-1", "w", NOW - 5);
	put_call("b-2", "w", NOW - 6);
	put_call("b-3", "w", NOW - 7);
	snapshot = world;

	/* Longest due first, but organizations by turns, and at most two to one receiver. */
	assert_string_equal(take_off(), "slow-00");
	assert_string_equal(take_off(), "b-3");
	assert_string_equal(take_off(), "step1"); /* its receiver has none */
	assert_string_equal(take_off(), "b-2");
	assert_string_equal(take_off(), "slow-01");
	assert_string_equal(take_off(), "");
	/* Room again at the slow one: the next of it. */
	items[0] = items[--flights.n];
	assert_string_equal(take_off(), "slow-00");
	atomic_store(&org_b.current, NULL);
	snapshot_drop(other);
}

static void test_one_organization_leaves_room(void **state UNUSED)
{
	struct snapshot *world = snapshot, *other = snapshot_new(STR("other"), 2);
	size_t n = 0;

	flights.n = 0;
	put_orgs(other);
	for (int i = 0; i < 40; i++) {
		const char *id = numbered("many-", i);

		put(&(struct webhook){.doc = {.kind = DOC_WEBHOOK, .id = str_of(id)},
		                      .url = arena_strf(&arena, "https://h%d/", i)}
		         .doc);
		put_call(id, id, NOW - 100);
	}
	while (take_off()[0])
		n++;
	assert_int_equal(n, WEBHOOK_MAX_FLIGHTS_OF_ORG);
	snapshot = other;
	/* A webhook that is gone: nothing is sent, so it needs no receiver. */
	for (int i = 0; i < 10; i++)
		put_call(numbered("gone-", i), "none", NOW);
	snapshot = world;
	for (n = 0; take_off()[0]; n++)
		assert_true(str_is_absent(items[flights.n - 1].receiver));
	assert_int_equal(n, WEBHOOK_MAX_FLIGHTS - WEBHOOK_MAX_FLIGHTS_OF_ORG);
	atomic_store(&org_b.current, NULL);
	snapshot_drop(other);
}

static const struct {
	const char *url, *receiver;
} urls[] = {
    {"https://h/p", "h"},
    {"https://h:1/p", "h:1"},
    {"https://h?q", "h"},
    {"https://h#f", "h"},
    {"http://[::1]:2", "[::1]:2"},
    {"https://", ""},
    {"x", ""},
    {"", ""},
};

static void test_receivers(void **state UNUSED)
{
	for (size_t i = 0; i < N_ELEMENTS(urls); i++)
		if (!str_eq(webhook_receiver(str_of(urls[i].url)), str_of(urls[i].receiver)))
			fail_msg("%s", urls[i].url);
}

/* ---- seal ---------------------------------------------------------------------------------------------------- */

static void test_seal(void **state UNUSED)
{
	static const uint8_t private_key[ED25519_KEY_BYTES] = {9};
	const struct webhook_envelope e = {.url = STR("https://hooks.example.com:8443/in?secret=1"),
	                                   .body = STR("{}"),
	                                   .public_url = STR("http://[::1]:8080"),
	                                   .now_ms = NOW};
	struct signing_key key;
	struct webhook_seal seal;
	struct error err = {0};
	struct jwt t;

	signing_key_init(&key, private_key);
	seal = webhook_seal(&key, &e, &arena);
	/* printf '{}' | openssl dgst -sha256 -binary | base64 */
	assert_true(str_eq(seal.digest, STR("sha-256=RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=")));
	assert_true(str_starts_with(seal.authorization, STR("bearer ")));
	assert_int_equal(jwt_read(str_slice(seal.authorization, 7, seal.authorization.len), &arena, &t, &err), 0);
	assert_true(jwt_is_signed_by(&t, (struct str){(const char *)key.public_key, sizeof(key.public_key)}));
	assert_true(str_eq(json_get_str(t.header, STR("kid")), str_of(key.id)));
	assert_true(str_eq(json_get_str(t.claims, STR("iss")), STR("[::1]")));
	assert_true(str_eq(json_get_str(t.claims, STR("aud")), STR("hooks.example.com")));
	assert_true(str_eq(json_get_str(t.claims, STR("htm")), STR("POST")));
	assert_true(str_eq(json_get_str(t.claims, STR("htu")), STR("https://hooks.example.com:8443/in")));
	assert_true(str_eq(json_get_str(t.claims, STR("c1typ")), STR("wh")));
	assert_true(
	    str_eq(json_get_str(t.claims, STR("htb_s256")), STR("RBNvo1WzZ4oRRq0W9-hknpT7T8If536DEMBg9hyq_4o")));
	assert_int_equal(json_get(t.claims, STR("iat"))->i, NOW / 1000);
	assert_int_equal(json_get(t.claims, STR("nbf"))->i, NOW / 1000 - WEBHOOK_TOKEN_SKEW_S);
	assert_int_equal(json_get(t.claims, STR("exp"))->i, NOW / 1000 + WEBHOOK_TOKEN_LIFETIME_S);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_begun),
	    TEST(test_sent_again_and_given_up),
	    TEST(test_gone_is_given_up_at_once),
	    TEST(test_put_off_until_its_end),
	    TEST(test_denied),
	    TEST(test_an_answer_that_makes_no_sense),
	    TEST(test_a_test_is_sent_once),
	    TEST(test_turns),
	    TEST(test_one_organization_leaves_room),
	    TEST(test_receivers),
	    TEST(test_seal),
	};

	return cmocka_run_group_tests_name("service/webhooks", tests, NULL, NULL);
}
