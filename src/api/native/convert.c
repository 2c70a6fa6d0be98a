/* SPDX-License-Identifier: Apache-2.0
 *
 * The policies of one dialect in the words of another, as bodies that can be sent.
 */
#include "policy/convert.h"

#include "api/native/native.h"
#include "service/tag_policies.h"

static_assert(CONVERT_MAX_TAG_GROUPS <= TAG_POLICY_MAX_GROUPS && CONVERT_MAX_TAG_ROLES <= TAG_POLICY_MAX_ROLES &&
                  CONVERT_MAX_TAG_GROUPS * CONVERT_MAX_TAG_CONDITIONS <= TAG_POLICY_MAX_CONDITIONS,
              "what comes out can be sent");

static void write_time(struct json_writer *w, const char *name, int64_t ms)
{
	json_put_time(w, str_of(name), ms);
}

/* The body of POST /doorward/v1/policies. */
static void write_access_policy(struct json_writer *w, const struct access_policy *p)
{
	json_begin_object(w);
	json_put_str(w, STR("id"), p->doc.id);
	json_put_str(w, STR("effect"), p->deny ? STR("deny") : STR("allow"));
	json_put_strs(w, STR("subjects"), p->subjects.items, p->subjects.n);
	json_put_strs(w, STR("actions"), p->actions.items, p->actions.n);
	json_put_strs(w, STR("resources"), p->resources.items, p->resources.n);
	if (p->tenants.n)
		json_put_strs(w, STR("tenants"), p->tenants.items, p->tenants.n);
	else
		json_put(w, STR("tenants"), NULL);
	json_put_str(w, STR("condition"), p->condition);
	write_time(w, "valid_from", p->valid_from_ms);
	write_time(w, "valid_until", p->valid_until_ms);
	json_end_object(w);
}

/* The body of POST /iam/policies. */
static void write_statement_policy(struct json_writer *w, const struct statement_policy *p)
{
	json_begin_object(w);
	json_put_str(w, STR("id"), p->doc.id);
	json_put_str(w, STR("name"), p->name);
	json_put_strs(w, STR("members"), p->members.items, p->members.n);
	json_key(w, STR("statements"));
	json_begin_array(w);
	for (size_t i = 0; i < p->n_statements; i++) {
		const struct policy_statement *s = &p->statements[i];

		json_begin_object(w);
		json_put_str(w, STR("effect"), s->deny ? STR("DENY") : STR("ALLOW"));
		json_put_strs(w, STR("actions"), s->actions.items, s->actions.n);
		json_put_strs(w, STR("resources"), s->resources.items, s->resources.n);
		json_put_strs(w, STR("tenants"), s->tenants.items, s->tenants.n);
		json_end_object(w);
	}
	json_end_array(w);
	json_put_strs(w, STR("tenants"), NULL, 0);
	json_end_object(w);
}

/* The body of POST …/access/grants. */
static void write_access_grant(struct json_writer *w, const struct access_grant *g)
{
	json_begin_object(w);
	json_put_str(w, STR("entity_type"), entity_type_name(g->entity_type));
	json_put_str(w, STR("entity_id"), g->entity_id);
	json_put_str(w, STR("grantee_type"), grantee_type_name(g->grantee_type));
	json_put_str(w, STR("grantee_id"), g->grantee_id);
	json_put_str(w, STR("access_level"), access_level_name(g->level));
	json_end_object(w);
}

/*
 * The body of POST /v1/organization/policies, or of /v1/projects/{projectId}/policies. Such calls pass over the last
 * two members, which say to which project, and whose policyIds the answer's id belongs into.
 */
static void write_permission_policy(struct json_writer *w, const struct converted_permissions *c)
{
	const struct permission_policy *p = &c->policy;

	json_begin_object(w);
	json_put_str(w, STR("name"), p->name);
	json_put_strs(w, STR("permissionIds"), p->permissions.items, p->permissions.n);
	json_put_str(w, STR("projectId"), p->tenant);
	json_put_strs(w, STR("roleIds"), c->roles.items, c->roles.n);
	json_end_object(w);
}

static void write_tag_group(struct json_writer *w, const struct tag_group *g)
{
	json_begin_object(w);
	json_put_str(w, STR("permission"), g->permission);
	json_put_str(w, STR("resource_type"), g->resource_type);
	json_key(w, STR("conditions"));
	json_begin_array(w);
	for (size_t i = 0; i < g->n_conditions; i++) {
		json_begin_object(w);
		json_put_str(w, STR("attribute_name"), g->conditions[i].attribute);
		json_put_str(w, STR("attribute_key"), g->conditions[i].key);
		json_put_str(w, STR("operator"), g->conditions[i].operator);
		json_put_str(w, STR("attribute_value"), g->conditions[i].value);
		json_end_object(w);
	}
	json_end_array(w);
	json_end_object(w);
}

