/* SPDX-License-Identifier: Apache-2.0
 *
 * A log is written and then changed in every way that somebody might: the check says so, or says how far it believes.
 */
#include "crypto/chain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/clock.h"
#include "crypto/ed25519.h"
#include "json/base64.h"

enum { N_LINES = 12, N_HEAD_EACH = 4, MAX_LINES = N_LINES + 8 };

static const uint8_t private_key[ED25519_KEY_BYTES] = {1, 2, 3}, other_key[ED25519_KEY_BYTES] = {4};

/* Lines without their line feeds; every fourth is a head. */
struct log {
	struct str lines[MAX_LINES];
	size_t n;
	struct arena arena;
};

static void add_part(struct buf *out, struct str text)
{
	base64url_encode(out, text);
	buf_add_char(out, '.');
}

static void sign(const uint8_t key[ED25519_KEY_BYTES], struct str claims, struct buf *out)
{
	uint8_t signature[ED25519_SIGNATURE_BYTES];

	add_part(out, STR("{\"alg\":\"EdDSA\",\"kid\":\"k\"}"));
	add_part(out, claims);
	out->len--;
	ed25519_sign(key, buf_str(out), signature);
	buf_add_char(out, '.');
	base64url_encode(out, (struct str){(const char *)signature, sizeof(signature)});
}

static void add_head(struct chain *c, struct buf *out)
{
	CLEANUP(buf_releasep) struct buf claims = BUF_INIT(4096), token = BUF_INIT(4096);

	chain_add_head_claims(c, 1000, &claims);
	sign(private_key, buf_str(&claims), &token);
	chain_add_head(c, buf_str(&token), out);
}

static void write_log(struct log *log)
{
	struct chain c = {0};

	*log = (struct log){.arena = ARENA_INIT};
	for (size_t i = 1; i <= N_LINES; i++) {
		CLEANUP(buf_releasep) struct buf line = BUF_INIT(4096);

		if (i % N_HEAD_EACH == 0)
			add_head(&c, &line);
		else
			chain_add(&c, STR("{\"type\":\"decision\",\"decision\":false}"), &line);
		assert_int_equal(c.n, i);
		assert_int_equal(line.ptr[line.len - 1], '\n');
		log->lines[log->n++] = arena_str(&log->arena, str_slice(buf_str(&line), 0, line.len - 1));
	}
	assert_int_equal(c.n_head, N_LINES);
}

/* The number of the first line, from 1, that the check refuses; 0: none. */
static size_t check_log(const struct log *log, const uint8_t key[ED25519_KEY_BYTES], struct chain_check *ret)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	uint8_t public_key[ED25519_KEY_BYTES];
	const struct chain_key keys[] = {{STR("k"), {(const char *)public_key, sizeof(public_key)}}};
	struct chain_check c = {.keys = keys, .n_keys = 1};
	size_t bad = 0;

	ed25519_public_key(key, public_key);
	for (size_t i = 0; i < log->n && !bad; i++) {
		struct error err = {0};
		const struct json *object;

		if (chain_check_line(&c, log->lines[i], &a, &object, &err) == 0)
			continue;
		assert_true(err.text[0] != '\0');
		bad = i + 1;
	}
	c.keys = NULL;
	*ret = c;
	return bad;
}

static void a_log_is_whole(void **state)
{
	struct chain_check c;
	struct log log;

	(void)state;
	write_log(&log);
	assert_int_equal(check_log(&log, private_key, &c), 0);
	assert_int_equal(c.n_first, 1);
	assert_int_equal(c.chain.n, N_LINES);
	assert_int_equal(c.n_covered, N_LINES);
	log.n -= 2; /* cut behind the second head */
	assert_int_equal(check_log(&log, private_key, &c), 0);
	assert_int_equal(c.n_covered, 8);
	assert_int_equal(c.chain.n, 10);
	arena_release(&log.arena);
}

