/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fails the n-th call that can fail, for n = 1, 2, 3 ... until none fails, in
 * each way it can, alone and with all later ones; in every change of the
 * database, every verification and every phase of the PAM module. After each:
 *
 * - nothing is left open or allocated;
 * - a change that reported success is done, one that reported an error is
 *   not, or says that it is; the database is the old or the new one, whole;
 * - the same change, or another, works again and leaves the folder tidy;
 * - an error is never a grant, and no failure turns a refusal into a grant,
 *   a service account into a person, or a person into one who is refused;
 * - a token with a limit of uses is granted only when the use is counted, and
 *   no failure of the file "usage" costs another token a login.
 */
#include <config.h>

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <security/pam_appl.h>
#include <security/pam_modules.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../support/dbmake.h"
#include "../support/dbwhole.h"
#include "../support/fault.h"
#include "../support/privdir.h"
#include "auth/lookup.h"
#include "auth/role.h"
#include "auth/secret.h"
#include "auth/use.h"
#include "auth/verify.h"
#include "base/safefile.h"
#include "write/change.h"
#include "write/bulk.h"
#include "write/change_purge.h"
#include "write/change_rotate.h"
#include "write/change_role.h"
#include "write/edit.h"
#include "write/mint.h"

#define MASTER PRIVDIR "/master" /* as each trial begins */
#define STALE PRIVDIR "/stale"   /* the same after a writer was killed */
#define DB PRIVDIR "/db"
#define CONFDIR PRIVDIR "/pam.d"
#define CALLS_MAX 3000 /* of one run that can fail: more is an endless loop */

static int64_t now; /* of this run: all changes of one kind are the same */
static char text_valid[SVCT_TOKEN_LEN + 1];
static char text_revoked[SVCT_TOKEN_LEN + 1];
static char text_disabled[SVCT_TOKEN_LEN + 1];
static char text_capped[SVCT_TOKEN_LEN + 1];
static char id_valid[SVCT_TOKEN_ID_LEN + 1];
static struct limited {
    char text[SVCT_TOKEN_LEN + 1];
    char id[SVCT_TOKEN_ID_LEN + 1];
} limited, used_up; /* tokens with a limit of uses: one with some left, one */
static unsigned trials;

/* ---- saying what went wrong ---- */

static struct {
    const char *scenario;
    enum fault_mode mode;
    bool sticky;
    unsigned n;
} trial;

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
            "fault_unit.c:%d: %s: call %u that can fail (%s%s, %s): "
            "not so: %s\n    ",
            line, trial.scenario != NULL ? trial.scenario : "-", trial.n,
            fault_mode_name(trial.mode),
            trial.sticky ? ", so do the later" : "", fault_what(), condition);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

/* ---- what a trial may not leave behind ---- */

static int open_descriptors(void)
{
    return privdir_entries("/proc/self/fd");
}

struct holdings {
    int descriptors;
    long held;
};

static struct holdings holdings_now(void)
{
    return (struct holdings){open_descriptors(), fault_held()};
}

static void check_nothing_left(struct holdings before)
{
    struct holdings after = holdings_now();

    CHECK(after.descriptors == before.descriptors, "%d descriptors, then %d",
          before.descriptors, after.descriptors);
    CHECK(after.held == before.held, "%ld allocations and handles, then %ld",
          before.held, after.held);
}

/* ---- the database that each trial begins with ---- */

/* The two blocks in which all slots of these tests are, and the hole between
 * them. */
static void copy_usage(int from, int to)
{
    static char bytes[65536 + 4096];
    int in = openat(from, SVCT_USAGE_FILE, O_RDONLY | O_CLOEXEC);
    int out = openat(to, SVCT_USAGE_FILE, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    CHECK(in >= 0 && out >= 0, "usage");
    CHECK(read(in, bytes, sizeof bytes) == sizeof bytes, "usage");
    CHECK(write(out, bytes, sizeof bytes) == sizeof bytes, "usage");
    close(in);
    close(out);
}

/* The gdbm files are linked: published files are never written again, and a
 * change that wrote one would spoil all later trials. */
static void clone_entry(int from, int to, const char *name)
{
    char target[64];
    struct stat st;
    ssize_t len;

    CHECK(fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) == 0, "%s", name);
    if (S_ISLNK(st.st_mode)) {
        len = readlinkat(from, name, target, sizeof target - 1);
        CHECK(len > 0, "%s", name);
        target[len] = '\0';
        CHECK(symlinkat(target, to, name) == 0, "%s", name);
    } else if (strcmp(name, SVCT_USAGE_FILE) == 0) {
        copy_usage(from, to);
    } else if (S_ISREG(st.st_mode)) {
        CHECK(linkat(from, name, to, name, 0) == 0, "%s", name);
    }
}

static void clone_folder(const char *from, const char *to)
{
    char below_from[300], below_to[300];
    DIR *folder = opendir(from);
    struct dirent *entry;
    int fd;

    CHECK(folder != NULL && mkdir(to, 0755) == 0, "%s", to);
    fd = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CHECK(fd >= 0, "%s", to);
    while ((entry = readdir(folder)) != NULL) {
        /* "lock" is written in place; "reserve" is large and remade. */
        if (entry->d_name[0] == '.' || strcmp(entry->d_name, "lock") == 0 ||
            strcmp(entry->d_name, "reserve") == 0)
            continue;
        snprintf(below_from, sizeof below_from, "%s/%s", from, entry->d_name);
        snprintf(below_to, sizeof below_to, "%s/%s", to, entry->d_name);
        if (entry->d_type == DT_DIR)
            clone_folder(below_from, below_to);
        else
            clone_entry(dirfd(folder), fd, entry->d_name);
    }
    close(fd);
    closedir(folder);
}

static void restore(const char *from)
{
    privdir_remove(DB);
    if (from != NULL)
        clone_folder(from, DB);
}

