/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/table.h"

#include "base/clock.h"

/* The command line while it is read. */
struct reader {
	int argc, at;
	char **argv;
	const struct cli_command_def *command;
	unsigned n_operands;
	bool options_ended;          /* after "--" */
	bool given[CLI_MAX_OPTIONS]; /* by the command line or the environment */
	struct cli_options options;
};

/* Options that stand in place of a command. */
static const struct {
	const char *name;
	enum cli_command command;
} global_options[] = {
    {"--help", CLI_HELP},       {"-h", CLI_HELP}, {"--man", CLI_MAN}, {"--completion", CLI_COMPLETION},
    {"--version", CLI_VERSION},
};

static bool is_help(const char *arg)
{
	return strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0;
}

static int parse_bool(const char *text, const char *origin, bool *ret, struct error *err)
{
	static const char *const yes[] = {"1", "true", "yes", "on"};
	static const char *const no[] = {"0", "false", "no", "off"};

	for (size_t i = 0; i < N_ELEMENTS(yes); i++) {
		if (strcmp(text, yes[i]) == 0 || strcmp(text, no[i]) == 0) {
			*ret = strcmp(text, yes[i]) == 0;
			return 0;
		}
	}
	return error_set(err, CLI_USAGE, "%s: \"%s\" is neither true nor false", origin, text);
}

static int parse_count(const struct cli_option_def *def, const char *text, const char *origin, uint64_t *ret,
                       struct error *err)
{
	uint64_t value;

	if (!str_to_u64(str_of(text), &value) || value < def->min || value > def->max)
		return error_set(err, CLI_USAGE, "%s: \"%s\" is not a number from %llu to %llu", origin, text,
		                 (unsigned long long)def->min, (unsigned long long)def->max);
	*ret = value;
	return 0;
}

static int add_tenant(struct cli_options *options, struct str id, const char *origin, struct error *err)
{
	if (str_is_empty(id))
		return error_set(err, CLI_USAGE, "%s: a tenant id is empty", origin);
	if (options->n_tenants == CLI_MAX_TENANTS)
		return error_set(err, CLI_USAGE, "%s: more than %u tenants", origin, CLI_MAX_TENANTS);
	options->tenants[options->n_tenants++] = id;
	return 0;
}

/* Puts the value into its place in `options`; `origin` is how the person called it. */
static int apply(const struct cli_option_def *def, const char *text, const char *origin, struct cli_options *options,
                 struct error *err)
{
	void *place = (char *)options + def->offset;
	int64_t ms;

	switch (def->type) {
	case CLI_FLAG:
		return parse_bool(text, origin, place, err);
	case CLI_COUNT:
		return parse_count(def, text, origin, place, err);
	case CLI_LIST:
		return add_tenant(options, str_of(text), origin, err);
	case CLI_LEVEL:
		if (!log_level_parse(str_of(text), place))
			return error_set(err, CLI_USAGE, "%s: \"%s\" is not a log level: %s", origin, text, def->help);
		return 0;
	case CLI_TIME:
		if (!time_parse_rfc3339(str_of(text), &ms))
			return error_set(err, CLI_USAGE, "%s: \"%s\" is not a time such as 2026-11-22T10:00:00Z",
			                 origin, text);
		*(const char **)place = text;
		return 0;
	case CLI_TEXT:
		if (text[0] == '\0')
			return error_set(err, CLI_USAGE, "%s: the value is empty", origin);
		*(const char **)place = text;
		return 0;
	}
	assert(false && "an option type without a case");
	return CLI_USAGE;
}

/* The option of the command with this name, of `len` bytes; SIZE_MAX when it takes none such. */
static size_t find_option(enum cli_command command, const char *name, size_t len)
{
	for (size_t i = 0; i < cli_n_options; i++) {
		const struct cli_option_def *def = &cli_options_table[i];

		if (cli_option_is_for(def, command) && strlen(def->name) == len && memcmp(def->name, name, len) == 0)
			return i;
	}
	return SIZE_MAX;
}

