/* SPDX-License-Identifier: Apache-2.0
 *
 * Addresses and networks of the Internet: ip(), cidr() and their properties.
 */
#include <string.h>

#include "expr/address.h"
#include "expr/collect.h"
#include "expr/lib.h"

#define MAX_PRINTED_BYTES 64u

/* ---- making ------------------------------------------------------------------------------------------------------ */

static struct cel_value make(struct cel_eval *ev, enum cel_kind kind, const struct cel_ip *ip)
{
	struct cel_ip *copy = cel_alloc(ev, sizeof(*copy));

	if (!copy)
		return cel_aborted();
	*copy = *ip;
	return (struct cel_value){.kind = (uint8_t)kind, .ip = copy};
}

/* An address or network, as it is or as text. False and the error. */
static bool take(struct cel_eval *ev, enum cel_kind kind, struct cel_value v, struct cel_ip *ret,
                 struct cel_value *ret_error)
{
	struct str text = cel_text(v);
	const char *why;

	if (v.kind == kind) {
		*ret = *v.ip;
		return true;
	}
	*ret_error = cel_aborted();
	if (!cel_charge(ev, cel_units_of(text.len)))
		return false;
	if (kind == CEL_IP ? cel_ip_parse(text, ret, &why) : cel_cidr_parse(text, ret, &why))
		return true;
	*ret_error = cel_fail(ev, CEL_BAD_ARGUMENT, "%s '" STR_FMT "' %s", kind == CEL_IP ? "IP Address" : "CIDR",
	                      STR_ARG(text), why);
	return false;
}

static struct cel_value ip_of(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	struct cel_value error;
	struct cel_ip ip;

	return take(ev, CEL_IP, args[0], &ip, &error) ? make(ev, CEL_IP, &ip) : error;
}

static struct cel_value cidr_of(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	struct cel_value error;
	struct cel_ip cidr;

	return take(ev, CEL_CIDR, args[0], &cidr, &error) ? make(ev, CEL_CIDR, &cidr) : error;
}

static struct cel_value is_ip(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	struct cel_ip ip;

	if (!cel_charge(ev, cel_units_of(args[0].n)))
		return cel_aborted();
	return cel_bool(cel_ip_parse(cel_text(args[0]), &ip, NULL));
}

static struct cel_value is_cidr(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	struct cel_ip cidr;

	if (!cel_charge(ev, cel_units_of(args[0].n)))
		return cel_aborted();
	return cel_bool(cel_cidr_parse(cel_text(args[0]), &cidr, NULL));
}

static void print(struct buf *out, struct cel_value v)
{
	if (v.kind == CEL_IP)
		cel_ip_print(out, v.ip);
	else
		cel_cidr_print(out, v.ip);
}

static struct cel_value string_of(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(MAX_PRINTED_BYTES);

	print(&text, args[0]);
	return cel_text_of_buf(ev, &text);
}

static struct cel_value is_canonical(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(MAX_PRINTED_BYTES);
	struct cel_value error;
	struct cel_ip ip;

	if (!take(ev, CEL_IP, args[0], &ip, &error))
		return error;
	cel_ip_print(&text, &ip);
	return cel_bool(str_eq(buf_str(&text), cel_text(args[0])));
}

/* ---- properties of addresses ------------------------------------------------------------------------------------- */

static bool is_all_zero(const unsigned char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (bytes[i])
			return false;
	}
	return true;
}

static bool unspecified(const struct cel_ip *ip)
{
	return is_all_zero(ip->bytes, sizeof(ip->bytes));
}

static bool loopback(const struct cel_ip *ip)
{
	return ip->is_v6 ? is_all_zero(ip->bytes, 15) && ip->bytes[15] == 1 : ip->bytes[0] == 127;
}

static bool multicast(const struct cel_ip *ip)
{
	return ip->is_v6 ? ip->bytes[0] == 0xff : ip->bytes[0] >> 4 == 14;
}

static bool link_local_unicast(const struct cel_ip *ip)
{
	return ip->is_v6 ? ip->bytes[0] == 0xfe && (ip->bytes[1] & 0xc0) == 0x80
	                 : ip->bytes[0] == 169 && ip->bytes[1] == 254;
}

static bool link_local_multicast(const struct cel_ip *ip)
{
	return ip->is_v6 ? ip->bytes[0] == 0xff && (ip->bytes[1] & 0x0f) == 2
	                 : ip->bytes[0] == 224 && ip->bytes[1] == 0 && ip->bytes[2] == 0;
}

/* RFC 1122, RFC 4632 and RFC 4291: private addresses are among them. */
static bool global_unicast(const struct cel_ip *ip)
{
	static const unsigned char broadcast[4] = {255, 255, 255, 255};
	bool is_broadcast = !ip->is_v6 && memcmp(ip->bytes, broadcast, sizeof(broadcast)) == 0;

	return !is_broadcast && !unspecified(ip) && !loopback(ip) && !multicast(ip) && !link_local_unicast(ip);
}

/* Defines a function of one address or network. */
#define OF_ADDRESS(name, what)                                                                                         \
	static struct cel_value name(struct cel_eval *ev UNUSED, const struct cel_value *args, size_t n_args UNUSED)   \
	{                                                                                                              \
		const struct cel_ip *ip = args[0].ip;                                                                  \
                                                                                                                       \
		return what;                                                                                           \
	}
