/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * 64 processes and 64 threads of one more that log in again and again, through
 * libpam and the module as built, while two administrators change the database
 * with the utility as built.
 *
 *     load [SECONDS [TOKENS]]     30 s; imports of so many tokens, 2000
 *     load threads ...            only the threads: for the thread sanitizer
 *
 * Each login, and each account phase behind a grant, is written down with its
 * begin and its end, and so is each command (load_story.h). After each round
 * each verdict must be one that was right at some moment of its login; so none
 * is "could not decide", and what was taken back before a login began lets
 * nobody in. A token with N uses is granted N times, in their order, and is
 * used up no sooner.
 *
 * It needs root; SVCT_MODULE names the module, SVCT_ADMIN the utility.
 */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/privdir.h"
#include "auth/secret.h"
#include "load_writers.h"

#define PROCESSES 64
#define THREADS 64
#define WORKERS (PROCESSES + THREADS)
#define ROUND_SECONDS 15
#define MORE_ROUNDS 8    /* where the machine does little in that time */
#define LOGINS_MAX 32768 /* of a worker in a round */
#define RECENT 16        /* subjects that came last, preferred */
#define COMPLAINTS_MAX 5

struct login {
    uint16_t subject;
    bool account; /* the account phase */
    uint8_t outcome;
    uint8_t code; /* PAM's */
    uint32_t use;
    struct story_span span;
};

struct worker {
    unsigned logins;
    char undecided[256]; /* what the module said, the first time */
    struct login login[LOGINS_MAX];
};

static struct story *story;
static struct worker *workers;
static bool threads_only;
static unsigned import_tokens = 2000;

/* ---- sums over all rounds ---- */

static struct {
    unsigned long rounds, logins, accounts, changing, taken_back, generations;
    unsigned long limited, uses; /* tokens with a limit, and their grants */
    unsigned long outcome[PAMVERDICT_PERSON + 1];
    unsigned wrong;
} sum;

static bool complain(void)
{
    return ++sum.wrong <= COMPLAINTS_MAX;
}

/* ---- logins ---- */

/* xorshift64 (Marsaglia 2003). */
static unsigned draw(uint64_t *random, unsigned below)
{
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    return (unsigned)(*random % below);
}

static unsigned choose(uint64_t *random)
{
    unsigned count = atomic_load(&story->subjects), at;

    if (count > STORY_SUBJECTS_MAX)
        count = STORY_SUBJECTS_MAX;
    do {
        at = draw(random, count);
        if (count > RECENT && draw(random, 3) == 0)
            at = count - 1 - draw(random, RECENT);
    } while (!atomic_load(&story->subject[at].open));
    return at;
}

static void write_down(struct worker *worker, unsigned subject, bool account,
                       const struct pamverdict *v,
                       const struct story_span *span)
{
    struct login *login = &worker->login[worker->logins++];

    *login = (struct login){
        .subject = (uint16_t)subject,
        .account = account,
        .outcome = (uint8_t)v->outcome,
        .code = (uint8_t)v->code,
        .use = v->use,
        .span = *span,
    };
    if (v->outcome == SVCT_UNDECIDED && worker->undecided[0] == '\0')
        snprintf(worker->undecided, sizeof worker->undecided, "%s", v->line);
}

static struct pamverdict log_in(struct worker *worker, unsigned at)
{
    const struct story_subject *subject = &story->subject[at];
    struct story_span span = {.begin = story_now()};
    struct pamverdict v, account;
    struct pamhost host;

    v = pamverdict_auth(&host, subject->service, subject->user, subject->text);
    span.end = story_now();
    write_down(worker, at, false, &v, &span);
    if (v.outcome == SVCT_GRANTED) {
        span.begin = span.end;
        account = pamverdict_account(&host);
        span.end = story_now();
        write_down(worker, at, true, &account, &span);
    }
    pamhost_end(&host);
    return v;
}

/* The commands shall come about beside them. */
static void *work(void *arg)
{
    struct worker *worker = arg;
    uint64_t random = 0x9e3779b97f4a7c15 ^ (uint64_t)(worker - workers + 1);

    setpriority(PRIO_PROCESS, 0, 19); /* of this thread alone, on Linux */
    while (!atomic_load(&story->stop) && worker->logins + 2 <= LOGINS_MAX)
        log_in(worker, choose(&random));
    atomic_store(&story->stop, true);
    return NULL;
}

static void work_in_threads(void)
{
    pthread_t thread[THREADS];

    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&thread[i], NULL, work, &workers[PROCESSES + i]) !=
            0)
            exit(99);
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
}

/* ---- a round ---- */

static atomic_uint *commands; /* shared */

static void role(int number)
{
    if (number == 0)
        atomic_fetch_add(commands, load_write_tokens(story));
    else if (number == 1)
        atomic_fetch_add(commands, load_write_accounts(story, import_tokens));
    else if (number == 2)
        work_in_threads();
    else
        work(&workers[number - 3]);
    exit(0); /* not _exit: the sanitizers report then */
}

static bool ended_well(pid_t pid)
{
    int status = -1;

    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return false;
    if (status != 0)
        fprintf(stderr, "load: a process ended with status %x\n",
                (unsigned)status);
    return status == 0;
}

