/* SPDX-License-Identifier: Apache-2.0 */
#include "service/token_issuers.h"

#include "base/glob.h"
#include "base/random.h"
#include "model/conductorone.h"
#include "service/cidr.h"
#include "service/directory.h"
#include "service/jwk.h"

#define NAME_CHARS 12u

struct str token_issuer_name(const struct token_issuer *issuer)
{
	return str_slice(issuer->doc.id, 0, str_find(issuer->doc.id, '@', 0));
}

static enum service_result invalid(struct error *err, const char *text)
{
	return (enum service_result)error_set(err, SERVICE_INVALID, "%s", text);
}

/* ---- form ---------------------------------------------------------------------------------------------------- */

static enum service_result check_texts(const struct token_issuer *i, struct error *err)
{
	if (i->display_name.len > DIRECTORY_MAX_TEXT_BYTES)
		return invalid(err, "display_name is too long");
	if (str_is_empty(i->issuer) || i->issuer.len > TOKEN_ISSUER_MAX_BYTES)
		return invalid(err, "issuer must be the \"iss\" of its tokens, of at most 2048 bytes");
	if (i->subject_claim.len > TOKEN_ISSUER_MAX_BYTES || i->subject.len > GLOB_MAX_PART_BYTES)
		return invalid(err, "subject_claim or subject is too long");
	if (i->audiences.n == 0 || i->audiences.n > TOKEN_ISSUER_MAX_LIST)
		return invalid(err, "audiences must name 1 to 64, for one of which its tokens must be");
	for (size_t k = 0; k < i->audiences.n; k++)
		if (str_is_empty(i->audiences.items[k]) || i->audiences.items[k].len > TOKEN_ISSUER_MAX_BYTES)
			return invalid(err, "an audience is empty or too long");
	return SERVICE_OK;
}

static enum service_result check_cidrs(struct str_list cidrs, struct error *err)
{
	struct cidr block;

	if (cidrs.n > TOKEN_ISSUER_MAX_LIST)
		return invalid(err, "source_cidrs has more than 64 blocks");
	for (size_t i = 0; i < cidrs.n; i++)
		if (!cidr_parse(cidrs.items[i], &block))
			return invalid(err,
			               "source_cidrs: not a block of addresses, or one with bits behind its prefix");
	return SERVICE_OK;
}

static enum service_result find_scopes(const struct txn *t, struct token_issuer *issuer, struct error *err)
{
	struct str *ids = ARENA_ARRAY(t->arena, struct str, issuer->scopes.n);

	if (issuer->scopes.n > TOKEN_ISSUER_MAX_LIST)
		return invalid(err, "more than 64 roles");
	for (size_t i = 0; i < issuer->scopes.n; i++) {
		const struct role *role = as_role(snapshot_find_any(t->snapshot, DOC_ROLE, issuer->scopes.items[i]));

		if (!role || !(conductorone_is_role(role) || str_is_absent(role->scope)))
			return (enum service_result)error_set(err, SERVICE_INVALID,
			                                      "there is no such role: \"" STR_FMT "\"",
			                                      STR_ARG(issuer->scopes.items[i]));
		ids[i] = role->doc.id;
	}
	issuer->scopes = (struct str_list){ids, issuer->scopes.n};
	return SERVICE_OK;
}

static enum service_result find_principal(const struct txn *t, struct token_issuer *issuer, struct error *err)
{
	bool is_user = str_eq(issuer->principal_type, STR("user"));
	const struct document *doc;

	if (!is_user && !str_eq(issuer->principal_type, STR("service")))
		return invalid(err, "principal needs a type, \"user\" or \"service\"");
	if (str_is_absent(issuer->principal_id))
		return SERVICE_OK;
	if (str_is_empty(issuer->subject))
		return invalid(err, "with one principal, subject must say which tokens stand for it");
	doc = snapshot_find_any(t->snapshot, is_user ? DOC_USER : DOC_SERVICE_ACCOUNT, issuer->principal_id);
	if (!doc)
		return (enum service_result)error_set(err, SERVICE_INVALID, "there is no " STR_FMT " \"" STR_FMT "\"",
		                                      STR_ARG(issuer->principal_type), STR_ARG(issuer->principal_id));
	issuer->principal_id = doc->id;
	return SERVICE_OK;
}

