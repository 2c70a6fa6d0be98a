/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "expr/zone-rule.h"

#define ZONE_FOLDER         "/usr/share/zoneinfo"
#define ZONE_MAX_FILE_BYTES ((size_t)64 * 1024)
#define HEADER_BYTES        44u
#define CACHE_SLOTS         2048u /* a power of two, more than twice ZONE_MAX_CACHED */

struct zone {
	char name[ZONE_MAX_NAME_BYTES + 1];
	uint32_t n; /* transitions */
	const int64_t *times;
	const int32_t *offsets; /* from each transition on */
	int32_t first_offset;   /* before the first */
	bool has_rule;          /* behind the last */
	struct zone_rule rule;
};

/* ---- the calendar -------------------------------------------------------------------------------------------- */

bool zone_is_leap_year(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/*
 * Years are counted from 1 March here, so that leap days come last, and in eras of 400 years, which all have the same
 * number of days.
 */
#define DAYS_AN_ERA    146097
#define DAYS_TO_1970   719468 /* from 0000-03-01 */
#define YEARS_AN_ERA   400
#define MARCH_TO_MONTH 153 /* five months from March on have 153 days, whichever */

int64_t zone_days_of(int64_t year, unsigned month, int64_t day)
{
	int64_t y = year - (month <= 2);
	int64_t era = (y >= 0 ? y : y - (YEARS_AN_ERA - 1)) / YEARS_AN_ERA;
	int64_t year_of_era = y - era * YEARS_AN_ERA;
	int64_t month_from_march = (month + 9) % 12;
	int64_t day_of_year = (MARCH_TO_MONTH * month_from_march + 2) / 5 + day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return era * DAYS_AN_ERA + day_of_era - DAYS_TO_1970;
}

struct zone_date zone_date_of(int64_t days)
{
	int64_t z = days + DAYS_TO_1970;
	int64_t era = (z >= 0 ? z : z - (DAYS_AN_ERA - 1)) / DAYS_AN_ERA;
	int64_t day_of_era = z - era * DAYS_AN_ERA;
	int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t from_march = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t month_from_march = (5 * from_march + 2) / MARCH_TO_MONTH;
	unsigned month = (unsigned)((month_from_march + 2) % 12) + 1;
	struct zone_date date = {
	    .year = year_of_era + era * YEARS_AN_ERA + (month <= 2),
	    .month = month,
	    .day = (unsigned)(from_march - (MARCH_TO_MONTH * month_from_march + 2) / 5) + 1,
	};

	date.day_of_year = (unsigned)(days - zone_days_of(date.year, 1, 1));
	return date;
}

unsigned zone_weekday_of(int64_t days)
{
	/* 1970-01-01 was a Thursday. */
	return (unsigned)(((days + 4) % 7 + 7) % 7);
}

/* ---- compiled files -------------------------------------------------------------------------------------------- */

static uint64_t read_big_endian(const unsigned char *p, unsigned n_bytes)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < n_bytes; i++)
		v = v << 8 | p[i];
	return v;
}

/* A block of a file: its header's counts, and where its parts are. */
struct block {
	unsigned version;
	unsigned time_bytes; /* of a transition's time: 4 in the first block, 8 in the second */
	uint32_t n_times, n_types, n_chars, n_leaps, n_std, n_ut;
	const unsigned char *times, *indexes, *types;
	size_t end; /* offset behind the block */
};

static bool read_block(struct str file, size_t at, unsigned time_bytes, struct block *ret)
{
	const unsigned char *p = (const unsigned char *)file.ptr + at;

	if (file.len - at < HEADER_BYTES || memcmp(p, "TZif", 4) != 0)
		return false;
	struct block b = {.version = p[4], .time_bytes = time_bytes};
	b.n_ut = (uint32_t)read_big_endian(p + 20, 4);
	b.n_std = (uint32_t)read_big_endian(p + 24, 4);
	b.n_leaps = (uint32_t)read_big_endian(p + 28, 4);
	b.n_times = (uint32_t)read_big_endian(p + 32, 4);
	b.n_types = (uint32_t)read_big_endian(p + 36, 4);
	b.n_chars = (uint32_t)read_big_endian(p + 40, 4);
	/* Each count is below the size of the file, which is small: the sum cannot overflow. */
	const uint32_t counts[] = {b.n_ut, b.n_std, b.n_leaps, b.n_times, b.n_types, b.n_chars};
	for (size_t i = 0; i < N_ELEMENTS(counts); i++) {
		if (counts[i] > file.len)
			return false;
	}
	size_t size = (size_t)b.n_times * (time_bytes + 1) + (size_t)b.n_types * 6 + b.n_chars +
	              (size_t)b.n_leaps * (time_bytes + 4) + b.n_std + b.n_ut;
	if (b.n_types == 0 || size > file.len - at - HEADER_BYTES)
		return false;
	b.times = p + HEADER_BYTES;
	b.indexes = b.times + (size_t)b.n_times * time_bytes;
	b.types = b.indexes + b.n_times;
	b.end = at + HEADER_BYTES + size;
	*ret = b;
	return true;
}

