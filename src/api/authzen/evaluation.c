/* SPDX-License-Identifier: Apache-2.0 */
#include "api/authzen/evaluation.h"

#include "api/decisions.h"
#include "base/clock.h"

struct evaluator evaluator_of(struct api_call *call)
{
	return (struct evaluator){
	    .call = call,
	    .explains = str_eq_nocase(http_header_get(call->x, STR("Doorward-Explain")), STR("true")),
	    .bound_tenants = http_header_get(call->x, STR("Doorward-Bound-Tenants")),
	};
}

/* ---- answering ------------------------------------------------------------------------------------- */

static struct str effect_name(enum effect effect)
{
	switch (effect) {
	case EFFECT_ALLOW:
		return STR("allow");
	case EFFECT_DENY:
		return STR("deny");
	case EFFECT_NONE:
		break;
	}
	return STR("none");
}

/* "statement_policy" as a person says it. */
static struct str spoken(struct arena *a, struct str kind)
{
	char *text = arena_alloc(a, kind.len);

	for (size_t i = 0; i < kind.len; i++)
		text[i] = kind.ptr[i] == '_' ? ' ' : kind.ptr[i];
	return (struct str){text, kind.len};
}

/* "Allowed by the access grant agrant_… (write for the department dept_… on knowledge_slice kslice_…)." */
static struct str grant_text(const struct evaluator *e, const struct access_grant *g)
{
	return arena_strf(e->call->arena,
	                  "Allowed by the access grant " STR_FMT " (" STR_FMT " for the " STR_FMT " " STR_FMT
	                  " on " STR_FMT " " STR_FMT ").",
	                  STR_ARG(g->doc.id), STR_ARG(access_level_name(g->level)),
	                  STR_ARG(grantee_type_name(g->grantee_type)), STR_ARG(g->grantee_id),
	                  STR_ARG(entity_type_name(g->entity_type)), STR_ARG(g->entity_id));
}

/* "Allowed by the entitlement binding crm/admin/a1 (admin in crm for the account a1 of alice, until 2026-…)." */
static struct str binding_text(const struct evaluator *e, const struct entitlement_binding *b)
{
	char time[32];
	struct str until = STR("without end");

	if (b->expires_at_ms)
		until = arena_concat(e->call->arena, STR("until "), time_format_rfc3339(b->expires_at_ms, time));
	return arena_strf(e->call->arena,
	                  "Allowed by the entitlement binding " STR_FMT " (" STR_FMT " in " STR_FMT
	                  " for the account " STR_FMT " of " STR_FMT ", " STR_FMT ").",
	                  STR_ARG(b->doc.id), STR_ARG(b->entitlement_id), STR_ARG(b->app), STR_ARG(b->account_id),
	                  STR_ARG(b->user), STR_ARG(until));
}

/* "Denied by statement 0 of the tag policy 5f6c… (No PII)." */
static struct str reason_text(const struct evaluator *e, struct verdict v, struct deciding by)
{
	const struct snapshot *s = e->call->snapshot;
	const struct tag_policy *p = by.kind == DOC_TAG_POLICY ? FIND(s, tag_policy, TAG_POLICY, by.id) : NULL;
	struct str said = spoken(e->call->arena, document_kind_name(by.kind));
	struct str name = p ? arena_strf(e->call->arena, " (" STR_FMT ")", STR_ARG(p->name)) : STR("");
	const struct entitlement_binding *binding;
	struct access_grant grant;

	if (by.kind == DOC_ENTITLEMENT_BINDING && (binding = FIND(s, entitlement_binding, ENTITLEMENT_BINDING, by.id)))
		return binding_text(e, binding);
	if (by.kind == DOC_ACCESS_GRANT && grants_find(&s->grants, by.id, &grant))
		return grant_text(e, &grant);
	return arena_strf(e->call->arena, "%s by statement %u of the " STR_FMT " " STR_FMT STR_FMT ".",
	                  v.effect == EFFECT_ALLOW ? "Allowed" : "Denied", (unsigned)v.statement, STR_ARG(said),
	                  STR_ARG(by.id), STR_ARG(name));
}

static void write_nothing_decided(struct json_writer *w, const struct ask *ask, const struct ask_resource *about,
                                  struct arena *a)
{
	json_put_str(w, STR("document"), STR_NONE);
	json_put_str(w, STR("kind"), STR_NONE);
	json_put(w, STR("statement"), NULL);
	json_put_str(w, STR("effect"), effect_name(EFFECT_NONE));
	json_put_str(w, STR("text"),
	             arena_strf(a,
	                        "No statement allows " STR_FMT " " STR_FMT " to " STR_FMT " " STR_FMT " " STR_FMT ".",
	                        STR_ARG(ask->subject_type), STR_ARG(ask->subject_id), STR_ARG(ask->action),
	                        STR_ARG(about->type), STR_ARG(about->id)));
}

static void write_reason(const struct evaluator *e, const struct ask *ask, const struct answer *answer,
                         struct json_writer *w)
{
	struct verdict v = answer->verdict;
	struct deciding by = snapshot_deciding(e->call->snapshot, v);

	json_key(w, STR("reason"));
	json_begin_object(w);
	if (v.effect == EFFECT_NONE) {
		write_nothing_decided(w, ask, answer->about, e->call->arena);
	} else {
		json_put_str(w, STR("document"), by.id);
		json_put_str(w, STR("kind"), document_kind_name(by.kind));
		json_put_u64(w, STR("statement"), v.statement);
		json_put_str(w, STR("effect"), effect_name(v.effect));
		json_put_str(w, STR("text"), reason_text(e, v, by));
	}
	json_end_object(w);
}

static void write_decision(const struct evaluator *e, const struct ask *ask, const struct answer *answer, struct str id,
                           struct json_writer *w)
{
	json_begin_object(w);
	json_put_bool(w, STR("decision"), verdict_allows(answer->verdict));
	if (ask->resource.lists_tenants || e->explains) {
		json_key(w, STR("context"));
		json_begin_object(w);
		if (ask->resource.lists_tenants)
			json_put_strs(w, STR("tenants"), answer->tenants.items, answer->tenants.n);
		if (e->explains && !str_is_absent(id))
			json_put_str(w, STR("evaluation_id"), id);
		if (e->explains)
			write_reason(e, ask, answer, w);
		json_end_object(w);
	}
	json_end_object(w);
}

bool evaluation_decide(struct evaluator *e, const struct evaluation *ev, struct json_writer *w, bool *ret_allowed,
                       struct error *err)
{
	struct ask ask;
	struct answer answer;
	struct str id;

	if (!evaluation_read(e, ev, &ask, err))
		return false;
	answer = snapshot_ask(e->call->snapshot, &ask, e->call->arena, NULL);
	id = decisions_are_logged(e->call->api) ? decisions_new_id(e->call->api, e->call->arena) : STR_NONE;
	e->is_unlogged |= !decisions_log(e->call, &ask, &answer, id);
	write_decision(e, &ask, &answer, id, w);
	*ret_allowed = verdict_allows(answer.verdict);
	api_count_decision(e->call->api, *ret_allowed);
	return true;
}
