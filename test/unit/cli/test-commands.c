/* SPDX-License-Identifier: Apache-2.0
 *
 * The client commands against a scripted server: what they ask, what they print, how they end.
 */
#include "table-test.h"

#include "cli/session.h"

#define MAX_EXCHANGES 6

struct scripted_exchange {
	const char *want; /* "METHOD URL", a space, then the body when there is one */
	unsigned status;  /* 0: no answer at all */
	const char *body;
};

/* A session whose network and pause are scripted. */
struct scripted_session {
	struct cli_session session; /* first: the callbacks get its address */
	const struct scripted_exchange *script;
	size_t n_asked;
	unsigned n_pauses_left;
	bool explained; /* the header was sent with the newest call */
	bool authorized;
	struct str as_of; /* of the newest call; literals of the options */
};

static int perform_scripted(struct cli_session *s, const struct http_client_call *call, unsigned *ret_status,
                            struct buf *ret_body, struct error *err)
{
	struct scripted_session *t = (struct scripted_session *)(void *)s;
	const struct scripted_exchange *exchange = &t->script[t->n_asked++];
	const char *method = call->method == HTTP_GET      ? "GET"
	                     : call->method == HTTP_POST   ? "POST"
	                     : call->method == HTTP_DELETE ? "DELETE"
	                                                   : "?";
	CLEANUP(buf_releasep) struct buf asked = BUF_INIT(BUF_MAX_LINE_BYTES);

	assert_in_range(t->n_asked, 1, MAX_EXCHANGES);
	assert_non_null(exchange->want);
	buf_addf(&asked, "%s " STR_FMT, method, STR_ARG(call->url));
	if (!str_is_absent(call->body))
		buf_addf(&asked, " " STR_FMT, STR_ARG(call->body));
	buf_add_char(&asked, '\0');
	assert_string_equal(asked.ptr, exchange->want);
	t->authorized = t->explained = false;
	t->as_of = STR_NONE;
	for (size_t i = 0; i < call->n_headers; i++) {
		if (str_eq(call->headers[i].name, STR("Authorization")))
			t->authorized = str_eq(call->headers[i].value, STR("Bearer secret"));
		if (str_eq(call->headers[i].name, STR("Doorward-Explain")))
			t->explained = str_eq(call->headers[i].value, STR("true"));
		if (str_eq(call->headers[i].name, STR("Doorward-As-Of")))
			t->as_of = call->headers[i].value;
	}
	assert_true(t->authorized);
	if (exchange->status == 0) {
		(void)error_set(err, 1, "Connection refused");
		return -1;
	}
	*ret_status = exchange->status;
	buf_add(ret_body, str_of(exchange->body));
	return 0;
}

static bool pause_scripted(struct cli_session *s, unsigned ms)
{
	struct scripted_session *t = (struct scripted_session *)(void *)s;

	assert_int_equal(ms, 1000);
	if (t->n_pauses_left == 0)
		return false;
	t->n_pauses_left--;
	return true;
}

#define URL "http://127.0.0.1:8080"
#define ALICE                                                                                                          \
	"{\"subject\":{\"type\":\"user\",\"id\":\"alice\"},\"action\":{\"name\":\"read\"},\"resource\":{\"type\":"     \
	"\"t\",\"id\":\"x\"}}"
#define EVALUATE "POST " URL "/access/v1/evaluation " ALICE
#define CHECK    .command = CLI_CHECK, .operands = {"alice", "read", "t/x"}
#define ITEM(id, operation)                                                                                            \
	"{\"id\":" id                                                                                                  \
	",\"at\":\"2026-11-22T10:00:00Z\",\"actor\":\"user:owner\",\"via\":\"native\",\"operation\":\"" operation      \
	"\",\"target\":\"\",\"outcome\":\"done\",\"status\":201,\"revision\":" id                                      \
	",\"remote\":\"127.0.0.1\",\"request_id\":\"q" id "\"}"
#define LINE(id, operation)                                                                                            \
	"2026-11-22T10:00:00Z  user:owner  native  " operation "  -  done 201  revision " id "  127.0.0.1  q" id "\n"
#define PREVIEW_FILE        CASES "/preview.json"
#define TRY                 "POST " URL "/doorward/v1/preview {\"changes\":[{\"method\":\"DELETE\",\"path\":\"/x\"}]}"
#define TRIED(status, body) "{\"method\":\"DELETE\",\"path\":\"/x\",\"status\":" status ",\"body\":" body "}"
#define COUNTS(gain, lose)                                                                                             \
	"\"gains\":{\"principals\":" gain ",\"access\":9},\"loses\":{\"principals\":" lose ",\"access\":9}"
