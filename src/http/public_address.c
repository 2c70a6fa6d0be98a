/* SPDX-License-Identifier: Apache-2.0 */
#include "http/public_address.h"

#include <netinet/in.h>

/* What is not public of IPv4 (RFC 6890 and its registry). */
static const struct {
	uint32_t address;
	unsigned prefix_bits;
} special_v4[] = {
    {0x00000000, 8},  /* 0.0.0.0/8: this network */
    {0x0a000000, 8},  /* 10.0.0.0/8 */
    {0x64400000, 10}, /* 100.64.0.0/10: shared by carriers */
    {0x7f000000, 8},  /* 127.0.0.0/8: loopback */
    {0xa9fe0000, 16}, /* 169.254.0.0/16: link-local, where clouds tell secrets */
    {0xac100000, 12}, /* 172.16.0.0/12 */
    {0xc0000000, 24}, /* 192.0.0.0/24: protocols */
    {0xc0a80000, 16}, /* 192.168.0.0/16 */
    {0xc6120000, 15}, /* 198.18.0.0/15: measurements */
    {0xe0000000, 4},  /* 224.0.0.0/4: multicast */
    {0xf0000000, 4},  /* 240.0.0.0/4: reserved, broadcast */
};

static bool is_public_v4(uint32_t address)
{
	for (size_t i = 0; i < N_ELEMENTS(special_v4); i++)
		if (address >> (32 - special_v4[i].prefix_bits) ==
		    special_v4[i].address >> (32 - special_v4[i].prefix_bits))
			return false;
	return true;
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool is_public_v6(const uint8_t a[16])
{
	static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

	if (memcmp(a, mapped, sizeof(mapped)) == 0)
		return is_public_v4(be32(a + 12));
	/* Global unicast is 2000::/3; in it 2001::/23 (protocols, Teredo) and 2002::/16 (6to4) are not plain hosts. */
	if (a[0] >> 5 != 1)
		return false;
	return !(be32(a) >> 9 == 0x20010000u >> 9) && be32(a) >> 16 != 0x2002;
}

bool address_is_public(const struct sockaddr *address)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (address->sa_family == AF_INET) {
		memcpy(&v4, address, sizeof(v4));
		return is_public_v4(ntohl(v4.sin_addr.s_addr));
	}
	if (address->sa_family != AF_INET6)
		return false;
	memcpy(&v6, address, sizeof(v6));
	return is_public_v6(v6.sin6_addr.s6_addr);
}
