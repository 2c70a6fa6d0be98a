/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "cel-generate.h"

/* NOLINTBEGIN(misc-no-recursion): no deeper than MAX_DEPTH */

#define MAX_DEPTH  5u
#define MAX_LOCALS 6u

/* The types of generated expressions. */
enum type {
	T_BOOL,
	T_INT,
	T_UINT,
	T_DOUBLE,
	T_STRING,
	T_BYTES,
	T_INTS,
	T_STRINGS,
	T_MAP,
	T_TIME,
	T_SPAN,
	T_OPTIONAL,
	N_TYPES
};

/*
 * What an expression of a type can look like. "$" and a letter stand for an expression of that type, "?" and a letter
 * for the name of a variable that a macro makes; those are in force behind the "@". The first two forms of each type
 * have no parts: they are taken at the bottom.
 */
struct form {
	enum type type;
	const char *text;
};

static const struct form forms[] = {
    {T_BOOL, "true"},
    {T_BOOL, "false"},
    {T_BOOL, "vb"},
    {T_BOOL, "$b && $b"},
    {T_BOOL, "$b || $b"},
    {T_BOOL, "$b || $b || $b"},
    {T_BOOL, "$b && $b && $b"},
    {T_BOOL, "!$b"},
    {T_BOOL, "$b ? $b : $b"},
    {T_BOOL, "$i == $i"},
    {T_BOOL, "$i != $i"},
    {T_BOOL, "$i < $i"},
    {T_BOOL, "$d >= $d"},
    {T_BOOL, "$s == $s"},
    {T_BOOL, "$s < $s"},
    {T_BOOL, "$y > $y"},
    {T_BOOL, "$u <= $u"},
    {T_BOOL, "$b > $b"},
    {T_BOOL, "$I == $I"},
    {T_BOOL, "$M == $M"},
    {T_BOOL, "$o == $o"},
    {T_BOOL, "$t < $t"},
    {T_BOOL, "$p >= $p"},
    {T_BOOL, "dyn($i) == dyn($d)"},
    {T_BOOL, "dyn($u) < dyn($d)"},
    {T_BOOL, "dyn($i) >= dyn($u)"},
    {T_BOOL, "vx == dyn($s)"},
    {T_BOOL, "vx == $i"},
    {T_BOOL, "$i in $I"},
    {T_BOOL, "$s in $S"},
    {T_BOOL, "$s in ['a', 'b', 'prod', $s]"},
    {T_BOOL, "$s in ['a', 'ab', 'prod']"},
    {T_BOOL, "$s in $M"},
    {T_BOOL, "vx in $I"},
    {T_BOOL, "$s.contains($s)"},
    {T_BOOL, "$s.startsWith($s)"},
    {T_BOOL, "$s.startsWith('a')"},
    {T_BOOL, "$s.endsWith($s)"},
    {T_BOOL, "has($M.a)"},
    {T_BOOL, "has(vj.a.b)"},
    {T_BOOL, "vj.a.b == $i"},
    {T_BOOL, "vj['s'] == $s"},
    {T_BOOL, "vj.l.exists(z, z == $i)"},
    {T_BOOL, "has(vj.a)"},
    {T_BOOL, "has(vj.?a.b)"},
    {T_BOOL, "vj.?a.b.hasValue()"},
    {T_BOOL, "vj[?'a'].?b == $o"},
    {T_BOOL, "vj.?a[?'b'].orValue(0) == $i"},
    {T_BOOL, "$s in vj"},
    {T_BOOL, "vj.s in ['a', 'prod', '']"},
    {T_BOOL, "vj.s == 'prod'"},
    {T_BOOL, "'prod' != $s"},
    {T_BOOL, "$s != 'prod'"},
    {T_BOOL, "vj.a.b == 1 && vj.s == 'prod' || $b"},
    {T_BOOL, "vj.s.startsWith($s)"},
    {T_BOOL, "vj.s.endsWith('d')"},
    {T_BOOL, "vj.s.contains('o')"},
    {T_BOOL, "vj.exists(k, k == $s)"},
    {T_BOOL, "vj.all(k, v, k != $s || v == $i)"},
    {T_BOOL, "vj.a.exists(k, vj.a[k] == $i)"},
    {T_BOOL, "[vj, vx].exists(z, z.a.b == $i)"},
    {T_BOOL, "vj == vx"},
    {T_BOOL, "$t < timestamp(0)"},
    {T_BOOL, "vw >= vw + $p"},
    {T_BOOL, "vx ? $b : $b"},
    {T_BOOL, "vx && $b"},
    {T_BOOL, "$b || vx"},
    {T_BOOL, "!vx"},
    {T_BOOL, "vj.l.distinct() == $I"},
    {T_BOOL, "$i in vj.l.reverse()"},
    {T_BOOL, "vj.l.first().hasValue()"},
    {T_BOOL, "$I.all(?i@, $b)"},
    {T_BOOL, "$I.exists(?i@, $b)"},
    {T_BOOL, "$I.exists_one(?i@, $b)"},
    {T_BOOL, "$S.all(?s@, $b)"},
    {T_BOOL, "$S.exists(?s@, $b)"},
    {T_BOOL, "$M.exists(?s@, $b)"},
    {T_BOOL, "$I.exists(?i, ?i@, $b)"},
    {T_BOOL, "$M.all(?s, ?i@, $b)"},
    {T_BOOL, "$M.existsOne(?s, ?i@, $b)"},
    {T_BOOL, "cel.bind(?i, $i@, $b)"},
    {T_BOOL, "cel.bind(?b, $b@, $b)"},
    {T_BOOL, "$o.hasValue()"},
    {T_BOOL, "sets.contains($I, $I)"},
    {T_BOOL, "sets.equivalent($S, $S)"},
    {T_BOOL, "sets.intersects($I, $I)"},

    {T_INT, "1"},
    {T_INT, "vi"},
    {T_INT, "0"},
    {T_INT, "-1"},
    {T_INT, "2"},
    {T_INT, "9223372036854775807"},
    {T_INT, "-9223372036854775808"},
    {T_INT, "$i + $i"},
    {T_INT, "$i - $i"},
    {T_INT, "$i * $i"},
    {T_INT, "$i / $i"},
    {T_INT, "$i % $i"},
    {T_INT, "-($i)"},
    {T_INT, "size($s)"},
    {T_INT, "$I.size()"},
    {T_INT, "$M.size()"},
    {T_INT, "size($y)"},
    {T_INT, "int($d)"},
    {T_INT, "int($u)"},
    {T_INT, "int($s)"},
    {T_INT, "int($t)"},
    {T_INT, "$I[$i]"},
    {T_INT, "$M[$s]"},
    {T_INT, "$M.a"},
    {T_INT, "vj.a.b"},
    {T_INT, "vj.l[$i]"},
    {T_INT, "vj.l[0] + vj.a.b"},
    {T_INT, "size(vj.l)"},
    {T_INT, "size(vx)"},
    {T_INT, "-vx"},
    {T_INT, "vx + $i"},
    {T_INT, "$I.map(?i@, $i * $i)[0]"},
    {T_INT, "vj.l.map(z, z)[$i]"},
    {T_INT, "$b ? $i : $i"},
    {T_INT, "$s.indexOf($s)"},
    {T_INT, "$s.indexOf($s, $i)"},
    {T_INT, "$s.lastIndexOf($s)"},
    {T_INT, "math.greatest($i, $i)"},
    {T_INT, "math.least($i, $i, $i)"},
    {T_INT, "math.greatest($I)"},
    {T_INT, "math.abs($i)"},
    {T_INT, "$o.value()"},
    {T_INT, "$o.orValue($i)"},
    {T_INT, "$t.getFullYear()"},
    {T_INT, "$t.getDayOfYear()"},
    {T_INT, "$t.getDate()"},
    {T_INT, "$t.getHours()"},
    {T_INT, "$p.getHours()"},
    {T_INT, "cel.bind(?i, $i@, $i)"},

    {T_UINT, "1u"},
    {T_UINT, "vu"},
    {T_UINT, "0u"},
    {T_UINT, "18446744073709551615u"},
    {T_UINT, "$u + $u"},
    {T_UINT, "$u - $u"},
    {T_UINT, "$u * $u"},
    {T_UINT, "$u / $u"},
    {T_UINT, "$u % $u"},
    {T_UINT, "uint($i)"},
    {T_UINT, "uint($d)"},

    {T_DOUBLE, "1.0"},
    {T_DOUBLE, "vd"},
    {T_DOUBLE, "-0.0"},
    {T_DOUBLE, "2.5"},
    {T_DOUBLE, "9223372036854775808.0"},
    {T_DOUBLE, "1e300"},
    {T_DOUBLE, "$d + $d"},
    {T_DOUBLE, "$d - $d"},
    {T_DOUBLE, "$d * $d"},
    {T_DOUBLE, "$d / $d"},
    {T_DOUBLE, "double($i)"},
    {T_DOUBLE, "double($u)"},
    {T_DOUBLE, "double($s)"},
    {T_DOUBLE, "math.abs($d)"},
    {T_DOUBLE, "math.least($d, $d)"},

    {T_STRING, "'a'"},
    {T_STRING, "vs"},
    {T_STRING, "''"},
    {T_STRING, "'ab'"},
    {T_STRING, "'12'"},
    {T_STRING, "'\\u00e9\\U0001F600b'"},
    {T_STRING, "'prod-a'"},
    {T_STRING, "$s + $s"},
    {T_STRING, "$s + $s + $s"},
    {T_STRING, "string($i)"},
    {T_STRING, "string($b)"},
    {T_STRING, "$b ? $s : $s"},
    {T_STRING, "$s.charAt($i)"},
    {T_STRING, "$s.substring($i)"},
    {T_STRING, "$s.substring($i, $i)"},
    {T_STRING, "$s.lowerAscii()"},
    {T_STRING, "$s.reverse()"},
    {T_STRING, "$s.replace($s, $s)"},
    {T_STRING, "$S.join()"},
    {T_STRING, "$S.join($s)"},
    {T_STRING, "$S[$i]"},
    {T_STRING, "vj.s"},
    {T_STRING, "cel.bind(?s, $s@, $s)"},

    {T_BYTES, "b'a'"},
    {T_BYTES, "vy"},
    {T_BYTES, "b''"},
    {T_BYTES, "b'\\xff\\x00'"},
    {T_BYTES, "$y + $y"},

    {T_INTS, "[1, 2]"},
    {T_INTS, "vl"},
    {T_INTS, "[1].slice(0, 0)"},
    {T_INTS, "[$i]"},
    {T_INTS, "[$i, $i, $i]"},
    {T_INTS, "[$i, ?$o]"},
    {T_INTS, "$I + $I"},
    {T_INTS, "$I.filter(?i@, $b)"},
    {T_INTS, "$I.map(?i@, $i)"},
    {T_INTS, "$I.map(?i@, $b, $i)"},
    {T_INTS, "$S.map(?s@, $i)"},
    {T_INTS, "$I.transformList(?i, ?i@, $i)"},
    {T_INTS, "$M.transformList(?s, ?i@, $b, $i)"},
    {T_INTS, "[$I, $I].flatten()"},
    {T_INTS, "$I.distinct()"},
    {T_INTS, "$I.reverse()"},
    {T_INTS, "$I.slice($i, $i)"},
    {T_INTS, "lists.range($i % 7)"},
    {T_INTS, "$I.sortBy(?i@, $i)"},

    {T_STRINGS, "['a', 'b', 'ab']"},
    {T_STRINGS, "vt"},
    {T_STRINGS, "[$s, $s]"},
    {T_STRINGS, "$s.split($s)"},
    {T_STRINGS, "$S.filter(?s@, $b)"},
    {T_STRINGS, "$S.map(?s@, $s)"},
    {T_STRINGS, "$M.map(?s@, $s)"},
    {T_STRINGS, "$S.sortBy(?s@, $s)"},
    {T_STRINGS, "$S.distinct()"},
    {T_STRINGS, "$S + $S"},

    {T_MAP, "{'a': 1}"},
    {T_MAP, "vm"},
    {T_MAP, "{?'z': [0][?1]}"},
    {T_MAP, "{$s: $i}"},
    {T_MAP, "{$s: $i, $s: $i}"},
    {T_MAP, "{'a': $i, ?'b': $o}"},
    {T_MAP, "$M.transformMap(?s, ?i@, $i)"},
    {T_MAP, "$M.transformMap(?s, ?i@, $b, $i)"},
    {T_MAP, "$I.transformMapEntry(?i, ?i@, {$s: $i})"},

    {T_TIME, "timestamp(0)"},
    {T_TIME, "vw"},
    {T_TIME, "timestamp($i)"},
    {T_TIME, "$t + $p"},
    {T_TIME, "$t - $p"},

    {T_SPAN, "duration('90s')"},
    {T_SPAN, "vp"},
    {T_SPAN, "duration('-3s')"},
    {T_SPAN, "$p + $p"},
    {T_SPAN, "$p - $p"},
    {T_SPAN, "$t - $t"},

    {T_OPTIONAL, "optional.of(1)"},
    {T_OPTIONAL, "[0][?1]"},
    {T_OPTIONAL, "optional.of($i)"},
    {T_OPTIONAL, "$M[?$s]"},
    {T_OPTIONAL, "$M.?a"},
    {T_OPTIONAL, "$I[?$i]"},
    {T_OPTIONAL, "$I.first()"},
    {T_OPTIONAL, "$o.or($o)"},
    {T_OPTIONAL, "$o.optMap(?i@, $i)"},
    {T_OPTIONAL, "$o.optFlatMap(?i@, $o)"},
};

