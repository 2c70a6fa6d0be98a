/* SPDX-License-Identifier: Apache-2.0 */
#include "generate.h"

#define NOW_MS INT64_C(1000000)

uint32_t choose(struct choices *c, uint32_t n)
{
	uint32_t value = 0;

	assert(n > 0 && n <= 65536);
	if (!c->is_bytes)
		return (uint32_t)prng_below(&c->prng, n);
	for (uint32_t range = 1; range < n && c->bytes.len; range *= 256) {
		value = value * 256 + (uint8_t)c->bytes.ptr[0];
		c->bytes = str_slice(c->bytes, 1, c->bytes.len);
	}
	return value % n;
}

bool choose_rarely(struct choices *c, uint32_t n)
{
	return choose(c, n) == n - 1;
}

#define CHOOSE_FROM(c, table) ((table)[choose(c, N_ELEMENTS(table))])

/* ---- words ---- */

static const struct str concrete_subjects[] = {
    STR_INIT("user:local:a"),
    STR_INIT("user:local:b"),
    STR_INIT("user:ldap:a"),
    STR_INIT("user:local:ab"),
    STR_INIT("team:local:a"),
    STR_INIT("role:a"),
    STR_INIT("role:b"),
    STR_INIT("a"),
    STR_INIT("a:b"),
    STR_INIT("user:local:a:b"),
    STR_INIT("user:local:"),
    STR_INIT("user:local:*"),
    STR_INIT("user:*"),
    STR_INIT("user:"),
    STR_INIT("user"),
    STR_INIT("*"),
    STR_INIT(""),
    STR_INIT(":"),
    STR_INIT(":a"),
    STR_INIT("a::b"),
    STR_INIT("user::a"),
    STR_INIT("User:local:a"),
    STR_INIT("t\303\251am:\360\237\224\221"),
    STR_INIT("a\0:b"),
};

static const struct str subject_patterns[] = {
    STR_INIT("*"),
    STR_INIT("user:*"),
    STR_INIT("user:local:*"),
    STR_INIT("role:*"),
    STR_INIT("a:*"),
    STR_INIT(":*"),
    STR_INIT("*:*"),
    STR_INIT("user:l*"),
    STR_INIT("user:*:a"),
    STR_INIT("*:a"),
    STR_INIT("**"),
    STR_INIT("user:**"),
    STR_INIT("user"),
    STR_INIT("user:local:"),
    STR_INIT("a::*"),
    STR_INIT("*user:*"),
    STR_INIT("user:*:*"),
    STR_INIT("t\303\251am:*"),
    STR_INIT("a\0:*"),
    STR_INIT("user:local:${a2:username}"),
};

static const struct str sections[] = {
    STR_INIT("a"), STR_INIT("b"), STR_INIT("ab"),       STR_INIT("c"),
    STR_INIT(""),  STR_INIT("*"), STR_INIT("\303\251"), STR_INIT("a\0"),
};

static const struct str pattern_sections[] = {
    STR_INIT("a"), STR_INIT("b"),  STR_INIT("*"),  STR_INIT("ab"), STR_INIT("c"),        STR_INIT(""),
    STR_INIT("*"), STR_INIT("a*"), STR_INIT("*b"), STR_INIT("**"), STR_INIT("\303\251"), STR_INIT("a\0"),
};

static const struct str variable_sections[] = {
    STR_INIT("${a2:username}"),
    STR_INIT("${a2:username}"),
    STR_INIT("pre-${a2:username}-post"),
    STR_INIT("${a2:username}${a2:username}"),
    STR_INIT("${a2:other}"),
    STR_INIT("${"),
    STR_INIT("${a2:username"),
    STR_INIT("${${a2:username}"),
    STR_INIT("$a2:username"),
    STR_INIT("${a2:Username}"),
    STR_INIT("*${a2:username}"),
};

/* What variables turn into, and what must not be taken for it. */
static const struct str variable_inputs[] = {
    STR_INIT("a"),
    STR_INIT("b"),
    STR_INIT("ab"),
    STR_INIT("*"),
    STR_INIT(""),
    STR_INIT("pre-a-post"),
    STR_INIT("aa"),
    STR_INIT("${a2:username}"),
    STR_INIT("${a2:other}"),
    STR_INIT("${"),
};

