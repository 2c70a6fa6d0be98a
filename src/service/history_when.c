/* SPDX-License-Identifier: Apache-2.0
 *
 * From what somebody wrote to a moment, and from a moment to a revision.
 */
#include <errno.h>

#include "base/clock.h"
#include "service/history_internal.h"

/* What the store's numbers can be. */
#define MAX_REVISION ((uint64_t)INT64_MAX)

static bool is_number(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
	return s.len > 0;
}

static bool parse_revision(struct str text, struct past_when *ret_when, struct error *err)
{
	if (str_to_u64(text, &ret_when->revision) && ret_when->revision >= 1 && ret_when->revision <= MAX_REVISION)
		return true;
	(void)error_set(err, 1, "there is no such revision: revisions are numbers from 1");
	return false;
}

bool past_when_parse(struct str text, struct past_when *ret_when, struct error *err)
{
	size_t at = str_find(text, '@', 0);
	struct str number = str_slice(text, 0, at), time = at == SIZE_MAX ? text : str_slice(text, at + 1, text.len);
	bool has_number = is_number(number);
	struct past_when when = {.moment = PAST_REVISION};

	if (has_number && !parse_revision(number, &when, err))
		return false;
	if (!has_number || at != SIZE_MAX) {
		when.moment = has_number ? PAST_BOTH : PAST_TIME;
		if ((!has_number && at != SIZE_MAX) || !time_parse_rfc3339(time, &when.at_ms)) {
			(void)error_set(err, 1, "must be the number of a revision or an RFC 3339 time");
			return false;
		}
	}
	*ret_when = when;
	return true;
}

/* When revisions were made. */
struct dates {
	uint64_t first; /* the revision of at_ms[0] */
	int64_t at_ms[2];
	size_t n;
};

static int add_date(void *ctx, const struct store_audit_row *row)
{
	struct dates *d = ctx;

	if (row->revision != d->first + d->n || d->n == N_ELEMENTS(d->at_ms))
		return -EUCLEAN;
	d->at_ms[d->n++] = row->at_ms;
	return 0;
}

/* The times of `n` revisions from `first` on, all of which there are. */
static int read_dates(struct org *org, uint64_t first, size_t n, struct dates *ret, struct error *err)
{
	int r;

	*ret = (struct dates){.first = first};
	r = store_each_revision(org->service->options.store, str_of(org->name), first - 1, first + n - 1, add_date, ret,
	                        err);
	if (r == 0 && ret->n != n)
		r = -EUCLEAN;
	if (r == -EUCLEAN)
		return error_set(err, r, "the store lacks revision %llu", (unsigned long long)first);
	return r;
}

/* Another revision may have come within one millisecond of it, or while the clock was set back. */
int past_last_moment(struct org *org, uint64_t revision, int64_t *ret_ms, struct error *err)
{
	struct dates d;
	int r = read_dates(org, revision, 2, &d, err);

	if (r == 0)
		*ret_ms = d.at_ms[1] > d.at_ms[0] ? d.at_ms[1] - 1 : d.at_ms[0];
	return r;
}

/*
 * The revision that was made last by then. Where the clock was set back a time was twice; it is one of the two, and the
 * same one each time.
 */
static int at_time(struct org *org, int64_t at_ms, uint64_t newest, struct past_place *ret, struct error *err)
{
	uint64_t low = 0, step = UINT64_C(1) << 62;
	struct dates d;

	/* In steps that do not depend on how many revisions there are by now. */
	while (step > newest)
		step >>= 1;
	for (; step; step >>= 1) {
		int r;

		if (low + step > newest)
			continue;
		r = read_dates(org, low + step, 1, &d, err);
		if (r != 0)
			return r;
		if (d.at_ms[0] <= at_ms)
			low += step;
	}
	if (low == 0)
		return error_set(err, PAST_UNKNOWN, "there was no organization at that time");
	*ret = (struct past_place){low, at_ms};
	return 0;
}

static bool is_known(uint64_t revision, uint64_t newest, struct error *err)
{
	if (revision >= 1 && revision <= newest)
		return true;
	(void)error_set(err, PAST_UNKNOWN, "there is no such revision: the newest is %llu", (unsigned long long)newest);
	return false;
}

static bool has_come(int64_t at_ms, int64_t now_ms, struct error *err)
{
	if (at_ms <= now_ms)
		return true;
	(void)error_set(err, PAST_UNKNOWN, "that time is yet to come");
	return false;
}

int past_resolve(struct org *org, const struct past_when *when, int64_t now_ms, struct past_place *ret,
                 struct error *err)
{
	uint64_t newest = atomic_load(&org->revision);

	switch (when->moment) {
	case PAST_PRESENT:
		break;
	case PAST_REVISION:
		if (!is_known(when->revision, newest, err))
			return PAST_UNKNOWN;
		if (when->revision != newest) {
			ret->revision = when->revision;
			return past_last_moment(org, when->revision, &ret->now_ms, err);
		}
		break;
	case PAST_TIME:
		return has_come(when->at_ms, now_ms, err) ? at_time(org, when->at_ms, newest, ret, err) : PAST_UNKNOWN;
	case PAST_BOTH:
		if (!is_known(when->revision, newest, err) || !has_come(when->at_ms, now_ms, err))
			return PAST_UNKNOWN;
		*ret = (struct past_place){when->revision, when->at_ms};
		return 0;
	}
	*ret = (struct past_place){newest, now_ms};
	return 0;
}
