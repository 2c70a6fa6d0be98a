/* SPDX-License-Identifier: Apache-2.0
 *
 * What LangSmith's guides say and what follows from it, case by case: asked of the reference evaluator, so that it is
 * known to be right by more than agreement, and of the snapshot beside it. One line, one case, one result.
 */
#include "langsmith-twin.h"
#include "print.h"
#include "run.h"

/* Conditions are written as "key operator value", several with " & " between. */
struct written_policy {
	bool deny;
	const char *permission, *type, *conditions;
};

/* Tags are written as "key=value", several with " & " between; NULL: untagged. The asker holds a role in w1. */
/* How the world differs from the usual one. */
#define ABAC_OFF     (1u << 0)
#define RBAC_OFF     (1u << 1)
#define OUTSIDER     (1u << 2) /* the role is held in another workspace */
#define NOT_ATTACHED (1u << 3)

struct row {
	const char *what;
	bool rbac; /* the role has the permission that is asked about */
	struct written_policy policies[2];
	const char *tags;
	const char *permission, *type;
	bool want;
	uint32_t differs;
};

/* Permission, type, conditions. */
#define ALLOW(...)                                                                                                     \
	{                                                                                                              \
		false, __VA_ARGS__                                                                                     \
	}
#define DENY(...)                                                                                                      \
	{                                                                                                              \
		true, __VA_ARGS__                                                                                      \
	}
#define READ         "projects:read", "project"
#define READ_DATASET "datasets:read", "dataset"

/* A policy that allows reading where the condition holds, without RBAC: allowed is that it holds. */
#define HOLDS(conditions, tags, want)                                                                                  \
	{                                                                                                              \
		conditions " on " tags, false, {ALLOW(READ, conditions)}, tags, READ, want                             \
	}

