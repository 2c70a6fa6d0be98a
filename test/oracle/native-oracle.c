/* SPDX-License-Identifier: Apache-2.0
 *
 * What is decided: nothing here but lists and loops.
 */
#include "native-oracle.h"

#include "native-words.h"

/* ---- conditions -------------------------------------------------------------------------------------------- */

/* One evaluation; the tenant is the only one asked about, 0 for none or several. */
struct evaluation {
	const struct native_world *world;
	const struct native_question *question;
	uint32_t tenant;
};

enum { IS_ERROR = N_VALUES, IS_FALSE }; /* beside the values; VALUE_ABSENT is never a result */

static unsigned of_bool(bool b)
{
	return b ? VALUE_TRUE : IS_FALSE;
}

/* What the property is: as sent, else as stored. */
static unsigned property(const struct evaluation *e, const struct native_node *n)
{
	const struct native_question *q = e->question;
	unsigned sent = q->sent[n->object].at[n->key];

	if (sent != VALUE_ABSENT)
		return sent;
	if (n->object == 0 && q->subject == ASKS_USER && e->world->users[q->number].exists)
		return e->world->users[q->number].properties.at[n->key];
	if (n->object == 2 && q->resource < NATIVE_N_RESOURCES && e->world->resources[q->resource].exists)
		return e->world->resources[q->resource].properties.at[n->key];
	return VALUE_ABSENT;
}

static bool is_number(unsigned v)
{
	return v == VALUE_ONE || v == VALUE_TWO;
}

static bool is_text(unsigned v)
{
	return v == VALUE_X || v == VALUE_Y;
}

/* Numbers and texts stand in their order; true is less than nothing. */
static unsigned less(unsigned x, unsigned y)
{
	if ((is_number(x) && is_number(y)) || (is_text(x) && is_text(y)))
		return of_bool(x < y);
	return x == VALUE_TRUE && y == VALUE_TRUE ? IS_FALSE : IS_ERROR;
}

static bool counts_at(uint16_t places, uint32_t tenant)
{
	return (places & 1) || (tenant && (places >> tenant & 1));
}

bool native_is_in_group(const struct native_world *w, const struct native_question *q, uint32_t group)
{
	if (q->raw == group + 1)
		return true;
	if (q->subject == ASKS_GROUP)
		return q->number == group;
	return q->subject == ASKS_USER && w->users[q->number].exists && (w->users[q->number].groups >> group & 1);
}

/* Held by the subject or, unless it is only vouched for, by one of its groups. */
bool native_has_role(const struct native_world *w, const struct native_question *q, uint32_t role, uint32_t tenant)
{
	if (q->subject == ASKS_ROLE)
		return q->number == role;
	if (q->subject == ASKS_GROUP)
		return counts_at(w->held[NATIVE_N_USERS + q->number][role], tenant);
	if (q->subject != ASKS_USER || !w->users[q->number].exists)
		return false;
	if (counts_at(w->held[q->number][role], tenant))
		return true;
	for (uint32_t g = 0; g < NATIVE_N_GROUPS; g++)
		if ((w->users[q->number].groups >> g & 1) && counts_at(w->held[NATIVE_N_USERS + g][role], tenant))
			return true;
	return false;
}

