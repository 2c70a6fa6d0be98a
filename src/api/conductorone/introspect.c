/* SPDX-License-Identifier: Apache-2.0
 *
 * Who am I, and what may I: what the vendor's command lines ask before anything else. Roles are those of the approval
 * API that the caller holds; permissions are what the engine allows them, so that they say what counts also for a
 * client with limits and for the owner of the organization, who holds none of the roles.
 */
#include "api/conductorone/conductorone.h"
#include "api/conductorone/credentials.h"
#include "api/conductorone/directory.h"
#include "model/conductorone.h"

/* Roles held organization-wide, and Basic User, which every user is. */
static struct str_list roles_of(const struct api_call *call)
{
	const struct caller *c = &call->caller;
	const struct role *all;
	size_t n_all, n = 0;
	struct str *ids;

	all = conductorone_roles(&n_all);
	ids = ARENA_ARRAY(call->arena, struct str, n_all);
	for (size_t i = 0; i < n_all; i++) {
		struct str subject = arena_concat(call->arena, STR(SUBJECT_ROLE), all[i].doc.id);
		bool holds = str_eq(all[i].doc.id, STR(C1_BASIC_USER)) && str_eq(c->type, STR("user"));

		for (size_t k = 0; k < c->n_subjects && !holds; k++)
			holds = str_is_absent(c->subjects[k].tenant) && str_eq(c->subjects[k].text, subject);
		if (holds)
			ids[n++] = all[i].doc.id;
	}
	return (struct str_list){ids, n};
}

static struct str_list permissions_of(struct api_call *call)
{
	const struct str *all;
	size_t n_all = conductorone_actions(&all), n = 0;
	struct str *held = ARENA_ARRAY(call->arena, struct str, n_all);

	for (size_t i = 0; i < n_all; i++)
		if (c1_may(call, all[i], STR("organization")))
			held[n++] = all[i];
	return (struct str_list){held, n};
}

void c1_auth_introspect(struct api_call *call)
{
	const struct caller *c = &call->caller;
	struct json_object o = {.arena = call->arena};

	json_object_strs(&o, "permissions", permissions_of(call));
	json_object_str(&o, "principleId", c->id);
	json_object_strs(&o, "roles", roles_of(call));
	json_object_str(&o, "tenantId", call->snapshot->org);
	json_object_str(&o, "userId", str_eq(c->type, STR("user")) ? c->id : STR_NONE);
	c1_answer(call, &c1_AuthIntrospectResponse, json_object_end(&o));
}

/* The caller as a user, as users/{id} shows them. */
void c1_user_introspect(struct api_call *call)
{
	const struct user *user = NULL;
	struct json_object o = {.arena = call->arena};
	struct c1_expansion x;
	const struct json *m;

	if (!c1_read(call, &c1_UserIntrospectRequest, &m))
		return;
	if (str_eq(call->caller.type, STR("user")))
		user = FIND(call->snapshot, user, USER, call->caller.id);
	if (!user) {
		api_fail(call, SERVICE_NOT_FOUND, 0, "the caller is not a user");
		return;
	}
	x = c1_expansion_of(call, m);
	json_object_tree(&o, "userView", c1_user_view(call, user, &x));
	c1_put_expanded(&o, &x);
	c1_answer(call, &c1_UserResponse, json_object_end(&o));
}
