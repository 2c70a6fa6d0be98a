/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/engine-impl.h"

enum { MAX_LINEAR = 24 }; /* patterns looked at one by one; more are searched by hash */

size_t lower_bound(const void *records, size_t n, size_t step, uint32_t hash)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (*(const uint32_t *)(const void *)((const char *)records + middle * step) < hash)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool form_is_among(const struct cset *c, const struct pattern *p, size_t n, const struct form *f)
{
	uint32_t hash = short_hash(f->hash);

	for (size_t i = lower_bound(p, n, sizeof(*p), hash); i < n && p[i].hash == hash; i++) {
		if (form_is(f, pattern_text(c, &p[i])))
			return true;
	}
	return false;
}

static bool any_form_is_among(const struct cset *c, const struct pattern *p, size_t n, const struct form_list *forms)
{
	for (size_t k = 0; k < forms->n; k++) {
		if (form_is_among(c, p, n, &forms->items[k]))
			return true;
	}
	return false;
}

static bool pattern_is_form(const struct cset *c, const struct pattern *p, const struct form_list *forms)
{
	for (size_t k = 0; k < forms->n; k++) {
		const struct form *f = &forms->items[k];

		if (short_hash(f->hash) == p->hash && form_is(f, pattern_text(c, p)))
			return true;
	}
	return false;
}

/*
 * Every pattern that may be among the forms against each of them. The filters are asked for all patterns before the
 * first answer is acted on: what they say of one is a coin's toss, and a jump on it would be guessed wrong.
 */
static bool any_hash_matches(const struct cset *c, const struct pattern *p, size_t n, const struct form_list *forms)
{
	size_t i = 0;

	while (i < n) {
		uint64_t may = 0;
		size_t end = n - i < 64 ? n : i + 64;

		for (size_t k = i; k < end; k++)
			may |= (forms->filter >> (p[k].hash >> 26) & forms->second >> (p[k].hash >> 20 & 63) & 1)
			       << (k - i);
		for (; may; may &= may - 1) {
			if (pattern_is_form(c, &p[i + (size_t)__builtin_ctzll(may)], forms))
				return true;
		}
		i = end;
	}
	return false;
}

void asked_init(struct asked *q, uint64_t seed, const struct query *query, struct arena *a)
{
	q->query = query;
	q->arena = a;
	q->seed = seed;
	q->resources = q->actions = (struct form_list){0};
	q->names = (struct str_list){0};
	q->has_names = false;
	q->scratch = NULL;
}

static int by_short_hash(const void *a, const void *b)
{
	uint32_t x = short_hash(((const struct form *)a)->hash), y = short_hash(((const struct form *)b)->hash);

	return (x > y) - (x < y);
}

/* Behind the forms of the path; so many of them that patterns are not compared with each are put in order. */
static void add_selectors(struct asked *q)
{
	struct form_list *forms = &q->resources;
	size_t n_paths = forms->n, cap = n_paths < N_INLINE_FORMS ? N_INLINE_FORMS : n_paths;

	forms_add_selectors(q->seed, q->query->selectors, forms, cap, q->arena);
	if (forms->n > N_INLINE_FORMS)
		qsort(forms->items + n_paths, forms->n - n_paths, sizeof(*forms->items), by_short_hash);
}

void asked_make_resources(struct asked *q)
{
	const struct form_list *forms = &q->resources;

	q->resources = forms_of_path(q->seed, q->query->resource, q->resource_room, q->arena);
	q->n_paths = forms->n;
	if (UNLIKELY(q->query->selectors.n > 0))
		add_selectors(q);
	q->n_resource_bits = forms->n <= N_INLINE_FORMS ? forms->n : 0;
	for (size_t i = 0; i < q->n_resource_bits; i++)
		q->resource_bits[i] = filter_bits(short_hash(forms->items[i].hash));
}

bool statement_matches_action(struct asked *q, const struct cset *c, const struct compiled *s)
{
	const struct pattern *p = cset_actions(c, s);
	const struct form_list *forms;

	if (s->flags & STATEMENT_ANY_ACTION)
		return true;
	forms = asked_actions(q);
	if (s->n_actions > MAX_LINEAR)
		return any_form_is_among(c, p, s->n_actions, forms);
	return any_hash_matches(c, p, s->n_actions, forms);
}

/* <name> of a subject user:<any>:<name>. */
static bool user_name(struct str subject, struct str *ret_name)
{
	size_t colon;

	if (!str_starts_with(subject, STR("user:")))
		return false;
	colon = str_find(subject, ':', 5);
	if (colon == SIZE_MAX || str_find(subject, ':', colon + 1) != SIZE_MAX)
		return false;
	*ret_name = str_slice(subject, colon + 1, subject.len);
	return true;
}

