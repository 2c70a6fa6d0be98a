/* SPDX-License-Identifier: Apache-2.0
 *
 * The comparison of what a world of Aitronos and a snapshot of the same content say.
 */
#include "aitronos-oracle.h"
#include "print.h"
#include "search-check.h"

/* ---- decisions -------------------------------------------------------------------------------------------- */

static bool same_list(struct str_list x, struct str_list y)
{
	for (size_t i = 0; x.n == y.n && i < x.n; i++)
		if (!str_eq(x.items[i], y.items[i]))
			return false;
	return x.n == y.n;
}

static bool is_legitimate(const struct aitronos_world *w, const struct aitronos_question *q, struct verdict v)
{
	if (v.effect == EFFECT_NONE)
		return true;
	return aitronos_world_may_decide(w, q, v.effect, (enum document_kind)v.kind, v.document);
}

/* Checks off the paths as it is shown their grants. */
struct watcher {
	struct observer observer;
	const struct aitronos_question *question;
	struct aitronos_paths paths;
	bool is_shown[AITRONOS_N_GRANTS];
	bool is_misled; /* by a grant that is no path, or by what is said of one */
};

static void watch(struct observer *self, const struct observed *what)
{
	struct watcher *watcher = CONTAINER_OF(self, struct watcher, observer);
	struct arena a = ARENA_INIT;
	size_t i = 0;

	if (what->kind != DOC_ACCESS_GRANT)
		return;
	while (i < watcher->paths.n &&
	       !str_eq(what->document, aitronos_grant_id(watcher->paths.items[i].grant->number, &a)))
		i++;
	arena_release(&a);
	if (i == watcher->paths.n) {
		watcher->is_misled = true;
		return;
	}
	watcher->is_shown[i] = true;
	watcher->is_misled |= what->action_matches != (watcher->paths.items[i].grant->level >=
	                                               (unsigned)access_level_of(watcher->question->ask.action));
}

/* An explanation shows all paths, unless grants are not asked: of other actions, and where no place is meant. */
static bool saw_all(const struct watcher *w, struct aitronos_world_answer want)
{
	if (w->is_misled)
		return false;
	for (size_t i = 0; i < w->paths.n; i++)
		if (!w->is_shown[i] && want.n_places && access_level_of(w->question->ask.action))
			return false;
	return true;
}

static bool same_verdict(struct verdict x, struct verdict y)
{
	return x.effect == y.effect && x.kind == y.kind && str_eq(x.document, y.document);
}

static bool check_decision(const struct aitronos_world *w, const struct snapshot *s, const struct aitronos_question *q,
                           struct arena *a, struct buf *complaint)
{
	struct aitronos_world_answer want = aitronos_world_decide(w, q, a);
	struct watcher watcher = {.observer.statement = watch, .question = q};
	struct answer got = snapshot_ask(s, &q->ask, a, NULL), explained;

	aitronos_world_paths(w, q->who, q->type, q->entity, &watcher.paths);
	explained = snapshot_ask(s, &q->ask, a, &watcher.observer);
	if (verdict_allows(got.verdict) == want.is_allowed && same_list(want.tenants, got.tenants) &&
	    is_legitimate(w, q, got.verdict) && same_verdict(explained.verdict, got.verdict) &&
	    same_list(explained.tenants, got.tenants) && saw_all(&watcher, want))
		return true;
	buf_addf(complaint, "oracle %s ", want.is_allowed ? "allow" : "not allowed");
	print_list(complaint, want.tenants);
	buf_addf(complaint, ", engine %s by ", effect_name(got.verdict.effect));
	print_str(complaint, got.verdict.document);
	print_list(complaint, got.tenants);
	buf_addf(complaint, ", explained %s by ", effect_name(explained.verdict.effect));
	print_str(complaint, explained.verdict.document);
	buf_addf(complaint, ", %s %zu grants\n", saw_all(&watcher, want) ? "having seen" : "not just by",
	         watcher.paths.n);
	return false;
}

bool aitronos_world_check(const struct aitronos_world *w, const struct snapshot *s, const struct aitronos_question *q,
                          struct buf *complaint)
{
	struct arena a = ARENA_INIT;
	bool is_good = check_decision(w, s, q, &a, complaint) && search_check(s, &q->ask, complaint);

	arena_release(&a);
	return is_good;
}

/* ---- paths ------------------------------------------------------------------------------------------------ */

