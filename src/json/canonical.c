/* SPDX-License-Identifier: Apache-2.0 */
#include "json/canonical.h"

#include <math.h>

/* ---- strings --------------------------------------------------------------------------------------- */

static void add_string(struct buf *out, struct str s)
{
	static const char letters[] = "btn\0fr"; /* of 8 to 13 */

	buf_add_char(out, '"');
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (c == '"' || c == '\\')
			buf_add_char(out, '\\');
		if (c >= 0x20)
			buf_add_char(out, (char)c);
		else if (c >= 8 && c <= 13 && letters[c - 8])
			buf_addf(out, "\\%c", letters[c - 8]);
		else
			buf_addf(out, "\\u%04x", (unsigned)c);
	}
	buf_add_char(out, '"');
}

/*
 * Names are ordered by their UTF-16 code units. In UTF-8 that is the order of bytes, but that what needs two units
 * stands before U+E000 to U+FFFF.
 */
static unsigned rank(char c)
{
	unsigned char byte = (unsigned char)c;

	return byte == 0xee || byte == 0xef ? byte + 0x10u : byte;
}

static int by_name(const void *a, const void *b)
{
	const struct str x = (*(const struct json_member *const *)a)->name;
	const struct str y = (*(const struct json_member *const *)b)->name;
	const size_t n = x.len < y.len ? x.len : y.len;

	for (size_t i = 0; i < n; i++)
		if (x.ptr[i] != y.ptr[i])
			return rank(x.ptr[i]) < rank(y.ptr[i]) ? -1 : 1;
	return (x.len > y.len) - (x.len < y.len);
}

/* ---- numbers --------------------------------------------------------------------------------------- */

/* The fewest digits that are read as the same number, and the place of the decimal point behind the first of them. */
static int shortest_digits(double d, char digits[32])
{
	char text[40];
	int exponent = 0;

	for (int precision = 0; precision < 17; precision++) {
		int n = snprintf(text, sizeof(text), "%.*e", precision, d);
		char *e = strchr(text, 'e');

		assert(n > 0 && (size_t)n < sizeof(text) && e);
		exponent = (int)strtol(e + 1, NULL, 10);
		*e = '\0';
		digits[0] = text[0];
		memcpy(digits + 1, text[1] ? text + 2 : text + 1, (size_t)precision + 1);
		*e = 'e';
		if (precision == 16 || !(strtod(text, NULL) < d || strtod(text, NULL) > d))
			break;
	}
	return exponent;
}

/* As ECMAScript writes numbers. */
static void add_number(struct buf *out, double value)
{
	char digits[32];
	double d = fabs(value);
	int exponent = shortest_digits(d, digits), n = (int)strlen(digits);

	if (value < 0)
		buf_add_char(out, '-');
	if (exponent >= 21 || exponent < -6) {
		buf_addf(out, "%c%s%s", digits[0], n > 1 ? "." : "", digits + 1);
		buf_addf(out, "e%c%d", exponent < 0 ? '-' : '+', exponent < 0 ? -exponent : exponent);
		return;
	}
	if (exponent < 0)
		buf_add(out, str_slice(STR("0.000000"), 0, (size_t)(1 - exponent)));
	for (int i = 0; i < n || i <= exponent; i++) {
		if (exponent >= 0 && i == exponent + 1)
			buf_add_char(out, '.');
		buf_add_char(out, i < n ? digits[i] : '0');
	}
}

static void add_leaf(struct buf *out, const struct json *j)
{
	switch (j->type) {
	case JSON_NULL:
		buf_add(out, STR("null"));
		break;
	case JSON_BOOL:
		buf_add(out, j->b ? STR("true") : STR("false"));
		break;
	case JSON_INT:
		add_number(out, (double)j->i);
		break;
	case JSON_UINT:
		add_number(out, (double)j->u);
		break;
	case JSON_DOUBLE:
		add_number(out, j->d);
		break;
	case JSON_STRING:
		add_string(out, j->s);
		break;
	case JSON_ARRAY:
	case JSON_OBJECT:
		break;
	}
}

/* ---- trees ----------------------------------------------------------------------------------------- */

/* An array or object on the way; of an object the members in their order. */
struct level {
	const struct json *json;
	const struct json_member **members;
	uint32_t next;
};

static struct level enter(struct buf *out, const struct json *j, struct arena *a)
{
	struct level l = {.json = j};

	buf_add_char(out, j->type == JSON_OBJECT ? '{' : '[');
	if (j->type != JSON_OBJECT || j->n == 0)
		return l;
	l.members = ARENA_ARRAY(a, const struct json_member *, j->n);
	for (uint32_t i = 0; i < j->n; i++)
		l.members[i] = &j->members[i];
	qsort(l.members, j->n, sizeof(struct json_member *), by_name);
	return l;
}

/* The next value, with what stands before it; NULL behind the last one. */
static const struct json *next_value(struct buf *out, struct level *l)
{
	const uint32_t i = l->next++;

	if (i == l->json->n) {
		buf_add_char(out, l->json->type == JSON_OBJECT ? '}' : ']');
		return NULL;
	}
	if (i > 0)
		buf_add_char(out, ',');
	if (l->json->type == JSON_ARRAY)
		return &l->json->items[i];
	add_string(out, l->members[i]->name);
	buf_add_char(out, ':');
	return &l->members[i]->value;
}

static bool is_nested(const struct json *j)
{
	return j->type == JSON_ARRAY || j->type == JSON_OBJECT;
}

bool json_add_canonical(struct buf *out, const struct json *tree, uint32_t max_depth, struct arena *a)
{
	struct level levels[JSON_MAX_DEPTH];
	const struct json *value = tree;
	uint32_t depth = 0;

	assert(tree && max_depth <= JSON_MAX_DEPTH);
	do {
		if (value && is_nested(value)) {
			if (depth == max_depth)
				return false;
			levels[depth++] = enter(out, value, a);
		} else if (value) {
			add_leaf(out, value);
		} else {
			depth--;
		}
		value = depth ? next_value(out, &levels[depth - 1]) : NULL;
	} while (depth);
	return true;
}
