/* SPDX-License-Identifier: Apache-2.0
 *
 * The way back from the CEL of convert_tags.c. What is read is written again and compared: a condition in any other
 * words, however like, is none of these, so that what comes out means just what went in.
 */
#include "base/utf8.h"
#include "model/langsmith.h"
#include "policy/convert_impl.h"

struct scan {
	struct str text;
	size_t at;
};

static bool take(struct scan *s, struct str word)
{
	if (!str_starts_with(str_slice(s->text, s->at, s->text.len), word))
		return false;
	s->at += word.len;
	return true;
}

static unsigned digit(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10) & 15;
}

/* The inside of a string up to its closing quote, unescaped. False: there is no closing quote. */
static bool take_string(struct scan *s, struct arena *a, struct str *ret)
{
	const struct str t = s->text;
	char *out = ARENA_ARRAY(a, char, t.len - s->at);
	size_t n = 0;

	for (; s->at < t.len && t.ptr[s->at] != '"'; s->at++) {
		if (t.ptr[s->at] == '\\' && s->at + 1 < t.len)
			s->at++;
		else {
			out[n++] = t.ptr[s->at];
			continue;
		}
		if (t.ptr[s->at] == 'x' && s->at + 2 < t.len) {
			out[n++] = (char)(digit(t.ptr[s->at + 1]) << 4 | digit(t.ptr[s->at + 2]));
			s->at += 2;
		} else {
			out[n++] = t.ptr[s->at];
		}
	}
	*ret = (struct str){out, n};
	return take(s, STR("\""));
}

/* A pattern of RE2 as the text, or the glob, that it was made from. */
static struct str text_of_pattern(struct str pattern, bool is_glob, struct arena *a)
{
	char *out = ARENA_ARRAY(a, char, pattern.len);
	size_t n = 0;

	for (size_t i = 0; i < pattern.len; i++) {
		char c = pattern.ptr[i];

		if (c == '\\' && i + 1 < pattern.len)
			out[n++] = pattern.ptr[++i];
		else if (is_glob && c == '.' && i + 1 < pattern.len && pattern.ptr[i + 1] == '*')
			out[n++] = pattern.ptr[++i];
		else
			out[n++] = is_glob && c == '.' ? '?' : c;
	}
	return (struct str){out, n};
}

static bool take_comparison(struct scan *s, struct arena *a, enum tag_comparison *ret_comparison, struct str *ret_value)
{
	static const struct str start = STR_INIT("^(?s:"), end = STR_INIT(")$");
	struct str pattern;

	*ret_comparison = TAG_EQUALS;
	if (take(s, STR("v == \"")))
		return take_string(s, a, ret_value);
	if (!take(s, STR("v.matches(\"")) || !take_string(s, a, &pattern) || !take(s, STR(")")) ||
	    pattern.len < start.len + end.len)
		return false;
	*ret_comparison = pattern.ptr[3] == 's' ? TAG_MATCHES : TAG_EQUALS_IGNORE_CASE;
	*ret_value =
	    text_of_pattern(str_slice(pattern, start.len, pattern.len - end.len), *ret_comparison == TAG_MATCHES, a);
	return true;
}

static struct str operator_name(enum tag_comparison comparison, bool is_negated, bool if_exists)
{
	static const struct str names[][2][2] = {
	    [TAG_EQUALS] = {{STR_INIT("equals"), STR_INIT("equals_if_exists")},
	                    {STR_INIT("not_equals"), STR_INIT("not_equals_if_exists")}},
	    [TAG_EQUALS_IGNORE_CASE] = {{STR_INIT("equals_ignore_case"), STR_INIT("equals_ignore_case_if_exists")},
	                                {STR_INIT("not_equals_ignore_case"),
	                                 STR_INIT("not_equals_ignore_case_if_exists")}},
	    [TAG_MATCHES] = {{STR_INIT("matches"), STR_INIT("matches_if_exists")},
	                     {STR_INIT("not_matches"), STR_INIT("not_matches_if_exists")}},
	};

	return names[comparison][is_negated][if_exists];
}

static bool take_condition(struct scan *s, struct arena *a, struct tag_condition *ret)
{
	bool if_exists = take(s, STR("(!(\"")), is_negated;
	enum tag_comparison comparison;
	struct str key;

	if ((!if_exists && !take(s, STR("(\""))) || !take_string(s, a, &ret->key) ||
	    !take(s, if_exists ? STR(" in resource.tags) || ") : STR(" in resource.tags && ")))
		return false;
	is_negated = take(s, STR("!"));
	if (!take(s, STR("resource.tags[\"")) || !take_string(s, a, &key) || !take(s, STR("].exists(v, ")) ||
	    !take_comparison(s, a, &comparison, &ret->value) || !take(s, STR("))")))
		return false;
	ret->attribute = STR(TAG_ATTRIBUTE);
	ret->operator= operator_name(comparison, is_negated, if_exists);
	return true;
}

static bool has_tag_length(struct str s)
{
	return s.len > 0 && utf8_length(s) <= TAG_MAX_CHARS;
}

bool convert_read_tag_condition(struct str text, struct arena *a, struct tag_group *ret)
{
	struct scan s = {text, 0};
	struct tag_condition *conditions = ARENA_ARRAY(a, struct tag_condition, CONVERT_MAX_TAG_CONDITIONS);
	struct tag_group group = {.conditions = conditions};

	do {
		struct tag_condition *c = &conditions[group.n_conditions];

		if (group.n_conditions == CONVERT_MAX_TAG_CONDITIONS || !take_condition(&s, a, c) ||
		    !has_tag_length(c->key) || !has_tag_length(c->value))
			return false;
		group.n_conditions++;
	} while (take(&s, STR(" && ")));
	if (!str_eq(convert_tag_condition(&group, a), text))
		return false;
	ret->conditions = group.conditions;
	ret->n_conditions = group.n_conditions;
	return true;
}