/* What a snapshot lists of a person and an entity. */
struct listed {
	enum access_level level;
	const struct access_path *paths;
	size_t n;
};

static bool is_path(const struct access_path *got, const struct aitronos_path *want, struct arena *a)
{
	const struct aitronos_world_grant *g = want->grant;
	static const enum access_path_type types[] = {
	    [GRANTEE_USER] = PATH_DIRECT, [GRANTEE_DEPARTMENT] = PATH_DEPARTMENT, [GRANTEE_ROLE] = PATH_ROLE};
	bool is_via = str_eq(got->via_entity_id, aitronos_entity_id(g->entity));

	return str_eq(got->grant.doc.id, aitronos_grant_id(g->number, a)) && got->grant.doc.seq == g->number &&
	       got->grant.entity_type == (enum entity_type)g->entity_type &&
	       str_eq(got->grant.entity_id, aitronos_entity_id(g->entity)) &&
	       got->grant.grantee_type == (enum grantee_type)g->grantee_type &&
	       str_eq(got->grant.grantee_id, aitronos_person_name(g->grantee)) &&
	       got->grant.level == (enum access_level)g->level && str_eq(got->grant.granted_by, STR("owner")) &&
	       (want->is_composite ? got->type == PATH_COMPOSITE && is_via
	                           : got->type == types[g->grantee_type] && str_is_absent(got->via_entity_id));
}

static bool is_listed(const struct listed *got, const struct aitronos_paths *want, struct arena *a)
{
	bool is_good = got->level == want->level && got->n == want->n;

	for (size_t i = 0; is_good && i < want->n; i++)
		is_good = is_path(&got->paths[i], &want->items[i], a);
	return is_good;
}

/* A person and an entity, about which an oracle and a list say something. */
struct pair {
	size_t person;
	enum entity_type type;
	size_t entity;
};

static void complain_of_paths(struct pair p, const struct listed *got, const struct aitronos_paths *want,
                              struct buf *complaint)
{
	buf_addf(complaint, STR_FMT " on " STR_FMT " " STR_FMT ": oracle level %d by",
	         STR_ARG(aitronos_person_name(p.person)), STR_ARG(entity_type_name(p.type)),
	         STR_ARG(aitronos_entity_id(p.entity)), (int)want->level);
	for (size_t i = 0; i < want->n; i++)
		buf_addf(complaint, " %u", want->items[i].grant->number);
	buf_addf(complaint, ", listed level %d by", (int)got->level);
	for (size_t i = 0; i < got->n; i++)
		buf_addf(complaint, " " STR_FMT, STR_ARG(got->paths[i].grant.doc.id));
	buf_addf(complaint, "\n");
}

static bool compare_paths(const struct aitronos_world *w, struct pair p, const struct listed *got,
                          struct buf *complaint)
{
	struct arena a = ARENA_INIT;
	struct aitronos_paths want;
	bool is_good;

	aitronos_world_paths(w, (struct aitronos_asker){ASKER_PERSON, p.person}, p.type, p.entity, &want);
	is_good = is_listed(got, &want, &a);
	if (!is_good)
		complain_of_paths(p, got, &want, complaint);
	arena_release(&a);
	return is_good;
}

/* Takes the entity out of the list; zeroed when it is not there. */
static struct listed take_entity(struct entity_access *list, size_t n, enum entity_type type, size_t entity)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].type == type && str_eq(list[i].id, aitronos_entity_id(entity))) {
			struct listed l = {list[i].level, list[i].paths, list[i].n_paths};

			list[i].type = ENTITY_NONE;
			return l;
		}
	return (struct listed){0};
}

static bool is_in_order(const struct entity_access *list, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (list[i - 1].paths[0].grant.doc.seq > list[i].paths[0].grant.doc.seq)
			return false;
	return true;
}

/* Of the types in the mask: all that is wanted, and nothing else. */
static bool check_user(const struct aitronos_world *w, const struct snapshot *s, size_t person, unsigned types,
                       struct buf *complaint)
{
	const struct user *user = FIND(s, user, USER, aitronos_person_name(person));
	struct arena a = ARENA_INIT;
	const struct entity_access *all;
	struct entity_access *list;
	bool is_good = true;
	size_t n;

