/* SPDX-License-Identifier: Apache-2.0
 *
 * Tag conditions in CEL. Where nobody knows the tags there is no resource.tags: then the expression fails, and it is
 * unknown whether it holds, as it is of the tag policy.
 */
#include "policy/convert.h"

static void add_char(struct buf *out, unsigned char c)
{
	if (c == '"' || c == '\\')
		buf_addf(out, "\\%c", c);
	else if (c < 0x20 || c == 0x7f)
		buf_addf(out, "\\x%02x", c);
	else
		buf_add_char(out, (char)c);
}

static void add_string(struct buf *out, struct str s)
{
	buf_add_char(out, '"');
	for (size_t i = 0; i < s.len; i++)
		add_char(out, (unsigned char)s.ptr[i]);
	buf_add_char(out, '"');
}

/* The text as a pattern of RE2 in a string of CEL; with `globs` '*' and '?' stand for others. */
static void add_pattern(struct buf *out, struct str s, bool globs)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (globs && c == '*')
			buf_add(out, STR(".*"));
		else if (globs && c == '?')
			buf_add_char(out, '.');
		else if (c && strchr(".*+?()[]{}|^$\\", c))
			buf_addf(out, "\\\\%s%c", c == '\\' ? "\\" : "", c);
		else
			add_char(out, c);
	}
}

/* Does the value `v` compare true? */
static void add_comparison(struct buf *out, const struct tag_operator *operator, struct str value)
{
	if (operator->comparison == TAG_EQUALS) {
		buf_add(out, STR("v == "));
		add_string(out, value);
		return;
	}
	buf_add(out, STR("v.matches(\"^"));
	buf_add(out, operator->comparison == TAG_MATCHES ? STR("(?s:") : STR("(?i:"));
	add_pattern(out, value, operator->comparison == TAG_MATCHES);
	buf_add(out, STR(")$\")"));
}

static void add_condition(struct buf *out, const struct tag_condition *c)
{
	const struct tag_operator *operator= tag_operator_find(c->operator);

	if (!operator) {
		buf_add(out, STR("false"));
		return;
	}
	buf_add(out, operator->if_exists ? STR("(!(") : STR("("));
	add_string(out, c->key);
	buf_add(out, operator->if_exists ? STR(" in resource.tags) || ") : STR(" in resource.tags && "));
	buf_add(out, operator->is_negated ? STR("!resource.tags[") : STR("resource.tags["));
	add_string(out, c->key);
	buf_add(out, STR("].exists(v, "));
	add_comparison(out, operator, c->value);
	buf_add(out, STR("))"));
}

struct str convert_tag_condition(const struct tag_group *group, struct arena *a)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(BUF_MAX_RESPONSE_BYTES);

	for (size_t i = 0; i < group->n_conditions; i++) {
		if (i > 0)
			buf_add(&text, STR(" && "));
		add_condition(&text, &group->conditions[i]);
	}
	return arena_str(a, buf_str(&text));
}
