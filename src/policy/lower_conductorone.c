/* SPDX-License-Identifier: Apache-2.0
 *
 * ConductorOne. An entitlement that somebody's account has may be used by that person until it expires. Its resource is
 * "app_entitlement:<app>/<entitlement id>", since entitlement ids are unique in an application only.
 */
#include "policy/lower.h"

static const struct str use[] = {STR_INIT("use")};

void lower_entitlement_binding(const struct entitlement_binding *b, struct arena *a, struct statement_set *ret_set)
{
	struct statement *statement = ARENA_NEW(a, struct statement);
	struct str *texts = ARENA_ARRAY(a, struct str, 2);

	if (str_is_empty(b->user))
		return;
	texts[0] = arena_concat(a, STR(SUBJECT_USER), b->user);
	texts[1] = arena_strf(a, "app_entitlement:" STR_FMT "/" STR_FMT, STR_ARG(b->app), STR_ARG(b->entitlement_id));
	*statement = (struct statement){
	    .effect = EFFECT_ALLOW,
	    .actions = {use, 1},
	    .resources = {&texts[1], 1},
	    .all_tenants = true,
	    .valid_from_ms = INT64_MIN,
	    .valid_until_ms = b->expires_at_ms ? b->expires_at_ms : INT64_MAX,
	};
	ret_set->subjects = (struct str_list){&texts[0], 1};
	ret_set->statements = statement;
	ret_set->n_statements = 1;
}
