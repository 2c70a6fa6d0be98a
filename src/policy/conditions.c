/* SPDX-License-Identifier: Apache-2.0
 *
 * The environments, and expressions in them: checked, and evaluated about a request. What they name is looked up
 * when they ask for it.
 */
#include "policy/conditions_impl.h"

#include <errno.h>

/* What a variable stands for. */
enum meaning {
	MEANS_NONE,
	MEANS_SUBJECT,
	MEANS_ENTITLEMENT,
	MEANS_TASK,
	MEANS_ACCOUNT,
	MEANS_IP,
	MEANS_OWNERS,
};
#define MAX_VARIABLES 5u

/* By slot. */
static const struct {
	const char *name, *type;
	enum meaning meaning;
} variables[CONDITION_N_KINDS][MAX_VARIABLES] = {
    [CONDITION_MATCH] =
        {
            {"subject", "User", MEANS_SUBJECT},
            {"entitlement", "Entitlement", MEANS_ENTITLEMENT},
            {"task", "Task", MEANS_TASK},
            {"account", "AppUser", MEANS_ACCOUNT},
            {"ip", "IP", MEANS_IP},
        },
    [CONDITION_APPROVERS] =
        {
            {"subject", "User", MEANS_SUBJECT},
            {"entitlement", "Entitlement", MEANS_ENTITLEMENT},
            {"task", "Task", MEANS_TASK},
            {"appOwners", "list(User)", MEANS_OWNERS},
            {"app_owners", "list(User)", MEANS_OWNERS},
        },
    [CONDITION_VALUE] =
        {
            {"subject", "User", MEANS_SUBJECT},
            {"user", "User", MEANS_SUBJECT},
        },
};

struct conditions {
	struct cel_env *envs[CONDITION_N_KINDS];
};

/* ---- making -------------------------------------------------------------------------------------------- */

static void add_params(struct cel_env *env, const char *spelling, struct cel_overload *o)
{
	struct str rest = str_of(spelling), part;

	while (!str_is_empty(rest) && str_split(&rest, ',', &part)) {
		assert(o->n_params < CEL_MAX_ARGS);
		o->params[o->n_params] = cel_type_parse(cel_env_arena(env), env, part);
		assert(o->params[o->n_params]);
		o->n_params++;
	}
}

static void add_functions(struct cel_env *env, const struct condition_function_table *table)
{
	struct cel_overload *overloads = ARENA_ARRAY(cel_env_arena(env), struct cel_overload, table->n);

	for (size_t i = 0; i < table->n; i++) {
		const struct condition_function *f = &table->functions[i];

		overloads[i] = (struct cel_overload){
		    .name = str_of(f->name),
		    .id = str_of(f->id),
		    .flags = f->flags,
		    .result = cel_type_parse(cel_env_arena(env), env, str_of(f->result)),
		    .call = f->call,
		};
		add_params(env, f->params, &overloads[i]);
	}
	cel_env_add_function(env, overloads, table->n);
}

static struct cel_env *env_of(enum condition_kind kind)
{
	struct cel_env *env = cel_env_new(CEL_LIB_STRINGS);

	condition_add_types(env);
	for (size_t i = 0; i < MAX_VARIABLES && variables[kind][i].name; i++) {
		const struct cel_type *type = cel_type_parse(cel_env_arena(env), env, str_of(variables[kind][i].type));

		(void)cel_env_add_variable(env, str_of(variables[kind][i].name), type);
	}
	add_functions(env, &condition_directory);
	add_functions(env, &condition_accounts);
	add_functions(env, &condition_times);
	add_functions(env, &condition_networks);
	return env;
}

struct conditions *conditions_new(void)
{
	struct conditions *c = mem_calloc(1, sizeof(*c));

	for (int kind = 0; kind < CONDITION_N_KINDS; kind++)
		c->envs[kind] = env_of((enum condition_kind)kind);
	return c;
}

void conditions_free(struct conditions *c)
{
	if (!c)
		return;
	for (int kind = 0; kind < CONDITION_N_KINDS; kind++)
		cel_env_free(c->envs[kind]);
	free(c);
}

/* ---- checking ------------------------------------------------------------------------------------------ */

static bool is_user(const struct cel_type *t)
{
	return t->kind == CEL_TYPE_DYN || (t->kind == CEL_TYPE_STRUCT && t->number == CONDITION_USER);
}

