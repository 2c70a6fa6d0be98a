#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Roles, workspaces, members and the organization on LangSmith's wire: shared by their files only. An identity's id is
 * the user's, in the organization and in every workspace.
 */
#include "api/langsmith/langsmith.h"
#include "service/invitations.h"
#include "service/memberships.h"

/* ---- people.c: who may, which role ------------------------------------------------------------------------ */

/* The caller holds the permission in the whole organization / in the workspace. Neither fails the call. */
bool people_may(struct api_call *call, struct str permission);
bool people_may_in(struct api_call *call, struct str permission, struct str tenant);

/* Where the caller holds a permission. */
struct people_reach {
	bool everywhere;
	struct str_list tenants; /* sorted */
};
struct people_reach people_reach(struct api_call *call, struct str permission);
bool people_reaches(const struct people_reach *reach, struct str tenant);

/*
 * Whoever gives or takes the role of ORGANIZATION_ADMIN must hold all that it holds, or an Operator could raise
 * itself. True when neither role (each may be NULL) is that one, too; false after failing the call.
 */
bool people_may_assign(struct api_call *call, const struct role *before, const struct role *after);

/* The role of LangSmith's by id or alias; fails the call and returns NULL when there is none. */
const struct role *people_find_role(struct api_call *call, struct str id);
/* ... for the organization / for workspaces; another one is refused. */
const struct role *people_find_organization_role(struct api_call *call, struct str id);
const struct role *people_find_workspace_role(struct api_call *call, struct str id);
/* As a person reads it: "Organization Admin". */
struct str people_role_title(const struct role *role);

/* A query parameter true or false (also as 1 and 0, in any case); absent: unchanged. Fails the call. */
struct people_flag {
	bool is_sent, value;
};
bool people_query_flag(struct api_call *call, const char *name, struct people_flag *ret);

/* "role_id" and "role_name" under these names; NULL: null. */
void people_put_role(struct json_writer *w, const char *id_name, const char *title_name, const struct role *role);

/* ---- members_list.c: rows ----------------------------------------------------------------------------------- */

/*
 * Somebody who is in, or is invited into, the organization or (`tenant` present) a workspace. With both a user and an
 * invitation: who was invited and was in at once.
 */
struct member_row {
	const struct user *user;
	const struct invitation *invitation;
	struct str tenant;
	struct membership m;     /* of the user, or what the invitation offers organization-wide */
	const struct role *role; /* in what the list is of */
};

struct member_rows {
	struct member_row *items;
	size_t n, cap;
};

void member_rows_add_active(struct api_call *call, struct str tenant, struct member_rows *rows);
void member_rows_add_pending(struct api_call *call, struct str tenant, struct member_rows *rows);
struct str member_row_email(const struct member_row *row);
struct str member_row_name(const struct member_row *row);
/* The row of one user; false when she is not in it. */
bool member_row_of(struct api_call *call, const struct user *user, struct str tenant, struct member_row *ret);
/* OrgMemberIdentity or MemberIdentity, OrgPendingIdentity or PendingIdentity. */
void member_row_write(struct api_call *call, struct json_writer *w, const struct member_row *row);
void member_row_answer(struct api_call *call, const struct member_row *row);

/* ---- handlers ------------------------------------------------------------------------------------------------- */

/* members_list.c */
void member_list(struct api_call *call);
void member_list_active(struct api_call *call);
void member_list_pending(struct api_call *call);
void workspace_member_list(struct api_call *call);
void workspace_member_list_active(struct api_call *call);
void workspace_member_list_pending(struct api_call *call);
/* members_invite.c */
void member_create(struct api_call *call);
void member_create_batch(struct api_call *call);
void workspace_member_create_batch(struct api_call *call);
void member_delete_pending(struct api_call *call);
void workspace_member_delete_pending(struct api_call *call);
/* members_platform.c */
void platform_member_list(struct api_call *call);
