/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../admin/dbfolder.h"

static enum svct_dbfolder_what tell(const char *name)
{
    return svct_dbfolder_tell(name, 42, 44);
}

static void parts_of_a_database(void **state)
{
    static const char *const parts[] = {
        ".",     "..",      "current",        "lock",      "names",
        "usage", "reserve", "gen-0000000042", "audit.log", "audit.log.2.gz"};

    (void)state;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        assert_int_equal(tell(parts[i]), SVCT_DBFOLDER_PART);
}

static void generations(void **state)
{
    (void)state;
    assert_int_equal(tell("gen-0000000041"), SVCT_DBFOLDER_OLDER);
    assert_int_equal(tell("gen-0000000001"), SVCT_DBFOLDER_OLDER);
    assert_int_equal(tell("gen-0000000043"), SVCT_DBFOLDER_NEWER);
    assert_int_equal(tell("gen-0000000044"), SVCT_DBFOLDER_PASSING);
    assert_int_equal(tell("gen-0000000045"), SVCT_DBFOLDER_NEWER);
    assert_int_equal(svct_dbfolder_tell("gen-0000000043", 42, 0),
                     SVCT_DBFOLDER_NEWER);
}

static void all_else(void **state)
{
    (void)state;
    assert_int_equal(tell("current.new"), SVCT_DBFOLDER_PASSING);
    assert_int_equal(tell("names.new"), SVCT_DBFOLDER_PASSING);
    assert_int_equal(tell("names.stale"), SVCT_DBFOLDER_PASSING);
    assert_int_equal(tell("gen-41"), SVCT_DBFOLDER_STRANGE);
    assert_int_equal(tell("gen-0000000041.bak"), SVCT_DBFOLDER_STRANGE);
    assert_int_equal(tell("lost+found"), SVCT_DBFOLDER_STRANGE);
    assert_int_equal(tell(""), SVCT_DBFOLDER_STRANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_of_a_database),
        cmocka_unit_test(generations),
        cmocka_unit_test(all_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
