/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/tags.h"

#include "base/fold.h"
#include "base/glob.h"
#include "base/hash.h"

/* ---- conditions -------------------------------------------------------------------------------------- */

bool tag_compare(enum tag_comparison comparison, struct str pattern, struct str value)
{
	switch (comparison) {
	case TAG_EQUALS:
		return str_eq(pattern, value);
	case TAG_EQUALS_IGNORE_CASE:
		return fold_eq(pattern, value);
	case TAG_MATCHES:
		return glob_match(pattern, value);
	}
	return false;
}

/* A condition with its operator taken apart; NULL: one that is not understood. */
struct test {
	const struct tag_operator *operator;
	struct str key, value;
};

static struct test test_of(const struct tag_condition *c)
{
	bool is_known = str_eq(c->attribute, STR(TAG_ATTRIBUTE));

	return (struct test){is_known ? tag_operator_find(c->operator) : NULL, c->key, c->value};
}

static enum truth truth_of(const struct test *t, const struct tag *tags, size_t n_tags)
{
	bool exists = false, any = false;

	if (!t->operator)
		return TRUTH_UNKNOWN;
	for (size_t i = 0; i < n_tags && !any; i++) {
		if (!str_eq(tags[i].key, t->key))
			continue;
		exists = true;
		any = tag_compare(t->operator->comparison, t->value, tags[i].value);
	}
	if (!exists)
		return t->operator->if_exists ? TRUTH_TRUE : TRUTH_FALSE;
	return any != t->operator->is_negated ? TRUTH_TRUE : TRUTH_FALSE;
}

bool tag_group_holds(const struct tag_group *group, const struct tag *tags, size_t n_tags)
{
	for (size_t i = 0; i < group->n_conditions; i++) {
		struct test t = test_of(&group->conditions[i]);

		if (truth_of(&t, tags, n_tags) != TRUTH_TRUE)
			return false;
	}
	return true;
}

const struct tag_condition *tag_group_failure(const struct tag_group *group, const struct attributes *known)
{
	const struct tag_condition *unknown = NULL;

	for (size_t i = 0; i < group->n_conditions; i++) {
		struct test t = test_of(&group->conditions[i]);
		enum truth truth = TRUTH_UNKNOWN;

		if (known && known->tags_are_known)
			truth = truth_of(&t, known->tags, known->n_tags);
		if (truth == TRUTH_FALSE)
			return &group->conditions[i];
		if (truth == TRUTH_UNKNOWN && !unknown)
			unknown = &group->conditions[i];
	}
	return unknown;
}

struct group_condition {
	struct condition condition;
	size_t n_tests;
	struct test tests[];
};

static enum truth eval(const struct condition *self, const struct query *query)
{
	const struct group_condition *c = (const void *)self; /* its first member */
	const struct attributes *known = query->attributes;
	enum truth all = TRUTH_TRUE;

	if (!known || !known->tags_are_known)
		return TRUTH_UNKNOWN;
	for (size_t i = 0; i < c->n_tests && all != TRUTH_FALSE; i++) {
		enum truth one = truth_of(&c->tests[i], known->tags, known->n_tags);

		all = one < all ? one : all; /* false < unknown < true */
	}
	return all;
}

static struct str copy_text(char **at, struct str s)
{
	struct str copy = {*at, s.len};

	if (s.len)
		memcpy(*at, s.ptr, s.len);
	*at += s.len;
	return copy;
}

struct condition *tag_condition_new(const struct tag_group *group)
{
	size_t n = group->n_conditions, n_text = 0;
	struct group_condition *c;
	char *text;

	assert(n > 0 && n <= UINT32_MAX); /* no conditions must not mean "always"; the largest document bounds them */
	for (size_t i = 0; i < n; i++)
		n_text += group->conditions[i].key.len + group->conditions[i].value.len;
	c = mem_alloc(sizeof(*c) + n * sizeof(c->tests[0]) + n_text);
	c->condition = (struct condition){.eval = eval};
	c->n_tests = n;
	text = (char *)&c->tests[n];
	for (size_t i = 0; i < n; i++) {
		c->tests[i] = test_of(&group->conditions[i]);
		c->tests[i].key = copy_text(&text, c->tests[i].key);
		c->tests[i].value = copy_text(&text, c->tests[i].value);
	}
	return &c->condition;
}

