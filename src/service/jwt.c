/* SPDX-License-Identifier: Apache-2.0 */
#include "service/jwt.h"

#include <errno.h>

#include "json/base64.h"

#define MAX_SECONDS INT64_C(253402300799) /* the end of year 9999 */

/* ---- taking apart ------------------------------------------------------------------------------------------ */

/* The decoded part, in the arena; false when it is not base64url. */
static bool decode_part(struct str part, struct arena *a, struct str *ret)
{
	CLEANUP(buf_releasep) struct buf bytes = BUF_INIT(JWT_MAX_BYTES);

	if (!base64url_decode(&bytes, part))
		return false;
	*ret = arena_str(a, buf_str(&bytes));
	return true;
}

static int read_object(struct str part, const char *what, struct arena *a, const struct json **ret, struct error *err)
{
	struct error fault = {0};
	struct str text;

	if (!decode_part(part, a, &text))
		return error_set(err, -EINVAL, "the token's %s is not base64url", what);
	if (json_parse(text, a, ret, &fault) != JSON_OK)
		return error_set(err, -EINVAL, "the token's %s is not JSON: %s", what, fault.text);
	if (!json_is(*ret, JSON_OBJECT))
		return error_set(err, -EINVAL, "the token's %s is not a JSON object", what);
	return 0;
}

static const struct str algorithms[] = {
    [JWT_EDDSA] = STR_INIT("EdDSA"),
    [JWT_RS256] = STR_INIT("RS256"),
    [JWT_ES256] = STR_INIT("ES256"),
};

static enum jwt_algorithm algorithm_of(const struct json *header)
{
	struct str name = json_get_str(header, STR("alg"));

	for (size_t i = JWT_NONE + 1; i < N_ELEMENTS(algorithms); i++)
		if (str_eq(algorithms[i], name))
			return (enum jwt_algorithm)i;
	return JWT_NONE;
}

static int check_header(const struct json *header, enum jwt_algorithm algorithm, struct error *err)
{
	if (algorithm == JWT_NONE)
		return error_set(err, -EINVAL, "the token's algorithm is none of EdDSA, RS256 and ES256");
	if (json_get(header, STR("crit")))
		return error_set(err, -EINVAL, "the token demands extensions that are not known here");
	return 0;
}

int jwt_read(struct str text, struct arena *a, struct jwt *ret, struct error *err)
{
	size_t first = str_find(text, '.', 0), second = first == SIZE_MAX ? first : str_find(text, '.', first + 1);
	struct jwt t;
	int r;

	if (text.len > JWT_MAX_BYTES)
		return error_set(err, -EINVAL, "the token is longer than %u bytes", JWT_MAX_BYTES);
	if (second == SIZE_MAX || str_find(text, '.', second + 1) != SIZE_MAX)
		return error_set(err, -EINVAL, "the token does not have three parts");
	r = read_object(str_slice(text, 0, first), "header", a, &t.header, err);
	if (r != 0)
		return r;
	t.algorithm = algorithm_of(t.header);
	r = check_header(t.header, t.algorithm, err);
	if (r == 0)
		r = read_object(str_slice(text, first + 1, second), "claims", a, &t.claims, err);
	if (r != 0)
		return r;
	if (!decode_part(str_slice(text, second + 1, text.len), a, &t.signature))
		return error_set(err, -EINVAL, "the token's signature is not base64url");
	t.signed_text = str_slice(text, 0, second);
	*ret = t;
	return 0;
}

bool jwt_is_signed_by(const struct jwt *t, struct str public_key)
{
	return t->algorithm == JWT_EDDSA && ed25519_verify(public_key, t->signed_text, t->signature);
}

/* ---- claims ------------------------------------------------------------------------------------------------ */

enum claim { CLAIM_ABSENT, CLAIM_WRONG, CLAIM_TIME };

