/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A login waits for no administrator, shown by one who stands still.
 *
 * The utility as built does a change of every kind, and is stopped before and
 * after each of its system calls, from its first to its last: before it takes
 * the lock, with it, within its commit, after it. At each stop there are
 * logins, through libpam and the module as built, which get the verdict of
 * before or of after the command, and never another one; once it is that of
 * after, it stays. Whoever waited for something that the stopped one holds would
 * wait for ever; for one that gives up by itself, none of three logins in a row
 * may take longer than a second.
 *
 *     load_stopped [STRIDE]       each so-many-th stop; 1: all of them
 *
 * It needs root; SVCT_MODULE names the module, SVCT_ADMIN the utility.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../support/admintool.h"
#include "../support/calltrace.h"
#include "../support/pamverdict.h"
#include "../support/privdir.h"
#include "auth/secret.h"
#include "write/lock.h"

#define LINES PRIVDIR "/lines"
#define BACKUP PRIVDIR "/backup"
#define WORDS PRIVDIR "/words" /* of the utility */
#define COPY PRIVDIR "/copy"
#define IMPORTED 500 /* tokens */
#define TOKENS_EACH 50
#define HANGS 60 /* seconds until a login has waited for too long */
#define TRIES 3
#define TOO_LONG INT64_C(1000000000) /* nanoseconds */

/* ---- what there is to log in with ---- */

enum {
    VALID,
    REVOKED,
    CLOSED,  /* its account is disabled */
    LIMITED, /* it has a limit of uses */
    ROTATED,
    CHANGING, /* the one that the commands are about */
    OURS,
    PERSON = OURS,
    SUBJECTS
};

static const char *const user_of[SUBJECTS] = {
    "steady", "steady", "closed", "steady", "steady", "target", "alice"};
static char text_of[SUBJECTS][SVCT_TOKEN_LEN + 1];
static const int outcome_of[SUBJECTS] = {
    SVCT_GRANTED, SVCT_TOKEN_REVOKED, SVCT_ACCOUNT_DISABLED, SVCT_GRANTED,
    SVCT_GRANTED, SVCT_GRANTED,       PAMVERDICT_PERSON};

struct command {
    const char *name;
    int after;       /* the verdict of the changing one from then on */
    bool only_reads; /* takes no lock */
    const char *args[ADMINTOOL_ARGS_MAX + 1];
};

static const struct command commands[] = {
    {"token create", SVCT_GRANTED, false, {"token", "create", "target/new"}},
    {"token create --max-uses",
     SVCT_GRANTED,
     false,
     {"token", "create", "target/few", "--max-uses", "3"}},
    {"account create",
     SVCT_GRANTED,
     false,
     {"account", "create", "new", "--uid", "70000"}},
    {"account edit",
     SVCT_GRANTED,
     false,
     {"account", "edit", "target", "--description", "edited"}},
    {"role edit",
     SVCT_GRANTED,
     false,
     {"role", "edit", "Viewer", "--group", "ring"}},
    {"policy set", SVCT_GRANTED, false, {"policy", "set", "default_ttl=9h"}},
    {"db import", SVCT_GRANTED, false, {"db", "import", LINES}},
    {"db backup", SVCT_GRANTED, true, {"db", "backup", COPY}},
    {"token rotate, with overlap",
     SVCT_GRANTED,
     false,
     {"token", "rotate", "target/key", "--overlap", "1h"}},
    {"token rotate",
     SVCT_TOKEN_SUPERSEDED,
     false,
     {"token", "rotate", "target/key"}},
    {"token disable",
     SVCT_TOKEN_DISABLED,
     false,
     {"token", "disable", "target/key"}},
    {"account disable",
     SVCT_ACCOUNT_DISABLED,
     false,
     {"account", "disable", "target"}},
    {"token revoke",
     SVCT_TOKEN_REVOKED,
     false,
     {"token", "revoke", "target/key"}},
    {"token purge",
     SVCT_GRANTED,
     false,
     {"token", "purge", "--older", "0", "--account", "spent", "--yes"}},
    {"account delete",
     SVCT_GRANTED,
     false,
     {"account", "delete", "spent", "--yes"}},
    {"db restore", SVCT_GRANTED, false, {"db", "restore", "--yes", BACKUP}},
};

