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
#include <gdbm.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "auth/lookup.h"
#include "base/names.h"
#include "base/safefile.h"
#include "../support/testdb.h"
#include "write/genlist.h"
#include "write/txn.h"

#define PRIVATE SVCT_PART_PRIVATE

static int fresh(void **state)
{
    (void)state;
    testdb_init(TESTDB);
    return 0;
}

/* A record of nobody's interest: a text under the key of a role. */
static int put_text(struct svct_txn *txn, const char *name, const char *text)
{
    struct svct_key key = svct_key_named(SVCT_KIND_ROLE, name);
    struct svct_record_writer writer;
    struct svct_fault fault = {0};

    svct_record_begin(&writer, SVCT_KIND_ROLE);
    svct_record_put_text(&writer, 1, text);
    return svct_txn_store(txn, PRIVATE, &key, &writer, &fault);
}

static int drop_text(struct svct_txn *txn, const char *name)
{
    struct svct_key key = svct_key_named(SVCT_KIND_ROLE, name);

    return svct_txn_delete(txn, PRIVATE, &key, NULL);
}

static int get_text(const struct svct_snapshot *snapshot, const char *name,
                    char *ret_text, size_t size, size_t *ret_size)
{
    struct svct_key key = svct_key_named(SVCT_KIND_ROLE, name);
    struct svct_value value;
    struct svct_field field;
    int r = svct_snapshot_fetch(snapshot, &key, SVCT_KIND_ROLE, &value);

    if (r != 0)
        return r;
    assert_true(svct_record_next(&value.record, &field));
    assert_int_equal(svct_field_text(&field, ret_text, size), 0);
    *ret_size = value.record.size;
    return 0;
}

static void assert_text(const char *name, const char *expected)
{
    struct svct_snapshot *snapshot = testdb_sound(TESTDB, PRIVATE);
    char text[SVCT_RECORD_MAX];
    size_t size;
    int r = get_text(snapshot, name, text, sizeof text, &size);

    if (expected == NULL) {
        assert_int_equal(r, SVCT_E_NOTFOUND);
    } else {
        assert_int_equal(r, 0);
        assert_string_equal(text, expected);
    }
    svct_snapshot_free(snapshot);
}

static bool exists(const char *name)
{
    char path[256];

    snprintf(path, sizeof path, TESTDB "/%s", name);
    return access(path, F_OK) == 0;
}

static uint64_t sequence_now(int64_t *ret_committed)
{
    struct svct_snapshot *snapshot = testdb_sound(TESTDB, PRIVATE);
    struct svct_snapshot *other = testdb_sound(TESTDB, SVCT_PART_PUBLIC);
    struct svct_meta meta = *svct_snapshot_meta(snapshot);

    assert_int_equal(svct_snapshot_meta(other)->sequence, meta.sequence);
    assert_int_equal(svct_snapshot_meta(other)->committed, meta.committed);
    svct_snapshot_free(snapshot);
    svct_snapshot_free(other);
    if (ret_committed != NULL)
        *ret_committed = meta.committed;
    return meta.sequence;
}

/* ---- commit and abort ---- */

static void nothing_shows_before_the_commit(void **state)
{
    struct svct_txn *txn = testdb_begin(TESTDB);
    char text[64];
    size_t size;

    (void)state;
    assert_int_equal(svct_txn_sequence(txn), 2);
    assert_int_equal(put_text(txn, "x", "new"), 0);
    assert_int_equal(
        get_text(svct_txn_view(txn, PRIVATE), "x", text, sizeof text, &size),
        0);
    assert_string_equal(text, "new");
    assert_text("x", NULL);
    assert_int_equal(sequence_now(NULL), 1);
    testdb_commit(txn);
    assert_text("x", "new");
    assert_int_equal(sequence_now(NULL), 2);
}

static void an_abort_leaves_no_trace(void **state)
{
    int entries = privdir_entries(TESTDB);
    unsigned descriptors = testdb_descriptors();
    struct svct_txn *txn = testdb_begin(TESTDB);

    (void)state;
    assert_int_equal(put_text(txn, "x", "new"), 0);
    assert_int_equal(drop_text(txn, "Viewer"), 0);
    svct_txn_free(txn);
    svct_txn_free(NULL);
    assert_text("x", NULL);
    assert_int_equal(sequence_now(NULL), 1);
    assert_int_equal(privdir_entries(TESTDB), entries);
    assert_int_equal(testdb_descriptors(), descriptors);
}

static void commits_leak_no_descriptor(void **state)
{
    unsigned descriptors = testdb_descriptors();

    (void)state;
    for (int i = 0; i < 5; i++)
        testdb_commit(testdb_begin(TESTDB));
    assert_int_equal(testdb_descriptors(), descriptors);
}

static void commit_at(int64_t now)
{
    struct svct_txn *txn = testdb_begin(TESTDB);
    struct svct_fault fault = {0};
    bool published = false;

    assert_int_equal(svct_txn_commit(txn, now, &published, &fault), 0);
    assert_true(published);
    /* Once only. */
    assert_int_equal(svct_txn_commit(txn, now, &published, &fault),
                     SVCT_E_DAMAGED);
    assert_false(published);
    svct_txn_free(txn);
}

static void sequence_and_time_only_grow(void **state)
{
    static const struct {
        int64_t now;
        int64_t committed;
    } cases[] = {
        {TESTDB_NOW, TESTDB_NOW},
        {TESTDB_NOW + 5, TESTDB_NOW + 5},
        {TESTDB_NOW + 4, TESTDB_NOW + 5},
        {0, TESTDB_NOW + 5},
        {-1, TESTDB_NOW + 5},
        {INT64_MIN, TESTDB_NOW + 5},
        {TESTDB_NOW + 60, TESTDB_NOW + 60},
    };
    int64_t committed;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        commit_at(cases[i].now);
        assert_int_equal(sequence_now(&committed), i + 2);
        assert_int_equal(committed, cases[i].committed);
    }
}

static void a_failed_change_can_not_be_committed(void **state)
{
    struct svct_txn *txn = testdb_begin(TESTDB);
    char huge[SVCT_RECORD_MAX + 1];
    bool published = true;

    (void)state;
    memset(huge, 'x', sizeof huge - 1);
    huge[sizeof huge - 1] = '\0';
    assert_int_equal(put_text(txn, "x", "fits"), 0);
    assert_int_equal(put_text(txn, "y", huge), SVCT_E_TOOBIG);
    assert_int_equal(svct_txn_commit(txn, TESTDB_NOW, &published, NULL),
                     SVCT_E_DAMAGED);
    assert_false(published);
    svct_txn_free(txn);
    assert_text("x", NULL);
}

/* That a record is not there is an answer, and the rest may go on. */
static void deleting_what_is_not_there(void **state)
{
    struct svct_txn *txn = testdb_begin(TESTDB);

    (void)state;
    assert_int_equal(drop_text(txn, "nobody"), SVCT_E_NOTFOUND);
    assert_int_equal(put_text(txn, "x", "new"), 0);
    assert_int_equal(drop_text(txn, "x"), 0);
    assert_int_equal(drop_text(txn, "x"), SVCT_E_NOTFOUND);
    assert_int_equal(put_text(txn, "x", "newer"), 0);
    testdb_commit(txn);
    assert_text("x", "newer");
}

static void many_changes_are_read_back_too(void **state)
{
    struct svct_txn *txn = testdb_begin(TESTDB);
    char name[32];

    (void)state;
    for (int i = 0; i < 6000; i++) { /* more than are remembered */
        snprintf(name, sizeof name, "n%d", i % 5000);
        assert_int_equal(put_text(txn, name, name), 0);
    }
    testdb_commit(txn);
    assert_text("n4999", "n4999");
}

static void generations_are_pruned(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++)
        testdb_commit(testdb_begin(TESTDB));
    assert_true(exists("gen-0000000007"));
    assert_true(exists("gen-0000000006"));
    assert_true(exists("gen-0000000005"));
    assert_false(exists("gen-0000000004"));
    assert_false(exists("gen-0000000001"));
}

