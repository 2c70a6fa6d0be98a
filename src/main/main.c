/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include "main/move.h"
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
	if (options.command == CLI_SERVE)
		return serve_run(&options);
	if (options.store && (options.command == CLI_EXPORT || options.command == CLI_IMPORT))
		return move_run(&options);
	return cli_run(&options);
}
