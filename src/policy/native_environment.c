/* SPDX-License-Identifier: Apache-2.0
 *
 * What conditions of native policies see: three structs with their fields, looked up when an expression asks for them.
 */
#include "base/hash.h"
#include "base/strs.h"
#include "policy/ask.h"
#include "policy/native_impl.h"

#define NS_PER_MS 1000000

/* ---- properties -------------------------------------------------------------------------------------------- */

/* Members of what lies above hide those of the same name below. */
struct layer {
	const struct json_member *members;
	size_t n;
};

static struct layer layer_of(const struct json *object)
{
	return json_is(object, JSON_OBJECT) ? (struct layer){object->members, object->n} : (struct layer){0};
}

/* Names that are taken already; open addressing, at most half full. */
struct names {
	const struct json_member **slots;
	size_t mask;
	uint64_t seed;
};

static struct names names_of_room(const struct asked *asked, size_t n)
{
	struct names t = {.mask = 15, .seed = asked->snapshot->engine.seed};

	while (t.mask < n * 2)
		t.mask = t.mask * 2 + 1;
	t.slots = arena_calloc(asked->arena, t.mask + 1, sizeof(t.slots[0]));
	return t;
}

/* False: there is one of that name. */
static bool names_add(struct names *t, const struct json_member *m)
{
	size_t i = hash_str(t->seed, m->name) & t->mask;

	for (; t->slots[i]; i = (i + 1) & t->mask)
		if (str_eq(t->slots[i]->name, m->name))
			return false;
	t->slots[i] = m;
	return true;
}

/* The layers as one map, the first on top. One that is alone is the map as it stands. */
static struct cel_value merge(const struct asked *asked, const struct layer *layers, size_t n_layers)
{
	struct cel_value map = {.kind = CEL_MAP, .is_json = 1};
	struct json_member *all;
	size_t n = 0, n_kept = 0, n_used = 0;
	struct names taken;

	for (size_t i = 0; i < n_layers; i++) {
		if (layers[i].n)
			map.members = layers[i].members;
		n += layers[i].n;
		n_used += layers[i].n != 0;
	}
	assert(n <= UINT32_MAX);
	map.n = (uint32_t)n;
	if (n_used < 2)
		return map;
	taken = names_of_room(asked, n);
	all = ARENA_ARRAY(asked->arena, struct json_member, n);
	for (size_t i = 0; i < n_layers; i++) {
		for (size_t k = 0; k < layers[i].n; k++)
			if (names_add(&taken, &layers[i].members[k]))
				all[n_kept++] = layers[i].members[k];
	}
	map.members = all;
	map.n = (uint32_t)n_kept;
	return map;
}

enum { MAX_DIRECTORY_FIELDS = 3 };

static void add_field(struct layer *l, struct json_member *room, struct str name, struct str value)
{
	if (str_is_absent(value))
		return;
	room[l->n++] = (struct json_member){name, {.type = JSON_STRING, .s = value}};
	l->members = room;
}

static enum document_kind kind_of_subject(struct str type)
{
	return str_eq(type, STR("role"))      ? DOC_ROLE
	       : str_eq(type, STR("user"))    ? DOC_USER
	       : str_eq(type, STR("service")) ? DOC_SERVICE_ACCOUNT
	       : str_eq(type, STR("group"))   ? DOC_GROUP
	                                      : DOC_NONE;
}

/* What the directory itself knows of the subject, and its attributes. */
static void add_directory(const struct asked *asked, struct layer *fields, struct layer *attributes)
{
	struct json_member *room = ARENA_ARRAY(asked->arena, struct json_member, MAX_DIRECTORY_FIELDS);
	enum document_kind kind = kind_of_subject(asked->ask->subject_type);
	const struct document *doc =
	    kind == DOC_NONE ? NULL : snapshot_find_any(asked->snapshot, kind, asked->ask->subject_id);

	if (!doc)
		return;
	if (kind == DOC_USER) {
		add_field(fields, room, STR("email"), as_user(doc)->email);
		add_field(fields, room, STR("display_name"), as_user(doc)->display_name);
		add_field(fields, room, STR("manager"), as_user(doc)->manager);
		*attributes = layer_of(as_user(doc)->attributes);
	} else if (kind == DOC_GROUP) {
		add_field(fields, room, STR("display_name"), as_group(doc)->display_name);
	} else if (kind == DOC_ROLE) {
		add_field(fields, room, STR("display_name"), as_role(doc)->display_name);
	} else {
		add_field(fields, room, STR("display_name"), as_service_account(doc)->display_name);
	}
}

