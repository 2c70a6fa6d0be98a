/* SPDX-License-Identifier: Apache-2.0
 *
 * base64url of "part revision moment limit hash behind", a '.', and the code of authentication over that text.
 */
#include "api/authzen/token.h"

#include <inttypes.h>

#include "base/hash.h"
#include "json/base64.h"
#include "service/keys.h"

/* ---- what is asked ------------------------------------------------------------------------------------- */

/* Fixed: tokens outlive processes, and go to others of the same installation. */
#define HASH_SEED UINT64_C(0x736561726368)

/* An array or object on the way, with the hash of what was met of it. */
struct level {
	const struct json *json;
	uint32_t next;
	uint64_t hash;
};

static uint64_t hash_number(double d)
{
	return hash_bytes(HASH_SEED + JSON_DOUBLE, &d, sizeof(d));
}

/* 1 and 1.0 are equal, and so are their hashes. */
static uint64_t hash_leaf(const struct json *j)
{
	switch (j->type) {
	case JSON_BOOL:
		return hash_u64(HASH_SEED + 1 + j->b);
	case JSON_INT:
		return hash_number((double)j->i);
	case JSON_UINT:
		return hash_number((double)j->u);
	case JSON_DOUBLE:
		return hash_number(j->d);
	case JSON_STRING:
		return hash_str(HASH_SEED + JSON_STRING, j->s);
	case JSON_NULL:
	case JSON_ARRAY:
	case JSON_OBJECT:
		break;
	}
	return hash_u64(HASH_SEED);
}

/* Members count in any order, elements in theirs. */
static void add_value(struct level *of, uint64_t hash)
{
	const uint32_t at = of->next - 1;

	if (of->json->type == JSON_OBJECT)
		of->hash += hash_u64(hash ^ hash_str(HASH_SEED + JSON_OBJECT, of->json->members[at].name));
	else
		of->hash = hash_u64(of->hash + hash);
}

static bool is_nested(const struct json *j)
{
	return j->type == JSON_ARRAY || j->type == JSON_OBJECT;
}

/* The next value on the level, without members of the name `left_out` (absent: none); NULL at its end. */
static const struct json *next_value(struct level *of, struct str left_out)
{
	const struct json *j = of->json;

	if (j->type == JSON_OBJECT && !str_is_absent(left_out))
		while (of->next < j->n && str_eq(j->members[of->next].name, left_out))
			of->next++;
	if (of->next == j->n)
		return NULL;
	of->next++;
	return j->type == JSON_OBJECT ? &j->members[of->next - 1].value : &j->items[of->next - 1];
}

/* Without the member `left_out` of the value itself. */
static uint64_t hash_json(const struct json *json, struct str left_out)
{
	struct level levels[JSON_MAX_DEPTH + 1];
	size_t n = 0;

	if (!json || !is_nested(json))
		return json ? hash_leaf(json) : 0;
	levels[n++] = (struct level){json, 0, json->type};
	for (;;) {
		struct level *top = &levels[n - 1];
		const struct json *value = next_value(top, n == 1 ? left_out : STR_NONE);

		if (value && is_nested(value)) {
			assert(n < N_ELEMENTS(levels)); /* the reader refuses what is deeper */
			levels[n++] = (struct level){value, 0, value->type};
		} else if (value) {
			add_value(top, hash_leaf(value));
		} else if (--n == 0) {
			return top->hash;
		} else {
			add_value(&levels[n - 1], hash_u64(top->hash));
		}
	}
}

uint64_t search_hash(const struct evaluation *ev)
{
	const uint64_t parts[] = {
	    hash_json(ev->subject, ev->open == PART_SUBJECT ? STR("id") : STR_NONE),
	    ev->open == PART_ACTION ? 0 : hash_json(ev->action, STR_NONE),
	    hash_json(ev->resource, ev->open == PART_RESOURCE ? STR("id") : STR_NONE),
	    hash_json(ev->context, STR_NONE),
	};

	return hash_bytes(HASH_SEED, parts, sizeof(parts));
}

/* ---- text ---------------------------------------------------------------------------------------------- */

/* What is authenticated can be no key, and is of this organization only. */
static void make_code(const struct api_call *call, struct str payload, char out[KEY_HASH_CHARS + 1])
{
	const struct str org = call->snapshot->org;

	key_mac(
	    service_key_hasher(call->service),
	    arena_strf(call->arena, "authzen-search:%zu:" STR_FMT ":" STR_FMT, org.len, STR_ARG(org), STR_ARG(payload)),
	    out);
}

struct str search_token_write(const struct api_call *call, const struct search_token *t)
{
	struct str plain = arena_strf(call->arena, "%d %" PRIu64 " %" PRId64 " %" PRIu64 " %" PRIu64, (int)t->part,
	                              t->revision, t->at_ms, t->limit, t->hash);
	struct buf payload = BUF_INIT(BUF_MAX_RESPONSE_BYTES);
	char code[KEY_HASH_CHARS + 1];
	struct str text;

	if (!str_is_absent(t->behind))
		plain = arena_concat3(call->arena, plain, STR(" "), t->behind);
	base64url_encode(&payload, plain);
	make_code(call, buf_str(&payload), code);
	text = arena_concat3(call->arena, buf_str(&payload), STR("."), str_of(code));
	buf_release(&payload);
	return text;
}

static bool take_number(struct str *rest, uint64_t *ret)
{
	struct str part;

	return str_split(rest, ' ', &part) && str_to_u64(part, ret);
}

/* Authenticated already. */
static bool read_plain(struct str plain, struct search_token *ret)
{
	uint64_t part, at_ms;
	struct str rest = plain;
	struct search_token t = {0};

	if (!take_number(&rest, &part) || !take_number(&rest, &t.revision) || !take_number(&rest, &at_ms) ||
	    !take_number(&rest, &t.limit) || !take_number(&rest, &t.hash) || part > PART_ACTION || at_ms > INT64_MAX)
		return false;
	t.part = (enum evaluation_part)part;
	t.at_ms = (int64_t)at_ms;
	t.behind = rest.len ? rest : STR_NONE; /* nothing that is found has an empty name */
	*ret = t;
	return true;
}

bool search_token_read(const struct api_call *call, struct str text, struct search_token *ret)
{
	const size_t dot = str_find(text, '.', 0);
	struct buf plain = BUF_INIT(BUF_MAX_RESPONSE_BYTES);
	char code[KEY_HASH_CHARS + 1];
	bool is_good;

	if (dot == SIZE_MAX)
		return false;
	make_code(call, str_slice(text, 0, dot), code);
	is_good = str_eq_const_time(str_slice(text, dot + 1, text.len), str_of(code)) &&
	          base64url_decode(&plain, str_slice(text, 0, dot)) &&
	          read_plain(arena_str(call->arena, buf_str(&plain)), ret);
	buf_release(&plain);
	return is_good;
}
