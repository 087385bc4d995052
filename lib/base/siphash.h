/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SVCT_BASE_SIPHASH_H
#define SVCT_BASE_SIPHASH_H

/*
 * SipHash-2-4 (Aumasson, Bernstein 2012): 64 bits of what strangers may choose.
 * Unlike a CRC it is not linear: nobody computes bytes that have the hash of
 * others, also when the key is known; they have to try 2^64.
 */

#include "base/err.h"

uint64_t svct_siphash(const uint64_t key[2], const void *bytes, size_t len);

#endif
