/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes to json_parse(). What is accepted must survive writing and reading again; what is accepted or refused must
 * be so by jansson too, but for the exceptions named below.
 */
#include "jansson-says.h"
#include "json/json.h"

#define MAX_INPUT_BYTES   65536u
#define MAX_WRITTEN_BYTES ((size_t)16 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fail(const char *what, struct str text)
{
	fprintf(stderr, "%s: " STR_FMT "\n", what, STR_ARG(text));
	abort();
}

/* True when the tree holds what jansson has no room for: an integer above int64, or a member name with NUL. */
static bool is_beyond_jansson(const struct json *tree)
{
	struct {
		const struct json *node;
		uint32_t next;
	} stack[JSON_MAX_DEPTH];
	uint32_t depth = 0;
	const struct json *j = tree;

	for (;;) {
		if (j->type == JSON_UINT)
			return true;
		if (j->type == JSON_ARRAY || j->type == JSON_OBJECT) {
			stack[depth].node = j;
			stack[depth++].next = 0;
		}
		while (depth && stack[depth - 1].next == stack[depth - 1].node->n)
			depth--;
		if (!depth)
			return false;
		const struct json *open = stack[depth - 1].node;
		uint32_t i = stack[depth - 1].next++;

		if (open->type == JSON_OBJECT && str_find(open->members[i].name, '\0', 0) != SIZE_MAX)
			return true;
		j = open->type == JSON_OBJECT ? &open->members[i].value : &open->items[i];
	}
}

static void check_against_jansson(struct str text, int result, const struct json *tree)
{
	/* jansson loses a raw NUL behind a number; by RFC 8259 no text with one is JSON. */
	if (str_find(text, '\0', 0) != SIZE_MAX) {
		if (result == JSON_OK)
			fail("accepted a raw NUL", text);
		return;
	}
	/* Our limit is 64 levels, jansson's is 2048. */
	if (result == JSON_TOO_DEEP)
		return;
	if (result == JSON_OK && !jansson_accepts(text) && !is_beyond_jansson(tree))
		fail("jansson refuses what was accepted", text);
	if (result != JSON_OK && jansson_accepts(text))
		fail("jansson accepts what was refused", text);
}

static void write_tree(struct buf *out, const struct json *tree, uint32_t indent)
{
	struct json_writer w = {.out = out, .indent = indent};

	json_add(&w, tree);
	if (out->overflowed)
		fail("wrote too much", buf_str(out));
}

static void check_round_trip(const struct json *tree, uint32_t indent)
{
	CLEANUP(buf_releasep) struct buf once = BUF_INIT(MAX_WRITTEN_BYTES);
	CLEANUP(buf_releasep) struct buf twice = BUF_INIT(MAX_WRITTEN_BYTES);
	struct arena a = ARENA_INIT;
	const struct json *back = NULL;
	struct error err = {0};

	write_tree(&once, tree, indent);
	if (json_parse(buf_str(&once), &a, &back, &err) != JSON_OK)
		fail(err.text, buf_str(&once));
	if (!json_equal(tree, back) || !json_equal(tree, json_copy(&a, back)))
		fail("came back different", buf_str(&once));
	write_tree(&twice, back, indent);
	if (!str_eq(buf_str(&once), buf_str(&twice)))
		fail("written differently the second time", buf_str(&once));
	arena_release(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data, size < MAX_INPUT_BYTES ? size : MAX_INPUT_BYTES};
	struct arena a = ARENA_INIT;
	const struct json *tree = NULL;
	struct error err = {0};
	int result = json_parse(text, &a, &tree, &err);

	if (result != err.code || (result == JSON_OK) != (tree != NULL))
		fail("result, error and tree do not fit together", text);
	check_against_jansson(text, result, tree);
	if (result == JSON_OK) {
		check_round_trip(tree, 0);
		check_round_trip(tree, 2);
	}
	arena_release(&a);
	return 0;
}
