/* SPDX-License-Identifier: Apache-2.0 */
#include "service/tag_policies.h"

#include "base/utf8.h"
#include "base/uuid.h"
#include "model/langsmith.h"
#include "service/cascade.h"
#include "service/iam.h"

#define INVALID(err, ...) ((enum service_result)error_set(err, SERVICE_INVALID, __VA_ARGS__))

/* ---- what a policy may say -------------------------------------------------------------------------------- */

static bool has_tag_length(struct str text)
{
	size_t n = utf8_length(text);

	return n >= 1 && n <= TAG_MAX_CHARS;
}

/* `at` says where it stands: "condition_groups[0].conditions[2]". */
static enum service_result check_condition(const struct tag_condition *c, const char *at, struct error *err)
{
	if (!str_eq(c->attribute, STR(TAG_ATTRIBUTE)))
		return INVALID(err, "%s.attribute_name must be \"" TAG_ATTRIBUTE "\"", at);
	if (!tag_operator_find(c->operator))
		return INVALID(err, "%s.operator \"" STR_FMT "\" is not known", at, STR_ARG(c->operator));
	if (!has_tag_length(c->key))
		return INVALID(err, "%s.attribute_key must be 1 to %u characters", at, TAG_MAX_CHARS);
	if (!has_tag_length(c->value))
		return INVALID(err, "%s.attribute_value must be 1 to %u characters", at, TAG_MAX_CHARS);
	return SERVICE_OK;
}

static enum service_result check_group_head(const struct tag_group *g, size_t i, struct error *err)
{
	const struct langsmith_permission *permission = langsmith_permission_find(g->permission);
	enum langsmith_type type = langsmith_type_of(g->resource_type);

	if (!permission)
		return INVALID(err, "condition_groups[%zu].permission \"" STR_FMT "\" is not known", i,
		               STR_ARG(g->permission));
	if (type == LANGSMITH_NO_TYPE)
		return INVALID(err, "condition_groups[%zu].resource_type \"" STR_FMT "\" is not known", i,
		               STR_ARG(g->resource_type));
	if (!langsmith_permission_applies(permission, type))
		return INVALID(err,
		               "condition_groups[%zu]: the permission \"" STR_FMT
		               "\" does not apply to the resource_type \"" STR_FMT "\"",
		               i, STR_ARG(g->permission), STR_ARG(g->resource_type));
	return SERVICE_OK;
}

static enum service_result check_group(const struct tag_group *g, size_t i, struct error *err)
{
	enum service_result r = check_group_head(g, i, err);
	char at[96];

	/* An empty AND would hold for everything. */
	if (r == SERVICE_OK && g->n_conditions == 0)
		return INVALID(err, "condition_groups[%zu].conditions must not be empty", i);
	for (size_t k = 0; r == SERVICE_OK && k < g->n_conditions; k++) {
		(void)snprintf(at, sizeof(at), "condition_groups[%zu].conditions[%zu]", i, k);
		r = check_condition(&g->conditions[k], at, err);
	}
	return r;
}

static enum service_result check_groups(const struct tag_policy *p, struct error *err)
{
	enum service_result r = SERVICE_OK;
	size_t n_conditions = 0;

	if (p->n_groups == 0)
		return INVALID(err, "condition_groups must not be empty");
	if (p->n_groups > TAG_POLICY_MAX_GROUPS)
		return INVALID(err, "condition_groups: at most %u", TAG_POLICY_MAX_GROUPS);
	for (size_t i = 0; i < p->n_groups; i++)
		n_conditions += p->groups[i].n_conditions;
	if (n_conditions > TAG_POLICY_MAX_CONDITIONS)
		return INVALID(err, "condition_groups: at most %u conditions in all", TAG_POLICY_MAX_CONDITIONS);
	for (size_t i = 0; r == SERVICE_OK && i < p->n_groups; i++)
		r = check_group(&p->groups[i], i, err);
	return r;
}

static enum service_result check_name(const struct txn *t, const struct tag_policy *p, struct error *err)
{
	size_t n = utf8_length(p->name);
	const struct document *other;

	if (n < 1 || n > TAG_POLICY_MAX_NAME_CHARS)
		return INVALID(err, "name must be 1 to %u characters", TAG_POLICY_MAX_NAME_CHARS);
	other = snapshot_find_unique(t->snapshot, DOC_TAG_POLICY, document_unique_key(&p->doc, t->arena));
	if (!other || str_eq(other->id, p->doc.id))
		return SERVICE_OK;
	return (enum service_result)error_set(
	    err, SERVICE_CONFLICT, "an access policy with the name \"" STR_FMT "\" already exists", STR_ARG(p->name));
}

enum service_result tag_policy_check_form(const struct tag_policy *p, struct error *err)
{
	enum service_result r = check_groups(p, err);

	if (r == SERVICE_OK && p->description.len > TAG_POLICY_MAX_DESCRIPTION_BYTES)
		return INVALID(err, "description must be at most %u bytes", TAG_POLICY_MAX_DESCRIPTION_BYTES);
	return r;
}

