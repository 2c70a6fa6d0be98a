/* SPDX-License-Identifier: Apache-2.0
 *
 * Two inputs, parted by the first NUL: a mapping file, and a URI that is matched with it and with a fixed mapping.
 * Besides what the sanitizers see: whatever is matched is a path that can be read in one way only.
 */
#include "api/forward_auth/mapping.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char fixed[] =
    "proxy: envoy\nidentity: bearer\nroutes:\n"
    "- {method: GET, path: /, action: home, resource: {type: site}}\n"
    "- {method: '*', path: '/a/{x}', action: any, resource: {type: a, id: '{x}', tenant: '{x}'}}\n"
    "- {method: GET, path: /a/secret, action: admin, resource: {type: a, id: secret}}\n"
    "- {method: GET, path: '/{x}/{y}/z', action: read, resource: {type: b, id: '{x}/{y}'}}\n"
    "- {method: GET, host: h, path: '/{x}', action: read, resource: {type: c, properties: {name: 'a{x}b'}}}\n";

/* No program that decodes once, twice or not at all finds another path in this. */
static void check_path(const struct forwarded *f)
{
	struct str rest = str_slice(f->decoded, 1, f->decoded.len), segment;

	assert(f->path.len > 0 && f->path.ptr[0] == '/' && f->decoded.ptr[0] == '/');
	assert(str_find(f->decoded, '%', 0) == SIZE_MAX && str_find(f->decoded, '\\', 0) == SIZE_MAX);
	assert(str_find(f->decoded, ';', 0) == SIZE_MAX && str_find(f->decoded, '?', 0) == SIZE_MAX);
	while (str_split(&rest, '/', &segment)) {
		assert(!str_eq(segment, STR(".")) && !str_eq(segment, STR("..")));
		assert(segment.len > 0 || str_is_absent(rest));
	}
}

static void match(const struct forward_mapping *m, struct str uri)
{
	struct forwarded f = {.host = STR("h")};
	struct forward_question q;
	struct arena a = ARENA_INIT;

	if (!forwarded_judge_uri(uri, &a, &f)) {
		check_path(&f);
		for (unsigned method = HTTP_OTHER; method <= HTTP_OPTIONS; method++) {
			f.method = (enum http_method)method;
			if (!forward_match(m, &f, &a, &q))
				assert(method != HTTP_OTHER && q.action.len > 0 && q.resource->n >= 2);
		}
	}
	if (!forwarded_judge_host(uri, &a, &f))
		assert(f.host.len > 0 && f.host.len <= FORWARDED_MAX_HOST_BYTES &&
		       str_find(f.host, '/', 0) == SIZE_MAX);
	arena_release(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct forward_mapping *known;
	struct str text = {(const char *)data, size};
	size_t nul = size ? str_find(text, '\0', 0) : SIZE_MAX;
	struct str uri = nul == SIZE_MAX ? text : str_slice(text, nul + 1, size);
	struct forward_mapping *m = NULL;
	struct error err = {0};

	if (!known && !forward_mapping_parse(str_of(fixed), &known, &err))
		abort();
	match(known, uri);
	if (forward_mapping_parse(str_slice(text, 0, nul), &m, &err))
		match(m, uri);
	else
		assert(err.text[0] != '\0');
	forward_mapping_free(m);
	return 0;
}
