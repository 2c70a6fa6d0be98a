/* SPDX-License-Identifier: Apache-2.0
 *
 * doorward audit replay: the questions of a decision log, each put again as of the revision and the moment in which it
 * was decided, which a time alone would not say: many revisions may be made within one millisecond.
 */
#include "base/clock.h"
#include "cli/log_files.h"

enum outcome { AGREES, DIFFERS, CANNOT_ASK };

struct replay {
	struct cli_session *session;
	bool has_since, has_until;
	int64_t since_ms, until_ms;
	uint64_t n_agreeing, n_differing;
	uint64_t n_left_out; /* properties or context were not logged */
	uint64_t n_foreign;  /* of other organizations */
};

/* ---- which ------------------------------------------------------------------------------------------------- */

static bool is_entry(const struct log_line *line)
{
	return str_eq(line->type, STR("decision")) || str_eq(line->type, STR("search"));
}

static bool is_in_time(const struct replay *r, const struct json *entry)
{
	struct str asked_at = json_get_str(entry, STR("asked_at"));
	int64_t ms;

	if (!r->has_since && !r->has_until)
		return true;
	return time_parse_rfc3339(str_is_absent(asked_at) ? json_get_str(entry, STR("at")) : asked_at, &ms) &&
	       (!r->has_since || ms >= r->since_ms) && (!r->has_until || ms < r->until_ms);
}

/* Is it one of those that were asked for, and one that can be asked again? What cannot is counted. */
static bool is_wanted(struct replay *r, const struct log_line *line)
{
	const struct cli_options *o = r->session->options;
	const struct json *entry = line->object;

	if (!is_entry(line) || !is_in_time(r, entry) ||
	    (o->id && !str_eq(json_get_str(entry, STR("id")), str_of(o->id))))
		return false;
	if (!str_eq(json_get_str(entry, STR("organization")), str_of(o->org))) {
		r->n_foreign++;
		return false;
	}
	if (json_get(entry, STR("properties_left_out"))) {
		r->n_left_out++;
		return false;
	}
	return true;
}

/* ---- asking ------------------------------------------------------------------------------------------------ */

/* Entries have the members of a question as it was sent. */
static void write_question(struct buf *out, const struct json *entry, bool is_search)
{
	static const struct str members[] = {STR_INIT("subject"), STR_INIT("action"), STR_INIT("resource"),
	                                     STR_INIT("context")};
	struct json_writer w = JSON_WRITER(out);

	json_begin_object(&w);
	for (size_t i = 0; i < N_ELEMENTS(members); i++)
		if (json_get(entry, members[i]))
			json_put(&w, members[i], json_get(entry, members[i]));
	if (is_search) {
		json_key(&w, STR("page"));
		json_begin_object(&w);
		json_put(&w, STR("limit"), json_get(entry, STR("limit")));
		if (json_get(entry, STR("token")))
			json_put(&w, STR("token"), json_get(entry, STR("token")));
		json_end_object(&w);
	}
	json_end_object(&w);
}

/* "17@2026-11-22T10:00:00.123Z"; NULL when the entry does not say. */
static const char *moment_of(const struct json *entry, struct arena *a)
{
	const struct json *revision = json_get(entry, STR("revision"));
	struct str at = json_get_str(entry, STR("at"));

	if (!json_is(revision, JSON_INT) || str_is_empty(at))
		return NULL;
	return arena_strf(a, "%lld@" STR_FMT "%c", (long long)revision->i, STR_ARG(at), '\0').ptr;
}

static bool ask(struct cli_session *s, const struct json *entry, bool is_search, struct arena *a,
                struct cli_answer *ret)
{
	CLEANUP(buf_releasep) struct buf body = BUF_INIT(BUF_MAX_RESPONSE_BYTES), bound = BUF_INIT(BUF_MAX_LINE_BYTES);
	const struct json *tenants = json_get(entry, STR("bound_tenants"));
	struct json_writer w = JSON_WRITER(&bound);
	const char *moment = moment_of(entry, a);

	if (!moment) {
		(void)cli_fail(s, "an entry does not say when it was decided");
		return false;
	}
	write_question(&body, entry, is_search);
	if (tenants)
		json_add(&w, tenants);
	if (bound.overflowed) {
		(void)cli_fail(s, "an entry is bound to too many tenants");
		return false;
	}
	return cli_call(s,
	                &(struct cli_call){.method = HTTP_POST,
	                                   .path = is_search ? arena_concat(a, STR("/access/v1/search/"),
	                                                                    json_get_str(entry, STR("search")))
	                                                     : STR("/access/v1/evaluation"),
	                                   .body = buf_str(&body),
	                                   .as_of = moment,
	                                   .bound_tenants = tenants ? buf_str(&bound) : STR_NONE},
	                a, ret);
}

/* ---- comparing --------------------------------------------------------------------------------------------- */

static bool is_same_or_absent(const struct json *a, const struct json *b)
{
	return a && b ? json_equal(a, b) : !a && !b;
}