static const struct str special_tenants[] = {
    STR_INIT("(unassigned)"), STR_INIT("*"), STR_INIT(""), STR_INIT("T0"), STR_INIT("t\303\251"), STR_INIT("~~ALL~~"),
};

/* One to `max` sections, joined by ':'. */
static struct str join(struct choices *c, const struct str *words, uint32_t n_words, uint32_t n, struct arena *a)
{
	struct str text = words[choose(c, n_words)];

	for (uint32_t i = 1; i < n; i++)
		text = arena_concat3(a, text, STR(":"), words[choose(c, n_words)]);
	return text;
}

static struct str generate_action(struct choices *c, struct arena *a)
{
	uint32_t n = choose_rarely(c, 6) ? 1 + choose(c, 5) : 3;

	return join(c, sections, choose_rarely(c, 3) ? N_ELEMENTS(sections) : 2, n, a);
}

static struct str generate_action_pattern(struct choices *c, struct arena *a)
{
	switch (choose(c, 6)) {
	case 0:
		return STR("*");
	case 1:
		return arena_concat(a, sections[choose(c, 2)], STR(":*"));
	case 2:
		return arena_concat(a, STR("*:"), sections[choose(c, 2)]);
	case 3:
		return generate_action(c, a);
	case 4:
		return join(c, pattern_sections, 3, 3, a);
	default:
		return join(c, pattern_sections, N_ELEMENTS(pattern_sections), 1 + choose(c, 5), a);
	}
}

static struct str generate_resource(struct choices *c, struct arena *a)
{
	uint32_t n_words = choose_rarely(c, 3) ? N_ELEMENTS(sections) : 2;
	struct str text = join(c, sections, n_words, 1 + choose(c, 4), a);

	if (choose_rarely(c, 4))
		text = arena_concat3(a, text, STR(":"), CHOOSE_FROM(c, variable_inputs));
	return text;
}

/* As lowering makes them: nothing that a resource can be called. */
static struct str generate_selector(struct choices *c, struct arena *a)
{
	return arena_strf(a, "\377%s\377%u", choose(c, 3) ? "project" : "run", choose(c, 40));
}

static struct str generate_resource_pattern(struct choices *c, struct arena *a)
{
	struct str text;

	switch (choose(c, 6)) {
	case 0:
		return STR("*");
	case 1:
		return join(c, pattern_sections, N_ELEMENTS(pattern_sections), 1 + choose(c, 5), a);
	case 2:
		return generate_selector(c, a);
	case 3:
		text = CHOOSE_FROM(c, variable_sections);
		if (choose(c, 4))
			text = arena_concat3(a, join(c, sections, 2, 1 + choose(c, 3), a), STR(":"), text);
		break;
	default:
		text = generate_resource(c, a);
		break;
	}
	return choose(c, 2) ? arena_concat(a, text, STR(":*")) : text;
}

static struct str generate_subject_pattern(struct choices *c)
{
	return choose(c, 3) ? CHOOSE_FROM(c, concrete_subjects) : CHOOSE_FROM(c, subject_patterns);
}

static struct str generate_tenant(struct choices *c, const struct shape *shape, struct arena *a)
{
	if (choose_rarely(c, 4))
		return CHOOSE_FROM(c, special_tenants);
	return arena_strf(a, "t%u", choose(c, shape->n_tenants));
}

static struct str generate_id(struct choices *c, const struct shape *shape, struct arena *a)
{
	return choose_rarely(c, 20) ? STR("") : arena_strf(a, "d%u", choose(c, shape->n_documents));
}

/* ---- lists ---- */

static struct str_list generate_tenants(struct choices *c, const struct shape *shape, uint32_t max, struct arena *a)
{
	uint32_t n = choose(c, max + 1);
	struct str *items = ARENA_ARRAY(a, struct str, n);

	for (uint32_t i = 0; i < n; i++)
		items[i] = generate_tenant(c, shape, a);
	return (struct str_list){items, n};
}

static struct str_list generate_patterns(struct choices *c, struct str (*generate)(struct choices *, struct arena *),
                                         struct arena *a)
{
	uint32_t n = choose_rarely(c, 16) ? 0 : 1 + choose(c, 3);
	struct str *items = ARENA_ARRAY(a, struct str, n);

