/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "auditlog.h"
#include "auditread.h"
#include "../support/fault.h"
#include "../support/privdir.h"

#define DB PRIVDIR "/db"
#define LOG DB "/" SVCT_AUDITLOG_FILE
#define NOW INT64_C(1800000000)

static int fresh(void **state)
{
    (void)state;
    umask(077);
    privdir_remove(DB);
    return mkdir(DB, 0755);
}

static unsigned descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    unsigned count = 0;

    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count;
}

static struct svct_audit edit(const char *name)
{
    struct svct_audit audit;

    svct_audit_begin(&audit, "account-edit");
    svct_audit_add(&audit, "account", name);
    svct_audit_add(&audit, "reason", "a \"b\"\n\xc3\xbc");
    svct_audit_change(&audit, "role", "Viewer", "Admin");
    return audit;
}

static int append_entry(const struct svct_auditlog_entry *entry,
                        struct svct_fault *fault)
{
    struct svct_auditlog log = {.db = DB, .fd = -1};
    int r = svct_auditlog_append(&log, entry, fault);

    assert_int_equal(log.fd, -1);
    return r;
}

static int append_audit(const struct svct_audit *audit, uint64_t sequence,
                        struct svct_fault *fault)
{
    struct svct_auditlog_entry entry = {.audit = audit,
                                        .now = NOW,
                                        .sequence = sequence,
                                        .by = "alice",
                                        .uid = 1000,
                                        .terminal = "pts/3",
                                        .host = ""};

    return append_entry(&entry, fault);
}

/* Leaves no descriptor, and a sentence when it fails. */
static int append(uint64_t sequence)
{
    struct svct_audit audit = edit("deploy");
    struct svct_fault fault = {0};
    unsigned before = descriptors();
    int r = append_audit(&audit, sequence, &fault);

    assert_int_equal(descriptors(), before);
    assert_int_equal(fault.code, r);
    assert_int_equal(fault.what[0] != '\0', r < 0);
    return r;
}

/* ---- reading it back ---- */

struct seen {
    unsigned entries;
    unsigned damaged;
    uint64_t last; /* sequence */
    uint64_t last_damaged;
};

static struct seen read_all(void)
{
    struct svct_auditread reader = {.file = NULL};
    struct seen seen = {0};
    unsigned before = descriptors();
    json_t *entry = NULL;

    assert_int_equal(svct_auditread_open(DB, &reader, NULL), 0);
    for (;;) {
        int r = svct_auditread_next(&reader, &entry, NULL);

        if (r == SVCT_E_DAMAGED) {
            seen.damaged++;
            seen.last_damaged = reader.number;
            continue;
        }
        assert_int_equal(r, 0);
        if (entry == NULL)
            break;
        seen.entries++;
        seen.last =
            (uint64_t)json_integer_value(json_object_get(entry, "sequence"));
        json_decref(entry);
    }
    svct_auditread_done(&reader);
    assert_int_equal(descriptors(), before);
    return seen;
}

static char *content(void)
{
    static char text[8192];
    FILE *file = fopen(LOG, "r");
    size_t len;

    assert_non_null(file);
    len = fread(text, 1, sizeof(text) - 1, file);
    text[len] = '\0';
    fclose(file);
    return text;
}

/* ---- writing ---- */

