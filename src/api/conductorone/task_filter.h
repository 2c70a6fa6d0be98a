#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * A search for tasks: what it asks for, read from the message, and which tasks need to be looked at to answer it.
 * Borrows from the message and the snapshot.
 *
 * Members of the vendor's message that only add to what is found (includeDeleted, includeActedAfter) are read and
 * without effect: no task is ever deleted, and what the other adds nobody has written down.
 */
#include "api/conductorone/task_view.h"

struct task_filter {
	const struct snapshot *snapshot;
	struct str_list states, users, accounts, apps, entitlements, openers, assignees, workers, deciders, reviews;
	struct str_list without, without_apps, without_entitlements, refs, outcomes;
	struct str_list account_owners, account_statuses, account_types;    /* of the account that it is about */
	struct str_list resource_types, without_resource_types, employment; /* of the entitlement; of the user */
	struct str_list approvals; /* "STEP_APPROVAL_TYPE_…" of the current step */
	struct str actor, opener_or_subject, assigned_or_decided, query, step, emergency;
	int64_t made_after_ms, made_before_ms, decided_after_ms, decided_before_ms; /* 0: any */
	unsigned types;                                                             /* bit 1u << type; 0: any */
	bool has_refs;
	bool needs_approval_reason, needs_denial_reason; /* of the current step */
	bool finds_none;                                 /* asks for what there is not here */
};

/* Reads the members of a canonical message. */
struct task_filter task_filter_of(struct api_call *call, const struct json *m);
/* The ids in its "refs". */
struct str_list task_refs_of(struct api_call *call, const struct json *message);
bool task_matches(const struct task_filter *f, const struct access_request *r, struct arena *a);

/* In the order in which they were made, each once. */
struct task_candidates {
	const struct document **docs;
	size_t n;
};
/*
 * All that can match are among these; the array lives in `a`. False: what is asked for leads past so many that it is
 * better to look at one after the other until a page is full.
 */
bool task_candidates_of(const struct task_filter *f, struct arena *a, struct task_candidates *ret);
