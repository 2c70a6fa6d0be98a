/* SPDX-License-Identifier: Apache-2.0 */
#include "api/forward_auth/yaml_reader.h"

#include <stdarg.h>

#include "base/utf8.h"

#define MAX_FIELDS 32u
#define FAULT      1 /* the code that error_set() asks for; what matters here is the text */

bool yaml_fail(struct yaml_reader *r, unsigned line, const char *fmt, ...)
{
	char text[sizeof(r->err->text)];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	(void)error_set(r->err, FAULT, "line %u: %s", line, text);
	return false;
}

unsigned yaml_line(const struct yaml_reader *r)
{
	return (unsigned)r->event.start_mark.line + 1u;
}

/* Takes the next event; the one before is gone. */
static bool advance(struct yaml_reader *r)
{
	yaml_event_delete(&r->event);
	if (yaml_parser_parse(&r->parser, &r->event))
		return true;
	/* The library leaves the event as it was when it fails. */
	memset(&r->event, 0, sizeof(r->event));
	return yaml_fail(r, (unsigned)r->parser.problem_mark.line + 1u, "not YAML: %s",
	                 r->parser.problem ? r->parser.problem : "it cannot be read");
}

static bool is_plain_text(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] < ' ' || s.ptr[i] == 0x7f)
			return false;
	return utf8_is_valid(s);
}

static const char *spoken(yaml_event_type_t type)
{
	if (type == YAML_MAPPING_START_EVENT)
		return "a mapping";
	return type == YAML_SEQUENCE_START_EVENT ? "a list" : "text";
}

/* The next event is of this type and carries neither anchor nor tag: both could only mislead whoever reads the file. */
static bool expect(struct yaml_reader *r, yaml_event_type_t type, const char *what)
{
	const yaml_event_t *e = &r->event;
	bool is_marked = false;

	if (e->type == YAML_ALIAS_EVENT)
		return yaml_fail(r, yaml_line(r), "%s: aliases are not taken here", what);
	if (e->type == YAML_SCALAR_EVENT)
		is_marked = e->data.scalar.anchor || e->data.scalar.tag;
	else if (e->type == YAML_MAPPING_START_EVENT)
		is_marked = e->data.mapping_start.anchor || e->data.mapping_start.tag;
	else if (e->type == YAML_SEQUENCE_START_EVENT)
		is_marked = e->data.sequence_start.anchor || e->data.sequence_start.tag;
	if (is_marked)
		return yaml_fail(r, yaml_line(r), "%s: anchors and tags are not taken here", what);
	return e->type == type || yaml_fail(r, yaml_line(r), "%s must be %s", what, spoken(type));
}

bool yaml_reader_init(struct yaml_reader *r, struct str text, struct arena *a, struct error *err)
{
	*r = (struct yaml_reader){.arena = a, .err = err};
	if (!yaml_parser_initialize(&r->parser))
		return yaml_fail(r, 1, "no memory for the YAML reader");
	yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r->parser, (const unsigned char *)text.ptr, text.len);
	if (!advance(r) || !advance(r)) /* the begin of the stream; then that of the document */
		return false;
	if (r->event.type != YAML_DOCUMENT_START_EVENT)
		return yaml_fail(r, yaml_line(r), "the file is empty");
	return advance(r);
}

void yaml_reader_release(struct yaml_reader *r)
{
	yaml_event_delete(&r->event);
	yaml_parser_delete(&r->parser);
}

bool yaml_reader_end(struct yaml_reader *r)
{
	assert(r->event.type == YAML_DOCUMENT_END_EVENT);
	if (!advance(r))
		return false;
	return r->event.type == YAML_STREAM_END_EVENT || yaml_fail(r, yaml_line(r), "a second document begins");
}

bool yaml_read_text(struct yaml_reader *r, const char *what, struct str *ret)
{
	struct str value;

	if (!expect(r, YAML_SCALAR_EVENT, what))
		return false;
	value = (struct str){(const char *)r->event.data.scalar.value, r->event.data.scalar.length};
	if (str_is_empty(value))
		return yaml_fail(r, yaml_line(r), "%s is empty", what);
	if (!is_plain_text(value))
		return yaml_fail(r, yaml_line(r), "%s holds control characters", what);
	*ret = arena_str(r->arena, value);
	return advance(r);
}

static const struct yaml_field *find_field(const struct yaml_fields *fields, struct str name)
{
	for (size_t i = 0; i < fields->n; i++)
		if (str_eq(name, str_of(fields->items[i].name)))
			return &fields->items[i];
	return NULL;
}

static bool read_field(struct yaml_reader *r, const struct yaml_fields *fields, uint32_t *seen, void *ctx)
{
	unsigned line = yaml_line(r);
	const struct yaml_field *field;
	struct str name;
	uint32_t bit;

	if (!yaml_read_text(r, "the name of a field", &name))
		return false;
	field = find_field(fields, name);
	if (!field)
		return yaml_fail(r, line, "%s has no field \"" STR_FMT "\"", fields->of, STR_ARG(name));
	bit = UINT32_C(1) << (field - fields->items);
	if (*seen & bit)
		return yaml_fail(r, line, "\"%s\" is there twice", field->name);
	*seen |= bit;
	return field->read(r, field->name, ctx);
}

bool yaml_read_fields(struct yaml_reader *r, const struct yaml_fields *fields, void *ctx)
{
	unsigned line = yaml_line(r);
	uint32_t seen = 0;

	assert(fields->n <= MAX_FIELDS);
	if (!expect(r, YAML_MAPPING_START_EVENT, fields->of) || !advance(r))
		return false;
	while (r->event.type != YAML_MAPPING_END_EVENT)
		if (!read_field(r, fields, &seen, ctx))
			return false;
	for (size_t i = 0; i < fields->n; i++)
		if (fields->items[i].is_required && !(seen & UINT32_C(1) << i))
			return yaml_fail(r, line, "%s needs \"%s\"", fields->of, fields->items[i].name);
	return advance(r);
}

bool yaml_read_pairs(struct yaml_reader *r, const char *what,
                     bool (*take)(struct yaml_reader *r, struct str name, struct str value, void *ctx), void *ctx)
{
	struct str name, value;

	if (!expect(r, YAML_MAPPING_START_EVENT, what) || !advance(r))
		return false;
	while (r->event.type != YAML_MAPPING_END_EVENT)
		if (!yaml_read_text(r, what, &name) || !yaml_read_text(r, what, &value) || !take(r, name, value, ctx))
			return false;
	return advance(r);
}

bool yaml_read_list(struct yaml_reader *r, const char *what, bool (*read)(struct yaml_reader *r, void *ctx), void *ctx)
{
	if (!expect(r, YAML_SEQUENCE_START_EVENT, what) || !advance(r))
		return false;
	while (r->event.type != YAML_SEQUENCE_END_EVENT)
		if (!read(r, ctx))
			return false;
	return advance(r);
}

bool yaml_read_texts(struct yaml_reader *r, const char *what,
                     bool (*take)(struct yaml_reader *r, struct str value, void *ctx), void *ctx)
{
	bool is_list = r->event.type == YAML_SEQUENCE_START_EVENT;
	struct str value;

	if (!is_list)
		return yaml_read_text(r, what, &value) && take(r, value, ctx);
	if (!expect(r, YAML_SEQUENCE_START_EVENT, what) || !advance(r))
		return false;
	while (r->event.type != YAML_SEQUENCE_END_EVENT)
		if (!yaml_read_text(r, what, &value) || !take(r, value, ctx))
			return false;
	return advance(r);
}