static unsigned leaf(const struct evaluation *e, const struct native_node *n)
{
	unsigned v = property(e, n);

	switch ((enum native_node_kind)n->kind) {
	case NODE_HAS:
		return of_bool(v != VALUE_ABSENT);
	case NODE_EQUAL:
		return v == VALUE_ABSENT ? (unsigned)IS_ERROR : of_bool(v == n->value);
	case NODE_UNEQUAL:
		return v == VALUE_ABSENT ? (unsigned)IS_ERROR : of_bool(v != n->value);
	case NODE_LESS:
		return v == VALUE_ABSENT ? (unsigned)IS_ERROR : less(v, n->value);
	case NODE_IN_GROUP:
		return of_bool(native_is_in_group(e->world, e->question, n->value % NATIVE_N_GROUPS));
	case NODE_IN_ROLE:
		return of_bool(native_has_role(e->world, e->question, n->value % NATIVE_N_ROLES, e->tenant));
	case NODE_TENANT:
		return e->tenant ? of_bool(e->tenant == 1u + n->value % NATIVE_N_TENANTS) : (unsigned)IS_ERROR;
	case NODE_BEFORE:
		return of_bool(e->question->ask.now_ms < n->value);
	case NODE_PROPERTY:
	case NODE_AND:
	case NODE_OR:
	case NODE_NOT:
	case N_NODE_KINDS:
		break;
	}
	return v == VALUE_TRUE ? VALUE_TRUE : IS_ERROR;
}

static unsigned negated(unsigned v)
{
	return v == IS_ERROR ? (unsigned)IS_ERROR : of_bool(v == IS_FALSE);
}

/* From the leaves to the root. An operand that decides makes up for the other's error. */
static enum truth evaluate(const struct evaluation *e, const struct native_node nodes[NATIVE_N_NODES])
{
	unsigned is[NATIVE_N_NODES];

	for (size_t i = NATIVE_N_NODES; i-- > 0;) {
		unsigned kind = nodes[i].kind, decides = kind == NODE_AND ? IS_FALSE : VALUE_TRUE;

		if (kind == NODE_NOT)
			is[i] = negated(is[2 * i + 1]);
		else if (kind != NODE_AND && kind != NODE_OR)
			is[i] = leaf(e, &nodes[i]);
		else if (is[2 * i + 1] == decides || is[2 * i + 2] == decides)
			is[i] = decides;
		else if (is[2 * i + 1] == IS_ERROR || is[2 * i + 2] == IS_ERROR)
			is[i] = IS_ERROR;
		else
			is[i] = of_bool(kind == NODE_AND);
	}
	return is[0] == IS_ERROR ? TRUTH_UNKNOWN : is[0] == VALUE_TRUE ? TRUTH_TRUE : TRUTH_FALSE;
}

/* ---- policies ---------------------------------------------------------------------------------------------- */

/* Where it is asked: tenants by number from 1, NATIVE_N_TENANTS + 1 for one that nobody knows, 0 for "(unassigned)". */
static bool is_about(const struct native_world *w, const struct native_question *q, const struct native_policy *p,
                     uint32_t tenant)
{
	uint32_t bit = 0;

	for (uint32_t i = 0; i < NATIVE_N_USERS; i++, bit++)
		if ((p->subjects >> bit & 1) && q->subject == ASKS_USER && q->number == i && w->users[i].exists)
			return true;
	for (uint32_t i = 0; i < NATIVE_N_GROUPS; i++, bit++)
		if ((p->subjects >> bit & 1) && native_is_in_group(w, q, i))
			return true;
	for (uint32_t i = 0; i < NATIVE_N_ROLES; i++, bit++)
		if ((p->subjects >> bit & 1) && native_has_role(w, q, i, tenant))
			return true;
	if (!(p->subjects >> bit & 1))
		return false;
	/* Everybody, but who is nobody in particular. */
	return q->raw || q->subject == ASKS_GROUP || q->subject == ASKS_ROLE ||
	       (q->subject == ASKS_USER && w->users[q->number].exists);
}

static bool lets_match(const struct native_policy *p, enum truth condition)
{
	return condition == TRUTH_TRUE || (p->deny && condition == TRUTH_UNKNOWN);
}

