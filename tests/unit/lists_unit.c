/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "auth/lists.h"

#include <stdio.h>

#define C SVCT_TAG_CRITICAL

static struct svct_record_writer writer;

/* Seals what is in the writer and opens it again. */
static struct svct_record sealed(enum svct_kind kind)
{
    struct svct_key key = svct_key_single(kind);
    struct svct_record record;
    size_t size;

    assert_int_equal(svct_record_end(&writer, &key, 0, &size), 0);
    assert_int_equal(svct_record_open(&key, kind, writer.value, size, &record),
                     0);
    return record;
}

/* ---- the list of roles ---- */

static int decode_names(const char *bytes, size_t len, unsigned append)
{
    struct svct_rolelist list = {.count = 99};
    struct svct_record record;
    int r;

    svct_record_begin(&writer, SVCT_KIND_ROLELIST);
    svct_record_put(&writer, 1 | C, bytes, len);
    if (append != 0)
        svct_record_put_u8(&writer, append, 1);
    record = sealed(SVCT_KIND_ROLELIST);
    r = svct_rolelist_decode(&record, &list);
    if (r != 0)
        assert_int_equal(list.count, 99);
    return r;
}

static void all_names_come_back(void **state)
{
    struct svct_rolelist list = {.count = SVCT_ROLES_MAX}, again;
    struct svct_record record;

    (void)state;
    for (int i = 0; i < SVCT_ROLES_MAX; i++)
        snprintf(list.name[i], sizeof list.name[i],
                 "Role-of-the-longest-name-%07d", i);
    svct_rolelist_encode(&list, &writer);
    record = sealed(SVCT_KIND_ROLELIST);
    assert_int_equal(svct_rolelist_decode(&record, &again), 0);
    assert_memory_equal(&list, &again, sizeof list);
}

static void names_that_are_none(void **state)
{
    (void)state;
    assert_int_equal(decode_names("\4None\5Admin", 11, 0), 0);
    assert_int_equal(decode_names("", 0, 0), 0);
    assert_int_equal(decode_names("\4None\4None", 10, 0), SVCT_E_DAMAGED);
    assert_int_equal(decode_names("\4No e", 5, 0), SVCT_E_DAMAGED);
    assert_int_equal(decode_names("\0", 1, 0), SVCT_E_DAMAGED);
    assert_int_equal(decode_names("\5None", 5, 0), SVCT_E_DAMAGED);
    assert_int_equal(decode_names("\4None", 5, 2), SVCT_E_VERSION);
}

static void too_many_names(void **state)
{
    struct svct_rolelist list = {.count = SVCT_ROLES_MAX + 1};
    struct svct_key key = svct_key_rolelist();
    size_t size;

    (void)state;
    svct_rolelist_encode(&list, &writer);
    assert_int_equal(svct_record_end(&writer, &key, 0, &size), SVCT_E_TOOBIG);
}

/* ---- slots ---- */

static int decode_slots(uint64_t next, const char *bytes, size_t len,
                        unsigned append)
{
    struct svct_slots slots = {.next = 99};
    struct svct_record record;
    int r;

    svct_record_begin(&writer, SVCT_KIND_SLOTS);
    svct_record_put_u64(&writer, 1 | C, next);
    if (bytes != NULL)
        svct_record_put(&writer, 2 | C, bytes, len);
    if (append != 0)
        svct_record_put_u8(&writer, append, 1);
    record = sealed(SVCT_KIND_SLOTS);
    r = svct_slots_decode(&record, &slots);
    if (r != 0)
        assert_int_equal(slots.next, 99);
    return r;
}

static void all_slots_come_back(void **state)
{
    struct svct_slots slots = {.next = SVCT_SLOT_MAX + 1,
                               .free_count = SVCT_SLOTS_FREE_MAX};
    struct svct_slots again;
    struct svct_record record;

    (void)state;
    for (uint32_t i = 0; i < SVCT_SLOTS_FREE_MAX; i++)
        slots.free[i] = SVCT_SLOT_MAX - i;
    svct_slots_encode(&slots, &writer);
    record = sealed(SVCT_KIND_SLOTS);
    assert_int_equal(svct_slots_decode(&record, &again), 0);
    assert_int_equal(again.next, slots.next);
    assert_int_equal(again.free_count, slots.free_count);
    assert_memory_equal(again.free, slots.free, sizeof slots.free);
}

static void slots_that_are_none(void **state)
{
    (void)state;
    assert_int_equal(decode_slots(1, "", 0, 0), 0);
    assert_int_equal(decode_slots(9, "\0\0\0\1\0\0\0\10", 8, 0), 0);
    assert_int_equal(decode_slots(0, "", 0, 0), SVCT_E_DAMAGED);
    assert_int_equal(decode_slots(SVCT_SLOT_MAX + 2, "", 0, 0), SVCT_E_DAMAGED);
    assert_int_equal(decode_slots(UINT64_MAX, "", 0, 0), SVCT_E_DAMAGED);
    assert_int_equal(decode_slots(9, NULL, 0, 0), SVCT_E_DAMAGED);
    assert_int_equal(decode_slots(9, "\0\0\0", 3, 0), SVCT_E_DAMAGED);
    assert_int_equal(decode_slots(9, "\0\0\0\0", 4, 0), SVCT_E_DAMAGED);
    assert_int_equal(decode_slots(9, "\0\0\0\11", 4, 0), SVCT_E_DAMAGED);
    assert_int_equal(decode_slots(9, "\0\0\0\10", 4, 3), SVCT_E_VERSION);
}

static void too_many_free_slots(void **state)
{
    struct svct_slots slots = {.next = 1000,
                               .free_count = SVCT_SLOTS_FREE_MAX + 1};
    struct svct_key key = svct_key_slots();
    size_t size;

    (void)state;
    svct_slots_encode(&slots, &writer);
    assert_int_equal(svct_record_end(&writer, &key, 0, &size), SVCT_E_TOOBIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_names_come_back),
        cmocka_unit_test(names_that_are_none),
        cmocka_unit_test(too_many_names),
        cmocka_unit_test(all_slots_come_back),
        cmocka_unit_test(slots_that_are_none),
        cmocka_unit_test(too_many_free_slots),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
