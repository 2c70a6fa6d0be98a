/* SPDX-License-Identifier: Apache-2.0 */
#include "service/directory.h"

#include "model/aitronos.h"
#include "model/confident.h"
#include "model/validate.h"
#include "service/access_policies.h"
#include "service/aitronos_departments.h"
#include "service/aitronos_knowledge.h"
#include "service/aitronos_roles.h"
#include "service/builtin.h"
#include "service/confident_roles.h"
#include "service/grants.h"
#include "service/holdings.h"
#include "service/invitations.h"
#include "service/separations.h"
#include "service/tags.h"

#define MAX_ROLE_ACTION_BYTES 128u

/* ---- small checks ---------------------------------------------------------------------------------- */

static bool text_fits(struct str text, const char *name, struct error *err)
{
	if (text.len <= DIRECTORY_MAX_TEXT_BYTES)
		return true;
	error_set(err, SERVICE_INVALID, "%s is longer than %u bytes", name, DIRECTORY_MAX_TEXT_BYTES);
	return false;
}

static bool tenant_exists(const struct txn *t, struct str tenant, struct error *err)
{
	if (str_is_absent(tenant) || snapshot_find(t->snapshot, DOC_TENANT, tenant))
		return true;
	error_set(err, SERVICE_INVALID, "there is no tenant \"" STR_FMT "\"", STR_ARG(tenant));
	return false;
}

/* Replaces a reference by the canonical id of what it names. */
static bool resolve(const struct txn *t, enum document_kind kind, const char *name, struct str *ref, struct error *err)
{
	const struct document *doc;

	if (str_is_absent(*ref))
		return true;
	doc = snapshot_find_any(t->snapshot, kind, *ref);
	if (doc) {
		*ref = doc->id;
		return true;
	}
	error_set(err, SERVICE_INVALID, "%s: there is no " STR_FMT " \"" STR_FMT "\"", name,
	          STR_ARG(document_kind_name(kind)), STR_ARG(*ref));
	return false;
}

/* ---- one check a kind: the fields, not whether the object is new ------------------------------------ */

typedef bool check_fn(const struct txn *t, struct document *doc, struct error *err);

static bool check_user(const struct txn *t, struct document *doc, struct error *err)
{
	struct user *u = (struct user *)(void *)doc;
	const struct document *other;

	if (!text_fits(u->display_name, "display_name", err) || !resolve(t, DOC_USER, "manager", &u->manager, err))
		return false;
	if (str_eq(u->manager, u->doc.id) && !str_is_absent(u->manager)) {
		error_set(err, SERVICE_INVALID, "manager: nobody manages themselves");
		return false;
	}
	if (str_is_absent(u->email))
		return true;
	u->email = arena_lower_case(t->arena, u->email);
	if (!valid_email(u->email)) {
		error_set(err, SERVICE_INVALID, "email is not an e-mail address");
		return false;
	}
	/* Any name of another user counts, not only her address: whoever is asked for by it must be one person. */
	other = snapshot_find_any(t->snapshot, DOC_USER, u->email);
	if (!other || str_eq(other->id, u->doc.id))
		return true;
	error_set(err, SERVICE_CONFLICT, "the e-mail address " STR_FMT " belongs to another user", STR_ARG(u->email));
	return false;
}

static bool check_service(const struct txn *t UNUSED, struct document *doc, struct error *err)
{
	return text_fits(as_service_account(doc)->display_name, "display_name", err);
}

static bool check_tenant(const struct txn *t UNUSED, struct document *doc, struct error *err)
{
	return text_fits(as_tenant(doc)->display_name, "display_name", err);
}