/* clang-format off */
static const struct row rows[] = {
    {"a role gives what it has", true, {{0}}, NULL, READ, true},
    {"... and no more", false, {{0}}, NULL, READ, false},
    {"an allow that does not match takes nothing away", true, {ALLOW(READ, "Env equals Dev")}, "Env=Prod", READ, true},
    {"an allow beside a role", true, {ALLOW(READ, "Env equals Prod")}, "Env=Prod", READ, true},
    {"a deny against a role", true, {DENY(READ, "Env equals Prod")}, "Env=Prod", READ, false},
    {"a deny against a role and an allow", true,
     {ALLOW(READ, "Env equals Prod"), DENY(READ, "Env equals Prod")}, "Env=Prod", READ, false},
    {"an allow without a role's", false, {ALLOW(READ, "Env equals Prod")}, "Env=Prod", READ, true},
    {"a deny against an allow", false,
     {DENY(READ, "Env equals Prod"), ALLOW(READ, "Env equals Prod")}, "Env=Prod", READ, false},
    {"a deny alone", false, {DENY(READ, "Env equals Prod")}, "Env=Prod", READ, false},
    {"an allow that does not match, without a role's", false, {ALLOW(READ, "Env equals Dev")}, "Env=Prod", READ, false},
    {"a policy that is not attached", false, {ALLOW(READ, "Env equals Prod")}, "Env=Prod", READ, false, NOT_ATTACHED},
    {"an allow for somebody who is no member", false, {ALLOW(READ, "Env equals Prod")}, "Env=Prod", READ, false, OUTSIDER},
    {"policies switched off: a deny", true, {DENY(READ, "Env equals Prod")}, "Env=Prod", READ, true, ABAC_OFF},
    {"policies switched off: an allow", false, {ALLOW(READ, "Env equals Prod")}, "Env=Prod", READ, false, ABAC_OFF},
    {"roles switched off too: any member", false, {DENY(READ, "Env equals Prod")}, "Env=Prod", READ, true,
     ABAC_OFF | RBAC_OFF},
    {"... nobody else", false, {{0}}, "Env=Prod", READ, false, ABAC_OFF | RBAC_OFF | OUTSIDER},
    {"... and nothing of the organization", false, {{0}}, NULL, "organization:manage", "organization", false,
     ABAC_OFF | RBAC_OFF},
    {"one condition of two", false, {ALLOW(READ, "Env equals Prod & App equals x")}, "Env=Prod", READ, false},
    {"both conditions", false, {ALLOW(READ, "Env equals Prod & App equals x")}, "Env=Prod & App=x", READ, true},
    {"another permission", false, {ALLOW(READ, "Env equals Prod")}, "Env=Prod", "projects:delete", "project", false},
    {"another type", false, {ALLOW("mcp-servers:read", "mcp_server", "Env equals Prod")}, "Env=Prod",
     "mcp-servers:read", "fleet_integration", false},
    {"a queue by its other name", false, {ALLOW("annotation-queues:read", "queues", "Env equals Prod")}, "Env=Prod",
     "annotation-queues:read", "queue", true},
    {"runs are not read with projects", false, {ALLOW(READ, "Env equals Prod")}, "Env=Prod", "runs:read", "run", false},
    {"runs are under the policies on projects", false, {ALLOW("runs:read", "project", "Env equals Prod")}, "Env=Prod",
     "runs:read", "run", true},
    {"the guide: both tags for a contractor", false,
     {ALLOW(READ_DATASET, "Purpose equals Training & Client equals Acme")}, "Purpose=Training", READ_DATASET, false},
    {"the guide: personal data", true, {DENY(READ_DATASET, "PII equals true")}, "PII=true", READ_DATASET, false},
    {"the guide: personal data, another case", true, {DENY(READ_DATASET, "PII equals true")}, "PII=True", READ_DATASET,
     true},
    {"the guide: a client's and what is nobody's", false, {ALLOW(READ, "Client equals_if_exists Acme")}, NULL, READ,
     true},
    {"... not another's", false, {ALLOW(READ, "Client equals_if_exists Acme")}, "Client=Other", READ, false},
    {"a deny where the tag is not there", true, {DENY(READ, "Client equals_if_exists Acme")}, NULL, READ, false},
    {"... but not with another", true, {DENY(READ, "Client equals_if_exists Acme")}, "Client=Other", READ, true},
    {"a deny of several values", true, {DENY(READ, "Env equals prod")}, "Env=dev & Env=prod", READ, false},
    HOLDS("Env equals Prod", "Env=Prod", true),
    HOLDS("Env equals prod", "Env=Prod", false),
    HOLDS("env equals Prod", "Env=Prod", false),
    HOLDS("Env not_equals Dev", "Env=Prod", true),
    HOLDS("Env not_equals Prod", "Env=Prod", false),
    HOLDS("Env equals_ignore_case pROD", "Env=Prod", true),
    HOLDS("Env not_equals_ignore_case prod", "Env=Prod", false),
    HOLDS("Env not_equals_ignore_case dev", "Env=Prod", true),
    HOLDS("Env matches P*", "Env=Prod", true),
    HOLDS("Env matches *od", "Env=Prod", true),
    HOLDS("Env matches P?od", "Env=Prod", true),
    HOLDS("Env matches *", "Env=Prod", true),
    HOLDS("Env matches p*", "Env=Prod", false),
    HOLDS("Env matches P?d", "Env=Prod", false),
    HOLDS("Env matches rod", "Env=Prod", false),
    HOLDS("Env not_matches D*", "Env=Prod", true),
    HOLDS("Env not_matches P*", "Env=Prod", false),
    HOLDS("App matches chatbot-*", "App=chatbot-v2", true),
    HOLDS("App matches chatbot-*", "App=chatbot", false),
    HOLDS("App matches chatbot-*", "App=my-chatbot-x", false),
    HOLDS("Env equals x", "App=x", false),
    HOLDS("Env not_equals x", "App=x", false),
    HOLDS("Env equals_ignore_case x", "App=x", false),
    HOLDS("Env not_equals_ignore_case x", "App=x", false),
    HOLDS("Env matches *", "App=x", false),
    HOLDS("Env not_matches x", "App=x", false),
    HOLDS("Env equals_if_exists x", "App=x", true),
    HOLDS("Env not_equals_if_exists x", "App=x", true),
    HOLDS("Env equals_ignore_case_if_exists x", "App=x", true),
    HOLDS("Env not_equals_ignore_case_if_exists x", "App=x", true),
    HOLDS("Env matches_if_exists x", "App=x", true),
    HOLDS("Env not_matches_if_exists *", "App=x", true),
    HOLDS("Env equals_if_exists x", "Env=x", true),
    HOLDS("Env not_equals_if_exists x", "Env=x", false),
    HOLDS("Env equals_ignore_case_if_exists x", "Env=X", true),
    HOLDS("Env not_equals_ignore_case_if_exists x", "Env=X", false),
    HOLDS("Env matches_if_exists x*", "Env=xy", true),
    HOLDS("Env not_matches_if_exists x*", "Env=xy", false),
    HOLDS("Env matches P.od", "Env=Prod", false),
    HOLDS("Env matches [A-Z]rod", "Env=Prod", false),
    HOLDS("Env matches [A-Z]rod", "Env=[A-Z]rod", true),
    HOLDS("Env matches \\*", "Env=\\anything", true),
    HOLDS("Env matches \\*", "Env=*", false),
    HOLDS("Env matches P%", "Env=Prod", false),
    HOLDS("Env matches Pro_", "Env=Prod", false),
    HOLDS("Env equals a*b", "Env=a*b", true),
    HOLDS("Env equals a*b", "Env=axb", false),
    HOLDS("Env matches caf?", "Env=caf\303\251", true),
    HOLDS("Env matches caf??", "Env=caf\303\251", false),
    HOLDS("Env equals_ignore_case \303\211T\303\211", "Env=\303\251t\303\251", true),
    HOLDS("Env equals_ignore_case STRASSE", "Env=stra\303\237e", false),
    HOLDS("Env equals prod", "Env=dev & Env=prod", true),
    HOLDS("Env not_equals prod", "Env=dev & Env=prod", false),
    HOLDS("Env not_equals qa", "Env=dev & Env=prod", true),
    HOLDS("Env matches p*", "Env=dev & Env=prod", true),
    HOLDS("Env not_matches p*", "Env=dev & Env=prod", false),
};
/* clang-format on */