/* The body of POST /v1/platform/orgs/current/access-policies. */
static void write_tag_policy(struct json_writer *w, const struct tag_policy *p)
{
	json_begin_object(w);
	json_put_str(w, STR("name"), p->name);
	json_put_str(w, STR("effect"), p->deny ? STR("deny") : STR("allow"));
	json_key(w, STR("condition_groups"));
	json_begin_array(w);
	for (size_t i = 0; i < p->n_groups; i++)
		write_tag_group(w, &p->groups[i]);
	json_end_array(w);
	json_put_strs(w, STR("role_ids"), p->roles.items, p->roles.n);
	json_end_object(w);
}

static void write_document(struct json_writer *w, const struct document *doc)
{
	if (doc->kind == DOC_ACCESS_POLICY)
		write_access_policy(w, as_access_policy(doc));
	else if (doc->kind == DOC_STATEMENT_POLICY)
		write_statement_policy(w, as_statement_policy(doc));
	else if (doc->kind == DOC_ACCESS_GRANT)
		write_access_grant(w, as_access_grant(doc));
	else if (doc->kind == DOC_TAG_POLICY)
		write_tag_policy(w, as_tag_policy(doc));
	else
		write_permission_policy(w, converted_permissions_of(doc));
}

static void write_loss(struct json_writer *w, const struct convert_loss *l)
{
	json_begin_object(w);
	json_put_str(w, STR("document"), l->id);
	json_put_str(w, STR("kind"), document_kind_name(l->kind));
	json_put_u64(w, STR("statement"), l->statement);
	json_put_str(w, STR("effect"), l->is_deny ? STR("deny") : STR("allow"));
	json_put_str(w, STR("member"), l->what);
	json_put_str(w, STR("why"), l->why);
	json_end_object(w);
}

static bool read_dialect(struct api_call *call, const char *name, enum convert_dialect *ret)
{
	struct str text;

	if (!native_query(call, str_of(name), &text))
		return false;
	*ret = convert_dialect_of(text);
	if (*ret != CONVERT_NONE)
		return true;
	api_fail(call, SERVICE_INVALID, 0,
	         "%s must be one of native, connhex, langsmith, confident, conductorone, aitronos and cedar", name);
	return false;
}

static bool read_query(struct api_call *call, struct convert_query *q)
{
	if (!read_dialect(call, "from", &q->from) || !read_dialect(call, "to", &q->to) ||
	    !native_query(call, STR("id"), &q->id))
		return false;
	if (!convert_reads(q->from))
		api_fail(call, SERVICE_INVALID, 0, "from cannot be cedar, which is written only");
	return !call->failed;
}

/* The documents, or their text in Cedar with the entities that it speaks of. */
static void write_policies(struct json_writer *w, const struct snapshot *s, const struct convert_query *q,
                           const struct conversion *c)
{
	json_key(w, STR("policies"));
	if (q->to == CONVERT_CEDAR) {
		json_add_str(w, buf_str(q->cedar));
		json_key(w, STR("entities"));
		convert_cedar_entities(s, w);
		return;
	}
	json_begin_array(w);
	for (size_t i = 0; i < c->n_documents; i++)
		write_document(w, c->documents[i]);
	json_end_array(w);
}

static void answer(struct api_call *call, const struct convert_query *q, const struct conversion *c)
{
	struct json_writer w = api_json_begin(call, 200);

	json_begin_object(&w);
	write_policies(&w, call->snapshot, q, c);
	json_key(&w, STR("lost"));
	json_begin_array(&w);
	for (size_t i = 0; i < c->n_losses; i++)
		write_loss(&w, &c->losses[i]);
	json_end_array(&w);
	json_put_bool(&w, STR("safe"), !c->is_unsafe);
	json_end_object(&w);
	api_json_end(call, &w);
}

void convert_get(struct api_call *call)
{
	CLEANUP(buf_releasep) struct buf cedar = BUF_INIT(BUF_MAX_RESPONSE_BYTES / 4);
	struct convert_query q = {.cedar = &cedar};
	struct conversion c;

	if (!read_query(call, &q))
		return;
	convert(call->snapshot, &q, call->arena, &c);
	if (c.is_too_large || cedar.overflowed)
		api_fail(call, SERVICE_INVALID, 0, "more than %u documents, or 64 MiB, would come out",
		         CONVERT_MAX_DOCUMENTS);
	else
		answer(call, &q, &c);
}