static void a_line_is_an_object(void **state)
{
    struct stat st;

    (void)state;
    assert_int_equal(append(7), 0);
    assert_string_equal(
        content(),
        "{\"time\":\"2027-01-15T08:00:00Z\",\"sequence\":7,"
        "\"action\":\"account-edit\",\"by\":\"alice\",\"uid\":1000,"
        "\"terminal\":\"pts/3\",\"account\":\"deploy\","
        "\"details\":{\"reason\":\"a \\\"b\\\"\\n\\u00FC\"},"
        "\"changed\":{\"role\":{\"old\":\"Viewer\",\"new\":\"Admin\"}}}\n");
    assert_int_equal(stat(LOG, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(append(8), 0);
    assert_int_equal(read_all().entries, 2);
    assert_int_equal(read_all().last, 8);
}

static void what_is_no_utf8_is_escaped(void **state)
{
    struct svct_audit audit;

    (void)state;
    svct_audit_begin(&audit, "init");
    svct_audit_add(&audit, "db", "/srv/\xff");
    assert_int_equal(append_audit(&audit, 1, NULL), 0);
    assert_non_null(strstr(content(), "\"db\":\"/srv/\\\\xff\""));
    assert_int_equal(read_all().entries, 1);
}

static void what_was_left_out_is_said(void **state)
{
    struct svct_audit audit = edit("deploy");

    (void)state;
    for (int i = 0; i < SVCT_AUDIT_PAIRS_MAX; i++)
        svct_audit_add(&audit, "k", "v");
    assert_int_equal(append_audit(&audit, 1, NULL), 0);
    assert_non_null(strstr(content(), ",\"left_out\":true}\n"));
    assert_int_equal(read_all().entries, 1);
}

/* The longest entry there can be is read again. */
static void the_longest_is_read_again(void **state)
{
    static struct svct_audit audit;
    static char value[SVCT_AUDIT_TEXT_MAX - 100];

    (void)state;
    memset(value, 1, sizeof(value) - 1); /* six letters each */
    svct_audit_begin(&audit, "x");
    svct_audit_add(&audit, "k", value);
    assert_false(audit.left_out);
    assert_int_equal(append_audit(&audit, 1, NULL), 0);
    assert_int_equal(read_all().entries, 1);
}

static void a_torn_line_is_ended(void **state)
{
    (void)state;
    privdir_write(LOG, "{\"time\":\"2027-01-");
    assert_int_equal(append(5), 0);
    assert_int_equal(append(6), 0);
    assert_int_equal(read_all().damaged, 1);
    assert_int_equal(read_all().last_damaged, 1);
    assert_int_equal(read_all().entries, 2);
}

/* logrotate: renamed, and not made anew. */
static void a_rotated_file_is_left_alone(void **state)
{
    (void)state;
    assert_int_equal(append(1), 0);
    assert_int_equal(rename(LOG, LOG ".1"), 0);
    assert_int_equal(append(2), 0);
    assert_int_equal(read_all().entries, 1);
    assert_int_equal(read_all().last, 2);
}

/* ---- what is not written to ---- */

static void a_planted_link_is_not_followed(void **state)
{
    struct stat st;

    (void)state;
    privdir_write(DB "/other", "");
    assert_int_equal(symlink("other", LOG), 0);
    assert_int_equal(append(1), SVCT_E_UNSAFE);
    assert_int_equal(stat(DB "/other", &st), 0);
    assert_int_equal(st.st_size, 0);
    assert_int_equal(unlink(LOG), 0);
    assert_int_equal(symlink("/nowhere", LOG), 0);
    assert_int_equal(append(1), SVCT_E_UNSAFE);
    assert_int_equal(unlink(LOG), 0);
    assert_int_equal(append(1), 0);
}

static void a_planted_file_is_refused(void **state)
{
    (void)state;
    assert_int_equal(mkfifo(LOG, 0600), 0);
    assert_int_equal(append(1), SVCT_E_UNSAFE);
    assert_int_equal(unlink(LOG), 0);
    assert_int_equal(mkdir(LOG, 0700), 0);
    assert_true(append(1) < 0);
    assert_int_equal(rmdir(LOG), 0);
    privdir_write(LOG, "");
    assert_int_equal(chown(LOG, 1, 0), 0);
    assert_int_equal(append(1), SVCT_E_UNSAFE);
    assert_int_equal(chown(LOG, 0, 0), 0);
    assert_int_equal(chmod(LOG, 0620), 0);
    assert_int_equal(append(1), SVCT_E_UNSAFE);
    assert_int_equal(chmod(LOG, 0640), 0);
    assert_int_equal(append(1), 0);
}

static void an_unsafe_folder_is_refused(void **state)
{
    (void)state;
    assert_int_equal(chmod(DB, 0775), 0);
    assert_int_equal(append(1), SVCT_E_UNSAFE);
    assert_int_equal(chmod(DB, 0755), 0);
    assert_int_equal(rmdir(DB), 0);
    assert_int_equal(append(1), SVCT_E_NODB);
}

static void each_database_has_its_folder(void **state)
{
    static const char *const same[] = {SVCT_DBDIR, SVCT_DBDIR "/",
                                       "/" SVCT_DBDIR, SVCT_DBDIR "//"};
    static const char *const others[] = {SVCT_DBDIR "2", "/", "", "/srv/db",
                                         SVCT_DBDIR "/db"};

    (void)state;
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
        assert_string_equal(svct_auditlog_folder(same[i]), SVCT_LOGDIR);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_ptr_equal(svct_auditlog_folder(others[i]), others[i]);
}

/* Without the lock that they have otherwise: each line is one write. */
static void writers_do_not_interleave(void **state)
{
    enum {
        WRITERS = 4,
        LINES = 100
    };
    struct seen seen;
    int status;

    (void)state;
    for (int i = 0; i < WRITERS; i++) {
        pid_t child = fork();

        assert_true(child >= 0);
        if (child == 0) {
            struct svct_audit audit = edit("deploy");
            int failed = 0;

            for (int n = 0; n < LINES; n++)
                failed += append_audit(&audit, 1, NULL) != 0;
            _exit(failed > 0);
        }
    }
    for (int i = 0; i < WRITERS; i++) {
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    seen = read_all();
    assert_int_equal(seen.entries, WRITERS * LINES);
    assert_int_equal(seen.damaged, 0);
}

/* Each finds no file, and at most one of them makes it. */
static void writers_make_the_file_at_once(void **state)
{
    int go[2], status;

    (void)state;
    for (int round = 0; round < 50; round++) {
        privdir_remove(DB "/" SVCT_AUDITLOG_FILE);
        assert_int_equal(pipe(go), 0);
        for (int i = 0; i < 4; i++) {
            pid_t child = fork();
            char none;

            assert_true(child >= 0);
            if (child == 0) {
                struct svct_audit audit = edit("deploy");

                close(go[1]);
                if (read(go[0], &none, 1) != 0)
                    _exit(2);
                _exit(append_audit(&audit, 1, NULL) != 0);
            }
        }
        close(go[0]);
        close(go[1]); /* all at once */
        for (int i = 0; i < 4; i++) {
            assert_true(wait(&status) > 0);
            assert_int_equal(status, 0);
        }
        assert_int_equal(read_all().entries, 4);
    }
}

/* ---- calls that fail ---- */

/* Done, or said why not; and what comes next is whole in either case. */
static void try_append(enum fault_mode mode, bool sticky, unsigned n,
                       bool *ret_hit)
{
    struct svct_audit audit = edit("deploy");
    struct svct_fault fault = {0};
    unsigned before = descriptors();
    long held = fault_held();
    struct seen seen;
    int r;

    fault_arm(mode, sticky, n);
    r = append_audit(&audit, 1, &fault);
    *ret_hit = fault_disarm();
    assert_int_equal(descriptors(), before);
    assert_int_equal(fault_held(), held);
    assert_int_equal(fault.code, r);
    assert_int_equal(fault.what[0] != '\0', r < 0);
    assert_int_equal(append_audit(&audit, 2, NULL), 0);
    seen = read_all();
    assert_int_equal(seen.last, 2);
    assert_true(seen.damaged <= 1);
    assert_true(r < 0 || (seen.entries == 2 && seen.damaged == 0));
}

/* first: in a folder without the file. */
static void try_all(bool first)
{
    static const enum fault_mode modes[] = {FAULT_FAIL, FAULT_FULL, FAULT_SHORT,
                                            FAULT_END};

    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        for (int sticky = 0; sticky <= 1; sticky++) {
            bool hit = true;

            for (unsigned n = 1; hit; n++) {
                assert_true(n < 100);
                fresh(NULL);
                if (!first)
                    privdir_write(LOG, "");
                /* Half of the rest each time, and so to the end. */
                try_append(modes[i], sticky != 0, n, &hit);
            }
        }
    }
}

static void each_call_may_fail(void **state)
{
    bool hit;

    (void)state;
    try_all(true);
    try_all(false);
    assert_true(fault_has_failed("openat"));
    assert_true(fault_has_failed("fstat"));
    assert_true(fault_has_failed("write"));
    assert_true(fault_has_failed("fdatasync"));
    assert_true(fault_has_failed("malloc"));
    fresh(NULL);
    try_append(FAULT_INTERRUPT, false, 1, &hit);
    assert_true(hit);
    assert_int_equal(read_all().entries, 2);
}

static void a_full_disk_is_said(void **state)
{
    struct svct_audit audit = edit("deploy");
    struct svct_fault fault = {0};

    (void)state;
    assert_int_equal(append(1), 0);
    fault_arm(FAULT_FULL, true, 1);
    assert_int_equal(append_audit(&audit, 2, &fault), SVCT_E_NOSPACE);
    assert_true(fault_disarm());
    assert_string_equal(fault.what, "can't write: No space left on device");
}

static void a_clock_gone_wrong_damages_no_line(void **state)
{
    static const int64_t clocks[] = {INT64_MIN, -1, SVCT_TIME_MAX + 1,
                                     INT64_MAX};
    struct svct_audit audit = edit("deploy");
    struct seen seen;

    (void)state;
    for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
        struct svct_auditlog_entry entry = {.audit = &audit,
                                            .now = clocks[i],
                                            .sequence = i + 1,
                                            .by = "alice",
                                            .terminal = "",
                                            .host = ""};

        assert_int_equal(append_entry(&entry, NULL), 0);
    }
    seen = read_all();
    assert_int_equal(seen.entries, 4);
    assert_int_equal(seen.damaged, 0);
}

/* As utmp(5) may have it. */
static void an_odd_host_damages_no_line(void **state)
{
    static const char *const hosts[] = {"a\033[2Jb", "a\nb",       "\xff",
                                        "a\177",     "tmux(1).%0", "h\xc3\xb6"};
    struct svct_audit audit = edit("deploy");
    struct seen seen;

    (void)state;
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        struct svct_auditlog_entry entry = {.audit = &audit,
                                            .now = NOW,
                                            .sequence = i + 1,
                                            .by = "alice",
                                            .terminal = "pts/3",
                                            .host = hosts[i]};

        assert_int_equal(append_entry(&entry, NULL), 0);
    }
    seen = read_all();
    assert_int_equal(seen.entries, 6);
    assert_int_equal(seen.damaged, 0);
}

