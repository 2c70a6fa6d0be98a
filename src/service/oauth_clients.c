/* SPDX-License-Identifier: Apache-2.0 */
#include "service/oauth_clients.h"

#include "base/random.h"
#include "json/base64.h"
#include "json/json.h"
#include "model/conductorone.h"
#include "service/cidr.h"
#include "service/directory.h"
#include "crypto/ed25519.h"

#define MAX_JWK_BYTES 512u

/* ---- secrets ----------------------------------------------------------------------------------------------- */

static struct str bytes_of(const uint8_t key[ED25519_KEY_BYTES])
{
	return (struct str){(const char *)key, ED25519_KEY_BYTES};
}

/* Fills in the public key and the secret. */
static void make_key_pair(struct arena *a, struct new_oauth_client *ret)
{
	CLEANUP(buf_releasep) struct buf x = BUF_INIT(MAX_JWK_BYTES), d = BUF_INIT(MAX_JWK_BYTES);
	CLEANUP(buf_releasep) struct buf jwk = BUF_INIT(MAX_JWK_BYTES), text = BUF_INIT(OAUTH_MAX_SECRET_CHARS);
	uint8_t private_key[ED25519_KEY_BYTES], public_key[ED25519_KEY_BYTES];

	random_bytes(private_key, sizeof(private_key));
	ed25519_public_key(private_key, public_key);
	base64url_encode(&x, bytes_of(public_key));
	base64url_encode(&d, bytes_of(private_key));
	buf_addf(&jwk, "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" STR_FMT "\",\"d\":\"" STR_FMT "\"}",
	         STR_ARG(buf_str(&x)), STR_ARG(buf_str(&d)));
	buf_add(&text, STR(OAUTH_SECRET_PREFIX));
	base64url_encode(&text, buf_str(&jwk));
	assert(!jwk.overflowed && !text.overflowed);
	ret->client.public_key = arena_str(a, buf_str(&x));
	memcpy(ret->secret, text.ptr, text.len);
	ret->secret[text.len] = '\0';
	explicit_bzero(private_key, sizeof(private_key));
	explicit_bzero(d.ptr, d.cap);
	explicit_bzero(jwk.ptr, jwk.cap);
	explicit_bzero(text.ptr, text.cap);
}

/* The private key of a JWK of Ed25519. */
static bool read_jwk(struct str text, struct arena *a, uint8_t ret[ED25519_KEY_BYTES])
{
	CLEANUP(buf_releasep) struct buf d = BUF_INIT(MAX_JWK_BYTES);
	const struct json *jwk;
	bool ok = json_parse(text, a, &jwk, NULL) == JSON_OK && str_eq(json_get_str(jwk, STR("kty")), STR("OKP")) &&
	          str_eq(json_get_str(jwk, STR("crv")), STR("Ed25519")) &&
	          base64url_decode(&d, json_get_str(jwk, STR("d"))) && d.len == ED25519_KEY_BYTES;

	if (ok)
		memcpy(ret, d.ptr, ED25519_KEY_BYTES);
	if (d.ptr)
		explicit_bzero(d.ptr, d.cap);
	return ok;
}

struct str oauth_secret_public_key(struct str secret, struct arena *a)
{
	const struct str prefix = STR(OAUTH_SECRET_PREFIX);
	CLEANUP(buf_releasep) struct buf jwk = BUF_INIT(MAX_JWK_BYTES), x = BUF_INIT(MAX_JWK_BYTES);
	uint8_t private_key[ED25519_KEY_BYTES], public_key[ED25519_KEY_BYTES];
	bool ok = str_starts_with(secret, prefix) &&
	          base64url_decode(&jwk, str_slice(secret, prefix.len, secret.len)) &&
	          read_jwk(buf_str(&jwk), a, private_key);

	if (ok) {
		ed25519_public_key(private_key, public_key);
		base64url_encode(&x, bytes_of(public_key));
		explicit_bzero(private_key, sizeof(private_key));
	}
	if (jwk.ptr)
		explicit_bzero(jwk.ptr, jwk.cap);
	return ok ? arena_str(a, buf_str(&x)) : STR_NONE;
}

/* ---- names ------------------------------------------------------------------------------------------------- */

