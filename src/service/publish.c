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

/* What a superseded snapshot leaves behind, until no reader can hold it. */
struct leftover {
	struct rcu_head head;
	struct snapshot *shell;
	struct edit_blocks retired;
};

static void free_leftover(struct rcu_head *head)
{
	struct leftover *l = CONTAINER_OF(head, struct leftover, head);

	NOTE_RECLAIM();
	snapshot_free_shell(l->shell);
	edit_blocks_free_all(&l->retired);
	free(l);
}

void org_publish(struct org *org, struct snapshot *fork, struct edit *edit)
{
	struct leftover *l = mem_calloc(1, sizeof(*l));

	edit_seal(edit, &l->retired);
	l->shell = (struct snapshot *)(uintptr_t)atomic_load(&org->current);
	atomic_store(&org->current, fork);
	atomic_store(&org->revision, fork->revision);
	NOTE_OVER();
	call_rcu(&l->head, free_leftover);
}

void publish_barrier(void)
{
	rcu_barrier();
}
