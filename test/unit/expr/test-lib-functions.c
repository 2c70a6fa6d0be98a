/* SPDX-License-Identifier: Apache-2.0
 *
 * The libraries through expressions: two that must yield the same value of the same kind, or one and what its error
 * says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "expr/expr.h"

#define MAX_MESSAGE ((size_t)4096)

struct pair {
	const char *expression;
	const char *want; /* an expression, or "! " and a part of the error */
};

struct fixture {
	struct cel_env *env;
	struct arena arena;
};

static int set_up(void **state)
{
	static struct fixture f;

	f.env = cel_env_new(CEL_LIB_ALL);
	arena_init(&f.arena);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	cel_env_free(f->env);
	arena_release(&f->arena);
	return 0;
}

/* Compiled without types when those would refuse it: errors at run time are the libraries' too. */
static struct cel_result evaluate(struct fixture *f, const char *expression, struct cel_program **ret_program)
{
	struct cel_issues issues = {.arena = &f->arena};
	struct cel_options options = {.is_unchecked = true};
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(MAX_MESSAGE);

	if (cel_compile(f->env, str_of(expression), &options, ret_program, &issues) != 0) {
		cel_issues_print(&text, str_of(expression), &issues);
		fail_msg("%s\n" STR_FMT, expression, STR_ARG(buf_str(&text)));
	}
	return cel_evaluate(*ret_program, &(struct cel_input){.arena = &f->arena});
}

static void check_error(const char *expression, const struct cel_result *r, const char *want)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(MAX_MESSAGE);

	if (!cel_is_error(r->value))
		fail_msg("%s: no error", expression);
	cel_result_print_error(&text, r);
	buf_add_char(&text, '\0');
	if (!strstr(text.ptr, want))
		fail_msg("%s: \"%s\", not \"%s\"", expression, text.ptr, want);
}

static void check_pair(struct fixture *f, const struct pair *p)
{
	struct cel_program *left = NULL, *right = NULL;
	struct cel_result got = evaluate(f, p->expression, &left);
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(MAX_MESSAGE);

	if (p->want[0] == '!') {
		check_error(p->expression, &got, p->want + 2);
	} else {
		struct cel_result want = evaluate(f, p->want, &right);
		if (cel_is_error(want.value))
			fail_msg("%s is an error itself", p->want);
		if (cel_is_error(got.value)) {
			cel_result_print_error(&text, &got);
			fail_msg("%s: error " STR_FMT, p->expression, STR_ARG(buf_str(&text)));
		}
		if (got.value.kind != want.value.kind || !cel_equal(got.value, want.value, NULL))
			fail_msg("%s is not %s", p->expression, p->want);
	}
	cel_program_free(left);
	cel_program_free(right);
}

static void check_pairs(void **state, const struct pair *pairs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check_pair(*state, &pairs[i]);
}

/* Defines a test of a table. */
#define TEST(name)                                                                                                     \
	static void test_##name(void **state)                                                                          \
	{                                                                                                              \
		check_pairs(state, name, N_ELEMENTS(name));                                                            \
	}

