/* SPDX-License-Identifier: Apache-2.0 */
#include "oracle.h"

/* ---- lists ---- */

static bool list_has(struct str_list list, struct str s)
{
	for (size_t i = 0; i < list.n; i++)
		if (str_eq(list.items[i], s))
			return true;
	return false;
}

/* A list under construction with room for all it can ever hold. */
struct collection {
	struct str *items;
	size_t n;
};

static void collect_once(struct collection *c, struct str s)
{
	if (!list_has((struct str_list){c->items, c->n}, s))
		c->items[c->n++] = s;
}

void oracle_release(struct oracle *o)
{
	free(o->sets);
	free(o->tenants);
	*o = (struct oracle){0};
}

void oracle_copy(const struct oracle *o, struct oracle *ret_copy)
{
	struct oracle copy = {.n_sets = o->n_sets, .n_tenants = o->n_tenants};

	copy.sets = mem_calloc(o->n_sets, sizeof(*o->sets));
	copy.tenants = mem_calloc(o->n_tenants, sizeof(*o->tenants));
	for (size_t i = 0; i < o->n_sets; i++)
		copy.sets[i] = o->sets[i];
	for (size_t i = 0; i < o->n_tenants; i++)
		copy.tenants[i] = o->tenants[i];
	*ret_copy = copy;
}

void oracle_remove(struct oracle *o, uint32_t kind, struct str id)
{
	size_t n_kept = 0;

	for (size_t i = 0; i < o->n_sets; i++)
		if (o->sets[i].kind != kind || !str_eq(o->sets[i].id, id))
			o->sets[n_kept++] = o->sets[i];
	o->n_sets = n_kept;
}

void oracle_put(struct oracle *o, const struct statement_set *set)
{
	oracle_remove(o, set->kind, set->id);
	o->sets = mem_realloc_array(o->sets, o->n_sets + 1, sizeof(*o->sets));
	o->sets[o->n_sets++] = *set;
}

void oracle_remove_tenant(struct oracle *o, struct str id)
{
	size_t n_kept = 0;

	for (size_t i = 0; i < o->n_tenants; i++)
		if (!str_eq(o->tenants[i], id))
			o->tenants[n_kept++] = o->tenants[i];
	o->n_tenants = n_kept;
}

void oracle_add_tenant(struct oracle *o, struct str id)
{
	if (str_eq(id, ORACLE_UNASSIGNED) || list_has((struct str_list){o->tenants, o->n_tenants}, id))
		return;
	o->tenants = mem_realloc_array(o->tenants, o->n_tenants + 1, sizeof(*o->tenants));
	o->tenants[o->n_tenants++] = id;
}

/* ---- strings ---- */

/* Subjects and resources: equal; "*"; a stored "p:*" matches what starts with "p:". */
static bool pattern_matches(struct str stored, struct str concrete)
{
	if (str_eq(stored, concrete) || str_eq(stored, STR("*")))
		return true;
	return str_ends_with(stored, STR(":*")) && str_starts_with(concrete, str_slice(stored, 0, stored.len - 1));
}

/* Splits at every ':'; true when that gives exactly three sections, which may be empty. */
static bool three_sections(struct str s, struct str ret_sections[3])
{
	size_t first = str_find(s, ':', 0), second;

	if (first == SIZE_MAX)
		return false;
	second = str_find(s, ':', first + 1);
	if (second == SIZE_MAX || str_find(s, ':', second + 1) != SIZE_MAX)
		return false;
	ret_sections[0] = str_slice(s, 0, first);
	ret_sections[1] = str_slice(s, first + 1, second);
	ret_sections[2] = str_slice(s, second + 1, s.len);
	return true;
}

