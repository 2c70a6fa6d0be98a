/* SPDX-License-Identifier: Apache-2.0
 *
 * The fence in front of libmicrohttpd's lenient parser.
 *
 * The library splits the head where it lies in its buffer: it overwrites the separators with NUL and hands out pointers
 * to the pieces. So the pieces show what it skipped, joined or dropped: the next piece must begin exactly behind the
 * separator of the one before it, and the whole must end where the library says that the head ends. Bare line feeds,
 * folded lines, NUL bytes, more than one space: each leaves a gap of the wrong size, and the request is refused. Should
 * another version of the library lay out its pieces differently, every request is refused, and the tests say so at
 * once: it fails closed.
 */
#include "http/internal.h"

#define CRLF_BYTES       2u
#define VERSION_BYTES    8u
#define MAX_METHOD_BYTES 32u

#define CHAR_TOKEN       1u /* RFC 9110 §5.6.2 */
#define CHAR_VALUE       2u /* RFC 9110 §5.5, obs-text included */
#define CHAR_TARGET      4u /* visible ASCII but '#', RFC 9112 §3.2.1; what a path may hold is the application's affair */
#define CHAR_HOST        8u /* RFC 3986 §3.2.2 and §3.2.3 */

#define T                (CHAR_TOKEN | CHAR_VALUE | CHAR_TARGET)
#define H                (T | CHAR_HOST)
#define G                (CHAR_VALUE | CHAR_TARGET)
#define B                (G | CHAR_HOST)
#define V                CHAR_VALUE

/* clang-format off */
static const unsigned char char_class[256] = {
	['\t'] = V, [' '] = V, ['!'] = H, ['"'] = G, ['#'] = T & ~CHAR_TARGET, ['$'] = H, ['%'] = H, ['&'] = H,
	['\''] = H, ['('] = B, [')'] = B, ['*'] = H, ['+'] = H, [','] = B, ['-'] = H, ['.'] = H, ['/'] = G,
	['0' ... '9'] = H, [':'] = B, [';'] = B, ['<'] = G, ['='] = B, ['>'] = G, ['?'] = G, ['@'] = G,
	['A' ... 'Z'] = H, ['['] = B, ['\\'] = G, [']'] = B, ['^'] = T, ['_'] = H, ['`'] = T,
	['a' ... 'z'] = H, ['{'] = G, ['|'] = T, ['}'] = G, ['~'] = H, [0x80 ... 0xff] = V,
};
/* clang-format on */

#undef T
#undef H
#undef G
#undef B
#undef V

static bool is_all(struct str s, unsigned class)
{
	for (size_t i = 0; i < s.len; i++)
		if (!(char_class[(unsigned char)s.ptr[i]] & class))
			return false;
	return true;
}

/* Gathers the pieces as the library has them. */
struct pieces {
	struct exchange *ex;
	size_t n;
	bool too_many;
};

static enum MHD_Result gather(void *cls, enum MHD_ValueKind kind UNUSED, const char *name, size_t name_len,
                              const char *value, size_t value_len)
{
	struct pieces *p = cls;

	if (p->n == HTTP_MAX_REQUEST_HEADERS) {
		p->too_many = true;
		return MHD_NO;
	}
	p->ex->headers[p->n++] = (struct http_header){{name, name_len}, {value ? value : "", value_len}};
	return MHD_YES;
}

/* Walks over the head piece by piece; any step that does not fit ends the walk. */
struct layout {
	const char *at;
	const char *end;
};

static bool skip_nul(struct layout *l, size_t n)
{
	for (; n > 0; n--)
		if (l->at >= l->end || *l->at++ != '\0')
			return false;
	return true;
}

/* `piece` lies here, and the next one behind it. */
static bool skip_piece(struct layout *l, struct str piece)
{
	if (piece.ptr != l->at || piece.len > (size_t)(l->end - l->at))
		return false;
	l->at += piece.len;
	return true;
}

static bool skip_optional_space(struct layout *l, const char *to)
{
	while (l->at < to && l->at < l->end && (*l->at == ' ' || *l->at == '\t'))
		l->at++;
	return l->at == to;
}

static bool skip_header(struct layout *l, const struct http_header *h)
{
	return skip_piece(l, h->name) && skip_nul(l, 1) && skip_optional_space(l, h->value.ptr) &&
	       skip_piece(l, h->value) && skip_nul(l, CRLF_BYTES);
}

static bool layout_is_whole(const struct exchange *ex, struct str head, struct str method, const char *version)
{
	struct layout l = {head.ptr, head.ptr + head.len};
	const struct str target = {ex->target_at, ex->target_len};

	if (!skip_piece(&l, method) || !skip_nul(&l, 1) || !skip_piece(&l, target))
		return false;
	/* The library ends the path with NUL where the query begins, after we were shown the target. */
	if (!skip_nul(&l, 1) || !skip_piece(&l, (struct str){version, VERSION_BYTES}) || !skip_nul(&l, CRLF_BYTES))
		return false;
	for (size_t i = 0; i < ex->x.n_headers; i++)
		if (!skip_header(&l, &ex->headers[i]))
			return false;
	return skip_nul(&l, CRLF_BYTES) && l.at == l.end;
}

static struct str trim_optional_space(struct str s)
{
	while (s.len && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t'))
		s.len--;
	return s;
}

/* From the library's buffer into the arena, in one copy: a pending exchange may outlive its connection. */
static void copy_head(struct exchange *ex, struct str head, struct str method)
{
	char *copy = arena_alloc(&ex->x.arena, head.len);

	memcpy(copy, head.ptr, head.len);
	for (size_t i = 0; i < ex->x.n_headers; i++) {
		struct http_header *h = &ex->headers[i];

		h->name.ptr = copy + (h->name.ptr - head.ptr);
		h->value.ptr = copy + (h->value.ptr - head.ptr);
		h->value = trim_optional_space(h->value);
	}
	ex->x.method_text = (struct str){copy, method.len};
}

static enum http_method method_of(struct str text)
{
	static const enum http_method methods[] = {
#define X(name) HTTP_##name,
	    HTTP_METHODS(X)
#undef X
	};

