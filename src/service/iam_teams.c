/* SPDX-License-Identifier: Apache-2.0
 *
 * Teams: the groups of the organization as Connhex IAM sees them, and who is in them. A membership id is the id of a
 * user where one of that name exists, and otherwise whatever the client's identity provider calls her.
 */
#include "model/validate.h"
#include "service/aitronos_departments.h"
#include "service/iam.h"

#define MAX_MEMBERSHIP_ID_BYTES 256u
static_assert(MAX_MEMBERSHIP_ID_BYTES + 1 + 128 <= DOCUMENT_MAX_ID_BYTES, "a membership's document id fits");

size_t iam_team_list(struct iam_call *c, const struct group *const **ret)
{
	const struct group **list = ARENA_ARRAY(c->arena, const struct group *, (size_t)c->snapshot->n_docs[DOC_GROUP]);
	const struct document *doc;
	uint64_t at = 0;
	size_t n = 0;

	while ((doc = snapshot_next(c->snapshot, DOC_GROUP, &at)))
		if (iam_is_visible(as_group(doc)->tenants, c->everywhere, c->tenants))
			list[n++] = as_group(doc);
	*ret = list;
	return n;
}

enum service_result iam_team_get(struct iam_call *c, struct str id, const struct group **ret)
{
	const struct group *team = FIND(c->snapshot, group, GROUP, id);
	enum service_result r = iam_check_path_id(c, "team", id);

	if (r != SERVICE_OK)
		return r;
	if (!team || !iam_is_visible(team->tenants, c->everywhere, c->tenants))
		return iam_fail(c, SERVICE_NOT_FOUND, "no team with ID \"" STR_FMT "\" found", STR_ARG(id));
	*ret = team;
	return SERVICE_OK;
}

static enum service_result check_form(struct iam_call *c, const char *message, const struct group *in)
{
	enum service_result r = iam_check_top_tenants(c, arena_strf(c->arena, "%s.Projects", message).ptr, in->tenants);

	return r == SERVICE_OK ? iam_check_name(c, "team", in->display_name) : r;
}

enum service_result iam_team_create(struct iam_call *c, const struct group *in, const struct group **ret)
{
	struct str id = in->doc.id;
	struct group *team;
	enum service_result r = iam_check_id(c, "CreateTeamReq.Id", id);

	if (r == SERVICE_OK)
		r = check_form(c, "CreateTeamReq", in);
	if (r == SERVICE_OK)
		r = iam_check_assignment(c, false, (struct str_list){0}, in->tenants);
	if (r == SERVICE_OK && snapshot_find_any(c->snapshot, DOC_GROUP, id))
		r = iam_fail(c, SERVICE_CONFLICT, "team with ID \"" STR_FMT "\" already exists", STR_ARG(id));
	if (r != SERVICE_OK)
		return r;
	team = ARENA_NEW(c->arena, struct group);
	*team = *in;
	team->doc = (struct document){.kind = DOC_GROUP, .id = id};
	team->type = STR("team");
	txn_put(c->txn, &team->doc);
	*ret = team;
	return SERVICE_OK;
}

enum service_result iam_team_update(struct iam_call *c, const struct group *in, const struct group **ret)
{
	const struct group *old;
	struct group *team;
	struct error err = {0};
	enum service_result r = iam_check_path_id(c, "team", in->doc.id);

	if (r == SERVICE_OK)
		r = check_form(c, "UpdateTeamReq", in);
	if (r == SERVICE_OK)
		r = iam_team_get(c, in->doc.id, &old);
	if (r == SERVICE_OK)
		r = iam_check_assignment(c, true, old->tenants, in->tenants);
	if (r != SERVICE_OK)
		return r;
	team = ARENA_NEW(c->arena, struct group);
	*team = *old;
	team->display_name = in->display_name;
	team->tenants = in->tenants;
	/* Departments are teams here, too. */
	r = department_check_name(c->txn, team, &err);
	if (r != SERVICE_OK)
		return iam_fail(c, r, "%s", err.text);
	txn_put(c->txn, &team->doc);
	*ret = team;
	return SERVICE_OK;
}

