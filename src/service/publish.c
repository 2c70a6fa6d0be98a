/* SPDX-License-Identifier: Apache-2.0
 *
 * Readers and publication: snapshots swapped under RCU.
 */
#include <urcu-bp.h>

#include "service/internal.h"

#if defined(__SANITIZE_THREAD__)
/* ThreadSanitizer cannot see that a grace period orders readers, and the publisher, before the freeing. */
void __tsan_acquire(void *addr);
void __tsan_release(void *addr);
static char grace_period;
#define NOTE_OVER()    __tsan_release(&grace_period)
#define NOTE_RECLAIM() __tsan_acquire(&grace_period)
#else
#define NOTE_OVER()    ((void)0)
#define NOTE_RECLAIM() ((void)0)
#endif

void service_read_begin(void)
{
	rcu_read_lock();
}

void service_read_end(void)
{
	NOTE_OVER();
	rcu_read_unlock();
}

/* What a superseded snapshot leaves behind, until no reader can hold it and nobody has pinned it or an older one. */
struct leftover {
	struct rcu_head head;
	struct leftover *next; /* held */
	struct snapshot *shell;
	struct edit_blocks retired;
	uint64_t bytes; /* counted only when held */
};

static void free_leftover(struct rcu_head *head)
{
	struct leftover *l = CONTAINER_OF(head, struct leftover, head);

	NOTE_RECLAIM();
	snapshot_free_shell(l->shell);
	edit_blocks_free_all(&l->retired);
	free(l);
}

static void reclaim(struct leftover *l)
{
	NOTE_OVER();
	call_rcu(&l->head, free_leftover);
}

/* A pinned version needs what it had and any later one retired. Under pin_lock. */
static void hold(struct org *org, struct leftover *l)
{
	l->bytes = edit_blocks_bytes(&l->retired);
	if (org->last_held)
		org->last_held->next = l;
	else
		org->first_held = l;
	org->last_held = l;
	atomic_fetch_add(&org->held_bytes, l->bytes);
}

void org_publish(struct org *org, struct snapshot *fork, struct edit *edit)
{
	struct leftover *l = mem_calloc(1, sizeof(*l));
	bool is_held;

	edit_seal(edit, &l->retired);
	l->shell = (struct snapshot *)(uintptr_t)atomic_load(&org->current);
	(void)pthread_mutex_lock(&org->pin_lock);
	atomic_store(&org->current, fork);
	atomic_store(&org->revision, fork->revision);
	is_held = org->pins;
	if (is_held)
		hold(org, l);
	(void)pthread_mutex_unlock(&org->pin_lock);
	if (is_held)
		history_relieve(org->service);
	else
		reclaim(l);
}

void org_pin(struct org *org, struct pin *pin)
{
	(void)pthread_mutex_lock(&org->pin_lock);
	pin->snapshot = atomic_load(&org->current);
	pin->next = org->pins;
	org->pins = pin;
	(void)pthread_mutex_unlock(&org->pin_lock);
}

/* Takes what no pin needs any more out of what is held. Under pin_lock. */
static struct leftover *take_unneeded(struct org *org)
{
	struct leftover *first = org->first_held, *last = NULL;
	uint64_t oldest = UINT64_MAX;

	for (const struct pin *p = org->pins; p; p = p->next)
		oldest = p->snapshot->revision < oldest ? p->snapshot->revision : oldest;
	for (struct leftover *l = first; l && l->shell->revision < oldest; l = l->next) {
		atomic_fetch_sub(&org->held_bytes, l->bytes);
		last = l;
	}
	if (!last)
		return NULL;
	org->first_held = last->next;
	if (!org->first_held)
		org->last_held = NULL;
	last->next = NULL;
	return first;
}

void org_unpin(struct org *org, struct pin *pin)
{
	struct leftover *unneeded, *next;
	struct pin **at = &org->pins;

	(void)pthread_mutex_lock(&org->pin_lock);
	while (*at != pin)
		at = &(*at)->next;
	*at = pin->next;
	unneeded = take_unneeded(org);
	(void)pthread_mutex_unlock(&org->pin_lock);
	for (; unneeded; unneeded = next) {
		next = unneeded->next;
		reclaim(unneeded);
	}
}

void publish_barrier(void)
{
	rcu_barrier();
}
