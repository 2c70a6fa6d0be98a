/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "cel-oracle.h"

/* What every function gets; too few arguments read as errors, which no function takes. */
struct call {
	struct arena *arena;
	struct oracle_value a, b, c;
	size_t n;
};

static bool takes(const struct call *c, size_t n, enum oracle_kind first, enum oracle_kind second)
{
	return c->n == n && c->a.kind == first && (n < 2 || c->b.kind == second);
}

/* ---- strings ----------------------------------------------------------------------------------------------------- */

static struct oracle_value slice(struct oracle_value s, size_t from, size_t to)
{
	s.n = to - from;
	if (s.kind == O_STRING)
		s.text += from;
	else
		s.items += from;
	return s;
}

/* Is `part` at s[at]? */
static bool is_at(struct oracle_value s, struct oracle_value part, size_t at)
{
	for (size_t i = 0; i < part.n; i++) {
		if (at + i >= s.n || s.text[at + i] != part.text[i])
			return false;
	}
	return true;
}

/* Where it first is from `from` on; -1: nowhere. */
static int64_t find(struct oracle_value s, struct oracle_value part, size_t from)
{
	for (size_t at = from; at + part.n <= s.n; at++) {
		if (is_at(s, part, at))
			return (int64_t)at;
	}
	return -1;
}

static struct oracle_value size(const struct call *c)
{
	bool has_size = c->a.kind == O_STRING || c->a.kind == O_BYTES || c->a.kind == O_LIST || c->a.kind == O_MAP;

	return c->n == 1 && has_size ? oracle_int((int64_t)c->a.n) : oracle_error();
}

static struct oracle_value contains(const struct call *c)
{
	return takes(c, 2, O_STRING, O_STRING) ? oracle_bool(find(c->a, c->b, 0) >= 0) : oracle_error();
}

static struct oracle_value starts_with(const struct call *c)
{
	return takes(c, 2, O_STRING, O_STRING) ? oracle_bool(is_at(c->a, c->b, 0)) : oracle_error();
}

static struct oracle_value ends_with(const struct call *c)
{
	if (!takes(c, 2, O_STRING, O_STRING))
		return oracle_error();
	return oracle_bool(c->b.n <= c->a.n && is_at(c->a, c->b, c->a.n - c->b.n));
}

static struct oracle_value char_at(const struct call *c)
{
	if (!takes(c, 2, O_STRING, O_INT) || c->b.i < 0 || (uint64_t)c->b.i > c->a.n)
		return oracle_error();
	size_t at = (size_t)c->b.i;
	return slice(c->a, at, at < c->a.n ? at + 1 : at);
}

static struct oracle_value substring(const struct call *c)
{
	bool has_end = c->n == 3;
	int64_t to = has_end ? c->c.i : (int64_t)c->a.n;

	if (c->a.kind != O_STRING || c->b.kind != O_INT || (has_end && c->c.kind != O_INT))
		return oracle_error();
	if (c->b.i < 0 || c->b.i > to || (uint64_t)to > c->a.n)
		return oracle_error();
	return slice(c->a, (size_t)c->b.i, (size_t)to);
}

static struct oracle_value index_of(const struct call *c)
{
	size_t from = c->n == 3 ? (size_t)c->c.i : 0;

	if (c->a.kind != O_STRING || c->b.kind != O_STRING || (c->n == 3 && c->c.kind != O_INT))
		return oracle_error();
	return from > c->a.n ? oracle_error() : oracle_int(find(c->a, c->b, from));
}

static struct oracle_value last_index_of(const struct call *c)
{
	if (!takes(c, 2, O_STRING, O_STRING))
		return oracle_error();
	for (size_t at = c->a.n + 1; at-- > 0;) {
		if (at + c->b.n <= c->a.n && is_at(c->a, c->b, at))
			return oracle_int((int64_t)at);
	}
	return oracle_int(-1);
}

static struct oracle_value lower_ascii(const struct call *c)
{
	uint32_t *text = ARENA_ARRAY(c->arena, uint32_t, c->a.n);

	if (c->n != 1 || c->a.kind != O_STRING)
		return oracle_error();
	for (size_t i = 0; i < c->a.n; i++)
		text[i] = c->a.text[i] >= 'A' && c->a.text[i] <= 'Z' ? c->a.text[i] + 32 : c->a.text[i];
	return (struct oracle_value){.kind = O_STRING, .text = text, .n = c->a.n};
}

static struct oracle_value reverse(const struct call *c)
{
	uint32_t *text = ARENA_ARRAY(c->arena, uint32_t, c->a.n);
	struct oracle_value *items = ARENA_ARRAY(c->arena, struct oracle_value, c->a.n);

