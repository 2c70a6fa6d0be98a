/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/convert_impl.h"

#include "base/strs.h"
#include "model/native.h"
#include "model/validate.h"
#include "policy/lower.h"

/* ---- dialects ------------------------------------------------------------------------------------------------ */

static void to_native(struct convert *c, const struct middle *m);
static void to_connhex(struct convert *c, const struct middle *m);
static void to_conductorone(struct convert *c, const struct middle *m);

static const struct {
	struct str name;
	void (*write)(struct convert *c, const struct middle *m);
	enum document_kind kinds[2]; /* whose statements are meant */
} dialects[CONVERT_N_DIALECTS] = {
    [CONVERT_NATIVE] = {STR_INIT("native"), to_native, {DOC_ACCESS_POLICY, DOC_NONE}},
    [CONVERT_CONNHEX] = {STR_INIT("connhex"), to_connhex, {DOC_STATEMENT_POLICY, DOC_NONE}},
    [CONVERT_LANGSMITH] = {STR_INIT("langsmith"), convert_to_langsmith, {DOC_TAG_POLICY, DOC_POLICY_ATTACHMENT}},
    [CONVERT_CONFIDENT] = {STR_INIT("confident"), convert_to_confident, {DOC_ROLE, DOC_NONE}},
    [CONVERT_CONDUCTORONE] = {STR_INIT("conductorone"), to_conductorone, {DOC_ENTITLEMENT_BINDING, DOC_NONE}},
    [CONVERT_CEDAR] = {STR_INIT("cedar"), convert_to_cedar, {DOC_NONE, DOC_NONE}},          /* written only */
    [CONVERT_AITRONOS] = {STR_INIT("aitronos"), convert_to_aitronos, {DOC_NONE, DOC_NONE}}, /* not lowered */
};

enum convert_dialect convert_dialect_of(struct str name)
{
	for (int d = CONVERT_NONE + 1; d < CONVERT_N_DIALECTS; d++)
		if (str_eq(dialects[d].name, name))
			return (enum convert_dialect)d;
	return CONVERT_NONE;
}

bool convert_reads(enum convert_dialect dialect)
{
	return dialect != CONVERT_NONE && dialect != CONVERT_CEDAR;
}

/* ---- losses --------------------------------------------------------------------------------------------------- */

void convert_lose(struct convert *c, const struct middle *m, const char *what, struct str why)
{
	struct conversion *out = c->out;
	bool is_deny = m->s.effect == EFFECT_DENY;

	ARENA_ROOM(c->arena, out->losses, out->n_losses, &out->cap_losses);
	out->losses[out->n_losses++] = (struct convert_loss){m->kind, m->id, m->index, is_deny, str_of(what), why};
	out->is_unsafe = out->is_unsafe || is_deny;
}

struct str convert_quoted(struct convert *c, struct str item, const char *why)
{
	return arena_strf(c->arena, "\"" STR_FMT "\" %s", STR_ARG(item), why);
}

bool convert_is_plain_allow(struct convert *c, const struct middle *m)
{
	if (m->s.effect == EFFECT_DENY)
		convert_lose(c, m, "effect", STR("nothing is denied there"));
	else if (!str_is_absent(m->condition) || !str_is_absent(m->odd_condition) || m->group)
		convert_lose(c, m, "condition", STR("there are no conditions there"));
	else if (!convert_is_unlimited(&m->s))
		convert_lose(c, m, "valid_from, valid_until", STR("there is no time there"));
	else
		return true;
	return false;
}

/* Those that the other dialect can say; absent ones are lost. */
typedef struct str say_fn(struct convert *c, struct str item);

static struct str_list say_each(struct convert *c, const struct middle *m, struct str_list list, const char *what,
                                say_fn *say)
{
	struct strs said = {.arena = c->arena};

	for (size_t i = 0; i < list.n; i++) {
		struct str item = say(c, list.items[i]);

		if (str_is_absent(item))
			convert_lose(c, m, what, convert_quoted(c, list.items[i], "cannot be said"));
		else
			strs_add(&said, item);
	}
	return strs_list(&said);
}

