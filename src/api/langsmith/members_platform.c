/* SPDX-License-Identifier: Apache-2.0
 *
 * The platform's list of members: active and pending in one, with their workspaces, filtered by globs in which '*'
 * stands for any run of characters, and letters of ASCII are compared without case. A filter that is sent several
 * times asks for any of its values. Who does not manage the organization sees, and filters by, the memberships in
 * workspaces that she may read.
 */
#include "api/langsmith/people.h"

#define MEMBERS_MAX_LIMIT     500u
#define MEMBERS_DEFAULT_LIMIT 50u
#define GLOBS_MAX             20u  /* values of one filter */
#define GLOB_MAX_BYTES        255u /* matching takes at most this times the length of a name */

struct filters {
	uint64_t limit, offset;
	bool active, pending;
	struct str_list name, email, workspace, role, workspace_role; /* in lower case */
};

/* ---- reading ------------------------------------------------------------------------------------------------ */

static bool read_globs(struct api_call *call, const char *name, struct str_list *ret)
{
	struct str_list list;
	struct str *lower;

	if (!langsmith_query_strs(call, name, &list))
		return false;
	lower = ARENA_ARRAY(call->arena, struct str, list.n);
	for (size_t i = 0; i < list.n; i++) {
		lower[i] = arena_lower_case(call->arena, list.items[i]);
		if (list.n > GLOBS_MAX || lower[i].len > GLOB_MAX_BYTES) {
			call->field = name;
			api_fail(call, SERVICE_INVALID, 0, "%s: at most %u values of at most %u bytes", name, GLOBS_MAX,
			         GLOB_MAX_BYTES);
			return false;
		}
	}
	*ret = (struct str_list){lower, list.n};
	return true;
}

static bool read_filters(struct api_call *call, struct filters *f)
{
	static const struct langsmith_number limit = {"limit", 1, MEMBERS_MAX_LIMIT, MEMBERS_DEFAULT_LIMIT};
	static const struct langsmith_number offset = {"offset", 0, UINT32_MAX, 0};
	struct people_flag active, pending;

	if (!langsmith_query_number(call, &limit, &f->limit) || !langsmith_query_number(call, &offset, &f->offset) ||
	    !people_query_flag(call, "active_is", &active) || !people_query_flag(call, "pending_is", &pending) ||
	    !read_globs(call, "name_like", &f->name) || !read_globs(call, "email_like", &f->email) ||
	    !read_globs(call, "workspace_name_like", &f->workspace) ||
	    !read_globs(call, "organization_role_like", &f->role) ||
	    !read_globs(call, "workspace_role_like", &f->workspace_role))
		return false;
	f->active = (!active.is_sent || active.value) && (!pending.is_sent || !pending.value);
	f->pending = (!active.is_sent || !active.value) && (!pending.is_sent || pending.value);
	return true;
}

/* ---- matching ----------------------------------------------------------------------------------------------- */

/* Goes back only to the last '*': what an earlier one could take, it can take, too. */
static bool glob_matches(struct str glob, struct str text)
{
	size_t g = 0, t = 0, star = SIZE_MAX, resume = 0;

	while (t < text.len) {
		if (g < glob.len && glob.ptr[g] == '*') {
			star = g++;
			resume = t;
		} else if (g < glob.len && glob.ptr[g] == text.ptr[t]) {
			g++;
			t++;
		} else if (star != SIZE_MAX) {
			g = star + 1;
			t = ++resume;
		} else {
			return false;
		}
	}
	while (g < glob.len && glob.ptr[g] == '*')
		g++;
	return g == glob.len;
}

/* No glob asks for anything. */
static bool any_matches(struct api_call *call, struct str_list globs, struct str text)
{
	struct str lower = globs.n ? arena_lower_case(call->arena, text) : text;

	for (size_t i = 0; i < globs.n; i++)
		if (glob_matches(globs.items[i], lower))
			return true;
	return globs.n == 0;
}

/* By the name that people read and by that of the program: "Organization Admin", ORGANIZATION_ADMIN. */
static bool role_matches(struct api_call *call, struct str_list globs, const struct role *role)
{
	if (!role)
		return globs.n == 0;
	return any_matches(call, globs, people_role_title(role)) || any_matches(call, globs, langsmith_role_name(role));
}

/* ---- rows --------------------------------------------------------------------------------------------------- */

/* A member with those of its workspaces that the caller sees. */
struct shown {
	struct member_row row;
	const struct workspace_membership *workspaces;
	size_t n_workspaces;
};

/* An invitation's workspaces in the form of a member's. */
static void offered(struct api_call *call, const struct invitation *inv, struct membership *m)
{
	const struct role *role =
	    str_is_absent(inv->tenant_role) ? NULL : FIND(call->snapshot, role, ROLE, inv->tenant_role);
	struct workspace_membership *list = ARENA_ARRAY(call->arena, struct workspace_membership, inv->tenants.n);

	for (size_t i = 0; role && i < inv->tenants.n; i++)
		list[m->n_workspaces++] = (struct workspace_membership){.tenant = inv->tenants.items[i], .role = role};
	m->workspaces = list;
}

