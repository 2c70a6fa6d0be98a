/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "json/json.h"

static void new_line(struct json_writer *w)
{
	buf_add_char(w->out, '\n');
	for (uint32_t i = 0; i < w->depth * w->indent; i++)
		buf_add_char(w->out, ' ');
}

/* What stands before a value or a key: comma and, when pretty-printing, the line. */
static void separate(struct json_writer *w)
{
	if (w->after_key) {
		w->after_key = false;
		return;
	}
	if (w->needs_comma)
		buf_add_char(w->out, ',');
	if (w->indent && w->depth)
		new_line(w);
}

static void begin(struct json_writer *w, char c)
{
	separate(w);
	assert(w->depth < JSON_WRITER_MAX_DEPTH);
	w->depth++;
	buf_add_char(w->out, c);
	w->needs_comma = false;
}

static void end(struct json_writer *w, char c)
{
	assert(w->depth > 0 && !w->after_key);
	w->depth--;
	if (w->indent && (w->needs_comma || w->spreads_empty))
		new_line(w);
	buf_add_char(w->out, c);
	w->needs_comma = true;
}

void json_begin_object(struct json_writer *w)
{
	begin(w, '{');
}

void json_end_object(struct json_writer *w)
{
	end(w, '}');
}

void json_begin_array(struct json_writer *w)
{
	begin(w, '[');
}

void json_end_array(struct json_writer *w)
{
	end(w, ']');
}

/* 0: as it stands; 'u': \u00xx; else the letter after the backslash. */
static char escape_of(unsigned char c)
{
	switch (c) {
	case '"':
	case '\\':
		return (char)c;
	case '\b':
		return 'b';
	case '\f':
		return 'f';
	case '\n':
		return 'n';
	case '\r':
		return 'r';
	case '\t':
		return 't';
	default:
		return c < 0x20 || c == 0x7f ? 'u' : 0;
	}
}

static void add_quoted(struct buf *out, struct str s)
{
	static const char hex[] = "0123456789abcdef";
	size_t plain = 0;

	buf_add_char(out, '"');
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];
		char e = escape_of(c);

		if (LIKELY(!e))
			continue;
		buf_add(out, str_slice(s, plain, i));
		plain = i + 1;
		buf_add_char(out, '\\');
		buf_add_char(out, e);
		if (e == 'u') {
			buf_add(out, STR("00"));
			buf_add_char(out, hex[c >> 4]);
			buf_add_char(out, hex[c & 15]);
		}
	}
	buf_add(out, str_slice(s, plain, s.len));
	buf_add_char(out, '"');
}

void json_key(struct json_writer *w, struct str name)
{
	assert(!w->after_key);
	separate(w);
	add_quoted(w->out, name);
	buf_add(w->out, w->indent ? STR(": ") : STR(":"));
	w->after_key = true;
}

static void add_raw(struct json_writer *w, struct str text)
{
	separate(w);
	buf_add(w->out, text);
	w->needs_comma = true;
}

void json_add_str(struct json_writer *w, struct str s)
{
	if (str_is_absent(s)) {
		json_add_null(w);
		return;
	}
	separate(w);
	add_quoted(w->out, s);
	w->needs_comma = true;
}

void json_add_bool(struct json_writer *w, bool b)
{
	add_raw(w, b ? STR("true") : STR("false"));
}

void json_add_null(struct json_writer *w)
{
	add_raw(w, STR("null"));
}

void json_add_u64(struct json_writer *w, uint64_t v)
{
	separate(w);
	buf_add_u64(w->out, v);
	w->needs_comma = true;
}

void json_add_i64(struct json_writer *w, int64_t v)
{
	separate(w);
	if (v < 0)
		buf_add_char(w->out, '-');
	buf_add_u64(w->out, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
	w->needs_comma = true;
}

void json_add_double(struct json_writer *w, double v)
{
	char text[40];
	int n = 0;

	if (!isfinite(v)) {
		json_add_null(w);
		return;
	}
	/* The shortest of these that reads back as the same number. */
	for (int digits = 15; digits <= 17; digits++) {
		n = snprintf(text, sizeof(text), "%.*g", digits, v);
		double back = strtod(text, NULL);
		if (!(back < v) && !(back > v))
			break;
	}
	struct str s = {text, (size_t)n};
	separate(w);
	buf_add(w->out, s);
	/* Keep it a real number: 1 would come back as an integer. */
	if (str_find(s, '.', 0) == SIZE_MAX && str_find(s, 'e', 0) == SIZE_MAX)
		buf_add(w->out, STR(".0"));
	w->needs_comma = true;
}

static void add_scalar(struct json_writer *w, const struct json *j)
{
	switch (j->type) {
	case JSON_NULL:
	case JSON_ARRAY:
	case JSON_OBJECT:
		json_add_null(w);
		break;
	case JSON_BOOL:
		json_add_bool(w, j->b);
		break;
	case JSON_INT:
		json_add_i64(w, j->i);
		break;
	case JSON_UINT:
		json_add_u64(w, j->u);
		break;
	case JSON_DOUBLE:
		json_add_double(w, j->d);
		break;
	case JSON_STRING:
		json_add_str(w, j->s);
		break;
	}
}

void json_add(struct json_writer *w, const struct json *tree)
{
	struct {
		const struct json *node;
		uint32_t next;
	} stack[JSON_MAX_DEPTH];
	uint32_t depth = 0;
	const struct json *j = tree;

	if (!j) {
		json_add_null(w);
		return;
	}
	for (;;) {
		if (j->type == JSON_ARRAY || j->type == JSON_OBJECT) {
			assert(depth < JSON_MAX_DEPTH);
			begin(w, j->type == JSON_ARRAY ? '[' : '{');
			stack[depth].node = j;
			stack[depth++].next = 0;
		} else {
			add_scalar(w, j);
		}
		while (depth && stack[depth - 1].next == stack[depth - 1].node->n)
			end(w, stack[--depth].node->type == JSON_ARRAY ? ']' : '}');
		if (!depth)
			return;
		const struct json *open = stack[depth - 1].node;
		uint32_t i = stack[depth - 1].next++;
		if (open->type == JSON_OBJECT)
			json_key(w, open->members[i].name);
		j = open->type == JSON_OBJECT ? &open->members[i].value : &open->items[i];
	}
}

void json_put_str(struct json_writer *w, struct str name, struct str s)
{
	json_key(w, name);
	json_add_str(w, s);
}

void json_put_bool(struct json_writer *w, struct str name, bool b)
{
	json_key(w, name);
	json_add_bool(w, b);
}

void json_put_i64(struct json_writer *w, struct str name, int64_t v)
{
	json_key(w, name);
	json_add_i64(w, v);
}

void json_put_u64(struct json_writer *w, struct str name, uint64_t v)
{
	json_key(w, name);
	json_add_u64(w, v);
}

void json_put(struct json_writer *w, struct str name, const struct json *tree)
{
	json_key(w, name);
	json_add(w, tree);
}

void json_put_strs(struct json_writer *w, struct str name, const struct str *items, size_t n)
{
	json_key(w, name);
	json_begin_array(w);
	for (size_t i = 0; i < n; i++)
		json_add_str(w, items[i]);
	json_end_array(w);
}