static void modes_do_not_depend_on_the_umask(void **state)
{
    static const struct {
        const char *name;
        unsigned mode;
    } cases[] = {
        {"", 0755},
        {"current", 0755},
        {"names", 0644},
        {"current/public.gdbm", 0644},
        {"lock", 0600},
        {"current/private.gdbm", 0600},
        {"current/private.roll", 0600},
        {"reserve", 0700},
    };
    static const mode_t masks[] = {0, 022, 077, 0277};
    struct stat st;
    char path[256];

    (void)state;
    for (size_t m = 0; m < sizeof masks / sizeof masks[0]; m++) {
        mode_t old = umask(masks[m]);

        testdb_init(TESTDB);
        testdb_add_account(TESTDB, "alice");
        umask(old);
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            snprintf(path, sizeof path, TESTDB "/%s", cases[i].name);
            assert_int_equal(stat(path, &st), 0);
            if (masks[m] != 0277)
                assert_int_equal(st.st_mode & 07777, cases[i].mode);
            assert_int_equal(st.st_mode & 022, 0);
        }
    }
}

/* ---- what stays in the file ---- */

#define OLD "the former value of this record, which nobody may find again"

static char *repeated(char *out, size_t len, char c)
{
    memset(out, c, len);
    out[len] = '\0';
    return out;
}

static void old_bytes_are_gone(void **state)
{
    char text[2000];
    struct svct_txn *txn = testdb_begin(TESTDB);

    (void)state;
    assert_int_equal(put_text(txn, "grows", OLD), 0);
    assert_int_equal(put_text(txn, "goes", OLD), 0);
    assert_int_equal(put_text(txn, "same", OLD), 0);
    for (int i = 0; i < 50; i++) {
        snprintf(text, sizeof text, "other%d", i);
        assert_int_equal(put_text(txn, text, text), 0);
    }
    testdb_commit(txn);
    assert_int_equal(
        testdb_occurs(testdb_path(TESTDB, PRIVATE), OLD, strlen(OLD)), 3);
    txn = testdb_begin(TESTDB);
    assert_int_equal(put_text(txn, "grows", repeated(text, 1500, 'g')), 0);
    assert_int_equal(put_text(txn, "same", "short"), 0);
    assert_int_equal(drop_text(txn, "goes"), 0);
    testdb_commit(txn);
    assert_int_equal(
        testdb_occurs(testdb_path(TESTDB, PRIVATE), OLD, strlen(OLD)), 0);
    /* A part of it would do for nobody, but is not there either. */
    assert_int_equal(
        testdb_occurs(testdb_path(TESTDB, PRIVATE), "nobody may", 10), 0);
}

static void sizes_never_shrink(void **state)
{
    static const struct {
        size_t len;
        size_t size;
    } cases[] = {{10, 128},   {200, 256}, {10, 256},
                 {900, 1024}, {0, 1024},  {SVCT_RECORD_MAX - 16, 4096},
                 {1, 4096}};
    char text[SVCT_RECORD_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct svct_txn *txn = testdb_begin(TESTDB);
        struct svct_snapshot *snapshot;
        size_t size;

        assert_int_equal(put_text(txn, "x", repeated(text, cases[i].len, 'x')),
                         0);
        testdb_commit(txn);
        snapshot = testdb_sound(TESTDB, PRIVATE);
        assert_int_equal(get_text(snapshot, "x", text, sizeof text, &size), 0);
        assert_int_equal(size, cases[i].size);
        assert_int_equal(strlen(text), cases[i].len);
        svct_snapshot_free(snapshot);
    }
}

/* In whatever order they come and go: the file ends where its header says. */
static void the_header_guard_holds(void **state)
{
    enum {
        RECORDS = 100000,
        BATCH = 20000
    };
    char name[32], text[600];
    unsigned seed = 1;

    (void)state;
    for (int from = 0; from < RECORDS; from += BATCH) {
        struct svct_txn *txn = testdb_begin(TESTDB);

        for (int i = from; i < from + BATCH; i++) {
            snprintf(name, sizeof name, "record%d", i);
            seed = seed * 1103515245 + 12345;
            repeated(text, seed >> 16 & 255, 'a');
            assert_int_equal(put_text(txn, name, text), 0);
        }
        testdb_commit(txn); /* opens and checks what it wrote */
    }
    for (int round = 0; round < 3; round++) {
        struct svct_txn *txn = testdb_begin(TESTDB);

        for (int i = round; i < RECORDS; i += 7) {
            snprintf(name, sizeof name, "record%d", i);
            if (i % 2 == 0)
                assert_int_equal(put_text(txn, name, repeated(text, 500, 'b')),
                                 0);
            else
                assert_int_equal(drop_text(txn, name), 0);
        }
        testdb_commit(txn);
        svct_snapshot_free(testdb_sound(TESTDB, PRIVATE));
    }
}

/* ---- writers that die, or wait ---- */

static void write_file(const char *name)
{
    char path[256];

    snprintf(path, sizeof path, TESTDB "/%s", name);
    privdir_write(path, "left over");
}

static void leftovers_are_removed(void **state)
{
    (void)state;
    testdb_add_account(TESTDB, "alice");
    assert_int_equal(mkdir(TESTDB "/gen-0000000003", 0700), 0);
    assert_int_equal(mkdir(TESTDB "/gen-0000000009", 0700), 0);
    write_file("gen-0000000009/private.gdbm");
    write_file("names.new");
    assert_int_equal(symlink("gen-0000000009", TESTDB "/current.new"), 0);
    testdb_add_account(TESTDB, "bob");
    assert_int_equal(sequence_now(NULL), 3);
    assert_false(exists("gen-0000000009"));
    assert_false(exists("names.new"));
    assert_false(exists("names.stale"));
    assert_int_equal(access(TESTDB "/current.new", F_OK), -1);
}

static int listed(const char *name)
{
    int fd = testdb_open(TESTDB);
    int r = svct_names_lookup(fd, name, NULL);

    close(fd);
    return r;
}

static bool stored(const char *name)
{
    struct svct_snapshot *snapshot = testdb_sound(TESTDB, PRIVATE);
    struct svct_account account;
    int r = svct_lookup_account(snapshot, name, &account);

    svct_snapshot_free(snapshot);
    assert_true(r == 0 || r == SVCT_E_NOTFOUND);
    return r == 0;
}

/* Makes "current" what an administrator has put it to. */
static void put_back(const char *generation)
{
    assert_int_equal(unlink(TESTDB "/current"), 0);
    assert_int_equal(symlink(generation, TESTDB "/current"), 0);
}

/* Somebody goes back and changes something: what was newer is not lost. */
static void going_back_loses_nothing(void **state)
{
    (void)state;
    testdb_add_account(TESTDB, "alice"); /* 2 */
    testdb_add_account(TESTDB, "bob");   /* 3 */
    put_back("gen-0000000002");
    testdb_commit(testdb_begin(TESTDB));
    assert_int_equal(sequence_now(NULL), 4);
    assert_false(stored("bob"));
    put_back("gen-0000000003"); /* it was a mistake */
    assert_true(stored("bob"));
    svct_snapshot_free(testdb_sound(TESTDB, PRIVATE));
    testdb_commit(testdb_begin(TESTDB));
    assert_int_equal(sequence_now(NULL), 5);
    assert_true(stored("bob"));
    assert_true(exists("gen-0000000004"));
    testdb_commit(testdb_begin(TESTDB));
    testdb_commit(testdb_begin(TESTDB));
    assert_false(exists("gen-0000000004"));
}

