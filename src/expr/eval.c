/* SPDX-License-Identifier: Apache-2.0 */
#include "expr/eval-impl.h"

#include <stdarg.h>

#include "expr/lib.h"
#include "expr/map.h"

#define MAX_DETAIL_BYTES 400u

void cel_eval_init(struct cel_eval *ev, const struct cel_env *env, const struct cel_input *input)
{
	assert(input->arena);
	ev->env = env;
	ev->input = input;
	ev->arena = input->arena;
	ev->budget = input->budget ? input->budget : CEL_DEFAULT_BUDGET;
	ev->memory = input->memory ? input->memory : CEL_DEFAULT_MEMORY;
	ev->abort = CEL_NOT_ABORTED;
	ev->at = 0;
	ev->resolved = NULL;
	ev->memo = NULL;
	ev->registers = NULL;
	ev->pending = NULL;
	ev->code = NULL;
	ev->result = cel_aborted();
}

void *cel_host(struct cel_eval *ev)
{
	return ev->input->host;
}

int64_t cel_now_ms(const struct cel_eval *ev)
{
	return ev->input->now_ms;
}

const struct cel_env *cel_eval_env(const struct cel_eval *ev)
{
	return ev->env;
}

struct cel_value cel_abort_now(struct cel_eval *ev, enum cel_abort why)
{
	/* The first reason stays, and nothing can be bought any more. */
	if (ev->abort == CEL_NOT_ABORTED)
		ev->abort = why;
	ev->budget = 0;
	ev->memory = 0;
	return cel_aborted();
}

bool cel_charge(struct cel_eval *ev, uint64_t units)
{
	if (UNLIKELY(ev->abort != CEL_NOT_ABORTED || units > ev->budget)) {
		(void)cel_abort_now(ev, CEL_OVER_BUDGET);
		return false;
	}
	ev->budget -= units;
	return true;
}

void *cel_alloc(struct cel_eval *ev, size_t size)
{
	/* What the arena rounds up to counts, so that many small pieces are not for free. */
	size_t bytes = size <= SIZE_MAX - 15 ? (size + 15) & ~(size_t)15 : SIZE_MAX;

	if (UNLIKELY(bytes > ev->memory)) {
		(void)cel_abort_now(ev, CEL_OUT_OF_MEMORY);
		return NULL;
	}
	ev->memory -= bytes;
	return arena_alloc(ev->arena, size ? size : 1);
}

/* ---- errors -------------------------------------------------------------------------------------------- */

struct cel_value cel_fail_with(struct cel_eval *ev, enum cel_error_code code, struct str detail)
{
	size_t n = detail.len > MAX_DETAIL_BYTES ? MAX_DETAIL_BYTES : detail.len;
	struct cel_error *e = cel_alloc(ev, sizeof(*e) + n);
	char *text;

	if (!e)
		return cel_aborted();
	/* Cut between code points. */
	while (n < detail.len && n > 0 && ((unsigned char)detail.ptr[n] & 0xc0u) == 0x80u)
		n--;
	text = (char *)(e + 1);
	if (n)
		memcpy(text, detail.ptr, n);
	*e = (struct cel_error){.code = code, .at = ev->at, .detail = {n ? text : NULL, n}};
	return (struct cel_value){.kind = CEL_ERROR, .error = e};
}

struct cel_value cel_fail(struct cel_eval *ev, enum cel_error_code code, const char *fmt, ...)
{
	char text[MAX_DETAIL_BYTES + 1];
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	assert(n >= 0);
	return cel_fail_with(ev, code, (struct str){text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1});
}

struct cel_value cel_fail_about(struct cel_eval *ev, enum cel_error_code code, struct cel_value what)
{
	CLEANUP(buf_releasep) struct buf number = BUF_INIT(64);

