/* SPDX-License-Identifier: Apache-2.0 */
#include "table-test.h"

#include "cli/query.h"

/* clang-format off */
static const struct {
	const char *title;
	const char *operands[3];
	const char *tenants[2];
	const char *want; /* the query, or what is said of the operands */
} queries[] = {
	{"a bare subject is a user", {"alice", "projects:read", "project/p1"}, {0},
	 "{\"subject\":{\"type\":\"user\",\"id\":\"alice\"},\"action\":{\"name\":\"projects:read\"},"
	 "\"resource\":{\"type\":\"project\",\"id\":\"p1\"}}"},
	{"an e-mail address is a user", {"a@x.org", "use", "app_entitlement/e"}, {0},
	 "{\"subject\":{\"type\":\"user\",\"id\":\"a@x.org\"},\"action\":{\"name\":\"use\"},"
	 "\"resource\":{\"type\":\"app_entitlement\",\"id\":\"e\"}}"},
	{"a typed subject, tenants, a Connhex resource", {"service:ci", "infra:nodes:get", "infra:nodes:n1"}, {"t1", "t2"},
	 "{\"subject\":{\"type\":\"service\",\"id\":\"ci\"},\"action\":{\"name\":\"infra:nodes:get\"},"
	 "\"resource\":{\"type\":\"infra:nodes\",\"id\":\"n1\",\"properties\":{\"tenants\":[\"t1\",\"t2\"]}}}"},
	{"a group and a type alone", {"group:devs", "read", "dataset"}, {0},
	 "{\"subject\":{\"type\":\"group\",\"id\":\"devs\"},\"action\":{\"name\":\"read\"},"
	 "\"resource\":{\"type\":\"dataset\",\"id\":\"\"}}"},
	{"a role and a type with an empty id", {"role:viewer", "read", "dataset/"}, {0},
	 "{\"subject\":{\"type\":\"role\",\"id\":\"viewer\"},\"action\":{\"name\":\"read\"},"
	 "\"resource\":{\"type\":\"dataset\",\"id\":\"\"}}"},
	{"a raw Connhex user", {"user:local:alice", "a:b:c", "a:b"}, {0},
	 "{\"subject\":{\"type\":\"external\",\"id\":\"user:local:alice\","
	 "\"properties\":{\"subjects\":[\"user:local:alice\"]}},\"action\":{\"name\":\"a:b:c\"},"
	 "\"resource\":{\"type\":\"a\",\"id\":\"b\"}}"},
	{"a raw Connhex token", {"token:x", "a:b:c", "a:b:c:d"}, {0},
	 "{\"subject\":{\"type\":\"external\",\"id\":\"token:x\",\"properties\":{\"subjects\":[\"token:x\"]}},"
	 "\"action\":{\"name\":\"a:b:c\"},\"resource\":{\"type\":\"a:b:c\",\"id\":\"d\"}}"},
	{"the first slash splits", {"alice", "read", "infra:nodes/a/b:c"}, {0},
	 "{\"subject\":{\"type\":\"user\",\"id\":\"alice\"},\"action\":{\"name\":\"read\"},"
	 "\"resource\":{\"type\":\"infra:nodes\",\"id\":\"a/b:c\"}}"},
	{"quotes are escaped", {"a\"b", "read\\", "t/\n"}, {0},
	 "{\"subject\":{\"type\":\"user\",\"id\":\"a\\\"b\"},\"action\":{\"name\":\"read\\\\\"},"
	 "\"resource\":{\"type\":\"t\",\"id\":\"\\n\"}}"},
	{"a subject without an id", {"user:", "read", "t/x"}, {0}, "\"user:\" is not a subject: TYPE:ID"},
	{"a subject without a type", {":alice", "read", "t/x"}, {0}, "\":alice\" is not a subject: TYPE:ID"},
	{"a resource without a type", {"alice", "read", "/x"}, {0}, "\"/x\" is not a resource: TYPE/ID"},
};
/* clang-format on */

static void test_query(void **state)
{
	size_t i = row_of(state);
	CLEANUP(buf_releasep) struct buf out = BUF_INIT(BUF_MAX_LINE_BYTES);
	struct cli_options o = {.command = CLI_CHECK};
	struct error err = {0};

	memcpy(o.operands, queries[i].operands, sizeof(queries[i].operands));
	for (size_t t = 0; t < N_ELEMENTS(queries[i].tenants) && queries[i].tenants[t]; t++)
		o.tenants[o.n_tenants++] = str_of(queries[i].tenants[t]);
	if (queries[i].want[0] == '{') {
		assert_int_equal(cli_write_query(&out, &o, &err), 0);
		buf_add_char(&out, '\0');
		assert_string_equal(out.ptr, queries[i].want);
	} else {
		assert_int_equal(cli_write_query(&out, &o, &err), CLI_USAGE);
		assert_string_equal(err.text, queries[i].want);
	}
}

static void test_key_body(void **state UNUSED)
{
	CLEANUP(buf_releasep) struct buf out = BUF_INIT(BUF_MAX_LINE_BYTES);
	struct cli_options o = {.command = CLI_KEY_CREATE, .user = "bob"};

	cli_write_key(&out, &o);
	buf_add_char(&out, '\0');
	assert_string_equal(out.ptr,
	                    "{\"principal\":{\"type\":\"user\",\"id\":\"bob\"},\"tenants\":null,\"expires_at\":null}");
	buf_clear(&out);
	o.name = "ci";
	o.expires = "2027-01-31T00:00:00Z";
	o.tenants[o.n_tenants++] = STR("t1");
	cli_write_key(&out, &o);
	buf_add_char(&out, '\0');
	assert_string_equal(out.ptr, "{\"principal\":{\"type\":\"user\",\"id\":\"bob\"},\"name\":\"ci\","
	                             "\"tenants\":[\"t1\"],\"expires_at\":\"2027-01-31T00:00:00Z\"}");
}

int main(void)
{
	struct CMUnitTest tests[MAX_ROWS] = {cmocka_unit_test(test_key_body)};
	size_t n = 1;

	number_rows();
	ADD_ROWS(tests, n, test_query, queries);
	return _cmocka_run_group_tests("cli/query", tests, n, NULL, NULL);
}