void convert_add_document(struct convert *c, const struct document *doc)
{
	struct conversion *out = c->out;

	if (out->n_documents == CONVERT_MAX_DOCUMENTS) {
		out->is_too_large = true;
		return;
	}
	ARENA_ROOM(c->arena, out->documents, out->n_documents, &out->cap_documents);
	out->documents[out->n_documents++] = doc;
}

struct str convert_new_id(struct convert *c, const struct middle *m)
{
	struct str base = m->id;

	if (!iam_valid_id(base, false) || base.len > 56)
		base = arena_strf(c->arena, STR_FMT "-%llu", STR_ARG(document_kind_name(m->kind)),
		                  (unsigned long long)m->seq);
	return m->n == 1 ? base : arena_strf(c->arena, STR_FMT "-%u", STR_ARG(base), m->index + 1);
}

/* ---- to native access policies ---------------------------------------------------------------------------------- */

/* Only who is in the directory can be a subject. */
static struct str native_subject(struct convert *c, struct str subject)
{
	static const struct {
		struct str prefix;
		enum document_kind kind;
	} forms[] = {{STR_INIT(SUBJECT_USER), DOC_USER},
	             {STR_INIT(SUBJECT_GROUP), DOC_GROUP},
	             {STR_INIT(SUBJECT_SERVICE), DOC_SERVICE_ACCOUNT},
	             {STR_INIT(SUBJECT_ROLE), DOC_ROLE}};

	if (str_eq(subject, STR("*")))
		return subject;
	for (size_t i = 0; i < N_ELEMENTS(forms); i++) {
		struct str id = str_slice(subject, forms[i].prefix.len, subject.len);

		if (str_starts_with(subject, forms[i].prefix) && snapshot_find(c->snapshot, forms[i].kind, id))
			return access_policy_subject(c->arena, forms[i].kind, id);
	}
	return STR_NONE;
}

static struct str native_action(struct convert *c UNUSED, struct str action)
{
	return access_policy_valid_action(action) ? action : STR_NONE;
}

/* "infra:nodes:n1" is "infra:nodes/n1": the last colon that leaves a type and an id as they can be. */
static struct str native_resource(struct convert *c, struct str resource)
{
	size_t at = resource.len;

	if (access_policy_valid_resource(resource) && str_find(resource, '/', 0) == SIZE_MAX &&
	    str_find(resource, ':', 0) == SIZE_MAX)
		return resource;
	while (at-- > 0) {
		struct str spelled;

		if (resource.ptr[at] != ':')
			continue;
		spelled = arena_concat3(c->arena, str_slice(resource, 0, at), STR("/"),
		                        str_slice(resource, at + 1, resource.len));
		if (access_policy_valid_resource(spelled) &&
		    str_eq(access_policy_engine_resource(c->arena, spelled), resource))
			return spelled;
	}
	return STR_NONE;
}

static struct str native_tenant(struct convert *c, struct str tenant)
{
	return snapshot_find(c->snapshot, DOC_TENANT, tenant) ? tenant : STR_NONE;
}

