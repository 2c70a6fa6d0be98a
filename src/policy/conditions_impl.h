#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared by the files of conditions only: the types of the environments, and what functions see of an evaluation.
 *
 * Objects are documents of the snapshot as they stand there. Both environments declare the same structs in the same
 * order, so that the type of an object is a number of this list.
 */
#include "expr/expr.h"
#include "policy/conditions.h"

#define CONDITION_TYPES(X)                                                                                             \
	X(USER, "User")                    /* struct user */                                                           \
	X(ACCOUNT, "AppUser")              /* struct app_user */                                                       \
	X(ACCOUNT_STATUS, "AppUserStatus") /* struct app_user */                                                       \
	X(INSIGHT, "SecurityInsight")      /* struct json, an object */                                                \
	X(RISK_SCORE, "RiskScore")         /* struct json, an object */                                                \
	X(ENTITLEMENT, "Entitlement")      /* struct app_entitlement */                                                \
	X(TASK, "Task")                    /* struct access_request */                                                 \
	X(ANALYSIS, "TaskAnalysis")        /* struct access_request */                                                 \
	X(GROUP, "Group")                  /* struct group */                                                          \
	X(IP, "IP")                        /* struct cel_ip */                                                         \
	X(CIDR, "CIDR")                    /* struct networks */

enum condition_type {
#define X(upper, name) CONDITION_##upper,
	CONDITION_TYPES(X)
#undef X
	    CONDITION_N_TYPES
};

/* The i-th issue as people read it, in `a`. */
struct condition_issue condition_issue_of(struct str source, const struct cel_issues *issues, size_t i,
                                          struct arena *a);

static inline struct cel_value condition_object(enum condition_type type, const void *object)
{
	assert(object);
	return (struct cel_value){.kind = CEL_STRUCT, .of = (uint16_t)type, .object = object};
}

/* An overload by the spelling of its types: "User,string" and "list(User)". */
struct condition_function {
	const char *name, *id, *params, *result;
	unsigned flags;
	cel_function *call;
};
struct condition_function_table {
	const struct condition_function *functions;
	size_t n;
};
/* Over the directory (conditions_directory.c), of accounts (conditions_accounts.c), time.* (conditions_time.c), ip and
 * cidr (conditions_network.c). */
extern const struct condition_function_table condition_directory, condition_accounts, condition_times,
    condition_networks;

/* A field of a struct; its type as cel_type_parse() reads it. */
struct condition_field {
	const char *name, *alias; /* alias NULL: none */
	const char *type;
};
#define CONDITION_N_IP_FIELDS 9u
extern const struct condition_field condition_ip_fields[CONDITION_N_IP_FIELDS];
struct cel_value condition_get_ip(struct cel_eval *ev, const void *object, uint32_t field);

/* Declares the structs and enums (conditions_types.c). */
void condition_add_types(struct cel_env *env);

/* What functions work on: cel_host(). */
static inline const struct condition_input *condition_input_of(struct cel_eval *ev)
{
	return cel_host(ev);
}

/* Parses ip() text; fails the evaluation. */
struct cel_value condition_ip(struct cel_eval *ev, struct str text);
/* A list under construction in the evaluation's memory: room for `n`; NULL: aborted. */
static inline struct cel_value *condition_room(struct cel_eval *ev, size_t n)
{
	return cel_alloc(ev, (n ? n : 1) * sizeof(struct cel_value));
}
/* The users of these ids as a list: those who exist. */
struct cel_value condition_users(struct cel_eval *ev, struct str_list ids);
/* The account that a request is about: the one it names, else the user's only one there. NULL: none. */
const struct app_user *condition_account(const struct condition_input *in);
