/* SPDX-License-Identifier: Apache-2.0
 *
 * Searches: the question with something left open, the page that is asked for, and what was found.
 *
 * All pages of a search show one state: that of the first, at its moment. Its token says which, and when there are
 * newer ones, the call looks back.
 */
#include "api/authzen/search.h"

#include "api/authzen/token.h"
#include "api/decisions.h"
#include "base/clock.h"
#include "policy/search.h"

#define DEFAULT_LIMIT 100u
#define MAX_LIMIT     1000u
/* One call takes at most so many decisions, and this long; then the page is what was found until then. */
#define MAX_ASKS    20000u
#define MAX_TIME_NS (UINT64_C(200) * 1000 * 1000)

/* What a call asks for. */
struct asked_page {
	bool is_asked; /* the body has a page */
	bool has_limit;
	uint64_t limit;
	struct str token; /* absent: the first page */
};

static bool refuse(struct api_call *call, const char *text)
{
	api_fail(call, SERVICE_INVALID, 0, "%s", text);
	return false;
}

static const struct json *member(const struct json *object, struct str name)
{
	const struct json *value = json_get(object, name);

	return json_is(value, JSON_NULL) ? NULL : value;
}

/* A whole number, however it is written; more than the largest page is the largest page. */
static bool read_limit(const struct json *value, uint64_t *ret)
{
	uint64_t limit = MAX_LIMIT;

	if (value->type == JSON_INT && value->i >= 0)
		limit = (uint64_t)value->i;
	else if (value->type == JSON_DOUBLE && value->d >= 0 && value->d == __builtin_floor(value->d))
		limit = value->d < MAX_LIMIT ? (uint64_t)value->d : MAX_LIMIT;
	else if (value->type != JSON_UINT)
		return false;
	*ret = limit < MAX_LIMIT ? limit : MAX_LIMIT;
	return true;
}

static bool read_page(struct api_call *call, struct asked_page *ret)
{
	const struct json *page = member(call->body, STR("page")), *limit, *token;

	*ret = (struct asked_page){.limit = DEFAULT_LIMIT};
	if (!page)
		return true;
	ret->is_asked = true;
	if (page->type != JSON_OBJECT)
		return refuse(call, "page must be an object");
	limit = member(page, STR("limit"));
	token = member(page, STR("token"));
	ret->has_limit = limit != NULL;
	if (limit && !read_limit(limit, &ret->limit))
		return refuse(call, "page.limit must be a whole number that is not negative");
	if (token && token->type != JSON_STRING)
		return refuse(call, "page.token must be a string");
	if (token && str_is_empty(token->s))
		return refuse(call, "page.token is empty: there is no page behind the last one");
	ret->token = json_str(token);
	return true;
}

/* ---- one state for all pages --------------------------------------------------------------------------- */

/* Where a search stands, from its token or at its beginning. */
static bool find_place(struct api_call *call, const struct evaluation *ev, const struct asked_page *page,
                       struct search_token *ret)
{
	struct search_token token;

	*ret = (struct search_token){
	    .part = ev->open,
	    .revision = call->snapshot->revision,
	    .at_ms = call->now_ms,
	    .limit = page->limit,
	    .hash = search_hash(ev),
	};
	if (str_is_absent(page->token))
		return true;
	if (!search_token_read(call, page->token, &token))
		return refuse(call, "page.token is not one that was given out here");
	if (token.part != ret->part || token.hash != ret->hash)
		return refuse(call, "page.token is of another search: only the page may differ between pages");
	if (page->has_limit && page->limit != token.limit)
		return refuse(call, "page.limit must stay what it was on the first page, or be left out");
	*ret = token;
	return true;
}

/* Is the call looking at the state that the search began with? False: it will, or it failed. */
static bool is_in_place(struct api_call *call, const struct search_token *place)
{
	const uint64_t revision = call->snapshot->revision;

	if (place->revision == revision)
		return true;
	if (call->as_of)
		return refuse(call, "page.token is of a search at another revision than the one asked for");
	if (place->revision > revision)
		return refuse(call, "page.token is of a revision that is not known here yet");
	api_look_back(call, place->revision);
	return false;
}

/* ---- the answer ---------------------------------------------------------------------------------------- */

struct timed_search {
	struct search search;
	uint64_t until_ns;
};

static bool is_late(const struct search *self)
{
	return clock_monotonic_ns() >= ((const struct timed_search *)(const void *)self)->until_ns;
}

static bool search(struct api_call *call, const struct ask *ask, const struct search_token *place,
                   struct search_page *ret)
{
	const struct timed_search t = {
	    .search =
	        {.ask = ask, .behind = place->behind, .limit = place->limit, .max_asks = MAX_ASKS, .is_late = is_late},
	    .until_ns = clock_monotonic_ns() + MAX_TIME_NS,
	};

