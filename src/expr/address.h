#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Addresses and networks of the Internet as text. Read strictly: no zones ("%eth0"), no IPv4 written inside IPv6
 * ("::ffff:1.2.3.4"), no leading zeros. IPv6 addresses that stand for IPv4 ones ("::ffff:c0a8:1") become those.
 */
#include "expr/value.h"

/* "192.168.0.1", "2001:db8::1". False: malformed; `ret_why` (may be NULL) says what is wrong with it. */
bool cel_ip_parse(struct str text, struct cel_ip *ret, const char **ret_why);
/* "10.0.0.0/8"; bits of the host part are kept. */
bool cel_cidr_parse(struct str text, struct cel_ip *ret, const char **ret_why);
/* The canonical text (RFC 5952); of a network with its prefix. */
void cel_ip_print(struct buf *out, const struct cel_ip *ip);
void cel_cidr_print(struct buf *out, const struct cel_ip *cidr);
