/* SPDX-License-Identifier: Apache-2.0 */
#include "expr/env.h"

#include "base/hash.h"
#include "expr/lib.h"

#define FIRST_NAMES 512u /* the standard library has about 200 */

/* All that one name can mean. */
struct name {
	uint64_t hash;
	struct str name; /* absent: free */
	const struct cel_variable *variable;
	const struct cel_constant *constant;
	const struct cel_type *struct_type;
	const struct cel_overload **overloads;
	size_t n_overloads, cap_overloads;
	bool is_prefix; /* of names with more parts */
};

/* Open addressing, at most half full. */
struct names {
	struct name *slots;
	size_t n, mask;
};

struct cel_env {
	struct arena arena;
	struct names names;
	struct names ids; /* of overloads: only whether they are there */
	const struct cel_struct **structs;
	size_t n_structs, cap_structs;
	uint32_t n_variables;
	unsigned libraries;
	struct str container;
};

static struct name *find(const struct names *names, struct str name, uint64_t hash)
{
	size_t at = hash & names->mask;

	while (!str_is_absent(names->slots[at].name) &&
	       (names->slots[at].hash != hash || !str_eq(names->slots[at].name, name)))
		at = (at + 1) & names->mask;
	return &names->slots[at];
}

static const struct name *look_up(const struct names *names, struct str name)
{
	/* Names are the host's and the table does not grow after set-up: nobody gains by collisions. */
	return find(names, name, hash_str(0, name));
}

static void grow(struct cel_env *env, struct names *names)
{
	struct names larger = {.mask = names->slots ? names->mask * 2 + 1 : FIRST_NAMES - 1, .n = names->n};

	larger.slots = ARENA_ARRAY(&env->arena, struct name, larger.mask + 1);
	for (size_t i = 0; names->slots && i <= names->mask; i++) {
		if (!str_is_absent(names->slots[i].name))
			*find(&larger, names->slots[i].name, names->slots[i].hash) = names->slots[i];
	}
	*names = larger;
}

/* The name's slot, which is made if need be. */
static struct name *put(struct cel_env *env, struct names *names, struct str name)
{
	uint64_t hash = hash_str(0, name);
	struct name *slot;

	assert(!str_is_empty(name));
	if (!names->slots || names->n > names->mask / 2)
		grow(env, names);
	slot = find(names, name, hash);
	if (str_is_absent(slot->name)) {
		slot->name = arena_str(&env->arena, name);
		slot->hash = hash;
		names->n++;
	}
	return slot;
}

/* The slot of a name that is declared, which its parts before a dot are told of. */
static struct name *declare(struct cel_env *env, struct str name)
{
	for (size_t dot = str_find(name, '.', 0); dot != SIZE_MAX; dot = str_find(name, '.', dot + 1))
		put(env, &env->names, str_slice(name, 0, dot))->is_prefix = true;
	return put(env, &env->names, name);
}

static void add_type_name(struct cel_env *env, struct str name, const struct cel_type *type)
{
	cel_env_add_constant(env, name, cel_type_type_of(&env->arena, type), cel_type_value(type));
}

static void add_type_names(struct cel_env *env)
{
	static const struct {
		const char *name;
		const struct cel_type *type;
		unsigned library; /* 0: the standard one */
	} types[] = {
	    {"null_type", &cel_type_null, 0},
	    {"bool", &cel_type_bool, 0},
	    {"int", &cel_type_int, 0},
	    {"uint", &cel_type_uint, 0},
	    {"double", &cel_type_double, 0},
	    {"string", &cel_type_string, 0},
	    {"bytes", &cel_type_bytes, 0},
	    {"list", &cel_type_list_dyn, 0},
	    {"map", &cel_type_map_dyn, 0},
	    {"type", &cel_type_type, 0},
	    {"google.protobuf.Timestamp", &cel_type_timestamp, 0},
	    {"google.protobuf.Duration", &cel_type_duration, 0},
	    {"optional_type", &cel_type_optional_dyn, CEL_LIB_OPTIONALS},
	    {"net.IP", &cel_type_ip, CEL_LIB_NETWORK},
	    {"net.CIDR", &cel_type_cidr, CEL_LIB_NETWORK},
	};

	for (size_t i = 0; i < N_ELEMENTS(types); i++) {
		if (types[i].library == 0 || (env->libraries & types[i].library))
			add_type_name(env, str_of(types[i].name), types[i].type);
	}
}

static void add_libraries(struct cel_env *env)
{
	const struct {
		unsigned library;
		const struct cel_overload_table *table;
	} tables[] = {
	    {0, &cel_lib_standard},
	    {0, &cel_lib_time},
	    {CEL_LIB_STRINGS, &cel_lib_strings},
	    {CEL_LIB_MATH, &cel_lib_math},
	    {CEL_LIB_LISTS, &cel_lib_lists},
	    {CEL_LIB_SETS, &cel_lib_sets},
	    {CEL_LIB_ENCODERS, &cel_lib_encoders},
	    {CEL_LIB_OPTIONALS, &cel_lib_optionals},
	    {CEL_LIB_NETWORK, &cel_lib_network},
	    {CEL_LIB_REGEX, &cel_lib_regex},
	};

	for (size_t i = 0; i < N_ELEMENTS(tables); i++) {
		if (tables[i].library == 0 || (env->libraries & tables[i].library))
			cel_env_add_function(env, tables[i].table->overloads, tables[i].table->n);
	}
}

