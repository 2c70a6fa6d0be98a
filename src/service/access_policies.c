/* SPDX-License-Identifier: Apache-2.0 */
#include "service/access_policies.h"

#include "base/strs.h"
#include "model/native.h"
#include "policy/native_condition.h"
#include "service/directory.h"
#include "service/iam.h"

/* ---- checks ------------------------------------------------------------------------------------------------ */

static bool refuse(struct error *err, const char *name, struct str item, const char *why)
{
	(void)error_set(err, SERVICE_INVALID, "%s: \"" STR_FMT "\" %s", name, STR_ARG(item), why);
	return false;
}

static bool list_fits(struct str_list list, const char *name, size_t least, struct error *err)
{
	if (list.n >= least && list.n <= ACCESS_POLICY_MAX_ITEMS)
		return true;
	(void)error_set(err, SERVICE_INVALID,
	                list.n ? "%s: more than %u" : "%s must name at least one; \"*\" stands for all", name,
	                ACCESS_POLICY_MAX_ITEMS);
	return false;
}

/* The subject under its canonical id; false: nobody. */
static bool resolve_subject(const struct txn *t, struct str *subject)
{
	struct str id;
	enum document_kind kind;
	const struct document *doc;

	if (str_eq(*subject, STR("*")))
		return true;
	kind = access_policy_subject_kind(*subject, &id);
	doc = kind == DOC_NONE ? NULL : snapshot_find_any(t->snapshot, kind, id);
	if (doc)
		*subject = access_policy_subject(t->arena, kind, doc->id);
	return doc;
}

static bool check_subjects(const struct txn *t, struct str_list *subjects, struct error *err)
{
	struct str *items = ARENA_ARRAY(t->arena, struct str, subjects->n);
	size_t n = 0;

	/* Nobody is no mistake: it is what is left when all of them are gone. */
	if (!list_fits(*subjects, "subjects", 0, err))
		return false;
	for (size_t i = 0; i < subjects->n; i++) {
		struct str subject = subjects->items[i], id;

		if (!str_eq(subject, STR("*")) && access_policy_subject_kind(subject, &id) == DOC_NONE)
			return refuse(err, "subjects", subject,
			              "is none of user:ID, group:ID, role:ID, service:ID and *");
		if (!resolve_subject(t, &subject))
			return refuse(err, "subjects", subject, "is not in the directory");
		if (!str_list_has((struct str_list){items, n}, subject))
			items[n++] = subject;
	}
	*subjects = (struct str_list){items, n};
	return true;
}

static bool check_each(struct str_list list, const char *name, bool (*is_valid)(struct str), const char *why,
                       struct error *err)
{
	if (!list_fits(list, name, 1, err))
		return false;
	for (size_t i = 0; i < list.n; i++)
		if (!is_valid(list.items[i]))
			return refuse(err, name, list.items[i], why);
	return true;
}

static bool check_tenants(const struct txn *t, struct str_list tenants, struct error *err)
{
	if (!list_fits(tenants, "tenants", 0, err))
		return false;
	for (size_t i = 0; i < tenants.n; i++)
		if (!snapshot_find(t->snapshot, DOC_TENANT, tenants.items[i]))
			return refuse(err, "tenants", tenants.items[i], "is no tenant");
	return true;
}

static bool check_condition(const struct txn *t, struct str condition, struct error *err)
{
	struct condition_issue issue;

	if (str_is_absent(condition) || native_condition_check(t->snapshot->native_env, condition, t->arena, &issue))
		return true;
	(void)error_set(err, SERVICE_INVALID, "condition: line %u, column %u: " STR_FMT, issue.line, issue.column,
	                STR_ARG(issue.text));
	return false;
}

static bool check_window(const struct access_policy *p, struct error *err)
{
	if (!p->valid_until_ms || p->valid_from_ms < p->valid_until_ms)
		return true;
	(void)error_set(err, SERVICE_INVALID, "valid_until must be later than valid_from");
	return false;
}

static bool is_one_too_many(const struct txn *t, const struct access_policy *p, struct error *err)
{
	if (t->snapshot->n_docs[DOC_ACCESS_POLICY] < ACCESS_POLICIES_MAX ||
	    snapshot_find(t->snapshot, DOC_ACCESS_POLICY, p->doc.id))
		return false;
	(void)error_set(err, SERVICE_CONFLICT, "there are already %u access policies", ACCESS_POLICIES_MAX);
	return true;
}