/* The last line of many syncs them all. All go to the file that the first one
 * found, wherever it is rotated to meanwhile. */
static void a_line_that_another_follows_is_not_synced(void **state)
{
    struct svct_auditlog log = {.db = DB, .fd = -1};
    struct svct_audit audit = edit("deploy");
    struct svct_auditlog_entry entry = {.audit = &audit,
                                        .now = NOW,
                                        .by = "alice",
                                        .terminal = "",
                                        .host = "",
                                        .follows = true};
    unsigned before = descriptors();

    (void)state;
    assert_int_equal(append(1), 0);
    fault_arm(FAULT_FULL, false, 2);
    assert_int_equal(svct_auditlog_append(&log, &entry, NULL), 0);
    assert_false(fault_disarm());
    assert_int_equal(rename(LOG, LOG ".1"), 0);
    assert_int_equal(svct_auditlog_append(&log, &entry, NULL), 0);
    assert_int_equal(access(LOG, F_OK), -1);
    assert_int_equal(rename(LOG ".1", LOG), 0);
    entry.follows = false;
    fault_arm(FAULT_FULL, false, 2);
    assert_int_equal(svct_auditlog_append(&log, &entry, NULL), SVCT_E_NOSPACE);
    assert_true(fault_disarm());
    assert_string_equal(fault_what(), "fdatasync");
    assert_int_equal(descriptors(), before);
    assert_int_equal(read_all().entries, 4);
}