	switch ((enum cel_kind)what.kind) {
	case CEL_STRING:
		return cel_fail_with(ev, code, cel_text(what));
	case CEL_INT:
		return cel_fail(ev, code, "%lld", (long long)what.i);
	case CEL_UINT:
		return cel_fail(ev, code, "%llu", (unsigned long long)what.u);
	case CEL_BOOL:
		return cel_fail(ev, code, "%s", what.b ? "true" : "false");
	case CEL_DOUBLE:
		cel_double_print(&number, what.d);
		return cel_fail_with(ev, code, buf_str(&number));
	case CEL_ERROR:
	case CEL_NULL:
	case CEL_BYTES:
	case CEL_LIST:
	case CEL_MAP:
	case CEL_TIMESTAMP:
	case CEL_DURATION:
	case CEL_TYPE:
	case CEL_OPTIONAL:
	case CEL_STRUCT:
	case CEL_IP:
	case CEL_CIDR:
	case CEL_OPAQUE:
	case CEL_N_KINDS:
		break;
	}
	return cel_fail_with(ev, code, cel_kind_name(what.kind));
}

void cel_error_print(struct buf *out, const struct cel_error *e)
{
	/* `%` stands for the detail. */
	static const char *const texts[] = {
	    [CEL_NO_SUCH_OVERLOAD] = "no such overload",
	    [CEL_NO_SUCH_ATTRIBUTE] = "no such attribute(s): %",
	    [CEL_NO_SUCH_KEY] = "no such key: %",
	    [CEL_NO_SUCH_FIELD] = "no such field '%'",
	    [CEL_INDEX_OUT_OF_BOUNDS] = "index out of bounds: %",
	    [CEL_DIVISION_BY_ZERO] = "division by zero",
	    [CEL_MODULUS_BY_ZERO] = "modulus by zero",
	    [CEL_INTEGER_OVERFLOW] = "integer overflow",
	    [CEL_RANGE] = "range error: %",
	    [CEL_CONVERSION] = "%",
	    [CEL_DUPLICATE_KEY] = "Failed with repeated key: %",
	    [CEL_UNSUPPORTED_KEY] = "unsupported key type: %",
	    [CEL_BAD_ARGUMENT] = "%",
	    [CEL_HOST] = "%",
	};
	const char *text = texts[e->code];

	for (; *text; text++) {
		if (*text == '%')
			buf_add(out, e->detail);
		else
			buf_add_char(out, *text);
	}
}

/* ---- values -------------------------------------------------------------------------------------------- */

static const char *copy_text(struct cel_eval *ev, struct str s)
{
	char *text;

	if (s.len > UINT32_MAX) {
		(void)cel_abort_now(ev, CEL_OUT_OF_MEMORY);
		return NULL;
	}
	text = cel_alloc(ev, s.len);
	if (text && s.len)
		memcpy(text, s.ptr, s.len);
	return text;
}

struct cel_value cel_make_string(struct cel_eval *ev, struct str s)
{
	const char *text = copy_text(ev, s);

	return text ? cel_string((struct str){text, s.len}) : cel_aborted();
}

struct cel_value cel_make_bytes(struct cel_eval *ev, struct str s)
{
	const char *text = copy_text(ev, s);

	return text ? cel_bytes((struct str){text, s.len}) : cel_aborted();
}

struct cel_value cel_make_optional(struct cel_eval *ev, struct cel_value v)
{
	struct cel_value *held = cel_alloc(ev, sizeof(*held));

	if (!held)
		return cel_aborted();
	*held = v;
	return cel_optional(held);
}

/* An empty index for `n` entries, at most half full. */
static bool make_index(struct cel_eval *ev, struct cel_map *map, uint32_t n)
{
	uint64_t size = 16;

	if (n <= CEL_MAP_SEARCHED)
		return true;
	while (size < (uint64_t)n * 2)
		size *= 2;
	if (size > UINT32_MAX) {
		(void)cel_abort_now(ev, CEL_OUT_OF_MEMORY);
		return false;
	}
	map->index = cel_alloc(ev, size * sizeof(map->index[0]));
	if (!map->index)
		return false;
	memset(map->index, 0, size * sizeof(map->index[0]));
	map->mask = (uint32_t)size - 1;
	return true;
}

