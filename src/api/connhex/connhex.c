/* SPDX-License-Identifier: Apache-2.0
 *
 * The dialect's table: routes, errors, and the tenant filter of its permission checks.
 */
#include "api/connhex/connhex.h"

/* ---- routes ------------------------------------------------------------------------------------------ */

#define POLICY  "iam:policies:{id}"
#define MEMBERS "iam:policies:{id}:members"
#define ROLE    "iam:roles:{id}"
#define TENANT  "iam:tenants:{id}"
#define TEAM    "iam:teams:{id}"

/* clang-format off */
static const struct api_route routes[] = {
	{HTTP_POST,   "/iam/policies",      API_WRITE, API_JSON_BODY, "iam:policies:create", "iam:policies", connhex_policy_create},
	{HTTP_GET,    "/iam/policies",      API_READ,  API_NO_BODY,   "iam:policies:list",   "iam:policies", connhex_policy_list},
	{HTTP_GET,    "/iam/policies/{id}", API_READ,  API_NO_BODY,   "iam:policies:get",    POLICY,         connhex_policy_get},
	{HTTP_PUT,    "/iam/policies/{id}", API_WRITE, API_JSON_BODY, "iam:policies:update", POLICY,         connhex_policy_update},
	{HTTP_DELETE, "/iam/policies/{id}", API_WRITE, API_NO_BODY,   "iam:policies:delete", POLICY,         connhex_policy_delete},

	{HTTP_GET,  "/iam/policies/{id}/members",        API_READ,  API_NO_BODY,   "iam:policyMembers:get",    MEMBERS, connhex_members_get},
	{HTTP_PUT,  "/iam/policies/{id}/members",        API_WRITE, API_JSON_BODY, "iam:policyMembers:update", MEMBERS, connhex_members_replace},
	{HTTP_POST, "/iam/policies/{id}/members:add",    API_WRITE, API_JSON_BODY, "iam:policyMembers:create", MEMBERS, connhex_members_add},
	{HTTP_POST, "/iam/policies/{id}/members:remove", API_WRITE, API_JSON_BODY, "iam:policyMembers:delete", MEMBERS, connhex_members_remove},

	{HTTP_POST,   "/iam/roles",      API_WRITE, API_JSON_BODY, "iam:roles:create", "iam:roles", connhex_role_create},
	{HTTP_GET,    "/iam/roles",      API_READ,  API_NO_BODY,   "iam:roles:list",   "iam:roles", connhex_role_list},
	{HTTP_GET,    "/iam/roles/{id}", API_READ,  API_NO_BODY,   "iam:roles:get",    ROLE,        connhex_role_get},
	{HTTP_PUT,    "/iam/roles/{id}", API_WRITE, API_JSON_BODY, "iam:roles:update", ROLE,        connhex_role_update},
	{HTTP_DELETE, "/iam/roles/{id}", API_WRITE, API_NO_BODY,   "iam:roles:delete", ROLE,        connhex_role_delete},

	{HTTP_POST,   "/iam/tenants",      API_WRITE, API_JSON_BODY, "iam:tenants:create", "iam:tenants", connhex_tenant_create},
	{HTTP_GET,    "/iam/tenants",      API_READ,  API_NO_BODY,   "iam:tenants:list",   "iam:tenants", connhex_tenant_list},
	{HTTP_GET,    "/iam/tenants/{id}", API_READ,  API_NO_BODY,   "iam:tenants:get",    TENANT,        connhex_tenant_get},
	{HTTP_PUT,    "/iam/tenants/{id}", API_WRITE, API_JSON_BODY, "iam:tenants:update", TENANT,        connhex_tenant_update},
	{HTTP_DELETE, "/iam/tenants/{id}", API_WRITE, API_NO_BODY,   "iam:tenants:delete", TENANT,        connhex_tenant_delete},

	{HTTP_POST,   "/iam/teams",      API_WRITE, API_JSON_BODY, "iam:teams:create", "iam:teams", connhex_team_create},
	{HTTP_GET,    "/iam/teams",      API_READ,  API_NO_BODY,   "iam:teams:list",   "iam:teams", connhex_team_list},
	{HTTP_GET,    "/iam/teams/{id}", API_READ,  API_NO_BODY,   "iam:teams:get",    TEAM,        connhex_team_get},
	{HTTP_PUT,    "/iam/teams/{id}", API_WRITE, API_JSON_BODY, "iam:teams:update", TEAM,        connhex_team_update},
	{HTTP_DELETE, "/iam/teams/{id}", API_WRITE, API_NO_BODY,   "iam:teams:delete", TEAM,        connhex_team_delete},

	{HTTP_GET,  "/iam/teams/{id}/users",        API_READ,  API_NO_BODY,   "iam:teamUsers:list",   "iam:teams:{id}:users", connhex_team_users},
	{HTTP_POST, "/iam/teams/{id}/users:add",    API_WRITE, API_JSON_BODY, "iam:teamUsers:create", TEAM,                   connhex_team_add_users},
	{HTTP_POST, "/iam/teams/{id}/users:remove", API_WRITE, API_JSON_BODY, "iam:teamUsers:delete", TEAM,                   connhex_team_remove_users},
	{HTTP_GET,  "/iam/users/{id}/teams",        API_READ,  API_NO_BODY,   "iam:userTeams:get",    "iam:users:{id}",       connhex_user_teams},

	{HTTP_POST, "/iam/introspect_pairs", API_READ, API_JSON_BODY, "iam:introspect:getSome", "iam:introspect", connhex_introspect_pairs, NULL, true},
};
/* clang-format on */

