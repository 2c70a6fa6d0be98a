/* SPDX-License-Identifier: Apache-2.0 */
#include "api/conductorone/webhook_sender.h"

#include <pthread.h>
#include <time.h>

#include "api/authzen/binding.h"
#include "api/authzen/requests.h"
#include "api/conductorone/task_view.h"
#include "api/conductorone/webhook_reply.h"
#include "base/clock.h"
#include "http/client.h"
#include "service/webhook_seal.h"
#include "service/webhooks.h"

#define N_THREADS       WEBHOOK_MAX_FLIGHTS
#define SEND_TIMEOUT_MS 30000u
#define LOOK_EVERY_MS   100  /* whether something is due: clocks are set, and tests drive them */
#define STORE_FAILED_MS 1000 /* until a call is sent again whose record could not be stored */
#define MAX_BODY_BYTES  ((size_t)4 * 1024 * 1024)
#define EVENT_TYPE      "c1.webhooks.v1."
#define TYPE_URL        "type.googleapis.com/"

struct worker {
	struct webhook_sender *sender;
	pthread_t thread;
	bool runs;
	struct webhook_due flight; /* being sent; without org: none. In `arena` */
	struct arena arena;
};

struct webhook_sender {
	struct webhook_sender_options options;
	_Atomic bool closing;
	pthread_mutex_t lock; /* guards workers[].flight, and what waiters wait for */
	/*
	 * One worker at a time looks out for what is due: the others wait until it has found something, and let it look
	 * again when a call is over and has made room.
	 */
	bool has_lookout;
	pthread_cond_t no_lookout, look_again, closes;
	struct worker workers[N_THREADS];
};

/* ---- what is sent -------------------------------------------------------------------------------------------------
 */

struct message {
	struct str url, webhook, event, callback, body;
	bool provisions;
	bool is_notice; /* of a task that is over: nothing is asked */
};

static struct api_call call_of(const struct webhook_sender *s, const struct webhook_due *due, struct arena *a)
{
	/* Nobody: with no rights, and no actions to take. */
	static const struct key no_key = {.doc = {.kind = DOC_KEY}};

	return (struct api_call){
	    .api = s->options.api,
	    .service = s->options.service,
	    .dialect = &api_conductorone,
	    .arena = a,
	    .snapshot = org_snapshot(due->org),
	    .caller = {.org = due->org, .key = &no_key, .type = STR("service"), .id = STR(""), .actor = STR("")},
	    .now_ms = clock_now_ms(),
	};
}

static struct str event_of(const struct access_request *r)
{
	if (!r)
		return STR(EVENT_TYPE "PayloadTest");
	return webhook_call_provisions(r) ? STR(EVENT_TYPE "PayloadProvisionStep")
	                                  : STR(EVENT_TYPE "PayloadPolicyApprovalStep");
}

static void write_body(struct api_call *call, const struct message *m, const struct access_request *r, struct buf *out)
{
	struct c1_expansion nothing = {0};
	struct json_writer w = JSON_WRITER(out);

	json_begin_object(&w);
	json_put_str(&w, STR("version"), STR("v1"));
	json_put_str(&w, STR("webhookId"), m->webhook);
	json_put_str(&w, STR("callbackUrl"), m->callback);
	json_put_str(&w, STR("event"), m->event);
	json_key(&w, STR("payload"));
	json_begin_object(&w);
	json_put_str(&w, STR("@type"), arena_concat(call->arena, STR(TYPE_URL), m->event));
	if (r) {
		json_key(&w, STR("taskView"));
		proto_write(&w, &c1_TaskView, c1_task_view(call, r, &nothing));
		json_key(&w, STR("expanded"));
		json_begin_array(&w);
		json_end_array(&w);
	}
	json_end_object(&w);
	json_end_object(&w);
}

/* That a task is over (AuthZEN's profile). */
static void write_notice(const struct webhook_sender *s, struct api_call *call, const struct access_task *task,
                         const struct webhook *webhook, struct message *ret)
{
	struct buf body = BUF_INIT(MAX_BODY_BYTES);
	struct json_writer w = JSON_WRITER(&body);
	struct task_state state;

	access_task_look(call->snapshot, task, &state);
	*ret = (struct message){
	    .url = arena_str(call->arena, webhook->url),
	    .webhook = arena_str(call->arena, webhook->doc.id),
	    .event = arena_concat(call->arena, STR("access-request."), task_status_name(state.status)),
	    .callback = arena_concat3(call->arena, api_public_url(s->options.api), STR(PATH_ACCESS_REQUESTS "/"),
	                              arena_str(call->arena, task->doc.id)),
	    .is_notice = true,
	};
	arap_write_notice(call, &state, &w);
	ret->body = body.overflowed ? STR_NONE : arena_str(call->arena, buf_str(&body));
	buf_release(&body);
}

