/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/table.h"

/* clang-format off */
const struct cli_command_def cli_commands[] = {
	{CLI_SERVE, "serve", "", 0, "run the server",
	 "Opens the store, answers HTTP on the address given, and prints one line\n"
	 "`listening on URL` on standard output when it is ready. An empty store gets its\n"
	 "organization and an owner key, which is shown once on standard error, or written\n"
	 "to the owner key file and nowhere else. SIGTERM and SIGINT stop it cleanly.\n"},
	{CLI_CHECK, "check", "SUBJECT ACTION RESOURCE", 3, "ask for one decision",
	 "Asks the server whether SUBJECT may do ACTION on RESOURCE.\n"
	 "\n"
	 "SUBJECT is `alice` or `user:alice`, `service:ci`, `group:devs`, `role:x`, or a raw\n"
	 "Connhex subject such as `user:local:alice` or `team:ldap:devs`. RESOURCE is\n"
	 "`type/id`, a Connhex resource such as `infra:nodes:n1`, or a type alone.\n"
	 "\n"
	 "The exit status is 0 for allow, 1 for deny, 2 when there is no answer.\n"},
	{CLI_REQUEST, "request", "SUBJECT ACTION RESOURCE", 3, "ask for access that is denied",
	 "Asks for the decision, and, when it is a denial that somebody could turn, makes a\n"
	 "request for the access on behalf of SUBJECT: prints how it stands and the id of the\n"
	 "task. The server must have been started with --feature arap. SUBJECT and RESOURCE\n"
	 "are as for check.\n"
	 "\n"
	 "The exit status is 0 when the request was made, 1 when it is allowed already or\n"
	 "cannot be requested, 2 when there is no answer.\n"},
	{CLI_APPROVE, "approve", "TASK", 1, "approve a request for access",
	 "Approves the current step of the request, as the user whose key it is. TASK is what\n"
	 "request printed, or the id that the request has in ConductorOne's API.\n"},
	{CLI_KEY_CREATE, "key create", "", 0, "make an API key for a user",
	 "Prints the key on standard output, and nothing else there; it cannot be shown\n"
	 "again. Its id, which revokes it, goes to standard error.\n"},
	{CLI_KEY_LIST, "key list", "", 0, "list the API keys",
	 "One line a key: id, whose it is, when it expires, its name. Keys themselves are\n"
	 "stored only as hashes and cannot be listed.\n"},
	{CLI_KEY_REVOKE, "key revoke", "ID", 1, "revoke an API key",
	 "The key of this id stops working at once.\n"},
	{CLI_AUDIT_VERIFY, "audit verify", "FILE...", 1, "check a decision log",
	 "Checks that every line of the log follows from the line before, and what the server\n"
	 "signed for. The files of one log may be given in any order. The server's public keys\n"
	 "come from the file of --jwks, or from the server.\n"
	 "\n"
	 "The exit status is 0 when all is as it was written, 1 when something was changed, left\n"
	 "out, put in or moved, or nothing is signed for, 2 when it could not be checked. Lines\n"
	 "behind the last signature are counted: they prove nothing yet.\n", true},
	{CLI_AUDIT_REPLAY, "audit replay", "FILE...", 1, "decide again what a decision log holds",
	 "Puts each question of the log to the server again, as of the revision and the moment in\n"
	 "which it was decided, and prints where the answer is another one.\n"
	 "\n"
	 "The exit status is 0 when all answers agree, 1 when one does not, 2 when it could not\n"
	 "be tried. What cannot be asked again is counted, and why.\n", true},
	{CLI_AUDIT_LAST_USE, "audit last-use", "FILE...", 1, "show when documents last decided",
	 "One JSON object a line: kind and id of a document that decided something, and when it\n"
	 "last did.\n", true},
	{CLI_AUDIT, "audit", "", 0, "show the audit trail",
	 "One line an attempt, newest first: what was changed, and what was refused.\n"
	 "With --follow, oldest first and then whatever comes: the last ten lines to begin\n"
	 "with, or all since the time of --since.\n"},
	{CLI_CHANGES, "changes", "", 0, "show what each revision changed",
	 "One line a revision, oldest first: when and by whom, what it did to access (none,\n"
	 "widened, narrowed, or unclear where only the questions themselves would tell), and\n"
	 "below it the documents that it made, changed or deleted.\n"
	 "\n"
	 "From and to are revisions, or times, which mean the revision that was current then.\n"
	 "What is shown is what came after the first, up to the second.\n"},
	{CLI_LINT, "lint", "", 0, "show what is wrong with the documents, or of no use",
	 "One finding after the other: how bad it is, its kind, the documents that it is\n"
	 "about, what is wrong and what to do. Statements that are denied or said elsewhere,\n"
	 "that can never match, what is named and does not exist, denies that hang on one\n"
	 "tag, people who may approve themselves, and roles that are to be apart.\n"
	 "\n"
	 "With a decision log, also what allowed nobody anything for so many days. The log\n"
	 "must reach back so far.\n"
	 "\n"
	 "The exit status is 0 when nothing was found, 1 when something was, 2 when it could\n"
	 "not be looked.\n"},
	{CLI_PREVIEW, "preview", "FILE", 1, "say who gains and who loses by changes",
	 "FILE is a JSON list of changes, in whatever dialect, each an object with method, path\n"
	 "and body. They are tried one after the other, and nothing is changed. Prints what\n"
	 "each would be answered, and then who would gain (+) and who would lose (-) what.\n"
	 "\n"
	 "The exit status is 0 when nobody gains or loses anything, 1 when somebody does, 2 when\n"
	 "a change would be refused or there is no answer.\n"},
	{CLI_EXPORT, "export", "", 0, "write an organization as one JSON document",
	 "Writes all documents of the organization, in creation order, without keys and other\n"
	 "secrets, as they are at one revision. With --store it reads a store itself, while no\n"
	 "server has it open.\n"},
	{CLI_IMPORT, "import", "FILE", 1, "make an organization from an export",
	 "Reads what `export` wrote into an organization that nobody has used yet, or, with\n"
	 "--merge, into one that has other documents: all of it, or nothing. Everything is\n"
	 "checked as writes are.\n"
	 "\n"
	 "With --store it makes a new organization in a store that no server has open, with an\n"
	 "owner key, which is shown once on standard error or written to the owner key file.\n"},
	{CLI_CONVERT, "convert", "", 0, "say the policies of one dialect in another",
	 "Prints the documents of the other dialect that say what those of the first do, one a\n"
	 "line, ready to be sent. What cannot be said goes to standard error, line by line.\n"
	 "\n"
	 "The dialects are native, connhex, langsmith, confident, conductorone and aitronos;\n"
	 "the target is one of them, or the policy language Cedar (cedar). Approval policies of\n"
	 "conductorone say nothing about access: as a target everything is lost. The exit\n"
	 "status is 1 when a deny cannot be said wholly, unless that is accepted: what is\n"
	 "printed may allow more then. Otherwise it allows the same, or, where something was\n"
	 "lost, less.\n"},
	{CLI_CEL_EVAL, "cel eval", "EXPR", 1, "evaluate a CEL expression",
	 "Prints the value of EXPR as JSON. Every member of the object in the bindings file is\n"
	 "a variable.\n"
	 "\n"
	 "The exit status is 0 when there is a value, 1 when the expression is wrong or fails,\n"
	 "2 when it could not be tried.\n"},
	{CLI_CEL_CHECK, "cel check", "EXPR", 1, "check a CEL expression",
	 "Prints the type of EXPR, or what is wrong with it and where. Every member of the\n"
	 "object in the bindings file is a variable of type dyn.\n"
	 "\n"
	 "The exit status is 0 for a correct expression, 1 for a wrong one, 2 when it could\n"
	 "not be tried.\n"},
	{CLI_CEL_AST, "cel ast", "EXPR", 1, "show how a CEL expression is read",
	 "Prints the syntax tree of EXPR, macros expanded, one node a line.\n"},
	{CLI_CEL_TEST, "cel test", "FILE", 1, "run test cases of CEL",
	 "FILE is a JSON list of objects: file, section and name say which case it is; expr is\n"
	 "the expression; bindings are its variables, as values with their type:\n"
	 "{\"x\": {\"int\": \"1\"}}. Types are bool int uint double string bytes_b64 null list map\n"
	 "(a list of pairs) type timestamp duration. type_env declares types of variables, and\n"
	 "functions for the checker. container, disable_check and check_only are as in the\n"
	 "conformance tests of the language. expected is one of {\"value\": …},\n"
	 "{\"eval_error\": …} and {\"typed_result\": {\"deduced_type\": …, \"value\": …}}.\n"
	 "\n"
	 "Prints what failed, then how many values and errors of each file came out, and last\n"
	 "`N passed, N failed`. The exit status is 0 when all passed, 1 when one did not.\n"},
	{CLI_VERSION, "version", "", 0, "show the version", "Prints the name and version of the program.\n"},
};

