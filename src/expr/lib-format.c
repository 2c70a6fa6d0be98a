/* SPDX-License-Identifier: Apache-2.0
 *
 * string.format(), and doubles as text. Nested lists and maps are followed with a stack.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "expr/address.h"
#include "expr/collect.h"
#include "expr/format.h"

#define DEFAULT_PRECISION 6u
#define MAX_PRECISION     999u

/* ---- doubles ----------------------------------------------------------------------------------------------------- */

/* With `n` significant digits; does it read back as the same number? */
static bool try_digits(double d, int n, struct cel_digits *ret)
{
	char text[40];

	snprintf(text, sizeof(text), "%.*e", n - 1, d);
	if (strtod(text, NULL) != d)
		return false;
	/* "d.ddde±xx" */
	const char *e = strchr(text, 'e');
	ret->n = 0;
	for (const char *p = text; p < e; p++) {
		if (*p >= '0' && *p <= '9')
			ret->text[ret->n++] = *p;
	}
	while (ret->n > 1 && ret->text[ret->n - 1] == '0')
		ret->n--;
	ret->text[ret->n] = '\0';
	ret->exponent = (int)strtol(e + 1, NULL, 10) + 1;
	return true;
}

struct cel_digits cel_double_digits(double d)
{
	struct cel_digits digits = {.is_negative = signbit(d)};

	/* 15 digits are exact for every decimal of so many; the smallest numbers have fewer that mean anything. */
	for (int n = fpclassify(d) == FP_SUBNORMAL ? 1 : 15; n <= 17; n++) {
		if (try_digits(fabs(d), n, &digits))
			break;
	}
	return digits;
}

/* "NaN" and the infinities; false: a number. */
static bool print_special(struct buf *out, double d)
{
	if (isnan(d))
		buf_add(out, STR("NaN"));
	else if (isinf(d))
		buf_add(out, d < 0 ? STR("-Infinity") : STR("Infinity"));
	return !isfinite(d);
}

static void print_zeros(struct buf *out, int n)
{
	for (int i = 0; i < n; i++)
		buf_add_char(out, '0');
}

/* Without an exponent, however large or small. */
static void print_plain(struct buf *out, const struct cel_digits *d)
{
	if (d->is_negative)
		buf_add_char(out, '-');
	if (d->exponent <= 0) {
		buf_add(out, STR("0."));
		print_zeros(out, -d->exponent);
		buf_add(out, (struct str){d->text, (size_t)d->n});
	} else if (d->exponent >= d->n) {
		buf_add(out, (struct str){d->text, (size_t)d->n});
		print_zeros(out, d->exponent - d->n);
	} else {
		buf_addf(out, "%.*s.%s", d->exponent, d->text, d->text + d->exponent);
	}
}

void cel_double_print(struct buf *out, double d)
{
	if (print_special(out, d))
		return;
	struct cel_digits digits = cel_double_digits(d);
	int exponent = digits.exponent - 1;
	/* The layout of "%g" with its usual precision, whatever the number of digits: as Go has it. */
	if (exponent >= -4 && exponent < 6) {
		print_plain(out, &digits);
		return;
	}
	buf_addf(out, "%s%c%s%s", digits.is_negative ? "-" : "", digits.text[0], digits.n > 1 ? "." : "",
	         digits.text + 1);
	buf_addf(out, "e%c%02d", exponent < 0 ? '-' : '+', abs(exponent));
}

/* ---- values as text ------------------------------------------------------------------------------------------------
 */

struct printer {
	struct cel_eval *ev;
	struct buf *out;
	struct cel_value error; /* of a function that returned false */
};

/* An entry of a map under the text of its key. */
struct keyed {
	struct str key;
	uint32_t i;
};

/* A list or map that is being printed. */
struct level {
	struct cel_value v;
	uint32_t next;
	struct keyed *order; /* of maps */
};

static bool fail(struct printer *p, const char *what, enum cel_kind kind)
{
	struct str name = cel_kind_name(kind);

	p->error =
	    cel_fail(p->ev, CEL_BAD_ARGUMENT, "error during formatting: %s, was given " STR_FMT, what, STR_ARG(name));
	return false;
}

static bool pay(struct printer *p, uint64_t units)
{
	p->error = cel_aborted();
	return cel_charge(p->ev, units);
}

