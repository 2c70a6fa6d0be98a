/* SPDX-License-Identifier: Apache-2.0 */
#include "service/approval_internal.h"

#include <stdarg.h>

#include "base/fold.h"
#include "json/object.h"
#include "service/conductorone_id.h"

/* ---- reading ------------------------------------------------------------------------------------------- */

static const struct str type_names[] = {
    [REQUEST_NONE] = STR_INIT("POLICY_TYPE_UNSPECIFIED"),
    [REQUEST_GRANT] = STR_INIT("POLICY_TYPE_GRANT"),
    [REQUEST_REVOKE] = STR_INIT("POLICY_TYPE_REVOKE"),
    [REQUEST_CERTIFY] = STR_INIT("POLICY_TYPE_CERTIFY"),
};
static_assert(N_ELEMENTS(type_names) == REQUEST_CERTIFY + 1, "every type that policies have has its name");

enum request_type approval_policy_type_of(struct str name)
{
	for (size_t type = REQUEST_NONE + 1; type < N_ELEMENTS(type_names); type++)
		if (str_eq(type_names[type], name))
			return (enum request_type)type;
	return REQUEST_NONE;
}

struct str approval_policy_baseline(enum request_type type)
{
	return request_type_name(type);
}

const struct approval_policy *approval_policy_find(const struct snapshot *s, struct str id)
{
	return FIND(s, approval_policy, APPROVAL_POLICY, id);
}

struct str approval_rule_step_key(const struct json *rule)
{
	struct str key = json_get_str(rule, STR("stepKey"));

	return str_is_empty(key) ? json_get_str(rule, STR("policyKey")) : key;
}

const struct json *approval_policy_message(const struct approval_policy *p, struct arena *a)
{
	struct json_object o = {.arena = a};

	json_object_str(&o, "id", p->doc.id);
	json_object_str(&o, "displayName", p->display_name);
	json_object_str(&o, "description", p->description);
	json_object_str(&o, "policyType", type_names[p->type]);
	json_object_tree(&o, "policySteps", p->steps);
	json_object_tree(&o, "rules", p->rules);
	json_object_tree(&o, "postActions", p->post_actions);
	json_object_str(&o, "baselinePolicyId", p->baseline_policy);
	json_object_tree(&o, "annotations", p->annotations);
	json_object_tree(&o, "scope", p->scope);
	json_object_bool(&o, "systemBuiltin", p->is_builtin);
	json_object_time(&o, "createdAt", p->doc.created_at_ms);
	json_object_time(&o, "updatedAt", p->doc.updated_at_ms);
	json_object_time(&o, "deletedAt", p->deleted_at_ms);
	return json_object_end(&o);
}

/* ---- lists --------------------------------------------------------------------------------------------- */

/* Does the text hold the part? Both folded. */
static bool holds(struct str text, struct str part)
{
	if (part.len == 0)
		return true;
	for (size_t i = 0; i + part.len <= text.len; i++)
		if (memcmp(text.ptr + i, part.ptr, part.len) == 0)
			return true;
	return false;
}

static bool fits_texts(const struct approval_policy *p, const struct approval_policy_filter *f, struct arena *a)
{
	struct str name, description, rest, word;

	if (str_is_empty(f->display_name) && str_is_empty(f->query))
		return true;
	name = fold_str(a, p->display_name);
	description = fold_str(a, p->description);
	if (!holds(name, fold_str(a, f->display_name)))
		return false;
	rest = fold_str(a, f->query);
	while (str_split(&rest, ' ', &word))
		if (!holds(name, word) && !holds(description, word))
			return false;
	return true;
}

static bool fits_object(const struct approval_policy *p, const struct approval_policy_filter *f)
{
	struct str entitlement = json_get_str(p->scope, STR("appEntitlementId"));

	if (!str_is_empty(f->scope_app) && !str_eq(f->scope_app, json_get_str(p->scope, STR("appId"))))
		return false;
	if (!str_is_empty(f->scope_entitlement) && !str_eq(f->scope_entitlement, entitlement))
		return false;
	if (!str_is_empty(f->scope_slot) && !str_eq(f->scope_slot, json_get_str(p->scope, STR("slot"))))
		return false;
	return !(f->only_apps && !str_is_empty(entitlement)) && !(f->only_entitlements && str_is_empty(entitlement));
}

