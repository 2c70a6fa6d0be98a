/* SPDX-License-Identifier: Apache-2.0
 *
 * Who has what: grants that nobody uses, approvers who may approve themselves, and holders of roles that are to be
 * apart.
 */
#include "base/strs.h"
#include "policy/ask.h"
#include "policy/lint-impl.h"

/* ---- unused ------------------------------------------------------------------------------------------------ */

/* Does the document give anybody access, so that it could have been used? */
static bool is_grant(const struct lint_run *r, const struct document *doc)
{
	struct statement_name name = {(uint32_t)doc->kind, doc->id, 0};
	struct statement_facts facts;

	if (doc->kind == DOC_ACCESS_GRANT || doc->kind == DOC_ENTITLEMENT_BINDING)
		return true;
	if (doc->kind != DOC_STATEMENT_POLICY && doc->kind != DOC_ACCESS_POLICY && doc->kind != DOC_TAG_POLICY)
		return false;
	for (; engine_statement_facts(&r->snapshot->engine, &name, &facts); name.statement++)
		if (facts.effect == EFFECT_ALLOW)
			return true;
	return false;
}

static void look_at_use(struct lint_run *r, const struct document *doc)
{
	const struct lint_usage *usage = r->query->usage;
	struct finding f = lint_about(LINT_UNUSED_GRANT, doc, LINT_NO_STATEMENT);

	if (!usage || !lint_wants(r, LINT_UNUSED_GRANT) || lint_is_built_in(doc))
		return;
	if (doc->created_at_ms >= usage->since_ms || !is_grant(r, doc) || usage->is_used(usage, doc->kind, doc->id))
		return;
	lint_add(r, &f,
	         arena_strf(r->arena, "No decision of the log since then names the " STR_FMT " as what allowed it.",
	                    STR_ARG(lint_spoken(r, doc->kind, doc->id))));
}

/* ---- self approval ----------------------------------------------------------------------------------------- */

static bool is_true(const struct json *object, struct str name)
{
	const struct json *value = json_get(object, name);

	return json_is(value, JSON_BOOL) && value->b;
}

/* Whose account it is decides in a step made for that; in others only where it is allowed. */
static bool allows_self(const struct json *approval)
{
	for (uint32_t i = 0; json_is(approval, JSON_OBJECT) && i < approval->n; i++) {
		const struct json_member *arm = &approval->members[i];

		if (json_is(&arm->value, JSON_OBJECT) &&
		    (str_eq(arm->name, STR("self")) || is_true(&arm->value, STR("allowSelfApproval"))))
			return true;
	}
	return false;
}

static void look_at_steps(struct lint_run *r, const struct document *doc, struct str key, const struct json *steps)
{
	struct finding f = lint_about(LINT_SELF_APPROVAL, doc, LINT_NO_STATEMENT);

	for (uint32_t i = 0; json_is(steps, JSON_ARRAY) && i < steps->n && lint_step(r, 1); i++) {
		if (!allows_self(json_get(&steps->items[i], STR("approval"))))
			continue;
		lint_add(r, &f,
		         arena_strf(r->arena,
		                    "In step %u of \"" STR_FMT "\" of the " STR_FMT
		                    " people may approve what they asked for themselves.",
		                    (unsigned)i + 1, STR_ARG(key), STR_ARG(lint_spoken(r, doc->kind, doc->id))));
	}
}

static void look_at_approval(struct lint_run *r, const struct approval_policy *p)
{
	if (!lint_wants(r, LINT_SELF_APPROVAL) || p->is_builtin || p->deleted_at_ms)
		return;
	for (uint32_t i = 0; json_is(p->steps, JSON_OBJECT) && i < p->steps->n; i++)
		look_at_steps(r, &p->doc, p->steps->members[i].name,
		              json_get(&p->steps->members[i].value, STR("steps")));
}

/* ---- separations ------------------------------------------------------------------------------------------- */

struct str_list lint_roles_held(const struct snapshot *s, const struct separation *p, struct str type, struct str id,
                                struct arena *a)
{
	struct strs held = {.arena = a};
	const struct subject *subjects;
	size_t n;