OF_ADDRESS(family, cel_int(ip->is_v6 ? 6 : 4))
OF_ADDRESS(is_unspecified, cel_bool(unspecified(ip)))
OF_ADDRESS(is_loopback, cel_bool(loopback(ip)))
OF_ADDRESS(is_global_unicast, cel_bool(global_unicast(ip)))
OF_ADDRESS(is_link_local_unicast, cel_bool(link_local_unicast(ip)))
OF_ADDRESS(is_link_local_multicast, cel_bool(link_local_multicast(ip)))

/* ---- networks ---------------------------------------------------------------------------------------------------- */

/* With the bits behind the prefix zero. */
static struct cel_ip masked_of(struct cel_ip cidr)
{
	for (unsigned i = 0; i < sizeof(cidr.bytes); i++) {
		unsigned left = cidr.prefix > 8 * i ? cidr.prefix - 8 * i : 0;
		if (left < 8)
			cidr.bytes[i] &= (unsigned char)(0xff00u >> left);
	}
	return cidr;
}

static bool is_within(struct cel_ip ip, const struct cel_ip *cidr)
{
	ip.prefix = cidr->prefix;
	struct cel_ip network = masked_of(ip), other = masked_of(*cidr);
	return ip.is_v6 == cidr->is_v6 && memcmp(network.bytes, other.bytes, sizeof(network.bytes)) == 0;
}

static struct cel_value contains_ip(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	struct cel_value error;
	struct cel_ip ip;

	return take(ev, CEL_IP, args[1], &ip, &error) ? cel_bool(is_within(ip, args[0].ip)) : error;
}

static struct cel_value contains_cidr(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	struct cel_value error;
	struct cel_ip cidr;

	if (!take(ev, CEL_CIDR, args[1], &cidr, &error))
		return error;
	return cel_bool(cidr.prefix >= args[0].ip->prefix && is_within(cidr, args[0].ip));
}

static struct cel_value cidr_ip(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	struct cel_ip ip = *args[0].ip;

	ip.prefix = 0;
	return make(ev, CEL_IP, &ip);
}

static struct cel_value masked(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	struct cel_ip cidr = masked_of(*args[0].ip);

	return make(ev, CEL_CIDR, &cidr);
}

static struct cel_value is_mask(struct cel_eval *ev UNUSED, const struct cel_value *args, size_t n_args UNUSED)
{
	struct cel_ip cidr = masked_of(*args[0].ip);

	return cel_bool(memcmp(cidr.bytes, args[0].ip->bytes, sizeof(cidr.bytes)) == 0);
}

OF_ADDRESS(prefix_length, cel_int(ip->prefix))

#define ENTRY(function, overload_id, which, to, how, ...)                                                              \
	{                                                                                                              \
		.name = STR_INIT(function), .id = STR_INIT(overload_id), .flags = CEL_PURE | (which),                  \
		.params = {__VA_ARGS__}, .result = to, .call = how,                                                    \
		.n_params = sizeof((const void *[]){__VA_ARGS__}) / sizeof(void *)                                     \
	}
#define FUNCTION(function, id, to, how, from) ENTRY(function, id, 0, to, how, from)
#define METHOD(function, id, to, how, ...)    ENTRY(function, id, CEL_RECEIVER, to, how, __VA_ARGS__)
#define IP                                    &cel_type_ip
#define CIDR                                  &cel_type_cidr
#define B                                     &cel_type_bool
#define S                                     &cel_type_string

static const struct cel_overload overloads[] = {
    FUNCTION("ip", "string_to_ip", IP, ip_of, S),
    FUNCTION("cidr", "string_to_cidr", CIDR, cidr_of, S),
    FUNCTION("isIP", "is_ip", B, is_ip, S),
    FUNCTION("isCIDR", "is_cidr", B, is_cidr, S),
    FUNCTION("ip.isCanonical", "ip_is_canonical", B, is_canonical, S),
    FUNCTION("string", "ip_to_string", S, string_of, IP),
    FUNCTION("string", "cidr_to_string", S, string_of, CIDR),
    METHOD("family", "ip_family", &cel_type_int, family, IP),
    METHOD("isUnspecified", "ip_is_unspecified", B, is_unspecified, IP),
    METHOD("isLoopback", "ip_is_loopback", B, is_loopback, IP),
    METHOD("isGlobalUnicast", "ip_is_global_unicast", B, is_global_unicast, IP),
    METHOD("isLinkLocalUnicast", "ip_is_link_local_unicast", B, is_link_local_unicast, IP),
    METHOD("isLinkLocalMulticast", "ip_is_link_local_multicast", B, is_link_local_multicast, IP),
    METHOD("containsIP", "cidr_contains_ip_ip", B, contains_ip, CIDR, IP),
    METHOD("containsIP", "cidr_contains_ip_string", B, contains_ip, CIDR, S),
    METHOD("containsCIDR", "cidr_contains_cidr", B, contains_cidr, CIDR, CIDR),
    METHOD("containsCIDR", "cidr_contains_cidr_string", B, contains_cidr, CIDR, S),
    METHOD("ip", "cidr_ip", IP, cidr_ip, CIDR),
    METHOD("masked", "cidr_masked", CIDR, masked, CIDR),
    METHOD("isMask", "cidr_is_mask", B, is_mask, CIDR),
    METHOD("prefixLength", "cidr_prefix_length", &cel_type_int, prefix_length, CIDR),
};
const struct cel_overload_table cel_lib_network = {overloads, N_ELEMENTS(overloads)};