static int32_t type_offset(const struct block *b, unsigned type)
{
	return (int32_t)(uint32_t)read_big_endian(b->types + (size_t)type * 6, 4);
}

/* Offsets beyond a day are in no real file, and would take arithmetic out of its range. */
static bool offset_is_sane(int32_t seconds)
{
	return seconds > -86400 * 2 && seconds < 86400 * 2;
}

static int64_t time_at(const struct block *b, uint32_t i)
{
	uint64_t v = read_big_endian(b->times + (size_t)i * b->time_bytes, b->time_bytes);

	return b->time_bytes == 4 ? (int32_t)(uint32_t)v : (int64_t)v;
}

/* Transitions in ascending order, of types that there are. */
static struct zone *zone_of_block(const struct block *b)
{
	size_t n = b->n_times;
	struct zone *z = mem_calloc(1, sizeof(*z) + n * (sizeof(int64_t) + sizeof(int32_t)));
	int64_t *times = (int64_t *)(void *)(z + 1);
	int32_t *offsets = (int32_t *)(void *)(times + n);

	z->n = b->n_times;
	z->times = times;
	z->offsets = offsets;
	z->first_offset = type_offset(b, 0);
	bool is_sane = offset_is_sane(z->first_offset);
	for (uint32_t i = 0; i < n && is_sane; i++) {
		times[i] = time_at(b, i);
		is_sane = b->indexes[i] < b->n_types && (i == 0 || times[i] > times[i - 1]);
		if (is_sane) {
			offsets[i] = type_offset(b, b->indexes[i]);
			is_sane = offset_is_sane(offsets[i]);
		}
	}
	if (!is_sane) {
		zone_free(z);
		return NULL;
	}
	return z;
}

struct zone *zone_parse(struct str tzif)
{
	struct block b;

	if (tzif.len > ZONE_MAX_FILE_BYTES || !read_block(tzif, 0, 4, &b))
		return NULL;
	if (b.version < '2')
		return zone_of_block(&b);
	if (!read_block(tzif, b.end, 8, &b))
		return NULL;
	struct str footer = str_slice(tzif, b.end, tzif.len);
	if (footer.len < 2 || footer.ptr[0] != '\n' || footer.ptr[footer.len - 1] != '\n')
		return NULL;
	struct str text = str_slice(footer, 1, footer.len - 1);
	struct zone_rule rule = {0};
	if (text.len && !zone_rule_parse(text, &rule))
		return NULL;
	struct zone *z = zone_of_block(&b);
	if (z && text.len) {
		z->has_rule = true;
		z->rule = rule;
	}
	return z;
}

void zone_free(struct zone *z)
{
	free(z);
}

int32_t zone_offset(const struct zone *z, int64_t t)
{
	if (!z->n || t < z->times[0])
		return z->n == 0 && z->has_rule ? zone_rule_offset(&z->rule, t) : z->first_offset;
	if (t >= z->times[z->n - 1])
		return z->has_rule ? zone_rule_offset(&z->rule, t) : z->offsets[z->n - 1];
	uint32_t low = 0, high = z->n - 1; /* times[low] <= t < times[high] */
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;
		if (z->times[middle] <= t)
			low = middle;
		else
			high = middle;
	}
	return z->offsets[low];
}

/* ---- the cache ------------------------------------------------------------------------------------------------- */

/* Slots go from NULL to a zone once and never change again: readers need no lock. */
static struct {
	pthread_mutex_t lock; /* of writers */
	unsigned n;
	_Atomic(const struct zone *) slots[CACHE_SLOTS];
} cache = {.lock = PTHREAD_MUTEX_INITIALIZER};

/*
 * What the database calls its zones: parts of letters, digits, '_', '-' and '+', joined by single slashes. Its copies
 * with leap seconds ("right/…") tell other times than everyone else's, and "posix/…" says the same twice.
 */
