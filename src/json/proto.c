/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading of messages. One frame a message, list or map that is open; each is filled in place in its parent's tree.
 */
#include "json/proto.h"

#include <errno.h>

#include "base/clock.h"
#include "base/utf8.h"

#define MAX_DURATION_S INT64_C(315576000000)
#define MS_PER_S       INT64_C(1000)

/* ---- names -------------------------------------------------------------------------------------------- */

/* Is `text` the snake_case form of the lowerCamelCase name? */
static bool is_snake_of(struct str text, struct str name)
{
	size_t at = 0;

	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];

		if (c >= 'A' && c <= 'Z') {
			if (at + 1 >= text.len || text.ptr[at++] != '_')
				return false;
			c = (char)(c - 'A' + 'a');
		}
		if (at >= text.len || text.ptr[at++] != c)
			return false;
	}
	return at == text.len;
}

const struct proto_field *proto_field_find(const struct proto_message *m, struct str name)
{
	for (size_t i = 0; i < m->n_fields; i++)
		if (str_eq(m->fields[i].name, name) || is_snake_of(name, m->fields[i].name))
			return &m->fields[i];
	return NULL;
}

/* "policySteps" as Go spells it: "PolicySteps". */
static struct str go_name(struct arena *a, struct str name)
{
	char *text = arena_alloc(a, name.len);

	memcpy(text, name.ptr, name.len);
	if (text[0] >= 'a' && text[0] <= 'z')
		text[0] = (char)(text[0] - 'a' + 'A');
	return (struct str){text, name.len};
}

/* ---- scalars ------------------------------------------------------------------------------------------ */

bool proto_duration_parse(struct str text, int64_t *ret_ms)
{
	bool is_negative = text.len && text.ptr[0] == '-';
	struct str rest = str_slice(text, is_negative, text.len), whole, fraction = STR("");
	uint64_t seconds, ms = 0;
	size_t dot;

	if (rest.len < 2 || rest.ptr[rest.len - 1] != 's')
		return false;
	rest.len--;
	dot = str_find(rest, '.', 0);
	whole = str_slice(rest, 0, dot == SIZE_MAX ? rest.len : dot);
	if (dot != SIZE_MAX) {
		fraction = str_slice(rest, dot + 1, rest.len);
		if (fraction.len == 0 || fraction.len > 9)
			return false;
	}
	if (!str_to_u64(whole, &seconds) || seconds > (uint64_t)MAX_DURATION_S)
		return false;
	for (size_t i = 0; i < fraction.len; i++) {
		if (fraction.ptr[i] < '0' || fraction.ptr[i] > '9')
			return false;
		if (i < 3)
			ms = ms * 10 + (uint64_t)(fraction.ptr[i] - '0');
	}
	for (size_t i = fraction.len; i < 3; i++)
		ms *= 10;
	*ret_ms = (int64_t)seconds * MS_PER_S + (int64_t)ms;
	if (is_negative)
		*ret_ms = -*ret_ms;
	return true;
}

struct str proto_duration_text(struct arena *a, int64_t ms)
{
	int64_t rest = ms % MS_PER_S;

	if (rest == 0)
		return arena_strf(a, "%llds", (long long)(ms / MS_PER_S));
	return arena_strf(a, "%s%lld.%03llds", ms < 0 ? "-" : "", (long long)llabs(ms / MS_PER_S),
	                  (long long)llabs(rest));
}

static bool read_integer(const struct json *in, int64_t min, int64_t max, int64_t *ret)
{
	bool is_negative;
	struct str s;
	uint64_t u;

	if (in->type == JSON_INT) {
		*ret = in->i;
	} else if (in->type == JSON_DOUBLE && in->d >= -9007199254740992.0 && in->d <= 9007199254740992.0 &&
	           in->d == (double)(int64_t)in->d) {
		*ret = (int64_t)in->d;
	} else if (in->type == JSON_STRING) {
		is_negative = in->s.len && in->s.ptr[0] == '-';
		s = str_slice(in->s, is_negative, in->s.len);
		if (!str_to_u64(s, &u) || u > (uint64_t)INT64_MAX)
			return false;
		*ret = is_negative ? -(int64_t)u : (int64_t)u;
	} else {
		return false;
	}
	return *ret >= min && *ret <= max;
}

static bool read_enum(const struct proto_enum *e, const struct json *in, struct json *out)
{
	if (in->type == JSON_INT && in->i >= 0 && (uint64_t)in->i < e->n) {
		*out = (struct json){.type = JSON_STRING, .s = e->values[in->i]};
		return true;
	}
	for (size_t i = 0; in->type == JSON_STRING && i < e->n; i++) {
		if (str_eq(e->values[i], in->s)) {
			*out = (struct json){.type = JSON_STRING, .s = e->values[i]};
			return true;
		}
	}
	return false;
}