/* A user, or a list of users, also an empty one, whose elements have no type. */
static bool yields_users(const struct cel_type *t)
{
	if (t->kind == CEL_TYPE_LIST)
		return is_user(t->params[0]) || t->params[0]->kind == CEL_TYPE_VARIABLE ||
		       t->params[0]->kind == CEL_TYPE_PARAM;
	return t->kind == CEL_TYPE_NULL || is_user(t);
}

static void refuse_type(const struct cel_type *t, struct cel_issues *issues)
{
	CLEANUP(buf_releasep) struct buf name = BUF_INIT(BUF_MAX_LINE_BYTES);

	cel_type_print(&name, t);
	cel_issue_add(issues, 0, "expected type 'list(User)' but found '" STR_FMT "'", STR_ARG(buf_str(&name)));
}

/* NULL: it has issues. */
static struct cel_program *compile(const struct conditions *c, enum condition_kind kind, struct str source,
                                   struct cel_issues *issues)
{
	const struct cel_options options = {.result = kind == CONDITION_MATCH ? &cel_type_bool : NULL};
	struct cel_program *p = NULL;

	if (source.len > CONDITION_MAX_BYTES) {
		cel_issue_add(issues, 0, "expression is longer than %zu bytes", CONDITION_MAX_BYTES);
		return NULL;
	}
	if (cel_compile(c->envs[kind], source, &options, &p, issues) < 0)
		return NULL;
	if (kind != CONDITION_APPROVERS || yields_users(cel_program_type(p)))
		return p;
	refuse_type(cel_program_type(p), issues);
	cel_program_free(p);
	return NULL;
}

/* Behind the name or number that begins at `at`, else behind one character. */
static uint32_t end_of_word(struct str source, uint32_t at)
{
	uint32_t end = at;

	while (end < source.len && (source.ptr[end] == '_' || (source.ptr[end] >= '0' && source.ptr[end] <= '9') ||
	                            (source.ptr[end] >= 'a' && source.ptr[end] <= 'z') ||
	                            (source.ptr[end] >= 'A' && source.ptr[end] <= 'Z')))
		end++;
	return end > at || at >= source.len ? end : at + 1;
}

/* Expressions have no container here: cel-go's mention of it would puzzle people. */
static struct str plain_text(struct str text, struct arena *a)
{
	static const struct str container = STR_INIT(" (in container '')");

	if (str_ends_with(text, container))
		text.len -= container.len;
	return arena_str(a, text);
}

struct condition_issue condition_issue_of(struct str source, const struct cel_issues *issues, size_t i, struct arena *a)
{
	struct cel_place from = cel_place_of(source, issues->items[i].at);
	struct cel_place to = cel_place_of(source, end_of_word(source, issues->items[i].at));

	return (struct condition_issue){
	    plain_text(issues->items[i].text, a), from.line, from.column, to.line, to.column,
	};
}

bool conditions_check(const struct conditions *c, enum condition_kind kind, struct str source, struct arena *a,
                      const struct condition_issue **ret_issues, size_t *ret_n)
{
	struct cel_issues issues = {.arena = a};
	struct cel_program *p = compile(c, kind, source, &issues);
	struct condition_issue *told;

	*ret_n = 0;
	if (p) {
		cel_program_free(p);
		return true;
	}
	told = ARENA_ARRAY(a, struct condition_issue, issues.n);
	for (size_t i = 0; i < issues.n; i++)
		told[i] = condition_issue_of(source, &issues, i, a);
	*ret_issues = told;
	*ret_n = issues.n;
	return false;
}

/* ---- evaluating ---------------------------------------------------------------------------------------- */

static struct cel_value object_or_fail(struct cel_eval *ev, enum condition_type type, const void *object,
                                       const char *what)
{
	return object ? condition_object(type, object) : cel_fail(ev, CEL_HOST, "%s not found", what);
}

static struct cel_value owners_of(struct cel_eval *ev)
{
	const struct condition_input *in = condition_input_of(ev);
	const struct app *app = FIND(in->snapshot, app, APP, in->request->app);

	return condition_users(ev, app ? app->owners : (struct str_list){0});
}

static struct cel_value bind(struct cel_eval *ev, enum meaning meaning)
{
	const struct condition_input *in = condition_input_of(ev);
	const struct access_request *r = in->request;

