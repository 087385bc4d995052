/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "applydo.h"
#include "applyfile.h"
#include "hint.h"
#include "say.h"
#include "tty.h"

enum {
    APPLY_DRY_RUN,
    APPLY_PRUNE,
    APPLY_YES,
    APPLY_CONVERT
};

static const struct svct_opt apply_options[] = {
    [APPLY_DRY_RUN] = {"dry-run", NULL, 0,
                       "show what would be changed, and change nothing; exits "
                       "with 1 when something would"},
    [APPLY_PRUNE] = {"prune", NULL, 0,
                     "take away what the lists of the file do not have: "
                     "accounts and custom roles are deleted, tokens revoked"},
    [APPLY_YES] = {"yes", NULL, 0, "do not ask whether that shall go"},
    [APPLY_CONVERT] = {"convert", NULL, 0,
                       "also accounts whose Unix user is in the group sudo, "
                       "wheel or adm"},
    {NULL, NULL, 0, NULL},
};

struct applying {
    const struct svct_call *call;
    const char *name; /* of the file, for people */
    char *text;
    size_t len;
    struct svct_applyfile file;
    uint64_t shown; /* faults */
    bool dry, pruning;
    struct svct_applyprune asked; /* what goes, as it was looked at */
    struct svct_applydiff diff;
    struct svct_applysecrets secrets;
    struct svct_importlog log;
    struct svct_bringin_counts counts;
};

/* ---- the answer ---- */

#define APPLY_CELL(key, fill)                                        \
    static void apply_##key(const void *row, struct svct_cell *cell) \
    {                                                                \
        const struct applying *applying = row;                       \
        fill;                                                        \
    }

static bool is_changed(const struct applying *applying)
{
    const struct svct_applydiff *diff = &applying->diff;

    return diff->created + diff->updated + diff->removed > 0;
}

APPLY_CELL(changed, cell->truth = is_changed(applying))
APPLY_CELL(dry_run, cell->truth = applying->dry)
APPLY_CELL(created, cell->number = (int64_t)applying->diff.created)
APPLY_CELL(updated, cell->number = (int64_t)applying->diff.updated)
APPLY_CELL(removed, cell->number = (int64_t)applying->diff.removed)

static const struct svct_column apply_columns[] = {
    {"changed", SVCT_CELL_BOOL, 0, "CHANGED",
     "was anything changed, or would it be?", apply_changed},
    {"dry_run", SVCT_CELL_BOOL, 0, "DRY RUN", "was it one?", apply_dry_run},
    {"created", SVCT_CELL_NUMBER, 0, "CREATED", "how many are new",
     apply_created},
    {"updated", SVCT_CELL_NUMBER, 0, "UPDATED", "how many are another way",
     apply_updated},
    {"removed", SVCT_CELL_NUMBER, 0, "REMOVED",
     "how many were deleted or revoked for not being listed", apply_removed},
    {NULL, SVCT_CELL_TEXT, 0, NULL, NULL, NULL},
};

/* ---- the file ---- */

static int cannot_read(const struct applying *applying, int sys_errno)
{
    return svct_say_cannot(applying->call, "can't read %s: %s",
                           svct_say_quote(applying->name).text,
                           strerror(sys_errno));
}

static int too_big(const struct applying *applying)
{
    return svct_say_usage(applying->call, "%s is too big: %u MiB are the most",
                          svct_say_quote(applying->name).text,
                          SVCT_APPLYFILE_MAX >> 20);
}

/* To its end; one byte too many tells that there is more. */
static int read_text(struct applying *applying, int fd)
{
    size_t room = 0;
    ssize_t got;

    do {
        if (applying->len == room) {
            char *more;

            room = room == 0 ? 65536 : room * 2;
            more = realloc(applying->text, room);
            if (more == NULL)
                return svct_say_fault(applying->call, SVCT_E_NOMEM, NULL);
            applying->text = more;
        }
        got = read(fd, applying->text + applying->len, room - applying->len);
        if (got < 0 && errno != EINTR)
            return cannot_read(applying, errno);
        applying->len += got > 0 ? (size_t)got : 0;
        if (applying->len > SVCT_APPLYFILE_MAX)
            return too_big(applying);
    } while (got != 0);
    return SVCT_EXIT_DONE;
}

