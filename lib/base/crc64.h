/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_BASE_CRC64_H
#define SVCT_BASE_CRC64_H

/*
 * CRC-64/XZ: polynomial 0x42f0e1eba9ea3693 reflected, initial value and final
 * xor all ones; "123456789" gives 0x995dc9bbdf1939fa. It finds damage, not
 * forgery: the files belong to root.
 */

#include "base/err.h"

/* Continue with crc from a former call; 0 to begin. */
uint64_t svct_crc64(uint64_t crc, const void *bytes, size_t len);

#endif
