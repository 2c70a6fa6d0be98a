/* SPDX-License-Identifier: Apache-2.0 */
#include "table-test.h"

#include "cli/cli.h"

#define MAX_WORDS 12

/* The environment of the case that runs: "NAME=value", ended by NULL. */
static const char *const *environment;

static const char *fake_env(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; environment[i]; i++) {
		if (strncmp(environment[i], name, len) == 0 && environment[i][len] == '=')
			return environment[i] + len + 1;
	}
	return NULL;
}

/* The command line; what was parsed borrows from it until the next one. */
static char *line[MAX_WORDS + 2];

static int parse(const char *const *words, const char *const *env, struct cli_options *ret, struct error *err)
{
	int argc = 0;

	for (size_t i = 0; i < N_ELEMENTS(line); i++) {
		free(line[i]);
		line[i] = NULL;
	}
	line[argc++] = str_dup_cstr(STR("doorward"));
	for (size_t i = 0; i < MAX_WORDS && words[i]; i++)
		line[argc++] = str_dup_cstr(str_of(words[i]));
	environment = env;
	return cli_parse(argc, line, fake_env, ret, err);
}

/* clang-format off */
static const struct {
	const char *title;
	const char *words[MAX_WORDS];
	const char *env[4];
	const char *want; /* the one line for the person */
} refused[] = {
	{"an unknown command", {"chek"}, {0}, "there is no command \"chek\"; see doorward --help"},
	{"an empty command", {""}, {0}, "there is no command \"\"; see doorward --help"},
	{"half a command", {"key"}, {0}, "key: say what to do; see doorward key --help"},
	{"half a command and a wrong word", {"key", "destroy"}, {0}, "key: say what to do; see doorward key --help"},
	{"an unknown option", {"serve", "--stor", "x"}, {0}, "serve has no option --stor; see doorward serve --help"},
	{"an option of another command", {"serve", "--follow"}, {0},
	 "serve has no option --follow; see doorward serve --help"},
	{"a short option", {"serve", "-s"}, {0}, "serve has no option -s; see doorward serve --help"},
	{"an option without its value", {"serve", "--store"}, {0}, "--store needs a value: URL"},
	{"an empty value", {"serve", "--store="}, {0}, "--store: the value is empty"},
	{"a flag with a value", {"serve", "--connhex-strict=yes"}, {0}, "--connhex-strict takes no value"},
	{"an operand too many", {"serve", "now"}, {0}, "serve: one argument too many: \"now\"; see doorward serve --help"},
	{"an operand too few", {"check", "--key", "k", "alice", "read"}, {0},
	 "check needs SUBJECT ACTION RESOURCE; see doorward check --help"},
	{"an empty operand", {"key", "revoke", "--key", "k", ""}, {0}, "key revoke: an argument is empty"},
	{"no key", {"audit"}, {0}, "audit needs --key KEY (or DOORWARD_KEY in the environment)"},
	{"no user", {"key", "create", "--key", "k"}, {0},
	 "key create needs --user ID (or DOORWARD_USER in the environment)"},
	{"a count with a letter", {"serve", "--max-connections", "4k"}, {0},
	 "--max-connections: \"4k\" is not a number from 1 to 65536"},
	{"a count below its minimum", {"serve", "--max-connections", "0"}, {0},
	 "--max-connections: \"0\" is not a number from 1 to 65536"},
	{"a count above its maximum", {"serve", "--threads", "257"}, {0},
	 "--threads: \"257\" is not a number from 0 to 256"},
	{"a count that overflows", {"serve", "--threads", "18446744073709551616"}, {0},
	 "--threads: \"18446744073709551616\" is not a number from 0 to 256"},
	{"a negative count", {"serve", "--threads", "-1"}, {0}, "--threads: \"-1\" is not a number from 0 to 256"},
	{"an unknown log level", {"serve", "--log-level", "loud"}, {0},
	 "--log-level: \"loud\" is not a log level: off, error, warn, info or debug"},
	{"a time that is none", {"audit", "--key", "k", "--since", "yesterday"}, {0},
	 "--since: \"yesterday\" is not a time such as 2026-11-22T10:00:00Z"},
	{"a certificate without its key", {"serve", "--tls-cert", "c.pem"}, {0}, "--tls-cert and --tls-key go together"},
	{"a feature that is not known", {"serve", "--feature", "arap, teleport"}, {0},
	 "--feature: there is no feature \"teleport\"; there is arap"},
	{"no feature behind a comma", {"serve", "--feature", "arap,,"}, {0}, "--feature: there is no feature \"\"; there is arap"},
	{"an address without a port", {"serve", "--listen", "localhost"}, {0}, "--listen: \"localhost\" is not ADDR:PORT"},
	{"a port without an address", {"serve", "--listen", ":80"}, {0}, "--listen: \":80\" has no usable address"},
	{"an empty port", {"serve", "--listen", "::1:"}, {0},
	 "--listen: \"::1:\": an IPv6 address stands in brackets: [::1]:8080"},
	{"an IPv6 address without brackets", {"serve", "--listen", "::1:80"}, {0},
	 "--listen: \"::1:80\": an IPv6 address stands in brackets: [::1]:8080"},
	{"a port too large", {"serve", "--listen", "127.0.0.1:65536"}, {0},
	 "--listen: \"127.0.0.1:65536\" has no port from 0 to 65535"},
	{"a URL of another scheme", {"audit", "--key", "k", "--url", "ftp://x"}, {0},
	 "--url: \"ftp://x\" is neither http://… nor https://…"},
	{"a public URL without a host", {"serve", "--public-url", "https://"}, {0},
	 "--public-url: \"https://\" is neither http://… nor https://…"},
	{"a bad count in the environment", {"serve"}, {"DOORWARD_THREADS=many"},
	 "DOORWARD_THREADS: \"many\" is not a number from 0 to 256"},
	{"a bad flag in the environment", {"serve"}, {"DOORWARD_CONNHEX_STRICT=perhaps"},
	 "DOORWARD_CONNHEX_STRICT: \"perhaps\" is neither true nor false"},
	{"an empty tenant in the environment", {"check", "--key", "k", "a", "b", "c"}, {"DOORWARD_TENANT=t1,,t2"},
	 "DOORWARD_TENANT: a tenant id is empty"},
};
/* clang-format on */