static int load(struct applying *applying)
{
    const char *path = svct_opts_operand(&applying->call->opts, 0);
    bool standard = strcmp(path, "-") == 0;
    int fd, r;

    applying->name = standard ? "standard input" : path;
    fd = standard ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return svct_say_usage(applying->call, "there is no file %s",
                              svct_say_quote(path).text);
    if (fd < 0)
        return cannot_read(applying, errno);
    r = read_text(applying, fd);
    close(fd);
    return r;
}

static void report(void *arg, const struct svct_applyplace *place,
                   const struct svct_fault *fault)
{
    struct applying *applying = arg;

    if (applying->shown++ < SVCT_APPLYDO_SHOWN)
        svct_applydo_say_fault(applying->call, place, fault);
}

static int read_file(struct applying *applying)
{
    int r = load(applying);

    if (r != SVCT_EXIT_DONE)
        return r;
    r = svct_applyfile_read(applying->text, applying->len, report, applying,
                            &applying->file);
    if (r != 0)
        return svct_say_fault(applying->call, r, NULL);
    if (applying->shown == 0)
        return SVCT_EXIT_DONE;
    if (applying->shown > SVCT_APPLYDO_SHOWN)
        svct_say("... and %llu more",
                 (unsigned long long)(applying->shown - SVCT_APPLYDO_SHOWN));
    svct_say("nothing was changed");
    return SVCT_EXIT_USAGE;
}

/* ---- what goes ---- */

/* Without a lock: people think. */
static int look(struct applying *applying)
{
    const struct svct_call *call = applying->call;
    struct svct_fault fault = {0};
    struct svct_view now;
    int r = svct_access_read(call, &now);

    if (r != SVCT_EXIT_DONE)
        return r;
    r = svct_applyprune_find(&applying->file, now.snapshot, call->now,
                             &applying->asked, &fault);
    svct_access_done(&now);
    return r == 0 ? SVCT_EXIT_DONE : svct_say_fault(call, r, &fault);
}

static void name_some(const struct svct_applyprune *prune, char *out,
                      size_t size)
{
    size_t len = 0,
           named = prune->accounts.count < 3 ? prune->accounts.count : 3;

    out[0] = '\0';
    for (size_t i = 0; i < named && len < size; i++)
        len += (size_t)snprintf(out + len, size - len, "%s%s",
                                i == 0 ? " (" : ", ", prune->accounts.name[i]);
    if (named > 0 && len < size)
        snprintf(out + len, size - len, "%s",
                 prune->accounts.count > named ? ", ...)" : ")");
}

static int ask(const struct applying *applying)
{
    const struct svct_applyprune *prune = &applying->asked;
    char question[400], names[160];

    name_some(prune, names, sizeof(names));
    snprintf(question, sizeof(question),
             "Not listed: %zu accounts%s with their tokens, %zu tokens of "
             "others, %zu roles (--dry-run shows them).\nTake them away?",
             prune->accounts.count, names, prune->ids, prune->roles);
    if (svct_tty_confirm(question))
        return SVCT_EXIT_DONE;
    return svct_say_no(applying->call, "nothing was changed");
}

/* A list that came out empty is a slip more often than a wish. */
static int check_slip(const struct applying *applying)
{
    const struct svct_applyprune *prune = &applying->asked;

    if (svct_applyprune_is_all(prune))
        return svct_say_usage(applying->call,
                              "the file lists none of the %llu accounts there "
                              "are, and --prune would delete them all: give "
                              "--yes if that is meant",
                              (unsigned long long)prune->accounts_there);
    if (svct_applyprune_is_tokenless(prune))
        return svct_say_usage(
            applying->call,
            "the lists of tokens in the file are all empty, and --prune would "
            "revoke %zu token%s for good: give --yes if that is meant",
            prune->ids, prune->ids == 1 ? "" : "s");
    return SVCT_EXIT_DONE;
}