	for (uint32_t i = 0; i < n; i++)
		items[i] = generate(c, a);
	return (struct str_list){items, n};
}

static struct str_list generate_subject_patterns(struct choices *c, const struct shape *shape, struct arena *a)
{
	uint32_t n = choose_rarely(c, 10) ? 0 : 1 + choose(c, shape->n_subjects);
	bool is_about_common = shape->n_same_subject && choose(c, shape->n_same_subject) == 0;
	struct str *items = ARENA_ARRAY(a, struct str, n + 1);

	for (uint32_t i = 0; i < n; i++)
		items[i] = generate_subject_pattern(c);
	if (is_about_common)
		items[n++] = STR("user:local:a");
	return (struct str_list){items, n};
}

/* ---- statements ---- */

static int64_t generate_time(struct choices *c, int64_t usual)
{
	static const int64_t times[] = {NOW_MS, NOW_MS - 1, NOW_MS + 1, INT64_MIN, INT64_MAX, 0, -NOW_MS};

	return choose_rarely(c, 8) ? CHOOSE_FROM(c, times) : usual;
}

/*
 * The order of initialisers is the compiler's choice, the order of assignments is ours: a seed means the same store
 * whichever compiler built the test.
 */
static struct statement generate_statement(struct choices *c, const struct shape *shape, struct arena *a)
{
	struct statement st = {0};

	st.effect = choose_rarely(c, 3) ? EFFECT_DENY : EFFECT_ALLOW;
	st.actions = generate_patterns(c, generate_action_pattern, a);
	st.resources = generate_patterns(c, generate_resource_pattern, a);
	st.all_tenants = choose_rarely(c, 4);
	st.tenants = generate_tenants(c, shape, 4, a);
	st.valid_from_ms = generate_time(c, INT64_MIN);
	st.valid_until_ms = generate_time(c, INT64_MAX);
	if (choose_rarely(c, 5))
		st.condition = twin_condition(a, choose(c, TWIN_N_TRUTHS));
	return st;
}

struct statement_set generate_set(struct choices *c, const struct shape *shape, struct arena *a)
{
	uint32_t n = choose_rarely(c, 20) ? 0 : 1 + choose(c, shape->n_statements);
	struct statement *statements = ARENA_ARRAY(a, struct statement, n);
	struct statement_set set = {.statements = statements, .n_statements = n};

	set.kind = choose(c, 3);
	set.id = generate_id(c, shape, a);
	set.subjects = generate_subject_patterns(c, shape, a);
	for (uint32_t i = 0; i < n; i++)
		statements[i] = generate_statement(c, shape, a);
	return set;
}

struct change generate_change(struct choices *c, const struct shape *shape, struct arena *a)
{
	static const enum change_type types[] = {CHANGE_REMOVE, CHANGE_ADD_TENANT, CHANGE_REMOVE_TENANT,
	                                         CHANGE_PUT,    CHANGE_PUT,        CHANGE_PUT};
	struct change change = {.type = CHOOSE_FROM(c, types)};

	switch (change.type) {
	case CHANGE_PUT:
		change.set = generate_set(c, shape, a);
		break;
	case CHANGE_REMOVE:
		change.set.kind = choose(c, 3);
		change.set.id = generate_id(c, shape, a);
		break;
	case CHANGE_ADD_TENANT:
	case CHANGE_REMOVE_TENANT:
		change.tenant = generate_tenant(c, shape, a);
		break;
	}
	return change;
}

/* ---- queries ---- */

static struct subject generate_subject(struct choices *c, const struct shape *shape, struct arena *a)
{
	struct subject s = {.text = CHOOSE_FROM(c, concrete_subjects)};

	if (choose_rarely(c, 4))
		s.tenant = generate_tenant(c, shape, a);
	return s;
}

static struct twin_truths *generate_truths(struct choices *c, struct arena *a)
{
	static const enum truth truths[] = {TRUTH_FALSE, TRUTH_UNKNOWN, TRUTH_TRUE};
	struct twin_truths *table = ARENA_NEW(a, struct twin_truths);

