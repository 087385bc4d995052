/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is said about the Unix user of an account, by what the host knows: all
 * cases of account, host and answer.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "../../admin/nsswitchfile.h"
#include "../../admin/unixstate.h"

#define UID 65536

/* The cases say what the host does. */
bool svct_nsswitchfile_asks(enum svct_nsswitch_database database)
{
    (void)database;
    return false;
}

static const struct svct_unixstate_host asking = {.here = true, .asks = true};
static const struct svct_unixstate_host silent = {.here = true, .asks = false};
static const struct svct_unixstate_host elsewhere = {.here = false,
                                                     .asks = true};

static enum svct_unixstate tell(const struct svct_unixstate_host *host,
                                uint32_t own_uid, int looked, uint32_t uid)
{
    struct svct_account account = {.uid = own_uid};

    return svct_unixstate_tell(host, &account, looked, uid);
}

/* Whether the host asks svctoken is nothing to it. */
static void existing(void **state)
{
    const struct svct_unixstate_host *hosts[] = {&asking, &silent, &elsewhere};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(tell(hosts[i], 0, 0, 1001), SVCT_UNIXSTATE_FINE);
        assert_int_equal(tell(hosts[i], 0, SVCT_E_NOTFOUND, 0),
                         SVCT_UNIXSTATE_GONE);
        assert_int_equal(tell(hosts[i], 0, SVCT_E_IO, 0), SVCT_UNIXSTATE_FINE);
    }
}

static void own(void **state)
{
    (void)state;
    assert_int_equal(tell(&asking, UID, 0, UID), SVCT_UNIXSTATE_FINE);
    assert_int_equal(tell(&asking, UID, SVCT_E_NOTFOUND, 0),
                     SVCT_UNIXSTATE_UNKNOWN);
    assert_int_equal(tell(&asking, UID, 0, 1001), SVCT_UNIXSTATE_OTHER);
    assert_int_equal(tell(&asking, UID, SVCT_E_IO, 0), SVCT_UNIXSTATE_FINE);
}

static void own_unasked(void **state)
{
    (void)state;
    assert_int_equal(tell(&silent, UID, SVCT_E_NOTFOUND, 0),
                     SVCT_UNIXSTATE_UNASKED);
    assert_int_equal(tell(&silent, UID, 0, 1001), SVCT_UNIXSTATE_OTHER);
    assert_int_equal(tell(&silent, UID, SVCT_E_IO, 0), SVCT_UNIXSTATE_FINE);
}

/* The users of another database are none of this host. */
static void own_elsewhere(void **state)
{
    (void)state;
    assert_int_equal(tell(&elsewhere, UID, SVCT_E_NOTFOUND, 0),
                     SVCT_UNIXSTATE_FINE);
    assert_int_equal(tell(&elsewhere, UID, 0, 1001), SVCT_UNIXSTATE_FINE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(existing),
        cmocka_unit_test(own),
        cmocka_unit_test(own_unasked),
        cmocka_unit_test(own_elsewhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
