/* SPDX-License-Identifier: Apache-2.0
 *
 * What an application may ask of and do to an exchange; nothing here knows the library below.
 */
#include "http/http.h"

struct str http_method_name(enum http_method m)
{
	switch (m) {
#define X(name)                                                                                                        \
	case HTTP_##name:                                                                                              \
		return STR(#name);
		HTTP_METHODS(X)
#undef X
	case HTTP_OTHER:
		break;
	}
	return STR("?");
}

struct str http_header_get(const struct http_exchange *x, struct str name)
{
	for (size_t i = 0; i < x->n_headers; i++)
		if (str_eq_nocase(x->headers[i].name, name))
			return x->headers[i].value;
	return STR_NONE;
}

size_t http_header_count(const struct http_exchange *x, struct str name)
{
	size_t n = 0;

	for (size_t i = 0; i < x->n_headers; i++)
		n += str_eq_nocase(x->headers[i].name, name);
	return n;
}

void http_answer_header(struct http_exchange *x, struct str name, struct str value)
{
	assert(str_find(value, '\r', 0) == SIZE_MAX && str_find(value, '\n', 0) == SIZE_MAX);
	if (x->n_answer == HTTP_MAX_RESPONSE_HEADERS)
		return;
	x->answer[x->n_answer++] = (struct http_header){
	    .name = arena_str(&x->arena, name),
	    .value = arena_str(&x->arena, value),
	};
}