static const struct pair times[] = {
    {"timestamp('1970-01-01T00:00:00Z')", "timestamp(0)"},
    {"timestamp('1969-12-31T23:59:59.5Z') < timestamp(0)", "true"},
    {"string(timestamp('1969-12-31T23:59:59.5Z'))", "'1969-12-31T23:59:59.5Z'"},
    {"timestamp('2000-02-29T12:00:00+05:30')", "timestamp('2000-02-29T06:30:00Z')"},
    {"string(timestamp('2009-02-13T23:31:30.120000000-02:00'))", "'2009-02-14T01:31:30.12Z'"},
    {"int(timestamp('0001-01-01T00:00:00Z'))", "-62135596800"},
    {"timestamp(253402300799) == timestamp('9999-12-31T23:59:59Z')", "true"},
    {"timestamp(253402300800)", "! range"},
    {"timestamp(-62135596801)", "! range"},
    {"timestamp('bad')", "! invalid RFC 3339 timestamp \"bad\""},
    {"timestamp('2009-02-30T00:00:00Z')", "! invalid"},
    {"timestamp('1900-02-29T00:00:00Z')", "! invalid"},
    {"timestamp('2009-02-13T23:31:60Z')", "! invalid"},
    {"timestamp('2009-02-13T24:00:00Z')", "! invalid"},
    {"timestamp('2009-02-13t23:31:30Z')", "! invalid"},
    {"timestamp('2009-02-13T23:31:30z')", "! invalid"},
    {"timestamp('2009-02-13T23:31:30')", "! invalid"},
    {"timestamp('2009-02-13T23:31:30.Z')", "! invalid"},
    {"timestamp('2009-02-13T23:31:30.1234567890Z')", "! invalid"},
    {"timestamp('2009-02-13T23:31:30+24:00')", "! invalid"},
    {"timestamp('2009-02-13T23:31:30+0200')", "! invalid"},
    {"timestamp('0001-01-01T00:00:00+00:01')", "! invalid"},
    {"timestamp('2009-02-13T23:31:30Z ')", "! invalid"},
    {"timestamp('2008-12-31T00:00:00Z').getDayOfYear()", "365"},
    {"timestamp('2000-03-01T00:00:00Z').getDate('-00:01')", "29"},
    {"timestamp('1969-12-31T23:59:59Z').getDayOfWeek()", "3"},
    {"timestamp('0001-01-01T00:00:00Z').getFullYear('-01:00')", "0"},
    {"timestamp('2026-07-01T12:00:00Z').getHours('America/New_York')", "8"},
    {"timestamp('2126-07-01T12:00:00Z').getHours('America/New_York')", "8"},
    {"timestamp('2026-01-01T12:00:00Z').getHours('America/New_York')", "7"},
    {"timestamp('2026-01-01T12:00:00Z').getHours('')", "12"},
    {"timestamp(0).getHours('Nowhere/City')", "! unknown time zone Nowhere/City"},
    {"timestamp(0).getHours('../../etc/passwd')", "! unknown time zone"},
};
TEST(times)

static const struct pair durations[] = {
    {"duration('1h30m')", "duration('5400s')"},
    {"duration('-1.5h')", "duration('-90m')"},
    {"duration('1h34us')", "duration('3600000034000ns')"},
    {"duration('1ms') + duration('1us') + duration('1\u00b5s') + duration('1\u03bcs')", "duration('1003000ns')"},
    {"duration('0')", "duration('0s')"},
    {"duration('+.5s')", "duration('500ms')"},
    {"duration('1.s')", "duration('1s')"},
    {"duration('0.1234567899s')", "duration('123456789ns')"},
    {"duration('9223372036854775807ns')", "duration('2562047h47m16.854775807s')"},
    {"int(duration('-9223372036854775808ns'))", "-9223372036854775808"},
    {"duration('9223372036854775808ns')", "! invalid duration"},
    {"duration('320000000000s')", "! "},
    {"duration('')", "! invalid duration \"\""},
    {"duration('-')", "! invalid"},
    {"duration('1')", "! invalid"},
    {"duration('.s')", "! invalid"},
    {"duration('1d')", "! invalid"},
    {"duration('1h ')", "! invalid"},
    {"duration('1h-1m')", "! invalid"},
    {"string(duration('60001ms'))", "'60.001s'"},
    {"string(duration('-500ms'))", "'-0.5s'"},
    {"string(duration('-9223372036854775808ns'))", "'-9223372036.854775808s'"},
    {"string(duration('0'))", "'0s'"},
    {"duration('-90m').getHours()", "-1"},
    {"duration('-90m').getMinutes()", "-90"},
    {"duration('1.999s').getSeconds()", "1"},
    {"duration('1.999s').getMilliseconds()", "999"},
    {"timestamp('9999-12-31T23:59:59Z') + duration('1s')", "! range"},
    {"timestamp('1700-01-01T00:00:00Z') - timestamp('2100-01-01T00:00:00Z')", "! range"},
};
TEST(durations)

