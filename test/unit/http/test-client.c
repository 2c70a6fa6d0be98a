/* SPDX-License-Identifier: Apache-2.0
 *
 * client.c and the server against each other, plain and with TLS; the certificate is made here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "echo.h"

static void assert_last(struct str (*last)(struct echo *, struct arena *), struct echo *e, const char *want)
{
	struct arena a = ARENA_INIT;

	assert_string_equal(last(e, &a).ptr, want);
	arena_release(&a);
}
#include "http/client.h"

/* PEM texts of a self-signed certificate for 127.0.0.1. */
struct identity {
	BIO *cert, *key;
};

static struct str bio_text(BIO *bio)
{
	char *ptr;
	long len = BIO_get_mem_data(bio, &ptr);

	return (struct str){ptr, (size_t)len};
}

static void identity_new(struct identity *id)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);

	assert_non_null(key);
	assert_int_equal(X509_set_version(cert, X509_VERSION_3), 1);
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(cert), 1), 1);
	assert_non_null(X509_gmtime_adj(X509_getm_notBefore(cert), -3600));
	assert_non_null(X509_gmtime_adj(X509_getm_notAfter(cert), 3600));
	assert_int_equal(
	    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"127.0.0.1", -1, -1, 0), 1);
	assert_int_equal(X509_set_issuer_name(cert, name), 1);
	assert_int_equal(X509_set_pubkey(cert, key), 1);
	assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
	id->cert = BIO_new(BIO_s_mem());
	id->key = BIO_new(BIO_s_mem());
	assert_int_equal(PEM_write_bio_X509(id->cert, cert), 1);
	assert_int_equal(PEM_write_bio_PrivateKey(id->key, key, NULL, NULL, 0, NULL, NULL), 1);
	X509_free(cert);
	EVP_PKEY_free(key);
}

static void identity_release(struct identity *id)
{
	BIO_free(id->cert);
	BIO_free(id->key);
}

struct answer {
	int result;
	unsigned status;
	struct buf body;
	struct error err;
};

static void call(const struct echo *e, const char *scheme, const char *path, struct http_client_call c,
                 struct answer *ret)
{
	char url[128];

	buf_release(&ret->body);
	*ret = (struct answer){.body = BUF_INIT(16 * 1024 * 1024)};
	(void)snprintf(url, sizeof(url), "%s://127.0.0.1:%u%s", scheme, http_server_port(e->server), path);
	c.url = str_of(url);
	ret->result = http_client_perform(&c, &ret->status, &ret->body, &ret->err);
}

static void expect(const struct answer *a, unsigned status, const char *body)
{
	if (a->result < 0)
		fail_msg("%d: %s", a->result, a->err.text);
	assert_int_equal(a->status, status);
	if (!str_eq(buf_str(&a->body), str_of(body)))
		fail_msg("not %s but " STR_FMT, body, STR_ARG(buf_str(&a->body)));
}

static void test_methods(void **state UNUSED)
{
	const struct http_header headers[] = {{STR("X-Request-Id"), STR("from-client")}, {STR("X-Empty"), STR("")}};
	struct answer a = {0};
	struct echo e;

	echo_start(&e, (struct http_options){0});
	call(&e, "http", "/echo/a/../b?q=%20", (struct http_client_call){.method = HTTP_GET}, &a);
	expect(&a, 200, "GET /echo/a/../b q=%20 ");
	call(&e, "http", "/echo",
	     (struct http_client_call){.method = HTTP_POST,
	                               .body = STR("{\"a\":\"\\u0000\"}"),
	                               .headers = headers,
	                               .n_headers = N_ELEMENTS(headers)},
	     &a);
	expect(&a, 200, "POST /echo  {\"a\":\"\\u0000\"}");
	assert_last(echo_last_request_id, &e, "from-client");
	call(&e, "http", "/echo", (struct http_client_call){.method = HTTP_PUT, .body = STR("")}, &a);
	expect(&a, 200, "PUT /echo  ");
	call(&e, "http", "/echo", (struct http_client_call){.method = HTTP_DELETE}, &a);
	expect(&a, 200, "DELETE /echo  ");
	call(&e, "http", "/echo", (struct http_client_call){.method = HTTP_HEAD}, &a);
	expect(&a, 200, "");
	call(&e, "http", "/nothing", (struct http_client_call){.method = HTTP_GET}, &a);
	expect(&a, 500, "");
	buf_release(&a.body);
	echo_stop(&e);
}