/* How many levels of groups stand below it, up to one more than there may be. */
static unsigned levels_below(const struct txn *t, struct str group)
{
	struct str_list level = {&group, 1};
	unsigned n_levels = 0;

	for (;; n_levels++) {
		struct str *next = NULL;
		size_t n = 0, cap = 0;

		for (size_t i = 0; i < level.n; i++) {
			const struct document *const *docs;
			size_t n_docs =
			    snapshot_linked(t->snapshot, DOC_GROUP,
			                    arena_concat(t->arena, STR("parent:"), level.items[i]), t->arena, &docs);

			for (size_t k = 0; k < n_docs; k++) {
				ARENA_ROOM(t->arena, next, n, &cap);
				next[n++] = docs[k]->id;
			}
		}
		if (n == 0 || n_levels > GROUP_MAX_DEPTH)
			return n_levels;
		level = (struct str_list){next, n};
	}
}

/* The group must not come to stand below itself, and what it brings along must not come to stand too deep. */
static bool check_group_parent(const struct txn *t, const struct group *g, struct error *err)
{
	const struct group *old = FIND(t->snapshot, group, GROUP, g->doc.id);
	bool moves = old && !str_eq(old->parent, g->parent);
	struct str above = g->parent;
	unsigned depth = 0;

	for (; !str_is_absent(above) && depth <= GROUP_MAX_DEPTH; depth++) {
		const struct group *parent = FIND(t->snapshot, group, GROUP, above);

		if (str_eq(above, g->doc.id)) {
			error_set(err, SERVICE_INVALID, "parent: the group would stand below itself");
			return false;
		}
		above = parent ? parent->parent : STR_NONE;
	}
	if (depth <= GROUP_MAX_DEPTH && (depth == 0 || !moves || depth + levels_below(t, g->doc.id) <= GROUP_MAX_DEPTH))
		return true;
	error_set(err, SERVICE_INVALID, "parent: more than %u groups above each other", GROUP_MAX_DEPTH);
	return false;
}

/* What was granted to a department is for one: as a team it would go on, and could not be granted anew. */
static bool may_change_type(const struct txn *t, const struct group *g, struct error *err)
{
	const struct group *old = FIND(t->snapshot, group, GROUP, g->doc.id);

	if (!old || str_eq(old->type, g->type) || grants_held_by(t->snapshot, DOC_GROUP, g->doc.id) == 0)
		return true;
	error_set(err, SERVICE_FAILED_PRECONDITION, "kind: the department has access grants; revoke them first");
	return false;
}

static bool check_group(const struct txn *t, struct document *doc, struct error *err)
{
	struct group *g = (struct group *)(void *)doc;

	if (str_is_absent(g->type))
		g->type = STR(GROUP_TEAM);
	if (!str_eq(g->type, STR(GROUP_TEAM)) && !str_eq(g->type, STR(GROUP_DEPARTMENT))) {
		error_set(err, SERVICE_INVALID, "kind must be \"team\" or \"department\"");
		return false;
	}
	return text_fits(g->display_name, "display_name", err) && text_fits(g->description, "description", err) &&
	       text_fits(g->color, "color", err) && may_change_type(t, g, err) &&
	       resolve(t, DOC_GROUP, "parent", &g->parent, err) && check_group_parent(t, g, err) &&
	       department_check_name(t, g, err) == SERVICE_OK;
}

/* An action of the IAM grammar, or a plain name such as projects:read. */
static bool is_role_action(struct str s)
{
	if (s.len == 0 || s.len > MAX_ROLE_ACTION_BYTES)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		bool is_alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

		if (!is_alnum && (!c || !strchr("_.:*-", c)))
			return iam_valid_action(s);
	}
	return true;
}

static bool is_confident_role(const struct role *r)
{
	return confident_is_organization_role(r) || confident_is_project_role(r);
}

static bool check_role(const struct txn *t, struct document *doc, struct error *err)
{
	const struct role *r = as_role(doc);

	/* What such a role allows is said by its policies: actions beside them would be shown and mean nothing. */
	if (is_confident_role(r) && r->actions.n) {
		error_set(err, SERVICE_INVALID, "actions: this role holds permission policies, not actions");
		return false;
	}
	if (is_confident_role(r) && confident_role_check_name(t, r, err) != SERVICE_OK)
		return false;
	if (aitronos_is_role(r) && aitronos_role_check_name(t, r, err) != SERVICE_OK)
		return false;
	for (size_t i = 0; i < r->actions.n; i++) {
		if (!is_role_action(r->actions.items[i])) {
			error_set(err, SERVICE_INVALID, "actions: \"" STR_FMT "\" is not the name of an action",
			          STR_ARG(r->actions.items[i]));
			return false;
		}
	}
	return text_fits(r->display_name, "display_name", err) && text_fits(r->description, "description", err);
}

