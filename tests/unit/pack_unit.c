/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../nss/pack.h"

#define SPACE 1024
#define CANARY 0x5a
#define UNTOUCHED ((char *)&space)

/* The buffer is somewhere in the middle; nothing around it may change. */
static _Alignas(16) char space[16 + SPACE + 16];
static char *buffer;
static size_t buffer_len;

static void lay_out(size_t offset, size_t len)
{
    memset(space, CANARY, sizeof space);
    buffer = space + offset;
    buffer_len = len;
}

static void around_is_untouched(void)
{
    for (char *p = space; p < space + sizeof space; p++)
        if (p < buffer || p >= buffer + buffer_len)
            assert_int_equal(*p, CANARY);
}

static void is_inside(const void *at, size_t len)
{
    const char *p = at;

    assert_true(p >= buffer && p + len <= buffer + buffer_len);
}

static void is_text(const char *at, const char *expected)
{
    is_inside(at, strlen(expected) + 1);
    assert_string_equal(at, expected);
}

/* ---- passwd ---- */

static const struct svct_pubuser user = {.name = "deploy",
                                         .uid = 65536,
                                         .gid = 65537,
                                         .gecos = "Deploys",
                                         .home = "/var/lib/h/deploy",
                                         .shell = "/bin/sh"};
/* Each text with its NUL, and "*". */
#define USER_SIZE (7 + 2 + 8 + 18 + 8)

static void passwd_in(size_t offset, size_t len)
{
    struct passwd passwd = {.pw_name = UNTOUCHED, .pw_uid = 1};
    int r;

    lay_out(offset, len);
    r = svct_pack_passwd(&user, buffer, len, &passwd);
    around_is_untouched();
    assert_int_equal(r, len < USER_SIZE ? SVCT_E_RANGE : 0);
    if (r != 0) {
        assert_ptr_equal(passwd.pw_name, UNTOUCHED);
        assert_int_equal(passwd.pw_uid, 1);
        return;
    }
    is_text(passwd.pw_name, "deploy");
    is_text(passwd.pw_passwd, "*");
    is_text(passwd.pw_gecos, "Deploys");
    is_text(passwd.pw_dir, "/var/lib/h/deploy");
    is_text(passwd.pw_shell, "/bin/sh");
    assert_int_equal(passwd.pw_uid, 65536);
    assert_int_equal(passwd.pw_gid, 65537);
}

static void a_passwd_in_every_buffer(void **state)
{
    (void)state;
    for (size_t offset = 0; offset < 16; offset++)
        for (size_t len = 0; len <= USER_SIZE + 20; len++)
            passwd_in(offset, len);
}

static void no_buffer_at_all(void **state)
{
    struct svct_pack_group pack;
    struct passwd passwd;

    (void)state;
    assert_int_equal(svct_pack_passwd(&user, NULL, 0, &passwd), SVCT_E_RANGE);
    assert_int_equal(svct_pack_group_begin(&pack, "g", 1, 0, NULL, 0),
                     SVCT_E_RANGE);
}

/* ---- group ---- */

static const char *const members[] = {"a", "deploy", "z9"};
#define MEMBERS 3
/* Four pointers, "adm", "*" and the members. */
#define GROUP_SIZE (4 * sizeof(char *) + 4 + 2 + 2 + 7 + 3)

static int pack_group(size_t count, size_t say, struct group *ret_group)
{
    struct svct_pack_group pack;
    int r = svct_pack_group_begin(&pack, "adm", 65540, say, buffer, buffer_len);

    for (size_t i = 0; r == 0 && i < count; i++)
        r = svct_pack_group_add(&pack, members[i]);
    return r == 0 ? svct_pack_group_end(&pack, ret_group) : r;
}

static void group_in(size_t offset, size_t len)
{
    struct group group = {.gr_name = UNTOUCHED, .gr_gid = 1};
    size_t gap = (sizeof(char *) - offset % sizeof(char *)) % sizeof(char *);
    int r;

    lay_out(offset, len);
    r = pack_group(MEMBERS, MEMBERS, &group);
    around_is_untouched();
    assert_int_equal(r, len < gap + GROUP_SIZE ? SVCT_E_RANGE : 0);
    if (r != 0) {
        assert_ptr_equal(group.gr_name, UNTOUCHED);
        assert_int_equal(group.gr_gid, 1);
        return;
    }
    is_text(group.gr_name, "adm");
    is_text(group.gr_passwd, "*");
    assert_int_equal(group.gr_gid, 65540);
    assert_int_equal((uintptr_t)group.gr_mem % _Alignof(char *), 0);
    is_inside(group.gr_mem, (MEMBERS + 1) * sizeof(char *));
    for (size_t i = 0; i < MEMBERS; i++)
        is_text(group.gr_mem[i], members[i]);
    assert_null(group.gr_mem[MEMBERS]);
}

static void a_group_in_every_buffer(void **state)
{
    (void)state;
    for (size_t offset = 0; offset < 16; offset++)
        for (size_t len = 0; len <= GROUP_SIZE + 20; len++)
            group_in(offset, len);
}

static void a_group_without_members(void **state)
{
    struct group group;

    (void)state;
    lay_out(3, SPACE);
    assert_int_equal(pack_group(0, 0, &group), 0);
    assert_null(group.gr_mem[0]);
    is_inside(group.gr_mem, sizeof(char *));
}

static void members_are_as_many_as_was_said(void **state)
{
    struct group group = {.gr_name = UNTOUCHED};

    (void)state;
    lay_out(0, SPACE);
    assert_int_equal(pack_group(MEMBERS, MEMBERS - 1, &group), SVCT_E_DAMAGED);
    assert_int_equal(pack_group(MEMBERS - 1, MEMBERS, &group), SVCT_E_DAMAGED);
    assert_ptr_equal(group.gr_name, UNTOUCHED);
    around_is_untouched();
}

static void a_number_of_members_that_overflows(void **state)
{
    static const size_t many[] = {SPACE / sizeof(char *), SIZE_MAX / 8,
                                  SIZE_MAX / 8 + 1, SIZE_MAX / 4, SIZE_MAX - 1};
    struct svct_pack_group pack;

    (void)state;
    for (size_t i = 0; i < sizeof many / sizeof many[0]; i++) {
        lay_out(1, SPACE);
        assert_int_equal(
            svct_pack_group_begin(&pack, "adm", 1, many[i], buffer, buffer_len),
            SVCT_E_RANGE);
        around_is_untouched();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_passwd_in_every_buffer),
        cmocka_unit_test(no_buffer_at_all),
        cmocka_unit_test(a_group_in_every_buffer),
        cmocka_unit_test(a_group_without_members),
        cmocka_unit_test(members_are_as_many_as_was_said),
        cmocka_unit_test(a_number_of_members_that_overflows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
