/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../support/testdb.h"
#include "auth/lookup.h"
#include "auth/usage.h"
#include "write/slots.h"

#define FILE_PATH TESTDB "/" SVCT_USAGE_FILE

static struct svct_fault fault;

/* ---- a disk that is full ---- */

static int kept_writes; /* so many writes of slots to come are good, */
static int lost_writes; /* so many behind them fail */

ssize_t __real_pwrite(int fd, const void *bytes, size_t len, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t len, off_t offset);

ssize_t __wrap_pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
    if (len == SVCT_USAGE_SLOT && kept_writes > 0)
        kept_writes--;
    else if (len == SVCT_USAGE_SLOT && lost_writes > 0) {
        lost_writes--;
        errno = ENOSPC;
        return -1;
    }
    return __real_pwrite(fd, bytes, len, offset);
}

/* ---- the world ---- */

static int fresh(void **state)
{
    (void)state;
    kept_writes = lost_writes = 0;
    testdb_init(TESTDB);
    testdb_add_account(TESTDB, "deploy");
    fault = (struct svct_fault){0};
    return 0;
}

static int issue(struct svct_txn *txn, unsigned long number, uint32_t max_uses)
{
    struct svct_token token = testdb_token("deploy", number);

    token.max_uses = max_uses;
    return svct_change_token_issue(txn, &token, NULL, &fault);
}

static void add(unsigned long number, uint32_t max_uses)
{
    struct svct_txn *txn = testdb_begin(TESTDB);

    assert_int_equal(issue(txn, number, max_uses), 0);
    testdb_commit(txn);
}

static int discard(struct svct_txn *txn, unsigned long number)
{
    char id[SVCT_TOKEN_ID_LEN + 1];

    testdb_id(number, id);
    return svct_change_token_delete(txn, id, &fault);
}

static void drop(unsigned long number)
{
    struct svct_txn *txn = testdb_begin(TESTDB);

    assert_int_equal(discard(txn, number), 0);
    testdb_commit(txn);
}

static uint32_t slot_in(const struct svct_snapshot *snapshot,
                        unsigned long number)
{
    char id[SVCT_TOKEN_ID_LEN + 1];
    struct svct_token token;

    testdb_id(number, id);
    assert_int_equal(svct_lookup_token(snapshot, id, &token), 0);
    return token.slot;
}

static uint32_t slot_of(unsigned long number)
{
    struct svct_snapshot *snapshot = testdb_sound(TESTDB, SVCT_PART_PRIVATE);
    uint32_t slot = slot_in(snapshot, number);

    svct_snapshot_free(snapshot);
    return slot;
}

static struct svct_slots stored(void)
{
    struct svct_snapshot *snapshot = testdb_sound(TESTDB, SVCT_PART_PRIVATE);
    struct svct_key key = svct_key_slots();
    struct svct_slots slots;
    struct svct_value value;

    assert_int_equal(
        svct_snapshot_fetch(snapshot, &key, SVCT_KIND_SLOTS, &value), 0);
    assert_int_equal(svct_slots_decode(&value.record, &slots), 0);
    svct_snapshot_free(snapshot);
    return slots;
}

static int read_copy(uint32_t slot, unsigned copy, struct svct_seen *ret_seen)
{
    struct svct_usage usage;
    int dir_fd = testdb_open(TESTDB);
    int r = svct_usage_open(dir_fd, O_RDONLY, &usage, &fault);

    close(dir_fd);
    if (r != 0)
        return r;
    r = svct_usage_read_copy(&usage, slot, copy, ret_seen);
    svct_usage_close(&usage);
    return r;
}

/* What both copies say alike. */
static int read_slot(uint32_t slot, struct svct_seen *ret_seen)
{
    struct svct_seen second = {.uses = 0};
    int r = read_copy(slot, 0, ret_seen);

    assert_int_equal(read_copy(slot, 1, &second), r);
    if (r == 0 && slot != 0) {
        assert_string_equal(second.id, ret_seen->id);
        assert_int_equal(second.uses, ret_seen->uses);
        assert_int_equal(second.last_used, ret_seen->last_used);
    }
    return r;
}

