/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "db_restore.h"

#include <errno.h>

#include "db_backup.h"
#include "restore.h"
#include "say.h"
#include "trail.h"
#include "tty.h"

enum {
    RESTORE_DRY_RUN,
    RESTORE_YES
};

const struct svct_opt svct_db_restore_options[] = {
    [RESTORE_DRY_RUN] = {"dry-run", NULL, 0,
                         "check the file, list what would come back and what "
                         "would go, and change nothing"},
    [RESTORE_YES] = {"yes", NULL, 0, "do not ask"},
    {NULL, NULL, 0, NULL},
};

/* ---- the answer ---- */

#define COUNT_CELL(key)                                              \
    static void cell_##key(const void *row, struct svct_cell *cell)  \
    {                                                                \
        cell->number =                                               \
            (int64_t)((const struct svct_restore_counts *)row)->key; \
    }

COUNT_CELL(accounts)
COUNT_CELL(tokens)
COUNT_CELL(roles)
COUNT_CELL(accounts_back)
COUNT_CELL(tokens_back)
COUNT_CELL(accounts_gone)
COUNT_CELL(tokens_gone)
COUNT_CELL(others)
COUNT_CELL(kept_revoked)
COUNT_CELL(kept_secrets)
COUNT_CELL(disabled)
COUNT_CELL(used_up)

const struct svct_column svct_db_restore_columns[] = {
    {"accounts", SVCT_CELL_NUMBER, 0, "ACCOUNTS", "how many there are after it",
     cell_accounts},
    {"tokens", SVCT_CELL_NUMBER, 0, "TOKENS", "how many there are after it",
     cell_tokens},
    {"roles", SVCT_CELL_NUMBER, 0, "ROLES", "how many there are after it",
     cell_roles},
    {"accounts_back", SVCT_CELL_NUMBER, 0, "ACCOUNTS BACK",
     "how many open something that open nothing now", cell_accounts_back},
    {"tokens_back", SVCT_CELL_NUMBER, 0, "TOKENS BACK",
     "how many open something that open nothing now", cell_tokens_back},
    {"accounts_gone", SVCT_CELL_NUMBER, 0, "ACCOUNTS GONE",
     "how many the backup does not have", cell_accounts_gone},
    {"tokens_gone", SVCT_CELL_NUMBER, 0, "TOKENS GONE",
     "how many the backup does not have", cell_tokens_gone},
    {"others", SVCT_CELL_NUMBER, 0, "OTHERS",
     "how many accounts, tokens and roles open more or something else than "
     "now",
     cell_others},
    {"tokens_still_revoked", SVCT_CELL_NUMBER, 0, "TOKENS STILL REVOKED",
     "how many are revoked here and not in the backup", cell_kept_revoked},
    {"secrets_kept", SVCT_CELL_NUMBER, 0, "SECRETS KEPT",
     "how many tokens were rotated here since, and stay so", cell_kept_secrets},
    {"tokens_disabled", SVCT_CELL_NUMBER, 0, "TOKENS DISABLED",
     "how many are disabled since their record here can't be read",
     cell_disabled},
    {"tokens_used_up", SVCT_CELL_NUMBER, 0, "TOKENS USED UP",
     "how many have a limit of uses, and how often they were used can't be "
     "read here",
     cell_used_up},
    {NULL, SVCT_CELL_TEXT, 0, NULL, NULL, NULL},
};

/* What is printed of the items. */
struct items {
    FILE *file;
    int sys_errno; /* of the first that could not be written; 0: none */
};

/* An item a line. There may be many, and nobody may have to be waited for as
 * long as the lock is held: they are printed later. */
static void keep_item(void *arg, const struct svct_restore_item *item)
{
    struct items *items = arg;
    int len;

    static const char *const ways[] = {[SVCT_RESTORE_BACK] = "back",
                                       [SVCT_RESTORE_OTHER] = "other",
                                       [SVCT_RESTORE_GONE] = "gone"};
    const char *how = ways[item->way];

    if (item->role != NULL)
        len = fprintf(items->file, "%s: role %s (%s)\n", how, item->role,
                      item->why);
    else if (item->account == NULL)
        len = fprintf(items->file, "%s: policy (%s)\n", how, item->why);
    else if (item->token == NULL)
        len = fprintf(items->file, "%s: account %s (%s)\n", how, item->account,
                      item->why);
    else
        len = fprintf(items->file, "%s: token %s/%s, id %s (%s)\n", how,
                      item->account, item->token, item->id, item->why);
    if (len < 0 && items->sys_errno == 0)
        items->sys_errno = errno;
}

static int open_items(struct svct_restore *restore, struct items *items)
{
    if (restore->call->opts.json)
        return SVCT_EXIT_DONE;
    items->file = svct_linefile_spool();
    if (items->file == NULL)
        return svct_say_cannot(restore->call,
                               "can't make a file for the list: %s",
                               strerror(errno));
    restore->report = keep_item;
    restore->report_arg = items;
    return SVCT_EXIT_DONE;
}

