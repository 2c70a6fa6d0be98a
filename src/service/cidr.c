/* SPDX-License-Identifier: Apache-2.0 */
#include "service/cidr.h"

#include <arpa/inet.h>

#define MAPPED_BITS  96u /* ::ffff:0:0/96, where IPv4 addresses are */
#define ADDRESS_BITS 128u

static bool parse_address(struct str text, uint8_t ret[16], bool *ret_is_v4)
{
	static const uint8_t mapped[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	char cstr[INET6_ADDRSTRLEN];

	if (text.len == 0 || text.len >= sizeof(cstr) || str_find(text, '\0', 0) != SIZE_MAX)
		return false;
	memcpy(cstr, text.ptr, text.len);
	cstr[text.len] = '\0';
	*ret_is_v4 = inet_pton(AF_INET, cstr, ret + sizeof(mapped)) == 1;
	if (*ret_is_v4)
		memcpy(ret, mapped, sizeof(mapped));
	return *ret_is_v4 || inet_pton(AF_INET6, cstr, ret) == 1;
}

/* The bits of byte `i` that belong to the prefix. */
static uint8_t mask_of(unsigned prefix_bits, unsigned i)
{
	unsigned in_byte = prefix_bits <= i * 8 ? 0 : prefix_bits - i * 8;

	return in_byte >= 8 ? 0xff : (uint8_t)(0xff00u >> in_byte);
}

bool cidr_parse(struct str text, struct cidr *ret)
{
	size_t slash = str_find(text, '/', 0);
	struct cidr c;
	uint64_t bits;
	bool is_v4;

	if (!parse_address(str_slice(text, 0, slash), c.bytes, &is_v4))
		return false;
	bits = is_v4 ? ADDRESS_BITS - MAPPED_BITS : ADDRESS_BITS;
	if (slash != SIZE_MAX) {
		uint64_t max = bits;

		if (!str_to_u64(str_slice(text, slash + 1, text.len), &bits) || bits > max)
			return false;
	}
	c.prefix_bits = (unsigned)bits + (is_v4 ? MAPPED_BITS : 0);
	for (unsigned i = 0; i < sizeof(c.bytes); i++)
		if (c.bytes[i] & (uint8_t)~mask_of(c.prefix_bits, i))
			return false;
	*ret = c;
	return true;
}

static bool has(const struct cidr *block, const uint8_t address[16])
{
	for (unsigned i = 0; i < sizeof(block->bytes); i++)
		if ((address[i] & mask_of(block->prefix_bits, i)) != block->bytes[i])
			return false;
	return true;
}

bool cidr_list_has(struct str_list blocks, struct str address)
{
	uint8_t bytes[16];
	struct cidr block;
	bool is_v4;

	if (!parse_address(address, bytes, &is_v4))
		return false;
	for (size_t i = 0; i < blocks.n; i++)
		if (cidr_parse(blocks.items[i], &block) && has(&block, bytes))
			return true;
	return false;
}