static bool fits_view(const struct approval_policy *p, const struct approval_policy_filter *f)
{
	switch (f->view) {
	case POLICY_VIEW_GLOBAL:
		return !p->scope;
	case POLICY_VIEW_SCOPED:
		return p->scope && fits_object(p, f);
	case POLICY_VIEW_GLOBAL_AND_OBJECT:
		return !p->scope || (!str_is_empty(f->scope_app) && fits_object(p, f));
	case POLICY_VIEW_ALL:
		break;
	}
	return true;
}

static bool fits(const struct approval_policy *p, const struct approval_policy_filter *f, struct arena *a)
{
	if (p->doc.seq <= f->after || (p->deleted_at_ms && !f->with_deleted) || str_list_has(f->exclude, p->doc.id))
		return false;
	if (f->types && !(f->types & 1u << p->type))
		return false;
	if (f->has_only ? !str_list_has(f->only, p->doc.id) : !fits_view(p, f))
		return false;
	return fits_texts(p, f, a);
}

size_t approval_policy_list(const struct snapshot *s, const struct approval_policy_filter *filter, struct arena *a,
                            const struct approval_policy *const **ret)
{
	const struct approval_policy **items = NULL, *p;
	struct arena scratch = ARENA_INIT;
	uint64_t ordinal = 0;
	size_t n = 0, cap = 0;

	while ((filter->limit == 0 || n < filter->limit) &&
	       (p = as_approval_policy(snapshot_next(s, DOC_APPROVAL_POLICY, &ordinal)))) {
		if (fits(p, filter, &scratch)) {
			ARENA_ROOM(a, items, n, &cap);
			items[n++] = p;
		}
		arena_reset(&scratch);
	}
	arena_release(&scratch);
	*ret = items;
	return n;
}

/* ---- checks -------------------------------------------------------------------------------------------- */

bool policy_refuse(struct policy_check *c, const char *fmt, ...)
{
	char text[sizeof(c->err->text)];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	(void)error_set(c->err, SERVICE_INVALID, "%s", text);
	return false;
}

bool policy_check_id(struct policy_check *c, enum document_kind kind, struct str id, const char *field)
{
	if (conductorone_is_id(id) || snapshot_find_any(c->t->snapshot, kind, id))
		return true;
	return policy_refuse(c, "invalid %s: value does not match regex pattern \"^[a-zA-Z0-9]{27}$\"", field);
}

bool policy_check_expression(struct policy_check *c, enum condition_kind kind, struct str source)
{
	const struct condition_issue *issues;
	size_t n;

	if (str_is_empty(source) || source.len > CONDITION_MAX_BYTES)
		return policy_refuse(c, "invalid condition: value length must be between 1 and %zu bytes, inclusive",
		                     CONDITION_MAX_BYTES);
	if (conditions_check(service_conditions(c->t->service), kind, source, c->t->arena, &issues, &n))
		return true;
	return policy_refuse(c, "invalid CEL expression: %u:%u: " STR_FMT, issues[0].line, issues[0].column,
	                     STR_ARG(issues[0].text));
}

static const struct json *sequence_of(const struct approval_policy *p, struct str key)
{
	return json_get(p->steps, key);
}

static bool check_rule(struct policy_check *c, const struct json *rule)
{
	struct str older = json_get_str(rule, STR("policyKey")), key = json_get_str(rule, STR("stepKey"));
	struct str policy = json_get_str(rule, STR("policyId"));

	if (!str_is_empty(older) && (!str_is_empty(key) || !str_is_empty(policy)))
		return policy_refuse(c, "rule outcome is ambiguous: policyKey stands beside stepKey or policyId");
	if (str_is_empty(older) && str_is_empty(key) && str_is_empty(policy))
		return policy_refuse(c, "rule outcome is empty: one of stepKey and policyId is needed");
	if (str_is_empty(policy) && !sequence_of(c->policy, approval_rule_step_key(rule)))
		return policy_refuse(c, "no steps for rule");
	return policy_check_expression(c, CONDITION_MATCH, json_get_str(rule, STR("condition")));
}

