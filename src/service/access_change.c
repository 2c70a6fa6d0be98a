/* SPDX-License-Identifier: Apache-2.0
 *
 * What a change did to access, as far as its documents and the statements that follow from them tell.
 */
#include "policy/lower.h"
#include "service/changes.h"

struct tally {
	uint64_t n_added[2], n_removed[2]; /* statements, by whether they deny */
	uint64_t n_joined, n_left;         /* memberships */
	bool may_gain, may_lose;           /* somebody */
};

/* What documents of a kind have to do with access. */
enum bearing {
	BEARS_UNKNOWN,    /* it depends */
	BEARS_NOTHING,    /* no decision looks at them */
	BEARS_STATEMENTS, /* statements without conditions */
	BEARS_CONDITIONS, /* statements that a condition may keep from counting */
	BEARS_GRANT,
	BEARS_MEMBERSHIP,
	BEARS_SWITCHES,
};

static const enum bearing bearings[DOC_N_KINDS] = {
    [DOC_ORGANIZATION] = BEARS_SWITCHES,
    [DOC_GROUP_MEMBER] = BEARS_MEMBERSHIP,
    [DOC_ROLE] = BEARS_STATEMENTS,
    [DOC_ROLE_MEMBER] = BEARS_MEMBERSHIP,
    [DOC_KEY] = BEARS_NOTHING,
    [DOC_STATEMENT_POLICY] = BEARS_STATEMENTS,
    [DOC_TAG_KEY] = BEARS_NOTHING,
    [DOC_TAG_VALUE] = BEARS_NOTHING,
    [DOC_TAG_POLICY] = BEARS_CONDITIONS,
    [DOC_INVITATION] = BEARS_NOTHING,
    [DOC_PERMISSION_POLICY] = BEARS_STATEMENTS,
    [DOC_ACCESS_GRANT] = BEARS_GRANT,
    [DOC_APPROVAL_POLICY] = BEARS_NOTHING,
    [DOC_ENTITLEMENT_BINDING] = BEARS_STATEMENTS,
    [DOC_ACCESS_REQUEST] = BEARS_NOTHING,
    [DOC_REQUEST_EVENT] = BEARS_NOTHING,
    [DOC_ACCESS_REVIEW] = BEARS_NOTHING,
    [DOC_WEBHOOK] = BEARS_NOTHING,
    [DOC_WEBHOOK_CALL] = BEARS_NOTHING,
    [DOC_OAUTH_CLIENT] = BEARS_NOTHING,
    [DOC_ACCESS_POLICY] = BEARS_CONDITIONS,
    [DOC_ACCESS_TASK] = BEARS_NOTHING,
};

static void count(struct tally *t, bool denies, bool came)
{
	if (came)
		t->n_added[denies]++;
	else
		t->n_removed[denies]++;
}

static void weigh(struct tally *t, bool denies, bool came)
{
	t->may_gain |= came != denies;
	t->may_lose |= came == denies;
}

static void count_and_weigh(struct tally *t, bool denies, bool came)
{
	count(t, denies, came);
	weigh(t, denies, came);
}

static void say_unclear(struct tally *t)
{
	t->may_gain = t->may_lose = true;
}

/* ---- statements ---------------------------------------------------------------------------------------------- */

/* So many pairs of an action and a resource a statement is taken apart into, and lines of a document. */
#define MAX_PAIRS 256u
#define MAX_LINES 100000u

/* A statement for one subject, as text that is the same exactly when it says the same. */
struct line {
	struct str subject, text;
	bool denies;
};

/*
 * Of some documents: whole statements, to be counted; or taken apart into pairs of an action and a resource, which say
 * the same together, so that an action more is not taken for another statement.
 */
struct lines {
	struct arena *arena;
	bool are_parts;
	struct line *items;
	size_t n, cap;
};

static void add_list(struct buf *b, struct str_list list)
{
	buf_addf(b, "%zu:", list.n);
	for (size_t i = 0; i < list.n; i++) {
		buf_addf(b, "%zu:", list.items[i].len);
		buf_add(b, list.items[i]);
	}
}

static struct str text_of(const struct statement *st, struct arena *a)
{
	CLEANUP(buf_releasep) struct buf b = BUF_INIT(BUF_MAX_RESPONSE_BYTES);

	buf_addf(&b, "%d %d %lld %lld ", (int)st->effect, st->all_tenants, (long long)st->valid_from_ms,
	         (long long)st->valid_until_ms);
	add_list(&b, st->actions);
	add_list(&b, st->resources);
	if (!st->all_tenants)
		add_list(&b, st->tenants);
	assert(!b.overflowed);
	return arena_str(a, buf_str(&b));
}

