/* SPDX-License-Identifier: Apache-2.0
 *
 * Token issuers: whose tokens are trusted, and whom they stand for. What it takes to make one beside the permission is
 * said in service/token_issuers.h.
 */
#include "service/token_issuers.h"

#include "api/conductorone/credentials.h"
#include "api/native/native.h"
#include "service/key_sets.h"

/* ---- answers ------------------------------------------------------------------------------------------- */

static void write_principal(struct json_writer *w, const struct token_issuer *i)
{
	json_key(w, STR("principal"));
	json_begin_object(w);
	json_put_str(w, STR("type"), i->principal_type);
	json_put_str(w, STR("id"), i->principal_id);
	json_end_object(w);
}

static void write_issuer(struct json_writer *w, const struct token_issuer *i, struct service *svc)
{
	json_begin_object(w);
	json_put_str(w, STR("id"), i->doc.id);
	json_put_str(w, STR("name"), token_issuer_name(i));
	json_put_str(w, STR("display_name"), i->display_name);
	json_put_str(w, STR("issuer"), i->issuer);
	json_put_strs(w, STR("audiences"), i->audiences.items, i->audiences.n);
	json_put(w, STR("keys"), i->keys);
	json_put_str(w, STR("keys_url"), i->keys_url);
	write_principal(w, i);
	json_put_str(w, STR("subject_claim"), str_is_empty(i->subject_claim) ? STR("sub") : i->subject_claim);
	json_put_str(w, STR("subject"), i->subject);
	json_put_strs(w, STR("source_cidrs"), i->source_cidrs.items, i->source_cidrs.n);
	json_put_strs(w, STR("roles"), i->scopes.items, i->scopes.n);
	json_put_bool(w, STR("bearer"), i->is_bearer);
	json_put_bool(w, STR("single_use"), i->is_single_use);
	json_put_time(w, STR("created_at"), i->doc.created_at_ms);
	json_put_time(w, STR("updated_at"), i->doc.updated_at_ms);
	json_put_time(w, STR("last_used_at"), service_last_used(svc, i->doc.id));
	json_end_object(w);
}

static void answer(struct api_call *call, const struct token_issuer *issuer, unsigned status)
{
	struct json_writer w = api_json_begin(call, status);

	write_issuer(&w, issuer, call->service);
	api_json_end(call, &w);
}

static void write_item(struct json_writer *w, const struct document *doc, const void *ctx)
{
	const struct api_call *call = ctx;

	write_issuer(w, as_token_issuer(doc), call->service);
}

/* ---- reading ------------------------------------------------------------------------------------------- */

void token_issuer_list(struct api_call *call)
{
	list_all(call, &(struct listing){.kind = DOC_TOKEN_ISSUER, .write = write_item, .ctx = call});
}

void token_issuer_get(struct api_call *call)
{
	const struct document *doc = native_find(call, DOC_TOKEN_ISSUER, "id");

	if (doc)
		answer(call, as_token_issuer(doc), 200);
}

static bool read_str(struct api_call *call, const char *name, struct str *value)
{
	return !json_get(call->body, str_of(name)) || api_get_str(call, call->body, name, value);
}

static bool read_strs(struct api_call *call, const char *name, struct str_list *value)
{
	return !json_get(call->body, str_of(name)) || api_get_strs(call, call->body, name, value);
}

static bool read_principal(struct api_call *call, struct token_issuer *i)
{
	const struct json *principal = json_get(call->body, STR("principal"));

	if (!principal)
		return true;
	if (json_is(principal, JSON_OBJECT))
		return api_get_str(call, principal, "type", &i->principal_type) &&
		       api_get_str(call, principal, "id", &i->principal_id);
	api_fail(call, SERVICE_INVALID, 0, "principal must be {\"type\":\"user\" or \"service\",\"id\":… or null}");
	return false;
}

/* What the body says; the rest stays. */
static bool read_issuer(struct api_call *call, struct token_issuer *i)
{
	const struct json *keys = json_get(call->body, STR("keys"));

	if (keys)
		i->keys = json_is(keys, JSON_NULL) ? NULL : keys;
	return read_str(call, "display_name", &i->display_name) && read_str(call, "issuer", &i->issuer) &&
	       read_str(call, "keys_url", &i->keys_url) && read_strs(call, "audiences", &i->audiences) &&
	       read_principal(call, i) && read_str(call, "subject_claim", &i->subject_claim) &&
	       read_str(call, "subject", &i->subject) && read_strs(call, "source_cidrs", &i->source_cidrs) &&
	       read_strs(call, "roles", &i->scopes) && api_get_bool(call, call->body, "bearer", &i->is_bearer) &&
	       api_get_bool(call, call->body, "single_use", &i->is_single_use);
}

/* So that they are there when the first token comes. */
static void want_keys(struct api_call *call, const struct token_issuer *issuer)
{
	if (!issuer->keys)
		key_sets_want(service_key_sets(call->service), issuer->keys_url);
}

/* ---- writing ------------------------------------------------------------------------------------------- */

void token_issuer_post(struct api_call *call)
{
	struct token_issuer issuer = {.doc = {.kind = DOC_TOKEN_ISSUER}};
	struct error err = {0};
	enum service_result r;

	if (!read_issuer(call, &issuer))
		return;
	r = token_issuer_create(call->txn, &call->caller, c1_public_host(call), &issuer, &err);
	if (r != SERVICE_OK) {
		native_fail(call, r, &err);
		return;
	}
	want_keys(call, &issuer);
	native_note_created(call, issuer.doc.id);
	http_answer_header(call->x, STR("Location"),
	                   native_path(call->arena, STR("token-issuers"), token_issuer_name(&issuer), STR_NONE));
	answer(call, &issuer, 201);
}

void token_issuer_patch(struct api_call *call)
{
	const struct document *doc = native_find(call, DOC_TOKEN_ISSUER, "id");
	struct token_issuer next;
	struct error err = {0};
	enum service_result r;

	if (!doc)
		return;
	next = *as_token_issuer(doc);
	if (!read_issuer(call, &next))
		return;
	r = token_issuer_update(call->txn, &call->caller, &next, &err);
	if (r != SERVICE_OK) {
		native_fail(call, r, &err);
		return;
	}
	want_keys(call, &next);
	answer(call, &next, 200);
}

void token_issuer_delete(struct api_call *call)
{
	const struct document *doc = native_find(call, DOC_TOKEN_ISSUER, "id");

	if (!doc)
		return;
	txn_delete(call->txn, DOC_TOKEN_ISSUER, doc->id);
	api_no_content(call);
}
