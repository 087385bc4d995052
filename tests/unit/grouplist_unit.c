/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../nss/grouplist.h"

static gid_t *gids;
static long count, size;

static void begin(long start, long room)
{
    gids = room > 0 ? malloc((size_t)room * sizeof *gids) : NULL;
    for (long i = 0; i < start; i++)
        gids[i] = (gid_t)(100 + i);
    count = start;
    size = room;
}

static int add(long limit, gid_t primary, const uint32_t *more, size_t n)
{
    struct svct_grouplist list = {&gids, &count, &size, limit};
    int r = svct_grouplist_add(&list, primary, more, n);

    assert_true(count <= size);
    return r;
}

static const uint32_t five[] = {11, 12, 13, 14, 15};

static void it_grows_by_doubling(void **state)
{
    (void)state;
    begin(1, 1);
    assert_int_equal(add(0, 5, five, 5), 0);
    assert_int_equal(count, 6);
    assert_int_equal(gids[0], 100);
    for (int i = 0; i < 5; i++)
        assert_int_equal(gids[1 + i], five[i]);
    free(gids);
    begin(20, 20);
    assert_int_equal(add(-1, 5, five, 5), 0);
    assert_int_equal(count, 25);
    assert_int_equal(size, 40);
    free(gids);
}

static void a_list_that_has_room_does_not_move(void **state)
{
    gid_t *before;

    (void)state;
    begin(2, 7);
    before = gids;
    assert_int_equal(add(0, 5, five, 5), 0);
    assert_ptr_equal(gids, before);
    assert_int_equal(size, 7);
    assert_int_equal(count, 7);
    free(gids);
}

static void a_list_that_is_not_there_yet(void **state)
{
    (void)state;
    begin(0, 0);
    assert_int_equal(add(0, 5, five, 5), 0);
    assert_int_equal(count, 5);
    free(gids);
}

static void what_is_there_is_not_added(void **state)
{
    static const uint32_t more[] = {7, 0, 101, 9, 7, 9, 100};

    (void)state;
    begin(2, 2);
    assert_int_equal(add(0, 9, more, 7), 0);
    assert_int_equal(count, 3);
    assert_int_equal(gids[2], 7);
    free(gids);
}

static void the_limit_holds(void **state)
{
    (void)state;
    for (long limit = 1; limit <= 9; limit++) {
        begin(1, 1);
        assert_int_equal(add(limit, 5, five, 5), 0);
        assert_int_equal(count, limit < 6 ? limit : 6);
        assert_true(size <= (limit > 1 ? limit : 1));
        free(gids);
    }
    begin(4, 4); /* more than that already */
    assert_int_equal(add(2, 5, five, 5), 0);
    assert_int_equal(count, 4);
    free(gids);
}

/* No C library says so: what is beyond the room would be written over. */
static void more_than_there_is_room_for(void **state)
{
    struct svct_grouplist list = {&gids, &count, &size, 0};

    (void)state;
    begin(64, 64);
    size = 4;
    assert_int_equal(svct_grouplist_add(&list, 5, five, 5), SVCT_E_NOMEM);
    assert_int_equal(count, 64);
    free(gids);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_grows_by_doubling),
        cmocka_unit_test(a_list_that_has_room_does_not_move),
        cmocka_unit_test(a_list_that_is_not_there_yet),
        cmocka_unit_test(what_is_there_is_not_added),
        cmocka_unit_test(the_limit_holds),
        cmocka_unit_test(more_than_there_is_room_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