/* The one that a change began from can be gone back to. */
static void the_one_before_stays(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++)
        testdb_commit(testdb_begin(TESTDB));
    put_back("gen-0000000003"); /* of 3, 4, 5 */
    testdb_commit(testdb_begin(TESTDB));
    assert_int_equal(sequence_now(NULL), 6);
    assert_true(exists("gen-0000000003"));
    put_back("gen-0000000003");
    svct_snapshot_free(testdb_sound(TESTDB, PRIVATE));
}

/* Whatever is in the way, there is a number behind it. */
static void a_folder_that_can_not_be_removed(void **state)
{
    (void)state;
    assert_int_equal(mkdir(TESTDB "/gen-0000000002", 0755), 0);
    assert_int_equal(symlink("gen-0000000002", TESTDB "/current.new"), 0);
    assert_int_equal(chown(TESTDB "/gen-0000000002", 65534, 65534), 0);
    testdb_add_account(TESTDB, "alice");
    assert_int_equal(sequence_now(NULL), 3);
    assert_true(stored("alice"));
}

/* "alice" goes and "bob" comes, in one commit. */
static void swap_accounts(void)
{
    struct svct_account account = testdb_account("bob", "Viewer");
    struct svct_txn *txn = testdb_begin(TESTDB);
    uint32_t tokens;

    if (svct_change_account_delete(txn, "alice", &tokens, NULL) != 0 ||
        svct_change_account_create(txn, &account, NULL) != 0)
        abort();
    testdb_commit(txn);
}

/* Lets the child run up to its n-th system call and kills it there. false
 * when it has ended by itself before. */
static bool killed_at(pid_t child, int n)
{
    int status;

    waitpid(child, &status, 0);
    assert_true(WIFSTOPPED(status));
    ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_EXITKILL);
    for (int i = 0; i < n; i++) {
        ptrace(PTRACE_SYSCALL, child, NULL, NULL);
        waitpid(child, &status, 0);
        if (WIFEXITED(status)) {
            assert_int_equal(WEXITSTATUS(status), 0);
            return false;
        }
        assert_true(WIFSTOPPED(status));
        assert_int_equal(WSTOPSIG(status), SIGTRAP);
    }
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    return true;
}

static bool swap_killed_at(int n)
{
    pid_t child = fork();

    if (child == 0) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        raise(SIGSTOP);
        swap_accounts();
        _exit(0);
    }
    return killed_at(child, n);
}

static void assert_only_one_of_them(void)
{
    bool alice = stored("alice");

    assert_int_equal(stored("bob"), !alice);
    /* At every moment it lists at least what the database has. */
    if (alice)
        assert_int_equal(listed("alice"), 1);
    else
        assert_int_equal(listed("bob"), 1);
    /* What the dead one left is mended by the next writer. */
    testdb_commit(testdb_begin(TESTDB));
    assert_int_equal(listed("alice"), alice);
    assert_int_equal(listed("bob"), !alice);
    assert_false(exists("names.stale"));
}

static void killed_at_any_system_call(void **state)
{
    bool killed = true;
    int n = 1, new_ones = 0;

    (void)state;
    for (; killed; n++) {
        testdb_init(TESTDB);
        testdb_add_account(TESTDB, "alice");
        killed = swap_killed_at(n);
        new_ones += stored("bob");
        assert_only_one_of_them();
    }
    assert_true(n > 100); /* it did pass through the whole commit */
    assert_true(new_ones > 1);
    assert_true(new_ones < n / 2);
}

static void a_second_writer_is_told_who_holds_it(void **state)
{
    struct svct_txn_options options = testdb_options(TESTDB);
    struct svct_txn *txn, *other = NULL;
    struct svct_fault fault = {0};

    (void)state;
    options.holder = "4711 root: svctoken account create deploy";
    assert_int_equal(svct_txn_begin(&options, &txn, &fault), 0);
    options.holder = "somebody else";
    assert_int_equal(svct_txn_begin(&options, &other, &fault), SVCT_E_BUSY);
    assert_null(other);
    assert_int_equal(fault.code, SVCT_E_BUSY);
    assert_non_null(strstr(fault.what, "svctoken account create deploy"));
    assert_int_equal(svct_txn_create(&options, &other, &fault), SVCT_E_BUSY);
    /* Readers notice nothing. */
    assert_int_equal(sequence_now(NULL), 1);
    testdb_commit(txn);
    assert_int_equal(svct_txn_begin(&options, &txn, &fault), 0);
    svct_txn_free(txn);
}

