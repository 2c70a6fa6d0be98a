/* SPDX-License-Identifier: Apache-2.0
 *
 * Why not, as JSON and in sentences. What is told is what whoever may evaluate and search could find out by asking:
 * docs/explain.md says what that is.
 */
#include "api/authzen/evaluation.h"
#include "policy/explain.h"
#include "policy/requestable.h"
#include "service/requests.h"

enum { MAX_TEXT_BYTES = 16 * 1024, REQUESTABLE_STEPS = 1000 };

/* ---- sentences ------------------------------------------------------------------------------------- */

/* "statement_policy" as a person says it. */
static struct str spoken_kind(struct arena *a, enum document_kind kind)
{
	struct str name = document_kind_name(kind);
	char *text = arena_alloc(a, name.len);

	for (size_t i = 0; i < name.len; i++)
		text[i] = name.ptr[i] == '_' ? ' ' : name.ptr[i];
	return (struct str){text, name.len};
}

struct str evaluation_spoken_document(const struct snapshot *s, enum document_kind kind, struct str id, struct arena *a)
{
	const struct tag_policy *p = kind == DOC_TAG_POLICY ? FIND(s, tag_policy, TAG_POLICY, id) : NULL;
	struct str spoken = arena_concat3(a, spoken_kind(a, kind), STR(" "), id);

	return p ? arena_strf(a, STR_FMT " (" STR_FMT ")", STR_ARG(spoken), STR_ARG(p->name)) : spoken;
}

static void say_list(struct buf *out, const struct str *items, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_addf(out, "%s" STR_FMT, i ? ", " : "", STR_ARG(items[i]));
}

static void say_tags(struct buf *out, const struct explained_condition *c)
{
	const struct tag_condition *t = c->tag;

	if (!c->tags_are_known) {
		buf_addf(out, "the tags of the resource are not known");
	} else if (c->n_values == 0) {
		buf_addf(out, "the resource has no tag " STR_FMT, STR_ARG(t->key));
	} else {
		buf_addf(out, "the tag " STR_FMT " of the resource is ", STR_ARG(t->key));
		say_list(out, c->values, c->n_values);
	}
	buf_addf(out, " (" STR_FMT " " STR_FMT " " STR_FMT " is wanted)", STR_ARG(t->key), STR_ARG(t->operator),
	         STR_ARG(t->value));
}

static void say_native(struct buf *out, const struct explained_condition *c)
{
	const struct native_failure *f = &c->native;

	buf_addf(out, STR_FMT " %s", STR_ARG(f->expression), c->is_unknown ? "is not known" : "does not hold");
	if (!str_is_absent(f->missing))
		buf_addf(out, ": " STR_FMT " is not there", STR_ARG(f->missing));
	else if (!str_is_absent(f->fault))
		buf_addf(out, ": " STR_FMT, STR_ARG(f->fault));
	else if (!str_is_absent(f->left) && !str_is_absent(f->right))
		buf_addf(out, " (" STR_FMT " and " STR_FMT ")", STR_ARG(f->left), STR_ARG(f->right));
}

static void say_condition(struct buf *out, const struct explained *e)
{
	if (e->condition.tag)
		say_tags(out, &e->condition);
	else if (!str_is_absent(e->condition.native.expression))
		say_native(out, &e->condition);
	else
		buf_addf(out, "its condition does not hold");
}

static void say_part(struct buf *out, const struct explained *e, enum explain_part part)
{
	switch (part) {
	case EXPLAIN_CONDITION:
		say_condition(out, e);
		break;
	case EXPLAIN_TIME:
		buf_addf(out, "it does not count at this time");
		break;
	case EXPLAIN_TENANT:
		buf_addf(out, "it does not apply in the tenant");
		break;
	case EXPLAIN_SUBJECT:
		buf_addf(out, "it is about ");
		say_list(out, e->subjects.items, e->subjects.n);
		break;
	case EXPLAIN_ACTION:
		buf_addf(out, "it is about other actions");
		break;
	case EXPLAIN_RESOURCE:
		buf_addf(out, "it is about other resources");
		break;
	}
}

/* "Statement 0 of the access policy p would allow it, but …, and …." */
static struct str sentence(const struct snapshot *s, const struct explained *e, struct arena *a)
{
	CLEANUP(buf_releasep) struct buf out = BUF_INIT(MAX_TEXT_BYTES);
	const char *between = "";

	buf_addf(&out, "Statement %u of the " STR_FMT, (unsigned)e->statement,
	         STR_ARG(evaluation_spoken_document(s, e->kind, e->id, a)));
	if (e->effect == EFFECT_DENY) {
		buf_addf(&out, " denies it%s", e->has_condition ? ", since " : "");
		if (e->has_condition)
			say_condition(&out, e);
	} else {
		buf_addf(&out, e->failed ? " would allow it, but " : " would allow it");
		for (unsigned bit = 0; bit < EXPLAIN_N_PARTS; bit++) {
			if (!(e->failed >> bit & 1))
				continue;
			buf_addf(&out, "%s", between);
			say_part(&out, e, (enum explain_part)(1u << bit));
			between = ", and ";
		}
	}
	buf_add_char(&out, '.');
	return arena_str(a, buf_str(&out));
}

