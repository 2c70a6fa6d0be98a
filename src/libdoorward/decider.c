/* SPDX-License-Identifier: Apache-2.0 */
#include "libdoorward/decider.h"

#define FIRST_ROOM        ((size_t)16 << 10)
#define FIRST_ANSWER_SIZE (offsetof(struct doorward_answer, n_tenants) + sizeof(size_t))
#define FIRST_REASON_SIZE (offsetof(struct doorward_reason, sentence) + sizeof(struct doorward_text))

/* ---- memory -------------------------------------------------------------------------------------------------- */

static void make_room(struct doorward_decider *d, size_t room)
{
	arena_release(&d->arena);
	(void)arena_alloc(&d->arena, room);
	arena_reset(&d->arena);
	d->room = room;
}

struct doorward_decider *doorward_decider_new(struct doorward_organization *org)
{
	struct doorward_decider *d = mem_calloc(1, sizeof(*d));

	organization_ref(org);
	d->org = org;
	make_room(d, FIRST_ROOM);
	return d;
}

void doorward_decider_free(struct doorward_decider *d)
{
	if (!d)
		return;
	arena_release(&d->arena);
	organization_let_go(d->org, d->kept);
	organization_unref(d->org);
	free(d);
}

const struct snapshot *decider_begin(struct doorward_decider *d)
{
	if (d->arena.used_bytes > d->room)
		make_room(d, 2 * d->arena.used_bytes);
	else
		arena_reset(&d->arena);
	d->kept = organization_keep(d->org, d->kept);
	return d->kept->snapshot;
}

/* ---- decisions ------------------------------------------------------------------------------------------------ */

static bool write_answer(struct doorward_answer *ret, struct doorward_answer mine)
{
	return public_write(ret, &mine, sizeof(mine), FIRST_ANSWER_SIZE);
}

/* Denied, before anything can go wrong. */
static bool deny(struct doorward_answer *ret)
{
	return write_answer(ret, (struct doorward_answer){0});
}

static int answer(struct doorward_decider *d, const struct ask *ask, struct doorward_answer *ret,
                  struct doorward_error *err)
{
	const struct snapshot *s = d->kept->snapshot;
	struct answer found = snapshot_ask(s, ask, &d->arena, NULL);
	struct doorward_answer mine = {
	    .allowed = verdict_allows(found.verdict) ? 1 : 0,
	    .revision = s->revision,
	};

	if (ask->resource.lists_tenants) {
		mine.tenants = public_texts(&d->arena, found.tenants.items, found.tenants.n);
		mine.n_tenants = found.tenants.n;
	}
	(void)!write_answer(ret, mine);
	return public_fail(err, DOORWARD_OK, NULL);
}

int doorward_decide(struct doorward_decider *d, const struct doorward_question *q, struct doorward_answer *ret,
                    struct doorward_error *err)
{
	struct error cause = {0};
	struct ask ask;

	if (!deny(ret))
		return public_invalid(err, "the answer was not initialized");
	(void)decider_begin(d);
	if (!decider_read(d, q, PART_NONE, &ask, &cause))
		return public_fail(err, DOORWARD_INVALID, &cause);
	return answer(d, &ask, ret, err);
}

int doorward_decide_json(struct doorward_decider *d, struct doorward_text json, int64_t now_ms,
                         struct doorward_answer *ret, struct doorward_error *err)
{
	struct error cause = {0};
	struct ask ask;

	if (!deny(ret))
		return public_invalid(err, "the answer was not initialized");
	(void)decider_begin(d);
	if (!decider_read_json(d, json, now_ms, &ask, &cause))
		return public_fail(err, DOORWARD_INVALID, &cause);
	return answer(d, &ask, ret, err);
}

/* ---- why ------------------------------------------------------------------------------------------------------ */

/* "Allowed by statement 0 of the access policy readers." */
static struct str sentence(const struct ask *ask, const struct answer *found, struct deciding by, struct arena *a)
{
	struct str kind;

	if (found->verdict.effect == EFFECT_NONE)
		return arena_strf(a,
		                  "No statement allows " STR_FMT " " STR_FMT " to " STR_FMT " " STR_FMT " " STR_FMT ".",
		                  STR_ARG(ask->subject_type), STR_ARG(ask->subject_id), STR_ARG(ask->action),
		                  STR_ARG(found->about->type), STR_ARG(found->about->id));
	kind = arena_str(a, document_kind_name(by.kind));
	for (size_t i = 0; i < kind.len; i++)
		if (kind.ptr[i] == '_')
			((char *)(uintptr_t)kind.ptr)[i] = ' ';
	return arena_strf(a, "%s by statement %u of the " STR_FMT " " STR_FMT ".",
	                  found->verdict.effect == EFFECT_ALLOW ? "Allowed" : "Denied",
	                  (unsigned)found->verdict.statement, STR_ARG(kind), STR_ARG(by.id));
}

static enum doorward_effect effect_of(enum effect effect)
{
	switch (effect) {
	case EFFECT_ALLOW:
		return DOORWARD_ALLOW;
	case EFFECT_DENY:
		return DOORWARD_DENY;
	case EFFECT_NONE:
		break;
	}
	return DOORWARD_NOTHING;
}

int doorward_explain(struct doorward_decider *d, const struct doorward_question *q, struct doorward_reason *ret,
                     struct doorward_error *err)
{
	struct doorward_reason mine = {0};
	struct error cause = {0};
	const struct snapshot *s;
	struct answer found;
	struct deciding by;
	struct ask ask;

	if (!public_write(ret, &mine, sizeof(mine), FIRST_REASON_SIZE))
		return public_invalid(err, "the reason was not initialized");
	s = decider_begin(d);
	if (!decider_read(d, q, PART_NONE, &ask, &cause))
		return public_fail(err, DOORWARD_INVALID, &cause);
	found = snapshot_ask(s, &ask, &d->arena, NULL);
	by = snapshot_deciding(s, found.verdict);
	mine.effect = (int)effect_of(found.verdict.effect);
	mine.revision = s->revision;
	if (mine.effect != DOORWARD_NOTHING) {
		mine.kind = public_text(&d->arena, document_kind_name(by.kind));
		mine.document = public_text(&d->arena, by.id);
		mine.statement = found.verdict.statement;
	}
	mine.sentence = public_text(&d->arena, sentence(&ask, &found, by, &d->arena));
	(void)!public_write(ret, &mine, sizeof(mine), FIRST_REASON_SIZE);
	return public_fail(err, DOORWARD_OK, NULL);
}
