/* SPDX-License-Identifier: Apache-2.0 */
#include "service/federation.h"

#include "base/glob.h"
#include "service/cidr.h"
#include "service/internal.h"
#include "service/jwk.h"
#include "service/key_sets.h"
#include "service/token_memory.h"

#define MAX_SUBJECT_BYTES 1024u

static enum service_result refuse(struct error *err, const char *text)
{
	return (enum service_result)error_set(err, SERVICE_UNAUTHENTICATED, "%s", text);
}

/* ---- the token ----------------------------------------------------------------------------------------------- */

/* A token of somebody else, taken apart. */
struct foreign_token {
	struct str text;
	struct jwt jwt;
	int64_t now_ms;
};

enum proof { PROOF_WRONG, PROOF_RIGHT, PROOF_UNKNOWN };

/* The issuer's keys now, and which version of them (0: those in its document). False: they are not known. */
static bool keys_of(struct service *svc, const struct token_issuer *issuer, int64_t now_ms, struct arena *a,
                    const struct json **ret, uint64_t *ret_version)
{
	*ret = issuer->keys;
	*ret_version = 0;
	return issuer->keys || key_sets_get(svc->key_sets, issuer->keys_url, now_ms, a, ret, ret_version);
}

/* The issuer may have other keys by now than were fetched. */
static bool is_signed(struct service *svc, const struct token_issuer *issuer, const struct json *keys,
                      const struct jwt *t)
{
	if (jwk_set_signed(keys, t))
		return true;
	if (!issuer->keys && !jwk_set_knows(keys, t))
		key_sets_want(svc->key_sets, issuer->keys_url);
	return false;
}

/*
 * Did the issuer make it? What was found so once is not proved again, until the issuer's document changes. A state that
 * is not published may never be, and another take its revision: what holds in it is not remembered.
 */
static enum proof prove(struct org *org, const struct snapshot *s, const struct token_issuer *issuer,
                        const struct foreign_token *t, struct arena *a)
{
	CLEANUP(buf_releasep) struct buf version = BUF_INIT(BUF_MAX_LINE_BYTES);
	struct service *svc = org->service;
	uint8_t hash[TOKEN_HASH_BYTES];
	const struct json *keys;
	uint64_t keys_version;

	if (!keys_of(svc, issuer, t->now_ms, a, &keys, &keys_version))
		return PROOF_UNKNOWN;
	buf_addf(&version, STR_FMT "/" STR_FMT "/%llu/%llu", STR_ARG(s->org), STR_ARG(issuer->doc.id),
	         (unsigned long long)issuer->doc.rev, (unsigned long long)keys_version);
	assert(!version.overflowed);
	token_hash(buf_str(&version), t->text, hash);
	if (token_is_verified(svc->token_memory, hash))
		return PROOF_RIGHT;
	if (!is_signed(svc, issuer, keys, &t->jwt))
		return PROOF_WRONG;
	if (s->revision <= atomic_load(&org->revision))
		token_set_verified(svc->token_memory, hash);
	return PROOF_RIGHT;
}

static enum service_result check_claims(const struct token_issuer *issuer, const struct jwt *t, int64_t now_ms,
                                        struct error *err)
{
	const struct jwt_wanted times = {.now_ms = now_ms, .max_ahead_ms = FEDERATION_MAX_LIFETIME_MS};

	if (!jwt_is_for(t, issuer->audiences))
		return refuse(err, "\"aud\" names none of the issuer's audiences");
	return jwt_check_times(t, &times, err) == 0 ? SERVICE_OK : SERVICE_UNAUTHENTICATED;
}

/* An address that nobody has proved to be theirs says nothing about who they are. */
static bool is_proved(const struct jwt *t, struct str claim)
{
	const struct json *proved = json_get(t->claims, STR("email_verified"));

	return !str_eq(claim, STR("email")) || !proved || (proved->type == JSON_BOOL && proved->b);
}

/* Whom the token stands for; NULL: nobody here. */
static const struct document *principal_of(const struct snapshot *s, const struct token_issuer *issuer,
                                           const struct jwt *t)
{
	struct str claim = str_is_empty(issuer->subject_claim) ? STR("sub") : issuer->subject_claim;
	struct str subject = json_get_str(t->claims, claim);
	enum document_kind kind = str_eq(issuer->principal_type, STR("user")) ? DOC_USER : DOC_SERVICE_ACCOUNT;

	if (str_is_empty(subject) || subject.len > MAX_SUBJECT_BYTES || !is_proved(t, claim) ||
	    (!str_is_empty(issuer->subject) && !glob_match(issuer->subject, subject)))
		return NULL;
	return str_is_absent(issuer->principal_id) ? snapshot_find_any(s, kind, subject)
	                                           : snapshot_find(s, kind, issuer->principal_id);
}

/* ---- exchange ------------------------------------------------------------------------------------------------ */

