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
#define ID "4fK2abcXYZ"
#define OTHER "0000000000"

static struct svct_fault fault;
static struct svct_usage usage;
static int dir_fd;

static struct svct_seen sample(void)
{
    return (struct svct_seen){.id = ID,
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
    (void)state;
    privdir_remove(TESTDB);
    assert_int_equal(mkdir(TESTDB, 0755), 0);
    write_file("", 1, svct_usage_end(SLOTS - 1) - 1);
    dir_fd = testdb_open(TESTDB);
    assert_int_equal(svct_usage_open(dir_fd, O_RDWR, &usage, &fault), 0);
    assert_int_equal(svct_usage_write_head(&usage), 0);
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
        {0, 3, SVCT_E_VERSION},
        {0, 1, SVCT_E_DAMAGED},
        {0, 0, SVCT_E_DAMAGED},
        {1, '-', SVCT_E_DAMAGED},
        {10, 0, SVCT_E_DAMAGED},
        {11, 1, SVCT_E_DAMAGED},
        {16, 0x80, SVCT_E_DAMAGED},
        {17, 1, SVCT_E_DAMAGED}, /* behind the year 9999 */
        {24, ' ', SVCT_E_DAMAGED},
        {55, 'x', SVCT_E_DAMAGED},
        {56, 0x7f, SVCT_E_DAMAGED},
        {119, 'x', SVCT_E_DAMAGED},
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
    bytes[15] = 3;
    reseal(0, bytes);
    assert_int_equal(svct_usage_decode_head(bytes), SVCT_E_VERSION);
    bytes[15] = 1;
    reseal(0, bytes);
    assert_int_equal(svct_usage_decode_head(bytes), SVCT_E_DAMAGED);
}

/* ---- the places ---- */

static void the_places(void **state)
{
    static const struct {
        uint32_t slot;
        int64_t first, second;
    } places[] = {
        {0, 0, 65536},
        {1, 128, 65664},
        {511, 65408, 130944},
        {512, 131072, 196608},
        {SVCT_SLOT_MAX, INT64_C(1) << 32, (INT64_C(1) << 32) + 65536}};

    (void)state;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        uint32_t slot = places[i].slot;

        assert_true(svct_usage_offset(slot, 0) == places[i].first);
        assert_true(svct_usage_offset(slot, 1) == places[i].second);
        assert_true(svct_usage_end(slot) == places[i].second + 128);
    }
}

/* No two in one place; and in no block of any size that disks have both of one
 * slot. */
static void copies_are_apart(void **state)
{
    enum {
        UP_TO = 2000
    };
    static bool taken[2 * (UP_TO + SVCT_USAGE_GROUP)];

    (void)state;
    for (uint32_t slot = 0; slot < UP_TO; slot++) {
        int64_t first = svct_usage_offset(slot, 0);
        int64_t second = svct_usage_offset(slot, 1);

        for (int64_t block = 512; block <= 65536; block *= 2)
            assert_true(first / block != second / block);
        assert_int_equal(first % SVCT_USAGE_SLOT, 0);
        assert_false(taken[first / SVCT_USAGE_SLOT]);
        taken[first / SVCT_USAGE_SLOT] = true;
        assert_false(taken[second / SVCT_USAGE_SLOT]);
        taken[second / SVCT_USAGE_SLOT] = true;
        assert_true(slot == 0 ||
                    svct_usage_end(slot) > svct_usage_end(slot - 1));
    }
}

static void how_many_slots(void **state)
{
    struct svct_usage sized = {.fd = -1};

    (void)state;
    assert_int_equal(svct_usage_slots(&sized), 0);
    for (uint32_t slot = 0; slot < 2000; slot++) {
        sized.size = svct_usage_offset(slot, 0) + SVCT_USAGE_SLOT;
        assert_int_equal(svct_usage_slots(&sized), slot + 1);
        sized.size--;
        assert_int_equal(svct_usage_slots(&sized), slot);
    }
    sized.size = svct_usage_end(511) + 5;
    assert_int_equal(svct_usage_slots(&sized), 512);
    sized.size = svct_usage_end(SVCT_SLOT_MAX);
    assert_int_equal(svct_usage_slots(&sized), SVCT_SLOT_MAX + 1);
    sized.size = INT64_MAX;
    assert_int_equal(svct_usage_slots(&sized), SVCT_SLOT_MAX + 1);
}

/* ---- the file ---- */

static int count(uint32_t slot, struct svct_seen *ret_seen)
{
    return svct_usage_read_count(&usage, slot, ID, ret_seen);
}

static int note(uint32_t slot, struct svct_seen *ret_seen)
{
    return svct_usage_read_note(&usage, slot, ID, ret_seen);
}

