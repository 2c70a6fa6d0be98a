#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Time travel: the state of an organization at a revision or a time that is past, as a snapshot; and the current
 * snapshot held outside of a read section.
 *
 * A past state is the snapshot of then: its documents, in the order of then, with the statements that follow from them
 * by the rules of this program. It is built from the nearest state at hand (the current one, or one that was built
 * before) by applying the versions that documents had then, or loaded from the store when that is less work. One thread
 * builds, one state after the other; a few built ones are kept for whoever asks next, until they were not used for a
 * while or hold too much memory.
 *
 * Holding a snapshot keeps everything that later publications retire, until it is closed: hold it for one call, not for
 * as long as somebody likes. All that is open must be closed before service_close().
 *
 * Thread rule: any thread but the writer and the committer, and outside of read sections but for
 * service_past_at_hand(). A struct past belongs to who opened it; what past_snapshot() gives may be read by many
 * threads.
 */
#include "service/service.h"

struct past;

enum past_moment {
	PAST_PRESENT,  /* as things are now */
	PAST_REVISION, /* the last moment in which the revision was the current one; of the newest: now */
	PAST_TIME,     /* at that time, with the revision that was the current one then */
	PAST_BOTH,     /* the revision at that time, whether it was the current one then or not */
};
struct past_when {
	enum past_moment moment;
	uint64_t revision; /* PAST_REVISION, PAST_BOTH */
	int64_t at_ms;     /* PAST_TIME, PAST_BOTH */
};

enum past_result {
	PAST_OK = 0,
	PAST_UNKNOWN = 1,     /* no such revision, a time before the organization was, or one to come */
	PAST_BUSY = 2,        /* too many wait for a state to be built, or it took too long */
	PAST_NOT_AT_HAND = 3, /* service_past_at_hand(): it would have to be built */
};

/*
 * A revision ("17", without sign, not 0), an RFC 3339 time, or both ("17@2026-11-22T10:00:00Z"), which says what was
 * asked then even where several revisions were made within one millisecond. False: `err` says what is wrong with it.
 * Whether there is such a revision is for service_past_open() to say.
 */
bool past_when_parse(struct str text, struct past_when *ret_when, struct error *err) MUST_USE;

/* The revision that the moment means; results as those of service_past_open(), which it does less than. */
int service_past_revision(struct service *svc, struct org *org, const struct past_when *when, int64_t now_ms,
                          uint64_t *ret_revision, struct error *err) MUST_USE;

/*
 * Opens the state, building it when need be: may block for seconds. `now_ms` is the caller's present. enum past_result,
 * or -errno when the store failed or is damaged; `err` says why in words for whoever asked.
 */
int service_past_open(struct service *svc, struct org *org, const struct past_when *when, int64_t now_ms,
                      struct past **ret_past, struct error *err) MUST_USE;
/* The same, but never waits for a state to be built: also for threads that serve others, also in a read section.
 * PAST_PRESENT is always at hand. */
int service_past_at_hand(struct service *svc, struct org *org, const struct past_when *when, int64_t now_ms,
                         struct past **ret_past, struct error *err) MUST_USE;
void past_close(struct past *p); /* accepts NULL */
static inline void past_closep(struct past **p)
{
	past_close(*p);
}

const struct snapshot *past_snapshot(const struct past *p);
/* The moment in which questions are decided there. */
int64_t past_now_ms(const struct past *p);

/*
 * For threads that serve others: the state is built on the history's thread, which then calls `done` with it (or with
 * why there is none, and then NULL) there. `done` closes it. False: too many wait; the job was not taken.
 */
struct past_job {
	struct org *org;
	struct past_when when;
	int64_t now_ms;
	void (*done)(struct past_job *job, int result, struct past *past, const struct error *err);
	/* private */
	struct past_job *next;
	uint64_t queued_ns;
};
bool service_past_submit(struct service *svc, struct past_job *job) MUST_USE;

/* Figures, for tests and measurements. */
struct past_stats {
	uint64_t n_applied;  /* states built from another by applying changes */
	uint64_t n_loaded;   /* loaded from the store */
	uint64_t n_kept;     /* states that exist now, open or kept for the next */
	uint64_t kept_bytes; /* of those that were built */
	uint64_t held_bytes; /* what publications retired and must be kept for now */
};
struct past_stats service_past_stats(struct service *svc);
/* Forgets the kept states that nobody has open, as if they had not been used for long. */
void service_past_forget(struct service *svc);
