/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

/*
 * Damage to every file of a database, and what becomes of the answers: of the
 * PAM module, of what is below it, of the name service, of "svctoken db
 * verify". The answers of the undamaged database are what is right. Where
 * there is damage,
 *
 *     nobody is let in whom the undamaged database would not let in so
 *     a person notices nothing, and no service account passes for one
 *     the name service tells what is right, or nothing
 *     what changed an answer is found by the verification
 *     no file becomes longer or is written to, but for slots of "usage"
 *     nothing crashes, goes on for ever, or takes memory without a bound
 *
 * Blocks and files of an older generation are sound but not true any more. In
 * private.gdbm and its roll they let nobody in either; what else comes of them
 * is counted apart (doc/decisions/0013, doc/PROOF.md).
 *
 * DAMAGE_ROUNDS damaged databases (else a short round), DAMAGE_SEED for other
 * ones, DAMAGE_FIRST to begin at another round, DAMAGE_KNOWN to have what is
 * counted apart told as faults are. A round is the same for the
 * same seed and number, but that the ids of tokens are drawn. Needs root;
 * skipped otherwise.
 */

#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../fuzz/limits.h"
#include "../support/privdir.h"
#include "admin/dbcheck.h"
#include "auth/secret.h"
#include "damage_ask.h"
#include "damage_files.h"

#define ROUNDS_SHORT 1000
#define ROUNDS_INSTRUMENTED 100
#define ROUNDS_OF_A_CHILD 500
#define CPU_OF_A_CHILD 240 /* seconds: a hundred times what it takes */
#define FILE_MAX (4 << 20)
#define MEMORY_MAX (256 << 20) /* bytes, where it can be bounded */
#define PAM_EVERY 9 /* of the questions that go through libpam one of so many */
#define ALL_EVERY 4 /* rounds, in which all is asked */
#define VERIFY_EVERY 4 /* and all is verified */
#define REPORTS_MAX 20

enum count {
    /* how much was done */
    ROUNDS = 0,
    ROUNDS_OLDER,
    ASKED,
    CHANGED,
    VERIFIED,
    VERIFIED_BAD,
    /* what must not be */
    FAULTS,
    GRANTED = FAULTS,
    PERSON_NOTICED,
    PASSED_AS_PERSON,
    WRONG_NAME,
    SECRET_LOGGED,
    UNNOTICED,
    WRITTEN,
    CRASHED,
    HUNG,
    /* what old bytes, or two files damaged at once, can do */
    KNOWN,
    OLDER_USES = KNOWN,
    OLDER_PERSON,
    OLDER_NAME,
    OLDER_UNNOTICED,
    BOTH_AS_PERSON,
    LINK_CHANGED,
    COUNTS
};

static const char *const words[COUNTS] = {
    "damaged databases",
    "  of them with bytes of an older generation",
    "questions",
    "  answered otherwise than undamaged",
    "verifications",
    "  that found damage",
    "FAULT: let in",
    "FAULT: a person noticed",
    "FAULT: a service account passed for a person",
    "FAULT: the name service told what is not so",
    "FAULT: a secret in the log",
    "FAULT: an answer changed and the verification found nothing",
    "FAULT: a file was written",
    "FAULT: crashed",
    "FAULT: did not end",
    "older generation: let in by a former count of uses",
    "older generation: a deleted account is one again",
    "older generation: the name service told what was so",
    "older generation: the verification found nothing",
    "\"names\" and the database at once: passed for a person",
    "the link names another whole generation: answers of that one"};

static struct shared {
    uint64_t round; /* at work */
    uint64_t counts[COUNTS];
    uint64_t reports;
    struct damage damage;
} * shared;

static struct damage_world world;
static struct damage_question questions[DAMAGE_QUESTIONS_MAX];
static size_t questions_count;
static char (*right)[DAMAGE_ANSWER];

static void __attribute__((format(printf, 1, 2))) stop(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    printf("damage: ");
    vprintf(format, args);
    printf("\n");
    va_end(args);
    exit(1);
}

/* ---- is an answer what it may be? ---- */

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool is_damaged(enum damage_file file)
{
    return (shared->damage.files & 1u << file) != 0;
}

static bool is_older(enum damage_file file)
{
    return (shared->damage.older & 1u << file) != 0;
}

/* Bytes of an older generation can only do so where both copies of what says
 * how often a token was used are such. */
static enum count let_in(const struct damage_question *question)
{
    return is_older(DAMAGE_USAGE) && question->login != NULL &&
                   question->login->verdict == SVCT_TOKEN_USED_UP
               ? OLDER_USES
               : GRANTED;
}

static enum count as_person(void)
{
    bool both = is_damaged(DAMAGE_NAMES) &&
                (is_damaged(DAMAGE_PRIVATE) || is_damaged(DAMAGE_ROLL) ||
                 is_damaged(DAMAGE_CURRENT));

    return both ? BOTH_AS_PERSON : PASSED_AS_PERSON;
}

/* Only one who was deleted can be known to an older list. */
static enum count noticed(const struct damage_question *question)
{
    return is_older(DAMAGE_NAMES) && strcmp(question->user, DAMAGE_GONE) == 0
               ? OLDER_PERSON
               : PERSON_NOTICED;
}

