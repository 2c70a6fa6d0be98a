#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * A search for tasks: what it asks for, read from the message, and which tasks need to be looked at to answer it.
 * Borrows from the message and the snapshot.
 */
#include "api/conductorone/task_view.h"

struct task_filter {
	struct str_list states, users, accounts, apps, entitlements, openers, assignees, workers, deciders, reviews;
	struct str_list without, without_apps, without_entitlements, refs, outcomes;
	struct str opener_or_subject, assigned_or_decided, query, step, emergency;
	int64_t made_after_ms, made_before_ms, decided_after_ms, decided_before_ms; /* 0: any */
	unsigned types;                                                             /* bit 1u << type; 0: any */
	bool has_refs;
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
bool task_candidates_of(const struct task_filter *f, const struct snapshot *s, struct arena *a,
                        struct task_candidates *ret);
