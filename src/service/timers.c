/* SPDX-License-Identifier: Apache-2.0 */
#include "service/timers.h"

#include "service/access_review_templates.h"
#include "service/access_reviews.h"
#include "workflow/workflow.h"

void timers_init(struct timers *t)
{
	*t = (struct timers){0};
	atomic_init(&t->next_due_ms, INT64_MAX);
	atomic_init(&t->n_firing, 0);
}

void timers_clear(struct timers *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->heap[i].id);
	t->n = 0;
	atomic_store(&t->next_due_ms, INT64_MAX);
}

void timers_release(struct timers *t)
{
	timers_clear(t);
	free(t->heap);
	t->heap = NULL;
	t->cap = 0;
}

int64_t document_due_ms(const struct document *doc)
{
	if (doc->kind == DOC_ACCESS_REVIEW)
		return access_review_due_ms(as_access_review(doc));
	if (doc->kind == DOC_ACCESS_REVIEW_TEMPLATE)
		return access_review_template_due_ms(as_access_review_template(doc));
	if (doc->kind == DOC_ACCESS_REQUEST)
		return workflow_due_ms(as_access_request(doc));
	/* One that is to be sent waits for the sender, not for the writer. */
	if (doc->kind == DOC_WEBHOOK_CALL)
		return as_webhook_call(doc)->is_waiting ? as_webhook_call(doc)->due_at_ms : 0;
	if (doc->kind == DOC_ACCESS_TASK)
		return as_access_task(doc)->due_at_ms;
	return doc->kind == DOC_ENTITLEMENT_BINDING ? as_entitlement_binding(doc)->expires_at_ms : 0;
}

static bool is_before(const struct timer *a, const struct timer *b)
{
	return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->order < b->order;
}

static void swap(struct timer *a, struct timer *b)
{
	struct timer c = *a;

	*a = *b;
	*b = c;
}

static void note_first(struct timers *t)
{
	atomic_store(&t->next_due_ms, t->n ? t->heap[0].due_ms : INT64_MAX);
}

void timers_add(struct timers *t, const struct document *doc)
{
	int64_t due = document_due_ms(doc);
	size_t i = t->n;

	if (due == 0)
		return;
	if (t->n == t->cap) {
		t->cap = t->cap ? 2 * t->cap : 16;
		t->heap = mem_realloc_array(t->heap, t->cap, sizeof(*t->heap));
	}
	t->heap[t->n++] = (struct timer){due, t->next_order++, doc->kind, str_dup_cstr(doc->id)};
	for (; i > 0 && is_before(&t->heap[i], &t->heap[(i - 1) / 2]); i = (i - 1) / 2)
		swap(&t->heap[i], &t->heap[(i - 1) / 2]);
	note_first(t);
}

static void sink_first(struct timers *t)
{
	for (size_t i = 0, child; (child = 2 * i + 1) < t->n; i = child) {
		if (child + 1 < t->n && is_before(&t->heap[child + 1], &t->heap[child]))
			child++;
		if (!is_before(&t->heap[child], &t->heap[i]))
			return;
		swap(&t->heap[i], &t->heap[child]);
	}
}

bool timers_take(struct timers *t, int64_t now_ms, struct timer *ret)
{
	if (t->n == 0 || t->heap[0].due_ms > now_ms)
		return false;
	/* Counted before it is gone from the heap: at no moment does it look as if nothing were due. */
	atomic_fetch_add(&t->n_firing, 1);
	*ret = t->heap[0];
	t->heap[0] = t->heap[--t->n];
	sink_first(t);
	note_first(t);
	return true;
}

bool timers_are_due(const struct timers *t, int64_t now_ms)
{
	return atomic_load(&t->next_due_ms) <= now_ms || atomic_load(&t->n_firing) != 0;
}
