/* SPDX-License-Identifier: Apache-2.0
 *
 * OAuth 2 under /auth/v1/: tokens for clients and for devices, and the server's public key. Bodies are forms, failures
 * those of RFC 6749, RFC 8628 and RFC 8693. Each token that is given leaves a row in the audit trail, which is durable
 * before the token is sent, and so does each that is refused to a client that there is; what is done with a token names
 * its client there.
 */
#include "api/conductorone/conductorone.h"
#include "api/conductorone/credentials.h"
#include "service/federation.h"
#include "service/signing.h"

#define GRANT_CLIENT   "client_credentials"
#define GRANT_DEVICE   "urn:ietf:params:oauth:grant-type:device_code"
#define GRANT_EXCHANGE "urn:ietf:params:oauth:grant-type:token-exchange"
#define TOKEN_TYPE     "urn:ietf:params:oauth:token-type:"
#define ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

/* ---- the server's name --------------------------------------------------------------------------------- */

struct str c1_public_host(const struct api_call *call)
{
	struct str url = api_public_url(call->api);
	size_t colon = str_find(url, ':', 0);

	/* Behind "scheme://". */
	return colon == SIZE_MAX ? url : str_slice(url, colon + 3, str_find(url, '/', colon + 3));
}

static struct str without_port(struct str host)
{
	size_t bracket = str_starts_with(host, STR("[")) ? str_find(host, ']', 0) : SIZE_MAX;

	return str_slice(host, 0, bracket != SIZE_MAX ? bracket + 1 : str_find(host, ':', 0));
}

/* ---- forms --------------------------------------------------------------------------------------------- */

static bool is_form(struct api_call *call)
{
	struct str type = http_header_get(call->x, STR("Content-Type")), media;

	if (str_split(&type, ';', &media) && str_eq_nocase(str_trim(media), STR("application/x-www-form-urlencoded")))
		return true;
	c1_oauth_fail(call, 400, "invalid_request", "the body must be of application/x-www-form-urlencoded");
	return false;
}

/* A parameter; absent when it was not sent. None may be sent twice (RFC 6749, section 3.2). */
static bool form_get(struct api_call *call, const char *name, struct str *ret)
{
	struct str_list values;

	if (!http_form_all(call->x, str_of(name), &values)) {
		c1_oauth_fail(call, 400, "invalid_request", "the body is not valid percent-encoded UTF-8");
		return false;
	}
	if (values.n > 1) {
		c1_oauth_fail(call, 400, "invalid_request", "a parameter was sent twice");
		return false;
	}
	*ret = values.n ? values.items[0] : STR_NONE;
	return true;
}

/* ---- tokens -------------------------------------------------------------------------------------------- */

static void answer_token(struct api_call *call, struct oauth_token *token, struct str issued_type)
{
	struct json_writer w = api_json_begin(call, 200);

	json_begin_object(&w);
	json_put_str(&w, STR("access_token"), buf_str(&token->text));
	if (!str_is_absent(issued_type))
		json_put_str(&w, STR("issued_token_type"), issued_type);
	json_put_str(&w, STR("token_type"), STR("Bearer"));
	json_put_i64(&w, STR("expires_in"), (token->expires_at_ms - call->now_ms) / 1000);
	json_end_object(&w);
	api_json_end(call, &w);
	explicit_bzero(token->text.ptr, token->text.cap);
}

/* What the audit trail is to say: which client of which organization it was about, and as whom it acts from now on. */
static void note_client(struct api_call *call, struct org *org, enum document_kind kind, struct str client_id,
                        struct str actor)
{
	struct key *credential = ARENA_NEW(call->arena, struct key);

	credential->doc = (struct document){.kind = DOC_KEY, .id = client_id};
	call->caller = (struct caller){.org = org, .key = credential, .actor = actor};
	call->operation = STR("conductorone:tokens:create");
	call->target = arena_concat3(call->arena, document_kind_name(kind), STR(":"), client_id);
}

