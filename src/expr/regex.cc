/* SPDX-License-Identifier: Apache-2.0
 *
 * The one place that sees RE2. No exception leaves this file: RE2 throws none, and running out of memory ends the
 * process as everywhere else.
 */
#include <new>

#include <re2/re2.h>

#define _Static_assert static_assert
extern "C" {
#include "expr/regex-re2.h"
}

struct re2_regex {
	re2::RE2 program;
};

static re2::StringPiece piece(struct str s)
{
	return re2::StringPiece(s.ptr ? s.ptr : "", s.len);
}

static re2::RE2::Options options()
{
	re2::RE2::Options o(re2::RE2::Quiet);

	o.set_max_mem(RE2_MAX_MEMORY);
	return o;
}

extern "C" struct re2_regex *re2_regex_new(struct str pattern, struct error *err)
{
	if (pattern.len > RE2_MAX_PATTERN_BYTES) {
		(void)error_set(err, 1, "regular expression longer than %u bytes", RE2_MAX_PATTERN_BYTES);
		return nullptr;
	}
	re2_regex *re = new (std::nothrow) re2_regex{re2::RE2(piece(pattern), options())};
	if (!re) {
		(void)error_set(err, 1, "out of memory");
		return nullptr;
	}
	if (!re->program.ok()) {
		(void)error_set(err, 1, "error parsing regexp: %s", re->program.error().c_str());
		delete re;
		return nullptr;
	}
	if (re->program.ProgramSize() > RE2_MAX_PROGRAM) {
		(void)error_set(err, 1, "regular expression too large");
		delete re;
		return nullptr;
	}
	return re;
}

extern "C" void re2_regex_free(struct re2_regex *re)
{
	delete re;
}

extern "C" int re2_regex_size(const struct re2_regex *re)
{
	return re->program.ProgramSize();
}

extern "C" int re2_regex_groups(const struct re2_regex *re)
{
	return re->program.NumberOfCapturingGroups();
}

extern "C" bool re2_regex_matches(const struct re2_regex *re, struct str text)
{
	return re->program.Match(piece(text), 0, text.len, re2::RE2::UNANCHORED, nullptr, 0);
}

extern "C" bool re2_regex_find(const struct re2_regex *re, struct str text, size_t from, struct str *groups, int n)
{
	re2::StringPiece found[RE2_MAX_GROUPS];

	if (!re->program.Match(piece(text), from, text.len, re2::RE2::UNANCHORED, found, n))
		return false;
	for (int i = 0; i < n; i++)
		groups[i] = str{found[i].data(), found[i].size()};
	return true;
}
