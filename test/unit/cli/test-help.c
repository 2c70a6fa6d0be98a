/* SPDX-License-Identifier: Apache-2.0
 *
 * The texts made from the tables are compared with golden files (test/cases/cli), so that a change of what users see
 * is seen in review. `test-cli-help DIRECTORY --write` writes them anew.
 */
#include "table-test.h"

#include "cli/help.h"
#include "cli/table.h"

static const char *directory;

static const struct {
	const char *title; /* also the name of the file */
	const char *topic; /* NULL: not a help text */
	void (*write)(struct buf *out);
} texts[] = {
    {"help.txt", "", NULL},
    {"help-serve.txt", "serve", NULL},
    {"help-check.txt", "check", NULL},
    {"help-key.txt", "key", NULL},
    {"help-key-create.txt", "key create", NULL},
    {"help-key-revoke.txt", "key revoke", NULL},
    {"help-audit.txt", "audit", NULL},
    {"help-audit-verify.txt", "audit verify", NULL},
    {"help-audit-replay.txt", "audit replay", NULL},
    {"help-changes.txt", "changes", NULL},
    {"help-preview.txt", "preview", NULL},
    {"help-cel.txt", "cel", NULL},
    {"help-cel-eval.txt", "cel eval", NULL},
    {"help-cel-test.txt", "cel test", NULL},
    {"help-version.txt", "version", NULL},
    {"doorward.1", NULL, cli_write_man},
    {"completion.bash", NULL, cli_write_completion},
};

static void write_text(struct buf *out, size_t i)
{
	if (texts[i].write)
		texts[i].write(out);
	else
		cli_write_help(out, texts[i].topic);
}

static FILE *open_golden(size_t i, const char *mode)
{
	char path[4096];
	int n = snprintf(path, sizeof(path), "%s/%s", directory, texts[i].title);
	FILE *f = n > 0 && (size_t)n < sizeof(path) ? fopen(path, mode) : NULL;

	if (!f)
		fail_msg("cannot open %s", path);
	return f;
}

static void test_golden(void **state)
{
	size_t i = row_of(state);
	CLEANUP(buf_releasep) struct buf made = BUF_INIT(BUF_MAX_RESPONSE_BYTES);
	CLEANUP(buf_releasep) struct buf kept = BUF_INIT(BUF_MAX_RESPONSE_BYTES);
	FILE *f = open_golden(i, "r");

	for (int c = fgetc(f); c != EOF; c = fgetc(f))
		buf_add_char(&kept, (char)c);
	(void)fclose(f);
	write_text(&made, i);
	buf_add_char(&made, '\0');
	buf_add_char(&kept, '\0');
	assert_string_equal(made.ptr, kept.ptr);
}

/* Help must fit a terminal of 100 columns, and every option must be told somewhere. */
static void test_every_option_is_told(void **state UNUSED)
{
	CLEANUP(buf_releasep) struct buf all = BUF_INIT(BUF_MAX_RESPONSE_BYTES);
	size_t column = 0;

	for (size_t i = 0; i < cli_n_commands; i++)
		cli_write_help(&all, cli_commands[i].words);
	for (size_t i = 0; i < all.len; i++) {
		column = all.ptr[i] == '\n' ? 0 : column + 1;
		assert_in_range(column, 0, 100);
	}
	buf_add_char(&all, '\0');
	for (size_t i = 0; i < cli_n_options; i++) {
		CLEANUP(buf_releasep) struct buf name = BUF_INIT(BUF_MAX_LINE_BYTES);

		buf_addf(&name, "  --%s", cli_options_table[i].name);
		buf_add_char(&name, '\0');
		assert_non_null(strstr(all.ptr, name.ptr));
	}
}

static int write_all(void)
{
	for (size_t i = 0; i < N_ELEMENTS(texts); i++) {
		CLEANUP(buf_releasep) struct buf made = BUF_INIT(BUF_MAX_RESPONSE_BYTES);
		FILE *f = open_golden(i, "w");

		write_text(&made, i);
		(void)fwrite(made.ptr, 1, made.len, f);
		if (fclose(f) != 0)
			return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[MAX_ROWS] = {cmocka_unit_test(test_every_option_is_told)};
	size_t n = 1;

	if (argc < 2)
		return 2;
	directory = argv[1];
	if (argc > 2 && strcmp(argv[2], "--write") == 0)
		return write_all();
	number_rows();
	ADD_ROWS(tests, n, test_golden, texts);
	return _cmocka_run_group_tests("cli/help", tests, n, NULL, NULL);
}
