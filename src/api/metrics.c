/* SPDX-License-Identifier: Apache-2.0
 *
 * Counters and the access log. Prometheus text exposition format 0.0.4.
 */
#include "api/internal.h"
#include "base/clock.h"
#include "base/log.h"
#include "service/decision_log.h"

static const unsigned statuses[METRIC_STATUSES - 1] = {200, 201, 202, 204, 400, 401, 403, 404, 405,
                                                       409, 413, 414, 415, 422, 429, 431, 500, 503};

/* Longest access log line; the path, the only part a client can make long, is cut well below. */
#define ACCESS_LINE_BYTES 8192

/* Upper bounds in microseconds; the last bucket has none. */
static const uint64_t bucket_us[METRIC_BUCKETS - 1] = {25,    50,    100,   250,    500,    1000,   2500,   5000,
                                                       10000, 25000, 50000, 100000, 250000, 500000, 1000000};

void metrics_count(struct route_metrics *m, unsigned status, uint64_t duration_ns)
{
	size_t s = 0, b = 0;

	while (s < N_ELEMENTS(statuses) && statuses[s] != status)
		s++;
	while (b < N_ELEMENTS(bucket_us) && duration_ns > bucket_us[b] * 1000)
		b++;
	atomic_fetch_add_explicit(&m->by_status[s], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&m->buckets[b], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&m->sum_ns, duration_ns, memory_order_relaxed);
}