static void written_and_read(void **state)
{
    struct svct_seen seen = sample(), back;
    struct svct_token token = {.id = ID, .slot = 3};

    (void)state;
    assert_int_equal(svct_usage_read_copy(&usage, 3, 0, &back),
                     SVCT_E_NOTFOUND);
    assert_int_equal(count(3, &back), SVCT_E_NOTFOUND);
    assert_int_equal(note(3, &back), SVCT_E_NOTFOUND);
    assert_int_equal(svct_usage_write(&usage, 3, &seen), 0);
    for (unsigned copy = 0; copy < SVCT_USAGE_COPIES; copy++) {
        assert_int_equal(svct_usage_read_copy(&usage, 3, copy, &back), 0);
        assert_string_equal(back.rhost, "2001:db8::7");
        assert_int_equal(svct_usage_read_copy(&usage, 2, copy, &back),
                         SVCT_E_NOTFOUND);
        assert_int_equal(svct_usage_read_copy(&usage, 4, copy, &back),
                         SVCT_E_NOTFOUND);
    }
    assert_int_equal(count(3, &back), 0);
    assert_int_equal(note(3, &back), 0);
    assert_int_equal(svct_usage_read_own(&usage, &token, &back), 0);
    assert_int_equal(svct_usage_read_count(&usage, 3, OTHER, &back),
                     SVCT_E_NOTFOUND);
    assert_int_equal(svct_usage_read_note(&usage, 3, OTHER, &back),
                     SVCT_E_DAMAGED);
}

/* A note goes to the first copy, and by the later one of both is told when. */
static void a_note_and_what_is_read_of_it(void **state)
{
    struct svct_seen seen = sample(), back;
    struct svct_token token = {.id = ID, .slot = 3};

    (void)state;
    assert_int_equal(svct_usage_write_note(&usage, 3, &seen), 0);
    assert_int_equal(svct_usage_read_copy(&usage, 3, 1, &back),
                     SVCT_E_NOTFOUND);
    assert_int_equal(note(3, &back), 0);
    assert_int_equal(back.last_used, seen.last_used);
    seen.last_used += 60;
    assert_int_equal(svct_usage_write(&usage, 3, &seen), 0);
    seen.last_used -= 7;
    seen.uses = 9;
    assert_int_equal(svct_usage_write_note(&usage, 3, &seen), 0);
    assert_int_equal(svct_usage_read_own(&usage, &token, &back), 0);
    assert_int_equal(back.last_used, seen.last_used + 7);
    seen.last_used += 8;
    assert_int_equal(svct_usage_write_note(&usage, 3, &seen), 0);
    assert_int_equal(svct_usage_read_own(&usage, &token, &back), 0);
    assert_int_equal(back.last_used, seen.last_used);
    token.max_uses = 20; /* then by the count */
    assert_int_equal(svct_usage_read_own(&usage, &token, &back), 0);
    assert_int_equal(back.uses, 9);
}

static void put_copy(uint32_t slot, unsigned copy, const void *bytes)
{
    write_file(bytes, SVCT_USAGE_SLOT, svct_usage_offset(slot, copy));
}

static void put_seen(uint32_t slot, unsigned copy, const struct svct_seen *seen)
{
    uint8_t bytes[SVCT_USAGE_SLOT];

    svct_usage_encode(slot, seen, bytes);
    put_copy(slot, copy, bytes);
}

static void put_newer(uint32_t slot, unsigned copy)
{
    uint8_t bytes[SVCT_USAGE_SLOT];
    struct svct_seen seen = sample();

    svct_usage_encode(slot, &seen, bytes);
    bytes[0]++;
    reseal(slot, bytes);
    put_copy(slot, copy, bytes);
}

/* What one copy may be while the other one is sound; and what both give. */
enum what {
    OWN,
    LESS,
    MORE,
    ZEROS,
    DAMAGED,
    ANOTHERS,
    NEWER,
    WHATS
};

static void put_what(enum what what, unsigned copy)
{
    static const uint8_t zeros[SVCT_USAGE_SLOT];
    struct svct_seen seen = sample(), other = sample();
    uint8_t bytes[SVCT_USAGE_SLOT];

    memcpy(other.id, OTHER, sizeof other.id);
    other.uses = 70;
    svct_usage_encode(3, &seen, bytes);
    bytes[14]++;
    seen.uses = what == LESS ? 2 : what == MORE ? 4 : 3;
    if (what == ZEROS)
        put_copy(3, copy, zeros);
    else if (what == DAMAGED)
        put_copy(3, copy, bytes);
    else if (what == NEWER)
        put_newer(3, copy);
    else
        put_seen(3, copy, what == ANOTHERS ? &other : &seen);
}

/* The count of one copy, which is not its own to say: 0. */
static uint32_t uses_of(enum what what)
{
    return what == OWN ? 3 : what == LESS ? 2 : what == MORE ? 4 : 0;
}

