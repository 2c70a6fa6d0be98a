/* SPDX-License-Identifier: Apache-2.0 */
#include "api/key_fetcher.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/client.h"
#include "service/federation.h"
#include "service/key_sets.h"

#define N_THREADS        2u
#define FETCH_TIMEOUT_MS 10000u
#define LOOK_EVERY_NS    100000000L

struct key_fetcher {
	struct key_fetcher_options options;
	_Atomic bool closing;
	pthread_mutex_t lock; /* for waiting */
	pthread_cond_t closes;
	pthread_t threads[N_THREADS];
	size_t n_threads;
};

static int fetch(const struct key_fetcher *f, struct str url, struct error *err)
{
	const struct http_client_call call = {
	    .method = HTTP_GET,
	    .url = url,
	    .body = STR_NONE,
	    .timeout_ms = FETCH_TIMEOUT_MS,
	    .max_answer_bytes = KEY_SET_MAX_BYTES,
	    .only_https = !f->options.allow_private,
	    .only_public = !f->options.allow_private,
	    .cancelled = &f->closing,
	};
	CLEANUP(buf_releasep) struct buf body = BUF_INIT(KEY_SET_MAX_BYTES);
	unsigned status = 0;
	int r = http_client_perform(&call, &status, &body, err);

	if (r == 0 && status != 200)
		return error_set(err, -EIO, "the server answered %u", status);
	if (r == 0)
		r = key_sets_put(service_key_sets(f->options.service), url, buf_str(&body), clock_now_ms(), err);
	return r;
}

static void wait_a_moment(struct key_fetcher *f)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += LOOK_EVERY_NS;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	(void)pthread_mutex_lock(&f->lock);
	if (!f->closing)
		(void)pthread_cond_timedwait(&f->closes, &f->lock, &until);
	(void)pthread_mutex_unlock(&f->lock);
}

static void *fetcher_main(void *arg)
{
	struct key_fetcher *f = arg;
	struct arena a = ARENA_INIT;
	struct str url;

	while (!f->closing) {
		struct error err = {0};

		if (!key_sets_next(service_key_sets(f->options.service), clock_now_ms(), &a, &url))
			wait_a_moment(f);
		else if (fetch(f, url, &err) != 0 && !f->closing)
			log_msg(LOG_WARN, "the keys at " STR_FMT " could not be fetched: %s", STR_ARG(url), err.text);
		arena_reset(&a);
	}
	arena_release(&a);
	return NULL;
}

int key_fetcher_start(const struct key_fetcher_options *options, struct key_fetcher **ret, struct error *err)
{
	struct key_fetcher *f = mem_calloc(1, sizeof(*f));
	pthread_condattr_t monotonic;
	int r = 0;

	f->options = *options;
	(void)pthread_mutex_init(&f->lock, NULL);
	(void)pthread_condattr_init(&monotonic);
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&f->closes, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
	federation_want_keys(options->service);
	while (r == 0 && f->n_threads < N_THREADS) {
		r = pthread_create(&f->threads[f->n_threads], NULL, fetcher_main, f);
		f->n_threads += r == 0;
	}
	if (r != 0) {
		key_fetcher_stop(f);
		return error_set(err, -r, "cannot start the fetcher of keys: %s", strerror(r));
	}
	*ret = f;
	return 0;
}

void key_fetcher_stop(struct key_fetcher *f)
{
	if (!f)
		return;
	(void)pthread_mutex_lock(&f->lock);
	f->closing = true;
	(void)pthread_cond_broadcast(&f->closes);
	(void)pthread_mutex_unlock(&f->lock);
	for (size_t i = 0; i < f->n_threads; i++)
		(void)pthread_join(f->threads[i], NULL);
	(void)pthread_cond_destroy(&f->closes);
	(void)pthread_mutex_destroy(&f->lock);
	free(f);
}
