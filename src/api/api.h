#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Where HTTP and the service meet. A dialect is a table of routes, a way to say errors, and
 * conversions between its JSON and the service's calls; this module does the rest for all of them:
 * finds the dialect by path, the route, the caller; asks the engine for the route's permission; parses
 * the body; runs a read on the current snapshot and a write on the writer thread; counts and logs.
 *
 * A handler is ordinary sequential code: it looks at the call, and either answers (api_json_begin() … api_json_end())
 * or fails (api_fail()). It runs once, unless it asks for a past state (api_past()).
 */
#include "http/http.h"
#include "http/router.h"
#include "json/json.h"
#include "service/history.h"
#include "service/result.h"
#include "service/service.h"

struct api;
struct api_call;
struct api_dialect;
struct rate_limiter;
struct decision_log;
struct forward_mapping;

enum api_mode {
	API_READ,         /* on an HTTP thread, in a read section; call->txn is NULL */
	API_WRITE,        /* on the writer thread, with call->txn; what it put is committed if it answers below 400 */
	API_AUDITED_READ, /* as API_READ, but the answer is sent only once its row in the audit trail is durable */
	API_HELD,         /* as API_READ, but on a snapshot that is held, in no read section: for long looks */
};
enum api_body {
	API_NO_BODY,       /* ignored if sent */
	API_JSON_BODY,     /* must be a JSON object; call->body is it */
	API_JSON_ARRAY,    /* must be a JSON array; call->body is it */
	API_OPTIONAL_JSON, /* a JSON object or nothing; call->body is it or NULL */
};

struct api_route {
	enum http_method method;
	const char *path; /* template, see http/router.h */
	enum api_mode mode;
	enum api_body body;
	const char *
	    action; /* permission needed, three sections, e.g. "iam:policies:get"; NULL: only a valid key; "": no key */
	const char *resource; /* what it is needed on: "iam:policies:{id}", parameters by name as in path */
	void (*handle)(struct api_call *call);
	/*
	 * The dialect's own name of the operation, for the audit trail; NULL: none. Of such a route every attempt of a
	 * known caller is recorded, also one that fails for another reason than permission.
	 */
	const char *event;
	/* The answer is about the caller, or not about documents alone: there is none for a past state. */
	bool present_only;
};

/* Routes of one file; a dialect has several such tables. */
struct api_route_table {
	const struct api_route *routes;
	size_t n;
};

struct api_dialect {
	const char *name;            /* for logs, metrics and the audit trail ("via") */
	const char *const *prefixes; /* path prefixes, NULL-ended: "/iam/"; a path equal to one without its slash
	                             belongs too. Of several dialects' the longest counts */
	const struct api_route_table *const *tables;
	size_t n_tables;
	/* Writes the dialect's error body and sets the status. `allow` is present for a wrong method. */
	void (*error)(struct api_call *call, enum service_result result, unsigned status, struct str text);
	/*
	 * The key as this dialect's clients send it, beside "Authorization: Bearer" and "X-API-Key", which all accept;
	 * NULL: nothing more.
	 */
	struct str (*key_of)(const struct http_exchange *x);
	/*
	 * Called once the caller is known and before any permission is looked at: does the call name the caller's
	 * organization, for instance? False after api_fail(). NULL: nothing to check.
	 */
	bool (*admit)(struct api_call *call);
	/*
	 * Called instead for routes without key: one that writes says here, by what stands in the path, in which
	 * organization (call->caller.org). False after api_fail(). NULL: no such route writes.
	 */
	bool (*admit_anybody)(struct api_call *call);
	/*
	 * Decides the route's permission; false after api_fail(). NULL: api_authorize(). Connhex narrows it to tenants
	 * here. Runs before the body is looked at, and again on the writer thread.
	 */
	bool (*authorize)(struct api_call *call, struct str action, struct str resource);
	/*
	 * Called last before the answer is sent, whatever it is: headers that all answers have. Outside of the read
	 * section: what lives in a snapshot is gone. NULL: none.
	 */
	void (*finish)(struct api_call *call);
	/* Called when a wrong method meets a known path: the status to use. 0: 405. */
	unsigned wrong_method_status;
	/*
	 * A read is answered from a state in which everything has happened whose time had come (service_is_due()), at
	 * the price of waiting for its commit; a write is made to such a state. When that cannot be had, they are
	 * answered with 503.
	 */
	bool minds_time;
	/*
	 * A client that is limited to roles may come: all that the dialect lets anybody do is asked by routes' actions
	 * and service_authorize(), but for looking. Elsewhere roles of the approval API say nothing, and such a client
	 * is refused.
	 */
	bool takes_limited_clients;
	/* GET of a path with a slash behind it is moved (301) to the one without. */
	bool redirects_slash;
	/*
	 * The only route of the dialect takes every method and every path that begins with a prefix: those are somebody
	 * else's, and it is asked about them.
	 */
	bool takes_every_path;
	unsigned wrong_content_type_status; /* for API_JSON_BODY with another Content-Type; 0: not checked */
};

