#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Bodies that come from outside, as those of archives do: read by the same tables as stored ones (fields.h), but
 * refused where they hold anything that the tables do not know. For the layer's own files.
 */
#include "model/document.h"

struct strict_place {
	enum document_kind kind;
	struct str pointer; /* JSON pointer to the document, for messages */
};

/*
 * The document, in `a`, without seq and rev: "id" and the members of the body. 0 or -EBADMSG: `err` begins with the
 * JSON pointer to what is wrong.
 */
int strict_read(const struct strict_place *at, const struct json *tree, struct arena *a, struct document **ret,
                struct error *err) MUST_USE;
