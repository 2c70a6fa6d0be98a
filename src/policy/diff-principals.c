/* SPDX-License-Identifier: Apache-2.0
 *
 * Whom changed documents may concern.
 */
#include "policy/diff-impl.h"
#include "policy/lower.h"

static void bring_into_table(struct bringers *b, enum person_type type, const struct document *doc, struct str tenant)
{
	struct person *p = add_person(b->work, type, doc);

	if (p && b->mark)
		p->signature += mark_in(b->work, b->mark, tenant);
}

static void bring_as_changed(struct bringers *b, enum person_type type, const struct document *doc,
                             struct str tenant UNUSED)
{
	struct person *p = add_person(b->work, type, doc);

	if (p)
		p->is_changed = true;
}

/* ---- everybody ------------------------------------------------------------------------------------------- */

static void add_kind(struct diff_work *w, const struct snapshot *s, enum document_kind kind, enum person_type type)
{
	uint64_t at = 0;

	for (const struct document *d; !w->is_over && (d = snapshot_next(s, kind, &at));)
		(void)add_person(w, type, d);
}

static void add_everyone(struct diff_work *w)
{
	for (size_t i = 0; i < 2 && !w->has_everyone; i++) {
		add_kind(w, w->sides[i], DOC_USER, PERSON_USER);
		add_kind(w, w->sides[i], DOC_SERVICE_ACCOUNT, PERSON_SERVICE);
	}
	w->has_everyone = true;
}

static void add_everyone_as_changed(struct diff_work *w)
{
	add_everyone(w);
	for (size_t i = 0; i < w->n_persons; i++)
		w->persons[i].is_changed = true;
}

/* ---- what changed documents say -------------------------------------------------------------------------- */

static void add_delta(struct diff_work *w, const struct snapshot *s, const struct cset *set)
{
	struct line_list lines;

	if (!set)
		return;
	lines = lines_of_set(w, s, set);
	for (size_t i = 0; i < lines.n; i++) {
		ARENA_ROOM(w->arena, w->delta, w->n_delta, &w->cap_delta);
		w->delta[w->n_delta++] = lines.items[i];
	}
}

enum { MAX_MARKED = 32 };

bool subject_is_marked(const struct diff_work *w, struct str subject)
{
	for (size_t i = 0; i < w->marked.n; i++)
		if (str_eq(w->marked.items[i], subject))
			return true;
	return false;
}

/* Those that a changed statement names, and who is none of the registered ones. */
static void add_subject(struct diff_work *w, const struct snapshot *s, struct str subject)
{
	/* With the same members the one side's are those of both, and what tells them apart from others. */
	const bool is_to_mark = w->same_members && w->marked.n < MAX_MARKED;
	struct bringers b = {
	    .work = w, .snapshot = s, .bring = bring_into_table, .mark = is_to_mark ? mark_of_subject(w, subject) : 0};
	const bool is_pattern = str_eq(subject, STR("*")) || str_ends_with(subject, STR(":*"));

	if (w->same_members && subject_is_marked(w, subject))
		return;
	if (is_pattern)
		add_everyone(w);
	else if (is_to_mark)
		strs_add(&w->marked, subject);
	if (is_pattern ? !str_starts_with(subject, STR(SUBJECT_ROLE)) : !bring_subject(&b, subject))
		(void)add_other(w, subject);
}

struct kept {
	const struct cset *sets[2];
	struct str_list subjects[2];
};

static int by_bytes(const void *a, const void *b)
{
	return str_qsort(a, b);
}

static void sort(struct str_list *l, struct arena *a)
{
	struct str *items = ARENA_ARRAY(a, struct str, l->n);

	if (l->n)
		memcpy(items, l->items, l->n * sizeof(*items));
	if (l->n > 1)
		qsort(items, l->n, sizeof(*items), by_bytes);
	l->items = items;
}