struct api_call {
	struct http_exchange *x;
	struct api *api;
	struct service *service;
	const struct api_dialect *dialect;
	const struct api_route *route; /* NULL when none matched */
	const struct router_match *match;
	const struct json *body; /* API_JSON_BODY: the object */
	struct arena *arena;     /* the exchange's */
	/*
	 * What to look at, and the moment there: current (read), pending (write), or, with a Doorward-As-Of header, of
	 * a past state.
	 */
	const struct snapshot *snapshot;
	int64_t now_ms;
	/* By which the caller is judged, and when: what is true of snapshot and now_ms without the header. */
	const struct snapshot *present;
	int64_t present_ms;
	struct past_when *as_of; /* the header's; NULL: none */
	struct past *past;       /* what it named, while the call is answered */
	struct txn *txn;         /* writes only */
	bool is_trial;           /* a dry run: txn->is_trial */
	struct caller caller;
	/* set by authorize: where the permission holds */
	struct str_list tenants; /* authorized tenants, when not everywhere */
	bool everywhere;
	bool failed;       /* api_fail() was called */
	bool denied;       /* ... for want of permission: audited */
	uint64_t revision; /* for the Doorward-Revision header */
	struct str allow;  /* for a wrong method */
	/*
	 * What the change widened, in words (widening_text()): said in a Doorward-Warning header, the log and the audit
	 * record.
	 */
	struct str warning;
	struct str operation; /* permission asked for, for the audit trail */
	struct str target;    /* what it was asked for: "<kind>:<id>" */
	struct str tenant;    /* the one the call works in, where the dialect has such; absent: none */
	const char *field;    /* the member of the body that api_get_…() found wrong; NULL: none */
	void *own;            /* the dialect's, NULL at first */
};

/* The decoded path parameter by its name in the template; asserts that it exists. */
struct str api_param(const struct api_call *call, const char *name);

/* Fails with the dialect's body and the usual status of the result (see api.c's table), or with `status` when not 0. */
void api_fail(struct api_call *call, enum service_result result, unsigned status, const char *fmt, ...)
    ATTR_PRINTF(4, 5);
/*
 * For a handler of API_READ of a dialect that does not mind the time, before it has answered or failed: the call is
 * about the state of this revision, which is not that of the future. The handler returns, and is called again to look
 * at that state; what it found out so far is gone, but for `own`. Not when `as_of` is set already.
 */
void api_look_back(struct api_call *call, uint64_t revision);
/* Starts a JSON answer with this status; write to the writer, then api_json_end(). `?pretty` indents. */
struct json_writer api_json_begin(struct api_call *call, unsigned status);
void api_json_end(struct api_call *call, struct json_writer *w);
/* An RFC 3339 time in UTC with a fraction of `n_digits` (3 to 9) digits, whatever it is; 0 ms is written as null. */
void api_put_time(struct json_writer *w, const char *name, int64_t ms, int n_digits);
/*
 * ISO 8601 as clients send it in a query: a time without an offset is UTC, and the plus of an offset may have become a
 * space on its way.
 */