/* Any byte of any line: the line itself is refused, or the next one is. */
static void any_changed_byte_is_seen(void **state)
{
	struct chain_check c;
	struct log log;

	(void)state;
	write_log(&log);
	for (size_t i = 0; i < log.n; i++) {
		struct str line = log.lines[i];

		for (size_t at = 0; at < line.len; at++) {
			CLEANUP(arena_release) struct arena a = ARENA_INIT;
			char *changed = arena_alloc(&a, line.len);
			size_t bad;

			memcpy(changed, line.ptr, line.len);
			changed[at] ^= 1;
			log.lines[i] = (struct str){changed, line.len};
			bad = check_log(&log, private_key, &c);
			/* A last head that is none any more covers nothing. */
			if (bad != i + 1 && bad != i + 2 && (i + 1 != log.n || bad || c.n_covered == N_LINES))
				fail_msg("line %zu, byte %zu: %zu", i + 1, at, bad);
		}
		log.lines[i] = line;
	}
	arena_release(&log.arena);
}

static void take_out(struct log *log, size_t at)
{
	log->n--;
	memmove(&log->lines[at], &log->lines[at + 1], (log->n - at) * sizeof(log->lines[0]));
}

static void a_line_that_is_gone_is_seen(void **state)
{
	(void)state;
	for (size_t i = 1; i + 1 < N_LINES; i++) {
		struct chain_check c;
		struct log log;

		write_log(&log);
		take_out(&log, i);
		assert_int_equal(check_log(&log, private_key, &c), i + 1);
		arena_release(&log.arena);
	}
}

static void lines_that_change_places_are_seen(void **state)
{
	(void)state;
	for (size_t i = 0; i + 1 < N_LINES; i++) {
		struct chain_check c;
		struct log log;
		struct str line;

		write_log(&log);
		line = log.lines[i];
		log.lines[i] = log.lines[i + 1];
		log.lines[i + 1] = line;
		assert_int_not_equal(check_log(&log, private_key, &c), 0);
		arena_release(&log.arena);
	}
}

static void a_line_that_comes_twice_is_seen(void **state)
{
	struct chain_check c;
	struct log log;

	(void)state;
	write_log(&log);
	memmove(&log.lines[6], &log.lines[5], (log.n - 5) * sizeof(log.lines[0]));
	log.n++;
	assert_int_equal(check_log(&log, private_key, &c), 7);
	arena_release(&log.arena);
}

/* All hashes made anew behind a change: the next head was signed for others. */
static void a_chain_that_was_made_anew_is_seen(void **state)
{
	struct chain_check c;
	struct chain made = {0};
	struct log log;

	(void)state;
	write_log(&log);
	for (size_t i = 0; i < log.n; i++) {
		CLEANUP(buf_releasep) struct buf line = BUF_INIT(8192);
		size_t object = 0;

		if (i == 1) {
			chain_add(&made, STR("{\"type\":\"decision\",\"decision\":true}"), &line);
		} else {
			CLEANUP(buf_releasep) struct buf rest = BUF_INIT(8192);

			while (!str_starts_with(str_slice(log.lines[i], object, log.lines[i].len), STR("\"type\"")))
				object++;
			buf_add_char(&rest, '{');
			buf_add(&rest, str_slice(log.lines[i], object, log.lines[i].len));
			chain_add(&made, buf_str(&rest), &line);
		}
		log.lines[i] = arena_str(&log.arena, str_slice(buf_str(&line), 0, line.len - 1));
	}
	assert_int_equal(check_log(&log, private_key, &c), 4);
	/* Without the heads nothing is covered, and without keys nothing is believed covered. */
	c = (struct chain_check){0};
	for (size_t i = 0; i < log.n; i++) {
		const struct json *object;

		assert_int_equal(chain_check_line(&c, log.lines[i], &log.arena, &object, NULL), 0);
	}
	assert_int_equal(c.n_covered, 0);
	arena_release(&log.arena);
}