/* Where the set is the same, only who came or went. */
static void add_subjects(struct diff_work *w, struct kept *k)
{
	const bool is_same = k->sets[0] == k->sets[1];
	size_t i = 0, j = 0;

	sort(&k->subjects[0], w->arena);
	sort(&k->subjects[1], w->arena);
	while (!w->is_over && (i < k->subjects[0].n || j < k->subjects[1].n)) {
		const int c = i == k->subjects[0].n   ? 1
		              : j == k->subjects[1].n ? -1
		                                      : str_cmp(k->subjects[0].items[i], k->subjects[1].items[j]);

		if (c <= 0 && !(is_same && c == 0))
			add_subject(w, w->sides[0], k->subjects[0].items[i]);
		if (c >= 0 && !(is_same && c == 0))
			add_subject(w, w->sides[1], k->subjects[1].items[j]);
		i += c <= 0;
		j += c >= 0;
	}
}

static void look_at_set(struct diff_work *w, enum document_kind kind, struct str id)
{
	struct kept k;

	for (size_t i = 0; i < 2; i++)
		k.sets[i] = engine_set_of(&w->sides[i]->engine, (uint32_t)kind, id, w->arena, &k.subjects[i]);
	if (!diff_step(w, 1 + k.subjects[0].n + k.subjects[1].n))
		return;
	/* With the same set delta is what those who came or went with it gain or lose. */
	add_delta(w, w->sides[0], k.sets[0]);
	if (k.sets[1] != k.sets[0])
		add_delta(w, w->sides[1], k.sets[1]);
	if (k.sets[1]) {
		ARENA_ROOM(w->arena, w->changed_sets, w->n_changed_sets, &w->cap_changed_sets);
		w->changed_sets[w->n_changed_sets++] = k.sets[1];
	}
	add_subjects(w, &k);
}

/* What says something else when the document changes; see snapshot_put(). */
static void look_at_linked(struct diff_work *w, enum document_kind kind, struct str link, struct str id)
{
	for (size_t side = 0; side < 2; side++) {
		const struct document *const *docs;
		const size_t n =
		    snapshot_linked(w->sides[side], kind, arena_concat(w->arena, link, id), w->arena, &docs);

		for (size_t i = 0; i < n && !w->is_over; i++)
			look_at_set(w, kind, docs[i]->id);
	}
}

static void look_at_all(struct diff_work *w, enum document_kind kind)
{
	for (size_t side = 0; side < 2; side++) {
		uint64_t at = 0;

		for (const struct document *d; !w->is_over && (d = snapshot_next(w->sides[side], kind, &at));)
			look_at_set(w, kind, d->id);
	}
}

static void look_at_organization(struct diff_work *w)
{
	const struct organization *was = snapshot_organization(w->sides[0]), *is = snapshot_organization(w->sides[1]);

	if ((was && was->rbac_is_off) != (is && is->rbac_is_off))
		look_at_all(w, DOC_ROLE);
	if ((was && was->abac_is_off) != (is && is->abac_is_off)) {
		look_at_all(w, DOC_TAG_POLICY);
		look_at_all(w, DOC_POLICY_ATTACHMENT);
	}
	if ((was && was->departments_inherit) != (is && is->departments_inherit))
		add_everyone_as_changed(w);
}

/* Where departments inherit, what is above a group matters to those in it and below. */
static void look_at_group(struct diff_work *w, struct str id)
{
	const struct organization *was = snapshot_organization(w->sides[0]), *is = snapshot_organization(w->sides[1]);
	const struct group *before = FIND(w->sides[0], group, GROUP, id), *after = FIND(w->sides[1], group, GROUP, id);

	if (!(was && was->departments_inherit) && !(is && is->departments_inherit))
		return;
	if (!before || !after || !str_eq(before->parent, after->parent) || !str_eq(before->type, after->type))
		add_everyone_as_changed(w);
}

/* Roles make members of tenants, which attached policies ask for. */
static void look_at_role(struct diff_work *w, struct str id)
{
	const struct role *before = FIND(w->sides[0], role, ROLE, id), *after = FIND(w->sides[1], role, ROLE, id);
	const bool has_attachments =
	    w->sides[0]->n_docs[DOC_POLICY_ATTACHMENT] || w->sides[1]->n_docs[DOC_POLICY_ATTACHMENT];

	look_at_set(w, DOC_ROLE, id);
	look_at_linked(w, DOC_STATEMENT_POLICY, STR("role:"), id);
	if (has_attachments && (!before || !after || !str_eq(before->scope, after->scope)))
		add_everyone_as_changed(w);
}

