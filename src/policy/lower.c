/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/lower.h"

bool lower_document(const struct snapshot *s, const struct document *doc, struct arena *a,
                    struct statement_set *ret_set)
{
	*ret_set = (struct statement_set){.kind = (uint32_t)doc->kind, .id = doc->id};
	switch (doc->kind) {
	case DOC_STATEMENT_POLICY:
		lower_statement_policy(s, as_statement_policy(doc), a, ret_set);
		return true;
	case DOC_ROLE:
		if (lower_is_confident_role(as_role(doc)))
			lower_confident_role(s, as_role(doc), a, ret_set);
		else
			lower_role(s, as_role(doc), a, ret_set);
		return true;
	case DOC_TAG_POLICY:
		lower_tag_policy(s, as_tag_policy(doc), a, ret_set);
		return true;
	case DOC_POLICY_ATTACHMENT:
		lower_policy_attachment(s, as_policy_attachment(doc), a, ret_set);
		return true;
	case DOC_ENTITLEMENT_BINDING:
		lower_entitlement_binding(as_entitlement_binding(doc), a, ret_set);
		return true;
	case DOC_ACCESS_POLICY:
		lower_access_policy(s, as_access_policy(doc), a, ret_set);
		return true;
	case DOC_NONE:
	case DOC_APPROVAL_POLICY: /* approval policies decide about requests, which give bindings */
	case DOC_APP:
	case DOC_APP_RESOURCE_TYPE:
	case DOC_APP_ENTITLEMENT:
	case DOC_APP_USER:
	case DOC_APP_ACTION:
	case DOC_ACCESS_REQUEST:
	case DOC_REQUEST_EVENT:
	case DOC_ACCESS_REVIEW:
	case DOC_ACCESS_REVIEW_TEMPLATE:
	case DOC_WEBHOOK:
	case DOC_WEBHOOK_CALL:
	case DOC_OAUTH_CLIENT:
	case DOC_TOKEN_ISSUER:
	case DOC_ACCESS_TASK:
	case DOC_ORGANIZATION:
	case DOC_TENANT:
	case DOC_USER:
	case DOC_SERVICE_ACCOUNT:
	case DOC_GROUP:
	case DOC_GROUP_MEMBER:
	case DOC_ROLE_MEMBER:
	case DOC_RESOURCE:
	case DOC_KEY:
	case DOC_TAG_KEY:
	case DOC_TAG_VALUE:
	case DOC_INVITATION:
	case DOC_PERMISSION_POLICY:
	case DOC_GOVERNANCE_POLICY:
	case DOC_SEPARATION:
	case DOC_ACCESS_GRANT: /* the snapshot keeps grants apart */
	case DOC_N_KINDS:
		break;
	}
	return false;
}
