/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing of messages, with the zero values that the canonical form leaves out.
 */
#include "json/proto.h"

/* A message, list or map that is open. */
struct frame {
	const struct proto_message *message; /* NULL: the elements of a list or map */
	const struct proto_field *field;     /* of elements: which field */
	const struct json *tree;             /* NULL: an empty message */
	uint32_t at;
};

struct writing {
	struct json_writer *w;
	size_t n;
	struct frame frames[PROTO_MAX_DEPTH];
};

static void write_scalar(struct json_writer *w, const struct proto_field *f, const struct json *v)
{
	char text[24];

	if (f->type == PROTO_INT64 && v->type == JSON_INT) {
		int n = snprintf(text, sizeof(text), "%lld", (long long)v->i);
		json_add_str(w, (struct str){text, (size_t)n});
	} else {
		json_add(w, v);
	}
}

static void write_zero(struct json_writer *w, const struct proto_field *f)
{
	if (f->flags & PROTO_REPEATED) {
		json_begin_array(w);
		json_end_array(w);
		return;
	}
	if (f->flags & PROTO_MAP) {
		json_begin_object(w);
		json_end_object(w);
		return;
	}
	switch (f->type) {
	case PROTO_BOOL:
		json_add_bool(w, false);
		break;
	case PROTO_STRING:
		json_add_str(w, STR(""));
		break;
	case PROTO_INT32:
	case PROTO_DOUBLE:
		json_add_i64(w, 0);
		break;
	case PROTO_INT64:
		json_add_str(w, STR("0"));
		break;
	case PROTO_ENUM:
		json_add_str(w, f->values->values[0]);
		break;
	case PROTO_MESSAGE:
	case PROTO_TIMESTAMP:
	case PROTO_DURATION:
	case PROTO_STRUCT:
		assert(false); /* these are messages: has_zero() says so */
		break;
	}
}

/* Is the field written when it is not set? */
static bool has_zero(const struct proto_field *f)
{
	if (f->flags & (PROTO_REPEATED | PROTO_MAP))
		return true;
	return !f->oneof && f->type != PROTO_MESSAGE && f->type != PROTO_TIMESTAMP && f->type != PROTO_DURATION &&
	       f->type != PROTO_STRUCT;
}

static void open_frame(struct writing *g, const struct frame *frame, bool is_array)
{
	assert(g->n < PROTO_MAX_DEPTH);
	g->frames[g->n++] = *frame;
	if (is_array)
		json_begin_array(g->w);
	else
		json_begin_object(g->w);
}

static void write_value(struct writing *g, const struct proto_field *f, bool is_element, const struct json *v)
{
	bool is_list = !is_element && f->flags & PROTO_REPEATED, is_map = !is_element && f->flags & PROTO_MAP;

	if (is_list || is_map)
		open_frame(g, &(struct frame){.field = f, .tree = v}, is_list);
	else if (f->type == PROTO_MESSAGE)
		open_frame(g, &(struct frame){.message = f->message, .tree = v}, false);
	else
		write_scalar(g->w, f, v);
}

static void write_field(struct writing *g, struct frame *top)
{
	const struct proto_field *f = &top->message->fields[top->at++];
	const struct json *v = json_get(top->tree, f->name);

	if (!v && !has_zero(f))
		return;
	json_key(g->w, f->name);
	if (v)
		write_value(g, f, false, v);
	else
		write_zero(g->w, f);
}

static void write_element(struct writing *g, struct frame *top)
{
	uint32_t at = top->at++;

	if (top->tree->type == JSON_OBJECT) {
		json_key(g->w, top->tree->members[at].name);
		write_value(g, top->field, true, &top->tree->members[at].value);
	} else {
		write_value(g, top->field, true, &top->tree->items[at]);
	}
}

void proto_write(struct json_writer *w, const struct proto_message *m, const struct json *tree)
{
	struct writing g = {.w = w};

	open_frame(&g, &(struct frame){.message = m, .tree = tree}, false);
	while (g.n > 0) {
		struct frame *top = &g.frames[g.n - 1];

		if (top->message ? top->at < top->message->n_fields : top->at < top->tree->n) {
			if (top->message)
				write_field(&g, top);
			else
				write_element(&g, top);
			continue;
		}
		if (!top->message && top->tree->type == JSON_ARRAY)
			json_end_array(w);
		else
			json_end_object(w);
		g.n--;
	}
}