static bool action_matches(struct str stored, struct str asked, struct arena *a)
{
	struct str part[3];

	if (str_eq(stored, asked) || str_eq(stored, STR("*")))
		return true;
	if (!three_sections(asked, part))
		return false;
	return str_eq(stored, arena_concat(a, part[0], STR(":*"))) ||
	       str_eq(stored, arena_concat3(a, part[0], STR(":"), arena_concat(a, part[1], STR(":*")))) ||
	       str_eq(stored, arena_concat3(a, part[0], STR(":*:"), part[2])) ||
	       str_eq(stored, arena_concat(a, STR("*:"), part[2]));
}

/* The position of `what` in `s` at or after `from`, or SIZE_MAX. */
static size_t find_text(struct str s, struct str what, size_t from)
{
	for (size_t i = from; i + what.len <= s.len; i++)
		if (str_starts_with(str_slice(s, i, s.len), what))
			return i;
	return SIZE_MAX;
}

static struct str replace_username(struct str stored, struct str name, struct arena *a)
{
	const struct str variable = STR("${a2:username}");
	struct str result = STR("");
	size_t from = 0, at;

	while ((at = find_text(stored, variable, from)) != SIZE_MAX) {
		result = arena_concat3(a, result, str_slice(stored, from, at), name);
		from = at + variable.len;
	}
	return arena_concat(a, result, str_slice(stored, from, stored.len));
}

static bool resource_matches(struct str stored, const struct query *q, struct arena *a)
{
	struct str part[3];

	if (find_text(stored, STR("${"), 0) == SIZE_MAX)
		return pattern_matches(stored, q->resource) || str_list_has(q->selectors, stored);
	for (size_t i = 0; i < q->n_subjects; i++)
		if (three_sections(q->subjects[i].text, part) && str_eq(part[0], STR("user")) &&
		    pattern_matches(replace_username(stored, part[2], a), q->resource))
			return true;
	return false;
}

/* ---- one statement ---- */

static bool any_action_matches(const struct statement *st, const struct query *q, struct arena *a)
{
	for (size_t i = 0; i < st->actions.n; i++)
		if (action_matches(st->actions.items[i], q->action, a))
			return true;
	return false;
}

static bool any_resource_matches(const struct statement *st, const struct query *q, struct arena *a)
{
	for (size_t i = 0; i < st->resources.n; i++)
		if (resource_matches(st->resources.items[i], q, a))
			return true;
	return false;
}

/* `tenant` NULL: tenants play no part. */
static bool subject_counts_in(const struct subject *s, const struct str *tenant)
{
	return !tenant || str_is_absent(s->tenant) || str_eq(s->tenant, *tenant);
}

static bool any_subject_matches(const struct statement_set *set, const struct query *q, const struct str *tenant)
{
	for (size_t i = 0; i < q->n_subjects; i++)
		for (size_t k = 0; k < set->subjects.n; k++)
			if (subject_counts_in(&q->subjects[i], tenant) &&
			    pattern_matches(set->subjects.items[k], q->subjects[i].text))
				return true;
	return false;
}

static bool applies_in(const struct statement *st, const struct str *tenant)
{
	return !tenant || st->all_tenants || list_has(st->tenants, *tenant);
}

static bool is_valid_at(const struct statement *st, int64_t now_ms)
{
	return st->valid_from_ms <= now_ms && (now_ms < st->valid_until_ms || st->valid_until_ms == INT64_MAX);
}

static enum truth condition_of(const struct statement *st, const struct query *q)
{
	return st->condition ? st->condition->eval(st->condition, q) : TRUTH_TRUE;
}

static bool condition_lets(const struct statement *st, const struct query *q)
{
	enum truth t = condition_of(st, q);

	return st->effect == EFFECT_DENY ? t != TRUTH_FALSE : t == TRUTH_TRUE;
}

static bool takes_effect_in(const struct statement_set *set, const struct statement *st, const struct query *q,
                            const struct str *tenant, struct arena *a)
{
	return any_subject_matches(set, q, tenant) && applies_in(st, tenant) && any_action_matches(st, q, a) &&
	       any_resource_matches(st, q, a) && is_valid_at(st, q->now_ms) && condition_lets(st, q);
}

/* ---- the decision ---- */

