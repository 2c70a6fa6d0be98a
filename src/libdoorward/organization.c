/* SPDX-License-Identifier: Apache-2.0 */
#include "libdoorward/organization.h"

#include "base/random.h"

struct doorward_organization *organization_new(struct str name, struct store *store)
{
	struct doorward_organization *org = mem_calloc(1, sizeof(*org));

	org->name = str_dup_cstr(name);
	org->store = store;
	org->seed = random_u64();
	org->refs = 1;
	(void)pthread_mutex_init(&org->lock, NULL);
	(void)pthread_mutex_init(&org->refresh_lock, NULL);
	return org;
}

/* ---- versions ---------------------------------------------------------------------------------------------- */

/* Takes the versions that nobody needs any more, without those that are shared with one that somebody keeps. Under
 * the lock. */
static struct version *take_unneeded(struct doorward_organization *org)
{
	struct version *first = org->oldest, *newest = atomic_load(&org->newest), *last = NULL;

	for (struct version *v = first; v != newest && v->refs == 0; v = v->newer)
		last = v;
	if (!last)
		return NULL;
	org->oldest = last->newer;
	last->newer = NULL;
	return first;
}

static void free_versions(struct version *v)
{
	struct version *newer;

	for (; v; v = newer) {
		struct snapshot *s = (struct snapshot *)(uintptr_t)v->snapshot;

		newer = v->newer;
		if (v->is_alone)
			snapshot_free_all(s);
		else
			snapshot_free_shell(s);
		edit_blocks_free_all(&v->retired);
		free(v);
	}
}

void organization_publish(struct doorward_organization *org, struct snapshot *fork, bool is_alone)
{
	struct version *v = mem_calloc(1, sizeof(*v)), *before, *unneeded;
	struct edit_blocks retired;

	snapshot_seal(fork, &retired);
	v->snapshot = fork;
	/* What loading replaced, nobody has seen. */
	if (is_alone)
		edit_blocks_free_all(&retired);
	(void)pthread_mutex_lock(&org->lock);
	before = atomic_load(&org->newest);
	if (before) {
		before->newer = v;
		before->is_alone = is_alone;
		if (!is_alone)
			before->retired = retired;
	} else {
		org->oldest = v;
	}
	atomic_store_explicit(&org->newest, v, memory_order_release);
	unneeded = take_unneeded(org);
	(void)pthread_mutex_unlock(&org->lock);
	free_versions(unneeded);
}

struct version *organization_keep(struct doorward_organization *org, struct version *kept)
{
	struct version *v, *unneeded;

	/* Kept, and so not another one at the same address. */
	if (kept && LIKELY(atomic_load_explicit(&org->newest, memory_order_acquire) == kept))
		return kept;
	(void)pthread_mutex_lock(&org->lock);
	v = atomic_load(&org->newest);
	v->refs++;
	if (kept)
		kept->refs--;
	unneeded = take_unneeded(org);
	(void)pthread_mutex_unlock(&org->lock);
	free_versions(unneeded);
	return v;
}

void organization_let_go(struct doorward_organization *org, struct version *kept)
{
	struct version *unneeded;

	if (!kept)
		return;
	(void)pthread_mutex_lock(&org->lock);
	kept->refs--;
	unneeded = take_unneeded(org);
	(void)pthread_mutex_unlock(&org->lock);
	free_versions(unneeded);
}

/* ---- who uses it ------------------------------------------------------------------------------------------- */

void organization_ref(struct doorward_organization *org)
{
	(void)pthread_mutex_lock(&org->lock);
	org->refs++;
	(void)pthread_mutex_unlock(&org->lock);
}

/* All deciders are gone, and so are all versions but the newest. */
static void free_organization(struct doorward_organization *org)
{
	struct version *v = atomic_load(&org->newest);

	assert(org->oldest == v);
	if (v) {
		v->is_alone = true;
		free_versions(v);
	}
	store_close(org->store);
	(void)pthread_mutex_destroy(&org->refresh_lock);
	(void)pthread_mutex_destroy(&org->lock);
	free(org->name);
	free(org);
}

void organization_unref(struct doorward_organization *org)
{
	bool is_last;

	if (!org)
		return;
	(void)pthread_mutex_lock(&org->lock);
	is_last = --org->refs == 0;
	(void)pthread_mutex_unlock(&org->lock);
	if (is_last)
		free_organization(org);
}
