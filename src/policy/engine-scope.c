/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/engine-impl.h"

/* Where the id's position stands in the table, or would go. */
static uint32_t *table_slot(const struct scope *s, struct str id)
{
	size_t at = (size_t)hash_str(s->engine->seed, id) & s->table_mask;

	while (s->table[at] && !str_eq(s->ids[s->table[at] - 1], id))
		at = (at + 1) & s->table_mask;
	return &s->table[at];
}

static void lay_out_list(struct scope *s, struct str_list asked)
{
	size_t n_slots = 4;

	assert(asked.n < UINT32_MAX / 4);
	while (n_slots < asked.n * 2)
		n_slots *= 2;
	s->table = ARENA_ARRAY(s->arena, uint32_t, n_slots);
	s->table_mask = n_slots - 1;
	s->ids = ARENA_ARRAY(s->arena, struct str, asked.n);
	s->numbers = ARENA_ARRAY(s->arena, uint32_t, asked.n);
	for (size_t i = 0; i < asked.n; i++) {
		uint32_t *slot = table_slot(s, asked.items[i]), number;

		if (*slot)
			continue;
		number = tenant_number(s->engine, asked.items[i]);
		s->ids[s->n] = asked.items[i];
		s->numbers[s->n] = number == NO_NUMBER ? s->n_numbers++ : number;
		*slot = (uint32_t)++s->n;
	}
	s->is_laid_out = true;
}

/* All live tenants in the order they were added, then "(unassigned)". */
static void lay_out_all(struct scope *s)
{
	const struct pvec *tenants = &s->engine->tenants;
	const struct tenant *t;
	size_t n = 1;

	for (uint64_t i = 0; pvec_next(tenants, &i); i++)
		n++;
	s->ids = ARENA_ARRAY(s->arena, struct str, n);
	s->numbers = ARENA_ARRAY(s->arena, uint32_t, n);
	s->n = 0;
	for (uint64_t i = 0; (t = pvec_next(tenants, &i)); i++) {
		s->ids[s->n] = tenant_id(t);
		s->numbers[s->n++] = t->number;
	}
	s->ids[s->n++] = UNASSIGNED;
	s->is_laid_out = true;
}

/* The number of the only tenant: many decisions meet no statement that lists tenants. */
static uint32_t the_one(struct scope *s)
{
	if (!s->has_one) {
		s->one = tenant_number(s->engine, s->one_id);
		s->has_one = true;
	}
	return s->one;
}

static void lay_out(struct scope *s)
{
	if (s->is_laid_out)
		return;
	if (s->kind == SCOPE_ALL) {
		lay_out_all(s);
	} else { /* one tenant: the arrays were not needed so far */
		(void)the_one(s);
		s->ids = &s->one_id;
		s->numbers = &s->one;
		s->is_laid_out = true;
	}
}

void scope_init(struct scope *s, const struct engine *g, const struct query *q, struct arena *a)
{
	*s = (struct scope){.engine = g, .arena = a, .kind = q->scope, .n_numbers = (uint32_t)g->n_tenant_numbers + 1};
	switch (q->scope) {
	case SCOPE_BLIND:
		break;
	case SCOPE_ALL:
		s->n = 1; /* at least "(unassigned)" */
		break;
	case SCOPE_LISTED:
		if (q->tenants.n > 1)
			lay_out_list(s, q->tenants);
		else if (q->tenants.n == 1)
			s->n = 1;
		if (s->n == 1)
			s->one_id = q->tenants.items[0];
		break;
	}
}

void scope_init_list(struct scope *s, const struct engine *g, struct str_list ids, struct arena *a)
{
	*s = (struct scope){
	    .engine = g, .arena = a, .kind = SCOPE_LISTED, .n_numbers = (uint32_t)g->n_tenant_numbers + 1};
	lay_out_list(s, ids);
}

struct restriction scope_restrict(const struct scope *s, struct str tenant)
{
	struct restriction r = {.is_set = true};
	uint32_t position;

	if (str_is_absent(tenant) || s->kind == SCOPE_BLIND)
		return (struct restriction){0};
	if (s->kind == SCOPE_ALL) {
		r.is_in_scope = tenant_is_live(s->engine, tenant);
		r.number = tenant_number(s->engine, tenant);
	} else if (s->table) {
		position = *table_slot(s, tenant);
		r.is_in_scope = position > 0;
		r.number = position ? s->numbers[position - 1] : NO_NUMBER;
	} else {
		r.is_in_scope = s->n == 1 && str_eq(tenant, s->one_id);
		r.number = NO_NUMBER; /* not asked for: in scope or not is all that counts */
	}
	return r;
}

enum reach scope_reach(struct scope *s, const struct cset *c, const struct compiled *st, struct restriction r)
{
	bool is_all = st->flags & STATEMENT_ALL_TENANTS;

	if (s->kind == SCOPE_BLIND)
		return REACH_WHOLE;
	if (s->n == 0 || (r.is_set && !r.is_in_scope))
		return REACH_NONE;
	if (s->kind == SCOPE_LISTED && s->n == 1)
		return is_all || compiled_has_tenant(c, st, the_one(s)) ? REACH_WHOLE : REACH_NONE;
	if (r.is_set)
		return is_all || compiled_has_tenant(c, st, r.number) ? REACH_PART : REACH_NONE;
	return is_all ? REACH_WHOLE : st->n_tenants ? REACH_PART : REACH_NONE;
}

