/* SPDX-License-Identifier: Apache-2.0
 *
 * A program that decides in process, for comparison with a server: libdoorward-peer store PATH ORG, or export PATH.
 * Reads lines, and answers each with one:
 *
 *     ask NOW_MS JSON                 an evaluation of AuthZEN      -> "1 tenant tenant …", "0", "error TEXT"
 *     find PART NOW_MS TYPE ID ACTION RTYPE RID                     -> results, separated by blanks; the open one is
 * "-" refresh                                                       -> the revision at hand
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <doorward.h>

struct peer {
	struct doorward_organization *org;
	struct doorward_decider *decider;
};

static void ask(struct peer *p, const char *line)
{
	struct doorward_answer answer = DOORWARD_ANSWER_INIT;
	struct doorward_error err;
	char *json;
	int64_t now_ms = strtoll(line, &json, 10);

	if (doorward_decide_json(p->decider, (struct doorward_text){json, strlen(json)}, now_ms, &answer, &err) !=
	    DOORWARD_OK) {
		printf("error %s\n", err.text);
		return;
	}
	printf("%d", answer.allowed);
	for (size_t i = 0; i < answer.n_tenants; i++)
		printf(" %s", answer.tenants[i].ptr);
	putchar('\n');
}

static int part_of(const char *name)
{
	if (strcmp(name, "subject") == 0)
		return DOORWARD_SUBJECTS;
	return strcmp(name, "resource") == 0 ? DOORWARD_RESOURCES : DOORWARD_ACTIONS;
}

static void find(struct peer *p, char *line)
{
	struct doorward_question q = DOORWARD_QUESTION_INIT;
	struct doorward_search search = DOORWARD_SEARCH_INIT;
	struct doorward_found found = DOORWARD_FOUND_INIT;
	struct doorward_error err;
	char *rest = NULL, *part = strtok_r(line, " ", &rest), *now = strtok_r(NULL, " ", &rest);

	q.subject_type = strtok_r(NULL, " ", &rest);
	q.subject_id = strtok_r(NULL, " ", &rest);
	q.action = strtok_r(NULL, " ", &rest);
	q.resource_type = strtok_r(NULL, " ", &rest);
	q.resource_id = strtok_r(NULL, " ", &rest);
	q.now_ms = now ? strtoll(now, NULL, 10) : 0;
	search.part = part ? part_of(part) : 0;
	search.limit = 1000;
	if (doorward_find(p->decider, &q, &search, &found, &err) != DOORWARD_OK) {
		printf("error %s\n", err.text);
		return;
	}
	for (size_t i = 0; i < found.n_results; i++)
		printf("%s%s", i ? " " : "", found.results[i].ptr);
	puts(found.has_more ? " …" : "");
}

static void refresh(struct peer *p)
{
	struct doorward_error err;
	uint64_t revision;

	if (doorward_refresh(p->org, &revision, &err) == DOORWARD_OK)
		printf("%" PRIu64 "\n", revision);
	else
		printf("error %s\n", err.text);
}

static void answer_line(struct peer *p, char *line)
{
	if (strncmp(line, "ask ", 4) == 0)
		ask(p, line + 4);
	else if (strncmp(line, "find ", 5) == 0)
		find(p, line + 5);
	else if (strcmp(line, "refresh") == 0)
		refresh(p);
	else
		puts("error what?");
	(void)fflush(stdout);
}

int main(int argc, char **argv)
{
	struct peer p = {0};
	struct doorward_error err = {""};
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	int r = DOORWARD_INVALID;

	if (argc == 4 && strcmp(argv[1], "store") == 0)
		r = doorward_open_store(argv[2], argv[3], &p.org, &err);
	else if (argc == 3 && strcmp(argv[1], "export") == 0)
		r = doorward_open_export(argv[2], &p.org, &err);
	if (r != DOORWARD_OK) {
		(void)fprintf(stderr, "libdoorward-peer: %s\n", err.text);
		return 1;
	}
	p.decider = doorward_decider_new(p.org);
	while ((n = getline(&line, &cap, stdin)) > 0) {
		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		answer_line(&p, line);
	}
	free(line);
	doorward_decider_free(p.decider);
	doorward_close(p.org);
	return 0;
}