/* ---- members --------------------------------------------------------------------------------------- */

static void write_tags(struct json_writer *w, const struct explained_condition *c)
{
	json_put_str(w, STR("key"), c->tag->key);
	json_put_str(w, STR("operator"), c->tag->operator);
	json_put_str(w, STR("wanted"), c->tag->value);
	if (c->tags_are_known)
		json_put_strs(w, STR("actual"), c->values, c->n_values);
	else
		json_put(w, STR("actual"), NULL);
}

/* A value that stands as JSON already; none when it is absent. */
static void write_value(struct json_writer *w, struct str name, struct str text, struct arena *a)
{
	const struct json *tree;

	if (!str_is_absent(text) && json_parse(text, a, &tree, NULL) == JSON_OK)
		json_put(w, name, tree);
}

static void write_condition(struct json_writer *w, const struct explained_condition *c, struct arena *a)
{
	json_key(w, STR("condition"));
	json_begin_object(w);
	json_put_str(w, STR("value"), c->is_unknown ? STR("unknown") : STR("false"));
	if (c->tag) {
		write_tags(w, c);
	} else if (!str_is_absent(c->native.expression)) {
		json_put_str(w, STR("expression"), c->native.expression);
		write_value(w, STR("left"), c->native.left, a);
		write_value(w, STR("right"), c->native.right, a);
		if (!str_is_absent(c->native.missing))
			json_put_str(w, STR("missing"), c->native.missing);
		if (!str_is_absent(c->native.fault))
			json_put_str(w, STR("fault"), c->native.fault);
	}
	json_end_object(w);
}

static void write_nearest(struct json_writer *w, const struct snapshot *s, const struct explained *e, struct arena *a)
{
	struct str failed[EXPLAIN_N_PARTS];
	size_t n = 0;

	for (unsigned bit = 0; bit < EXPLAIN_N_PARTS; bit++)
		if (e->failed >> bit & 1)
			failed[n++] = explain_part_name(bit);
	json_begin_object(w);
	json_put_str(w, STR("document"), e->id);
	json_put_str(w, STR("kind"), document_kind_name(e->kind));
	json_put_u64(w, STR("statement"), e->statement);
	json_put_str(w, STR("effect"), e->effect == EFFECT_DENY ? STR("deny") : STR("allow"));
	json_put_strs(w, STR("failed"), failed, n);
	if (e->has_condition)
		write_condition(w, &e->condition, a);
	if (e->failed & EXPLAIN_SUBJECT)
		json_put_strs(w, STR("subjects"), e->subjects.items, e->subjects.n);
	json_put_str(w, STR("text"), sentence(s, e, a));
	json_end_object(w);
}

/* ---- requesting ------------------------------------------------------------------------------------ */

static void write_route(struct json_writer *w, const struct requestable *r, const struct request_route *route)
{
	json_put_bool(w, STR("requestable"), r->why == REQUESTABLE_YES && !route->is_refused);
	json_put_str(w, STR("app_id"), r->entitlement->app);
	json_put_str(w, STR("entitlement_id"), r->entitlement->entitlement_id);
	if (r->open)
		json_put_str(w, STR("open_request"), r->open->doc.id);
	json_put_str(w, STR("policy"), str_is_empty(route->policy) ? STR_NONE : route->policy);
	json_put_bool(w, STR("immediate"), route->is_immediate);
	json_put_str(w, STR("approved_by"), route->chosen_by);
	json_put_strs(w, STR("approvers"), route->approvers.items, route->approvers.n);
}

/* What could be requested is a matter of now: of a past state nothing is said. */
static void write_request(struct evaluator *e, const struct ask *ask, struct json_writer *w)
{
	const struct api_call *call = e->call;
	struct requestable r;
	struct request_route route;

	if (call->past || e->explain_steps < REQUESTABLE_STEPS)
		return;
	e->explain_steps -= REQUESTABLE_STEPS;
	r = requestable_find(call->snapshot, ask, call->arena);
	json_key(w, STR("access_request"));
	json_begin_object(w);
	if (r.why == REQUESTABLE_NO) {
		json_put_bool(w, STR("requestable"), false);
	} else {
		route =
		    requests_route(call->snapshot, service_expressions(call->service), call->now_ms, &r, call->arena);
		write_route(w, &r, &route);
	}
	json_end_object(w);
}

void evaluation_write_explanation(struct evaluator *e, const struct ask *ask, const struct answer *answer,
                                  struct json_writer *w)
{
	const struct api_call *call = e->call;
	struct explanation x;

	snapshot_explain_denial(call->snapshot, ask, call->arena, &e->explain_steps, &x);
	json_key(w, STR("explanation"));
	json_begin_object(w);
	json_put_str(w, STR("outcome"), answer->verdict.effect == EFFECT_DENY ? STR("forbidden") : STR("not_granted"));
	json_key(w, STR("nearest"));
	json_begin_array(w);
	for (size_t i = 0; i < x.n_nearest; i++)
		write_nearest(w, call->snapshot, &x.nearest[i], call->arena);
	json_end_array(w);
	json_put_bool(w, STR("complete"), x.is_complete);
	write_request(e, ask, w);
	json_end_object(w);
}
