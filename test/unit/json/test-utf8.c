/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "jansson-says.h"
#include "base/utf8.h"
#include "json/base64.h"

#define INVALID SIZE_MAX

static const struct utf8_case {
	const char *name;
	struct str text;
	size_t n_code_points; /* or INVALID */
} cases[] = {
    {"nothing", STR_INIT(""), 0},
    {"ASCII", STR_INIT("abc"), 3},
    {"NUL is a code point", STR_INIT("a\0b"), 3},
    {"last of one byte", STR_INIT("\177"), 1},
    {"first of two bytes", STR_INIT("\302\200"), 1},
    {"last of two bytes", STR_INIT("\337\277"), 1},
    {"first of three bytes", STR_INIT("\340\240\200"), 1},
    {"last before the surrogates", STR_INIT("\355\237\277"), 1},
    {"first after the surrogates", STR_INIT("\356\200\200"), 1},
    {"last of three bytes", STR_INIT("\357\277\277"), 1},
    {"first of four bytes", STR_INIT("\360\220\200\200"), 1},
    {"last of all", STR_INIT("\364\217\277\277"), 1},
    {"mixed", STR_INIT("a\303\251\342\202\254\360\237\230\200z"), 5},
    {"combining marks count", STR_INIT("e\314\201"), 2},
    {"overlong, two bytes", STR_INIT("\300\200"), INVALID},
    {"overlong, two bytes, last", STR_INIT("\301\277"), INVALID},
    {"overlong, three bytes", STR_INIT("\340\200\200"), INVALID},
    {"overlong, three bytes, last", STR_INIT("\340\237\277"), INVALID},
    {"overlong, four bytes", STR_INIT("\360\200\200\200"), INVALID},
    {"overlong, four bytes, last", STR_INIT("\360\217\277\277"), INVALID},
    {"first surrogate", STR_INIT("\355\240\200"), INVALID},
    {"last surrogate", STR_INIT("\355\277\277"), INVALID},
    {"surrogate pair as two sequences", STR_INIT("\355\240\275\355\270\200"), INVALID},
    {"first above U+10FFFF", STR_INIT("\364\220\200\200"), INVALID},
    {"byte F5", STR_INIT("\365\200\200\200"), INVALID},
    {"five bytes", STR_INIT("\370\210\200\200\200"), INVALID},
    {"six bytes", STR_INIT("\374\204\200\200\200\200"), INVALID},
    {"byte FE", STR_INIT("\376"), INVALID},
    {"byte FF", STR_INIT("\377"), INVALID},
    {"continuation alone", STR_INIT("\200"), INVALID},
    {"continuation after ASCII", STR_INIT("a\277"), INVALID},
    {"one continuation too many", STR_INIT("\303\251\251"), INVALID},
    {"two bytes, cut", STR_INIT("\303"), INVALID},
    {"three bytes, cut after one", STR_INIT("\342"), INVALID},
    {"three bytes, cut after two", STR_INIT("\342\202"), INVALID},
    {"four bytes, cut after three", STR_INIT("\360\237\230"), INVALID},
    {"two bytes, cut by ASCII", STR_INIT("\303a"), INVALID},
    {"three bytes, cut by a new sequence", STR_INIT("\342\202\303\251"), INVALID},
    {"four bytes, cut by ASCII", STR_INIT("\360\237\230a"), INVALID},
    {"invalid at the end of much that is valid", STR_INIT("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\303"),
     INVALID},
};

static void test_text(void **state)
{
	const struct utf8_case *c = *state;
	CLEANUP(buf_releasep) struct buf quoted = BUF_INIT(1024);
	/* In a heap block of exactly its size, so that a read past the end is seen. */
	char *exact = mem_alloc(c->text.len);
	struct str text = {exact, c->text.len};

	if (text.len)
		memcpy(exact, c->text.ptr, text.len);
	assert_int_equal(utf8_is_valid(text), c->n_code_points != INVALID);
	if (c->n_code_points != INVALID)
		assert_int_equal(utf8_length(text), c->n_code_points);
	free(exact);
	/* A raw NUL is valid UTF-8, but not inside a JSON string. */
	if (memchr(c->text.ptr, '\0', c->text.len))
		return;
	buf_addf(&quoted, "\"");
	buf_add(&quoted, c->text);
	buf_addf(&quoted, "\"");
	assert_int_equal(jansson_accepts(buf_str(&quoted)), c->n_code_points != INVALID);
}