static bool check_rules(struct policy_check *c)
{
	const struct json *rules = c->policy->rules;
	uint32_t n = rules ? rules->n : 0;

	if (n > APPROVAL_POLICY_MAX_RULES)
		return policy_refuse(c, "invalid Policy.Rules: value must contain no more than %u item(s)",
		                     APPROVAL_POLICY_MAX_RULES);
	for (uint32_t i = 0; i < n; i++)
		if (!check_rule(c, &rules->items[i]))
			return false;
	return true;
}

static bool check_post_actions(struct policy_check *c)
{
	const struct json *actions = c->policy->post_actions;

	for (uint32_t i = 0; actions && i < actions->n; i++) {
		const struct json *at_once = json_get(&actions->items[i], STR("certifyRemediateImmediately"));

		if (at_once && at_once->b && c->policy->type != REQUEST_CERTIFY)
			return policy_refuse(c, "certifyRemediateImmediately is only valid on certify policies");
	}
	return true;
}

static bool check_scope(struct policy_check *c)
{
	struct str app = json_get_str(c->policy->scope, STR("appId"));

	if (!c->policy->scope)
		return true;
	return policy_check_id(c, DOC_APP, app, "PolicyScope.AppId");
}

/* The baseline stands in one place only; where it stands in none, it rejects. */
static bool settle_baseline(struct policy_check *c, struct approval_policy *p, struct str *ret_warning)
{
	static const struct json_member reject = {STR_INIT("reject"), {.type = JSON_OBJECT}};
	static const struct json step = {.type = JSON_OBJECT, .n = 1, .members = &reject};
	static const struct json_member steps = {STR_INIT("steps"), {.type = JSON_ARRAY, .n = 1, .items = &step}};
	struct str key = approval_policy_baseline(p->type);
	struct json_object all = {.arena = c->t->arena};

	if (!str_is_empty(p->baseline_policy))
		return !sequence_of(p, key) ||
		       policy_refuse(c, "baselinePolicyId and policySteps[\"" STR_FMT "\"] are mutually exclusive",
		                     STR_ARG(key));
	if (sequence_of(p, key))
		return true;
	json_object_put(&all, key.ptr, (struct json){.type = JSON_OBJECT, .n = 1, .members = &steps});
	for (uint32_t i = 0; p->steps && i < p->steps->n; i++) {
		ARENA_ROOM(all.arena, all.members, all.n, &all.cap);
		all.members[all.n++] = p->steps->members[i];
	}
	p->steps = json_object_end(&all);
	*ret_warning = arena_strf(
	    c->t->arena, "policySteps has no \"" STR_FMT "\": what no rule routes elsewhere is rejected", STR_ARG(key));
	return true;
}

static bool check_policy(struct txn *t, struct approval_policy *p, struct str *ret_warning, struct error *err)
{
	struct policy_check c = {t, p, err};

	if (p->type == REQUEST_NONE)
		return policy_refuse(&c, "policies of this policy type cannot be made");
	if (str_is_empty(p->display_name))
		return policy_refuse(&c, "invalid Policy.DisplayName: value length must be at least 1 runes");
	return settle_baseline(&c, p, ret_warning) && policy_check_steps(&c) && check_rules(&c) &&
	       policy_check_references(&c) && check_post_actions(&c) && check_scope(&c) && policy_check_annotations(&c);
}

/* ---- changing ------------------------------------------------------------------------------------------ */

static enum service_result store(struct txn *t, struct approval_policy *p, struct str *ret_warning, struct error *err)
{
	p->steps = policy_kept_steps(p->steps, t->arena);
	if (!check_policy(t, p, ret_warning, err))
		return SERVICE_INVALID;
	p->doc.updated_at_ms = t->now_ms;
	if (str_is_empty(p->doc.id))
		p->doc = (struct document){.kind = DOC_APPROVAL_POLICY,
		                           .id = conductorone_new_id(t->arena),
		                           .created_at_ms = t->now_ms,
		                           .updated_at_ms = t->now_ms};
	txn_put(t, &p->doc);
	return SERVICE_OK;
}