	snapshot_subjects(s, type, id, a, &subjects, &n);
	for (size_t i = 0; i < n; i++) {
		struct str text = subjects[i].text, role;

		if (!str_starts_with(text, STR(SUBJECT_ROLE)))
			continue;
		role = str_slice(text, STR(SUBJECT_ROLE).len, text.len);
		if (str_list_has(p->roles, role) && !str_list_has(strs_list(&held), role))
			strs_add(&held, role);
	}
	return strs_list(&held);
}

static struct str join(const struct lint_run *r, struct str_list list)
{
	struct str text = list.n ? list.items[0] : STR("");

	for (size_t i = 1; i < list.n; i++)
		text = arena_concat3(r->arena, text, STR(", "), list.items[i]);
	return text;
}

static void look_at_principal(struct lint_run *r, const struct separation *p, enum document_kind kind, struct str id)
{
	struct finding f = lint_about(LINT_SEPARATION_BROKEN, &p->doc, LINT_NO_STATEMENT);
	struct str type = kind == DOC_USER ? STR("user") : STR("service");
	struct str_list held = lint_roles_held(r->snapshot, p, type, id, r->arena);

	if ((int64_t)held.n <= p->max)
		return;
	lint_name_other(&f, kind, id);
	lint_add(r, &f,
	         arena_strf(r->arena, "The " STR_FMT " holds " STR_FMT ", of which the " STR_FMT " allows %lld.",
	                    STR_ARG(lint_spoken(r, kind, id)), STR_ARG(join(r, held)),
	                    STR_ARG(lint_spoken(r, DOC_SEPARATION, p->doc.id)), (long long)p->max));
}

/* Everybody is looked at once, by the first of the roles that leads there. */
static void add_holders(struct lint_run *r, struct str role, struct strs *users, struct strs *services)
{
	const struct document *const *docs, *const *members;
	size_t n =
	    snapshot_linked(r->snapshot, DOC_ROLE_MEMBER, arena_concat(r->arena, STR("role:"), role), r->arena, &docs);

	for (size_t i = 0; i < n; i++) {
		const struct role_member *m = as_role_member(docs[i]);
		size_t n_members = 0;

		(void)lint_step(r, 1);
		if (str_eq(m->principal_type, STR("user")))
			strs_add(users, m->principal_id);
		else if (str_eq(m->principal_type, STR("service")))
			strs_add(services, m->principal_id);
		else
			n_members =
			    snapshot_linked(r->snapshot, DOC_GROUP_MEMBER,
			                    arena_concat(r->arena, STR("group:"), m->principal_id), r->arena, &members);
		for (size_t k = 0; k < n_members; k++)
			strs_add(users, as_group_member(members[k])->member);
	}
}

static void look_at_all(struct lint_run *r, const struct separation *p, enum document_kind kind, struct strs *ids)
{
	if (ids->n)
		qsort(ids->items, ids->n, sizeof(*ids->items), str_qsort);
	for (size_t i = 0; i < ids->n && !r->is_full; i++) {
		const struct document *who = NULL;

		if (i == 0 || !str_eq(ids->items[i - 1], ids->items[i]))
			who = snapshot_find(r->snapshot, kind, ids->items[i]);
		(void)lint_step(r, 1);
		if (who)
			look_at_principal(r, p, kind, who->id);
	}
}

static void look_at_separation(struct lint_run *r, const struct separation *p)
{
	struct strs users = {.arena = r->arena}, services = {.arena = r->arena};

	if (!lint_wants(r, LINT_SEPARATION_BROKEN))
		return;
	for (size_t i = 0; i < p->roles.n; i++)
		add_holders(r, p->roles.items[i], &users, &services);
	look_at_all(r, p, DOC_USER, &users);
	look_at_all(r, p, DOC_SERVICE_ACCOUNT, &services);
}

void lint_holders(struct lint_run *r, const struct document *doc)
{
	look_at_use(r, doc);
	if (doc->kind == DOC_APPROVAL_POLICY)
		look_at_approval(r, as_approval_policy(doc));
	else if (doc->kind == DOC_SEPARATION)
		look_at_separation(r, as_separation(doc));
}
