#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * One run of a command that calls a server: where it prints, how it asks, how it waits. Tests put their own functions
 * in the place of the network and of the pause. One thread.
 */
#include "cli/cli.h"
#include "http/client.h"
#include "json/json.h"

struct cli_session {
	const struct cli_options *options;
	FILE *out, *err;
	/* As http_client_perform(). */
	int (*perform)(struct cli_session *s, const struct http_client_call *call, unsigned *ret_status,
	               struct buf *ret_body, struct error *err);
	/* Waits; false: stop following. */
	bool (*pause)(struct cli_session *s, unsigned ms);
};

/* What the server answered. The tree lives in the caller's arena. */
struct cli_answer {
	unsigned status;
	const struct json *body; /* NULL when it is empty */
};

struct cli_call {
	enum http_method method;
	struct str path; /* with the query, behind the server's URL */
	struct str body; /* absent: none */
	bool explain;
	const char *as_of;        /* NULL: in the present */
	struct str bound_tenants; /* JSON array of the tenants to ask about at most; absent: all */
};

/*
 * Calls the server with the key of the options, if there is one. True and the answer when it said 2xx; else false,
 * after one line on `s->err`. Texts of the server are printed with control characters replaced.
 */
bool cli_call(struct cli_session *s, const struct cli_call *call, struct arena *a, struct cli_answer *ret) MUST_USE;

/* One line on `s->err`; returns CLI_EXIT_ERROR. */
int cli_fail(struct cli_session *s, const char *fmt, ...) ATTR_PRINTF(2, 3);
/* Prints with control characters as '?', so that a stored name cannot drive the terminal. */
void cli_print(FILE *to, struct str text);
/* The tree as one line of JSON. */
void cli_print_json(FILE *to, const struct json *tree);
/* Percent-encodes everything but unreserved characters, appended. */
void cli_percent_encode(struct buf *out, struct str s);
/* A string, or a number as text in `a`; absent for anything else. Cursors and ids come as either. */
struct str cli_text_of(const struct json *j, struct arena *a);

/* The commands: each returns an exit status. */
int cli_check(struct cli_session *s) MUST_USE;
int cli_key_create(struct cli_session *s) MUST_USE;
int cli_key_list(struct cli_session *s) MUST_USE;
int cli_key_revoke(struct cli_session *s) MUST_USE;
int cli_audit(struct cli_session *s) MUST_USE;
int cli_audit_verify(struct cli_session *s) MUST_USE;
int cli_audit_replay(struct cli_session *s) MUST_USE;
int cli_audit_last_use(struct cli_session *s) MUST_USE;
int cli_changes(struct cli_session *s) MUST_USE;
int cli_preview(struct cli_session *s) MUST_USE;
/* The command of `s->options`, with everything printed before it returns. */
int cli_run_session(struct cli_session *s) MUST_USE;
