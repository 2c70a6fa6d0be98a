#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Devices that ask to be let in (RFC 8628): a program shows its user a short code, the user approves it where they are
 * signed in, and the program, which polls meanwhile, gets a token. Kept in memory, as an attempt lasts ten minutes:
 * after a restart the program begins anew. Bounded, since anybody may begin one. Any thread; time is an argument.
 */
#include "base/arena.h"

#define DEVICE_FLOW_LIFETIME_MS INT64_C(600000)
#define DEVICE_FLOW_INTERVAL_S  5 /* between polls; so much more for each that comes too soon */
#define DEVICE_FLOW_MAX         1024u
#define DEVICE_CODE_CHARS       40u
#define USER_CODE_CHARS         9u /* "BCDF-GHJK" */

struct device_codes {
	char device_code[DEVICE_CODE_CHARS + 1]; /* secret */
	char user_code[USER_CODE_CHARS + 1];
};

/* Who approved: whom the token will be for. */
struct device_approval {
	struct str org, user;
	int64_t limit_ms; /* access_claims.limit_ms */
};

enum device_state {
	DEVICE_UNKNOWN, /* never begun, over, used up, or another client's */
	DEVICE_PENDING,
	DEVICE_TOO_SOON, /* polled too soon */
	DEVICE_DENIED,
	DEVICE_APPROVED,
};

struct device_flows;
struct device_flows *device_flows_new(void);
void device_flows_free(struct device_flows *f); /* accepts NULL */

/* False: too many are waiting. */
bool device_flow_begin(struct device_flows *f, struct str client, int64_t now_ms, struct device_codes *ret);
/* The client that shows this code, in `a`; absent: none, or it was decided already. */
struct str device_flow_client(struct device_flows *f, struct str user_code, int64_t now_ms, struct arena *a);
/* `approval` NULL: denies. False: nobody shows this code, or it was decided already. */
bool device_flow_decide(struct device_flows *f, struct str user_code, const struct device_approval *approval,
                        int64_t now_ms);

struct device_poll {
	struct str client, device_code;
	int64_t now_ms;
};
/* What became of it; the strings of `ret` are in `a`. DEVICE_APPROVED and DEVICE_DENIED are told once. */
enum device_state device_flow_poll(struct device_flows *f, const struct device_poll *poll, struct arena *a,
                                   struct device_approval *ret);