/* ---- selectors --------------------------------------------------------------------------------------- */

/* Lengths by which the ends of values are looked up; an end of another length by the next shorter one. */
static const uint8_t end_bytes[] = {1, 2, 3, 4, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48};

/* Lengths of parts by which values are looked up wherever the part stands in them. */
static const uint8_t part_bytes[] = {3, 6};

/* Ways to look a value up. */
enum {
	BY_KEY,
	BY_PART,
	BY_START = BY_PART + N_ELEMENTS(part_bytes),
	BY_END = BY_START + N_ELEMENTS(end_bytes),
	BY_FOLDED = BY_END + N_ELEMENTS(end_bytes),
	BY_VALUE,
	N_WAYS
};
static_assert(N_WAYS <= 64, "ways are the bits of a word");

struct choice {
	bool is_made;
	unsigned way;
	size_t rank;
	struct str key, text; /* the text is folded later */
};

/* The number of the longest length up to `n`, which is at least 1. */
static unsigned end_class(size_t n)
{
	unsigned i = 0;

	while (i + 1 < N_ELEMENTS(end_bytes) && end_bytes[i + 1] <= n)
		i++;
	return i;
}

static bool is_wild(char c)
{
	return c == '*' || c == '?';
}

static struct choice choose_by_key(struct str key)
{
	return (struct choice){true, BY_KEY, 0, key, STR("")};
}

/* The longest run of characters that stand for themselves. */
static struct str longest_run(struct str glob)
{
	struct str best = STR("");
	size_t start = 0;

	for (size_t i = 0; i <= glob.len; i++) {
		if (i < glob.len && !is_wild(glob.ptr[i]))
			continue;
		if (i - start > best.len)
			best = str_slice(glob, start, i);
		start = i + 1;
	}
	return best;
}

static struct choice choose_by_part(struct str key, struct str glob)
{
	struct str run = longest_run(glob);

	for (unsigned i = N_ELEMENTS(part_bytes); i > 0; i--)
		if (run.len >= part_bytes[i - 1])
			return (struct choice){true, BY_PART + i - 1, part_bytes[i - 1], key,
			                       str_slice(run, 0, part_bytes[i - 1])};
	return choose_by_key(key);
}

/* By an end when it is long enough: that is one selector a value, a part is one for each place in it. */
static struct choice choose_by_glob(struct str key, struct str glob)
{
	size_t start = 0, end = 0;
	unsigned class;

	while (start < glob.len && !is_wild(glob.ptr[start]))
		start++;
	if (start == glob.len)
		return (struct choice){true, BY_VALUE, SIZE_MAX, key, glob};
	while (!is_wild(glob.ptr[glob.len - end - 1]))
		end++;
	if (start < part_bytes[0] && end < part_bytes[0] && longest_run(glob).len >= part_bytes[0])
		return choose_by_part(key, glob);
	if (start == 0 && end == 0)
		return choose_by_key(key);
	class = end_class(start >= end ? start : end);
	if (start >= end)
		return (struct choice){true, BY_START + class, end_bytes[class], key,
		                       str_slice(glob, 0, end_bytes[class])};
	return (struct choice){true, BY_END + class, end_bytes[class], key,
	                       str_slice(glob, glob.len - end_bytes[class], glob.len)};
}

/* How a resource that satisfies the test can be found; not made: also without any tag. */
static struct choice choose(const struct test *t)
{
	if (!t->operator|| t->operator->if_exists)
		return (struct choice){0};
	if (t->operator->is_negated)
		return choose_by_key(t->key);
	switch (t->operator->comparison) {
	case TAG_EQUALS:
		return (struct choice){true, BY_VALUE, SIZE_MAX, t->key, t->value};
	case TAG_EQUALS_IGNORE_CASE:
		return (struct choice){true, BY_FOLDED, SIZE_MAX - 1, t->key, t->value};
	case TAG_MATCHES:
		break;
	}
	return choose_by_glob(t->key, t->value);
}

static struct choice choose_for_group(const struct tag_group *group)
{
	struct choice best = {0};

