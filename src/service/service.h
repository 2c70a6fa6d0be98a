#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The service: all organizations of one store, who is calling, what they may do, and the one
 * writer. It knows no HTTP.
 *
 * Reading: service_read_begin() … service_read_end() is an RCU read section: snapshots found in it stay whole until it
 * ends. It must not be nested or block for long.
 *
 * Writing: a job is handed to the writer, one thread that runs jobs one after the other, each against the state that
 * the earlier ones left, whether or not that is durable yet. What a job puts into its transaction is applied when the
 * job accepts it. Batches of jobs go to a second thread, which commits each in one durable store transaction, publishes
 * it, and only then tells the jobs (finish); meanwhile the writer runs the next batch. When a commit fails, nothing of
 * it was stored or published, and everything that was built on it is told so, too.
 */
#include "policy/ask.h"
#include "policy/snapshot.h"
#include "store/store.h"

struct conditions;   /* policy/conditions.h */
struct expressions;  /* service/expressions.h */
struct key_hasher;   /* service/keys.h */
struct signing_key;  /* service/signing.h */
struct device_flows; /* service/device_flow.h */
struct key_sets;     /* service/key_sets.h */
struct archive;      /* model/archive.h */
struct service;
struct org; /* one organization and its current snapshot */

struct service_options {
	struct store *store;             /* borrowed; must outlive the service */
	struct str org;                  /* made, with its owner key, when the store does not have it */
	const struct archive *made_from; /* what it is made from then; NULL: the defaults. Borrowed by service_open() */
	bool connhex_inert_statements;   /* accept policy statements without tenants, which apply nowhere */
	bool connhex_strict; /* the ancestor's rules to the letter: lower-case ids, unknown fields refused */
	/*
	 * What the installation's secrets are sealed with in the store, of 32 bytes, borrowed by service_open(). NULL:
	 * they lie open there, and a store in which they are sealed is refused. With `old_secret_key` as well, a store
	 * that is sealed with that one is sealed with the new one.
	 */
	const uint8_t *secret_key, *old_secret_key;
	unsigned max_batch; /* jobs in one commit; 0: 256 */
	unsigned max_queue; /* jobs waiting before new ones are refused as overload; 0: 10000 */
	/* Called by service_open() now and then while it loads an organization, and at its end; NULL: nobody watches.
	 */
	void (*loading)(void *ctx, struct str org, uint64_t n_documents, bool is_over);
	void *loading_ctx;
};

/*
 * Loads every organization. On first use of `options->org` also makes it, and puts the owner key (shown once, never
 * stored) into
 * `*ret_owner_key` (owned by the caller; to be wiped); otherwise that stays empty. 0 or -errno.
 */
int service_open(const struct service_options *options, struct service **ret_service, struct buf *ret_owner_key,
                 struct error *err) MUST_USE;
/* Does the store hold an installation's secrets already, sealed or not? 0 or -errno. */
int secrets_exist(struct store *store, bool *ret, struct error *err) MUST_USE;
/* Finishes the jobs that wait, stops the writer, frees all. Accepts NULL. */
void service_close(struct service *svc);
const struct service_options *service_options(const struct service *svc);
/* The expressions of ConductorOne's policies. */
const struct conditions *service_conditions(const struct service *svc);
/* The same, of stored policies and requests: programs that are used again are kept. */
struct expressions *service_expressions(const struct service *svc);
/* Hashes keys with the installation's secret. */
const struct key_hasher *service_key_hasher(const struct service *svc);
/* By which others know what comes from this installation. */
const struct signing_key *service_signing_key(const struct service *svc);
/* Devices that wait to be let in. */
struct device_flows *service_device_flows(struct service *svc);
/* Keys of token issuers that are fetched. */
struct key_sets *service_key_sets(struct service *svc);

void service_read_begin(void);
void service_read_end(void);
/* The organization by name, or NULL. Organizations live as long as the service. */
struct org *service_org(struct service *svc, struct str name);
/* The default one (options.org). */
struct org *service_default_org(struct service *svc);
/* Inside a read section (or on the writer thread between jobs): the current snapshot. */
const struct snapshot *org_snapshot(const struct org *org);

/* Has something's time come in any organization (service/timers.h) of which snapshots do not tell yet? Any thread. */
bool service_is_due(const struct service *svc, int64_t now_ms);