static bool name_is_valid(struct str name)
{
	char before = '/';

	if (!name.len || name.len > ZONE_MAX_NAME_BYTES || str_starts_with(name, STR("right/")) ||
	    str_starts_with(name, STR("posix/")))
		return false;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		if (c == '/' ? before == '/'
		             : !is_letter && !(c >= '0' && c <= '9') && c != '_' && c != '-' && c != '+')
			return false;
		before = c;
	}
	return before != '/';
}

/* FNV-1a: names are few and short, and what an outsider can add is bounded. */
static uint32_t slot_of(struct str name)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < name.len; i++)
		h = (h ^ (unsigned char)name.ptr[i]) * 16777619u;
	return h & (CACHE_SLOTS - 1);
}

/* The zone of that name among those kept; otherwise NULL, and the slot where it belongs. */
static const struct zone *look_up(struct str name, uint32_t *ret_slot)
{
	for (uint32_t i = slot_of(name);; i = (i + 1) & (CACHE_SLOTS - 1)) {
		const struct zone *z = atomic_load_explicit(&cache.slots[i], memory_order_acquire);
		if (!z) {
			*ret_slot = i;
			return NULL;
		}
		if (strlen(z->name) == name.len && memcmp(z->name, name.ptr, name.len) == 0)
			return z;
	}
}

/* Fills `bytes`; false when the file cannot be read or is longer than ZONE_MAX_FILE_BYTES. */
static bool read_file(const char *path, char *bytes, size_t *ret_n)
{
	size_t n = 0;
	ssize_t got;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return false;
	do {
		got = read(fd, bytes + n, ZONE_MAX_FILE_BYTES + 1 - n);
		n += got > 0 ? (size_t)got : 0;
	} while (n <= ZONE_MAX_FILE_BYTES && (got > 0 || (got < 0 && errno == EINTR)));
	close(fd);
	*ret_n = n;
	return got == 0;
}

static struct zone *read_zone(struct str name)
{
	char path[sizeof(ZONE_FOLDER) + 1 + ZONE_MAX_NAME_BYTES];
	/* One byte more than allowed, to see what is too long. */
	CLEANUP(freep) char *bytes = mem_alloc(ZONE_MAX_FILE_BYTES + 1);
	size_t n;

	snprintf(path, sizeof(path), ZONE_FOLDER "/" STR_FMT, STR_ARG(name));
	if (!read_file(path, bytes, &n))
		return NULL;
	struct zone *z = zone_parse((struct str){bytes, n});
	if (z)
		memcpy(z->name, name.ptr, name.len);
	return z;
}

const struct zone *zone_find(struct str name)
{
	uint32_t slot;

	if (!name_is_valid(name))
		return NULL;
	const struct zone *found = look_up(name, &slot);
	if (found)
		return found;
	struct zone *z = read_zone(name);
	if (!z)
		return NULL;
	pthread_mutex_lock(&cache.lock);
	found = look_up(name, &slot); /* another thread may have been faster */
	if (!found && cache.n < ZONE_MAX_CACHED) {
		cache.n++;
		atomic_store_explicit(&cache.slots[slot], z, memory_order_release);
		found = z;
		z = NULL;
	}
	pthread_mutex_unlock(&cache.lock);
	zone_free(z);
	return found;
}

/* ---- offsets as names -------------------------------------------------------------------------------------------- */

static bool two_digits(const char *p, int32_t max, int32_t *ret)
{
	if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
		return false;
	*ret = (p[0] - '0') * 10 + (p[1] - '0');
	return *ret <= max;
}

/* [+-]hh:mm */
static bool parse_offset(struct str text, int32_t *ret)
{
	bool is_negative = text.len && text.ptr[0] == '-';
	int32_t hours, minutes;

	if (is_negative || (text.len && text.ptr[0] == '+'))
		text = str_slice(text, 1, text.len);
	if (text.len != 5 || text.ptr[2] != ':' || !two_digits(text.ptr, 23, &hours) ||
	    !two_digits(text.ptr + 3, 59, &minutes))
		return false;
	int32_t seconds = hours * 3600 + minutes * 60;
	*ret = is_negative ? -seconds : seconds;
	return true;
}

bool zone_offset_of(struct str name, int64_t t, int32_t *ret_seconds)
{
	if (!name.len || str_eq(name, STR("UTC"))) {
		*ret_seconds = 0;
		return true;
	}
	if (parse_offset(name, ret_seconds))
		return true;
	const struct zone *z = zone_find(name);
	if (!z)
		return false;
	*ret_seconds = zone_offset(z, t);
	return true;
}