	for (size_t i = 0; i < group->n_conditions; i++) {
		struct test t = test_of(&group->conditions[i]);
		struct choice c = choose(&t);

		if (!t.operator) /* unknown whatever the tags: to be found by none of them */
			return (struct choice){0};
		if (c.is_made && (!best.is_made || c.rank > best.rank))
			best = c;
	}
	return best;
}

#define KEY_SEED UINT64_C(0x746167206b657973)

static uint64_t key_hash(struct str key)
{
	return hash_str(KEY_SEED, key);
}

enum { SHORT_TEXT = 16 };

/*
 * Of every part of every value of a resource one is taken, and most find nothing: so texts that fit into two words are
 * hashed by one multiplication. What collides is told apart by the condition.
 */
static inline uint64_t short_text_hash(uint64_t seed, struct str text)
{
	const unsigned char *p = (const unsigned char *)text.ptr;
	uint64_t first = 0, last = 0;
	unsigned __int128 product;

	if (text.len >= sizeof(uint64_t)) {
		memcpy(&first, p, sizeof(first));
		memcpy(&last, p + text.len - sizeof(last), sizeof(last));
	} else if (text.len >= sizeof(uint32_t)) {
		memcpy(&first, p, sizeof(uint32_t));
		memcpy(&last, p + text.len - sizeof(uint32_t), sizeof(uint32_t));
	} else if (text.len) {
		first = (uint64_t)p[0] << 16 | (uint64_t)p[text.len / 2] << 8 | p[text.len - 1];
	}
	product = (unsigned __int128)(first ^ seed) * (last ^ (text.len + UINT64_C(0x9e3779b97f4a7c15)));
	return hash_u64((uint64_t)product ^ (uint64_t)(product >> 64));
}

/* What a selector is made from, beside the type. */
static uint64_t selector_hash(uint64_t hash_of_key, unsigned way, struct str text)
{
	return text.len <= SHORT_TEXT ? short_text_hash(hash_of_key + way, text) : hash_str(hash_of_key + way, text);
}

static uint64_t choice_hash(const struct choice *c, struct arena *a)
{
	return selector_hash(key_hash(c->key), c->way, c->way == BY_FOLDED ? fold_str(a, c->text) : c->text);
}

/* One bit a selector: of 10,000 selectors one in 25 that do not exist is let through; it all stays in the cache. */
enum { FILTER_BITS_LOG2 = 18, FILTER_WORDS = 1 << (FILTER_BITS_LOG2 - 6) };

struct tag_filter {
	uint64_t owner; /* the edit that may change it */
	uint64_t words[FILTER_WORDS];
};

static bool filter_has(const struct tag_filter *f, uint64_t hash)
{
	uint64_t bit = hash >> (64 - FILTER_BITS_LOG2);

	return f->words[bit / 64] >> (bit % 64) & 1;
}

static void filter_add(struct tag_filter **f, struct edit *e, uint64_t hash)
{
	struct tag_filter *old = *f;
	uint64_t bit = hash >> (64 - FILTER_BITS_LOG2);

	if (old && filter_has(old, hash))
		return;
	if (!old || old->owner != e->owner) {
		*f = edit_alloc(e, sizeof(**f));
		if (old)
			memcpy(*f, old, sizeof(**f));
		else
			memset(*f, 0, sizeof(**f));
		(*f)->owner = e->owner;
		edit_retire(e, old);
	}
	(*f)->words[bit / 64] |= UINT64_C(1) << (bit % 64);
}

void tag_plan_add(struct tag_plan *plan, struct edit *e, const struct tag_group *group)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	struct choice c = choose_for_group(group);

	if (!c.is_made) {
		plan->has_type = true;
		return;
	}
	plan->ways[key_hash(c.key) % TAG_PLAN_SLOTS] |= UINT64_C(1) << c.way;
	filter_add(&plan->filter, e, choice_hash(&c, &a));
}

/* 0xff is in no UTF-8. It stands before the type and before the rest, in which none of the engine's own signs occur. */
#define MARK         '\xff'
#define HASH_LETTERS 11u /* of six bits */

/* Room for a selector of the type with `n` bytes behind; the mark and the type are in it. */
static char *begin_selector(struct str type, size_t n, struct arena *a, struct str *ret)
{
	char *text = arena_alloc(a, type.len + n + 2);

	text[0] = MARK;
	if (type.len)
		memcpy(text + 1, type.ptr, type.len);
	text[type.len + 1] = MARK;
	*ret = (struct str){text, type.len + n + 2};
	return text + type.len + 2;
}

