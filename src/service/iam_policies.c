/* SPDX-License-Identifier: Apache-2.0
 *
 * Statement policies and their members. That a managed policy cannot be changed is no rule here: a hidden deny
 * statement says so to the engine, which decided before (see builtin.c).
 */
#include "base/buf.h"
#include "service/builtin.h"
#include "service/iam.h"

static const struct str every_resource[] = {STR_INIT("*")};

/* ---- looking ----------------------------------------------------------------------------------------- */

static bool is_listed(const struct iam_call *c, const struct statement_policy *p)
{
	return !str_eq(p->type, STR(POLICY_TYPE_SYSTEM)) && iam_is_visible(p->tenants, c->everywhere, c->tenants);
}

/* As read back: members sorted. */
static const struct statement_policy *read_back(struct iam_call *c, const struct statement_policy *p)
{
	struct statement_policy *copy = ARENA_NEW(c->arena, struct statement_policy);

	*copy = *p;
	copy->members = iam_sorted(p->members, c->arena);
	return copy;
}

size_t iam_policy_list(struct iam_call *c, const struct statement_policy *const **ret)
{
	size_t max = (size_t)c->snapshot->n_docs[DOC_STATEMENT_POLICY], n = 0;
	const struct statement_policy **list = ARENA_ARRAY(c->arena, const struct statement_policy *, max);
	const struct document *doc;
	uint64_t at = 0;

	while ((doc = snapshot_next(c->snapshot, DOC_STATEMENT_POLICY, &at)))
		if (is_listed(c, as_statement_policy(doc)))
			list[n++] = read_back(c, as_statement_policy(doc));
	*ret = list;
	return n;
}

static enum service_result find_policy(struct iam_call *c, struct str id, const struct statement_policy **ret)
{
	const struct statement_policy *p = FIND(c->snapshot, statement_policy, STATEMENT_POLICY, id);

	if (!p || !is_listed(c, p))
		return iam_fail(c, SERVICE_NOT_FOUND, "no policy with ID \"" STR_FMT "\" found", STR_ARG(id));
	*ret = p;
	return SERVICE_OK;
}

enum service_result iam_policy_get(struct iam_call *c, struct str id, const struct statement_policy **ret)
{
	const struct statement_policy *p;
	enum service_result r;

	if (iam_check_path_id(c, "policy", id) != SERVICE_OK)
		return iam_fail(c, SERVICE_INVALID, "cannot get policy");
	r = find_policy(c, id, &p);
	if (r == SERVICE_OK)
		*ret = read_back(c, p);
	return r;
}

/* ---- what a deny statement says, and when less of it is left ------------------------------------------- */

static void add_sorted(struct buf *key, struct str_list list, struct arena *a)
{
	struct str_list sorted = iam_sorted(list, a);

	for (size_t i = 0; i < sorted.n; i++) {
		buf_add(key, sorted.items[i]);
		buf_add_char(key, '\0');
	}
	buf_add_char(key, '\0');
}

/* The same text for statements that say the same; no string holds NUL. */
static struct str statement_key(const struct policy_statement *s, struct arena *a)
{
	CLEANUP(buf_releasep) struct buf key = BUF_INIT(BUF_MAX_RESPONSE_BYTES);

	buf_add(&key, s->role);
	buf_add_char(&key, '\0');
	add_sorted(&key, s->actions, a);
	add_sorted(&key, s->resources, a);
	add_sorted(&key, s->tenants, a);
	return arena_str(a, buf_str(&key));
}

static struct str_list deny_keys(const struct statement_policy *p, struct arena *a)
{
	struct str *keys = ARENA_ARRAY(a, struct str, p->n_statements);
	size_t n = 0;

	for (size_t i = 0; i < p->n_statements; i++)
		if (p->statements[i].deny)
			keys[n++] = statement_key(&p->statements[i], a);
	return (struct str_list){keys, n};
}

static size_t count_denies(const struct statement_policy *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n_statements; i++)
		n += p->statements[i].deny;
	return n;
}

/* Deny statements of `old` that `new` does not have, or not for all their members. */
static size_t denies_lost(const struct statement_policy *old, const struct statement_policy *new, struct arena *a)
{
	if (iam_difference(old->members, new->members, a).n)
		return count_denies(old);
	return iam_difference(deny_keys(old, a), deny_keys(new, a), a).n;
}

/* ---- checking what is to be written ---------------------------------------------------------------------- */

/* Form alone; `message` is the ancestor's name of the request. */
static enum service_result check_form(struct iam_call *c, const char *message, const struct statement_policy *in)
{
	struct arena *a = c->arena;
	enum service_result r = iam_check_members(c, arena_strf(a, "%s.Members", message).ptr, in->members);

