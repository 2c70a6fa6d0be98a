#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared by the files of the service only.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "service/keys.h"
#include "service/service.h"

struct org {
	struct service *service;
	char *name; /* owned */
	uint64_t seed;
	_Atomic(const struct snapshot *) current; /* replaced by the writer, read in RCU sections */
	struct snapshot *pending;                 /* the writer's fork while a batch runs, else NULL */
};

/* A refused attempt waiting to be recorded; strings behind the struct. */
struct refusal {
	struct refusal *next;
	struct org *org;
	int64_t at_ms;
	struct audit_note note;
};

struct service {
	struct service_options options;
	char *default_org_name; /* owned */
	struct org **orgs;      /* fixed once opened */
	size_t n_orgs;
	struct key_hasher *key_hasher;

	pthread_t writer;
	bool writer_runs;
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t wake;
	struct write_job *first, *last;
	struct refusal *first_refusal, *last_refusal;
	size_t n_queued, n_refusals;
	bool closing;

	_Atomic uint64_t n_dropped_audit;
	_Atomic uint64_t publish_ns;
	_Atomic bool is_writable;
};

/* writer.c */
int writer_start(struct service *svc) MUST_USE;
void writer_stop(struct service *svc);
/* Makes `fork` the organization's current snapshot; the old one is freed once no reader can hold it. */
void org_publish(struct org *org, struct snapshot *fork);

/* txn.c */
/* Applies the changes of `t` to `fork`, which becomes revision `fork->revision + 1`. */
void txn_apply(const struct txn *t, struct snapshot *fork);
/* Fills a change set for the store from the transaction. */
struct store_set txn_store_set(const struct txn *t, uint64_t base_revision, enum audit_outcome outcome);

/* load.c */
/* Reads an organization from the store (0 rows: empty), with the built-in documents, and publishes it. */
int org_load(struct org *org, struct error *err) MUST_USE;
/* Makes the organization `org` with its defaults and its owner, durably; the owner's key text goes to `ret_key`. */
int org_bootstrap(struct org *org, struct buf *ret_key, struct error *err) MUST_USE;
/* The pepper from the store, or a new one stored there. */
int pepper_load(struct service *svc, struct error *err) MUST_USE;
