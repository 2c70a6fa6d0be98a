/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#define OPEN_A_JOB 1000u

/* None is true of the people here, so that each is evaluated. */
static const char *const rules[WORLD_RULES] = {
    "subject.department == 'Legal'",
    "subject.department in ['Finance', 'HR', 'Sales', 'Support']",
    "subject.employmentType == 'CONTRACTOR'",
    "subject.email.endsWith('@partner.example')",
    "subject.jobTitle.startsWith('Intern')",
    "entitlement.riskLevelValueId == 'critical'",
    "!task.isGrantPermanent && task.grantDuration > duration('720h')",
    "task.origin == TaskOrigin.SLACK",
    "subject.managerId == 'somebody'",
    "c1.user.v1.HasEntitlement(subject, 'app', 'none')",
    "c1.user.v1.HasApp(subject, 'other')",
    "entitlement.displayName.contains('prod') && subject.department == 'Security'",
    "subject.email.matches('^svc-[a-z]+@')",
    "now() < timestamp('2020-01-01T00:00:00Z')",
    "c1.directory.users.v1.GetManagers(subject).exists(m, m.department == 'Legal')",
    "task.requestorUserId != task.subjectUserId && subject.department != 'Engineering'",
};

void world_die(const char *what, const char *why)
{
	(void)fprintf(stderr, "bench-requests: %s: %s\n", what, why);
	exit(1);
}

static void note(struct txn *t)
{
	t->note = (struct audit_note){
	    .actor = STR("user:owner"),
	    .via = STR("conductorone"),
	    .operation = STR("conductorone:tasks:create"),
	    .target = STR("conductorone:tasks"),
	    .remote = STR("127.0.0.1"),
	    .request_id = STR("0123456789abcdef"),
	    .event = STR("c1.task.grant"),
	    .credential = STR(""),
	    .tenant = STR(""),
	    .method = STR("POST"),
	    .path = STR("/api/v1/task/grant"),
	    .warning = STR(""),
	    .status = 200,
	};
}

/* ---- jobs -------------------------------------------------------------------------------------------------------- */

struct batch_job {
	struct write_job job;
	struct arena arena;
	struct world_batch *batch;
	size_t i;
};

static enum write_verdict run(struct write_job *job, struct txn *t)
{
	struct batch_job *j = CONTAINER_OF(job, struct batch_job, job);

	note(t);
	j->batch->run(j->batch, j->i, t);
	return WRITE_ACCEPT;
}

static void finish(struct write_job *job, int result, uint64_t revision UNUSED)
{
	struct world_batch *b = CONTAINER_OF(job, struct batch_job, job)->batch;

	if (result != 0)
		world_die("commit", "it failed");
	(void)pthread_mutex_lock(&b->lock);
	if (--b->n_left == 0)
		(void)pthread_cond_signal(&b->idle);
	(void)pthread_mutex_unlock(&b->lock);
}

void world_run(struct world_batch *b, size_t n)
{
	struct batch_job *jobs = mem_calloc(n, sizeof(*jobs));

	(void)pthread_mutex_init(&b->lock, NULL);
	(void)pthread_cond_init(&b->idle, NULL);
	b->n_left = n;
	for (size_t i = 0; i < n; i++) {
		jobs[i] = (struct batch_job){.batch = b, .i = i};
		jobs[i].job =
		    (struct write_job){.org = b->world->org, .arena = &jobs[i].arena, .run = run, .finish = finish};
		if (!service_submit(b->world->service, &jobs[i].job))
			world_die("submit", "the queue is full");
	}
	(void)pthread_mutex_lock(&b->lock);
	while (b->n_left)
		(void)pthread_cond_wait(&b->idle, &b->lock);
	(void)pthread_mutex_unlock(&b->lock);
	for (size_t i = 0; i < n; i++)
		arena_release(&jobs[i].arena);
	free(jobs);
	(void)pthread_mutex_destroy(&b->lock);
	(void)pthread_cond_destroy(&b->idle);
}

/* ---- people and policies -------------------------------------------------------------------------------------------
 */

static const struct json *json_of(struct arena *a, struct str text)
{
	const struct json *tree;
	struct error err = {0};

	if (json_parse(text, a, &tree, &err) != JSON_OK)
		world_die("JSON", err.text);
	return tree;
}

static void put_user(struct txn *t, struct str id)
{
	static const char attributes[] = "{\"department\":\"Engineering\",\"employmentType\":\"FULL_TIME\","
	                                 "\"jobTitle\":\"Staff engineer\"}";

	txn_put(t, &(struct user){.doc = {.kind = DOC_USER, .id = id},
	                          .email = arena_concat(t->arena, id, STR("@x.example")),
	                          .display_name = id,
	                          .manager = STR(WORLD_APPROVER),
	                          .attributes = json_of(t->arena, str_of(attributes))}
	                .doc);
	txn_put(t,
	        &(struct app_user){.doc = {.kind = DOC_APP_USER, .id = arena_concat(t->arena, STR(WORLD_APP "/"), id)},
	                           .app = STR(WORLD_APP),
	                           .account_id = id,
	                           .user = id,
	                           .type = STR("USER"),
	                           .status = STR("ENABLED")}
	             .doc);
}

static void put_policy(struct txn *t, struct str id, size_t n_rules)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(BUF_MAX_RESPONSE_BYTES);

	buf_add(&text, STR("["));
	for (size_t i = 0; i < n_rules; i++)
		buf_add(&text,
		        arena_strf(t->arena, "%s{\"condition\":\"%s\",\"stepKey\":\"grant\"}", i ? "," : "", rules[i]));
	buf_add(&text, STR("]"));
	txn_put(t,
	        &(struct approval_policy){
	            .doc = {.kind = DOC_APPROVAL_POLICY, .id = id},
	            .display_name = id,
	            .type = REQUEST_GRANT,
	            .steps = json_of(t->arena, STR("{\"grant\":{\"steps\":[{\"approval\":{\"appOwners\":{}}}]}}")),
	            .rules = json_of(t->arena, arena_str(t->arena, buf_str(&text)))}
	             .doc);
}

