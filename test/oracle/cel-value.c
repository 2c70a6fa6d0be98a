/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/utf8.h"
#include "cel-oracle.h"

/* NOLINTBEGIN(misc-no-recursion): values are as deep as the generator makes them */

struct oracle_value oracle_some(struct arena *a, struct oracle_value v)
{
	struct oracle_value *copy = ARENA_NEW(a, struct oracle_value);

	*copy = v;
	return (struct oracle_value){.kind = O_OPTIONAL, .n = 1, .items = copy};
}

struct oracle_value oracle_text(struct arena *a, struct str utf8)
{
	uint32_t *text = ARENA_ARRAY(a, uint32_t, utf8.len);
	size_t n = 0;

	for (size_t at = 0; at < utf8.len;)
		text[n++] = utf8_next(utf8, &at);
	return (struct oracle_value){.kind = O_STRING, .text = text, .n = n};
}

static struct oracle_value of_list(struct arena *a, struct cel_value v)
{
	struct oracle_value *items = ARENA_ARRAY(a, struct oracle_value, v.n);

	for (uint32_t i = 0; i < v.n; i++)
		items[i] = oracle_of(a, cel_list_at(v, i));
	return oracle_list(items, v.n);
}

static struct oracle_value of_map(struct arena *a, struct cel_value v)
{
	struct oracle_value *items = ARENA_ARRAY(a, struct oracle_value, (size_t)v.n * 2);

	for (size_t i = 0; i < v.n; i++) {
		struct cel_entry e = cel_map_at(v, (uint32_t)i);
		items[2 * i] = oracle_of(a, e.key);
		items[2 * i + 1] = oracle_of(a, e.value);
	}
	return (struct oracle_value){.kind = O_MAP, .items = items, .n = v.n};
}

struct oracle_value oracle_of(struct arena *a, struct cel_value v)
{
	struct oracle_value o = {.kind = O_ERROR};

	switch ((enum cel_kind)v.kind) {
	case CEL_NULL:
		o.kind = O_NULL;
		break;
	case CEL_BOOL:
		return oracle_bool(v.b);
	case CEL_INT:
		return oracle_int(v.i);
	case CEL_UINT:
		return oracle_uint(v.u);
	case CEL_DOUBLE:
		return oracle_double(v.d);
	case CEL_STRING:
		return oracle_text(a, cel_text(v));
	case CEL_BYTES:
		return (struct oracle_value){.kind = O_BYTES, .bytes = (const unsigned char *)v.text, .n = v.n};
	case CEL_LIST:
		return of_list(a, v);
	case CEL_MAP:
		return of_map(a, v);
	case CEL_TIMESTAMP:
		return (struct oracle_value){.kind = O_TIMESTAMP, .i = v.i, .ns = v.n};
	case CEL_DURATION:
		return (struct oracle_value){.kind = O_DURATION, .i = v.i};
	case CEL_OPTIONAL:
		return v.items ? oracle_some(a, oracle_of(a, *v.items)) : oracle_none();
	case CEL_ERROR:
	case CEL_TYPE:
	case CEL_STRUCT:
	case CEL_IP:
	case CEL_CIDR:
	case CEL_OPAQUE:
	case CEL_N_KINDS:
		break;
	}
	return o;
}

/* ---- order ------------------------------------------------------------------------------------------------------- */

static bool is_number(struct oracle_value v)
{
	return v.kind == O_INT || v.kind == O_UINT || v.kind == O_DOUBLE;
}

static int order_of_doubles(double a, double b)
{
	return isnan(a) || isnan(b) ? 2 : (a > b) - (a < b);
}

/* The conformance suite wants the integer rounded to a double, not the exact comparison. */
static int compare_double(double d, struct oracle_value v)
{
	if (isnan(d))
		return 2;
	if (v.kind == O_INT)
		return d < -0x1p63 ? -1 : d > 0x1p63 ? 1 : order_of_doubles(d, (double)v.i);
	if (v.kind == O_UINT)
		return d < 0 ? -1 : d > 0x1p64 ? 1 : order_of_doubles(d, (double)v.u);
	return order_of_doubles(d, v.d);
}

static int compare_numbers(struct oracle_value a, struct oracle_value b)
{
	if (a.kind == O_DOUBLE)
		return compare_double(a.d, b);
	if (b.kind == O_DOUBLE) {
		int order = compare_double(b.d, a);
		return order == 2 ? 2 : -order;
	}
	if (a.kind == O_INT && b.kind == O_INT)
		return (a.i > b.i) - (a.i < b.i);
	if (a.kind == O_UINT && b.kind == O_UINT)
		return (a.u > b.u) - (a.u < b.u);
	if (a.kind == O_INT)
		return a.i < 0 || (uint64_t)a.i < b.u ? -1 : (uint64_t)a.i > b.u;
	return b.i < 0 || (uint64_t)b.i < a.u ? 1 : (uint64_t)b.i > a.u ? -1 : 0;
}