/* ---- the world ---- */

static void add_token(int subject, const char *user, const char *name,
                      uint32_t max_uses)
{
    struct svct_token token = dbmake_token(user, name);
    struct minted minted;

    token.expires = time(NULL) + 30 * 86400;
    token.max_uses = max_uses;
    minted = dbmake_add_token(PAMHOST_DB, &token);
    if (subject < SUBJECTS)
        dbmake_unmask(&minted, text_of[subject]);
    if (subject == REVOKED || subject == SUBJECTS)
        dbmake_revoke_token(PAMHOST_DB, minted.id);
    if (subject == ROTATED)
        dbmake_rotate_token(PAMHOST_DB, minted.id, 86400);
}

static void add_account(const char *name, bool disabled)
{
    struct svct_account account = dbmake_account(name, "Editor");

    account.disabled = disabled;
    dbmake_add_account(PAMHOST_DB, &account);
}

static void make_world(void)
{
    dbmake_init(PAMHOST_DB);
    add_account("steady", false);
    add_account("closed", true);
    add_account("target", false);
    add_account("spent", false);
    add_token(VALID, "steady", "valid", 0);
    add_token(REVOKED, "steady", "revoked", 0);
    add_token(LIMITED, "steady", "limited", UINT32_MAX);
    add_token(ROTATED, "steady", "rotated", 0);
    add_token(CLOSED, "closed", "key", 0);
    add_token(CHANGING, "target", "key", UINT32_MAX);
    add_token(SUBJECTS, "spent", "ended", 0);
    memcpy(text_of[PERSON], "swordfish", sizeof "swordfish");
}

static void write_lines(void)
{
    const struct admintool_lines lines = {
        .tokens = IMPORTED, .each = TOKENS_EACH, .uid = 80000};
    FILE *file = fopen(LINES, "we");

    if (file == NULL)
        exit(99);
    admintool_lines(file, &lines);
    fclose(file);
}

/* ---- logins ---- */

static struct {
    const struct command *command;
    unsigned long stops, visited, held, logins;
    int64_t longest; /* nanoseconds, of the best of each three */
    bool changed;    /* the changing one has the verdict of after */
    bool failed;
} now;

static unsigned long stride = 1;

static void too_long(int signal)
{
    static const char words[] =
        "load_stopped: a login waits for the one who stands still\n";

    (void)signal;
    if (write(STDERR_FILENO, words, sizeof words - 1) < 0)
        _exit(2);
    _exit(1);
}

static int64_t clock_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void wrong(const char *what, int subject, const struct pamverdict *v)
{
    now.failed = true;
    fprintf(stderr,
            "load_stopped: %s, stop %lu: %s: %s gets %s (PAM code %d): %s\n",
            now.command->name, now.stops, what, user_of[subject],
            pamverdict_name(v->outcome), v->code, v->line);
}

/* The verdict of before or of after; not the former again after the latter. */
static bool is_right(int subject, int outcome)
{
    if (subject == CHANGING && outcome == now.command->after) {
        now.changed = true;
        return true;
    }
    return outcome == outcome_of[subject] &&
           (subject != CHANGING || !now.changed);
}

static void log_in(int subject)
{
    struct pamhost host;
    struct pamverdict v =
        pamverdict_auth(&host, "sshd", user_of[subject], text_of[subject]);

    if (!is_right(subject, v.outcome))
        wrong("wrong", subject, &v);
    if (v.outcome == SVCT_GRANTED) {
        v = pamverdict_account(&host);
        if (!is_right(subject, v.outcome))
            wrong("wrong in the account phase", subject, &v);
    }
    pamhost_end(&host);
    now.logins++;
}

/* A machine that is busy with something else may hold up one login, but not
 * three in a row. */