static void put_bytes(uint32_t slot, unsigned copy, const char *bytes,
                      size_t len)
{
    int fd = open(FILE_PATH, O_WRONLY | O_CLOEXEC);
    off_t offset = (off_t)svct_usage_offset(slot, copy);

    assert_int_equal(pwrite(fd, bytes, len, offset), len);
    close(fd);
}

static void damage_copy(uint32_t slot, unsigned copy)
{
    put_bytes(slot, copy, "?", 1);
}

static void zero_copy(uint32_t slot, unsigned copy)
{
    static const char zeros[SVCT_USAGE_SLOT];

    put_bytes(slot, copy, zeros, sizeof zeros);
}

static void write_slot(uint32_t slot, const char *id, uint32_t uses)
{
    struct svct_seen seen = {.uses = uses, .last_used = 5};
    struct svct_usage usage;
    int dir_fd = testdb_open(TESTDB);

    memcpy(seen.id, id, SVCT_TOKEN_ID_LEN + 1);
    assert_int_equal(svct_usage_open(dir_fd, O_RDWR, &usage, &fault), 0);
    assert_int_equal(svct_usage_write(&usage, slot, &seen), 0);
    svct_usage_close(&usage);
    close(dir_fd);
}

static void has_id(uint32_t slot, unsigned long number)
{
    char id[SVCT_TOKEN_ID_LEN + 1];
    struct svct_seen seen;

    testdb_id(number, id);
    assert_int_equal(read_slot(slot, &seen), 0);
    assert_string_equal(seen.id, id);
    assert_int_equal(seen.uses, 0);
    assert_int_equal(seen.last_used, 0);
}

static void set_slots(const struct svct_slots *slots)
{
    struct svct_txn *txn = testdb_begin(TESTDB);
    struct svct_key key = svct_key_slots();
    struct svct_record_writer writer;

    svct_slots_encode(slots, &writer);
    assert_int_equal(
        svct_txn_store(txn, SVCT_PART_PRIVATE, &key, &writer, &fault), 0);
    testdb_commit(txn);
}

/* ---- the file ---- */

static void made_with_the_first_commit(void **state)
{
    struct svct_seen unused;
    struct stat st;

    (void)state;
    assert_int_equal(stat(FILE_PATH, &st), 0);
    assert_int_equal(st.st_mode, S_IFREG | 0600);
    assert_int_equal(st.st_uid, 0);
    assert_int_equal(st.st_size, 65536 + 4096);
    assert_true(st.st_blocks * 512 <= 2 * 4096); /* and a hole */
    assert_int_equal(read_slot(0, &unused), 0);
    assert_int_equal(read_slot(1, &unused), SVCT_E_NOTFOUND);
}

/* A database from before the file, and one that lost it. */
static void made_again_with_any_change(void **state)
{
    struct svct_seen unused;
    struct stat st;

    (void)state;
    for (unsigned long i = 0; i < 40; i++)
        add(i, 0);
    assert_int_equal(unlink(FILE_PATH), 0);
    testdb_add_account(TESTDB, "backup");
    assert_int_equal(read_slot(0, &unused), 0);
    add(40, 0);
    assert_int_equal(stat(FILE_PATH, &st), 0);
    assert_int_equal(st.st_size, 65536 + 8192); /* for all 41 and the head */
}

/* A crash can leave it empty, or long and without a head. */
static void a_head_that_lacks_is_written(void **state)
{
    struct svct_seen unused;

    (void)state;
    assert_int_equal(truncate(FILE_PATH, 0), 0);
    add(1, 5);
    assert_int_equal(read_slot(0, &unused), 0);
    has_id(1, 1);
    assert_int_equal(truncate(FILE_PATH, 0), 0);
    assert_int_equal(truncate(FILE_PATH, 4096), 0);
    add(2, 5);
    assert_int_equal(read_slot(0, &unused), 0);
    has_id(2, 2);
}

