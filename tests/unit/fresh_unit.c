/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "auth/lookup.h"
#include "../support/testdb.h"
#include "write/namechange.h"

/* svct_txn_begin_fresh, and what it does to "names". */

#define NOW TESTDB_NOW

static struct svct_fault fault;

static int fresh(void **state)
{
    (void)state;
    fault = (struct svct_fault){0};
    testdb_init(TESTDB);
    testdb_add_account(TESTDB, "deploy");
    testdb_add_account(TESTDB, "bot");
    return 0;
}

static struct svct_txn *begin(int64_t committed)
{
    struct svct_txn_options options = testdb_options(TESTDB);
    struct svct_txn *txn;

    testdb_must(svct_txn_begin_fresh(&options, committed, &txn, &fault), &fault,
                "begin fresh");
    testdb_must(svct_change_populate(txn, &fault), &fault, "populate");
    return txn;
}

static void add(struct svct_txn *txn, const char *name)
{
    struct svct_account account = testdb_account(name, "Viewer");

    testdb_must(svct_change_account_create(txn, &account, &fault), &fault, "a");
}

static void assert_names(const char *want)
{
    char text[200] = "";
    FILE *file = fopen(TESTDB "/names", "r");

    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(text, want);
}

static struct svct_meta meta(void)
{
    struct svct_snapshot *snapshot = testdb_sound(TESTDB, SVCT_PART_PRIVATE);
    struct svct_meta ret = *svct_snapshot_meta(snapshot);

    svct_snapshot_free(snapshot);
    return ret;
}

static bool has_account(const char *name)
{
    struct svct_snapshot *snapshot = testdb_sound(TESTDB, SVCT_PART_PRIVATE);
    struct svct_account account;
    int r = svct_lookup_account(snapshot, name, &account);

    svct_snapshot_free(snapshot);
    return r == 0;
}

static bool is_there(const char *name)
{
    struct stat st;

    return lstat(name, &st) == 0;
}

static void it_takes_the_place_of_all(void **state)
{
    struct svct_txn *txn = begin(0);

    (void)state;
    add(txn, "bot");
    add(txn, "new");
    assert_true(has_account("deploy")); /* nothing is seen before the commit */
    assert_names("bot\ndeploy\n");
    testdb_commit(txn);
    assert_false(has_account("deploy"));
    assert_true(has_account("new"));
    assert_names("bot\nnew\n");
    assert_false(is_there(TESTDB "/names.stale"));
    assert_int_equal(meta().sequence, 4);
    assert_true(is_there(TESTDB "/gen-0000000003")); /* a look back */
    testdb_add_account(TESTDB, "later");
    assert_names("bot\nlater\nnew\n");
}

static void giving_up_leaves_nothing(void **state)
{
    struct svct_txn *txn = begin(0);

    (void)state;
    add(txn, "new");
    svct_txn_free(txn);
    assert_names("bot\ndeploy\n");
    assert_true(has_account("deploy"));
    assert_int_equal(meta().sequence, 3);
    assert_false(is_there(TESTDB "/gen-0000000004"));
}

static void it_makes_a_database_where_there_is_none(void **state)
{
    struct svct_txn *txn;

    (void)state;
    privdir_remove(TESTDB);
    txn = begin(NOW + 100);
    add(txn, "new");
    testdb_commit(txn);
    assert_names("new\n");
    assert_int_equal(meta().sequence, 1);
    assert_true(meta().committed == NOW + 100);
}

static void its_number_is_above_every_folder(void **state)
{
    int fd;

    (void)state;
    assert_int_equal(unlink(TESTDB "/current"), 0);
    /* Somebody's, damaged: it may be mended. */
    assert_int_equal(mkdir(TESTDB "/gen-0000000041", 0755), 0);
    fd = open(TESTDB "/gen-0000000041/private.gdbm", O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(fd, "damaged", 7), 7);
    close(fd);
    testdb_commit(begin(0));
    assert_int_equal(meta().sequence, 42);
    assert_names(""); /* none was added */
    /* Which one was current was not known: all stay. */
    assert_true(is_there(TESTDB "/gen-0000000001"));
}

