/* SPDX-License-Identifier: Apache-2.0
 *
 * What only this installation knows: kept in the store's meta table, outside of documents and revisions, so that
 * neither an answer nor the audit trail can show it.
 *
 * With a secret key (service_options) they are sealed: by a store key, which is itself sealed by the secret key and is
 * the one thing that another secret key needs to be sealed anew for. So a change of keys is one write, which a crash
 * cannot cut in two. The store key is written before anything is sealed with it, and what lies open beside it is sealed
 * at the next start: a crash in between loses nothing.
 */
#include <errno.h>

#include "base/log.h"
#include "base/random.h"
#include "json/base64.h"
#include "service/internal.h"
#include "service/seal.h"

#define MAX_TEXT_BYTES 256u
#define STORE_KEY      STR("store_key")

/* The store, and the key that its secrets are sealed with. */
struct vault {
	struct store *store;
	struct seal_key key;
	bool is_sealed;
};

static int get(struct store *store, struct str name, struct arena *a, struct str *ret, struct error *err)
{
	int r = store_meta_get(store, name, a, ret, err);

	if (r == STORE_NOT_FOUND)
		*ret = STR_NONE;
	return r == STORE_NOT_FOUND ? 0 : r;
}

/* ---- the store key ------------------------------------------------------------------------------------------- */

static int write_store_key(const struct vault *v, const struct seal_key *secret, struct error *err)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(MAX_TEXT_BYTES);

	seal_write(secret, STORE_KEY, (struct str){(const char *)v->key.bytes, SEAL_KEY_BYTES}, &text);
	return store_meta_put(v->store, STORE_KEY, buf_str(&text), err);
}

/* The first time that there is a secret key. */
static int make_store_key(struct vault *v, const uint8_t secret_key[SEAL_KEY_BYTES], struct error *err)
{
	struct seal_key secret;
	uint8_t bytes[SEAL_KEY_BYTES];
	int r;

	seal_key_init(&secret, secret_key);
	random_bytes(bytes, sizeof(bytes));
	seal_key_init(&v->key, bytes);
	r = write_store_key(v, &secret, err);
	if (r == 0)
		log_msg(LOG_INFO, "the installation's secrets are sealed with secret key %s", secret.id);
	explicit_bzero(bytes, sizeof(bytes));
	explicit_bzero(&secret, sizeof(secret));
	return r;
}

/* With this key: may be NULL. */
static bool opens(struct vault *v, struct str text, const uint8_t *secret_key)
{
	uint8_t bytes[SEAL_KEY_BYTES];
	struct seal_key secret;
	bool ok;

	if (!secret_key)
		return false;
	seal_key_init(&secret, secret_key);
	ok = seal_open(&secret, STORE_KEY, text, bytes, sizeof(bytes));
	if (ok)
		seal_key_init(&v->key, bytes);
	explicit_bzero(bytes, sizeof(bytes));
	explicit_bzero(&secret, sizeof(secret));
	return ok;
}

static int reseal(const struct vault *v, const uint8_t secret_key[SEAL_KEY_BYTES], struct error *err)
{
	struct seal_key secret;
	int r;

	seal_key_init(&secret, secret_key);
	r = write_store_key(v, &secret, err);
	if (r == 0)
		log_msg(LOG_INFO, "the installation's secrets are sealed with secret key %s from now on", secret.id);
	explicit_bzero(&secret, sizeof(secret));
	return r;
}

static int refuse(struct str text, const struct service_options *o, struct error *err)
{
	struct str id = STR("?");

	(void)seal_is(text, &id);
	if (!o->secret_key)
		return error_set(err, -EACCES,
		                 "the store's secrets are sealed, and no secret key was given: "
		                 "it is the one of id " STR_FMT,
		                 STR_ARG(id));
	return error_set(err, -EACCES,
	                 "the store's secrets are sealed with another secret key, of id " STR_FMT ", or are damaged",
	                 STR_ARG(id));
}

static int open_vault(struct vault *v, const struct service_options *o, struct error *err)
{
	struct arena a = ARENA_INIT;
	struct str text;
	int r = get(v->store, STORE_KEY, &a, &text, err);

	v->is_sealed = o->secret_key || !str_is_absent(text);
	if (r != 0 || !v->is_sealed)
		; /* as it is */
	else if (str_is_absent(text))
		r = make_store_key(v, o->secret_key, err);
	else if (o->secret_key && opens(v, text, o->secret_key))
		;
	else if (o->secret_key && opens(v, text, o->old_secret_key))
		r = reseal(v, o->secret_key, err);
	else
		r = refuse(text, o, err);
	arena_release(&a);
	return r;
}

