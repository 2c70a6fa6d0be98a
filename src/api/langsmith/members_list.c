/* SPDX-License-Identifier: Apache-2.0
 *
 * Who is in the organization or a workspace, and who is invited: gathering, filtering, sorting, writing.
 */
#include "api/langsmith/people.h"

#define MEMBERS_MAX_LIMIT     500u
#define MEMBERS_DEFAULT_LIMIT 50u

/* ---- gathering -------------------------------------------------------------------------------------------- */

static void add_row(struct api_call *call, struct member_rows *rows, const struct member_row *row)
{
	ARENA_ROOM(call->arena, rows->items, rows->n, &rows->cap);
	rows->items[rows->n++] = *row;
}

bool member_row_of(struct api_call *call, const struct user *user, struct str tenant, struct member_row *ret)
{
	const struct workspace_membership *in;
	struct member_row row = {.user = user, .tenant = tenant};
	bool is_member =
	    membership_of(call->snapshot, (struct principal){STR("user"), user->doc.id}, call->arena, &row.m);

	if (str_is_absent(tenant)) {
		row.role = row.m.role;
	} else {
		in = membership_in(&row.m, tenant);
		is_member = in != NULL;
		row.role = in ? in->role : NULL;
	}
	*ret = row;
	return is_member;
}

/* Everybody with a role in the workspace, each once: by the role that counts. */
static void add_workspace(struct api_call *call, struct str tenant, struct member_rows *rows)
{
	const struct document *const *docs;
	size_t n = snapshot_linked(call->snapshot, DOC_ROLE_MEMBER, arena_concat(call->arena, STR("tenant:"), tenant),
	                           call->arena, &docs);

	for (size_t i = 0; i < n; i++) {
		const struct role_member *by = as_role_member(docs[i]);
		const struct user *user =
		    str_eq(by->principal_type, STR("user")) ? FIND(call->snapshot, user, USER, by->principal_id) : NULL;
		struct member_row row;

		if (user && member_row_of(call, user, tenant, &row) && membership_in(&row.m, tenant)->by == by)
			add_row(call, rows, &row);
	}
}

void member_rows_add_active(struct api_call *call, struct str tenant, struct member_rows *rows)
{
	const struct document *doc;
	struct member_row row;
	uint64_t at = 0;

	if (!str_is_absent(tenant)) {
		add_workspace(call, tenant, rows);
		return;
	}
	while ((doc = snapshot_next(call->snapshot, DOC_USER, &at)))
		if (member_row_of(call, as_user(doc), tenant, &row))
			add_row(call, rows, &row);
}

void member_rows_add_pending(struct api_call *call, struct str tenant, struct member_rows *rows)
{
	const struct document *doc;
	uint64_t at = 0;

	while ((doc = snapshot_next(call->snapshot, DOC_INVITATION, &at))) {
		const struct invitation *inv = as_invitation(doc);
		struct member_row row = {.invitation = inv, .tenant = tenant};

		if (!str_is_absent(inv->via)) /* another dialect's */
			continue;
		row.m.role = str_is_absent(inv->role) ? NULL : FIND(call->snapshot, role, ROLE, inv->role);
		row.role = row.m.role;
		if (!str_is_absent(tenant)) {
			if (!str_list_has(inv->tenants, tenant))
				continue;
			row.role = FIND(call->snapshot, role, ROLE, inv->tenant_role);
		}
		add_row(call, rows, &row);
	}
}

struct str member_row_email(const struct member_row *row)
{
	return row->user ? row->user->email : row->invitation->email;
}

struct str member_row_name(const struct member_row *row)
{
	return row->user ? row->user->display_name : row->invitation->display_name;
}

static const struct document *document_of(const struct member_row *row)
{
	return row->user ? &row->user->doc : &row->invitation->doc;
}

/* ---- writing ---------------------------------------------------------------------------------------------- */

static void write_common(struct api_call *call, struct json_writer *w, const struct member_row *row)
{
	json_put_str(w, STR("id"), document_of(row)->id);
	json_put_str(w, STR("organization_id"), langsmith_organization_id(call));
	json_put_str(w, STR("tenant_id"), row->tenant);
	langsmith_put_time(w, "created_at", document_of(row)->created_at_ms);
	json_put_str(w, STR("user_id"), row->user ? row->user->doc.id : STR_NONE);
	json_put_str(w, STR("ls_user_id"), row->user ? row->user->doc.id : STR_NONE);
	json_put_bool(w, STR("read_only"), false);
	people_put_role(w, "role_id", "role_name", row->role);
	json_put_str(w, STR("access_scope"),
	             str_is_absent(row->tenant) ? STR(ROLE_SCOPE_ORGANIZATION) : STR(ROLE_SCOPE_WORKSPACE));
	json_put_str(w, STR("email"), member_row_email(row));
	json_put_str(w, STR("full_name"), member_row_name(row));
}

