#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers on their way to the decision log (service/decision_log.h): what was asked, as it was asked, and what came of
 * it, so that it can be asked again. Nothing happens when there is no log.
 *
 *   {"type":"decision","id":…,"at":…,"organization":…,"revision":…,"via":…,"asker":…,"request_id":…,
 *    "subject":{…},"action":{…},"resource":{…},"context":{…},"decision":…,"tenants":[…],
 *    "kind":…,"document":…,"statement":…}
 *
 * at             the moment in which it was decided; of a question about the past that one, and then "asked_at" is when
 *                it was put
 * via            the dialect in which it was asked
 * bound_tenants  when the asker may ask about these only
 * properties_left_out   true when there were properties or a context, which the log was told to leave out
 * tenants        when the question listed some
 * kind, document, statement   what decided; not there when nothing did
 *
 * A search has the type "search", nothing of what it was open about, and instead of a decision "search" (what it was
 * after: subject, resource, action), "limit" and "token" of the page, "results" and "has_more".
 */
#include "api/api.h"

struct decision_log;

struct decisions_options {
	struct decision_log *log; /* borrowed; NULL: none */
	bool without_properties;  /* properties and context of questions are left out */
	bool is_required;         /* what cannot be logged is not answered */
};

/* What to fail with, as SERVICE_UNAVAILABLE, where an answer must not be given. */
#define DECISIONS_UNLOGGED "decisions cannot be logged at present, and must be"

/* Are answers logged? Where they are not, ids may be spared. */
bool decisions_are_logged(const struct api *api);
/* An id for an answer, unique in all runs of all installations; in `a`. */
struct str decisions_new_id(struct api *api, struct arena *a);
/* Logs the answer under this id. False: it was not, and must not be given. */
bool decisions_log(struct api_call *call, const struct ask *ask, const struct answer *answer, struct str id) MUST_USE;

/* A page of a search. */
struct decisions_page {
	struct str part; /* "subject", "resource" or "action" */
	uint64_t limit;
	struct str token; /* absent: the first page */
	struct str_list results;
	bool has_more;
};
/* The same of a search, whose question leaves open what it is after. */
bool decisions_log_search(struct api_call *call, const struct ask *ask, const struct decisions_page *page) MUST_USE;
