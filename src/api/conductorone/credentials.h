#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared by the files about credentials, here and in the native dialect, which has calls for the same objects.
 */
#include "api/api.h"

/* Where a person lets a device in, on this server. */
#define C1_DEVICE_PAGE "/auth/v1/device"

/* The host by which clients reach the server, with its port where the public URL has one. */
struct str c1_public_host(const struct api_call *call);
/* What people call the program of a public client; absent when there is none of that id. */
struct str c1_public_client_name(struct str id);

/* device_page.c */
void c1_device_page(struct api_call *call);
/* introspect.c */
void c1_auth_introspect(struct api_call *call);
void c1_user_introspect(struct api_call *call);