#define GROUP(change, principals, count)                                                                               \
	"{\"change\":\"" change                                                                                        \
	"\",\"document\":{\"kind\":\"access_policy\",\"id\":\"p\"},\"through\":{\"type\":\"group\",\"id\":\"g\"},"     \
	"\"principals\":" principals ",\"access\":{\"count\":" count                                                   \
	",\"sample\":[{\"action\":\"read\",\"resource\":{\"type\":\"doc\",\"id\":\"*\"},\"tenants\":[\"t1\",\"t2\"]}]" \
	"}}"
#define CHANGE(revision, effect, added, left_out)                                                                      \
	"{\"revision\":" revision ",\"at\":\"2026-11-22T10:00:00Z\",\"actor\":\"user:owner\",\"operation\":\"o\","     \
	"\"documents\":[{\"kind\":\"role\","                                                                           \
	"\"id\":\"r\\u0007\",\"change\":\"created\"}],\"documents_left_out\":" left_out                                \
	",\"access\":{\"effect\":\"" effect "\",\"allowing_statements\":{\"added\":" added                             \
	",\"removed\":0},\"denying_statements\":{\"added\":0,"                                                         \
	"\"removed\":0},\"memberships\":{\"added\":0,\"removed\":0}}}"

/* clang-format off */
static const struct {
	const char *title;
	struct cli_options options;
	struct scripted_exchange script[MAX_EXCHANGES];
	unsigned n_pauses;
	int exit;
	const char *out, *err;
} cases[] = {
	{"check: allow", {CHECK}, {{EVALUATE, 200, "{\"decision\":true}"}}, 0, 0, "allow\n", ""},
	{"check: deny", {CHECK}, {{EVALUATE, 200, "{\"decision\":false}"}}, 0, 1, "deny\n", ""},
	{"check: a decision that is no boolean", {CHECK}, {{EVALUATE, 200, "{\"decision\":\"true\"}"}}, 0, 2, "",
	 "doorward: " URL ": the answer holds no decision\n"},
	{"check: an empty answer", {CHECK}, {{EVALUATE, 200, ""}}, 0, 2, "",
	 "doorward: " URL ": the answer holds no decision\n"},
	{"check: tenants", {CHECK}, {{EVALUATE, 200, "{\"decision\":true,\"context\":{\"tenants\":[\"t1\",\"t2\"]}}"}}, 0, 0,
	 "allow in t1, t2\n", ""},
	{"check: explained", {CHECK, .explain = true},
	 {{EVALUATE, 200, "{\"decision\":false,\"context\":{\"reason\":{\"document\":\"p1\",\"kind\":\"policy\","
	   "\"statement\":2,\"effect\":\"DENY\",\"text\":\"a deny\\u001b[2J\"}}}"}}, 0, 1,
	 "deny\n  a deny?[2J\n  decided by policy p1, statement 2\n", ""},
	{"check: explained without a document", {CHECK, .explain = true},
	 {{EVALUATE, 200, "{\"decision\":false,\"context\":{\"reason\":{\"document\":null,\"text\":\"nothing allows it\"}}}"}},
	 0, 1, "deny\n  nothing allows it\n", ""},
	{"check: JSON", {CHECK, .json = true}, {{EVALUATE, 200, "{ \"decision\" : true }"}}, 0, 0, "{\"decision\":true}\n", ""},
	{"check: problem details", {CHECK}, {{EVALUATE, 401, "{\"title\":\"Unauthorized\",\"detail\":\"no such key\"}"}}, 0, 2,
	 "", "doorward: the server answered 401: no such key\n"},
	{"check: an error that is not JSON", {CHECK}, {{EVALUATE, 502, "<html>"}}, 0, 2,
	 "", "doorward: the server answered 502: no reason given\n"},
	{"check: an answer that is not JSON", {CHECK}, {{EVALUATE, 200, "<html>"}}, 0, 2,
	 "", "doorward: " URL ": this is not an answer of Doorward\n"},
	{"check: nobody answers", {CHECK}, {{EVALUATE, 0, ""}}, 0, 2,
	 "", "doorward: " URL ": Connection refused\n"},
	{"check: a slash at the end of the URL", {CHECK, .url = URL "/"}, {{EVALUATE, 200, "{\"decision\":true}"}}, 0, 0,
	 "allow\n", ""},
	{"check: a bad subject asks nothing", {.command = CLI_CHECK, .operands = {"user:", "read", "t/x"}}, {{0}}, 0, 2,
	 "", "doorward: \"user:\" is not a subject: TYPE:ID\n"},
	{"key create: the key alone on standard output", {.command = CLI_KEY_CREATE, .user = "bob"},
	 {{"POST " URL "/doorward/v1/keys {\"principal\":{\"type\":\"user\",\"id\":\"bob\"},\"tenants\":null,"
	   "\"expires_at\":null}", 201, "{\"id\":\"k1\",\"key\":\"dw_1\"}"}}, 0, 0,
	 "dw_1\n", "key k1 of user:bob, shown this once\n"},
	{"key create: no key in the answer", {.command = CLI_KEY_CREATE, .user = "bob"},
	 {{"POST " URL "/doorward/v1/keys {\"principal\":{\"type\":\"user\",\"id\":\"bob\"},\"tenants\":null,"
	   "\"expires_at\":null}", 201, "{\"id\":\"k1\"}"}}, 0, 2,
	 "", "doorward: " URL ": the answer holds no key\n"},
	{"key list: pages", {.command = CLI_KEY_LIST},
	 {{"GET " URL "/doorward/v1/keys", 200,
	   "{\"items\":[{\"id\":\"k1\",\"name\":\"ci\",\"principal\":{\"type\":\"user\",\"id\":\"bob\"},"
	   "\"expires_at\":null}],\"next_cursor\":\"a/b\"}"},
	  {"GET " URL "/doorward/v1/keys?cursor=a%2Fb", 200,
	   "{\"items\":[{\"id\":\"k2\",\"name\":null,\"principal\":{\"type\":\"service\",\"id\":\"s\"},"
	   "\"expires_at\":\"2027-01-31T00:00:00Z\"}],\"next_cursor\":null}"}}, 0, 0,
	 "k1  user:bob  never expires  ci\nk2  service:s  2027-01-31T00:00:00Z  \n", ""},
	{"key revoke: the id is encoded", {.command = CLI_KEY_REVOKE, .operands = {"a/b c"}},
	 {{"DELETE " URL "/doorward/v1/keys/a%2Fb%20c", 204, ""}}, 0, 0, "", ""},
	{"key revoke: unknown", {.command = CLI_KEY_REVOKE, .operands = {"k9"}},
	 {{"DELETE " URL "/doorward/v1/keys/k9", 404, "{\"title\":\"Not found\"}"}}, 0, 2,
	 "", "doorward: the server answered 404: Not found\n"},
	{"audit: newest first, all pages", {.command = CLI_AUDIT},
	 {{"GET " URL "/doorward/v1/audit?limit=200", 200, "{\"items\":[" ITEM("3", "c") "," ITEM("2", "b") "],\"next_cursor\":\"2\"}"},
	  {"GET " URL "/doorward/v1/audit?limit=200&cursor=2", 200, "{\"items\":[" ITEM("1", "a") "],\"next_cursor\":null}"}},
	 0, 0, LINE("3", "c") LINE("2", "b") LINE("1", "a"), ""},
	{"audit: since", {.command = CLI_AUDIT, .since = "2026-11-22T10:00:00+01:00"},
	 {{"GET " URL "/doorward/v1/audit?limit=200&since=2026-11-22T10%3A00%3A00%2B01%3A00", 200,
	   "{\"items\":[],\"next_cursor\":null}"}}, 0, 0, "", ""},
	{"audit: a body without items", {.command = CLI_AUDIT}, {{"GET " URL "/doorward/v1/audit?limit=200", 200, "{}"}}, 0, 2,
	 "", "doorward: " URL ": the answer holds no audit trail\n"},
	{"audit: follow", {.command = CLI_AUDIT, .follow = true},
	 {{"GET " URL "/doorward/v1/audit?limit=10", 200, "{\"items\":[" ITEM("2", "b") "," ITEM("1", "a") "],\"next_cursor\":\"x\"}"},
	  {"GET " URL "/doorward/v1/audit?limit=200", 200, "{\"items\":[" ITEM("2", "b") "],\"next_cursor\":null}"},
	  {"GET " URL "/doorward/v1/audit?limit=200", 200, "{\"items\":[" ITEM("5", "e") "," ITEM("4", "d") "],\"next_cursor\":\"y\"}"},
	  {"GET " URL "/doorward/v1/audit?limit=200&cursor=y", 200, "{\"items\":[" ITEM("3", "c") "," ITEM("2", "b") "],\"next_cursor\":\"z\"}"}}, 2, 0,
	 LINE("1", "a") LINE("2", "b") LINE("3", "c") LINE("4", "d") LINE("5", "e"), ""},
	{"audit: follow from an empty trail", {.command = CLI_AUDIT, .follow = true, .json = true},
	 {{"GET " URL "/doorward/v1/audit?limit=10", 200, "{\"items\":[],\"next_cursor\":null}"},
	  {"GET " URL "/doorward/v1/audit?limit=200", 200, "{\"items\":[" ITEM("1", "a") "],\"next_cursor\":null}"}}, 1, 0,
	 ITEM("1", "a") "\n", ""},
	{"audit: the server goes away while following", {.command = CLI_AUDIT, .follow = true, .since = "2026-11-22T10:00:00Z"},
	 {{"GET " URL "/doorward/v1/audit?limit=200&since=2026-11-22T10%3A00%3A00Z", 200, "{\"items\":[" ITEM("1", "a") "],\"next_cursor\":\"x\"}"},
	  {"GET " URL "/doorward/v1/audit?limit=200&since=2026-11-22T10%3A00%3A00Z&cursor=x", 0, ""}}, 0, 2,
	 "", "doorward: " URL ": Connection refused\n"},
	{"check: a plain error", {CHECK}, {{EVALUATE, 403, "access:evaluate is needed\nmore\n"}}, 0, 2,
	 "", "doorward: the server answered 403: access:evaluate is needed\n"},
	{"check: as of a revision", {CHECK, .as_of = "17"}, {{EVALUATE, 200, "{\"decision\":true}"}}, 0, 0, "allow\n", ""},
	{"changes: all pages", {.command = CLI_CHANGES, .from = "2026-11-22T10:00:00+01:00", .to = "9"},
	 {{"GET " URL "/doorward/v1/changes?limit=100&from=2026-11-22T10%3A00%3A00%2B01%3A00&to=9", 200,
	   "{\"items\":[" CHANGE("8", "widened", "1", "0") "],\"next_cursor\":\"x\"}"},
	  {"GET " URL "/doorward/v1/changes?limit=100&from=2026-11-22T10%3A00%3A00%2B01%3A00&to=9&cursor=x", 200,
	   "{\"items\":[" CHANGE("9", "none", "0", "3") "],\"next_cursor\":null}"}}, 0, 0,
	 "revision 8  2026-11-22T10:00:00Z  user:owner  o  widened  allowing +1 -0\n    created role r?\n"
	 "revision 9  2026-11-22T10:00:00Z  user:owner  o  none\n    created role r?\n    and 3 more\n", ""},
	{"changes: JSON", {.command = CLI_CHANGES, .json = true},
	 {{"GET " URL "/doorward/v1/changes?limit=100", 200, "{\"items\":[{\"revision\":1}],\"next_cursor\":null}"}}, 0, 0,
	 "{\"revision\":1}\n", ""},
	{"changes: refused", {.command = CLI_CHANGES, .from = "x"},
	 {{"GET " URL "/doorward/v1/changes?limit=100&from=x", 400, "{\"detail\":\"from: must be a revision\"}"}}, 0, 2,
	 "", "doorward: the server answered 400: from: must be a revision\n"},
	{"changes: a body without items", {.command = CLI_CHANGES},
	 {{"GET " URL "/doorward/v1/changes?limit=100", 200, "{}"}}, 0, 2,
	 "", "doorward: " URL ": the answer holds no changes\n"},
	{"preview: no such file", {.command = CLI_PREVIEW, .operands = {"/nowhere/x.json"}}, {{0}}, 0, 2,
	 "", "doorward: /nowhere/x.json: No such file or directory\n"},
	{"preview: nobody", {.command = CLI_PREVIEW, .operands = {PREVIEW_FILE}},
	 {{TRY, 200, "{\"changes\":[" TRIED("204", "null") "],\"refused\":0," COUNTS("0", "0") ",\"groups\":[]}"}},
	 0, 0, "DELETE /x  204\ngain: 0, lose: 0\n", ""},
	{"preview: somebody", {.command = CLI_PREVIEW, .operands = {PREVIEW_FILE}},
	 {{TRY, 200, "{\"changes\":[" TRIED("204", "null") "],\"refused\":0," COUNTS("1", "2") ",\"groups\":["
	   GROUP("gains", "{\"users\":1,\"services\":0,\"others\":0,\"sample\":[]}", "1") ","
	   GROUP("loses", "{\"users\":2,\"services\":1,\"others\":0,\"sample\":[{\"id\":\"al\\u0007\"},{\"id\":\"b\"}]}", "7") "]}"}},
	 0, 1, "DELETE /x  204\n"
	 "  for 1 user through group g, by access_policy p\n    + read on doc/* in t1, t2\n"
	 "  for 2 users 1 service (al?, b) through group g, by access_policy p\n    - read on doc/* in t1, t2\n      of 7\n"
	 "gain: 1, lose: 2\n", ""},
	{"preview: refused", {.command = CLI_PREVIEW, .operands = {PREVIEW_FILE}},
	 {{TRY, 200, "{\"changes\":[" TRIED("404", "{\"detail\":\"no x\"}") "],\"refused\":1,\"gains\":null,\"loses\":null,\"groups\":null}"}},
	 0, 2, "DELETE /x  404  no x\n", "doorward: a change would be refused\n"},
	{"preview: a body without changes", {.command = CLI_PREVIEW, .operands = {PREVIEW_FILE}},
	 {{TRY, 200, "{}"}}, 0, 2, "", "doorward: " URL ": the answer holds no preview\n"},
	{"preview: JSON", {.command = CLI_PREVIEW, .json = true, .operands = {PREVIEW_FILE}},
	 {{TRY, 200, "{\"changes\":[],\"refused\":0," COUNTS("0", "1") "}"}},
	 0, 1, "{\"changes\":[],\"refused\":0," COUNTS("0", "1") "}\n", ""},
	{"version", {.command = CLI_VERSION}, {{0}}, 0, 0, "doorward " DOORWARD_VERSION "\n", ""},
};
/* clang-format on */

