/* SPDX-License-Identifier: Apache-2.0 */
#include "search-check.h"

#include "base/hash.h"
#include "base/strs.h"
#include "model/confident.h"
#include "model/langsmith.h"
#include "model/native.h"
#include "print.h"

enum { ONE_IN = 24, MAX_PAGES = 100000 };

enum what { SUBJECTS, RESOURCES, ACTIONS };

struct trial {
	const struct snapshot *snapshot;
	enum what what;
	struct ask ask;
	uint64_t hash; /* of the question */
	struct arena *arena;
	struct buf *complaint;
};

/* ---- what there is ------------------------------------------------------------------------------------ */

static void add_documents(const struct trial *t, enum document_kind kind, struct strs *l)
{
	uint64_t ordinal = 0;

	for (const struct document *d; (d = snapshot_next(t->snapshot, kind, &ordinal));)
		strs_add(l, d->id);
}

static enum document_kind kind_of_type(struct str type)
{
	return str_eq(type, STR("user"))      ? DOC_USER
	       : str_eq(type, STR("service")) ? DOC_SERVICE_ACCOUNT
	       : str_eq(type, STR("group"))   ? DOC_GROUP
	       : str_eq(type, STR("role"))    ? DOC_ROLE
	                                      : DOC_NONE;
}

/* "record:r1" of the type record: r1. */
static void add_of_type(const struct trial *t, struct str resource, struct strs *l)
{
	const struct str prefix = arena_concat(t->arena, t->ask.resource.type, STR(":"));
	bool is_pattern = str_eq(resource, STR("*")) || str_ends_with(resource, STR(":*")) ||
	                  (resource.len && memmem(resource.ptr, resource.len, "${", 2));

	if (!is_pattern && resource.len > prefix.len && str_starts_with(resource, prefix))
		strs_add(l, str_slice(resource, prefix.len, resource.len));
}

static void add_policy_resources(const struct trial *t, struct strs *l)
{
	uint64_t ordinal = 0;

	for (const struct document *d; (d = snapshot_next(t->snapshot, DOC_ACCESS_POLICY, &ordinal));)
		for (size_t i = 0; i < as_access_policy(d)->resources.n; i++)
			add_of_type(t, access_policy_engine_resource(t->arena, as_access_policy(d)->resources.items[i]),
			            l);
}

static void add_named_resources(const struct trial *t, struct strs *l)
{
	uint64_t ordinal = 0;

	for (const struct document *d; (d = snapshot_next(t->snapshot, DOC_STATEMENT_POLICY, &ordinal));) {
		const struct statement_policy *p = as_statement_policy(d);

		for (size_t i = 0; i < p->n_statements; i++)
			for (size_t k = 0; k < p->statements[i].resources.n; k++)
				add_of_type(t, p->statements[i].resources.items[k], l);
	}
	add_policy_resources(t, l);
}

static void add_registered_resources(const struct trial *t, struct strs *l)
{
	uint64_t ordinal = 0;

	for (const struct document *d; (d = snapshot_next(t->snapshot, DOC_RESOURCE, &ordinal));)
		if (str_eq(as_resource(d)->type, t->ask.resource.type))
			strs_add(l, as_resource(d)->resource_id);
}

/* Entities that grants or composites name; they count only where a grant is the reason. */
static void add_granted(const struct trial *t, struct strs *l)
{
	const struct access_grant *grants;
	const size_t n =
	    grants_list(&t->snapshot->grants, &(struct grants_filter){0}, 0, SIZE_MAX, t->arena, &grants, NULL);
	uint64_t ordinal = 0;

	for (size_t i = 0; i < n; i++)
		if (grants[i].entity_type == entity_type_of(t->ask.resource.type))
			strs_add(l, grants[i].entity_id);
	for (const struct document *d; (d = snapshot_next(t->snapshot, DOC_RESOURCE, &ordinal));)
		for (size_t i = 0; i < as_resource(d)->members.n; i++)
			if (str_eq(as_resource(d)->type, STR("knowledge_slice")) &&
			    str_eq(t->ask.resource.type, STR("knowledge_slice")))
				strs_add(l, as_resource(d)->members.items[i]);
}

static void add_catalogs(struct strs *l)
{
	size_t n;
	const struct langsmith_permission *langsmith = langsmith_permissions(&n);
	const struct confident_permission *confident;

	for (size_t i = 0; i < n; i++)
		strs_add(l, langsmith[i].name);
	confident = confident_permissions(&n);
	for (size_t i = 0; i < n; i++)
		strs_add(l, confident[i].name);
}

