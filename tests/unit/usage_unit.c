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
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/testdb.h"
#include "auth/usage.h"
#include "base/crc64.h"

#define FILE_PATH TESTDB "/" SVCT_USAGE_FILE
#define SLOTS 8 /* with the head */

static struct svct_fault fault;
static struct svct_usage usage;
static int dir_fd;

static struct svct_seen sample(void)
{
    return (struct svct_seen){.id = "4fK2abcXYZ",
                              .uses = 3,
                              .last_used = 1798761600,
                              .service = "sshd",
                              .rhost = "2001:db8::7"};
}

static void write_file(const void *bytes, size_t len, int64_t offset)
{
    int fd = open(FILE_PATH, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, len, (off_t)offset), len);
    close(fd);
}

static int fresh(void **state)
{
    uint8_t head[SVCT_USAGE_SLOT];

    (void)state;
    privdir_remove(TESTDB);
    assert_int_equal(mkdir(TESTDB, 0755), 0);
    svct_usage_encode_head(head);
    write_file(head, sizeof head, 0);
    assert_int_equal(truncate(FILE_PATH, SLOTS * SVCT_USAGE_SLOT), 0);
    dir_fd = testdb_open(TESTDB);
    assert_int_equal(svct_usage_open(dir_fd, O_RDWR, &usage, &fault), 0);
    return 0;
}

static int closed(void **state)
{
    (void)state;
    svct_usage_close(&usage);
    close(dir_fd);
    return 0;
}

/* ---- bytes ---- */

static void there_and_back(void **state)
{
    uint8_t bytes[SVCT_USAGE_SLOT];
    struct svct_seen seen = sample(), back;

    (void)state;
    svct_usage_encode(5, &seen, bytes);
    assert_int_equal(svct_usage_decode(5, bytes, &back), 0);
    assert_string_equal(back.id, seen.id);
    assert_int_equal(back.uses, 3);
    assert_int_equal(back.last_used, 1798761600);
    assert_string_equal(back.service, "sshd");
    assert_string_equal(back.rhost, "2001:db8::7");
    seen = (struct svct_seen){
        .id = "0000000000", .uses = UINT32_MAX, .last_used = SVCT_TIME_MAX};
    svct_usage_encode(SVCT_SLOT_MAX, &seen, bytes);
    assert_int_equal(svct_usage_decode(SVCT_SLOT_MAX, bytes, &back), 0);
    assert_true(back.uses == UINT32_MAX);
    assert_true(back.last_used == SVCT_TIME_MAX);
    assert_string_equal(back.service, "");
    assert_string_equal(back.rhost, "");
}

/* What comes from outside is cut, and nothing but printable ASCII. */
static void texts_from_outside(void **state)
{
    uint8_t bytes[SVCT_USAGE_SLOT];
    struct svct_seen seen = sample(), back;

    (void)state;
    memset(seen.service, 's', SVCT_USAGE_SERVICE_MAX);
    memset(seen.rhost, 'h', SVCT_USAGE_RHOST_MAX);
    memcpy(seen.rhost, "a b\x1b[1m\xc3\xa9\n\x7f", 11);
    svct_usage_encode(1, &seen, bytes);
    assert_int_equal(svct_usage_decode(1, bytes, &back), 0);
    assert_int_equal(strlen(back.service), SVCT_USAGE_SERVICE_MAX);
    assert_int_equal(strlen(back.rhost), SVCT_USAGE_RHOST_MAX);
    assert_memory_equal(back.rhost, "a?b?[1m????h", 12);
}

static void zeros_are_nothing(void **state)
{
    static const uint8_t zeros[SVCT_USAGE_SLOT];
    struct svct_seen back;

    (void)state;
    assert_int_equal(svct_usage_decode(1, zeros, &back), SVCT_E_NOTFOUND);
    assert_int_equal(svct_usage_decode_head(zeros), SVCT_E_NOTFOUND);
}

/* Each single bit, and each other place. */
static void every_damage_is_noticed(void **state)
{
    uint8_t bytes[SVCT_USAGE_SLOT], head[SVCT_USAGE_SLOT];
    struct svct_seen seen = sample(), back;

    (void)state;
    svct_usage_encode(5, &seen, bytes);
    svct_usage_encode_head(head);
    assert_int_equal(svct_usage_decode_head(head), 0);
    for (size_t bit = 0; bit < sizeof bytes * 8; bit++) {
        uint8_t mask = (uint8_t)(1u << (bit % 8));

        bytes[bit / 8] ^= mask;
        head[bit / 8] ^= mask;
        assert_int_equal(svct_usage_decode(5, bytes, &back), SVCT_E_DAMAGED);
        assert_int_equal(svct_usage_decode_head(head), SVCT_E_DAMAGED);
        bytes[bit / 8] ^= mask;
        head[bit / 8] ^= mask;
    }
    for (uint32_t slot = 0; slot < 300; slot++)
        if (slot != 5)
            assert_int_equal(svct_usage_decode(slot, bytes, &back),
                             SVCT_E_DAMAGED);
    assert_int_equal(svct_usage_decode_head(bytes), SVCT_E_DAMAGED);
}