#define SERVE   CLI_BIT(CLI_SERVE)
#define CHECK   CLI_BIT(CLI_CHECK)
#define REQUEST CLI_BIT(CLI_REQUEST)
#define APPROVE CLI_BIT(CLI_APPROVE)
#define CREATE  CLI_BIT(CLI_KEY_CREATE)
#define LIST    CLI_BIT(CLI_KEY_LIST)
#define REVOKE  CLI_BIT(CLI_KEY_REVOKE)
#define AUDIT   CLI_BIT(CLI_AUDIT)
#define VERIFY  CLI_BIT(CLI_AUDIT_VERIFY)
#define REPLAY  CLI_BIT(CLI_AUDIT_REPLAY)
#define LAST    CLI_BIT(CLI_AUDIT_LAST_USE)
#define CHANGES CLI_BIT(CLI_CHANGES)
#define EXPORT  CLI_BIT(CLI_EXPORT)
#define IMPORT  CLI_BIT(CLI_IMPORT)
#define CONVERT CLI_BIT(CLI_CONVERT)
#define MOVE    (EXPORT | IMPORT)
#define PREVIEW CLI_BIT(CLI_PREVIEW)
#define CEL     (CLI_BIT(CLI_CEL_EVAL) | CLI_BIT(CLI_CEL_CHECK))
#define LINT    CLI_BIT(CLI_LINT)
#define CLIENTS (CHECK | REQUEST | APPROVE | CREATE | LIST | REVOKE | AUDIT | REPLAY | CHANGES | PREVIEW | CONVERT | LINT)
#define AT(member) .offset = offsetof(struct cli_options, member)

