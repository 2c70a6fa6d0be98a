#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The tables and how a database comes to have them: a list of migrations, applied in one transaction.
 */
#include "store/sqlite/db.h"

/*
 * Brings the database to the newest schema and sets what the file remembers (the write-ahead log). -EINVAL, with the
 * file untouched: another program's database, or a newer schema than this program knows.
 */
int schema_migrate(struct db *db, struct error *err) MUST_USE;
/* Has the database the newest schema? Reads only. 0, or -EINVAL: an older one, or as above. */
int schema_check(struct db *db, struct error *err) MUST_USE;