static void refused(unsigned long number, int code)
{
    struct svct_txn *txn = testdb_begin(TESTDB);

    assert_int_equal(issue(txn, number, 5), code);
    assert_non_null(strstr(fault.what, "can't be counted"));
    svct_txn_free(txn);
}

/* One copy of it is enough, and the other is made again. */
static void a_copy_of_the_head_that_lacks(void **state)
{
    struct svct_seen unused;

    (void)state;
    for (unsigned copy = 0; copy < SVCT_USAGE_COPIES; copy++) {
        damage_copy(0, copy);
        assert_int_equal(read_copy(0, copy, &unused), SVCT_E_DAMAGED);
        add(copy, 5);
        assert_int_equal(read_slot(0, &unused), 0);
        has_id(1 + copy, copy);
    }
    assert_int_equal(truncate(FILE_PATH, 65536), 0);
    add(2, 5);
    assert_int_equal(read_slot(0, &unused), 0);
    has_id(3, 2);
    damage_copy(0, 0);
    damage_copy(0, 1);
    refused(3, SVCT_E_DAMAGED);
}

/* Then tokens with a limit can't be made; the others can, and get a slot. */
static void without_the_file(void **state)
{
    (void)state;
    assert_int_equal(unlink(FILE_PATH), 0);
    assert_int_equal(mkdir(FILE_PATH, 0700), 0);
    refused(1, SVCT_E_IO);
    add(1, 0);
    assert_int_equal(slot_of(1), 1);
    assert_int_equal(rmdir(FILE_PATH), 0);
    privdir_write(FILE_PATH, "shopping: milk, eggs\n");
    refused(2, SVCT_E_UNSAFE);
    assert_int_equal(chmod(FILE_PATH, 0600), 0);
    refused(2, SVCT_E_DAMAGED);
    assert_int_equal(truncate(FILE_PATH, 4096), 0);
    refused(2, SVCT_E_DAMAGED);
    add(2, 0);
    assert_int_equal(slot_of(2), 2);
    drop(1);
}

/* What is not ours stays as it is. */
static void a_foreign_file_is_not_touched(void **state)
{
    struct stat st;

    (void)state;
    privdir_write(FILE_PATH, "shopping: milk, eggs\n");
    assert_int_equal(chmod(FILE_PATH, 0600), 0);
    add(1, 0);
    assert_int_equal(stat(FILE_PATH, &st), 0);
    assert_int_equal(st.st_size, 21);
}

/* ---- the slots ---- */

static void every_new_token_gets_one(void **state)
{
    struct svct_seen unused;

    (void)state;
    add(1, 0);
    add(2, 10);
    add(3, 0);
    assert_int_equal(slot_of(1), 1);
    assert_int_equal(slot_of(2), 2);
    assert_int_equal(slot_of(3), 3);
    assert_int_equal(read_slot(1, &unused), SVCT_E_NOTFOUND);
    has_id(2, 2);
    assert_int_equal(read_slot(3, &unused), SVCT_E_NOTFOUND);
    assert_int_equal(stored().next, 4);
    assert_int_equal(stored().free_count, 0);
}

/* Whatever the caller says. */
static void the_slot_is_not_the_callers(void **state)
{
    struct svct_token token = testdb_token("deploy", 1);
    struct svct_txn *txn = testdb_begin(TESTDB);

    (void)state;
    token.slot = 77;
    assert_int_equal(svct_change_token_issue(txn, &token, NULL, &fault), 0);
    testdb_commit(txn);
    assert_int_equal(slot_of(1), 1);
}

