#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The tables of the command line: what commands there are and which options each takes. Constants; any thread.
 */
#include "base/buf.h"
#include "cli/cli.h"

struct cli_command_def {
	enum cli_command id;
	const char *words;    /* "serve", "key create" */
	const char *operands; /* "SUBJECT ACTION RESOURCE", or "" */
	unsigned n_operands;
	const char *summary;     /* one line, no full stop */
	const char *description; /* plain paragraphs, lines of at most 78 columns */
	bool takes_more;         /* the last operand may come again, up to CLI_MAX_OPERANDS in all */
};

enum cli_option_type {
	CLI_FLAG,  /* bool */
	CLI_TEXT,  /* const char * */
	CLI_COUNT, /* uint64_t between min and max */
	CLI_LEVEL, /* enum log_level */
	CLI_TIME,  /* const char *, RFC 3339 */
	CLI_LIST,  /* the tenants; repeatable, comma-separated in the environment */
};

struct cli_option_def {
	const char *name;     /* without the dashes */
	const char *argument; /* name of the value; NULL for a flag */
	const char *fallback; /* default, as it would be typed; NULL: none */
	const char *help;     /* one or two lines */
	uint64_t commands;    /* CLI_BIT() of those that take it */
	enum cli_option_type type;
	bool is_required;
	size_t offset; /* of the value in struct cli_options; unused for CLI_LIST */
	uint64_t min, max;
};

#define CLI_BIT(command) (UINT64_C(1) << (unsigned)(command))
/* A table so long is a bug; lets the parser note on its stack what was given. */
#define CLI_MAX_OPTIONS 64u

extern const struct cli_command_def cli_commands[];
extern const size_t cli_n_commands;
extern const struct cli_option_def cli_options_table[];
extern const size_t cli_n_options;

/* "DOORWARD_TLS_CERT" for "tls-cert", appended. */
void cli_env_name(struct buf *out, const struct cli_option_def *def);
static inline bool cli_option_is_for(const struct cli_option_def *def, enum cli_command command)
{
	return (def->commands & CLI_BIT(command)) != 0;
}
bool cli_command_has_options(const struct cli_command_def *def);
/* Whether the command's words are `topic` or begin with it ("key" covers "key create"); "" covers all. */
bool cli_topic_covers(const char *topic, const struct cli_command_def *def);
