#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocks of IP addresses, "10.0.0.0/24" and "2001:db8::/32", and whether an address is in one. Pure; any thread.
 */
#include "base/str.h"

/* An address, or a block's first address and the length of its prefix. IPv4 as the IPv6 address it is mapped to. */
struct cidr {
	uint8_t bytes[16];
	unsigned prefix_bits; /* of 128 */
};

/* False when it is neither an address nor a block, or has bits set behind the prefix. */
bool cidr_parse(struct str text, struct cidr *ret);
/* Is the address ("10.0.0.7", "::1", "::ffff:10.0.0.7") in one of the blocks? What cannot be read is in none. */
bool cidr_list_has(struct str_list blocks, struct str address);