/* ---- secrets ------------------------------------------------------------------------------------------------- */

static int decode(const struct vault *v, struct str text, struct str name, void *ret, size_t n, struct error *err)
{
	CLEANUP(buf_releasep) struct buf bytes = BUF_INIT(MAX_TEXT_BYTES);
	bool ok;

	if (seal_is(text, NULL)) {
		ok = v->is_sealed && seal_open(&v->key, name, text, ret, n);
	} else {
		ok = base64url_decode(&bytes, text) && bytes.len == n;
		if (ok)
			memcpy(ret, bytes.ptr, n);
		if (bytes.ptr)
			explicit_bzero(bytes.ptr, bytes.cap);
	}
	return ok ? 0 : error_set(err, -EUCLEAN, "the stored " STR_FMT " is damaged", STR_ARG(name));
}

static int put(const struct vault *v, struct str name, const void *secret, size_t n, struct error *err)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(MAX_TEXT_BYTES);
	struct str bytes = {secret, n};
	int r;

	if (v->is_sealed)
		seal_write(&v->key, name, bytes, &text);
	else
		base64url_encode(&text, bytes);
	assert(!text.overflowed);
	r = store_meta_put(v->store, name, buf_str(&text), err);
	explicit_bzero(text.ptr, text.cap);
	return r;
}

/* The secret of this name into `ret`, which the caller wipes; made when the store does not have it. */
static int load(const struct vault *v, struct str name, void *ret, size_t n, struct error *err)
{
	struct arena a = ARENA_INIT;
	struct str text;
	int r = get(v->store, name, &a, &text, err);

	if (r == 0 && str_is_absent(text)) {
		random_bytes(ret, n);
		r = put(v, name, ret, n, err);
	} else if (r == 0) {
		r = decode(v, text, name, ret, n, err);
		if (r == 0 && v->is_sealed && !seal_is(text, NULL))
			r = put(v, name, ret, n, err);
	}
	arena_release(&a);
	return r;
}

static int load_all(const struct vault *v, struct service *svc, struct error *err)
{
	uint8_t pepper[KEY_PEPPER_BYTES], token_key[KEY_PEPPER_BYTES], private_key[ED25519_KEY_BYTES];
	int r = load(v, STR("key_pepper"), pepper, sizeof(pepper), err);

	if (r == 0)
		svc->key_hasher = key_hasher_new((struct str){(const char *)pepper, sizeof(pepper)});
	if (r == 0)
		r = load(v, STR("token_key"), token_key, sizeof(token_key), err);
	if (r == 0)
		svc->token_hasher = key_hasher_new((struct str){(const char *)token_key, sizeof(token_key)});
	if (r == 0)
		r = load(v, STR("signing_key"), private_key, sizeof(private_key), err);
	if (r == 0)
		signing_key_init(&svc->signing_key, private_key);
	explicit_bzero(pepper, sizeof(pepper));
	explicit_bzero(token_key, sizeof(token_key));
	explicit_bzero(private_key, sizeof(private_key));
	return r;
}

int secrets_load(struct service *svc, struct error *err)
{
	struct vault v = {.store = svc->options.store};
	int r = open_vault(&v, &svc->options, err);

	if (r == 0)
		r = load_all(&v, svc, err);
	explicit_bzero(&v, sizeof(v));
	/* The caller's; borrowed for the start only. */
	svc->options.secret_key = svc->options.old_secret_key = NULL;
	return r;
}

int secrets_exist(struct store *store, bool *ret, struct error *err)
{
	struct arena a = ARENA_INIT;
	struct str text;
	int r = get(store, STR("key_pepper"), &a, &text, err);

	if (r == 0)
		*ret = !str_is_absent(text);
	arena_release(&a);
	return r;
}

void secrets_wipe(struct service *svc)
{
	key_hasher_free(svc->key_hasher);
	key_hasher_free(svc->token_hasher);
	explicit_bzero(&svc->signing_key, sizeof(svc->signing_key));
}
