/* SPDX-License-Identifier: Apache-2.0 */
#include "explain-check.h"

/* What one question has in common. */
struct checking {
	const struct snapshot *snapshot;
	const struct ask *ask;
	struct arena *arena;
	struct explain_tally *tally;
	struct buf *complaint;
};

static const struct str any[] = {STR_INIT("*")};

/* The policy with these parts of it lifted: nothing of them is in the way any more. */
static struct access_policy lifted(const struct access_policy *p, unsigned parts)
{
	struct access_policy q = *p;

	if (parts & EXPLAIN_CONDITION)
		q.condition = STR_NONE;
	if (parts & EXPLAIN_TIME)
		q.valid_from_ms = q.valid_until_ms = 0;
	if (parts & EXPLAIN_TENANT)
		q.tenants = (struct str_list){0};
	/* A role that is held in another tenant is in the way as the statement's own tenants are. */
	if (parts & (EXPLAIN_SUBJECT | EXPLAIN_TENANT))
		q.subjects = (struct str_list){any, 1};
	if (parts & EXPLAIN_ACTION)
		q.actions = (struct str_list){any, 1};
	if (parts & EXPLAIN_RESOURCE)
		q.resources = (struct str_list){any, 1};
	return q;
}

static bool is_allowed_with(const struct checking *k, const struct access_policy *p)
{
	CLEANUP(buf_releasep) struct buf body = BUF_INIT(1 << 20);
	struct snapshot *fork = snapshot_fork(k->snapshot);
	struct document *doc;
	struct answer answer;
	int is_bad;

	document_encode(&p->doc, &body);
	is_bad = document_decode(p->doc.kind, p->doc.id, buf_str(&body), &doc, NULL);
	assert(!is_bad);
	doc->seq = p->doc.seq;
	snapshot_put(fork, doc);
	answer = snapshot_ask(fork, k->ask, k->arena, NULL);
	snapshot_drop(fork);
	return verdict_allows(answer.verdict);
}

static bool is_claim_true(const struct checking *k, const struct explained *e)
{
	const struct access_policy *p = FIND(k->snapshot, access_policy, ACCESS_POLICY, e->id);
	struct access_policy changed = lifted(p, e->failed);

	if (!is_allowed_with(k, &changed)) {
		buf_addf(k->complaint, "explain: " STR_FMT " lacks %x, and with all that it allows nothing\n",
		         STR_ARG(e->id), e->failed);
		return false;
	}
	for (unsigned bit = 0; bit < EXPLAIN_N_PARTS; bit++) {
		if (e->failed & EXPLAIN_TENANT && 1u << bit == EXPLAIN_SUBJECT)
			continue; /* lifted with the tenants */
		changed = lifted(p, e->failed & ~(1u << bit));
		if (e->failed >> bit & 1 && is_allowed_with(k, &changed)) {
			buf_addf(k->complaint, "explain: " STR_FMT " lacks %x, but allows it without %x\n",
			         STR_ARG(e->id), e->failed, 1u << bit);
			return false;
		}
	}
	return true;
}

/* Is there anybody, and any tenant, to be allowed something? */
static bool could_be_allowed(const struct checking *k)
{
	const struct ask *q = k->ask;
	const struct subject *subjects;
	size_t n = 0;

	if (!str_eq(q->subject_type, STR("external")))
		snapshot_subjects(k->snapshot, q->subject_type, q->subject_id, k->arena, &subjects, &n);
	return n + q->raw_subjects.n > 0 && !(q->resource.lists_tenants && q->resource.tenants.n == 0);
}

static bool check_nearest(const struct checking *k, bool is_forbidden, const struct explanation *x)
{
	for (size_t i = 0; i < x->n_nearest; i++) {
		const struct explained *e = &x->nearest[i];

		k->tally->n_nearest++;
		if (!is_forbidden && (e->failed == 0 || e->effect == EFFECT_DENY)) {
			buf_addf(k->complaint, "explain: nothing is in the way of " STR_FMT "\n", STR_ARG(e->id));
			return false;
		}
		if (is_forbidden || e->kind != DOC_ACCESS_POLICY || !could_be_allowed(k) || k->ask->target)
			continue;
		k->tally->n_lifted++;
		if (!is_claim_true(k, e))
			return false;
	}
	return true;
}

static bool starts_with_deny(const struct explanation *x)
{
	return x->n_nearest && x->nearest[0].effect == EFFECT_DENY && x->nearest[0].failed == 0;
}

bool explain_check(const struct snapshot *s, const struct ask *q, struct explain_tally *tally, struct buf *complaint)
{
	struct arena a = ARENA_INIT;
	uint64_t steps = EXPLAIN_MAX_STEPS;
	struct answer answer = snapshot_ask(s, q, &a, NULL), again;
	struct explanation x;
	const struct checking k = {s, q, &a, tally, complaint};
	bool is_good = true;

	if (!verdict_allows(answer.verdict)) {
		tally->n_denials++;
		snapshot_explain_denial(s, q, &a, &steps, &x);
		again = snapshot_ask(s, q, &a, NULL);
		is_good = again.verdict.effect == answer.verdict.effect &&
		          str_eq(again.verdict.document, answer.verdict.document);
		if (answer.verdict.effect == EFFECT_DENY && !starts_with_deny(&x)) {
			buf_addf(complaint, "explain: forbidden, and no deny is shown\n");
			is_good = false;
		}
		is_good = is_good && check_nearest(&k, answer.verdict.effect == EFFECT_DENY, &x);
	}
	arena_release(&a);
	return is_good;
}