static struct cel_value properties_of_subject(struct asked *asked)
{
	struct cel_value *known = &asked->facts->subject_properties;
	struct layer layers[3] = {layer_of(asked->ask->subject_properties)};

	if (cel_is_error(*known)) {
		add_directory(asked, &layers[1], &layers[2]);
		*known = merge(asked, layers, N_ELEMENTS(layers));
	}
	return *known;
}

static struct cel_value properties_of_action(struct asked *asked)
{
	struct layer only = layer_of(asked->ask->action_properties);

	return merge(asked, &only, 1);
}

static struct cel_value properties_of_resource(struct asked *asked)
{
	const struct ask_resource *r = asked->resource;
	struct cel_value *known = &asked->facts->resource_properties;
	const struct resource *registered;
	struct layer layers[2] = {0};

	if (!cel_is_error(*known))
		return *known;
	/* A question says these of its resource only, not of its target. */
	if (r == &asked->ask->resource)
		layers[0] = layer_of(asked->ask->resource_properties);
	registered = FIND(asked->snapshot, resource, RESOURCE, arena_concat3(asked->arena, r->type, STR("/"), r->id));
	if (registered)
		layers[1] = layer_of(registered->attributes);
	return *known = merge(asked, layers, N_ELEMENTS(layers));
}

/* ---- groups, roles, tenant, tags --------------------------------------------------------------------------- */

/* The one tenant that is asked about; absent: none, or several. */
static struct str tenant_of(const struct asked *asked)
{
	const struct query *q = asked->facts->query;

	if (q->scope != SCOPE_LISTED || q->tenants.n == 0 || str_eq(q->tenants.items[0], STR(TENANT_UNASSIGNED)))
		return STR_NONE;
	for (size_t i = 1; i < q->tenants.n; i++)
		if (!str_eq(q->tenants.items[i], q->tenants.items[0]))
			return STR_NONE;
	return q->tenants.items[0];
}

/* In order, each once; in the arena. */
static struct cel_value list_of(struct asked *asked, struct strs *l)
{
	struct cel_value *items = ARENA_ARRAY(asked->arena, struct cel_value, l->n);
	uint32_t n = 0;

	if (l->n > 1)
		qsort(l->items, l->n, sizeof(*l->items), str_qsort);
	for (size_t i = 0; i < l->n; i++)
		if (i == 0 || !str_eq(l->items[i - 1], l->items[i]))
			items[n++] = cel_string(l->items[i]);
	return cel_list(items, n);
}

/* The query's subjects that begin so and count where it asks, without the prefix. */
static struct cel_value subjects_of(struct asked *asked, struct str prefix)
{
	const struct query *q = asked->facts->query;
	struct strs found = {.arena = asked->arena};
	struct str tenant = tenant_of(asked);

	for (size_t i = 0; i < q->n_subjects; i++) {
		const struct subject *s = &q->subjects[i];
		bool counts = str_is_absent(s->tenant) || (!str_is_absent(tenant) && str_eq(s->tenant, tenant));

		if (counts && str_starts_with(s->text, prefix))
			strs_add(&found, str_slice(s->text, prefix.len, s->text.len));
	}
	return list_of(asked, &found);
}

static int by_key(const void *a, const void *b)
{
	const struct tag *x = a, *y = b;
	int r = str_cmp(x->key, y->key);

	return r ? r : str_cmp(x->value, y->value);
}

