/* SPDX-License-Identifier: Apache-2.0 */
#include "service/confident_invitations.h"

#include "base/uuid.h"
#include "model/confident.h"
#include "model/validate.h"
#include "service/assign.h"

/* ---- looking ------------------------------------------------------------------------------------------- */

bool confident_invitation_is_of(const struct invitation *inv, struct str tenant)
{
	return str_eq(inv->via, STR(CONFIDENT_VIA)) && str_eq(inv->tenant, tenant);
}

size_t confident_invitation_list(const struct snapshot *s, struct str tenant, struct arena *a,
                                 const struct invitation *const **ret)
{
	struct str place = str_is_absent(tenant) ? STR(TENANT_UNASSIGNED) : tenant;
	const struct document *const *docs;
	size_t n_docs = snapshot_linked(s, DOC_INVITATION, arena_concat(a, STR("tenant:"), place), a, &docs), n = 0;
	const struct invitation **list = ARENA_ARRAY(a, const struct invitation *, n_docs);

	for (size_t i = 0; i < n_docs; i++)
		if (confident_invitation_is_of(as_invitation(docs[i]), tenant))
			list[n++] = as_invitation(docs[i]);
	*ret = list;
	return n;
}

static size_t linked_by_email(struct txn *t, struct str email, const struct document *const **ret)
{
	return snapshot_linked(t->snapshot, DOC_INVITATION, arena_concat(t->arena, STR("email:"), email), t->arena,
	                       ret);
}

static bool is_invited(struct txn *t, struct str email, struct str tenant)
{
	const struct document *const *docs;
	size_t n = linked_by_email(t, email, &docs);

	for (size_t i = 0; i < n; i++)
		if (confident_invitation_is_of(as_invitation(docs[i]), tenant))
			return true;
	return false;
}

/* ---- sending ------------------------------------------------------------------------------------------- */

/* Trimmed, in lower case, each once. */
static enum service_result normalize(struct txn *t, struct str_list sent, struct str_list *ret, struct error *err)
{
	struct str *items = ARENA_ARRAY(t->arena, struct str, CONFIDENT_INVITATIONS_MAX_BATCH);
	size_t n = 0;

	if (sent.n == 0 || sent.n > CONFIDENT_INVITATIONS_MAX_BATCH)
		return (enum service_result)error_set(err, SERVICE_INVALID, "\"emails\" must name 1 to %u addresses",
		                                      CONFIDENT_INVITATIONS_MAX_BATCH);
	for (size_t i = 0; i < sent.n; i++) {
		items[n] = arena_lower_case(t->arena, str_trim(sent.items[i]));
		if (!valid_email(items[n]))
			return (enum service_result)error_set(
			    err, SERVICE_INVALID, "\"" STR_FMT "\" is not an e-mail address", STR_ARG(sent.items[i]));
		if (!str_list_has((struct str_list){items, n}, items[n]))
			n++;
	}
	*ret = (struct str_list){items, n};
	return SERVICE_OK;
}

const struct invitation *confident_invitation_put(struct txn *t, const struct caller *c, struct str email,
                                                  const struct role *role, struct str tenant)
{
	struct invitation *inv = ARENA_NEW(t->arena, struct invitation);
	struct str *place = ARENA_NEW(t->arena, struct str);
	bool is_for_project = !str_is_absent(tenant);

	*place = tenant;
	*inv = (struct invitation){
	    .doc = {.kind = DOC_INVITATION, .id = uuid_new(t->arena), .created_at_ms = t->now_ms},
	    .email = email,
	    .via = STR(CONFIDENT_VIA),
	    .tenant = tenant,
	    .role = is_for_project ? STR_NONE : role->doc.id,
	    .tenants = {place, is_for_project ? 1 : 0},
	    .tenant_role = is_for_project ? role->doc.id : STR_NONE,
	    .created_by = c->actor,
	};
	txn_put(t, &inv->doc);
	inv->doc.seq = t->changes[t->n_changes - 1].seq;
	return inv;
}