/* The letters of types in forms. */
static const char letters[] = "biudsyISMtpo";
static_assert(sizeof(letters) - 1 == N_TYPES, "every type has a letter");

static enum type type_of(char letter)
{
	const char *p = strchr(letters, letter);

	assert(letter && p);
	return (enum type)(p - letters);
}

/* What is being written, and the variables of macros that are in force. */
struct generator {
	struct prng *prng;
	struct buf *out;
	enum type locals[MAX_LOCALS]; /* "l0", "l1" … */
	size_t n_locals, n_named;
};

static uint32_t choose(struct generator *g, uint32_t n)
{
	return (uint32_t)prng_below(g->prng, n);
}

static const char *choose_form(struct generator *g, enum type type, bool is_leaf)
{
	uint32_t first = 0, n = 0;

	while (forms[first].type != type)
		first++;
	while (first + n < N_ELEMENTS(forms) && forms[first + n].type == type)
		n++;
	return forms[first + choose(g, is_leaf ? 2 : n)].text;
}

/* A variable of the type that a macro around has named. */
static bool write_local(struct generator *g, enum type type)
{
	for (size_t i = g->n_locals; i-- > 0;) {
		if (g->locals[i] == type && choose(g, 2)) {
			buf_addf(g->out, "l%zu", i);
			return true;
		}
	}
	return false;
}

