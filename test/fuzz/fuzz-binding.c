/* SPDX-License-Identifier: Apache-2.0
 *
 * The bytes are a submission: what they say of a denial must prove nothing, since they were not given one. Then they
 * are an evaluation: the denial that is made of it proves it, and is worth nothing when anything of it is changed.
 */
#include "api/authzen/binding.h"
#include "base/clock.h"
#include "json/object.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok, const char *what)
{
	if (ok)
		return;
	(void)fprintf(stderr, "%s\n", what);
	abort();
}

/* An installation without anything in it, for as long as the process lives. */
static struct api_call *installation(struct arena *a)
{
	static struct service *service;
	static struct api *api;
	static struct store *store;
	struct api_call *call = ARENA_NEW(a, struct api_call);
	struct buf owner_key = BUF_INIT(BUF_MAX_LINE_BYTES);
	struct error err = {0};

	if (!service) {
		int r = store_open(STR("memory:"), &store, &err);

		if (r == 0)
			r = service_open(&(struct service_options){.store = store, .org = STR("o")}, &service,
			                 &owner_key, &err);
		require(r == 0, "no service");
		buf_release(&owner_key);
		api = api_new(&(struct api_options){.service = service, .features = API_FEATURE_ARAP});
		api_set_public_url(api, STR("https://pdp.example.com"));
	}
	*call = (struct api_call){.api = api, .service = service, .arena = a, .now_ms = INT64_C(1800000000000)};
	return call;
}

static const struct json *denial_json(struct arena *a, struct str token, struct str id, int64_t expires_at_ms)
{
	struct json_object o = {.arena = a};

	json_object_str(&o, "binding_token", token);
	json_object_str(&o, "evaluation_id", id);
	json_object_time(&o, "expires_at", expires_at_ms);
	return json_object_end(&o);
}

/* One character another. */
static struct str changed(struct arena *a, struct str text, size_t at)
{
	char *copy = arena_alloc(a, text.len);

	memcpy(copy, text.ptr, text.len);
	copy[at % text.len] = copy[at % text.len] == 'A' ? 'B' : 'A';
	return (struct str){copy, text.len};
}

static void check_own(struct api_call *call, const struct evaluation *ev, size_t at)
{
	struct arena *a = call->arena;
	struct denial_proof proof;
	struct error err = {0};
	struct binding b;
	struct denial d;
	const struct json *whole;

	if (!binding_of(a, ev, NULL, &b))
		return;
	d = denial_make(call, &b);
	if (str_is_absent(d.token))
		return;
	whole = denial_json(a, d.token, d.evaluation, d.expires_at_ms);
	require(denial_check(call, whole, ev, &proof, &err) == BINDING_OK, "a denial does not prove itself");
	require(denial_check(call, denial_json(a, STR_NONE, d.evaluation, d.expires_at_ms), ev, &proof, &err) ==
	            BINDING_OK,
	        "an evaluation id does not prove itself");
	require(denial_check(call, denial_json(a, changed(a, d.token, at), STR_NONE, d.expires_at_ms), ev, &proof,
	                     &err) != BINDING_OK,
	        "a changed token proves something");
	require(denial_check(call, denial_json(a, STR_NONE, changed(a, d.evaluation, at), d.expires_at_ms), ev, &proof,
	                     &err) != BINDING_OK,
	        "a changed id proves something");
	call->now_ms = d.expires_at_ms;
	require(denial_check(call, whole, ev, &proof, &err) == BINDING_EXPIRED, "it does not expire");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = ARENA_INIT;
	struct api_call *call = installation(&a);
	struct evaluation ev = {0};
	struct denial_proof proof;
	struct error err = {0};
	const struct json *body;

	service_read_begin();
	call->snapshot = org_snapshot(service_default_org(call->service));
	if (json_parse((struct str){(const char *)data, size}, &a, &body, &err) == JSON_OK) {
		const struct json *denial = json_get(body, STR("denial"));

		evaluation_take(&ev, body);
		if (json_is(denial, JSON_OBJECT))
			require(denial_check(call, denial, &ev, &proof, &err) != BINDING_OK, "a proof out of nothing");
		if (ev.subject && ev.resource && ev.action && evaluation_is_well_typed(&ev, &err))
			check_own(call, &ev, size * 31);
		require(approval_check(call, json_get_str(body, STR("state")), STR("apr_1"), &ev) == APPROVAL_FALSE,
		        "an approval out of nothing");
	}
	service_read_end();
	arena_release(&a);
	return 0;
}
