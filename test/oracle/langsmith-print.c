/* SPDX-License-Identifier: Apache-2.0
 *
 * Worlds and questions as text, one entry a line.
 */
#include "langsmith-twin.h"
#include "print.h"

static void print_word(struct buf *b, const char *what, struct str s)
{
	if (str_is_absent(s))
		return;
	buf_addf(b, " %s ", what);
	print_str(b, s);
}

static void print_tags(struct buf *b, const struct tag *tags, size_t n)
{
	buf_addf(b, " tags {");
	for (size_t i = 0; i < n; i++) {
		buf_addf(b, i ? " " : "");
		print_str(b, tags[i].key);
		buf_add_char(b, '=');
		print_str(b, tags[i].value);
	}
	buf_add_char(b, '}');
}

static void print_policy(struct buf *b, const struct world_policy *p)
{
	buf_addf(b, " %s, roles ", p->deny ? "deny" : "allow");
	print_list(b, p->roles);
	for (size_t i = 0; i < p->n_groups; i++) {
		const struct world_condition_group *g = &p->groups[i];

		buf_addf(b, "\n      " STR_FMT " on " STR_FMT " if", STR_ARG(g->permission), STR_ARG(g->type));
		for (size_t k = 0; k < g->n_conditions; k++) {
			buf_addf(b, k ? " and " : " ");
			print_str(b, g->conditions[k].key);
			buf_addf(b, " " STR_FMT " ", STR_ARG(g->conditions[k].op));
			print_str(b, g->conditions[k].value);
		}
	}
}

static void print_resource(struct buf *b, const struct world_resource *r)
{
	print_word(b, "in", r->workspace);
	print_word(b, "parent", r->parent);
	print_tags(b, r->tags, r->n_tags);
}

#define AS(type, item) ((const struct type *)(const void *)(item))

static void print_entry(struct buf *b, const struct world *w, const struct world_entry *e)
{
	buf_addf(b, "  " STR_FMT " ", STR_ARG(document_kind_name(e->kind)));
	print_str(b, e->item->id);
	/* The ids of memberships and attachments say all of them. */
	if (e->kind == DOC_ORGANIZATION)
		buf_addf(b, "%s%s", w->rbac_is_off ? " rbac off" : "", w->abac_is_off ? " abac off" : "");
	if (e->kind == DOC_USER)
		print_word(b, "email", AS(world_user, e->item)->email);
	if (e->kind == DOC_ROLE) {
		print_word(b, "scope", AS(world_role, e->item)->scope);
		buf_add_char(b, ' ');
		print_list(b, AS(world_role, e->item)->permissions);
	}
	if (e->kind == DOC_TAG_POLICY)
		print_policy(b, AS(world_policy, e->item));
	if (e->kind == DOC_RESOURCE)
		print_resource(b, AS(world_resource, e->item));
	buf_add_char(b, '\n');
}

void print_world(struct buf *b, const struct world *w)
{
	struct world_entries all;

	world_entries(w, &all);
	for (size_t i = 0; i < all.n; i++)
		print_entry(b, w, &all.items[i]);
}

static void print_asked_resource(struct buf *b, const struct ask_resource *r)
{
	print_str(b, r->type);
	buf_add_char(b, '/');
	print_str(b, r->id);
	if (r->lists_tenants) {
		buf_addf(b, " in any of ");
		print_list(b, r->tenants);
	}
	print_word(b, "in", r->tenant);
	if (r->is_described)
		buf_addf(b, " described");
	print_word(b, "parent", r->parent);
	if (r->states_tags)
		print_tags(b, r->tags, r->n_tags);
}

void print_question(struct buf *b, const struct ask *q)
{
	buf_addf(b, "  may " STR_FMT " ", STR_ARG(q->subject_type));
	print_str(b, q->subject_id);
	buf_addf(b, " do ");
	print_str(b, q->action);
	buf_addf(b, " on ");
	print_asked_resource(b, &q->resource);
	if (q->target) {
		buf_addf(b, " to ");
		print_asked_resource(b, q->target);
	}
	if (q->is_bound) {
		buf_addf(b, " asked by one bound to ");
		print_list(b, q->bound_tenants);
	}
	buf_add_char(b, '\n');
}
