/* SPDX-License-Identifier: Apache-2.0
 *
 * A hash table of programs by kind and text, threaded by a list from the most to the least recently used. The table
 * holds one reference to each program, and each evaluation another: one that has to make room lives as long as it runs.
 */
#include "service/expressions.h"

#include <errno.h>
#include <pthread.h>

#include "base/hash.h"
#include "base/random.h"

#define N_BUCKETS 4096u /* programs take at least 4 KiB each: chains stay short */

struct entry {
	struct entry *chain; /* in the same bucket */
	struct entry *newer, *older;
	struct condition_program *program;
	uint64_t hash;
	size_t n_bytes;
	unsigned n_refs; /* guarded by the lock */
	enum condition_kind kind;
	struct str source; /* behind the struct */
};

struct expressions {
	const struct conditions *conditions;
	uint64_t seed;
	size_t max_bytes;
	pthread_mutex_t lock; /* guards what follows */
	struct entry *buckets[N_BUCKETS];
	struct entry *newest, *oldest;
	struct expressions_stats stats;
};

struct expressions *expressions_new(const struct conditions *conditions, size_t max_bytes)
{
	struct expressions *e = mem_calloc(1, sizeof(*e));

	e->conditions = conditions;
	e->seed = random_u64();
	e->max_bytes = max_bytes;
	(void)pthread_mutex_init(&e->lock, NULL);
	return e;
}

static void entry_free(struct entry *entry)
{
	condition_program_free(entry->program);
	free(entry);
}

void expressions_free(struct expressions *e)
{
	if (!e)
		return;
	for (struct entry *entry = e->newest, *older; entry; entry = older) {
		older = entry->older;
		entry_free(entry);
	}
	(void)pthread_mutex_destroy(&e->lock);
	free(e);
}

/* ---- the table; lock held -----------------------------------------------------------------------------------------
 */

static struct entry **place_of(struct expressions *e, uint64_t hash, enum condition_kind kind, struct str source)
{
	struct entry **at = &e->buckets[hash % N_BUCKETS];

	while (*at && !((*at)->hash == hash && (*at)->kind == kind && str_eq((*at)->source, source)))
		at = &(*at)->chain;
	return at;
}

static void unlink_use(struct expressions *e, struct entry *entry)
{
	*(entry->newer ? &entry->newer->older : &e->newest) = entry->older;
	*(entry->older ? &entry->older->newer : &e->oldest) = entry->newer;
}

static void link_newest(struct expressions *e, struct entry *entry)
{
	entry->newer = NULL;
	entry->older = e->newest;
	*(e->newest ? &e->newest->newer : &e->oldest) = entry;
	e->newest = entry;
}

static void unref(struct entry *entry)
{
	if (--entry->n_refs == 0)
		entry_free(entry);
}

static void make_room(struct expressions *e)
{
	while (e->oldest && e->stats.n_bytes > e->max_bytes) {
		struct entry *entry = e->oldest;

		*place_of(e, entry->hash, entry->kind, entry->source) = entry->chain;
		unlink_use(e, entry);
		e->stats.n--;
		e->stats.n_bytes -= entry->n_bytes;
		unref(entry);
	}
}

/* With a reference for the caller; NULL: there is none. */
static struct entry *find(struct expressions *e, uint64_t hash, enum condition_kind kind, struct str source)
{
	struct entry *entry = *place_of(e, hash, kind, source);

	if (!entry)
		return NULL;
	entry->n_refs++;
	if (entry != e->newest) {
		unlink_use(e, entry);
		link_newest(e, entry);
	}
	return entry;
}

/* Takes the entry over and returns it with a reference for the caller, or what another thread was faster to put. */
static struct entry *keep(struct expressions *e, struct entry *entry)
{
	struct entry *other = find(e, entry->hash, entry->kind, entry->source);

	e->stats.n_compiled++;
	if (other) {
		entry_free(entry);
		return other;
	}
	*place_of(e, entry->hash, entry->kind, entry->source) = entry;
	link_newest(e, entry);
	e->stats.n++;
	e->stats.n_bytes += entry->n_bytes;
	entry->n_refs = 2;
	make_room(e);
	return entry;
}

/* ---- programs -------------------------------------------------------------------------------------------------- */

/* NULL: it does not compile. */
static struct entry *compile(struct expressions *e, uint64_t hash, enum condition_kind kind, struct str source,
                             struct error *err)
{
	struct condition_program *program = condition_program_new(e->conditions, kind, source, err);
	struct entry *entry;
	char *text;

	if (!program)
		return NULL;
	entry = mem_calloc(1, sizeof(*entry) + source.len);
	text = (char *)(entry + 1);
	if (source.len)
		memcpy(text, source.ptr, source.len);
	entry->program = program;
	entry->hash = hash;
	entry->kind = kind;
	entry->source = (struct str){text, source.len};
	entry->n_bytes = sizeof(*entry) + source.len + condition_program_bytes(program);
	return entry;
}

/* To be given back by give_back(). NULL: it does not compile, and `err` says why. */
static struct entry *borrow(struct expressions *e, enum condition_kind kind, struct str source, struct error *err)
{
	uint64_t hash = hash_str(e->seed + (uint64_t)kind, source);
	struct entry *entry;

	(void)pthread_mutex_lock(&e->lock);
	entry = find(e, hash, kind, source);
	(void)pthread_mutex_unlock(&e->lock);
	if (entry)
		return entry;
	entry = compile(e, hash, kind, source, err);
	if (!entry)
		return NULL;
	(void)pthread_mutex_lock(&e->lock);
	entry = keep(e, entry);
	(void)pthread_mutex_unlock(&e->lock);
	return entry;
}

static void give_back(struct expressions *e, struct entry *entry)
{
	(void)pthread_mutex_lock(&e->lock);
	unref(entry);
	(void)pthread_mutex_unlock(&e->lock);
}

enum condition_result expressions_match(struct expressions *e, struct str source, const struct condition_input *in,
                                        struct error *err)
{
	struct entry *entry = borrow(e, CONDITION_MATCH, source, err);
	enum condition_result result;

	if (!entry)
		return CONDITION_ERROR;
	result = condition_program_match(entry->program, in, err);
	give_back(e, entry);
	return result;
}

int expressions_approvers(struct expressions *e, struct str source, const struct condition_input *in,
                          struct str_list *ret_users, struct error *err)
{
	struct entry *entry = borrow(e, CONDITION_APPROVERS, source, err);
	int result;

	if (!entry)
		return -EINVAL;
	result = condition_program_approvers(entry->program, in, ret_users, err);
	give_back(e, entry);
	return result;
}

struct expressions_stats expressions_stats(struct expressions *e)
{
	struct expressions_stats stats;

	(void)pthread_mutex_lock(&e->lock);
	stats = e->stats;
	(void)pthread_mutex_unlock(&e->lock);
	return stats;
}
