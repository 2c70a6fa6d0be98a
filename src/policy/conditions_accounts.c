/* SPDX-License-Identifier: Apache-2.0
 *
 * Accounts in applications: those of a user, and what security tools say of one. The latter stands in its profile, as
 * "securityInsights" and "riskScores".
 */
#include "policy/conditions_impl.h"

#define UNITS_OF_LOOKUP 10u

static struct str text_of(const struct json *object, const char *name, const char *alias)
{
	const struct json *j = json_get(object, str_of(name));

	return json_str(j ? j : json_get(object, str_of(alias)));
}

/* The accounts of a user in an application, in the order they were made; false: aborted. */
static bool accounts_of(struct cel_eval *ev, const struct user *u, struct str app, struct cel_value **ret,
                        uint32_t *ret_n)
{
	const struct condition_input *in = condition_input_of(ev);
	const struct document *const *docs;
	size_t n = snapshot_linked(in->snapshot, DOC_APP_USER, arena_concat(in->arena, STR("user:"), u->doc.id),
	                           in->arena, &docs);

	*ret_n = 0;
	*ret = condition_room(ev, n);
	if (!*ret || !cel_charge(ev, UNITS_OF_LOOKUP + n))
		return false;
	for (size_t i = 0; i < n; i++)
		if (str_eq(as_app_user(docs[i])->app, app))
			(*ret)[(*ret_n)++] = condition_object(CONDITION_ACCOUNT, docs[i]);
	return true;
}

const struct app_user *condition_account(const struct condition_input *in)
{
	const struct access_request *r = in->request;
	const struct app_user *found = NULL;
	const struct document *const *docs;
	size_t n;

	if (!str_is_empty(r->account_id))
		return FIND(in->snapshot, app_user, APP_USER,
		            arena_concat3(in->arena, r->app, STR("/"), r->account_id));
	n = snapshot_linked(in->snapshot, DOC_APP_USER, arena_concat(in->arena, STR("user:"), r->user), in->arena,
	                    &docs);
	for (size_t i = 0; i < n; i++) {
		if (!str_eq(as_app_user(docs[i])->app, r->app))
			continue;
		if (found)
			return NULL;
		found = as_app_user(docs[i]);
	}
	return found;
}

static struct cel_value list_accounts(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	struct cel_value *items;
	uint32_t n;

	return accounts_of(ev, args[0].object, cel_text(args[1]), &items, &n) ? cel_list(items, n) : cel_aborted();
}

/* Of the first one, as text. */
static struct cel_value account_status(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	static const struct str known[] = {STR_INIT("ENABLED"), STR_INIT("DISABLED"), STR_INIT("DELETED")};
	struct cel_value *items;
	uint32_t n;

	if (!accounts_of(ev, args[0].object, cel_text(args[1]), &items, &n))
		return cel_aborted();
	for (size_t i = 0; n > 0 && i < N_ELEMENTS(known); i++) {
		struct str status = ((const struct app_user *)items[0].object)->status;

		if (str_eq(str_is_empty(status) ? STR("ENABLED") : status, known[i]))
			return cel_string(arena_concat(condition_input_of(ev)->arena, STR("USER_STATUS_"), known[i]));
	}
	return cel_string(STR("USER_STATUS_UNSPECIFIED"));
}

/* Whom the accounts' profiles name as managers, by id or e-mail address. */
static struct cel_value account_managers(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	struct cel_value *items;
	struct str *names;
	size_t n_names = 0;
	uint32_t n;

	if (!accounts_of(ev, args[0].object, cel_text(args[1]), &items, &n))
		return cel_aborted();
	names = ARENA_ARRAY(condition_input_of(ev)->arena, struct str, n);
	for (uint32_t i = 0; i < n; i++) {
		const struct json *profile = ((const struct app_user *)items[i].object)->profile;
		struct str name = text_of(profile, "managerId", "manager_id");

		if (str_is_empty(name))
			name = text_of(profile, "managerEmail", "manager");
		if (!str_is_empty(name) && !str_list_has((struct str_list){names, n_names}, name))
			names[n_names++] = name;
	}
	return condition_users(ev, (struct str_list){names, n_names});
}

