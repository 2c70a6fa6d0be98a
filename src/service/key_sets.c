/* SPDX-License-Identifier: Apache-2.0 */
#include "service/key_sets.h"

#include <errno.h>
#include <pthread.h>

#include "service/jwk.h"

struct set {
	char *url;       /* owned */
	struct str text; /* owned; absent: never fetched */
	uint64_t version;
	uint64_t asked; /* the higher, the later */
	int64_t fetched_ms, tried_ms;
	bool is_tried, is_wanted;
};

struct key_sets {
	pthread_mutex_t lock;
	struct set sets[KEY_SETS_MAX];
	size_t n;
	uint64_t n_versions, n_asked;
};

struct key_sets *key_sets_new(void)
{
	struct key_sets *k = mem_calloc(1, sizeof(*k));

	(void)pthread_mutex_init(&k->lock, NULL);
	return k;
}

static void release(struct set *s)
{
	free(s->url);
	/* Made by str_dup_cstr(), so casting const away gives back what malloc() gave. */
	free((void *)(uintptr_t)s->text.ptr);
	*s = (struct set){0};
}

void key_sets_free(struct key_sets *k)
{
	if (!k)
		return;
	for (size_t i = 0; i < k->n; i++)
		release(&k->sets[i]);
	(void)pthread_mutex_destroy(&k->lock);
	free(k);
}

/* Lock held; NULL: there is none of that URL. */
static struct set *find(struct key_sets *k, struct str url)
{
	for (size_t i = 0; i < k->n; i++)
		if (str_eq(str_of(k->sets[i].url), url))
			return &k->sets[i];
	return NULL;
}

/* Lock held. */
static struct set *oldest(struct key_sets *k)
{
	struct set *found = &k->sets[0];

	for (size_t i = 1; i < k->n; i++)
		if (k->sets[i].asked < found->asked)
			found = &k->sets[i];
	return found;
}

/* Lock held. */
static struct set *find_or_make(struct key_sets *k, struct str url)
{
	struct set *s = find(k, url);

	if (!s && k->n < KEY_SETS_MAX) {
		s = &k->sets[k->n++];
	} else if (!s) {
		s = oldest(k);
		release(s);
	}
	if (!s->url)
		s->url = str_dup_cstr(url);
	s->asked = ++k->n_asked;
	return s;
}

bool key_sets_get(struct key_sets *k, struct str url, int64_t now_ms, struct arena *a, const struct json **ret,
                  uint64_t *ret_version)
{
	struct str text = STR_NONE;
	uint64_t version;
	struct set *s;

	(void)pthread_mutex_lock(&k->lock);
	s = find_or_make(k, url);
	version = s->version;
	if (str_is_absent(s->text) || now_ms - s->fetched_ms >= KEY_SET_REFRESH_MS)
		s->is_wanted = true;
	if (!str_is_absent(s->text) && now_ms - s->fetched_ms < KEY_SET_STALE_MS)
		text = arena_str(a, s->text);
	(void)pthread_mutex_unlock(&k->lock);
	if (str_is_absent(text) || json_parse(text, a, ret, NULL) != JSON_OK)
		return false;
	*ret_version = version;
	return true;
}

void key_sets_want(struct key_sets *k, struct str url)
{
	(void)pthread_mutex_lock(&k->lock);
	find_or_make(k, url)->is_wanted = true;
	(void)pthread_mutex_unlock(&k->lock);
}

bool key_sets_next(struct key_sets *k, int64_t now_ms, struct arena *a, struct str *ret_url)
{
	bool found = false;

	(void)pthread_mutex_lock(&k->lock);
	for (size_t i = 0; i < k->n && !found; i++) {
		struct set *s = &k->sets[i];

		found = s->is_wanted && (!s->is_tried || now_ms - s->tried_ms >= KEY_SET_RETRY_MS);
		if (!found)
			continue;
		s->is_wanted = false;
		s->is_tried = true;
		s->tried_ms = now_ms;
		*ret_url = arena_str(a, str_of(s->url));
	}
	(void)pthread_mutex_unlock(&k->lock);
	return found;
}

int key_sets_put(struct key_sets *k, struct str url, struct str text, int64_t now_ms, struct error *err)
{
	struct arena a = ARENA_INIT;
	struct error fault = {0};
	const struct json *set;
	struct set *s;
	int r = 0;

	if (json_parse(text, &a, &set, &fault) != JSON_OK)
		r = error_set(err, -EINVAL, "it is not JSON: %s", fault.text);
	if (r == 0)
		r = jwk_set_check(set, err);
	(void)pthread_mutex_lock(&k->lock);
	s = r == 0 ? find(k, url) : NULL;
	if (s) {
		s->fetched_ms = now_ms;
		/* What was proved with the same keys stays proved. */
		if (!str_eq(s->text, text)) {
			free((void *)(uintptr_t)s->text.ptr);
			s->text = (struct str){str_dup_cstr(text), text.len};
			s->version = ++k->n_versions;
		}
	}
	(void)pthread_mutex_unlock(&k->lock);
	arena_release(&a);
	return r;
}