enum service_result iam_team_delete(struct iam_call *c, struct str id)
{
	const struct group *team;
	struct cascade_effect effect;
	enum service_result r = iam_team_get(c, id, &team);

	if (r != SERVICE_OK)
		return r;
	if (!cascade_fits(c->txn, DOC_GROUP, team->doc.id))
		return iam_fail(c, SERVICE_FAILED_PRECONDITION,
		                "team with ID \"" STR_FMT "\" is used in too many places to be deleted at once",
		                STR_ARG(id));
	effect = cascade_group(c->txn, team->doc.id);
	c->n_denies_lost = effect.n_denies_lost;
	c->widening = effect.widening;
	txn_delete(c->txn, DOC_GROUP, team->doc.id);
	return SERVICE_OK;
}

/* ---- who is in them ---------------------------------------------------------------------------------- */

static struct str_list members_of(struct iam_call *c, struct str team)
{
	const struct document *const *docs;
	size_t n = snapshot_linked(c->snapshot, DOC_GROUP_MEMBER, arena_concat(c->arena, STR("group:"), team), c->arena,
	                           &docs);
	struct str *items = ARENA_ARRAY(c->arena, struct str, n);

	for (size_t i = 0; i < n; i++)
		items[i] = as_group_member(docs[i])->member;
	return (struct str_list){items, n};
}

enum service_result iam_team_users(struct iam_call *c, struct str id, struct str_list *ret)
{
	const struct group *team;
	enum service_result r = iam_team_get(c, id, &team);

	if (r == SERVICE_OK)
		*ret = members_of(c, team->doc.id);
	return r;
}

/* The canonical id behind a membership id. */
static struct str canonical(const struct iam_call *c, struct str membership_id)
{
	const struct document *user = snapshot_find_any(c->snapshot, DOC_USER, membership_id);

	return user ? user->id : membership_id;
}

/* The membership ids as stored; fails on a malformed one. */
static enum service_result read_users(struct iam_call *c, const char *field, struct str_list users,
                                      struct str_list *ret)
{
	struct str *items = ARENA_ARRAY(c->arena, struct str, users.n);

	for (size_t i = 0; i < users.n; i++) {
		if (users.items[i].len > MAX_MEMBERSHIP_ID_BYTES)
			return iam_fail(c, SERVICE_INVALID, "invalid %s[%zu]: value length must be at most %u bytes",
			                field, i, MAX_MEMBERSHIP_ID_BYTES);
		if (!iam_valid_membership_id(users.items[i]))
			return iam_fail(c, SERVICE_INVALID,
			                "invalid %s[%zu]: value does not match regex pattern \"^[[:alnum:]_.+@-]+$\"",
			                field, i);
		items[i] = canonical(c, users.items[i]);
	}
	*ret = (struct str_list){items, users.n};
	return SERVICE_OK;
}

static struct str member_doc_id(struct iam_call *c, struct str team, struct str user)
{
	return arena_concat3(c->arena, team, STR("/"), user);
}

enum service_result iam_team_add_users(struct iam_call *c, struct str id, struct str_list users, struct str_list *ret)
{
	const struct group *team;
	struct str_list present, wanted = {0};
	enum service_result r = users.n ? SERVICE_OK : iam_fail(c, SERVICE_INVALID, "missing user IDs");

	if (r == SERVICE_OK)
		r = read_users(c, "AddTeamMembersReq.UserIds", users, &wanted);
	if (r == SERVICE_OK)
		r = iam_team_get(c, id, &team);
	if (r != SERVICE_OK)
		return r;
	present = members_of(c, team->doc.id);
	wanted = iam_difference(iam_without_repeats(wanted, c->arena), present, c->arena);
	for (size_t i = 0; i < wanted.n; i++) {
		struct group_member m = {
		    .doc = {.kind = DOC_GROUP_MEMBER, .id = member_doc_id(c, team->doc.id, wanted.items[i])},
		    .group = team->doc.id,
		    .member = wanted.items[i],
		};
		txn_put(c->txn, &m.doc);
	}
	*ret = iam_union(present, wanted, c->arena);
	return SERVICE_OK;
}

