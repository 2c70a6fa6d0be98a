/* SPDX-License-Identifier: Apache-2.0 */
#include "model/archive.h"

#include <errno.h>

#include "model/fields.h"
#include "model/strict.h"

/* ---- writing ------------------------------------------------------------------------------------------------ */

static void put_string(struct buf *out, struct str s)
{
	struct json_writer w = JSON_WRITER(out);

	json_add_str(&w, s);
}

void archive_begin(struct archive_writer *w, struct buf *out, const struct archive_head *head)
{
	*w = (struct archive_writer){.out = out};
	buf_addf(out, "{\"format\":\"" ARCHIVE_FORMAT "\",\"version\":%u,\"organization\":", ARCHIVE_VERSION);
	put_string(out, head->organization);
	buf_add(out, STR(",\"revision\":"));
	buf_add_u64(out, head->revision);
	buf_add(out, STR(",\"documents\":{"));
}

/* A new line, in the list of this kind. */
static void begin_line(struct archive_writer *w, enum document_kind kind)
{
	assert(kind >= w->kind && kind > DOC_NONE && kind < DOC_N_KINDS);
	if (kind == w->kind) {
		buf_add(w->out, STR(",\n"));
		return;
	}
	if (w->kind != DOC_NONE)
		buf_add(w->out, STR("\n],"));
	buf_addf(w->out, "\n\"" STR_FMT "\":[\n", STR_ARG(document_kind_name(kind)));
	w->kind = kind;
}

void archive_add_text(struct archive_writer *w, enum document_kind kind, struct str line)
{
	begin_line(w, kind);
	buf_add(w->out, line);
}

void archive_add(struct archive_writer *w, const struct document *doc)
{
	CLEANUP(buf_releasep) struct buf body = BUF_INIT(BUF_MAX_RESPONSE_BYTES);
	struct str members;

	document_encode(doc, &body);
	assert(!body.overflowed);
	members = str_slice(buf_str(&body), 1, body.len);
	begin_line(w, doc->kind);
	buf_add(w->out, STR("{\"id\":"));
	put_string(w->out, doc->id);
	if (members.len > 1)
		buf_add_char(w->out, ',');
	buf_add(w->out, members);
}

void archive_end(struct archive_writer *w, struct str next_cursor)
{
	buf_add(w->out, w->kind == DOC_NONE ? STR("\n}") : STR("\n]\n}"));
	if (!str_is_absent(next_cursor)) {
		buf_add(w->out, STR(",\"next_cursor\":"));
		put_string(w->out, next_cursor);
	}
	buf_add(w->out, STR("}\n"));
}

bool archive_leaves_out(enum document_kind kind, bool with_keys)
{
	return kind == DOC_KEY && !with_keys;
}

/* ---- finding values in text ---------------------------------------------------------------------------------- */

/*
 * Finds where values begin and end, without looking into them: what is found is parsed afterwards, one document at a
 * time, so that an archive of any size needs the memory of one. It trusts nothing: what it steps over is either parsed
 * later or was checked here.
 */
struct scan {
	struct str text;
	size_t at;
};

static void skip_space(struct scan *s)
{
	while (s->at < s->text.len && memchr(" \t\r\n", s->text.ptr[s->at], 4))
		s->at++;
}

/* The next character that is not space; '\0' at the end. */
static char peek(struct scan *s)
{
	skip_space(s);
	return s->at < s->text.len ? s->text.ptr[s->at] : '\0';
}

static bool take(struct scan *s, char c)
{
	bool found = peek(s) == c;

	s->at += found;
	return found;
}

/* Behind the quote that ends the string that begins here. */
static bool skip_string(struct scan *s)
{
	for (s->at++; s->at < s->text.len; s->at++) {
		if (s->text.ptr[s->at] == '"') {
			s->at++;
			return true;
		}
		s->at += s->text.ptr[s->at] == '\\';
	}
	return false;
}

static bool skip_bare(struct scan *s)
{
	size_t from = s->at;

	while (s->at < s->text.len && !memchr(" \t\r\n,:\"[]{}", s->text.ptr[s->at], 11))
		s->at++;
	return s->at > from;
}

static bool skip_brackets(struct scan *s)
{
	size_t depth = 0;

	while (s->at < s->text.len) {
		char c = s->text.ptr[s->at];

		if (c == '"') {
			if (!skip_string(s))
				return false;
			continue;
		}
		s->at++;
		if (c == '{' || c == '[')
			depth++;
		else if ((c == '}' || c == ']') && --depth == 0)
			return true;
	}
	return false;
}

