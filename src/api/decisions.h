#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers on their way to the decision log (service/decision_log.h): what was asked, as it was asked, and what came of
 * it, so that it can be asked again. Nothing happens when there is no log.
 */
#include "api/api.h"

struct decision_log;

struct decisions_options {
	struct decision_log *log; /* borrowed; NULL: none */
	bool without_properties;  /* properties and context of questions are left out */
	bool is_required;         /* what cannot be logged is not answered */
};

/* An id for an answer, unique in all runs of all installations; in `a`. */
struct str decisions_new_id(struct api *api, struct arena *a);
/*
 * Logs the answer under this id. False: it was not, and then it must not be given: deny, or fail with
 * SERVICE_UNAVAILABLE.
 */
bool decisions_log(struct api_call *call, const struct ask *ask, const struct answer *answer, struct str id) MUST_USE;
/* Ids, where answers are logged; elsewhere the absent string costs nothing. */
bool decisions_are_logged(const struct api *api);
