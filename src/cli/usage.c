/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/usage.h"

#include <errno.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/hash.h"
#include "json/json.h"

#define MAX_LINE_BYTES ((size_t)4 * 1024 * 1024)

struct used {
	struct str kind, document;
};

struct reader {
	struct arena kept, scratch; /* scratch: of one line */
	int64_t since_ms;
	bool has_begun; /* a line with a time was read, and it is not later than `since_ms` */
	struct used *slots;
	size_t mask, n;
	struct error *err;
};

static int fail(struct reader *r, int code, const char *text)
{
	error_set(r->err, 1, "%s", text);
	return code;
}

/* ---- documents, each once ----------------------------------------------------------------------------------- */

static struct used *slot_of(const struct reader *r, struct str kind, struct str document)
{
	size_t i = hash_u64(hash_str(1, document) ^ hash_str(2, kind)) & r->mask;

	while (r->slots[i].kind.ptr && !(str_eq(r->slots[i].kind, kind) && str_eq(r->slots[i].document, document)))
		i = (i + 1) & r->mask;
	return &r->slots[i];
}

static void grow(struct reader *r)
{
	const struct used *old = r->slots;
	size_t n_old = old ? r->mask + 1 : 0;

	r->mask = n_old ? n_old * 2 - 1 : 255;
	r->slots = ARENA_ARRAY(&r->kept, struct used, r->mask + 1);
	for (size_t i = 0; i < n_old; i++)
		if (old[i].kind.ptr)
			*slot_of(r, old[i].kind, old[i].document) = old[i];
}

static int add(struct reader *r, struct str kind, struct str document)
{
	struct used *slot;

	if (r->n * 2 >= r->mask)
		grow(r);
	slot = slot_of(r, kind, document);
	if (slot->kind.ptr)
		return 0;
	if (r->n == USAGE_MAX_DOCUMENTS)
		return fail(r, -E2BIG, "the log names too many documents");
	*slot = (struct used){arena_str(&r->kept, kind), arena_str(&r->kept, document)};
	r->n++;
	return 0;
}

/* ---- lines -------------------------------------------------------------------------------------------------- */

static int take_decision(struct reader *r, const struct json *line)
{
	const struct json *decision = json_get(line, STR("decision"));
	struct str kind = json_get_str(line, STR("kind")), document = json_get_str(line, STR("document"));
	int64_t at_ms;

	if (!time_parse_rfc3339(json_get_str(line, STR("at")), &at_ms))
		return fail(r, -EBADMSG, "a decision of the log has no time");
	r->has_begun |= at_ms <= r->since_ms;
	/* A question about the past, such as one of a replay, is no use of anything. */
	if (at_ms < r->since_ms || json_get(line, STR("asked_at")) || !json_is(decision, JSON_BOOL) || !decision->b ||
	    str_is_empty(document))
		return 0;
	return add(r, kind, document);
}

static int take_line(struct reader *r, struct str text)
{
	const struct json *line;
	struct str type;
	int64_t at_ms;

	if (json_parse(text, &r->scratch, &line, NULL) != JSON_OK || line->type != JSON_OBJECT)
		return fail(r, -EBADMSG, "this is no decision log");
	type = json_get_str(line, STR("type"));
	if (str_is_empty(type))
		return fail(r, -EBADMSG, "this is no decision log");
	if (str_eq(type, STR("decision")))
		return take_decision(r, line);
	if (time_parse_rfc3339(json_get_str(line, STR("at")), &at_ms))
		r->has_begun |= at_ms <= r->since_ms;
	/* Where answers are missing, what is unused cannot be told. A loss before the time does not matter. */
	if (str_eq(type, STR("dropped")) &&
	    !(time_parse_rfc3339(json_get_str(line, STR("at")), &at_ms) && at_ms < r->since_ms))
		return fail(r, -EBADMSG, "the log has lost answers since then: what is unused cannot be told");
	return 0;
}

static int take_lines(struct reader *r, FILE *file)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t n;
	int result = 0;

	while (result == 0 && (n = getline(&line, &size, file)) >= 0) {
		if ((size_t)n > MAX_LINE_BYTES)
			result = fail(r, -EBADMSG, "a line of the log is too long");
		else if (n > 1)
			result = take_line(r, str_trim((struct str){line, (size_t)n}));
		arena_reset(&r->scratch);
	}
	if (result == 0 && ferror(file))
		result = fail(r, -EIO, "cannot be read");
	free(line);
	return result;
}

static void write_usage(const struct reader *r, struct buf *out)
{
	struct json_writer w = JSON_WRITER(out);
	char since[32];

	json_begin_object(&w);
	json_put_str(&w, STR("since"), time_format_rfc3339(r->since_ms, since));
	json_key(&w, STR("used"));
	json_begin_array(&w);
	for (size_t i = 0; r->slots && i <= r->mask; i++) {
		if (!r->slots[i].kind.ptr)
			continue;
		json_begin_object(&w);
		json_put_str(&w, STR("kind"), r->slots[i].kind);
		json_put_str(&w, STR("document"), r->slots[i].document);
		json_end_object(&w);
	}
	json_end_array(&w);
	json_end_object(&w);
}

int usage_read(const char *path, int64_t since_ms, struct buf *out, struct error *err)
{
	struct reader r = {.since_ms = since_ms, .err = err};
	FILE *file = fopen(path, "rbe");
	int result;

	if (!file) {
		result = -errno;
		error_set(err, 1, "%s", strerror(errno));
		return result;
	}
	result = take_lines(&r, file);
	(void)fclose(file);
	if (result == 0 && !r.has_begun)
		result = fail(&r, -ENODATA, "the log does not reach back so far: what is unused cannot be told");
	if (result == 0)
		write_usage(&r, out);
	arena_release(&r.kept);
	arena_release(&r.scratch);
	return result;
}
