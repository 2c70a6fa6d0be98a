/* SPDX-License-Identifier: Apache-2.0
 *
 * Worlds of native policies: made at random, changed, put into snapshots, and asked about.
 */
#include "native-words.h"

#define S(text) STR_INIT(text)

const struct str native_tenants[] = {S("t1"), S("t2"), S("t3")};
const struct str native_users[] = {S("u0"), S("u1"), S("u2"), S("u3")};
const struct str native_groups[] = {S("g0"), S("g1"), S("g2")};
const struct str native_roles[] = {S("r0"), S("r1"), S("r2")};
const struct str native_actions[] = {S("read"), S("write"), S("a:b:c"), S("a:b")};
const struct str native_resources[] = {S("d0"), S("d1"), S("d2"), S("unknown"), S("team:x"), S("")};

const struct native_action_pattern native_action_patterns[] = {
    {S("read"), {1, 0, 0, 0}}, {S("write"), {0, 1, 0, 0}}, {S("*"), {1, 1, 1, 1}},
    {S("a:*"), {0, 0, 1, 0}},  {S("a:*:c"), {0, 0, 1, 0}}, {S("a:b"), {0, 0, 0, 1}},
};
const struct native_resource_pattern native_resource_patterns[] = {
    {S("doc/d0"), {1, 0, 0, 0, 0, 0}}, {S("doc/d1"), {0, 1, 0, 0, 0, 0}}, {S("doc/*"), {1, 1, 1, 1, 1, 0}},
    {S("*"), {1, 1, 1, 1, 1, 1}},      {S("doc"), {0, 0, 0, 0, 0, 1}},    {S("doc/team:*"), {0, 0, 0, 0, 1, 0}},
};

static const struct str keys[] = {S("a"), S("b")};
static const struct str values[] = {S("null"), S("1"), S("2"), S("\"x\""), S("\"y\""), S("true")};
static const struct str objects[] = {S("subject.properties"), S("action.properties"), S("resource.properties"),
                                     S("context")};

/* ---- making ------------------------------------------------------------------------------------------------ */

static struct native_properties some_properties(struct choices *c)
{
	struct native_properties p = {0};

	for (size_t i = 0; i < NATIVE_N_KEYS; i++)
		p.at[i] = (uint8_t)(choose(c, 3) ? choose(c, N_VALUES) : VALUE_ABSENT);
	return p;
}

/* One or two of `n` bits. */
static uint16_t some_bits(struct choices *c, uint32_t n)
{
	return (uint16_t)(1u << choose(c, n) | 1u << choose(c, n));
}

static void make_condition(struct choices *c, struct native_policy *p)
{
	for (size_t i = 0; i < NATIVE_N_NODES; i++) {
		bool is_leaf = 2 * i + 2 >= NATIVE_N_NODES || choose(c, 3) == 0;

		p->nodes[i] = (struct native_node){
		    .kind = (uint8_t)(is_leaf ? NODE_PROPERTY + choose(c, N_NODE_KINDS - NODE_PROPERTY) : choose(c, 3)),
		    .object = (uint8_t)choose(c, N_ELEMENTS(objects)),
		    .key = (uint8_t)choose(c, NATIVE_N_KEYS),
		    .value = (uint8_t)(1 + choose(c, N_VALUES - 1)),
		};
	}
}

static void make_policy(struct choices *c, struct native_policy *p)
{
	const uint32_t n_subjects = NATIVE_N_USERS + NATIVE_N_GROUPS + NATIVE_N_ROLES + 1;

	*p = (struct native_policy){.exists = choose(c, 5) != 0, .deny = choose(c, 4) == 0};
	p->has_condition = choose(c, 4) != 0;
	p->subjects = some_bits(c, n_subjects);
	if (choose(c, 4) == 0)
		p->subjects = (uint16_t)(1u << (n_subjects - 1));
	p->actions = some_bits(c, NATIVE_N_ACTION_PATTERNS);
	p->resources = some_bits(c, NATIVE_N_RESOURCE_PATTERNS);
	p->tenants = choose(c, 3) ? 0 : some_bits(c, NATIVE_N_TENANTS);
	p->from = (uint16_t)(choose(c, 5) ? 0 : 1 + choose(c, 4));
	p->until = (uint16_t)(choose(c, 5) ? 0 : p->from + 1 + choose(c, 4));
	make_condition(c, p);
}