static void a_second_writer_waits(void **state)
{
    struct svct_txn_options options = testdb_options(TESTDB);
    struct svct_fault fault = {0};
    struct svct_txn *txn;
    int ready[2], status;
    char byte;
    pid_t child;

    (void)state;
    assert_int_equal(pipe(ready), 0);
    child = fork();
    if (child == 0) {
        txn = testdb_begin(TESTDB);
        if (write(ready[1], "r", 1) != 1)
            _exit(1);
        usleep(100000);
        testdb_commit(txn);
        _exit(0);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    options.wait_seconds = 60;
    assert_int_equal(svct_txn_begin(&options, &txn, &fault), 0);
    assert_int_equal(svct_txn_sequence(txn), 3); /* it sees the other's */
    svct_txn_free(txn);
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    close(ready[0]);
    close(ready[1]);
}

/* ---- beginning a database ---- */

static int create(const char *dir, struct svct_fault *fault)
{
    struct svct_txn_options options = testdb_options(dir);
    unsigned descriptors = testdb_descriptors();
    struct svct_txn *txn = NULL;
    int r = svct_txn_create(&options, &txn, fault);

    assert_int_equal(r == 0, txn != NULL);
    svct_txn_free(txn);
    assert_int_equal(testdb_descriptors(), descriptors);
    return r;
}

static int begin(const char *dir, struct svct_fault *fault)
{
    struct svct_txn_options options = testdb_options(dir);
    unsigned descriptors = testdb_descriptors();
    struct svct_txn *txn = NULL;
    int r = svct_txn_begin(&options, &txn, fault);

    assert_int_equal(r == 0, txn != NULL);
    svct_txn_free(txn);
    assert_int_equal(testdb_descriptors(), descriptors);
    return r;
}

static void init_twice(void **state)
{
    struct svct_fault fault = {0};

    (void)state;
    testdb_add_account(TESTDB, "alice");
    assert_int_equal(create(TESTDB, &fault), SVCT_E_EXISTS);
    assert_int_equal(fault.code, SVCT_E_EXISTS);
    assert_true(stored("alice"));
    assert_int_equal(listed("alice"), 1);
}

static void init_finds_the_link_lost(void **state)
{
    struct svct_fault fault = {0};

    (void)state;
    testdb_add_account(TESTDB, "alice");
    testdb_add_account(TESTDB, "bob");
    assert_int_equal(unlink(TESTDB "/current"), 0);
    assert_int_equal(create(TESTDB, &fault), SVCT_E_DAMAGED);
    assert_non_null(strstr(fault.what, "ln -s gen-0000000003 current"));
    assert_int_equal(begin(TESTDB, &fault), SVCT_E_NODB);
    /* What the message says works. */
    assert_int_equal(symlink("gen-0000000003", TESTDB "/current"), 0);
    assert_true(stored("alice"));
    assert_true(stored("bob"));
    testdb_commit(testdb_begin(TESTDB));
}

/* A whole one that was never published is not what the link was on. */
static void init_names_what_was_published(void **state)
{
    struct svct_fault fault = {0};
    char path[256];
    pid_t child;
    int status;

    (void)state;
    testdb_add_account(TESTDB, "alice"); /* 2 */
    testdb_add_account(TESTDB, "bob");   /* 3 */
    testdb_add_account(TESTDB, "carol"); /* 4 */
    child = fork();
    if (child == 0) {
        testdb_begin(TESTDB); /* and dies */
        _exit(0);
    }
    waitpid(child, &status, 0);
    assert_true(exists("gen-0000000005"));
    assert_int_equal(unlink(TESTDB "/current"), 0);
    assert_int_equal(create(TESTDB, &fault), SVCT_E_DAMAGED);
    assert_non_null(strstr(fault.what, "ln -s gen-0000000004 current"));
    /* Whole as it is, the mark says what it is. */
    privdir_remove(TESTDB "/gen-0000000005");
    assert_int_equal(rename(TESTDB "/gen-0000000004", TESTDB "/gen-0000000005"),
                     0);
    assert_int_equal(create(TESTDB, &fault), SVCT_E_DAMAGED);
    assert_non_null(strstr(fault.what, "ln -s gen-0000000003 current"));
    /* Not one that lacks records either. */
    snprintf(path, sizeof path, TESTDB "/gen-0000000003/private.gdbm");
    assert_int_equal(truncate(path, 0), 0);
    assert_int_equal(create(TESTDB, &fault), SVCT_E_DAMAGED);
    assert_non_null(strstr(fault.what, "ln -s gen-0000000002 current"));
    snprintf(path, sizeof path, TESTDB "/gen-0000000002/public.gdbm");
    assert_int_equal(unlink(path), 0);
    privdir_remove(TESTDB "/gen-0000000001");
    assert_int_equal(create(TESTDB, &fault), SVCT_E_DAMAGED);
    assert_non_null(strstr(fault.what, "none of them is whole"));
    assert_null(strstr(fault.what, "ln -s"));
}

static void init_after_a_killed_init(void **state)
{
    struct svct_txn_options options = testdb_options(TESTDB);
    struct svct_txn *txn;
    int status;
    pid_t child;

    (void)state;
    privdir_remove(TESTDB);
    child = fork();
    if (child == 0)
        _exit(svct_txn_create(&options, &txn, NULL) == 0 ? 0 : 1);
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    assert_true(exists("gen-0000000001"));
    assert_int_equal(begin(TESTDB, NULL), SVCT_E_NODB);
    assert_int_equal(create(TESTDB, NULL), 0); /* given up again */
    assert_false(exists("gen-0000000001"));
    assert_int_equal(begin(TESTDB, NULL), SVCT_E_NODB);
}

/* That file alone still refuses the accounts of a database that is lost. */
static void init_spares_the_names(void **state)
{
    struct svct_txn_options options = testdb_options(TESTDB);
    struct svct_txn *txn;

    (void)state;
    privdir_remove(TESTDB);
    assert_int_equal(mkdir(TESTDB, 0755), 0);
    privdir_write(TESTDB "/names", "alice\n");
    assert_int_equal(svct_txn_create(&options, &txn, NULL), SVCT_E_DAMAGED);
    assert_int_equal(listed("alice"), 1);
    privdir_write(TESTDB "/names", "");
    assert_int_equal(svct_txn_create(&options, &txn, NULL), 0);
    testdb_commit(txn);
    assert_int_equal(listed("alice"), 0);
    assert_true(exists("names"));
    assert_false(exists("names.stale"));
}

static void places_where_no_database_can_be(void **state)
{
    struct svct_fault fault = {0};

    (void)state;
    assert_int_equal(begin(PRIVDIR "/none", &fault), SVCT_E_NODB);
    assert_int_equal(create(PRIVDIR "/none/deeper", &fault), SVCT_E_IO);
    assert_int_equal(create("relative", &fault), SVCT_E_SYNTAX);
    assert_int_equal(create(PRIVDIR "/../db", &fault), SVCT_E_SYNTAX);
    assert_int_equal(mkdir(PRIVDIR "/open", 0755), 0);
    assert_int_equal(chmod(PRIVDIR "/open", 0777), 0);
    assert_int_equal(create(PRIVDIR "/open/db", &fault), SVCT_E_UNSAFE);
    assert_int_equal(access(PRIVDIR "/open/db", F_OK), -1);
    assert_int_equal(create(PRIVDIR "/open", &fault), SVCT_E_UNSAFE);
    assert_int_equal(rmdir(PRIVDIR "/open"), 0);
    assert_int_equal(symlink(TESTDB, PRIVDIR "/link"), 0);
    assert_int_equal(begin(PRIVDIR "/link", &fault), SVCT_E_UNSAFE);
    assert_int_equal(unlink(PRIVDIR "/link"), 0);
}

static void a_damaged_generation_is_not_built_upon(void **state)
{
    struct svct_fault fault = {0};
    int fd;

    (void)state;
    assert_int_equal(chmod(testdb_path(TESTDB, PRIVATE), 0644), 0);
    assert_int_equal(begin(TESTDB, &fault), SVCT_E_UNSAFE);
    assert_int_equal(chmod(testdb_path(TESTDB, PRIVATE), 0600), 0);
    fd = open(testdb_path(TESTDB, PRIVATE), O_WRONLY | O_APPEND);
    assert_int_equal(write(fd, "x", 1), 1);
    close(fd);
    assert_int_equal(begin(TESTDB, &fault), SVCT_E_DAMAGED);
    assert_int_equal(unlink(testdb_path(TESTDB, PRIVATE)), 0);
    assert_int_equal(begin(TESTDB, &fault), SVCT_E_DAMAGED);
    assert_int_equal(fault.code, SVCT_E_DAMAGED);
    privdir_remove(TESTDB "/gen-0000000001");
    assert_int_equal(begin(TESTDB, &fault), SVCT_E_DAMAGED);
    assert_int_equal(fault.code, SVCT_E_DAMAGED);
}

/* Flips a byte of a value, behind gdbm's back. */
static void damage_record(const char *needle)
{
    const char *path = testdb_path(TESTDB, PRIVATE);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    struct stat st;
    uint8_t *data, *at;

    assert_int_equal(fstat(fd, &st), 0);
    data = malloc((size_t)st.st_size);
    assert_true(svct_safefile_pread(fd, data, (size_t)st.st_size, 0));
    at = memmem(data, (size_t)st.st_size, needle, strlen(needle));
    assert_non_null(at);
    assert_int_equal(pwrite(fd, "#", 1, at - data), 1);
    free(data);
    close(fd);
}

static void a_damaged_record_is_not_replaced(void **state)
{
    struct svct_txn *txn = testdb_begin(TESTDB);

    (void)state;
    assert_int_equal(put_text(txn, "x", "will be damaged"), 0);
    testdb_commit(txn);
    damage_record("will be damaged");
    txn = testdb_begin(TESTDB); /* others can still be changed */
    assert_int_equal(put_text(txn, "y", "fine"), 0);
    testdb_commit(txn);
    txn = testdb_begin(TESTDB);
    assert_int_equal(drop_text(txn, "x"), SVCT_E_DAMAGED);
    assert_int_equal(put_text(txn, "x", "new"), SVCT_E_DAMAGED);
    assert_int_equal(svct_txn_commit(txn, TESTDB_NOW, NULL, NULL),
                     SVCT_E_DAMAGED);
    svct_txn_free(txn);
}

/* ---- the roll ---- */

static const char *roll_path(void)
{
    return TESTDB "/current/" SVCT_ROLL_FILE;
}

static void flip_roll(off_t at)
{
    int fd = open(roll_path(), O_RDWR | O_CLOEXEC);
    uint8_t byte;

    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte ^= 4;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    close(fd);
}

/* Of one that is published no byte can be read. */
static bool roll_unreadable;

ssize_t __real_pread(int fd, void *bytes, size_t len, off_t offset);
ssize_t __wrap_pread(int fd, void *bytes, size_t len, off_t offset);
ssize_t __wrap_pread(int fd, void *bytes, size_t len, off_t offset)
{
    struct stat is, roll;

    if (roll_unreadable && fstat(fd, &is) == 0 &&
        stat(roll_path(), &roll) == 0 && is.st_ino == roll.st_ino &&
        is.st_dev == roll.st_dev) {
        errno = EIO;
        return -1;
    }
    return __real_pread(fd, bytes, len, offset);
}

static int begin_urgently(struct svct_txn **ret_txn, struct svct_fault *fault)
{
    struct svct_txn_options options = testdb_options(TESTDB);

    options.urgent = true;
    return svct_txn_begin(&options, ret_txn, fault);
}

static void copy_bytes(const char *from, const char *to)
{
    static uint8_t bytes[1 << 20];
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ssize_t size = read(in, bytes, sizeof bytes);

    assert_true(size > 0 && size < (ssize_t)sizeof bytes);
    assert_int_equal(write(out, bytes, (size_t)size), size);
    close(in);
    close(out);
}

static void put_meta(const char *path, const struct svct_meta *meta)
{
    struct svct_key key = svct_key_single(SVCT_KIND_META);
    struct svct_record_writer writer;
    GDBM_FILE file;
    size_t size;

    svct_meta_encode(meta, &writer);
    assert_int_equal(svct_record_end(&writer, &key, 0, &size), 0);
    file = gdbm_open(path, 0, GDBM_WRITER | GDBM_NOLOCK, 0, NULL);
    assert_non_null(file);
    assert_int_equal(gdbm_store(file, (datum){(char *)key.data, 1},
                                (datum){(char *)writer.value, (int)size},
                                GDBM_REPLACE),
                     0);
    gdbm_close(file);
}

/* Every record of private.gdbm is of before, but the meta record: a disk can
 * do so that loses writes. alice is as she was, bob is disabled since, carol
 * is gone since, and dave came. */
static void make_stale(void)
{
    struct svct_account account = testdb_account("bob", "None");
    struct svct_snapshot *snapshot;
    struct svct_meta meta;
    struct svct_txn *txn;
    uint32_t tokens;

    testdb_add_account(TESTDB, "alice");
    testdb_add_account(TESTDB, "bob");
    testdb_add_account(TESTDB, "carol");
    copy_bytes(testdb_path(TESTDB, PRIVATE), PRIVDIR "/old.gdbm");
    txn = testdb_begin(TESTDB);
    account.disabled = true;
    assert_int_equal(svct_change_account_update(txn, &account, NULL), 0);
    assert_int_equal(svct_change_account_delete(txn, "carol", &tokens, NULL),
                     0);
    account = testdb_account("dave", "None");
    assert_int_equal(svct_change_account_create(txn, &account, NULL), 0);
    testdb_commit(txn);
    snapshot = testdb_sound(TESTDB, PRIVATE);
    meta = *svct_snapshot_meta(snapshot);
    svct_snapshot_free(snapshot);
    copy_bytes(PRIVDIR "/old.gdbm", testdb_path(TESTDB, PRIVATE));
    put_meta(testdb_path(TESTDB, PRIVATE), &meta);
}

static int look_up(const struct svct_snapshot *snapshot, const char *name)
{
    struct svct_account account;

    return svct_lookup_account(snapshot, name, &account);
}

static void expect_stale(const struct svct_snapshot *snapshot)
{
    assert_int_equal(look_up(snapshot, "alice"), 0);
    assert_int_equal(look_up(snapshot, "bob"), SVCT_E_DAMAGED);
    assert_int_equal(look_up(snapshot, "carol"), SVCT_E_DAMAGED);
    assert_int_equal(look_up(snapshot, "dave"), SVCT_E_DAMAGED);
    assert_int_equal(look_up(snapshot, "eve"), SVCT_E_NOTFOUND);
}

static void old_records_are_damage(void **state)
{
    struct svct_snapshot *snapshot;
    int fd;

    (void)state;
    make_stale();
    fd = testdb_open(TESTDB);
    assert_int_equal(svct_snapshot_open(fd, PRIVATE, &snapshot, NULL), 0);
    close(fd);
    expect_stale(snapshot);
    /* There are as many, and nothing is wrong with the roll. */
    assert_int_equal(svct_snapshot_count(snapshot, NULL), 0);
    assert_int_equal(svct_snapshot_check_roll(snapshot, NULL), 0);
    svct_snapshot_free(snapshot);
}

static void no_change_blesses_an_old_record(void **state)
{
    struct svct_account account;
    struct svct_txn *txn;
    uint32_t tokens;

    (void)state;
    make_stale();
    for (int urgent = 0; urgent < 2; urgent++) {
        if (urgent == 0)
            txn = testdb_begin(TESTDB);
        else
            assert_int_equal(begin_urgently(&txn, NULL), 0);
        expect_stale(svct_txn_view(txn, PRIVATE));
        account = testdb_account("bob", "None");
        assert_int_equal(svct_change_account_update(txn, &account, NULL),
                         SVCT_E_DAMAGED);
        assert_int_equal(svct_change_account_delete(txn, "bob", &tokens, NULL),
                         SVCT_E_DAMAGED);
        account = testdb_account("dave", "None");
        assert_int_equal(svct_change_account_create(txn, &account, NULL),
                         SVCT_E_DAMAGED);
        svct_txn_free(txn);
        /* Others can be changed, and they stay what they are. */
        txn = testdb_begin(TESTDB);
        account = testdb_account("alice", "Viewer");
        assert_int_equal(svct_change_account_update(txn, &account, NULL), 0);
        expect_stale(svct_txn_view(txn, PRIVATE));
        testdb_commit(txn);
    }
}

static void harm_roll(int how)
{
    if (how == 0)
        flip_roll(100);
    else if (how == 1)
        assert_int_equal(truncate(roll_path(), 100), 0);
    else
        assert_int_equal(unlink(roll_path()), 0);
}

/* The digest proves the records without it. */
static void a_damaged_roll_is_made_anew(void **state)
{
    struct svct_fault fault = {0};
    struct svct_txn *txn;

    (void)state;
    testdb_add_account(TESTDB, "alice");
    for (int how = 0; how < 3; how++) {
        harm_roll(how);
        assert_int_equal(begin(TESTDB, &fault), SVCT_E_DAMAGED);
        assert_non_null(strstr(fault.what, SVCT_ROLL_FILE));
        assert_int_equal(begin_urgently(&txn, &fault), 0);
        assert_int_equal(look_up(svct_txn_view(txn, PRIVATE), "alice"), 0);
        assert_int_equal(look_up(svct_txn_view(txn, PRIVATE), "bob"),
                         SVCT_E_NOTFOUND);
        testdb_commit(txn);
        svct_snapshot_free(testdb_sound(TESTDB, PRIVATE));
        assert_int_equal(begin(TESTDB, &fault), 0);
    }
}

/* ... and a bad block of it is no worse than a wrong one: rights can be taken
 * away. */
static void a_roll_that_cannot_be_read(void **state)
{
    struct svct_fault fault = {0};
    struct svct_txn *txn;

    (void)state;
    testdb_add_account(TESTDB, "zed");
    roll_unreadable = true;
    assert_int_equal(begin(TESTDB, &fault), SVCT_E_IO);
    assert_non_null(strstr(fault.what, SVCT_ROLL_FILE));
    assert_int_equal(begin_urgently(&txn, &fault), 0);
    assert_int_equal(look_up(svct_txn_view(txn, PRIVATE), "zed"), 0);
    testdb_commit(txn);
    roll_unreadable = false;
    svct_snapshot_free(testdb_sound(TESTDB, PRIVATE));
    make_stale();
    roll_unreadable = true;
    assert_int_equal(begin_urgently(&txn, NULL), SVCT_E_IO);
    roll_unreadable = false;
}

/* Without the digest nothing vouches for the records of a page that is not
 * whole, and no urgent change makes it so. */
static void a_damaged_roll_stays_so(void **state)
{
    struct svct_fault fault = {0};
    struct svct_txn *txn;

    (void)state;
    make_stale();
    flip_roll(100); /* the one page there is */
    for (int i = 0; i < 2; i++) {
        assert_int_equal(begin(TESTDB, NULL), SVCT_E_DAMAGED);
        assert_int_equal(begin_urgently(&txn, NULL), 0);
        assert_int_equal(look_up(svct_txn_view(txn, PRIVATE), "alice"),
                         SVCT_E_DAMAGED);
        assert_int_equal(look_up(svct_txn_view(txn, PRIVATE), "eve"),
                         SVCT_E_DAMAGED);
        testdb_commit(txn);
    }
    assert_true(exists("gen-0000000003")); /* nothing goes beside it */
    assert_int_equal(unlink(roll_path()), 0);
    assert_int_equal(begin_urgently(&txn, &fault), SVCT_E_DAMAGED);
    assert_non_null(strstr(fault.what, SVCT_ROLL_FILE));
}

/* ---- full disks ---- */

#define SMALL PRIVDIR "/small"

static int mount_small(void **state)
{
    (void)state;
    mkdir(SMALL, 0755);
    if (mount("tmpfs", SMALL, "tmpfs", 0, "mode=0755,size=8m") != 0)
        return -1;
    testdb_init(SMALL "/db");
    return 0;
}

static int unmount_small(void **state)
{
    (void)state;
    return umount(SMALL);
}

/* Writes until nothing fits any more. */
static void fill_up(const char *path)
{
    static const char block[4096];
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);

    while (write(fd, block, sizeof block) > 0)
        ;
    assert_int_equal(errno, ENOSPC);
    close(fd);
}

