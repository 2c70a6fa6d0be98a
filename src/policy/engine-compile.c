/* SPDX-License-Identifier: Apache-2.0
 *
 * A statement set becomes one block. Two passes over the set: measure, then fill; everything is linear in the size of
 * the set (but for sorting).
 */
#include "policy/engine-impl.h"

struct layout {
	size_t size;
	size_t limits_at, tenants_at, selectors_at;
	size_t resources_at, resource_text_at; /* patterns and their texts */
	size_t actions_at, action_text_at;
	size_t n_limits, n_tenants, n_selectors;
	size_t n_resources, n_resource_text;
	size_t n_actions, n_action_text; /* the id stands behind the texts of the actions */
};

struct tenant_set {
	uint32_t *words; /* numbers or bits */
	uint32_t n;
	bool is_bits;
};

struct filler {
	const struct engine *g;
	const struct statement_set *set;
	struct tenant_set *tenants;
	struct cset *out;
	size_t limits_at, patterns_at, tenants_at, text_at; /* next free of each area */
};

static bool has_limits(const struct statement *s)
{
	return s->condition || s->valid_from_ms != INT64_MIN || s->valid_until_ms != INT64_MAX;
}

static int compare_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static struct tenant_set number_tenants(struct engine *g, struct edit *e, const struct statement *s, struct arena *a)
{
	struct tenant_set t = {0};
	uint32_t n_words;

	if (s->all_tenants || s->tenants.n == 0)
		return t;
	t.words = ARENA_ARRAY(a, uint32_t, s->tenants.n);
	for (size_t i = 0; i < s->tenants.n; i++)
		t.words[i] = tenant_need_number(g, e, s->tenants.items[i]);
	qsort(t.words, s->tenants.n, sizeof(*t.words), compare_u32);
	for (size_t i = 0; i < s->tenants.n; i++) {
		if (t.n == 0 || t.words[t.n - 1] != t.words[i])
			t.words[t.n++] = t.words[i];
	}
	n_words = t.words[t.n - 1] / 32 + 1;
	if (n_words < t.n) {
		uint32_t *bits = ARENA_ARRAY(a, uint32_t, n_words);

		for (uint32_t i = 0; i < t.n; i++)
			bits[t.words[i] / 32] |= 1u << (t.words[i] % 32);
		t = (struct tenant_set){bits, n_words, true};
	}
	return t;
}

static size_t text_bytes(struct str_list l)
{
	size_t n = 0;

	for (size_t i = 0; i < l.n; i++)
		n += l.items[i].len;
	return n;
}

static bool is_variable(struct str text)
{
	return text.len > 1 && memmem(text.ptr, text.len, "${", 2) != NULL;
}

static enum pattern_kind kind_of(struct str text, bool is_resource)
{
	if (str_eq(text, STR("*")))
		return PATTERN_ANY;
	if (!is_resource)
		return PATTERN_EXACT;
	if (is_variable(text))
		return PATTERN_VARIABLE;
	return str_ends_with(text, STR(":*")) ? PATTERN_PREFIX : PATTERN_EXACT;
}

/* What to look a statement up by inside its set: BY_SUBJECT stands for nothing. */
static enum dimension selector_of(const struct statement *s)
{
	bool has_resource = s->resources.n > 0, has_action = s->actions.n > 0;

	for (size_t i = 0; i < s->resources.n && has_resource; i++) {
		enum pattern_kind kind = kind_of(s->resources.items[i], true);
		has_resource = kind == PATTERN_EXACT || kind == PATTERN_PREFIX;
	}
	for (size_t i = 0; i < s->actions.n && has_action; i++)
		has_action = kind_of(s->actions.items[i], false) != PATTERN_ANY;
	return has_resource ? BY_RESOURCE : has_action ? BY_ACTION : BY_SUBJECT;
}

static size_t n_selectors(const struct statement *s)
{
	enum dimension by = selector_of(s);

	return by == BY_RESOURCE ? s->resources.n : by == BY_ACTION ? s->actions.n : 1;
}

static size_t area(size_t *at, size_t n, size_t size)
{
	size_t start = *at, bytes;

	if (__builtin_mul_overflow(n, size, &bytes) || __builtin_add_overflow(start, bytes, at) || *at > INT32_MAX)
		abort(); /* bounded by the largest document long before */
	*at = (*at + 7) & ~(size_t)7;
	return start;
}