static const struct token_issuer *find_issuer(struct service *svc, struct str id, struct org **ret_org)
{
	for (size_t i = 0; i < svc->n_orgs; i++) {
		const struct token_issuer *issuer =
		    as_token_issuer(snapshot_find_any(org_snapshot(svc->orgs[i]), DOC_TOKEN_ISSUER, id));

		if (issuer) {
			*ret_org = svc->orgs[i];
			return issuer;
		}
	}
	return NULL;
}

/*
 * A token that counts once must be of the time of this process, which knows what was used. So a clock of the issuer's
 * that is ahead is not borne with.
 */
static enum service_result use_up(struct service *svc, const struct token_issuer *issuer, const struct jwt *t,
                                  int64_t now_ms, struct error *err)
{
	struct str id = json_get_str(t->claims, STR("jti"));
	int64_t issued_ms = 0, expires_ms = 0;
	uint8_t hash[TOKEN_HASH_BYTES];

	if (str_is_empty(id) || !jwt_time(t, STR("iat"), &issued_ms) || !jwt_time(t, STR("exp"), &expires_ms))
		return refuse(err, "\"jti\" and \"iat\" must be there: the issuer's tokens count once");
	/* "iat" is in whole seconds, mostly. */
	if (issued_ms > now_ms || issued_ms + 999 < token_memory_started_ms(svc->token_memory))
		return refuse(err, "the token was made before this server started, or is of the future: get another");
	token_hash(issuer->doc.id, id, hash);
	switch (token_use_up(svc->token_memory, hash, expires_ms, now_ms)) {
	case TOKEN_USE_FIRST:
		return SERVICE_OK;
	case TOKEN_USE_AGAIN:
		return refuse(err, "the token was used already");
	case TOKEN_USE_REFUSED:
		break;
	}
	return (enum service_result)error_set(err, SERVICE_UNAVAILABLE, "too many tokens that count once were used");
}

static enum service_result check_proof(struct org *org, const struct token_issuer *issuer,
                                       const struct foreign_token *t, struct arena *a, struct error *err)
{
	enum proof proof = PROOF_WRONG;

	if (str_eq(json_get_str(t->jwt.claims, STR("iss")), issuer->issuer))
		proof = prove(org, org_snapshot(org), issuer, t, a);
	if (proof == PROOF_RIGHT)
		return SERVICE_OK;
	if (proof == PROOF_WRONG)
		return refuse(err, "the token is not one of the issuer's: \"iss\" differs, or no key of its signed it");
	return (enum service_result)error_set(err, SERVICE_UNAVAILABLE,
	                                      "the issuer's keys are not fetched yet: try again");
}

static enum service_result check_token(struct org *org, const struct token_issuer *issuer,
                                       const struct token_exchange *x, struct arena *a,
                                       const struct document **ret_principal, struct error *err)
{
	struct foreign_token t = {.text = x->subject_token, .now_ms = x->now_ms};
	enum service_result r;

	if (jwt_read(t.text, a, &t.jwt, err) != 0)
		return SERVICE_UNAUTHENTICATED;
	r = check_proof(org, issuer, &t, a, err);
	if (r == SERVICE_OK)
		r = check_claims(issuer, &t.jwt, x->now_ms, err);
	if (r != SERVICE_OK)
		return r;
	*ret_principal = principal_of(org_snapshot(org), issuer, &t.jwt);
	if (!*ret_principal)
		return refuse(err, "the token's subject stands for nobody here");
	return issuer->is_single_use ? use_up(org->service, issuer, &t.jwt, x->now_ms, err) : SERVICE_OK;
}

enum service_result federation_exchange(struct service *svc, const struct token_exchange *x, struct arena *a,
                                        struct oauth_token *ret, struct error *err)
{
	const struct token_issuer *issuer = find_issuer(svc, x->client_id, &ret->org);
	const struct document *principal;
	enum service_result r;

	if (!issuer)
		return (enum service_result)error_set(err, SERVICE_NOT_FOUND, "the client is unknown");
	if (issuer->source_cidrs.n && !cidr_list_has(issuer->source_cidrs, x->remote))
		return refuse(err, "the issuer's tokens do not count from this address");
	r = check_token(ret->org, issuer, x, a, &principal, err);
	if (r != SERVICE_OK)
		return r;
	service_note_use(svc, issuer->doc.id, x->now_ms);
	ret->expires_at_ms = x->now_ms + ACCESS_TOKEN_LIFETIME_MS;
	ret->actor = arena_concat3(a, issuer->principal_type, STR(":"), principal->id);
	access_token_write(&ret->text, svc->token_hasher,
	                   &(struct access_claims){
	                       .org = str_of(ret->org->name),
	                       .client = issuer->doc.id,
	                       .user = principal->id,
	                       .is_exchanged = true,
	                       .is_service = principal->kind == DOC_SERVICE_ACCOUNT,
	                       .seq = principal->seq,
	                       .issuer_rev = issuer->doc.rev,
	                       .expires_at_ms = ret->expires_at_ms,
	                       .limit_ms = ret->expires_at_ms,
	                   });
	return SERVICE_OK;
}