/* Only the current generation and a full disk. */
static void leave_no_room(void)
{
    int fd = testdb_open(SMALL "/db");
    char name[SVCT_GENERATION_LEN + 1];
    uint64_t sequence;

    assert_int_equal(svct_snapshot_current(fd, name, &sequence, NULL), 0);
    svct_genlist_prune(fd, &(struct svct_genlist_rule){sequence, 0, .keep = 1});
    close(fd);
    fill_up(SMALL "/filler");
}

static int commit_small(bool urgent)
{
    struct svct_txn_options options = testdb_options(SMALL "/db");
    struct svct_fault fault = {0};
    struct svct_txn *txn;
    int r;

    options.urgent = urgent;
    r = svct_txn_begin(&options, &txn, &fault);
    if (r == 0) {
        r = put_text(txn, "x", "changed");
        if (r == 0)
            r = svct_txn_commit(txn, TESTDB_NOW, NULL, &fault);
        svct_txn_free(txn);
    }
    return r;
}

static void a_full_disk_and_the_reserve(void **state)
{
    (void)state;
    assert_int_equal(commit_small(false), 0);
    assert_int_equal(access(SMALL "/db/reserve", F_OK), 0);
    leave_no_room();
    assert_int_equal(commit_small(false), SVCT_E_NOSPACE);
    svct_snapshot_free(testdb_sound(SMALL "/db", PRIVATE));
    assert_int_equal(access(SMALL "/db/reserve", F_OK), 0);
    /* What takes rights away goes through. */
    assert_int_equal(commit_small(true), 0);
    assert_int_equal(access(SMALL "/db/reserve", F_OK), -1);
    svct_snapshot_free(testdb_sound(SMALL "/db", PRIVATE));
    /* And the reserve comes back when there is room. */
    assert_int_equal(unlink(SMALL "/filler"), 0);
    assert_int_equal(commit_small(false), 0);
    assert_int_equal(access(SMALL "/db/reserve", F_OK), 0);
}

