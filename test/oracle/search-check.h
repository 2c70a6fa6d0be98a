#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Searches against brute force: all that there is, one question each. What there is is read from the documents, by
 * lists and loops. One thread.
 */
#include "base/buf.h"
#include "policy/search.h"

/*
 * Searches what the question leaves open when its subject, its resource or its action is taken out, in pages and with
 * bounds that follow from the question. False and what differs in `complaint`: something that is allowed was not found,
 * or was found and is not allowed, or twice, or out of order, or the search came to no end. Of the questions only some
 * are looked at, always the same.
 */
bool search_check(const struct snapshot *s, const struct ask *q, struct buf *complaint);