/* ---- errors ------------------------------------------------------------------------------------------ */

/* HTTP status -> google.rpc.Code, as grpc-gateway has it the other way round. */
static const struct {
	unsigned status;
	int64_t code;
} codes[] = {
    {400, 3}, {401, 16}, {403, 7}, {404, 5}, {409, 6}, {413, 8}, {414, 3}, {431, 8}, {501, 12}, {503, 14},
};

static int64_t code_of(enum service_result result, unsigned status)
{
	if (result == SERVICE_FAILED_PRECONDITION)
		return 9;
	for (size_t i = 0; i < N_ELEMENTS(codes); i++)
		if (codes[i].status == status)
			return codes[i].code;
	return 13;
}

/* `?pretty` looks to the byte as the ancestor's gateway has it: its clients compare texts. */
struct json_writer connhex_json_begin(struct api_call *call, unsigned status)
{
	struct json_writer w = api_json_begin(call, status);

	w.spreads_empty = true;
	return w;
}

void connhex_json_end(struct api_call *call, struct json_writer *w)
{
	struct buf *out = &call->x->out;

	api_json_end(call, w);
	if (w->indent && out->len && out->ptr[out->len - 1] == '\n')
		out->len--;
}

/* google.rpc.Status, and beside it `error`, under which the ancestor's clients look for the message. */
static void write_error(struct api_call *call, enum service_result result, unsigned status, struct str text)
{
	struct json_writer w = connhex_json_begin(call, status);

	json_begin_object(&w);
	json_put_str(&w, STR("error"), text);
	json_put_i64(&w, STR("code"), code_of(result, status));
	json_put_str(&w, STR("message"), text);
	json_put_strs(&w, STR("details"), NULL, 0);
	json_end_object(&w);
	connhex_json_end(call, &w);
}

/* ---- permission -------------------------------------------------------------------------------------- */

/* Characters that the ancestor admits in a name of its filter: its range ")-_" takes in more than was meant. */
static bool is_filter_name(struct str s)
{
	if (s.len == 0 || s.len > 64)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!(s.ptr[i] >= 'a' && s.ptr[i] <= 'z') && !(s.ptr[i] >= '(' && s.ptr[i] <= '_'))
			return false;
	return true;
}

/* The elements of every header of that name. */
static struct str_list header_elements(struct api_call *call, struct str name)
{
	const struct http_exchange *x = call->x;
	struct str *items;
	size_t n = 0;

