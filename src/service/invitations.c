/* SPDX-License-Identifier: Apache-2.0 */
#include "service/invitations.h"

#include "base/uuid.h"
#include "model/confident.h"
#include "model/validate.h"
#include "service/confident_invitations.h"
#include "service/iam.h"

static const struct invitation *find(const struct txn *t, struct str email)
{
	struct str key = arena_concat(t->arena, STR("email:"), email);

	return as_invitation(snapshot_find_unique(t->snapshot, DOC_INVITATION, key));
}

/* ---- sending ------------------------------------------------------------------------------------------ */

static enum service_result check_new(struct txn *t, const struct invite *in, const struct user *user, struct error *err)
{
	struct membership m = {0};

	if (!user)
		return SERVICE_OK;
	(void)membership_of(t->snapshot, (struct principal){STR("user"), user->doc.id}, t->arena, &m);
	if (in->role && m.role)
		return (enum service_result)error_set(
		    err, SERVICE_CONFLICT, STR_FMT " is a member of the organization already", STR_ARG(in->email));
	for (size_t i = 0; !in->role && i < in->tenants.n; i++)
		if (membership_in(&m, in->tenants.items[i]))
			return (enum service_result)error_set(
			    err, SERVICE_CONFLICT, STR_FMT " is a member of the workspace already", STR_ARG(in->email));
	return SERVICE_OK;
}

static enum service_result give(struct txn *t, const struct invite *in, struct str user, struct error *err)
{
	enum service_result r = SERVICE_OK;

	if (in->role)
		r = membership_assign(t, user, in->role, STR_NONE, err);
	for (size_t i = 0; in->tenant_role && i < in->tenants.n && r == SERVICE_OK; i++)
		r = membership_assign(t, user, in->tenant_role, in->tenants.items[i], err);
	return r;
}

static enum service_result make_user(struct txn *t, const struct invite *in, const struct user **ret, struct error *err)
{
	struct user *u = ARENA_NEW(t->arena, struct user);
	enum service_result r;

	*u = (struct user){
	    .doc = {.kind = DOC_USER, .id = uuid_new(t->arena), .created_at_ms = t->now_ms},
	    .email = in->email,
	    .display_name = in->display_name,
	};
	r = directory_create(t, &u->doc, err);
	*ret = u;
	return r;
}

static const struct invitation *store(struct txn *t, const struct invite *in)
{
	struct invitation *inv = ARENA_NEW(t->arena, struct invitation);

	*inv = (struct invitation){
	    .doc = {.kind = DOC_INVITATION, .id = uuid_new(t->arena), .created_at_ms = t->now_ms},
	    .email = in->email,
	    .display_name = in->display_name,
	    .role = in->role ? in->role->doc.id : STR_NONE,
	    .tenants = in->tenants,
	    .tenant_role = in->tenant_role ? in->tenant_role->doc.id : STR_NONE,
	    .created_by = in->created_by,
	};
	txn_put(t, &inv->doc);
	return inv;
}

static enum service_result send_one(struct txn *t, const struct invite *in, struct invited *ret, struct error *err)
{
	const struct user *user = as_user(snapshot_find_any(t->snapshot, DOC_USER, in->email));
	enum service_result r = check_new(t, in, user, err);

	if (r == SERVICE_OK && find(t, in->email))
		r = (enum service_result)error_set(err, SERVICE_CONFLICT, STR_FMT " is invited already",
		                                   STR_ARG(in->email));
	if (r == SERVICE_OK && !user && !in->make_user) {
		*ret = (struct invited){.invitation = store(t, in)};
		return SERVICE_OK;
	}
	if (r == SERVICE_OK && !user)
		r = make_user(t, in, &user, err);
	if (r == SERVICE_OK)
		r = give(t, in, user->doc.id, err);
	*ret = (struct invited){.user = user};
	return r;
}

/* A document may stand in a change set only once, and so may a person, whichever of her addresses was given. */
static enum service_result check_repeats(struct txn *t, const struct invite *list, size_t n, struct error *err)
{
	struct str *names = ARENA_ARRAY(t->arena, struct str, n);

	for (size_t i = 0; i < n; i++) {
		const struct document *user = snapshot_find_any(t->snapshot, DOC_USER, list[i].email);

		names[i] = user ? user->id : list[i].email;
		if (str_list_has((struct str_list){names, i}, names[i]))
			return (enum service_result)error_set(err, SERVICE_INVALID, STR_FMT " stands twice in the call",
			                                      STR_ARG(list[i].email));
	}
	return SERVICE_OK;
}

