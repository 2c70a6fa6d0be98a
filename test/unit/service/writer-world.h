#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * A service on a store whose commits can be made to fail, and jobs for it.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "service/service.h"
#include "store/backend.h"

/* A store that keeps what it is given in another one, and whose commits can be made to fail. */
struct failing_store {
	struct store base;
	struct store *inner;
	_Atomic int fails_with;       /* 0: it works */
	_Atomic unsigned fail_one_in; /* 0: never by chance */
	_Atomic unsigned n_commits;
};

static inline struct failing_store *failing(struct store *s)
{
	return CONTAINER_OF(s, struct failing_store, base);
}

struct fixture {
	struct store *store;
	struct service *service;
	struct buf owner_key;
};

/* For cmocka: `*state` becomes a struct fixture. */
int set_up(void **state);
int tear_down(void **state);

/* A job that adds two tenants which belong together, and a way to wait for it. */
struct pair_job {
	struct write_job job;
	struct arena arena;
	char name[16];
	enum write_verdict verdict;
	int result;
	uint64_t revision;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool finished;
};

void pair_init(struct pair_job *p, struct org *org, enum write_verdict verdict);
enum write_verdict pair_run(struct write_job *job, struct txn *t);
/* Until it is finished; releases it. */
void pair_wait(struct pair_job *p);
/* Runs it as a struct pair_job and returns what it was told. */
int run_job(struct fixture *f, enum write_verdict (*run)(struct write_job *, struct txn *), enum write_verdict verdict);
/* Documents of the kind that are published. */
uint64_t count(const struct fixture *f, enum document_kind kind);
