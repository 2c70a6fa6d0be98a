/* SPDX-License-Identifier: Apache-2.0
 *
 * The parser: precedence by a stack of operators and open brackets, so that nesting costs no stack of the machine's.
 */
#include "expr/parse-impl.h"

#include <errno.h>

#include "base/utf8.h"

#define FIRST_ENTRIES 24u

bool too_deep(const struct parser *p, uint32_t at)
{
	cel_issue_add(p->issues, at, "expression recursion limit exceeded: %u", CEL_MAX_NESTING);
	return false;
}

/* ---- nodes ------------------------------------------------------------------------------------------------ */

struct cel_node *emit(struct parser *p, enum cel_node_kind kind, uint32_t at, uint32_t base)
{
	uint32_t height = 0, number = p->n_nodes++, n = p->n_operands - base;
	struct cel_node *made = &p->nodes[number];

	assert(base <= p->n_operands && number < p->tokens.n);
	*made = (struct cel_node){.kind = (uint8_t)kind,
	                          .at = at,
	                          .first = p->n_children,
	                          .n_children = n,
	                          .begin = n ? p->nodes[p->operands[base].node].begin : number};
	for (uint32_t i = base; i < p->n_operands; i++) {
		p->children[p->n_children++] = p->operands[i].node;
		if (p->operands[i].height > height)
			height = p->operands[i].height;
	}
	p->operands[base] = (struct operand){number, height + 1};
	p->n_operands = base + 1;
	if (height < CEL_MAX_NESTING)
		return made;
	(void)too_deep(p, at);
	return NULL;
}

/* Is it one of those of which only a few stand above each other? */
static bool is_flat(const struct entry *e)
{
	return e->kind == ENTRY_BINARY || e->kind == ENTRY_LOGIC;
}

struct entry *push(struct parser *p, enum entry_kind kind, unsigned flags)
{
	struct entry *e;

	if (p->n_entries == p->cap)
		ARENA_ROOM(p->arena, p->entries, p->n_entries, &p->cap);
	e = &p->entries[p->n_entries];
	*e = (struct entry){.kind = (uint8_t)kind,
	                    .flags = (uint16_t)flags,
	                    .at = token(p, 0)->at,
	                    .base = p->n_operands - (flags & CEL_HAS_RECEIVER ? 1 : 0),
	                    .open = p->i};
	if (!is_flat(e) && ++p->n_nested > CEL_MAX_NESTING) {
		(void)too_deep(p, e->at);
		return NULL;
	}
	p->n_entries++;
	return e;
}

const struct entry *pop(struct parser *p)
{
	const struct entry *e = &p->entries[--p->n_entries];

	p->n_nested -= !is_flat(e);
	return e;
}

bool reduce(struct parser *p, enum binding binding)
{
	while (top(p)->binding >= binding) {
		const struct entry *e = pop(p);
		struct cel_node *node;

		if (e->kind == ENTRY_LOGIC)
			node = emit(p, e->op, e->at, e->base - 1);
		else if (e->kind == ENTRY_COLON)
			node = emit(p, CEL_NODE_CONDITIONAL, e->at, p->n_operands - 3);
		else
			node = emit(p, CEL_NODE_CALL, e->at, p->n_operands - (e->kind == ENTRY_UNARY ? 1 : 2));
		if (!node)
			return false;
		if (e->kind == ENTRY_BINARY || e->kind == ENTRY_UNARY)
			node->op = e->op;
	}
	return true;
}

/* ---- the whole -------------------------------------------------------------------------------------------- */

/* Most are, and need not be looked at byte for byte. */
static bool is_ascii(struct str s)
{
	uint64_t word, all = 0;
	size_t i;

	for (i = 0; i + sizeof(word) <= s.len; i += sizeof(word)) {
		memcpy(&word, s.ptr + i, sizeof(word));
		all |= word;
	}
	for (; i < s.len; i++)
		all |= (unsigned char)s.ptr[i];
	return (all & UINT64_C(0x8080808080808080)) == 0;
}

static bool check_source(struct str source, struct cel_issues *issues)
{
	size_t n = source.len;

	/* What is longer in bytes than so many code points can be is not even read. */
	if (n <= (size_t)CEL_MAX_SOURCE_CODE_POINTS * UTF8_MAX_BYTES && !is_ascii(source)) {
		if (!utf8_is_valid(source)) {
			cel_issue_add(issues, 0, "expression is not valid UTF-8");
			return false;
		}
		n = utf8_length(source);
	}
	if (n <= CEL_MAX_SOURCE_CODE_POINTS)
		return true;
	cel_issue_add(issues, 0, "expression code point size exceeds limit: size: %zu, limit %u", n,
	              CEL_MAX_SOURCE_CODE_POINTS);
	return false;
}

/* Room for all at once: a token makes at most one node, and a node has at most one parent. */
static void make_room(struct parser *p)
{
	uint32_t n = p->tokens.n + 1;

	p->nodes = arena_alloc(p->arena, n * sizeof(*p->nodes));
	p->children = arena_alloc(p->arena, n * sizeof(*p->children));
	p->operands = arena_alloc(p->arena, n * sizeof(*p->operands));
	p->cap = FIRST_ENTRIES;
	p->entries = arena_alloc(p->arena, p->cap * sizeof(*p->entries));
}

int cel_parse(const struct cel_env *env, struct str source, struct arena *a, struct cel_ast *ret,
              struct cel_issues *issues)
{
	struct parser p = {.arena = a, .issues = issues, .libraries = cel_env_libraries(env), .wants_operand = true};
	size_t n_before = issues->n;
	bool is_lexed, goes_on;

	if (!check_source(source, issues))
		return -EINVAL;
	p.source = arena_str(a, str_is_absent(source) ? STR("") : source);
	is_lexed = cel_lex(p.source, a, &p.tokens, issues);
	make_room(&p);
	goes_on = push(&p, ENTRY_SOURCE, 0) != NULL;
	p.n_nested = 0;
	while (goes_on && !p.is_done)
		goes_on = p.wants_operand ? read_operand(&p) : read_operator(&p);
	if (!is_lexed || issues->n > n_before) {
		cel_issues_sort(issues);
		return -EINVAL;
	}
	assert(goes_on && p.n_operands == 1 && p.n_nodes > 0);
	*ret = (struct cel_ast){.source = p.source, .nodes = p.nodes, .n_nodes = p.n_nodes, .children = p.children};
	return 0;
}
