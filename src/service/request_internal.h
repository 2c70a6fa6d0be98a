#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared by requests.c and request_tasks.c only.
 */
#include "service/requests.h"

/* SERVICE_… with the text. */
enum service_result request_refuse(struct error *err, enum service_result result, const char *text);
/* A request as it is before it starts, with its id and number. Start it. */
struct access_request request_blank(struct txn *t, const struct request_new *n);
/* The number is free again when it was refused. */
enum service_result request_start(struct txn *t, const struct access_request *r, const struct workflow_event *start,
                                  struct access_request *ret, struct error *err);

/* request_tasks.c */
/* The offboarding's parts begin. False: there is none that it has to wait for. */
bool request_begin_parts(struct txn *t, const struct access_request *r);
/* Those that are open are cancelled. */
void request_cancel_parts(struct txn *t, const struct access_request *r);
/* A part was closed: the last one ends what it is part of. */
void request_end_part(struct txn *t, const struct access_request *r);
/* What the action is there to make is made; the request says which entitlement it became. */
void request_create_entitlement(struct txn *t, struct access_request *r);
/* Is there a change of the document in this change set already? Its snapshot does not show it. */
bool request_is_changed(const struct txn *t, enum document_kind kind, struct str id);