/* Where nobody can be asked, the option alone is an answer. */
static int confirm(struct applying *applying)
{
    const struct svct_call *call = applying->call;
    int r = applying->pruning ? look(applying) : SVCT_EXIT_DONE;

    if (r != SVCT_EXIT_DONE || svct_applyprune_is_empty(&applying->asked) ||
        applying->dry || svct_opts_given(&call->opts, APPLY_YES))
        return r;
    return svct_tty_present() ? ask(applying) : check_slip(applying);
}

/* Under the lock: is it still what was asked about? */
static int check_asked(const struct applying *applying,
                       const struct svct_txn *txn)
{
    const struct svct_call *call = applying->call;
    struct svct_applyprune now;
    struct svct_fault fault = {0};
    bool same;
    int r;

    if (!applying->pruning)
        return SVCT_EXIT_DONE;
    r = svct_applyprune_find(&applying->file,
                             svct_txn_view(txn, SVCT_PART_PRIVATE), call->now,
                             &now, &fault);
    if (r != 0)
        return svct_say_fault(call, r, &fault);
    same = svct_applyprune_same(&applying->asked, &now);
    svct_applyprune_done(&now);
    return same ? SVCT_EXIT_DONE
                : svct_say_cannot(call, "the database was changed meanwhile: "
                                        "look at it again");
}

/* ---- doing ---- */

static int build(struct applying *applying, struct svct_txn *txn)
{
    struct svct_applydo apply = {
        .call = applying->call,
        .file = &applying->file,
        .prune = applying->pruning ? &applying->asked : NULL,
        .dry = applying->dry,
        .convert = svct_opts_given(&applying->call->opts, APPLY_CONVERT),
        .log = &applying->log,
        .diff = &applying->diff,
        .secrets = &applying->secrets};
    int r = svct_importlog_begin(&applying->log, applying->call, "apply");

    applying->log.each = true;
    if (r == SVCT_EXIT_DONE)
        r = check_asked(applying, txn);
    if (r == SVCT_EXIT_DONE)
        r = svct_applydo(&apply, txn);
    applying->counts = apply.counts;
    return r;
}

static void add_count(struct svct_audit *audit, const char *key,
                      uint64_t number)
{
    char text[24];

    snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
    svct_audit_add(audit, key, text);
}

static int publish(struct applying *applying, struct svct_txn *txn)
{
    struct svct_audit audit;
    bool published = false;
    int r = svct_applysecrets_write(&applying->secrets);

    if (r != SVCT_EXIT_DONE) {
        svct_access_drop(txn);
        return r;
    }
    svct_audit_begin(&audit, "apply");
    add_count(&audit, "created", applying->diff.created);
    add_count(&audit, "updated", applying->diff.updated);
    add_count(&audit, "removed", applying->diff.removed);
    svct_audit_add(&audit, "file", applying->name);
    r = svct_access_publish(applying->call, txn, &audit, svct_importlog_more,
                            &applying->log, &published);
    if (!published)
        svct_applysecrets_drop(&applying->secrets);
    svct_applysecrets_settled(&applying->secrets);
    return r;
}

/* Ends in the database as it is wanted, or as it was. */
static int make_so(struct applying *applying)
{
    struct svct_txn *txn;
    int r = svct_access_begin(applying->call, false, &txn);

    if (r != SVCT_EXIT_DONE)
        return r;
    r = build(applying, txn);
    if (r == SVCT_EXIT_DONE)
        r = svct_applydiff_settle(&applying->diff);
    if (r == SVCT_EXIT_DONE && !applying->dry && is_changed(applying))
        return publish(applying, txn);
    svct_access_drop(txn);
    return r;
}

/* ---- words ---- */

