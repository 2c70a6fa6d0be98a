/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include <stdio.h>

#include "base/strs.h"

static struct str new_id(void *ctx, struct arena *a)
{
	struct world *w = ctx;

	return arena_strf(a, "id%025u", ++w->n_ids);
}

static struct str_list list_of(struct arena *a, struct str s)
{
	struct strs l = {.arena = a};

	if (!str_is_empty(s))
		strs_add(&l, s);
	return strs_list(&l);
}

static struct str_list people(void *ctx, enum workflow_people which, struct str id, struct arena *a)
{
	struct world *w = ctx;

	switch (which) {
	case PEOPLE_MANAGERS:
		return list_of(a, str_eq(id, STR("alice")) ? w->manager : STR_NONE);
	case PEOPLE_APP_OWNERS:
	case PEOPLE_RESOURCE_OWNERS:
		return list_of(a, w->owner);
	case PEOPLE_ENTITLEMENT_OWNERS:
		return list_of(a, STR("fred"));
	case PEOPLE_MEMBERS:
		return w->members;
	case PEOPLE_ADMINISTRATORS:
		return list_of(a, STR("erin"));
	case PEOPLE_REVIEW_OWNERS:
		return list_of(a, STR("gina"));
	}
	return (struct str_list){0};
}

static bool has_user(void *ctx, struct str id)
{
	(void)ctx;
	return !str_eq(id, STR("nobody"));
}

static struct str delegate(void *ctx, struct str user, int64_t made_at_ms)
{
	const struct world *w = ctx;

	return str_eq(user, STR("bob")) && w->delegated_at_ms <= made_at_ms ? w->delegate_of_bob : STR_NONE;
}

static enum workflow_check condition(void *ctx, const struct access_request *r, struct str text, struct arena *a,
                                     struct str *ret_error)
{
	const struct world *w = ctx;

	(void)a;
	if (str_eq(text, STR("it")))
		return w->condition ? CHECK_TRUE : CHECK_FALSE;
	if (str_eq(text, STR("true")))
		return CHECK_TRUE;
	if (str_eq(text, STR("alice")))
		return str_eq(r->user, STR("alice")) ? CHECK_TRUE : CHECK_FALSE;
	if (str_eq(text, STR("false")))
		return CHECK_FALSE;
	*ret_error = STR("no such key");
	return CHECK_ERROR;
}

static bool approvers(void *ctx, const struct access_request *r, struct str text, struct arena *a, struct str_list *ret,
                      struct str *ret_error)
{
	const struct world *w = ctx;

	(void)r;
	(void)a;
	*ret_error = STR("user not found");
	if (w->expression_fails)
		return false;
	*ret = str_eq(text, STR("nobody")) ? (struct str_list){0} : w->expression;
	return true;
}

static const struct approval_policy *policy(void *ctx, struct str id)
{
	const struct world *w = ctx;

	for (size_t i = 0; i < w->n_policies; i++)
		if (str_eq(w->policies[i].doc.id, id))
			return &w->policies[i];
	return NULL;
}

static struct str policy_for(void *ctx, const struct access_request *r)
{
	(void)ctx;
	return r->is_emergency ? STR("p2") : STR("p1");
}

static const struct workflow_host host = {
    .new_id = new_id,
    .people = people,
    .has_user = has_user,
    .delegate = delegate,
    .condition = condition,
    .approvers = approvers,
    .policy = policy,
    .policy_for = policy_for,
};

void world_init(struct world *w)
{
	*w = (struct world){.now_ms = INT64_C(1795348800000), .manager = STR("bob"), .owner = STR("dave")};
	w->entitlement.doc.kind = DOC_APP_ENTITLEMENT;
}

void world_release(struct world *w)
{
	arena_release(&w->arena);
}

const struct json *world_json(struct world *w, const char *text)
{
	const struct json *tree = NULL;
	struct error err;

	if (json_parse(str_of(text), &w->arena, &tree, &err) != JSON_OK)
		fail_msg("%s: %s", text, err.text);
	return tree;
}

void world_policy(struct world *w, const char *steps, const char *rules)
{
	struct approval_policy *p = &w->policies[w->n_policies++];

	assert_true(w->n_policies <= WORLD_MAX_POLICIES);
	*p = (struct approval_policy){
	    .doc = {.kind = DOC_APPROVAL_POLICY, .id = arena_strf(&w->arena, "p%zu", w->n_policies)},
	    .type = REQUEST_GRANT,
	    .steps = world_json(w, steps),
	    .rules = rules ? world_json(w, rules) : NULL,
	};
}

void world_begin_as(struct world *w, enum request_type type, const char *user)
{
	w->r = (struct access_request){
	    .doc = {.kind = DOC_ACCESS_REQUEST, .id = STR("r1"), .created_at_ms = w->now_ms},
	    .type = type,
	    .app = STR("a"),
	    .entitlement_id = STR("e"),
	    .user = arena_str(&w->arena, str_of(user)),
	    .created_by = arena_str(&w->arena, str_of(user)),
	};
	assert_int_equal(world_do(w, VERB_START, user), WORKFLOW_OK);
}

void world_begin(struct world *w, const char *steps)
{
	struct str text = arena_strf(&w->arena, "{\"grant\":{\"steps\":%s}}", steps);

	if (w->n_policies == 0)
		world_policy(w, text.ptr, NULL);
	else
		w->policies[0].steps = world_json(w, text.ptr);
	world_begin_as(w, REQUEST_GRANT, "alice");
}

enum workflow_result world_event(struct world *w, const struct workflow_event *e)
{
	struct workflow flow = {&host, w, &w->arena, w->now_ms, &w->entitlement, &w->action};
	enum workflow_result result;

	w->err = (struct error){0};
	result = workflow_run(&flow, &w->r, e, &w->last, &w->err);
	if (result == WORKFLOW_OK)
		w->r = w->last.request;
	return result;
}

enum workflow_result world_do(struct world *w, enum workflow_verb verb, const char *actor)
{
	struct workflow_event e = {
	    .verb = verb,
	    .actor = str_of(actor),
	    .is_admin = actor && strcmp(actor, "erin") == 0,
	};

	return world_event(w, &e);
}

void world_refused(struct world *w, enum workflow_verb verb, const char *actor, const char *text)
{
	assert_int_not_equal(world_do(w, verb, actor), WORKFLOW_OK);
	assert_string_equal(w->err.text, text);
}

const char *world_approvers(struct world *w)
{
	const struct request_step *step = workflow_current(&w->r);
	struct str all = STR("");

	if (!step)
		return "-";
	for (size_t i = 0; i < step->approvers.n; i++)
		all = arena_concat3(&w->arena, all, i ? STR(",") : STR(""), step->approvers.items[i]);
	return all.ptr;
}

const struct request_step *world_step(const struct world *w, size_t from_last)
{
	assert_true(w->r.n_steps > from_last);
	return &w->r.steps[w->r.n_steps - 1 - from_last];
}

const struct request_event *world_recorded(const struct world *w, const char *kind)
{
	for (size_t i = w->last.n_events; i-- > 0;)
		if (str_eq(w->last.events[i].kind, str_of(kind)))
			return &w->last.events[i];
	return NULL;
}

unsigned world_n_recorded(const struct world *w, const char *kind)
{
	unsigned n = 0;

	for (size_t i = 0; i < w->last.n_events; i++)
		n += str_eq(w->last.events[i].kind, str_of(kind));
	return n;
}