/* ---- reading ------------------------------------------------------------------------------------------------ */

/* Cuts off what stands before the separator; false when nothing is left. */
static bool next_part(struct str *rest, struct str *ret_part)
{
	const struct str separator = STR(" & ");
	size_t n = 0;

	if (str_is_absent(*rest))
		return false;
	while (n < rest->len && !str_starts_with(str_slice(*rest, n, rest->len), separator))
		n++;
	*ret_part = str_slice(*rest, 0, n);
	*rest = n == rest->len ? STR_NONE : str_slice(*rest, n + separator.len, rest->len);
	return true;
}

static struct world_condition_group read_group(const struct written_policy *p, struct arena *a)
{
	struct world_condition *conditions = ARENA_ARRAY(a, struct world_condition, 4);
	struct world_condition_group g = {str_of(p->permission), str_of(p->type), conditions, 0};
	struct str rest = str_of(p->conditions), part;

	while (next_part(&rest, &part)) {
		struct world_condition *c = &conditions[g.n_conditions++];
		bool is_read = str_split(&part, ' ', &c->key) && str_split(&part, ' ', &c->op);

		assert(is_read);
		c->value = part;
	}
	return g;
}

static const struct tag *read_tags(const char *text, size_t *ret_n, struct arena *a)
{
	struct tag *tags = ARENA_ARRAY(a, struct tag, 4);
	struct str rest = str_of(text), part;
	size_t n = 0;

	while (next_part(&rest, &part)) {
		bool is_read = str_split(&part, '=', &tags[n].key);

		assert(is_read);
		tags[n++].value = part;
	}
	*ret_n = n;
	return tags;
}

static struct world_item item(struct world *w, struct str id)
{
	return (struct world_item){id, ++w->n_versions};
}

/* A user u, who holds the role r in the workspace w1, and the policies on that role. */
static void make_world(const struct row *row, struct world *w, struct arena *a)
{
	struct str *permission = ARENA_NEW(a, struct str), *role = ARENA_NEW(a, struct str);
	struct str workspace = row->differs & OUTSIDER ? STR("w2") : STR("w1");

	*w = (struct world){.abac_is_off = row->differs & ABAC_OFF, .rbac_is_off = row->differs & RBAC_OFF};
	*permission = str_of(row->permission);
	*role = STR("r");
	w->organization = item(w, WORLD_ORGANIZATION);
	w->workspaces[w->n_workspaces++] = item(w, STR("w1"));
	w->workspaces[w->n_workspaces++] = item(w, STR("w2"));
	w->users[w->n_users++].item = item(w, STR("u"));
	w->roles[w->n_roles++] = (struct world_role){item(w, *role), STR("workspace"), {permission, row->rbac ? 1 : 0}};
	w->memberships[w->n_memberships++] =
	    (struct world_membership){item(w, STR("r/user/u/w1")), *role, STR("user"), STR("u"), workspace};
	for (size_t i = 0; i < N_ELEMENTS(row->policies) && row->policies[i].permission; i++) {
		struct world_condition_group *g = ARENA_NEW(a, struct world_condition_group);

		*g = read_group(&row->policies[i], a);
		w->policies[w->n_policies++] = (struct world_policy){item(w, arena_strf(a, "p%zu", i)),
		                                                     row->policies[i].deny,
		                                                     g,
		                                                     1,
		                                                     {role, row->differs & NOT_ATTACHED ? 0 : 1}};
	}
}

/* ---- asking ------------------------------------------------------------------------------------------------- */

static bool run_row(const struct row *row, struct arena *a)
{
	CLEANUP(buf_releasep) struct buf message = BUF_INIT((size_t)64 * 1024);
	struct choices order = {.is_bytes = true};
	struct ask q = {
	    .subject_type = STR("user"),
	    .subject_id = STR("u"),
	    .action = str_of(row->permission),
	    .resource = {.type = str_of(row->type), .id = STR("x"), .tenant = STR("w1"), .states_tags = true},
	};
	struct world w;
	struct snapshot *s = world_snapshot_new(1);
	bool is_good;

	make_world(row, &w, a);
	q.resource.tags = read_tags(row->tags, &q.resource.n_tags, a);
	world_move(s, NULL, &w, &order);
	is_good = world_decide(&w, &q, a).is_allowed == row->want && world_check(&w, s, &q, &message);
	if (!is_good) {
		buf_addf(&message, "want %s\n", row->want ? "allow" : "deny");
		print_question(&message, &q);
		print_world(&message, &w);
		print_message(buf_str(&message));
	}
	snapshot_drop(s);
	return is_good;
}

int main(void)
{
	bool is_good = true;

	printf("1..%zu\n", N_ELEMENTS(rows));
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct arena a = ARENA_INIT;

		is_good &= report(run_row(&rows[i], &a), i + 1, rows[i].what);
		arena_release(&a);
	}
	return is_good ? 0 : 1;
}