static void to_native(struct convert *c, const struct middle *m)
{
	struct access_policy *p = ARENA_NEW(c->arena, struct access_policy);

	*p = (struct access_policy){
	    .doc = {.kind = DOC_ACCESS_POLICY, .id = convert_new_id(c, m)},
	    .deny = m->s.effect == EFFECT_DENY,
	    .subjects = say_each(c, m, m->subjects, "subjects", native_subject),
	    .actions = say_each(c, m, m->s.actions, "actions", native_action),
	    .resources = m->resources.n ? m->resources : say_each(c, m, m->s.resources, "resources", native_resource),
	    .condition = m->condition,
	    .valid_from_ms = m->s.valid_from_ms == INT64_MIN ? 0 : m->s.valid_from_ms,
	    .valid_until_ms = m->s.valid_until_ms == INT64_MAX ? 0 : m->s.valid_until_ms,
	};
	if (!m->s.all_tenants)
		p->tenants = say_each(c, m, m->s.tenants, "tenants", native_tenant);
	if (!str_is_absent(m->odd_condition)) {
		convert_lose(c, m, "condition", m->odd_condition);
		return;
	}
	/* None left of what must match: it would say nothing, or, of tenants, everything. */
	if (p->subjects.n && p->actions.n && p->resources.n && (m->s.all_tenants || p->tenants.n))
		convert_add_document(c, &p->doc);
}

/* ---- to statement policies --------------------------------------------------------------------------------------- */

static struct str connhex_member(struct convert *c UNUSED, struct str subject)
{
	return iam_valid_member(subject) ? subject : STR_NONE;
}

static struct str connhex_action(struct convert *c UNUSED, struct str action)
{
	return iam_valid_action(action) ? action : STR_NONE;
}

static struct str connhex_resource(struct convert *c UNUSED, struct str resource)
{
	return iam_valid_resource(resource) ? resource : STR_NONE;
}

static struct str connhex_tenant(struct convert *c, struct str tenant)
{
	return str_eq(tenant, STR(TENANT_UNASSIGNED)) ? tenant : native_tenant(c, tenant);
}

static struct str_list without_repeats(struct str_list list, struct arena *a)
{
	struct strs once = {.arena = a};

	for (size_t i = 0; i < list.n; i++)
		if (!str_list_has(strs_list(&once), list.items[i]))
			strs_add(&once, list.items[i]);
	return strs_list(&once);
}

static void to_connhex(struct convert *c, const struct middle *m)
{
	static const struct str everywhere[] = {STR_INIT("*")};
	struct statement_policy *p = ARENA_NEW(c->arena, struct statement_policy);
	struct policy_statement *s = ARENA_NEW(c->arena, struct policy_statement);

	if (!str_is_absent(m->condition) || !str_is_absent(m->odd_condition) || m->resources.n)
		convert_lose(c, m, "condition", STR("statement policies have none"));
	else if (!convert_is_unlimited(&m->s))
		convert_lose(c, m, "valid_from, valid_until", STR("statement policies have no time"));
	else
		*s = (struct policy_statement){
		    .deny = m->s.effect == EFFECT_DENY,
		    .actions = without_repeats(say_each(c, m, m->s.actions, "actions", connhex_action), c->arena),
		    .resources =
		        without_repeats(say_each(c, m, m->s.resources, "resources", connhex_resource), c->arena),
		    .tenants = m->s.all_tenants ? (struct str_list){everywhere, 1}
		                                : say_each(c, m, m->s.tenants, "tenants", connhex_tenant),
		};
	*p = (struct statement_policy){
	    .doc = {.kind = DOC_STATEMENT_POLICY, .id = convert_new_id(c, m)},
	    .name = convert_new_id(c, m),
	    .type = STR(POLICY_TYPE_CUSTOM),
	    .statements = s,
	    .n_statements = 1,
	};
	if (s->actions.n == 0 || s->resources.n == 0 || s->tenants.n == 0)
		return;
	p->members = without_repeats(say_each(c, m, m->subjects, "subjects", connhex_member), c->arena);
	if (p->members.n)
		convert_add_document(c, &p->doc);
}

/* ---- to approval policies ------------------------------------------------------------------------------------- */

static void to_conductorone(struct convert *c, const struct middle *m)
{
	convert_lose(c, m, "policy", STR("approval policies decide about requests, not about access"));
}

/* ---- from -------------------------------------------------------------------------------------------------------- */

static void write_middle(struct convert *c, const struct middle *m)
{
	/* What is about nobody or applies nowhere says nothing, and so does what is left out of it. */
	if (m->subjects.n == 0 || m->s.actions.n == 0 || (!m->s.all_tenants && m->s.tenants.n == 0))
		return;
	dialects[c->q->to].write(c, m);
}