static void log_in_swiftly(int subject)
{
    int64_t best = INT64_MAX, begin, took;

    for (int i = 0; i < TRIES && best > TOO_LONG; i++) {
        begin = clock_ns();
        log_in(subject);
        took = clock_ns() - begin;
        best = took < best ? took : best;
    }
    if (best > TOO_LONG) {
        now.failed = true;
        fprintf(stderr,
                "load_stopped: %s, stop %lu: %s waits, three times, for more "
                "than a second\n",
                now.command->name, now.stops, user_of[subject]);
    }
    if (best > now.longest)
        now.longest = best;
}

/* ---- the one who stands still ---- */

static bool is_lock_held(void)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = open(PAMHOST_DB "/" SVCT_LOCK_FILE, O_RDWR | O_CLOEXEC);
    bool held;

    if (fd < 0)
        return false;
    held = fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    close(fd);
    return held;
}

static bool stand_still(void *arg, struct calltrace_stop *stop)
{
    (void)arg;
    (void)stop;
    if (++now.stops % stride != 0)
        return true;
    now.visited++;
    now.held += is_lock_held() ? 1 : 0;
    alarm(HANGS);
    for (int i = 0; i < SUBJECTS; i++)
        log_in_swiftly(i);
    alarm(0);
    return !now.failed;
}

static _Noreturn void be_the_tool(const struct command *command)
{
    int out = open(WORDS, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    admintool_be(command->args, out);
}

/* What a restore shall find. */
static bool make_backup(void)
{
    static const struct command backup = {.args = {"db", "backup", BACKUP}};
    int status = -1;
    pid_t pid;

    privdir_remove(BACKUP);
    pid = fork();
    if (pid == 0)
        be_the_tool(&backup);
    return waitpid(pid, &status, 0) == pid && status == 0;
}

static void print_words(int status)
{
    char words[1024] = "";
    FILE *file = fopen(WORDS, "re");

    if (file != NULL) {
        words[fread(words, 1, sizeof words - 1, file)] = '\0';
        fclose(file);
    }
    fprintf(stderr, "load_stopped: status %x: %s\n", (unsigned)status, words);
}

static bool do_command(const struct command *command)
{
    bool killed;
    int status;
    pid_t pid;

    make_world();
    if (!make_backup())
        return false;
    privdir_remove(COPY);
    memset(&now, 0, sizeof now);
    now.command = command;
    pid = fork();
    if (pid == 0) {
        calltrace_me();
        be_the_tool(command);
    }
    status = calltrace_run(pid, stand_still, NULL);
    killed = now.failed;
    if (status != 0 || now.visited == 0 ||
        (now.held == 0 && !command->only_reads))
        now.failed = true;
    for (int i = 0; !now.failed && i < SUBJECTS; i++)
        log_in(i);
    if (command->after != SVCT_GRANTED && !now.changed)
        now.failed = true;
    printf("%-28s %5lu stops, %5lu visited, %5lu with the lock held, %6lu "
           "logins, at most %3lld ms%s\n",
           command->name, now.stops, now.visited, now.held, now.logins,
           (long long)(now.longest / 1000000), now.failed ? ": FAILED" : "");
    fflush(stdout);
    if (status != 0 && !killed)
        print_words(status);
    return !now.failed;
}

static bool set_up(void)
{
    const char *reason;

    if (!privdir_enter(&reason) || !privdir_cover(SVCT_RUNDIR, &reason) ||
        !pamhost_setup(&reason)) {
        printf("SKIPPED: load_stopped: %s\n", reason);
        return false;
    }
    if (svct_secret_setup() != 0 || getenv("SVCT_ADMIN") == NULL)
        exit(99);
    pamverdict_begin();
    pamhost_stack("sshd", "");
    write_lines();
    signal(SIGALRM, too_long);
    return true;
}

int main(int argc, char **argv)
{
    bool good = true;

    if (argc > 1)
        stride = strtoul(argv[1], NULL, 10);
    if (!set_up())
        return 77;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        good &= do_command(&commands[i]);
    return good ? 0 : 1;
}
