/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Logins in a loop against commits in a loop.
 *
 * A writer issues, revokes and deletes tokens and makes and deletes accounts;
 * processes with several threads each log in with them all the while. Each
 * token and account has a state in shared memory, which the writer changes
 * before a commit begins and after it has ended. A reader that finds the same
 * settled state before and after its look must have seen exactly that; in
 * between, either. What no commit touches gives the same answer every time.
 * There are no errors, but that of an account in the moment of its making or
 * its end.
 *
 * Then: readers take no lock. A writer that holds it is stopped, and logins
 * go on.
 *
 * HAMMER_SECONDS=N makes the round longer.
 */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/dbmake.h"
#include "../support/privdir.h"
#include "auth/role.h"
#include "auth/secret.h"
#include "auth/verify.h"
#include "write/change.h"
#include "write/txn.h"

#define DB PRIVDIR "/db"
#define ROUNDS_SHORT 1200 /* of ROUND_COMMITS commits each */
#define ROUND_COMMITS 6
#define ROUNDS_MAX 100000
#define PROCESSES 2
#define THREADS 2 /* of each */
#define STOPPED_LOGINS 300

/* In the order in which a token or account goes through them. Odd: a commit
 * is under way. */
enum state {
    NOT_YET = 0,
    COMING = 1,
    THERE = 2,
    REVOKING = 3,
    REVOKED = 4,
    GOING = 5,
    GONE = 6
};

/* Each round of the writer has one account and one token, used once. */
struct subject {
    atomic_int token;   /* enum state */
    atomic_int account; /* enum state, without the revoked ones */
    char id[SVCT_TOKEN_ID_LEN + 1];
    char text[SVCT_TOKEN_LEN + 1];
};

static struct shared {
    atomic_int round; /* the writer is in */
    atomic_bool stop;
    atomic_bool failed;
    atomic_ulong logins;
    atomic_ulong between; /* looks during a change of what they looked at */
    char stable_text[SVCT_TOKEN_LEN + 1];
    char revoked_text[SVCT_TOKEN_LEN + 1];
    struct subject subject[ROUNDS_MAX];
} * shared;

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
    if (shared == NULL || !atomic_exchange(&shared->failed, true))
        fprintf(stderr, "hammer.c:%d: not so: %s\n    %s\n", line, condition,
                text);
    _exit(1);
}

/* ---- names ---- */

static void account_name(int round, char name[SVCT_LOGIN_MAX + 1])
{
    snprintf(name, SVCT_LOGIN_MAX + 1, "made%d", round);
}

/* ---- logins ---- */

static struct svct_attempt attempt_of(const char *user)
{
    return (struct svct_attempt){
        .dir = DB, .user = user, .service = "sshd", .now = time(NULL)};
}

/* The verdict, or the error. */
static int login(const char *user, const char *text, struct svct_fault *fault)
{
    struct svct_attempt attempt = attempt_of(user);
    struct svct_outcome outcome;
    int r;

    r = text != NULL
            ? svct_verify_token(&attempt, text, SVCT_TOKEN_LEN, &outcome, fault)
            : svct_verify_explain(&attempt, NULL, &outcome, NULL, fault);
    atomic_fetch_add_explicit(&shared->logins, 1, memory_order_relaxed);
    CHECK(r == 0 || outcome.verdict == SVCT_UNDECIDED,
          "an error with a verdict");
    return r != 0 ? r : (int)outcome.verdict;
}

static void expect_login(const char *user, const char *text, int expected)
{
    struct svct_fault fault = {0};
    int got = login(user, text, &fault);

    CHECK(got == expected, "%s %s: %d, not %d (%s)", user,
          text != NULL ? "token" : "account", got, expected, fault.what);
}

static void expect_whose(const char *user, enum svct_whose expected)
{
    struct svct_ownership o;
    struct svct_fault fault = {0};
    int r = svct_verify_whose(DB, user, &o, &fault);

    CHECK(r == 0 && o.whose == expected, "%s: %d, whose %d, not %d (%s)", user,
          r, o.whose, expected, fault.what);
}

/* What no commit changes. */
static void look_at_stable(void)
{
    expect_login("stable", shared->stable_text, SVCT_GRANTED);
    expect_login("stable", shared->revoked_text, SVCT_TOKEN_REVOKED);
    expect_login("stable", NULL, SVCT_GRANTED);
    expect_login("off", NULL, SVCT_ACCOUNT_DISABLED);
    expect_login("off", shared->stable_text, SVCT_TOKEN_OTHER_ACCOUNT);
    expect_whose("stable", SVCT_WHOSE_OURS);
    expect_whose("alice", SVCT_WHOSE_NOT_OURS);
}

