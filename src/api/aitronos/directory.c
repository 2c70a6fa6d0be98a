/* SPDX-License-Identifier: Apache-2.0 */
#include "api/aitronos/directory.h"

#include "base/utf8.h"

/* C0, DEL and C1; a text of several lines may have tabs and ends of lines. */
static bool has_control(struct str text, bool has_lines)
{
	for (size_t at = 0; at < text.len;) {
		uint32_t c = utf8_next(text, &at);

		if ((c < 0x20 || (c >= 0x7f && c < 0xa0)) && !(has_lines && (c == '\t' || c == '\n' || c == '\r')))
			return true;
	}
	return false;
}

bool directory_read_text(struct api_call *call, const struct directory_text *text, struct str *ret)
{
	struct str value;

	if (!text->is_required && !json_get(call->body, str_of(text->name)))
		return true;
	if (!(text->is_required ? aitronos_need_str(call, call->body, text->name, &value)
	                        : aitronos_get_str(call, call->body, text->name, &value)))
		return false;
	if (text->is_required && str_is_empty(str_trim(value))) {
		aitronos_invalid(call, text->name, "%s must not be blank", text->name);
		return false;
	}
	if (has_control(value, !text->is_required)) {
		aitronos_invalid(call, text->name, "%s must not have control characters", text->name);
		return false;
	}
	if (utf8_length(value) > text->max_chars) {
		aitronos_invalid(call, text->name, "%s must have at most %zu characters", text->name, text->max_chars);
		return false;
	}
	*ret = value;
	return true;
}

const struct user *directory_find_user(struct api_call *call, struct str name)
{
	const struct user *user = as_user(snapshot_find_any(call->snapshot, DOC_USER, name));

	if (!user)
		aitronos_not_found(call, "User not found", "user_id", name);
	return user;
}

const struct user *directory_read_user(struct api_call *call)
{
	struct str id;

	return aitronos_need_str(call, call->body, "user_id", &id) ? directory_find_user(call, id) : NULL;
}

struct str directory_full_name(const struct user *user)
{
	return str_is_absent(user->display_name) ? user->doc.id : user->display_name;
}

bool directory_succeeded(struct api_call *call, enum service_result result, const struct error *err, const char *field)
{
	if (result == SERVICE_INVALID)
		aitronos_invalid(call, field, "%s", err->text);
	else if (result != SERVICE_OK)
		aitronos_result(call, result, err);
	return result == SERVICE_OK;
}
