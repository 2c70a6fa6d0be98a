/* SPDX-License-Identifier: Apache-2.0
 *
 * Values as JSON, as the language converts them to google.protobuf.Value.
 */
#include <math.h>

#include "base/utf8.h"
#include "expr/expr.h"
#include "expr/lib.h"

/* Beyond, a double is not the number any more. */
#define MAX_EXACT INT64_C(9007199254740991)
#define MAX_TEXT  64u

/* A list or map that is being written. */
struct open {
	struct cel_value of;
	uint32_t at;
};

static void add_base64(struct json_writer *w, struct str bytes)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(w->out->max_bytes);

	for (size_t i = 0; i < bytes.len && !text.overflowed; i += 3) {
		size_t n = bytes.len - i < 3 ? bytes.len - i : 3;
		uint32_t bits = 0;

		for (size_t k = 0; k < 3; k++)
			bits = bits << 8 | (k < n ? (unsigned char)bytes.ptr[i + k] : 0);
		for (size_t k = 0; k < 4; k++)
			buf_add_char(&text, k <= n ? digits[bits >> (18 - 6 * k) & 63] : '=');
	}
	w->out->overflowed = w->out->overflowed || text.overflowed;
	json_add_str(w, buf_str(&text));
}

static void add_double(struct json_writer *w, double d)
{
	if (isnan(d))
		json_add_str(w, STR("NaN"));
	else if (isinf(d))
		json_add_str(w, d > 0 ? STR("Infinity") : STR("-Infinity"));
	else
		json_add_double(w, d);
}

static void add_int(struct json_writer *w, int64_t i)
{
	char text[24];

	if (i >= -MAX_EXACT && i <= MAX_EXACT) {
		json_add_i64(w, i);
		return;
	}
	(void)snprintf(text, sizeof(text), "%lld", (long long)i);
	json_add_str(w, str_of(text));
}

static void add_uint(struct json_writer *w, uint64_t u)
{
	char text[24];

	if (u <= (uint64_t)MAX_EXACT) {
		json_add_u64(w, u);
		return;
	}
	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)u);
	json_add_str(w, str_of(text));
}

static void add_time(struct json_writer *w, struct cel_value v)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(MAX_TEXT);

	if (v.kind == CEL_TIMESTAMP)
		cel_time_print(&text, v);
	else
		cel_duration_print(&text, v);
	json_add_str(w, buf_str(&text));
}

/* Not of lists, maps and optionals; false: it has no JSON. */
static bool add_scalar(struct json_writer *w, struct cel_value v)
{
	switch ((enum cel_kind)v.kind) {
	case CEL_NULL:
		json_add_null(w);
		return true;
	case CEL_BOOL:
		json_add_bool(w, v.b);
		return true;
	case CEL_INT:
		add_int(w, v.i);
		return true;
	case CEL_UINT:
		add_uint(w, v.u);
		return true;
	case CEL_DOUBLE:
		add_double(w, v.d);
		return true;
	case CEL_STRING:
		json_add_str(w, cel_text(v));
		return true;
	case CEL_BYTES:
		add_base64(w, cel_text(v));
		return true;
	case CEL_TIMESTAMP:
	case CEL_DURATION:
		add_time(w, v);
		return true;
	case CEL_ERROR:
	case CEL_LIST:
	case CEL_MAP:
	case CEL_TYPE:
	case CEL_OPTIONAL:
	case CEL_STRUCT:
	case CEL_IP:
	case CEL_CIDR:
	case CEL_OPAQUE:
	case CEL_N_KINDS:
		break;
	}
	return false;
}

/* Begins a list or map, or writes what is neither. */
static bool begin(struct json_writer *w, struct open *stack, uint32_t *depth, struct cel_value v)
{
	if (v.kind != CEL_LIST && v.kind != CEL_MAP)
		return add_scalar(w, v);
	if (w->depth == JSON_WRITER_MAX_DEPTH)
		return false;
	if (v.kind == CEL_LIST)
		json_begin_array(w);
	else
		json_begin_object(w);
	stack[(*depth)++] = (struct open){v, 0};
	return true;
}

/* Moves on in the innermost one. */
static bool advance(struct json_writer *w, struct open *stack, uint32_t *depth)
{
	struct open *top = &stack[*depth - 1];
	struct cel_entry entry;

	if (top->at == top->of.n) {
		(*depth)--;
		if (top->of.kind == CEL_LIST)
			json_end_array(w);
		else
			json_end_object(w);
		return true;
	}
	if (top->of.kind == CEL_LIST)
		return begin(w, stack, depth, cel_list_at(top->of, top->at++));
	entry = cel_map_at(top->of, top->at++);
	if (entry.key.kind != CEL_STRING)
		return false;
	json_key(w, cel_text(entry.key));
	return begin(w, stack, depth, entry.value);
}

bool cel_value_to_json(struct json_writer *w, struct cel_value v)
{
	struct open stack[JSON_WRITER_MAX_DEPTH + 1];
	uint32_t depth = 0;

	if (!begin(w, stack, &depth, v))
		return false;
	/* Values can share parts: what is written may be far larger than they are, and ends when the buffer is full. */
	while (depth > 0 && !w->out->overflowed) {
		if (!advance(w, stack, &depth))
			return false;
	}
	return true;
}