/* False: there is nobody (any more) to ask. Inside a read section; all of it is copied into the arena. */
static bool write_message(const struct webhook_sender *s, const struct webhook_due *due, struct arena *a,
                          struct message *ret)
{
	struct api_call call = call_of(s, due, a);
	const struct webhook_call *asked = FIND(call.snapshot, webhook_call, WEBHOOK_CALL, due->call);
	const struct webhook *webhook = asked ? FIND(call.snapshot, webhook, WEBHOOK, asked->webhook) : NULL;
	const struct access_request *r = asked ? webhook_call_request(call.snapshot, asked) : NULL;
	const struct access_task *task =
	    asked && !str_is_empty(asked->task) ? FIND(call.snapshot, access_task, ACCESS_TASK, asked->task) : NULL;
	struct buf body = BUF_INIT(MAX_BODY_BYTES);

	if (webhook && task) {
		write_notice(s, &call, task, webhook, ret);
		return true;
	}
	if (!webhook || !str_is_empty(asked->task) || (!r && !str_is_empty(asked->request)))
		return false;
	*ret = (struct message){
	    .url = arena_str(a, webhook->url),
	    .webhook = arena_str(a, webhook->doc.id),
	    .event = event_of(r),
	    .callback = arena_concat3(a, api_public_url(s->options.api), STR(C1_API "webhooks/" C1_CALLBACK "/"),
	                              webhook_callback_token(s->options.service, due->call, a)),
	    .provisions = r && webhook_call_provisions(r),
	};
	write_body(&call, ret, r, &body);
	ret->body = body.overflowed ? STR_NONE : arena_str(a, buf_str(&body));
	buf_release(&body);
	return true;
}

/* ---- what is said -------------------------------------------------------------------------------------------------
 */

static struct webhook_answer failed(struct str fault)
{
	return (struct webhook_answer){.reply = WEBHOOK_FAILED, .fault = fault};
}

static struct webhook_answer read_reply(const struct message *m, struct str body, struct arena *a)
{
	struct workflow_event *event = ARENA_NEW(a, struct workflow_event);
	const struct json *reply;
	struct error err = {0};

	/* What follows from a test is that it arrived. */
	if (m->is_notice || str_eq(m->event, STR(EVENT_TYPE "PayloadTest")))
		return (struct webhook_answer){.reply = WEBHOOK_PUT_OFF};
	if (json_parse(body, a, &reply, &err) != JSON_OK)
		return failed(arena_strf(a, "the reply is not valid JSON: %s", err.text));
	if (c1_webhook_reply(reply, m->provisions, a, event, &err) != 0)
		return failed(arena_str(a, str_of(err.text)));
	return (struct webhook_answer){.reply = WEBHOOK_ANSWERED, .event = event};
}

/* What a status says, or the document that came with it. */
static struct webhook_answer judge(const struct message *m, unsigned status, struct str body, struct arena *a)
{
	if (status == 202)
		return (struct webhook_answer){.reply = WEBHOOK_PUT_OFF};
	if (status == 410)
		return (struct webhook_answer){.reply = WEBHOOK_GONE, .fault = STR("the receiver answered 410")};
	if (status / 100 == 2)
		return read_reply(m, arena_str(a, body), a);
	return failed(arena_strf(a, "the receiver answered %u", status));
}

