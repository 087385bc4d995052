/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "base/crc64.h"

/* The remainders of the sixteen half-bytes: two steps a byte are fast enough
 * for records of a few hundred bytes, and the table stays small. */
static const uint64_t half_byte[16] = {
    UINT64_C(0x0000000000000000), UINT64_C(0x7d9ba13851336649),
    UINT64_C(0xfb374270a266cc92), UINT64_C(0x86ace348f355aadb),
    UINT64_C(0x64b62bcaebc387a1), UINT64_C(0x192d8af2baf0e1e8),
    UINT64_C(0x9f8169ba49a54b33), UINT64_C(0xe21ac88218962d7a),
    UINT64_C(0xc96c5795d7870f42), UINT64_C(0xb4f7f6ad86b4690b),
    UINT64_C(0x325b15e575e1c3d0), UINT64_C(0x4fc0b4dd24d2a599),
    UINT64_C(0xadda7c5f3c4488e3), UINT64_C(0xd041dd676d77eeaa),
    UINT64_C(0x56ed3e2f9e224471), UINT64_C(0x2b769f17cf112238),
};

uint64_t svct_crc64(uint64_t crc, const void *bytes, size_t len)
{
    const uint8_t *byte = bytes;

    crc = ~crc;
    for (size_t i = 0; i < len; i++) {
        crc ^= byte[i];
        crc = crc >> 4 ^ half_byte[crc & 15];
        crc = crc >> 4 ^ half_byte[crc & 15];
    }
    return ~crc;
}