static const struct pair strings[] = {
    {"'a\u00e9\U0001F600z'.charAt(2)", "'\U0001F600'"},
    {"'abc'.charAt(-1)", "! index out of range: -1"},
    {"'abc'.charAt(4)", "! index out of range: 4"},
    {"'abc'.indexOf('c', 3)", "-1"},
    {"'abc'.indexOf('', 3)", "3"},
    {"''.indexOf('')", "0"},
    {"''.indexOf('a')", "-1"},
    {"'\u00e9\u00e9\u00e9'.lastIndexOf('\u00e9', 1)", "1"},
    {"'aaa'.lastIndexOf('aa')", "1"},
    {"'aaa'.lastIndexOf('aaaa')", "-1"},
    {"''.lastIndexOf('')", "0"},
    {"'a\u00e9z'.substring(1, 2)", "'\u00e9'"},
    {"'abc'.substring(3, 3)", "''"},
    {"'abc'.substring(2, 1)", "! invalid substring range. start: 2, end: 1"},
    {"'a\u00e9\U0001F600'.reverse()", "'\U0001F600\u00e9a'"},
    {"''.reverse()", "''"},
    {"'ab'.replace('', '-')", "'-a-b-'"},
    {"'\u00e9b'.replace('', '-', 2)", "'-\u00e9-b'"},
    {"''.replace('', '-')", "'-'"},
    {"'aaa'.replace('a', 'bb', 2)", "'bbbba'"},
    {"'aaa'.replace('a', '', 0)", "'aaa'"},
    {"'aaa'.replace('a', '')", "''"},
    {"'aaaa'.replace('aa', 'a')", "'aa'"},
    {"'a,b,,c'.split(',')", "['a', 'b', '', 'c']"},
    {"','.split(',')", "['', '']"},
    {"''.split(',')", "['']"},
    {"''.split('')", "[]"},
    {"'a\u00e9b'.split('')", "['a', '\u00e9', 'b']"},
    {"'a\u00e9b'.split('', 2)", "['a', '\u00e9b']"},
    {"'a,b,c'.split(',', 2)", "['a', 'b,c']"},
    {"'a,b'.split(',', -7)", "['a', 'b']"},
    {"['a', '', 'b'].join('--')", "'a----b'"},
    {"['a', dyn(1)].join()", "! no such overload"},
    {"'\u3000 \t\u00a0'.trim()", "''"},
    {"' a b '.trim()", "'a b'"},
    {"'\u200b'.trim()", "'\u200b'"},
    {"'AZ[az'.lowerAscii()", "'az[az'"},
    {"'AZ{az'.upperAscii()", "'AZ{AZ'"},
    {"strings.quote('a\\u0000\"\\\\')", "'\"a\\u0000\\\\\"\\\\\\\\\"'"},
};
TEST(strings)