static void make_user(struct choices *c, struct native_world *w, size_t i)
{
	w->users[i].exists = choose(c, 5) != 0;
	w->users[i].groups = w->users[i].exists ? (uint16_t)choose(c, 1u << NATIVE_N_GROUPS) : 0;
	w->users[i].properties = some_properties(c);
}

static void make_resource(struct choices *c, struct native_world *w, size_t i)
{
	w->resources[i].exists = choose(c, 4) != 0;
	w->resources[i].tenant = (uint16_t)(choose(c, 2) ? choose(c, NATIVE_N_PLACES) : 0);
	w->resources[i].properties = some_properties(c);
}

static void make_held(struct choices *c, struct native_world *w, size_t holder)
{
	for (size_t r = 0; r < NATIVE_N_ROLES; r++)
		w->held[holder][r] = (uint16_t)(choose(c, 3) ? 0 : choose(c, 1u << NATIVE_N_PLACES));
}

void native_generate(struct choices *c, struct native_world *w)
{
	*w = (struct native_world){0};
	for (size_t i = 0; i < NATIVE_N_USERS; i++)
		make_user(c, w, i);
	for (size_t i = 0; i < NATIVE_N_HOLDERS; i++)
		make_held(c, w, i);
	for (size_t i = 0; i < NATIVE_N_RESOURCES; i++)
		make_resource(c, w, i);
	for (size_t i = 0; i < NATIVE_N_POLICIES; i++)
		make_policy(c, &w->policies[i]);
}

void native_edit(struct choices *c, struct native_world *w)
{
	for (uint32_t n = 1 + choose(c, 3); n > 0; n--) {
		make_policy(c, &w->policies[choose(c, NATIVE_N_POLICIES)]);
		make_user(c, w, choose(c, NATIVE_N_USERS));
		make_held(c, w, choose(c, NATIVE_N_HOLDERS));
		make_resource(c, w, choose(c, NATIVE_N_RESOURCES));
	}
}

/* ---- printing ---------------------------------------------------------------------------------------------- */

static void print_leaf(struct buf *b, const struct native_node *n)
{
	static const char *const signs[] = {[NODE_EQUAL] = "==", [NODE_UNEQUAL] = "!=", [NODE_LESS] = "<"};
	struct str object = objects[n->object], key = keys[n->key];

	switch ((enum native_node_kind)n->kind) {
	case NODE_HAS:
		buf_addf(b, "has(" STR_FMT "." STR_FMT ")", STR_ARG(object), STR_ARG(key));
		break;
	case NODE_EQUAL:
	case NODE_UNEQUAL:
	case NODE_LESS:
		buf_addf(b, STR_FMT "." STR_FMT " %s " STR_FMT, STR_ARG(object), STR_ARG(key), signs[n->kind],
		         STR_ARG(values[n->value]));
		break;
	case NODE_IN_GROUP:
		buf_addf(b, "'" STR_FMT "' in subject.groups", STR_ARG(native_groups[n->value % NATIVE_N_GROUPS]));
		break;
	case NODE_IN_ROLE:
		buf_addf(b, "'" STR_FMT "' in subject.roles", STR_ARG(native_roles[n->value % NATIVE_N_ROLES]));
		break;
	case NODE_TENANT:
		buf_addf(b, "resource.tenant == '" STR_FMT "'", STR_ARG(native_tenants[n->value % NATIVE_N_TENANTS]));
		break;
	case NODE_BEFORE:
		buf_addf(b, "now < timestamp('1970-01-01T00:00:00.%03uZ')", (unsigned)n->value);
		break;
	case NODE_PROPERTY:
	case NODE_AND:
	case NODE_OR:
	case NODE_NOT:
	case N_NODE_KINDS:
		buf_addf(b, STR_FMT "." STR_FMT, STR_ARG(object), STR_ARG(key));
		break;
	}
}

/* From the last node to the first, so that each finds its operands printed. */
static struct str print_condition(const struct native_policy *p, struct arena *a)
{
	struct str text[NATIVE_N_NODES];