	if (c->n != 1 || (c->a.kind != O_STRING && c->a.kind != O_LIST))
		return oracle_error();
	for (size_t i = 0; i < c->a.n; i++) {
		if (c->a.kind == O_STRING)
			text[i] = c->a.text[c->a.n - 1 - i];
		else
			items[i] = c->a.items[c->a.n - 1 - i];
	}
	return (struct oracle_value){.kind = c->a.kind, .text = text, .items = items, .n = c->a.n};
}

/* A text in the making. */
struct text {
	uint32_t *at;
	size_t n;
};

static void add(struct text *t, struct oracle_value s)
{
	for (size_t i = 0; i < s.n; i++)
		t->at[t->n++] = s.text[i];
}

/* Nothing is replaced by going from one code point to the next. */
static struct oracle_value replace(const struct call *c)
{
	struct oracle_value s = c->a, old = c->b, new = c->c;
	struct text out = {.at = ARENA_ARRAY(c->arena, uint32_t, (s.n + 1) * (new.n + 1) + s.n)};

	if (c->n != 3 || s.kind != O_STRING || old.kind != O_STRING || new.kind != O_STRING)
		return oracle_error();
	for (size_t i = 0; i <= s.n;) {
		bool found = is_at(s, old, i) && i + old.n <= s.n;
		if (found)
			add(&out, new);
		if (!found || !old.n) {
			if (i < s.n)
				add(&out, slice(s, i, i + 1));
			i++;
		} else {
			i += old.n;
		}
	}
	return (struct oracle_value){.kind = O_STRING, .text = out.at, .n = out.n};
}

static struct oracle_value split(const struct call *c)
{
	struct oracle_value *parts = ARENA_ARRAY(c->arena, struct oracle_value, c->a.n + 1);
	size_t n = 0, from = 0;

	if (!takes(c, 2, O_STRING, O_STRING))
		return oracle_error();
	if (!c->b.n) {
		for (; n < c->a.n; n++)
			parts[n] = slice(c->a, n, n + 1);
		return oracle_list(parts, n);
	}
	for (int64_t at; (at = find(c->a, c->b, from)) >= 0; from = (size_t)at + c->b.n)
		parts[n++] = slice(c->a, from, (size_t)at);
	parts[n++] = slice(c->a, from, c->a.n);
	return oracle_list(parts, n);
}

static struct oracle_value join(const struct call *c)
{
	size_t length = 0;

	if (c->a.kind != O_LIST || (c->n == 2 && c->b.kind != O_STRING))
		return oracle_error();
	for (size_t i = 0; i < c->a.n; i++) {
		if (c->a.items[i].kind != O_STRING)
			return oracle_error();
		length += c->a.items[i].n + c->b.n;
	}
	struct text out = {.at = ARENA_ARRAY(c->arena, uint32_t, length)};
	for (size_t i = 0; i < c->a.n; i++) {
		if (i && c->n == 2)
			add(&out, c->b);
		add(&out, c->a.items[i]);
	}
	return (struct oracle_value){.kind = O_STRING, .text = out.at, .n = out.n};
}

/* ---- conversions ---------------------------------------------------------------------------------------------------
 */

static struct oracle_value dyn(const struct call *c)
{
	return c->n == 1 ? c->a : oracle_error();
}

/* Of characters that are allowed, and not too long: what the generator makes is one or the other. */
static bool to_ascii(struct oracle_value s, const char *allowed, char *text, size_t size)
{
	if (!s.n || s.n >= size)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (!s.text[i] || s.text[i] >= 128 || !strchr(allowed, (int)s.text[i]))
			return false;
		text[i] = (char)s.text[i];
	}
	text[s.n] = '\0';
	return true;
}

/* Numbers with an exponent, infinities and NaN, too: string() prints them. A sign before "nan" is nobody's. */
static bool parse_double(struct oracle_value s, double *ret)
{
	char text[400], *end;

	if (!to_ascii(s, "0123456789.-+eEiInNfFtTyYaA", text, sizeof(text)))
		return false;
	errno = 0;
	*ret = strtod(text, &end);
	bool is_signed_nan = isnan(*ret) && (text[0] == '-' || text[0] == '+');
	return *end == '\0' && !is_signed_nan && !(errno == ERANGE && isinf(*ret));
}

static bool parse_int(struct oracle_value s, int64_t *ret)
{
	char text[400], *end;

	if (!to_ascii(s, "0123456789-", text, sizeof(text)))
		return false;
	errno = 0;
	*ret = strtoll(text, &end, 10);
	return *end == '\0' && errno == 0;
}