/* Takes every block and every inode. Returns whether there were any. */
static bool take_all(void)
{
    static const char block[4096] = "full";
    static unsigned made;
    int fd = open(SMALL "/filler", O_WRONLY | O_CREAT | O_APPEND, 0600);
    bool found = false;
    char path[64];

    while (write(fd, block, sizeof block) > 0)
        found = true;
    assert_int_equal(errno, ENOSPC);
    close(fd);
    for (;; found = true) {
        snprintf(path, sizeof path, SMALL "/file%u", made);
        if (mkdir(path, 0755) != 0)
            break;
        made++;
    }
    assert_int_equal(errno, ENOSPC);
    return found;
}

static int delete_urgently(const char *name)
{
    struct svct_txn_options options = testdb_options(SMALL "/db");
    struct svct_fault fault = {0};
    struct svct_txn *txn;
    uint32_t tokens;
    int r;

    options.urgent = true;
    r = svct_txn_begin(&options, &txn, &fault);
    if (r != 0)
        return r;
    r = svct_change_account_delete(txn, name, &tokens, &fault);
    if (r == 0)
        r = svct_txn_commit(txn, TESTDB_NOW, NULL, &fault);
    svct_txn_free(txn);
    return r;
}

/* Lets the child run, and is there before each of its system calls and after.
 * Returns its exit code. */
static int outrun(pid_t child)
{
    int status;

    waitpid(child, &status, 0);
    assert_true(WIFSTOPPED(status));
    ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_EXITKILL);
    while (!WIFEXITED(status)) {
        take_all();
        ptrace(PTRACE_SYSCALL, child, NULL, NULL);
        waitpid(child, &status, 0);
        assert_false(WIFSIGNALED(status));
    }
    return WEXITSTATUS(status);
}

/* Somebody who keeps filling the disk, and is always faster, gets none of the
 * blocks or inodes that are kept for taking rights away. */
static void the_race_for_the_reserve(void **state)
{
    struct svct_snapshot *snapshot;
    struct svct_account account;
    struct stat st;
    pid_t child;

    (void)state;
    assert_int_equal(
        mount(NULL, SMALL, NULL, MS_REMOUNT, "size=8m,nr_inodes=64"), 0);
    testdb_add_account(SMALL "/db", "alice");
    assert_int_equal(commit_small(false), 0);
    leave_no_room();
    assert_true(take_all());
    assert_int_equal(commit_small(false), SVCT_E_NOSPACE);
    assert_int_equal(access(SMALL "/db/current.new", F_OK), -1);
    take_all();
    child = fork();
    if (child == 0) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        raise(SIGSTOP);
        _exit(-delete_urgently("alice"));
    }
    assert_int_equal(outrun(child), 0);
    snapshot = testdb_sound(SMALL "/db", PRIVATE);
    assert_int_equal(svct_lookup_account(snapshot, "alice", &account),
                     SVCT_E_NOTFOUND);
    assert_int_equal(svct_snapshot_meta(snapshot)->sequence, 4);
    svct_snapshot_free(snapshot);
    /* It looks like any other now. */
    assert_int_equal(stat(SMALL "/db/current", &st), 0);
    assert_int_equal(st.st_mode & 07777, 0755);
    assert_int_equal(privdir_entries(SMALL "/db/current"), 3);
    assert_int_equal(stat(SMALL "/db/current/private.gdbm", &st), 0);
    assert_true((int64_t)st.st_blocks * 512 <= st.st_size + 4096);
    assert_int_equal(access(SMALL "/db/current.new", F_OK), -1);
    /* "names" had no room: it is made anew when there is some. */
    assert_int_equal(access(SMALL "/db/names.stale", F_OK), 0);
    assert_int_equal(unlink(SMALL "/filler"), 0);
    for (unsigned i = 0; i < 64; i++) {
        char path[64];

        snprintf(path, sizeof path, SMALL "/file%u", i);
        rmdir(path);
    }
    assert_int_equal(commit_small(false), 0);
    assert_int_equal(access(SMALL "/db/names.stale", F_OK), -1);
    assert_int_equal(stat(SMALL "/db/names", &st), 0);
    assert_int_equal(st.st_size, 0);
}

