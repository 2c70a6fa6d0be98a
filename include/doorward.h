/* SPDX-License-Identifier: Apache-2.0
 *
 * libdoorward: the decisions of a Doorward server inside your own program. This header is the manual.
 *
 *     struct doorward_organization *org;
 *     struct doorward_decider *decider;
 *     struct doorward_question q = DOORWARD_QUESTION_INIT;
 *     struct doorward_answer answer = DOORWARD_ANSWER_INIT;
 *     struct doorward_error err;
 *
 *     if (doorward_open_store("/var/lib/doorward/doorward.db", "default", &org, &err) != DOORWARD_OK)
 *             die(err.text);
 *     decider = doorward_decider_new(org);
 *     q.subject_type = "user";
 *     q.subject_id = "alice";
 *     q.action = "read";
 *     q.resource_type = "record";
 *     q.resource_id = "record-1";
 *     q.now_ms = milliseconds_since_1970();
 *     if (doorward_decide(decider, &q, &answer, &err) == DOORWARD_OK && answer.allowed == 1)
 *             let_her_in();
 *     doorward_decider_free(decider);
 *     doorward_close(org);
 *
 * What it is      An organization, as it is at one revision, is held in memory and immutable. Questions are decided by
 *                 the code that a server decides with, so that the answers are equal. Nothing is written, nothing is
 *                 sent, no clock is read: the time is part of the question.
 *
 * Threads         An organization may be used by any number of threads at once. A decider belongs to one thread at a
 *                 time: make one for each. doorward_refresh() may run beside deciding threads, which neither wait for
 *                 it nor see half of a change: each question is decided at one revision, the newest at hand when it is
 *                 asked. There are no globals; a thread that asks questions with JSON in them keeps a buffer until it
 *                 ends.
 *
 * Memory          Whatever has _new or _open is the caller's, to be given to _free or _close, which accept NULL. What
 *                 answers point to belongs to the decider and is valid until its next call. A decider keeps the
 *                 revision that it saw last, and what is needed for it, until its next call: free those that are idle
 *                 for long. A decision takes no memory from the system once the decider has met a question of its
 *                 size; regular expressions of conditions are RE2's, which may. When the system has no memory left,
 *                 the process ends: it does not decide with half of the data.
 *
 * Errors          Functions return DOORWARD_OK or one of enum doorward_result, and then fill `err` (which may be NULL).
 *                 A failure never allows: answers are set to "denied" before anything else is done, and an organization
 *                 that cannot be read wholly is not opened.
 *
 * Structs         Those with a member `size` may grow at their end. Initialize them with the macro of their name; what
 *                 a caller does not know stays zero, and zero is always the safe value.
 */
#ifndef DOORWARD_H
#define DOORWARD_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this header; doorward_version() is that of the library. */
#define DOORWARD_VERSION_MAJOR 0
#define DOORWARD_VERSION_MINOR 1

enum doorward_result {
	DOORWARD_OK = 0,
	DOORWARD_INVALID = 1,   /* an argument or a question is malformed, or incomplete */
	DOORWARD_NOT_FOUND = 2, /* no such file, or no such organization in it */
	DOORWARD_FORMAT = 3,    /* a file of another program, or of another version of this one */
	DOORWARD_DAMAGED = 4,   /* what is stored is not what a server writes */
	DOORWARD_BUSY = 5,      /* somebody has the file locked for too long; try again */
	DOORWARD_SYSTEM = 6,    /* reading failed, or is not permitted */
	DOORWARD_LIMIT = 7      /* the answer would take more work than one call may */
};

/* What to tell a person; UTF-8, NUL-terminated, empty when there was no error. Of the caller. */
struct doorward_error {
	char text[512];
};

/* Bytes with a length; also NUL-terminated. ptr is NULL when there is no text. */
struct doorward_text {
	const char *ptr;
	size_t len;
};

/* "0.1.0"; static. */
const char *doorward_version(void);

/* ---- organizations ------------------------------------------------------------------------------------------- */

struct doorward_organization;

/*
 * Opens an organization of a SQLite store (the PATH of a server's --store sqlite:PATH) for reading, as it is now. A
 * server may have the store open and write to it; nothing is locked. The process needs the right to read the file and,
 * when no server has it open, to make SQLite's two files beside it. A store that is older or newer than this library is
 * DOORWARD_FORMAT: a server of the same version brings an older one up to date.
 */
int doorward_open_store(const char *path, const char *organization, struct doorward_organization **ret,
                        struct doorward_error *err);

/*
 * Opens what `doorward export` has written (docs/moving.md): the organization at the revision of the export. Nothing of
 * the file is needed afterwards. A part of an export is not opened, and nor is one of another version.
 */
int doorward_open_export(const char *path, struct doorward_organization **ret, struct doorward_error *err);
/* The same of its text. */
int doorward_open_export_text(struct doorward_text text, struct doorward_organization **ret,
                              struct doorward_error *err);

/*
 * Catches up with the store: when it has a newer revision, that one is at hand for questions asked from now on. Costs
 * what has changed since. `ret_revision` (may be NULL) is the revision then at hand. On failure the organization stays
 * at the one it was. One thread at a time does it; others wait for it here. One from an export stays as it is.
 */
int doorward_refresh(struct doorward_organization *org, uint64_t *ret_revision, struct doorward_error *err);

/* The newest revision at hand. */
uint64_t doorward_revision(struct doorward_organization *org);

/* Ends the use of the handle; the memory is freed when the last decider is, too. */
void doorward_close(struct doorward_organization *org);