static const struct pair formats[] = {
    {"'%s %s'.format([1e6, -0.0])", "'1000000 -0'"},
    {"'%s'.format([1e-7])", "'0.0000001'"},
    {"'%s'.format([123456789012345680000.0])", "'123456789012345680000'"},
    {"'%s'.format([5e-324]).size()", "326"},
    {"'%s'.format([0.1 + 0.2])", "'0.30000000000000004'"},
    {"'%s'.format([b'a\\xffb'])", "'a\\uFFFDb'"},
    {"'%s'.format([[[], {}, [{'b': 1, 'a': [2]}]]])", "'[[], {}, [{a: [2], b: 1}]]'"},
    {"'%s'.format([type(timestamp(0))])", "'google.protobuf.Timestamp'"},
    {"'%s'.format([ip('::1')])", "'::1'"},
    {"'%x %X %o %b'.format([-255, 255u, -8, -5])", "'-ff FF -10 -101'"},
    {"'%x'.format([-9223372036854775807 - 1])", "'-8000000000000000'"},
    {"'%d'.format([-9223372036854775807 - 1])", "'-9223372036854775808'"},
    {"'%f %.2f %e'.format([1, 2u, 0])", "'1.000000 2.00 0.000000e+00'"},
    {"'%.0f'.format([0.5])", "'0'"},
    {"'100%%'.format([])", "'100%'"},
    {"'%'.format([])", "! unexpected end of string"},
    {"'%.'.format([1])", "! unexpected end of string"},
    {"'%.1000f'.format([1.0])", "! precision"},
    {"'%\u00e9'.format([1])", "! unrecognized formatting clause \"\u00e9\""},
    {"'%d'.format([1.5])", "! decimal clause can only be used on integers, was given double"},
    {"'%s'.format([optional.of(1)])", "! string clause"},
    {"'%s%s'.format(['a'])", "! index 1 out of range"},
    {"'a'.format(['unused'])", "'a'"},
    {"string(1e6) + ' ' + string(123456.0) + ' ' + string(1e-5) + ' ' + string(0.0001)", "'1e+06 123456 1e-05 0.0001'"},
    {"string(1234567.5)", "'1.2345675e+06'"},
    {"string(1.7976931348623157e308)", "'1.7976931348623157e+308'"},
    {"string(5e-324)", "'5e-324'"},
};
TEST(formats)

static const struct pair numbers[] = {
    {"math.greatest([1, 2.5, 2u])", "2.5"},
    {"math.least(3)", "3"},
    {"math.greatest([])", "! must not be empty"},
    {"math.greatest(['a'])", "! no such overload"},
    {"math.sqrt(81)", "9.0"},
    {"math.isNaN(math.sqrt(-1.0))", "true"},
    {"math.abs(-9223372036854775807)", "9223372036854775807"},
    {"math.sign(-0.5)", "-1.0"},
    {"math.isNaN(math.sign(0.0 / 0.0))", "true"},
    {"math.round(-0.5)", "-1.0"},
    {"math.bitShiftLeft(1, 63)", "-9223372036854775807 - 1"},
    {"math.bitShiftLeft(1, 64)", "0"},
    {"math.bitShiftRight(-1, 63)", "1"},
    {"math.bitShiftRight(1, -1)", "! negative offset"},
    {"math.bitXor(6u, 3u)", "5u"},
    {"math.bitNot(-1)", "0"},
};
TEST(numbers)

static const struct pair lists[] = {
    {"[1, 2, 3, 4].slice(1, 3)", "[2, 3]"},
    {"[1].slice(1, 1)", "[]"},
    {"[1].slice(0, 2)", "! list is length 1"},
    {"[1].slice(-1, 1)", "! negative indexes not supported"},
    {"[1].slice(1, 0)", "! start index must be less than or equal to end index"},
    {"[[1, [2]], [3]].flatten()", "[1, [2], 3]"},
    {"[1, [2, [3, [4]]]].flatten(2)", "[1, 2, 3, [4]]"},
    {"[[1]].flatten(0)", "[[1]]"},
    {"[[1, [2, [3, [4]]]]].flatten(9223372036854775807)", "[1, 2, 3, 4]"},
    {"[[1]].flatten(-1)", "! level must be non-negative"},
    {"[1, 2, 1, 3, 2].distinct()", "[1, 2, 3]"},
    {"['b', 'a', 'b'].distinct()", "['b', 'a']"},
    {"[1, 1u, 1.0, [1], [1.0], 2].distinct()", "[1, [1], 2]"},
    {"[0.0 / 0.0, 0.0 / 0.0].distinct().size()", "2"},
    {"lists.range(4)", "[0, 1, 2, 3]"},
    {"lists.range(-1)", "[]"},
    {"lists.range(20).map(i, i % 5).distinct()", "[0, 1, 2, 3, 4]"},
    {"[1, 2, 3].reverse()", "[3, 2, 1]"},
    {"[3, 1, 2].sort()", "[1, 2, 3]"},
    {"lists.range(100).map(i, (i * 37) % 100).sort() == lists.range(100)", "true"},
    {"['b', '', 'ab', 'a'].sort()", "['', 'a', 'ab', 'b']"},
    {"[].sort()", "[]"},
    {"[dyn(1), dyn('a')].sort()", "! "},
    {"[[1], [2]].sort()", "! "},
    {"[1, 2].first()", "optional.of(1)"},
    {"[1, 2].last()", "optional.of(2)"},
    {"[].first()", "optional.none()"},
    {"[].last().orValue(7)", "7"},
};
TEST(lists)