struct cel_env *cel_env_new(unsigned libraries)
{
	struct cel_env *env = mem_calloc(1, sizeof(*env));

	assert((libraries & ~(unsigned)CEL_LIB_ALL) == 0);
	env->libraries = libraries;
	grow(env, &env->names);
	grow(env, &env->ids);
	add_type_names(env);
	add_libraries(env);
	return env;
}

void cel_env_free(struct cel_env *env)
{
	if (!env)
		return;
	arena_release(&env->arena);
	free(env);
}

struct arena *cel_env_arena(struct cel_env *env)
{
	return &env->arena;
}

void cel_env_set_container(struct cel_env *env, struct str container)
{
	env->container = arena_str(&env->arena, container);
}

uint32_t cel_env_add_variable(struct cel_env *env, struct str name, const struct cel_type *type)
{
	struct name *slot = declare(env, name);
	struct cel_variable *variable = ARENA_NEW(&env->arena, struct cel_variable);

	assert(!slot->variable && type);
	assert(env->n_variables < UINT32_MAX);
	*variable = (struct cel_variable){.name = slot->name, .type = type, .slot = env->n_variables++};
	slot->variable = variable;
	return variable->slot;
}

void cel_env_add_constant(struct cel_env *env, struct str name, const struct cel_type *type, struct cel_value value)
{
	struct name *slot = declare(env, name);
	struct cel_constant *constant = ARENA_NEW(&env->arena, struct cel_constant);

	assert(!slot->constant && type && !cel_is_error(value));
	*constant = (struct cel_constant){.name = slot->name, .type = type, .value = value};
	slot->constant = constant;
}

const struct cel_type *cel_env_add_struct(struct cel_env *env, const struct cel_struct *s)
{
	struct name *slot = declare(env, s->name);
	struct cel_type *type = ARENA_NEW(&env->arena, struct cel_type);

	assert(!slot->struct_type && s->get);
	assert(env->n_structs <= UINT16_MAX);
	*type = (struct cel_type){.kind = CEL_TYPE_STRUCT, .number = (uint32_t)env->n_structs, .name = slot->name};
	slot->struct_type = type;
	ARENA_ROOM(&env->arena, env->structs, env->n_structs, &env->cap_structs);
	env->structs[env->n_structs++] = s;
	add_type_name(env, s->name, type);
	return type;
}

struct cel_value cel_object(const struct cel_type *type, const void *object)
{
	assert(type->kind == CEL_TYPE_STRUCT && object);
	return (struct cel_value){.kind = CEL_STRUCT, .of = (uint16_t)type->number, .object = object};
}

void cel_env_add_function(struct cel_env *env, const struct cel_overload *overloads, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct cel_overload *o = &overloads[i];
		struct name *slot = declare(env, o->name);
		size_t n_ids = env->ids.n;

		(void)put(env, &env->ids, o->id);
		assert(env->ids.n == n_ids + 1 && "the id of an overload is its own");
		assert(o->n_params <= CEL_MAX_ARGS && o->result);
		assert(!(o->flags & CEL_RECEIVER) || o->n_params > 0);
		ARENA_ROOM(&env->arena, slot->overloads, slot->n_overloads, &slot->cap_overloads);
		slot->overloads[slot->n_overloads++] = o;
	}
}

const struct cel_variable *cel_env_variable(const struct cel_env *env, struct str name)
{
	return look_up(&env->names, name)->variable;
}

const struct cel_constant *cel_env_constant(const struct cel_env *env, struct str name)
{
	return look_up(&env->names, name)->constant;
}

const struct cel_struct *cel_env_struct(const struct cel_env *env, uint32_t number)
{
	assert(number < env->n_structs);
	return env->structs[number];
}

const struct cel_type *cel_env_struct_type(const struct cel_env *env, struct str name)
{
	return look_up(&env->names, name)->struct_type;
}

bool cel_env_is_prefix(const struct cel_env *env, struct str name)
{
	return look_up(&env->names, name)->is_prefix;
}

size_t cel_env_overloads(const struct cel_env *env, struct str name, const struct cel_overload *const **ret)
{
	const struct name *slot = look_up(&env->names, name);

	*ret = slot->overloads;
	return slot->n_overloads;
}

struct str cel_env_container(const struct cel_env *env)
{
	return env->container;
}

unsigned cel_env_libraries(const struct cel_env *env)
{
	return env->libraries;
}

uint32_t cel_env_n_variables(const struct cel_env *env)
{
	return env->n_variables;
}