static void its_time_never_goes_back(void **state)
{
    struct svct_txn *txn;
    bool published;

    (void)state;
    testdb_commit(begin(NOW + 1000));
    assert_true(meta().committed == NOW + 1000);
    testdb_commit(begin(5)); /* that of what is there counts too */
    assert_true(meta().committed == NOW + 1000);
    txn = begin(0);
    assert_int_equal(svct_txn_commit(txn, NOW + 2000, &published, &fault), 0);
    svct_txn_free(txn);
    assert_true(meta().committed == NOW + 2000);
}

static void it_takes_the_place_of_a_damaged_one(void **state)
{
    struct svct_txn *txn;

    (void)state;
    assert_int_equal(truncate(testdb_path(TESTDB, SVCT_PART_PRIVATE), 16384),
                     0);
    txn = begin(0);
    add(txn, "bot");
    testdb_commit(txn);
    assert_names("bot\n");
    assert_int_equal(meta().sequence, 4);
    assert_true(is_there(TESTDB "/gen-0000000001")); /* it may be whole */
}

static void damaged_names_are_made_anew(void **state)
{
    FILE *file = fopen(TESTDB "/names", "w");
    struct svct_txn *txn;

    (void)state;
    assert_non_null(file);
    fputs("bad name\n", file);
    fclose(file);
    txn = begin(0);
    add(txn, "new");
    testdb_commit(txn);
    assert_names("new\n");
}

/* What no test of a whole commit can see: names at the commit itself. */
static void names_lists_both_until_the_commit(void **state)
{
    struct svct_namechange change = {.dir_fd = testdb_open(TESTDB),
                                     .spare_fd = -1};

    (void)state;
    assert_int_equal(svct_namechange_begin_anew(&change, &fault), 0);
    assert_int_equal(svct_namechange_add(&change, "bot"), 0);
    assert_int_equal(svct_namechange_add(&change, "new"), 0);
    assert_int_equal(svct_namechange_before(&change, &fault), 0);
    assert_names("bot\ndeploy\nnew\n");
    assert_true(is_there(TESTDB "/names.stale"));
    svct_namechange_after(&change, false);
    assert_names("bot\ndeploy\n");
    assert_int_equal(svct_namechange_before(&change, &fault), 0);
    svct_namechange_after(&change, true);
    assert_names("bot\nnew\n");
    assert_false(is_there(TESTDB "/names.stale"));
    close(change.dir_fd);
    svct_namechange_done(&change);
}

static void a_lost_file_of_names_is_filled_from_the_accounts(void **state)
{
    struct svct_namechange change = {.dir_fd = testdb_open(TESTDB),
                                     .spare_fd = -1};

    (void)state;
    assert_int_equal(unlink(TESTDB "/names"), 0);
    assert_int_equal(svct_namechange_begin_anew(&change, &fault), 0);
    assert_int_equal(svct_namechange_add(&change, "new"), 0);
    assert_int_equal(svct_namechange_before(&change, &fault), 0);
    assert_names("bot\ndeploy\nnew\n");
    svct_namechange_after(&change, true);
    assert_names("new\n");
    close(change.dir_fd);
    svct_namechange_done(&change);
}

static void one_writer_at_a_time(void **state)
{
    struct svct_txn_options options = testdb_options(TESTDB);
    struct svct_txn *txn = begin(0), *other = NULL;

    (void)state;
    assert_int_equal(svct_txn_begin_fresh(&options, 0, &other, &fault),
                     SVCT_E_BUSY);
    assert_int_equal(svct_txn_begin(&options, &other, &fault), SVCT_E_BUSY);
    svct_txn_free(txn);
}

int main(void)
{
#define FRESH(test) cmocka_unit_test_setup(test, fresh)
    const struct CMUnitTest tests[] = {
        FRESH(it_takes_the_place_of_all),
        FRESH(giving_up_leaves_nothing),
        FRESH(it_makes_a_database_where_there_is_none),
        FRESH(its_number_is_above_every_folder),
        FRESH(its_time_never_goes_back),
        FRESH(it_takes_the_place_of_a_damaged_one),
        FRESH(damaged_names_are_made_anew),
        FRESH(names_lists_both_until_the_commit),
        FRESH(a_lost_file_of_names_is_filled_from_the_accounts),
        FRESH(one_writer_at_a_time),
    };

    testdb_enter();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
