/* SPDX-License-Identifier: Apache-2.0
 *
 * From a query's subjects to their groups. Subjects often share their wildcard forms (a caller's thousand teams have
 * two prefixes), so those are looked up once; all lookups go through the map in batches.
 */
#include "policy/engine-impl.h"

static void flush_probes(struct subject_walk *w)
{
	if (w->prepare)
		w->prepare(w);
	w->prepare = NULL;
	pmap_find_many(&w->scope->engine->subjects, w->probes, w->n_probes, group_is);
	for (size_t i = 0; i < w->n_probes && !w->is_done; i++) {
		const struct group *group = w->probes[i].value;

		if (group && group_is(group, &w->forms[i]))
			w->is_done = !w->visit(w, group, w->restrictions[i]);
	}
	w->n_probes = 0;
}

static void add_probe(struct subject_walk *w, const struct form *f, struct restriction r)
{
	size_t i;

	if (w->n_probes == N_PROBES)
		flush_probes(w);
	i = w->n_probes++;
	w->forms[i] = *f;
	w->restrictions[i] = r;
	w->probes[i] = (struct pmap_probe){f->hash, &w->forms[i], NULL};
}

/* All wildcard forms of subjects are head "*": equal heads are equal forms. */
static bool prefix_eq(const struct prefix *x, const struct form *f, struct restriction r)
{
	return x->form.hash == f->hash && str_eq(x->form.head, f->head) && restriction_eq(x->restriction, r);
}

/* The prefix's slot, or the empty one where it would go. Only with a table. */
static struct prefix *prefix_slot(const struct prefix_set *s, const struct form *f, struct restriction r)
{
	size_t at = (size_t)hash_u64(f->hash + (r.is_set ? r.number : 0)) & s->mask;

	while (s->slots[at].is_used && !prefix_eq(&s->slots[at], f, r))
		at = (at + 1) & s->mask;
	return &s->slots[at];
}

static bool has_prefix(const struct prefix_set *s, const struct form *f, struct restriction r)
{
	if (s->slots)
		return prefix_slot(s, f, r)->is_used;
	for (size_t i = 0; i < s->n; i++) {
		if (prefix_eq(&s->room[i], f, r))
			return true;
	}
	return false;
}

static void grow_prefixes(struct prefix_set *s, struct arena *a)
{
	struct prefix *old = s->slots ? s->slots : s->room;
	size_t n_old = s->slots ? s->mask + 1 : s->n;

	s->mask = (s->slots ? n_old * 2 : (size_t)4 * N_ROOM) - 1;
	s->slots = ARENA_ARRAY(a, struct prefix, s->mask + 1);
	for (size_t i = 0; i < n_old; i++) {
		if (old[i].is_used)
			*prefix_slot(s, &old[i].form, old[i].restriction) = old[i];
	}
}

/* Looks a wildcard form up unless an earlier subject already had it, as widely or for the same tenant. */
static void add_new_prefix(struct subject_walk *w, const struct form *f, struct restriction r)
{
	struct prefix_set *s = &w->prefixes;

	if (has_prefix(s, f, r) || (r.is_set && has_prefix(s, f, (struct restriction){0})))
		return;
	if (s->slots ? s->n * 2 > s->mask : s->n == N_ROOM)
		grow_prefixes(s, w->scope->arena);
	*(s->slots ? prefix_slot(s, f, r) : &s->room[s->n]) = (struct prefix){*f, r, true};
	s->n++;
	add_probe(w, f, r);
}

/* Of all the wildcard forms that subjects have, few are granted anything. */
static inline void add_prefix(struct subject_walk *w, uint64_t hash, struct str head, struct restriction r)
{
	if (w->scope->engine->subjects.filter & filter_bit(short_hash(hash)))
		add_new_prefix(w, &(struct form){hash, head, STR("")}, r);
}

/* How far the subjects before share sections with this one, so that a thousand teams cost one prefix. */
struct last_subject {
	struct str head; /* its text up to and with the last ':' */
	uint64_t hash;   /* of the head */
	struct restriction restriction;
};

static bool shares_head(const struct last_subject *last, struct str text, struct restriction r)
{
	size_t n = last->head.len;

	return n > 0 && text.len >= n && memcmp(text.ptr, last->head.ptr, n) == 0 &&
	       restriction_eq(r, last->restriction);
}

static void add_subject(struct subject_walk *w, const struct subject *subject, struct last_subject *last)
{
	const struct pmap *map = &w->scope->engine->subjects;
	uint64_t seed = w->scope->engine->seed;
	struct str text = subject->text;
	struct text_walk t = text_begin(seed, text);
	struct restriction r = scope_restrict(w->scope, subject->tenant);
	uint64_t head_hash = 0;
	size_t n_head = 0;

	if (r.is_set && !r.is_in_scope && !w->sees_out_of_scope)
		return;
	if (shares_head(last, text, r)) {
		t.hash = last->hash;
		t.next += last->head.len;
	} else {
		add_prefix(w, text_step(seed, WORD_STAR), STR(""), r);
	}
	while (text_next(&t)) {
		n_head = (size_t)(t.next - text.ptr);
		head_hash = t.hash;
		add_prefix(w, text_step(t.hash, WORD_STAR), (struct str){text.ptr, n_head}, r);
	}
	if (n_head)
		*last = (struct last_subject){{text.ptr, n_head}, head_hash, r};
	if (w->prepare)
		pmap_prefetch(map, t.hash);
	add_probe(w, &(struct form){.hash = t.hash, .head = text}, r);
}

void subject_walk_init(struct subject_walk *w, const struct scope *scope, group_visit_fn *visit)
{
	w->scope = scope;
	w->visit = visit;
	w->prepare = NULL;
	w->sees_out_of_scope = w->is_done = false;
	w->n_probes = 0;
	w->prefixes.n = 0;
	w->prefixes.slots = NULL;
}

void subject_walk_run(struct subject_walk *w, const struct subject *subjects, size_t n)
{
	struct last_subject last = {0};

	for (size_t i = 0; i < n && !w->is_done; i++)
		add_subject(w, &subjects[i], &last);
	if (!w->is_done)
		flush_probes(w);
}