static void a_freed_slot_comes_back(void **state)
{
    struct svct_seen seen;

    (void)state;
    add(1, 0);
    add(2, 10);
    add(3, 0);
    write_slot(1, "0000000000", 7);
    drop(1);
    drop(2);
    assert_int_equal(stored().free_count, 2);
    has_id(2, 2); /* until it is given out */
    add(4, 0);
    add(5, 3);
    assert_int_equal(slot_of(4) + slot_of(5), 3);
    assert_int_equal(stored().free_count, 0);
    assert_int_equal(stored().next, 4);
    /* Both have their new owner, also the one without a limit: a login of
     * the token before may be under way. */
    has_id(slot_of(4), 4);
    has_id(slot_of(5), 5);
    assert_int_equal(read_slot(3, &seen), SVCT_E_NOTFOUND);
}

/* Another transaction never came to its commit: its slot is free and not
 * blank. */
static void what_an_uncommitted_one_left(void **state)
{
    struct svct_txn *txn = testdb_begin(TESTDB);

    (void)state;
    assert_int_equal(issue(txn, 1, 10), 0);
    svct_txn_free(txn);
    has_id(1, 1);
    add(2, 0);
    assert_int_equal(slot_of(2), 1);
    has_id(1, 2);
    txn = testdb_begin(TESTDB);
    assert_int_equal(issue(txn, 3, 10), 0);
    svct_txn_free(txn);
    add(4, 9);
    assert_int_equal(slot_of(4), 2);
    has_id(2, 4);
}

/* Or left one copy of it, where a crash came between both. */
static void what_is_left_in_one_copy(void **state)
{
    struct svct_seen seen;

    (void)state;
    for (unsigned copy = 0; copy < SVCT_USAGE_COPIES; copy++) {
        uint32_t slot = 1 + copy;

        write_slot(slot, "0000000000", 7);
        zero_copy(slot, copy);
        add(slot, 0);
        assert_int_equal(slot_of(slot), slot);
        has_id(slot, slot);
    }
    add(3, 0);
    assert_int_equal(slot_of(3), 3);
    assert_int_equal(read_slot(3, &seen), SVCT_E_NOTFOUND);
}

/* A slot that is freed and wanted again in one transaction belongs to a token
 * of the current generation until the commit, and after it if there is none. */
static void not_in_the_same_transaction(void **state)
{
    struct svct_txn *txn;
    struct svct_seen seen;
    uint32_t slot;

    (void)state;
    add(1, 10);
    write_slot(1, "0000000000", 7); /* anything but what would be written */
    txn = testdb_begin(TESTDB);
    assert_int_equal(discard(txn, 1), 0);
    assert_int_equal(issue(txn, 2, 10), 0);
    assert_int_equal(issue(txn, 3, 0), 0);
    slot = slot_in(svct_txn_view(txn, SVCT_PART_PRIVATE), 2);
    assert_int_equal(slot, 2);
    assert_int_equal(read_slot(1, &seen), 0);
    assert_int_equal(seen.uses, 7);
    svct_txn_free(txn); /* given up */
    assert_int_equal(slot_of(1), 1);
    assert_int_equal(read_slot(1, &seen), 0);
    assert_int_equal(seen.uses, 7);

    txn = testdb_begin(TESTDB);
    assert_int_equal(discard(txn, 1), 0);
    assert_int_equal(issue(txn, 2, 10), 0);
    testdb_commit(txn);
    assert_int_equal(slot_of(2), 2);
    assert_int_equal(stored().free_count, 1);
    assert_int_equal(stored().free[0], 1);
    add(3, 10);
    assert_int_equal(slot_of(3), 1);
    has_id(1, 3);
}