	if (!user)
		return true;
	n = access_of_user(s, user, types, &a, &all);
	list = ARENA_ARRAY(&a, struct entity_access, n);
	if (n)
		memcpy(list, all, n * sizeof(*list));
	is_good = is_in_order(list, n);
	for (enum entity_type type = ENTITY_NONE + 1; type < ENTITY_N_TYPES; type++)
		for (size_t i = 0; is_good && i < AITRONOS_N_IDS; i++) {
			struct listed got = take_entity(list, n, type, i);

			is_good = types == 0 || (types >> (unsigned)type & 1)
			              ? compare_paths(w, (struct pair){person, type, i}, &got, complaint)
			              : got.n == 0;
		}
	for (size_t i = 0; i < n; i++)
		is_good = is_good && list[i].type == ENTITY_NONE;
	if (!is_good)
		buf_addf(complaint, "resolved access of " STR_FMT ", types %x\n", STR_ARG(user->doc.id), types);
	arena_release(&a);
	return is_good;
}

static size_t person_of(const struct user *user)
{
	for (size_t i = 0; i < AITRONOS_N_PEOPLE; i++)
		if (str_eq(user->doc.id, aitronos_person_name(i)))
			return i;
	assert(false);
	return 0;
}

/* The users of the snapshot, in their order: those with a path are listed, the others are not. */
static bool check_entity(const struct aitronos_world *w, const struct snapshot *s, enum entity_type type, size_t entity,
                         struct buf *complaint)
{
	struct arena a = ARENA_INIT;
	const struct user_access *list;
	const struct document *doc;
	size_t n = access_to_entity(s, type, aitronos_entity_id(entity), &a, &list), at = 0;
	uint64_t ordinal = 0;
	bool is_good = true;

	while (is_good && (doc = snapshot_next(s, DOC_USER, &ordinal))) {
		struct listed got = {0};

		if (at < n && list[at].user == as_user(doc)) {
			got = (struct listed){list[at].level, list[at].paths, list[at].n_paths};
			at++;
		}
		is_good = compare_paths(w, (struct pair){person_of(as_user(doc)), type, entity}, &got, complaint);
	}
	is_good = is_good && at == n;
	if (!is_good)
		buf_addf(complaint, "users with access to " STR_FMT " " STR_FMT "\n", STR_ARG(entity_type_name(type)),
		         STR_ARG(aitronos_entity_id(entity)));
	arena_release(&a);
	return is_good;
}

/* ---- all of it -------------------------------------------------------------------------------------------- */

/* The decisions; where nobody but grants speaks, the level that is listed is the one that decides. */
static bool check_levels(const struct aitronos_world *w, const struct snapshot *s, struct pair p, struct buf *complaint)
{
	const bool is_granted_only = aitronos_world_is_granted_only(w);
	struct arena a = ARENA_INIT;
	struct aitronos_paths paths;
	bool is_good = true, is_allowed;

	aitronos_world_paths(w, (struct aitronos_asker){ASKER_PERSON, p.person}, p.type, p.entity, &paths);
	for (enum access_level level = ACCESS_READ; is_good && level < ACCESS_N_LEVELS; level++) {
		struct aitronos_question q = aitronos_plain_question(p.person, p.type, p.entity, level);

		is_allowed = verdict_allows(snapshot_ask(s, &q.ask, &a, NULL).verdict);
		is_good = check_decision(w, s, &q, &a, complaint) &&
		          (!is_granted_only || is_allowed == (paths.level >= level));
		if (!is_good)
			aitronos_print_question(complaint, &q.ask);
	}
	arena_release(&a);
	return is_good;
}

bool aitronos_world_check_all(const struct aitronos_world *w, const struct snapshot *s, struct buf *complaint)
{
	bool is_good = true;

	for (size_t i = 0; is_good && i < AITRONOS_N_PEOPLE; i++)
		for (unsigned types = 0; is_good && types < 1u << ENTITY_N_TYPES; types += 2)
			is_good = check_user(w, s, i, types, complaint);
	for (enum entity_type type = ENTITY_NONE + 1; type < ENTITY_N_TYPES; type++)
		for (size_t i = 0; is_good && i < AITRONOS_N_IDS; i++) {
			is_good = check_entity(w, s, type, i, complaint);
			for (size_t k = 0; is_good && k < AITRONOS_N_PEOPLE; k++)
				is_good = check_levels(w, s, (struct pair){k, type, i}, complaint);
		}
	return is_good;
}