/* The tag policy whose groups the statements are; NULL: it is none. */
static const struct tag_policy *tag_policy_of(const struct convert *c, const struct document *doc)
{
	if (doc->kind == DOC_TAG_POLICY)
		return as_tag_policy(doc);
	if (doc->kind == DOC_POLICY_ATTACHMENT)
		return FIND(c->snapshot, tag_policy, TAG_POLICY, as_policy_attachment(doc)->policy);
	return NULL;
}

/* Resources of the type, and the type asked about alone. */
static void add_type(struct strs *l, struct str type)
{
	strs_add(l, arena_concat(l->arena, type, STR("/*")));
	strs_add(l, type);
}

struct str_list convert_tag_resources(struct convert *c, const struct tag_group *group)
{
	enum langsmith_type type = langsmith_type_of(group->resource_type);
	struct strs l = {.arena = c->arena};

	if (type == LANGSMITH_NO_TYPE)
		return strs_list(&l);
	add_type(&l, langsmith_type_name(type));
	if (type == LANGSMITH_QUEUE)
		add_type(&l, STR("queues"));
	if (type == LANGSMITH_PROJECT && str_starts_with(group->permission, STR("runs:")))
		add_type(&l, STR("run"));
	return strs_list(&l);
}

/* The condition in words that can be said elsewhere. */
static void find_condition(struct convert *c, const struct document *doc, struct middle *m)
{
	const struct tag_policy *tags = tag_policy_of(c, doc);

	if (tags) {
		m->group = &tags->groups[m->index];
		m->condition = convert_tag_condition(m->group, c->arena);
		m->resources = convert_tag_resources(c, m->group);
	} else if (doc->kind == DOC_ACCESS_POLICY) {
		m->condition = as_access_policy(doc)->condition;
	} else if (m->s.condition) {
		m->odd_condition = STR("it holds in every tenant, but not outside of them");
	}
}

/* Statements own their conditions until they are put into an engine, which these never are. */
static void free_conditions(const struct statement_set *set)
{
	for (size_t i = 0; i < set->n_statements; i++)
		free((void *)(uintptr_t)set->statements[i].condition);
}

static bool is_meant(const struct convert *c, const struct document *doc)
{
	if (doc->seq == 0 || (!str_is_absent(c->q->id) && !str_eq(c->q->id, doc->id)))
		return false;
	return doc->kind != DOC_ROLE || lower_is_confident_role(as_role(doc));
}

static void convert_document(struct convert *c, const struct document *doc)
{
	struct statement_set set = {.kind = (uint32_t)doc->kind, .id = doc->id};

	/* Native policies are read as they are: lowering would compile their conditions. */
	if (doc->kind == DOC_ACCESS_POLICY) {
		struct access_policy plain = *as_access_policy(doc);

		plain.condition = STR_NONE;
		lower_access_policy(c->snapshot, &plain, c->arena, &set);
	} else if (!lower_document(c->snapshot, doc, c->arena, &set)) {
		return;
	}
	for (size_t i = 0; i < set.n_statements; i++) {
		struct middle m = {.kind = doc->kind,
		                   .id = doc->id,
		                   .seq = doc->seq,
		                   .index = (uint32_t)i,
		                   .n = (uint32_t)set.n_statements,
		                   .subjects = set.subjects,
		                   .s = set.statements[i]};

		find_condition(c, doc, &m);
		write_middle(c, &m);
	}
	free_conditions(&set);
}

bool convert_is_held_in_tenant(struct convert *c, struct str role)
{
	const struct document *const *docs;
	size_t n =
	    snapshot_linked(c->snapshot, DOC_ROLE_MEMBER, arena_concat(c->arena, STR("role:"), role), c->arena, &docs);

	for (size_t i = 0; i < n; i++)
		if (!str_is_absent(as_role_member(docs[i])->tenant))
			return true;
	return false;
}