static void test_refused(void **state)
{
	size_t i = row_of(state);
	struct cli_options options = {.command = CLI_AUDIT};
	struct error err = {0};

	assert_int_equal(parse(refused[i].words, refused[i].env, &options, &err), CLI_USAGE);
	assert_string_equal(err.text, refused[i].want);
	assert_int_equal(err.code, CLI_USAGE);
	assert_int_equal(options.command, CLI_AUDIT); /* untouched */
}

static const char *const no_env[] = {NULL};

static void test_serve_defaults(void **state UNUSED)
{
	static const char *const words[] = {"serve", NULL};
	struct cli_options o;

	assert_int_equal(parse(words, no_env, &o, NULL), 0);
	assert_int_equal(o.command, CLI_SERVE);
	assert_string_equal(o.store, "sqlite:doorward.db");
	assert_string_equal(o.listen_address, "127.0.0.1");
	assert_int_equal(o.listen_port, 8080);
	assert_string_equal(o.org, "default");
	assert_null(o.owner_key_file);
	assert_int_equal(o.log_level, LOG_INFO);
	assert_null(o.tls_cert);
	assert_null(o.public_url);
	assert_int_equal(o.max_body_bytes, 1048576);
	assert_int_equal(o.max_connections, 4096);
	assert_int_equal(o.idle_timeout_s, 30);
	assert_int_equal(o.n_threads, 0);
	assert_false(o.connhex_strict);
	assert_false(o.connhex_inert_statements);
}

static void test_serve_everything(void **state UNUSED)
{
	static const char *const words[] = {"serve",        "--store=memory:", "--listen", "[::1]:0",
	                                    "--tls-cert=c", "--tls-key=k",     "--org",    "acme",
	                                    "--threads=7",  "--log-level=off", NULL};
	static const char *const env[] = {"DOORWARD_ORG=ignored", "DOORWARD_CONNHEX_STRICT=on",
	                                  "DOORWARD_PUBLIC_URL=https://doors.example", NULL};
	struct cli_options o;

	assert_int_equal(parse(words, env, &o, NULL), 0);
	assert_string_equal(o.store, "memory:");
	assert_string_equal(o.listen_address, "::1");
	assert_int_equal(o.listen_port, 0);
	assert_string_equal(o.tls_cert, "c");
	assert_string_equal(o.tls_key, "k");
	assert_string_equal(o.org, "acme"); /* the command line goes before the environment */
	assert_string_equal(o.public_url, "https://doors.example");
	assert_int_equal(o.n_threads, 7);
	assert_int_equal(o.log_level, LOG_OFF);
	assert_true(o.connhex_strict);
}