	for (size_t i = 0; i < N_ELEMENTS(methods); i++)
		if (str_eq(text, http_method_name(methods[i])))
			return methods[i];
	return HTTP_OTHER;
}

static const char *judge_request_line(const struct exchange *ex, struct str version)
{
	struct str target = ex->x.path;

	if (ex->x.method_text.len == 0 || ex->x.method_text.len > MAX_METHOD_BYTES ||
	    !is_all(ex->x.method_text, CHAR_TOKEN))
		return "the method is malformed";
	if (!str_eq(version, STR("HTTP/1.1")) && !str_eq(version, STR("HTTP/1.0")))
		return "the protocol version is not HTTP/1.1 or HTTP/1.0";
	if (str_is_empty(target) || target.ptr[0] != '/')
		return "the request target is not in origin form";
	if (!is_all(target, CHAR_TARGET) || !is_all(ex->x.query, CHAR_TARGET))
		return "the request target holds a character that must be percent-encoded";
	return NULL;
}

/* The headers that decide where this request ends and whom it is for. */
struct framing {
	size_t n_host, n_length, n_coding;
	struct str host, length, coding;
};

static void note_framing(struct framing *f, const struct http_header *h)
{
	switch (h->name.len) {
	case 4:
		if (str_eq_nocase(h->name, STR("Host"))) {
			f->n_host++;
			f->host = h->value;
		}
		break;
	case 14:
		if (str_eq_nocase(h->name, STR("Content-Length"))) {
			f->n_length++;
			f->length = h->value;
		}
		break;
	case 17:
		if (str_eq_nocase(h->name, STR("Transfer-Encoding"))) {
			f->n_coding++;
			f->coding = h->value;
		}
		break;
	default:
		break;
	}
}

static const char *judge_headers(const struct exchange *ex, struct framing *f)
{
	for (size_t i = 0; i < ex->x.n_headers; i++) {
		const struct http_header *h = &ex->headers[i];

		if (str_is_empty(h->name) || !is_all(h->name, CHAR_TOKEN))
			return "a header name is malformed";
		if (!is_all(h->value, CHAR_VALUE))
			return "a header value holds a control character";
		note_framing(f, h);
	}
	return NULL;
}

static bool parse_length(struct str s, uint64_t *ret_length)
{
	uint64_t v = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9' || __builtin_mul_overflow(v, UINT64_C(10), &v) ||
		    __builtin_add_overflow(v, (uint64_t)(s.ptr[i] - '0'), &v))
			return false;
	}
	*ret_length = v;
	return s.len > 0;
}

static const char *judge_framing(const struct framing *f, bool is_1_1, uint64_t *ret_length)
{
	if (f->n_host > 1 || (is_1_1 && f->n_host == 0))
		return f->n_host ? "the Host header is repeated" : "the Host header is missing";
	if (!is_all(f->host, CHAR_HOST))
		return "the Host header is malformed";
	if (f->n_length > 1)
		return "the Content-Length header is repeated";
	if (f->n_length && f->n_coding)
		return "Content-Length and Transfer-Encoding exclude each other";
	if (f->n_coding && (!is_1_1 || f->n_coding > 1 || !str_eq_nocase(f->coding, STR("chunked"))))
		return "the only transfer coding understood is a single \"chunked\" of HTTP/1.1";
	if (f->n_length && !parse_length(f->length, ret_length))
		return "the Content-Length header is malformed";
	return NULL;
}

static struct head_verdict bad_request(const char *text)
{
	return (struct head_verdict){.refusal = HTTP_REFUSE_BAD_REQUEST, .text = text};
}

struct head_verdict head_read(const struct http_server *s, struct exchange *ex, const char *method, const char *version)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(ex->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
	const struct str head = {method, info ? info->header_size : 0}, method_text = str_of(method);
	struct pieces pieces = {.ex = ex};
	struct framing framing = {0};
	struct head_verdict v = {0};
	const char *bad;

	(void)MHD_get_connection_values_n(ex->mhd, MHD_HEADER_KIND, gather, &pieces);
	ex->x.n_headers = 0;
	if (ex->target_too_long)
		return (struct head_verdict){HTTP_REFUSE_TARGET_TOO_LONG, "the request target is too long", 0};
	if (pieces.too_many || head.len > s->opt.max_header_bytes)
		return (struct head_verdict){HTTP_REFUSE_HEADERS_TOO_LARGE, "the headers are too large", 0};
	ex->x.n_headers = pieces.n;
	if (strlen(version) != VERSION_BYTES || !layout_is_whole(ex, head, method_text, version)) {
		ex->x.n_headers = 0;
		return bad_request("the request line or a header line is malformed");
	}
	copy_head(ex, head, method_text);
	ex->x.method = method_of(ex->x.method_text);
	bad = judge_request_line(ex, (struct str){version, VERSION_BYTES});
	if (!bad)
		bad = judge_headers(ex, &framing);
	if (!bad)
		bad = judge_framing(&framing, version[VERSION_BYTES - 1] == '1', &v.content_length);
	if (bad)
		return bad_request(bad);
	if (v.content_length > s->opt.max_body_bytes)
		return (struct head_verdict){HTTP_REFUSE_BODY_TOO_LARGE, "the body is too large", 0};
	return v;
}
