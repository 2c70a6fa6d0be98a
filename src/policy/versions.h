#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Versions: the documents of one snapshot brought to what they are at another revision, earlier or later. Every
 * document that changed on the way is given the version that it has there, or goes. That is the same for either
 * direction, and does not depend on what happened in between.
 *
 * A document that is gone in the snapshot must come back at its place in creation order. When there is none, and when
 * very much has changed, the way is too long: then all is to be assembled anew (policy/assembly.h).
 *
 * Pure; one thread.
 */
#include "policy/assembly.h"

/* What adding and applying say when it would be more work, or not possible, to go on. */
#define VERSIONS_TOO_MANY 1

struct version; /* private */
struct versions {
	uint64_t revision; /* wanted */
	uint64_t limit;    /* at most so many versions */
	/* private; zeroed */
	struct arena arena;
	struct version *items;
	size_t n, cap;
};

/* How many versions are less work than assembling what `s` holds. At least some hundred. */
uint64_t versions_limit(const struct snapshot *s);
/* Adds one that began or ended on the way; copied. 0, VERSIONS_TOO_MANY, or -EUCLEAN. */
int versions_add(struct versions *vs, const struct stored_version *v, struct error *err) MUST_USE;
/*
 * Brings a fork of the snapshot there, and sets its revision; once. 0, or, and then the fork is to be dropped,
 * VERSIONS_TOO_MANY, -EUCLEAN or -EBADMSG.
 */
int versions_apply(struct versions *vs, struct snapshot *fork, struct error *err) MUST_USE;
void versions_release(struct versions *vs);
