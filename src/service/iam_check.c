/* SPDX-License-Identifier: Apache-2.0 */
#include "model/validate.h"
#include "service/iam.h"

/* The rules as the ancestor prints them. */
#define PATTERN_ID_STRICT     "^[a-z0-9-_]{1,64}$"
#define PATTERN_ID            "^[A-Za-z0-9-_]{1,64}$"
#define PATTERN_TENANT_STRICT "^[a-z0-9-_]{1,48}$"
#define PATTERN_MEMBER                                                                                                 \
	"^(?:team|user):(?:local|ldap|saml):(?:[^:*]+|[*])$|^(?:(?:team|user|token|tls):)?[*]$|^token:[^:*]+$|"        \
	"^tls:service:(?:[^:*]+:)?(?:[^:*]+|[*])$"
#define PATTERN_ACTION                                                                                                 \
	"^[*]$|^[*]:[a-z][-a-zA-Z]*$|^[a-z][a-zA-Z]*:[a-z][a-zA-Z]*:[a-z][a-zA-Z]*$|^[a-z][a-zA-Z]*:[*]$|"             \
	"^[a-z][a-zA-Z]*:[*]:[a-z][a-zA-Z]*$|^[a-z][a-zA-Z]*:[a-z][a-zA-Z]*:[*]$"
#define PATTERN_RESOURCE "^[a-z][^:*]*(?::[^:*]+)*(?::[*])?$|^[*]$"

static enum service_result fail_pattern(struct iam_call *c, const char *field, const char *pattern)
{
	return iam_fail(c, SERVICE_INVALID, "invalid %s: value does not match regex pattern \"%s\"", field, pattern);
}

enum service_result iam_check_id(struct iam_call *c, const char *field, struct str id)
{
	if (iam_valid_id(id, c->strict))
		return SERVICE_OK;
	return fail_pattern(c, field, c->strict ? PATTERN_ID_STRICT : PATTERN_ID);
}

enum service_result iam_check_tenant_id(struct iam_call *c, const char *field, struct str id)
{
	if (iam_valid_tenant_id(id, c->strict))
		return SERVICE_OK;
	return fail_pattern(c, field, c->strict ? PATTERN_TENANT_STRICT : PATTERN_ID);
}

enum service_result iam_check_name(struct iam_call *c, const char *what, struct str name)
{
	if (iam_valid_name(name))
		return SERVICE_OK;
	return iam_fail(c, SERVICE_INVALID,
	                "a %s name is required and must contain at least one non-whitespace character", what);
}

enum service_result iam_check_path_id(struct iam_call *c, const char *what, struct str id)
{
	if (iam_valid_name(id))
		return SERVICE_OK;
	return iam_fail(c, SERVICE_INVALID,
	                "a %s id is required and must contain at least one non-whitespace character", what);
}

enum service_result iam_check_unique(struct iam_call *c, const char *field, struct str_list list)
{
	size_t at = iam_first_duplicate(list, c->arena);

	if (at == SIZE_MAX)
		return SERVICE_OK;
	return iam_fail(c, SERVICE_INVALID, "invalid %s[%zu]: repeated value must contain unique items", field, at);
}

/* Each item by `valid`, and no item twice. */
static enum service_result check_list(struct iam_call *c, const char *field, struct str_list list,
                                      bool (*valid)(struct str), const char *pattern)
{
	for (size_t i = 0; i < list.n; i++)
		if (!valid(list.items[i]))
			return iam_fail(c, SERVICE_INVALID,
			                "invalid %s[%zu]: value does not match regex pattern \"%s\"", field, i,
			                pattern);
	return iam_check_unique(c, field, list);
}

enum service_result iam_check_members(struct iam_call *c, const char *field, struct str_list members)
{
	return check_list(c, field, members, iam_valid_member, PATTERN_MEMBER);
}

enum service_result iam_check_actions(struct iam_call *c, const char *field, struct str_list actions)
{
	return check_list(c, field, actions, iam_valid_action, PATTERN_ACTION);
}

enum service_result iam_check_resources(struct iam_call *c, const char *field, struct str_list resources)
{
	return check_list(c, field, resources, iam_valid_resource, PATTERN_RESOURCE);
}

enum service_result iam_check_top_tenants(struct iam_call *c, const char *field, struct str_list tenants)
{
	for (size_t i = 0; i < tenants.n; i++) {
		if (str_eq(tenants.items[i], STR(TENANT_UNASSIGNED)))
			return iam_fail(c, SERVICE_INVALID,
			                "\"" TENANT_UNASSIGNED
			                "\" cannot explicitly be set; pass an empty projects array instead.");
		if (!iam_valid_name(tenants.items[i]))
			return iam_fail(
			    c, SERVICE_INVALID,
			    "invalid %s[%zu]: a project id must contain at least one non-whitespace character", field,
			    i);
	}
	return iam_check_unique(c, field, tenants);
}

/* ---- sets -------------------------------------------------------------------------------------------- */

struct str_list iam_sorted(struct str_list list, struct arena *a)
{
	struct str *items = ARENA_ARRAY(a, struct str, list.n);

	if (list.n == 0)
		return (struct str_list){0};
	memcpy(items, list.items, list.n * sizeof(*items));
	qsort(items, list.n, sizeof(*items), str_qsort);
	return (struct str_list){items, list.n};
}

bool iam_sorted_has(struct str_list sorted, struct str s)
{
	return sorted.n && bsearch(&s, sorted.items, sorted.n, sizeof(s), str_qsort) != NULL;
}

struct str_list iam_difference(struct str_list list, struct str_list remove, struct arena *a)
{
	struct str_list sorted = iam_sorted(remove, a);
	struct str *items = ARENA_ARRAY(a, struct str, list.n);
	size_t n = 0;

	for (size_t i = 0; i < list.n; i++)
		if (!iam_sorted_has(sorted, list.items[i]))
			items[n++] = list.items[i];
	return (struct str_list){items, n};
}

struct str_list iam_union(struct str_list x, struct str_list y, struct arena *a)
{
	struct str_list more = iam_difference(y, x, a);
	struct str *items = ARENA_ARRAY(a, struct str, x.n + more.n);

	if (x.n)
		memcpy(items, x.items, x.n * sizeof(*items));
	if (more.n)
		memcpy(items + x.n, more.items, more.n * sizeof(*items));
	return (struct str_list){items, x.n + more.n};
}

struct str_list iam_without_repeats(struct str_list list, struct arena *a)
{
	struct str_list sorted = iam_sorted(list, a);
	bool *seen = ARENA_ARRAY(a, bool, list.n);
	struct str *items = ARENA_ARRAY(a, struct str, list.n);
	size_t n = 0;

	for (size_t i = 0; i < list.n; i++) {
		/* Of equal items bsearch() finds some one, but the same one each time. */
		const struct str *hit = bsearch(&list.items[i], sorted.items, sorted.n, sizeof(struct str), str_qsort);
		size_t place = (size_t)(hit - sorted.items);

		if (!seen[place])
			items[n++] = list.items[i];
		seen[place] = true;
	}
	return (struct str_list){items, n};
}
