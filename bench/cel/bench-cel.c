/* SPDX-License-Identifier: Apache-2.0
 *
 * This engine as bench/cel/run.mjs drives it: a line "evaluate NAME MS" or "compile NAME MS" on standard input is one
 * measurement of so many milliseconds of processor time, answered with the nanoseconds that one took.
 */
#include <errno.h>

#include "expr/expr.h"
#include "expr/lib.h"

#define MAX_CONDITIONS 16u
#define MAX_VARIABLES  16u
#define BATCH          256u

struct bench {
	struct arena arena;
	struct cel_env *env;
	struct cel_value variables[MAX_VARIABLES];
	struct {
		struct str name, source;
		struct cel_program *program;
	} conditions[MAX_CONDITIONS];
	size_t n;
};

static _Noreturn void die(const char *what)
{
	(void)fprintf(stderr, "bench-cel: %s\n", what);
	exit(2);
}

static const struct json *read_file(const char *path, struct arena *a)
{
	char *text = mem_alloc(BUF_MAX_LINE_BYTES);
	FILE *file = fopen(path, "rbe");
	const struct json *j;
	struct error err;
	size_t n;

	if (!file)
		die(strerror(errno));
	n = fread(text, 1, BUF_MAX_LINE_BYTES, file);
	(void)fclose(file);
	if (json_parse((struct str){text, n}, a, &j, &err) != JSON_OK)
		die(err.text);
	free(text);
	return j;
}

/* Objects stay JSON, unless a member is a timestamp, {"timestamp": "…"}, which JSON does not have. */
static struct cel_value value_of(const struct json *j, struct arena *a)
{
	struct cel_map *map = ARENA_NEW(a, struct cel_map);
	struct cel_entry *entries = ARENA_ARRAY(a, struct cel_entry, j->n + 1);
	bool has_time = false;

	for (uint32_t i = 0; json_is(j, JSON_OBJECT) && i < j->n; i++) {
		struct str time = json_get_str(&j->members[i].value, STR("timestamp"));

		entries[i] = (struct cel_entry){cel_string(j->members[i].name), cel_json(&j->members[i].value)};
		if (str_is_absent(time))
			continue;
		has_time = true;
		if (!cel_time_parse(time, &entries[i].value))
			die("a timestamp is malformed");
	}
	map->entries = entries;
	return has_time ? (struct cel_value){.kind = CEL_MAP, .n = j->n, .map = map} : cel_json(j);
}

static struct cel_program *compile(struct bench *b, struct str source)
{
	struct cel_issues issues = {.arena = &b->arena};
	struct cel_options options = {.result = &cel_type_bool};
	struct cel_program *p;

	if (cel_compile(b->env, source, &options, &p, &issues) < 0)
		die("a condition does not compile");
	return p;
}

static void load(struct bench *b, const struct json *file)
{
	const struct json *variables = json_get(file, STR("variables"));
	const struct json *conditions = json_get(file, STR("conditions"));

	if (!variables || !conditions || variables->n > MAX_VARIABLES || conditions->n > MAX_CONDITIONS)
		die("not a file of conditions");
	for (uint32_t i = 0; i < variables->n; i++) {
		uint32_t slot = cel_env_add_variable(b->env, variables->members[i].name, &cel_type_map_dyn);

		b->variables[slot] = value_of(&variables->members[i].value, &b->arena);
	}
	for (uint32_t i = 0; i < conditions->n; i++) {
		b->conditions[i].name = json_get_str(&conditions->items[i], STR("name"));
		b->conditions[i].source = json_get_str(&conditions->items[i], STR("expr"));
		b->conditions[i].program = compile(b, b->conditions[i].source);
	}
	b->n = conditions->n;
}

static uint64_t processor_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void evaluate_batch(struct bench *b, size_t which)
{
	struct cel_input input = {.variables = b->variables, .arena = &b->arena};

	for (unsigned i = 0; i < BATCH; i++) {
		struct cel_result r = cel_evaluate(b->conditions[which].program, &input);

		if (r.value.kind != CEL_BOOL || !r.value.b)
			die("a condition does not hold");
	}
}

static void compile_batch(struct bench *b, size_t which)
{
	for (unsigned i = 0; i < BATCH; i++)
		cel_program_free(compile(b, b->conditions[which].source));
}

static double measure(struct bench *b, size_t which, bool evaluates, uint64_t ms)
{
	uint64_t begin = processor_ns(), now = begin, n = 0;

	while (now - begin < ms * 1000000u) {
		if (evaluates)
			evaluate_batch(b, which);
		else
			compile_batch(b, which);
		n += BATCH;
		now = processor_ns();
	}
	return (double)(now - begin) / (double)n;
}

static void answer(struct bench *b, const char *what, const char *name, uint64_t ms)
{
	for (size_t i = 0; i < b->n; i++) {
		if (str_eq(b->conditions[i].name, str_of(name))) {
			(void)printf("%.1f\n", measure(b, i, strcmp(what, "evaluate") == 0, ms));
			(void)fflush(stdout);
			return;
		}
	}
	die("no such condition");
}

int main(int argc, char **argv)
{
	struct bench b = {.env = cel_env_new(CEL_LIB_ALL)};
	char what[16], name[32], line[128];
	unsigned ms;

	if (argc != 2)
		die("usage: bench-cel CONDITIONS");
	load(&b, read_file(argv[1], &b.arena));
	while (fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, "%15s %31s %u", what, name, &ms) != 3)
			die("not an order");
		answer(&b, what, name, ms);
	}
	for (size_t i = 0; i < b.n; i++)
		cel_program_free(b.conditions[i].program);
	cel_env_free(b.env);
	arena_release(&b.arena);
	return 0;
}
