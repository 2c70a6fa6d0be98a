/* SPDX-License-Identifier: Apache-2.0 */
#include "api/decisions.h"

#include "api/internal.h"
#include "base/clock.h"
#include "crypto/chain.h"
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

/* The object under this name, unless there is none or it is to be left out. */
static void put_stated(struct json_writer *w, const struct api_call *call, struct str name, const struct json *stated)
{
	if (stated && !call->api->decisions.options.without_properties)
		json_put(w, name, stated);
}

/* What a search leaves open is absent. */
static void put_member(struct json_writer *w, struct str name, struct str value)
{
	if (!str_is_absent(value))
		json_put_str(w, name, value);
}

static void put_entity(struct json_writer *w, const struct api_call *call, struct str type, struct str id,
                       const struct json *properties)
{
	json_begin_object(w);
	json_put_str(w, STR("type"), type);
	put_member(w, STR("id"), id);
	put_stated(w, call, STR("properties"), properties);
	json_end_object(w);
}

static void put_action(struct json_writer *w, const struct api_call *call, const struct ask *q)
{
	if (str_is_absent(q->action))
		return;
	json_key(w, STR("action"));
	json_begin_object(w);
	json_put_str(w, STR("name"), q->action);
	put_stated(w, call, STR("properties"), q->action_properties);
	json_end_object(w);
}

static bool states_anything(const struct ask *q)
{
	return q->subject_properties || q->action_properties || q->resource_properties || q->context;
}

static void put_question(struct json_writer *w, const struct api_call *call, const struct ask *q)
{
	json_key(w, STR("subject"));
	put_entity(w, call, q->subject_type, q->subject_id, q->subject_properties);
	put_action(w, call, q);
	json_key(w, STR("resource"));
	put_entity(w, call, q->resource.type, q->resource.id, q->resource_properties);
	put_stated(w, call, STR("context"), q->context);
	if (call->api->decisions.options.without_properties && states_anything(q))
		json_put_bool(w, STR("properties_left_out"), true);
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

static void put_page(struct json_writer *w, const struct decisions_page *page)
{
	json_put_str(w, STR("search"), page->part);
	json_put_u64(w, STR("limit"), page->limit);
	put_member(w, STR("token"), page->token);
	json_put_strs(w, STR("results"), page->results.items, page->results.n);
	json_put_bool(w, STR("has_more"), page->has_more);
}

/* Most entries are not longer: they take one piece of the heap. */
#define USUAL_BYTES 1024u

static void begin_entry(struct json_writer *w, const struct api_call *call, const char *type, struct str id,
                        int64_t at_ms)
{
	char at[32];

	(void)buf_reserve(w->out, USUAL_BYTES);
	json_begin_object(w);
	json_put_str(w, STR("type"), str_of(type));
	json_put_str(w, STR("id"), id);
	json_put_str(w, STR("at"), time_format_rfc3339(at_ms, at));
	if (call->as_of)
		json_put_str(w, STR("asked_at"), time_format_rfc3339(call->present_ms, at));
	json_put_str(w, STR("organization"), call->snapshot->org);
	json_put_u64(w, STR("revision"), call->snapshot->revision);
	json_put_str(w, STR("via"), str_of(call->dialect->name));
	json_put_str(w, STR("asker"), call->caller.actor);
	json_put_str(w, STR("request_id"), call->x->request_id);
}

/* What cannot be written at present would be an entry of an answer that is not given. */
static bool may_answer(const struct decisions_options *o)
{
	return !o->is_required || !decision_log_stats(o->log).is_failing;
}

/* One that is too long is dropped and counted as any other. */
static bool put_line(const struct decisions_options *o, const struct buf *line)
{
	bool is_kept = line->overflowed ? decision_log_drop(o->log) : decision_log_put(o->log, buf_str(line));

	return is_kept || !o->is_required;
}

bool decisions_log(struct api_call *call, const struct ask *ask, const struct answer *answer, struct str id)
{
	const struct decisions_options *o = &call->api->decisions.options;
	CLEANUP(buf_releasep) struct buf line = BUF_INIT(CHAIN_LINE_MAX_BYTES);
	struct json_writer w = JSON_WRITER(&line);

	if (!o->log)
		return true;
	if (!may_answer(o))
		return false;
	begin_entry(&w, call, "decision", id, ask->now_ms);
	put_question(&w, call, ask);
	put_answer(&w, call, ask, answer);
	json_end_object(&w);
	return put_line(o, &line);
}

bool decisions_log_search(struct api_call *call, const struct ask *ask, const struct decisions_page *page)
{
	const struct decisions_options *o = &call->api->decisions.options;
	CLEANUP(buf_releasep) struct buf line = BUF_INIT(CHAIN_LINE_MAX_BYTES);
	struct json_writer w = JSON_WRITER(&line);

	if (!o->log)
		return true;
	if (!may_answer(o))
		return false;
	begin_entry(&w, call, "search", decisions_new_id(call->api, call->arena), ask->now_ms);
	put_question(&w, call, ask);
	put_page(&w, page);
	json_end_object(&w);
	return put_line(o, &line);
}