/* Of libpam, or whose login it is. */
static enum count judge_whose(const struct damage_question *question,
                              const char *answer, const char *is_right)
{
    if (strstr(answer, "secret") != NULL)
        return SECRET_LOGGED;
    if (damage_ask_is_person(is_right))
        return damage_ask_is_person(answer) ? COUNTS : noticed(question);
    if (damage_ask_is_person(answer))
        return as_person();
    return begins(answer, "granted") ? let_in(question) : COUNTS;
}

static bool has_line(const char *text, const char *line, size_t len)
{
    for (const char *at = text; *at != '\0'; at = strchr(at, '\n') + 1)
        if (strncmp(at, line, len) == 0)
            return true;
    return false;
}

static bool are_right_entries(const char *answer, const char *are_right)
{
    const char *end;

    for (const char *at = answer; *at != '\0'; at = end + 1) {
        end = strchr(at, '\n');
        if (end == NULL || !has_line(are_right, at, (size_t)(end - at) + 1))
            return false;
    }
    return true;
}

/* Elements of a bucket that changed places are all found: an enumeration has
 * another order, and that is no order. */
static bool is_same(const struct damage_question *question, const char *answer,
                    const char *is_right)
{
    if (question->kind == DAMAGE_NSS_ALL)
        return strlen(answer) == strlen(is_right) &&
               are_right_entries(answer, is_right) &&
               are_right_entries(is_right, answer);
    return strcmp(answer, is_right) == 0;
}

/* The fault that a changed answer is, or COUNTS for none. */
static enum count judge(const struct damage_question *question,
                        const char *answer, const char *is_right)
{
    bool told;

    switch (question->kind) {
    case DAMAGE_LOGIN:
    case DAMAGE_ACCOUNT:
        return begins(answer, "granted") ? let_in(question) : COUNTS;
    case DAMAGE_WHOSE:
    case DAMAGE_PAM_LOGIN:
    case DAMAGE_PAM_ACCOUNT:
        return judge_whose(question, answer, is_right);
    case DAMAGE_NSS_ONE:
        told = !damage_ask_is_silent(answer);
        break;
    case DAMAGE_NSS_ALL:
    default:
        told = !are_right_entries(answer, is_right);
    }
    if (!told)
        return COUNTS;
    return is_older(DAMAGE_PUBLIC) ? OLDER_NAME : WRONG_NAME;
}

/* ---- a round ---- */

static void report(enum count count, const char *answer, const char *is_right)
{
    shared->counts[count]++;
    if ((count >= KNOWN && getenv("DAMAGE_KNOWN") == NULL) ||
        shared->reports++ >= REPORTS_MAX)
        return;
    printf("round %llu:%s\n  %s\n  answer: %s\n  right:  %s\n",
           (unsigned long long)shared->round, shared->damage.words,
           words[count], answer, is_right);
    fflush(stdout);
}

/* Most rounds ask only what reads a file that is damaged. */
static bool is_asked(const struct damage_question *question, uint64_t number)
{
    const unsigned public = 1u << DAMAGE_PUBLIC | 1u << DAMAGE_CURRENT;
    unsigned files = shared->damage.files;
    bool all = shared->round % ALL_EVERY == 0;

    switch (question->kind) {
    case DAMAGE_PAM_LOGIN:
    case DAMAGE_PAM_ACCOUNT:
        return (number + shared->round) % PAM_EVERY == 0 &&
               (all || files != 1u << DAMAGE_PUBLIC);
    case DAMAGE_NSS_ALL:
        return all;
    case DAMAGE_NSS_ONE:
        return all || (files & public) != 0;
    default:
        return all || files != 1u << DAMAGE_PUBLIC;
    }
}

/* Returns whether any answer is another one. */
static bool ask_all(void)
{
    static char answer[DAMAGE_ANSWER];
    uint64_t changed = 0;

    for (size_t i = 0; i < questions_count; i++) {
        enum count fault;

        if (!is_asked(&questions[i], i))
            continue;
        answer[0] = '\0';
        questions[i].ask(&questions[i], answer);
        shared->counts[ASKED]++;
        if (is_same(&questions[i], answer, right[i]))
            continue;
        changed++;
        fault = shared->damage.older_link
                    ? LINK_CHANGED
                    : judge(&questions[i], answer, right[i]);
        if (fault != COUNTS)
            report(fault, answer, right[i]);
    }
    shared->counts[CHANGED] += changed;
    return changed > 0;
}

static void no_words(void *arg, const char *sentence)
{
    (void)arg;
    (void)sentence;
}

/* As "svctoken db verify": does it find something? */
static bool verify_finds(void)
{
    struct svct_dbcheck check = {.report = no_words, .now = time(NULL)};
    struct svct_fault fault = {0};
    int r = svct_dbcheck_run(&check, PAMHOST_DB, &fault);

    shared->counts[VERIFIED]++;
    shared->counts[VERIFIED_BAD] += r != 0 || check.problems > 0;
    return r != 0 || check.problems > 0;
}