	if (place->part == PART_SUBJECT)
		search_subjects(call->snapshot, &t.search, call->arena, ret);
	else if (place->part == PART_ACTION)
		search_actions(call->snapshot, &t.search, call->arena, ret);
	else if (search_resources(call->snapshot, &t.search, call->arena, ret) != SEARCH_OK) {
		api_fail(call, SERVICE_INVALID, 0,
		         "the subject has more than %zu access grants of this type: list them with the grants' own API",
		         SEARCH_MAX_GRANTS);
		return false;
	}
	return true;
}

static void write_page(struct api_call *call, const struct search_token *place, const struct search_page *found,
                       struct json_writer *w)
{
	struct search_token next = *place;

	next.behind = found->at;
	json_key(w, STR("page"));
	json_begin_object(w);
	json_put_str(w, STR("next_token"), found->has_more ? search_token_write(call, &next) : STR(""));
	json_put_u64(w, STR("count"), found->n);
	json_end_object(w);
}

static void write_result(struct json_writer *w, const struct ask *ask, enum evaluation_part part, struct str found)
{
	json_begin_object(w);
	if (part == PART_ACTION) {
		json_put_str(w, STR("name"), found);
	} else {
		json_put_str(w, STR("type"), part == PART_SUBJECT ? ask->subject_type : ask->resource.type);
		json_put_str(w, STR("id"), found);
	}
	json_end_object(w);
}

static struct str part_name(enum evaluation_part part)
{
	switch (part) {
	case PART_SUBJECT:
		return STR("subject");
	case PART_RESOURCE:
		return STR("resource");
	case PART_ACTION:
		return STR("action");
	case PART_NONE:
		break;
	}
	return STR("");
}

/* False after failing: it cannot be logged and must be. */
static bool log_page(struct api_call *call, const struct ask *ask, const struct search_token *place, struct str token,
                     const struct search_page *found)
{
	const struct decisions_page page = {
	    .part = part_name(place->part),
	    .limit = place->limit,
	    .token = token,
	    .results = {found->items, found->n},
	    .has_more = found->has_more,
	};

	if (decisions_log_search(call, ask, &page))
		return true;
	api_fail(call, SERVICE_UNAVAILABLE, 0, "%s", DECISIONS_UNLOGGED);
	return false;
}

/* Exactly the results, unless a page was asked for or there is more. */
static void answer(struct api_call *call, const struct ask *ask, const struct search_token *place,
                   const struct asked_page *page)
{
	struct search_page found;
	struct json_writer w;

	if (!search(call, ask, place, &found) || !log_page(call, ask, place, page->token, &found))
		return;
	w = api_json_begin(call, 200);
	json_begin_object(&w);
	if (page->is_asked || found.has_more)
		write_page(call, place, &found, &w);
	json_key(&w, STR("results"));
	json_begin_array(&w);
	for (size_t i = 0; i < found.n; i++)
		write_result(&w, ask, place->part, found.items[i]);
	json_end_array(&w);
	json_end_object(&w);
	api_json_end(call, &w);
}

static void search_for(struct api_call *call, enum evaluation_part part)
{
	struct evaluator e = evaluator_of(call);
	struct evaluation ev = {.open = part};
	struct search_token place;
	struct asked_page page;
	struct error err = {0};
	struct ask ask;

	evaluation_take(&ev, call->body);
	if (!evaluation_read(&e, &ev, &ask, &err)) {
		(void)refuse(call, err.text);
		return;
	}
	if (!read_page(call, &page) || !find_place(call, &ev, &page, &place) || !is_in_place(call, &place))
		return;
	ask.now_ms = place.at_ms;
	answer(call, &ask, &place, &page);
}

static void search_subject(struct api_call *call)
{
	search_for(call, PART_SUBJECT);
}

static void search_resource(struct api_call *call)
{
	search_for(call, PART_RESOURCE);
}

static void search_action(struct api_call *call)
{
	search_for(call, PART_ACTION);
}

static const struct api_route routes[] = {
    {HTTP_POST, PATH_SEARCH_SUBJECT, API_READ, API_JSON_BODY, "access:evaluate", "access", search_subject},
    {HTTP_POST, PATH_SEARCH_RESOURCE, API_READ, API_JSON_BODY, "access:evaluate", "access", search_resource},
    {HTTP_POST, PATH_SEARCH_ACTION, API_READ, API_JSON_BODY, "access:evaluate", "access", search_action},
};

const struct api_route_table authzen_search_routes = {routes, N_ELEMENTS(routes)};
