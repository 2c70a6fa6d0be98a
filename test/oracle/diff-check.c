/* SPDX-License-Identifier: Apache-2.0 */
#include "diff-check.h"

#include "base/strs.h"
#include "policy/ask.h"
#include "print.h"

enum { MAX_SAMPLES = 5000 };

struct trial {
	const struct snapshot *sides[2];
	int64_t now_ms;
	struct arena *arena;
	struct buf *complaint;
	struct diff_document *documents;
	size_t n_documents, cap_documents;
	struct strs actions, resources, tenants;
	struct diff diff;
	uint64_t n_cells[2]; /* reported: lost, gained; each for each principal */
};

static uint64_t n_changed, n_by_statements;

uint64_t diff_check_n_changed(void)
{
	return n_changed;
}

uint64_t diff_check_n_by_statements(void)
{
	return n_by_statements;
}

/* ---- what changed ---------------------------------------------------------------------------------------- */

static void add_document(struct trial *t, enum document_kind kind, struct str id)
{
	ARENA_ROOM(t->arena, t->documents, t->n_documents, &t->cap_documents);
	t->documents[t->n_documents++] = (struct diff_document){kind, id};
}

static void add_documents(struct trial *t, size_t side, enum document_kind kind)
{
	uint64_t at = 0;

	for (const struct document *d; (d = snapshot_next(t->sides[side], kind, &at));) {
		const struct document *there = snapshot_find(t->sides[!side], kind, d->id);

		if (there != d && !(side == 1 && there))
			add_document(t, kind, d->id);
	}
}

static size_t all_grants(const struct trial *t, size_t side, const struct access_grant **ret)
{
	return grants_list(&t->sides[side]->grants, &(struct grants_filter){0}, 0, SIZE_MAX, t->arena, ret, NULL);
}

static void add_grants(struct trial *t, size_t side)
{
	const struct access_grant *grants;
	const size_t n = all_grants(t, side, &grants);

	for (size_t i = 0; i < n; i++) {
		struct access_grant there;
		const bool is_there = grants_find(&t->sides[!side]->grants, grants[i].doc.id, &there);

		if (!is_there || (side == 0 && there.level != grants[i].level))
			add_document(t, DOC_ACCESS_GRANT, grants[i].doc.id);
	}
}

static void find_changes(struct trial *t)
{
	for (size_t side = 0; side < 2; side++) {
		for (int kind = DOC_NONE + 1; kind < DOC_N_KINDS; kind++)
			if (kind != DOC_ACCESS_GRANT)
				add_documents(t, side, (enum document_kind)kind);
		add_grants(t, side);
	}
}

/* ---- what there is --------------------------------------------------------------------------------------- */

struct naming {
	struct trial *trial;
};