static void write_expression(struct generator *g, enum type type, unsigned depth);

static void write_form(struct generator *g, const char *p, unsigned depth)
{
	size_t before = g->n_locals;

	g->n_named = before;
	buf_add_char(g->out, '(');
	for (; *p; p++) {
		if (*p == '$') {
			/* Parts of parts name variables of their own. */
			struct generator saved = *g;
			write_expression(g, type_of(*++p), depth + 1);
			*g = saved;
		} else if (*p == '?' && p[1] >= 'a' && p[1] <= 'z' && (p[2] == ',' || p[2] == '@')) {
			g->locals[g->n_named] = type_of(*++p);
			buf_addf(g->out, "l%zu", g->n_named++);
		} else if (*p == '@') {
			g->n_locals = g->n_named;
		} else {
			buf_add_char(g->out, *p);
		}
	}
	buf_add_char(g->out, ')');
	g->n_locals = before;
}

/*
 * Something of another type that the checker cannot see: an error, mostly. Not in place of a list or an optional: of
 * dyn([1]).first() the checker knows no type, and takes the first overload that it meets for the right one.
 */
static void write_stranger(struct generator *g, unsigned depth)
{
	buf_add(g->out, STR("dyn("));
	write_expression(g, (enum type)choose(g, N_TYPES), depth + 1);
	buf_add_char(g->out, ')');
}

