/* SPDX-License-Identifier: Apache-2.0
 *
 * ip() and cidr(), with properties as fields, as ConductorOne has them; not the language's own library.
 */
#include "expr/address.h"
#include "policy/conditions_impl.h"

/* ---- properties ---------------------------------------------------------------------------------------- */

enum ip_field {
	IP_IS4,
	IP_IS6,
	IP_IS_PRIVATE,
	IP_IS_LOOPBACK,
	IP_IS_GLOBAL_UNICAST,
	IP_IS_MULTICAST,
	IP_IS_INTERFACE_LOCAL_MULTICAST,
	IP_IS_LINK_LOCAL_MULTICAST,
	IP_IS_UNSPECIFIED,
	N_IP_FIELDS
};
const struct condition_field condition_ip_fields[] = {
    [IP_IS4] = {"is4", NULL, "bool"},
    [IP_IS6] = {"is6", NULL, "bool"},
    [IP_IS_PRIVATE] = {"isPrivate", "is_private", "bool"},
    [IP_IS_LOOPBACK] = {"isLoopback", "is_loopback", "bool"},
    [IP_IS_GLOBAL_UNICAST] = {"isGlobalUnicast", "is_global_unicast", "bool"},
    [IP_IS_MULTICAST] = {"isMulticast", "is_multicast", "bool"},
    [IP_IS_INTERFACE_LOCAL_MULTICAST] = {"isInterfaceLocalMulticast", "is_interface_local_multicast", "bool"},
    [IP_IS_LINK_LOCAL_MULTICAST] = {"isLinkLocalMulticast", "is_link_local_multicast", "bool"},
    [IP_IS_UNSPECIFIED] = {"isUnspecified", "is_unspecified", "bool"},
};
static_assert(N_ELEMENTS(condition_ip_fields) == N_IP_FIELDS && N_IP_FIELDS == CONDITION_N_IP_FIELDS,
              "every field has its name");

static bool is_zero(const unsigned char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i])
			return false;
	return true;
}

static bool is_loopback(const struct cel_ip *ip)
{
	return ip->is_v6 ? is_zero(ip->bytes, 15) && ip->bytes[15] == 1 : ip->bytes[0] == 127;
}

static bool is_multicast(const struct cel_ip *ip)
{
	return ip->is_v6 ? ip->bytes[0] == 0xff : ip->bytes[0] >> 4 == 14;
}

/* RFC 1918, RFC 4193 */
static bool is_private(const struct cel_ip *ip)
{
	const unsigned char *b = ip->bytes;

	if (ip->is_v6)
		return (b[0] & 0xfe) == 0xfc;
	return b[0] == 10 || (b[0] == 172 && (b[1] & 0xf0) == 16) || (b[0] == 192 && b[1] == 168);
}

/* As Go has it: private addresses are global, too. */
static bool is_global_unicast(const struct cel_ip *ip)
{
	const unsigned char *b = ip->bytes;
	bool is_broadcast = !ip->is_v6 && b[0] == 255 && b[1] == 255 && b[2] == 255 && b[3] == 255;
	bool is_link_local = ip->is_v6 ? b[0] == 0xfe && (b[1] & 0xc0) == 0x80 : b[0] == 169 && b[1] == 254;

	return !is_broadcast && !is_link_local && !is_zero(b, sizeof(ip->bytes)) && !is_loopback(ip) &&
	       !is_multicast(ip);
}

static bool is_link_local_multicast(const struct cel_ip *ip)
{
	const unsigned char *b = ip->bytes;

	return ip->is_v6 ? b[0] == 0xff && (b[1] & 0x0f) == 2 : b[0] == 224 && b[1] == 0 && b[2] == 0;
}

struct cel_value condition_get_ip(struct cel_eval *ev UNUSED, const void *object, uint32_t field)
{
	const struct cel_ip *ip = object;

	switch (field) {
	case IP_IS4:
		return cel_bool(!ip->is_v6);
	case IP_IS6:
		return cel_bool(ip->is_v6);
	case IP_IS_PRIVATE:
		return cel_bool(is_private(ip));
	case IP_IS_LOOPBACK:
		return cel_bool(is_loopback(ip));
	case IP_IS_GLOBAL_UNICAST:
		return cel_bool(is_global_unicast(ip));
	case IP_IS_MULTICAST:
		return cel_bool(is_multicast(ip));
	case IP_IS_INTERFACE_LOCAL_MULTICAST:
		return cel_bool(ip->is_v6 && ip->bytes[0] == 0xff && (ip->bytes[1] & 0x0f) == 1);
	case IP_IS_LINK_LOCAL_MULTICAST:
		return cel_bool(is_link_local_multicast(ip));
	default:
		return cel_bool(is_zero(ip->bytes, sizeof(ip->bytes)));
	}
}