static struct str make_selector(struct str type, uint64_t hash, struct arena *a)
{
	struct str selector;
	char *out = begin_selector(type, HASH_LETTERS, a, &selector);

	for (size_t i = 0; i < HASH_LETTERS; i++, hash >>= 6)
		out[i] = (char)('@' + (hash & 63));
	return selector;
}

/* A selector of the type with a letter that no hash begins with. */
static struct str type_selector(struct str type, char letter, struct arena *a)
{
	struct str selector;

	*begin_selector(type, 1, a, &selector) = letter;
	return selector;
}

struct str tag_selector_of_group(const struct tag_group *group, struct str type, struct arena *a)
{
	struct choice c = choose_for_group(group);

	if (!c.is_made)
		return type_selector(type, '=', a);
	return make_selector(type, choice_hash(&c, a), a);
}

struct str tag_selector_of_unknown(struct str type, struct arena *a)
{
	return type_selector(type, '?', a);
}

struct str_list tag_selectors_of_unknown(struct str type, struct arena *a)
{
	struct str *items = ARENA_ARRAY(a, struct str, 2);

	items[0] = type_selector(type, '?', a);
	items[1] = type_selector(type, '=', a);
	return (struct str_list){items, 2};
}

/* What the way looks up, which is not BY_PART; false when the value is too short to have it. */
static bool text_of(unsigned way, struct str value, struct arena *a, struct str *ret)
{
	size_t n;

	if (way == BY_KEY) {
		*ret = STR("");
	} else if (way == BY_VALUE) {
		*ret = value;
	} else if (way == BY_FOLDED) {
		*ret = fold_str(a, value);
	} else {
		n = end_bytes[(way - BY_START) % N_ELEMENTS(end_bytes)];
		if (value.len < n)
			return false;
		*ret = way < BY_END ? str_slice(value, 0, n) : str_slice(value, value.len - n, value.len);
	}
	return true;
}

/* Selectors under construction. */
struct selectors {
	struct arena *arena;
	const struct tag_filter *filter;
	struct str type;
	struct str *items;
	size_t n, cap;
};

static void add_found(struct selectors *l, uint64_t hash)
{
	ARENA_ROOM(l->arena, l->items, l->n, &l->cap);
	l->items[l->n++] = make_selector(l->type, hash, l->arena);
}

/* Every part of the value of this length: most of what is looked up at all, so without a call a place. */
static void add_parts(struct selectors *l, uint64_t seed, size_t length, struct str value)
{
	for (size_t i = 0; i + length <= value.len; i++) {
		uint64_t hash = short_text_hash(seed, (struct str){value.ptr + i, length});

		if (UNLIKELY(filter_has(l->filter, hash)))
			add_found(l, hash);
	}
}

static void add_selectors(struct selectors *l, uint64_t hash_of_key, unsigned way, struct str value)
{
	struct str text;
	uint64_t hash;

	if (way >= BY_PART && way < BY_START) {
		add_parts(l, hash_of_key + way, part_bytes[way - BY_PART], value);
		return;
	}
	if (!text_of(way, value, l->arena, &text))
		return;
	hash = selector_hash(hash_of_key, way, text);
	if (filter_has(l->filter, hash))
		add_found(l, hash);
}

struct str_list tag_selectors_of_tags(const struct tag_plan *plan, struct str type, const struct tag *tags,
                                      size_t n_tags, struct arena *a)
{
	struct selectors l = {.arena = a, .filter = plan->filter, .type = type};

	for (size_t i = 0; i < n_tags && plan->filter; i++) {
		uint64_t hash = key_hash(tags[i].key), ways = plan->ways[hash % TAG_PLAN_SLOTS];

		for (; ways; ways &= ways - 1)
			add_selectors(&l, hash, (unsigned)__builtin_ctzll(ways), tags[i].value);
	}
	if (plan->has_type) {
		ARENA_ROOM(a, l.items, l.n, &l.cap);
		l.items[l.n++] = type_selector(type, '=', a);
	}
	return (struct str_list){l.items, l.n};
}