static void write_expression(struct generator *g, enum type type, unsigned depth)
{
	bool is_leaf = depth >= MAX_DEPTH || g->n_locals + 2 > MAX_LOCALS || choose(g, 4) == 0;
	bool is_scalar = type != T_INTS && type != T_STRINGS && type != T_MAP && type != T_OPTIONAL;

	if (write_local(g, type))
		return;
	if (!is_leaf && is_scalar && choose(g, 30) == 0)
		write_stranger(g, depth);
	else
		write_form(g, choose_form(g, type, is_leaf), depth);
}

void cel_generate(struct prng *prng, struct buf *out)
{
	struct generator g = {.prng = prng, .out = out};

	/* Conditions, mostly. */
	write_expression(&g, choose(&g, 2) ? T_BOOL : (enum type)choose(&g, N_TYPES), 0);
}

/* ---- variables -----------------------------------------------------------------------------------------------------
 */

static const struct cel_type list_of_int = {.kind = CEL_TYPE_LIST, .n_params = 1, .params = {&cel_type_int}};
static const struct cel_type list_of_string = {.kind = CEL_TYPE_LIST, .n_params = 1, .params = {&cel_type_string}};
static const struct cel_type map_of_int = {
    .kind = CEL_TYPE_MAP, .n_params = 2, .params = {&cel_type_string, &cel_type_int}};