static bool read_proof(struct api_call *call, struct oauth_proof *proof)
{
	struct str type;

	if (!form_get(call, "client_secret", &proof->secret) ||
	    !form_get(call, "client_assertion", &proof->assertion) || !form_get(call, "client_assertion_type", &type))
		return false;
	if (str_is_absent(proof->secret) == str_is_absent(proof->assertion)) {
		c1_oauth_fail(call, 400, "invalid_request", "either client_secret or client_assertion must be sent");
		return false;
	}
	if (str_is_absent(proof->assertion) || str_eq(type, STR(ASSERTION_TYPE)))
		return true;
	c1_oauth_fail(call, 400, "invalid_request", "the client_assertion_type must be " ASSERTION_TYPE);
	return false;
}

static void token_for_client(struct api_call *call, struct str client_id)
{
	struct oauth_token token = OAUTH_TOKEN_INIT;
	struct oauth_proof proof = {
	    .client_id = client_id,
	    .host = without_port(c1_public_host(call)),
	    .remote = call->x->remote,
	    .now_ms = call->now_ms,
	};
	struct error err = {0};

	if (!read_proof(call, &proof))
		return;
	if (oauth_client_token(call->service, &proof, call->arena, &token, &err) == SERVICE_OK) {
		answer_token(call, &token, STR_NONE);
		note_client(call, token.org, DOC_OAUTH_CLIENT, client_id, token.actor);
	} else {
		c1_oauth_fail(call, 401, "invalid_client", err.text);
		if (token.org)
			note_client(call, token.org, DOC_OAUTH_CLIENT, client_id, STR(""));
	}
	buf_release(&token.text);
}

/* ---- tokens of others ------------------------------------------------------------------------------------------- */

/* What they may be called; all are JWTs. */
static const struct str subject_types[] = {
    STR_INIT(TOKEN_TYPE "jwt"),
    STR_INIT(TOKEN_TYPE "id_token"),
    STR_INIT(TOKEN_TYPE "access_token"),
};

/* Parameters of RFC 8693 that ask for what is not given here, with the error that says so. */
static const struct {
	const char *name, *error, *text;
} exchange_limits[] = {
    {"actor_token", "invalid_request", "actor_token is not supported"},
    {"scope", "invalid_scope", "scope is not supported: the issuer's roles say what its tokens may"},
    {"resource", "invalid_target", "resource is not supported"},
};

static bool asks_for_more(struct api_call *call)
{
	struct str value;

	for (size_t i = 0; i < N_ELEMENTS(exchange_limits); i++) {
		if (!form_get(call, exchange_limits[i].name, &value))
			return true;
		if (str_is_empty(value))
			continue;
		c1_oauth_fail(call, 400, exchange_limits[i].error, exchange_limits[i].text);
		return true;
	}
	return false;
}

static bool read_exchange(struct api_call *call, struct token_exchange *x)
{
	const struct str_list types = {subject_types, N_ELEMENTS(subject_types)};
	struct str type, wanted;

	if (!form_get(call, "subject_token", &x->subject_token) || !form_get(call, "subject_token_type", &type) ||
	    !form_get(call, "requested_token_type", &wanted) || asks_for_more(call))
		return false;
	if (str_is_empty(x->subject_token) || !str_list_has(types, type)) {
		c1_oauth_fail(call, 400, "invalid_request",
		              "subject_token must be sent, and subject_token_type be " TOKEN_TYPE "jwt");
		return false;
	}
	if (str_is_empty(wanted) || str_eq(wanted, STR(TOKEN_TYPE "access_token")))
		return true;
	c1_oauth_fail(call, 400, "invalid_request", "the requested_token_type must be " TOKEN_TYPE "access_token");
	return false;
}

static void fail_exchange(struct api_call *call, enum service_result result, const struct error *err)
{
	if (result == SERVICE_NOT_FOUND)
		c1_oauth_fail(call, 401, "invalid_client", err->text);
	else if (result == SERVICE_UNAVAILABLE)
		c1_oauth_fail(call, 503, "temporarily_unavailable", err->text);
	else
		c1_oauth_fail(call, 400, "invalid_request", err->text);
}

