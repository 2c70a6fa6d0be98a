#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * A world of the engine's tests: one engine, changed by edits that are sealed at once.
 * Documents and queries are written as words: "team:local:* user:a".
 */
#include "policy/engine.h"

enum { WORLD_SEED = 7, MAX_WORDS = 512 };

struct world {
	struct engine engine;
	struct edit_blocks garbage; /* retired blocks: freed at the end, as older versions may still be asked */
	struct arena arena;         /* words and answers */
};

/* One statement as words; NULL tenants: all. */
struct rule {
	enum effect effect;
	const char *actions, *resources, *tenants;
	int64_t from_ms, until_ms; /* both 0: always */
	const char *condition;     /* "true", "false", "unknown", or NULL */
};

void world_init(struct world *w);
void world_release(struct world *w);
struct str_list world_words(struct world *w, const char *text);
/* Adds or replaces one document of kind 1 and with these rules (up to one whose effect is EFFECT_NONE). */
void world_put(struct world *w, const char *id, const char *subjects, const struct rule *rules);
void world_put_set(struct world *w, const struct statement_set *set);
/* Keeps what the edit made of `engine`; its retired blocks live as long as the world. */
void world_seal(struct world *w, struct edit *e);
void world_remove(struct world *w, const char *id);
void world_add_tenants(struct world *w, const char *ids);
void world_remove_tenant(struct world *w, const char *id);
struct condition *world_condition(const char *truth);

/* A query as words; a subject may be written "team:x@tenant". NULL tenants: SCOPE_BLIND; "*": SCOPE_ALL. */
struct query world_query(struct world *w, const char *subjects, const char *action, const char *resource,
                         const char *tenants);
/* The answer as text: "allow doc/0 [t1 t2]", "deny doc/1", "none". */
const char *world_ask(struct world *w, const struct engine *g, const struct query *q);