	if (r == SERVICE_OK && in->n_statements == 0)
		r = iam_fail(c, SERVICE_INVALID, "invalid %s.Statements: value must contain at least 1 item(s)",
		             message);
	for (size_t i = 0; r == SERVICE_OK && i < in->n_statements; i++) {
		const struct policy_statement *s = &in->statements[i];
		struct str at = arena_strf(a, "%s.Statements[%zu]", message, i);

		r = iam_check_actions(c, arena_concat(a, at, STR(".Actions")).ptr, s->actions);
		if (r == SERVICE_OK && !str_is_empty(s->role))
			r = iam_check_id(c, arena_concat(a, at, STR(".Role")).ptr, s->role);
		if (r == SERVICE_OK)
			r = iam_check_resources(c, arena_concat(a, at, STR(".Resources")).ptr, s->resources);
		if (r == SERVICE_OK)
			r = iam_check_unique(c, arena_concat(a, at, STR(".Projects")).ptr, s->tenants);
	}
	if (r == SERVICE_OK)
		r = iam_check_top_tenants(c, arena_strf(a, "%s.Projects", message).ptr, in->tenants);
	return r == SERVICE_OK ? iam_check_name(c, "policy", in->name) : r;
}

/* A statement must be able to match: somewhere, something. */
static enum service_result check_meaning(struct iam_call *c, struct str prefix, const struct statement_policy *in)
{
	for (size_t i = 0; i < in->n_statements; i++) {
		const struct policy_statement *s = &in->statements[i];

		if (s->tenants.n == 0 && !c->allows_inert)
			return iam_fail(c, SERVICE_INVALID, STR_FMT ": policy statements must include projects",
			                STR_ARG(prefix));
		if (str_is_empty(s->role) && s->actions.n == 0)
			return iam_fail(c, SERVICE_INVALID,
			                STR_FMT ": unsupported statement variant: you must pass a role, a non-empty "
			                        "array of actions, or both",
			                STR_ARG(prefix));
	}
	return SERVICE_OK;
}

static enum service_result check_references(struct iam_call *c, const struct statement_policy *in)
{
	for (size_t i = 0; i < in->n_statements; i++) {
		const struct policy_statement *s = &in->statements[i];

		if (!str_is_empty(s->role) && !snapshot_find(c->snapshot, DOC_ROLE, s->role))
			return iam_fail(c, SERVICE_INVALID, "role not found: " STR_FMT, STR_ARG(s->role));
		for (size_t k = 0; k < s->tenants.n; k++) {
			struct str t = s->tenants.items[k];

			if (!str_eq(t, STR("*")) && !str_eq(t, STR(TENANT_UNASSIGNED)) &&
			    !snapshot_find(c->snapshot, DOC_TENANT, t))
				return iam_fail(c, SERVICE_INVALID, "project not found: " STR_FMT, STR_ARG(t));
		}
	}
	return SERVICE_OK;
}

enum service_result iam_policy_check(struct iam_call *c, const struct statement_policy *in)
{
	enum service_result r = check_form(c, "Policy", in);

	if (r == SERVICE_OK)
		r = check_meaning(c, STR("parse statement"), in);
	return r == SERVICE_OK ? check_references(c, in) : r;
}

/* The statements as stored: no resources means all. */
static const struct policy_statement *with_resources(struct iam_call *c, const struct statement_policy *in)
{
	struct policy_statement *statements = ARENA_ARRAY(c->arena, struct policy_statement, in->n_statements);

	for (size_t i = 0; i < in->n_statements; i++) {
		statements[i] = in->statements[i];
		if (statements[i].resources.n == 0)
			statements[i].resources = (struct str_list){every_resource, 1};
	}
	return statements;
}

/* Puts `p` with the fields a client chooses, as a custom policy. */
static const struct statement_policy *put_policy(struct iam_call *c, const struct document *doc,
                                                 const struct statement_policy *in)
{
	struct statement_policy *p = ARENA_NEW(c->arena, struct statement_policy);

	*p = *in;
	p->doc = *doc;
	p->type = STR(POLICY_TYPE_CUSTOM);
	p->statements = with_resources(c, in);
	txn_put(c->txn, &p->doc);
	return p;
}

/* ---- writing ----------------------------------------------------------------------------------------- */