static struct str entitlement(struct arena *a, size_t i)
{
	return arena_strf(a, "e%zu", i);
}

static void make_world(struct world_batch *b UNUSED, size_t i UNUSED, struct txn *t)
{
	static const struct str owner = STR_INIT(WORLD_APPROVER);

	put_policy(t, STR("rules"), WORLD_RULES);
	put_policy(t, STR("plain"), 0);
	put_user(t, STR(WORLD_APPROVER));
	txn_put(t, &(struct app){.doc = {.kind = DOC_APP, .id = STR(WORLD_APP)},
	                         .owners = {&owner, 1},
	                         .grant_policy = STR("rules")}
	                .doc);
	for (size_t k = 0; k < WORLD_N_ENTITLEMENTS; k++)
		txn_put(t, &(struct app_entitlement){.doc = {.kind = DOC_APP_ENTITLEMENT,
		                                             .id = arena_concat(t->arena, STR(WORLD_APP "/"),
		                                                                entitlement(t->arena, k))},
		                                     .app = STR(WORLD_APP),
		                                     .entitlement_id = entitlement(t->arena, k),
		                                     .display_name = STR("Deploy")}
		                .doc);
	for (size_t k = 0; k < WORLD_N_SPARE; k++)
		put_user(t, arena_strf(t->arena, "spare%zu", k));
}

/* ---- requests ------------------------------------------------------------------------------------------------------
 */

static void create(struct txn *t, struct str user, struct str of)
{
	struct request_new n = {.type = REQUEST_GRANT,
	                        .app = STR(WORLD_APP),
	                        .entitlement_id = of,
	                        .user = user,
	                        .created_by = user,
	                        .description = STR("for the migration of next week"),
	                        .origin = STR("API")};
	struct access_request made;
	struct error err = {0};

	if (requests_create(t, &n, &made, &err) != SERVICE_OK)
		world_die("create", err.text);
}

/* Users "u<i>", each of whom asks for every entitlement. */
static void make_users(struct world_batch *b UNUSED, size_t i, struct txn *t)
{
	for (size_t k = 0; k < OPEN_A_JOB / WORLD_N_ENTITLEMENTS; k++)
		put_user(t, arena_strf(t->arena, "u%zu", i * (OPEN_A_JOB / WORLD_N_ENTITLEMENTS) + k));
}

static void make_requests(struct world_batch *b UNUSED, size_t i, struct txn *t)
{
	for (size_t k = 0; k < OPEN_A_JOB; k++)
		create(t, arena_strf(t->arena, "u%zu", (i * OPEN_A_JOB + k) / WORLD_N_ENTITLEMENTS),
		       entitlement(t->arena, k % WORLD_N_ENTITLEMENTS));
}

static struct str spare(struct arena *a, size_t i)
{
	return arena_strf(a, "spare%zu", i % WORLD_N_SPARE);
}

void world_create(struct world_batch *b UNUSED, size_t i, struct txn *t)
{
	create(t, spare(t->arena, i), entitlement(t->arena, 0));
}

void world_approve(struct world_batch *b UNUSED, size_t i, struct txn *t)
{
	const struct workflow_event approve = {.verb = VERB_APPROVE, .actor = STR(WORLD_APPROVER)};
	struct str link = arena_concat(t->arena, STR("open-user:"), spare(t->arena, i));
	const struct document *const *docs;
	struct access_request next;
	struct error err = {0};

	if (snapshot_linked(t->snapshot, DOC_ACCESS_REQUEST, link, t->arena, &docs) != 1)
		world_die("approve", "there is not one request");
	if (requests_act(t, as_access_request(docs[0]), &approve, &next, &err) != SERVICE_OK)
		world_die("approve", err.text);
	if (next.outcome != REQUEST_GRANTED)
		world_die("approve", "it was not granted");
}

struct access_request world_request(struct str user, struct str policy)
{
	return (struct access_request){.doc = {.kind = DOC_ACCESS_REQUEST, .id = STR("new")},
	                               .number = 1,
	                               .type = REQUEST_GRANT,
	                               .app = STR(WORLD_APP),
	                               .entitlement_id = STR("e0"),
	                               .account_id = user,
	                               .user = user,
	                               .created_by = user,
	                               .origin = STR("API"),
	                               .policy = policy};
}

/* ---- life ----------------------------------------------------------------------------------------------------------
 */

void world_open(struct world *w, struct str url, size_t n_open, struct buf *key)
{
	struct service_options options = {.org = STR("default")};
	struct world_batch b = {.world = w};
	struct error err = {0};

	*w = (struct world){.n_open = n_open};
	if (store_open(url, &w->store, &err) != 0)
		world_die("store", err.text);
	options.store = w->store;
	if (service_open(&options, &w->service, key, &err) != 0)
		world_die("service", err.text);
	if (str_is_empty(buf_str(key)))
		world_die("store", "it is not empty");
	w->org = service_default_org(w->service);
	b.run = make_world;
	world_run(&b, 1);
	b.run = make_users;
	world_run(&b, n_open / OPEN_A_JOB);
	b.run = make_requests;
	world_run(&b, n_open / OPEN_A_JOB);
}

void world_close(struct world *w)
{
	service_close(w->service);
	store_close(w->store);
}
