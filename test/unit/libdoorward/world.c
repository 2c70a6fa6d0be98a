/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include <dirent.h>
#include <unistd.h>

void world_make(struct world *w)
{
	char url[128];

	*w = (struct world){.dir = "/tmp/doorward-lib-XXXXXX"};
	assert_non_null(mkdtemp(w->dir));
	(void)snprintf(w->file, sizeof(w->file), "%s/x.db", w->dir);
	(void)snprintf(url, sizeof(url), "sqlite:%s", w->file);
	assert_int_equal(store_open(str_of(url), &w->store, NULL), 0);
	world_put(w, "tenant", "t1", 0, "{}");
	world_put(w, "tenant", "t2", 0, "{}");
	world_put(w, "user", "alice", 0, "{\"email\":\"alice@x.org\"}");
	world_put_policy(w, "readers", "allow", "read", NULL);
}

void world_remove(struct world *w)
{
	DIR *dir = opendir(w->dir);
	struct dirent *entry;
	char path[400];

	store_close(w->store);
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		(void)snprintf(path, sizeof(path), "%s/%s", w->dir, entry->d_name);
		if (entry->d_name[0] != '.')
			assert_int_equal(unlink(path), 0);
	}
	closedir(dir);
	assert_int_equal(rmdir(w->dir), 0);
}

static void commit(struct world *w, const struct store_change *change)
{
	struct store_set set = {
	    .org = STR(ORG),
	    .base_revision = w->revision,
	    .at_ms = NOW_MS,
	    .outcome = AUDIT_DONE,
	    .changes = change,
	    .n_changes = 1,
	};

	assert_int_equal(store_commit(w->store, &set, 1, NULL), 0);
	w->revision = set.revision;
}

void world_put(struct world *w, const char *kind, const char *id, uint64_t seq, const char *body)
{
	commit(w, &(struct store_change){
	              .kind = str_of(kind), .id = str_of(id), .seq = seq ? seq : ++w->seq, .body = str_of(body)});
}

void world_end(struct world *w, const char *kind, const char *id)
{
	commit(w, &(struct store_change){.kind = str_of(kind), .id = str_of(id)});
}

void world_put_policy(struct world *w, const char *id, const char *effect, const char *action, const char *condition)
{
	char body[1024];

	(void)snprintf(body, sizeof(body),
	               "{\"deny\":%s,\"subjects\":[\"*\"],\"actions\":[\"%s\"],\"resources\":[\"record/*\"]%s%s%s}",
	               strcmp(effect, "deny") == 0 ? "true" : "false", action, condition ? ",\"condition\":\"" : "",
	               condition ? condition : "", condition ? "\"" : "");
	world_put(w, "access_policy", id, 0, body);
}

struct doorward_organization *world_open(const struct world *w)
{
	struct doorward_organization *org;
	struct doorward_error err;

	if (doorward_open_store(w->file, ORG, &org, &err) != DOORWARD_OK)
		fail_msg("%s", err.text);
	return org;
}

struct doorward_question question(const char *action)
{
	struct doorward_question q = DOORWARD_QUESTION_INIT;

	q.subject_type = "user";
	q.subject_id = "alice";
	q.action = action;
	q.resource_type = "record";
	q.resource_id = "r1";
	q.now_ms = NOW_MS;
	return q;
}

bool may(struct doorward_decider *d, const char *action)
{
	struct doorward_answer answer = DOORWARD_ANSWER_INIT;
	struct doorward_question q = question(action);
	struct doorward_error err;

	if (doorward_decide(d, &q, &answer, &err) != DOORWARD_OK)
		fail_msg("%s", err.text);
	return answer.allowed == 1;
}