static void the_reader_may_lack_memory(void **state)
{
    bool hit = true;

    (void)state;
    assert_int_equal(append(1), 0);
    for (unsigned n = 1; hit; n++) {
        struct svct_auditread reader = {.file = NULL};
        unsigned before = descriptors();
        long held = fault_held();
        int r;

        fault_arm(FAULT_FAIL, false, n);
        r = svct_auditread_open(DB, &reader, NULL);
        hit = fault_disarm();
        assert_int_equal(r < 0, hit);
        svct_auditread_done(&reader);
        assert_int_equal(descriptors(), before);
        assert_int_equal(fault_held(), held);
    }
}

/* ---- what is no entry ---- */

static void expect_damaged(const char *line)
{
    struct seen seen;

    fresh(NULL);
    privdir_write(LOG, line);
    seen = read_all();
    assert_int_equal(seen.entries, 0);
    assert_int_equal(seen.damaged, 1);
}

#define GOOD_TAIL ",\"details\":{},\"changed\":{}}"
#define GOOD_HEAD                                                           \
    "{\"time\":\"2027-01-15T08:00:00Z\",\"sequence\":7,\"action\":\"init\"" \
    ",\"by\":\"root\",\"uid\":0"

static void other_lines_are_damaged(void **state)
{
    (void)state;
    expect_damaged("[]");
    expect_damaged("7\n");
    expect_damaged("{}\n");
    expect_damaged(GOOD_HEAD "\n");
    expect_damaged(GOOD_HEAD GOOD_TAIL "}\n");
    expect_damaged(GOOD_HEAD ",\"uid\":0" GOOD_TAIL "\n");
    expect_damaged(GOOD_HEAD ",\"account\":7" GOOD_TAIL "\n");
    expect_damaged(GOOD_HEAD ",\"account\":\"\\u001b[2J\"" GOOD_TAIL "\n");
    expect_damaged(GOOD_HEAD ",\"account\":\"a\\u0000b\"" GOOD_TAIL "\n");
    expect_damaged(GOOD_HEAD ",\"id\":null" GOOD_TAIL "\n");
    expect_damaged(GOOD_HEAD ",\"details\":{\"k\":7},\"changed\":{}}\n");
    expect_damaged(GOOD_HEAD ",\"details\":{},\"changed\":{\"k\":\"v\"}}\n");
    expect_damaged(GOOD_HEAD
                   ",\"details\":{},\"changed\":{\"k\":{\"new\":\"v\"}}}\n");
    expect_damaged("{\"time\":\"yesterday\",\"sequence\":7,\"action\":\"init\""
                   ",\"by\":\"root\",\"uid\":0" GOOD_TAIL "\n");
    expect_damaged("{\"time\":\"2027-01-15T08:00:00Z\",\"sequence\":-7,"
                   "\"action\":\"init\",\"by\":\"root\",\"uid\":0" GOOD_TAIL
                   "\n");
    fresh(NULL);
    privdir_write(LOG, GOOD_HEAD GOOD_TAIL "\n");
    assert_int_equal(read_all().entries, 1);
    /* An empty line lacks nothing. */
    privdir_write(LOG, "\n\n" GOOD_HEAD GOOD_TAIL "\n\n");
    assert_int_equal(read_all().entries, 1);
    assert_int_equal(read_all().damaged, 0);
    /* A newer version may know more. */
    privdir_write(LOG, GOOD_HEAD ",\"new\":[1]" GOOD_TAIL "\n");
    assert_int_equal(read_all().entries, 1);
}