/* As the usage of the master is: so that a note is due again. */
static void restore_usage(void)
{
    int from = open(MASTER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int to = open(DB, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    CHECK(from >= 0 && to >= 0, "usage");
    copy_usage(from, to);
    close(from);
    close(to);
}

static void add_limited(const char *name, uint32_t max_uses,
                        struct limited *ret_limited)
{
    struct svct_token token = dbmake_token("deploy", name);
    struct minted minted;

    token.max_uses = max_uses;
    minted = dbmake_add_token(MASTER, &token);
    dbmake_unmask(&minted, ret_limited->text);
    memcpy(ret_limited->id, minted.id, sizeof minted.id);
}

static void add_token(const char *account, const char *name, char *ret_text,
                      char *ret_id)
{
    struct svct_token token = dbmake_token(account, name);
    struct minted minted = dbmake_add_token(MASTER, &token);

    dbmake_unmask(&minted, ret_text);
    memcpy(ret_id, minted.id, sizeof minted.id);
}

/* Editor has the group that the cap has not. */
#define GROUP_BEYOND "users"

static void add_capped_token(void)
{
    struct svct_token token = dbmake_token("deploy", "capped");
    struct svct_role editor;
    struct minted minted;

    CHECK(svct_role_builtin(2, &editor), "no Editor");
    snprintf(editor.groups[0], sizeof editor.groups[0], GROUP_BEYOND);
    editor.groups_count = 1;
    dbmake_update_role(MASTER, &editor);
    snprintf(token.cap, sizeof token.cap, SVCT_ROLE_VIEWER);
    minted = dbmake_add_token(MASTER, &token);
    dbmake_unmask(&minted, text_capped);
}

static struct svct_attempt attempt_of(const char *user)
{
    return (struct svct_attempt){
        .dir = DB, .user = user, .service = "sshd", .now = now + 5};
}

static int login_at(const char *dir, const char *user, const char *text)
{
    struct svct_attempt attempt = attempt_of(user);
    struct svct_outcome outcome;
    struct svct_fault fault = {0};
    int r;

    attempt.dir = dir;
    r = svct_verify_token(&attempt, text, SVCT_TOKEN_LEN, &outcome, &fault);
    return r != 0 ? r : (int)outcome.verdict;
}

static int login_with(const char *user, const char *text)
{
    return login_at(DB, user, text);
}

static void make_master(void)
{
    struct svct_account account;
    char text[SVCT_TOKEN_LEN + 1], id[SVCT_TOKEN_ID_LEN + 1];

    dbmake_init(MASTER);
    account = dbmake_account("deploy", SVCT_ROLE_EDITOR);
    dbmake_add_account(MASTER, &account);
    account = dbmake_account("off", SVCT_ROLE_VIEWER);
    account.disabled = true;
    dbmake_add_account(MASTER, &account);
    add_token("deploy", "valid", text_valid, id_valid);
    add_token("deploy", "revoked", text_revoked, id);
    dbmake_revoke_token(MASTER, id);
    add_token("off", "disabled", text_disabled, id);
    add_token("deploy", "third", text, id);
    add_capped_token();
    add_limited("limited", 1000000, &limited);
    add_limited("used-up", 1, &used_up);
    CHECK(login_at(MASTER, "deploy", used_up.text) == SVCT_GRANTED, "used up");
}

/* As a writer that was killed between "names" and the commit leaves it. */
static void make_stale(void)
{
    clone_folder(MASTER, STALE);
    unlink(STALE "/names");
    privdir_write(STALE "/names", "deploy\nghost\noff\n");
    privdir_write(STALE "/names.stale", "");
    CHECK(chmod(STALE "/names.stale", 0600) == 0, "chmod");
    CHECK(symlink("gen-0000009999", STALE "/current.new") == 0, "symlink");
    CHECK(mkdir(STALE "/gen-0000009999", 0755) == 0, "mkdir");
    privdir_write(STALE "/gen-0000009999/private.gdbm", "half");
}

/* ---- changes ---- */

typedef int change_fn(struct svct_txn *txn, struct svct_fault *fault);

static int change_nothing(struct svct_txn *txn, struct svct_fault *fault)
{
    (void)txn;
    (void)fault;
    return 0;
}

static int change_account(struct svct_txn *txn, struct svct_fault *fault)
{
    struct svct_account account = dbmake_account("fresh", SVCT_ROLE_VIEWER);

    account.created = now;
    return svct_change_account_create(txn, &account, fault);
}

static void make_unix(struct svct_account *account, uint32_t uid)
{
    account->created = now;
    account->uid = account->gid = uid;
    snprintf(account->home, sizeof account->home, "/srv/unix");
    snprintf(account->shell, sizeof account->shell, "/bin/sh");
}

/* A user and a group of svctoken's own, and one of each that goes. */
static int change_users(struct svct_txn *txn, struct svct_fault *fault)
{
    struct svct_account account = dbmake_account("unix", SVCT_ROLE_VIEWER);
    struct svct_role role;
    int r = svct_edit_get_role(txn, SVCT_ROLE_VIEWER, &role, fault);

    if (r != 0)
        return r;
    make_unix(&account, 70000);
    r = svct_change_account_create(txn, &account, fault);
    snprintf(role.groups[role.groups_count], sizeof role.groups[0], "readers");
    role.gids[role.groups_count++] = 70001;
    if (r == 0)
        r = svct_change_role_update(txn, &role, fault);
    snprintf(account.name, sizeof account.name, "other");
    account.uid = account.gid = 70002;
    if (r == 0)
        r = svct_change_account_create(txn, &account, fault);
    snprintf(account.role, sizeof account.role, "%s", SVCT_ROLE_EDITOR);
    return r == 0 ? svct_change_account_update(txn, &account, fault) : r;
}

static int change_two_accounts(struct svct_txn *txn, struct svct_fault *fault)
{
    struct svct_account account = dbmake_account("another", SVCT_ROLE_NONE);
    uint32_t tokens;
    int r = change_account(txn, fault);

    account.created = now;
    if (r == 0)
        r = svct_change_account_create(txn, &account, fault);
    return r == 0 ? svct_change_account_delete(txn, "off", &tokens, fault) : r;
}

static char text_fresh[SVCT_TOKEN_LEN + 1];

static int issue_fresh(struct svct_txn *txn, uint32_t max_uses,
                       struct svct_fault *fault)
{
    static const char secret[] = "0123456789012345678901234567890123456789abc";
    struct svct_token token = dbmake_token("deploy", "fresh");
    struct svct_secret text;
    int r = svct_secret_setup();

    if (r == 0)
        r = svct_mint_assemble("Fresh12345", secret, &text);
    if (r != 0)
        return r;
    token.created = now - 60;
    token.expires = now + 3600;
    memcpy(token.id, "Fresh12345", sizeof token.id);
    token.max_uses = max_uses;
    svct_digest_token(text.text, text.len, token.hash);
    memcpy(text_fresh, text.text, SVCT_TOKEN_LEN);
    svct_secret_done(&text);
    return svct_change_token_issue(txn, &token, NULL, fault);
}

static int change_issue(struct svct_txn *txn, struct svct_fault *fault)
{
    return issue_fresh(txn, 0, fault);
}

static int change_issue_limited(struct svct_txn *txn, struct svct_fault *fault)
{
    return issue_fresh(txn, 2, fault);
}

static int change_revoke(struct svct_txn *txn, struct svct_fault *fault)
{
    return svct_change_token_revoke(txn, id_valid, now, "fault", "", fault);
}

static int change_delete_token(struct svct_txn *txn, struct svct_fault *fault)
{
    return svct_change_token_delete(txn, id_valid, fault);
}

static int change_delete_account(struct svct_txn *txn, struct svct_fault *fault)
{
    uint32_t tokens;

    return svct_change_account_delete(txn, "deploy", &tokens, fault);
}

/* Another secret for the valid token; it need be nobody's. */
static int rotate(struct svct_txn *txn, int64_t overlap,
                  struct svct_rotated *ret_rotated, struct svct_fault *fault)
{
    struct svct_rotation rotation = {
        .now = now, .actor = "fault", .overlap = overlap, .hash = {1}};

    return svct_change_token_rotate(txn, id_valid, &rotation, ret_rotated,
                                    fault);
}

static int change_rotate(struct svct_txn *txn, struct svct_fault *fault)
{
    struct svct_rotated rotated;

    return rotate(txn, 0, &rotated, fault);
}

static int change_overlap(struct svct_txn *txn, struct svct_fault *fault)
{
    struct svct_rotated rotated;

    return rotate(txn, 600, &rotated, fault);
}

static int change_unrotate(struct svct_txn *txn, struct svct_fault *fault)
{
    struct svct_rotated rotated;
    int r = rotate(txn, 0, &rotated, fault);

    return r == 0 ? svct_change_token_unrotate(txn, &rotated, fault) : r;
}

static int change_purge(struct svct_txn *txn, struct svct_fault *fault)
{
    struct svct_purge_wish wish = {.now = now};
    struct svct_purge purge;
    int r = svct_purge_find(svct_txn_view(txn, SVCT_PART_PRIVATE), &wish,
                            &purge, fault);

    if (r != 0)
        return r;
    r = svct_change_token_purge(txn, &purge, fault);
    svct_purge_done(&purge);
    return r;
}

static int change_roles(struct svct_txn *txn, struct svct_fault *fault)
{
    struct svct_role role = {.name = "Fresh"}, viewer;
    int r = svct_change_role_create(txn, &role, SVCT_ROLE_VIEWER, fault);

    if (r == 0)
        r = svct_change_role_delete(txn, "Fresh", fault);
    memcpy(role.name, "Other", 6);
    if (r == 0)
        r = svct_change_role_create(txn, &role, SVCT_ROLE_NONE, fault);
    svct_role_builtin(1, &viewer);
    memcpy(viewer.description, "edited", 7);
    return r == 0 ? svct_change_role_update(txn, &viewer, fault) : r;
}

/* Tokens of two accounts in turn, one of them new, a Unix user in a role with
 * a group of its own; what is there is the same. */
static int fill_bulk(struct svct_bulk *bulk, struct svct_fault *fault)
{
    struct svct_account account = dbmake_account("many", "Many");
    struct svct_role role = {.name = "Many",
                             .place = 1500,
                             .groups_count = 1,
                             .groups = {"many-too"},
                             .gids = {70003}};
    enum svct_bulk_outcome outcome;
    int r;

    make_unix(&account, 70005);
    r = svct_bulk_role(bulk, &role, &outcome, fault);
    if (r == 0)
        r = svct_bulk_account(bulk, &account, &outcome, fault);
    for (unsigned i = 0; r == 0 && i < 4; i++) {
        struct svct_token token =
            dbmake_token(i % 2 == 0 ? "many" : "deploy", "bulk");

        snprintf(token.name, sizeof token.name, "bulk%u", i);
        snprintf(token.id, sizeof token.id, "Bulk%06u", i);
        token.created = now - 60;
        token.expires = now + 3600;
        r = svct_bulk_token(bulk, &token, &outcome, fault);
    }
    return r == 0 ? svct_bulk_finish(bulk, fault) : r;
}

static int change_bulk(struct svct_txn *txn, struct svct_fault *fault)
{
    struct svct_bulk_options options = {.now = now};
    struct svct_bulk *bulk;
    int r = svct_bulk_new(txn, &options, &bulk, fault);

    if (r != 0)
        return r;
    r = fill_bulk(bulk, fault);
    svct_bulk_free(bulk);
    return r;
}

/* In the place of all that is there: the account with its valid token. */
static int change_restore(struct svct_txn *txn, struct svct_fault *fault)
{
    struct svct_bulk_options options = {.now = now, .exact = true};
    struct svct_account account = dbmake_account("deploy", SVCT_ROLE_ADMIN);
    struct svct_token token = dbmake_token("deploy", "valid");
    enum svct_bulk_outcome outcome;
    struct svct_bulk *bulk;
    int r = svct_change_populate(txn, fault);

    if (r == 0)
        r = svct_bulk_new(txn, &options, &bulk, fault);
    if (r != 0)
        return r;
    make_unix(&account, 70000);
    account.created = now - 60;
    token.created = now - 60;
    token.expires = now + 3600;
    memcpy(token.id, id_valid, sizeof token.id);
    svct_digest_token(text_valid, SVCT_TOKEN_LEN, token.hash);
    r = svct_bulk_account(bulk, &account, &outcome, fault);
    if (r == 0)
        r = svct_bulk_token(bulk, &token, &outcome, fault);
    if (r == 0)
        r = svct_bulk_finish(bulk, fault);
    svct_bulk_free(bulk);
    return r;
}

struct scenario {
    const char *name;
    const char *from; /* the database before; NULL: none */
    change_fn *change;
    bool urgent;
    bool touches_names;
    int valid_before; /* verdict for text_valid, or the error */
    int valid_after;
    uint32_t next; /* id_next afterwards */
};

static const struct scenario scenarios[] = {
    {"init", NULL, svct_change_populate, false, true, SVCT_E_NODB,
     SVCT_E_NOTFOUND, 0},
    {"a commit of nothing", MASTER, change_nothing, false, false, SVCT_GRANTED,
     SVCT_GRANTED, 0},
    {"account create", MASTER, change_account, false, true, SVCT_GRANTED,
     SVCT_GRANTED, 0},
    {"names rebuild", STALE, change_account, false, true, SVCT_GRANTED,
     SVCT_GRANTED, 0},
    {"names rebuild, nothing else", STALE, change_nothing, false, true,
     SVCT_GRANTED, SVCT_GRANTED, 0},
    {"accounts come and go", MASTER, change_two_accounts, false, true,
     SVCT_GRANTED, SVCT_GRANTED, 0},
    {"users and groups", MASTER, change_users, false, true, SVCT_GRANTED,
     SVCT_GRANTED, 70003},
    {"token issue", MASTER, change_issue, false, false, SVCT_GRANTED,
     SVCT_GRANTED, 0},
    {"token issue, with a limit", MASTER, change_issue_limited, false, false,
     SVCT_GRANTED, SVCT_GRANTED, 0},
    {"token revoke", MASTER, change_revoke, true, false, SVCT_GRANTED,
     SVCT_TOKEN_REVOKED, 0},
    {"token rotate", MASTER, change_rotate, false, false, SVCT_GRANTED,
     SVCT_TOKEN_SUPERSEDED, 0},
    {"token rotate, with an overlap", MASTER, change_overlap, false, false,
     SVCT_GRANTED, SVCT_GRANTED, 0},
    {"token rotate, taken back", MASTER, change_unrotate, true, false,
     SVCT_GRANTED, SVCT_GRANTED, 0},
    {"token purge", MASTER, change_purge, false, false, SVCT_GRANTED,
     SVCT_GRANTED, 0},
    {"token delete", MASTER, change_delete_token, true, false, SVCT_GRANTED,
     SVCT_TOKEN_UNKNOWN, 0},
    {"roles come and go", MASTER, change_roles, false, false, SVCT_GRANTED,
     SVCT_GRANTED, 0},
    {"import", MASTER, change_bulk, false, true, SVCT_GRANTED, SVCT_GRANTED,
     70006},
    {"restore", MASTER, change_restore, false, true, SVCT_GRANTED, SVCT_GRANTED,
     70001},
    {"account delete", MASTER, change_delete_account, true, true, SVCT_GRANTED,
     SVCT_E_NOTFOUND, 0},
};

static int run_change(const struct scenario *s, change_fn *change,
                      bool *ret_published, struct svct_fault *fault)
{
    struct svct_txn_options options = {
        .dir = DB, .holder = "fault_unit", .urgent = s->urgent};
    struct svct_txn *txn = NULL;
    bool create = change == svct_change_populate;
    int r;

    *ret_published = false;
    if (create)
        r = svct_txn_create(&options, &txn, fault);
    else if (change == change_restore)
        r = svct_txn_begin_fresh(&options, 0, &txn, fault);
    else
        r = svct_txn_begin(&options, &txn, fault);
    if (r == 0)
        r = change(txn, fault);
    if (r == 0)
        r = svct_txn_commit(txn, now, ret_published, fault);
    svct_txn_free(txn);
    return r;
}

/* ---- what a login sees in this state ---- */

/* "names" may list an account that is just not there: then it can't be told
 * whether it is not found. */
static void check_login(const struct scenario *s, int expected)
{
    int got = login_with("deploy", text_valid);

    if (expected == SVCT_E_NOTFOUND && got == SVCT_E_DAMAGED)
        expected = got;
    CHECK(got == expected, "verify gives %d, not %d (%s)", got, expected,
          s->name);
    got = login_with("deploy", text_revoked);
    CHECK(got != SVCT_GRANTED, "the revoked token is granted");
    got = login_with("off", text_disabled);
    CHECK(got != SVCT_GRANTED, "the disabled account is granted");
}

static struct dbwhole look(const char *when)
{
    struct dbwhole whole;
    const char *wrong = dbwhole_look(DB, &whole);

    CHECK(wrong == NULL, "%s: %s", when, wrong);
    return whole;
}

static void check_tidy(const char *when, const struct dbwhole *whole)
{
    const char *wrong = dbwhole_tidy(DB, whole);

    CHECK(wrong == NULL, "%s: %s", when, wrong);
}

/* ---- one trial of a change ---- */

struct states {
    struct dbwhole before;
    struct dbwhole after;
    uint32_t next_before; /* uids from this one on were never given out */
    uint32_t next_after;
};

static uint32_t next_uid(void)
{
    struct svct_snapshot *snapshot;
    struct svct_fault fault = {0};
    struct svct_policy policy;
    int fd, r = svct_safefile_open_dir(DB, &fd, &fault);

    CHECK(r == 0, "%s", fault.what);
    r = svct_snapshot_open(fd, SVCT_PART_PRIVATE, &snapshot, &fault);
    close(fd);
    CHECK(r == 0, "%s", fault.what);
    r = svct_lookup_policy(snapshot, &policy);
    svct_snapshot_free(snapshot);
    CHECK(r == 0, "the policy: %d", r);
    return policy.id_next;
}

/* The next change, without a failure: the same one, or when that is done
 * another one; and all is tidy. */
static void check_goes_on(const struct scenario *s, const struct states *states,
                          bool done)
{
    struct svct_fault fault = {0};
    struct dbwhole whole;
    bool published;
    int r =
        run_change(s, done ? change_nothing : s->change, &published, &fault);

    CHECK(r == 0 && published, "the next change: %s (%s)", svct_err_text(r),
          fault.what);
    whole = look("after the next change");
    CHECK(dbwhole_same(&whole, &states->after), "the next change differs");
    check_tidy("after the next change", &whole);
    check_login(s, s->valid_after);
}

static void check_state(const struct scenario *s, const struct states *states,
                        bool done)
{
    uint32_t next = done ? states->next_after : states->next_before;
    struct dbwhole whole;

    check_login(s, done ? s->valid_after : s->valid_before);
    if (!done && s->from == NULL)
        return; /* there is none */
    whole = look(done ? "done" : "not done");
    CHECK(dbwhole_same(&whole, done ? &states->after : &states->before),
          "it is %s, but the records are others", done ? "done" : "not done");
    CHECK(next_uid() == next, "the next uid is %u, not %u",
          (unsigned)next_uid(), (unsigned)next);
}

/* Calls without which no commit may be called done. Where "names" changes
 * too, some of the same are made to tidy up, and may fail; so is symlinkat,
 * for the reserve. A roll that can't be read is made anew by what takes rights
 * away. */
static bool is_decisive(const struct scenario *s, const char *what)
{
    static const char *const names[] = {
        "copy_file_range", "fsync",      "gdbm_delete",
        "gdbm_fd_open",    "gdbm_fetch", "gdbm_store",
        "gdbm_sync",       "pread",      "renameat",
    };

    if (s->touches_names || trial.mode != FAULT_FAIL)
        return false;
    if (fault_hit_usage())
        return s->change == change_issue_limited && strcmp(what, "pread") != 0;
    if (fault_hit_roll() && s->urgent)
        return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(what, names[i]) == 0)
            return true;
    return false;
}

/* A token with a limit that is there can be used, and just so often. */
static void check_fresh(void)
{
    int got = login_with("deploy", text_fresh);

    CHECK(got == SVCT_GRANTED, "the first use gives %d", got);
    got = login_with("deploy", text_fresh);
    CHECK(got == SVCT_GRANTED, "the second use gives %d", got);
    got = login_with("deploy", text_fresh);
    CHECK(got == SVCT_TOKEN_USED_UP, "the third use gives %d", got);
}

/* false when nothing failed any more. */
static bool try_change(const struct scenario *s, const struct states *states)
{
    struct svct_fault fault = {0};
    struct holdings before;
    bool published, hit;
    int r;

    restore(s->from);
    before = holdings_now();
    fault_arm(trial.mode, trial.sticky, trial.n);
    r = run_change(s, s->change, &published, &fault);
    hit = fault_disarm();
    trials++;
    check_nothing_left(before);
    CHECK(hit || r == 0, "%d without a failure (%s)", r, fault.what);
    CHECK(r <= 0 && r >= SVCT_E_LAST, "result %d", r);
    CHECK(r != 0 || published, "success, but nothing is published");
    CHECK(r != 0 || !hit || !is_decisive(s, fault_what()),
          "success, whatever has failed");
    CHECK(r == 0 || fault.what[0] != '\0' || r == SVCT_E_NOMEM ||
              r == SVCT_E_IO,
          "no sentence for %d", r);
    check_state(s, states, published);
    if (s->change == change_issue_limited && published)
        check_fresh();
    check_goes_on(s, states, published);
    return hit;
}

static struct states measure(const struct scenario *s)
{
    struct svct_fault fault = {0};
    struct states states;
    bool published;
    int r;

    memset(&states, 0, sizeof states);
    restore(s->from);
    if (s->from != NULL) {
        states.before = look("before");
        states.next_before = next_uid();
    }
    r = run_change(s, s->change, &published, &fault);
    CHECK(r == 0, "%s without a failure: %s", s->name, fault.what);
    states.after = look("after");
    states.next_after = next_uid();
    CHECK(states.next_after == s->next, "%s: the next uid is %u", s->name,
          (unsigned)states.next_after);
    check_tidy("after", &states.after);
    return states;
}

/* ---- the loops ---- */

/* Calls try for each way of failing, until no call fails. false from try ends
 * a way. */
static void for_each_failure(const char *name, enum fault_mode last,
                             bool (*try)(const void *arg), const void *arg)
{
    trial.scenario = name;
    for (int mode = 0; mode <= (int)last; mode++)
        for (int sticky = 0; sticky < 2; sticky++) {
            /* Interrupted for ever is an endless loop, rightly. */
            if (sticky == 1 && mode == FAULT_INTERRUPT)
                continue;
            trial.mode = (enum fault_mode)mode;
            trial.sticky = sticky == 1;
            for (trial.n = 1; try(arg); trial.n++)
                CHECK(trial.n < CALLS_MAX, "no end of calls that can fail");
        }
    trial.scenario = NULL;
}

struct change_arg {
    const struct scenario *scenario;
    struct states states;
};

static bool try_change_arg(const void *arg)
{
    const struct change_arg *a = arg;

    return try_change(a->scenario, &a->states);
}

static void fail_changes(void)
{
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++) {
        struct change_arg arg = {.scenario = &scenarios[i]};

        arg.states = measure(&scenarios[i]);
        for_each_failure(scenarios[i].name, FAULT_LACK, try_change_arg, &arg);
    }
}