static const struct pair sets[] = {
    {"sets.contains([1, 2, 3], [3, 1])", "true"},
    {"sets.contains([1], [1, 2])", "false"},
    {"sets.contains([], [])", "true"},
    {"sets.contains([1, 'a', [2]], [[2.0], 1u])", "true"},
    {"sets.equivalent([1, 1, 2], [2u, 1.0])", "true"},
    {"sets.equivalent([1], [1, 2])", "false"},
    {"sets.equivalent([1, 2], [1])", "false"},
    {"sets.intersects([1, 2], [2, 3])", "true"},
    {"sets.intersects([1], [])", "false"},
    {"sets.intersects([1], [2])", "false"},
};
TEST(sets)

static const struct pair encodings[] = {
    {"base64.encode(b'')", "''"},
    {"base64.encode(b'\\xff\\xfe\\xfd')", "'//79'"},
    {"base64.encode(b'a')", "'YQ=='"},
    {"base64.decode('YWI=')", "b'ab'"},
    {"base64.decode('YWI')", "b'ab'"},
    {"base64.decode('YW\\r\\nI=\\n')", "b'ab'"},
    {"base64.decode('')", "b''"},
    {"base64.decode('Y')", "! illegal base64"},
    {"base64.decode('Y=I=')", "! illegal base64"},
    {"base64.decode('YWI==')", "! illegal base64"},
    {"base64.decode('=')", "! illegal base64"},
    {"base64.decode('YW_-')", "! illegal base64"},
    {"base64.decode('YW I')", "! illegal base64"},
};
TEST(encodings)

static const struct pair optionals[] = {
    {"optional.of(1).value()", "1"},
    {"optional.none().value()", "! optional.none() dereference"},
    {"optional.ofNonZeroValue(0.0).hasValue()", "false"},
    {"optional.ofNonZeroValue(duration('0s')).hasValue()", "false"},
    {"optional.ofNonZeroValue(timestamp(0)).hasValue()", "true"},
    {"optional.ofNonZeroValue(timestamp('0001-01-01T00:00:00Z')).hasValue()", "false"},
    {"optional.ofNonZeroValue([0]).hasValue()", "true"},
    {"optional.none().or(optional.of(2))", "optional.of(2)"},
    {"optional.of(1).or(optional.of(2))", "optional.of(1)"},
    {"optional.none().orValue(3)", "3"},
    {"optional.unwrap([optional.of(1), optional.none(), optional.of(2)])", "[1, 2]"},
    {"[optional.none()].unwrapOpt()", "[]"},
    {"optional.unwrap([dyn(1)])", "! no such overload"},
};
TEST(optionals)