	for (size_t i = 0; i < x->n_headers; i++)
		if (str_eq_nocase(x->headers[i].name, name))
			n += x->headers[i].value.len + 1; /* at most so many elements */
	items = ARENA_ARRAY(call->arena, struct str, n);
	n = 0;
	for (size_t i = 0; i < x->n_headers; i++) {
		struct str rest = x->headers[i].value, part;

		if (!str_eq_nocase(x->headers[i].name, name))
			continue;
		if (str_is_absent(rest))
			rest = STR("");
		while (str_split(&rest, ',', &part))
			items[n++] = str_trim(part);
	}
	return (struct str_list){items, n};
}

/*
 * The tenants that the client wants to see: header `tenants`, or the ancestor's `projects`. False: malformed. "*" in it
 * asks for no filter, which is not the same as being allowed everywhere.
 */
static bool read_filter(struct api_call *call, struct str_list *ret, bool *ret_has_filter)
{
	struct str_list list = header_elements(call, STR("tenants"));

	if (list.n == 0)
		list = header_elements(call, STR("projects"));
	for (size_t i = 0; i < list.n; i++)
		if (!is_filter_name(list.items[i]))
			return false;
	*ret = iam_without_repeats(list, call->arena);
	*ret_has_filter = list.n != 0 && !str_list_has(list, STR("*"));
	return true;
}

/* An id with ':' or '*' cannot stand in the resource of a question; whoever asks is refused. */
static bool params_are_plain(const struct api_call *call)
{
	for (size_t i = 0; i < call->match->n_params; i++)
		if (str_find(call->match->params[i], ':', 0) != SIZE_MAX ||
		    str_find(call->match->params[i], '*', 0) != SIZE_MAX)
			return false;
	return true;
}

static bool authorize(struct api_call *call, struct str action, struct str resource)
{
	struct permission wanted = {.action = action, .resource = resource, .lists_tenants = true};
	struct authorization given = {0};
	struct str_list filter;
	bool has_filter;

	if (params_are_plain(call) && read_filter(call, &filter, &has_filter)) {
		wanted.requested = has_filter ? &filter : NULL;
		given = service_authorize(call->present, &call->caller, &wanted, call->present_ms, call->arena);
	}
	if (!verdict_allows(given.verdict)) {
		api_fail(call, SERVICE_DENIED, 0, "Permission Denied");
		return false;
	}
	call->everywhere = given.everywhere;
	call->tenants = iam_sorted(given.tenants, call->arena);
	return true;
}

/* ---- shared by the handlers ---------------------------------------------------------------------------- */

struct iam_call connhex_begin(struct api_call *call)
{
	return (struct iam_call){
	    .snapshot = call->snapshot,
	    .txn = call->txn,
	    .caller = &call->caller,
	    .arena = call->arena,
	    .now_ms = call->now_ms,
	    .strict = service_options(call->service)->connhex_strict,
	    .allows_inert = service_options(call->service)->connhex_inert_statements,
	    .everywhere = call->everywhere,
	    .tenants = call->tenants,
	};
}

bool connhex_ok(struct api_call *call, const struct iam_call *c, enum service_result result)
{
	if (result != SERVICE_OK) {
		api_fail(call, result, 0, "%s", c->err.text);
		return false;
	}
	call->warning = widening_text(&c->widening, c->n_denies_lost, call->arena);
	return true;
}

void connhex_answer_empty(struct api_call *call)
{
	struct json_writer w = connhex_json_begin(call, 200);

	json_begin_object(&w);
	json_end_object(&w);
	connhex_json_end(call, &w);
}

void connhex_put_list(struct json_writer *w, const char *name, struct str_list list)
{
	json_put_strs(w, str_of(name), list.items, list.n);
}

void connhex_put_type(struct json_writer *w, bool is_managed)
{
	json_put_str(w, STR("type"), is_managed ? STR("COMPIUTA_MANAGED") : STR("CUSTOM"));
}

static const char *const prefixes[] = {"/iam/", NULL};

static const struct api_route_table table = {routes, N_ELEMENTS(routes)};
static const struct api_route_table *const tables[] = {&table};

const struct api_dialect api_connhex = {
    .name = "connhex",
    .prefixes = prefixes,
    .tables = tables,
    .n_tables = N_ELEMENTS(tables),
    .error = write_error,
    .authorize = authorize,
    .wrong_method_status = 501,
};