static void add_actions(const struct trial *t, struct strs *l)
{
	uint64_t ordinal = 0;

	add_catalogs(l);
	for (enum access_level level = ACCESS_READ; level < ACCESS_N_LEVELS; level++)
		strs_add(l, access_level_name(level));
	strs_add(l, STR("use"));
	for (const struct document *d; (d = snapshot_next(t->snapshot, DOC_ROLE, &ordinal));)
		for (size_t i = 0; i < as_role(d)->actions.n; i++)
			strs_add(l, as_role(d)->actions.items[i]);
	ordinal = 0;
	for (const struct document *d; (d = snapshot_next(t->snapshot, DOC_STATEMENT_POLICY, &ordinal));)
		for (size_t i = 0; i < as_statement_policy(d)->n_statements; i++) {
			const struct str_list actions = as_statement_policy(d)->statements[i].actions;

			for (size_t k = 0; k < actions.n; k++)
				strs_add(l, actions.items[k]);
		}
	ordinal = 0;
	for (const struct document *d; (d = snapshot_next(t->snapshot, DOC_ACCESS_POLICY, &ordinal));)
		for (size_t i = 0; i < as_access_policy(d)->actions.n; i++)
			strs_add(l, as_access_policy(d)->actions.items[i]);
}

static bool has(const struct strs *l, struct str s)
{
	for (size_t i = 0; i < l->n; i++)
		if (str_eq(l->items[i], s))
			return true;
	return false;
}

/* All resources of policies, patterns among them. */
static struct strs named_texts(const struct trial *t)
{
	struct strs texts = {.arena = t->arena};
	uint64_t ordinal = 0;

	for (const struct document *d; (d = snapshot_next(t->snapshot, DOC_STATEMENT_POLICY, &ordinal));)
		for (size_t i = 0; i < as_statement_policy(d)->n_statements; i++)
			for (size_t k = 0; k < as_statement_policy(d)->statements[i].resources.n; k++)
				strs_add(&texts, as_statement_policy(d)->statements[i].resources.items[k]);
	ordinal = 0;
	for (const struct document *d; (d = snapshot_next(t->snapshot, DOC_ACCESS_POLICY, &ordinal));)
		for (size_t i = 0; i < as_access_policy(d)->resources.n; i++)
			strs_add(&texts,
			         access_policy_engine_resource(t->arena, as_access_policy(d)->resources.items[i]));
	return texts;
}

/* Does a statement speak of the type, or a dialect's catalog? */
static bool is_type_known(const struct trial *t)
{
	static const struct str others[] = {STR_INIT("run"),       STR_INIT("queues"), STR_INIT("organization"),
	                                    STR_INIT("workspace"), STR_INIT("tenant"), STR_INIT("app_entitlement")};
	const struct str type = t->ask.resource.type, prefix = arena_concat(t->arena, type, STR(":"));
	struct strs texts = named_texts(t);

	if (has(&texts, type))
		return true;
	add_catalogs(&texts);
	for (size_t i = 0; i < texts.n; i++)
		if (str_starts_with(texts.items[i], prefix))
			return true;
	return entity_type_of(type) || langsmith_is_taggable(type) ||
	       str_list_has((struct str_list){others, N_ELEMENTS(others)}, type);
}

/* Is there such a resource at all? */
static bool is_known(const struct trial *t)
{
	struct strs registered = {.arena = t->arena}, others = {.arena = t->arena};
	const struct strs texts = named_texts(t);
	const struct str id = t->ask.resource.id;

	if (str_is_empty(id) && has(&texts, t->ask.resource.type))
		return true;
	add_registered_resources(t, &registered);
	add_named_resources(t, &others);
	if (entity_type_of(t->ask.resource.type))
		add_granted(t, &others);
	if (t->ask.resource.is_described || has(&registered, id) || has(&others, id))
		return true;
	return registered.n == 0 && is_type_known(t);
}

/* ---- which of it is allowed ---------------------------------------------------------------------------- */

struct grant_watch {
	struct observer observer;
	bool is_granted;
};

static void watch(struct observer *self, const struct observed *what)
{
	if (what->kind == DOC_ACCESS_GRANT && what->action_matches)
		CONTAINER_OF(self, struct grant_watch, observer)->is_granted = true;
}

static bool is_allowed(const struct trial *t, struct str candidate, bool *ret_is_granted)
{
	struct grant_watch w = {.observer.statement = watch};
	struct ask ask = t->ask;
	struct arena a = ARENA_INIT;
	bool allowed;

	if (t->what == SUBJECTS)
		ask.subject_id = candidate;
	else if (t->what == RESOURCES)
		ask.resource.id = candidate;
	else
		ask.action = candidate;
	if (t->what == ACTIONS && !ask_takes_target(candidate))
		ask.target = NULL;
	allowed = verdict_allows(snapshot_ask(t->snapshot, &ask, &a, NULL).verdict);
	(void)snapshot_ask(t->snapshot, &ask, &a, &w.observer);
	*ret_is_granted = w.is_granted;
	arena_release(&a);
	return allowed;
}

/* Those that are allowed; `for_grants`: only where a grant says so. */
static void add_allowed(const struct trial *t, const struct strs *all, bool for_grants, struct strs *ret)
{
	bool is_granted;

	for (size_t i = 0; i < all->n; i++)
		if (is_allowed(t, all->items[i], &is_granted) && (!for_grants || is_granted))
			strs_add(ret, all->items[i]);
}

