/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Loss of power within a commit, at any point and with anything lost that no
 * sync had made durable (crashfs.h). After each loss:
 *
 * - the generation before the commit or the new one is the current one, whole:
 *   every record of both files, which agree, and "names" lists its accounts;
 * - it is the new one once the commit had synced its rename;
 * - a login works;
 * - the next commit works, and after it nothing is left over.
 *
 * And so for the commit that mends what a loss has left, and for one out of the
 * reserve of a full disk, and for the making of the database.
 *
 * POWERLOSS_REPLAYS=N makes so many losses of each commit, POWERLOSS_SEED=N
 * repeats a round.
 */
#include <config.h>

#include <fcntl.h>
#include <stdarg.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../support/crashfs.h"
#include "../support/dbmake.h"
#include "../support/dbwhole.h"
#include "../support/privdir.h"
#include "auth/lookup.h"
#include "auth/role.h"
#include "auth/secret.h"
#include "auth/verify.h"
#include "write/change.h"
#include "write/change_role.h"
#include "write/txn.h"

#define SMALL PRIVDIR "/small" /* a disk that gets full */
#define FOUND PRIVDIR "/found" /* after the loss */
#define REPLAYS 80
#define AGAIN 2 /* losses of each commit that another one is to mend */
#define FIRST_UID SVCT_ID_RANGE_MIN

static uint64_t seed, replays;
static char text_stable[SVCT_TOKEN_LEN + 1];
static char id_going[SVCT_TOKEN_ID_LEN + 1];

/* The loss that is looked at, for messages. */
static struct {
    const char *scenario;
    size_t done;
    uint64_t seed;
} loss;

static unsigned long count_old, count_new, count_losses;

