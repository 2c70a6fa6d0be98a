#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The command line. One table of commands and one of options (table.c) make the parser, --help, the man
 * page and the shell completion, so that they cannot disagree. A value comes from the command line, else from the
 * environment (option "tls-cert" is DOORWARD_TLS_CERT; an empty variable counts as unset), else from the table.
 *
 * `serve` is parsed here and run by src/main; every other command is run by cli_run(), which talks HTTP only, or, for
 * `cel`, to nobody.
 */
#include "base/error.h"
#include "base/log.h"

enum cli_command {
	CLI_HELP, /* shows text, changes nothing */
	CLI_MAN,
	CLI_COMPLETION,
	CLI_VERSION,
	CLI_SERVE,
	CLI_CHECK,
	CLI_KEY_CREATE,
	CLI_KEY_LIST,
	CLI_KEY_REVOKE,
	CLI_AUDIT,
	CLI_AUDIT_VERIFY,
	CLI_AUDIT_REPLAY,
	CLI_AUDIT_LAST_USE,
	CLI_CHANGES,
	CLI_PREVIEW,
	CLI_CEL_EVAL,
	CLI_CEL_CHECK,
	CLI_CEL_AST,
	CLI_CEL_TEST,
};

#define CLI_MAX_OPERANDS 256u
#define CLI_MAX_TENANTS  64u

/* What was asked. Texts are borrowed from argv, the environment or the table; a text option that was not given and has
 * no default is NULL. */
struct cli_options {
	enum cli_command command;
	const char *help_topic; /* CLI_HELP: "", "serve", "key", "key create" … */
	const char *operands[CLI_MAX_OPERANDS];
	unsigned n_operands;

	/* serve */
	const char *store;
	const char *listen;
	char listen_address[64]; /* of `listen`, brackets of an IPv6 address removed */
	uint16_t listen_port;    /* 0: any free one */
	const char *org;
	const char *owner_key_file;
	const char *secret_key_file, *old_secret_key_file; /* the second only with the first */
	enum log_level log_level;
	const char *tls_cert, *tls_key; /* both or neither */
	const char *public_url;
	const char *forward_auth; /* a file */
	uint64_t max_body_bytes;
	uint64_t max_connections;
	uint64_t idle_timeout_s;
	uint64_t n_threads;           /* 0: as many as processors */
	uint64_t aitronos_per_minute; /* calls of a key; 0: no limit */
	uint64_t aitronos_burst;      /* 0: a fifth more */
	bool webhook_allow_private;
	const char *decision_log;        /* a file, or "-" */
	uint64_t decision_log_max_bytes; /* 0: no limit */
	bool decision_log_without_properties;
	bool decision_log_required;
	bool connhex_strict;
	bool connhex_inert_statements;

	/* the commands that call a server */
	const char *url;
	const char *key;
	bool insecure_tls;
	bool json;
	bool explain;
	bool follow;
	const char *user;
	const char *name;
	const char *expires; /* RFC 3339, checked */
	const char *since;   /* RFC 3339, checked */
	const char *until;   /* RFC 3339, checked */
	const char *id;
	const char *jwks;  /* a file */
	const char *as_of; /* a revision or a time, for the server to check; as the next two */
	const char *from, *to;
	struct str tenants[CLI_MAX_TENANTS];
	size_t n_tenants;

	/* cel */
	const char *bindings; /* a file */
};

#define CLI_USAGE 1 /* error.code: the command line is wrong */

/* Exit statuses of every command. For `check`: allow, deny; for `preview`: nobody gains or loses, somebody does; for
 * `cel`: it holds, it does not. */
enum cli_exit { CLI_EXIT_OK = 0, CLI_EXIT_DENY = 1, CLI_EXIT_ERROR = 2 };

/*
 * Parses the command line; `env` looks up an environment variable (getenv). Returns 0, or CLI_USAGE with a one-line
 * text for the person; `ret` is untouched then.
 */
int cli_parse(int argc, char **argv, const char *(*env)(const char *name), struct cli_options *ret,
              struct error *err) MUST_USE;

/* Runs any command but CLI_SERVE, on stdout and stderr. Returns the exit status. */
int cli_run(const struct cli_options *options) MUST_USE;
