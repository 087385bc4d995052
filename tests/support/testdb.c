/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "testdb.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include "base/safefile.h"

void testdb_must(int err, const struct svct_fault *fault, const char *what)
{
    if (err == 0)
        return;
    fprintf(stderr, "testdb: %s: %s (%s)\n", what, svct_err_text(err),
            fault->what);
    abort();
}

void testdb_enter(void)
{
    const char *reason;

    if (privdir_enter(&reason))
        return;
    printf("SKIPPED: %s\n", reason);
    exit(77);
}

struct svct_txn_options testdb_options(const char *dir)
{
    return (struct svct_txn_options){.dir = dir, .holder = "root: testdb"};
}

void testdb_init(const char *dir)
{
    struct svct_txn_options options = testdb_options(dir);
    struct svct_fault fault = {0};
    struct svct_txn *txn;

    privdir_remove(dir);
    testdb_must(svct_txn_create(&options, &txn, &fault), &fault, "create");
    testdb_must(svct_change_populate(txn, &fault), &fault, "populate");
    testdb_commit(txn);
}

struct svct_txn *testdb_begin(const char *dir)
{
    struct svct_txn_options options = testdb_options(dir);
    struct svct_fault fault = {0};
    struct svct_txn *txn;

    testdb_must(svct_txn_begin(&options, &txn, &fault), &fault, "begin");
    return txn;
}

void testdb_commit(struct svct_txn *txn)
{
    struct svct_fault fault = {0};

    testdb_must(svct_txn_commit(txn, TESTDB_NOW, NULL, &fault), &fault,
                "commit");
    svct_txn_free(txn);
}

struct svct_account testdb_account(const char *name, const char *role)
{
    struct svct_account account = {
        .created = TESTDB_NOW,
        .created_by = "testdb",
        .expires = SVCT_TIME_NEVER,
    };

    snprintf(account.name, sizeof account.name, "%s", name);
    snprintf(account.role, sizeof account.role, "%s", role);
    return account;
}

void testdb_id(unsigned long number, char ret_id[SVCT_TOKEN_ID_LEN + 1])
{
    /* A factor without a divisor in common with 62^10 keeps them apart and
     * spreads them. */
    uint64_t rest = (number + 1) * UINT64_C(15485863);

    for (int i = 0; i < SVCT_TOKEN_ID_LEN; i++) {
        ret_id[i] = svct_token_digits[rest % 62];
        rest /= 62;
    }
    ret_id[SVCT_TOKEN_ID_LEN] = '\0';
}

struct svct_token testdb_token(const char *account, unsigned long number)
{
    struct svct_token token = {
        .created = TESTDB_NOW,
        .created_by = "testdb",
        .expires = TESTDB_NOW + 3600,
    };

    testdb_id(number, token.id);
    snprintf(token.account, sizeof token.account, "%s", account);
    snprintf(token.name, sizeof token.name, "t%lu", number);
    for (size_t i = 0; i < sizeof token.hash; i++)
        token.hash[i] = (uint8_t)(number * 7 + i);
    return token;
}

void testdb_add_account(const char *dir, const char *name)
{
    struct svct_account account = testdb_account(name, "Admin");
    struct svct_txn *txn = testdb_begin(dir);
    struct svct_fault fault = {0};

    testdb_must(svct_change_account_create(txn, &account, &fault), &fault,
                "account");
    testdb_commit(txn);
}

void testdb_add_token(const char *dir, const char *account,
                      unsigned long number)
{
    struct svct_token token = testdb_token(account, number);
    struct svct_txn *txn = testdb_begin(dir);
    struct svct_fault fault = {0};

    testdb_must(svct_change_token_issue(txn, &token, NULL, &fault), &fault,
                "token");
    testdb_commit(txn);
}

int testdb_open(const char *dir)
{
    struct svct_fault fault = {0};
    int fd;

    testdb_must(svct_safefile_open_dir(dir, &fd, &fault), &fault, dir);
    return fd;
}

static int see(void *arg, const struct svct_key *key,
               struct svct_record *record)
{
    (void)arg;
    (void)key;
    (void)record;
    return 0;
}

struct svct_snapshot *testdb_sound(const char *dir, enum svct_part part)
{
    struct svct_snapshot *snapshot;
    struct svct_fault fault = {0};
    int fd = testdb_open(dir);

    testdb_must(svct_snapshot_open(fd, part, &snapshot, &fault), &fault,
                "open");
    close(fd);
    testdb_must(svct_snapshot_each(snapshot, 0, see, NULL, &fault), &fault,
                "each");
    return snapshot;
}

unsigned testdb_occurs(const char *path, const void *bytes, size_t len)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    unsigned count = 0;
    struct stat st;
    uint8_t *data;

    if (fd < 0 || fstat(fd, &st) != 0)
        abort();
    data = malloc((size_t)st.st_size + 1);
    if (data == NULL || !svct_safefile_pread(fd, data, (size_t)st.st_size, 0))
        abort();
    for (uint8_t *at = data; at != NULL; at++) {
        at = memmem(at, (size_t)(data + st.st_size - at), bytes, len);
        if (at == NULL)
            break;
        count++;
    }
    free(data);
    close(fd);
    return count;
}

const char *testdb_path(const char *dir, enum svct_part part)
{
    static char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/%s/%s", dir, SVCT_CURRENT,
             svct_part_file(part));
    return path;
}

unsigned testdb_descriptors(void)
{
    return (unsigned)privdir_entries("/proc/self/fd");
}