/* A NumericDate: seconds since 1970, maybe with a fraction, which is cut to ms. */
static enum claim read_time(const struct json *claims, struct str name, int64_t *ret_ms)
{
	const struct json *j = json_get(claims, name);

	if (!j)
		return CLAIM_ABSENT;
	if (j->type == JSON_INT && j->i >= 0 && j->i <= MAX_SECONDS)
		*ret_ms = j->i * 1000;
	else if (j->type == JSON_DOUBLE && j->d >= 0 && j->d <= (double)MAX_SECONDS)
		*ret_ms = (int64_t)(j->d * 1000);
	else
		return CLAIM_WRONG;
	return CLAIM_TIME;
}

/* A server that does not know its name is meant by nobody. */
static bool is_one(const struct json *name, struct str_list wanted)
{
	return json_is(name, JSON_STRING) && !str_is_empty(name->s) && str_list_has(wanted, name->s);
}

static bool names_one(const struct json *audience, struct str_list wanted)
{
	for (uint32_t i = 0; json_is(audience, JSON_ARRAY) && i < audience->n; i++)
		if (is_one(&audience->items[i], wanted))
			return true;
	return is_one(audience, wanted);
}

int jwt_check_times(const struct jwt *t, const struct jwt_wanted *wanted, struct error *err)
{
	const struct json *claims = t->claims;
	int64_t expires_ms, from_ms = 0, issued_ms;

	if (read_time(claims, STR("exp"), &expires_ms) != CLAIM_TIME)
		return error_set(err, -EINVAL, "\"exp\" must be a time");
	if (expires_ms <= wanted->now_ms)
		return error_set(err, -EINVAL, "the token is expired");
	if (expires_ms - wanted->now_ms > wanted->max_ahead_ms)
		return error_set(err, -EINVAL, "\"exp\" lies more than %lld seconds ahead",
		                 (long long)(wanted->max_ahead_ms / 1000));
	if (read_time(claims, STR("nbf"), &from_ms) == CLAIM_WRONG)
		return error_set(err, -EINVAL, "\"nbf\" must be a time");
	if (from_ms > wanted->now_ms)
		return error_set(err, -EINVAL, "the token does not count yet");
	if (read_time(claims, STR("iat"), &issued_ms) == CLAIM_WRONG)
		return error_set(err, -EINVAL, "\"iat\" must be a time");
	return 0;
}

bool jwt_time(const struct jwt *t, struct str claim, int64_t *ret_ms)
{
	return read_time(t->claims, claim, ret_ms) == CLAIM_TIME;
}

bool jwt_is_for(const struct jwt *t, struct str_list audience)
{
	return names_one(json_get(t->claims, STR("aud")), audience);
}

int jwt_check_claims(const struct jwt *t, const struct jwt_wanted *wanted, struct error *err)
{
	if (str_is_empty(wanted->issuer) || !str_eq(json_get_str(t->claims, STR("iss")), wanted->issuer))
		return error_set(err, -EINVAL, "\"iss\" must be the client's id");
	if (!str_eq(json_get_str(t->claims, STR("sub")), wanted->issuer))
		return error_set(err, -EINVAL, "\"sub\" must be the client's id");
	if (!jwt_is_for(t, wanted->audience))
		return error_set(err, -EINVAL, "\"aud\" must name the server's host, without a port");
	return jwt_check_times(t, wanted, err);
}

/* ---- writing ----------------------------------------------------------------------------------------------- */

void jwt_write(struct buf *out, struct str header, struct str claims, const uint8_t private_key[ED25519_KEY_BYTES])
{
	uint8_t signature[ED25519_SIGNATURE_BYTES];
	size_t start = out->len;

	base64url_encode(out, header);
	buf_add_char(out, '.');
	base64url_encode(out, claims);
	ed25519_sign(private_key, str_slice(buf_str(out), start, out->len), signature);
	buf_add_char(out, '.');
	base64url_encode(out, (struct str){(const char *)signature, sizeof(signature)});
}