/* In the order in which a decision reads it, so that what one set costs is a few lines in a row. */
static struct layout measure(const struct statement_set *set, const struct tenant_set *tenants)
{
	struct layout l = {.n_action_text = set->id.len, .size = sizeof(struct cset)};

	for (size_t i = 0; i < set->n_statements; i++) {
		const struct statement *s = &set->statements[i];

		l.n_limits += has_limits(s);
		l.n_resources += s->resources.n;
		l.n_resource_text += text_bytes(s->resources);
		l.n_actions += s->actions.n;
		l.n_action_text += text_bytes(s->actions);
		l.n_tenants += tenants[i].n;
		if (set->n_statements > MAX_SCANNED)
			l.n_selectors += n_selectors(s);
	}
	(void)area(&l.size, set->n_statements, sizeof(struct compiled));
	l.limits_at = area(&l.size, l.n_limits, sizeof(struct limits));
	l.selectors_at = area(&l.size, l.n_selectors, sizeof(struct selector));
	l.resources_at = area(&l.size, l.n_resources, sizeof(struct pattern));
	l.tenants_at = area(&l.size, l.n_tenants, sizeof(uint32_t));
	l.resource_text_at = area(&l.size, l.n_resource_text, 1);
	l.actions_at = area(&l.size, l.n_actions, sizeof(struct pattern));
	l.action_text_at = area(&l.size, l.n_action_text, 1);
	return l;
}

static uint32_t fill_text(struct filler *f, struct str text)
{
	size_t at = f->text_at;

	if (text.len)
		memcpy((char *)f->out + at, text.ptr, text.len);
	f->text_at += text.len;
	return (uint32_t)at;
}

static int compare_patterns(const void *a, const void *b)
{
	const struct pattern *x = a, *y = b;
	bool x_last = x->kind == PATTERN_VARIABLE, y_last = y->kind == PATTERN_VARIABLE;

	if (x_last != y_last)
		return x_last - y_last;
	return (x->hash > y->hash) - (x->hash < y->hash);
}

/* Adds the patterns; returns the filter. */
static uint64_t fill_patterns(struct filler *f, struct str_list l, bool is_resource)
{
	struct pattern *first = (struct pattern *)(void *)((char *)f->out + f->patterns_at), *p = first;
	uint64_t filter = 0;

	for (size_t i = 0; i < l.n; i++, p++) {
		*p = (struct pattern){.hash = short_hash(text_hash(f->g->seed, l.items[i])),
		                      .text_at = fill_text(f, l.items[i]),
		                      .text_len = (uint32_t)l.items[i].len & 0x3fffffffu,
		                      .kind = (unsigned int)kind_of(l.items[i], is_resource) & 3u};
		filter |= p->kind == PATTERN_VARIABLE ? UINT64_MAX
		          : is_resource               ? filter_bits(p->hash)
		                                      : filter_bit(p->hash);
	}
	qsort(first, l.n, sizeof(*first), compare_patterns);
	f->patterns_at += l.n * sizeof(*first);
	return filter;
}

static uint32_t count_kind(const struct pattern *p, size_t n, enum pattern_kind kind)
{
	uint32_t found = 0;

	for (size_t i = 0; i < n; i++)
		found += p[i].kind == kind;
	return found;
}

static void fill_resources(struct filler *f, size_t i)
{
	const struct statement *s = &f->set->statements[i];
	struct compiled *c = &f->out->statements[i];
	const struct pattern *patterns;

	c->resources_at = (uint32_t)f->patterns_at;
	c->resource_filter = fill_patterns(f, s->resources, true);
	patterns = cset_resources(f->out, c);
	c->n_variables = count_kind(patterns, s->resources.n, PATTERN_VARIABLE);
	c->n_resources = (uint32_t)s->resources.n - c->n_variables;
	if (count_kind(patterns, s->resources.n, PATTERN_ANY))
		c->flags |= STATEMENT_ANY_RESOURCE;
}

