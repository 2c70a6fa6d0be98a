/* SPDX-License-Identifier: Apache-2.0 */
#include "model/validate.h"

#define MAX_NATIVE_ID_BYTES     128u
#define MAX_RESOURCE_TYPE_BYTES 128u
#define MAX_RESOURCE_ID_BYTES   256u
#define MAX_EMAIL_BYTES         254u /* RFC 5321, path without brackets */
#define MAX_EMAIL_LOCAL_BYTES   64u
#define MAX_IAM_ID_BYTES        64u
#define MAX_IAM_TENANT_BYTES    48u /* strict */

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_alpha(char c)
{
	return is_lower(c) || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
	return is_alpha(c) || is_digit(c);
}

/* c is one of the characters of `set`; NUL never is. */
static bool is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

static bool is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

/* ---- native ------------------------------------------------------------------------------------------ */

bool valid_native_id(struct str s)
{
	if (s.len == 0 || s.len > MAX_NATIVE_ID_BYTES || s.ptr[0] == '.')
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!is_alnum(s.ptr[i]) && !is_one_of(s.ptr[i], "_.@+-"))
			return false;
	return true;
}

bool valid_resource_type(struct str s)
{
	if (s.len == 0 || s.len > MAX_RESOURCE_TYPE_BYTES || !is_alpha(s.ptr[0]) || s.ptr[s.len - 1] == ':')
		return false;
	for (size_t i = 1; i < s.len; i++)
		if (!is_alnum(s.ptr[i]) && !is_one_of(s.ptr[i], "_.:-"))
			return false;
	return true;
}

bool valid_resource_id(struct str s)
{
	if (s.len == 0 || s.len > MAX_RESOURCE_ID_BYTES)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (is_control(s.ptr[i]))
			return false;
		/* U+0080 to U+009F are control characters too. */
		if (s.ptr[i] == '\xc2' && i + 1 < s.len && (unsigned char)s.ptr[i + 1] < 0xa0)
			return false;
	}
	return true;
}

/* RFC 5321 Dot-string: runs of atext (and UTF-8, RFC 6531) with single dots between them. */
static bool is_dot_string(struct str s)
{
	char before = '.';

	if (s.len == 0 || s.len > MAX_EMAIL_LOCAL_BYTES)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (c == '.' ? before == '.'
		             : !is_alnum(c) && (unsigned char)c < 0x80 && !is_one_of(c, "!#$%&'*+-/=?^_`{|}~"))
			return false;
		before = c;
	}
	return before != '.';
}

/* Labels of letters, digits (and UTF-8), '-' inside only, with dots between them. */
static bool is_domain(struct str s)
{
	char before = '.';

	if (s.len == 0)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (c == '.') {
			if (before == '.' || before == '-')
				return false;
		} else if (c == '-') {
			if (before == '.')
				return false;
		} else if (!is_alnum(c) && (unsigned char)c < 0x80) {
			return false;
		}
		before = c;
	}
	return before != '.' && before != '-';
}

bool valid_email(struct str s)
{
	size_t at = str_find(s, '@', 0);

	return s.len <= MAX_EMAIL_BYTES && at != SIZE_MAX && is_dot_string(str_slice(s, 0, at)) &&
	       is_domain(str_slice(s, at + 1, s.len));
}

/* ---- IAM --------------------------------------------------------------------------------------------- */

/* [A-Za-z0-9_-]{1,max}, or without capitals. */
static bool is_slug(struct str s, size_t max_bytes, bool strict)
{
	if (s.len == 0 || s.len > max_bytes)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (!is_digit(c) && !is_one_of(c, "_-") && !(strict ? is_lower(c) : is_alpha(c)))
			return false;
	}
	return true;
}

bool iam_valid_id(struct str s, bool strict)
{
	return is_slug(s, MAX_IAM_ID_BYTES, strict);
}

bool iam_valid_tenant_id(struct str s, bool strict)
{
	return is_slug(s, strict ? MAX_IAM_TENANT_BYTES : MAX_IAM_ID_BYTES, strict);
}

bool iam_valid_name(struct str s)
{
	/* White space as Go's RE2 has it: no vertical tab. */
	for (size_t i = 0; i < s.len; i++)
		if (!is_one_of(s.ptr[i], "\t\n\f\r "))
			return true;
	return false;
}

#define MAX_SECTIONS 4u

/* Splits at ':'; the number of sections, or 0 when there are more than MAX_SECTIONS. */
static size_t sections_of(struct str s, struct str ret[MAX_SECTIONS])
{
	size_t n = 0;
	struct str rest = s;

	if (str_is_absent(rest))
		return 0;
	for (struct str part; str_split(&rest, ':', &part);) {
		if (n == MAX_SECTIONS)
			return 0;
		ret[n++] = part;
	}
	return n;
}

static bool is_star(struct str s)
{
	return s.len == 1 && s.ptr[0] == '*';
}