/* Half of the new over the old, at every length. */
static void torn_writes_are_noticed(void **state)
{
    uint8_t old[SVCT_USAGE_SLOT], new[SVCT_USAGE_SLOT], torn[SVCT_USAGE_SLOT];
    struct svct_seen seen = sample(), back;

    (void)state;
    svct_usage_encode(5, &seen, old);
    seen.uses++;
    seen.last_used += 77;
    svct_usage_encode(5, &seen, new);
    for (size_t len = 1; len < sizeof torn; len++) {
        int r;

        memcpy(torn, old, sizeof torn);
        memcpy(torn, new, len);
        r = svct_usage_decode(5, torn, &back);
        if (memcmp(torn, old, sizeof torn) == 0)
            assert_int_equal(r, 0);
        else
            assert_int_equal(r, SVCT_E_DAMAGED);
    }
}

/* A good check over something that no program of ours writes. */
static void reseal(uint32_t slot, uint8_t *bytes)
{
    uint8_t number[4] = {0, 0, (uint8_t)(slot >> 8), (uint8_t)slot};
    uint64_t check = svct_crc64(svct_crc64(0, number, 4), bytes, 120);

    for (int i = 0; i < 8; i++)
        bytes[120 + i] = (uint8_t)(check >> (8 * (7 - i)));
}

static void contents_that_cannot_be(void **state)
{
    static const struct {
        size_t at;
        uint8_t byte;
        int code;
    } cases[] = {
        {0, 2, SVCT_E_VERSION},     {0, 0, SVCT_E_DAMAGED},
        {1, '-', SVCT_E_DAMAGED},   {10, 0, SVCT_E_DAMAGED},
        {11, 1, SVCT_E_DAMAGED},    {16, 0x80, SVCT_E_DAMAGED},
        {17, 1, SVCT_E_DAMAGED}, /* behind the year 9999 */
        {24, ' ', SVCT_E_DAMAGED},  {55, 'x', SVCT_E_DAMAGED},
        {56, 0x7f, SVCT_E_DAMAGED}, {119, 'x', SVCT_E_DAMAGED},
    };
    uint8_t bytes[SVCT_USAGE_SLOT];
    struct svct_seen seen = sample(), back;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        svct_usage_encode(5, &seen, bytes);
        bytes[cases[i].at] = cases[i].byte;
        reseal(5, bytes);
        assert_int_equal(svct_usage_decode(5, bytes, &back), cases[i].code);
    }
    svct_usage_encode_head(bytes);
    bytes[15] = 2;
    reseal(0, bytes);
    assert_int_equal(svct_usage_decode_head(bytes), SVCT_E_VERSION);
}

/* ---- the file ---- */

static void written_and_read(void **state)
{
    struct svct_seen seen = sample(), back;

    (void)state;
    assert_int_equal(svct_usage_read(&usage, 0, &back), 0);
    assert_int_equal(svct_usage_read(&usage, 3, &back), SVCT_E_NOTFOUND);
    assert_int_equal(svct_usage_write(&usage, 3, &seen), 0);
    assert_int_equal(svct_usage_read(&usage, 3, &back), 0);
    assert_string_equal(back.rhost, "2001:db8::7");
    assert_int_equal(svct_usage_read_own(&usage, 3, "4fK2abcXYZ", &back), 0);
    assert_int_equal(svct_usage_read_own(&usage, 3, "4fK2abcXYY", &back),
                     SVCT_E_NOTFOUND);
    assert_int_equal(svct_usage_read(&usage, 2, &back), SVCT_E_NOTFOUND);
    assert_int_equal(svct_usage_read(&usage, 4, &back), SVCT_E_NOTFOUND);
}

