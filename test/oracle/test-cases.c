/* SPDX-License-Identifier: Apache-2.0
 *
 * The engine sections of the published cases (argv[1]: connhex.json), each check a TAP line of its own: the outcome
 * must be that of the oracle and of the engine, and twin_check() must find nothing to say.
 */
#include "case-store.h"
#include "print.h"

/* Not a user: the cases without subjects of their own must not fill in variables. */
#define SUBJECT "token:s"

struct run {
	const json_t *root;
	size_t number;
	size_t n_failed;
};

/* ---- TAP ---- */

static void print_comment(struct str text)
{
	struct str line;

	while (str_split(&text, '\n', &line))
		if (line.len)
			printf("# " STR_FMT "\n", STR_ARG(line));
}

static void report(struct run *r, struct str name, struct str complaint)
{
	bool is_good = str_is_empty(complaint);

	printf("%sok %zu - " STR_FMT "\n", is_good ? "" : "not ", ++r->number, STR_ARG(name));
	if (!is_good)
		print_comment(complaint);
	r->n_failed += !is_good;
}

static void report_skip(struct run *r, struct str name, const char *reason)
{
	printf("ok %zu - " STR_FMT " # SKIP %s\n", ++r->number, STR_ARG(name), reason);
}

/* ---- one question to both ---- */

struct question {
	struct case_store *store;
	struct query q;
	struct buf complaint;
};

#define QUESTION(store_) ((struct question){.store = (store_), .complaint = BUF_INIT(65536)})

static void expect_effect(struct question *ask, bool want)
{
	const struct twin_version *v = twin_newest(&ask->store->twin);
	struct verdict got = engine_decide(&v->engine, &ask->q, &ask->store->arena, NULL);
	bool oracle_says = oracle_decide(&v->oracle, &ask->q, &ask->store->arena).effect == EFFECT_ALLOW;

	if (oracle_says != want)
		buf_addf(&ask->complaint, "published %d, oracle %d\n", want, oracle_says);
	if (verdict_allows(got) != want)
		buf_addf(&ask->complaint, "published %d, engine %d\n", want, verdict_allows(got));
	twin_check(v, &ask->q, &ask->complaint);
}

static bool same_set(struct str_list x, struct str_list y)
{
	size_t n_found = 0;

	for (size_t i = 0; i < x.n; i++)
		for (size_t k = 0; k < y.n; k++)
			n_found += str_eq(x.items[i], y.items[k]);
	return x.n == y.n && n_found == x.n;
}

static void expect_list(struct question *ask, const char *who, struct str_list want, struct str_list got)
{
	if (same_set(want, got))
		return;
	buf_addf(&ask->complaint, "published ");
	print_list(&ask->complaint, want);
	buf_addf(&ask->complaint, ", %s ", who);
	print_list(&ask->complaint, got);
	buf_addf(&ask->complaint, "\n");
}

static void expect_tenants(struct question *ask, struct str_list want)
{
	const struct twin_version *v = twin_newest(&ask->store->twin);
	struct str_list got = {0};

	engine_decide(&v->engine, &ask->q, &ask->store->arena, &got);
	expect_list(ask, "engine", want, got);
	expect_list(ask, "oracle", want, oracle_decide(&v->oracle, &ask->q, &ask->store->arena).tenants);
	expect_effect(ask, want.n > 0);
}

static void answer(struct run *r, struct question *ask, struct str name)
{
	if (ask->complaint.len)
		print_query(&ask->complaint, &ask->q);
	report(r, name, buf_str(&ask->complaint));
	buf_release(&ask->complaint);
}

/* ---- match.* ---- */

/* Stored resources that validation refuses and for which the published engine reads "*" inside the prefix as a
 * wildcard; ours takes the prefix literally. */
static const struct str excluded_resources[] = {STR_INIT("*:a:*"), STR_INIT("*a:*")};

static const char *reason_to_skip(const json_t *item, const char *section)
{
	if (json_is_null(json_object_get(item, "expect")) || json_object_get(item, "engine_error"))
		return "the published engine fails here, the outcome is free";
	for (size_t i = 0; i < N_ELEMENTS(excluded_resources) && str_eq(str_of(section), STR("resource")); i++)
		if (str_eq(case_str(json_object_get(item, "stored")), excluded_resources[i]))
			return "not a valid stored resource; the published engine reads its inner star as a wildcard";
	return NULL;
}