static void token_for_token(struct api_call *call, struct str client_id)
{
	struct oauth_token token = OAUTH_TOKEN_INIT;
	struct token_exchange x = {.client_id = client_id, .remote = call->x->remote, .now_ms = call->now_ms};
	struct error err = {0};
	enum service_result r;

	if (!read_exchange(call, &x))
		return;
	r = federation_exchange(call->service, &x, call->arena, &token, &err);
	if (r == SERVICE_OK)
		answer_token(call, &token, STR(TOKEN_TYPE "access_token"));
	else
		fail_exchange(call, r, &err);
	if (token.org)
		note_client(call, token.org, DOC_TOKEN_ISSUER, client_id, r == SERVICE_OK ? token.actor : STR(""));
	buf_release(&token.text);
}

/* ---- tokens for devices ----------------------------------------------------------------------------------------- */

static void give_device_token(struct api_call *call, struct str client_id, const struct device_approval *approval)
{
	struct oauth_token token = OAUTH_TOKEN_INIT;

	if (oauth_device_token(call->service, client_id, approval, call->now_ms, call->arena, &token)) {
		answer_token(call, &token, STR_NONE);
		note_client(call, token.org, DOC_OAUTH_CLIENT, client_id, token.actor);
	} else {
		c1_oauth_fail(call, 400, "access_denied", "the user is gone");
	}
	buf_release(&token.text);
}

static void token_for_device(struct api_call *call, struct str client_id)
{
	struct device_poll poll = {.client = client_id, .now_ms = call->now_ms};
	struct device_approval approval;

	if (!form_get(call, "device_code", &poll.device_code))
		return;
	switch (device_flow_poll(service_device_flows(call->service), &poll, call->arena, &approval)) {
	case DEVICE_APPROVED:
		give_device_token(call, client_id, &approval);
		break;
	case DEVICE_PENDING:
		c1_oauth_fail(call, 400, "authorization_pending", "the user has not decided yet");
		break;
	case DEVICE_TOO_SOON:
		c1_oauth_fail(call, 400, "slow_down", "polled too soon: wait five seconds more from now on");
		break;
	case DEVICE_DENIED:
		c1_oauth_fail(call, 400, "access_denied", "the user denied it");
		break;
	case DEVICE_UNKNOWN:
		c1_oauth_fail(call, 400, "expired_token", "the device code is unknown, used up or expired");
		break;
	}
}

/* By the grant type: how the client shows what it may have a token for. */
static const struct {
	struct str type;
	void (*answer)(struct api_call *call, struct str client_id);
} grants[] = {
    {STR_INIT(GRANT_CLIENT), token_for_client},
    {STR_INIT(GRANT_DEVICE), token_for_device},
    {STR_INIT(GRANT_EXCHANGE), token_for_token},
};

static void token_create(struct api_call *call)
{
	struct str type, client_id;

	http_answer_header(call->x, STR("Cache-Control"), STR("no-store"));
	if (!is_form(call) || !form_get(call, "grant_type", &type) || !form_get(call, "client_id", &client_id))
		return;
	if (str_is_empty(type) || str_is_empty(client_id)) {
		c1_oauth_fail(call, 400, "invalid_request", "grant_type and client_id must be sent");
		return;
	}
	for (size_t i = 0; i < N_ELEMENTS(grants); i++) {
		if (str_eq(grants[i].type, type)) {
			grants[i].answer(call, client_id);
			return;
		}
	}
	c1_oauth_fail(call, 400, "unsupported_grant_type", "the grant type is not supported");
}

/* ---- devices ------------------------------------------------------------------------------------------- */

/* The vendor's programs, which are known to everybody and have no secret. */
static const struct {
	struct str id, name;
} public_clients[] = {
    {STR_INIT("2RGdOS94VDferT9e80mdgntl36K"), STR_INIT("cone")},
    {STR_INIT("2RCzHlak5q7CY14SdBc8HoZEJRf"), STR_INIT("conductorone-sdk-go")},
    {STR_INIT("juQSPDsPrdMDpPpR6fGdeLLSs8g"), STR_INIT("c1i")},
};