/* Cut anywhere, it is no entry; only its line's end may lack. */
static void each_torn_line_is_damaged(void **state)
{
    static const char line[] = GOOD_HEAD GOOD_TAIL;
    char torn[sizeof(line) + 1];

    (void)state;
    for (size_t len = 1; len < sizeof(line) - 1; len++) {
        memcpy(torn, line, len);
        torn[len] = '\n'; /* from the next writer */
        torn[len + 1] = '\0';
        expect_damaged(torn);
    }
    torn[sizeof(line) - 2] = '\0'; /* from nobody */
    expect_damaged(torn);
    fresh(NULL);
    privdir_write(LOG, line);
    assert_int_equal(read_all().entries, 1);
}

/* Its second half comes a little later. */
static void a_line_being_written_is_waited_for(void **state)
{
    static const char line[] = GOOD_HEAD GOOD_TAIL "\n";
    char half[sizeof(line)] = "";
    struct seen seen;
    pid_t child;

    (void)state;
    memcpy(half, line, sizeof(line) / 2);
    privdir_write(LOG, half);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct timespec moment = {.tv_nsec = 5 * 1000 * 1000};
        FILE *file = fopen(LOG, "a");

        nanosleep(&moment, NULL);
        fputs(line + sizeof(line) / 2, file);
        _exit(fclose(file) != 0);
    }
    seen = read_all();
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(seen.entries, 1);
    assert_int_equal(seen.damaged, 0);
}

