/* SPDX-License-Identifier: Apache-2.0 */
#include "service/access_token.h"

#include "json/base64.h"
#include "json/json.h"

#define MAX_CLAIMS_BYTES 8192u /* three ids, every byte of them escaped; a third more as base64url */

void access_token_write(struct buf *out, const struct key_hasher *h, const struct access_claims *claims)
{
	CLEANUP(buf_releasep) struct buf json = BUF_INIT(MAX_CLAIMS_BYTES);
	struct json_writer w = JSON_WRITER(&json);
	char mac[KEY_HASH_CHARS + 1];
	size_t start = out->len;

	json_begin_object(&w);
	json_put_str(&w, STR("o"), claims->org);
	json_put_str(&w, STR("c"), claims->client);
	json_put_str(&w, STR("u"), claims->user);
	json_put_bool(&w, STR("d"), claims->is_device);
	if (claims->is_exchanged) {
		json_put_bool(&w, STR("s"), claims->is_service);
		json_put_u64(&w, STR("r"), claims->issuer_rev);
	}
	json_put_u64(&w, STR("n"), claims->seq);
	json_put_i64(&w, STR("e"), claims->expires_at_ms);
	json_put_i64(&w, STR("l"), claims->limit_ms);
	json_end_object(&w);
	assert(!json.overflowed);
	buf_add(out, STR(ACCESS_TOKEN_PREFIX));
	base64url_encode(out, buf_str(&json));
	key_mac(h, str_slice(buf_str(out), start, out->len), mac);
	buf_add_char(out, '.');
	buf_add(out, (struct str){mac, KEY_HASH_CHARS});
}

bool access_token_is(struct str text)
{
	return str_starts_with(text, STR(ACCESS_TOKEN_PREFIX));
}

static int64_t i64_of(const struct json *claims, const char *name)
{
	const struct json *j = json_get(claims, str_of(name));

	return json_is(j, JSON_INT) ? j->i : 0;
}

static bool bool_of(const struct json *claims, const char *name)
{
	const struct json *j = json_get(claims, str_of(name));

	return json_is(j, JSON_BOOL) && j->b;
}

/* Was it made here? `*ret_claims` is then the part in the middle. */
static bool is_genuine(const struct key_hasher *h, struct str text, struct str *ret_claims)
{
	size_t dot = str_find(text, '.', 0);
	char mac[KEY_HASH_CHARS + 1];

	if (!access_token_is(text) || text.len > ACCESS_TOKEN_MAX_BYTES || dot == SIZE_MAX)
		return false;
	key_mac(h, str_slice(text, 0, dot), mac);
	if (!str_eq_const_time((struct str){mac, KEY_HASH_CHARS}, str_slice(text, dot + 1, text.len)))
		return false;
	*ret_claims = str_slice(text, strlen(ACCESS_TOKEN_PREFIX), dot);
	return true;
}

bool access_token_read(const struct key_hasher *h, struct str text, struct arena *a, struct access_claims *ret)
{
	CLEANUP(buf_releasep) struct buf json = BUF_INIT(MAX_CLAIMS_BYTES);
	const struct json *claims;
	struct str part;

	if (!is_genuine(h, text, &part) || !base64url_decode(&json, part) ||
	    json_parse(buf_str(&json), a, &claims, NULL) != JSON_OK)
		return false;
	*ret = (struct access_claims){
	    .org = json_get_str(claims, STR("o")),
	    .client = json_get_str(claims, STR("c")),
	    .user = json_get_str(claims, STR("u")),
	    .is_device = bool_of(claims, "d"),
	    .is_exchanged = json_get(claims, STR("r")),
	    .is_service = bool_of(claims, "s"),
	    .issuer_rev = (uint64_t)i64_of(claims, "r"),
	    .seq = (uint64_t)i64_of(claims, "n"),
	    .expires_at_ms = i64_of(claims, "e"),
	    .limit_ms = i64_of(claims, "l"),
	};
	return true;
}
