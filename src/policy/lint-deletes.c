/* SPDX-License-Identifier: Apache-2.0
 *
 * Denies that hang on something else: on one tag, or on what is about to be deleted. A deny that loses what it hangs on
 * denies nothing any more, and what it kept closed is open.
 */
#include "policy/lint-impl.h"

/* ---- tags -------------------------------------------------------------------------------------------------- */

/* Does the condition hold only where the resource has this key (value absent: whatever value)? */
static bool wants_tag(const struct tag_condition *c, struct str key, struct str value)
{
	const struct tag_operator *op = tag_operator_find(c->operator);

	if (!op || op->if_exists || !str_eq(c->key, key))
		return false;
	if (str_is_absent(value))
		return true;
	/* One value is what it hangs on only if no other will do. */
	return !op->is_negated && op->comparison == TAG_EQUALS && str_eq(c->value, value);
}

static bool group_wants_tag(const struct tag_group *g, struct str key, struct str value)
{
	for (size_t i = 0; i < g->n_conditions; i++)
		if (wants_tag(&g->conditions[i], key, value))
			return true;
	return false;
}

static bool policy_wants_tag(const struct tag_policy *p, struct str key, struct str value)
{
	for (size_t i = 0; i < p->n_groups; i++)
		if (!group_wants_tag(&p->groups[i], key, value))
			return false;
	return p->n_groups > 0;
}

static void look_at_tags(struct lint_run *r, const struct tag_policy *p)
{
	struct finding f = lint_about(LINT_DENY_ON_TAG, &p->doc, LINT_NO_STATEMENT);
	const struct tag_group *first = &p->groups[0];

	for (size_t i = 0; p->n_groups > 0 && i < first->n_conditions && lint_step(r, p->n_groups); i++) {
		struct str key = first->conditions[i].key;

		if (!policy_wants_tag(p, key, STR_NONE))
			continue;
		lint_add(r, &f,
		         arena_strf(r->arena,
		                    "The " STR_FMT " denies only where a resource has the tag " STR_FMT
		                    ": without the tag nothing is denied.",
		                    STR_ARG(lint_spoken(r, DOC_TAG_POLICY, p->doc.id)), STR_ARG(key)));
		return;
	}
}

/* ---- what is to be deleted --------------------------------------------------------------------------------- */

/* The engine's subject of what is deleted; absent: it is none. */
static struct str subject_of(const struct lint_document *gone, struct arena *a)
{
	switch ((int)gone->kind) {
	case DOC_USER:
		return arena_concat(a, STR(SUBJECT_USER), gone->id);
	case DOC_GROUP:
		return arena_concat(a, STR(SUBJECT_GROUP), gone->id);
	case DOC_SERVICE_ACCOUNT:
		return arena_concat(a, STR(SUBJECT_SERVICE), gone->id);
	case DOC_ROLE:
		return arena_concat(a, STR(SUBJECT_ROLE), gone->id);
	default:
		return STR_NONE;
	}
}

/* Is the document about nobody but the subject? */
static bool is_only_about(const struct lint_run *r, const struct document *doc, struct str subject)
{
	struct str_list l = engine_subjects_of(&r->snapshot->engine, (uint32_t)doc->kind, doc->id, 2, r->arena);

	return l.n == 1 && str_eq(l.items[0], subject);
}

static bool has_deny(const struct lint_run *r, const struct document *doc)
{
	struct statement_name name = {(uint32_t)doc->kind, doc->id, 0};
	struct statement_facts facts;

	for (; engine_statement_facts(&r->snapshot->engine, &name, &facts); name.statement++)
		if (facts.effect == EFFECT_DENY)
			return true;
	return false;
}

static bool hangs_on_tag(const struct lint_run *r, const struct document *doc, const struct lint_document *gone)
{
	const struct tag_value *v =
	    gone->kind == DOC_TAG_VALUE ? FIND(r->snapshot, tag_value, TAG_VALUE, gone->id) : NULL;
	const struct tag_key *k = FIND(r->snapshot, tag_key, TAG_KEY, v ? v->tag_key : gone->id);

	return doc->kind == DOC_TAG_POLICY && k && (gone->kind == DOC_TAG_KEY || v) &&
	       policy_wants_tag(as_tag_policy(doc), k->key, v ? v->value : STR_NONE);
}

static bool hangs_on(const struct lint_run *r, const struct document *doc, const struct lint_document *gone)
{
	struct str subject = subject_of(gone, r->arena);
	const struct access_policy *p = doc->kind == DOC_ACCESS_POLICY ? as_access_policy(doc) : NULL;

	if (gone->kind == DOC_TAG_KEY || gone->kind == DOC_TAG_VALUE)
		return hangs_on_tag(r, doc, gone);
	if (gone->kind == DOC_TAG_POLICY && doc->kind == DOC_POLICY_ATTACHMENT)
		return str_eq(as_policy_attachment(doc)->policy, gone->id);
	if (gone->kind == DOC_TENANT)
		return p && p->tenants.n == 1 && str_eq(p->tenants.items[0], gone->id);
	if (gone->kind == doc->kind)
		return str_eq(doc->id, gone->id);
	return !str_is_absent(subject) && is_only_about(r, doc, subject);
}

static void look_at_delete(struct lint_run *r, const struct document *doc)
{
	const struct lint_document *gone = &r->query->deleted;
	struct finding f = lint_about(LINT_DENY_LOST, doc, LINT_NO_STATEMENT);

	if (!has_deny(r, doc) || !hangs_on(r, doc, gone))
		return;
	lint_name_other(&f, gone->kind, gone->id);
	lint_add(r, &f,
	         arena_strf(r->arena, "The " STR_FMT " denies, and would no longer once the " STR_FMT " is deleted.",
	                    STR_ARG(lint_spoken(r, doc->kind, doc->id)),
	                    STR_ARG(lint_spoken(r, gone->kind, gone->id))));
}

void lint_deletes(struct lint_run *r, const struct document *doc)
{
	bool has_statements = doc->kind == DOC_STATEMENT_POLICY || doc->kind == DOC_ACCESS_POLICY ||
	                      doc->kind == DOC_TAG_POLICY || doc->kind == DOC_POLICY_ATTACHMENT;

	if (r->query->deleted.kind != DOC_NONE && has_statements && lint_wants(r, LINT_DENY_LOST))
		look_at_delete(r, doc);
	if (doc->kind == DOC_TAG_POLICY && as_tag_policy(doc)->deny && lint_wants(r, LINT_DENY_ON_TAG))
		look_at_tags(r, as_tag_policy(doc));
}
