/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include <errno.h>

int report_open(struct report *r, const char *json_path, const char *unit, const char *base)
{
	*r = (struct report){.unit = unit, .base = base};
	if (json_path) {
		r->json = fopen(json_path, "w");
		if (!r->json)
			return -errno;
		fputs("[\n", r->json);
	}
	printf("%10s  %-42s %12s %10s %10s   x %s\n", unit, "what", "per second", "p50 ns", "p99 ns", base);
	return 0;
}

static void begin_json(struct report *r, size_t size, const char *what)
{
	fprintf(r->json, "%s  {\"%s\": %zu, \"what\": \"%s\"", r->n_rows++ ? ",\n" : "", r->unit, size, what);
}

void report_row(struct report *r, size_t size, const char *what, struct summary s, double ratio)
{
	printf("%10zu  %-42s %12.0f %10.1f %10.1f", size, what, s.per_second, s.p50_ns, s.p99_ns);
	if (ratio > 0)
		printf(" %8.2f", ratio);
	printf("\n");
	fflush(stdout);
	if (!r->json)
		return;
	begin_json(r, size, what);
	fprintf(r->json, ", \"per_second\": %.0f, \"p50_ns\": %.1f, \"p99_ns\": %.1f, \"mean_ns\": %.1f", s.per_second,
	        s.p50_ns, s.p99_ns, s.mean_ns);
	if (ratio > 0)
		fprintf(r->json, ", \"ratio_to_%s\": %.3f", r->base, ratio);
	fputs("}", r->json);
}

void report_value(struct report *r, size_t size, const char *what, double value, const char *unit)
{
	printf("%10zu  %-42s %12.1f %s\n", size, what, value, unit);
	fflush(stdout);
	if (!r->json)
		return;
	begin_json(r, size, what);
	fprintf(r->json, ", \"value\": %.3f, \"unit\": \"%s\"}", value, unit);
}

int report_close(struct report *r)
{
	if (!r->json)
		return 0;
	fputs("\n]\n", r->json);
	return fclose(r->json) == 0 ? 0 : -errno;
}