static const struct pair networks[] = {
    {"string(ip('192.168.0.1'))", "'192.168.0.1'"},
    {"string(ip('2001:DB8:0:0:1:0:0:1'))", "'2001:db8::1:0:0:1'"},
    {"string(ip('0:0:0:0:0:0:0:0'))", "'::'"},
    {"string(ip('1:0:2:3:4:5:6:7'))", "'1:0:2:3:4:5:6:7'"},
    {"string(ip('1:2:3:4:5:6:0:0'))", "'1:2:3:4:5:6::'"},
    {"ip('::ffff:c0a8:1') == ip('192.168.0.1')", "true"},
    {"ip('::') == ip('0.0.0.0')", "false"},
    {"ip('127.0.0.1') == ip('127.0.0.2')", "false"},
    {"type(ip('::1')) == net.IP", "true"},
    {"type(cidr('::1/128')) == net.CIDR", "true"},
    {"ip('192.168.0.1.0')", "! IP Address '192.168.0.1.0' parse error during conversion from string"},
    {"ip('fe80::1%en0')", "! with zone value is not allowed"},
    {"ip('::ffff:192.168.0.1')", "! not allowed"},
    {"isIP('1.2.3.4')", "true"},
    {"['', '1.2.3', '1.2.3.', '1.2.3.4.5', '01.2.3.4', '256.1.1.1', '1.2.3.a', ':', ':1', '1:', '1:::2', '1::2::3', "
     "'12345::', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '::1:2:3:4:5:6:7:8', 'g::', '1.2.3.4 ', '-1.2.3.4'].exists(a, "
     "isIP(a))",
     "false"},
    {"isCIDR('10.0.0.0/8') && isCIDR('::/0') && isCIDR('::1/128')", "true"},
    {"['', '10.0.0.0', '10.0.0.0/', '10.0.0.0/33', '10.0.0.0/08', '10.0.0.0/+8', '::/129', '::ffff:c0a8:1/120', "
     "'10.0.0/8'].exists(c, isCIDR(c))",
     "false"},
    {"ip.isCanonical('::1')", "true"},
    {"ip.isCanonical('0::1')", "false"},
    {"ip('1.2.3.4').family()", "4"},
    {"ip('::2').family()", "6"},
    {"ip('0.0.0.0').isUnspecified()", "true"},
    {"ip('127.9.9.9').isLoopback()", "true"},
    {"ip('::1').isLoopback()", "true"},
    {"ip('10.0.0.1').isGlobalUnicast()", "true"},
    {"ip('255.255.255.255').isGlobalUnicast()", "false"},
    {"ip('239.0.0.1').isGlobalUnicast()", "false"},
    {"ip('169.254.0.1').isLinkLocalUnicast()", "true"},
    {"ip('febf::1').isLinkLocalUnicast()", "true"},
    {"ip('fec0::1').isLinkLocalUnicast()", "false"},
    {"ip('224.0.0.7').isLinkLocalMulticast()", "true"},
    {"ip('ff12::1').isLinkLocalMulticast()", "true"},
    {"cidr('10.1.2.3/12').masked()", "cidr('10.0.0.0/12')"},
    {"cidr('10.1.2.3/12') == cidr('10.0.0.0/12')", "false"},
    {"string(cidr('2001:db8::1/33').masked())", "'2001:db8::/33'"},
    {"cidr('10.0.0.0/8').containsIP('10.255.0.1')", "true"},
    {"cidr('10.0.0.0/8').containsIP(ip('11.0.0.1'))", "false"},
    {"cidr('0.0.0.0/0').containsIP('::1')", "false"},
    {"cidr('10.0.0.0/8').containsIP('x')", "! parse error"},
    {"cidr('10.0.0.0/8').containsCIDR('10.2.0.0/15')", "true"},
    {"cidr('10.2.0.0/15').containsCIDR(cidr('10.0.0.0/8'))", "false"},
    {"cidr('10.0.0.9/8').ip()", "ip('10.0.0.9')"},
    {"cidr('10.0.0.9/8').isMask()", "false"},
    {"cidr('10.0.0.0/8').isMask()", "true"},
    {"cidr('10.0.0.0/8').prefixLength()", "8"},
    {"'10.0.0.1' in [string(ip('10.0.0.1'))]", "true"},
};
TEST(networks)

