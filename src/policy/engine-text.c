/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/engine-impl.h"

/* The section that starts at `from`, with its ':' if it has one. */
static struct str section_at(struct str text, size_t from)
{
	const char *colon = text.len > from ? memchr(text.ptr + from, ':', text.len - from) : NULL;
	size_t end = colon ? (size_t)(colon - text.ptr) + 1 : text.len;

	return (struct str){text.ptr + from, end - from};
}

static bool is_last(struct str section)
{
	return section.len == 0 || section.ptr[section.len - 1] != ':';
}

uint64_t text_hash(uint64_t seed, struct str text)
{
	uint64_t h = seed;

	for (size_t at = 0;;) {
		struct str section = section_at(text, at);

		h = text_step(h, hash_str(seed, section));
		if (is_last(section))
			return h;
		at += section.len;
	}
}

bool path_matches(struct str pattern, struct str text)
{
	if (str_eq(pattern, text) || str_eq(pattern, STR("*")))
		return true;
	return str_ends_with(pattern, STR(":*")) && text.len >= pattern.len - 1 &&
	       memcmp(text.ptr, pattern.ptr, pattern.len - 1) == 0;
}

static void add_form(struct form_list *l, uint64_t hash, struct str head, struct str tail, bool has_star)
{
	l->items[l->n++] = (struct form){hash, head, tail, has_star};
	l->filter |= filter_bit(short_hash(hash));
}

struct form form_any(uint64_t seed)
{
	return (struct form){text_step(seed, hash_str(seed, STR("*"))), STR(""), STR(""), true};
}

static size_t count_colons(struct str text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++)
		n += text.ptr[i] == ':';
	return n;
}

struct form_list forms_of_path(uint64_t seed, struct str text, struct form *room, struct arena *a)
{
	uint64_t star = hash_str(seed, STR("*")), h = seed;
	size_t n = count_colons(text) + 2, at = 0;
	struct form_list list = {.items = n <= N_INLINE_FORMS ? room : arena_alloc(a, n * sizeof(*room))};

	add_form(&list, text_step(seed, star), STR(""), STR(""), true);
	for (;;) {
		struct str section = section_at(text, at);

		h = text_step(h, hash_str(seed, section));
		if (is_last(section))
			break;
		at += section.len;
		add_form(&list, text_step(h, star), str_slice(text, 0, at), STR(""), true);
	}
	add_form(&list, h, text, STR(""), false);
	return list;
}

struct form_list forms_of_action(uint64_t seed, struct str action, struct form *room)
{
	uint64_t star = hash_str(seed, STR("*")), star_colon = hash_str(seed, STR("*:"));
	struct form_list list = {.items = room};
	struct str a = section_at(action, 0), b, c, tail;
	uint64_t ha, hab, hc;

	add_form(&list, text_step(seed, star), STR(""), STR(""), true);
	if (count_colons(action) != 2) {
		add_form(&list, text_hash(seed, action), action, STR(""), false);
		return list;
	}
	b = section_at(action, a.len);
	c = section_at(action, a.len + b.len);
	tail = str_slice(action, a.len + b.len - 1, action.len);
	ha = text_step(seed, hash_str(seed, a));
	hab = text_step(ha, hash_str(seed, b));
	hc = hash_str(seed, c);
	add_form(&list, text_step(hab, hc), action, STR(""), false);
	add_form(&list, text_step(ha, star), a, STR(""), true);
	add_form(&list, text_step(hab, star), str_slice(action, 0, a.len + b.len), STR(""), true);
	add_form(&list, text_step(text_step(ha, star_colon), hc), a, tail, true);
	add_form(&list, text_step(text_step(seed, star_colon), hc), STR(""), tail, true);
	return list;
}