/* A name that is taken is told last: what is malformed is so whatever else exists. */
static enum service_result check(const struct txn *t, const struct tag_policy *p, struct error *err)
{
	enum service_result r = tag_policy_check_form(p, err);

	return r == SERVICE_OK ? check_name(t, p, err) : r;
}

/* ---- the policy itself -------------------------------------------------------------------------------------- */

static enum service_result check_carrier(const struct role *role, struct error *err)
{
	if (str_eq(role->scope, STR(ROLE_SCOPE_ORGANIZATION)))
		return INVALID(err, "the role " STR_FMT " is an organization role: only workspace roles carry policies",
		               STR_ARG(role->doc.id));
	/* Scopes of other dialects: who holds such a role is no member of a workspace by it. */
	if (!str_is_absent(role->scope) && !str_eq(role->scope, STR(ROLE_SCOPE_WORKSPACE)))
		return INVALID(err, "the role " STR_FMT " is none of workspaces", STR_ARG(role->doc.id));
	return SERVICE_OK;
}

static enum service_result check_carriers(const struct txn *t, struct str_list roles, struct error *err)
{
	enum service_result r = SERVICE_OK;

	if (roles.n > TAG_POLICY_MAX_ROLES)
		return INVALID(err, "role_ids: at most %u", TAG_POLICY_MAX_ROLES);
	for (size_t i = 0; r == SERVICE_OK && i < roles.n; i++)
		r = check_carrier(FIND(t->snapshot, role, ROLE, roles.items[i]), err);
	return r;
}

enum service_result tag_policy_create(struct txn *t, struct tag_policy *p, struct error *err)
{
	enum service_result r;

	p->doc = (struct document){.kind = DOC_TAG_POLICY};
	r = check(t, p, err);
	if (r == SERVICE_OK)
		r = check_carriers(t, p->roles, err);
	if (r != SERVICE_OK)
		return r;
	if (t->snapshot->n_docs[DOC_TAG_POLICY] >= TAG_POLICIES_MAX)
		return (enum service_result)error_set(err, SERVICE_FAILED_PRECONDITION,
		                                      "the organization has %u access policies, the most it can have",
		                                      TAG_POLICIES_MAX);
	p->doc.id = uuid_new(t->arena);
	txn_put(t, &p->doc);
	return SERVICE_OK;
}

static bool has_condition(const struct tag_group *g, const struct tag_condition *c)
{
	for (size_t i = 0; i < g->n_conditions; i++) {
		const struct tag_condition *other = &g->conditions[i];

		if (str_eq(other->value, c->value) && str_eq(other->key, c->key) &&
		    str_eq(other->operator, c->operator))
			return true;
	}
	return false;
}

/* Whatever the group matches, the wider one does: it asks for nothing that the group does not ask for. */
static bool covers(const struct tag_group *wider, const struct tag_group *g)
{
	if (!str_eq(wider->permission, g->permission) ||
	    langsmith_type_of(wider->resource_type) != langsmith_type_of(g->resource_type))
		return false;
	for (size_t i = 0; i < wider->n_conditions; i++)
		if (!has_condition(g, &wider->conditions[i]))
			return false;
	return true;
}

static bool is_covered(const struct tag_group *g, const struct tag_policy *by)
{
	for (size_t i = 0; i < by->n_groups; i++)
		if (covers(&by->groups[i], g))
			return true;
	return false;
}

/* Does it deny something that the next version may not? */
static bool loses_denies(const struct tag_policy *old, const struct tag_policy *next)
{
	if (!old->deny || !next->deny)
		return old->deny;
	for (size_t i = 0; i < old->n_groups; i++)
		if (!is_covered(&old->groups[i], next))
			return true;
	return false;
}

enum service_result tag_policy_update(struct txn *t, const struct tag_policy *old, struct tag_policy *next,
                                      struct widening *w, struct error *err)
{
	enum service_result r;

	next->doc = old->doc;
	next->roles = old->roles;
	r = check(t, next, err);
	if (r != SERVICE_OK)
		return r;
	if (loses_denies(old, next))
		widening_add_policy(w, t, old);
	next->doc.updated_at_ms = t->now_ms;
	txn_put(t, &next->doc);
	return SERVICE_OK;
}

static size_t attachments_of(const struct txn *t, struct str policy, const struct document *const **ret)
{
	return snapshot_linked(t->snapshot, DOC_POLICY_ATTACHMENT, arena_concat(t->arena, STR("policy:"), policy),
	                       t->arena, ret);
}

enum service_result tag_policy_delete(struct txn *t, const struct tag_policy *p, struct widening *w, struct error *err)
{
	const struct document *const *attachments;
	size_t n = attachments_of(t, p->doc.id, &attachments);

	if (n >= CASCADE_MAX_DOCUMENTS)
		return (enum service_result)error_set(
		    err, SERVICE_FAILED_PRECONDITION,
		    "the policy is attached to too many groups to be deleted at once: detach it first");
	widening_add_policy(w, t, p);
	for (size_t i = 0; i < n; i++)
		txn_delete(t, DOC_POLICY_ATTACHMENT, attachments[i]->id);
	txn_delete(t, DOC_TAG_POLICY, p->doc.id);
	return SERVICE_OK;
}

