/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../nss/hostgroup.h"
#include "../support/privdir.h"

#define FILE_NAME PRIVDIR "/group"

/* The gid of one name in a file of that text. */
static uint32_t gid_in(const char *text, const char *name)
{
    struct svct_hostgroup group = {.name = name, .gid = 9};
    int entries;

    privdir_write(FILE_NAME, text);
    entries = privdir_entries("/proc/self/fd");
    assert_int_equal(svct_hostgroup_find(FILE_NAME, &group, 1), 0);
    assert_int_equal(privdir_entries("/proc/self/fd"), entries);
    return group.gid;
}

static void lines_of_the_form(void **state)
{
    (void)state;
    assert_int_equal(gid_in("adm:x:4:root,syslog\ndocker:x:998:\n", "adm"), 4);
    assert_int_equal(gid_in("adm:x:4:root\ndocker:x:998:a", "docker"), 998);
    assert_int_equal(gid_in("docker::998:\n", "docker"), 998);
    assert_int_equal(gid_in("docker:!:998:\n", "docker"), 998);
    assert_int_equal(gid_in("\n#docker:x:1:\n\ndocker:x:2:\n", "docker"), 2);
    assert_int_equal(gid_in("d:x:4294967294:\n", "d"), UINT32_C(4294967294));
}

static void names_are_whole(void **state)
{
    static const char *const texts[] = {
        "docker2:x:998:\n",  "xdocker:x:998:\n",
        " docker:x:998:\n",  "Docker:x:998:\n",
        "adm:docker:998:\n", "adm:x:998:docker\n",
        "dock\ner:x:998:\n", "+docker:x:998:\n",
        "-docker:x:998:\n",  "",
        ":x:998:\n",         "adm:x:1:x:docker:x:998:\n"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_int_equal(gid_in(texts[i], "docker"), 0);
}

static void malformed_lines_are_none(void **state)
{
    static const char *const texts[] = {"d\n",
                                        "d:x\n",
                                        "d:x:7\n",
                                        "d:x:7",
                                        "d::\n",
                                        "d:x::\n",
                                        "d:x:-7:\n",
                                        "d:x:+7:\n",
                                        "d:x: 7:\n",
                                        "d:x:7 :\n",
                                        "d:x:0x7:\n",
                                        "d:x:7a:\n",
                                        "d:7:\n",
                                        "d:x:4294967295:\n",
                                        "d:x:4294967296:\n",
                                        "d:x:18446744073709551623:\n",
                                        "d:x:99999999999999999999999:\n"};
    char text[200];

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(gid_in(texts[i], "d"), 0);
        snprintf(text, sizeof text, "%s\nd:x:8:\n", texts[i]);
        assert_int_equal(gid_in(text, "d"), 8);
    }
}

static void root_is_nobodys_to_get(void **state)
{
    (void)state;
    assert_int_equal(gid_in("d:x:0:\n", "d"), 0);
    assert_int_equal(gid_in("d:x:0:\nd:x:7:\n", "d"), 0);
    assert_int_equal(gid_in("d:x:000:\n", "d"), 0);
}

static void the_first_line_counts(void **state)
{
    (void)state;
    assert_int_equal(gid_in("d:x:6:\nd:x:7:\n", "d"), 6);
}