/* Tags as an object of arrays: sorted, so that the values of one key stand together. */
static struct cel_value map_of_tags(const struct attributes *known, struct arena *a)
{
	struct tag *tags = ARENA_ARRAY(a, struct tag, known->n_tags);
	struct json *values = ARENA_ARRAY(a, struct json, known->n_tags);
	struct json_member *members = ARENA_ARRAY(a, struct json_member, known->n_tags);
	struct cel_value map = {.kind = CEL_MAP, .is_json = 1, .members = members};

	if (known->n_tags)
		memcpy(tags, known->tags, known->n_tags * sizeof(*tags));
	if (known->n_tags > 1)
		qsort(tags, known->n_tags, sizeof(*tags), by_key);
	for (size_t i = 0; i < known->n_tags; i++) {
		values[i] = (struct json){.type = JSON_STRING, .s = tags[i].value};
		if (i == 0 || !str_eq(tags[i - 1].key, tags[i].key))
			members[map.n++] = (struct json_member){tags[i].key, {.type = JSON_ARRAY, .items = &values[i]}};
		members[map.n - 1].value.n++;
	}
	return map;
}

/* CEL_ERROR: they are unknown. */
static struct cel_value tags_of(struct asked *asked)
{
	struct cel_value *found = &asked->facts->tags;
	struct attributes known;

	if (!cel_is_error(*found))
		return *found;
	known = ask_tags(asked->snapshot, asked->resource, asked->arena);
	if (known.tags_are_known)
		*found = map_of_tags(&known, asked->arena);
	return *found;
}

/* ---- fields ------------------------------------------------------------------------------------------------ */

enum { TYPE_OR_NAME, ID, PROPERTIES, GROUPS, ROLES, TENANT = GROUPS, TAGS = ROLES };

/* What structs are made of is the question itself. Its facts are the evaluation's own to fill. */
static struct asked *asked_of(const void *object)
{
	return (struct asked *)(uintptr_t)object;
}

static struct cel_value get_of_subject(struct cel_eval *ev UNUSED, const void *object, uint32_t field)
{
	struct asked *asked = asked_of(object);
	struct asked_facts *f = asked->facts;

	switch (field) {
	case TYPE_OR_NAME:
		return cel_string(asked->ask->subject_type);
	case ID:
		return cel_string(asked->ask->subject_id);
	case GROUPS:
		if (cel_is_error(f->groups))
			f->groups = subjects_of(asked, STR(SUBJECT_GROUP));
		return f->groups;
	case ROLES:
		if (cel_is_error(f->roles))
			f->roles = subjects_of(asked, STR(SUBJECT_ROLE));
		return f->roles;
	default:
		return properties_of_subject(asked);
	}
}

static struct cel_value get_of_action(struct cel_eval *ev UNUSED, const void *object, uint32_t field)
{
	struct asked *asked = asked_of(object);

	return field == TYPE_OR_NAME ? cel_string(asked->ask->action) : properties_of_action(asked);
}

static struct cel_value get_of_resource(struct cel_eval *ev, const void *object, uint32_t field)
{
	struct asked *asked = asked_of(object);
	struct str tenant;
	struct cel_value tags;

	switch (field) {
	case TYPE_OR_NAME:
		return cel_string(asked->resource->type);
	case ID:
		return cel_string(asked->resource->id);
	case TENANT:
		tenant = tenant_of(asked);
		return str_is_absent(tenant) ? cel_fail(ev, CEL_NO_SUCH_FIELD, "tenant") : cel_string(tenant);
	case TAGS:
		tags = tags_of(asked);
		return cel_is_error(tags) ? cel_fail(ev, CEL_NO_SUCH_FIELD, "tags") : tags;
	default:
		return properties_of_resource(asked);
	}
}

static bool resource_has(struct cel_eval *ev UNUSED, const void *object, uint32_t field)
{
	struct asked *asked = asked_of(object);

	if (field == TENANT)
		return !str_is_absent(tenant_of(asked));
	return field != TAGS || !cel_is_error(tags_of(asked));
}

/* ---- the environment --------------------------------------------------------------------------------------- */

enum { N_STRUCTS = 3, MAX_FIELDS = 5 };