static void say_gone(const struct applying *applying)
{
    const struct svct_applyprune *prune = &applying->asked;

    if (prune->hosts > 0)
        svct_say("%llu of the accounts that went %s a Unix user of the host, "
                 "which stays: SSH keys, cron jobs and sudo rules are that "
                 "user's alone now; \"usermod -L -e 1 NAME\" shuts it",
                 (unsigned long long)prune->hosts,
                 prune->hosts == 1 ? "is" : "are");
    svct_say("sessions that are open now go on; \"svctoken session list\" "
             "shows them");
}

static void say_done(const struct applying *applying)
{
    const struct svct_applydiff *diff = &applying->diff;

    if (!is_changed(applying)) {
        svct_say("all of it is so already: nothing was changed");
        return;
    }
    svct_say("%s: %llu created, %llu updated, %llu removed",
             applying->dry ? "a dry run, nothing was changed" : "done",
             (unsigned long long)diff->created,
             (unsigned long long)diff->updated,
             (unsigned long long)diff->removed);
    if (applying->dry)
        return;
    svct_applysecrets_say(&applying->secrets);
    svct_bringin_say_users(&applying->counts);
    if (diff->removed > 0)
        say_gone(applying);
}

static int answer(struct applying *applying)
{
    int r = svct_applydiff_print(&applying->diff, apply_columns, applying);

    fflush(stdout);
    say_done(applying);
    if (r == SVCT_EXIT_DONE && applying->dry && is_changed(applying))
        return SVCT_EXIT_NO;
    return r;
}

static int apply(struct applying *applying)
{
    int r = read_file(applying);

    if (r == SVCT_EXIT_DONE)
        r = confirm(applying);
    if (r == SVCT_EXIT_DONE)
        r = svct_applydiff_open(applying->call, &applying->diff);
    if (r == SVCT_EXIT_DONE &&
        svct_applysecrets_init(&applying->secrets, applying->call) != 0)
        r = svct_say_fault(applying->call, SVCT_E_NOMEM, NULL);
    if (r == SVCT_EXIT_DONE)
        r = make_so(applying);
    return r == SVCT_EXIT_DONE ? answer(applying) : r;
}

static int run(const struct svct_call *call)
{
    struct applying applying = {
        .call = call,
        .dry = svct_opts_given(&call->opts, APPLY_DRY_RUN),
        .pruning = svct_opts_given(&call->opts, APPLY_PRUNE),
        .log.before.dir_fd = -1};
    int r = apply(&applying);

    svct_importlog_done(&applying.log);
    svct_applysecrets_done(&applying.secrets);
    svct_applydiff_done(&applying.diff);
    svct_applyprune_done(&applying.asked);
    svct_applyfile_done(&applying.file);
    free(applying.text);
    return r;
}

/* ---- the table ---- */

const struct svct_command svct_cmd_apply[] = {
    {.group = "apply",
     .operands = "FILE",
     .least = 1,
     .most = 1,
     .summary = "make policy, roles, accounts and tokens what a file says",
     .text = "FILE is a JSON object, as svctoken-apply(5) describes it; \"-\" "
             "is standard input.\n"
             "What differs is changed, all of it in one commit or nothing; run "
             "again, it\n"
             "changes nothing. What the file does not say stays as it is. Each "
             "change is\n"
             "shown: \"+\" is new, \"~\" was another way, \"-\" is gone.\n"
             "\n"
             "With --json, \"changes\" has an object for each, with "
             "\"action\" (create, update,\n"
             "delete, revoke), \"kind\", \"name\", of a token \"account\", and "
             "\"changes\": by key,\n"
             "its \"old\" and \"new\" value.\n"
             "\n"
             "--prune asks on a terminal; elsewhere it needs --yes only where "
             "it would delete\n"
             "every account.\n"
             "\n"
             "  svctoken apply --dry-run wanted.json\n"
             "  svctoken apply --prune --json - <wanted.json\n",
     .options = apply_options,
     .columns = apply_columns,
     .run = run},
    {.group = NULL},
};
