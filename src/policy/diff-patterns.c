/* SPDX-License-Identifier: Apache-2.0
 *
 * What patterns of statements have in common. The rules of matching are the engine's (policy/engine.h).
 */
#include "policy/diff-impl.h"

/* ---- actions --------------------------------------------------------------------------------------------- */

/* An action pattern: any, of three sections (an absent one: any), or one text of another number of sections. */
enum shape { SHAPE_DEAD, SHAPE_ANY, SHAPE_SECTIONS, SHAPE_TEXT };
struct action_pattern {
	enum shape shape;
	struct str sections[3];
};

static size_t split_sections(struct str text, struct str sections[3])
{
	struct str part;
	size_t n = 0, at = 0;

	for (;;) {
		size_t colon = str_find(text, ':', at);

		part = str_slice(text, at, colon == SIZE_MAX ? text.len : colon);
		if (n < 3)
			sections[n] = part;
		n++;
		if (colon == SIZE_MAX)
			return n;
		at = colon + 1;
	}
}

static bool is_star(struct str s)
{
	return str_eq(s, STR("*"));
}

static bool has_star(struct str s)
{
	return str_find(s, '*', 0) != SIZE_MAX;
}

/* "a:*", "a:b:*", "a:*:c", "*:c", as three sections; any other text with a star matches nothing that can be asked. */
static struct action_pattern read_action(struct str text)
{
	struct action_pattern p = {.shape = SHAPE_TEXT};
	struct str s[3];
	size_t n, n_stars = 0;

	if (is_star(text))
		return (struct action_pattern){.shape = SHAPE_ANY};
	n = split_sections(text, s);
	for (size_t i = 0; i < n && i < 3; i++)
		n_stars += is_star(s[i]);
	if (n == 3 && !has_star(text))
		return (struct action_pattern){SHAPE_SECTIONS, {s[0], s[1], s[2]}};
	if (!has_star(text))
		return p;
	for (size_t i = 0; i < n && i < 3; i++)
		if (has_star(s[i]) && !is_star(s[i]))
			n_stars = 0;
	p.shape = n_stars == 1 && (n == 2 || n == 3) && !(n == 3 && is_star(s[0])) ? SHAPE_SECTIONS : SHAPE_DEAD;
	if (n == 2 && is_star(s[1]))
		p.sections[0] = s[0];
	else if (n == 2)
		p.sections[2] = s[1];
	for (size_t i = 0; n == 3 && i < 3; i++)
		p.sections[i] = is_star(s[i]) ? STR_NONE : s[i];
	return p;
}

bool action_pattern_is_alive(struct str pattern)
{
	return read_action(pattern).shape != SHAPE_DEAD;
}

static struct str write_sections(const struct action_pattern *p, struct str any, struct arena *a)
{
	struct str s[3];

	for (size_t i = 0; i < 3; i++)
		s[i] = str_is_absent(p->sections[i]) ? any : p->sections[i];
	return arena_concat3(a, arena_concat(a, s[0], STR(":")), arena_concat(a, s[1], STR(":")), s[2]);
}

/* As statements spell it. */
static struct str write_action(const struct action_pattern *p, struct arena *a)
{
	if (str_is_absent(p->sections[1]) && str_is_absent(p->sections[2]))
		return arena_concat(a, p->sections[0], STR(":*"));
	if (str_is_absent(p->sections[0]) && str_is_absent(p->sections[1]))
		return arena_concat(a, STR("*:"), p->sections[2]);
	return write_sections(p, STR("*"), a);
}

struct str meet_actions(struct str x, struct str y, struct arena *a)
{
	struct action_pattern p, q;

	if (str_eq(x, y))
		return action_pattern_is_alive(x) ? x : STR_NONE;
	p = read_action(x);
	q = read_action(y);
	if (p.shape == SHAPE_DEAD || q.shape == SHAPE_DEAD)
		return STR_NONE;
	if (p.shape == SHAPE_ANY || q.shape == SHAPE_ANY)
		return p.shape == SHAPE_ANY ? y : x;
	if (p.shape != SHAPE_SECTIONS || q.shape != SHAPE_SECTIONS)
		return STR_NONE;
	for (size_t i = 0; i < 3; i++) {
		if (str_is_absent(p.sections[i]))
			p.sections[i] = q.sections[i];
		else if (!str_is_absent(q.sections[i]) && !str_eq(p.sections[i], q.sections[i]))
			return STR_NONE;
	}
	return write_action(&p, a);
}

struct str action_of_pattern(struct str pattern, struct arena *a)
{
	const struct action_pattern p = read_action(pattern);

	switch (p.shape) {
	case SHAPE_ANY:
		return STR(DIFF_ANY);
	case SHAPE_SECTIONS:
		return write_sections(&p, STR(DIFF_ANY), a);
	case SHAPE_DEAD:
	case SHAPE_TEXT:
		break;
	}
	return pattern;
}

/* ---- resources ------------------------------------------------------------------------------------------- */

bool resource_pattern_is_wild(struct str pattern)
{
	return is_star(pattern) || str_ends_with(pattern, STR(":*"));
}

/* Does all that `y` matches match `x`? */
static bool covers(struct str x, struct str y)
{
	if (is_star(x) || str_eq(x, y))
		return true;
	return str_ends_with(x, STR(":*")) && str_starts_with(y, str_slice(x, 0, x.len - 1));
}

struct str meet_resources(struct str x, struct str y)
{
	return covers(x, y) ? y : covers(y, x) ? x : STR_NONE;
}

bool has_variable(struct str resource)
{
	return resource.len && memmem(resource.ptr, resource.len, "${", 2);
}

struct str replace_variables(struct str resource, struct str name, struct arena *a)
{
	static const struct str variable = STR_INIT("${a2:username}");
	struct str done = STR("");

	for (;;) {
		const char *at = resource.len ? memmem(resource.ptr, resource.len, variable.ptr, variable.len) : NULL;
		const size_t n = at ? (size_t)(at - resource.ptr) : resource.len;

		done = arena_concat3(a, done, str_slice(resource, 0, n), at ? name : STR(""));
		if (!at)
			return done;
		resource = str_slice(resource, n + variable.len, resource.len);
	}
}
