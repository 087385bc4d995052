/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kill -9 of a writer at random moments, with readers looking on.
 *
 * The writer does a fixed sequence of changes, one commit each: which accounts
 * and tokens there are after k of them follows from k alone, and each commit
 * notes its k in the database. It reports each finished commit through a
 * pipe. After each kill: the database is whole and is that of k = what was
 * reported, or one more; the next commit works, and after it nothing is left
 * over and "names" fits. Readers meanwhile see no error, and never a commit
 * undone; and a token with a limit of uses, whose slot is made before the
 * commit, is whole with it. Accounts are Unix users by svctoken alone, and a
 * role has a group that is: so each commit publishes, and both files must be of
 * one generation and agree. Making the database is interrupted in the same way.
 *
 * KILLER_TRIALS=N makes more of them, KILLER_SEED=N repeats a round.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/dbmake.h"
#include "../support/dbwhole.h"
#include "../support/privdir.h"
#include "auth/lookup.h"
#include "auth/role.h"
#include "auth/secret.h"
#include "auth/use.h"
#include "auth/verify.h"
#include "base/publook.h"
#include "base/safefile.h"
#include "write/change.h"
#include "write/change_role.h"
#include "write/txn.h"

#define DB PRIVDIR "/db"
#define TRIALS_SHORT 300
#define INIT_TRIALS 60
#define READERS 2
#define STEPS 8 /* changes to one account, see change() */
#define ALIVE 2 /* accounts that are there at a time, beside two others */
#define PAUSE_MAX 600000 /* nanoseconds until the kill */
#define COUNTER "counter"
#define FIRST_UID SVCT_ID_RANGE_MIN
#define FIRST_GID 200000 /* outside of the range */

static struct shared {
    atomic_bool stop;
    atomic_bool failed;
    atomic_ulong looks;
    atomic_uint finished; /* commits: never more than there are */
    char text[SVCT_TOKEN_LEN + 1];
    char text_limited[SVCT_TOKEN_LEN + 1];
    char id_limited[SVCT_TOKEN_ID_LEN + 1];
} * shared;

static uint64_t seed, random_state;

/* ---- saying what went wrong ---- */

