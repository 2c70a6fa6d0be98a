/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements that say nothing, or nothing of their own.
 */
#include "policy/lint-impl.h"

/* Of one search for what covers a statement; a group that many are about is not compared all with all. */
#define MAX_COVER_STEPS UINT64_C(5000)

/* An organization is made with its first documents in its first revision; nobody wrote those. */
#define FIRST_REVISION 1u

bool lint_is_built_in(const struct document *doc)
{
	if (doc->rev == FIRST_REVISION)
		return true;
	if (doc->kind == DOC_ROLE)
		return as_role(doc)->is_managed;
	if (doc->kind == DOC_STATEMENT_POLICY)
		return !str_eq(as_statement_policy(doc)->type, STR(POLICY_TYPE_CUSTOM));
	return doc->kind == DOC_APPROVAL_POLICY && as_approval_policy(doc)->is_builtin;
}

/* What is attached to groups says the same once more for each: one of them being covered is not all of them being so.
 */
static bool is_attached(const struct lint_run *r, const struct document *doc)
{
	return doc->kind == DOC_TAG_POLICY &&
	       snapshot_count_linked(r->snapshot, DOC_POLICY_ATTACHMENT,
	                             arena_concat(r->arena, STR("policy:"), doc->id)) > 0;
}

/* ---- nobody ------------------------------------------------------------------------------------------------ */

static bool is_about_nobody(const struct lint_run *r, const struct document *doc)
{
	switch ((int)doc->kind) {
	case DOC_STATEMENT_POLICY:
		return as_statement_policy(doc)->members.n == 0;
	case DOC_ACCESS_POLICY:
		return as_access_policy(doc)->subjects.n == 0;
	case DOC_TAG_POLICY:
		return as_tag_policy(doc)->roles.n == 0 && !is_attached(r, doc);
	default:
		return false;
	}
}

/* ---- never ------------------------------------------------------------------------------------------------- */

static void add(struct lint_run *r, const struct document *doc, const struct statement_name *name, enum lint_kind kind,
                const char *what)
{
	struct finding f = lint_about(kind, doc, name->statement);

	lint_add(r, &f,
	         arena_strf(r->arena, "Statement %u of the " STR_FMT " %s.", (unsigned)name->statement,
	                    STR_ARG(lint_spoken(r, doc->kind, doc->id)), what));
}

static void add_dead_action(struct lint_run *r, const struct document *doc, const struct statement_name *name,
                            const struct statement_facts *facts)
{
	struct finding f = lint_about(LINT_DEAD_ACTION, doc, name->statement);

	lint_add(r, &f,
	         arena_strf(r->arena,
	                    "Statement %u of the " STR_FMT " names the action " STR_FMT ", which nobody can ask for.",
	                    (unsigned)name->statement, STR_ARG(lint_spoken(r, doc->kind, doc->id)),
	                    STR_ARG(facts->dead_action)));
}

static void add_impossible(struct lint_run *r, const struct document *doc, const struct statement_name *name,
                           struct str why)
{
	struct finding f = lint_about(LINT_IMPOSSIBLE_CONDITION, doc, name->statement);

	lint_add(r, &f,
	         arena_strf(r->arena, "The condition of statement %u of the " STR_FMT " cannot be true: " STR_FMT ".",
	                    (unsigned)name->statement, STR_ARG(lint_spoken(r, doc->kind, doc->id)), STR_ARG(why)));
}

/* Says why it never matches; false: it may. */
static bool never_matches(struct lint_run *r, const struct document *doc, const struct statement_name *name,
                          const struct statement_facts *facts)
{
	struct str why;

	if (facts->n_dead_actions)
		add_dead_action(r, doc, name, facts);
	if (facts->n_actions == 0)
		add(r, doc, name, LINT_NO_ACTION, "is about no action");
	else if (facts->n_resources == 0)
		add(r, doc, name, LINT_NO_RESOURCE, "is about no resource");
	else if (!facts->all_tenants && facts->n_tenants == 0)
		add(r, doc, name, LINT_NO_TENANT, "applies in no tenant");
	else if (facts->valid_until_ms != INT64_MAX && facts->valid_from_ms >= facts->valid_until_ms)
		add(r, doc, name, LINT_EXPIRED, "ends before it begins");
	else if (facts->valid_until_ms != INT64_MAX && facts->valid_until_ms <= r->query->now_ms)
		add(r, doc, name, LINT_EXPIRED, "has expired");
	else if (facts->has_condition && !lint_condition_is_possible(r, doc, name->statement, &why))
		add_impossible(r, doc, name, why);
	else
		return facts->n_dead_actions == facts->n_actions;
	return true;
}