/* ---- a token that comes and goes ---- */

static int verdict_in(int state)
{
    if (state == THERE)
        return SVCT_GRANTED;
    return state == REVOKED ? SVCT_TOKEN_REVOKED : SVCT_TOKEN_UNKNOWN;
}

static void look_at_token(const struct subject *subject)
{
    struct svct_fault fault = {0};
    int before, after, got;
    bool possible = false;

    before = atomic_load(&subject->token);
    if (before == NOT_YET || before == COMING)
        return; /* its text is not known yet */
    got = login("stable", subject->text, &fault);
    after = atomic_load(&subject->token);
    /* Any settled state from the last before to the first after. */
    for (int state = before & ~1; state <= after + (after & 1); state += 2)
        possible |= got == verdict_in(state);
    if (before != after || (before & 1) != 0)
        atomic_fetch_add(&shared->between, 1);
    CHECK(possible, "a token in state %d, then %d: %d (%s)", before, after, got,
          fault.what);
}

/* ---- an account that comes and goes ---- */

static void look_at_account(int round)
{
    struct svct_fault fault = {0};
    char name[SVCT_LOGIN_MAX + 1];
    struct svct_ownership o;
    int before, after, r;

    account_name(round, name);
    before = atomic_load(&shared->subject[round].account);
    r = svct_verify_whose(DB, name, &o, &fault);
    after = atomic_load(&shared->subject[round].account);
    atomic_fetch_add_explicit(&shared->logins, 1, memory_order_relaxed);
    if (before != after || (before & 1) != 0) {
        atomic_fetch_add(&shared->between, 1);
        CHECK(r == 0 || (r == SVCT_E_DAMAGED && o.whose == SVCT_WHOSE_UNKNOWN),
              "%s in state %d, then %d: %d (%s)", name, before, after, r,
              fault.what);
        return;
    }
    CHECK(r == 0, "%s in state %d: %d (%s)", name, before, r, fault.what);
    CHECK(o.whose == (before == THERE ? SVCT_WHOSE_OURS : SVCT_WHOSE_NOT_OURS),
          "%s in state %d: whose %d", name, before, o.whose);
}

/* ---- the readers ---- */

static void *read_loop(void *arg)
{
    (void)arg;
    while (!atomic_load(&shared->stop)) {
        int round = atomic_load(&shared->round);

        look_at_stable();
        for (int r = round > 2 ? round - 2 : 0; r <= round; r++) {
            look_at_token(&shared->subject[r]);
            look_at_account(r);
        }
    }
    return NULL;
}

static void reader(void)
{
    pthread_t thread[THREADS];

    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_create(&thread[i], NULL, read_loop, NULL) == 0,
              "pthread_create");
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    exit(0); /* not _exit: leaks are looked for */
}

/* ---- the writer ---- */

static void make_one(struct subject *subject, int round)
{
    struct svct_token token = dbmake_token("stable", "comes-and-goes");
    struct minted minted;

    snprintf(token.name, sizeof token.name, "t%d", round);
    atomic_store(&subject->token, COMING);
    minted = dbmake_add_token(DB, &token);
    memcpy(subject->id, minted.id, sizeof subject->id);
    dbmake_unmask(&minted, subject->text);
    atomic_store(&subject->token, THERE);
}

static void delete_token(const char *id)
{
    struct svct_txn_options options = {
        .dir = DB, .holder = "hammer", .wait_seconds = 5};
    struct svct_fault fault = {0};
    struct svct_txn *txn = NULL;

    CHECK(svct_txn_begin(&options, &txn, &fault) == 0 &&
              svct_change_token_delete(txn, id, &fault) == 0 &&
              svct_txn_commit(txn, time(NULL), NULL, &fault) == 0,
          "%s", fault.what);
    svct_txn_free(txn);
}

/* ROUND_COMMITS commits: a token and an account through all their states. */
static void write_round(int round)
{
    struct subject *subject = &shared->subject[round];
    struct svct_account account;
    char name[SVCT_LOGIN_MAX + 1];

    account_name(round, name);
    account = dbmake_account(name, SVCT_ROLE_EDITOR);
    make_one(subject, round);
    atomic_store(&subject->account, COMING);
    dbmake_add_account(DB, &account);
    atomic_store(&subject->account, THERE);
    atomic_store(&subject->token, REVOKING);
    dbmake_revoke_token(DB, subject->id);
    atomic_store(&subject->token, REVOKED);
    atomic_store(&subject->account, GOING);
    dbmake_delete_account(DB, name);
    atomic_store(&subject->account, GONE);
    atomic_store(&subject->token, GOING);
    delete_token(subject->id);
    atomic_store(&subject->token, GONE);
    dbmake_commit_at(DB, time(NULL));
}