/* What is not UTF-8 becomes U+FFFD, byte by byte. */
static void print_bytes(struct buf *out, struct str s)
{
	for (size_t at = 0; at < s.len;) {
		size_t n = 1;
		while (n < UTF8_MAX_BYTES && !utf8_is_valid(str_slice(s, at, at + n)))
			n++;
		struct str c = str_slice(s, at, at + n);
		bool is_valid = utf8_is_valid(c);
		buf_add(out, is_valid ? c : STR("\357\277\275"));
		at += is_valid ? c.len : 1;
	}
}

static void print_type(struct buf *out, const struct cel_type *t)
{
	switch (t->kind) {
	case CEL_TYPE_TIMESTAMP:
		buf_add(out, cel_kind_name(CEL_TIMESTAMP));
		break;
	case CEL_TYPE_DURATION:
		buf_add(out, cel_kind_name(CEL_DURATION));
		break;
	case CEL_TYPE_NULL:
		buf_add(out, cel_kind_name(CEL_NULL));
		break;
	case CEL_TYPE_LIST:
		buf_add(out, cel_kind_name(CEL_LIST));
		break;
	case CEL_TYPE_MAP:
		buf_add(out, cel_kind_name(CEL_MAP));
		break;
	case CEL_TYPE_TYPE:
		buf_add(out, cel_kind_name(CEL_TYPE));
		break;
	case CEL_TYPE_OPTIONAL:
		buf_add(out, cel_kind_name(CEL_OPTIONAL));
		break;
	case CEL_TYPE_DYN:
	case CEL_TYPE_ERROR:
	case CEL_TYPE_BOOL:
	case CEL_TYPE_INT:
	case CEL_TYPE_UINT:
	case CEL_TYPE_DOUBLE:
	case CEL_TYPE_STRING:
	case CEL_TYPE_BYTES:
	case CEL_TYPE_STRUCT:
	case CEL_TYPE_ABSTRACT:
	case CEL_TYPE_PARAM:
	case CEL_TYPE_VARIABLE:
		cel_type_print(out, t);
		break;
	}
}

static bool print_scalar(struct printer *p, struct cel_value v)
{
	switch ((enum cel_kind)v.kind) {
	case CEL_NULL:
		buf_add(p->out, STR("null"));
		return true;
	case CEL_BOOL:
		buf_add(p->out, v.b ? STR("true") : STR("false"));
		return true;
	case CEL_INT:
		buf_addf(p->out, "%lld", (long long)v.i);
		return true;
	case CEL_UINT:
		buf_add_u64(p->out, v.u);
		return true;
	case CEL_DOUBLE:
		if (!print_special(p->out, v.d)) {
			struct cel_digits digits = cel_double_digits(v.d);
			print_plain(p->out, &digits);
		}
		return true;
	case CEL_STRING:
		buf_add(p->out, cel_text(v));
		return true;
	case CEL_BYTES:
		print_bytes(p->out, cel_text(v));
		return true;
	case CEL_TIMESTAMP:
		cel_time_print(p->out, v);
		return true;
	case CEL_DURATION:
		cel_duration_print(p->out, v);
		return true;
	case CEL_TYPE:
		print_type(p->out, v.type);
		return true;
	case CEL_IP:
		cel_ip_print(p->out, v.ip);
		return true;
	case CEL_CIDR:
		cel_cidr_print(p->out, v.ip);
		return true;
	case CEL_ERROR:
	case CEL_LIST:
	case CEL_MAP:
	case CEL_OPTIONAL:
	case CEL_STRUCT:
	case CEL_OPAQUE:
	case CEL_N_KINDS:
		break;
	}
	return fail(p,
	            "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, "
	            "durations, and timestamps",
	            (enum cel_kind)v.kind);
}

static int compare_keys(const void *a, const void *b)
{
	return str_cmp(((const struct keyed *)a)->key, ((const struct keyed *)b)->key);
}

/* The order in which a map is printed: by the texts of its keys. */
static struct keyed *sort_map(struct printer *p, struct cel_value map)
{
	struct keyed *order = cel_alloc(p->ev, map.n * sizeof(*order));
	CLEANUP(buf_releasep) struct buf text = cel_text_buf();
	struct printer keys = {.ev = p->ev, .out = &text};