/* ---- covered ----------------------------------------------------------------------------------------------- */

struct cover {
	struct cover_search search;
	const struct lint_run *run;
	const struct document *doc;
	struct statement_name name;
	enum effect effect;
	bool is_found;
	struct statement_name by;
	enum effect by_effect;
};

/* Which of two that say the same stays: the one that was there before. */
static bool comes_before(const struct cover *c, const struct statement_name *by)
{
	const struct document *other = snapshot_find(c->run->snapshot, (enum document_kind)by->kind, by->document);

	if (!other || by->kind != (uint32_t)c->doc->kind)
		return by->kind < (uint32_t)c->doc->kind;
	if (other->ordinal != c->doc->ordinal)
		return other->ordinal < c->doc->ordinal;
	return by->statement < c->name.statement;
}

/* Shadowed by a deny counts for more than said twice: that one is looked for to the end. */
static bool take(struct cover_search *search, const struct statement_name *by, enum effect effect, bool is_mutual)
{
	struct cover *c = CONTAINER_OF(search, struct cover, search);
	bool is_shadow = c->effect == EFFECT_ALLOW && effect == EFFECT_DENY;

	if (!is_shadow && (effect != c->effect || c->is_found || (is_mutual && !comes_before(c, by))))
		return false;
	c->is_found = true;
	c->by = *by;
	c->by_effect = effect;
	return is_shadow;
}

static bool same_condition(const struct cover_search *search, const struct statement_name *x,
                           const struct statement_name *y)
{
	return lint_same_condition(
	    CONTAINER_OF((struct cover_search *)(uintptr_t)search, struct cover, search)->run->snapshot, x, y);
}

static void add_covered(struct lint_run *r, const struct cover *c)
{
	bool is_shadow = c->by_effect != c->effect;
	struct finding f = lint_about(is_shadow ? LINT_SHADOWED : LINT_REDUNDANT, c->doc, c->name.statement);
	struct str other = lint_spoken(r, (enum document_kind)c->by.kind, c->by.document);

	lint_name_other(&f, (enum document_kind)c->by.kind, c->by.document);
	lint_add(r, &f,
	         arena_strf(r->arena, "Statement %u of the " STR_FMT " %s statement %u of the " STR_FMT ".",
	                    (unsigned)c->name.statement, STR_ARG(lint_spoken(r, c->doc->kind, c->doc->id)),
	                    is_shadow ? "allows nothing that is not denied by" : "says nothing beyond",
	                    (unsigned)c->by.statement, STR_ARG(other)));
}

static void look_for_covers(struct lint_run *r, const struct document *doc, const struct statement_name *name,
                            enum effect effect)
{
	struct cover c = {.run = r, .doc = doc, .name = *name, .effect = effect};
	uint64_t steps = r->steps < MAX_COVER_STEPS ? r->steps : MAX_COVER_STEPS;
	bool is_whole;

	c.search = (struct cover_search){.same_condition = same_condition, .covered = take, .steps = steps};
	is_whole = engine_find_covers(&r->snapshot->engine, name, &c.search, r->arena);
	(void)lint_step(r, steps - c.search.steps);
	if (c.is_found)
		add_covered(r, &c);
	else
		r->page->n_unchecked += !is_whole;
}

/* ---- the whole --------------------------------------------------------------------------------------------- */

/* What an attachment says is said by its policy. */
static bool is_looked_at(enum document_kind kind)
{
	return kind == DOC_STATEMENT_POLICY || kind == DOC_ACCESS_POLICY || kind == DOC_TAG_POLICY;
}

void lint_statements(struct lint_run *r, const struct document *doc)
{
	bool wants_covers = (lint_wants(r, LINT_SHADOWED) || lint_wants(r, LINT_REDUNDANT)) && !is_attached(r, doc);
	struct statement_name name = {(uint32_t)doc->kind, doc->id, 0};
	struct statement_facts facts;
	struct finding f;

	if (!is_looked_at(doc->kind) || lint_is_built_in(doc))
		return;
	if (is_about_nobody(r, doc)) {
		f = lint_about(LINT_NO_SUBJECT, doc, LINT_NO_STATEMENT);
		lint_add(r, &f,
		         arena_strf(r->arena, "The " STR_FMT " is about nobody.",
		                    STR_ARG(lint_spoken(r, doc->kind, doc->id))));
		return;
	}
	for (; engine_statement_facts(&r->snapshot->engine, &name, &facts) && !r->is_full; name.statement++)
		if (!never_matches(r, doc, &name, &facts) && wants_covers)
			look_for_covers(r, doc, &name, facts.effect);
}