static bool parse_uint(struct oracle_value s, uint64_t *ret)
{
	char text[400], *end;

	if (!to_ascii(s, "0123456789", text, sizeof(text)))
		return false;
	errno = 0;
	*ret = strtoull(text, &end, 10);
	return *end == '\0' && errno == 0;
}

static struct oracle_value to_int(const struct call *c)
{
	int64_t i;

	if (c->n != 1)
		return oracle_error();
	if (c->a.kind == O_INT || c->a.kind == O_TIMESTAMP || c->a.kind == O_DURATION)
		return oracle_int(c->a.i);
	if (c->a.kind == O_UINT && c->a.u <= INT64_MAX)
		return oracle_int((int64_t)c->a.u);
	if (c->a.kind == O_DOUBLE && c->a.d > -0x1p63 && c->a.d < 0x1p63)
		return oracle_int((int64_t)c->a.d);
	return c->a.kind == O_STRING && parse_int(c->a, &i) ? oracle_int(i) : oracle_error();
}

static struct oracle_value to_uint(const struct call *c)
{
	uint64_t u;

	if (c->n != 1)
		return oracle_error();
	if (c->a.kind == O_UINT)
		return c->a;
	if (c->a.kind == O_INT && c->a.i >= 0)
		return oracle_uint((uint64_t)c->a.i);
	if (c->a.kind == O_DOUBLE && c->a.d >= 0 && c->a.d < 0x1p64)
		return oracle_uint((uint64_t)c->a.d);
	return c->a.kind == O_STRING && parse_uint(c->a, &u) ? oracle_uint(u) : oracle_error();
}

static struct oracle_value to_double(const struct call *c)
{
	double d;

	if (c->n != 1)
		return oracle_error();
	if (c->a.kind == O_DOUBLE)
		return c->a;
	if (c->a.kind == O_INT)
		return oracle_double((double)c->a.i);
	if (c->a.kind == O_UINT)
		return oracle_double((double)c->a.u);
	return c->a.kind == O_STRING && parse_double(c->a, &d) ? oracle_double(d) : oracle_error();
}

static struct oracle_value to_string(const struct call *c)
{
	CLEANUP(buf_releasep) struct buf out = BUF_INIT((size_t)1 << 20);

	if (c->n == 1 && c->a.kind == O_STRING)
		return c->a;
	return c->n == 1 && oracle_to_text(&out, c->a) ? oracle_text(c->arena, buf_str(&out)) : oracle_error();
}

/* ---- times ---------------------------------------------------------------------------------------------------------
 */

static struct oracle_value timestamp(const struct call *c)
{
	if (c->n == 1 && c->a.kind == O_TIMESTAMP)
		return c->a;
	if (!takes(c, 1, O_INT, O_ERROR) || c->a.i < INT64_C(-62135596800) || c->a.i > INT64_C(253402300799))
		return oracle_error();
	return (struct oracle_value){.kind = O_TIMESTAMP, .i = c->a.i};
}

/* Whole seconds, as the generator writes them. */
static struct oracle_value duration(const struct call *c)
{
	int64_t i;

	if (c->n == 1 && c->a.kind == O_DURATION)
		return c->a;
	if (!takes(c, 1, O_STRING, O_ERROR) || c->a.n < 2 || c->a.text[c->a.n - 1] != 's' ||
	    !parse_int(slice(c->a, 0, c->a.n - 1), &i))
		return oracle_error();
	return (struct oracle_value){.kind = O_DURATION, .i = i * INT64_C(1000000000)};
}

/* libc's calendar. */
static struct tm fields_of(struct oracle_value v)
{
	time_t at = (time_t)v.i;
	struct tm tm = {0};

	(void)gmtime_r(&at, &tm);
	return tm;
}

static struct oracle_value full_year(const struct call *c)
{
	return takes(c, 1, O_TIMESTAMP, O_ERROR) ? oracle_int(fields_of(c->a).tm_year + 1900) : oracle_error();
}

static struct oracle_value day_of_year(const struct call *c)
{
	return takes(c, 1, O_TIMESTAMP, O_ERROR) ? oracle_int(fields_of(c->a).tm_yday) : oracle_error();
}

static struct oracle_value date(const struct call *c)
{
	return takes(c, 1, O_TIMESTAMP, O_ERROR) ? oracle_int(fields_of(c->a).tm_mday) : oracle_error();
}

