/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of principals, and who of them brings a subject: what snapshot_subjects() does, undone.
 */
#include "policy/departments.h"
#include "policy/diff-impl.h"
#include "policy/lower.h"

/* ---- the table ------------------------------------------------------------------------------------------- */

uint64_t person_hash(enum person_type type, struct str id)
{
	return hash_str((uint64_t)type, id);
}

/* Room for so many more. */
static void grow(struct diff_work *w, size_t n)
{
	while (w->n_heads < w->n_persons + n)
		w->n_heads = w->n_heads ? 2 * w->n_heads : 1024;
	w->heads = ARENA_ARRAY(w->arena, uint32_t, w->n_heads);
	for (size_t i = 0; i < w->n_persons; i++) {
		struct person *p = &w->persons[i];
		uint32_t *head = &w->heads[person_hash(p->type, p->id) & (w->n_heads - 1)];

		p->next = *head;
		*head = (uint32_t)i + 1;
	}
}

/* Documents are the same on both sides unless they changed: mostly no text is compared. */
static bool person_is(const struct person *p, enum person_type type, struct str id, const struct document *doc)
{
	return p->type == type && ((doc && p->doc == doc) || str_eq(p->id, id));
}

struct person *find_person(const struct diff_work *w, enum person_type type, struct str id, const struct document *doc)
{
	uint32_t at = w->n_heads ? w->heads[person_hash(type, id) & (w->n_heads - 1)] : 0;

	while (at && !person_is(&w->persons[at - 1], type, id, doc))
		at = w->persons[at - 1].next;
	return at ? &w->persons[at - 1] : NULL;
}

uint64_t first_signature(enum person_type type, struct str id)
{
	return 2 * (uint64_t)type + (type == PERSON_OTHER ? person_hash(type, id) : 0);
}

struct person *add_person(struct diff_work *w, enum person_type type, struct str id, const struct document *doc)
{
	struct person *p = find_person(w, type, id, doc);
	uint32_t *head;

	if (p || !diff_step(w, 1))
		return p;
	if (w->n_persons >= w->n_heads)
		grow(w, w->n_persons + 1);
	ARENA_ROOM(w->arena, w->persons, w->n_persons, &w->cap_persons);
	head = &w->heads[person_hash(type, id) & (w->n_heads - 1)];
	p = &w->persons[w->n_persons++];
	*p = (struct person){.type = type, .id = id, .doc = doc, .next = *head, .signature = first_signature(type, id)};
	*head = (uint32_t)w->n_persons;
	return p;
}

/* Salted with what nobody outside knows: nobody can choose names that make two principals look the same. */
uint64_t mark_of(const struct diff_work *w, uint64_t salt, struct str text, struct str tenant)
{
	salt ^= w->sides[0]->engine.seed;
	return hash_u64(hash_str(salt, text) ^ (str_is_absent(tenant) ? 0 : hash_str(~salt, tenant)));
}

/* ---- who brings a subject -------------------------------------------------------------------------------- */

static void bring_document(struct bringers *b, enum person_type type, const struct document *doc, struct str tenant)
{
	if (doc && diff_step(b->work, 1))
		b->bring(b, type, doc, tenant);
}

/* Documents are one block each, the texts behind the struct. */
static void fetch_document(const struct document *doc)
{
	for (size_t at = 0; at < 4 * (size_t)64; at += 64)
		__builtin_prefetch((const void *)((uintptr_t)doc + at));
}

/* Members may be named by id, by alias, or by e-mail address. */
void bring_members(struct bringers *b, const struct str *names, size_t n, struct str tenant)
{
	const struct document *by_id[SNAPSHOT_MANY], *by_alias[SNAPSHOT_MANY];

	snapshot_find_many(b->snapshot, DOC_USER, names, n, by_id, by_alias);
	for (size_t i = 0; i < n; i++) {
		bring_document(b, PERSON_USER, by_id[i], tenant);
		bring_document(b, PERSON_USER, by_alias[i], tenant);
	}
}

