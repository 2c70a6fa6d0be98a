/* SPDX-License-Identifier: Apache-2.0 */
#include "service/workspaces.h"

#include "base/uuid.h"
#include "model/langsmith.h"
#include "service/holdings.h"

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Letters, digits, blanks and - _ ' @ ( ), at least one. */
static enum service_result check_name(struct str name, struct error *err)
{
	bool is_valid = name.len > 0 && name.len <= DIRECTORY_MAX_TEXT_BYTES;

	for (size_t i = 0; i < name.len && is_valid; i++)
		is_valid = is_alnum(name.ptr[i]) || (name.ptr[i] && strchr("-_ '@()", name.ptr[i]));
	if (is_valid)
		return SERVICE_OK;
	return (enum service_result)error_set(err, SERVICE_INVALID,
	                                      "display_name must be 1 to %u letters, digits, blanks and - _ ' @ ( )",
	                                      DIRECTORY_MAX_TEXT_BYTES);
}

static enum service_result check_handle(const struct txn *t, struct str handle, struct error *err)
{
	bool is_valid = handle.len > 0 && handle.len <= WORKSPACE_MAX_HANDLE_BYTES && is_alnum(handle.ptr[0]);

	if (str_is_absent(handle))
		return SERVICE_OK;
	for (size_t i = 0; i < handle.len && is_valid; i++)
		is_valid = is_alnum(handle.ptr[i]) || handle.ptr[i] == '-' || handle.ptr[i] == '_';
	if (!is_valid)
		return (enum service_result)error_set(
		    err, SERVICE_INVALID,
		    "tenant_handle must be 1 to %u letters, digits, - and _, and begin with a letter or digit",
		    WORKSPACE_MAX_HANDLE_BYTES);
	if (!snapshot_find_unique(t->snapshot, DOC_TENANT, arena_concat(t->arena, STR("handle:"), handle)))
		return SERVICE_OK;
	return (enum service_result)error_set(err, SERVICE_CONFLICT, "there is a workspace with the handle " STR_FMT,
	                                      STR_ARG(handle));
}

enum service_result workspace_create(struct txn *t, struct tenant *w, struct principal creator, struct error *err)
{
	struct membership m = {0};
	enum service_result r = check_name(w->display_name, err);

	if (r == SERVICE_OK && !str_is_absent(w->doc.id) && !uuid_is(w->doc.id))
		r = (enum service_result)error_set(err, SERVICE_INVALID, "id is not a valid UUID");
	if (r == SERVICE_OK)
		r = check_handle(t, w->handle, err);
	if (r != SERVICE_OK)
		return r;
	w->doc.kind = DOC_TENANT;
	w->doc.created_at_ms = t->now_ms;
	if (str_is_absent(w->doc.id))
		w->doc.id = uuid_new(t->arena);
	r = directory_create(t, &w->doc, err);
	if (r != SERVICE_OK)
		return r;
	(void)membership_of(t->snapshot, creator, t->arena, &m);
	if (!m.role || !str_eq(m.role->doc.id, STR(LANGSMITH_ORGANIZATION_ADMIN)))
		holding_put(t, STR(LANGSMITH_WORKSPACE_ADMIN), creator, w->doc.id);
	return SERVICE_OK;
}

enum service_result workspace_rename(struct txn *t, const struct tenant *old, struct str display_name,
                                     struct tenant *ret, struct error *err)
{
	enum service_result r = check_name(display_name, err);

	*ret = *old;
	ret->display_name = display_name;
	return r == SERVICE_OK ? directory_update(t, &ret->doc, err) : r;
}
