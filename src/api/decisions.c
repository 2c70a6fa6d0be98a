/* SPDX-License-Identifier: Apache-2.0 */
#include "api/decisions.h"

#include "api/internal.h"
#include "base/clock.h"
#include "base/random.h"
#include "service/decision_chain.h"
#include "service/decision_log.h"

bool decisions_are_logged(const struct api *api)
{
	return api->decisions.options.log != NULL;
}

/* A number of the run's own, and which of its answers. */
struct str decisions_new_id(struct api *api, struct arena *a)
{
	uint64_t n = atomic_fetch_add_explicit(&api->decisions.n, 1, memory_order_relaxed);

	return arena_strf(a, "%016llx-%llu", (unsigned long long)api->decisions.run, (unsigned long long)n);
}

/* ---- a line ---------------------------------------------------------------------------------------- */

static void put_properties(struct json_writer *w, const struct api_call *call, const struct json *properties)
{
	if (properties && !call->api->decisions.options.without_properties)
		json_put(w, STR("properties"), properties);
}

static void put_entity(struct json_writer *w, struct str type, struct str id)
{
	json_begin_object(w);
	json_put_str(w, STR("type"), type);
	json_put_str(w, STR("id"), id);
}

static void put_question(struct json_writer *w, const struct api_call *call, const struct ask *q)
{
	json_key(w, STR("subject"));
	put_entity(w, q->subject_type, q->subject_id);
	put_properties(w, call, q->subject_properties);
	json_end_object(w);
	json_key(w, STR("action"));
	json_begin_object(w);
	json_put_str(w, STR("name"), q->action);
	put_properties(w, call, q->action_properties);
	json_end_object(w);
	json_key(w, STR("resource"));
	put_entity(w, q->resource.type, q->resource.id);
	put_properties(w, call, q->resource_properties);
	json_end_object(w);
	if (q->context && !call->api->decisions.options.without_properties)
		json_put(w, STR("context"), q->context);
	if (q->is_bound)
		json_put_strs(w, STR("bound_tenants"), q->bound_tenants.items, q->bound_tenants.n);
}

static void put_answer(struct json_writer *w, const struct api_call *call, const struct ask *q,
                       const struct answer *answer)
{
	struct deciding by = snapshot_deciding(call->snapshot, answer->verdict);

	json_put_bool(w, STR("decision"), verdict_allows(answer->verdict));
	if (q->resource.lists_tenants)
		json_put_strs(w, STR("tenants"), answer->tenants.items, answer->tenants.n);
	if (answer->verdict.effect == EFFECT_NONE)
		return;
	json_put_str(w, STR("kind"), document_kind_name(by.kind));
	json_put_str(w, STR("document"), by.id);
	json_put_u64(w, STR("statement"), answer->verdict.statement);
}

static void begin_entry(struct json_writer *w, const struct api_call *call, struct str type, struct str id)
{
	char at[32];

	json_begin_object(w);
	json_put_str(w, STR("type"), type);
	json_put_str(w, STR("id"), id);
	json_put_str(w, STR("at"), time_format_rfc3339(call->now_ms, at));
	json_put_str(w, STR("organization"), call->snapshot->org);
	json_put_u64(w, STR("revision"), call->snapshot->revision);
	json_put_str(w, STR("via"), str_of(call->dialect->name));
	json_put_str(w, STR("asker"), call->caller.actor);
	json_put_str(w, STR("request_id"), call->x->request_id);
}

bool decisions_log(struct api_call *call, const struct ask *ask, const struct answer *answer, struct str id)
{
	const struct decisions_options *o = &call->api->decisions.options;
	CLEANUP(buf_releasep) struct buf line = BUF_INIT(DECISION_LINE_MAX_BYTES);
	struct json_writer w = JSON_WRITER(&line);
	bool is_kept;

	if (!o->log)
		return true;
	begin_entry(&w, call, STR("decision"), id);
	put_question(&w, call, ask);
	put_answer(&w, call, ask, answer);
	json_end_object(&w);
	/* One that is too long is dropped and counted as any other. */
	is_kept = line.overflowed ? decision_log_drop(o->log) : decision_log_put(o->log, buf_str(&line));
	return !o->is_required || (is_kept && !decision_log_stats(o->log).is_failing);
}