#define CHECK(condition, ...)                        \
    do {                                             \
        if (!(condition))                            \
            fail(__LINE__, #condition, __VA_ARGS__); \
    } while (0)

static void fail(int line, const char *condition, const char *format, ...)
    __attribute__((format(printf, 3, 4), noreturn));
static void fail(int line, const char *condition, const char *format, ...)
{
    char text[600];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (shared != NULL)
        atomic_store(&shared->failed, true);
    fprintf(stderr, "killer.c:%d: seed %llu: not so: %s\n    %s\n", line,
            (unsigned long long)seed, condition, text);
    _exit(1);
}

/* xorshift64 (Marsaglia 2003). */
static uint64_t random_below(uint64_t limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state % limit;
}

/* ---- the sequence of changes ---- */

static void account_name(unsigned j, char name[SVCT_LOGIN_MAX + 1])
{
    snprintf(name, SVCT_LOGIN_MAX + 1, "made%u", j);
}

static void token_id(char which, unsigned j, char id[SVCT_TOKEN_ID_LEN + 1])
{
    snprintf(id, SVCT_TOKEN_ID_LEN + 1, "%c%09u", which, j % 1000000000);
}

static int issue(struct svct_txn *txn, char which, unsigned j,
                 struct svct_fault *fault)
{
    char name[SVCT_LOGIN_MAX + 1];
    struct svct_token token;

    account_name(j, name);
    token = dbmake_token(name, which == 'T' ? "first" : "second");
    token_id(which, j, token.id);
    token.max_uses = which == 'T' ? 3 : 0;
    return svct_change_token_issue(txn, &token, NULL, fault);
}

static int revoke_token(struct svct_txn *txn, unsigned j,
                        struct svct_fault *fault)
{
    char id[SVCT_TOKEN_ID_LEN + 1];

    token_id('T', j, id);
    return svct_change_token_revoke(txn, id, time(NULL), "killer", "", fault);
}

static int delete_token(struct svct_txn *txn, unsigned j,
                        struct svct_fault *fault)
{
    char id[SVCT_TOKEN_ID_LEN + 1];

    token_id('U', j, id);
    return svct_change_token_delete(txn, id, fault);
}

static int create_account(struct svct_txn *txn, unsigned j,
                          struct svct_fault *fault)
{
    char name[SVCT_LOGIN_MAX + 1];
    struct svct_account account;

    account_name(j, name);
    account = dbmake_account(name, SVCT_ROLE_EDITOR);
    account.uid = account.gid = FIRST_UID + j;
    snprintf(account.home, sizeof account.home, "/srv/%s", name);
    snprintf(account.shell, sizeof account.shell, "/bin/sh");
    return svct_change_account_create(txn, &account, fault);
}

static int move_account(struct svct_txn *txn, unsigned j,
                        struct svct_fault *fault)
{
    char name[SVCT_LOGIN_MAX + 1];
    struct svct_account account;
    int r;

    account_name(j, name);
    r = svct_lookup_account(svct_txn_view(txn, SVCT_PART_PRIVATE), name,
                            &account);
    if (r != 0)
        return r;
    snprintf(account.role, sizeof account.role, "%s", SVCT_ROLE_VIEWER);
    return svct_change_account_update(txn, &account, fault);
}

static void group_name(unsigned j, char name[SVCT_GROUP_NAME_MAX + 1])
{
    snprintf(name, SVCT_GROUP_NAME_MAX + 1, "ring%u", j);
}

/* The role has one of svctoken's own, each time another one. */
static int change_group(struct svct_txn *txn, unsigned j,
                        struct svct_fault *fault)
{
    struct svct_role role;
    int r = svct_lookup_role(svct_txn_view(txn, SVCT_PART_PRIVATE),
                             SVCT_ROLE_EDITOR, &role);

    if (r != 0)
        return r;
    role.groups_count = 1;
    group_name(j, role.groups[0]);
    role.gids[0] = FIRST_GID + j;
    return svct_change_role_update(txn, &role, fault);
}

static int delete_account(struct svct_txn *txn, unsigned j,
                          struct svct_fault *fault)
{
    char name[SVCT_LOGIN_MAX + 1];
    uint32_t tokens;

    account_name(j, name);
    return svct_change_account_delete(txn, name, &tokens, fault);
}

/* The i-th change, of account j = i / STEPS. */
static int change(struct svct_txn *txn, unsigned i, struct svct_fault *fault)
{
    unsigned j = i / STEPS;

    switch (i % STEPS) {
    case 0:
        return create_account(txn, j, fault);
    case 1:
        return issue(txn, 'T', j, fault);
    case 2:
        return issue(txn, 'U', j, fault);
    case 3:
        return revoke_token(txn, j, fault);
    case 4:
        return delete_token(txn, j, fault);
    case 5:
        return j < ALIVE ? 0 : delete_account(txn, j - ALIVE, fault);
    case 6:
        return move_account(txn, j, fault);
    default:
        return change_group(txn, j, fault);
    }
}

/* In the same commit: how many there have been. */
static int count_up(struct svct_txn *txn, unsigned k, struct svct_fault *fault)
{
    struct svct_account account;
    int r = svct_lookup_account(svct_txn_view(txn, SVCT_PART_PRIVATE), COUNTER,
                                &account);

    if (r != 0)
        return r;
    snprintf(account.description, sizeof account.description, "%u", k);
    return svct_change_account_update(txn, &account, fault);
}

static void commit_one(unsigned i)
{
    struct svct_txn_options options = {.dir = DB, .holder = "killer"};
    struct svct_fault fault = {0};
    struct svct_txn *txn = NULL;

    CHECK(svct_txn_begin(&options, &txn, &fault) == 0 &&
              change(txn, i, &fault) == 0 &&
              count_up(txn, i + 1, &fault) == 0 &&
              svct_txn_commit(txn, time(NULL), NULL, &fault) == 0,
          "commit %u: %s", i, fault.what);
    svct_txn_free(txn);
}

/* ---- what there is after k of them ---- */

static void expect_token(const struct svct_snapshot *snapshot, char which,
                         unsigned j, bool expected, bool revoked)
{
    char id[SVCT_TOKEN_ID_LEN + 1];
    struct svct_token token;
    int r;

    token_id(which, j, id);
    r = svct_lookup_token(snapshot, id, &token);
    CHECK(r == (expected ? 0 : SVCT_E_NOTFOUND), "token %s: %d", id, r);
    CHECK(!expected || token.revoked == revoked, "token %s: revoked %d", id,
          token.revoked);
}

static void expect_account(const struct svct_snapshot *snapshot, unsigned j,
                           unsigned k)
{
    char name[SVCT_LOGIN_MAX + 1];
    struct svct_account account;
    unsigned first = STEPS * j;
    bool there = first < k && first + STEPS * ALIVE + 5 >= k;
    int r;

    account_name(j, name);
    r = svct_lookup_account(snapshot, name, &account);
    CHECK(r == (there ? 0 : SVCT_E_NOTFOUND), "account %s after %u: %d", name,
          k, r);
    expect_token(snapshot, 'T', j, there && first + 1 < k, first + 3 < k);
    expect_token(snapshot, 'U', j, there && first + 2 < k && first + 4 >= k,
                 false);
}

static unsigned counter_in(const struct svct_snapshot *snapshot)
{
    struct svct_account account;
    int r = svct_lookup_account(snapshot, COUNTER, &account);

    CHECK(r == 0, "the counter: %d", r);
    return (unsigned)strtoul(account.description, NULL, 10);
}

static void expect_user(const struct svct_snapshot *users, unsigned j,
                        unsigned k)
{
    char name[SVCT_LOGIN_MAX + 1];
    unsigned first = STEPS * j;
    bool there = first < k && first + STEPS * ALIVE + 5 >= k;
    int expected = there ? 0 : SVCT_E_NOTFOUND, r;
    struct svct_pubuser user;
    struct svct_pubid id;

    account_name(j, name);
    r = svct_publook_user(users, name, &user);
    CHECK(r == expected, "user %s after %u: %d", name, k, r);
    r = svct_publook_id(users, FIRST_UID + j, &id);
    CHECK(r == expected, "uid of %s after %u: %d", name, k, r);
    if (!there)
        return;
    CHECK(strcmp(user.role,
                 first + 6 < k ? SVCT_ROLE_VIEWER : SVCT_ROLE_EDITOR) == 0,
          "user %s after %u: role %s", name, k, user.role);
    CHECK(strcmp(id.name, name) == 0, "uid of %s is that of %s", name, id.name);
}

static void expect_group(const struct svct_snapshot *users, unsigned j,
                         unsigned k)
{
    char name[SVCT_GROUP_NAME_MAX + 1];
    int expected = k / STEPS == j + 1 ? 0 : SVCT_E_NOTFOUND, r;
    struct svct_pubgroup group;
    struct svct_pubid id;

    group_name(j, name);
    r = svct_publook_group(users, name, &group);
    CHECK(r == expected, "group %s after %u: %d", name, k, r);
    r = svct_publook_id(users, FIRST_GID + j, &id);
    CHECK(r == expected, "gid of %s after %u: %d", name, k, r);
}

/* A number that a commit took is given out with it, or not at all. */
static void expect_next(const struct svct_snapshot *snapshot, unsigned k)
{
    unsigned made = (k + STEPS - 1) / STEPS;
    struct svct_policy policy;
    int r = svct_lookup_policy(snapshot, &policy);

    CHECK(r == 0, "the policy: %d", r);
    CHECK(policy.id_next == (made > 0 ? FIRST_UID + made : 0),
          "after %u the next is %u", k, (unsigned)policy.id_next);
}

static struct svct_snapshot *open_snapshot(enum svct_part part)
{
    struct svct_snapshot *snapshot;
    struct svct_fault fault = {0};
    int fd, r = svct_safefile_open_dir(DB, &fd, &fault);

    CHECK(r == 0, "%s", fault.what);
    r = svct_snapshot_open(fd, part, &snapshot, &fault);
    CHECK(r == 0, "%s", fault.what);
    close(fd);
    return snapshot;
}

static unsigned counter_now(void)
{
    struct svct_snapshot *snapshot = open_snapshot(SVCT_PART_PRIVATE);
    unsigned k = counter_in(snapshot);

    svct_snapshot_free(snapshot);
    return k;
}

/* Whole, and that of k. */
static struct dbwhole expect_state(unsigned k)
{
    struct svct_snapshot *snapshot = open_snapshot(SVCT_PART_PRIVATE);
    struct svct_snapshot *users = open_snapshot(SVCT_PART_PUBLIC);
    unsigned j = k / STEPS;
    struct dbwhole whole;
    const char *wrong;

    CHECK(counter_in(snapshot) == k, "it is %u, not %u", counter_in(snapshot),
          k);
    for (unsigned i = j > ALIVE + 2 ? j - ALIVE - 2 : 0; i <= j + 1; i++) {
        expect_account(snapshot, i, k);
        expect_user(users, i, k);
        expect_group(users, i, k);
    }
    expect_next(snapshot, k);
    svct_snapshot_free(snapshot);
    svct_snapshot_free(users);
    wrong = dbwhole_look(DB, &whole);
    CHECK(wrong == NULL, "after %u: %s", k, wrong);
    return whole;
}

/* ---- readers ---- */

static void log_in_with(const char *text)
{
    struct svct_attempt attempt = {
        .dir = DB, .user = "stable", .service = "sshd", .now = time(NULL)};
    struct svct_outcome outcome;
    struct svct_fault fault = {0};
    int r = svct_verify_token(&attempt, text, SVCT_TOKEN_LEN, &outcome, &fault);

    CHECK(r == 0 && outcome.verdict == SVCT_GRANTED, "login: %d, %s (%s)", r,
          svct_verdict_name(outcome.verdict), fault.what);
}

static void log_in(void)
{
    struct svct_ownership o;
    struct svct_fault fault = {0};
    int r;

    log_in_with(shared->text);
    log_in_with(shared->text_limited);
    r = svct_verify_whose(DB, "alice", &o, &fault);
    CHECK(r == 0 && o.whose == SVCT_WHOSE_NOT_OURS, "a person: %d (%s)", r,
          fault.what);
    atomic_fetch_add(&shared->looks, 1);
}

static void reader(void)
{
    unsigned last = 0;

    while (!atomic_load(&shared->stop)) {
        unsigned finished = atomic_load(&shared->finished);
        unsigned k = counter_now();

        CHECK(k >= finished, "it is %u, though %u were finished", k, finished);
        CHECK(k >= last, "it is %u after %u", k, last);
        last = k;
        log_in();
    }
    exit(0);
}

/* ---- the writer, and its end ---- */

static void writer(int report, unsigned k)
{
    for (;; k++) {
        unsigned done = k + 1;

        commit_one(k);
        atomic_store(&shared->finished, done);
        if (write(report, &done, sizeof done) != (ssize_t)sizeof done)
            _exit(1);
    }
}

static void pause_randomly(void)
{
    struct timespec pause = {.tv_nsec = (long)random_below(PAUSE_MAX)};

    nanosleep(&pause, NULL);
}

static void kill_writer(pid_t pid)
{
    int status;

    CHECK(kill(pid, SIGKILL) == 0, "kill");
    CHECK(waitpid(pid, &status, 0) == pid, "waitpid");
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
          "the writer ended by itself: status %x", (unsigned)status);
}

