/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "print.h"

const char *effect_name(enum effect e)
{
	switch (e) {
	case EFFECT_NONE:
		return "none";
	case EFFECT_ALLOW:
		return "allow";
	case EFFECT_DENY:
		return "deny";
	}
	return "no effect at all";
}

static const char *truth_name(enum truth t)
{
	switch (t) {
	case TRUTH_FALSE:
		return "false";
	case TRUTH_UNKNOWN:
		return "unknown";
	case TRUTH_TRUE:
		return "true";
	}
	return "no truth at all";
}

void print_str(struct buf *b, struct str s)
{
	buf_add_char(b, '"');
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (c < 0x20 || c > 0x7e || c == '"' || c == '\\')
			buf_addf(b, "\\x%02x", c);
		else
			buf_add_char(b, s.ptr[i]);
	}
	buf_add_char(b, '"');
}

void print_list(struct buf *b, struct str_list list)
{
	buf_add_char(b, '[');
	for (size_t i = 0; i < list.n; i++) {
		if (i)
			buf_add_char(b, ' ');
		print_str(b, list.items[i]);
	}
	buf_add_char(b, ']');
}

void print_decider(struct buf *b, const struct verdict *v)
{
	buf_addf(b, "%s %" PRIu32 "/", effect_name(v->effect), v->kind);
	print_str(b, v->document);
	buf_addf(b, " statement %" PRIu32, v->statement);
}

static void print_statement(struct buf *b, const struct statement *st)
{
	buf_addf(b, "    %s actions ", effect_name(st->effect));
	print_list(b, st->actions);
	buf_addf(b, " resources ");
	print_list(b, st->resources);
	buf_addf(b, " tenants ");
	if (st->all_tenants)
		buf_addf(b, "all");
	else
		print_list(b, st->tenants);
	if (st->valid_from_ms != INT64_MIN)
		buf_addf(b, " from %" PRId64, st->valid_from_ms);
	if (st->valid_until_ms != INT64_MAX)
		buf_addf(b, " until %" PRId64, st->valid_until_ms);
	if (st->condition)
		buf_addf(b, " if slot %" PRIu32, twin_condition_slot(st->condition));
	buf_add_char(b, '\n');
}

static void print_set(struct buf *b, const struct statement_set *set)
{
	buf_addf(b, "%" PRIu32 "/", set->kind);
	print_str(b, set->id);
	buf_addf(b, " subjects ");
	print_list(b, set->subjects);
	buf_add_char(b, '\n');
	for (size_t i = 0; i < set->n_statements; i++)
		print_statement(b, &set->statements[i]);
}

void print_change(struct buf *b, const struct change *c)
{
	switch (c->type) {
	case CHANGE_PUT:
		buf_addf(b, "  put ");
		print_set(b, &c->set);
		return;
	case CHANGE_REMOVE:
		buf_addf(b, "  remove %" PRIu32 "/", c->set.kind);
		print_str(b, c->set.id);
		break;
	case CHANGE_ADD_TENANT:
		buf_addf(b, "  add tenant ");
		print_str(b, c->tenant);
		break;
	case CHANGE_REMOVE_TENANT:
		buf_addf(b, "  remove tenant ");
		print_str(b, c->tenant);
		break;
	}
	buf_add_char(b, '\n');
}

void print_query(struct buf *b, const struct query *q)
{
	const struct twin_truths *truths = q->attributes;

	buf_addf(b, "  query subjects [");
	for (size_t i = 0; i < q->n_subjects; i++) {
		buf_addf(b, i ? " " : "");
		print_str(b, q->subjects[i].text);
		if (!str_is_absent(q->subjects[i].tenant)) {
			buf_addf(b, " in ");
			print_str(b, q->subjects[i].tenant);
		}
	}
	buf_addf(b, "] action ");
	print_str(b, q->action);
	buf_addf(b, " resource ");
	print_str(b, q->resource);
	buf_addf(b, " selectors ");
	print_list(b, q->selectors);
	buf_addf(b, " now %" PRId64 " scope ", q->now_ms);
	switch (q->scope) {
	case SCOPE_LISTED:
		print_list(b, q->tenants);
		break;
	case SCOPE_ALL:
		buf_addf(b, "all");
		break;
	case SCOPE_BLIND:
		buf_addf(b, "blind");
		break;
	}
	for (size_t i = 0; truths && i < TWIN_N_TRUTHS; i++)
		buf_addf(b, "%s%s", i ? " " : " truths ", truth_name(truths->at[i]));
	buf_add_char(b, '\n');
}

void print_oracle(struct buf *b, const struct oracle *o)
{
	buf_addf(b, "  live tenants ");
	print_list(b, (struct str_list){o->tenants, o->n_tenants});
	buf_add_char(b, '\n');
	for (size_t i = 0; i < o->n_sets; i++) {
		buf_addf(b, "  ");
		print_set(b, &o->sets[i]);
	}
}