static bool read_time(const struct json *in, struct arena *a, struct json *out)
{
	char text[32];
	int64_t ms;

	if (in->type != JSON_STRING || !time_parse_rfc3339(in->s, &ms))
		return false;
	*out = (struct json){.type = JSON_STRING, .s = arena_str(a, time_format_rfc3339(ms, text))};
	return true;
}

static const char *type_words(enum proto_type type)
{
	static const char *const words[] = {
	    [PROTO_BOOL] = "bool",
	    [PROTO_STRING] = "string",
	    [PROTO_INT32] = "int32",
	    [PROTO_INT64] = "int64",
	    [PROTO_DOUBLE] = "double",
	    [PROTO_ENUM] = "enum",
	    [PROTO_MESSAGE] = "message",
	    [PROTO_TIMESTAMP] = "google.protobuf.Timestamp",
	    [PROTO_DURATION] = "google.protobuf.Duration",
	    [PROTO_STRUCT] = "google.protobuf.Struct",
	};

	return words[type];
}

static int wrong_value(const struct proto_field *f, const struct json *in, struct error *err)
{
	struct str shown = in->type == JSON_STRING ? in->s : STR("");

	if (f->type == PROTO_DURATION || f->type == PROTO_TIMESTAMP)
		return error_set(err, -EINVAL, "invalid %s value \"" STR_FMT "\"", type_words(f->type), STR_ARG(shown));
	return error_set(err, -EINVAL, "invalid value for %s field " STR_FMT "%s" STR_FMT, type_words(f->type),
	                 STR_ARG(f->name), shown.len ? ": " : "", STR_ARG(shown));
}

/* A value that is no message, list or map. */
static int read_scalar(const struct proto_field *f, const struct json *in, struct arena *a, struct json *out,
                       struct error *err)
{
	bool is_good = false;
	int64_t number;

	*out = *in;
	switch (f->type) {
	case PROTO_BOOL:
		is_good = in->type == JSON_BOOL;
		break;
	case PROTO_STRING:
		is_good = in->type == JSON_STRING;
		break;
	case PROTO_INT32:
	case PROTO_INT64:
		is_good = f->type == PROTO_INT32 ? read_integer(in, INT32_MIN, INT32_MAX, &number)
		                                 : read_integer(in, INT64_MIN, INT64_MAX, &number);
		if (is_good)
			*out = (struct json){.type = JSON_INT, .i = number};
		break;
	case PROTO_DOUBLE:
		is_good = in->type == JSON_DOUBLE || in->type == JSON_INT;
		break;
	case PROTO_ENUM:
		is_good = read_enum(f->values, in, out);
		break;
	case PROTO_TIMESTAMP:
		is_good = read_time(in, a, out);
		break;
	case PROTO_DURATION:
		is_good = in->type == JSON_STRING && proto_duration_parse(in->s, &number);
		if (is_good)
			*out = (struct json){.type = JSON_STRING, .s = proto_duration_text(a, number)};
		break;
	case PROTO_STRUCT:
		is_good = in->type == JSON_OBJECT;
		break;
	case PROTO_MESSAGE:
		break;
	}
	return is_good ? 0 : wrong_value(f, in, err);
}

/* Does the value say nothing, as the field's zero value? Members of a oneof say that they are set. */
static bool is_zero(const struct proto_field *f, const struct json *v)
{
	if (f->oneof)
		return false;
	switch (v->type) {
	case JSON_BOOL:
		return !v->b;
	case JSON_INT:
		return v->i == 0;
	case JSON_DOUBLE:
		return v->d == 0;
	case JSON_STRING:
		if (f->type == PROTO_ENUM)
			return str_eq(v->s, f->values->values[0]);
		return v->s.len == 0;
	case JSON_ARRAY:
		return v->n == 0;
	case JSON_OBJECT:
		return v->n == 0 && f->flags & PROTO_MAP;
	case JSON_NULL:
	case JSON_UINT:
		break;
	}
	return v->type == JSON_NULL;
}

/* ---- constraints -------------------------------------------------------------------------------------- */

static bool is_id(struct str s)
{
	return s.len == 27 && str_is_alnum(s);
}

/* What is wrong with the field in words, or the absent string. `v` NULL: not set. */
static struct str objection(const struct proto_field *f, const struct json *v, struct arena *a)
{
	uint64_t n;