static void never_behind_the_end(void **state)
{
    struct svct_seen seen = sample(), back;
    struct stat st;

    (void)state;
    assert_int_equal(svct_usage_write(&usage, SLOTS - 1, &seen), 0);
    assert_int_equal(svct_usage_write(&usage, SLOTS, &seen), SVCT_E_RANGE);
    assert_int_equal(svct_usage_write(&usage, 0, &seen), SVCT_E_RANGE);
    assert_int_equal(svct_usage_write(&usage, UINT32_MAX, &seen), SVCT_E_RANGE);
    assert_int_equal(svct_usage_read(&usage, SLOTS, &back), SVCT_E_RANGE);
    assert_int_equal(svct_usage_read(&usage, UINT32_MAX, &back), SVCT_E_RANGE);
    assert_int_equal(svct_usage_read_own(&usage, 0, "4fK2abcXYZ", &back),
                     SVCT_E_RANGE);
    assert_int_equal(stat(FILE_PATH, &st), 0);
    assert_int_equal(st.st_size, SLOTS * SVCT_USAGE_SLOT);
    /* shortened since it was opened */
    assert_int_equal(truncate(FILE_PATH, 3 * SVCT_USAGE_SLOT + 5), 0);
    assert_int_equal(svct_usage_read(&usage, 3, &back), SVCT_E_RANGE);
    assert_int_equal(svct_usage_read(&usage, 2, &back), SVCT_E_NOTFOUND);
}

/* "ulimit -f" of who starts sudo must not have the kernel kill it. */
static void within_the_limit_of_file_sizes(void **state)
{
    struct svct_seen seen = sample();
    struct rlimit before, small;

    (void)state;
    signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 3 * SVCT_USAGE_SLOT + 1;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_int_equal(svct_usage_write(&usage, 2, &seen), 0);
    assert_int_equal(svct_usage_write(&usage, 3, &seen), SVCT_E_IO);
    assert_int_equal(errno, EFBIG);
    assert_int_equal(svct_usage_write(&usage, 4, &seen), SVCT_E_IO);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(svct_usage_write(&usage, 3, &seen), 0);
}

static void opened_safely_or_not(void **state)
{
    struct svct_usage other;

    (void)state;
    assert_int_equal(chmod(FILE_PATH, 0644), 0);
    assert_int_equal(svct_usage_open(dir_fd, O_RDONLY, &other, &fault),
                     SVCT_E_UNSAFE);
    assert_int_equal(unlink(FILE_PATH), 0);
    assert_int_equal(svct_usage_open(dir_fd, O_RDWR, &other, &fault),
                     SVCT_E_NOTFOUND);
    assert_int_equal(symlink("/etc/passwd", FILE_PATH), 0);
    assert_int_equal(svct_usage_open(dir_fd, O_RDONLY, &other, &fault),
                     SVCT_E_UNSAFE);
    assert_int_equal(unlink(FILE_PATH), 0);
    assert_int_equal(mkfifo(FILE_PATH, 0600), 0);
    assert_int_equal(svct_usage_open(dir_fd, O_RDWR, &other, &fault),
                     SVCT_E_UNSAFE);
    assert_int_equal(access(FILE_PATH, F_OK), 0);
}

/* ---- locks ---- */

static void a_lock_is_of_one_slot(void **state)
{
    struct svct_usage other;
    pid_t child;
    int status;

    (void)state;
    assert_int_equal(svct_usage_open(dir_fd, O_RDWR, &other, &fault), 0);
    assert_int_equal(svct_usage_lock(&usage, 3, 0), 0);
    assert_int_equal(svct_usage_lock(&other, 3, 0), SVCT_E_BUSY);
    assert_int_equal(svct_usage_lock(&other, 3, 20), SVCT_E_BUSY);
    assert_int_equal(svct_usage_lock(&other, 2, 0), 0);
    assert_int_equal(svct_usage_lock(&other, 4, 0), 0);
    /* A child that the host forks now does not keep it. */
    child = fork();
    if (child == 0) {
        pause();
        _exit(0);
    }
    svct_usage_unlock(&usage, 3);
    assert_int_equal(svct_usage_lock(&other, 3, 0), 0);
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    svct_usage_close(&other);
    assert_int_equal(svct_usage_lock(&usage, 3, 0), 0);
}

#define FILE_CASE(name) cmocka_unit_test_setup_teardown(name, fresh, closed)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(texts_from_outside),
        cmocka_unit_test(zeros_are_nothing),
        cmocka_unit_test(every_damage_is_noticed),
        cmocka_unit_test(torn_writes_are_noticed),
        cmocka_unit_test(contents_that_cannot_be),
        FILE_CASE(written_and_read),
        FILE_CASE(never_behind_the_end),
        FILE_CASE(within_the_limit_of_file_sizes),
        FILE_CASE(opened_safely_or_not),
        FILE_CASE(a_lock_is_of_one_slot),
    };

    testdb_enter();
    umask(022);
    return cmocka_run_group_tests_name("usage", tests, NULL, NULL);
}