static void wait_seconds(unsigned seconds)
{
    const struct timespec pause = {.tv_nsec = 50000000};

    for (unsigned i = 0; i < seconds * 20; i++) {
        if (atomic_load(&story->stop) || atomic_load(&story->failed))
            break;
        nanosleep(&pause, NULL);
    }
    atomic_store(&story->stop, true);
}

/* All of them, and they are gone. */
static bool run_round(unsigned seconds)
{
    int count = threads_only ? 3 : 3 + PROCESSES;
    pid_t pid[3 + PROCESSES];
    bool good = true;

    for (int i = 0; i < count; i++) {
        pid[i] = fork();
        if (pid[i] == 0)
            role(i);
        good &= pid[i] > 0;
    }
    wait_seconds(seconds);
    for (int i = 0; i < count; i++)
        good &= pid[i] > 0 && ended_well(pid[i]);
    return good && !atomic_load(&story->failed);
}

/* ---- judging ---- */

static void complain_about(const struct login *login,
                           const struct worker *worker)
{
    if (!complain())
        return;
    fprintf(stderr,
            "load: wrong: %s%s (PAM code %u) from %" PRId64
            " (generation %" PRIu32 ") to %" PRId64 " (%" PRIu32 ")\n",
            pamverdict_name(login->outcome),
            login->account ? " in the account phase" : "", login->code,
            login->span.begin.time, login->span.begin.generation,
            login->span.end.time, login->span.end.generation);
    if (login->outcome == SVCT_UNDECIDED)
        fprintf(stderr, "    first: %s\n", worker->undecided);
    story_print(&story->subject[login->subject]);
}

/* A use was counted for the account phase already, so it is never used up. */
static void judge(const struct login *login, const struct worker *worker)
{
    const struct story_subject *subject = &story->subject[login->subject];
    bool right = story_was_right(subject, login->outcome, &login->span);

    if (login->account) {
        right &= login->outcome != SVCT_TOKEN_USED_UP;
        sum.accounts++;
    } else {
        sum.logins++;
        sum.outcome[login->outcome]++;
    }
    sum.taken_back += story_was_taken_back(subject, &login->span) ? 1 : 0;
    sum.changing += story_was_changing(subject, &login->span) ? 1 : 0;
    if (!right)
        complain_about(login, worker);
}

/* The grants of one token with a limit, by the number of the use. */
struct uses {
    const struct story_subject *subject;
    uint32_t count;
    const struct login *by_number[256];
    int64_t all_begun; /* when the last of the grants had begun */
};

static void count_use(struct uses *uses, const struct login *login)
{
    uint32_t max = uses->subject->max_uses;

    if (login->use < 1 || login->use > max ||
        uses->by_number[login->use] != NULL) {
        if (complain())
            fprintf(stderr, "load: wrong: use %" PRIu32 " of %" PRIu32 "%s\n",
                    login->use, max, login->use > max ? "" : " again");
        return;
    }
    uses->by_number[login->use] = login;
    uses->count++;
    if (login->span.begin.time > uses->all_begun)
        uses->all_begun = login->span.begin.time;
}

/* Who came in later has not been counted earlier. */
static void judge_order(const struct uses *uses)
{
    int64_t latest = 0;

    for (uint32_t n = 1; n <= uses->subject->max_uses; n++) {
        const struct login *login = uses->by_number[n];

        if (login == NULL)
            continue;
        if (login->span.end.time < latest && complain())
            fprintf(stderr,
                    "load: wrong: use %" PRIu32
                    " was over before one of less began\n",
                    n);
        if (login->span.begin.time > latest)
            latest = login->span.begin.time;
    }
}

typedef void login_fn(struct uses *uses, const struct login *login);

static void each_login(struct uses *uses, login_fn *look)
{
    for (unsigned w = 0; w <= WORKERS; w++)
        for (unsigned i = 0; i < workers[w].logins; i++) {
            const struct login *login = &workers[w].login[i];

            if (&story->subject[login->subject] == uses->subject &&
                !login->account)
                look(uses, login);
        }
}

static void look_at_grant(struct uses *uses, const struct login *login)
{
    if (login->outcome == SVCT_GRANTED)
        count_use(uses, login);
}

/* Not before all of its uses were under way. */
static void look_at_refusal(struct uses *uses, const struct login *login)
{
    if (login->outcome == SVCT_TOKEN_USED_UP &&
        login->span.end.time < uses->all_begun && complain())
        fprintf(stderr, "load: wrong: used up before its last use\n");
}

/* The last worker, which is nobody's: what is left of its uses. */
static void use_up(unsigned at)
{
    struct worker *rest = &workers[WORKERS];

    while (rest->logins + 2 <= LOGINS_MAX)
        if (log_in(rest, at).outcome != SVCT_GRANTED)
            return;
}