	p->error = cel_aborted();
	if (!order)
		return NULL;
	for (uint32_t i = 0; i < map.n; i++) {
		struct cel_value key = cel_map_at(map, i).key;
		if (key.kind != CEL_STRING) {
			buf_clear(&text);
			if (!print_scalar(&keys, key)) {
				p->error = keys.error;
				return NULL;
			}
			key = cel_make_string(p->ev, buf_str(&text));
			if (cel_is_error(key))
				return NULL;
		}
		order[i] = (struct keyed){cel_text(key), i};
	}
	qsort(order, map.n, sizeof(*order), compare_keys);
	return order;
}

static bool open_level(struct printer *p, struct level *l, struct cel_value v)
{
	*l = (struct level){.v = v};
	if (!pay(p, v.n + UINT64_C(1)))
		return false;
	buf_add_char(p->out, v.kind == CEL_LIST ? '[' : '{');
	if (v.kind == CEL_MAP)
		l->order = sort_map(p, v);
	return v.kind == CEL_LIST || l->order;
}

/* The next element of a list, or the next value of a map behind its key; false: none, and the end is printed. */
static bool next_element(struct printer *p, struct level *l, struct cel_value *ret)
{
	if (l->next == l->v.n) {
		buf_add_char(p->out, l->v.kind == CEL_LIST ? ']' : '}');
		return false;
	}
	if (l->next)
		buf_add(p->out, STR(", "));
	if (l->v.kind == CEL_LIST) {
		*ret = cel_list_at(l->v, l->next);
	} else {
		assert(l->order);
		buf_add(p->out, l->order[l->next].key);
		buf_add(p->out, STR(": "));
		*ret = cel_map_at(l->v, l->order[l->next].i).value;
	}
	l->next++;
	return true;
}

/* %s */
static bool print_value(struct printer *p, struct cel_value v)
{
	struct level stack[CEL_MAX_DEPTH] NO_INIT;
	size_t depth = 0;

	for (;;) {
		if (v.kind == CEL_LIST || v.kind == CEL_MAP) {
			if (depth == CEL_MAX_DEPTH) {
				p->error =
				    cel_fail(p->ev, CEL_BAD_ARGUMENT, "error during formatting: nested too deeply");
				return false;
			}
			if (!open_level(p, &stack[depth], v))
				return false;
			depth++;
		} else if (!print_scalar(p, v)) {
			return false;
		}
		while (depth && !next_element(p, &stack[depth - 1], &v))
			depth--;
		if (!depth)
			return true;
	}
}

/* ---- clauses -------------------------------------------------------------------------------------------------------
 */

/* A number as sign and magnitude; false: neither int nor uint. */
static bool to_magnitude(struct cel_value v, bool *ret_is_negative, uint64_t *ret)
{
	if (v.kind != CEL_INT && v.kind != CEL_UINT)
		return false;
	*ret_is_negative = v.kind == CEL_INT && v.i < 0;
	*ret = *ret_is_negative ? 0 - v.u : v.u;
	return true;
}

/* In base 2, 8 or 16. */
static void print_in_base(struct buf *out, uint64_t v, unsigned bits, const char *digits)
{
	char text[64];
	size_t at = sizeof(text);

	do {
		text[--at] = digits[v & ((1u << bits) - 1)];
		v >>= bits;
	} while (v);
	buf_add(out, (struct str){text + at, sizeof(text) - at});
}

static const char *digits_of(char verb)
{
	return verb == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
}

static void print_hex(struct buf *out, struct str bytes, const char *digits)
{
	for (size_t i = 0; i < bytes.len; i++) {
		buf_add_char(out, digits[(unsigned char)bytes.ptr[i] >> 4]);
		buf_add_char(out, digits[(unsigned char)bytes.ptr[i] & 15]);
	}
}

/* What a clause has for others than integers; false: nothing. */
static bool print_other(struct buf *out, char verb, struct cel_value v)
{
	if (verb == 'd' && v.kind == CEL_DOUBLE)
		return print_special(out, v.d);
	if (verb == 'b' && v.kind == CEL_BOOL)
		buf_add_char(out, v.b ? '1' : '0');
	else if ((verb == 'x' || verb == 'X') && (v.kind == CEL_STRING || v.kind == CEL_BYTES))
		print_hex(out, cel_text(v), digits_of(verb));
	else
		return false;
	return true;
}

static const char *what_it_takes(char verb)
{
	switch (verb) {
	case 'd':
		return "decimal clause can only be used on integers";
	case 'o':
		return "octal clause can only be used on integers";
	case 'b':
		return "only integers and bools can be formatted as binary";
	default:
		return "only integers, byte buffers, and strings can be formatted as hex";
	}
}

