/* SPDX-License-Identifier: Apache-2.0
 *
 * Fills a new store with open access requests, for the benchmark over HTTP. Prints the owner's key.
 *
 * usage: make-requests URL N_OPEN      in thousands
 */
#include "world.h"

int main(int argc, char **argv)
{
	struct buf key = BUF_INIT(1000);
	struct world w;
	uint64_t n_open;

	if (argc != 3 || !str_to_u64(str_of(argv[2]), &n_open) || n_open == 0 || n_open % 1000)
		world_die("usage", "make-requests URL N_OPEN, in thousands");
	world_open(&w, str_of(argv[1]), n_open, &key);
	(void)printf(STR_FMT "\n", STR_ARG(buf_str(&key)));
	world_close(&w);
	buf_release(&key);
	return 0;
}
