/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../admin/nsswitchfile.h"
#include "../support/privdir.h"

#define ETC PRIVDIR "/etc"
#define FILE_PATH ETC "/" SVCT_NSSWITCH_FILE
#define BACKUP_PATH ETC "/" SVCT_NSSWITCH_BACKUP
#define OLD "passwd: files\ngroup: files\n"
#define NEW "passwd: files svctoken\ngroup: files svctoken\n"

static struct svct_nsswitchfile file;
static struct svct_nsswitch_text text;

/* ---- the means ---- */

/* A small file system, with nothing but the file. */
static int begin(void **state)
{
    (void)state;
    privdir_remove(ETC);
    if (mkdir(ETC, 0755) != 0 ||
        mount("tmpfs", ETC, "tmpfs", 0, "mode=0755,size=16k") != 0)
        return -1;
    privdir_write(FILE_PATH, OLD);
    return 0;
}

static int end(void **state)
{
    (void)state;
    return umount(ETC);
}

static void set_new(const char *words)
{
    text.len = strlen(words);
    memcpy(text.data, words, text.len);
}

static void assert_has(const char *path, const char *wanted)
{
    char bytes[200] = "";
    FILE *in = fopen(path, "re");

    assert_non_null(in);
    bytes[fread(bytes, 1, sizeof bytes - 1, in)] = '\0';
    fclose(in);
    assert_string_equal(bytes, wanted);
}

/* Nothing but the file, as it was, and so many others. */
static void assert_untouched(int others)
{
    assert_has(FILE_PATH, OLD);
    assert_int_equal(privdir_entries(ETC), 1 + others);
}

static int read_it(struct svct_fault *fault)
{
    return svct_nsswitchfile_read(ETC, &file, fault);
}

static int replace(struct svct_fault *fault)
{
    set_new(NEW);
    return svct_nsswitchfile_replace(ETC, &file, &text, fault);
}

/* ---- as it should be ---- */

static void the_new_and_the_old(void **state)
{
    struct stat before, after, backup;

    (void)state;
    assert_int_equal(chown(FILE_PATH, 7, 8), 0);
    assert_int_equal(chmod(FILE_PATH, 0640), 0);
    assert_int_equal(stat(FILE_PATH, &before), 0);
    assert_int_equal(read_it(NULL), 0);
    assert_int_equal(file.text.len, strlen(OLD));
    assert_memory_equal(file.text.data, OLD, strlen(OLD));
    assert_int_equal(replace(NULL), 0);
    assert_has(FILE_PATH, NEW);
    assert_has(BACKUP_PATH, OLD);
    assert_int_equal(privdir_entries(ETC), 2);
    assert_int_equal(stat(FILE_PATH, &after), 0);
    assert_int_equal(after.st_mode, before.st_mode);
    assert_int_equal(after.st_uid, 7);
    assert_int_equal(after.st_gid, 8);
    assert_int_not_equal(after.st_ino, before.st_ino);
    assert_int_equal(after.st_nlink, 1);
    assert_int_equal(stat(BACKUP_PATH, &backup), 0);
    assert_int_equal(backup.st_ino, before.st_ino);
    assert_int_equal(backup.st_nlink, 1);
}

static void the_backup_is_of_the_last_change(void **state)
{
    (void)state;
    assert_int_equal(read_it(NULL), 0);
    assert_int_equal(replace(NULL), 0);
    assert_int_equal(read_it(NULL), 0);
    set_new("third");
    assert_int_equal(svct_nsswitchfile_replace(ETC, &file, &text, NULL), 0);
    assert_has(FILE_PATH, "third");
    assert_has(BACKUP_PATH, NEW);
    assert_int_equal(privdir_entries(ETC), 2);
}

static void put_back(void **state)
{
    struct svct_fault fault = {0};

    (void)state;
    assert_int_equal(read_it(NULL), 0);
    assert_int_equal(replace(NULL), 0);
    set_new("somebody else's");
    assert_int_equal(svct_nsswitchfile_put_back(ETC, &text, &fault),
                     SVCT_E_BUSY);
    assert_has(FILE_PATH, NEW);
    set_new(NEW);
    assert_int_equal(svct_nsswitchfile_put_back(ETC, &text, NULL), 0);
    assert_untouched(0);
}

/* trusted.* stands for the label and the ACL, which not each kernel has. */
static void attributes_go_along(void **state)
{
    char value[10] = "";

    (void)state;
    if (setxattr(FILE_PATH, "trusted.svct-a", "one", 3, 0) != 0 ||
        setxattr(FILE_PATH, "trusted.svct-b", "", 0, 0) != 0)
        skip(); /* this file system has none */
    assert_int_equal(read_it(NULL), 0);
    assert_int_equal(replace(NULL), 0);
    assert_int_equal(getxattr(FILE_PATH, "trusted.svct-a", value, 9), 3);
    assert_memory_equal(value, "one", 3);
    assert_int_equal(getxattr(FILE_PATH, "trusted.svct-b", value, 9), 0);
}

/* ---- what somebody killed has left ---- */

static void leftovers(void **state)
{
    (void)state;
    privdir_write(FILE_PATH "old", "");
    assert_int_equal(link(FILE_PATH, BACKUP_PATH), 0);
    assert_int_equal(link(FILE_PATH, BACKUP_PATH "-new"), 0);
    privdir_write(ETC "/nsswitch.conf.svctoken-new", "passwd: fi");
    assert_int_equal(read_it(NULL), 0);
    assert_int_equal(replace(NULL), 0);
    assert_has(FILE_PATH, NEW);
    assert_has(BACKUP_PATH, OLD);
    assert_int_equal(privdir_entries(ETC), 3);
}

/* ---- what is refused ---- */