static struct oracle_value hours(const struct call *c)
{
	if (takes(c, 1, O_DURATION, O_ERROR))
		return oracle_int(c->a.i / INT64_C(3600000000000));
	return takes(c, 1, O_TIMESTAMP, O_ERROR) ? oracle_int(fields_of(c->a).tm_hour) : oracle_error();
}

/* ---- numbers -------------------------------------------------------------------------------------------------------
 */

static bool is_number(struct oracle_value v)
{
	return v.kind == O_INT || v.kind == O_UINT || v.kind == O_DOUBLE;
}

static struct oracle_value extreme(const struct call *c, int wanted)
{
	if (c->n != 1)
		return oracle_error();
	if (is_number(c->a))
		return c->a;
	if (c->a.kind != O_LIST || !c->a.n)
		return oracle_error();
	struct oracle_value best = c->a.items[0];
	for (size_t i = 0; i < c->a.n; i++) {
		if (!is_number(c->a.items[i]))
			return oracle_error();
		if (oracle_compare(c->a.items[i], best) == wanted)
			best = c->a.items[i];
	}
	return best;
}

static struct oracle_value greatest(const struct call *c)
{
	return extreme(c, 1);
}

static struct oracle_value least(const struct call *c)
{
	return extreme(c, -1);
}

static struct oracle_value absolute(const struct call *c)
{
	if (c->n == 1 && c->a.kind == O_INT && c->a.i != INT64_MIN)
		return oracle_int(c->a.i < 0 ? -c->a.i : c->a.i);
	if (c->n == 1 && c->a.kind == O_DOUBLE)
		return oracle_double(c->a.d < 0 || signbit(c->a.d) ? -c->a.d : c->a.d);
	return c->n == 1 && c->a.kind == O_UINT ? c->a : oracle_error();
}

/* ---- lists ---------------------------------------------------------------------------------------------------------
 */

static struct oracle_value list_slice(const struct call *c)
{
	if (c->n != 3 || c->a.kind != O_LIST || c->b.kind != O_INT || c->c.kind != O_INT)
		return oracle_error();
	if (c->b.i < 0 || c->b.i > c->c.i || (uint64_t)c->c.i > c->a.n)
		return oracle_error();
	return slice(c->a, (size_t)c->b.i, (size_t)c->c.i);
}

static struct oracle_value flatten(const struct call *c)
{
	size_t n = 0, length = 0;

	if (c->n != 1 || c->a.kind != O_LIST)
		return oracle_error();
	for (size_t i = 0; i < c->a.n; i++)
		length += c->a.items[i].kind == O_LIST ? c->a.items[i].n : 1;
	struct oracle_value *items = ARENA_ARRAY(c->arena, struct oracle_value, length);
	for (size_t i = 0; i < c->a.n; i++) {
		struct oracle_value v = c->a.items[i];
		if (v.kind != O_LIST)
			items[n++] = v;
		for (size_t j = 0; v.kind == O_LIST && j < v.n; j++)
			items[n++] = v.items[j];
	}
	return oracle_list(items, n);
}

static bool holds(struct oracle_value list, struct oracle_value v)
{
	for (size_t i = 0; i < list.n; i++) {
		if (oracle_equal(list.items[i], v))
			return true;
	}
	return false;
}

static struct oracle_value distinct(const struct call *c)
{
	struct oracle_value *items = ARENA_ARRAY(c->arena, struct oracle_value, c->a.n);
	size_t n = 0;

	if (c->n != 1 || c->a.kind != O_LIST)
		return oracle_error();
	for (size_t i = 0; i < c->a.n; i++) {
		if (!holds(oracle_list(items, n), c->a.items[i]))
			items[n++] = c->a.items[i];
	}
	return oracle_list(items, n);
}

static struct oracle_value range(const struct call *c)
{
	size_t n = c->a.kind == O_INT && c->a.i > 0 ? (size_t)c->a.i : 0;

	if (!takes(c, 1, O_INT, O_ERROR) || n > 1000000)
		return oracle_error();
	struct oracle_value *items = ARENA_ARRAY(c->arena, struct oracle_value, n);
	for (size_t i = 0; i < n; i++)
		items[i] = oracle_int((int64_t)i);
	return oracle_list(items, n);
}

static bool holds_all(struct oracle_value list, struct oracle_value part)
{
	for (size_t i = 0; i < part.n; i++) {
		if (!holds(list, part.items[i]))
			return false;
	}
	return true;
}

static struct oracle_value sets_contains(const struct call *c)
{
	return takes(c, 2, O_LIST, O_LIST) ? oracle_bool(holds_all(c->a, c->b)) : oracle_error();
}