static void write_tenant_ids(struct json_writer *w, const struct membership *m)
{
	json_key(w, STR("tenant_ids"));
	json_begin_array(w);
	for (size_t i = 0; i < m->n_workspaces; i++)
		if (membership_in(m, m->workspaces[i].tenant) == &m->workspaces[i])
			json_add_str(w, m->workspaces[i].tenant);
	json_end_array(w);
}

static void write_active(struct json_writer *w, const struct member_row *row)
{
	json_put_str(w, STR("display_name"), member_row_name(row));
	json_put_str(w, STR("avatar_url"), STR_NONE);
	json_put_strs(w, STR("linked_login_methods"), NULL, 0);
	json_put_bool(w, STR("is_disabled"), false);
	people_put_role(w, "org_role_id", "org_role_name", row->m.role);
	if (str_is_absent(row->tenant))
		write_tenant_ids(w, &row->m);
}

static void write_pending(struct api_call *call, struct json_writer *w, const struct member_row *row)
{
	const struct invitation *inv = row->invitation;
	const struct role *role =
	    str_is_absent(inv->tenant_role) ? NULL : FIND(call->snapshot, role, ROLE, inv->tenant_role);

	json_put_strs(w, STR("workspace_ids"), inv->tenants.items, inv->tenants.n);
	people_put_role(w, "workspace_role_id", "workspace_role_name", role);
	if (str_is_absent(row->tenant))
		json_put_strs(w, STR("tenant_ids"), inv->tenants.items, inv->tenants.n);
}

void member_row_write(struct api_call *call, struct json_writer *w, const struct member_row *row)
{
	json_begin_object(w);
	write_common(call, w, row);
	if (row->invitation)
		write_pending(call, w, row);
	else
		write_active(w, row);
	json_end_object(w);
}

void member_row_answer(struct api_call *call, const struct member_row *row)
{
	struct json_writer w = api_json_begin(call, 200);

	member_row_write(call, &w, row);
	api_json_end(call, &w);
}

/* ---- filtering and sorting ---------------------------------------------------------------------------------- */

struct list_query {
	uint64_t limit, offset;
	struct str_list emails, user_ids;
	struct str text; /* lower case */
	struct str sort_by;
	struct people_flag descending, is_disabled;
};

static bool read_query(struct api_call *call, struct list_query *q)
{
	static const struct langsmith_number limit = {"limit", 1, MEMBERS_MAX_LIMIT, MEMBERS_DEFAULT_LIMIT};
	static const struct langsmith_number offset = {"offset", 0, UINT32_MAX, 0};
	static const struct str orders[] = {STR_INIT("name"), STR_INIT("email"), STR_INIT("role"),
	                                    STR_INIT("created_at")};

	if (!langsmith_query_number(call, &limit, &q->limit) || !langsmith_query_number(call, &offset, &q->offset) ||
	    !langsmith_query_strs(call, "emails", &q->emails) ||
	    !langsmith_query_strs(call, "ls_user_ids", &q->user_ids) || !langsmith_query_str(call, "q", &q->text) ||
	    !langsmith_query_str(call, "sort_by", &q->sort_by) ||
	    !people_query_flag(call, "sort_by_desc", &q->descending) ||
	    !people_query_flag(call, "is_disabled", &q->is_disabled))
		return false;
	q->text = arena_lower_case(call->arena, q->text);
	if (str_is_absent(q->sort_by))
		q->sort_by = STR("created_at");
	if (str_list_has((struct str_list){orders, N_ELEMENTS(orders)}, q->sort_by))
		return true;
	call->field = "sort_by";
	api_fail(call, SERVICE_INVALID, 0, "sort_by must be name, email, role or created_at");
	return false;
}

static bool holds_text(struct api_call *call, struct str where, struct str lower)
{
	struct str s = arena_lower_case(call->arena, where);

	return lower.len == 0 || (s.len >= lower.len && memmem(s.ptr, s.len, lower.ptr, lower.len));
}

