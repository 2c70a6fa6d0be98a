#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Worlds of LangSmith, edits of them and questions about them, out of a stream of choices (generate.h). Few names, so
 * that roles, policies, tags and questions meet; texts are hostile: characters of two, three and four bytes, letters
 * whose case is odd, globs that backtrack, what other glob dialects take for special.
 *
 * A world is whole at all times: nothing in it names what is not there. Everything generated lives in the given arena.
 */
#include "generate.h"
#include "langsmith-oracle.h"

/* `w` need not be initialised. */
void generate_world(struct choices *c, struct world *w, struct arena *a);
/* One to three changes. */
void generate_edit(struct choices *c, struct world *w, struct arena *a);
/* Often turned to a policy and to somebody whom it reaches. */
struct ask generate_question(struct choices *c, const struct world *w, struct arena *a);

/* A value that a tag may have, and a pattern that a condition may ask for: never empty. */
struct str generate_tag_text(struct choices *c, struct arena *a);
struct str generate_glob(struct choices *c, struct arena *a);
/* A text that the glob is likely to match. */
struct str generate_match(struct choices *c, struct str glob, struct arena *a);

/* Tags of a resource, many of them such as the conditions of the world ask for; none twice, no empty value. */
const struct tag *generate_tags(struct choices *c, const struct world *w, struct arena *a, size_t *ret_n);
/* "<type>/<name>", of few names: registered or not. */
struct str generate_resource_id(struct choices *c, struct str type, struct str *ret_name, struct arena *a);
struct str generate_parent_id(struct choices *c, struct arena *a);