enum service_result iam_team_remove_users(struct iam_call *c, struct str id, struct str_list users,
                                          struct str_list *ret)
{
	const struct group *team;
	struct str_list present, unwanted = {0}, left;
	enum service_result r = read_users(c, "RemoveTeamMembersReq.UserIds", users, &unwanted);

	if (r == SERVICE_OK)
		r = iam_team_get(c, id, &team);
	if (r != SERVICE_OK)
		return r;
	/* Somebody may have been added under another of her names, before she was known here. */
	unwanted = iam_union(unwanted, iam_difference(users, unwanted, c->arena), c->arena);
	present = members_of(c, team->doc.id);
	left = iam_difference(present, unwanted, c->arena);
	unwanted = iam_difference(present, left, c->arena);
	for (size_t i = 0; i < unwanted.n; i++)
		txn_delete(c->txn, DOC_GROUP_MEMBER, member_doc_id(c, team->doc.id, unwanted.items[i]));
	*ret = left;
	return SERVICE_OK;
}

struct str_list iam_membership_names(const struct snapshot *s, struct str user, struct arena *a)
{
	const struct user *u = as_user(snapshot_find_any(s, DOC_USER, user));
	struct str *names = ARENA_ARRAY(a, struct str, u ? u->doc.aliases.n + 2 : 1);
	size_t n = 0;

	names[n++] = u ? u->doc.id : user;
	for (size_t i = 0; u && i < u->doc.aliases.n; i++)
		names[n++] = u->doc.aliases.items[i];
	if (u && !str_is_absent(u->email))
		names[n++] = u->email;
	return iam_without_repeats((struct str_list){names, n}, a);
}

static int by_seq(const void *x, const void *y)
{
	const struct document *a = *(const struct document *const *)x, *b = *(const struct document *const *)y;

	return (a->seq > b->seq) - (a->seq < b->seq);
}

/* The memberships under any of the names, as they were made. */
static size_t memberships(struct iam_call *c, struct str_list names, const struct document *const **ret)
{
	const struct document **all = NULL;
	size_t n = 0;

	for (size_t i = 0; i < names.n; i++) {
		const struct document *const *docs;
		size_t more =
		    snapshot_linked(c->snapshot, DOC_GROUP_MEMBER,
		                    arena_concat(c->arena, STR("principal:user:"), names.items[i]), c->arena, &docs);
		const struct document **both = ARENA_ARRAY(c->arena, const struct document *, n + more);

		if (n)
			memcpy(both, all, n * sizeof(*both));
		if (more)
			memcpy(both + n, docs, more * sizeof(*both));
		all = both;
		n += more;
	}
	if (n > 1)
		qsort(all, n, sizeof(*all), by_seq);
	*ret = all;
	return n;
}

size_t iam_teams_of_user(struct iam_call *c, struct str user, const struct group *const **ret)
{
	const struct document *const *docs;
	size_t n_docs = memberships(c, iam_membership_names(c->snapshot, user, c->arena), &docs), n = 0;
	struct str *ids = ARENA_ARRAY(c->arena, struct str, n_docs);
	const struct group **list = ARENA_ARRAY(c->arena, const struct group *, n_docs);
	struct str_list teams;

	for (size_t i = 0; i < n_docs; i++)
		ids[i] = as_group_member(docs[i])->group;
	teams = iam_without_repeats((struct str_list){ids, n_docs}, c->arena);
	for (size_t i = 0; i < teams.n; i++) {
		const struct group *team = FIND(c->snapshot, group, GROUP, teams.items[i]);

		if (team && iam_is_visible(team->tenants, c->everywhere, c->tenants))
			list[n++] = team;
	}
	*ret = list;
	return n;
}
