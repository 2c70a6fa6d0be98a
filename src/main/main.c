/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include "main/serve.h"

static const char *from_environment(const char *name)
{
	return getenv(name);
}

int main(int argc, char **argv)
{
	struct cli_options options;
	struct error err = {0};

	if (cli_parse(argc, argv, from_environment, &options, &err) != 0) {
		(void)fprintf(stderr, "doorward: %s\n", err.text);
		return CLI_EXIT_ERROR;
	}
	return options.command == CLI_SERVE ? serve_run(&options) : cli_run(&options);
}
