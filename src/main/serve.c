/* SPDX-License-Identifier: Apache-2.0 */
#include "main/serve.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>

#include "api/api.h"
#include "api/conductorone/webhook_sender.h"
#include "api/forward_auth/mapping.h"
#include "api/key_fetcher.h"
#include "base/clock.h"
#include "cli/progress.h"
#include "main/owner_key.h"
#include "main/secret_key.h"
#include "service/decision_log.h"

/* How long a shutdown waits for what is in flight. */
#define DRAIN_GRACE_MS 10000u
/* Log lines below LOG_WARN wait at most this long. */
#define LOG_FLUSH_MS 200

/* Memory is asked of the kernel, and given back, in larger pieces than glibc's defaults. */
#define MALLOC_TOP_PAD_BYTES (1 << 20)
#define MALLOC_TRIM_BYTES    (64 << 20)

/* Everything that runs; zeroed parts were not reached. */
struct parts {
	struct store *store;
	struct service *service;
	struct api *api;
	struct http_server *http;
	struct webhook_sender *webhooks;
	struct decision_log *decisions;
	struct key_fetcher *keys;
	struct buf cert, key;
	struct forward_mapping *forward_auth;
	struct owner_key_file owner_key;
};

static int complain(const struct error *err)
{
	log_flush();
	(void)fprintf(stderr, "doorward: %s\n", err->text);
	return CLI_EXIT_ERROR;
}

static int use_test_clock(struct error *err)
{
	const char *path = getenv("DOORWARD_TEST_CLOCK");

	if (!path || !*path)
		return 0;
	if (!DOORWARD_TEST_HOOKS)
		return error_set(err, -EPERM, "DOORWARD_TEST_CLOCK is refused: this is not a debug build");
	int r = clock_use_file(path);
	return r == 0 ? 0 : error_set(err, r, "cannot read the test clock %s: %s", path, strerror(-r));
}

/* A whole file; absent path: nothing. */
static int read_file(const char *path, struct buf *out, struct error *err)
{
	FILE *f;
	char *p;
	size_t n;

	if (!path)
		return 0;
	f = fopen(path, "re");
	if (!f)
		return error_set(err, -errno, "cannot read %s: %s", path, strerror(errno));
	while ((p = buf_reserve(out, 4096)) && (n = fread(p, 1, 4096, f)) > 0)
		out->len += n;
	(void)fclose(f);
	if (out->overflowed)
		return error_set(err, -EFBIG, "%s is larger than %zu bytes", path, out->max_bytes);
	return 0;
}

static int read_forward_auth(const struct cli_options *o, struct parts *p, struct error *err)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(FORWARD_MAX_FILE_BYTES);
	struct error wrong = {0};
	int r = read_file(o->forward_auth, &text, err);

	if (r != 0 || !o->forward_auth)
		return r;
	if (forward_mapping_parse(buf_str(&text), &p->forward_auth, &wrong))
		return 0;
	return error_set(err, -EINVAL, "%s: %s", o->forward_auth, wrong.text);
}

static void show_loading(void *progress, struct str org, uint64_t n_documents, bool is_over)
{
	if (is_over)
		progress_end(progress);
	else
		progress_show(progress, org, n_documents, clock_monotonic_ns());
}

static int read_secret_keys(const struct cli_options *o, struct parts *p, struct secret_keys *ret, struct error *err)
{
	bool is_used;
	int r = secrets_exist(p->store, &is_used, err);

	return r == 0 ? secret_keys_read(ret, o->secret_key_file, o->old_secret_key_file, !is_used, err) : r;
}

static int open_with(const struct cli_options *o, struct parts *p, const struct secret_keys *secrets, struct error *err)
{
	struct buf key = BUF_INIT(BUF_MAX_LINE_BYTES);
	struct progress progress;
	int r = owner_key_file_open(&p->owner_key, o->owner_key_file, err);

	if (r != 0)
		return r;
	progress_init(&progress);
	r = service_open(&(struct service_options){.store = p->store,
	                                           .org = str_of(o->org),
	                                           .secret_key = secrets->has_key ? secrets->key : NULL,
	                                           .old_secret_key = secrets->has_old_key ? secrets->old_key : NULL,
	                                           .connhex_strict = o->connhex_strict,
	                                           .connhex_inert_statements = o->connhex_inert_statements,
	                                           .loading = show_loading,
	                                           .loading_ctx = &progress},
	                 &p->service, &key, err);
	if (r == 0 && key.len)
		r = owner_key_file_write(&p->owner_key, str_of(o->org), buf_str(&key), err);
	owner_key_file_close(&p->owner_key);
	if (key.ptr)
		explicit_bzero(key.ptr, key.cap);
	buf_release(&key);
	return r;
}

static int open_service(const struct cli_options *o, struct parts *p, struct error *err)
{
	struct secret_keys secrets = {0};
	int r = store_open(str_of(o->store), &p->store, err);

	if (r == 0)
		r = read_secret_keys(o, p, &secrets, err);
	if (r == 0)
		r = open_with(o, p, &secrets, err);
	explicit_bzero(&secrets, sizeof(secrets));
	/* What the store calls an expected outcome is no way to start. */
	return r > 0 ? -EUCLEAN : r;
}

static void set_public_url(const struct cli_options *o, struct parts *p, char *ret_listening, size_t size)
{
	bool v6 = strchr(o->listen_address, ':') != NULL;
	struct str url = str_of(o->public_url);

	(void)snprintf(ret_listening, size, "%s://%s%s%s:%u", o->tls_cert ? "https" : "http", v6 ? "[" : "",
	               o->listen_address, v6 ? "]" : "", (unsigned)http_server_port(p->http));
	while (str_ends_with(url, STR("/")))
		url.len--;
	api_set_public_url(p->api, str_is_empty(url) ? str_of(ret_listening) : url);
}

