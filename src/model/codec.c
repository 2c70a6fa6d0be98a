/* SPDX-License-Identifier: Apache-2.0
 *
 * Stored bodies: one table a kind says which field of its struct stands under which name. Both directions read the
 * same tables. Empty values are left out, so that a new field costs old rows nothing.
 */
#include "model/kinds.h"

#include <errno.h>

enum field_type { FIELD_STR, FIELD_STRS, FIELD_BOOL, FIELD_TIME, FIELD_JSON, FIELD_STATEMENTS };

struct field {
	struct str name;
	enum field_type type;
	size_t offset;
};

struct kind_info {
	struct str name;
	size_t size;
	const struct field *fields;
	size_t n_fields;
};

#define FIELD(kind, member, json_name, field_type)                                                                     \
	{                                                                                                              \
		STR_INIT(json_name), field_type, offsetof(struct kind, member)                                         \
	}

/* Fields of struct document that every kind has. */
static const struct field common_fields[] = {
    {STR_INIT("aliases"), FIELD_STRS, offsetof(struct document, aliases)},
    {STR_INIT("created_at"), FIELD_TIME, offsetof(struct document, created_at_ms)},
    {STR_INIT("updated_at"), FIELD_TIME, offsetof(struct document, updated_at_ms)},
};

static const struct field organization_fields[] = {
    FIELD(organization, display_name, "display_name", FIELD_STR),
};
static const struct field tenant_fields[] = {
    FIELD(tenant, display_name, "display_name", FIELD_STR),
    FIELD(tenant, is_managed, "managed", FIELD_BOOL),
};
static const struct field user_fields[] = {
    FIELD(user, email, "email", FIELD_STR),
    FIELD(user, display_name, "display_name", FIELD_STR),
    FIELD(user, manager, "manager", FIELD_STR),
    FIELD(user, attributes, "attributes", FIELD_JSON),
};
static const struct field service_account_fields[] = {
    FIELD(service_account, display_name, "display_name", FIELD_STR),
};
static const struct field group_fields[] = {
    FIELD(group, type, "type", FIELD_STR),
    FIELD(group, display_name, "display_name", FIELD_STR),
    FIELD(group, parent, "parent", FIELD_STR),
    FIELD(group, tenants, "tenants", FIELD_STRS),
};
static const struct field group_member_fields[] = {
    FIELD(group_member, group, "group", FIELD_STR),
    FIELD(group_member, member, "member", FIELD_STR),
};
static const struct field role_fields[] = {
    FIELD(role, display_name, "display_name", FIELD_STR), FIELD(role, description, "description", FIELD_STR),
    FIELD(role, is_managed, "managed", FIELD_BOOL),       FIELD(role, actions, "actions", FIELD_STRS),
    FIELD(role, tenants, "tenants", FIELD_STRS),
};
static const struct field role_member_fields[] = {
    FIELD(role_member, role, "role", FIELD_STR),
    FIELD(role_member, principal_type, "principal_type", FIELD_STR),
    FIELD(role_member, principal_id, "principal_id", FIELD_STR),
    FIELD(role_member, tenant, "tenant", FIELD_STR),
};
static const struct field resource_fields[] = {
    FIELD(resource, type, "type", FIELD_STR),     FIELD(resource, resource_id, "resource_id", FIELD_STR),
    FIELD(resource, tenant, "tenant", FIELD_STR), FIELD(resource, parent, "parent", FIELD_STR),
    FIELD(resource, tags, "tags", FIELD_JSON),    FIELD(resource, attributes, "attributes", FIELD_JSON),
};
static const struct field key_fields[] = {
    FIELD(key, name, "name", FIELD_STR),
    FIELD(key, principal_type, "principal_type", FIELD_STR),
    FIELD(key, principal_id, "principal_id", FIELD_STR),
    FIELD(key, hash, "hash", FIELD_STR),
    FIELD(key, hint, "hint", FIELD_STR),
    FIELD(key, is_bound, "bound", FIELD_BOOL),
    FIELD(key, tenants, "tenants", FIELD_STRS),
    FIELD(key, expires_at_ms, "expires_at", FIELD_TIME),
    FIELD(key, is_revoked, "revoked", FIELD_BOOL),
    FIELD(key, created_by, "created_by", FIELD_STR),
};
static const struct field statement_policy_fields[] = {
    FIELD(statement_policy, name, "name", FIELD_STR),
    FIELD(statement_policy, type, "type", FIELD_STR),
    FIELD(statement_policy, members, "members", FIELD_STRS),
    FIELD(statement_policy, statements, "statements", FIELD_STATEMENTS),
    FIELD(statement_policy, tenants, "tenants", FIELD_STRS),
};
static const struct field statement_fields[] = {
    FIELD(policy_statement, deny, "deny", FIELD_BOOL),
    FIELD(policy_statement, actions, "actions", FIELD_STRS),
    FIELD(policy_statement, role, "role", FIELD_STR),
    FIELD(policy_statement, resources, "resources", FIELD_STRS),
    FIELD(policy_statement, tenants, "tenants", FIELD_STRS),
};

