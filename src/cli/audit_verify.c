/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "cli/log_files.h"
#include "crypto/ed25519.h"
#include "json/base64.h"

#define JWKS_MAX_BYTES ((size_t)256 * 1024)

/* ---- keys -------------------------------------------------------------------------------------------------- */

static bool read_key(const struct json *jwk, struct arena *a, struct chain_key *ret)
{
	CLEANUP(buf_releasep) struct buf x = BUF_INIT(ED25519_KEY_BYTES);

	if (!str_eq(json_get_str(jwk, STR("kty")), STR("OKP")) ||
	    !str_eq(json_get_str(jwk, STR("crv")), STR("Ed25519")) ||
	    !base64url_decode(&x, json_get_str(jwk, STR("x"))) || x.len != ED25519_KEY_BYTES)
		return false;
	*ret = (struct chain_key){json_get_str(jwk, STR("kid")), arena_str(a, buf_str(&x))};
	return true;
}

/* The Ed25519 keys of a set; false when there are none. */
static bool read_keys(const struct json *set, struct arena *a, struct chain_check *check)
{
	const struct json *list = json_get(set, STR("keys"));
	struct chain_key *keys;
	size_t n = 0;

	if (!json_is(list, JSON_ARRAY))
		return false;
	keys = ARENA_ARRAY(a, struct chain_key, list->n);
	for (uint32_t i = 0; i < list->n; i++)
		n += read_key(&list->items[i], a, &keys[n]);
	check->keys = keys;
	check->n_keys = n;
	return n > 0;
}

static bool read_key_file(struct cli_session *s, struct arena *a, const struct json **ret)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(JWKS_MAX_BYTES);
	const char *path = s->options->jwks;
	FILE *f = fopen(path, "re");
	bool has_failed;
	char *p;
	size_t n;

	if (!f) {
		(void)cli_fail(s, "cannot read %s: %s", path, strerror(errno));
		return false;
	}
	while ((p = buf_reserve(&text, 4096)) && (n = fread(p, 1, 4096, f)) > 0)
		text.len += n;
	has_failed = ferror(f) || text.overflowed;
	(void)fclose(f);
	if (!has_failed && json_parse(buf_str(&text), a, ret, NULL) == JSON_OK)
		return true;
	(void)cli_fail(s, "%s holds no keys", path);
	return false;
}

static bool find_keys(struct cli_session *s, struct arena *a, struct chain_check *check)
{
	const struct json *set = NULL;
	struct cli_answer answer;

	if (s->options->jwks) {
		if (!read_key_file(s, a, &set))
			return false;
	} else {
		if (!cli_call(s, &(struct cli_call){.method = HTTP_GET, .path = STR("/auth/v1/jwks")}, a, &answer))
			return false;
		set = answer.body;
	}
	if (read_keys(set, a, check))
		return true;
	(void)cli_fail(s, "%s holds no key of Ed25519", s->options->jwks ? s->options->jwks : s->options->url);
	return false;
}

/* ---- the log ----------------------------------------------------------------------------------------------- */

static int report(struct cli_session *s, const struct chain_check *c, uint64_t n_torn)
{
	uint64_t n = c->n_first ? c->chain.n - c->n_first + 1 : 0;

	if (n == 0) {
		(void)fputs("there is no line\n", s->out);
		return CLI_EXIT_DENY;
	}
	(void)fprintf(s->out, "%llu lines, %llu to %llu, each follows from the one before\n", (unsigned long long)n,
	              (unsigned long long)c->n_first, (unsigned long long)c->chain.n);
	if (c->n_first > 1)
		(void)fputs("what came before them is not here\n", s->out);
	if (c->n_dropped)
		(void)fprintf(s->out, "the log says that %llu entries are missing, which found no room\n",
		              (unsigned long long)c->n_dropped);
	if (n_torn)
		(void)fprintf(s->out, "behind them, %llu bytes are no whole line\n", (unsigned long long)n_torn);
	if (!c->n_covered) {
		(void)fputs("nothing of it is signed for\n", s->out);
		return CLI_EXIT_DENY;
	}
	(void)fprintf(s->out, "signed for up to line %llu; lines behind it, which prove nothing yet: %llu\n",
	              (unsigned long long)c->n_covered, (unsigned long long)(c->chain.n - c->n_covered));
	return CLI_EXIT_OK;
}

int cli_audit_verify(struct cli_session *s)
{
	CLEANUP(arena_release) struct arena keys = ARENA_INIT;
	CLEANUP(log_files_closep) struct log_files *files = log_files_open(s);
	struct error err = {0};
	enum log_read r;

	if (!files || !find_keys(s, &keys, log_files_check(files)))
		return CLI_EXIT_ERROR;
	do {
		CLEANUP(arena_release) struct arena a = ARENA_INIT;
		struct log_line line;

		r = log_files_next(files, &a, &line, &err);
	} while (r == LOG_LINE);
	if (r == LOG_FAILED)
		return log_files_fail(s, r, &err);
	if (r == LOG_END)
		return report(s, log_files_check(files), log_files_torn_bytes(files));
	cli_print(s->out, str_of(err.text));
	(void)fputc('\n', s->out);
	return CLI_EXIT_DENY;
}
