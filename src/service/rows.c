/* SPDX-License-Identifier: Apache-2.0
 *
 * A ring of batches between two threads. A batch belongs to the reader until it is counted as filled, then to the
 * caller until it is counted as taken.
 */
#include "service/rows.h"

#include <errno.h>
#include <pthread.h>

#include "base/buf.h"

#define N_BATCHES       4u
#define MAX_BATCH_ROWS  512u
#define MAX_BATCH_BYTES ((size_t)256 << 10) /* a batch is handed on when it holds so much, however few rows */

/* Copies of rows; their strings stand one behind the other in `bytes`. */
struct row_batch {
	struct buf bytes;
	struct store_document rows[MAX_BATCH_ROWS];
	size_t n;
};

struct read_ahead {
	struct store *store;
	struct rows_place place;
	struct row_batch batches[N_BATCHES];
	pthread_mutex_t lock;
	pthread_cond_t changed;
	size_t n_filled, n_taken; /* guarded by lock, as all below */
	bool is_over;             /* the reader has filled all it will */
	bool is_unwanted;         /* the caller takes no more */
	int result;               /* of the reader */
	struct error err;
};

/* ---- the reader ------------------------------------------------------------------------------------------- */

/* Hands the batch on and waits for an empty one; false when nobody wants more. */
static bool next_empty(struct read_ahead *ra)
{
	bool goes_on;

	pthread_mutex_lock(&ra->lock);
	ra->n_filled++;
	pthread_cond_signal(&ra->changed);
	while (ra->n_filled - ra->n_taken == N_BATCHES && !ra->is_unwanted)
		pthread_cond_wait(&ra->changed, &ra->lock);
	goes_on = !ra->is_unwanted;
	pthread_mutex_unlock(&ra->lock);
	return goes_on;
}

/* Only the reader changes n_filled, so that it may look at it. */
static struct row_batch *filling(struct read_ahead *ra)
{
	return &ra->batches[ra->n_filled % N_BATCHES];
}

static int add_row(void *ctx, const struct store_document *row)
{
	struct read_ahead *ra = ctx;
	struct row_batch *b = filling(ra);

	if (b->n == MAX_BATCH_ROWS || b->bytes.len >= MAX_BATCH_BYTES) {
		if (!next_empty(ra))
			return -ECANCELED;
		b = filling(ra);
		b->n = 0;
		buf_clear(&b->bytes);
	}
	buf_add(&b->bytes, row->kind);
	buf_add(&b->bytes, row->id);
	buf_add(&b->bytes, row->body);
	assert(!b->bytes.overflowed);
	b->rows[b->n++] = *row;
	return 0;
}

static void *read_rows(void *ctx)
{
	struct read_ahead *ra = ctx;
	int r = store_each_document(ra->store, ra->place.org, ra->place.revision, add_row, ra, &ra->err);

	pthread_mutex_lock(&ra->lock);
	ra->n_filled += filling(ra)->n > 0 && r == 0;
	ra->result = r;
	ra->is_over = true;
	pthread_cond_signal(&ra->changed);
	pthread_mutex_unlock(&ra->lock);
	return NULL;
}

/* ---- the caller -------------------------------------------------------------------------------------------- */

static struct str take(const char **at, struct str s)
{
	struct str mine = {*at, s.len};

	*at += s.len;
	return mine;
}

static int hand_out(struct read_ahead *ra, const struct row_batch *b, store_document_fn *fn, void *ctx)
{
	const char *at = b->bytes.ptr;
	int r = 0;

	for (size_t i = 0; i < b->n && r == 0; i++) {
		struct store_document row = b->rows[i];

		row.org = ra->place.org;
		row.kind = take(&at, row.kind);
		row.id = take(&at, row.id);
		row.body = take(&at, row.body);
		row.unique_key = STR_NONE;
		r = fn(ctx, &row);
	}
	return r;
}

/* The next batch, or NULL when there is none any more. */
static const struct row_batch *next_filled(struct read_ahead *ra)
{
	const struct row_batch *b = NULL;

	pthread_mutex_lock(&ra->lock);
	while (ra->n_filled == ra->n_taken && !ra->is_over)
		pthread_cond_wait(&ra->changed, &ra->lock);
	if (ra->n_filled != ra->n_taken)
		b = &ra->batches[ra->n_taken % N_BATCHES];
	pthread_mutex_unlock(&ra->lock);
	return b;
}

static void give_back(struct read_ahead *ra, bool is_unwanted)
{
	pthread_mutex_lock(&ra->lock);
	ra->n_taken++;
	ra->is_unwanted |= is_unwanted;
	pthread_cond_signal(&ra->changed);
	pthread_mutex_unlock(&ra->lock);
}

static int hand_out_all(struct read_ahead *ra, store_document_fn *fn, void *ctx)
{
	const struct row_batch *b;
	int r = 0;

	while (r == 0 && (b = next_filled(ra))) {
		r = hand_out(ra, b, fn, ctx);
		give_back(ra, r != 0);
	}
	return r;
}

int rows_each(struct store *store, const struct rows_place *place, store_document_fn *fn, void *ctx, struct error *err)
{
	struct read_ahead *ra = mem_calloc(1, sizeof(*ra));
	pthread_t reader;
	int r;

	ra->store = store;
	ra->place = *place;
	(void)pthread_mutex_init(&ra->lock, NULL);
	(void)pthread_cond_init(&ra->changed, NULL);
	for (size_t i = 0; i < N_BATCHES; i++)
		ra->batches[i].bytes = BUF_INIT(SIZE_MAX / 4);
	r = -pthread_create(&reader, NULL, read_rows, ra);
	if (r != 0) {
		(void)error_set(err, r, "cannot start a thread to read documents: %s", strerror(-r));
	} else {
		r = hand_out_all(ra, fn, ctx);
		(void)pthread_join(reader, NULL);
		if (r == 0 && ra->result != 0) {
			r = ra->result;
			if (err)
				*err = ra->err;
		}
	}
	for (size_t i = 0; i < N_BATCHES; i++)
		buf_release(&ra->batches[i].bytes);
	(void)pthread_cond_destroy(&ra->changed);
	(void)pthread_mutex_destroy(&ra->lock);
	free(ra);
	return r;
}
