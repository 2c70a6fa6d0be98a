/* SPDX-License-Identifier: Apache-2.0
 *
 * Decides in process: decide STORE|EXPORT.json ORG USER ACTION TYPE ID [CONTEXT]. Exit 0: allowed, 1: denied, 2: error.
 *
 *     cc decide.c $(pkg-config --cflags --libs doorward) -o decide
 *     ./decide /var/lib/doorward/doorward.db default alice read record record-1
 */
#include <doorward.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { ALLOWED = 0, DENIED = 1, FAILED = 2 };

static int fail(const struct doorward_error *err)
{
	fprintf(stderr, "decide: %s\n", err->text);
	return FAILED;
}

static int64_t now_ms(void)
{
	struct timespec now;

	timespec_get(&now, TIME_UTC);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int is_export(const char *path)
{
	size_t n = strlen(path);

	return n > 5 && strcmp(path + n - 5, ".json") == 0;
}

static int decide(struct doorward_decider *decider, const struct doorward_question *question)
{
	struct doorward_answer answer = DOORWARD_ANSWER_INIT;
	struct doorward_reason reason = DOORWARD_REASON_INIT;
	struct doorward_error err;
	int is_allowed;

	if (doorward_decide(decider, question, &answer, &err) != DOORWARD_OK)
		return fail(&err);
	is_allowed = answer.allowed;
	if (doorward_explain(decider, question, &reason, &err) != DOORWARD_OK)
		return fail(&err);
	printf("%s at revision %llu: %s\n", is_allowed ? "allowed" : "denied", (unsigned long long)reason.revision,
	       reason.sentence.ptr);
	return is_allowed ? ALLOWED : DENIED;
}

int main(int argc, char **argv)
{
	struct doorward_question question = DOORWARD_QUESTION_INIT;
	struct doorward_organization *org;
	struct doorward_decider *decider;
	struct doorward_error err;
	int result;

	if (argc < 7 || argc > 8) {
		fputs("usage: decide STORE|EXPORT.json ORG USER ACTION TYPE ID [CONTEXT]\n", stderr);
		return FAILED;
	}
	if ((is_export(argv[1]) ? doorward_open_export(argv[1], &org, &err)
	                        : doorward_open_store(argv[1], argv[2], &org, &err)) != DOORWARD_OK)
		return fail(&err);
	question.subject_type = "user";
	question.subject_id = argv[3];
	question.action = argv[4];
	question.resource_type = argv[5];
	question.resource_id = argv[6];
	question.context = argc == 8 ? argv[7] : NULL;
	question.now_ms = now_ms();
	decider = doorward_decider_new(org);
	result = decide(decider, &question);
	doorward_decider_free(decider);
	doorward_close(org);
	return result;
}
