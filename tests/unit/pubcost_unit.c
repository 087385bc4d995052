/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What publishing costs, counted in stores of records: a bulk of many accounts
 * must not store the page of its members, or the record of its role, once for
 * each of them.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <gdbm.h>

#include "../support/testdb.h"
#include "base/pubrec.h"
#include "write/bulk.h"

#define MANY 1000
#define PAGES(members) (((members) + 63) / 64)

/* ---- counting (linked with --wrap) ---- */

static unsigned stores[256], deletes[256]; /* by kind */

int __real_gdbm_store(GDBM_FILE file, datum key, datum value, int flags);
int __wrap_gdbm_store(GDBM_FILE file, datum key, datum value, int flags);
int __wrap_gdbm_store(GDBM_FILE file, datum key, datum value, int flags)
{
    bool zeros = value.dptr[0] == '\0'; /* what is overwritten before */

    stores[(uint8_t)key.dptr[0]] += !zeros;
    return __real_gdbm_store(file, key, value, flags);
}

int __real_gdbm_delete(GDBM_FILE file, datum key);
int __wrap_gdbm_delete(GDBM_FILE file, datum key);
int __wrap_gdbm_delete(GDBM_FILE file, datum key)
{
    deletes[(uint8_t)key.dptr[0]]++;
    return __real_gdbm_delete(file, key);
}

static void reset(void)
{
    memset(stores, 0, sizeof stores);
    memset(deletes, 0, sizeof deletes);
}

/* ---- changes ---- */

static struct svct_fault fault;
static struct svct_txn *txn;

static int fresh(void **state)
{
    (void)state;
    testdb_init(TESTDB);
    txn = testdb_begin(TESTDB);
    reset();
    return 0;
}

static struct svct_account user(unsigned number)
{
    struct svct_account account =
        testdb_account("", number % 2 == 0 ? "Viewer" : "Editor");

    snprintf(account.name, sizeof account.name, "u%u", number);
    snprintf(account.home, sizeof account.home, "/home/u%u", number);
    snprintf(account.shell, sizeof account.shell, "/bin/sh");
    account.uid = account.gid = 70000 + number;
    return account;
}

static void by_a_bulk(void)
{
    struct svct_bulk_options options = {.now = TESTDB_NOW};
    enum svct_bulk_outcome outcome;
    struct svct_bulk *bulk;

    testdb_must(svct_bulk_new(txn, &options, &bulk, &fault), &fault, "new");
    for (unsigned i = 0; i < MANY; i++) {
        struct svct_account account = user(i);

        testdb_must(svct_bulk_account(bulk, &account, &outcome, &fault), &fault,
                    "bulk");
    }
    testdb_must(svct_bulk_finish(bulk, &fault), &fault, "finish");
    svct_bulk_free(bulk);
}

static void one_by_one(void)
{
    for (unsigned i = 0; i < MANY; i++) {
        struct svct_account account = user(i);

        testdb_must(svct_change_account_create(txn, &account, &fault), &fault,
                    "create");
    }
}

static void drop(unsigned number)
{
    char name[SVCT_LOGIN_MAX + 1];
    uint32_t tokens;

    snprintf(name, sizeof name, "u%u", number);
    testdb_must(svct_change_account_delete(txn, name, &tokens, &fault), &fault,
                "drop");
}

/* ---- tests ---- */

static void assert_made_once(void)
{
    assert_int_equal(stores[SVCT_KIND_PUBUSER], MANY);
    assert_int_equal(stores[SVCT_KIND_PUBID], MANY);
    assert_int_equal(stores[SVCT_KIND_PUBPAGE], 2 * PAGES(MANY / 2));
    assert_int_equal(stores[SVCT_KIND_PUBROLE], 2);
    assert_int_equal(stores[SVCT_KIND_PUBGROUP], 0);
    assert_int_equal(deletes[SVCT_KIND_PUBPAGE], 0);
}

static void a_bulk(void **state)
{
    (void)state;
    by_a_bulk();
    testdb_commit(txn);
    assert_made_once();
    assert_int_equal(stores[SVCT_KIND_ACCOUNT], MANY);
    assert_int_equal(stores[SVCT_KIND_POLICY], 1);
}

static void a_transaction(void **state)
{
    (void)state;
    one_by_one();
    testdb_commit(txn);
    assert_made_once();
}

/* Nothing is stored where both files agree. */
static void a_bulk_that_changes_nothing(void **state)
{
    (void)state;
    by_a_bulk();
    testdb_commit(txn);
    txn = testdb_begin(TESTDB);
    reset();
    by_a_bulk();
    testdb_commit(txn);
    for (unsigned kind = 0; kind < 256; kind++)
        assert_int_equal(stores[kind], kind == SVCT_KIND_META ? 2 : 0);
}

/* The last member takes the place: one page and one user for each, and a role
 * once for all. */
static void leaving(void **state)
{
    (void)state;
    by_a_bulk();
    testdb_commit(txn);
    txn = testdb_begin(TESTDB);
    reset();
    for (unsigned i = 0; i < MANY; i += 2)
        drop(i);
    testdb_commit(txn);
    assert_true(stores[SVCT_KIND_PUBPAGE] <= MANY / 2);
    assert_true(stores[SVCT_KIND_PUBUSER] <= MANY / 2);
    assert_int_equal(deletes[SVCT_KIND_PUBPAGE], PAGES(MANY / 2));
    assert_int_equal(deletes[SVCT_KIND_PUBROLE], 1);
    assert_int_equal(stores[SVCT_KIND_PUBROLE], 0);
    txn = testdb_begin(TESTDB);
    reset();
    for (unsigned i = MANY; i > 0; i -= 2) /* from the last one on */
        drop(i - 1);
    testdb_commit(txn);
    assert_int_equal(stores[SVCT_KIND_PUBPAGE], 0);
    assert_int_equal(stores[SVCT_KIND_PUBUSER], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_bulk, fresh),
        cmocka_unit_test_setup(a_transaction, fresh),
        cmocka_unit_test_setup(a_bulk_that_changes_nothing, fresh),
        cmocka_unit_test_setup(leaving, fresh),
    };

    testdb_enter();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
