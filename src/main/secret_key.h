#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The files of --secret-key-file and --old-secret-key-file: 32 bytes as 64 hexadecimal digits or 43 characters of
 * base64url, and maybe white space around them.
 */
#include "base/error.h"

#define SECRET_KEY_BYTES 32u

/* Wipe it with explicit_bzero(). */
struct secret_keys {
	bool has_key, has_old_key;
	uint8_t key[SECRET_KEY_BYTES], old_key[SECRET_KEY_BYTES];
};

/*
 * Reads the keys; paths may be NULL. With `may_make`, a file at `path` that does not exist is made, mode 0600, with a
 * new key: there is nothing yet that an existing key would be needed for. 0, or -errno with `err`.
 */
int secret_keys_read(struct secret_keys *ret, const char *path, const char *old_path, bool may_make,
                     struct error *err) MUST_USE;
