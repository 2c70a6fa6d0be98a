/* SPDX-License-Identifier: Apache-2.0
 *
 * The organization itself, with the features of dialects that can be switched.
 */
#include "service/organization.h"

#include "api/native/native.h"

/* Every switch is a bool of struct organization. */
static const struct {
	struct str name;
	size_t offset;
	bool says_off; /* the bool is true when the feature is off: it is on by default */
} features[] = {
    {STR_INIT("langsmith_rbac"), offsetof(struct organization, rbac_is_off), true},
    {STR_INIT("langsmith_abac"), offsetof(struct organization, abac_is_off), true},
    {STR_INIT("langsmith_audit_logs"), offsetof(struct organization, audit_logs_are_off), true},
    {STR_INIT("aitronos_department_inheritance"), offsetof(struct organization, departments_inherit), false},
};

static void answer(struct api_call *call, const struct organization *o, uint64_t revision)
{
	struct json_writer w = api_json_begin(call, 200);

	json_begin_object(&w);
	json_put_str(&w, STR("id"), call->snapshot->org);
	json_put_str(&w, STR("display_name"), o->display_name);
	json_put_u64(&w, STR("revision"), revision);
	json_key(&w, STR("features"));
	json_begin_object(&w);
	for (size_t i = 0; i < N_ELEMENTS(features); i++)
		json_put_bool(&w, features[i].name,
		              *(const bool *)((const char *)o + features[i].offset) != features[i].says_off);
	json_end_object(&w);
	json_end_object(&w);
	api_json_end(call, &w);
}

void organization_get(struct api_call *call)
{
	static const struct organization nothing;
	const struct organization *o = snapshot_organization(call->snapshot);

	answer(call, o ? o : &nothing, call->snapshot->revision);
}

static bool set_feature(struct api_call *call, const struct json_member *m, struct organization *next)
{
	size_t i = 0;

	while (i < N_ELEMENTS(features) && !str_eq(features[i].name, m->name))
		i++;
	if (i == N_ELEMENTS(features)) {
		api_fail(call, SERVICE_INVALID, 0, "features: there is no feature \"" STR_FMT "\"", STR_ARG(m->name));
		return false;
	}
	if (m->value.type != JSON_BOOL) {
		api_fail(call, SERVICE_INVALID, 0, "features." STR_FMT " must be true or false", STR_ARG(m->name));
		return false;
	}
	*(bool *)((char *)next + features[i].offset) = m->value.b != features[i].says_off;
	return true;
}

static bool read_features(struct api_call *call, struct organization *next)
{
	const struct json *sent = json_get(call->body, STR("features"));

	if (!sent)
		return true;
	if (sent->type != JSON_OBJECT) {
		api_fail(call, SERVICE_INVALID, 0, "features must be an object");
		return false;
	}
	for (uint32_t i = 0; i < sent->n; i++)
		if (!set_feature(call, &sent->members[i], next))
			return false;
	return true;
}

void organization_patch(struct api_call *call)
{
	const struct organization *old = snapshot_organization(call->snapshot);
	struct error err = {0};
	struct organization next;
	enum service_result r;

	assert(old);
	next = *old;
	if ((json_get(call->body, STR("display_name")) &&
	     !api_get_str(call, call->body, "display_name", &next.display_name)) ||
	    !read_features(call, &next))
		return;
	r = organization_update(call->txn, &next, &call->warning, &err);
	if (r == SERVICE_OK)
		answer(call, &next, call->snapshot->revision + 1); /* the one that this change set becomes */
	else
		native_fail(call, r, &err);
}