static bool add_names(void *self, const struct cset *set)
{
	struct trial *t = ((struct naming *)self)->trial;

	for (size_t i = 0; i < said_count(set); i++) {
		const struct said said = said_at(set, i, t->arena);

		for (size_t k = 0; k < said.actions.n; k++)
			if (str_find(said.actions.items[k], '*', 0) == SIZE_MAX)
				strs_add(&t->actions, said.actions.items[k]);
		for (size_t k = 0; k < said.resources.n; k++) {
			const struct str r = said.resources.items[k];

			if (!memchr(r.ptr, '*', r.len) && !memmem(r.ptr, r.len, "${", 2) && r.len &&
			    (unsigned char)r.ptr[0] < 0x80)
				strs_add(&t->resources, r);
		}
	}
	return true;
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

static void find_names(struct trial *t)
{
	struct naming naming = {t};

	for (size_t side = 0; side < 2; side++) {
		const struct access_grant *grants;
		const size_t n = all_grants(t, side, &grants);
		uint64_t at = 0;

		engine_each_set(&t->sides[side]->engine, add_names, &naming);
		for (size_t i = 0; i < n; i++)
			strs_add(&t->resources, arena_concat3(t->arena, entity_type_name(grants[i].entity_type),
			                                      STR(":"), grants[i].entity_id));
		for (const struct document *d; (d = snapshot_next(t->sides[side], DOC_RESOURCE, &at));) {
			const struct resource *r = as_resource(d);

			strs_add(&t->resources, arena_concat3(t->arena, r->type, STR(":"), r->resource_id));
			for (size_t i = 0; i < r->members.n; i++)
				strs_add(&t->resources,
				         arena_concat3(t->arena, r->type, STR(":"), r->members.items[i]));
		}
		at = 0;
		for (const struct document *d; (d = snapshot_next(t->sides[side], DOC_TENANT, &at));)
			strs_add(&t->tenants, d->id);
	}
	for (enum access_level level = ACCESS_READ; level < ACCESS_N_LEVELS; level++)
		strs_add(&t->actions, access_level_name(level));
	strs_add(&t->tenants, STR(TENANT_UNASSIGNED));
	sort(&t->actions);
	sort(&t->resources);
	sort(&t->tenants);
}

/* ---- one principal --------------------------------------------------------------------------------------- */

struct place {
	struct str type, id;
	bool is_in_tenant;     /* registered there */
	struct str tenants[2]; /* the one on either side */
};

static struct place place_of(const struct trial *t, struct str text)
{
	struct place p = {.type = text, .id = STR("")};

	for (size_t at = 0; (at = str_find(text, ':', at)) != SIZE_MAX; at++) {
		bool is_registered = false;

		p.type = str_slice(text, 0, at);
		p.id = str_slice(text, at + 1, text.len);
		for (size_t side = 0; side < 2; side++) {
			const struct resource *r =
			    FIND(t->sides[side], resource, RESOURCE, arena_concat3(t->arena, p.type, STR("/"), p.id));

			is_registered |= r != NULL;
			p.is_in_tenant |= r && !str_is_absent(r->tenant);
			p.tenants[side] = r && !str_is_absent(r->tenant) ? r->tenant : STR(TENANT_UNASSIGNED);
		}
		if (is_registered)
			break;
	}
	return p;
}

static bool is_allowed(const struct trial *t, size_t side, const struct ask *ask)
{
	struct arena a = ARENA_INIT;
	const bool allowed = verdict_allows(snapshot_ask(t->sides[side], ask, &a, NULL).verdict);

	arena_release(&a);
	return allowed;
}

/* What differs there: +1 gained, -1 lost. */
static int differs(const struct trial *t, struct ask ask, struct str tenant)
{
	ask.resource.tenant = tenant;
	return (int)is_allowed(t, 1, &ask) - (int)is_allowed(t, 0, &ask);
}

static int differs_there(const struct trial *t, struct ask ask, const struct place *p)
{
	int allowed[2];

	for (size_t side = 0; side < 2; side++) {
		ask.resource.tenant = p->tenants[side];
		allowed[side] = is_allowed(t, side, &ask);
	}
	return allowed[1] - allowed[0];
}

static bool has_principal(const struct diff_group *g, struct str type, struct str id)
{
	for (size_t i = 0; i < g->n_principals; i++)
		if (str_eq(g->principals[i].type, type) && str_eq(g->principals[i].id, id))
			return true;
	return false;
}

static bool action_covers(struct str pattern, struct str action)
{
	struct str s[2][3];
	size_t n[2] = {0};

	if (str_eq(pattern, STR("*")) || str_eq(pattern, action))
		return true;
	for (size_t i = 0; i < 2; i++) {
		struct str rest = i ? action : pattern, part;

		while (n[i] < 3 && str_split(&rest, ':', &part))
			s[i][n[i]++] = part;
		if (!str_is_empty(rest))
			return false;
	}
	if (n[1] != 3 || !memchr(pattern.ptr, '*', pattern.len))
		return false;
	if (n[0] == 2)
		return str_eq(s[0][1], STR("*")) ? str_eq(s[0][0], s[1][0])
		                                 : str_eq(s[0][0], STR("*")) && str_eq(s[0][1], s[1][2]);
	for (size_t i = 0; i < 3; i++)
		if (!str_eq(s[0][i], STR("*")) && !str_eq(s[0][i], s[1][i]))
			return false;
	return true;
}

static bool resource_covers(const struct diff_cell *c, struct str text)
{
	if (str_is_empty(c->type))
		return true;
	return text.len > c->type.len && str_starts_with(text, c->type) && text.ptr[c->type.len] == ':';
}

/* Is the tenant's difference told by the cell? A pattern tells of all tenants, also of that of a registered one. */
static bool tells(const struct diff_cell *c, struct str tenant)
{
	return c->in_its_tenant || c->everywhere || str_list_has(c->tenants, tenant);
}

struct told {
	bool exactly, by_pattern;
};

static struct told find_told(const struct trial *t, const struct ask *ask, struct str text, struct str tenant, int sign)
{
	struct told told = {0};

	for (size_t i = 0; i < t->diff.n_groups; i++) {
		const struct diff_group *g = &t->diff.groups[i];

		if (g->gains != (sign > 0) || !has_principal(g, ask->subject_type, ask->subject_id))
			continue;
		for (size_t k = 0; k < g->n_cells; k++) {
			const struct diff_cell *c = &g->cells[k];
			const bool is_wild = str_eq(c->id, STR("*"));

			if (!tells(c, tenant) || !action_covers(c->action, ask->action))
				continue;
			if (!is_wild && !(str_eq(c->type, ask->resource.type) && str_eq(c->id, ask->resource.id)))
				continue;
			if (is_wild && !resource_covers(c, text))
				continue;
			if (!is_wild && str_eq(c->action, ask->action))
				told.exactly = true;
			else
				told.by_pattern = true;
		}
	}
	return told;
}

static bool complain(const struct trial *t, const struct ask *ask, struct str tenant, const char *what, int sign)
{
	buf_addf(t->complaint,
	         "difference: " STR_FMT " " STR_FMT ", " STR_FMT " on " STR_FMT " " STR_FMT " in " STR_FMT
	         ": %s, differs by %d; reported in %zu groups\n",
	         STR_ARG(ask->subject_type), STR_ARG(ask->subject_id), STR_ARG(ask->action),
	         STR_ARG(ask->resource.type), STR_ARG(ask->resource.id), STR_ARG(tenant), what, sign, t->diff.n_groups);
	for (size_t i = 0; i < t->n_documents; i++)
		buf_addf(t->complaint, "  changed: " STR_FMT " " STR_FMT "\n",
		         STR_ARG(document_kind_name(t->documents[i].kind)), STR_ARG(t->documents[i].id));
	for (size_t i = 0; i < t->diff.n_groups; i++) {
		const struct diff_group *g = &t->diff.groups[i];

		buf_addf(t->complaint, "  %s by " STR_FMT " through " STR_FMT ": %s\n", g->gains ? "gains" : "loses",
		         STR_ARG(g->document), STR_ARG(g->through),
		         has_principal(g, ask->subject_type, ask->subject_id) ? "she" : "others");
		for (size_t k = 0; k < g->n_cells; k++)
			buf_addf(t->complaint, "    " STR_FMT " on " STR_FMT " " STR_FMT " %s %zu\n",
			         STR_ARG(g->cells[k].action), STR_ARG(g->cells[k].type), STR_ARG(g->cells[k].id),
			         g->cells[k].everywhere ? "everywhere" : "", g->cells[k].tenants.n);
	}
	return false;
}

static bool check_in(const struct trial *t, const struct ask *ask, struct str text, struct str tenant,
                     struct str asked_in)
{
	const int sign = differs(t, *ask, asked_in);
	struct told told;

	if (sign) {
		told = find_told(t, ask, text, tenant, sign);
		n_changed++;
		return told.exactly || told.by_pattern || complain(t, ask, tenant, "not reported", sign);
	}
	for (int other = -1; other <= 1; other += 2)
		if (find_told(t, ask, text, tenant, other).exactly)
			return complain(t, ask, tenant, "reported", other);
	return true;
}

static bool check_question(const struct trial *t, struct ask *ask, struct str text)
{
	const struct place p = place_of(t, text);

	ask->resource = (struct ask_resource){.type = p.type, .id = p.id};
	if (p.is_in_tenant) {
		/* Asked about there, wherever that is; a pattern tells of the tenants of both sides. */
		const int sign = differs_there(t, *ask, &p);
		struct told told = {0};

		for (size_t i = 0; sign && i < t->tenants.n && !told.exactly && !told.by_pattern; i++)
			told = find_told(t, ask, text, t->tenants.items[i], sign);
		return !sign || told.exactly || told.by_pattern || complain(t, ask, STR_NONE, "not reported", sign);
	}
	for (size_t i = 0; i < t->tenants.n; i++)
		if (!check_in(t, ask, text, t->tenants.items[i], t->tenants.items[i]))
			return false;
	return true;
}

static bool check_principal(const struct trial *t, struct str type, struct str id)
{
	struct ask ask = {.subject_type = type, .subject_id = id, .now_ms = t->now_ms};

	for (size_t i = 0; i < t->actions.n; i++)
		for (size_t k = 0; k < t->resources.n; k++) {
			ask.action = t->actions.items[i];
			if (!check_question(t, &ask, t->resources.items[k]))
				return false;
		}
	return true;
}

static bool check_kind(const struct trial *t, enum document_kind kind, struct str type)
{
	for (size_t side = 0; side < 2; side++) {
		uint64_t at = 0;

		for (const struct document *d; (d = snapshot_next(t->sides[side], kind, &at));)
			if (!(side == 1 && snapshot_find(t->sides[0], kind, d->id)) && !check_principal(t, type, d->id))
				return false;
	}
	return true;
}

/* ---- what was reported ------------------------------------------------------------------------------------ */

/* A pattern stands for what nothing names. */
static struct str stand_in(struct str pattern, struct arena *a)
{
	struct str done = STR("");
	size_t n = 1;

	for (size_t i = 0; i < pattern.len; i++) {
		done = arena_concat(a, done, pattern.ptr[i] == '*' ? STR("(any)") : str_slice(pattern, i, i + 1));
		n += pattern.ptr[i] == ':';
	}
	if (n == 2 && str_eq(pattern, STR("*")) == false && memchr(pattern.ptr, '*', pattern.len))
		done = str_starts_with(pattern, STR("*")) ? arena_concat(a, STR("(any):"), done)
		                                          : arena_concat(a, done, STR(":(any)"));
	return done;
}

static bool check_cell(const struct trial *t, const struct diff_group *g, const struct diff_cell *c,
                       const struct diff_principal *p)
{
	struct ask ask = {.subject_type = p->type, .subject_id = p->id, .now_ms = t->now_ms};
	const int want = g->gains ? 1 : -1;
	struct str raw;

	if (str_eq(p->type, STR("external"))) {
		raw = stand_in(p->id, t->arena);
		ask.raw_subjects = (struct str_list){&raw, 1};
	}
	ask.action = stand_in(c->action, t->arena);
	ask.resource.type = str_is_empty(c->type) ? STR("(any)") : c->type;
	ask.resource.id = str_eq(c->id, STR("*")) ? STR("(any)") : c->id;
	if (c->in_its_tenant) {
		const struct place place = place_of(t, arena_concat3(t->arena, c->type, STR(":"), c->id));

		return differs_there(t, ask, &place) == want || complain(t, &ask, STR_NONE, "reported, is not", want);
	}
	for (size_t i = 0; i < t->tenants.n; i++) {
		const struct str tenant = t->tenants.items[i];

		if ((differs(t, ask, tenant) == want) != tells(c, tenant))
			return complain(t, &ask, tenant, "reported for other tenants", want);
	}
	return true;
}

static bool check_reported(struct trial *t)
{
	for (size_t i = 0; i < t->diff.n_groups; i++) {
		const struct diff_group *g = &t->diff.groups[i];
		const uint64_t n = g->n_users + g->n_services + g->n_others;

		if (n != g->n_principals || g->n_cells != g->n_cells_in_all)
			return complain(t, &(struct ask){0}, STR_NONE, "counts and samples are not the same", 0);
		t->n_cells[g->gains] += n * g->n_cells;
		for (size_t p = 0; p < g->n_principals; p++)
			for (size_t k = 0; k < g->n_cells; k++)
				if (!check_cell(t, g, &g->cells[k], &g->principals[p]))
					return false;
	}
	if (t->n_cells[0] != t->diff.n_lost || t->n_cells[1] != t->diff.n_gained)
		return complain(t, &(struct ask){0}, STR_NONE, "the totals are not those of the groups", 0);
	return true;
}

/* Principals are told apart in two ways, which must come to the same. */
static bool is_same_one_by_one(struct trial *t, const struct diff_query *by_statements)
{
	struct diff_query q = *by_statements;
	struct diff d;

	q.n_few = SIZE_MAX;
	if (diff_snapshots(&q, t->arena, &d) != DIFF_OK)
		return complain(t, &(struct ask){0}, STR_NONE, "gave up one by one", 0);
	if (d.n_gained != t->diff.n_gained || d.n_lost != t->diff.n_lost || d.n_gainers != t->diff.n_gainers ||
	    d.n_losers != t->diff.n_losers || d.n_groups != t->diff.n_groups || d.n_principals != t->diff.n_principals)
		return complain(t, &(struct ask){0}, STR_NONE, "other counts one by one", 0);
	return true;
}

bool diff_check(const struct snapshot *before, const struct snapshot *after, int64_t now_ms, struct buf *complaint)
{
	struct arena a = ARENA_INIT;
	struct trial t = {.sides = {before, after},
	                  .now_ms = now_ms,
	                  .arena = &a,
	                  .complaint = complaint,
	                  .actions = {.arena = &a},
	                  .resources = {.arena = &a},
	                  .tenants = {.arena = &a}};
	bool is_good;

	find_changes(&t);
	find_names(&t);
	const struct diff_query q = {.before = before,
	                             .after = after,
	                             .documents = t.documents,
	                             .n_documents = t.n_documents,
	                             .now_ms = now_ms,
	                             .max_steps = 100000000,
	                             .max_samples = MAX_SAMPLES,
	                             .n_few = 1};
	is_good = diff_snapshots(&q, &a, &t.diff) == DIFF_OK;
	if (!is_good)
		buf_addf(complaint, "a difference gave up\n");
	n_by_statements += is_good && t.diff.by_statements && t.diff.n_gained + t.diff.n_lost;
	is_good = is_good && is_same_one_by_one(&t, &q) && check_reported(&t) &&
	          check_kind(&t, DOC_USER, STR("user")) && check_kind(&t, DOC_SERVICE_ACCOUNT, STR("service"));
	arena_release(&a);
	return is_good;
}