static void close_items(struct svct_restore *restore)
{
    struct items *items = restore->report_arg;

    if (items != NULL)
        fclose(items->file);
    restore->report_arg = NULL;
    restore->report = NULL;
}

/* While nothing is done yet: whether the list is whole. */
static int finish_items(const struct svct_restore *restore)
{
    struct items *items = restore->report_arg;

    if (items == NULL)
        return SVCT_EXIT_DONE;
    if (items->sys_errno == 0 && fflush(items->file) != 0)
        items->sys_errno = errno;
    if (items->sys_errno == 0)
        return SVCT_EXIT_DONE;
    return svct_say_cannot(restore->call,
                           "can't write the list of what comes back and goes: "
                           "%s; nothing was changed",
                           strerror(items->sys_errno));
}

static int say_unread(const struct svct_restore *restore)
{
    return svct_say_cannot(
        restore->call, "%scan't read the list of what comes back and goes: %s",
        restore->dry ? "" : "the change is done, but ", strerror(errno));
}

static int print_items(struct svct_restore *restore)
{
    struct items *items = restore->report_arg;
    int c;

    if (items == NULL)
        return SVCT_EXIT_DONE;
    if (fseeko(items->file, 0, SEEK_SET) != 0)
        return say_unread(restore);
    while ((c = getc(items->file)) != EOF)
        putchar(c);
    return ferror(items->file) ? say_unread(restore) : SVCT_EXIT_DONE;
}

/* ---- what is there ---- */

static void say_present(const struct svct_present *present,
                        const struct svct_backup_info *info)
{
    char time[40];

    svct_time_format(time, sizeof(time), info->committed);
    if (present->snapshot == NULL) {
        svct_say("%s: what was revoked, disabled or deleted since the last "
                 "change of the backup (%s) is not known, and opens something "
                 "again",
                 present->damaged ? "the present database can't be read"
                                  : "there is no database here",
                 time);
        return;
    }
    if (present->newest)
        svct_say("which generation is the current one is lost: the newest, "
                 "%llu, is taken as the present one",
                 (unsigned long long)present->sequence);
    if (present->users == NULL)
        svct_say("the public part of the present database can't be read: "
                 "whether a uid becomes another account's is not known");
    if (present->damaged)
        svct_say("the present database is damaged: what was revoked, disabled "
                 "or deleted since the last change of the backup (%s) may not "
                 "all be known",
                 time);
}

/* ---- building ---- */

static int build(struct svct_restore *restore,
                 const struct svct_backup_info *info, struct svct_txn **ret_txn)
{
    const struct svct_call *call = restore->call;
    int64_t committed = restore->present->snapshot != NULL
                            ? restore->present->committed
                            : info->committed;
    struct svct_fault fault = {0};
    struct svct_txn *txn;
    bool still = false;
    int r;

    if (svct_linefile_rewind(restore->file) != 0)
        return svct_say_cannot(call, "can't read the file again: %s",
                               strerror(errno));
    r = svct_access_begin_fresh(call, committed, &txn);
    if (r != SVCT_EXIT_DONE)
        return r;
    r = svct_present_is_still(restore->present, &still, &fault);
    if (r != 0)
        return svct_access_give_up(call, txn, r, &fault);
    if (!still) {
        svct_access_drop(txn);
        return svct_say_cannot(call, "the database was changed meanwhile: "
                                     "look at it again");
    }
    r = svct_restore_build(restore, txn, &fault);
    if (r == 0 &&
        memcmp(restore->file->whole, info->whole, sizeof(info->whole)) != 0) {
        svct_access_drop(txn); /* whole, and not what was shown */
        return svct_say_cannot(call,
                               "%s was changed meanwhile: look at it "
                               "again; nothing was changed here",
                               svct_say_quote(info->file).text);
    }
    if (svct_bulk_is_refusal(r)) {
        svct_access_drop(txn);
        return svct_say_usage(call, "%s, at line %llu: %s; nothing was changed",
                              svct_say_quote(info->file).text,
                              (unsigned long long)restore->file->number,
                              svct_say_bare_long(fault.what).text);
    }
    if (r < 0)
        return svct_access_give_up(call, txn, r, &fault);
    *ret_txn = txn;
    return SVCT_EXIT_DONE;
}

static int print_counts(const struct svct_restore *restore)
{
    return svct_out_one(restore->call, svct_db_restore_columns,
                        &restore->counts);
}

/* For people: nothing stays of it. */
static int look(struct svct_restore *restore,
                const struct svct_backup_info *info)
{
    struct svct_txn *txn;
    int r;

    restore->dry = true;
    r = build(restore, info, &txn);
    if (r != SVCT_EXIT_DONE)
        return r;
    svct_access_drop(txn);
    r = finish_items(restore);
    if (r == SVCT_EXIT_DONE)
        r = print_items(restore);
    if (r == SVCT_EXIT_DONE &&
        (!restore->call->opts.json ||
         svct_opts_given(&restore->call->opts, RESTORE_DRY_RUN)))
        r = print_counts(restore);
    fflush(stdout);
    return r;
}

