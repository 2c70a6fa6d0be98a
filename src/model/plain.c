/* SPDX-License-Identifier: Apache-2.0 */
#include "model/fields.h"

#define MAX_DIGITS 18 /* what surely fits into int64_t */

struct scan {
	const char *at, *end;
};

static bool take(struct scan *s, struct str text)
{
	if ((size_t)(s->end - s->at) < text.len || memcmp(s->at, text.ptr, text.len) != 0)
		return false;
	s->at += text.len;
	return true;
}

/* A JSON string that stands for its own bytes. */
static bool take_string(struct scan *s, struct str *ret)
{
	const char *start, *p;

	if (!take(s, STR("\"")))
		return false;
	start = p = s->at;
	while (p < s->end && *p >= 0x20 && *p < 0x7f && *p != '"' && *p != '\\')
		p++;
	if (p == s->end || *p != '"')
		return false;
	*ret = (struct str){start, (size_t)(p - start)};
	s->at = p + 1;
	return true;
}

static bool take_integer(struct scan *s, int64_t *ret)
{
	bool is_negative = take(s, STR("-"));
	const char *start = s->at;
	int64_t v = 0;

	while (s->at < s->end && *s->at >= '0' && *s->at <= '9' && s->at - start < MAX_DIGITS)
		v = v * 10 + (*s->at++ - '0');
	/* A leading zero is no JSON, except alone; what goes on behind the digits is found by whoever reads on. */
	if (s->at == start || (*start == '0' && (is_negative || s->at - start > 1)))
		return false;
	*ret = is_negative ? -v : v;
	return true;
}

static bool take_value(struct scan *s, const struct field *f, void *object)
{
	void *at = (char *)object + f->offset;
	struct str text;

	switch (f->type) {
	case FIELD_STR:
		return take_string(s, at);
	case FIELD_BOOL:
		*(bool *)at = take(s, STR("true"));
		return *(const bool *)at;
	case FIELD_TIME:
		return take_integer(s, at);
	case FIELD_ENUM:
		if (!take_string(s, &text))
			return false;
		*(unsigned *)at = enum_value(f->values, text);
		return *(const unsigned *)at != 0;
	case FIELD_STRS:
	case FIELD_JSON:
	case FIELD_LIST:
		break;
	}
	return false;
}

/* Is the field the next member? Then its value is next. */
static bool take_name(struct scan *s, struct str name, bool is_first)
{
	const char *at = s->at;
	size_t room = (size_t)(s->end - at), needed = name.len + 3 + (is_first ? 0 : 1);

	if (room < needed || (!is_first && *at++ != ',') || *at++ != '"' || memcmp(at, name.ptr, name.len) != 0)
		return false;
	at += name.len;
	if (at[0] != '"' || at[1] != ':')
		return false;
	s->at = at + 2;
	return true;
}

bool plain_read(const struct list_info *tables, size_t n_tables, struct str body, void *object)
{
	struct scan s = {body.ptr, body.ptr + body.len};
	bool is_first = true;

	if (!take(&s, STR("{")))
		return false;
	for (size_t t = 0; t < n_tables; t++) {
		for (size_t i = 0; i < tables[t].n_fields; i++) {
			const struct field *f = &tables[t].fields[i];

			if (!take_name(&s, f->name, is_first))
				continue;
			if (!take_value(&s, f, object))
				return false;
			is_first = false;
		}
	}
	return take(&s, STR("}")) && s.at == s.end;
}