static bool is_wanted(struct api_call *call, const struct list_query *q, const struct member_row *row)
{
	bool is_named = q->emails.n == 0;

	for (size_t i = 0; i < q->emails.n && !is_named; i++)
		is_named = str_eq_nocase(q->emails.items[i], member_row_email(row));
	if (!is_named || (q->is_disabled.is_sent && q->is_disabled.value)) /* nobody is disabled */
		return false;
	if (q->user_ids.n && !(row->user && str_list_has(q->user_ids, row->user->doc.id)))
		return false;
	return holds_text(call, member_row_name(row), q->text) || holds_text(call, member_row_email(row), q->text);
}

/* What rows are ordered by: a text, then creation. */
struct sortable {
	struct str text;
	uint64_t seq;
	struct member_row row;
};

static int compare(const void *x, const void *y)
{
	const struct sortable *a = x, *b = y;
	int order = str_cmp(a->text, b->text);

	return order ? order : (a->seq > b->seq) - (a->seq < b->seq);
}

static struct str sort_text(struct api_call *call, const struct list_query *q, const struct member_row *row)
{
	if (str_eq(q->sort_by, STR("created_at")))
		return STR("");
	if (str_eq(q->sort_by, STR("role")))
		return row->role ? people_role_title(row->role) : STR("");
	return arena_lower_case(call->arena,
	                        str_eq(q->sort_by, STR("name")) ? member_row_name(row) : member_row_email(row));
}

/* Answers with the page of the wanted rows that the query asks for; their number stands in a header. */
static void answer_page(struct api_call *call, const struct member_rows *rows, const struct list_query *q)
{
	struct sortable *list = ARENA_ARRAY(call->arena, struct sortable, rows->n);
	bool descending = !q->descending.is_sent || q->descending.value;
	struct json_writer w = api_json_begin(call, 200);
	size_t n = 0;

	for (size_t i = 0; i < rows->n; i++)
		if (is_wanted(call, q, &rows->items[i]))
			list[n++] = (struct sortable){sort_text(call, q, &rows->items[i]),
			                              document_of(&rows->items[i])->seq, rows->items[i]};
	if (n > 1)
		qsort(list, n, sizeof(*list), compare);
	http_answer_header(call->x, STR("X-Pagination-Total"), arena_strf(call->arena, "%zu", n));
	json_begin_array(&w);
	for (size_t i = q->offset; i < n && i - q->offset < q->limit; i++)
		member_row_write(call, &w, &list[descending ? n - 1 - i : i].row);
	json_end_array(&w);
	api_json_end(call, &w);
}

/* ---- handlers --------------------------------------------------------------------------------------------- */

static void write_rows(struct api_call *call, struct json_writer *w, const char *name, const struct member_rows *rows)
{
	json_key(w, str_of(name));
	json_begin_array(w);
	for (size_t i = 0; i < rows->n; i++)
		member_row_write(call, w, &rows->items[i]);
	json_end_array(w);
}

/* All at once, in creation order. */
static void list(struct api_call *call, struct str tenant)
{
	struct member_rows active = {0}, pending = {0};
	struct json_writer w = api_json_begin(call, 200);

	member_rows_add_active(call, tenant, &active);
	member_rows_add_pending(call, tenant, &pending);
	json_begin_object(&w);
	if (str_is_absent(tenant))
		json_put_str(&w, STR("organization_id"), langsmith_organization_id(call));
	else
		json_put_str(&w, STR("tenant_id"), tenant);
	write_rows(call, &w, "members", &active);
	write_rows(call, &w, "pending", &pending);
	json_end_object(&w);
	api_json_end(call, &w);
}

static void list_page(struct api_call *call, struct str tenant, bool is_pending)
{
	struct member_rows rows = {0};
	struct list_query q = {0};

	if (!read_query(call, &q))
		return;
	if (is_pending)
		member_rows_add_pending(call, tenant, &rows);
	else
		member_rows_add_active(call, tenant, &rows);
	answer_page(call, &rows, &q);
}

void member_list(struct api_call *call)
{
	list(call, STR_NONE);
}

void member_list_active(struct api_call *call)
{
	list_page(call, STR_NONE, false);
}

void member_list_pending(struct api_call *call)
{
	list_page(call, STR_NONE, true);
}

void workspace_member_list(struct api_call *call)
{
	list(call, call->tenant);
}

void workspace_member_list_active(struct api_call *call)
{
	list_page(call, call->tenant, false);
}

void workspace_member_list_pending(struct api_call *call)
{
	list_page(call, call->tenant, true);
}
