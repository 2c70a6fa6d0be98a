/* SPDX-License-Identifier: Apache-2.0
 *
 * Which objects a caller sees, and to which tenants she may assign them.
 */
#include "base/buf.h"
#include "service/iam.h"

#define MAX_LISTED_BYTES    200u /* of a list in a message */
#define MAX_QUOTED_BYTES    100u /* of one name in it */
#define MAX_LISTED_SUBJECTS 5u

bool iam_is_visible(struct str_list object_tenants, bool everywhere, struct str_list filter)
{
	if (everywhere)
		return true;
	if (object_tenants.n == 0)
		return iam_sorted_has(filter, STR(TENANT_UNASSIGNED));
	for (size_t i = 0; i < object_tenants.n; i++)
		if (iam_sorted_has(filter, object_tenants.items[i]))
			return true;
	return false;
}

struct str_list iam_tenants_to_authorize(bool is_update, struct str_list old, struct str_list new, struct arena *a)
{
	static const struct str unassigned = STR_INIT(TENANT_UNASSIGNED);
	struct str_list changed = iam_union(iam_difference(old, new, a), iam_difference(new, old, a), a);

	if (is_update ? old.n == 0 && new.n != 0 : new.n == 0)
		return iam_union(changed, (struct str_list){&unassigned, 1}, a);
	return changed;
}

/* The beginning of a name, without half a UTF-8 sequence at its end. */
static struct str shortened(struct str s)
{
	size_t len = MAX_QUOTED_BYTES;

	if (s.len <= len)
		return s;
	while (len > 0 && ((unsigned char)s.ptr[len] & 0xc0) == 0x80)
		len--;
	return str_slice(s, 0, len);
}

/* ["a" "b"], as the ancestor's language prints a list of strings. */
static struct str quoted_list(struct str_list list, struct arena *a)
{
	CLEANUP(buf_releasep) struct buf out = BUF_INIT(BUF_MAX_LINE_BYTES);

	buf_add_char(&out, '[');
	for (size_t i = 0; i < list.n; i++) {
		if (out.len > MAX_LISTED_BYTES) {
			buf_add(&out, STR(" …"));
			break;
		}
		buf_add(&out, i ? STR(" \"") : STR("\""));
		buf_add(&out, shortened(list.items[i]));
		buf_add_char(&out, '"');
	}
	buf_add_char(&out, ']');
	return arena_str(a, buf_str(&out));
}

static enum service_result check_exist(struct iam_call *c, struct str_list tenants)
{
	struct str *missing = ARENA_ARRAY(c->arena, struct str, tenants.n);
	struct str_list list = {missing, 0};
	struct str text;

	for (size_t i = 0; i < tenants.n; i++)
		if (!snapshot_find(c->snapshot, DOC_TENANT, tenants.items[i]))
			missing[list.n++] = tenants.items[i];
	if (list.n == 0)
		return SERVICE_OK;
	text = quoted_list(list, c->arena);
	if (list.n > 1)
		return iam_fail(c, SERVICE_NOT_FOUND,
		                "Projects cannot be modified because these projects do not exist: " STR_FMT,
		                STR_ARG(text));
	return iam_fail(c, SERVICE_NOT_FOUND, "Projects cannot be modified because project " STR_FMT " does not exist",
	                STR_ARG(text));
}

/* The caller's subjects as clients know them: roles are no subjects of IAM. */
static struct str_list known_subjects(const struct caller *caller, struct arena *a)
{
	struct str *items = ARENA_ARRAY(a, struct str, caller->n_subjects);
	size_t n = 0;

	for (size_t i = 0; i < caller->n_subjects; i++)
		if (!str_starts_with(caller->subjects[i].text, STR(SUBJECT_ROLE)))
			items[n++] = caller->subjects[i].text;
	return (struct str_list){items, n};
}

static enum service_result fail_assignment(struct iam_call *c, struct str_list denied)
{
	struct str_list subjects = known_subjects(c->caller, c->arena);
	const char *are = subjects.n > MAX_LISTED_SUBJECTS ? "(truncated) subjects are"
	                  : subjects.n > 1                 ? "subjects are"
	                                                   : "subject is";
	struct str_list listed = {subjects.items, subjects.n > MAX_LISTED_SUBJECTS ? MAX_LISTED_SUBJECTS : subjects.n};

	return iam_fail(c, SERVICE_DENIED,
	                "Projects cannot be modified because the " STR_FMT
	                " %s missing iam:projects:assign on %s: " STR_FMT,
	                STR_ARG(quoted_list(listed, c->arena)), are, denied.n > 1 ? "these projects" : "this project",
	                STR_ARG(quoted_list(denied, c->arena)));
}

enum service_result iam_check_assignment(struct iam_call *c, bool is_update, struct str_list old, struct str_list new)
{
	struct str_list tenants = iam_tenants_to_authorize(is_update, old, new, c->arena), denied;
	/* Only a statement on every resource grants it: the question is about the literal "*". */
	const struct permission wanted = {
	    .action = STR("iam:tenants:assign"), .resource = STR("*"), .requested = &tenants, .lists_tenants = true};
	enum service_result r = check_exist(c, new);

	if (r != SERVICE_OK || tenants.n == 0)
		return r;
	denied = iam_difference(
	    tenants, service_authorize(c->snapshot, c->caller, &wanted, c->now_ms, c->arena).tenants, c->arena);
	return denied.n ? fail_assignment(c, denied) : SERVICE_OK;
}
