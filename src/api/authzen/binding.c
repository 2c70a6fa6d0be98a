/* SPDX-License-Identifier: Apache-2.0 */
#include "api/authzen/binding.h"

#include <openssl/evp.h>

#include "base/clock.h"
#include "base/random.h"
#include "json/base64.h"
#include "json/canonical.h"
#include "json/object.h"
#include "service/jwt.h"
#include "service/keys.h"
#include "service/signing.h"

#define MAX_DEPTH        32u                 /* of what is bound: it is put into other documents */
#define MAX_BOUND_BYTES  ((size_t)64 * 1024) /* in canonical form, as it is stored with the task */
#define MAX_INLINE_BYTES 2048u               /* in canonical form; what is longer is bound by its hash */
#define MAX_CLAIMS_BYTES 5800u               /* so that a token is no longer than JWT_MAX_BYTES */
#define SHA256_BYTES     32u
#define NONCE_CHARS      22u /* 131 bits */

/* Of the profile's own machinery, or different each time. */
static const struct str not_bound[] = {
    STR_INIT("access_request"), STR_INIT("approval"), STR_INIT("evaluation_id"),
    STR_INIT("evaluated_at"),   STR_INIT("reason"),   STR_INIT("time"),
};

/* ---- what is bound --------------------------------------------------------------------------------- */

/* The object with another value of the member, or without it (NULL). */
static const struct json *with(struct arena *a, const struct json *object, struct str name, const struct json *value)
{
	struct json_member *members = ARENA_ARRAY(a, struct json_member, object->n);
	struct json *copy = ARENA_NEW(a, struct json);
	uint32_t n = 0;

	for (uint32_t i = 0; i < object->n; i++) {
		if (!str_eq(object->members[i].name, name))
			members[n++] = object->members[i];
		else if (value)
			members[n++] = (struct json_member){name, *value};
	}
	*copy = (struct json){.type = JSON_OBJECT, .n = n, .members = members};
	return copy;
}

static const struct json *without_actor(struct arena *a, const struct json *subject)
{
	const struct json *properties = json_get(subject, STR("properties"));

	if (!json_get(properties, STR("act")))
		return subject;
	return with(a, subject, STR("properties"), with(a, properties, STR("act"), NULL));
}

static bool counts(struct str name, const struct json *members)
{
	for (size_t i = 0; !members && i < N_ELEMENTS(not_bound); i++)
		if (str_eq(name, not_bound[i]))
			return false;
	for (uint32_t i = 0; members && i < members->n; i++)
		if (str_eq(json_str(&members->items[i]), name))
			return true;
	return !members;
}

static const struct json *context_of(struct arena *a, const struct json *context, const struct json *members)
{
	uint32_t n = json_is(context, JSON_OBJECT) ? context->n : 0;
	struct json_member *kept = ARENA_ARRAY(a, struct json_member, n);
	struct json *object = ARENA_NEW(a, struct json);

	*object = (struct json){.type = JSON_OBJECT, .members = kept};
	for (uint32_t i = 0; i < n; i++)
		if (counts(context->members[i].name, members))
			kept[object->n++] = context->members[i];
	return object;
}

static struct json tree_of(struct arena *a, const struct binding *b)
{
	struct json_object o = {.arena = a};

	json_object_tree(&o, "subject", b->subject);
	json_object_tree(&o, "resource", b->resource);
	json_object_tree(&o, "action", b->action);
	json_object_tree(&o, "context", b->context);
	return *json_object_end(&o);
}

struct str binding_sha256(struct arena *a, struct str bytes)
{
	struct buf text = BUF_INIT(BUF_MAX_LINE_BYTES);
	char hash[SHA256_BYTES];
	unsigned n = 0;
	int done = EVP_Digest(bytes.ptr, bytes.len, (unsigned char *)hash, &n, EVP_sha256(), NULL);
	struct str copy;

	assert(done == 1 && n == sizeof(hash));
	base64url_encode(&text, (struct str){hash, sizeof(hash)});
	copy = arena_str(a, buf_str(&text));
	buf_release(&text);
	return copy;
}

