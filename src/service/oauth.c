/* SPDX-License-Identifier: Apache-2.0 */
#include "service/oauth.h"

#include "json/base64.h"
#include "service/cidr.h"
#include "service/federation.h"
#include "service/internal.h"
#include "service/jwt.h"
#include "service/oauth_clients.h"

bool oauth_may_come_from(const struct oauth_client *client, struct str remote)
{
	return client->source_cidrs.n == 0 || cidr_list_has(client->source_cidrs, remote);
}

/* ---- proof ------------------------------------------------------------------------------------------------- */

/* The client, and the organization it is in. */
static const struct oauth_client *find_client(struct service *svc, struct str id, struct org **ret_org)
{
	for (size_t i = 0; i < svc->n_orgs; i++) {
		const struct oauth_client *client = FIND(org_snapshot(svc->orgs[i]), oauth_client, OAUTH_CLIENT, id);

		if (client) {
			*ret_org = svc->orgs[i];
			return client;
		}
	}
	return NULL;
}

/* "host" of "name@host:port/use"; with brackets where it is an IPv6 address. */
static struct str host_of_client(struct str id)
{
	struct str host = str_slice(id, str_find(id, '@', 0), id.len);
	size_t end;

	host = str_slice(host, 1, str_find(host, '/', 0));
	end = str_starts_with(host, STR("[")) ? str_find(host, ']', 0) : str_find(host, ':', 0);
	if (end != SIZE_MAX && str_starts_with(host, STR("[")))
		end++;
	return str_slice(host, 0, end);
}

static enum service_result refuse(struct error *err, const char *text)
{
	return (enum service_result)error_set(err, SERVICE_UNAUTHENTICATED, "%s", text);
}

static const char unknown[] = "the client is unknown, or its proof is wrong";

static enum service_result check_assertion(const struct oauth_client *client, const struct oauth_proof *proof,
                                           struct arena *a, struct error *err)
{
	CLEANUP(buf_releasep) struct buf key = BUF_INIT(ED25519_KEY_BYTES);
	/* As the public knows the server now, and as it did when the client was made. */
	const struct str hosts[] = {proof->host, host_of_client(client->doc.id)};
	const struct jwt_wanted wanted = {
	    .issuer = client->doc.id,
	    .audience = {hosts, N_ELEMENTS(hosts)},
	    .now_ms = proof->now_ms,
	    .max_ahead_ms = OAUTH_MAX_ASSERTION_MS,
	};
	struct jwt token;

	if (jwt_read(proof->assertion, a, &token, err) != 0)
		return SERVICE_UNAUTHENTICATED;
	if (token.algorithm != JWT_EDDSA)
		return refuse(err, "the token's algorithm is not EdDSA");
	if (!base64url_decode(&key, client->public_key) || !jwt_is_signed_by(&token, buf_str(&key)))
		return refuse(err, unknown);
	return jwt_check_claims(&token, &wanted, err) == 0 ? SERVICE_OK : SERVICE_UNAUTHENTICATED;
}

static enum service_result check_secret(const struct oauth_client *client, struct str secret, struct arena *a,
                                        struct error *err)
{
	struct str public_key = oauth_secret_public_key(secret, a);

	if (!str_is_absent(public_key) && str_eq_const_time(public_key, client->public_key))
		return SERVICE_OK;
	return refuse(err, unknown);
}

/* What is left once the client is known to be itself. */
static enum service_result check_limits(const struct snapshot *s, const struct oauth_client *client,
                                        const struct oauth_proof *proof, struct error *err)
{
	if (client->expires_at_ms && client->expires_at_ms <= proof->now_ms)
		return refuse(err, "the client's credentials are expired");
	if (!oauth_may_come_from(client, proof->remote))
		return refuse(err, "the client's credentials do not count from this address");
	if (!snapshot_find(s, DOC_USER, client->user))
		return refuse(err, "the client's user is gone");
	return SERVICE_OK;
}

static int64_t earlier(int64_t at_ms, int64_t limit_ms)
{
	return limit_ms && limit_ms < at_ms ? limit_ms : at_ms;
}

enum service_result oauth_client_token(struct service *svc, const struct oauth_proof *proof, struct arena *a,
                                       struct oauth_token *ret, struct error *err)
{
	const struct oauth_client *client = find_client(svc, proof->client_id, &ret->org);
	enum service_result r;