static void sort(struct strs *l)
{
	size_t n = 0;

	if (l->n > 1)
		qsort(l->items, l->n, sizeof(*l->items), str_qsort);
	for (size_t i = 0; i < l->n; i++)
		if (n == 0 || !str_eq(l->items[n - 1], l->items[i]))
			l->items[n++] = l->items[i];
	l->n = n;
}

static struct strs expected(const struct trial *t)
{
	struct strs all = {.arena = t->arena}, granted = {.arena = t->arena}, want = {.arena = t->arena};

	if (t->what != RESOURCES && !is_known(t))
		return want;
	switch (t->what) {
	case SUBJECTS:
		if (kind_of_type(t->ask.subject_type))
			add_documents(t, kind_of_type(t->ask.subject_type), &all);
		break;
	case RESOURCES:
		add_named_resources(t, &all);
		add_registered_resources(t, &all);
		if (entity_type_of(t->ask.resource.type))
			add_granted(t, &granted);
		break;
	case ACTIONS:
		add_actions(t, &all);
		break;
	}
	add_allowed(t, &all, false, &want);
	add_allowed(t, &granted, true, &want);
	sort(&want);
	return want;
}

/* ---- what is found ------------------------------------------------------------------------------------- */

static enum search_result search(const struct trial *t, const struct search *q, struct search_page *ret)
{
	switch (t->what) {
	case SUBJECTS:
		search_subjects(t->snapshot, q, t->arena, ret);
		return SEARCH_OK;
	case RESOURCES:
		return search_resources(t->snapshot, q, t->arena, ret);
	case ACTIONS:
		search_actions(t->snapshot, q, t->arena, ret);
		return SEARCH_OK;
	}
	return SEARCH_TOO_MANY;
}

/* All pages; false when they are wrong in themselves. */
static bool walk(const struct trial *t, size_t limit, uint64_t max_asks, struct strs *ret)
{
	struct search q = {.ask = &t->ask, .limit = limit, .max_asks = max_asks};
	struct search_page page = {.has_more = true};

	for (int i = 0; i < MAX_PAGES && page.has_more; i++) {
		if (search(t, &q, &page) != SEARCH_OK || page.n > limit)
			return false;
		for (size_t k = 0; k < page.n; k++)
			strs_add(ret, page.items[k]);
		/* Every page gets on. */
		if (page.has_more &&
		    (str_is_absent(page.at) || (!str_is_absent(q.behind) && str_cmp(page.at, q.behind) <= 0)))
			return false;
		q.behind = page.at;
	}
	return !page.has_more;
}

static bool same(const struct strs *x, const struct strs *y)
{
	for (size_t i = 0; x->n == y->n && i < x->n; i++)
		if (!str_eq(x->items[i], y->items[i]))
			return false;
	return x->n == y->n;
}

static bool compare(const struct trial *t, const struct strs *want, size_t limit, uint64_t max_asks)
{
	static const char *const names[] = {"subjects", "resources", "actions"};
	struct strs got = {.arena = t->arena};

	if (walk(t, limit, max_asks, &got) && same(want, &got))
		return true;
	buf_addf(t->complaint,
	         "search for %s of type " STR_FMT "/" STR_FMT " (id " STR_FMT
	         "), %zu a page, %zu questions a call: found ",
	         names[t->what], STR_ARG(t->ask.subject_type), STR_ARG(t->ask.resource.type),
	         STR_ARG(t->ask.resource.id), limit, (size_t)max_asks);
	print_list(t->complaint, strs_list(&got));
	buf_addf(t->complaint, ", allowed ");
	print_list(t->complaint, strs_list(want));
	buf_addf(t->complaint, "\n");
	return false;
}

/* Once as it is usually asked, once with bounds that hurt. */
static bool check(const struct trial *t)
{
	const struct strs want = expected(t);

	return compare(t, &want, 1000, 1000000) &&
	       compare(t, &want, 1 + t->hash % 4, t->hash % 3 ? 1 + t->hash % 7 : 1000000);
}

bool search_check(const struct snapshot *s, const struct ask *q, struct buf *complaint)
{
	static const struct str types[] = {STR_INIT("user"), STR_INIT("service"), STR_INIT("group"), STR_INIT("role")};
	struct arena a = ARENA_INIT;
	struct trial t = {.snapshot = s, .ask = *q, .arena = &a, .complaint = complaint};
	bool is_good = true;

	t.hash = hash_str(hash_str(hash_str(1, q->subject_id), q->action), q->resource.id);
	if (t.hash / 64 % ONE_IN)
		return true;
	for (t.what = RESOURCES; is_good && t.what <= ACTIONS; t.what++)
		is_good = check(&t);
	t.what = SUBJECTS;
	for (size_t i = 0; is_good && i < N_ELEMENTS(types); i++) {
		t.ask.subject_type = types[i];
		is_good = check(&t);
	}
	arena_release(&a);
	return is_good;
}