static void assert_unreadable(int code, const char *why)
{
    struct svct_fault fault = {0};

    assert_int_equal(read_it(&fault), code);
    assert_int_equal(fault.code, code);
    if (strstr(fault.what, why) == NULL)
        fail_msg("\"%s\" lacks \"%s\"", fault.what, why);
}

static void no_file_of_ours(void **state)
{
    (void)state;
    assert_int_equal(unlink(FILE_PATH), 0);
    assert_unreadable(SVCT_E_NOTFOUND, "there is no " FILE_PATH);
    assert_int_equal(symlink("/etc/authselect/nsswitch.conf", FILE_PATH), 0);
    assert_unreadable(SVCT_E_SYNTAX, "to /etc/authselect/nsswitch.conf");
    assert_unreadable(SVCT_E_SYNTAX, "create-profile");
    assert_int_equal(unlink(FILE_PATH), 0);
    assert_int_equal(mkfifo(FILE_PATH, 0600), 0);
    assert_unreadable(SVCT_E_SYNTAX, "no regular file");
    assert_int_equal(unlink(FILE_PATH), 0);
    assert_int_equal(mkdir(FILE_PATH, 0700), 0);
    assert_unreadable(SVCT_E_SYNTAX, "no regular file");
}

static void too_long(void **state)
{
    (void)state;
    assert_int_equal(truncate(FILE_PATH, SVCT_NSSWITCH_MAX), 0);
    assert_int_equal(read_it(NULL), 0);
    assert_int_equal(file.text.len, SVCT_NSSWITCH_MAX);
    assert_int_equal(truncate(FILE_PATH, SVCT_NSSWITCH_MAX + 1), 0);
    assert_unreadable(SVCT_E_SYNTAX, "longer than 65536");
}

static void somebody_else(void **state)
{
    struct svct_fault fault = {0};

    (void)state;
    assert_int_equal(read_it(NULL), 0);
    privdir_write(ETC "/theirs", OLD); /* the same text, another file */
    assert_int_equal(rename(ETC "/theirs", FILE_PATH), 0);
    assert_int_equal(replace(&fault), SVCT_E_BUSY);
    assert_untouched(0);
    assert_int_equal(read_it(NULL), 0);
    file.text.data[0]++; /* another text in the same one */
    assert_int_equal(replace(&fault), SVCT_E_BUSY);
    assert_untouched(0);
    assert_int_equal(read_it(NULL), 0);
    assert_int_equal(unlink(FILE_PATH), 0);
    assert_int_equal(replace(&fault), SVCT_E_NOTFOUND);
    assert_int_equal(privdir_entries(ETC), 0);
}

static void a_full_disk(void **state)
{
    struct svct_fault fault = {0};
    static char blocks[11000];

    (void)state;
    assert_int_equal(read_it(NULL), 0);
    memset(blocks, 'x', sizeof blocks - 1);
    privdir_write(ETC "/rest", blocks);
    assert_int_equal(replace(&fault), SVCT_E_NOSPACE);
    assert_untouched(1);
}

static void a_read_only_disk(void **state)
{
    struct svct_fault fault = {0};

    (void)state;
    assert_int_equal(read_it(NULL), 0);
    assert_int_equal(mount(NULL, ETC, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
    assert_int_equal(replace(&fault), SVCT_E_IO);
    assert_non_null(strstr(fault.what, strerror(EROFS)));
    assert_untouched(0);
}

/* A folder stands where the backup has to be. */
static void no_backup(void **state)
{
    struct svct_fault fault = {0};

    (void)state;
    assert_int_equal(mkdir(BACKUP_PATH, 0700), 0);
    assert_int_equal(read_it(NULL), 0);
    assert_int_equal(replace(&fault), SVCT_E_IO);
    assert_non_null(strstr(fault.what, "can't make the backup"));
    assert_untouched(1);
}

/* authselect(8) has it so; libc reads it all the same. */
static void a_link_is_looked_through(void **state)
{
    struct svct_fault fault = {0};

    (void)state;
    assert_int_equal(rename(FILE_PATH, ETC "/elsewhere"), 0);
    assert_int_equal(symlink("elsewhere", FILE_PATH), 0);
    assert_int_equal(svct_nsswitchfile_look(ETC, &file, &fault), 0);
    assert_int_equal(file.text.len, strlen(OLD));
    assert_memory_equal(file.text.data, OLD, strlen(OLD));
    assert_int_equal(svct_nsswitchfile_read(ETC, &file, &fault), SVCT_E_SYNTAX);
    assert_int_equal(unlink(FILE_PATH), 0);
    assert_int_equal(unlink(ETC "/elsewhere"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_new_and_the_old, begin, end),
        cmocka_unit_test_setup_teardown(the_backup_is_of_the_last_change, begin,
                                        end),
        cmocka_unit_test_setup_teardown(put_back, begin, end),
        cmocka_unit_test_setup_teardown(attributes_go_along, begin, end),
        cmocka_unit_test_setup_teardown(leftovers, begin, end),
        cmocka_unit_test_setup_teardown(no_file_of_ours, begin, end),
        cmocka_unit_test_setup_teardown(too_long, begin, end),
        cmocka_unit_test_setup_teardown(somebody_else, begin, end),
        cmocka_unit_test_setup_teardown(a_full_disk, begin, end),
        cmocka_unit_test_setup_teardown(a_read_only_disk, begin, end),
        cmocka_unit_test_setup_teardown(no_backup, begin, end),
        cmocka_unit_test_setup_teardown(a_link_is_looked_through, begin, end),
    };
    const char *reason;

    if (!privdir_enter(&reason)) {
        printf("SKIPPED: %s\n", reason);
        return 77;
    }
    return cmocka_run_group_tests_name("nsswitchfile", tests, NULL, NULL);
}