static void find_names(struct asked *q)
{
	const struct query *query = q->query;
	struct str *names, name;
	size_t n = 0;

	q->has_names = true;
	for (size_t i = 0; i < query->n_subjects; i++)
		n += user_name(query->subjects[i].text, &name);
	names = ARENA_ARRAY(q->arena, struct str, n);
	for (size_t i = 0; i < query->n_subjects; i++) {
		if (user_name(query->subjects[i].text, &name))
			names[q->names.n++] = name;
	}
	q->names.items = names;
}

#define VARIABLE STR("${a2:username}")

/* Index of the next variable at or after `from`, or the length. */
static size_t variable_at(struct str pattern, size_t from)
{
	const char *p = memmem(pattern.ptr + from, pattern.len - from, VARIABLE.ptr, VARIABLE.len);

	return p ? (size_t)(p - pattern.ptr) : pattern.len;
}

/*
 * Writes the pattern with the name put in to `out` and returns its length, or SIZE_MAX when it gets longer than `max`.
 */
static size_t expand(struct str pattern, struct str name, char *out, size_t max)
{
	size_t n = 0;

	for (size_t at = 0; at < pattern.len;) {
		size_t end = variable_at(pattern, at);

		if (end - at > max - n)
			return SIZE_MAX;
		memcpy(out + n, pattern.ptr + at, end - at);
		n += end - at;
		if (end == pattern.len)
			break;
		if (name.len > max - n)
			return SIZE_MAX;
		if (name.len)
			memcpy(out + n, name.ptr, name.len);
		n += name.len;
		at = end + VARIABLE.len;
	}
	return n;
}

/*
 * Could the text before the first variable lead to a match? A "*" at its end is left out: with an empty name it may end
 * the result and so be a wildcard.
 */
static bool agrees_up_to_variable(struct str pattern, size_t literal, struct str resource)
{
	if (literal == pattern.len || literal == 0)
		return true;
	if (pattern.ptr[literal - 1] == '*')
		literal--;
	return literal <= resource.len && memcmp(pattern.ptr, resource.ptr, literal) == 0;
}

static bool matches_with_names(struct asked *q, struct str pattern)
{
	struct str resource = q->query->resource;
	size_t max = resource.len + 1; /* of a result that matches: "p:*" against "p:" */

	if (!q->has_names)
		find_names(q);
	if (q->names.n == 0 || !agrees_up_to_variable(pattern, variable_at(pattern, 0), resource))
		return false;
	if (!q->scratch)
		q->scratch = arena_alloc(q->arena, max);
	for (size_t i = 0; i < q->names.n; i++) {
		size_t n = expand(pattern, q->names.items[i], q->scratch, max);

		if (n != SIZE_MAX && path_matches((struct str){q->scratch, n}, resource))
			return true;
	}
	return false;
}

/* Index of the first form whose short hash is not below `hash`. */
static size_t lower_form(const struct form *forms, size_t n, uint32_t hash)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (short_hash(forms[middle].hash) < hash)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool path_is_among(const struct asked *q, const struct cset *c, const struct pattern *p, size_t n)
{
	struct str resource = q->query->resource;

	for (size_t i = 0; i < n; i++) {
		struct str text = pattern_text(c, &p[i]);
		size_t n_same = text.len - (p[i].kind == PATTERN_PREFIX);

		if (p[i].kind == PATTERN_PREFIX ? resource.len < n_same : resource.len != n_same)
			continue;
		if (n_same == 0 || memcmp(text.ptr, resource.ptr, n_same) == 0)
			return true;
	}
	return false;
}

/* Is one of the patterns a selector? Only when there are many forms: then the selectors are in order. */
static bool selector_is_among(const struct asked *q, const struct cset *c, const struct pattern *p, size_t n)
{
	const struct form *selectors = q->resources.items + q->n_paths;
	size_t n_selectors = q->resources.n - q->n_paths;

	for (size_t i = 0; i < n && n_selectors > 0; i++) {
		size_t k = lower_form(selectors, n_selectors, p[i].hash);

		for (; k < n_selectors && short_hash(selectors[k].hash) == p[i].hash; k++)
			if (form_is(&selectors[k], pattern_text(c, &p[i])))
				return true;
	}
	return false;
}

static bool plain_resource_matches(const struct asked *q, const struct cset *c, const struct pattern *p, size_t n)
{
	if (n > MAX_LINEAR && n / 16 > q->resources.n)
		return any_form_is_among(c, p, n, &q->resources);
	if (q->resources.n <= N_INLINE_FORMS)
		return any_hash_matches(c, p, n, &q->resources);
	return path_is_among(q, c, p, n) || selector_is_among(q, c, p, n);
}

bool statement_matches_resource(struct asked *q, const struct cset *c, const struct compiled *s)
{
	const struct pattern *p = cset_resources(c, s);

	if (s->flags & STATEMENT_ANY_RESOURCE)
		return true;
	if (plain_resource_matches(q, c, p, s->n_resources))
		return true;
	for (uint32_t i = 0; i < s->n_variables; i++) {
		if (matches_with_names(q, pattern_text(c, &p[s->n_resources + i])))
			return true;
	}
	return false;
}