static struct cel_value int_value(struct prng *p, struct arena *a UNUSED)
{
	static const int64_t ints[] = {0, 1, 2, 3, -1, -7, 12, INT64_MAX, INT64_MIN, INT64_C(1) << 53, 1700000000};

	return cel_int(ints[prng_below(p, N_ELEMENTS(ints))]);
}

static struct cel_value uint_value(struct prng *p, struct arena *a UNUSED)
{
	static const uint64_t uints[] = {0, 1, 2, 7, UINT64_MAX, UINT64_C(1) << 63};

	return cel_uint(uints[prng_below(p, N_ELEMENTS(uints))]);
}

static struct cel_value double_value(struct prng *p, struct arena *a UNUSED)
{
	static const double doubles[] = {0.0,  -0.0,   1.0,     2.0,      0.5,       -1.5,
	                                 1e19, 0x1p63, -0x1p63, HUGE_VAL, -HUGE_VAL, (double)NAN};

	return cel_double(doubles[prng_below(p, N_ELEMENTS(doubles))]);
}

static struct cel_value string_value(struct prng *p, struct arena *a UNUSED)
{
	static const struct str strings[] = {STR_INIT(""),
	                                     STR_INIT("a"),
	                                     STR_INIT("b"),
	                                     STR_INIT("ab"),
	                                     STR_INIT("aba"),
	                                     STR_INIT("prod"),
	                                     STR_INIT("7"),
	                                     STR_INIT("-12"),
	                                     STR_INIT("1.5"),
	                                     STR_INIT("\303\251"),
	                                     STR_INIT("a\360\237\230\200b"),
	                                     STR_INIT("A b")};

	return cel_string(strings[prng_below(p, N_ELEMENTS(strings))]);
}

static struct cel_value bool_value(struct prng *p, struct arena *a UNUSED)
{
	return cel_bool(prng_below(p, 2));
}

static struct cel_value bytes_value(struct prng *p, struct arena *a)
{
	return cel_bytes(cel_text(string_value(p, a)));
}

static struct cel_value time_value(struct prng *p, struct arena *a UNUSED)
{
	static const int64_t seconds[] = {0, -1, 1700000000, INT64_C(-62135596800), INT64_C(253402300799), 951782400};

	return cel_timestamp(seconds[prng_below(p, N_ELEMENTS(seconds))], prng_below(p, 2) ? 999999999 : 0);
}

static struct cel_value span_value(struct prng *p, struct arena *a)
{
	return cel_duration(int_value(p, a).i);
}

typedef struct cel_value maker(struct prng *p, struct arena *a);

static struct cel_value list_value(struct prng *p, struct arena *a, maker *make)
{
	uint32_t n = (uint32_t)prng_below(p, 5);
	struct cel_value *items = ARENA_ARRAY(a, struct cel_value, n);

	for (uint32_t i = 0; i < n; i++)
		items[i] = make(p, a);
	return cel_list(items, n);
}

