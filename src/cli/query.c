/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/query.h"

#include "json/json.h"

static const struct str subject_types[] = {STR_INIT("user"), STR_INIT("service"), STR_INIT("group"), STR_INIT("role")};

struct typed_id {
	struct str type;
	struct str id;
	bool is_raw; /* a Connhex subject string, which the asker vouches for */
};

static bool is_subject_type(struct str s)
{
	for (size_t i = 0; i < N_ELEMENTS(subject_types); i++) {
		if (str_eq(s, subject_types[i]))
			return true;
	}
	return false;
}

/* "alice", "user:alice"; anything else with a colon is a raw subject string. */
static int parse_subject(struct str text, struct typed_id *ret, struct error *err)
{
	size_t colon = str_find(text, ':', 0);
	struct str type, id;

	if (colon == SIZE_MAX) {
		*ret = (struct typed_id){.type = STR("user"), .id = text};
		return 0;
	}
	type = str_slice(text, 0, colon);
	id = str_slice(text, colon + 1, text.len);
	if (type.len == 0 || id.len == 0)
		return error_set(err, CLI_USAGE, "\"" STR_FMT "\" is not a subject: TYPE:ID", STR_ARG(text));
	if (is_subject_type(type) && str_find(id, ':', 0) == SIZE_MAX)
		*ret = (struct typed_id){.type = type, .id = id};
	else
		*ret = (struct typed_id){.type = STR("external"), .id = text, .is_raw = true};
	return 0;
}

/* "type/id", "infra:nodes:n1" (the last colon splits), or a type alone, whose id is empty. */
static int parse_resource(struct str text, struct typed_id *ret, struct error *err)
{
	size_t at = str_find(text, '/', 0);

	if (at == SIZE_MAX) {
		for (size_t i = text.len; i > 0 && at == SIZE_MAX; i--) {
			if (text.ptr[i - 1] == ':')
				at = i - 1;
		}
	}
	*ret = (struct typed_id){.type = str_slice(text, 0, at),
	                         .id = at == SIZE_MAX ? STR("") : str_slice(text, at + 1, text.len)};
	if (ret->type.len == 0)
		return error_set(err, CLI_USAGE, "\"" STR_FMT "\" is not a resource: TYPE/ID", STR_ARG(text));
	return 0;
}

static void write_subject(struct json_writer *w, const struct typed_id *subject)
{
	json_key(w, STR("subject"));
	json_begin_object(w);
	json_put_str(w, STR("type"), subject->type);
	json_put_str(w, STR("id"), subject->id);
	if (subject->is_raw) {
		json_key(w, STR("properties"));
		json_begin_object(w);
		json_put_strs(w, STR("subjects"), &subject->id, 1);
		json_end_object(w);
	}
	json_end_object(w);
}

static void write_resource(struct json_writer *w, const struct typed_id *resource, const struct cli_options *options)
{
	json_key(w, STR("resource"));
	json_begin_object(w);
	json_put_str(w, STR("type"), resource->type);
	json_put_str(w, STR("id"), resource->id);
	if (options->n_tenants > 0) {
		json_key(w, STR("properties"));
		json_begin_object(w);
		json_put_strs(w, STR("tenants"), options->tenants, options->n_tenants);
		json_end_object(w);
	}
	json_end_object(w);
}

int cli_write_query(struct buf *out, const struct cli_options *options, struct error *err)
{
	struct json_writer w = JSON_WRITER(out);
	struct typed_id subject = {0}, resource = {0};
	int rc;

	rc = parse_subject(str_of(options->operands[0]), &subject, err);
	if (rc == 0)
		rc = parse_resource(str_of(options->operands[2]), &resource, err);
	if (rc != 0)
		return rc;
	json_begin_object(&w);
	write_subject(&w, &subject);
	json_key(&w, STR("action"));
	json_begin_object(&w);
	json_put_str(&w, STR("name"), str_of(options->operands[1]));
	json_end_object(&w);
	write_resource(&w, &resource, options);
	json_end_object(&w);
	return 0;
}

void cli_write_key(struct buf *out, const struct cli_options *options)
{
	struct json_writer w = JSON_WRITER(out);

	json_begin_object(&w);
	json_key(&w, STR("principal"));
	json_begin_object(&w);
	json_put_str(&w, STR("type"), STR("user"));
	json_put_str(&w, STR("id"), str_of(options->user));
	json_end_object(&w);
	if (options->name)
		json_put_str(&w, STR("name"), str_of(options->name));
	json_key(&w, STR("tenants"));
	if (options->n_tenants == 0) {
		json_add_null(&w);
	} else {
		json_begin_array(&w);
		for (size_t i = 0; i < options->n_tenants; i++)
			json_add_str(&w, options->tenants[i]);
		json_end_array(&w);
	}
	json_put_str(&w, STR("expires_at"), str_of(options->expires));
	json_end_object(&w);
}
