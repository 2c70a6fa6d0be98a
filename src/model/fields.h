#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * How the fields of a kind's struct stand in its stored body. Both directions read the same tables (fields.c).
 * Empty values are left out, so that a new field costs old rows nothing. For the files of the codec only.
 */
#include "model/enum.h"

enum field_type { FIELD_STR, FIELD_STRS, FIELD_BOOL, FIELD_TIME, FIELD_JSON, FIELD_ENUM, FIELD_LIST };

struct list_info;

struct field {
	struct str name;
	enum field_type type;
	size_t offset;
	const struct list_info *list;   /* FIELD_LIST */
	const struct enum_info *values; /* FIELD_ENUM */
};

struct kind_info {
	struct str name;
	size_t size;
	const struct field *fields;
	size_t n_fields;
};

/* A list of structs: a pointer to the first and, behind it in the struct, their number. */
struct list_info {
	size_t size; /* of one */
	const struct field *fields;
	size_t n_fields;
};

struct list {
	const void *items;
	size_t n;
};

/*
 * Reads a body that is plain: members in the order of the tables, nothing nested, strings of ASCII without escapes, no
 * white space, which is what document_encode() makes of most documents. Several times as fast as a JSON parser, since
 * it needs no tree. Strings borrow from `body`. False: it is not plain, or is damaged; some of `object` has been
 * filled.
 */
bool plain_read(const struct list_info *tables, size_t n_tables, struct str body, void *object);

/* By kind; of DOC_NONE there is nothing. */
extern const struct kind_info document_kinds[DOC_N_KINDS];
/* Fields of struct document that every kind has. */
extern const struct list_info document_common_fields;
/* Tags of resources: stores of before they had ids keep them in another form. */
extern const struct list_info resource_tag_list;