static bool check_resource(const struct txn *t, struct document *doc, struct error *err)
{
	const struct resource *r = as_resource(doc);

	if (!str_is_absent(r->parent) && str_eq(r->parent, doc->id)) {
		error_set(err, SERVICE_INVALID, "parent: the resource would stand below itself");
		return false;
	}
	/* A parent may be registered later than what is below it: it is not looked up. */
	return text_fits(r->display_name, "display_name", err) && text_fits(r->description, "description", err) &&
	       tenant_exists(t, r->tenant, err) && tags_check(r->tags, r->n_tags, err) == SERVICE_OK &&
	       knowledge_check_members(t, r, err) == SERVICE_OK;
}

static bool check_controls(const struct governance_policy *p, struct error *err)
{
	if (p->n_controls > GOVERNANCE_MAX_CONTROLS) {
		error_set(err, SERVICE_INVALID, "controls: more than %u", GOVERNANCE_MAX_CONTROLS);
		return false;
	}
	for (size_t i = 0; i < p->n_controls; i++) {
		const struct governance_control *c = &p->controls[i];

		if (str_is_empty(c->id) || !text_fits(c->id, "controls: id", err) ||
		    !text_fits(c->name, "controls: name", err) || !text_fits(c->type, "controls: type", err)) {
			if (str_is_empty(c->id))
				error_set(err, SERVICE_INVALID, "controls: id is required");
			return false;
		}
	}
	return true;
}

static bool check_governance_policy(const struct txn *t, struct document *doc, struct error *err)
{
	const struct governance_policy *p = as_governance_policy(doc);
	const struct document *other = snapshot_find_unique(t->snapshot, doc->kind, document_unique_key(doc, t->arena));

	if (str_is_empty(str_trim(p->name))) {
		error_set(err, SERVICE_INVALID, "name is required");
		return false;
	}
	if (other && !str_eq(other->id, doc->id)) {
		error_set(err, SERVICE_CONFLICT, "there is already a governance policy named \"" STR_FMT "\"",
		          STR_ARG(p->name));
		return false;
	}
	if (!snapshot_find(t->snapshot, doc->kind, doc->id) &&
	    t->snapshot->n_docs[DOC_GOVERNANCE_POLICY] >= GOVERNANCE_POLICIES_MAX) {
		error_set(err, SERVICE_CONFLICT, "there are already %u governance policies", GOVERNANCE_POLICIES_MAX);
		return false;
	}
	return text_fits(p->name, "name", err) && text_fits(p->description, "description", err) &&
	       check_controls(p, err);
}

static bool check_access_policy(const struct txn *t, struct document *doc, struct error *err)
{
	return access_policy_check(t, (struct access_policy *)(void *)doc, err) == SERVICE_OK;
}

static bool check_separation(const struct txn *t, struct document *doc, struct error *err)
{
	struct separation *p = (struct separation *)(void *)doc;

	return text_fits(p->description, "description", err) && separation_check(t, p, err) == SERVICE_OK;
}

static check_fn *const checks[DOC_N_KINDS] = {
    [DOC_USER] = check_user,
    [DOC_SERVICE_ACCOUNT] = check_service,
    [DOC_GROUP] = check_group,
    [DOC_TENANT] = check_tenant,
    [DOC_ROLE] = check_role,
    [DOC_RESOURCE] = check_resource,
    [DOC_GOVERNANCE_POLICY] = check_governance_policy,
    [DOC_ACCESS_POLICY] = check_access_policy,
    [DOC_SEPARATION] = check_separation,
};