static struct shown show(struct api_call *call, const struct member_row *row, const struct people_reach *reach)
{
	struct membership m = row->m;
	struct workspace_membership *list;
	struct shown s = {.row = *row};

	if (!row->user)
		offered(call, row->invitation, &m);
	list = ARENA_ARRAY(call->arena, struct workspace_membership, m.n_workspaces);
	for (size_t i = 0; i < m.n_workspaces; i++)
		if (!reach || people_reaches(reach, m.workspaces[i].tenant))
			list[s.n_workspaces++] = m.workspaces[i];
	s.workspaces = list;
	return s;
}

static struct str workspace_name(const struct api_call *call, struct str id)
{
	const struct tenant *t = FIND(call->snapshot, tenant, TENANT, id);

	return t && !str_is_empty(t->display_name) ? t->display_name : id;
}

/* One of the workspaces satisfies both filters. */
static bool workspaces_match(struct api_call *call, const struct filters *f, const struct shown *s)
{
	for (size_t i = 0; i < s->n_workspaces; i++) {
		struct str id = s->workspaces[i].tenant;

		if ((any_matches(call, f->workspace, id) ||
		     any_matches(call, f->workspace, workspace_name(call, id))) &&
		    role_matches(call, f->workspace_role, s->workspaces[i].role))
			return true;
	}
	return f->workspace.n == 0 && f->workspace_role.n == 0;
}

static bool matches(struct api_call *call, const struct filters *f, const struct shown *s)
{
	return any_matches(call, f->name, member_row_name(&s->row)) &&
	       any_matches(call, f->email, member_row_email(&s->row)) && role_matches(call, f->role, s->row.role) &&
	       workspaces_match(call, f, s);
}

static void write_workspaces(struct api_call *call, struct json_writer *w, const struct shown *s)
{
	json_key(w, STR("workspace_memberships"));
	json_begin_array(w);
	for (size_t i = 0; i < s->n_workspaces; i++) {
		json_begin_object(w);
		json_put_str(w, STR("workspace_id"), s->workspaces[i].tenant);
		json_put_str(w, STR("workspace_name"), workspace_name(call, s->workspaces[i].tenant));
		people_put_role(w, "role_id", "role_name", s->workspaces[i].role);
		json_end_object(w);
	}
	json_end_array(w);
}

static void write(struct api_call *call, struct json_writer *w, const struct shown *s)
{
	const struct member_row *row = &s->row;
	const struct document *doc = row->user ? &row->user->doc : &row->invitation->doc;

	json_begin_object(w);
	json_put_str(w, STR("id"), doc->id);
	json_put_str(w, STR("ls_user_id"), row->user ? doc->id : STR_NONE);
	json_put_str(w, STR("email"), member_row_email(row));
	json_put_str(w, STR("display_name"), member_row_name(row));
	json_put_str(w, STR("avatar_url"), STR_NONE);
	langsmith_put_time(w, "created_at", doc->created_at_ms);
	json_put_bool(w, STR("is_pending"), !row->user);
	json_put_bool(w, STR("is_disabled"), false);
	people_put_role(w, "role_id", "role_name", row->role);
	json_put_strs(w, STR("linked_login_methods"), NULL, 0);
	json_put_strs(w, STR("scim_groups"), NULL, 0);
	write_workspaces(call, w, s);
	json_end_object(w);
}

void platform_member_list(struct api_call *call)
{
	bool sees_all = people_may(call, STR("organization:manage"));
	struct filters f = {0};
	struct people_reach reach = {0};
	struct member_rows rows = {0};
	struct json_writer w;
	size_t n = 0;

	if (!read_filters(call, &f))
		return;
	if (!sees_all)
		reach = people_reach(call, STR("workspaces:read"));
	if (f.active)
		member_rows_add_active(call, STR_NONE, &rows);
	if (f.pending)
		member_rows_add_pending(call, STR_NONE, &rows);
	w = api_json_begin(call, 200);
	json_begin_array(&w);
	for (size_t i = 0; i < rows.n; i++) {
		struct shown s = show(call, &rows.items[i], sees_all ? NULL : &reach);

		if (!matches(call, &f, &s))
			continue;
		if (n >= f.offset && n - f.offset < f.limit)
			write(call, &w, &s);
		n++;
	}
	json_end_array(&w);
	http_answer_header(call->x, STR("X-Pagination-Total"), arena_strf(call->arena, "%zu", n));
	http_answer_header(call->x, STR("X-Members-List-All-Workspaces"), sees_all ? STR("true") : STR("false"));
	api_json_end(call, &w);
}