static void convert_grant(struct convert *c, const struct access_grant *g)
{
	static const struct str actions[] = {STR_INIT("read"), STR_INIT("write"), STR_INIT("admin")};
	static const struct str prefixes[GRANTEE_N_TYPES] = {[GRANTEE_USER] = STR_INIT(SUBJECT_USER),
	                                                     [GRANTEE_DEPARTMENT] = STR_INIT(SUBJECT_GROUP),
	                                                     [GRANTEE_ROLE] = STR_INIT(SUBJECT_ROLE)};
	const struct organization *o = snapshot_organization(c->snapshot);
	struct str subject = arena_concat(c->arena, prefixes[g->grantee_type], g->grantee_id);
	struct str resource = arena_concat3(c->arena, entity_type_name(g->entity_type), STR(":"), g->entity_id);
	struct middle m = {.kind = DOC_ACCESS_GRANT,
	                   .id = g->doc.id,
	                   .seq = g->doc.seq,
	                   .n = 1,
	                   .subjects = {&subject, 1},
	                   .s = {.effect = EFFECT_ALLOW,
	                         .actions = {actions, (size_t)g->level},
	                         .resources = {&resource, 1},
	                         .all_tenants = true,
	                         .valid_from_ms = INT64_MIN,
	                         .valid_until_ms = INT64_MAX}};

	/* The same words say the same: also what follows from departments, composites and where a role is held. */
	if (c->q->to == CONVERT_AITRONOS) {
		convert_add_grant(c, g);
		return;
	}
	/* Grants are on what is called so; elsewhere it would stand for others. */
	if (convert_is_pattern(g->entity_id)) {
		convert_lose(c, &m, "resources", convert_quoted(c, resource, "is a pattern there"));
		return;
	}
	if (g->grantee_type == GRANTEE_ROLE && convert_is_held_in_tenant(c, g->grantee_id)) {
		convert_lose(c, &m, "subjects",
		             STR("the role is held in tenants, too, and grants to it do not count for those"));
		return;
	}
	if (g->grantee_type == GRANTEE_DEPARTMENT && o && o->departments_inherit)
		convert_lose(c, &m, "subjects", STR("departments below it inherit, which is not said"));
	if (g->entity_type == ENTITY_KNOWLEDGE_SLICE)
		convert_lose(c, &m, "resources", STR("what a composite slice is made of is not said"));
	write_middle(c, &m);
}

static void convert_grants(struct convert *c)
{
	const struct grants_filter all = {0};
	const struct access_grant *grants;
	size_t n = grants_list(&c->snapshot->grants, &all, 0, CONVERT_MAX_DOCUMENTS, c->arena, &grants, NULL);

	c->out->is_too_large = c->snapshot->grants.n > n;
	for (size_t i = 0; i < n; i++)
		if (str_is_absent(c->q->id) || str_eq(c->q->id, grants[i].doc.id))
			convert_grant(c, &grants[i]);
}

void convert(const struct snapshot *s, const struct convert_query *q, struct arena *a, struct conversion *ret)
{
	struct convert c = {.snapshot = s, .q = q, .arena = a, .out = ret};

	assert(convert_reads(q->from) && dialects[q->to].write && (q->to != CONVERT_CEDAR || q->cedar));
	*ret = (struct conversion){0};
	if (q->from == CONVERT_AITRONOS)
		convert_grants(&c);
	for (size_t i = 0; i < N_ELEMENTS(dialects[0].kinds); i++) {
		enum document_kind kind = dialects[q->from].kinds[i];
		uint64_t ordinal = 0;

		if (kind == DOC_NONE)
			continue;
		for (const struct document *d; (d = snapshot_next(s, kind, &ordinal));)
			if (is_meant(&c, d))
				convert_document(&c, d);
	}
	convert_finish_grants(&c);
}