/* ---- callers ------------------------------------------------------------------------------------------------- */

/* As a client with these limits would call. What is made with the token must not outlive it. */
static void fill_caller(struct org *org, const struct snapshot *s, const struct token_issuer *issuer,
                        const struct document *principal, int64_t expires_at_ms, struct arena *a, struct caller *ret)
{
	struct oauth_client *limits = ARENA_NEW(a, struct oauth_client);
	struct key *key = ARENA_NEW(a, struct key);

	limits->doc = (struct document){.kind = DOC_OAUTH_CLIENT, .id = issuer->doc.id};
	limits->source_cidrs = issuer->source_cidrs;
	limits->scopes = issuer->scopes;
	*key = (struct key){
	    .doc = {.kind = DOC_KEY, .id = issuer->doc.id},
	    .principal_type = issuer->principal_type,
	    .principal_id = principal->id,
	    .expires_at_ms = expires_at_ms,
	};
	*ret = (struct caller){
	    .org = org,
	    .key = key,
	    .client = limits,
	    .type = key->principal_type,
	    .id = principal->id,
	    .actor = arena_concat3(a, key->principal_type, STR(":"), principal->id),
	};
	snapshot_subjects(s, ret->type, ret->id, a, &ret->subjects, &ret->n_subjects);
}

enum auth_result federation_caller(struct org *org, const struct snapshot *s, const struct access_claims *claims,
                                   struct arena *a, struct caller *ret_caller)
{
	const struct token_issuer *issuer = FIND(s, token_issuer, TOKEN_ISSUER, claims->client);
	enum document_kind kind = claims->is_service ? DOC_SERVICE_ACCOUNT : DOC_USER;
	const struct document *principal = snapshot_find(s, kind, claims->user);

	if (!issuer || issuer->doc.rev != claims->issuer_rev || !principal || principal->seq != claims->seq)
		return AUTH_BAD;
	fill_caller(org, s, issuer, principal, claims->limit_ms, a, ret_caller);
	return AUTH_OK;
}

bool federation_is_token(struct str text)
{
	/* {"… in base64url; no key of ours begins so. */
	return str_starts_with(text, STR("eyJ"));
}

/* One organization's issuers of that name; false: none of them takes the token. */
static bool authenticate_in(struct org *org, const struct snapshot *s, const struct foreign_token *t, struct arena *a,
                            struct caller *ret)
{
	struct str link = arena_concat(a, STR("issuer:"), json_get_str(t->jwt.claims, STR("iss")));
	const struct document *const *docs;
	size_t n = snapshot_linked(s, DOC_TOKEN_ISSUER, link, a, &docs);
	int64_t expires_ms = 0;
	struct error err;

	for (size_t i = 0; i < n; i++) {
		const struct token_issuer *issuer = as_token_issuer(docs[i]);
		const struct document *principal;

		if (!issuer->is_bearer || prove(org, s, issuer, t, a) != PROOF_RIGHT ||
		    check_claims(issuer, &t->jwt, t->now_ms, &err) != SERVICE_OK)
			continue;
		principal = principal_of(s, issuer, &t->jwt);
		if (!principal)
			continue;
		(void)jwt_time(&t->jwt, STR("exp"), &expires_ms);
		fill_caller(org, s, issuer, principal, expires_ms, a, ret);
		return true;
	}
	return false;
}

enum auth_result federation_authenticate(struct service *svc, struct str text, const struct snapshot *pending,
                                         int64_t now_ms, struct arena *a, struct caller *ret_caller)
{
	struct foreign_token t = {.text = text, .now_ms = now_ms};
	struct error err;
	size_t n_found = 0;

	if (jwt_read(text, a, &t.jwt, &err) != 0)
		return AUTH_BAD;
	for (size_t i = 0; i < svc->n_orgs; i++) {
		struct org *org = svc->orgs[i];
		const struct snapshot *s = org_snapshot(org);
		struct caller found;

		if (pending && str_eq(pending->org, str_of(org->name)))
			s = pending;
		if (!authenticate_in(org, s, &t, a, &found))
			continue;
		*ret_caller = found;
		n_found++;
	}
	/* One that two organizations trust does not say which of them is meant. */
	if (n_found == 1)
		return AUTH_OK;
	*ret_caller = (struct caller){0};
	return AUTH_BAD;
}

void federation_want_keys(struct service *svc)
{
	service_read_begin();
	for (size_t i = 0; i < svc->n_orgs; i++) {
		const struct snapshot *s = org_snapshot(svc->orgs[i]);
		const struct document *doc;
		uint64_t at = 0;

		while ((doc = snapshot_next(s, DOC_TOKEN_ISSUER, &at)))
			if (!as_token_issuer(doc)->keys)
				key_sets_want(svc->key_sets, as_token_issuer(doc)->keys_url);
	}
	service_read_end();
}