static void judge_uses(unsigned at)
{
    struct uses uses = {.subject = &story->subject[at]};

    each_login(&uses, look_at_grant);
    each_login(&uses, look_at_refusal);
    judge_order(&uses);
    if (uses.count != uses.subject->max_uses && complain())
        fprintf(stderr,
                "load: wrong: granted %" PRIu32 " times, its uses are %" PRIu32
                "\n",
                uses.count, uses.subject->max_uses);
    sum.limited++;
    sum.uses += uses.count;
}

static unsigned subjects(void)
{
    unsigned count = atomic_load(&story->subjects);

    return count < STORY_SUBJECTS_MAX ? count : STORY_SUBJECTS_MAX;
}

static bool is_limited(unsigned at)
{
    return atomic_load(&story->subject[at].open) &&
           story->subject[at].max_uses > 0;
}

static void judge_round(void)
{
    for (unsigned at = 0; at < subjects(); at++)
        if (is_limited(at))
            use_up(at);
    for (unsigned at = 0; at < subjects(); at++)
        if (is_limited(at))
            judge_uses(at);
    for (unsigned w = 0; w <= WORKERS; w++)
        for (unsigned i = 0; i < workers[w].logins; i++)
            judge(&workers[w].login[i], &workers[w]);
}

/* ---- the whole ---- */

static void *share(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (memory == MAP_FAILED)
        exit(99);
    return memory;
}

static bool one_round(unsigned seconds)
{
    uint32_t before;
    bool good;

    story_clear(story);
    for (unsigned w = 0; w <= WORKERS; w++) {
        workers[w].logins = 0;
        workers[w].undecided[0] = '\0';
    }
    load_make_world(story);
    before = story_now().generation;
    good = run_round(seconds);
    sum.generations += story_now().generation - before;
    sum.rounds++;
    judge_round();
    return good && sum.wrong == 0;
}

/* Each kind of verdict was had, else nothing was shown. With words: says which
 * was not. */
static bool all_were_had(bool words)
{
    static const int kinds[] = {
        SVCT_GRANTED,
        SVCT_TOKEN_MALFORMED,
        SVCT_TOKEN_UNKNOWN,
        SVCT_TOKEN_WRONG_SECRET,
        SVCT_TOKEN_OTHER_ACCOUNT,
        SVCT_ACCOUNT_DISABLED,
        SVCT_ACCOUNT_SOURCE,
        SVCT_TOKEN_REVOKED,
        SVCT_TOKEN_DISABLED,
        SVCT_TOKEN_NOT_YET_VALID,
        SVCT_TOKEN_EXPIRED,
        SVCT_TOKEN_SUPERSEDED,
        SVCT_TOKEN_USED_UP,
        SVCT_ROLE_SERVICE,
        PAMVERDICT_PERSON,
    };
    bool all = sum.changing > 0 && sum.taken_back > 0 && sum.limited > 0;

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (sum.outcome[kinds[i]] == 0) {
            if (words)
                fprintf(stderr, "load: %s was never the verdict\n",
                        pamverdict_name(kinds[i]));
            all = false;
        }
    return all;
}

static void print_sums(void)
{
    printf("%lu rounds: %u commands, %lu generations\n", sum.rounds,
           atomic_load(commands), sum.generations);
    printf("%lu logins and %lu account phases, %lu of them beside a change of "
           "what they looked at\n",
           sum.logins, sum.accounts, sum.changing);
    printf("%lu of them began after a command had taken back what they looked "
           "at\n",
           sum.taken_back);
    for (int i = 0; i <= PAMVERDICT_PERSON; i++)
        if (sum.outcome[i] > 0)
            printf("    %8lu %s\n", sum.outcome[i], pamverdict_name(i));
    printf("%lu tokens with a limit of uses, granted %lu times\n", sum.limited,
           sum.uses);
    printf("wrong: %u\n", sum.wrong);
}

static bool set_up(void)
{
    const char *reason;

    if (!privdir_enter(&reason) || !privdir_cover(SVCT_RUNDIR, &reason) ||
        !pamhost_setup(&reason)) {
        printf("SKIPPED: load: %s\n", reason);
        return false;
    }
    if (svct_secret_setup() != 0)
        exit(99);
    pamverdict_begin();
    pamhost_stack("sshd", "");
    pamhost_stack("sudo", "");
    story = story_new();
    workers = share((WORKERS + 1) * sizeof *workers);
    commands = share(sizeof *commands);
    return true;
}

int main(int argc, char **argv)
{
    int at = 1;
    unsigned long seconds = 30;
    bool good = true;

    if (at < argc && strcmp(argv[at], "threads") == 0)
        threads_only = true;
    at += threads_only;
    if (at < argc)
        seconds = strtoul(argv[at++], NULL, 10);
    if (at < argc)
        import_tokens = (unsigned)strtoul(argv[at++], NULL, 10);
    if (!set_up())
        return 77;
    while (good && seconds > 0) {
        unsigned now =
            seconds < ROUND_SECONDS ? (unsigned)seconds : ROUND_SECONDS;

        good = one_round(now);
        seconds -= now;
    }
    for (int i = 0; good && i < MORE_ROUNDS && !all_were_had(false); i++)
        good = one_round(ROUND_SECONDS);
    print_sums();
    return good && all_were_had(true) ? 0 : 1;
}
