/* SPDX-License-Identifier: Apache-2.0 */
#include "api/conductorone/expansion.h"

#include "api/conductorone/reviews.h"
#include "service/approval_policies.h"

/* ---- one object ---------------------------------------------------------------------------------------------- */

/*
 * A google.protobuf.Any: "@type" and the message's members as they go out. "expanded" is a list of plain objects to the
 * tables, so the message is written here already.
 */
static const struct json *any_of(struct api_call *call, const char *type, const struct proto_message *m,
                                 const struct json *message)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(BUF_MAX_RESPONSE_BYTES);
	struct json_writer w = JSON_WRITER(&text);
	struct json_object o = {.arena = call->arena};
	const struct json *written = NULL;
	struct error err;

	proto_write(&w, m, message);
	int r = json_parse(buf_str(&text), call->arena, &written, &err);
	assert(r == JSON_OK); /* it was written by ourselves */
	json_object_str(&o, "@type", arena_concat(call->arena, STR("type.googleapis.com/c1.api."), str_of(type)));
	c1_put_details(&o, written);
	return json_object_end(&o);
}

static const struct json *message_of(struct api_call *call, const struct document *doc)
{
	switch ((int)doc->kind) {
	case DOC_APP:
		return any_of(call, "app.v1.App", &c1_App, c1_app_message(call, as_app(doc)));
	case DOC_APP_ENTITLEMENT:
		return any_of(call, "app.v1.AppEntitlement", &c1_AppEntitlement,
		              c1_entitlement_message(call, as_app_entitlement(doc)));
	case DOC_APP_USER:
		return any_of(call, "app.v1.AppUser", &c1_AppUser, c1_account_message(call, as_app_user(doc)));
	case DOC_APP_RESOURCE_TYPE:
		return any_of(call, "app.v1.AppResourceType", &c1_AppResourceType,
		              c1_resource_type_message(call, as_app_resource_type(doc)));
	case DOC_ACCESS_REVIEW:
		return any_of(call, "accessreview.v1.AccessReview", &c1_AccessReview,
		              c1_review_message(call, as_access_review(doc)));
	case DOC_ACCESS_REQUEST:
		return any_of(call, "task.v1.Task", &c1_Task, c1_task(call, as_access_request(doc)));
	case DOC_APPROVAL_POLICY:
		return any_of(call, "policy.v1.Policy", &c1_Policy,
		              approval_policy_message(as_approval_policy(doc), call->arena));
	default:
		return any_of(call, "user.v1.User", &c1_User, c1_user_message(call, as_user(doc)));
	}
}

/* By the permission that looking at it directly would take. */
static bool may_see(struct api_call *call, const struct document *doc)
{
	static const struct {
		enum document_kind kind;
		const char *action, *resource;
	} looks[] = {
	    {DOC_APP, "conductorone:apps:get", "conductorone:apps:"},
	    {DOC_APP_ENTITLEMENT, "conductorone:entitlements:get", "conductorone:entitlements:"},
	    {DOC_APP_RESOURCE_TYPE, "conductorone:apps:get", "conductorone:apps:"},
	    {DOC_APP_USER, "conductorone:grants:list", "conductorone:apps:"},
	    {DOC_ACCESS_REQUEST, "conductorone:tasks:get", "conductorone:tasks:"},
	    {DOC_APPROVAL_POLICY, "conductorone:policies:get", "conductorone:policies:"},
	    {DOC_USER, "conductorone:users:get", "conductorone:users:"},
	};

	if (doc->kind == DOC_ACCESS_REVIEW)
		return c1_may_review(call, (struct c1_owned){as_access_review(doc)->owners, doc->id}, "get");
	for (size_t i = 0; i < N_ELEMENTS(looks); i++)
		if (looks[i].kind == doc->kind)
			return c1_may(call, str_of(looks[i].action),
			              arena_concat(call->arena, str_of(looks[i].resource), doc->id));
	return false;
}

/* ---- all that are named -------------------------------------------------------------------------------------- */

struct c1_expansion c1_expansion_of(struct api_call *call, const struct json *message)
{
	return (struct c1_expansion){.paths = c1_strs(call, json_get(message, STR("expandMask")), "paths")};
}

bool c1_expands(const struct c1_expansion *x, const char *path)
{
	return str_list_has(x->paths, STR("*")) || str_list_has(x->paths, str_of(path));
}

/* The place of the object among the expanded, where it is put if it is new. False: it is not for the caller. */
static bool place_of(struct api_call *call, struct c1_expansion *x, const struct document *doc, size_t *ret)
{
	struct str name = arena_concat3(call->arena, document_kind_name(doc->kind), STR(":"), doc->id);
	size_t n = x->n;

	for (*ret = 0; *ret < n; ++*ret)
		if (str_eq(x->names[*ret], name))
			return true;
	if (!may_see(call, doc))
		return false;
	ARENA_ROOM(call->arena, x->names, n, &x->cap_names);
	ARENA_ROOM(call->arena, x->items, x->n, &x->cap);
	x->names[n] = name;
	x->items[x->n++] = *message_of(call, doc);
	return true;
}

struct str c1_path_to(struct api_call *call, struct c1_expansion *x, enum document_kind kind, struct str_list ids)
{
	struct str places = STR_NONE;

	for (size_t i = 0; i < ids.n; i++) {
		const struct document *doc =
		    str_is_empty(ids.items[i]) ? NULL : snapshot_find(call->snapshot, kind, ids.items[i]);
		size_t place;

		if (doc && place_of(call, x, doc, &place))
			places = arena_strf(call->arena, STR_FMT "%s%zu", STR_ARG(places),
			                    str_is_absent(places) ? "" : ",", place);
	}
	if (str_is_absent(places))
		return STR_NONE;
	return arena_concat3(call->arena, STR("$.expanded["), places, STR("]"));
}

void c1_put_paths(struct api_call *call, struct json_object *o, struct c1_expansion *x, const struct c1_path *paths,
                  size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (c1_expands(x, paths[i].mask))
			json_object_str(o, paths[i].member, c1_path_to(call, x, paths[i].kind, paths[i].ids));
}

void c1_put_expanded(struct json_object *o, const struct c1_expansion *x)
{
	if (x->n)
		json_object_put(o, "expanded",
		                (struct json){.type = JSON_ARRAY, .n = (uint32_t)x->n, .items = x->items});
}

void c1_write_expanded(struct json_writer *w, const struct c1_expansion *x)
{
	json_end_array(w);
	json_key(w, STR("expanded"));
	json_begin_array(w);
	for (size_t i = 0; i < x->n; i++)
		json_add(w, &x->items[i]);
}