static bool take_value(struct scan *s, struct str *ret)
{
	char c = peek(s);
	size_t from = s->at;
	bool found = c == '"' ? skip_string(s) : c == '{' || c == '[' ? skip_brackets(s) : skip_bare(s);

	*ret = str_slice(s->text, from, s->at);
	return found;
}

/* The next member of an object that is open; false behind the last, and at what is no member (`*ret_ok` false). */
static bool next_member(struct scan *s, bool *is_first, struct str *ret_name, struct str *ret_value, bool *ret_ok)
{
	*ret_ok = true;
	if (take(s, '}'))
		return false;
	*ret_ok = (*is_first || take(s, ',')) && peek(s) == '"' && take_value(s, ret_name) && take(s, ':') &&
	          take_value(s, ret_value);
	*is_first = false;
	return *ret_ok;
}

/* ---- the head ------------------------------------------------------------------------------------------------ */

#define REFUSE(...) error_set(err, -EBADMSG, __VA_ARGS__)

static const struct json *parse(struct str text, struct arena *a)
{
	const struct json *tree = NULL;

	return json_parse(text, a, &tree, NULL) == JSON_OK ? tree : NULL;
}

/* A list: what stands behind its bracket. */
static int add_list(struct archive *ar, struct str name, struct str list, struct error *err)
{
	enum document_kind kind = document_kind_of(name);

	if (kind == DOC_NONE)
		return REFUSE("/documents/" STR_FMT ": there is no such kind of document", STR_ARG(name));
	if (!str_is_absent(ar->lists[kind]))
		return REFUSE("/documents/" STR_FMT ": stands there twice", STR_ARG(name));
	if (!str_starts_with(list, STR("[")))
		return REFUSE("/documents/" STR_FMT ": must be a list", STR_ARG(name));
	ar->lists[kind] = str_slice(list, 1, list.len);
	return 0;
}

static int read_documents(struct archive *ar, struct str text, struct arena *a, struct error *err)
{
	struct scan s = {.text = text};
	bool is_first = true, is_ok;
	struct str name, list;
	int r = 0;

	if (!take(&s, '{'))
		return REFUSE("/documents: must be an object");
	while (r == 0 && next_member(&s, &is_first, &name, &list, &is_ok))
		r = add_list(ar, json_str(parse(name, a)), list, err);
	if (r == 0 && !is_ok)
		r = REFUSE("/documents: is not JSON");
	return r;
}

static bool read_count(const struct json *j, uint64_t *ret)
{
	if (!json_is(j, JSON_INT) || j->i < 0)
		return false;
	*ret = (uint64_t)j->i;
	return true;
}

/* What has been seen of the head. */
enum head_member { HEAD_FORMAT = 1 << 0, HEAD_VERSION = 1 << 1, HEAD_ORGANIZATION = 1 << 2, HEAD_REVISION = 1 << 3 };
#define HEAD_DOCUMENTS (1u << 4)
#define HEAD_CURSOR    (1u << 5)
#define HEAD_NEEDED    (HEAD_FORMAT | HEAD_VERSION | HEAD_ORGANIZATION | HEAD_REVISION | HEAD_DOCUMENTS)

static const struct {
	struct str name;
	unsigned bit;
} head_members[] = {
    {STR_INIT("format"), HEAD_FORMAT},
    {STR_INIT("version"), HEAD_VERSION},
    {STR_INIT("organization"), HEAD_ORGANIZATION},
    {STR_INIT("revision"), HEAD_REVISION},
    {STR_INIT("documents"), HEAD_DOCUMENTS},
    {STR_INIT("next_cursor"), HEAD_CURSOR},
};

static unsigned head_member_of(struct str name)
{
	for (size_t i = 0; i < N_ELEMENTS(head_members); i++)
		if (str_eq(head_members[i].name, name))
			return head_members[i].bit;
	return 0;
}

/* A member of the head that is no list of documents. */
static int read_head_member(struct archive *ar, unsigned bit, const struct json *value, struct error *err)
{
	uint64_t version = 0;

	switch (bit) {
	case HEAD_FORMAT:
		return str_eq(json_str(value), STR(ARCHIVE_FORMAT)) ? 0
		                                                    : REFUSE("/format: must be \"" ARCHIVE_FORMAT "\"");
	case HEAD_VERSION:
		return read_count(value, &version) && version == ARCHIVE_VERSION
		           ? 0
		           : REFUSE("/version: this program knows version %u only", ARCHIVE_VERSION);
	case HEAD_ORGANIZATION:
		ar->head.organization = json_str(value);
		return !str_is_empty(ar->head.organization) ? 0 : REFUSE("/organization: must be a name");
	case HEAD_REVISION:
		return read_count(value, &ar->head.revision) ? 0 : REFUSE("/revision: must be a number");
	default:
		ar->next_cursor = json_str(value);
		return json_is(value, JSON_STRING) || json_is(value, JSON_NULL)
		           ? 0
		           : REFUSE("/next_cursor: must be a string");
	}
}