static void run_match(struct run *r, const char *section, const json_t *item, size_t at)
{
	struct case_store store;
	struct question ask = QUESTION(&store);
	struct str stored = case_str(json_object_get(item, "stored")), input = case_str(json_object_get(item, "input"));
	struct subject subject = {.text = STR(SUBJECT)};
	struct case_statement statement = {.all_tenants = true};
	const char *skip = reason_to_skip(item, section);

	case_store_init(&store);
	ask.q = (struct query){
	    .subjects = &subject, .n_subjects = 1, .action = STR("a:b:c"), .resource = STR("r"), .scope = SCOPE_BLIND};
	if (json_object_get(item, "subjects"))
		case_set_subjects(&ask.q, &store.arena, json_object_get(item, "subjects"));
	if (str_eq(str_of(section), STR("action"))) {
		statement.action = stored;
		ask.q.action = input;
	} else if (str_eq(str_of(section), STR("subject"))) {
		statement.subject = stored;
		subject.text = input;
	} else {
		statement.resource = stored;
		ask.q.resource = input;
	}
	case_store_put_one(&store, &statement);
	if (skip) {
		/* No published outcome to compare with, but the two still have to agree. */
		twin_check(twin_newest(&store.twin), &ask.q, &ask.complaint);
	} else {
		expect_effect(&ask, json_is_true(json_object_get(item, "expect")));
	}
	if (skip && !ask.complaint.len)
		report_skip(r, arena_strf(&store.arena, "match.%s/%zu", section, at), skip);
	else
		answer(r, &ask, arena_strf(&store.arena, "match.%s/%zu", section, at));
	case_store_release(&store);
}

static void run_matches(struct run *r)
{
	static const char *const sections[] = {"action", "resource", "subject", "resource_variable"};
	const json_t *match = json_object_get(r->root, "match");

	for (size_t s = 0; s < N_ELEMENTS(sections); s++) {
		const json_t *items = json_object_get(match, sections[s]);

		for (size_t i = 0; i < json_array_size(items); i++)
			run_match(r, sections[s], json_array_get(items, i), i);
	}
}

/* ---- stores ---- */

static void fill_store(struct run *r, struct case_store *store, const json_t *item)
{
	case_store_init(store);
	if (json_object_get(item, "policies_ref"))
		case_store_put_defaults(store, json_object_get(r->root, "defaults"));
	else
		case_store_put_policies(store, json_object_get(item, "policies"), json_object_get(item, "roles"));
}

static struct str name_check(struct arena *a, const char *section, const json_t *item, size_t at)
{
	return arena_strf(a, "%s/%s/%zu", section, json_string_value(json_object_get(item, "id")), at);
}

static void run_check(struct run *r, struct case_store *store, const json_t *check, struct str name)
{
	struct question ask = QUESTION(store);
	const json_t *projects = json_object_get(check, "projects");

	case_set_subjects(&ask.q, &store->arena, json_object_get(check, "subjects"));
	ask.q.action = case_str(json_object_get(check, "action"));
	ask.q.resource = case_str(json_object_get(check, "resource"));
	ask.q.scope = projects ? SCOPE_LISTED : SCOPE_BLIND;
	ask.q.tenants = case_list(&store->arena, projects);
	if (projects)
		expect_tenants(&ask, case_list(&store->arena, json_object_get(check, "expect_projects")));
	else
		expect_effect(&ask, json_is_true(json_object_get(check, "expect")));
	answer(r, &ask, name);
}

/* projects_authorized and is_authorized differ only in whether the check lists projects. */
static void run_checks(struct run *r, const char *section)
{
	const json_t *items = json_object_get(r->root, section);

	for (size_t i = 0; i < json_array_size(items); i++) {
		const json_t *item = json_array_get(items, i), *checks = json_object_get(item, "checks");
		struct case_store store;

		fill_store(r, &store, item);
		for (size_t k = 0; k < json_array_size(checks); k++)
			run_check(r, &store, json_array_get(checks, k), name_check(&store.arena, section, item, k));
		case_store_release(&store);
	}
}

/* jansson's own comparison is not used: our JSON layer, which the engine links, has a function of the same name. */
static bool same_member(const json_t *x, const json_t *y, const char *name)
{
	return str_eq(case_str(json_object_get(x, name)), case_str(json_object_get(y, name)));
}

static bool expects_pair(const json_t *pairs, const json_t *pair)
{
	for (size_t i = 0; i < json_array_size(pairs); i++)
		if (same_member(json_array_get(pairs, i), pair, "action") &&
		    same_member(json_array_get(pairs, i), pair, "resource"))
			return true;
	return false;
}