static void look_at_role_member(struct diff_work *w, struct str id)
{
	for (size_t i = 0; i < 2; i++) {
		const struct role_member *m = FIND(w->sides[i], role_member, ROLE_MEMBER, id);
		struct bringers b = {.work = w, .bring = bring_as_changed};

		/* Those who were its members then, and those who are now. */
		for (size_t k = 0; m && k < 2; k++) {
			b.snapshot = w->sides[k];
			bring_principal(&b, m);
		}
	}
}

static void look_at_group_member(struct diff_work *w, struct str id)
{
	for (size_t i = 0; i < 2; i++) {
		const struct group_member *m = FIND(w->sides[i], group_member, GROUP_MEMBER, id);
		struct bringers b = {.work = w, .bring = bring_as_changed};

		for (size_t k = 0; m && k < 2; k++) {
			b.snapshot = w->sides[k];
			bring_members(&b, &m->member, 1, STR_NONE);
		}
	}
}

static void look_at_principal(struct diff_work *w, enum document_kind kind, enum person_type type, struct str id)
{
	const struct document *doc = snapshot_find(w->sides[0], kind, id);
	struct person *p = NULL;

	if (!doc)
		doc = snapshot_find(w->sides[1], kind, id);
	if (doc)
		p = add_person(w, type, doc);
	if (p)
		p->is_changed = true;
}

/* ---- grants and resources -------------------------------------------------------------------------------- */

static struct str subject_of_grant(const struct access_grant *g, struct arena *a)
{
	switch (g->grantee_type) {
	case GRANTEE_USER:
		return arena_concat(a, STR(SUBJECT_USER), g->grantee_id);
	case GRANTEE_DEPARTMENT:
		return arena_concat(a, STR(SUBJECT_GROUP), g->grantee_id);
	case GRANTEE_ROLE:
		return arena_concat(a, STR(SUBJECT_ROLE), g->grantee_id);
	case GRANTEE_NONE:
	case GRANTEE_N_TYPES:
		break;
	}
	return STR_NONE;
}

static void look_at_grant(struct diff_work *w, struct str id)
{
	for (size_t i = 0; i < 2; i++) {
		struct bringers b = {.work = w, .snapshot = w->sides[i], .bring = bring_into_table};
		struct access_grant grant;
		struct forced_grant *f;

		if (!grants_find(&w->sides[i]->grants, id, &grant) || !diff_step(w, 1))
			continue;
		ARENA_ROOM(w->arena, w->grants, w->n_grants, &w->cap_grants);
		f = &w->grants[w->n_grants++];
		*f = (struct forced_grant){line_of_grant(w->sides[i], &grant, w->arena),
		                           subject_of_grant(&grant, w->arena)};
		(void)bring_subject(&b, f->subject);
		if (grant.grantee_type == GRANTEE_DEPARTMENT)
			bring_below(&b, grant.grantee_id);
	}
}

/* The tags of a project are those of its runs. */
static void look_at_resource(struct diff_work *w, struct str id)
{
	strs_add(&w->resources, id);
	for (size_t side = 0; side < 2; side++) {
		const struct resource *project = FIND(w->sides[side], resource, RESOURCE, id);
		uint64_t at = 0;

		if (!project || !str_eq(project->type, STR("project")))
			continue;
		for (const struct document *d;
		     diff_step(w, 1) && (d = snapshot_next(w->sides[side], DOC_RESOURCE, &at));)
			if (str_eq(as_resource(d)->type, STR("run")) && str_eq(as_resource(d)->parent, id))
				strs_add(&w->resources, d->id);
	}
	add_everyone(w);
}