static int confirm(const struct svct_restore *restore)
{
    const struct svct_call *call = restore->call;
    const struct svct_restore_counts *counts = &restore->counts;
    char question[300];

    if (!svct_tty_present())
        return svct_say_usage(call, "there is no terminal to ask at whether "
                                    "that shall be done: give --yes");
    snprintf(question, sizeof(question),
             "%llu accounts and %llu tokens come back to life, %llu accounts "
             "and %llu tokens go, %llu other limits are those of the backup.\n"
             "Put the backup in the place of what is "
             "there?",
             (unsigned long long)counts->accounts_back,
             (unsigned long long)counts->tokens_back,
             (unsigned long long)counts->accounts_gone,
             (unsigned long long)counts->tokens_gone,
             (unsigned long long)counts->others);
    if (svct_tty_confirm(question))
        return SVCT_EXIT_DONE;
    return svct_say_no(call, "nothing was changed");
}

/* ---- doing ---- */

static void add_number(struct svct_audit *audit, const char *key,
                       uint64_t number)
{
    char text[24];

    snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
    svct_audit_add(audit, key, text);
}

static void audit_restore(struct svct_audit *audit,
                          const struct svct_restore *restore,
                          const struct svct_backup_info *info)
{
    const struct svct_restore_counts *counts = &restore->counts;

    svct_audit_begin(audit, "db-restore");
    add_number(audit, "backup-sequence", info->sequence);
    svct_trail_time(audit, "backup-time", info->committed);
    add_number(audit, "old-sequence", restore->present->sequence);
    add_number(audit, "accounts-back", counts->accounts_back);
    add_number(audit, "tokens-back", counts->tokens_back);
    add_number(audit, "accounts-gone", counts->accounts_gone);
    add_number(audit, "tokens-gone", counts->tokens_gone);
    add_number(audit, "others", counts->others);
    add_number(audit, "still-revoked", counts->kept_revoked);
    svct_audit_add(audit, "file", info->file);
}

/* shown: who was asked has seen the items. */
static int do_it(struct svct_restore *restore,
                 const struct svct_backup_info *info, bool shown)
{
    struct svct_audit audit;
    struct svct_txn *txn;
    int r;

    restore->dry = false;
    if (shown)
        close_items(restore);
    r = build(restore, info, &txn);
    if (r != SVCT_EXIT_DONE)
        return r;
    r = finish_items(restore);
    if (r != SVCT_EXIT_DONE) {
        svct_access_drop(txn);
        return r;
    }
    audit_restore(&audit, restore, info);
    r = svct_access_commit(restore->call, txn, &audit);
    if (r != SVCT_EXIT_DONE)
        return r;
    svct_restore_late(restore);
    svct_say("restored %s, of generation %llu", svct_say_quote(info->file).text,
             (unsigned long long)info->sequence);
    r = print_items(restore);
    if (r == SVCT_EXIT_DONE && (restore->call->opts.json || !shown))
        r = print_counts(restore);
    return r;
}

static int restore_file(struct svct_restore *restore)
{
    const struct svct_call *call = restore->call;
    struct svct_backup_info info;
    int r = svct_backup_check(call, restore->file, &info);

    if (r != SVCT_EXIT_DONE)
        return r;
    say_present(restore->present, &info);
    if (svct_opts_given(&call->opts, RESTORE_YES) &&
        !svct_opts_given(&call->opts, RESTORE_DRY_RUN))
        return do_it(restore, &info, false);
    r = look(restore, &info);
    if (r != SVCT_EXIT_DONE)
        return r;
    if (svct_opts_given(&call->opts, RESTORE_DRY_RUN)) {
        svct_say("a dry run: nothing was changed");
        return SVCT_EXIT_DONE;
    }
    r = confirm(restore);
    return r == SVCT_EXIT_DONE ? do_it(restore, &info, true) : r;
}

int svct_db_restore(const struct svct_call *call)
{
    struct svct_linefile file;
    struct svct_present present;
    struct items items = {.file = NULL};
    struct svct_restore restore = {
        .call = call, .file = &file, .present = &present};
    int r = svct_linefile_open(call, svct_opts_operand(&call->opts, 0), &file);

    if (r != SVCT_EXIT_DONE)
        return r;
    r = svct_present_open(call, &present);
    if (r == SVCT_EXIT_DONE) {
        r = open_items(&restore, &items);
        if (r == SVCT_EXIT_DONE)
            r = restore_file(&restore);
        close_items(&restore);
        svct_present_done(&present);
    }
    svct_linefile_done(&file);
    return r;
}