static bool is_same_decision(const struct json *entry, const struct json *answer)
{
	const struct json *tenants = json_get(json_get(answer, STR("context")), STR("tenants"));

	return is_same_or_absent(json_get(entry, STR("decision")), json_get(answer, STR("decision"))) &&
	       is_same_or_absent(json_get(entry, STR("tenants")), tenants);
}

static struct str name_of(const struct json *result)
{
	struct str name = json_get_str(result, STR("name"));

	return str_is_absent(name) ? json_get_str(result, STR("id")) : name;
}

static bool has_more(const struct json *answer)
{
	return !str_is_empty(json_get_str(json_get(answer, STR("page")), STR("next_token")));
}

/*
 * A page may end early because it took too long, and then says that there is more: as far as both go they must be the
 * same.
 */
static bool is_same_page(const struct json *entry, const struct json *answer)
{
	const struct json *then = json_get(entry, STR("results")), *now = json_get(answer, STR("results"));
	bool then_more = json_is(json_get(entry, STR("has_more")), JSON_BOOL) && json_get(entry, STR("has_more"))->b;

	if (!json_is(then, JSON_ARRAY) || !json_is(now, JSON_ARRAY))
		return false;
	for (uint32_t i = 0; i < then->n && i < now->n; i++)
		if (!str_eq(json_str(&then->items[i]), name_of(&now->items[i])))
			return false;
	return (then->n <= now->n || has_more(answer)) && (now->n <= then->n || then_more);
}

/* ---- one after the other ----------------------------------------------------------------------------------- */

static void print_value(FILE *out, const char *label, const struct json *value)
{
	(void)fprintf(out, "  %s: ", label);
	cli_print_json(out, value);
}

static void print_difference(struct cli_session *s, const struct json *entry, const struct json *answer, bool is_search)
{
	const struct json *line = json_get(entry, STR("n"));
	const struct json *context = json_get(answer, STR("context"));

	(void)fprintf(s->out, "line %lld, ", (long long)line->i);
	cli_print(s->out, json_get_str(entry, STR("id")));
	(void)fputs(": another answer\n", s->out);
	if (is_search) {
		print_value(s->out, "then", json_get(entry, STR("results")));
		print_value(s->out, "now", json_get(answer, STR("results")));
		return;
	}
	print_value(s->out, "then", json_get(entry, STR("decision")));
	print_value(s->out, "now", json_get(answer, STR("decision")));
	if (json_get(entry, STR("tenants"))) {
		print_value(s->out, "tenants then", json_get(entry, STR("tenants")));
		print_value(s->out, "tenants now", json_get(context, STR("tenants")));
	}
}

static enum outcome replay_entry(struct replay *r, const struct log_line *line, struct arena *a)
{
	bool is_search = str_eq(line->type, STR("search"));
	struct cli_answer answer;

	if (!ask(r->session, line->object, is_search, a, &answer))
		return CANNOT_ASK;
	if (is_search ? is_same_page(line->object, answer.body) : is_same_decision(line->object, answer.body)) {
		r->n_agreeing++;
		return AGREES;
	}
	r->n_differing++;
	print_difference(r->session, line->object, answer.body, is_search);
	return DIFFERS;
}

static int report(const struct replay *r)
{
	struct cli_session *s = r->session;

	if (s->options->id && r->n_agreeing + r->n_differing + r->n_left_out + r->n_foreign == 0)
		return cli_fail(s, "the log has no entry %s", s->options->id);
	(void)fprintf(s->out, "asked again: %llu, with another answer: %llu\n",
	              (unsigned long long)(r->n_agreeing + r->n_differing), (unsigned long long)r->n_differing);
	if (r->n_left_out)
		(void)fprintf(s->out, "not asked again, because properties were not logged: %llu\n",
		              (unsigned long long)r->n_left_out);
	if (r->n_foreign)
		(void)fprintf(s->out, "not asked again, because they are of other organizations: %llu\n",
		              (unsigned long long)r->n_foreign);
	return r->n_differing ? CLI_EXIT_DENY : CLI_EXIT_OK;
}

int cli_audit_replay(struct cli_session *s)
{
	CLEANUP(log_files_closep) struct log_files *files = log_files_open(s);
	struct replay r = {.session = s};
	struct error err = {0};
	enum log_read read;

	if (!files)
		return CLI_EXIT_ERROR;
	r.has_since = s->options->since && time_parse_rfc3339(str_of(s->options->since), &r.since_ms);
	r.has_until = s->options->until && time_parse_rfc3339(str_of(s->options->until), &r.until_ms);
	do {
		CLEANUP(arena_release) struct arena a = ARENA_INIT;
		struct log_line line;

		read = log_files_next(files, &a, &line, &err);
		if (read == LOG_LINE && is_wanted(&r, &line) && replay_entry(&r, &line, &a) == CANNOT_ASK)
			return CLI_EXIT_ERROR;
	} while (read == LOG_LINE);
	return read == LOG_END ? report(&r) : log_files_fail(s, read, &err);
}