static int read_member(struct archive *ar, unsigned *seen, const struct str member[2], struct arena *a,
                       struct error *err)
{
	struct str name = json_str(parse(member[0], a));
	unsigned bit = head_member_of(name);
	const struct json *value;

	if (bit == 0)
		return REFUSE("/" STR_FMT ": there is no such member", STR_ARG(name));
	if (*seen & bit)
		return REFUSE("/" STR_FMT ": stands there twice", STR_ARG(name));
	*seen |= bit;
	if (bit == HEAD_DOCUMENTS)
		return read_documents(ar, member[1], a, err);
	value = parse(member[1], a);
	return value ? read_head_member(ar, bit, value, err) : REFUSE("/" STR_FMT ": is not JSON", STR_ARG(name));
}

int archive_open(struct str text, struct arena *a, struct archive *ret, struct error *err)
{
	struct archive ar = {0};
	struct scan s = {.text = text};
	bool is_first = true, is_ok = true;
	struct str member[2];
	unsigned seen = 0;
	int r = take(&s, '{') ? 0 : REFUSE("this is no archive: it must be a JSON object");

	while (r == 0 && next_member(&s, &is_first, &member[0], &member[1], &is_ok))
		r = read_member(&ar, &seen, member, a, err);
	if (r != 0)
		return r;
	if (!is_ok || peek(&s) != '\0' || s.at < text.len)
		return REFUSE("this is no archive: it is not JSON, or not whole (byte %zu)", s.at);
	for (size_t i = 0; i < N_ELEMENTS(head_members); i++)
		if (HEAD_NEEDED & head_members[i].bit & ~seen)
			return REFUSE("/" STR_FMT ": is missing", STR_ARG(head_members[i].name));
	*ret = ar;
	return 0;
}

/* ---- documents ----------------------------------------------------------------------------------------------- */

/* The text of the next one. 1; 0: the list is at its end. */
static int next_text(struct archive_cursor *c, struct str *ret, struct error *err)
{
	struct scan s = {.text = c->archive->lists[c->kind], .at = c->at};
	bool is_first = c->at == 0;

	if (take(&s, ']')) {
		/* read_documents() has found the bracket that ends the list; this is another when it was mismatched. */
		if (s.at != s.text.len)
			return REFUSE("/documents/" STR_FMT ": is not JSON", STR_ARG(document_kind_name(c->kind)));
		return 0;
	}
	if ((!is_first && !take(&s, ',')) || !take_value(&s, ret))
		return REFUSE("/documents/" STR_FMT "/%llu: is not JSON", STR_ARG(document_kind_name(c->kind)),
		              (unsigned long long)(is_first ? 0 : c->index + 1));
	c->index = is_first ? 0 : c->index + 1;
	c->at = s.at;
	return 1;
}

/* On to the next list that there is; false behind the last. */
static bool next_kind(struct archive_cursor *c)
{
	int kind = (int)c->kind + 1;

	while (kind < DOC_N_KINDS && str_is_absent(c->archive->lists[kind]))
		kind++;
	if (kind == DOC_N_KINDS)
		return false;
	c->kind = (enum document_kind)kind;
	c->at = 0;
	return true;
}

static int read_document(const struct archive_cursor *c, struct str text, struct arena *a, struct document **ret,
                         struct error *err)
{
	struct str place = arena_strf(a, "/documents/" STR_FMT "/%llu", STR_ARG(document_kind_name(c->kind)),
	                              (unsigned long long)c->index);
	const struct json *tree = NULL;
	struct error wrong = {0};

	if (json_parse(text, a, &tree, &wrong) != JSON_OK)
		return REFUSE(STR_FMT ": %s", STR_ARG(place), wrong.text);
	return strict_read(&(struct strict_place){c->kind, place}, tree, a, ret, err);
}

int archive_next(struct archive_cursor *c, struct arena *a, struct document **ret, struct error *err)
{
	struct str text;
	int r = c->kind == DOC_NONE ? 0 : next_text(c, &text, err);

	while (r == 0) {
		if (!next_kind(c))
			return 0;
		r = next_text(c, &text, err);
	}
	if (r == 1)
		r = read_document(c, text, a, ret, err);
	if (r != 0)
		return r;
	c->n++;
	return 1;
}
