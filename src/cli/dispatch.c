/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "cli/cel.h"
#include "cli/help.h"
#include "cli/session.h"

static int print_text(struct cli_session *s)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(BUF_MAX_RESPONSE_BYTES);

	if (s->options->command == CLI_MAN)
		cli_write_man(&text);
	else if (s->options->command == CLI_COMPLETION)
		cli_write_completion(&text);
	else
		cli_write_help(&text, s->options->help_topic);
	(void)fwrite(text.ptr, 1, text.len, s->out);
	return CLI_EXIT_OK;
}

static int run(struct cli_session *s)
{
	switch (s->options->command) {
	case CLI_HELP:
	case CLI_MAN:
	case CLI_COMPLETION:
		return print_text(s);
	case CLI_VERSION:
		(void)fputs("doorward " DOORWARD_VERSION "\n", s->out);
		return CLI_EXIT_OK;
	case CLI_CHECK:
		return cli_check(s);
	case CLI_KEY_CREATE:
		return cli_key_create(s);
	case CLI_KEY_LIST:
		return cli_key_list(s);
	case CLI_KEY_REVOKE:
		return cli_key_revoke(s);
	case CLI_AUDIT:
		return cli_audit(s);
	case CLI_AUDIT_VERIFY:
		return cli_audit_verify(s);
	case CLI_AUDIT_REPLAY:
		return cli_audit_replay(s);
	case CLI_AUDIT_LAST_USE:
		return cli_audit_last_use(s);
	case CLI_CHANGES:
		return cli_changes(s);
	case CLI_PREVIEW:
		return cli_preview(s);
	case CLI_CEL_EVAL:
		return cli_cel_eval(s);
	case CLI_CEL_CHECK:
		return cli_cel_check(s);
	case CLI_CEL_AST:
		return cli_cel_ast(s);
	case CLI_CEL_TEST:
		return cli_cel_test(s);
	case CLI_SERVE:
		break;
	}
	assert(false && "serve is run by main");
	return CLI_EXIT_ERROR;
}

int cli_run_session(struct cli_session *s)
{
	int status = run(s);

	/* An answer that did not reach its reader is no answer. */
	if (fflush(s->out) != 0 || ferror(s->out))
		return cli_fail(s, "cannot write the answer: %s", strerror(errno));
	return status;
}