static const struct pair regexes[] = {
    {"regex.replace('hello world', 'l+', 'L')", "'heLo worLd'"},
    {"regex.replace('foo bar', '(fo)o (ba)r', r'\\2 \\1 \\\\ \\0')", "'ba fo \\\\ foo bar'"},
    {"regex.replace('banana', 'a', 'x', 2)", "'bxnxna'"},
    {"regex.replace('banana', 'a', 'x', 0)", "'banana'"},
    {"regex.replace('banana', 'a', 'x', -3)", "'bxnxnx'"},
    {"regex.replace('a\u00e9b', '', '-')", "'-a-\u00e9-b-'"},
    {"regex.replace('baac', 'a*', '-')", "'-b--c-'"},
    {"regex.replace('abc', '(', 'x')", "! missing"},
    {"regex.replace('abc', 'b', r'\\1')", "! invalid replacement"},
    {"regex.replace('abc', 'b', r'x\\')", "! invalid replacement"},
    {"regex.extract('hello world', 'hello (.*)').value()", "'world'"},
    {"regex.extract('item-A', r'item-\\w').value()", "'item-A'"},
    {"regex.extract('HELLO', 'hello')", "optional.none()"},
    {"regex.extract('a', '(b)|a')", "optional.none()"},
    {"regex.extract('a@b', '(.*)@(.*)')", "! more than one capturing group"},
    {"regex.extractAll('id:123, id:456', r'id:\\d+')", "['id:123', 'id:456']"},
    {"regex.extractAll('id:123, id:456', r'id:(\\d+)')", "['123', '456']"},
    {"regex.extractAll('abc', 'x')", "[]"},
    {"regex.extractAll('aab', '^a')", "['a']"},
};
TEST(regexes)

/* ---- what functions cost ----------------------------------------------------------------------------------------- */

#define LONG_TEXT 100000u
#define LONG_LIST 10000u

/* Each looks at all of a text of LONG_TEXT bytes ("s") or a list of LONG_LIST numbers ("l"). */
static const char *const works[] = {
    "s.charAt(99999)",
    "s.substring(99999)",
    "s.indexOf('b')",
    "s.lastIndexOf('b')",
    "s.trim()",
    "s.lowerAscii()",
    "s.upperAscii()",
    "s.reverse()",
    "s.replace('b', 'c')",
    "s.replace('a', 'bb').size()",
    "s.split('b')",
    "[s].join()",
    "strings.quote(s)",
    "'%s'.format([s])",
    "'%x'.format([s])",
    "s.format([])",
    "'%s'.format([l])",
    "base64.encode(bytes(s))",
    "base64.decode(s)",
    "regex.replace(s, '[b]', '')",
    "regex.extract(s, '[b]')",
    "regex.extractAll(s, '[b]')",
    "s.matches('[b]')",
    "isIP(s)",
    "math.greatest(l)",
    "l.reverse()",
    "l.distinct()",
    "l.sort()",
    "l.flatten()",
    "sets.contains(l, [l[9999]])",
    "lists.range(l.size())",
    "optional.unwrap(l.map(i, [i][?0]))",
    "timestamp(s)",
    "duration(s)",
    "['a'].exists(x, s.matches('[' + x + ']b'))",
};

struct loaded {
	struct cel_env *env;
	struct arena arena;
	struct cel_value variables[2];
};

static void load(struct loaded *f)
{
	char *text = arena_alloc(&f->arena, LONG_TEXT);
	struct cel_value *items = ARENA_ARRAY(&f->arena, struct cel_value, LONG_LIST);

	memset(text, 'a', LONG_TEXT);
	for (uint32_t i = 0; i < LONG_LIST; i++)
		items[i] = cel_int(i);
	f->env = cel_env_new(CEL_LIB_ALL);
	f->variables[cel_env_add_variable(f->env, STR("s"), &cel_type_string)] =
	    cel_string((struct str){text, LONG_TEXT});
	f->variables[cel_env_add_variable(f->env, STR("l"), &cel_type_list_dyn)] = cel_list(items, LONG_LIST);
}

static struct cel_result run(struct loaded *f, const char *expression, uint64_t budget, size_t memory)
{
	struct cel_issues issues = {.arena = &f->arena};
	struct cel_options options = {.is_unchecked = true};
	struct cel_program *p = NULL;