/* Number of commits. */
static int write_loop(void)
{
    const char *seconds = getenv("HAMMER_SECONDS");
    time_t end = seconds == NULL ? 0 : time(NULL) + strtol(seconds, NULL, 10);
    int round = 0;

    while (round < (seconds == NULL ? ROUNDS_SHORT : ROUNDS_MAX - 1) &&
           !atomic_load(&shared->failed) &&
           (seconds == NULL || time(NULL) < end)) {
        write_round(round);
        atomic_store(&shared->round, ++round);
    }
    return round * ROUND_COMMITS;
}

/* ---- the whole ---- */

static void add_token(const char *name, char *ret_text, bool revoke)
{
    struct svct_token token = dbmake_token("stable", name);
    struct minted minted;

    token.expires = SVCT_TIME_NEVER; /* a long round is longer than an hour */
    minted = dbmake_add_token(DB, &token);
    dbmake_unmask(&minted, ret_text);
    if (revoke)
        dbmake_revoke_token(DB, minted.id);
}

static void make_database(void)
{
    struct svct_account account;

    dbmake_init(DB);
    account = dbmake_account("stable", SVCT_ROLE_EDITOR);
    dbmake_add_account(DB, &account);
    account = dbmake_account("off", SVCT_ROLE_EDITOR);
    account.disabled = true;
    dbmake_add_account(DB, &account);
    add_token("stable", shared->stable_text, false);
    add_token("revoked", shared->revoked_text, true);
}

static bool ended_well(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) < 0)
        CHECK(errno == EINTR, "waitpid");
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int hammer(void)
{
    pid_t pid[PROCESSES];
    bool good = true;
    int commits;

    for (int i = 0; i < PROCESSES; i++) {
        pid[i] = fork();
        CHECK(pid[i] >= 0, "fork");
        if (pid[i] == 0)
            reader();
    }
    commits = write_loop();
    atomic_store(&shared->stop, true);
    for (int i = 0; i < PROCESSES; i++)
        good &= ended_well(pid[i]);
    CHECK(good && !atomic_load(&shared->failed), "a reader has failed");
    return commits;
}

/* ---- no reader waits for a writer ---- */

/* Takes the lock, begins a change, and stops. */
static void stopped_writer(void)
{
    struct svct_account account = dbmake_account("never", SVCT_ROLE_EDITOR);
    struct svct_txn_options options = {.dir = DB, .holder = "stopped writer"};
    struct svct_fault fault = {0};
    struct svct_txn *txn = NULL;

    CHECK(svct_txn_begin(&options, &txn, &fault) == 0 &&
              svct_change_account_create(txn, &account, &fault) == 0,
          "%s", fault.what);
    raise(SIGSTOP);
    _exit(1);
}

/* Had a login waited for the lock it would never return; the alarm turns that
 * into an end. */
static void log_in_beside(pid_t writer)
{
    struct svct_txn_options options = {.dir = DB, .holder = "second"};
    struct svct_fault fault = {0};
    struct svct_txn *txn = NULL;
    int r = svct_txn_begin(&options, &txn, &fault);

    CHECK(r == SVCT_E_BUSY && strstr(fault.what, "stopped writer") != NULL,
          "a second writer: %d (%s)", r, fault.what);
    alarm(120);
    for (int i = 0; i < STOPPED_LOGINS; i++)
        look_at_stable();
    alarm(0);
    kill(writer, SIGKILL);
}

static void hold_the_lock(void)
{
    int status;
    pid_t writer = fork();

    CHECK(writer >= 0, "fork");
    if (writer == 0)
        stopped_writer();
    CHECK(waitpid(writer, &status, WUNTRACED) == writer && WIFSTOPPED(status),
          "the writer did not stop");
    log_in_beside(writer);
    CHECK(waitpid(writer, &status, 0) == writer, "waitpid");
    dbmake_commit_at(DB, time(NULL)); /* its lock died with it */
    look_at_stable();
    expect_whose("never", SVCT_WHOSE_NOT_OURS);
}

int main(void)
{
    const char *reason;
    int commits;

    if (!privdir_enter(&reason)) {
        printf("hammer: skipped, %s\n", reason);
        return 77;
    }
    CHECK(svct_secret_setup() == 0, "libsodium");
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(shared != MAP_FAILED, "mmap");
    make_database();
    commits = hammer();
    CHECK(atomic_load(&shared->between) > 0,
          "no reader ever met a change under way");
    hold_the_lock();
    printf("hammer: %d commits, %lu logins, %lu of them during a change\n",
           commits, atomic_load(&shared->logins),
           atomic_load(&shared->between));
    return 0;
}