/* A hole is one long line; what comes behind it is found. */
static void an_endless_line_is_passed_over(void **state)
{
    FILE *file;

    (void)state;
    file = fopen(LOG, "w");
    assert_non_null(file);
    assert_int_equal(fseek(file, 4 * SVCT_AUDITREAD_LINE_MAX, SEEK_SET), 0);
    assert_true(fputs("\n" GOOD_HEAD GOOD_TAIL "\n", file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(read_all().entries, 1);
    assert_int_equal(read_all().last_damaged, 1);
}

static void only_a_regular_file_is_read(void **state)
{
    struct svct_auditread reader = {.file = NULL};
    struct svct_fault fault = {0};

    (void)state;
    assert_int_equal(svct_auditread_open(DB, &reader, &fault), SVCT_E_NOTFOUND);
    assert_int_equal(svct_auditread_open_file(LOG, &reader, &fault),
                     SVCT_E_NOTFOUND);
    assert_int_equal(svct_auditread_open_file(DB, &reader, &fault),
                     SVCT_E_SYNTAX);
    assert_int_equal(mkfifo(LOG, 0600), 0);
    assert_int_equal(svct_auditread_open_file(LOG, &reader, &fault),
                     SVCT_E_SYNTAX);
    assert_int_equal(svct_auditread_open(DB, &reader, &fault), SVCT_E_UNSAFE);
    assert_null(reader.file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_line_is_an_object, fresh),
        cmocka_unit_test_setup(what_is_no_utf8_is_escaped, fresh),
        cmocka_unit_test_setup(what_was_left_out_is_said, fresh),
        cmocka_unit_test_setup(the_longest_is_read_again, fresh),
        cmocka_unit_test_setup(a_torn_line_is_ended, fresh),
        cmocka_unit_test_setup(a_rotated_file_is_left_alone, fresh),
        cmocka_unit_test_setup(a_planted_link_is_not_followed, fresh),
        cmocka_unit_test_setup(a_planted_file_is_refused, fresh),
        cmocka_unit_test_setup(an_unsafe_folder_is_refused, fresh),
        cmocka_unit_test_setup(each_database_has_its_folder, fresh),
        cmocka_unit_test_setup(writers_do_not_interleave, fresh),
        cmocka_unit_test_setup(writers_make_the_file_at_once, fresh),
        cmocka_unit_test_setup(each_call_may_fail, fresh),
        cmocka_unit_test_setup(a_clock_gone_wrong_damages_no_line, fresh),
        cmocka_unit_test_setup(an_odd_host_damages_no_line, fresh),
        cmocka_unit_test_setup(a_full_disk_is_said, fresh),
        cmocka_unit_test_setup(a_line_that_another_follows_is_not_synced,
                               fresh),
        cmocka_unit_test_setup(the_reader_may_lack_memory, fresh),
        cmocka_unit_test_setup(other_lines_are_damaged, fresh),
        cmocka_unit_test_setup(each_torn_line_is_damaged, fresh),
        cmocka_unit_test_setup(a_line_being_written_is_waited_for, fresh),
        cmocka_unit_test_setup(an_endless_line_is_passed_over, fresh),
        cmocka_unit_test_setup(only_a_regular_file_is_read, fresh),
    };
    const char *reason;

    if (!privdir_enter(&reason)) {
        printf("SKIPPED: %s\n", reason);
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
