/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/chain.h"
#include "crypto/ed25519.h"
#include "json/base64.h"

#define TOKEN_MAX_BYTES 8192u

static int broken(struct error *err, const char *text)
{
	return error_set(err, CHAIN_BROKEN, "%s", text);
}

static bool read_number(const struct json *object, uint64_t *ret)
{
	const struct json *n = json_get(object, STR("n"));

	if (!json_is(n, JSON_INT) || n->i < 1)
		return false;
	*ret = (uint64_t)n->i;
	return true;
}

/* ---- heads ------------------------------------------------------------------------------------------------- */

/* A part of a token: JSON in base64url, an object in `a`; NULL when it is not. */
static const struct json *read_part(struct str text, struct arena *a)
{
	CLEANUP(buf_releasep) struct buf plain = BUF_INIT(TOKEN_MAX_BYTES);
	const struct json *object;

	if (!base64url_decode(&plain, text) || json_parse(buf_str(&plain), a, &object, NULL) != JSON_OK ||
	    object->type != JSON_OBJECT)
		return NULL;
	return object;
}

static const struct chain_key *find_key(const struct chain_check *c, struct str id)
{
	for (size_t i = 0; i < c->n_keys; i++)
		if (str_eq(c->keys[i].id, id))
			return &c->keys[i];
	return NULL;
}

/* The claims of a token that one of the keys signed; NULL with what is wrong. */
static const struct json *read_token(const struct chain_check *c, struct str token, struct arena *a, struct error *err)
{
	CLEANUP(buf_releasep) struct buf signature = BUF_INIT(TOKEN_MAX_BYTES);
	struct str rest = token, header_text, claims_text;
	const struct json *header, *claims;
	const struct chain_key *key;

	if (token.len > TOKEN_MAX_BYTES || !str_split(&rest, '.', &header_text) ||
	    !str_split(&rest, '.', &claims_text) || !base64url_decode(&signature, rest) ||
	    !(header = read_part(header_text, a)) || !(claims = read_part(claims_text, a)) ||
	    !str_eq(json_get_str(header, STR("alg")), STR("EdDSA"))) {
		(void)broken(err, "the head holds no token");
		return NULL;
	}
	key = find_key(c, json_get_str(header, STR("kid")));
	if (!key) {
		(void)broken(err, "the head is signed with a key that is not known");
		return NULL;
	}
	if (!ed25519_verify(key->public_key, str_slice(token, 0, header_text.len + 1 + claims_text.len),
	                    buf_str(&signature))) {
		(void)broken(err, "the signature of the head is wrong");
		return NULL;
	}
	return claims;
}

static int check_head(struct chain_check *c, const struct json *object, struct arena *a, struct error *err)
{
	const struct json *prev = json_get(object, STR("prev")), *claims;
	uint64_t n = 0;

	if (c->n_keys == 0)
		return 0;
	claims = read_token(c, json_get_str(object, STR("jws")), a, err);
	if (!claims)
		return CHAIN_BROKEN;
	if (!str_eq(json_get_str(claims, STR("purpose")), STR(CHAIN_HEAD_PURPOSE)) || !read_number(claims, &n) ||
	    n != c->chain.n + 1 || !json_get(claims, STR("prev")) || !json_equal(json_get(claims, STR("prev")), prev))
		return broken(err, "the head was signed for another place");
	return 0;
}

/* ---- lines ------------------------------------------------------------------------------------------------- */

/* Does it follow from the line before? The first of all may be any: then the chain is taken up in front of it. */
static int check_place(struct chain_check *c, const struct json *object, struct error *err)
{
	const struct json *prev = json_get(object, STR("prev"));
	bool is_first = c->chain.n == 0 && c->n_first == 0;
	uint64_t n;

	if (!read_number(object, &n) || !prev || (prev->type != JSON_NULL && prev->type != JSON_STRING) ||
	    (prev->type == JSON_STRING && prev->s.len != CHAIN_HASH_CHARS) || (prev->type == JSON_NULL) != (n == 1))
		return broken(err, "this is no line of a decision log");
	if (is_first) {
		c->n_first = n;
		c->chain.n = n - 1;
	} else if (n != c->chain.n + 1) {
		return error_set(err, CHAIN_BROKEN, "line %llu of the log stands where %llu should",
		                 (unsigned long long)n, (unsigned long long)c->chain.n + 1);
	} else if (!str_eq(json_str(prev), str_of(c->chain.prev))) {
		return broken(err, "the line before it was changed, or this is not the line that came after it");
	}
	return 0;
}

static void count(struct chain_check *c, const struct json *object, struct str type)
{
	const struct json *n = json_get(object, STR("count"));

	if (str_eq(type, STR("dropped")) && json_is(n, JSON_INT) && n->i > 0)
		c->n_dropped += (uint64_t)n->i;
}

int chain_check_line(struct chain_check *c, struct str line, struct arena *a, const struct json **ret_object,
                     struct error *err)
{
	struct error why = {0};
	struct str type;
	bool is_head;
	int r;

	if (line.len > CHAIN_LINE_MAX_BYTES)
		return broken(err, "the line is too long");
	if (json_parse(line, a, ret_object, &why) != JSON_OK)
		return error_set(err, CHAIN_BROKEN, "this is not JSON: %s", why.text);
	type = json_get_str(*ret_object, STR("type"));
	if (str_is_absent(type))
		return broken(err, "this is no line of a decision log");
	is_head = str_eq(type, STR("head"));
	r = check_place(c, *ret_object, err);
	if (r == 0 && is_head)
		r = check_head(c, *ret_object, a, err);
	if (r != 0)
		return r;
	count(c, *ret_object, type);
	chain_follow(&c->chain, line);
	if (is_head) {
		c->chain.n_head = c->chain.n;
		c->n_covered = c->n_keys ? c->chain.n : 0;
	}
	return 0;
}