/* Several free ones, several freed: only the former are given. */
static void old_and_new_free_ones(void **state)
{
    struct svct_txn *txn;
    const struct svct_snapshot *view;

    (void)state;
    for (unsigned long i = 1; i <= 6; i++)
        add(i, 0);
    drop(2);
    drop(4);
    txn = testdb_begin(TESTDB);
    assert_int_equal(discard(txn, 1), 0);
    assert_int_equal(discard(txn, 3), 0);
    for (unsigned long i = 11; i <= 13; i++)
        assert_int_equal(issue(txn, i, 0), 0);
    assert_int_equal(discard(txn, 5), 0);
    assert_int_equal(issue(txn, 14, 0), 0);
    view = svct_txn_view(txn, SVCT_PART_PRIVATE);
    assert_int_equal(slot_in(view, 11), 4);
    assert_int_equal(slot_in(view, 12), 2);
    assert_int_equal(slot_in(view, 13), 7);
    assert_int_equal(slot_in(view, 14), 8);
    testdb_commit(txn);
    assert_int_equal(stored().free_count, 3);
    assert_int_equal(stored().next, 9);
    for (unsigned long i = 21; i <= 24; i++)
        add(i, 0);
    assert_int_equal(stored().free_count, 0);
    assert_int_equal(slot_of(24), 9);
}

static void an_account_gives_all_back(void **state)
{
    struct svct_txn *txn;
    uint32_t tokens;

    (void)state;
    for (unsigned long i = 0; i < 70; i++)
        add(i, i % 2);
    txn = testdb_begin(TESTDB);
    assert_int_equal(svct_change_account_delete(txn, "deploy", &tokens, &fault),
                     0);
    testdb_commit(txn);
    assert_int_equal(tokens, 70);
    assert_int_equal(stored().free_count, 70);
}

/* A login of the token that had it before is in the slot and does not come
 * out: another one is taken. */
static void a_slot_that_is_held(void **state)
{
    struct svct_usage usage;
    int dir_fd;

    (void)state;
    add(1, 0);
    add(2, 0);
    drop(1);
    dir_fd = testdb_open(TESTDB);
    assert_int_equal(svct_usage_open(dir_fd, O_RDWR, &usage, &fault), 0);
    assert_int_equal(svct_usage_lock(&usage, 1, 0), 0);
    add(3, 5);
    assert_int_equal(slot_of(3), 3);
    has_id(3, 3);
    svct_usage_unlock(&usage, 1);
    svct_usage_close(&usage);
    close(dir_fd);
}

/* A token without a limit gets one that nothing has to be written to. */
static void a_slot_that_cant_be_written(void **state)
{
    struct svct_seen seen;

    (void)state;
    for (int copy = 0; copy < SVCT_USAGE_COPIES; copy++) {
        fresh(state);
        add(1, 0);
        write_slot(1, "0000000000", 7);
        drop(1);
        kept_writes = copy;
        lost_writes = 1;
        refused(2, SVCT_E_NOSPACE);
        kept_writes = copy;
        lost_writes = 1;
        add(2, 0);
        assert_int_equal(slot_of(2), 2);
        assert_int_equal(read_slot(2, &seen), SVCT_E_NOTFOUND);
        lost_writes = 0;
        assert_int_equal(stored().free_count, 1);
        add(3, 0); /* the next one may try again */
        assert_int_equal(slot_of(3), 1);
        has_id(1, 3);
    }
}

/* Or none, rather than one of which its last use can never be told. */
static void no_slot_that_can_be_written(void **state)
{
    struct svct_seen seen;

    (void)state;
    write_slot(1, "0000000000", 7);
    write_slot(2, "0000000000", 7);
    lost_writes = 100;
    add(1, 0);
    assert_int_equal(slot_of(1), 3);
    for (uint32_t slot = 4; slot < 30; slot++) {
        lost_writes = 0;
        write_slot(slot, "0000000000", 7);
    }
    lost_writes = 100;
    add(2, 0);
    assert_int_equal(slot_of(2), 0);
    lost_writes = 0;
    assert_int_equal(read_slot(3, &seen), SVCT_E_NOTFOUND);
}