static void test_failures(void **state UNUSED)
{
	struct answer a = {0};
	struct echo e;

	echo_start(&e, (struct http_options){0});
	call(&e, "http", "/big/1000", (struct http_client_call){.method = HTTP_GET, .max_answer_bytes = 999}, &a);
	assert_int_equal(a.result, -EMSGSIZE);
	assert_int_equal(a.body.len, 0);
	call(&e, "http", "/big/1000", (struct http_client_call){.method = HTTP_GET, .max_answer_bytes = 1000}, &a);
	assert_int_equal(a.result, 0);
	assert_int_equal(a.body.len, 1000);
	call(&e, "file", "/etc/passwd", (struct http_client_call){.method = HTTP_GET}, &a);
	assert_int_equal(a.result, -EINVAL);
	assert_true(strlen(a.err.text) > 0);
	call(&e, "http", "/wait", (struct http_client_call){.method = HTTP_GET, .timeout_ms = 300}, &a);
	assert_int_equal(a.result, -ETIMEDOUT);
	echo_await_waiting(&e, 1);
	echo_finish(&e, 0);
	http_server_drain(e.server, 60000);
	call(&e, "http", "/echo", (struct http_client_call){.method = HTTP_GET}, &a);
	assert_int_equal(a.result, -ECONNREFUSED);
	buf_release(&a.body);
	echo_stop(&e);
}

static void test_tls(void **state UNUSED)
{
	struct answer a = {0};
	struct identity id;
	struct echo e;

	identity_new(&id);
	echo_start(&e, (struct http_options){.tls_cert_pem = bio_text(id.cert), .tls_key_pem = bio_text(id.key)});
	call(&e, "https", "/echo", (struct http_client_call){.method = HTTP_GET, .insecure_tls = true}, &a);
	expect(&a, 200, "GET /echo  ");
	/* Nobody vouches for the certificate. */
	call(&e, "https", "/echo", (struct http_client_call){.method = HTTP_GET}, &a);
	assert_int_equal(a.result, -EPROTO);
	/* A plain request to the TLS port is no request. */
	call(&e, "http", "/echo", (struct http_client_call){.method = HTTP_GET}, &a);
	assert_int_equal(a.result, -EIO);
	buf_release(&a.body);
	assert_int_equal(e.n_handled, 1);
	echo_stop(&e);
	identity_release(&id);
}

static void *finish_first(void *arg)
{
	echo_await_waiting(arg, 1);
	echo_finish(arg, 0);
	return NULL;
}

static void test_tls_pending(void **state UNUSED)
{
	struct answer a = {0};
	struct identity id;
	pthread_t thread;
	struct echo e;

	identity_new(&id);
	echo_start(&e, (struct http_options){.tls_cert_pem = bio_text(id.cert), .tls_key_pem = bio_text(id.key)});
	assert_int_equal(pthread_create(&thread, NULL, finish_first, &e), 0);
	call(&e, "https", "/wait", (struct http_client_call){.method = HTTP_GET, .insecure_tls = true}, &a);
	expect(&a, 200, "waited");
	(void)pthread_join(thread, NULL);
	buf_release(&a.body);
	echo_stop(&e);
	identity_release(&id);
}

/* What a client that offers at most `version` gets: whether the handshake succeeds. */
static bool handshake(const struct echo *e, int version)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	SSL *tls;
	char where[32];
	BIO *bio;
	bool ok;

	assert_int_equal(SSL_CTX_set_min_proto_version(context, TLS1_VERSION), 1);
	assert_int_equal(SSL_CTX_set_max_proto_version(context, version), 1);
	/* Old versions need what OpenSSL by now leaves out by itself. */
	SSL_CTX_set_security_level(context, 0);
	(void)snprintf(where, sizeof(where), "127.0.0.1:%u", http_server_port(e->server));
	bio = BIO_new_ssl_connect(context);
	(void)BIO_get_ssl(bio, &tls);
	(void)BIO_set_conn_hostname(bio, where);
	ok = BIO_do_handshake(bio) == 1;
	BIO_free_all(bio);
	SSL_CTX_free(context);
	return ok;
}

static void test_tls_versions(void **state UNUSED)
{
	struct identity id;
	struct echo e;

	identity_new(&id);
	echo_start(&e, (struct http_options){.tls_cert_pem = bio_text(id.cert), .tls_key_pem = bio_text(id.key)});
	assert_false(handshake(&e, TLS1_VERSION));
	assert_false(handshake(&e, TLS1_1_VERSION));
	assert_true(handshake(&e, TLS1_2_VERSION));
	assert_true(handshake(&e, TLS1_3_VERSION));
	echo_stop(&e);
	identity_release(&id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_methods),     cmocka_unit_test(test_failures),     cmocka_unit_test(test_tls),
	    cmocka_unit_test(test_tls_pending), cmocka_unit_test(test_tls_versions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