static struct cel_value ints_value(struct prng *p, struct arena *a)
{
	return list_value(p, a, int_value);
}

static struct cel_value strings_value(struct prng *p, struct arena *a)
{
	return list_value(p, a, string_value);
}

/* Made by the layer's own reader: bodies of requests are what conditions see most. */
static struct cel_value json_value(struct prng *p, struct arena *a)
{
	static const char *const texts[] = {
	    "{\"a\": {\"b\": 1}, \"s\": \"prod\", \"l\": [1, 2, 3]}",
	    "{\"a\": {\"b\": 18446744073709551615}, \"s\": \"\", \"l\": []}",
	    "{\"a\": {\"c\": null}, \"s\": \"a\\u0000\", \"l\": [0, 1.5, \"a\"]}",
	    "{\"a\": 1, \"s\": null, \"l\": {\"a\": [1]}}",
	    "{}",
	    "[1]",
	    "{\"a\":{\"b\":-1,\"c\":2,\"d\":3,\"e\":4,\"f\":5,\"g\":6,\"h\":7,\"i\":8,\"j\":9}}",
	};
	const struct json *tree;
	struct error err;

	if (json_parse(str_of(texts[prng_below(p, N_ELEMENTS(texts))]), a, &tree, &err) != JSON_OK)
		exit(2);
	return cel_json(tree);
}

static struct cel_value map_value(struct prng *p, struct arena *a)
{
	static const char *const texts[] = {"{}", "{\"a\": 1}", "{\"a\": -5, \"b\": 2, \"\": 0}",
	                                    "{\"ab\": 9223372036854775807, \"prod\": 7}"};
	const struct json *tree;
	struct error err;

	if (json_parse(str_of(texts[prng_below(p, N_ELEMENTS(texts))]), a, &tree, &err) != JSON_OK)
		exit(2);
	return cel_json(tree);
}

static struct cel_value any_value(struct prng *p, struct arena *a)
{
	static maker *const makers[] = {int_value,  uint_value, double_value, string_value, bool_value, bytes_value,
	                                time_value, span_value, ints_value,   map_value,    json_value};

	return prng_below(p, 12) ? makers[prng_below(p, N_ELEMENTS(makers))](p, a) : cel_null();
}

static const struct {
	struct str name;
	const struct cel_type *type;
	maker *make;
} variables[] = {
    {STR_INIT("vb"), &cel_type_bool, bool_value},     {STR_INIT("vi"), &cel_type_int, int_value},
    {STR_INIT("vu"), &cel_type_uint, uint_value},     {STR_INIT("vd"), &cel_type_double, double_value},
    {STR_INIT("vs"), &cel_type_string, string_value}, {STR_INIT("vy"), &cel_type_bytes, bytes_value},
    {STR_INIT("vl"), &list_of_int, ints_value},       {STR_INIT("vt"), &list_of_string, strings_value},
    {STR_INIT("vm"), &map_of_int, map_value},         {STR_INIT("vw"), &cel_type_timestamp, time_value},
    {STR_INIT("vp"), &cel_type_duration, span_value}, {STR_INIT("vx"), &cel_type_dyn, any_value},
    {STR_INIT("vj"), &cel_type_dyn, json_value},
};
static_assert(N_ELEMENTS(variables) == CEL_GENERATE_VARIABLES, "the header says how many");

void cel_generate_declare(struct cel_env *env)
{
	for (size_t i = 0; i < N_ELEMENTS(variables); i++)
		(void)cel_env_add_variable(env, variables[i].name, variables[i].type);
}

void cel_generate_bind(struct prng *prng, struct arena *a, struct cel_value *values, struct oracle_scope *scopes)
{
	for (size_t i = 0; i < N_ELEMENTS(variables); i++) {
		values[i] = prng_below(prng, 8) ? variables[i].make(prng, a) : (struct cel_value){.kind = CEL_ERROR};
		scopes[i] = (struct oracle_scope){.outer = i + 1 < N_ELEMENTS(variables) ? &scopes[i + 1] : NULL,
		                                  .name = variables[i].name,
		                                  .value = oracle_of(a, values[i])};
	}
}

/* NOLINTEND(misc-no-recursion) */
