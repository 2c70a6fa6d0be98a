#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Public keys of others as JSON (JWK and JWK Set, RFC 7517, 7518, 8037), and tokens that are checked with them.
 *
 * Which algorithm counts is said by the key: an RSA key (2048 to 8192 bits) checks RS256, one on P-256 ES256, an
 * Ed25519 key EdDSA, and none of them anything else. Keys for other uses and of other types are passed over. Pure; any
 * thread.
 */
#include "service/jwt.h"

#define JWK_SET_MAX_KEYS 32u

/*
 * Is it a set ({"keys":[…]}) that can be kept? 0, or -EINVAL: not of that form, too many keys, one that is private or
 * secret, one that is broken, or none that is of use here.
 */
int jwk_set_check(const struct json *set, struct error *err) MUST_USE;
/*
 * Did a key of the set sign the token? Of a token that names its key ("kid") only those of that name, and those without
 * a name, are asked.
 */
bool jwk_set_signed(const struct json *set, const struct jwt *t);
/* Has the set a key of the name that the token says? True of a token that says none. */
bool jwk_set_knows(const struct json *set, const struct jwt *t);
