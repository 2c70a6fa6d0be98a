/* SPDX-License-Identifier: Apache-2.0 */
#include "libdoorward/loading.h"

#include <errno.h>

#include "libdoorward/public.h"
#include "model/archive.h"
#include "policy/versions.h"

/* A server may commit while all is read: after so many times another way is taken, which costs more. */
#define MAX_TRIES 3u

struct reading {
	struct assembly *assembly;
	struct versions versions;
	struct error *err;
};

/* What a document's reader does not understand is damage here. */
static enum doorward_result result_of(int r)
{
	return r == -EBADMSG ? DOORWARD_DAMAGED : public_result(r);
}

static struct stored_version version_of(const struct store_document *row)
{
	return (struct stored_version){row->kind, row->id, row->seq, row->rev_from, row->rev_to, row->body};
}

static int add_document(void *ctx, const struct store_document *row)
{
	struct reading *reading = ctx;
	const struct stored_version v = version_of(row);

	return assembly_add(reading->assembly, &v, reading->err);
}

/* The documents that are current (`at` 0) or were at the revision, as of which `*ret` then is. 0 or -errno. */
static int assemble(struct doorward_organization *org, uint64_t at, uint64_t revision, struct snapshot **ret,
                    struct error *err)
{
	struct reading reading = {.assembly = assembly_new(str_of(org->name), org->seed), .err = err};
	int r = store_each_document(org->store, str_of(org->name), at, add_document, &reading, err);

	if (r == 0)
		return assembly_finish(reading.assembly, revision, ret, err);
	assembly_free(reading.assembly);
	return r;
}

static int load(struct doorward_organization *org, struct snapshot **ret, struct error *err)
{
	struct str name = str_of(org->name);
	struct snapshot *s = NULL;
	uint64_t revision, after;
	int r = store_revision(org->store, name, &revision, err);

	/* What is current is read in one view; of which revision it is, is known when there was only one. */
	for (unsigned i = 0; i < MAX_TRIES && r == 0 && revision > 0; i++) {
		r = assemble(org, 0, revision, &s, err);
		if (r == 0)
			r = store_revision(org->store, name, &after, err);
		if (r == 0 && after == revision) {
			*ret = s;
			return 0;
		}
		snapshot_drop(s);
		s = NULL;
		if (r == 0)
			revision = after;
	}
	if (r == 0 && revision == 0)
		return error_set(err, -ENOENT, "the store has no organization \"%s\"", org->name);
	return r == 0 ? assemble(org, revision, revision, ret, err) : r;
}

enum doorward_result load_from_store(struct doorward_organization *org, struct error *err)
{
	struct snapshot *s;
	int r = load(org, &s, err);

	if (r == 0)
		organization_publish(org, s, true);
	return result_of(r);
}

/* ---- catching up ------------------------------------------------------------------------------------------- */

static int add_version(void *ctx, const struct store_document *row)
{
	struct reading *reading = ctx;
	const struct stored_version v = version_of(row);

	return versions_add(&reading->versions, &v, reading->err);
}

/* 0, VERSIONS_TOO_MANY or -errno. */
static int apply_changes(struct doorward_organization *org, const struct snapshot *base, uint64_t revision,
                         struct error *err)
{
	struct reading reading = {.versions = {.revision = revision, .limit = versions_limit(base)}, .err = err};
	struct snapshot *fork = NULL;
	int r = VERSIONS_TOO_MANY;

	/* So many revisions have more. */
	if (revision - base->revision <= reading.versions.limit)
		r = store_each_change(org->store, str_of(org->name), base->revision, revision, add_version, &reading,
		                      err);
	if (r == 0) {
		fork = snapshot_fork(base);
		r = versions_apply(&reading.versions, fork, err);
	}
	versions_release(&reading.versions);
	if (r == 0)
		organization_publish(org, fork, false);
	else
		snapshot_drop(fork);
	return r;
}

enum doorward_result load_changes(struct doorward_organization *org, struct error *err)
{
	/* Only who has the refresh_lock lets go of the newest version. */
	const struct snapshot *base = atomic_load(&org->newest)->snapshot;
	uint64_t revision;
	int r;

	if (!org->store)
		return DOORWARD_OK;
	r = store_revision(org->store, str_of(org->name), &revision, err);
	if (r == 0 && revision < base->revision)
		r = error_set(err, -EUCLEAN, "the store went back from revision %llu to %llu: open it anew",
		              (unsigned long long)base->revision, (unsigned long long)revision);
	if (r == 0 && revision > base->revision)
		r = apply_changes(org, base, revision, err);
	if (r == VERSIONS_TOO_MANY)
		return load_from_store(org, err);
	return result_of(r);
}

/* ---- archives ---------------------------------------------------------------------------------------------- */

/* All documents of the archive; `scratch` is of one of them. */
static int add_archive(struct assembly *as, const struct archive *archive, struct arena *scratch, struct error *err)
{
	struct archive_cursor cursor = {.archive = archive};
	struct document *doc;
	int r;

	while ((r = archive_next(&cursor, scratch, &doc, err)) == 1) {
		/* There is no order of creation between kinds in an archive, and none is needed. */
		doc->seq = cursor.n;
		doc->rev = archive->head.revision;
		r = assembly_add_document(as, doc, err);
		if (r != 0)
			return r;
		arena_reset(scratch);
	}
	return r;
}

static enum doorward_result assemble_archive(const struct archive *archive, struct doorward_organization **ret,
                                             struct error *err)
{
	struct doorward_organization *org = organization_new(archive->head.organization, NULL);
	struct assembly *as = assembly_new(str_of(org->name), org->seed);
	struct arena scratch = ARENA_INIT;
	struct snapshot *s = NULL;
	int r = add_archive(as, archive, &scratch, err);

	arena_release(&scratch);
	if (r == 0)
		r = assembly_finish(as, archive->head.revision, &s, err);
	else
		assembly_free(as);
	if (r != 0) {
		organization_unref(org);
		return DOORWARD_DAMAGED;
	}
	organization_publish(org, s, true);
	*ret = org;
	return DOORWARD_OK;
}

enum doorward_result load_from_archive(struct str text, struct doorward_organization **ret, struct error *err)
{
	struct arena a = ARENA_INIT;
	enum doorward_result result = DOORWARD_FORMAT;
	struct archive archive;

	if (archive_open(text, &a, &archive, err) == 0) {
		/* What is missing may be what denies. */
		if (!str_is_absent(archive.next_cursor) && !str_is_empty(archive.next_cursor))
			(void)error_set(err, -EBADMSG, "/next_cursor: this is only a part of an export");
		else if (str_find(archive.head.organization, '\0', 0) != SIZE_MAX)
			(void)error_set(err, -EBADMSG, "/organization: must be a name");
		else
			result = assemble_archive(&archive, ret, err);
	}
	arena_release(&a);
	return result;
}
