/* SPDX-License-Identifier: Apache-2.0 */
#include "service/internal.h"

#include "base/clock.h"

/* Creation order within a revision: at most this many documents in one change set. */
#define SEQ_POSITION_BITS 20u

static struct store_change *new_change(struct txn *t)
{
	assert(t->n_changes < (size_t)1 << SEQ_POSITION_BITS);
	ARENA_ROOM(t->arena, t->changes, t->n_changes, &t->cap_changes);
	return &t->changes[t->n_changes++];
}

void txn_put(struct txn *t, const struct document *doc)
{
	CLEANUP(buf_releasep) struct buf body = BUF_INIT(BUF_MAX_RESPONSE_BYTES);
	struct document old = {0};
	bool is_new = !snapshot_version(t->snapshot, doc->kind, doc->id, &old);
	size_t size = document_kind_size(doc->kind);
	struct document *copy = arena_alloc(t->arena, size);
	size_t position = t->n_changes;
	struct store_change *c = new_change(t);

	assert(doc->id.len > 0 && doc->id.len <= DOCUMENT_MAX_ID_BYTES);
	t->n_made[doc->kind] += is_new;
	memcpy(copy, doc, size);
	copy->created_at_ms = is_new ? t->now_ms : old.created_at_ms;
	copy->updated_at_ms = t->now_ms;
	document_encode(copy, &body);
	assert(!body.overflowed);
	t->n_bytes += body.len;
	*c = (struct store_change){
	    .kind = document_kind_name(doc->kind),
	    .id = arena_str(t->arena, doc->id),
	    .unique_key = document_unique_key(doc, t->arena),
	    .seq = old.seq ? old.seq : ((t->snapshot->revision + 1) << SEQ_POSITION_BITS) + position,
	    .body = arena_str(t->arena, buf_str(&body)),
	};
}

void txn_delete(struct txn *t, enum document_kind kind, struct str id)
{
	struct document old;

	/* Built-in documents (seq 0) are not in the store and cannot be deleted. */
	if (!snapshot_version(t->snapshot, kind, id, &old) || old.seq == 0)
		return;
	*new_change(t) = (struct store_change){
	    .kind = document_kind_name(kind),
	    .id = arena_str(t->arena, id),
	    .seq = old.seq,
	};
}

void txn_forget(struct txn *t)
{
	t->n_changes = t->n_bytes = t->n_requests_made = 0;
	memset(t->n_made, 0, sizeof(t->n_made));
}

void txn_apply(const struct txn *t, struct snapshot *fork)
{
	uint64_t revision = fork->revision + 1;

	for (size_t i = 0; i < t->n_changes; i++) {
		const struct store_change *c = &t->changes[i];
		enum document_kind kind = document_kind_of(c->kind);
		struct document *doc;

		if (str_is_absent(c->body)) {
			(void)snapshot_remove(fork, kind, c->id);
			continue;
		}
		/* The same way back as at the next start: what cannot be read again is a bug found now. */
		int r = document_decode(kind, c->id, c->body, &doc, NULL);
		assert(r == 0);
		doc->seq = c->seq;
		doc->rev = revision;
		/* What is only tried out belongs to no organization, and nothing of it ever becomes due. */
		if (t->org && !t->is_trial)
			timers_add(&t->org->timers, doc);
		snapshot_put(fork, doc);
	}
	fork->revision = revision;
}

void txn_try(const struct txn *t, struct snapshot *fork)
{
	assert(t->is_trial);
	if (t->n_changes)
		txn_apply(t, fork);
}

struct store_set txn_store_set(const struct txn *t, enum audit_outcome outcome)
{
	return (struct store_set){
	    .org = str_of(t->org->name),
	    .base_revision = t->base_revision,
	    .at_ms = t->now_ms,
	    .actor = t->note.actor,
	    .via = t->note.via,
	    .operation = t->note.operation,
	    .target = t->note.target,
	    .remote = t->note.remote,
	    .request_id = t->note.request_id,
	    .event = t->note.event,
	    .credential = t->note.credential,
	    .tenant = t->note.tenant,
	    .method = t->note.method,
	    .path = t->note.path,
	    .warning = t->note.warning,
	    .outcome = outcome,
	    .status = t->note.status,
	    .changes = outcome == AUDIT_DONE ? t->changes : NULL,
	    .n_changes = outcome == AUDIT_DONE ? t->n_changes : 0,
	};
}