/* Reads at most max reports of finished commits; fewer at the writer's end.
 * The number of commits then; k when there was no report. */
static unsigned read_reports(int fd, unsigned k, unsigned max)
{
    unsigned done;
    ssize_t len = 0;

    while (max-- > 0 &&
           (len = read(fd, &done, sizeof done)) == (ssize_t)sizeof done) {
        CHECK(done == k + 1, "commit %u reported after %u", done, k);
        k = done;
    }
    CHECK(len == 0 || len == (ssize_t)sizeof done, "half a report");
    return k;
}

/* Has the kill met a commit? Then something is left over. */
static bool met_a_commit(const struct dbwhole *whole)
{
    return dbwhole_tidy(DB, whole) != NULL;
}

/* Returns the number of commits afterwards. */
static unsigned try_kill(unsigned k, unsigned *met)
{
    struct dbwhole whole;
    unsigned reported, now;
    const char *wrong;
    int report[2];
    pid_t pid;

    CHECK(pipe(report) == 0, "pipe");
    pid = fork();
    CHECK(pid >= 0, "fork");
    if (pid == 0)
        writer(report[1], k);
    close(report[1]);
    k = read_reports(report[0], k, (unsigned)random_below(4));
    pause_randomly();
    kill_writer(pid);
    reported = read_reports(report[0], k, UINT_MAX);
    close(report[0]);
    now = counter_now();
    CHECK(now == reported || now == reported + 1, "%u were reported, it is %u",
          reported, now);
    whole = expect_state(now);
    *met += met_a_commit(&whole);
    commit_one(now);
    whole = expect_state(now + 1);
    wrong = dbwhole_tidy(DB, &whole);
    CHECK(wrong == NULL, "after the next commit: %s", wrong);
    return now + 1;
}