/* [^:*]+ */
static bool is_plain(struct str s)
{
	return s.len > 0 && str_find(s, ':', 0) == SIZE_MAX && str_find(s, '*', 0) == SIZE_MAX;
}

static bool is_connector(struct str s)
{
	return str_eq(s, STR("local")) || str_eq(s, STR("ldap")) || str_eq(s, STR("saml"));
}

static bool is_team_or_user(struct str s)
{
	return str_eq(s, STR("team")) || str_eq(s, STR("user"));
}

/* tls:service:<name>[:<certificate id>], the last of them perhaps '*'. */
static bool is_certificate_member(const struct str *part, size_t n)
{
	if (n < 3 || !str_eq(part[0], STR("tls")) || !str_eq(part[1], STR("service")))
		return false;
	if (n == 4 && !is_plain(part[2]))
		return false;
	return is_plain(part[n - 1]) || is_star(part[n - 1]);
}

bool iam_valid_member(struct str s)
{
	struct str part[MAX_SECTIONS];
	size_t n = sections_of(s, part);

	if (n == 1)
		return is_star(part[0]);
	if (n == 2) {
		bool is_token = str_eq(part[0], STR("token"));

		if (is_star(part[1]))
			return is_token || is_team_or_user(part[0]) || str_eq(part[0], STR("tls"));
		return is_token && is_plain(part[1]);
	}
	if (n == 3 && is_team_or_user(part[0]) && is_connector(part[1]))
		return is_plain(part[2]) || is_star(part[2]);
	return is_certificate_member(part, n);
}

/* [a-z][a-zA-Z]*, or with '-' too. */
static bool is_word(struct str s, bool may_have_dash)
{
	if (s.len == 0 || !is_lower(s.ptr[0]))
		return false;
	for (size_t i = 1; i < s.len; i++)
		if (!is_alpha(s.ptr[i]) && !(may_have_dash && s.ptr[i] == '-'))
			return false;
	return true;
}

bool iam_valid_action(struct str s)
{
	struct str part[MAX_SECTIONS];
	size_t n = sections_of(s, part);

	if (n == 1)
		return is_star(part[0]);
	if (n == 2) {
		if (is_star(part[0]))
			return is_word(part[1], true);
		return is_word(part[0], false) && is_star(part[1]);
	}
	if (n != 3 || !is_word(part[0], false))
		return false;
	if (is_star(part[1]))
		return is_word(part[2], false);
	return is_word(part[1], false) && (is_word(part[2], false) || is_star(part[2]));
}

/* [a-z][^:*]*(?::[^:*]+)*, and with `may_end_in_star` (?::[*])? behind it. */
static bool is_resource(struct str s, bool may_end_in_star)
{
	struct str rest = s, part;
	bool is_first = true;

	if (s.len == 0 || !is_lower(s.ptr[0]))
		return false;
	while (str_split(&rest, ':', &part)) {
		if (!is_plain(part) && !(may_end_in_star && !is_first && is_star(part) && str_is_absent(rest)))
			return false;
		is_first = false;
	}
	return true;
}

bool iam_valid_resource(struct str s)
{
	return is_star(s) || is_resource(s, true);
}

bool iam_valid_membership_id(struct str s)
{
	if (s.len == 0)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!is_alnum(s.ptr[i]) && !is_one_of(s.ptr[i], "_.+@-"))
			return false;
	return true;
}

bool iam_valid_query_subject(struct str s)
{
	struct str part[MAX_SECTIONS];
	size_t n = sections_of(s, part);

	if (n == 2)
		return str_eq(part[0], STR("token")) && is_plain(part[1]);
	if (n == 3)
		return is_team_or_user(part[0]) && is_connector(part[1]) && is_plain(part[2]);
	return n == 4 && is_certificate_member(part, n) && is_plain(part[3]);
}

bool iam_valid_query_resource(struct str s)
{
	return is_resource(s, false);
}

bool iam_valid_query_action(struct str s)
{
	struct str part[MAX_SECTIONS];

	return sections_of(s, part) == 3 && is_word(part[0], false) && is_word(part[1], false) &&
	       is_word(part[2], false);
}

struct placed {
	struct str text;
	size_t index;
};

static int by_text_then_index(const void *x, const void *y)
{
	const struct placed *a = x, *b = y;
	int c = str_cmp(a->text, b->text);

	return c != 0 ? c : (a->index > b->index) - (a->index < b->index);
}

size_t iam_first_duplicate(struct str_list list, struct arena *a)
{
	struct placed *sorted = ARENA_ARRAY(a, struct placed, list.n);
	size_t first = SIZE_MAX;

	for (size_t i = 0; i < list.n; i++)
		sorted[i] = (struct placed){list.items[i], i};
	if (list.n > 1)
		qsort(sorted, list.n, sizeof(*sorted), by_text_then_index);
	for (size_t i = 1; i < list.n; i++)
		if (str_eq(sorted[i - 1].text, sorted[i].text) && sorted[i].index < first)
			first = sorted[i].index;
	return first;
}