static void run_pairs(struct run *r)
{
	const json_t *items = json_object_get(r->root, "filter_pairs");

	for (size_t i = 0; i < json_array_size(items); i++) {
		const json_t *item = json_array_get(items, i), *pairs = json_object_get(item, "pairs");
		struct case_store store;

		fill_store(r, &store, item);
		for (size_t k = 0; k < json_array_size(pairs); k++) {
			struct question ask = QUESTION(&store);
			const json_t *pair = json_array_get(pairs, k);

			case_set_subjects(&ask.q, &store.arena, json_object_get(item, "subjects"));
			ask.q.action = case_str(json_object_get(pair, "action"));
			ask.q.resource = case_str(json_object_get(pair, "resource"));
			ask.q.scope = SCOPE_BLIND;
			expect_effect(&ask, expects_pair(json_object_get(item, "expect_pairs"), pair));
			answer(r, &ask, name_check(&store.arena, "filter_pairs", item, k));
		}
		case_store_release(&store);
	}
}

/* ---- whose projects ---- */

static bool is_system(uint32_t kind, UNUSED struct str document)
{
	return kind == CASE_KIND_SYSTEM;
}

/* The published form says "all" by its own id in the list. */
static struct str_list with_all(struct arena *a, struct str_list named, bool is_all)
{
	struct str *items = ARENA_ARRAY(a, struct str, named.n + 1);

	for (size_t i = 0; i < named.n; i++)
		items[i] = named.items[i];
	items[named.n] = STR("~~ALL-PROJECTS~~");
	return (struct str_list){items, named.n + is_all};
}

static void expect_tenants_of(struct question *ask, struct str_list want)
{
	const struct twin_version *v = twin_newest(&ask->store->twin);
	struct arena *a = &ask->store->arena;
	struct oracle_who who = {.subjects = ask->q.subjects, .n_subjects = ask->q.n_subjects, .skip = is_system};
	bool is_all = false;
	struct str_list got = engine_tenants_of(&v->engine, who.subjects, who.n_subjects, a, is_system, &is_all);

	expect_list(ask, "engine", want, with_all(a, got, is_all));
	got = oracle_tenants_of(&v->oracle, &who, a, &is_all);
	expect_list(ask, "oracle", want, with_all(a, got, is_all));
}

static void run_filter_projects(struct run *r)
{
	const json_t *items = json_object_get(r->root, "filter_projects");

	for (size_t i = 0; i < json_array_size(items); i++) {
		const json_t *item = json_array_get(items, i);
		struct case_store store;
		struct question ask = QUESTION(&store);

		fill_store(r, &store, item);
		case_set_subjects(&ask.q, &store.arena, json_object_get(item, "subjects"));
		expect_tenants_of(&ask, case_list(&store.arena, json_object_get(item, "expect_projects")));
		answer(r, &ask, name_check(&store.arena, "filter_projects", item, 0));
		case_store_release(&store);
	}
}

/* ---- around the engine ---- */

/* All projects and the pseudo project, which is what an answer of "*" stands for. */
static struct str_list every_project(struct arena *a, const json_t *item)
{
	struct str_list live = case_list(a, json_object_get(item, "all_projects"));
	struct str *items = ARENA_ARRAY(a, struct str, live.n + 1);

	for (size_t i = 0; i < live.n; i++)
		items[i] = live.items[i];
	items[live.n] = ORACLE_UNASSIGNED;
	return (struct str_list){items, live.n + 1};
}

/* The service's cases give what the engine answered: a store that has to answer so is made, and asked without a filter.
 * How the service writes the answer is its own matter. */
static void run_server(struct run *r, const char *section)
{
	const json_t *items = json_object_get(r->root, section);

	for (size_t i = 0; i < json_array_size(items); i++) {
		const json_t *item = json_array_get(items, i);
		struct case_store store;
		struct question ask = QUESTION(&store);
		struct subject subject = {.text = STR(SUBJECT)};
		struct str_list named, want;

		case_store_init(&store);
		case_store_add_tenants(&store, json_object_get(item, "all_projects"));
		named = case_list(&store.arena, json_object_get(item, "engine_projects"));
		want = case_list(&store.arena, json_object_get(item, "expect_projects"));
		case_store_put_one(&store,
		                   &(struct case_statement){
		                       .tenants = named,
		                       .all_tenants = named.n && str_eq(named.items[0], STR("~~ALL-PROJECTS~~")),
		                   });
		ask.q =
		    (struct query){.subjects = &subject, .n_subjects = 1, .action = STR("a:b:c"), .resource = STR("r")};
		ask.q.scope = json_array_size(json_object_get(item, "all_projects")) ? SCOPE_ALL : SCOPE_LISTED;
		ask.q.tenants = named;
		if (want.n == 1 && str_eq(want.items[0], STR("*")))
			want = every_project(&store.arena, item);
		expect_tenants(&ask, want);
		answer(r, &ask, name_check(&store.arena, section, item, 0));
		case_store_release(&store);
	}
}

/* ---- the access matrix ---- */