#define CHECK(condition, ...)                        \
    do {                                             \
        if (!(condition))                            \
            fail(__LINE__, #condition, __VA_ARGS__); \
    } while (0)

static void fail(int line, const char *condition, const char *format, ...)
    __attribute__((format(printf, 3, 4), noreturn));
static void fail(int line, const char *condition, const char *format, ...)
{
    va_list args;

    fprintf(stderr,
            "powerloss_unit.c:%d: POWERLOSS_SEED=%llu: %s: after step %zu "
            "(%llx): not so: %s\n    ",
            line, (unsigned long long)seed, loss.scenario, loss.done,
            (unsigned long long)loss.seed, condition);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

/* ---- changes ---- */

typedef int change_fn(struct svct_txn *txn, struct svct_fault *fault);

static void commit(const char *dir, bool urgent, change_fn *change)
{
    struct svct_txn_options options = {
        .dir = dir, .holder = "powerloss", .urgent = urgent};
    struct svct_fault fault = {0};
    struct svct_txn *txn = NULL;

    CHECK(svct_txn_begin(&options, &txn, &fault) == 0 &&
              change(txn, &fault) == 0 &&
              svct_txn_commit(txn, time(NULL), NULL, &fault) == 0,
          "%s", fault.what);
    svct_txn_free(txn);
}

static struct svct_account unix_account(const char *name, uint32_t uid)
{
    struct svct_account account = dbmake_account(name, SVCT_ROLE_EDITOR);

    account.uid = account.gid = uid;
    snprintf(account.home, sizeof account.home, "/srv/%s", name);
    snprintf(account.shell, sizeof account.shell, "/bin/sh");
    return account;
}

static int create_account(struct svct_txn *txn, struct svct_fault *fault)
{
    struct svct_account account = unix_account("coming", FIRST_UID + 1);

    return svct_change_account_create(txn, &account, fault);
}

static int create_many(struct svct_txn *txn, struct svct_fault *fault)
{
    int r = 0;

    for (unsigned i = 0; r == 0 && i < 40; i++) {
        struct svct_account account;
        char name[16];

        snprintf(name, sizeof name, "many%02u", i);
        account = unix_account(name, FIRST_UID + 10 + i);
        r = svct_change_account_create(txn, &account, fault);
    }
    return r;
}

static int delete_account(struct svct_txn *txn, struct svct_fault *fault)
{
    uint32_t tokens;

    return svct_change_account_delete(txn, "going", &tokens, fault);
}

static int issue_limited(struct svct_txn *txn, struct svct_fault *fault)
{
    struct svct_token token = dbmake_token("going", "limited");

    snprintf(token.id, sizeof token.id, "limited000");
    token.max_uses = 3;
    return svct_change_token_issue(txn, &token, NULL, fault);
}

static int revoke_token(struct svct_txn *txn, struct svct_fault *fault)
{
    return svct_change_token_revoke(txn, id_going, time(NULL), "powerloss", "",
                                    fault);
}

static int change_group(struct svct_txn *txn, struct svct_fault *fault)
{
    struct svct_role role;
    int r = svct_lookup_role(svct_txn_view(txn, SVCT_PART_PRIVATE),
                             SVCT_ROLE_EDITOR, &role);

    if (r != 0)
        return r;
    role.groups_count = 1;
    snprintf(role.groups[0], sizeof role.groups[0], "ring");
    role.gids[0] = 200000;
    return svct_change_role_update(txn, &role, fault);
}

/* What can be done again and again, and tells each time from the next. */
static int touch(struct svct_txn *txn, struct svct_fault *fault)
{
    struct svct_account account;
    int r = svct_lookup_account(svct_txn_view(txn, SVCT_PART_PRIVATE), "stable",
                                &account);

    if (r != 0)
        return r;
    snprintf(account.description, sizeof account.description, "%llu",
             (unsigned long long)svct_txn_sequence(txn));
    return svct_change_account_update(txn, &account, fault);
}

/* ---- the database ---- */

static void add_token(const char *dir, const char *account, char *ret_text,
                      char *ret_id)
{
    struct svct_token token = dbmake_token(account, "first");
    struct minted minted;

    token.expires = SVCT_TIME_NEVER;
    minted = dbmake_add_token(dir, &token);
    dbmake_unmask(&minted, ret_text);
    memcpy(ret_id, minted.id, sizeof minted.id);
}

static void make_database(const char *dir)
{
    char text[SVCT_TOKEN_LEN + 1], id[SVCT_TOKEN_ID_LEN + 1];
    struct svct_account account;

    dbmake_init(dir);
    account = dbmake_account("stable", SVCT_ROLE_EDITOR);
    dbmake_add_account(dir, &account);
    account = unix_account("going", FIRST_UID);
    dbmake_add_account(dir, &account);
    add_token(dir, "stable", text_stable, id);
    add_token(dir, "going", text, id_going);
}

static bool is_there(const char *dir, const char *name)
{
    char path[128];
    struct stat st;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    return lstat(path, &st) == 0;
}

static void expect_mode(const char *dir, const char *name, mode_t mode)
{
    char path[128];
    struct stat st = {.st_mode = 0};

    snprintf(path, sizeof path, "%s/%s", dir, name);
    CHECK(stat(path, &st) == 0 && (st.st_mode & 07777) == mode, "%s: mode %o",
          name, (unsigned)(st.st_mode & 07777));
}

/* Name lookups are everybody's, the rest is root's. */
static struct dbwhole look(const char *dir)
{
    struct dbwhole whole;
    const char *wrong = dbwhole_look(dir, &whole);

    CHECK(wrong == NULL, "%s", wrong);
    expect_mode(dir, SVCT_CURRENT "/.", 0755);
    expect_mode(dir, SVCT_CURRENT "/public.gdbm", 0644);
    expect_mode(dir, SVCT_CURRENT "/private.gdbm", 0600);
    expect_mode(dir, SVCT_CURRENT "/private.roll", 0600);
    if (whole.accounts > 0)
        expect_mode(dir, "names", 0644);
    return whole;
}

static void log_in(const char *dir)
{
    struct svct_attempt attempt = {
        .dir = dir, .user = "stable", .service = "sshd", .now = time(NULL)};
    struct svct_outcome outcome;
    struct svct_fault fault = {0};
    int r = svct_verify_token(&attempt, text_stable, SVCT_TOKEN_LEN, &outcome,
                              &fault);

    CHECK(r == 0 && outcome.verdict == SVCT_GRANTED, "login: %d, %s (%s)", r,
          svct_verdict_name(outcome.verdict), fault.what);
}

static void expect_tidy(const char *dir)
{
    struct dbwhole whole = look(dir);
    const char *wrong = dbwhole_tidy(dir, &whole);

    CHECK(wrong == NULL, "after the next commit: %s", wrong);
}

/* ---- losses ---- */

struct record {
    struct crashfs *fs;
    struct dbwhole old, new;
    size_t settled; /* from so many steps on it is the new one */
};

static struct record record(const char *dir, void (*child)(const char *dir))
{
    struct record r = {.old = look(dir)};

    r.fs = crashfs_record(dir, child);
    r.new = look(dir);
    r.settled = crashfs_settled(r.fs, SVCT_CURRENT);
    CHECK(r.settled <= crashfs_length(r.fs), "it was never synced");
    CHECK(crashfs_idle_syncs(r.fs) == 0, "%zu syncs were for nothing",
          crashfs_idle_syncs(r.fs));
    CHECK(!dbwhole_same(&r.old, &r.new), "nothing was changed");
    return r;
}

/* Another one for each number, the same for the same seed. */
static void lose(const struct crashfs *fs, uint64_t number)
{
    loss.seed = seed * UINT64_C(1000003) + number;
    loss.done = (size_t)(loss.seed * UINT64_C(2654435761) >> 11) %
                (crashfs_length(fs) + 1);
    privdir_remove(FOUND);
    crashfs_replay(fs, loss.done, loss.seed, FOUND);
    count_losses++;
}

static void expect_old_or_new(const struct record *r)
{
    struct dbwhole whole = look(FOUND);
    bool old = whole.sequence == r->old.sequence;

    CHECK(dbwhole_same(&whole, old ? &r->old : &r->new),
          "generation %llu has other records",
          (unsigned long long)whole.sequence);
    CHECK(old || whole.sequence == r->new.sequence, "generation %llu",
          (unsigned long long)whole.sequence);
    CHECK(!old || loss.done < r->settled, "what was committed is lost");
    count_old += old;
    count_new += !old;
}

static void lose_often(const struct record *r)
{
    for (uint64_t i = 0; i < replays; i++) {
        lose(r->fs, i);
        expect_old_or_new(r);
        log_in(FOUND);
        commit(FOUND, false, touch);
        expect_tidy(FOUND);
    }
}

static void touch_in(const char *dir)
{
    commit(dir, false, touch);
}

/* The commit that mends is lost as well. */
static void lose_again(const struct record *r)
{
    for (uint64_t i = 0; i < AGAIN; i++) {
        struct record mend;

        lose(r->fs, replays + i);
        CHECK(rename(FOUND, PRIVDIR "/mended") == 0, "rename");
        mend = record(PRIVDIR "/mended", touch_in);
        lose_often(&mend);
        crashfs_free(mend.fs);
        privdir_remove(PRIVDIR "/mended");
    }
}

static void try(const char *name, const char *dir,
                void (*child)(const char *dir))
{
    struct record r;

    loss.scenario = name;
    loss.done = 0;
    r = record(dir, child);
    lose_often(&r);
    lose_again(&r);
    crashfs_free(r.fs);
}

/* ---- commits ---- */

#define SCENARIO(change)                     \
    static void change##_in(const char *dir) \
    {                                        \
        commit(dir, false, change);          \
    }
SCENARIO(create_account)
SCENARIO(create_many)
SCENARIO(delete_account)
SCENARIO(issue_limited)
SCENARIO(revoke_token)
SCENARIO(change_group)

static void revoke_urgently_in(const char *dir)
{
    commit(dir, true, revoke_token);
}

static const struct scenario {
    const char *name;
    void (*child)(const char *dir);
} scenarios[] = {
    {"an account comes", create_account_in},
    {"many come", create_many_in},
    {"an account goes", delete_account_in},
    {"a token with a limit of uses", issue_limited_in},
    {"a token is revoked", revoke_token_in},
    {"a group of a role", change_group_in},
};

static void try_commits(void)
{
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++) {
        make_database(PRIVDIR "/db");
        try(scenarios[i].name, PRIVDIR "/db", scenarios[i].child);
    }
}

static void fill_disk(void)
{
    static const char bytes[4096];
    int fd = open(SMALL "/filler", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    CHECK(fd >= 0, "filler");
    while (write(fd, bytes, sizeof bytes) > 0)
        ;
    close(fd);
}

/* Out of the reserve, which is gone then. */
static void try_full_disk(void)
{
    loss.scenario = "a full disk";
    CHECK(mkdir(SMALL, 0755) == 0 &&
              mount("tmpfs", SMALL, "tmpfs", 0, "mode=0755,size=16m") == 0,
          "a small disk");
    make_database(SMALL "/db");
    CHECK(is_there(SMALL "/db", "reserve"), "no reserve");
    fill_disk();
    try("a token is revoked on a full disk", SMALL "/db", revoke_urgently_in);
    CHECK(!is_there(SMALL "/db", "reserve"), "the reserve was not used");
    CHECK(umount2(SMALL, MNT_DETACH) == 0, "umount");
}

/* ---- making the database ---- */

static void make_in(const char *dir)
{
    struct svct_txn_options options = {.dir = dir, .holder = "powerloss"};
    struct svct_fault fault = {0};
    struct svct_txn *txn = NULL;

    CHECK(svct_txn_create(&options, &txn, &fault) == 0 &&
              svct_change_populate(txn, &fault) == 0 &&
              svct_txn_commit(txn, time(NULL), NULL, &fault) == 0,
          "%s", fault.what);
    svct_txn_free(txn);
}

/* Either it is there, whole, or it can be made. */
static void try_making(void)
{
    struct crashfs *fs;
    size_t settled;

    loss.scenario = "making the database";
    CHECK(mkdir(PRIVDIR "/new", 0755) == 0, "mkdir");
    fs = crashfs_record(PRIVDIR "/new", make_in);
    settled = crashfs_settled(fs, SVCT_CURRENT);
    CHECK(crashfs_idle_syncs(fs) == 0, "%zu syncs were for nothing",
          crashfs_idle_syncs(fs));
    for (uint64_t i = 0; i < replays; i++) {
        lose(fs, i);
        CHECK(loss.done < settled || is_there(FOUND, SVCT_CURRENT),
              "what was committed is lost");
        if (!is_there(FOUND, SVCT_CURRENT))
            make_in(FOUND);
        look(FOUND);
        commit(FOUND, false, create_account);
        expect_tidy(FOUND);
    }
    crashfs_free(fs);
}

static uint64_t number_of(const char *variable, uint64_t otherwise)
{
    const char *value = getenv(variable);

    return value != NULL ? strtoull(value, NULL, 10) : otherwise;
}

int main(void)
{
    const char *reason;

    if (!privdir_enter(&reason)) {
        printf("powerloss: skipped, %s\n", reason);
        return 77;
    }
    CHECK(svct_secret_setup() == 0, "libsodium");
    seed = number_of("POWERLOSS_SEED", (uint64_t)time(NULL));
    replays = number_of("POWERLOSS_REPLAYS", REPLAYS);
    try_commits();
    try_full_disk();
    try_making();
    CHECK(count_old > 0 && count_new > 0, "%lu old, %lu new", count_old,
          count_new);
    printf("powerloss: seed %llu: %lu losses of power: %lu times the former "
           "generation, %lu times the new one\n",
           (unsigned long long)seed, count_losses, count_old, count_new);
    return 0;
}
