/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "auth/secret.h"
#include "stack_probe.h"

static int set_up(void **state)
{
    (void)state;
    return svct_secret_setup();
}

static void setup_may_be_repeated(void **state)
{
    (void)state;
    assert_int_equal(svct_secret_setup(), 0);
    assert_int_equal(svct_secret_setup(), 0);
}

static void begins_empty(void **state)
{
    struct svct_secret secret;

    (void)state;
    assert_int_equal(svct_secret_init(&secret, 10), 0);
    assert_string_equal(secret.text, "");
    assert_int_equal(secret.len, 0);
    assert_int_equal(secret.size, 11);
    svct_secret_done(&secret);
    assert_null(secret.text);
    assert_int_equal(secret.size, 0);
    svct_secret_done(&secret);
    svct_secret_done(NULL);
}

static void too_much_memory(void **state)
{
    struct svct_secret secret = {.len = 7};

    (void)state;
    assert_int_equal(svct_secret_init(&secret, SIZE_MAX), SVCT_E_NOMEM);
    assert_int_equal(svct_secret_init(&secret, SIZE_MAX - 1), SVCT_E_NOMEM);
    assert_int_equal(secret.len, 7);
}

static void appends_what_fits(void **state)
{
    struct svct_secret secret;

    (void)state;
    assert_int_equal(svct_secret_init(&secret, 6), 0);
    assert_int_equal(svct_secret_append(&secret, "abcd", 4), 0);
    assert_int_equal(svct_secret_append(&secret, NULL, 0), 0);
    assert_int_equal(svct_secret_append(&secret, "xyz", 3), SVCT_E_TOOBIG);
    assert_int_equal(svct_secret_append(&secret, "x", SIZE_MAX), SVCT_E_TOOBIG);
    assert_string_equal(secret.text, "abcd");
    assert_int_equal(secret.len, 4);
    assert_int_equal(svct_secret_append(&secret, "efg", 2), 0);
    assert_string_equal(secret.text, "abcdef");
    assert_int_equal(svct_secret_append(&secret, "g", 1), SVCT_E_TOOBIG);
    svct_secret_done(&secret);
    assert_int_equal(svct_secret_append(&secret, "g", 1), SVCT_E_TOOBIG);
}

static void room_for_nothing(void **state)
{
    struct svct_secret secret;

    (void)state;
    assert_int_equal(svct_secret_init(&secret, 0), 0);
    assert_string_equal(secret.text, "");
    assert_int_equal(svct_secret_append(&secret, "a", 1), SVCT_E_TOOBIG);
    svct_secret_done(&secret);
}

static void wipes_others_memory(void **state)
{
    char text[] = "secret+";

    (void)state;
    svct_secret_wipe(text, 6);
    assert_memory_equal(text, "\0\0\0\0\0\0+", 8);
    svct_secret_wipe(NULL, 6);
}

#define MARK "a-mark-that-nothing-else-has-here"

/* Never inlined, so that its frame is gone, but not its bytes. */
static void __attribute__((noinline)) leave_mark(const char *mark)
{
    char trace[sizeof(MARK)];

    memcpy(trace, mark, sizeof(trace));
    stack_probe_keep(trace);
}

static void leave(void *arg)
{
    leave_mark(arg);
}

static void leave_and_wipe(void *arg)
{
    leave_mark(arg);
    svct_secret_wipe_stack();
}

static void wipes_the_stack(void **state)
{
    static char mark[] = MARK;
    char *copy;

    (void)state;
    copy = stack_probe_run(leave, mark);
    assert_true(stack_probe_holds(copy, mark, strlen(mark), strlen(mark)));
    free(copy);
    copy = stack_probe_run(leave_and_wipe, mark);
    assert_false(stack_probe_holds(copy, mark, strlen(mark), 8));
    free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(setup_may_be_repeated),
        cmocka_unit_test(begins_empty),
        cmocka_unit_test(too_much_memory),
        cmocka_unit_test(appends_what_fits),
        cmocka_unit_test(room_for_nothing),
        cmocka_unit_test(wipes_others_memory),
        cmocka_unit_test(wipes_the_stack),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
