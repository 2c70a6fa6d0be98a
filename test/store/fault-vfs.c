/* SPDX-License-Identifier: Apache-2.0 */
#include "fault-vfs.h"

#include <sqlite3.h>

/* The real file's struct lies behind ours in the block that SQLite allocates. */
struct fault_file {
	sqlite3_file base;
	sqlite3_file *real;
	unsigned n_unsynced; /* writes since the last sync */
};

static struct {
	unsigned countdown; /* 0: not armed */
	int rc;
	bool is_lasting;
	unsigned n_faults;
} fault;

static unsigned n_unsynced; /* of all open files */

static sqlite3_vfs *real_vfs;
static sqlite3_vfs vfs;

void fault_vfs_arm(unsigned nth, int rc, bool is_lasting)
{
	fault.countdown = nth;
	fault.rc = rc;
	fault.is_lasting = is_lasting;
	fault.n_faults = 0;
}

unsigned fault_vfs_disarm(void)
{
	fault.countdown = 0;
	return fault.n_faults;
}

/* SQLITE_OK, or the code to fail with. */
static int count_change(void)
{
	if (fault.countdown == 0)
		return SQLITE_OK;
	if (fault.countdown > 1) {
		fault.countdown--;
		return SQLITE_OK;
	}
	if (!fault.is_lasting)
		fault.countdown = 0;
	fault.n_faults++;
	return fault.rc;
}

unsigned fault_vfs_unsynced(void)
{
	return n_unsynced;
}

static void count_unsynced(sqlite3_file *f)
{
	((struct fault_file *)f)->n_unsynced++;
	n_unsynced++;
}

static void forget_unsynced(sqlite3_file *f)
{
	struct fault_file *file = (struct fault_file *)f;

	n_unsynced -= file->n_unsynced;
	file->n_unsynced = 0;
}

static sqlite3_file *real_of(sqlite3_file *f)
{
	return ((struct fault_file *)f)->real;
}

static int x_close(sqlite3_file *f)
{
	forget_unsynced(f);
	return real_of(f)->pMethods->xClose(real_of(f));
}
static int x_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at)
{
	return real_of(f)->pMethods->xRead(real_of(f), to, n, at);
}
static int x_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 at)
{
	int rc = count_change();

	count_unsynced(f);
	if (rc == SQLITE_OK)
		return real_of(f)->pMethods->xWrite(real_of(f), from, n, at);
	if (n > 1)
		(void)real_of(f)->pMethods->xWrite(real_of(f), from, n / 2, at);
	return rc;
}
static int x_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	int rc = count_change();

	return rc == SQLITE_OK ? real_of(f)->pMethods->xTruncate(real_of(f), size) : rc;
}
/* Not passed on: the machine stays up, and thousands of real syncs would take most of the test's time. */
static int x_sync(sqlite3_file *f, int flags)
{
	int rc = count_change();

	(void)flags;
	if (rc == SQLITE_OK)
		forget_unsynced(f);
	return rc;
}
static int x_file_size(sqlite3_file *f, sqlite3_int64 *ret_size)
{
	return real_of(f)->pMethods->xFileSize(real_of(f), ret_size);
}
static int x_lock(sqlite3_file *f, int level)
{
	return real_of(f)->pMethods->xLock(real_of(f), level);
}
static int x_unlock(sqlite3_file *f, int level)
{
	return real_of(f)->pMethods->xUnlock(real_of(f), level);
}
static int x_check_reserved_lock(sqlite3_file *f, int *ret_is_locked)
{
	return real_of(f)->pMethods->xCheckReservedLock(real_of(f), ret_is_locked);
}
static int x_file_control(sqlite3_file *f, int op, void *arg)
{
	return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}
static int x_sector_size(sqlite3_file *f)
{
	return real_of(f)->pMethods->xSectorSize(real_of(f));
}
static int x_device_characteristics(sqlite3_file *f)
{
	return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}
static int x_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **ret_p)
{
	return real_of(f)->pMethods->xShmMap(real_of(f), page, size, extend, ret_p);
}
static int x_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
	return real_of(f)->pMethods->xShmLock(real_of(f), offset, n, flags);
}
static void x_shm_barrier(sqlite3_file *f)
{
	real_of(f)->pMethods->xShmBarrier(real_of(f));
}
static int x_shm_unmap(sqlite3_file *f, int delete_it)
{
	return real_of(f)->pMethods->xShmUnmap(real_of(f), delete_it);
}

/* Version 2: the shared memory of the log, but no memory-mapped reads. */
static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = x_close,
    .xRead = x_read,
    .xWrite = x_write,
    .xTruncate = x_truncate,
    .xSync = x_sync,
    .xFileSize = x_file_size,
    .xLock = x_lock,
    .xUnlock = x_unlock,
    .xCheckReservedLock = x_check_reserved_lock,
    .xFileControl = x_file_control,
    .xSectorSize = x_sector_size,
    .xDeviceCharacteristics = x_device_characteristics,
    .xShmMap = x_shm_map,
    .xShmLock = x_shm_lock,
    .xShmBarrier = x_shm_barrier,
    .xShmUnmap = x_shm_unmap,
};

static int x_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags, int *ret_flags)
{
	struct fault_file *file = (struct fault_file *)f;
	int rc;

	(void)v;
	file->real = (sqlite3_file *)(file + 1);
	file->base.pMethods = NULL;
	file->n_unsynced = 0;
	rc = real_vfs->xOpen(real_vfs, name, file->real, flags, ret_flags);
	if (rc == SQLITE_OK)
		file->base.pMethods = &methods;
	return rc;
}

void fault_vfs_install(void)
{
	int rc;

	real_vfs = sqlite3_vfs_find(NULL);
	assert(real_vfs);
	/* The other functions of the real one are shared: they look only at what is copied with them. */
	vfs = *real_vfs;
	vfs.zName = "fault";
	vfs.pNext = NULL;
	vfs.szOsFile = (int)sizeof(struct fault_file) + real_vfs->szOsFile;
	vfs.xOpen = x_open;
	rc = sqlite3_vfs_register(&vfs, 1);
	assert(rc == SQLITE_OK);
}