/* ---- roles ---------------------------------------------------------------------------------------------------- */

static int by_place(const void *a, const void *b)
{
	const struct tag_policy *const *x = a, *const *y = b;

	return (*x)->doc.seq < (*y)->doc.seq ? -1 : (*x)->doc.seq > (*y)->doc.seq;
}

/* Each policy once: a transaction may put a document only once. In t->arena. */
static struct tag_policy_list without_duplicates(const struct txn *t, struct tag_policy_list list)
{
	const struct tag_policy **items = ARENA_ARRAY(t->arena, const struct tag_policy *, list.n);
	size_t n = 0;

	if (list.n == 0)
		return list;
	memcpy(items, list.items, list.n * sizeof(*items));
	qsort(items, list.n, sizeof(*items), by_place);
	for (size_t i = 0; i < list.n; i++)
		if (n == 0 || items[n - 1] != items[i])
			items[n++] = items[i];
	return (struct tag_policy_list){items, n};
}

static struct str_list with(struct str_list list, struct str item, struct arena *a)
{
	struct str *items = ARENA_ARRAY(a, struct str, list.n + 1);

	if (list.n)
		memcpy(items, list.items, list.n * sizeof(*items));
	items[list.n] = item;
	return (struct str_list){items, list.n + 1};
}

enum service_result tag_policies_attach(struct txn *t, const struct role *role, struct tag_policy_list policies,
                                        struct error *err)
{
	struct tag_policy_list list = without_duplicates(t, policies);
	enum service_result r = check_carrier(role, err);

	for (size_t i = 0; r == SERVICE_OK && i < list.n; i++)
		if (list.items[i]->roles.n >= TAG_POLICY_MAX_ROLES && !str_list_has(list.items[i]->roles, role->doc.id))
			r = INVALID(err, "the access policy " STR_FMT " is attached to %u roles, the most it can be",
			            STR_ARG(list.items[i]->doc.id), TAG_POLICY_MAX_ROLES);
	if (r != SERVICE_OK)
		return r;
	for (size_t i = 0; i < list.n; i++) {
		struct tag_policy p = *list.items[i];

		if (str_list_has(p.roles, role->doc.id))
			continue;
		p.roles = with(p.roles, role->doc.id, t->arena);
		txn_put(t, &p.doc);
	}
	return SERVICE_OK;
}

void tag_policies_detach(struct txn *t, const struct role *role, struct tag_policy_list policies, struct widening *w)
{
	struct tag_policy_list list = without_duplicates(t, policies);

	for (size_t i = 0; i < list.n; i++) {
		struct tag_policy p = *list.items[i];

		if (!str_list_has(p.roles, role->doc.id))
			continue;
		widening_add_policy(w, t, list.items[i]);
		p.roles = iam_difference(p.roles, (struct str_list){&role->doc.id, 1}, t->arena);
		txn_put(t, &p.doc);
	}
}

/* ---- groups --------------------------------------------------------------------------------------------------- */

struct str policy_attachment_id(struct arena *a, struct str policy, struct str group, struct str tenant)
{
	return arena_strf(a, STR_FMT "/" STR_FMT "/" STR_FMT, STR_ARG(policy), STR_ARG(group), STR_ARG(tenant));
}

enum service_result policy_attach_to_group(struct txn *t, const struct policy_attachment *wanted,
                                           const struct policy_attachment **ret, struct error *err)
{
	struct str id = policy_attachment_id(t->arena, wanted->policy, wanted->group, wanted->tenant);
	const struct policy_attachment *old = FIND(t->snapshot, policy_attachment, POLICY_ATTACHMENT, id);
	struct policy_attachment *new;

	if (old) {
		*ret = old;
		return (enum service_result)error_set(err, SERVICE_CONFLICT, "the policy is attached already");
	}
	if (id.len > DOCUMENT_MAX_ID_BYTES)
		return INVALID(err, "the ids of the group and the workspace are too long for an attachment");
	new = ARENA_NEW(t->arena, struct policy_attachment);
	*new = *wanted;
	new->doc = (struct document){.kind = DOC_POLICY_ATTACHMENT, .id = id, .created_at_ms = t->now_ms};
	txn_put(t, &new->doc);
	*ret = new;
	return SERVICE_OK;
}

void policy_detach_from_group(struct txn *t, const struct policy_attachment *which, struct widening *w)
{
	const struct document *const *docs;
	size_t n = attachments_of(t, which->policy, &docs);

	for (size_t i = 0; i < n; i++) {
		const struct policy_attachment *a = as_policy_attachment(docs[i]);

		if (!str_eq(a->group, which->group) ||
		    (!str_is_absent(which->tenant) && !str_eq(a->tenant, which->tenant)))
			continue;
		widening_add_policy(w, t, FIND(t->snapshot, tag_policy, TAG_POLICY, a->policy));
		txn_delete(t, DOC_POLICY_ATTACHMENT, a->doc.id);
	}
}