static int open_decision_log(const struct cli_options *o, struct parts *p, struct error *err)
{
	if (!o->decision_log)
		return 0;
	return decision_log_open(&(struct decision_log_options){.path = o->decision_log,
	                                                        .key = service_signing_key(p->service),
	                                                        .max_bytes = o->decision_log_max_bytes},
	                         &p->decisions, err);
}

static int start_http(const struct cli_options *o, struct parts *p, struct error *err)
{
	int r;

	p->cert = p->key = BUF_INIT(BUF_MAX_LINE_BYTES);
	r = read_file(o->tls_cert, &p->cert, err);
	if (r == 0)
		r = read_file(o->tls_key, &p->key, err);
	if (r != 0)
		return r;
	p->api = api_new(&(struct api_options){
	    .service = p->service,
	    .aitronos_per_minute = o->aitronos_per_minute,
	    .aitronos_burst = o->aitronos_burst,
	    .decision_log = p->decisions,
	    .log_without_properties = o->decision_log_without_properties,
	    .log_is_required = o->decision_log_required,
	    .forward_auth = p->forward_auth,
	});
	return http_server_start(
	    &(struct http_options){
	        .address = o->listen_address,
	        .port = o->listen_port,
	        .n_threads = (unsigned)o->n_threads,
	        .max_connections = (unsigned)o->max_connections,
	        .max_body_bytes = o->max_body_bytes,
	        .idle_timeout_s = (unsigned)o->idle_timeout_s,
	        .tls_cert_pem = p->cert.len ? buf_str(&p->cert) : STR_NONE,
	        .tls_key_pem = p->key.len ? buf_str(&p->key) : STR_NONE,
	    },
	    api_http_app(p->api), &p->http, err);
}

/* What calls other servers. */
static int start_callers(const struct cli_options *o, struct parts *p, struct error *err)
{
	int r = key_fetcher_start(
	    &(struct key_fetcher_options){.service = p->service, .allow_private = o->webhook_allow_private}, &p->keys,
	    err);

	if (r != 0)
		return r;
	return webhook_sender_start(&(struct webhook_sender_options){.api = p->api,
	                                                             .service = p->service,
	                                                             .allow_private = o->webhook_allow_private},
	                            &p->webhooks, err);
}

/* SIGTERM, SIGINT and SIGHUP are taken by sigtimedwait() alone: blocked here, before any thread exists, for all of
 * them. */
static void block_signals(sigset_t *ret_set)
{
	(void)sigemptyset(ret_set);
	(void)sigaddset(ret_set, SIGTERM);
	(void)sigaddset(ret_set, SIGINT);
	(void)sigaddset(ret_set, SIGHUP);
	(void)pthread_sigmask(SIG_BLOCK, ret_set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error of write() */
}

/* Until one comes that ends the server; SIGHUP says that files of the decision log were moved. */
static void wait_for_signal(const struct parts *p, const sigset_t *set)
{
	const struct timespec tick = {.tv_nsec = LOG_FLUSH_MS * 1000000L};
	int signal;

	while ((signal = sigtimedwait(set, NULL, &tick)) < 0 || signal == SIGHUP) {
		if (signal == SIGHUP && p->decisions)
			decision_log_reopen(p->decisions);
		log_flush();
	}
}

static void take_down(struct parts *p)
{
	if (p->http) {
		api_set_draining(p->api);
		http_server_drain(p->http, DRAIN_GRACE_MS);
		api_set_http_server(p->api, NULL);
		http_server_free(p->http);
	}
	webhook_sender_stop(p->webhooks);
	key_fetcher_stop(p->keys);
	decision_log_close(p->decisions);
	service_close(p->service);
	api_free(p->api);
	forward_mapping_free(p->forward_auth);
	store_close(p->store);
	if (p->key.ptr)
		explicit_bzero(p->key.ptr, p->key.cap);
	buf_release(&p->cert);
	buf_release(&p->key);
	log_flush();
}

int serve_run(const struct cli_options *options)
{
	struct parts p = {.owner_key = {.fd = -1}};
	struct error err = {0};
	char listening[160];
	sigset_t signals;
	int r;

	(void)mallopt(M_TOP_PAD, MALLOC_TOP_PAD_BYTES);
	(void)mallopt(M_TRIM_THRESHOLD, MALLOC_TRIM_BYTES);
	block_signals(&signals);
	log_set_level(options->log_level);
	r = use_test_clock(&err);
	if (r == 0)
		r = read_forward_auth(options, &p, &err);
	if (r == 0)
		r = open_service(options, &p, &err);
	if (r == 0)
		r = open_decision_log(options, &p, &err);
	if (r == 0)
		r = start_http(options, &p, &err);
	if (r == 0) {
		set_public_url(options, &p, listening, sizeof(listening));
		r = start_callers(options, &p, &err);
	}
	if (r != 0) {
		take_down(&p);
		return complain(&err);
	}
	api_set_http_server(p.api, p.http);
	log_msg(LOG_INFO, "doorward " DOORWARD_VERSION " serving %s, store %s", listening, options->store);
	(void)printf("listening on %s\n", listening);
	(void)fflush(stdout);
	wait_for_signal(&p, &signals);
	log_msg(LOG_INFO, "shutting down");
	take_down(&p);
	return CLI_EXIT_OK;
}
