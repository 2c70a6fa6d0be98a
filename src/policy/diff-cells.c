/* SPDX-License-Identifier: Apache-2.0
 *
 * The questions that may have another answer for one principal, and those that have.
 */
#include "policy/diff-impl.h"
#include "policy/grant_source.h"

/* ---- what is said of the principal ------------------------------------------------------------------------- */

/* A set that is about her, where one of her subjects counts. */
struct reach {
	const struct cset *set;
	struct str tenant;
};

struct asking {
	struct diff_work *work;
	const struct person *person;
	struct arena *arena;
	struct found *found;
	struct str name; /* for variables; absent: none */
	struct ask ask;
	struct reach *reaches[2];
	size_t n_reaches[2], cap_reaches[2];
	const struct subject *subjects[2];
	size_t n_subjects[2];
	struct line *lines, *changed; /* all of hers, and those on one side only */
	size_t n_lines, cap_lines, n_changed, cap_changed;
	uint64_t *seen; /* hashes of the questions asked */
	size_t n_seen, n_slots;
};

struct reaching {
	struct asking *asking;
	size_t side;
	struct str tenant;
};

static bool add_reach(void *self, const struct cset *set)
{
	struct reaching *r = self;
	struct asking *k = r->asking;

	ARENA_ROOM(k->arena, k->reaches[r->side], k->n_reaches[r->side], &k->cap_reaches[r->side]);
	k->reaches[r->side][k->n_reaches[r->side]++] = (struct reach){set, r->tenant};
	return diff_step(k->work, 1);
}

static int by_reach(const void *a, const void *b)
{
	const struct reach *x = a, *y = b;

	if (x->set != y->set)
		return (uintptr_t)x->set < (uintptr_t)y->set ? -1 : 1;
	if (str_is_absent(x->tenant) != str_is_absent(y->tenant))
		return str_is_absent(x->tenant) ? -1 : 1;
	return str_cmp(x->tenant, y->tenant);
}

static void reach(struct asking *k, size_t side)
{
	const struct snapshot *s = k->work->sides[side];
	size_t n = 0;

	person_subjects(s, k->person, k->arena, &k->subjects[side], &k->n_subjects[side]);
	for (size_t i = 0; i < k->n_subjects[side]; i++) {
		struct reaching r = {k, side, k->subjects[side][i].tenant};
		struct said_under *under;
		const size_t n_under = engine_patterns_of(&s->engine, k->subjects[side][i].text, k->arena, &under);

		for (size_t u = 0; u < n_under; u++)
			engine_each_under(&under[u], add_reach, &r);
	}
	if (k->n_reaches[side] > 1)
		qsort(k->reaches[side], k->n_reaches[side], sizeof(struct reach), by_reach);
	for (size_t i = 0; i < k->n_reaches[side]; i++)
		if (n == 0 || by_reach(&k->reaches[side][n - 1], &k->reaches[side][i]) != 0)
			k->reaches[side][n++] = k->reaches[side][i];
	k->n_reaches[side] = n;
}

static void add_line(struct asking *k, const struct line *line, bool is_changed)
{
	struct line own = *line;

	if (line->is_personal) {
		struct strs resources = {.arena = k->arena};

		for (size_t i = 0; i < line->resources.n; i++) {
			struct str text = line->resources.items[i];

			if (has_variable(text) && !str_is_absent(k->name))
				strs_add(&resources, replace_variables(text, k->name, k->arena));
			else if (!has_variable(text))
				strs_add(&resources, text);
		}
		own.resources = strs_list(&resources);
	}
	ARENA_ROOM(k->arena, k->lines, k->n_lines, &k->cap_lines);
	k->lines[k->n_lines++] = own;
	if (!is_changed)
		return;
	ARENA_ROOM(k->arena, k->changed, k->n_changed, &k->cap_changed);
	k->changed[k->n_changed++] = own;
}

static void add_set(struct asking *k, size_t side, const struct cset *set, bool is_changed)
{
	const struct line_list lines = lines_of_set(k->work, k->work->sides[side], set);

	/* What she is a member of, and has as attributes, can be what a condition asks for. */
	for (size_t i = 0; i < lines.n; i++)
		add_line(k, &lines.items[i], is_changed || (k->person->is_changed && lines.items[i].is_personal));
}

