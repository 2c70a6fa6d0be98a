/* SPDX-License-Identifier: Apache-2.0
 *
 * The bytes are a decision log. Whatever they are, it is judged with a reason; what is believed has numbers without
 * gaps, nothing counts as signed for, since the key is not known to the bytes, and another line can be chained to it
 * that is believed, too.
 */
#include "crypto/chain.h"
#include "crypto/ed25519.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t private_key[ED25519_KEY_BYTES] = {7};

static void require(bool ok, const char *what)
{
	if (ok)
		return;
	(void)fprintf(stderr, "%s\n", what);
	abort();
}

static void go_on(const struct chain_check *c, struct str last)
{
	CLEANUP(buf_releasep) struct buf line = BUF_INIT(CHAIN_LINE_MAX_BYTES);
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	struct chain_check again = *c;
	const struct json *object;
	struct chain chain;

	require(chain_take_up(&chain, last), "a line that was believed is not taken up");
	require(chain.n == c->chain.n && strcmp(chain.prev, c->chain.prev) == 0, "taken up elsewhere");
	if (chain.n == INT64_MAX)
		return;
	chain_add(&chain, STR("{\"type\":\"start\"}"), &line);
	require(chain_check_line(&again, str_slice(buf_str(&line), 0, line.len - 1), &a, &object, NULL) == 0,
	        "what was added is not believed");
}

/* False: the line is refused. */
static bool check_line(struct chain_check *c, struct str line)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	struct chain_check signed_for = *c;
	uint64_t n = c->chain.n, n_first = c->n_first;
	const struct json *object;
	struct error err = {0};

	if (chain_check_line(c, line, &a, &object, &err) != 0) {
		require(err.text[0] != '\0', "refused without a reason");
		return false;
	}
	require(n_first ? c->chain.n == n + 1 : c->chain.n == c->n_first, "a gap");
	require(c->n_covered == 0, "signed for by nobody");
	signed_for.n_keys = 0;
	require(chain_check_line(&signed_for, line, &a, &object, NULL) == 0, "refused without keys");
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = {(const char *)data, size}, line, last = STR_NONE;
	uint8_t public_key[ED25519_KEY_BYTES];
	const struct chain_key keys[] = {{STR("k"), {(const char *)public_key, sizeof(public_key)}}};
	struct chain_check c = {.keys = keys, .n_keys = 1};

	ed25519_public_key(private_key, public_key);
	while (str_split(&rest, '\n', &line)) {
		if (!check_line(&c, line))
			break;
		last = line;
	}
	if (!str_is_absent(last))
		go_on(&c, last);
	(void)chain_may_begin((struct str){(const char *)data, size});
	return 0;
}
