/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/engine-impl.h"

static uint64_t text_fold(uint64_t h, struct str text)
{
	struct text_walk t = text_begin(h, text);

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

/* head "*" tail. */
static inline struct form wildcard(uint64_t hash, struct str head, struct str tail)
{
	return (struct form){hash, head, tail};
}

static inline struct form exact(uint64_t hash, struct str text)
{
	return (struct form){hash, text, STR_NONE};
}

static void make_filter(struct form_list *l)
{
	l->filter = l->second = 0;
	for (size_t i = 0; i < l->n; i++) {
		l->filter |= filter_bit(short_hash(l->items[i].hash));
		l->second |= second_bit(short_hash(l->items[i].hash));
	}
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
	struct text_walk t = text_begin(seed, text);
	struct form_list list = {.items = room};
	size_t cap = N_INLINE_FORMS;

	list.items[list.n++] = wildcard(text_step(seed, WORD_STAR), STR(""), STR(""));
	while (text_next(&t)) {
		struct str head = {text.ptr, (size_t)(t.next - text.ptr)};

		if (list.n + 1 == cap) {
			grow_forms(&list, cap, a);
			cap *= 2;
		}
		list.items[list.n++] = wildcard(text_step(t.hash, WORD_STAR), head, STR(""));
	}
	list.items[list.n++] = exact(t.hash, text);
	make_filter(&list);
	return list;
}

struct form_list forms_of_action(uint64_t seed, struct str action, struct form *room)
{
	struct text_walk t = text_begin(seed, action);
	struct form_list list = {.items = room, .n = 2};
	uint64_t after_first, after_second;
	struct str first, second, last;
	bool has_three;

	has_three = text_next(&t);
	first = (struct str){action.ptr, (size_t)(t.next - action.ptr)};
	after_first = t.hash;
	has_three = has_three && text_next(&t);
	second = (struct str){action.ptr, (size_t)(t.next - action.ptr)};
	after_second = t.hash;
	has_three = has_three && !text_next(&t);
	room[0] = wildcard(text_step(seed, WORD_STAR), STR(""), STR(""));
	room[1] = exact(has_three ? t.hash : text_hash(seed, action), action);
	if (has_three) {
		last = (struct str){second.ptr + second.len, action.len - second.len};
		room[2] = wildcard(text_step(after_first, WORD_STAR), first, STR(""));
		room[3] = wildcard(text_step(after_second, WORD_STAR), second, STR(""));
		/* The tails keep the ':' before the last section. */
		room[4] = wildcard(text_fold(text_step(after_first, WORD_STAR_COLON), last), first,
		                   (struct str){last.ptr - 1, last.len + 1});
		room[5] = wildcard(text_fold(text_step(seed, WORD_STAR_COLON), last), STR(""),
		                   (struct str){last.ptr - 1, last.len + 1});
		list.n = N_ACTION_FORMS;
	}
	make_filter(&list);
	return list;
}

void forms_add_selectors(uint64_t seed, struct str_list selectors, struct form_list *list, size_t cap, struct arena *a)
{
	if (selectors.n > cap - list->n) {
		struct form *items = ARENA_ARRAY(a, struct form, list->n + selectors.n);

		memcpy(items, list->items, list->n * sizeof(*items));
		list->items = items;
	}
	for (size_t i = 0; i < selectors.n; i++)
		list->items[list->n++] = exact(text_hash(seed, selectors.items[i]), selectors.items[i]);
	make_filter(list);
}
