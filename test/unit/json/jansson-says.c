/* SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>

#include "jansson-says.h"

bool jansson_accepts(struct str text)
{
	json_error_t err;
	json_t *root = json_loadb(text.ptr ? text.ptr : "", text.len,
	                          JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &err);
	bool is_accepted = root != NULL;

	json_decref(root);
	return is_accepted;
}