	for (size_t i = NATIVE_N_NODES; i-- > 0;) {
		CLEANUP(buf_releasep) struct buf b = BUF_INIT(1 << 16);
		unsigned kind = p->nodes[i].kind;

		if (kind == NODE_NOT)
			buf_addf(&b, "!(" STR_FMT ")", STR_ARG(text[2 * i + 1]));
		else if (kind == NODE_AND || kind == NODE_OR)
			buf_addf(&b, "(" STR_FMT " %s " STR_FMT ")", STR_ARG(text[2 * i + 1]),
			         kind == NODE_AND ? "&&" : "||", STR_ARG(text[2 * i + 2]));
		else
			print_leaf(&b, &p->nodes[i]);
		text[i] = arena_str(a, buf_str(&b));
	}
	return text[0];
}

static struct str print_properties(struct native_properties p, struct arena *a)
{
	CLEANUP(buf_releasep) struct buf b = BUF_INIT(1 << 10);

	for (size_t i = 0; i < NATIVE_N_KEYS; i++)
		if (p.at[i] != VALUE_ABSENT)
			buf_addf(&b, "%s\"" STR_FMT "\":" STR_FMT, b.len ? "," : "", STR_ARG(keys[i]),
			         STR_ARG(values[p.at[i]]));
	return arena_concat3(a, STR("{"), buf_str(&b), STR("}"));
}

struct str native_print(const struct native_world *w, const struct native_question *q, struct arena *a)
{
	CLEANUP(buf_releasep) struct buf b = BUF_INIT(1 << 20);

	for (size_t i = 0; i < NATIVE_N_POLICIES; i++) {
		const struct native_policy *p = &w->policies[i];

		if (p->exists)
			buf_addf(&b,
			         "p%zu %s subjects %x actions %x resources %x tenants %x from %u until %u if " STR_FMT
			         "\n",
			         i, p->deny ? "deny" : "allow", (unsigned)p->subjects, (unsigned)p->actions,
			         (unsigned)p->resources, (unsigned)p->tenants, (unsigned)p->from, (unsigned)p->until,
			         STR_ARG(p->has_condition ? print_condition(p, a) : STR("-")));
	}
	buf_addf(&b, "asked: " STR_FMT ":" STR_FMT " " STR_FMT " doc/" STR_FMT " at %lld\n",
	         STR_ARG(q->ask.subject_type), STR_ARG(q->ask.subject_id), STR_ARG(q->ask.action),
	         STR_ARG(q->ask.resource.id), (long long)q->ask.now_ms);
	for (size_t i = 0; i < N_ELEMENTS(objects); i++)
		buf_addf(&b, "  " STR_FMT " " STR_FMT "\n", STR_ARG(objects[i]),
		         STR_ARG(print_properties(q->sent[i], a)));
	return arena_str(a, buf_str(&b));
}

/* ---- snapshots --------------------------------------------------------------------------------------------- */

static void put(struct snapshot *s, const struct document *in)
{
	CLEANUP(buf_releasep) struct buf body = BUF_INIT(1 << 20);
	struct document *doc;
	int r;

	document_encode(in, &body);
	r = document_decode(in->kind, in->id, buf_str(&body), &doc, NULL);
	assert(r == 0);
	snapshot_put(s, doc);
}

struct snapshot *native_snapshot_new(uint64_t seed)
{
	struct snapshot *s = snapshot_new(STR("o"), seed);

	for (size_t i = 0; i < NATIVE_N_TENANTS; i++)
		put(s, &(struct tenant){.doc = {.kind = DOC_TENANT, .id = native_tenants[i]}}.doc);
	for (size_t i = 0; i < NATIVE_N_GROUPS; i++)
		put(s, &(struct group){.doc = {.kind = DOC_GROUP, .id = native_groups[i]}}.doc);
	for (size_t i = 0; i < NATIVE_N_ROLES; i++)
		put(s, &(struct role){.doc = {.kind = DOC_ROLE, .id = native_roles[i]}}.doc);
	return s;
}