/* Every code point there is: valid in its shortest form exactly when it is no surrogate. */
static void test_all_code_points(UNUSED void **state)
{
	for (uint32_t c = 0; c < 0x120000; c++) {
		unsigned char b[4];
		size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
		static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};

		for (size_t i = n; i-- > 1;)
			b[i] = (unsigned char)(0x80 | ((c >> (6 * (n - 1 - i))) & 0x3f));
		b[0] = (unsigned char)(first[n] | (c >> (6 * (n - 1))));
		if (utf8_is_valid((struct str){(const char *)b, n}) != (c <= 0x10ffff && (c < 0xd800 || c > 0xdfff)))
			fail_msg("U+%04X", c);
	}
}

/* ---- base64url ---- */

/* RFC 4648 section 10, in the alphabet of section 5 and without padding. */
static const struct {
	struct str bytes, text;
} encoded[] = {
    {STR_INIT(""), STR_INIT("")},
    {STR_INIT("f"), STR_INIT("Zg")},
    {STR_INIT("fo"), STR_INIT("Zm8")},
    {STR_INIT("foo"), STR_INIT("Zm9v")},
    {STR_INIT("foob"), STR_INIT("Zm9vYg")},
    {STR_INIT("fooba"), STR_INIT("Zm9vYmE")},
    {STR_INIT("foobar"), STR_INIT("Zm9vYmFy")},
    {STR_INIT("\0"), STR_INIT("AA")},
    {STR_INIT("\373\377\277"), STR_INIT("-_-_")},
    {STR_INIT("\377\377\376"), STR_INIT("___-")},
};

static void test_base64url(UNUSED void **state)
{
	for (size_t i = 0; i < N_ELEMENTS(encoded); i++) {
		CLEANUP(buf_releasep) struct buf text = BUF_INIT(64);
		CLEANUP(buf_releasep) struct buf bytes = BUF_INIT(64);

		base64url_encode(&text, encoded[i].bytes);
		assert_true(str_eq(buf_str(&text), encoded[i].text));
		assert_true(base64url_decode(&bytes, encoded[i].text));
		assert_true(str_eq(buf_str(&bytes), encoded[i].bytes));
	}
}

static void test_base64url_round_trip(UNUSED void **state)
{
	char raw[256];

	for (size_t i = 0; i < sizeof(raw); i++)
		raw[i] = (char)(i * 167 + 13);
	for (size_t n = 0; n <= sizeof(raw); n++) {
		CLEANUP(buf_releasep) struct buf text = BUF_INIT(1024);
		CLEANUP(buf_releasep) struct buf bytes = BUF_INIT(1024);

		base64url_encode(&text, (struct str){raw, n});
		assert_true(base64url_decode(&bytes, buf_str(&text)));
		assert_true(str_eq(buf_str(&bytes), (struct str){raw, n}));
	}
}

static void test_base64url_refused(UNUSED void **state)
{
	static const struct str refused[] = {
	    STR_INIT("Z"),      STR_INIT("Zm9vY"), STR_INIT("Zg=="),     STR_INIT("Zm8="),
	    STR_INIT("Zh"),     STR_INIT("Zm9"),   STR_INIT("+/+/"),     STR_INIT("Zm 9"),
	    STR_INIT("Zm9v\n"), STR_INIT("Zm\0v"), STR_INIT("\303\251"), STR_INIT("===="),
	};

	for (size_t i = 0; i < N_ELEMENTS(refused); i++) {
		CLEANUP(buf_releasep) struct buf bytes = BUF_INIT(64);

		if (base64url_decode(&bytes, refused[i]))
			fail_msg("accepted " STR_FMT, STR_ARG(refused[i]));
	}
}

int main(void)
{
	static const struct CMUnitTest others[] = {
	    cmocka_unit_test(test_all_code_points),
	    cmocka_unit_test(test_base64url),
	    cmocka_unit_test(test_base64url_round_trip),
	    cmocka_unit_test(test_base64url_refused),
	};
	static struct CMUnitTest tests[N_ELEMENTS(cases) + N_ELEMENTS(others)];

	for (size_t i = 0; i < N_ELEMENTS(cases); i++)
		tests[i] = (struct CMUnitTest){
		    .name = cases[i].name, .test_func = test_text, .initial_state = (void *)(uintptr_t)&cases[i]};
	for (size_t i = 0; i < N_ELEMENTS(others); i++)
		tests[N_ELEMENTS(cases) + i] = others[i];
	return cmocka_run_group_tests_name("json/utf8", tests, NULL, NULL);
}