static void look_at(struct diff_work *w, const struct diff_document *d)
{
	switch (d->kind) {
	case DOC_ORGANIZATION:
		look_at_organization(w);
		break;
	case DOC_USER:
		look_at_principal(w, d->kind, PERSON_USER, d->id);
		break;
	case DOC_SERVICE_ACCOUNT:
		look_at_principal(w, d->kind, PERSON_SERVICE, d->id);
		break;
	case DOC_GROUP:
		look_at_group(w, d->id);
		break;
	case DOC_GROUP_MEMBER:
		look_at_group_member(w, d->id);
		break;
	case DOC_ROLE:
		look_at_role(w, d->id);
		break;
	case DOC_ROLE_MEMBER:
		look_at_role_member(w, d->id);
		break;
	case DOC_RESOURCE:
		look_at_resource(w, d->id);
		break;
	case DOC_ACCESS_GRANT:
		look_at_grant(w, d->id);
		break;
	case DOC_TAG_POLICY:
		look_at_set(w, d->kind, d->id);
		look_at_linked(w, DOC_POLICY_ATTACHMENT, STR("policy:"), d->id);
		break;
	case DOC_PERMISSION_POLICY:
		look_at_linked(w, DOC_ROLE, STR("policy:"), d->id);
		break;
	case DOC_STATEMENT_POLICY:
	case DOC_ACCESS_POLICY:
	case DOC_POLICY_ATTACHMENT:
	case DOC_ENTITLEMENT_BINDING:
		look_at_set(w, d->kind, d->id);
		break;
	/* No decision of those that are asked here looks at them. */
	case DOC_NONE:
	case DOC_TENANT:
	case DOC_KEY:
	case DOC_TAG_KEY:
	case DOC_TAG_VALUE:
	case DOC_INVITATION:
	case DOC_GOVERNANCE_POLICY:
	case DOC_APPROVAL_POLICY:
	case DOC_APP:
	case DOC_APP_RESOURCE_TYPE:
	case DOC_APP_ENTITLEMENT:
	case DOC_APP_USER:
	case DOC_ACCESS_REQUEST:
	case DOC_REQUEST_EVENT:
	case DOC_ACCESS_REVIEW:
	case DOC_WEBHOOK:
	case DOC_WEBHOOK_CALL:
	case DOC_OAUTH_CLIENT:
	case DOC_ACCESS_REVIEW_TEMPLATE:
	case DOC_APP_ACTION:
	case DOC_TOKEN_ISSUER:
	case DOC_SEPARATION:
	case DOC_ACCESS_TASK:
	case DOC_N_KINDS:
		break;
	}
}

void find_persons(struct diff_work *w)
{
	for (size_t i = 0; i < w->q->n_documents && !w->is_over; i++)
		look_at(w, &w->q->documents[i]);
}

/* ---- one principal ------------------------------------------------------------------------- */

void person_subjects(const struct snapshot *s, const struct person *p, struct arena *a, const struct subject **ret,
                     size_t *ret_n)
{
	struct subject *other;
	struct str text = p->id;

	if (p->type != PERSON_OTHER) {
		snapshot_subjects(s, p->type == PERSON_USER ? STR("user") : STR("service"), p->id, a, ret, ret_n);
		return;
	}
	if (str_eq(text, STR("*")) || str_ends_with(text, STR(":*")))
		text = arena_concat(a, str_slice(text, 0, text.len - 1), STR(DIFF_ANY));
	other = ARENA_NEW(a, struct subject);
	*other = (struct subject){.text = text};
	*ret = other;
	*ret_n = 1;
}

struct ask person_ask(const struct diff_work *w, const struct person *p, struct arena *a)
{
	struct ask ask = {.subject_type = STR("external"), .subject_id = p->id, .now_ms = w->q->now_ms};
	const struct subject *subjects;
	struct str *raw;
	size_t n;

	if (p->type != PERSON_OTHER) {
		ask.subject_type = p->type == PERSON_USER ? STR("user") : STR("service");
		return ask;
	}
	person_subjects(w->sides[0], p, a, &subjects, &n);
	raw = ARENA_NEW(a, struct str);
	*raw = subjects[0].text;
	ask.raw_subjects = (struct str_list){raw, 1};
	return ask;
}
