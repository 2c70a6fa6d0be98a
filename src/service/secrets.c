/* SPDX-License-Identifier: Apache-2.0
 *
 * What only this installation knows: kept in the store's meta table, outside of documents and revisions, so that
 * neither an answer nor the audit trail can show it.
 */
#include <errno.h>

#include "base/random.h"
#include "json/base64.h"
#include "service/internal.h"

#define MAX_TEXT_BYTES 256u

static int decode(struct str text, struct str name, void *ret, size_t n, struct error *err)
{
	CLEANUP(buf_releasep) struct buf bytes = BUF_INIT(MAX_TEXT_BYTES);
	bool ok = base64url_decode(&bytes, text) && bytes.len == n;

	if (ok)
		memcpy(ret, bytes.ptr, n);
	if (bytes.ptr)
		explicit_bzero(bytes.ptr, bytes.cap);
	return ok ? 0 : error_set(err, -EUCLEAN, "the stored " STR_FMT " is damaged", STR_ARG(name));
}

static int make(struct store *store, struct str name, void *ret, size_t n, struct error *err)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(MAX_TEXT_BYTES);
	int r;

	random_bytes(ret, n);
	base64url_encode(&text, (struct str){ret, n});
	r = store_meta_put(store, name, buf_str(&text), err);
	explicit_bzero(text.ptr, text.cap);
	return r;
}

/* The secret of this name into `ret`, which the caller wipes; made when the store does not have it. */
static int load(struct store *store, struct str name, void *ret, size_t n, struct error *err)
{
	struct arena a = ARENA_INIT;
	struct str text;
	int r = store_meta_get(store, name, &a, &text, err);

	if (r == STORE_OK)
		r = decode(text, name, ret, n, err);
	else if (r == STORE_NOT_FOUND)
		r = make(store, name, ret, n, err);
	arena_release(&a);
	return r;
}

int secrets_load(struct service *svc, struct error *err)
{
	struct store *store = svc->options.store;
	uint8_t pepper[KEY_PEPPER_BYTES], token_key[KEY_PEPPER_BYTES], private_key[ED25519_KEY_BYTES];
	int r = load(store, STR("key_pepper"), pepper, sizeof(pepper), err);

	if (r == 0)
		svc->key_hasher = key_hasher_new((struct str){(const char *)pepper, sizeof(pepper)});
	if (r == 0)
		r = load(store, STR("token_key"), token_key, sizeof(token_key), err);
	if (r == 0)
		svc->token_hasher = key_hasher_new((struct str){(const char *)token_key, sizeof(token_key)});
	if (r == 0)
		r = load(store, STR("signing_key"), private_key, sizeof(private_key), err);
	if (r == 0)
		signing_key_init(&svc->signing_key, private_key);
	explicit_bzero(pepper, sizeof(pepper));
	explicit_bzero(token_key, sizeof(token_key));
	explicit_bzero(private_key, sizeof(private_key));
	return r;
}

void secrets_wipe(struct service *svc)
{
	key_hasher_free(svc->key_hasher);
	key_hasher_free(svc->token_hasher);
	explicit_bzero(&svc->signing_key, sizeof(svc->signing_key));
}
