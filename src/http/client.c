/* SPDX-License-Identifier: Apache-2.0 */
#include "http/client.h"

#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include "http/public_address.h"

#define DEFAULT_TIMEOUT_MS 30000u
#define DEFAULT_MAX_ANSWER ((size_t)16 * 1024 * 1024)

/* The answer as it comes in: at most so many bytes. */
struct incoming {
	struct buf *body;
	size_t bytes_left;
	bool too_large;
	bool refused_address;
};

static size_t take_part(char *data, size_t size, size_t n, void *cls)
{
	struct incoming *in = cls;
	size_t bytes = size * n;

	if (bytes > in->bytes_left || !buf_reserve(in->body, bytes)) {
		in->too_large = true;
		return 0;
	}
	buf_add(in->body, (struct str){data, bytes});
	in->bytes_left -= bytes;
	return bytes;
}

/* The last moment at which the address is known and nothing was sent. */
static curl_socket_t open_public(void *cls, curlsocktype purpose UNUSED, struct curl_sockaddr *address)
{
	bool *refused = cls;

	if (address_is_public(&address->addr))
		return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
	*refused = true;
	return CURL_SOCKET_BAD;
}

static int is_cancelled(void *cls, curl_off_t dl_total UNUSED, curl_off_t dl_now UNUSED, curl_off_t ul_total UNUSED,
                        curl_off_t ul_now UNUSED)
{
	const struct http_client_call *call = cls;

	return atomic_load(call->cancelled) ? 1 : 0;
}

static void init_library(void)
{
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

static struct curl_slist *list_headers(const struct http_client_call *call)
{
	/* No "Expect: 100-continue": our bodies are small, and some servers never answer it. */
	struct curl_slist *list = curl_slist_append(NULL, "Expect:");

	for (size_t i = 0; i < call->n_headers && list; i++) {
		const struct http_header *h = &call->headers[i];
		struct curl_slist *longer;
		CLEANUP(buf_releasep) struct buf line = BUF_INIT(BUF_MAX_LINE_BYTES);

		buf_add(&line, h->name);
		/* curl's way to say "empty, but send it". */
		buf_add(&line, str_is_empty(h->value) ? STR(";") : STR(": "));
		buf_add(&line, h->value);
		buf_add_char(&line, '\0');
		longer = line.overflowed ? NULL : curl_slist_append(list, line.ptr);
		if (!longer)
			curl_slist_free_all(list);
		list = longer;
	}
	return list;
}

static void set_method(CURL *curl, const struct http_client_call *call)
{
	if (call->method == HTTP_HEAD) {
		(void)curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
		return;
	}
	if (!str_is_absent(call->body)) {
		(void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call->body.ptr);
		(void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.len);
	}
	(void)curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, http_method_name(call->method).ptr);
}

static void set_options(CURL *curl, const struct http_client_call *call, const char *url, char *message)
{
	unsigned timeout_ms = call->timeout_ms ? call->timeout_ms : DEFAULT_TIMEOUT_MS;

	(void)curl_easy_setopt(curl, CURLOPT_URL, url);
	(void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, call->only_https ? "https" : "http,https");
	(void)curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
	(void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
	(void)curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	(void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, message);
	if (call->insecure_tls) {
		(void)curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
		(void)curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	if (call->cancelled) {
		(void)curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
		(void)curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, is_cancelled);
		(void)curl_easy_setopt(curl, CURLOPT_XFERINFODATA, call);
	}
	set_method(curl, call);
}

static int errno_of(CURLcode code)
{
	switch ((int)code) {
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
		return EINVAL;
	case CURLE_COULDNT_RESOLVE_HOST:
		return EHOSTUNREACH;
	case CURLE_COULDNT_CONNECT:
		return ECONNREFUSED;
	case CURLE_OPERATION_TIMEDOUT:
		return ETIMEDOUT;
	case CURLE_ABORTED_BY_CALLBACK:
		return ECANCELED;
	case CURLE_OUT_OF_MEMORY:
		return ENOMEM;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CONNECT_ERROR:
		return EPROTO;
	default:
		return EIO;
	}
}

static int perform(CURL *curl, struct incoming *in, unsigned *ret_status, const char *message, struct error *err)
{
	CURLcode code;
	long status = 0;

	(void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_part);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, in);
	code = curl_easy_perform(curl);
	if (in->too_large) {
		(void)error_set(err, EMSGSIZE, "the answer is too large");
		return -EMSGSIZE;
	}
	if (code != CURLE_OK && in->refused_address) {
		(void)error_set(err, EACCES, "the address is not public");
		return -EACCES;
	}
	if (code != CURLE_OK) {
		(void)error_set(err, errno_of(code), "%s", message[0] ? message : curl_easy_strerror(code));
		return -errno_of(code);
	}
	(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	*ret_status = (unsigned)status;
	return 0;
}

int http_client_perform(const struct http_client_call *call, unsigned *ret_status, struct buf *ret_body,
                        struct error *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct incoming in = {ret_body, call->max_answer_bytes ? call->max_answer_bytes : DEFAULT_MAX_ANSWER, false,
	                      false};
	CLEANUP(freep) char *url = str_dup_cstr(call->url);
	char message[CURL_ERROR_SIZE] = "";
	struct curl_slist *headers;
	size_t len_before = ret_body->len;
	CURL *curl;
	int r = -ENOMEM;

	(void)pthread_once(&once, init_library);
	curl = curl_easy_init();
	headers = list_headers(call);
	if (curl && headers) {
		set_options(curl, call, url, message);
		(void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
		if (call->only_public) {
			(void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
			(void)curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_public);
			(void)curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, &in.refused_address);
		}
		r = perform(curl, &in, ret_status, message, err);
	} else {
		(void)error_set(err, ENOMEM, "cannot prepare the call");
	}
	if (r < 0)
		ret_body->len = len_before;
	curl_slist_free_all(headers);
	curl_easy_cleanup(curl);
	return r;
}
