/* SPDX-License-Identifier: Apache-2.0 */
#include "api/conductorone/directory.h"

#include "base/fold.h"

/* ---- what the path names --------------------------------------------------------------------------------- */

const struct user *c1_find_user(struct api_call *call, const char *param, const char *field)
{
	struct str id = api_param(call, param);
	const struct user *u = as_user(snapshot_find_any(call->snapshot, DOC_USER, id));

	if (!u)
		c1_unknown(call, "user", field, id);
	return u;
}

const struct app *c1_find_app(struct api_call *call, const char *param)
{
	struct str id = api_param(call, param);
	const struct app *app = FIND(call->snapshot, app, APP, id);

	c1_note_target(call, DOC_APP, id);
	if (!app)
		c1_unknown(call, "app", "GetAppRequest.Id", id);
	return app;
}

const struct app_entitlement *c1_find_entitlement(struct api_call *call, const char *param)
{
	const struct app *app = c1_find_app(call, "app_id");
	struct str id = api_param(call, param);
	const struct app_entitlement *e;

	if (!app)
		return NULL;
	e = app_entitlement_find(call->snapshot, app->doc.id, id, call->arena);
	c1_note_target(call, DOC_APP_ENTITLEMENT, app_part_id(call->arena, app->doc.id, id));
	if (!e)
		c1_unknown(call, "app entitlement", "GetAppEntitlementRequest.Id", id);
	return e;
}

const struct app_user *c1_find_account(struct api_call *call, const char *param)
{
	const struct app *app = c1_find_app(call, "app_id");
	struct str id = api_param(call, param);
	const struct app_user *u;

	if (!app)
		return NULL;
	u = app_user_find(call->snapshot, app->doc.id, id, call->arena);
	if (!u)
		c1_unknown(call, "app user", "GetAppUserRequest.Id", id);
	return u;
}

/* ---- messages -------------------------------------------------------------------------------------------- */

const struct json *c1_wrap(struct api_call *call, const char *name, const struct json *message)
{
	struct json_object o = {.arena = call->arena};

	json_object_tree(&o, name, message);
	return json_object_end(&o);
}

/* Left out when NULL. */
static void put_member(struct json_object *o, struct str name, const struct json *value)
{
	if (!value)
		return;
	ARENA_ROOM(o->arena, o->members, o->n, &o->cap);
	o->members[o->n++] = (struct json_member){name, *value};
}

const struct json *c1_details(struct api_call *call, const struct proto_message *m, const struct json *tree,
                              struct str_list known)
{
	struct json_object o = {.arena = call->arena};

	for (size_t i = 0; i < m->n_fields; i++) {
		const struct proto_field *f = &m->fields[i];

		if (!(f->flags & PROTO_READ_ONLY) && !str_list_has(known, f->name))
			put_member(&o, f->name, json_get(tree, f->name));
	}
	return o.n ? json_object_end(&o) : NULL;
}

void c1_put_details(struct json_object *o, const struct json *details)
{
	for (uint32_t i = 0; details && i < details->n; i++)
		put_member(o, details->members[i].name, &details->members[i].value);
}

const struct json *c1_raw(struct api_call *call, const struct proto_message *m, struct str field)
{
	uint32_t i = 0;

	while (!str_eq(proto_field_find(m, call->body->members[i].name)->name, field)) {
		i++;
		assert(i < call->body->n); /* it is set */
	}
	return &call->body->members[i].value;
}

static const struct json *merge_annotations(struct api_call *call, const struct json *old, const struct json *given)
{
	struct json_object o = {.arena = call->arena};

	for (uint32_t i = 0; old && i < old->n; i++)
		if (!json_get(given, old->members[i].name))
			put_member(&o, old->members[i].name, &old->members[i].value);
	for (uint32_t i = 0; given && i < given->n; i++)
		if (!str_is_empty(json_str(&given->members[i].value)))
			put_member(&o, given->members[i].name, &given->members[i].value);
	return o.n ? json_object_end(&o) : NULL;
}

/* Which fields are to be taken over. */
static bool read_mask(struct api_call *call, const struct c1_change *c, struct str_list *ret)
{
	struct str *names;
	struct error err = {0};
	size_t n = 0;

	if (!str_is_empty(c->mask)) {
		if (proto_mask_read(c->message, c->mask, call->arena, ret, &err) == 0)
			return true;
		api_fail(call, SERVICE_INVALID, 0, "%s", err.text);
		return false;
	}
	names = ARENA_ARRAY(call->arena, struct str, c->raw->n);
	for (uint32_t i = 0; i < c->raw->n; i++)
		if (c->raw->members[i].value.type != JSON_NULL)
			names[n++] = proto_field_find(c->message, c->raw->members[i].name)->name;
	*ret = (struct str_list){names, n};
	return true;
}

/* A member of a oneof makes way for another one that is set in its place. */
static bool is_replaced(const struct c1_change *c, const struct proto_field *f, struct str_list taken)
{
	const struct proto_field *other = f->oneof ? proto_oneof(c->message, f->oneof, c->given) : NULL;

	return other && other != f && str_list_has(taken, other->name);
}

