#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared by the files of the service only.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "service/device_flow.h"
#include "service/keys.h"
#include "service/last_used.h"
#include "service/service.h"
#include "service/signing.h"
#include "service/timers.h"
#include "service/token_memory.h"

/* Somebody holds a published snapshot, wherever the organization goes from there. */
struct pin {
	struct pin *next; /* the organization's */
	const struct snapshot *snapshot;
};

/* What a superseded snapshot leaves behind; publish.c. */
struct leftover;

struct org {
	struct service *service;
	char *name;   /* owned */
	size_t index; /* in service.orgs */
	uint64_t seed;
	_Atomic(const struct snapshot *)
	    current;               /* the durable state; replaced by org_publish(), read in RCU sections */
	_Atomic uint64_t revision; /* of `current`, for those who are in no read section */
	struct timers timers;      /* what is to happen by itself in the newest state */
	/* Guards what follows, and the moment in which `current` is replaced. */
	pthread_mutex_t pin_lock;
	struct pin *pins;
	struct leftover *first_held, *last_held; /* what the pinned need, in order of publication */
	_Atomic uint64_t held_bytes;             /* of it */
	const struct snapshot *tip; /* writer thread only: the newest state, durable or not; NULL: the current one */
};

/* A refused attempt waiting to be recorded; strings behind the struct. */
struct refusal {
	struct refusal *next;
	struct org *org;
	int64_t at_ms;
	struct audit_note note;
};

/* What a batch made of one organization. */
struct batch_state {
	struct snapshot *fork; /* NULL: nothing */
	struct edit edit;      /* the fork's, once frozen */
};

/* Jobs that are committed together. First the writer thread's, then the committer's. */
struct batch {
	struct service *service;
	struct write_job *first, **end; /* that were run, in order */
	struct refusal *refusals;
	size_t n_jobs, n_refusals;
	struct batch_state *states; /* one an organization */
	int result;
};

struct service {
	struct service_options options;
	char *default_org_name; /* owned */
	struct org **orgs;      /* fixed once opened */
	size_t n_orgs;
	struct key_hasher *key_hasher;
	struct key_hasher *token_hasher; /* of access tokens: can be replaced without ending every key */
	struct conditions *conditions;
	struct expressions *expressions;
	struct signing_key signing_key;
	struct device_flows *device_flows;
	struct token_memory *token_memory;
	struct last_used *last_used;
	struct key_sets *key_sets;
	struct history *history;

	pthread_t writer, committer;
	bool writer_runs, committer_runs;
	pthread_t usage;
	bool usage_runs;
	struct batch batches[2];
	/* Monotonic; after a commit that failed nothing happens by itself for a while, or until one succeeds. */
	_Atomic uint64_t fire_after_ns;
	unsigned n_fired;     /* since the last job; writer thread only */
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t wake_writer, wake_committer;
	struct write_job *first, *last;
	struct refusal *first_refusal, *last_refusal;
	size_t n_queued, n_refusals;
	struct batch *committing; /* NULL: the committer is idle */
	bool commit_is_over;      /* `committing` failed and waits for the writer to undo it */
	bool closing, closed;

	_Atomic uint64_t n_dropped_audit;
	_Atomic uint64_t publish_ns;
	_Atomic bool is_writable;
};

/* writer.c */
int writer_start(struct service *svc) MUST_USE;
void writer_stop(struct service *svc);

/* usage.c */
int usage_start(struct service *svc) MUST_USE;
/* Stores what is to be stored still. */
void usage_stop(struct service *svc);

/* batch.c */
void batch_init(struct batch *b, struct service *svc);
void batch_release(struct batch *b);
/* Runs the job against the newest state and adds it to the batch. Writer thread. */
void batch_run(struct batch *b, struct write_job *job);
/* The batch is complete: its states become immutable. Writer thread. */
void batch_freeze(struct batch *b);
/* One durable transaction for all of it; 0 when it is durable. Committer thread. */
int batch_commit(struct batch *b);
/* Publishes what was committed and tells the jobs; the batch is empty afterwards. Committer thread. */
void batch_publish(struct batch *b);
/* Undoes a batch that was not committed, frozen or not, and tells its jobs `result`; empty afterwards. Writer thread.
 */
void batch_undo(struct batch *b, int result);

/* fire.c: what happens by itself */
/* A job for the next thing whose time has come in any organization; NULL: nothing is due. Writer thread. */
struct write_job *fire_next(struct service *svc);
/* When the writer is to look again at the latest, in ms from now; -1: there is nothing to wait for. */
int64_t fire_wait_ms(const struct service *svc);
/* Makes the organization's timers anew from its documents. */
void fire_rebuild(struct org *org, const struct snapshot *s);

/* publish.c */
/*
 * Makes `fork` the organization's current snapshot. `edit` is what snapshot_freeze() gave; what it retires is freed
 * once no reader can hold an older version.
 */
void org_publish(struct org *org, struct snapshot *fork, struct edit *edit);
/*
 * Pins the current snapshot: until unpinned it stays whole, with all that it shares. `pin` is the caller's. Any thread
 * but the committer, also in a read section.
 */
void org_pin(struct org *org, struct pin *pin);
void org_unpin(struct org *org, struct pin *pin);
/* Waits until everything superseded is freed. */
void publish_barrier(void);

/* txn.c */
/* Applies the changes of `t` to `fork`, which becomes revision `fork->revision + 1`. */
void txn_apply(const struct txn *t, struct snapshot *fork);
/* Fills a change set for the store from the transaction. */
struct store_set txn_store_set(const struct txn *t, enum audit_outcome outcome);

/* load.c */
/* Reads an organization from the store (0 rows: empty), with the built-in documents, and publishes it. */
int org_load(struct org *org, struct error *err) MUST_USE;
/*
 * Gives one that an earlier version made the built-in documents that have come since, durably and in one change set;
 * nothing when it has all.
 */
int org_complete(struct org *org, struct error *err) MUST_USE;
/* Makes the organization `org` with its defaults and its owner, durably; the owner's key text goes to `ret_key`. */
int org_bootstrap(struct org *org, struct buf *ret_key, struct error *err) MUST_USE;

/*
 * An unsealed snapshot of what the organization was at the revision (0: the newest), which nothing shares; to be sealed
 * or dropped. `reports`: whoever watches the start is told.
 */
int org_load_at(struct org *org, uint64_t revision, bool reports, struct snapshot **ret, struct error *err) MUST_USE;
/* An unsealed snapshot of what every organization has before it is made, at revision 0. */
struct snapshot *org_empty(struct org *org);

/* history.c */
/* Starts the thread that builds past states. */
int history_start(struct service *svc) MUST_USE;
/* Everything that was opened is closed; nothing is held any more. */
void history_stop(struct service *svc);
/* Publications have retired much that somebody's pin keeps. Any thread. */
void history_relieve(struct service *svc);

/* secrets.c */
/* The installation's secrets from the store, made there when it has none: the pepper, the key of
 * access tokens, and the signing key. */
int secrets_load(struct service *svc, struct error *err) MUST_USE;
void secrets_wipe(struct service *svc);
