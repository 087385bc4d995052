/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

/*
 * Any 128 bytes as a slot of the file "usage", and as its head; as they are,
 * and with a check that is right. What is taken is within its bounds, and
 * encoded it gives the same bytes. The first byte is the number of the slot.
 */

#include <stdlib.h>
#include <string.h>

#include "auth/usage.h"
#include "base/crc64.h"
#include "fuzz.h"

static void check_text(const char *text, size_t most)
{
    MUST(strlen(text) <= most);
    for (; *text != '\0'; text++)
        MUST(*text > ' ' && *text <= '~');
}

static void check_slot(uint32_t slot, const uint8_t *bytes)
{
    struct svct_seen seen = {.uses = 77};
    uint8_t again[SVCT_USAGE_SLOT];
    int r = svct_usage_decode(slot, bytes, &seen);

    MUST(r == 0 || r == SVCT_E_NOTFOUND || r == SVCT_E_DAMAGED ||
         r == SVCT_E_VERSION);
    if (r != 0) {
        MUST(seen.uses == 77 && seen.id[0] == '\0');
        return;
    }
    MUST(svct_token_is_id(seen.id));
    MUST(seen.last_used >= 0 && seen.last_used <= SVCT_TIME_MAX);
    check_text(seen.service, SVCT_USAGE_SERVICE_MAX);
    check_text(seen.rhost, SVCT_USAGE_RHOST_MAX);
    svct_usage_encode(slot, &seen, again);
    MUST(memcmp(bytes, again, sizeof again) == 0);
}

static void check_head(const uint8_t *bytes)
{
    uint8_t right[SVCT_USAGE_SLOT];

    if (svct_usage_decode_head(bytes) != 0)
        return;
    svct_usage_encode_head(right);
    MUST(memcmp(bytes, right, 16) == 0);
}

static void reseal(uint32_t slot, uint8_t *bytes)
{
    uint8_t number[4] = {0, 0, 0, (uint8_t)slot};
    uint64_t check = svct_crc64(svct_crc64(0, number, 4), bytes, 120);

    for (int i = 0; i < 8; i++)
        bytes[120 + i] = (uint8_t)(check >> (8 * (7 - i)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t bytes[SVCT_USAGE_SLOT] = {0};
    uint32_t slot;

    if (size == 0)
        return 0;
    slot = data[0];
    size = size - 1 < sizeof bytes ? size - 1 : sizeof bytes;
    memcpy(bytes, data + 1, size);
    check_slot(slot + 1, bytes);
    check_head(bytes);
    reseal(0, bytes);
    check_head(bytes);
    reseal(slot, bytes);
    check_slot(slot, bytes);
    return 0;
}
