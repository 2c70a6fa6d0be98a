/* SPDX-License-Identifier: Apache-2.0
 *
 * What is filled into forms (FormDefinition).
 */
#include "workflow/internal.h"

static bool is_text(const struct json *value)
{
	return json_is(value, JSON_STRING);
}

static bool is_flag(const struct json *value)
{
	return json_is(value, JSON_BOOL);
}

/* As a number, or, as protocol buffers write one of 64 bits, as its digits. */
static bool is_whole_number(const struct json *value)
{
	struct str digits = json_str(value);
	uint64_t n;

	if (json_is(value, JSON_INT))
		return true;
	if (!str_is_empty(digits) && digits.ptr[0] == '-')
		digits = str_slice(digits, 1, digits.len);
	return str_to_u64(digits, &n);
}

static bool is_list_of_texts(const struct json *value)
{
	bool is = json_is(value, JSON_ARRAY);

	for (uint32_t i = 0; is && i < value->n; i++)
		is = json_is(&value->items[i], JSON_STRING);
	return is;
}

static bool is_map_of_texts(const struct json *value)
{
	bool is = json_is(value, JSON_OBJECT);

	for (uint32_t i = 0; is && i < value->n; i++)
		is = json_is(&value->members[i].value, JSON_STRING);
	return is;
}

/* Of the other types (files, OAuth) nothing is known here. */
static const struct {
	const char *member; /* of the field */
	bool (*takes)(const struct json *value);
} types[] = {
    {"stringField", is_text},
    {"boolField", is_flag},
    {"int64Field", is_whole_number},
    {"stringSliceField", is_list_of_texts},
    {"stringMapField", is_map_of_texts},
};

static bool is_of_type(const struct json *field, const struct json *value)
{
	for (size_t i = 0; i < N_ELEMENTS(types); i++)
		if (json_get(field, str_of(types[i].member)))
			return types[i].takes(value);
	return true;
}

static const struct json *field_called(const struct json *fields, struct str name)
{
	for (uint32_t i = 0; i < fields->n; i++)
		if (str_eq(json_get_str(&fields->items[i], STR("name")), name))
			return &fields->items[i];
	return NULL;
}

static bool is_missing(const struct json *value)
{
	return !value || value->type == JSON_NULL || (value->type == JSON_STRING && str_is_empty(value->s));
}

const char *workflow_why_not_data(const struct json *form, const struct json *data)
{
	const struct json *fields = json_get(form, STR("fields"));

	if (!json_is(fields, JSON_ARRAY) || fields->n == 0)
		return NULL;
	for (uint32_t i = 0; json_is(data, JSON_OBJECT) && i < data->n; i++) {
		const struct json *value = &data->members[i].value;
		const struct json *field = field_called(fields, data->members[i].name);

		if (!field)
			return "the data has a field that the form has not";
		if (!is_missing(value) && !is_of_type(field, value))
			return "the data has a field that is not of the form's type";
	}
	for (uint32_t i = 0; i < fields->n; i++)
		if (tree_bool(&fields->items[i], "required") &&
		    is_missing(json_get(data, json_get_str(&fields->items[i], STR("name")))))
			return "the data lacks a field that the form requires";
	return NULL;
}

const char *workflow_why_not_form(const struct json *form)
{
	const struct json *fields = json_get(form, STR("fields"));

	if (!form || !fields)
		return NULL;
	if (!json_is(fields, JSON_ARRAY) || fields->n > WORKFLOW_MAX_FIELDS)
		return "fields must be a list of 100 at most";
	for (uint32_t i = 0; i < fields->n; i++) {
		struct str name = json_get_str(&fields->items[i], STR("name"));

		if (str_is_empty(name))
			return "each field must have a name";
		if (field_called(fields, name) != &fields->items[i])
			return "two fields have the same name";
	}
	return NULL;
}
