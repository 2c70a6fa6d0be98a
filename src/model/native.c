/* SPDX-License-Identifier: Apache-2.0 */
#include "model/native.h"

#include "model/validate.h"

static const struct subject_form {
	enum document_kind kind;
	struct str prefix;
	struct str engine_prefix;
} forms[] = {
    {DOC_USER, STR_INIT("user:"), STR_INIT(SUBJECT_USER)},
    {DOC_GROUP, STR_INIT("group:"), STR_INIT(SUBJECT_GROUP)},
    {DOC_ROLE, STR_INIT("role:"), STR_INIT(SUBJECT_ROLE)},
    {DOC_SERVICE_ACCOUNT, STR_INIT("service:"), STR_INIT(SUBJECT_SERVICE)},
};

/* NULL: none of them, or nothing behind the prefix. */
static const struct subject_form *form_of(struct str subject)
{
	for (size_t i = 0; i < N_ELEMENTS(forms); i++)
		if (str_starts_with(subject, forms[i].prefix) && subject.len > forms[i].prefix.len)
			return &forms[i];
	return NULL;
}

enum document_kind access_policy_subject_kind(struct str subject, struct str *ret_id)
{
	const struct subject_form *f = form_of(subject);

	if (!f)
		return DOC_NONE;
	*ret_id = str_slice(subject, f->prefix.len, subject.len);
	return f->kind;
}

struct str access_policy_subject(struct arena *a, enum document_kind kind, struct str id)
{
	size_t i = 0;

	while (forms[i].kind != kind) {
		i++;
		assert(i < N_ELEMENTS(forms));
	}
	return arena_concat(a, forms[i].prefix, id);
}

struct str access_policy_engine_subject(struct arena *a, struct str subject)
{
	const struct subject_form *f = form_of(subject);

	if (str_eq(subject, STR("*")))
		return subject;
	return f ? arena_concat(a, f->engine_prefix, str_slice(subject, f->prefix.len, subject.len)) : STR_NONE;
}

/* Names of actions are the asker's own: any text that can be the id of a resource. */
bool access_policy_valid_action(struct str action)
{
	if (str_find(action, '*', 0) != SIZE_MAX)
		return iam_valid_action(action);
	return valid_resource_id(action);
}

/* "${…}" is a variable of the engine's. */
static bool has_variable(struct str s)
{
	size_t at = str_find(s, '$', 0);

	while (at != SIZE_MAX && (at + 1 == s.len || s.ptr[at + 1] != '{'))
		at = str_find(s, '$', at + 1);
	return at != SIZE_MAX;
}

/* A '*' anywhere else would look as if it stood for something; so would the engine's variables. */
static bool is_id_pattern(struct str id)
{
	if (str_eq(id, STR("*")))
		return true;
	if (str_ends_with(id, STR(":*")))
		id.len -= 2;
	return valid_resource_id(id) && str_find(id, '*', 0) == SIZE_MAX && !has_variable(id);
}

bool access_policy_valid_resource(struct str resource)
{
	size_t slash = str_find(resource, '/', 0);

	if (str_eq(resource, STR("*")))
		return true;
	if (slash == SIZE_MAX)
		return valid_resource_type(resource);
	return valid_resource_type(str_slice(resource, 0, slash)) &&
	       is_id_pattern(str_slice(resource, slash + 1, resource.len));
}

struct str access_policy_engine_resource(struct arena *a, struct str resource)
{
	size_t slash = str_find(resource, '/', 0);

	if (slash == SIZE_MAX)
		return resource;
	return arena_concat3(a, str_slice(resource, 0, slash), STR(":"), str_slice(resource, slash + 1, resource.len));
}