static void a_head_of_somebody_else_is_seen(void **state)
{
	struct chain_check c;
	struct log log;

	(void)state;
	write_log(&log);
	assert_int_equal(check_log(&log, other_key, &c), 4);
	arena_release(&log.arena);
}

/* A file that is not the first begins with any number; what it lacks is counted. */
static void a_later_file_begins_where_it_begins(void **state)
{
	struct chain_check c;
	struct chain made = {0};
	CLEANUP(buf_releasep) struct buf line = BUF_INIT(8192);
	struct log log;

	(void)state;
	write_log(&log);
	while (log.n > 4)
		take_out(&log, 0);
	assert_int_equal(check_log(&log, private_key, &c), 0);
	assert_int_equal(c.n_first, N_LINES - 3);
	assert_int_equal(c.n_covered, N_LINES);
	assert_true(chain_take_up(&made, log.lines[log.n - 1]));
	chain_add(&made, STR("{\"type\":\"dropped\",\"count\":7}"), &line);
	log.lines[log.n++] = str_slice(buf_str(&line), 0, line.len - 1);
	assert_int_equal(check_log(&log, private_key, &c), 0);
	assert_int_equal(c.n_dropped, 7);
	arena_release(&log.arena);
}

#define HASH "0123456789012345678901234567890123456789012"

static void other_lines_are_refused(void **state)
{
	static const char *const lines[] = {
	    "",
	    "1",
	    "{}",
	    "GET / HTTP/1.1",
	    "{\"prev\":null,\"n\":1}",
	    "{\"prev\":null,\"n\":2,\"type\":\"start\"}",
	    "{\"prev\":\"" HASH "\",\"n\":1,\"type\":\"start\"}",
	    "{\"prev\":\"short\",\"n\":2,\"type\":\"start\"}",
	    "{\"prev\":\"" HASH "\",\"n\":-2,\"type\":\"start\"}",
	    "{\"prev\":\"" HASH "\",\"n\":0,\"type\":\"start\"}",
	    "{\"prev\":\"" HASH "\",\"n\":2.5,\"type\":\"start\"}",
	    "{\"prev\":\"" HASH "\",\"n\":18446744073709551615,\"type\":\"start\"}",
	    "{\"prev\":\"" HASH "\",\"n\":\"2\",\"type\":\"start\"}",
	    "{\"prev\":\"" HASH "\",\"n\":2,\"type\":7}",
	    "{\"n\":1,\"type\":\"start\"}",
	    "{\"prev\":null,\"n\":1,\"n\":1,\"type\":\"start\"}",
	};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(lines); i++) {
		struct chain c = {0};

		assert_false(chain_take_up(&c, str_of(lines[i])));
		assert_int_equal(c.n, 0);
	}
}

static void what_may_be_left_of_a_first_line(void **state)
{
	(void)state;
	assert_true(chain_may_begin(STR("{")));
	assert_true(chain_may_begin(STR("{\"prev\":null,\"n\"")));
	assert_false(chain_may_begin(STR("{\"key\":\"precious\"}")));
	assert_false(chain_may_begin(STR("[1]")));
	assert_false(chain_may_begin(STR("{\"prev\":null}\n")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_log_is_whole),
	    cmocka_unit_test(any_changed_byte_is_seen),
	    cmocka_unit_test(a_line_that_is_gone_is_seen),
	    cmocka_unit_test(lines_that_change_places_are_seen),
	    cmocka_unit_test(a_line_that_comes_twice_is_seen),
	    cmocka_unit_test(a_chain_that_was_made_anew_is_seen),
	    cmocka_unit_test(a_head_of_somebody_else_is_seen),
	    cmocka_unit_test(a_later_file_begins_where_it_begins),
	    cmocka_unit_test(other_lines_are_refused),
	    cmocka_unit_test(what_may_be_left_of_a_first_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