enum service_result directory_check(const struct txn *t, struct document *doc, struct error *err)
{
	assert(doc->kind < DOC_N_KINDS && checks[doc->kind]);
	return checks[doc->kind](t, doc, err) ? SERVICE_OK : (enum service_result)err->code;
}

static bool has_valid_id(const struct document *doc)
{
	if (doc->kind == DOC_RESOURCE)
		return valid_resource_type(as_resource(doc)->type) && valid_resource_id(as_resource(doc)->resource_id);
	return valid_native_id(doc->id);
}

/* ---- objects --------------------------------------------------------------------------------------- */

/* Stores the checked object, and what follows from its being there. */
static enum service_result put(struct txn *t, const struct document *doc, struct error *err)
{
	enum service_result r = doc->kind == DOC_USER ? invitation_redeem(t, as_user(doc), err) : SERVICE_OK;

	if (r == SERVICE_OK)
		txn_put(t, doc);
	return r;
}

enum service_result directory_create(struct txn *t, struct document *doc, struct error *err)
{
	struct str kind = document_kind_name(doc->kind);
	enum service_result r;

	/* What exists is a conflict even under a name that could not be given natively. */
	if (snapshot_find_any(t->snapshot, doc->kind, doc->id))
		return (enum service_result)error_set(err, SERVICE_CONFLICT,
		                                      "there is already a " STR_FMT " \"" STR_FMT "\"", STR_ARG(kind),
		                                      STR_ARG(doc->id));
	if (!has_valid_id(doc))
		return (enum service_result)error_set(
		    err, SERVICE_INVALID,
		    doc->kind == DOC_RESOURCE
		        ? "the type must be a letter and then letters, digits and _.:- (128 at most), the id 1 to 256 "
		          "bytes without control characters"
		        : "id must be 1 to 128 letters, digits and _.@+- and not begin with a dot");
	r = directory_check(t, doc, err);
	if (r == SERVICE_OK)
		r = put(t, doc, err);
	if (r == SERVICE_OK && doc->kind == DOC_TENANT)
		tags_put_default_keys(t, doc->id);
	return r;
}

static bool is_managed(const struct document *doc)
{
	return (doc->kind == DOC_ROLE && as_role(doc)->is_managed) ||
	       (doc->kind == DOC_TENANT && as_tenant(doc)->is_managed);
}

static enum service_result refuse_managed(const struct document *doc, struct error *err)
{
	return (enum service_result)error_set(err, SERVICE_DENIED,
	                                      "the " STR_FMT " \"" STR_FMT "\" is managed and cannot be changed",
	                                      STR_ARG(document_kind_name(doc->kind)), STR_ARG(doc->id));
}

enum service_result directory_update(struct txn *t, struct document *doc, struct error *err)
{
	enum service_result r = is_managed(doc) ? refuse_managed(doc, err) : directory_check(t, doc, err);

	return r == SERVICE_OK ? put(t, doc, err) : r;
}

enum service_result directory_set_delegate(struct txn *t, struct user *u, struct error *err)
{
	if (str_is_empty(u->delegate)) {
		u->delegate = STR_NONE;
		u->delegate_from_ms = u->delegate_until_ms = 0;
	}
	if (!resolve(t, DOC_USER, "delegate", &u->delegate, err))
		return SERVICE_INVALID;
	if (str_eq(u->delegate, u->doc.id) && !str_is_absent(u->delegate))
		return (enum service_result)error_set(err, SERVICE_INVALID, "delegate: nobody is their own");
	if (u->delegate_until_ms && (u->delegate_until_ms <= t->now_ms || u->delegate_until_ms <= u->delegate_from_ms))
		return (enum service_result)error_set(err, SERVICE_INVALID,
		                                      "delegate: it would end before it begins, or has ended");
	txn_put(t, &u->doc);
	return SERVICE_OK;
}

static struct str principal_type_of(enum document_kind kind)
{
	return kind == DOC_USER ? STR("user") : kind == DOC_GROUP ? STR("group") : STR("service");
}

