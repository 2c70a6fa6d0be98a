/* SPDX-License-Identifier: Apache-2.0
 *
 * Chains of selections, a.b["c"].d, as one instruction: what lies between is never a value in a register.
 */
#include "expr/map.h"
#include "expr/program.h"

/* Longer objects are searched by cel_select(), which charges for it. */
#define MAX_FREE_MEMBERS 16u

static bool find_member(struct cel_value map, struct str name, struct cel_value *ret)
{
	const struct json_member *member = map.members;

	for (uint32_t i = 0; i < map.n; i++, member++) {
		if (member->name.len == name.len && cel_same_bytes(member->name.ptr, name.ptr, name.len)) {
			*ret = cel_json_value(&member->value);
			return true;
		}
	}
	return false;
}

static bool find_entry(struct cel_value map, struct str name, struct cel_value *ret)
{
	const struct cel_entry *entry = map.map->entries;

	for (uint32_t i = 0; i < map.n; i++, entry++) {
		if (entry->key.kind == CEL_STRING && entry->key.n == name.len &&
		    cel_same_bytes(entry->key.text, name.ptr, name.len)) {
			*ret = entry->value;
			return true;
		}
	}
	return false;
}

/* The fast way through a small map; false: ask the slow one, which also knows the error. */
static bool find_quickly(const struct cel_path_part *part, struct cel_value v, struct cel_value *ret)
{
	if (UNLIKELY(!part->is_name || v.kind != CEL_MAP || v.n > MAX_FREE_MEMBERS))
		return false;
	if (v.is_json)
		return find_member(v, part->name, ret);
	return !v.map->index && find_entry(v, part->name, ret);
}

static struct cel_value look_up(struct cel_eval *ev, struct cel_value v, const struct cel_path_part *part)
{
	ev->at = part->at;
	if (part->is_field && v.kind == CEL_STRUCT && v.of == part->of)
		return cel_env_struct(ev->env, v.of)->get(ev, v.object, part->field);
	if (part->is_name)
		return cel_select(ev, v, part->name);
	return cel_index(ev, v, part->key);
}

/* The last value; CEL_ERROR: what went wrong. */
static inline struct cel_value walk(struct cel_eval *ev, const struct cel_path *path, struct cel_value v)
{
	for (uint32_t i = 0; i < path->n && LIKELY(v.kind != CEL_ERROR); i++) {
		const struct cel_path_part *part = &path->parts[i];

		if (UNLIKELY(!find_quickly(part, v, &v)))
			v = look_up(ev, v, part);
	}
	return v;
}

const struct cel_instruction *cel_step_path(struct cel_eval *ev, const struct cel_instruction *in)
{
	const struct cel_value *variables = ev->input->variables;
	const struct cel_path *path = in->path;
	struct cel_value v;

	if (path->known && ev->known[path->known - 1].kind != CEL_ERROR) {
		*cel_register(ev, in->to) = ev->known[path->known - 1];
		return in + 1;
	}
	v = variables ? variables[path->slot] : cel_aborted();
	if (UNLIKELY(v.kind == CEL_ERROR)) {
		ev->at = in->at;
		v = cel_resolve(ev, path->slot, path->variable);
	}
	v = walk(ev, path, v);
	if (path->known)
		ev->known[path->known - 1] = v;
	return cel_yield(ev, in, v);
}

const struct cel_instruction *cel_step_path_of(struct cel_eval *ev, const struct cel_instruction *in)
{
	return cel_yield(ev, in, walk(ev, in->path, *cel_register(ev, in->a)));
}