/* Both lists are in order: what is in one of them alone is changed. */
static void compare_reaches(struct asking *k)
{
	size_t i = 0, j = 0;

	while (i < k->n_reaches[0] || j < k->n_reaches[1]) {
		const int c = i == k->n_reaches[0]   ? 1
		              : j == k->n_reaches[1] ? -1
		                                     : by_reach(&k->reaches[0][i], &k->reaches[1][j]);

		if (c <= 0)
			add_set(k, 0, k->reaches[0][i].set, c != 0);
		else
			add_set(k, 1, k->reaches[1][j].set, true);
		i += c <= 0;
		j += c >= 0;
	}
}

/* ---- grants and resources -------------------------------------------------------------------------------- */

static bool brings(const struct asking *k, size_t side, struct str subject)
{
	for (size_t i = 0; i < k->n_subjects[side]; i++)
		if (str_eq(k->subjects[side][i].text, subject) && str_is_absent(k->subjects[side][i].tenant))
			return true;
	return false;
}

/* A department's are those of the ones below it, too. */
static bool is_hers(const struct asking *k, struct str subject)
{
	struct str id, below = STR_NONE;

	if (grantee_of_subject(subject, &id) == GRANTEE_DEPARTMENT)
		below = arena_concat(k->arena, STR(SUBJECT_INHERITED_DEPARTMENT), id);
	for (size_t side = 0; side < 2; side++)
		if (brings(k, side, subject) || (!str_is_absent(below) && brings(k, side, below)))
			return true;
	return false;
}

/* All that is granted to one of her subjects. */
static void add_grants_to(struct asking *k, size_t side, struct str subject, bool is_changed)
{
	const struct snapshot *s = k->work->sides[side];
	struct grants_filter filter = {0};
	const enum grantee_type type = grantee_of_subject(subject, &filter.grantee_id);
	const struct access_grant *grants;
	size_t n;

	if (type == GRANTEE_NONE || s->grants.n == 0)
		return;
	filter.grantee_types = 1u << (unsigned)type;
	n = grants_list(&s->grants, &filter, 0, k->work->q->max_steps, k->arena, &grants, NULL);
	for (size_t i = 0; i < n && diff_step(k->work, 1); i++) {
		const struct line line = line_of_grant(s, &grants[i], k->arena);

		add_line(k, &line, is_changed);
	}
}

static void add_grants(struct asking *k)
{
	for (size_t i = 0; i < k->work->n_grants; i++)
		if (is_hers(k, k->work->grants[i].subject))
			add_line(k, &k->work->grants[i].line, true);
	for (size_t side = 0; side < 2; side++)
		for (size_t i = 0; i < k->n_subjects[side]; i++)
			if (str_is_absent(k->subjects[side][i].tenant))
				add_grants_to(k, side, k->subjects[side][i].text,
				              !brings(k, !side, k->subjects[side][i].text));
}

/* What all statements about a changed resource say of it, and grants, whose levels reach members of composites. */
static void add_resource(struct asking *k, struct str id)
{
	struct strs resources = {.arena = k->arena};
	static const struct str any[] = {STR_INIT("*")};
	struct line line = {.actions = {any, 1}};

	for (size_t side = 0; side < 2; side++) {
		const struct resource *r = FIND(k->work->sides[side], resource, RESOURCE, id);

		if (!r)
			continue;
		strs_add(&resources, arena_concat3(k->arena, r->type, STR(":"), r->resource_id));
		for (size_t i = 0; i < r->members.n; i++)
			strs_add(&resources, arena_concat3(k->arena, r->type, STR(":"), r->members.items[i]));
	}
	line.resources = strs_list(&resources);
	add_line(k, &line, true);
}

/* ---- the questions --------------------------------------------------------------------------------------- */

static void add_once(struct strs *l, struct str s)
{
	if (str_is_absent(s))
		return;
	for (size_t i = 0; i < l->n; i++)
		if (str_eq(l->items[i], s))
			return;
	strs_add(l, s);
}

static void sort_once(struct strs *l)
{
	size_t n = 0;

	if (l->n > 1)
		qsort(l->items, l->n, sizeof(*l->items), str_qsort);
	for (size_t i = 0; i < l->n; i++)
		if (n == 0 || !str_eq(l->items[n - 1], l->items[i]))
			l->items[n++] = l->items[i];
	l->n = n;
}