	if (!client)
		return refuse(err, unknown);
	r = str_is_absent(proof->secret) ? check_assertion(client, proof, a, err)
	                                 : check_secret(client, proof->secret, a, err);
	if (r == SERVICE_OK)
		r = check_limits(org_snapshot(ret->org), client, proof, err);
	if (r != SERVICE_OK)
		return r;
	service_note_use(svc, client->doc.id, proof->now_ms);
	ret->actor = arena_concat(a, STR("user:"), client->user);
	ret->expires_at_ms = earlier(proof->now_ms + ACCESS_TOKEN_LIFETIME_MS, client->expires_at_ms);
	access_token_write(&ret->text, svc->token_hasher,
	                   &(struct access_claims){
	                       .org = str_of(ret->org->name),
	                       .client = client->doc.id,
	                       .user = client->user,
	                       .seq = client->doc.seq,
	                       .expires_at_ms = ret->expires_at_ms,
	                   });
	return SERVICE_OK;
}

bool oauth_device_token(struct service *svc, struct str client, const struct device_approval *approval, int64_t now_ms,
                        struct arena *a, struct oauth_token *ret)
{
	struct org *org = service_org(svc, approval->org);
	const struct document *user = org ? snapshot_find(org_snapshot(org), DOC_USER, approval->user) : NULL;

	if (!user)
		return false;
	ret->org = org;
	ret->actor = arena_concat(a, STR("user:"), user->id);
	ret->expires_at_ms = earlier(now_ms + ACCESS_TOKEN_LIFETIME_MS, approval->limit_ms);
	access_token_write(&ret->text, svc->token_hasher,
	                   &(struct access_claims){
	                       .org = approval->org,
	                       .client = client,
	                       .user = user->id,
	                       .is_device = true,
	                       .seq = user->seq,
	                       .expires_at_ms = ret->expires_at_ms,
	                       .limit_ms = approval->limit_ms,
	                   });
	return true;
}

/* ---- tokens ------------------------------------------------------------------------------------------------ */

/* The client of the token, which must be the one it was made for, unchanged in whom it acts as. */
static const struct oauth_client *client_of(const struct snapshot *s, const struct access_claims *claims,
                                            int64_t now_ms)
{
	const struct oauth_client *client = FIND(s, oauth_client, OAUTH_CLIENT, claims->client);

	if (!client || client->doc.seq != claims->seq || !str_eq(client->user, claims->user) ||
	    (client->expires_at_ms && client->expires_at_ms <= now_ms))
		return NULL;
	return client;
}

enum auth_result oauth_authenticate(struct service *svc, struct str token, const struct snapshot *pending,
                                    int64_t now_ms, struct arena *a, struct caller *ret_caller)
{
	const struct oauth_client *client = NULL;
	const struct document *user;
	const struct snapshot *s;
	struct access_claims claims;
	struct key *key = ARENA_NEW(a, struct key);
	struct org *org;

	if (!access_token_read(svc->token_hasher, token, a, &claims) || claims.expires_at_ms <= now_ms)
		return AUTH_BAD;
	org = service_org(svc, claims.org);
	if (!org)
		return AUTH_BAD;
	s = pending && str_eq(pending->org, claims.org) ? pending : org_snapshot(org);
	if (claims.is_exchanged)
		return federation_caller(org, s, &claims, a, ret_caller);
	user = snapshot_find(s, DOC_USER, claims.user);
	if (!claims.is_device)
		client = client_of(s, &claims, now_ms);
	if (!user || (claims.is_device ? user->seq != claims.seq : !client))
		return AUTH_BAD;
	*key = (struct key){
	    .doc = {.kind = DOC_KEY, .id = claims.client},
	    .principal_type = STR("user"),
	    .principal_id = user->id,
	    .expires_at_ms = client ? client->expires_at_ms : claims.limit_ms,
	};
	*ret_caller = (struct caller){
	    .org = org,
	    .key = key,
	    .client = client,
	    .type = key->principal_type,
	    .id = user->id,
	    .actor = arena_concat(a, STR("user:"), user->id),
	};
	snapshot_subjects(s, ret_caller->type, ret_caller->id, a, &ret_caller->subjects, &ret_caller->n_subjects);
	return AUTH_OK;
}
