/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/engine-impl.h"

static bool tenant_has_id(const void *value, const void *key)
{
	return str_eq(tenant_id(value), *(const struct str *)key);
}

static struct tenant *tenant_find(const struct engine *g, struct str id)
{
	return pmap_get(&g->tenants_by_id, hash_str(g->seed, id), tenant_has_id, &id);
}

uint32_t tenant_number(const struct engine *g, struct str id)
{
	const struct tenant *t;

	if (str_eq(id, UNASSIGNED))
		return 0;
	t = tenant_find(g, id);
	return t ? t->number : NO_NUMBER;
}

bool tenant_is_live(const struct engine *g, struct str id)
{
	const struct tenant *t;

	if (str_eq(id, UNASSIGNED))
		return true;
	t = tenant_find(g, id);
	return t && t->order;
}

static uint64_t next_number(struct engine *g)
{
	assert(g->n_tenant_numbers < UINT32_MAX - 1);
	return ++g->n_tenant_numbers;
}

/* Puts a new record in the place of the old one; `order` 0 makes it not live. */
static void tenant_put(struct engine *g, struct edit *e, struct str id, uint32_t number, uint64_t order)
{
	struct tenant *t = edit_alloc(e, sizeof(*t) + id.len), *old;

	assert(id.len <= UINT32_MAX);
	t->number = number;
	t->id_len = (uint32_t)id.len;
	t->order = order;
	if (id.len)
		memcpy(t->id, id.ptr, id.len);
	old = pmap_put(&g->tenants_by_id, e, hash_str(g->seed, id), tenant_has_id, &id, t);
	if (old && old->order)
		(void)pvec_set(&g->tenants, e, old->order, NULL);
	if (order)
		(void)pvec_set(&g->tenants, e, order, t);
	edit_retire(e, old);
}

uint32_t tenant_need_number(struct engine *g, struct edit *e, struct str id)
{
	uint32_t number = tenant_number(g, id);

	if (number == NO_NUMBER) {
		number = (uint32_t)next_number(g);
		tenant_put(g, e, id, number, 0);
	}
	return number;
}

/*
 * A tenant's place in the order of addition comes from the same counter as the numbers: a tenant that a statement
 * listed before it was added, or that was added again, has a place behind its number.
 */
void engine_add_tenant(struct engine *g, struct edit *e, struct str id)
{
	uint32_t number = tenant_number(g, id);
	uint64_t order;

	if (tenant_is_live(g, id))
		return;
	order = next_number(g);
	tenant_put(g, e, id, number == NO_NUMBER ? (uint32_t)order : number, order);
}

void engine_remove_tenant(struct engine *g, struct edit *e, struct str id)
{
	if (!str_eq(id, UNASSIGNED) && tenant_is_live(g, id))
		tenant_put(g, e, id, tenant_number(g, id), 0);
}

bool compiled_has_tenant(const struct cset *c, const struct compiled *s, uint32_t number)
{
	const uint32_t *words = cset_tenants(c, s);
	size_t low = 0, high = s->n_tenants;

	if (s->flags & STATEMENT_TENANT_BITS)
		return number / 32 < s->n_tenants && (words[number / 32] >> (number % 32) & 1);
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (words[middle] < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low < s->n_tenants && words[low] == number;
}