enum service_result access_policy_check(const struct txn *t, struct access_policy *p, struct error *err)
{
	if (p->description.len > DIRECTORY_MAX_TEXT_BYTES)
		return (enum service_result)error_set(err, SERVICE_INVALID, "description is longer than %u bytes",
		                                      DIRECTORY_MAX_TEXT_BYTES);
	if (is_one_too_many(t, p, err))
		return SERVICE_CONFLICT;
	if (check_subjects(t, &p->subjects, err) &&
	    check_each(p->actions, "actions", access_policy_valid_action, "is not the name of an action", err) &&
	    check_each(p->resources, "resources", access_policy_valid_resource,
	               "is none of TYPE/ID, TYPE/PREFIX:*, TYPE/*, TYPE and *", err) &&
	    check_tenants(t, p->tenants, err) && check_condition(t, p->condition, err) && check_window(p, err))
		return SERVICE_OK;
	return SERVICE_INVALID;
}

/* ---- what is lost ------------------------------------------------------------------------------------------ */

static bool has_all(struct str_list old, struct str_list new, struct arena *a)
{
	return str_list_has(new, STR("*")) || iam_difference(old, new, a).n == 0;
}

/* In all tenants, or in all those of before. */
static bool has_all_tenants(struct str_list old, struct str_list new, struct arena *a)
{
	return new.n == 0 || (old.n && iam_difference(old, new, a).n == 0);
}

static bool lasts_as_long(const struct access_policy *old, const struct access_policy *new)
{
	return new->valid_from_ms <= old->valid_from_ms &&
	       (!new->valid_until_ms || (old->valid_until_ms && new->valid_until_ms >= old->valid_until_ms));
}

/* Whether another condition is narrower nobody knows. */
static bool has_same_condition(const struct access_policy *old, const struct access_policy *new)
{
	return str_is_absent(new->condition) ||
	       (!str_is_absent(old->condition) && str_eq(old->condition, new->condition));
}

size_t access_policy_denies_lost(const struct access_policy *old, const struct access_policy *new, struct arena *a)
{
	if (!old->deny || old->subjects.n == 0)
		return 0;
	return !new || !new->deny || !has_all(old->subjects, new->subjects, a) ||
	       !has_all(old->actions, new->actions, a) || !has_all(old->resources, new->resources, a) ||
	       !has_all_tenants(old->tenants, new->tenants, a) || !lasts_as_long(old, new) ||
	       !has_same_condition(old, new);
}

/* ---- cascades ---------------------------------------------------------------------------------------------- */

/* Policies found under several links. */
struct found {
	const struct document **items;
	size_t n, cap;
};

static void find(struct txn *t, struct str relation, struct str id, struct found *l)
{
	const struct document *const *docs;
	size_t n =
	    snapshot_linked(t->snapshot, DOC_ACCESS_POLICY, arena_concat(t->arena, relation, id), t->arena, &docs);

	for (size_t i = 0; i < n; i++) {
		ARENA_ROOM(t->arena, l->items, l->n, &l->cap);
		l->items[l->n++] = docs[i];
	}
}

static int by_ordinal(const void *a, const void *b)
{
	const struct document *const *x = a, *const *y = b;

	return (*x)->ordinal < (*y)->ordinal ? -1 : (*x)->ordinal > (*y)->ordinal;
}

static void lose(struct txn *t, const struct access_policy *old, const struct access_policy_gone *gone,
                 struct cascade_effect *effect)
{
	struct access_policy new = *old;
	bool is_deleted;

	new.subjects = iam_difference(old->subjects, gone->subjects, t->arena);
	if (!str_is_absent(gone->tenant))
		new.tenants = iam_difference(old->tenants, (struct str_list){&gone->tenant, 1}, t->arena);
	is_deleted = old->tenants.n && new.tenants.n == 0;
	effect->n_denies_lost += access_policy_denies_lost(old, is_deleted ? NULL : &new, t->arena);
	if (is_deleted) {
		txn_delete(t, DOC_ACCESS_POLICY, old->doc.id);
		effect->n_policies_deleted++;
		return;
	}
	txn_put(t, &new.doc);
	effect->n_policies_changed++;
}

void access_policies_lose(struct txn *t, const struct access_policy_gone *gone, struct cascade_effect *effect)
{
	struct found l = {0};

	if (t->snapshot->n_docs[DOC_ACCESS_POLICY] == 0)
		return;
	for (size_t i = 0; i < gone->subjects.n; i++)
		find(t, STR("subject:"), gone->subjects.items[i], &l);
	if (!str_is_absent(gone->tenant))
		find(t, STR("tenant:"), gone->tenant, &l);
	if (l.n > 1)
		qsort((void *)l.items, l.n, sizeof(*l.items), by_ordinal);
	for (size_t i = 0; i < l.n; i++)
		if (i == 0 || l.items[i - 1] != l.items[i])
			lose(t, as_access_policy(l.items[i]), gone, effect);
}