/* What is in a slot that was another token's can't be replaced then. */
static void a_freed_slot_without_the_file(void **state)
{
    (void)state;
    add(1, 0);
    write_slot(1, "0000000000", 7);
    drop(1);
    assert_int_equal(chmod(FILE_PATH, 0644), 0); /* unsafe */
    add(2, 0);
    assert_int_equal(slot_of(2), 2);
    assert_int_equal(chmod(FILE_PATH, 0600), 0);
    add(3, 0);
    assert_int_equal(slot_of(3), 1);
    has_id(1, 3);
}

/* ---- the last ones ---- */

static void no_slot_is_left(void **state)
{
    struct svct_slots slots = {.next = SVCT_SLOT_MAX + 1};
    struct stat st;

    (void)state;
    slots.next = SVCT_SLOT_MAX;
    set_slots(&slots);
    add(1, 5);
    assert_int_equal(slot_of(1), SVCT_SLOT_MAX);
    has_id(SVCT_SLOT_MAX, 1);
    assert_int_equal(stat(FILE_PATH, &st), 0);
    assert_true(st.st_size > (INT64_C(1) << 32));
    assert_true(st.st_blocks * 512 < 1 << 20); /* holes */
    /* Now all numbers were given out once: what is free is found. */
    add(2, 5);
    assert_int_equal(slot_of(2), 512);
    assert_int_equal(stored().free_count, SVCT_SLOTS_FREE_MAX - 1);
    has_id(512, 2);
}

/* Within one transaction at most as many as the list holds. */
static void none_for_a_limit_any_for_none(void **state)
{
    struct svct_slots slots = {.next = SVCT_SLOT_MAX + 1, .free_count = 1};
    struct svct_txn *txn;

    (void)state;
    slots.free[0] = 9;
    set_slots(&slots);
    txn = testdb_begin(TESTDB);
    assert_int_equal(issue(txn, 1, 5), 0);
    assert_int_equal(issue(txn, 2, 0), 0);
    assert_int_equal(slot_in(svct_txn_view(txn, SVCT_PART_PRIVATE), 2), 0);
    assert_int_equal(issue(txn, 3, 5), SVCT_E_TOOBIG);
    assert_non_null(strstr(fault.what, "given out"));
    svct_txn_free(txn);
}

static void what_does_not_fit_the_list(void **state)
{
    struct svct_slots slots = {.next = 2000, .free_count = SVCT_SLOTS_FREE_MAX};

    (void)state;
    add(1, 0);
    for (uint16_t i = 0; i < SVCT_SLOTS_FREE_MAX; i++)
        slots.free[i] = 1000u + i;
    set_slots(&slots);
    drop(1);
    assert_int_equal(stored().free_count, SVCT_SLOTS_FREE_MAX);
    assert_int_equal(stored().free[0], 1000);
    assert_int_equal(stored().next, 2000);
}

#define CASE(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(made_with_the_first_commit),
        CASE(made_again_with_any_change),
        CASE(a_head_that_lacks_is_written),
        CASE(a_copy_of_the_head_that_lacks),
        CASE(without_the_file),
        CASE(a_foreign_file_is_not_touched),
        CASE(every_new_token_gets_one),
        CASE(the_slot_is_not_the_callers),
        CASE(a_freed_slot_comes_back),
        CASE(what_an_uncommitted_one_left),
        CASE(what_is_left_in_one_copy),
        CASE(not_in_the_same_transaction),
        CASE(old_and_new_free_ones),
        CASE(an_account_gives_all_back),
        CASE(a_slot_that_is_held),
        CASE(a_slot_that_cant_be_written),
        CASE(no_slot_that_can_be_written),
        CASE(a_freed_slot_without_the_file),
        CASE(no_slot_is_left),
        CASE(none_for_a_limit_any_for_none),
        CASE(what_does_not_fit_the_list),
    };

    testdb_enter();
    umask(022);
    return cmocka_run_group_tests_name("slots", tests, NULL, NULL);
}
