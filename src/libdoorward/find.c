/* SPDX-License-Identifier: Apache-2.0 */
#include "libdoorward/decider.h"
#include "policy/search.h"

#define FIRST_SEARCH_SIZE     (offsetof(struct doorward_search, max_decisions) + sizeof(uint64_t))
#define FIRST_FOUND_SIZE      (offsetof(struct doorward_found, at) + sizeof(struct doorward_text))
#define DEFAULT_MAX_DECISIONS 20000u

static bool read_search(const struct doorward_search *theirs, struct doorward_search *ret)
{
	if (!public_read(ret, sizeof(*ret), theirs, FIRST_SEARCH_SIZE))
		return false;
	if (ret->max_decisions == 0)
		ret->max_decisions = DEFAULT_MAX_DECISIONS;
	return ret->part >= DOORWARD_SUBJECTS && ret->part <= DOORWARD_ACTIONS && ret->limit > 0 &&
	       ret->limit <= DOORWARD_MAX_RESULTS;
}

static enum evaluation_part part_of(int part)
{
	static const enum evaluation_part parts[] = {
	    [DOORWARD_SUBJECTS] = PART_SUBJECT,
	    [DOORWARD_RESOURCES] = PART_RESOURCE,
	    [DOORWARD_ACTIONS] = PART_ACTION,
	};

	return parts[part];
}

/* False: it cannot be answered. */
static bool search(struct doorward_decider *d, const struct search *q, int part, struct search_page *ret)
{
	const struct snapshot *s = d->kept->snapshot;

	if (part == DOORWARD_RESOURCES)
		return search_resources(s, q, &d->arena, ret) == SEARCH_OK;
	if (part == DOORWARD_SUBJECTS)
		search_subjects(s, q, &d->arena, ret);
	else
		search_actions(s, q, &d->arena, ret);
	return true;
}

int doorward_find(struct doorward_decider *d, const struct doorward_question *q, const struct doorward_search *options,
                  struct doorward_found *ret, struct doorward_error *err)
{
	struct doorward_found mine = {0};
	struct doorward_search asked;
	struct error cause = {0};
	struct search_page page;
	struct ask ask;

	if (!public_write(ret, &mine, sizeof(mine), FIRST_FOUND_SIZE))
		return public_invalid(err, "the result was not initialized");
	if (!read_search(options, &asked))
		return public_invalid(err, "the search was not initialized, or its part or limit is out of range");
	(void)decider_begin(d);
	if (!decider_read(d, q, part_of(asked.part), &ask, &cause))
		return public_fail(err, DOORWARD_INVALID, &cause);
	struct search s = {
	    .ask = &ask,
	    .behind = {asked.behind.ptr, asked.behind.len},
	    .limit = asked.limit,
	    .max_asks = asked.max_decisions,
	};
	if (!search(d, &s, asked.part, &page)) {
		(void)error_set(&cause, DOORWARD_LIMIT, "the subject has more than %zu access grants of this type",
		                SEARCH_MAX_GRANTS);
		return public_fail(err, DOORWARD_LIMIT, &cause);
	}
	mine.revision = d->kept->snapshot->revision;
	mine.results = public_texts(&d->arena, page.items, page.n);
	mine.n_results = page.n;
	mine.has_more = page.has_more ? 1 : 0;
	if (page.has_more)
		mine.at = public_text(&d->arena, page.at);
	(void)!public_write(ret, &mine, sizeof(mine), FIRST_FOUND_SIZE);
	return public_fail(err, DOORWARD_OK, NULL);
}
