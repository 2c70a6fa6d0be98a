#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * A SQLite file system that passes everything on to the system's, except that the N-th change of a file (write, sync
 * or truncation) fails. Process-wide, for tests with one writing thread.
 */
#include "base/base.h"

/* Becomes the default file system; call once, before any database is opened. */
void fault_vfs_install(void);
/*
 * From now on the `nth` (1, 2, …) change fails with the SQLite code `rc`, and with `is_lasting` all after it, until
 * fault_vfs_disarm(). A failing write leaves half of its bytes behind, as a full disk does.
 */
void fault_vfs_arm(unsigned nth, int rc, bool is_lasting);
/* No faults any more; returns how many there were. */
unsigned fault_vfs_disarm(void);
/* Writes to open files that no sync of the same file has followed: what a power cut may take. */
unsigned fault_vfs_unsynced(void);
