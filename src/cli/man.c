/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/help.h"

#include "cli/table.h"

/* Text in which no character has a meaning to troff: a dash is a dash, a line does not begin with a request. */
static void write_troff(struct buf *out, const char *text)
{
	bool at_line_start = true;

	for (const char *c = text; *c; c++) {
		if (at_line_start && *c == '\n') {
			buf_add(out, STR(".PP\n"));
			continue;
		}
		if (at_line_start && (*c == '.' || *c == '\''))
			buf_add(out, STR("\\&"));
		if (*c == '-' || *c == '\\')
			buf_add_char(out, '\\');
		buf_add_char(out, *c);
		if (*c == '\\')
			buf_add_char(out, 'e');
		at_line_start = *c == '\n';
	}
}

static void write_option(struct buf *out, const struct cli_option_def *def)
{
	buf_add(out, STR(".TP\n.B \\-\\-"));
	write_troff(out, def->name);
	if (def->argument)
		buf_addf(out, " \\fI%s\\fR", def->argument);
	buf_add_char(out, '\n');
	write_troff(out, def->help);
	buf_add(out, STR(" ("));
	cli_env_name(out, def);
	if (def->fallback) {
		buf_add(out, STR("; default "));
		write_troff(out, def->fallback);
	}
	buf_add(out, STR(")\n"));
}

static void write_command(struct buf *out, const struct cli_command_def *def)
{
	buf_addf(out, ".SS doorward %s %s\n", def->words, def->operands);
	write_troff(out, def->description);
	for (size_t i = 0; i < cli_n_options; i++) {
		if (cli_option_is_for(&cli_options_table[i], def->id))
			write_option(out, &cli_options_table[i]);
	}
}

static void write_synopsis(struct buf *out, const struct cli_command_def *def)
{
	buf_addf(out, ".B doorward %s\n", def->words);
	if (def->n_operands > 0)
		buf_addf(out, "%s\n", def->operands);
	if (cli_command_has_options(def))
		buf_add(out, STR("[options]\n"));
	buf_add(out, STR(".br\n"));
}

void cli_write_man(struct buf *out)
{
	buf_add(out, STR(".TH DOORWARD 1 \"\" Doorward \"User Commands\"\n"
	                 ".SH NAME\n"
	                 "doorward \\- self\\-hosted access control\n"
	                 ".SH SYNOPSIS\n"));
	for (size_t i = 0; i < cli_n_commands; i++)
		write_synopsis(out, &cli_commands[i]);
	buf_add(out, STR(".SH DESCRIPTION\n"
	                 "Keeps access policies and grants, answers whether a subject may do an action on a\n"
	                 "resource, and records who changed what.\n"
	                 "Every option may come from the environment variable named with it; the command line\n"
	                 "goes first, and an empty variable counts as unset.\n"
	                 ".SH COMMANDS\n"));
	for (size_t i = 0; i < cli_n_commands; i++)
		write_command(out, &cli_commands[i]);
	buf_add(out, STR(".SH EXIT STATUS\n"
	                 "0 for success and for allow, 1 for deny and for an expression without a value, 2 for\n"
	                 "an error, told in one line on standard error.\n"));
}

/* The options of each command as one line of a case statement. */
static void write_completion_case(struct buf *out, const struct cli_command_def *def)
{
	buf_addf(out, "\t\"%s\"*) options=\"--help", def->words);
	for (size_t i = 0; i < cli_n_options; i++) {
		if (cli_option_is_for(&cli_options_table[i], def->id))
			buf_addf(out, " --%s", cli_options_table[i].name);
	}
	buf_add(out, STR("\" ;;\n"));
}

/* The words that may follow `topic`, each once. */
static void write_next_words(struct buf *out, const char *topic)
{
	struct str before = STR_NONE;

	for (size_t i = 0; i < cli_n_commands; i++) {
		struct str rest = str_of(cli_commands[i].words), word;

		if (!cli_topic_covers(topic, &cli_commands[i]))
			continue;
		if (topic[0] != '\0')
			rest = str_slice(rest, strlen(topic) + 1, rest.len);
		/* Commands that share a first word stand together in the table. */
		if (str_split(&rest, ' ', &word) && !str_eq(word, before))
			buf_addf(out, STR_FMT " ", STR_ARG(word));
		before = word;
	}
}

void cli_write_completion(struct buf *out)
{
	/* First words that do not make a command alone. */
	static const char *const groups[] = {"key", "cel"};

	buf_add(out, STR("# bash completion of doorward; made by `doorward --completion`\n"
	                 "_doorward()\n"
	                 "{\n"
	                 "\tlocal options=\"\" cur=\"${COMP_WORDS[COMP_CWORD]}\"\n"
	                 "\tcase \"${COMP_WORDS[*]:1:2}\" in\n"));
	for (size_t i = 0; i < cli_n_commands; i++)
		write_completion_case(out, &cli_commands[i]);
	for (size_t i = 0; i < N_ELEMENTS(groups); i++) {
		buf_addf(out, "\t%s*) options=\"", groups[i]);
		write_next_words(out, groups[i]);
		buf_add(out, STR("--help\" ;;\n"));
	}
	buf_add(out, STR("\t*) options=\""));
	write_next_words(out, "");
	buf_add(out, STR("--help --version --man --completion\" ;;\n"
	                 "\tesac\n"
	                 "\tmapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$cur\")\n"
	                 "}\n"
	                 "complete -o default -F _doorward doorward\n"));
}