static void derive_group_member(struct arena *a, struct document *doc)
{
	struct group_member *m = (struct group_member *)(void *)doc;

	m->subject = arena_concat(a, STR(SUBJECT_GROUP), m->group);
}

static void derive_role_member(struct arena *a, struct document *doc)
{
	struct role_member *m = (struct role_member *)(void *)doc;

	m->subject = arena_concat(a, STR(SUBJECT_ROLE), m->role);
}

static const struct kind_info kinds[] = {
#define X(upper, lower)                                                                                                \
	[DOC_##upper] = {STR_INIT(#lower), sizeof(struct lower), lower##_fields, N_ELEMENTS(lower##_fields)},
    DOCUMENT_KINDS(X)
#undef X
};
static_assert(N_ELEMENTS(kinds) == DOC_N_KINDS, "every kind has its table");

/* Fills the fields that are not stored. */
static void derive(struct arena *a, struct document *doc)
{
	if (doc->kind == DOC_GROUP_MEMBER)
		derive_group_member(a, doc);
	else if (doc->kind == DOC_ROLE_MEMBER)
		derive_role_member(a, doc);
}

struct str document_kind_name(enum document_kind kind)
{
	assert(kind > DOC_NONE && kind < DOC_N_KINDS);
	return kinds[kind].name;
}

size_t document_kind_size(enum document_kind kind)
{
	assert(kind > DOC_NONE && kind < DOC_N_KINDS);
	return kinds[kind].size;
}

enum document_kind document_kind_of(struct str name)
{
	for (int k = DOC_NONE + 1; k < DOC_N_KINDS; k++)
		if (str_eq(kinds[k].name, name))
			return (enum document_kind)k;
	return DOC_NONE;
}

/* ---- out ------------------------------------------------------------------------------------------- */

/* The field of `object`, an instance of the table's struct. Empty values are left out. */
static void encode_field(struct json_writer *w, const void *object, const struct field *f)
{
	const void *at = (const char *)object + f->offset;

	switch (f->type) {
	case FIELD_STR: {
		const struct str *s = at;
		if (!str_is_absent(*s))
			json_put_str(w, f->name, *s);
		break;
	}
	case FIELD_STRS: {
		const struct str_list *list = at;
		if (list->n)
			json_put_strs(w, f->name, list->items, list->n);
		break;
	}
	case FIELD_BOOL:
		if (*(const bool *)at)
			json_put_bool(w, f->name, true);
		break;
	case FIELD_TIME:
		if (*(const int64_t *)at)
			json_put_i64(w, f->name, *(const int64_t *)at);
		break;
	case FIELD_JSON: {
		const struct json *const *tree = at;
		if (*tree)
			json_put(w, f->name, *tree);
		break;
	}
	case FIELD_STATEMENTS:
		assert(false); /* lists of structs are not nested */
		break;
	}
}

static void encode_statements(struct json_writer *w, struct str name, const struct statement_policy *p)
{
	json_key(w, name);
	json_begin_array(w);
	for (size_t i = 0; i < p->n_statements; i++) {
		json_begin_object(w);
		for (size_t k = 0; k < N_ELEMENTS(statement_fields); k++)
			encode_field(w, &p->statements[i], &statement_fields[k]);
		json_end_object(w);
	}
	json_end_array(w);
}

void document_encode(const struct document *doc, struct buf *out)
{
	const struct kind_info *info = &kinds[doc->kind];
	struct json_writer w = JSON_WRITER(out);

	assert(doc->kind > DOC_NONE && doc->kind < DOC_N_KINDS);
	json_begin_object(&w);
	for (size_t i = 0; i < info->n_fields; i++) {
		if (info->fields[i].type == FIELD_STATEMENTS)
			encode_statements(&w, info->fields[i].name, as_statement_policy(doc));
		else
			encode_field(&w, doc, &info->fields[i]);
	}
	for (size_t i = 0; i < N_ELEMENTS(common_fields); i++)
		encode_field(&w, doc, &common_fields[i]);
	json_end_object(&w);
}

/* ---- in -------------------------------------------------------------------------------------------- */

static bool decode_strs(struct arena *a, const struct json *value, struct str_list *ret)
{
	struct str *items;

	if (value->type != JSON_ARRAY)
		return false;
	items = ARENA_ARRAY(a, struct str, value->n);
	for (uint32_t i = 0; i < value->n; i++) {
		if (value->items[i].type != JSON_STRING)
			return false;
		items[i] = arena_str(a, value->items[i].s);
	}
	*ret = (struct str_list){items, value->n};
	return true;
}

/* False: not the type that document_encode() writes. */
static bool decode_field(struct arena *a, void *object, const struct field *f, const struct json *value)
{
	void *at = (char *)object + f->offset;

	switch (f->type) {
	case FIELD_STR:
		if (value->type != JSON_STRING)
			return false;
		*(struct str *)at = arena_str(a, value->s);
		return true;
	case FIELD_STRS:
		return decode_strs(a, value, at);
	case FIELD_BOOL:
		*(bool *)at = value->type == JSON_BOOL && value->b;
		return value->type == JSON_BOOL;
	case FIELD_TIME:
		*(int64_t *)at = value->type == JSON_INT ? value->i : 0;
		return value->type == JSON_INT;
	case FIELD_JSON:
		*(const struct json **)at = json_copy(a, value);
		return true;
	case FIELD_STATEMENTS:
		break; /* lists of structs are not nested: see decode_statements() */
	}
	return false;
}

static bool decode_fields(struct arena *a, void *object, const struct field *fields, size_t n, const struct json *body)
{
	for (size_t i = 0; i < n; i++) {
		const struct json *value = json_get(body, fields[i].name);
		if (value && fields[i].type != FIELD_STATEMENTS && !decode_field(a, object, &fields[i], value))
			return false;
	}
	return true;
}

static bool decode_statements(struct arena *a, const struct json *value, struct statement_policy *p)
{
	struct policy_statement *statements;

	if (value->type != JSON_ARRAY)
		return false;
	statements = ARENA_ARRAY(a, struct policy_statement, value->n);
	for (uint32_t i = 0; i < value->n; i++)
		if (value->items[i].type != JSON_OBJECT ||
		    !decode_fields(a, &statements[i], statement_fields, N_ELEMENTS(statement_fields), &value->items[i]))
			return false;
	p->statements = statements;
	p->n_statements = value->n;
	return true;
}

/* Fills `doc` (zeroed, of the kind's size) from the tree; what it needs beyond comes from `a`. */
static bool decode_into(struct arena *a, struct document *doc, enum document_kind kind, struct str id,
                        const struct json *body)
{
	doc->kind = kind;
	doc->id = arena_str(a, id);
	if (!decode_fields(a, doc, kinds[kind].fields, kinds[kind].n_fields, body) ||
	    !decode_fields(a, doc, common_fields, N_ELEMENTS(common_fields), body))
		return false;
	if (kind == DOC_STATEMENT_POLICY) {
		const struct json *statements = json_get(body, STR("statements"));
		if (statements && !decode_statements(a, statements, (struct statement_policy *)(void *)doc))
			return false;
	}
	derive(a, doc);
	return true;
}

/* Once to measure, once into a block of just that size; `scratch` is for the tree and the measuring. */
static int decode(struct arena *scratch, const struct document *name, struct str body, struct document **ret_doc,
                  struct error *err)
{
	const struct kind_info *info = &kinds[name->kind];
	const struct json *tree;
	struct document *doc;
	struct arena place;
	size_t size;

	if (json_parse(body, scratch, &tree, err) != JSON_OK || tree->type != JSON_OBJECT)
		return error_set(err, -EBADMSG, "stored " STR_FMT " \"" STR_FMT "\" is not a JSON object",
		                 STR_ARG(info->name), STR_ARG(name->id));
	size = scratch->used_bytes;
	doc = arena_calloc(scratch, 1, info->size);
	if (!decode_into(scratch, doc, name->kind, name->id, tree))
		return error_set(err, -EBADMSG, "stored " STR_FMT " \"" STR_FMT "\" has a member of the wrong type",
		                 STR_ARG(info->name), STR_ARG(name->id));
	size = scratch->used_bytes - size;
	void *block = mem_alloc(size);
	arena_init_fixed(&place, block, size);
	doc = arena_calloc(&place, 1, info->size);
	(void)decode_into(&place, doc, name->kind, name->id, tree);
	assert((void *)doc == block);
	*ret_doc = doc;
	return 0;
}

int document_decode(enum document_kind kind, struct str id, struct str body, struct document **ret_doc,
                    struct error *err)
{
	const struct document name = {.kind = kind, .id = id};
	struct arena scratch = ARENA_INIT;
	int r;

	assert(kind > DOC_NONE && kind < DOC_N_KINDS);
	r = decode(&scratch, &name, body, ret_doc, err);
	arena_release(&scratch);
	return r;
}