/* A change that fails, or is killed at any point, leaves the reserve. */
static void the_reserve_comes_back(void **state)
{
    struct svct_txn_options options = testdb_options(SMALL "/db");
    struct svct_txn *txn;
    struct stat before, st;
    pid_t child;

    (void)state;
    options.urgent = true;
    assert_int_equal(commit_small(false), 0);
    leave_no_room();
    assert_int_equal(stat(SMALL "/db/reserve/private.gdbm", &before), 0);
    assert_int_equal(svct_txn_begin(&options, &txn, NULL), 0);
    assert_int_equal(access(SMALL "/db/reserve", F_OK), -1);
    svct_txn_free(txn);
    assert_int_equal(stat(SMALL "/db/reserve/private.gdbm", &st), 0);
    assert_true(st.st_ino == before.st_ino);
    child = fork();
    if (child == 0)
        _exit(svct_txn_begin(&options, &txn, NULL) == 0 &&
                      put_text(txn, "x", "never") == 0
                  ? 0
                  : 1);
    waitpid(child, NULL, 0);
    assert_int_equal(access(SMALL "/db/reserve", F_OK), -1);
    assert_int_equal(commit_small(false), SVCT_E_NOSPACE);
    assert_int_equal(stat(SMALL "/db/reserve/private.gdbm", &st), 0);
    assert_true(st.st_ino == before.st_ino);
    assert_true(st.st_blocks == before.st_blocks);
    assert_int_equal(commit_small(true), 0);
    assert_int_equal(stat(SMALL "/db/current/private.gdbm", &st), 0);
    assert_true(st.st_ino == before.st_ino);
    svct_snapshot_free(testdb_sound(SMALL "/db", PRIVATE));
}

static bool delete_killed_at(int n)
{
    pid_t child = fork();

    if (child == 0) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        raise(SIGSTOP);
        _exit(delete_urgently("alice") == 0 ? 0 : 1);
    }
    return killed_at(child, n);
}

/* Takes what a dead writer left no claim to. Blocks that are the reserve's are
 * not among it. */
static void fill_what_is_free(void)
{
    int fd = open(SMALL "/filler", O_WRONLY | O_APPEND);
    char byte = 0;

    while (write(fd, &byte, 1) == 1)
        ;
    assert_int_equal(errno, ENOSPC);
    close(fd);
}

/* ... and with a disk that is filled up again each time, it can still be
 * done: nothing is lost to the filler. */
static void the_reserve_and_a_kill(void **state)
{
    bool killed = true, published;
    int n = 1, before = 0, after = 0;

    (void)state;
    for (; killed; n++) {
        struct svct_snapshot *snapshot;
        struct svct_account account;

        unlink(SMALL "/filler");
        testdb_init(SMALL "/db");
        testdb_add_account(SMALL "/db", "alice");
        leave_no_room();
        killed = delete_killed_at(n);
        snapshot = testdb_sound(SMALL "/db", PRIVATE);
        published =
            svct_lookup_account(snapshot, "alice", &account) == SVCT_E_NOTFOUND;
        svct_snapshot_free(snapshot);
        before += !published;
        after += published;
        if (published)
            continue;
        fill_what_is_free();
        assert_int_equal(delete_urgently("alice"), 0);
        svct_snapshot_free(testdb_sound(SMALL "/db", PRIVATE));
    }
    assert_true(before > 100);
    assert_true(after > 1);
}

/* One that has grown too small for the copy is given back to the disk. */
static void a_reserve_that_is_too_small(void **state)
{
    (void)state;
    assert_int_equal(commit_small(false), 0);
    leave_no_room();
    privdir_remove(SMALL "/db/reserve/private.gdbm");
    privdir_write(SMALL "/db/reserve/ballast", "");
    fill_up(SMALL "/db/reserve/ballast");
    privdir_write(SMALL "/db/reserve/private.gdbm", "");
    assert_int_equal(chmod(SMALL "/db/reserve/private.gdbm", 0600), 0);
    assert_int_equal(commit_small(true), 0);
    svct_snapshot_free(testdb_sound(SMALL "/db", PRIVATE));
    assert_int_equal(access(SMALL "/db/reserve/ballast", F_OK), -1);
}

/* As it was once: a file. */
static void a_reserve_of_old(void **state)
{
    struct stat st;

    (void)state;
    privdir_remove(SMALL "/db/reserve");
    privdir_write(SMALL "/db/reserve", "");
    assert_int_equal(truncate(SMALL "/db/reserve", 0), 0);
    assert_int_equal(commit_small(false), 0);
    assert_int_equal(stat(SMALL "/db/reserve", &st), 0);
    assert_true(S_ISDIR(st.st_mode));
    privdir_remove(SMALL "/db/reserve");
    leave_no_room();
    assert_int_equal(truncate(SMALL "/filler", 4 << 20), 0);
    fill_up(SMALL "/db/reserve");
    assert_int_equal(commit_small(false), SVCT_E_NOSPACE);
    assert_int_equal(commit_small(true), 0);
    svct_snapshot_free(testdb_sound(SMALL "/db", PRIVATE));
}

/* Older generations go before anybody is refused. */
static void a_full_disk_and_old_generations(void **state)
{
    int kept;

    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(commit_small(false), 0);
    kept = privdir_entries(SMALL "/db");
    fill_up(SMALL "/filler");
    assert_int_equal(commit_small(false), 0);
    assert_true(privdir_entries(SMALL "/db") < kept);
    assert_int_equal(access(SMALL "/db/reserve", F_OK), 0);
}

static void the_disk_gets_full_in_the_middle(void **state)
{
    struct svct_txn *txn = testdb_begin(SMALL "/db");
    char name[32], text[3000];
    int r = 0, stored_ones = 0;

    (void)state;
    repeated(text, sizeof text - 1, 'x');
    while (r == 0) {
        snprintf(name, sizeof name, "n%d", stored_ones++);
        r = put_text(txn, name, text);
    }
    assert_int_equal(r, SVCT_E_NOSPACE);
    assert_true(stored_ones > 100);
    assert_int_equal(svct_txn_commit(txn, TESTDB_NOW, NULL, NULL),
                     SVCT_E_DAMAGED);
    svct_txn_free(txn);
    svct_snapshot_free(testdb_sound(SMALL "/db", PRIVATE));
    assert_int_equal(commit_small(false), 0);
}

/* The blocks run out between the last change and the rename, at each of many
 * amounts of room left. */
static void the_disk_gets_full_at_the_commit(void **state)
{
    int refused = 0, done = 0;

    (void)state;
    for (int pages = 0; pages < 60; pages++) {
        struct svct_snapshot *snapshot;
        uint64_t before;
        int r;

        leave_no_room();
        assert_int_equal(truncate(SMALL "/filler", 0), 0);
        fill_up(SMALL "/filler");
        {
            struct stat st;

            assert_int_equal(stat(SMALL "/filler", &st), 0);
            assert_int_equal(
                truncate(SMALL "/filler", st.st_size - pages * 4096), 0);
        }
        snapshot = testdb_sound(SMALL "/db", PRIVATE);
        before = svct_snapshot_meta(snapshot)->sequence;
        svct_snapshot_free(snapshot);
        r = commit_small(false);
        snapshot = testdb_sound(SMALL "/db", PRIVATE);
        assert_int_equal(svct_snapshot_meta(snapshot)->sequence,
                         before + (r == 0));
        svct_snapshot_free(snapshot);
        assert_true(r == 0 || r == SVCT_E_NOSPACE);
        refused += r != 0;
        done += r == 0;
    }
    assert_true(refused > 0);
    assert_true(done > 0);
}

/* ---- the file "names" ---- */

static void delete_account(struct svct_txn *txn, const char *name)
{
    uint32_t tokens;

    assert_int_equal(svct_change_account_delete(txn, name, &tokens, NULL), 0);
}

static void create_account(struct svct_txn *txn, const char *name)
{
    struct svct_account account = testdb_account(name, "Viewer");

    assert_int_equal(svct_change_account_create(txn, &account, NULL), 0);
}

static void names_follow_the_accounts(void **state)
{
    struct svct_txn *txn;

    (void)state;
    assert_true(exists("names"));
    testdb_add_account(TESTDB, "bob");
    testdb_add_account(TESTDB, "alice");
    assert_int_equal(listed("alice"), 1);
    assert_int_equal(listed("bob"), 1);
    txn = testdb_begin(TESTDB);
    delete_account(txn, "alice");
    create_account(txn, "carol");
    assert_int_equal(listed("alice"), 1);
    assert_int_equal(listed("carol"), 0);
    testdb_commit(txn);
    assert_int_equal(listed("alice"), 0);
    assert_int_equal(listed("bob"), 1);
    assert_int_equal(listed("carol"), 1);
    assert_false(exists("names.stale"));
}