static struct webhook_answer ask(const struct webhook_sender *s, const struct message *m, struct arena *a)
{
	struct webhook_answer answer;
	const struct webhook_envelope envelope = {m->url, m->body, api_public_url(s->options.api), clock_now_ms()};
	struct webhook_seal seal = webhook_seal(service_signing_key(s->options.service), &envelope, a);
	const struct http_header headers[] = {
	    {STR("Content-Type"), STR("application/json")},
	    {STR("Authorization"), seal.authorization},
	    {STR("Content-Digest"), seal.digest},
	    {STR("Webhook-Version"), STR("v1")},
	    {STR("Webhook-Id"), m->webhook},
	    {STR("Webhook-Event"), m->event},
	    {STR("Webhook-Callback-Url"), m->callback},
	};
	const struct http_client_call call = {
	    .method = HTTP_POST,
	    .url = m->url,
	    .headers = headers,
	    .n_headers = N_ELEMENTS(headers),
	    .body = m->body,
	    .timeout_ms = SEND_TIMEOUT_MS,
	    .max_answer_bytes = C1_MAX_REPLY_BYTES,
	    .only_https = !s->options.allow_private,
	    .only_public = !s->options.allow_private,
	    .cancelled = &s->closing,
	};
	CLEANUP(buf_releasep) struct buf body = BUF_INIT(C1_MAX_REPLY_BYTES);
	struct error err = {0};
	unsigned status = 0;

	if (http_client_perform(&call, &status, &body, &err) != 0)
		return failed(arena_str(a, str_of(err.text)));
	answer = judge(m, status, buf_str(&body), a);
	answer.status = status;
	return answer;
}

/* ---- recording ----------------------------------------------------------------------------------------------------
 */

struct record {
	struct write_job job;
	const struct webhook_due *due;
	const struct webhook_answer *answer;
	struct str url; /* without query, which may hold a secret; empty: there was nobody to call */
	struct webhook_sender *sender;
	pthread_cond_t finished;
	bool is_finished; /* the sender's lock guards it */
	int result;
};

/* What the trail says of an attempt: to where, what status came, and what was wrong with it. */
static enum write_verdict record_run(struct write_job *job, struct txn *t)
{
	const struct record *r = CONTAINER_OF(job, struct record, job);

	webhook_call_settle(t, r->due->call, r->answer);
	t->note = (struct audit_note){
	    .actor = STR(""),
	    .via = STR("webhook"),
	    .operation = STR("conductorone:webhooks:call"),
	    .target = arena_concat(t->arena, STR("webhook_call:"), r->due->call),
	    .remote = STR(""),
	    .request_id = STR(""),
	    .event = STR("c1.webhook.call"),
	    .credential = STR(""),
	    .tenant = STR(""),
	    .method = str_is_empty(r->url) ? STR("") : http_method_name(HTTP_POST),
	    .path = r->url,
	    .warning = str_is_absent(r->answer->fault) ? STR("") : r->answer->fault,
	    .status = r->answer->status,
	};
	return t->n_changes ? WRITE_ACCEPT : WRITE_REFUSE;
}

static void record_finish(struct write_job *job, int result, uint64_t revision UNUSED)
{
	struct record *r = CONTAINER_OF(job, struct record, job);
	struct webhook_sender *s = r->sender;

	(void)pthread_mutex_lock(&s->lock);
	r->result = result;
	r->is_finished = true;
	(void)pthread_cond_signal(&r->finished);
	(void)pthread_mutex_unlock(&s->lock);
}

/* True once it is durable. */
static bool record(struct webhook_sender *s, const struct webhook_due *due, const struct webhook_answer *answer,
                   struct str url, struct arena *a)
{
	struct record r = {
	    .job = {.org = due->org, .arena = a, .run = record_run, .finish = record_finish},
	    .due = due,
	    .answer = answer,
	    .url = str_slice(url, 0, str_find(url, '?', 0)),
	    .sender = s,
	    .finished = PTHREAD_COND_INITIALIZER,
	};

	if (!service_submit(s->options.service, &r.job))
		return false;
	(void)pthread_mutex_lock(&s->lock);
	while (!r.is_finished)
		(void)pthread_cond_wait(&r.finished, &s->lock);
	(void)pthread_mutex_unlock(&s->lock);
	(void)pthread_cond_destroy(&r.finished);
	return r.result == 0;
}

static bool deliver(struct webhook_sender *s, const struct webhook_due *due, struct arena *a)
{
	struct webhook_answer answer = {.reply = WEBHOOK_GONE, .fault = STR("the webhook does not exist any more")};
	struct message m = {.url = STR("")};
	bool is_there;

	service_read_begin();
	is_there = write_message(s, due, a, &m);
	service_read_end();
	if (is_there)
		answer = str_is_absent(m.body) ? failed(STR("the message is too large")) : ask(s, &m, a);
	/* Broken off, perhaps: as if nothing had been sent. */
	if (s->closing && answer.reply == WEBHOOK_FAILED)
		return false;
	return record(s, due, &answer, m.url, a);
}