static bool bit_get(const uint64_t *bits, size_t i)
{
	return bits[i / 64] >> (i % 64) & 1;
}

static void bit_set(uint64_t *bits, size_t i)
{
	bits[i / 64] |= UINT64_C(1) << (i % 64);
}

static uint32_t position_of(struct scope *s, uint32_t number)
{
	if (!s->positions) {
		s->positions = ARENA_ARRAY(s->arena, uint32_t, s->n_numbers);
		for (size_t i = 0; i < s->n; i++)
			s->positions[s->numbers[i]] = (uint32_t)i + 1;
	}
	return number < s->n_numbers ? s->positions[number] : 0;
}

/* Sets the bits of the positions that the match covers; returns whether there is one. */
static bool add_partial(struct scope *s, const struct partial *p, uint64_t *bits)
{
	const struct compiled *st = &p->set->statements[p->statement];
	const uint32_t *numbers = cset_tenants(p->set, st);
	bool is_bits = st->flags & STATEMENT_TENANT_BITS, any = false;
	/* Whichever is shorter in its form: the statement's numbers, or the scope's tried against its bits. */
	size_t n = p->restriction.is_set ? 1 : is_bits ? s->n : st->n_tenants;

	for (size_t i = 0; i < n; i++) {
		uint32_t position;

		if (p->restriction.is_set)
			position = position_of(s, p->restriction.number);
		else if (is_bits)
			position = compiled_has_tenant(p->set, st, s->numbers[i]) ? (uint32_t)i + 1 : 0;
		else
			position = position_of(s, numbers[i]);
		if (position)
			bit_set(bits, position - 1);
		any = any || position;
	}
	return any;
}

static uint64_t *new_bits(struct scope *s)
{
	lay_out(s);
	return ARENA_ARRAY(s->arena, uint64_t, s->n / 64 + 1);
}

bool scope_touches(struct scope *s, const struct partial *p)
{
	uint64_t *bits = new_bits(s);

	return add_partial(s, p, bits);
}

struct verdict verdict_of(enum effect effect, const struct cset *c, uint32_t statement)
{
	return (struct verdict){
	    .effect = effect, .kind = c->kind, .document = cset_id(c), .statement = statement, .everywhere = false};
}

/* The whole scope is allowed. */
static void list_all(struct scope *s, struct str_list *ret_tenants)
{
	struct str *items;

	if (!ret_tenants || s->kind == SCOPE_BLIND)
		return;
	lay_out(s);
	items = ARENA_ARRAY(s->arena, struct str, s->n);
	memcpy(items, s->ids, s->n * sizeof(*items));
	*ret_tenants = (struct str_list){items, s->n};
}

/* The tenants of the bits, and how many they are. */
static size_t list_bits(const struct scope *s, const uint64_t *bits, struct str_list *ret_tenants)
{
	struct str *items = ret_tenants ? ARENA_ARRAY(s->arena, struct str, s->n) : NULL;
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		if (!bit_get(bits, i))
			continue;
		if (items)
			items[n] = s->ids[i];
		n++;
	}
	if (items)
		*ret_tenants = (struct str_list){n ? items : NULL, n};
	return n;
}

/* The first partial allow of which something is left in `allowed`. */
static struct verdict name_allow(struct scope *s, const struct findings *f, const uint64_t *allowed)
{
	size_t n_words = s->n / 64 + 1;
	uint64_t *bits = new_bits(s);

	if (f->allow.effect)
		return f->allow;
	for (const struct partial *p = f->allows; p; p = p->next) {
		memset(bits, 0, n_words * sizeof(*bits));
		(void)add_partial(s, p, bits);
		for (size_t i = 0; i < n_words; i++) {
			if (bits[i] & allowed[i])
				return verdict_of(EFFECT_ALLOW, p->set, p->statement);
		}
	}
	return (struct verdict){0};
}

static struct verdict resolve_parts(struct scope *s, const struct findings *f, struct str_list *ret_tenants)
{
	uint64_t *allowed = new_bits(s), *denied = new_bits(s);
	const struct partial *deny = NULL;
	struct verdict v;
	size_t n;

	if (f->allow.effect)
		memset(allowed, 0xff, (s->n / 64 + 1) * sizeof(*allowed));
	for (const struct partial *p = f->allows; p && !f->allow.effect; p = p->next)
		(void)add_partial(s, p, allowed);
	for (const struct partial *p = f->denies; p; p = p->next) {
		if (add_partial(s, p, denied) && !deny)
			deny = p;
	}
	for (size_t i = 0; i < s->n / 64 + 1; i++)
		allowed[i] &= ~denied[i];
	n = list_bits(s, allowed, ret_tenants);
	if (n > 0) {
		v = name_allow(s, f, allowed);
		v.everywhere = n == s->n;
		return v;
	}
	return deny ? verdict_of(EFFECT_DENY, deny->set, deny->statement) : (struct verdict){0};
}

struct verdict scope_resolve(struct scope *s, const struct findings *f, struct str_list *ret_tenants)
{
	struct verdict v;

	if (ret_tenants)
		*ret_tenants = (struct str_list){0};
	if (f->deny.effect)
		return f->deny;
	if (f->denies || (f->allows && !f->allow.effect))
		return resolve_parts(s, f, ret_tenants);
	if (!f->allow.effect)
		return (struct verdict){0};
	list_all(s, ret_tenants);
	v = f->allow;
	v.everywhere = true;
	return v;
}
