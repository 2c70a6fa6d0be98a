/* SPDX-License-Identifier: Apache-2.0 */
#include "service/token_memory.h"

#include <openssl/evp.h>
#include <pthread.h>

struct used {
	uint8_t hash[TOKEN_HASH_BYTES];
	int64_t expires_at_ms; /* 0: free */
};

struct token_memory {
	int64_t started_ms;
	pthread_mutex_t lock;
	uint8_t verified[TOKEN_MEMORY_VERIFIED][TOKEN_HASH_BYTES]; /* all zero: none, the hash of no known text */
	struct used used[TOKEN_MEMORY_USED];
};

struct token_memory *token_memory_new(int64_t started_ms)
{
	struct token_memory *m = mem_calloc(1, sizeof(*m));

	m->started_ms = started_ms;
	(void)pthread_mutex_init(&m->lock, NULL);
	return m;
}

void token_memory_free(struct token_memory *m)
{
	if (!m)
		return;
	(void)pthread_mutex_destroy(&m->lock);
	free(m);
}

int64_t token_memory_started_ms(const struct token_memory *m)
{
	return m->started_ms;
}

void token_hash(struct str a, struct str b, uint8_t ret[TOKEN_HASH_BYTES])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint64_t len = a.len;
	unsigned n = 0;
	int done = ctx && EVP_DigestInit_ex2(ctx, EVP_sha256(), NULL) && EVP_DigestUpdate(ctx, &len, sizeof(len)) &&
	           EVP_DigestUpdate(ctx, a.ptr, a.len) && EVP_DigestUpdate(ctx, b.ptr, b.len) &&
	           EVP_DigestFinal_ex(ctx, ret, &n);

	assert(done && n == TOKEN_HASH_BYTES);
	EVP_MD_CTX_free(ctx);
}

/* A hash has one place. */
static uint8_t *place_of(struct token_memory *m, const uint8_t hash[TOKEN_HASH_BYTES])
{
	uint64_t n;

	memcpy(&n, hash, sizeof(n));
	return m->verified[n % TOKEN_MEMORY_VERIFIED];
}

bool token_is_verified(struct token_memory *m, const uint8_t hash[TOKEN_HASH_BYTES])
{
	bool is;

	(void)pthread_mutex_lock(&m->lock);
	is = memcmp(place_of(m, hash), hash, TOKEN_HASH_BYTES) == 0;
	(void)pthread_mutex_unlock(&m->lock);
	return is;
}

void token_set_verified(struct token_memory *m, const uint8_t hash[TOKEN_HASH_BYTES])
{
	(void)pthread_mutex_lock(&m->lock);
	memcpy(place_of(m, hash), hash, TOKEN_HASH_BYTES);
	(void)pthread_mutex_unlock(&m->lock);
}

/* Its place, or one that is free; NULL: there is none. */
static struct used *find_used(struct token_memory *m, const uint8_t hash[TOKEN_HASH_BYTES], int64_t now_ms)
{
	struct used *room = NULL;

	for (size_t i = 0; i < TOKEN_MEMORY_USED; i++) {
		struct used *u = &m->used[i];

		if (u->expires_at_ms <= now_ms)
			room = room ? room : u;
		else if (memcmp(u->hash, hash, TOKEN_HASH_BYTES) == 0)
			return u;
	}
	return room;
}

enum token_use token_use_up(struct token_memory *m, const uint8_t hash[TOKEN_HASH_BYTES], int64_t expires_at_ms,
                            int64_t now_ms)
{
	enum token_use use = TOKEN_USE_REFUSED;
	struct used *u;

	(void)pthread_mutex_lock(&m->lock);
	u = find_used(m, hash, now_ms);
	if (u && u->expires_at_ms > now_ms) {
		use = TOKEN_USE_AGAIN;
	} else if (u) {
		memcpy(u->hash, hash, TOKEN_HASH_BYTES);
		u->expires_at_ms = expires_at_ms;
		use = TOKEN_USE_FIRST;
	}
	(void)pthread_mutex_unlock(&m->lock);
	return use;
}