/* ---- what security tools say ----------------------------------------------------------------------------- */

static const struct json *list_of(struct cel_value account, const char *name, const char *alias)
{
	static const struct json empty = {.type = JSON_ARRAY};
	const struct json *profile = ((const struct app_user *)account.object)->profile;
	const struct json *list = json_get(profile, str_of(name));

	if (!list)
		list = json_get(profile, str_of(alias));
	return json_is(list, JSON_ARRAY) ? list : &empty;
}

static const struct json *insights_of(struct cel_value account)
{
	return list_of(account, "securityInsights", "security_insights");
}

static const struct json *scores_of(struct cel_value account)
{
	return list_of(account, "riskScores", "risk_scores");
}

static bool is_of_source(const struct json *entry, struct cel_value source)
{
	return str_eq(json_get_str(entry, STR("source")), cel_text(source));
}

static struct cel_value has_insight(struct cel_eval *ev UNUSED, const struct cel_value *args, size_t n_args UNUSED)
{
	return cel_bool(insights_of(args[0])->n > 0);
}

static struct cel_value get_insights(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	const struct json *all = insights_of(args[0]);
	struct cel_value *items = condition_room(ev, all->n);
	uint32_t n = 0;

	if (!items || !cel_charge(ev, all->n))
		return cel_aborted();
	for (uint32_t i = 0; i < all->n; i++)
		if (is_of_source(&all->items[i], args[1]))
			items[n++] = condition_object(CONDITION_INSIGHT, &all->items[i]);
	return cel_list(items, n);
}

static struct cel_value has_insight_with_severity(struct cel_eval *ev, const struct cel_value *args,
                                                  size_t n_args UNUSED)
{
	const struct json *all = insights_of(args[0]);

	if (!cel_charge(ev, all->n))
		return cel_aborted();
	for (uint32_t i = 0; i < all->n; i++)
		if (is_of_source(&all->items[i], args[1]) &&
		    str_eq_nocase(json_get_str(&all->items[i], STR("severity")), cel_text(args[2])))
			return cel_bool(true);
	return cel_bool(false);
}

static struct cel_value has_risk_score(struct cel_eval *ev UNUSED, const struct cel_value *args, size_t n_args UNUSED)
{
	return cel_bool(scores_of(args[0])->n > 0);
}

/* One that is missing has the score 0. */
static struct cel_value get_risk_score(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	static const struct json none = {.type = JSON_OBJECT};
	const struct json *all = scores_of(args[0]);

	if (!cel_charge(ev, all->n))
		return cel_aborted();
	for (uint32_t i = 0; i < all->n; i++)
		if (is_of_source(&all->items[i], args[1]))
			return condition_object(CONDITION_RISK_SCORE, &all->items[i]);
	return condition_object(CONDITION_RISK_SCORE, &none);
}

#define USER "c1.user.v1."
#define ACCT "c1.app_user.v1."

static const struct condition_function functions[] = {
    {USER "GetAppUserStatus", "c1_account_status", "User,string", "string", CEL_MEMOISE, account_status},
    {USER "ListAppUsersForUser", "c1_list_accounts", "User,string", "list(AppUser)", CEL_MEMOISE, list_accounts},
    {USER "GetAppUserManagers", "c1_account_managers", "User,string", "list(User)", CEL_MEMOISE, account_managers},
    {ACCT "HasSecurityInsight", "c1_has_insight", "AppUser", "bool", 0, has_insight},
    {ACCT "GetSecurityInsights", "c1_get_insights", "AppUser,string", "list(SecurityInsight)", 0, get_insights},
    {ACCT "HasSecurityInsightWithSeverity", "c1_has_insight_with_severity", "AppUser,string,string", "bool", 0,
     has_insight_with_severity},
    {ACCT "HasRiskScore", "c1_has_risk_score", "AppUser", "bool", 0, has_risk_score},
    {ACCT "GetRiskScore", "c1_get_risk_score", "AppUser,string", "RiskScore", 0, get_risk_score},
};
const struct condition_function_table condition_accounts = {functions, N_ELEMENTS(functions)};