/* With what is in the list already, so that it stays closed under what patterns have in common. */
static void meet_all(struct asking *k, struct strs *l, struct str pattern, bool is_action)
{
	const size_t n = l->n;

	for (size_t i = 0; i < n && diff_step(k->work, 1 + l->n / 16); i++)
		add_once(l, is_action ? meet_actions(l->items[i], pattern, k->arena)
		                      : meet_resources(l->items[i], pattern));
}

/* What is registered and matches a pattern: a condition may tell it from the others. */
static void add_registered(struct asking *k, struct strs *l)
{
	const size_t n = l->n;

	for (size_t side = 0; side < 2; side++) {
		uint64_t at = 0;

		for (const struct document *d;
		     diff_step(k->work, n) && (d = snapshot_next(k->work->sides[side], DOC_RESOURCE, &at));) {
			const struct resource *r = as_resource(d);
			struct str text = arena_concat3(k->arena, r->type, STR(":"), r->resource_id);

			for (size_t i = 0; i < n; i++)
				if (!str_is_absent(meet_resources(l->items[i], text))) {
					strs_add(l, text);
					break;
				}
		}
	}
	sort_once(l);
}

struct questions {
	struct strs actions, resources;
	bool has_condition;
};

/* What a changed line and the others about her name. */
static void collect(struct asking *k, const struct line *changed, struct questions *qs)
{
	qs->has_condition = changed->has_condition;
	for (size_t i = 0; i < changed->actions.n; i++)
		if (action_pattern_is_alive(changed->actions.items[i]))
			add_once(&qs->actions, changed->actions.items[i]);
	for (size_t i = 0; i < changed->resources.n; i++)
		strs_add(&qs->resources, changed->resources.items[i]);
	sort_once(&qs->resources);
	for (size_t i = 0; i < k->n_lines && !k->work->is_over; i++) {
		const struct line *line = &k->lines[i];

		if (line == changed || !lines_overlap(k->work, changed, line))
			continue;
		qs->has_condition |= line->has_condition;
		for (size_t n = 0; n < line->actions.n; n++)
			meet_all(k, &qs->actions, line->actions.items[n], true);
		for (size_t n = 0; n < line->resources.n; n++)
			meet_all(k, &qs->resources, line->resources.items[n], false);
	}
	if (qs->has_condition)
		add_registered(k, &qs->resources);
}

/* False when the question was there before. */
static bool is_new(struct asking *k, uint64_t hash)
{
	size_t at;

	hash |= 1; /* none is 0 */
	if (2 * (k->n_seen + 1) > k->n_slots) {
		const uint64_t *old = k->seen;
		const size_t n = k->n_slots;

		k->n_slots = n ? 2 * n : 64;
		k->seen = ARENA_ARRAY(k->arena, uint64_t, k->n_slots);
		k->n_seen = 0;
		for (size_t i = 0; i < n; i++)
			if (old[i])
				(void)is_new(k, old[i]);
	}
	at = (size_t)hash_u64(hash) & (k->n_slots - 1);
	while (k->seen[at] && k->seen[at] != hash)
		at = (at + 1) & (k->n_slots - 1);
	if (k->seen[at])
		return false;
	k->seen[at] = hash;
	k->n_seen++;
	return true;
}

/* ---- asking ---------------------------------------------------------------------------------------------- */

/* A question, and where it is asked. */
struct question {
	struct asking *asking;
	struct diff_cell cell;
	struct ask ask;
	struct str places[2]; /* the cell's own tenant, on either side */
};

static struct answer ask_in(const struct question *q, size_t side, struct str tenant)
{
	struct ask ask = q->ask;

	ask.resource.tenant = tenant;
	return snapshot_ask(q->asking->work->sides[side], &ask, q->asking->arena, NULL);
}

/* All tenants at once, and none. */
static void ask_in_all(const struct question *q, size_t side, bool *ret)
{
	const struct diff_work *w = q->asking->work;
	const size_t n = w->tenants.n - 1;
	struct ask ask = q->ask;
	struct answer answer;
	size_t k = 0;

	ret[n] = verdict_allows(ask_in(q, side, w->tenants.items[n]).verdict);
	if (n == 0)
		return;
	ask.resource.lists_tenants = true;
	ask.resource.tenants = (struct str_list){w->tenants.items, n};
	answer = snapshot_ask(w->sides[side], &ask, q->asking->arena, NULL);
	/* They come in the order of the question. */
	for (size_t i = 0; i < n && k < answer.tenants.n; i++) {
		ret[i] = str_eq(w->tenants.items[i], answer.tenants.items[k]);
		k += ret[i];
	}
}

