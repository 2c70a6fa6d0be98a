#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * A hand-made organization for the tests of Aitronos' use cases: its built-in roles, the role of owner, the tenant t1,
 * and the users ann and bob. One a test, made and dropped by world_setup() and world_teardown().
 */
#include "service/directory.h"

extern struct arena arena;
extern struct snapshot *snapshot;
extern struct txn txn; /* on the snapshot */

int world_setup(void **state);
int world_teardown(void **state);

/* Adds a document to the snapshot, later than all before. */
void put(const struct document *doc);
void put_department(struct str id, struct str parent);
/* With the e-mail address <id>@x.org. */
void put_user(struct str id);
/* Puts the name into the group. */
void join(struct str department, struct str name);
void hold(struct str role, struct str type, struct str id, struct str tenant);
void put_slice(struct str id, struct str tenant, struct str_list members);

#define LIST(...)                                                                                                      \
	((struct str_list){(const struct str[]){__VA_ARGS__}, sizeof((struct str[]){__VA_ARGS__}) / sizeof(struct str)})

/* A caller who is this user, with a key that is bound to no tenant. */
struct caller caller(struct str id);
const struct user *user(struct str id);

/* The transaction's changes as "+kind id" and "-kind id", in order; "+kind *" stands for an id that was made up. Drops
 * them. */
void assert_changes(const char *const *want, size_t n);
#define ASSERT_CHANGES(...)                                                                                            \
	assert_changes((const char *const[]){__VA_ARGS__},                                                             \
	               sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))