static const char *const qualities[] = {"amber",  "bold",  "brave",  "bright", "calm",  "clear",  "clever", "cosy",
                                        "crisp",  "eager", "early",  "fair",   "fond",  "fresh",  "gentle", "glad",
                                        "golden", "green", "honest", "keen",   "kind",  "light",  "lucky",  "mellow",
                                        "merry",  "noble", "proud",  "quick",  "quiet", "silver", "swift",  "warm"};
static const char *const animals[] = {"badger", "bear",   "beaver", "crane", "deer",  "dolphin", "eagle", "falcon",
                                      "finch",  "fox",    "gull",   "hare",  "heron", "ibis",    "jay",   "lark",
                                      "lynx",   "marten", "mole",   "moose", "otter", "owl",     "panda", "puffin",
                                      "raven",  "robin",  "seal",   "stork", "swan",  "tern",    "whale", "wren"};

struct str oauth_client_name(const struct oauth_client *client)
{
	return str_slice(client->doc.id, 0, str_find(client->doc.id, '@', 0));
}

const struct oauth_client *oauth_client_find(const struct snapshot *s, struct str name)
{
	return as_oauth_client(snapshot_find_any(s, DOC_OAUTH_CLIENT, name));
}

/* A name that nobody has: "blue-whale-12345". Of a hundred million, so that the first is nearly always free. */
static struct str new_name(const struct txn *t)
{
	struct str name;

	do {
		name = arena_strf(t->arena, "%s-%s-%05u", qualities[random_u64() % N_ELEMENTS(qualities)],
		                  animals[random_u64() % N_ELEMENTS(animals)], (unsigned)(random_u64() % 100000));
	} while (oauth_client_find(t->snapshot, name));
	return name;
}

/* ---- what is allowed --------------------------------------------------------------------------------------- */

static enum service_result invalid(struct error *err, const char *what, struct str value)
{
	return (enum service_result)error_set(err, SERVICE_INVALID, "%s: \"" STR_FMT "\"", what, STR_ARG(value));
}

static enum service_result check_cidrs(struct str_list cidrs, struct error *err)
{
	struct cidr block;

	if (cidrs.n > OAUTH_MAX_LIST)
		return (enum service_result)error_set(err, SERVICE_INVALID, "more than %u blocks of addresses",
		                                      OAUTH_MAX_LIST);
	for (size_t i = 0; i < cidrs.n; i++)
		if (!cidr_parse(cidrs.items[i], &block))
			return invalid(err, "not a block of addresses, or one with bits set behind its prefix",
			               cidrs.items[i]);
	return SERVICE_OK;
}

/* Roles by their canonical ids: those that can say something about this API. */
static enum service_result find_scopes(const struct txn *t, struct oauth_client *client, struct error *err)
{
	struct str *ids = ARENA_ARRAY(t->arena, struct str, client->scopes.n);

	if (client->scopes.n > OAUTH_MAX_LIST)
		return (enum service_result)error_set(err, SERVICE_INVALID, "more than %u roles", OAUTH_MAX_LIST);
	for (size_t i = 0; i < client->scopes.n; i++) {
		const struct role *role = as_role(snapshot_find_any(t->snapshot, DOC_ROLE, client->scopes.items[i]));

		if (!role || !(conductorone_is_role(role) || str_is_absent(role->scope)))
			return invalid(err, "there is no such role", client->scopes.items[i]);
		ids[i] = role->doc.id;
	}
	client->scopes = (struct str_list){ids, client->scopes.n};
	return SERVICE_OK;
}

static enum service_result check_form(const struct txn *t, struct oauth_client *client, struct error *err)
{
	enum service_result r;

	if (client->display_name.len > DIRECTORY_MAX_TEXT_BYTES)
		return (enum service_result)error_set(err, SERVICE_INVALID, "the name is longer than %u bytes",
		                                      DIRECTORY_MAX_TEXT_BYTES);
	if (client->expires_at_ms != 0 && client->expires_at_ms <= t->now_ms)
		return (enum service_result)error_set(err, SERVICE_INVALID, "the expiry is not in the future");
	r = check_cidrs(client->source_cidrs, err);
	return r == SERVICE_OK ? find_scopes(t, client, err) : r;
}