/* ---- the threads --------------------------------------------------------------------------------------------------
 */

/* For so long, or until that happens. Lock held. */
static void wait_ms(struct webhook_sender *s, pthread_cond_t *what, long ms)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += ms % 1000 * 1000000;
	until.tv_sec += ms / 1000 + until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	(void)pthread_cond_timedwait(what, &s->lock, &until);
}

/* A call whose turn it is. Lock held. */
static bool claim(struct worker *w)
{
	struct webhook_sender *s = w->sender;
	struct webhook_due items[N_THREADS];
	struct webhook_flights flights = {items, 0};

	for (size_t i = 0; i < N_THREADS; i++)
		if (s->workers[i].flight.org)
			items[flights.n++] = s->workers[i].flight;
	return webhook_calls_next(s->options.service, clock_now_ms(), flights, &w->arena, &w->flight);
}

/* Looks until there is a call. False: closing. Lock held. */
static bool look_out(struct worker *w)
{
	struct webhook_sender *s = w->sender;
	bool found = false;

	while (s->has_lookout && !s->closing)
		(void)pthread_cond_wait(&s->no_lookout, &s->lock);
	s->has_lookout = true;
	while (!s->closing && !(found = claim(w)))
		wait_ms(s, &s->look_again, LOOK_EVERY_MS);
	s->has_lookout = false;
	(void)pthread_cond_signal(&s->no_lookout);
	return found;
}

static void *worker_main(void *arg)
{
	struct worker *w = arg;
	struct webhook_sender *s = w->sender;
	bool is_stored;

	(void)pthread_mutex_lock(&s->lock);
	while (look_out(w)) {
		(void)pthread_mutex_unlock(&s->lock);
		is_stored = deliver(s, &w->flight, &w->arena);
		(void)pthread_mutex_lock(&s->lock);
		if (!is_stored && !s->closing)
			wait_ms(s, &s->closes, STORE_FAILED_MS);
		w->flight = (struct webhook_due){0};
		arena_release(&w->arena);
		(void)pthread_cond_signal(&s->look_again);
	}
	(void)pthread_mutex_unlock(&s->lock);
	return NULL;
}

/* ---- life ---------------------------------------------------------------------------------------------------------
 */

static struct webhook_sender *sender_new(const struct webhook_sender_options *options)
{
	struct webhook_sender *s = mem_calloc(1, sizeof(*s));
	pthread_condattr_t monotonic;

	s->options = *options;
	(void)pthread_mutex_init(&s->lock, NULL);
	(void)pthread_condattr_init(&monotonic);
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&s->no_lookout, NULL);
	(void)pthread_cond_init(&s->look_again, &monotonic);
	(void)pthread_cond_init(&s->closes, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
	return s;
}

int webhook_sender_start(const struct webhook_sender_options *options, struct webhook_sender **ret, struct error *err)
{
	struct webhook_sender *s = sender_new(options);
	int r = 0;

	for (size_t i = 0; i < N_THREADS && r == 0; i++) {
		struct worker *w = &s->workers[i];

		w->sender = s;
		r = pthread_create(&w->thread, NULL, worker_main, w);
		w->runs = r == 0;
	}
	if (r != 0) {
		webhook_sender_stop(s);
		return error_set(err, -r, "cannot start the sender of webhooks: %s", strerror(r));
	}
	*ret = s;
	return 0;
}

void webhook_sender_stop(struct webhook_sender *s)
{
	if (!s)
		return;
	(void)pthread_mutex_lock(&s->lock);
	s->closing = true;
	(void)pthread_cond_broadcast(&s->no_lookout);
	(void)pthread_cond_broadcast(&s->look_again);
	(void)pthread_cond_broadcast(&s->closes);
	(void)pthread_mutex_unlock(&s->lock);
	for (size_t i = 0; i < N_THREADS; i++) {
		if (s->workers[i].runs)
			(void)pthread_join(s->workers[i].thread, NULL);
		arena_release(&s->workers[i].arena);
	}
	(void)pthread_cond_destroy(&s->no_lookout);
	(void)pthread_cond_destroy(&s->look_again);
	(void)pthread_cond_destroy(&s->closes);
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
}