/* The tenants the query asks about, each once, in the documented order. */
static struct str_list asked_tenants(const struct oracle *o, const struct query *q, struct arena *a)
{
	struct str_list from = q->tenants;
	struct collection c = {0};

	if (q->scope == SCOPE_BLIND)
		return (struct str_list){0};
	if (q->scope == SCOPE_ALL)
		from = (struct str_list){o->tenants, o->n_tenants};
	c.items = ARENA_ARRAY(a, struct str, from.n + 1);
	for (size_t i = 0; i < from.n; i++)
		collect_once(&c, from.items[i]);
	if (q->scope == SCOPE_ALL)
		collect_once(&c, ORACLE_UNASSIGNED);
	return (struct str_list){c.items, c.n};
}

/* Does any statement of this effect take effect in the tenant? */
static bool any_takes_effect(const struct oracle *o, const struct query *q, enum effect effect,
                             const struct str *tenant, struct arena *a)
{
	for (size_t i = 0; i < o->n_sets; i++)
		for (size_t k = 0; k < o->sets[i].n_statements; k++)
			if (o->sets[i].statements[k].effect == effect &&
			    takes_effect_in(&o->sets[i], &o->sets[i].statements[k], q, tenant, a))
				return true;
	return false;
}

/* The rule itself: deny, else allow, else nothing. */
static enum effect decide_in(const struct oracle *o, const struct query *q, const struct str *tenant, struct arena *a)
{
	if (any_takes_effect(o, q, EFFECT_DENY, tenant, a))
		return EFFECT_DENY;
	return any_takes_effect(o, q, EFFECT_ALLOW, tenant, a) ? EFFECT_ALLOW : EFFECT_NONE;
}

struct oracle_answer oracle_decide(const struct oracle *o, const struct query *q, struct arena *a)
{
	struct str_list asked = asked_tenants(o, q, a);
	struct collection authorized = {.items = ARENA_ARRAY(a, struct str, asked.n + 1)};
	bool is_denied_somewhere = false;

	if (q->scope == SCOPE_BLIND)
		return (struct oracle_answer){.effect = decide_in(o, q, NULL, a)};
	for (size_t i = 0; i < asked.n; i++) {
		enum effect e = decide_in(o, q, &asked.items[i], a);

		if (e == EFFECT_ALLOW)
			collect_once(&authorized, asked.items[i]);
		if (e == EFFECT_DENY)
			is_denied_somewhere = true;
	}
	return (struct oracle_answer){
	    .effect = authorized.n ? EFFECT_ALLOW : (is_denied_somewhere ? EFFECT_DENY : EFFECT_NONE),
	    .tenants = {authorized.items, authorized.n},
	};
}

static const struct statement_set *find_set(const struct oracle *o, uint32_t kind, struct str id)
{
	for (size_t i = 0; i < o->n_sets; i++)
		if (o->sets[i].kind == kind && str_eq(o->sets[i].id, id))
			return &o->sets[i];
	return NULL;
}

bool oracle_takes_effect(const struct oracle *o, const struct query *q, const struct statement_set *set,
                         const struct statement *st, struct arena *a)
{
	struct str_list asked;

	if (!takes_effect_in(set, st, q, NULL, a))
		return false;
	asked = asked_tenants(o, q, a);
	for (size_t i = 0; i < asked.n; i++)
		if (takes_effect_in(set, st, q, &asked.items[i], a))
			return true;
	return q->scope == SCOPE_BLIND;
}

bool oracle_may_decide(const struct oracle *o, const struct query *q, const struct verdict *v, struct arena *a)
{
	const struct statement_set *set = find_set(o, v->kind, v->document);
	struct str_list asked = asked_tenants(o, q, a);
	const struct statement *st;

	if (!set || v->statement >= set->n_statements || set->statements[v->statement].effect != v->effect)
		return false;
	st = &set->statements[v->statement];
	if (v->effect == EFFECT_DENY || q->scope == SCOPE_BLIND)
		return oracle_takes_effect(o, q, set, st, a);
	for (size_t i = 0; i < asked.n; i++)
		if (takes_effect_in(set, st, q, &asked.items[i], a) &&
		    decide_in(o, q, &asked.items[i], a) == EFFECT_ALLOW)
			return true;
	return false;
}