/* With limits, `list` must have some, and only such as are among them. */
static bool is_within(struct str_list list, struct str_list limits)
{
	for (size_t i = 0; limits.n && i < list.n; i++)
		if (!str_list_has(limits, list.items[i]))
			return false;
	return limits.n == 0 || list.n > 0;
}

/* Does it reach no further than the credentials it is made, or changed, with? */
static enum service_result check_reach(const struct caller *c, const struct oauth_client *client, struct error *err)
{
	const struct oauth_client *with = c->client;

	if (c->key->is_bound)
		return (enum service_result)error_set(err, SERVICE_DENIED,
		                                      "a key bound to tenants makes only keys bound to them");
	if (c->key->expires_at_ms && (client->expires_at_ms == 0 || client->expires_at_ms > c->key->expires_at_ms))
		return (enum service_result)error_set(err, SERVICE_DENIED,
		                                      "the client would outlive the credentials it is made with");
	if (with && (!is_within(client->scopes, with->scopes) || !is_within(client->source_cidrs, with->source_cidrs)))
		return (enum service_result)error_set(
		    err, SERVICE_DENIED, "the client would have fewer limits than the credentials it is made with");
	return SERVICE_OK;
}

static bool is_own(const struct caller *c, const struct oauth_client *client)
{
	return str_eq(c->type, STR("user")) && str_eq(c->id, client->user);
}

static enum service_result check_right(const struct txn *t, const struct caller *c, const struct oauth_client *client,
                                       struct error *err)
{
	const struct key as_key = {.principal_type = STR("user"), .principal_id = client->user};

	if (is_own(c, client))
		return check_reach(c, client, err);
	return key_check_others(t, c, &as_key, STR("doorward:keys:create"), err);
}

/* ---- use cases --------------------------------------------------------------------------------------------- */

enum service_result oauth_client_create(struct txn *t, const struct caller *c, const struct oauth_client_order *order,
                                        struct new_oauth_client *ret, struct error *err)
{
	const struct document *user = snapshot_find_any(t->snapshot, DOC_USER, order->user);
	struct str *alias = ARENA_NEW(t->arena, struct str);
	enum service_result r;

	if (!user)
		return invalid(err, "there is no such user", order->user);
	*ret = (struct new_oauth_client){
	    .client =
	        {
	            .doc = {.kind = DOC_OAUTH_CLIENT, .created_at_ms = t->now_ms, .updated_at_ms = t->now_ms},
	            .display_name = order->display_name,
	            .user = user->id,
	            .source_cidrs = order->source_cidrs,
	            .scopes = order->scopes,
	            .expires_at_ms = order->expires_at_ms,
	        },
	};
	r = check_form(t, &ret->client, err);
	if (r == SERVICE_OK)
		r = check_right(t, c, &ret->client, err);
	if (r != SERVICE_OK)
		return r;
	*alias = new_name(t);
	ret->client.doc.id =
	    arena_strf(t->arena, STR_FMT "@" STR_FMT "/" OAUTH_PERSONAL, STR_ARG(*alias), STR_ARG(order->host));
	ret->client.doc.aliases = (struct str_list){alias, 1};
	make_key_pair(t->arena, ret);
	if (t->is_trial) {
		explicit_bzero(ret->secret, sizeof(ret->secret));
		memcpy(ret->secret, TRIAL_SECRET, sizeof(TRIAL_SECRET));
	}
	txn_put(t, &ret->client.doc);
	return SERVICE_OK;
}

enum service_result oauth_client_update(struct txn *t, const struct caller *c, struct oauth_client *next,
                                        struct error *err)
{
	const struct oauth_client *now = FIND(t->snapshot, oauth_client, OAUTH_CLIENT, next->doc.id);
	int64_t expires_at_ms = next->expires_at_ms;
	enum service_result r;

	/* One that has expired may be renamed: only a new expiry must lie ahead. */
	if (expires_at_ms == now->expires_at_ms)
		next->expires_at_ms = 0;
	r = check_form(t, next, err);
	next->expires_at_ms = expires_at_ms;
	if (r == SERVICE_OK)
		r = check_right(t, c, next, err);
	if (r == SERVICE_OK)
		txn_put(t, &next->doc);
	return r;
}
