/* SPDX-License-Identifier: Apache-2.0 */
#include "api/connhex/connhex.h"

/* ---- out --------------------------------------------------------------------------------------------- */

static void put_team(struct json_writer *w, const struct group *team)
{
	json_begin_object(w);
	json_put_str(w, STR("id"), team->doc.id);
	json_put_str(w, STR("name"), str_is_absent(team->display_name) ? STR("") : team->display_name);
	connhex_put_list(w, "tenants", team->tenants);
	json_end_object(w);
}

static void answer_team(struct api_call *call, const struct group *team)
{
	struct json_writer w = connhex_json_begin(call, 200);

	json_begin_object(&w);
	json_key(&w, STR("team"));
	put_team(&w, team);
	json_end_object(&w);
	connhex_json_end(call, &w);
}

static void answer_teams(struct api_call *call, const struct group *const *list, size_t n)
{
	struct json_writer w = connhex_json_begin(call, 200);

	json_begin_object(&w);
	json_key(&w, STR("teams"));
	json_begin_array(&w);
	for (size_t i = 0; i < n; i++)
		put_team(&w, list[i]);
	json_end_array(&w);
	json_end_object(&w);
	connhex_json_end(call, &w);
}

static void answer_users(struct api_call *call, struct str_list users)
{
	struct json_writer w = connhex_json_begin(call, 200);

	json_begin_object(&w);
	connhex_put_list(&w, "membership_ids", users);
	json_end_object(&w);
	connhex_json_end(call, &w);
}

/* ---- in ---------------------------------------------------------------------------------------------- */

static bool read_team(struct api_call *call, struct group *ret)
{
	static const char *const names[] = {"id", "name", "tenants", NULL};

	return connhex_known_fields(call, call->body, names) && api_get_str(call, call->body, "id", &ret->doc.id) &&
	       api_get_str(call, call->body, "name", &ret->display_name) &&
	       api_get_strs(call, call->body, "tenants", &ret->tenants);
}

static bool read_users(struct api_call *call, struct str_list *ret)
{
	static const char *const names[] = {"id", "membership_ids", "membershipIds", NULL};
	const char *name;

	return connhex_known_fields(call, call->body, names) &&
	       connhex_spelling(call, call->body, "membership_ids", "membershipIds", &name) &&
	       api_get_strs(call, call->body, name, ret);
}

/* ---- handlers ---------------------------------------------------------------------------------------- */

void connhex_team_list(struct api_call *call)
{
	struct iam_call c = connhex_begin(call);
	const struct group *const *list;
	size_t n = iam_team_list(&c, &list);

	answer_teams(call, list, n);
}

void connhex_team_get(struct api_call *call)
{
	struct iam_call c = connhex_begin(call);
	const struct group *team;

	if (connhex_ok(call, &c, iam_team_get(&c, api_param(call, "id"), &team)))
		answer_team(call, team);
}

void connhex_team_create(struct api_call *call)
{
	struct iam_call c = connhex_begin(call);
	struct group in = {0};
	const struct group *team;

	if (read_team(call, &in) && connhex_ok(call, &c, iam_team_create(&c, &in, &team)))
		answer_team(call, team);
}

void connhex_team_update(struct api_call *call)
{
	struct iam_call c = connhex_begin(call);
	struct group in = {0};
	const struct group *team;

	if (!read_team(call, &in))
		return;
	in.doc.id = api_param(call, "id");
	if (connhex_ok(call, &c, iam_team_update(&c, &in, &team)))
		answer_team(call, team);
}

void connhex_team_delete(struct api_call *call)
{
	struct iam_call c = connhex_begin(call);

	if (connhex_ok(call, &c, iam_team_delete(&c, api_param(call, "id"))))
		connhex_answer_empty(call);
}

void connhex_team_users(struct api_call *call)
{
	struct iam_call c = connhex_begin(call);
	struct str_list users;

	if (connhex_ok(call, &c, iam_team_users(&c, api_param(call, "id"), &users)))
		answer_users(call, users);
}

void connhex_team_add_users(struct api_call *call)
{
	struct iam_call c = connhex_begin(call);
	struct str_list given, users;

	if (read_users(call, &given) &&
	    connhex_ok(call, &c, iam_team_add_users(&c, api_param(call, "id"), given, &users)))
		answer_users(call, users);
}

void connhex_team_remove_users(struct api_call *call)
{
	struct iam_call c = connhex_begin(call);
	struct str_list given, users;

	if (read_users(call, &given) &&
	    connhex_ok(call, &c, iam_team_remove_users(&c, api_param(call, "id"), given, &users)))
		answer_users(call, users);
}

void connhex_user_teams(struct api_call *call)
{
	struct iam_call c = connhex_begin(call);
	const struct group *const *list;
	size_t n = iam_teams_of_user(&c, api_param(call, "id"), &list);

	answer_teams(call, list, n);
}
