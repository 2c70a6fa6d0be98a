#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Where crypto/ed25519.h is for those who looked for it here: it moved below this layer, since the command line checks
 * signatures, too.
 */
#include "crypto/ed25519.h"