/* ---- the beginning ---- */

static int make_new(void)
{
    struct svct_txn_options options = {.dir = DB, .holder = "killer"};
    struct svct_fault fault = {0};
    struct svct_txn *txn = NULL;
    int r = svct_txn_create(&options, &txn, &fault);

    if (r == 0)
        r = svct_change_populate(txn, &fault);
    if (r == 0)
        r = svct_txn_commit(txn, time(NULL), NULL, &fault);
    svct_txn_free(txn);
    CHECK(r == 0 || r == SVCT_E_EXISTS, "init: %d (%s)", r, fault.what);
    return r;
}

static void new_writer(int report)
{
    char done = 1;

    make_new();
    if (write(report, &done, 1) != 1)
        _exit(1);
    pause();
}

/* Killed while it makes the database: there is none, or a whole one. */
static void try_kill_init(void)
{
    struct dbwhole whole;
    const char *wrong;
    int report[2], r;
    char done = 0;
    pid_t pid;

    privdir_remove(DB);
    CHECK(pipe(report) == 0, "pipe");
    pid = fork();
    CHECK(pid >= 0, "fork");
    if (pid == 0)
        new_writer(report[1]);
    close(report[1]);
    pause_randomly();
    kill_writer(pid);
    r = read(report[0], &done, 1) == 1 ? 1 : 0;
    close(report[0]);
    CHECK(make_new() == SVCT_E_EXISTS || r == 0,
          "it was made, and could be made again");
    wrong = dbwhole_look(DB, &whole);
    CHECK(wrong == NULL, "a new one: %s", wrong);
}