static void test_environment(void **state UNUSED)
{
	static const char *const words[] = {"check", "a", "b", "c", NULL};
	static const char *const env[] = {"DOORWARD_KEY=secret", "DOORWARD_URL=", "DOORWARD_TENANT=t1, t2",
	                                  "DOORWARD_EXPLAIN=0", NULL};
	struct cli_options o;

	assert_int_equal(parse(words, env, &o, NULL), 0);
	assert_string_equal(o.key, "secret");
	assert_string_equal(o.url, "http://127.0.0.1:8080"); /* an empty variable counts as unset */
	assert_int_equal(o.n_tenants, 2);
	assert_true(str_eq(o.tenants[1], STR("t2")));
	assert_false(o.explain);
}

static void test_check(void **state UNUSED)
{
	static const char *const words[] = {"check", "--key", "k",         "alice", "infra:nodes:get", "--tenant", "t1",
	                                    "--",    "-odd",  "--tenant=", NULL};
	static const char *const good[] = {"check",       "--key", "k",    "alice",     "--tenant", "t1",
	                                   "--tenant=t2", "--",    "-odd", "infra:n:1", NULL};
	static const char *const env[] = {"DOORWARD_TENANT=t9", NULL};
	struct cli_options o;

	assert_int_equal(parse(words, env, &o, NULL), CLI_USAGE);
	assert_int_equal(parse(good, env, &o, NULL), 0);
	assert_int_equal(o.command, CLI_CHECK);
	assert_string_equal(o.operands[0], "alice");
	assert_string_equal(o.operands[1], "-odd");
	assert_string_equal(o.operands[2], "infra:n:1");
	assert_int_equal(o.n_tenants, 2); /* the list of the environment is replaced, not added to */
	assert_true(str_eq(o.tenants[0], STR("t1")));
}

static void test_last_value_counts(void **state UNUSED)
{
	static const char *const words[] = {"serve", "--listen=127.0.0.1:1", "--listen", "127.0.0.1:2", NULL};
	struct cli_options o;

	assert_int_equal(parse(words, no_env, &o, NULL), 0);
	assert_int_equal(o.listen_port, 2);
}

static void test_too_many_tenants(void **state UNUSED)
{
	static const char *const words[] = {"check", "--key", "k", "a", "b", "c", NULL};
	char list[sizeof("DOORWARD_TENANT=") + 2 * (CLI_MAX_TENANTS + 1)] = "DOORWARD_TENANT=";
	const char *const env[] = {list, NULL};
	size_t at = strlen(list);
	struct error err = {0};
	struct cli_options o;

	for (size_t i = 0; i < CLI_MAX_TENANTS; i++) {
		list[at++] = 't';
		list[at++] = ',';
	}
	list[at - 1] = '\0';
	assert_int_equal(parse(words, env, &o, &err), 0);
	assert_int_equal(o.n_tenants, CLI_MAX_TENANTS);
	list[at - 1] = ',';
	list[at] = 't';
	assert_int_equal(parse(words, env, &o, &err), CLI_USAGE);
	assert_string_equal(err.text, "DOORWARD_TENANT: more than 64 tenants");
}

/* clang-format off */
static const struct {
	const char *title;
	const char *words[MAX_WORDS];
	enum cli_command want;
	const char *topic;
} shown[] = {
	{"nothing at all shows help", {0}, CLI_HELP, ""},
	{"--help", {"--help"}, CLI_HELP, ""},
	{"-h", {"-h"}, CLI_HELP, ""},
	{"help of a command needs none of its options", {"check", "--help"}, CLI_HELP, "check"},
	{"help behind other words", {"key", "create", "--user", "bob", "-h"}, CLI_HELP, "key create"},
	{"help of a family", {"key", "--help"}, CLI_HELP, "key"},
	{"--man", {"--man"}, CLI_MAN, ""},
	{"--completion", {"--completion"}, CLI_COMPLETION, ""},
	{"--version", {"--version"}, CLI_VERSION, ""},
	{"version", {"version"}, CLI_VERSION, ""},
};
/* clang-format on */

static void test_shown(void **state)
{
	size_t i = row_of(state);
	struct cli_options o;

	assert_int_equal(parse(shown[i].words, no_env, &o, NULL), 0);
	assert_int_equal(o.command, shown[i].want);
	assert_string_equal(o.help_topic, shown[i].topic);
}

int main(void)
{
	struct CMUnitTest tests[MAX_ROWS] = {
	    cmocka_unit_test(test_serve_defaults),    cmocka_unit_test(test_serve_everything),
	    cmocka_unit_test(test_environment),       cmocka_unit_test(test_check),
	    cmocka_unit_test(test_last_value_counts), cmocka_unit_test(test_too_many_tenants),
	};
	size_t n = 6;

	number_rows();
	ADD_ROWS(tests, n, test_refused, refused);
	ADD_ROWS(tests, n, test_shown, shown);
	return _cmocka_run_group_tests("cli/options", tests, n, NULL, NULL);
}
