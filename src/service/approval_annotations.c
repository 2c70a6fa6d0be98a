/* SPDX-License-Identifier: Apache-2.0
 *
 * Annotations of policies: short texts under keys, for the tools that keep policies as code.
 */
#include "json/object.h"
#include "service/approval_internal.h"

#define MAX_ANNOTATIONS 16u
#define MAX_KEY_BYTES   128u
#define MAX_VALUE_BYTES 256u
#define MAX_ALL_BYTES   4096u
#define RESERVED_PREFIX "c1/"

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_among(char c, const char *set)
{
	return c != '\0' && strchr(set, c);
}

static bool is_letter_or_digit(char c)
{
	return is_letter(c) || (c >= '0' && c <= '9');
}

static bool is_key(struct str s)
{
	if (s.len == 0 || s.len > MAX_KEY_BYTES || !is_letter(s.ptr[0]))
		return false;
	for (size_t i = 1; i < s.len; i++)
		if (!is_letter_or_digit(s.ptr[i]) && !is_among(s.ptr[i], "._/-"))
			return false;
	return true;
}

/* Of the characters that a URL may be made of (RFC 3986). */
static bool is_value(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_letter_or_digit(s.ptr[i]) && !is_among(s.ptr[i], "-._~:/?#[]@!$&'()*+,;=%"))
			return false;
	return s.len <= MAX_VALUE_BYTES;
}

bool policy_check_annotations(struct policy_check *c)
{
	const struct json *all = c->policy->annotations;
	size_t n_bytes = 0;

	for (uint32_t i = 0; all && i < all->n; i++) {
		struct str key = all->members[i].name, value = json_str(&all->members[i].value);

		if (!is_key(key))
			return policy_refuse(c,
			                     "invalid annotation key \"" STR_FMT
			                     "\": value does not match regex pattern "
			                     "\"^[A-Za-z][A-Za-z0-9._/-]{0,127}$\"",
			                     STR_ARG(key));
		if (str_starts_with(key, STR(RESERVED_PREFIX)))
			return policy_refuse(c, "annotation key \"" STR_FMT "\" is reserved", STR_ARG(key));
		if (!is_value(value))
			return policy_refuse(
			    c, "invalid annotation \"" STR_FMT "\": at most %u characters of URL-safe ASCII",
			    STR_ARG(key), MAX_VALUE_BYTES);
		n_bytes += key.len + value.len;
	}
	if (all && all->n > MAX_ANNOTATIONS)
		return policy_refuse(c, "invalid annotations: value must contain no more than %u pair(s)",
		                     MAX_ANNOTATIONS);
	return n_bytes <= MAX_ALL_BYTES ||
	       policy_refuse(c, "invalid annotations: more than %u bytes in all", MAX_ALL_BYTES);
}

static void add_all(struct json_object *o, const struct json *from, const struct json *unless_in)
{
	for (uint32_t i = 0; from && i < from->n; i++) {
		const struct json_member *m = &from->members[i];

		if (json_get(unless_in, m->name) || str_is_empty(json_str(&m->value)))
			continue;
		ARENA_ROOM(o->arena, o->members, o->n, &o->cap);
		o->members[o->n++] = *m;
	}
}

const struct json *approval_policy_annotate(const struct json *old, const struct json *given, struct arena *a)
{
	struct json_object o = {.arena = a};

	add_all(&o, old, given);
	add_all(&o, given, NULL);
	return o.n ? json_object_end(&o) : NULL;
}
