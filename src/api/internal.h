#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared by the dispatcher's own files (dispatch.c, routes.c, call.c, metrics.c, ops.c), not by the dialects.
 */
#include <stdatomic.h>

#include "api/api.h"
#include "api/decisions.h"
#include "api/rate_limit.h"

#define API_MAX_DIALECTS 12u

/* One route's figures; written by all threads, relaxed. */
#define METRIC_STATUSES 19u
#define METRIC_BUCKETS  16u
struct route_metrics {
	_Atomic uint64_t by_status[METRIC_STATUSES];
	_Atomic uint64_t buckets[METRIC_BUCKETS]; /* not cumulative */
	_Atomic uint64_t sum_ns;
};

struct mounted_dialect {
	const struct api_dialect *dialect;
	struct router *router;
	struct route *routes; /* of all tables, what the router was compiled from; target = the api_route */
	size_t n_routes;
	struct route_metrics *metrics; /* one a route, and one more for what matched none */
};

struct api {
	struct http_app app; /* first: the HTTP layer's handle is this one */
	struct service *service;
	_Atomic(char *) public_url; /* set once */
	struct mounted_dialect dialects[API_MAX_DIALECTS];
	size_t n_dialects;
	struct rate_limiter *aitronos_limiter;      /* NULL: none */
	const struct forward_mapping *forward_auth; /* NULL: none */
	struct {
		struct decisions_options options;
		uint64_t run;       /* random: of this run */
		_Atomic uint64_t n; /* answers that were given an id */
	} decisions;
	_Atomic unsigned n_previews; /* going on */
	_Atomic uint64_t n_allowed, n_denied;
	_Atomic bool is_draining;
	_Atomic(const struct http_server *) http_server;
};

extern const struct api_dialect api_ops; /* /healthz, /readyz, /metrics */

/* routes.c */
/* The dialect with the longest prefix of the path; the native one for what belongs to nobody. */
struct mounted_dialect *api_find_dialect(struct api *api, struct str path);
/* Finds the call's route; false: it was answered, or failed. */
bool api_find_route(struct api *api, struct api_call *call);

/* dispatch.c */
/* What the HTTP layer calls. */
struct http_app dispatch_app(void);

/* call.c */
/* Parses the body as the route wants it; false after failing the call. */
bool api_read_body(struct api_call *call) MUST_USE;

/* Reads the header Doorward-Dry-Run; false after failing the call. */
bool dry_run_read(struct api_call *call) MUST_USE;

/* as_of.c: calls about a past state */
/* Reads the header Doorward-As-Of; false after failing the call. */
bool as_of_read(struct api_call *call) MUST_USE;
enum as_of_result { AS_OF_FAILED, AS_OF_OPEN, AS_OF_WAIT };
/*
 * Opens the state and makes the call look at it, if the header names one. AS_OF_WAIT: it must be built first. The
 * caller is known. In a read section.
 */
enum as_of_result as_of_open(struct api_call *call) MUST_USE;
/*
 * Outside of the read section: has the state built. `answer` is called later, on another thread, with the state open or
 * the call failed. False after failing the call.
 */
bool as_of_wait(struct api_call *call, struct org *org, void (*answer)(struct api_call *call)) MUST_USE;
/* Makes the call look at the present, held; its caller is to be found anew there. False after failing the call. */
bool as_of_hold_present(struct api_call *call) MUST_USE;
/* The call has been answered. */
void as_of_close(struct api_call *call);

/* The figures of the exchange's route, for metrics_count(). */
struct route_metrics *api_metrics_of(struct api *api, const struct api_call *call);
void metrics_count(struct route_metrics *m, unsigned status, uint64_t duration_ns);
/* Prometheus text format 0.0.4. */
void metrics_write(struct api *api, struct buf *out);
/* One JSON line about an exchange that is over. */
void access_log(const struct api_call *call, const struct http_exchange *x, uint64_t duration_ns, bool sent);