static const struct native_struct {
	const char *variable, *name;
	struct {
		const char *name, *type;
	} fields[MAX_FIELDS]; /* the properties are those that are no other */
	struct cel_value (*get)(struct cel_eval *ev, const void *object, uint32_t field);
	bool (*has)(struct cel_eval *ev, const void *object, uint32_t field);
} structs[N_STRUCTS] = {
    [NATIVE_SUBJECT] = {"subject",
                        "Subject",
                        {[TYPE_OR_NAME] = {"type", "string"},
                         [ID] = {"id", "string"},
                         [PROPERTIES] = {"properties", "map(string, dyn)"},
                         [GROUPS] = {"groups", "list(string)"},
                         [ROLES] = {"roles", "list(string)"}},
                        get_of_subject,
                        NULL},
    [NATIVE_ACTION] = {"action",
                       "Action",
                       {[TYPE_OR_NAME] = {"name", "string"}, [1] = {"properties", "map(string, dyn)"}},
                       get_of_action,
                       NULL},
    [NATIVE_RESOURCE] = {"resource",
                         "Resource",
                         {[TYPE_OR_NAME] = {"type", "string"},
                          [ID] = {"id", "string"},
                          [PROPERTIES] = {"properties", "map(string, dyn)"},
                          [TENANT] = {"tenant", "string"},
                          [TAGS] = {"tags", "map(string, list(string))"}},
                         get_of_resource,
                         resource_has},
};

static const struct cel_type *add_struct(struct cel_env *env, const struct native_struct *of)
{
	struct arena *a = cel_env_arena(env);
	struct cel_field *fields = ARENA_ARRAY(a, struct cel_field, MAX_FIELDS);
	struct cel_struct *s = ARENA_NEW(a, struct cel_struct);

	*s = (struct cel_struct){.name = str_of(of->name), .fields = fields, .get = of->get, .has = of->has};
	for (; s->n_fields < MAX_FIELDS && of->fields[s->n_fields].name; s->n_fields++)
		fields[s->n_fields] = (struct cel_field){
		    .name = str_of(of->fields[s->n_fields].name),
		    .type = cel_type_parse(a, env, str_of(of->fields[s->n_fields].type)),
		};
	return cel_env_add_struct(env, s);
}

static void release(struct edit_object *self)
{
	native_env_free(CONTAINER_OF(self, struct native_env, object));
}

struct native_env *native_env_new(void)
{
	struct native_env *e = mem_calloc(1, sizeof(*e));
	struct cel_env *env = cel_env_new(CEL_LIB_ALL);
	struct arena *a = cel_env_arena(env);

	for (uint32_t i = 0; i < N_STRUCTS; i++) {
		const struct cel_type *type = add_struct(env, &structs[i]);
		uint32_t slot = cel_env_add_variable(env, str_of(structs[i].variable), type);

		assert(type->number == i && slot == i);
	}
	(void)cel_env_add_variable(env, STR("context"), cel_type_map(a, &cel_type_string, &cel_type_dyn));
	(void)cel_env_add_variable(env, STR("now"), &cel_type_timestamp);
	*e = (struct native_env){.object = {release}, .env = env};
	return e;
}

void native_env_free(struct native_env *env)
{
	if (!env)
		return;
	cel_env_free(env->env);
	free(env);
}

struct edit_object *native_env_object(struct native_env *env)
{
	return env ? &env->object : NULL;
}

static struct cel_value time_of(int64_t ms)
{
	int64_t seconds = ms / 1000 - (ms % 1000 < 0);

	return cel_timestamp(seconds, (uint32_t)((ms - seconds * 1000) * NS_PER_MS));
}

void native_bind(struct asked *asked, struct cel_value ret_variables[static NATIVE_N_SLOTS])
{
	struct layer context = layer_of(asked->ask->context);

	for (uint16_t i = 0; i < N_STRUCTS; i++)
		ret_variables[i] = (struct cel_value){.kind = CEL_STRUCT, .of = i, .object = asked};
	ret_variables[NATIVE_CONTEXT] = merge(asked, &context, 1);
	ret_variables[NATIVE_NOW] = time_of(asked->facts->query->now_ms);
}
