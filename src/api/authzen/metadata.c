/* SPDX-License-Identifier: Apache-2.0
 *
 * URLs come from the configuration, never from the Host header, which whoever asks can choose. A URL with a path has
 * its metadata under the well-known path followed by that path, and nothing is said under any other.
 */
#include "api/authzen/metadata.h"

#include "api/authzen/search.h"
#include "service/signing.h"

static const struct {
	struct str name, path;
} endpoints[] = {
    {STR_INIT("policy_decision_point"), STR_INIT("")},
    {STR_INIT("access_evaluation_endpoint"), STR_INIT(PATH_EVALUATION)},
    {STR_INIT("access_evaluations_endpoint"), STR_INIT(PATH_EVALUATIONS)},
    {STR_INIT("search_subject_endpoint"), STR_INIT(PATH_SEARCH_SUBJECT)},
    {STR_INIT("search_resource_endpoint"), STR_INIT(PATH_SEARCH_RESOURCE)},
    {STR_INIT("search_action_endpoint"), STR_INIT(PATH_SEARCH_ACTION)},
    {STR_INIT("jwks_uri"), STR_INIT("/auth/v1/jwks")}, /* the keys by which the signature is checked */
};

static void write_endpoints(struct api_call *call, struct json_writer *w)
{
	const struct str base = api_public_url(call->api);

	for (size_t i = 0; i < N_ELEMENTS(endpoints); i++)
		json_put_str(w, endpoints[i].name, arena_concat(call->arena, base, endpoints[i].path));
}

/* The same as claims of the decision point itself. */
static struct str sign(struct api_call *call)
{
	struct buf claims = BUF_INIT(BUF_MAX_RESPONSE_BYTES), token = BUF_INIT(BUF_MAX_RESPONSE_BYTES);
	struct json_writer w = JSON_WRITER(&claims);
	struct str text;

	json_begin_object(&w);
	json_put_str(&w, STR("iss"), api_public_url(call->api));
	json_put_i64(&w, STR("iat"), call->now_ms / 1000);
	write_endpoints(call, &w);
	json_end_object(&w);
	signing_key_sign(service_signing_key(call->service), buf_str(&claims), &token);
	text = arena_str(call->arena, buf_str(&token));
	buf_release(&claims);
	buf_release(&token);
	return text;
}

/* "/tenant1" of "https://pdp.example.com/tenant1". */
static struct str path_of_url(struct str url)
{
	const size_t host = str_find(url, '/', STR("http://").len + (str_starts_with(url, STR("https")) ? 1 : 0));

	return host == SIZE_MAX ? STR("") : str_slice(url, host, url.len);
}

/* As people write it in --public-url: what the router decoded is not looked at. */
static bool is_own_path(const struct api_call *call)
{
	const struct str asked = str_slice(call->x->path, STR(PATH_METADATA).len, call->x->path.len);

	return str_is_empty(asked) || str_eq(asked, path_of_url(api_public_url(call->api)));
}

static void describe(struct api_call *call)
{
	struct json_writer w;

	if (!is_own_path(call)) {
		api_fail(call, SERVICE_NOT_FOUND, 0, "there is no policy decision point of this path");
		return;
	}
	w = api_json_begin(call, 200);
	json_begin_object(&w);
	write_endpoints(call, &w);
	json_put_str(&w, STR("signed_metadata"), sign(call));
	json_end_object(&w);
	api_json_end(call, &w);
}

/* Paths of as many segments as anybody needs. */
static const struct api_route routes[] = {
    {HTTP_GET, PATH_METADATA, API_READ, API_NO_BODY, "", NULL, describe},
    {HTTP_GET, PATH_METADATA "/{a}", API_READ, API_NO_BODY, "", NULL, describe},
    {HTTP_GET, PATH_METADATA "/{a}/{b}", API_READ, API_NO_BODY, "", NULL, describe},
    {HTTP_GET, PATH_METADATA "/{a}/{b}/{c}", API_READ, API_NO_BODY, "", NULL, describe},
    {HTTP_GET, PATH_METADATA "/{a}/{b}/{c}/{d}", API_READ, API_NO_BODY, "", NULL, describe},
};

const struct api_route_table authzen_metadata_routes = {routes, N_ELEMENTS(routes)};