	switch (meaning) {
	case MEANS_SUBJECT:
		return object_or_fail(ev, CONDITION_USER, snapshot_find_any(in->snapshot, DOC_USER, r->user), "user");
	case MEANS_ENTITLEMENT:
		return object_or_fail(ev, CONDITION_ENTITLEMENT,
		                      snapshot_find(in->snapshot, DOC_APP_ENTITLEMENT,
		                                    arena_concat3(in->arena, r->app, STR("/"), r->entitlement_id)),
		                      "entitlement");
	case MEANS_ACCOUNT:
		return object_or_fail(ev, CONDITION_ACCOUNT, condition_account(in), "account");
	case MEANS_IP:
		return str_is_empty(in->ip) ? cel_fail(ev, CEL_HOST, "the IP address is not known")
		                            : condition_ip(ev, in->ip);
	case MEANS_OWNERS:
		return owners_of(ev);
	case MEANS_TASK:
	case MEANS_NONE:
		break;
	}
	return condition_object(CONDITION_TASK, r);
}

#define RESOLVER(name, kind)                                                                                           \
	static struct cel_value name(struct cel_eval *ev, uint32_t slot)                                               \
	{                                                                                                              \
		return bind(ev, variables[kind][slot].meaning);                                                        \
	}
RESOLVER(resolve_match, CONDITION_MATCH)
RESOLVER(resolve_approvers, CONDITION_APPROVERS)
RESOLVER(resolve_value, CONDITION_VALUE)

static struct cel_value (*const resolvers[])(struct cel_eval *ev, uint32_t slot) = {
    [CONDITION_MATCH] = resolve_match,
    [CONDITION_APPROVERS] = resolve_approvers,
    [CONDITION_VALUE] = resolve_value,
};

static struct cel_result evaluate(const struct cel_program *p, enum condition_kind kind,
                                  const struct condition_input *in)
{
	struct cel_value unbound[MAX_VARIABLES] = {0};
	/* The host's pointer is not const; functions take it as const. */
	union {
		const struct condition_input *in;
		void *host;
	} host = {.in = in};

	return cel_evaluate(p, &(struct cel_input){
	                           .variables = unbound,
	                           .resolve = resolvers[kind],
	                           .host = host.host,
	                           .arena = in->arena,
	                           .now_ms = in->now_ms,
	                       });
}

/* NULL: it does not compile, and `err` has the first issue. */
static struct cel_program *compile_or_say(const struct conditions *c, enum condition_kind kind, struct str source,
                                          struct error *err)
{
	CLEANUP(arena_release) struct arena scratch = ARENA_INIT;
	struct cel_issues issues = {.arena = &scratch};
	struct cel_program *p = compile(c, kind, source, &issues);

	if (p)
		return p;
	if (issues.n)
		(void)error_set(err, -EINVAL, STR_FMT, STR_ARG(plain_text(issues.items[0].text, &scratch)));
	else
		(void)error_set(err, -EINVAL, "expression does not compile");
	return NULL;
}

static int failed(const struct cel_result *r, struct error *err)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(BUF_MAX_LINE_BYTES);

	cel_result_print_error(&text, r);
	return error_set(err, -EINVAL, STR_FMT, STR_ARG(buf_str(&text)));
}

static enum condition_result match(const struct cel_program *p, const struct condition_input *in, struct error *err)
{
	struct cel_result r = evaluate(p, CONDITION_MATCH, in);

	if (r.value.kind == CEL_BOOL)
		return r.value.b ? CONDITION_TRUE : CONDITION_FALSE;
	if (cel_is_error(r.value))
		(void)failed(&r, err);
	else
		(void)error_set(err, -EINVAL, "expression yields no bool");
	return CONDITION_ERROR;
}

enum condition_result conditions_match(const struct conditions *c, struct str source, const struct condition_input *in,
                                       struct error *err)
{
	struct cel_program *p = compile_or_say(c, CONDITION_MATCH, source, err);
	enum condition_result result = p ? match(p, in, err) : CONDITION_ERROR;

	cel_program_free(p);
	return result;
}