	if (cel_compile(f->env, str_of(expression), &options, &p, &issues) != 0)
		fail_msg("%s", expression);
	struct cel_result r = cel_evaluate(
	    p, &(struct cel_input){.variables = f->variables, .arena = &f->arena, .budget = budget, .memory = memory});
	cel_program_free(p);
	return r;
}

/* Work is paid for, and who cannot pay gets nothing. */
static void test_costs(void **state)
{
	struct loaded f = {0};

	(void)state;
	load(&f);
	for (size_t i = 0; i < N_ELEMENTS(works); i++) {
		struct cel_result rich = run(&f, works[i], CEL_DEFAULT_BUDGET, 0);
		if (rich.abort != CEL_NOT_ABORTED || rich.units < LONG_TEXT / 10)
			fail_msg("%s: %llu units", works[i], (unsigned long long)rich.units);
		if (run(&f, works[i], rich.units - 1, 0).abort != CEL_OVER_BUDGET)
			fail_msg("%s on credit", works[i]);
	}
	cel_env_free(f.env);
	arena_release(&f.arena);
}

/* What grows does not grow beyond the memory that was given. */
static void test_memory(void **state)
{
	static const char *const greedy[] = {
	    "s.replace('a', s)",
	    "s.replace('', s)",
	    "[s, s, s].join(s)",
	    "'%s%s%s'.format([s, s, s])",
	    "s.reverse() + s",
	    "lists.range(100000)",
	    "l.map(i, [i])",
	    "s.split('')",
	    "regex.replace(s, 'a', 'aaaa')",
	    "regex.extractAll(s, '[a]')",
	    "base64.encode(bytes(s + s))",
	    "(s + '%.999f').format([1.0])",
	};
	struct loaded f = {0};

	(void)state;
	load(&f);
	for (size_t i = 0; i < N_ELEMENTS(greedy); i++) {
		struct cel_result r = run(&f, greedy[i], UINT64_C(1) << 62, LONG_TEXT);
		if (r.abort != CEL_OUT_OF_MEMORY)
			fail_msg("%s: not out of memory", greedy[i]);
	}
	cel_env_free(f.env);
	arena_release(&f.arena);
}

/* A value whose parts are shared has 2^30 of them when it is followed: that is paid for, too, not answered wrongly. */
static void test_shared_parts(void **state)
{
	static const char *const ends[] = {"sets.contains([a], [a, 1])",
	                                   "sets.equivalent([a], [a])",
	                                   "sets.intersects([a], [a])",
	                                   "[a, a].distinct()",
	                                   "a.flatten(100)",
	                                   "'%s'.format([a])"};
	struct loaded f = {0};

	(void)state;
	load(&f);
	for (size_t i = 0; i < N_ELEMENTS(ends); i++) {
		CLEANUP(buf_releasep) struct buf text = BUF_INIT(MAX_MESSAGE);
		buf_add(&text, STR("cel.bind(a, [1], "));
		for (int k = 0; k < 30; k++)
			buf_add(&text, STR("cel.bind(a, [a, a], "));
		buf_add(&text, str_of(ends[i]));
		for (int k = 0; k <= 30; k++)
			buf_add_char(&text, ')');
		buf_add_char(&text, '\0');
		if (run(&f, text.ptr, 0, 0).abort == CEL_NOT_ABORTED)
			fail_msg("%s", ends[i]);
	}
	cel_env_free(f.env);
	arena_release(&f.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_times),    cmocka_unit_test(test_durations),    cmocka_unit_test(test_strings),
	    cmocka_unit_test(test_formats),  cmocka_unit_test(test_numbers),      cmocka_unit_test(test_lists),
	    cmocka_unit_test(test_sets),     cmocka_unit_test(test_encodings),    cmocka_unit_test(test_optionals),
	    cmocka_unit_test(test_networks), cmocka_unit_test(test_regexes),      cmocka_unit_test(test_costs),
	    cmocka_unit_test(test_memory),   cmocka_unit_test(test_shared_parts),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