bool binding_of(struct arena *a, const struct evaluation *ev, const struct json *members, struct binding *ret)
{
	struct buf text = BUF_INIT(MAX_BOUND_BYTES);
	struct binding b = {
	    .subject = without_actor(a, ev->subject),
	    .resource = ev->resource,
	    .action = ev->action,
	    .context = context_of(a, ev->context, members),
	};
	const struct json tree = tree_of(a, &b);
	bool is_good = json_add_canonical(&text, &tree, MAX_DEPTH, a) && !text.overflowed;

	if (is_good) {
		b.hash = binding_sha256(a, buf_str(&text));
		*ret = b;
	}
	buf_release(&text);
	return is_good;
}

/* ---- claims ---------------------------------------------------------------------------------------- */

static struct str endpoint(struct api_call *call)
{
	return arena_concat(call->arena, api_public_url(call->api), STR(PATH_ACCESS_REQUESTS));
}

static struct str new_nonce(struct arena *a)
{
	char text[NONCE_CHARS + 1];

	random_alnum(text, NONCE_CHARS);
	return arena_str(a, str_of(text));
}

static void write_members(struct json_writer *w, const struct json *context)
{
	json_begin_array(w);
	for (uint32_t i = 0; i < context->n; i++)
		json_add_str(w, context->members[i].name);
	json_end_array(w);
}

/* Inline when it is short, so that others can look at it; else its hash. */
static void write_bound(struct json_writer *w, const struct binding *b, struct arena *a)
{
	struct buf text = BUF_INIT(MAX_INLINE_BYTES);
	const struct json tree = tree_of(a, b);
	bool is_short = json_add_canonical(&text, &tree, MAX_DEPTH, a) && !text.overflowed;

	json_key(w, STR("binding_context_members"));
	write_members(w, b->context);
	if (is_short) {
		for (uint32_t i = 0; i < tree.n; i++)
			json_put(w, tree.members[i].name, &tree.members[i].value);
	} else {
		json_put_str(w, STR("binding_hash"), b->hash);
	}
	buf_release(&text);
}

/* As ours, for `audience`, until then. */
static void begin_claims(struct json_writer *w, struct api_call *call, struct str audience, int64_t until_ms)
{
	json_begin_object(w);
	json_put_str(w, STR("iss"), api_public_url(call->api));
	json_put_str(w, STR("aud"), audience);
	json_put_i64(w, STR("iat"), call->now_ms / 1000);
	json_put_i64(w, STR("exp"), until_ms / 1000);
	json_put_str(w, STR("org"), call->snapshot->org);
}

/* Absent when it became too long: names of members have no bounds of their own. */
static struct str end_claims(struct json_writer *w, struct api_call *call)
{
	struct buf token = BUF_INIT(JWT_MAX_BYTES);
	struct str text = STR_NONE;

	json_end_object(w);
	if (!w->out->overflowed)
		signing_key_sign(service_signing_key(call->service), buf_str(w->out), &token);
	if (!w->out->overflowed && !token.overflowed)
		text = arena_str(call->arena, buf_str(&token));
	buf_release(&token);
	buf_release(w->out);
	return text;
}

/* A token of ours for that audience, in this organization; not yet whether its time is over. */
static bool read_token(struct api_call *call, struct str text, struct str audience, struct jwt *ret)
{
	const struct signing_key *key = service_signing_key(call->service);
	const struct str public_key = {(const char *)key->public_key, sizeof(key->public_key)};
	const struct str_list audiences = {&audience, 1};
	struct error err = {0};

	return !str_is_empty(text) && jwt_read(text, call->arena, ret, &err) == 0 &&
	       jwt_is_signed_by(ret, public_key) &&
	       str_eq(json_get_str(ret->claims, STR("iss")), api_public_url(call->api)) && jwt_is_for(ret, audiences) &&
	       str_eq(json_get_str(ret->claims, STR("org")), call->snapshot->org);
}

/* Is what the token binds what was sent? */
static bool is_bound(struct arena *a, const struct jwt *t, const struct evaluation *ev, struct binding *ret)
{
	const struct json *members = json_get(t->claims, STR("binding_context_members"));
	struct str hash = json_get_str(t->claims, STR("binding_hash"));
	struct json tree;

	if (!json_is(members, JSON_ARRAY) || !binding_of(a, ev, members, ret))
		return false;
	if (!str_is_absent(hash))
		return str_eq(hash, ret->hash);
	tree = tree_of(a, ret);
	for (uint32_t i = 0; i < tree.n; i++)
		if (!json_equal(json_get(t->claims, tree.members[i].name), &tree.members[i].value))
			return false;
	return tree.n == 4;
}

/* ---- ids of evaluations ---------------------------------------------------------------------------- */