static struct oracle_value sets_equivalent(const struct call *c)
{
	return takes(c, 2, O_LIST, O_LIST) ? oracle_bool(holds_all(c->a, c->b) && holds_all(c->b, c->a))
	                                   : oracle_error();
}

static struct oracle_value sets_intersects(const struct call *c)
{
	if (!takes(c, 2, O_LIST, O_LIST))
		return oracle_error();
	for (size_t i = 0; i < c->b.n; i++) {
		if (holds(c->a, c->b.items[i]))
			return oracle_bool(true);
	}
	return oracle_bool(false);
}

/* ---- optionals -----------------------------------------------------------------------------------------------------
 */

static struct oracle_value optional_of(const struct call *c)
{
	return c->n == 1 ? oracle_some(c->arena, c->a) : oracle_error();
}

static struct oracle_value optional_none(const struct call *c)
{
	return c->n == 0 ? oracle_none() : oracle_error();
}

static struct oracle_value has_value(const struct call *c)
{
	return takes(c, 1, O_OPTIONAL, O_ERROR) ? oracle_bool(c->a.n) : oracle_error();
}

static struct oracle_value value(const struct call *c)
{
	return takes(c, 1, O_OPTIONAL, O_ERROR) && c->a.n ? c->a.items[0] : oracle_error();
}

static struct oracle_value or_value(const struct call *c)
{
	if (c->n != 2 || c->a.kind != O_OPTIONAL)
		return oracle_error();
	return c->a.n ? c->a.items[0] : c->b;
}

static struct oracle_value or_optional(const struct call *c)
{
	if (!takes(c, 2, O_OPTIONAL, O_OPTIONAL))
		return oracle_error();
	return c->a.n ? c->a : c->b;
}

static struct oracle_value first(const struct call *c)
{
	if (!takes(c, 1, O_LIST, O_ERROR))
		return oracle_error();
	return c->a.n ? oracle_some(c->arena, c->a.items[0]) : oracle_none();
}

/* ---- all -----------------------------------------------------------------------------------------------------------
 */

static const struct {
	struct str name;
	struct oracle_value (*call)(const struct call *c);
} functions[] = {
    {STR_INIT("size"), size},
    {STR_INIT("contains"), contains},
    {STR_INIT("startsWith"), starts_with},
    {STR_INIT("endsWith"), ends_with},
    {STR_INIT("charAt"), char_at},
    {STR_INIT("substring"), substring},
    {STR_INIT("indexOf"), index_of},
    {STR_INIT("lastIndexOf"), last_index_of},
    {STR_INIT("lowerAscii"), lower_ascii},
    {STR_INIT("reverse"), reverse},
    {STR_INIT("replace"), replace},
    {STR_INIT("split"), split},
    {STR_INIT("join"), join},
    {STR_INIT("dyn"), dyn},
    {STR_INIT("int"), to_int},
    {STR_INIT("uint"), to_uint},
    {STR_INIT("double"), to_double},
    {STR_INIT("string"), to_string},
    {STR_INIT("timestamp"), timestamp},
    {STR_INIT("duration"), duration},
    {STR_INIT("getFullYear"), full_year},
    {STR_INIT("getDayOfYear"), day_of_year},
    {STR_INIT("getDate"), date},
    {STR_INIT("getHours"), hours},
    {STR_INIT("math.greatest"), greatest},
    {STR_INIT("math.least"), least},
    {STR_INIT("math.abs"), absolute},
    {STR_INIT("slice"), list_slice},
    {STR_INIT("flatten"), flatten},
    {STR_INIT("distinct"), distinct},
    {STR_INIT("lists.range"), range},
    {STR_INIT("sets.contains"), sets_contains},
    {STR_INIT("sets.equivalent"), sets_equivalent},
    {STR_INIT("sets.intersects"), sets_intersects},
    {STR_INIT("optional.of"), optional_of},
    {STR_INIT("optional.none"), optional_none},
    {STR_INIT("hasValue"), has_value},
    {STR_INIT("value"), value},
    {STR_INIT("or"), or_optional},
    {STR_INIT("orValue"), or_value},
    {STR_INIT("first"), first},
};

struct oracle_value oracle_call(struct arena *a, struct str name, const struct oracle_value *args, size_t n)
{
	struct call c = {.arena = a, .n = n};

	if (n > 3)
		return oracle_error();
	c.a = n > 0 ? args[0] : oracle_error();
	c.b = n > 1 ? args[1] : oracle_error();
	c.c = n > 2 ? args[2] : oracle_error();
	for (size_t i = 0; i < N_ELEMENTS(functions); i++) {
		if (str_eq(functions[i].name, name))
			return functions[i].call(&c);
	}
	return oracle_error();
}