enum service_result invitations_send(struct txn *t, const struct invite *list, size_t n, struct invited *ret,
                                     struct error *err)
{
	struct invite *ready = ARENA_ARRAY(t->arena, struct invite, n);
	enum service_result r;

	assert(n <= INVITATIONS_MAX_BATCH);
	for (size_t i = 0; i < n; i++) {
		assert(list[i].tenants.n <= INVITATIONS_MAX_TENANTS);
		ready[i] = list[i];
		ready[i].email = arena_lower_case(t->arena, list[i].email);
		if (!valid_email(ready[i].email))
			return (enum service_result)error_set(err, SERVICE_INVALID,
			                                      "email: \"" STR_FMT "\" is not an e-mail address",
			                                      STR_ARG(list[i].email));
		if (list[i].display_name.len > DIRECTORY_MAX_TEXT_BYTES)
			return (enum service_result)error_set(err, SERVICE_INVALID, "full_name is longer than %u bytes",
			                                      DIRECTORY_MAX_TEXT_BYTES);
	}
	r = check_repeats(t, ready, n, err);
	for (size_t i = 0; i < n && r == SERVICE_OK; i++)
		r = send_one(t, &ready[i], &ret[i], err);
	return r;
}

/* ---- what becomes of it --------------------------------------------------------------------------------- */

static enum service_result redeem(struct txn *t, const struct user *user, const struct invitation *inv,
                                  struct error *err)
{
	const struct invite offer = {
	    .role = str_is_absent(inv->role) ? NULL : FIND(t->snapshot, role, ROLE, inv->role),
	    .tenant_role = str_is_absent(inv->tenant_role) ? NULL : FIND(t->snapshot, role, ROLE, inv->tenant_role),
	    .tenants = inv->tenants,
	};
	enum service_result r = give(t, &offer, user->doc.id, err);

	if (r == SERVICE_OK)
		txn_delete(t, DOC_INVITATION, inv->doc.id);
	return r;
}

enum service_result invitation_redeem(struct txn *t, const struct user *user, struct error *err)
{
	struct str link = arena_concat(t->arena, STR("email:"), user->email);
	const struct document *const *docs;
	size_t n = str_is_absent(user->email) ? 0 : snapshot_linked(t->snapshot, DOC_INVITATION, link, t->arena, &docs);
	enum service_result r = SERVICE_OK;

	for (size_t i = 0; i < n && r == SERVICE_OK; i++) {
		const struct invitation *inv = as_invitation(docs[i]);

		r = str_eq(inv->via, STR(CONFIDENT_VIA)) ? confident_invitation_redeem(t, user, inv, err)
		                                         : redeem(t, user, inv, err);
	}
	return r;
}

/* Stores what is left of an offer; one of nothing ends. */
static void shrink(struct txn *t, const struct invitation *left)
{
	if (str_is_absent(left->role) && (left->tenants.n == 0 || str_is_absent(left->tenant_role)))
		txn_delete(t, DOC_INVITATION, left->doc.id);
	else
		txn_put(t, &left->doc);
}

static void lose_tenant(struct txn *t, const struct invitation *inv, struct str tenant)
{
	struct invitation left = *inv;

	left.tenants = iam_difference(inv->tenants, (struct str_list){&tenant, 1}, t->arena);
	shrink(t, &left);
}

void invitation_withdraw(struct txn *t, const struct invitation *inv, struct str tenant)
{
	if (str_is_absent(tenant))
		txn_delete(t, DOC_INVITATION, inv->doc.id);
	else
		lose_tenant(t, inv, tenant);
}

void invitations_lose_role(struct txn *t, struct str role)
{
	const struct document *const *docs;
	size_t n =
	    snapshot_linked(t->snapshot, DOC_INVITATION, arena_concat(t->arena, STR("role:"), role), t->arena, &docs);

	for (size_t i = 0; i < n; i++) {
		struct invitation left = *as_invitation(docs[i]);

		if (str_eq(left.role, role))
			left.role = STR_NONE;
		if (str_eq(left.tenant_role, role))
			left.tenant_role = STR_NONE;
		shrink(t, &left);
	}
}

void invitations_lose_tenant(struct txn *t, struct str tenant)
{
	const struct document *const *docs;
	size_t n = snapshot_linked(t->snapshot, DOC_INVITATION, arena_concat(t->arena, STR("tenant:"), tenant),
	                           t->arena, &docs);

	for (size_t i = 0; i < n; i++)
		lose_tenant(t, as_invitation(docs[i]), tenant);
}