const struct cli_option_def cli_options_table[] = {
	{"store", "URL", "sqlite:doorward.db", "where the data is kept: sqlite:PATH or memory:", SERVE, CLI_TEXT, AT(store)},
	{"listen", "ADDR:PORT", "127.0.0.1:8080", "address to answer on; port 0 picks a free one", SERVE, CLI_TEXT,
	 AT(listen)},
	{"org", "ID", "default", "the organization made in an empty store", SERVE, CLI_TEXT, AT(org)},
	{"owner-key-file", "FILE", NULL, "write a new owner key here (mode 0600) instead of showing it", SERVE, CLI_TEXT,
	 AT(owner_key_file)},
	{"secret-key-file", "FILE", NULL, "seal the installation's secrets with this key; made with an empty store", SERVE,
	 CLI_TEXT, AT(secret_key_file)},
	{"old-secret-key-file", "FILE", NULL, "the key that they are sealed with still; needs --secret-key-file", SERVE,
	 CLI_TEXT, AT(old_secret_key_file)},
	{"log-level", "LEVEL", "info", "off, error, warn, info or debug", SERVE, CLI_LEVEL, AT(log_level)},
	{"tls-cert", "FILE", NULL, "certificate chain (PEM); needs --tls-key", SERVE, CLI_TEXT, AT(tls_cert)},
	{"tls-key", "FILE", NULL, "private key (PEM); needs --tls-cert", SERVE, CLI_TEXT, AT(tls_key)},
	{"public-url", "URL", NULL, "how clients reach the server, if not by its address", SERVE, CLI_TEXT, AT(public_url)},
	{"forward-auth", "FILE", NULL, "answer proxies by this mapping of requests to questions (YAML)", SERVE, CLI_TEXT,
	 AT(forward_auth)},
	{"max-body-bytes", "N", "1048576", "largest request body", SERVE, CLI_COUNT, AT(max_body_bytes),
	 .min = 1024, .max = UINT64_C(64) << 20},
	{"max-connections", "N", "4096", "connections open at the same time", SERVE, CLI_COUNT, AT(max_connections),
	 .min = 1, .max = 65536},
	{"idle-timeout", "SECONDS", "30", "close a connection that says nothing for so long", SERVE, CLI_COUNT,
	 AT(idle_timeout_s), .min = 1, .max = 3600},
	{"threads", "N", "0", "threads that answer; 0: as many as processors", SERVE, CLI_COUNT, AT(n_threads),
	 .min = 0, .max = 256},
	{"aitronos-requests-per-minute", "N", "0", "Aitronos: calls that each key may make; 0: no limit", SERVE, CLI_COUNT,
	 AT(aitronos_per_minute), .min = 0, .max = 1000000},
	{"aitronos-burst", "N", "0", "Aitronos: calls that a key may make at once; 0: a fifth more than in a minute", SERVE,
	 CLI_COUNT, AT(aitronos_burst), .min = 0, .max = 1000000},
	{"webhook-allow-private", NULL, NULL, "call webhooks and fetch issuers' keys at private addresses and without TLS, too", SERVE,
	 CLI_FLAG, AT(webhook_allow_private)},
	{"feature", "NAMES", NULL, "turn on drafts, by name, with commas: arap (access requests through AuthZEN)", SERVE,
	 CLI_TEXT, AT(feature)},
	{"decision-log", "FILE", NULL, "write down every decision here, one JSON object a line; -: on standard output", SERVE,
	 CLI_TEXT, AT(decision_log)},
	{"decision-log-max-bytes", "N", "0", "begin a new file when one has become larger; 0: never", SERVE, CLI_COUNT,
	 AT(decision_log_max_bytes), .min = 0, .max = UINT64_C(1) << 50},
	{"decision-log-without-properties", NULL, NULL, "leave the properties and the context of questions out of the log", SERVE,
	 CLI_FLAG, AT(decision_log_without_properties)},
	{"decision-log-required", NULL, NULL, "answer 503 to questions while their decisions cannot be logged", SERVE, CLI_FLAG,
	 AT(decision_log_required)},
	{"connhex-strict", NULL, NULL, "Connhex: the ancestor's rules to the letter (lower-case ids, unknown members refused)", SERVE, CLI_FLAG,
	 AT(connhex_strict)},
	{"connhex-inert-statements", NULL, NULL, "accept Connhex policy statements without tenants, which apply nowhere", SERVE,
	 CLI_FLAG, AT(connhex_inert_statements)},

	{"store", "URL", NULL, "the store itself, sqlite:PATH, in place of a server", MOVE, CLI_TEXT, AT(store)},
	{"org", "ID", NULL, "the organization in the store; default: that of the archive, or \"default\"", MOVE, CLI_TEXT,
	 AT(org)},
	{"owner-key-file", "FILE", NULL, "with --store: write the owner key here (mode 0600) instead of showing it", IMPORT,
	 CLI_TEXT, AT(owner_key_file)},
	{"secret-key-file", "FILE", NULL, "with --store: the key that the installation's secrets are sealed with", IMPORT,
	 CLI_TEXT, AT(secret_key_file)},
	{"out", "FILE", NULL, "write here instead of to standard output", EXPORT, CLI_TEXT, AT(out)},
	{"with-keys", NULL, NULL, "with the hashes of keys, which count where the installation's secrets are the same", EXPORT,
	 CLI_FLAG, AT(with_keys)},
	{"merge", NULL, NULL, "into an organization that has documents; those that it has must be the same", IMPORT, CLI_FLAG,
	 AT(merge)},

	{"url", "URL", "http://127.0.0.1:8080", "the server to ask", CLIENTS | VERIFY | MOVE, CLI_TEXT, AT(url)},
	{"key", "KEY", NULL, "API key; rather set DOORWARD_KEY, which others on the machine cannot see", CLIENTS, CLI_TEXT,
	 .is_required = true, AT(key)},
	{"key", "KEY", NULL, "API key; rather set DOORWARD_KEY, which others on the machine cannot see", MOVE, CLI_TEXT,
	 AT(key)},
	{"insecure-tls", NULL, NULL, "do not verify the server's certificate", CLIENTS | VERIFY | MOVE, CLI_FLAG, AT(insecure_tls)},
	{"tenant", "ID", NULL, "ask in this tenant, or bind the key to it; may be repeated", CHECK | REQUEST | CREATE, CLI_LIST,
	 .is_required = false},
	{"explain", NULL, NULL, "say which document decided", CHECK, CLI_FLAG, AT(explain)},
	{"as-of", "MOMENT", NULL, "ask as of a revision, such as 17, or a time, such as 2026-11-22T10:00:00Z", CHECK | EXPORT | CONVERT, CLI_TEXT,
	 AT(as_of)},
	{"user", "ID", NULL, "the user as whom the key acts", CREATE, CLI_TEXT, .is_required = true, AT(user)},
	{"name", "NAME", NULL, "what the key is for", CREATE, CLI_TEXT, AT(name)},
	{"expires", "TIME", NULL, "when the key stops working, such as 2027-01-31T00:00:00Z", CREATE, CLI_TIME, AT(expires)},
	{"since", "TIME", NULL, "only what happened from this time on, such as 2026-11-22T10:00:00Z", AUDIT | REPLAY, CLI_TIME,
	 AT(since)},
	{"until", "TIME", NULL, "only what was asked before this time", REPLAY, CLI_TIME, AT(until)},
	{"id", "ID", NULL, "only the entry of this id", REPLAY, CLI_TEXT, AT(id)},
	{"organization", "ID", "default", "only what was asked of this organization", REPLAY, CLI_TEXT, AT(org)},
	{"jwks", "FILE", NULL, "the server's public keys, as it shows them at /auth/v1/jwks", VERIFY, CLI_TEXT, AT(jwks)},
	{"from", "MOMENT", NULL, "what came after this revision or time; default: everything", CHANGES, CLI_TEXT, AT(from)},
	{"to", "MOMENT", NULL, "up to this revision or time; default: the newest", CHANGES, CLI_TEXT, AT(to)},
	{"from", "DIALECT", NULL, "whose policies", CONVERT, CLI_TEXT, .is_required = true, AT(from)},
	{"to", "DIALECT", "native", "in which they are to be said", CONVERT, CLI_TEXT, AT(to)},
	{"id", "ID", NULL, "of one document only", CONVERT, CLI_TEXT, AT(id)},
	{"accept-losses", NULL, NULL, "exit with 0 even if a deny cannot be said", CONVERT, CLI_FLAG, AT(accept_losses)},
	{"follow", NULL, NULL, "wait for more, asking once a second", AUDIT, CLI_FLAG, AT(follow)},
	{"kind", "KINDS", NULL, "only findings of these kinds, with commas between them", LINT, CLI_TEXT, AT(kind)},
	{"severity", "WORD", NULL, "only what is so bad, or worse: info, warning or error", LINT, CLI_TEXT, AT(severity)},
	{"document", "KIND/ID", NULL, "only findings about this document, or, without an ID, about such", LINT, CLI_TEXT,
	 AT(document)},
	{"delete", "KIND/ID", NULL, "say which denies would be lost if this were deleted", LINT, CLI_TEXT, AT(deleted)},
	{"decisions", "FILE", NULL, "a decision log: say what allowed nothing, too", LINT, CLI_TEXT, AT(decisions)},
	{"days", "N", "90", "for how long it must have allowed nothing", LINT, CLI_COUNT, AT(days), .min = 1, .max = 3650},
	{"reason", "TEXT", NULL, "why", REQUEST | APPROVE, CLI_TEXT, AT(reason)},
	{"until", "TIME", NULL, "until when the access is needed, such as 2026-11-22T18:00:00Z", REQUEST, CLI_TIME, AT(until)},
	{"bindings", "FILE", NULL, "JSON object of the variables", CEL, CLI_TEXT, AT(bindings)},
	{"json", NULL, NULL, "print JSON, one value a line", CHECK | REQUEST | APPROVE | CREATE | LIST | AUDIT | CHANGES | PREVIEW | LINT,
	 CLI_FLAG, AT(json)},
};
/* clang-format on */

const size_t cli_n_commands = N_ELEMENTS(cli_commands);
const size_t cli_n_options = N_ELEMENTS(cli_options_table);
static_assert(N_ELEMENTS(cli_options_table) <= CLI_MAX_OPTIONS, "raise CLI_MAX_OPTIONS");

void cli_env_name(struct buf *out, const struct cli_option_def *def)
{
	buf_add(out, STR("DOORWARD_"));
	for (const char *c = def->name; *c; c++) {
		if (*c == '-')
			buf_add_char(out, '_');
		else
			buf_add_char(out, (char)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c));
	}
}

bool cli_topic_covers(const char *topic, const struct cli_command_def *def)
{
	size_t n = strlen(topic);

	return n == 0 || (strncmp(def->words, topic, n) == 0 && (def->words[n] == '\0' || def->words[n] == ' '));
}

bool cli_command_has_options(const struct cli_command_def *def)
{
	for (size_t i = 0; i < cli_n_options; i++) {
		if (cli_option_is_for(&cli_options_table[i], def->id))
			return true;
	}
	return false;
}
