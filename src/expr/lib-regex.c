/* SPDX-License-Identifier: Apache-2.0
 *
 * regex.replace(), regex.extract() and regex.extractAll().
 */
#include <string.h>

#include "expr/collect.h"
#include "expr/regex.h"

/* The parts of a text that matches follow each other in. */
struct scan {
	struct cel_eval *ev;
	const struct re2_regex *re;
	struct str text;
	size_t at; /* where the next match may start */
	bool is_done;
	struct str groups[RE2_MAX_GROUPS];
	int n_groups; /* asked for */
};

/* The next match, behind the one before; empty ones advance by a code point. False: none, or aborted (is_aborted). */
static bool scan_next(struct scan *s, bool *ret_is_aborted)
{
	*ret_is_aborted = false;
	if (s->is_done)
		return false;
	if (!re2_regex_find(s->re, s->text, s->at, s->groups, s->n_groups)) {
		/* What was looked through in vain; found parts are paid for below. */
		*ret_is_aborted = !cel_regex_charge(s->ev, s->re, s->text.len - s->at);
		return false;
	}
	size_t end = (size_t)(s->groups[0].ptr - s->text.ptr) + s->groups[0].len;
	*ret_is_aborted = !cel_regex_charge(s->ev, s->re, end - s->at);
	if (s->groups[0].len == 0) {
		if (end == s->text.len)
			s->is_done = true;
		while (end < s->text.len && ++end < s->text.len && (s->text.ptr[end] & 0xC0) == 0x80)
			continue;
	}
	s->at = end;
	return !*ret_is_aborted;
}

/* At most one group in parentheses may say what is wanted. False and the error in `ret_error`. */
static bool start_extract(struct cel_eval *ev, const struct cel_value *args, struct re2_regex **ret_re,
                          struct scan *ret, struct cel_value *ret_error)
{
	struct str pattern = cel_text(args[1]);

	if (!cel_regex_compile(ev, pattern, ret_re, ret_error))
		return false;
	if (re2_regex_groups(*ret_re) > 1) {
		*ret_error =
		    cel_fail(ev, CEL_BAD_ARGUMENT, "regular expression has more than one capturing group: \"%.*s\"",
		             STR_ARG(pattern));
		return false;
	}
	*ret = (struct scan){
	    .ev = ev, .re = *ret_re, .text = cel_text(args[0]), .n_groups = re2_regex_groups(*ret_re) + 1};
	return true;
}

/* The group of the match or, when the pattern has none, the whole of it. */
static struct str extracted(const struct scan *s)
{
	return s->groups[s->n_groups - 1];
}

static struct cel_value extract(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	CLEANUP(re2_regex_freep) struct re2_regex *re = NULL;
	struct cel_value error;
	struct scan s;
	bool is_aborted;

	if (!start_extract(ev, args, &re, &s, &error))
		return error;
	bool found = scan_next(&s, &is_aborted);
	if (is_aborted)
		return cel_aborted();
	/* A group that took no part is none, too. */
	if (!found || str_is_absent(extracted(&s)))
		return cel_optional(NULL);
	return cel_make_optional(ev, cel_string(extracted(&s)));
}

static struct cel_value extract_all(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	CLEANUP(re2_regex_freep) struct re2_regex *re = NULL;
	struct cel_collect found = {.ev = ev};
	struct cel_value error;
	struct scan s;
	bool is_aborted;

	if (!start_extract(ev, args, &re, &s, &error))
		return error;
	while (scan_next(&s, &is_aborted)) {
		if (!str_is_absent(extracted(&s)) && !cel_collect_add(&found, cel_string(extracted(&s))))
			return cel_aborted();
	}
	return is_aborted ? cel_aborted() : cel_collect_list(&found);
}

/*
 * Appends the replacement: \0 to \9 are groups of the match, \\ a backslash. False: another escape, or a group that the
 * pattern does not have.
 */
static bool add_replacement(struct buf *out, struct str replacement, const struct scan *s)
{
	for (size_t i = 0; i < replacement.len; i++) {
		char c = replacement.ptr[i];
		if (c != '\\') {
			buf_add_char(out, c);
			continue;
		}
		if (++i == replacement.len)
			return false;
		c = replacement.ptr[i];
		if (c == '\\')
			buf_add_char(out, c);
		else if (c >= '0' && c <= '9' && c - '0' < s->n_groups)
			buf_add(out, s->groups[c - '0']);
		else
			return false;
	}
	return true;
}

static struct cel_value replace(struct cel_eval *ev, const struct cel_value *args, size_t n_args)
{
	CLEANUP(re2_regex_freep) struct re2_regex *re = NULL;
	CLEANUP(buf_releasep) struct buf out = cel_text_buf();
	struct cel_value error;
	int64_t left = n_args == 4 ? args[3].i : -1;
	struct str text = cel_text(args[0]);
	size_t copied = 0;
	bool is_aborted = false;

	if (!cel_regex_compile(ev, cel_text(args[1]), &re, &error))
		return error;
	struct scan s = {.ev = ev, .re = re, .text = text, .n_groups = re2_regex_groups(re) + 1};
	if (s.n_groups > RE2_MAX_GROUPS)
		s.n_groups = RE2_MAX_GROUPS;
	for (; left != 0 && scan_next(&s, &is_aborted); left -= left > 0) {
		size_t before = out.len, start = (size_t)(s.groups[0].ptr - text.ptr);
		buf_add(&out, str_slice(text, copied, start));
		if (!add_replacement(&out, cel_text(args[2]), &s))
			return cel_fail(ev, CEL_BAD_ARGUMENT, "invalid replacement string: \"%.*s\"",
			                STR_ARG(cel_text(args[2])));
		copied = start + s.groups[0].len;
		if (!cel_charge(ev, cel_units_of(out.len - before)))
			return cel_aborted();
	}
	buf_add(&out, str_slice(text, copied, text.len));
	return is_aborted ? cel_aborted() : cel_text_of_buf(ev, &out);
}

static const struct cel_type optional_string = {.kind = CEL_TYPE_OPTIONAL, .n_params = 1, .params = {&cel_type_string}};
static const struct cel_type list_of_strings = {.kind = CEL_TYPE_LIST, .n_params = 1, .params = {&cel_type_string}};

static const struct cel_overload overloads[] = {
    {.name = STR_INIT("regex.replace"),
     .id = STR_INIT("regex_replaceAll_string_string_string"),
     .flags = CEL_PURE,
     .params = {&cel_type_string, &cel_type_string, &cel_type_string},
     .n_params = 3,
     .result = &cel_type_string,
     .call = replace},
    {.name = STR_INIT("regex.replace"),
     .id = STR_INIT("regex_replaceCount_string_string_string_int"),
     .flags = CEL_PURE,
     .params = {&cel_type_string, &cel_type_string, &cel_type_string, &cel_type_int},
     .n_params = 4,
     .result = &cel_type_string,
     .call = replace},
    {.name = STR_INIT("regex.extract"),
     .id = STR_INIT("regex_extract_string_string"),
     .flags = CEL_PURE,
     .params = {&cel_type_string, &cel_type_string},
     .n_params = 2,
     .result = &optional_string,
     .call = extract},
    {.name = STR_INIT("regex.extractAll"),
     .id = STR_INIT("regex_extractAll_string_string"),
     .flags = CEL_PURE,
     .params = {&cel_type_string, &cel_type_string},
     .n_params = 2,
     .result = &list_of_strings,
     .call = extract_all},
};
const struct cel_overload_table cel_lib_regex = {overloads, N_ELEMENTS(overloads)};