static void bring_group(struct bringers *b, struct str group, struct str tenant)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	const struct document *const *docs;
	const size_t n =
	    snapshot_linked(b->snapshot, DOC_GROUP_MEMBER, arena_concat(&a, STR("group:"), group), &a, &docs);

	if (n > b->work->n_heads && b->adds)
		grow(b->work, n);
	for (size_t i = 0; i < n && !b->work->is_over; i += SNAPSHOT_MANY) {
		struct str names[SNAPSHOT_MANY];
		size_t k = 0;

		for (size_t ahead = i + SNAPSHOT_MANY; ahead < n && ahead < i + (size_t)2 * SNAPSHOT_MANY; ahead++)
			fetch_document(docs[ahead]);
		for (; k < SNAPSHOT_MANY && i + k < n; k++)
			names[k] = as_group_member(docs[i + k])->member;
		bring_members(b, names, k, tenant);
	}
}

void bring_principal(struct bringers *b, const struct role_member *m)
{
	if (str_eq(m->principal_type, STR("user")))
		bring_document(b, PERSON_USER, snapshot_find(b->snapshot, DOC_USER, m->principal_id), m->tenant);
	else if (str_eq(m->principal_type, STR("service")))
		bring_document(b, PERSON_SERVICE, snapshot_find(b->snapshot, DOC_SERVICE_ACCOUNT, m->principal_id),
		               m->tenant);
	else if (str_eq(m->principal_type, STR("group")))
		bring_group(b, m->principal_id, m->tenant);
}

/* Users who hold a role in one place, several at once. */
struct holders {
	struct str ids[SNAPSHOT_MANY], tenants[SNAPSHOT_MANY];
	size_t n;
};

static void bring_holders(struct bringers *b, struct holders *h)
{
	const struct document *by_id[SNAPSHOT_MANY], *by_alias[SNAPSHOT_MANY];

	snapshot_find_many(b->snapshot, DOC_USER, h->ids, h->n, by_id, by_alias);
	for (size_t i = 0; i < h->n; i++)
		bring_document(b, PERSON_USER, by_id[i], h->tenants[i]);
	h->n = 0;
}

static void bring_role(struct bringers *b, struct str role)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	const struct document *const *docs;
	const size_t n = snapshot_linked(b->snapshot, DOC_ROLE_MEMBER, arena_concat(&a, STR("role:"), role), &a, &docs);

	struct holders h = {.n = 0};

	if (n > b->work->n_heads && b->adds)
		grow(b->work, n);
	for (size_t i = 0; i < n && !b->work->is_over; i++) {
		const struct role_member *m = as_role_member(docs[i]);

		if (i + SNAPSHOT_MANY < n)
			fetch_document(docs[i + SNAPSHOT_MANY]);
		if (!str_eq(m->principal_type, STR("user"))) {
			bring_principal(b, m);
			continue;
		}
		h.ids[h.n] = m->principal_id;
		h.tenants[h.n++] = m->tenant;
		if (h.n == SNAPSHOT_MANY)
			bring_holders(b, &h);
	}
	bring_holders(b, &h);
}

void bring_below(struct bringers *b, struct str department)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	const struct str_list below = departments_below(b->snapshot, department, &a);

	for (size_t i = 0; i < below.n; i++)
		bring_group(b, below.items[i], STR_NONE);
}

static bool cut(struct str subject, struct str prefix, struct str *ret_rest)
{
	if (!str_starts_with(subject, prefix))
		return false;
	*ret_rest = str_slice(subject, prefix.len, subject.len);
	return true;
}

/* False: the subject is nobody's who is registered here. */
bool bring_subject(struct bringers *b, struct str subject)
{
	struct str id;

	if (cut(subject, STR(SUBJECT_USER), &id))
		bring_document(b, PERSON_USER, snapshot_find(b->snapshot, DOC_USER, id), STR_NONE);
	else if (cut(subject, STR(SUBJECT_GROUP), &id) || cut(subject, STR(SUBJECT_ATTACHED_GROUP), &id))
		bring_group(b, id, STR_NONE);
	else if (cut(subject, STR(SUBJECT_INHERITED_DEPARTMENT), &id))
		bring_below(b, id);
	else if (cut(subject, STR(SUBJECT_ROLE), &id))
		bring_role(b, id);
	else if (cut(subject, STR(SUBJECT_SERVICE), &id) && snapshot_find(b->snapshot, DOC_SERVICE_ACCOUNT, id))
		bring_document(b, PERSON_SERVICE, snapshot_find(b->snapshot, DOC_SERVICE_ACCOUNT, id), STR_NONE);
	else
		return false;
	return true;
}
