#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * A small HTTP client over libcurl: one exchange at a time, bounded answer, for the command line and for webhooks.
 */
#include "base/buf.h"
#include "base/error.h"
#include "http/http.h"

struct http_client_call {
	enum http_method method;
	struct str url;
	const struct http_header *headers;
	size_t n_headers;
	struct str body;         /* absent: none */
	unsigned timeout_ms;     /* 0: 30 s, connection included */
	size_t max_answer_bytes; /* 0: 16 MiB */
	bool insecure_tls;       /* do not verify the certificate (only by explicit option of a person) */
	bool only_https;
	/*
	 * Connect to public addresses only (http/public_address.h), whatever names resolve to at that moment, and
	 * through no proxy: -EACCES otherwise.
	 */
	bool only_public;
	const _Atomic bool *cancelled; /* looked at now and then: breaks off, -ECANCELED; NULL: never */
};

/* 0 and status and body (appended to `ret_body`), or a negative errno with `err` (what libcurl said). */
int http_client_perform(const struct http_client_call *call, unsigned *ret_status, struct buf *ret_body,
                        struct error *err) MUST_USE;
