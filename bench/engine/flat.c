/* SPDX-License-Identifier: Apache-2.0 */
#include "flat.h"

#include "base/hash.h"

static struct flat_slot *slot_of(const struct flat *f, uint64_t hash, struct str key)
{
	size_t at = (size_t)hash & f->mask;

	while (f->slots[at].key && !(f->slots[at].hash == hash && str_eq(*f->slots[at].key, key)))
		at = (at + 1) & f->mask;
	return &f->slots[at];
}

void flat_init(struct flat *f, uint64_t seed, const struct str *keys, size_t n)
{
	size_t n_slots = 16;

	while (n_slots < 2 * n)
		n_slots *= 2;
	*f = (struct flat){mem_calloc(n_slots, sizeof(struct flat_slot)), n_slots - 1, seed};
	for (size_t i = 0; i < n; i++) {
		uint64_t hash = hash_str(seed, keys[i]);

		*slot_of(f, hash, keys[i]) = (struct flat_slot){hash, &keys[i]};
	}
}

void flat_release(struct flat *f)
{
	free(f->slots);
}

const struct str *flat_get(const struct flat *f, struct str key)
{
	return slot_of(f, hash_str(f->seed, key), key)->key;
}