static bool has_groups_below(const struct txn *t, struct str group)
{
	const struct document *const *docs;

	return snapshot_linked(t->snapshot, DOC_GROUP, arena_concat(t->arena, STR("parent:"), group), t->arena, &docs);
}

/* Without anybody who holds the role of owner everywhere nobody could let anybody in again. */
static bool is_last_owner(const struct txn *t, struct str type, struct str id)
{
	const struct document *const *docs;
	size_t n = snapshot_linked(t->snapshot, DOC_ROLE_MEMBER, STR("role:" BUILTIN_OWNER), t->arena, &docs);
	bool is_owner = false, is_only = true;

	for (size_t i = 0; i < n; i++) {
		const struct role_member *m = as_role_member(docs[i]);
		bool is_this = str_eq(m->principal_type, type) && str_eq(m->principal_id, id);

		if (!str_is_absent(m->tenant))
			continue;
		is_owner = is_owner || is_this;
		is_only = is_only && is_this;
	}
	return is_owner && is_only;
}

static enum service_result check_last_owner(const struct txn *t, struct str type, struct str id, struct error *err)
{
	if (!is_last_owner(t, type, id))
		return SERVICE_OK;
	return (enum service_result)error_set(err, SERVICE_FAILED_PRECONDITION,
	                                      STR_FMT " \"" STR_FMT "\" is the last owner of the organization",
	                                      STR_ARG(type), STR_ARG(id));
}

static enum service_result check_delete(struct txn *t, const struct document *doc, struct error *err)
{
	if (is_managed(doc))
		return refuse_managed(doc, err);
	if (doc->kind == DOC_GROUP && has_groups_below(t, doc->id))
		return (enum service_result)error_set(err, SERVICE_FAILED_PRECONDITION,
		                                      "the group \"" STR_FMT "\" still has groups below it",
		                                      STR_ARG(doc->id));
	if (!cascade_fits(t, doc->kind, doc->id))
		return (enum service_result)error_set(err, SERVICE_FAILED_PRECONDITION,
		                                      "too much goes with \"" STR_FMT "\": take its members out first",
		                                      STR_ARG(doc->id));
	if (doc->kind == DOC_USER || doc->kind == DOC_SERVICE_ACCOUNT || doc->kind == DOC_GROUP)
		return check_last_owner(t, principal_type_of(doc->kind), doc->id, err);
	return SERVICE_OK;
}

enum service_result directory_delete(struct txn *t, const struct document *doc, struct cascade_effect *ret_effect,
                                     struct error *err)
{
	struct cascade_effect effect = {0};

	enum service_result r = check_delete(t, doc, err);

	if (r != SERVICE_OK)
		return r;
	if (doc->kind == DOC_USER || doc->kind == DOC_SERVICE_ACCOUNT)
		effect = cascade_principal(t, principal_type_of(doc->kind), doc->id);
	else if (doc->kind == DOC_TENANT)
		effect = cascade_tenant(t, doc->id);
	else if (doc->kind == DOC_ROLE)
		effect = cascade_role(t, doc->id);
	else if (doc->kind == DOC_GROUP)
		effect = cascade_group(t, doc->id);
	else if (doc->kind == DOC_ACCESS_POLICY)
		effect.n_denies_lost = access_policy_denies_lost(as_access_policy(doc), NULL, t->arena);
	else if (doc->kind == DOC_GOVERNANCE_POLICY)
		cascade_governance_policy(t, doc->id);
	else if (doc->kind == DOC_RESOURCE) {
		widening_add_resource(&effect.widening, t, as_resource(doc), NULL, 0);
		cascade_resource(t, as_resource(doc));
	}
	txn_delete(t, doc->kind, doc->id);
	*ret_effect = effect;
	return SERVICE_OK;
}

/* ---- memberships ----------------------------------------------------------------------------------- */

enum document_kind principal_kind(struct str type)
{
	if (str_eq(type, STR("user")))
		return DOC_USER;
	if (str_eq(type, STR("service")))
		return DOC_SERVICE_ACCOUNT;
	return str_eq(type, STR("group")) ? DOC_GROUP : DOC_NONE;
}