static bool matches(const struct native_world *w, const struct native_question *q, const struct native_policy *p,
                    uint32_t tenant, uint32_t only_tenant)
{
	const struct evaluation e = {w, q, only_tenant};
	int64_t now = q->ask.now_ms;
	bool action = false, resource = false;

	for (uint32_t i = 0; i < NATIVE_N_ACTION_PATTERNS; i++)
		action |= (p->actions >> i & 1) && native_action_patterns[i].matches[q->action];
	for (uint32_t i = 0; i < NATIVE_N_RESOURCE_PATTERNS; i++)
		resource |= (p->resources >> i & 1) && native_resource_patterns[i].matches[q->resource];
	return p->exists && action && resource && (!p->tenants || (tenant && (p->tenants >> (tenant - 1) & 1))) &&
	       (!p->from || now >= p->from) && (!p->until || now < p->until) && is_about(w, q, p, tenant) &&
	       (!p->has_condition || lets_match(p, evaluate(&e, p->nodes)));
}

/* ---- tenants ----------------------------------------------------------------------------------------------- */

static uint32_t number_of_tenant(struct str id)
{
	for (uint32_t i = 0; i < NATIVE_N_TENANTS; i++)
		if (str_eq(id, native_tenants[i]))
			return i + 1;
	return str_eq(id, STR(TENANT_UNASSIGNED)) ? 0 : NATIVE_N_TENANTS + 1;
}

struct places {
	uint32_t at[NATIVE_N_TENANTS + 3];
	size_t n;
	uint32_t only; /* the one, when it is a tenant and alone */
};

static void add_place(struct places *l, uint32_t tenant)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->at[i] == tenant)
			return;
	l->at[l->n++] = tenant;
}

static struct places places_of(const struct native_world *w, const struct native_question *q)
{
	const struct ask_resource *r = &q->ask.resource;
	struct places l = {0};

	if (r->lists_tenants) {
		for (size_t i = 0; i < r->tenants.n; i++)
			add_place(&l, number_of_tenant(r->tenants.items[i]));
	} else if (!str_is_absent(r->tenant)) {
		add_place(&l, number_of_tenant(r->tenant));
	} else if (q->resource < NATIVE_N_RESOURCES && w->resources[q->resource].exists &&
	           w->resources[q->resource].tenant) {
		add_place(&l, w->resources[q->resource].tenant);
	} else {
		for (uint32_t i = 0; i <= NATIVE_N_TENANTS; i++)
			add_place(&l, i);
	}
	l.only = l.n == 1 ? l.at[0] : 0;
	return l;
}

static bool is_allowed_in(const struct native_world *w, const struct native_question *q, uint32_t tenant, uint32_t only)
{
	bool is_allowed = false;

	for (size_t i = 0; i < NATIVE_N_POLICIES; i++) {
		if (!matches(w, q, &w->policies[i], tenant, only))
			continue;
		if (w->policies[i].deny)
			return false;
		is_allowed = true;
	}
	return is_allowed;
}

static struct str name_of_tenant(uint32_t tenant)
{
	if (tenant == 0)
		return STR(TENANT_UNASSIGNED);
	return tenant > NATIVE_N_TENANTS ? STR("t9") : native_tenants[tenant - 1];
}

struct native_answer native_decide(const struct native_world *w, const struct native_question *q, struct arena *a)
{
	struct places l = places_of(w, q);
	struct str *allowed = ARENA_ARRAY(a, struct str, l.n);
	size_t n = 0;

	for (size_t i = 0; i < l.n; i++)
		if (is_allowed_in(w, q, l.at[i], l.only))
			allowed[n++] = name_of_tenant(l.at[i]);
	return (struct native_answer){n != 0, {allowed, q->ask.resource.lists_tenants ? n : 0}};
}

bool native_may_decide(const struct native_world *w, const struct native_question *q, struct str policy,
                       struct arena *a)
{
	struct places l = places_of(w, q);

	for (size_t i = 0; i < NATIVE_N_POLICIES; i++) {
		const struct native_policy *p = &w->policies[i];

		if (!str_eq(policy, arena_strf(a, "p%zu", i)) || p->deny)
			continue;
		for (size_t k = 0; k < l.n; k++)
			if (is_allowed_in(w, q, l.at[k], l.only) && matches(w, q, p, l.at[k], l.only))
				return true;
	}
	return false;
}
