#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * One evaluation: what functions see of it.
 *
 * Errors are values: a function that fails returns cel_fail(), and the language decides what becomes of it (&& and ||
 * may absorb it). An abort cannot be absorbed: once the budget or the memory is used up, the evaluation as a whole
 * yields CEL_ERROR without a struct cel_error, and functions need only return what they are given.
 */
#include "expr/env.h"

enum cel_abort { CEL_NOT_ABORTED, CEL_OVER_BUDGET, CEL_OUT_OF_MEMORY };

#define CEL_DEFAULT_BUDGET UINT64_C(1000000) /* units: one for about ten bytes looked at, or one step of a loop */
#define CEL_DEFAULT_MEMORY ((size_t)4 << 20) /* bytes */

/* What an evaluation needs; zeroed members have defaults. */
struct cel_input {
	const struct cel_value *variables; /* by slot; kind CEL_ERROR with error NULL: not bound */
	/* Called for a variable that is not bound, once an evaluation; NULL: such are errors. */
	struct cel_value (*resolve)(struct cel_eval *ev, uint32_t slot);
	void *host;          /* for functions: cel_host() */
	struct arena *arena; /* where results live; the caller's */
	uint64_t budget;     /* units; 0: CEL_DEFAULT_BUDGET */
	size_t memory;       /* bytes of the arena; 0: CEL_DEFAULT_MEMORY */
	int64_t now_ms;      /* what now() is */
};

void *cel_host(struct cel_eval *ev);
int64_t cel_now_ms(const struct cel_eval *ev);
const struct cel_env *cel_eval_env(const struct cel_eval *ev);

/* An error value. The detail is copied. */
struct cel_value cel_fail(struct cel_eval *ev, enum cel_error_code code, const char *fmt, ...) ATTR_PRINTF(3, 4);
/* Takes units from the budget; false: aborted, and the caller returns cel_aborted(). */
bool cel_charge(struct cel_eval *ev, uint64_t units) MUST_USE;
/* Memory that lives as long as the result, not zeroed; NULL: aborted. */
void *cel_alloc(struct cel_eval *ev, size_t size) MUST_USE;
static inline struct cel_value cel_aborted(void)
{
	return (struct cel_value){.kind = CEL_ERROR};
}
/* For each ten bytes, or part of them. */
static inline uint64_t cel_units_of(uint64_t n_bytes)
{
	return n_bytes / 10 + 1;
}

/* ---- results made in the arena; each is cel_aborted() when that is too much ---------------------------------- */

struct cel_value cel_make_string(struct cel_eval *ev, struct str s); /* a copy */
struct cel_value cel_make_bytes(struct cel_eval *ev, struct str s);
/* A map of the entries (borrowed, distinct keys not checked): makes its index. */
struct cel_value cel_make_map(struct cel_eval *ev, const struct cel_entry *entries, uint32_t n);
struct cel_value cel_make_optional(struct cel_eval *ev, struct cel_value v);

/* The value as text in the language's words, for string(), format() and error details: see lib-strings.c. */
void cel_error_print(struct buf *out, const struct cel_error *e);