bool api_parse_time(struct arena *a, struct str text, int64_t *ret_ms);
/* An empty answer (204). */
void api_no_content(struct api_call *call);
/*
 * For handlers that need a past state which the header does not name: true once it is open and the call looks at it.
 * False: the handler returns without an answer. It is called again with the state, or not at all when there is none.
 */
bool api_past(struct api_call *call, const struct past_when *when) MUST_USE;
/* Fails the call as a moment was refused. `what` names it: a header, a parameter. */
void api_fail_past(struct api_call *call, const char *what, int result, const struct error *err);
/* The default permission check: the engine's word over all tenants; fills call->tenants and everywhere. */
bool api_authorize(struct api_call *call, struct str action, struct str resource);
/*
 * For other checks: does the caller hold the action on the resource in this tenant, or, for TENANT_UNASSIGNED, in the
 * organization as a whole? Does not fail the call.
 */
bool api_may_in(struct api_call *call, struct str action, struct str resource, struct str tenant);

/*
 * For previews: runs the change that `x` asks for, in whatever dialect, as the writer would, against `t->snapshot`, a
 * fork of the caller's own organization. `x` is made up: its answer is filled in; what the change puts stands in `t`
 * and lives in x->arena. False: it was refused.
 */
bool api_try(struct api_call *call, struct http_exchange *x, struct txn *t) MUST_USE;
/* One more such look? Few at once: each takes a thread. False after failing the call; else to be left. */
bool api_enter_preview(struct api_call *call) MUST_USE;
void api_leave_preview(struct api_call *call);

/* ---- reading bodies: each fails the call (SERVICE_INVALID) and returns false on a wrong type ---------------- */

/* A string member; absent or null gives STR_NONE. */
bool api_get_str(struct api_call *call, const struct json *object, const char *name, struct str *ret);
bool api_get_bool(struct api_call *call, const struct json *object, const char *name,
                  bool *ret); /* absent or null: unchanged */
/* An array of strings; absent or null gives the empty list. */
bool api_get_strs(struct api_call *call, const struct json *object, const char *name, struct str_list *ret);
/* An RFC 3339 time; absent or null gives 0. */
bool api_get_time(struct api_call *call, const struct json *object, const char *name, int64_t *ret_ms);

/* ---- the server's own ----------------------------------------------------------------------------- */

extern const struct api_dialect api_access_requests, api_aitronos, api_authzen, api_conductorone, api_confident,
    api_connhex, api_forward_auth, api_langsmith, api_native;

/* What is on only where somebody wants it. */
enum api_feature {
	API_FEATURE_ARAP = 1 << 0, /* AuthZEN's Access Request and Approval Profile, a draft */
};

struct api_options {
	unsigned features;                          /* enum api_feature */
	struct service *service;                    /* borrowed */
	struct str public_url;                      /* without trailing slash, e.g. "https://pdp.example.com" */
	uint64_t aitronos_per_minute;               /* calls of each key; 0: no limit */
	uint64_t aitronos_burst;                    /* at once; 0: a fifth more than that */
	const struct forward_mapping *forward_auth; /* api/forward_auth/mapping.h, borrowed; NULL: none */
	struct decision_log *decision_log; /* borrowed; NULL: none. See api/decisions.h, also of the next two */
	bool log_without_properties;
	bool log_is_required;
};
struct api *api_new(const struct api_options *options);
void api_free(struct api *api);
bool api_has_feature(const struct api *api, enum api_feature feature);
struct http_app *api_http_app(struct api *api);
/*
 * The URL by which clients reach the server, without trailing slash, e.g. "https://pdp.example.com"; empty until set.
 * Set it once, when the port is known.
 */
void api_set_public_url(struct api *api, struct str url);
struct str api_public_url(const struct api *api);
/* From now on /readyz says no (shutdown has begun). */
void api_set_draining(struct api *api);
/* Lets /metrics report the HTTP server's own counters; call once it runs. */
void api_set_http_server(struct api *api, const struct http_server *server);

/* What limits the calls of Aitronos' clients (api/rate_limit.h); NULL: nothing does. */
struct rate_limiter *api_aitronos_limiter(const struct api *api);

/* Decisions are counted by effect for /metrics. Any thread. */
void api_count_decision(struct api *api, bool allowed);
