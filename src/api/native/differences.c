/* SPDX-License-Identifier: Apache-2.0 */
#include "api/native/differences.h"

#include "base/clock.h"

static bool is_late(const struct diff_query *q)
{
	const struct timed_diff *t = CONTAINER_OF((struct diff_query *)(uintptr_t)q, struct timed_diff, query);

	return clock_monotonic_ns() > t->until_ns;
}

void timed_diff_begin(struct timed_diff *t)
{
	t->until_ns = clock_monotonic_ns() + (uint64_t)DIFFERENCES_MAX_MS * 1000000;
	t->query.is_late = is_late;
}

/* ---- counts ---------------------------------------------------------------------------------------------- */

static void write_count(struct json_writer *w, struct str name, uint64_t n_principals, uint64_t n_access)
{
	json_key(w, name);
	json_begin_object(w);
	json_put_u64(w, STR("principals"), n_principals);
	json_put_u64(w, STR("access"), n_access);
	json_end_object(w);
}

void differences_write_counts(struct json_writer *w, const struct diff *d)
{
	write_count(w, STR("gains"), d->n_gainers, d->n_gained);
	write_count(w, STR("loses"), d->n_losers, d->n_lost);
}

/* ---- groups ---------------------------------------------------------------------------------------------- */

/* What a subject is in words: the group, role, user or service account whose it is, or what it is spelled. */
static const struct {
	struct str prefix, type;
} through_types[] = {
    {STR_INIT(SUBJECT_USER), STR_INIT("user")},       {STR_INIT(SUBJECT_GROUP), STR_INIT("group")},
    {STR_INIT("attached-group:"), STR_INIT("group")}, {STR_INIT(SUBJECT_ROLE), STR_INIT("role")},
    {STR_INIT(SUBJECT_SERVICE), STR_INIT("service")},
};

static void write_through(struct json_writer *w, struct str subject)
{
	size_t i = 0;

	json_key(w, STR("through"));
	if (str_is_empty(subject)) {
		json_add_null(w);
		return;
	}
	if (!str_ends_with(subject, STR("*")))
		while (i < N_ELEMENTS(through_types) && !str_starts_with(subject, through_types[i].prefix))
			i++;
	else
		i = N_ELEMENTS(through_types);
	json_begin_object(w);
	if (i < N_ELEMENTS(through_types)) {
		json_put_str(w, STR("type"), through_types[i].type);
		json_put_str(w, STR("id"), str_slice(subject, through_types[i].prefix.len, subject.len));
	} else {
		json_put_str(w, STR("type"), STR("subject"));
		json_put_str(w, STR("id"), subject);
	}
	json_end_object(w);
}

static void write_principals(struct json_writer *w, const struct diff_group *g)
{
	json_key(w, STR("principals"));
	json_begin_object(w);
	json_put_u64(w, STR("users"), g->n_users);
	json_put_u64(w, STR("services"), g->n_services);
	json_put_u64(w, STR("others"), g->n_others);
	json_key(w, STR("sample"));
	json_begin_array(w);
	for (size_t i = 0; i < g->n_principals; i++) {
		json_begin_object(w);
		json_put_str(w, STR("type"), g->principals[i].type);
		json_put_str(w, STR("id"), g->principals[i].id);
		json_end_object(w);
	}
	json_end_array(w);
	json_end_object(w);
}

static void write_cell(struct json_writer *w, const struct diff_cell *c)
{
	json_begin_object(w);
	json_put_str(w, STR("action"), c->action);
	json_key(w, STR("resource"));
	json_begin_object(w);
	json_put_str(w, STR("type"), str_is_empty(c->type) ? STR("*") : c->type);
	json_put_str(w, STR("id"), c->id);
	json_end_object(w);
	json_key(w, STR("tenants"));
	if (c->tenants.n == 0) {
		json_add_null(w);
	} else {
		json_begin_array(w);
		for (size_t i = 0; i < c->tenants.n; i++)
			json_add_str(w, c->tenants.items[i]);
		json_end_array(w);
	}
	json_end_object(w);
}

static void write_access(struct json_writer *w, const struct diff_group *g)
{
	json_key(w, STR("access"));
	json_begin_object(w);
	json_put_u64(w, STR("count"), g->n_cells_in_all);
	json_key(w, STR("sample"));
	json_begin_array(w);
	for (size_t i = 0; i < g->n_cells; i++)
		write_cell(w, &g->cells[i]);
	json_end_array(w);
	json_end_object(w);
}

static void write_group(struct json_writer *w, const struct diff_group *g)
{
	json_begin_object(w);
	json_put_str(w, STR("change"), g->gains ? STR("gains") : STR("loses"));
	json_key(w, STR("document"));
	json_begin_object(w);
	json_put_str(w, STR("kind"), document_kind_name(g->kind));
	json_put_str(w, STR("id"), g->document);
	json_end_object(w);
	write_through(w, g->through);
	write_principals(w, g);
	write_access(w, g);
	json_end_object(w);
}

void differences_write_groups(struct json_writer *w, const struct diff *d)
{
	const size_t n = d->n_groups < DIFFERENCES_MAX_GROUPS ? d->n_groups : DIFFERENCES_MAX_GROUPS;

	json_key(w, STR("groups"));
	json_begin_array(w);
	for (size_t i = 0; i < n; i++)
		write_group(w, &d->groups[i]);
	json_end_array(w);
	json_put_u64(w, STR("groups_left_out"), d->n_groups - n);
}
