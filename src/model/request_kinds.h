#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The nouns of approval: what can be requested, by which policy a request is decided, and requests themselves
 * (ConductorOne). Included by model/kinds.h. Messages of the vendor's API that are kept as they are stand as trees in
 * the canonical form of json/proto.h; what the engine and the workflow look at stands in fields of its own.
 */
#include "model/document.h"

/* What a request is about; of a policy it is one of the first three. */
enum request_type {
	REQUEST_NONE,
	REQUEST_GRANT,
	REQUEST_REVOKE,
	REQUEST_CERTIFY,
	REQUEST_OFFBOARDING, /* all that a user has in applications is to go */
	REQUEST_ACTION,      /* something is to be done */
	REQUEST_N_TYPES
};

/* Approval policy: by which rules a request is routed, and the steps that decide it. */
struct approval_policy {
	struct document doc;
	struct str display_name;
	struct str description;
	enum request_type type;
	const struct json *steps;        /* {"<key>":{"steps":[PolicyStep …]} …} */
	const struct json *rules;        /* [Rule …] */
	const struct json *post_actions; /* [PolicyPostActions …] */
	const struct json *annotations;  /* {"<key>":"<text>"} */
	const struct json *scope;        /* PolicyScope */
	struct str baseline_policy;      /* id; absent: steps[<type>] */
	bool is_builtin;
	int64_t deleted_at_ms; /* 0: live. Deleted ones are kept, as open requests and clients speak of them */
};

/* An application whose entitlements can be requested. */
struct app {
	struct document doc;
	struct str display_name;
	struct str description;
	struct str_list owners; /* user ids */
	struct str grant_policy, revoke_policy, certify_policy;
	const struct json *details; /* further members of the vendor's App message */
};

/* A type of resource in an application. id: "<app>/<type id>" */
struct app_resource_type {
	struct document doc;
	struct str app;
	struct str type_id;
	struct str display_name;
};

/* What can be granted in an application. id: "<app>/<entitlement id>" */
struct app_entitlement {
	struct document doc;
	struct str app;
	struct str entitlement_id; /* unique in the app only */
	struct str display_name;
	struct str description;
	struct str slug;
	struct str resource_type;                               /* type id of an app_resource_type; absent: none */
	struct str_list owners;                                 /* user ids */
	struct str grant_policy, revoke_policy, certify_policy; /* absent: the app's */
	bool has_emergency_access;
	struct str emergency_policy;
	int64_t max_duration_ms; /* of a grant; 0: no limit */
	struct str risk_level;
	const struct json *provisioner;   /* ProvisionPolicy; NULL: none */
	const struct json *deprovisioner; /* likewise */
	const struct json *annotations;   /* {"<key>":"<text>"} */
	const struct json *details;       /* further members of the vendor's AppEntitlement message */
};

/* Somebody's account in an application. id: "<app>/<account id>" */
struct app_user {
	struct document doc;
	struct str app;
	struct str account_id;
	struct str user; /* whose it is; absent: nobody's */
	struct str display_name;
	struct str username;
	struct str email;
	struct str type;            /* "USER", "SERVICE_ACCOUNT", "SYSTEM_ACCOUNT" */
	struct str status;          /* "ENABLED", "DISABLED", "DELETED" */
	const struct json *profile; /* object, or NULL */
};

/*
 * Something that can be requested to be done in an application, by people or by another program. id: "<app>/<action
 * id>"
 */
struct app_action {
	struct document doc;
	struct str app;
	struct str action_id;
	struct str display_name;
	struct str description;
	struct str policy;         /* by which requests for it are decided; absent: the app's for grants */
	struct str webhook;        /* the program that does it; absent: people do */
	struct str_list assignees; /* ids of these; none: the app's owners */
	struct str
	    creates_type; /* type id: it makes an entitlement of that type ("resource action"); absent: nothing */
	const struct json *form; /* FormDefinition of what is to be filled in; NULL: anything may be */
};

/*
 * An entitlement that an account has: while it lasts the user may "use" it. id: "<app>/<entitlement id>/<account id>"
 */
struct entitlement_binding {
	struct document doc;
	struct str app;
	struct str entitlement_id;
	struct str account_id;
	struct str user;       /* whose account it is; absent: nobody's, and then it allows nobody anything */
	int64_t expires_at_ms; /* first ms in which it no longer counts; 0: never */
	struct str request;    /* access_request that led to it; absent: none */
};

/* How far a step is. */
enum step_state { STEP_NONE, STEP_ACTIVE, STEP_DONE, STEP_N_STATES };
/* What became of a step. */
enum step_outcome {
	OUTCOME_NONE,
	OUTCOME_APPROVED,
	OUTCOME_DENIED,
	OUTCOME_REASSIGNED,
	OUTCOME_REASSIGNED_BY_ERROR,
	OUTCOME_RESTARTED,
	OUTCOME_SKIPPED,
	OUTCOME_COMPLETED,
	OUTCOME_CANCELLED,
	OUTCOME_ERRORED,
	OUTCOME_SUCCEEDED,
	OUTCOME_TIMED_OUT,
	OUTCOME_N
};
enum step_kind {
	STEP_KIND_NONE,
	STEP_APPROVAL,
	STEP_PROVISION,
	STEP_ACCEPT,
	STEP_REJECT,
	STEP_WAIT,
	STEP_FORM,
	STEP_ACTION,
	STEP_N_KINDS
};