/* Either here or there. Which address the host has is looked at when it is called. */
static enum service_result check_keys(const struct token_issuer *i, struct error *err)
{
	struct str url = i->keys_url;

	if (!i->keys == str_is_absent(url))
		return invalid(err, "either keys or keys_url must be there");
	if (i->keys)
		return jwk_set_check(i->keys, err) == 0 ? SERVICE_OK : SERVICE_INVALID;
	for (size_t k = 0; k < url.len; k++)
		if (url.ptr[k] <= ' ' || url.ptr[k] > '~' || url.ptr[k] == '@')
			return invalid(err, "keys_url must be a URL in ASCII, without user");
	if (url.len > TOKEN_ISSUER_MAX_BYTES ||
	    !(str_starts_with(url, STR("https://")) || str_starts_with(url, STR("http://"))))
		return invalid(err, "keys_url must be an absolute URL with https");
	return SERVICE_OK;
}

static enum service_result check_form(const struct txn *t, struct token_issuer *issuer, struct error *err)
{
	enum service_result r = check_texts(issuer, err);

	if (r == SERVICE_OK)
		r = check_keys(issuer, err);
	if (r == SERVICE_OK)
		r = check_cidrs(issuer->source_cidrs, err);
	if (r == SERVICE_OK)
		r = find_scopes(t, issuer, err);
	return r == SERVICE_OK ? find_principal(t, issuer, err) : r;
}

/* ---- right --------------------------------------------------------------------------------------------------- */

static enum service_result check_right(const struct txn *t, const struct caller *c, const struct token_issuer *issuer,
                                       struct error *err)
{
	const struct key as_key = {.principal_type = issuer->principal_type, .principal_id = issuer->principal_id};
	enum service_result r = key_check_reach(c, &as_key, err);

	if (r != SERVICE_OK)
		return r;
	if (!str_is_absent(issuer->principal_id))
		return key_check_others(t, c, &as_key, STR("doorward:keys:create"), err);
	if (caller_administers_all(t, c))
		return SERVICE_OK;
	return (enum service_result)error_set(
	    err, SERVICE_DENIED, "only who administers access in every way can trust an issuer to name anybody");
}

/* ---- use cases ----------------------------------------------------------------------------------------------- */

static size_t count(const struct snapshot *s)
{
	return s->n_docs[DOC_TOKEN_ISSUER];
}

enum service_result token_issuer_create(struct txn *t, const struct caller *c, struct str host,
                                        struct token_issuer *issuer, struct error *err)
{
	struct str *alias = ARENA_NEW(t->arena, struct str);
	char name[NAME_CHARS + 1];
	enum service_result r = check_form(t, issuer, err);

	if (r == SERVICE_OK)
		r = check_right(t, c, issuer, err);
	if (r == SERVICE_OK && count(t->snapshot) >= TOKEN_ISSUER_MAX_NUMBER)
		r = (enum service_result)error_set(err, SERVICE_FAILED_PRECONDITION,
		                                   "there are %u issuers already, as many as can be",
		                                   TOKEN_ISSUER_MAX_NUMBER);
	if (r != SERVICE_OK)
		return r;
	random_alnum(name, NAME_CHARS);
	*alias = arena_str(t->arena, str_of(name));
	issuer->doc = (struct document){
	    .kind = DOC_TOKEN_ISSUER,
	    .id = arena_strf(t->arena, STR_FMT "@" STR_FMT "/" TOKEN_ISSUER_USE, STR_ARG(*alias), STR_ARG(host)),
	    .aliases = {alias, 1},
	    .created_at_ms = t->now_ms,
	    .updated_at_ms = t->now_ms,
	};
	txn_put(t, &issuer->doc);
	return SERVICE_OK;
}

enum service_result token_issuer_update(struct txn *t, const struct caller *c, struct token_issuer *next,
                                        struct error *err)
{
	const struct token_issuer *now = FIND(t->snapshot, token_issuer, TOKEN_ISSUER, next->doc.id);
	enum service_result r = check_form(t, next, err);

	if (r == SERVICE_OK)
		r = check_right(t, c, now, err);
	if (r == SERVICE_OK)
		r = check_right(t, c, next, err);
	if (r != SERVICE_OK)
		return r;
	next->doc.updated_at_ms = t->now_ms;
	txn_put(t, &next->doc);
	return SERVICE_OK;
}