enum service_result approval_policy_create(struct txn *t, struct approval_policy *p, struct str *ret_warning,
                                           struct error *err)
{
	p->annotations = approval_policy_annotate(NULL, p->annotations, t->arena);
	p->is_builtin = false;
	p->deleted_at_ms = 0;
	p->doc.id = STR_NONE;
	return store(t, p, ret_warning, err);
}

static bool is_same_tree(const struct json *a, const struct json *b)
{
	return a == b || (a && b && json_equal(a, b));
}

enum service_result approval_policy_update(struct txn *t, struct approval_policy *p, struct str *ret_warning,
                                           struct error *err)
{
	const struct approval_policy *old = approval_policy_find(t->snapshot, p->doc.id);

	assert(old);
	if (old->deleted_at_ms)
		return (enum service_result)error_set(err, SERVICE_FAILED_PRECONDITION, "policy is deleted");
	if (p->type != old->type)
		return (enum service_result)error_set(err, SERVICE_INVALID, "policy type cannot be changed");
	if (!is_same_tree(p->scope, old->scope))
		return (enum service_result)error_set(err, SERVICE_INVALID, "policy scope cannot be changed");
	if (old->is_builtin && !str_eq(p->display_name, old->display_name))
		return (enum service_result)error_set(err, SERVICE_INVALID,
		                                      "system builtin policies cannot be renamed");
	return store(t, p, ret_warning, err);
}

enum service_result approval_policy_delete(struct txn *t, const struct approval_policy *p, struct error *err)
{
	const struct approval_policy *referrer = policy_referrer(t->snapshot, p->doc.id);
	struct approval_policy deleted = *p;

	if (p->deleted_at_ms)
		return SERVICE_OK;
	if (p->is_builtin)
		return (enum service_result)error_set(err, SERVICE_FAILED_PRECONDITION,
		                                      "cannot delete policy because it is a system builtin policy");
	if (referrer)
		return (enum service_result)error_set(
		    err, SERVICE_FAILED_PRECONDITION,
		    "cannot delete policy because it is referenced by policy \"" STR_FMT "\" (" STR_FMT ")",
		    STR_ARG(referrer->display_name), STR_ARG(referrer->doc.id));
	deleted.deleted_at_ms = t->now_ms;
	txn_put(t, &deleted.doc);
	return SERVICE_OK;
}

/* ---- built-in ones ------------------------------------------------------------------------------------- */

static const struct json_member app_owners[] = {{STR_INIT("appOwners"), {.type = JSON_OBJECT}}};
static const struct json_member approval[] = {
    {STR_INIT("approval"), {.type = JSON_OBJECT, .n = 1, .members = app_owners}},
};
static const struct json one_step[] = {{.type = JSON_OBJECT, .n = 1, .members = approval}};
static const struct json_member sequence[] = {
    {STR_INIT("steps"), {.type = JSON_ARRAY, .n = 1, .items = one_step}},
};

#define BASELINE(name, key)                                                                                            \
	static const struct json_member name##_members[] = {                                                           \
	    {STR_INIT(key), {.type = JSON_OBJECT, .n = 1, .members = sequence}}};                                      \
	static const struct json name = {.type = JSON_OBJECT, .n = 1, .members = name##_members}
BASELINE(grant_steps, "grant");
BASELINE(certify_steps, "certify");

static bool has_builtin(const struct snapshot *s, enum request_type type)
{
	const struct document *doc;
	uint64_t at = 0;

	while ((doc = snapshot_next(s, DOC_APPROVAL_POLICY, &at)))
		if (as_approval_policy(doc)->is_builtin && as_approval_policy(doc)->type == type)
			return true;
	return false;
}

void approval_policy_builtins(struct txn *t)
{
	const struct approval_policy policies[] = {
	    {.display_name = STR("App Owner Approval"), .type = REQUEST_GRANT, .steps = &grant_steps},
	    {.display_name = STR("App owner certification"), .type = REQUEST_CERTIFY, .steps = &certify_steps},
	};

	for (size_t i = 0; i < N_ELEMENTS(policies); i++) {
		struct approval_policy p = policies[i];

		if (has_builtin(t->snapshot, p.type))
			continue;
		p.doc.kind = DOC_APPROVAL_POLICY;
		p.doc.id = conductorone_new_id(t->arena);
		p.is_builtin = true;
		txn_put(t, &p.doc);
	}
}
