#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Which addresses are the public's: what somebody lets the server call must not reach what only the server can. Pure;
 * any thread.
 */
#include <sys/socket.h>

#include "base/base.h"

/*
 * Is it an IPv4 or IPv6 address that is routed on the Internet: not loopback, private, link-local, shared, multicast,
 * reserved, nor one that hides another address in it?
 */
bool address_is_public(const struct sockaddr *address);