static void a_nul_hides_nothing(void **state)
{
    struct svct_hostgroup group = {.name = "d"};
    int fd = open(FILE_NAME, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    (void)state;
    assert_int_equal(write(fd, "d\0:x:7:\n", 8), 8);
    assert_int_equal(write(fd, "d:x:\0007:\n", 8), 8);
    close(fd);
    assert_int_equal(svct_hostgroup_find(FILE_NAME, &group, 1), 0);
    assert_int_equal(group.gid, 0);
}

/* A name at every place relative to the blocks that are read. */
static void lines_of_every_length(void **state)
{
    static char text[3 * 4096];

    (void)state;
    for (size_t len = 4050; len < 4110; len++) {
        memset(text, 'm', len);
        memcpy(text, "big:x:5:", 8);
        memcpy(text + len, "\nd:x:7:a\n", 10);
        assert_int_equal(gid_in(text, "d"), 7);
        assert_int_equal(gid_in(text, "big"), 5);
    }
}

static void heads_up_to_the_bound(void **state)
{
    static char text[2 * SVCT_HOSTGROUP_HEAD];

    (void)state;
    for (size_t fill = SVCT_HOSTGROUP_HEAD - 12; fill < SVCT_HOSTGROUP_HEAD + 4;
         fill++) {
        memset(text, 'x', sizeof text);
        memcpy(text, "d:", 2);
        memcpy(text + 2 + fill, ":7:\nd:x:8:\n", 12);
        assert_int_equal(gid_in(text, "d"),
                         2 + fill + 2 <= SVCT_HOSTGROUP_HEAD ? 7 : 8);
    }
}

static void many_at_once(void **state)
{
    struct svct_hostgroup groups[] = {{.name = "c"},  {.name = "a"},
                                      {.name = "no"}, {.name = "a"},
                                      {.name = "b"},  {.name = "r"}};
    static const uint32_t expected[] = {3, 1, 0, 1, 2, 0};

    (void)state;
    privdir_write(FILE_NAME, "r:x:0:\na:x:1:\nb:x:2:\na:x:9:\nc:x:3:\nr:x:4:");
    assert_int_equal(svct_hostgroup_find(FILE_NAME, groups, 6), 0);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(groups[i].gid, expected[i]);
}

static void files_that_are_none(void **state)
{
    struct svct_hostgroup group = {.name = "d", .gid = 7};

    (void)state;
    assert_int_equal(svct_hostgroup_find(PRIVDIR "/none", &group, 1), 0);
    assert_int_equal(group.gid, 0);
    assert_int_equal(svct_hostgroup_find(PRIVDIR, &group, 1), SVCT_E_IO);
    assert_int_equal(svct_hostgroup_find("/dev/zero", &group, 1), SVCT_E_IO);
    assert_int_equal(mkfifo(PRIVDIR "/fifo", 0644), 0);
    assert_int_equal(svct_hostgroup_find(PRIVDIR "/fifo", &group, 1),
                     SVCT_E_IO);
}

static void a_file_that_never_ends(void **state)
{
    struct svct_hostgroup group = {.name = "d"};

    (void)state;
    privdir_write(FILE_NAME, "a:x:1:\n");
    assert_int_equal(truncate(FILE_NAME, SVCT_HOSTGROUP_FILE + 1), 0);
    assert_int_equal(svct_hostgroup_find(FILE_NAME, &group, 1), SVCT_E_TOOBIG);
    assert_int_equal(truncate(FILE_NAME, SVCT_HOSTGROUP_FILE), 0);
    assert_int_equal(svct_hostgroup_find(FILE_NAME, &group, 1), 0);
    assert_int_equal(unlink(FILE_NAME), 0);
}

static void no_descriptor_left(void **state)
{
    struct svct_hostgroup group = {.name = "d"};
    struct rlimit limit, none;

    (void)state;
    privdir_write(FILE_NAME, "d:x:7:\n");
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = limit;
    none.rlim_cur = 3;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    assert_int_equal(svct_hostgroup_find(FILE_NAME, &group, 1), SVCT_E_NOMEM);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(svct_hostgroup_find(FILE_NAME, &group, 1), 0);
    assert_int_equal(group.gid, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_of_the_form),
        cmocka_unit_test(names_are_whole),
        cmocka_unit_test(malformed_lines_are_none),
        cmocka_unit_test(root_is_nobodys_to_get),
        cmocka_unit_test(the_first_line_counts),
        cmocka_unit_test(a_nul_hides_nothing),
        cmocka_unit_test(lines_of_every_length),
        cmocka_unit_test(heads_up_to_the_bound),
        cmocka_unit_test(many_at_once),
        cmocka_unit_test(files_that_are_none),
        cmocka_unit_test(a_file_that_never_ends),
        cmocka_unit_test(no_descriptor_left),
    };
    const char *reason;

    if (!privdir_enter(&reason)) {
        printf("SKIPPED: %s\n", reason);
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