/*
 * "eval_<nonce>.<base64url of "<expiry> [members …]">.<code>": the code is over all that stands before it, the
 * organization, and the hash of what was asked.
 */
static void make_code(struct api_call *call, struct str payload, struct str hash, char out[KEY_HASH_CHARS + 1])
{
	const struct str org = call->snapshot->org;

	key_mac(service_key_hasher(call->service),
	        arena_strf(call->arena, "authzen-evaluation:%zu:" STR_FMT ":" STR_FMT ":" STR_FMT, org.len,
	                   STR_ARG(org), STR_ARG(payload), STR_ARG(hash)),
	        out);
}

static struct str make_evaluation(struct api_call *call, const struct binding *b, int64_t expires_at_ms)
{
	struct buf plain = BUF_INIT(MAX_CLAIMS_BYTES), id = BUF_INIT(JWT_MAX_BYTES);
	struct json_writer w = JSON_WRITER(&plain);
	char code[KEY_HASH_CHARS + 1];
	struct str text = arena_concat(call->arena, STR("eval_"), new_nonce(call->arena));

	buf_addf(&plain, "%lld ", (long long)expires_at_ms);
	write_members(&w, b->context);
	buf_addf(&id, STR_FMT ".", STR_ARG(text));
	base64url_encode(&id, buf_str(&plain));
	if (!plain.overflowed && !id.overflowed) {
		make_code(call, buf_str(&id), b->hash, code);
		text = arena_concat3(call->arena, buf_str(&id), STR("."), str_of(code));
	}
	buf_release(&plain);
	buf_release(&id);
	return text;
}

/* The expiry and the members that an id says; nothing of it is proved. */
static bool read_evaluation(struct arena *a, struct str id, struct str *ret_payload, int64_t *ret_ms,
                            const struct json **ret_members)
{
	const size_t dot = str_find(id, '.', 0), second = dot == SIZE_MAX ? SIZE_MAX : str_find(id, '.', dot + 1);
	struct buf plain = BUF_INIT(JWT_MAX_BYTES);
	struct error err = {0};
	struct str rest, number;
	uint64_t ms;
	bool is_good;

	if (second == SIZE_MAX || id.len > JWT_MAX_BYTES)
		return false;
	is_good = base64url_decode(&plain, str_slice(id, dot + 1, second));
	rest = arena_str(a, buf_str(&plain));
	buf_release(&plain);
	if (!is_good || !str_split(&rest, ' ', &number) || !str_to_u64(number, &ms) || ms > INT64_MAX ||
	    json_parse(rest, a, ret_members, &err) != JSON_OK || !json_is(*ret_members, JSON_ARRAY))
		return false;
	*ret_payload = str_slice(id, 0, second);
	*ret_ms = (int64_t)ms;
	return true;
}

/* ---- denials --------------------------------------------------------------------------------------- */

struct denial denial_make(struct api_call *call, const struct binding *b)
{
	/* Whole seconds, as tokens count them. */
	struct denial d = {.expires_at_ms = (call->now_ms + BINDING_LIFETIME_MS) / 1000 * 1000};
	struct buf claims = BUF_INIT(MAX_CLAIMS_BYTES);
	struct json_writer w = JSON_WRITER(&claims);
	char time[32];

	d.evaluation = make_evaluation(call, b, d.expires_at_ms);
	begin_claims(&w, call, endpoint(call), d.expires_at_ms);
	json_put_str(&w, STR("jti"), new_nonce(call->arena));
	json_put_str(&w, STR("denial_expires_at"), time_format_rfc3339(d.expires_at_ms, time));
	json_put_str(&w, STR("evaluation_id"), d.evaluation);
	write_bound(&w, b, call->arena);
	d.token = end_claims(&w, call);
	return d;
}

static enum binding_result invalid(struct error *err, const char *text)
{
	(void)error_set(err, (int)BINDING_INVALID, "%s", text);
	return BINDING_INVALID;
}

static enum binding_result expired(struct error *err)
{
	(void)error_set(err, (int)BINDING_EXPIRED, "the denial is too old: evaluate again");
	return BINDING_EXPIRED;
}

static enum binding_result check_token(struct api_call *call, const struct json *denial, const struct evaluation *ev,
                                       struct denial_proof *ret, struct error *err)
{
	struct str text = json_get_str(denial, STR("binding_token")), sent = json_get_str(denial, STR("evaluation_id"));
	int64_t expires_ms, protected_ms, exp_ms;
	struct jwt t;