static void add_line(struct lines *l, const struct statement *st, struct str_list subjects)
{
	struct str text = text_of(st, l->arena);

	/* Who owned it would have to be told how it is freed: kinds that have some are not lowered here. */
	assert(!st->condition);
	for (size_t i = 0; i < subjects.n; i++) {
		ARENA_ROOM(l->arena, l->items, l->n, &l->cap);
		l->items[l->n++] = (struct line){subjects.items[i], text, st->effect == EFFECT_DENY};
	}
}

static void add_parts(struct lines *l, const struct statement *st, struct str_list subjects)
{
	struct statement part = *st;

	for (size_t i = 0; i < st->actions.n; i++) {
		part.actions = (struct str_list){&st->actions.items[i], 1};
		for (size_t k = 0; k < st->resources.n; k++) {
			part.resources = (struct str_list){&st->resources.items[k], 1};
			add_line(l, &part, subjects);
		}
	}
}

static bool is_divisible(const struct statement *st, size_t n_subjects)
{
	return st->actions.n <= MAX_PAIRS && st->resources.n <= MAX_PAIRS &&
	       st->actions.n * st->resources.n <= MAX_PAIRS &&
	       st->actions.n * st->resources.n * n_subjects <= MAX_LINES;
}

static void add_lines(struct lines *l, const struct snapshot *s, enum document_kind kind, struct str id)
{
	const struct document *doc = snapshot_find(s, kind, id);
	struct statement_set set;

	if (!doc || !lower_document(s, doc, l->arena, &set))
		return;
	for (size_t i = 0; i < set.n_statements; i++) {
		const struct statement *st = &set.statements[i];

		if (l->are_parts && is_divisible(st, set.subjects.n))
			add_parts(l, st, set.subjects);
		else
			add_line(l, st, set.subjects);
	}
}

static int by_text(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	int c = str_cmp(x->subject, y->subject);

	return c ? c : str_cmp(x->text, y->text);
}

static void sort_lines(struct lines *l)
{
	if (l->n > 1)
		qsort(l->items, l->n, sizeof(*l->items), by_text);
}

/* Sorted lists side by side: what is in one of them alone goes to `fn`. Each line may be there several times. */
static void compare_lines(struct tally *t, const struct lines *before, const struct lines *after,
                          void (*fn)(struct tally *t, bool denies, bool came))
{
	size_t i = 0, k = 0;

	while (i < before->n || k < after->n) {
		int c = i == before->n ? 1 : k == after->n ? -1 : by_text(&before->items[i], &after->items[k]);

		if (c < 0)
			fn(t, before->items[i].denies, false);
		else if (c > 0)
			fn(t, after->items[k].denies, true);
		i += c <= 0;
		k += c >= 0;
	}
}

/* ---- which documents' ----------------------------------------------------------------------------------------- */

struct name {
	enum document_kind kind;
	struct str id;
};

struct names {
	struct arena *arena;
	struct name *items;
	size_t n, cap;
};

static void add_name(struct names *n, enum document_kind kind, struct str id)
{
	ARENA_ROOM(n->arena, n->items, n->n, &n->cap);
	n->items[n->n++] = (struct name){kind, id};
}

static void add_linked(struct names *n, const struct snapshot *s, enum document_kind kind, struct str link)
{
	const struct document *const *docs;
	size_t count_linked = snapshot_linked(s, kind, link, n->arena, &docs);

	for (size_t i = 0; i < count_linked; i++)
		add_name(n, kind, docs[i]->id);
}

/* What says something else when the document changes; see snapshot_put(). Roles of permission policies have policies
 * of their own. */
static void add_dependents(struct names *n, const struct snapshot *s, const struct changed_document *d)
{
	if (d->kind == DOC_ROLE)
		add_linked(n, s, DOC_STATEMENT_POLICY, arena_concat(n->arena, STR("role:"), d->id));
	else if (d->kind == DOC_PERMISSION_POLICY)
		add_linked(n, s, DOC_ROLE, arena_concat(n->arena, STR("policy:"), d->id));
}

static int by_name(const void *a, const void *b)
{
	const struct name *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return str_cmp(x->id, y->id);
}

/* Each once. */
static void settle(struct names *n)
{
	size_t kept = 0;

	if (n->n > 1)
		qsort(n->items, n->n, sizeof(*n->items), by_name);
	for (size_t i = 0; i < n->n; i++)
		if (kept == 0 || by_name(&n->items[kept - 1], &n->items[i]) != 0)
			n->items[kept++] = n->items[i];
	n->n = kept;
}

static struct lines lines_of(const struct snapshot *s, const struct names *names, bool are_parts)
{
	struct lines l = {.arena = names->arena, .are_parts = are_parts};

	for (size_t i = 0; i < names->n; i++)
		add_lines(&l, s, names->items[i].kind, names->items[i].id);
	sort_lines(&l);
	return l;
}

static void compare_statements(struct tally *t, const struct snapshot *before, const struct snapshot *after,
                               struct names *names)
{
	settle(names);
	for (unsigned parts = 0; parts < 2; parts++) {
		struct lines was = lines_of(before, names, parts), is = lines_of(after, names, parts);

		compare_lines(t, &was, &is, parts ? weigh : count);
	}
}

