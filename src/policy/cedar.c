/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements as policies of Cedar. Who asks is an entity below all the subjects it brings; what is asked stands in the
 * context as the strings that the engine matches, since Cedar compares no ids by pattern:
 *
 *     context.action, context.resource   "infra:nodes:get", "infra:nodes:n1"
 *     context.tenant                     the one that is asked about, or "(unassigned)"
 *     context.now                        ms since 1970
 *
 * Roles that are held in a tenant are not among the subjects of an entity: an allow to them is narrower then, and a
 * deny is lost.
 */
#include "base/strs.h"
#include "policy/ask.h"
#include "policy/convert_impl.h"

/* ---- text --------------------------------------------------------------------------------------------------- */

/* The inside of a string; in one of `like` a '*' that stands for itself is escaped. */
static void add_chars(struct buf *out, struct str s, bool is_pattern)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (c == '"' || c == '\\' || (is_pattern && c == '*'))
			buf_addf(out, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			buf_addf(out, "\\u{%x}", c);
		else
			buf_add_char(out, (char)c);
	}
}

static void add_equal(struct buf *out, const char *name, struct str value)
{
	buf_addf(out, "context.%s == \"", name);
	add_chars(out, value, false);
	buf_add_char(out, '"');
}

typedef void add_fn(struct buf *out, struct str item);

/* "(a || b)" */
static void add_some(struct buf *out, struct str_list list, add_fn *add)
{
	buf_add(out, STR("\n  && ("));
	for (size_t i = 0; i < list.n; i++) {
		buf_add(out, i > 0 ? STR(" || ") : STR(""));
		add(out, list.items[i]);
	}
	buf_add_char(out, ')');
}

/* The same, or nothing where one of them is "*". */
static void add_any(struct buf *out, struct str_list list, add_fn *add)
{
	if (!str_list_has(list, STR("*")))
		add_some(out, list, add);
}

static void add_subject(struct buf *out, struct str subject)
{
	buf_add(out, STR("principal in Subject::\""));
	add_chars(out, subject, false);
	buf_add_char(out, '"');
}

/* Wildcards of actions stand for whole sections, and only of actions that have three (policy/engine.h). */
static void add_action(struct buf *out, struct str action)
{
	if (str_find(action, '*', 0) == SIZE_MAX) {
		add_equal(out, "action", action);
		return;
	}
	buf_add(out, STR("(context.action like \""));
	for (size_t i = 0; i < action.len; i++) {
		if (action.ptr[i] == '*')
			buf_add_char(out, '*');
		else
			add_chars(out, str_slice(action, i, i + 1), true);
	}
	buf_add(out, STR("\" && context.action like \"*:*:*\" && !(context.action like \"*:*:*:*\"))"));
}

static void add_resource(struct buf *out, struct str resource)
{
	if (!str_ends_with(resource, STR(":*"))) {
		add_equal(out, "resource", resource);
		return;
	}
	buf_add(out, STR("context.resource like \""));
	add_chars(out, str_slice(resource, 0, resource.len - 1), true);
	buf_add(out, STR("*\""));
}

static void add_tenant(struct buf *out, struct str tenant)
{
	add_equal(out, "tenant", tenant);
}

static void add_times(struct buf *out, const struct statement *s)
{
	if (s->valid_from_ms != INT64_MIN)
		buf_addf(out, "\n  && context.now >= %lld", (long long)s->valid_from_ms);
	if (s->valid_until_ms != INT64_MAX)
		buf_addf(out, "\n  && context.now < %lld", (long long)s->valid_until_ms);
}

/* ---- what can be said ------------------------------------------------------------------------------------------ */

static bool is_held_in_tenant(struct convert *c, struct str subject)
{
	const struct document *const *docs;
	size_t n = 0;

	if (!str_starts_with(subject, STR(SUBJECT_ROLE)))
		return false;
	n = snapshot_linked(c->snapshot, DOC_ROLE_MEMBER, subject, c->arena, &docs);
	for (size_t i = 0; i < n; i++)
		if (!str_is_absent(as_role_member(docs[i])->tenant))
			return true;
	return false;
}