struct str c1_public_client_name(struct str id)
{
	for (size_t i = 0; i < N_ELEMENTS(public_clients); i++)
		if (str_eq(public_clients[i].id, id))
			return public_clients[i].name;
	return STR_NONE;
}

static void answer_codes(struct api_call *call, const struct device_codes *codes)
{
	struct str page = arena_concat(call->arena, api_public_url(call->api), STR(C1_DEVICE_PAGE));
	struct json_writer w = api_json_begin(call, 200);

	json_begin_object(&w);
	json_put_str(&w, STR("device_code"), str_of(codes->device_code));
	json_put_str(&w, STR("user_code"), str_of(codes->user_code));
	json_put_str(&w, STR("verification_uri"), page);
	json_put_str(&w, STR("verification_uri_complete"),
	             arena_concat3(call->arena, page, STR("?user_code="), str_of(codes->user_code)));
	json_put_i64(&w, STR("expires_in"), DEVICE_FLOW_LIFETIME_MS / 1000);
	json_put_i64(&w, STR("interval"), DEVICE_FLOW_INTERVAL_S);
	json_end_object(&w);
	api_json_end(call, &w);
}

static void device_begin(struct api_call *call)
{
	struct device_codes codes;
	struct str client_id;

	http_answer_header(call->x, STR("Cache-Control"), STR("no-store"));
	if (!is_form(call) || !form_get(call, "client_id", &client_id))
		return;
	if (str_is_absent(c1_public_client_name(client_id))) {
		c1_oauth_fail(call, 401, "invalid_client", "the client is not known");
		return;
	}
	if (device_flow_begin(service_device_flows(call->service), client_id, call->now_ms, &codes)) {
		answer_codes(call, &codes);
		explicit_bzero(&codes, sizeof(codes));
		return;
	}
	http_answer_header(call->x, STR("Retry-After"), STR("60"));
	c1_oauth_fail(call, 503, "temporarily_unavailable", "too many devices are waiting");
}

/* ---- the public key ------------------------------------------------------------------------------------ */

static void jwks_get(struct api_call *call)
{
	const struct signing_key *key = service_signing_key(call->service);
	CLEANUP(buf_releasep) struct buf x = BUF_INIT(BUF_MAX_LINE_BYTES);
	struct json_writer w = api_json_begin(call, 200);

	signing_key_put_x(key, &x);
	json_begin_object(&w);
	json_key(&w, STR("keys"));
	json_begin_array(&w);
	json_begin_object(&w);
	json_put_str(&w, STR("kty"), STR("OKP"));
	json_put_str(&w, STR("crv"), STR("Ed25519"));
	json_put_str(&w, STR("alg"), STR("EdDSA"));
	json_put_str(&w, STR("use"), STR("sig"));
	json_put_str(&w, STR("kid"), str_of(key->id));
	json_put_str(&w, STR("x"), buf_str(&x));
	json_end_object(&w);
	json_end_array(&w);
	json_end_object(&w);
	api_json_end(call, &w);
}

/* ---- routes -------------------------------------------------------------------------------------------- */

/* clang-format off */
static const struct api_route routes[] = {
    {HTTP_POST, "/auth/v1/token", API_AUDITED_READ, API_NO_BODY, "", NULL, token_create, "c1.token.create"},
    {HTTP_POST, "/auth/v1/device_authorization", API_READ, API_NO_BODY, "", NULL, device_begin, NULL},
    {HTTP_GET, C1_DEVICE_PAGE, API_READ, API_NO_BODY, "", NULL, c1_device_page, NULL},
    {HTTP_GET, "/auth/v1/jwks", API_READ, API_NO_BODY, "", NULL, jwks_get, NULL},
};
/* clang-format on */

const struct api_route_table c1_oauth_routes = {routes, N_ELEMENTS(routes)};