/* ---- verifications ---- */

struct question {
    const char *name;
    const char *user;
    const char *text; /* NULL: the account phase */
    enum svct_verdict verdict;
};

static const struct question questions[] = {
    {"verify a valid token", "deploy", text_valid, SVCT_GRANTED},
    {"verify a revoked token", "deploy", text_revoked, SVCT_TOKEN_REVOKED},
    {"verify a token with a limit", "deploy", limited.text, SVCT_GRANTED},
    {"verify a used up token", "deploy", used_up.text, SVCT_TOKEN_USED_UP},
    {"verify a token of another", "deploy", text_disabled,
     SVCT_TOKEN_OTHER_ACCOUNT},
    {"verify for a disabled account", "off", text_disabled,
     SVCT_ACCOUNT_DISABLED},
    {"account phase", "deploy", NULL, SVCT_GRANTED},
    {"account phase of a disabled one", "off", NULL, SVCT_ACCOUNT_DISABLED},
};

static bool is_zero(const void *memory, size_t size)
{
    const uint8_t *bytes = memory;
    uint8_t any = 0;

    for (size_t i = 0; i < size; i++)
        any |= bytes[i];
    return any == 0;
}

static uint32_t uses_of(uint32_t slot, const struct limited *token)
{
    int fd = open(DB, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct svct_fault fault = {0};
    uint32_t uses = 0;

    CHECK(fd >= 0 && svct_use_count(fd, slot, token->id, &uses, &fault) == 0,
          "uses: %s", fault.what);
    close(fd);
    return uses;
}

#define SLOT_LIMITED 6 /* of the tokens as make_master makes them */

/* One of two copies may be lost later: each must have the use. */
static void check_both_copies(void)
{
    int fd = open(DB, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct svct_usage usage;
    struct svct_seen seen;

    CHECK(fd >= 0 && svct_usage_open(fd, O_RDONLY, &usage, NULL) == 0, "usage");
    close(fd);
    for (unsigned i = 0; i < SVCT_USAGE_COPIES; i++) {
        int r = svct_usage_read_copy(&usage, SLOT_LIMITED, i, &seen);

        CHECK(r == 0 && seen.uses == 1, "copy %u: %d, %u uses", i, r,
              r == 0 ? (unsigned)seen.uses : 0);
    }
    svct_usage_close(&usage);
}

/* A grant is counted, and one that was not granted at most once. */
static void check_count(const struct question *q, enum svct_verdict verdict)
{
    uint32_t uses = uses_of(SLOT_LIMITED, &limited);

    if (q->text != limited.text)
        CHECK(uses == 0, "%u uses of another token", (unsigned)uses);
    else
        CHECK(uses == 1 || (uses == 0 && verdict != SVCT_GRANTED), "%u uses",
              (unsigned)uses);
    if (q->text == limited.text && verdict == SVCT_GRANTED)
        check_both_copies();
}

/* One with a limit may also be refused. */
static bool is_right(const struct question *q, enum svct_verdict verdict)
{
    bool counted = q->text == limited.text || q->text == used_up.text;

    return verdict == q->verdict ||
           (counted && verdict == SVCT_USAGE_UNAVAILABLE) ||
           (trial.mode == FAULT_ABSENT && verdict != SVCT_GRANTED);
}

static bool try_question(const void *arg)
{
    const struct question *q = arg;
    struct svct_attempt attempt = attempt_of(q->user);
    struct svct_fault fault = {0};
    struct svct_outcome outcome;
    struct holdings before;
    bool hit;
    int r;

    restore_usage();
    before = holdings_now();

    memset(&outcome, 0x41, sizeof outcome);
    fault_arm(trial.mode, trial.sticky, trial.n);
    if (q->text != NULL)
        r = svct_verify_token(&attempt, q->text, SVCT_TOKEN_LEN, &outcome,
                              &fault);
    else
        r = svct_verify_explain(&attempt, NULL, &outcome, NULL, &fault);
    hit = fault_disarm();
    trials++;
    check_nothing_left(before);
    CHECK(r <= 0, "result %d", r);
    CHECK(hit || r == 0, "%d without a failure (%s)", r, fault.what);
    CHECK(r == 0 || is_zero(&outcome, sizeof outcome),
          "an error with an outcome");
    CHECK(r != 0 || is_right(q, outcome.verdict), "verdict %s",
          svct_verdict_name(outcome.verdict));
    check_count(q, outcome.verdict);
    CHECK(r != SVCT_E_NODB &&
              (r != SVCT_E_NOTFOUND || trial.mode == FAULT_ABSENT),
          "%d", r);
    return hit;
}

static bool try_whose(const void *arg)
{
    const char *user = arg;
    bool ours = strcmp(user, "alice") != 0;
    struct holdings before = holdings_now();
    struct svct_ownership o = {SVCT_WHOSE_OURS, true};
    struct svct_fault fault = {0};
    bool hit;
    int r;

    if (ours)
        o = (struct svct_ownership){SVCT_WHOSE_NOT_OURS, false};
    fault_arm(trial.mode, trial.sticky, trial.n);
    r = svct_verify_whose(DB, user, &o, &fault);
    hit = fault_disarm();
    trials++;
    check_nothing_left(before);
    CHECK(hit || r == 0, "%d without a failure", r);
    if (r != 0)
        CHECK(r < 0 && o.whose == SVCT_WHOSE_UNKNOWN, "an error, and %d",
              o.whose);
    else
        CHECK(o.whose == (ours ? SVCT_WHOSE_OURS : SVCT_WHOSE_NOT_OURS),
              "it is %d", o.whose);
    CHECK(ours || !o.listed, "a person is listed");
    /* One failure alone hides "names" or the database, never both. */
    CHECK(!ours || o.listed || trial.sticky || !fault_opened_names(),
          "an account is not listed");
    return hit;
}

/* What can fail in the decision about a valid token; sight: kept, or NULL. */
static unsigned calls_of_decision(struct svct_sight *sight)
{
    struct svct_attempt attempt = attempt_of("deploy");
    struct svct_fault fault = {0};
    struct svct_outcome outcome;
    unsigned calls;
    int r;

    attempt.sight = sight;
    fault_arm(FAULT_FAIL, false, CALLS_MAX);
    r = svct_verify_token(&attempt, text_valid, SVCT_TOKEN_LEN, &outcome,
                          &fault);
    calls = fault_calls();
    fault_disarm();
    CHECK(r == 0 && outcome.verdict == SVCT_GRANTED, "%s", fault.what);
    return calls;
}

/* The decision after a look finds nothing again that the look has found. */
static void look_and_decide(void)
{
    struct holdings before = holdings_now();
    struct svct_ownership ownership;
    struct svct_sight *sight = NULL;
    struct svct_fault fault = {0};
    unsigned all, less;
    bool names;

    all = calls_of_decision(NULL);
    CHECK(fault_opened_names(), "\"names\" was not opened");
    CHECK(svct_verify_look(DB, "deploy", &ownership, &sight, &fault) == 0 &&
              sight != NULL,
          "%s", fault.what);
    CHECK(open_descriptors() == before.descriptors, "descriptors are kept");
    less = calls_of_decision(sight);
    names = fault_opened_names();
    svct_verify_end(sight);
    check_nothing_left(before);
    CHECK(!names && less + 12 <= all, "%u calls, %u without a look before",
          less, all);
}

static void fail_verifications(void)
{
    restore(MASTER);
    look_and_decide();
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++)
        for_each_failure(questions[i].name, FAULT_ABSENT, try_question,
                         &questions[i]);
    for_each_failure("whose, an account", FAULT_ABSENT, try_whose, "deploy");
    for_each_failure("whose, a person", FAULT_ABSENT, try_whose, "alice");
}

/* ---- the PAM module ---- */

/*
 * The module's own code is linked in, so that its calls can be failed; but
 * libpam gives module data to modules only. So a stack of pam_echo, which
 * shows a line, and the phase is run from within the conversation: there
 * libpam knows that a module is at work.
 */
typedef int phase_fn(pam_handle_t *pamh, int flags, int argc,
                     const char **argv);

static struct {
    phase_fn *phase;
    pam_handle_t *pamh;
    const char *text;            /* typed at the prompt */
    struct pam_response *answer; /* the same, made beforehand */
    bool fails;                  /* this phase gets the failure */
    int code;
    bool hit;
} host = {.text = ""};

static void make_answer(void)
{
    host.answer = calloc(1, sizeof *host.answer);
    CHECK(host.answer != NULL, "out of memory");
    host.answer->resp = malloc(SVCT_TOKEN_LEN + 1);
    CHECK(host.answer->resp != NULL, "out of memory");
    snprintf(host.answer->resp, SVCT_TOKEN_LEN + 1, "%s", host.text);
}

static void drop_answer(void)
{
    if (host.answer != NULL)
        free(host.answer->resp);
    free(host.answer);
    host.answer = NULL;
}

/* The phase may have something to say itself: that does not run it again. */
static void run_phase(void)
{
    static const char *argv[] = {"db=" DB};
    phase_fn *phase = host.phase;

    host.phase = NULL;
    if (host.fails)
        fault_arm(trial.mode, trial.sticky, trial.n);
    host.code = phase(host.pamh, 0, 1, argv);
    if (host.fails)
        host.hit = fault_disarm();
}

static int converse(int count, const struct pam_message **messages,
                    struct pam_response **ret_responses, void *arg)
{
    (void)arg;
    *ret_responses = NULL;
    if (count != 1)
        return PAM_CONV_ERR;
    if (messages[0]->msg_style == PAM_PROMPT_ECHO_OFF) {
        *ret_responses = host.answer;
        host.answer = NULL;
    } else if (host.phase != NULL) {
        run_phase();
    }
    return PAM_SUCCESS;
}

static void no_delay(int code, unsigned microseconds, void *arg)
{
    (void)code;
    (void)microseconds;
    (void)arg;
}

static pam_handle_t *pam_begin(const char *user)
{
    static const struct pam_conv conv = {converse, NULL};
    union {
        void (*fn)(int, unsigned, void *);
        const void *item;
    } delay = {no_delay};
    pam_handle_t *pamh;

    CHECK(pam_start_confdir("sshd", user, &conv, CONFDIR, &pamh) == PAM_SUCCESS,
          "pam_start");
    CHECK(pam_set_item(pamh, PAM_FAIL_DELAY, delay.item) == PAM_SUCCESS,
          "fail delay");
    return pamh;
}

static int run(pam_handle_t *pamh, phase_fn *phase,
               int (*entry)(pam_handle_t *, int), bool fails)
{
    host.phase = phase;
    host.pamh = pamh;
    host.fails = fails;
    host.code = -1;
    make_answer();
    entry(pamh, 0);
    drop_answer();
    CHECK(host.code != -1, "the phase was not run: is pam_echo.so there?");
    return host.code;
}

#define AUTH(pamh, fails) \
    run(pamh, pam_sm_authenticate, pam_authenticate, fails)
#define ACCOUNT(pamh, fails) run(pamh, pam_sm_acct_mgmt, pam_acct_mgmt, fails)
#define OPEN(pamh, fails) \
    run(pamh, pam_sm_open_session, pam_open_session, fails)
/* pam_echo is silent in these two: by way of another session. */
#define CLOSE(pamh, fails) \
    run(pamh, pam_sm_close_session, pam_open_session, fails)
#define SETCRED(pamh, fails) run(pamh, pam_sm_setcred, pam_open_session, fails)

static void env_is(pam_handle_t *pamh, const char *name, const char *right)
{
    const char *value = pam_getenv(pamh, name);

    CHECK(value == NULL || strcmp(value, right) == 0, "%s=%s", name, value);
}

static void check_env(pam_handle_t *pamh)
{
    env_is(pamh, "SVCTOKEN_ACCOUNT", "deploy");
    env_is(pamh, "SVCTOKEN_TOKEN", "valid");
    env_is(pamh, "SVCTOKEN_ROLE", SVCT_ROLE_EDITOR);
}

static void login_valid(pam_handle_t *pamh)
{
    int code;

    host.text = text_valid;
    code = AUTH(pamh, true);
    CHECK(code == PAM_SUCCESS || code == PAM_AUTHINFO_UNAVAIL ||
              (trial.mode == FAULT_ABSENT && code == PAM_AUTH_ERR),
          "auth gives %d", code);
    CHECK(fault_log_lines() == 1, "%u lines in the log, the last: %s",
          fault_log_lines(), fault_log_last());
    if (code != PAM_SUCCESS)
        return;
    code = ACCOUNT(pamh, false);
    CHECK(code == PAM_SUCCESS, "account after it gives %d", code);
    code = OPEN(pamh, false);
    CHECK(code == PAM_SUCCESS, "session after it gives %d", code);
    CHECK(pam_getenv(pamh, "SVCTOKEN_TOKEN") != NULL, "no token in session");
    check_env(pamh);
}

/* Of its uses one is taken, or none when it was refused; and none by the
 * account phase. */
static void login_limited(pam_handle_t *pamh)
{
    int code;

    restore_usage();
    host.text = limited.text;
    code = AUTH(pamh, true);
    CHECK(code == PAM_SUCCESS || code == PAM_AUTHINFO_UNAVAIL ||
              code == PAM_AUTH_ERR,
          "auth gives %d", code);
    CHECK(fault_log_lines() == 1, "%u lines in the log, the last: %s",
          fault_log_lines(), fault_log_last());
    CHECK(uses_of(SLOT_LIMITED, &limited) <= 1, "several uses");
    if (code != PAM_SUCCESS)
        return;
    CHECK(strstr(fault_log_last(), " use=1/1000000") != NULL, "log: %s",
          fault_log_last());
    code = ACCOUNT(pamh, false);
    CHECK(code == PAM_SUCCESS, "account after it gives %d", code);
    CHECK(uses_of(SLOT_LIMITED, &limited) == 1, "not one use");
    check_both_copies();
}

static void login_revoked(pam_handle_t *pamh)
{
    int code;

    host.text = text_revoked;
    code = AUTH(pamh, true);
    CHECK(code == PAM_AUTH_ERR || code == PAM_AUTHINFO_UNAVAIL, "auth gives %d",
          code);
    CHECK(strstr(fault_log_last(), text_revoked + 16) == NULL, "log: %s",
          fault_log_last());
}

static void login_person(pam_handle_t *pamh)
{
    int code = AUTH(pamh, true);

    CHECK(code == PAM_USER_UNKNOWN || code == PAM_AUTHINFO_UNAVAIL,
          "auth gives %d", code);
}

static void account_person(pam_handle_t *pamh)
{
    int code = ACCOUNT(pamh, true);
    bool scarce = strstr(fault_what(), "alloc") != NULL;

    /* Who starts the program may be the one who leaves it no memory. */
    CHECK(code == PAM_IGNORE || (scarce && code == PAM_AUTHINFO_UNAVAIL),
          "account gives %d: a person is locked out", code);
}

/* When neither the database nor "names" can be read there is nothing left to
 * go by, and people must get in. */
static bool knows_nothing(int code)
{
    return code == PAM_IGNORE && host.hit &&
           (trial.sticky || !fault_opened_names());
}

static void account_by_key(pam_handle_t *pamh)
{
    int code = ACCOUNT(pamh, true);

    CHECK(code == PAM_SUCCESS || code == PAM_AUTHINFO_UNAVAIL ||
              knows_nothing(code),
          "account gives %d", code);
}

static void account_disabled(pam_handle_t *pamh)
{
    int code = ACCOUNT(pamh, true);

    CHECK(code == PAM_ACCT_EXPIRED || code == PAM_AUTHINFO_UNAVAIL ||
              knows_nothing(code),
          "account gives %d", code);
}

static void revoke_now(void)
{
    static const struct scenario revoke = {.urgent = true};
    struct svct_fault fault = {0};
    bool published;

    CHECK(run_change(&revoke, change_revoke, &published, &fault) == 0, "%s",
          fault.what);
}

static void account_revoked_since(pam_handle_t *pamh)
{
    int code;

    host.text = text_valid;
    restore(MASTER);
    CHECK(AUTH(pamh, false) == PAM_SUCCESS, "auth");
    revoke_now();
    code = ACCOUNT(pamh, true);
    CHECK(code == PAM_PERM_DENIED || code == PAM_AUTHINFO_UNAVAIL,
          "account gives %d", code);
}

static void session_of_login(pam_handle_t *pamh)
{
    int code;

    host.text = text_valid;
    CHECK(AUTH(pamh, false) == PAM_SUCCESS, "auth");
    code = OPEN(pamh, true);
    CHECK(code == PAM_SUCCESS, "session gives %d", code);
    check_env(pamh);
    code = CLOSE(pamh, false);
    CHECK(code == PAM_SUCCESS, "closing gives %d", code);
}

/* As sshd does: auth in a handle of its own, of which only the environment
 * comes back. */
static void session_by_marker(pam_handle_t *pamh)
{
    pam_handle_t *other = pam_begin("deploy");
    char mark[300];
    int code;

    host.text = text_valid;
    CHECK(AUTH(other, false) == PAM_SUCCESS, "auth");
    CHECK(pam_getenv(other, "SVCTOKEN_MARK") != NULL, "no marker");
    snprintf(mark, sizeof mark, "SVCTOKEN_MARK=%s",
             pam_getenv(other, "SVCTOKEN_MARK"));
    pam_end(other, PAM_SUCCESS);
    CHECK(pam_putenv(pamh, mark) == PAM_SUCCESS, "putenv");
    code = OPEN(pamh, true);
    CHECK(code == PAM_SUCCESS || knows_nothing(code), "session gives %d", code);
    check_env(pamh);
}

/* Records of sessions, of which this process leads all. */
static int records_of_us(void)
{
    int count = privdir_entries(SVCT_RUNDIR "/sessions");

    return count > 0 ? count : 0;
}

/* What fails costs the record, and nothing else. */
static void session_by_key(pam_handle_t *pamh)
{
    int code;

    privdir_remove(SVCT_RUNDIR);
    code = OPEN(pamh, true);
    CHECK(code == PAM_SUCCESS || knows_nothing(code), "session gives %d", code);
    CHECK(host.hit || records_of_us() == 1, "%d records", records_of_us());
    code = CLOSE(pamh, false);
    CHECK(code == PAM_SUCCESS, "closing gives %d", code);
}

static void session_closed(pam_handle_t *pamh)
{
    int code;

    host.text = text_valid;
    privdir_remove(SVCT_RUNDIR);
    CHECK(AUTH(pamh, false) == PAM_SUCCESS, "auth");
    CHECK(OPEN(pamh, false) == PAM_SUCCESS, "session");
    CHECK(records_of_us() == 1, "%d records", records_of_us());
    code = CLOSE(pamh, true);
    CHECK(code == PAM_SUCCESS, "closing gives %d", code);
    CHECK(host.hit || records_of_us() == 0, "%d records", records_of_us());
}

/* The handle is another one: the record is looked for. */
static void session_closed_by_another(pam_handle_t *pamh)
{
    pam_handle_t *other = pam_begin("deploy");
    int code;

    privdir_remove(SVCT_RUNDIR);
    CHECK(OPEN(other, false) == PAM_SUCCESS, "session");
    pam_end(other, PAM_SUCCESS);
    code = CLOSE(pamh, true);
    CHECK(code == PAM_SUCCESS || knows_nothing(code), "closing gives %d", code);
    CHECK(host.hit || records_of_us() == 0, "%d records", records_of_us());
}

static void setcred_by_key(pam_handle_t *pamh)
{
    int code = SETCRED(pamh, true);

    CHECK(code == PAM_SUCCESS || (code == PAM_USER_UNKNOWN && host.hit),
          "setcred gives %d", code);
}

/* A grant without the marker would be a session with all groups where the
 * host loses the memo. */
static void login_capped(pam_handle_t *pamh)
{
    int code;

    host.text = text_capped;
    code = AUTH(pamh, true);
    CHECK(code == PAM_SUCCESS || code == PAM_AUTHINFO_UNAVAIL ||
              (trial.mode == FAULT_ABSENT && code == PAM_AUTH_ERR),
          "auth gives %d", code);
    CHECK(code != PAM_SUCCESS || pam_getenv(pamh, "SVCTOKEN_MARK") != NULL,
          "granted without a marker");
}

/* Is this process in the group that a cap takes away? */
static bool is_beyond(void)
{
    const struct group *group = getgrnam(GROUP_BEYOND);
    gid_t gids[8];
    int count = getgroups(8, gids);

    CHECK(group != NULL && count >= 0, "groups");
    for (int i = 0; i < count; i++)
        if (gids[i] == group->gr_gid)
            return true;
    return false;
}

static void setcred_of_capped(pam_handle_t *pamh)
{
    const struct group *group = getgrnam(GROUP_BEYOND);
    int code;

    CHECK(group != NULL, "this test needs the group %s", GROUP_BEYOND);
    CHECK(setgroups(2, (gid_t[]){group->gr_gid, 1}) == 0, "setgroups");
    host.text = text_capped;
    CHECK(AUTH(pamh, false) == PAM_SUCCESS, "auth");
    CHECK(is_beyond(), "the groups are not as they were set");
    code = SETCRED(pamh, true);
    CHECK(code == PAM_CRED_ERR ? host.hit : code == PAM_SUCCESS,
          "setcred gives %d", code);
    /* Out of that group whatever failed, unless no group can be left. */
    CHECK(!is_beyond() || (trial.sticky && code == PAM_CRED_ERR),
          "setcred gives %d, and the group is there", code);
    CHECK(setgroups(0, NULL) == 0, "setgroups");
}

/* As sshd does, whose handle has but the environment: whatever failed when the
 * session was opened, setcred has not more groups than the token's role. */
static void setcred_by_marker(pam_handle_t *pamh)
{
    const struct group *group = getgrnam(GROUP_BEYOND);
    pam_handle_t *other = pam_begin("deploy");
    char mark[300];
    int code;

    CHECK(group != NULL, "this test needs the group %s", GROUP_BEYOND);
    CHECK(setgroups(2, (gid_t[]){group->gr_gid, 1}) == 0, "setgroups");
    host.text = text_capped;
    CHECK(AUTH(other, false) == PAM_SUCCESS, "auth");
    snprintf(mark, sizeof mark, "SVCTOKEN_MARK=%s",
             pam_getenv(other, "SVCTOKEN_MARK"));
    pam_end(other, PAM_SUCCESS);
    CHECK(pam_putenv(pamh, mark) == PAM_SUCCESS, "putenv");
    OPEN(pamh, true);
    code = SETCRED(pamh, false);
    CHECK(code == PAM_SUCCESS || (code == PAM_CRED_ERR && host.hit),
          "setcred gives %d", code);
    CHECK(!is_beyond(), "setcred gives %d, and the group is there", code);
    CHECK(setgroups(0, NULL) == 0, "setgroups");
}

struct pam_case {
    const char *name;
    const char *user;
    void (*play)(pam_handle_t *pamh);
};

static const struct pam_case pam_cases[] = {
    {"PAM auth, a valid token", "deploy", login_valid},
    {"PAM auth, a capped token", "deploy", login_capped},
    {"PAM auth, a token with a limit", "deploy", login_limited},
    {"PAM auth, a revoked token", "deploy", login_revoked},
    {"PAM auth, a person", "alice", login_person},
    {"PAM account, a person", "alice", account_person},
    {"PAM account, by key", "deploy", account_by_key},
    {"PAM account, disabled", "off", account_disabled},
    {"PAM account, revoked since", "deploy", account_revoked_since},
    {"PAM session of a login", "deploy", session_of_login},
    {"PAM session by the marker", "deploy", session_by_marker},
    {"PAM session by key", "deploy", session_by_key},
    {"PAM session closed", "deploy", session_closed},
    {"PAM session closed by another", "deploy", session_closed_by_another},
    {"PAM setcred, by key", "deploy", setcred_by_key},
    {"PAM setcred, a capped token", "deploy", setcred_of_capped},
    {"PAM setcred by the marker", "deploy", setcred_by_marker},
};

static bool try_pam(const void *arg)
{
    const struct pam_case *c = arg;
    struct holdings before;
    pam_handle_t *pamh;

    privdir_remove(SVCT_RUNDIR "/sessions"); /* what closing left behind */
    before = holdings_now();
    pamh = pam_begin(c->user);
    host.hit = false;
    c->play(pamh);
    pam_end(pamh, PAM_SUCCESS);
    trials++;
    check_nothing_left(before);
    return host.hit;
}

/* The key of the marker is made by the first login of a host: so that this
 * can fail too. */
static bool try_first_login(const void *arg)
{
    privdir_remove(SVCT_RUNDIR);
    return try_pam(arg);
}

static void fail_pam(void)
{
    static const struct pam_case first[] = {
        {"PAM auth, first of all", "deploy", login_valid},
        {"PAM auth, first of all, capped", "deploy", login_capped}};

    CHECK(mkdir(CONFDIR, 0755) == 0, "mkdir");
    privdir_write(CONFDIR "/sshd", "auth required pam_echo.so x\n"
                                   "auth required pam_permit.so\n"
                                   "account required pam_echo.so x\n"
                                   "account required pam_permit.so\n"
                                   "session required pam_echo.so x\n"
                                   "session required pam_permit.so\n");
    restore(MASTER);
    for (size_t i = 0; i < sizeof first / sizeof *first; i++)
        for_each_failure(first[i].name, FAULT_ABSENT, try_first_login,
                         &first[i]);
    for (size_t i = 0; i < sizeof pam_cases / sizeof *pam_cases; i++) {
        restore(MASTER);
        for_each_failure(pam_cases[i].name, FAULT_ABSENT, try_pam,
                         &pam_cases[i]);
    }
}

/* ---- has everything been failed? ---- */

/* clang-format off: a line each */
static const char *const must_fail[] = {
    "calloc",
    "copy_file_range",
    "faccessat",
    "fallocate",
    "fchmod",
    "fclose",
    "fcntl",
    "fdatasync",
    "fdopen",
    "fdopendir",
    "fflush",
    "fputc",
    "fputs",
    "fstat",
    "fstatat",
    "fstatvfs",
    "fsync",
    "ftruncate",
    "gdbm_delete",
    "gdbm_fd_open",
    "gdbm_fetch",
    "gdbm_firstkey",
    "gdbm_needs_recovery",
    "gdbm_nextkey",
    "gdbm_store",
    "gdbm_sync",
    "getgrnam_r",
    "getgroups",
    "getpwnam_r",
    "ioctl",
    "linkat",
    "malloc",
    "mkdir",
    "mkdirat",
    "openat",
    "pam_putenv",
    "pam_set_data",
    "pread",
    "pwrite",
    "readdir",
    "readlinkat",
    "realloc",
    "renameat",
    "rmdir",
    "setgroups",
    "sodium_init",
    "sodium_malloc",
    "symlinkat",
    "unlinkat",
    "write",
};
/* clang-format on */

static void check_all_failed(void)
{
    for (size_t i = 0; i < sizeof must_fail / sizeof *must_fail; i++)
        CHECK(fault_has_failed(must_fail[i]),
              "%s was never failed: is it in fault_wraps?", must_fail[i]);
}

int main(void)
{
    const char *reason;

    if (!privdir_enter(&reason) || !privdir_cover(SVCT_RUNDIR, &reason)) {
        printf("fault_unit: skipped, %s\n", reason);
        return 77;
    }
    CHECK(svct_secret_setup() == 0, "libsodium");
    now = time(NULL);
    make_master();
    make_stale();
    fail_changes();
    fail_verifications();
    fail_pam();
    check_all_failed();
    printf("fault_unit: %u trials\n", trials);
    return 0;
}