static void make_database(void)
{
    struct svct_account account;
    struct svct_token token;
    struct minted minted;

    dbmake_init(DB);
    account = dbmake_account("stable", SVCT_ROLE_EDITOR);
    dbmake_add_account(DB, &account);
    account = dbmake_account(COUNTER, SVCT_ROLE_NONE);
    snprintf(account.description, sizeof account.description, "0");
    dbmake_add_account(DB, &account);
    token = dbmake_token("stable", "stable");
    token.expires = SVCT_TIME_NEVER;
    minted = dbmake_add_token(DB, &token);
    dbmake_unmask(&minted, shared->text);
    token = dbmake_token("stable", "limited");
    token.max_uses = UINT32_MAX;
    minted = dbmake_add_token(DB, &token);
    dbmake_unmask(&minted, shared->text_limited);
    memcpy(shared->id_limited, minted.id, sizeof minted.id);
}

#define SLOT_LIMITED 2 /* of the second token that is made */

/* Each login was counted, whatever writers did and how they ended. */
static void check_uses(void)
{
    struct svct_fault fault = {0};
    uint32_t uses = 0;
    int fd, r = svct_safefile_open_dir(DB, &fd, &fault);

    CHECK(r == 0, "%s", fault.what);
    r = svct_use_count(fd, SLOT_LIMITED, shared->id_limited, &uses, &fault);
    CHECK(r == 0, "%s", fault.what);
    CHECK(uses == atomic_load(&shared->looks), "%u uses, %lu logins",
          (unsigned)uses, atomic_load(&shared->looks));
    close(fd);
}

static uint64_t number_of(const char *variable, uint64_t otherwise)
{
    const char *value = getenv(variable);

    return value != NULL ? strtoull(value, NULL, 10) : otherwise;
}

/* ---- the whole ---- */

static void end_readers(const pid_t pid[READERS])
{
    atomic_store(&shared->stop, true);
    for (int i = 0; i < READERS; i++) {
        int status;

        CHECK(waitpid(pid[i], &status, 0) == pid[i] && WIFEXITED(status) &&
                  WEXITSTATUS(status) == 0,
              "a reader has failed");
    }
}

static void kill_commits(uint64_t trials)
{
    unsigned k = 0, met = 0;
    pid_t pid[READERS];

    make_database();
    for (int i = 0; i < READERS; i++) {
        pid[i] = fork();
        CHECK(pid[i] >= 0, "fork");
        if (pid[i] == 0)
            reader();
    }
    for (uint64_t i = 0; i < trials && !atomic_load(&shared->failed); i++)
        k = try_kill(k, &met);
    end_readers(pid);
    check_uses();
    CHECK(met > 0, "no kill ever met a commit");
    printf("killer: %llu kills, %u of them within a commit, %u commits, "
           "%lu looks\n",
           (unsigned long long)trials, met, k, atomic_load(&shared->looks));
}

int main(void)
{
    const char *reason;

    if (!privdir_enter(&reason)) {
        printf("killer: skipped, %s\n", reason);
        return 77;
    }
    CHECK(svct_secret_setup() == 0, "libsodium");
    seed = number_of("KILLER_SEED", (uint64_t)time(NULL) << 16 |
                                        ((unsigned)getpid() & 0xffff));
    random_state = seed | 1;
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(shared != MAP_FAILED, "mmap");
    for (int i = 0; i < INIT_TRIALS; i++)
        try_kill_init();
    privdir_remove(DB);
    kill_commits(number_of("KILLER_TRIALS", TRIALS_SHORT));
    return 0;
}