static void family(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void plain(struct buf *out, const char *name, const char *type, const char *help, double value)
{
	family(out, name, type, help);
	buf_addf(out, "%s %.17g\n", name, value);
}

/* Calls `write` for every route of every dialect that has been used, and for what matched no route. */
static void each_route(struct api *api, struct buf *out,
                       void (*write)(struct buf *out, const char *labels, struct route_metrics *m))
{
	for (size_t d = 0; d < api->n_dialects; d++) {
		const struct mounted_dialect *m = &api->dialects[d];

		for (size_t i = 0; i <= m->n_routes; i++) {
			char labels[256];
			bool matched = i < m->n_routes;

			(void)snprintf(labels, sizeof(labels), "dialect=\"%s\",method=\"%.*s\",route=\"%s\"",
			               m->dialect->name,
			               STR_ARG(matched ? http_method_name(m->routes[i].method) : STR("")),
			               matched ? m->routes[i].path : "");
			write(out, labels, &m->metrics[i]);
		}
	}
}

static void write_counts(struct buf *out, const char *labels, struct route_metrics *m)
{
	for (size_t s = 0; s < METRIC_STATUSES; s++) {
		uint64_t n = atomic_load_explicit(&m->by_status[s], memory_order_relaxed);
		char status[16] = "other";

		if (s < N_ELEMENTS(statuses))
			(void)snprintf(status, sizeof(status), "%u", statuses[s]);
		if (n)
			buf_addf(out, "doorward_http_requests_total{%s,status=\"%s\"} %llu\n", labels, status,
			         (unsigned long long)n);
	}
}

static void write_histogram(struct buf *out, const char *labels, struct route_metrics *m)
{
	uint64_t below = 0, total = 0;

	for (size_t b = 0; b < METRIC_BUCKETS; b++)
		total += atomic_load_explicit(&m->buckets[b], memory_order_relaxed);
	if (!total)
		return;
	for (size_t b = 0; b < METRIC_BUCKETS; b++) {
		char bound[24] = "+Inf";

		below += atomic_load_explicit(&m->buckets[b], memory_order_relaxed);
		if (b < N_ELEMENTS(bucket_us))
			(void)snprintf(bound, sizeof(bound), "%g", (double)bucket_us[b] / 1e6);
		buf_addf(out, "doorward_http_request_duration_seconds_bucket{%s,le=\"%s\"} %llu\n", labels, bound,
		         (unsigned long long)below);
	}
	buf_addf(out,
	         "doorward_http_request_duration_seconds_sum{%s} %.9f\n"
	         "doorward_http_request_duration_seconds_count{%s} %llu\n",
	         labels, (double)atomic_load_explicit(&m->sum_ns, memory_order_relaxed) / 1e9, labels,
	         (unsigned long long)below);
}

static void write_service(struct buf *out, struct service *svc)
{
	struct service_stats st = service_stats(svc);

	plain(out, "doorward_snapshot_revision", "gauge", "Revision of the default organization's snapshot.",
	      (double)st.revision);
	plain(out, "doorward_snapshot_statements", "gauge", "Statements in the snapshots of all organizations.",
	      (double)st.n_statements);
	plain(out, "doorward_snapshot_statement_bytes", "gauge", "Bytes of compiled statements.",
	      (double)st.snapshot_bytes);
	plain(out, "doorward_snapshot_documents", "gauge", "Documents in the snapshots.", (double)st.n_documents);
	plain(out, "doorward_organizations", "gauge", "Organizations served.", (double)st.n_orgs);
	plain(out, "doorward_snapshot_publish_seconds_total", "counter", "Time from durable to published.",
	      (double)st.publish_ns / 1e9);
	family(out, "doorward_store_commit_duration_seconds", "summary",
	       "Durable store transactions (each may hold many change sets).");
	buf_addf(out,
	         "doorward_store_commit_duration_seconds_sum %.9f\ndoorward_store_commit_duration_seconds_count %llu\n",
	         (double)st.store.commit_ns / 1e9, (unsigned long long)st.store.n_commits);
	plain(out, "doorward_store_change_sets_total", "counter", "Change sets and refused attempts stored.",
	      (double)st.store.n_sets);
	plain(out, "doorward_store_writable", "gauge", "1 unless the last commit failed.", st.is_writable ? 1 : 0);
	plain(out, "doorward_write_queue_length", "gauge", "Changes waiting for the writer.", (double)st.n_queued);
	plain(out, "doorward_audit_dropped_total", "counter", "Refused attempts not recorded for want of room.",
	      (double)st.n_dropped_audit);
}

static void write_decision_log(struct buf *out, const struct decision_log *log)
{
	struct decision_log_stats st = decision_log_stats(log);

	plain(out, "doorward_decision_log_lines_total", "counter", "Lines written to the decision log.",
	      (double)st.n_lines);
	plain(out, "doorward_decision_log_dropped_total", "counter",
	      "Entries that the decision log lacks, for want of room in memory or on the disk.", (double)st.n_dropped);
	plain(out, "doorward_decision_log_writable", "gauge", "1 unless the last write to the decision log failed.",
	      st.is_failing ? 0 : 1);
}

void metrics_write(struct api *api, struct buf *out)
{
	const struct http_server *server = atomic_load(&api->http_server);

	family(out, "doorward_build_info", "gauge", "The program's version.");
	buf_add(out, STR("doorward_build_info{version=\"" DOORWARD_VERSION "\"} 1\n"));
	family(out, "doorward_http_requests_total", "counter", "Answered requests by route and status.");
	each_route(api, out, write_counts);
	family(out, "doorward_http_request_duration_seconds", "histogram",
	       "Time from the first byte read to the answer sent.");
	each_route(api, out, write_histogram);
	family(out, "doorward_decisions_total", "counter", "Decisions asked for through AuthZEN, by effect.");
	buf_addf(out,
	         "doorward_decisions_total{effect=\"allow\"} %llu\ndoorward_decisions_total{effect=\"deny\"} %llu\n",
	         (unsigned long long)atomic_load(&api->n_allowed), (unsigned long long)atomic_load(&api->n_denied));
	if (api->decisions.options.log)
		write_decision_log(out, api->decisions.options.log);
	write_service(out, api->service);
	if (server) {
		struct http_server_stats st = http_server_stats(server);

		plain(out, "doorward_http_connections", "gauge", "Open connections.", (double)st.n_connections);
		plain(out, "doorward_http_refused_total", "counter", "Requests refused as malformed or too large.",
		      (double)st.n_refused);
	}
}

void access_log(const struct api_call *call, const struct http_exchange *x, uint64_t duration_ns, bool sent)
{
	char room[ACCESS_LINE_BYTES] NO_INIT;
	struct buf line = {.ptr = room, .cap = sizeof(room), .max_bytes = sizeof(room)}; /* never grows: not released */
	struct json_writer w = JSON_WRITER(&line);
	char at[32];

	json_begin_object(&w);
	json_put_str(&w, STR("at"), time_format_rfc3339(call->present_ms, at));
	json_put_str(&w, STR("level"), STR("info"));
	json_put_str(&w, STR("msg"), STR("request"));
	json_put_str(&w, STR("request_id"), x->request_id);
	json_put_str(&w, STR("method"), x->method_text);
	json_put_str(&w, STR("path"), str_slice(x->path, 0, 512));
	json_put_str(&w, STR("route"), x->route);
	json_put_u64(&w, STR("status"), x->status);
	json_put_u64(&w, STR("duration_us"), duration_ns / 1000);
	json_put_str(&w, STR("remote"), x->remote);
	json_put_str(&w, STR("actor"), call->caller.actor);
	json_put_str(&w, STR("dialect"), str_of(call->dialect->name));
	if (!sent)
		json_put_bool(&w, STR("sent"), false);
	json_end_object(&w);
	if (!line.overflowed)
		log_line(LOG_INFO, buf_str(&line));
}