static const bool *decide(const struct question *q, size_t side)
{
	const struct diff_work *w = q->asking->work;
	bool *ret = ARENA_ARRAY(q->asking->arena, bool, w->tenants.n);

	if (q->cell.in_its_tenant)
		ret[0] = verdict_allows(ask_in(q, side, q->places[side]).verdict);
	else if (!w->is_by_tenant)
		ask_in_all(q, side, ret);
	for (size_t i = 0; i < w->tenants.n && w->is_by_tenant && !q->cell.in_its_tenant; i++)
		ret[i] = verdict_allows(ask_in(q, side, w->tenants.items[i]).verdict);
	return ret;
}

/* ---- by what --------------------------------------------------------------------------------------------- */

static struct str through_set(const struct asking *k, size_t side, struct verdict v)
{
	struct str_list subjects;

	(void)engine_set_of(&k->work->sides[side]->engine, v.kind, v.document, k->arena, &subjects);
	for (size_t i = 0; i < k->n_subjects[side]; i++) {
		const struct str mine = k->subjects[side][i].text;

		for (size_t n = 0; n < subjects.n; n++)
			if (str_eq(subjects.items[n], mine) || (str_ends_with(subjects.items[n], STR("*")) &&
			                                        str_eq(meet_resources(subjects.items[n], mine), mine)))
				return subjects.items[n];
	}
	return STR("");
}

static struct str through_grant(const struct asking *k, size_t side, struct str id)
{
	const struct snapshot *s = k->work->sides[side];
	struct access_grant grant;

	if (!grants_find(&s->grants, id, &grant))
		return STR("");
	switch (grant.grantee_type) {
	case GRANTEE_USER:
		return arena_concat(k->work->arena, STR(SUBJECT_USER), grant.grantee_id);
	case GRANTEE_DEPARTMENT:
		return arena_concat(k->work->arena, STR(SUBJECT_GROUP), grant.grantee_id);
	case GRANTEE_ROLE:
		return arena_concat(k->work->arena, STR(SUBJECT_ROLE), grant.grantee_id);
	case GRANTEE_NONE:
	case GRANTEE_N_TYPES:
		break;
	}
	return STR("");
}

/* A denial that came or went comes before the allowance that it hides. */
static void name_cause(const struct question *q, struct str tenant, struct found_cell *c)
{
	const struct asking *k = q->asking;
	const bool is_own = q->cell.in_its_tenant;
	const struct verdict before = ask_in(q, 0, is_own ? q->places[0] : tenant).verdict;
	const struct verdict after = ask_in(q, 1, is_own ? q->places[1] : tenant).verdict;
	const size_t side = c->gains ? before.effect != EFFECT_DENY : after.effect == EFFECT_DENY;
	const struct verdict v = side ? after : before;
	const struct deciding d = snapshot_deciding(k->work->sides[side], v);

	c->kind = d.kind;
	c->document = d.id;
	c->through = v.kind == DOC_ACCESS_GRANT ? through_grant(k, side, v.document) : through_set(k, side, v);
	/* Nobody's own: those who are brought by it are a group of their own in the report. */
	c->through = arena_str(k->work->arena, c->through);
}

/* ---- what differs ------------------------------------------------------------------------------------------ */

static void add_found(const struct question *q, const bool *from, const bool *to, bool gains)
{
	struct asking *k = q->asking;
	struct diff_work *w = k->work;
	const size_t n = q->cell.in_its_tenant ? 1 : w->tenants.n;
	struct found_cell c = {.cell = q->cell, .gains = gains};
	struct strs tenants = {.arena = w->arena};

	for (size_t i = 0; i < n; i++)
		if (to[i] && !from[i])
			strs_add(&tenants, q->cell.in_its_tenant ? STR_NONE : w->tenants.items[i]);
	if (tenants.n == 0)
		return;
	name_cause(q, tenants.items[0], &c);
	c.cell.everywhere = !c.cell.in_its_tenant && tenants.n == n;
	if (!c.cell.in_its_tenant && !c.cell.everywhere)
		c.cell.tenants = strs_list(&tenants);
	ARENA_ROOM(w->arena, k->found->items, k->found->n, &k->found->cap);
	k->found->items[k->found->n++] = c;
}

