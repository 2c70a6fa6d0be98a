/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/help.h"

#include "cli/table.h"

#define COMMAND_COLUMN 16

static void write_spaces(struct buf *out, size_t n)
{
	while (n-- > 0)
		buf_add_char(out, ' ');
}

static void write_usage(struct buf *out, const struct cli_command_def *def)
{
	buf_addf(out, "usage: doorward %s", def->words);
	for (size_t i = 0; i < cli_n_options; i++) {
		const struct cli_option_def *option = &cli_options_table[i];

		if (cli_option_is_for(option, def->id) && option->is_required)
			buf_addf(out, " --%s %s", option->name, option->argument);
	}
	if (def->n_operands > 0)
		buf_addf(out, " %s", def->operands);
	buf_add(out, cli_command_has_options(def) ? STR(" [options]\n") : STR("\n"));
}

static void write_option(struct buf *out, const struct cli_option_def *def)
{
	buf_addf(out, "  --%s", def->name);
	if (def->argument)
		buf_addf(out, " %s", def->argument);
	buf_addf(out, "\n        %s\n        ", def->help);
	cli_env_name(out, def);
	if (def->fallback)
		buf_addf(out, ", default %s", def->fallback);
	buf_add_char(out, '\n');
}

static void write_one(struct buf *out, const struct cli_command_def *def)
{
	write_usage(out, def);
	buf_addf(out, "\n%s", def->description);
	if (cli_command_has_options(def))
		buf_add(out, STR("\nOptions, each with its environment variable:\n"));
	for (size_t i = 0; i < cli_n_options; i++) {
		if (cli_option_is_for(&cli_options_table[i], def->id))
			write_option(out, &cli_options_table[i]);
	}
}

static void write_list(struct buf *out, const char *topic)
{
	buf_addf(out, "usage: doorward %s%sCOMMAND [options]\n\n", topic, topic[0] ? " " : "");
	if (topic[0] == '\0')
		buf_add(out, STR("Self-hosted access control: who may do what on which resource, and why.\n\n"));
	buf_add(out, STR("Commands (doorward COMMAND --help says more):\n"));
	for (size_t i = 0; i < cli_n_commands; i++) {
		const struct cli_command_def *def = &cli_commands[i];

		if (!cli_topic_covers(topic, def))
			continue;
		buf_addf(out, "  %s", def->words);
		write_spaces(out, COMMAND_COLUMN - strlen(def->words));
		buf_addf(out, "%s\n", def->summary);
	}
	if (topic[0] == '\0')
		buf_add(out, STR("\nInstead of a command: --help, --version, --man (the manual page in troff),\n"
		                 "--completion (a script for bash).\n"));
}

void cli_write_help(struct buf *out, const char *topic)
{
	for (size_t i = 0; i < cli_n_commands; i++) {
		if (strcmp(cli_commands[i].words, topic) == 0) {
			write_one(out, &cli_commands[i]);
			return;
		}
	}
	write_list(out, topic);
}