	if (f->flags & PROTO_NOT_ZERO && !v)
		return STR("value must not be in list [0]");
	if (f->flags & PROTO_NEEDED && !v)
		return STR("value is required");
	if (f->flags & (PROTO_REPEATED | PROTO_MAP)) {
		n = v ? v->n : 0;
		if (n < f->min && f->max == 0)
			return arena_strf(a, "value must contain at least %u item(s)", f->min);
		if (n < f->min || (f->max && n > f->max))
			return arena_strf(a, "value must contain between %u and %u items", f->min, f->max);
		for (uint32_t i = 0; f->flags & PROTO_ID && i < n; i++)
			if (!is_id(v->items[i].s))
				return STR("value does not match regex pattern \"^[a-zA-Z0-9]{27}$\"");
		return STR_NONE;
	}
	if (f->type != PROTO_STRING)
		return STR_NONE;
	n = v ? utf8_length(v->s) : 0;
	if (n < f->min && f->max == 0)
		return arena_strf(a, "value length must be at least %u runes", f->min);
	if (n < f->min || (f->max && n > f->max))
		return arena_strf(a, "value length must be between %u and %u runes, inclusive", f->min, f->max);
	if (f->flags & PROTO_ID && v && !is_id(v->s))
		return STR("value does not match regex pattern \"^[a-zA-Z0-9]{27}$\"");
	return STR_NONE;
}

/* ---- the walk ----------------------------------------------------------------------------------------- */

enum frame_kind { FRAME_MESSAGE, FRAME_LIST, FRAME_MAP };

struct frame {
	enum frame_kind kind;
	const struct proto_message *message; /* FRAME_MESSAGE: whose fields; else what the elements are */
	const struct proto_field *field;     /* which field of the parent it is */
	const struct json *in;
	struct json *out;
	uint32_t at;                 /* next member or element of `in` */
	struct json *values;         /* FRAME_MESSAGE: by field; LIST, MAP: elements */
	bool *is_set;                /* FRAME_MESSAGE: by field */
	struct json_member *members; /* FRAME_MAP */
};

struct reader {
	struct arena *arena;
	struct error *err;
	size_t n;
	struct frame frames[PROTO_MAX_DEPTH];
};

static int open_frame(struct reader *r, const struct frame *frame)
{
	struct frame *f = &r->frames[r->n];

	if (r->n == PROTO_MAX_DEPTH)
		return error_set(r->err, -EINVAL, "exceeded max recursion depth");
	*f = *frame;
	r->n++;
	if (f->kind == FRAME_MESSAGE) {
		f->values = ARENA_ARRAY(r->arena, struct json, f->message->n_fields + 1);
		f->is_set = ARENA_ARRAY(r->arena, bool, f->message->n_fields + 1);
	} else if (f->kind == FRAME_LIST) {
		f->values = ARENA_ARRAY(r->arena, struct json, f->in->n);
	} else {
		f->members = ARENA_ARRAY(r->arena, struct json_member, f->in->n);
	}
	return 0;
}

/* The value of a field, or of an element of its list or map: a scalar is read at once, what has parts is opened. */
static int read_value(struct reader *r, const struct proto_field *field, bool is_element, const struct json *in,
                      struct json *out)
{
	struct frame f = {.message = field->message, .field = field, .in = in, .out = out};

	if (!is_element && field->flags & PROTO_REPEATED) {
		f.kind = FRAME_LIST;
		return in->type == JSON_ARRAY ? open_frame(r, &f) : wrong_value(field, in, r->err);
	}
	if (!is_element && field->flags & PROTO_MAP) {
		f.kind = FRAME_MAP;
		return in->type == JSON_OBJECT ? open_frame(r, &f) : wrong_value(field, in, r->err);
	}
	if (field->type != PROTO_MESSAGE)
		return read_scalar(field, in, r->arena, out, r->err);
	f.kind = FRAME_MESSAGE;
	return in->type == JSON_OBJECT ? open_frame(r, &f) : wrong_value(field, in, r->err);
}

/* Is another member of the field's oneof set? */
static bool is_taken(const struct frame *f, const struct proto_field *field)
{
	for (size_t i = 0; field->oneof && i < f->message->n_fields; i++)
		if (f->is_set[i] && f->message->fields[i].oneof == field->oneof)
			return true;
	return false;
}

static int read_member(struct reader *r, struct frame *f)
{
	const struct json_member *m = &f->in->members[f->at++];
	const struct proto_field *field = proto_field_find(f->message, m->name);
	size_t i;

	if (!field)
		return error_set(r->err, -EINVAL, "unknown field \"" STR_FMT "\"", STR_ARG(m->name));
	i = (size_t)(field - f->message->fields);
	if (m->value.type == JSON_NULL)
		return 0;
	if (f->is_set[i])
		return error_set(r->err, -EINVAL, "duplicate field \"" STR_FMT "\"", STR_ARG(m->name));
	if (is_taken(f, field))
		return error_set(r->err, -EINVAL, "oneof of field \"" STR_FMT "\" is already set", STR_ARG(m->name));
	f->is_set[i] = true;
	return read_value(r, field, false, &m->value, &f->values[i]);
}