static void verify(bool changed)
{
    bool older = shared->damage.older_link || is_older(DAMAGE_USAGE);

    if (shared->round % VERIFY_EVERY != 0)
        return;
    if (!verify_finds() && changed)
        report(older ? OLDER_UNNOTICED : UNNOTICED, "clean", "problems");
}

static void run_round(uint64_t seed)
{
    uint64_t random = (seed + shared->round) * UINT64_C(0x9e3779b97f4a7c15) | 1;
    const char *touched;

    for (int i = 0; i < 8; i++) /* a seed of few bits gives small numbers */
        damage_random(&random);
    damage_files_do(&random, &shared->damage);
    shared->counts[ROUNDS]++;
    shared->counts[ROUNDS_OLDER] +=
        shared->damage.older != 0 || shared->damage.older_link;
    verify(ask_all());
    touched = damage_files_touched();
    if (touched != NULL)
        report(WRITTEN, touched, "as it was");
    damage_files_mend(shared->damage.files);
}

/* ---- children, which may crash or hang ---- */

static void limit_child(void)
{
    struct rlimit cpu = {CPU_OF_A_CHILD, CPU_OF_A_CHILD};

    if (!limits_set(FILE_MAX, MEMORY_MAX) || setrlimit(RLIMIT_CPU, &cpu) != 0)
        _exit(99);
    alarm(2 * CPU_OF_A_CHILD + 120); /* for one that waits for ever */
}

static void child(uint64_t seed, uint64_t end)
{
    limit_child();
    for (; shared->round < end; shared->round++)
        run_round(seed);
    _exit(0);
}

static void take_end(int status)
{
    bool hung = WIFSIGNALED(status) &&
                (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGALRM ||
                 WTERMSIG(status) == SIGKILL);

    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 99)
        stop("the test itself failed in round %llu",
             (unsigned long long)shared->round);
    report(hung ? HUNG : CRASHED, "", "");
    damage_files_mend(DAMAGE_ALL);
    shared->round++;
}

/* Returns the most memory that a child had, kilobytes. */
static long run_rounds(uint64_t seed, uint64_t first, uint64_t count)
{
    uint64_t end = first + count;
    long most = 0;

    shared->round = first;
    while (shared->round < end) {
        uint64_t until = shared->round + ROUNDS_OF_A_CHILD;
        struct rusage usage;
        int status;
        pid_t pid = fork();

        if (pid < 0)
            stop("fork");
        if (pid == 0)
            child(seed, until < end ? until : end);
        if (wait4(pid, &status, 0, &usage) != pid)
            stop("wait4");
        if (usage.ru_maxrss > most)
            most = usage.ru_maxrss;
        take_end(status);
    }
    return most;
}

/* ---- the whole ---- */

/* A world in which nothing could be told apart would prove nothing. */
static void ask_the_undamaged(void)
{
    questions_count = damage_ask_list(&world, questions);
    right = calloc(questions_count, sizeof *right);
    if (right == NULL)
        stop("memory");
    for (size_t i = 0; i < questions_count; i++) {
        const struct damage_login *login = questions[i].login;

        questions[i].ask(&questions[i], right[i]);
        if (questions[i].kind == DAMAGE_LOGIN &&
            !begins(right[i], svct_verdict_name(login->verdict)))
            stop("the undamaged database says %s, not %s", right[i],
                 svct_verdict_name(login->verdict));
    }
    damage_files_mend(DAMAGE_ALL);
    if (verify_finds())
        stop("the undamaged database is not clean");
    memset(shared, 0, sizeof *shared);
}

static uint64_t number_of(const char *variable, uint64_t otherwise)
{
    const char *value = getenv(variable);

    return value != NULL ? strtoull(value, NULL, 10) : otherwise;
}

static uint64_t rounds_short(void)
{
    const char *instrumented = getenv("SVCT_INSTRUMENTED");

    return instrumented != NULL && strcmp(instrumented, "no") != 0
               ? ROUNDS_INSTRUMENTED
               : ROUNDS_SHORT;
}

static int tell_counts(long memory)
{
    bool failed = false;

    for (int i = 0; i < COUNTS; i++) {
        printf("%10llu  %s\n", (unsigned long long)shared->counts[i], words[i]);
        failed = failed || (i >= FAULTS && i < KNOWN && shared->counts[i] > 0);
    }
    printf("%10ld  kilobytes of memory, the most that a process had\n", memory);
    return failed ? 1 : 0;
}

int main(void)
{
    uint64_t seed = number_of("DAMAGE_SEED", 1);
    const char *reason;
    long memory;

    if (!privdir_enter(&reason) || !privdir_cover(SVCT_RUNDIR, &reason) ||
        !pamhost_setup(&reason)) {
        printf("SKIPPED: damage: %s\n", reason);
        return 77;
    }
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED || svct_secret_setup() != 0)
        stop("can't begin");
    pamhost_stack("sshd", "");
    damage_world_make(&world);
    ask_the_undamaged();
    memory = run_rounds(seed << 32, number_of("DAMAGE_FIRST", 0),
                        number_of("DAMAGE_ROUNDS", rounds_short()));
    return tell_counts(memory);
}