/* Those that entities can be below; patterns of subjects and attached groups are none. */
static struct str_list subjects_of(struct convert *c, const struct middle *m)
{
	struct strs l = {.arena = c->arena};

	for (size_t i = 0; i < m->subjects.n; i++) {
		struct str subject = m->subjects.items[i];

		if (is_held_in_tenant(c, subject))
			convert_lose(c, m, "subjects", STR("the role is held in tenants, too, which is not said"));
		if (!str_eq(subject, STR("*")) && str_ends_with(subject, STR("*")))
			convert_lose(c, m, "subjects", STR("patterns of subjects cannot be said"));
		else
			strs_add(&l, subject);
	}
	return strs_list(&l);
}

static struct str_list resources_of(struct convert *c, const struct middle *m)
{
	struct strs l = {.arena = c->arena};

	for (size_t i = 0; i < m->s.resources.n; i++) {
		struct str resource = m->s.resources.items[i];
		size_t at = str_find(resource, '$', 0);

		if (at != SIZE_MAX && at + 1 < resource.len && resource.ptr[at + 1] == '{')
			convert_lose(c, m, "resources", STR("variables cannot be said"));
		else
			strs_add(&l, resource);
	}
	return strs_list(&l);
}

void convert_to_cedar(struct convert *c, const struct middle *m)
{
	struct buf *out = c->q->cedar;
	struct str_list subjects, resources;

	if (!str_is_absent(m->condition) || !str_is_absent(m->odd_condition) || m->resources.n) {
		convert_lose(c, m, "condition", STR("conditions are not translated"));
		return;
	}
	subjects = subjects_of(c, m);
	resources = resources_of(c, m);
	if (subjects.n == 0 || resources.n == 0)
		return;
	buf_addf(out, "@id(\"" STR_FMT ":", STR_ARG(document_kind_name(m->kind)));
	add_chars(out, m->id, false);
	buf_addf(out, ":%u\")\n%s (principal, action, resource) when {\n  true", m->index,
	         m->s.effect == EFFECT_DENY ? "forbid" : "permit");
	add_some(out, subjects, add_subject);
	add_any(out, m->s.actions, add_action);
	add_any(out, resources, add_resource);
	if (!m->s.all_tenants)
		add_any(out, m->s.tenants, add_tenant);
	add_times(out, &m->s);
	buf_add(out, STR("\n};\n"));
}

/* ---- entities ------------------------------------------------------------------------------------------------------
 */

static void write_uid(struct json_writer *w, struct str id)
{
	json_begin_object(w);
	json_put_str(w, STR("type"), STR("Subject"));
	json_put_str(w, STR("id"), id);
	json_end_object(w);
}

static void write_entity(struct json_writer *w, struct str id, const struct subject *above, size_t n)
{
	json_begin_object(w);
	json_key(w, STR("uid"));
	write_uid(w, id);
	json_key(w, STR("attrs"));
	json_begin_object(w);
	json_end_object(w);
	json_key(w, STR("parents"));
	json_begin_array(w);
	write_uid(w, STR("*")); /* "everybody" is whoever is known */
	for (size_t i = 0; i < n; i++)
		if (str_is_absent(above[i].tenant) && !str_eq(above[i].text, id))
			write_uid(w, above[i].text);
	json_end_array(w);
	json_end_object(w);
}

static void write_all(const struct snapshot *s, struct json_writer *w, enum document_kind kind)
{
	struct str type = kind == DOC_USER ? STR("user") : STR("service");
	struct str prefix = kind == DOC_USER ? STR(SUBJECT_USER) : STR(SUBJECT_SERVICE);
	struct arena a = ARENA_INIT;
	uint64_t ordinal = 0;

	for (const struct document *d; (d = snapshot_next(s, kind, &ordinal)); arena_reset(&a)) {
		const struct subject *subjects;
		size_t n;

		snapshot_subjects(s, type, d->id, &a, &subjects, &n);
		write_entity(w, arena_concat(&a, prefix, d->id), subjects, n);
	}
	arena_release(&a);
}

void convert_cedar_entities(const struct snapshot *s, struct json_writer *w)
{
	json_begin_array(w);
	write_all(s, w, DOC_USER);
	write_all(s, w, DOC_SERVICE_ACCOUNT);
	json_end_array(w);
}