static void put_question(struct question *q)
{
	struct asking *k = q->asking;
	const uint64_t hash =
	    hash_str(hash_str(hash_str(0, q->cell.action), q->ask.resource.type) ^ (uint64_t)(q->cell.id.len == 0),
	             q->ask.resource.id);
	const bool *before, *after;

	if (!is_new(k, hash) || !diff_step(k->work, 8 + k->work->tenants.n * (k->work->is_by_tenant ? 4 : 1)))
		return;
	before = decide(q, 0);
	after = decide(q, 1);
	add_found(q, before, after, true);
	add_found(q, after, before, false);
}

/* Is it registered? In a tenant on one side is enough: on the other it is in none, then. */
static bool find_place(struct question *q)
{
	const struct str key = arena_concat3(q->asking->arena, q->ask.resource.type, STR("/"), q->ask.resource.id);
	bool is_registered = false;

	for (size_t side = 0; side < 2; side++) {
		const struct resource *r = FIND(q->asking->work->sides[side], resource, RESOURCE, key);
		const bool has_tenant = r && !str_is_absent(r->tenant);

		is_registered |= r != NULL;
		q->cell.in_its_tenant |= has_tenant;
		q->places[side] = has_tenant ? r->tenant : STR(TENANT_UNASSIGNED);
	}
	return is_registered;
}

static struct question question_about(struct asking *k, struct str action, struct str type, struct str id)
{
	struct question q = {.asking = k, .cell = {.action = action, .type = type, .id = id}, .ask = k->ask};

	q.ask.action = action_of_pattern(action, k->arena);
	q.ask.resource.type = type;
	q.ask.resource.id = id;
	return q;
}

static void ask_wild(struct asking *k, struct str action, struct str pattern)
{
	const bool is_any = str_eq(pattern, STR("*"));
	const struct str type = is_any ? STR("") : str_slice(pattern, 0, pattern.len - 2);
	struct question q = question_about(k, action, type, STR("*"));

	q.ask.resource.id = STR(DIFF_ANY);
	if (is_any)
		q.ask.resource.type = STR(DIFF_ANY);
	put_question(&q);
}

enum { MAX_SPLITS = 64 };

/* What the engine knows by one text may be registered as several: type and id are joined by a colon. */
static void ask_exact(struct asking *k, struct str action, struct str text)
{
	size_t at = 0, last = SIZE_MAX;
	bool is_registered = false;

	for (size_t n = 0; n < MAX_SPLITS && (at = str_find(text, ':', at)) != SIZE_MAX; n++, at++) {
		struct question q =
		    question_about(k, action, str_slice(text, 0, at), str_slice(text, at + 1, text.len));

		last = at;
		if (find_place(&q)) {
			is_registered = true;
			put_question(&q);
		}
	}
	if (!is_registered) {
		struct question q = question_about(k, action, last == SIZE_MAX ? text : str_slice(text, 0, last),
		                                   last == SIZE_MAX ? STR("") : str_slice(text, last + 1, text.len));

		put_question(&q);
	}
}

static void ask_all(struct asking *k, const struct questions *qs)
{
	for (size_t i = 0; i < qs->actions.n; i++) {
		const struct str action = arena_str(k->work->arena, qs->actions.items[i]);

		for (size_t n = 0; n < qs->resources.n && !k->work->is_over; n++) {
			const struct str resource = arena_str(k->work->arena, qs->resources.items[n]);

			if (resource_pattern_is_wild(resource))
				ask_wild(k, action, resource);
			else
				ask_exact(k, action, resource);
		}
	}
}

void find_cells(struct diff_work *w, const struct person *p, struct arena *scratch, struct found *ret)
{
	struct asking k = {.work = w, .person = p, .arena = scratch, .found = ret};

	k.ask = person_ask(w, p, scratch);
	if (p->type == PERSON_USER)
		k.name = p->id;
	reach(&k, 0);
	reach(&k, 1);
	compare_reaches(&k);
	add_grants(&k);
	for (size_t i = 0; i < w->resources.n && !w->is_over; i++)
		add_resource(&k, w->resources.items[i]);
	for (size_t i = 0; i < k.n_changed && !w->is_over; i++) {
		struct questions qs = {.actions = {.arena = scratch}, .resources = {.arena = scratch}};

		collect(&k, &k.changed[i], &qs);
		ask_all(&k, &qs);
	}
}
