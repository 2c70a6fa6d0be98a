/* SPDX-License-Identifier: Apache-2.0
 *
 * Sorting by keys: a merge sort from pairs upwards, so that equal keys keep their order and nothing recurses.
 */
#include "expr/program.h"

static bool are_comparable(const struct cel_entry *pairs, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		/* Of one kind with the first; itself too, for kinds that have no order. */
		if (pairs[i].key.kind != pairs[0].key.kind ||
		    cel_compare(pairs[i].key, pairs[0].key) == CEL_INCOMPARABLE)
			return false;
	}
	return true;
}

/* Two sorted runs, [0, middle) and [middle, n) of `from`, into `to`. */
static void merge(struct cel_entry *to, const struct cel_entry *from, uint32_t middle, uint32_t n)
{
	uint32_t left = 0, right = middle;

	for (uint32_t i = 0; i < n; i++) {
		bool takes_right =
		    left == middle || (right < n && cel_compare(from[right].key, from[left].key) == CEL_LESS);

		to[i] = takes_right ? from[right++] : from[left++];
	}
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

bool cel_sort_pairs(struct cel_eval *ev, struct cel_entry *pairs, uint32_t n, struct cel_value *ret_error)
{
	struct cel_entry *other, *from = pairs, *to;

	*ret_error = cel_aborted();
	if (!are_comparable(pairs, n)) {
		*ret_error = cel_fail_with(ev, CEL_NO_SUCH_OVERLOAD, STR_NONE);
		return false;
	}
	other = cel_alloc(ev, n * sizeof(*other));
	if (!other)
		return false;
	to = other;
	for (uint64_t width = 1; width < n; width *= 2) {
		if (!cel_charge(ev, n))
			return false;
		for (uint64_t at = 0; at < n; at += 2 * width) {
			uint32_t rest = n - (uint32_t)at;

			merge(to + at, from + at, smaller((uint32_t)width, rest), smaller((uint32_t)(2 * width), rest));
		}
		to = from;
		from = from == pairs ? other : pairs;
	}
	if (from != pairs)
		memcpy(pairs, from, n * sizeof(*pairs));
	return true;
}