enum service_result principal_read(const struct snapshot *s, struct str text, struct principal *ret, struct error *err)
{
	size_t colon = str_find(text, ':', 0);
	struct principal p = {STR("user"), text};
	const struct document *doc;

	if (colon != SIZE_MAX)
		p = (struct principal){str_slice(text, 0, colon), str_slice(text, colon + 1, text.len)};
	if (principal_kind(p.type) == DOC_NONE || str_is_empty(p.id))
		return (enum service_result)error_set(
		    err, SERVICE_INVALID, "a principal is user:ID, service:ID or group:ID, not \"" STR_FMT "\"",
		    STR_ARG(text));
	doc = snapshot_find_any(s, principal_kind(p.type), p.id);
	if (doc)
		p.id = doc->id;
	*ret = p;
	if (doc)
		return SERVICE_OK;
	return (enum service_result)error_set(err, SERVICE_NOT_FOUND, "there is no " STR_FMT " \"" STR_FMT "\"",
	                                      STR_ARG(p.type), STR_ARG(p.id));
}

struct str group_member_id(struct arena *a, struct str group, struct str member)
{
	return arena_concat3(a, group, STR("/"), member);
}

struct str role_member_id(struct arena *a, struct str role, struct principal p, struct str tenant)
{
	return arena_strf(a, STR_FMT "/" STR_FMT "/" STR_FMT "/" STR_FMT, STR_ARG(role), STR_ARG(p.type), STR_ARG(p.id),
	                  STR_ARG(tenant));
}

void directory_add_group_member(struct txn *t, struct str group, struct str user)
{
	struct group_member m = {
	    .doc = {.kind = DOC_GROUP_MEMBER, .id = group_member_id(t->arena, group, user)},
	    .group = group,
	    .member = user,
	};

	if (!snapshot_find(t->snapshot, DOC_GROUP_MEMBER, m.doc.id))
		txn_put(t, &m.doc);
}

/* Confident AI's roles are either of the organization, held everywhere, or of a project, held there. */
static bool can_be_held(const struct txn *t, struct str role, struct str tenant, struct error *err)
{
	const struct role *r = FIND(t->snapshot, role, ROLE, role);

	if (!r || !is_confident_role(r))
		return true;
	if (confident_is_organization_role(r) && str_is_absent(tenant))
		return true;
	if (confident_is_project_role(r) && !str_is_absent(tenant) &&
	    (r->tenants.n == 0 || str_list_has(r->tenants, tenant)))
		return true;
	error_set(err, SERVICE_INVALID,
	          confident_is_project_role(r) ? "this role is held in a project of its own only"
	                                       : "this role is held in the organization, not in a tenant");
	return false;
}

enum service_result directory_add_role_member(struct txn *t, struct str role, struct principal p, struct str tenant,
                                              struct error *err)
{
	if (!tenant_exists(t, tenant, err) || !can_be_held(t, role, tenant, err))
		return SERVICE_INVALID;
	if (!snapshot_find(t->snapshot, DOC_ROLE_MEMBER, role_member_id(t->arena, role, p, tenant)))
		holding_put(t, role, p, tenant);
	return SERVICE_OK;
}

enum service_result directory_remove_member(struct txn *t, enum document_kind kind, struct str id, struct error *err)
{
	const struct document *doc = snapshot_find(t->snapshot, kind, id);
	enum service_result r = SERVICE_OK;

	if (!doc)
		return (enum service_result)error_set(err, SERVICE_NOT_FOUND, "there is no such member");
	if (kind == DOC_ROLE_MEMBER && str_eq(as_role_member(doc)->role, STR(BUILTIN_OWNER)) &&
	    str_is_absent(as_role_member(doc)->tenant))
		r = check_last_owner(t, as_role_member(doc)->principal_type, as_role_member(doc)->principal_id, err);
	if (r == SERVICE_OK)
		txn_delete(t, kind, id);
	return r;
}