/* What an endpoint asks the engine: "iam:<noun>:<verb>" on "iam:<collection>[:<id>[:<part>]]". */
struct endpoint {
	struct str noun;
	struct str verb;
	struct str resource;
};

static struct str verb_of(struct str method, bool has_id)
{
	if (str_eq(method, STR("GET")))
		return has_id ? STR("get") : STR("list");
	if (str_eq(method, STR("PUT")))
		return STR("update");
	return str_eq(method, STR("POST")) ? STR("create") : STR("delete");
}

/* The parts of an object: a team's users and a policy's members. */
static void refine_endpoint(struct endpoint *e, struct str part, struct str method, struct arena *a)
{
	struct str name, custom_verb = part;
	bool is_users;

	str_split(&custom_verb, ':', &name);
	is_users = str_eq(name, STR("users"));
	e->noun = is_users ? STR("teamUsers") : STR("policyMembers");
	e->resource = arena_concat3(a, e->resource, STR(":"), name);
	e->verb = verb_of(method, !is_users);
	if (str_eq(custom_verb, STR("remove")))
		e->verb = STR("delete");
}

static struct endpoint endpoint_of(struct str method, struct str path, struct str self, struct arena *a)
{
	struct str rest = str_slice(path, strlen("/iam/"), path.len), collection, id = STR_NONE, part = STR_NONE;
	struct endpoint e;

	str_split(&rest, '/', &collection);
	str_split(&rest, '/', &id);
	str_split(&rest, '/', &part);
	if (str_eq(id, STR("<self>")))
		id = self;
	/* The shipped policies speak of projects. */
	e.noun = str_eq(collection, STR("tenants")) ? STR("projects") : collection;
	e.resource = arena_concat(a, STR("iam:"), e.noun);
	e.verb = verb_of(method, !str_is_absent(id));
	if (!str_is_absent(id))
		e.resource = arena_concat3(a, e.resource, STR(":"), id);
	if (!str_is_absent(part))
		refine_endpoint(&e, part, method, a);
	return e;
}

static void run_access(struct run *r, struct case_store *store, const json_t *row, const json_t *personas, bool want)
{
	struct arena *a = &store->arena;

	for (size_t i = 0; i < json_array_size(personas); i++) {
		struct str persona = case_str(json_array_get(personas, i));
		struct str method = case_str(json_object_get(row, "method"));
		struct str path = case_str(json_object_get(row, "path"));
		struct endpoint e = endpoint_of(method, path, persona, a);
		struct subject subjects[] = {{.text = arena_concat(a, STR("user:local:"), persona)},
		                             {.text = STR("team:local:admins")}};
		struct question ask = QUESTION(store);

		ask.q = (struct query){
		    .subjects = subjects, .n_subjects = str_eq(persona, STR("admin")) ? 2 : 1, .scope = SCOPE_ALL};
		ask.q.action = arena_concat3(a, STR("iam:"), e.noun, arena_concat(a, STR(":"), e.verb));
		ask.q.resource = e.resource;
		expect_effect(&ask, want);
		answer(r, &ask,
		       arena_strf(a, "default_access_matrix/" STR_FMT " " STR_FMT "/" STR_FMT, STR_ARG(method),
		                  STR_ARG(path), STR_ARG(persona)));
	}
}

static void run_access_matrix(struct run *r)
{
	const json_t *rows = json_object_get(r->root, "default_access_matrix");
	struct case_store store;

	case_store_init(&store);
	case_store_put_defaults(&store, json_object_get(r->root, "defaults"));
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);

		run_access(r, &store, row, json_object_get(row, "not_403"), true);
		run_access(r, &store, row, json_object_get(row, "is_403"), false);
	}
	case_store_release(&store);
}

int main(int argc, char **argv)
{
	struct run r = {0};
	json_error_t err;
	json_t *root;

	if (argc != 2) {
		fprintf(stderr, "usage: %s connhex.json\n", argv[0]);
		return 2;
	}
	root = json_load_file(argv[1], JSON_REJECT_DUPLICATES, &err);
	if (!root) {
		fprintf(stderr, "%s:%d: %s\n", argv[1], err.line, err.text);
		return 2;
	}
	r.root = root;
	run_matches(&r);
	run_checks(&r, "projects_authorized");
	run_checks(&r, "is_authorized");
	run_pairs(&r);
	run_filter_projects(&r);
	run_server(&r, "server_projects_authorized");
	run_server(&r, "server_filter_projects");
	run_access_matrix(&r);
	/* A data file without cases must not pass. */
	if (r.number < 400)
		report(&r, STR("enough cases"), STR("the data file has lost its cases\n"));
	printf("1..%zu\n", r.number);
	json_decref(root);
	return r.n_failed ? 1 : 0;
}