/* ---- making -------------------------------------------------------------------------------------------- */

struct cel_value condition_ip(struct cel_eval *ev, struct str text)
{
	struct cel_ip *ip = cel_alloc(ev, sizeof(*ip));
	const char *why;

	if (!ip || !cel_charge(ev, cel_units_of(text.len)))
		return cel_aborted();
	if (!cel_ip_parse(text, ip, &why))
		return cel_fail(ev, CEL_BAD_ARGUMENT, "IP Address '" STR_FMT "' %s", STR_ARG(text), why);
	return condition_object(CONDITION_IP, ip);
}

static struct cel_value ip_of(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	return condition_ip(ev, cel_text(args[0]));
}

/* One network or several. */
struct networks {
	size_t n;
	struct cel_ip items[];
};

static struct cel_value cidr_of(struct cel_eval *ev, const struct cel_value *texts, size_t n)
{
	struct networks *all = cel_alloc(ev, sizeof(*all) + n * sizeof(all->items[0]));
	const char *why;

	if (!all)
		return cel_aborted();
	all->n = n;
	for (size_t i = 0; i < n; i++) {
		struct str text = cel_text(texts[i]);

		if (!cel_charge(ev, cel_units_of(text.len)))
			return cel_aborted();
		if (!cel_cidr_parse(text, &all->items[i], &why))
			return cel_fail(ev, CEL_BAD_ARGUMENT, "CIDR '" STR_FMT "' %s", STR_ARG(text), why);
	}
	return condition_object(CONDITION_CIDR, all);
}

static struct cel_value cidr_of_list(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	struct cel_value *texts = condition_room(ev, args[0].n);

	if (!texts)
		return cel_aborted();
	for (uint32_t i = 0; i < args[0].n; i++) {
		texts[i] = cel_list_at(args[0], i);
		if (texts[i].kind != CEL_STRING)
			return cel_fail(ev, CEL_NO_SUCH_OVERLOAD, "cidr");
	}
	return cidr_of(ev, texts, args[0].n);
}

/* ---- membership ---------------------------------------------------------------------------------------- */

static bool is_in_network(const struct cel_ip *ip, const struct cel_ip *network)
{
	unsigned whole = network->prefix / 8, rest = network->prefix % 8;
	unsigned char mask = (unsigned char)(0xff00u >> rest);

	if (ip->is_v6 != network->is_v6 || memcmp(ip->bytes, network->bytes, whole) != 0)
		return false;
	return rest == 0 || ((ip->bytes[whole] ^ network->bytes[whole]) & mask) == 0;
}

static bool is_in_any(const struct cel_ip *ip, const struct networks *all)
{
	for (size_t i = 0; i < all->n; i++)
		if (is_in_network(ip, &all->items[i]))
			return true;
	return false;
}

static struct cel_value contains(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	const struct networks *all = args[0].object;

	if (!cel_charge(ev, cel_units_of(all->n)))
		return cel_aborted();
	return cel_bool(is_in_any(args[1].object, all));
}

static struct cel_value within(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	const struct cel_value turned[] = {args[1], args[0]};

	return contains(ev, turned, 2);
}

static const struct condition_function functions[] = {
    {"ip", "c1_ip_string", "string", "IP", 0, ip_of},
    {"cidr", "c1_cidr_1", "string", "CIDR", 0, cidr_of},
    {"cidr", "c1_cidr_2", "string,string", "CIDR", 0, cidr_of},
    {"cidr", "c1_cidr_3", "string,string,string", "CIDR", 0, cidr_of},
    {"cidr", "c1_cidr_4", "string,string,string,string", "CIDR", 0, cidr_of},
    {"cidr", "c1_cidr_5", "string,string,string,string,string", "CIDR", 0, cidr_of},
    {"cidr", "c1_cidr_6", "string,string,string,string,string,string", "CIDR", 0, cidr_of},
    {"cidr", "c1_cidr_7", "string,string,string,string,string,string,string", "CIDR", 0, cidr_of},
    {"cidr", "c1_cidr_8", "string,string,string,string,string,string,string,string", "CIDR", 0, cidr_of},
    {"cidr", "c1_cidr_list", "list(string)", "CIDR", 0, cidr_of_list},
    {"contains", "c1_cidr_contains_ip", "CIDR,IP", "bool", CEL_RECEIVER, contains},
    {"within", "c1_ip_within_cidr", "IP,CIDR", "bool", CEL_RECEIVER, within},
};
const struct condition_function_table condition_networks = {functions, N_ELEMENTS(functions)};