/* The registered users among the addresses who are no members of the project yet get the role. */
static enum service_result give_all(struct txn *t, const struct confident_offer *offer, struct str_list emails,
                                    size_t *ret_n, struct error *err)
{
	struct str *seen = ARENA_ARRAY(t->arena, struct str, emails.n);
	size_t n_seen = 0, n = 0;
	enum service_result r = SERVICE_OK;

	for (size_t i = 0; i < emails.n && r == SERVICE_OK; i++) {
		const struct user *user = as_user(snapshot_find_any(t->snapshot, DOC_USER, emails.items[i]));

		if (!user || str_is_absent(offer->tenant) ||
		    str_list_has((struct str_list){seen, n_seen}, user->doc.id) ||
		    confident_role_of(t->snapshot, user->doc.id, offer->tenant, t->arena))
			continue;
		seen[n_seen++] = user->doc.id;
		r = confident_give(t, &(struct confident_membership){user, offer->role, offer->tenant}, err);
		n++;
	}
	*ret_n = n;
	return r;
}

static enum service_result check_offer(struct txn *t, const struct caller *c, const struct confident_offer *offer,
                                       struct error *err)
{
	const struct str_list only = {&offer->tenant, 1};
	struct str role = offer->role->doc.id;

	if (str_eq(role, STR(CONFIDENT_OWNER)) || str_eq(role, STR(CONFIDENT_PROJECT_OWNER)))
		return (enum service_result)error_set(err, SERVICE_INVALID, "nobody is invited as Owner");
	return assign_check(t, c, offer->role, str_is_absent(offer->tenant) ? NULL : &only, err);
}

static enum service_result check_room(struct txn *t, struct str tenant, size_t n_new, struct error *err)
{
	const struct invitation *const *waiting;

	if (confident_invitation_list(t->snapshot, tenant, t->arena, &waiting) + n_new <= CONFIDENT_INVITATIONS_MAX)
		return SERVICE_OK;
	return (enum service_result)error_set(err, SERVICE_CONFLICT, "more than %u invitations would wait",
	                                      CONFIDENT_INVITATIONS_MAX);
}

/* Those that are neither users nor invited. */
static struct str_list new_ones(struct txn *t, struct str_list emails, struct str tenant)
{
	struct str *items = ARENA_ARRAY(t->arena, struct str, emails.n);
	size_t n = 0;

	for (size_t i = 0; i < emails.n; i++)
		if (!snapshot_find_any(t->snapshot, DOC_USER, emails.items[i]) &&
		    !is_invited(t, emails.items[i], tenant))
			items[n++] = emails.items[i];
	return (struct str_list){items, n};
}

enum service_result confident_invite(struct txn *t, const struct caller *c, const struct confident_offer *offer,
                                     struct confident_invited *ret, struct error *err)
{
	enum service_result r = check_offer(t, c, offer, err);
	struct str_list emails = {0}, strangers;
	size_t n_given = 0;

	if (r == SERVICE_OK)
		r = normalize(t, offer->emails, &emails, err);
	if (r != SERVICE_OK)
		return r;
	strangers = new_ones(t, emails, offer->tenant);
	r = check_room(t, offer->tenant, strangers.n, err);
	if (r == SERVICE_OK)
		r = give_all(t, offer, emails, &n_given, err);
	if (r == SERVICE_OK && strangers.n + n_given == 0)
		r = (enum service_result)error_set(err, SERVICE_CONFLICT, "all of them are members or invited already");
	if (r != SERVICE_OK)
		return r;
	*ret = (struct confident_invited){ARENA_ARRAY(t->arena, const struct invitation *, strangers.n), strangers.n};
	for (size_t i = 0; i < strangers.n; i++)
		ret->invitations[i] = confident_invitation_put(t, c, strangers.items[i], offer->role, offer->tenant);
	return SERVICE_OK;
}

/* ---- what becomes of it -------------------------------------------------------------------------------- */

enum service_result confident_invitation_redeem(struct txn *t, const struct user *user, const struct invitation *inv,
                                                struct error *err)
{
	const struct role *role = FIND(t->snapshot, role, ROLE, confident_invitation_role(inv));
	enum service_result r = SERVICE_OK;

	if (role)
		r = confident_give(t, &(struct confident_membership){user, role, inv->tenant}, err);
	if (r == SERVICE_OK)
		txn_delete(t, DOC_INVITATION, inv->doc.id);
	return r;
}

void confident_invitations_forget(struct txn *t, struct str email)
{
	const struct document *const *docs;
	size_t n = str_is_absent(email) ? 0 : linked_by_email(t, email, &docs);

	for (size_t i = 0; i < n; i++)
		if (str_eq(as_invitation(docs[i])->via, STR(CONFIDENT_VIA)))
			txn_delete(t, DOC_INVITATION, docs[i]->id);
}
