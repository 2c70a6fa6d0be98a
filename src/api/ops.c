/* SPDX-License-Identifier: Apache-2.0
 *
 * For those who run the server: alive, ready, figures. No key needed; nothing secret in them.
 */
#include "api/internal.h"

static void text(struct api_call *call, unsigned status, struct str body)
{
	buf_clear(&call->x->out);
	buf_add(&call->x->out, body);
	call->x->status = status;
	call->x->content_type = STR("text/plain; charset=utf-8");
}

/* The process answers. */
static void handle_healthz(struct api_call *call)
{
	text(call, 200, STR("ok\n"));
}

/* It should be sent requests: loaded, not shutting down. A store that refuses writes does not make it unready:
 * decisions go on. */
static void handle_readyz(struct api_call *call)
{
	if (atomic_load(&call->api->is_draining))
		text(call, 503, STR("shutting down\n"));
	else
		text(call, 200, STR("ready\n"));
}

static void handle_metrics(struct api_call *call)
{
	text(call, 200, STR(""));
	metrics_write(call->api, &call->x->out);
	call->x->content_type = STR("text/plain; version=0.0.4; charset=utf-8");
}

static void ops_error(struct api_call *call, enum service_result result, unsigned status, struct str why)
{
	(void)result;
	buf_add(&call->x->out, why);
	buf_add_char(&call->x->out, '\n');
	call->x->status = status;
	call->x->content_type = STR("text/plain; charset=utf-8");
}

static const struct api_route routes[] = {
    {HTTP_GET, "/healthz", API_READ, API_NO_BODY, "", NULL, handle_healthz},
    {HTTP_GET, "/readyz", API_READ, API_NO_BODY, "", NULL, handle_readyz},
    {HTTP_GET, "/metrics", API_READ, API_NO_BODY, "", NULL, handle_metrics},
};

static const char *const prefixes[] = {"/healthz", "/readyz", "/metrics", NULL};

static const struct api_route_table table = {routes, N_ELEMENTS(routes)};
static const struct api_route_table *const tables[] = {&table};

const struct api_dialect api_ops = {
    .name = "ops",
    .prefixes = prefixes,
    .tables = tables,
    .n_tables = N_ELEMENTS(tables),
    .error = ops_error,
};