/* ---- questions ----------------------------------------------------------------------------------------------- */

/*
 * A question: may this subject do this action on this resource? The members are those of an evaluation of AuthZEN, with
 * the meanings that docs/authzen.md gives them. Strings are the caller's, NUL-terminated UTF-8. Properties and context
 * are JSON objects as text, or NULL: there are none.
 */
struct doorward_question {
	size_t size;
	const char *subject_type; /* "user", "service", "group", "role", "external" */
	const char *subject_id;
	const char *action;
	const char *resource_type;
	const char *resource_id;
	int64_t now_ms; /* milliseconds since 1970-01-01T00:00:00Z */
	const char *subject_properties;
	const char *action_properties;
	const char *resource_properties; /* {"tenants":["t1"]}, {"tags":{"Env":"prod"}} … */
	const char *context;
};
#define DOORWARD_QUESTION_INIT                                                                                         \
	{                                                                                                              \
		sizeof(struct doorward_question), NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL              \
	}
/* Of all JSON of one question. */
#define DOORWARD_MAX_QUESTION_BYTES ((size_t)1 << 20)

struct doorward_decider;

/* Never NULL. It keeps the organization from being freed. */
struct doorward_decider *doorward_decider_new(struct doorward_organization *org);
void doorward_decider_free(struct doorward_decider *decider);

struct doorward_answer {
	size_t size;
	int allowed; /* 1, or 0 for denied; nothing else */
	uint64_t revision;
	const struct doorward_text *tenants; /* when the question lists tenants: the authorized ones */
	size_t n_tenants;
};
#define DOORWARD_ANSWER_INIT                                                                                           \
	{                                                                                                              \
		sizeof(struct doorward_answer), 0, 0, NULL, 0                                                          \
	}

/* Decides. */
int doorward_decide(struct doorward_decider *decider, const struct doorward_question *q, struct doorward_answer *ret,
                    struct doorward_error *err);

/* The same of a question as it is sent to POST /access/v1/evaluation: a JSON object, `json` of `len` bytes. */
int doorward_decide_json(struct doorward_decider *decider, struct doorward_text json, int64_t now_ms,
                         struct doorward_answer *ret, struct doorward_error *err);

/* ---- why ----------------------------------------------------------------------------------------------------- */

enum doorward_effect {
	DOORWARD_NOTHING = 0, /* no statement allows it: denied */
	DOORWARD_ALLOW = 1,
	DOORWARD_DENY = 2 /* a statement forbids it */
};

/* What decided. The texts are empty (ptr NULL) where nothing did. */
struct doorward_reason {
	size_t size;
	int effect; /* enum doorward_effect */
	uint64_t revision;
	struct doorward_text kind;     /* of the document: "access_policy", "access_grant" … */
	struct doorward_text document; /* its id */
	uint32_t statement;            /* its place in the document, from 0 */
	struct doorward_text sentence; /* for people */
};
#define DOORWARD_REASON_INIT                                                                                           \
	{                                                                                                              \
		sizeof(struct doorward_reason), 0, 0, {NULL, 0}, {NULL, 0}, 0,                                         \
		{                                                                                                      \
			NULL, 0                                                                                        \
		}                                                                                                      \
	}

/* Decides, and says why; the same decision. Takes memory. */
int doorward_explain(struct doorward_decider *decider, const struct doorward_question *q, struct doorward_reason *ret,
                     struct doorward_error *err);

/* ---- searches ------------------------------------------------------------------------------------------------ */

enum doorward_part { DOORWARD_SUBJECTS = 1, DOORWARD_RESOURCES = 2, DOORWARD_ACTIONS = 3 };

/*
 * A search: a question with one part left open. Of DOORWARD_SUBJECTS and DOORWARD_RESOURCES the id is not looked at, of
 * DOORWARD_ACTIONS the action and its properties.
 */
struct doorward_search {
	size_t size;
	int part;                    /* enum doorward_part */
	struct doorward_text behind; /* results behind this one; no text: from the first on */
	size_t limit;                /* at most so many results, at least 1 and at most DOORWARD_MAX_RESULTS */
	uint64_t max_decisions;      /* at most so much work; 0: 20000 */
};
#define DOORWARD_SEARCH_INIT                                                                                           \
	{                                                                                                              \
		sizeof(struct doorward_search), 0, {NULL, 0}, 100, 0                                                   \
	}
#define DOORWARD_MAX_RESULTS ((size_t)10000)

/*
 * A page of results: ids or names of actions, in the order of their bytes. With `has_more` the next page is the one
 * behind `at`, at whatever revision is then at hand; a page may be empty and still have more behind it, because its
 * work was at its limit.
 */
struct doorward_found {
	size_t size;
	uint64_t revision;
	const struct doorward_text *results;
	size_t n_results;
	int has_more;
	struct doorward_text at;
};
#define DOORWARD_FOUND_INIT                                                                                            \
	{                                                                                                              \
		sizeof(struct doorward_found), 0, NULL, 0, 0,                                                          \
		{                                                                                                      \
			NULL, 0                                                                                        \
		}                                                                                                      \
	}

/* Searches. DOORWARD_LIMIT: the subject has so many grants that they cannot be looked through. Takes memory. */
int doorward_find(struct doorward_decider *decider, const struct doorward_question *q,
                  const struct doorward_search *search, struct doorward_found *ret, struct doorward_error *err);

#ifdef __cplusplus
}
#endif
#endif