static int code_of(enum what a, enum what b)
{
    if (a == NEWER || b == NEWER)
        return SVCT_E_VERSION;
    if (a <= MORE || b <= MORE)
        return 0;
    return a == DAMAGED || b == DAMAGED ? SVCT_E_DAMAGED : SVCT_E_NOTFOUND;
}

/* Never less than what one of them says, and never another token's. */
static void every_two_copies(void **state)
{
    (void)state;
    for (int a = 0; a < WHATS; a++)
        for (int b = 0; b < WHATS; b++) {
            uint32_t left = uses_of((enum what)a),
                     right = uses_of((enum what)b);
            struct svct_seen back = {.uses = 99};
            int code = code_of((enum what)a, (enum what)b);

            put_what((enum what)a, 0);
            put_what((enum what)b, 1);
            assert_int_equal(count(3, &back), code);
            if (code != 0)
                assert_int_equal(back.uses, 99);
            else
                assert_int_equal(back.uses, left > right ? left : right);
        }
}

/* What is not known must not be told as "never". */
static void notes_by_the_first_copy(void **state)
{
    static const int codes[WHATS] = {[ZEROS] = SVCT_E_DAMAGED,
                                     [DAMAGED] = SVCT_E_DAMAGED,
                                     [ANOTHERS] = SVCT_E_DAMAGED,
                                     [NEWER] = SVCT_E_VERSION};
    struct svct_seen back;

    (void)state;
    for (int what = 0; what < WHATS; what++) {
        put_what((enum what)what, 0);
        put_what(OWN, 1);
        assert_int_equal(note(3, &back), codes[what]);
        put_what(OWN, 0);
        put_what((enum what)what, 1);
        assert_int_equal(note(3, &back), 0);
        assert_string_equal(back.id, ID);
    }
}

static void the_head_twice(void **state)
{
    static const uint8_t zeros[SVCT_USAGE_SLOT], ones[SVCT_USAGE_SLOT] = {1};
    bool both = false;

    (void)state;
    assert_int_equal(svct_usage_read_head(&usage, &both), 0);
    assert_true(both);
    for (unsigned copy = 0; copy < SVCT_USAGE_COPIES; copy++) {
        put_copy(0, copy, copy == 0 ? ones : zeros);
        assert_int_equal(svct_usage_read_head(&usage, &both), 0);
        assert_false(both);
        assert_int_equal(svct_usage_write_head(&usage), 0);
        assert_int_equal(svct_usage_read_head(&usage, &both), 0);
        assert_true(both);
    }
    put_copy(0, 0, zeros);
    put_copy(0, 1, ones);
    assert_int_equal(svct_usage_read_head(&usage, &both), SVCT_E_DAMAGED);
    put_copy(0, 1, zeros);
    assert_int_equal(svct_usage_read_head(&usage, &both), SVCT_E_NOTFOUND);
    usage.size = 4096; /* as a crash can leave it */
    assert_int_equal(svct_usage_read_head(&usage, &both), SVCT_E_NOTFOUND);
    put_copy(0, 0, ones);
    assert_int_equal(svct_usage_read_head(&usage, &both), SVCT_E_DAMAGED);
    usage.size = 100;
    assert_int_equal(svct_usage_read_head(&usage, &both), SVCT_E_RANGE);
}

/* A file of version 1 had each slot once, number n at 128 n. It is damage, in
 * the places where it would be taken for a copy, too. */
static void a_file_of_version_1(void **state)
{
    uint8_t bytes[SVCT_USAGE_SLOT];
    struct svct_seen seen = sample(), back;
    bool both;

    (void)state;
    svct_usage_encode_head(bytes);
    bytes[15] = 1;
    reseal(0, bytes);
    put_copy(0, 0, bytes);
    for (uint32_t slot = 1; slot < 512 + SLOTS; slot++) {
        svct_usage_encode(slot, &seen, bytes);
        bytes[0] = 1;
        reseal(slot, bytes);
        write_file(bytes, sizeof bytes, (int64_t)slot * SVCT_USAGE_SLOT);
    }
    assert_int_equal(svct_usage_read_head(&usage, &both), SVCT_E_DAMAGED);
    for (uint32_t slot = 1; slot < SLOTS; slot++) {
        assert_int_equal(count(slot, &back), SVCT_E_DAMAGED);
        assert_int_equal(note(slot, &back), SVCT_E_DAMAGED);
    }
}