struct oracle_view oracle_view(const struct oracle *o, const struct query *q, const struct observed *what,
                               struct arena *a)
{
	const struct statement_set *set = find_set(o, what->kind, what->document);
	struct str_list asked = asked_tenants(o, q, a);
	const struct statement *st;
	struct oracle_view view = {.is_known = set && what->statement < set->n_statements};

	if (!view.is_known)
		return view;
	st = &set->statements[what->statement];
	view.subject_matches = any_subject_matches(set, q, NULL);
	view.effect = st->effect;
	view.action_matches = any_action_matches(st, q, a);
	view.resource_matches = any_resource_matches(st, q, a);
	view.tenant_matches = q->scope == SCOPE_BLIND;
	for (size_t i = 0; i < asked.n; i++)
		if (any_subject_matches(set, q, &asked.items[i]) && applies_in(st, &asked.items[i]))
			view.tenant_matches = true;
	view.is_valid_now = is_valid_at(st, q->now_ms);
	view.condition = condition_of(st, q);
	return view;
}

/* ---- whose tenants ---- */

static size_t count_named_tenants(const struct oracle *o)
{
	size_t n = 0;

	for (size_t i = 0; i < o->n_sets; i++)
		for (size_t k = 0; k < o->sets[i].n_statements; k++)
			n += o->sets[i].statements[k].tenants.n;
	return n;
}

/* What one allow statement adds for one matching subject. One that counts in a single tenant adds no more than it. */
static void collect_tenants(const struct statement *st, const struct subject *s, struct collection *c, bool *is_all)
{
	if (str_is_absent(s->tenant)) {
		if (st->all_tenants)
			*is_all = true;
		for (size_t i = 0; !st->all_tenants && i < st->tenants.n; i++)
			collect_once(c, st->tenants.items[i]);
	} else if (applies_in(st, &s->tenant)) {
		collect_once(c, s->tenant);
	}
}

static bool is_alive(const struct oracle *o, struct str tenant)
{
	return str_eq(tenant, ORACLE_UNASSIGNED) || list_has((struct str_list){o->tenants, o->n_tenants}, tenant);
}

/* Is the subject left out, as the question demands? */
static bool is_left_out(const struct oracle *o, const struct oracle_who *who, const struct statement *st,
                        const struct subject *s)
{
	if (str_is_absent(s->tenant))
		return false;
	return (who->without_dead && !is_alive(o, s->tenant)) || (who->without_covered && st->all_tenants);
}

static bool set_matches(const struct statement_set *set, const struct subject *s)
{
	for (size_t i = 0; i < set->subjects.n; i++)
		if (pattern_matches(set->subjects.items[i], s->text))
			return true;
	return false;
}

struct str_list oracle_tenants_of(const struct oracle *o, const struct oracle_who *who, struct arena *a, bool *ret_all)
{
	struct collection c = {.items = ARENA_ARRAY(a, struct str, count_named_tenants(o) + who->n_subjects)};
	bool is_all = false;

	for (size_t i = 0; i < o->n_sets; i++) {
		const struct statement_set *set = &o->sets[i];

		if (who->skip && who->skip(set->kind, set->id))
			continue;
		for (size_t s = 0; s < who->n_subjects; s++)
			for (size_t k = 0; set_matches(set, &who->subjects[s]) && k < set->n_statements; k++)
				if (set->statements[k].effect == EFFECT_ALLOW &&
				    !is_left_out(o, who, &set->statements[k], &who->subjects[s]))
					collect_tenants(&set->statements[k], &who->subjects[s], &c, &is_all);
	}
	*ret_all = is_all;
	return (struct str_list){c.items, c.n};
}