static void come_and_go_in_one_transaction(void **state)
{
    struct svct_txn *txn;

    (void)state;
    testdb_add_account(TESTDB, "alice");
    txn = testdb_begin(TESTDB);
    delete_account(txn, "alice"); /* goes and comes: stays */
    create_account(txn, "alice");
    create_account(txn, "bob"); /* comes and goes */
    delete_account(txn, "bob");
    create_account(txn, "carol");
    testdb_commit(txn);
    assert_true(stored("alice"));
    assert_int_equal(listed("alice"), 1);
    assert_int_equal(listed("bob"), 0);
    assert_int_equal(listed("carol"), 1);
}

/* A commit that fails once "names" is changed: the rename is impossible, as
 * "current" is a folder. */
static void a_failed_commit_takes_the_names_back(void **state)
{
    struct svct_txn *txn;
    bool published = true;

    (void)state;
    testdb_add_account(TESTDB, "alice");
    txn = testdb_begin(TESTDB);
    delete_account(txn, "alice");
    create_account(txn, "alice");
    create_account(txn, "bob");
    assert_int_equal(unlink(TESTDB "/current"), 0);
    assert_int_equal(mkdir(TESTDB "/current", 0755), 0);
    assert_int_equal(svct_txn_commit(txn, TESTDB_NOW, &published, NULL),
                     SVCT_E_IO);
    assert_false(published);
    svct_txn_free(txn);
    assert_int_equal(rmdir(TESTDB "/current"), 0);
    assert_int_equal(symlink("gen-0000000002", TESTDB "/current"), 0);
    assert_true(stored("alice"));
    assert_int_equal(listed("alice"), 1);
    assert_int_equal(listed("bob"), 0);
    assert_false(exists("names.stale"));
    assert_false(exists("gen-0000000003"));
}

static void stale_names_are_mended(void **state)
{
    (void)state;
    testdb_add_account(TESTDB, "alice");
    privdir_write(TESTDB "/names", "alice\nghost\n");
    write_file("names.stale");
    assert_int_equal(listed("ghost"), 1);
    svct_txn_free(testdb_begin(TESTDB)); /* also without a commit */
    assert_int_equal(listed("ghost"), 0);
    assert_int_equal(listed("alice"), 1);
    assert_false(exists("names.stale"));
}

static void lost_names_are_made_anew(void **state)
{
    (void)state;
    testdb_add_account(TESTDB, "alice");
    assert_int_equal(unlink(TESTDB "/names"), 0);
    testdb_commit(testdb_begin(TESTDB));
    assert_int_equal(listed("alice"), 1);
}

static void damaged_names_are_made_anew(void **state)
{
    static const char *const texts[] = {"alice", "Alice\n", "alice\n\nbob\n",
                                        "alice\nbob", "alice\nghost\xff\n"};

    (void)state;
    testdb_add_account(TESTDB, "alice");
    testdb_add_account(TESTDB, "bob");
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct svct_txn *txn;

        privdir_write(TESTDB "/names", texts[i]);
        txn = testdb_begin(TESTDB);
        if (i % 2 == 0)
            create_account(txn, "carol");
        else
            delete_account(txn, "carol");
        testdb_commit(txn);
        assert_int_equal(listed("alice"), 1);
        assert_int_equal(listed("bob"), 1);
        assert_int_equal(listed("carol"), i % 2 == 0);
        assert_int_equal(listed("ghost"), 0);
    }
    assert_int_equal(chmod(TESTDB "/names", 0666), 0);
    testdb_add_account(TESTDB, "dora");
    assert_int_equal(listed("dora"), 1);
    assert_int_equal(listed("alice"), 1);
}

/* A damaged account: "names" can't be made of the database, but a token of
 * another account can still be revoked. */
static void what_can_not_be_mended_stops_no_one(void **state)
{
    struct svct_account account = testdb_account("dora", "Viewer");
    char id[SVCT_TOKEN_ID_LEN + 1];
    struct svct_txn *txn;

    (void)state;
    testdb_add_account(TESTDB, "alice");
    testdb_add_token(TESTDB, "alice", 1);
    testdb_id(1, id);
    txn = testdb_begin(TESTDB);
    assert_int_equal(put_text(txn, "x", "will be damaged"), 0);
    testdb_commit(txn);
    damage_record("will be damaged");
    write_file("names.stale");
    txn = testdb_begin(TESTDB);
    assert_int_equal(
        svct_change_token_revoke(txn, id, TESTDB_NOW, "me", "", NULL), 0);
    assert_int_equal(svct_txn_commit(txn, TESTDB_NOW, NULL, NULL), 0);
    svct_txn_free(txn);
    assert_int_equal(listed("alice"), 1);
    assert_true(exists("names.stale"));
    /* But nothing that would need the list. */
    txn = testdb_begin(TESTDB);
    assert_int_equal(svct_change_account_create(txn, &account, NULL),
                     SVCT_E_DAMAGED);
    svct_txn_free(txn);
}

int main(void)
{
#define FRESH(test) cmocka_unit_test_setup(test, fresh)
#define SMALL_DISK(test) \
    cmocka_unit_test_setup_teardown(test, mount_small, unmount_small)
    const struct CMUnitTest tests[] = {
        FRESH(nothing_shows_before_the_commit),
        FRESH(an_abort_leaves_no_trace),
        FRESH(commits_leak_no_descriptor),
        FRESH(sequence_and_time_only_grow),
        FRESH(a_failed_change_can_not_be_committed),
        FRESH(deleting_what_is_not_there),
        FRESH(many_changes_are_read_back_too),
        FRESH(generations_are_pruned),
        FRESH(modes_do_not_depend_on_the_umask),
        FRESH(old_bytes_are_gone),
        FRESH(sizes_never_shrink),
        FRESH(the_header_guard_holds),
        FRESH(leftovers_are_removed),
        FRESH(going_back_loses_nothing),
        FRESH(the_one_before_stays),
        FRESH(a_folder_that_can_not_be_removed),
        FRESH(killed_at_any_system_call),
        FRESH(a_second_writer_is_told_who_holds_it),
        FRESH(a_second_writer_waits),
        FRESH(init_twice),
        FRESH(init_finds_the_link_lost),
        FRESH(init_names_what_was_published),
        FRESH(init_after_a_killed_init),
        FRESH(init_spares_the_names),
        FRESH(places_where_no_database_can_be),
        FRESH(a_damaged_generation_is_not_built_upon),
        FRESH(a_damaged_record_is_not_replaced),
        FRESH(old_records_are_damage),
        FRESH(no_change_blesses_an_old_record),
        FRESH(a_damaged_roll_is_made_anew),
        FRESH(a_roll_that_cannot_be_read),
        FRESH(a_damaged_roll_stays_so),
        SMALL_DISK(a_full_disk_and_the_reserve),
        SMALL_DISK(the_race_for_the_reserve),
        SMALL_DISK(the_reserve_comes_back),
        SMALL_DISK(the_reserve_and_a_kill),
        SMALL_DISK(a_reserve_that_is_too_small),
        SMALL_DISK(a_reserve_of_old),
        SMALL_DISK(a_full_disk_and_old_generations),
        SMALL_DISK(the_disk_gets_full_in_the_middle),
        SMALL_DISK(the_disk_gets_full_at_the_commit),
        FRESH(names_follow_the_accounts),
        FRESH(come_and_go_in_one_transaction),
        FRESH(a_failed_commit_takes_the_names_back),
        FRESH(stale_names_are_mended),
        FRESH(lost_names_are_made_anew),
        FRESH(damaged_names_are_made_anew),
        FRESH(what_can_not_be_mended_stops_no_one),
    };

    testdb_enter();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
