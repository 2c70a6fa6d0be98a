/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/engine-impl.h"

static uint64_t text_fold(uint64_t h, struct str text)
{
	struct text_walk t = {text.ptr, text.ptr + text.len, h};

	while (text_next(&t))
		;
	return t.hash;
}

uint64_t text_hash(uint64_t seed, struct str text)
{
	return text_fold(seed, text);
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

/* More room, at least one form's. */
static void grow_forms(struct form_list *l, size_t cap, struct arena *a)
{
	struct form *items = arena_alloc(a, 2 * cap * sizeof(*items));

	memcpy(items, l->items, l->n * sizeof(*items));
	l->items = items;
}

struct form_list forms_of_path(uint64_t seed, struct str text, struct form *room, struct arena *a)
{
	struct text_walk t = {text.ptr, text.ptr + text.len, seed};
	struct form_list list = {.items = room};
	size_t cap = N_INLINE_FORMS;

	add_form(&list, text_step(seed, WORD_STAR), STR(""), STR(""), true);
	while (text_next(&t)) {
		struct str head = {text.ptr, (size_t)(t.next - text.ptr)};

		if (list.n + 1 == cap) {
			grow_forms(&list, cap, a);
			cap *= 2;
		}
		add_form(&list, text_step(t.hash, WORD_STAR), head, STR(""), true);
	}
	add_form(&list, t.hash, text, STR(""), false);
	return list;
}

struct form_list forms_of_action(uint64_t seed, struct str action, struct form *room)
{
	struct text_walk t = {action.ptr, action.ptr + action.len, seed};
	struct form_list list = {.items = room};
	uint64_t after_first, after_second;
	struct str first, second, last;
	bool has_three;

	add_form(&list, text_step(seed, WORD_STAR), STR(""), STR(""), true);
	has_three = text_next(&t);
	first = (struct str){action.ptr, (size_t)(t.next - action.ptr)};
	after_first = t.hash;
	has_three = has_three && text_next(&t);
	second = (struct str){action.ptr, (size_t)(t.next - action.ptr)};
	after_second = t.hash;
	has_three = has_three && !text_next(&t);
	if (!has_three) {
		add_form(&list, text_hash(seed, action), action, STR(""), false);
		return list;
	}
	add_form(&list, t.hash, action, STR(""), false);
	last = (struct str){second.ptr + second.len, action.len - second.len};
	add_form(&list, text_step(after_first, WORD_STAR), first, STR(""), true);
	add_form(&list, text_step(after_second, WORD_STAR), second, STR(""), true);
	/* The tails keep the ':' before the last section. */
	add_form(&list, text_fold(text_step(after_first, WORD_STAR_COLON), last), first,
	         (struct str){last.ptr - 1, last.len + 1}, true);
	add_form(&list, text_fold(text_step(seed, WORD_STAR_COLON), last), STR(""),
	         (struct str){last.ptr - 1, last.len + 1}, true);
	return list;
}