/* ---- who is calling -------------------------------------------------------------------------- */

struct caller {
	struct org *org;
	/*
	 * Borrowed from the snapshot it was found in. With an access token: one made up in the arena, with the id of
	 * the client and the expiry of its credentials.
	 */
	const struct key *key;
	const struct oauth_client *client; /* whose access token it is, borrowed as the key; NULL: not a client's */
	struct str type;                   /* "user" or "service" */
	struct str id;
	struct str actor; /* "user:owner", for the audit trail */
	const struct subject *subjects;
	size_t n_subjects;
};

enum auth_result { AUTH_OK, AUTH_MISSING, AUTH_BAD };
/*
 * The principal of an API key as sent ("dw_…"), of an access token (service/access_token.h), or of a token of an issuer
 * that is trusted (service/federation.h). Constant time in the secret. AUTH_BAD for a key that is malformed, unknown,
 * expired or revoked, or whose user or service is gone: they cannot be told apart. From where a client's token may come
 * (oauth_client.source_cidrs) is the caller's to check. `pending` (may be NULL): look there instead of in the current
 * snapshot of its organization (writer thread). Results live in `a` and the snapshot.
 */
enum auth_result service_authenticate(struct service *svc, struct str key_text, const struct snapshot *pending,
                                      int64_t now_ms, struct arena *a, struct caller *ret_caller);
/*
 * A credential (the id of caller.key) was used, and when it was so last: to the minute, 0: never. It is stored every
 * minute and at the end, outside of revisions.
 */
void service_note_use(struct service *svc, struct str credential, int64_t now_ms);
int64_t service_last_used(struct service *svc, struct str credential);

/* What is to be allowed. */
struct permission {
	struct str action, resource;      /* the action in three sections */
	const struct str_list *requested; /* the tenants asked about; NULL: all tenants and "(unassigned)" */
	bool lists_tenants;               /* say also in which tenants */
};

struct authorization {
	struct verdict verdict;
	bool everywhere;         /* nothing was requested, and it is allowed in every tenant and "(unassigned)" */
	struct str_list tenants; /* if wanted and not everywhere: where it is allowed */
};

/*
 * May the caller do it, and where? The tenants of a bound key limit both, and so do the roles that a client's token is
 * limited to: then one of them must allow it as well. Results in `a`.
 */
struct authorization service_authorize(const struct snapshot *s, const struct caller *c, const struct permission *p,
                                       int64_t now_ms, struct arena *a);

/* ---- writing ---------------------------------------------------------------------------------- */

/* What the audit trail says of an attempt; strings live at least as long as the job. */
struct audit_note {
	struct str actor, via, operation, target, remote, request_id;
	struct str event, credential, tenant, method, path, warning; /* store.h; absent: empty */
	unsigned status;
};

/* The change set being made by a job. Lives on the writer thread, in the job's arena. */
struct txn {
	const struct snapshot *snapshot; /* the state the job sees; its own puts are not in it */
	struct service *service;
	struct org *org;
	struct arena *arena; /* the job's */
	int64_t now_ms;
	bool is_trial;          /* nothing of it will stand: no secret is made, and nothing outside of it is touched */
	uint64_t base_revision; /* private */
	struct audit_note note; /* for the job to fill */
	struct store_change *changes;
	size_t n_changes, cap_changes;
	uint64_t n_requests_made;   /* private: access requests that have a number (service/requests.c) */
	size_t n_made[DOC_N_KINDS]; /* documents among them that are not in the snapshot */
	size_t n_bytes;             /* of their bodies */
};

/*
 * Creates or replaces a document: `doc` is the kind's struct with kind and id set; seq and times are taken from the
 * present version or made. Asserts that id and kind are set and the id not too long. Its strings need to live only
 * during the call.
 */
void txn_put(struct txn *t, const struct document *doc);
/* The same with the times that the document has: it comes from elsewhere. */
void txn_adopt(struct txn *t, const struct document *doc);
/* What a trial shows where a secret would be, which it does not make. */
#define TRIAL_SECRET "(none: this was a dry run)"
/* Deletes; nothing when there is none. */
void txn_delete(struct txn *t, enum document_kind kind, struct str id);

/* Drops what was put and deleted so far. */
void txn_forget(struct txn *t);