/* "--name=value", "--name value" or "--flag". */
static int read_option(struct reader *r, struct error *err)
{
	const char *arg = r->argv[r->at++];
	size_t len = strcspn(arg, "=");
	const char *value = arg[len] == '=' ? arg + len + 1 : NULL;
	size_t i = len > 2 && arg[1] == '-' ? find_option(r->command->id, arg + 2, len - 2) : SIZE_MAX;
	const struct cli_option_def *def;
	char origin[64];

	if (i == SIZE_MAX)
		return error_set(err, CLI_USAGE, "%s has no option %.*s; see doorward %s --help", r->command->words,
		                 len > 64 ? 64 : (int)len, arg, r->command->words);
	def = &cli_options_table[i];
	(void)snprintf(origin, sizeof(origin), "--%s", def->name);
	if (def->type == CLI_FLAG) {
		if (value)
			return error_set(err, CLI_USAGE, "%s takes no value", origin);
		value = "true";
	} else if (!value) {
		if (r->at >= r->argc)
			return error_set(err, CLI_USAGE, "%s needs a value: %s", origin, def->argument);
		value = r->argv[r->at++];
	}
	r->given[i] = true;
	return apply(def, value, origin, &r->options, err);
}

static int read_operand(struct reader *r, struct error *err)
{
	const char *arg = r->argv[r->at++];

	if (r->n_operands == (r->command->takes_more ? CLI_MAX_OPERANDS : r->command->n_operands))
		return error_set(err, CLI_USAGE, "%s: one argument too many: \"%s\"; see doorward %s --help",
		                 r->command->words, arg, r->command->words);
	if (arg[0] == '\0')
		return error_set(err, CLI_USAGE, "%s: an argument is empty", r->command->words);
	r->options.operands[r->n_operands++] = arg;
	r->options.n_operands = r->n_operands;
	return 0;
}

/* A comma-separated list; its parts borrow from the environment. */
static int apply_list(const char *text, const char *origin, struct cli_options *options, struct error *err)
{
	struct str rest = str_of(text), part;

	while (str_split(&rest, ',', &part)) {
		int rc = add_tenant(options, str_trim(part), origin, err);

		if (rc != 0)
			return rc;
	}
	return 0;
}

/* What the command line left open comes from the environment, then from the table. */
static int apply_elsewhere(struct reader *r, size_t i, const char *(*env)(const char *name), struct error *err)
{
	const struct cli_option_def *def = &cli_options_table[i];
	CLEANUP(buf_releasep) struct buf name = BUF_INIT(BUF_MAX_LINE_BYTES);
	const char *text;

	cli_env_name(&name, def);
	buf_add_char(&name, '\0');
	text = env(name.ptr);
	if (text && text[0] != '\0') {
		r->given[i] = true;
		if (def->type == CLI_LIST)
			return apply_list(text, name.ptr, &r->options, err);
		return apply(def, text, name.ptr, &r->options, err);
	}
	if (def->fallback)
		return apply(def, def->fallback, def->name, &r->options, err);
	if (def->is_required)
		return error_set(err, CLI_USAGE, "%s needs --%s %s (or %s in the environment)", r->command->words,
		                 def->name, def->argument, name.ptr);
	return 0;
}