/* %d %b %o %x %X */
static bool print_integer(struct printer *p, char verb, struct cel_value v)
{
	bool is_negative;
	uint64_t magnitude;

	if (!to_magnitude(v, &is_negative, &magnitude))
		return print_other(p->out, verb, v) || fail(p, what_it_takes(verb), (enum cel_kind)v.kind);
	if (is_negative)
		buf_add_char(p->out, '-');
	if (verb == 'd')
		buf_add_u64(p->out, magnitude);
	else
		print_in_base(p->out, magnitude, verb == 'b' ? 1 : verb == 'o' ? 3 : 4, digits_of(verb));
	return true;
}

/* %f %e */
static bool print_double(struct printer *p, char verb, unsigned precision, struct cel_value v)
{
	double d;

	if (v.kind == CEL_INT)
		d = (double)v.i;
	else if (v.kind == CEL_UINT)
		d = (double)v.u;
	else if (v.kind == CEL_DOUBLE)
		d = v.d;
	else
		return fail(p,
		            verb == 'f' ? "fixed-point clause can only be used on doubles"
		                        : "scientific clause can only be used on doubles",
		            (enum cel_kind)v.kind);
	if (print_special(p->out, d))
		return true;
	if (verb == 'f')
		buf_addf(p->out, "%.*f", (int)precision, d);
	else
		buf_addf(p->out, "%.*e", (int)precision, d);
	return true;
}

/* A clause behind its '%'. */
struct clause {
	char verb;
	unsigned precision;
};

/* [.digits] verb at format[*at], which is moved behind it. */
static bool take_clause(struct printer *p, struct str format, size_t *at, struct clause *ret)
{
	struct clause c = {.precision = DEFAULT_PRECISION};

	if (*at < format.len && format.ptr[*at] == '.') {
		c.precision = 0;
		while (++*at < format.len && format.ptr[*at] >= '0' && format.ptr[*at] <= '9') {
			c.precision = c.precision * 10 + (unsigned)(format.ptr[*at] - '0');
			if (c.precision > MAX_PRECISION) {
				p->error =
				    cel_fail(p->ev, CEL_BAD_ARGUMENT,
				             "could not parse formatting clause: precision above %u", MAX_PRECISION);
				return false;
			}
		}
	}
	if (*at >= format.len) {
		p->error =
		    cel_fail(p->ev, CEL_BAD_ARGUMENT, "could not parse formatting clause: unexpected end of string");
		return false;
	}
	size_t start = *at;
	c.verb = format.ptr[start];
	if (!c.verb || !strchr("sdfeboxX", c.verb)) {
		(void)utf8_next(format, at);
		p->error = cel_fail(p->ev, CEL_BAD_ARGUMENT,
		                    "could not parse formatting clause: unrecognized formatting clause \"" STR_FMT "\"",
		                    STR_ARG(str_slice(format, start, *at)));
		return false;
	}
	++*at;
	*ret = c;
	return true;
}

static bool print_clause(struct printer *p, struct clause c, struct cel_value v)
{
	size_t before = p->out->len;
	bool ok = c.verb == 's'                    ? print_value(p, v)
	          : c.verb == 'f' || c.verb == 'e' ? print_double(p, c.verb, c.precision, v)
	                                           : print_integer(p, c.verb, v);

	return ok && pay(p, cel_units_of(p->out->len - before));
}

struct cel_value cel_string_format(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	CLEANUP(buf_releasep) struct buf out = cel_text_buf();
	struct printer p = {.ev = ev, .out = &out};
	struct str format = cel_text(args[0]);
	uint32_t n_used = 0;
	struct clause c;

	if (!cel_charge(ev, cel_units_of(format.len)))
		return cel_aborted();
	for (size_t at = 0; at < format.len;) {
		size_t percent = str_find(format, '%', at);
		buf_add(&out, str_slice(format, at, percent));
		if (percent == SIZE_MAX)
			break;
		at = percent + 1;
		if (at < format.len && format.ptr[at] == '%') {
			buf_add_char(&out, '%');
			at++;
			continue;
		}
		if (!take_clause(&p, format, &at, &c))
			return p.error;
		if (n_used == args[1].n)
			return cel_fail(ev, CEL_BAD_ARGUMENT, "index %u out of range", n_used);
		if (!print_clause(&p, c, cel_list_at(args[1], n_used++)))
			return p.error;
	}
	return cel_text_of_buf(ev, &out);
}