/* ---- the other kinds ------------------------------------------------------------------------------------------ */

static void compare_grants(struct tally *t, const struct snapshot *before, const struct snapshot *after, struct str id)
{
	struct access_grant was, is;
	bool was_there = grants_find(&before->grants, id, &was), is_there = grants_find(&after->grants, id, &is);

	if (was_there && is_there) {
		t->n_added[0]++;
		t->n_removed[0]++;
		t->may_gain |= is.level > was.level;
		t->may_lose |= is.level < was.level;
	} else if (was_there || is_there) {
		count_and_weigh(t, false, is_there);
	}
}

/* Whatever its conditions are, one that comes or goes has but one way to work. */
static void compare_tag_policies(struct tally *t, const struct snapshot *before, const struct snapshot *after,
                                 struct str id)
{
	const struct tag_policy *was = FIND(before, tag_policy, TAG_POLICY, id);
	const struct tag_policy *is = FIND(after, tag_policy, TAG_POLICY, id);

	if (was && is) {
		t->n_removed[was->deny] += was->n_groups;
		t->n_added[is->deny] += is->n_groups;
		say_unclear(t);
		return;
	}
	for (size_t i = 0; was && i < was->n_groups; i++)
		count_and_weigh(t, was->deny, false);
	for (size_t i = 0; is && i < is->n_groups; i++)
		count_and_weigh(t, is->deny, true);
}

/* One policy is one statement. */
static void compare_access_policies(struct tally *t, const struct snapshot *before, const struct snapshot *after,
                                    struct str id)
{
	const struct access_policy *was = FIND(before, access_policy, ACCESS_POLICY, id);
	const struct access_policy *is = FIND(after, access_policy, ACCESS_POLICY, id);

	if (was)
		t->n_removed[was->deny] += was->subjects.n;
	if (is)
		t->n_added[is->deny] += is->subjects.n;
	if (was && is)
		say_unclear(t);
	else
		weigh(t, is ? is->deny : was->deny, is);
}

/* Joining gives what is allowed to the group, and takes what is denied to it. */
static void count_membership(struct tally *t, const struct changed_document *d)
{
	t->n_joined += str_is_absent(d->before);
	t->n_left += str_is_absent(d->after);
	say_unclear(t);
}

static void compare_switches(struct tally *t, const struct snapshot *before, const struct snapshot *after)
{
	const struct organization *was = snapshot_organization(before), *is = snapshot_organization(after);

	if (!was || !is || was->rbac_is_off != is->rbac_is_off || was->abac_is_off != is->abac_is_off ||
	    was->departments_inherit != is->departments_inherit)
		say_unclear(t);
}

static struct tally tally_of(const struct snapshot *before, const struct snapshot *after, const struct change *c,
                             struct arena *a)
{
	struct names names = {.arena = a};
	struct tally t = {0};

	for (size_t i = 0; i < c->n_documents; i++) {
		const struct changed_document *d = &c->documents[i];

		switch (bearings[d->kind]) {
		case BEARS_UNKNOWN:
			say_unclear(&t);
			break;
		case BEARS_NOTHING:
			break;
		case BEARS_STATEMENTS:
			add_name(&names, d->kind, d->id);
			add_dependents(&names, before, d);
			add_dependents(&names, after, d);
			break;
		case BEARS_CONDITIONS:
			if (d->kind == DOC_TAG_POLICY)
				compare_tag_policies(&t, before, after, d->id);
			else
				compare_access_policies(&t, before, after, d->id);
			break;
		case BEARS_GRANT:
			compare_grants(&t, before, after, d->id);
			break;
		case BEARS_MEMBERSHIP:
			count_membership(&t, d);
			break;
		case BEARS_SWITCHES:
			compare_switches(&t, before, after);
			break;
		}
	}
	compare_statements(&t, before, after, &names);
	return t;
}

/* ---- in words ------------------------------------------------------------------------------------------------- */

static void write_pair(struct json_writer *w, struct str name, uint64_t added, uint64_t removed)
{
	json_key(w, name);
	json_begin_object(w);
	json_put_u64(w, STR("added"), added);
	json_put_u64(w, STR("removed"), removed);
	json_end_object(w);
}

void access_change_write(const struct snapshot *before, const struct snapshot *after, const struct change *c,
                         struct json_writer *w)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	struct tally t = tally_of(before, after, c, &a);

	json_put_str(w, STR("effect"),
	             t.may_gain   ? t.may_lose ? STR("unclear") : STR("widened")
	               : t.may_lose ? STR("narrowed")
	                          : STR("none"));
	write_pair(w, STR("allowing_statements"), t.n_added[0], t.n_removed[0]);
	write_pair(w, STR("denying_statements"), t.n_added[1], t.n_removed[1]);
	write_pair(w, STR("memberships"), t.n_joined, t.n_left);
}