/* "127.0.0.1:8080", "[::1]:0", "localhost:80". */
static int parse_listen(struct cli_options *options, struct error *err)
{
	struct str text = str_of(options->listen), host, port_text;
	const char *colon = strrchr(options->listen, ':');
	uint64_t port;

	if (!colon)
		return error_set(err, CLI_USAGE, "--listen: \"%s\" is not ADDR:PORT", options->listen);
	host = str_slice(text, 0, (size_t)(colon - options->listen));
	port_text = str_slice(text, host.len + 1, text.len);
	if (host.len >= 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
		host = str_slice(host, 1, host.len - 1);
	else if (str_find(host, ':', 0) != SIZE_MAX)
		return error_set(err, CLI_USAGE, "--listen: \"%s\": an IPv6 address stands in brackets: [::1]:8080",
		                 options->listen);
	if (host.len == 0 || host.len >= sizeof(options->listen_address))
		return error_set(err, CLI_USAGE, "--listen: \"%s\" has no usable address", options->listen);
	if (!str_to_u64(port_text, &port) || port > UINT16_MAX)
		return error_set(err, CLI_USAGE, "--listen: \"%s\" has no port from 0 to 65535", options->listen);
	memcpy(options->listen_address, host.ptr, host.len);
	options->listen_address[host.len] = '\0';
	options->listen_port = (uint16_t)port;
	return 0;
}

static bool is_http_url(const char *url)
{
	struct str s = str_of(url);

	return (str_starts_with(s, STR("http://")) && s.len > 7) || (str_starts_with(s, STR("https://")) && s.len > 8);
}

/* What one option alone cannot say. */
static int check_together(struct cli_options *options, struct error *err)
{
	if (options->url && !is_http_url(options->url))
		return error_set(err, CLI_USAGE, "--url: \"%s\" is neither http://… nor https://…", options->url);
	if (options->public_url && !is_http_url(options->public_url))
		return error_set(err, CLI_USAGE, "--public-url: \"%s\" is neither http://… nor https://…",
		                 options->public_url);
	/* Clients put paths behind it. */
	if (options->public_url && strpbrk(options->public_url, "?#"))
		return error_set(err, CLI_USAGE, "--public-url: \"%s\" has a query or a fragment", options->public_url);
	if (!options->tls_cert != !options->tls_key)
		return error_set(err, CLI_USAGE, "--tls-cert and --tls-key go together");
	if (options->old_secret_key_file && !options->secret_key_file)
		return error_set(err, CLI_USAGE, "--old-secret-key-file needs --secret-key-file");
	return options->listen ? parse_listen(options, err) : 0;
}

/* How many arguments these words of a command take up; 0 when the command line says something else. */
static int match_words(const struct reader *r, const char *words)
{
	struct str rest = str_of(words), word;
	int n = 0;

	while (str_split(&rest, ' ', &word)) {
		if (r->at + n >= r->argc || !str_eq(word, str_of(r->argv[r->at + n])))
			return 0;
		n++;
	}
	return n;
}

/* The command the line begins with; moves past its words. NULL when there is none. */
static const struct cli_command_def *read_command(struct reader *r)
{
	for (size_t i = 0; i < cli_n_commands; i++) {
		int n = match_words(r, cli_commands[i].words);

		r->at += n;
		if (n > 0)
			return &cli_commands[i];
	}
	return NULL;
}

/* No command was found: a global option, `key --help`, or a mistake. */
static int read_global(struct reader *r, struct error *err)
{
	const char *word = r->at < r->argc ? r->argv[r->at] : "--help";

	for (size_t i = 0; i < N_ELEMENTS(global_options); i++) {
		if (strcmp(word, global_options[i].name) == 0) {
			r->options.command = global_options[i].command;
			return 0;
		}
	}
	for (size_t i = 0; i < cli_n_commands; i++) {
		if (!cli_topic_covers(word, &cli_commands[i]) || word[0] == '\0')
			continue;
		if (r->at + 1 < r->argc && is_help(r->argv[r->at + 1])) {
			r->options.help_topic = word;
			return 0;
		}
		return error_set(err, CLI_USAGE, "%s: say what to do; see doorward %s --help", word, word);
	}
	return error_set(err, CLI_USAGE, "there is no command \"%s\"; see doorward --help", word);
}

/* The rest of the line; sets command CLI_HELP when help was asked for. */
static int read_arguments(struct reader *r, struct error *err)
{
	int rc = 0;

	while (rc == 0 && r->at < r->argc) {
		const char *arg = r->argv[r->at];

		if (r->options_ended || arg[0] != '-' || arg[1] == '\0') {
			rc = read_operand(r, err);
		} else if (strcmp(arg, "--") == 0) {
			r->options_ended = true;
			r->at++;
		} else if (is_help(arg)) {
			r->options.command = CLI_HELP;
			r->options.help_topic = r->command->words;
			return 0;
		} else {
			rc = read_option(r, err);
		}
	}
	return rc;
}

int cli_parse(int argc, char **argv, const char *(*env)(const char *name), struct cli_options *ret, struct error *err)
{
	struct reader r = {.argc = argc, .at = 1, .argv = argv, .options.help_topic = ""};
	int rc;

	r.command = read_command(&r);
	if (!r.command) {
		rc = read_global(&r, err);
		if (rc == 0)
			*ret = r.options;
		return rc;
	}
	r.options.command = r.command->id;
	rc = read_arguments(&r, err);
	if (rc != 0)
		return rc;
	if (r.options.command != CLI_HELP) {
		for (size_t i = 0; rc == 0 && i < cli_n_options; i++) {
			if (!r.given[i] && cli_option_is_for(&cli_options_table[i], r.command->id))
				rc = apply_elsewhere(&r, i, env, err);
		}
		if (rc == 0 && r.n_operands < r.command->n_operands)
			rc = error_set(err, CLI_USAGE, "%s needs %s; see doorward %s --help", r.command->words,
			               r.command->operands, r.command->words);
		if (rc == 0)
			rc = check_together(&r.options, err);
		if (rc != 0)
			return rc;
	}
	*ret = r.options;
	return 0;
}