bool c1_merge(struct api_call *call, const struct c1_change *c, const struct json **ret)
{
	struct json_object o = {.arena = call->arena};
	struct str_list taken;

	if (!read_mask(call, c, &taken))
		return false;
	for (size_t i = 0; i < c->message->n_fields; i++) {
		const struct proto_field *f = &c->message->fields[i];
		const struct json *old = json_get(c->old, f->name), *given = json_get(c->given, f->name);
		bool is_taken = str_list_has(taken, f->name);

		if (is_taken && str_eq(f->name, STR("annotations")))
			put_member(&o, f->name, merge_annotations(call, old, given));
		else if (is_taken)
			put_member(&o, f->name, given);
		else if (!is_replaced(c, f, taken))
			put_member(&o, f->name, old);
	}
	*ret = json_object_end(&o);
	return true;
}

bool c1_stored(struct api_call *call, enum service_result result, const struct error *err)
{
	if (result != SERVICE_OK)
		c1_result(call, result, err);
	return result == SERVICE_OK;
}

void c1_stamp(struct api_call *call, struct document *doc)
{
	const struct document *old = snapshot_find(call->snapshot, doc->kind, doc->id);

	doc->created_at_ms = old ? old->created_at_ms : call->now_ms;
	doc->updated_at_ms = call->now_ms;
}

/* ---- lists ------------------------------------------------------------------------------------------------ */

/* A list being written. */
struct list {
	struct api_call *call;
	const struct c1_listing *what;
	const struct c1_page *page;
	struct c1_expansion expansion;
	struct json_writer w;
	size_t n;
	uint64_t last; /* place of the last one written */
	bool has_more;
};

/* False when the page is full and the document is one too many. */
static bool take(struct list *l, const struct document *doc)
{
	if (doc->seq <= l->page->after || (l->what->shows && !l->what->shows(l->call, doc, l->what->ctx)))
		return true;
	if (l->n == l->page->size) {
		l->has_more = true;
		return false;
	}
	l->what->put(l->call, &l->w, doc, &l->expansion);
	l->last = doc->seq;
	l->n++;
	return true;
}

static void take_all(struct list *l)
{
	const struct snapshot *s = l->call->snapshot;
	uint64_t ordinal = snapshot_ordinal_behind(s, l->what->kind, l->page->after);
	const struct document *doc;

	while ((doc = snapshot_next(s, l->what->kind, &ordinal)) && take(l, doc)) {
	}
}

static void take_linked(struct list *l)
{
	const struct document *const *docs;
	size_t n = snapshot_linked(l->call->snapshot, l->what->kind, l->what->link, l->call->arena, &docs);

	for (size_t i = 0; i < n && take(l, docs[i]); i++) {
	}
}

void c1_list(struct api_call *call, const struct c1_page *page, const struct c1_listing *listing)
{
	struct list l = {
	    .call = call, .what = listing, .page = page, .expansion = c1_expansion_of(call, listing->request)};

	l.w = c1_begin_list(call);
	if (str_is_absent(listing->link))
		take_all(&l);
	else
		take_linked(&l);
	if (listing->is_of_views)
		c1_write_expanded(&l.w, &l.expansion);
	c1_end_list(call, &l.w, l.has_more ? l.last : 0);
}

void c1_list_of_app(struct api_call *call, enum document_kind kind, c1_put_fn *put)
{
	const struct app *app;
	struct c1_page page;

	if (!c1_page_of_query(call, &page))
		return;
	app = c1_find_app(call, "app_id");
	if (app)
		c1_list(call, &page,
		        &(struct c1_listing){.kind = kind,
		                             .link = arena_concat(call->arena, STR("app:"), app->doc.id),
		                             .put = put,
		                             .is_of_views = true});
}

bool c1_holds(struct str text, struct str part)
{
	struct arena scratch = ARENA_INIT; /* a search looks at very many texts */
	struct str in, wanted;
	bool is_found = str_is_empty(part);

	if (is_found)
		return true;
	in = fold_str(&scratch, text);
	wanted = fold_str(&scratch, part);
	for (size_t at = 0; at + wanted.len <= in.len && !is_found; at++)
		is_found = str_eq(str_slice(in, at, at + wanted.len), wanted);
	arena_release(&scratch);
	return is_found;
}

bool c1_is_wanted(struct str_list wanted, struct str one)
{
	return wanted.n == 0 || str_list_has(wanted, one);
}

struct c1_refs c1_refs_of(struct api_call *call, const struct json *message, const char *name)
{
	const struct json *list = json_get(message, str_of(name));
	size_t n = json_is(list, JSON_ARRAY) ? list->n : 0;
	struct c1_ref *items = ARENA_ARRAY(call->arena, struct c1_ref, n);

	for (size_t i = 0; i < n; i++)
		items[i] = (struct c1_ref){c1_str(&list->items[i], "appId"), c1_str(&list->items[i], "id")};
	return (struct c1_refs){items, n};
}

bool c1_refs_have(const struct c1_refs *refs, struct str app, struct str id)
{
	for (size_t i = 0; i < refs->n; i++)
		if (str_eq(refs->items[i].app, app) && str_eq(refs->items[i].id, id))
			return true;
	return false;
}

struct str_list c1_ids_of(struct api_call *call, const struct json *message, const char *name)
{
	struct c1_refs refs = c1_refs_of(call, message, name);
	struct str *ids = ARENA_ARRAY(call->arena, struct str, refs.n);

	for (size_t i = 0; i < refs.n; i++)
		ids[i] = refs.items[i].id;
	return (struct str_list){ids, refs.n};
}