static void test_command(void **state)
{
	size_t i = row_of(state);
	struct cli_options options = cases[i].options;
	struct scripted_session t = {
	    .session = {.options = &options, .perform = perform_scripted, .pause = pause_scripted},
	    .script = cases[i].script,
	    .n_pauses_left = cases[i].n_pauses};
	char *out = NULL, *err = NULL;
	size_t out_len = 0, err_len = 0, n_scripted = 0;
	int status;

	if (!options.url)
		options.url = URL;
	options.key = "secret";
	t.session.out = open_memstream(&out, &out_len);
	t.session.err = open_memstream(&err, &err_len);
	assert_non_null(t.session.out);
	assert_non_null(t.session.err);
	status = cli_run_session(&t.session);
	(void)fclose(t.session.out);
	(void)fclose(t.session.err);
	while (n_scripted < MAX_EXCHANGES && cases[i].script[n_scripted].want)
		n_scripted++;
	assert_string_equal(err, cases[i].err);
	assert_string_equal(out, cases[i].out);
	assert_int_equal(status, cases[i].exit);
	assert_int_equal(t.n_asked, n_scripted);
	if (options.command == CLI_CHECK && n_scripted > 0)
		assert_int_equal(t.explained, options.explain);
	if (t.n_asked > 0) /* only checks are asked as of a moment */
		assert_true(options.as_of ? str_eq(t.as_of, str_of(options.as_of)) : str_is_absent(t.as_of));
	free(out);
	free(err);
}

/* A full disk or a closed pipe behind the answer must not look like success. */
static void test_lost_answer(void **state UNUSED)
{
	struct cli_options options = {.command = CLI_VERSION};
	struct cli_session s = {.options = &options};
	char *err = NULL;
	size_t err_len = 0;
	int status;

	s.out = fopen("/dev/full", "w");
	s.err = open_memstream(&err, &err_len);
	assert_non_null(s.out);
	assert_non_null(s.err);
	status = cli_run_session(&s);
	(void)fclose(s.out);
	(void)fclose(s.err);
	assert_int_equal(status, CLI_EXIT_ERROR);
	assert_string_equal(err, "doorward: cannot write the answer: No space left on device\n");
	free(err);
}

int main(void)
{
	struct CMUnitTest tests[MAX_ROWS] = {cmocka_unit_test(test_lost_answer)};
	size_t n = 1;

	number_rows();
	ADD_ROWS(tests, n, test_command, cases);
	return _cmocka_run_group_tests("cli/commands", tests, n, NULL, NULL);
}