/* One step of a request, running or over. */
struct request_step {
	struct str id;
	struct str generation; /* the request's when it began */
	enum step_kind kind;
	enum step_state state;
	const struct json *definition; /* the PolicyStep it was made from */
	struct str_list approvers;     /* ids of users who may act on it */
	int64_t assigned_at_ms;
	int64_t
	    due_at_ms; /* when something happens by itself: escalation, the end of a wait, its next check; 0: nothing */
	int64_t gives_up_at_ms; /* of a wait for a condition: when it is over in any case; 0: never */
	bool is_escalated;
	bool has_commented;      /* of a wait: its first comment was made */
	struct str fault;        /* of provisioning: why it failed; absent: it did not */
	const struct json *data; /* of a form: what was submitted; of a webhook: where its call stands */
	enum step_outcome outcome;
	struct str outcome_by; /* user id; absent: nobody, it happened by itself */
	int64_t outcome_at_ms;
	struct str next_step; /* id of the step that took its place */
};

enum request_state { REQUEST_STATE_NONE, REQUEST_OPEN, REQUEST_CLOSED, REQUEST_N_STATES };
enum request_outcome {
	REQUEST_UNDECIDED,
	REQUEST_GRANTED, /* of each type its own word: granted, revoked, certified */
	REQUEST_DENIED,  /* denied, denied, decertified */
	REQUEST_ERROR,
	REQUEST_CANCELLED,
	REQUEST_WAIT_TIMED_OUT,
	REQUEST_N_OUTCOMES
};

/* ConductorOne's "task". */
struct access_request {
	struct document doc;
	int64_t number; /* 1, 2, 3 … in the organization */
	enum request_type type;
	enum request_state state;
	enum request_outcome outcome;
	int64_t outcome_at_ms;
	struct str description;                     /* why it is asked for */
	struct str app, entitlement_id, account_id; /* of an action: the entitlement that it made */
	struct str action_id;                       /* of an action: which of the app's */
	struct str parent;                          /* id of the offboarding that it is part of; absent: none */
	struct str user;                            /* whom it is about */
	struct str created_by;                      /* user id */
	int64_t duration_ms;                        /* of what is to be granted; 0: no end */
	int64_t until_ms;                           /* when it ends in any case; 0: never */
	bool is_emergency;
	struct str origin;         /* "API", "TIME_REVOKE", "ACCESS_REVIEW" … */
	const struct json *source; /* of the type's message: {"expired":{…}} …; NULL: none */
	const struct json *data;   /* what was submitted with it */
	struct str review;     /* access_review of a certify request, and of a revoke request that follows from one */
	struct str policy;     /* id of the policy it was routed by */
	struct str generation; /* changes each time it is routed */
	const struct json *policy_message; /* that Policy as it was then */
	const struct json *queue;          /* [PolicyStep …] that are still to come */
	const struct request_step *steps;  /* in the order in which they began; the last is the current one if active */
	size_t n_steps;
	struct str_list decided_by; /* ids of users who approved or denied a step */
	int64_t n_comments;
	int64_t n_events;
};

/* Something that happened to a request. id: "<request>/<n>", n from 1 */
struct request_event {
	struct document doc;
	struct str request;
	struct str kind; /* the vendor's member of TaskAuditView: "comment", "stateChange" … */
	struct str user; /* who did it; absent: nobody, it happened by itself */
	bool is_error;
	enum request_state state;   /* of the request then */
	const struct json *message; /* that member's message */
};

/* An access review (campaign). */
struct access_review {
	struct document doc;
	struct str display_name;
	struct str description;
	struct str state; /* "DRAFT", "OPEN", "CLOSED" */
	struct str policy;
	bool overrides_policy; /* entitlements' own certify policies count first */
	struct str_list owners;
	const struct json *scope;            /* service/access_reviews.h */
	struct str auto_close_decision;      /* "REVOKED", "SKIP", "NO_ACTION"; absent: none */
	int64_t starts_at_ms, ends_at_ms;    /* when it starts and closes by itself; 0: by hand */
	int64_t started_at_ms, closed_at_ms; /* when it did; 0: not yet */
	int64_t n_requests;                  /* that it began with */
	struct str created_by;               /* user id; absent: nobody, its template's time had come */
	struct str template;                 /* access_review_template that it was made from; absent: none */
	struct str problem;                  /* why it could not start or close by itself; absent: nothing */
	const struct json *details;          /* further members of the vendor's AccessReview message */
};