static void never_behind_the_end(void **state)
{
    struct svct_seen seen = sample(), back;
    struct stat st;

    (void)state;
    assert_int_equal(svct_usage_write(&usage, SLOTS - 1, &seen), 0);
    assert_int_equal(svct_usage_write(&usage, SLOTS, &seen), SVCT_E_RANGE);
    assert_int_equal(svct_usage_read_copy(&usage, SLOTS, 0, &back),
                     SVCT_E_NOTFOUND); /* not even the first copy */
    assert_int_equal(svct_usage_write_note(&usage, SLOTS, &seen), 0);
    assert_int_equal(svct_usage_write_note(&usage, SVCT_USAGE_GROUP, &seen),
                     SVCT_E_RANGE);
    assert_int_equal(svct_usage_write(&usage, 0, &seen), SVCT_E_RANGE);
    assert_int_equal(svct_usage_write_note(&usage, 0, &seen), SVCT_E_RANGE);
    assert_int_equal(svct_usage_write(&usage, UINT32_MAX, &seen), SVCT_E_RANGE);
    assert_int_equal(svct_usage_read_copy(&usage, SLOTS, 1, &back),
                     SVCT_E_RANGE);
    assert_int_equal(svct_usage_read_copy(&usage, UINT32_MAX, 0, &back),
                     SVCT_E_RANGE);
    assert_int_equal(count(SLOTS, &back), SVCT_E_RANGE);
    assert_int_equal(count(0, &back), SVCT_E_RANGE);
    assert_int_equal(note(0, &back), SVCT_E_RANGE);
    assert_int_equal(stat(FILE_PATH, &st), 0);
    assert_int_equal(st.st_size, svct_usage_end(SLOTS - 1));
    /* shortened since it was opened */
    assert_int_equal(truncate(FILE_PATH, 3 * SVCT_USAGE_SLOT + 5), 0);
    assert_int_equal(svct_usage_read_copy(&usage, 3, 0, &back), SVCT_E_RANGE);
    assert_int_equal(svct_usage_read_copy(&usage, 2, 0, &back),
                     SVCT_E_NOTFOUND);
    assert_int_equal(svct_usage_read_copy(&usage, 2, 1, &back), SVCT_E_RANGE);
}

/* "ulimit -f" of who starts sudo must not have the kernel kill it. */
static void within_the_limit_of_file_sizes(void **state)
{
    struct svct_seen seen = sample(), back;
    struct rlimit before, small;

    (void)state;
    signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = (rlim_t)svct_usage_end(2) + 1;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_int_equal(svct_usage_write(&usage, 2, &seen), 0);
    assert_int_equal(svct_usage_write(&usage, 3, &seen), SVCT_E_IO);
    assert_int_equal(errno, EFBIG);
    assert_int_equal(svct_usage_read_copy(&usage, 3, 0, &back),
                     SVCT_E_NOTFOUND); /* not even the first copy */
    assert_int_equal(svct_usage_write_note(&usage, 3, &seen), 0);
    assert_int_equal(svct_usage_write(&usage, 4, &seen), SVCT_E_IO);
    small.rlim_cur = 3 * SVCT_USAGE_SLOT + 1;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_int_equal(svct_usage_write_note(&usage, 2, &seen), 0);
    assert_int_equal(svct_usage_write_note(&usage, 3, &seen), SVCT_E_IO);
    assert_int_equal(errno, EFBIG);
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

/* Opened for reading it keeps out who writes, and is kept out by one. */
static void a_lock_for_reading(void **state)
{
    struct svct_usage reader, another;

    (void)state;
    assert_int_equal(svct_usage_open(dir_fd, O_RDONLY, &reader, &fault), 0);
    assert_int_equal(svct_usage_open(dir_fd, O_RDONLY, &another, &fault), 0);
    assert_int_equal(svct_usage_lock(&reader, 3, 0), 0);
    assert_int_equal(svct_usage_lock(&another, 3, 0), 0);
    assert_int_equal(svct_usage_lock(&usage, 3, 0), SVCT_E_BUSY);
    svct_usage_unlock(&reader, 3);
    svct_usage_unlock(&another, 3);
    assert_int_equal(svct_usage_lock(&usage, 3, 0), 0);
    assert_int_equal(svct_usage_lock(&reader, 3, 0), SVCT_E_BUSY);
    svct_usage_close(&reader);
    svct_usage_close(&another);
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
        cmocka_unit_test(the_places),
        cmocka_unit_test(copies_are_apart),
        cmocka_unit_test(how_many_slots),
        FILE_CASE(written_and_read),
        FILE_CASE(a_note_and_what_is_read_of_it),
        FILE_CASE(every_two_copies),
        FILE_CASE(notes_by_the_first_copy),
        FILE_CASE(the_head_twice),
        FILE_CASE(a_file_of_version_1),
        FILE_CASE(never_behind_the_end),
        FILE_CASE(within_the_limit_of_file_sizes),
        FILE_CASE(opened_safely_or_not),
        FILE_CASE(a_lock_is_of_one_slot),
        FILE_CASE(a_lock_for_reading),
    };

    testdb_enter();
    umask(022);
    return cmocka_run_group_tests_name("usage", tests, NULL, NULL);
}
