#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The functions that come with the language, as tables of overloads; cel_env_new() adds those of the libraries asked
 * for. One file a table: lib-<name>.c.
 *
 * Only files of this layer include it.
 */
#include "expr/eval.h"

struct cel_overload_table {
	const struct cel_overload *overloads;
	size_t n;
};

/* size, contains, startsWith, endsWith, matches, conversions, type, dyn (lib-standard.c) */
extern const struct cel_overload_table cel_lib_standard;
/* timestamp, duration and their accessors (lib-time.c) */
extern const struct cel_overload_table cel_lib_time;
extern const struct cel_overload_table cel_lib_strings, cel_lib_math, cel_lib_lists, cel_lib_sets, cel_lib_encoders,
    cel_lib_optionals, cel_lib_network, cel_lib_regex;

/* ---- what several of them share ------------------------------------------------------------------------------ */

/* RFC 3339 as the language has it: "T" and "Z" upper case, at most nine digits of fraction, no leap second. */
bool cel_time_parse(struct str text, struct cel_value *ret);
/* In UTC, fraction trimmed. */
void cel_time_print(struct buf *out, struct cel_value timestamp);
/* "1h30m", "-1.5s"; units h m s ms us ns. */
bool cel_duration_parse(struct str text, struct cel_value *ret);
/* Seconds with "s": "90s", "0.5s". */
void cel_duration_print(struct buf *out, struct cel_value duration);
/* Checked: an error value beyond the range. a + b with durations, timestamp - timestamp. */
struct cel_value cel_time_add(struct cel_eval *ev, struct cel_value timestamp, int64_t ns);
struct cel_value cel_time_difference(struct cel_eval *ev, struct cel_value a, struct cel_value b);

/* The double as the language prints it: shortest digits that read back, "%g" layout, "Infinity", "NaN" as asked. */
void cel_double_print(struct buf *out, double d);

/*
 * A regular expression of RE2's syntax, compiled; patterns that are plain text with anchors become comparisons. Any
 * thread. NULL and `err`: malformed, or too large.
 */
struct cel_regex;
struct cel_regex *cel_regex_new(struct str pattern, struct error *err);
void cel_regex_free(struct cel_regex *re); /* accepts NULL */
/* Does it match anywhere in the text? */
bool cel_regex_matches(const struct cel_regex *re, struct str text);
/* matches() with a pattern that is not a constant: compiled, used, forgotten; charged for. */
struct cel_value cel_regex_match_once(struct cel_eval *ev, struct str text, struct str pattern);