static int read_element(struct reader *r, struct frame *f)
{
	uint32_t at = f->at++;
	const struct json *in = f->kind == FRAME_LIST ? &f->in->items[at] : &f->in->members[at].value;
	struct json *out = f->kind == FRAME_LIST ? &f->values[at] : &f->members[at].value;

	if (f->kind == FRAME_MAP)
		f->members[at].name = f->in->members[at].name;
	return read_value(r, f->field, true, in, out);
}

/* Beside the field itself the one that its message stands in, where that is a field and not an element. */
static int refuse(struct reader *r, const struct frame *f, const struct proto_field *field, struct str why)
{
	const struct frame *parent = f > r->frames ? f - 1 : NULL;
	struct str prefix = STR("");

	if (parent && parent->kind == FRAME_MESSAGE)
		prefix = arena_strf(r->arena, "invalid " STR_FMT "." STR_FMT ": ", STR_ARG(parent->message->name),
		                    STR_ARG(go_name(r->arena, f->field->name)));
	return error_set(r->err, -EINVAL, STR_FMT "invalid " STR_FMT "." STR_FMT ": " STR_FMT, STR_ARG(prefix),
	                 STR_ARG(f->message->name), STR_ARG(go_name(r->arena, field->name)), STR_ARG(why));
}

static int close_message(struct reader *r, struct frame *f)
{
	const struct proto_message *m = f->message;
	struct json_member *members = ARENA_ARRAY(r->arena, struct json_member, m->n_fields + 1);
	uint32_t n = 0;

	for (size_t i = 0; i < m->n_fields; i++) {
		const struct proto_field *field = &m->fields[i];
		bool is_set = f->is_set[i] && !is_zero(field, &f->values[i]);
		struct str why = objection(field, is_set ? &f->values[i] : NULL, r->arena);

		if (!str_is_absent(why) && !(field->flags & PROTO_READ_ONLY))
			return refuse(r, f, field, why);
		if (is_set && !(field->flags & PROTO_READ_ONLY))
			members[n++] = (struct json_member){field->name, f->values[i]};
	}
	*f->out = (struct json){.type = JSON_OBJECT, .n = n, .members = members};
	return 0;
}

static int close_frame(struct reader *r, struct frame *f)
{
	if (f->kind == FRAME_MESSAGE)
		return close_message(r, f);
	if (f->kind == FRAME_LIST)
		*f->out = (struct json){.type = JSON_ARRAY, .n = f->in->n, .items = f->values};
	else
		*f->out = (struct json){.type = JSON_OBJECT, .n = f->in->n, .members = f->members};
	return 0;
}

int proto_read(const struct proto_message *m, const struct json *in, struct arena *a, const struct json **ret,
               struct error *err)
{
	struct reader r = {.arena = a, .err = err};
	struct json *out = ARENA_NEW(a, struct json);
	int status;

	if (in->type != JSON_OBJECT)
		return error_set(err, -EINVAL, "unexpected token: a " STR_FMT " is an object", STR_ARG(m->name));
	status = open_frame(&r, &(struct frame){.kind = FRAME_MESSAGE, .message = m, .in = in, .out = out});
	while (status == 0 && r.n > 0) {
		struct frame *f = &r.frames[r.n - 1];

		if (f->at < f->in->n) {
			status = f->kind == FRAME_MESSAGE ? read_member(&r, f) : read_element(&r, f);
		} else {
			status = close_frame(&r, f);
			r.n--;
		}
	}
	*ret = out;
	return status;
}

int proto_mask_read(const struct proto_message *m, struct str mask, struct arena *a, struct str_list *ret,
                    struct error *err)
{
	size_t n = 0, room = 1;
	struct str part, *items;

	for (size_t i = 0; i < mask.len; i++)
		room += mask.ptr[i] == ',';
	items = ARENA_ARRAY(a, struct str, room);
	while (!str_is_empty(mask) && str_split(&mask, ',', &part)) {
		const struct proto_field *field = NULL;

		for (size_t i = 0; i < m->n_fields && !field; i++)
			if (str_eq(m->fields[i].name, part))
				field = &m->fields[i];
		if (!field)
			return error_set(err, -EINVAL, "invalid google.protobuf.FieldMask value \"" STR_FMT "\"",
			                 STR_ARG(part));
		items[n++] = field->name;
	}
	*ret = (struct str_list){items, n};
	return 0;
}

const struct proto_field *proto_oneof(const struct proto_message *m, unsigned oneof, const struct json *tree)
{
	for (size_t i = 0; i < m->n_fields; i++)
		if (m->fields[i].oneof == oneof && json_get(tree, m->fields[i].name))
			return &m->fields[i];
	return NULL;
}
