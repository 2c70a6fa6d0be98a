#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * How a use case ends, in words that every dialect has its own spelling for. The text for a person is in the
 * struct error that goes with it.
 */
enum service_result {
	SERVICE_OK = 0,
	SERVICE_INVALID, /* the input breaks a rule */
	SERVICE_UNAUTHENTICATED,
	SERVICE_DENIED,              /* known, but not allowed */
	SERVICE_NOT_FOUND,           /* missing, or not visible to the caller */
	SERVICE_CONFLICT,            /* exists already */
	SERVICE_FAILED_PRECONDITION, /* the state forbids it now */
	SERVICE_UNAVAILABLE,         /* try again: overload, full disk, locked database, shutdown */
	SERVICE_INTERNAL,
};