/*
 * Applies what a trial put to a fork of the caller's own, which nobody else sees. Any thread: the store, the writer and
 * its timers know nothing of it.
 */
void txn_try(const struct txn *t, struct snapshot *fork);

enum write_verdict {
	WRITE_REFUSE,         /* drop what was put; nothing is recorded (malformed, not found, …) */
	WRITE_REFUSE_AUDITED, /* the same, and the audit trail gets a refused attempt (permission) */
	WRITE_ACCEPT,         /* commit (no changes: an audit row without revision) */
	WRITE_DRY_RUN,        /* would have been accepted: drop what was put; nothing is recorded */
};

struct write_job {
	struct org *org;
	struct arena *arena; /* borrowed, at least until finish */
	bool is_trial;       /* for txn.is_trial; such a job is refused or a dry run */
	/* On the writer thread. Must not block. */
	enum write_verdict (*run)(struct write_job *job, struct txn *t);
	/*
	 * Once, on one of the writer's threads, after publication (or refusal). `result`: 0, or a negative errno or
	 * positive store_result when the job, or what it was judged against, could not be committed. `revision`: the
	 * one it became, else the organization's current one.
	 */
	void (*finish)(struct write_job *job, int result, uint64_t revision);
	/* private */
	struct write_job *next;
	struct txn txn;
	enum write_verdict verdict;
	bool saw_uncommitted; /* was judged against a state that was not durable yet */
	uint64_t revision;
};

/* Hands the job over. False: overloaded or closing; the job was not taken. Any thread. */
bool service_submit(struct service *svc, struct write_job *job) MUST_USE;

/* A wait until all has happened, and was published, whose time had come by `now_ms`; the caller's, until `done`. */
struct due_wait {
	int64_t now_ms;
	uint64_t deadline_ns; /* of clock_monotonic_ns(): then what is due need not have happened */
	struct arena *arena;
	/* Once, on one of the writer's threads. False: it could not be stored, or not all of it in time. */
	void (*done)(struct due_wait *w, bool has_happened);
	struct write_job job; /* private, as what follows */
	struct service *service;
	bool saw_all;
};
/* False: overloaded or closing; it was not taken. Any thread. */
bool service_wait_for_due(struct service *svc, struct due_wait *w) MUST_USE;

/*
 * Has something not happened yet in the state of the job whose time had come by t->now_ms? The writer does not let all
 * of very much that is due happen before a job: one that must not be judged too early refuses, and is submitted again
 * when it is finished. Writer thread.
 */
bool txn_is_behind(const struct txn *t);
/* As service_submit(), for such a job. False also while what is due cannot be stored: waiting would not help. */
bool service_submit_behind_due(struct service *svc, struct write_job *job) MUST_USE;

/* Records a refused attempt without waiting for it; dropped (and counted) when the queue is full. The note is copied.
 */
void service_audit_refused(struct service *svc, struct org *org, const struct audit_note *note);

/* ---- looking ---------------------------------------------------------------------------------- */

/* The audit trail of the caller's organization, as store_each_audit(). */
int service_each_audit(struct service *svc, struct org *org, struct store_audit_filter *filter,
                       int (*fn)(void *ctx, const struct store_audit_row *row), void *ctx, struct error *err) MUST_USE;
int service_count_audit(struct service *svc, struct org *org, struct store_audit_filter *filter, uint64_t *ret_n,
                        struct error *err) MUST_USE;
/* The documents a revision touched: kind, id and what happened, as rows of store_each_change(). */
int service_each_change(struct service *svc, struct org *org, uint64_t revision, store_document_fn *fn, void *ctx,
                        struct error *err) MUST_USE;
/* The same of all revisions in (from, to]. */
int service_each_change_between(struct service *svc, struct org *org, const uint64_t between[static 2],
                                store_document_fn *fn, void *ctx, struct error *err) MUST_USE;

struct service_stats {
	uint64_t n_orgs, n_statements, snapshot_bytes, n_documents;
	uint64_t revision; /* of the default organization */
	uint64_t n_queued, n_dropped_audit;
	uint64_t publish_ns; /* time from durable to published, all told */
	struct store_stats store;
	bool is_writable; /* the last commit did not fail */
};
struct service_stats service_stats(struct service *svc);