enum service_result iam_policy_create(struct iam_call *c, const struct statement_policy *in,
                                      const struct statement_policy **ret)
{
	struct str id = in->doc.id;
	enum service_result r = iam_check_id(c, "CreatePolicyReq.Id", id);

	if (r == SERVICE_OK)
		r = check_form(c, "CreatePolicyReq", in);
	if (r == SERVICE_OK)
		r = check_meaning(c, arena_strf(c->arena, "error parsing policy \"" STR_FMT "\"", STR_ARG(id)), in);
	if (r == SERVICE_OK)
		r = iam_check_assignment(c, false, (struct str_list){0}, in->tenants);
	if (r == SERVICE_OK && snapshot_find_any(c->snapshot, DOC_STATEMENT_POLICY, id))
		r = iam_fail(c, SERVICE_CONFLICT, "policy with id \"" STR_FMT "\" already exists", STR_ARG(id));
	if (r == SERVICE_OK)
		r = check_references(c, in);
	if (r == SERVICE_OK)
		*ret = put_policy(c, &(struct document){.kind = DOC_STATEMENT_POLICY, .id = id}, in);
	return r;
}

enum service_result iam_policy_update(struct iam_call *c, const struct statement_policy *in,
                                      const struct statement_policy **ret)
{
	const struct statement_policy *old;
	enum service_result r = iam_check_path_id(c, "policy", in->doc.id);

	if (r == SERVICE_OK)
		r = check_form(c, "UpdatePolicyReq", in);
	if (r == SERVICE_OK)
		r = check_meaning(c, STR("parse statement"), in);
	if (r == SERVICE_OK)
		r = find_policy(c, in->doc.id, &old);
	if (r == SERVICE_OK)
		r = iam_check_assignment(c, true, old->tenants, in->tenants);
	if (r == SERVICE_OK)
		r = check_references(c, in);
	if (r == SERVICE_OK) {
		*ret = put_policy(c, &old->doc, in);
		c->n_denies_lost = denies_lost(old, *ret, c->arena);
	}
	return r;
}

enum service_result iam_policy_delete(struct iam_call *c, struct str id)
{
	const struct statement_policy *p;
	enum service_result r = iam_check_path_id(c, "policy", id);

	if (r == SERVICE_OK)
		r = find_policy(c, id, &p);
	if (r == SERVICE_OK) {
		txn_delete(c->txn, DOC_STATEMENT_POLICY, p->doc.id);
		c->n_denies_lost = count_denies(p);
	}
	return r;
}

/* ---- members ----------------------------------------------------------------------------------------- */

enum service_result iam_policy_members(struct iam_call *c, struct str id, struct str_list *ret)
{
	const struct statement_policy *p;
	enum service_result r = iam_check_path_id(c, "policy", id);

	if (r == SERVICE_OK)
		r = find_policy(c, id, &p);
	if (r == SERVICE_OK)
		*ret = iam_sorted(p->members, c->arena);
	return r;
}

static enum service_result check_member_change(struct iam_call *c, struct str id, enum iam_member_change change,
                                               struct str_list members)
{
	static const char *const fields[] = {
	    [IAM_MEMBERS_REPLACE] = "ReplacePolicyMembersReq.Members",
	    [IAM_MEMBERS_ADD] = "AddPolicyMembersReq.Members",
	    [IAM_MEMBERS_REMOVE] = "RemovePolicyMembersReq.Members",
	};
	enum service_result r = iam_check_path_id(c, "policy", id);

	if (r == SERVICE_OK && change != IAM_MEMBERS_REPLACE && members.n == 0)
		return iam_fail(c, SERVICE_INVALID, "invalid %s: value must contain at least 1 item(s)",
		                fields[change]);
	if (r == SERVICE_OK)
		r = iam_check_members(c, fields[change], members);
	/* The one guard that is no policy: administrators cannot lock themselves out by this call. */
	if (r == SERVICE_OK && change == IAM_MEMBERS_REMOVE && str_eq(id, STR(BUILTIN_ADMIN_POLICY)) &&
	    str_list_has(members, STR(BUILTIN_ADMIN_TEAM)))
		r = iam_fail(c, SERVICE_DENIED, "cannot remove local team: admins from Chef-managed policy: Admin");
	return r;
}

enum service_result iam_policy_change_members(struct iam_call *c, struct str id, enum iam_member_change change,
                                              struct str_list members, struct str_list *ret)
{
	const struct statement_policy *old;
	struct statement_policy new;
	enum service_result r = check_member_change(c, id, change, members);

	if (r == SERVICE_OK)
		r = find_policy(c, id, &old);
	if (r != SERVICE_OK)
		return r;
	new = *old;
	switch (change) {
	case IAM_MEMBERS_REPLACE:
		new.members = members;
		break;
	case IAM_MEMBERS_ADD:
		new.members = iam_union(old->members, members, c->arena);
		break;
	case IAM_MEMBERS_REMOVE:
		new.members = iam_difference(old->members, members, c->arena);
		break;
	}
	c->n_denies_lost = denies_lost(old, &new, c->arena);
	txn_put(c->txn, &new.doc);
	*ret = change == IAM_MEMBERS_REPLACE ? members : iam_sorted(new.members, c->arena);
	return SERVICE_OK;
}