/* The ids of a user, or of a list of users; false: there is something else among them. */
static bool ids_of(struct cel_value v, struct arena *a, struct str_list *ret)
{
	uint32_t n_items = v.kind == CEL_LIST ? v.n : v.kind != CEL_NULL;
	struct str *ids = ARENA_ARRAY(a, struct str, n_items);
	size_t n = 0;

	for (uint32_t i = 0; i < n_items; i++) {
		struct cel_value item = v.kind == CEL_LIST ? cel_list_at(v, i) : v;

		if (item.kind == CEL_NULL)
			continue;
		if (item.kind != CEL_STRUCT || item.of != CONDITION_USER)
			return false;
		struct str id = ((const struct user *)item.object)->doc.id;
		if (!str_list_has((struct str_list){ids, n}, id))
			ids[n++] = id;
	}
	*ret = (struct str_list){ids, n};
	return true;
}

/* Ids are the snapshot's: nothing of the result lies in the program. */
static int approvers(const struct cel_program *p, const struct condition_input *in, struct str_list *ret_users,
                     struct error *err)
{
	struct cel_result r = evaluate(p, CONDITION_APPROVERS, in);

	if (cel_is_error(r.value))
		return failed(&r, err);
	if (!ids_of(r.value, in->arena, ret_users))
		return error_set(err, -EINVAL, "expression yields something that is no user");
	return 0;
}

int conditions_approvers(const struct conditions *c, struct str source, const struct condition_input *in,
                         struct str_list *ret_users, struct error *err)
{
	struct cel_program *p = compile_or_say(c, CONDITION_APPROVERS, source, err);
	int result = p ? approvers(p, in, ret_users, err) : -EINVAL;

	cel_program_free(p);
	return result;
}

/* Texts as they are, users by their id, and anything else as its JSON has it. False: it has none. */
static bool value_text(struct cel_value v, struct arena *a, struct str *ret)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(CEL_DEFAULT_MEMORY);
	struct json_writer w = JSON_WRITER(&text);
	const struct json *tree;

	if (v.kind == CEL_STRUCT && v.of == CONDITION_USER) {
		*ret = ((const struct user *)v.object)->doc.id;
		return true;
	}
	if (!cel_value_to_json(&w, v) || text.overflowed)
		return false;
	/* Times and durations are texts, too. */
	if (json_parse(buf_str(&text), a, &tree, NULL) == JSON_OK && tree->type == JSON_STRING)
		*ret = tree->s;
	else
		*ret = arena_str(a, buf_str(&text));
	return true;
}

int conditions_value(const struct conditions *c, struct str source, const struct condition_input *in,
                     struct str *ret_type, struct str *ret_text, struct error *err)
{
	CLEANUP(buf_releasep) struct buf type = BUF_INIT(BUF_MAX_LINE_BYTES);
	struct cel_program *p = compile_or_say(c, CONDITION_VALUE, source, err);
	struct cel_result r;
	int result = 0;

	if (!p)
		return -EINVAL;
	r = evaluate(p, CONDITION_VALUE, in);
	if (cel_is_error(r.value)) {
		result = failed(&r, err);
	} else if (!value_text(r.value, in->arena, ret_text)) {
		result = error_set(err, -EINVAL, "expression yields something that has no text");
	} else {
		cel_type_print(&type, cel_type_of(c->envs[CONDITION_VALUE], r.value));
		*ret_type = arena_str(in->arena, buf_str(&type));
	}
	cel_program_free(p);
	return result;
}

/* ---- kept programs ------------------------------------------------------------------------------------------------
 */

struct condition_program {
	enum condition_kind kind;
	struct cel_program *program;
};

struct condition_program *condition_program_new(const struct conditions *c, enum condition_kind kind, struct str source,
                                                struct error *err)
{
	struct cel_program *program = compile_or_say(c, kind, source, err);
	struct condition_program *p;

	if (!program)
		return NULL;
	p = mem_alloc(sizeof(*p));
	*p = (struct condition_program){kind, program};
	return p;
}

void condition_program_free(struct condition_program *p)
{
	if (!p)
		return;
	cel_program_free(p->program);
	free(p);
}

size_t condition_program_bytes(const struct condition_program *p)
{
	return sizeof(*p) + cel_program_bytes(p->program);
}

enum condition_result condition_program_match(const struct condition_program *p, const struct condition_input *in,
                                              struct error *err)
{
	assert(p->kind == CONDITION_MATCH);
	return match(p->program, in, err);
}

int condition_program_approvers(const struct condition_program *p, const struct condition_input *in,
                                struct str_list *ret_users, struct error *err)
{
	assert(p->kind == CONDITION_APPROVERS);
	return approvers(p->program, in, ret_users, err);
}