static bool can_be_key(struct cel_value key)
{
	return key.kind == CEL_STRING || key.kind == CEL_INT || key.kind == CEL_UINT || key.kind == CEL_BOOL;
}

/* Keys are the evaluation's input: those that collide are paid for. */
static struct cel_value make_map(struct cel_eval *ev, const struct cel_entry *entries, uint32_t n, bool is_checked)
{
	struct cel_map *map = cel_alloc(ev, sizeof(*map));
	uint32_t place = 0, steps = 0;
	bool is_there;

	if (!map)
		return cel_aborted();
	*map = (struct cel_map){.entries = entries};
	if (!make_index(ev, map, n))
		return cel_aborted();
	for (uint32_t i = 0; i < n; i++) {
		if (is_checked && !can_be_key(entries[i].key))
			return cel_fail_about(ev, CEL_UNSUPPORTED_KEY, entries[i].key);
		is_there = (is_checked || map->index) && cel_map_find(map, i, entries[i].key, &place, &steps);
		if (is_there && is_checked)
			return cel_fail_about(ev, CEL_DUPLICATE_KEY, entries[i].key);
		if (is_there || !map->index)
			continue;
		if (!cel_charge(ev, steps / 8))
			return cel_aborted();
		map->index[place] = i + 1;
	}
	return (struct cel_value){.kind = CEL_MAP, .n = n, .map = map};
}

struct cel_value cel_make_map(struct cel_eval *ev, const struct cel_entry *entries, uint32_t n)
{
	return make_map(ev, entries, n, false);
}

struct cel_value cel_make_checked_map(struct cel_eval *ev, const struct cel_entry *entries, uint32_t n)
{
	return make_map(ev, entries, n, true);
}

struct cel_value cel_equal_charged(struct cel_eval *ev, struct cel_value a, struct cel_value b)
{
	uint64_t left = ev->budget;
	enum cel_equality equality;

	/* Texts cost what is compared of them, which is nothing when their lengths differ. */
	if (a.kind == CEL_STRING && b.kind == CEL_STRING && a.n == b.n && !cel_charge(ev, a.n / 10))
		return cel_aborted();
	if (a.kind < CEL_LIST || b.kind < CEL_LIST)
		return cel_bool(cel_equal_scalars(a, b));
	equality = cel_equal_within(a, b, &left);
	if (equality == CEL_TOO_LONG)
		return cel_abort_now(ev, CEL_OVER_BUDGET);
	if (equality == CEL_TOO_DEEP)
		return cel_fail(ev, CEL_RANGE, "values are nested too deeply");
	/* A scalar is for free, as elsewhere. */
	if (left + 1 < ev->budget)
		ev->budget = left + 1;
	return cel_bool(equality == CEL_EQUAL);
}

/* Asks the host, once an evaluation. */
static struct cel_value ask_host(struct cel_eval *ev, uint32_t slot)
{
	uint32_t n = cel_env_n_variables(ev->env);

	if (!ev->resolved) {
		ev->resolved = cel_alloc(ev, n * sizeof(ev->resolved[0]));
		if (!ev->resolved)
			return cel_aborted();
		memset(ev->resolved, 0, n * sizeof(ev->resolved[0]));
	}
	if (cel_is_error(ev->resolved[slot]) && !ev->resolved[slot].error)
		ev->resolved[slot] = ev->input->resolve(ev, slot);
	return ev->resolved[slot];
}

struct cel_value cel_resolve(struct cel_eval *ev, uint32_t slot, struct str name)
{
	struct cel_value v = ev->input->variables ? ev->input->variables[slot] : cel_aborted();

	if (!cel_is_error(v) || v.error)
		return v;
	if (ev->input->resolve)
		v = ask_host(ev, slot);
	/* The host does not know it either. */
	if (cel_is_error(v) && !v.error && ev->abort == CEL_NOT_ABORTED)
		return cel_fail_with(ev, CEL_NO_SUCH_ATTRIBUTE, name);
	return v;
}