static void fill_statement(struct filler *f, size_t i)
{
	const struct statement *s = &f->set->statements[i];
	struct compiled *c = &f->out->statements[i];

	assert(s->effect == EFFECT_ALLOW || s->effect == EFFECT_DENY);
	c->effect = (uint8_t)s->effect;
	c->actions_at = (uint32_t)f->patterns_at;
	c->action_filter = fill_patterns(f, s->actions, false);
	c->n_actions = (uint32_t)s->actions.n;
	if (count_kind(cset_actions(f->out, c), s->actions.n, PATTERN_ANY))
		c->flags |= STATEMENT_ANY_ACTION;
	if (s->all_tenants)
		c->flags |= STATEMENT_ALL_TENANTS;
	if (f->tenants[i].is_bits)
		c->flags |= STATEMENT_TENANT_BITS;
	c->tenants_at = (uint32_t)f->tenants_at;
	c->n_tenants = f->tenants[i].n;
	if (c->n_tenants)
		memcpy((char *)f->out + f->tenants_at, f->tenants[i].words, c->n_tenants * sizeof(uint32_t));
	f->tenants_at += c->n_tenants * sizeof(uint32_t);
	if (has_limits(s)) {
		struct limits *limits = (struct limits *)(void *)((char *)f->out + f->limits_at);

		*limits = (struct limits){s->valid_from_ms, s->valid_until_ms, s->condition};
		c->limits_at = (uint32_t)f->limits_at;
		f->limits_at += sizeof(*limits);
	}
	f->out->action_filter |= c->action_filter;
	f->out->resource_filter |= c->resource_filter;
	f->out->n_denies += s->effect == EFFECT_DENY;
	f->out->n_conditions += s->condition != NULL;
}

static int compare_selectors(const void *a, const void *b)
{
	const struct selector *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash > y->hash ? 1 : -1;
	return (x->statement > y->statement) - (x->statement < y->statement);
}

/* Appends the selectors of the statements that are looked up `by`; returns how many. */
static uint32_t fill_selectors(struct filler *f, enum dimension by, struct selector *out)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < f->out->n_statements; i++) {
		const struct compiled *c = &f->out->statements[i];
		const struct pattern *p = by == BY_RESOURCE ? cset_resources(f->out, c) : cset_actions(f->out, c);
		uint32_t n_patterns = by == BY_RESOURCE ? c->n_resources : by == BY_ACTION ? c->n_actions : 1;

		if (selector_of(&f->set->statements[i]) != by)
			continue;
		for (uint32_t k = 0; k < n_patterns; k++)
			out[n++] = (struct selector){by == BY_SUBJECT ? 0 : p[k].hash, i};
	}
	qsort(out, n, sizeof(*out), compare_selectors);
	return n;
}

static void fill_inner_index(struct filler *f, const struct layout *l)
{
	struct selector *out = (struct selector *)(void *)((char *)f->out + l->selectors_at);

	f->out->selectors_at = (uint32_t)l->selectors_at;
	f->out->n_by_resource = fill_selectors(f, BY_RESOURCE, out);
	out += f->out->n_by_resource;
	f->out->n_by_action = fill_selectors(f, BY_ACTION, out);
	out += f->out->n_by_action;
	f->out->n_rest = fill_selectors(f, BY_SUBJECT, out);
}

struct cset *cset_compile(struct engine *g, struct edit *e, const struct statement_set *set, struct arena *scratch)
{
	struct tenant_set *tenants = ARENA_ARRAY(scratch, struct tenant_set, set->n_statements);
	struct filler f = {.g = g, .set = set, .tenants = tenants};
	struct layout l;

	for (size_t i = 0; i < set->n_statements; i++)
		tenants[i] = number_tenants(g, e, &set->statements[i], scratch);
	l = measure(set, tenants);
	f.limits_at = l.limits_at;
	f.tenants_at = l.tenants_at;
	f.out = mem_calloc(1, l.size); /* zeroed: blocks are compared by bytes */
	f.out->kind = set->kind;
	f.out->n_statements = (uint32_t)set->n_statements;
	f.out->n_bytes = (uint32_t)l.size;
	f.patterns_at = l.resources_at;
	f.text_at = l.resource_text_at;
	for (size_t i = 0; i < set->n_statements; i++)
		fill_resources(&f, i);
	f.patterns_at = l.actions_at;
	f.text_at = l.action_text_at;
	for (size_t i = 0; i < set->n_statements; i++)
		fill_statement(&f, i);
	f.out->id_at = fill_text(&f, set->id);
	f.out->id_len = (uint32_t)set->id.len;
	if (l.n_selectors)
		fill_inner_index(&f, &l);
	return f.out;
}
