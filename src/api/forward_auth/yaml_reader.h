#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * A small file of settings in YAML (libyaml underneath), read forward once by tables of the fields it may have, so
 * that every mistake is told with its line. Scalars are text whatever they look like; aliases, tags, several documents
 * and doubled or unknown fields are refused, and so is text that is no UTF-8 or holds control characters.
 *
 * Nothing here recurses over what the file nests: a field that holds more is read by a table of its own, and what a
 * table does not expect ends the reading at once.
 */
#include <yaml.h>

#include "base/arena.h"
#include "base/error.h"

struct yaml_reader {
	yaml_parser_t parser;
	yaml_event_t event; /* the next one, not yet taken */
	struct arena *arena;
	struct error *err;
};

/* Begins at the root of the only document. False with `err`. yaml_reader_release() either way. */
bool yaml_reader_init(struct yaml_reader *r, struct str text, struct arena *a, struct error *err) MUST_USE;
void yaml_reader_release(struct yaml_reader *r);
/* True when nothing follows. */
bool yaml_reader_end(struct yaml_reader *r) MUST_USE;

/* Line of the next event, from 1. */
unsigned yaml_line(const struct yaml_reader *r);
/* Says "line N: …" and returns false. */
bool yaml_fail(struct yaml_reader *r, unsigned line, const char *fmt, ...) ATTR_PRINTF(3, 4);

/* A scalar that is not empty, in the arena; `what` names it for people. */
bool yaml_read_text(struct yaml_reader *r, const char *what, struct str *ret) MUST_USE;

struct yaml_field {
	const char *name;
	bool is_required;
	bool (*read)(struct yaml_reader *r, const char *name, void *ctx);
};
struct yaml_fields {
	const char *of; /* "a route", for people */
	const struct yaml_field *items;
	size_t n; /* at most 32 */
};
/* A mapping whose fields are those of the table, in any order, each at most once. */
bool yaml_read_fields(struct yaml_reader *r, const struct yaml_fields *fields, void *ctx) MUST_USE;
/* A mapping of free names to text: `take` is called for each. */
bool yaml_read_pairs(struct yaml_reader *r, const char *what,
                     bool (*take)(struct yaml_reader *r, struct str name, struct str value, void *ctx),
                     void *ctx) MUST_USE;
/* A list: `read` is called at the begin of each item and takes it. */
bool yaml_read_list(struct yaml_reader *r, const char *what, bool (*read)(struct yaml_reader *r, void *ctx),
                    void *ctx) MUST_USE;
/* A scalar, or a list of scalars: `take` is called for each. */
bool yaml_read_texts(struct yaml_reader *r, const char *what,
                     bool (*take)(struct yaml_reader *r, struct str value, void *ctx), void *ctx) MUST_USE;