/* Code points order as their UTF-8 bytes do. */
static int compare_texts(struct oracle_value a, struct oracle_value b)
{
	for (size_t i = 0; i < a.n && i < b.n; i++) {
		uint32_t x = a.kind == O_STRING ? a.text[i] : a.bytes[i];
		uint32_t y = b.kind == O_STRING ? b.text[i] : b.bytes[i];
		if (x != y)
			return x < y ? -1 : 1;
	}
	return (a.n > b.n) - (a.n < b.n);
}

int oracle_compare(struct oracle_value a, struct oracle_value b)
{
	if (is_number(a) && is_number(b))
		return compare_numbers(a, b);
	if (a.kind != b.kind)
		return 3;
	if (a.kind == O_STRING || a.kind == O_BYTES)
		return compare_texts(a, b);
	if (a.kind == O_BOOL)
		return a.b - b.b;
	if (a.kind == O_DURATION)
		return (a.i > b.i) - (a.i < b.i);
	if (a.kind == O_TIMESTAMP && a.i == b.i)
		return (a.ns > b.ns) - (a.ns < b.ns);
	if (a.kind == O_TIMESTAMP)
		return a.i < b.i ? -1 : 1;
	return 3;
}

/* ---- equality ---------------------------------------------------------------------------------------------------- */

typedef bool equality(struct oracle_value a, struct oracle_value b);

/* Every entry of one is in the other, which has as many. */
static bool same_entries(struct oracle_value a, struct oracle_value b, equality *same)
{
	for (size_t i = 0; i < a.n; i++) {
		bool found = false;
		for (size_t j = 0; j < b.n && !found; j++)
			found = same(a.items[2 * i], b.items[2 * j]) && same(a.items[2 * i + 1], b.items[2 * j + 1]);
		if (!found)
			return false;
	}
	return a.n == b.n;
}

static bool same_items(struct oracle_value a, struct oracle_value b, equality *same)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++) {
		if (!same(a.items[i], b.items[i]))
			return false;
	}
	return true;
}

bool oracle_equal(struct oracle_value a, struct oracle_value b)
{
	if (is_number(a) && is_number(b))
		return compare_numbers(a, b) == 0;
	if (a.kind != b.kind)
		return false;
	if (a.kind == O_LIST || a.kind == O_OPTIONAL)
		return same_items(a, b, oracle_equal);
	if (a.kind == O_MAP)
		return same_entries(a, b, oracle_equal);
	return a.kind == O_NULL || oracle_compare(a, b) == 0;
}

bool oracle_same(struct oracle_value a, struct oracle_value b)
{
	if (a.kind != b.kind)
		return false;
	if (a.kind == O_DOUBLE)
		return isnan(a.d) ? isnan(b.d) : a.d == b.d && signbit(a.d) == signbit(b.d);
	if (a.kind == O_LIST || a.kind == O_OPTIONAL)
		return same_items(a, b, oracle_same);
	if (a.kind == O_MAP)
		return same_entries(a, b, oracle_same);
	return a.kind == O_ERROR || oracle_equal(a, b);
}

/* ---- for people -------------------------------------------------------------------------------------------------- */

static void print_text(struct buf *out, struct oracle_value v)
{
	char bytes[UTF8_MAX_BYTES];

	buf_add_char(out, '"');
	for (size_t i = 0; i < v.n; i++) {
		if (v.kind == O_STRING)
			buf_add(out, (struct str){bytes, utf8_put(bytes, v.text[i])});
		else
			buf_addf(out, "\\x%02x", v.bytes[i]);
	}
	buf_add_char(out, '"');
}

static void print_items(struct buf *out, struct oracle_value v, size_t n, const char *brackets)
{
	buf_add_char(out, brackets[0]);
	for (size_t i = 0; i < n; i++) {
		buf_add(out, i ? STR(", ") : STR(""));
		oracle_print(out, v.items[i]);
	}
	buf_add_char(out, brackets[1]);
}

void oracle_print(struct buf *out, struct oracle_value v)
{
	switch (v.kind) {
	case O_ERROR:
		buf_add(out, STR("error"));
		break;
	case O_NULL:
		buf_add(out, STR("null"));
		break;
	case O_BOOL:
		buf_add(out, v.b ? STR("true") : STR("false"));
		break;
	case O_INT:
		buf_addf(out, "%lld", (long long)v.i);
		break;
	case O_UINT:
		buf_addf(out, "%lluu", (unsigned long long)v.u);
		break;
	case O_DOUBLE:
		buf_addf(out, "double %.17g", v.d);
		break;
	case O_STRING:
	case O_BYTES:
		print_text(out, v);
		break;
	case O_LIST:
		print_items(out, v, v.n, "[]");
		break;
	case O_MAP:
		print_items(out, v, v.n * 2, "{}");
		break;
	case O_TIMESTAMP:
		buf_addf(out, "timestamp %lld.%09u", (long long)v.i, v.ns);
		break;
	case O_DURATION:
		buf_addf(out, "duration %lldns", (long long)v.i);
		break;
	case O_OPTIONAL:
		buf_add(out, STR("optional"));
		print_items(out, v, v.n, "()");
		break;
	}
}

/* NOLINTEND(misc-no-recursion) */