	if (!read_token(call, text, endpoint(call), &t) || !jwt_time(&t, STR("exp"), &exp_ms) ||
	    !time_parse_rfc3339(json_get_str(t.claims, STR("denial_expires_at")), &protected_ms))
		return invalid(err, "denial.binding_token is none that was given out here for this endpoint");
	ret->evaluation = json_get_str(t.claims, STR("evaluation_id"));
	ret->token = json_get_str(t.claims, STR("jti"));
	ret->members = json_get(t.claims, STR("binding_context_members"));
	if (!str_is_absent(sent) && !str_eq(sent, ret->evaluation))
		return invalid(err, "denial.evaluation_id is not that of the binding token");
	if (!is_bound(call->arena, &t, ev, &ret->binding))
		return invalid(err, "the denial was of another subject, resource, action or context");
	if (!time_parse_rfc3339(json_get_str(denial, STR("expires_at")), &expires_ms) || expires_ms != protected_ms)
		return invalid(err, "denial.expires_at is not that of the denial");
	return call->now_ms >= exp_ms || call->now_ms >= expires_ms ? expired(err) : BINDING_OK;
}

static enum binding_result check_evaluation(struct api_call *call, const struct json *denial,
                                            const struct evaluation *ev, struct denial_proof *ret, struct error *err)
{
	struct str id = json_get_str(denial, STR("evaluation_id")), payload = STR_NONE;
	char code[KEY_HASH_CHARS + 1];
	int64_t expires_ms = 0, recorded_ms = 0;

	if (!read_evaluation(call->arena, id, &payload, &recorded_ms, &ret->members) ||
	    !binding_of(call->arena, ev, ret->members, &ret->binding))
		return invalid(err, "denial.evaluation_id is none of a denial that access can be asked for after");
	make_code(call, payload, ret->binding.hash, code);
	if (!str_eq_const_time(str_slice(id, payload.len + 1, id.len), str_of(code)))
		return invalid(err, "the denial was of another subject, resource, action or context");
	if (!time_parse_rfc3339(json_get_str(denial, STR("expires_at")), &expires_ms) || expires_ms != recorded_ms)
		return invalid(err, "denial.expires_at is not that of the denial");
	ret->evaluation = ret->token = id;
	return call->now_ms >= recorded_ms ? expired(err) : BINDING_OK;
}

enum binding_result denial_check(struct api_call *call, const struct json *denial, const struct evaluation *ev,
                                 struct denial_proof *ret, struct error *err)
{
	const struct json *token = json_get(denial, STR("binding_token")), *id = json_get(denial, STR("evaluation_id"));
	int64_t ms;

	*ret = (struct denial_proof){0};
	if (!time_parse_rfc3339(json_get_str(denial, STR("expires_at")), &ms))
		return invalid(err, "denial.expires_at is required, as it was in the denial");
	if (token)
		return check_token(call, denial, ev, ret, err);
	if (id)
		return check_evaluation(call, denial, ev, ret, err);
	return invalid(err, "denial.binding_token or denial.evaluation_id is required");
}

/* ---- approvals ------------------------------------------------------------------------------------- */

struct str approval_sign(struct api_call *call, const struct approval *approval, const struct binding *b)
{
	struct buf claims = BUF_INIT(MAX_CLAIMS_BYTES);
	struct json_writer w = JSON_WRITER(&claims);

	begin_claims(&w, call, api_public_url(call->api), approval->until_ms);
	json_put_str(&w, STR("approval_id"), approval->id);
	json_put_str(&w, STR("task_id"), approval->task);
	write_bound(&w, b, call->arena);
	return end_claims(&w, call);
}

enum approval_result approval_check(struct api_call *call, struct str state, struct str id, const struct evaluation *ev)
{
	struct binding b;
	int64_t until_ms;
	struct jwt t;

	if (!read_token(call, state, api_public_url(call->api), &t) || !jwt_time(&t, STR("exp"), &until_ms) ||
	    str_is_empty(id) || !str_eq(json_get_str(t.claims, STR("approval_id")), id))
		return APPROVAL_FALSE;
	if (call->now_ms >= until_ms)
		return APPROVAL_EXPIRED;
	return is_bound(call->arena, &t, ev, &b) ? APPROVAL_TRUE : APPROVAL_OTHER;
}