/* What is in one world and not in the other is put or removed. */
static void put_or_remove(struct snapshot *s, const struct document *doc, bool is_there)
{
	if (is_there)
		put(s, doc);
	else
		(void)snapshot_remove(s, doc->kind, doc->id);
}

static const struct json *parse(struct str text, struct arena *a)
{
	const struct json *tree = NULL;
	int r = json_parse(text, a, &tree, NULL);

	assert(r == JSON_OK);
	return tree;
}

static void move_user(struct snapshot *s, const struct native_world *to, size_t i, struct arena *a)
{
	const struct user u = {.doc = {.kind = DOC_USER, .id = native_users[i]},
	                       .attributes = parse(print_properties(to->users[i].properties, a), a)};

	put_or_remove(s, &u.doc, to->users[i].exists);
	for (size_t g = 0; g < NATIVE_N_GROUPS; g++) {
		const struct group_member m = {
		    .doc = {.kind = DOC_GROUP_MEMBER,
		            .id = arena_concat3(a, native_groups[g], STR("/"), native_users[i])},
		    .group = native_groups[g],
		    .member = native_users[i]};

		put_or_remove(s, &m.doc, to->users[i].groups >> g & 1);
	}
}

static void move_held(struct snapshot *s, const struct native_world *to, size_t holder, struct arena *a)
{
	bool is_user = holder < NATIVE_N_USERS;
	struct str id = is_user ? native_users[holder] : native_groups[holder - NATIVE_N_USERS];

	for (size_t r = 0; r < NATIVE_N_ROLES; r++) {
		for (size_t place = 0; place < NATIVE_N_PLACES; place++) {
			const struct role_member m = {
			    .doc = {.kind = DOC_ROLE_MEMBER, .id = arena_strf(a, "%zu/%zu/%zu", r, holder, place)},
			    .role = native_roles[r],
			    .principal_type = is_user ? STR("user") : STR("group"),
			    .principal_id = id,
			    .tenant = place ? native_tenants[place - 1] : STR_NONE};

			put_or_remove(s, &m.doc, to->held[holder][r] >> place & 1);
		}
	}
}

static void move_resource(struct snapshot *s, const struct native_world *to, size_t i, struct arena *a)
{
	const uint16_t tenant = to->resources[i].tenant;
	const struct resource r = {
	    .doc = {.kind = DOC_RESOURCE, .id = arena_concat(a, STR("doc/"), native_resources[i])},
	    .type = STR("doc"),
	    .resource_id = native_resources[i],
	    .tenant = tenant ? native_tenants[tenant - 1] : STR_NONE,
	    .attributes = parse(print_properties(to->resources[i].properties, a), a)};

	put_or_remove(s, &r.doc, to->resources[i].exists);
}

static struct str subject_name(size_t bit, struct arena *a)
{
	if (bit < NATIVE_N_USERS)
		return arena_concat(a, STR("user:"), native_users[bit]);
	bit -= NATIVE_N_USERS;
	if (bit < NATIVE_N_GROUPS)
		return arena_concat(a, STR("group:"), native_groups[bit]);
	bit -= NATIVE_N_GROUPS;
	return bit < NATIVE_N_ROLES ? arena_concat(a, STR("role:"), native_roles[bit]) : STR("*");
}

static void move_policy(struct snapshot *s, const struct native_policy *p, size_t i, struct arena *a)
{
	struct str subjects[16], actions[16], resources[16], tenants[16];
	size_t n_subjects = 0, n_actions = 0, n_resources = 0, n_tenants = 0;

	for (size_t bit = 0; bit < 16; bit++) {
		if (p->subjects >> bit & 1)
			subjects[n_subjects++] = subject_name(bit, a);
		if (p->actions >> bit & 1)
			actions[n_actions++] = native_action_patterns[bit].text;
		if (p->resources >> bit & 1)
			resources[n_resources++] = native_resource_patterns[bit].text;
		if (p->tenants >> bit & 1)
			tenants[n_tenants++] = native_tenants[bit];
	}
	const struct access_policy doc = {
	    .doc = {.kind = DOC_ACCESS_POLICY, .id = arena_strf(a, "p%zu", i)},
	    .deny = p->deny,
	    .subjects = {subjects, n_subjects},
	    .actions = {actions, n_actions},
	    .resources = {resources, n_resources},
	    .tenants = {tenants, n_tenants},
	    .condition = p->has_condition ? print_condition(p, a) : STR_NONE,
	    .valid_from_ms = p->from,
	    .valid_until_ms = p->until,
	};
	put_or_remove(s, &doc.doc, p->exists);
}

