/* SPDX-License-Identifier: Apache-2.0
 *
 * Which dialects there are, and what they share.
 */
#include "api/internal.h"
#include "base/random.h"

static void mount(struct api *api, const struct api_dialect *dialect)
{
	struct mounted_dialect *m = &api->dialects[api->n_dialects++];
	size_t n = 0;

	assert(api->n_dialects <= API_MAX_DIALECTS);
	m->dialect = dialect;
	for (size_t i = 0; i < dialect->n_tables; i++)
		m->n_routes += dialect->tables[i]->n;
	m->routes = mem_calloc(m->n_routes, sizeof(*m->routes));
	for (size_t i = 0; i < dialect->n_tables; i++) {
		for (size_t k = 0; k < dialect->tables[i]->n; k++) {
			const struct api_route *r = &dialect->tables[i]->routes[k];

			m->routes[n++] = (struct route){r->method, r->path, r};
		}
	}
	m->router = router_new(m->routes, m->n_routes);
	m->metrics = mem_calloc(m->n_routes + 1, sizeof(*m->metrics));
}

struct api *api_new(const struct api_options *options)
{
	struct api *api = mem_calloc(1, sizeof(*api));

	api->app = dispatch_app();
	api->service = options->service;
	api->decisions.options = (struct decisions_options){.log = options->decision_log,
	                                                    .without_properties = options->log_without_properties,
	                                                    .is_required = options->log_is_required};
	api->decisions.run = random_u64();
	api->forward_auth = options->forward_auth;
	if (options->aitronos_per_minute)
		api->aitronos_limiter = rate_limiter_new(&(struct rate_limit_options){
		    .per_minute = options->aitronos_per_minute, .burst = options->aitronos_burst});
	mount(api, &api_aitronos);
	mount(api, &api_authzen);
	mount(api, &api_conductorone);
	mount(api, &api_confident);
	mount(api, &api_connhex);
	mount(api, &api_forward_auth);
	mount(api, &api_langsmith);
	mount(api, &api_native);
	mount(api, &api_ops);
	return api;
}

void api_free(struct api *api)
{
	if (!api)
		return;
	for (size_t i = 0; i < api->n_dialects; i++) {
		router_free(api->dialects[i].router);
		free(api->dialects[i].routes);
		free(api->dialects[i].metrics);
	}
	rate_limiter_free(api->aitronos_limiter);
	free(atomic_load(&api->public_url));
	free(api);
}

struct rate_limiter *api_aitronos_limiter(const struct api *api)
{
	return api->aitronos_limiter;
}

struct http_app *api_http_app(struct api *api)
{
	return &api->app;
}

struct str api_public_url(const struct api *api)
{
	const char *url = atomic_load(&api->public_url);

	return url ? str_of(url) : STR("");
}

void api_set_public_url(struct api *api, struct str url)
{
	assert(!atomic_load(&api->public_url));
	atomic_store(&api->public_url, str_dup_cstr(url));
}

void api_set_draining(struct api *api)
{
	atomic_store(&api->is_draining, true);
}

void api_set_http_server(struct api *api, const struct http_server *server)
{
	atomic_store(&api->http_server, server);
}

struct route_metrics *api_metrics_of(struct api *api, const struct api_call *call)
{
	for (size_t i = 0; i < api->n_dialects; i++) {
		struct mounted_dialect *m = &api->dialects[i];

		if (m->dialect == call->dialect)
			return &m->metrics[call->route ? (size_t)(call->match->route - m->routes) : m->n_routes];
	}
	return &api->dialects[0].metrics[api->dialects[0].n_routes];
}