/* What access reviews are made from, by hand or again and again. */
struct access_review_template {
	struct document doc;
	struct str display_name;
	struct str description;
	struct str policy;
	bool overrides_policy;
	struct str_list owners;
	const struct json *scope; /* as a review's */
	struct str auto_close_decision;
	int64_t duration_ms;        /* of its reviews; 0: open-ended */
	bool starts_reviews;        /* its reviews start as soon as they are made */
	bool closes_reviews;        /* and close when the duration is over */
	bool is_scheduled;          /* makes reviews by itself, at next_at_ms and by the rule from then on */
	int64_t next_at_ms;         /* 0: never (again) */
	int64_t n_reviews;          /* made from it so far */
	const struct json *rule;    /* the vendor's RecurrenceRule; NULL: none */
	const struct json *details; /* further members of the vendor's AccessReviewTemplate message */
};

struct webhook {
	struct document doc;
	struct str display_name;
	struct str description;
	struct str url;
	int64_t callback_timeout_ms; /* how long an answer may take that was put off; 0: as usual */
};

/*
 * A call of a webhook that is not over: it is to be sent, or was taken by the receiver, who will answer later. id: that
 * of the request's step; of a test its own.
 */
struct webhook_call {
	struct document doc;
	struct str webhook;
	struct str request; /* access_request; absent: a test, or a task */
	struct str task;    /* access_task whose maker is told that it is over; absent: none */
	bool is_waiting;    /* for the answer that was put off */
	int64_t n_attempts;
	int64_t attempted_at_ms; /* the last time; 0: never */
	int64_t due_at_ms;       /* when it is sent (again), or, waiting, is given up */
};

/* Credentials of a client of OAuth 2: it authenticates by a key pair of which we keep the public half. */
struct oauth_client {
	struct document doc; /* id: the client id "<name>@<host>/<use>" */
	struct str display_name;
	struct str user;              /* whom it acts as */
	struct str public_key;        /* base64url of the 32 bytes of an Ed25519 key */
	struct str_list source_cidrs; /* from where it may be used; none: anywhere */
	struct str_list scopes;       /* roles it is limited to; none: the user's */
	int64_t expires_at_ms;        /* 0: never */
};

/* Somebody else whose tokens are trusted: whoever holds one acts as a user or service here. */
struct token_issuer {
	struct document doc; /* id: "<name>@<host>/wfe" */
	struct str display_name;
	struct str issuer;         /* "iss" of its tokens */
	struct str_list audiences; /* "aud": they must be for one of these */
	const struct json *keys;   /* JWK Set that they are signed with; NULL: the one at keys_url */
	struct str keys_url;
	struct str principal_type;    /* "user" or "service" */
	struct str principal_id;      /* whom they stand for; absent: whomever the claim names */
	struct str subject_claim;     /* absent: "sub" */
	struct str subject;           /* glob that the claim must match; absent: any */
	struct str_list source_cidrs; /* from where they may be used; none: anywhere */
	struct str_list scopes;       /* roles they are limited to; none: the principal's */
	bool is_bearer;               /* they count as bearers themselves, too, without being exchanged */
	bool is_single_use;           /* each is exchanged once */
};

/*
 * What somebody who enforces decisions asked for after a denial (AuthZEN's Access Request and Approval Profile): a
 * handle on one or more access requests, with what their approvals are bound to. How each stands is said by the access
 * requests. id: what it is known by, which nobody can guess.
 */
struct access_task {
	struct document doc;
	struct str requester;       /* "user:alice", "service:gateway": whose key submitted it */
	struct str idempotency_key; /* absent: none */
	struct str fingerprint;     /* of the body that came with it */
	struct str user;            /* id: who is to get it */
	bool is_bundle;             /* it was submitted as a list */
	const struct json *subject;
	const struct json *context; /* the members of it that the approvals are bound to */
	const struct json *client;  /* what the maker said of itself, for the trail; NULL: nothing */
	/*
	 * [{"resource","action","context","request","approval","evaluation","token","ended"} …]: request, the id of the
	 * access_request; approval, the id that its approval is known by; evaluation and token, of the denial; ended,
	 * how it ended here while the request may go on: "cancelled", "expired"
	 */
	const struct json *items;
	struct str webhook;               /* to be told when it is over; absent: none */
	const struct json *webhook_state; /* what is sent along */
	struct str_list webhook_events;   /* of what it is told; none: everything */
	int64_t expires_at_ms;            /* from then on nobody can look at it */
	int64_t due_at_ms;                /* when it expires, then when it is forgotten */
};

/* The link of all requests that are open. */
#define OPEN_REQUESTS_LINK "state:open"
/* The link of the open requests about what one user, or one account, has to do with one entitlement; absent: the
 * request names none. */
enum request_party { REQUEST_USER, REQUEST_ACCOUNT };
struct str open_request_link(struct arena *a, const struct access_request *r, enum request_party party);

/* What an access_task is unique by; absent when it came without such a key. */
struct str access_task_unique(struct arena *a, struct str requester, struct str idempotency_key);

/* "grant" …; "approved" …: as they stand in stored documents; absent for none. */
struct str request_type_name(enum request_type type);
struct str step_outcome_name(enum step_outcome outcome);