#define DIFFERS(member) (memcmp(&from->member, &to->member, sizeof(to->member)) != 0)

void native_move(struct snapshot *fork, const struct native_world *from, const struct native_world *to)
{
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < NATIVE_N_USERS; i++)
		if (DIFFERS(users[i]))
			move_user(fork, to, i, &a);
	for (size_t i = 0; i < NATIVE_N_HOLDERS; i++)
		if (DIFFERS(held[i]))
			move_held(fork, to, i, &a);
	for (size_t i = 0; i < NATIVE_N_RESOURCES; i++)
		if (DIFFERS(resources[i]))
			move_resource(fork, to, i, &a);
	for (size_t i = 0; i < NATIVE_N_POLICIES; i++)
		if (DIFFERS(policies[i]))
			move_policy(fork, &to->policies[i], i, &a);
	arena_release(&a);
}

/* ---- questions --------------------------------------------------------------------------------------------- */

static void ask_about_subject(struct choices *c, struct native_question *q, struct arena *a)
{
	static const struct str types[] = {S("user"), S("group"), S("role"), S("external")};

	q->subject = choose(c, 3) ? ASKS_USER : choose(c, 4);
	q->number = choose(c, q->subject == ASKS_USER ? NATIVE_N_USERS : NATIVE_N_GROUPS);
	q->raw = q->subject == ASKS_EXTERNAL || choose(c, 6) == 0 ? choose(c, NATIVE_N_GROUPS + 1) : 0;
	q->ask.subject_type = types[q->subject];
	q->ask.subject_id = q->subject == ASKS_GROUP  ? native_groups[q->number]
	                    : q->subject == ASKS_ROLE ? native_roles[q->number]
	                                              : native_users[q->number];
	if (q->raw) {
		struct str *raw = ARENA_NEW(a, struct str);

		*raw = arena_concat(a, STR(SUBJECT_GROUP), native_groups[q->raw - 1]);
		q->ask.raw_subjects = (struct str_list){raw, 1};
	}
}

static void ask_about_tenants(struct choices *c, struct native_question *q, struct arena *a)
{
	static const struct str any[] = {S("t1"), S("t2"), S("t3"), S("t9"), S(TENANT_UNASSIGNED)};
	struct str *items = ARENA_ARRAY(a, struct str, 4);
	uint32_t how = choose(c, 3);

	if (how == 1)
		q->ask.resource.tenant = any[choose(c, N_ELEMENTS(any))];
	if (how != 2)
		return;
	q->ask.resource.lists_tenants = true;
	q->ask.resource.tenants = (struct str_list){items, choose(c, 5)};
	for (size_t i = 0; i < q->ask.resource.tenants.n; i++)
		items[i] = any[choose(c, N_ELEMENTS(any))];
}

struct native_question native_question(struct choices *c, struct arena *a)
{
	struct native_question q = {.action = choose(c, NATIVE_N_ACTIONS),
	                            .resource = choose(c, NATIVE_N_ASKED_RESOURCES)};
	const struct json **sent[] = {&q.ask.subject_properties, &q.ask.action_properties, &q.ask.resource_properties,
	                              &q.ask.context};

	ask_about_subject(c, &q, a);
	q.ask.action = native_actions[q.action];
	q.ask.resource.type = STR("doc");
	q.ask.resource.id = native_resources[q.resource];
	ask_about_tenants(c, &q, a);
	q.ask.now_ms = 1 + (int64_t)choose(c, 8);
	for (size_t i = 0; i < N_ELEMENTS(sent); i++) {
		if (choose(c, 2))
			q.sent[i] = some_properties(c);
		if (choose(c, 4))
			*sent[i] = parse(print_properties(q.sent[i], a), a);
		else
			q.sent[i] = (struct native_properties){0};
	}
	return q;
}