	for (size_t i = 0; i < TWIN_N_TRUTHS; i++)
		table->at[i] = CHOOSE_FROM(c, truths);
	return choose_rarely(c, 10) ? NULL : table;
}

/* A concrete string that the stored pattern is likely to match: stars and variables filled in. */
static struct str fill_in(struct choices *c, struct str pattern, struct arena *a)
{
	static const struct str fillings[] = {STR_INIT("a"), STR_INIT("b"), STR_INIT("a:b"), STR_INIT("*")};
	const struct str variable = STR("${a2:username}");
	struct str text = STR("");

	while (pattern.len) {
		size_t n = str_starts_with(pattern, variable) ? variable.len : 1;
		bool is_hole = n > 1 || pattern.ptr[0] == '*';

		text = arena_concat(a, text, is_hole ? CHOOSE_FROM(c, fillings) : str_slice(pattern, 0, n));
		pattern = str_slice(pattern, n, pattern.len);
	}
	return text;
}

/* None for half of the queries; for some so many that they are kept in another way. */
static struct str_list generate_selectors(struct choices *c, struct arena *a)
{
	uint32_t n = choose(c, 2) ? 0 : choose_rarely(c, 4) ? 30 + choose(c, 30) : 1 + choose(c, 6);
	struct str *items = ARENA_ARRAY(a, struct str, n);

	for (uint32_t i = 0; i < n; i++)
		items[i] = generate_selector(c, a);
	return (struct str_list){items, n};
}

/* One of the list, filled in, or `otherwise` when the list is empty and now and then in any case. */
static struct str aim_at(struct choices *c, struct str_list list, struct str otherwise, struct arena *a)
{
	if (list.n == 0 || choose_rarely(c, 8))
		return otherwise;
	return fill_in(c, list.items[choose(c, (uint32_t)list.n)], a);
}

/* Most pairs of a random store and a random query have nothing to do with each other: turn the query to a statement. */
static void aim_query(struct choices *c, const struct oracle *o, struct query *q, struct arena *a)
{
	const struct statement_set *set = &o->sets[choose(c, (uint32_t)o->n_sets)];
	struct subject *subjects = ARENA_ARRAY(a, struct subject, q->n_subjects);
	const struct statement *st;

	for (size_t i = 0; i < q->n_subjects; i++)
		subjects[i] = q->subjects[i];
	if (q->n_subjects)
		subjects[0] = (struct subject){.text = aim_at(c, set->subjects, subjects[0].text, a)};
	q->subjects = subjects;
	if (set->n_statements == 0)
		return;
	st = &set->statements[choose(c, (uint32_t)set->n_statements)];
	q->action = aim_at(c, st->actions, q->action, a);
	q->resource = aim_at(c, st->resources, q->resource, a);
	if (choose(c, 2))
		q->tenants = st->tenants;
}

struct query generate_query(struct choices *c, const struct shape *shape, const struct oracle *o, struct arena *a)
{
	static const enum tenant_scope scopes[] = {SCOPE_LISTED, SCOPE_ALL, SCOPE_BLIND};
	uint32_t max_subjects = choose_rarely(c, 20) ? 40 : 4;
	uint32_t n_subjects = choose_rarely(c, 25) ? 0 : 1 + choose(c, max_subjects);
	struct subject *subjects = ARENA_ARRAY(a, struct subject, n_subjects);
	struct query q = {.subjects = subjects, .n_subjects = n_subjects};

	for (uint32_t i = 0; i < n_subjects; i++)
		subjects[i] = generate_subject(c, shape, a);
	q.action = generate_action(c, a);
	q.resource = generate_resource(c, a);
	q.scope = CHOOSE_FROM(c, scopes);
	q.tenants = generate_tenants(c, shape, 6, a);
	/* The last millisecond of all is not asked about: there "first ms in which it no longer counts" and "never"
	 * meet. */
	q.now_ms = generate_time(c, NOW_MS);
	if (q.now_ms == INT64_MAX)
		q.now_ms--;
	q.attributes = generate_truths(c, a);
	q.selectors = generate_selectors(c, a);
	if (o->n_sets && choose(c, 8))
		aim_query(c, o, &q, a);
	return q;
}
