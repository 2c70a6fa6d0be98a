/* SPDX-License-Identifier: Apache-2.0
 *
 * doorward cel test: cases from a file, counted by what they expect, so that a reader who refuses everything is seen.
 */
#include "cli/cel.h"
#include "cli/cel_case.h"

/* The macros of this one exist only inside another implementation's tests. */
#define SKIPPED STR("block_ext")

struct tally {
	struct str file;
	uint32_t n_values, n_values_passed;
	uint32_t n_errors, n_errors_passed;
	uint32_t n_skipped;
};
struct tallies {
	struct arena arena;
	struct tally *items;
	size_t n, cap;
};

static void tallies_release(struct tallies *t)
{
	arena_release(&t->arena);
}

static struct tally *tally_of(struct tallies *t, struct str file)
{
	for (size_t i = 0; i < t->n; i++) {
		if (str_eq(t->items[i].file, file))
			return &t->items[i];
	}
	ARENA_ROOM(&t->arena, t->items, t->n, &t->cap);
	t->items[t->n] = (struct tally){.file = file};
	return &t->items[t->n++];
}

static void tell_failure(struct cli_session *s, const struct json *c, struct str why)
{
	(void)fputs("FAIL ", s->out);
	cli_print(s->out, json_get_str(c, STR("file")));
	(void)fputc('/', s->out);
	cli_print(s->out, json_get_str(c, STR("section")));
	(void)fputc('/', s->out);
	cli_print(s->out, json_get_str(c, STR("name")));
	(void)fputs(": ", s->out);
	cli_print(s->out, json_get_str(c, STR("expr")));
	(void)fputs(": ", s->out);
	cli_print(s->out, why);
	(void)fputc('\n', s->out);
}

static void run_case(struct cli_session *s, const struct json *c, struct tally *tally)
{
	CLEANUP(buf_releasep) struct buf why = BUF_INIT(BUF_MAX_LINE_BYTES);
	bool wants_error = json_get(json_get(c, STR("expected")), STR("eval_error")) != NULL;
	bool passed = cli_cel_run_case(c, &why) == CLI_CEL_PASSED;

	if (wants_error) {
		tally->n_errors++;
		tally->n_errors_passed += passed;
	} else {
		tally->n_values++;
		tally->n_values_passed += passed;
	}
	if (!passed)
		tell_failure(s, c, buf_str(&why));
}

static int tell_tallies(struct cli_session *s, const struct tallies *t)
{
	uint32_t n = 0, n_passed = 0, n_skipped = 0;

	for (size_t i = 0; i < t->n; i++) {
		const struct tally *tally = &t->items[i];

		n_skipped += tally->n_skipped;
		if (tally->n_skipped > 0)
			continue;
		(void)fprintf(s->out, "%-16.*s %4u of %4u values, %4u of %4u errors\n", STR_ARG(tally->file),
		              tally->n_values_passed, tally->n_values, tally->n_errors_passed, tally->n_errors);
		n += tally->n_values + tally->n_errors;
		n_passed += tally->n_values_passed + tally->n_errors_passed;
	}
	if (n_skipped > 0)
		(void)fprintf(s->out, "%-16.*s %4u skipped: their macros are another implementation's\n",
		              STR_ARG(SKIPPED), n_skipped);
	(void)fprintf(s->out, "%u passed, %u failed\n", n_passed, n - n_passed);
	return n > 0 && n_passed == n ? CLI_EXIT_OK : CLI_EXIT_DENY;
}

int cli_cel_test(struct cli_session *s)
{
	CLEANUP(tallies_release) struct tallies t = {0};
	const struct json *cases;

	if (!cli_cel_read_file(s, s->options->operands[0], &t.arena, &cases))
		return CLI_EXIT_ERROR;
	if (!json_is(cases, JSON_ARRAY))
		return cli_fail(s, "%s: not a list of cases", s->options->operands[0]);
	for (uint32_t i = 0; i < cases->n; i++) {
		struct str file = json_get_str(&cases->items[i], STR("file"));
		struct tally *tally = tally_of(&t, str_is_absent(file) ? STR("-") : file);

		if (str_eq(file, SKIPPED))
			tally->n_skipped++;
		else
			run_case(s, &cases->items[i], tally);
	}
	return tell_tallies(s, &t);
}
